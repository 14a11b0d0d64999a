/// Files by pattern.
#pragma once

#include <algorithm>

#include <vitte/core/glob.hpp>
#include <vitte/sys/fs/walk.hpp>

namespace vitte::sys {

/// Calls `visit(const char* path)` for everything that `pattern` describes (core/glob.hpp), sorted by bytes. Links are
/// not followed; folders that cannot be read are as if they were empty. It is a success if there is nothing.
template <platform P = native, class Visit>
result<void> glob(const char* pattern, Visit visit) {
    std::string_view rest = pattern;
    std::vector<char> base;  // the names before the first that does not stand for itself
    for (std::size_t end; (end = rest.find('/')) != std::string_view::npos && !is_glob(rest.substr(0, end));) {
        base.insert(base.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(end) + 1);
        rest.remove_prefix(end + 1);
    }
    const std::size_t base_size = base.size();
    if (base_size == 0) base.push_back('.');
    if (base_size > 1) base.pop_back();  // the last "/", which `walk` adds by itself
    base.push_back(0);

    std::vector<char> found;
    std::vector<std::size_t> begins;
    const auto walked = walk<P>(base.data(), [&](const walk_entry<P>& entry) {
        const char* const path = entry.path + (base_size == 0 ? 2 : 0);  // without the "./" that was not asked for
        const auto match = glob_match_path(rest, path + base_size);
        if (match.whole && entry.failed == nullptr) {
            begins.push_back(found.size());
            found.insert(found.end(), path, path + __builtin_strlen(path) + 1);
        }
        return match.prefix ? walk_next::on : walk_next::skip;
    });
    const bool nothing =
        !walked && (walked.error().code == errc::not_found || walked.error().code == errc::not_a_directory);
    if (!walked && !nothing) return walked;
    std::sort(begins.begin(), begins.end(), [&](std::size_t a, std::size_t b) {
        return std::string_view(found.data() + a) < std::string_view(found.data() + b);
    });
    for (const std::size_t begin : begins) visit(static_cast<const char*>(found.data() + begin));
    return {};
}

}  // namespace vitte::sys
