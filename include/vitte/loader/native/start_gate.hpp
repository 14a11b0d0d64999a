/// `start_gate`: the initialisers of a module run once, in one thread; others wait for them, but not for each other.
#pragma once

#include <cstdint>

#include <vitte/loader/native/thread_locals.hpp>
#include <vitte/sys/thread/condition_variable.hpp>
#include <vitte/sys/thread/mutex.hpp>

namespace vitte::loader::native {

/// One for each module. Safe from several threads at once.
template <sys::platform P = sys::native>
class start_gate {
public:
    enum class answer {
        run,     ///< the caller is to run the initialisers now, and then calls `leave`
        ready,   ///< they have run, or wait themselves, directly or not, for what this thread does
        failed,  ///< one of them has not ended
    };

    /// Waits for another thread that runs the initialisers, unless that would be a cycle: a thread that runs others,
    /// for which that one waits, goes on at once. So does one that has come here again from the initialisers.
    answer enter() noexcept {
        const sys::scoped_lock guard(lock_);
        if (state_ == state::untouched) {
            state_ = state::running;
            runner_ = this_thread();
            return answer::run;
        }
        if (state_ == state::running && !waits_for_this_thread()) {
            waiter mine{this_thread(), this, waiters_};
            waiters_ = &mine;
            while (state_ == state::running) left_.wait(lock_);
            waiter** place = &waiters_;
            while (*place != &mine) place = &(*place)->next;
            *place = mine.next;
        }
        return state_ == state::failed ? answer::failed : answer::ready;
    }
    void leave(bool succeeded) noexcept {
        const sys::scoped_lock guard(lock_);
        state_ = succeeded ? state::done : state::failed;
        left_.notify_all();
    }

private:
    enum class state { untouched, running, done, failed };
    struct waiter {
        std::uintptr_t thread;
        const start_gate* at;
        waiter* next;
    };

    static std::uintptr_t this_thread() noexcept {
        return reinterpret_cast<std::uintptr_t>(thread_locals::thread_pointer());
    }
    /// Follows the waiting threads, each of which waits for one other, from the one that runs these initialisers.
    bool waits_for_this_thread() const noexcept {
        for (std::uintptr_t thread = runner_; thread != this_thread();) {
            const waiter* w = waiters_;
            while (w != nullptr && (w->thread != thread || w->at->state_ != state::running)) w = w->next;
            if (w == nullptr) return false;
            thread = w->at->runner_;
        }
        return true;
    }

    /// One list in a program, since initialisers may load with other loaders.
    static inline constinit sys::basic_mutex<P> lock_;
    static inline constinit sys::basic_condition_variable<P> left_;
    static inline constinit waiter* waiters_ = nullptr;
    state state_ = state::untouched;
    std::uintptr_t runner_ = 0;
};

}  // namespace vitte::loader::native
