/// Clocks as plain nanoseconds, without `<chrono>`.
#pragma once

#include <vitte/sys/platform.hpp>

namespace vitte::sys {

/// Nanoseconds of a clock that never goes back; only differences mean something.
template <platform P = native>
std::int64_t monotonic_time() noexcept {
    return P::clocks::monotonic();
}
/// Nanoseconds since 1970-01-01 UTC, without leap seconds.
template <platform P = native>
std::int64_t wall_time() noexcept {
    return P::clocks::wall();
}

}  // namespace vitte::sys
