/// The names that Microsoft's documents and tools give to the numbers of PE and COFF.
#pragma once

#include <vitte/loader/format/pe/constants.hpp>
#include <vitte/loader/format/views.hpp>

namespace vitte::loader::pe {

/// "x86_64", "aarch64" ...
constexpr std::string_view name_of(machine of) noexcept {
    switch (of) {
        case machine::i386: return "i386";
        case machine::arm: case machine::thumb: case machine::arm_nt: return "arm";
        case machine::ia64: return "ia64";
        case machine::efi_byte_code: return "efi_byte_code";
        case machine::riscv32: return "riscv32";
        case machine::riscv64: return "riscv64";
        case machine::loongarch32: return "loongarch32";
        case machine::loongarch64: return "loongarch64";
        case machine::x86_64: return "x86_64";
        case machine::arm64ec: return "arm64ec";
        case machine::arm64x: return "arm64x";
        case machine::aarch64: return "aarch64";
    }
    return {};
}

/// IMAGE_SUBSYSTEM_..., for `name_in`.
inline constexpr number_name subsystems[] = {
    {0, "UNKNOWN"}, {1, "NATIVE"}, {2, "WINDOWS_GUI"}, {3, "WINDOWS_CUI"}, {5, "OS2_CUI"}, {7, "POSIX_CUI"},
    {8, "NATIVE_WINDOWS"}, {9, "WINDOWS_CE_GUI"}, {10, "EFI_APPLICATION"}, {11, "EFI_BOOT_SERVICE_DRIVER"},
    {12, "EFI_RUNTIME_DRIVER"}, {13, "EFI_ROM"}, {14, "XBOX"}, {16, "WINDOWS_BOOT_APPLICATION"},
};
/// IMAGE_DLLCHARACTERISTICS_..., one bit each.
inline constexpr number_name dll_characteristics[] = {
    {0x20, "HIGH_ENTROPY_VA"}, {0x40, "DYNAMIC_BASE"}, {0x80, "FORCE_INTEGRITY"}, {0x100, "NX_COMPAT"},
    {0x200, "NO_ISOLATION"}, {0x400, "NO_SEH"}, {0x800, "NO_BIND"}, {0x1000, "APPCONTAINER"}, {0x2000, "WDM_DRIVER"},
    {0x4000, "GUARD_CF"}, {0x8000, "TERMINAL_SERVER_AWARE"},
};
/// IMAGE_REL_BASED_..., as far as all machines have them.
inline constexpr number_name base_relocations[] = {
    {0, "ABSOLUTE"}, {1, "HIGH"}, {2, "LOW"}, {3, "HIGHLOW"}, {4, "HIGHADJ"}, {10, "DIR64"},
};

namespace detail {
inline constexpr number_name x86_64_relocations[] = {
    {0, "IMAGE_REL_AMD64_ABSOLUTE"}, {1, "IMAGE_REL_AMD64_ADDR64"}, {2, "IMAGE_REL_AMD64_ADDR32"},
    {3, "IMAGE_REL_AMD64_ADDR32NB"}, {4, "IMAGE_REL_AMD64_REL32"}, {5, "IMAGE_REL_AMD64_REL32_1"},
    {6, "IMAGE_REL_AMD64_REL32_2"}, {7, "IMAGE_REL_AMD64_REL32_3"}, {8, "IMAGE_REL_AMD64_REL32_4"},
    {9, "IMAGE_REL_AMD64_REL32_5"}, {10, "IMAGE_REL_AMD64_SECTION"}, {11, "IMAGE_REL_AMD64_SECREL"},
    {12, "IMAGE_REL_AMD64_SECREL7"}, {13, "IMAGE_REL_AMD64_TOKEN"}, {14, "IMAGE_REL_AMD64_SREL32"},
    {15, "IMAGE_REL_AMD64_PAIR"}, {16, "IMAGE_REL_AMD64_SSPAN32"},
};
inline constexpr number_name i386_relocations[] = {
    {0, "IMAGE_REL_I386_ABSOLUTE"}, {1, "IMAGE_REL_I386_DIR16"}, {2, "IMAGE_REL_I386_REL16"},
    {6, "IMAGE_REL_I386_DIR32"}, {7, "IMAGE_REL_I386_DIR32NB"}, {9, "IMAGE_REL_I386_SEG12"},
    {10, "IMAGE_REL_I386_SECTION"}, {11, "IMAGE_REL_I386_SECREL"}, {12, "IMAGE_REL_I386_TOKEN"},
    {13, "IMAGE_REL_I386_SECREL7"}, {20, "IMAGE_REL_I386_REL32"},
};
inline constexpr number_name arm64_relocations[] = {
    {0, "IMAGE_REL_ARM64_ABSOLUTE"}, {1, "IMAGE_REL_ARM64_ADDR32"}, {2, "IMAGE_REL_ARM64_ADDR32NB"},
    {3, "IMAGE_REL_ARM64_BRANCH26"}, {4, "IMAGE_REL_ARM64_PAGEBASE_REL21"}, {5, "IMAGE_REL_ARM64_REL21"},
    {6, "IMAGE_REL_ARM64_PAGEOFFSET_12A"}, {7, "IMAGE_REL_ARM64_PAGEOFFSET_12L"}, {8, "IMAGE_REL_ARM64_SECREL"},
    {9, "IMAGE_REL_ARM64_SECREL_LOW12A"}, {10, "IMAGE_REL_ARM64_SECREL_HIGH12A"}, {11, "IMAGE_REL_ARM64_SECREL_LOW12L"},
    {12, "IMAGE_REL_ARM64_TOKEN"}, {13, "IMAGE_REL_ARM64_SECTION"}, {14, "IMAGE_REL_ARM64_ADDR64"},
    {15, "IMAGE_REL_ARM64_BRANCH19"}, {16, "IMAGE_REL_ARM64_BRANCH14"}, {17, "IMAGE_REL_ARM64_REL32"},
};
}  // namespace detail

/// The name of relocation `type` of an object; empty if it is not known here.
constexpr std::string_view relocation_name(machine of, std::uint32_t type) noexcept {
    switch (of) {
        case machine::x86_64: return name_in(detail::x86_64_relocations, type);
        case machine::i386: return name_in(detail::i386_relocations, type);
        case machine::aarch64: case machine::arm64ec: case machine::arm64x:
            return name_in(detail::arm64_relocations, type);
        default: return {};
    }
}

}  // namespace vitte::loader::pe
