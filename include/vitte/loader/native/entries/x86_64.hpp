/// Entry points for x86_64. Callers expect all registers but one to be kept: %rax of descriptors (A. Oliva,
/// "Thread-Local Storage Descriptors for IA32 and AMD64/EM64T"), %r11 of lazy binding (psABI, figure 5.3). Vectors are
/// saved with XSAVE where the OS has it on: x87, SSE, AVX, AVX-512 and APX, of which tiles are none.
#pragma once

#include <vitte/loader/native/entries/parts.hpp>

#if defined(__x86_64__) && defined(__LP64__) && defined(__ELF__)
#define VITTE_HAS_ENTRIES

#define VITTE_SAVE_VECTORS                                                             \
    "andq $-64, %%rsp\n\t subq $2816, %%rsp\n\t"                                       \
    "movl vitte_saved_vectors(%%rip), %%eax\n\t testl %%eax, %%eax\n\t jz 71f\n\t"     \
    "xorl %%edx, %%edx\n\t movq %%rdx, 512(%%rsp)\n\t movq %%rdx, 520(%%rsp)\n\t"      \
    "movq %%rdx, 528(%%rsp)\n\t movq %%rdx, 536(%%rsp)\n\t movq %%rdx, 544(%%rsp)\n\t" \
    "movq %%rdx, 552(%%rsp)\n\t movq %%rdx, 560(%%rsp)\n\t movq %%rdx, 568(%%rsp)\n\t" \
    "xsave64 (%%rsp)\n\t jmp 72f\n"                                                    \
    "71: fxsave64 (%%rsp)\n"                                                           \
    "72:\n\t"
#define VITTE_RESTORE_VECTORS                                                      \
    "movl vitte_saved_vectors(%%rip), %%eax\n\t testl %%eax, %%eax\n\t jz 73f\n\t" \
    "xorl %%edx, %%edx\n\t xrstor64 (%%rsp)\n\t jmp 74f\n"                         \
    "73: fxrstor64 (%%rsp)\n"                                                      \
    "74:\n\t"

extern "C" {
[[gnu::visibility("hidden")]] inline constinit unsigned vitte_saved_vectors = 0;
}

namespace vitte::loader::native::entries {

/// Finds out what `VITTE_SAVE_VECTORS` has to save.
inline void prepare() noexcept {
    constexpr unsigned os_saves_state = 1u << 27, states = 0xe7 | 1u << 19;
    unsigned a = 1, b, c, d;
    __asm__("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    if ((c & os_saves_state) != 0) vitte_saved_vectors = states;
}

VITTE_ENTRIES void emit_descriptor() noexcept {
    __asm__ volatile(
        VITTE_BEGIN_ENTRY("vitte_static_descriptor")
        "endbr64\n\t movq 8(%%rax), %%rax\n\t ret\n"
        VITTE_END_ENTRY("vitte_static_descriptor")
        VITTE_BEGIN_ENTRY("vitte_undefined_descriptor")
        "endbr64\n\t movq 8(%%rax), %%rax\n\t subq %%fs:0, %%rax\n\t ret\n"
        VITTE_END_ENTRY("vitte_undefined_descriptor")
        VITTE_BEGIN_ENTRY("vitte_dynamic_descriptor")
        "endbr64\n\t pushq %%rcx\n\t pushq %%rdx\n\t"
        "movq 8(%%rax), %%rcx\n\t movq (%%rcx), %%rdx\n\t"
        "movq vitte_current_thread_blocks@gottpoff(%%rip), %%rax\n\t movq %%fs:(%%rax), %%rax\n\t"
        "cmpq (%%rax), %%rdx\n\t jb 1f\n\t"
        "movq (%%rax,%%rdx,8), %%rax\n\t testq %%rax, %%rax\n\t jz 1f\n\t"
        "addq 8(%%rcx), %%rax\n\t subq %%fs:0, %%rax\n\t popq %%rdx\n\t popq %%rcx\n\t ret\n"
        "1:\n\t pushq %%rsi\n\t pushq %%rdi\n\t pushq %%r8\n\t pushq %%r9\n\t pushq %%r10\n\t pushq %%r11\n\t"
        "pushq %%rbp\n\t movq %%rsp, %%rbp\n\t movq %%rcx, %%rdi\n\t" VITTE_SAVE_VECTORS
        "call vitte_thread_local_offset\n\t movq %%rax, %%rcx\n\t" VITTE_RESTORE_VECTORS
        "movq %%rcx, %%rax\n\t movq %%rbp, %%rsp\n\t popq %%rbp\n\t popq %%r11\n\t popq %%r10\n\t popq %%r9\n\t"
        "popq %%r8\n\t popq %%rdi\n\t popq %%rsi\n\t popq %%rdx\n\t popq %%rcx\n\t ret\n"
        VITTE_END_ENTRY("vitte_dynamic_descriptor")
        :
        : "r"(&vitte_thread_local_offset), "r"(&vitte_current_thread_blocks), "r"(&vitte_saved_vectors));
}

/// On the stack: the second word of the GOT, the number of the relocation, the address to return to.
VITTE_ENTRIES void emit_lazy() noexcept {
    __asm__ volatile(
        VITTE_BEGIN_ENTRY("vitte_lazy_entry")
        "endbr64\n\t pushq %%rbp\n\t movq %%rsp, %%rbp\n\t pushq %%rax\n\t pushq %%rcx\n\t pushq %%rdx\n\t"
        "pushq %%rsi\n\t pushq %%rdi\n\t pushq %%r8\n\t pushq %%r9\n\t pushq %%r10\n\t"
        "movq 8(%%rbp), %%rdi\n\t movq 16(%%rbp), %%rsi\n\t" VITTE_SAVE_VECTORS
        "call vitte_bind_lazily\n\t movq %%rax, %%r11\n\t" VITTE_RESTORE_VECTORS
        "leaq -64(%%rbp), %%rsp\n\t popq %%r10\n\t popq %%r9\n\t popq %%r8\n\t popq %%rdi\n\t popq %%rsi\n\t"
        "popq %%rdx\n\t popq %%rcx\n\t popq %%rax\n\t popq %%rbp\n\t addq $16, %%rsp\n\t jmp *%%r11\n"
        VITTE_END_ENTRY("vitte_lazy_entry")
        :
        : "r"(&vitte_bind_lazily), "r"(&vitte_saved_vectors));
}

/// The fast path of `__tls_get_addr` for a page next to the modules: calls over more than 4 GiB, as from there to a
/// program, take longer on some CPUs. `offset` is that of `vitte_current_thread_blocks` from the thread pointer.
inline void write_thread_local_address(std::byte* to, std::int32_t offset, std::uintptr_t otherwise) noexcept {
    constexpr std::uint8_t code[] = {
        0xf3, 0x0f, 0x1e, 0xfa,                                   // endbr64
        0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0,                 // mov %fs:offset, %rax
        0x48, 0x8b, 0x17,                                         // mov (%rdi), %rdx
        0x48, 0x3b, 0x10,                                         // cmp (%rax), %rdx
        0x72, 0x0e,                                               // jb 1f
        0x48, 0x8b, 0x04, 0xd0,                                   // mov (%rax,%rdx,8), %rax
        0x48, 0x85, 0xc0,                                         // test %rax, %rax
        0x74, 0x05,                                               // jz 1f
        0x48, 0x03, 0x47, 0x08,                                   // add 8(%rdi), %rax
        0xc3,                                                     // ret
        0x48, 0xb8, 0,    0,    0,    0, 0, 0, 0, 0, 0xff, 0xe0,  // 1: mov $otherwise, %rax; jmp *%rax
    };
    std::memcpy(to, code, sizeof code);
    std::memcpy(to + 9, &offset, sizeof offset);
    std::memcpy(to + sizeof code - 10, &otherwise, sizeof otherwise);
}
#define VITTE_HAS_NEAR_ADDRESS

/// Where PLT0 finds the module and the entry: GOT[1] and GOT[2].
inline constexpr std::size_t got_module = 1, got_entry = 2;

}  // namespace vitte::loader::native::entries

#undef VITTE_SAVE_VECTORS
#undef VITTE_RESTORE_VECTORS

#endif
