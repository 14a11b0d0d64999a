// A port on its first day: an OS of which nothing is known yet.
#pragma once

#include <vitte/sys/platform/unsupported.hpp>

namespace vitte::sys {
struct first_day_platform : unsupported_platform {};
using native = first_day_platform;
}  // namespace vitte::sys
