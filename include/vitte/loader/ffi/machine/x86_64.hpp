/// Calls and callbacks on x86_64, by the System V ABI and Microsoft's.
#pragma once

#include <vitte/loader/ffi/machine/parts.hpp>

#if defined(__x86_64__) && !defined(__ILP32__)

namespace vitte::loader::ffi::detail {

#if !defined(__LP64__)  // Windows

/// Below the arguments on the stack is room for those in registers.
[[gnu::always_inline]] inline void invoke(const plan& p, const void* function, std::byte* frame) {
    std::uintptr_t size = p.stack_size;
    register std::byte* block __asm__("r14") = frame;  // not %rbx, which compilers may have as a base pointer
    register const void* callee __asm__("r11") = function;
    __asm__ volatile(
        "movq %%rsp, %%r12\n\t subq %%rcx, %%rsp\n\t andq $-16, %%rsp\n"
        "1:\n\t subq $8, %%rcx\n\t jb 2f\n\t movq 208(%%r14,%%rcx), %%rax\n\t movq %%rax, (%%rsp,%%rcx)\n\t jmp 1b\n"
        "2:\n\t subq $32, %%rsp\n\t"
        "movq 64(%%r14), %%xmm0\n\t movq 80(%%r14), %%xmm1\n\t"
        "movq 96(%%r14), %%xmm2\n\t movq 112(%%r14), %%xmm3\n\t"
        "movq (%%r14), %%rcx\n\t movq 8(%%r14), %%rdx\n\t movq 16(%%r14), %%r8\n\t movq 24(%%r14), %%r9\n\t"
        "call *%%r11\n\t movq %%r12, %%rsp\n\t movq %%rax, (%%r14)\n\t movups %%xmm0, 64(%%r14)\n"
        : "+c"(size), "+r"(callee)
        : "r"(block)
        : "rax", "rdx", "r8", "r9", "r10", "r12", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "cc", "memory");
}

/// Where entries go on: %r10 is the slot.
VITTE_FFI_CODE const void* callback_code(void (*never)() = nullptr) {
    if (never != nullptr) never();
    const void* at;
    __asm__ volatile(
        "leaq 1f(%%rip), %0\n\t jmp 2f\n\t .balign 16\n"
        "1:\n\t" VITTE_CFI("remember_state") VITTE_CFI("def_cfa rsp, 8") VITTE_CFI("same_value rbp")
        "endbr64\n\t pushq %%rbp\n\t" VITTE_CFI("def_cfa_offset 16") VITTE_CFI("offset rbp, -16")
        "movq %%rsp, %%rbp\n\t" VITTE_CFI("def_cfa_register rbp")
        "subq $240, %%rsp\n\t"
        "movq %%rcx, 32(%%rsp)\n\t movq %%rdx, 40(%%rsp)\n\t movq %%r8, 48(%%rsp)\n\t movq %%r9, 56(%%rsp)\n\t"
        "movups %%xmm0, 96(%%rsp)\n\t movups %%xmm1, 112(%%rsp)\n\t"
        "movups %%xmm2, 128(%%rsp)\n\t movups %%xmm3, 144(%%rsp)\n\t"
        "movq (%%r10), %%rcx\n\t leaq 32(%%rsp), %%rdx\n\t leaq 48(%%rbp), %%r8\n\t call *(%%rcx)\n\t"
        "movq 32(%%rsp), %%rax\n\t movups 96(%%rsp), %%xmm0\n\t"
        "leave\n\t" VITTE_CFI("def_cfa rsp, 8") VITTE_CFI("same_value rbp") "ret\n"
        "2:\n\t" VITTE_CFI("restore_state")
        : "=r"(at));
    return at;
}

#else

[[gnu::always_inline]] inline void invoke(const plan& p, const void* function, std::byte* frame) {
    std::uintptr_t size = p.stack_size, mask = 0 - std::uintptr_t{p.stack_alignment}, vectors = p.vectors;
    register std::byte* block __asm__("r14") = frame;  // not %rbx, which compilers may have as a base pointer
    register const void* callee __asm__("r11") = function;
    register std::uintptr_t kinds __asm__("r13") = p.x87_results | static_cast<std::uintptr_t>(p.wide_arguments) << 8;
    __asm__ volatile(
        "movq %%rsp, %%r12\n\t subq $128, %%rsp\n\t subq %%rcx, %%rsp\n\t andq %%rax, %%rsp\n"
        "1:\n\t subq $8, %%rcx\n\t jb 2f\n\t movq 208(%%r14,%%rcx), %%rax\n\t movq %%rax, (%%rsp,%%rcx)\n\t jmp 1b\n"
        "2:\n\t movl %%edx, %%eax\n\t testl %%eax, %%eax\n\t jz 3f\n\t"
        "btl $8, %%r13d\n\t jc 5f\n\t"
        "movq 64(%%r14), %%xmm0\n\t movq 80(%%r14), %%xmm1\n\t"
        "movq 96(%%r14), %%xmm2\n\t movq 112(%%r14), %%xmm3\n\t"
        "movq 128(%%r14), %%xmm4\n\t movq 144(%%r14), %%xmm5\n\t"
        "movq 160(%%r14), %%xmm6\n\t movq 176(%%r14), %%xmm7\n\t jmp 3f\n"
        "5:\n\t movups 64(%%r14), %%xmm0\n\t movups 80(%%r14), %%xmm1\n\t"
        "movups 96(%%r14), %%xmm2\n\t movups 112(%%r14), %%xmm3\n\t"
        "movups 128(%%r14), %%xmm4\n\t movups 144(%%r14), %%xmm5\n\t"
        "movups 160(%%r14), %%xmm6\n\t movups 176(%%r14), %%xmm7\n"
        "3:\n\t movq (%%r14), %%rdi\n\t movq 8(%%r14), %%rsi\n\t movq 16(%%r14), %%rdx\n\t"
        "movq 24(%%r14), %%rcx\n\t movq 32(%%r14), %%r8\n\t movq 40(%%r14), %%r9\n\t"
        "call *%%r11\n\t movq %%r12, %%rsp\n\t"
        "movq %%rax, (%%r14)\n\t movq %%rdx, 8(%%r14)\n\t movups %%xmm0, 64(%%r14)\n\t movups %%xmm1, 80(%%r14)\n\t"
        "testb %%r13b, %%r13b\n\t jz 4f\n\t fstpt 128(%%r14)\n\t cmpb $1, %%r13b\n\t je 4f\n\t fstpt 144(%%r14)\n"
        "4:\n"
        : "+c"(size), "+a"(mask), "+d"(vectors), "+r"(callee)
        : "r"(block), "r"(kinds)
        : "rsi", "rdi", "r8", "r9", "r10", "r12", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
          "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc", "memory");
}

/// Where entries go on: %r10 is the slot.
VITTE_FFI_CODE const void* callback_code(void (*never)() = nullptr) {
    if (never != nullptr) never();
    const void* at;
    __asm__ volatile(
        "leaq 1f(%%rip), %0\n\t jmp 2f\n\t .balign 16\n"
        "1:\n\t" VITTE_CFI("remember_state") VITTE_CFI("def_cfa rsp, 8") VITTE_CFI("same_value rbp")
        "endbr64\n\t pushq %%rbp\n\t" VITTE_CFI("def_cfa_offset 16") VITTE_CFI("offset rbp, -16")
        "movq %%rsp, %%rbp\n\t" VITTE_CFI("def_cfa_register rbp")
        "subq $208, %%rsp\n\t"
        "movq %%rdi, (%%rsp)\n\t movq (%%r10), %%rdi\n\t"
        "movq %%rsi, 8(%%rsp)\n\t movq %%rdx, 16(%%rsp)\n\t movq %%rcx, 24(%%rsp)\n\t"
        "movq %%r8, 32(%%rsp)\n\t movq %%r9, 40(%%rsp)\n\t"
        "cmpq $0, 8(%%rdi)\n\t je 3f\n\t"
        "movups %%xmm0, 64(%%rsp)\n\t movups %%xmm1, 80(%%rsp)\n\t"
        "movups %%xmm2, 96(%%rsp)\n\t movups %%xmm3, 112(%%rsp)\n\t"
        "movups %%xmm4, 128(%%rsp)\n\t movups %%xmm5, 144(%%rsp)\n\t"
        "movups %%xmm6, 160(%%rsp)\n\t movups %%xmm7, 176(%%rsp)\n"
        "3:\n\t movq %%rsp, %%rsi\n\t leaq 16(%%rbp), %%rdx\n\t call *(%%rdi)\n\t"
        "testb %%al, %%al\n\t jz 5f\n\t cmpb $1, %%al\n\t je 4f\n\t fldt 144(%%rsp)\n"
        "4:\n\t fldt 128(%%rsp)\n"
        "5:\n\t movq 64(%%rsp), %%xmm0\n\t movq 80(%%rsp), %%xmm1\n\t btl $8, %%eax\n\t jnc 6f\n\t movups 64(%%rsp), %%xmm0\n"
        "6:\n\t movq (%%rsp), %%rax\n\t movq 8(%%rsp), %%rdx\n\t"
        "leave\n\t" VITTE_CFI("def_cfa rsp, 8") VITTE_CFI("same_value rbp") "ret\n"
        "2:\n\t" VITTE_CFI("restore_state")
        : "=r"(at));
    return at;
}
#endif

/// Entries in the program's own text, each for the slot of its number.
VITTE_FFI_CODE const void* own_entries_code() noexcept {
    const void* at;
    __asm__ volatile(
        "leaq 1f(%%rip), %0\n\t jmp 2f\n\t .balign 16\n"
        "1:\n\t .rept 256\n"
        "3:\n\t endbr64\n\t leaq vitte_ffi_slots+(3b-1b)(%%rip), %%r10\n\t jmp *8(%%r10)\n\t .balign 16\n\t .endr\n"
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
        0xf3, 0x0f, 0x1e, 0xfa,           // endbr64
        0x4c, 0x8d, 0x15, 0,    0, 0, 0,  // lea distance - 11(%rip), %r10
        0x41, 0xff, 0x62, 0x08,           // jmp *8(%r10)
        0x90,
    };
    distance -= 11;
    __builtin_memcpy(to, code, sizeof code);
    __builtin_memcpy(to + 7, &distance, sizeof distance);
}
#define VITTE_HAS_FFI_MACHINE
#define VITTE_HAS_FFI_ENTRIES

}  // namespace vitte::loader::ffi::detail

#endif
