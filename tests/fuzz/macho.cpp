// libFuzzer target: no input makes the Mach-O views read outside it, run for long, or stop the program.
#include "../support/walk_macho.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    walk_macho(std::as_bytes(std::span(data, size)));
    return 0;
}
