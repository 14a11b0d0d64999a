/// `latch` and `barrier`: threads that wait for each other, once or in rounds, in four bytes.
#pragma once

#include <vitte/sys/thread/word.hpp>

namespace vitte::sys {

/// Counts down to zero, once ([thread.latch]).
template <platform P = native>
class basic_latch {
public:
    constexpr explicit basic_latch(std::uint32_t expected) noexcept : left_(expected) {}

    /// `by` must not be more than what is left.
    void count_down(std::uint32_t by = 1) noexcept {
        const std::uint32_t before = left_.fetch_sub_release(by);
        VITTE_ASSERT(by <= before);
        if (before == by) left_.wake_all();
    }
    bool try_wait() const noexcept { return left_.load_acquire() == 0; }
    void wait() const noexcept { static_cast<void>(wait_until(deadline::never())); }
    /// False if the count has not reached zero in time.
    bool wait_until(deadline until) const noexcept {
        for (;;) {
            const std::uint32_t left = left_.load_acquire();
            if (left == 0) return true;
            if (!left_.wait(left, until)) return try_wait();
        }
    }
    void arrive_and_wait(std::uint32_t by = 1) noexcept {
        count_down(by);
        wait();
    }

private:
    detail::lock_word<P> left_;
};
using latch = basic_latch<>;

/// Lets a group of at most 4,095 threads through together, round after round ([thread.barrier]).
template <platform P = native>
class basic_barrier {
public:
    static constexpr std::uint32_t max() noexcept { return 0xfff; }
    constexpr explicit basic_barrier(std::uint32_t expected) noexcept
        : word_(expected << expected_shift | expected << left_shift) {
        VITTE_ASSERT(expected > 0 && expected <= max());
    }

    /// Arrives, and waits for the others of this round.
    void arrive_and_wait() noexcept { wait(arrive()); }
    /// Arrives without waiting; what it returns is for `wait`.
    [[nodiscard]] std::uint32_t arrive() noexcept { return arrive(0); }
    /// Arrives in this round and is not expected in later ones.
    void arrive_and_drop() noexcept { static_cast<void>(arrive(1)); }
    /// Waits for the end of the round that `arrival` belongs to, from which no more than 255 rounds may have ended:
    /// they are counted modulo 256.
    void wait(std::uint32_t arrival) const noexcept { static_cast<void>(wait_until(arrival, deadline::never())); }
    /// False if the round has not ended in time.
    bool wait_until(std::uint32_t arrival, deadline until) const noexcept {
        for (bool in_time = true;;) {
            const std::uint32_t seen = word_.load_acquire();
            if (round(seen) != arrival) return true;
            if (!in_time) return false;
            in_time = word_.wait(seen, until);
        }
    }

private:
    /// How many are expected in each round, how many of them are still missing, and the number of the round modulo 256:
    /// nobody can fall so many rounds behind, since no round ends without everybody.
    static constexpr unsigned expected_shift = 0, left_shift = 12, round_shift = 24;
    static constexpr std::uint32_t expected(std::uint32_t word) noexcept { return word & 0xfff; }
    static constexpr std::uint32_t left(std::uint32_t word) noexcept { return (word >> left_shift) & 0xfff; }
    static constexpr std::uint32_t round(std::uint32_t word) noexcept { return word >> round_shift; }

    std::uint32_t arrive(std::uint32_t dropped) noexcept {
        std::uint32_t seen = word_.load_relaxed();
        for (;;) {
            VITTE_ASSERT(left(seen) > 0 && expected(seen) >= dropped);
            const std::uint32_t now = expected(seen) - dropped;
            const bool last = left(seen) == 1;
            const std::uint32_t next = last ? (round(seen) + 1) << round_shift | now << left_shift | now
                                            : round(seen) << round_shift | (left(seen) - 1) << left_shift | now;
            if (!word_.compare_exchange_acq_rel(seen, next)) continue;
            if (last) word_.wake_all();
            return round(seen);
        }
    }

    detail::lock_word<P> word_;
};
using barrier = basic_barrier<>;

}  // namespace vitte::sys
