// A program, fully static if it is linked so, that uses plugins in one way, whether they are shared objects or
// WebAssembly modules; these cannot do more than compute and call what they are given.
//
// usage: portable PLUGIN...
#include <cstdio>

#include <vitte/loader/loader.hpp>
#include <vitte/loader/wasm/format.hpp>

namespace {

double host_rate(int year) { return year < 2020 ? 0.05 : 0.02; }

int fail(const std::string& why) {
    std::fprintf(stderr, "portable: %s\n", why.c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    vitte::loader::module_loader loader;
    loader.add_format(vitte::loader::wasm::format({.limits = {.memory_pages = 16}}));
    loader.provide("host_rate", host_rate);

    for (int i = 1; i < argc; ++i) {
        const auto plugin = loader.load(argv[i]);
        if (!plugin) return fail(plugin.error().message());
        const auto savings = (*plugin)->function<double(double, int, int)>("savings");
        if (!savings) return fail(savings.error().message());
        const auto saved = (*savings)(1000, 2018, 2022);
        if (!saved) return fail(saved.error().message());
        std::printf("%s: 1000 become %.2f\n", argv[i], *saved);
        if (plugin->memory().empty()) continue;  // what is native and traps, ends this program
        std::printf("a wrong call: %s\n", (*savings)(1000, 2022, 2018).error().message().c_str());
    }
}
