/// The types of a model while it is made: what is derived from the same is one type; see `bind/model.hpp`.
#pragma once

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>
#include <vitte/loader/bind/model.hpp>

namespace vitte::loader::bind {

/// Declarators inside each other are followed so far; typedefs count anew.
inline constexpr unsigned deepest_type = 64;
/// How many types a declaration is made of at most, counted up to names, as it is written: functions that take
/// functions of one type twice are twice as many with each.
inline constexpr std::uint32_t heaviest_type = 1024;

class type_table {
public:
    type_table() {
        add({});
        derived_.emplace(key_of(type_kind::nothing, 0, 0), no_value);
    }

    type& operator[](type_id id) { return made_[id]; }
    const type& operator[](type_id id) const { return made_[id]; }
    std::vector<type> take() { return std::move(made_); }

    type_id add(type&& made, std::uint32_t weight = 1) {
        made_.push_back(std::move(made));
        weights_.push_back(weight);
        return static_cast<type_id>(made_.size() - 1);
    }
    type_id unknown() { return derived(type_kind::unknown, 0, 0); }
    /// A pointer, an array of `count`, a vector of `count` bytes ...
    type_id derived(type_kind kind, type_id target, std::uint64_t count) {
        const auto [at, added] = derived_.emplace(key_of(kind, target, count), 0);
        if (!added) return at->second;
        type made;
        made.kind = kind;
        made.target = target;
        (kind == type_kind::vector ? made.size : made.count) = count;
        return at->second = add(std::move(made), weights_[target]);
    }
    /// Of an array, its elements are.
    type_id qualified(type_kind kind, type_id target) {
        std::vector<std::uint64_t> counts;
        for (; made_[target].kind == type_kind::array; target = made_[target].target)
            counts.push_back(made_[target].count);
        type_id made = qualified_element(kind, target);
        for (; !counts.empty(); counts.pop_back()) made = derived(type_kind::array, made, counts.back());
        return made;
    }
    type_id base(std::string_view name, std::uint64_t size, dwarf::base_encoding encoding) {
        const auto [at, added] = bases_.emplace(std::tuple(std::string(name), size, encoding), 0);
        if (!added) return at->second;
        type made;
        made.kind = type_kind::base;
        made.name = name;
        made.size = size;
        made.encoding = encoding;
        return at->second = add(std::move(made));
    }
    /// The type of functions like `made`, whatever its parameters are called; an unknown one if it is too heavy.
    type_id function(type&& made) {
        const std::uint32_t weight = weight_of(made);
        if (weight > heaviest_type) return unknown();
        key k = key_of(made.kind, made.target, (made.variadic ? 1u : 0u) + (made.unprototyped ? 2u : 0u));
        for (const member& m : made.members) k.push_back(m.type);
        const auto [at, added] = derived_.emplace(std::move(k), 0);
        return added ? at->second = add(std::move(made), weight) : at->second;
    }
    /// The same, of its own, with the names of its parameters.
    type_id named_function(type&& made) {
        return weight_of(made) > heaviest_type ? unknown() : add(std::move(made));
    }
    std::uint64_t size_of(type_id of) const {
        for (unsigned steps = 0; steps < deepest_type; ++steps) {
            const type& t = made_[of];
            if (t.kind != type_kind::alias && !is_qualifier(t.kind)) return t.size;
            of = t.target;
        }
        return 0;
    }
    static bool is_qualifier(type_kind kind) { return kind == type_kind::constant || kind == type_kind::changing; }

private:
    std::uint32_t weight_of(const type& function) const {
        std::uint32_t made = 1 + weights_[function.target];
        for (const member& m : function.members) made = std::min(made + weights_[m.type], heaviest_type + 1);
        return made;
    }
    type_id qualified_element(type_kind kind, type_id target) {
        for (type_id at = target; is_qualifier(made_[at].kind); at = made_[at].target)
            if (made_[at].kind == kind) return target;
        return derived(kind, target, 0);
    }
    using key = std::vector<std::uint64_t>;
    /// As `<` of vectors, of which libstdc++ 12 compares too few bytes on machines where the high ones come first.
    struct key_less {
        bool operator()(const key& a, const key& b) const {
            return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
        }
    };
    static key key_of(type_kind kind, std::uint64_t target, std::uint64_t count) {
        return {static_cast<std::uint64_t>(kind), target, count};
    }

    std::vector<type> made_;
    std::vector<std::uint32_t> weights_;  ///< of each, as `heaviest_type` counts
    std::map<key, type_id, key_less> derived_;
    std::map<std::tuple<std::string, std::uint64_t, dwarf::base_encoding>, type_id> bases_;
};

}  // namespace vitte::loader::bind
