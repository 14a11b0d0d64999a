/// Linux: its own memory, threads and random numbers over POSIX, and the CPU's capabilities through `getauxval`.
#pragma once

#include <sys/auxv.h>

#include <vitte/sys/platform/policy.hpp>
#include <vitte/sys/platform/linux/directories.hpp>
#include <vitte/sys/platform/linux/files.hpp>
#include <vitte/sys/platform/linux/memory.hpp>
#include <vitte/sys/platform/linux/processes.hpp>
#include <vitte/sys/platform/linux/random.hpp>
#include <vitte/sys/platform/linux/threads.hpp>
#include <vitte/sys/platform/linux/watch_queue.hpp>
#include <vitte/sys/platform/posix/environment.hpp>
#include <vitte/sys/platform/posix/images.hpp>
#include <vitte/sys/platform/posix/libraries.hpp>
#include <vitte/sys/platform/posix/streams.hpp>

namespace vitte::sys {

namespace linux_os {
struct sandbox;  // in linux/sandbox.hpp, which few programs need
}
namespace posix {
struct faults;  // in posix/faults.hpp, which few programs need
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
    using sandbox = linux_os::sandbox;
    using faults = posix::faults;
    using streams = posix::streams;

    struct images : posix::images {
        static cpu_capabilities cpu() noexcept { return {::getauxval(AT_HWCAP), ::getauxval(AT_HWCAP2)}; }
    };
};

}  // namespace vitte::sys
