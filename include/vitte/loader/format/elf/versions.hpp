/// Symbol versions: the chains of DT_VERDEF and DT_VERNEED (LSB core, "Symbol Versioning"). Both classes write them
/// alike.
#pragma once

#include <vitte/loader/format/elf/records.hpp>

namespace vitte::loader::elf {

/// Where the two chains begin, and how many records each has; 0 where there is none.
struct version_chains {
    std::uint64_t definitions = 0, definition_count = 0, needs = 0, need_count = 0;
};

/// Calls `visit(index, name, library)` for every version: `name` and `library` are offsets in the string table, and
/// `library` is 0 for a version that is defined here. `room` is how many bytes all records may have, and
/// `bytes_at(at, size)` gives the bytes at a place, or null. Returns 0, or the place of the record that cannot be read.
/// Chains are bounded by their counts, each step goes forward, and records that overlap end where there is no more room.
template <class BytesAt, class Visit>
constexpr std::uint64_t for_each_version(const version_chains& chains, std::uint64_t room, encoding form,
                                         BytesAt&& bytes_at, Visit&& visit) {
    const auto record = [&](std::uint64_t place, std::size_t size) {
        const bool fits = size <= room;
        room -= fits ? size : 0;
        return fits ? bytes_at(place, size) : nullptr;
    };
    std::uint64_t at = chains.definitions;
    for (std::uint64_t n = 0; at != 0 && n < chains.definition_count; ++n) {
        const std::byte* const definition = record(at, 20);
        if (definition == nullptr) return at;
        const std::uint64_t name_at = at + form.u32(definition + 12);
        const std::byte* const name = record(name_at, 8);
        if (name == nullptr) return name_at;
        visit(form.u16(definition + 4), form.u32(name), std::uint32_t{0});
        const std::uint32_t next = form.u32(definition + 16);
        if (next == 0) break;
        at += next;
    }
    at = chains.needs;
    for (std::uint64_t n = 0; at != 0 && n < chains.need_count; ++n) {
        const std::byte* const need = record(at, 16);
        if (need == nullptr) return at;
        std::uint64_t name_at = at + form.u32(need + 8);
        for (unsigned k = form.u16(need + 2); k > 0; --k) {
            const std::byte* const name = record(name_at, 16);
            if (name == nullptr) return name_at;
            visit(form.u16(name + 6), form.u32(name + 8), form.u32(need + 4));
            const std::uint32_t next = form.u32(name + 12);
            if (next == 0) break;
            name_at += next;
        }
        const std::uint32_t next = form.u32(need + 12);
        if (next == 0) break;
        at += next;
    }
    return 0;
}

}  // namespace vitte::loader::elf
