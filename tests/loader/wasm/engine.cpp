#include <boost/test/unit_test.hpp>
#include <clocale>
#include <cstdio>
#include <cstring>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vitte/loader/wasm/disassemble.hpp>
#include <vitte/sys/time.hpp>

#include "../../support/needs.hpp"
#include "../../support/wasm_store.hpp"

namespace {
using namespace wasm_test;
using vitte::errc;

/// (func (export "add") (param i32 i32) (result i32))
const code adder = module({make_section(1, list({type({i32, i32}, {i32})})),
                           make_section(3, list({unsigned_number(0)})), make_section(7, list({exported("add", 0, 0)})),
                           make_section(10, list({body(bytes({0x20, 0, 0x20, 1, 0x6a}))}))});

/// "outer" calls "middle" calls "inner", which reads memory at its argument; memory has one page and may have three.
const code reader =
    module({make_section(1, list({type({i32}, {i32})})), make_section(3, list({bytes({0}), bytes({0}), bytes({0})})),
            make_section(5, list({bytes({1, 1, 3})})),
            make_section(7, list({exported("outer", 0, 2), exported("memory", 2, 0), exported("inner", 0, 0)})),
            make_section(10, list({body(bytes({0x20, 0, 0x28, 2, 0})), body(bytes({0x20, 0, 0x10, 0})),
                                   body(bytes({0x20, 0, 0x10, 1}))})),
            function_names({"inner", "middle", "outer"})});

/// "spin" loops forever; "recur" calls itself forever; "grow" grows memory by its argument.
const code restless =
    module({make_section(1, list({type({}, {}), type({i32}, {i32})})),
            make_section(3, list({bytes({0}), bytes({0}), bytes({1})})), make_section(5, list({bytes({0, 1})})),
            make_section(7, list({exported("spin", 0, 0), exported("recur", 0, 1), exported("grow", 0, 2)})),
            make_section(10, list({body(bytes({0x03, 0x40, 0x0c, 0, 0x0b})), body(bytes({0x10, 1})),
                                   body(bytes({0x20, 0, 0x40, 0}))}))});
}  // namespace

BOOST_AUTO_TEST_CASE(functions_are_called_with_their_types) {
    auto store = new_store();
    const auto& made = instance_of(store, adder);
    const auto add = function_of<std::int32_t(std::int32_t, std::int32_t)>(made, "add");
    BOOST_TEST(*add(40, 2) == 42);
    BOOST_TEST(*add(-5, 2) == -3);
    BOOST_TEST((made.function<std::int64_t(std::int32_t, std::int32_t)>("add").error().code == errc::invalid_argument));
    BOOST_TEST((made.function<void()>("sub").error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(instances_share_code_but_not_state) {
    /// (global $n (mut i32) 0) (func (export "next") (result i32) n = n + 1)
    const code counter = module({make_section(1, list({type({}, {i32})})), make_section(3, list({bytes({0})})),
                                 make_section(6, list({bytes({i32, 1, 0x41, 0, 0x0b})})),
                                 make_section(7, list({exported("next", 0, 0)})),
                                 make_section(10, list({body(bytes({0x23, 0, 0x41, 1, 0x6a, 0x24, 0, 0x23, 0}))}))});
    auto store = new_store();
    const auto module = compiled(counter);
    const auto a = store.instantiate(module), b = store.instantiate(module);
    BOOST_REQUIRE((a && b));
    const auto next_a = function_of<std::int32_t()>(**a, "next"), next_b = function_of<std::int32_t()>(**b, "next");
    BOOST_TEST(*next_a() == 1);
    BOOST_TEST(*next_a() == 2);
    BOOST_TEST(*next_b() == 1);
    BOOST_TEST(&(*a)->module() == &(*b)->module());
}

BOOST_AUTO_TEST_CASE(bytes_may_stay_where_they_are) {
    wasm::compile_options borrowing;
    borrowing.borrowed_bytes = true;
    auto store = new_store();
    const auto& made = instance_of(store, adder, "", borrowing);
    BOOST_TEST(made.module().storage.empty());
    BOOST_TEST(*function_of<std::int32_t(std::int32_t, std::int32_t)>(made, "add")(40, 2) == 42);
}

BOOST_AUTO_TEST_CASE(host_functions_are_cpp_callables) {
    /// (import "env" "twice" (func (param i32) (result i32))) (export "run" calls it)
    const code user = module(
        {make_section(1, list({type({i32}, {i32})})), make_section(2, list({imported("env", "twice", bytes({0, 0}))})),
         make_section(3, list({bytes({0})})), make_section(7, list({exported("run", 0, 1)})),
         make_section(10, list({body(bytes({0x20, 0, 0x10, 0}))})), function_names({"twice", "run"})});
    auto store = new_store();
    int calls = 0;
    store.define_function<std::int32_t(std::int32_t)>(
        "env", "twice", [&](std::int32_t x) -> vitte::result<std::int32_t, wasm::host_failure> {
            ++calls;
            if (x < 0) return vitte::unexpected(wasm::host_failure{"only positive numbers"});
            return 2 * x;
        });
    const auto run = function_of<std::int32_t(std::int32_t)>(instance_of(store, user), "run");
    BOOST_TEST(*run(21) == 42);
    const auto failed = run(-1);
    BOOST_REQUIRE(!failed);
    BOOST_TEST((failed.error().code == wasm::trap_code::host));
    BOOST_TEST(failed.error().message() == "only positive numbers in run");
    BOOST_TEST(calls == 2);
    BOOST_TEST(*run(4) == 8);
}

BOOST_AUTO_TEST_CASE(host_functions_that_are_called_last_may_fail) {
    /// (import "env" "many" (func (param i64 x8) (result i64))) (export "run" (return_call it))
    const code arguments = bytes({0x42, 1, 0x42, 2, 0x42, 3, 0x42, 4, 0x42, 5, 0x42, 6, 0x42, 7, 0x42, 8});
    const code user =
        module({make_section(1, list({type({i64, i64, i64, i64, i64, i64, i64, i64}, {i64}), type({}, {i64})})),
                make_section(2, list({imported("env", "many", bytes({0, 0}))})), make_section(3, list({bytes({1})})),
                make_section(7, list({exported("run", 0, 1)})),
                make_section(10, list({body(arguments + bytes({0x12, 0}))})), function_names({"many", "run"})});
    auto store = new_store();
    bool fails = false;
    using i = std::int64_t;
    store.define_function<i(i, i, i, i, i, i, i, i)>(
        "env", "many", [&](i a, i b, i c, i d, i e, i f, i g, i h) -> vitte::result<i, wasm::host_failure> {
            if (fails) return vitte::unexpected(wasm::host_failure{"no"});
            return a + 10 * (b + 10 * (c + 10 * (d + 10 * (e + 10 * (f + 10 * (g + 10 * h))))));
        });
    const auto run = function_of<i()>(instance_of(store, user), "run");
    BOOST_TEST(*run() == 87654321);
    fails = true;
    BOOST_TEST(run().error().message() == "no in run");
}

BOOST_AUTO_TEST_CASE(a_host_function_that_throws_is_a_trap) {
#if defined(__cpp_exceptions)
    struct wordless : std::exception {
        const char* what() const noexcept override { return nullptr; }
    };
    const code user = module(
        {make_section(1, list({type({i32}, {i32})})), make_section(2, list({imported("env", "odd", bytes({0, 0}))})),
         make_section(3, list({bytes({0})})), make_section(7, list({exported("run", 0, 1), exported("odd", 0, 0)})),
         make_section(10, list({body(bytes({0x20, 0, 0x10, 0}))})), function_names({"odd", "run"})});
    auto store = new_store();
    store.define_function<std::int32_t(std::int32_t)>("env", "odd", [](std::int32_t x) {
        if (x == 0) throw std::runtime_error("not zero");
        if (x == -2) throw wordless();
        if (x < 0) throw x;
        return x | 1;
    });
    auto& made = instance_of(store, user);
    for (const char* name : {"run", "odd"}) {
        const auto run = function_of<std::int32_t(std::int32_t)>(made, name);
        const auto zero = run(0), negative = run(-1);
        BOOST_REQUIRE((!zero && !negative));
        BOOST_TEST((zero.error().code == wasm::trap_code::host && negative.error().code == wasm::trap_code::host));
        BOOST_TEST(zero.error().message().starts_with("not zero"));
        BOOST_TEST(negative.error().message().starts_with("the host function has thrown"));
        BOOST_TEST(run(-2).error().message().starts_with("the host function failed"));
        BOOST_TEST(*run(4) == 5);
    }
#endif
}

BOOST_AUTO_TEST_CASE(host_functions_see_their_callers_memory_and_call_back) {
    const code user = module(
        {make_section(1, list({type({}, {i32})})), make_section(2, list({imported("env", "peek", bytes({0, 0}))})),
         make_section(3, list({bytes({0})})), make_section(5, list({bytes({0, 1})})),
         make_section(7, list({exported("run", 0, 1)})), make_section(10, list({body(bytes({0x10, 0}))})),
         make_section(11, list({bytes({0, 0x41, 3, 0x0b, 1, 99})}))});
    auto store = new_store();
    const auto add = function_of<std::int32_t(std::int32_t, std::int32_t)>(instance_of(store, adder), "add");
    store.define_function<std::int32_t()>(
        "env", "peek", [&](wasm::caller from) { return *add(std::to_integer<std::int32_t>(from.memory()[3]), 1); });
    BOOST_TEST(*function_of<std::int32_t()>(instance_of(store, user), "run")() == 100);
}

BOOST_AUTO_TEST_CASE(arguments_of_a_raw_host_function_outlive_its_calls_of_guests) {
    auto store = new_store();
    const auto add = function_of<std::int32_t(std::int32_t, std::int32_t)>(instance_of(store, adder), "add");
    const auto call = [](const wasm::function& self, wasm::runtime*, std::byte* values) {
        const auto& sum = *static_cast<const decltype(add)*>(self.context);
        const std::int32_t inner = *sum(30, 40);
        std::int32_t made[2];
        std::memcpy(&made[0], values, 4);
        std::memcpy(&made[1], values + 8, 4);
        const std::int64_t answer = 100 * made[0] + 10 * made[1] + inner;
        std::memcpy(values, &answer, 8);
        return wasm::trap_code::none;
    };
    wasm::signature type;
    type.parameters.push_back(wasm::i32);
    type.parameters.push_back(wasm::i32);
    type.results.push_back(wasm::i64);
    const auto& raw = store.make_function(type, call, const_cast<void*>(static_cast<const void*>(&add))).as<wasm::function>();
    const auto number = [](std::int32_t n) { return wasm::value{wasm::i32, wasm::constant_value::of(n)}; };
    const wasm::value arguments[] = {number(1), number(2)};
    const auto made = store.invoke(raw, arguments);
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST((*made)[0].as<std::int64_t>() == 190);
}

BOOST_AUTO_TEST_CASE(traps_tell_reason_and_functions) {
    auto store = new_store();
    const auto& made = instance_of(store, reader, "reader");
    const auto outer = function_of<std::int32_t(std::int32_t)>(made, "outer");
    BOOST_TEST(*outer(65532) == 0);
    const auto beyond = outer(65533);
    BOOST_REQUIRE(!beyond);
    BOOST_TEST((beyond.error().code == wasm::trap_code::memory_out_of_bounds));
    BOOST_TEST(beyond.error().message() == "out of bounds memory access in inner, called by middle, called by outer");
    BOOST_TEST(beyond.error().frames.size() == 3u);
    BOOST_TEST(beyond.error().frames[0].module == "reader");
    BOOST_TEST(*outer(0) == 0);
}

BOOST_AUTO_TEST_CASE(guarded_memories_trap_in_the_same_words) {
    if (!wasm::store::guards()) {
        BOOST_TEST_MESSAGE("skipped: this platform does not guard memories");
        return;
    }
    wasm::store_limits limits;
    limits.guard_memories = true;
    wasm::compile_options unchecked;
    unchecked.checked_memory = false;
    auto store = new_store(limits);
    const auto& made = instance_of(store, reader, "", unchecked);
    const auto outer = function_of<std::int32_t(std::int32_t)>(made, "outer");
    for (const std::int32_t at : {65536, 1 << 20, -1, -4}) {
        const auto beyond = outer(at);
        BOOST_REQUIRE(!beyond);
        BOOST_TEST(beyond.error().message() ==
                   "out of bounds memory access in inner, called by middle, called by outer");
        BOOST_TEST(*outer(8) == 0);
    }
    const std::byte* const before = made.memory("memory").data();
    BOOST_TEST(made.find("memory")->as<wasm::memory>().grow(2));
    BOOST_TEST(made.memory("memory").data() == before);
    BOOST_TEST(*outer(3 * 65536 - 4) == 0);

    auto plain = new_store();
    const auto refused = plain.instantiate(compiled(reader, unchecked));
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(imports_that_are_missing_or_of_another_type_are_named) {
    const code user = module(
        {make_section(1, list({type({i32}, {i32})})), make_section(2, list({imported("math", "add", bytes({0, 0}))}))});
    auto store = new_store();
    const auto missing = store.instantiate(compiled(user), "user");
    BOOST_REQUIRE(!missing);
    BOOST_TEST((missing.error().code == errc::not_found));
    BOOST_TEST(missing.error().message() ==
               "user: linking symbol 'math.add': unknown import: nothing offers this function");
    store.define("math", instance_of(store, adder));
    const auto other = store.instantiate(compiled(user), "user");
    BOOST_REQUIRE(!other);
    BOOST_TEST((other.error().code == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(instances_share_memories) {
    const code user = module({make_section(1, list({type({i32}, {i32})})),
                              make_section(2, list({imported("reader", "memory", bytes({2, 0, 1}))})),
                              make_section(3, list({bytes({0})})), make_section(7, list({exported("grow", 0, 0)})),
                              make_section(10, list({body(bytes({0x20, 0, 0x40, 0}))}))});
    auto store = new_store();
    auto& first = instance_of(store, reader);
    store.define("reader", first);
    const auto grow = function_of<std::int32_t(std::int32_t)>(instance_of(store, user), "grow");
    const auto read = function_of<std::int32_t(std::int32_t)>(first, "inner");
    BOOST_TEST(!read(65536).has_value());
    BOOST_TEST(*grow(1) == 1);
    BOOST_TEST(*read(65536) == 0);
    BOOST_TEST(*grow(2) == -1);
}

BOOST_AUTO_TEST_CASE(recursion_ends_at_the_stacks_limit) {
    auto store = new_store({.stack_bytes = 1 << 16});
    const auto recur = function_of<void()>(instance_of(store, restless), "recur");
    const auto ended = recur();
    BOOST_REQUIRE(!ended);
    BOOST_TEST((ended.error().code == wasm::trap_code::call_stack_exhausted));
    BOOST_TEST(ended.error().frames.size() == 64u);
}

BOOST_AUTO_TEST_CASE(memory_grows_up_to_the_stores_limit) {
    auto store = new_store({.memory_pages = 4});
    const auto grow = function_of<std::int32_t(std::int32_t)>(instance_of(store, restless), "grow");
    BOOST_TEST(*grow(3) == 1);
    BOOST_TEST(*grow(1) == -1);
    BOOST_TEST(*grow(0) == 4);
}

BOOST_AUTO_TEST_CASE(fuel_limits_instructions) {
    wasm::compile_options metered;
    metered.metered = true;
    auto store = new_store({.fuel = 1000});
    const auto& made = instance_of(store, restless, "", metered);
    const auto ended = function_of<void()>(made, "spin")();
    BOOST_REQUIRE(!ended);
    BOOST_TEST((ended.error().code == wasm::trap_code::out_of_fuel));
    store.set_fuel(100);
    BOOST_TEST(*function_of<std::int32_t(std::int32_t)>(made, "grow")(0) == 1);
    BOOST_TEST(store.fuel() < 100u);
    BOOST_TEST(store.fuel() > 90u);
}

BOOST_AUTO_TEST_CASE(another_thread_interrupts, *needs(threads)) {
    wasm::compile_options interruptible;
    interruptible.interruptible = true;
    auto store = new_store();
    const auto& made = instance_of(store, restless, "", interruptible);
    auto other = vitte::sys::start_thread([&] {
        vitte::sys::this_thread::sleep_until(vitte::sys::deadline::after(20'000'000));
        store.interrupt(wasm::trap_code::timed_out);
    });
    BOOST_REQUIRE(other);
    const auto ended = function_of<void()>(made, "spin")();
    BOOST_TEST(other->join().has_value());
    BOOST_REQUIRE(!ended);
    BOOST_TEST((ended.error().code == wasm::trap_code::timed_out));
    BOOST_TEST(*function_of<std::int32_t(std::int32_t)>(made, "grow")(0) == 1);
}

namespace {
/// "call" calls the host, "leaf" does nothing; "host" is the host's function.
const code calling_out =
    module({make_section(1, list({type({}, {})})), make_section(2, list({imported("host", "work", bytes({0, 0}))})),
            make_section(3, list({bytes({0}), bytes({0})})),
            make_section(7, list({exported("call", 0, 1), exported("leaf", 0, 2), exported("host", 0, 0)})),
            make_section(10, list({body(bytes({0x10, 0})), body({})}))});
}  // namespace

BOOST_AUTO_TEST_CASE(names_of_a_module_end_no_line) {
    /// "t", in the name section and as an export with ends of lines in it, traps.
    const code trapping = module({make_section(1, list({type({}, {})})), make_section(3, list({bytes({0})})),
                                  make_section(7, list({exported("t\nt", 0, 0)})),
                                  make_section(10, list({body(bytes({0x00}))})), function_names({"u\nu"})});
    auto store = new_store();
    const auto& made = instance_of(store, trapping, "m\nm");
    BOOST_TEST(function_of<void()>(made, "t\nt")().error().message() == "unreachable in u\\x0au");
    BOOST_TEST(made.function<int()>("t\nt").error().message() ==
               "m\\x0am: looking up symbol 't\\x0at': its type is [] -> [], not [] -> [i32]");
    const std::string long_name(100'000, '\n');
    const code importing = module({make_section(1, list({type({}, {})})),
                                   make_section(2, list({imported("m\nm", long_name, bytes({0, 0}))}))});
    const auto refused = store.instantiate(compiled(importing));
    BOOST_REQUIRE(!refused);
    const std::string told = refused.error().message();
    BOOST_TEST((told.size() < 50'000 && told.find('\n') == std::string::npos));
}

BOOST_AUTO_TEST_CASE(an_interruption_stops_all_that_runs_and_is_over_then) {
    using wasm::trap_code;
    auto store = new_store();
    std::function<void()> work;
    bool fails = false;
    store.define_function<void()>("host", "work", [&]() -> vitte::result<void, wasm::host_failure> {
        work();
        if (fails) return vitte::unexpected(wasm::host_failure{"failed"});
        return {};
    });
    const auto& made = instance_of(store, calling_out);
    const auto leaf = function_of<void()>(made, "leaf");
    const auto end_of = [&](const char* name) {
        const auto ended = function_of<void()>(made, name)();
        return ended ? trap_code::none : ended.error().code;
    };
    for (const auto why : {trap_code::interrupted, trap_code::timed_out, trap_code::unreachable, trap_code::host}) {
        // While the host calls from within a call.
        int inner_calls = 0;
        work = [&] {
            store.interrupt(why);
            for (int i = 0; i < 2; ++i) inner_calls += !leaf();
        };
        BOOST_TEST((end_of("call") == why && inner_calls == 2));
        BOOST_TEST(leaf().has_value());
        // While a function of the host runs that the host has called.
        work = [&] { store.interrupt(why); };
        BOOST_TEST((end_of("host") == why));
        BOOST_TEST(leaf().has_value());
        // While nothing runs.
        work = [] {};
        store.interrupt(why);
        BOOST_TEST((end_of("leaf") == why));
        BOOST_TEST(leaf().has_value());
        // While what runs traps for another reason.
        work = [&] { store.interrupt(why); };
        fails = true;
        BOOST_TEST((end_of("call") == trap_code::host));
        fails = false;
        BOOST_TEST(leaf().has_value());
    }
    store.interrupt(trap_code::none);
    BOOST_TEST(leaf().has_value());
}

const ability megabytes{"eight megabytes of memory",
                        [] { return static_cast<bool>(std::unique_ptr<char[]>(new (std::nothrow) char[8 << 20])); }};

/// Which copies more than is copied without a look.
BOOST_AUTO_TEST_CASE(an_interruption_that_stops_an_instantiation_is_over_then, *needs(megabytes)) {
    auto store = new_store();
    store.define_function<void()>("host", "work", [] {});
    const auto leaf = function_of<void()>(instance_of(store, calling_out), "leaf");
    const code content(std::size_t{3} << 19, std::byte{7});
    const code filled = module({make_section(5, list({bytes({0, 24})})),
                                make_section(11, list({bytes({0, 0x41, 0, 0x0b}) +
                                                       unsigned_number(std::uint32_t{3} << 19) + content}))});
    store.interrupt();
    BOOST_TEST(!store.instantiate(compiled(filled)).has_value());
    BOOST_TEST(leaf().has_value());
}

BOOST_AUTO_TEST_CASE(deadlines_limit_time) {
    wasm::compile_options interruptible;
    interruptible.interruptible = true;
    auto store = new_store();
    const auto& made = instance_of(store, restless, "", interruptible);
    store.set_deadline(vitte::sys::deadline::after(5'000'000));
    const auto ended = function_of<void()>(made, "spin")();
    BOOST_REQUIRE(!ended);
    BOOST_TEST((ended.error().code == wasm::trap_code::timed_out));
    store.set_deadline(vitte::sys::deadline::never());
    BOOST_TEST(*function_of<std::int32_t(std::int32_t)>(made, "grow")(0) == 1);
}

BOOST_AUTO_TEST_CASE(tail_calls_and_loops_need_no_stack) {
    /// (func $down (param i32) (result i32) (if (i32.eqz n) (then (return 7))) (return_call $down (n - 1)))
    const code down = module({make_section(1, list({type({i32}, {i32})})), make_section(3, list({bytes({0})})),
                              make_section(7, list({exported("down", 0, 0)})),
                              make_section(10, list({body(bytes({0x20, 0, 0x45, 0x04, 0x40, 0x41, 7, 0x0f, 0x0b, 0x20,
                                                                 0, 0x41, 1, 0x6b, 0x12, 0}))}))});
    auto store = new_store({.stack_bytes = 1 << 14});
    BOOST_TEST(*function_of<std::int32_t(std::int32_t)>(instance_of(store, down), "down")(3'000'000) == 7);
}

#if !VITTE_WASM_SMALL
BOOST_AUTO_TEST_CASE(vectors_are_set_by_what_made_them_alone) {
    constexpr int v128 = 0x7b;
    const auto constant = [](int low) { return bytes({0xfd, 12, low, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}); };
    const code first_lane = bytes({0x20, 1, 0xfd, 27, 0});  // of the local 1
    /// (local.set 1 (block (result v128) (local.set 1 (v128.const 1)) (local.get 1) (br_if 0 (local.get 0))))
    const code from_block =
        bytes({0x02, v128}) + constant(1) + bytes({0x21, 1, 0x20, 1, 0x20, 0, 0x0d, 0, 0x0b, 0x21, 1});
    /// (v128.const 7) (drop (v128.const 8)) (local.set 1)
    const code below_dropped = constant(7) + constant(8) + bytes({0x1a, 0x21, 1});
    const auto function = [](const code& instructions) {
        const code all = bytes({1, 1, v128}) + instructions + bytes({0x0b});
        return unsigned_number(static_cast<std::uint32_t>(all.size())) + all;
    };
    const code setter =
        module({make_section(1, list({type({i32}, {i32})})), make_section(3, list({bytes({0}), bytes({0})})),
                make_section(7, list({exported("block", 0, 0), exported("dropped", 0, 1)})),
                make_section(10, list({function(from_block + first_lane), function(below_dropped + first_lane)}))});
    auto store = new_store();
    const auto& made = instance_of(store, setter);
    for (const std::int32_t taken : {0, 1})
        BOOST_TEST(*function_of<std::int32_t(std::int32_t)>(made, "block")(taken) == 1);
    BOOST_TEST(*function_of<std::int32_t(std::int32_t)>(made, "dropped")(0) == 7);
}
#endif

BOOST_AUTO_TEST_CASE(what_is_not_valid_is_refused_with_its_offset) {
    const code wrong = module({make_section(1, list({type({}, {i32})})), make_section(3, list({bytes({0})})),
                               make_section(10, list({body(bytes({0x42, 1}))}))});
    const auto made = wasm::compiled_module::compile(wrong);
    BOOST_REQUIRE(!made);
    BOOST_TEST((made.error().code == errc::invalid_argument));
    BOOST_TEST(made.error().reason == std::string("type mismatch"));
    BOOST_TEST(made.error().offset == wrong.size() - 1);
    const code sum = module({make_section(1, list({type({}, {})})), make_section(3, list({bytes({0})})),
                             make_section(10, list({body(bytes({0x42, 1, 0x41, 1, 0x6a, 0x1a}))}))});
    BOOST_TEST(wasm::compiled_module::compile(sum).error().reading == std::string("i32.add"));
    const code structure = module({make_section(1, list({bytes({0x5f, 0})}))});
    BOOST_TEST((wasm::compiled_module::compile(structure).error().code == errc::not_supported));
}

namespace {
/// (module (func ...)) of type `() -> ()`, and `() -> (i64 x100)` as type 1, whose function 0 is called by function 1.
code called_with_many_results(const code& instructions) {
    code many = bytes({0x60, 0, 100});
    for (int i = 0; i < 100; ++i) many = std::move(many) + bytes({i64});
    return module({make_section(1, list({type({}, {}), many})), make_section(3, list({bytes({1}), bytes({0})})),
                   make_section(10, list({body(bytes({0})), body(instructions)}))});
}
code repeated(int times, const code& what) {
    code made;
    for (int i = 0; i < times; ++i) made.insert(made.end(), what.begin(), what.end());
    return made;
}
std::optional<errc> refusal_of(const code& m, const wasm::compile_options& options = {}) {
    const auto made = wasm::compiled_module::compile(m, options);
    return made ? std::nullopt : std::optional(made.error().code);
}
const code most_of_all = bytes({0xff, 0xff, 0xff, 0xff, 0x0f});
}  // namespace

BOOST_AUTO_TEST_CASE(few_bytes_cannot_ask_for_much_memory_of_the_compiler) {
    const code types = make_section(1, list({type({}, {})})), one_function = make_section(3, list({bytes({0})}));
    for (const int id : {1, 2, 3, 4, 5, 6, 7, 9, 10, 11})
        BOOST_TEST(refusal_of(module({make_section(id, most_of_all + bytes({0, 0, 0, 0}))})).has_value());
    const code locals = bytes({1}) + most_of_all + bytes({i32, 0x0b});
    BOOST_TEST((refusal_of(module({types, one_function,
                                   make_section(10, list({unsigned_number(static_cast<std::uint32_t>(locals.size())) +
                                                          locals}))})) == errc::too_large));
    BOOST_TEST((refusal_of(module({make_section(5, unsigned_number(101) + repeated(101, bytes({0, 0})))})) ==
                errc::too_large));

    wasm::compile_options options;
    options.limits.values = 1000;
    const code many_values = called_with_many_results(repeated(11, bytes({0x10, 0})) + bytes({0}));
    BOOST_TEST((refusal_of(many_values, options) == errc::too_large));
    // Each of the branches moves 100 values.
    constexpr int depth = 100;
    code targets = bytes({0x0e}) + unsigned_number(depth - 1);
    for (std::uint32_t i = 0; i < depth; ++i) targets = std::move(targets) + unsigned_number(i);
    const code many_moves =
        called_with_many_results(repeated(depth, bytes({0x02, 1})) + bytes({0x42, 0, 0x10, 0, 0x41, 0}) + targets +
                                 repeated(depth, bytes({0x0b})) + bytes({0}));
    options.limits.code_bytes = 1 << 18;
    BOOST_TEST(!refusal_of(many_moves, options));
    options.limits.code_bytes = 1 << 14;
    BOOST_TEST((refusal_of(many_moves, options) == errc::too_large));
}

BOOST_AUTO_TEST_CASE(a_module_has_limits_of_what_it_contains) {
    using limits = wasm::module_limits;
    const code types = make_section(1, list({type({}, {}), type({i32, i32, i32}, {i64, i64, i64})})),
               function = make_section(3, list({bytes({0})}));
    const code imports = list({imported("m", "f", bytes({0, 0})), imported("m", "g", bytes({0, 0}))});
    const code empty_body = body({});
    const code locals = bytes({1, 2, i32, 0x0b}),
               blocks = repeated(3, bytes({0x02, 0x40})) + repeated(3, bytes({0x0b}));
    const auto with_body = [&](const code& b) { return module({types, function, make_section(10, list({b}))}); };
    const struct {
        std::uint32_t limits::*which;
        std::uint32_t needed;
        code bytes;
    } cases[] = {
        {&limits::types, 2, module({types})},
        {&limits::types, 2, module({make_section(1, list({bytes({0x4e, 2}) + type({}, {}) + type({}, {})}))})},
        {&limits::parameters, 3, module({types})},
        {&limits::results, 3, module({types})},
        {&limits::imports, 2, module({types, make_section(2, imports)})},
        {&limits::functions, 3,
         module({types, make_section(2, imports), function, make_section(10, list({empty_body}))})},
        {&limits::tables, 2, module({make_section(4, list({bytes({0x70, 0, 1}), bytes({0x70, 0, 1})}))})},
        {&limits::memories, 2, module({make_section(5, list({bytes({0, 1}), bytes({0, 1})}))})},
        {&limits::tags, 1, module({types, make_section(13, list({bytes({0, 0})}))})},
        {&limits::globals, 1, module({make_section(6, list({bytes({i32, 0, 0x41, 0, 0x0b})}))})},
        {&limits::exports, 1,
         module({make_section(5, list({bytes({0, 1})})), make_section(7, list({exported("m", 2, 0)}))})},
        {&limits::element_segments, 1,
         module({types, function, make_section(9, list({bytes({1, 0, 1, 0})})), make_section(10, list({empty_body}))})},
        {&limits::elements, 2,
         module(
             {types, function, make_section(9, list({bytes({1, 0, 2, 0, 0})})), make_section(10, list({empty_body}))})},
        {&limits::data_segments, 1, module({make_section(11, list({bytes({1, 1, 'a'})}))})},
        {&limits::body_bytes, 14, with_body(body(blocks + bytes({0x01, 0x01, 0x01})))},
        {&limits::locals, 2, with_body(unsigned_number(static_cast<std::uint32_t>(locals.size())) + locals)},
        {&limits::nesting, 4, with_body(body(blocks))},
        {&limits::values, 2, with_body(body(bytes({0x41, 0, 0x41, 0, 0x1a, 0x1a})))},
    };
    for (const auto& c : cases) {
        wasm::compile_options options;
        options.limits.*c.which = c.needed;
        BOOST_TEST(!refusal_of(c.bytes, options), "case " << &c - cases);
        options.limits.*c.which = c.needed - 1;
        BOOST_TEST((refusal_of(c.bytes, options) == errc::too_large), "case " << &c - cases);
    }
    wasm::compile_options options;
    options.limits.module_bytes = adder.size();
    BOOST_TEST(!refusal_of(adder, options));
    --options.limits.module_bytes;
    BOOST_TEST((refusal_of(adder, options) == errc::too_large));
    // Each of the calls and branches moves values: internal code must stay in relation to the module.
    const code moving = called_with_many_results(bytes({0x02, 1, 0x10, 0, 0x10, 0, 0x0c, 0, 0x0b, 0x00}));
    options = {};
    options.limits.least_code_bytes = 1 << 12;
    BOOST_TEST(!refusal_of(moving, options));
    options.limits.least_code_bytes = 0;
    options.limits.code_bytes_per_byte = 1;
    BOOST_TEST((refusal_of(moving, options) == errc::too_large));
}

namespace {
template <std::uint32_t Value>
concept possible_index = requires {
    typename std::bool_constant<(wasm::type_index(Value).value(), true)>;
};
}  // namespace

BOOST_AUTO_TEST_CASE(no_index_of_a_type_becomes_an_abstract_type) {
    static_assert(possible_index<wasm::type_index::limit - 1> && !possible_index<wasm::type_index::limit>);
    static_assert(!possible_index<(wasm::type_index::limit | 0x70)>);
    // So many types that the index of the last one has the bits that say "function": 12 MB.
    constexpr std::uint32_t many = wasm::type_index::limit + 0x71;
    if (VITTE_WASM_SMALL || sizeof(void*) == 4) return;
    code entries = unsigned_number(many);
    entries.reserve(entries.size() + 3 * many);
    for (std::uint32_t i = 0; i < many; ++i)
        for (const int b : {0x60, 0, 0}) entries.push_back(static_cast<std::byte>(b));
    const code index = unsigned_number(many - 1);
    const code call = module({make_section(1, entries), make_section(3, list({bytes({0})})),
                              make_section(10, list({body(bytes({0xd0, 0x70, 0x14}) + index)}))});
    BOOST_TEST((refusal_of(call) == errc::too_large));
    wasm::compile_options unlimited;
    unlimited.limits.types = UINT32_MAX;
    BOOST_TEST(refusal_of(call, unlimited).has_value());
}

BOOST_AUTO_TEST_CASE(memories_grow_within_their_addresses) {
    /// (memory (export "memory") 1) (func (export "grow") (param i) (result i) (memory.grow n)), of 32 and of 64 bits
    const auto growing = [](int type_of_address, int flags) {
        return module({make_section(1, list({type({type_of_address}, {type_of_address})})),
                       make_section(3, list({bytes({0})})), make_section(5, list({bytes({flags, 1})})),
                       make_section(7, list({exported("grow", 0, 0), exported("memory", 2, 0)})),
                       make_section(10, list({body(bytes({0x20, 0, 0x40, 0}))}))});
    };
    for (const std::uint64_t pages :
         {std::uint64_t{1} << 20, std::uint64_t{1} << 32, std::uint64_t{1} << 48, UINT64_MAX}) {
        if (pages == 1 << 20 && !own_kernel.present()) continue;  // emulators keep notes on what is reserved
        auto store = wasm::store::create({.memory_pages = pages});
        BOOST_REQUIRE(store);
        auto narrow = store->instantiate(compiled(growing(i32, 0)));
        if (narrow) {
            const auto grow = function_of<std::int32_t(std::int32_t)>(**narrow, "grow");
            BOOST_TEST(*grow(65536) == -1);
            BOOST_TEST(*grow(-1) == -1);
            BOOST_TEST(*grow(1) == 1);
        }
        auto wide = store->instantiate(compiled(growing(i64, 4)));
        if (!wide) continue;
        const auto grow = function_of<std::int64_t(std::int64_t)>(**wide, "grow");
        for (const std::int64_t by :
             {std::int64_t{1} << 48, (std::int64_t{1} << 48) - 1, std::int64_t{-1}, std::int64_t{1} << 47})
            BOOST_TEST(*grow(by) == -1);
        BOOST_TEST((*wide)->memory("memory").size() == 65536u);
    }
}

BOOST_AUTO_TEST_CASE(filling_and_copying_memory_is_charged_and_ends_in_time) {
    /// "fill": memory.fill of all, for ever; "copy": memory.copy of all but a byte, upwards, for ever;
    /// "once": one memory.fill of as much as is asked for
    constexpr int pages = sizeof(void*) == 8 ? 256 : 2;
    const code whole = bytes({0x41}) + signed_number(pages * 65536),
               most = bytes({0x41}) + signed_number(pages * 65536 - 1);
    const code busy = module(
        {make_section(1, list({type({}, {}), type({i32}, {})})),
         make_section(3, list({bytes({0}), bytes({0}), bytes({1})})),
         make_section(5, list({bytes({0}) + unsigned_number(pages)})),
         make_section(7, list({exported("fill", 0, 0), exported("copy", 0, 1), exported("once", 0, 2)})),
         make_section(10,
                      list({body(bytes({0x03, 0x40, 0x41, 0, 0x41, 7}) + whole + bytes({0xfc, 11, 0, 0x0c, 0, 0x0b})),
                            body(bytes({0x03, 0x40, 0x41, 1, 0x41, 0}) + most + bytes({0xfc, 10, 0, 0, 0x0c, 0, 0x0b})),
                            body(bytes({0x41, 0, 0x41, 7, 0x20, 0, 0xfc, 11, 0}))}))});
    for (const char* name : {"fill", "copy"}) {
        auto store = new_store();
        wasm::compile_options options;
        options.interruptible = true;
        const auto run = function_of<void()>(instance_of(store, busy, "", options), name);
        const auto begin = vitte::sys::monotonic_time();
        store.set_deadline(vitte::sys::deadline::after(20'000'000));
        const auto ended = run();
        BOOST_REQUIRE(!ended);
        BOOST_TEST((ended.error().code == wasm::trap_code::timed_out));
        BOOST_TEST(vitte::sys::monotonic_time() - begin < 10'000'000'000);  // a thousand of them take longer
    }
    auto store = new_store({.fuel = 1200});
    wasm::compile_options options;
    options.metered = true;
    const auto once = function_of<void(std::int32_t)>(instance_of(store, busy, "", options), "once");
    BOOST_TEST(once(64 * 100).has_value());
    BOOST_TEST((store.fuel() < 1100 && store.fuel() > 1000));
    BOOST_TEST((once(64 * 1500).error().code == wasm::trap_code::out_of_fuel));
    BOOST_TEST(store.fuel() == 0u);
}

namespace {
/// Its clock goes on by one each time that it is asked.
struct ticking : vitte::sys::native {
    struct clocks : vitte::sys::native::clocks {
        static inline std::int64_t asked = 0;
        static std::int64_t monotonic() noexcept { return ++asked; }
    };
};

/// Rounds of `count += 1` and `size` multiplications that a guest makes before it sees that its time has passed, after
/// the clock was asked ten times.
std::int32_t rounds(int size, const char* how) {
    const code counting = bytes({0x23, 0, 0x41, 1, 0x6a, 0x24, 0});
    code work = counting;
    for (int i = 0; i < size; ++i) work = std::move(work) + bytes({0x20, 0, 0x41, 3, 0x6c, 0x21, 0});
    const code rounds =
        module({make_section(1, list({type({i32}, {}), type({}, {i32})})),
                make_section(3, list({bytes({0}), bytes({0}), bytes({1})})),
                make_section(6, list({bytes({i32, 1, 0x41, 0, 0x0b})})),
                make_section(7, list({exported("loop", 0, 0), exported("recursion", 0, 1), exported("count", 0, 2)})),
                make_section(10, list({body(bytes({0x03, 0x40}) + work + bytes({0x0c, 0, 0x0b})),
                                       body(work + bytes({0x20, 0, 0x12, 1})), body(bytes({0x23, 0}))}))});
    wasm::compile_options options;
    options.interruptible = true;
    auto store = *wasm::basic_store<ticking>::create();
    const auto& made = **store.instantiate(compiled(rounds, options));
    store.set_deadline(vitte::sys::deadline::at(ticking::clocks::asked + 10));
    BOOST_TEST((function_of<void(std::int32_t)>(made, how)(1).error().code == wasm::trap_code::timed_out));
    return *function_of<std::int32_t()>(made, "count")();
}
}  // namespace

BOOST_AUTO_TEST_CASE(time_is_looked_at_by_how_much_is_done) {
    for (const char* const how : {"loop", "recursion"}) {
        BOOST_TEST(rounds(1000, how) <= 200);  // a round of it is some microseconds
        BOOST_TEST(rounds(0, how) > 1000);     // and of that a few nanoseconds, of which the clock takes more
    }
}

BOOST_AUTO_TEST_CASE(time_is_looked_at_after_each_call_of_the_host) {
    /// (loop (call $host) (br 0)), and (func (return_call $host))
    const code calling =
        module({make_section(1, list({type({}, {})})), make_section(2, list({imported("host", "work", bytes({0, 0}))})),
                make_section(3, list({bytes({0}), bytes({0})})),
                make_section(7, list({exported("loop", 0, 1), exported("tail", 0, 2)})),
                make_section(10, list({body(bytes({0x03, 0x40, 0x10, 0, 0x0c, 0, 0x0b})), body(bytes({0x12, 0}))}))});
    for (const bool interruptible : {true, false}) {
        wasm::compile_options options;
        options.interruptible = interruptible;
        auto store = *wasm::basic_store<ticking>::create();
        int calls = 0;
        store.define_function<void()>("host", "work", [&] { ++calls; });
        const auto& made = **store.instantiate(compiled(calling, options));
        store.set_deadline(vitte::sys::deadline::at(ticking::clocks::asked + 10));
        BOOST_TEST((function_of<void()>(made, "loop")().error().code == wasm::trap_code::timed_out));
        BOOST_TEST((calls > 0 && calls <= 10));
        BOOST_TEST((function_of<void()>(made, "tail")().error().code == wasm::trap_code::timed_out));
        store.set_deadline(vitte::sys::deadline::never());
        BOOST_TEST(function_of<void()>(made, "tail")().has_value());
    }
}

BOOST_AUTO_TEST_CASE(much_that_one_instruction_does_is_charged_and_counted) {
    /// "locals": a function of 1000 locals of 8 bytes; "clauses": an exception of tag 0 at 1000 clauses of tag 1;
    /// "table": 6400 elements more
    code clauses = bytes({0x02, 0x40, 0x1f, 0x40}) + unsigned_number(1001);
    for (int i = 0; i < 1000; ++i) clauses = std::move(clauses) + bytes({0, 1, 0});
    clauses = std::move(clauses) + bytes({2, 0, 0x08, 0, 0x0b, 0x0b});
    const code locals = bytes({1}) + unsigned_number(1000) + bytes({i64, 0x0b});
    const code heavy = module(
        {make_section(1, list({type({}, {})})), make_section(3, list({bytes({0}), bytes({0}), bytes({0})})),
         make_section(4, list({bytes({0x70, 0, 0})})), make_section(13, list({bytes({0, 0}), bytes({0, 0})})),
         make_section(7, list({exported("locals", 0, 0), exported("clauses", 0, 1), exported("table", 0, 2)})),
         make_section(10, list({unsigned_number(static_cast<std::uint32_t>(locals.size())) + locals, body(clauses),
                                body(bytes({0xd0, 0x70, 0x41}) + signed_number(6400) + bytes({0xfc, 15, 0, 0x1a}))}))});
    constexpr std::pair<const char*, std::uint64_t> costs[] = {{"locals", 125}, {"clauses", 1000}, {"table", 800}};
    for (const auto& [name, cost] : costs) {
        wasm::compile_options options;
        options.metered = options.interruptible = true;
        auto store = new_store();
        const auto run = function_of<void()>(instance_of(store, heavy, "", options), name);
        store.execution().polls = wasm::execution::cells_between_polls;
        store.set_fuel(10'000);
        BOOST_TEST(run().has_value());
        const std::uint64_t charged = 10'000 - store.fuel();
        const std::uint64_t counted = wasm::execution::cells_between_polls - store.execution().polls;
        BOOST_TEST((charged >= cost && charged < cost + 100), name << ": " << charged);
        BOOST_TEST((counted >= cost && counted < 5 * cost + 100), name << ": " << counted);
        store.set_fuel(cost - 1);
        BOOST_TEST((run().error().code == wasm::trap_code::out_of_fuel), name);
    }
}

BOOST_AUTO_TEST_CASE(names_for_a_trap_are_looked_for_among_few_exports) {
    for (const std::uint32_t others : {100u, 5000u}) {
        code exports = unsigned_number(others + 1);
        for (std::uint32_t i = 0; i < others; ++i) exports = std::move(exports) + exported(std::to_string(i), 0, 0);
        exports = std::move(exports) + exported("last", 0, 1);
        const code trapping =
            module({make_section(1, list({type({}, {})})), make_section(3, list({bytes({0}), bytes({0})})),
                    make_section(7, exports), make_section(10, list({body({}), body(bytes({0x00}))}))});
        auto store = new_store();
        const auto ended = function_of<void()>(instance_of(store, trapping), "last")();
        BOOST_REQUIRE((!ended && ended.error().frames.size() == 1));
        BOOST_TEST(ended.error().frames[0].name == (others == 100 ? "last" : ""));
    }
}

BOOST_AUTO_TEST_CASE(memory_that_grows_by_nothing_stays) {
    // So much that no host reserves it: growth copies.
    const code growing = module({make_section(1, list({type({i64}, {i64})})), make_section(3, list({bytes({0})})),
                                 make_section(5, list({bytes({4, 1})})),
                                 make_section(7, list({exported("grow", 0, 0), exported("memory", 2, 0)})),
                                 make_section(10, list({body(bytes({0x20, 0, 0x40, 0}))}))});
    auto store = new_store({.memory_pages = std::uint64_t{1} << 31, .fuel = 100'000});
    wasm::compile_options metered;
    metered.metered = true;
    const auto& made = instance_of(store, growing, "", metered);
    const auto grow = function_of<std::int64_t(std::int64_t)>(made, "grow");
    const std::byte* const before = made.memory("memory").data();
    BOOST_TEST(*grow(0) == 1);
    BOOST_TEST((made.memory("memory").data() == before));
    BOOST_TEST((store.fuel() > 99'000));
    BOOST_TEST(*grow(1) == 1);
    const bool copied = made.memory("memory").data() != before;
    BOOST_TEST((store.fuel() < 99'000) == copied);
}

BOOST_AUTO_TEST_CASE(sizes_that_no_machine_has_are_errors) {
    const code large[] = {
        make_section(4, list({bytes({0x70, 0}) + most_of_all})),
        make_section(4, list({bytes({0x70, 4, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20})})),  // 2^61
        make_section(5, list({bytes({4, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20})})),                    // 2^47
    };
    for (const std::uint64_t limit : {std::uint64_t{1000}, UINT64_MAX / 16})
        for (const code& part : large) {
            if (limit != 1000 && &part == large) continue;  // which this machine may have
            auto store = new_store({.memory_pages = limit, .table_elements = limit});
            const auto made = store.instantiate(compiled(module({part})));
            BOOST_REQUIRE(!made);
            BOOST_TEST((made.error().code == errc::out_of_memory));
        }
    /// (table 1 funcref) (func (export "grow") (param i32) (result i32) (table.grow (ref.null func) n))
    const code growing =
        module({make_section(1, list({type({i32}, {i32})})), make_section(3, list({bytes({0})})),
                make_section(4, list({bytes({0x70, 0, 1})})), make_section(7, list({exported("grow", 0, 0)})),
                make_section(10, list({body(bytes({0xd0, 0x70, 0x20, 0, 0xfc, 15, 0}))}))});
    auto store = new_store({.table_elements = 100});
    const auto grow = function_of<std::int32_t(std::int32_t)>(instance_of(store, growing), "grow");
    for (const std::int32_t by : {100, 0x7fffffff, -1}) BOOST_TEST(*grow(by) == -1);
    BOOST_TEST(*grow(98) == 1);
    BOOST_TEST(*grow(1) == 99);
    BOOST_TEST(*grow(1) == -1);
}

BOOST_AUTO_TEST_CASE(all_memories_of_a_store_have_one_limit) {
    /// Two memories of two pages; "first" and "second" grow them by their argument.
    const code twins =
        module({make_section(1, list({type({i32}, {i32})})), make_section(3, list({bytes({0}), bytes({0})})),
                make_section(5, list({bytes({0, 2}), bytes({0, 2})})),
                make_section(7, list({exported("first", 0, 0), exported("second", 0, 1)})),
                make_section(10, list({body(bytes({0x20, 0, 0x40, 0})), body(bytes({0x20, 0, 0x40, 1}))}))});
    auto store = new_store({.memory_pages = 8, .all_memory_pages = 10});
    const auto& made = instance_of(store, twins);
    const auto first = function_of<std::int32_t(std::int32_t)>(made, "first"),
               second = function_of<std::int32_t(std::int32_t)>(made, "second");
    BOOST_TEST(*first(7) == -1);  // of each
    BOOST_TEST(*first(5) == 2);
    BOOST_TEST(*second(2) == -1);  // of all
    BOOST_TEST(*second(1) == 2);
    BOOST_TEST(*second(0) == 3);
    BOOST_TEST(*first(1) == -1);
    BOOST_TEST(store.make_memory({{1, 1, true, false, false}}).item == nullptr);
    BOOST_TEST(store.make_memory({{0, 1, true, false, false}}).item != nullptr);
    const auto refused = store.instantiate(compiled(twins));
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == errc::out_of_memory));
}

BOOST_AUTO_TEST_CASE(all_tables_of_a_store_have_one_limit) {
    /// Two tables of two elements; "first" and "second" grow them by their argument.
    const code twins =
        module({make_section(1, list({type({i32}, {i32})})), make_section(3, list({bytes({0}), bytes({0})})),
                make_section(4, list({bytes({0x70, 0, 2}), bytes({0x70, 0, 2})})),
                make_section(7, list({exported("first", 0, 0), exported("second", 0, 1)})),
                make_section(10, list({body(bytes({0xd0, 0x70, 0x20, 0, 0xfc, 15, 0})),
                                       body(bytes({0xd0, 0x70, 0x20, 0, 0xfc, 15, 1}))}))});
    auto store = new_store({.table_elements = 10});
    const auto& made = instance_of(store, twins);
    const auto first = function_of<std::int32_t(std::int32_t)>(made, "first"),
               second = function_of<std::int32_t(std::int32_t)>(made, "second");
    BOOST_TEST(*first(5) == 2);
    BOOST_TEST(*second(2) == -1);
    BOOST_TEST(*second(1) == 2);
    BOOST_TEST(*first(1) == -1);
    BOOST_TEST((store.instantiate(compiled(twins)).error().code == errc::out_of_memory));
}

BOOST_AUTO_TEST_CASE(what_a_store_holds_is_counted) {
    using limits = wasm::store_limits;
    const code two_tags =
        module({make_section(1, list({type({}, {})})), make_section(13, list({bytes({0, 0}), bytes({0, 0})}))});
    const struct {
        std::size_t limits::*which;
        code bytes;  ///< of which the module has two, or one instance
        std::size_t each;
    } cases[] = {
        {&limits::instances, adder, 1},
        {&limits::memories, module({make_section(5, list({bytes({0, 0}), bytes({0, 0})}))}), 2},
        {&limits::tables, module({make_section(4, list({bytes({0x70, 0, 0}), bytes({0x70, 0, 0})}))}), 2},
        {&limits::globals,
         module({make_section(6, list({bytes({i32, 0, 0x41, 0, 0x0b}), bytes({i32, 0, 0x41, 0, 0x0b})}))}), 2},
        {&limits::tags, two_tags, 2},
    };
    for (const auto& c : cases) {
        limits most;
        most.*c.which = 3 * c.each - 1;
        auto store = new_store(most);
        const auto module = compiled(c.bytes);
        BOOST_TEST(store.instantiate(module).has_value(), "case " << &c - cases);
        BOOST_TEST(store.instantiate(module).has_value(), "case " << &c - cases);
        const auto refused = store.instantiate(module, "third");
        BOOST_TEST((!refused && refused.error().code == errc::out_of_memory), "case " << &c - cases);
    }
    auto store = new_store({.instances = 1, .memories = 1, .tables = 1, .globals = 1});
    const auto made = [&](const wasm::external& e) { return e.item != nullptr; };
    for (const bool allowed : {true, false}) {
        BOOST_TEST(made(store.make_memory({{0, 0, true, false, false}})) == allowed);
        BOOST_TEST(made(store.make_table({wasm::function_reference, {0, 0, true, false, false}})) == allowed);
        BOOST_TEST(made(store.make_global({wasm::i32, false}, {})) == allowed);
    }
    // What could not be linked is not there, and takes nothing.
    const code user = module(
        {make_section(1, list({type({}, {})})), make_section(2, list({imported("nobody", "offers", bytes({0, 0}))}))});
    for (int i = 0; i < 3; ++i) BOOST_TEST((store.instantiate(compiled(user)).error().code == errc::not_found));
    BOOST_TEST(store.instantiate(compiled(adder)).has_value());
    BOOST_TEST(store.instantiate(compiled(adder), "second").error().message() ==
               "second: allocating: more instances than the store's limits allow");
}

BOOST_AUTO_TEST_CASE(exceptions_that_are_kept_have_a_limit) {
    /// (loop (block (result exnref) (try_table (catch_all_ref 0) (throw 0)) unreachable) drop br 0)
    const code keeping =
        module({make_section(1, list({type({}, {})})), make_section(3, list({bytes({0})})),
                make_section(13, list({bytes({0, 0})})), make_section(7, list({exported("keep", 0, 0)})),
                make_section(10, list({body(bytes({0x03, 0x40, 0x02, 0x69, 0x1f, 0x40, 1, 3, 0, 0x08, 0, 0x0b, 0x00,
                                                   0x0b, 0x1a, 0x0c, 0, 0x0b}))}))});
    auto store = new_store({.exception_bytes = 10'000});
    const auto ended = function_of<void()>(instance_of(store, keeping), "keep")();
    BOOST_REQUIRE(!ended);
    BOOST_TEST((ended.error().code == wasm::trap_code::out_of_memory));
    BOOST_TEST(store.execution().kept.size() > 50u);
}

BOOST_AUTO_TEST_CASE(typed_references_are_refused_where_they_are_not_enabled) {
    wasm::compile_options old;
    old.allowed = wasm::features::release_2();
    const auto refused = [&](const code& instructions, const code& locals) {
        const code all = locals + instructions + bytes({0x0b});
        const code m =
            module({make_section(1, list({type({}, {})})), make_section(3, list({bytes({0})})),
                    make_section(10, list({unsigned_number(static_cast<std::uint32_t>(all.size())) + all}))});
        return wasm::compiled_module::compile(m) && !wasm::compiled_module::compile(m, old);
    };
    BOOST_TEST(refused(bytes({0xd0, 0, 0x1a}), bytes({0})));                       // ref.null 0
    BOOST_TEST(refused({}, bytes({1, 1, 0x63, 0})));                               // a local (ref null 0)
    BOOST_TEST(refused({}, bytes({1, 1, 0x64, 0x70})));                            // a local (ref func)
    BOOST_TEST(refused(bytes({0x02, 0x64, 0x70, 0x00, 0x0b, 0x1a}), bytes({0})));  // a block that gives one
    for (const int heap : {0, 0x73}) {  // ref.null of the type 0 or of no function in the value of a global
        const code global = module(
            {make_section(1, list({type({}, {})})), make_section(6, list({bytes({0x70, 0, 0xd0, heap, 0x0b})}))});
        BOOST_TEST((wasm::compiled_module::compile(global) && !wasm::compiled_module::compile(global, old)));
    }
}

namespace {
/// Whether numbers have another point from now on than in C.
bool set_another_point() {
    for (const char* const name :
         {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "ps_AF.UTF-8", "German_Germany.1252", "de-DE"})
        if (std::setlocale(LC_ALL, name) != nullptr) {
            char text[8];
            std::snprintf(text, sizeof text, "%g", 0.5);
            if (text[1] != '.') return true;
        }
    return std::setlocale(LC_ALL, "C"), false;
}
const ability another_point{"a locale with another decimal point", [] {
                                const bool present = set_another_point();
                                std::setlocale(LC_ALL, "C");
                                return present;
                            }};

/// The constants of a function, as text.
std::string constants() {
    const code numbers =
        module({make_section(1, list({type({}, {})})), make_section(3, list({bytes({0})})),
                make_section(10, list({body(bytes({0x43, 0,    0,    0xc0, 0x3f, 0x1a,                          // 1.5
                                                   0x44, 0,    0,    0,    0,    0,    0,    0xe0, 0xbf, 0x1a,  // -0.5
                                                   0x43, 0,    0,    0x80, 0xff, 0x1a,                          // -inf
                                                   0x44, 0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f, 0x1a}))}))});
    std::string made;
    const auto file = wasm::file::parse(numbers);
    BOOST_REQUIRE(file.has_value());
    const auto line = [&](unsigned, const std::string& text) { made += text.ends_with("drop") ? "" : text + ';'; };
    BOOST_TEST(file->for_each_code(
                       [&](const wasm::code_entry& entry) { BOOST_TEST(wasm::disassemble(entry, line).has_value()); })
                   .has_value());
    return made;
}
const char* const expected_constants = "f32.const 1.5;f64.const -0.5;f32.const -inf;f64.const 0.10000000000000001;";
}  // namespace

BOOST_AUTO_TEST_CASE(numbers_are_written_for_people) { BOOST_TEST(constants() == expected_constants); }
BOOST_AUTO_TEST_CASE(numbers_are_written_alike_in_every_locale, *needs(another_point)) {
    set_another_point();
    const std::string made = constants();
    std::setlocale(LC_ALL, "C");
    BOOST_TEST(made == expected_constants);
}
