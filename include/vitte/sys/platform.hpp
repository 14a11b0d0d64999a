/// Picks the native platform. Besides `platform/`, the only place that looks at macros of the OS.
#pragma once

#if defined(__linux__)
#include <vitte/sys/platform/linux.hpp>
namespace vitte::sys {
using native = linux_platform;
}
#else
#error "vitte::sys: no platform for this OS yet"
#endif
