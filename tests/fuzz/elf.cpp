// libFuzzer target: no input makes the ELF views read outside it, run for long, or stop the program.
#include "../support/walk_elf.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    walk_elf(std::as_bytes(std::span(data, size)));
    return 0;
}
