/// The entries of a unit, one after the other, with their attributes (DWARF 5, 7.5.2 to 7.5.6); see
/// `format/dwarf.hpp`.
#pragma once

#include <vitte/loader/format/dwarf/abbreviations.hpp>

namespace vitte::loader::dwarf {

/// An attribute's value as it is written. What it means, `format/dwarf/values.hpp` tells.
struct value {
    dwarf::form form;
    std::uint64_t number = 0;  ///< a constant (signed ones with their sign), an address, an offset, an index or a flag
    std::span<const std::byte> bytes;  ///< of blocks, expressions, strings that stand here, and 16-byte constants
};

/// An entry without its attributes.
struct entry {
    std::uint64_t offset = 0;  ///< in the section
    dwarf::tag tag = tag::none;
    bool has_children = false;
    std::uint32_t depth = 0;  ///< 0 for the outermost one
    const abbreviation* kind = nullptr;
};

/// Reads entries in the order in which they stand: parents before their children. Takes time in proportion to the bytes
/// that it passes, and no memory.
class entry_reader {
public:
    /// From the outermost entry on, or from the one at `at`, whose depth is 0 then. Both must stay.
    entry_reader(const unit& of, const abbreviation_table& kinds) noexcept : entry_reader(of, kinds, of.first_entry) {}
    entry_reader(const unit& of, const abbreviation_table& kinds, std::uint64_t at) noexcept
        : of_(of), kinds_(kinds), in_(bytes_from(of, at), "debug information entry", of.form), from_(at) {
        if (at < of.first_entry || at >= of.end) in_.refuse("lies outside its unit");
    }

    /// Goes to the next entry; false after the last one that belongs to the first.
    result<bool, parse_error> next() noexcept {
        if (pending_) {
            VITTE_CHECK(attributes([](attribute, const value&) {}));
        }
        while (!ended_ && in_.remaining() != 0) {
            const std::uint64_t at = from_ + in_.position(), code = in_.unsigned_number();
            VITTE_CHECK(in_.status());
            if (code == 0) {
                ended_ = level_ <= 1;
                level_ -= level_ != 0;
                continue;
            }
            const abbreviation* const kind = kinds_.find(code);
            if (kind == nullptr) in_.refuse("its abbreviation does not exist");
            VITTE_CHECK(in_.status());
            now_ = {at, kind->tag, kind->has_children, level_, kind};
            pending_ = true;
            if (kind->has_children && level_ == UINT32_MAX) in_.refuse("is nested too deeply");
            level_ += kind->has_children;
            ended_ = level_ == 0;
            return true;
        }
        VITTE_CHECK(in_.status());
        return false;
    }
    /// The one that `next` has found.
    const entry& current() const noexcept { return now_; }

    /// Calls `visit(attribute, const value&)` for each of its attributes; once for each entry.
    template <class Visit>
    result<void, parse_error> attributes(Visit&& visit) {
        pending_ = false;
        for (const attribute_form& one : kinds_.forms(*now_.kind)) {
            const value found = read(one.form, one.constant);
            VITTE_CHECK(in_.status());
            visit(one.name, found);
        }
        return {};
    }

private:
    static part bytes_from(const unit& of, std::uint64_t at) noexcept {
        return of.section.sub(at, at < of.end ? of.end - at : 0, "").value_or(part{});
    }
    value read(dwarf::form how, std::int64_t constant) noexcept {
        using enum dwarf::form;
        if (how == indirect) {
            how = static_cast<dwarf::form>(in_.unsigned_number());
            if (how == indirect || how == implicit_const) in_.refuse("a form names another one");
        }
        value made{how, 0, {}};
        switch (how) {
            case addr: made.number = in_.sized(of_.address_size); break;
            case data1:
            case flag:
            case ref1:
            case strx1:
            case addrx1: made.number = in_.u8(); break;
            case data2:
            case ref2:
            case strx2:
            case addrx2: made.number = in_.u16(); break;
            case strx3:
            case addrx3: made.number = in_.u24(); break;
            case data4:
            case ref4:
            case ref_sup4:
            case strx4:
            case addrx4: made.number = in_.u32(); break;
            case data8:
            case ref8:
            case ref_sup8:
            case ref_sig8: made.number = in_.u64(); break;
            case udata:
            case ref_udata:
            case strx:
            case addrx:
            case loclistx:
            case rnglistx:
            case gnu_addr_index:
            case gnu_str_index: made.number = in_.unsigned_number(); break;
            case sdata: made.number = static_cast<std::uint64_t>(in_.signed_number()); break;
            case implicit_const: made.number = static_cast<std::uint64_t>(constant); break;
            case flag_present: made.number = 1; break;
            // An address in version 2, an offset since.
            case ref_addr: made.number = of_.version == 2 ? in_.sized(of_.address_size) : in_.offset(); break;
            case strp:
            case line_strp:
            case sec_offset:
            case strp_sup:
            case gnu_ref_alt:
            case gnu_strp_alt: made.number = in_.offset(); break;
            case string: made.bytes = in_.text(); break;
            case data16: made.bytes = in_.take(16); break;
            case block1: made.bytes = in_.take(in_.u8()); break;
            case block2: made.bytes = in_.take(in_.u16()); break;
            case block4: made.bytes = in_.take(in_.u32()); break;
            case block:
            case exprloc: made.bytes = in_.take(in_.unsigned_number()); break;
            default: in_.refuse("a form is not known", errc::not_supported);
        }
        return made;
    }

    const unit& of_;
    const abbreviation_table& kinds_;
    cursor in_;
    std::uint64_t from_;
    entry now_;
    std::uint32_t level_ = 0;
    bool pending_ = false, ended_ = false;
};

}  // namespace vitte::loader::dwarf
