#pragma once
#include_next <termios.h>
#include <target.hpp>
#include <numbers/termios.h>
#undef B4000000
extern "C" {
speed_t cfgetospeed(const struct termios*) noexcept TARGET(cfgetospeed);
int cfsetospeed(struct termios*, speed_t) noexcept TARGET(cfsetospeed);
int cfsetispeed(struct termios*, speed_t) noexcept TARGET(cfsetispeed);
}
