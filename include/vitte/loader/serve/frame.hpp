/// Frames: how messages lie in a stream of bytes. See `loader/serve.hpp` for the protocol.
#pragma once

#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vitte/core/endian.hpp>
#include <vitte/core/result.hpp>

namespace vitte::loader {

/// What stands before each message: its length, as a little-endian number of 32 bits.
inline constexpr std::size_t frame_head = 4;

/// Adds `message` to `to` as a frame.
inline void append_frame(std::string& to, std::string_view message) {
    std::byte head[frame_head];
    store(head, static_cast<std::uint32_t>(message.size()), byte_order::little);
    to.append(reinterpret_cast<const char*>(head), sizeof head).append(message);
}

/// Puts frames together of what a stream gives, piece by piece. No more memory is taken than for what has come, and for
/// a piece.
class message_reader {
public:
    static constexpr std::size_t piece = 16384;

    /// Of messages of up to `most` bytes.
    explicit message_reader(std::size_t most) noexcept : most_(most) {}

    /// Room for the next piece, until anything else is called.
    std::span<std::byte> room() {
        room_.resize(filled_ + piece);
        return {reinterpret_cast<std::byte*>(room_.data()) + filled_, piece};
    }
    /// So many bytes have come into the room.
    void filled(std::size_t count) noexcept { filled_ += count; }

    /// Whether part of a frame is there; to be asked when `next` has nothing.
    bool has_begun() const noexcept { return filled_ != 0; }

    /// The next message that is whole, until anything else is called. `errc::would_block` if there is none yet,
    /// `errc::too_large` if it is longer than allowed: what follows cannot be understood then.
    result<std::string_view> next() noexcept {
        const std::size_t left = filled_ - taken_;
        if (left < frame_head) return none();
        const char* const at = room_.data() + taken_;
        const std::size_t size = load<std::uint32_t>(reinterpret_cast<const std::byte*>(at), byte_order::little);
        if (size > most_) return fail(errc::too_large, "read frame");
        if (left - frame_head < size) return none();
        taken_ += frame_head + size;
        return std::string_view(at + frame_head, size);
    }

private:
    unexpected<error> none() noexcept {
        std::memmove(room_.data(), room_.data() + taken_, filled_ - taken_);
        filled_ -= std::exchange(taken_, 0);
        return fail(errc::would_block, "read frame");
    }

    std::string room_;
    std::size_t most_, filled_ = 0, taken_ = 0;
};

}  // namespace vitte::loader
