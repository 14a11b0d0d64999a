/// The ELF images of a process on Linux, and what its IFUNC resolvers are told of the CPU.
#pragma once

#include <cstdlib>

#include <sys/auxv.h>

#include <vitte/sys/platform/posix/images.hpp>

extern "C" const char* gnu_get_libc_version() noexcept;  // whose header declares more

namespace vitte::sys::linux_os {

struct images : posix::images {
    static cpu_capabilities cpu() noexcept { return {::getauxval(AT_HWCAP), ::getauxval(AT_HWCAP2)}; }
    /// Whether the `r_debug` of the OS's linker is followed by `r_next`: in glibc since 2.35.
    static bool debug_list_is_chained() noexcept {
#if defined(__GLIBC__)
        const char* const version = ::gnu_get_libc_version();
        return version[0] == '2' && version[1] == '.' && std::atoi(version + 2) >= 35;
#else
        return false;
#endif
    }
};

}  // namespace vitte::sys::linux_os
