/// Clocks as plain nanoseconds, without `<chrono>`; for that see `time/chrono.hpp`.
#pragma once

#include <vitte/sys/platform.hpp>

namespace vitte::sys {

/// Nanoseconds of a clock that never goes back; only differences mean something.
template <platform P = native>
std::int64_t monotonic_time() noexcept {
    return P::clocks::monotonic();
}
/// The same as of the kernel's last tick, some milliseconds ago; several times cheaper to read.
template <platform P = native>
std::int64_t coarse_time() noexcept {
    return P::clocks::coarse();
}
/// Nanoseconds since the system was started, sleep included.
template <platform P = native>
std::int64_t boot_time() noexcept {
    return P::clocks::boot();
}
/// Nanoseconds since 1970-01-01 UTC, without leap seconds.
template <platform P = native>
std::int64_t wall_time() noexcept {
    return P::clocks::wall();
}
/// Nanoseconds of CPU time that this process, or this thread, has used.
template <platform P = native>
std::int64_t process_cpu_time() noexcept {
    return P::clocks::process_cpu();
}
template <platform P = native>
std::int64_t thread_cpu_time() noexcept {
    return P::clocks::thread_cpu();
}

}  // namespace vitte::sys
