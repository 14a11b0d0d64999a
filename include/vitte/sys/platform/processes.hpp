/// Defines the facet `processes` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>

#if defined(VITTE_LINUX_PLATFORM)
#include <vitte/sys/platform/linux/processes.hpp>
#elif defined(VITTE_DARWIN_PLATFORM)
#include <vitte/sys/platform/darwin/processes.hpp>
#elif defined(VITTE_BSD_PLATFORM)
#include <vitte/sys/platform/bsd/processes.hpp>
#elif defined(VITTE_POSIX_PLATFORM)
#include <vitte/sys/platform/posix/processes.hpp>
#elif defined(VITTE_WIN32_PLATFORM)
#include <vitte/sys/platform/win32/processes.hpp>
#endif
