// A program, fully static if it is linked so, that loads a plugin in C and one in C++ with vitte's own linker, calls
// them, is called back by them, and unloads them.
//
// usage: plugins GREETER SHAPES
#include <cstdio>
#include <new>

#include <vitte/loader/loader.hpp>

namespace {

void host_print(const char* text) { std::printf("  plugin says: %s\n", text); }

int fail(const vitte::loader::load_error& why) {
    std::fprintf(stderr, "plugins: %s\n", why.message().c_str());
    return 1;
}

/// The operators new and delete, by the names that the C++ ABI gives them (Itanium C++ ABI, 5.1).
void provide_heap(vitte::loader::module_loader& loader) {
    loader.provide<void*(std::size_t)>("_Znwm", [](std::size_t size) { return ::operator new(size); });
    loader.provide<void(void*, std::size_t)>("_ZdlPvm", [](void* p, std::size_t) { ::operator delete(p); });
    loader.provide<void(void*)>("_ZdlPv", [](void* p) { ::operator delete(p); });
    loader.provide<void()>("__cxa_pure_virtual", [] { __builtin_trap(); });
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return std::fprintf(stderr, "usage: plugins GREETER SHAPES\n"), 2;
    vitte::loader::module_loader loader;
    loader.provide("host_print", host_print);
    provide_heap(loader);

    auto greeter = loader.load(argv[1]);
    if (!greeter) return fail(greeter.error());
    const auto greet = greeter->function<unsigned(unsigned)>("greet");
    if (!greet) return fail(greet.error());
    static_cast<void>((*greet)(1));
    std::printf("greeted %u times\n", *(*greet)(2));
    greeter->unload();

    struct shape;
    auto shapes = loader.load(argv[2]);
    if (!shapes) return fail(shapes.error());
    const auto make = shapes->function<shape*(const char*, double)>("make_shape");
    const auto area = shapes->function<double(const shape*)>("area_of");
    const auto drop = shapes->function<void(shape*)>("drop_shape");
    if (!make || !area || !drop) return fail(!make ? make.error() : !area ? area.error() : drop.error());
    for (const char* kind : {"circle", "square"}) {
        shape* const s = *(*make)(kind, 2);
        std::printf("a %s of size 2 has an area of %.4f\n", kind, *(*area)(s));
        static_cast<void>((*drop)(s));
    }
    shapes->unload();
    std::puts("both unloaded");
}
