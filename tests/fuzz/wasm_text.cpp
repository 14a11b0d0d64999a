// libFuzzer target: no input makes the disassembler read outside it, stop the program, or tell what is not there.
#include <vitte/core/assert.hpp>
#include <vitte/loader/wasm/disassemble.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace wasm = vitte::loader::wasm;
    const auto input = std::as_bytes(std::span(data, size));
    const auto line = [](unsigned, const std::string& text) { VITTE_ASSERT(!text.empty()); };
    if (const auto parsed = wasm::file::parse(input))
        static_cast<void>(parsed->for_each_code(
            [&](const wasm::code_entry& code) { static_cast<void>(wasm::disassemble(code, line)); }));
    // The input as a body, too, without the sections that hide it from mutations.
    static_cast<void>(wasm::disassemble({wasm::cursor(input), 0}, line));
    return 0;
}
