/// Pages of macOS: POSIX, with pages for code that each thread may either write or run, advice, and the kernel's map.
#pragma once

#include <mach/mach.h>
#include <pthread.h>

#include <vitte/sys/platform/posix/memory.hpp>

extern "C" void sys_icache_invalidate(void* start, size_t length);

namespace vitte::sys::darwin {

struct memory : posix::memory {
    /// MAP_JIT: what a hardened program needs, and the only way on Apple's own processors.
    static result<void*> map_code(std::size_t size) noexcept {
        return mapped(
            ::mmap(nullptr, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_JIT, -1, 0));
    }
    /// Whether this thread writes code now, or runs it.
    static void write_code([[maybe_unused]] bool writes) noexcept {
#if defined(__aarch64__)
        ::pthread_jit_write_protect_np(writes ? 0 : 1);
#endif
    }
    static void flush_instruction_cache(void* at, std::size_t size) noexcept { ::sys_icache_invalidate(at, size); }

    /// shm_open(2) of macOS knows no O_TRUNC: the name gets a new object, and whoever has the old one open keeps that.
    static result<int> open_shared(const char* name, open_mode mode) noexcept {
        if (mode != open_mode::write) return posix::memory::open_shared(name, mode);
        for (;;) {
            const auto gone = remove_shared(name);
            if (!gone && gone.error().code != errc::not_found) return unexpected(gone.error());
            const auto made = posix::memory::open_shared(name, open_mode::create_new);
            if (made || made.error().code != errc::already_exists) return made;
        }
    }
    /// The size is set once, and rounded up to whole pages; EINVAL afterwards.
    static result<void> resize_shared(int object, std::uint64_t size) noexcept {
        const auto done = posix::memory::resize_shared(object, size);
        struct stat now;
        if (done || done.error().native != EINVAL || ::fstat(object, &now) == -1 || now.st_size == 0) return done;
        const auto has = static_cast<std::uint64_t>(now.st_size);
        if (size <= has && has - size < page_size()) return {};
        return fail(errc::not_supported, "ftruncate", EINVAL);
    }

    static result<void> advise(void* at, std::size_t size, memory_advice advice) noexcept {
        constexpr int numbers[] = {MADV_NORMAL, MADV_SEQUENTIAL, MADV_RANDOM, MADV_WILLNEED, MADV_FREE};
        if (advice > memory_advice::free) return fail(errc::not_supported, "madvise");
        return posix::checked(::madvise(at, size, numbers[static_cast<unsigned>(advice)]), "madvise");
    }
    static result<access> protection(const void* address) noexcept {
        const auto wanted = reinterpret_cast<vm_address_t>(address);
        vm_address_t at = wanted;
        vm_size_t size = 0;
        vm_region_basic_info_data_64_t info{};
        mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
        mach_port_t object = MACH_PORT_NULL;
        const kern_return_t failed = ::vm_region_64(mach_task_self(), &at, &size, VM_REGION_BASIC_INFO_64,
                                                    reinterpret_cast<vm_region_info_t>(&info), &count, &object);
        if (failed != KERN_SUCCESS || at > wanted) return access::none;
        return (info.protection & VM_PROT_EXECUTE) != 0 ? access::read_execute
               : (info.protection & VM_PROT_WRITE) != 0 ? access::read_write
               : (info.protection & VM_PROT_READ) != 0  ? access::read
                                                        : access::none;
    }
};

}  // namespace vitte::sys::darwin
