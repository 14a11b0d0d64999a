/// BLAKE3's tree (paper, section 2.1): its chunks and parents, and complete subtrees of them at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vitte/core/blake3/compression.hpp>
#include <vitte/core/blake3/lanes.hpp>
#include <vitte/core/endian.hpp>

namespace vitte::detail {

template <std::size_t N>
constexpr std::array<std::uint32_t, N> blake3_words(const std::byte* from) noexcept {
    std::array<std::uint32_t, N> made{};
    for (std::size_t i = 0; i < N; ++i) made[i] = load<std::uint32_t>(from + 4 * i, byte_order::little);
    return made;
}

constexpr blake3_node blake3_parent(const blake3_chain& key, std::uint32_t flags, const blake3_chain& left,
                                    const blake3_chain& right) noexcept {
    blake3_node made{key, {}, 0, blake3_sizes::block, flags | blake3_flags::parent_node};
    for (std::size_t i = 0; i < 8; ++i) {
        made.block[i] = left[i];
        made.block[8 + i] = right[i];
    }
    return made;
}

/// The chain of the whole chunk number `counter`, which is not the only one.
constexpr blake3_chain blake3_chunk(const blake3_chain& key, std::uint32_t flags, std::uint64_t counter,
                                    const std::byte* from) noexcept {
    blake3_chain h = key;
    for (std::size_t i = 0; i < blake3_sizes::blocks_per_chunk; ++i) {
        const std::uint32_t start = i == 0 ? blake3_flags::chunk_start : 0;
        const std::uint32_t end = i + 1 == blake3_sizes::blocks_per_chunk ? blake3_flags::chunk_end : 0;
        h = blake3_node{h, blake3_words<16>(from + i * blake3_sizes::block), counter, blake3_sizes::block,
                        flags | start | end}
                .chained();
    }
    return h;
}

/// A complete subtree of at least two chunks, as far as it is known before what follows it.
struct blake3_subtree {
    /// More chunks than the lanes, so that few of them are idle when it comes to the parents.
    static constexpr std::size_t most_chunks = blake3_has_lanes ? 128 : 2;

    const blake3_chain& key;
    std::uint32_t flags;
    std::uint64_t first;  ///< its first chunk's number

    /// The two chains under its root, of `count` chunks at `from`: a power of two up to `most_chunks`.
    constexpr std::array<blake3_chain, 2> halves(const std::byte* from, std::size_t count) const noexcept {
        std::array<blake3_chain, most_chunks> chains;
        chunks(from, count, chains.data());
        for (; count > 2; count /= 2) parents(chains.data(), count / 2);
        return {chains[0], chains[1]};
    }

private:
    constexpr void chunks(const std::byte* from, std::size_t count, blake3_chain* to) const noexcept {
        std::size_t done = 0;
        if (!std::is_constant_evaluated())
            while (const std::size_t more = blake3_hash_some(
                       {key, first + done, flags, true}, from + done * blake3_sizes::chunk, count - done, to + done))
                done += more;
        for (; done < count; ++done)
            to[done] = blake3_chunk(key, flags, first + done, from + done * blake3_sizes::chunk);
    }
    /// Makes `count` parents of twice as many chains, in their place.
    constexpr void parents(blake3_chain* chains, std::size_t count) const noexcept {
        std::size_t done = 0;
        if (!std::is_constant_evaluated())
            while (const std::size_t more =
                       blake3_hash_some({key, 0, flags, false}, reinterpret_cast<const std::byte*>(chains + 2 * done),
                                        count - done, chains + done))
                done += more;
        for (; done < count; ++done)
            chains[done] = blake3_parent(key, flags, chains[2 * done], chains[2 * done + 1]).chained();
    }
};

}  // namespace vitte::detail
