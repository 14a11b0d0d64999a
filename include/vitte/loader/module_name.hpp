/// What modules may be called.
#pragma once

#include <algorithm>
#include <string_view>

namespace vitte::loader {

/// Whether `name` can be a module's: at most 128 lower-case letters, digits, `-`, `_` and `.`, in parts with `/`
/// between them of which none is empty, "." or "..". So it is a relative path on every OS, and neither ':' nor '@' is
/// in it.
constexpr bool is_module_name(std::string_view name) noexcept {
    if (name.size() > 128) return false;
    for (std::size_t begin = 0;;) {
        const std::size_t end = std::min(name.find('/', begin), name.size());
        const std::string_view part = name.substr(begin, end - begin);
        if (part.empty() || part == "." || part == "..") return false;
        for (const char c : part)
            if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.') return false;
        if (end == name.size()) return true;
        begin = end + 1;
    }
}

}  // namespace vitte::loader
