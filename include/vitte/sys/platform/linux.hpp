/// Linux: its own memory, threads and random numbers over POSIX, with the process's images through `dl_iterate_phdr` and the CPU's capabilities through `getauxval`.
#pragma once

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>

#include <vitte/sys/platform/contract.hpp>
#include <vitte/sys/platform/linux/memory.hpp>
#include <vitte/sys/platform/linux/random.hpp>
#include <vitte/sys/platform/linux/threads.hpp>
#include <vitte/sys/platform/posix/files.hpp>

namespace vitte::sys {

struct linux_platform {
    using memory = linux_os::memory;
    using files = posix::files;
    using clocks = posix::clocks;
    using threads = linux_os::threads;
    using random = linux_os::random;

    /// `dlopen` is named only where a program asks for it, so that static programs do not pull it in.
    struct libraries {
        using handle = void*;

        template <class Path>
        static result<handle> open(Path path) noexcept {
            if (void* const opened = ::dlopen(path, RTLD_NOW | RTLD_LOCAL)) return opened;
            ::dlerror();
            return fail(errc::not_found, "dlopen");
        }
        template <class Name>
        static result<void*> symbol(handle library, Name name) noexcept {
            if (void* const found = ::dlsym(library, name)) return found;
            ::dlerror();
            return fail(errc::not_found, "dlsym");
        }
        template <class Handle>
        static result<void> close(Handle library) noexcept {
            if (::dlclose(library) == 0) return {};
            ::dlerror();
            return fail(errc::bad_handle, "dlclose");
        }

        static void for_each_image(void (*visit)(void*, const loaded_image&), void* context) {
            struct visitor {
                void (*visit)(void*, const loaded_image&);
                void* context;
            } both{visit, context};
            ::dl_iterate_phdr(
                [](dl_phdr_info* info, std::size_t, void* opaque) {
                    const auto& to = *static_cast<visitor*>(opaque);
                    to.visit(to.context, {info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum, info->dlpi_name});
                    return 0;
                },
                &both);
        }
        static std::uint64_t generation() noexcept {
            std::uint64_t changes = 0;
            ::dl_iterate_phdr(
                [](dl_phdr_info* info, std::size_t, void* to) {
                    *static_cast<std::uint64_t*>(to) = info->dlpi_adds + info->dlpi_subs;
                    return 1;
                },
                &changes);
            return changes;
        }
        static cpu_capabilities cpu() noexcept { return {::getauxval(AT_HWCAP), ::getauxval(AT_HWCAP2)}; }
    };
};

}  // namespace vitte::sys
