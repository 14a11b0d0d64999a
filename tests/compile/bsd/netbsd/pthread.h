#pragma once
#include_next <pthread.h>
#define PTHREAD_MAX_NAMELEN_NP 32
