// libFuzzer target: no input makes the PE and COFF views read outside it, run for long, or stop the program.
#include "../support/walk_pe.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    walk_pe(std::as_bytes(std::span(data, size)));
    return 0;
}
