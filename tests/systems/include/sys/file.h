#pragma once
#include <fcntl.h>
#include <numbers/sys/file.h>
extern "C" int flock(int, int) TARGET(flock);
