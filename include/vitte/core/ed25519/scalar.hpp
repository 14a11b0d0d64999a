/// Numbers modulo the order of Ed25519's base point, L = 2^252 + 27742317777372353535851937790883648493 (RFC
/// 8032, 5.1). No branch or index depends on a number, but where it says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vitte/core/endian.hpp>

namespace vitte::detail {

/// 256 bits, the least word first.
struct scalar {
    std::uint32_t w[8];

    static constexpr std::uint32_t order[8] = {0x5cf5d3ed, 0x5812631a, 0xa2f79cd6, 0x14def9de, 0, 0, 0, 0x10000000};

    static constexpr scalar load(std::span<const std::byte, 32> from) noexcept {
        scalar made{};
        for (std::size_t i = 0; i < 8; ++i)
            made.w[i] = vitte::load<std::uint32_t>(from.data() + 4 * i, byte_order::little);
        return made;
    }
    constexpr void store(std::span<std::byte, 32> to) const noexcept {
        for (std::size_t i = 0; i < 8; ++i) vitte::store(to.data() + 4 * i, w[i], byte_order::little);
    }
    /// Of 64 bytes, modulo L.
    static constexpr scalar reduced(std::span<const std::byte, 64> from) noexcept {
        std::uint32_t x[16]{};
        for (std::size_t i = 0; i < 16; ++i) x[i] = vitte::load<std::uint32_t>(from.data() + 4 * i, byte_order::little);
        return reduced(x);
    }
    /// `a * b + c` modulo L. `a` and `c` are less than L, `b` is any.
    static constexpr scalar multiply_add(const scalar& a, const scalar& b, const scalar& c) noexcept {
        std::uint32_t x[16]{};
        for (std::size_t i = 0; i < 8; ++i) x[i] = c.w[i];
        for (std::size_t i = 0; i < 8; ++i) x[i + 8] = add_product(x + i, b.w, 8, a.w[i]);
        return reduced(x);
    }

    /// Whether it is less than L. Takes a time that depends on it.
    constexpr bool is_canonical() const noexcept {
        for (std::size_t i = 8; i-- > 0;)
            if (w[i] != order[i]) return w[i] < order[i];
        return false;
    }

private:
    /// Adds `b * c` to `to`; returns what goes into the next word.
    static constexpr std::uint32_t add_product(std::uint32_t* to, const std::uint32_t* b, std::size_t size,
                                               std::uint32_t c) noexcept {
        std::uint64_t carry = 0;
        for (std::size_t i = 0; i < size; ++i) {
            carry += std::uint64_t{b[i]} * c + to[i];
            to[i] = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
        return static_cast<std::uint32_t>(carry);
    }

    /// Barrett's reduction (Menezes, van Oorschot, Vanstone: "Handbook of Applied Cryptography", 14.42).
    static constexpr scalar reduced(const std::uint32_t (&x)[16]) noexcept {
        constexpr std::uint32_t quotient[9] = {0x0a2c131b, 0xed9ce5a3, 0x086329a7, 0x2106215d, 0xffffffeb,
                                               0xffffffff, 0xffffffff, 0xffffffff, 0x0000000f};  // of 2^512 and L
        std::uint32_t product[18]{};
        for (std::size_t i = 0; i < 9; ++i) product[i + 9] = add_product(product + i, quotient, 9, x[i + 7]);
        std::uint32_t multiple[18]{};
        for (std::size_t i = 0; i < 9; ++i) multiple[i + 8] = add_product(multiple + i, order, 8, product[i + 9]);
        std::uint32_t r[9]{};
        std::uint64_t borrow = 0;
        for (std::size_t i = 0; i < 9; ++i) {
            const std::uint64_t difference = std::uint64_t{x[i]} - multiple[i] - borrow;
            r[i] = static_cast<std::uint32_t>(difference);
            borrow = difference >> 63;
        }
        // Less than 3 L now.
        for (int times = 0; times < 2; ++times) {
            std::uint32_t less[9]{};
            borrow = 0;
            for (std::size_t i = 0; i < 9; ++i) {
                const std::uint64_t difference = std::uint64_t{r[i]} - (i < 8 ? order[i] : 0) - borrow;
                less[i] = static_cast<std::uint32_t>(difference);
                borrow = difference >> 63;
            }
            auto keep = static_cast<std::uint32_t>(0 - borrow);
            if (!__builtin_is_constant_evaluated()) __asm__("" : "+r"(keep));
            for (std::size_t i = 0; i < 9; ++i) r[i] = less[i] ^ (keep & (less[i] ^ r[i]));
        }
        scalar made{};
        for (std::size_t i = 0; i < 8; ++i) made.w[i] = r[i];
        return made;
    }
};

}  // namespace vitte::detail
