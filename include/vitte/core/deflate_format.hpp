/// What `inflate.hpp` and `deflate.hpp` share: the constants of RFC 1951 and what may stand around its streams.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace vitte {

/// What stands around a stream of deflate.
enum class deflate_wrapper : unsigned char {
    none,  ///< nothing (RFC 1951), as in ZIP
    zlib,  ///< two bytes before it, Adler-32 behind it (RFC 1950), as in PNG
    gzip,  ///< a header, CRC-32 and the length behind it; such members may follow each other (RFC 1952)
};

namespace detail::deflate {

/// How far back a match reaches, and how long it is.
inline constexpr std::size_t window_size = 32768, shortest_match = 3, longest_match = 258;

inline constexpr unsigned stored_block = 0, fixed_block = 1, dynamic_block = 2;
inline constexpr unsigned end_of_block = 256, first_length = 257, length_codes = 29, distance_codes = 30;
/// The symbols of the fixed codes, of which the last two are never used (section 3.2.6).
inline constexpr unsigned fixed_literals = 288, fixed_distances = 32, lengths_of_codes = 19, longest_code = 15;

struct coded_range {
    std::uint16_t base;
    std::uint8_t extra_bits;
};

/// Section 3.2.5.
inline constexpr auto lengths = [] {
    std::array<coded_range, length_codes> made{};
    unsigned base = shortest_match;
    for (unsigned i = 0; i < length_codes; ++i) {
        const unsigned extra = i < 8 ? 0 : i / 4 - 1;
        made[i] = {static_cast<std::uint16_t>(base), static_cast<std::uint8_t>(extra)};
        base += 1u << extra;
    }
    made[length_codes - 1] = {longest_match, 0};
    return made;
}();
inline constexpr auto distances = [] {
    std::array<coded_range, distance_codes> made{};
    unsigned base = 1;
    for (unsigned i = 0; i < distance_codes; ++i) {
        const unsigned extra = i < 4 ? 0 : i / 2 - 1;
        made[i] = {static_cast<std::uint16_t>(base), static_cast<std::uint8_t>(extra)};
        base += 1u << extra;
    }
    return made;
}();

/// The order in which the lengths of the code for lengths of codes are written (section 3.2.7).
inline constexpr std::array<std::uint8_t, lengths_of_codes> order_of_lengths{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                                             11, 4,  12, 3, 13, 2, 14, 1, 15};

/// The length of a literal's or length's code in blocks of the fixed kind.
constexpr std::uint8_t fixed_length(unsigned symbol) noexcept {
    return symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
}

}  // namespace detail::deflate
}  // namespace vitte
