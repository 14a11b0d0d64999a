/// Defines the facet `files` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>

#if defined(VITTE_LINUX_PLATFORM)
#include <vitte/sys/platform/linux/files.hpp>
#elif defined(VITTE_DARWIN_PLATFORM)
#include <vitte/sys/platform/darwin/files.hpp>
#elif defined(VITTE_BSD_PLATFORM)
#include <vitte/sys/platform/bsd/files.hpp>
#elif defined(VITTE_POSIX_PLATFORM)
#include <vitte/sys/platform/posix/files.hpp>
#elif defined(VITTE_WIN32_PLATFORM)
#include <vitte/sys/platform/win32/files.hpp>
#endif
