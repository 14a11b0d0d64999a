/// Threads through pthreads (POSIX.1-2017). How a thread sleeps on a word is each system's own, or `parking`.
#pragma once

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <vitte/sys/platform/posix/error.hpp>
#include <vitte/sys/platform/types.hpp>

namespace vitte::sys::posix {

struct threads {
    using handle = pthread_t;
    using key = pthread_key_t;

    template <auto Entry>
    static result<handle> start(std::size_t stack, void* argument) noexcept {
        pthread_attr_t attributes;
        if (const int failed = ::pthread_attr_init(&attributes); failed != 0)
            return refused(failed, "pthread_attr_init");
        int failed = stack == 0 ? 0 : ::pthread_attr_setstacksize(&attributes, stack);
        handle made{};
        if (failed == 0)
            failed = ::pthread_create(&made, &attributes, [](void* p) -> void* { return Entry(p), nullptr; }, argument);
        ::pthread_attr_destroy(&attributes);
        if (failed != 0) return refused(failed, "pthread_create");
        return made;
    }
    static result<void> join(handle thread) noexcept { return done(::pthread_join(thread, nullptr), "pthread_join"); }
    static result<void> detach(handle thread) noexcept { return done(::pthread_detach(thread), "pthread_detach"); }
    static void yield() noexcept { ::sched_yield(); }

    /// What POSIX knows no call for.
    static std::uint64_t id() noexcept { return (std::uint64_t)::pthread_self(); }  // a number or a pointer
    static result<void> name(const char*) noexcept { return fail(errc::not_supported, "name thread"); }
    static result<cpu_set> affinity() noexcept { return fail(errc::not_supported, "affinity"); }
    static result<void> set_affinity(const cpu_set&) noexcept { return fail(errc::not_supported, "set affinity"); }
    /// Other priorities than real-time have no portable numbers.
    static result<void> set_priority(thread_priority priority) noexcept {
        if (priority != thread_priority::realtime && priority != thread_priority::normal)
            return fail(errc::not_supported, "set priority");
        const int policy = priority == thread_priority::realtime ? SCHED_FIFO : SCHED_OTHER;
        sched_param parameters{};
        parameters.sched_priority = ::sched_get_priority_min(policy);
        return done(::pthread_setschedparam(::pthread_self(), policy, &parameters), "pthread_setschedparam");
    }
    /// `_SC_NPROCESSORS_ONLN` is not in the standard, but on every system.
    static unsigned cpu_count() noexcept {
#if defined(_SC_NPROCESSORS_ONLN)
        const long count = ::sysconf(_SC_NPROCESSORS_ONLN);
        return count < 1 ? 1 : static_cast<unsigned>(count);
#else
        return 1;
#endif
    }

    static result<key> create_key(void (*destroy)(void*)) noexcept {
        key made;
        if (const int failed = ::pthread_key_create(&made, destroy); failed != 0)
            return refused(failed, "pthread_key_create");
        return made;
    }
    static void delete_key(key k) noexcept { ::pthread_key_delete(k); }
    static void* get(key k) noexcept { return ::pthread_getspecific(k); }
    static result<void> set(key k, void* value) noexcept {
        return done(::pthread_setspecific(k, value), "pthread_setspecific");
    }

protected:
    static unexpected<error> refused(int number, const char* operation) noexcept {
        return fail(cause_of(number), operation, number);
    }
    static result<void> done(int number, const char* operation) noexcept {
        if (number != 0) return refused(number, operation);
        return {};
    }
};

}  // namespace vitte::sys::posix
