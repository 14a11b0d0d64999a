/// What has changed in what a library offers between two versions of it, for those that call it; see `bind/model.hpp`.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <vitte/loader/bind/model.hpp>

namespace vitte::loader::bind {

/// One difference.
struct change {
    bool breaks;       ///< whether programs for the old version may fail with the new one
    std::string text;  ///< such as "struct point: size 8 -> 16"
};

namespace detail {

class comparison {
public:
    comparison(const library& before, const library& after) : before_(before), after_(after) {}

    std::vector<change> run() {
        name_types(before_, old_names_, old_types_);
        name_types(after_, new_names_, new_types_);
        compare_symbols("function ", before_.functions, after_.functions,
                        [this](const symbol& a, const symbol& b) { compare_signatures(a, b); });
        compare_symbols("variable ", before_.variables, after_.variables,
                        [this](const symbol& a, const symbol& b) { compare_variables(a, b); });
        for (const auto& [name, id] : old_types_)
            if (const auto found = new_types_.find(name); found != new_types_.end())
                compare_types(name, id, found->second);
        return std::move(changes_);
    }

private:
    using names = std::map<type_id, std::string>;
    using types = std::map<std::string, type_id>;

    static bool is_tagged(const type& t) {
        return t.kind == type_kind::structure || t.kind == type_kind::union_ || t.kind == type_kind::enumeration;
    }
    static const char* word(type_kind kind) {
        return kind == type_kind::union_ ? "union " : kind == type_kind::enumeration ? "enum " : "struct ";
    }
    /// A type without a name is called as the alias for it is.
    static void name_types(const library& in, names& by_id, types& by_name) {
        for (type_id id = 0; id < in.types.size(); ++id)
            if (is_tagged(in[id]) && !in[id].name.empty()) by_id.emplace(id, word(in[id].kind) + in[id].name);
        for (type_id id = 0; id < in.types.size(); ++id)
            if (in[id].kind == type_kind::alias && is_tagged(in[in[id].target]))
                by_id.emplace(in[id].target, in[id].name);
        for (const auto& [id, name] : by_id)
            if (const auto [at, added] = by_name.emplace(name, id); !added && !in[at->second].complete) at->second = id;
    }

    void add(bool breaks, std::string text) { changes_.push_back({breaks, std::move(text)}); }
    static std::string from_to(std::uint64_t a, std::uint64_t b) {
        return std::to_string(a) + " -> " + std::to_string(b);
    }

    /// Both are sorted by their names.
    template <class Compare>
    void compare_symbols(const std::string& word, const std::vector<symbol>& before, const std::vector<symbol>& after,
                         Compare&& compare_types) {
        auto a = before.begin();
        auto b = after.begin();
        while (a != before.end() || b != after.end()) {
            if (b == after.end() || (a != before.end() && a->name < b->name))
                add(true, word + (a++)->name + ": removed");
            else if (a == before.end() || b->name < a->name)
                add(false, word + (b++)->name + ": added");
            else
                compare_types(*a++, *b++);
        }
    }
    void compare_variables(const symbol& a, const symbol& b) {
        if (a.type == no_value || b.type == no_value) return;
        const type &t = before_[plain(before_, a.type)], &u = after_[plain(after_, b.type)];
        // How long an array is need not be told.
        const bool open = t.kind == type_kind::array && u.kind == t.kind && (t.count == 0 || u.count == 0);
        if (!(open ? same(t.target, u.target) : same(a.type, b.type)))
            add(true, "variable " + a.name + ": has another type");
    }
    void compare_signatures(const symbol& a, const symbol& b) {
        if (a.type == no_value || b.type == no_value) return;
        const type &f = before_[a.type], &g = after_[b.type];
        const std::string start = "function " + a.name + ": ";
        if (!same(f.target, g.target)) add(true, start + "returns another type");
        if (f.members.size() != g.members.size() && !f.unprototyped && !g.unprototyped)
            add(true, start + "parameters " + from_to(f.members.size(), g.members.size()));
        for (std::size_t i = 0; i < f.members.size() && i < g.members.size(); ++i)
            if (!same(f.members[i].type, g.members[i].type))
                add(true, start + "parameter " + std::to_string(i + 1) + " has another type");
        if (f.variadic != g.variadic)
            add(true, start + (g.variadic ? "takes variable arguments now" : "takes no variable arguments any more"));
    }

    type_id plain(const library& in, type_id id) const {
        for (unsigned steps = 0; steps < 64; ++steps) {
            const type_kind kind = in[id].kind;
            if (kind != type_kind::alias && kind != type_kind::constant && kind != type_kind::changing) break;
            id = in[id].target;
        }
        return id;
    }
    /// Whether both are the same to who calls: what has a name is compared on its own. `const` and names of aliases are
    /// the source's affair.
    bool same(type_id a, type_id b) {
        a = plain(before_, a), b = plain(after_, b);
        const type &t = before_[a], &u = after_[b];
        if (t.kind != u.kind) return false;
        if (is_tagged(t)) {
            const auto name = old_names_.find(a), other = new_names_.find(b);
            if (name != old_names_.end() && other != new_names_.end()) return name->second == other->second;
        }
        // In progress, it is the same as far as that is known.
        if (!compared_.emplace(a, b).second) return different_.count({a, b}) == 0;
        const bool alike = t.size == u.size && t.count == u.count && t.variadic == u.variadic &&
                           t.encoding == u.encoding && t.members.size() == u.members.size() &&
                           (is_tagged(t) || same(t.target, u.target)) && same_members(t, u);
        if (!alike) different_.emplace(a, b);
        return alike;
    }
    bool same_members(const type& t, const type& u) {
        if (!is_tagged(t) && t.kind != type_kind::function) return true;
        if (depth_ == 64) return true;
        ++depth_;
        bool alike = true;
        for (std::size_t i = 0; i < t.members.size() && alike; ++i)
            alike = t.members[i].bit_offset == u.members[i].bit_offset &&
                    t.members[i].bit_size == u.members[i].bit_size && same(t.members[i].type, u.members[i].type);
        --depth_;
        return alike;
    }

    void compare_types(const std::string& name, type_id a, type_id b) {
        const type &t = before_[a], &u = after_[b];
        if (t.complete != u.complete)
            add(t.complete, name + (u.complete ? ": is defined now" : ": is only declared now"));
        if (!t.complete || !u.complete) return;
        if (t.size != u.size) add(true, name + ": size " + from_to(t.size, u.size));
        if (t.kind == type_kind::enumeration)
            compare_enumerators(name, t, u);
        else
            compare_members(name, t, u);
    }
    void compare_enumerators(const std::string& name, const type& t, const type& u) {
        std::map<std::string_view, std::int64_t> now;
        for (const enumerator& e : u.enumerators) now.emplace(e.name, e.value);
        for (const enumerator& e : t.enumerators) {
            const auto found = now.find(e.name);
            if (found == now.end())
                add(true, name + ": " + e.name + " removed");
            else if (found->second != e.value)
                add(true,
                    name + ": " + e.name + ' ' + std::to_string(e.value) + " -> " + std::to_string(found->second));
            if (found != now.end()) now.erase(found);
        }
        for (const auto& [added, value] : now) add(false, name + ": " + std::string(added) + " added");
    }
    void compare_members(const std::string& name, const type& t, const type& u) {
        std::map<std::string_view, const member*> now;
        for (const member& m : u.members)
            if (!m.name.empty()) now.emplace(m.name, &m);
        for (const member& m : t.members) {
            if (m.name.empty()) continue;
            const std::string start = name + '.' + m.name;
            const auto found = now.find(m.name);
            if (found == now.end()) {
                add(true, start + ": removed");
                continue;
            }
            const member& n = *found->second;
            if (m.bit_offset != n.bit_offset)
                add(true, start + (m.bit_size != 0 ? ": bit " + from_to(m.bit_offset, n.bit_offset)
                                                   : ": offset " + from_to(m.bit_offset / 8, n.bit_offset / 8)));
            if (m.bit_size != n.bit_size) add(true, start + ": bits " + from_to(m.bit_size, n.bit_size));
            if (!same(m.type, n.type)) add(true, start + ": has another type");
            now.erase(found);
        }
        for (const auto& [added, unused] : now) add(t.size != u.size, name + '.' + std::string(added) + ": added");
    }

    const library &before_, &after_;
    names old_names_, new_names_;
    types old_types_, new_types_;
    std::set<std::pair<type_id, type_id>> compared_, different_;
    unsigned depth_ = 0;
    std::vector<change> changes_;
};

}  // namespace detail

/// The differences between two versions: functions and variables that are gone or have another type; of structures,
/// unions and enumerations that functions of both reach, sizes, places, bit-fields and values.
inline std::vector<change> compare(const library& before, const library& after) {
    return detail::comparison(before, after).run();
}

}  // namespace vitte::loader::bind
