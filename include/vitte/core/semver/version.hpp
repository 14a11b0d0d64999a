/// Versions as Semantic Versioning 2.0.0 (semver.org) has them.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vitte/core/result.hpp>

namespace vitte::semver {

namespace detail {
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_identifier_character(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}
constexpr bool is_number(std::string_view identifier) noexcept {
    for (const char c : identifier)
        if (!is_digit(c)) return false;
    return !identifier.empty();
}

/// Takes a number without leading zeros from the start of `text`.
constexpr bool take_number(std::string_view& text, std::uint64_t& value) noexcept {
    std::size_t size = 0;
    std::uint64_t made = 0;
    for (; size < text.size() && is_digit(text[size]); ++size) {
        const auto digit = static_cast<std::uint64_t>(text[size] - '0');
        if (made > (UINT64_MAX - digit) / 10) return false;
        made = 10 * made + digit;
    }
    if (size == 0 || (size > 1 && text[0] == '0')) return false;
    value = made;
    text.remove_prefix(size);
    return true;
}

/// Takes identifiers with dots between them; numbers among them have no leading zeros if they are of a prerelease.
constexpr bool take_identifiers(std::string_view& text, std::string_view& taken, bool of_prerelease) noexcept {
    std::size_t end = 0, first = 0;
    for (;; ++end) {
        if (end < text.size() && is_identifier_character(text[end])) continue;
        const std::string_view one = text.substr(first, end - first);
        if (one.empty() || (of_prerelease && one.size() > 1 && one[0] == '0' && is_number(one))) return false;
        if (end == text.size() || text[end] != '.') break;
        first = end + 1;
    }
    taken = text.substr(0, end);
    text.remove_prefix(end);
    return true;
}

/// Takes a prerelease behind "-" and build metadata behind "+", if they are there.
constexpr bool take_suffixes(std::string_view& text, std::string_view& prerelease, std::string_view& build) noexcept {
    if (text.starts_with('-')) {
        text.remove_prefix(1);
        if (!take_identifiers(text, prerelease, true)) return false;
    }
    if (!text.starts_with('+')) return true;
    text.remove_prefix(1);
    return take_identifiers(text, build, false);
}

constexpr std::string_view take_identifier(std::string_view& text) noexcept {
    const std::string_view one = text.substr(0, text.find('.'));
    text.remove_prefix(one.size() < text.size() ? one.size() + 1 : one.size());
    return one;
}

constexpr std::strong_ordering compare_identifiers(std::string_view a, std::string_view b) noexcept {
    const bool a_is_number = is_number(a), b_is_number = is_number(b);
    if (a_is_number != b_is_number) return a_is_number ? std::strong_ordering::less : std::strong_ordering::greater;
    if (a_is_number && a.size() != b.size()) return a.size() <=> b.size();
    return a.compare(b) <=> 0;
}

/// Of prereleases (11.4), the empty one first.
constexpr std::strong_ordering compare_prereleases(std::string_view a, std::string_view b) noexcept {
    while (!a.empty() && !b.empty())
        if (const auto order = compare_identifiers(take_identifier(a), take_identifier(b)); order != 0) return order;
    return !a.empty() <=> !b.empty();
}
}  // namespace detail

/// A version. Prerelease and build metadata are parts of the text that it was read from, which must live as long.
struct version {
    std::uint64_t major = 0, minor = 0, patch = 0;
    std::string_view prerelease = {};  ///< such as "alpha.1"; empty if it is a release
    std::string_view build = {};

    /// All of `text`, nothing around it, no "v" before it. `errc::malformed` if it is none; `errc::out_of_range` is not
    /// told apart from that: numbers are at most 2^64 - 1.
    static constexpr result<version> parse(std::string_view text) noexcept {
        version made;
        const auto dot = [&] {
            const bool there = text.starts_with('.');
            if (there) text.remove_prefix(1);
            return there;
        };
        if (detail::take_number(text, made.major) && dot() && detail::take_number(text, made.minor) && dot() &&
            detail::take_number(text, made.patch) && detail::take_suffixes(text, made.prerelease, made.build) &&
            text.empty())
            return made;
        return fail(errc::malformed, "read version");
    }

    constexpr bool is_prerelease() const noexcept { return !prerelease.empty(); }

    /// Precedence (11): build metadata does not count, also not for equality.
    friend constexpr std::weak_ordering operator<=>(const version& a, const version& b) noexcept {
        if (a.major != b.major) return a.major <=> b.major;
        if (a.minor != b.minor) return a.minor <=> b.minor;
        if (a.patch != b.patch) return a.patch <=> b.patch;
        if (a.prerelease.empty() || b.prerelease.empty()) return a.prerelease.empty() <=> b.prerelease.empty();
        return detail::compare_prereleases(a.prerelease, b.prerelease);
    }
    friend constexpr bool operator==(const version& a, const version& b) noexcept { return a <=> b == 0; }

    /// Appends the version, as it is read, to a `std::string` or the like.
    template <class String>
    constexpr void append_to(String& text) const {
        const auto append = [&](std::string_view part) { text.append(part.data(), part.size()); };
        const std::uint64_t numbers[] = {major, minor, patch};
        for (int i = 0; i < 3; ++i) {
            if (i != 0) append(".");
            append(vitte::detail::digits(numbers[i]).c_str());
        }
        if (!prerelease.empty()) append("-"), append(prerelease);
        if (!build.empty()) append("+"), append(build);
    }
};

}  // namespace vitte::semver
