/// The 32-bit word on which every lock of this library waits, and how it waits: the portable half of a futex.
#pragma once

#include <vitte/core/atomic.hpp>
#include <vitte/sys/platform/threads.hpp>
#include <vitte/sys/time/deadline.hpp>

namespace vitte::sys {

/// Tells the CPU that this is a spinning loop (PAUSE, YIELD): it saves power and leaves the core's other thread more
/// room.
inline void spin_hint() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
#elif defined(__riscv)
    __asm__ volatile(".insn i 0x0F, 0, x0, x0, 0x010");
#endif
}

namespace detail {

/// The state of a lock.
template <platform P>
class lock_word : public atomic_of<P, std::uint32_t> {
    using word = atomic_of<P, std::uint32_t>;

public:
    using word::word;

    /// Replaces `expected` where the process has no other thread, which plain instructions do; false if it may have one
    /// or the word is another. Nobody else sees the word between the two: a lock is the process's own, and a signal
    /// handler may not take one. A thread that is started later sees what was stored before.
    bool replace_alone([[maybe_unused]] std::uint32_t expected, [[maybe_unused]] std::uint32_t wanted) noexcept {
        if constexpr (requires { P::threads::is_only(); }) {
            if (!P::threads::is_only() || this->load_relaxed() != expected) return false;
            this->store_relaxed(wanted);
            return true;
        }
        return false;
    }

    /// Sleeps while the word is `expected`, until somebody wakes it or `until` passes; false in the latter case. It may
    /// also return true for no reason: the caller looks at the word again.
    bool wait(std::uint32_t expected, deadline until = deadline::never()) const noexcept {
        const auto waited = P::threads::wait(this->address(), expected, until.monotonic());
        return waited || waited.error().code != errc::timed_out;
    }
    /// Whether a sleeper was woken; false also where the OS does not tell.
    bool wake_one() const noexcept { return P::threads::wake_one(this->address()); }
    void wake_all() const noexcept { P::threads::wake_all(this->address()); }

    /// Spins for a few microseconds as long as `worth(value)`; returns the last value seen. A short critical section
    /// ends sooner than a sleep begins. The looks become rarer, since each takes the cache line away from the lock's
    /// owner. Where only one thread runs at a time it looks once.
    template <class Worth>
    std::uint32_t spin([[maybe_unused]] Worth worth) const noexcept {
        std::uint32_t value = this->load_relaxed();
        if constexpr (requires { P::threads::one_at_a_time; }) return value;
        for (unsigned look = 0, pauses = 4; look < 12 && worth(value); ++look) {
            for (unsigned i = 0; i < pauses; ++i) spin_hint();
            if (pauses < 32) pauses *= 2;
            value = this->load_relaxed();
        }
        return value;
    }
};

}  // namespace detail
}  // namespace vitte::sys
