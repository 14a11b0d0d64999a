/// Whether the cases of a `match` handle every value, after Maranget, "Warnings for pattern matching" (2007).
#pragma once

#include <optional>
#include <string>
#include <vector>
#include <vitte/language/lower/program.hpp>

namespace vitte::language::detail {

class exhaustive {
public:
    explicit exhaustive(const program& p) : p_(p) {}

    /// A value that none of the patterns fits, as a pattern; nothing if there is none. Patterns fit the type `of`.
    std::optional<std::string> missing(const std::vector<std::uint32_t>& patterns, type of) {
        std::vector<row> rows;
        for (const std::uint32_t one : patterns) rows.push_back({one});
        const auto found = find(rows, {of}, 0);
        if (!found) return std::nullopt;
        return found->front();
    }
    /// It took too many steps.
    bool gave_up() const noexcept { return steps_ == 0; }

private:
    using row = std::vector<std::uint32_t>;  // patterns, of which the first one is looked at next
    using what = match_pattern::what;
    /// One of the ways in which values of a type are made, such as a case of a pick: its name, and the types of its
    /// parts.
    struct constructor {
        std::string name;
        std::vector<type> inside;
    };

    std::vector<constructor> constructors_of(type t) const {
        std::vector<constructor> all;
        if (t == type::boolean) return {{"false", {}}, {"true", {}}};
        if (!type_table::has(t)) return all;
        const auto& c = p_.types.at(t);
        if (c.is != type_table::kind::pick) return {{"", types_of(t)}};
        for (const field& f : c.fields) all.push_back({f.name, types_of(f.of)});
        return all;
    }
    std::vector<type> types_of(type t) const {
        std::vector<type> all;
        for (const field& f : p_.types.at(t).fields) all.push_back(f.of);
        return all;
    }
    static bool is_of(const match_pattern& m, const constructor& c) {
        if (m.is == what::value) return m.is_boolean && c.name == (m.value != 0 ? "true" : "false");
        return m.is == what::parts || m.name == c.name;
    }
    /// Rows whose first pattern fits, with what is inside of it in its place.
    std::vector<row> within(const std::vector<row>& rows, const constructor& c) const {
        std::vector<row> all;
        for (const row& r : rows) {
            const match_pattern& m = p_.patterns[r.front()];
            row made(c.inside.size(), 0);
            if (m.is != what::anything) {
                if (!is_of(m, c)) continue;
                made = m.inside;
                made.resize(c.inside.size(), 0);
            }
            made.insert(made.end(), r.begin() + 1, r.end());
            all.push_back(std::move(made));
        }
        return all;
    }
    std::optional<std::vector<std::string>> find(const std::vector<row>& rows, std::vector<type> types,
                                                 std::size_t depth) {
        if (depth + types.size() > most_columns) steps_ = 0;
        if (steps_ == 0 || --steps_ == 0) return std::nullopt;
        if (types.empty()) return rows.empty() ? std::optional(std::vector<std::string>()) : std::nullopt;
        const type first = types.front();
        types.erase(types.begin());
        const auto all = constructors_of(first);
        std::string untried = "_";
        for (const constructor& c : all) {
            const bool asked = std::any_of(rows.begin(), rows.end(), [&](const row& r) {
                const match_pattern& m = p_.patterns[r.front()];
                return m.is != what::anything && is_of(m, c);
            });
            if (!asked) {
                untried = shown(c, std::vector<std::string>(c.inside.size(), "_"));
                continue;
            }
            auto inner = c.inside;
            inner.insert(inner.end(), types.begin(), types.end());
            auto found = find(within(rows, c), std::move(inner), depth + 1);
            if (!found) continue;
            const auto end = found->begin() + static_cast<std::ptrdiff_t>(c.inside.size());
            std::vector<std::string> made{shown(c, {found->begin(), end})};
            made.insert(made.end(), end, found->end());
            return made;
        }
        if (!all.empty() && untried == "_") return std::nullopt;  // all were tried
        // For values that no pattern names, only the patterns that fit everything count.
        std::vector<row> others;
        for (const row& r : rows)
            if (p_.patterns[r.front()].is == what::anything) others.emplace_back(r.begin() + 1, r.end());
        auto found = find(others, std::move(types), depth + 1);
        if (found) found->insert(found->begin(), untried);
        return found;
    }
    static std::string shown(const constructor& c, const std::vector<std::string>& inside) {
        std::string text = c.name;
        if (inside.empty()) return text;
        for (std::size_t i = 0; i < inside.size(); ++i) text += (i == 0 ? "(" : ", ") + inside[i];
        return text + ')';
    }

    const program& p_;
    static constexpr std::size_t most_columns = 2500;  // that are looked at one inside of the other
    unsigned steps_ = 20'000;
};

}  // namespace vitte::language::detail
