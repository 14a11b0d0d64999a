/// Defines the facet `sockets` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>
#include <vitte/sys/platform/socket_types.hpp>

#if defined(__linux__) && !defined(VITTE_PLATFORM_POSIX)
#include <vitte/sys/platform/linux/sockets.hpp>
#elif defined(_WIN32)
#include <vitte/sys/platform/win32/sockets.hpp>
#elif defined(__APPLE__) || ((defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__) || \
                              defined(__DragonFly__)) && !defined(VITTE_PLATFORM_POSIX))
#include <vitte/sys/platform/kqueue/sockets.hpp>
#elif !defined(__wasi__) && __has_include(<sys/un.h>)
#include <vitte/sys/platform/posix/sockets.hpp>
#endif
