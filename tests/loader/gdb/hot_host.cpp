// Calls a module, replaces it and calls it again, for gdb to look at: hot_host FIRST SECOND
#include <cstdio>
#include <vitte/loader/hot_reload.hpp>
#include <vitte/loader/loader.hpp>
#include <vitte/sys/fs/replace.hpp>

static int host_back(int n) { return n; }
static void replaced() { std::puts("replaced"); }

int main(int, char** arguments) {
    using namespace vitte;
    const std::string path = "./hot.so";
    const auto put = [&](const char* from) {
        const auto bytes = sys::read(from);
        return bytes && sys::replace(path.c_str(), bytes->bytes());
    };
    loader::module_loader loader;
    if (!put(arguments[1])) return 1;
    auto module = loader::hot_module::create(path, loader::from_bytes(loader));
    if (!module) return std::puts(module.error().message().c_str()), 1;
    const auto run = module->function<int(int (*)(int), int)>("module_run");
    if (!run) return std::puts(run.error().message().c_str()), 1;
    std::printf("%d\n", *(*run)(host_back, 2));
    if (!put(arguments[2])) return 1;
    const auto done = module->reload();
    if (!done) return std::puts(done.error().message().c_str()), 1;
    replaced();
    std::printf("%d\n", *(*run)(host_back, 2));
}
