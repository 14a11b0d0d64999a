/// Defines the facet `poller` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>
#include <vitte/sys/platform/poller_types.hpp>
#include <vitte/sys/platform/socket_types.hpp>

#if defined(VITTE_LINUX_PLATFORM)
#include <vitte/sys/platform/linux/poller.hpp>
#elif defined(VITTE_DARWIN_PLATFORM) || defined(VITTE_BSD_PLATFORM)
#include <vitte/sys/platform/kqueue/poller.hpp>
#elif defined(VITTE_WIN32_PLATFORM)
#include <vitte/sys/platform/win32/poller.hpp>
#elif defined(VITTE_POSIX_PLATFORM)
#include <vitte/sys/platform/posix/poller.hpp>
#endif
