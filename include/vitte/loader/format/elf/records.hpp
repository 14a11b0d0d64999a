/// The records of ELF files of either class and byte order, decoded into one form on access (gABI chapters 4 and 5).
#pragma once

#include <vitte/loader/format/elf/constants.hpp>
#include <vitte/loader/format/views.hpp>

namespace vitte::loader::elf {

using loader::encoding;
using loader::table;

/// A program header.
struct segment {
    segment_type type;
    std::uint32_t flags;
    std::uint64_t offset, address, physical_address, file_size, memory_size, alignment;

    static constexpr std::size_t size_in(encoding e) noexcept { return e.wide ? 56 : 32; }
    static constexpr segment decode(const std::byte* at, encoding e, std::size_t) noexcept {
        const std::size_t w = e.word_size();
        const auto word = [&](std::size_t index) { return e.word(at + (e.wide ? 8 : 4) + index * w); };
        return {static_cast<segment_type>(e.u32(at)), e.u32(at + (e.wide ? 4 : 24)), word(0), word(1), word(2), word(3),
                word(4), e.word(at + (e.wide ? 48 : 28))};
    }
};

/// A section header.
struct section {
    std::uint32_t name;
    section_type type;
    std::uint64_t flags, address, offset, size;
    std::uint32_t link, info;
    std::uint64_t alignment, entry_size;

    static constexpr std::size_t size_in(encoding e) noexcept { return e.wide ? 64 : 40; }
    static constexpr section decode(const std::byte* at, encoding e, std::size_t) noexcept {
        const std::size_t w = e.word_size();
        const std::byte* const after = at + 8 + 4 * w;
        return {e.u32(at), static_cast<section_type>(e.u32(at + 4)), e.word(at + 8), e.word(at + 8 + w),
                e.word(at + 8 + 2 * w), e.word(at + 8 + 3 * w), e.u32(after), e.u32(after + 4), e.word(after + 8),
                e.word(after + 8 + w)};
    }
};

/// What the fields of a symbol say, wherever they stand.
template <class Fields>
struct symbol_facts : Fields {
    constexpr symbol_type type() const noexcept { return static_cast<symbol_type>(this->info & 0xf); }
    constexpr symbol_binding binding() const noexcept { return static_cast<symbol_binding>(this->info >> 4); }
    constexpr symbol_visibility visibility() const noexcept { return static_cast<symbol_visibility>(this->other & 3); }
    constexpr bool defined() const noexcept { return this->section != section_undefined; }
};

/// `name` is an offset into the string table that belongs to the symbol table.
struct symbol_fields {
    std::uint32_t name;
    std::uint8_t info, other;
    std::uint16_t section;
    std::uint64_t value, size;
};

/// A symbol.
struct symbol : symbol_facts<symbol_fields> {
    static constexpr std::size_t size_in(encoding e) noexcept { return e.wide ? 24 : 16; }
    static constexpr symbol decode(const std::byte* at, encoding e, std::size_t) noexcept {
        const std::byte* const marks = at + (e.wide ? 4 : 12);
        return {{{e.u32(at), std::to_integer<std::uint8_t>(marks[0]), std::to_integer<std::uint8_t>(marks[1]),
                  e.u16(marks + 2), e.word(at + (e.wide ? 8 : 4)), e.word(at + (e.wide ? 16 : 8))}}};
    }
};

/// A relocation; REL entries have the addend 0 here, since theirs is stored at the place that they relocate. The type
/// of 64-bit MIPS, three bytes of an own order, is not taken apart.
struct relocation {
    std::uint64_t offset;
    std::uint32_t type, symbol;
    std::int64_t addend;

    static constexpr std::size_t size_in(encoding e, bool with_addend) noexcept {
        return (with_addend ? 3 : 2) * e.word_size();
    }
    static constexpr relocation decode(const std::byte* at, encoding e, std::size_t size) noexcept {
        const std::size_t w = e.word_size();
        const std::uint64_t info = e.word(at + w);
        const bool with_addend = size == size_in(e, true);
        const auto addend = !with_addend ? 0
                            : e.wide     ? static_cast<std::int64_t>(e.u64(at + 2 * w))
                                         : static_cast<std::int32_t>(e.u32(at + 2 * w));
        if (e.wide)
            return {e.u64(at), static_cast<std::uint32_t>(info), static_cast<std::uint32_t>(info >> 32), addend};
        return {e.u32(at), static_cast<std::uint32_t>(info & 0xff), static_cast<std::uint32_t>(info >> 8), addend};
    }
};

/// An entry of the dynamic table.
struct dynamic_entry {
    elf::tag tag;
    std::uint64_t value;

    static constexpr std::size_t size_in(encoding e) noexcept { return 2 * e.word_size(); }
    static constexpr dynamic_entry decode(const std::byte* at, encoding e, std::size_t) noexcept {
        const auto number = e.wide ? static_cast<std::int64_t>(e.u64(at)) : static_cast<std::int32_t>(e.u32(at));
        return {static_cast<elf::tag>(number), e.word(at + e.word_size())};
    }
};

}  // namespace vitte::loader::elf
