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

/// Deadlines from what `std::chrono` has: never, if nanoseconds cannot count it.
template <class Rep, class Period>
deadline deadline_after(std::chrono::duration<Rep, Period> duration) noexcept {
    const double rough = std::chrono::duration<double, std::nano>(duration).count();
    if (!(rough < 9e18)) return deadline::never();
    return deadline::after(rough <= 0 ? 0 : std::chrono::ceil<std::chrono::nanoseconds>(duration).count());
}
inline deadline deadline_at(monotonic_clock::time_point point) noexcept {
    return deadline::at(point.time_since_epoch().count());
}

}  // namespace vitte::sys
