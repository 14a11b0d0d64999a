/// The static relocations of Thumb-2 code for M-profile CPUs (ELF for the Arm Architecture, AAELF32, "Relocation"), in
/// the words of `native/object/relocation.hpp`. Addends may stand in the fields themselves (SHT_REL). Those of A32
/// code, which these CPUs cannot run, of a global offset table and of thread-local storage are not known.
#pragma once

#include <vitte/loader/native/object/relocation.hpp>

namespace vitte::loader::firmware {

using native::object::fit;
using native::object::origin;
using native::object::subject;

/// Bits that a relocation is put into. Instructions are those of the Armv7-M Architecture Reference Manual, A7.7.
enum class field : std::uint8_t {
    none,
    word,
    word31,     ///< all but the highest bit
    branch24,   ///< BL, B (encoding T4): a distance of 25 bits
    branch19,   ///< B of a condition (T3): 21 bits
    branch11,   ///< B (T2): 12 bits
    branch8,    ///< B of a condition (T1): 9 bits
    move_low,   ///< MOVW (T3): the lower half
    move_high,  ///< MOVT (T1): the upper half
};

using rule = native::object::rule<field>;

inline constexpr rule rules[] = {
    {0, subject::nothing, origin::zero, field::none},        // R_ARM_NONE
    {2, subject::symbol, origin::zero, field::word},         // ABS32
    {3, subject::symbol, origin::place, field::word},        // REL32
    {10, subject::branch, origin::place, field::branch24},   // THM_CALL
    {30, subject::branch, origin::place, field::branch24},   // THM_JUMP24
    {38, subject::symbol, origin::zero, field::word},        // TARGET1, which is ABS32 on bare metal
    {40, subject::nothing, origin::zero, field::none},       // V4BX
    {42, subject::symbol, origin::place, field::word31},     // PREL31
    {47, subject::symbol, origin::zero, field::move_low},    // THM_MOVW_ABS_NC
    {48, subject::symbol, origin::zero, field::move_high},   // THM_MOVT_ABS
    {49, subject::symbol, origin::place, field::move_low},   // THM_MOVW_PREL_NC
    {50, subject::symbol, origin::place, field::move_high},  // THM_MOVT_PREL
    {51, subject::branch, origin::place, field::branch19},   // THM_JUMP19
    {102, subject::branch, origin::place, field::branch11},  // THM_JUMP11
    {103, subject::branch, origin::place, field::branch8},   // THM_JUMP8
};
inline constexpr native::object::rule_index<field, std::size(rules), 104> rule_by_type{rules};

constexpr std::size_t size_of(field f) noexcept {
    return f == field::none ? 0 : f == field::branch11 || f == field::branch8 ? 2 : 4;
}

namespace detail {

constexpr std::int32_t sign_extended(std::uint32_t value, unsigned bits) noexcept {
    const std::uint32_t sign = std::uint32_t{1} << (bits - 1);
    return static_cast<std::int32_t>(((value & ((sign << 1) - 1)) ^ sign) - sign);
}
/// The two halves of an instruction as one number, the first one above.
constexpr std::uint32_t instruction(const std::byte* at) noexcept {
    return std::uint32_t{load<std::uint16_t>(at, byte_order::little)} << 16 |
           load<std::uint16_t>(at + 2, byte_order::little);
}
constexpr void replace_instruction(std::byte* at, std::uint32_t mask, std::uint32_t bits) noexcept {
    const std::uint32_t made = (instruction(at) & ~mask) | (bits & mask);
    store(at, static_cast<std::uint16_t>(made >> 16), byte_order::little);
    store(at + 2, static_cast<std::uint16_t>(made), byte_order::little);
}

}  // namespace detail

/// The addend that the field at `at`, of `size_of(from)` bytes, holds before it is relocated.
constexpr std::int32_t addend_in(field from, const std::byte* at) noexcept {
    using detail::sign_extended;
    switch (from) {
        case field::none: return 0;
        case field::word: return static_cast<std::int32_t>(load<std::uint32_t>(at, byte_order::little));
        case field::word31: return sign_extended(load<std::uint32_t>(at, byte_order::little), 31);
        case field::branch11: return sign_extended(load<std::uint16_t>(at, byte_order::little) * 2u, 12);
        case field::branch8: return sign_extended(load<std::uint16_t>(at, byte_order::little) * 2u, 9);
        default: break;
    }
    const std::uint32_t is = detail::instruction(at), s = is >> 26 & 1, j1 = is >> 13 & 1, j2 = is >> 11 & 1;
    switch (from) {
        case field::branch24:
            return sign_extended(
                s << 24 | (j1 ^ s ^ 1) << 23 | (j2 ^ s ^ 1) << 22 | (is >> 16 & 0x3ff) << 12 | (is & 0x7ff) << 1, 25);
        case field::branch19:
            return sign_extended(s << 20 | j2 << 19 | j1 << 18 | (is >> 16 & 0x3f) << 12 | (is & 0x7ff) << 1, 21);
        default:  // i is where S is in branches
            return sign_extended((is >> 16 & 0xf) << 12 | s << 11 | (is >> 12 & 7) << 8 | (is & 0xff), 16);
    }
}

/// Puts `value`, which has bit 0 set if it is about Thumb code, into the field at `at`, of `size_of(into)` bytes.
constexpr fit insert(field into, std::byte* at, std::uint32_t value) noexcept {
    using native::object::fits_signed;
    using native::object::replace_bits;
    const auto distance = static_cast<std::int32_t>(value & ~std::uint32_t{1});
    const std::uint32_t d = value, s = value >> 31;
    switch (into) {
        case field::none: break;
        case field::word: store(at, value, byte_order::little); break;
        case field::word31:
            if (!fits_signed(static_cast<std::int32_t>(value), 31)) return fit::out_of_range;
            replace_bits<std::uint32_t>(at, 0x7fffffff, value);
            break;
        case field::branch24:
            if (!fits_signed(distance, 25)) return fit::out_of_range;
            // Bit 12 makes a BL of a BLX: there is no other code to go to.
            detail::replace_instruction(at, 0x07ff3fff | 1u << 12,
                                        s << 26 | (d >> 12 & 0x3ff) << 16 | ((d >> 23 & 1) ^ s ^ 1) << 13 | 1u << 12 |
                                            ((d >> 22 & 1) ^ s ^ 1) << 11 | (d >> 1 & 0x7ff));
            break;
        case field::branch19:
            if (!fits_signed(distance, 21)) return fit::out_of_range;
            detail::replace_instruction(
                at, 0x043f2fff,
                s << 26 | (d >> 12 & 0x3f) << 16 | (d >> 18 & 1) << 13 | (d >> 19 & 1) << 11 | (d >> 1 & 0x7ff));
            break;
        case field::branch11:
            if (!fits_signed(distance, 12)) return fit::out_of_range;
            replace_bits<std::uint16_t>(at, 0x7ff, static_cast<std::uint16_t>(d >> 1));
            break;
        case field::branch8:
            if (!fits_signed(distance, 9)) return fit::out_of_range;
            replace_bits<std::uint16_t>(at, 0xff, static_cast<std::uint16_t>(d >> 1));
            break;
        case field::move_low:
        case field::move_high: {
            const std::uint32_t half = into == field::move_low ? value & 0xffff : value >> 16;
            detail::replace_instruction(
                at, 0x040f70ff, (half >> 12) << 16 | (half >> 11 & 1) << 26 | (half >> 8 & 7) << 12 | (half & 0xff));
            break;
        }
    }
    return fit::fits;
}

/// What a call of, or a branch to, a weak symbol that nobody defines becomes: NOP (T2).
inline constexpr std::uint32_t wide_nop = 0xf3af8000;

/// A jump to any address for a branch that does not reach it, which changes no register and runs on Armv6-M, too:
/// PUSH {r0, r1}; LDR r0, [PC, #4]; STR r0, [SP, #4]; POP {r0, PC}; the address with bit 0 set. At a multiple of 4.
inline constexpr std::size_t veneer_size = 12;
inline void write_veneer(std::byte* at, std::uint32_t target) noexcept {
    constexpr std::uint16_t code[] = {0xb403, 0x4801, 0x9001, 0xbd01};
    for (std::size_t i = 0; i < 4; ++i) store(at + 2 * i, code[i], byte_order::little);
    store(at + 8, target | 1u, byte_order::little);
}

}  // namespace vitte::loader::firmware
