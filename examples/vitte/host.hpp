// What the host offers to modules: in the static build, which has no libraries, some of the C library.
#pragma once

#include <vitte/loader/loader.hpp>

#if defined(STATIC_HOST)
#include "../host_libc.hpp"
inline constexpr bool is_static = true;
#else
inline void provide_libc(vitte::loader::module_loader&) {}
inline constexpr bool is_static = false;
#endif
