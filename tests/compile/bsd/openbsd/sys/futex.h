#pragma once /* futex(2) */
#include <stdint.h>
#include <time.h>
enum { FUTEX_WAIT = 1, FUTEX_WAKE = 2, FUTEX_PRIVATE_FLAG = 128 };
extern "C" int futex(volatile uint32_t *, int, int, const struct timespec *, volatile uint32_t *);
extern "C" int getthrid(void); /* getthrid(2), of <unistd.h> */
