/// Defines the facet `names` of the platforms that declare it.
#pragma once

#include <vitte/core/ip_address.hpp>
#include <vitte/sys/platform.hpp>

#if defined(VITTE_LINUX_PLATFORM) || defined(VITTE_DARWIN_PLATFORM) || defined(VITTE_BSD_PLATFORM) || \
    (defined(VITTE_POSIX_PLATFORM) && __has_include(<netdb.h>))
#include <vitte/sys/platform/posix/names.hpp>
#elif defined(VITTE_WIN32_PLATFORM)
#include <vitte/sys/platform/win32/names.hpp>
#endif
