#pragma once
#include <sys/time.h>
#include <sys/types.h>
#include <target.hpp>
#include <numbers/sys/resource.h>
#define target_rlim_t rlim_t
#define target_rlimit rlimit
#define target_rusage rusage
#include <layout/resource.hpp>
#undef target_rlim_t
#undef target_rlimit
#undef target_rusage
extern "C" {
int getrlimit(int, struct rlimit*) TARGET(getrlimit);
int setrlimit(int, const struct rlimit*) TARGET(setrlimit);
int getrusage(int, struct rusage*) TARGET(getrusage);
}
