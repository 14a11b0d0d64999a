/// `byte_reader`: a cursor over bytes that never leaves them. Every read is checked; a failed one moves nothing.
#pragma once

#include <span>
#include <string_view>

#include <vitte/core/endian.hpp>
#include <vitte/core/leb128.hpp>
#include <vitte/core/result.hpp>

namespace vitte {

/// Reads numbers, strings and blocks one after the other. Failures are `errc::end_of_input`, and what else the reads
/// name; `position()` then still tells where the read began. A reader is a value: copy it to look ahead.
class byte_reader {
public:
    constexpr explicit byte_reader(std::span<const std::byte> bytes, byte_order order = byte_order::little) noexcept
        : bytes_(bytes), order_(order) {}

    /// Bytes from the start to the next read.
    constexpr std::size_t position() const noexcept { return position_; }
    constexpr std::size_t remaining() const noexcept { return bytes_.size() - position_; }
    constexpr bool at_end() const noexcept { return remaining() == 0; }

    /// Moves to byte `position`, which may be the end; `errc::out_of_range` beyond it.
    constexpr result<void> seek(std::size_t position) noexcept {
        if (position > bytes_.size()) return fail(errc::out_of_range, "seek");
        position_ = position;
        return {};
    }

    /// The next integer of `sizeof(T)` bytes.
    template <class T>
        requires std::is_integral_v<T>
    constexpr result<T> read() noexcept {
        if (remaining() < sizeof(T)) return fail(errc::end_of_input, "read number");
        const T value = load<T>(bytes_.data() + position_, order_);
        position_ += sizeof(T);
        return value;
    }

    /// The next LEB128 number of at most `Bits` bits. Also fails with `errc::malformed`, see `decode_leb128`.
    template <class T, unsigned Bits = 8 * sizeof(T)>
    constexpr result<T> read_leb128() noexcept {
        const auto decoded = decode_leb128<T, Bits>(bytes_.subspan(position_));
        if (!decoded) return unexpected(decoded.error());
        position_ += decoded->length;
        return decoded->value;
    }

    /// The next `count` bytes, not copied.
    constexpr result<std::span<const std::byte>> take(std::size_t count) noexcept {
        if (remaining() < count) return fail(errc::end_of_input, "read bytes");
        const auto taken = bytes_.subspan(position_, count);
        position_ += count;
        return taken;
    }

    /// The text up to the next NUL, which is consumed too. `errc::malformed` if there is none.
    result<std::string_view> read_c_string() noexcept {
        const auto rest = bytes_.subspan(position_);
        const auto* const end = rest.empty() ? nullptr : __builtin_memchr(rest.data(), 0, rest.size());
        if (end == nullptr) return fail(errc::malformed, "read string");
        const auto length = static_cast<std::size_t>(static_cast<const std::byte*>(end) - rest.data());
        position_ += length + 1;
        return std::string_view(reinterpret_cast<const char*>(rest.data()), length);
    }

private:
    std::span<const std::byte> bytes_;
    std::size_t position_ = 0;
    byte_order order_;
};

}  // namespace vitte
