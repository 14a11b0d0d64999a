/// What `GetLastError` tells of, as an error.
#pragma once

#include <vitte/core/error_cause.hpp>
#include <vitte/core/result.hpp>
#include <vitte/sys/platform/win32/api.hpp>

namespace vitte::sys::win32 {

using vitte::detail::cause_of;

/// Whether a reparse point was met that nobody follows, such as an alias of a program from the store: it is there, but
/// only itself (ERROR_CANT_ACCESS_FILE).
inline bool leads_nowhere(const error& why) noexcept { return why.native == 1920; }

inline unexpected<error> failed(unsigned long number, const char* operation) noexcept {
    return fail(cause_of(number), operation, static_cast<int>(number));
}

/// The failure that `GetLastError` tells of.
inline unexpected<error> last_error(const char* operation) noexcept { return failed(GetLastError(), operation); }

/// Success, or what `GetLastError` tells, for calls that return 0 on failure.
inline result<void> checked(int succeeded, const char* operation) noexcept {
    if (succeeded == 0) return last_error(operation);
    return {};
}

}  // namespace vitte::sys::win32
