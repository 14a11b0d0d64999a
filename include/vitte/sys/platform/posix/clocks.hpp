/// Clocks through `clock_gettime` (POSIX.1-2017), with the extra clocks that a system names.
#pragma once

#include <time.h>

#include <cstdint>

#include <vitte/sys/platform/posix/error.hpp>

namespace vitte::sys::posix {

struct clocks {
#if defined(CLOCK_UPTIME_RAW)
    static constexpr clockid_t monotonic_clock = CLOCK_UPTIME_RAW, boot_clock = CLOCK_MONOTONIC_RAW,
                               coarse_clock = CLOCK_UPTIME_RAW_APPROX;
#elif defined(CLOCK_BOOTTIME) && defined(CLOCK_MONOTONIC_COARSE) && !defined(VITTE_PLATFORM_POSIX)
    static constexpr clockid_t monotonic_clock = CLOCK_MONOTONIC, boot_clock = CLOCK_BOOTTIME,
                               coarse_clock = CLOCK_MONOTONIC_COARSE;
#else
    static constexpr clockid_t monotonic_clock = CLOCK_MONOTONIC, boot_clock = CLOCK_MONOTONIC,
                               coarse_clock = CLOCK_MONOTONIC;
#endif

    static std::int64_t monotonic() noexcept { return read(monotonic_clock); }
    static std::int64_t boot() noexcept { return read(boot_clock); }
    static std::int64_t coarse() noexcept { return read(coarse_clock); }
    static std::int64_t wall() noexcept { return read(CLOCK_REALTIME); }
#if defined(CLOCK_PROCESS_CPUTIME_ID) && defined(CLOCK_THREAD_CPUTIME_ID)
    static std::int64_t process_cpu() noexcept { return read(CLOCK_PROCESS_CPUTIME_ID); }
    static std::int64_t thread_cpu() noexcept { return read(CLOCK_THREAD_CPUTIME_ID); }
#else
    static std::int64_t process_cpu() noexcept { return monotonic(); }
    static std::int64_t thread_cpu() noexcept { return monotonic(); }
#endif

#if defined(__APPLE__) || defined(__OpenBSD__) || defined(__wasi__)
    /// The first two have no `clock_nanosleep`, and hosts of WASI take its absolute times for durations.
    static result<void> sleep_until(std::int64_t point) noexcept {
        const std::int64_t left = point - monotonic();
        if (left <= 0) return {};
        const timespec duration = split(left);
        VITTE_CHECK(checked(::nanosleep(&duration, nullptr), "nanosleep"));
        if (monotonic() < point) return fail(errc::interrupted, "nanosleep");  // some hosts count whole milliseconds
        return {};
    }
#else
    static result<void> sleep_until(std::int64_t point) noexcept {
        const timespec at = split(point);
        const int failed = ::clock_nanosleep(monotonic_clock, TIMER_ABSTIME, &at, nullptr);
        if (failed != 0) return fail(cause_of(failed), "clock_nanosleep", failed);
        return {};
    }
#endif

    /// The failure of a wait that the system has ended at its time: `errc::interrupted` if `until` is still to come,
    /// since no system counts as far as deadlines may be away.
    static error time_is_over(std::int64_t until, const char* operation, int number = 0) noexcept {
        const bool over = until != INT64_MAX && monotonic() >= until;
        return {over ? errc::timed_out : errc::interrupted, number, operation};
    }

    /// Where seconds have 32 bits, no more of them than that.
    static constexpr timespec split(std::int64_t nanoseconds) noexcept {
        constexpr std::int64_t most = sizeof(time_t) < 8 ? INT32_MAX : INT64_MAX;
        const std::int64_t seconds = nanoseconds / 1'000'000'000;
        timespec made{};
        made.tv_sec = static_cast<time_t>(seconds < most ? seconds : most);
        made.tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000);
        return made;
    }

private:
    static std::int64_t read(clockid_t clock) noexcept {
        timespec now;
        ::clock_gettime(clock, &now);
        return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
    }
};

}  // namespace vitte::sys::posix
