#pragma once
#include <sys/types.h>
#include <target.hpp>
#include <numbers/fcntl.h>
extern "C" {
int open(const char*, int, ...) TARGET(open);
int openat(int, const char*, int, ...) TARGET(openat);
int fcntl(int, int, ...) TARGET(fcntl);
#if !defined(__APPLE__) && !defined(__OpenBSD__)
int posix_fallocate(int, off_t, off_t) TARGET(posix_fallocate);
#endif
}
