/// What the code signature of a Mach-O file says of itself; see `format/macho.hpp`. Nothing is verified here.
#pragma once

#include <vitte/loader/format/macho/file.hpp>

namespace vitte::loader::macho {

/// The first code directory, and what is around it.
struct code_signature {
    std::string_view identifier;
    std::uint32_t flags, size;  ///< size: bytes of the signature
    std::uint8_t hash_type;     ///< see `signature_hashes`
    bool ad_hoc;                ///< signed by nobody

    static constexpr std::uint32_t ad_hoc_flag = 2;
};

/// The signature (<kern/cs_blobs.h>): a list of blobs, big-endian whatever the file is. Nothing if there is none.
inline result<std::optional<code_signature>, parse_error> read_code_signature(const file& of) {
    constexpr const char* what = "code signature";
    constexpr const char* cut_off = "reaches past its end";
    constexpr std::uint32_t magic_list = 0xfade0cc0, magic_directory = 0xfade0c02, slot_directory = 0;
    const encoding e{false, byte_order::big};
    VITTE_TRY(const part all, of.linked_data(command::code_signature, what));
    if (all.bytes.empty()) return std::nullopt;
    VITTE_TRY(const part header, all.sub(0, 12, what, cut_off));
    if (e.u32(header.bytes.data()) != magic_list) return malformed(what, "not a list of blobs", header.offset);
    const std::uint32_t count = e.u32(header.bytes.data() + 8);
    VITTE_TRY(const part slots, all.sub(12, 8 * std::uint64_t{count}, what, cut_off));
    for (std::uint32_t i = 0; i < count; ++i) {
        if (e.u32(slots.bytes.data() + 8 * i) != slot_directory) continue;
        const std::uint32_t offset = e.u32(slots.bytes.data() + 8 * i + 4);
        VITTE_TRY(const part fields, all.sub(offset, 44, what, cut_off));
        const std::byte* const at = fields.bytes.data();
        if (e.u32(at) != magic_directory) return malformed(what, "not a code directory", fields.offset);
        VITTE_TRY(const part directory, all.sub(offset, e.u32(at + 4), what, cut_off));
        VITTE_TRY(const std::string_view identifier, string_table(directory).at(e.u32(at + 20)));
        const std::uint32_t flags = e.u32(at + 12);
        return code_signature{identifier, flags, static_cast<std::uint32_t>(all.bytes.size()),
                              std::to_integer<std::uint8_t>(at[37]), (flags & code_signature::ad_hoc_flag) != 0};
    }
    return malformed(what, "it has no code directory", all.offset);
}

}  // namespace vitte::loader::macho
