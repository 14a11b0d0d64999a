/// The headers of units (DWARF 5, 7.5.1; DWARF 4, 7.5.1); see `format/dwarf.hpp`.
#pragma once

#include <vitte/loader/format/dwarf/constants.hpp>
#include <vitte/loader/format/dwarf/cursor.hpp>

namespace vitte::loader::dwarf {

/// A unit of `.debug_info` or `.debug_types`. Offsets count from the start of the section, unless they say otherwise.
struct unit {
    part section;                    ///< the whole section that it is in
    std::uint64_t begin, end;        ///< of the unit with its header
    std::uint64_t first_entry;       ///< where its only outermost entry begins
    std::uint64_t abbreviations_at;  ///< in `.debug_abbrev`
    std::uint64_t signature = 0;     ///< of the type in a type unit; of split units, what skeleton and full unit share
    std::uint64_t type_entry = 0;    ///< of a type unit: the type's entry
    encoding form;                   ///< `wide`: offsets have 64 bits, whatever addresses have
    std::uint16_t version;
    std::uint8_t address_size;
    unit_type type;
    /// From the outermost entry's attributes, where it has them.
    std::uint64_t string_offsets_base = 0, address_base = 0;

    bool holds_type() const noexcept { return type == unit_type::type || type == unit_type::split_type; }

    /// Reads the header at `at`. Fails if the unit does not lie inside the section or is of a version other than 2
    /// to 5.
    static result<unit, parse_error> read(part section, std::uint64_t at, byte_order order, bool of_types) noexcept;
};

inline result<unit, parse_error> unit::read(part section, std::uint64_t at, byte_order order, bool of_types) noexcept {
    constexpr const char* what = "unit header";
    VITTE_TRY(const part rest, section.sub(at, section.bytes.size() - (at < section.bytes.size() ? at : 0), what));
    cursor length_at(rest, what, {false, order});
    std::uint64_t length = length_at.u32();
    const bool wide = length == 0xffffffff;
    if (wide) length = length_at.u64();
    VITTE_CHECK(length_at.status());
    if (!wide && length >= 0xfffffff0) return malformed(what, "its length is a reserved number", rest.offset);
    const std::uint64_t header = length_at.position();
    if (length > rest.bytes.size() - header)
        return malformed(what, "reaches past the end of its section", rest.offset, errc::end_of_input);
    unit made{};
    made.section = section;
    made.begin = at;
    made.end = at + header + length;
    made.form = {wide, order};
    VITTE_TRY(const part body, rest.sub(0, header + length, what));
    cursor in(body, what, made.form);
    in.take(header);
    made.version = in.u16();
    if (in.ok() && (made.version < 2 || made.version > 5))
        return malformed(what, "its version is not 2 to 5", rest.offset, errc::not_supported);
    made.type = of_types ? unit_type::type : unit_type::compile;
    if (made.version == 5) made.type = static_cast<unit_type>(in.u8()), made.address_size = in.u8();
    made.abbreviations_at = in.offset();
    if (made.version < 5) made.address_size = in.u8();
    if (made.type > unit_type::split_type || made.type < unit_type::compile)
        in.refuse("its type is not known", errc::not_supported);
    if (made.version == 5 && (made.type == unit_type::skeleton || made.type == unit_type::split_compile))
        made.signature = in.u64();
    if (made.holds_type()) made.signature = in.u64(), made.type_entry = in.offset();
    VITTE_CHECK(in.status());
    made.first_entry = at + in.position();
    if (made.holds_type()) {
        if (made.type_entry >= header + length) return malformed(what, "its type lies outside it", rest.offset);
        made.type_entry += at;
    }
    return made;
}

/// Calls `visit(const unit&)`, which returns a `result<void, parse_error>`, for each unit of a section.
template <class Visit>
result<void, parse_error> for_each_unit(part section, byte_order order, bool of_types, Visit&& visit) {
    for (std::uint64_t at = 0; at < section.bytes.size();) {
        VITTE_TRY(const unit found, unit::read(section, at, order, of_types));
        VITTE_CHECK(visit(found));
        at = found.end;
    }
    return {};
}

}  // namespace vitte::loader::dwarf
