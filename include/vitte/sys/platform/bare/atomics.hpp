/// Atomic operations for cores without instructions for them (ARMv6-M): the functions that compilers call instead, as
/// critical sections. They also serve interrupt handlers, and there is only one core.
#pragma once

#if defined(__ARM_ARCH_6M__)

#include <vitte/sys/platform/bare/interrupts.hpp>

namespace vitte::sys::bare::detail {

template <class Change>
std::uint32_t change(volatile void* at, Change to) noexcept {
    const interrupts_off guard;
    auto* const word = static_cast<volatile std::uint32_t*>(at);
    const std::uint32_t before = *word;
    *word = to(before);
    return before;
}

// GCC manual, "Library routines for atomic operations": __atomic_OPERATION_SIZE.
std::uint32_t exchange(volatile void*, std::uint32_t, int) noexcept __asm__("__atomic_exchange_4");
std::uint32_t fetch_add(volatile void*, std::uint32_t, int) noexcept __asm__("__atomic_fetch_add_4");
std::uint32_t fetch_sub(volatile void*, std::uint32_t, int) noexcept __asm__("__atomic_fetch_sub_4");
bool compare_exchange(volatile void*, void*, std::uint32_t, bool, int, int) noexcept
    __asm__("__atomic_compare_exchange_4");

[[gnu::used]] inline std::uint32_t exchange(volatile void* at, std::uint32_t value, int) noexcept {
    return change(at, [value](std::uint32_t) { return value; });
}
[[gnu::used]] inline std::uint32_t fetch_add(volatile void* at, std::uint32_t by, int) noexcept {
    return change(at, [by](std::uint32_t before) { return before + by; });
}
[[gnu::used]] inline std::uint32_t fetch_sub(volatile void* at, std::uint32_t by, int) noexcept {
    return change(at, [by](std::uint32_t before) { return before - by; });
}
[[gnu::used]] inline bool compare_exchange(volatile void* at, void* expected, std::uint32_t wanted, bool, int,
                                           int) noexcept {
    auto& old = *static_cast<std::uint32_t*>(expected);
    const std::uint32_t seen = change(at, [&](std::uint32_t before) { return before == old ? wanted : before; });
    const bool same = seen == old;
    old = seen;
    return same;
}

}  // namespace vitte::sys::bare::detail

#endif
