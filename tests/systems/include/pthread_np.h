#pragma once
#include <pthread.h>
extern "C" {
int pthread_getthreadid_np(void) TARGET(pthread_getthreadid_np);
void pthread_set_name_np(pthread_t, const char*) TARGET(pthread_set_name_np);
}
