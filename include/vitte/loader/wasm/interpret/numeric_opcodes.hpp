/// The instructions that only compute, as one table: the validator, the translator and the interpreter are made of it.
///
/// Opcodes are numbers: one byte as it is, behind 0xfc plus 0x100, behind 0xfd plus 0x200 (core specification, 5.4).
#pragma once

#include <vitte/loader/wasm/interpret/numeric.hpp>

/// X(opcode, name, text, operand type, result type, trap or none, result): `a` is the operand.
#define VITTE_WASM_UNARY(X)                                                                               \
    X(0x45, i32_eqz, "i32.eqz", u32, u32, none, a == 0)                                                   \
    X(0x50, i64_eqz, "i64.eqz", u64, u32, none, a == 0)                                                   \
    X(0x67, i32_clz, "i32.clz", u32, u32, none, static_cast<u32>(std::countl_zero(a)))                    \
    X(0x68, i32_ctz, "i32.ctz", u32, u32, none, static_cast<u32>(std::countr_zero(a)))                    \
    X(0x69, i32_popcnt, "i32.popcnt", u32, u32, none, static_cast<u32>(std::popcount(a)))                 \
    X(0x79, i64_clz, "i64.clz", u64, u64, none, static_cast<u64>(std::countl_zero(a)))                    \
    X(0x7a, i64_ctz, "i64.ctz", u64, u64, none, static_cast<u64>(std::countr_zero(a)))                    \
    X(0x7b, i64_popcnt, "i64.popcnt", u64, u64, none, static_cast<u64>(std::popcount(a)))                 \
    X(0x8b, f32_abs, "f32.abs", float, float, none, absolute(a))                                          \
    X(0x8c, f32_neg, "f32.neg", float, float, none, negated(a))                                           \
    X(0x8d, f32_ceil, "f32.ceil", float, float, none, ceiling(a))                                         \
    X(0x8e, f32_floor, "f32.floor", float, float, none, numeric::floor(a))                                \
    X(0x8f, f32_trunc, "f32.trunc", float, float, none, truncate(a))                                      \
    X(0x90, f32_nearest, "f32.nearest", float, float, none, nearest(a))                                   \
    X(0x91, f32_sqrt, "f32.sqrt", float, float, none, square_root(a))                                     \
    X(0x99, f64_abs, "f64.abs", double, double, none, absolute(a))                                        \
    X(0x9a, f64_neg, "f64.neg", double, double, none, negated(a))                                         \
    X(0x9b, f64_ceil, "f64.ceil", double, double, none, ceiling(a))                                       \
    X(0x9c, f64_floor, "f64.floor", double, double, none, numeric::floor(a))                              \
    X(0x9d, f64_trunc, "f64.trunc", double, double, none, truncate(a))                                    \
    X(0x9e, f64_nearest, "f64.nearest", double, double, none, nearest(a))                                 \
    X(0x9f, f64_sqrt, "f64.sqrt", double, double, none, square_root(a))                                   \
    X(0xa7, i32_wrap_i64, "i32.wrap_i64", u64, u32, none, static_cast<u32>(a))                            \
    X(0xa8, i32_trunc_f32_s, "i32.trunc_f32_s", float, u32, check_conversion<s32>(a), converted<s32>(a))  \
    X(0xa9, i32_trunc_f32_u, "i32.trunc_f32_u", float, u32, check_conversion<u32>(a), converted<u32>(a))  \
    X(0xaa, i32_trunc_f64_s, "i32.trunc_f64_s", double, u32, check_conversion<s32>(a), converted<s32>(a)) \
    X(0xab, i32_trunc_f64_u, "i32.trunc_f64_u", double, u32, check_conversion<u32>(a), converted<u32>(a)) \
    X(0xac, i64_extend_i32_s, "i64.extend_i32_s", u32, u64, none, extend<s32>(u64{a}))                    \
    X(0xad, i64_extend_i32_u, "i64.extend_i32_u", u32, u64, none, u64{a})                                 \
    X(0xae, i64_trunc_f32_s, "i64.trunc_f32_s", float, u64, check_conversion<s64>(a), converted<s64>(a))  \
    X(0xaf, i64_trunc_f32_u, "i64.trunc_f32_u", float, u64, check_conversion<u64>(a), converted<u64>(a))  \
    X(0xb0, i64_trunc_f64_s, "i64.trunc_f64_s", double, u64, check_conversion<s64>(a), converted<s64>(a)) \
    X(0xb1, i64_trunc_f64_u, "i64.trunc_f64_u", double, u64, check_conversion<u64>(a), converted<u64>(a)) \
    X(0xb2, f32_convert_i32_s, "f32.convert_i32_s", u32, float, none, static_cast<float>(to_signed(a)))   \
    X(0xb3, f32_convert_i32_u, "f32.convert_i32_u", u32, float, none, static_cast<float>(a))              \
    X(0xb4, f32_convert_i64_s, "f32.convert_i64_s", u64, float, none, static_cast<float>(to_signed(a)))   \
    X(0xb5, f32_convert_i64_u, "f32.convert_i64_u", u64, float, none, static_cast<float>(a))              \
    X(0xb6, f32_demote_f64, "f32.demote_f64", double, float, none, static_cast<float>(a))                 \
    X(0xb7, f64_convert_i32_s, "f64.convert_i32_s", u32, double, none, static_cast<double>(to_signed(a))) \
    X(0xb8, f64_convert_i32_u, "f64.convert_i32_u", u32, double, none, static_cast<double>(a))            \
    X(0xb9, f64_convert_i64_s, "f64.convert_i64_s", u64, double, none, static_cast<double>(to_signed(a))) \
    X(0xba, f64_convert_i64_u, "f64.convert_i64_u", u64, double, none, static_cast<double>(a))            \
    X(0xbb, f64_promote_f32, "f64.promote_f32", float, double, none, static_cast<double>(a))              \
    X(0xbc, i32_reinterpret_f32, "i32.reinterpret_f32", float, u32, none, std::bit_cast<u32>(a))          \
    X(0xbd, i64_reinterpret_f64, "i64.reinterpret_f64", double, u64, none, std::bit_cast<u64>(a))         \
    X(0xbe, f32_reinterpret_i32, "f32.reinterpret_i32", u32, float, none, std::bit_cast<float>(a))        \
    X(0xbf, f64_reinterpret_i64, "f64.reinterpret_i64", u64, double, none, std::bit_cast<double>(a))      \
    X(0xc0, i32_extend8_s, "i32.extend8_s", u32, u32, none, extend<s8>(a))                                \
    X(0xc1, i32_extend16_s, "i32.extend16_s", u32, u32, none, extend<s16>(a))                             \
    X(0xc2, i64_extend8_s, "i64.extend8_s", u64, u64, none, extend<s8>(a))                                \
    X(0xc3, i64_extend16_s, "i64.extend16_s", u64, u64, none, extend<s16>(a))                             \
    X(0xc4, i64_extend32_s, "i64.extend32_s", u64, u64, none, extend<s32>(a))                             \
    X(0x100, i32_trunc_sat_f32_s, "i32.trunc_sat_f32_s", float, u32, none, saturated<s32>(a))             \
    X(0x101, i32_trunc_sat_f32_u, "i32.trunc_sat_f32_u", float, u32, none, saturated<u32>(a))             \
    X(0x102, i32_trunc_sat_f64_s, "i32.trunc_sat_f64_s", double, u32, none, saturated<s32>(a))            \
    X(0x103, i32_trunc_sat_f64_u, "i32.trunc_sat_f64_u", double, u32, none, saturated<u32>(a))            \
    X(0x104, i64_trunc_sat_f32_s, "i64.trunc_sat_f32_s", float, u64, none, saturated<s64>(a))             \
    X(0x105, i64_trunc_sat_f32_u, "i64.trunc_sat_f32_u", float, u64, none, saturated<u64>(a))             \
    X(0x106, i64_trunc_sat_f64_s, "i64.trunc_sat_f64_s", double, u64, none, saturated<s64>(a))            \
    X(0x107, i64_trunc_sat_f64_u, "i64.trunc_sat_f64_u", double, u64, none, saturated<u64>(a))

/// X(opcode, name, text, operand type, whether operands may be exchanged, trap or none, result): `a` and `b` are the
/// operands, of the same type as the result.
#define VITTE_WASM_BINARY(X)                     \
    VITTE_WASM_BINARY_INTEGER(X, 0x6a, i32, u32) \
    VITTE_WASM_BINARY_INTEGER(X, 0x7c, i64, u64) \
    VITTE_WASM_BINARY_FLOAT(X, 0x92, f32, float) \
    VITTE_WASM_BINARY_FLOAT(X, 0xa0, f64, double)

#define VITTE_WASM_BINARY_INTEGER(X, first, t, T)                                                    \
    X(first + 0, t##_add, #t ".add", T, true, none, a + b)                                           \
    X(first + 1, t##_sub, #t ".sub", T, false, none, a - b)                                          \
    X(first + 2, t##_mul, #t ".mul", T, true, none, a * b)                                           \
    X(first + 3, t##_div_s, #t ".div_s", T, false, check_signed_division(a, b), divide_signed(a, b)) \
    X(first + 4, t##_div_u, #t ".div_u", T, false, check_divisor(b), a / b)                          \
    X(first + 5, t##_rem_s, #t ".rem_s", T, false, check_divisor(b), remainder_signed(a, b))         \
    X(first + 6, t##_rem_u, #t ".rem_u", T, false, check_divisor(b), a % b)                          \
    X(first + 7, t##_and, #t ".and", T, true, none, a & b)                                           \
    X(first + 8, t##_or, #t ".or", T, true, none, a | b)                                             \
    X(first + 9, t##_xor, #t ".xor", T, true, none, a ^ b)                                           \
    X(first + 10, t##_shl, #t ".shl", T, false, none, a << (b & (8 * sizeof(T) - 1)))                \
    X(first + 11, t##_shr_s, #t ".shr_s", T, false, none, shift_right_signed(a, b))                  \
    X(first + 12, t##_shr_u, #t ".shr_u", T, false, none, a >> (b & (8 * sizeof(T) - 1)))            \
    X(first + 13, t##_rotl, #t ".rotl", T, false, none, rotate_left(a, b))                           \
    X(first + 14, t##_rotr, #t ".rotr", T, false, none, rotate_right(a, b))

#define VITTE_WASM_BINARY_FLOAT(X, first, t, T)                          \
    X(first + 0, t##_add, #t ".add", T, true, none, a + b)               \
    X(first + 1, t##_sub, #t ".sub", T, false, none, a - b)              \
    X(first + 2, t##_mul, #t ".mul", T, true, none, uncontracted(a * b)) \
    X(first + 3, t##_div, #t ".div", T, false, none, a / b)              \
    X(first + 4, t##_min, #t ".min", T, false, none, minimum(a, b))      \
    X(first + 5, t##_max, #t ".max", T, false, none, maximum(a, b))      \
    X(first + 6, t##_copysign, #t ".copysign", T, false, none, copy_sign(a, b))

/// X(opcode, name, text, operand type, opcode with operands exchanged, opcode of the opposite or 0, result)
#define VITTE_WASM_COMPARE(X)                     \
    VITTE_WASM_COMPARE_INTEGER(X, 0x46, i32, u32) \
    VITTE_WASM_COMPARE_INTEGER(X, 0x51, i64, u64) \
    VITTE_WASM_COMPARE_FLOAT(X, 0x5b, f32, float) \
    VITTE_WASM_COMPARE_FLOAT(X, 0x61, f64, double)

#define VITTE_WASM_COMPARE_INTEGER(X, first, t, T)                                            \
    X(first + 0, t##_eq, #t ".eq", T, first + 0, first + 1, a == b)                           \
    X(first + 1, t##_ne, #t ".ne", T, first + 1, first + 0, a != b)                           \
    X(first + 2, t##_lt_s, #t ".lt_s", T, first + 4, first + 8, to_signed(a) < to_signed(b))  \
    X(first + 3, t##_lt_u, #t ".lt_u", T, first + 5, first + 9, a < b)                        \
    X(first + 4, t##_gt_s, #t ".gt_s", T, first + 2, first + 6, to_signed(a) > to_signed(b))  \
    X(first + 5, t##_gt_u, #t ".gt_u", T, first + 3, first + 7, a > b)                        \
    X(first + 6, t##_le_s, #t ".le_s", T, first + 8, first + 4, to_signed(a) <= to_signed(b)) \
    X(first + 7, t##_le_u, #t ".le_u", T, first + 9, first + 5, a <= b)                       \
    X(first + 8, t##_ge_s, #t ".ge_s", T, first + 6, first + 2, to_signed(a) >= to_signed(b)) \
    X(first + 9, t##_ge_u, #t ".ge_u", T, first + 7, first + 3, a >= b)

#define VITTE_WASM_COMPARE_FLOAT(X, first, t, T)            \
    X(first + 0, t##_eq, #t ".eq", T, first + 0, 0, a == b) \
    X(first + 1, t##_ne, #t ".ne", T, first + 1, 0, a != b) \
    X(first + 2, t##_lt, #t ".lt", T, first + 3, 0, a < b)  \
    X(first + 3, t##_gt, #t ".gt", T, first + 2, 0, a > b)  \
    X(first + 4, t##_le, #t ".le", T, first + 5, 0, a <= b) \
    X(first + 5, t##_ge, #t ".ge", T, first + 4, 0, a >= b)

/// X(opcode, name, text, type in memory, type of the value)
#define VITTE_WASM_LOAD(X)                          \
    X(0x28, i32_load, "i32.load", u32, u32)         \
    X(0x29, i64_load, "i64.load", u64, u64)         \
    X(0x2a, f32_load, "f32.load", float, float)     \
    X(0x2b, f64_load, "f64.load", double, double)   \
    X(0x2c, i32_load8_s, "i32.load8_s", s8, u32)    \
    X(0x2d, i32_load8_u, "i32.load8_u", u8, u32)    \
    X(0x2e, i32_load16_s, "i32.load16_s", s16, u32) \
    X(0x2f, i32_load16_u, "i32.load16_u", u16, u32) \
    X(0x30, i64_load8_s, "i64.load8_s", s8, u64)    \
    X(0x31, i64_load8_u, "i64.load8_u", u8, u64)    \
    X(0x32, i64_load16_s, "i64.load16_s", s16, u64) \
    X(0x33, i64_load16_u, "i64.load16_u", u16, u64) \
    X(0x34, i64_load32_s, "i64.load32_s", s32, u64) \
    X(0x35, i64_load32_u, "i64.load32_u", u32, u64)
#define VITTE_WASM_STORE(X)                         \
    X(0x36, i32_store, "i32.store", u32, u32)       \
    X(0x37, i64_store, "i64.store", u64, u64)       \
    X(0x38, f32_store, "f32.store", float, float)   \
    X(0x39, f64_store, "f64.store", double, double) \
    X(0x3a, i32_store8, "i32.store8", u8, u32)      \
    X(0x3b, i32_store16, "i32.store16", u16, u32)   \
    X(0x3c, i64_store8, "i64.store8", u8, u64)      \
    X(0x3d, i64_store16, "i64.store16", u16, u64)   \
    X(0x3e, i64_store32, "i64.store32", u32, u64)
