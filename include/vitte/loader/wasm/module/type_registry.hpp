/// Which function types are the same (core specification 3.0, 3.1.2 and 3.2: recursion groups that are alike
/// throughout), across modules.
#pragma once

#include <map>
#include <string>
#include <vitte/core/light_vector.hpp>
#include <vitte/loader/format/wasm/type_text.hpp>

namespace vitte::loader::wasm {

/// A function type.
struct signature {
    light_vector<value_type> parameters, results;
    std::uint32_t group = 0;  ///< index of the first type of its recursion group
};

/// Like "[i32 i64] -> [f32]" (2.3.8).
[[gnu::cold]] inline std::string text_of(const signature& type) {
    std::string text = "[";
    for (const auto* list : {&type.parameters, &type.results}) {
        for (const value_type& t : *list) {
            if (&t != list->data()) text += ' ';
            text += text_of(t);
        }
        text += list == &type.parameters ? "] -> [" : "]";
    }
    return text;
}

/// Gives equal types equal numbers. Not for concurrent use.
class type_registry {
public:
    /// The numbers of all `types` of a module. Types refer to earlier groups or to their own.
    light_vector<std::uint32_t> add(const light_vector<signature>& types) {
        light_vector<std::uint32_t> made;
        made.reserve(types.size());
        for (std::size_t from = 0; from < types.size();) {
            std::size_t to = from;
            while (to < types.size() && types[to].group == types[from].group) ++to;
            std::string text;
            for (std::size_t i = from; i < to; ++i) {
                describe(types[i].parameters, from, made, text);
                describe(types[i].results, from, made, text);
            }
            const auto found = known_.try_emplace(std::move(text), next_);
            if (found.second) next_ += static_cast<std::uint32_t>(to - from);
            for (std::size_t i = from; i < to; ++i)
                made.push_back(found.first->second + static_cast<std::uint32_t>(i - from));
            from = to;
        }
        return made;
    }
    std::uint32_t add(const signature& one) { return add(light_vector<signature>{one}).front(); }

private:
    static void number(std::uint32_t value, std::string& text) {
        text.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    static void describe(const light_vector<value_type>& types, std::size_t group,
                         const light_vector<std::uint32_t>& made, std::string& text) {
        number(static_cast<std::uint32_t>(types.size()), text);
        for (const value_type t : types) {
            const bool outside = t.is_reference() && t.heap().is_defined() && t.heap().index() < group;
            const bool inside = t.is_reference() && t.heap().is_defined() && !outside;
            number(outside ? 1 : inside ? 2 : 0, text);
            if (outside)
                number(t.code(), text), number(made[t.heap().index()], text);
            else if (inside)
                number(t.code(), text), number(static_cast<std::uint32_t>(t.heap().index() - group), text);
            else
                number(t.bits(), text);
        }
    }

    std::map<std::string, std::uint32_t> known_;
    std::uint32_t next_ = 0;
};

}  // namespace vitte::loader::wasm
