/// scrypt (RFC 7914): keys of passwords, which cost as much memory as time, so that trying many is dear on any
/// hardware.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vitte/core/assert.hpp>
#include <vitte/core/endian.hpp>
#include <vitte/core/pbkdf2.hpp>
#include <vitte/core/secure_zero.hpp>
#include <vitte/core/sha2.hpp>

namespace vitte {

/// What a key costs (section 2): `n`, a power of two greater than 1; blocks of `128 * r` bytes; and `p` such keys, one
/// after the other.
struct scrypt_cost {
    std::uint64_t n = 0;
    std::uint32_t r = 0, p = 0;

    /// Whether the numbers are ones that RFC 7914 allows.
    constexpr bool is_valid() const noexcept {
        return n > 1 && std::has_single_bit(n) && r != 0 && p != 0 && p <= ((std::uint64_t{1} << 30) - 1) / r &&
               (r >= 4 || n < std::uint64_t{1} << (16 * r)) && n <= (~std::uint64_t{0} >> 8) / r;
    }
    /// Words of memory for `scrypt`; with a cost that is valid, or 0 if a `std::size_t` does not hold as many bytes.
    constexpr std::size_t words() const noexcept {
        const std::uint64_t most = ~std::size_t{0} / sizeof(std::uint32_t), per_block = std::uint64_t{32} * r;
        // All keys begin in memory; one of them has `n` blocks beside, and one to mix them in.
        if (n > most / per_block || p + std::uint64_t{1} > most / per_block - n) return 0;
        return static_cast<std::size_t>(per_block * (n + p + 1));
    }
};

namespace detail {
/// Section 3.
inline void salsa20_8(std::uint32_t (&b)[16]) noexcept {
    std::uint32_t x[16];
    for (std::size_t i = 0; i < 16; ++i) x[i] = b[i];
    const auto quarter = [&x](std::size_t a, std::size_t e, std::size_t i, std::size_t m) {
        x[e] ^= std::rotl(x[a] + x[m], 7);
        x[i] ^= std::rotl(x[e] + x[a], 9);
        x[m] ^= std::rotl(x[i] + x[e], 13);
        x[a] ^= std::rotl(x[m] + x[i], 18);
    };
    for (int round = 0; round < 8; round += 2) {
        quarter(0, 4, 8, 12);
        quarter(5, 9, 13, 1);
        quarter(10, 14, 2, 6);
        quarter(15, 3, 7, 11);
        quarter(0, 1, 2, 3);
        quarter(5, 6, 7, 4);
        quarter(10, 11, 8, 9);
        quarter(15, 12, 13, 14);
    }
    for (std::size_t i = 0; i < 16; ++i) b[i] += x[i];
}
/// Section 4, from `from` to `to`, which are different.
inline void scrypt_block_mix(const std::uint32_t* from, std::uint32_t* to, std::size_t r) noexcept {
    std::uint32_t x[16];
    for (std::size_t i = 0; i < 16; ++i) x[i] = from[(2 * r - 1) * 16 + i];
    for (std::size_t at = 0; at < 2 * r; ++at) {
        for (std::size_t i = 0; i < 16; ++i) x[i] ^= from[at * 16 + i];
        salsa20_8(x);
        std::uint32_t* const out = to + (at / 2 + (at % 2) * r) * 16;
        for (std::size_t i = 0; i < 16; ++i) out[i] = x[i];
    }
}
/// Section 5, of the block at `b`; `v` has room for `n` blocks, `other` for one.
inline void scrypt_ro_mix(std::uint32_t* b, std::uint32_t* v, std::uint32_t* other, std::size_t n,
                          std::size_t r) noexcept {
    const std::size_t words = 32 * r;
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < words; ++j) v[i * words + j] = b[j];
        scrypt_block_mix(v + i * words, b, r);
    }
    for (std::size_t i = 0; i < n; ++i) {
        const std::uint32_t* const last = b + words - 16;
        const std::uint64_t number = last[0] | std::uint64_t{last[1]} << 32;
        const std::uint32_t* const picked = v + static_cast<std::size_t>(number & (n - 1)) * words;
        for (std::size_t j = 0; j < words; ++j) other[j] = b[j] ^ picked[j];
        scrypt_block_mix(other, b, r);
    }
}
}  // namespace detail

/// Fills `out` with the key of `password` and `salt` at `cost`, which is valid. `memory` has at least `cost.words()`
/// words and is overwritten with zeros in the end. Where it is read depends on the password, by design (section 1).
inline void scrypt(std::span<std::byte> out, std::span<const std::byte> password, std::span<const std::byte> salt,
                   const scrypt_cost& cost, std::span<std::uint32_t> memory) noexcept {
    VITTE_ASSERT(cost.is_valid() && cost.words() != 0 && memory.size() >= cost.words());
    const std::size_t words = std::size_t{32} * cost.r, n = static_cast<std::size_t>(cost.n);
    std::uint32_t* const other = memory.data() + cost.p * words;
    const auto keys = std::as_writable_bytes(memory.first(cost.p * words));
    const auto change_order = [&] {
        if constexpr (std::endian::native == std::endian::big)
            for (std::uint32_t& word : memory.first(cost.p * words)) word = __builtin_bswap32(word);
    };
    pbkdf2<sha256>(keys, password, salt, 1);
    change_order();
    for (std::size_t i = 0; i < cost.p; ++i)
        detail::scrypt_ro_mix(memory.data() + i * words, other + words, other, n, cost.r);
    change_order();
    pbkdf2<sha256>(out, password, keys, 1);
    secure_zero(std::as_writable_bytes(memory));
}

}  // namespace vitte
