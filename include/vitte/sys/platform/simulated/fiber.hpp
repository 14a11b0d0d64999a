/// Fibers: functions with stacks of their own that switch to each other without an OS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <vitte/core/address_sanitizer.hpp>

#if defined(VITTE_ADDRESS_SANITIZER)
extern "C" void __sanitizer_start_switch_fiber(void**, const void*, std::size_t) noexcept;
extern "C" void __sanitizer_finish_switch_fiber(void*, const void**, std::size_t*) noexcept;
#endif

namespace vitte::sys {

/// One flow of control. The one that the OS started is one, too, without a stack of ours.
class fiber {
public:
    /// Whether this machine and its ABI are known.
#if (defined(__x86_64__) && !defined(_WIN32)) || defined(__aarch64__) || (defined(__riscv) && __riscv_xlen == 64)
    static constexpr bool supported = true;
#else
    static constexpr bool supported = false;
#endif

    fiber() noexcept = default;
    fiber(const fiber&) = delete;
    fiber& operator=(const fiber&) = delete;
    ~fiber() {
        if (stack_.bytes != nullptr) spare().push_back(std::move(stack_));
    }

    /// Calls `entry`, which must not return, when it is switched to for the first time.
    void prepare(void (*entry)()) {
        if (stack_.bytes == nullptr) take_stack();
        bottom_ = stack_.bytes.get();
        size_ = stack_size;
        forget_stack(bottom_, size_);
        auto top = (reinterpret_cast<std::uintptr_t>(bottom_) + stack_size) & ~std::uintptr_t{15};
#if defined(__x86_64__)
        top -= sizeof(void*);  // as if it had been called (System V ABI, AMD64, 3.2.2)
        *reinterpret_cast<void**>(top) = nullptr;
#endif
        point_ = {top, reinterpret_cast<std::uintptr_t>(entry), 0};
    }

    /// Stops here and goes on with `to`; returns when somebody switches back.
    void switch_to(fiber& to) noexcept {
#if defined(VITTE_ADDRESS_SANITIZER)
        __sanitizer_start_switch_fiber(&stack_.fake, to.bottom_, to.size_);
        last_from = this;
        last_to = &to;
#endif
        exchange(point_, to.point_);
        arrive();
    }
    /// The first thing that an entry calls.
    static void arrive() noexcept {
#if defined(VITTE_ADDRESS_SANITIZER)
        __sanitizer_finish_switch_fiber(last_to->stack_.fake, &last_from->bottom_, &last_from->size_);
#endif
    }

private:
    static constexpr std::size_t stack_size = std::size_t{256} << 10;
    struct stack {
        std::unique_ptr<std::byte[]> bytes;
        void* fake = nullptr;  ///< what AddressSanitizer uses besides
    };

    /// Stacks are kept for later fibers: the OS takes longer to make one than most fibers run.
    static std::vector<stack>& spare() {
        static std::vector<stack> all;
        return all;
    }
    void take_stack() {
        if (spare().empty()) spare().push_back({std::unique_ptr<std::byte[]>(new std::byte[stack_size])});
        stack_ = std::move(spare().back());
        spare().pop_back();
    }
    /// Where it goes on. Other registers are on its stack.
    struct point {
        std::uintptr_t stack, code, frame;
    };

#if defined(VITTE_ADDRESS_SANITIZER)
    static inline fiber *last_from = nullptr, *last_to = nullptr;
#endif

    /// The compiler saves what it has in the registers that are named as changed.
    [[gnu::noinline]]
#if defined(__GNUC__) && !defined(__clang__)
    [[gnu::noipa]]
#endif
    static void
    exchange([[maybe_unused]] point& from, [[maybe_unused]] const point& to) noexcept {
#if defined(__x86_64__) && !defined(_WIN32)
        const void *old = &from, *next = &to;
        __asm__ volatile(
            "movq %%rsp, 0(%%rdi)\n\t"
            "leaq 1f(%%rip), %%rax\n\t"
            "movq %%rax, 8(%%rdi)\n\t"
            "movq %%rbp, 16(%%rdi)\n\t"
            "movq 0(%%rsi), %%rsp\n\t"
            "movq 16(%%rsi), %%rbp\n\t"
            "jmpq *8(%%rsi)\n"
            "1:\n\t"
            "endbr64"
            : "+D"(old), "+S"(next)
            :
            : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
#elif defined(__aarch64__)
        register const void* old __asm__("x0") = &from;
        register const void* next __asm__("x1") = &to;
        __asm__ volatile(
            "mov x9, sp\n\t"
            "adr x10, 1f\n\t"
            "stp x9, x10, [x0]\n\t"
            "str x29, [x0, #16]\n\t"
            "ldp x9, x16, [x1]\n\t"
            "ldr x29, [x1, #16]\n\t"
            "mov sp, x9\n\t"
            "br x16\n"
            "1:\n\t"
            "hint #38"  // BTI jc
            : "+r"(old), "+r"(next)
            :
            : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
              "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x30", "v8", "v9", "v10", "v11",
              "v12", "v13", "v14", "v15", "memory", "cc");
#elif defined(__riscv) && __riscv_xlen == 64
        register const void* old __asm__("a0") = &from;
        register const void* next __asm__("a1") = &to;
        __asm__ volatile(
            "la t0, 1f\n\t"
            "sd sp, 0(a0)\n\t"
            "sd t0, 8(a0)\n\t"
            "sd s0, 16(a0)\n\t"
            "ld sp, 0(a1)\n\t"
            "ld t0, 8(a1)\n\t"
            "ld s0, 16(a1)\n\t"
            "jr t0\n"
            "1:"
            : "+r"(old), "+r"(next)
            :
            : "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a2", "a3", "a4", "a5", "a6", "a7", "s1", "s2", "s3",
              "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11",
#if defined(__riscv_flen)
              "fs0", "fs1", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11",
#endif
              "memory");
#endif
    }

    stack stack_;
    const void* bottom_ = nullptr;
    std::size_t size_ = 0;
    point point_{};
};

}  // namespace vitte::sys
