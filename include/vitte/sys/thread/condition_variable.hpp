/// `condition_variable`: sleeping until another thread has changed what a lock protects, in four bytes.
#pragma once

#include <vitte/sys/thread/word.hpp>

namespace vitte::sys {

/// Works with every lock that has `lock` and `unlock`: `mutex`, `std::unique_lock` ... ([thread.condition.condvarany]).
/// All functions may be called from any thread; waiting threads hold the lock, notifying ones need not.
template <platform P = native>
class basic_condition_variable {
public:
    constexpr basic_condition_variable() noexcept = default;

    /// Unlocks, sleeps until it is notified, and locks again. Wakes up without a reason too: use it in a loop.
    template <class Lock>
    void wait(Lock& lock) noexcept {
        wait_until(lock, deadline::never());
    }
    template <class Lock, class Predicate>
    void wait(Lock& lock, Predicate satisfied) {
        while (!satisfied()) wait(lock);
    }
    /// False if `until` has passed.
    template <class Lock>
    bool wait_until(Lock& lock, deadline until) noexcept {
        const std::uint32_t turn = announce();
        lock.unlock();
        // Often it is notified at once; a spin is shorter than a sleep.
        const bool in_time =
            turn_.spin([turn](std::uint32_t now) { return now == turn; }) != turn || turn_.wait(turn, until);
        lock.lock();
        return in_time;
    }
    /// What `satisfied` says in the end.
    template <class Lock, class Predicate>
    bool wait_until(Lock& lock, deadline until, Predicate satisfied) {
        while (!satisfied())
            if (!wait_until(lock, until)) return satisfied();
        return true;
    }

    void notify_one() noexcept {
        if ((turn_.load_relaxed() & waiting) == 0) return;
        turn_.fetch_add_release(step);
        turn_.wake_one();
    }
    void notify_all() noexcept {
        std::uint32_t seen = turn_.load_relaxed();
        do
            if ((seen & waiting) == 0) return;
        while (!turn_.compare_exchange_release(seen, (seen + step) & ~waiting));
        turn_.wake_all();
    }

private:
    /// The number of notifications, above a bit that says that somebody may sleep. Only waking all clears the bit:
    /// waking one cannot know whether it was the last.
    static constexpr std::uint32_t waiting = 1, step = 2;

    std::uint32_t announce() noexcept {
        std::uint32_t seen = turn_.load_relaxed();
        while ((seen & waiting) == 0)
            if (turn_.compare_exchange_relaxed(seen, seen | waiting)) return seen | waiting;
        return seen;
    }

    detail::lock_word<P> turn_;
};
using condition_variable = basic_condition_variable<>;

}  // namespace vitte::sys
