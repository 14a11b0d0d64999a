/// Entry points for aarch64. A descriptor's function keeps all registers but x0, x30 and the flags (ELF for the Arm
/// 64-bit Architecture, "Thread Local Storage"; callers save the upper parts of SVE registers), lazy binding all that
/// hold arguments (AAPCS64 6.8).
#pragma once

#include <vitte/loader/native/entries/parts.hpp>

#if defined(__aarch64__) && defined(__ELF__)
#define VITTE_HAS_ENTRIES

namespace vitte::loader::native::entries {

inline void prepare() noexcept {}

VITTE_ENTRIES void emit_descriptor() noexcept {
    __asm__ volatile(
        VITTE_BEGIN_ENTRY("vitte_static_descriptor")
        "hint #34\n\t ldr x0, [x0, #8]\n\t ret\n"
        VITTE_END_ENTRY("vitte_static_descriptor")
        VITTE_BEGIN_ENTRY("vitte_undefined_descriptor")
        "hint #34\n\t str x1, [sp, #-16]!\n\t ldr x0, [x0, #8]\n\t mrs x1, tpidr_el0\n\t sub x0, x0, x1\n\t"
        "ldr x1, [sp], #16\n\t ret\n"
        VITTE_END_ENTRY("vitte_undefined_descriptor")
        VITTE_BEGIN_ENTRY("vitte_dynamic_descriptor")
        "hint #34\n\t stp x1, x2, [sp, #-32]!\n\t stp x3, x4, [sp, #16]\n\t"
        "ldr x1, [x0, #8]\n\t ldr x2, [x1]\n\t mrs x3, tpidr_el0\n\t"
        "adrp x4, :gottprel:vitte_current_thread_blocks\n\t"
        "ldr x4, [x4, #:gottprel_lo12:vitte_current_thread_blocks]\n\t ldr x4, [x3, x4]\n\t"
        "ldr x0, [x4]\n\t cmp x2, x0\n\t b.lo 1f\n\t ldr x4, [x4, x2, lsl #3]\n\t cbz x4, 1f\n\t"
        "ldr x1, [x1, #8]\n\t add x0, x4, x1\n\t sub x0, x0, x3\n\t"
        "ldp x3, x4, [sp, #16]\n\t ldp x1, x2, [sp], #32\n\t ret\n"
        "1:\n\t sub sp, sp, #640\n\t stp x29, x30, [sp]\n\t mov x29, sp\n\t"
        "stp x5, x6, [sp, #16]\n\t stp x7, x8, [sp, #32]\n\t stp x9, x10, [sp, #48]\n\t stp x11, x12, [sp, #64]\n\t"
        "stp x13, x14, [sp, #80]\n\t stp x15, x16, [sp, #96]\n\t stp x17, x18, [sp, #112]\n\t"
        "stp q0, q1, [sp, #128]\n\t stp q2, q3, [sp, #160]\n\t stp q4, q5, [sp, #192]\n\t stp q6, q7, [sp, #224]\n\t"
        "stp q8, q9, [sp, #256]\n\t stp q10, q11, [sp, #288]\n\t stp q12, q13, [sp, #320]\n\t"
        "stp q14, q15, [sp, #352]\n\t stp q16, q17, [sp, #384]\n\t stp q18, q19, [sp, #416]\n\t"
        "stp q20, q21, [sp, #448]\n\t stp q22, q23, [sp, #480]\n\t stp q24, q25, [sp, #512]\n\t"
        "stp q26, q27, [sp, #544]\n\t stp q28, q29, [sp, #576]\n\t stp q30, q31, [sp, #608]\n\t"
        "mov x0, x1\n\t bl vitte_thread_local_offset\n\t"
        "ldp q0, q1, [sp, #128]\n\t ldp q2, q3, [sp, #160]\n\t ldp q4, q5, [sp, #192]\n\t ldp q6, q7, [sp, #224]\n\t"
        "ldp q8, q9, [sp, #256]\n\t ldp q10, q11, [sp, #288]\n\t ldp q12, q13, [sp, #320]\n\t"
        "ldp q14, q15, [sp, #352]\n\t ldp q16, q17, [sp, #384]\n\t ldp q18, q19, [sp, #416]\n\t"
        "ldp q20, q21, [sp, #448]\n\t ldp q22, q23, [sp, #480]\n\t ldp q24, q25, [sp, #512]\n\t"
        "ldp q26, q27, [sp, #544]\n\t ldp q28, q29, [sp, #576]\n\t ldp q30, q31, [sp, #608]\n\t"
        "ldp x5, x6, [sp, #16]\n\t ldp x7, x8, [sp, #32]\n\t ldp x9, x10, [sp, #48]\n\t ldp x11, x12, [sp, #64]\n\t"
        "ldp x13, x14, [sp, #80]\n\t ldp x15, x16, [sp, #96]\n\t ldp x17, x18, [sp, #112]\n\t"
        "ldp x29, x30, [sp]\n\t add sp, sp, #640\n\t"
        "ldp x3, x4, [sp, #16]\n\t ldp x1, x2, [sp], #32\n\t ret\n"
        VITTE_END_ENTRY("vitte_dynamic_descriptor")
        :
        : "r"(&vitte_thread_local_offset), "r"(&vitte_current_thread_blocks));
}

/// x16 is the address of GOT[2]; on the stack stand the address of the slot and the address to return to.
VITTE_ENTRIES void emit_lazy() noexcept {
    __asm__ volatile(
        VITTE_BEGIN_ENTRY("vitte_lazy_entry")
        "hint #34\n\t stp x29, x8, [sp, #-224]!\n\t mov x29, sp\n\t"
        "stp x0, x1, [sp, #16]\n\t stp x2, x3, [sp, #32]\n\t stp x4, x5, [sp, #48]\n\t stp x6, x7, [sp, #64]\n\t"
        "stp q0, q1, [sp, #80]\n\t stp q2, q3, [sp, #112]\n\t stp q4, q5, [sp, #144]\n\t stp q6, q7, [sp, #176]\n\t"
        "ldr x0, [x16, #-8]\n\t ldr x1, [sp, #224]\n\t sub x1, x1, x16\n\t sub x1, x1, #8\n\t lsr x1, x1, #3\n\t"
        "bl vitte_bind_lazily\n\t mov x16, x0\n\t"
        "ldp q0, q1, [sp, #80]\n\t ldp q2, q3, [sp, #112]\n\t ldp q4, q5, [sp, #144]\n\t ldp q6, q7, [sp, #176]\n\t"
        "ldp x0, x1, [sp, #16]\n\t ldp x2, x3, [sp, #32]\n\t ldp x4, x5, [sp, #48]\n\t ldp x6, x7, [sp, #64]\n\t"
        "ldp x29, x8, [sp], #224\n\t ldp x17, x30, [sp], #16\n\t br x16\n"
        VITTE_END_ENTRY("vitte_lazy_entry")
        :
        : "r"(&vitte_bind_lazily));
}

/// Where PLT0 finds the module and the entry: GOT[1] and GOT[2].
inline constexpr std::size_t got_module = 1, got_entry = 2;

}  // namespace vitte::loader::native::entries

#endif
