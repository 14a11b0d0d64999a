/// Defines the facet `poller` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>
#include <vitte/sys/platform/poller_types.hpp>
#include <vitte/sys/platform/socket_types.hpp>

#if defined(__linux__) && !defined(VITTE_PLATFORM_POSIX)
#include <vitte/sys/platform/linux/poller.hpp>
#elif defined(__APPLE__) || ((defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__) || \
                              defined(__DragonFly__)) && !defined(VITTE_PLATFORM_POSIX))
#include <vitte/sys/platform/kqueue/poller.hpp>
#elif defined(_WIN32)
#include <vitte/sys/platform/win32/poller.hpp>
#elif !defined(__wasi__) && __has_include(<sys/un.h>)
#include <vitte/sys/platform/posix/poller.hpp>
#endif
