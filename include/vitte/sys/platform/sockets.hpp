/// Defines the facet `sockets` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>
#include <vitte/sys/platform/socket_types.hpp>

#if defined(VITTE_LINUX_PLATFORM)
#include <vitte/sys/platform/linux/sockets.hpp>
#elif defined(VITTE_DARWIN_PLATFORM) || defined(VITTE_BSD_PLATFORM)
#include <vitte/sys/platform/kqueue/sockets.hpp>
#elif defined(VITTE_WIN32_PLATFORM)
#include <vitte/sys/platform/win32/sockets.hpp>
#elif defined(VITTE_POSIX_PLATFORM)
#include <vitte/sys/platform/posix/sockets.hpp>
#endif
