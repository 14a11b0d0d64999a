/// Clocks of Windows. The performance counter also counts while the system sleeps.
#pragma once

#include <vitte/sys/platform/win32/error.hpp>

namespace vitte::sys::win32 {

struct clocks {
    static std::int64_t monotonic() noexcept {
        std::int64_t ticks = 0, per_second = 1;
        QueryPerformanceCounter(as<_LARGE_INTEGER>(&ticks));
        QueryPerformanceFrequency(as<_LARGE_INTEGER>(&per_second));
        return ticks / per_second * 1'000'000'000 + ticks % per_second * 1'000'000'000 / per_second;
    }
    static std::int64_t boot() noexcept { return monotonic(); }
    /// There is no cheap clock with the same zero.
    static std::int64_t coarse() noexcept { return monotonic(); }
    static std::int64_t wall() noexcept {
        file_time now{};
        GetSystemTimePreciseAsFileTime(as<_FILETIME>(&now));
        return now.since_1970();
    }
    static std::int64_t process_cpu() noexcept { return cpu_time(&GetProcessTimes, GetCurrentProcess()); }
    static std::int64_t thread_cpu() noexcept { return cpu_time(&GetThreadTimes, GetCurrentThread()); }

    /// A timer of high resolution (Windows 10 1803), since `Sleep` counts in ticks of up to 16 ms.
    static result<void> sleep_until(std::int64_t point) noexcept {
        constexpr unsigned long high_resolution = 2, all_access = 0x1f0003;
        const std::int64_t left = point - monotonic();
        if (left <= 0) return {};
        const handle timer = CreateWaitableTimerExW(nullptr, nullptr, high_resolution, all_access);
        const std::int64_t due = -(left / 100 + 1);
        if (timer != nullptr && SetWaitableTimer(timer, as<const _LARGE_INTEGER>(&due), 0, nullptr, nullptr, 0) != 0)
            WaitForSingleObject(timer, 0xffffffff);
        else
            Sleep(milliseconds(left));
        if (timer != nullptr) CloseHandle(timer);
        if (monotonic() < point) return fail(errc::interrupted, "sleep");
        return {};
    }

    /// For calls that count in milliseconds: not shorter, and not for ever.
    static unsigned long milliseconds(std::int64_t nanoseconds) noexcept {
        if (nanoseconds <= 0) return 0;
        const std::int64_t count = (nanoseconds - 1) / 1'000'000 + 1;
        return count < 0xffffffff ? static_cast<unsigned long>(count) : 0xfffffffe;
    }

    /// The failure of a wait that the system has ended at its time: `errc::interrupted` if `until` is still to come,
    /// since calls count 49 days, and by another clock.
    static error time_is_over(std::int64_t until, const char* operation, int number) noexcept {
        const bool over = until != INT64_MAX && monotonic() >= until;
        return {over ? errc::timed_out : errc::interrupted, number, operation};
    }

    /// Waits until one of the objects is signalled; `errc::timed_out` at `until`, `errc::interrupted`.
    static result<void> wait_any(void* const* objects, std::size_t count, std::int64_t until) noexcept {
        constexpr unsigned timed_out = 258, failed_wait = 0xffffffff;
        const unsigned long limit = until == INT64_MAX ? 0xffffffff : milliseconds(until - monotonic());
        const unsigned long ready = WaitForMultipleObjects(static_cast<unsigned long>(count), objects, 0, limit);
        if (ready == timed_out) return unexpected(time_is_over(until, "WaitForMultipleObjects", timed_out));
        if (ready == failed_wait) return last_error("WaitForMultipleObjects");
        return {};
    }

private:
    static std::int64_t cpu_time(int (*times)(void*, _FILETIME*, _FILETIME*, _FILETIME*, _FILETIME*),
                                 handle of) noexcept {
        file_time created{}, ended{}, kernel{}, user{};
        times(of, as<_FILETIME>(&created), as<_FILETIME>(&ended), as<_FILETIME>(&kernel), as<_FILETIME>(&user));
        return (kernel.ticks() + user.ticks()) * 100;
    }
};

}  // namespace vitte::sys::win32
