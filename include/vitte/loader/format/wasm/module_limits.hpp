/// What a WebAssembly module may have at most: a few bytes can ask for very much.
#pragma once

#include <cstdint>

namespace vitte::loader::wasm {

/// The defaults are those of the WebAssembly JavaScript Interface ("Implementation-defined Limits"), where it has one,
/// so that modules that run in browsers are allowed; those from `values` on count what a reader of the format does not
/// see. What exceeds one is `errc::too_large`.
struct module_limits {
    std::uint64_t module_bytes = std::uint64_t{1} << 30;
    std::uint32_t types = 1'000'000;  ///< of all recursion groups together; never more than `type_index::limit`
    std::uint32_t imports = 1'000'000;
    std::uint32_t functions = 1'000'000;  ///< with those that are imported, like all that follows
    std::uint32_t tables = 100'000;
    std::uint32_t memories = 100;
    std::uint32_t tags = 1'000'000;
    std::uint32_t globals = 1'000'000;
    std::uint32_t exports = 1'000'000;
    std::uint32_t element_segments = 10'000'000;
    std::uint32_t elements = 10'000'000;  ///< of one segment
    std::uint32_t data_segments = 100'000;
    std::uint32_t parameters = 1000, results = 1000;  ///< of a type
    std::uint32_t body_bytes = 7'654'321;             ///< of a function
    std::uint32_t locals = 50'000;                    ///< of a function, with its parameters

    std::uint32_t values = 50'000;                            ///< on the operand stack of a function
    std::uint32_t nesting = 50'000;                           ///< blocks within blocks
    std::uint64_t all_locals = std::uint64_t{1} << 24;        ///< of all functions together
    std::uint64_t code_bytes = std::uint64_t{1} << 30;        ///< of internal code
    std::uint64_t least_code_bytes = std::uint64_t{1} << 24;  ///< which every module may have, and
    std::uint32_t code_bytes_per_byte = 64;                   ///< as much more for each byte of the module

    /// For microcontrollers.
    static constexpr module_limits small() noexcept {
        module_limits made;
        made.types = made.imports = made.functions = made.globals = made.exports = made.tags = 10'000;
        made.locals = made.values = made.nesting = 2000;
        made.code_bytes = std::uint64_t{1} << 18;
        return made;
    }

    /// Of internal code, for a module of that many bytes.
    constexpr std::uint64_t code_bytes_for(std::uint64_t size) const noexcept {
        const std::uint64_t related = least_code_bytes + code_bytes_per_byte * size;
        return related < code_bytes ? related : code_bytes;
    }
};

}  // namespace vitte::loader::wasm
