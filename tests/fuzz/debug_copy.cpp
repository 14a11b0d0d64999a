// libFuzzer target: no object makes its copy for debuggers, or its index of symbols, reach outside it or take long.
#include <vitte/loader/native/debugger.hpp>

namespace {
namespace native = vitte::loader::native;

struct places : native::debugger::section_places {
    bool symbol(std::size_t index, std::uintptr_t& address) const noexcept {
        address = index;
        return index % 2 == 0;
    }
};
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::uintptr_t addresses[] = {0, 0x10000, 0, 0x7fff'0000'1000, 0x20000, ~std::uintptr_t{0}, 0, 0x30000};
    const auto bytes = std::as_bytes(std::span(data, size));
    const places there{{addresses}};
    const auto copy = native::debugger::copy_for_debuggers(bytes, there);
    if (copy && copy->size() != size) __builtin_trap();
    native::symbol_index index;
    static_cast<void>(native::debugger::index_object(bytes, there, index));
    index.sort();
    for (const auto& entry : index.entries()) {
        const auto* const found = index.find(entry.address);
        if (found == nullptr || index.name(*found)[0] == 0) __builtin_trap();
    }
    return 0;
}
