/// Memory: the BSDs' own advice over POSIX, and shared memory without a name on FreeBSD.
#pragma once

#include <vitte/sys/platform/posix/memory.hpp>

namespace vitte::sys::bsd {

struct memory : posix::memory {
    static result<void> advise(void* at, std::size_t size, memory_advice advice) noexcept {
        constexpr int numbers[] = {MADV_NORMAL, MADV_SEQUENTIAL, MADV_RANDOM, MADV_WILLNEED, MADV_FREE};
        if (advice > memory_advice::free) return fail(errc::not_supported, "madvise");
        return posix::checked(::madvise(at, size, numbers[static_cast<unsigned>(advice)]), "madvise");
    }
#if defined(__FreeBSD__)
    static result<int> create_shared() noexcept {
        const int made = posix::above_streams(::shm_open(SHM_ANON, O_RDWR | O_CLOEXEC, 0600));
        if (made == -1) return posix::last_error("shm_open");
        return made;
    }
#endif
};

}  // namespace vitte::sys::bsd
