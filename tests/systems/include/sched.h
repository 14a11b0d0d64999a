#pragma once
#include_next <sched.h>
#include <target.hpp>
#include <numbers/sched.h>
#undef CPU_SETSIZE
#undef CPU_SET
#undef CPU_CLR
#undef CPU_ISSET
#undef CPU_ZERO
#undef CPU_COUNT
extern "C" int sched_get_priority_min(int) noexcept TARGET(sched_get_priority_min);
