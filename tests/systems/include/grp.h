#pragma once
#define setgroups host_setgroups
#include_next <grp.h>
#undef setgroups
