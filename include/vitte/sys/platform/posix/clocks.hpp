/// Clocks through `clock_gettime` (POSIX.1-2017). Both clocks exist everywhere, so that the call cannot fail.
#pragma once

#include <time.h>

#include <cstdint>

namespace vitte::sys::posix {

struct clocks {
    static std::int64_t monotonic() noexcept { return read(CLOCK_MONOTONIC); }
    static std::int64_t wall() noexcept { return read(CLOCK_REALTIME); }

private:
    static std::int64_t read(clockid_t clock) noexcept {
        struct timespec t;
        ::clock_gettime(clock, &t);
        return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
    }
};

}  // namespace vitte::sys::posix
