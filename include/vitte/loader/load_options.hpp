/// How our own linker loads a module.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace vitte::loader {

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
    /// Is given the whole file before anything of it is used; the module is refused if it returns false. What it saw is
    /// what is loaded: a private copy that nobody can change. `errc::not_supported` with the OS's linker.
    std::function<bool(std::span<const std::byte>)> verify = nullptr;
};

}  // namespace vitte::loader
