/// The headers of PE images and COFF objects.
#pragma once

#include <vitte/loader/format/pe/names.hpp>
#include <vitte/loader/format/pe/records.hpp>

namespace vitte::loader::pe {

/// What stands before the section table, in one form for images, objects, and objects with many sections ("bigobj").
struct header {
    bool image;  ///< a program or a library; else an object
    bool big;    ///< an object with 32-bit section numbers
    pe::machine machine;
    std::uint16_t characteristics;
    std::uint32_t timestamp, section_count, symbols_at, symbol_count;
    std::uint64_t sections_at;
    part optional;  ///< the optional header of an image, which is not optional there

    /// Reads it from a whole file. `errc::not_found` if that is neither a PE image nor a COFF object, `not_supported`
    /// if it is for a machine that is not known here.
    static result<header, parse_error> read(std::span<const std::byte> whole) noexcept;
};

/// The fixed part of an image's optional header. Addresses but `base` are relative to it; sizes are in bytes.
struct image_header {
    encoding form;  ///< PE32+ is wide
    std::uint8_t linker_major, linker_minor;
    std::uint32_t entry, section_alignment, file_alignment, image_size, headers_size, checksum, directory_count;
    std::uint16_t os_major, os_minor, subsystem_major, subsystem_minor, subsystem, dll_characteristics;
    std::uint64_t base;

    static result<image_header, parse_error> read(part of) noexcept;
    /// Where the data directories begin in the optional header.
    constexpr std::size_t fixed_size() const noexcept { return form.wide ? 112 : 96; }
};

namespace detail {
/// The class id of ANON_OBJECT_HEADER_BIGOBJ.
inline constexpr std::uint8_t big_object_id[16] = {0xc7, 0xa1, 0xba, 0xd1, 0xee, 0xba, 0xa9, 0x4b,
                                                   0xaf, 0x20, 0xfa, 0xf6, 0x6a, 0xa4, 0xdc, 0xb8};

inline result<header, parse_error> read_big_object_header(part whole) noexcept {
    constexpr const char* what = "COFF header";
    const encoding e;
    VITTE_TRY(const part found, whole.sub(0, 56, what));
    const std::byte* const at = found.bytes.data();
    if (e.u16(at + 4) < 2 || __builtin_memcmp(at + 12, big_object_id, sizeof big_object_id) != 0)
        return malformed(what, "an import library's member or an object of an unknown kind", 4, errc::not_supported);
    return header{.image = false,
                  .big = true,
                  .machine = static_cast<pe::machine>(e.u16(at + 6)),
                  .characteristics = 0,
                  .timestamp = e.u32(at + 8),
                  .section_count = e.u32(at + 44),
                  .symbols_at = e.u32(at + 48),
                  .symbol_count = e.u32(at + 52),
                  .sections_at = found.bytes.size(),
                  .optional = {}};
}

/// Of an object it is the first thing in the file, of an image it follows the signature.
inline result<header, parse_error> read_coff_header(part whole, std::uint64_t offset, bool image) noexcept {
    const encoding e;
    VITTE_TRY(const part found, whole.sub(offset, 20, "COFF header"));
    const std::byte* const at = found.bytes.data();
    const std::uint16_t optional_size = e.u16(at + 16);
    VITTE_TRY(const part optional, whole.sub(offset + 20, optional_size, "optional header"));
    return header{.image = image,
                  .big = false,
                  .machine = static_cast<pe::machine>(e.u16(at)),
                  .characteristics = e.u16(at + 18),
                  .timestamp = e.u32(at + 4),
                  .section_count = e.u16(at + 2),
                  .symbols_at = e.u32(at + 8),
                  .symbol_count = e.u32(at + 12),
                  .sections_at = optional.offset + optional_size,
                  .optional = optional};
}
}  // namespace detail

/// An image begins with a DOS program, a bigobj with two numbers that are no machine, an object with its machine.
inline result<header, parse_error> header::read(std::span<const std::byte> whole) noexcept {
    const encoding e;
    const part file{whole};
    const std::uint16_t first = whole.size() < 4 ? 0 : e.u16(whole.data());
    const bool image = first == 0x5a4d, big = whole.size() >= 4 && e.u32(whole.data()) == 0xffff'0000;
    if (!image && !big && name_of(static_cast<pe::machine>(first)).empty())
        return malformed("COFF header", "neither a PE image nor a COFF object", 0, errc::not_found);
    std::uint64_t offset = 0;
    if (image) {
        VITTE_TRY(const part dos, file.sub(0, 64, "DOS header"));
        const std::uint32_t signature_at = e.u32(dos.bytes.data() + 60);
        VITTE_TRY(const part signature, file.sub(signature_at, 4, "PE signature"));
        if (e.u32(signature.bytes.data()) != 0x4550)
            return malformed("PE signature", "a DOS program, not a PE image", signature_at);
        offset = std::uint64_t{signature_at} + 4;
    }
    VITTE_TRY(const header made,
              big ? detail::read_big_object_header(file) : detail::read_coff_header(file, offset, image));
    if (name_of(made.machine).empty())
        return malformed("COFF header", "an unknown machine", offset, errc::not_supported);
    return made;
}

inline result<image_header, parse_error> image_header::read(part of) noexcept {
    constexpr const char* what = "optional header";
    encoding e;
    if (of.bytes.size() < 2) return malformed(what, "an image without one", of.offset);
    const std::byte* const at = of.bytes.data();
    const std::uint16_t magic = e.u16(at);
    if (magic != 0x10b && magic != 0x20b) return malformed(what, "neither PE32 nor PE32+", of.offset);
    e.wide = magic == 0x20b;
    image_header made{};
    made.form = e;
    if (of.bytes.size() < made.fixed_size()) return malformed(what, "too short", of.offset + of.bytes.size());
    made.linker_major = std::to_integer<std::uint8_t>(at[2]);
    made.linker_minor = std::to_integer<std::uint8_t>(at[3]);
    made.entry = e.u32(at + 16);
    made.base = e.wide ? e.u64(at + 24) : e.u32(at + 28);
    made.section_alignment = e.u32(at + 32);
    made.file_alignment = e.u32(at + 36);
    made.os_major = e.u16(at + 40);
    made.os_minor = e.u16(at + 42);
    made.subsystem_major = e.u16(at + 48);
    made.subsystem_minor = e.u16(at + 50);
    made.image_size = e.u32(at + 56);
    made.headers_size = e.u32(at + 60);
    made.checksum = e.u32(at + 64);
    made.subsystem = e.u16(at + 68);
    made.dll_characteristics = e.u16(at + 70);
    const std::uint32_t count = e.u32(at + made.fixed_size() - 4);
    made.directory_count = count < most_directories ? count : most_directories;  // what Windows takes
    if (made.fixed_size() + data_directory::stride * made.directory_count > of.bytes.size())
        return malformed(what, "its data directories reach past its end", of.offset + made.fixed_size() - 4);
    if (made.section_alignment == 0 || (made.section_alignment & (made.section_alignment - 1)) != 0)
        return malformed(what, "the alignment of sections is not a power of two", of.offset + 32);
    return made;
}

}  // namespace vitte::loader::pe
