// Loading and symbol lookup by our own linker against the OS's, on generated libraries in the folder that is given.
#include <cstdlib>
#include <string>

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vitte/loader/loader.hpp>

#include "row.hpp"

namespace {
using vitte::loader::module_loader;

std::string folder;

[[noreturn]] void stop(const std::string& why) {
    std::fprintf(stderr, "loader: %s\n", why.c_str());
    std::exit(1);
}

using vitte::loader::load_options;

void compare_load(const char* claim, const char* name, double goal, const load_options& options = {}) {
    const std::string path = folder + "/" + name;
    module_loader loader;
    // Ten loads per turn: a program that loads plugins with us does not call dlopen between any two.
    constexpr int loads = 10;
    const auto ours = [&] {
        std::int64_t spent = 0;
        for (int i = 0; i < loads; ++i) {
            spent -= vitte::sys::monotonic_time();
            auto m = loader.load(path.c_str(), options);
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

/// What `work` takes in a process of its own, in which nothing was loaded before.
template <class Work>
double in_child(Work work) {
    int ends[2];
    if (pipe(ends) != 0) stop("pipe");
    const pid_t child = fork();
    if (child == 0) {
        const std::int64_t begin = vitte::sys::monotonic_time();
        work();
        const std::int64_t spent = vitte::sys::monotonic_time() - begin;
        _exit(write(ends[1], &spent, sizeof spent) == sizeof spent ? 0 : 1);
    }
    close(ends[1]);
    std::int64_t spent = 0;
    if (read(ends[0], &spent, sizeof spent) != sizeof spent) stop("a child failed");
    close(ends[0]);
    waitpid(child, nullptr, 0);
    return static_cast<double>(spent);
}

/// Of libraries that dlclose leaves in the process, or that need many others.
void compare_once(const char* claim, const std::string& path, double goal, int rounds) {
    if (access(path.c_str(), R_OK) != 0) return bench::missing(claim, path.c_str(), 0, goal);
    bench::compare(
        claim, "dlopen", goal, rounds,
        [&] {
            return in_child([&] {
                static module_loader loader;
                static auto m = loader.load(path.c_str());
                if (!m) stop(m.error().message());
            });
        },
        [&] {
            return in_child([&] {
                if (dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL) == nullptr) stop(dlerror());
            });
        });
}

void compare_thread_locals(const char* claim, const char* name) {
    const std::string path = folder + "/" + name;
    module_loader loader;
    auto m = loader.load(path.c_str());
    if (!m) stop(m.error().message());
    void* const os = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    const auto ours = *m->function_pointer<long(long)>("count"),
               peers = reinterpret_cast<long (*)(long)>(dlsym(os, "count"));
    constexpr long times = 100'000;
    bench::compare(claim, "dlopen", 1.1, 100, [&] { return bench::nanoseconds([&] { ours(times); }) / times; },
                   [&] { return bench::nanoseconds([&] { peers(times); }) / times; });
    dlclose(os);
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
    if (argc != 3) stop("usage: loader FOLDER LIBLLVM");
    folder = argv[1];
    const char* const llvm = argv[2];
    if (dlopen((folder + "/exports.so").c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) stop(dlerror());
    compare_load("load, trivial library", "trivial.so", 1.05);
    compare_load("load, 10k RELATIVE", "relative.so", 1.05);
    compare_load("load, 10k RELR", "relr.so", 1.05);
    compare_load("load, 10k exports", "many.so", 1.0);
    compare_load("load, 10k symbols of its own", "own.so", 0.25);
    compare_load("load, 10k symbols of its own, scope first", "own.so", 1.0, {.scope_first = true});
    compare_load("load, 10k symbols of another library", "imports.so", 1.0);
    compare_load("load, 10k functions, lazy", "calls.so", 1.0, {.lazy = true});
    compare_once("load, libLLVM", llvm, 0.8, 15);
    compare_once("load, 1000 modules of which each needs two", folder + "/modules/m999.so", 0.7, 15);
    compare_lookup("lookup, hit", "symbol_", 0.45);
    compare_lookup("lookup, miss", "absent_", 0.15);
    compare_thread_locals("thread-local access", "counter.so");
    compare_thread_locals("thread-local access, descriptor", "descriptor.so");
}
