/// LEB128, the variable-length integers of DWARF (version 5, 7.6) and WebAssembly (core specification, 5.2.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <vitte/core/result.hpp>

namespace vitte {

/// The most bytes that a number of `bits` bits takes.
constexpr std::size_t leb128_limit(unsigned bits) noexcept { return (bits + 6) / 7; }

/// A decoded number, and how many bytes it took.
template <class T>
struct leb128 {
    T value;
    std::size_t length;
};

/// Decodes the number at the start of `bytes`: signed if `T` is, with at most `Bits` significant bits. WebAssembly's
/// rules hold: padding is allowed up to `leb128_limit(Bits)` bytes, and the bits of the last byte that do not fit must
/// repeat the sign. Fails with `errc::end_of_input` or `errc::malformed`.
template <class T, unsigned Bits = 8 * sizeof(T)>
    requires(std::is_integral_v<T> && Bits <= 8 * sizeof(T))
constexpr result<leb128<T>> decode_leb128(std::span<const std::byte> bytes) noexcept {
    using word = std::make_unsigned_t<T>;
    constexpr std::size_t limit = leb128_limit(Bits);
    constexpr unsigned last_bits = Bits - 7 * (static_cast<unsigned>(limit) - 1);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < limit; ++i) {
        if (i == bytes.size()) return fail(errc::end_of_input, "decode LEB128");
        const auto byte = std::to_integer<unsigned>(bytes[i]);
        value |= std::uint64_t{byte & 0x7f} << (7 * i);
        if (byte >= 0x80) continue;
        if (i + 1 == limit) {
            const unsigned kept = std::is_signed_v<T> ? last_bits - 1 : last_bits;
            const unsigned unused = (byte & 0x7f) >> kept;
            if (unused != 0 && !(std::is_signed_v<T> && unused == 0x7fu >> kept))
                return fail(errc::malformed, "decode LEB128");
        }
        if (std::is_signed_v<T> && (byte & 0x40) != 0 && 7 * (i + 1) < 64) value |= ~std::uint64_t{0} << (7 * (i + 1));
        return leb128<T>{static_cast<T>(static_cast<word>(value)), i + 1};
    }
    return fail(errc::malformed, "decode LEB128");
}

/// Writes the shortest form of `value` to `to`, which holds `leb128_limit(8 * sizeof(T))` bytes; returns its length.
template <class T>
    requires std::is_integral_v<T>
constexpr std::size_t encode_leb128(T value, std::byte* to) noexcept {
    for (std::size_t length = 0;;) {
        const auto low = static_cast<unsigned>(value & 0x7f);
        value = static_cast<T>(value >> 7);
        const bool done = std::is_signed_v<T> && (low & 0x40) != 0 ? value == static_cast<T>(-1) : value == 0;
        to[length++] = static_cast<std::byte>(done ? low : low | 0x80);
        if (done) return length;
    }
}

}  // namespace vitte
