/// Static relocations of aarch64 (ELF for the Arm 64-bit Architecture, "Static AArch64 relocations"). Addresses are
/// made in two steps: ADRP has the distance of 4 KiB pages, reaching 4 GiB, and the next instruction the lower 12 bits,
/// divided by the size of what it loads. Calls reach 128 MiB, so that large programs need thunks between their own
/// parts, too.
#pragma once

#include <vitte/loader/native/object/relocation.hpp>

namespace vitte::loader::native::object {

struct aarch64 {
    static constexpr auto number = elf::machine::aarch64;
    static constexpr bool adds_to_slots = false;  ///< addends of GOT relocations count from the word of the GOT
    static constexpr std::uint64_t branch_reach = std::uint64_t{1} << 27;

    /// Data; immediates of instructions by the bits of the value that they hold: `_nc` is not checked.
    enum class field : std::uint8_t {
        none, bits16, bits32, bits64,
        adr, adrp, adrp_nc,                               // 21 bits, of the value or its pages
        low12, low12_checked, high12,                     // ADD
        load8, load16, load32, load64, load128,           // bits 11:0 divided by the size of the access
        load8_checked, load16_checked, load32_checked, load64_checked, load128_checked,
        load64_of_15,                                     // bits 14:3
        word19, word14, word26,                           // distances in instructions
        group0, group1, group2, group3,                   // MOVZ, MOVK: 16 bits, at 0, 16, 32, 48; nothing above
        group0_nc, group1_nc, group2_nc,
        signed0, signed1, signed2, signed3,               // MOVZ, or MOVN if negative
    };

    static constexpr rule<field> rules[] = {
        {0, subject::nothing, origin::zero, field::none},                     // NONE
        {256, subject::nothing, origin::zero, field::none},                   // NONE, as it was once
        {257, subject::symbol, origin::zero, field::bits64},                  // ABS64
        {258, subject::symbol, origin::zero, field::bits32},                  // ABS32
        {259, subject::symbol, origin::zero, field::bits16},                  // ABS16
        {260, subject::symbol, origin::place, field::bits64},                 // PREL64
        {261, subject::symbol, origin::place, field::bits32},                 // PREL32
        {262, subject::symbol, origin::place, field::bits16},                 // PREL16
        {263, subject::symbol, origin::zero, field::group0},                  // MOVW_UABS_G0
        {264, subject::symbol, origin::zero, field::group0_nc},               // MOVW_UABS_G0_NC
        {265, subject::symbol, origin::zero, field::group1},                  // MOVW_UABS_G1
        {266, subject::symbol, origin::zero, field::group1_nc},               // MOVW_UABS_G1_NC
        {267, subject::symbol, origin::zero, field::group2},                  // MOVW_UABS_G2
        {268, subject::symbol, origin::zero, field::group2_nc},               // MOVW_UABS_G2_NC
        {269, subject::symbol, origin::zero, field::group3},                  // MOVW_UABS_G3
        {270, subject::symbol, origin::zero, field::signed0},                 // MOVW_SABS_G0
        {271, subject::symbol, origin::zero, field::signed1},                 // MOVW_SABS_G1
        {272, subject::symbol, origin::zero, field::signed2},                 // MOVW_SABS_G2
        {273, subject::symbol, origin::place, field::word19},                 // LD_PREL_LO19
        {274, subject::symbol, origin::place, field::adr},                    // ADR_PREL_LO21
        {275, subject::symbol, origin::page, field::adrp},                    // ADR_PREL_PG_HI21
        {276, subject::symbol, origin::page, field::adrp_nc},                 // ADR_PREL_PG_HI21_NC
        {277, subject::symbol, origin::zero, field::low12},                   // ADD_ABS_LO12_NC
        {278, subject::symbol, origin::zero, field::load8},                   // LDST8_ABS_LO12_NC
        {279, subject::symbol, origin::place, field::word14},                 // TSTBR14
        {280, subject::symbol, origin::place, field::word19},                 // CONDBR19
        {282, subject::branch, origin::place, field::word26},                 // JUMP26
        {283, subject::branch, origin::place, field::word26},                 // CALL26
        {284, subject::symbol, origin::zero, field::load16},                  // LDST16_ABS_LO12_NC
        {285, subject::symbol, origin::zero, field::load32},                  // LDST32_ABS_LO12_NC
        {286, subject::symbol, origin::zero, field::load64},                  // LDST64_ABS_LO12_NC
        {287, subject::symbol, origin::place, field::signed0},                // MOVW_PREL_G0
        {288, subject::symbol, origin::place, field::group0_nc},              // MOVW_PREL_G0_NC
        {289, subject::symbol, origin::place, field::signed1},                // MOVW_PREL_G1
        {290, subject::symbol, origin::place, field::group1_nc},              // MOVW_PREL_G1_NC
        {291, subject::symbol, origin::place, field::signed2},                // MOVW_PREL_G2
        {292, subject::symbol, origin::place, field::group2_nc},              // MOVW_PREL_G2_NC
        {293, subject::symbol, origin::place, field::signed3},                // MOVW_PREL_G3
        {299, subject::symbol, origin::zero, field::load128},                 // LDST128_ABS_LO12_NC
        {300, subject::got, origin::got, field::signed0},                     // MOVW_GOTOFF_G0
        {301, subject::got, origin::got, field::group0_nc},                   // MOVW_GOTOFF_G0_NC
        {302, subject::got, origin::got, field::signed1},                     // MOVW_GOTOFF_G1
        {303, subject::got, origin::got, field::group1_nc},                   // MOVW_GOTOFF_G1_NC
        {304, subject::got, origin::got, field::signed2},                     // MOVW_GOTOFF_G2
        {305, subject::got, origin::got, field::group2_nc},                   // MOVW_GOTOFF_G2_NC
        {306, subject::got, origin::got, field::signed3},                     // MOVW_GOTOFF_G3
        {307, subject::symbol, origin::got, field::bits64},                   // GOTREL64
        {308, subject::symbol, origin::got, field::bits32},                   // GOTREL32
        {309, subject::got, origin::place, field::word19},                    // GOT_LD_PREL19
        {310, subject::got, origin::got, field::load64_of_15},                // LD64_GOTOFF_LO15
        {311, subject::got, origin::page, field::adrp},                       // ADR_GOT_PAGE
        {312, subject::got, origin::zero, field::load64},                     // LD64_GOT_LO12_NC
        {313, subject::got, origin::got_page, field::load64_of_15},           // LD64_GOTPAGE_LO15
        {314, subject::branch, origin::place, field::bits32},                 // PLT32
        {315, subject::got, origin::place, field::bits32},                    // GOTPCREL32
        {512, subject::tls_pair, origin::place, field::adr},                  // TLSGD_ADR_PREL21
        {513, subject::tls_pair, origin::page, field::adrp},                  // TLSGD_ADR_PAGE21
        {514, subject::tls_pair, origin::zero, field::low12},                 // TLSGD_ADD_LO12_NC
        {515, subject::tls_pair, origin::got, field::signed1},                // TLSGD_MOVW_G1
        {516, subject::tls_pair, origin::got, field::group0_nc},              // TLSGD_MOVW_G0_NC
        {517, subject::tls_module, origin::place, field::adr},                // TLSLD_ADR_PREL21
        {518, subject::tls_module, origin::page, field::adrp},                // TLSLD_ADR_PAGE21
        {519, subject::tls_module, origin::zero, field::low12},               // TLSLD_ADD_LO12_NC
        {520, subject::tls_module, origin::got, field::signed1},              // TLSLD_MOVW_G1
        {521, subject::tls_module, origin::got, field::group0_nc},            // TLSLD_MOVW_G0_NC
        {522, subject::tls_module, origin::place, field::word19},             // TLSLD_LD_PREL19
        {523, subject::tls_offset, origin::zero, field::signed2},             // TLSLD_MOVW_DTPREL_G2
        {524, subject::tls_offset, origin::zero, field::signed1},             // TLSLD_MOVW_DTPREL_G1
        {525, subject::tls_offset, origin::zero, field::group1_nc},           // TLSLD_MOVW_DTPREL_G1_NC
        {526, subject::tls_offset, origin::zero, field::signed0},             // TLSLD_MOVW_DTPREL_G0
        {527, subject::tls_offset, origin::zero, field::group0_nc},           // TLSLD_MOVW_DTPREL_G0_NC
        {528, subject::tls_offset, origin::zero, field::high12},              // TLSLD_ADD_DTPREL_HI12
        {529, subject::tls_offset, origin::zero, field::low12_checked},       // TLSLD_ADD_DTPREL_LO12
        {530, subject::tls_offset, origin::zero, field::low12},               // TLSLD_ADD_DTPREL_LO12_NC
        {531, subject::tls_offset, origin::zero, field::load8_checked},       // TLSLD_LDST8_DTPREL_LO12
        {532, subject::tls_offset, origin::zero, field::load8},               // TLSLD_LDST8_DTPREL_LO12_NC
        {533, subject::tls_offset, origin::zero, field::load16_checked},      // TLSLD_LDST16_DTPREL_LO12
        {534, subject::tls_offset, origin::zero, field::load16},              // TLSLD_LDST16_DTPREL_LO12_NC
        {535, subject::tls_offset, origin::zero, field::load32_checked},      // TLSLD_LDST32_DTPREL_LO12
        {536, subject::tls_offset, origin::zero, field::load32},              // TLSLD_LDST32_DTPREL_LO12_NC
        {537, subject::tls_offset, origin::zero, field::load64_checked},      // TLSLD_LDST64_DTPREL_LO12
        {538, subject::tls_offset, origin::zero, field::load64},              // TLSLD_LDST64_DTPREL_LO12_NC
        {539, subject::tls_word, origin::got, field::signed1},                // TLSIE_MOVW_GOTTPREL_G1
        {540, subject::tls_word, origin::got, field::group0_nc},              // TLSIE_MOVW_GOTTPREL_G0_NC
        {541, subject::tls_word, origin::page, field::adrp},                  // TLSIE_ADR_GOTTPREL_PAGE21
        {542, subject::tls_word, origin::zero, field::load64},                // TLSIE_LD64_GOTTPREL_LO12_NC
        {543, subject::tls_word, origin::place, field::word19},               // TLSIE_LD_GOTTPREL_PREL19
        {544, subject::thread_offset, origin::zero, field::signed2},          // TLSLE_MOVW_TPREL_G2
        {545, subject::thread_offset, origin::zero, field::signed1},          // TLSLE_MOVW_TPREL_G1
        {546, subject::thread_offset, origin::zero, field::group1_nc},        // TLSLE_MOVW_TPREL_G1_NC
        {547, subject::thread_offset, origin::zero, field::signed0},          // TLSLE_MOVW_TPREL_G0
        {548, subject::thread_offset, origin::zero, field::group0_nc},        // TLSLE_MOVW_TPREL_G0_NC
        {549, subject::thread_offset, origin::zero, field::high12},           // TLSLE_ADD_TPREL_HI12
        {550, subject::thread_offset, origin::zero, field::low12_checked},    // TLSLE_ADD_TPREL_LO12
        {551, subject::thread_offset, origin::zero, field::low12},            // TLSLE_ADD_TPREL_LO12_NC
        {552, subject::thread_offset, origin::zero, field::load8_checked},    // TLSLE_LDST8_TPREL_LO12
        {553, subject::thread_offset, origin::zero, field::load8},            // TLSLE_LDST8_TPREL_LO12_NC
        {554, subject::thread_offset, origin::zero, field::load16_checked},   // TLSLE_LDST16_TPREL_LO12
        {555, subject::thread_offset, origin::zero, field::load16},           // TLSLE_LDST16_TPREL_LO12_NC
        {556, subject::thread_offset, origin::zero, field::load32_checked},   // TLSLE_LDST32_TPREL_LO12
        {557, subject::thread_offset, origin::zero, field::load32},           // TLSLE_LDST32_TPREL_LO12_NC
        {558, subject::thread_offset, origin::zero, field::load64_checked},   // TLSLE_LDST64_TPREL_LO12
        {559, subject::thread_offset, origin::zero, field::load64},           // TLSLE_LDST64_TPREL_LO12_NC
        {560, subject::tls_descriptor, origin::place, field::word19},         // TLSDESC_LD_PREL19
        {561, subject::tls_descriptor, origin::place, field::adr},            // TLSDESC_ADR_PREL21
        {562, subject::tls_descriptor, origin::page, field::adrp},            // TLSDESC_ADR_PAGE21
        {563, subject::tls_descriptor, origin::zero, field::load64},          // TLSDESC_LD64_LO12
        {564, subject::tls_descriptor, origin::zero, field::low12},           // TLSDESC_ADD_LO12
        {565, subject::tls_descriptor, origin::got, field::signed1},          // TLSDESC_OFF_G1
        {566, subject::tls_descriptor, origin::got, field::group0_nc},        // TLSDESC_OFF_G0_NC
        {567, subject::nothing, origin::zero, field::none},                   // TLSDESC_LDR
        {568, subject::nothing, origin::zero, field::none},                   // TLSDESC_ADD
        {569, subject::nothing, origin::zero, field::none},                   // TLSDESC_CALL
        {570, subject::thread_offset, origin::zero, field::load128_checked},  // TLSLE_LDST128_TPREL_LO12
        {571, subject::thread_offset, origin::zero, field::load128},          // TLSLE_LDST128_TPREL_LO12_NC
        {572, subject::tls_offset, origin::zero, field::load128_checked},     // TLSLD_LDST128_DTPREL_LO12
        {573, subject::tls_offset, origin::zero, field::load128},             // TLSLD_LDST128_DTPREL_LO12_NC
    };
    static constexpr rule_index<field, std::size(rules), 574> index{rules};

    static constexpr const rule<field>* find(std::uint32_t type, std::span<const std::byte>, std::uint64_t,
                                             std::int64_t, bool) noexcept {
        return index.find(type);
    }
    static void rewrite(std::uint32_t, std::span<std::byte>, std::uint64_t, std::int64_t, bool) noexcept {}

    static fit insert(field into, std::span<std::byte> at, std::int64_t value) noexcept {
        const bool data = into <= field::bits64;
        constexpr std::size_t widths[] = {0, 2, 4, 8};
        if (at.size() < (data ? widths[static_cast<std::size_t>(into)] : 4)) return fit::outside;
        std::byte* const to = at.data();
        if (data) return insert_data(into, to, value);
        if (into >= field::group0) return insert_group(into, to, value);
        if (into >= field::word19 && into <= field::word26) return insert_distance(into, to, value);
        if (into >= field::load8 && into <= field::load64_of_15) return insert_load(into, to, value);
        switch (into) {
            case field::adr:
                if (!fits_signed(value, 21)) return fit::out_of_range;
                return put_adr(to, value), fit::fits;
            case field::adrp:
                if (!fits_signed(value, 33)) return fit::out_of_range;
                return put_adr(to, value >> 12), fit::fits;
            case field::adrp_nc: return put_adr(to, value >> 12), fit::fits;
            case field::low12_checked:
                if (!fits_unsigned(value, 12)) return fit::out_of_range;
                return put(to, 10, 12, value), fit::fits;
            case field::high12:
                if (!fits_unsigned(value, 24)) return fit::out_of_range;
                return put(to, 10, 12, value >> 12), fit::fits;
            default: return put(to, 10, 12, value), fit::fits;
        }
    }

    /// adrp x16, slot; ldr x17, [x16, slot]; br x17; brk #0. The ABI leaves x16 and x17 to thunks.
    static constexpr std::size_t thunk_size = 16;
    static void write_thunk(std::byte* at, std::uint64_t address, std::uint64_t slot) noexcept {
        constexpr std::uint32_t code[] = {0x90000010, 0xf9400211, 0xd61f0220, 0xd4200000};
        for (std::size_t i = 0; i < 4; ++i) store(at + 4 * i, code[i], byte_order::little);
        put_adr(at,
                static_cast<std::int64_t>((slot & ~std::uint64_t{0xfff}) - (address & ~std::uint64_t{0xfff})) >> 12);
        put(at + 4, 10, 12, static_cast<std::int64_t>((slot & 0xfff) >> 3));
    }

private:
    /// Puts the lowest `count` bits of `value` into the instruction, from bit `from` on.
    static void put(std::byte* at, unsigned from, unsigned count, std::int64_t value) noexcept {
        const std::uint32_t ones = (1u << count) - 1;
        replace_bits<std::uint32_t>(at, ones << from, (static_cast<std::uint32_t>(value) & ones) << from);
    }
    static void put_adr(std::byte* at, std::int64_t value) noexcept {
        put(at, 29, 2, value);
        put(at, 5, 19, value >> 2);
    }
    static fit insert_data(field into, std::byte* to, std::int64_t value) noexcept {
        constexpr auto little = byte_order::little;
        if (into == field::bits64) store(to, value, little);
        if (into == field::bits32) {
            if (!fits_either(value, 32)) return fit::out_of_range;
            store(to, static_cast<std::uint32_t>(value), little);
        }
        if (into == field::bits16) {
            if (!fits_either(value, 16)) return fit::out_of_range;
            store(to, static_cast<std::uint16_t>(value), little);
        }
        return fit::fits;
    }
    static fit insert_distance(field into, std::byte* to, std::int64_t value) noexcept {
        const unsigned bits = into == field::word26 ? 26 : into == field::word19 ? 19 : 14;
        if ((value & 3) != 0) return fit::misaligned;
        if (!fits_signed(value, bits + 2)) return fit::out_of_range;
        return put(to, into == field::word26 ? 0 : 5, bits, value >> 2), fit::fits;
    }
    static fit insert_load(field into, std::byte* to, std::int64_t value) noexcept {
        if (into == field::load64_of_15) {
            if ((value & 7) != 0) return fit::misaligned;
            if (!fits_unsigned(value, 15)) return fit::out_of_range;
            return put(to, 10, 12, value >> 3), fit::fits;
        }
        const bool checked = into >= field::load8_checked;
        const unsigned shift =
            static_cast<unsigned>(into) - static_cast<unsigned>(checked ? field::load8_checked : field::load8);
        if (checked && !fits_unsigned(value, 12)) return fit::out_of_range;
        if ((value & ((1 << shift) - 1)) != 0) return fit::misaligned;
        return put(to, 10, 12, (value & 0xfff) >> shift), fit::fits;
    }
    static fit insert_group(field into, std::byte* to, std::int64_t value) noexcept {
        const auto n = static_cast<unsigned>(into);
        if (into >= field::signed0) {
            constexpr std::uint32_t movz = 1u << 30;
            const unsigned at = 16 * (n - static_cast<unsigned>(field::signed0));
            if (at < 48 && !fits_signed(value, at + 17)) return fit::out_of_range;
            replace_bits<std::uint32_t>(to, movz, value < 0 ? 0 : movz);
            return put(to, 5, 16, (value < 0 ? ~value : value) >> at), fit::fits;
        }
        const bool checked = into < field::group0_nc;
        const unsigned at = 16 * (n - static_cast<unsigned>(checked ? field::group0 : field::group0_nc));
        if (checked && at < 48 && !fits_unsigned(value, at + 16)) return fit::out_of_range;
        return put(to, 5, 16, value >> at), fit::fits;
    }
};

}  // namespace vitte::loader::native::object
