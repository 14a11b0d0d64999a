/// How the functions in this folder are written, and what they call: see `entries.hpp`.
#pragma once

#include <vitte/loader/native/thread_locals.hpp>

#if defined(__clang__)
#define VITTE_ENTRIES [[gnu::noinline]] inline
#else
#define VITTE_ENTRIES [[gnu::noipa]] inline
#endif
#define VITTE_BEGIN_ENTRY(name)                                                                    \
    ".pushsection .text." name ",\"axG\",%%progbits," name ",comdat\n\t .weak " name "\n\t .hidden " name \
    "\n\t .type " name ", %%function\n\t .balign 16\n" name ":\n\t"
#define VITTE_END_ENTRY(name) "\t .size " name ", .-" name "\n\t .popsection\n"

extern "C" {
/// Each is given a descriptor of two words, of which the second is: the offset; nothing but the addend; a `tls_index`.
[[gnu::visibility("hidden")]] void vitte_static_descriptor() noexcept;
[[gnu::visibility("hidden")]] void vitte_undefined_descriptor() noexcept;
[[gnu::visibility("hidden")]] void vitte_dynamic_descriptor() noexcept;
/// What PLT0 jumps to, for `vitte_bind_lazily` with GOT[1] and the number of the slot.
[[gnu::visibility("hidden")]] void vitte_lazy_entry() noexcept;

/// The rest of `vitte_dynamic_descriptor`: how far the variable is from the thread pointer.
[[gnu::visibility("hidden")]] inline std::uintptr_t vitte_thread_local_offset(
    const vitte::loader::native::tls_index* of) noexcept {
    using vitte::loader::native::thread_locals;
    return static_cast<std::uintptr_t>(static_cast<std::byte*>(thread_locals::address(of)) -
                                       thread_locals::thread_pointer());
}
}

namespace vitte::loader::native {

/// A module whose functions are bound when they are called first; GOT[1] points to it.
class lazily_bound {
public:
    /// The address of the function of PLT relocation `index`, which is stored in its slot.
    virtual std::uintptr_t bind(std::size_t index) noexcept = 0;

protected:
    ~lazily_bound() = default;
};

}  // namespace vitte::loader::native

extern "C" [[gnu::visibility("hidden")]] inline std::uintptr_t vitte_bind_lazily(
    vitte::loader::native::lazily_bound* in, std::size_t index) noexcept {
    return in->bind(index);
}
