/// SHA-224, SHA-256, SHA-384 and SHA-512 (FIPS 180-4), by the CPU's own instructions where it has them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <vitte/core/cpu.hpp>
#include <vitte/core/endian.hpp>

namespace vitte {

namespace detail {

/// The state between blocks, of 32-bit words for SHA-224 and SHA-256 and of 64-bit words for the others.
template <class Word>
using sha2_state = std::array<Word, 8>;

/// The constants K of FIPS 180-4, 4.2.3. The 32-bit ones are the upper halves of the first 64.
inline constexpr std::array<std::uint64_t, 80> sha512_constants{
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};
/// 4.2.2, apart so that a program with SHA-256 alone does not hold the others.
inline constexpr auto sha256_constants = [] {
    std::array<std::uint32_t, 64> made{};
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<std::uint32_t>(sha512_constants[i] >> 32);
    return made;
}();

/// What differs between the word sizes (4.1.2, 4.1.3): rotations of the functions Σ0, Σ1, σ0 and σ1, whose last is a
/// shift in the latter two.
template <class Word>
struct sha2_parameters {
    static constexpr const auto& constants = sha256_constants;
    static constexpr int upper0[3] = {2, 13, 22}, upper1[3] = {6, 11, 25}, lower0[3] = {7, 18, 3}, lower1[3] = {17, 19, 10};
};
template <>
struct sha2_parameters<std::uint64_t> {
    static constexpr const auto& constants = sha512_constants;
    static constexpr int upper0[3] = {28, 34, 39}, upper1[3] = {14, 18, 41}, lower0[3] = {1, 8, 7}, lower1[3] = {19, 61, 6};
};

/// Takes in `count` blocks of 16 words at `from` (6.2.2, 6.4.2), without instructions of their own.
template <class Word>
constexpr void sha2_blocks(sha2_state<Word>& h, const std::byte* from, std::size_t count) noexcept {
    using with = sha2_parameters<Word>;
    // `std::rotr` takes an int, or in older libraries an unsigned int.
    const auto rotated = [](Word x, int by) {
        return static_cast<Word>(x >> by | x << (std::numeric_limits<Word>::digits - by));
    };
    const auto upper = [&](Word x, const int(&by)[3]) {
        return static_cast<Word>(rotated(x, by[0]) ^ rotated(x, by[1]) ^ rotated(x, by[2]));
    };
    const auto lower = [&](Word x, const int(&by)[3]) {
        return static_cast<Word>(rotated(x, by[0]) ^ rotated(x, by[1]) ^ (x >> by[2]));
    };
    for (; count != 0; --count, from += 16 * sizeof(Word)) {
        std::array<Word, 16> w{};
        for (std::size_t i = 0; i < 16; ++i) w[i] = load<Word>(from + i * sizeof(Word), byte_order::big);
        auto [a, b, c, d, e, f, g, last] = h;
        // One round, the names of whose words move on instead of the words.
        const auto round = [&](Word va, Word vb, Word vc, Word& vd, Word ve, Word vf, Word vg, Word& vh, std::size_t i,
                               std::size_t at) {
            const Word t = vh + upper(ve, with::upper1) + ((ve & (vf ^ vg)) ^ vg) + with::constants[at + i] + w[i];
            vd += t;
            vh = t + upper(va, with::upper0) + ((va & vb) | (vc & (va | vb)));
        };
        for (std::size_t at = 0; at < with::constants.size(); at += 16) {
            if (at != 0)
                for (std::size_t i = 0; i < 16; ++i)
                    w[i] +=
                        lower(w[(i + 14) % 16], with::lower1) + w[(i + 9) % 16] + lower(w[(i + 1) % 16], with::lower0);
            for (std::size_t i = 0; i < 16; i += 8) {
                round(a, b, c, d, e, f, g, last, i, at);
                round(last, a, b, c, d, e, f, g, i + 1, at);
                round(g, last, a, b, c, d, e, f, i + 2, at);
                round(f, g, last, a, b, c, d, e, i + 3, at);
                round(e, f, g, last, a, b, c, d, i + 4, at);
                round(d, e, f, g, last, a, b, c, i + 5, at);
                round(c, d, e, f, g, last, a, b, i + 6, at);
                round(b, c, d, e, f, g, last, a, i + 7, at);
            }
        }
        const sha2_state<Word> made{a, b, c, d, e, f, g, last};
        for (std::size_t i = 0; i < 8; ++i) h[i] += made[i];
    }
}

#if defined(__x86_64__)
/// `sha2_blocks` for a CPU that has `cpu_feature::sha256`.
[[gnu::target("sha,ssse3,sse4.1")]] inline void sha256_blocks_by_cpu(sha2_state<std::uint32_t>& h,
                                                                     const std::byte* from,
                                                                     std::size_t count) noexcept {
    using four = int __attribute__((vector_size(16)));
    using sixteen = char __attribute__((vector_size(16)));
    four dcba, hgfe;
    __builtin_memcpy(&dcba, h.data(), 16);
    __builtin_memcpy(&hgfe, h.data() + 4, 16);
    // The instructions want the words a, b, e, f and c, d, g, h, the first of each in the highest place.
    four abef = __builtin_shufflevector(dcba, hgfe, 5, 4, 1, 0), cdgh = __builtin_shufflevector(dcba, hgfe, 7, 6, 3, 2);
    for (; count != 0; --count, from += 64) {
        four w[4];
        for (std::size_t i = 0; i < 4; ++i) {
            sixteen bytes;
            __builtin_memcpy(&bytes, from + 16 * i, 16);
            w[i] = reinterpret_cast<four>(
                __builtin_shufflevector(bytes, bytes, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
        }
        const four abef_before = abef, cdgh_before = cdgh;
#pragma GCC unroll 16
        for (std::size_t i = 0; i < 16; ++i) {
            four k;
            __builtin_memcpy(&k, sha256_constants.data() + 4 * i, 16);
            const four sum = w[i % 4] + k;
            cdgh = __builtin_ia32_sha256rnds2(cdgh, abef, sum);
            if (i < 12) {
                const four w2 = w[(i + 2) % 4], w3 = w[(i + 3) % 4];
                const four seventh = __builtin_shufflevector(w2, w3, 1, 2, 3, 4);
                w[i % 4] = __builtin_ia32_sha256msg2(__builtin_ia32_sha256msg1(w[i % 4], w[(i + 1) % 4]) + seventh, w3);
            }
            abef = __builtin_ia32_sha256rnds2(abef, cdgh, __builtin_shufflevector(sum, sum, 2, 3, 2, 3));
        }
        abef += abef_before;
        cdgh += cdgh_before;
    }
    dcba = __builtin_shufflevector(abef, cdgh, 3, 2, 7, 6);
    hgfe = __builtin_shufflevector(abef, cdgh, 1, 0, 5, 4);
    __builtin_memcpy(h.data(), &dcba, 16);
    __builtin_memcpy(h.data() + 4, &hgfe, 16);
}
#elif defined(__aarch64__) && defined(__AARCH64EL__)
/// `sha2_blocks` for a CPU that has `cpu_feature::sha256`.
inline void sha256_blocks_by_cpu(sha2_state<std::uint32_t>& h, const std::byte* from, std::size_t count) noexcept {
    using four = std::uint32_t __attribute__((vector_size(16)));
    four abcd, efgh;
    __builtin_memcpy(&abcd, h.data(), 16);
    __builtin_memcpy(&efgh, h.data() + 4, 16);
    for (; count != 0; --count, from += 64) {
        four w[4];
        for (std::size_t i = 0; i < 16; ++i) w[i / 4][i % 4] = load<std::uint32_t>(from + 4 * i, byte_order::big);
        const four abcd_before = abcd, efgh_before = efgh;
#pragma GCC unroll 16
        for (std::size_t i = 0; i < 16; ++i) {
            four k;
            __builtin_memcpy(&k, sha256_constants.data() + 4 * i, 16);
            const four sum = w[i % 4] + k, abcd_now = abcd;
            __asm__(".arch_extension sha2\n\tsha256h %q0, %q1, %2.4s" : "+w"(abcd) : "w"(efgh), "w"(sum));
            __asm__(".arch_extension sha2\n\tsha256h2 %q0, %q1, %2.4s" : "+w"(efgh) : "w"(abcd_now), "w"(sum));
            if (i >= 12) continue;
            __asm__(".arch_extension sha2\n\tsha256su0 %0.4s, %1.4s" : "+w"(w[i % 4]) : "w"(w[(i + 1) % 4]));
            __asm__(".arch_extension sha2\n\tsha256su1 %0.4s, %1.4s, %2.4s"
                    : "+w"(w[i % 4])
                    : "w"(w[(i + 2) % 4]), "w"(w[(i + 3) % 4]));
        }
        abcd += abcd_before;
        efgh += efgh_before;
    }
    __builtin_memcpy(h.data(), &abcd, 16);
    __builtin_memcpy(h.data() + 4, &efgh, 16);
}
/// `sha2_blocks` for a CPU that has `cpu_feature::sha512`, two rounds at a time.
inline void sha512_blocks_by_cpu(sha2_state<std::uint64_t>& h, const std::byte* from, std::size_t count) noexcept {
    using two = std::uint64_t __attribute__((vector_size(16)));
    two state[4];
    __builtin_memcpy(state, h.data(), 64);
    for (; count != 0; --count, from += 128) {
        two w[8];
        for (std::size_t i = 0; i < 16; ++i) w[i / 2][i % 2] = load<std::uint64_t>(from + 8 * i, byte_order::big);
        auto [ab, cd, ef, gh] = state;
#pragma GCC unroll 40
        for (std::size_t i = 0; i < 40; ++i) {
            two k;
            __builtin_memcpy(&k, sha512_constants.data() + 2 * i, 16);
            const two sum = w[i % 8] + k;
            two t = gh + __builtin_shufflevector(sum, sum, 1, 0);
            __asm__(".arch_extension sha3\n\tsha512h %q0, %q1, %2.2d"
                    : "+w"(t)
                    : "w"(__builtin_shufflevector(ef, gh, 1, 2)), "w"(__builtin_shufflevector(cd, ef, 1, 2)));
            gh = ef;
            ef = cd + t;
            __asm__(".arch_extension sha3\n\tsha512h2 %q0, %q1, %2.2d" : "+w"(t) : "w"(cd), "w"(ab));
            cd = ab;
            ab = t;
            if (i >= 32) continue;
            __asm__(".arch_extension sha3\n\tsha512su0 %0.2d, %1.2d" : "+w"(w[i % 8]) : "w"(w[(i + 1) % 8]));
            __asm__(".arch_extension sha3\n\tsha512su1 %0.2d, %1.2d, %2.2d"
                    : "+w"(w[i % 8])
                    : "w"(w[(i + 7) % 8]), "w"(__builtin_shufflevector(w[(i + 4) % 8], w[(i + 5) % 8], 1, 2)));
        }
        state[0] += ab;
        state[1] += cd;
        state[2] += ef;
        state[3] += gh;
    }
    __builtin_memcpy(h.data(), state, 64);
}
#endif

/// By the CPU's instructions if it has them, but not when constants are computed.
template <class Word>
constexpr void sha2_blocks_fast(sha2_state<Word>& h, const std::byte* from, std::size_t count) noexcept {
    if (!std::is_constant_evaluated()) {
#if defined(__x86_64__) || (defined(__aarch64__) && defined(__AARCH64EL__))
        if constexpr (sizeof(Word) == 4)
            if (cpu_has(cpu_feature::sha256)) return sha256_blocks_by_cpu(h, from, count);
#endif
#if defined(__aarch64__) && defined(__AARCH64EL__)
        if constexpr (sizeof(Word) == 8)
            if (cpu_has(cpu_feature::sha512)) return sha512_blocks_by_cpu(h, from, count);
#endif
    }
    sha2_blocks(h, from, count);
}

}  // namespace detail

/// A hash in the making. Copy it to go on from the same state twice. One thread at a time. It does not forget what it
/// has taken in: who hashes secrets overwrites it with `secure_zero`.
template <class Word, std::size_t DigestSize, detail::sha2_state<Word> Initial>
class sha2 {
public:
    static constexpr std::size_t digest_size = DigestSize, block_size = 16 * sizeof(Word);
    using digest = std::array<std::byte, digest_size>;

    /// Appends `bytes` to the message, of less than 2^61 bytes in all.
    constexpr sha2& update(std::span<const std::byte> bytes) noexcept {
        const auto filled = static_cast<std::size_t>(length_ % block_size);
        length_ += bytes.size();
        if (filled != 0) {
            const std::size_t room = block_size - filled, n = bytes.size() < room ? bytes.size() : room;
            keep(bytes.first(n), filled);
            if (n < room) return *this;
            detail::sha2_blocks_fast<Word>(h_, block_.data(), 1);
            bytes = bytes.subspan(n);
        }
        if (const std::size_t count = bytes.size() / block_size; count != 0)
            detail::sha2_blocks_fast<Word>(h_, bytes.data(), count);
        keep(bytes.last(bytes.size() % block_size), 0);
        return *this;
    }

    /// The hash of the message so far, which may be continued afterwards.
    constexpr digest finish() const noexcept {
        sha2 last = *this;
        const auto filled = static_cast<std::size_t>(length_ % block_size);
        constexpr std::size_t size_of_length = 2 * sizeof(Word);
        const bool spills = filled + 1 + size_of_length > block_size;
        std::array<std::byte, 2 * block_size> end{};
        const std::size_t size = (spills ? 2 : 1) * block_size;
        for (std::size_t i = 0; i < filled; ++i) end[i] = block_[i];
        end[filled] = std::byte{0x80};
        store<std::uint64_t>(end.data() + size - 8, length_ << 3, byte_order::big);
        detail::sha2_blocks_fast<Word>(last.h_, end.data(), size / block_size);
        digest made{};
        for (std::size_t i = 0; i < digest_size; ++i)
            made[i] = static_cast<std::byte>(last.h_[i / sizeof(Word)] >> (8 * (sizeof(Word) - 1 - i % sizeof(Word))));
        return made;
    }

    /// The hash of `bytes` alone.
    static constexpr digest of(std::span<const std::byte> bytes) noexcept { return sha2().update(bytes).finish(); }

private:
    constexpr void keep(std::span<const std::byte> bytes, std::size_t at) noexcept {
        for (std::size_t i = 0; i < bytes.size(); ++i) block_[at + i] = bytes[i];
    }

    detail::sha2_state<Word> h_ = Initial;
    std::array<std::byte, block_size> block_{};
    std::uint64_t length_ = 0;
};

using sha224 = sha2<std::uint32_t, 28,
                    detail::sha2_state<std::uint32_t>{0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31,
                                                      0x68581511, 0x64f98fa7, 0xbefa4fa4}>;
using sha256 = sha2<std::uint32_t, 32,
                    detail::sha2_state<std::uint32_t>{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                                      0x9b05688c, 0x1f83d9ab, 0x5be0cd19}>;
using sha384 = sha2<std::uint64_t, 48,
                    detail::sha2_state<std::uint64_t>{0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17,
                                                      0x152fecd8f70e5939, 0x67332667ffc00b31, 0x8eb44a8768581511,
                                                      0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4}>;
using sha512 = sha2<std::uint64_t, 64,
                    detail::sha2_state<std::uint64_t>{0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                                      0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                                      0x1f83d9abfb41bd6b, 0x5be0cd19137e2179}>;

}  // namespace vitte
