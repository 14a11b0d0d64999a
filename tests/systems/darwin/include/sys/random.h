#pragma once
#include <stddef.h>
#include <target.hpp>
extern "C" int getentropy(void*, size_t) TARGET(getentropy);
