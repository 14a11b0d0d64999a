// libFuzzer target: WebAssembly modules that are valid by construction, whatever the input, compile, and do the same
// however they are translated.
#include "differential/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace wasm_fuzz;
    choices by(std::span(data, size));
    const generated module = generate(by, {}, INT64_MAX);
    wasm::compile_options checked, guarded;
    guarded.metered = guarded.interruptible = true;
    guarded.checked_memory = !wasm::store::guards();
    std::size_t functions = 0;
    const std::string told = world(module, checked, functions).told();
    if (told.starts_with("invalid") || told != world(module, guarded, functions).told()) {
        std::fprintf(stderr, "%s\n", told.c_str());
        std::abort();
    }
    return 0;
}
