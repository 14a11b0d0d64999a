/// Defines the facet `threads` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>

#if defined(VITTE_LINUX_PLATFORM)
#include <vitte/sys/platform/linux/threads.hpp>
#elif defined(VITTE_DARWIN_PLATFORM)
#include <vitte/sys/platform/darwin/threads.hpp>
#elif defined(VITTE_BSD_PLATFORM)
#include <vitte/sys/platform/bsd/threads.hpp>
#elif defined(VITTE_POSIX_PLATFORM)
#include <vitte/sys/platform/posix/parking_threads.hpp>
#elif defined(VITTE_WIN32_PLATFORM)
#include <vitte/sys/platform/win32/threads.hpp>
#endif
