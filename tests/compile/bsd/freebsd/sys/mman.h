#pragma once
#include_next <sys/mman.h>
#define SHM_ANON ((char *)1) /* shm_open(2) */
