/// Calls and callbacks on s390x. Callers have 160 bytes below their arguments on the stack, for the callee to save
/// registers.
#pragma once

#include <vitte/loader/ffi/machine/parts.hpp>

#if defined(__s390x__)

namespace vitte::loader::ffi::detail {

[[gnu::always_inline]] inline void invoke(const plan& p, const void* function, std::byte* frame) {
    register std::byte* block __asm__("r7") = frame;
    register const void* callee __asm__("r1") = function;
    register std::uintptr_t size __asm__("r9") = p.stack_size;
    __asm__ volatile(
        "lgr %%r8, %%r15\n\t sgr %%r15, %%r9\n\t aghi %%r15, -160\n"
        "1:\n\t aghi %%r9, -8\n\t jl 2f\n\t lg %%r0, 208(%%r9,%%r7)\n\t stg %%r0, 160(%%r9,%%r15)\n\t j 1b\n"
        "2:\n\t lmg %%r2, %%r6, 0(%%r7)\n\t ld %%f0, 64(%%r7)\n\t ld %%f2, 80(%%r7)\n\t ld %%f4, 96(%%r7)\n\t"
        "ld %%f6, 112(%%r7)\n\t basr %%r14, %%r1\n\t lgr %%r15, %%r8\n\t stg %%r2, 0(%%r7)\n\t std %%f0, 64(%%r7)\n"
        : "+r"(callee), "+r"(size)
        : "r"(block)
        : "r0", "r2", "r3", "r4", "r5", "r6", "r8", "r14", "f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "cc",
          "memory");
}

/// Where entries go on: %r0 is the callback.
VITTE_FFI_CODE const void* callback_code(void (*never)() = nullptr) {
    if (never != nullptr) never();
    const void* at;
    __asm__ volatile(
        "larl %0, 1f\n\t j 2f\n\t .balign 16\n"
        "1:\n\t" VITTE_CFI("remember_state") VITTE_CFI("def_cfa %%r15, 160") VITTE_CFI("same_value %%r11")
        VITTE_CFI("same_value %%r14") VITTE_CFI("same_value %%r15")
        "stmg %%r6, %%r15, 48(%%r15)\n\t" VITTE_CFI("offset %%r11, -72") VITTE_CFI("offset %%r14, -48")
        VITTE_CFI("offset %%r15, -40") VITTE_CFI("offset %%r6, -112")
        "lgr %%r11, %%r15\n\t" VITTE_CFI("def_cfa_register %%r11")
        "aghi %%r15, -368\n\t stg %%r11, 0(%%r15)\n\t stmg %%r2, %%r6, 160(%%r15)\n\t"
        "std %%f0, 224(%%r15)\n\t std %%f2, 240(%%r15)\n\t std %%f4, 256(%%r15)\n\t std %%f6, 272(%%r15)\n\t"
        "lgr %%r2, %%r0\n\t la %%r3, 160(%%r15)\n\t la %%r4, 160(%%r11)\n\t lg %%r1, 0(%%r2)\n\t basr %%r14, %%r1\n\t"
        "lg %%r2, 160(%%r15)\n\t ld %%f0, 224(%%r15)\n\t lmg %%r6, %%r15, 416(%%r15)\n\t"
        VITTE_CFI("def_cfa %%r15, 160") VITTE_CFI("same_value %%r11") VITTE_CFI("same_value %%r14")
        VITTE_CFI("same_value %%r15") VITTE_CFI("same_value %%r6") "br %%r14\n"
        "2:\n\t" VITTE_CFI("restore_state")
        : "=r"(at));
    return at;
}

/// Entries in the program's own text, each for the slot of its number.
VITTE_FFI_CODE const void* own_entries_code() noexcept {
    const void* at;
    __asm__ volatile(
        "larl %0, 1f\n\t j 2f\n\t .balign 16\n"
        "1:\n\t .rept 256\n"
        "3:\n\t larl %%r1, vitte_ffi_slots+(3b-1b)\n\t lmg %%r0, %%r1, 0(%%r1)\n\t br %%r1\n\t .balign 16\n\t .endr\n"
        "2:\n"
        : "=r"(at)
        : "r"(own_slots));
    return at;
}
#define VITTE_HAS_OWN_ENTRIES

/// Code of an entry whose slot is `distance` bytes behind it.
inline constexpr std::size_t entry_size = 16;
inline void write_entry(std::byte* to, std::uint32_t distance) noexcept {
    constexpr std::uint8_t code[entry_size] = {
        0xc0, 0x10, 0,    0,    0, 0,     // larl %r1, distance
        0xeb, 0x01, 0x10, 0x00, 0, 0x04,  // lmg %r0, %r1, 0(%r1)
        0x07, 0xf1,                       // br %r1
        0,    0,
    };
    distance /= 2;
    __builtin_memcpy(to, code, sizeof code);
    __builtin_memcpy(to + 2, &distance, sizeof distance);
}
#define VITTE_HAS_FFI_MACHINE
#define VITTE_HAS_FFI_ENTRIES

}  // namespace vitte::loader::ffi::detail

#endif
