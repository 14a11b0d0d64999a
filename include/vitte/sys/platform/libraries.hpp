/// Defines the facet `libraries` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>

#if defined(VITTE_LINUX_PLATFORM) || defined(VITTE_DARWIN_PLATFORM) || defined(VITTE_BSD_PLATFORM) || \
    (defined(VITTE_POSIX_PLATFORM) && __has_include(<dlfcn.h>))
#include <vitte/sys/platform/posix/libraries.hpp>
#elif defined(VITTE_WIN32_PLATFORM)
#include <vitte/sys/platform/win32/libraries.hpp>
#endif
