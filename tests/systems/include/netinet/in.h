#pragma once
#include <sys/socket.h>
#include <numbers/netinet/in.h>
