// What it takes to compile and instantiate a module whose imports do nothing: wasm_load MODULE.WASM prints
// milliseconds, the least of some runs, and megabytes, by which the first one has raised the most that the process ever
// used.
#include <cstdlib>
#include <vitte/loader/wasm/store.hpp>
#include <vitte/sys/fs/text.hpp>

#include "row.hpp"

namespace {
namespace wasm = vitte::loader::wasm;

[[noreturn]] void stop(const std::string& why) {
    std::fprintf(stderr, "wasm_load: %s\n", why.c_str());
    std::exit(1);
}
wasm::trap_code do_nothing(const wasm::function&, wasm::runtime*, std::byte*) { return wasm::trap_code::none; }

void load(std::span<const std::byte> bytes) {
    const auto module = wasm::compiled_module::compile(bytes, {.borrowed_bytes = true});
    if (!module) stop(std::string(module.error().reading) + ": " + module.error().reason);
    auto store = wasm::store::create();
    if (!store) stop("no memory");
    const wasm::module_data& data = module->data();
    for (const wasm::import_description& wanted : data.imports) {
        if (wanted.kind != wasm::external_kind::function) continue;
        store->define(wanted.module, wanted.name,
                      store->make_function(data.type_of_function(wanted.index), do_nothing, nullptr));
    }
    const auto made = store->instantiate(*module);
    if (!made) stop(made.error().message());
}
double most_megabytes() {
    const auto status = vitte::sys::read_text("/proc/self/status");
    if (!status) stop("there is no /proc");
    return std::atof(status->substr(status->find("VmHWM:") + 6).c_str()) * 1024 / 1e6;
}
}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) stop("usage: wasm_load MODULE.WASM");
    const auto content = vitte::sys::read(argv[1]);
    if (!content) stop(std::string(argv[1]) + ": " + message(content.error().code));
    const double before = most_megabytes();
    load(content->bytes());
    const double megabytes = most_megabytes() - before;
    double best = 1e18;
    for (int i = 0; i < 7; ++i) best = std::min(best, bench::nanoseconds([&] { load(content->bytes()); }));
    std::printf("%.3f %.1f\n", best / 1e6, megabytes);
}
