/// Linux: its own memory, threads and random numbers over POSIX.
#pragma once

#include <vitte/sys/platform/policy.hpp>
#include <vitte/sys/platform/posix/clocks.hpp>

#define VITTE_LINUX_PLATFORM

namespace vitte::sys {

// In headers of their names: a program pays for those that it needs.
namespace linux_os {
struct memory;
struct files;
struct directories;
struct threads;
struct processes;
class watch_queue;
struct images;
struct random;
struct sandbox;
struct every_thread;
struct sockets;
struct devices;
class poller;
struct signals;
class completions;
}
namespace posix {
struct environment;
struct faults;
struct streams;
struct libraries;
struct names;
}

struct linux_platform {
    using memory = linux_os::memory;
    using files = linux_os::files;
    using directories = linux_os::directories;
    using clocks = posix::clocks;
    using threads = linux_os::threads;
    using random = linux_os::random;
    using libraries = posix::libraries;
    using environment = posix::environment;
    using processes = linux_os::processes;
    using watch_queue = linux_os::watch_queue;
    using images = linux_os::images;
    using sandbox = linux_os::sandbox;
    using every_thread = linux_os::every_thread;
    using faults = posix::faults;
    using streams = posix::streams;
    using names = posix::names;
    using sockets = linux_os::sockets;
    using poller = linux_os::poller;
    using devices = linux_os::devices;
    using signals = linux_os::signals;
    using completions = linux_os::completions;
};

}  // namespace vitte::sys
