/// Defines the facet `watch_queue` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>

#if defined(VITTE_LINUX_PLATFORM)
#include <vitte/sys/platform/linux/watch_queue.hpp>
#elif defined(VITTE_DARWIN_PLATFORM) || defined(VITTE_BSD_PLATFORM)
#include <vitte/sys/platform/kqueue/watch_queue.hpp>
#elif defined(VITTE_WIN32_PLATFORM)
#include <vitte/sys/platform/win32/watch_queue.hpp>
#endif
