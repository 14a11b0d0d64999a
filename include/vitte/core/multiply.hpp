/// The full product of two 64-bit numbers.
#pragma once

#include <cstdint>

namespace vitte {

struct product128 {
    std::uint64_t high, low;
};

/// `a * b`, all 128 bits. The multiplication of the machine where the compiler knows one, else of 32-bit halves.
constexpr product128 multiply(std::uint64_t a, std::uint64_t b) noexcept {
#if defined(__SIZEOF_INT128__)
    __extension__ using wide = unsigned __int128;
    const wide whole = wide{a} * b;
    return {static_cast<std::uint64_t>(whole >> 64), static_cast<std::uint64_t>(whole)};
#else
    const std::uint64_t half = 0xffffffff, a0 = a & half, a1 = a >> 32, b0 = b & half, b1 = b >> 32;
    const std::uint64_t low = a0 * b0, middle = a1 * b0 + (low >> 32), other = a0 * b1 + (middle & half);
    return {a1 * b1 + (middle >> 32) + (other >> 32), other << 32 | (low & half)};
#endif
}

}  // namespace vitte
