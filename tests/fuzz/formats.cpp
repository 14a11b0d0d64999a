// libFuzzer target: no input makes the views of ELF, PE, COFF or Mach-O read outside it, run for long, or stop the
// program.
#include "../support/walk_elf.hpp"
#include "../support/walk_macho.hpp"
#include "../support/walk_pe.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    walk_elf(bytes);
    walk_pe(bytes);
    walk_macho(bytes);
    return 0;
}
