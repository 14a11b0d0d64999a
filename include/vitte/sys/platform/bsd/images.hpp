/// The ELF images of a process, and what FreeBSD tells of the processor.
#pragma once

#if defined(__FreeBSD__)
#include <sys/auxv.h>
#endif

#include <vitte/sys/platform/posix/images.hpp>

namespace vitte::sys::bsd {

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

}  // namespace vitte::sys::bsd
