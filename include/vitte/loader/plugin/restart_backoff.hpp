/// When something that dies is started again: soon at first, then ever later.
#pragma once

#include <cstdint>

namespace vitte::loader {

/// Waits in nanoseconds.
struct restart_waits {
    std::int64_t first = 100'000'000;     ///< after the first death; twice as long after each one more
    std::int64_t most = 30'000'000'000;   ///< but no longer than this
    std::int64_t steady = 60'000'000'000; ///< who lived this long dies for the first time again
};

/// Counts deaths. All times are readings of one monotonic clock.
class restart_backoff {
public:
    constexpr explicit restart_backoff(const restart_waits& waits = {}) noexcept : waits_(waits) {}

    constexpr void started(std::int64_t now) noexcept { started_ = now; }
    constexpr void died(std::int64_t now) noexcept {
        if (now - started_ >= waits_.steady) wait_ = 0;
        wait_ = wait_ == 0 ? waits_.first : wait_ > waits_.most / 2 ? waits_.most : 2 * wait_;
        if (wait_ > waits_.most) wait_ = waits_.most;
        next_ = now > INT64_MAX - wait_ ? INT64_MAX : now + wait_;
    }
    /// When it may be started.
    constexpr std::int64_t next_start() const noexcept { return next_; }

private:
    restart_waits waits_;
    std::int64_t wait_ = 0, started_ = 0, next_ = 0;
};

}  // namespace vitte::loader
