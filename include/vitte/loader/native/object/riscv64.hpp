/// Static relocations of riscv64 (RISC-V ELF psABI, "Relocations"). Addresses are made in two steps, AUIPC with the
/// upper 20 bits and another instruction with the lower 12, whose relocation names the AUIPC and not the symbol.
/// Assemblers leave every distance to the linker, since it may shorten code: as pairs of ADD and SUB, and ALIGN, which
/// asks for some of the bytes there to be taken out. What is not needed for that (RELAX) is ignored here.
#pragma once

#include <vitte/loader/native/object/relocation.hpp>

namespace vitte::loader::native::object {

struct riscv64 {
    static constexpr auto number = elf::machine::riscv;
    static constexpr bool adds_to_slots = false;  ///< addends of GOT relocations count from the word of the GOT
    static constexpr std::uint64_t branch_reach = std::uint64_t{1} << 31;

    /// Immediates are named after the formats of instructions. `set`, `add` and `subtract` change what is there.
    enum class field : std::uint8_t {
        none, bits32, bits64, signed32,
        b_type, j_type, cb_type, cj_type,        // distances in halves of an instruction
        u_type, i_type, s_type, u_and_i_type,    // upper 20 bits, rounded; lower 12; both, in two instructions
        set6, set8, set16, set32, set_leb128,
        add8, add16, add32, add64,
        subtract6, subtract8, subtract16, subtract32, subtract64, subtract_leb128,
    };

    static constexpr rule<field> rules[] = {
        {0, subject::nothing, origin::zero, field::none},                // NONE
        {1, subject::symbol, origin::zero, field::bits32},               // 32
        {2, subject::symbol, origin::zero, field::bits64},               // 64
        {8, subject::tls_offset, origin::zero, field::bits32},           // TLS_DTPREL32
        {9, subject::tls_offset, origin::zero, field::bits64},           // TLS_DTPREL64
        {16, subject::symbol, origin::place, field::b_type},             // BRANCH
        {17, subject::branch, origin::place, field::j_type},             // JAL
        {18, subject::branch, origin::place, field::u_and_i_type},       // CALL
        {19, subject::branch, origin::place, field::u_and_i_type},       // CALL_PLT
        {20, subject::got, origin::place, field::u_type},                // GOT_HI20
        {21, subject::tls_word, origin::place, field::u_type},           // TLS_GOT_HI20
        {22, subject::tls_pair, origin::place, field::u_type},           // TLS_GD_HI20
        {23, subject::symbol, origin::place, field::u_type},             // PCREL_HI20
        {24, subject::upper_half, origin::zero, field::i_type},          // PCREL_LO12_I
        {25, subject::upper_half, origin::zero, field::s_type},          // PCREL_LO12_S
        {26, subject::symbol, origin::zero, field::u_type},              // HI20
        {27, subject::symbol, origin::zero, field::i_type},              // LO12_I
        {28, subject::symbol, origin::zero, field::s_type},              // LO12_S
        {29, subject::thread_offset, origin::zero, field::u_type},       // TPREL_HI20
        {30, subject::thread_offset, origin::zero, field::i_type},       // TPREL_LO12_I
        {31, subject::thread_offset, origin::zero, field::s_type},       // TPREL_LO12_S
        {32, subject::nothing, origin::zero, field::none},               // TPREL_ADD
        {33, subject::symbol, origin::zero, field::add8},                // ADD8
        {34, subject::symbol, origin::zero, field::add16},               // ADD16
        {35, subject::symbol, origin::zero, field::add32},               // ADD32
        {36, subject::symbol, origin::zero, field::add64},               // ADD64
        {37, subject::symbol, origin::zero, field::subtract8},           // SUB8
        {38, subject::symbol, origin::zero, field::subtract16},          // SUB16
        {39, subject::symbol, origin::zero, field::subtract32},          // SUB32
        {40, subject::symbol, origin::zero, field::subtract64},          // SUB64
        {41, subject::got, origin::place, field::signed32},              // GOT32_PCREL
        {43, subject::alignment, origin::zero, field::none},             // ALIGN
        {44, subject::symbol, origin::place, field::cb_type},            // RVC_BRANCH
        {45, subject::branch, origin::place, field::cj_type},            // RVC_JUMP
        {51, subject::nothing, origin::zero, field::none},               // RELAX
        {52, subject::symbol, origin::zero, field::subtract6},           // SUB6
        {53, subject::symbol, origin::zero, field::set6},                // SET6
        {54, subject::symbol, origin::zero, field::set8},                // SET8
        {55, subject::symbol, origin::zero, field::set16},               // SET16
        {56, subject::symbol, origin::zero, field::set32},               // SET32
        {57, subject::symbol, origin::place, field::signed32},           // 32_PCREL
        {59, subject::branch, origin::place, field::signed32},           // PLT32
        {60, subject::symbol, origin::zero, field::set_leb128},          // SET_ULEB128
        {61, subject::symbol, origin::zero, field::subtract_leb128},     // SUB_ULEB128
        {62, subject::tls_descriptor, origin::place, field::u_type},     // TLSDESC_HI20
        {63, subject::upper_half, origin::zero, field::i_type},          // TLSDESC_LOAD_LO12
        {64, subject::upper_half, origin::zero, field::i_type},          // TLSDESC_ADD_LO12
        {65, subject::nothing, origin::zero, field::none},               // TLSDESC_CALL
    };
    static constexpr rule_index<field, std::size(rules), 66> index{rules};

    static constexpr const rule<field>* find(std::uint32_t type, std::span<const std::byte>, std::uint64_t,
                                             std::int64_t, bool) noexcept {
        return index.find(type);
    }
    static void rewrite(std::uint32_t, std::span<std::byte>, std::uint64_t, std::int64_t, bool) noexcept {}

    /// Fills `bytes`, an even number of them, with instructions that do nothing: what remains at an ALIGN.
    static void write_nops(std::span<std::byte> bytes) noexcept {
        constexpr std::uint32_t nop = 0x00000013;
        constexpr std::uint16_t short_nop = 0x0001;
        std::size_t at = 0;
        for (; at + 4 <= bytes.size(); at += 4) store(bytes.data() + at, nop, byte_order::little);
        if (at + 2 <= bytes.size()) store(bytes.data() + at, short_nop, byte_order::little);
    }

    static fit insert(field into, std::span<std::byte> at, std::int64_t value) noexcept {
        if (into == field::none) return fit::fits;
        if (into == field::set_leb128 || into == field::subtract_leb128)
            return insert_leb128(at, value, into == field::subtract_leb128);
        if (at.size() < width(into)) return fit::outside;
        std::byte* const to = at.data();
        constexpr auto little = byte_order::little;
        const auto amount = static_cast<std::uint64_t>(value);
        switch (into) {
            case field::bits32:
                if (!fits_either(value, 32)) return fit::out_of_range;
                return store(to, static_cast<std::uint32_t>(value), little), fit::fits;
            case field::signed32:
                if (!fits_signed(value, 32)) return fit::out_of_range;
                return store(to, static_cast<std::uint32_t>(value), little), fit::fits;
            case field::bits64: return store(to, value, little), fit::fits;
            case field::set6: case field::subtract6: return change6(to, value, into == field::subtract6), fit::fits;
            case field::set8: return store(to, static_cast<std::uint8_t>(value), little), fit::fits;
            case field::set16: return store(to, static_cast<std::uint16_t>(value), little), fit::fits;
            case field::set32: return store(to, static_cast<std::uint32_t>(value), little), fit::fits;
            case field::add8: return add<std::uint8_t>(to, amount), fit::fits;
            case field::add16: return add<std::uint16_t>(to, amount), fit::fits;
            case field::add32: return add<std::uint32_t>(to, amount), fit::fits;
            case field::add64: return add<std::uint64_t>(to, amount), fit::fits;
            case field::subtract8: return add<std::uint8_t>(to, 0 - amount), fit::fits;
            case field::subtract16: return add<std::uint16_t>(to, 0 - amount), fit::fits;
            case field::subtract32: return add<std::uint32_t>(to, 0 - amount), fit::fits;
            case field::subtract64: return add<std::uint64_t>(to, 0 - amount), fit::fits;
            default: return insert_immediate(into, to, value);
        }
    }

    /// auipc t3, slot; ld t3, slot(t3); jalr t1, t3; nop: the PLT entry of the psABI, which leaves t1 to t3 to it.
    static constexpr std::size_t thunk_size = 16;
    static void write_thunk(std::byte* at, std::uint64_t address, std::uint64_t slot) noexcept {
        constexpr std::uint32_t code[] = {0x00000e17, 0x000e3e03, 0x000e0367, 0x00000013};
        for (std::size_t i = 0; i < 4; ++i) store(at + 4 * i, code[i], byte_order::little);
        const auto distance = static_cast<std::int64_t>(slot - address);
        put_u(at, distance);
        put_i(at + 4, distance);
    }

private:
    static constexpr std::size_t width(field of) noexcept {
        switch (of) {
            case field::set6:
            case field::set8:
            case field::add8:
            case field::subtract6:
            case field::subtract8: return 1;
            case field::cb_type: case field::cj_type: case field::set16: case field::add16: case field::subtract16:
                return 2;
            case field::u_and_i_type: case field::bits64: case field::add64: case field::subtract64: return 8;
            default: return 4;
        }
    }
    template <class Word>
    static void add(std::byte* to, std::uint64_t value) noexcept {
        store(to, static_cast<Word>(load<Word>(to, byte_order::little) + value), byte_order::little);
    }
    static void change6(std::byte* to, std::int64_t value, bool subtract) noexcept {
        const auto old = std::to_integer<unsigned>(*to), bits = static_cast<unsigned>(value);
        replace_bits<std::uint8_t>(to, 0x3f, static_cast<std::uint8_t>(subtract ? old - bits : bits));
    }
    /// The number keeps its length, as the assembler has chosen it.
    static fit insert_leb128(std::span<std::byte> at, std::int64_t value, bool subtract) noexcept {
        std::uint64_t old = 0;
        std::size_t length = 0;
        for (bool more = true; more; ++length) {
            if (length == at.size()) return fit::outside;
            const auto byte = std::to_integer<std::uint64_t>(at[length]);
            if (length < 10) old |= (byte & 0x7f) << (7 * length);
            more = byte >= 0x80;
        }
        auto bits = subtract ? old - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
        for (std::size_t i = 0; i < length; ++i, bits >>= 7)
            at[i] = static_cast<std::byte>((bits & 0x7f) | (i + 1 < length ? 0x80 : 0));
        return fit::fits;
    }

    /// Bits `high` to `low` of `value`, at bit `to`.
    static constexpr std::uint32_t bits(std::int64_t value, unsigned high, unsigned low, unsigned to) noexcept {
        return (static_cast<std::uint32_t>(value >> low) & ((1u << (high - low + 1)) - 1)) << to;
    }
    static void put_u(std::byte* to, std::int64_t value) noexcept {
        replace_bits<std::uint32_t>(to, 0xfffff000, static_cast<std::uint32_t>(value + 0x800));
    }
    static void put_i(std::byte* to, std::int64_t value) noexcept {
        replace_bits<std::uint32_t>(to, 0xfff00000, bits(value, 11, 0, 20));
    }
    static bool fits_upper(std::int64_t value) noexcept {
        return value >= -0x80000800ll && value < 0x7ffff800ll;
    }
    static fit insert_immediate(field into, std::byte* to, std::int64_t v) noexcept {
        const bool distance = into <= field::cj_type;
        constexpr unsigned distance_bits[] = {13, 21, 9, 12};
        if (distance && (v & 1) != 0) return fit::misaligned;
        if (distance &&
            !fits_signed(v, distance_bits[static_cast<unsigned>(into) - static_cast<unsigned>(field::b_type)]))
            return fit::out_of_range;
        if ((into == field::u_type || into == field::u_and_i_type) && !fits_upper(v)) return fit::out_of_range;
        switch (into) {
            case field::b_type:
                replace_bits<std::uint32_t>(
                    to, 0xfe000f80, bits(v, 12, 12, 31) | bits(v, 10, 5, 25) | bits(v, 4, 1, 8) | bits(v, 11, 11, 7));
                break;
            case field::j_type:
                replace_bits<std::uint32_t>(to, 0xfffff000, bits(v, 20, 20, 31) | bits(v, 10, 1, 21) |
                                                                bits(v, 11, 11, 20) | bits(v, 19, 12, 12));
                break;
            case field::cb_type:
                replace_bits(to, std::uint16_t{0x1c7c},
                             static_cast<std::uint16_t>(bits(v, 8, 8, 12) | bits(v, 4, 3, 10) | bits(v, 7, 6, 5) |
                                                        bits(v, 2, 1, 3) | bits(v, 5, 5, 2)));
                break;
            case field::cj_type:
                replace_bits(to, std::uint16_t{0x1ffc},
                             static_cast<std::uint16_t>(bits(v, 11, 11, 12) | bits(v, 4, 4, 11) | bits(v, 9, 8, 9) |
                                                        bits(v, 10, 10, 8) | bits(v, 6, 6, 7) | bits(v, 7, 7, 6) |
                                                        bits(v, 3, 1, 3) | bits(v, 5, 5, 2)));
                break;
            case field::u_type: put_u(to, v); break;
            case field::i_type: put_i(to, v); break;
            case field::s_type:
                replace_bits<std::uint32_t>(to, 0xfe000f80, bits(v, 11, 5, 25) | bits(v, 4, 0, 7));
                break;
            default:
                put_u(to, v);
                put_i(to + 4, v);
        }
        return fit::fits;
    }
};

}  // namespace vitte::loader::native::object
