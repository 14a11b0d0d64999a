/// Pages of Linux: POSIX, with memfd, huge pages, advice and /proc/self/maps.
#pragma once

#include <stdio.h>

#include <vitte/sys/platform/posix/memory.hpp>

namespace vitte::sys::linux_os {

struct memory : posix::memory {
    static result<void*> map_huge(std::size_t size) noexcept {
        return mapped(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0));
    }
    static result<void> advise(void* at, std::size_t size, memory_advice advice) noexcept {
        constexpr int populate_write = 23;  // since Linux 5.14
        constexpr int numbers[] = {MADV_NORMAL, MADV_SEQUENTIAL, MADV_RANDOM,     MADV_WILLNEED,
                                   MADV_FREE,   MADV_HUGEPAGE,   MADV_NOHUGEPAGE, populate_write};
        if (::madvise(at, size, numbers[static_cast<unsigned>(advice)]) == 0) return {};
        // A kernel that was built without an advice says EINVAL.
        if (errno == EINVAL) return fail(errc::not_supported, "madvise", EINVAL);
        return posix::last_error("madvise");
    }

    static result<int> create_shared() noexcept {
        const int made = posix::above_streams(::memfd_create("vitte", MFD_CLOEXEC | MFD_ALLOW_SEALING));
        if (made == -1) return posix::last_error("memfd_create");
        return made;
    }
    static result<void> seal(int object, unsigned seals) noexcept {
        const auto has = [seals](memory_seal s) { return (seals & static_cast<unsigned>(s)) != 0; };
        const int bits = (has(memory_seal::size) ? F_SEAL_SHRINK | F_SEAL_GROW : 0) |
                         (has(memory_seal::content) ? F_SEAL_WRITE : 0) | (has(memory_seal::seals) ? F_SEAL_SEAL : 0);
        return posix::checked(::fcntl(object, F_ADD_SEALS, bits), "fcntl F_ADD_SEALS");
    }

    /// The kernel tells only in text (proc(5), /proc/pid/maps).
    static result<access> protection(const void* address) noexcept {
        FILE* const maps = ::fopen("/proc/self/maps", "re");
        if (maps == nullptr) return posix::last_error("open /proc/self/maps");
        const auto at = reinterpret_cast<unsigned long>(address);
        access found = access::none;
        unsigned long from = 0, to = 0;
        char rights[5] = {};
        while (::fscanf(maps, "%lx-%lx %4s%*[^\n]", &from, &to, rights) == 3)  // paths are as long as they like
            if (at >= from && at < to)
                found = rights[2] == 'x'   ? access::read_execute
                        : rights[1] == 'w' ? access::read_write
                        : rights[0] == 'r' ? access::read
                                           : access::none;
        ::fclose(maps);
        return found;
    }
};

}  // namespace vitte::sys::linux_os
