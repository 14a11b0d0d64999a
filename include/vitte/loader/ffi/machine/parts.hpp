/// How the code in this folder is written: each header has, for one machine, `invoke`, which calls a function with the
/// registers that a frame says, and the code that callbacks are entered by.
#pragma once

#include <vitte/loader/ffi/placement/plan.hpp>

// Directives for unwinding, where the function has any that they stand in: with clang, surely if it may throw.
#if defined(__GCC_HAVE_DWARF2_CFI_ASM) && (!defined(__clang__) || defined(__EXCEPTIONS))
#define VITTE_CFI(directive) ".cfi_" directive "\n\t"
#else
#define VITTE_CFI(directive)
#endif

// One of each in a library, whatever libraries there are beside it.
#if defined(__ELF__) || defined(__MACH__)
#define VITTE_FFI_HIDDEN [[gnu::visibility("hidden")]]
#else
#define VITTE_FFI_HIDDEN
#endif
// What is not to be copied: its address counts.
#if defined(__clang__)
#define VITTE_FFI_CODE [[gnu::noinline]] inline
#else
#define VITTE_FFI_CODE [[gnu::noipa]] inline
#endif

namespace vitte::loader::ffi::detail {

/// What every callback begins with, which the code that enters it looks at.
struct callback_head {
    /// Called with the registers in a frame and what is on the stack; leaves the result in the frame, and returns how
    /// many numbers the x87 returns, and in bit 8 whether the result fills a whole vector register.
    std::uintptr_t (*run)(callback_head* self, std::byte* frame, std::byte* stack) noexcept;
    std::uintptr_t vectors;  ///< whether arguments are in registers for numbers
};

/// Beside each entry, in a page of data: what the entry loads and where it goes on.
struct callback_slot {
    union {
        callback_head* callback;
        callback_slot* next;  ///< of those that are free
    };
    const void* common;
};

/// The slots of the entries in the program's own text, which are few.
inline constexpr std::size_t own_entries = 256;
VITTE_FFI_HIDDEN inline constinit callback_slot own_slots[own_entries] __asm__("vitte_ffi_slots"){};

}  // namespace vitte::loader::ffi::detail
