#pragma once
#include_next <netinet/tcp.h>
#define TCP_KEEPIDLE 3
#define TCP_KEEPINTVL 5
#define TCP_KEEPCNT 6
