#pragma once
#include <numbers/netinet/tcp.h>
