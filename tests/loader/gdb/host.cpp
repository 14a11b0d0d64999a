// Loads shared objects with vitte's own linker for gdb to look at: host [-wait] [-open LIBRARY] MODULE...
#include <cstdio>
#include <cstring>
#include <vector>

#include <vitte/loader/loader.hpp>
#include <vitte/sys/thread.hpp>

#ifdef VITTE_DLFCN
#include <dlfcn.h>
#endif

static int host_back(int n) { return n; }
static void unloaded() { std::puts("unloaded"); }

int main(int, char** arguments) {
    vitte::loader::module_loader loader;
    std::vector<vitte::loader::module> modules;
    bool wait = false;
    while (*++arguments != nullptr) {
        if (std::strcmp(*arguments, "-wait") == 0) {
            wait = true;
#ifdef VITTE_DLFCN
        } else if (std::strcmp(*arguments, "-open") == 0) {
            void* const in_other_namespace = dlmopen(LM_ID_NEWLM, *++arguments, RTLD_NOW);
            void* const here = dlopen(*arguments, RTLD_NOW);
            if (in_other_namespace == nullptr || here == nullptr) return std::puts(dlerror()), 1;
            dlclose(in_other_namespace);
            dlclose(here);
#endif
        } else {
            auto loaded = loader.load(*arguments);
            if (!loaded) return std::puts(loaded.error().message().c_str()), 1;
            modules.push_back(std::move(*loaded));
        }
    }
    for (auto& module : modules) {
        const auto run = module.function_pointer<int(int (*)(int), int)>("module_run");
        std::printf("%d\n", (*run)(host_back, 2));
    }
    std::fflush(stdout);
    if (wait) vitte::sys::this_thread::sleep_until(vitte::sys::deadline::after(60'000'000'000));
    modules.clear();
    unloaded();
}
