/// BLAKE3, a cryptographic hash (O'Connor, Aumasson, Neves, Wilcox-O'Hearn: "BLAKE3: one function, fast everywhere",
/// 2020): plain, keyed, and as a key derivation function, with output of any length.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vitte/core/blake3/compression.hpp>
#include <vitte/core/blake3/subtree.hpp>

namespace vitte {

/// A hash in the making. Copy it to go on from the same state twice. One thread at a time.
class blake3 {
public:
    static constexpr std::size_t digest_size = 32;
    using digest = std::array<std::byte, digest_size>;

    constexpr blake3() noexcept : blake3(detail::blake3_initial, 0) {}
    /// A message authentication code under `key`.
    static constexpr blake3 keyed(std::span<const std::byte, 32> key) noexcept {
        return {detail::blake3_words<8>(key.data()), flag::keyed_hash};
    }
    /// Keys derived from the key material that is then given to `update`. `context` is fixed in the program, unique to
    /// it and to what the key is for.
    static constexpr blake3 derive_key(std::string_view context) noexcept {
        blake3 of_context(detail::blake3_initial, flag::derive_key_context);
        for (const char c : context) of_context.update(std::array{static_cast<std::byte>(c)});
        return {detail::blake3_words<8>(of_context.finish().data()), flag::derive_key_material};
    }

    /// Appends `bytes` to the message.
    constexpr blake3& update(std::span<const std::byte> bytes) noexcept {
        while (!bytes.empty()) {
            if (filled_ == size::block) finish_block();
            if (blocks_ == 0 && filled_ == 0) {
                merge();
                if (bytes.size() > size::chunk) {
                    bytes = bytes.subspan(size::chunk * push_chunks(bytes));
                    continue;
                }
            }
            const std::size_t room = size::block - filled_, n = bytes.size() < room ? bytes.size() : room;
            for (std::size_t i = 0; i < n; ++i) block_[filled_ + i] = bytes[i];
            filled_ += n;
            bytes = bytes.subspan(n);
        }
        return *this;
    }

    /// Fills `out` with the hash of the message so far, from byte `64 * first_block` of its endless output on. The
    /// message may be continued afterwards.
    constexpr void finish(std::span<std::byte> out, std::uint64_t first_block = 0) const noexcept {
        detail::blake3_node last{chunk_, detail::blake3_words<16>(block_.data()), chunk_count_,
                                 static_cast<std::uint32_t>(filled_), flags_ | start_flag() | flag::chunk_end};
        std::size_t left = stack_size_;
        if (left != 0 && blocks_ == 0 && filled_ == 0) {
            left -= 2;
            last = parent(stack_[left], stack_[left + 1]);
        }
        while (left-- > 0) last = parent(stack_[left], last.chained());
        last.flags |= flag::root;
        for (last.counter = first_block; !out.empty(); ++last.counter) {
            const auto output = last.compressed();
            const std::size_t n = out.size() < size::block ? out.size() : size::block;
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
    using chain = detail::blake3_chain;
    using flag = detail::blake3_flags;
    using size = detail::blake3_sizes;

    /// One more than the deepest tree has levels, because the last two subtrees are only merged when more follows.
    static constexpr std::size_t stack_room = 55;

    constexpr blake3(const chain& key, std::uint32_t flags) noexcept : key_(key), chunk_(key), flags_(flags) {}

    constexpr std::uint32_t start_flag() const noexcept { return blocks_ == 0 ? flag::chunk_start : 0; }
    constexpr detail::blake3_node parent(const chain& left, const chain& right) const noexcept {
        return detail::blake3_parent(key_, flags_, left, right);
    }

    /// Takes in the full block; called only when more input follows.
    constexpr void finish_block() noexcept {
        const bool ends = blocks_ + 1 == size::blocks_per_chunk;
        chunk_ = detail::blake3_node{chunk_, detail::blake3_words<16>(block_.data()), chunk_count_, size::block,
                                     flags_ | start_flag() | (ends ? flag::chunk_end : 0)}
                     .chained();
        block_ = {};
        filled_ = 0;
        ++blocks_;
        if (!ends) return;
        push(chunk_, 1);
        chunk_ = key_;
        blocks_ = 0;
    }
    /// Takes in as many of the whole chunks in `bytes` as make one subtree, and returns their number. Some bytes follow
    /// if it is 1.
    constexpr std::size_t push_chunks(std::span<const std::byte> bytes) noexcept {
        constexpr std::size_t most = detail::blake3_subtree::most_chunks;
        const std::size_t whole = bytes.size() / size::chunk;
        std::size_t count = std::bit_floor(whole < most ? whole : most);
        while (chunk_count_ % count != 0) count /= 2;
        if (count == 1)
            push(detail::blake3_chunk(key_, flags_, chunk_count_, bytes.data()), 1);
        else
            for (const chain& half : detail::blake3_subtree{key_, flags_, chunk_count_}.halves(bytes.data(), count))
                push(half, count / 2);
        return count;
    }
    constexpr void push(const chain& made, std::size_t chunks) noexcept {
        stack_[stack_size_++] = made;
        chunk_count_ += chunks;
    }
    /// Makes one of subtrees of the same size, which are not the whole tree because more input follows. Each that is
    /// left stands for one bit of the number of chunks.
    constexpr void merge() noexcept {
        for (const auto left = static_cast<std::size_t>(std::popcount(chunk_count_)); stack_size_ > left; --stack_size_)
            stack_[stack_size_ - 2] = parent(stack_[stack_size_ - 2], stack_[stack_size_ - 1]).chained();
    }

    chain key_, chunk_;
    std::array<chain, stack_room> stack_{};
    std::array<std::byte, size::block> block_{};
    std::size_t filled_ = 0, blocks_ = 0, stack_size_ = 0;
    std::uint64_t chunk_count_ = 0;
    std::uint32_t flags_;
};

}  // namespace vitte
