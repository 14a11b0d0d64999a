/// BLAKE3, a cryptographic hash (O'Connor, Aumasson, Neves, Wilcox-O'Hearn: "BLAKE3: one function, fast everywhere",
/// 2020): plain, keyed, and as a key derivation function, with output of any length.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <vitte/core/endian.hpp>

namespace vitte {

/// A hash in the making. Copy it to go on from the same state twice. One thread at a time.
class blake3 {
public:
    static constexpr std::size_t digest_size = 32;
    using digest = std::array<std::byte, digest_size>;

    constexpr blake3() noexcept : blake3(initial, 0) {}
    /// A message authentication code under `key`.
    static constexpr blake3 keyed(std::span<const std::byte, 32> key) noexcept { return {words_of(key), keyed_hash}; }
    /// Keys derived from the key material that is then given to `update`. `context` is fixed in the program, unique to
    /// it and to what the key is for.
    static constexpr blake3 derive_key(std::string_view context) noexcept {
        blake3 of_context(initial, derive_key_context);
        for (const char c : context) of_context.update(std::array{static_cast<std::byte>(c)});
        return {words_of(of_context.finish()), derive_key_material};
    }

    /// Appends `bytes` to the message.
    constexpr blake3& update(std::span<const std::byte> bytes) noexcept {
        while (!bytes.empty()) {
            if (filled_ == block_size) finish_block();
            const std::size_t room = block_size - filled_, n = bytes.size() < room ? bytes.size() : room;
            for (std::size_t i = 0; i < n; ++i) block_[filled_ + i] = bytes[i];
            filled_ += n;
            bytes = bytes.subspan(n);
        }
        return *this;
    }

    /// Fills `out` with the hash of the message so far, from byte `64 * first_block` of its endless output on. The
    /// message may be continued afterwards.
    constexpr void finish(std::span<std::byte> out, std::uint64_t first_block = 0) const noexcept {
        node last{chunk_, words_of<16>(block_.data()), chunk_count_, static_cast<std::uint32_t>(filled_),
                  flags_ | start_flag() | chunk_end};
        for (std::size_t i = stack_size_; i-- > 0;) last = parent(stack_[i], last.chained());
        last.flags |= root;
        for (last.counter = first_block; !out.empty(); ++last.counter) {
            const auto output = compress(last.chaining, last.block, last.counter, last.length, last.flags);
            const std::size_t n = out.size() < block_size ? out.size() : block_size;
            for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::byte>(output[i / 4] >> (8 * (i % 4)));
            out = out.subspan(n);
        }
    }
    constexpr digest finish() const noexcept {
        digest made{};
        finish(made);
        return made;
    }

private:
    using chain = std::array<std::uint32_t, 8>;
    using words = std::array<std::uint32_t, 16>;

    static constexpr std::size_t block_size = 64, blocks_per_chunk = 16, deepest_tree = 54;
    static constexpr chain initial{0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                   0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
    /// Domain flags (paper, table 3).
    static constexpr std::uint32_t chunk_start = 1, chunk_end = 2, parent_node = 4, root = 8, keyed_hash = 16,
                                   derive_key_context = 32, derive_key_material = 64;

    /// The input of one compression, kept back because the last one of all is flagged as the root.
    struct node {
        chain chaining;
        words block;
        std::uint64_t counter;
        std::uint32_t length, flags;

        constexpr chain chained() const noexcept {
            return first_half(compress(chaining, block, counter, length, flags));
        }
    };

    constexpr blake3(const chain& key, std::uint32_t flags) noexcept : key_(key), chunk_(key), flags_(flags) {}

    constexpr std::uint32_t start_flag() const noexcept { return blocks_ == 0 ? chunk_start : 0; }
    constexpr node parent(const chain& left, const chain& right) const noexcept {
        node made{key_, {}, 0, block_size, flags_ | parent_node};
        for (std::size_t i = 0; i < 8; ++i) {
            made.block[i] = left[i];
            made.block[8 + i] = right[i];
        }
        return made;
    }

    /// Takes in the full block; called only when more input follows.
    constexpr void finish_block() noexcept {
        const bool ends = blocks_ + 1 == blocks_per_chunk;
        chunk_ = first_half(compress(chunk_, words_of<16>(block_.data()), chunk_count_, block_size,
                                     flags_ | start_flag() | (ends ? chunk_end : 0)));
        block_ = {};
        filled_ = 0;
        ++blocks_;
        if (!ends) return;
        push(chunk_);
        chunk_ = key_;
        blocks_ = 0;
    }
    /// Adds a finished chunk; as many subtrees are complete now as the new count has trailing zeros.
    constexpr void push(chain made) noexcept {
        ++chunk_count_;
        for (std::uint64_t rest = chunk_count_; (rest & 1) == 0; rest >>= 1)
            made = parent(stack_[--stack_size_], made).chained();
        stack_[stack_size_++] = made;
    }

    template <std::size_t N>
    static constexpr std::array<std::uint32_t, N> words_of(const std::byte* from) noexcept {
        std::array<std::uint32_t, N> made{};
        for (std::size_t i = 0; i < N; ++i) made[i] = load<std::uint32_t>(from + 4 * i, byte_order::little);
        return made;
    }
    static constexpr chain words_of(std::span<const std::byte, 32> from) noexcept { return words_of<8>(from.data()); }
    static constexpr chain first_half(const words& of) noexcept {
        chain made{};
        for (std::size_t i = 0; i < 8; ++i) made[i] = of[i];
        return made;
    }

    static constexpr void mix(words& v, std::size_t a, std::size_t b, std::size_t c, std::size_t d, std::uint32_t x,
                              std::uint32_t y) noexcept {
        v[a] += v[b] + x;
        v[d] = std::rotr(v[d] ^ v[a], 16);
        v[c] += v[d];
        v[b] = std::rotr(v[b] ^ v[c], 12);
        v[a] += v[b] + y;
        v[d] = std::rotr(v[d] ^ v[a], 8);
        v[c] += v[d];
        v[b] = std::rotr(v[b] ^ v[c], 7);
    }

    static constexpr words compress(const chain& h, words m, std::uint64_t counter, std::uint32_t length,
                                    std::uint32_t flags) noexcept {
        constexpr std::array<unsigned char, 16> order{2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};
        words v{h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], initial[0], initial[1], initial[2], initial[3],
                static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), length, flags};
        for (int round = 0; round < 7; ++round) {
            for (std::size_t i = 0; i < 4; ++i) mix(v, i, 4 + i, 8 + i, 12 + i, m[2 * i], m[2 * i + 1]);
            for (std::size_t i = 0; i < 4; ++i)
                mix(v, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4, m[8 + 2 * i], m[9 + 2 * i]);
            words next{};
            for (std::size_t i = 0; i < 16; ++i) next[i] = m[order[i]];
            m = next;
        }
        for (std::size_t i = 0; i < 8; ++i) {
            v[i] ^= v[i + 8];
            v[i + 8] ^= h[i];
        }
        return v;
    }

    chain key_, chunk_;
    std::array<chain, deepest_tree> stack_{};
    std::array<std::byte, block_size> block_{};
    std::size_t filled_ = 0, blocks_ = 0, stack_size_ = 0;
    std::uint64_t chunk_count_ = 0;
    std::uint32_t flags_;
};

}  // namespace vitte
