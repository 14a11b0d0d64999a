/// BLAKE3's compressions of several chunks or parents at once, each in one lane of vectors of 4, 8 or 16 words.
#pragma once

#include <type_traits>
#include <utility>
#include <vitte/core/blake3/compression.hpp>
#include <vitte/core/cpu.hpp>

namespace vitte::detail {

/// What the inputs of one call have in common: they are whole chunks, the first of which is number `counter`, or
/// parents.
struct blake3_row {
    const blake3_chain& key;
    std::uint64_t counter;
    std::uint32_t flags;
    bool of_chunks;
};

using blake3_words4 = std::uint32_t __attribute__((vector_size(16)));
using blake3_words8 = std::uint32_t __attribute__((vector_size(32)));
using blake3_words16 = std::uint32_t __attribute__((vector_size(64)));

/// How inputs are hashed in the lanes of `Vector`. Vectors are handed on by reference only, because their calling
/// convention depends on the instructions that a function may use.
template <class Vector>
struct blake3_lanes {
    static constexpr std::size_t count = sizeof(Vector) / 4;
    using every_lane = std::make_index_sequence<count>;

    /// Hashes `count` inputs that follow each other from `from` on, and puts their chains to `to`.
    [[gnu::always_inline]] static void hash(const blake3_row& row, const std::byte* from, blake3_chain* to) noexcept {
        const std::size_t blocks = row.of_chunks ? blake3_sizes::blocks_per_chunk : 1;
        const Vector none{};
        Vector h[8], low = none, high = none;
#pragma GCC unroll 8
        for (std::size_t i = 0; i < 8; ++i) h[i] = none + row.key[i];
        if (row.of_chunks) count_up(low, high, row.counter, every_lane());
        for (std::size_t block = 0; block < blocks; ++block) {
            std::uint32_t flags = row.flags;
            if (!row.of_chunks)
                flags |= blake3_flags::parent_node;
            else if (block == 0)
                flags |= blake3_flags::chunk_start;
            else if (block == blocks - 1)
                flags |= blake3_flags::chunk_end;
            Vector m[16];
            if (row.of_chunks) prefetch(from, block + 4);
#pragma GCC unroll 4
            for (std::size_t i = 0; i < 4; ++i)
                load_words(m + 4 * i, from + block * blake3_sizes::block + 16 * i, blocks * blake3_sizes::block);
            const auto& c = blake3_initial;
            Vector v[16]{h[0],        h[1],        h[2], h[3],        h[4],
                         h[5],        h[6],        h[7], none + c[0], none + c[1],
                         none + c[2], none + c[3], low,  high,        none + std::uint32_t{blake3_sizes::block},
                         none + flags};
            blake3_rounds(v, m);
#pragma GCC unroll 8
            for (std::size_t i = 0; i < 8; ++i) h[i] = v[i] ^ v[8 + i];
        }
#pragma GCC unroll 2
        for (std::size_t i = 0; i < 2; ++i) store_words(h + 4 * i, to, 4 * i);
    }

private:
    template <std::size_t... I>
    [[gnu::always_inline]] static void count_up(Vector& low, Vector& high, std::uint64_t from,
                                                std::index_sequence<I...>) noexcept {
        low = Vector{static_cast<std::uint32_t>(from + I)...};
        high = Vector{static_cast<std::uint32_t>((from + I) >> 32)...};
    }
    /// Fetches block `block` of each chunk, of the `count` chunks that follow if these have no such block: they are more
    /// places than a CPU follows by itself.
    [[gnu::always_inline]] static void prefetch(const std::byte* chunks, std::size_t block) noexcept {
        constexpr std::size_t blocks = blake3_sizes::blocks_per_chunk;
        const std::byte* const at = chunks + (block / blocks * count * blocks + block % blocks) * blake3_sizes::block;
#pragma GCC unroll 16
        for (std::size_t i = 0; i < count; ++i) __builtin_prefetch(at + i * blake3_sizes::chunk);
    }
    /// Four words of each input, `stride` bytes apart: word `i` of all of them to `to[i]`.
    [[gnu::always_inline]] static void load_words(Vector* to, const std::byte* from, std::size_t stride) noexcept {
        Vector rows[4];
#pragma GCC unroll 4
        for (std::size_t i = 0; i < 4; ++i) load_quarters(rows[i], from + i * stride, 4 * stride);
        transpose(to, rows);
    }
    /// The inverse: words `at` to `at + 3` of each chain.
    [[gnu::always_inline]] static void store_words(const Vector* from, blake3_chain* to, std::size_t at) noexcept {
        Vector rows[4];
        transpose(rows, from);
#pragma GCC unroll 4
        for (std::size_t i = 0; i < 4; ++i)
            for (std::size_t j = 0; j < count; j += 4)
                __builtin_memcpy(to[i + j].data() + at, reinterpret_cast<const char*>(&rows[i]) + 4 * j, 16);
    }
    /// Quarters of 16 bytes that lie `stride` bytes apart.
    template <class To>
    [[gnu::always_inline]] static void load_quarters(To& to, const std::byte* from, std::size_t stride) noexcept {
        if constexpr (sizeof(To) == 16)
            __builtin_memcpy(&to, from, 16);
        else {
            std::conditional_t<sizeof(To) == 64, blake3_words8, blake3_words4> low, high;
            load_quarters(low, from, stride);
            load_quarters(high, from + sizeof(To) / 32 * stride, stride);
            join(to, low, high, std::make_index_sequence<sizeof(To) / 4>());
        }
    }
    template <class To, class Half, std::size_t... I>
    [[gnu::always_inline]] static void join(To& to, const Half& low, const Half& high,
                                            std::index_sequence<I...>) noexcept {
        to = __builtin_shufflevector(low, high, static_cast<int>(I)...);
    }

    /// Rows and columns of each square of four quarters change places.
    [[gnu::always_inline]] static void transpose(Vector* to, const Vector* from) noexcept {
        Vector a, b, c, d;
        pick<0, 4, 1, 5>(a, from[0], from[1], every_lane());
        pick<2, 6, 3, 7>(b, from[0], from[1], every_lane());
        pick<0, 4, 1, 5>(c, from[2], from[3], every_lane());
        pick<2, 6, 3, 7>(d, from[2], from[3], every_lane());
        pick<0, 1, 4, 5>(to[0], a, c, every_lane());
        pick<2, 3, 6, 7>(to[1], a, c, every_lane());
        pick<0, 1, 4, 5>(to[2], b, d, every_lane());
        pick<2, 3, 6, 7>(to[3], b, d, every_lane());
    }
    /// In each quarter the words of the given numbers: below 4 of `a`, from 4 on of `b`.
    template <std::size_t... At, std::size_t... I>
    [[gnu::always_inline]] static void pick(Vector& to, const Vector& a, const Vector& b,
                                            std::index_sequence<I...>) noexcept {
        constexpr std::size_t at[] = {At...};
        to =
            __builtin_shufflevector(a, b, static_cast<int>(I / 4 * 4 + at[I % 4] % 4 + (at[I % 4] < 4 ? 0 : count))...);
    }
};

#if defined(__x86_64__)
[[gnu::target("avx512f")]] inline void blake3_hash_16(const blake3_row& row, const std::byte* from,
                                                      blake3_chain* to) noexcept {
    blake3_lanes<blake3_words16>::hash(row, from, to);
}
[[gnu::target("avx2")]] inline void blake3_hash_8(const blake3_row& row, const std::byte* from,
                                                  blake3_chain* to) noexcept {
    blake3_lanes<blake3_words8>::hash(row, from, to);
}
#endif
inline void blake3_hash_4(const blake3_row& row, const std::byte* from, blake3_chain* to) noexcept {
    blake3_lanes<blake3_words4>::hash(row, from, to);
}

/// Whether vectors of 4 words are faster than one word after the other.
inline constexpr bool blake3_has_lanes =
#if defined(__SSE2__) || defined(__wasm_simd128__) || (defined(__ARM_NEON) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
    true;
#else
    false;
#endif

/// Hashes as many of the `count` inputs as the CPU's widest vectors take that they fill, and returns their number: 0 if
/// they are too few.
inline std::size_t blake3_hash_some(const blake3_row& row, const std::byte* from, std::size_t count,
                                    blake3_chain* to) noexcept {
#if defined(__x86_64__)
    if (count >= 16 && cpu_has(cpu_feature::avx512f)) return blake3_hash_16(row, from, to), 16;
    if (count >= 8 && cpu_has(cpu_feature::avx2)) return blake3_hash_8(row, from, to), 8;
#endif
    if (blake3_has_lanes && count >= 4) return blake3_hash_4(row, from, to), 4;
    return 0;
}

}  // namespace vitte::detail
