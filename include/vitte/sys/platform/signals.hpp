/// Defines the facet `signals` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>
#include <vitte/sys/platform/signal_types.hpp>

#if defined(VITTE_LINUX_PLATFORM)
#include <vitte/sys/platform/linux/signals.hpp>
#elif defined(VITTE_WIN32_PLATFORM)
#include <vitte/sys/platform/win32/signals.hpp>
#elif defined(VITTE_DARWIN_PLATFORM) || defined(VITTE_BSD_PLATFORM) || defined(VITTE_POSIX_PLATFORM)
#include <vitte/sys/platform/posix/signals.hpp>
#endif
