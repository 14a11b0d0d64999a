/// The names that psABIs and tools give to ELF's numbers.
#pragma once

#include <array>
#include <string_view>

#include <vitte/loader/format/elf/constants.hpp>
#include <vitte/loader/format/views.hpp>

namespace vitte::loader::elf {

/// "x86_64", "aarch64" ...; empty for machines that are not known here.
constexpr std::string_view name_of(machine of, bool wide) noexcept {
    switch (of) {
        case machine::i386: return "i386";
        case machine::mips: return wide ? "mips64" : "mips";
        case machine::s390: return wide ? "s390x" : "s390";
        case machine::arm: return "arm";
        case machine::x86_64: return wide ? "x86_64" : "x32";
        case machine::aarch64: return "aarch64";
        case machine::riscv: return wide ? "riscv64" : "riscv32";
    }
    return {};
}

constexpr std::string_view name_of(file_type of) noexcept {
    switch (of) {
        case file_type::none: return "none";
        case file_type::relocatable: return "relocatable object";
        case file_type::executable: return "executable";
        case file_type::shared_object: return "shared object";
        case file_type::core: return "core file";
    }
    return "unknown";
}

constexpr std::string_view name_of(segment_type of) noexcept {
    switch (of) {
        case segment_type::null: return "NULL";
        case segment_type::load: return "LOAD";
        case segment_type::dynamic: return "DYNAMIC";
        case segment_type::interpreter: return "INTERP";
        case segment_type::note: return "NOTE";
        case segment_type::program_headers: return "PHDR";
        case segment_type::tls: return "TLS";
        case segment_type::gnu_eh_frame: return "GNU_EH_FRAME";
        case segment_type::gnu_stack: return "GNU_STACK";
        case segment_type::gnu_relro: return "GNU_RELRO";
        case segment_type::gnu_property: return "GNU_PROPERTY";
    }
    return "unknown";
}

constexpr std::string_view name_of(symbol_type of) noexcept {
    constexpr std::array<std::string_view, 7> names{"NOTYPE", "OBJECT", "FUNC", "SECTION", "FILE", "COMMON", "TLS"};
    if (of == symbol_type::gnu_ifunc) return "IFUNC";
    const auto number = static_cast<std::size_t>(of);
    return number < names.size() ? names[number] : "unknown";
}

constexpr std::string_view name_of(symbol_binding of) noexcept {
    switch (of) {
        case symbol_binding::local: return "LOCAL";
        case symbol_binding::global: return "GLOBAL";
        case symbol_binding::weak: return "WEAK";
        case symbol_binding::gnu_unique: return "UNIQUE";
    }
    return "unknown";
}

constexpr std::string_view name_of(symbol_visibility of) noexcept {
    constexpr std::array<std::string_view, 4> names{"DEFAULT", "INTERNAL", "HIDDEN", "PROTECTED"};
    return names[static_cast<std::size_t>(of)];
}

namespace detail {
inline constexpr number_name x86_64_relocations[] = {
    {1, "R_X86_64_64"}, {2, "R_X86_64_PC32"}, {3, "R_X86_64_GOT32"}, {4, "R_X86_64_PLT32"}, {5, "R_X86_64_COPY"},
    {6, "R_X86_64_GLOB_DAT"}, {7, "R_X86_64_JUMP_SLOT"}, {8, "R_X86_64_RELATIVE"}, {9, "R_X86_64_GOTPCREL"},
    {10, "R_X86_64_32"}, {11, "R_X86_64_32S"}, {12, "R_X86_64_16"}, {13, "R_X86_64_PC16"}, {14, "R_X86_64_8"},
    {15, "R_X86_64_PC8"}, {16, "R_X86_64_DTPMOD64"}, {17, "R_X86_64_DTPOFF64"}, {18, "R_X86_64_TPOFF64"},
    {19, "R_X86_64_TLSGD"}, {20, "R_X86_64_TLSLD"}, {21, "R_X86_64_DTPOFF32"}, {22, "R_X86_64_GOTTPOFF"},
    {23, "R_X86_64_TPOFF32"}, {24, "R_X86_64_PC64"}, {25, "R_X86_64_GOTOFF64"}, {26, "R_X86_64_GOTPC32"},
    {27, "R_X86_64_GOT64"}, {28, "R_X86_64_GOTPCREL64"}, {29, "R_X86_64_GOTPC64"}, {30, "R_X86_64_GOTPLT64"},
    {31, "R_X86_64_PLTOFF64"}, {32, "R_X86_64_SIZE32"}, {33, "R_X86_64_SIZE64"}, {34, "R_X86_64_GOTPC32_TLSDESC"},
    {35, "R_X86_64_TLSDESC_CALL"}, {36, "R_X86_64_TLSDESC"}, {37, "R_X86_64_IRELATIVE"}, {41, "R_X86_64_GOTPCRELX"},
    {42, "R_X86_64_REX_GOTPCRELX"},
};
inline constexpr number_name aarch64_relocations[] = {
    {257, "R_AARCH64_ABS64"}, {258, "R_AARCH64_ABS32"}, {259, "R_AARCH64_ABS16"}, {260, "R_AARCH64_PREL64"},
    {261, "R_AARCH64_PREL32"}, {262, "R_AARCH64_PREL16"}, {263, "R_AARCH64_MOVW_UABS_G0"},
    {264, "R_AARCH64_MOVW_UABS_G0_NC"}, {265, "R_AARCH64_MOVW_UABS_G1"}, {266, "R_AARCH64_MOVW_UABS_G1_NC"},
    {267, "R_AARCH64_MOVW_UABS_G2"}, {268, "R_AARCH64_MOVW_UABS_G2_NC"}, {269, "R_AARCH64_MOVW_UABS_G3"},
    {270, "R_AARCH64_MOVW_SABS_G0"}, {271, "R_AARCH64_MOVW_SABS_G1"}, {272, "R_AARCH64_MOVW_SABS_G2"},
    {273, "R_AARCH64_LD_PREL_LO19"}, {274, "R_AARCH64_ADR_PREL_LO21"}, {275, "R_AARCH64_ADR_PREL_PG_HI21"},
    {276, "R_AARCH64_ADR_PREL_PG_HI21_NC"}, {277, "R_AARCH64_ADD_ABS_LO12_NC"}, {278, "R_AARCH64_LDST8_ABS_LO12_NC"},
    {279, "R_AARCH64_TSTBR14"}, {280, "R_AARCH64_CONDBR19"}, {282, "R_AARCH64_JUMP26"}, {283, "R_AARCH64_CALL26"},
    {284, "R_AARCH64_LDST16_ABS_LO12_NC"}, {285, "R_AARCH64_LDST32_ABS_LO12_NC"},
    {286, "R_AARCH64_LDST64_ABS_LO12_NC"}, {287, "R_AARCH64_MOVW_PREL_G0"}, {288, "R_AARCH64_MOVW_PREL_G0_NC"},
    {289, "R_AARCH64_MOVW_PREL_G1"}, {290, "R_AARCH64_MOVW_PREL_G1_NC"}, {291, "R_AARCH64_MOVW_PREL_G2"},
    {292, "R_AARCH64_MOVW_PREL_G2_NC"}, {293, "R_AARCH64_MOVW_PREL_G3"}, {299, "R_AARCH64_LDST128_ABS_LO12_NC"},
    {300, "R_AARCH64_MOVW_GOTOFF_G0"}, {301, "R_AARCH64_MOVW_GOTOFF_G0_NC"}, {302, "R_AARCH64_MOVW_GOTOFF_G1"},
    {303, "R_AARCH64_MOVW_GOTOFF_G1_NC"}, {304, "R_AARCH64_MOVW_GOTOFF_G2"}, {305, "R_AARCH64_MOVW_GOTOFF_G2_NC"},
    {306, "R_AARCH64_MOVW_GOTOFF_G3"}, {307, "R_AARCH64_GOTREL64"}, {308, "R_AARCH64_GOTREL32"},
    {309, "R_AARCH64_GOT_LD_PREL19"}, {310, "R_AARCH64_LD64_GOTOFF_LO15"}, {311, "R_AARCH64_ADR_GOT_PAGE"},
    {312, "R_AARCH64_LD64_GOT_LO12_NC"}, {313, "R_AARCH64_LD64_GOTPAGE_LO15"}, {314, "R_AARCH64_PLT32"},
    {315, "R_AARCH64_GOTPCREL32"}, {512, "R_AARCH64_TLSGD_ADR_PREL21"}, {513, "R_AARCH64_TLSGD_ADR_PAGE21"},
    {514, "R_AARCH64_TLSGD_ADD_LO12_NC"}, {515, "R_AARCH64_TLSGD_MOVW_G1"}, {516, "R_AARCH64_TLSGD_MOVW_G0_NC"},
    {517, "R_AARCH64_TLSLD_ADR_PREL21"}, {518, "R_AARCH64_TLSLD_ADR_PAGE21"}, {519, "R_AARCH64_TLSLD_ADD_LO12_NC"},
    {520, "R_AARCH64_TLSLD_MOVW_G1"}, {521, "R_AARCH64_TLSLD_MOVW_G0_NC"}, {522, "R_AARCH64_TLSLD_LD_PREL19"},
    {523, "R_AARCH64_TLSLD_MOVW_DTPREL_G2"}, {524, "R_AARCH64_TLSLD_MOVW_DTPREL_G1"},
    {525, "R_AARCH64_TLSLD_MOVW_DTPREL_G1_NC"}, {526, "R_AARCH64_TLSLD_MOVW_DTPREL_G0"},
    {527, "R_AARCH64_TLSLD_MOVW_DTPREL_G0_NC"}, {528, "R_AARCH64_TLSLD_ADD_DTPREL_HI12"},
    {529, "R_AARCH64_TLSLD_ADD_DTPREL_LO12"}, {530, "R_AARCH64_TLSLD_ADD_DTPREL_LO12_NC"},
    {531, "R_AARCH64_TLSLD_LDST8_DTPREL_LO12"}, {532, "R_AARCH64_TLSLD_LDST8_DTPREL_LO12_NC"},
    {533, "R_AARCH64_TLSLD_LDST16_DTPREL_LO12"}, {534, "R_AARCH64_TLSLD_LDST16_DTPREL_LO12_NC"},
    {535, "R_AARCH64_TLSLD_LDST32_DTPREL_LO12"}, {536, "R_AARCH64_TLSLD_LDST32_DTPREL_LO12_NC"},
    {537, "R_AARCH64_TLSLD_LDST64_DTPREL_LO12"}, {538, "R_AARCH64_TLSLD_LDST64_DTPREL_LO12_NC"},
    {539, "R_AARCH64_TLSIE_MOVW_GOTTPREL_G1"}, {540, "R_AARCH64_TLSIE_MOVW_GOTTPREL_G0_NC"},
    {541, "R_AARCH64_TLSIE_ADR_GOTTPREL_PAGE21"}, {542, "R_AARCH64_TLSIE_LD64_GOTTPREL_LO12_NC"},
    {543, "R_AARCH64_TLSIE_LD_GOTTPREL_PREL19"}, {544, "R_AARCH64_TLSLE_MOVW_TPREL_G2"},
    {545, "R_AARCH64_TLSLE_MOVW_TPREL_G1"}, {546, "R_AARCH64_TLSLE_MOVW_TPREL_G1_NC"},
    {547, "R_AARCH64_TLSLE_MOVW_TPREL_G0"}, {548, "R_AARCH64_TLSLE_MOVW_TPREL_G0_NC"},
    {549, "R_AARCH64_TLSLE_ADD_TPREL_HI12"}, {550, "R_AARCH64_TLSLE_ADD_TPREL_LO12"},
    {551, "R_AARCH64_TLSLE_ADD_TPREL_LO12_NC"}, {552, "R_AARCH64_TLSLE_LDST8_TPREL_LO12"},
    {553, "R_AARCH64_TLSLE_LDST8_TPREL_LO12_NC"}, {554, "R_AARCH64_TLSLE_LDST16_TPREL_LO12"},
    {555, "R_AARCH64_TLSLE_LDST16_TPREL_LO12_NC"}, {556, "R_AARCH64_TLSLE_LDST32_TPREL_LO12"},
    {557, "R_AARCH64_TLSLE_LDST32_TPREL_LO12_NC"}, {558, "R_AARCH64_TLSLE_LDST64_TPREL_LO12"},
    {559, "R_AARCH64_TLSLE_LDST64_TPREL_LO12_NC"}, {560, "R_AARCH64_TLSDESC_LD_PREL19"},
    {561, "R_AARCH64_TLSDESC_ADR_PREL21"}, {562, "R_AARCH64_TLSDESC_ADR_PAGE21"},
    {563, "R_AARCH64_TLSDESC_LD64_LO12"}, {564, "R_AARCH64_TLSDESC_ADD_LO12"}, {565, "R_AARCH64_TLSDESC_OFF_G1"},
    {566, "R_AARCH64_TLSDESC_OFF_G0_NC"}, {567, "R_AARCH64_TLSDESC_LDR"}, {568, "R_AARCH64_TLSDESC_ADD"},
    {569, "R_AARCH64_TLSDESC_CALL"}, {570, "R_AARCH64_TLSLE_LDST128_TPREL_LO12"},
    {571, "R_AARCH64_TLSLE_LDST128_TPREL_LO12_NC"}, {572, "R_AARCH64_TLSLD_LDST128_DTPREL_LO12"},
    {573, "R_AARCH64_TLSLD_LDST128_DTPREL_LO12_NC"}, {1024, "R_AARCH64_COPY"}, {1025, "R_AARCH64_GLOB_DAT"},
    {1026, "R_AARCH64_JUMP_SLOT"}, {1027, "R_AARCH64_RELATIVE"}, {1028, "R_AARCH64_TLS_DTPMOD64"},
    {1029, "R_AARCH64_TLS_DTPREL64"}, {1030, "R_AARCH64_TLS_TPREL64"}, {1031, "R_AARCH64_TLSDESC"},
    {1032, "R_AARCH64_IRELATIVE"},
};
inline constexpr number_name riscv_relocations[] = {
    {1, "R_RISCV_32"}, {2, "R_RISCV_64"}, {3, "R_RISCV_RELATIVE"}, {4, "R_RISCV_COPY"}, {5, "R_RISCV_JUMP_SLOT"},
    {7, "R_RISCV_TLS_DTPMOD64"}, {8, "R_RISCV_TLS_DTPREL32"}, {9, "R_RISCV_TLS_DTPREL64"},
    {11, "R_RISCV_TLS_TPREL64"}, {12, "R_RISCV_TLSDESC"}, {16, "R_RISCV_BRANCH"}, {17, "R_RISCV_JAL"},
    {18, "R_RISCV_CALL"}, {19, "R_RISCV_CALL_PLT"}, {20, "R_RISCV_GOT_HI20"}, {21, "R_RISCV_TLS_GOT_HI20"},
    {22, "R_RISCV_TLS_GD_HI20"}, {23, "R_RISCV_PCREL_HI20"}, {24, "R_RISCV_PCREL_LO12_I"},
    {25, "R_RISCV_PCREL_LO12_S"}, {26, "R_RISCV_HI20"}, {27, "R_RISCV_LO12_I"}, {28, "R_RISCV_LO12_S"},
    {29, "R_RISCV_TPREL_HI20"}, {30, "R_RISCV_TPREL_LO12_I"}, {31, "R_RISCV_TPREL_LO12_S"}, {32, "R_RISCV_TPREL_ADD"},
    {33, "R_RISCV_ADD8"}, {34, "R_RISCV_ADD16"}, {35, "R_RISCV_ADD32"}, {36, "R_RISCV_ADD64"}, {37, "R_RISCV_SUB8"},
    {38, "R_RISCV_SUB16"}, {39, "R_RISCV_SUB32"}, {40, "R_RISCV_SUB64"}, {41, "R_RISCV_GOT32_PCREL"},
    {43, "R_RISCV_ALIGN"}, {44, "R_RISCV_RVC_BRANCH"}, {45, "R_RISCV_RVC_JUMP"}, {51, "R_RISCV_RELAX"},
    {52, "R_RISCV_SUB6"}, {53, "R_RISCV_SET6"}, {54, "R_RISCV_SET8"}, {55, "R_RISCV_SET16"}, {56, "R_RISCV_SET32"},
    {57, "R_RISCV_32_PCREL"}, {58, "R_RISCV_IRELATIVE"}, {59, "R_RISCV_PLT32"}, {60, "R_RISCV_SET_ULEB128"},
    {61, "R_RISCV_SUB_ULEB128"}, {62, "R_RISCV_TLSDESC_HI20"}, {63, "R_RISCV_TLSDESC_LOAD_LO12"},
    {64, "R_RISCV_TLSDESC_ADD_LO12"}, {65, "R_RISCV_TLSDESC_CALL"},
};
}  // namespace detail

/// The name of relocation `type` of x86_64, aarch64 or riscv: all dynamic ones, and the static ones that can be linked;
/// else empty.
constexpr std::string_view relocation_name(machine of, std::uint32_t type) noexcept {
    switch (of) {
        case machine::x86_64: return name_in(detail::x86_64_relocations, type);
        case machine::aarch64: return name_in(detail::aarch64_relocations, type);
        case machine::riscv: return name_in(detail::riscv_relocations, type);
        default: return {};
    }
}

}  // namespace vitte::loader::elf
