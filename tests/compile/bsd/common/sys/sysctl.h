#pragma once /* sysctl(3) */
#include <stddef.h>
enum { CTL_KERN = 1, KERN_PROC = 14, KERN_PROC_ARGS = 7, KERN_PROC_PATHNAME = 12, KERN_PROC_ARGV = 1 };
extern "C" int sysctl(const int *, unsigned, void *, size_t *, const void *, size_t);
