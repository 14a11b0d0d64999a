// Sleeping on a word by Linux's futexes.
#pragma once

#include <linux/futex.h>

#include "host.hpp"

namespace systems {

/// 0 when it was woken, or an error of Linux: EAGAIN if the word has another value. Times are of CLOCK_MONOTONIC.
inline int futex_wait(std::uint32_t* word, std::uint32_t expected, const timespec* time, bool absolute) {
    const int operation = (absolute ? FUTEX_WAIT_BITSET : FUTEX_WAIT) | FUTEX_PRIVATE_FLAG;
    const long done = ::syscall(SYS_futex, word, operation, expected, time, nullptr, FUTEX_BITSET_MATCH_ANY);
    return done == 0 ? 0 : errno;
}
/// How many were woken.
inline int futex_wake(std::uint32_t* word, int most) {
    return static_cast<int>(::syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, most, nullptr, nullptr, 0));
}

}  // namespace systems
