/// What the entries of a unit look like (DWARF 5, 7.5.3); see `format/dwarf.hpp`.
#pragma once

#include <algorithm>
#include <vitte/core/growing_array.hpp>
#include <vitte/loader/format/dwarf/unit.hpp>

namespace vitte::loader::dwarf {

/// An attribute, and how it is written.
struct attribute_form {
    attribute name;
    dwarf::form form;
    std::int64_t constant;  ///< of `form::implicit_const`
};

/// Entries of one kind: what they are, whether children follow, and which attributes they have.
struct abbreviation {
    std::uint64_t code;
    dwarf::tag tag;
    bool has_children;
    std::uint32_t first, count;  ///< of the table's `forms`
};

/// The abbreviations that start at an offset of `.debug_abbrev`: a copy, so that looking one up costs the same whatever
/// the file says.
class abbreviation_table {
public:
    /// An attribute without bytes, of which an abbreviation may name any number, is read for every entry; the standard
    /// has some 150.
    static constexpr std::uint32_t most_attributes = 256;

    static result<abbreviation_table, parse_error> read(part section, std::uint64_t at) noexcept;

    /// Null if there is none.
    const abbreviation* find(std::uint64_t code) const noexcept {
        if (code - 1 < all_.size() && all_.begin()[static_cast<std::size_t>(code - 1)].code == code)
            return all_.begin() + static_cast<std::size_t>(code - 1);
        const auto less = [](const abbreviation& a, std::uint64_t b) { return a.code < b; };
        const abbreviation* const found = std::lower_bound(all_.begin(), all_.end(), code, less);
        return found != all_.end() && found->code == code ? found : nullptr;
    }
    std::span<const attribute_form> forms(const abbreviation& of) const noexcept {
        return {forms_.begin() + of.first, of.count};
    }
    /// Bytes of the section that it takes.
    std::uint64_t size() const noexcept { return size_; }

private:
    result<void, parse_error> read_one(cursor& in, std::uint64_t code) noexcept;
    static unexpected<parse_error> no_memory() noexcept {
        return malformed("abbreviations", "there is no memory for them", 0, errc::out_of_memory);
    }

    growing_array<abbreviation> all_;  ///< by code
    growing_array<attribute_form> forms_;
    std::uint64_t size_ = 0;
};

inline result<void, parse_error> abbreviation_table::read_one(cursor& in, std::uint64_t code) noexcept {
    abbreviation made{code, {}, false, static_cast<std::uint32_t>(forms_.size()), 0};
    const std::uint64_t tag = in.unsigned_number();
    made.tag = tag > 0xffff ? dwarf::tag::none : static_cast<dwarf::tag>(tag);
    made.has_children = in.u8() != 0;
    for (;; ++made.count) {
        const std::uint64_t name = in.unsigned_number(), form = in.unsigned_number();
        if (!in.ok() || (name == 0 && form == 0)) break;
        if (form > 0xffff || name > 0xffff) in.refuse("an attribute or a form has an impossible number");
        if (made.count == most_attributes) in.refuse("an entry has more attributes than there are");
        attribute_form one{static_cast<attribute>(name), static_cast<dwarf::form>(form), 0};
        if (one.form == form::implicit_const) one.constant = in.signed_number();
        if (!forms_.push_back(std::move(one))) return no_memory();
    }
    VITTE_CHECK(in.status());
    if (!all_.push_back(std::move(made))) return no_memory();
    return {};
}

inline result<abbreviation_table, parse_error> abbreviation_table::read(part section, std::uint64_t at) noexcept {
    constexpr const char* what = "abbreviations";
    if (at > section.bytes.size()) return malformed(what, "lie outside their section", section.offset);
    VITTE_TRY(const part rest, section.sub(at, section.bytes.size() - at, what));
    if (rest.bytes.size() > UINT32_MAX) return malformed(what, "are too many", rest.offset, errc::not_supported);
    abbreviation_table made;
    cursor in(rest, what, {});
    bool ascending = true;
    while (const std::uint64_t code = in.unsigned_number()) {
        ascending = ascending && (made.all_.size() == 0 || made.all_.back().code < code);
        VITTE_CHECK(made.read_one(in, code));
    }
    VITTE_CHECK(in.status());
    made.size_ = in.position();
    if (!ascending)
        std::sort(made.all_.begin(), made.all_.end(),
                  [](const abbreviation& a, const abbreviation& b) { return a.code < b.code; });
    return made;
}

}  // namespace vitte::loader::dwarf
