/// Critical sections, and sleeping until something happens.
#pragma once

#include <cstdint>

namespace vitte::sys::bare {

/// No interrupt handler runs while one of these exists. They nest.
class interrupts_off {
public:
    interrupts_off(const interrupts_off&) = delete;
    interrupts_off& operator=(const interrupts_off&) = delete;

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
    interrupts_off() noexcept {
        __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(before_) : : "memory");
    }
    ~interrupts_off() {
        __asm__ volatile("msr primask, %0" : : "r"(before_) : "memory");
    }
    /// Sleeps until an interrupt is pending, which then runs when interrupts are on again (ARMv7-M, WFI and PRIMASK).
    static void sleep() noexcept { __asm__ volatile("dsb\n\twfi" : : : "memory"); }
#elif defined(__riscv) && !defined(__unix__)
    interrupts_off() noexcept { __asm__ volatile("csrrci %0, mstatus, 8" : "=r"(before_) : : "memory"); }
    ~interrupts_off() {
        if ((before_ & 8) != 0) __asm__ volatile("csrsi mstatus, 8" : : : "memory");
    }
    static void sleep() noexcept { __asm__ volatile("wfi" : : : "memory"); }
#else
    /// Below an OS, or of a machine that we do not know: nothing interrupts, and waiting is looking again.
    interrupts_off() noexcept : before_(0) {}
    ~interrupts_off() { static_cast<void>(before_); }
    static void sleep() noexcept { __asm__ volatile("" : : : "memory"); }
#endif

private:
    std::uintptr_t before_;
};

}  // namespace vitte::sys::bare
