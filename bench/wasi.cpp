// How long a WASI program takes to be compiled and instantiated: wasi MODULE.WASM prints milliseconds, the least of some
// runs.
#include <cstdlib>
#include <vitte/loader/wasm/wasi.hpp>

#include "row.hpp"

namespace {
namespace wasm = vitte::loader::wasm;

[[noreturn]] void stop(const std::string& why) {
    std::fprintf(stderr, "wasi: %s\n", why.c_str());
    std::exit(1);
}
void load(std::span<const std::byte> bytes) {
    const auto module = wasm::compiled_module::compile(bytes);
    if (!module) stop(std::string(module.error().reading) + ": " + module.error().reason);
    auto store = wasm::store::create();
    if (!store) stop("no memory");
    wasm::wasi::context world;
    world.offer(*store);
    const auto made = store->instantiate(*module);
    if (!made) stop(made.error().message());
}
}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) stop("usage: wasi MODULE.WASM");
    const auto content = vitte::sys::read(argv[1]);
    if (!content) stop(std::string(argv[1]) + ": " + message(content.error().code));
    double best = 1e18;
    for (int i = 0; i < 7; ++i) best = std::min(best, bench::nanoseconds([&] { load(content->bytes()); }));
    std::printf("%.3f\n", best / 1e6);
}
