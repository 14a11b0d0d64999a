// WebAssembly modules through `module_loader`: used like native ones.
#include <vitte/loader/loader.hpp>
#include <vitte/loader/wasm/format.hpp>
#include <vitte/loader/wasm/wasi.hpp>

#include "../../support/fixtures.hpp"
#include "../../support/needs.hpp"
#include "../../support/text_files.hpp"
#include "../../support/wasm_builder.hpp"

namespace {
namespace wasm = vitte::loader::wasm;
using namespace wasm_test;
using vitte::errc;
using vitte::loader::module_loader;
using module_t = vitte::loader::module;
using options = wasm::format::options;

const ability own_linker{"a linker of ours for its modules", [] { return vitte::loader::native::machine::supported; }};
const ability compiled_plugin{"the plugin in WebAssembly, for which clang and wasm-ld are needed",
                              [] { return !text_of(fixture("portable.wasm")).empty(); }};

int twice(int n) { return 2 * n; }
double scale(double x, signed char by) { return x * by; }

module_loader host(options chosen = {}) {
    module_loader made;
    made.provide("host_twice", twice);
    made.provide("host_scale", scale);
    made.add_format(wasm::format(std::move(chosen)));
    return made;
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

/// What `portable.c` does, whatever it was compiled to.
void use_plugin(const char* file) {
    auto loader = host();
    module_t m = taken(loader.load(fixture(file).c_str()));
    BOOST_TEST(*call<int(int, int)>(m, "add", 40, 2) == 42);
    BOOST_TEST(*call<int(int, int)>(m, "add", -5, 2) == -3);
    BOOST_TEST(*call<int()>(m, "count") == 43);
    BOOST_TEST(*call<int()>(m, "count") == 44);
    BOOST_TEST(call<void(int)>(m, "forget", 7).has_value());
    BOOST_TEST(*call<int()>(m, "count") == 8);
    BOOST_TEST(*call<double(double)>(m, "half", 5.0) == 2.5);
    BOOST_TEST(*call<float(float)>(m, "half_of_float", -3.0f) == -1.5f);
    BOOST_TEST(*call<std::uint64_t(std::uint64_t, unsigned char)>(m, "shifted", 3u, std::uint8_t{62}) ==
               std::uint64_t{3} << 62);
    BOOST_TEST(*call<signed char(int)>(m, "narrowed", 255) == -1);
    BOOST_TEST(*call<bool(short)>(m, "is_odd", short{-3}));
    BOOST_TEST(!*call<bool(short)>(m, "is_odd", short{-4}));
    BOOST_TEST(*call<int(int)>(m, "call_host", 20) == 41);
    BOOST_TEST(*call<double(double, signed char)>(m, "scale_twice", 0.5, static_cast<signed char>(-3)) == 4.5);
    BOOST_TEST(*call<int(int)>(m, "only_positive", 3) == 3);
    BOOST_TEST((m.function<int()>("no_such_function").error().code == errc::not_found));
    m.unload();
    BOOST_TEST((m.function<int()>("count").error().code == errc::bad_handle));
    BOOST_TEST(m.memory().empty());
    module_t again = taken(loader.load(fixture(file).c_str()));
    BOOST_TEST(*call<int()>(again, "count") == 43);
}

/// "outer" calls "middle" calls "inner", which reads the number at its argument; one page of memory, with 7 at byte 8.
const code reader =
    module({make_section(1, list({type({i32}, {i32})})), make_section(3, list({bytes({0}), bytes({0}), bytes({0})})),
            make_section(5, list({bytes({1, 1, 3})})),
            make_section(7, list({exported("outer", 0, 2), exported("memory", 2, 0)})),
            make_section(10, list({body(bytes({0x20, 0, 0x28, 2, 0})), body(bytes({0x20, 0, 0x10, 0})),
                                   body(bytes({0x20, 0, 0x10, 1}))})),
            make_section(11, list({bytes({0, 0x41, 8, 0x0b, 1, 7})})), function_names({"inner", "middle", "outer"})});

/// Exports "run", which calls the import `name` of `from` with its i32 and returns what that returns.
code caller_of(const char* from, const char* name) {
    return module({make_section(1, list({type({i32}, {i32})})),
                   make_section(2, list({imported(from, name, bytes({0, 0}))})), make_section(3, list({bytes({0})})),
                   make_section(5, list({bytes({0, 1})})),
                   make_section(7, list({exported("run", 0, 1), exported("memory", 2, 0)})),
                   make_section(10, list({body(bytes({0x20, 0, 0x10, 0}))}))});
}

/// Exports a function `name` without parameters and results, with these instructions; its global 0, "state", is 1.
code program(const char* name, const code& instructions) {
    return module({make_section(1, list({type({}, {}), type({}, {i32})})),
                   make_section(3, list({bytes({0}), bytes({1})})),
                   make_section(6, list({bytes({i32, 1, 0x41, 1, 0x0b})})),
                   make_section(7, list({exported(name, 0, 0), exported("state", 0, 1)})),
                   make_section(10, list({body(instructions), body(bytes({0x23, 0}))})), function_names({name})});
}
}  // namespace

BOOST_AUTO_TEST_SUITE(wasm_format)

BOOST_AUTO_TEST_CASE(a_native_plugin_in_c, *needs(own_linker)) { use_plugin("libportable.so"); }
BOOST_AUTO_TEST_CASE(the_same_plugin_in_webassembly, *needs(compiled_plugin)) { use_plugin("portable.wasm"); }

BOOST_AUTO_TEST_CASE(what_traps_in_c_is_told_with_its_callers, *needs(compiled_plugin)) {
    auto loader = host();
    const module_t m = taken(loader.load(fixture("portable.wasm").c_str()));
    const auto stopped = call<int(int)>(m, "only_positive", -1);
    BOOST_REQUIRE(!stopped);
    BOOST_TEST((stopped.error().code == vitte::loader::trap_code::unreachable));
    BOOST_TEST(stopped.error().message() == "unreachable in checked, called by only_positive");
    BOOST_TEST(*call<int(int)>(m, "only_positive", 5) == 5);
}

BOOST_AUTO_TEST_CASE(a_trap_has_a_reason_and_a_backtrace) {
    auto loader = host();
    const module_t m = taken(loader.load(reader, "reader"));
    BOOST_TEST(*call<int(int)>(m, "outer", 8) == 7);
    const auto stopped = call<int(int)>(m, "outer", 65535);
    BOOST_REQUIRE(!stopped);
    BOOST_TEST(stopped.error().message() == "out of bounds memory access in inner, called by middle, called by outer");
    BOOST_REQUIRE(stopped.error().frames.size() == 3u);
    BOOST_TEST(stopped.error().frames[0].module == "reader");
    BOOST_TEST(*call<int(int)>(m, "outer", 8) == 7);
}

BOOST_AUTO_TEST_CASE(memory_is_reached_and_addresses_are_not) {
    auto loader = host();
    const module_t m = taken(loader.load(reader, "reader"));
    BOOST_REQUIRE(m.memory().size() == 65536u);
    BOOST_TEST(m.memory("other").empty());
    BOOST_TEST(std::to_integer<int>(m.memory()[8]) == 7);
    m.memory()[12] = std::byte{5};
    BOOST_TEST(*call<int(int)>(m, "outer", 12) == 5);
    BOOST_TEST(m.find("outer") == nullptr);
    const std::string refused =
        "reader: looking up symbol 'outer': nothing in a WebAssembly module has an address: use `function`";
    BOOST_TEST(m.symbol("outer").error().message() == refused);
    BOOST_TEST((m.function_pointer<int(int, ...)>("outer").error().code == errc::not_supported));
    BOOST_TEST((m.address_to_symbol(m.memory().data()).error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(modules_keep_what_they_need_of_their_bytes) {
    code segment = bytes({1, 0xe0, 0xa7, 0x12});  // passive, 300,000 bytes
    segment.resize(segment.size() + 300'000, std::byte{65});
    // memory.init of one byte, which is read
    const code first = bytes({0x41, 0, 0x41, 0, 0x41, 1, 0xfc, 8, 0, 0, 0x41, 0, 0x2d, 0, 0});
    code content = module({make_section(1, list({type({}, {i32})})), make_section(3, list({bytes({0})})),
                           make_section(5, list({bytes({0, 1})})), make_section(7, list({exported("first", 0, 0)})),
                           make_section(12, bytes({1})), make_section(10, list({body(first)})),
                           make_section(11, list({segment}))});
    options borrowing;
    borrowing.compile.borrowed_bytes = true;  // of a copy that the loader has made
    auto loader = host(borrowing);
    const module_t m = taken(loader.load(content, "keeper"));
    std::fill(content.begin(), content.end(), std::byte{});
    BOOST_TEST(*call<int()>(m, "first") == 65);
}

BOOST_AUTO_TEST_CASE(functions_of_another_type_are_refused) {
    auto loader = host();
    const module_t m = taken(loader.load(reader, "reader"));
    const auto refusal = [&]<class Signature>(std::type_identity<Signature>) {
        const auto found = m.function<Signature>("outer");
        BOOST_TEST((!found && found.error().code == errc::invalid_argument));
        return why(found);
    };
    BOOST_TEST(refusal(std::type_identity<std::int64_t(int, double)>()) ==
               "reader: looking up symbol 'outer': its type is [i32] -> [i32], not [i32 f64] -> [i64]");
    const std::string pointless =
        "reader: looking up symbol 'outer': it is asked for with a type that WebAssembly does not have (pointers go to "
        "it as `handle` or `unchecked`)";
    BOOST_TEST(refusal(std::type_identity<void(wasm::handle<const char>)>()) ==
               "reader: looking up symbol 'outer': its type is [i32] -> [i32], not [(ref null extern)] -> []");
    BOOST_TEST(refusal(std::type_identity<void(const char*)>()) == pointless);
    BOOST_TEST(refusal(std::type_identity<int(long double)>()) == pointless);
    BOOST_TEST((m.function<int(int)>("memory").error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(imports_of_another_type_are_refused) {
    module_loader loader;
    loader.add_format(wasm::format());
    const auto refusal = [&] { return why(loader.load(caller_of("env", "f"), "m")); };
    BOOST_TEST(refusal() == "m: linking symbol 'env.f': unknown import: nothing offers this function");
    loader.provide<int(int, float)>("f", [](int n, float) { return n; });
    BOOST_TEST(refusal() ==
               "m: linking symbol 'env.f': incompatible import type: wanted as a function [i32] -> [i32], offered as a "
               "function [i32 f32] -> [i32]");
    loader.provide<long double(int)>("f", [](int) { return 1.0L; });
    BOOST_TEST(refusal() ==
               "m: linking symbol 'env.f': the host offers it as an address, or with a type that WebAssembly does not "
               "have (pointers go to it as `handle` or `unchecked`)");
    loader.provide<unsigned(char32_t) noexcept>("f", [](char32_t c) noexcept { return static_cast<unsigned>(c) + 1; });
    BOOST_TEST(*call<int(int)>(taken(loader.load(caller_of("env", "f"), "m")), "run", -5) == -4);
    BOOST_TEST(why(loader.load(caller_of("other", "f"), "m")) ==
               "m: linking symbol 'other.f': unknown import: nothing offers this function");
}

BOOST_AUTO_TEST_CASE(stores_are_prepared) {
    const auto kept = std::make_shared<int>(1);
    auto loader = host({.prepare = [&](wasm::store& store) {
        store.define_function<std::int32_t(std::uint32_t)>(
            "env", "host_twice",
            [kept](wasm::caller from, std::uint32_t at) -> vitte::result<std::int32_t, wasm::host_failure> {
                if (at >= from.memory().size()) return vitte::unexpected(wasm::host_failure{"not in memory"});
                return std::to_integer<std::int32_t>(from.memory()[at]);
            });
    }});
    module_t m = taken(loader.load(caller_of("env", "host_twice"), "m"));
    module_t twin = taken(loader.load(caller_of("env", "host_twice"), "twin"));
    m.memory()[8] = std::byte{5};
    BOOST_TEST(*call<int(int)>(m, "run", 8) == 5);
    BOOST_TEST(*call<int(int)>(twin, "run", 8) == 0);
    BOOST_TEST(call<int(int)>(m, "run", 65536).error().message() == "not in memory in run");
    BOOST_TEST(kept.use_count() == 3);
    m.unload();
    twin.unload();
    BOOST_TEST(kept.use_count() == 1);
}

namespace {
struct account {
    int balance;
};
int withdraw(account& from, int by) { return from.balance -= by; }
int balance(const account* of) { return of == nullptr ? -1 : of->balance; }
account* nobody() { return nullptr; }

/// Imports "withdraw", of a reference and a number, and "balance", of a reference, and exports what calls them under
/// the same names; "same" returns its reference.
const code bank = module(
    {make_section(1, list({type({0x6f, i32}, {i32}), type({0x6f}, {i32}), type({0x6f}, {0x6f})})),
     make_section(2, list({imported("env", "withdraw", bytes({0, 0})), imported("env", "balance", bytes({0, 1}))})),
     make_section(3, list({bytes({0}), bytes({1}), bytes({2})})),
     make_section(7, list({exported("withdraw", 0, 2), exported("balance", 0, 3), exported("same", 0, 4)})),
     make_section(10, list({body(bytes({0x20, 0, 0x20, 1, 0x10, 0})), body(bytes({0x20, 0, 0x10, 1})),
                            body(bytes({0x20, 0}))}))});
}  // namespace

BOOST_AUTO_TEST_CASE(objects_of_the_host_are_handles) {
    using wasm::handle;
    using wasm::trap_code;
    wasm::store* store = nullptr;
    auto loader = host({.prepare = [&](wasm::store& made) { store = &made; }});
    loader.provide("withdraw", withdraw);
    loader.provide("balance", balance);
    const module_t m = taken(loader.load(bank, "bank"));
    account mine{100}, theirs{10};
    const auto own = *store->share(mine);
    BOOST_TEST(*call<int(handle<account>, int)>(m, "withdraw", own, 30) == 70);
    BOOST_TEST(*call<int(handle<account>)>(m, "balance", own) == 70);
    BOOST_TEST(*call<int(handle<const account>)>(m, "balance", own) == 70);
    BOOST_TEST(*call<int(handle<account>)>(m, "balance", handle<account>()) == -1);
    BOOST_TEST(*call<account*(handle<account>)>(m, "same", own) == &mine);
    BOOST_TEST((*call<handle<account>(handle<account>)>(m, "same", own) == own));
    const auto why_not = [](const auto& ended) { return ended ? trap_code::none : ended.error().code; };
    BOOST_TEST(
        (why_not(call<int(handle<account>, int)>(m, "withdraw", handle<account>(), 1)) == trap_code::null_reference));
    BOOST_TEST((why_not(call<int*(handle<account>)>(m, "same", own)) == trap_code::handle_type_mismatch));
    const auto constant = *store->share(std::as_const(theirs));
    BOOST_TEST(*call<int(handle<const account>)>(m, "balance", constant) == 10);
    BOOST_TEST((why_not(call<int(handle<const account>, int)>(m, "withdraw", constant, 1)) ==
                trap_code::handle_type_mismatch));
    const module_t other = taken(loader.load(bank, "other bank"));
    BOOST_TEST((why_not(call<int(handle<account>)>(other, "balance", own)) == trap_code::invalid_handle));
    BOOST_TEST((why_not(call<account*(handle<account>)>(other, "same", own)) == trap_code::invalid_handle));
    const auto foreign = *store->share(theirs);
    BOOST_TEST(*call<int(handle<account>, int)>(other, "withdraw", foreign, 1) == 9);
    const auto stopped = call<int(handle<account>, int)>(m, "withdraw", foreign, 1);
    BOOST_TEST(why(stopped) == "stale or foreign handle of a host object in withdraw");
    BOOST_TEST((mine.balance == 70 && theirs.balance == 9));
}

BOOST_AUTO_TEST_CASE(pointers_cross_where_the_program_says_so) {
    using wasm::unchecked;
    auto loader = host();
    loader.provide<int(unchecked<const account*>)>("balance", balance);
    loader.provide("withdraw", withdraw);
    const module_t m = taken(loader.load(bank, "bank"));
    account mine{100};
    BOOST_TEST(*call<int(unchecked<account*>)>(m, "balance", &mine) == 100);
    BOOST_TEST((m.function<int(account*)>("balance").error().code == errc::invalid_argument));
    BOOST_TEST((m.function<int(account&, int)>("withdraw").error().code == errc::invalid_argument));
    const auto ended = call<int(unchecked<account*>, int)>(m, "withdraw", &mine, 1);
    BOOST_TEST((!ended && ended.error().code == vitte::loader::trap_code::invalid_handle));
    loader.provide("withdraw", nobody);
    BOOST_TEST(why(loader.load(bank, "bank")) ==
               "bank: linking symbol 'env.withdraw': the host offers it as an address, or with a type that WebAssembly "
               "does not have (pointers go to it as `handle` or `unchecked`)");
}

BOOST_AUTO_TEST_CASE(unloading_frees_the_memory, *needs(protection_query)) {
    auto loader = host();
    module_t m = taken(loader.load(reader, "reader"));
    const std::byte* const memory = m.memory().data();
    BOOST_TEST((vitte::sys::protection(memory) == vitte::sys::access::read_write));
    m.unload();
    const auto after = vitte::sys::protection(memory);
    BOOST_TEST((!after || *after == vitte::sys::access::none));
}

BOOST_AUTO_TEST_CASE(what_is_verified_is_what_is_loaded) {
    auto loader = host();
    const text_file file("format-test.wasm", std::string(reinterpret_cast<const char*>(reader.data()), reader.size()));
    const auto opened = vitte::sys::file::open(file.path());
    BOOST_REQUIRE(opened.has_value());
    bool accepts = true;
    int asked = 0;
    code seen;
    const vitte::loader::load_options checked{.verify = [&](std::span<const std::byte> content) {
        ++asked;
        seen.assign(content.begin(), content.end());
        return accepts;
    }};
    const auto load_all = [&](auto&& check) {
        check(loader.load(file.path(), checked), file.path());
        check(loader.load(*opened, "opened", checked), "opened");
        check(loader.load(reader, "bytes", checked), "bytes");
    };
    load_all([&](auto loaded, const char*) {
        BOOST_TEST((seen == reader));
        BOOST_TEST(*call<int(int)>(taken(std::move(loaded)), "outer", 8) == 7);
    });
    accepts = false;
    load_all([&](auto loaded, const std::string& name) {
        BOOST_TEST(why(loaded) == name + ": verifying: the program refuses what is in it");
        BOOST_TEST((loaded.error().code == errc::permission_denied));
    });
    BOOST_TEST(asked == 6);
}

BOOST_AUTO_TEST_CASE(limits_are_kept) {
    auto small = host({.limits = {.memory_pages = 0}});
    BOOST_TEST(why(small.load(reader, "reader")) ==
               "reader: allocating: a memory is larger than the limits or the memory there is");
    const code endless = program("endless", bytes({0x10, 0}));
    auto shallow = host({.limits = {.stack_bytes = 1 << 16}});
    const auto deep = call<void()>(taken(shallow.load(endless, "m")), "endless");
    BOOST_TEST((!deep && deep.error().code == vitte::loader::trap_code::call_stack_exhausted));
    const code spinning = program("spin", bytes({0x03, 0x40, 0x0c, 0, 0x0b}));
    auto metered = host({.compile = {.metered = true}, .prepare = [](wasm::store& s) { s.set_fuel(1000); }});
    const auto spun = call<void()>(taken(metered.load(spinning, "m")), "spin");
    BOOST_TEST((!spun && spun.error().code == vitte::loader::trap_code::out_of_fuel));
}

BOOST_AUTO_TEST_CASE(what_is_malformed_is_told_with_its_place) {
    auto loader = host();
    code wrong = reader;
    wrong.back() = std::byte{0xff};
    wrong.resize(reader.size() - 1);
    const auto refused = loader.load(wrong, "wrong");
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().action == "reading");
    BOOST_TEST((refused.error().offset != vitte::loader::load_error::no_offset));
    for (std::size_t size = 0; size < reader.size(); ++size)
        static_cast<void>(loader.load(std::span(reader).first(size), "truncated"));
    for (std::size_t at = 0; at < reader.size(); ++at)
        for (int bit = 0; bit < 8; ++bit) {
            code flipped = reader;
            flipped[at] ^= std::byte{static_cast<unsigned char>(1 << bit)};
            static_cast<void>(loader.load(flipped, "flipped"));
        }
}

BOOST_AUTO_TEST_CASE(reactors_are_initialized) {
    auto loader = host();
    const module_t m = taken(loader.load(program("_initialize", bytes({0x41, 5, 0x24, 0})), "reactor"));
    BOOST_TEST(*call<int()>(m, "state") == 5);
    BOOST_TEST(why(loader.load(program("_initialize", bytes({0x00})), "reactor")) ==
               "reactor: starting: unreachable in _initialize");
}

BOOST_AUTO_TEST_CASE(programs_are_started_by_their_function) {
    wasm::wasi::context world;
    auto loader = host({.prepare = [&](wasm::store& store) { world.offer(store); }});
    const module_t m = taken(loader.load(program("_start", bytes({0x41, 9, 0x24, 0})), "command"));
    BOOST_TEST(*call<int()>(m, "state") == 1);
    BOOST_TEST(call<void()>(m, "_start").has_value());
    BOOST_TEST(*call<int()>(m, "state") == 9);
    BOOST_TEST(!world.exit_code().has_value());
    const code ends = module({make_section(1, list({type({i32}, {}), type({}, {})})),
                              make_section(2, list({imported("wasi_snapshot_preview1", "proc_exit", bytes({0, 0}))})),
                              make_section(3, list({bytes({1})})), make_section(7, list({exported("_start", 0, 1)})),
                              make_section(10, list({body(bytes({0x41, 3, 0x10, 0}))}))});
    const auto ended = call<void()>(taken(loader.load(ends, "ends")), "_start");
    BOOST_TEST((!ended && ended.error().code == vitte::loader::trap_code::host));
    BOOST_TEST((world.exit_code() == 3u));
}

BOOST_AUTO_TEST_CASE(another_linker_gets_what_no_format_knows) {
    module_loader loader([](const char* path) -> vitte::loader::linked {
        return vitte::loader::refuse(errc::not_supported, "asking another linker", path);
    });
    loader.add_format(wasm::format());
    const text_file module("format-test.wasm",
                           std::string(reinterpret_cast<const char*>(reader.data()), reader.size()));
    const text_file other("format-test.txt", "a text");
    BOOST_TEST(*call<int(int)>(taken(loader.load(module.path())), "outer", 8) == 7);
    BOOST_TEST(why(loader.load(other.path())) == "format-test.txt: asking another linker: format-test.txt");
    BOOST_TEST(why(loader.load("no-such-file")) == "no-such-file: asking another linker: no-such-file");
    auto own = host();
    BOOST_TEST((own.load("no-such-file").error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(without_the_format_it_is_no_module) {
    module_loader loader;
    BOOST_TEST((loader.load(reader, "reader").error().code == errc::malformed));
}

BOOST_AUTO_TEST_CASE(what_is_loaded_twice_is_compiled_once) {
    wasm::basic_compiled_once<> known;
    int compiled = 0;
    const auto get = [&](const code& of) {
        auto made = known.get(of, [&] { return ++compiled, wasm::compiled_module::compile(of); });
        BOOST_REQUIRE(made.has_value());
        return *made;
    };
    const code copy = reader, other = caller_of("env", "host_twice");
    {
        const auto one = get(reader), two = get(copy), three = get(other);
        BOOST_TEST((compiled == 2 && one.shared() == two.shared() && one.shared() != three.shared()));
        BOOST_TEST((!known.get(bytes({0}), [&] { return wasm::compiled_module::compile(bytes({0})); })));
    }
    get(reader);
    BOOST_TEST(compiled == 3);  // nobody had it any more
    code flipped = reader;
    flipped.back() ^= std::byte{1};
    const auto one = get(reader), two = get(flipped);
    BOOST_TEST((compiled == 5 && one.shared() != two.shared()));

    // What they do is not shared.
    auto loader = host();
    const module_t first = taken(loader.load(reader, "first")), second = taken(loader.load(copy, "second"));
    first.memory()[8] = std::byte{9};
    BOOST_TEST(*call<int(int)>(first, "outer", 8) == 9);
    BOOST_TEST(*call<int(int)>(second, "outer", 8) == 7);
}

BOOST_AUTO_TEST_SUITE_END()
