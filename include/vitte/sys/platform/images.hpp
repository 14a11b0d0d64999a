/// Defines the facet `images` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>

#if defined(__linux__) && !defined(VITTE_PLATFORM_POSIX)
#include <vitte/sys/platform/linux/images.hpp>
#endif
