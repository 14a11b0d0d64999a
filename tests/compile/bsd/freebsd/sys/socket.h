#pragma once
#include_next <sys/socket.h>
#define SO_REUSEPORT_LB 0x10000
#define SO_NOSIGPIPE 0x800
