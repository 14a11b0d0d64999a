/// What a scope says about a symbol that a module asks for.
#pragma once

#include <cstdint>

namespace vitte::loader::native {

/// What there is already where a symbol is asked for.
struct symbol_claim {
    bool defined = false;  ///< a definition, which is good unless another comes before it
    bool unique = false;   ///< that is to be the only one in the name space (STB_GNU_UNIQUE)
};

/// An address, or a thread-local variable: a module of blocks and an offset in them.
struct definition {
    std::uintptr_t address = 0;     ///< or the offset in the module's block
    std::uintptr_t tls_module = 0;  ///< as `__tls_get_addr` knows it; 0: the symbol is not thread-local
    std::intptr_t static_offset =
        0;  ///< of a block of the OS's linker from the thread pointer, if that has put it there

    bool is_thread_local() const noexcept { return tls_module != 0; }
};

}  // namespace vitte::loader::native
