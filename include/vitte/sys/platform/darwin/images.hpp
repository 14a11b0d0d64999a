/// The images of a process as dyld lists them; none of it is ELF.
#pragma once

#include <mach-o/dyld.h>

#include <vitte/sys/platform/types.hpp>

namespace vitte::sys::darwin {

struct images {
    static void for_each(void (*visit)(void*, const loaded_image&), void* context) {
        for (std::uint32_t i = 0; i < ::_dyld_image_count(); ++i)
            visit(context, {static_cast<std::uintptr_t>(::_dyld_get_image_vmaddr_slide(i)), nullptr, 0,
                            ::_dyld_get_image_name(i)});
    }
    static std::uint64_t generation() noexcept { return ::_dyld_image_count(); }
    static cpu_capabilities cpu() noexcept { return {}; }
    static int report(void*, void*, const loaded_image*) noexcept { return 0; }
};

}  // namespace vitte::sys::darwin
