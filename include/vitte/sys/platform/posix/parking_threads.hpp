/// Threads of POSIX, which wait in a table of places.
#pragma once

#include <vitte/sys/platform/posix/parking.hpp>
#include <vitte/sys/platform/posix/threads.hpp>

namespace vitte::sys::posix {

struct parking_threads : threads, parking {};

}  // namespace vitte::sys::posix
