/// Which units a package of split debug information (`.dwp`) holds, and where (DWARF 5, 7.3.5; GNU's version 2); see
/// `format/dwarf.hpp`.
#pragma once

#include <vitte/loader/format/dwarf/cursor.hpp>
#include <vitte/loader/format/dwarf/sections.hpp>

namespace vitte::loader::dwarf {

/// Calls `visit(std::uint64_t id, const sections&)`, which returns a `result<void, parse_error>`, for each unit in
/// `index`, which is one of those of `in`: the parts of `in` that are the unit's. Fails if a part lies outside its
/// section, or there are more units than `index` has room for.
template <class Visit>
result<void, parse_error> for_each_packed_unit(const sections& in, part index, Visit&& visit) {
    constexpr const char* what = "index of a package";
    cursor header(index, what, {false, in.form.order});
    const std::uint32_t version = header.u16(), padding = header.u16();
    const std::uint32_t columns = header.u32(), units = header.u32(), slots = header.u32();
    VITTE_CHECK(header.status());
    const bool is_gnu =
        in.form.order == byte_order::little ? version == 2 && padding == 0 : version == 0 && padding == 2;
    if (!is_gnu && version != 5) return malformed(what, "its version is not 2 or 5", index.offset, errc::not_supported);
    if (columns > 16 || units > slots) return malformed(what, "its sizes do not fit each other", index.offset);
    const std::uint64_t rows_at = 16 + std::uint64_t{12} * slots, row = std::uint64_t{4} * columns;
    VITTE_TRY(const part table, index.sub(rows_at, row * (1 + 2 * std::uint64_t{units}), what));
    VITTE_TRY(const part hashes, index.sub(16, std::uint64_t{8} * slots, what));
    VITTE_TRY(const part numbers, index.sub(16 + std::uint64_t{8} * slots, std::uint64_t{4} * slots, what));
    const auto word = [&](std::uint64_t at) { return load<std::uint32_t>(table.bytes.data() + at, in.form.order); };
    for (std::uint32_t slot = 0, found = 0; slot < slots; ++slot) {
        const auto number = load<std::uint32_t>(numbers.bytes.data() + std::size_t{4} * slot, in.form.order);
        if (number == 0) continue;
        if (number > units || ++found > units)
            return malformed(what, "names a unit that it does not have", numbers.offset);
        sections own = in;
        own.info = own.types = own.abbreviations = own.string_offsets = part{};
        for (std::uint32_t i = 0; i < columns; ++i) {
            struct column {
                std::uint32_t id;
                part sections::*to;
            };
            constexpr column known[] = {{1, &sections::info},
                                        {2, &sections::types},
                                        {3, &sections::abbreviations},
                                        {6, &sections::string_offsets}};
            for (const column& c : known)
                if (word(4 * i) == c.id) {
                    VITTE_TRY(own.*c.to, (in.*c.to).sub(word(row * number + 4 * i),
                                                        word(row * (units + std::uint64_t{number}) + 4 * i), what));
                }
        }
        VITTE_CHECK(visit(load<std::uint64_t>(hashes.bytes.data() + std::size_t{8} * slot, in.form.order), own));
    }
    return {};
}

}  // namespace vitte::loader::dwarf
