/// The ELF header, and the rules for loadable segments that reading a file and mapping one have in common.
#pragma once

#include <vitte/loader/format/elf/records.hpp>
#include <vitte/loader/format/parse_error.hpp>

namespace vitte::loader::elf {

/// The header as the file has it; counts that do not fit there are in section 0, see `file`.
struct header {
    static constexpr std::size_t longest = 64;  ///< bytes that are enough for either class

    encoding form;
    std::uint8_t os_abi, abi_version;
    file_type type;
    elf::machine machine;
    std::uint64_t entry, segments_at, sections_at;
    std::uint32_t flags;
    std::uint16_t segment_size, segment_count, section_size, section_count, names_index;

    /// Reads it from the start of a file. Fails if it is not ELF version 1, or records have an unknown size.
    static constexpr result<header, parse_error> read(std::span<const std::byte> start) noexcept {
        constexpr const char* what = "ELF header";
        const auto byte = [&](std::size_t i) { return std::to_integer<std::uint8_t>(start[i]); };
        if (start.size() < 4 || byte(0) != 0x7f || byte(1) != 'E' || byte(2) != 'L' || byte(3) != 'F')
            return malformed(what, "not an ELF file", 0);
        if (start.size() < 16) return malformed(what, "the file ends inside it", start.size(), errc::end_of_input);
        if (byte(4) != 1 && byte(4) != 2) return malformed(what, "neither 32-bit nor 64-bit", 4);
        if (byte(5) != 1 && byte(5) != 2) return malformed(what, "neither little-endian nor big-endian", 5);
        if (byte(6) != 1) return malformed(what, "its version is not 1", 6);
        const encoding e{byte(4) == 2, byte(5) == 1 ? byte_order::little : byte_order::big};
        const std::size_t w = e.word_size(), after = 24 + 3 * w;
        if (start.size() < after + 16)
            return malformed(what, "the file ends inside it", start.size(), errc::end_of_input);
        const std::byte* const at = start.data();
        header made{e,
                    byte(7),
                    byte(8),
                    static_cast<file_type>(e.u16(at + 16)),
                    static_cast<elf::machine>(e.u16(at + 18)),
                    e.word(at + 24),
                    e.word(at + 24 + w),
                    e.word(at + 24 + 2 * w),
                    e.u32(at + after),
                    e.u16(at + after + 6),
                    e.u16(at + after + 8),
                    e.u16(at + after + 10),
                    e.u16(at + after + 12),
                    e.u16(at + after + 14)};
        if (made.segments_at != 0 && made.segment_size != segment::size_in(e))
            return malformed(what, "program headers of an unknown size", after + 6);
        if (made.sections_at != 0 && made.section_size != section::size_in(e))
            return malformed(what, "section headers of an unknown size", after + 10);
        return made;
    }
};

/// Why loadable segment `s` cannot be part of a file of `file_size` bytes, or null. Loadable segments ascend and do not
/// overlap (gABI chapter 5, "Program Header"): `previous_end` is the end of the last one in memory.
constexpr const char* load_segment_fault(const segment& s, std::uint64_t file_size,
                                         std::uint64_t previous_end) noexcept {
    if (s.file_size > s.memory_size) return "larger in the file than in memory";
    if (s.offset > file_size || s.file_size > file_size - s.offset) return "reaches past the end of the file";
    if (s.memory_size > ~s.address) return "lies outside the address space";
    if ((s.alignment & (s.alignment - 1)) != 0) return "its alignment is not a power of two";
    if (s.alignment > 1 && ((s.address ^ s.offset) & (s.alignment - 1)) != 0)
        return "address and file offset do not agree modulo the alignment";
    if (s.memory_size != 0 && s.address < previous_end) return "overlaps or precedes the segment before it";
    return nullptr;
}

}  // namespace vitte::loader::elf
