/// Numbers in memory of either byte order, at any alignment.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace vitte {

/// The order of the bytes of a number.
enum class byte_order : unsigned char {
    little,
    big,
    native = std::endian::native == std::endian::little ? little : big,
};

/// `value` with its bytes reversed. `T` is an unsigned integer of 1, 2, 4 or 8 bytes.
template <class T>
    requires std::is_unsigned_v<T>
constexpr T byteswap(T value) noexcept {
    if constexpr (sizeof(T) == 1) return value;
    else if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
    else if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
    else return __builtin_bswap64(value);
}

/// The integer of `sizeof(T)` bytes at `from`, which must all be readable. No alignment is needed; one move, plus one
/// swap where the orders differ.
template <class T>
    requires std::is_integral_v<T>
constexpr T load(const std::byte* from, byte_order order) noexcept {
    using word = std::make_unsigned_t<T>;
    word value = 0;
    if (std::is_constant_evaluated()) {
        for (std::size_t i = 0; i < sizeof(T); ++i)
            value = static_cast<word>(value | static_cast<word>(static_cast<word>(from[i]) << (8 * i)));
        return static_cast<T>(order == byte_order::little ? value : byteswap(value));
    }
    __builtin_memcpy(&value, from, sizeof value);
    return static_cast<T>(order == byte_order::native ? value : byteswap(value));
}

/// Stores `value` at `to` in `order`: the inverse of `load`.
template <class T>
    requires std::is_integral_v<T>
constexpr void store(std::byte* to, T value, byte_order order) noexcept {
    using word = std::make_unsigned_t<T>;
    auto bits = static_cast<word>(value);
    if (std::is_constant_evaluated()) {
        if (order == byte_order::big) bits = byteswap(bits);
        for (std::size_t i = 0; i < sizeof(T); ++i) to[i] = static_cast<std::byte>(bits >> (8 * i));
        return;
    }
    if (order != byte_order::native) bits = byteswap(bits);
    __builtin_memcpy(to, &bits, sizeof bits);
}

}  // namespace vitte
