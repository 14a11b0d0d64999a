/// Pages through `mmap` (POSIX.1-2017).
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vitte/sys/platform/posix/descriptor.hpp>
#include <vitte/sys/platform/types.hpp>

namespace vitte::sys::posix {

struct memory {
    using file_handle = int;

    static std::size_t page_size() noexcept { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }
    static std::size_t granularity() noexcept { return page_size(); }

    static result<void*> reserve(std::size_t size) noexcept { return anonymous(nullptr, size, nothing_yet, 0); }
    static result<void> commit(void* at, std::size_t size, access wanted) noexcept { return protect(at, size, wanted); }
    static result<void> decommit(void* at, std::size_t size) noexcept {
        return anonymous(at, size, nothing_yet, MAP_FIXED).transform([](void*) {});
    }
    static result<void> protect(void* at, std::size_t size, access wanted) noexcept {
        return checked(::mprotect(at, size, bits(wanted)), "mprotect");
    }
    static result<void*> map_file(void* at, std::size_t size, access wanted, int file, std::uint64_t offset) noexcept {
        const int placed = at == nullptr ? 0 : MAP_FIXED;
        return mapped(::mmap(at, size, bits(wanted), MAP_PRIVATE | placed, file, static_cast<off_t>(offset)));
    }
    static result<void*> map_shared(void* at, std::size_t size, access wanted, int file,
                                    std::uint64_t offset) noexcept {
        const int placed = at == nullptr ? 0 : MAP_FIXED;
        return mapped(::mmap(at, size, bits(wanted), MAP_SHARED | placed, file, static_cast<off_t>(offset)));
    }
    /// POSIX has no huge pages.
    static result<void*> map_huge(std::size_t) noexcept { return fail(errc::out_of_memory, "map_huge"); }
    static result<void> release(void* at, std::size_t size) noexcept { return checked(::munmap(at, size), "munmap"); }
    static result<void> lock(void* at, std::size_t size) noexcept { return checked(::mlock(at, size), "mlock"); }
    static result<void> unlock(void* at, std::size_t size) noexcept { return checked(::munlock(at, size), "munlock"); }
    static result<void> sync(void* at, std::size_t size) noexcept {
        return checked(::msync(at, size, MS_SYNC), "msync");
    }
    static result<void> advise(void* at, std::size_t size, memory_advice advice) noexcept {
        constexpr int numbers[] = {POSIX_MADV_NORMAL, POSIX_MADV_SEQUENTIAL, POSIX_MADV_RANDOM, POSIX_MADV_WILLNEED};
        if (advice > memory_advice::will_need) return fail(errc::not_supported, "posix_madvise");
        const int failed = ::posix_madvise(at, size, numbers[static_cast<unsigned>(advice)]);
        if (failed != 0) return fail(cause_of(failed), "posix_madvise", failed);
        return {};
    }
    static result<access> protection(const void*) noexcept { return fail(errc::not_supported, "query protection"); }

    /// An object with a name of its own, which is taken away at once.
    static result<int> create_shared() noexcept {
        static unsigned count = 0;
        char name[64];
        ::snprintf(name, sizeof name, "/vitte.%ld.%u", static_cast<long>(::getpid()),
                   __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED));
        VITTE_TRY(const int made, open_shared(name, open_mode::create_new));
        VITTE_CHECK(remove_shared(name));
        return made;
    }
    static result<void> seal(int, unsigned) noexcept { return fail(errc::not_supported, "seal"); }

    static result<int> open_shared(const char* name, open_mode mode) noexcept {
        constexpr int flags[] = {O_RDONLY,
                                 O_RDWR,
                                 O_RDWR | O_CREAT | O_TRUNC,
                                 O_RDWR | O_CREAT | O_EXCL,
                                 O_RDWR | O_CREAT,
                                 O_RDWR | O_CREAT | O_EXCL};
        const int opened = above_streams(::shm_open(name, flags[static_cast<unsigned>(mode)] | O_CLOEXEC, 0600));
        if (opened == -1) return last_error("shm_open");
        return opened;
    }
    static result<void> remove_shared(const char* name) noexcept { return checked(::shm_unlink(name), "shm_unlink"); }
    static result<void> resize_shared(int object, std::uint64_t size) noexcept {
        return checked(::ftruncate(object, static_cast<off_t>(size)), "ftruncate");
    }
    static void flush_instruction_cache(void* at, std::size_t size) noexcept {
        __builtin___clear_cache(static_cast<char*>(at), static_cast<char*>(at) + size);
    }

protected:
    /// Pages that may be given any rights later: with PaX MPROTECT, NetBSD gives no more than what was said at first.
#if defined(PROT_MPROTECT)
    static constexpr int nothing_yet = PROT_NONE | PROT_MPROTECT(PROT_READ | PROT_WRITE | PROT_EXEC);
#else
    static constexpr int nothing_yet = PROT_NONE;
#endif

    static constexpr int bits(access wanted) noexcept {
        switch (wanted) {
            case access::none: return PROT_NONE;
            case access::read: return PROT_READ;
            case access::read_write: return PROT_READ | PROT_WRITE;
            case access::read_execute: return PROT_READ | PROT_EXEC;
        }
        return PROT_NONE;
    }
    /// Zeroed pages that count against nothing until they are touched, as far as the system can do that.
    static result<void*> anonymous(void* at, std::size_t size, int rights, int flags) noexcept {
#if defined(MAP_NORESERVE) && !defined(VITTE_PLATFORM_POSIX)
        flags |= MAP_NORESERVE;
#endif
#if defined(MAP_ANONYMOUS) && !defined(VITTE_PLATFORM_POSIX)
        return mapped(::mmap(at, size, rights, flags | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
#else
        const int zeros = above_streams(::open("/dev/zero", O_RDWR | O_CLOEXEC));
        if (zeros == -1) return last_error("open /dev/zero");
        const auto made = mapped(::mmap(at, size, rights, flags | MAP_PRIVATE, zeros, 0));
        ::close(zeros);
        return made;
#endif
    }
    /// ENODEV is no device that is missing, but a file of a kind that cannot be mapped.
    static result<void*> mapped(void* at) noexcept {
        if (at == MAP_FAILED && errno == ENODEV) return fail(errc::not_supported, "mmap", ENODEV);
        if (at == MAP_FAILED) return last_error("mmap");
        return at;
    }
};

}  // namespace vitte::sys::posix
