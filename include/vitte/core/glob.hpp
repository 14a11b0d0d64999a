/// Patterns of names as shells have them (POSIX.1-2017, XCU 2.13): `*`, `?`, `[a-z]`, `[!a-z]`, `\\` before a character that stands for
/// itself; and `**` for any number of folders. What a name is, and nothing about files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vitte {

namespace detail {

/// How many bytes the first character of `text` has: one for what is no UTF-8.
constexpr std::size_t character_size(std::string_view text) noexcept {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t size = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
    if (size > text.size()) return 1;
    for (std::size_t i = 1; i < size; ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 1;
    return size;
}

/// The first character of `text` as a number, in the order of Unicode; bytes that are no UTF-8 come behind it.
constexpr std::uint32_t character(std::string_view text) noexcept {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t size = character_size(text);
    if (size == 1) return lead < 0x80 ? lead : 0x110000u + lead;
    std::uint32_t value = lead & (0x7fu >> size);
    for (std::size_t i = 1; i < size; ++i) value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
    return value;
}

/// What `[…]` at the start of `pattern` says about `c`: its size in the pattern, 0 if it does not end and so is no set.
struct character_set {
    std::size_t size = 0;
    bool matches = false;

    constexpr character_set(std::string_view pattern, std::uint32_t c) noexcept {
        std::size_t at = 1;
        const bool negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
        at += negated;
        bool found = false;
        for (bool first = true; at < pattern.size(); first = false) {
            if (pattern[at] == ']' && !first) {
                size = at + 1;
                matches = found != negated;
                return;
            }
            const std::uint32_t low = take(pattern, at);
            std::uint32_t high = low;
            if (at + 1 < pattern.size() && pattern[at] == '-' && pattern[at + 1] != ']') high = take(pattern, ++at);
            found = found || (low <= c && c <= high);
        }
    }

private:
    static constexpr std::uint32_t take(std::string_view pattern, std::size_t& at) noexcept {
        if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
        const std::string_view rest = pattern.substr(at);
        at += character_size(rest);
        return character(rest);
    }
};

/// Takes the first thing of `pattern`, which is no `*`, and the first character of `name` away if they match.
constexpr bool take_match(std::string_view& pattern, std::string_view& name) noexcept {
    const std::size_t size = character_size(name);
    std::size_t used = 1;
    if (pattern[0] == '?') {
        name.remove_prefix(size);
    } else if (const character_set set(pattern, character(name)); pattern[0] == '[' && set.size != 0) {
        if (!set.matches) return false;
        used = set.size;
        name.remove_prefix(size);
    } else {
        used = pattern[0] == '\\' && pattern.size() > 1 ? 2 : 1;
        if (pattern[used - 1] != name[0]) return false;
        name.remove_prefix(1);
    }
    pattern.remove_prefix(used);
    return true;
}

}  // namespace detail

/// Whether `pattern` describes all of `name`, a single name without "/". Wildcards do not match a "." at its beginning. Takes time
/// in proportion to the product of both lengths at worst.
constexpr bool glob_match(std::string_view pattern, std::string_view name) noexcept {
    if (name.starts_with('.') && !pattern.starts_with('.') && !pattern.starts_with("\\.")) return false;
    std::string_view star_pattern, star_name;  // where the last "*" goes on, with what is left of the name there
    for (bool star = false;;) {
        if (pattern.starts_with('*')) {
            while (pattern.starts_with('*')) pattern.remove_prefix(1);
            star = true;
            star_pattern = pattern;
            star_name = name;
            continue;
        }
        if (name.empty() && pattern.empty()) return true;
        if (!name.empty() && !pattern.empty() && detail::take_match(pattern, name)) continue;
        if (!star || star_name.empty()) return false;
        star_name.remove_prefix(detail::character_size(star_name));
        pattern = star_pattern;
        name = star_name;
    }
}

/// Whether `text` has anything that does not stand for itself.
constexpr bool is_glob(std::string_view text) noexcept { return text.find_first_of("*?[\\") != std::string_view::npos; }

/// How a path compares with a pattern of paths, name by name.
struct glob_path_match {
    bool whole = false;   ///< the pattern describes it
    bool prefix = false;  ///< something below it may be described
};

/// Compares the relative path `path` with `pattern`, in which a name `**` stands for any number of folders that do not begin with
/// ".".
constexpr glob_path_match glob_match_path(std::string_view pattern, std::string_view path) noexcept {
    const std::size_t pattern_end = pattern.find('/'), path_end = path.find('/');
    const std::string_view first = pattern.substr(0, pattern_end), name = path.substr(0, path_end);
    const bool last_pattern = pattern_end == std::string_view::npos, last_name = path_end == std::string_view::npos;
    const std::string_view more_pattern = last_pattern ? std::string_view() : pattern.substr(pattern_end + 1);
    const std::string_view more_path = last_name ? std::string_view() : path.substr(path_end + 1);
    if (first == "**") {
        const bool hidden = name.starts_with('.');
        glob_path_match without;  // "**" stands for nothing
        if (!last_pattern) without = glob_match_path(more_pattern, path);
        if (hidden) return without;
        if (last_name) return {last_pattern || without.whole, true};
        const glob_path_match with = glob_match_path(pattern, more_path);
        return {with.whole || without.whole, with.prefix || without.prefix};
    }
    if (!glob_match(first, name)) return {};
    if (last_name) return {last_pattern || more_pattern == "**", !last_pattern};
    if (last_pattern) return {};
    return glob_match_path(more_pattern, more_path);
}

}  // namespace vitte
