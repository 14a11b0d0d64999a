/// `shared_mutex`: many readers or one writer, in eight bytes.
#pragma once

#include <vitte/sys/thread/word.hpp>

namespace vitte::sys {

/// Meets SharedMutex; works with `std::shared_lock` and `std::unique_lock`. Waiting writers keep new readers out until
/// each of them has had the lock, so that they are not starved; a reader must therefore not lock again what it has
/// locked, and gets in only when there is a moment without a writer. A writer whose time has passed keeps nobody out.
/// At most 65,534 readers, and 32,767 writers that wait, at once.
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
        if (left >= one_writer && count(left) == 0) wake(left);
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
    /// The state: how many readers hold the lock (all ones: a writer does), whether readers sleep, and how many writers
    /// wait. Readers sleep on the state, writers on a number that grows with each wake-up of theirs.
    static constexpr std::uint32_t write_locked = (1u << 16) - 1, readers_wait = 1u << 16, one_writer = 1u << 17;

    static constexpr std::uint32_t count(std::uint32_t state) noexcept { return state & write_locked; }
    static constexpr bool readable(std::uint32_t state) noexcept { return state < write_locked - 1; }

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
        if (count(state_.spin([](std::uint32_t s) { return s == write_locked; })) == 0 && try_lock()) return true;
        VITTE_ASSERT(state_.fetch_add_relaxed(one_writer) <= ~one_writer);
        for (bool in_time = true;;) {
            const std::uint32_t turn = turn_.load_acquire();  // first: who unlocks changes it after the state
            std::uint32_t seen = state_.load_relaxed();
            while (count(seen) == 0)
                if (state_.compare_exchange_acquire(seen, (seen - one_writer) | write_locked)) return true;
            if (in_time) in_time = turn_.wait(turn, until);
            else if (leave(seen)) return false;
        }
    }
    /// A writer waits no longer: if there is no other, readers whom it kept out get in.
    bool leave(std::uint32_t seen) noexcept {
        const std::uint32_t left = seen - one_writer;
        const bool readers_may = left >= readers_wait && left < (readers_wait | write_locked);
        if (!state_.compare_exchange_relaxed(seen, readers_may ? left - readers_wait : left)) return false;
        if (readers_may) state_.wake_all();
        return true;
    }

    /// Called with nobody holding the lock: one writer goes first, else all readers. Who comes and takes the lock
    /// before them will wake them.
    [[gnu::noinline]] void wake(std::uint32_t state) noexcept {
        if (state >= one_writer) {
            turn_.fetch_add_release(1);
            turn_.wake_one();
        } else if (state_.compare_exchange_strong_acquire(state, 0)) {
            state_.wake_all();
        }
    }

    detail::lock_word<P> state_, turn_;
};
using shared_mutex = basic_shared_mutex<>;

}  // namespace vitte::sys
