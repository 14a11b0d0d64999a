/// What an image says of its debug information, its thread-local storage and who signed it; see `format/pe.hpp`.
#pragma once

#include <vitte/loader/format/pe/file.hpp>

namespace vitte::loader::pe {

/// Which PDB file has the debug information.
struct code_view {
    std::span<const std::byte> guid;  ///< 16 bytes: u32, u16, u16 and 8 bytes
    std::uint32_t age;
    std::string_view path;
};

/// The CodeView record of the debug directory ("PE Format", "Debug Directory"); nothing if there is none with a GUID.
inline result<std::optional<code_view>, parse_error> read_code_view(const file& of) noexcept {
    constexpr const char* what = "debug directory";
    constexpr std::size_t stride = 28;
    constexpr std::uint32_t type_code_view = 2, rsds = 0x53445352;
    const encoding e;
    const auto directory = of.find(pe::directory::debug);
    if (!directory) return std::nullopt;
    VITTE_TRY(const part all, of.at(directory->address, directory->size, what));
    for (std::size_t at = 0; at + stride <= all.bytes.size(); at += stride) {
        const std::byte* const entry = all.bytes.data() + at;
        if (e.u32(entry + 12) != type_code_view) continue;
        VITTE_TRY(const part found, part{of.whole()}.sub(e.u32(entry + 24), e.u32(entry + 16), "CodeView record"));
        if (found.bytes.size() < 24 || e.u32(found.bytes.data()) != rsds) continue;
        VITTE_TRY(const std::string_view path, string_table(found).at(24));
        return code_view{found.bytes.subspan(4, 16), e.u32(found.bytes.data() + 20), path};
    }
    return std::nullopt;
}

/// The thread-local storage directory. Unlike elsewhere the addresses are absolute: they count from address 0, with the
/// image where it wants to be.
struct tls_directory {
    std::uint64_t data_begin, data_end, index, callbacks;
    std::uint32_t zeros, characteristics;
};

/// The TLS directory ("PE Format", "The .tls Section"); nothing if there is none.
inline result<std::optional<tls_directory>, parse_error> read_tls(const file& of) noexcept {
    const auto directory = of.find(pe::directory::tls);
    if (!directory) return std::nullopt;
    const encoding e = of.image().form;
    const std::size_t w = e.word_size();
    VITTE_TRY(const part found, of.at(directory->address, 4 * w + 8, "TLS directory"));
    const std::byte* const at = found.bytes.data();
    const tls_directory made{e.word(at),         e.word(at + w),    e.word(at + 2 * w),
                             e.word(at + 3 * w), e.u32(at + 4 * w), e.u32(at + 4 * w + 4)};
    if (made.data_end < made.data_begin)
        return malformed("TLS directory", "its data ends before it begins", found.offset);
    return made;
}

/// A certificate of the attribute certificate table; Authenticode's are PKCS #7 signed data (`type` 2).
struct certificate {
    std::uint16_t revision, type;
    part content;
};

/// Calls `visit(const certificate&)` for every certificate ("PE Format", "The Attribute Certificate Table"). They are
/// not verified.
template <class Visit>
result<void, parse_error> for_each_certificate(const file& of, Visit&& visit) {
    constexpr const char* what = "certificate table";
    const encoding e;
    const auto directory = of.find(directory::certificates);
    if (!directory) return {};
    // Its address is one in the file.
    VITTE_TRY(const part all, part{of.whole()}.sub(directory->address, directory->size, what));
    for (std::size_t at = 0; at < all.bytes.size();) {
        VITTE_TRY(const part header, all.sub(at, 8, what, "ends inside a certificate"));
        const std::byte* const fields = header.bytes.data();
        const std::uint32_t size = e.u32(fields);
        if (size < 8) return malformed(what, "a certificate has an impossible size", header.offset);
        VITTE_TRY(const part content, all.sub(at + 8, size - 8, what, "ends inside a certificate"));
        visit(certificate{e.u16(fields + 4), e.u16(fields + 6), content});
        at += (std::size_t{size} + 7) & ~std::size_t{7};
    }
    return {};
}

}  // namespace vitte::loader::pe
