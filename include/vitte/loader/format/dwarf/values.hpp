/// What the values of attributes mean (DWARF 5, 7.5.5); see `format/dwarf.hpp`.
#pragma once

#include <optional>
#include <vitte/loader/format/dwarf/entries.hpp>
#include <vitte/loader/format/dwarf/sections.hpp>

namespace vitte::loader::dwarf {

/// Where an entry is that another one names.
struct reference {
    enum class space : std::uint8_t {
        section,        ///< the section that the naming entry is in
        info,           ///< `.debug_info` of the same file
        supplementary,  ///< `.debug_info` of the supplementary file
        signature,      ///< the type unit with this signature
    };
    space in;
    std::uint64_t number;
};

/// The reference that an attribute of an entry in `of` is; nothing if it is none.
inline std::optional<reference> reference_in(const value& v, const unit& of) noexcept {
    using enum dwarf::form;
    switch (v.form) {
        case ref1:
        case ref2:
        case ref4:
        case ref8:
        case ref_udata: return reference{reference::space::section, of.begin + v.number};
        case ref_addr: return reference{reference::space::info, v.number};
        case ref_sup4:
        case ref_sup8:
        case gnu_ref_alt: return reference{reference::space::supplementary, v.number};
        case ref_sig8: return reference{reference::space::signature, v.number};
        default: return std::nullopt;
    }
}

/// The number that an attribute is, with its sign where it was written with one; nothing if it is none of 64 bits.
inline std::optional<std::uint64_t> constant_in(const value& v) noexcept {
    using enum dwarf::form;
    switch (v.form) {
        case data1:
        case data2:
        case data4:
        case data8:
        case udata:
        case sdata:
        case implicit_const:
        case flag:
        case flag_present:
        case sec_offset: return v.number;
        default: return std::nullopt;
    }
}

/// Names longer than this are not read: many entries may share a long one.
inline constexpr std::size_t longest_text = 65536;

namespace detail {
inline result<std::string_view, parse_error> text_at(part in, std::uint64_t offset) noexcept {
    constexpr const char* what = "string of debug information";
    if (offset >= in.bytes.size()) return malformed(what, "lies outside its section", in.offset);
    const std::uint64_t rest = in.bytes.size() - offset;
    const auto start = in.bytes.subspan(static_cast<std::size_t>(offset),
                                        static_cast<std::size_t>(rest < longest_text ? rest : longest_text));
    const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
    const std::size_t end = text.find('\0');
    if (end == text.npos) return malformed(what, "does not end, or is too long", in.offset + offset);
    return text.substr(0, end);
}
/// The number of `size` bytes at index `index` of a table that starts at `base`.
inline result<std::uint64_t, parse_error> indexed(part in, std::uint64_t base, std::uint64_t index, std::uint8_t size,
                                                  encoding form, const char* reading) noexcept {
    if (index > in.bytes.size()) return malformed(reading, "lies outside its table", in.offset);
    VITTE_TRY(const part found, in.sub(base + index * size < base ? ~std::uint64_t{0} : base + index * size, size,
                                       reading, "lies outside its table"));
    cursor at(found, reading, form);
    const std::uint64_t number = at.sized(size);
    VITTE_CHECK(at.status());
    return number;
}
}  // namespace detail

/// The text that an attribute of an entry in `of` is. `supplementary` may be null. Fails with `errc::not_found` if it
/// is none, or stands in a file that is not there.
inline result<std::string_view, parse_error> text_in(const value& v, const unit& of, const sections& in,
                                                     const sections* supplementary) noexcept {
    using enum dwarf::form;
    switch (v.form) {
        case string: return std::string_view(reinterpret_cast<const char*>(v.bytes.data()), v.bytes.size());
        case strp: return detail::text_at(in.strings, v.number);
        case line_strp: return detail::text_at(in.line_strings, v.number);
        case strx:
        case strx1:
        case strx2:
        case strx3:
        case strx4:
        case gnu_str_index: {
            VITTE_TRY(const std::uint64_t at, detail::indexed(in.string_offsets, of.string_offsets_base, v.number,
                                                              of.form.wide ? 8 : 4, of.form, "offset of a string"));
            return detail::text_at(in.strings, at);
        }
        case strp_sup:
        case gnu_strp_alt:
            if (supplementary != nullptr) return detail::text_at(supplementary->strings, v.number);
            return malformed("string of debug information", "stands in a file that is not there", v.number,
                             errc::not_found);
        default: return malformed("string of debug information", "is none", 0, errc::not_found);
    }
}

/// The address that an attribute of an entry in `of` is; fails with `errc::not_found` if it is none.
inline result<std::uint64_t, parse_error> address_in(const value& v, const unit& of, const sections& in) noexcept {
    using enum dwarf::form;
    switch (v.form) {
        case addr: return v.number;
        case addrx:
        case addrx1:
        case addrx2:
        case addrx3:
        case addrx4:
        case gnu_addr_index:
            return detail::indexed(in.addresses, of.address_base, v.number, of.address_size, of.form, "address");
        default: return malformed("address", "is none", 0, errc::not_found);
    }
}

/// Reads from the outermost entry of a unit where its strings and addresses are. Of a split unit, whose skeleton tells
/// that, they start behind the header of the table (DWARF 5, 7.26), or at its beginning in version 4.
inline result<void, parse_error> read_bases(unit& of, const abbreviation_table& kinds, bool split) {
    of.string_offsets_base = of.version >= 5 && split ? (of.form.wide ? 16 : 8) : 0;
    entry_reader in(of, kinds);
    VITTE_TRY(const bool there, in.next());
    if (!there) return {};
    return in.attributes([&](attribute name, const value& v) {
        if (name == attribute::str_offsets_base) of.string_offsets_base = v.number;
        if (name == attribute::addr_base || name == attribute::gnu_addr_base) of.address_base = v.number;
    });
}

}  // namespace vitte::loader::dwarf
