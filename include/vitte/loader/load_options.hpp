/// How our own linker loads a module.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vitte/loader/load_error.hpp>

namespace vitte::loader {

/// What `load_options::verify` is asked about.
struct file_to_verify {
    std::span<const std::byte> bytes;  ///< the whole file, as it is loaded if it is accepted
    const char* path;                  ///< its path, or the name that was given to `load`
    /// Of a library that is loaded since another module needs it: the path of that module. Null: it is what `load` was
    /// called for.
    const char* needed_by = nullptr;

    /// So that a function of the bytes alone will do.
    constexpr operator std::span<const std::byte>() const noexcept { return bytes; }
};

/// All but `verify` is about native modules that our own linker loads; it means nothing for others.
struct load_options {
    /// Functions are bound when they are called first, unless the module was linked with `-z now`. One that nothing
    /// defines then ends the program. Otherwise everything is bound at once.
    bool lazy = false;
    /// What the module defines is asked from the host, the process and global modules before, as the OS's linkers do.
    /// Otherwise only weak and unique definitions are, which C++ wants to be one in a program; binding is then four
    /// times as fast.
    bool scope_first = false;
    /// What the module defines is found by all that this loader loads later.
    bool global = false;
    /// Is asked about each file before it is loaded: the module, and each library that it needs and that neither the
    /// process nor this loader has. If it returns false, the load fails with `errc::permission_denied`. What it saw is
    /// what is loaded: a private copy that nobody can change. It must not load or unload anything with this loader,
    /// nor wait for a thread that does. `errc::not_supported` with the OS's linker.
    std::function<bool(const file_to_verify&)> verify = nullptr;
};

/// Whether the program wants to load `file`.
inline result<void, load_error> verified(const file_to_verify& file, const load_options& options) {
    if (!options.verify || options.verify(file)) return {};
    return refuse(errc::permission_denied, "verifying", "the program refuses what is in it");
}

}  // namespace vitte::loader
