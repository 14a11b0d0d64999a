/// `counting_semaphore` and `binary_semaphore`: permits that any thread may give back, in four bytes.
#pragma once

#include <vitte/sys/thread/word.hpp>

namespace vitte::sys {

/// At most `Max` permits, and at most 4,095 threads that wait at once ([thread.sema]).
template <platform P = native, std::uint32_t Max = (1u << 20) - 1>
    requires(Max > 0 && Max < (1u << 20))
class basic_semaphore {
public:
    constexpr explicit basic_semaphore(std::uint32_t permits) noexcept : word_(permits) {
        VITTE_ASSERT(permits <= Max);
    }
    static constexpr std::uint32_t max() noexcept { return Max; }

    void acquire() noexcept {
        if (!try_acquire()) acquire_contended(deadline::never());
    }
    bool try_acquire() noexcept {
        std::uint32_t seen = word_.load_relaxed();
        while (permits(seen) != 0)
            if (word_.compare_exchange_acquire(seen, seen - 1)) return true;
        return false;
    }
    /// False if no permit could be had in time.
    bool try_acquire_until(deadline until) noexcept { return try_acquire() || acquire_contended(until); }

    /// Gives `count` permits; there must be room for them.
    void release(std::uint32_t count = 1) noexcept {
        const std::uint32_t before = word_.fetch_add_release(count);
        VITTE_ASSERT(count <= Max - permits(before));
        const std::uint32_t sleepers = before >> waiter_shift;
        if (sleepers > count)
            for (; count > 0; --count) word_.wake_one();
        else if (sleepers == 1) word_.wake_one();
        else if (sleepers > 1) word_.wake_all();
    }

private:
    /// Permits in the lower 20 bits, waiting threads above.
    static constexpr unsigned waiter_shift = 20;
    static constexpr std::uint32_t one_waiter = 1u << waiter_shift, most_waiters = (1u << 12) - 1;
    static constexpr std::uint32_t permits(std::uint32_t word) noexcept { return word & (one_waiter - 1); }

    [[gnu::noinline]] bool acquire_contended(deadline until) noexcept {
        if (permits(word_.spin([](std::uint32_t w) { return permits(w) == 0; })) != 0 && try_acquire()) return true;
        std::uint32_t seen = word_.fetch_add_relaxed(one_waiter) + one_waiter;
        VITTE_ASSERT(seen >> waiter_shift != 0 && (seen >> waiter_shift) <= most_waiters);
        for (bool in_time = true;;) {
            while (permits(seen) != 0)
                if (word_.compare_exchange_acquire(seen, seen - 1 - one_waiter)) return true;
            if (!in_time) {
                if (word_.compare_exchange_relaxed(seen, seen - one_waiter)) return false;
                continue;
            }
            in_time = word_.wait(seen, until);
            seen = word_.load_relaxed();
        }
    }

    detail::lock_word<P> word_;
};
using counting_semaphore = basic_semaphore<>;
using binary_semaphore = basic_semaphore<native, 1>;

}  // namespace vitte::sys
