#pragma once
#include_next <poll.h>
#include <target.hpp>
#include <numbers/poll.h>
extern "C" int poll(struct pollfd*, nfds_t, int) TARGET(poll);
