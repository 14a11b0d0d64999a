// Links an object into memory for gdb to look at: object_host [-wait] [-always] [-perf] OBJECT
#include <cstdio>
#include <cstring>

#include <vitte/loader/loader.hpp>
#include <vitte/sys/thread.hpp>

static int host_back(int n) { return n; }
static void unloaded() { std::puts("unloaded"); }

int main(int, char** arguments) {
    using vitte::loader::link_input;
    bool wait = false;
    vitte::loader::link_options options;
    for (; (*++arguments)[0] == '-';) {
        if (std::strcmp(*arguments, "-wait") == 0) wait = true;
        if (std::strcmp(*arguments, "-always") == 0)
            options.announce = vitte::loader::native::debugger::announce::always;
        if (std::strcmp(*arguments, "-perf") == 0) static_cast<void>(vitte::loader::module_loader::write_perf_map());
    }
    vitte::loader::module_loader loader;
    const link_input object[] = {link_input::file(*arguments)};
    auto linked = loader.link(object, options);
    if (!linked) return std::puts(linked.error().message().c_str()), 1;
    const auto run = linked->function_pointer<int(int (*)(int), int)>("module_run");
    std::printf("%d\n", (*run)(host_back, 2));
    std::fflush(stdout);
    if (wait) vitte::sys::this_thread::sleep_until(vitte::sys::deadline::after(60'000'000'000));
    linked->unload();
    unloaded();
}
