/// The numbers of Mach-O that inspecting has to tell apart (<mach-o/loader.h>, <mach-o/nlist.h>, <mach/machine.h>).
#pragma once

#include <cstdint>

namespace vitte::loader::macho {

/// The machines that something here depends on; every other number is passed through. The upper half says the size of
/// addresses: 64 bits, or 32 on a 64-bit machine.
enum class machine : std::uint32_t {
    i386 = 7, arm = 12, powerpc = 18, x86_64 = 0x0100'0007, aarch64 = 0x0100'000c, powerpc64 = 0x0100'0012,
    arm64_32 = 0x0200'000c,
};

enum class file_type : std::uint32_t {
    object = 1, executable = 2, fixed_library = 3, core = 4, preloaded = 5, dynamic_library = 6, dynamic_linker = 7,
    bundle = 8, library_stub = 9, debug_symbols = 10, kernel_extension = 11, file_set = 12,
};
/// A bit of `header::flags`: undefined symbols tell which library they are from.
inline constexpr std::uint32_t file_two_level = 0x80;

enum class command : std::uint32_t {
    segment = 0x1, symbols = 0x2, unix_thread = 0x5, dynamic_symbols = 0xb, needed = 0xc, id = 0xd, segment_64 = 0x19,
    uuid = 0x1b, code_signature = 0x1d, lazy_needed = 0x20, dyld_info = 0x22, version_min_macos = 0x24,
    version_min_ios = 0x25, version_min_tvos = 0x2f, version_min_watchos = 0x30, build_version = 0x32,
    // These the dynamic linker must understand.
    weak_needed = 0x8000'0018, rpath = 0x8000'001c, reexported = 0x8000'001f, dyld_info_only = 0x8000'0022,
    upward_needed = 0x8000'0023, main = 0x8000'0028, exports_trie = 0x8000'0033, chained_fixups = 0x8000'0034,
};

/// Bits of `segment::initial_protection`.
inline constexpr std::uint32_t segment_readable = 1, segment_writable = 2, segment_executable = 4;

/// The low byte of `section::flags`: those that have no bytes in the file.
inline constexpr std::uint32_t section_type_mask = 0xff, section_zero_fill = 1, section_big_zero_fill = 12,
                               section_thread_local_zero_fill = 18;

/// Special numbers of libraries, which is where a symbol is looked for instead.
inline constexpr std::int32_t library_self = 0, library_executable = -1, library_flat = -2, library_weak = -3;

enum class platform : std::uint32_t {
    macos = 1, ios = 2, tvos = 3, watchos = 4, bridgeos = 5, mac_catalyst = 6, ios_simulator = 7, tvos_simulator = 8,
    watchos_simulator = 9, driverkit = 10, visionos = 11, visionos_simulator = 12,
};

}  // namespace vitte::loader::macho
