/// Which sections of an ELF file are its debug information; see `format/dwarf.hpp`.
#pragma once

#include <vitte/loader/format/elf/file.hpp>

namespace vitte::loader::dwarf {

/// The bytes of the sections, uncompressed; empty ones are not there. They may come from any file, such as an object
/// with split debug information (`.dwo`) or a supplementary file of dwz.
struct sections {
    encoding form;  ///< of the file: the byte order; sizes of addresses and offsets are those of each unit
    part info, types, abbreviations, strings, line_strings, string_offsets, addresses, unit_index, type_index;
};

/// A section as SHF_COMPRESSED has it (gABI chapter 4, "Section Compression"), or an old one whose name is `.zdebug`.
struct compressed {
    enum class method : std::uint32_t { zlib = 1, zstd = 2 };

    method how;
    std::span<const std::byte> stored;
    std::uint64_t size;    ///< of what comes out of it: a number of the file's, which may be anything
    std::uint64_t offset;  ///< of the section, for errors
};

namespace detail {
struct section_name {
    std::string_view name;  ///< without `.debug_`
    part sections::*to;
};
inline constexpr section_name section_names[] = {
    {"info", &sections::info},      {"types", &sections::types},           {"abbrev", &sections::abbreviations},
    {"str", &sections::strings},    {"line_str", &sections::line_strings}, {"str_offsets", &sections::string_offsets},
    {"addr", &sections::addresses}, {"cu_index", &sections::unit_index},   {"tu_index", &sections::type_index},
};

inline part sections::*section_named(std::string_view name) noexcept {
    if (name.ends_with(".dwo")) name.remove_suffix(4);
    for (const section_name& known : section_names)
        if (name == known.name) return known.to;
    return nullptr;
}

/// The header in front of a compressed section's bytes.
inline result<compressed, parse_error> read_compressed(part of, bool old_name, encoding form) noexcept {
    constexpr const char* what = "compressed section";
    using method = compressed::method;
    if (old_name) {
        VITTE_CHECK(of.sub(0, 12, what, "ends inside its header"));
        const auto magic = form.order == byte_order::little ? 0x42494c5au : 0x5a4c4942u;
        if (form.u32(of.bytes.data()) != magic) return malformed(what, "does not begin with ZLIB", of.offset);
        return compressed{method::zlib, of.bytes.subspan(12), load<std::uint64_t>(of.bytes.data() + 4, byte_order::big),
                          of.offset};
    }
    const std::size_t header = form.wide ? 24 : 12;
    VITTE_CHECK(of.sub(0, header, what, "ends inside its header"));
    const std::uint32_t how = form.u32(of.bytes.data());
    if (how != static_cast<std::uint32_t>(method::zlib) && how != static_cast<std::uint32_t>(method::zstd))
        return malformed(what, "in a way that is not known", of.offset, errc::not_supported);
    return compressed{static_cast<method>(how), of.bytes.subspan(header),
                      form.word(of.bytes.data() + (form.wide ? 8 : 4)), of.offset};
}
}  // namespace detail

/// The sections of `of` with debug information. `decompress(const compressed&)` gives the plain bytes of one that is
/// compressed, as a `result<std::span<const std::byte>, parse_error>`: of exactly `size` bytes, which must stay as long
/// as they are read; it decides how much is too much. `errc::not_found` if there is none, `errc::not_supported` if the
/// linker has not seen the file yet: what has relocations is not read.
template <class Decompress>
result<sections, parse_error> find_sections(const elf::file& of, Decompress&& decompress) {
    constexpr std::uint64_t flag_compressed = 0x800;
    sections made;
    made.form = of.header().form;
    bool relocated = false;
    for (const elf::section s : of.sections()) {
        VITTE_TRY(std::string_view name, of.name(s));
        relocated = relocated ||
                    ((s.type == elf::section_type::relocations_with_addend ||
                      s.type == elf::section_type::relocations || s.type == elf::section_type::compact_relocations) &&
                     name.ends_with(".debug_info"));
        const bool old_name = name.starts_with(".zdebug_");
        if ((!old_name && !name.starts_with(".debug_")) || s.type == elf::section_type::no_bits) continue;
        part sections::*const to = detail::section_named(name.substr(old_name ? 8 : 7));
        if (to == nullptr) continue;
        if (!(made.*to).bytes.empty())
            return malformed("section header table", "there are two sections of this debug information", s.offset,
                             errc::not_supported);
        VITTE_TRY(made.*to, of.content(s));
        if (!old_name && (s.flags & flag_compressed) == 0) continue;
        VITTE_TRY(const compressed packed, detail::read_compressed(made.*to, old_name, made.form));
        VITTE_TRY((made.*to).bytes, decompress(packed));
        if ((made.*to).bytes.size() != packed.size)
            return malformed("compressed section", "has another size than it says", s.offset);
    }
    if (relocated) return malformed("debug information", "of an object that is not linked yet", 0, errc::not_supported);
    if (made.info.bytes.empty()) return malformed("debug information", "there is none", 0, errc::not_found);
    return made;
}

/// Another file that has debug information of this one.
struct debug_link {
    std::string_view name;  ///< empty if there is none
    std::span<const std::byte> build_id;
};

/// What `.gnu_debugaltlink` says: the supplementary file of dwz, and its build id.
inline result<debug_link, parse_error> supplementary_link(const elf::file& of) noexcept {
    for (const elf::section s : of.sections()) {
        VITTE_TRY(const std::string_view name, of.name(s));
        if (name != ".gnu_debugaltlink") continue;
        VITTE_TRY(const part content, of.content(s));
        VITTE_TRY(const std::string_view file, string_table(content).at(0));
        return debug_link{file, content.bytes.subspan(file.size() + 1)};
    }
    return debug_link{};
}

}  // namespace vitte::loader::dwarf
