/// Makes a model of what a library offers from its dynamic symbols and its debug information; see `bind/model.hpp`.
#pragma once

#include <algorithm>
#include <map>
#include <tuple>
#include <vitte/loader/bind/debug_entries.hpp>
#include <vitte/loader/bind/exports.hpp>
#include <vitte/loader/bind/type_table.hpp>

namespace vitte::loader::bind {

namespace detail {

/// Every compilation unit describes the types that it uses again. What has the same name and the same content is one
/// type; what has only the same name is not.
class collector {
public:
    collector(const debug_entries& in, byte_order order)
        : big_endian_(order == byte_order::big),
          in_(in),
          made_(in.size(), unmade),
          name_prints_(in.size()),
          prints_(in.size()) {
        for (std::uint32_t i = 0; i < in.size(); ++i) name_prints_[i] = mix(0, in[i].name);
        sort_definitions();
        sort_symbols();
    }

    type_id function_type(std::string_view name, std::uint64_t address) {
        const std::uint32_t found = find_function(name, address);
        if (found == nowhere) return no_value;
        const type_id made = convert_function(found, 0);
        finish_pending();
        return types_[made].kind == type_kind::function ? made : no_value;
    }
    type_id variable_type(std::string_view name) {
        const std::uint32_t found = find_variable(name);
        if (found == nowhere) return no_value;
        const std::uint32_t origin = in_.origin_of(in_[found]);
        const bool has_type = in_[found].has_reference || origin == nowhere;
        const type_id made = convert_type_of(in_[has_type ? found : origin], 0);
        finish_pending();
        return made;
    }
    std::vector<type> take() { return types_.take(); }

private:
    struct definition {
        std::string_view name;
        std::uint64_t print;
        std::uint32_t index;
        bool is_alias;

        auto order() const { return std::tie(is_alias, name, print, index); }
    };
    struct named_symbol {
        std::string_view name;
        unsigned rank;  ///< the best one first
        std::uint32_t index;

        auto order() const { return std::tie(name, rank, index); }
    };
    struct placed_function {
        std::uint64_t address;
        std::uint32_t index;
    };
    static constexpr type_id unmade = UINT32_MAX;

    static bool is_aggregate(dwarf::tag tag) {
        using enum dwarf::tag;
        return tag == structure_type || tag == class_type || tag == union_type || tag == enumeration_type;
    }

    // Which types are the same.

    static std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
        hash = (hash ^ value) * 0x9e3779b97f4a7c15;
        return hash ^ (hash >> 29);
    }
    static std::uint64_t mix(std::uint64_t hash, std::string_view text) {
        for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        return mix(hash, text.size());
    }
    /// Of a type that something has: what derives it, up to the first name.
    std::uint64_t mix_type(std::uint64_t hash, const debug_entry& of) const {
        std::uint32_t at = in_.type_of(of);
        for (unsigned steps = 0; at != nowhere && steps < 8; ++steps) {
            const debug_entry& e = in_[at];
            hash = mix(
                hash, static_cast<std::uint64_t>(e.tag == dwarf::tag::class_type ? dwarf::tag::structure_type : e.tag));
            if (!e.name.empty()) return mix(hash, name_prints_[at]);
            if (is_aggregate(e.tag)) return mix(hash, e.size);
            at = in_.type_of(e);
        }
        return hash;
    }
    /// Of a definition: its size and what is right inside.
    std::uint64_t print_of(std::uint32_t index) const {
        const debug_entry& e = in_[index];
        std::uint64_t hash = mix(mix(0, static_cast<std::uint64_t>(e.tag)), e.size);
        if (e.tag == dwarf::tag::typedef_) return mix_type(hash, e);
        in_.for_each_child(index, [&](const debug_entry& child, std::uint32_t at) {
            if (child.tag != dwarf::tag::member && child.tag != dwarf::tag::enumerator) return;
            hash = mix(mix(mix(hash, name_prints_[at]), child.number), child.bit_size);
            if (child.tag == dwarf::tag::member) hash = mix_type(hash, child);
        });
        return hash;
    }
    void sort_definitions() {
        for (std::uint32_t i = 0; i < in_.size(); ++i) {
            const debug_entry& e = in_[i];
            const bool alias = e.tag == dwarf::tag::typedef_;
            if (e.name.empty() || e.declaration || (!alias && !is_aggregate(e.tag))) continue;
            prints_[i] = print_of(i);
            definitions_.push_back({e.name, prints_[i], i, alias});
        }
        std::sort(definitions_.begin(), definitions_.end(),
                  [](const definition& a, const definition& b) { return a.order() < b.order(); });
    }
    /// The first of all entries that define the same type; of a declaration, any definition of that name.
    std::uint32_t canonical(std::uint32_t index) const {
        const debug_entry& e = in_[index];
        const definition wanted{e.name, e.declaration ? 0 : prints_[index], 0, e.tag == dwarf::tag::typedef_};
        const auto found =
            std::lower_bound(definitions_.begin(), definitions_.end(), wanted,
                             [](const definition& a, const definition& b) { return a.order() < b.order(); });
        if (found == definitions_.end() || found->name != e.name || found->is_alias != wanted.is_alias) return index;
        if (e.declaration) return in_[found->index].tag == e.tag ? found->index : index;
        return found->print == wanted.print ? found->index : index;
    }

    // Which entry a symbol means.

    void sort_symbols() {
        for (std::uint32_t i = 0; i < in_.size(); ++i) {
            const debug_entry& e = in_[i];
            const bool is_function = e.tag == dwarf::tag::subprogram;
            if (!is_function && e.tag != dwarf::tag::variable) continue;
            if (is_function && e.has_address) placed_functions_.push_back({e.address, i});
            // A variable that was declared before has its name there.
            const std::uint32_t origin = is_function ? nowhere : in_.origin_of(e);
            const debug_entry& named = origin == nowhere ? e : in_[origin];
            const std::string_view name = named.linkage_name.empty() ? named.name : named.linkage_name;
            if (name.empty()) continue;
            const unsigned rank = (e.declaration ? 2u : 0u) + (named.external ? 0u : 4u) + (e.has_address ? 0u : 1u);
            (is_function ? named_functions_ : named_variables_).push_back({name, rank, i});
        }
        for (std::vector<named_symbol>* all : {&named_functions_, &named_variables_})
            std::sort(all->begin(), all->end(),
                      [](const named_symbol& a, const named_symbol& b) { return a.order() < b.order(); });
        std::sort(placed_functions_.begin(), placed_functions_.end(),
                  [](const placed_function& a, const placed_function& b) {
                      return std::tie(a.address, a.index) < std::tie(b.address, b.index);
                  });
    }
    /// The best of that name; null if there is none.
    static const named_symbol* find_named(const std::vector<named_symbol>& all, std::string_view name) {
        const auto found = std::lower_bound(all.begin(), all.end(), name,
                                            [](const named_symbol& a, std::string_view b) { return a.name < b; });
        return found != all.end() && found->name == name ? &*found : nullptr;
    }
    std::uint32_t find_variable(std::string_view name) const {
        const named_symbol* const found = find_named(named_variables_, name);
        return found != nullptr && found->rank < 4 ? found->index : nowhere;
    }
    /// By its name, since several symbols may stand at one address; or by its address, since one function may have
    /// several names. A static function that only shares the name is not it.
    std::uint32_t find_function(std::string_view name, std::uint64_t address) const {
        const named_symbol* const named = find_named(named_functions_, name);
        const bool has_name = named != nullptr && named->rank < 4;
        if (has_name && named->rank < 2) return named->index;
        const auto placed = std::lower_bound(placed_functions_.begin(), placed_functions_.end(), address,
                                             [](const placed_function& a, std::uint64_t b) { return a.address < b; });
        if (address != 0 && placed != placed_functions_.end() && placed->address == address) return placed->index;
        return has_name ? named->index : nowhere;
    }

    // What types become.

    type_id convert_type_of(const debug_entry& of, unsigned depth) {
        const std::uint32_t target = in_.type_of(of);
        if (target == nowhere) return of.has_reference ? types_.unknown() : no_value;
        return convert(target, depth);
    }
    type_id convert(std::uint32_t index, unsigned depth) {
        if (made_[index] != unmade) return made_[index];
        if (depth == deepest_type) return types_.unknown();
        const type_id made = convert_new(index, depth + 1);
        made_[index] = made;
        return made;
    }
    type_id convert_new(std::uint32_t index, unsigned depth) {
        using enum dwarf::tag;
        const debug_entry& e = in_[index];
        switch (e.tag) {
            case base_type: return types_.base(e.name, e.size, e.encoding);
            case pointer_type:
            case reference_type:
            case rvalue_reference_type: return types_.derived(type_kind::pointer, convert_type_of(e, depth), 0);
            case const_type: return types_.qualified(type_kind::constant, convert_type_of(e, depth));
            case volatile_type: return types_.qualified(type_kind::changing, convert_type_of(e, depth));
            case restrict_type:
            case atomic_type: return convert_type_of(e, depth);
            case array_type: return convert_array(index, depth);
            case subroutine_type: return convert_function(index, depth);
            case typedef_:
            case structure_type:
            case class_type:
            case union_type:
            case enumeration_type: return convert_named(index);
            case unspecified_type: return no_value;
            default: return types_.unknown();
        }
    }
    type_id convert_array(std::uint32_t index, unsigned depth) {
        const debug_entry& e = in_[index];
        std::vector<std::uint64_t> counts;
        in_.for_each_child(index, [&](const debug_entry& child, std::uint32_t) {
            if (child.tag == dwarf::tag::subrange_type) counts.push_back(child.has_number ? child.number : 0);
        });
        type_id made = convert_type_of(e, depth);
        if (counts.size() + depth > deepest_type) return types_.unknown();
        if (e.vector)
            return types_.derived(type_kind::vector, made,
                                  e.size != 0      ? e.size
                                  : counts.empty() ? 0
                                                   : counts[0] * types_.size_of(made));
        while (!counts.empty()) made = types_.derived(type_kind::array, made, counts.back()), counts.pop_back();
        return made;
    }
    /// Of a function's entry, or of a function type's. What an instance does not say, its origin does.
    type_id convert_function(std::uint32_t index, unsigned depth) {
        for (unsigned steps = 0; steps < 8 && in_[index].has_origin; ++steps) {
            const std::uint32_t origin = in_.origin_of(in_[index]);
            if (origin == nowhere) break;
            index = origin;
        }
        const debug_entry& e = in_[index];
        type made;
        made.kind = type_kind::function;
        made.unprototyped = !e.prototyped;
        made.target = convert_type_of(e, depth);
        in_.for_each_child(index, [&](const debug_entry& child, std::uint32_t) {
            if (child.tag == dwarf::tag::unspecified_parameters) made.variadic = true;
            if (child.tag != dwarf::tag::formal_parameter) return;
            member parameter;
            parameter.name = child.name;
            parameter.type = convert_type_of(child, depth);
            made.members.push_back(std::move(parameter));
        });
        if (!made.members.empty()) made.unprototyped = false;
        return e.tag == dwarf::tag::subprogram ? types_.named_function(std::move(made)) : types_.function(std::move(made));
    }

    /// What has a name or members is finished later, so that what refers to itself finds itself.
    type_id convert_named(std::uint32_t index) {
        std::uint32_t from = index;
        // What only names a type unit.
        if (const std::uint32_t origin = in_.origin_of(in_[from]);
            in_[from].origin_in == dwarf::reference::space::signature && origin != nowhere)
            from = origin;
        if (!in_[from].name.empty()) from = canonical(from);
        if (made_[from] != unmade) return made_[from];
        const debug_entry& e = in_[from];
        type made;
        made.name = scoped_name(e);
        made.complete = !e.declaration;
        made.size = e.size;
        made.alignment = e.alignment;
        made.kind = e.tag == dwarf::tag::typedef_           ? type_kind::alias
                    : e.tag == dwarf::tag::union_type       ? type_kind::union_
                    : e.tag == dwarf::tag::enumeration_type ? type_kind::enumeration
                                                            : type_kind::structure;
        // Only declarations differ without differing.
        if (e.declaration) {
            const auto [at, added] = declared_.emplace(std::pair(made.kind, made.name), 0);
            if (!added) return at->second;
            at->second = types_.add(std::move(made));
            return made_[from] = at->second;
        }
        pending_.push_back(from);
        return made_[from] = types_.add(std::move(made));
    }
    /// With the name spaces of C++ that it is in, each followed by "::".
    std::string scoped_name(const debug_entry& e) const {
        std::string made(e.name);
        std::uint32_t parent = e.parent;
        for (unsigned steps = 0; !made.empty() && parent != nowhere && steps < 8; ++steps, parent = in_[parent].parent)
            if (in_[parent].tag == dwarf::tag::namespace_) made = std::string(in_[parent].name) + "::" + made;
        return made;
    }
    void finish_pending() {
        while (!pending_.empty()) {
            const std::uint32_t index = pending_.back();
            pending_.pop_back();
            const type_id id = made_[index];
            const debug_entry& e = in_[index];
            if (e.has_reference) {
                const type_id target = convert_type_of(e, 0);
                types_[id].target = target;
            }
            if (types_[id].kind != type_kind::alias) read_members(index, id);
        }
    }
    void read_members(std::uint32_t index, type_id id) {
        std::vector<member> members;
        std::vector<enumerator> enumerators;
        bool of_c = true;
        in_.for_each_child(index, [&](const debug_entry& child, std::uint32_t) {
            using enum dwarf::tag;
            if (child.tag == enumerator)
                enumerators.push_back({std::string(child.name), static_cast<std::int64_t>(child.number)});
            if (child.tag == inheritance || child.tag == variant_part) of_c = false;
            if (child.tag == member && !child.external && !child.declaration) members.push_back(read_member(child));
            if (child.tag == member && child.name.starts_with("_vptr")) of_c = false;
        });
        type& to = types_[id];
        to.members = std::move(members);
        to.enumerators = std::move(enumerators);
        // A class of C++ is only passed on.
        if (!of_c) to.complete = false, to.members.clear();
    }
    member read_member(const debug_entry& e) {
        member made;
        made.name = e.name;
        made.type = convert_type_of(e, 0);
        made.bit_size = e.bit_size;
        made.alignment = e.alignment;
        made.bit_offset = e.counts_bits ? e.number : e.number * 8;
        if (e.has_bit_offset && e.bit_size != 0 &&
            !e.counts_bits) {  // counted from the most significant bit (version 3)
            const std::uint64_t unit = 8 * (e.has_size ? e.size : types_.size_of(made.type));
            made.bit_offset += big_endian_ ? e.bit_offset : unit - e.bit_offset - e.bit_size;
        }
        return made;
    }

    bool big_endian_;
    const debug_entries& in_;
    std::vector<type_id> made_;
    std::vector<std::uint64_t> name_prints_, prints_;
    std::vector<definition> definitions_;
    std::vector<named_symbol> named_functions_, named_variables_;
    std::vector<placed_function> placed_functions_;
    std::vector<std::uint32_t> pending_;
    std::map<std::pair<type_kind, std::string>, type_id> declared_;
    type_table types_;
};

}  // namespace detail

/// The functions and variables that `of` exports under C's names, each with the type that `entries`, which have been
/// finished, know; and the types that they reach. Fails if `of` has no dynamic symbols. Takes memory in proportion to
/// `entries`.
inline result<library, parse_error> collect(const elf::file& of, const debug_entries& entries) {
    library made;
    VITTE_TRY(std::vector<exported_symbol> exported, read_exports(of, made));
    detail::collector from(entries, of.header().form.order);
    for (exported_symbol& s : exported) {
        const type_id type = s.is_function ? from.function_type(s.name, s.address) : from.variable_type(s.name);
        (s.is_function ? made.functions : made.variables).push_back({std::move(s.name), type});
    }
    made.types = from.take();
    return made;
}

}  // namespace vitte::loader::bind
