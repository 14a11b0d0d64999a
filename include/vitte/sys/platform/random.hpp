/// Defines the facet `random` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>

#if defined(VITTE_LINUX_PLATFORM)
#include <vitte/sys/platform/linux/random.hpp>
#elif defined(VITTE_DARWIN_PLATFORM)
#include <vitte/sys/platform/darwin/random.hpp>
#elif defined(VITTE_POSIX_PLATFORM) || defined(__NetBSD__)
#include <vitte/sys/platform/posix/random.hpp>
#elif defined(VITTE_BSD_PLATFORM)
#include <vitte/sys/platform/posix/entropy.hpp>
#elif defined(VITTE_WIN32_PLATFORM)
#include <vitte/sys/platform/win32/random.hpp>
#endif
