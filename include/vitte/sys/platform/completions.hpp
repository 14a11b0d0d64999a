/// Defines the facet `completions` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>
#include <vitte/sys/platform/completion_types.hpp>

#if defined(VITTE_LINUX_PLATFORM)
#include <vitte/sys/platform/linux/completions.hpp>
#endif
