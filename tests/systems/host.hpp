// What the implementations share: they are sources for Linux, with the numbers of one system as TARGET_….
#pragma once

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

#include "target.h"

#include "include/layout/stat.hpp"

#include "include/layout/resource.hpp"

#include "include/layout/dirent.hpp"
#undef d_ino

#include "include/layout/kevent.hpp"

#include "quirks.hpp"

namespace systems {

/// A number of Linux and the same thing's number there.
struct pair {
    int host, target;
};
#define PAIR(name) {name, TARGET_##name}

/// Bits of the system in those of Linux; nothing if there are others among them, which the system does not know.
template <std::size_t count>
std::optional<int> host_bits(const pair (&known)[count], int bits) {
    int made = 0;
    for (const pair& one : known)
        if (one.target != 0 && (bits & one.target) == one.target) made |= one.host, bits &= ~one.target;
    if (bits != 0) return std::nullopt;
    return made;
}
/// One number of the system in that of Linux.
template <std::size_t count>
std::optional<int> host_number(const pair (&known)[count], int number) {
    for (const pair& one : known)
        if (one.target == number) return one.host;
    return std::nullopt;
}

/// What the system calls an error of Linux.
int target_error(int host);

/// -1 with an error of the system.
template <class Result = int>
Result refuse(int target) {
    errno = target;
    return static_cast<Result>(-1);
}
/// What a call of Linux has returned, and its error as the system's if it is -1.
template <class Result>
Result told(Result returned) {
    if (returned == static_cast<Result>(-1)) errno = target_error(errno);
    return returned;
}

inline int host_folder(int folder) { return folder == TARGET_AT_FDCWD ? AT_FDCWD : folder; }

/// Tables that are used by more than one source.
std::optional<int> host_open_flags(int target);
std::optional<int> host_clock(int target);
std::optional<int> host_signal(int target);
int signal_of(int host);

/// A whole number of an environment variable, by which tests set what on the system is a setting or takes long.
long setting(const char* variable, long usual);

/// Microseconds after which a sleep ends as if its time had passed: no system counts as far as ours.
inline constexpr const char* longest_sleep = "VITTE_LONGEST_SLEEP";
/// A duration, or the longest sleep if that is set and shorter.
inline timespec shortened(const timespec& time) {
    const long longest = setting(longest_sleep, 0);
    if (longest == 0 || time.tv_sec * 1'000'000 + time.tv_nsec / 1000 < longest) return time;
    timespec made{};
    made.tv_sec = longest / 1'000'000;
    made.tv_nsec = longest % 1'000'000 * 1000;
    return made;
}

/// What queues must know: before `file` is closed, when a file lost data, and when one lost a name.
void forget_watched(int file);
void note_truncated(int file);
void note_removal(const struct stat& of);

}  // namespace systems
