/// Environment variables.
#pragma once

#include <span>

#include <vitte/sys/platform/environment.hpp>

namespace vitte::sys {

namespace detail {

/// The length of the name that `entry` begins with: to its "=", or all of it.
inline std::size_t length_of_variable(const char* entry) noexcept {
    std::size_t length = 0;
    while (entry[length] != 0 && entry[length] != '=') ++length;
    return length;
}

}  // namespace detail

/// Copies the value of the variable `name` (UTF-8) and a NUL to `to`; returns its length without the NUL, which is as
/// large as `to` or larger if it did not fit. `errc::not_found` if there is no such variable; names have at
/// least one character and no "=".
template <platform P = native>
result<std::size_t> environment(const char* name, std::span<char> to) noexcept {
    const std::size_t length = detail::length_of_variable(name);
    if (length == 0 || name[length] != 0) return fail(errc::not_found, "environment");
    return P::environment::get(name, to.data(), to.size());
}

/// Calls `visit(const char* entry)` with "NAME=value" for each variable, while nobody changes any. What else a system
/// keeps there, such as the folders of drives on Windows ("=C:=C:\"), is passed over.
template <platform P = native, class Visit>
void for_each_variable(Visit visit) {
    P::environment::for_each(
        [](void* f, const char* entry) {
            const std::size_t length = detail::length_of_variable(entry);
            if (length != 0 && entry[length] == '=') (*static_cast<Visit*>(f))(entry);
        },
        &visit);
}

}  // namespace vitte::sys
