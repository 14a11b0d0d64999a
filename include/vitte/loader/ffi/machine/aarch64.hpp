/// Calls and callbacks on 64-bit Arm.
#pragma once

#include <vitte/loader/ffi/machine/parts.hpp>

#if defined(__aarch64__) && defined(__LP64__) && !defined(__AARCH64EB__)

namespace vitte::loader::ffi::detail {

[[gnu::always_inline]] inline void invoke(const plan& p, const void* function, std::byte* frame) {
    register std::byte* block __asm__("x21") = frame;  // not x19, which compilers may have as a base pointer
    register const void* callee __asm__("x9") = function;
    register std::uintptr_t size __asm__("x10") = p.stack_size;
    register std::uintptr_t vectors __asm__("x11") = p.vectors | static_cast<std::uintptr_t>(p.wide_arguments) << 8;
    __asm__ volatile(
        "mov x20, sp\n\t sub sp, sp, #128\n\t sub sp, sp, x10\n"
        "1:\n\t subs x10, x10, #16\n\t b.lo 2f\n\t add x12, x21, x10\n\t ldp x13, x14, [x12, #208]\n\t"
        "add x12, sp, x10\n\t stp x13, x14, [x12]\n\t b 1b\n"
        "2:\n\t cbz x11, 3f\n\t tbnz x11, #8, 4f\n\t"
        "ldr d0, [x21, #64]\n\t ldr d1, [x21, #80]\n\t ldr d2, [x21, #96]\n\t ldr d3, [x21, #112]\n\t"
        "ldr d4, [x21, #128]\n\t ldr d5, [x21, #144]\n\t ldr d6, [x21, #160]\n\t ldr d7, [x21, #176]\n\t b 3f\n"
        "4:\n\t ldp q0, q1, [x21, #64]\n\t ldp q2, q3, [x21, #96]\n\t"
        "ldp q4, q5, [x21, #128]\n\t ldp q6, q7, [x21, #160]\n"
        "3:\n\t ldp x0, x1, [x21]\n\t ldp x2, x3, [x21, #16]\n\t ldp x4, x5, [x21, #32]\n\t"
        "ldp x6, x7, [x21, #48]\n\t ldr x8, [x21, #192]\n\t"
        "blr x9\n\t mov sp, x20\n\t stp x0, x1, [x21]\n\t stp q0, q1, [x21, #64]\n\t stp q2, q3, [x21, #96]\n"
        : "+r"(callee), "+r"(size), "+r"(vectors)
        : "r"(block)
        : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x12", "x13", "x14", "x15", "x16", "x17", "x20", "x30",
          "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24",
          "v25", "v26", "v27", "v28", "v29", "v30", "v31", "cc", "memory");
}

/// Where entries go on: x17 is the slot.
VITTE_FFI_CODE const void* callback_code(void (*never)() = nullptr) {
    if (never != nullptr) never();
    const void* at;
    __asm__ volatile(
        "adr %0, 1f\n\t b 2f\n\t .balign 16\n"
        "1:\n\t" VITTE_CFI("remember_state") VITTE_CFI("def_cfa sp, 0") VITTE_CFI("same_value x29") VITTE_CFI("same_value x30")
        "hint #34\n\t stp x29, x30, [sp, #-16]!\n\t"
        VITTE_CFI("def_cfa_offset 16") VITTE_CFI("offset x29, -16") VITTE_CFI("offset x30, -8")
        "mov x29, sp\n\t" VITTE_CFI("def_cfa_register x29")
        "sub sp, sp, #208\n\t stp x0, x1, [sp]\n\t stp x2, x3, [sp, #16]\n\t stp x4, x5, [sp, #32]\n\t"
        "stp x6, x7, [sp, #48]\n\t str x8, [sp, #192]\n\t ldr x0, [x17]\n\t ldp x9, x10, [x0]\n\t cbz x10, 3f\n\t"
        "stp q0, q1, [sp, #64]\n\t stp q2, q3, [sp, #96]\n\t stp q4, q5, [sp, #128]\n\t stp q6, q7, [sp, #160]\n"
        "3:\n\t mov x1, sp\n\t add x2, x29, #16\n\t blr x9\n\t"
        "ldp x0, x1, [sp]\n\t ldp q0, q1, [sp, #64]\n\t ldp q2, q3, [sp, #96]\n\t"
        "mov sp, x29\n\t" VITTE_CFI("def_cfa_register sp") "ldp x29, x30, [sp], #16\n\t"
        VITTE_CFI("def_cfa_offset 0") VITTE_CFI("same_value x29") VITTE_CFI("same_value x30") "ret\n"
        "2:\n\t" VITTE_CFI("restore_state")
        : "=r"(at));
    return at;
}

#if defined(__ELF__)
/// Entries in the program's own text, each for the slot of its number.
VITTE_FFI_CODE const void* own_entries_code() noexcept {
    const void* at;
    __asm__ volatile(
        "adr %0, 1f\n\t b 2f\n\t .balign 16\n"
        "1:\n\t .rept 256\n"
        "3:\n\t hint #34\n\t adr x17, 3b\n\t b 4f\n\t nop\n\t .endr\n"
        "4:\n\t adr x16, 1b\n\t sub x17, x17, x16\n\t adrp x16, vitte_ffi_slots\n\t"
        "add x16, x16, :lo12:vitte_ffi_slots\n\t add x17, x17, x16\n\t ldr x16, [x17, #8]\n\t br x16\n"
        "2:\n"
        : "=r"(at)
        : "r"(own_slots));
    return at;
}
#define VITTE_HAS_OWN_ENTRIES
#endif

/// Code of an entry whose slot is `distance` bytes behind it.
inline constexpr std::size_t entry_size = 16;
inline void write_entry(std::byte* to, std::uint32_t distance) noexcept {
    const std::uint32_t code[] = {
        0xd503245f,                               // bti c
        0x10000011 | ((distance - 4) >> 2) << 5,  // adr x17, distance - 4
        0xf9400630,                               // ldr x16, [x17, #8]
        0xd61f0200,                               // br x16
    };
    __builtin_memcpy(to, code, sizeof code);
}
#define VITTE_HAS_FFI_MACHINE
#define VITTE_HAS_FFI_ENTRIES

}  // namespace vitte::loader::ffi::detail

#endif
