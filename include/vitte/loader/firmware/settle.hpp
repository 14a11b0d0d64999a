/// Prepares an object so that its code can stay in flash: `firmware::settle`, for the machine that makes containers.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>
#include <vitte/loader/firmware/image.hpp>

namespace vitte::loader::firmware {

/// Relocates what stays in flash of `file`, an object as `image::link` takes, and removes those relocations; what is
/// written keeps its own for that. Code and constants may refer to each other by distances, which needs no address:
/// compile with gcc's -fPIC -fvisibility=hidden, or clang's -fropi. They reach anything else through pointers that they
/// are given. If it is known where the object and its memory will be, they may also refer to their own variables, and
/// by absolute addresses; it runs there only then, which `image::link` checks. Of the firmware they name nothing;
/// variables may, such as `static int (*volatile say)(int) = firmware_say;`.
///
/// Fails as `image::link` does, with `errc::not_supported` for an address that is not known, and with
/// `errc::already_exists` if it was settled before; nothing has changed then.
inline result<void, parse_error> settle(std::span<std::byte> file, std::optional<addresses> at = {}) {
    using home = detail::object::home;
    constexpr code_place code = code_place::flash;
    VITTE_TRY(const auto object, detail::object::parse(file));
    if (object.is_settled()) return malformed("ELF header", "the object was settled before", 24, errc::already_exists);
    const std::size_t count = object.sections().size();
    std::vector<std::byte> words(4 * count), made(file.begin(), file.end());
    const detail::placements places{words};
    for (std::size_t i = 0; i < count; ++i) {
        const elf::section s = object.sections()[i];
        const bool stays = object.home_of(s, code) == home::file;
        places.set(i, stays ? (at ? at->file : 0) + static_cast<std::uint32_t>(s.offset) : detail::placements::nowhere);
    }
    if (at) {
        VITTE_CHECK(object.lay_out(code, 0, [&](std::size_t i, const elf::section&, std::uint32_t offset) {
            places.set(i, at->memory + offset);
        }));
    }
    VITTE_CHECK(object.for_each_relocation(code, [&](const detail::site& s) -> result<void, parse_error> {
        if (object.home_of(s.header, code) != home::file) return {};
        VITTE_TRY(const detail::meaning is, object.resolve(s.relocation.symbol, places, {}));
        const bool is_distance = s.rule.from == origin::place;
        const bool is_nop = is.is_absent && s.rule.about == subject::branch;
        if (!at && is_distance == is.is_constant && !is_nop)
            return malformed("relocation", "it needs to be known where the object will be", s.from,
                             errc::not_supported);
        const std::uint32_t place = places[s.section] + static_cast<std::uint32_t>(s.relocation.offset);
        if (object.relocate(s, is, place, made.data() + s.from) != fit::fits)
            return malformed("relocation", "too far away", s.from, errc::out_of_range);
        store(made.data() + s.entry + 4, std::uint32_t{0}, byte_order::little);  // R_ARM_NONE
        return {};
    }));
    if (at) {
        constexpr std::size_t size = 40, address = 12;  // of a section header, and in it
        for (std::size_t i = 0; i < count; ++i)
            if (places[i] != detail::placements::nowhere)
                store(made.data() + object.table_offset() + i * size + address, places[i], byte_order::little);
    }
    constexpr std::size_t entry = 24;  // of the ELF header
    store(made.data() + entry, std::uint32_t{1}, byte_order::little);
    std::copy(made.begin(), made.end(), file.begin());
    return {};
}

}  // namespace vitte::loader::firmware
