/// Calls and callbacks on 64-bit RISC-V with registers for doubles.
#pragma once

#include <vitte/loader/ffi/machine/parts.hpp>

#if defined(__riscv) && __riscv_xlen == 64 && defined(__riscv_float_abi_double)

namespace vitte::loader::ffi::detail {

[[gnu::always_inline]] inline void invoke(const plan& p, const void* function, std::byte* frame) {
    register std::byte* block __asm__("s3") = frame;  // not s1, which compilers may have as a base pointer
    register const void* callee __asm__("t0") = function;
    register std::uintptr_t size __asm__("t1") = p.stack_size;
    register std::uintptr_t vectors __asm__("t2") = p.vectors;
    __asm__ volatile(
        "mv s2, sp\n\t sub sp, sp, t1\n"
        "1:\n\t beqz t1, 2f\n\t addi t1, t1, -8\n\t add t3, s3, t1\n\t ld t4, 208(t3)\n\t add t3, sp, t1\n\t"
        "sd t4, (t3)\n\t j 1b\n"
        "2:\n\t beqz t2, 3f\n\t fld fa0, 64(s3)\n\t fld fa1, 80(s3)\n\t fld fa2, 96(s3)\n\t fld fa3, 112(s3)\n\t"
        "fld fa4, 128(s3)\n\t fld fa5, 144(s3)\n\t fld fa6, 160(s3)\n\t fld fa7, 176(s3)\n"
        "3:\n\t ld a0, 0(s3)\n\t ld a1, 8(s3)\n\t ld a2, 16(s3)\n\t ld a3, 24(s3)\n\t"
        "ld a4, 32(s3)\n\t ld a5, 40(s3)\n\t ld a6, 48(s3)\n\t ld a7, 56(s3)\n\t"
        "jalr t0\n\t mv sp, s2\n\t sd a0, 0(s3)\n\t sd a1, 8(s3)\n\t fsd fa0, 64(s3)\n\t fsd fa1, 80(s3)\n"
        : "+r"(callee), "+r"(size), "+r"(vectors)
        : "r"(block)
        : "ra", "s2", "t3", "t4", "t5", "t6", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "ft0", "ft1", "ft2",
          "ft3", "ft4", "ft5", "ft6", "ft7", "ft8", "ft9", "ft10", "ft11", "fa0", "fa1", "fa2", "fa3", "fa4", "fa5",
          "fa6", "fa7", "memory");
}

/// Where entries go on: t1 is the slot.
VITTE_FFI_CODE const void* callback_code(void (*never)() = nullptr) {
    if (never != nullptr) never();
    const void* at;
    __asm__ volatile(
        "lla %0, 1f\n\t j 2f\n\t .balign 16\n"
        "1:\n\t" VITTE_CFI("remember_state") VITTE_CFI("def_cfa sp, 0") VITTE_CFI("same_value s0") VITTE_CFI("same_value ra")
        "addi sp, sp, -224\n\t sd ra, 216(sp)\n\t" VITTE_CFI("def_cfa_offset 224") VITTE_CFI("offset ra, -8")
        "sd a0, 0(sp)\n\t sd a1, 8(sp)\n\t sd a2, 16(sp)\n\t sd a3, 24(sp)\n\t"
        "sd a4, 32(sp)\n\t sd a5, 40(sp)\n\t sd a6, 48(sp)\n\t sd a7, 56(sp)\n\t"
        "ld a0, 0(t1)\n\t ld t0, 8(a0)\n\t beqz t0, 3f\n\t"
        "fsd fa0, 64(sp)\n\t fsd fa1, 80(sp)\n\t fsd fa2, 96(sp)\n\t fsd fa3, 112(sp)\n\t"
        "fsd fa4, 128(sp)\n\t fsd fa5, 144(sp)\n\t fsd fa6, 160(sp)\n\t fsd fa7, 176(sp)\n"
        "3:\n\t mv a1, sp\n\t addi a2, sp, 224\n\t ld t0, 0(a0)\n\t jalr t0\n\t"
        "ld a0, 0(sp)\n\t ld a1, 8(sp)\n\t fld fa0, 64(sp)\n\t fld fa1, 80(sp)\n\t"
        "ld ra, 216(sp)\n\t addi sp, sp, 224\n\t" VITTE_CFI("def_cfa_offset 0") VITTE_CFI("same_value ra") "ret\n"
        "2:\n\t" VITTE_CFI("restore_state")
        : "=r"(at));
    return at;
}

/// Entries in the program's own text, each for the slot of its number.
VITTE_FFI_CODE const void* own_entries_code() noexcept {
    const void* at;
    __asm__ volatile(
        ".option push\n\t .option norelax\n\t .option norvc\n\t lla %0, 1f\n\t j 2f\n\t .balign 16\n"
        "1:\n\t .rept 256\n"
        "3:\n\t auipc t1, 0\n\t j 4f\n\t nop\n\t nop\n\t .endr\n"
        "4:\n\t lla t2, 1b\n\t sub t1, t1, t2\n\t lla t2, vitte_ffi_slots\n\t add t1, t1, t2\n\t"
        "ld t2, 8(t1)\n\t jr t2\n"
        "2:\n\t .option pop\n"
        : "=r"(at)
        : "r"(own_slots));
    return at;
}
#define VITTE_HAS_OWN_ENTRIES

/// Code of an entry whose slot is `distance` bytes, a multiple of 4096, behind it.
inline constexpr std::size_t entry_size = 16;
inline void write_entry(std::byte* to, std::uint32_t distance) noexcept {
    const std::uint32_t code[] = {
        0x00000317 | distance,  // auipc t1, distance
        0x00833383,             // ld t2, 8(t1)
        0x00038067,             // jr t2
        0x00100073,             // ebreak
    };
    __builtin_memcpy(to, code, sizeof code);
}
#define VITTE_HAS_FFI_MACHINE
#define VITTE_HAS_FFI_ENTRIES

}  // namespace vitte::loader::ffi::detail

#endif
