/// DT_RELR, relative relocations packed into bitmaps (gABI, "Relative Relocation Table").
#pragma once

#include <cstddef>
#include <cstdint>

namespace vitte::loader::elf {

/// Calls `one(address)` for an even word, which is the address of a place that has the load base added, and
/// `some(address, bits)` for an odd one, a bitmap of the words from `address` on. It stops and returns false when they
/// do. `word(i)` is the i-th of `count` words of `word_size` bytes.
template <class Word, class One, class Some>
constexpr bool for_each_relative(std::size_t count, std::size_t word_size, Word&& word, One&& one, Some&& some) {
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t entry = word(i);
        const bool is_bitmap = (entry & 1) != 0;
        if (!(is_bitmap ? some(next, entry >> 1) : one(entry))) return false;
        next = is_bitmap ? next + (8 * word_size - 1) * word_size : entry + word_size;
    }
    return true;
}

/// Calls `visit(address)` for each such place.
template <class Word, class Visit>
constexpr bool for_each_relative(std::size_t count, std::size_t word_size, Word&& word, Visit&& visit) {
    return for_each_relative(count, word_size, word, visit, [&](std::uint64_t at, std::uint64_t bits) {
        for (; bits != 0; bits >>= 1, at += word_size)
            if ((bits & 1) != 0 && !visit(at)) return false;
        return true;
    });
}

}  // namespace vitte::loader::elf
