/// FreeBSD, OpenBSD, NetBSD and DragonFly: their own threads and advice over POSIX.
#pragma once

#if defined(__FreeBSD__) || defined(__NetBSD__)
#include <vitte/sys/platform/bsd/attributes.hpp>
#endif
#include <vitte/sys/platform/bsd/processes.hpp>
#include <vitte/sys/platform/bsd/threads.hpp>
#include <vitte/sys/platform/kqueue/watch_queue.hpp>
#include <vitte/sys/platform/policy.hpp>
#include <vitte/sys/platform/posix/directories.hpp>
#if !defined(__NetBSD__)  // getentropy came with NetBSD 10
#include <vitte/sys/platform/posix/entropy.hpp>
#endif
#include <vitte/sys/platform/posix/environment.hpp>
#include <vitte/sys/platform/posix/files.hpp>
#include <vitte/sys/platform/posix/images.hpp>
#include <vitte/sys/platform/posix/libraries.hpp>
#include <vitte/sys/platform/posix/memory.hpp>
#include <vitte/sys/platform/posix/random.hpp>

#if defined(__FreeBSD__)
#include <sys/auxv.h>
#endif

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

struct bsd_platform {
#if defined(__FreeBSD__) || defined(__NetBSD__)
    struct files : bsd::attributed_files {
#else
    struct files : posix::files {
#endif
#if defined(__FreeBSD__) && __FreeBSD__ >= 13
        static result<std::size_t> copy_some(handle from, handle to, std::size_t size) noexcept {
            return posix::counted(::copy_file_range(from, nullptr, to, nullptr, size, 0), "copy_file_range");
        }
#endif
    };
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

    struct memory : posix::memory {
        static result<void> advise(void* at, std::size_t size, memory_advice advice) noexcept {
            constexpr int numbers[] = {MADV_NORMAL, MADV_SEQUENTIAL, MADV_RANDOM, MADV_WILLNEED, MADV_FREE};
            if (advice > memory_advice::free) return fail(errc::not_supported, "madvise");
            return posix::checked(::madvise(at, size, numbers[static_cast<unsigned>(advice)]), "madvise");
        }
#if defined(__FreeBSD__)
        static result<int> create_shared() noexcept {
            const int made = ::shm_open(SHM_ANON, O_RDWR | O_CLOEXEC, 0600);
            if (made == -1) return posix::last_error("shm_open");
            return made;
        }
#endif
    };

    struct images : posix::images {
#if defined(__FreeBSD__)
        static cpu_capabilities cpu() noexcept {
            cpu_capabilities told;
            ::elf_aux_info(AT_HWCAP, &told.hwcap, sizeof told.hwcap);
            ::elf_aux_info(AT_HWCAP2, &told.hwcap2, sizeof told.hwcap2);
            return told;
        }
#endif
    };
};

}  // namespace vitte::sys
