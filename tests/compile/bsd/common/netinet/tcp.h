#pragma once /* tcp(4) */
#ifndef makedev
#error "it wants <sys/types.h> before it"
#endif
enum { TCP_NODELAY = 1 };
