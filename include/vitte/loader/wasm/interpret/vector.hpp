/// Vectors of 128 bits and what is computed with them lane by lane (core specification, 4.3). They are kept as they
/// stand in memory, little-endian; loops over lanes become the machine's vector instructions where it has them.
#pragma once

#include <vitte/core/endian.hpp>
#include <vitte/loader/wasm/interpret/memory.hpp>

namespace vitte::loader::wasm::vectors {

using namespace numeric;
using vector = ops::vector_bits;

template <class T>
struct lanes {
    static constexpr unsigned count = 16 / sizeof(T);
    T at[count];
};

template <class T>
T swap_lane(T value) noexcept {
    if constexpr (std::is_floating_point_v<T>)
        return std::bit_cast<T>(byteswap(std::bit_cast<bits_of<T>>(value)));
    else
        return static_cast<T>(byteswap(static_cast<std::make_unsigned_t<T>>(value)));
}
template <class T>
[[gnu::always_inline]] inline lanes<T> unpack(vector v) noexcept {
    auto made = std::bit_cast<lanes<T>>(v);
    if constexpr (byte_order::native == byte_order::big)
        for (T& lane : made.at) lane = swap_lane(lane);
    return made;
}
template <class T>
[[gnu::always_inline]] inline vector pack(lanes<T> l) noexcept {
    if constexpr (byte_order::native == byte_order::big)
        for (T& lane : l.at) lane = swap_lane(lane);
    return std::bit_cast<vector>(l);
}

template <class T, class F>
[[gnu::always_inline]] inline vector map(vector a, F f) noexcept {
    const auto x = unpack<T>(a);
    lanes<decltype(f(T{}))> made;
    for (unsigned i = 0; i < lanes<T>::count; ++i) made.at[i] = f(x.at[i]);
    return pack(made);
}
template <class T, class F>
[[gnu::always_inline]] inline vector map(vector a, vector b, F f) noexcept {
    const auto x = unpack<T>(a), y = unpack<T>(b);
    lanes<decltype(f(T{}, T{}))> made;
    for (unsigned i = 0; i < lanes<T>::count; ++i) made.at[i] = f(x.at[i], y.at[i]);
    return pack(made);
}
template <class T, class F>
[[gnu::always_inline]] inline vector map(vector a, vector b, vector c, F f) noexcept {
    const auto x = unpack<T>(a), y = unpack<T>(b), z = unpack<T>(c);
    lanes<decltype(f(T{}, T{}, T{}))> made;
    for (unsigned i = 0; i < lanes<T>::count; ++i) made.at[i] = f(x.at[i], y.at[i], z.at[i]);
    return pack(made);
}
template <class T>
using lane_bits =
    std::conditional_t<sizeof(T) == 1, u8,
                       std::conditional_t<sizeof(T) == 2, u16, std::conditional_t<sizeof(T) == 4, u32, u64>>>;
inline u32 sum_of(u32 a, u32 b) noexcept { return a + b; }
template <class T>
vector splat(T value) noexcept {
    lanes<T> made;
    for (T& lane : made.at) lane = value;
    return pack(made);
}

template <class T>
T absolute_lane(T a) noexcept {
    using word = std::make_unsigned_t<T>;
    return a < 0 ? static_cast<T>(static_cast<word>(0u - static_cast<word>(a))) : a;
}
/// Sums of pairs, of fours, of all bits.
inline u8 count_ones(u8 a) noexcept {
    const unsigned pairs = a - (a >> 1 & 0x55u), fours = (pairs & 0x33) + (pairs >> 2 & 0x33);
    return static_cast<u8>((fours + (fours >> 4)) & 0xf);
}
/// `value`, or the bound of `T` that it passes.
template <class T, class Wide>
T clamp(Wide value) noexcept {
    if (value < std::numeric_limits<T>::min()) return std::numeric_limits<T>::min();
    return value > std::numeric_limits<T>::max() ? std::numeric_limits<T>::max() : static_cast<T>(value);
}
/// The low and then the high lanes, saturated.
template <class From, class To>
vector narrow(vector a, vector b) noexcept {
    const auto x = unpack<From>(a), y = unpack<From>(b);
    lanes<To> made;
    constexpr unsigned half = lanes<From>::count;
    for (unsigned i = 0; i < half; ++i) made.at[i] = clamp<To>(x.at[i]), made.at[half + i] = clamp<To>(y.at[i]);
    return pack(made);
}
/// Half of the lanes, wider; `first` is 0 or the number of the results.
template <class From, class To>
vector extend_half(vector a, unsigned first) noexcept {
    const auto x = unpack<From>(a);
    lanes<To> made;
    for (unsigned i = 0; i < lanes<To>::count; ++i) made.at[i] = static_cast<To>(x.at[first + i]);
    return pack(made);
}
template <class T>
vector multiply(vector a, vector b) noexcept {
    return map<T>(a, b, [](T x, T y) { return static_cast<T>(u64{x} * u64{y}); });
}
template <class From, class To>
vector multiply_half(vector a, vector b, unsigned first) noexcept {
    return multiply<std::make_unsigned_t<To>>(extend_half<From, To>(a, first), extend_half<From, To>(b, first));
}
template <class From, class To>
vector add_pairs(vector a) noexcept {
    const auto x = unpack<From>(a);
    lanes<To> made;
    for (unsigned i = 0; i < lanes<To>::count; ++i)
        made.at[i] = static_cast<To>(static_cast<To>(x.at[2 * i]) + static_cast<To>(x.at[2 * i + 1]));
    return pack(made);
}
inline vector dot(vector a, vector b) noexcept {
    const auto x = unpack<s16>(a), y = unpack<s16>(b);
    lanes<u32> made;
    for (unsigned i = 0; i < 4; ++i)
        made.at[i] =
            static_cast<u32>(s32{x.at[2 * i]} * y.at[2 * i]) + static_cast<u32>(s32{x.at[2 * i + 1]} * y.at[2 * i + 1]);
    return pack(made);
}
/// The relaxed product of signed bytes, as if both were signed.
inline vector dot_bytes(vector a, vector b) noexcept {
    const auto x = unpack<s8>(a), y = unpack<s8>(b);
    lanes<s16> made;
    for (unsigned i = 0; i < 8; ++i)
        made.at[i] = clamp<s16>(s32{x.at[2 * i]} * y.at[2 * i] + s32{x.at[2 * i + 1]} * y.at[2 * i + 1]);
    return pack(made);
}
inline s16 multiply_q15(s16 a, s16 b) noexcept { return clamp<s16>((s32{a} * b + 0x4000) >> 15); }

inline vector swizzle(vector a, vector b) noexcept {
    const auto x = unpack<u8>(a), y = unpack<u8>(b);
    lanes<u8> made;
    for (unsigned i = 0; i < 16; ++i) made.at[i] = y.at[i] < 16 ? x.at[y.at[i]] : u8{0};
    return pack(made);
}
inline vector select_bits(vector a, vector b, vector c) noexcept {
    return {{(a.half[0] & c.half[0]) | (b.half[0] & ~c.half[0]), (a.half[1] & c.half[1]) | (b.half[1] & ~c.half[1])}};
}

template <class T>
u32 all_true(vector a) noexcept {
    const auto x = unpack<T>(a);
    bool all = true;
    for (const T lane : x.at) all &= lane != 0;
    return all ? 1 : 0;
}
template <class T>
u32 bit_mask(vector a) noexcept {
    const auto x = unpack<T>(a);
    u32 mask = 0;
    for (unsigned i = 0; i < lanes<T>::count; ++i) mask |= (x.at[i] < 0 ? u32{1} : u32{0}) << i;
    return mask;
}

/// Lanes beyond those of `a` are zero.
template <class I>
vector saturate_doubles(vector a) noexcept {
    const auto x = unpack<double>(a);
    return pack(lanes<u32>{{saturated<I>(x.at[0]), saturated<I>(x.at[1]), 0, 0}});
}
template <class I>
vector to_doubles(vector a) noexcept {
    const auto x = unpack<I>(a);
    return pack(lanes<double>{{static_cast<double>(x.at[0]), static_cast<double>(x.at[1])}});
}
inline vector demote(vector a) noexcept {
    const auto x = unpack<double>(a);
    return pack(lanes<float>{{static_cast<float>(x.at[0]), static_cast<float>(x.at[1]), 0, 0}});
}
inline vector promote(vector a) noexcept {
    const auto x = unpack<float>(a);
    return pack(lanes<double>{{static_cast<double>(x.at[0]), static_cast<double>(x.at[1])}});
}
template <class F>
F fused(F a, F b, F c) noexcept {
    if constexpr (sizeof(F) == 4)
        return __builtin_fmaf(a, b, c);
    else
        return __builtin_fma(a, b, c);
}

}  // namespace vitte::loader::wasm::vectors
