/// Points of the curve -x^2 + y^2 = 1 + d x^2 y^2 of Ed25519 (RFC 8032, 5.1), in the coordinates of Hisil, Wong, Carter
/// and Dawson ("Twisted Edwards Curves Revisited", 2008), and what is computed with them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vitte/core/ed25519/base_multiples.hpp>
#include <vitte/core/ed25519/field.hpp>
#include <vitte/core/ed25519/scalar.hpp>
#include <vitte/core/secure_zero.hpp>

namespace vitte::detail {

/// Over a form of numbers. `x / z` and `y / z` are the coordinates; `t * z` is `x * y`.
template <class Field>
struct point {
    static constexpr words256 d{{0x75eb4dca135978a3, 0x00700a4d4141d8ab, 0x8cc740797779e898, 0x52036cee2b6ffe73}},
        twice_d{{0xebd69b9426b2f159, 0x00e0149a8283b156, 0x198e80f2eef3d130, 0x2406d9dc56dffce7}},
        root_of_minus_1{{0xc4ee1b274a0ea0b0, 0x2f431806ad2fe478, 0x2b4d00993dfbd7a7, 0x2b8324804fc1df0b}},
        modulus{{0xffffffffffffffed, ~std::uint64_t{0}, ~std::uint64_t{0}, 0x7fffffffffffffff}};

    Field x, y, z, t;

    static point neutral() noexcept {
        return {Field::of_integer(0), Field::of_integer(1), Field::of_integer(1), Field::of_integer(0)};
    }

    /// A sum before its four products: `x / z` and `y / t` are the coordinates. Where only doubling follows, `t` of the
    /// point is not needed.
    struct sum {
        Field x, y, z, t;
        point with_t() const noexcept { return {x * t, y * z, z * t, x * y}; }
        point without_t() const noexcept { return {x * t, y * z, z * t, Field{}}; }
    };
    /// A point that is to be added.
    struct addend {
        Field sum, difference, z, product;  // y + x, y - x, z, 2 d t
        addend negated() const noexcept { return {difference, sum, z, Field::of_integer(0) - product}; }
    };
    /// The same with a `z` of 1.
    struct affine_addend {
        Field sum, difference, product;
        static affine_addend from(const base_multiple& m) noexcept {
            return {Field::from(m.sum), Field::from(m.difference), Field::from(m.product)};
        }
    };
    addend to_add() const noexcept { return {y + x, y - x, z, t * Field::from(twice_d)}; }

    sum doubled() const noexcept {
        const Field xx = x.square(), yy = y.square(), both = (x + y).square(), h = yy + xx;
        return {both - h, h, yy - xx, z.twice_square() + xx - yy};
    }
    friend sum operator+(const point& p, const addend& q) noexcept {
        const Field product = p.z * q.z;
        return added(p, q, product + product);
    }
    friend sum operator-(const point& p, const addend& q) noexcept { return p + q.negated(); }
    friend sum operator+(const point& p, const affine_addend& q) noexcept { return added(p, q, p.z + p.z); }
    friend sum operator-(const point& p, const affine_addend& q) noexcept {
        return p + affine_addend{q.difference, q.sum, Field::of_integer(0) - q.product};
    }

    /// Whether eight times the point is neutral. Takes a time that depends on it.
    bool is_of_small_order() const noexcept {
        const point eightfold = doubled().without_t().doubled().without_t().doubled().without_t();
        return eightfold.x.words() == words256{} && eightfold.y.words() == eightfold.z.words();
    }

    /// 5.1.2.
    void encode(std::span<std::byte, 32> to) const noexcept {
        const Field over_z = inverse(z);
        words256 made = (y * over_z).words();
        made.of[3] |= (x * over_z).words().of[0] << 63;
        for (std::size_t i = 0; i < 4; ++i) vitte::store(to.data() + 8 * i, made.of[i], byte_order::little);
    }
    /// 5.1.3; false if `from` encodes no point, or not as 5.1.2 does. Takes a time that depends on it.
    static bool decode(std::span<const std::byte, 32> from, point& to) noexcept {
        words256 given{};
        for (std::size_t i = 0; i < 4; ++i)
            given.of[i] = vitte::load<std::uint64_t>(from.data() + 8 * i, byte_order::little);
        const std::uint64_t sign = given.of[3] >> 63;
        given.of[3] &= modulus.of[3];
        if (given.of[3] == modulus.of[3] && given.of[2] == modulus.of[2] && given.of[1] == modulus.of[1] &&
            given.of[0] >= modulus.of[0])
            return false;
        to.y = Field::from(given);
        to.z = Field::of_integer(1);
        const Field yy = to.y.square(), u = yy - to.z, v = Field::from(d) * yy + to.z;
        const Field v3 = v.square() * v, base = u * v3.square() * v;
        to.x = squared(field_powers<Field>(base).many, 2) * base * v3 * u;
        const words256 made = (v * to.x.square()).words();
        if (made != u.words()) {
            if (made != (to.z - yy).words()) return false;
            to.x = to.x * Field::from(root_of_minus_1);
        }
        const words256 x = to.x.words();
        if (x == words256{} && sign != 0) return false;
        if ((x.of[0] & 1) != sign) to.x = Field::from((Field::of_integer(0) - to.x).words());
        to.t = to.x * to.y;
        return true;
    }

    /// `n` times the base point, in a time that does not depend on `n`, whose highest bit is 0.
    static point base_times(const scalar& n) noexcept {
        // Digits from -8 to 8.
        std::int8_t digits[64];
        int carry = 0;
        for (std::size_t i = 0; i < 64; ++i) {
            const int digit = static_cast<int>(n.w[i / 8] >> (4 * (i % 8)) & 15) + carry;
            carry = i == 63 ? 0 : (digit + 8) >> 4;
            digits[i] = static_cast<std::int8_t>(digit - carry * 16);
        }
        point made = neutral();
        affine_addend picked;
        for (std::size_t column = 8; column-- > 0;) {
            if (column != 7)
                for (int i = 0; i < 4; ++i) made = i < 3 ? made.doubled().without_t() : made.doubled().with_t();
            for (std::size_t row = 0; row < 8; ++row) {
                pick(picked, row == 0 ? base_multiples : later_base_multiples[row - 1], digits[8 * row + column]);
                made = (made + picked).with_t();
            }
        }
        forget(digits);
        forget(picked);
        return made;
    }

    /// `a * p + b * B`, in a time that depends on all of them. `a` and `b` are less than L.
    static point combined(const scalar& a, const point& p, const scalar& b) noexcept {
        constexpr unsigned width_of_a = 5, width_of_b = 4;
        addend multiples[1 << (width_of_a - 2)];  // p, 3 p … 15 p
        multiples[0] = p.to_add();
        const addend two = p.doubled().with_t().to_add();
        point next = p;
        for (std::size_t i = 1; i < std::size(multiples); ++i) {
            next = (next + two).with_t();
            multiples[i] = next.to_add();
        }
        affine_addend of_base[1 << (width_of_b - 2)];
        for (std::size_t i = 0; i < std::size(of_base); ++i) of_base[i] = affine_addend::from(base_multiples[2 * i]);

        const auto a_digits = sparse_digits(a, width_of_a), b_digits = sparse_digits(b, width_of_b);
        point made = neutral();
        for (std::size_t i = 256; i-- > 0;) {
            const int x = a_digits[i], y = b_digits[i];
            sum s = made.doubled();
            if (x > 0)
                s = s.with_t() + multiples[x / 2];
            else if (x < 0)
                s = s.with_t() - multiples[-x / 2];
            if (y > 0)
                s = s.with_t() + of_base[y / 2];
            else if (y < 0)
                s = s.with_t() - of_base[-y / 2];
            made = s.without_t();
        }
        return made;
    }

private:
    template <class Addend>
    static sum added(const point& p, const Addend& q, const Field& twice_z) noexcept {
        const Field a = (p.y + p.x) * q.sum, b = (p.y - p.x) * q.difference, c = p.t * q.product;
        return {a - b, a + b, twice_z + c, twice_z - c};
    }

    /// All ones if `a` and `b`, of less than 2^63, are equal, and else 0.
    static std::uint64_t mask_of_equal(std::uint64_t a, std::uint64_t b) noexcept {
        return hidden(0 - (((a ^ b) - 1) >> 63));
    }
    /// Sets `to` to `digit`, from -8 to 8, times the first of `row`, each of which is read.
    static void pick(affine_addend& to, const base_multiple (&row)[8], int digit) noexcept {
        const std::uint64_t minus = hidden(0 - (static_cast<std::uint64_t>(digit) >> 63));
        const std::uint64_t magnitude = (static_cast<std::uint64_t>(digit) ^ minus) - minus;
        base_multiple found{{{1}}, {{1}}, {}};
        for (std::uint64_t i = 0; i < 8; ++i) {
            const std::uint64_t mask = mask_of_equal(magnitude, i + 1);
            for (std::size_t j = 0; j < 4; ++j) {
                found.sum.of[j] ^= mask & (found.sum.of[j] ^ row[i].sum.of[j]);
                found.difference.of[j] ^= mask & (found.difference.of[j] ^ row[i].difference.of[j]);
                found.product.of[j] ^= mask & (found.product.of[j] ^ row[i].product.of[j]);
            }
        }
        to = affine_addend::from(found);
        const affine_addend before = to;
        to.sum.assign_if(minus, before.difference);
        to.difference.assign_if(minus, before.sum);
        to.product.assign_if(minus, Field::of_integer(0) - before.product);
        forget(found);
    }
    template <class T>
    static void forget(T& what) noexcept {
        secure_zero(std::as_writable_bytes(std::span(&what, 1)));
    }

    /// The digits of `n`, which are 0 or odd and less than 2^(width - 1) in size; of `width` in a row one is not 0.
    static std::array<std::int8_t, 256> sparse_digits(const scalar& n, unsigned width) noexcept {
        std::array<std::int8_t, 256> made{};
        const int whole = 1 << width;
        int carry = 0;
        for (unsigned at = 0; at < 256;) {
            std::uint64_t bits = n.w[at / 32];
            if (at / 32 < 7) bits |= std::uint64_t{n.w[at / 32 + 1]} << 32;
            const int digit = static_cast<int>(bits >> (at % 32) & static_cast<unsigned>(whole - 1)) + carry;
            if (digit % 2 == 0) {
                ++at;
                continue;
            }
            carry = digit > whole / 2 ? 1 : 0;
            made[at] = static_cast<std::int8_t>(digit - carry * whole);
            at += width;
        }
        return made;
    }
};

}  // namespace vitte::detail
