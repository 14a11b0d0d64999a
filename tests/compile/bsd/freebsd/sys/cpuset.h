#pragma once /* cpuset(2), CPUSET(9) */
#include <sched.h>
typedef cpu_set_t cpuset_t;
enum { CPU_LEVEL_WHICH = 3, CPU_WHICH_TID = 1 };
extern "C" int cpuset_getaffinity(int, int, long long, size_t, cpuset_t *);
extern "C" int cpuset_setaffinity(int, int, long long, size_t, const cpuset_t *);
