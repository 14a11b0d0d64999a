/// Numbers modulo 2^255 - 19, of which the points of Ed25519 are made, in the form that suits the machine. No branch or
/// index depends on a number.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vitte::detail {

/// A number of 255 bits, the least word first.
struct words256 {
    std::uint64_t of[4];
    friend constexpr bool operator==(const words256&, const words256&) noexcept = default;
};

/// `value`, of which the compiler then knows nothing, so that it makes no branch of a mask.
constexpr std::uint64_t hidden(std::uint64_t value) noexcept {
    if (!__builtin_is_constant_evaluated()) __asm__("" : "+r"(value));
    return value;
}

#if defined(__SIZEOF_INT128__)
/// Five limbs of 51 bits, for machines that multiply 64 by 64 bits. Products have limbs of less than 2^51 + 2^13, and
/// may be added or subtracted once, or added and then subtracted, before they are multiplied again: limbs up to 2^54.
struct field51 {
    std::uint64_t l[5];

    /// Bit 255 does not count.
    static constexpr field51 from(const words256& w) noexcept {
        return {{w.of[0] & mask, (w.of[0] >> 51 | w.of[1] << 13) & mask, (w.of[1] >> 38 | w.of[2] << 26) & mask,
                 (w.of[2] >> 25 | w.of[3] << 39) & mask, w.of[3] >> 12 & mask}};
    }
    static constexpr field51 of_integer(unsigned n) noexcept { return {{n, 0, 0, 0, 0}}; }

    /// The least number that is equal modulo 2^255 - 19.
    constexpr words256 words() const noexcept {
        field51 r = *this;
        r.carry();
        r.carry();
        std::uint64_t q = (r.l[0] + 19) >> 51;
        for (std::size_t i = 1; i < 5; ++i) q = (r.l[i] + q) >> 51;
        r.l[0] += 19 * q;
        for (std::size_t i = 0; i < 4; ++i) {
            r.l[i + 1] += r.l[i] >> 51;
            r.l[i] &= mask;
        }
        r.l[4] &= mask;
        return {{r.l[0] | r.l[1] << 51, r.l[1] >> 13 | r.l[2] << 38, r.l[2] >> 26 | r.l[3] << 25,
                 r.l[3] >> 39 | r.l[4] << 12}};
    }

    friend constexpr field51 operator+(const field51& a, const field51& b) noexcept {
        return {{a.l[0] + b.l[0], a.l[1] + b.l[1], a.l[2] + b.l[2], a.l[3] + b.l[3], a.l[4] + b.l[4]}};
    }
    friend constexpr field51 operator-(const field51& a, const field51& b) noexcept {
        constexpr std::uint64_t least = 4 * (mask - 18), other = 4 * mask;  // of 4 (2^255 - 19)
        return {{a.l[0] + least - b.l[0], a.l[1] + other - b.l[1], a.l[2] + other - b.l[2], a.l[3] + other - b.l[3],
                 a.l[4] + other - b.l[4]}};
    }
    friend constexpr field51 operator*(const field51& a, const field51& b) noexcept {
        const std::uint64_t b1 = 19 * b.l[1], b2 = 19 * b.l[2], b3 = 19 * b.l[3], b4 = 19 * b.l[4];
        return reduced(
            wide{a.l[0]} * b.l[0] + wide{a.l[1]} * b4 + wide{a.l[2]} * b3 + wide{a.l[3]} * b2 + wide{a.l[4]} * b1,
            wide{a.l[0]} * b.l[1] + wide{a.l[1]} * b.l[0] + wide{a.l[2]} * b4 + wide{a.l[3]} * b3 + wide{a.l[4]} * b2,
            wide{a.l[0]} * b.l[2] + wide{a.l[1]} * b.l[1] + wide{a.l[2]} * b.l[0] + wide{a.l[3]} * b4 +
                wide{a.l[4]} * b3,
            wide{a.l[0]} * b.l[3] + wide{a.l[1]} * b.l[2] + wide{a.l[2]} * b.l[1] + wide{a.l[3]} * b.l[0] +
                wide{a.l[4]} * b4,
            wide{a.l[0]} * b.l[4] + wide{a.l[1]} * b.l[3] + wide{a.l[2]} * b.l[2] + wide{a.l[3]} * b.l[1] +
                wide{a.l[4]} * b.l[0]);
    }
    constexpr field51 square() const noexcept {
        const std::uint64_t twice0 = 2 * l[0], twice1 = 2 * l[1], a3 = 19 * l[3], a4 = 19 * l[4];
        return reduced(wide{l[0]} * l[0] + wide{twice1} * a4 + wide{2 * l[2]} * a3,
                       wide{twice0} * l[1] + wide{2 * l[2]} * a4 + wide{l[3]} * a3,
                       wide{twice0} * l[2] + wide{l[1]} * l[1] + wide{2 * l[3]} * a4,
                       wide{twice0} * l[3] + wide{twice1} * l[2] + wide{l[4]} * a4,
                       wide{twice0} * l[4] + wide{twice1} * l[3] + wide{l[2]} * l[2]);
    }
    constexpr field51 twice_square() const noexcept {
        const field51 once = square();
        return once + once;
    }

    /// Becomes `other` where `mask_of_all` is all ones, and stays where it is 0.
    constexpr void assign_if(std::uint64_t mask_of_all, const field51& other) noexcept {
        for (std::size_t i = 0; i < 5; ++i) l[i] ^= mask_of_all & (l[i] ^ other.l[i]);
    }

private:
    __extension__ using wide = unsigned __int128;
    static constexpr std::uint64_t mask = (std::uint64_t{1} << 51) - 1;

    constexpr void carry() noexcept {
        for (std::size_t i = 0; i < 4; ++i) {
            l[i + 1] += l[i] >> 51;
            l[i] &= mask;
        }
        l[0] += 19 * (l[4] >> 51);
        l[4] &= mask;
    }
    static constexpr field51 reduced(wide r0, wide r1, wide r2, wide r3, wide r4) noexcept {
        r1 += static_cast<std::uint64_t>(r0 >> 51);
        r2 += static_cast<std::uint64_t>(r1 >> 51);
        r3 += static_cast<std::uint64_t>(r2 >> 51);
        r4 += static_cast<std::uint64_t>(r3 >> 51);
        const std::uint64_t first = (static_cast<std::uint64_t>(r0) & mask) + 19 * static_cast<std::uint64_t>(r4 >> 51);
        return {{first & mask, (static_cast<std::uint64_t>(r1) & mask) + (first >> 51),
                 static_cast<std::uint64_t>(r2) & mask, static_cast<std::uint64_t>(r3) & mask,
                 static_cast<std::uint64_t>(r4) & mask}};
    }
};
#endif

/// Ten limbs of 26 and 25 bits in turns, with signs, for machines that multiply 32 by 32 bits (Bernstein, Duif, Lange,
/// Schwabe, Yang: "High-speed high-security signatures", 2012). Products have limbs of at most 1.01 * 2^25 and
/// 1.01 * 2^24 and may be added and subtracted twice before they are multiplied again: 1.65 * 2^26 and 1.65 * 2^25.
struct field25 {
    std::int32_t l[10];

    /// Bit 255 does not count.
    static constexpr field25 from(const words256& w) noexcept {
        std::int64_t h[10]{};
        for (unsigned i = 0, at = 0; i < 10; at += width(i), ++i) {
            std::uint64_t bits = w.of[at / 64] >> (at % 64);
            if (at % 64 + width(i) > 64) bits |= w.of[at / 64 + 1] << (64 - at % 64);
            h[i] = static_cast<std::int64_t>(bits & ((std::uint64_t{1} << width(i)) - 1));
        }
        return reduced(h);
    }
    static constexpr field25 of_integer(unsigned n) noexcept { return {{static_cast<std::int32_t>(n)}}; }

    /// The least number that is equal modulo 2^255 - 19.
    constexpr words256 words() const noexcept {
        std::int32_t h[10]{};
        for (unsigned i = 0; i < 10; ++i) h[i] = l[i];
        std::int32_t q = (19 * h[9] + (1 << 24)) >> 25;
        for (unsigned i = 0; i < 10; ++i) q = (h[i] + q) >> width(i);
        h[0] += 19 * q;
        words256 made{};
        for (unsigned i = 0, at = 0; i < 10; at += width(i), ++i) {
            const std::int32_t over = h[i] >> width(i);
            if (i != 9) h[i + 1] += over;
            const auto bits = static_cast<std::uint64_t>(h[i] - over * (std::int32_t{1} << width(i)));
            made.of[at / 64] |= bits << (at % 64);
            if (at % 64 + width(i) > 64) made.of[at / 64 + 1] |= bits >> (64 - at % 64);
        }
        return made;
    }

    friend constexpr field25 operator+(const field25& a, const field25& b) noexcept {
        field25 r{};
        for (std::size_t i = 0; i < 10; ++i) r.l[i] = a.l[i] + b.l[i];
        return r;
    }
    friend constexpr field25 operator-(const field25& a, const field25& b) noexcept {
        field25 r{};
        for (std::size_t i = 0; i < 10; ++i) r.l[i] = a.l[i] - b.l[i];
        return r;
    }
    friend constexpr field25 operator*(const field25& a, const field25& b) noexcept { return product(a, b, 1); }
    constexpr field25 square() const noexcept { return product(*this, *this, 1); }
    constexpr field25 twice_square() const noexcept { return product(*this, *this, 2); }

    /// Becomes `other` where `mask_of_all` is all ones, and stays where it is 0.
    constexpr void assign_if(std::uint64_t mask_of_all, const field25& other) noexcept {
        for (std::size_t i = 0; i < 10; ++i) l[i] ^= static_cast<std::int32_t>(mask_of_all) & (l[i] ^ other.l[i]);
    }

private:
    static constexpr unsigned width(unsigned i) noexcept { return 26 - i % 2; }

    static constexpr field25 product(const field25& a, const field25& b, int times) noexcept {
        std::int64_t h[10]{};
        for (std::size_t i = 0; i < 10; ++i)
            for (std::size_t j = 0; j < 10; ++j)
                h[(i + j) % 10] +=
                    std::int64_t{a.l[i] * (i % 2 != 0 && j % 2 != 0 ? 2 : 1)} * (b.l[j] * (i + j >= 10 ? 19 : 1));
        for (std::int64_t& limb : h) limb *= times;
        return reduced(h);
    }
    static constexpr field25 reduced(std::int64_t (&h)[10]) noexcept {
        const auto carry = [&h](unsigned i) {
            const std::int64_t over = (h[i] + (std::int64_t{1} << (width(i) - 1))) >> width(i);
            h[(i + 1) % 10] += over * (i == 9 ? 19 : 1);
            h[i] -= over * (std::int64_t{1} << width(i));
        };
        for (unsigned i = 0; i < 4; ++i) {
            carry(i);
            carry(i + 4);
        }
        carry(4);
        carry(8);
        carry(9);
        carry(0);
        field25 r{};
        for (std::size_t i = 0; i < 10; ++i) r.l[i] = static_cast<std::int32_t>(h[i]);
        return r;
    }
};

#if defined(__SIZEOF_INT128__)
using native_field = field51;
#else
using native_field = field25;
#endif

/// `f` to the power of 2^`count`.
template <class Field>
constexpr Field squared(Field f, unsigned count) noexcept {
    for (unsigned i = 0; i < count; ++i) f = f.square();
    return f;
}
/// `f` to the powers of 2^250 - 1 and of 11.
template <class Field>
struct field_powers {
    Field many, eleventh;

    constexpr explicit field_powers(const Field& f) noexcept : many{}, eleventh{} {
        const Field second = f.square(), ninth = squared(second, 2) * f;
        eleventh = ninth * second;
        const Field p5 = eleventh.square() * ninth;  // 2^5 - 1, and so on
        const Field p10 = squared(p5, 5) * p5, p20 = squared(p10, 10) * p10, p40 = squared(p20, 20) * p20;
        const Field p50 = squared(p40, 10) * p10, p100 = squared(p50, 50) * p50, p200 = squared(p100, 100) * p100;
        many = squared(p200, 50) * p50;
    }
};
/// 1 / `f`, by Fermat; 0 of 0.
template <class Field>
constexpr Field inverse(const Field& f) noexcept {
    const field_powers<Field> powers(f);
    return squared(powers.many, 5) * powers.eleventh;
}

}  // namespace vitte::detail
