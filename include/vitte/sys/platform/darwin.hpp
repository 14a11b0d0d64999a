/// macOS: its own memory, threads and list of images over POSIX.
#pragma once

#include <vitte/sys/platform/policy.hpp>
#include <vitte/sys/platform/posix/clocks.hpp>

#define VITTE_DARWIN_PLATFORM

namespace vitte::sys {

// In headers of their names: a program pays for those that it needs.
namespace darwin {
struct memory;
struct files;
struct threads;
struct processes;
struct images;
}
namespace posix {
struct directories;
struct environment;
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

struct darwin_platform {
    using memory = darwin::memory;
    using files = darwin::files;
    using directories = posix::directories;
    using clocks = posix::clocks;
    using threads = darwin::threads;
    using processes = darwin::processes;
    using watch_queue = kqueue_os::watch_queue;
    using random = posix::entropy_random;
    using libraries = posix::libraries;
    using environment = posix::environment;
    using streams = posix::streams;
    using names = posix::names;
    using sockets = kqueue_os::sockets;
    using poller = kqueue_os::poller;
    using devices = kqueue_os::devices;
    using signals = posix::signals;
    using images = darwin::images;
};

}  // namespace vitte::sys
