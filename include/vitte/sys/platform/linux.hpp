/// Linux: its own memory, threads and random numbers over POSIX, and the CPU's capabilities through `getauxval`.
#pragma once

#include <cstdlib>

#include <sys/auxv.h>

#include <vitte/sys/platform/policy.hpp>
#include <vitte/sys/platform/linux/directories.hpp>
#include <vitte/sys/platform/linux/files.hpp>
#include <vitte/sys/platform/linux/memory.hpp>
#include <vitte/sys/platform/linux/processes.hpp>
#include <vitte/sys/platform/linux/random.hpp>
#include <vitte/sys/platform/linux/threads.hpp>
#include <vitte/sys/platform/posix/environment.hpp>
#include <vitte/sys/platform/posix/images.hpp>
#include <vitte/sys/platform/posix/libraries.hpp>

extern "C" const char* gnu_get_libc_version() noexcept;  // whose header declares more

namespace vitte::sys {

// In headers of their names, which few programs need.
namespace linux_os {
class watch_queue;
struct sandbox;
struct every_thread;
}
namespace posix {
struct faults;
struct streams;
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
    using every_thread = linux_os::every_thread;
    using faults = posix::faults;
    using streams = posix::streams;

    struct images : posix::images {
        static cpu_capabilities cpu() noexcept { return {::getauxval(AT_HWCAP), ::getauxval(AT_HWCAP2)}; }
        /// Whether the `r_debug` of the OS's linker is followed by `r_next`: in glibc since 2.35.
        static bool debug_list_is_chained() noexcept {
#if defined(__GLIBC__)
            const char* const version = ::gnu_get_libc_version();
            return version[0] == '2' && version[1] == '.' && std::atoi(version + 2) >= 35;
#else
            return false;
#endif
        }
    };
};

}  // namespace vitte::sys
