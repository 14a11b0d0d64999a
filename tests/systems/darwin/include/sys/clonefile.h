#pragma once
#include <stdint.h>
#include <target.hpp>
extern "C" int fclonefileat(int, int, const char*, uint32_t) TARGET(fclonefileat);
