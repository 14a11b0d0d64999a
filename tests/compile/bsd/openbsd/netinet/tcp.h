#pragma once
#include_next <netinet/tcp.h>
#define TCP_NOPUSH 16
