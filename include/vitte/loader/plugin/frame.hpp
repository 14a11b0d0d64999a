/// Frames: what a program and a plugin in a child process say to each other, each over a pipe of its own. Neither
/// believes the other: sizes, kinds and directions are checked before anything is done with a frame.
///
/// A frame is 16 bytes, little-endian, and then its body: `u32` size of the body, `u16` kind, `u16` zero, `u32` number
/// of the call, `i32` status. The host numbers its calls from 1 and makes one at a time; each is answered once, by a
/// `reply` or a `failed` with its number. Lines of the log may come before the answer, and have the number 0.
#pragma once

#include <array>
#include <span>

#include <vitte/core/endian.hpp>
#include <vitte/sys/fs/file.hpp>

namespace vitte::loader {

enum class frame_kind : std::uint16_t {
    start = 1,    ///< what the child may do and which plugin it is for (`child_start`); the first call
    execute = 2,  ///< input
    save = 3,
    restore = 4,  ///< what a `save` was answered with
    stop = 5,     ///< shut down; the last call

    ready = 16,   ///< of `start`, before anything of the plugin runs: which rules are enforced and which are missing
    reply = 17,   ///< status of the plugin, and what it has written, or why it failed
    failed = 18,  ///< of `start`: an `errc` as the status, and why the child could not load the plugin
    log = 19,     ///< level as the status, and a line
};

struct frame {
    frame_kind kind;
    std::uint32_t call;
    std::int32_t status;
    std::span<const std::byte> body;
};

inline constexpr std::size_t frame_header_size = 16;
inline constexpr std::uint32_t longest_frame_text = 4096;  ///< of a line of the log, or of the text of an error

/// The header of a frame.
constexpr std::array<std::byte, frame_header_size> frame_header(frame_kind kind, std::uint32_t call,
                                                                std::int32_t status, std::uint32_t size) noexcept {
    std::array<std::byte, frame_header_size> made{};
    store(made.data(), size, byte_order::little);
    store(made.data() + 4, static_cast<std::uint16_t>(kind), byte_order::little);
    store(made.data() + 8, call, byte_order::little);
    store(made.data() + 12, status, byte_order::little);
    return made;
}

/// Puts frames together from bytes as they come. Its memory grows with what has come, never with what is only promised.
class frame_reader {
public:
    /// Whose frames are read; any other kind is refused.
    enum class sender : unsigned char { host, child };

    /// `most` is the size of the largest body of a request or a reply.
    frame_reader(sender from, std::uint32_t most) noexcept : from_(from), most_(most) {}

    /// Where the next bytes go, at least one; all frames must have been taken before, and are gone then. `added` tells
    /// how many have come. `errc::out_of_memory`.
    result<std::span<std::byte>> room() noexcept {
        if (begin_ != 0) {
            end_ -= begin_;
            if (end_ != 0) __builtin_memmove(memory_.bytes().data(), memory_.bytes().data() + begin_, end_);
            begin_ = 0;
        }
        if (end_ == memory_.size()) {
            VITTE_CHECK(memory_.grow(memory_.size() == 0 ? least_room : memory_.size()));
        }
        return memory_.bytes().subspan(end_);
    }
    void added(std::size_t size) noexcept {
        VITTE_ASSERT(size <= memory_.size() - end_);
        end_ += size;
    }

    /// Whether there is a whole frame, which is `to` then, with a body that is valid until `room`. `errc::malformed` for
    /// what is no frame of this sender, `errc::too_large` for a body beyond the limit of its kind: as soon as the header
    /// is there, and for ever.
    result<bool> next(frame& to) noexcept {
        const std::span<const std::byte> unread(memory_.bytes().data() + begin_, end_ - begin_);
        if (unread.size() < frame_header_size) return false;
        const auto size = load<std::uint32_t>(unread.data(), byte_order::little);
        to.kind = static_cast<frame_kind>(load<std::uint16_t>(unread.data() + 4, byte_order::little));
        to.call = load<std::uint32_t>(unread.data() + 8, byte_order::little);
        to.status = load<std::int32_t>(unread.data() + 12, byte_order::little);
        if (load<std::uint16_t>(unread.data() + 6, byte_order::little) != 0 || !is_expected(to))
            return fail(errc::malformed, "read frame");
        if (size > most_of(to.kind)) return fail(errc::too_large, "read frame");
        if (unread.size() - frame_header_size < size) return false;
        to.body = unread.subspan(frame_header_size, size);
        begin_ += frame_header_size + size;
        return true;
    }
    /// Whether a part of a frame is there that `next` cannot give yet.
    bool is_within() const noexcept { return begin_ != end_; }

private:
    static constexpr std::size_t least_room = 4096;

    bool is_expected(const frame& header) const noexcept {
        switch (header.kind) {
            case frame_kind::start:
            case frame_kind::execute:
            case frame_kind::save:
            case frame_kind::restore:
            case frame_kind::stop: return from_ == sender::host && header.call != 0 && header.status == 0;
            case frame_kind::ready: return from_ == sender::child && header.call != 0 && header.status == 0;
            case frame_kind::reply: return from_ == sender::child && header.call != 0 && header.status <= 0;
            case frame_kind::failed: return from_ == sender::child && header.call != 0 && header.status >= 0;
            case frame_kind::log: return from_ == sender::child && header.call == 0;
        }
        return false;
    }
    std::uint32_t most_of(frame_kind kind) const noexcept {
        switch (kind) {
            case frame_kind::save:
            case frame_kind::stop: return 0;
            case frame_kind::ready: return 8;
            case frame_kind::failed:
            case frame_kind::log: return longest_frame_text;
            default: return most_;
        }
    }

    sender from_;
    std::uint32_t most_;
    sys::byte_buffer memory_;
    std::size_t begin_ = 0, end_ = 0;
};

}  // namespace vitte::loader
