/// Relocations that compilers emit for debug information and unwind tables: few compared to those of code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <vitte/core/endian.hpp>
#include <vitte/loader/format/elf/constants.hpp>

namespace vitte::loader::native::debugger {

/// What is stored at a place of `bytes` bytes, whose address is P: S is the symbol's address, A the addend.
enum class debug_operation : std::uint8_t {
    none,
    set,       ///< S + A
    relative,  ///< S + A - P
    add,       ///< what is there + S + A
    subtract,  ///< what is there - S - A
    set_low,   ///< S + A in the lowest 6 bits
    subtract_low,
    set_leb128,  ///< S + A as ULEB128 of the length that is there
    subtract_leb128,
};

struct debug_relocation {
    std::uint32_t type;
    debug_operation operation;
    std::uint8_t bytes;
};

namespace detail {
using enum debug_operation;
/// System V ABI, AMD64 Architecture Processor Supplement, table 4.9.
inline constexpr debug_relocation x86_64_debug[] = {
    {0, none, 0},     {1, set, 8},        // NONE, 64
    {2, relative, 4}, {10, set, 4},       // PC32, 32
    {11, set, 4},     {17, set, 8},       // 32S, DTPOFF64
    {21, set, 4},     {24, relative, 8},  // DTPOFF32, PC64
};
/// ELF for the Arm 64-bit Architecture (AAELF64), "Static data relocations" and "Dynamic relocations".
inline constexpr debug_relocation aarch64_debug[] = {
    {0, none, 0},       {256, none, 0},      // NONE
    {257, set, 8},      {258, set, 4},       // ABS64, ABS32
    {260, relative, 8}, {261, relative, 4},  // PREL64, PREL32
    {1029, set, 8},                          // TLS_DTPREL
};
/// RISC-V ELF psABI, "Relocations". ALIGN and RELAX ask for nothing here.
inline constexpr debug_relocation riscv_debug[] = {
    {0, none, 0},
    {1, set, 4},  // NONE, 32
    {2, set, 8},
    {8, set, 4},  // 64, TLS_DTPREL32
    {9, set, 8},
    {33, add, 1},  // TLS_DTPREL64, ADD8
    {34, add, 2},
    {35, add, 4},  // ADD16, ADD32
    {36, add, 8},
    {37, subtract, 1},  // ADD64, SUB8
    {38, subtract, 2},
    {39, subtract, 4},  // SUB16, SUB32
    {40, subtract, 8},
    {43, none, 0},  // SUB64, ALIGN
    {51, none, 0},
    {52, subtract_low, 1},  // RELAX, SUB6
    {53, set_low, 1},
    {54, set, 1},  // SET6, SET8
    {55, set, 2},
    {56, set, 4},  // SET16, SET32
    {57, relative, 4},
    {60, set_leb128, 1},       // 32_PCREL, SET_ULEB128
    {61, subtract_leb128, 1},  // SUB_ULEB128
};
}  // namespace detail

/// Those of `cpu`; none if it is not known.
constexpr std::span<const debug_relocation> debug_relocations(elf::machine cpu) noexcept {
    switch (cpu) {
        case elf::machine::x86_64: return detail::x86_64_debug;
        case elf::machine::aarch64: return detail::aarch64_debug;
        case elf::machine::riscv: return detail::riscv_debug;
        default: return {};
    }
}

/// The number of `bytes` bytes at `at`.
inline std::uint64_t get_number(const std::byte* at, unsigned bytes, byte_order order) noexcept {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bytes; ++i)
        value |= std::to_integer<std::uint64_t>(at[i]) << (8 * (order == byte_order::little ? i : bytes - 1 - i));
    return value;
}
inline void put_number(std::byte* at, std::uint64_t value, unsigned bytes, byte_order order) noexcept {
    for (unsigned i = 0; i < bytes; ++i)
        at[i] = static_cast<std::byte>(value >> (8 * (order == byte_order::little ? i : bytes - 1 - i)));
}

/// Stores what `how` asks for at the start of `place`, which has at least `how.bytes` bytes. `target` is S + A, `here`
/// is P. False if the number does not fit.
inline bool apply_debug_relocation(const debug_relocation& how, std::span<std::byte> place, std::uint64_t target,
                                   std::uint64_t here, byte_order order) noexcept {
    std::byte* const at = place.data();
    const auto put = [&](std::uint64_t value) { put_number(at, value, how.bytes, order); };
    const auto put_whole = [&](std::uint64_t value) {
        put(value);
        const unsigned bits = 8u * how.bytes;
        if (bits == 64) return true;
        const auto number = static_cast<std::int64_t>(value);
        return value >> bits == 0 || number >> (bits - 1) == -1;
    };
    const auto low = [&](std::uint64_t value) {
        at[0] = (at[0] & std::byte{0xc0}) | static_cast<std::byte>(value & 0x3f);
        return true;
    };
    const auto leb128 = [&](bool subtract) {
        std::size_t length = 0;
        std::uint64_t old = 0;
        do {
            if (length == place.size() || length == 10) return false;
            old |= (std::to_integer<std::uint64_t>(at[length]) & 0x7f) << (7 * length);
        } while ((at[length++] & std::byte{0x80}) != std::byte{});
        std::uint64_t value = subtract ? old - target : target;
        for (std::size_t i = 0; i < length; ++i, value >>= 7)
            at[i] = static_cast<std::byte>((value & 0x7f) | (i + 1 < length ? 0x80 : 0));
        return true;
    };
    switch (how.operation) {
        case debug_operation::none: return true;
        case debug_operation::set: return put_whole(target);
        case debug_operation::relative: return put_whole(target - here);
        case debug_operation::add: return put(get_number(at, how.bytes, order) + target), true;
        case debug_operation::subtract: return put(get_number(at, how.bytes, order) - target), true;
        case debug_operation::set_low: return low(target);
        case debug_operation::subtract_low: return low(std::to_integer<std::uint64_t>(at[0]) - target);
        case debug_operation::set_leb128: return leb128(false);
        case debug_operation::subtract_leb128: return leb128(true);
    }
    return true;
}

}  // namespace vitte::loader::native::debugger
