/// Linux: its own memory, threads and random numbers over POSIX.
#pragma once

#include <vitte/sys/platform/policy.hpp>
#include <vitte/sys/platform/linux/directories.hpp>
#include <vitte/sys/platform/linux/files.hpp>
#include <vitte/sys/platform/linux/memory.hpp>
#include <vitte/sys/platform/linux/processes.hpp>
#include <vitte/sys/platform/linux/random.hpp>
#include <vitte/sys/platform/linux/threads.hpp>
#include <vitte/sys/platform/posix/environment.hpp>
#include <vitte/sys/platform/posix/libraries.hpp>

namespace vitte::sys {

// In headers of their names, which few programs need.
namespace linux_os {
class watch_queue;
struct images;
struct sandbox;
struct every_thread;
struct sockets;
class poller;
}
namespace posix {
struct faults;
struct streams;
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
};

}  // namespace vitte::sys
