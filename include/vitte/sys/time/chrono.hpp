/// The clocks as `std::chrono` clocks ([time.clock.req]), for programs that pay for `<chrono>` anyway.
#pragma once

#include <chrono>

#include <vitte/sys/time/deadline.hpp>

namespace vitte::sys {

/// A `std::chrono` clock over one of the functions of `time.hpp`.
template <std::int64_t (*Read)() noexcept, bool Steady>
struct chrono_clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<chrono_clock>;
    static constexpr bool is_steady = Steady;
    static time_point now() noexcept { return time_point(duration(Read())); }
};

using monotonic_clock = chrono_clock<monotonic_time<>, true>;
using coarse_clock = chrono_clock<coarse_time<>, true>;
using boot_clock = chrono_clock<boot_time<>, true>;
using wall_clock = chrono_clock<wall_time<>, false>;
using process_cpu_clock = chrono_clock<process_cpu_time<>, true>;
using thread_cpu_clock = chrono_clock<thread_cpu_time<>, true>;

/// Deadlines from what `std::chrono` has: never, if nanoseconds cannot count it. Parts of nanoseconds are rounded up.
template <class Rep, class Period>
deadline deadline_after(std::chrono::duration<Rep, Period> duration) noexcept {
    const double rough = std::chrono::duration<double, std::nano>(duration).count();
    if (!(rough < 9e18)) return deadline::never();
    if (rough <= 0) return deadline::after(0);
    std::int64_t whole = 0;
    double rest = rough;
    if constexpr (std::is_integral_v<Rep>) {  // by turns of the ratio: `std::chrono` multiplies first, and overflows
        using ratio = std::ratio_divide<Period, std::nano>;
        const auto ticks = duration.count();
        whole = static_cast<std::int64_t>(ticks / ratio::den) * ratio::num;
        rest = static_cast<double>(ticks % ratio::den) * static_cast<double>(ratio::num) / ratio::den;
    }
    const auto floor = static_cast<std::int64_t>(rest);
    return deadline::after(whole + floor + (static_cast<double>(floor) < rest ? 1 : 0));
}
inline deadline deadline_at(monotonic_clock::time_point point) noexcept {
    return deadline::at(point.time_since_epoch().count());
}

}  // namespace vitte::sys
