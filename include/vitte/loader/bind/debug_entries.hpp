/// The entries of debug information that say something about types and functions, of all files that belong together, so
/// that what one names in another is found; see `bind/model.hpp`.
#pragma once

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>
#include <vitte/loader/format/dwarf.hpp>

namespace vitte::loader::bind {

inline constexpr std::uint32_t nowhere = UINT32_MAX;

/// An entry with what its attributes say, as far as anybody asks.
struct debug_entry {
    std::uint64_t offset = 0;
    std::string_view name, linkage_name;
    std::uint64_t size = 0, address = 0, bit_offset = 0;
    std::uint64_t number = 0;  ///< a member's place, an enumerator's value, how many elements an array has
    std::uint64_t reference = 0, origin = 0;
    std::uint32_t parent = nowhere, child = nowhere, next = nowhere;  ///< the first one inside; the next in the parent
    std::uint32_t bit_size = 0, alignment = 0;
    dwarf::tag tag = dwarf::tag::none;
    dwarf::base_encoding encoding = dwarf::base_encoding::unknown;
    dwarf::reference::space reference_in = dwarf::reference::space::section, origin_in = reference_in;
    std::uint16_t pool = 0;
    bool has_reference = false, has_origin = false, declaration = false, external = false, prototyped = false,
         has_size = false, has_number = false, has_address = false, has_bit_offset = false, counts_bits = false,
         vector = false;
};

/// A unit of which another file has the entries (DWARF 5, 3.1.2; GNU's extension of version 4).
struct skeleton {
    std::string_view file, folder;  ///< where the compiler has put it, relative to which folder
    std::uint64_t id = 0, address_base = 0;
};

/// Debug information of a library. What is added must stay. For one thread at a time.
class debug_entries {
public:
    /// The library's own, first; `supplementary` is that of dwz, or null. `split`: of a `.dwo` file, or of one unit in
    /// a package of them, which must be the unit that is meant, with the library's addresses; 0 is the id of any. There
    /// are up to 20000 of them.
    result<void, parse_error> add(const dwarf::sections& in, const dwarf::sections* supplementary,
                                  const skeleton* split = nullptr);
    /// The units that other files have.
    const std::vector<skeleton>& skeletons() const noexcept { return skeletons_; }
    /// After the last `add`.
    void finish();

    std::size_t size() const noexcept { return all_.size(); }
    const debug_entry& operator[](std::uint32_t i) const noexcept { return all_[i]; }

    /// The entry that `of` names as its type; `nowhere` if there is none.
    std::uint32_t type_of(const debug_entry& of) const noexcept {
        return of.has_reference ? find(of.pool, of.reference_in, of.reference) : nowhere;
    }
    /// What an entry adds to: its declaration, the function that it is an instance of, or a type's unit.
    std::uint32_t origin_of(const debug_entry& of) const noexcept {
        return of.has_origin ? find(of.pool, of.origin_in, of.origin) : nowhere;
    }
    /// Calls `visit(const debug_entry&, index)` for the entries right below `of`.
    template <class Visit>
    void for_each_child(std::uint32_t of, Visit&& visit) const {
        for (std::uint32_t i = all_[of].child; i != nowhere; i = all_[i].next) visit(all_[i], i);
    }

private:
    struct pool {
        std::size_t first, end;
        std::uint16_t info, supplementary;  ///< pools of `.debug_info` that references lead to
    };
    struct signed_type {
        std::uint64_t signature;
        std::uint16_t pool;
        std::uint64_t offset;
    };
    struct file {
        const dwarf::sections& in;
        const dwarf::sections* supplementary;
        const skeleton* split;
        std::uint16_t number;
        text_budget abbreviations, texts;
        std::map<std::uint64_t, dwarf::abbreviation_table> kinds;
    };

    result<void, parse_error> add_section(file& of, part section, bool of_types, std::uint16_t info,
                                          std::uint16_t supplementary);
    result<void, parse_error> add_unit(file& of, dwarf::unit unit);
    result<void, parse_error> read_attributes(file& of, const dwarf::unit& unit, dwarf::entry_reader& from,
                                              debug_entry& to);
    result<void, parse_error> read_skeleton(const file& of, const dwarf::unit& unit, dwarf::entry_reader& from);
    static bool is_kept(dwarf::tag tag, bool inside_kept) noexcept;
    std::uint32_t find(std::uint16_t from, dwarf::reference::space in, std::uint64_t number) const noexcept;
    std::uint32_t at(std::uint16_t in, std::uint64_t offset) const noexcept {
        const auto begin = all_.begin() + static_cast<std::ptrdiff_t>(pools_[in].first);
        const auto end = all_.begin() + static_cast<std::ptrdiff_t>(pools_[in].end);
        const auto found =
            std::lower_bound(begin, end, offset, [](const debug_entry& a, std::uint64_t b) { return a.offset < b; });
        return found != end && found->offset == offset ? static_cast<std::uint32_t>(found - all_.begin()) : nowhere;
    }

    std::vector<debug_entry> all_;
    std::vector<pool> pools_;
    std::vector<signed_type> signed_types_;
    std::vector<skeleton> skeletons_;
};

inline result<void, parse_error> debug_entries::add(const dwarf::sections& in, const dwarf::sections* supplementary,
                                                    const skeleton* split) {
    constexpr std::size_t most_pools = 60000;
    if (pools_.size() + 3 > most_pools)
        return malformed("debug information", "stands in too many files", 0, errc::not_supported);
    const auto first = static_cast<std::uint16_t>(pools_.size());
    const auto info = static_cast<std::uint16_t>(supplementary != nullptr ? first + 1 : first);
    // Units of a package share its strings.
    const std::size_t sharing = split == nullptr || skeletons_.empty() ? 1 : skeletons_.size();
    const auto budget = [&](const dwarf::sections& of) {
        return 64 * std::uint64_t{of.info.bytes.size() + of.types.bytes.size()} + of.strings.bytes.size() / sharing;
    };
    if (supplementary != nullptr) {
        file other{*supplementary,
                   nullptr,
                   nullptr,
                   first,
                   text_budget(2 * supplementary->abbreviations.bytes.size()),
                   text_budget(budget(*supplementary)),
                   {}};
        VITTE_CHECK(add_section(other, supplementary->info, false, first, first));
    }
    file own{in, supplementary, split, info, text_budget(2 * in.abbreviations.bytes.size()), text_budget(budget(in)),
             {}};
    VITTE_CHECK(add_section(own, in.info, false, info, first));
    return add_section(own, in.types, true, info, first);
}

inline result<void, parse_error> debug_entries::add_section(file& of, part section, bool of_types, std::uint16_t info,
                                                            std::uint16_t supplementary) {
    pools_.push_back({all_.size(), all_.size(), info, supplementary});
    of.number = static_cast<std::uint16_t>(pools_.size() - 1);
    VITTE_CHECK(dwarf::for_each_unit(section, of.in.form.order, of_types,
                                     [&](const dwarf::unit& unit) { return add_unit(of, unit); }));
    pools_.back().end = all_.size();
    return {};
}

/// Types may be anywhere, also in functions. What is part of something counts only right inside that.
inline bool debug_entries::is_kept(dwarf::tag tag, bool inside_kept) noexcept {
    using enum dwarf::tag;
    switch (tag) {
        case array_type:
        case class_type:
        case enumeration_type:
        case pointer_type:
        case reference_type:
        case structure_type:
        case subroutine_type:
        case typedef_:
        case union_type:
        case base_type:
        case const_type:
        case subprogram:
        case variable:
        case volatile_type:
        case restrict_type:
        case namespace_:
        case unspecified_type:
        case rvalue_reference_type:
        case atomic_type: return true;
        case formal_parameter:
        case member:
        case unspecified_parameters:
        case inheritance:
        case subrange_type:
        case enumerator:
        case variant_part: return inside_kept;
        default: return false;
    }
}

inline result<void, parse_error> debug_entries::add_unit(file& of, dwarf::unit unit) {
    auto found = of.kinds.find(unit.abbreviations_at);
    if (found == of.kinds.end()) {
        VITTE_TRY(auto read, dwarf::abbreviation_table::read(of.in.abbreviations, unit.abbreviations_at));
        VITTE_CHECK(of.abbreviations.take(read.size(), "abbreviations", unit.abbreviations_at));
        found = of.kinds.emplace(unit.abbreviations_at, std::move(read)).first;
    }
    if (of.split != nullptr) unit.address_base = of.split->address_base;
    VITTE_CHECK(dwarf::read_bases(unit, found->second, of.split != nullptr));
    if (unit.holds_type()) signed_types_.push_back({unit.signature, of.number, unit.type_entry});
    dwarf::entry_reader entries(unit, found->second);
    std::vector<std::uint32_t> open, last;  // by depth: the entry that is kept, and the last one kept below it
    for (;;) {
        VITTE_TRY(const bool more, entries.next());
        if (!more) return {};
        const dwarf::entry& now = entries.current();
        open.resize(now.depth + std::size_t{1});
        last.resize(now.depth + std::size_t{2});
        const std::uint32_t parent = now.depth == 0 ? nowhere : open[now.depth - 1];
        open[now.depth] = last[now.depth + 1] = nowhere;
        if (now.depth == 0 && !unit.holds_type()) {
            VITTE_CHECK(read_skeleton(of, unit, entries));
        }
        if (now.depth == 0 || !is_kept(now.tag, parent != nowhere)) continue;
        if (now.tag == dwarf::tag::variable && now.depth != 1) continue;
        if (all_.size() >= nowhere - 1) return malformed("debug information", "has too many entries", now.offset);
        const auto index = static_cast<std::uint32_t>(all_.size());
        debug_entry made;
        made.offset = now.offset;
        made.tag = now.tag;
        made.pool = of.number;
        made.parent = parent;
        VITTE_CHECK(read_attributes(of, unit, entries, made));
        if (parent != nowhere) {
            (last[now.depth] == nowhere ? all_[parent].child : all_[last[now.depth]].next) = index;
            last[now.depth] = index;
        }
        all_.push_back(made);
        open[now.depth] = index;
    }
}

inline result<void, parse_error> debug_entries::read_attributes(file& of, const dwarf::unit& unit,
                                                                dwarf::entry_reader& from, debug_entry& to) {
    using dwarf::attribute;
    result<void, parse_error> texts;
    const auto text = [&](const dwarf::value& v) {
        // Of a name whose file is missing the entry has none; what cannot be read is nobody's name either.
        const std::string_view found = dwarf::text_in(v, unit, of.in, of.supplementary).value_or(std::string_view());
        if (texts) texts = of.texts.take(found.size(), "names of debug information");
        return found;
    };
    const auto number = [](const dwarf::value& v) {
        if (const auto constant = dwarf::constant_in(v)) return constant;
        // DW_OP_plus_uconst: a member's place in version 2.
        if (v.bytes.size() > 1 && v.bytes[0] == std::byte{0x23})
            if (const auto decoded = decode_leb128<std::uint64_t>(v.bytes.subspan(1)))
                return std::optional<std::uint64_t>(decoded->value);
        return std::optional<std::uint64_t>();
    };
    const auto set = [](bool& has, std::uint64_t& field, std::optional<std::uint64_t> value) {
        if (value) has = true, field = *value;
    };
    const auto refer = [&](bool& has, std::uint64_t& field, dwarf::reference::space& in, const dwarf::value& v) {
        if (const auto found = dwarf::reference_in(v, unit)) has = true, field = found->number, in = found->in;
    };
    VITTE_CHECK(from.attributes([&](attribute name, const dwarf::value& v) {
        switch (name) {
            case attribute::name: to.name = text(v); break;
            case attribute::linkage_name:
            case attribute::mips_linkage_name: to.linkage_name = text(v); break;
            case attribute::byte_size: set(to.has_size, to.size, number(v)); break;
            case attribute::bit_size: to.bit_size = static_cast<std::uint32_t>(number(v).value_or(0)); break;
            case attribute::bit_offset: set(to.has_bit_offset, to.bit_offset, number(v)); break;
            case attribute::data_bit_offset: to.counts_bits = true, to.number = number(v).value_or(0); break;
            case attribute::data_member_location:
            case attribute::const_value:
            case attribute::count: set(to.has_number, to.number, number(v)); break;
            case attribute::upper_bound: {
                const auto bound = number(v);
                if (bound) to.has_number = true, to.number = *bound + 1;
                break;
            }
            case attribute::low_pc:
                if (const auto at = dwarf::address_in(v, unit, of.in)) to.has_address = true, to.address = *at;
                break;
            case attribute::encoding: to.encoding = static_cast<dwarf::base_encoding>(v.number); break;
            case attribute::alignment: to.alignment = static_cast<std::uint32_t>(number(v).value_or(0)); break;
            case attribute::declaration: to.declaration = v.number != 0; break;
            case attribute::external: to.external = v.number != 0; break;
            case attribute::prototyped: to.prototyped = v.number != 0; break;
            case attribute::gnu_vector: to.vector = v.number != 0; break;
            case attribute::type: refer(to.has_reference, to.reference, to.reference_in, v); break;
            case attribute::abstract_origin:
            case attribute::specification:
            case attribute::signature: refer(to.has_origin, to.origin, to.origin_in, v); break;
            default: break;
        }
    }));
    return texts;
}

/// Of a unit's outermost entry: whether another file has the rest, or whether this is the one that was looked for.
inline result<void, parse_error> debug_entries::read_skeleton(const file& of, const dwarf::unit& unit,
                                                              dwarf::entry_reader& from) {
    using dwarf::attribute;
    skeleton made;
    made.id = unit.signature;
    made.address_base = unit.address_base;
    const auto text = [&](const dwarf::value& v) {
        return dwarf::text_in(v, unit, of.in, of.supplementary).value_or(std::string_view());
    };
    VITTE_CHECK(from.attributes([&](attribute name, const dwarf::value& v) {
        if (name == attribute::dwo_name || name == attribute::gnu_dwo_name) made.file = text(v);
        if (name == attribute::comp_dir) made.folder = text(v);
        if (name == attribute::gnu_dwo_id) made.id = v.number;
    }));
    if (of.split == nullptr) {
        if (!made.file.empty()) skeletons_.push_back(made);
    } else if (of.split->id != 0 && of.split->id != made.id) {
        return malformed("split debug information", "belongs to another build", unit.begin, errc::invalid_argument);
    }
    return {};
}

inline void debug_entries::finish() {
    std::sort(signed_types_.begin(), signed_types_.end(),
              [](const signed_type& a, const signed_type& b) { return a.signature < b.signature; });
}

inline std::uint32_t debug_entries::find(std::uint16_t from, dwarf::reference::space in,
                                         std::uint64_t number) const noexcept {
    using space = dwarf::reference::space;
    switch (in) {
        case space::section: return at(from, number);
        case space::info: return at(pools_[from].info, number);
        case space::supplementary: return at(pools_[from].supplementary, number);
        case space::signature: break;
    }
    const auto found = std::lower_bound(signed_types_.begin(), signed_types_.end(), number,
                                        [](const signed_type& a, std::uint64_t b) { return a.signature < b; });
    return found != signed_types_.end() && found->signature == number ? at(found->pool, found->offset) : nowhere;
}

}  // namespace vitte::loader::bind
