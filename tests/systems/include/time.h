#pragma once
#include_next <time.h>
#include <target.hpp>
#include <numbers/time.h>
extern "C" {
int clock_gettime(clockid_t, struct timespec*) noexcept TARGET(clock_gettime);
int nanosleep(const struct timespec*, struct timespec*) TARGET(nanosleep);
#if defined(__APPLE__) || defined(__OpenBSD__)
int clock_nanosleep(clockid_t, int, const struct timespec*, struct timespec*) __attribute__((unavailable("missing there")));
#else
int clock_nanosleep(clockid_t, int, const struct timespec*, struct timespec*) TARGET(clock_nanosleep);
#endif
}
