#pragma once
#include_next <stdio.h>
#include <target.hpp>
#include <numbers/unistd.h> /* SEEK_DATA and SEEK_HOLE */
extern "C" int renameat(int, const char*, int, const char*) noexcept TARGET(renameat);
