// A firmware that runs a WebAssembly module from its flash, with functions of its own that the module calls. It needs a
// heap, but neither exceptions nor RTTI. Built with VITTE_WASM_SMALL=1 it fits into 128 KiB; built with a KEY it takes a
// container that this key has signed.
#include <vitte/loader/firmware.hpp>
#include <vitte/loader/wasm/store.hpp>
#include <vitte/sys/fs.hpp>

namespace sys = vitte::sys;
namespace wasm = vitte::loader::wasm;

// The module that guest.c was compiled to, or a container with it.
extern "C" const std::byte guest[], guest_end[];
__asm__(".section .rodata.guest\n.global guest, guest_end\nguest: .incbin \"" GUEST "\"\nguest_end:\n.text");

extern "C" char end, *heap_top;

static int fail(const std::string& why) { return static_cast<void>(sys::print(why.c_str())), -1; }
static void say(const std::string& line) { static_cast<void>(sys::print((line + '\n').c_str())); }

/// The module in flash, which stays there.
static vitte::result<std::span<const std::byte>, vitte::parse_error> guest_module() {
    const std::span file(guest, guest_end);
#if defined(KEY)
    namespace loader = vitte::loader;
    VITTE_TRY(const auto key, loader::minisign::public_key::parse_line(KEY));
    VITTE_TRY(const auto container, loader::vitb::container::parse(file));
    VITTE_CHECK(loader::firmware::check(container, {&key, 1}));
    return loader::firmware::webassembly_part(container);
#else
    return file;
#endif
}

/// Loads the module, calls it some times, and unloads it. Returns its last result.
static int run(bool speaks) {
    const auto in_flash = guest_module();
    if (!in_flash) return fail(in_flash.error().message().c_str());
    const auto module = wasm::compiled_module::compile(*in_flash, {.borrowed_bytes = true});
    if (!module) return fail(module.error().reason);
    auto store =
        wasm::store::create({.memory_pages = 1, .table_elements = 16, .exception_bytes = 0, .stack_bytes = 1024});
    if (!store) return fail(store.error().operation);
    store->define_function<int(int)>("device", "sensor", [degrees = 20](int) mutable { return degrees += 3; });
    store->define_function<void(unsigned, unsigned)>(
        "device", "say", [speaks](wasm::caller from, std::size_t text, std::size_t size) {
            const auto memory = from.memory();
            if (speaks && text <= memory.size() && size <= memory.size() - text)
                say({reinterpret_cast<const char*>(memory.data()) + text, size});
        });
    const auto rule = store->instantiate(*module, "rule");
    if (!rule) return fail(rule.error().message());
    const auto sample = (*rule)->function<int(int, int)>("sample");
    if (!sample) return fail(sample.error().message());
    int last = 0;
    for (int i = 0; i < 12; ++i) {
        const auto mean = (*sample)(0, 40);
        if (!mean) return fail(mean.error().message());
        last = *mean;
    }
    return last;
}

int main() {
    say("mean " + std::to_string(run(true)));
    const auto heap = heap_top - &end;
    const auto again = [](int rounds) {
        for (int i = 0; i < rounds; ++i)
            if (run(false) != 45) return false;
        return true;
    };
    if (!again(3)) return 1;  // then malloc has found its places
    char* const before = heap_top;
    if (!again(100)) return 2;
    say("grown by " + std::to_string(heap_top - before));
    say("heap " + std::to_string(heap));
}
