// libFuzzer target: no cache of libraries makes the view read outside it.
#include <vitte/core/assert.hpp>
#include <vitte/loader/format/ld_cache.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace elf = vitte::loader::elf;
    const auto parsed = vitte::loader::ld_cache::parse(std::as_bytes(std::span(data, size)));
    if (!parsed) return 0;
    for (const char* name : {"", "libc.so.6", "libz.so.1"})
        static_cast<void>(parsed->find(name, elf::machine::x86_64, [](std::string_view path) {
            VITTE_ASSERT(!path.empty() && path.find('\0') == path.npos);
            return false;
        }));
    return 0;
}
