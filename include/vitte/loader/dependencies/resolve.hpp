/// From a module, and what is known, to the graph of what is loaded with it.
#pragma once

#include <vitte/loader/dependencies/lock_file.hpp>
#include <vitte/loader/dependencies/problems.hpp>

namespace vitte::loader {

/// What becomes of needs that are optional.
enum class optional_needs : unsigned char {
    if_possible,  ///< met if a version is known, and if all such go together; else none is
    never,        ///< only met by what others need anyway
    always,       ///< as if they were not optional
};

struct dependency_options {
    std::string_view target = {};  ///< such as "x86_64-linux-gnu"; needs for other targets are left out
    optional_needs optional = optional_needs::if_possible;
    const lock_file* lock = nullptr;  ///< its versions are preferred, then what is loaded, then the newest
    /// Whether versions that are not compatible may be loaded beside each other, by the module's name. Null: any may.
    /// Who needs a module gets the version that its own need has.
    std::function<bool(std::string_view)> side_by_side = nullptr;
    std::size_t most_decisions = resolve_options().most_decisions;  ///< see there
};

namespace detail {

/// A catalog as the resolver sees it with these options.
class resolved_catalog {
public:
    resolved_catalog(const module_catalog& catalog, const dependency_options& options, optional_needs optional)
        : catalog_(catalog), options_(options), optional_(optional) {}

    template <class Add>
    result<void> versions(std::string_view name, Add add) const {
        return catalog_.versions(name, add);
    }
    template <class Add>
    result<void> dependencies(std::string_view name, const semver::version& of, Add add) const {
        if (const auto found = catalog_.find(name, of))
            for (const dependency& one : found->needs) add(as_requirement(one));
        return {};
    }
    bool side_by_side(std::string_view name) const { return !options_.side_by_side || options_.side_by_side(name); }

    bool must_be_met(const dependency& need) const {
        if (!need.optional || optional_ == optional_needs::always) return true;
        if (optional_ == optional_needs::never) return false;
        const auto range = semver::read_range(need.range, manifest_ranges);
        const auto known = catalog_.all(need.name);
        return range && std::any_of(known.begin(), known.end(),
                                    [&](const auto& one) { return range->contains(one->version()); });
    }
    bool is_for_target(const dependency& need) const {
        return need.target.empty() || glob_match(need.target, options_.target);
    }
    requirement as_requirement(const dependency& need) const {
        return {need.name, need.range, !must_be_met(need), need.target};
    }

private:
    const module_catalog& catalog_;
    const dependency_options& options_;
    const optional_needs optional_;
};

/// Joins what was chosen by who needs what.
inline module_graph graph_of(const module_catalog& catalog, const known_module& root,
                             std::span<const package_version> chosen, const resolved_catalog& seen) {
    module_graph made;
    std::map<std::string_view, std::vector<std::size_t>> by_name;  // the oldest version first
    const auto add = [&](known_module_pointer what) {
        by_name[what->who.name].push_back(made.nodes.size());
        made.nodes.push_back({std::move(what)});
    };
    add(std::make_shared<const known_module>(root));
    for (const package_version& one : chosen)
        add(catalog.find(one.package, semver::version::parse(one.version).value_or(semver::version())));
    for (module_graph::node& from : made.nodes)
        for (std::size_t i = 0; i < from.what->needs.size(); ++i) {
            const dependency& need = from.what->needs[i];
            const auto range = semver::read_range(need.range, manifest_ranges);
            const auto named = by_name.find(need.name);
            if (!range || named == by_name.end() || !seen.is_for_target(need)) continue;
            for (auto at = named->second.rbegin(); at != named->second.rend(); ++at)
                if (range->contains(made.nodes[*at].what->version())) {
                    from.needs.push_back({*at, i});
                    break;
                }
        }
    return made.reachable();
}

}  // namespace detail

/// Chooses versions for all that `root` needs, directly or not, lazy needs included, from what `catalog` knows. `root`
/// may be in the catalog or not; nothing else has its name. The same catalog, root and options make the same graph.
/// Fails with the resolver's sentences and, in lines of their own, what is missing or does not go together, by the way
/// to it: "app 1.0.0 → b 2.1.0 → c ^3: no module of this name is there".
inline result<module_graph, resolve_error> resolve_modules(const module_catalog& catalog, const known_module& root,
                                                           const dependency_options& options = {}) {
    std::vector<package_version> preferred;  // the last one of a name counts
    catalog.for_each([&](const known_module& one) {
        if (one.loaded) preferred.push_back({one.who.name, one.who.version});
    });
    if (options.lock != nullptr)
        preferred.insert(preferred.end(), options.lock->modules.begin(), options.lock->modules.end());
    const auto attempt = [&](optional_needs optional) -> result<module_graph, resolve_error> {
        const detail::resolved_catalog seen(catalog, options, optional);
        std::vector<requirement> needs;
        for (const dependency& one : root.needs) needs.push_back(seen.as_requirement(one));
        resolve_options how;
        how.language = manifest_ranges;
        how.target = options.target;
        how.locked = preferred;
        how.most_decisions = options.most_decisions;
        auto chosen = resolve_versions(seen, {root.who.name, root.version(), needs}, how);
        if (chosen) return detail::graph_of(catalog, root, *chosen, seen);
        const auto counts = [&](const dependency& one) { return seen.is_for_target(one) && seen.must_be_met(one); };
        const detail::dependency_problems problems(catalog, root, counts,
                                                   [&](std::string_view name) { return seen.side_by_side(name); });
        for (const std::string& line : problems.lines()) chosen.error().explanation += "\n" + line;
        std::size_t left = 16;
        for (const std::string& line : catalog.unusable()) {
            if (left-- == 0) break;
            chosen.error().explanation += "\nnot usable: ";
            append_printable(chosen.error().explanation, line);
        }
        return unexpected(std::move(chosen).error());
    };
    if (options.optional == optional_needs::if_possible)
        if (auto made = attempt(optional_needs::if_possible)) return made;
    return attempt(options.optional == optional_needs::always ? optional_needs::always : optional_needs::never);
}

}  // namespace vitte::loader
