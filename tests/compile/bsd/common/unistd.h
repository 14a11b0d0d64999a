#pragma once
#include_next <unistd.h>
extern "C" int getpeereid(int, uid_t *, gid_t *); /* getpeereid(3) */
