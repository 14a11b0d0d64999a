/// New file descriptors, which never take the place of a standard stream that is closed.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <vitte/sys/platform/posix/error.hpp>

namespace vitte::sys::posix {

/// Moves `made`, a new descriptor that no child inherits, to a number above those of the standard streams, if it has
/// one of these. Otherwise output would be written to it, and children would inherit it. Returns its number; -1, with
/// `errno` set, if it is -1 or cannot be moved. WASI has no way to move it. Until it is
/// moved, other threads find it in the place of the stream, but give it to no child. Streams of folders and text files
/// that are read within one call are left where they are.
inline int above_streams(int made) noexcept {
#if !defined(__wasi__)
    if (made < 0 || made > 2) return made;
    const int moved = ::fcntl(made, F_DUPFD_CLOEXEC, 3), number = errno;
    ::close(made);
    errno = number;
    return moved;
#else
    return made;
#endif
}

/// The same for two new descriptors, which a call made with the result `returned`. Closes both if one cannot be moved.
inline result<void> above_streams(int returned, int (&pair)[2], const char* operation) noexcept {
    if (returned == -1) return last_error(operation);
    for (int& end : pair) {
        end = above_streams(end);
        if (end != -1) continue;
        const auto failed = last_error(operation);
        for (const int other : pair)
            if (other != -1) ::close(other);
        return failed;
    }
    return {};
}

}  // namespace vitte::sys::posix
