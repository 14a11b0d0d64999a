/// The portable causes that the operating system's own error codes stand for.
#pragma once

#if !defined(_WIN32)
#include <cerrno>
#endif

#include <vitte/core/error.hpp>

namespace vitte::detail {

#if defined(_WIN32)

/// System Error Codes.
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
        // Windows Sockets Error Codes
        case 11001: return errc::not_found;
        case 10013: return errc::permission_denied;
        case 10014: case 10022: return errc::invalid_argument;
        case 10009: case 10038: return errc::bad_handle;
        case 10055: return errc::out_of_memory;
        case 10024: return errc::out_of_handles;
        case 10040: return errc::too_large;
        case 10004: return errc::interrupted;
        case 10035: case 10036: case 10037: case 11002: return errc::would_block;
        case 10060: return errc::timed_out;
        case 10058: return errc::broken_pipe;
        case 10041: case 10042: case 10043: case 10044: case 10045: case 10046: case 10047: return errc::not_supported;
        case 10061: return errc::refused;
        case 10052: case 10053: case 10054: return errc::disconnected;
        case 10050: case 10051: case 10064: case 10065: return errc::unreachable;
        case 10048: return errc::address_in_use;
        case 10049: return errc::no_such_address;
        case 10039: case 10057: return errc::not_connected;
        case 10056: return errc::already_connected;
        default: return errc::unknown;
    }
}

#else

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

/// POSIX.1-2017, System Interfaces 2.3.
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
        case EFBIG: case EOVERFLOW: case E2BIG: case ERANGE: case EMSGSIZE: return errc::too_large;
        case ENAMETOOLONG: return errc::name_too_long;
        case ENOTDIR: return errc::not_a_directory;
        case EISDIR: return errc::is_a_directory;
        case ENOTEMPTY: return errc::not_empty;
        case ELOOP: case EMLINK: return errc::too_many_links;
        case EXDEV: return errc::cross_device;
        case EBUSY: case ETXTBSY: return errc::busy;
        case EINTR: return errc::interrupted;
        case EAGAIN: case EINPROGRESS: case EALREADY: return errc::would_block;
        case ETIMEDOUT: return errc::timed_out;
        case EPIPE: return errc::broken_pipe;
        case EIO: return errc::io_error;
        case ENOEXEC: case EILSEQ: return errc::malformed;
        case ENOSYS: case ENOTSUP: case EAFNOSUPPORT: case EPROTONOSUPPORT: case EPROTOTYPE: case ENOPROTOOPT:
        case ENOTTY:
            return errc::not_supported;
        case ECONNREFUSED: return errc::refused;
        case ECONNRESET: case ECONNABORTED: return errc::disconnected;
        case ENETUNREACH: case EHOSTUNREACH: case ENETDOWN: case ENETRESET: return errc::unreachable;
        case EADDRINUSE: return errc::address_in_use;
        case EADDRNOTAVAIL: return errc::no_such_address;
        case ENOTCONN: case EDESTADDRREQ: return errc::not_connected;
        case EISCONN: return errc::already_connected;
        case ECANCELED: return errc::cancelled;
        case ENOBUFS: return errc::out_of_memory;
        case ENOTSOCK: return errc::bad_handle;
        default: return errc::unknown;
    }
}

#endif

}  // namespace vitte::detail
