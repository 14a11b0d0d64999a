/// Any system with POSIX.1-2017 and nothing more. On Linux and the BSDs `VITTE_PLATFORM_POSIX` asks for it.
#pragma once

#include <vitte/sys/platform/policy.hpp>
#include <vitte/sys/platform/posix/clocks.hpp>

#define VITTE_POSIX_PLATFORM

namespace vitte::sys {

namespace posix {
// In headers of their names: a program pays for those that it needs.
struct memory;
struct files;
struct directories;
struct environment;
struct parking_threads;
struct forking;
template <class System>
struct processes;
struct device_random;
struct streams;
struct sockets;
struct libraries;
struct names;
struct devices;
class poller;
struct signals;
}

struct posix_platform {
    using memory = posix::memory;
    using files = posix::files;
    using directories = posix::directories;
    using clocks = posix::clocks;
    using random = posix::device_random;
    using libraries = posix::libraries;
    using environment = posix::environment;
    using processes = posix::processes<posix::forking>;
    using streams = posix::streams;
    using names = posix::names;
    using sockets = posix::sockets;
    using poller = posix::poller;
    using devices = posix::devices;
    using signals = posix::signals;
    using threads = posix::parking_threads;
};

}  // namespace vitte::sys
