/// The numbers of PE and COFF that inspecting has to tell apart (Microsoft, "PE Format").
#pragma once

#include <cstdint>

namespace vitte::loader::pe {

/// The machines that are known here; files for others are refused.
enum class machine : std::uint16_t {
    i386 = 0x14c, arm = 0x1c0, thumb = 0x1c2, arm_nt = 0x1c4, ia64 = 0x200, efi_byte_code = 0xebc, riscv32 = 0x5032,
    riscv64 = 0x5064, loongarch32 = 0x6232, loongarch64 = 0x6264, x86_64 = 0x8664, arm64ec = 0xa641, arm64x = 0xa64e,
    aarch64 = 0xaa64,
};

/// Bits of `header::characteristics`.
inline constexpr std::uint16_t file_executable = 0x2, file_dynamic_library = 0x2000;

/// Bits of `section::flags`.
inline constexpr std::uint32_t section_uninitialized = 0x80, section_more_relocations = 0x0100'0000,
                               section_executable = 0x2000'0000, section_readable = 0x4000'0000,
                               section_writable = 0x8000'0000;

/// The data directories of an image.
enum class directory : unsigned {
    exports = 0, imports = 1, resources = 2, exceptions = 3, certificates = 4, base_relocations = 5, debug = 6,
    architecture = 7, global_pointer = 8, tls = 9, load_configuration = 10, bound_imports = 11, import_addresses = 12,
    delay_imports = 13, clr_header = 14,
};
inline constexpr std::uint32_t most_directories = 16;

/// Special section numbers of symbols.
inline constexpr std::int32_t section_undefined = 0, section_absolute = -1, section_debug = -2;

enum class storage_class : std::uint8_t {
    none = 0, external = 2, static_ = 3, label = 6, function = 101, file = 103, section = 104, weak_external = 105,
    clr_token = 107, end_of_function = 0xff,
};

}  // namespace vitte::loader::pe
