/// Sleeping on a word with nothing but pthreads: a table of queues, found by the word's address. For systems without a
/// futex of their own.
#pragma once

#include <pthread.h>

#include <vitte/sys/platform/posix/clocks.hpp>

namespace vitte::sys::posix {

class parking {
public:
    static result<void> wait(const std::uint32_t* word, std::uint32_t expected, std::int64_t until) noexcept {
        queue& in = queue_of(word);
        sleeper self{word};
        ::pthread_mutex_lock(&in.lock);
        const bool differs = __atomic_load_n(word, __ATOMIC_RELAXED) != expected;
        const int ended = differs ? 0 : self.sleep(in, until);
        ::pthread_mutex_unlock(&in.lock);
        if (differs) return fail(errc::would_block, "wait");
        if (ended != 0) return fail(cause_of(ended), "pthread_cond_timedwait", ended);
        return {};
    }
    static bool wake_one(const std::uint32_t* word) noexcept { return wake(word, 1) != 0; }
    static void wake_all(const std::uint32_t* word) noexcept { wake(word, ~0u); }

private:
    struct sleeper;
    /// First come, first woken.
    struct queue {
        pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
        sleeper* first = nullptr;
    };
    struct sleeper {
        const std::uint32_t* word;
        sleeper* next = nullptr;
        bool awake = false;
        pthread_cond_t woken{};

        /// Returns 0 when it is awake, or why it cannot be waited for any longer. The queue is locked.
        int sleep(queue& in, std::int64_t until) noexcept {
            prepare(woken);
            sleeper** place = &in.first;
            while (*place != nullptr) place = &(*place)->next;
            *place = this;
            const timespec at = clocks::split(until);
            int ended = 0;
            while (!awake && ended == 0)
                ended = until == INT64_MAX ? ::pthread_cond_wait(&woken, &in.lock)
                                           : ::pthread_cond_timedwait(&woken, &in.lock, &at);
            if (!awake) leave(in);
            ::pthread_cond_destroy(&woken);
            return awake ? 0 : ended;
        }
        void leave(queue& in) noexcept {
            sleeper** place = &in.first;
            while (*place != this) place = &(*place)->next;
            *place = next;
        }
        static void prepare(pthread_cond_t& condition) noexcept {
            pthread_condattr_t attributes;
            ::pthread_condattr_init(&attributes);
            ::pthread_condattr_setclock(&attributes, clocks::monotonic_clock);
            ::pthread_cond_init(&condition, &attributes);
            ::pthread_condattr_destroy(&attributes);
        }
    };

    static unsigned wake(const std::uint32_t* word, unsigned most) noexcept {
        queue& in = queue_of(word);
        unsigned count = 0;
        ::pthread_mutex_lock(&in.lock);
        for (sleeper** place = &in.first; *place != nullptr && count < most;) {
            sleeper& here = **place;
            if (here.word != word) {
                place = &here.next;
                continue;
            }
            *place = here.next;
            here.awake = true;
            ::pthread_cond_signal(&here.woken);
            ++count;
        }
        ::pthread_mutex_unlock(&in.lock);
        return count;
    }

    static queue& queue_of(const std::uint32_t* word) noexcept {
        constexpr unsigned bits = 6;
        static queue queues[1u << bits];
        const auto address = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(word) >> 2);
        return queues[(address * 0x9e3779b9u) >> (32 - bits)];  // Knuth's multiplicative hash
    }
};

}  // namespace vitte::sys::posix
