#pragma once
#include <stdint.h>
#include <time.h>
#include <numbers/sys/futex.h>
extern "C" int futex(volatile uint32_t*, int, int, const struct timespec*, volatile uint32_t*) TARGET(futex);
