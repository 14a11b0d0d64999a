// The WebAssembly engine, and the modules that are made for it from its tables of instructions.
#include <vitte/separate/wasm.hpp>

#include "generator.hpp"

namespace wasm_fuzz {

generated generate(choices& by, const wasm::features& allowed, std::int64_t limit) {
    static const operations numbers(false), numbers_and_vectors(true);
    return generator(by, allowed, allowed.simd ? numbers_and_vectors : numbers).make(limit);
}

}  // namespace wasm_fuzz
