/// Defines the facet `streams` of the platforms that declare it.
#pragma once

#include <vitte/sys/platform.hpp>

#if !defined(_WIN32) && !defined(__wasi__) && __has_include(<poll.h>)
#include <vitte/sys/platform/posix/streams.hpp>
#endif
