/// What WebAssembly's numeric instructions compute (core specification, 4.3), where C++ has no operator for it.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vitte/loader/trap.hpp>

namespace vitte::loader::wasm::numeric {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;

template <class T>
constexpr auto to_signed(T value) noexcept {
    return static_cast<std::make_signed_t<T>>(value);
}
template <class T>
constexpr T shift_right_signed(T a, T by) noexcept {
    return static_cast<T>(to_signed(a) >> (by & (8 * sizeof(T) - 1)));
}
// The standard's rotations count by `int` in some libraries and by `unsigned` in others.
template <class T>
constexpr T rotate_left(T a, T by) noexcept {
    constexpr T mask = 8 * sizeof(T) - 1;
    return a << (by & mask) | a >> ((T{0} - by) & mask);
}
template <class T>
constexpr T rotate_right(T a, T by) noexcept {
    return rotate_left(a, T{0} - by);
}
/// The low `Narrow` of `a`, sign-extended.
template <class Narrow, class T>
constexpr T extend(T a) noexcept {
    return static_cast<T>(std::make_signed_t<T>{static_cast<Narrow>(a)});
}
template <class T>
constexpr T divide_signed(T a, T b) noexcept {
    return static_cast<T>(to_signed(a) / to_signed(b));
}
template <class T>
constexpr T remainder_signed(T a, T b) noexcept {
    return to_signed(b) == -1 ? T{0} : static_cast<T>(to_signed(a) % to_signed(b));
}

template <class T>
constexpr trap_code check_divisor(T b) noexcept {
    return b == 0 ? trap_code::integer_divide_by_zero : trap_code::none;
}
template <class T>
constexpr trap_code check_signed_division(T a, T b) noexcept {
    if (b == 0) return trap_code::integer_divide_by_zero;
    return a == T{1} << (8 * sizeof(T) - 1) && to_signed(b) == -1 ? trap_code::integer_overflow : trap_code::none;
}

template <class F>
using bits_of = std::conditional_t<sizeof(F) == 4, u32, u64>;
template <class F>
inline constexpr bits_of<F> sign_bit = bits_of<F>{1} << (8 * sizeof(F) - 1);

template <class F>
constexpr F absolute(F a) noexcept {
    return std::bit_cast<F>(std::bit_cast<bits_of<F>>(a) & ~sign_bit<F>);
}
template <class F>
constexpr F negated(F a) noexcept {
    return std::bit_cast<F>(std::bit_cast<bits_of<F>>(a) ^ sign_bit<F>);
}
template <class F>
constexpr F copy_sign(F a, F b) noexcept {
    return std::bit_cast<F>((std::bit_cast<bits_of<F>>(a) & ~sign_bit<F>) |
                            (std::bit_cast<bits_of<F>>(b) & sign_bit<F>));
}
/// A NaN wins, and is quiet then; -0 is less than 0.
template <class F>
constexpr F minimum(F a, F b) noexcept {
    if (a < b) return a;
    if (b < a) return b;
    if (a == b) return std::bit_cast<F>(std::bit_cast<bits_of<F>>(a) | std::bit_cast<bits_of<F>>(b));
    return a + b;
}
template <class F>
constexpr F maximum(F a, F b) noexcept {
    if (a > b) return a;
    if (b > a) return b;
    if (a == b) return std::bit_cast<F>(std::bit_cast<bits_of<F>>(a) & std::bit_cast<bits_of<F>>(b));
    return a + b;
}

// Rounding to a whole number; `a + 0` with a NaN makes it quiet, which libraries need not do.
inline float ceiling(float a) noexcept { return a == a ? __builtin_ceilf(a) : a + a; }
inline double ceiling(double a) noexcept { return a == a ? __builtin_ceil(a) : a + a; }
inline float floor(float a) noexcept { return a == a ? __builtin_floorf(a) : a + a; }
inline double floor(double a) noexcept { return a == a ? __builtin_floor(a) : a + a; }
inline float truncate(float a) noexcept { return a == a ? __builtin_truncf(a) : a + a; }
inline double truncate(double a) noexcept { return a == a ? __builtin_trunc(a) : a + a; }
inline float nearest(float a) noexcept { return a == a ? __builtin_rintf(a) : a + a; }
inline double nearest(double a) noexcept { return a == a ? __builtin_rint(a) : a + a; }
inline float square_root(float a) noexcept { return __builtin_sqrtf(a); }
inline double square_root(double a) noexcept { return __builtin_sqrt(a); }

/// `product`, rounded: compilers must not join it with a sum into one operation, as GCC does where the machine has one.
template <class F>
[[gnu::always_inline]] inline F uncontracted(F product) noexcept {
#if defined(__FP_FAST_FMA) || defined(__FP_FAST_FMAF) || defined(__FMA__)
#if defined(__x86_64__)
    __asm__("" : "+x"(product));
#elif defined(__aarch64__)
    __asm__("" : "+w"(product));
#elif defined(__riscv) || defined(__s390x__)
    __asm__("" : "+f"(product));
#else
    __asm__("" : "+m"(product));
#endif
#endif
    return product;
}

/// Bounds of the numbers that, cut to whole ones, an `I` can hold: the greater one is the first that it cannot.
template <class I, class F>
struct whole_range {
    static constexpr F above = static_cast<F>(u64{1} << (8 * sizeof(I) - (std::is_signed_v<I> ? 2 : 1))) * 2;
    /// Whether `a` is not too small. In `F`, the number before the least `I` may be that less one, or not exist.
    static constexpr bool from_below(F a) noexcept {
        if constexpr (!std::is_signed_v<I>)
            return a > F{-1};
        else if constexpr (sizeof(F) > sizeof(I))
            return a > -above - 1;
        else
            return a >= -above;
    }
};

template <class I, class F>
constexpr trap_code check_conversion(F a) noexcept {
    if (a < whole_range<I, F>::above && whole_range<I, F>::from_below(a)) return trap_code::none;
    return a != a ? trap_code::invalid_conversion : trap_code::integer_overflow;
}
/// `a` cut to a whole number, or the `I` that is nearest; 0 for a NaN. The result has the bits of an unsigned number.
template <class I, class F>
constexpr std::make_unsigned_t<I> saturated(F a) noexcept {
    using made = std::make_unsigned_t<I>;
    if (a != a) return 0;
    if (!whole_range<I, F>::from_below(a)) return static_cast<made>(std::numeric_limits<I>::min());
    if (!(a < whole_range<I, F>::above)) return static_cast<made>(std::numeric_limits<I>::max());
    return static_cast<made>(static_cast<I>(a));
}
template <class I, class F>
constexpr std::make_unsigned_t<I> converted(F a) noexcept {
    return static_cast<std::make_unsigned_t<I>>(static_cast<I>(a));
}

}  // namespace vitte::loader::wasm::numeric
