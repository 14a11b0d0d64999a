/// The symbols of deflate, what they cost, and how hard each level looks for good ones; see `deflate.hpp`.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vitte/core/deflate_format.hpp>
#include <vitte/core/huffman.hpp>

namespace vitte::detail::deflate {

/// How hard is looked for matches.
struct effort {
    std::uint16_t depth;  ///< how many places are looked at
    std::uint16_t nice;   ///< a match of this length is taken without looking further
    std::uint16_t good;   ///< after one of this length, the next place is worth a quarter of the depth
    bool lazy;            ///< a match is only taken if there is no better one at the next place
};
/// By level; level 0 only stores.
inline constexpr std::array<effort, 10> efforts{{
    {0, 0, 0, false},
    {4, 32, 0, false},
    {10, 32, 0, false},
    {20, 64, 0, false},
    {16, 32, 8, true},
    {40, 64, 8, true},
    {96, 128, 8, true},
    {250, 160, 12, true},
    {600, 258, 16, true},
    {1500, 258, 16, true},
}};

/// The symbol of a length or distance, and `length` or `distance` less its base.
constexpr unsigned length_symbol(unsigned length) noexcept {
    const unsigned n = length - static_cast<unsigned>(shortest_match);
    if (length == longest_match) return length_codes - 1;
    if (n < 8) return n;
    const unsigned bits = static_cast<unsigned>(std::bit_width(n)) - 3;
    return 4 * bits + (n >> bits);
}
constexpr unsigned distance_symbol(unsigned distance) noexcept {
    const unsigned n = distance - 1;
    if (n < 4) return n;
    const unsigned bits = static_cast<unsigned>(std::bit_width(n)) - 2;
    return 2 * bits + (n >> bits);
}
inline constexpr auto length_symbols = [] {
    std::array<std::uint8_t, longest_match + 1> made{};
    for (unsigned i = shortest_match; i <= longest_match; ++i) made[i] = static_cast<std::uint8_t>(length_symbol(i));
    return made;
}();

/// How often each symbol occurs.
struct histogram {
    std::array<std::uint32_t, fixed_literals> literals{};
    std::array<std::uint32_t, fixed_distances> distances{};

    void add(const histogram& other) noexcept {
        for (std::size_t i = 0; i < literals.size(); ++i) literals[i] += other.literals[i];
        for (std::size_t i = 0; i < distances.size(); ++i) distances[i] += other.distances[i];
    }
    /// About how many bits the best codes for it would take, and their description, in 256ths.
    std::uint64_t cost() const noexcept {
        std::uint64_t made = entropy(literals) + entropy(distances);
        for (unsigned i = 0; i < length_codes; ++i)
            made += std::uint64_t{literals[first_length + i]} * lengths[i].extra_bits * 256;
        for (unsigned i = 0; i < distance_codes; ++i)
            made += std::uint64_t{distances[i]} * deflate::distances[i].extra_bits * 256;
        return made;
    }
};

}  // namespace vitte::detail::deflate
