#pragma once
#include_next <sys/statvfs.h>
#include <target.hpp>
extern "C" int fstatvfs(int, struct statvfs*) noexcept TARGET(fstatvfs);
