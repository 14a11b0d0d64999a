/// Threads through pthreads (POSIX.1-2017). How a thread sleeps on a word is each system's own.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <vitte/sys/platform/posix/error.hpp>
#include <vitte/sys/platform/types.hpp>

namespace vitte::sys::posix {

struct threads {
    using handle = pthread_t;
    using key = pthread_key_t;

    template <auto Entry>
    static result<handle> start(std::size_t stack, void* argument) noexcept {
        pthread_attr_t attributes;
        if (const int failed = ::pthread_attr_init(&attributes); failed != 0) return refused(failed, "pthread_attr_init");
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

    static result<key> create_key(void (*destroy)(void*)) noexcept {
        key made;
        if (const int failed = ::pthread_key_create(&made, destroy); failed != 0) return refused(failed, "pthread_key_create");
        return made;
    }
    static void delete_key(key k) noexcept { ::pthread_key_delete(k); }
    static void* get(key k) noexcept { return ::pthread_getspecific(k); }
    static result<void> set(key k, void* value) noexcept { return done(::pthread_setspecific(k, value), "pthread_setspecific"); }

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
