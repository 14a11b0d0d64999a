#pragma once
#include <sys/types.h>
#include <target.hpp>
#include <numbers/sys/mman.h>
#define MAP_FAILED ((void*)-1)
#if defined(__FreeBSD__)
#define SHM_ANON ((char*)1)
#elif defined(__NetBSD__)
#define PROT_MPROTECT(rights) ((rights) << 3)
#endif
extern "C" {
void* mmap(void*, size_t, int, int, int, off_t) TARGET(mmap);
int munmap(void*, size_t) TARGET(munmap);
int mprotect(void*, size_t, int) TARGET(mprotect);
int mlock(const void*, size_t) TARGET(mlock);
int munlock(const void*, size_t) TARGET(munlock);
int msync(void*, size_t, int) TARGET(msync);
int madvise(void*, size_t, int) TARGET(madvise);
int posix_madvise(void*, size_t, int) TARGET(posix_madvise);
#if defined(__APPLE__)
int shm_open(const char*, int, ...) TARGET(shm_open);
#else
int shm_open(const char*, int, mode_t) TARGET(shm_open);
#endif
int shm_unlink(const char*) TARGET(shm_unlink);
}
