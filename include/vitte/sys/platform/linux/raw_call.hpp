/// Calls of the kernel by their instruction. Threads may be cancelled in those of the C library, which costs as much as
/// the rest of them, and is of no use where nothing ever waits.
#pragma once

#include <asm/unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VITTE_CALLS_ARE_WATCHED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define VITTE_CALLS_ARE_WATCHED  // those of the C library
#endif
#endif
#if !defined(VITTE_CALLS_ARE_WATCHED) && defined(__LP64__) && \
    (defined(__x86_64__) || defined(__aarch64__) || defined(__riscv))
#define VITTE_RAW_CALLS

namespace vitte::sys::linux_os {

/// What the kernel says: a count, or an error's number below zero (syscall(2), "Architecture calling conventions").
/// The last two of six arguments are 0.
inline long raw_call(long number, long a, const void* b, unsigned long c, long d) noexcept {
#if defined(__x86_64__)
    register long fourth __asm__("r10") = d;
    register long fifth __asm__("r8") = 0;
    register long sixth __asm__("r9") = 0;
    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "rcx", "r11", "memory");
    return number;
#elif defined(__aarch64__)
    register long which __asm__("x8") = number;
    register long first __asm__("x0") = a;
    register const void* second __asm__("x1") = b;
    register unsigned long third __asm__("x2") = c;
    register long fourth __asm__("x3") = d;
    register long fifth __asm__("x4") = 0;
    register long sixth __asm__("x5") = 0;
    __asm__ volatile("svc 0"
                     : "+r"(first)
                     : "r"(which), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "memory");
    return first;
#else
    register long which __asm__("a7") = number;
    register long first __asm__("a0") = a;
    register const void* second __asm__("a1") = b;
    register unsigned long third __asm__("a2") = c;
    register long fourth __asm__("a3") = d;
    register long fifth __asm__("a4") = 0;
    register long sixth __asm__("a5") = 0;
    __asm__ volatile("ecall"
                     : "+r"(first)
                     : "r"(which), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "memory");
    return first;
#endif
}

}  // namespace vitte::sys::linux_os
#endif
