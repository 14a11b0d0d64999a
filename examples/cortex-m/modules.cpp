// A firmware that takes modules of Thumb-2 code from signed containers in its flash: one that is copied into memory,
// one whose code stays in flash. Neither exceptions nor RTTI; the heap is for the modules' memory only.
#include <cstdio>
#include <memory>
#include <vitte/loader/firmware.hpp>
#include <vitte/sys/fs.hpp>

#include "rule.h"

namespace {
namespace sys = vitte::sys;
namespace firmware = vitte::loader::firmware;
namespace vitb = vitte::loader::vitb;
namespace minisign = vitte::loader::minisign;
using firmware::code_place;
using bytes = std::span<const std::byte>;
}  // namespace

extern "C" {
extern const std::byte guest_file[], guest_file_end[], rule_file[], rule_file_end[], located_file[], located_file_end[];
extern const std::byte unsigned_file[], unsigned_file_end[], foreign_file[], foreign_file_end[];
extern char end, stack_top, *heap_top;

int stops = 0;
alignas(16) std::byte fixed_memory[512];  ///< for the module that runs in one place only
}

namespace {

int degrees = 20;
std::int32_t sensor(std::int32_t channel) { return channel < 0 ? ++stops : degrees += 3; }
template <class... Arguments>
void print(const char* format, Arguments... arguments) {
    char line[80];
    std::snprintf(line, sizeof line, format, arguments...);
    static_cast<void>(sys::print(line));
}
void say(const char* text, std::uint32_t size) { print("%.*s\n", static_cast<int>(size), text); }
bool fail(const vitte::parse_error& why) {
    static_cast<void>(sys::print(why.message().c_str()));
    static_cast<void>(sys::print("\n"));
    return false;
}

/// The native part of a container that the owner of `KEY` has signed.
vitte::result<bytes, vitte::parse_error> accepted(bytes file) {
    VITTE_TRY(const minisign::public_key key, minisign::public_key::parse_line(KEY));
    VITTE_TRY(const auto container, vitb::container::parse(file));
    VITTE_CHECK(firmware::check(container, {&key, 1}));
    return firmware::native_part(container);
}

/// Loads a module, has `use` call it, and unloads it.
template <class Use>
bool with_module(bytes file, code_place code, std::span<std::byte> memory, Use&& use) {
    static const firmware::offered offers[] = {{"sensor", sensor}, {"say", say}};
    const auto part = accepted(file);
    if (!part) return fail(part.error());
    const auto need = firmware::native_module::need(*part, code, offers);
    if (!need) return fail(need.error());
    std::unique_ptr<std::byte[]> own;
    if (memory.empty()) {
        own.reset(new std::byte[need->size]);
        memory = {own.get(), need->size};
    }
    auto module = firmware::native_module::load(*part, code, memory, offers);
    if (!module) return fail(module.error());
    return use(*module);
}

bool use_guest(const firmware::native_module& module) {
    const auto sample = module.function<int(int, int)>("sample");
    degrees = 20;
    int mean = 0;
    for (int i = 0; i < 12; ++i) mean = sample(0, 40);
    return mean == 45;
}
bool use_rule(const firmware::native_module& module) {
    const auto found = module.object<const struct rule>("rule");
    const rule_host host{sensor, say};
    rule_state state{};
    degrees = 20;
    int mean = 0;
    for (int i = 0; i < 12; ++i) mean = found->sample(&state, &host, 0, 40);
    return mean == 45 && found->state_size == sizeof state;
}
bool use_located(const firmware::native_module& module) {
    const auto sample = module.function<int(int, int)>("sample");
    degrees = 20;
    return sample(0, 1) == 23 * 5 + 3 && sample(1, 1) == 23 * 5 + 26 * 5 + 5;
}
bool told(const char* name, const firmware::native_module& module) {
    const auto code = reinterpret_cast<std::uintptr_t>(module.function<void()>("sample"));
    print("%s: %u bytes of memory, code in %s\n", name, static_cast<unsigned>(module.memory_size()),
          code < 0x20000000 ? "flash" : "memory");
    return true;
}

/// The stack below this function, which is filled so that it can be seen how deep it was used.
constexpr std::size_t looked_at = 8192;
std::uint32_t* deepest() {
    return reinterpret_cast<std::uint32_t*>(reinterpret_cast<std::uintptr_t>(&stack_top) - looked_at);
}
[[gnu::noinline]] void fill_stack() {
    auto* const here = static_cast<std::uint32_t*>(__builtin_frame_address(0));
    for (std::uint32_t* at = deepest(); at < here - 16; ++at) *const_cast<volatile std::uint32_t*>(at) = 0xa5a5a5a5;
}
unsigned used_stack() {
    const std::uint32_t* at = deepest();
    while (*const_cast<const volatile std::uint32_t*>(at) == 0xa5a5a5a5) ++at;
    return static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(&stack_top) - reinterpret_cast<std::uintptr_t>(at));
}

}  // namespace

int main() {
    fill_stack();
    const auto all = [](bool tells) {
        return with_module({guest_file, guest_file_end}, code_place::memory, {},
                           [&](auto& m) { return (!tells || told("guest", m)) && (!tells || use_guest(m)); }) &&
               with_module({rule_file, rule_file_end}, code_place::flash, {},
                           [&](auto& m) { return (!tells || told("rule", m)) && (!tells || use_rule(m)); }) &&
               with_module({located_file, located_file_end}, code_place::flash, fixed_memory,
                           [&](auto& m) { return (!tells || told("located", m)) && use_located(m); });
    };
    if (!all(true)) return 1;
    print("stack %u\n", used_stack());

    char* const before = heap_top;
    for (int i = 0; i < 100; ++i)
        if (!all(false)) return 2;
    print("grown by %d, stopped %d times\n", static_cast<int>(heap_top - before), stops);

    for (const bytes refused : {bytes(unsigned_file, unsigned_file_end), bytes(foreign_file, foreign_file_end)}) {
        const auto part = accepted(refused);
        if (part) return 3;
        fail(part.error());
    }
    const std::size_t size = static_cast<std::size_t>(guest_file_end - guest_file);
    const std::unique_ptr<std::byte[]> copy(new std::byte[size]);
    std::copy(guest_file, guest_file_end, copy.get());
    if (!accepted({copy.get(), size})) return 4;
    int flips = 0;
    for (std::size_t bit = 0; bit < 8 * size; bit += 8 * size / 40 + 1, ++flips) {
        copy[bit / 8] ^= std::byte(1 << bit % 8);
        if (accepted({copy.get(), size})) return 5;
        copy[bit / 8] ^= std::byte(1 << bit % 8);
    }
    print("%d flipped bits refused\n", flips);
}
