#pragma once
#include_next <errno.h>
#define EFTYPE 79
