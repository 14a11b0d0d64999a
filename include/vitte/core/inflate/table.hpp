/// Tables of the codes of deflate, and what their entries stand for; see `inflate.hpp`.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vitte/core/deflate_format.hpp>

namespace vitte::detail::deflate {

/// An entry of a table of codes. The lowest byte is how many bits the code takes with the extra bits behind it, the
/// next four bits how many it takes without; the upper half is a literal, or the base of a length or distance.
using table_entry = std::uint32_t;
inline constexpr table_entry literal_entry = 1u << 31, odd_entry = 1u << 15, table_link = odd_entry | 1u << 14,
                             end_entry = odd_entry | 1u << 13;

inline constexpr auto literal_entries = [] {
    std::array<table_entry, fixed_literals> made{};
    for (unsigned i = 0; i < end_of_block; ++i) made[i] = literal_entry | i << 16;
    made[end_of_block] = end_entry;
    for (unsigned i = first_length; i < fixed_literals; ++i)
        made[i] = i - first_length < length_codes
                      ? table_entry{lengths[i - first_length].base} << 16 | lengths[i - first_length].extra_bits
                      : odd_entry;
    return made;
}();
inline constexpr auto distance_entries = [] {
    std::array<table_entry, fixed_distances> made{};
    for (unsigned i = 0; i < fixed_distances; ++i)
        made[i] = i < distance_codes ? table_entry{distances[i].base} << 16 | distances[i].extra_bits : odd_entry;
    return made;
}();
inline constexpr auto length_entries = [] {
    std::array<table_entry, lengths_of_codes> made{};
    for (unsigned i = 0; i < lengths_of_codes; ++i) made[i] = i << 16;
    return made;
}();

enum class code_flaw : unsigned char { none, oversubscribed, incomplete };

/// Makes the table, looked up by the next `table_bits` bits, of the canonical code with these lengths (section 3.2.2).
/// Codes longer than that are in tables of their own behind it, which a link leads to. A code that leaves patterns
/// unused is a flaw, except for one code of one bit, and none at all, where `may_be_incomplete`.
inline code_flaw make_table(table_entry* table, unsigned table_bits, std::span<const std::uint8_t> lengths_of,
                            const table_entry* entries, bool may_be_incomplete) noexcept {
    std::array<std::uint16_t, longest_code + 1> count{}, next{};
    for (const std::uint8_t length : lengths_of) ++count[length];
    std::int32_t unused = 1;
    unsigned codes = 0;
    for (unsigned length = 1; length <= longest_code; ++length) {
        unused = 2 * unused - count[length];
        if (unused < 0) return code_flaw::oversubscribed;
        next[length] = static_cast<std::uint16_t>(codes);
        codes += count[length];
    }
    std::array<std::uint16_t, fixed_literals> sorted;
    for (std::size_t i = 0; i < lengths_of.size(); ++i)
        if (lengths_of[i] != 0) sorted[next[lengths_of[i]]++] = static_cast<std::uint16_t>(i);
    const auto entry = [&](unsigned i, unsigned length) { return entries[sorted[i]] + length * 0x101u; };
    if (unused != 0) {
        if (!may_be_incomplete || codes > 1 || (codes == 1 && count[1] != 1)) return code_flaw::incomplete;
        for (std::size_t i = 0; i < std::size_t{1} << table_bits; ++i)
            table[i] = codes == 1 && i % 2 == 0 ? entry(0, 1) : odd_entry + 0x101u;
        return code_flaw::none;
    }
    // Codes stand in the stream from their highest bit on, so they are held reversed, and counted up from there.
    unsigned code = 0, length = 1, done = 0;
    const auto count_up = [&] {
        const unsigned zeros = code ^ ((1u << length) - 1);
        if (zeros == 0) return;
        const unsigned bit = std::bit_floor(zeros);
        code = (code & (bit - 1)) | bit;
    };
    std::size_t size = 2;
    const auto double_size = [&] {
        __builtin_memcpy(table + size, table, size * sizeof *table);
        size *= 2;
    };
    for (; length <= table_bits; ++length) {
        for (unsigned i = 0; i < count[length]; ++i, ++done) {
            table[code] = entry(done, length);
            count_up();
        }
        if (length < table_bits) double_size();
    }
    std::size_t begin = 0;
    unsigned link_bits = 0, prefix = ~0u;
    const unsigned low = (1u << table_bits) - 1;
    for (; done < codes; ++length) {
        for (unsigned left = count[length]; left != 0; --left, ++done) {
            if ((code & low) != prefix) {
                prefix = code & low;
                begin = size;
                link_bits = length - table_bits;
                for (unsigned room = left; room < 1u << link_bits; room = 2 * room + count[table_bits + link_bits])
                    ++link_bits;
                size += std::size_t{1} << link_bits;
                table[prefix] = table_link | static_cast<table_entry>(begin << 16) | link_bits << 8;
            }
            for (std::size_t i = code >> table_bits; i < std::size_t{1} << link_bits; i += 1u << (length - table_bits))
                table[begin + i] = entry(done, length);
            count_up();
        }
    }
    return code_flaw::none;
}

/// The entry behind a link.
inline table_entry linked(const table_entry* table, unsigned table_bits, table_entry link,
                          std::uint64_t bits) noexcept {
    return table[(link >> 16) + ((bits >> table_bits) & ((1u << (link >> 8 & 15)) - 1))];
}
/// The entry of the code that `bits` begin with.
inline table_entry look_up(const table_entry* table, unsigned table_bits, std::uint64_t bits) noexcept {
    const table_entry entry = table[bits & ((1u << table_bits) - 1)];
    if ((entry & table_link) != table_link) [[likely]]
        return entry;
    return linked(table, table_bits, entry, bits);
}
/// The number that a length's or distance's entry and the extra bits behind its code make.
inline std::size_t number(table_entry entry, std::uint64_t bits) noexcept {
    const std::uint64_t mask = (std::uint64_t{1} << (entry & 63)) - 1;
    return (entry >> 16) + static_cast<std::size_t>((bits & mask) >> (entry >> 8 & 15));
}

/// Writes a match of at most 258 bytes, and up to 39 further ones, which are not part of it.
inline void copy_fast(std::byte* to, std::size_t distance, std::size_t length) noexcept {
    const std::byte* from = to - distance;
    std::byte* const end = to + length;
    const auto copy = [&]<std::size_t N>(std::array<char, N>*, std::size_t step) {
        std::array<char, N> piece;  // both may overlap
        __builtin_memcpy(piece.data(), from, N);
        __builtin_memcpy(to, piece.data(), N);
        to += step;
        from += step;
    };
    constexpr std::array<char, 8>* word = nullptr;
    constexpr std::array<char, 16>* wide = nullptr;
    if (distance >= 16) [[likely]] {
        copy(wide, 16);
        copy(wide, 16);
        while (to < end) copy(wide, 16);
    } else if (distance >= 8) {
        do copy(word, 8);
        while (to < end);
    } else if (distance == 1) {
        const std::uint64_t all = 0x0101010101010101 * std::to_integer<std::uint64_t>(*from);
        do {
            __builtin_memcpy(to, &all, 8);
            to += 8;
        } while (to < end);
    } else {
        // What one word copies and `distance` bytes on is right already.
        do copy(word, distance);
        while (to < end);
    }
}

}  // namespace vitte::detail::deflate
