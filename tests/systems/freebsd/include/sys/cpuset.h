#pragma once
#include <sys/types.h>
#include <target.hpp>
#include <numbers/sys/cpuset.h>
#define CPU_SETSIZE 256 /* in FreeBSD 13; 1024 in 14 */
typedef struct {
    long bits[CPU_SETSIZE / 64];
} cpuset_t;
#define CPU_ZERO(set) (*(set) = cpuset_t())
#define CPU_SET(cpu, set) ((set)->bits[(cpu) / 64] |= 1L << ((cpu) % 64))
#define CPU_ISSET(cpu, set) (((set)->bits[(cpu) / 64] >> ((cpu) % 64) & 1) != 0)
extern "C" {
int cpuset_getaffinity(int, int, long, size_t, cpuset_t*) TARGET(cpuset_getaffinity);
int cpuset_setaffinity(int, int, long, size_t, const cpuset_t*) TARGET(cpuset_setaffinity);
}
