/// What this program was compiled for, in the words of `loader::target`.
#pragma once

#include <cstddef>  // tells whose C library it is

namespace vitte::sys {

inline constexpr const char* host_machine =
#if defined(__x86_64__)
    "x86_64";
#elif defined(__aarch64__) && defined(__AARCH64EB__)
    "aarch64_be";
#elif defined(__aarch64__)
    "aarch64";
#elif defined(__arm__) && defined(__ARMEB__)
    "armeb";
#elif defined(__arm__)
    "arm";
#elif defined(__riscv)
    __riscv_xlen == 64 ? "riscv64" : "riscv32";
#elif defined(__s390x__)
    "s390x";
#elif defined(__wasm__)
    "wasm32";
#else
    "unknown";
#endif

inline constexpr const char* host_system =
#if defined(__linux__)
    "linux";
#elif defined(_WIN32)
    "windows";
#elif defined(__APPLE__)
    "macos";
#elif defined(__FreeBSD__)
    "freebsd";
#elif defined(__NetBSD__)
    "netbsd";
#elif defined(__OpenBSD__)
    "openbsd";
#elif defined(__DragonFly__)
    "dragonfly";
#elif defined(__wasi__)
    "wasi";
#else
    "none";
#endif

namespace detail {
inline constexpr bool is_arm =
#if defined(__arm__)
    true;
#else
    false;
#endif
inline constexpr bool is_hard_float =
#if defined(__ARM_PCS_VFP)
    true;
#else
    false;
#endif
}  // namespace detail

/// Of the C library and, on Arm, how numbers of floating point are passed; empty where there is one only.
inline constexpr const char* host_abi =
#if defined(__MINGW32__)
    "gnu";
#elif defined(_WIN32)
    "msvc";
#elif defined(__linux__) && defined(__GLIBC__)
    !detail::is_arm         ? "gnu"
    : detail::is_hard_float ? "gnueabihf"
                            : "gnueabi";
#elif defined(__linux__)
    !detail::is_arm         ? "musl"
    : detail::is_hard_float ? "musleabihf"
                            : "musleabi";
#else
    !detail::is_arm         ? ""
    : detail::is_hard_float ? "eabihf"
                            : "eabi";
#endif

}  // namespace vitte::sys
