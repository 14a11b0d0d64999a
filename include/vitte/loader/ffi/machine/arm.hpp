/// Calls and callbacks on 32-bit Arm with VFP registers, from Arm and from Thumb code.
#pragma once

#include <vitte/loader/ffi/machine/parts.hpp>

#if defined(__arm__) && defined(__ARM_PCS_VFP) && !defined(__ARMEB__)

namespace vitte::loader::ffi::detail {

[[gnu::always_inline]] inline void invoke(const plan& p, const void* function, std::byte* frame) {
    register std::byte* block __asm__("r4") = frame;
    register const void* callee __asm__("r12") = function;
    register std::uintptr_t size __asm__("r1") = p.stack_size;
    __asm__ volatile(
        "mov r5, sp\n\t sub sp, sp, r1\n\t add r3, r4, #208\n"
        "1:\n\t subs r1, r1, #4\n\t blo 2f\n\t ldr r2, [r3, r1]\n\t str r2, [sp, r1]\n\t b 1b\n"
        "2:\n\t add r3, r4, #64\n\t vldmia r3, {d0-d7}\n\t ldrd r0, r1, [r4]\n\t ldrd r2, r3, [r4, #8]\n\t"
        "blx r12\n\t mov sp, r5\n\t strd r0, r1, [r4]\n\t strd r2, r3, [r4, #8]\n\t"
        "add r3, r4, #64\n\t vstmia r3, {d0-d7}\n"
        : "+r"(callee), "+r"(size)
        : "r"(block)
        : "r0", "r2", "r3", "r5", "lr", "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "cc", "memory");
}
#define VITTE_HAS_FFI_MACHINE

#if defined(__ARM_ARCH_ISA_ARM)

/// Where entries go on: r12 is the slot.
VITTE_FFI_CODE const void* callback_code() noexcept {
    const std::byte* at;
    __asm__ volatile(
        "adr %0, 1f\n\t b 2f\n\t .balign 16\n"
        "1:\n\t push {r4, lr}\n\t mov r4, sp\n\t sub sp, sp, #208\n\t"
        "strd r0, r1, [sp]\n\t strd r2, r3, [sp, #8]\n\t add r3, sp, #64\n\t vstmia r3, {d0-d7}\n\t"
        "ldr r0, [r12]\n\t mov r1, sp\n\t add r2, r4, #8\n\t ldr r3, [r0]\n\t blx r3\n\t"
        "add r3, sp, #64\n\t vldmia r3, {d0-d7}\n\t ldrd r0, r1, [sp]\n\t ldrd r2, r3, [sp, #8]\n\t"
        "mov sp, r4\n\t pop {r4, pc}\n"
        "2:\n"
        : "=r"(at));
#if defined(__thumb__)
    return reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(at) | 1);
#else
    return at;
#endif
}

/// Entries in the program's own text, each for the slot of its number, which is half as large. They are Arm code also
/// in Thumb code, and stand behind all other code of the section, some of which looks for constants near itself.
VITTE_FFI_CODE const void* own_entries_code() noexcept {
    const void* at;
    __asm__ volatile(
#if defined(__thumb__)
        "ldr %0, 5f\n6:\n\t add %0, pc\n\t b 2f\n\t .balign 4\n5:\n\t .word 1f-(6b+4)\n"
#else
        "ldr %0, 5f\n6:\n\t add %0, pc, %0\n\t b 2f\n5:\n\t .word 1f-(6b+8)\n"
#endif
        "2:\n\t .subsection 1\n\t .balign 16\n\t .arm\n"
        "4:\n\t push {r0, r1}\n\t adr r0, 1f\n\t sub r12, r12, r0\n\t ldr r0, 7f\n"
        "8:\n\t add r0, pc, r0\n\t add r12, r0, r12, lsr #1\n\t pop {r0, r1}\n\t ldr pc, [r12, #4]\n"
        "7:\n\t .word vitte_ffi_slots-(8b+8)\n\t .balign 16\n"
        "1:\n\t .rept 256\n\t sub r12, pc, #8\n\t b 4b\n\t nop\n\t nop\n\t .endr\n"
#if defined(__thumb__)
        "\t .thumb\n"
#endif
        "\t .previous\n"
        : "=r"(at)
        : "r"(own_slots));
    return at;
}
#define VITTE_HAS_OWN_ENTRIES

/// Code of an entry whose slot is `distance` bytes, 64 KiB, behind it.
inline constexpr std::size_t entry_size = 16;
inline void write_entry(std::byte* to, std::uint32_t) noexcept {
    constexpr std::uint32_t code[] = {
        0xe28fc801,  // add r12, pc, #65536
        0xe24cc008,  // sub r12, r12, #8
        0xe59cf004,  // ldr pc, [r12, #4]
        0xe7f000f0,  // udf #0
    };
    __builtin_memcpy(to, code, sizeof code);
}
#define VITTE_HAS_FFI_ENTRIES
#endif

}  // namespace vitte::loader::ffi::detail

#endif
