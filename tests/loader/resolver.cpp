// Versions that go together: against all that is possible, with reasons where nothing is, and among many packages.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>
#include <vitte/core/xoshiro.hpp>
#include <vitte/loader/resolver.hpp>

#include "../support/made_registry.hpp"
#include "../support/stride.hpp"

namespace {
using namespace vitte;
using loader::package_version;
using loader::requirement;

std::vector<made_registry::need> needs_in(std::string text) {
    std::vector<made_registry::need> made;
    std::istringstream in(text);
    for (std::string one; std::getline(in, one, ',');) {
        std::istringstream words(one);
        made_registry::need need;
        words >> need.package;
        std::getline(words >> std::ws, need.range);
        if (need.package.ends_with('?')) need.optional = true, need.package.pop_back();
        if (const auto at = need.package.find('@'); at != std::string::npos) {
            need.target = need.package.substr(at + 1);
            need.package.resize(at);
        }
        made.push_back(need);
    }
    return made;
}

/// Packages of lines such as "menu 1.0.0: dropdown ^2, icons? 1.x"; "icons@*-linux ^1" is only for such targets.
made_registry registry_of(const std::string& text) {
    made_registry made;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string package, version, rest;
        words >> package >> version;
        if (package.empty()) continue;
        std::getline(words, rest);
        if (version.ends_with(':')) version.pop_back();
        made.add(package, version, needs_in(rest));
    }
    return made;
}

std::string resolved(const made_registry& registry, const std::string& wanted, loader::resolve_options options = {}) {
    options.language = semver::dialect::npm;
    const auto kept = needs_in(wanted);
    std::vector<requirement> needs;
    for (const auto& n : kept) needs.push_back({n.package, n.range, n.optional, n.target});
    const auto made = loader::resolve_versions(registry, {"root", {}, needs}, options);
    if (!made) return made.error().explanation;
    std::string text;
    for (const package_version& one : *made) text += (text.empty() ? "" : ", ") + one.package + " " + one.version;
    return text;
}
std::string resolved(const std::string& registry, const std::string& wanted, loader::resolve_options options = {}) {
    return resolved(registry_of(registry), wanted, options);
}

/// What may be chosen: of each package, or of each of its classes, one version or none.
class possibilities {
public:
    possibilities(const made_registry& registry, const std::vector<made_registry::need>& root)
        : registry_(registry), root_(root) {
        for (const auto& [name, releases] : registry.packages()) {
            std::map<std::string, std::vector<std::string>> classes;
            for (const auto& one : releases)
                classes[registry.apart ? class_of(one.version) : ""].push_back(one.version);
            for (auto& [label, alike] : classes) slots_.push_back({name, std::move(alike)});
        }
    }
    bool any() {
        chosen_.assign(slots_.size(), 0);
        for (;;) {
            if (all_hold(versions_now())) return true;
            std::size_t i = 0;
            while (i < slots_.size() && ++chosen_[i] > slots_[i].versions.size()) chosen_[i++] = 0;
            if (i == slots_.size()) return false;
        }
    }
    /// Whether all needs of what was chosen are met, and nothing is there that nobody needs.
    bool is_valid(const std::vector<package_version>& chosen) const {
        std::vector<std::pair<std::string, std::string>> all;
        std::set<std::pair<std::string, std::string>> slots;
        for (const auto& one : chosen) {
            all.emplace_back(one.package, one.version);
            if (!slots.emplace(one.package, registry_.apart ? class_of(one.version) : "").second) return false;
        }
        if (!all_hold(all)) return false;
        std::set<std::pair<std::string, std::string>> reached;
        std::vector<made_registry::need> left = root_;
        while (!left.empty()) {
            const auto need = left.back();
            left.pop_back();
            for (const auto& one : all)
                if (!need.optional && one.first == need.package && contains(need.range, one.second) &&
                    reached.insert(one).second)
                    for (const auto& more : needs_of(one)) left.push_back(more);
        }
        return reached.size() == all.size();
    }

private:
    using versions = std::vector<std::pair<std::string, std::string>>;
    struct slot {
        std::string name;
        std::vector<std::string> versions;
    };
    static std::string class_of(const std::string& version) {
        return version.substr(0, version.starts_with("0.") ? version.rfind('.') : version.find('.'));
    }
    static bool contains(const std::string& range, const std::string& version) {
        static std::map<std::pair<std::string, std::string>, bool> known;
        const auto [at, is_new] = known.try_emplace({range, version});
        if (is_new)
            at->second = semver::read_range(range, semver::dialect::npm)->contains(*semver::version::parse(version));
        return at->second;
    }
    const std::vector<made_registry::need>& needs_of(const std::pair<std::string, std::string>& of) const {
        for (const auto& one : registry_.packages().find(of.first)->second)
            if (one.version == of.second) return one.needs;
        return root_;
    }
    versions versions_now() const {
        versions all;
        for (std::size_t i = 0; i < slots_.size(); ++i)
            if (chosen_[i] != 0) all.emplace_back(slots_[i].name, slots_[i].versions[chosen_[i] - 1]);
        return all;
    }
    bool all_hold(const versions& all) const {
        const auto holds = [&](const made_registry::need& need) {
            bool met = false, there = false;
            std::set<std::string> classes;  // that the range has something of
            for (const slot& s : slots_)
                for (const std::string& v : s.versions)
                    if (need.optional && s.name == need.package && contains(need.range, v))
                        classes.insert(registry_.apart ? class_of(v) : "");
            for (const auto& [name, version] : all) {
                if (name != need.package) continue;
                met = met || contains(need.range, version);
                there = there || !registry_.apart || (classes.size() == 1 && classes.contains(class_of(version)));
            }
            return met || (need.optional && !there);
        };
        if (!std::all_of(root_.begin(), root_.end(), holds)) return false;
        for (const auto& one : all)
            if (const auto& needs = needs_of(one); !std::all_of(needs.begin(), needs.end(), holds)) return false;
        return true;
    }

    const made_registry& registry_;
    const std::vector<made_registry::need>& root_;
    std::vector<slot> slots_;
    std::vector<std::size_t> chosen_;
};

/// Has a, b and c, and cannot tell what is asked next.
struct broken_provider {
    result<void> versions(std::string_view name, auto add) const {
        if (name == "b") return fail(errc::io_error, "read folder");
        add(semver::version{1, 0, 0});
        return {};
    }
    result<void> dependencies(std::string_view name, const semver::version&, auto add) const {
        if (name == "c") return fail(errc::malformed, "read manifest");
        add({name == "a" ? "b" : "c", "^1"});
        return {};
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(resolver)

BOOST_AUTO_TEST_CASE(the_newest_that_go_together) {
    const std::string registry = "a 1.0.0\na 1.1.0: b ^2\na 2.0.0: b ^1\nb 1.0.0\nb 2.0.0\nb 2.1.0-rc\n";
    BOOST_TEST(resolved(registry, "") == "");
    BOOST_TEST(resolved(registry, "a *") == "a 2.0.0, b 1.0.0");
    BOOST_TEST(resolved(registry, "a *, b >=2") == "a 1.1.0, b 2.0.0");
    BOOST_TEST(resolved(registry, "a *, b >=2.1.0-a") == "a 1.0.0, b 2.1.0-rc");
    BOOST_TEST(resolved(registry, "a <1.1") == "a 1.0.0");
}

BOOST_AUTO_TEST_CASE(what_is_locked_stays_where_it_can) {
    const std::string registry = "a 1.0.0: b *\na 1.1.0: b *\nb 1.0.0\nb 1.1.0\n";
    const package_version locked[] = {{"a", "1.0.0"}, {"b", "1.0.0"}, {"c", "no version"}};
    BOOST_TEST(resolved(registry, "a *", {.locked = locked}) == "a 1.0.0, b 1.0.0");
    BOOST_TEST(resolved(registry, "a ^1.1", {.locked = locked}) == "a 1.1.0, b 1.0.0");
}

BOOST_AUTO_TEST_CASE(optional_needs_only_restrict) {
    const std::string registry = "a 1.0.0: b? ^1\nb 1.0.0\nb 2.0.0\n";
    BOOST_TEST(resolved(registry, "a *") == "a 1.0.0");
    BOOST_TEST(resolved(registry, "a *, b *") == "a 1.0.0, b 1.0.0");
    BOOST_TEST(resolved(registry, "a *", {.with_optional = true}) == "a 1.0.0, b 1.0.0");
    BOOST_TEST(resolved(registry, "a *, b ^2") ==
               "Because every version of a goes with nothing but b ^1 and root depends on a *, b 2.0.0 and root are "
               "incompatible.\nSo, because root depends on b ^2, version solving failed.");
}

BOOST_AUTO_TEST_CASE(needs_of_other_targets_do_not_count) {
    const std::string registry = "a 1.0.0: b@*-linux-* ^1, c@*-windows* *\nb 1.0.0\n";
    BOOST_TEST(resolved(registry, "a *", {.target = "x86_64-linux-gnu"}) == "a 1.0.0, b 1.0.0");
    BOOST_TEST(resolved(registry, "a *", {.target = "aarch64-none"}) == "a 1.0.0");
    BOOST_TEST(
        resolved(registry, "a *", {.target = "x86_64-windows-gnu"}).starts_with("Because there is no version of c"));
}

BOOST_AUTO_TEST_CASE(incompatible_versions_stand_side_by_side_where_they_may) {
    made_registry registry = registry_of(
        "a 1.0.0: c ^1\nb 1.0.0: c ^2\nd 1.0.0: c 1.x || 2.x\nc 1.0.0\nc 1.5.0\nc 2.0.0\nc 0.1.0\nc 0.2.0\ne 1.0.0: c "
        "0.1.x\nf 1.0.0: c 0.2.x\n");
    BOOST_TEST(resolved(registry, "a *, b *") != "a 1.0.0, b 1.0.0, c 1.5.0, c 2.0.0");
    registry.apart = true;
    BOOST_TEST(resolved(registry, "a *, b *") == "a 1.0.0, b 1.0.0, c 1.5.0, c 2.0.0");
    BOOST_TEST(resolved(registry, "e *, f *") == "c 0.1.0, c 0.2.0, e 1.0.0, f 1.0.0");
    BOOST_TEST(resolved(registry, "d *") == "c 2.0.0, d 1.0.0");
    const package_version locked[] = {{"c", "1.0.0"}};
    BOOST_TEST(resolved(registry, "d *", {.locked = locked}) == "c 1.0.0, d 1.0.0");
}

BOOST_AUTO_TEST_CASE(cycles_are_no_obstacle) {
    BOOST_TEST(resolved("a 1.0.0: b ^1\na 2.0.0: b ^2\nb 1.0.0: a ^1\nb 2.0.0: a ^1\n", "a *") == "a 1.0.0, b 1.0.0");
    BOOST_TEST(resolved("a 1.0.0: a ^1\na 2.0.0: a ^1\n", "a *") == "a 1.0.0");
    BOOST_TEST(resolved("a 1.0.0: root ^0\n", "a *") == "a 1.0.0");
    BOOST_TEST(resolved("a 1.0.0: root ^1\n", "a *").starts_with("Because no version of root is in ^1"));
}

BOOST_AUTO_TEST_CASE(twenty_conflicts) {
    struct conflict {
        const char *registry, *wanted, *why;
    };
    const conflict all[] = {
        {"", "a *", "Because there is no version of a and root depends on a *, version solving failed."},
        {"a 1.0.0\n", "a ^2", "Because no version of a is in ^2 and root depends on a ^2, version solving failed."},
        {"a 1.0.0\na 2.0.0\n", "a ^1, a ^2",
         "Because root depends on a ^2 and root depends on a ^1, version solving failed."},
        {"a 1.0.0: b ^1\nb 1.0.0\nb 2.0.0\n", "a *, b ^2",
         "Because every version of a depends on b ^1 and root depends on a *, root requires b ^1.\nSo, because root "
         "depends on b ^2, version solving failed."},
        {"a 1.0.0: c ^1\nb 1.0.0: c ^2\nc 1.0.0\nc 2.0.0\n", "a *, b *",
         "Because every version of a depends on c ^1 and every version of b depends on c ^2, every version of a and "
         "every version of b are incompatible.\nAnd because root depends on a *, every version of b and root are "
         "incompatible.\nSo, because root depends on b *, version solving failed."},
        {"a 1.0.0: b ^2\nb 1.0.0\n", "a ^1",
         "Because no version of b is in ^2 and every version of a depends on b ^2, every version of a is "
         "forbidden.\nSo, because root depends on a ^1, version solving failed."},
        {"a 1.0.0: b *\na 1.1.0: b *\n", "a *",
         "Because there is no version of b and every version of a depends on b *, every version of a is "
         "forbidden.\nSo, because root depends on a *, version solving failed."},
        {"a 1.0.0: b ^1\na 2.0.0: b ^2\nb 1.0.0: c ^1\nb 2.0.0: c ^2\nc 1.0.0\nc 2.0.0\nc 3.0.0\n", "a *, c ^3",
         "Because a 1.0.0 depends on b ^1 and b 1.0.0 depends on c ^1, a 1.0.0 requires c ^1.\nAnd because a 2.0.0 "
         "depends on b ^2, every version of a requires c ^1 or b ^2.\nAnd because b 2.0.0 depends on c ^2, every "
         "version of a requires c <3.0.0.\nAnd because root depends on a *, root requires c <3.0.0.\nSo, because root "
         "depends on c ^3, version solving failed."},
        {"a 1.0.0: b ^1\nb 1.0.0: a ^2\na 2.0.0: b ^2\nb 2.0.0: a ^1\n", "a *",
         "Because a 1.0.0 depends on b ^1 and b 1.0.0 depends on a ^2, a 1.0.0 is forbidden.\nAnd because root depends "
         "on a *, root requires a 2.0.0.\nBecause b 2.0.0 depends on a ^1 and a 2.0.0 depends on b ^2, a 2.0.0 is "
         "forbidden.\nThus, version solving failed."},
        {"menu 1.0.0: dropdown ^1\nmenu 1.1.0: dropdown ^2\nmenu 1.5.0: dropdown ^2\ndropdown 1.8.0: intl <4\ndropdown "
         "2.0.0: icons ^2\ndropdown 2.3.0: icons ^2\nicons 1.0.0\nicons 2.0.0\nintl 3.0.0\nintl 5.0.0\n",
         "menu *, icons ^1, intl ^5",
         "Because menu 1.0.0 depends on dropdown ^1 and dropdown 1.8.0 depends on intl <4, menu 1.0.0 requires intl "
         "<4.\nAnd because menu >=1.1.0 depends on dropdown ^2, every version of menu requires intl <4 or dropdown "
         "^2.\nAnd because dropdown >=2.0.0 depends on icons ^2, every version of menu requires intl <4 or icons "
         "^2.\nAnd because root depends on menu *, root requires intl <4 or icons ^2.\nAnd because root depends on "
         "icons ^1, root requires intl <4.\nSo, because root depends on intl ^5, version solving failed."},
        {"foo 1.0.0: bar ^2\nbar 2.0.0: baz ^3\nbaz 1.0.0\nbaz 3.0.0\n", "foo ^1, baz ^1",
         "Because every version of foo depends on bar ^2 and every version of bar depends on baz ^3, every version of "
         "foo requires baz ^3.\nAnd because root depends on foo ^1, root requires baz ^3.\nSo, because root depends on "
         "baz ^1, version solving failed."},
        {"foo 1.0.0: a ^1, b ^1\nfoo 1.1.0: x ^1, y ^1\na 1.0.0: b ^2\nb 1.0.0\nb 2.0.0\nx 1.0.0: y ^2\ny 1.0.0\ny "
         "2.0.0\n",
         "foo ^1",
         "Because every version of a depends on b ^2 and foo 1.0.0 depends on a ^1, foo 1.0.0 requires b ^2.\nAnd "
         "because foo 1.0.0 depends on b ^1, foo 1.0.0 is forbidden.\nAnd because root depends on foo ^1, root "
         "requires foo 1.1.0. (1)\nBecause every version of x depends on y ^2 and foo 1.1.0 depends on x ^1, foo 1.1.0 "
         "requires y ^2.\nAnd because foo 1.1.0 depends on y ^1, foo 1.1.0 is forbidden.\nSo, because root requires "
         "foo 1.1.0 (1), version solving failed."},
        {"foo 1.0.0: a ^1, b ^1\na 1.0.0: b ^2\nb 1.0.0\nb 2.0.0\n", "foo ^1",
         "Because every version of a depends on b ^2 and every version of foo depends on a ^1, every version of foo "
         "requires b ^2.\nAnd because every version of foo depends on b ^1, every version of foo is forbidden.\nSo, "
         "because root depends on foo ^1, version solving failed."},
        {"a 1.0.0: b? ^1\nb 1.0.0\nb 2.0.0\n", "a *, b ^2",
         "Because every version of a goes with nothing but b ^1 and root depends on a *, b 2.0.0 and root are "
         "incompatible.\nSo, because root depends on b ^2, version solving failed."},
        {"a 1.0.0: root ^1\n", "a *",
         "Because no version of root is in ^1 and every version of a depends on root ^1, every version of a is "
         "forbidden.\nSo, because root depends on a *, version solving failed."},
        {"a 1.0.0: a ^2\n", "a *",
         "Because no version of a is in ^2 and every version of a depends on a ^2, every version of a is "
         "forbidden.\nSo, because root depends on a *, version solving failed."},
        {"a 1.0.0: shared >=2 <3\nb 1.0.0: shared >=3\nb 1.1.0: shared >=3 <4\nshared 2.0.0\nshared 2.9.0\nshared "
         "3.0.0\nshared 3.6.0\n",
         "a *, b *",
         "Because b 1.0.0 depends on shared >=3 and b 1.1.0 depends on shared >=3 <4, every version of b requires "
         "shared >=3.\nAnd because every version of a depends on shared >=2 <3, every version of a and every version "
         "of b are incompatible.\nAnd because root depends on a *, every version of b and root are incompatible.\nSo, "
         "because root depends on b *, version solving failed."},
        {"a 1.0.0-beta\na 0.9.0\n", "a ^1",
         "Because no version of a is in ^1 and root depends on a ^1, version solving failed."},
        {"a 1.0.0: b ^1\nb 1.0.0: c ^1\nc 1.0.0: d ^1\nd 1.0.0: e ^1\ne 2.0.0\n", "a *",
         "Because root depends on a * and every version of a depends on b ^1, root requires b ^1.\nAnd because every "
         "version of b depends on c ^1, root requires c ^1.\nAnd because every version of c depends on d ^1, root "
         "requires d ^1.\nBecause no version of e is in ^1 and every version of d depends on e ^1, every version of d "
         "is forbidden.\nThus, version solving failed."},
        {"a 1.0.0: b *\na 2.0.0: c *\nb 1.0.0: d ^1\nc 1.0.0: d ^2\nd 1.0.0: e ^1\nd 2.0.0: e ^1\ne 1.0.0\ne 2.0.0\n",
         "a *, e ^2",
         "Because a 1.0.0 depends on b * and every version of b depends on d ^1, a 1.0.0 requires d ^1.\nAnd because a "
         "2.0.0 depends on c *, every version of a requires d ^1 or c *.\nAnd because every version of c depends on d "
         "^2, every version of a requires d.\nAnd because every version of d depends on e ^1, every version of a "
         "requires e ^1.\nAnd because root depends on a *, root requires e ^1.\nSo, because root depends on e ^2, "
         "version solving failed."},
        {"x 1.0.0: y ^1, z ^1\nx 2.0.0: y ^2, z ^1\ny 1.0.0: z ^2\ny 2.0.0: z ^2\nz 1.0.0\nz 2.0.0\n", "x *",
         "Because x 1.0.0 depends on y ^1 and x 2.0.0 depends on y ^2, every version of x requires y.\nBecause every "
         "version of y depends on z ^2 and every version of x depends on z ^1, every version of y and every version of "
         "x are incompatible.\nThus, every version of x is forbidden.\nSo, because root depends on x *, version "
         "solving failed."},
    };
    for (const conflict& one : all) BOOST_TEST(resolved(one.registry, one.wanted) == one.why);
}

BOOST_AUTO_TEST_CASE(what_the_provider_says_is_told) {
    broken_provider provider;
    const auto why = [&](const char* package, const char* range) {
        const requirement needs[] = {{package, range}};
        const auto made = loader::resolve_versions(provider, {"root", {}, needs});
        return made ? "resolved" : std::to_string(static_cast<int>(made.error().code)) + " " + made.error().explanation;
    };
    const auto code = [](errc c) { return std::to_string(static_cast<int>(c)); };
    BOOST_TEST(why("a", "1") == code(errc::io_error) + " versions of b: read folder: input/output error");
    BOOST_TEST(why("d", "1") == code(errc::malformed) + " needs of c 1.0.0: read manifest: malformed input");
    BOOST_TEST(why("a", "one") == code(errc::malformed) + " 'one' is no range of versions of a");
}

BOOST_AUTO_TEST_CASE(finds_what_there_is) {
    xoshiro256 random(1);
    int found = 0;
    constexpr int graphs = 10'000 / stride;
    for (int i = 0; i < graphs; ++i) {
        made_registry registry;
        registry.apart = random.below(2) == 0;
        const auto packages = 2 + random.below(registry.apart ? 2 : 3);
        const auto needs = [&] {
            std::vector<made_registry::need> made;
            for (auto n = random.below(4); n-- != 0;) {
                const char* versions[] = {"1.0.0", "1.1.0", "2.0.0", "0.1.0", "3.0.0"};
                const char* of = versions[random.below(random.below(4) == 0 ? 5 : 3)];
                const char* operators[] = {"^", "~", ">=", "<=", "=", "<", "^"};
                std::string range = std::string(operators[random.below(7)]) + of;
                if (random.below(6) == 0) range += std::string(" || ") + versions[random.below(5)];
                made.push_back(
                    {std::string(1, static_cast<char>('a' + random.below(packages + (random.below(20) == 0)))), range,
                     random.below(6) == 0});
            }
            return made;
        };
        for (std::uint64_t p = 0; p < packages; ++p)
            for (const char* version : {"0.1.0", "1.0.0", "1.1.0", "2.0.0"})
                if (random.below(4) != 0) registry.add(std::string(1, static_cast<char>('a' + p)), version, needs());
        auto root = needs();
        for (const auto& more : needs()) root.push_back(more);
        std::vector<requirement> wanted;
        for (const auto& n : root) wanted.push_back({n.package, n.range, n.optional});
        const auto made = loader::resolve_versions(registry, {"root", {}, wanted}, {.language = semver::dialect::npm});
        possibilities possible(registry, root);
        BOOST_REQUIRE_MESSAGE(made.has_value() == possible.any(),
                              "graph " << i << (made ? " was resolved" : ": " + made.error().explanation));
        BOOST_REQUIRE_MESSAGE(!made || possible.is_valid(*made), "graph " << i);
        found += made.has_value();
        if (!made) BOOST_REQUIRE(made.error().explanation.ends_with("version solving failed."));
    }
    BOOST_TEST((graphs / 5 < found && found < graphs / 5 * 4), found << " could be resolved");
}

BOOST_AUTO_TEST_CASE(among_many) {
    constexpr std::size_t packages = 5000 / (stride * stride);
    for (const bool apart : {true, false}) {
        made_registry registry = made_registry::like_npm(packages, 10, apart);
        registry.apart = apart;
        std::vector<made_registry::need> root;
        for (std::size_t i = 0; i < 40; ++i) root.push_back({made_registry::name_of(packages - 1 - packages / 80 * i), "*"});
        std::vector<requirement> wanted;
        for (const auto& n : root) wanted.push_back({n.package, n.range});
        const auto made = loader::resolve_versions(registry, {"root", {}, wanted}, {.language = semver::dialect::npm});
        BOOST_REQUIRE(made);
        BOOST_TEST(made->size() > packages / 25);
        BOOST_TEST(possibilities(registry, root).is_valid(*made));
        const auto again = loader::resolve_versions(registry, {"root", {}, wanted}, {.language = semver::dialect::npm});
        BOOST_TEST((*again == *made));
    }
}

BOOST_AUTO_TEST_SUITE_END()
