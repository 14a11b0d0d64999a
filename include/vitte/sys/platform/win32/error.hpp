/// Windows error numbers as portable causes (System Error Codes).
#pragma once

#include <vitte/core/result.hpp>
#include <vitte/sys/platform/win32/api.hpp>

namespace vitte::sys::win32 {

constexpr errc cause_of(unsigned long number) noexcept {
    switch (number) {
        case 2: case 3: case 15: case 53: case 67: case 126: case 127: case 161: case 203: return errc::not_found;
        case 80: case 183: return errc::already_exists;
        case 5: case 19: case 1314: return errc::permission_denied;
        case 87:
        case 123:
        case 4390:
        case 131:
        case 132:
        case 160:
        case 487:
        case 1113: return errc::invalid_argument;
        case 6: return errc::bad_handle;
        case 8: case 14: case 1450: case 1453: case 1455: return errc::out_of_memory;
        case 4: return errc::out_of_handles;
        case 39: case 112: case 1295: return errc::no_space;
        case 111: case 223: return errc::too_large;
        case 11:
        case 193: return errc::malformed;
        case 206: return errc::name_too_long;
        case 267: return errc::not_a_directory;
        case 145: return errc::not_empty;
        case 1142: case 1921: return errc::too_many_links;
        case 17: return errc::cross_device;
        case 32: case 33: case 142: case 170: case 1224: return errc::busy;
        case 995: return errc::interrupted;
        case 996: case 997: return errc::would_block;
        case 121: case 258: case 1460: return errc::timed_out;
        case 109: case 232: case 233: return errc::broken_pipe;
        case 21: case 23: case 29: case 30: case 1117: return errc::io_error;
        case 1: case 50: case 120: case 1920: return errc::not_supported;
        case 38: return errc::end_of_input;
        default: return errc::unknown;
    }
}

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
