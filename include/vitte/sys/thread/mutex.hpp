/// `mutex`: mutual exclusion in four bytes. There is no recursive one: a function that may be called with and without
/// the lock does not know whether the invariants hold; split it into a locking and a working half instead.
#pragma once

#include <vitte/sys/thread/word.hpp>

namespace vitte::sys {

/// Meets Mutex and, by `try_lock_until`, its timed form; works with `std::lock_guard` and `std::unique_lock`. Not fair:
/// a running thread may overtake sleeping ones. Must be unlocked by the thread that locked it.
template <platform P = native>
class basic_mutex {
public:
    constexpr basic_mutex() noexcept = default;

    void lock() noexcept {
        if (word_.replace_alone(free, locked)) return;
        if (const std::uint32_t seen = word_.exchange_acquire(locked); seen != free)
            lock_contended(seen, deadline::never());
    }
    bool try_lock() noexcept {
        std::uint32_t expected = free;
        return word_.compare_exchange_strong_acquire(expected, locked);
    }
    /// False if the lock could not be had in time.
    bool try_lock_until(deadline until) noexcept {
        std::uint32_t seen = free;
        return word_.compare_exchange_strong_acquire(seen, locked) || lock_contended(seen, until);
    }
    void unlock() noexcept {
        if (word_.replace_alone(locked, free)) return;
        if (word_.fetch_sub_release(1) != locked) unlock_contended();
    }

private:
    /// `contended`: locked, and somebody may sleep. A thread that has slept takes the lock as contended, since it
    /// cannot know whether it was the only one (Drepper, "Futexes are tricky", mutex 2).
    static constexpr std::uint32_t free = 0, locked = 1, contended = 2;

    /// `seen` is what stood there. `lock` may have overwritten `contended`, which is put back at once in that case.
    [[gnu::noinline]] bool lock_contended(std::uint32_t seen, deadline until) noexcept {
        if (seen == locked) {
            seen = word_.spin([](std::uint32_t value) { return value == locked; });
            if (seen == free && word_.compare_exchange_strong_acquire(seen, locked)) return true;
        }
        while (word_.exchange_acquire(contended) != free)
            if (!word_.wait(contended, until)) return false;
        return true;
    }
    [[gnu::noinline]] void unlock_contended() noexcept {
        word_.store_release(free);
        word_.wake_one();
    }

    detail::lock_word<P> word_;
};
using mutex = basic_mutex<>;

/// Holds a lock for the length of a scope, without including `<mutex>`.
template <class Lock>
class [[nodiscard]] scoped_lock {
public:
    explicit scoped_lock(Lock& lock) noexcept : lock_(lock) { lock_.lock(); }
    scoped_lock(const scoped_lock&) = delete;
    scoped_lock& operator=(const scoped_lock&) = delete;
    ~scoped_lock() { lock_.unlock(); }

private:
    Lock& lock_;
};

}  // namespace vitte::sys
