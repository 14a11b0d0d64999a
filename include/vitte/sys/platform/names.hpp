/// Defines the facet `names` of the platforms that declare it.
#pragma once

#include <vitte/core/ip_address.hpp>
#include <vitte/sys/platform.hpp>

#if defined(_WIN32)
#include <vitte/sys/platform/win32/names.hpp>
#elif !defined(__wasi__) && __has_include(<netdb.h>)
#include <vitte/sys/platform/posix/names.hpp>
#endif
