/// Where a module gets symbols from that it takes from other modules by their names, not from "somewhere".
#pragma once

#include <vitte/loader/exports.hpp>
#include <vitte/loader/load_error.hpp>

namespace vitte::loader {

/// A function that a module that is not native is bound to; as `host_export` has it.
struct imported_function {
    const typed_call* typed = nullptr;
    const void* address = nullptr;
};

/// Is asked while one module is linked, see `load_options::imports`. What it gives stays until the module is unloaded.
class import_source {
public:
    virtual ~import_source() = default;

    /// Whether what a module that is not native imports from `module`, such as "acme/image@^1.2", comes from here. What
    /// does not is the host's.
    virtual bool has(std::string_view module) const noexcept = 0;
    /// The function `symbol` of `module`, as one of the type `types`. Fails with a code and a reason.
    virtual result<imported_function, load_error> function(std::string_view module, std::string_view symbol,
                                                           const signature& types) = 0;
    /// The symbols of a native module, which are found before all else, but only by the module itself.
    virtual result<const exports*, load_error> symbols() = 0;
};

}  // namespace vitte::loader
