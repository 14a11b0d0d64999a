// Containers that hold a module in several forms, loaded as each of them: real shared objects, WebAssembly, and scripts
// in a language of this test.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <vitte/loader/container.hpp>
#include <vitte/loader/format/vitb/writer.hpp>
#include <vitte/loader/loader.hpp>
#include <vitte/loader/wasm/format.hpp>

#include "../support/fixtures.hpp"
#include "../support/hex.hpp"
#include "../support/needs.hpp"
#include "../support/text_files.hpp"
#include "../support/wasm_builder.hpp"

namespace {
using namespace vitte::loader;
using vitte::errc;
using module_t = vitte::loader::module;
using form = container_form;
using strings = std::vector<std::string>;

const ability linker_of_ours{"a linker of ours for its modules", [] { return native::machine::supported; }};
const ability dynamic_linker{"a dynamic linker in this program",
                             [] { return vitte::sys::library::program().has_value(); }};
const ability compiled_plugin{"the plugin in WebAssembly, for which clang and wasm-ld are needed",
                              [] { return !text_of(fixture("portable.wasm")).empty(); }};

/// A script is a number, which its function "add" adds to the sum of its arguments.
class sums final : public module_format {
public:
    bool recognizes(std::span<const std::byte>) const noexcept override { return false; }
    bool understands(std::string_view language) const noexcept override { return language == "sums"; }
    linked link(std::span<const std::byte> bytes, const char*, const link_context&) const override {
        int more = 0;
        const auto* const text = reinterpret_cast<const char*>(bytes.data());
        const auto read = std::from_chars(text, text + bytes.size(), more);
        if (read.ptr != text + bytes.size()) return refuse(errc::malformed, "reading", "this is no number", 0);
        return std::make_unique<body>(more);
    }

private:
    class body final : public vitte::loader::detail::module_body {
    public:
        explicit body(int more) : more_(more) {}
        const char* kind() const noexcept override { return "sums"; }
        void* symbol(const char*) const noexcept override { return nullptr; }
        vitte::result<vitte::loader::detail::function_entry, load_error> function(const char* name,
                                                                                  const signature*) const override {
            if (std::string_view(name) != "add") return vitte::loader::detail::function_entry{};
            return vitte::loader::detail::function_entry{const_cast<int*>(&more_), nullptr, call, nullptr};
        }

    private:
        static std::unique_ptr<trap> call(void*, void* target, std::uint64_t* values) {
            const auto sum = static_cast<std::int64_t>(values[0] + values[1]) + *static_cast<const int*>(target);
            values[0] = static_cast<std::uint64_t>(sum);
            return nullptr;
        }
        int more_;
    };
};

int twice(int n) { return 2 * n; }
double scale(double x, signed char by) { return x * by; }
void ignore_event(const char*) {}

module_loader plain_loader(std::vector<form> order = container_options().order) {
    module_loader made;
    made.provide("host_twice", twice);
    made.provide("host_scale", scale);
    made.provide("host_event", ignore_event);
    made.add_format(container_format({.order = std::move(order)}));
    return made;
}
module_loader host(std::vector<form> order = container_options().order) {
    module_loader made = plain_loader(std::move(order));
    made.add_format(wasm::format());
    made.add_format(sums());
    return made;
}

std::string host_name() {
    std::string text = std::string(host_target.machine) + "-" + std::string(host_target.system);
    return host_target.abi.empty() ? text : text + "-" + std::string(host_target.abi);
}

struct form_of {
    vitb::kind kind;
    std::string content, label = {};
    vitb::compression by = vitb::compression::none;
};
std::vector<std::byte> container_of(const std::vector<form_of>& parts) {
    vitb::writer to;
    for (const form_of& p : parts) BOOST_REQUIRE(to.add(p.kind, bytes_of(p.content), p.by, p.label).has_value());
    const auto made = to.finish();
    BOOST_REQUIRE(made.has_value());
    return {made->span().begin(), made->span().end()};
}
const auto natv = vitb::kind::natv, scpt = vitb::kind::scpt, code_ = vitb::kind::code, symb = vitb::kind::symb;

std::string elf_plugin() { return text_of(fixture("libportable.so")); }
/// Exports "add" of two i32, which adds 1 more.
std::string wasm_plugin() {
    using namespace wasm_test;
    const code made =
        wasm_test::module({make_section(1, list({type({i32, i32}, {i32})})), make_section(3, list({bytes({0})})),
                           make_section(7, list({exported("add", 0, 0)})),
                           make_section(10, list({body(bytes({0x20, 0, 0x20, 1, 0x6a, 0x41, 1, 0x6a}))}))});
    return {reinterpret_cast<const char*>(made.data()), made.size()};
}

template <class Loaded>
module_t taken(Loaded loaded) {
    BOOST_REQUIRE_MESSAGE(loaded.has_value(), (loaded ? "" : loaded.error().message()));
    return std::move(*loaded);
}
template <class Result>
std::string why(const Result& r) {
    return r.has_value() ? "it did not fail" : r.error().message();
}
template <class Signature, class... Arguments>
auto call(const module_t& in, const char* name, Arguments... arguments) {
    const auto function = in.function<Signature>(name);
    BOOST_REQUIRE_MESSAGE(function.has_value(), why(function));
    return (*function)(arguments...);
}
int sum_in(const module_t& m) { return *call<int(int, int)>(m, "add", 40, 2); }
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
}  // namespace

BOOST_AUTO_TEST_SUITE(containers)

BOOST_AUTO_TEST_CASE(targets_are_read_as_compilers_write_them) {
    struct known {
        const char *text, *machine, *system, *abi;
    };
    for (const known& k : {known{"x86_64-linux-gnu", "x86_64", "linux", "gnu"},
                           {"x86_64-pc-linux-musl", "x86_64", "linux", "musl"},
                           {"x86_64-w64-mingw32", "x86_64", "windows", "gnu"},
                           {"x86_64-pc-windows-msvc", "x86_64", "windows", "msvc"},
                           {"arm64-apple-darwin22", "aarch64", "macos", ""},
                           {"aarch64-macos", "aarch64", "macos", ""},
                           {"amd64-freebsd14", "x86_64", "freebsd", ""},
                           {"armv7-unknown-linux-gnueabihf", "arm", "linux", "gnueabihf"},
                           {"arm-none-eabi", "arm", "none", "eabi"},
                           {"thumbv7em-none-eabihf", "arm", "none", "eabihf"},
                           {"armeb-linux-gnueabi", "armeb", "linux", "gnueabi"},
                           {"aarch64_be-linux-gnu", "aarch64_be", "linux", "gnu"},
                           {"plan9", "plan9", "", ""},
                           {"", "", "", ""},
                           {"--", "", "", ""}}) {
        const target t = target::read(k.text);
        BOOST_TEST(t.machine == k.machine, k.text);
        BOOST_TEST(t.system == k.system, k.text);
        BOOST_TEST(t.abi == k.abi, k.text);
    }
    constexpr target arm{"arm", "linux", "gnueabihf"}, pc{"x86_64", "linux", "gnu"};
    static_assert(fits(pc, pc) == target_fit::exact && fits({"x86_64", "linux"}, pc) == target_fit::exact);
    static_assert(fits(target::read("x86_64-linux-musl"), pc) == target_fit::other_abi);
    static_assert(fits(target::read("x86_64-windows-gnu"), pc) == target_fit::none &&
                  fits(arm, pc) == target_fit::none);
    static_assert(fits(target::read("arm-linux-musleabihf"), arm) == target_fit::other_abi);
    static_assert(fits(target::read("arm-linux-gnueabi"), arm) == target_fit::none);
    BOOST_TEST((fits(target::read(host_name())) == target_fit::exact));
}

BOOST_AUTO_TEST_CASE(the_best_form_is_taken_in_the_order_that_the_program_sets, *needs(linker_of_ours)) {
    const auto file = container_of({{natv, elf_plugin(), host_name()},
                                    {natv, "for somebody else", "m68k-linux-gnu"},
                                    {code_, wasm_plugin()},
                                    {scpt, "2", "sums"}});
    const auto sum = [&](module_loader loader) { return sum_in(taken(loader.load(file, "plugin.vitmod"))); };
    BOOST_TEST(sum(host()) == 42);
    BOOST_TEST(sum(host({form::webassembly, form::native})) == 43);
    BOOST_TEST(sum(host({form::script, form::webassembly, form::native})) == 44);
    BOOST_TEST(sum(host({form::os_native, form::script})) == 44);
    // It is a native module as any other is, and takes what the host offers.
    auto loader = host();
    const module_t m = taken(loader.load(file, "plugin.vitmod"));
    BOOST_TEST(m.find("add") != nullptr);
    BOOST_TEST(*call<int(int)>(m, "call_host", 20) == 41);
    BOOST_TEST((m.function<int()>("no_such_function").error().code == errc::not_found));
    BOOST_TEST(m.address_to_symbol(m.find("add"))->name == "add");
}

BOOST_AUTO_TEST_CASE(every_form_can_be_compressed) {
    for (const auto by : {vitb::compression::deflate, vitb::compression::lz4}) {
        std::vector<form_of> parts{
            {code_, wasm_plugin() + std::string("\0\x60\3pad", 6) + std::string(92, ' '), "", by},
            {scpt, "2", "sums", by}};
        auto loader = host({form::webassembly});
        BOOST_TEST(sum_in(taken(loader.load(container_of(parts), "packed"))) == 43);
        if (!native::machine::supported) continue;
        parts.push_back({natv, elf_plugin(), host_name(), by});
        const auto file = container_of(parts);
        BOOST_TEST(file.size() < elf_plugin().size());
        BOOST_TEST(sum_in(taken(host().load(file, "packed"))) == 42);
    }
}

BOOST_AUTO_TEST_CASE(the_same_plugin_in_c_in_every_form, *needs(compiled_plugin)) {
    std::vector<form_of> parts{{code_, text_of(fixture("portable.wasm"))}};
    if (native::machine::supported) parts.push_back({natv, elf_plugin(), host_name()});
    const auto file = container_of(parts);
    for (const form first : {form::native, form::webassembly}) {
        auto loader = host({first, form::webassembly});
        const module_t m = taken(loader.load(file, "plugin.vitmod"));
        BOOST_TEST((m.find("add") != nullptr) == (first == form::native && native::machine::supported));
        BOOST_TEST(*call<int(int, int)>(m, "add", 40, 2) == 42);
        BOOST_TEST(*call<double(double)>(m, "half", 5.0) == 2.5);
        BOOST_TEST(*call<signed char(int)>(m, "narrowed", 255) == -1);
        BOOST_TEST(*call<bool(short)>(m, "is_odd", short{-3}));
        BOOST_TEST(*call<int(int)>(m, "call_host", 20) == 41);
        BOOST_TEST(*call<int()>(m, "count") == 43);
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_run_here_is_passed_over) {
    const auto file = container_of({{natv, "ELF", "m68k-linux-gnu"}, {scpt, "puts 1", "tcl"}, {code_, wasm_plugin()}});
    BOOST_TEST(sum_in(taken(host().load(file, "plugin"))) == 43);
    // What is for this machine, but is no image, neither.
    const auto broken = container_of({{natv, "no image at all", host_name()}, {scpt, "2", "sums"}});
    BOOST_TEST(sum_in(taken(host().load(broken, "plugin"))) == 44);
}

BOOST_AUTO_TEST_CASE(if_none_fits_it_is_said_why_of_each) {
    const auto file = container_of({{natv, "ELF", "m68k-linux-gnu"},
                                    {natv, "no image at all", host_name()},
                                    {scpt, "puts 1", "tcl"},
                                    {scpt, "x", "sums"},
                                    {code_, wasm_plugin()}});
    auto loader = plain_loader();
    loader.add_format(sums());
    auto none = loader.load(file, "plugin.vitmod");
    BOOST_REQUIRE(!none);
    BOOST_TEST(none.error().module == "plugin.vitmod");
    BOOST_TEST(none.error().action == "choosing a form");
    const std::string said = none.error().message();
    BOOST_TEST(has(said, "NATV m68k-linux-gnu: for another target than " + host_name()), said);
    BOOST_TEST(has(said, "NATV " + host_name() + ": "), said);
    BOOST_TEST(has(said, "CODE: linking: the loader has no format for WebAssembly"), said);
    BOOST_TEST(has(said, "SCPT tcl: linking: the loader has no format for this language"), said);
    BOOST_TEST(has(said, "SCPT sums: reading: this is no number at byte 0"), said);
    BOOST_TEST((none.error().code != errc::not_supported));

    auto other = host({form::webassembly}).load(container_of({{scpt, "1", "sums"}}), "plugin");
    BOOST_REQUIRE(!other);
    BOOST_TEST((other.error().code == errc::not_supported));
    BOOST_TEST(has(other.error().message(), "neither NATV, CODE nor SCPT is in it, or the program takes none of them"));
    BOOST_TEST((host().load(container_of({}), "empty").error().code == errc::not_supported));
    // However many there are.
    std::vector<form_of> many;
    for (int i = 0; i < 1000; ++i) many.push_back({natv, "", "m68k-linux-abi" + std::to_string(i)});
    BOOST_TEST(host().load(container_of(many), "many").error().reason.size() < 3000u);
}

BOOST_AUTO_TEST_CASE(a_container_in_a_container_is_not_loaded) {
    const auto inner = container_of({{scpt, "1", "sums"}});
    const std::string text(reinterpret_cast<const char*>(inner.data()), inner.size());
    auto refused = host().load(container_of({{code_, text}}), "nested");
    BOOST_REQUIRE(!refused);
    BOOST_TEST(has(refused.error().message(), "CODE: reading: it is no WebAssembly module"));
}

BOOST_AUTO_TEST_CASE(damage_is_not_passed_over) {
    auto file = container_of({{code_, wasm_plugin()}, {scpt, "2", "sums"}});
    BOOST_TEST(sum_in(taken(host().load(file, "whole"))) == 43);
    file[20] ^= std::byte{1};
    auto damaged = host().load(file, "damaged.vitmod");
    BOOST_REQUIRE(!damaged);
    BOOST_TEST((damaged.error().code == errc::malformed));
    BOOST_TEST(damaged.error().message() ==
               "damaged.vitmod: reading: entry of the container: its checksum is wrong at byte 16");
    // Nobody looks at it who takes another form.
    BOOST_TEST(sum_in(taken(host({form::script}).load(file, "damaged"))) == 44);
    file.pop_back();
    BOOST_TEST((host().load(file, "short").error().code == errc::malformed ||
                host().load(file, "short").error().code == errc::end_of_input));
}

BOOST_AUTO_TEST_CASE(an_entry_is_not_larger_than_allowed) {
    const auto file = container_of({{code_, wasm_plugin() + std::string("\0\x7e\3pad", 6) + std::string(122, ' '), "",
                                     vitb::compression::deflate}});
    module_loader loader;
    loader.add_format(container_format({.most_of_entry = 100}));
    BOOST_TEST((loader.load(file, "large").error().code == errc::too_large));
}

BOOST_AUTO_TEST_CASE(types_of_native_exports_are_checked, *needs(linker_of_ours)) {
    const std::string symbols = R"json({"exports": [
        {"name": "add", "signature": "i32(int, i32)", "doc": "The sum."},
        {"name": "half", "signature": "f64(f64)"},
        {"name": "is_odd", "signature": "bool(i16)"},
        {"name": "narrowed", "signature": "i8(i32)"},
        {"name": "call_host", "signature": "i32(i32, ...)"},
        {"name": "forget"}]})json";
    const auto file = container_of({{natv, elf_plugin(), host_name()}, {symb, symbols}});
    auto loader = host();
    const module_t m = taken(loader.load(file, "typed.vitmod"));
    BOOST_TEST(sum_in(m) == 42);
    BOOST_TEST(*call<double(double)>(m, "half", 5.0) == 2.5);
    BOOST_TEST(*call<bool(short)>(m, "is_odd", short{3}));
    BOOST_TEST(call<void(int)>(m, "forget", 1).has_value());  // no type
    BOOST_TEST(*call<int()>(m, "count") == 2);                // not listed
    const auto refusal = [&](const auto& found) {
        BOOST_REQUIRE(!found);
        BOOST_TEST((found.error().code == errc::invalid_argument));
        BOOST_TEST(found.error().module == "typed.vitmod");
        return found.error().symbol + ": " + found.error().reason;
    };
    BOOST_TEST(refusal(m.function<int(double, int)>("add")) ==
               "add: it is asked for as i32(f64, i32), and the container says that it is i32(int, i32)");
    BOOST_TEST(refusal(m.function<int(int)>("add")) ==
               "add: it is asked for as i32(i32), and the container says that it is i32(int, i32)");
    BOOST_TEST(has(refusal(m.function<unsigned(int, int)>("add")), "u32(i32, i32)"));
    BOOST_TEST(has(refusal(m.function<int(const char*, void*)>("add")), "i32(str, ptr)"));
    struct record {
        int x;
    };
    BOOST_TEST(has(refusal(m.function<int(int, record)>("add")), "i32(i32, a record)"));
    BOOST_TEST(has(refusal(m.function<void(int, int)>("add")), "void(i32, i32)"));
    BOOST_TEST(has(refusal(m.function<float(double)>("half")), "f32(f64)"));
    BOOST_TEST(has(refusal(m.function<int(int)>("call_host")), "i32(i32, ...)"));
    using many = int(int, int, int, int, int, int, int, int, int, int, int, int, int, int, int, int, int);
    BOOST_TEST(has(refusal(m.function<many>("add")), "a function of many parameters"));
    BOOST_TEST((m.function<int()>("no_such_function").error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(there_may_be_many_exports, *needs(linker_of_ours)) {
    std::string symbols = R"({"exports": [)";
    for (int i = 0; i < 20'000; ++i)
        symbols +=
            R"({"name":"f)" + std::to_string(i) + R"json(","signature":"{i8,{u8,i8}}({i8},{ptr, [2]i16})"},)json";
    symbols += R"json({"name": "add", "signature": "f64()"}]})json";
    auto loader = host();
    const module_t m = taken(loader.load(container_of({{natv, elf_plugin(), host_name()}, {symb, symbols}}), "many"));
    BOOST_TEST((m.function<int(int, int)>("add").error().code == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(what_is_said_of_exports_must_be_right) {
    const auto said = [](const std::string& symbols) {
        return why(host().load(container_of({{code_, wasm_plugin()}, {symb, symbols}}), "m"));
    };
    BOOST_TEST(said("{}") == "it did not fail");
    BOOST_TEST(has(said("{"), "m: reading: SYMB: "));
    BOOST_TEST(has(said(R"({"exports": 1})"), "SYMB: exports: "));
    BOOST_TEST(has(said(R"json({"exports": [{"name": "f", "signature": "i33()"}]})json"), "symbol 'f': SYMB: "));
    BOOST_TEST(has(said(R"({"exports": [{"name": "f"}, {"name": "f"}]})"), "SYMB: exports[1]"));
    // However small it is in the file, it may not take gigabytes when it is read.
    BOOST_TEST(has(said(std::string(most_of_manifest, ' ') + "{}"), "larger than allowed"));
}

BOOST_AUTO_TEST_CASE(what_was_verified_is_what_is_used) {
    std::vector<form_of> parts{{code_, wasm_plugin()}};
    if (native::machine::supported) parts.push_back({natv, elf_plugin(), host_name()});
    const auto file = container_of(parts);
    const text_file on_disk("container.vitmod", {reinterpret_cast<const char*>(file.data()), file.size()});
    std::size_t asked = 0;
    bool accepts = true;
    load_options options;
    options.verify = [&](const file_to_verify& f) {
        if (f.needed_by != nullptr) return true;
        ++asked;
        BOOST_TEST(std::equal(file.begin(), file.end(), f.bytes.begin(), f.bytes.end()));
        BOOST_TEST(f.path == on_disk.path());
        // What was read is rewritten before it is used.
        std::FILE* const rewritten = std::fopen(on_disk.path(), "r+b");
        std::fwrite("XXXXXXXXXXXXXXXXXXXXXXXX", 1, 24, rewritten);
        std::fclose(rewritten);
        return accepts;
    };
    auto loader = host();
    BOOST_TEST(sum_in(taken(loader.load(on_disk.path(), options))) == (native::machine::supported ? 42 : 43));
    BOOST_TEST(asked == 1u);
    BOOST_TEST(!loader.load(on_disk.path()).has_value());
    accepts = false;
    std::FILE* const restored = std::fopen(on_disk.path(), "wb");
    std::fwrite(file.data(), 1, file.size(), restored);
    std::fclose(restored);
    BOOST_TEST((loader.load(on_disk.path(), options).error().code == errc::permission_denied));
}

BOOST_AUTO_TEST_CASE(a_native_part_that_is_loaded_twice_is_one, *needs(linker_of_ours)) {
    const auto file = container_of({{natv, text_of(fixture("libcounter.so")), host_name()}});
    const text_file on_disk("counter.vitmod", {reinterpret_cast<const char*>(file.data()), file.size()});
    const auto offering = [](auto made) {  // a static program has it for modules only if it says so
        made.provide("strlen", static_cast<std::size_t (*)(const char*)>(std::strlen));
        return made;
    };
    auto loader = offering(plain_loader());
    for (const bool verifies : {false, true}) {
        load_options options;
        if (verifies) options.verify = [](const file_to_verify&) { return true; };
        const module_t first = taken(loader.load(on_disk.path(), options));
        BOOST_TEST(*call<int(int)>(first, "counter_add", 8) == 50);
        BOOST_TEST(*call<int()>(taken(loader.load(on_disk.path(), options)), "counter_value") == 50);
        BOOST_TEST(*call<int()>(taken(loader.load(file, "from memory", options)), "counter_value") == 42);
        BOOST_TEST(*call<int()>(taken(offering(plain_loader()).load(on_disk.path(), options)), "counter_value") ==
                   42);
    }
}

// The library that a native part needs is asked about, by its own path; the part is not, for the container was.
BOOST_AUTO_TEST_CASE(libraries_that_a_native_part_needs_are_verified, *needs(linker_of_ours)) {
    const std::string image = text_of(fixture("parts/libpart_a.so"));
    BOOST_REQUIRE(!image.empty());
    const auto file = container_of({{natv, image, host_name()}});
    const std::string name = fixture("parts/made.vitmod");
    strings asked;
    load_options options;
    options.verify = [&](const file_to_verify& f) {
        asked.emplace_back(f.path);
        BOOST_TEST((f.needed_by == nullptr) == (asked.size() == 1));
        return !has(f.path, "part_b");
    };
    auto refused = host().load(file, name.c_str(), options);
    BOOST_REQUIRE(!refused);
    BOOST_REQUIRE(asked.size() >= 2u);
    BOOST_TEST(asked[0] == name);
    BOOST_TEST(has(asked[1], "part_b"));
    BOOST_TEST(has(refused.error().message(), "the program refuses what is in it"), refused.error().message());
    BOOST_TEST((refused.error().code == errc::permission_denied));
    BOOST_TEST(taken(host().load(file, name.c_str())).find("a_value") != nullptr);
}

// The OS's linker: on Windows and macOS without being asked to.
BOOST_AUTO_TEST_CASE(a_native_part_by_the_oss_linker, *needs(dynamic_linker)) {
    const std::string image = text_of(fixture(VITTE_PLAIN_LIBRARY));
    BOOST_REQUIRE(!image.empty());
    const std::string symbols = R"json({"exports": [{"name": "plain_twice", "signature": "i32(i32)"}]})json";
    const auto file = container_of({{natv, image, host_name()}, {symb, symbols}});
    const auto load = [&] {
        module_loader loader(vitte::loader::os_linker<>::link);
        loader.add_format(container_format({.order = {form::os_native}}));
        load_options options;
        options.verify = [&](const file_to_verify& f) { return f.bytes.size() == file.size(); };
        return taken(loader.load(file, "plain.vitmod", options));
    };
    module_t first = load(), second = load();
    BOOST_TEST(*call<int(int)>(first, "plain_twice", 21) == 42);
    BOOST_TEST((first.function<int(double)>("plain_twice").error().code == errc::invalid_argument));
    // Each has its own data.
    auto* const number = static_cast<int*>(*first.symbol("plain_number"));
    *number = 6;
    BOOST_TEST(*static_cast<int*>(*second.symbol("plain_number")) == 5);
    first.unload();
    BOOST_TEST(*call<int(int)>(second, "plain_twice", 4) == 8);
    if (!native::machine::supported) return;
    // A loader that never names the OS's linker has none.
    auto own = host({form::os_native}).load(file, "plain.vitmod");
    BOOST_REQUIRE(!own);
    BOOST_TEST(has(own.error().message(), "the loader does not use the OS's linker"));
}

BOOST_AUTO_TEST_SUITE_END()
