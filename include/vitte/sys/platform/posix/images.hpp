/// The ELF images of a process through `dl_iterate_phdr`, which Linux and the BSDs have.
#pragma once

#include <dlfcn.h>
#include <link.h>
#include <sys/types.h>

#include <vitte/sys/platform/types.hpp>

namespace vitte::sys::posix {

struct images {
#if defined(RTLD_NOLOAD)
    /// The mode in which `dlopen` holds a library that is loaded, and loads none.
    static constexpr int without_loading = RTLD_LAZY | RTLD_NOLOAD;
#endif
    static void for_each(void (*visit)(void*, const loaded_image&), void* context) {
        struct visitor {
            void (*visit)(void*, const loaded_image&);
            void* context;
        } both{visit, context};
        ::dl_iterate_phdr(
            [](dl_phdr_info* info, std::size_t, void* opaque) {
                const auto& to = *static_cast<visitor*>(opaque);
                loaded_image found{info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum, info->dlpi_name};
                tell_thread_locals(info, found);
                to.visit(to.context, found);
                return 0;
            },
            &both);
    }
    static int report(void* callback, void* data, const loaded_image* image) {
        const auto visit = reinterpret_cast<int (*)(dl_phdr_info*, std::size_t, void*)>(callback);
        if (image == nullptr) return ::dl_iterate_phdr(visit, data);
        dl_phdr_info info{};
        info.dlpi_addr = image->base;
        info.dlpi_phdr = static_cast<decltype(info.dlpi_phdr)>(image->segments);
        info.dlpi_phnum = static_cast<decltype(info.dlpi_phnum)>(image->segment_count);
        info.dlpi_name = image->name;
        return visit(&info, sizeof info, data);
    }
    /// OpenBSD does not count; there it always differs.
    static std::uint64_t generation() noexcept {
        static std::uint64_t calls = 0;
        std::uint64_t changes = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
        ::dl_iterate_phdr(
            [](dl_phdr_info* info, std::size_t size, void* to) {
                count(info, size, *static_cast<std::uint64_t*>(to));
                return 1;
            },
            &changes);
        return changes;
    }
    /// Systems that tell IFUNC resolvers something have a word of their own.
    static cpu_capabilities cpu() noexcept { return {}; }

private:
    template <class Info>
    static void tell_thread_locals(const Info* info, loaded_image& to) noexcept {
        if constexpr (requires { info->dlpi_tls_modid, info->dlpi_tls_data; }) {
            to.tls_module = info->dlpi_tls_modid;
            to.tls_block = info->dlpi_tls_data;
#if defined(__riscv) && !defined(__GLIBC__)
            // musl asks `__tls_get_addr`, which adds what offsets are short of here.
            if (to.tls_block != nullptr) to.tls_block = static_cast<const char*>(to.tls_block) - 0x800;
#endif
        }
    }
    template <class Info>
    static void count(const Info* info, std::size_t size, std::uint64_t& changes) noexcept {
        if constexpr (requires { info->dlpi_adds + info->dlpi_subs; })
            if (size >= offsetof(Info, dlpi_subs) + sizeof info->dlpi_subs) changes = info->dlpi_adds + info->dlpi_subs;
    }
};

}  // namespace vitte::sys::posix
