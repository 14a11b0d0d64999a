/// Entry points for 64-bit RISC-V with double-precision registers. A descriptor's function is given it in a0, returns
/// to t0 and keeps all other registers (RISC-V ELF psABI, "TLS Descriptors"), lazy binding those that hold arguments
/// ("Program Linkage Table").
#pragma once

#include <vitte/loader/native/entries/parts.hpp>

#if defined(__riscv) && __riscv_xlen == 64 && defined(__riscv_float_abi_double) && defined(__ELF__)
#define VITTE_HAS_ENTRIES

namespace vitte::loader::native::entries {

inline void prepare() noexcept {}

VITTE_ENTRIES void emit_descriptor() noexcept {
    __asm__ volatile(
        VITTE_BEGIN_ENTRY("vitte_static_descriptor")
        "ld a0, 8(a0)\n\t jr t0\n"
        VITTE_END_ENTRY("vitte_static_descriptor")
        VITTE_BEGIN_ENTRY("vitte_undefined_descriptor")
        "ld a0, 8(a0)\n\t sub a0, a0, tp\n\t jr t0\n"
        VITTE_END_ENTRY("vitte_undefined_descriptor")
        VITTE_BEGIN_ENTRY("vitte_dynamic_descriptor")
        "addi sp, sp, -320\n\t sd t1, 0(sp)\n\t sd t2, 8(sp)\n\t sd t3, 16(sp)\n\t"
        "ld t1, 8(a0)\n\t ld t2, 0(t1)\n\t"
        "la.tls.ie t3, vitte_current_thread_blocks\n\t add t3, t3, tp\n\t ld t3, 0(t3)\n\t"
        "ld a0, 0(t3)\n\t bltu t2, a0, 1f\n\t slli t2, t2, 3\n\t add t3, t3, t2\n\t ld a0, 0(t3)\n\t beqz a0, 1f\n\t"
        "ld t1, 8(t1)\n\t add a0, a0, t1\n\t sub a0, a0, tp\n\t"
        "addi a0, a0, 1024\n\t addi a0, a0, 1024\n\t"  // the bias of offsets
        "ld t1, 0(sp)\n\t ld t2, 8(sp)\n\t ld t3, 16(sp)\n\t addi sp, sp, 320\n\t jr t0\n"
        "1:\n\t sd ra, 24(sp)\n\t sd t0, 32(sp)\n\t sd a1, 40(sp)\n\t sd a2, 48(sp)\n\t sd a3, 56(sp)\n\t"
        "sd a4, 64(sp)\n\t sd a5, 72(sp)\n\t sd a6, 80(sp)\n\t sd a7, 88(sp)\n\t sd t4, 96(sp)\n\t sd t5, 104(sp)\n\t"
        "sd t6, 112(sp)\n\t fsd ft0, 120(sp)\n\t fsd ft1, 128(sp)\n\t fsd ft2, 136(sp)\n\t fsd ft3, 144(sp)\n\t"
        "fsd ft4, 152(sp)\n\t fsd ft5, 160(sp)\n\t fsd ft6, 168(sp)\n\t fsd ft7, 176(sp)\n\t fsd fa0, 184(sp)\n\t"
        "fsd fa1, 192(sp)\n\t fsd fa2, 200(sp)\n\t fsd fa3, 208(sp)\n\t fsd fa4, 216(sp)\n\t fsd fa5, 224(sp)\n\t"
        "fsd fa6, 232(sp)\n\t fsd fa7, 240(sp)\n\t fsd ft8, 248(sp)\n\t fsd ft9, 256(sp)\n\t fsd ft10, 264(sp)\n\t"
        "fsd ft11, 272(sp)\n\t mv a0, t1\n\t call vitte_thread_local_offset\n\t"
        "ld ra, 24(sp)\n\t ld t0, 32(sp)\n\t ld a1, 40(sp)\n\t ld a2, 48(sp)\n\t ld a3, 56(sp)\n\t"
        "ld a4, 64(sp)\n\t ld a5, 72(sp)\n\t ld a6, 80(sp)\n\t ld a7, 88(sp)\n\t ld t4, 96(sp)\n\t ld t5, 104(sp)\n\t"
        "ld t6, 112(sp)\n\t fld ft0, 120(sp)\n\t fld ft1, 128(sp)\n\t fld ft2, 136(sp)\n\t fld ft3, 144(sp)\n\t"
        "fld ft4, 152(sp)\n\t fld ft5, 160(sp)\n\t fld ft6, 168(sp)\n\t fld ft7, 176(sp)\n\t fld fa0, 184(sp)\n\t"
        "fld fa1, 192(sp)\n\t fld fa2, 200(sp)\n\t fld fa3, 208(sp)\n\t fld fa4, 216(sp)\n\t fld fa5, 224(sp)\n\t"
        "fld fa6, 232(sp)\n\t fld fa7, 240(sp)\n\t fld ft8, 248(sp)\n\t fld ft9, 256(sp)\n\t fld ft10, 264(sp)\n\t"
        "fld ft11, 272(sp)\n\t ld t1, 0(sp)\n\t ld t2, 8(sp)\n\t ld t3, 16(sp)\n\t addi sp, sp, 320\n\t jr t0\n"
        VITTE_END_ENTRY("vitte_dynamic_descriptor")
        :
        : "r"(&vitte_thread_local_offset), "r"(&vitte_current_thread_blocks));
}

/// t0 is the second word of the GOT, t1 how far the slot is from the first one.
VITTE_ENTRIES void emit_lazy() noexcept {
    __asm__ volatile(
        VITTE_BEGIN_ENTRY("vitte_lazy_entry")
        "addi sp, sp, -144\n\t sd ra, 0(sp)\n\t sd a0, 8(sp)\n\t sd a1, 16(sp)\n\t sd a2, 24(sp)\n\t sd a3, 32(sp)\n\t"
        "sd a4, 40(sp)\n\t sd a5, 48(sp)\n\t sd a6, 56(sp)\n\t sd a7, 64(sp)\n\t fsd fa0, 72(sp)\n\t fsd fa1, 80(sp)\n\t"
        "fsd fa2, 88(sp)\n\t fsd fa3, 96(sp)\n\t fsd fa4, 104(sp)\n\t fsd fa5, 112(sp)\n\t fsd fa6, 120(sp)\n\t"
        "fsd fa7, 128(sp)\n\t mv a0, t0\n\t srli a1, t1, 3\n\t call vitte_bind_lazily\n\t mv t1, a0\n\t"
        "ld ra, 0(sp)\n\t ld a0, 8(sp)\n\t ld a1, 16(sp)\n\t ld a2, 24(sp)\n\t ld a3, 32(sp)\n\t ld a4, 40(sp)\n\t"
        "ld a5, 48(sp)\n\t ld a6, 56(sp)\n\t ld a7, 64(sp)\n\t fld fa0, 72(sp)\n\t fld fa1, 80(sp)\n\t fld fa2, 88(sp)\n\t"
        "fld fa3, 96(sp)\n\t fld fa4, 104(sp)\n\t fld fa5, 112(sp)\n\t fld fa6, 120(sp)\n\t fld fa7, 128(sp)\n\t"
        "addi sp, sp, 144\n\t jr t1\n"
        VITTE_END_ENTRY("vitte_lazy_entry")
        :
        : "r"(&vitte_bind_lazily));
}

/// Where PLT0 finds the module and the entry: GOT[1] and GOT[0].
inline constexpr std::size_t got_module = 1, got_entry = 0;

}  // namespace vitte::loader::native::entries

#endif
