/// Defines the facet `environment` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>

#if defined(VITTE_LINUX_PLATFORM) || defined(VITTE_DARWIN_PLATFORM) || defined(VITTE_BSD_PLATFORM) || \
    defined(VITTE_POSIX_PLATFORM)
#include <vitte/sys/platform/posix/environment.hpp>
#elif defined(VITTE_WIN32_PLATFORM)
#include <vitte/sys/platform/win32/environment.hpp>
#endif
