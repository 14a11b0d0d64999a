#pragma once
#include <sys/types.h>
#include <target.hpp>
#include <numbers/sys/sysctl.h>
extern "C" {
int sysctl(const int*, unsigned, void*, size_t*, const void*, size_t) TARGET(sysctl);
int sysctlbyname(const char*, void*, size_t*, void*, size_t) TARGET(sysctlbyname);
}
