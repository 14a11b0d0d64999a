// Graphs of containers, loaded: in order, bound by name, lazily, and taken back when something fails.
#include <array>
#include <boost/test/unit_test.hpp>
#include <vitte/loader/container.hpp>
#include <vitte/loader/dependencies.hpp>
#include <vitte/loader/dependencies/folder.hpp>
#include <vitte/loader/format/vitb/writer.hpp>
#include <vitte/loader/module_set.hpp>
#include <vitte/loader/module_store.hpp>
#include <vitte/loader/wasm/format.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/thread.hpp>

#include "../support/fixtures.hpp"
#include "../support/needs.hpp"
#include "../support/scratch.hpp"
#include "../support/wasm_builder.hpp"

namespace {
using namespace vitte;
using namespace wasm_test;
namespace vitb = loader::vitb;
using loader::module_catalog;
using loader::module_set;
using loader::module_set_options;

/// A folder with containers, and what is loaded of them.
struct world {
    scratch folder;
    std::vector<std::string> log;  ///< what modules call while they are initialised
    loader::module_loader loader;

    world() {
        current = this;
        loader.provide("started", started);
        loader.provide("told", started);
        loader.provide("host_twice", twice);
        loader.provide("host_scale", scale);
        loader.add_format(loader::container_format());
        loader.add_format(loader::wasm::format());
    }
    static inline world* current = nullptr;
    static void started(int which) { current->log.push_back(std::to_string(which)); }
    static int twice(int n) { return 2 * n; }
    static double scale(double x, signed char by) { return x * by; }

    std::string path(const std::string& name) const { return std::string(folder.path) + "/" + name; }
    void add(const std::string& file, const std::string& meta, const std::string& deps, const code& wasm,
             const std::string& symb = "{}", std::span<const std::byte> native = {}) {
        vitb::writer made;
        BOOST_REQUIRE(made.add(vitb::kind::meta, sys::as_bytes(meta)));
        BOOST_REQUIRE(made.add(vitb::kind::deps, sys::as_bytes(deps), vitb::compression::deflate));
        BOOST_REQUIRE(made.add(vitb::kind::symb, sys::as_bytes(symb)));
        if (!wasm.empty()) BOOST_REQUIRE(made.add(vitb::kind::code, wasm));
        const std::string label = host_label();
        if (!native.empty()) BOOST_REQUIRE(made.add(vitb::kind::natv, native, vitb::compression::none, label));
        const auto bytes = made.finish();
        BOOST_REQUIRE(bytes);
        BOOST_REQUIRE(sys::write(path(file).c_str(), bytes->span()).has_value());
    }
    static std::string host_label() {
        const auto& host = loader::host_target;
        return std::string(host.machine) + "-" + std::string(host.system) + "-" + std::string(host.abi);
    }
    void add_native(const std::string& file, const std::string& meta, const std::string& deps, const char* image,
                    const std::string& symb) {
        const auto content = sys::read(fixture(image).c_str());
        BOOST_REQUIRE(content);
        add(file, meta, deps, {}, symb, content->bytes());
    }

    result<module_set, loader::load_error> load(const std::string& file, module_set_options options = {}) {
        module_catalog catalog;
        BOOST_REQUIRE(loader::add_folder(catalog, folder.path).has_value());
        const auto root = loader::describe_file(path(file).c_str());
        BOOST_REQUIRE_MESSAGE(root.has_value(), (root ? "" : root.error().message()));
        auto graph = loader::resolve_modules(catalog, *root);
        BOOST_REQUIRE_MESSAGE(graph.has_value(), (graph ? "" : graph.error().explanation));
        return module_set::load(loader, std::move(*graph), std::move(options));
    }
    module_set loaded(const std::string& file, module_set_options options = {}) {
        auto made = load(file, std::move(options));
        BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message()));
        return std::move(*made);
    }
};
std::string meta(const std::string& name, const std::string& version) {
    return R"({"name": ")" + name + R"(", "version": ")" + version + "\"}";
}
std::string needs(const std::string& name, const std::string& range = "*", const std::string& more = "") {
    return R"({"name": ")" + name + R"(", "range": ")" + range + "\"" + more + "}";
}
const std::string lazy = R"(, "lazy": true)", optional = R"(, "optional": true)";

/// Tells its number when it starts; exports "f", which adds `number` to its i32.
code adder(int number) {
    return module({make_section(1, list({type({i32}, {i32}), type({i32}, {}), type({}, {})})),
                   make_section(2, list({imported("env", "started", bytes({0, 1}))})),
                   make_section(3, list({bytes({0}), bytes({2})})), make_section(7, list({exported("f", 0, 1)})),
                   make_section(8, bytes({2})),
                   make_section(10, list({body(bytes({0x20, 0, 0x41}) + signed_number(number) + bytes({0x6a})),
                                          body(bytes({0x41}) + signed_number(number) + bytes({0x10, 0}))}))});
}
/// Tells its number when it starts; exports "f", which calls the imports one after the other with its i32.
code caller(int number, std::initializer_list<std::pair<std::string, std::string>> imports) {
    code entries =
        unsigned_number(static_cast<std::uint32_t>(imports.size() + 1)) + imported("env", "started", bytes({0, 1}));
    code calls = bytes({0x20, 0});
    int index = 1;
    for (const auto& [from, title] : imports) {
        entries = std::move(entries) + imported(from, title, bytes({0, 0}));
        calls = std::move(calls) + bytes({0x10, index++});
    }
    return module(
        {make_section(1, list({type({i32}, {i32}), type({i32}, {}), type({}, {})})), make_section(2, entries),
         make_section(3, list({bytes({0}), bytes({2})})),
         make_section(7, list({exported("f", 0, static_cast<std::uint32_t>(index))})),
         make_section(8, unsigned_number(static_cast<std::uint32_t>(index + 1))),
         make_section(10, list({body(calls), body(bytes({0x41}) + signed_number(number) + bytes({0x10, 0}))}))});
}
/// Traps when it starts.
const code broken = module({make_section(1, list({type({}, {})})), make_section(3, list({bytes({0})})),
                            make_section(8, bytes({0})), make_section(10, list({body(bytes({0}))}))});

const std::string not_started = ": choosing a form: CODE: starting: unreachable in function 0";
void says(const std::string& text, const std::string& part) {
    BOOST_TEST(text.find(part) != std::string::npos, text << " lacks: " << part);
}

result<int, loader::trap> call(const loader::module* in, int argument) {
    BOOST_REQUIRE(in != nullptr);
    const auto f = in->function<int(int)>("f");
    BOOST_REQUIRE_MESSAGE(f.has_value(), (f ? "" : f.error().message()));
    return (*f)(argument);
}
std::string order(const module_set& of) {
    std::string text;
    for (const std::size_t i : of.order()) text += (text.empty() ? "" : ", ") + of.graph().nodes[i].what->title();
    return text;
}
std::string joined(const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& one : all) text += (text.empty() ? "" : " ") + one;
    return text;
}
template <class Result>
std::string why(const Result& r) {
    return r.has_value() ? "it did not fail" : r.error().message();
}
}  // namespace

BOOST_AUTO_TEST_SUITE(module_sets)

BOOST_AUTO_TEST_CASE(modules_are_bound_by_name_and_started_in_order) {
    world w;
    w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("b") + "," + needs("acme/c", "^1") + "]",
          caller(1, {{"b", "f"}, {"acme/c", "f"}}));
    w.add("b.vitmod", meta("b", "1.0.0"), "[" + needs("acme/c", "^2") + "]", caller(2, {{"acme/c@^2.0", "f"}}));
    w.add("c1.vitbc", meta("acme/c", "1.4.0"), "[]", adder(100));
    w.add("c2.vitbc", meta("acme/c", "2.0.0"), "[]", adder(2000));
    const auto set = w.loaded("a.vitmod");
    BOOST_TEST(order(set) == "acme/c 2.0.0, b 1.0.0, acme/c 1.4.0, app 1.0.0");
    BOOST_TEST(joined(w.log) == "2000 2 100 1");
    BOOST_TEST(*call(set.root(), 5) == 2105);
    BOOST_TEST(*call(set.find("acme/c"), 0) == 2000);
    BOOST_TEST(*call(set.find("acme/c", "^1"), 0) == 100);
    BOOST_TEST(set.find("acme/c", "^3") == nullptr);
    BOOST_TEST(set.find("d") == nullptr);
}

BOOST_AUTO_TEST_CASE(what_a_module_does_not_need_by_name_it_does_not_get) {
    world w;
    w.add("b.vitmod", meta("b", "1.0.0"), "[]", adder(1));
    w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("c") + "]", caller(1, {{"b", "f"}}));
    w.add("c.vitmod", meta("c", "1.0.0"), "[" + needs("b") + "]", caller(1, {{"b", "f"}}));
    BOOST_TEST(why(w.load("a.vitmod")).find("linking symbol 'b.f'") != std::string::npos, why(w.load("a.vitmod")));
    w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("c") + "]", caller(1, {{"b@*", "f"}}));
    BOOST_TEST(
        why(w.load("a.vitmod")).find("linking symbol 'b@*:f': the module does not say in DEPS that it needs b") !=
            std::string::npos,
        why(w.load("a.vitmod")));
    w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("b") + "]", caller(1, {{"b@^2", "f"}}));
    BOOST_TEST(why(w.load("a.vitmod")).find("symbol 'b@^2:f': it has been given 1.0.0, which is not in the range") !=
                   std::string::npos,
               why(w.load("a.vitmod")));
    w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("b") + "]", caller(1, {{"b", "g"}}));
    BOOST_TEST(
        why(w.load("a.vitmod")).find("symbol 'b:g': b 1.0.0: the module does not export a function of this name") !=
            std::string::npos,
        why(w.load("a.vitmod")));
}

BOOST_AUTO_TEST_CASE(only_functions_of_numbers_go_from_store_to_store) {
    world w;
    w.add("b.vitmod", meta("b", "1.0.0"), "[]", adder(1));
    const auto importing = [&](const code& types, const code& description) {
        w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("b") + "]",
              module({make_section(1, types), make_section(2, list({imported("b", "f", description)}))}));
        return why(w.load("a.vitmod"));
    };
    const code none = list({type({}, {})});
    BOOST_TEST(importing(none, bytes({2, 0, 1})).find("only functions can be imported") != std::string::npos);
    BOOST_TEST(importing(none, bytes({3, i32, 0})).find("only functions can be imported") != std::string::npos);
    BOOST_TEST(importing(list({type({0x6f}, {})}), bytes({0, 0})).find("references belong to its store") !=
               std::string::npos);
    BOOST_TEST(
        importing(list({type({i64}, {i32})}), bytes({0, 0})).find("binding symbol 'b:f': b 1.0.0: its type is") !=
            std::string::npos,
        importing(list({type({i64}, {i32})}), bytes({0, 0})));
}

BOOST_AUTO_TEST_CASE(a_failed_load_takes_back_what_it_began) {
    world w;
    w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("b") + "]", caller(1, {{"b", "f"}}));
    w.add("b.vitmod", meta("b", "1.0.0"), "[" + needs("c") + "," + needs("d") + "]", caller(2, {{"c", "f"}}));
    w.add("c.vitmod", meta("c", "1.0.0"), "[]", adder(3));
    w.add("d.vitmod", meta("d", "1.0.0"), "[]", broken);
    BOOST_TEST(why(w.load("a.vitmod")) ==
               w.path("d.vitmod") + not_started + "; referenced by app 1.0.0 → b 1.0.0 → d 1.0.0");
    BOOST_TEST(joined(w.log) == "3");
}

BOOST_AUTO_TEST_CASE(lazy_modules_are_loaded_by_the_first_call) {
    world w;
    w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("b", "*", lazy) + "]", caller(1, {{"b", "f"}}));
    w.add("b.vitmod", meta("b", "1.0.0"), "[" + needs("c") + "]", caller(2, {{"c", "f"}, {"c", "f"}}));
    w.add("c.vitmod", meta("c", "1.0.0"), "[]", adder(10));
    auto set = w.loaded("a.vitmod");
    BOOST_TEST(joined(w.log) == "1");
    BOOST_TEST(set.find("b") == nullptr);
    BOOST_TEST(*call(set.root(), 5) == 25);
    BOOST_TEST(joined(w.log) == "1 10 2");
    BOOST_TEST(*call(set.root(), 6) == 26);
    BOOST_TEST(joined(w.log) == "1 10 2");
    BOOST_TEST(order(set) == "app 1.0.0, c 1.0.0, b 1.0.0");
    BOOST_TEST(why(set.require("d")).ends_with("the graph has no such module"));

    auto other = w.loaded("a.vitmod");
    BOOST_REQUIRE(other.require("b", "^1"));
    BOOST_TEST(*call(other.find("b"), 1) == 21);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_loaded_lazily_is_a_trap_of_the_call) {
    world w;
    w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("b", "*", lazy) + "]", caller(1, {{"b", "f"}}));
    w.add("b.vitmod", meta("b", "1.0.0"), "[" + needs("c") + "]", caller(2, {{"c", "f"}}));
    w.add("c.vitmod", meta("c", "1.0.0"), "[]", broken);
    const auto set = w.loaded("a.vitmod");
    for (int i = 0; i < 2; ++i) {
        const auto failed = call(set.root(), 5);
        BOOST_REQUIRE(!failed);
        BOOST_TEST((failed.error().code == loader::trap_code::host));
        BOOST_TEST(failed.error().message().starts_with(w.path("c.vitmod") + not_started +
                                                        "; referenced by app 1.0.0 → b 1.0.0 → c 1.0.0 in "),
                   failed.error().message());
    }
    BOOST_TEST(joined(w.log) == "1");

    // A wrong type, and a file that is gone.
    w.add("c.vitmod", meta("c", "1.0.0"), "[]", adder(1));
    w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("c", "*", lazy) + "]", caller(1, {{"c", "g"}}));
    const auto other = w.loaded("a.vitmod");
    BOOST_TEST(
        call(other.root(), 5)
            .error()
            .message()
            .starts_with(
                "app 1.0.0: binding symbol 'c:g': c 1.0.0: the module does not export a function of this name in "));
    w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("c", "*", lazy) + "]", caller(1, {{"c", "f"}}));
    const auto third = w.loaded("a.vitmod");
    BOOST_REQUIRE(sys::basic_directory<>::current().remove(w.path("c.vitmod").c_str()).has_value());
    BOOST_TEST(!call(third.root(), 5).has_value());
}

BOOST_AUTO_TEST_CASE(a_handler_may_choose_what_a_failed_call_gives) {
    world w;
    w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("b", "*", lazy) + "," + needs("gone", "*", optional) + "]",
          caller(1, {{"b", "f"}, {"gone", "h"}}));
    w.add("b.vitmod", meta("b", "1.0.0"), "[]", broken);
    std::string told;
    module_set_options options;
    options.on_failed_call = [&](const loader::failed_call& call) -> std::optional<std::uint64_t> {
        told += std::string(call.caller) + " " + std::string(call.module) + ":" + std::string(call.symbol) + " " +
                call.why.action + "\n";
        if (call.module == "gone") return 42;
        return 0;
    };
    const auto set = w.loaded("a.vitmod", options);
    BOOST_TEST(*call(set.root(), 5) == 42);
    BOOST_TEST(told == "app 1.0.0 b:f choosing a form\napp 1.0.0 gone:h calling\n");
    const auto without = w.loaded("a.vitmod");
    BOOST_TEST(!call(without.root(), 5));
    options.on_failed_call = [](const loader::failed_call&) { return std::nullopt; };
    const auto refusing = w.loaded("a.vitmod", options);
    BOOST_TEST(!call(refusing.root(), 5));
}

BOOST_AUTO_TEST_CASE(an_optional_module_that_is_not_there_is_a_trap_of_the_call) {
    world w;
    w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("b", "*", optional) + "]", caller(1, {{"b", "f"}}));
    const auto set = w.loaded("a.vitmod");
    BOOST_TEST(call(set.root(), 5)
                   .error()
                   .message()
                   .starts_with("app 1.0.0: calling symbol 'b:f': the optional module is not there in "));
    w.add("b.vitmod", meta("b", "1.0.0"), "[]", adder(7));
    BOOST_TEST(*call(w.loaded("a.vitmod").root(), 5) == 12);
}

BOOST_AUTO_TEST_CASE(modules_that_need_each_other_are_bound_when_all_are_there) {
    world w;
    w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("b") + "]", caller(1, {{"b", "f"}}));
    w.add("b.vitmod", meta("b", "1.0.0"), "[" + needs("c") + "]", caller(2, {{"c", "f"}}));
    w.add("c.vitmod", meta("c", "1.0.0"), "[" + needs("b") + "]", caller(3, {{"b", "f"}}));
    const auto set = w.loaded("a.vitmod");
    BOOST_TEST(order(set) == "c 1.0.0, b 1.0.0, app 1.0.0");
    const auto round = call(set.root(), 5);
    BOOST_REQUIRE(!round);  // they call each other for ever
    BOOST_TEST((round.error().code == loader::trap_code::call_stack_exhausted), round.error().message().substr(0, 200));
    w.add("c.vitmod", meta("c", "1.0.0"), "[" + needs("b") + "]", caller(3, {{"b", "g"}}));
    BOOST_TEST(
        why(w.load("a.vitmod"))
            .find("c 1.0.0: binding symbol 'b:g': b 1.0.0: the module does not export a function of this name") !=
        std::string::npos);
}

const ability own_linker{"a linker of ours for its modules", [] { return loader::native::machine::supported; }};
const std::string exports_named = R"json({"exports": [{"name": "host_twice", "signature": "i32(i32)"},
    {"name": "host_scale", "signature": "f64(f64, i8)"}, {"name": "counted", "signature": "i32()"}]})json";
std::string imports(std::initializer_list<std::array<std::string, 2>> all, const std::string& module = "named") {
    std::string text;
    for (const auto& [symbol, signature] : all)
        text += (text.empty() ? "" : ", ") + (R"({"module": ")" + module + R"(", "symbol": ")") + symbol +
                (signature.empty() ? "\"}" : R"(", "signature": ")" + signature + "\"}");
    return R"({"imports": [)" + text + "]}";
}

BOOST_AUTO_TEST_CASE(native_modules_take_any_symbol_of_native_ones, *needs(own_linker)) {
    world w;
    w.add_native("a.vitmod", meta("app", "1.0.0"), "[" + needs("named") + "]", "libnaming.so",
                 imports({{"host_twice", ""}, {"count_of_calls", ""}}));
    w.add_native("b.vitmod", meta("named", "1.0.0"), "[]", "libnamed.so", exports_named);
    {
        // The host offers "host_twice", too: that is not what was named.
        const auto set = w.loaded("a.vitmod");
        BOOST_TEST(*call(set.root(), 5) == 15);
        const auto counted = set.find("named")->function<int()>("counted");
        BOOST_REQUIRE(counted);
        BOOST_TEST(*(*counted)() == 1);
        BOOST_TEST(*call(set.root(), 5) == 16);
    }
    // What needs goes before what is needed, which still runs meanwhile.
    BOOST_TEST(joined(w.log) == "1 30 -30 -1");

    const auto refused = [&](const std::string& deps, const std::string& symbols) {
        w.add_native("a.vitmod", meta("app", "1.0.0"), deps, "libnaming.so", symbols);
        return why(w.load("a.vitmod"));
    };
    const std::string named = "[" + needs("named") + "]";
    says(refused(named, imports({{"host_twice", "i64(i64)"}})),
         "symbol 'named:host_twice': named 1.0.0 exports it as 'i32(i32)', not as 'i64(i64)'");
    says(refused(named, imports({{"missing", ""}})), "'named:missing': the module does not export it");
    says(refused("[]", imports({{"host_twice", ""}})), "the module does not say in DEPS that it needs named");
    // Nothing else of the module is found.
    says(refused(named, imports({{"host_twice", ""}})), "count_of_calls");
}

BOOST_AUTO_TEST_CASE(webassembly_calls_native_functions_whose_type_is_told, *needs(own_linker)) {
    world w;
    w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("named") + "]", caller(1, {{"named@1", "host_twice"}}));
    w.add_native("b.vitmod", meta("named", "1.0.0"), "[]", "libnamed.so", exports_named);
    BOOST_TEST(*call(w.loaded("a.vitmod").root(), -5) == -15);
    w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("named", "*", lazy) + "]",
          caller(1, {{"named", "host_twice"}}));
    BOOST_TEST(*call(w.loaded("a.vitmod").root(), -5) == -15);
    w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("named") + "]", caller(1, {{"named", "host_scale"}}));
    says(why(w.load("a.vitmod")),
         "its type in named 1.0.0 is 'f64(f64, i8)', which is not the one that it is imported with");
    w.add_native("b.vitmod", meta("named", "1.0.0"), "[]", "libnamed.so", "{}");
    says(why(w.load("a.vitmod")), "named 1.0.0 is native and does not say its type in SYMB");
}

BOOST_AUTO_TEST_CASE(native_modules_call_webassembly_by_c_functions, *needs(own_linker)) {
    world w;
    const std::string both = imports({{"host_twice", "i32(i32)"}, {"host_scale", "f64(f64, i8)"}});
    w.add_native("a.vitmod", meta("app", "1.0.0"), "[" + needs("named") + "]", "liblazily.so", both);
    // host_twice is times 7, host_scale the sum.
    w.add("b.vitmod", meta("named", "1.0.0"), "[]",
          module({make_section(1, list({type({i32}, {i32}), type({f64, i32}, {f64})})),
                  make_section(3, list({bytes({0}), bytes({1})})),
                  make_section(7, list({exported("host_twice", 0, 0), exported("host_scale", 0, 1)})),
                  make_section(10, list({body(bytes({0x20, 0, 0x41, 7, 0x6c})),
                                         body(bytes({0x20, 0, 0x20, 1, 0xb7, 0xa0}))}))}));
    const auto set = w.loaded("a.vitmod");
    BOOST_TEST(*call(set.root(), -3) == -20);
    BOOST_TEST(*(*set.root()->function<double(double, signed char)>("g"))(1.5, static_cast<signed char>(-2)) == -1.0);
    w.add_native("a.vitmod", meta("app", "1.0.0"), "[" + needs("named") + "]", "liblazily.so",
                 imports({{"host_twice", ""}}));
    says(why(w.load("a.vitmod")), "'named:host_twice': its type is needed, in SYMB");
}

BOOST_AUTO_TEST_CASE(first_calls_of_several_threads_load_once, *needs(own_linker) * needs(threads)) {
    for (int round = 0; round < 20; ++round) {
        world w;
        w.add_native("a.vitmod", meta("app", "1.0.0"), "[" + needs("named", "^1", lazy) + "]", "liblazily.so",
                     imports({{"host_twice", "i32(i32)"}, {"host_scale", "f64(f64, i8)"}}));
        w.add_native("b.vitmod", meta("named", "1.0.0"), "[]", "libnamed.so", exports_named);
        const auto set = w.loaded("a.vitmod");
        BOOST_TEST(joined(w.log) == "");
        const auto f = set.root()->function<int(int)>("f");
        const auto g = set.root()->function<double(double, signed char)>("g");
        BOOST_REQUIRE((f && g));
        const auto work = [&](int i) { return i % 2 == 0 ? *(*f)(i) == 3 * i + 1 : *(*g)(i, 2) == 2.0 * (i + 2); };
        std::vector<sys::thread<bool>> all;
        for (int i = 0; i < 8; ++i) all.push_back(std::move(*sys::start_thread([&, i] { return work(i); })));
        for (auto& one : all) BOOST_TEST(one.join().value());
        BOOST_TEST(joined(w.log) == "1");
        BOOST_TEST(order(set) == "app 1.0.0, named 1.0.0");
    }
}

BOOST_AUTO_TEST_CASE(a_handler_answers_native_callers, *needs(own_linker)) {
    world w;
    w.add_native("a.vitmod", meta("app", "1.0.0"), "[" + needs("gone", "*", optional) + "]", "liblazily.so",
                 imports({{"host_twice", "i32(i32)"}, {"host_scale", "f64(f64, i8)"}}, "gone"));
    module_set_options options;
    options.on_failed_call = [](const loader::failed_call& call) -> std::optional<std::uint64_t> {
        if (call.symbol == "host_scale") return std::bit_cast<std::uint64_t>(2.5);
        return 41;
    };
    const auto set = w.loaded("a.vitmod", options);
    BOOST_TEST(*call(set.root(), 5) == 42);
    BOOST_TEST(*(*set.root()->function<double(double, signed char)>("g"))(1, 1) == 5.0);
}

BOOST_AUTO_TEST_CASE(the_program_itself_may_be_the_root) {
    world w;
    w.add("b.vitmod", meta("b", "1.0.0"), "[]", adder(1));
    module_catalog catalog;
    BOOST_REQUIRE(loader::add_folder(catalog, w.folder.path).has_value());
    auto graph = loader::resolve_modules(catalog, {{"program", "1.0.0"}, {{"b", "^1"}}});
    BOOST_REQUIRE(graph);
    const auto set = module_set::load(w.loader, std::move(*graph));
    BOOST_REQUIRE(set);
    BOOST_TEST(set->root() == nullptr);
    BOOST_TEST(*call(set->find("b"), 1) == 2);
}

/// Each of a thousand modules calls the next one, which takes stack of the thread, whatever their stores allow.
BOOST_AUTO_TEST_CASE(long_chains_of_calls_are_a_trap) {
    for (const std::string& how : {std::string(), lazy}) {
        world w;
        const auto name = [](int i) { return "m" + std::to_string(i); };
        for (int i = 0; i < 300; ++i)
            w.add(name(i) + ".vitmod", meta(name(i), "1.0.0"), "[" + needs(name(i + 1), "*", how) + "]",
                  caller(i, {{name(i + 1), "f"}}));
        w.add(name(300) + ".vitmod", meta(name(300), "1.0.0"), "[]", adder(7));
        const auto set = w.loaded("m0.vitmod");
        const auto deep = call(set.root(), 1);
        BOOST_REQUIRE(!deep);
        BOOST_TEST((deep.error().code == loader::trap_code::call_stack_exhausted));
        BOOST_TEST(*call(how.empty() ? set.find("m200") : *w.loaded("m200.vitmod").require("m290"), 1) == 8);
    }
}

BOOST_AUTO_TEST_CASE(what_is_loaded_is_what_was_resolved) {
    world w;
    w.add("a.vitmod", meta("app", "1.0.0"), "[" + needs("b", "*", lazy) + "]", caller(1, {{"b", "f"}}));
    w.add("b.vitmod", meta("b", "1.0.0"), "[]", adder(1));
    std::vector<std::string> verified;
    module_set_options options;
    options.each.verify = [&](const loader::file_to_verify& file) {
        verified.push_back(file.name);
        return true;
    };
    const auto set = w.loaded("a.vitmod", options);
    w.add("b.vitmod", meta("b", "1.1.0"), "[]", adder(1));
    says(call(set.root(), 5).error().message(),
         "b.vitmod: verifying: it is not what was resolved any more, but b 1.1.0");
    BOOST_TEST(joined(verified) == "app");
    {
        const auto bare = w.loaded("a.vitmod", options);
        const auto code = adder(7);
        BOOST_REQUIRE(sys::write(w.path("b.vitmod").c_str(), std::as_bytes(std::span(code))).has_value());
        says(call(bare.root(), 5).error().message(), "not a container");
    }
    w.add("b.vitmod", meta("b", "1.1.0"), "[]", adder(1));
    const auto again = w.loaded("a.vitmod", options);
    BOOST_TEST(*call(again.root(), 5) == 6);
    BOOST_TEST(joined(verified) == "app app app b");
    options.each.verify = [](const loader::file_to_verify& file) { return file.name != std::string("b"); };
    const auto without = w.loaded("a.vitmod", options);
    says(call(without.root(), 5).error().message(), "b.vitmod: verifying: the program refuses what is in it");
}

BOOST_AUTO_TEST_CASE(modules_come_from_stores) {
    world w;
    const auto store = loader::module_store::open(w.path("store").c_str());
    BOOST_REQUIRE(store.has_value());
    const auto keep = [&](const char* name, const char* version, const char* file) {
        const auto bytes = sys::read(w.path(file).c_str());
        BOOST_REQUIRE((bytes && store->add(name, version, bytes->bytes())));
    };
    w.add("b", meta("b", "1.0.0"), "[" + needs("c", "*", lazy) + "]", caller(1, {{"c", "f"}}));
    w.add("c", meta("c", "2.0.0"), "[]", adder(5));
    w.add("e", meta("e", "1.0.0"), "[]", adder(7));
    keep("b", "1.0.0", "b"), keep("b", "1.1.0", "b"), keep("c", "2.0.0", "c"), keep("e", "1.0.0", "e");
    const auto damage = [&](const char* name, const char* version) {
        const std::string hash(loader::detail::text_of(*store->find(name, version)).view());
        const std::string file = w.path(("store/content/" + hash.substr(0, 2) + "/" + hash.substr(2)).c_str());
        BOOST_REQUIRE(sys::write(file.c_str(), sys::as_bytes("damaged")).has_value());
    };
    damage("e", "1.0.0");

    module_catalog catalog;
    BOOST_REQUIRE(loader::add_store(catalog, *store).has_value());
    BOOST_TEST(joined(catalog.unusable()) ==
               "b 1.1.0 in the store: it is b 1.0.0 "
               "e 1.0.0 in the store: reading: read from store: not found");
    auto graph = loader::resolve_modules(catalog, {{"program", "1.0.0"}, {{"b", "^1"}}});
    BOOST_REQUIRE(graph);
    auto again = *graph;
    const auto set = module_set::load(w.loader, std::move(*graph));
    BOOST_REQUIRE_MESSAGE(set.has_value(), why(set));
    BOOST_TEST(*call(set->find("b"), 1) == 6);

    const auto late = module_set::load(w.loader, std::move(again));
    BOOST_REQUIRE_MESSAGE(late.has_value(), why(late));
    damage("c", "2.0.0");
    says(call(late->find("b"), 1).error().message(), "c 2.0.0 in the store: reading: read from store: not found");
}

BOOST_AUTO_TEST_CASE(files_that_are_no_containers_are_told) {
    world w;
    w.add("b.vitmod", meta("b", "1.0.0"), "[]", adder(1));
    w.add("c.vitmod", meta("b", "1.0.0"), "[]", adder(1));
    w.add("d.vitmod", "{\n\"name\": 1}", "[]", adder(1));
    BOOST_REQUIRE(sys::write(w.path("e.vitmod").c_str(), sys::as_bytes("VITB")).has_value());
    BOOST_REQUIRE(sys::write(w.path("f.txt").c_str(), sys::as_bytes("VITB")).has_value());
    module_catalog catalog;
    BOOST_REQUIRE(loader::add_folder(catalog, w.folder.path).has_value());
    BOOST_TEST(catalog.size() == 1u);
    BOOST_REQUIRE(catalog.unusable().size() == 3u);
    BOOST_TEST(catalog.unusable()[0].ends_with("c.vitmod: b 1.0.0 is known from elsewhere"));
    BOOST_TEST(catalog.unusable()[1].ends_with(
        "d.vitmod: reading: META: name: a string is needed, found a number, line 2 column 9"));
    BOOST_TEST(catalog.unusable()[2].find("e.vitmod: reading: ") != std::string::npos);
    BOOST_TEST((loader::add_folder(catalog, w.path("gone").c_str()).error().code == errc::not_found));
}

BOOST_AUTO_TEST_SUITE_END()
