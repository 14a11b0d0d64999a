// What debuggers, profilers and backtraces are told of modules. gdb.py has gdb look at the same.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <vitte/loader/loader.hpp>
#include <vitte/loader/native/debugger.hpp>
#include <vitte/loader/native/module_record.hpp>
#include <vitte/loader/native/perf_map.hpp>

#include "../support/fixtures.hpp"
#include "../support/needs.hpp"
#include "../support/scratch.hpp"
#include "../support/text_files.hpp"

namespace {
using vitte::errc;
using vitte::loader::module_loader;
using vitte::loader::symbol_location;
namespace elf = vitte::loader::elf;
namespace native = vitte::loader::native;
namespace debugger = native::debugger;

void ignore(const char*) {}
int twice(int n) { return 2 * n; }

module_loader host() {
    module_loader made;
    made.provide("host_event", ignore);
    made.provide("host_twice", twice);
    made.provide("strlen", static_cast<std::size_t (*)(const char*)>(std::strlen));
    return made;
}
const void* behind(const void* at, std::size_t bytes) { return static_cast<const char*>(at) + bytes; }

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

const ability known_relocations{"relocations of debug information that are known",
                                [] { return !debugger::debug_relocations(native::machine::number).empty(); }};

/// The object `placed.o`, and where the platform's linker has put its sections in `program`.
struct placed_fixture {
    std::string object = text_of(fixture("placed.o")), linked;
    elf::file file, reference;
    std::vector<std::uintptr_t> addresses;

    explicit placed_fixture(const char* program = "placed")
        : linked(text_of(fixture(program))),
          file(*elf::file::parse(bytes_of(object))),
          reference(*elf::file::parse(bytes_of(linked))),
          addresses(file.sections().size()) {
        const auto wanted = linked_symbols();
        for (const elf::section table : file.sections()) {
            if (table.type != elf::section_type::symbols) continue;
            const auto symbols = *file.symbols(table);
            for (const elf::symbol s : symbols.entries)
                for (const auto& [name, address] : wanted)
                    if (s.section < addresses.size() && *symbols.name(s) == name)
                        addresses[s.section] = address - static_cast<std::uintptr_t>(s.value);
        }
        const auto frames = named(reference, ".eh_frame");
        for (std::size_t i = 1; i < addresses.size(); ++i)
            if (frames && *file.name(file.sections()[i]) == ".eh_frame")
                addresses[i] = static_cast<std::uintptr_t>(frames->address);
    }
    std::vector<std::pair<std::string, std::uintptr_t>> linked_symbols() const {
        std::vector<std::pair<std::string, std::uintptr_t>> all;
        const auto symbols = *reference.symbols(*reference.find(elf::section_type::symbols));
        for (const elf::symbol s : symbols.entries)
            if (const std::string name(*symbols.name(s)); name.starts_with("placed_"))
                all.emplace_back(name, static_cast<std::uintptr_t>(s.value));
        return all;
    }
    static std::optional<elf::section> named(const elf::file& in, std::string_view name) {
        for (const elf::section s : in.sections())
            if (in.name(s).value_or("") == name) return s;
        return std::nullopt;
    }
    debugger::section_places places() const { return {addresses}; }

    /// Offsets into texts, which linkers put in another order.
    std::vector<bool> refers_to_text(std::size_t section) const {
        std::vector<bool> marks(static_cast<std::size_t>(file.sections()[section].size) + 8);
        for (const elf::section r : file.sections()) {
            if (r.type != elf::section_type::relocations_with_addend || r.info != section) continue;
            const auto symbols = *file.symbols(file.sections()[r.link]);
            const auto relocations = *file.relocations(r);
            for (const elf::relocation relocation : relocations) {
                const elf::symbol to = symbols.entries[relocation.symbol];
                constexpr std::uint64_t is_merged = 0x10;
                if (to.section < file.sections().size() && (file.sections()[to.section].flags & is_merged) != 0)
                    std::fill_n(marks.begin() + static_cast<std::ptrdiff_t>(relocation.offset), 4, true);
            }
        }
        return marks;
    }
};
/// Processes have the numbers that it is told, and the folder "/tmp" is the test's own.
struct numbered : vitte::sys::native {
    static inline std::uint64_t number = 1;

    struct processes : vitte::sys::native::processes {
        static std::uint64_t own_id() noexcept { return number; }
    };
    struct files : vitte::sys::native::files {
        static vitte::result<handle> open(const char* path, const vitte::sys::open_options& options) noexcept {
            const bool temporary = std::strncmp(path, "/tmp/", 5) == 0;
            return vitte::sys::native::files::open(temporary ? (SCRATCH + std::string(path + 4)).c_str() : path,
                                                   options);
        }
    };
};
/// What stands there as linked objects with one function `name`.
struct linked_function {
    native::module_record<numbered> record;

    linked_function(std::uintptr_t address, const char* name) : record("linked", address, 16, index(address, name)) {}
    static native::symbol_index index(std::uintptr_t address, const char* name) {
        elf::symbol symbol{};
        symbol.info = 0x12;  // a global function
        symbol.section = 1;
        symbol.size = 16;
        native::symbol_index made;
        made.add(symbol, address, name);
        return made;
    }
};
}  // namespace

BOOST_AUTO_TEST_SUITE(debugger_suite)

BOOST_AUTO_TEST_CASE(addresses_have_names) {
    auto loader = host();
    auto m = loader.load(fixture("libcounter.so").c_str());
    BOOST_REQUIRE(m.has_value());
    const void* const function = *m->symbol("counter_add");
    auto found = m->address_to_symbol(behind(function, 1));
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(std::string(found->name) == "counter_add");
    BOOST_TEST(found->offset == 1u);
    BOOST_TEST(std::string(found->module) == fixture("libcounter.so"));
    BOOST_TEST(std::string(m->address_to_symbol(*m->symbol("greeting"))->name) == "greeting");

    const auto anywhere = module_loader::address_to_symbol(function);
    BOOST_REQUIRE(anywhere.has_value());
    BOOST_TEST(std::string(anywhere->name) == "counter_add");
    BOOST_TEST(!module_loader::address_to_symbol(&loader).has_value());
    BOOST_TEST((m->address_to_symbol(&loader).error().code == errc::not_found));
    m->unload();
    BOOST_TEST(!module_loader::address_to_symbol(function).has_value());
    BOOST_TEST(!m->address_to_symbol(function).has_value());
}

BOOST_AUTO_TEST_CASE(static_functions_have_names_too) {
    auto loader = host();
    auto m = loader.load(fixture("libcounter.so").c_str());
    BOOST_REQUIRE(m.has_value());
    // What `call_chosen` calls is a static function, of which only .symtab tells.
    const std::string whole = text_of(fixture("libcounter.so"));
    const auto file = *elf::file::parse(bytes_of(whole));
    const auto symbols = *file.symbols(*file.find(elf::section_type::symbols));
    const auto dynamic = *file.symbols(*file.find(elf::section_type::dynamic_symbols));
    std::uint64_t exported = 0, hidden = 0;
    for (const elf::symbol s : dynamic.entries)
        if (*dynamic.name(s) == "counter_add") exported = s.value;
    for (const elf::symbol s : symbols.entries)
        if (*symbols.name(s) == "chosen_here") hidden = s.value;
    const auto* const at = static_cast<const char*>(*m->symbol("counter_add")) + (hidden - exported);
    BOOST_TEST(std::string(m->address_to_symbol(at)->name) == "chosen_here");
}

BOOST_AUTO_TEST_CASE(a_file_that_was_replaced_is_not_asked) {
    const std::string whole = text_of(fixture("libcounter.so"));
    const text_file copy("replaced.so", whole);
    auto loader = host();
    auto m = loader.load(copy.path());
    BOOST_REQUIRE(m.has_value());
    BOOST_REQUIRE(std::remove(copy.path()) == 0);
    const std::string other = text_of(fixture("libobjects.so"));
    const text_file replaced("replaced.so", other);
    const void* const function = *m->symbol("counter_add");
    BOOST_TEST(std::string(m->address_to_symbol(function)->name) == "counter_add");
}

BOOST_AUTO_TEST_CASE(jit_files_are_listed_while_they_are_announced) {
    const auto listed = [] {
        std::vector<std::size_t> sizes;
        for (const auto* f = debugger::jit_files.first; f != nullptr; f = f->next) sizes.push_back(f->size);
        return sizes;
    };
    using sizes = std::vector<std::size_t>;
    BOOST_TEST(debugger::jit_files.version == 1u);
    BOOST_TEST(!debugger::jit_announcement<>::watched());
    {
        debugger::jit_announcement<> first(std::vector<std::byte>(1)), second(std::vector<std::byte>(2));
        BOOST_TEST((listed() == sizes{2, 1}));
        debugger::jit_announcement<> third(std::vector<std::byte>(3));
        second = {};
        BOOST_TEST((listed() == sizes{3, 1}));
        third = std::move(first);
        BOOST_TEST((listed() == sizes{1}));
    }
    BOOST_TEST(listed().empty());
}

/// Compares what the platform's linker has made of debug information and unwind tables with our copy; returns how many
/// bytes there were.
std::size_t compare_with(const char* program) {
    const placed_fixture f(program);
    const auto copy = debugger::copy_for_debuggers(bytes_of(f.object), f.places());
    BOOST_REQUIRE_MESSAGE(copy.has_value(), (copy ? "" : copy.error().message()));
    const auto copied = *elf::file::parse(*copy);
    std::size_t compared = 0;
    for (std::size_t i = 1; i < f.file.sections().size(); ++i) {
        const elf::section section = copied.sections()[i];
        const std::string name(*copied.name(section));
        constexpr std::uint64_t is_loaded = 2;
        if (f.addresses[i] != 0)
            BOOST_TEST(section.address == f.addresses[i]);
        else
            BOOST_TEST((section.flags & is_loaded) == 0u);
        const auto same = f.named(f.reference, name);
        const bool is_text = name.ends_with("str");
        if (!same || same->size != section.size || is_text || (!name.starts_with(".debug_") && name != ".eh_frame"))
            continue;
        const auto ours = copied.content(section)->bytes, theirs = f.reference.content(*same)->bytes;
        const auto texts = f.refers_to_text(i);
        for (std::size_t b = 0; b < ours.size(); ++b) {
            if (texts[b]) continue;
            BOOST_TEST(std::to_integer<int>(ours[b]) == std::to_integer<int>(theirs[b]),
                       name << " differs at byte " << b);
            ++compared;
        }
    }
    return compared;
}

BOOST_AUTO_TEST_CASE(debug_information_gets_the_addresses_that_a_linker_gives_it, *needs(known_relocations)) {
    BOOST_TEST(compare_with("placed") > 300u);
}

BOOST_AUTO_TEST_CASE(debug_information_of_what_is_not_loaded_names_no_address, *needs(known_relocations)) {
    BOOST_TEST(compare_with("placed_partly") > 300u);
}

BOOST_AUTO_TEST_CASE(symbols_of_objects_and_their_lines_for_perf, *needs(known_relocations)) {
    const placed_fixture f;
    native::symbol_index index;
    BOOST_REQUIRE(debugger::index_object(bytes_of(f.object), f.places(), index).has_value());
    index.sort();
    const auto wanted = f.linked_symbols();
    BOOST_TEST(wanted.size() >= 2u);
    for (const auto& [name, address] : wanted) {
        const auto* const found = index.find(address + 1);
        BOOST_REQUIRE(found != nullptr);
        BOOST_TEST(std::string(index.name(*found)) == name);
        char line[100];
        std::snprintf(line, sizeof line, "%zx %zx %s\n", static_cast<std::size_t>(address),
                      static_cast<std::size_t>(found->size), name.c_str());
        BOOST_TEST(native::perf_lines(index).find(line) != std::string::npos);
    }
    const auto& [name, address] = wanted.front();
    const native::module_record<> record("placed.o", address, 64, std::move(index));
    symbol_location found;
    BOOST_TEST(record.locate(address, found));
    BOOST_TEST(std::string(found.name) == name);
    BOOST_TEST(std::string(found.module) == "placed.o");
    BOOST_TEST(!record.locate(address + 64, found));
}

BOOST_AUTO_TEST_CASE(an_index_finds_the_innermost_symbol) {
    native::symbol_index index;
    const auto add = [&](const char* name, std::uintptr_t at, std::uint64_t size, elf::symbol_binding binding) {
        elf::symbol s{};
        s.info = static_cast<std::uint8_t>((static_cast<unsigned>(binding) << 4) | 2);
        s.section = 1;
        s.size = size;
        index.add(s, at, name);
    };
    using enum elf::symbol_binding;
    add("outer", 100, 50, global);
    add("inner", 110, 5, local);
    add("alias", 100, 50, local);
    add("label", 200, 0, global);
    add("past the end", ~std::uintptr_t{0}, 2, global);
    index.sort();
    const auto at = [&](std::uintptr_t address) {
        const auto* const found = index.find(address);
        return std::string(found == nullptr ? "" : index.name(*found));
    };
    BOOST_TEST(at(99) == "");
    BOOST_TEST(at(100) == "outer");
    BOOST_TEST(at(112) == "inner");
    BOOST_TEST(at(115) == "outer");
    BOOST_TEST(at(149) == "outer");
    BOOST_TEST(at(150) == "");
    BOOST_TEST(at(250) == "label");
}

BOOST_AUTO_TEST_CASE(modules_come_and_go_while_addresses_are_looked_up, *needs(threads)) {
    const std::string path = fixture("libcounter.so");
    auto loader = host();
    auto stays = loader.load(path.c_str());
    BOOST_REQUIRE(stays.has_value());
    const void* const function = *stays->symbol("counter_add");
    std::vector<vitte::sys::thread<std::size_t>> others;
    for (int i = 0; i < 4; ++i) {
        auto started = vitte::sys::start_thread([function, &path] {
            auto mine = host();
            std::size_t found = 0;
            for (int n = 0; n < 50; ++n) {
                auto m = mine.load(path.c_str());
                const auto here = module_loader::address_to_symbol(function);
                found += m && here && std::strcmp(here->name, "counter_add") == 0 &&
                         module_loader::address_to_symbol(*m->symbol("half")).has_value();
            }
            return found;
        });
        BOOST_REQUIRE(started.has_value());
        others.push_back(std::move(*started));
    }
    for (auto& other : others) BOOST_TEST(*other.join() == 50u);
}

BOOST_AUTO_TEST_CASE(hostile_objects_are_errors_or_harmless, *needs(known_relocations)) {
    placed_fixture f;
    const auto tries = [&](std::span<const std::byte> bytes) {
        native::symbol_index index;
        static_cast<void>(debugger::index_object(bytes, f.places(), index));
        return debugger::copy_for_debuggers(bytes, f.places()).has_value();
    };
    BOOST_TEST(tries(bytes_of(f.object)));
    BOOST_TEST(!tries(bytes_of(f.linked)));
    for (std::size_t length = 0; length < f.object.size(); length += length < 1024 ? 1 : 61)
        BOOST_TEST(!tries(bytes_of(f.object).first(length)), "truncated to " << length << " bytes");
    std::size_t refused = 0;
    for (std::size_t i = 0; i < f.object.size(); ++i) {
        const char byte = f.object[i];
        f.object[i] = static_cast<char>(~byte);
        refused += !tries(bytes_of(f.object));
        f.object[i] = byte;
    }
    BOOST_TEST(refused > 100u);
}

BOOST_AUTO_TEST_CASE(a_forked_child_has_a_map_for_perf_of_its_own) {
    const scratch folder;
    const auto map_of = [&](int number) {
        return text_of(std::string(folder.path) + "/perf-" + std::to_string(number) + ".map");
    };
    const linked_function unlisted(0x1000, "unlisted");
    BOOST_REQUIRE(native::module_record<numbered>::write_perf_map().has_value());
    const linked_function first(0x2000, "first");
    numbered::number = 2;  // as after a fork
    const linked_function second(0x3000, "sec\nond");
    BOOST_TEST(native::module_record<numbered>::write_perf_map().has_value());
    const linked_function third(0x4000, "third");
    BOOST_TEST(map_of(1) == "2000 10 first\n");
    BOOST_TEST(map_of(2) == "3000 10 sec\\x0aond\n4000 10 third\n");
}

BOOST_AUTO_TEST_SUITE_END()
