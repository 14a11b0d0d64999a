/// `retry_pace`: the clock of a loop that repeats a call until it is done or a deadline has passed.
#pragma once

#include <utility>
#include <vitte/sys/time/deadline.hpp>

namespace vitte::sys::detail {

/// Ends a loop around a system call at its deadline, and slows it down where it would spin. "Ready" does not mean that
/// the call succeeds: another thread may have taken what there was, and Linux finds a datagram socket writable whose
/// receiver has no room. A loop that only waits with a deadline then uses a CPU, and never ends.
template <platform P>
class retry_pace {
public:
    /// Call before each repetition. The first call succeeds; later ones fail with `errc::timed_out` from `until` on.
    result<void> in_time(deadline until, const char* operation) noexcept {
        if (std::exchange(is_first_, false) || until.is_never()) return {};
        if (P::clocks::monotonic() >= until.monotonic()) return fail(errc::timed_out, operation);
        return {};
    }
    /// Call after `errc::would_block`, before each wait. As `in_time`; also sleeps when waiting does not help, at most
    /// until `until`.
    result<void> before_wait(deadline until, const char* operation) noexcept {
        VITTE_CHECK(in_time(until, operation));
        const std::int64_t pause = next_pause();
        if (pause != 0) sleep(pause, until);
        return {};
    }
    /// Sleeps where nothing can be waited for, at most until `until`; fails with `errc::timed_out` from then on.
    result<void> sleep_before_retry(deadline until, const char* operation) noexcept {
        if (P::clocks::monotonic() >= until.monotonic()) return fail(errc::timed_out, operation);
        sleep(longer_pause(), until);
        return {};
    }
    /// Returns the nanoseconds to sleep before the next wait: 0 at first and after a wait that took time; else 50 us,
    /// and then each time twice as long, up to 20 ms.
    std::int64_t next_pause() noexcept {
        constexpr std::int64_t at_once = 1'000'000;
        const std::int64_t now = P::clocks::monotonic();
        const bool has_waited = tries_ < 2 || now - last_ > at_once + pause_;
        if (tries_ < 2) ++tries_;
        last_ = now + (has_waited ? pause_ = 0 : longer_pause());
        return pause_;
    }

private:
    std::int64_t longer_pause() noexcept {
        constexpr std::int64_t shortest = 50'000, longest = 20'000'000;
        return pause_ = pause_ == 0 ? shortest : pause_ < longest / 2 ? 2 * pause_ : longest;
    }
    static void sleep(std::int64_t pause, deadline until) noexcept {
        const deadline end = deadline::after<P>(pause);
        static_cast<void>(P::clocks::sleep_until((end < until ? end : until).monotonic()));
    }

    bool is_first_ = true;
    unsigned char tries_ = 0;
    std::int64_t last_ = 0, pause_ = 0;
};

}  // namespace vitte::sys::detail
