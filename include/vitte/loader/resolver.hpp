/// Which versions of all that a module needs go together: PubGrub over whatever knows packages, such as folders, stores
/// and what is loaded. Deterministic: the same answers of the provider make the same choice.
#pragma once

#include <algorithm>
#include <concepts>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vitte/core/glob.hpp>
#include <vitte/core/semver.hpp>
#include <vitte/loader/resolve/explanation.hpp>
#include <vitte/loader/resolve/solver.hpp>

namespace vitte::loader {

/// What a version of a package needs of another one.
struct requirement {
    std::string_view package;
    std::string_view range;        ///< in the language of the options
    bool optional = false;         ///< it need not be there, but if it is, then a version in the range
    std::string_view target = {};  ///< a pattern of targets that it holds for, see `glob_match`; empty for all
};

/// One version of one package.
struct package_version {
    std::string package, version;
    friend bool operator==(const package_version&, const package_version&) = default;
};

/// What is resolved: a module, and what it needs.
struct resolve_root {
    std::string_view name;
    semver::version version = {};
    std::span<const requirement> needs = {};
};

struct resolve_options {
    semver::dialect language = semver::dialect::cargo;
    std::string_view target = {};                  ///< such as "x86_64-linux-musl"
    bool with_optional = false;                    ///< optional requirements are as the others
    std::span<const package_version> locked = {};  ///< preferred where they are possible, instead of the newest
    /// Versions that are decided for, also in vain, before it gives up: hostile packages can keep a resolver busy for
    /// ever.
    std::size_t most_decisions = 1'000'000;
};

/// Why nothing was found.
struct resolve_error {
    errc code =
        errc::not_found;      ///< that nothing goes together; or what the provider said; or `malformed`, for a range;
                              ///< or `too_large`, after too many decisions
    std::string explanation;  ///< sentences, a line each
};

/// What knows packages. Text that it gives is used until the resolver returns; versions may come in any order, twice or
/// not at all, and without build metadata. It may also have `side_by_side(name)`: whether versions of that package that
/// are not compatible, as the caret of ranges has it, may be there together.
template <class T>
concept package_provider = requires(T& provider, std::string_view name, const semver::version& of) {
    {
        provider.versions(name, [](const semver::version&) {})
    } -> std::same_as<result<void>>;
    {
        provider.dependencies(name, of, [](const requirement&) {})
    } -> std::same_as<result<void>>;
};

namespace resolve {

/// Versions of one class are compatible, as the caret of ranges has it: "1", "0.1" or "0.0.1".
inline std::string class_of(const semver::version& v) {
    std::string made = std::to_string(v.major);
    if (v.major == 0) made += "." + std::to_string(v.minor);
    if (v.major == 0 && v.minor == 0) made += "." + std::to_string(v.patch);
    return made;
}

/// From a provider's answers to the solver's facts.
template <package_provider Provider>
class resolver {
public:
    resolver(Provider& provider, const resolve_root& root, const resolve_options& options)
        : provider_(provider), root_(root), options_(options) {}

    result<std::vector<package_version>, resolve_error> run() {
        package made;
        made.is = package::kind::root;
        made.name = root_.name;
        made.versions.push_back(root_.version);
        add_package(std::move(made));
        by_name_.emplace(root_.name, family{{0}});
        solver_.begin();
        std::size_t decisions = 0;
        for (std::uint32_t next = 0;;) {
            if (const auto failure = solver_.propagate(next))
                return unexpected(
                    resolve_error{errc::not_found, explanation(solver_.packages, solver_.facts).of(*failure)});
            next = solver_.undecided();
            if (next == no_index) return chosen();
            if (decisions++ == options_.most_decisions)
                return failed(errc::too_large, "nothing was found by " + std::to_string(decisions - 1) + " decisions");
            VITTE_CHECK(learn_about(next, solver_.decide(next)));
        }
    }

private:
    /// A package by its name: one, or one for each class of versions that are compatible.
    struct family {
        std::vector<std::uint32_t> packages;
    };
    /// What a range means.
    struct target {
        std::uint32_t package;
        choice_set choices;
        std::string_view range;
    };
    /// What a version of a package needs; the text is the provider's.
    struct need {
        std::string_view package, range;
        bool optional;
        std::size_t member;
        bool known = false;
        /// Of both texts' ends, where most differ: large packages have many needs, and few of them are the same.
        std::uint32_t mark = 31 * end_of(package) + end_of(range);

        bool is_as(const need& other) const noexcept {
            return mark == other.mark && range == other.range && package == other.package && optional == other.optional;
        }
        static std::uint32_t end_of(std::string_view text) noexcept {
            std::uint32_t made = 0;
            const std::size_t n = std::min(text.size(), sizeof made);
            if (n != 0) __builtin_memcpy(&made, text.data() + (text.size() - n), n);
            return made;
        }
    };
    /// Needs of some versions of a package that are the same, and become one fact.
    struct group {
        std::size_t first;  ///< of these needs
        choice_set versions;
    };
    /// A range of a package's versions.
    struct wanted {
        std::string_view package, range;
        friend bool operator==(const wanted&, const wanted&) = default;
    };
    struct hash_of_wanted {
        std::size_t operator()(const wanted& of) const noexcept {
            const std::hash<std::string_view> hash;
            return 31 * hash(of.package) + hash(of.range);
        }
    };

    static unexpected<resolve_error> failed(errc code, std::string explanation) {
        return unexpected(resolve_error{code, std::move(explanation)});
    }
    static std::string printable(std::string_view text) {
        std::string made;
        append_printable(made, text);
        return made;
    }

    std::uint32_t add_package(package&& made) {
        for (const package_version& locked : options_.locked) {
            if (locked.package != made.name || made.is == package::kind::choice) continue;
            const auto v = semver::version::parse(locked.version);
            for (std::size_t i = 0; v && i < made.versions.size(); ++i)
                if (made.versions[i] == *v) made.locked = i + 1;
        }
        solver_.packages.push_back(std::move(made));
        needs_.emplace_back();
        return static_cast<std::uint32_t>(solver_.packages.size() - 1);
    }

    result<const family*, resolve_error> family_of(std::string_view name) {
        if (const auto known = by_name_.find(name); known != by_name_.end()) return &known->second;
        std::vector<semver::version> versions;
        const auto done = provider_.versions(name, [&](const semver::version& v) { versions.push_back(v); });
        if (!done)
            return failed(done.error().code,
                          "versions of " + printable(name) + ": " + std::string(done.error().message()));
        std::stable_sort(versions.begin(), versions.end());
        versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
        bool apart = false;
        if constexpr (requires {
                          { provider_.side_by_side(name) } -> std::same_as<bool>;
                      })
            apart = provider_.side_by_side(name);
        family made;
        package one;
        one.name = name;
        const auto add = [&] {
            made.packages.push_back(add_package(std::move(one)));
            one = package();
            one.name = name;
        };
        for (const semver::version& v : versions) {
            if (apart && !one.versions.empty() && class_of(v) != one.label) add();
            if (apart) one.is = package::kind::of_class, one.label = class_of(v);
            one.versions.push_back(v);
        }
        add();
        return &by_name_.emplace(name, std::move(made)).first->second;
    }

    result<const target*, resolve_error> target_of(std::string_view name, std::string_view range) {
        const wanted key{name, range};
        if (const auto known = targets_.find(key); known != targets_.end()) return &known->second;
        const auto set = semver::read_range(range, options_.language);
        if (!set)
            return failed(set.error().code, "'" + printable(range) + "' is no range of versions of " + printable(name));
        VITTE_TRY(const family* const all, family_of(name));
        std::vector<target> found;
        for (const std::uint32_t index : all->packages) {
            const package& p = solver_.packages[index];
            choice_set choices(p.members(), false);
            for (std::size_t i = 0; i < p.versions.size(); ++i)
                if (set->contains(p.versions[i])) choices.add(i + 1);
            if (!choices.is_empty()) found.push_back({index, std::move(choices), range});
        }
        if (found.empty()) {
            const std::uint32_t first = all->packages.front();
            found.push_back({first, choice_set(solver_.packages[first].members(), false), range});
        } else if (found.size() > 1) {
            found = {choice_between(name, range, found)};
        }
        return &targets_.emplace(key, std::move(found.front())).first->second;
    }

    /// A package whose versions are the classes that a range has versions of.
    target choice_between(std::string_view name, std::string_view range, std::vector<target>& classes) {
        package made;
        made.is = package::kind::choice;
        made.name = name;
        made.label = range;
        for (target& one : classes) {
            made.classes.push_back(one.package);
            made.in_class.push_back(std::move(one.choices));
        }
        for (std::size_t i = 0; i < made.classes.size(); ++i)
            if (const package& p = solver_.packages[made.classes[i]]; p.locked != 0 && made.in_class[i].has(p.locked))
                made.locked = i + 1;
        choice_set every(made.members(), true);
        choice_set none(made.members(), false);
        none.add(choice_set::nothing);
        const std::uint32_t index = add_package(std::move(made));
        return {index, every & ~none, range};
    }

    /// What a member that was decided for needs.
    result<void, resolve_error> learn_about(std::uint32_t index, std::size_t member) {
        if (solver_.packages[index].is == package::kind::choice) {
            const package& p = solver_.packages[index];
            choice_set only(p.members(), false);
            only.add(member);
            const std::uint32_t of = p.classes[member - 1];
            add_dependency(index, only, {of, p.in_class[member - 1], keep(p.label)}, false);
            return {};
        }
        if (!needs_[index]) {
            VITTE_CHECK(ask_for_needs(index));
        }
        for (const group& now : groups_of(index, member)) {
            const need one = (*needs_[index])[now.first];  // looking for what is needed may add packages
            VITTE_TRY(const target* const needed, target_of(one.package, one.range));
            add_dependency(index, now.versions, *needed, one.optional);
        }
        return {};
    }

    /// What a member needs that is not known yet, in the order in which versions came to need it.
    std::vector<group> groups_of(std::uint32_t index, std::size_t member) {
        std::vector<group> made;
        std::vector<need>& all = *needs_[index];
        for (const need& one : all) {
            if (one.known || one.member != member) continue;
            group now{all.size(), choice_set(solver_.packages[index].members(), false)};
            for (std::size_t i = all.size(); i-- > 0;) {
                if (!all[i].is_as(one)) continue;
                now.versions.add(all[i].member);
                all[i].known = true;
                now.first = i;
            }
            made.push_back(std::move(now));
        }
        std::sort(made.begin(), made.end(), [](const group& a, const group& b) { return a.first < b.first; });
        return made;
    }

    /// The needs of all versions of a package, one version after the other.
    result<void, resolve_error> ask_for_needs(std::uint32_t index) {
        std::vector<need> all;
        for (std::size_t i = 0; i < solver_.packages[index].versions.size(); ++i) {
            const auto take = [&](const requirement& one) {
                if (!one.target.empty() && !glob_match(one.target, options_.target)) return;
                all.push_back({one.package, one.range, one.optional && !options_.with_optional, i + 1});
            };
            if (index == 0) {
                for (const requirement& one : root_.needs) take(one);
                continue;
            }
            const package& p = solver_.packages[index];
            if (const auto done = provider_.dependencies(p.name, p.versions[i], take); !done) {
                std::string of = printable(p.name) + " ";
                p.versions[i].append_to(of);
                return failed(done.error().code, "needs of " + of + ": " + std::string(done.error().message()));
            }
        }
        needs_[index] = std::move(all);
        return {};
    }
    std::string_view keep(std::string_view text) { return *texts_.emplace(text).first; }

    void add_dependency(std::uint32_t from, const choice_set& versions, const target& needed, bool optional) {
        const bool is_class = solver_.packages[needed.package].is == package::kind::of_class;
        if (optional && is_class && needed.choices.is_empty()) return;  // other classes are other packages
        choice_set may_be = needed.choices;
        if (optional) may_be.add(choice_set::nothing);
        const term who{from, versions};
        const term others{needed.package, ~may_be, optional ? std::string_view() : needed.range};
        fact made{optional ? fact::kind::optional_dependency : fact::kind::dependency,
                  {who},
                  {needed.package, needed.choices, needed.range}};
        if (needed.choices.is_empty() && !optional) {
            // Two facts, so that the explanation has both.
            const std::uint32_t why = solver_.add(std::move(made));
            const std::uint32_t none =
                solver_.add({fact::kind::no_version, {}, {needed.package, needed.choices, needed.range}});
            fact both{fact::kind::derived, {who}};
            both.causes[0] = none;
            both.causes[1] = why;
            solver_.add(std::move(both));
            return;
        }
        if (needed.package == from)
            made.terms[0].choices = versions & others.choices;
        else
            made.terms.push_back(others);
        if (!made.terms[0].choices.is_empty()) solver_.add(std::move(made));
    }

    std::vector<package_version> chosen() const {
        std::vector<package_version> all;
        for (std::uint32_t i = 1; i < solver_.packages.size(); ++i) {
            const package& p = solver_.packages[i];
            const std::size_t member = solver_.decision(i);
            if (member == choice_set::nothing || p.is == package::kind::choice) continue;
            all.push_back({p.name, {}});
            p.versions[member - 1].append_to(all.back().version);
        }
        std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.package < b.package; });
        return all;
    }

    Provider& provider_;
    const resolve_root& root_;
    const resolve_options& options_;
    solver solver_;
    std::vector<std::optional<std::vector<need>>> needs_;  ///< of each package, once it was asked for
    std::unordered_map<std::string_view, family> by_name_;
    std::unordered_map<wanted, target, hash_of_wanted> targets_;
    std::set<std::string, std::less<>> texts_;
};

}  // namespace resolve

/// The versions of all that `root` needs, directly or not, by name, without the root: one of each package, or one of
/// each class where versions may be side by side. The newest that go together, each package that is decided earlier
/// before those that are decided later; packages with the fewest versions to choose from are decided first. A package
/// that needs itself, or is in a cycle, is no obstacle.
template <package_provider Provider>
result<std::vector<package_version>, resolve_error> resolve_versions(Provider& provider, const resolve_root& root,
                                                                     const resolve_options& options = {}) {
    return resolve::resolver<Provider>(provider, root, options).run();
}

}  // namespace vitte::loader
