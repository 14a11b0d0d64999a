// Packages that are made up, for the resolver.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>
#include <vitte/core/xoshiro.hpp>
#include <vitte/loader/resolver.hpp>

/// Packages in memory.
class made_registry {
public:
    struct need {
        std::string package, range;
        bool optional = false;
        std::string target = {};
    };

    bool apart = false;  ///< whether versions that are not compatible may be there together

    void add(const std::string& package, const std::string& version, std::vector<need> needs) {
        auto& known = packages_[package];
        known.push_back({version, std::move(needs)});
    }

    template <class Add>
    vitte::result<void> versions(std::string_view name, Add add) const {
        const auto found = packages_.find(name);
        if (found == packages_.end()) return {};
        for (const release& one : found->second) add(*vitte::semver::version::parse(one.version));
        return {};
    }
    template <class Add>
    vitte::result<void> dependencies(std::string_view name, const vitte::semver::version& of, Add add) const {
        for (const release& one : packages_.find(name)->second)
            if (*vitte::semver::version::parse(one.version) == of)
                for (const need& n : one.needs) add({n.package, n.range, n.optional, n.target});
        return {};
    }
    bool side_by_side(std::string_view) const { return apart; }

    struct release {
        std::string version;
        std::vector<need> needs;
    };
    const std::map<std::string, std::vector<release>, std::less<>>& packages() const { return packages_; }

    /// Shaped like npm's: few packages are needed by very many, most by hardly any; a version needs what the one before
    /// it needed, mostly, in the versions that were the newest when it came out.
    static made_registry like_npm(std::size_t packages, std::size_t versions_of_each, bool with_majors) {
        made_registry made;
        vitte::xoshiro256 random(1);
        std::vector<std::vector<std::string>> newest(packages);  // by time
        std::vector<std::vector<std::size_t>> needs(packages);
        for (std::size_t p = 0; p < packages; ++p)
            for (auto n = p == 0 ? 0 : random.below(7); n-- != 0;) {
                const double at = random.unit();
                needs[p].push_back(static_cast<std::size_t>(at * at * at * static_cast<double>(p)));
            }
        std::vector<std::uint64_t> numbers[3];
        for (auto& of : numbers) of.resize(packages);
        for (std::size_t p = 0; p < packages; ++p) numbers[0][p] = 1;
        for (std::size_t time = 0; time < versions_of_each; ++time)
            for (std::size_t p = 0; p < packages; ++p) {
                const auto kind = random.below(20);
                if (kind == 0 && with_majors)
                    ++numbers[0][p], numbers[1][p] = numbers[2][p] = 0;
                else if (kind < 8)
                    ++numbers[1][p], numbers[2][p] = 0;
                else
                    ++numbers[2][p];
                if (p != 0 && random.below(10) == 0) needs[p].push_back(random.below(p));
                std::vector<need> now;
                std::sort(needs[p].begin(), needs[p].end());
                needs[p].erase(std::unique(needs[p].begin(), needs[p].end()), needs[p].end());
                for (const std::size_t other : needs[p]) {
                    const std::string& at = newest[other].back();
                    now.push_back({name_of(other), (random.below(8) == 0 ? "~" : "^") + at});
                }
                const std::string version = std::to_string(numbers[0][p]) + "." + std::to_string(numbers[1][p]) + "." +
                                            std::to_string(numbers[2][p]);
                newest[p].push_back(version);
                made.add(name_of(p), version, std::move(now));
            }
        return made;
    }
    static std::string name_of(std::size_t package) { return "package-" + std::to_string(package); }

private:
    std::map<std::string, std::vector<release>, std::less<>> packages_;
};
