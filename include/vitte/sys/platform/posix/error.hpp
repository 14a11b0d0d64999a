/// POSIX error numbers as portable causes (POSIX.1-2017, System Interfaces 2.3).
#pragma once

#include <errno.h>

#include <vitte/core/result.hpp>

namespace vitte::sys::posix {

/// A file without the extended attribute that was asked for.
#if defined(ENODATA) && !defined(ENOATTR)
inline constexpr int no_attribute = ENODATA;
#elif defined(ENOATTR)
inline constexpr int no_attribute = ENOATTR;
#else
inline constexpr int no_attribute = -1;
#endif

/// What open(2) says of a link with O_NOFOLLOW, but for FreeBSD, where it is EMLINK.
#if defined(__NetBSD__)
inline constexpr int link_not_followed = EFTYPE;
#else
inline constexpr int link_not_followed = ELOOP;
#endif

inline errc cause_of(int number) noexcept {
#if defined(EBADARCH) && defined(EBADMACHO)
    if (number == EBADARCH || number == EBADMACHO) return errc::malformed;
#endif
    if (number == link_not_followed) return errc::too_many_links;
    if (number == EOPNOTSUPP) return errc::not_supported;  // which may be ENOTSUP
    switch (number) {
        case ENOENT: case ESRCH: case ECHILD: case no_attribute: case ENXIO: case ENODEV: return errc::not_found;
        case EEXIST: return errc::already_exists;
        case EACCES: case EPERM: case EROFS: return errc::permission_denied;
        case EINVAL: case EDOM: case EFAULT: return errc::invalid_argument;
        case EBADF: return errc::bad_handle;
        case ENOMEM: return errc::out_of_memory;
        case EMFILE: case ENFILE: return errc::out_of_handles;
        case ENOSPC: case EDQUOT: return errc::no_space;
        case EFBIG: case EOVERFLOW: case E2BIG: case ERANGE: return errc::too_large;
        case ENAMETOOLONG: return errc::name_too_long;
        case ENOTDIR: return errc::not_a_directory;
        case EISDIR: return errc::is_a_directory;
        case ENOTEMPTY: return errc::not_empty;
        case ELOOP: case EMLINK: return errc::too_many_links;
        case EXDEV: return errc::cross_device;
        case EBUSY: case ETXTBSY: return errc::busy;
        case EINTR: return errc::interrupted;
        case EAGAIN: return errc::would_block;
        case ETIMEDOUT: return errc::timed_out;
        case EPIPE: return errc::broken_pipe;
        case EIO: return errc::io_error;
        case ENOEXEC: return errc::malformed;
        case ENOSYS: case ENOTSUP: return errc::not_supported;
        default: return errc::unknown;
    }
}

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
