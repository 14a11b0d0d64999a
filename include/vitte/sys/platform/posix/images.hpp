/// The ELF images of a process through `dl_iterate_phdr`, which Linux and the BSDs have.
#pragma once

#include <sys/types.h>

#include <link.h>

#include <vitte/sys/platform/types.hpp>

namespace vitte::sys::posix {

struct images {
    static void for_each(void (*visit)(void*, const loaded_image&), void* context) {
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
    static void count(const Info* info, std::size_t size, std::uint64_t& changes) noexcept {
        if constexpr (requires { info->dlpi_adds + info->dlpi_subs; })
            if (size >= offsetof(Info, dlpi_subs) + sizeof info->dlpi_subs) changes = info->dlpi_adds + info->dlpi_subs;
    }
};

}  // namespace vitte::sys::posix
