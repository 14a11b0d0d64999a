/// The numbers of ELF that linking and inspecting have to tell apart (System V gABI, chapters 4 and 5; `gnu_` from the
/// Linux Standard Base).
#pragma once

#include <cstdint>

namespace vitte::loader::elf {

enum class file_type : std::uint16_t { none = 0, relocatable = 1, executable = 2, shared_object = 3, core = 4 };

enum class segment_type : std::uint32_t {
    null = 0,
    load = 1,
    dynamic = 2,
    interpreter = 3,
    note = 4,
    program_headers = 6,
    tls = 7,
    gnu_eh_frame = 0x6474e550,
    gnu_stack = 0x6474e551,
    gnu_relro = 0x6474e552,
    gnu_property = 0x6474e553,
};
/// Bits of `segment::flags`.
inline constexpr std::uint32_t segment_executable = 1, segment_writable = 2, segment_readable = 4;

enum class section_type : std::uint32_t {
    null = 0,
    program = 1,
    symbols = 2,
    strings = 3,
    relocations_with_addend = 4,
    hash = 5,
    dynamic = 6,
    note = 7,
    no_bits = 8,
    relocations = 9,
    dynamic_symbols = 11,
    init_array = 14,
    fini_array = 15,
    preinit_array = 16,
    group = 17,
    symbol_section_indices = 18,
    relative_relocations = 19,
    compact_relocations = 0x40000014,  ///< CREL of LLVM 19
    gnu_hash = 0x6ffffff6,
    version_definitions = 0x6ffffffd,
    version_needs = 0x6ffffffe,
    version_indices = 0x6fffffff,
};
/// The first type of those that belong to operating systems, machines and programs.
inline constexpr auto section_type_of_system = static_cast<section_type>(0x60000000);
/// Bits of `section::flags`.
inline constexpr std::uint64_t flag_write = 1, flag_alloc = 2, flag_execute = 4, flag_info_link = 0x40,
                               flag_nonconforming = 0x100, flag_group = 0x200, flag_tls = 0x400,
                               flag_compressed = 0x800, flag_exclude = 0x80000000;
/// Special section indices of symbols, and the one that says "look into section 0".
inline constexpr std::uint16_t section_undefined = 0, section_reserved = 0xff00, section_absolute = 0xfff1,
                               section_common = 0xfff2, section_extended = 0xffff;

/// Entries of the dynamic table.
enum class tag : std::int64_t {
    null = 0,
    needed = 1,
    plt_size = 2,
    plt_got = 3,
    hash = 4,
    strings = 5,
    symbols = 6,
    rela = 7,
    rela_size = 8,
    rela_entry = 9,
    strings_size = 10,
    symbol_entry = 11,
    init = 12,
    fini = 13,
    soname = 14,
    rpath = 15,
    symbolic = 16,
    rel = 17,
    rel_size = 18,
    rel_entry = 19,
    plt_kind = 20,
    debug = 21,
    text_relocations = 22,
    plt = 23,
    bind_now = 24,
    init_array = 25,
    fini_array = 26,
    init_array_size = 27,
    fini_array_size = 28,
    runpath = 29,
    flags = 30,
    relr_size = 35,
    relr = 36,
    relr_entry = 37,
    gnu_hash = 0x6ffffef5,
    version_indices = 0x6ffffff0,
    flags_1 = 0x6ffffffb,
    version_definitions = 0x6ffffffc,
    version_definition_count = 0x6ffffffd,
    version_needs = 0x6ffffffe,
    version_need_count = 0x6fffffff,
    filter = 0x7fffffff,
};
/// Bits of DT_FLAGS_1, in the order of GNU ld's options: `-z now`, `-z global`, `-Bgroup`, `-z nodelete`, `-z
/// initfirst`, `-z nodlopen`, `-z interpose`, `-z nodefaultlib`.
inline constexpr std::uint64_t flag_1_now = 1, flag_1_global = 2, flag_1_group = 4, flag_1_no_delete = 8,
                               flag_1_initialize_first = 0x20, flag_1_no_open = 0x40, flag_1_interpose = 0x400,
                               flag_1_no_default_paths = 0x800;

enum class symbol_type : std::uint8_t {
    none = 0,
    object = 1,
    function = 2,
    section = 3,
    file = 4,
    common = 5,
    tls = 6,
    gnu_ifunc = 10,
};
enum class symbol_binding : std::uint8_t { local = 0, global = 1, weak = 2, gnu_unique = 10 };
enum class symbol_visibility : std::uint8_t { standard = 0, internal = 1, hidden = 2, protected_ = 3 };

/// The bit of a version index that says: not the default version of this name.
inline constexpr std::uint16_t version_hidden = 0x8000;

/// The machines that something here depends on; every other number is passed through.
enum class machine : std::uint16_t {
    i386 = 3,
    mips = 8,
    s390 = 22,
    arm = 40,
    x86_64 = 62,
    aarch64 = 183,
    riscv = 243,
};

}  // namespace vitte::loader::elf
