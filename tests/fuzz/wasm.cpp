// libFuzzer target: no input makes the reader of WebAssembly, the validator or the translator read outside it or stop
// the program; and what is valid runs within its limits, whatever it does.
#include <algorithm>
#include <vitte/loader/wasm/store.hpp>

namespace {
namespace wasm = vitte::loader::wasm;

void walk(const wasm::file& f) {
    const auto nothing = [](const auto&...) {};
    static_cast<void>(f.for_each_type(nothing));
    static_cast<void>(f.for_each_import(nothing));
    static_cast<void>(f.for_each_function(nothing));
    static_cast<void>(f.for_each_table(nothing));
    static_cast<void>(f.for_each_memory(nothing));
    static_cast<void>(f.for_each_tag(nothing));
    static_cast<void>(f.for_each_global(nothing));
    static_cast<void>(f.for_each_export(nothing));
    static_cast<void>(f.for_each_element(nothing));
    static_cast<void>(f.for_each_code(nothing));
    static_cast<void>(f.for_each_data(nothing));
    f.for_each_custom(nothing);
    static_cast<void>(wasm::for_each_function_name(f, nothing));
    static_cast<void>(wasm::for_each_producer(f, nothing));
    static_cast<void>(wasm::module_name(f));
}

/// Gives zeros, and fails now and then.
wasm::trap_code imported(const wasm::function& self, wasm::runtime*, std::byte* values) {
    static unsigned calls = 0;
    std::fill_n(values, self.value_bytes, std::byte{0});
    return ++calls % 8 == 0 ? wasm::trap_code::host : wasm::trap_code::none;
}
/// A type that only the module knows cannot be the host's.
bool is_known(std::span<const wasm::value_type> types) {
    return std::none_of(types.begin(), types.end(), [](wasm::value_type t) {
        return t.is_reference() && (t.heap().is_defined() || !t.is_nullable());
    });
}

void execute(const wasm::compiled_module& module) {
    wasm::store_limits limits;
    limits.memory_pages = 16;
    limits.table_elements = 1000;
    limits.stack_bytes = 1 << 16;
    limits.fuel = 20000;
    auto store = wasm::store::create(limits);
    if (!store) return;
    for (const auto& wanted : module.data().imports)
        if (wanted.kind == wasm::external_kind::function) {
            const wasm::signature& type = module.data().type_of_function(wanted.index);
            if (!is_known(type.parameters) || !is_known(type.results)) return;
            store->define(wanted.module, wanted.name, store->make_function(type, imported, nullptr));
        }
    const auto made = store->instantiate(module);
    if (!made) return;
    for (const auto& x : module.data().exports) {
        if (x.kind != wasm::external_kind::function) continue;
        const auto& f = (*made)->find(x.name)->as<wasm::function>();
        std::vector<wasm::value> arguments;
        for (const wasm::value_type t : f.description->parameters) {
            if (!t.has_default()) break;
            arguments.push_back({t, {}});
        }
        if (arguments.size() == f.description->parameters.size()) static_cast<void>(store->invoke(f, arguments));
    }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = std::as_bytes(std::span(data, size));
    if (const auto parsed = wasm::file::parse(input)) walk(*parsed);
    wasm::compile_options options;
    options.metered = true;
    if (const auto module = wasm::compiled_module::compile(input, options)) execute(*module);
    return 0;
}
