/// The sandbox of the native platform. It is not part of `platform.hpp`, so that programs without one do not pay for
/// it.
#pragma once

#include <vitte/sys/platform.hpp>
#include <vitte/sys/platform/sandbox_types.hpp>

#if defined(__linux__) && !defined(VITTE_PLATFORM_POSIX)
#include <vitte/sys/platform/linux/sandbox.hpp>
#endif
