// A firmware that runs a WebAssembly module from its flash, with functions of its own that the module calls. It needs a
// heap, but neither exceptions nor RTTI. Built with VITTE_WASM_SMALL=1 it fits into 128 KiB.
#include <vitte/loader/wasm/store.hpp>
#include <vitte/sys/fs.hpp>

namespace sys = vitte::sys;
namespace wasm = vitte::loader::wasm;

// The module that guest.c was compiled to.
extern "C" const std::byte guest[], guest_end[];
__asm__(".section .rodata.guest\n.global guest, guest_end\nguest: .incbin \"" GUEST "\"\nguest_end:\n.text");

extern "C" char end, *heap_top;

static int fail(const std::string& why) { return static_cast<void>(sys::print(why.c_str())), 1; }
static void say(const std::string& line) { static_cast<void>(sys::print((line + '\n').c_str())); }

int main() {
    const auto module = wasm::compiled_module::compile({guest, guest_end}, {.borrowed_bytes = true});
    if (!module) return fail(module.error().reason);
    auto store =
        wasm::store::create({.memory_pages = 1, .table_elements = 16, .exception_bytes = 0, .stack_bytes = 1024});
    if (!store) return fail(store.error().operation);
    store->define_function<int(int)>("device", "sensor", [degrees = 20](int) mutable { return degrees += 3; });
    store->define_function<void(unsigned, unsigned)>(
        "device", "say", [](wasm::caller from, std::size_t text, std::size_t size) {
            const auto memory = from.memory();
            if (text <= memory.size() && size <= memory.size() - text)
                say({reinterpret_cast<const char*>(memory.data()) + text, size});
        });
    const auto rule = store->instantiate(*module, "rule");
    if (!rule) return fail(rule.error().message());
    const auto sample = (*rule)->function<int(int, int)>("sample");
    if (!sample) return fail(sample.error().message());
    for (int i = 0; i < 12; ++i) {
        const auto mean = (*sample)(0, 40);
        if (!mean) return fail(mean.error().message());
        if (i == 11) say("mean " + std::to_string(*mean));
    }
    say("heap " + std::to_string(heap_top - &end));
}
