/// Patterns of names as shells have them (POSIX.1-2017, XCU 2.13): `*`, `?`, `[a-z]`, `[!a-z]`, `\` before a character
/// that stands for itself; and `**` for any number of folders. What a name is, and nothing about files.
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

/// What `[…]` at the start of `pattern` says about `c`: its size in the pattern, 0 if it does not end and so is none.
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

/// Takes the first thing of `pattern`, which is no `*`, and the first character of `name` away if they match. If no
/// more than `unset` bytes are left of the pattern, there is no set: behind a `[` that is not closed nothing else is,
/// so that only the first one is looked at to its end.
constexpr bool take_match(std::string_view& pattern, std::string_view& name, std::size_t& unset) noexcept {
    const std::size_t size = character_size(name);
    if (pattern[0] == '[' && pattern.size() > unset) {
        const character_set set(pattern, character(name));
        if (set.size != 0) {
            if (!set.matches) return false;
            pattern.remove_prefix(set.size);
            name.remove_prefix(size);
            return true;
        }
        unset = pattern.size();
    }
    const bool any = pattern[0] == '?';
    const std::size_t used = pattern[0] == '\\' && pattern.size() > 1 ? 2 : 1;
    if (!any && pattern[used - 1] != name[0]) return false;
    pattern.remove_prefix(used);
    name.remove_prefix(any ? size : 1);
    return true;
}

}  // namespace detail

/// Whether `pattern` describes all of `name`, a single name without "/". Wildcards do not match a "." at its beginning.
/// Takes time in proportion to the product of both lengths at worst.
constexpr bool glob_match(std::string_view pattern, std::string_view name) noexcept {
    if (name.starts_with('.') && !pattern.starts_with('.') && !pattern.starts_with("\\.")) return false;
    std::size_t unset = 0;
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
        if (!name.empty() && !pattern.empty() && detail::take_match(pattern, name, unset)) continue;
        if (!star || star_name.empty()) return false;
        star_name.remove_prefix(detail::character_size(star_name));
        pattern = star_pattern;
        name = star_name;
    }
}

/// Whether `text` has a character that may stand for something else than itself. If not, it describes only itself; if
/// so, it may still, as with a `[` that is not closed.
constexpr bool is_glob(std::string_view text) noexcept { return text.find_first_of("*?[\\") != std::string_view::npos; }

/// How a path compares with a pattern of paths, name by name.
struct glob_path_match {
    bool whole = false;        ///< the pattern describes it
    bool only_folder = false;  ///< but no file of that name: it ends with "/", or with a "**" that stands for nothing
    bool prefix = false;       ///< something below it may be described
};

namespace detail {

/// Takes the first name of a path away, with the separators around it.
constexpr std::string_view take_name(std::string_view& path) noexcept {
    const auto skip = [&] {
        while (path.starts_with('/')) path.remove_prefix(1);
    };
    skip();
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(name.size());
    skip();
    return name;
}

/// A pattern of paths as an automaton: bit n is set if its first n names describe what was read so far.
class glob_states {
public:
    constexpr explicit glob_states(std::string_view pattern) noexcept : pattern_(pattern) {
        for (std::string_view rest = pattern; !rest.empty(); ++count_)
            if (take_name(rest) != "**") last_ = count_ + 1;
        if (count_ > 63) count_ = 0, bits_ = 0;
        pass_stars();
    }
    constexpr void read(std::string_view name) noexcept {
        std::uint64_t after = 0;
        std::string_view rest = pattern_;
        named_ = false;
        for (unsigned n = 0; n < count_ && bits_ != 0; ++n) {
            const std::string_view part = take_name(rest);
            if ((bits_ >> n & 1) == 0) continue;
            const bool stays = part == "**" && !name.starts_with('.');
            const bool moves = part != "**" && glob_match(part, name);
            if (stays) after |= std::uint64_t{1} << n;
            if (moves) after |= std::uint64_t{1} << (n + 1);
            named_ = named_ || (stays && n >= last_) || (moves && n + 1 == count_);
        }
        bits_ = after;
        pass_stars();
    }
    constexpr glob_path_match match() const noexcept {
        return {.whole = (bits_ >> count_ & 1) != 0,
                .only_folder = pattern_.ends_with('/') || !named_,
                .prefix = (bits_ & ((std::uint64_t{1} << count_) - 1)) != 0};
    }

private:
    /// "**" may stand for nothing.
    constexpr void pass_stars() noexcept {
        std::string_view rest = pattern_;
        for (unsigned n = 0; n < count_; ++n)
            if (take_name(rest) == "**" && (bits_ >> n & 1) != 0) bits_ |= std::uint64_t{1} << (n + 1);
    }

    std::string_view pattern_;
    unsigned count_ = 0, last_ = 0;  ///< how many names it has, and how many up to the last that is no "**"
    std::uint64_t bits_ = 1;
    bool named_ = false;  ///< whether a part of the pattern that ends it stood for the name that was read last
};

}  // namespace detail

/// Compares the relative path `path` with `pattern`, in which a name `**` stands for any number of folders that do not
/// begin with ".", and at its end also for what is in them. Several separators are one. A pattern of more than 63 names
/// describes nothing. Takes time in proportion to the product of both lengths at worst.
constexpr glob_path_match glob_match_path(std::string_view pattern, std::string_view path) noexcept {
    detail::glob_states states(pattern);
    while (!path.empty()) states.read(detail::take_name(path));
    return states.match();
}

}  // namespace vitte
