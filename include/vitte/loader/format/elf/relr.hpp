/// DT_RELR, relative relocations packed into bitmaps (gABI, "Relative Relocation Table").
#pragma once

#include <cstddef>
#include <cstdint>

namespace vitte::loader::elf {

/// Calls `visit(address)` for each place that has the load base added; it stops and returns false when `visit` does. An
/// even word is an address, an odd one a bitmap of the words that follow the last address. `word(i)` is the i-th of
/// `count` words of `word_size` bytes.
template <class Word, class Visit>
constexpr bool for_each_relative(std::size_t count, std::size_t word_size, Word&& word, Visit&& visit) {
    const std::uint64_t step = word_size, covered = 8 * word_size - 1;
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < count; ++i) {
        std::uint64_t bits = word(i);
        if ((bits & 1) == 0) {
            if (!visit(bits)) return false;
            next = bits + step;
            continue;
        }
        std::uint64_t at = next;
        for (bits >>= 1; bits != 0; bits >>= 1, at += step)
            if ((bits & 1) != 0 && !visit(at)) return false;
        next += covered * step;
    }
    return true;
}

}  // namespace vitte::loader::elf
