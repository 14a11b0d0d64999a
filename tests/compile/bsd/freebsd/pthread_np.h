#pragma once
#include <pthread.h>
extern "C" {
int pthread_getthreadid_np(void);             /* pthread_getthreadid_np(3) */
void pthread_set_name_np(pthread_t, const char *); /* pthread_set_name_np(3) */
}
