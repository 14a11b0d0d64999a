#pragma once
#include <sys/types.h>
#include <target.hpp>
#include <numbers/dirent.h>
#define target_dirent dirent
#include <layout/dirent.hpp>
#undef target_dirent
typedef struct target_DIR DIR;
extern "C" {
DIR* opendir(const char*) TARGET(opendir);
DIR* fdopendir(int) TARGET(fdopendir);
struct dirent* readdir(DIR*) TARGET(readdir);
int closedir(DIR*) TARGET(closedir);
int dirfd(DIR*) TARGET(dirfd);
}
#if defined(__NetBSD__) || defined(__APPLE__)
#define dirfd(stream) (dirfd(stream)) /* a macro, which has no namespace */
#endif
