/// `event` and `parker`: a flag that can be waited for, in four bytes.
#pragma once

#include <vitte/sys/thread/word.hpp>

namespace vitte::sys {

/// Stays set until it is reset, and lets everybody through meanwhile. Whoever waits when it is set gets through, even
/// if it is reset at once. Who resets it, also when it is reset already, or gets through, sees what was written before
/// each `set` that came before, also one that found it set: work that is queued before `set` and looked for after
/// `reset` is not missed.
template <platform P = native>
class basic_event {
public:
    constexpr explicit basic_event(bool set = false) noexcept : word_(set ? is_set : 0) {}

    void set() noexcept {
        std::uint32_t seen = word_.load_relaxed();
        const auto next = [&seen] { return (seen & is_set) != 0 ? seen : ((seen & ~awaited) + one_time) | is_set; };
        while (!word_.compare_exchange_release(seen, next())) {}
        if ((seen & (is_set | awaited)) == awaited) word_.wake_all();
    }
    void reset() noexcept {
        std::uint32_t seen = word_.load_relaxed();
        while (!word_.compare_exchange_acquire(seen, seen & ~is_set)) {}
    }
    bool try_wait() const noexcept { return (word_.load_acquire() & is_set) != 0; }
    void wait() noexcept { static_cast<void>(wait_until(deadline::never())); }
    /// False if it was not set in time.
    bool wait_until(deadline until) noexcept {
        std::uint32_t seen = word_.load_acquire();
        const std::uint32_t times = seen / one_time;
        for (bool in_time = true; (seen & is_set) == 0 && seen / one_time == times; seen = word_.load_acquire()) {
            if (!in_time) return false;
            if ((seen & awaited) == 0 && !word_.compare_exchange_relaxed(seen, seen | awaited)) continue;
            in_time = word_.wait(seen | awaited, until);
        }
        return true;
    }

private:
    /// Two flags, and above them how many times it was set.
    static constexpr std::uint32_t is_set = 1, awaited = 2, one_time = 4;
    detail::lock_word<P> word_;
};
using event = basic_event<>;

/// A token that one thread waits for and any thread gives: `unpark` before `park` is not lost, and many count as one.
template <platform P = native>
class basic_parker {
public:
    constexpr basic_parker() noexcept = default;

    /// Waits for the token and takes it. For one thread.
    void park() noexcept { static_cast<void>(park_until(deadline::never())); }
    /// False if there was no token in time.
    bool park_until(deadline until) noexcept {
        for (bool in_time = true;;) {
            std::uint32_t seen = none;
            if (!word_.compare_exchange_strong_acquire(seen, parked) && seen == given) {
                word_.exchange_acquire(none);  // sees what every giver of the token has written
                return true;
            }
            if (!in_time && word_.compare_exchange_strong_acquire(seen = parked, none)) return false;
            if (in_time) in_time = word_.wait(parked, until);
        }
    }
    void unpark() noexcept {
        if (word_.exchange_release(given) == parked) word_.wake_one();
    }

private:
    static constexpr std::uint32_t none = 0, given = 1, parked = 2;
    detail::lock_word<P> word_;
};
using parker = basic_parker<>;

}  // namespace vitte::sys
