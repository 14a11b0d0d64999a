#pragma once
#include_next <stdio.h>
#include <target.hpp>
extern "C" int renameat(int, const char*, int, const char*) noexcept TARGET(renameat);
