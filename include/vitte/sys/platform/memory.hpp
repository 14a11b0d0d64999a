/// Defines the facet `memory` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>

#if defined(VITTE_LINUX_PLATFORM)
#include <vitte/sys/platform/linux/memory.hpp>
#elif defined(VITTE_DARWIN_PLATFORM)
#include <vitte/sys/platform/darwin/memory.hpp>
#elif defined(VITTE_BSD_PLATFORM)
#include <vitte/sys/platform/bsd/memory.hpp>
#elif defined(VITTE_POSIX_PLATFORM)
#include <vitte/sys/platform/posix/memory.hpp>
#elif defined(VITTE_WIN32_PLATFORM)
#include <vitte/sys/platform/win32/memory.hpp>
#endif
