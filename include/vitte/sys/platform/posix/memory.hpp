/// Pages through `mmap` (POSIX.1-2017; MAP_ANONYMOUS and MAP_NORESERVE are common to all systems that we know).
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vitte/sys/platform/posix/error.hpp>
#include <vitte/sys/platform/types.hpp>

namespace vitte::sys::posix {

struct memory {
    using file_handle = int;

    static std::size_t page_size() noexcept { return static_cast<std::size_t>(::getpagesize()); }

    static std::size_t granularity() noexcept { return page_size(); }

    static result<void*> reserve(std::size_t size) noexcept {
        return mapped(::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    }
    static result<void> commit(void* at, std::size_t size, access wanted) noexcept { return protect(at, size, wanted); }
    static result<void> decommit(void* at, std::size_t size) noexcept {
        return mapped(::mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0))
            .transform([](void*) {});
    }
    static result<void> protect(void* at, std::size_t size, access wanted) noexcept {
        return checked(::mprotect(at, size, bits(wanted)), "mprotect");
    }
    static result<void*> map_file(void* at, std::size_t size, access wanted, int file, std::uint64_t offset) noexcept {
        const int placed = at == nullptr ? 0 : MAP_FIXED;
        return mapped(::mmap(at, size, bits(wanted), MAP_PRIVATE | placed, file, static_cast<off_t>(offset)));
    }
    static result<void*> map_shared(void* at, std::size_t size, access wanted, int file, std::uint64_t offset) noexcept {
        const int placed = at == nullptr ? 0 : MAP_FIXED;
        return mapped(::mmap(at, size, bits(wanted), MAP_SHARED | placed, file, static_cast<off_t>(offset)));
    }
    static result<void> release(void* at, std::size_t size) noexcept { return checked(::munmap(at, size), "munmap"); }
    static result<void> lock(void* at, std::size_t size) noexcept { return checked(::mlock(at, size), "mlock"); }
    static result<void> unlock(void* at, std::size_t size) noexcept { return checked(::munlock(at, size), "munlock"); }
    static result<void> sync(void* at, std::size_t size) noexcept { return checked(::msync(at, size, MS_SYNC), "msync"); }

    static result<int> open_shared(const char* name, open_mode mode) noexcept {
        const int flags = mode == open_mode::read         ? O_RDONLY
                          : mode == open_mode::read_write ? O_RDWR
                          : mode == open_mode::write      ? O_RDWR | O_CREAT | O_TRUNC
                                                          : O_RDWR | O_CREAT | O_EXCL;
        const int opened = ::shm_open(name, flags | O_CLOEXEC, 0600);
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
    static constexpr int bits(access wanted) noexcept {
        switch (wanted) {
            case access::none: return PROT_NONE;
            case access::read: return PROT_READ;
            case access::read_write: return PROT_READ | PROT_WRITE;
            case access::read_execute: return PROT_READ | PROT_EXEC;
        }
        return PROT_NONE;
    }
    static result<void*> mapped(void* at) noexcept {
        if (at == MAP_FAILED) return last_error("mmap");
        return at;
    }
};

}  // namespace vitte::sys::posix
