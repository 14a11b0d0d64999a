/// How many CPUs the control groups of this process let it use (cgroups(7), "CPU controller").
#pragma once

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cstdint>
#include <vitte/sys/platform/posix/descriptor.hpp>

namespace vitte::sys::linux_os {

namespace detail {

/// The start of a small text file, with a NUL behind it; empty if it cannot be read.
template <std::size_t N>
void read_text(const char* path, char (&to)[N]) noexcept {
    to[0] = 0;
    const int file = posix::above_streams(::open(path, O_RDONLY | O_CLOEXEC));
    if (file == -1) return;
    const ssize_t got = ::read(file, to, N - 1);
    ::close(file);
    to[got < 0 ? 0 : got] = 0;
}

/// CPUs for the text of `cpu.max`, "max 100000" or "150000 100000" microseconds, rounded up; `UINT_MAX` without a
/// limit.
inline unsigned cpus_of(const char* text) noexcept {
    char* rest = nullptr;
    const long quota = ::strtol(text, &rest, 10);
    if (rest == text || quota <= 0) return UINT_MAX;
    const long period = ::strtol(rest, nullptr, 10);
    return period <= 0 ? UINT_MAX : static_cast<unsigned>((quota + period - 1) / period);
}

}  // namespace detail

/// The smallest quota of this process's group (version 2) and of those above it; `UINT_MAX` if there is none.
inline unsigned cpu_quota() noexcept {
    char groups[PATH_MAX], path[PATH_MAX + 32] = "/sys/fs/cgroup";
    constexpr std::size_t root = sizeof "/sys/fs/cgroup" - 1;
    detail::read_text("/proc/self/cgroup", groups);
    const char* const own = ::strstr(groups, "0::");
    if (own == nullptr) return UINT_MAX;
    std::size_t length = ::strcspn(own + 3, "\n");
    ::memcpy(path + root, own + 3, length);
    unsigned least = UINT_MAX;
    for (length += root; length >= root; --length) {
        if (length != root && path[length] != '/' && path[length] != 0) continue;
        char text[64];
        ::strcpy(path + length, "/cpu.max");
        detail::read_text(path, text);
        const unsigned here = detail::cpus_of(text);
        if (here < least) least = here;
        path[length] = 0;
    }
    return least;
}

}  // namespace vitte::sys::linux_os
