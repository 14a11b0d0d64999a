/// Functions that modules enter in ways of their own, not by the C calling convention: those of TLS descriptors and of
/// lazy binding. Each is emitted once in a program, and only if it is used.
#pragma once

#include <vitte/loader/native/entries/aarch64.hpp>
#include <vitte/loader/native/entries/riscv64.hpp>
#include <vitte/loader/native/entries/x86_64.hpp>

namespace vitte::loader::native {

#if defined(VITTE_HAS_ENTRIES)
/// The address of one of the functions above, for the slots of modules.
inline std::uintptr_t descriptor_entry(void (*which)() noexcept) noexcept {
    entries::prepare();
    entries::emit_descriptor();
    return reinterpret_cast<std::uintptr_t>(which);
}
inline std::uintptr_t lazy_entry() noexcept {
    entries::prepare();
    entries::emit_lazy();
    return reinterpret_cast<std::uintptr_t>(&vitte_lazy_entry);
}
#endif

}  // namespace vitte::loader::native

#undef VITTE_ENTRIES
#undef VITTE_BEGIN_ENTRY
#undef VITTE_END_ENTRY
