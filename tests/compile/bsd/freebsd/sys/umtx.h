#pragma once /* _umtx_op(2) */
#include <time.h>
typedef unsigned __uint32_t;
enum { UMTX_OP_WAIT_UINT_PRIVATE = 15, UMTX_OP_WAKE_PRIVATE = 16, UMTX_ABSTIME = 1 };
struct _umtx_time {
    struct timespec _timeout;
    __uint32_t _flags, _clockid;
};
extern "C" int _umtx_op(void *, int, unsigned long, void *, void *);
