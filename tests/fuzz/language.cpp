// libFuzzer target: the compiler ends with errors or a valid module, never in another way; optimised and plain.
#include <vitte/core/utf8.hpp>
#include <vitte/language/compile.hpp>
#include <vitte/loader/wasm/module/compiled_module.hpp>

#include "require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace language = vitte::language;
    for (const bool optimise : {false, true}) {
        language::sources from;
        const auto file = from.add("a.vit", {reinterpret_cast<const char*>(data), size});
        language::diagnostics errors;
        const auto module =
            language::compile(from, *file, errors, {.optimise = optimise, .evaluation = {.steps = 10'000}});
        require(module.has_value() == errors.empty());
        for (const std::string& text : {render(from, errors, {.colours = true}), render_json(from, errors)})
            require(vitte::utf8_valid_prefix(std::as_bytes(std::span(text))) == text.size());
        if (module) require(vitte::loader::wasm::compiled_module::compile(*module, {}).has_value());
    }
    return 0;
}
