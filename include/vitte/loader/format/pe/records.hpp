/// The records of PE images and COFF objects, decoded on access (Microsoft, "PE Format"). They are little-endian.
#pragma once

#include <vitte/loader/format/pe/constants.hpp>
#include <vitte/loader/format/views.hpp>

namespace vitte::loader::pe {

/// A part of an image in memory: the address is relative to the image base (RVA).
struct data_directory {
    std::uint32_t address, size;

    static constexpr std::size_t stride = 8;
    static constexpr data_directory decode(const std::byte* at, encoding e, std::size_t) noexcept {
        return {e.u32(at), e.u32(at + 4)};
    }
};

/// A section header. In objects `address` and `memory_size` are 0 as a rule.
struct section {
    std::string_view short_name;  ///< as it stands there; `file::name` has long ones
    std::uint32_t memory_size, address, file_size, offset, relocations_at;
    std::uint16_t relocation_count;
    std::uint32_t flags;

    static constexpr std::size_t stride = 40;
    static section decode(const std::byte* at, encoding e, std::size_t) noexcept {
        return {text_in_field(at, 8), e.u32(at + 8),  e.u32(at + 12), e.u32(at + 16),
                e.u32(at + 20),       e.u32(at + 24), e.u16(at + 32), e.u32(at + 36)};
    }
};

/// A symbol. Those that are only there for another one (`auxiliary` of them follow it) have other fields than these.
struct symbol {
    std::string_view short_name;  ///< empty if the name is in the string table
    std::uint32_t name, value;    ///< `name`: where it is in the string table
    std::int32_t section;         ///< from 1 on, or one of the special numbers
    std::uint16_t type;
    pe::storage_class storage;
    std::uint8_t auxiliary;

    static constexpr std::size_t stride = 18, big_stride = 20;  ///< "big": of objects with many sections
    static symbol decode(const std::byte* at, encoding e, std::size_t size) noexcept {
        const bool is_long = e.u32(at) == 0, big = size == big_stride;
        const auto number = big ? static_cast<std::int32_t>(e.u32(at + 12)) : static_cast<std::int16_t>(e.u16(at + 12));
        const std::byte* const after = at + (big ? 16 : 14);
        return {is_long ? std::string_view() : text_in_field(at, 8),
                is_long ? e.u32(at + 4) : 0,
                e.u32(at + 8),
                number,
                e.u16(after),
                static_cast<storage_class>(after[2]),
                std::to_integer<std::uint8_t>(after[3])};
    }

    /// Whether other objects see it.
    constexpr bool external() const noexcept {
        return storage == storage_class::external || storage == storage_class::weak_external;
    }
    /// An external symbol of no section is a common one if it has a size, which is its value.
    constexpr bool defined() const noexcept {
        return section != section_undefined || (storage == storage_class::external && value != 0);
    }
};

/// A relocation of an object.
struct relocation {
    std::uint32_t address, symbol;
    std::uint16_t type;

    static constexpr std::size_t stride = 10;
    static constexpr relocation decode(const std::byte* at, encoding e, std::size_t) noexcept {
        return {e.u32(at), e.u32(at + 4), e.u16(at + 8)};
    }
};

}  // namespace vitte::loader::pe
