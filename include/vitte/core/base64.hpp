/// Base64 (RFC 4648, section 4), strictly: padded, without spaces or line ends, and each text of bytes in one way only.
/// Neither branches nor indices depend on the bytes, so that it suits secrets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vitte/core/assert.hpp>
#include <vitte/core/result.hpp>

namespace vitte {

/// Characters of `bytes` bytes.
constexpr std::size_t base64_size(std::size_t bytes) noexcept { return (bytes + 2) / 3 * 4; }

namespace detail {
/// All ones if `least <= x <= most`, and else 0.
constexpr std::int32_t mask_of_range(std::int32_t x, std::int32_t least, std::int32_t most) noexcept {
    return ~(((x - least) | (most - x)) >> 31);
}
/// `value` is less than 64.
constexpr char base64_digit(std::int32_t value) noexcept {
    return static_cast<char>(value + 'A' + (mask_of_range(value, 26, 63) & ('a' - 'A' - 26)) +
                             (mask_of_range(value, 52, 63) & ('0' - 'a' - 26)) +
                             (mask_of_range(value, 62, 63) & ('+' - '0' - 10)) +
                             (mask_of_range(value, 63, 63) & ('/' - '+' - 1)));
}
/// -1 if `c` is none.
constexpr std::int32_t base64_value(char c) noexcept {
    const std::int32_t x = static_cast<unsigned char>(c);
    return ((mask_of_range(x, 'A', 'Z') & (x - 'A' + 1)) | (mask_of_range(x, 'a', 'z') & (x - 'a' + 27)) |
            (mask_of_range(x, '0', '9') & (x - '0' + 53)) | (mask_of_range(x, '+', '+') & 63) |
            (mask_of_range(x, '/', '/') & 64)) -
           1;
}
}  // namespace detail

/// Writes `from` to the first `base64_size(from.size())` characters of `to`, and returns those.
constexpr std::string_view encode_base64(std::span<const std::byte> from, std::span<char> to) noexcept {
    const std::size_t size = base64_size(from.size());
    VITTE_ASSERT(to.size() >= size);
    for (std::size_t i = 0; i < size; i += 4) {
        const std::size_t at = i / 4 * 3, left = from.size() - at;
        std::uint32_t bits = 0;
        for (std::size_t j = 0; j < 3; ++j)
            bits = bits << 8 | (j < left ? std::to_integer<std::uint32_t>(from[at + j]) : 0);
        for (std::size_t j = 0; j < 4; ++j)
            to[i + j] = j <= left ? detail::base64_digit(static_cast<std::int32_t>(bits >> (18 - 6 * j) & 63)) : '=';
    }
    return {to.data(), size};
}

/// Writes the bytes of `text` to `to` and returns how many there are. `errc::malformed` if it is none;
/// `errc::too_large` if `to` has no room for them.
constexpr result<std::size_t> decode_base64(std::string_view text, std::span<std::byte> to) noexcept {
    constexpr const char* operation = "decode base64";
    if (text.size() % 4 != 0) return fail(errc::malformed, operation);
    std::size_t digits = text.size();
    while (digits != 0 && text.size() - digits < 2 && text[digits - 1] == '=') --digits;
    const std::size_t size = digits / 4 * 3 + (digits % 4 * 3) / 4;
    if (size > to.size()) return fail(errc::too_large, operation);
    std::int32_t wrong = 0;
    std::uint32_t bits = 0;
    std::size_t done = 0;
    unsigned count = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        const std::int32_t value = detail::base64_value(text[i]);
        wrong |= value;
        bits = bits << 6 | (static_cast<std::uint32_t>(value) & 63);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        to[done++] = static_cast<std::byte>(bits >> count);
    }
    const std::uint32_t unused = bits & ((1u << count) - 1);
    if (wrong < 0 || unused != 0) return fail(errc::malformed, operation);
    return size;
}

}  // namespace vitte
