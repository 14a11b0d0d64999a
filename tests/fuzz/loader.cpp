// libFuzzer target: no shared object makes our linker read or write outside it, run for long, or stop the program while
// it is mapped, relocated and asked for symbols. Nothing of it is run.
#include <vitte/loader/native/sealed_copy.hpp>
#include <vitte/loader/native/shared_object.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vitte::loader::native;
    using platform = vitte::sys::native;
    auto scope = [](const symbol_name& name, const char*, definition& found, symbol_claim) {
        found.address = 0x10000 + name.gnu_hash;
        if (name.gnu_hash % 8 == 0) found.tls_module = 1, found.static_offset = name.gnu_hash % 64;
        return name.gnu_hash % 16 != 15;
    };
    const auto copy = sealed_copy<platform>(size, [&](std::span<std::byte> to) {
        std::memcpy(to.data(), data, size);
        return vitte::result<std::size_t>(size);
    });
    if (!copy) return 0;
    auto mapped = shared_object<platform>::map(copy->file(), *copy->file().info(), "fuzzed");
    if (!mapped) return 0;
    if ((*mapped)->relocate(scope, {}, {.lazy = size % 2 != 0, .scope_first = size % 3 == 0}))
        for (const char* name : {"counter_value", "a", "", "mine"}) static_cast<void>((*mapped)->symbol(name));
    return 0;
}
