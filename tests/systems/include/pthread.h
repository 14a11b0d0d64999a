#pragma once
#define pthread_setname_np host_pthread_setname_np
#include_next <pthread.h>
#undef pthread_setname_np
#include <target.hpp>
#include <numbers/pthread.h>
extern "C" {
int pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*) noexcept TARGET(pthread_create);
int pthread_join(pthread_t, void**) TARGET(pthread_join);
int pthread_setschedparam(pthread_t, int, const struct sched_param*) noexcept TARGET(pthread_setschedparam);
int pthread_key_create(pthread_key_t*, void (*)(void*)) noexcept TARGET(pthread_key_create);
int pthread_cond_timedwait(pthread_cond_t*, pthread_mutex_t*, const struct timespec*) TARGET(pthread_cond_timedwait);
#if defined(__APPLE__)
int pthread_condattr_setclock(pthread_condattr_t*, clockid_t) noexcept __attribute__((unavailable("macOS has none")));
#else
int pthread_condattr_setclock(pthread_condattr_t*, clockid_t) noexcept TARGET(pthread_condattr_setclock);
#endif
#if defined(__NetBSD__)
int pthread_setname_np(pthread_t, const char*, void*) TARGET(pthread_setname_np);
#elif defined(__APPLE__)
int pthread_setname_np(const char*) TARGET(pthread_setname_np);
#endif
}
