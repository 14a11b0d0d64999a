/// Defines the facet `devices` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>
#include <vitte/sys/platform/device_types.hpp>

#if defined(VITTE_LINUX_PLATFORM)
#include <vitte/sys/platform/linux/devices.hpp>
#elif defined(VITTE_DARWIN_PLATFORM) || defined(VITTE_BSD_PLATFORM)
#include <vitte/sys/platform/kqueue/devices.hpp>
#elif defined(VITTE_WIN32_PLATFORM)
#include <vitte/sys/platform/win32/devices.hpp>
#elif defined(VITTE_POSIX_PLATFORM) && __has_include(<termios.h>) && __has_include(<sys/ioctl.h>)
#include <vitte/sys/platform/posix/devices.hpp>
#endif
