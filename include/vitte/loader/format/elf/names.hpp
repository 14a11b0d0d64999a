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
    {1, "R_X86_64_64"},        {2, "R_X86_64_PC32"},      {3, "R_X86_64_GOT32"},     {4, "R_X86_64_PLT32"},
    {5, "R_X86_64_COPY"},      {6, "R_X86_64_GLOB_DAT"},  {7, "R_X86_64_JUMP_SLOT"}, {8, "R_X86_64_RELATIVE"},
    {9, "R_X86_64_GOTPCREL"},  {10, "R_X86_64_32"},       {11, "R_X86_64_32S"},      {16, "R_X86_64_DTPMOD64"},
    {17, "R_X86_64_DTPOFF64"}, {18, "R_X86_64_TPOFF64"},  {19, "R_X86_64_TLSGD"},    {20, "R_X86_64_TLSLD"},
    {21, "R_X86_64_DTPOFF32"}, {22, "R_X86_64_GOTTPOFF"}, {23, "R_X86_64_TPOFF32"},  {24, "R_X86_64_PC64"},
    {36, "R_X86_64_TLSDESC"},  {37, "R_X86_64_IRELATIVE"}, {41, "R_X86_64_GOTPCRELX"}, {42, "R_X86_64_REX_GOTPCRELX"},
};
inline constexpr number_name aarch64_relocations[] = {
    {257, "R_AARCH64_ABS64"},      {258, "R_AARCH64_ABS32"},       {261, "R_AARCH64_PREL32"},
    {275, "R_AARCH64_ADR_PREL_PG_HI21"}, {277, "R_AARCH64_ADD_ABS_LO12_NC"}, {282, "R_AARCH64_JUMP26"},
    {283, "R_AARCH64_CALL26"},     {1024, "R_AARCH64_COPY"},       {1025, "R_AARCH64_GLOB_DAT"},
    {1026, "R_AARCH64_JUMP_SLOT"}, {1027, "R_AARCH64_RELATIVE"},   {1028, "R_AARCH64_TLS_DTPMOD64"},
    {1029, "R_AARCH64_TLS_DTPREL64"}, {1030, "R_AARCH64_TLS_TPREL64"}, {1031, "R_AARCH64_TLSDESC"},
    {1032, "R_AARCH64_IRELATIVE"},
};
inline constexpr number_name riscv_relocations[] = {
    {1, "R_RISCV_32"},       {2, "R_RISCV_64"},           {3, "R_RISCV_RELATIVE"},     {4, "R_RISCV_COPY"},
    {5, "R_RISCV_JUMP_SLOT"}, {7, "R_RISCV_TLS_DTPMOD64"}, {9, "R_RISCV_TLS_DTPREL64"}, {11, "R_RISCV_TLS_TPREL64"},
    {12, "R_RISCV_TLSDESC"}, {58, "R_RISCV_IRELATIVE"},
};
}  // namespace detail

/// The name of relocation `type`: all dynamic ones of x86_64, aarch64 and riscv, and the common static ones; else
/// empty.
constexpr std::string_view relocation_name(machine of, std::uint32_t type) noexcept {
    switch (of) {
        case machine::x86_64: return name_in(detail::x86_64_relocations, type);
        case machine::aarch64: return name_in(detail::aarch64_relocations, type);
        case machine::riscv: return name_in(detail::riscv_relocations, type);
        default: return {};
    }
}

}  // namespace vitte::loader::elf
