/// Decompression of deflate (RFC 1951), alone or as zlib (RFC 1950) and gzip (RFC 1952) wrap it: from memory to memory,
/// or in pieces with a state of fixed size. Nothing is allocated. For the other direction see `deflate.hpp`.
///
/// Every input is hostile: whatever it holds, no more is written than the caller allows, and what does not follow the
/// format to the letter is an error that says at which byte.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vitte/core/inflate/state.hpp>

namespace vitte {

/// Decompresses `in`, which must be one stream (with `deflate_wrapper::gzip` one or several members) and nothing else,
/// into `out`; returns how many bytes it became. What `out` holds behind these, and after an error, is unspecified.
/// Fails with `errc::too_large` if `out` is too small, `errc::end_of_input`, `errc::malformed`, and
/// `errc::not_supported` for preset dictionaries and other methods. Takes 12 KiB of stack. Thread-safe.
inline result<std::size_t, parse_error> inflate(std::span<const std::byte> in, std::span<std::byte> out,
                                                deflate_wrapper wrapper = deflate_wrapper::none) noexcept {
    using state = detail::deflate::inflate_state;
    state decoder(wrapper);
    detail::deflate::inflate_cursor c{in.data(),  in.data() + in.size(),   out.data(),
                                      out.data(), out.data() + out.size(), false};
    VITTE_TRY(const auto stopped, decoder.run(c));
    if (stopped == state::stop::output) return unexpected(decoder.too_large());
    if (stopped == state::stop::input) return unexpected(decoder.ended());
    if (c.in != c.in_end) return unexpected(decoder.trailing());
    return static_cast<std::size_t>(c.out - out.data());
}

/// Decompresses a stream in pieces of any size. It holds 110 KiB, so it is no object for a small stack. One thread at a
/// time.
class inflater {
public:
    /// How much of the input was read and of the output written, and whether a stream is over. More may come after
    /// that only of gzip: a further member.
    struct progress {
        std::size_t read, written;
        bool done;
    };

    /// More than `bound` bytes of output altogether are an error.
    explicit inflater(deflate_wrapper wrapper = deflate_wrapper::none, std::uint64_t bound = UINT64_MAX) noexcept
        : state_(wrapper), left_(bound) {}
    inflater(const inflater&) = delete;
    inflater& operator=(const inflater&) = delete;

    /// Goes on with `in`, of which it reads all unless `out` is full or the stream is over. There may be more to be
    /// written without further input if `out` is full. Fails as `inflate` does, with `errc::too_large` once the bound
    /// would be exceeded, and then again in the same way whenever it is called.
    result<progress, parse_error> read(std::span<const std::byte> in, std::span<std::byte> out) noexcept {
        using stop = detail::deflate::inflate_state::stop;
        if (failed_) return unexpected(error_);
        progress made{0, 0, false};
        for (;;) {
            std::size_t n = made_ - taken_;
            if (out.size() - made.written < n) n = out.size() - made.written;
            if (n != 0) __builtin_memcpy(out.data() + made.written, window_.data() + taken_, n);
            taken_ += n;
            made.written += n;
            if (taken_ != made_) return made;
            if (stopped_ == stop::output && left_ == 0) return failed(state_.too_large());
            if (window_.size() - made_ <= detail::deflate::inflate_state::margin) move();
            detail::deflate::inflate_cursor c{in.data() + made.read,           in.data() + in.size(),
                                              window_.data() + begin_,         window_.data() + made_,
                                              window_.data() + window_.size(), true};
            if (left_ <= static_cast<std::size_t>(c.out_end - c.out)) {
                c.out_end = c.out + static_cast<std::size_t>(left_);
                c.moves = false;
            }
            auto stopped = state_.run(c);
            made.read = static_cast<std::size_t>(c.in - in.data());
            begin_ = static_cast<std::size_t>(c.begin - window_.data());
            left_ -= static_cast<std::size_t>(c.out - window_.data()) - made_;
            made_ = static_cast<std::size_t>(c.out - window_.data());
            if (!stopped) return failed(stopped.error());
            stopped_ = *stopped;
            if (taken_ == made_ && stopped_ != stop::output) {
                made.done = state_.complete();
                return made;
            }
        }
    }

    /// To be called when there is no more input and nothing more to be written: `errc::end_of_input` if it ended in
    /// the middle.
    result<void, parse_error> finish() const noexcept {
        if (failed_) return unexpected(error_);
        if (!state_.complete() || taken_ != made_) return unexpected(state_.ended());
        return {};
    }

private:
    /// Keeps as much as a distance can reach.
    void move() noexcept {
        constexpr std::size_t kept = detail::deflate::window_size;
        const std::size_t by = made_ - kept;
        __builtin_memmove(window_.data(), window_.data() + by, kept);
        begin_ = begin_ < by ? 0 : begin_ - by;
        made_ = taken_ = kept;
    }
    unexpected<parse_error> failed(const parse_error& e) noexcept {
        failed_ = true;
        error_ = e;
        return unexpected(e);
    }

    detail::deflate::inflate_state state_;
    std::array<std::byte, 3 * detail::deflate::window_size> window_;
    std::size_t begin_ = 0, taken_ = 0, made_ = 0;
    std::uint64_t left_;
    detail::deflate::inflate_state::stop stopped_ = detail::deflate::inflate_state::stop::input;
    bool failed_ = false;
    parse_error error_;
};

}  // namespace vitte
