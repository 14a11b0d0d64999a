/// BLAKE2b (RFC 7693), a cryptographic hash of 1 to 64 bytes, plain or keyed. For what has to agree with others, such
/// as minisign; `blake3.hpp` is faster.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vitte/core/assert.hpp>
#include <vitte/core/endian.hpp>

namespace vitte {

/// A hash in the making. Copy it to go on from the same state twice. One thread at a time. It does not forget what it
/// has taken in, a key included: who hashes secrets overwrites it with `secure_zero`.
class blake2b {
public:
    static constexpr std::size_t most = 64, block_size = 128;  ///< `most` of a hash and of a key
    using digest = std::array<std::byte, most>;

    /// A hash of `digest_size` bytes, from 1 to `most`; under `key`, of up to `most` bytes, unless that is empty.
    constexpr explicit blake2b(std::size_t digest_size = most, std::span<const std::byte> key = {}) noexcept
        : digest_size_(digest_size) {
        VITTE_ASSERT(digest_size != 0 && digest_size <= most && key.size() <= most);
        h_[0] ^= 0x01010000 ^ (key.size() << 8) ^ digest_size;
        if (key.empty()) return;
        update(key);
        filled_ = block_size;  // the rest is zeros
    }

    constexpr std::size_t digest_size() const noexcept { return digest_size_; }

    /// Appends `bytes` to the message.
    constexpr blake2b& update(std::span<const std::byte> bytes) noexcept {
        while (!bytes.empty()) {
            // What is not known to be the last block needs no copy.
            if (filled_ == block_size || (filled_ == 0 && bytes.size() > block_size)) {
                taken_ += block_size;
                compress(filled_ == 0 ? bytes.data() : block_.data(), false);
                if (filled_ == 0) bytes = bytes.subspan(block_size);
                filled_ = 0;
                continue;
            }
            const std::size_t room = block_size - filled_, n = bytes.size() < room ? bytes.size() : room;
            for (std::size_t i = 0; i < n; ++i) block_[filled_ + i] = bytes[i];
            filled_ += n;
            bytes = bytes.subspan(n);
        }
        return *this;
    }

    /// Fills `out`, of `digest_size()` bytes, with the hash of the message so far, which may be continued afterwards.
    constexpr void finish(std::span<std::byte> out) const noexcept {
        VITTE_ASSERT(out.size() == digest_size_);
        blake2b last = *this;
        last.taken_ += filled_;
        for (std::size_t i = filled_; i < block_size; ++i) last.block_[i] = {};
        last.compress(last.block_.data(), true);
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(last.h_[i / 8] >> (8 * (i % 8)));
    }

    /// The hash of 64 bytes of `bytes` alone.
    static constexpr digest of(std::span<const std::byte> bytes) noexcept {
        digest made{};
        blake2b().update(bytes).finish(made);
        return made;
    }

private:
    using words = std::array<std::uint64_t, 8>;
    /// Section 2.6: SHA-512's.
    static constexpr words initial{0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                   0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
    /// Section 2.7; rounds 10 and 11 are as 0 and 1.
    static constexpr unsigned char order[10][16] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
        {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
        {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
        {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
        {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

    /// Section 3.2.
    constexpr void compress(const std::byte* block, bool is_last) noexcept {
        std::array<std::uint64_t, 16> m{};
        for (std::size_t i = 0; i < 16; ++i) m[i] = load<std::uint64_t>(block + 8 * i, byte_order::little);
        std::array<std::uint64_t, 16> v{};
        for (std::size_t i = 0; i < 8; ++i) {
            v[i] = h_[i];
            v[8 + i] = initial[i];
        }
        v[12] ^= taken_;
        if (is_last) v[14] = ~v[14];
        const auto mix = [&v](std::size_t a, std::size_t b, std::size_t c, std::size_t d, std::uint64_t x,
                              std::uint64_t y) {
            v[a] += v[b] + x;
            v[d] = std::rotr(v[d] ^ v[a], 32);
            v[c] += v[d];
            v[b] = std::rotr(v[b] ^ v[c], 24);
            v[a] += v[b] + y;
            v[d] = std::rotr(v[d] ^ v[a], 16);
            v[c] += v[d];
            v[b] = std::rotr(v[b] ^ v[c], 63);
        };
#if !defined(__OPTIMIZE_SIZE__)  // the words of a round are then known to the compiler
#pragma GCC unroll 12
#endif
        for (std::size_t round = 0; round < 12; ++round) {
            const auto& s = order[round % 10];
            mix(0, 4, 8, 12, m[s[0]], m[s[1]]);
            mix(1, 5, 9, 13, m[s[2]], m[s[3]]);
            mix(2, 6, 10, 14, m[s[4]], m[s[5]]);
            mix(3, 7, 11, 15, m[s[6]], m[s[7]]);
            mix(0, 5, 10, 15, m[s[8]], m[s[9]]);
            mix(1, 6, 11, 12, m[s[10]], m[s[11]]);
            mix(2, 7, 8, 13, m[s[12]], m[s[13]]);
            mix(3, 4, 9, 14, m[s[14]], m[s[15]]);
        }
        for (std::size_t i = 0; i < 8; ++i) h_[i] ^= v[i] ^ v[8 + i];
    }

    words h_ = initial;
    std::array<std::byte, block_size> block_{};
    std::size_t filled_ = 0, digest_size_;
    std::uint64_t taken_ = 0;
};

}  // namespace vitte
