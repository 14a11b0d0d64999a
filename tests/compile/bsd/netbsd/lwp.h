#pragma once /* _lwp_self(2); pthread_setname_np(3) of <pthread.h> has three arguments */
#include <pthread.h>
extern "C" int _lwp_self(void);
extern "C++" int pthread_setname_np(pthread_t, const char *, void *);
