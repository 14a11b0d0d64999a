/// FreeBSD, OpenBSD, NetBSD and DragonFly: their own threads and advice over POSIX.
#pragma once

#include <vitte/sys/platform/policy.hpp>
#include <vitte/sys/platform/posix/clocks.hpp>

#define VITTE_BSD_PLATFORM

namespace vitte::sys {

// In headers of their names: a program pays for those that it needs.
namespace bsd {
struct memory;
struct files;
struct threads;
struct processes;
struct images;
}
namespace posix {
struct directories;
struct environment;
struct device_random;
struct entropy_random;
struct signals;
struct streams;
struct libraries;
struct names;
}
namespace kqueue_os {
class watch_queue;
class poller;
struct devices;
struct sockets;
}

struct bsd_platform {
    using memory = bsd::memory;
    using files = bsd::files;
    using directories = posix::directories;
    using clocks = posix::clocks;
    using threads = bsd::threads;
    using processes = bsd::processes;
    using watch_queue = kqueue_os::watch_queue;
#if defined(__NetBSD__)
    using random = posix::device_random;
#else
    using random = posix::entropy_random;
#endif
    using libraries = posix::libraries;
    using environment = posix::environment;
    using streams = posix::streams;
    using names = posix::names;
    using sockets = kqueue_os::sockets;
    using poller = kqueue_os::poller;
    using devices = kqueue_os::devices;
    using signals = posix::signals;
    using images = bsd::images;
};

}  // namespace vitte::sys
