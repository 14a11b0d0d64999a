/// Environment variables.
#pragma once

#include <span>

#include <vitte/sys/platform.hpp>

namespace vitte::sys {

/// Copies the value of the variable `name` (UTF-8) and a NUL to `to`; returns its length without the NUL, which is as
/// large as `to` or larger if it did not fit. `errc::not_found` if there is no such variable.
template <platform P = native>
result<std::size_t> environment(const char* name, std::span<char> to) noexcept {
    return P::environment::get(name, to.data(), to.size());
}

/// Calls `visit(const char* entry)` with "NAME=value" for each variable, while nobody changes any.
template <platform P = native, class Visit>
void for_each_variable(Visit visit) {
    P::environment::for_each([](void* f, const char* entry) { (*static_cast<Visit*>(f))(entry); }, &visit);
}

}  // namespace vitte::sys
