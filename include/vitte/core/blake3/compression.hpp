/// BLAKE3's compression function (paper, section 2.2) and what its inputs are made of.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vitte/core/endian.hpp>

namespace vitte::detail {

/// What one compression hands to the next.
using blake3_chain = std::array<std::uint32_t, 8>;

inline constexpr blake3_chain blake3_initial{0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                             0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

/// Domain flags (paper, table 3).
struct blake3_flags {
    static constexpr std::uint32_t chunk_start = 1, chunk_end = 2, parent_node = 4, root = 8, keyed_hash = 16,
                                   derive_key_context = 32, derive_key_material = 64;
};

struct blake3_sizes {
    static constexpr std::size_t block = 64, blocks_per_chunk = 16, chunk = block * blocks_per_chunk;
};

/// The words of the message in the order that each round takes them in.
inline constexpr auto blake3_schedule = [] {
    constexpr std::array<unsigned char, 16> permutation{2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};
    std::array<std::array<unsigned char, 16>, 7> made{};
    for (unsigned char i = 0; i < 16; ++i) made[0][i] = i;
    for (std::size_t round = 1; round < made.size(); ++round)
        for (std::size_t i = 0; i < 16; ++i) made[round][i] = made[round - 1][permutation[i]];
    return made;
}();

/// Turns `word` right. g++ does not find the one instruction that AVX2 has for whole bytes of vectors.
template <int By, class Word>
[[gnu::always_inline]] constexpr void blake3_turn(Word& word) noexcept {
    if constexpr (sizeof(Word) == 32 && By % 8 == 0) {
        using bytes = char __attribute__((vector_size(32)));
        [&word]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
            const auto from = reinterpret_cast<bytes>(word);
            word = reinterpret_cast<Word>(__builtin_shufflevector(from, from, (I / 4 * 4 + (I + By / 8) % 4)...));
        }
        (std::make_integer_sequence<int, 32>());
    } else
        word = (word >> By) | (word << (32 - By));
}

/// All rounds over the state `v` and the message `m`, 16 each of words or of vectors of words.
template <class Words>
[[gnu::always_inline]] constexpr void blake3_rounds(Words& v, const Words& m) noexcept {
    const auto mix =
        [](auto& a, auto& b, auto& c, auto& d, const auto& x, const auto& y) __attribute__((always_inline)) {
        a += b + x;
        d ^= a;
        blake3_turn<16>(d);
        c += d;
        b ^= c;
        blake3_turn<12>(b);
        a += b + y;
        d ^= a;
        blake3_turn<8>(d);
        c += d;
        b ^= c;
        blake3_turn<7>(b);
    };
#pragma GCC unroll 7
    for (std::size_t round = 0; round < 7; ++round) {
        const auto& s = blake3_schedule[round];
        mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
        mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
        mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
        mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
        mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
        mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
        mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
        mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
    }
}

/// The input of one compression. Where it ends a tree, it is kept back, because the last one of all is flagged as the
/// root.
struct blake3_node {
    blake3_chain chaining;
    std::array<std::uint32_t, 16> block;
    std::uint64_t counter;
    std::uint32_t length, flags;

    /// All 16 words of its output.
    constexpr std::array<std::uint32_t, 16> compressed() const noexcept {
        std::array<std::uint32_t, 16> v{};
        for (std::size_t i = 0; i < 8; ++i) v[i] = chaining[i];
        for (std::size_t i = 0; i < 4; ++i) v[8 + i] = blake3_initial[i];
        v[12] = static_cast<std::uint32_t>(counter);
        v[13] = static_cast<std::uint32_t>(counter >> 32);
        v[14] = length;
        v[15] = flags;
        blake3_rounds(v, block);
        for (std::size_t i = 0; i < 8; ++i) {
            v[i] ^= v[i + 8];
            v[i + 8] ^= chaining[i];
        }
        return v;
    }
    constexpr blake3_chain chained() const noexcept {
        const auto all = compressed();
        blake3_chain made{};
        for (std::size_t i = 0; i < 8; ++i) made[i] = all[i];
        return made;
    }
};

}  // namespace vitte::detail
