/// What is missing or does not go together among the needs of a module, named by the way to it: what a person looks for
/// first when nothing could be resolved.
#pragma once

#include <unordered_map>
#include <vitte/loader/dependencies/catalog.hpp>

namespace vitte::loader::detail {

/// Looks at the newest version that each need has: what it says is right, but it does not try all that the resolver has
/// tried, so that it may say nothing.
class dependency_problems {
public:
    /// `counts(dependency)` tells which needs must be met; `apart(name)` whether versions that are not compatible may
    /// be beside each other.
    template <class Counts, class Apart>
    dependency_problems(const module_catalog& catalog, const known_module& root, Counts counts, Apart apart)
        : catalog_(catalog) {
        places_.push_back({&root, none, nullptr});
        for (std::size_t i = 0; i < places_.size() && lines_.size() < most; ++i)
            for (const dependency& need : places_[i].module->needs)
                if (left_ != 0 && counts(need)) follow(root, i, need);
        for (const auto& [name, demands] : demands_)
            if (lines_.size() < most) compare(name, demands, apart(name));
    }
    const std::vector<std::string>& lines() const noexcept { return lines_; }

private:
    static constexpr std::size_t none = SIZE_MAX, most = 16, most_demands = 64;

    /// A module that was reached, by which need of what other.
    struct place {
        const known_module* module;
        std::size_t from;
        const dependency* by;
    };
    struct demand {
        std::size_t from;
        const dependency* by;
    };

    void follow(const known_module& root, std::size_t from, const dependency& need) {
        auto& demands = demands_[need.name];
        const auto same = [&](const demand& d) { return d.by->range == need.range; };
        if (std::any_of(demands.begin(), demands.end(), same)) return;
        if (demands.size() < most_demands) demands.push_back({from, &need});
        const auto range = semver::read_range(need.range, manifest_ranges);
        if (!range) return;
        left_ -= std::min(left_, catalog_.all(need.name).size());
        const bool is_root = need.name == root.who.name;
        const known_module* newest = is_root && range->contains(root.version()) ? &root : nullptr;
        if (!is_root)
            for (const known_module_pointer& one : catalog_.all(need.name))
                if (range->contains(one->version())) newest = one.get();
        if (newest == nullptr) return missing(root, from, need);
        if (seen_.emplace(newest, places_.size()).second && !is_root) places_.push_back({newest, from, &need});
    }

    void missing(const known_module& root, std::size_t from, const dependency& need) {
        std::string line = way_to(from, need) + ": ";
        const auto known = catalog_.all(need.name);
        if (need.name == root.who.name) {
            line += "it is " + root.who.version;
        } else if (known.empty()) {
            line += "no module of this name is there";
        } else {
            line += "no version of it is in the range, only ";
            for (std::size_t i = known.size(), told = 0; i-- != 0; ++told) {
                if (told == 8) {
                    line += " and " + std::to_string(i + 1) + " more";
                    break;
                }
                line += (told == 0 ? "" : ", ") + known[i]->who.version;
            }
        }
        lines_.push_back(std::move(line));
    }

    /// Demands of which no two have a version, or versions that may be beside each other.
    void compare(const std::string& name, const std::vector<demand>& demands, bool apart) {
        const auto known = catalog_.all(name);
        std::vector<std::vector<bool>> has;
        std::vector<std::string> only_class;  // empty: of several classes, or of none
        for (const demand& d : demands) {
            const auto range = semver::read_range(d.by->range, manifest_ranges);
            auto& of = has.emplace_back(known.size());
            std::set<std::string> classes;
            for (std::size_t i = 0; i < known.size(); ++i)
                if (range && range->contains(known[i]->version()))
                    of[i] = true, classes.insert(resolve::class_of(known[i]->version()));
            only_class.push_back(classes.size() == 1 ? *classes.begin() : std::string());
            if (classes.empty()) has.back().assign(known.size(), true);  // which is told as missing
        }
        for (std::size_t a = 0; a < demands.size(); ++a)
            for (std::size_t b = a + 1; b < demands.size(); ++b) {
                if (apart && (only_class[a].empty() || only_class[a] != only_class[b])) continue;
                bool both = known.empty();
                for (std::size_t i = 0; i < known.size(); ++i) both = both || (has[a][i] && has[b][i]);
                if (both) continue;
                lines_.push_back(way_to(demands[a].from, *demands[a].by) + " and " +
                                 way_to(demands[b].from, *demands[b].by) + ": no version is in both ranges");
                return;
            }
    }

    /// "app 1.0.0 → b 2.1.0 → c ^3".
    std::string way_to(std::size_t from, const dependency& need) const {
        std::vector<const known_module*> way;
        for (std::size_t at = from; at != none; at = places_[at].from) way.push_back(places_[at].module);
        std::string text;
        for (std::size_t i = way.size(); i-- != 0;) {
            if (way.size() > 20 && i == way.size() - 11) {
                text += "... → ";
                i = 9;
            }
            text += way[i]->title() + " → ";
        }
        text += need.name + " ";
        append_printable(text, need.range);
        return text;
    }

    const module_catalog& catalog_;
    std::size_t left_ = 10'000'000;  ///< versions that are still looked at
    std::vector<place> places_;
    std::unordered_map<const known_module*, std::size_t> seen_;
    std::map<std::string, std::vector<demand>, std::less<>> demands_;
    std::vector<std::string> lines_;
};

}  // namespace vitte::loader::detail
