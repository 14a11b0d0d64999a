/// The base relocations of an image: what changes if it is not loaded where it wants to be; see `format/pe.hpp`.
#pragma once

#include <vitte/loader/format/pe/file.hpp>

namespace vitte::loader::pe {

/// Calls `visit(std::uint32_t address, unsigned type)` for every base relocation, padding (type 0, ABSOLUTE) included
/// ("PE Format", "The .reloc Section"). A HIGHADJ counts once: its second half is skipped.
template <class Visit>
result<void, parse_error> for_each_base_relocation(const file& of, Visit&& visit) {
    constexpr const char* what = "base relocations";
    const auto directory = of.find(directory::base_relocations);
    if (!directory) return {};
    VITTE_TRY(const part all, of.at(directory->address, directory->size, what));
    const encoding e;
    for (std::size_t at = 0; at < all.bytes.size();) {
        VITTE_TRY(const part header, all.sub(at, 8, what, "end inside a block"));
        const std::uint32_t page = e.u32(header.bytes.data()), size = e.u32(header.bytes.data() + 4);
        if (size < 8 || size % 2 != 0) return malformed(what, "a block has an impossible size", header.offset + 4);
        VITTE_TRY(const part block, all.sub(at, size, what, "end inside a block"));
        for (std::size_t i = 8; i < size; i += 2) {
            const unsigned entry = e.u16(block.bytes.data() + i), type = entry >> 12;
            visit(page + (entry & 0xfff), type);
            if (type == 4) i += 2;
        }
        at += size;
    }
    return {};
}

}  // namespace vitte::loader::pe
