// Terminals: speeds are numbers, and any is good.
#include <termios.h>

#include "host.hpp"

using namespace systems;

namespace {
constexpr pair speeds[] = {
    PAIR(B0),     PAIR(B50),    PAIR(B75),    PAIR(B110),    PAIR(B134),    PAIR(B150),  PAIR(B200),
    PAIR(B300),   PAIR(B600),   PAIR(B1200),  PAIR(B1800),   PAIR(B2400),   PAIR(B4800), PAIR(B9600),
    PAIR(B19200), PAIR(B38400), PAIR(B57600), PAIR(B115200), PAIR(B230400),
};
/// Linux has no others by this call.
int set(int (*call)(termios*, speed_t), termios* of, speed_t speed) {
    const auto host = host_number(speeds, static_cast<int>(speed));
    return host ? told(call(of, static_cast<speed_t>(*host))) : refuse(TARGET_EINVAL);
}
}  // namespace

extern "C" {
speed_t target_cfgetospeed(const termios* of) {
    const speed_t host = ::cfgetospeed(of);
    for (const pair& one : speeds)
        if (one.host == static_cast<int>(host)) return static_cast<speed_t>(one.target);
    return 0;
}
int target_cfsetospeed(termios* of, speed_t speed) { return set(::cfsetospeed, of, speed); }
int target_cfsetispeed(termios* of, speed_t speed) { return set(::cfsetispeed, of, speed); }
}
