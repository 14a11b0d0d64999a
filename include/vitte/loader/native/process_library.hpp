/// Libraries of the process that modules are bound to: the OS's linker must not unmap them before.
#pragma once

#include <memory>
#include <vitte/sys/platform/images.hpp>

namespace vitte::loader::native {

/// The `dlopen` and `dlclose` of the OS's linker as they were found in the process; null in a static program, which has
/// no libraries.
struct os_loading {
    static inline void* (*open)(const char* path, int mode) = nullptr;
    static inline int (*close)(void* handle) = nullptr;
};
struct close_library {
    void operator()(void* handle) const noexcept { __atomic_load_n(&os_loading::close, __ATOMIC_RELAXED)(handle); }
};
/// Keeps a library in the process. Its finalisers may run when this goes: hold no lock then.
using held_library = std::unique_ptr<void, close_library>;

/// Holds the library that the OS's linker has loaded under `path`, which it may load or unload others for: hold no
/// lock. Null if there is no such library, or none that can be closed. Where the OS does not tell what it has loaded,
/// nothing is held: the program must not close libraries that modules use.
template <class P>
held_library hold_library(const char* path) noexcept {
    if constexpr (requires { P::images::without_loading; })
        if (const auto open = __atomic_load_n(&os_loading::open, __ATOMIC_RELAXED);
            open != nullptr && __atomic_load_n(&os_loading::close, __ATOMIC_RELAXED) != nullptr)
            return held_library(open(path, P::images::without_loading));
    return nullptr;
}

}  // namespace vitte::loader::native
