/// The native platform's call in every thread, where it has one. It is not part of `platform.hpp`, so that programs
/// without need of it do not pay for it.
#pragma once

#include <vitte/sys/platform.hpp>

#if defined(__linux__) && !defined(VITTE_PLATFORM_POSIX)
#include <vitte/sys/platform/linux/every_thread.hpp>
#endif
