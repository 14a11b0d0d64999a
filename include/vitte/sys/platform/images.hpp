/// Defines the facet `images` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>

#if defined(VITTE_LINUX_PLATFORM)
#include <vitte/sys/platform/linux/images.hpp>
#elif defined(VITTE_DARWIN_PLATFORM)
#include <vitte/sys/platform/darwin/images.hpp>
#elif defined(VITTE_BSD_PLATFORM)
#include <vitte/sys/platform/bsd/images.hpp>
#endif
