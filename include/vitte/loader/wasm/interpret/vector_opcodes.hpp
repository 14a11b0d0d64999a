/// The instructions on vectors, as tables (core specification, 5.4.9). Opcodes are those behind 0xfd.
#pragma once

#include <vitte/loader/wasm/interpret/vector.hpp>

// Loops in place, not templates over lambdas: there are hundreds of them.
#define VITTE_WASM_EACH_LANE(T, made_of, ...)                      \
    __extension__({                                                \
        const auto xs = unpack<T>(a), ys = unpack<T>(made_of);     \
        T x{}, y [[maybe_unused]]{};                               \
        lanes<std::remove_cvref_t<decltype(__VA_ARGS__)>> results; \
        for (unsigned lane = 0; lane < lanes<T>::count; ++lane) {  \
            x = xs.at[lane], y = ys.at[lane];                      \
            results.at[lane] = __VA_ARGS__;                        \
        }                                                          \
        pack(results);                                             \
    })
#define VITTE_WASM_LANES(T, ...) VITTE_WASM_EACH_LANE(T, a, __VA_ARGS__)
#define VITTE_WASM_LANES2(T, ...) VITTE_WASM_EACH_LANE(T, b, __VA_ARGS__)
/// All ones where it holds.
#define VITTE_WASM_TEST(T, ...) \
    VITTE_WASM_EACH_LANE(T, b, static_cast<lane_bits<T>>((__VA_ARGS__) ? ~lane_bits<T>{0} : lane_bits<T>{0}))

/// X(opcode, text, result of the vector `a`)
#define VITTE_WASM_VECTOR_UNARY(X)                                                    \
    X(77, "v128.not", VITTE_WASM_LANES(u64, ~x))                                      \
    X(94, "f32x4.demote_f64x2_zero", demote(a))                                       \
    X(95, "f64x2.promote_low_f32x4", promote(a))                                      \
    X(96, "i8x16.abs", map<s8>(a, absolute_lane<s8>))                                 \
    X(97, "i8x16.neg", VITTE_WASM_LANES(u8, static_cast<u8>(0u - x)))                 \
    X(98, "i8x16.popcnt", VITTE_WASM_LANES(u8, count_ones(x)))                        \
    X(103, "f32x4.ceil", VITTE_WASM_LANES(float, ceiling(x)))                         \
    X(104, "f32x4.floor", VITTE_WASM_LANES(float, numeric::floor(x)))                 \
    X(105, "f32x4.trunc", VITTE_WASM_LANES(float, truncate(x)))                       \
    X(106, "f32x4.nearest", VITTE_WASM_LANES(float, nearest(x)))                      \
    X(116, "f64x2.ceil", VITTE_WASM_LANES(double, ceiling(x)))                        \
    X(117, "f64x2.floor", VITTE_WASM_LANES(double, numeric::floor(x)))                \
    X(122, "f64x2.trunc", VITTE_WASM_LANES(double, truncate(x)))                      \
    X(124, "i16x8.extadd_pairwise_i8x16_s", (add_pairs<s8, s16>(a)))                  \
    X(125, "i16x8.extadd_pairwise_i8x16_u", (add_pairs<u8, u16>(a)))                  \
    X(126, "i32x4.extadd_pairwise_i16x8_s", (add_pairs<s16, s32>(a)))                 \
    X(127, "i32x4.extadd_pairwise_i16x8_u", (add_pairs<u16, u32>(a)))                 \
    X(128, "i16x8.abs", map<s16>(a, absolute_lane<s16>))                              \
    X(129, "i16x8.neg", VITTE_WASM_LANES(u16, static_cast<u16>(0u - x)))              \
    X(148, "f64x2.nearest", VITTE_WASM_LANES(double, nearest(x)))                     \
    X(160, "i32x4.abs", map<s32>(a, absolute_lane<s32>))                              \
    X(161, "i32x4.neg", VITTE_WASM_LANES(u32, 0u - x))                                \
    X(192, "i64x2.abs", map<s64>(a, absolute_lane<s64>))                              \
    X(193, "i64x2.neg", VITTE_WASM_LANES(u64, u64{0} - x))                            \
    X(224, "f32x4.abs", VITTE_WASM_LANES(float, absolute(x)))                         \
    X(225, "f32x4.neg", VITTE_WASM_LANES(float, negated(x)))                          \
    X(227, "f32x4.sqrt", VITTE_WASM_LANES(float, square_root(x)))                     \
    X(236, "f64x2.abs", VITTE_WASM_LANES(double, absolute(x)))                        \
    X(237, "f64x2.neg", VITTE_WASM_LANES(double, negated(x)))                         \
    X(239, "f64x2.sqrt", VITTE_WASM_LANES(double, square_root(x)))                    \
    X(248, "i32x4.trunc_sat_f32x4_s", VITTE_WASM_LANES(float, saturated<s32>(x)))     \
    X(249, "i32x4.trunc_sat_f32x4_u", VITTE_WASM_LANES(float, saturated<u32>(x)))     \
    X(250, "f32x4.convert_i32x4_s", VITTE_WASM_LANES(s32, static_cast<float>(x)))     \
    X(251, "f32x4.convert_i32x4_u", VITTE_WASM_LANES(u32, static_cast<float>(x)))     \
    X(252, "i32x4.trunc_sat_f64x2_s_zero", saturate_doubles<s32>(a))                  \
    X(253, "i32x4.trunc_sat_f64x2_u_zero", saturate_doubles<u32>(a))                  \
    X(254, "f64x2.convert_low_i32x4_s", to_doubles<s32>(a))                           \
    X(255, "f64x2.convert_low_i32x4_u", to_doubles<u32>(a))                           \
    X(257, "i32x4.relaxed_trunc_f32x4_s", VITTE_WASM_LANES(float, saturated<s32>(x))) \
    X(258, "i32x4.relaxed_trunc_f32x4_u", VITTE_WASM_LANES(float, saturated<u32>(x))) \
    X(259, "i32x4.relaxed_trunc_f64x2_s_zero", saturate_doubles<s32>(a))              \
    X(260, "i32x4.relaxed_trunc_f64x2_u_zero", saturate_doubles<u32>(a))              \
    VITTE_WASM_VECTOR_EXTEND(X, 135, "i16x8.extend", "i8x16", s8, u8, s16, u16)       \
    VITTE_WASM_VECTOR_EXTEND(X, 167, "i32x4.extend", "i16x8", s16, u16, s32, u32)     \
    VITTE_WASM_VECTOR_EXTEND(X, 199, "i64x2.extend", "i32x4", s32, u32, s64, u64)

#define VITTE_WASM_VECTOR_EXTEND(X, first, t, from, S, U, WS, WU)                 \
    X(first + 0, t "_low_" from "_s", (extend_half<S, WS>(a, 0)))                 \
    X(first + 1, t "_high_" from "_s", (extend_half<S, WS>(a, lanes<WS>::count))) \
    X(first + 2, t "_low_" from "_u", (extend_half<U, WU>(a, 0)))                 \
    X(first + 3, t "_high_" from "_u", (extend_half<U, WU>(a, lanes<WS>::count)))

/// X(opcode, text, result of the vectors `a` and `b`)
#define VITTE_WASM_VECTOR_BINARY(X)                                                   \
    X(14, "i8x16.swizzle", swizzle(a, b))                                             \
    X(256, "i8x16.relaxed_swizzle", swizzle(a, b))                                    \
    VITTE_WASM_VECTOR_COMPARE(X, 35, "i8x16", s8, u8)                                 \
    VITTE_WASM_VECTOR_COMPARE(X, 45, "i16x8", s16, u16)                               \
    VITTE_WASM_VECTOR_COMPARE(X, 55, "i32x4", s32, u32)                               \
    VITTE_WASM_VECTOR_COMPARE_FLOAT(X, 65, "f32x4", float)                            \
    VITTE_WASM_VECTOR_COMPARE_FLOAT(X, 71, "f64x2", double)                           \
    X(214, "i64x2.eq", VITTE_WASM_TEST(u64, x == y))                                  \
    X(215, "i64x2.ne", VITTE_WASM_TEST(u64, x != y))                                  \
    X(216, "i64x2.lt_s", VITTE_WASM_TEST(s64, x < y))                                 \
    X(217, "i64x2.gt_s", VITTE_WASM_TEST(s64, x > y))                                 \
    X(218, "i64x2.le_s", VITTE_WASM_TEST(s64, x <= y))                                \
    X(219, "i64x2.ge_s", VITTE_WASM_TEST(s64, x >= y))                                \
    X(78, "v128.and", VITTE_WASM_LANES2(u64, x& y))                                   \
    X(79, "v128.andnot", VITTE_WASM_LANES2(u64, x & ~y))                              \
    X(80, "v128.or", VITTE_WASM_LANES2(u64, x | y))                                   \
    X(81, "v128.xor", VITTE_WASM_LANES2(u64, x ^ y))                                  \
    X(101, "i8x16.narrow_i16x8_s", (narrow<s16, s8>(a, b)))                           \
    X(102, "i8x16.narrow_i16x8_u", (narrow<s16, u8>(a, b)))                           \
    X(133, "i16x8.narrow_i32x4_s", (narrow<s32, s16>(a, b)))                          \
    X(134, "i16x8.narrow_i32x4_u", (narrow<s32, u16>(a, b)))                          \
    VITTE_WASM_VECTOR_SATURATE(X, 110, "i8x16", s8, u8)                               \
    VITTE_WASM_VECTOR_SATURATE(X, 142, "i16x8", s16, u16)                             \
    VITTE_WASM_VECTOR_EXTREMES(X, 118, "i8x16", s8, u8)                               \
    VITTE_WASM_VECTOR_EXTREMES(X, 150, "i16x8", s16, u16)                             \
    VITTE_WASM_VECTOR_EXTREMES(X, 182, "i32x4", s32, u32)                             \
    X(123, "i8x16.avgr_u", VITTE_WASM_LANES2(u8, static_cast<u8>((x + y + 1) / 2)))   \
    X(155, "i16x8.avgr_u", VITTE_WASM_LANES2(u16, static_cast<u16>((x + y + 1) / 2))) \
    X(130, "i16x8.q15mulr_sat_s", map<s16>(a, b, multiply_q15))                       \
    X(273, "i16x8.relaxed_q15mulr_s", map<s16>(a, b, multiply_q15))                   \
    X(149, "i16x8.mul", multiply<u16>(a, b))                                          \
    X(174, "i32x4.add", VITTE_WASM_LANES2(u32, x + y))                                \
    X(177, "i32x4.sub", VITTE_WASM_LANES2(u32, x - y))                                \
    X(181, "i32x4.mul", multiply<u32>(a, b))                                          \
    X(186, "i32x4.dot_i16x8_s", dot(a, b))                                            \
    X(206, "i64x2.add", VITTE_WASM_LANES2(u64, x + y))                                \
    X(209, "i64x2.sub", VITTE_WASM_LANES2(u64, x - y))                                \
    X(213, "i64x2.mul", multiply<u64>(a, b))                                          \
    X(274, "i16x8.relaxed_dot_i8x16_i7x16_s", dot_bytes(a, b))                        \
    VITTE_WASM_VECTOR_MULTIPLY(X, 156, "i16x8.extmul", "i8x16", s8, u8, s16, u16)     \
    VITTE_WASM_VECTOR_MULTIPLY(X, 188, "i32x4.extmul", "i16x8", s16, u16, s32, u32)   \
    VITTE_WASM_VECTOR_MULTIPLY(X, 220, "i64x2.extmul", "i32x4", s32, u32, s64, u64)   \
    VITTE_WASM_VECTOR_FLOAT(X, 228, "f32x4", float)                                   \
    VITTE_WASM_VECTOR_FLOAT(X, 240, "f64x2", double)                                  \
    X(269, "f32x4.relaxed_min", VITTE_WASM_LANES2(float, minimum(x, y)))              \
    X(270, "f32x4.relaxed_max", VITTE_WASM_LANES2(float, maximum(x, y)))              \
    X(271, "f64x2.relaxed_min", VITTE_WASM_LANES2(double, minimum(x, y)))             \
    X(272, "f64x2.relaxed_max", VITTE_WASM_LANES2(double, maximum(x, y)))

#define VITTE_WASM_VECTOR_COMPARE(X, first, t, S, U)    \
    X(first + 0, t ".eq", VITTE_WASM_TEST(U, x == y))   \
    X(first + 1, t ".ne", VITTE_WASM_TEST(U, x != y))   \
    X(first + 2, t ".lt_s", VITTE_WASM_TEST(S, x < y))  \
    X(first + 3, t ".lt_u", VITTE_WASM_TEST(U, x < y))  \
    X(first + 4, t ".gt_s", VITTE_WASM_TEST(S, x > y))  \
    X(first + 5, t ".gt_u", VITTE_WASM_TEST(U, x > y))  \
    X(first + 6, t ".le_s", VITTE_WASM_TEST(S, x <= y)) \
    X(first + 7, t ".le_u", VITTE_WASM_TEST(U, x <= y)) \
    X(first + 8, t ".ge_s", VITTE_WASM_TEST(S, x >= y)) \
    X(first + 9, t ".ge_u", VITTE_WASM_TEST(U, x >= y))
#define VITTE_WASM_VECTOR_COMPARE_FLOAT(X, first, t, F) \
    X(first + 0, t ".eq", VITTE_WASM_TEST(F, x == y))   \
    X(first + 1, t ".ne", VITTE_WASM_TEST(F, x != y))   \
    X(first + 2, t ".lt", VITTE_WASM_TEST(F, x < y))    \
    X(first + 3, t ".gt", VITTE_WASM_TEST(F, x > y))    \
    X(first + 4, t ".le", VITTE_WASM_TEST(F, x <= y))   \
    X(first + 5, t ".ge", VITTE_WASM_TEST(F, x >= y))
#define VITTE_WASM_VECTOR_SATURATE(X, first, t, S, U)                   \
    X(first + 0, t ".add", VITTE_WASM_LANES2(U, static_cast<U>(x + y))) \
    X(first + 1, t ".add_sat_s", VITTE_WASM_LANES2(S, clamp<S>(x + y))) \
    X(first + 2, t ".add_sat_u", VITTE_WASM_LANES2(U, clamp<U>(x + y))) \
    X(first + 3, t ".sub", VITTE_WASM_LANES2(U, static_cast<U>(x - y))) \
    X(first + 4, t ".sub_sat_s", VITTE_WASM_LANES2(S, clamp<S>(x - y))) \
    X(first + 5, t ".sub_sat_u", VITTE_WASM_LANES2(U, clamp<U>(x - y)))
#define VITTE_WASM_VECTOR_EXTREMES(X, first, t, S, U)             \
    X(first + 0, t ".min_s", VITTE_WASM_LANES2(S, x < y ? x : y)) \
    X(first + 1, t ".min_u", VITTE_WASM_LANES2(U, x < y ? x : y)) \
    X(first + 2, t ".max_s", VITTE_WASM_LANES2(S, x > y ? x : y)) \
    X(first + 3, t ".max_u", VITTE_WASM_LANES2(U, x > y ? x : y))
#define VITTE_WASM_VECTOR_MULTIPLY(X, first, t, from, S, U, WS, WU)                    \
    X(first + 0, t "_low_" from "_s", (multiply_half<S, WS>(a, b, 0)))                 \
    X(first + 1, t "_high_" from "_s", (multiply_half<S, WS>(a, b, lanes<WS>::count))) \
    X(first + 2, t "_low_" from "_u", (multiply_half<U, WU>(a, b, 0)))                 \
    X(first + 3, t "_high_" from "_u", (multiply_half<U, WU>(a, b, lanes<WS>::count)))
#define VITTE_WASM_VECTOR_FLOAT(X, first, t, F)                  \
    X(first + 0, t ".add", VITTE_WASM_LANES2(F, x + y))          \
    X(first + 1, t ".sub", VITTE_WASM_LANES2(F, x - y))          \
    X(first + 2, t ".mul", VITTE_WASM_LANES2(F, x * y))          \
    X(first + 3, t ".div", VITTE_WASM_LANES2(F, x / y))          \
    X(first + 4, t ".min", VITTE_WASM_LANES2(F, minimum(x, y)))  \
    X(first + 5, t ".max", VITTE_WASM_LANES2(F, maximum(x, y)))  \
    X(first + 6, t ".pmin", VITTE_WASM_LANES2(F, y < x ? y : x)) \
    X(first + 7, t ".pmax", VITTE_WASM_LANES2(F, x < y ? y : x))

/// X(opcode, text, result of the vectors `a`, `b` and `c`)
#define VITTE_WASM_VECTOR_TERNARY(X)                                                                      \
    X(82, "v128.bitselect", select_bits(a, b, c))                                                         \
    X(261, "f32x4.relaxed_madd", map<float>(a, b, c, fused<float>))                                       \
    X(262, "f32x4.relaxed_nmadd", map<float>(VITTE_WASM_LANES(float, negated(x)), b, c, fused<float>))    \
    X(263, "f64x2.relaxed_madd", map<double>(a, b, c, fused<double>))                                     \
    X(264, "f64x2.relaxed_nmadd", map<double>(VITTE_WASM_LANES(double, negated(x)), b, c, fused<double>)) \
    X(265, "i8x16.relaxed_laneselect", select_bits(a, b, c))                                              \
    X(266, "i16x8.relaxed_laneselect", select_bits(a, b, c))                                              \
    X(267, "i32x4.relaxed_laneselect", select_bits(a, b, c))                                              \
    X(268, "i64x2.relaxed_laneselect", select_bits(a, b, c))                                              \
    X(275, "i32x4.relaxed_dot_i8x16_i7x16_add_s", map<u32>(add_pairs<s16, s32>(dot_bytes(a, b)), c, sum_of))

/// X(opcode, text, number made of the vector `a`)
#define VITTE_WASM_VECTOR_TEST(X)                                  \
    X(83, "v128.any_true", ((a.half[0] | a.half[1]) != 0 ? 1 : 0)) \
    X(99, "i8x16.all_true", all_true<u8>(a))                       \
    X(131, "i16x8.all_true", all_true<u16>(a))                     \
    X(163, "i32x4.all_true", all_true<u32>(a))                     \
    X(195, "i64x2.all_true", all_true<u64>(a))                     \
    X(100, "i8x16.bitmask", bit_mask<s8>(a))                       \
    X(132, "i16x8.bitmask", bit_mask<s16>(a))                      \
    X(164, "i32x4.bitmask", bit_mask<s32>(a))                      \
    X(196, "i64x2.bitmask", bit_mask<s64>(a))

/// X(opcode, text, lane type, result of the lane `x` and the distance `by`, which is less than the lane's bits)
#define VITTE_WASM_VECTOR_SHIFT(X)                      \
    VITTE_WASM_VECTOR_SHIFTS(X, 107, "i8x16", s8, u8)   \
    VITTE_WASM_VECTOR_SHIFTS(X, 139, "i16x8", s16, u16) \
    VITTE_WASM_VECTOR_SHIFTS(X, 171, "i32x4", s32, u32) \
    VITTE_WASM_VECTOR_SHIFTS(X, 203, "i64x2", s64, u64)
#define VITTE_WASM_VECTOR_SHIFTS(X, first, t, S, U)      \
    X(first + 0, t ".shl", U, static_cast<U>(x << by))   \
    X(first + 1, t ".shr_s", S, static_cast<S>(x >> by)) \
    X(first + 2, t ".shr_u", U, static_cast<U>(x >> by))

/// X(opcode, text, lane type, type of the number)
#define VITTE_WASM_VECTOR_SPLAT(X)     \
    X(15, "i8x16.splat", u8, u32)      \
    X(16, "i16x8.splat", u16, u32)     \
    X(17, "i32x4.splat", u32, u32)     \
    X(18, "i64x2.splat", u64, u64)     \
    X(19, "f32x4.splat", float, float) \
    X(20, "f64x2.splat", double, double)
#define VITTE_WASM_VECTOR_EXTRACT(X)          \
    X(21, "i8x16.extract_lane_s", s8, u32)    \
    X(22, "i8x16.extract_lane_u", u8, u32)    \
    X(24, "i16x8.extract_lane_s", s16, u32)   \
    X(25, "i16x8.extract_lane_u", u16, u32)   \
    X(27, "i32x4.extract_lane", u32, u32)     \
    X(29, "i64x2.extract_lane", u64, u64)     \
    X(31, "f32x4.extract_lane", float, float) \
    X(33, "f64x2.extract_lane", double, double)
#define VITTE_WASM_VECTOR_REPLACE(X)          \
    X(23, "i8x16.replace_lane", u8, u32)      \
    X(26, "i16x8.replace_lane", u16, u32)     \
    X(28, "i32x4.replace_lane", u32, u32)     \
    X(30, "i64x2.replace_lane", u64, u64)     \
    X(32, "f32x4.replace_lane", float, float) \
    X(34, "f64x2.replace_lane", double, double)

/// X(opcode, text, bytes in memory, vector made of the bytes at `p`)
#define VITTE_WASM_VECTOR_LOAD(X)                                                       \
    X(0, "v128.load", 16, ops::get<vector>(p))                                          \
    X(1, "v128.load8x8_s", 8, (extend_half<s8, s16>(low_half(p), 0)))                   \
    X(2, "v128.load8x8_u", 8, (extend_half<u8, u16>(low_half(p), 0)))                   \
    X(3, "v128.load16x4_s", 8, (extend_half<s16, s32>(low_half(p), 0)))                 \
    X(4, "v128.load16x4_u", 8, (extend_half<u16, u32>(low_half(p), 0)))                 \
    X(5, "v128.load32x2_s", 8, (extend_half<s32, s64>(low_half(p), 0)))                 \
    X(6, "v128.load32x2_u", 8, (extend_half<u32, u64>(low_half(p), 0)))                 \
    X(7, "v128.load8_splat", 1, splat(ops::load_little<u8>(p)))                         \
    X(8, "v128.load16_splat", 2, splat(ops::load_little<u16>(p)))                       \
    X(9, "v128.load32_splat", 4, splat(ops::load_little<u32>(p)))                       \
    X(10, "v128.load64_splat", 8, splat(ops::load_little<u64>(p)))                      \
    X(92, "v128.load32_zero", 4, pack(lanes<u32>{{ops::load_little<u32>(p), 0, 0, 0}})) \
    X(93, "v128.load64_zero", 8, low_half(p))
/// X(opcode of the load, opcode of the store, text of each, lane type)
#define VITTE_WASM_VECTOR_LANE(X)                           \
    X(84, 88, "v128.load8_lane", "v128.store8_lane", u8)    \
    X(85, 89, "v128.load16_lane", "v128.store16_lane", u16) \
    X(86, 90, "v128.load32_lane", "v128.store32_lane", u32) \
    X(87, 91, "v128.load64_lane", "v128.store64_lane", u64)
