#pragma once
#include <sys/types.h>
#include <time.h>
#include <target.hpp>
#include <numbers/sys/stat.h>
#define target_file_info stat
#include <layout/stat.hpp>
#undef target_file_info
extern "C" {
int stat(const char*, struct stat*) TARGET(stat);
int lstat(const char*, struct stat*) TARGET(lstat);
int fstat(int, struct stat*) TARGET(fstat);
int fstatat(int, const char*, struct stat*, int) TARGET(fstatat);
int fchmod(int, mode_t) TARGET(fchmod);
int fchmodat(int, const char*, mode_t, int) TARGET(fchmodat);
int mkdirat(int, const char*, mode_t) TARGET(mkdirat);
int mkfifo(const char*, mode_t) TARGET(mkfifo);
int futimens(int, const struct timespec*) TARGET(futimens);
int utimensat(int, const char*, const struct timespec*, int) TARGET(utimensat);
}
