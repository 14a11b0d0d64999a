/// The records of Mach-O files of either size and byte order, decoded into one form on access (<mach-o/loader.h>,
/// <mach-o/nlist.h>, <mach-o/reloc.h>).
#pragma once

#include <vitte/loader/format/macho/constants.hpp>
#include <vitte/loader/format/views.hpp>

namespace vitte::loader::macho {

/// A section.
struct section {
    std::string_view name, segment;
    std::uint64_t address, size;
    std::uint32_t offset, alignment;  ///< the alignment is a power of two: its exponent
    std::uint32_t relocations_at, relocation_count, flags;

    static constexpr std::size_t size_in(encoding e) noexcept { return e.wide ? 80 : 68; }
    static section decode(const std::byte* at, encoding e, std::size_t) noexcept {
        const std::byte* const after = at + 32 + 2 * e.word_size();
        return {text_in_field(at, 16), text_in_field(at + 16, 16), e.word(at + 32),  e.word(at + 32 + e.word_size()),
                e.u32(after),          e.u32(after + 4),           e.u32(after + 8), e.u32(after + 12),
                e.u32(after + 16)};
    }

    /// Whether it has no bytes in the file.
    constexpr bool zero_fill() const noexcept {
        const std::uint32_t type = flags & section_type_mask;
        return type == section_zero_fill || type == section_big_zero_fill || type == section_thread_local_zero_fill;
    }
};

/// A segment with its sections.
struct segment {
    std::string_view name;
    std::uint64_t address, memory_size, offset, file_size;
    std::uint32_t maximal_protection, initial_protection, flags;
    table<section> sections;
};

/// A symbol (`nlist`).
struct symbol {
    std::uint32_t name;  ///< an offset in the string table
    std::uint8_t type, section;
    std::uint16_t description;
    std::uint64_t value;

    static constexpr std::size_t size_in(encoding e) noexcept { return e.wide ? 16 : 12; }
    static constexpr symbol decode(const std::byte* at, encoding e, std::size_t) noexcept {
        return {e.u32(at), std::to_integer<std::uint8_t>(at[4]), std::to_integer<std::uint8_t>(at[5]), e.u16(at + 6),
                e.word(at + 8)};
    }

    constexpr bool for_debuggers() const noexcept { return (type & 0xe0) != 0; }
    constexpr bool external() const noexcept { return !for_debuggers() && (type & 0x01) != 0; }
    /// External, but only until it is linked.
    constexpr bool private_external() const noexcept { return !for_debuggers() && (type & 0x10) != 0; }
    /// An external symbol of no section is a common one if it has a size, which is its value.
    constexpr bool defined() const noexcept {
        const unsigned kind = type & 0x0e;
        return (kind != 0 && kind != 0x0c) || value != 0;  // 12: undefined, but bound before it is loaded
    }
    constexpr bool weak_definition() const noexcept { return defined() && (description & 0x80) != 0; }
    constexpr bool weak_import() const noexcept { return !defined() && (description & 0x40) != 0; }
    /// Of an undefined symbol in a file with two-level names: which library it is from, from 1 on, or a special number.
    constexpr std::int32_t library() const noexcept {
        const unsigned ordinal = description >> 8;
        return ordinal >= 0xfe ? static_cast<std::int8_t>(ordinal) : static_cast<std::int32_t>(ordinal);
    }
};

/// A relocation of an object.
struct relocation {
    std::uint32_t address, symbol;  ///< symbol: its index, or the section's number if it is not `external`, or a value
    std::uint8_t type, length;      ///< length: the exponent of the number of bytes
    bool relative, external, scattered;

    static constexpr std::size_t size_in(encoding) noexcept { return 8; }
    /// The fields are bits, counted from the lowest one where bytes are little-endian, from the highest one otherwise.
    static constexpr relocation decode(const std::byte* at, encoding e, std::size_t) noexcept {
        const std::uint32_t first = e.u32(at), second = e.u32(at + 4);
        // 64-bit machines have no scattered ones, and addresses may have that bit.
        if (!e.wide && (first >> 31) != 0)
            return {first & 0xff'ffff,
                    second,
                    static_cast<std::uint8_t>((first >> 24) & 0xf),
                    static_cast<std::uint8_t>((first >> 28) & 3),
                    ((first >> 30) & 1) != 0,
                    false,
                    true};
        const bool little = e.order == byte_order::little;
        const auto bits = [&](unsigned begin, unsigned count) {
            return (second >> (little ? begin : 32 - begin - count)) & ((1u << count) - 1);
        };
        return {first,
                bits(0, 24),
                static_cast<std::uint8_t>(bits(28, 4)),
                static_cast<std::uint8_t>(bits(25, 2)),
                bits(24, 1) != 0,
                bits(27, 1) != 0,
                false};
    }
};

/// Three numbers in one, such as 10.15.7. (`major` and `minor` are macros of some systems' <sys/types.h>.)
struct version {
    std::uint32_t bits = 0;

    constexpr unsigned release() const noexcept { return bits >> 16; }
    constexpr unsigned update() const noexcept { return (bits >> 8) & 0xff; }
    constexpr unsigned patch() const noexcept { return bits & 0xff; }
};

}  // namespace vitte::loader::macho
