/// Any system with POSIX.1-2017 and nothing more. On Linux and the BSDs `VITTE_PLATFORM_POSIX` asks for it.
#pragma once

#include <vitte/sys/platform/policy.hpp>
#include <vitte/sys/platform/posix/directories.hpp>
#include <vitte/sys/platform/posix/environment.hpp>
#include <vitte/sys/platform/posix/files.hpp>
#include <vitte/sys/platform/posix/libraries.hpp>
#include <vitte/sys/platform/posix/memory.hpp>
#include <vitte/sys/platform/posix/parking.hpp>
#include <vitte/sys/platform/posix/processes.hpp>
#include <vitte/sys/platform/posix/random.hpp>
#include <vitte/sys/platform/posix/threads.hpp>

namespace vitte::sys {

namespace posix {
// In headers of their names, which few programs need.
struct streams;
struct sockets;
struct names;
class poller;
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

    struct threads : posix::threads, posix::parking {};
};

}  // namespace vitte::sys
