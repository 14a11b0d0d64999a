// Puts an object into memory by hand for gdb to look at, as simply as x86_64's calls and data of one object allow:
// object_host [-wait] [-always] [-perf] OBJECT
#include <cstdio>
#include <cstring>

#include <vitte/loader/loader.hpp>
#include <vitte/loader/native/debugger.hpp>
#include <vitte/sys/memory/region.hpp>
#include <vitte/sys/thread.hpp>

namespace elf = vitte::loader::elf;
namespace native = vitte::loader::native;
using vitte::sys::access;

static int host_back(int n) { return n; }
static void unloaded() { std::puts("unloaded"); }

struct placed {
    vitte::sys::mapping bytes;
    elf::file file = *elf::file::parse(bytes.bytes());
    vitte::sys::region memory = *vitte::sys::region::reserve(1 << 20);
    std::vector<std::uintptr_t> addresses = std::vector<std::uintptr_t>(file.sections().size());

    std::uintptr_t begin() const { return reinterpret_cast<std::uintptr_t>(memory.data()); }

    void place() {
        static_cast<void>(memory.commit(0, memory.size(), access::read_write));
        std::uintptr_t next = begin();
        for (std::size_t i = 1; i < addresses.size(); ++i) {
            const elf::section s = file.sections()[i];
            if ((s.flags & 2) == 0 || s.size == 0) continue;
            addresses[i] = next;
            next = (next + s.size + 4095) & ~std::uintptr_t{4095};
            const auto content = file.content(s)->bytes;
            if (!content.empty()) std::memcpy(reinterpret_cast<void*>(addresses[i]), content.data(), content.size());
        }
    }
    /// The address of `wanted`, after everything has been relocated that is relative to the program counter.
    std::uintptr_t relocate(std::string_view wanted) {
        std::uintptr_t found = 0;
        for (const elf::section s : file.sections()) {
            if (s.type != elf::section_type::relocations_with_addend || addresses[s.info] == 0) continue;
            const auto symbols = *file.symbols(file.sections()[s.link]);
            const auto relocations = *file.relocations(s);
            for (const elf::relocation r : relocations) relocate(r, addresses[s.info], symbols.entries[r.symbol]);
            for (const elf::symbol symbol : symbols.entries)
                if (symbols.name(symbol) == wanted) found = addresses[symbol.section] + symbol.value;
        }
        for (std::size_t i = 1; i < addresses.size(); ++i)
            if ((file.sections()[i].flags & 4) != 0 && addresses[i] != 0)
                static_cast<void>(memory.protect(addresses[i] - begin(), 4096, access::read_execute));
        return found;
    }
    void relocate(const elf::relocation& r, std::uintptr_t section, const elf::symbol& symbol) {
        auto* const place = reinterpret_cast<unsigned char*>(section + r.offset);
        const auto value = addresses[symbol.section] + symbol.value + static_cast<std::uint64_t>(r.addend);
        constexpr std::uint32_t absolute = 1, gotpcrelx = 41, rex_gotpcrelx = 42;
        if (r.type == absolute) {
            std::memcpy(place, &value, 8);
            return;
        }
        if (r.type == gotpcrelx || r.type == rex_gotpcrelx) place[-2] = 0x8d;  // mov from the GOT -> lea
        const auto distance = static_cast<std::uint32_t>(value - reinterpret_cast<std::uintptr_t>(place));
        std::memcpy(place, &distance, 4);
    }
};

int main(int, char** arguments) {
    bool wait = false;
    auto when = native::debugger::announce::if_watched;
    for (; (*++arguments)[0] == '-';) {
        if (std::strcmp(*arguments, "-wait") == 0) wait = true;
        if (std::strcmp(*arguments, "-always") == 0) when = native::debugger::announce::always;
        if (std::strcmp(*arguments, "-perf") == 0) static_cast<void>(vitte::loader::module_loader::write_perf_map());
    }
    {
        placed object{*vitte::sys::mapping::open(*arguments)};
        object.place();
        const auto run = reinterpret_cast<int (*)(int (*)(int), int)>(object.relocate("module_run"));
        const native::debugger::section_places places{object.addresses};
        const auto told = native::debugger::announce_object(object.bytes.bytes(), places, when);
        if (!told) return std::puts(told.error().message().c_str()), 1;
        native::symbol_index symbols;
        static_cast<void>(native::debugger::index_object(object.bytes.bytes(), places, symbols));
        const native::module_record<> record(*arguments, object.begin(), object.memory.size(), std::move(symbols));
        std::printf("%d\n", run(host_back, 2));
        std::fflush(stdout);
        if (wait) vitte::sys::this_thread::sleep_until(vitte::sys::deadline::after(60'000'000'000));
    }
    unloaded();
}
