/// `relay`: passes what one connection receives on to another one, on Linux without copying it (splice(2)).
#pragma once

#include <vitte/sys/net/stream.hpp>

namespace vitte::sys {

namespace detail {

/// Bytes on their way, where the system does not keep them itself: the same in memory.
template <class Sockets>
class splice_memory {
    using handle = typename Sockets::handle;

public:
    result<void> open() noexcept { return {}; }
    void close() noexcept {}
    result<std::size_t> fill(handle from, std::size_t size) noexcept {
        first_ = 0;
        return Sockets::receive(from, bytes_, size < sizeof bytes_ ? size : sizeof bytes_);
    }
    result<std::size_t> drain(handle to, std::size_t size) noexcept {
        const auto went = Sockets::send(to, bytes_ + first_, size);
        if (went) first_ += *went;
        return went;
    }

private:
    std::size_t first_ = 0;
    std::byte bytes_[16384];
};

template <class Sockets>
struct splice_of {
    using type = splice_memory<Sockets>;
};
template <class Sockets>
    requires requires { typename Sockets::splice; }
struct splice_of<Sockets> {
    using type = typename Sockets::splice;
};

}  // namespace detail

/// Holds bytes on their way from one stream to another one: in the kernel, or where that cannot, up to 16 KiB in
/// itself. One thread uses it at a time.
template <platform P = native>
class basic_relay {
    using stream = basic_stream<P>;

public:
    /// `errc::out_of_handles`.
    static result<basic_relay> create() noexcept {
        basic_relay made;
        VITTE_CHECK(made.on_their_way_.open());
        made.is_open_ = true;
        return made;
    }
    basic_relay(basic_relay&& other) noexcept
        : on_their_way_(other.on_their_way_), held_(other.held_), is_open_(std::exchange(other.is_open_, false)) {}
    basic_relay& operator=(basic_relay&& other) noexcept {
        basic_relay moved(std::move(other));
        std::swap(on_their_way_, moved.on_their_way_);
        std::swap(held_, moved.held_);
        std::swap(is_open_, moved.is_open_);
        return *this;
    }
    ~basic_relay() {
        if (is_open_) on_their_way_.close();
    }

    /// Passes up to `size` bytes on, fewer if `from` ends; returns how many, and with them what was held. Of a failure,
    /// `errc::timed_out` among them, it is not known how many went; what was received and not sent is held, and sent
    /// first the next time.
    result<std::uint64_t> pass(const stream& from, const stream& to, std::uint64_t size = UINT64_MAX,
                               deadline until = deadline::never()) noexcept {
        std::uint64_t passed = 0;
        detail::retry_pace<P> pace;
        for (bool ended = false;; ended = held_ == 0) {
            while (held_ != 0) {
                VITTE_CHECK(pace.in_time(until, "relay"));
                VITTE_TRY(const std::size_t went, to.when_writable(until, [&] { return try_drain(to); }));
                passed += went;
            }
            if (ended || passed >= size) return passed;
            VITTE_CHECK(pace.in_time(until, "relay"));
            VITTE_TRY([[maybe_unused]] const std::size_t came,
                      from.when_readable(until, [&] { return try_fill(from, size - passed); }));
        }
    }

    /// How many bytes have been received and not sent yet.
    std::size_t held() const noexcept { return held_; }
    /// Receives up to `size` bytes, when nothing is held, without waiting; 0 at the end. `errc::would_block`, and
    /// `errc::interrupted`.
    result<std::size_t> try_fill(const stream& from, std::uint64_t size = UINT64_MAX) noexcept {
        VITTE_ASSERT(held_ == 0);
        constexpr std::uint64_t at_once = 1 << 20;
        const auto wanted = static_cast<std::size_t>(size < at_once ? size : at_once);
        VITTE_TRY(held_, on_their_way_.fill(from.native_handle(), wanted));
        return held_;
    }
    /// Sends as much of what is held as there is room for, without waiting: `errc::would_block`, and
    /// `errc::interrupted`.
    result<std::size_t> try_drain(const stream& to) noexcept {
        VITTE_TRY(const std::size_t went, on_their_way_.drain(to.native_handle(), held_));
        held_ -= went;
        return went;
    }

private:
    basic_relay() noexcept = default;

    typename detail::splice_of<typename P::sockets>::type on_their_way_;
    std::size_t held_ = 0;
    bool is_open_ = false;
};
using relay = basic_relay<>;

}  // namespace vitte::sys
