#pragma once
#include <pthread.h>
#include <stdint.h>
#include <numbers/pthread/qos.h>
typedef unsigned qos_class_t;
extern "C" {
int pthread_set_qos_class_self_np(qos_class_t, int) TARGET(pthread_set_qos_class_self_np);
int pthread_threadid_np(void*, unsigned long*) TARGET(pthread_threadid_np);
int __ulock_wait(uint32_t, void*, uint64_t, uint32_t) TARGET(__ulock_wait);
int __ulock_wake(uint32_t, void*, uint64_t) TARGET(__ulock_wake);
}
