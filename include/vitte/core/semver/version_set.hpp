/// Sets of versions: intervals, and what can be made of them.
#pragma once

#include <vitte/core/growing_array.hpp>
#include <vitte/core/semver/version.hpp>

namespace vitte::semver {

namespace detail {

/// A place between versions on one of two lines. That of the releases has the place before each of them. That of the
/// prereleases, where releases are not, has the places before and behind each, and the one before all of a release,
/// whose `prerelease` is empty.
struct cut {
    std::uint64_t major = 0, minor = 0, patch = 0;
    std::string_view prerelease = {};
    bool behind = false;

    friend constexpr std::weak_ordering operator<=>(const cut& a, const cut& b) noexcept {
        if (a.major != b.major) return a.major <=> b.major;
        if (a.minor != b.minor) return a.minor <=> b.minor;
        if (a.patch != b.patch) return a.patch <=> b.patch;
        // The first one behind "a" is "a.0", and before all is "0".
        if (a.behind != b.behind && (a.behind ? is_next(a, b) : is_next(b, a))) return std::weak_ordering::equivalent;
        if (a.prerelease.empty() != b.prerelease.empty()) {
            const cut& other = a.prerelease.empty() ? b : a;
            if (other.prerelease == "0" && !other.behind) return std::weak_ordering::equivalent;
        }
        const auto order = compare_prereleases(a.prerelease, b.prerelease);
        if (order != 0) return order;
        return a.behind <=> b.behind;
    }

private:
    static constexpr bool is_next(const cut& behind, const cut& before) noexcept {
        const std::string_view first = behind.prerelease, second = before.prerelease;
        return second.size() == first.size() + 2 && second.starts_with(first) && second.ends_with(".0");
    }
};

/// Versions of one line: the places where the set begins and ends in turns.
class line {
public:
    bool begins_inside = false;  ///< whether the least version is in the set
    growing_array<cut> places;

    bool contains(const cut& just_behind) const noexcept {
        bool inside = begins_inside;
        for (const cut& place : places) {
            if (just_behind < place) break;
            inside = !inside;
        }
        return inside;
    }
    bool is_empty() const noexcept { return !begins_inside && places.size() == 0; }

    /// Of a line that is all inside, what is before `end`.
    result<void> end_at(cut&& end) noexcept {
        if (end > cut()) return places.push_back(std::move(end));
        begins_inside = false;
        return {};
    }

    /// The versions for which `join(a has it, b has it)`.
    template <class Join>
    static result<line> joined(const line& a, const line& b, Join join) noexcept {
        line made;
        bool in_a = a.begins_inside, in_b = b.begins_inside;
        bool inside = made.begins_inside = join(in_a, in_b);
        for (auto i = a.places.begin(), k = b.places.begin(); i != a.places.end() || k != b.places.end();) {
            const auto order = i == a.places.end()   ? std::weak_ordering::greater
                               : k == b.places.end() ? std::weak_ordering::less
                                                     : *i <=> *k;
            cut here = order <= 0 ? *i : *k;
            if (order <= 0) ++i, in_a = !in_a;
            if (order >= 0) ++k, in_b = !in_b;
            if (join(in_a, in_b) == inside) continue;
            inside = !inside;
            VITTE_CHECK(made.places.push_back(std::move(here)));
        }
        return made;
    }
};

}  // namespace detail

/// Any set of versions that has finitely many ends. Prereleases in it are those of the text that it was read from,
/// which must live as long. What makes a set fails with `errc::out_of_memory` only.
class version_set {
public:
    /// The empty set.
    version_set() noexcept = default;
    static version_set all() noexcept {
        version_set made;
        made.releases_.begins_inside = made.prereleases_.begins_inside = true;
        return made;
    }

    /// Which versions are at a bound.
    enum class bound : unsigned char {
        before,              ///< all less than it
        behind,              ///< it, and all less
        before_prereleases,  ///< all less than it and its prereleases; the version is a release
    };
    /// The versions up to `end`.
    static result<version_set> up_to(const version& end, bound where) noexcept {
        version_set made = all();
        detail::cut release{end.major, end.minor, end.patch}, prerelease = release;
        bool is_last = false;
        if (end.is_prerelease()) {
            prerelease.prerelease = end.prerelease;
            prerelease.behind = where == bound::behind;
        } else if (where != bound::before_prereleases) {
            is_last = !advance(prerelease);
            if (where == bound::behind) release = prerelease;
        }
        if (!(is_last && where == bound::behind)) {
            VITTE_CHECK(made.releases_.end_at(std::move(release)));
        }
        if (!is_last) {
            VITTE_CHECK(made.prereleases_.end_at(std::move(prerelease)));
        }
        return made;
    }
    /// All prereleases of one release.
    static result<version_set> prereleases_of(const version& release) noexcept {
        const version whole{release.major, release.minor, release.patch};
        VITTE_TRY(const version_set before, up_to(whole, bound::before_prereleases));
        VITTE_TRY(const version_set with, up_to(whole, bound::before));
        return difference(with, before);
    }
    static version_set every_release() noexcept {
        version_set made;
        made.releases_.begins_inside = true;
        return made;
    }

    bool contains(const version& v) const noexcept {
        if (!v.is_prerelease()) return releases_.contains({v.major, v.minor, v.patch});
        return prereleases_.contains({v.major, v.minor, v.patch, v.prerelease});
    }
    bool is_empty() const noexcept { return releases_.is_empty() && prereleases_.is_empty(); }

    friend result<version_set> intersection(const version_set& a, const version_set& b) noexcept {
        return joined(a, b, [](bool in_a, bool in_b) { return in_a && in_b; });
    }
    friend result<version_set> set_union(const version_set& a, const version_set& b) noexcept {
        return joined(a, b, [](bool in_a, bool in_b) { return in_a || in_b; });
    }
    friend result<version_set> difference(const version_set& a, const version_set& b) noexcept {
        return joined(a, b, [](bool in_a, bool in_b) { return in_a && !in_b; });
    }
    /// What is not in the set, without a copy.
    friend version_set complement(version_set a) noexcept {
        a.releases_.begins_inside = !a.releases_.begins_inside;
        a.prereleases_.begins_inside = !a.prereleases_.begins_inside;
        return a;
    }

private:
    /// To the next release; false if there is none.
    static bool advance(detail::cut& place) noexcept {
        if (++place.patch != 0) return true;
        if (++place.minor != 0) return true;
        return ++place.major != 0;
    }
    template <class Join>
    static result<version_set> joined(const version_set& a, const version_set& b, Join join) noexcept {
        version_set made;
        VITTE_TRY(made.releases_, detail::line::joined(a.releases_, b.releases_, join));
        VITTE_TRY(made.prereleases_, detail::line::joined(a.prereleases_, b.prereleases_, join));
        return made;
    }

    detail::line releases_, prereleases_;
};

}  // namespace vitte::semver
