#pragma once
#include_next <netinet/tcp.h>
#define TCP_NOPUSH 4
#define TCP_KEEPIDLE 256
#define TCP_KEEPINTVL 512
#define TCP_KEEPCNT 1024
