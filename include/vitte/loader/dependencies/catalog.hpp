/// The modules that may be loaded, from wherever they are known: what the resolver chooses from.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vitte/loader/manifest.hpp>
#include <vitte/loader/resolver.hpp>

namespace vitte::loader {

/// One version of a module, before it is loaded.
struct known_module {
    manifest who;
    std::vector<dependency> needs = {};
    symbol_manifest symbols = {};
    std::string path = {};  ///< the file that it is loaded from; empty if it is none, such as the program itself
    /// Gives the bytes instead, if it is set, and `path` is only their name in messages. May be called by any thread.
    std::function<result<std::vector<std::byte>>()> content = nullptr;
    bool loaded = false;  ///< preferred to newer versions, so that no second one is needed
    bool is_container = false;  ///< it was read from one, and is not loaded from anything else

    /// "acme/image 1.2.3".
    std::string title() const { return who.name + " " + who.version; }
    semver::version version() const noexcept { return semver::version::parse(who.version).value_or(semver::version()); }
};
using known_module_pointer = std::shared_ptr<const known_module>;

/// Modules by name and version, a `package_provider`. Which sources were added first decides what is found in several;
/// nothing else does. Reading is safe from several threads as long as nobody adds.
class module_catalog {
public:
    /// Adds a version; false if this one is there already, whose build metadata does not count, which then stays. A
    /// manifest that would not be read is not added either.
    bool add(known_module one) {
        if (!is_module_name(one.who.name) || !semver::version::parse(one.who.version)) return false;
        auto& known = modules_[one.who.name];
        const auto kept = std::make_shared<const known_module>(std::move(one));
        const auto place = std::lower_bound(known.begin(), known.end(), kept,
                                            [](const auto& a, const auto& b) { return a->version() < b->version(); });
        if (place != known.end() && (*place)->version() == kept->version()) return false;
        known.insert(place, kept);
        return true;
    }
    /// Tells why something that may be a module cannot be used, for messages about what is missing.
    void add_unusable(std::string reason) { unusable_.push_back(std::move(reason)); }
    const std::vector<std::string>& unusable() const noexcept { return unusable_; }

    /// All versions of `name` that are known, the oldest first.
    std::span<const known_module_pointer> all(std::string_view name) const noexcept {
        const auto found = modules_.find(name);
        return found == modules_.end() ? std::span<const known_module_pointer>() : found->second;
    }
    /// That version; null if it is not known.
    known_module_pointer find(std::string_view name, const semver::version& version) const noexcept {
        const auto known = all(name);
        const auto at = std::lower_bound(known.begin(), known.end(), version,
                                         [](const auto& a, const semver::version& v) { return a->version() < v; });
        return at != known.end() && (*at)->version() == version ? *at : nullptr;
    }
    /// Calls `use` for every version of every module, by name.
    template <class Use>
    void for_each(Use use) const {
        for (const auto& [name, versions] : modules_)
            for (const known_module_pointer& one : versions) use(*one);
    }
    std::size_t size() const noexcept { return modules_.size(); }  ///< of names

    /// See `package_provider`.
    template <class Add>
    result<void> versions(std::string_view name, Add add) const {
        for (const known_module_pointer& one : all(name)) add(one->version());
        return {};
    }
    template <class Add>
    result<void> dependencies(std::string_view name, const semver::version& of, Add add) const {
        if (const auto found = find(name, of))
            for (const dependency& one : found->needs) add(requirement{one.name, one.range, one.optional, one.target});
        return {};
    }

private:
    std::map<std::string, std::vector<known_module_pointer>, std::less<>> modules_;
    std::vector<std::string> unusable_;
};

}  // namespace vitte::loader
