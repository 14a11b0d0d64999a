// Threads and clocks.
#include "host.hpp"

using namespace systems;

namespace {

constexpr pair policies[] = {PAIR(SCHED_OTHER), PAIR(SCHED_FIFO), PAIR(SCHED_RR)};

int told_number(int failed) { return failed == 0 ? 0 : target_error(failed); }

}  // namespace

extern "C" {

int target_clock_gettime(clockid_t clock, struct timespec* to) {
    const auto host = host_clock(clock);
    return host ? told(::clock_gettime(*host, to)) : refuse(TARGET_EINVAL);
}
int target_nanosleep(const struct timespec* time, struct timespec* left) { return told(::nanosleep(time, left)); }
#if defined(TARGET_TIMER_ABSTIME)
int target_clock_nanosleep(clockid_t clock, int flags, const struct timespec* time, struct timespec* left) {
    const auto host = host_clock(clock);
    if (!host || (flags & ~TARGET_TIMER_ABSTIME) != 0) return TARGET_EINVAL;
    return told_number(::clock_nanosleep(*host, flags != 0 ? TIMER_ABSTIME : 0, time, left));
}
#endif

int target_pthread_create(pthread_t* made, const pthread_attr_t* how, void* (*run)(void*), void* argument) {
    return told_number(::pthread_create(made, how, run, argument));
}
int target_pthread_join(pthread_t thread, void** result) { return told_number(::pthread_join(thread, result)); }
int target_pthread_key_create(pthread_key_t* made, void (*destroy)(void*)) {
    return told_number(::pthread_key_create(made, destroy));
}
int target_pthread_setschedparam(pthread_t thread, int policy, const struct sched_param* parameters) {
    const auto host = host_number(policies, policy);
    return host ? told_number(::pthread_setschedparam(thread, *host, parameters)) : TARGET_EINVAL;
}
int target_sched_get_priority_min(int policy) {
    const auto host = host_number(policies, policy);
    return host ? told(::sched_get_priority_min(*host)) : refuse(TARGET_EINVAL);
}
int target_pthread_condattr_setclock(pthread_condattr_t* of, clockid_t clock) {
    const auto host = host_clock(clock);
    return host ? told_number(::pthread_condattr_setclock(of, *host)) : TARGET_EINVAL;
}
int target_pthread_cond_timedwait(pthread_cond_t* of, pthread_mutex_t* lock, const struct timespec* until) {
    return told_number(::pthread_cond_timedwait(of, lock, until));
}

}  // extern "C"
