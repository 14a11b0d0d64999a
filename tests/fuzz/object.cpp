// libFuzzer target: no object and no archive makes the static linker read or write outside it, run for long, or stop
// the program. Nothing of what is linked is run.
#include <vitte/loader/native/object/link.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace native = vitte::loader::native;
    auto scope = [](const native::symbol_name& name, const char*, native::definition& found) {
        found.address = 0x10000 + name.gnu_hash;
        found.tls_module = name.gnu_hash % 8 == 0 ? 1 : 0;
        return name.gnu_hash % 16 != 15;
    };
    const auto bytes = std::as_bytes(std::span(data, size));
    const vitte::loader::link_input inputs[] = {vitte::loader::link_input::bytes("x", bytes).whole()};
    static_cast<void>(native::object::link<vitte::sys::native>(inputs, scope));
    return 0;
}
