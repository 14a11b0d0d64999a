/// Computes instructions while compiling, with the same results as the generated code.
#pragma once

#include <bit>
#include <cmath>
#include <limits>
#include <vitte/core/multiply.hpp>
#include <vitte/language/code/code.hpp>

namespace vitte::language {

/// Why an instruction fails.
enum class failure : std::uint8_t { none, overflow, division_by_zero, shift, conversion };

inline constexpr std::string_view failure_names[] = {
    "", "integer overflow", "division by zero", "shift by too many bits", "the value does not exist in the other type"};

/// A result, or why there is none.
struct computed {
    std::uint64_t value = 0;
    failure why = failure::none;
};

namespace detail {

/// The low bits of `value`, extended to 64 as the type's values are.
constexpr std::uint64_t normalized(type t, std::uint64_t value) noexcept {
    const unsigned drop = 64 - bits_of(t);
    if (is_signed(t)) return static_cast<std::uint64_t>(static_cast<std::int64_t>(value << drop) >> drop);
    return value << drop >> drop;
}
constexpr computed in_range(type t, bool overflows, std::uint64_t value) noexcept {
    return overflows || normalized(t, value) != value ? computed{0, failure::overflow} : computed{value};
}

constexpr computed compute_integer(opcode op, type t, std::uint64_t a, std::uint64_t b) noexcept {
    using s64 = std::int64_t;
    const bool is_sign = is_signed(t);
    const auto sa = static_cast<s64>(a), sb = static_cast<s64>(b);
    s64 sr = 0;
    std::uint64_t ur = 0;
    const auto choose = [&](bool signed_overflow, bool unsigned_overflow) {
        return is_sign ? in_range(t, signed_overflow, static_cast<std::uint64_t>(sr))
                       : in_range(t, unsigned_overflow, ur);
    };
    switch (op) {
        case opcode::add: return choose(__builtin_add_overflow(sa, sb, &sr), __builtin_add_overflow(a, b, &ur));
        case opcode::subtract: return choose(__builtin_sub_overflow(sa, sb, &sr), __builtin_sub_overflow(a, b, &ur));
        case opcode::multiply: return choose(__builtin_mul_overflow(sa, sb, &sr), __builtin_mul_overflow(a, b, &ur));
        case opcode::divide:
        case opcode::remainder: {
            if (b == 0) return {0, failure::division_by_zero};
            const bool rest = op == opcode::remainder;
            if (!is_sign) return {rest ? a % b : a / b};
            if (sb == -1) return rest ? computed{0} : compute_integer(opcode::subtract, t, 0, a);
            return {static_cast<std::uint64_t>(rest ? sa % sb : sa / sb)};
        }
        case opcode::and_: return {a & b};
        case opcode::or_: return {a | b};
        case opcode::xor_: return {a ^ b};
        case opcode::shift_left:
        case opcode::shift_right:
            if (b >= bits_of(t)) return {0, failure::shift};
            if (op == opcode::shift_left) return {normalized(t, a << b)};
            return {is_sign ? static_cast<std::uint64_t>(sa >> b) : a >> b};
        case opcode::equal: return {a == b};
        case opcode::not_equal: return {a != b};
        case opcode::less: return {is_sign ? sa < sb : a < b};
        case opcode::less_equal: return {is_sign ? sa <= sb : a <= b};
        case opcode::greater: return {is_sign ? sa > sb : a > b};
        case opcode::greater_equal: return {is_sign ? sa >= sb : a >= b};
        case opcode::negate: return compute_integer(opcode::subtract, t, 0, a);
        case opcode::complement: return {normalized(t, ~a)};
        default: return {a == 0};  // invert
    }
}

template <class F>
F float_of(std::uint64_t bits) noexcept {
    if constexpr (sizeof(F) == 4)
        return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    else
        return std::bit_cast<double>(bits);
}
inline std::uint64_t bits_of_float(float f) noexcept { return std::bit_cast<std::uint32_t>(f); }
inline std::uint64_t bits_of_float(double f) noexcept { return std::bit_cast<std::uint64_t>(f); }

template <class F>
computed compute_float(opcode op, std::uint64_t x, std::uint64_t y) noexcept {
    const F a = float_of<F>(x), b = float_of<F>(y);
    switch (op) {
        case opcode::add: return {bits_of_float(a + b)};
        case opcode::subtract: return {bits_of_float(a - b)};
        case opcode::multiply: return {bits_of_float(a * b)};
        case opcode::divide: return {bits_of_float(a / b)};
        case opcode::negate: return {bits_of_float(-a)};
        case opcode::equal: return {a == b};
        case opcode::not_equal: return {a != b};
        case opcode::less: return {a < b};
        case opcode::less_equal: return {a <= b};
        case opcode::greater: return {a > b};
        default: return {a >= b};
    }
}

/// From a floating-point number: what is behind the point is dropped.
inline computed to_integer(type to, double value) noexcept {
    const double whole = std::trunc(value);
    const double end = std::ldexp(1.0, static_cast<int>(bits_of(to)) - (is_signed(to) ? 1 : 0));
    if (!(whole < end) || !(whole >= (is_signed(to) ? -end : 0.0))) return {0, failure::conversion};
    if (is_signed(to)) return {static_cast<std::uint64_t>(static_cast<std::int64_t>(whole))};
    return {static_cast<std::uint64_t>(whole)};
}
inline computed convert(type from, type to, std::uint64_t a) noexcept {
    if (is_float(from)) {
        const double value = from == type::f32 ? float_of<float>(a) : float_of<double>(a);
        if (to == type::f64) return {bits_of_float(value)};
        if (to == type::f32) return {bits_of_float(static_cast<float>(value))};
        return to_integer(to, value);
    }
    const auto s = static_cast<std::int64_t>(a);
    if (to == type::f64) return {bits_of_float(is_signed(from) ? static_cast<double>(s) : static_cast<double>(a))};
    if (to == type::f32) return {bits_of_float(is_signed(from) ? static_cast<float>(s) : static_cast<float>(a))};
    const bool negative = is_signed(from) && s < 0;
    if (to == type::character)
        return negative || a > 0x10ffff || (a >= 0xd800 && a < 0xe000) ? computed{0, failure::conversion} : computed{a};
    if (to == type::boolean) return {a};
    const bool fits = negative ? is_signed(to) && s >= static_cast<std::int64_t>(lowest(to)) : a <= greatest(to);
    return fits ? computed{a} : computed{0, failure::conversion};
}
}  // namespace detail

/// Computes an instruction other than a call, of the bits of its operands.
inline computed compute(const instruction& i, std::uint64_t a, std::uint64_t b) noexcept {
    if (i.op == opcode::constant) return {i.value};
    if (i.op == opcode::convert) return detail::convert(i.from, i.of, a);
    if (i.from == type::f32) return detail::compute_float<float>(i.op, a, b);
    if (i.from == type::f64) return detail::compute_float<double>(i.op, a, b);
    return detail::compute_integer(i.op, i.from, a, b);
}

/// Whether an instruction may fail, whatever its operands are.
constexpr bool may_fail(const instruction& i) noexcept {
    if (is_call(i)) return true;
    const bool can_wrap = (i.op >= opcode::add && i.op <= opcode::multiply) || i.op == opcode::negate ||
                          (i.op == opcode::convert && !is_float(i.from));
    if (i.wraps && can_wrap) return false;
    if (i.op == opcode::convert) {
        if (is_float(i.from)) return is_integer(i.of);
        if (is_float(i.of) || i.from == i.of || i.of == type::boolean) return false;
        if (i.of == type::character) return i.from != type::u8;
        if (i.from == type::boolean) return false;
        const bool wider = greatest(i.of) >= (i.from == type::character ? 0x10ffff : greatest(i.from));
        return !(wider && (!is_signed(i.from) || (is_signed(i.of) && bits_of(i.of) >= bits_of(i.from))));
    }
    if (!is_integer(i.from)) return false;
    return (i.op >= opcode::add && i.op <= opcode::remainder) || i.op == opcode::shift_left ||
           i.op == opcode::shift_right || i.op == opcode::negate;
}

}  // namespace vitte::language
