/// `shared_mutex`: many readers or one writer, in eight bytes.
#pragma once

#include <vitte/sys/thread/word.hpp>

namespace vitte::sys {

/// Meets SharedMutex; works with `std::shared_lock` and `std::unique_lock`. Waiting writers keep new readers out, so
/// that they are not starved; a reader must therefore not lock again what it has locked. A writer whose time has passed
/// keeps nobody out.
template <platform P = native>
class basic_shared_mutex {
public:
    constexpr basic_shared_mutex() noexcept = default;

    void lock_shared() noexcept {
        if (!try_lock_shared()) lock_shared_contended(deadline::never());
    }
    bool try_lock_shared() noexcept {
        std::uint32_t seen = state_.load_relaxed();
        while (readable(seen))
            if (state_.compare_exchange_acquire(seen, seen + 1)) return true;
        return false;
    }
    bool try_lock_shared_until(deadline until) noexcept { return try_lock_shared() || lock_shared_contended(until); }
    void unlock_shared() noexcept {
        const std::uint32_t left = state_.fetch_sub_release(1) - 1;
        if (count(left) == 0 && (left & writers_wait) != 0) wake(left);
    }

    void lock() noexcept {
        if (!try_lock()) lock_contended(deadline::never());
    }
    bool try_lock() noexcept {
        std::uint32_t seen = state_.load_relaxed();
        while (count(seen) == 0)
            if (state_.compare_exchange_acquire(seen, seen | write_locked)) return true;
        return false;
    }
    bool try_lock_until(deadline until) noexcept { return try_lock() || lock_contended(until); }
    void unlock() noexcept {
        const std::uint32_t left = state_.fetch_sub_release(write_locked) - write_locked;
        if (left != 0) wake(left);
    }

private:
    /// The state: how many readers hold the lock (all ones: a writer does), and whether readers or writers sleep.
    /// Readers sleep on the state, writers on a number that grows with each wake-up of theirs.
    static constexpr std::uint32_t write_locked = (1u << 30) - 1, readers_wait = 1u << 30, writers_wait = 1u << 31;

    static constexpr std::uint32_t count(std::uint32_t state) noexcept { return state & write_locked; }
    static constexpr bool readable(std::uint32_t state) noexcept {
        return count(state) < write_locked - 1 && (state & (readers_wait | writers_wait)) == 0;
    }

    [[gnu::noinline]] bool lock_shared_contended(deadline until) noexcept {
        for (;;) {
            std::uint32_t seen = state_.spin([](std::uint32_t s) { return s == write_locked; });
            if (readable(seen)) {
                if (state_.compare_exchange_acquire(seen, seen + 1)) return true;
                continue;
            }
            VITTE_ASSERT(count(seen) != write_locked - 1);
            if ((seen & readers_wait) == 0 && !state_.compare_exchange_relaxed(seen, seen | readers_wait)) continue;
            if (!state_.wait(seen | readers_wait, until)) return false;
        }
    }

    [[gnu::noinline]] bool lock_contended(deadline until) noexcept {
        std::uint32_t others = 0;  // the waiting bit, once this thread has slept: others may still do
        for (bool in_time = true;;) {
            std::uint32_t seen = state_.spin([](std::uint32_t s) { return s == write_locked; });
            if (count(seen) == 0) {
                if (state_.compare_exchange_acquire(seen, seen | write_locked | others)) return true;
                continue;
            }
            if (!in_time) {
                if ((seen & writers_wait) != 0 && !state_.compare_exchange_relaxed(seen, count(seen))) continue;
                wake_those_that_wait_on((seen & readers_wait) != 0 && (seen & writers_wait) != 0);
                return false;
            }
            if ((seen & writers_wait) == 0 && !state_.compare_exchange_relaxed(seen, seen | writers_wait)) continue;
            others = writers_wait;
            const std::uint32_t turn = turn_.load_acquire();
            seen = state_.load_relaxed();
            if (count(seen) == 0 || (seen & writers_wait) == 0) continue;
            in_time = turn_.wait(turn, until);
        }
    }

    /// Called by a writer that gives up and has taken the waiting bits back, which kept readers out: it may have been
    /// the only one, or have had a wake-up that was meant for another. Who still waits sets them again.
    void wake_those_that_wait_on(bool readers) noexcept {
        turn_.fetch_add_release(1);
        turn_.wake_all();
        if (readers) state_.wake_all();
    }
    /// Called with nobody holding the lock: one writer goes first, else all readers.
    [[gnu::noinline]] void wake(std::uint32_t state) noexcept {
        if (state == writers_wait) {
            if (state_.compare_exchange_strong_acquire(state, 0)) {
                wake_writer();
                return;
            }
        }
        if (state == (readers_wait | writers_wait)) {
            if (!state_.compare_exchange_strong_acquire(state, readers_wait)) return;  // a new owner will wake them
            if (wake_writer()) return;
            state = readers_wait;
        }
        if (state == readers_wait && state_.compare_exchange_strong_acquire(state, 0)) state_.wake_all();
    }
    bool wake_writer() noexcept {
        turn_.fetch_add_release(1);
        return turn_.wake_one();
    }

    detail::lock_word<P> state_, turn_;
};
using shared_mutex = basic_shared_mutex<>;

}  // namespace vitte::sys
