#pragma once
#include <time.h>
#include <numbers/sys/umtx.h>
struct _umtx_time {
    struct timespec _timeout;
    __uint32_t _flags;
    __uint32_t _clockid;
};
extern "C" int _umtx_op(void*, int, unsigned long, void*, void*) TARGET(_umtx_op);
