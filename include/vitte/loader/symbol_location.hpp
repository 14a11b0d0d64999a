/// `symbol_location`: what is at an address, for backtraces.
#pragma once

#include <cstdint>

namespace vitte::loader {

/// The symbol that an address is in. Its texts stay as long as the module does.
struct symbol_location {
    const char* module = "";    ///< path of the module
    const char* name = "";      ///< as in the file (mangled); empty if the module tells of no symbol there
    std::uintptr_t offset = 0;  ///< from the start of the symbol, or of the module if there is no name
};

}  // namespace vitte::loader
