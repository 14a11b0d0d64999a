#pragma once
#include_next <dlfcn.h>
#include <target.hpp>
#include <numbers/dlfcn.h>
extern "C" void* dlopen(const char*, int) noexcept TARGET(dlopen);
