// Loading and symbol lookup by our own linker against the OS's, on generated libraries in the folder that is given.
#include <cstdlib>
#include <string>

#include <dlfcn.h>

#include <vitte/loader/loader.hpp>

#include "row.hpp"

namespace {
using vitte::loader::module_loader;

std::string folder;

[[noreturn]] void stop(const std::string& why) {
    std::fprintf(stderr, "loader: %s\n", why.c_str());
    std::exit(1);
}

void compare_load(const char* claim, const char* name, double goal) {
    const std::string path = folder + "/" + name;
    module_loader loader;
    // Ten loads per turn: a program that loads plugins with us does not call dlopen between any two.
    constexpr int loads = 10;
    const auto ours = [&] {
        std::int64_t spent = 0;
        for (int i = 0; i < loads; ++i) {
            spent -= vitte::sys::monotonic_time();
            auto m = loader.load(path.c_str());
            spent += vitte::sys::monotonic_time();
            if (!m) stop(m.error().message());
        }
        return static_cast<double>(spent) / loads;
    };
    const auto peer = [&] {
        std::int64_t spent = 0;
        for (int i = 0; i < loads; ++i) {
            spent -= vitte::sys::monotonic_time();
            void* const m = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
            spent += vitte::sys::monotonic_time();
            if (m == nullptr) stop(dlerror());
            dlclose(m);
        }
        return static_cast<double>(spent) / loads;
    };
    bench::compare(claim, "dlopen", goal, 100, ours, peer);
}

void compare_lookup(const char* claim, const char* pattern, double goal) {
    const std::string path = folder + "/exports.so";
    module_loader loader;
    auto m = loader.load(path.c_str());
    if (!m) stop(m.error().message());
    void* const os = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    std::vector<std::string> names;
    for (int i = 0; i < 10'000; i += 7) names.push_back(pattern + std::to_string(i));
    std::uintptr_t seen = 0;
    const auto each = [&](auto&& find) {
        return bench::nanoseconds([&] {
            for (const auto& name : names) seen += find(name.c_str());
        }) / static_cast<double>(names.size());
    };
    bench::compare(claim, "dlsym", goal, 50,
        [&] { return each([&](const char* name) { return m->find(name) != nullptr; }); },
        [&] { return each([&](const char* name) { return dlsym(os, name) != nullptr; }); });
    if (seen == 1) std::puts("");  // keeps the look-ups alive
    dlclose(os);
}
}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) stop("usage: loader FOLDER");
    folder = argv[1];
    if (dlopen((folder + "/exports.so").c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) stop(dlerror());
    compare_load("load, trivial library", "trivial.so", 1.0);
    compare_load("load, 10k RELATIVE", "relative.so", 1.0);
    compare_load("load, 10k exports", "many.so", 1.0);
    compare_load("load, 10k symbols of its own", "own.so", 1.0);
    compare_load("load, 10k symbols of another library", "imports.so", 1.0);
    compare_lookup("lookup, hit", "symbol_", 0.5);
    compare_lookup("lookup, miss", "absent_", 0.2);
}
