/// What `errno` tells of, as an error.
#pragma once

#include <errno.h>

#include <vitte/core/error_cause.hpp>
#include <vitte/core/result.hpp>

namespace vitte::sys::posix {

using vitte::detail::cause_of;
using vitte::detail::link_not_followed;
using vitte::detail::no_attribute;

/// The failure that `errno` tells of.
inline unexpected<error> last_error(const char* operation) noexcept {
    const int number = errno;
    return fail(cause_of(number), operation, number);
}

/// Success, or what `errno` tells, for calls that return -1 on failure.
inline result<void> checked(int returned, const char* operation) noexcept {
    if (returned == -1) return last_error(operation);
    return {};
}

}  // namespace vitte::sys::posix
