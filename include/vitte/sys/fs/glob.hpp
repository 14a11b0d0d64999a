/// Files by pattern.
#pragma once

#include <algorithm>
#include <string>

#include <vitte/core/glob.hpp>
#include <vitte/sys/fs/tree.hpp>
#include <vitte/sys/fs/walk.hpp>

namespace vitte::sys {

namespace detail {

/// What patterns describe: from a base, which is a path as it is, by walks below it.
template <platform P>
class glob_search {
public:
    using paths = std::vector<std::string>;

    static result<paths> run(std::string_view pattern) {
        paths found;
        VITTE_CHECK(search({}, pattern, [](std::string_view name) { return !is_glob(name); }, found));
        return found;
    }

private:
    /// Adds what `pattern` describes behind the text `base`, to which its first names go as long as they are `plain`.
    static result<void> search(std::string base, std::string_view pattern, bool (*plain)(std::string_view),
                               paths& found) {
        while (!pattern.empty() && plain(pattern.substr(0, pattern.find('/')))) {
            const std::size_t end = pattern.find_first_not_of('/', pattern.find('/'));
            base += pattern.substr(0, end);
            pattern.remove_prefix(end == std::string_view::npos ? pattern.size() : end);
        }
        if (pattern.empty()) {
            VITTE_TRY(const bool there, is_there(base));
            if (there) found.push_back(base);
            return {};
        }
        const std::size_t dots = find_dots(pattern);
        if (dots == pattern.size()) return walk_below(base, pattern, found);
        paths folders;
        VITTE_CHECK(walk_below(base, pattern.substr(0, dots), folders));
        if (base.empty() && glob_match_path(pattern.substr(0, dots), "").whole) folders.push_back(base);
        for (const std::string& folder : folders) VITTE_CHECK(search(folder, pattern.substr(dots), is_dots, found));
        return {};
    }
    static bool is_dots(std::string_view name) noexcept { return name == "." || name == ".."; }
    /// Where the first "." or ".." begins, which no folder lists.
    static std::size_t find_dots(std::string_view pattern) noexcept {
        for (std::string_view rest = pattern; !rest.empty();) {
            const std::size_t at = pattern.size() - rest.size();
            if (is_dots(vitte::detail::take_name(rest))) return at;
        }
        return pattern.size();
    }

    /// A folder, or a link to one, if it ends with "/".
    static result<bool> is_there(const std::string& path) {
        const bool as_folder = path.ends_with('/');
        const auto facts = basic_directory<P>::current().info(without_end(path).c_str(), links{as_folder});
        if (facts) return !as_folder || facts->kind == file_kind::directory;
        VITTE_CHECK(nothing_if_unreadable(facts.error()));
        return false;
    }
    static result<void> walk_below(const std::string& base, std::string_view pattern, paths& found) {
        const std::string top = base.empty() ? "." : without_end(base);
        const std::string_view end = pattern.ends_with('/') ? "/" : "";
        if (!base.empty() && glob_match_path(pattern, "").whole) {
            VITTE_TRY(const bool there, is_there(base));
            if (there) found.push_back(end.empty() ? top : base);
        }
        result<void> failed;
        const auto walked = walk<P>(top.c_str(), [&](const walk_entry<P>& entry) {
            if (entry.failed != nullptr) failed = nothing_if_unreadable(*entry.failed);
            if (entry.failed != nullptr) return failed ? walk_next::on : walk_next::stop;
            const char* const below = entry.path + top.size() + !top.ends_with('/');
            const auto match = glob_match_path(pattern, below);
            if (match.whole && (!match.only_folder || entry.kind == file_kind::directory))
                found.push_back((base + below).append(end));
            return match.prefix ? walk_next::on : walk_next::skip;
        });
        return walked ? failed : nothing_if_unreadable(walked.error());
    }
    static std::string without_end(const std::string& path) { return path.substr(0, length_of_names(path.c_str())); }
    /// What is not there, or may not be read, is nothing.
    static result<void> nothing_if_unreadable(const error& why) noexcept {
        switch (why.code) {
            case errc::not_found:
            case errc::not_a_directory:
            case errc::permission_denied:
            case errc::too_many_links:
            case errc::name_too_long: return {};
            default: return unexpected(why);
        }
    }
};

}  // namespace detail

/// Calls `visit(const char* path)` for everything that `pattern` (core/glob.hpp) describes, once each and sorted by
/// bytes. The rules are those of bash with `globstar` and `nullglob` in the locale "C", but for these: characters are
/// those of UTF-8; a name that stands for itself must be there; links are followed only in the names before the first
/// that has wildcards, and are no folders behind it; several separators are one; what "**" at the end of a pattern
/// describes where it stands for nothing has no "/" at its end; there are no classes, such as "[[:alpha:]]"; and more
/// than 63 names from the first with wildcards on describe nothing. So "a/" and "*/" describe folders, "a/**" describes
/// "a" if it is one, with all that is below it, and "*/../b" what is beside each folder. Folders that may not be read
/// are as if they were empty. It is a success if there is nothing.
template <platform P = native, class Visit>
result<void> glob(const char* pattern, Visit visit) {
    VITTE_TRY(auto found, detail::glob_search<P>::run(pattern));
    std::sort(found.begin(), found.end());
    for (const std::string& path : found) visit(path.c_str());
    return {};
}

}  // namespace vitte::sys
