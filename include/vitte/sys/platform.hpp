/// Picks the native platform. Besides `platform/`, the only place that looks at macros of the OS.
/// `VITTE_PLATFORM_HEADER` names a header that defines `vitte::sys::native` itself; `VITTE_PLATFORM_POSIX` asks for the
/// platform that uses nothing but POSIX.
#pragma once

#if defined(VITTE_PLATFORM_HEADER)
#include VITTE_PLATFORM_HEADER
#elif defined(_WIN32)
#include <vitte/sys/platform/win32.hpp>
namespace vitte::sys {
using native = win32_platform;
}
#elif defined(__wasi__)
#include <vitte/sys/platform/wasi.hpp>
namespace vitte::sys {
using native = wasi_platform;
}
#elif defined(__linux__) && !defined(VITTE_PLATFORM_POSIX)
#include <vitte/sys/platform/linux.hpp>
namespace vitte::sys {
using native = linux_platform;
}
#elif defined(__APPLE__)
#include <vitte/sys/platform/darwin.hpp>
namespace vitte::sys {
using native = darwin_platform;
}
#elif (defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__) || defined(__DragonFly__)) && \
    !defined(VITTE_PLATFORM_POSIX)
#include <vitte/sys/platform/bsd.hpp>
namespace vitte::sys {
using native = bsd_platform;
}
#elif defined(__unix__) || defined(__HAIKU__) || defined(VITTE_PLATFORM_POSIX)
#include <vitte/sys/platform/posix.hpp>
namespace vitte::sys {
using native = posix_platform;
}
#elif defined(__ELF__)
#include <vitte/sys/platform/bare.hpp>
namespace vitte::sys {
using native = bare_platform<bare::board>;
}
#else
#include <vitte/sys/platform/unsupported.hpp>
namespace vitte::sys {
using native = unsupported_platform;
}
#endif
