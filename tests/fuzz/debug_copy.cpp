// libFuzzer target: no object makes its copy for debuggers, or its index of symbols, reach outside it or take long.
#include <vitte/loader/native/debugger.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace debugger = vitte::loader::native::debugger;
    const std::uintptr_t addresses[] = {0, 0x10000, 0, 0x7fff'0000'1000, 0x20000, ~std::uintptr_t{0}, 0, 0x30000};
    const debugger::placed_object object{std::as_bytes(std::span(data, size)), addresses};
    const auto copy = debugger::copy_for_debuggers(object, [](std::size_t index, std::uintptr_t& address) {
        address = index;
        return index % 2 == 0;
    });
    if (copy && copy->size() != size) __builtin_trap();
    if (auto index = debugger::index_object(object)) {
        index->sort();
        for (const auto& entry : index->entries()) {
            const auto* const found = index->find(entry.address);
            if (found == nullptr || index->name(*found)[0] == 0) __builtin_trap();
        }
    }
    return 0;
}
