#pragma once /* lwp_gettid(2); umtx(2) of <unistd.h> */
extern "C" int lwp_gettid(void);
extern "C" int umtx_sleep(volatile const int *, int, int);
extern "C" int umtx_wakeup(volatile const int *, int);
