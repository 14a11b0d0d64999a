/// The names that Apple's headers and tools give to Mach-O's numbers.
#pragma once

#include <vitte/loader/format/macho/constants.hpp>
#include <vitte/loader/format/views.hpp>

namespace vitte::loader::macho {

/// "x86_64", "aarch64" ...; empty for machines that are not known here.
constexpr std::string_view name_of(machine of) noexcept {
    switch (of) {
        case machine::i386: return "i386";
        case machine::arm: return "arm";
        case machine::powerpc: return "powerpc";
        case machine::x86_64: return "x86_64";
        case machine::aarch64: return "aarch64";
        case machine::powerpc64: return "powerpc64";
        case machine::arm64_32: return "arm64_32";
    }
    return {};
}

constexpr std::string_view name_of(file_type of) noexcept {
    constexpr std::string_view names[] = {"unknown", "object", "executable", "fixed library", "core file",
                                          "preloaded executable", "dynamic library", "dynamic linker", "bundle",
                                          "library stub", "debug symbols", "kernel extension", "file set"};
    const auto number = static_cast<std::size_t>(of);
    return number < std::size(names) ? names[number] : names[0];
}

constexpr std::string_view name_of(platform of) noexcept {
    constexpr std::string_view names[] = {"unknown", "macos", "ios", "tvos", "watchos", "bridgeos", "mac_catalyst",
                                          "ios_simulator", "tvos_simulator", "watchos_simulator", "driverkit",
                                          "visionos", "visionos_simulator"};
    const auto number = static_cast<std::size_t>(of);
    return number < std::size(names) ? names[number] : names[0];
}

/// Types of hashes in code signatures, for `name_in`.
inline constexpr number_name signature_hashes[] = {{1, "sha1"}, {2, "sha256"}, {3, "sha256-160"}, {4, "sha384"}};

namespace detail {
inline constexpr number_name generic_relocations[] = {
    {0, "GENERIC_RELOC_VANILLA"},    {1, "GENERIC_RELOC_PAIR"},           {2, "GENERIC_RELOC_SECTDIFF"},
    {3, "GENERIC_RELOC_PB_LA_PTR"}, {4, "GENERIC_RELOC_LOCAL_SECTDIFF"}, {5, "GENERIC_RELOC_TLV"},
};
inline constexpr number_name x86_64_relocations[] = {
    {0, "X86_64_RELOC_UNSIGNED"}, {1, "X86_64_RELOC_SIGNED"}, {2, "X86_64_RELOC_BRANCH"}, {3, "X86_64_RELOC_GOT_LOAD"},
    {4, "X86_64_RELOC_GOT"}, {5, "X86_64_RELOC_SUBTRACTOR"}, {6, "X86_64_RELOC_SIGNED_1"}, {7, "X86_64_RELOC_SIGNED_2"},
    {8, "X86_64_RELOC_SIGNED_4"}, {9, "X86_64_RELOC_TLV"},
};
inline constexpr number_name arm_relocations[] = {
    {0, "ARM_RELOC_VANILLA"}, {1, "ARM_RELOC_PAIR"}, {2, "ARM_RELOC_SECTDIFF"}, {3, "ARM_RELOC_LOCAL_SECTDIFF"},
    {4, "ARM_RELOC_PB_LA_PTR"}, {5, "ARM_RELOC_BR24"}, {6, "ARM_THUMB_RELOC_BR22"}, {7, "ARM_THUMB_32BIT_BRANCH"},
    {8, "ARM_RELOC_HALF"}, {9, "ARM_RELOC_HALF_SECTDIFF"},
};
inline constexpr number_name arm64_relocations[] = {
    {0, "ARM64_RELOC_UNSIGNED"}, {1, "ARM64_RELOC_SUBTRACTOR"}, {2, "ARM64_RELOC_BRANCH26"},
    {3, "ARM64_RELOC_PAGE21"}, {4, "ARM64_RELOC_PAGEOFF12"}, {5, "ARM64_RELOC_GOT_LOAD_PAGE21"},
    {6, "ARM64_RELOC_GOT_LOAD_PAGEOFF12"}, {7, "ARM64_RELOC_POINTER_TO_GOT"}, {8, "ARM64_RELOC_TLVP_LOAD_PAGE21"},
    {9, "ARM64_RELOC_TLVP_LOAD_PAGEOFF12"}, {10, "ARM64_RELOC_ADDEND"}, {11, "ARM64_RELOC_AUTHENTICATED_POINTER"},
};
}  // namespace detail

/// The name of relocation `type` of an object; empty if it is not known here.
constexpr std::string_view relocation_name(machine of, std::uint32_t type) noexcept {
    switch (of) {
        case machine::i386: return name_in(detail::generic_relocations, type);
        case machine::x86_64: return name_in(detail::x86_64_relocations, type);
        case machine::arm: return name_in(detail::arm_relocations, type);
        case machine::aarch64: case machine::arm64_32: return name_in(detail::arm64_relocations, type);
        default: return {};
    }
}

}  // namespace vitte::loader::macho
