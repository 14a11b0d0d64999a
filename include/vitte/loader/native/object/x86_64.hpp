/// Static relocations of x86_64 (System V ABI, AMD64 Architecture Processor Supplement, 4.4, and "Thread-Local
/// Storage"). Code reaches 2 GiB around itself, and relocations stand in the displacement at the end of an instruction,
/// so that they are 4 or more bytes before what the CPU counts from: addends are -4. Calls say PLT32 and may go through
/// a thunk. Data of others is reached through the GOT; where it is near after all, `mov` from the GOT becomes `lea`.
#pragma once

#include <vitte/loader/native/object/relocation.hpp>

namespace vitte::loader::native::object {

struct x86_64 {
    static constexpr auto number = elf::machine::x86_64;
    static constexpr bool adds_to_slots = true;  ///< addends of GOT relocations count from the word of the GOT
    static constexpr std::uint64_t branch_reach = std::uint64_t{1} << 31;

    enum class field : std::uint8_t { none, bits8, bits16, unsigned32, signed32, bits64 };

    static constexpr rule<field> rules[] = {
        {0, subject::nothing, origin::zero, field::none},                  // NONE
        {1, subject::symbol, origin::zero, field::bits64},                 // 64
        {2, subject::symbol, origin::place, field::signed32},              // PC32
        {3, subject::got, origin::got, field::signed32},                   // GOT32
        {4, subject::branch, origin::place, field::signed32},              // PLT32
        {9, subject::got, origin::place, field::signed32},                 // GOTPCREL
        {10, subject::symbol, origin::zero, field::unsigned32},            // 32
        {11, subject::symbol, origin::zero, field::signed32},              // 32S
        {12, subject::symbol, origin::zero, field::bits16},                // 16
        {13, subject::symbol, origin::place, field::bits16},               // PC16
        {14, subject::symbol, origin::zero, field::bits8},                 // 8
        {15, subject::symbol, origin::place, field::bits8},                // PC8
        {17, subject::tls_offset, origin::zero, field::bits64},            // DTPOFF64
        {18, subject::thread_offset, origin::zero, field::bits64},         // TPOFF64
        {19, subject::tls_pair, origin::place, field::signed32},           // TLSGD
        {20, subject::tls_module, origin::place, field::signed32},         // TLSLD
        {21, subject::tls_offset, origin::zero, field::signed32},          // DTPOFF32
        {22, subject::tls_word, origin::place, field::signed32},           // GOTTPOFF
        {23, subject::thread_offset, origin::zero, field::signed32},       // TPOFF32
        {24, subject::symbol, origin::place, field::bits64},               // PC64
        {25, subject::symbol, origin::got, field::bits64},                 // GOTOFF64
        {26, subject::got_base, origin::place, field::signed32},           // GOTPC32
        {27, subject::got, origin::got, field::bits64},                    // GOT64
        {28, subject::got, origin::place, field::bits64},                  // GOTPCREL64
        {29, subject::got_base, origin::place, field::bits64},             // GOTPC64
        {30, subject::got, origin::got, field::bits64},                    // GOTPLT64
        {31, subject::branch, origin::got, field::bits64},                 // PLTOFF64
        {32, subject::size, origin::zero, field::unsigned32},              // SIZE32
        {33, subject::size, origin::zero, field::bits64},                  // SIZE64
        {34, subject::tls_descriptor, origin::place, field::signed32},     // GOTPC32_TLSDESC
        {35, subject::nothing, origin::zero, field::none},                 // TLSDESC_CALL
        {41, subject::got, origin::place, field::signed32},                // GOTPCRELX
        {42, subject::got, origin::place, field::signed32},                // REX_GOTPCRELX
    };
    static constexpr rule_index<field, std::size(rules), 43> index{rules};

    /// The rule for a relocation of `type` at byte `offset` of `section`, as it is in the file. `in_reach` says that
    /// the symbol will be in the same image.
    static constexpr const rule<field>* find(std::uint32_t type, std::span<const std::byte> section,
                                             std::uint64_t offset, std::int64_t addend, bool in_reach) noexcept {
        constexpr std::uint32_t pc32 = 2, plt32 = 4;
        if (type == pc32 && addend == -4 && is_branch(section, offset)) return index.find(plt32);
        if (in_reach && may_relax(type, section, offset, addend)) return index.find(pc32);
        return index.find(type);
    }

    /// Makes the instruction whose displacement is at byte `offset` use the address where it read it from the GOT, if
    /// `find` has chosen that: mov to lea; call *x(%rip) to a prefix and call x; jmp *x(%rip) to nop and jmp x.
    static void rewrite(std::uint32_t type, std::span<std::byte> section, std::uint64_t offset, std::int64_t addend,
                        bool in_reach) noexcept {
        if (!in_reach || !may_relax(type, section, offset, addend)) return;
        std::byte* const opcode = section.data() + offset - 2;
        if (opcode[0] == mov) opcode[0] = lea;
        else if (opcode[1] == call_indirect) opcode[0] = std::byte{0x67}, opcode[1] = call;
        else opcode[0] = nop, opcode[1] = jump;
    }

    static fit insert(field into, std::span<std::byte> at, std::int64_t value) noexcept {
        constexpr auto little = byte_order::little;
        constexpr std::size_t widths[] = {0, 1, 2, 4, 4, 8};
        if (at.size() < widths[static_cast<std::size_t>(into)]) return fit::outside;
        switch (into) {
            case field::none: return fit::fits;
            case field::bits8:
                if (!fits_either(value, 8)) return fit::out_of_range;
                return store(at.data(), static_cast<std::uint8_t>(value), little), fit::fits;
            case field::bits16:
                if (!fits_either(value, 16)) return fit::out_of_range;
                return store(at.data(), static_cast<std::uint16_t>(value), little), fit::fits;
            case field::unsigned32:
                if (!fits_unsigned(value, 32)) return fit::out_of_range;
                return store(at.data(), static_cast<std::uint32_t>(value), little), fit::fits;
            case field::signed32:
                if (!fits_signed(value, 32)) return fit::out_of_range;
                return store(at.data(), static_cast<std::int32_t>(value), little), fit::fits;
            case field::bits64: store(at.data(), value, little);
        }
        return fit::fits;
    }

    /// jmp *slot(%rip); int3; int3
    static constexpr std::size_t thunk_size = 8;
    static void write_thunk(std::byte* at, std::uint64_t address, std::uint64_t slot) noexcept {
        constexpr unsigned char code[thunk_size] = {0xff, 0x25, 0, 0, 0, 0, 0xcc, 0xcc};
        __builtin_memcpy(at, code, sizeof code);
        store(at + 2, static_cast<std::uint32_t>(slot - (address + 6)), byte_order::little);
    }

private:
    static constexpr std::byte mov{0x8b}, lea{0x8d}, group5{0xff}, call_indirect{0x15}, jump_indirect{0x25}, call{0xe8},
        jump{0xe9}, nop{0x90};

    static constexpr bool is_branch(std::span<const std::byte> section, std::uint64_t offset) noexcept {
        if (offset == 0 || offset > section.size()) return false;
        const std::byte opcode = section[static_cast<std::size_t>(offset - 1)];
        return opcode == call || opcode == jump;
    }
    static constexpr bool may_relax(std::uint32_t type, std::span<const std::byte> section, std::uint64_t offset,
                                    std::int64_t addend) noexcept {
        if ((type != 41 && type != 42) || addend != -4 || offset < 2 || offset > section.size()) return false;
        const std::byte opcode = section[static_cast<std::size_t>(offset - 2)],
                        form = section[static_cast<std::size_t>(offset - 1)];
        return opcode == mov || (opcode == group5 && (form == call_indirect || form == jump_indirect));
    }
};

}  // namespace vitte::loader::native::object
