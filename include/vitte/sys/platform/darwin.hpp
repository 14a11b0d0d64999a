/// macOS: its own memory, threads and list of images over POSIX.
#pragma once

#include <mach-o/dyld.h>
#include <sys/random.h>

#include <vitte/sys/platform/policy.hpp>
#include <vitte/sys/platform/darwin/files.hpp>
#include <vitte/sys/platform/darwin/memory.hpp>
#include <vitte/sys/platform/darwin/processes.hpp>
#include <vitte/sys/platform/darwin/threads.hpp>
#include <vitte/sys/platform/kqueue/watch_queue.hpp>
#include <vitte/sys/platform/posix/directories.hpp>
#include <vitte/sys/platform/posix/entropy.hpp>
#include <vitte/sys/platform/posix/environment.hpp>
#include <vitte/sys/platform/posix/libraries.hpp>

namespace vitte::sys {

namespace posix {
// In headers of their names, which few programs need.
struct streams;
struct names;
}
namespace kqueue_os {
class poller;
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

    /// What dyld has loaded; none of it is ELF.
    struct images {
        static void for_each(void (*visit)(void*, const loaded_image&), void* context) {
            for (std::uint32_t i = 0; i < ::_dyld_image_count(); ++i)
                visit(context, {static_cast<std::uintptr_t>(::_dyld_get_image_vmaddr_slide(i)), nullptr, 0,
                                ::_dyld_get_image_name(i)});
        }
        static std::uint64_t generation() noexcept { return ::_dyld_image_count(); }
        static cpu_capabilities cpu() noexcept { return {}; }
        static int report(void*, void*, const loaded_image*) noexcept { return 0; }
    };
};

}  // namespace vitte::sys
