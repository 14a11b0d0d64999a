// Objects of the host as modules have them: what a guest may try with references that it has, and with others.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "../../support/needs.hpp"
#include "../../support/wasm_store.hpp"

namespace {
using namespace wasm_test;
using vitte::errc;
using vitte::loader::crossing;
using wasm::handle;
using wasm::trap_code;
using wasm::unchecked;

struct session {
    int uses = 0;
};
struct text {
    std::string words;
};
struct named {
    int name = 1;
};
struct counted {
    int count = 2;
};
struct both : named, counted {};
struct opaque;  // of which there is never more than this

constexpr int reference = 0x6f, function_type = 0x70;
/// A stack of 64 KiB is enough, so that small machines have room for several stores.
wasm::store small_store(std::size_t objects = 1000) {
    return new_store({.stack_bytes = 1 << 16, .shared_objects = objects});
}

/// (import "host" "f" (func T)) (func (export "run") T (call it with all parameters)), of one type
code relay(std::initializer_list<int> parameters, std::initializer_list<int> results) {
    code forwarding;
    for (std::size_t i = 0; i < parameters.size(); ++i)
        forwarding = std::move(forwarding) + bytes({0x20, static_cast<int>(i)});
    return module({make_section(1, list({type(parameters, results)})),
                   make_section(2, list({imported("host", "f", bytes({0, 0}))})), make_section(3, list({bytes({0})})),
                   make_section(7, list({exported("run", 0, 1)})),
                   make_section(10, list({body(forwarding + bytes({0x10, 0}))})), function_names({"f", "run"})});
}
/// Imports "use" and "close", from a reference to a number and to nothing. "keep" puts a reference into "table" and
/// "global"; "from_table" and "from_global" use what is there; "reuse" uses, closes and uses its argument; "twice"
/// closes it twice.
const code keeper =
    module({make_section(1, list({type({reference}, {i32}), type({reference}, {}), type({}, {i32})})),
            make_section(2, list({imported("host", "use", bytes({0, 0})), imported("host", "close", bytes({0, 1}))})),
            make_section(3, list({bytes({1}), bytes({2}), bytes({2}), bytes({0}), bytes({1})})),
            make_section(4, list({bytes({reference, 0, 4})})),
            make_section(6, list({bytes({reference, 1, 0xd0, reference, 0x0b})})),
            make_section(7, list({exported("keep", 0, 2), exported("from_table", 0, 3), exported("from_global", 0, 4),
                                  exported("reuse", 0, 5), exported("twice", 0, 6), exported("table", 1, 0),
                                  exported("global", 3, 0)})),
            make_section(10, list({body(bytes({0x41, 1, 0x20, 0, 0x26, 0, 0x20, 0, 0x24, 0})),
                                   body(bytes({0x41, 1, 0x25, 0, 0x10, 0})), body(bytes({0x23, 0, 0x10, 0})),
                                   body(bytes({0x20, 0, 0x10, 0, 0x20, 0, 0x10, 1, 0x1a, 0x20, 0, 0x10, 0})),
                                   body(bytes({0x20, 0, 0x10, 1, 0x20, 0, 0x10, 1}))})),
            function_names({"use", "close", "keep", "from_table", "from_global", "reuse", "twice"})});

/// Whether a value without a type can be made of a `T`, or read as one.
template <class T>
concept stands_in_values = requires(const wasm::value v, T t) {
    wasm::constant_value::of(t);
} || requires(const wasm::value v) { v.as<T>(); } || requires(const wasm::constant_value v) { v.as<T>(); };
static_assert(stands_in_values<handle<session>> && stands_in_values<std::uint64_t>);
static_assert(!stands_in_values<session*> && !stands_in_values<void*>);

template <class T>
handle<T> shared(wasm::store& store, T& object) {
    const auto made = store.share(object);
    BOOST_REQUIRE(made.has_value());
    return *made;
}
template <class Result>
trap_code trap_of(const Result& ended) {
    return ended ? trap_code::none : ended.error().code;
}

/// A store where `Parameter` is what the function "f" takes, whose calls are counted, and `relay` a module's "run".
template <class Parameter>
struct taking {
    wasm::store store = small_store();
    std::vector<int> calls;
    wasm::instance* guest = nullptr;

    template <class Seen>
    explicit taking(Seen seen) {
        store.define_function<std::int32_t(Parameter)>("host", "f", [this, seen](Parameter given) {
            calls.push_back(seen(given));
            return calls.back();
        });
        guest = &instance_of(store, relay({reference}, {i32}));
    }
    template <class T>
    auto run(handle<T> given) {
        return function_of<std::int32_t(handle<T>)>(*guest, "run")(given);
    }
    /// As a host does that has no types.
    trap_code run_bits(std::uint64_t bits) {
        const wasm::value given{wasm::external_reference, wasm::constant_value::of(bits)};
        return trap_of(store.invoke(guest->find("run")->as<wasm::function>(), std::span(&given, 1)));
    }
};
taking<session*> of_sessions() {
    return taking<session*>([](session* s) { return s == nullptr ? -1 : ++s->uses; });
}

/// `keeper` in a store where sessions are used, and closed as programs do: what is closed is taken out.
struct closing {
    wasm::store store = small_store();
    int closed = 0;
    wasm::instance* guest = nullptr;

    closing() {
        store.define_function<std::int32_t(session&)>("host", "use", [](session& s) { return ++s.uses; });
        store.define_function<void(handle<session>)>(
            "host", "close", [this](handle<session> which) { closed += store.revoke(which) != nullptr; });
        guest = &instance_of(store, keeper);
    }
    template <class Signature>
    auto function(const char* name) const {
        return function_of<Signature>(*guest, name);
    }
};
}  // namespace

BOOST_AUTO_TEST_SUITE(handles)

BOOST_AUTO_TEST_CASE(what_is_shared_arrives_as_itself) {
    auto host = of_sessions();
    session first, second;
    const auto a = shared(host.store, first), b = shared(host.store, second);
    BOOST_TEST((a && b && a != b));
    BOOST_TEST(*host.run(a) == 1);
    BOOST_TEST(*host.run(b) == 1);
    BOOST_TEST(*host.run(a) == 2);
    BOOST_TEST(first.uses == 2);
    BOOST_TEST(host.store.get(a) == &first);
    BOOST_TEST(host.store.get(b) == &second);
}

BOOST_AUTO_TEST_CASE(an_object_of_another_type_is_a_trap) {
    auto host = of_sessions();
    text words{"no session"};
    const auto given = shared(host.store, words);
    const auto ended = host.run(given);
    BOOST_REQUIRE(!ended);
    BOOST_TEST((ended.error().code == trap_code::handle_type_mismatch));
    BOOST_TEST(ended.error().message() == "host object of another type in run");
    BOOST_TEST(host.calls.empty());
    BOOST_TEST(host.store.get(handle<session>::from_bits(given.bits())) == nullptr);
    BOOST_TEST(host.store.revoke(handle<session>::from_bits(given.bits())) == nullptr);
    BOOST_TEST(host.store.get(given) == &words);

    taking<handle<session>> by_handle([](handle<session>) { return 1; });
    BOOST_TEST((trap_of(by_handle.run(shared(by_handle.store, words))) == trap_code::handle_type_mismatch));
    taking<session&> by_reference([](session& s) { return ++s.uses; });
    BOOST_TEST((trap_of(by_reference.run(shared(by_reference.store, words))) == trap_code::handle_type_mismatch));
    BOOST_TEST((by_handle.calls.empty() && by_reference.calls.empty()));
}

BOOST_AUTO_TEST_CASE(each_of_many_arguments_is_looked_up) {
    auto store = small_store();
    int calls = 0;
    store.define_function<std::int64_t(std::int32_t, session&, float, const text*, std::int64_t)>(
        "host", "f", [&](std::int32_t a, session& s, float b, const text* t, std::int64_t c) -> std::int64_t {
            ++calls;
            return a + ++s.uses + static_cast<std::int64_t>(b) + (t == nullptr ? 0 : std::int64_t{1000}) + c;
        });
    constexpr int f32 = 0x7d;
    const auto run = function_of<std::int64_t(std::int32_t, handle<session>, float, handle<text>, std::int64_t)>(
        instance_of(store, relay({i32, reference, f32, reference, i64}, {i64})), "run");
    session s;
    text t;
    const auto a = shared(store, s);
    const auto b = shared(store, t);
    BOOST_TEST(*run(10, a, 20.0f, b, 300) == 1331);
    BOOST_TEST(*run(10, a, 20.0f, {}, 300) == 332);
    BOOST_TEST((trap_of(run(10, {}, 20.0f, b, 300)) == trap_code::null_reference));
    const auto swapped_a = handle<session>::from_bits(b.bits());
    const auto swapped_b = handle<text>::from_bits(a.bits());
    BOOST_TEST((trap_of(run(10, swapped_a, 20.0f, b, 300)) == trap_code::handle_type_mismatch));
    BOOST_TEST((trap_of(run(10, a, 20.0f, swapped_b, 300)) == trap_code::handle_type_mismatch));
    store.revoke(b);
    BOOST_TEST((trap_of(run(10, a, 20.0f, b, 300)) == trap_code::invalid_handle));
    BOOST_TEST(calls == 2);
}

BOOST_AUTO_TEST_CASE(nothing_is_closed_twice) {
    closing host;
    session s;
    const auto which = shared(host.store, s);
    const auto ended = host.function<void(handle<session>)>("twice")(which);
    BOOST_REQUIRE(!ended);
    BOOST_TEST((ended.error().code == trap_code::invalid_handle));
    BOOST_TEST(ended.error().message() == "stale or foreign handle of a host object in twice");
    BOOST_TEST(host.closed == 1);
    BOOST_TEST(host.store.revoke(which) == nullptr);
    BOOST_TEST(host.store.get(which) == nullptr);
}

BOOST_AUTO_TEST_CASE(all_copies_are_stale_after_revoke) {
    closing host;
    session s;
    const auto which = shared(host.store, s);
    const auto from_table = host.function<std::int32_t()>("from_table"),
               from_global = host.function<std::int32_t()>("from_global");
    BOOST_TEST(host.function<void(handle<session>)>("keep")(which).has_value());
    BOOST_TEST(*from_table() == 1);
    BOOST_TEST(*from_global() == 2);
    BOOST_TEST(host.store.revoke(which) == &s);
    BOOST_TEST((trap_of(from_table()) == trap_code::invalid_handle));
    BOOST_TEST((trap_of(from_global()) == trap_code::invalid_handle));
    BOOST_TEST(s.uses == 2);

    const auto again = shared(host.store, s);  // what is in a local goes stale while its function runs
    BOOST_TEST((trap_of(host.function<std::int32_t(handle<session>)>("reuse")(again)) == trap_code::invalid_handle));
    BOOST_TEST(s.uses == 3);
}

BOOST_AUTO_TEST_CASE(a_table_moves_and_its_limit_is_that_of_objects) {
    using wasm::handle_table;
    static_assert(!std::is_copy_constructible_v<handle_table> && !std::is_copy_assignable_v<handle_table>);
    session three[3], *found = nullptr;
    handle_table from;
    from.set_limit(3);
    std::vector<handle<session>> made;
    for (session& s : three) made.push_back(from.add(s).value());
    from.remove(made[0]);
    handle_table to = std::move(from);
    BOOST_TEST((to.find(made[1], found) == trap_code::none && found == &three[1]));
    BOOST_TEST((from.find(made[1], found) == trap_code::invalid_handle));
    BOOST_TEST(!from.add(three[0]).has_value());
    from.set_limit(1);
    const auto other = from.add(three[0]);
    BOOST_REQUIRE(other.has_value());
    BOOST_TEST((to.find(*other, found) == trap_code::invalid_handle));
    to.set_limit(1);  // two are there
    BOOST_TEST(!to.add(three[0]).has_value());
    BOOST_TEST((to.remove(made[1]) == &three[1] && !to.add(three[0]).has_value()));
    BOOST_TEST((to.remove(made[2]) == &three[2] && to.add(three[0]).has_value() && !to.add(three[1]).has_value()));
    from = std::move(to);
    BOOST_TEST((from.find(*other, found) == trap_code::invalid_handle));
}

BOOST_AUTO_TEST_CASE(a_slot_that_is_used_again_has_another_generation) {
    closing host;
    session first, second;
    const auto before = shared(host.store, first);
    BOOST_TEST(host.function<void(handle<session>)>("keep")(before).has_value());
    BOOST_TEST(host.store.revoke(before) == &first);
    for (int i = 0; i < 1000; ++i) {  // more than a block of generations
        const auto after = shared(host.store, second);
        constexpr std::uint64_t index = (1 << wasm::handle_table::index_bits) - 1;
        BOOST_REQUIRE((after.bits() & index) == (before.bits() & index));
        BOOST_REQUIRE(after != before);
        BOOST_REQUIRE((trap_of(host.function<std::int32_t()>("from_table")()) == trap_code::invalid_handle));
        BOOST_REQUIRE(host.store.get(before) == nullptr);
        BOOST_REQUIRE(host.store.revoke(before) == nullptr);
        BOOST_REQUIRE(host.store.revoke(after) == &second);
    }
    BOOST_TEST(second.uses == 0);
}

BOOST_AUTO_TEST_CASE(handles_of_another_store_are_foreign) {
    auto mine = of_sessions(), other = of_sessions();
    session s, t;
    const auto own = shared(mine.store, s), foreign = shared(other.store, t);
    BOOST_TEST((trap_of(mine.run(foreign)) == trap_code::invalid_handle));
    BOOST_TEST((mine.run_bits(foreign.bits()) == trap_code::invalid_handle));
    BOOST_TEST((trap_of(other.run(own)) == trap_code::invalid_handle));
    BOOST_TEST(mine.store.get(foreign) == nullptr);
    BOOST_TEST(mine.store.revoke(foreign) == nullptr);
    BOOST_TEST(other.store.get(foreign) == &t);
    // A store may be made where another one was.
    std::optional<handle<session>> last;
    for (int i = 0; i < 10; ++i) {
        auto store = small_store();
        const auto made = shared(store, s);
        if (last) BOOST_TEST(store.get(*last) == nullptr);
        last = made;
    }
}

BOOST_AUTO_TEST_CASE(numbers_that_are_no_handles_are_traps) {
    auto host = of_sessions();
    session s, gone;
    const auto good = shared(host.store, s), stale = shared(host.store, gone);
    host.store.revoke(stale);
    BOOST_TEST((host.run_bits(good.bits()) == trap_code::none));
    for (unsigned bit = 0; bit < 64; ++bit)
        for (const handle<session> from : {good, stale})
            BOOST_TEST((host.run_bits(from.bits() ^ std::uint64_t{1} << bit) == trap_code::invalid_handle));
    const auto address = std::uint64_t{reinterpret_cast<std::uintptr_t>(&s)};
    for (const std::uint64_t forged :
         {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{1} << wasm::handle_table::index_bits,
          std::uint64_t{1} << 63, UINT64_MAX, address, address | std::uint64_t{1} << 63})
        if (forged != good.bits()) BOOST_TEST((host.run_bits(forged) == trap_code::invalid_handle));
    BOOST_TEST(host.calls.size() == 1u);
}

BOOST_AUTO_TEST_CASE(null_is_a_null_pointer_or_a_trap) {
    auto host = of_sessions();
    BOOST_TEST(*host.run(handle<session>()) == -1);
    taking<handle<session>> by_handle([](handle<session> given) { return given ? 1 : 0; });
    BOOST_TEST(*by_handle.run(handle<text>()) == 0);
    taking<session&> by_reference([](session& s) { return ++s.uses; });
    const auto ended = by_reference.run(handle<session>());
    BOOST_TEST((trap_of(ended) == trap_code::null_reference));
    BOOST_TEST(by_reference.calls.empty());
    BOOST_TEST(host.store.get(handle<session>()) == nullptr);
    BOOST_TEST(host.store.revoke(handle<session>()) == nullptr);
}

BOOST_AUTO_TEST_CASE(constant_objects_are_not_changed) {
    auto changing = of_sessions();
    taking<const session*> reading([](const session* s) { return s->uses; });
    const session fixed{7};
    session changeable{8};
    const auto constant = shared(changing.store, fixed);
    static_assert(std::is_same_v<decltype(constant), const handle<const session>>);
    static_assert(std::is_convertible_v<handle<session>, handle<const session>>);
    static_assert(!std::is_convertible_v<handle<const session>, handle<session>>);
    BOOST_TEST((trap_of(changing.run(constant)) == trap_code::handle_type_mismatch));
    BOOST_TEST(changing.store.get(handle<session>::from_bits(constant.bits())) == nullptr);
    BOOST_TEST(*reading.run(shared(reading.store, fixed)) == 7);
    const auto readable = shared(reading.store, changeable);
    BOOST_TEST(*reading.run(readable) == 8);
    const handle<const session> as_constant = readable;
    BOOST_TEST(reading.store.get(as_constant) == &changeable);
}

BOOST_AUTO_TEST_CASE(an_object_is_shared_as_one_of_its_types) {
    taking<counted*> host([](counted* c) { return ++c->count; });
    both object;
    const auto whole = shared(host.store, object);
    BOOST_TEST((trap_of(host.run(whole)) == trap_code::handle_type_mismatch));
    const auto base = host.store.share<counted>(object);
    BOOST_REQUIRE(base.has_value());
    BOOST_TEST(*host.run(*base) == 3);
    BOOST_TEST(object.name == 1);
    host.store.revoke(*base);
    BOOST_TEST(host.store.get(whole) == &object);
    // Also of one of which nobody knows more than the name.
    const auto hidden = host.store.share(reinterpret_cast<opaque&>(object));
    BOOST_REQUIRE(hidden.has_value());
    BOOST_TEST((trap_of(host.run(*hidden)) == trap_code::handle_type_mismatch));
}

BOOST_AUTO_TEST_CASE(host_functions_return_handles) {
    session pool[4];
    std::size_t opened = 0;
    auto store = small_store(3);
    store.define_function<handle<session>()>("host", "f", [&]() -> vitte::result<handle<session>, wasm::host_failure> {
        const auto made = store.share(pool[opened]);
        if (!made) return vitte::unexpected(wasm::host_failure{"too many sessions"});
        ++opened;
        return *made;
    });
    const auto& guest = instance_of(store, relay({}, {reference}));
    const auto open = function_of<handle<session>()>(guest, "run");
    const auto as_pointer = function_of<session*()>(guest, "run");
    const auto first = open();
    BOOST_REQUIRE(first.has_value());
    BOOST_TEST(store.get(*first) == &pool[0]);
    BOOST_TEST(*as_pointer() == &pool[1]);
    BOOST_TEST((trap_of(function_of<text*()>(guest, "run")()) == trap_code::handle_type_mismatch));
    BOOST_TEST(open().error().message() == "too many sessions in run");
}

BOOST_AUTO_TEST_CASE(what_a_module_returns_is_looked_up) {
    closing host;
    session s;
    const auto which = shared(host.store, s);
    auto store = small_store();
    const code identity =
        module({make_section(1, list({type({reference}, {reference})})), make_section(3, list({bytes({0})})),
                make_section(7, list({exported("same", 0, 0)})), make_section(10, list({body(bytes({0x20, 0}))}))});
    const auto& guest = instance_of(host.store, identity);
    const auto same = function_of<handle<session>(handle<session>)>(guest, "same");
    const auto as_pointer = function_of<const session*(handle<session>)>(guest, "same");
    const auto as_text = function_of<handle<text>(handle<session>)>(guest, "same");
    BOOST_TEST((*same(which) == which));
    BOOST_TEST(*as_pointer(which) == &s);
    BOOST_TEST(*as_pointer({}) == nullptr);
    BOOST_TEST((trap_of(as_text(which)) == trap_code::handle_type_mismatch));
    BOOST_TEST(!*as_text({}));
    // Without types it is only bits, which the store knows.
    const wasm::value given{wasm::external_reference, wasm::constant_value::of(which)};
    const auto returned = host.store.invoke(guest.find("same")->as<wasm::function>(), std::span(&given, 1));
    BOOST_REQUIRE(returned.has_value());
    BOOST_TEST(host.store.get(returned->at(0).as<handle<session>>()) == &s);
    BOOST_TEST(host.store.get(returned->at(0).as<handle<text>>()) == nullptr);
    host.store.revoke(which);
    BOOST_TEST((trap_of(same(which)) == trap_code::invalid_handle));
    BOOST_TEST((trap_of(as_pointer(which)) == trap_code::invalid_handle));
    BOOST_TEST(*as_pointer({}) == nullptr);
}

namespace {
/// What is constant has to be told to a template, where compilers do not warn of it.
template <class R, class Argument>
auto returning(const wasm::instance& of, const char* name) {
    return function_of<R(Argument)>(of, name);
}
}  // namespace

BOOST_AUTO_TEST_CASE(results_that_are_constant_are_the_same) {
    auto store = small_store();
    session s;
    text words;
    constexpr int f32 = 0x7d;
    // Each returns its argument.
    const auto& guest =
        instance_of(store, module({make_section(1, list({type({f32}, {f32}), type({f64}, {f64}), type({i32}, {i32}),
                                                         type({reference}, {reference})})),
                                   make_section(3, list({bytes({0}), bytes({1}), bytes({2}), bytes({3})})),
                                   make_section(7, list({exported("float", 0, 0), exported("double", 0, 1),
                                                         exported("bool", 0, 2), exported("object", 0, 3)})),
                                   make_section(10, list({body(bytes({0x20, 0})), body(bytes({0x20, 0})),
                                                          body(bytes({0x20, 0})), body(bytes({0x20, 0}))}))}));
    BOOST_TEST((*returning<const float, float>(guest, "float")(1.5f) == 1.5f));
    BOOST_TEST((*returning<const double, double>(guest, "double")(2.5) == 2.5));
    BOOST_TEST((*returning<const bool, int>(guest, "bool")(256)));
    const auto which = shared(store, s), other = handle<session>::from_bits(shared(store, words).bits());
    const auto same = returning<const handle<session>, handle<session>>(guest, "object");
    const auto as_pointer = returning<session* const, handle<session>>(guest, "object");
    BOOST_TEST((*same(which) == which));
    BOOST_TEST(*as_pointer(which) == &s);
    BOOST_TEST((trap_of(same(other)) == trap_code::handle_type_mismatch));
    BOOST_TEST((trap_of(as_pointer(other)) == trap_code::handle_type_mismatch));
    store.revoke(which);
    BOOST_TEST((trap_of(same(which)) == trap_code::invalid_handle));
    BOOST_TEST((*returning<const unchecked<session*>, unchecked<session*>>(guest, "object")(&s) == &s));
    // Native modules have none of it, or what is in it.
    static_assert(crossing<const handle<session>()>::names_handles);
    static_assert(std::is_same_v<vitte::loader::detail::native_t<const unchecked<int*>>, int* const>);
}

BOOST_AUTO_TEST_CASE(hosts_read_tables_and_globals) {
    closing host;
    session s;
    const auto which = shared(host.store, s);
    BOOST_TEST(host.function<void(handle<session>)>("keep")(which).has_value());
    auto& table = host.guest->find("table")->as<wasm::table>();
    const auto in_table = handle<session>::from_bits(table.elements[1]);
    wasm::constant_value content;
    __builtin_memcpy(content.bits, host.guest->find("global")->as<wasm::global>().value, sizeof content.bits);
    BOOST_TEST(host.store.get(in_table) == &s);
    BOOST_TEST(host.store.get(content.as<handle<session>>()) == &s);
    BOOST_TEST(host.store.get(handle<text>::from_bits(table.elements[1])) == nullptr);
    BOOST_TEST(host.store.get(handle<session>::from_bits(table.elements[0])) == nullptr);
    host.store.revoke(which);
    BOOST_TEST(host.store.get(in_table) == nullptr);
    // What a host puts there is no more than bits.
    table.elements[1] = reinterpret_cast<std::uintptr_t>(&s);
    BOOST_TEST((trap_of(host.function<std::int32_t()>("from_table")()) == trap_code::invalid_handle));
}

BOOST_AUTO_TEST_CASE(so_many_objects_are_shared_as_the_limits_say) {
    auto store = small_store(100);
    session s;
    std::vector<handle<session>> all;
    for (int i = 0; i < 100; ++i) all.push_back(shared(store, s));
    const auto refused = store.share(s);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == errc::out_of_handles));
    BOOST_TEST(store.revoke(all[7]) == &s);
    BOOST_TEST(store.revoke(all[30]) == &s);
    all[7] = shared(store, s);
    all[30] = shared(store, s);
    BOOST_TEST(!store.share(s));
    for (const auto h : all) BOOST_TEST(store.revoke(h) == &s);
    for (auto& h : all) h = shared(store, s);
    BOOST_TEST(!store.share(s));
    BOOST_TEST(!small_store(0).share(s));
}

BOOST_AUTO_TEST_CASE(generations_end_rather_than_come_again) {
    using vitte::loader::detail::generations;
    auto store = small_store();
    session s;
    const auto first = shared(store, s);
    const std::size_t given = generations::given.load_relaxed();
    generations::given.store_relaxed(generations::blocks - 1);
    std::size_t made = 0;
    for (auto last = store.share(s); last && made < 2 * generations::block; last = store.share(s)) {
        ++made;
        BOOST_REQUIRE(*last != first);
        BOOST_REQUIRE(store.revoke(*last) == &s);
    }
    BOOST_TEST(made < 2 * generations::block);
    BOOST_TEST((store.share(s).error().code == errc::out_of_handles));
    BOOST_TEST((small_store().share(s).error().code == errc::out_of_handles));
    BOOST_TEST(store.get(first) == &s);
    generations::given.store_relaxed(given);
    BOOST_TEST(store.share(s).has_value());
}

BOOST_AUTO_TEST_CASE(threads_get_different_generations, *needs(threads)) {
    constexpr int each = 1000;
    std::vector<std::uint64_t> made[2];
    const auto share_all = [](std::vector<std::uint64_t>& into) {
        int object = 0;
        wasm::handle_table table;
        table.set_limit(each);
        for (int i = 0; i < each; ++i) into.push_back(table.add(object)->bits() >> wasm::handle_table::index_bits);
    };
    auto other = vitte::sys::start_thread([&] { share_all(made[1]); });
    BOOST_REQUIRE(other);
    share_all(made[0]);
    BOOST_TEST(other->join().has_value());
    std::vector<std::uint64_t> all = made[0];
    all.insert(all.end(), made[1].begin(), made[1].end());
    std::sort(all.begin(), all.end());
    BOOST_TEST(all.size() == 2u * each);
    BOOST_TEST((std::adjacent_find(all.begin(), all.end()) == all.end()));
}

BOOST_AUTO_TEST_CASE(plain_pointers_cross_where_the_program_says_so) {
    taking<unchecked<session*>> host([](session* s) { return ++s->uses; });
    session s;
    const auto run = function_of<std::int32_t(unchecked<session*>)>(*host.guest, "run");
    BOOST_TEST(*run(&s) == 1);
    // Where a handle is wanted, an address is none.
    auto careful = of_sessions();
    BOOST_TEST((trap_of(function_of<std::int32_t(unchecked<session*>)>(*careful.guest, "run")(&s)) ==
                trap_code::invalid_handle));
    auto store = small_store();
    store.define_function<unchecked<void*>()>("host", "f", [&] { return &s; });
    BOOST_TEST(static_cast<void*>(
                   *function_of<unchecked<void*>()>(instance_of(store, relay({}, {reference})), "run")()) == &s);

    static_assert(!crossing<void*()>::offerable && !crossing<session*()>::offerable);
    static_assert(!crossing<void(void*)>::offerable && !crossing<void(void (*)())>::offerable);
    static_assert(!crossing<void(volatile session*)>::offerable && !crossing<session&()>::offerable);
    static_assert(!crossing<void(session*)>::callable && !crossing<void(session&)>::callable);
    static_assert(!crossing<session&()>::callable && !crossing<void*()>::callable);
    static_assert(crossing<unchecked<void*>(unchecked<void (*)()>)>::offerable);
    static_assert(crossing<handle<session>(session*, const session&, handle<opaque>, opaque*)>::offerable);
    static_assert(crossing<const session*(handle<session>)>::callable);
}

BOOST_AUTO_TEST_CASE(hosts_that_call_their_own_functions_are_checked_as_guests_are) {
    auto host = of_sessions();
    const wasm::external* const offered = host.store.find("host", "f");
    BOOST_REQUIRE(offered != nullptr);
    const auto call = [&](std::uint64_t bits) {
        const wasm::value given{wasm::external_reference, wasm::constant_value::of(bits)};
        return trap_of(host.store.invoke(offered->as<wasm::function>(), std::span(&given, 1)));
    };
    session s;
    text words;
    BOOST_TEST((call(shared(host.store, s).bits()) == trap_code::none));
    BOOST_TEST((call(shared(host.store, words).bits()) == trap_code::handle_type_mismatch));
    BOOST_TEST((call(12345) == trap_code::invalid_handle));
    BOOST_TEST(host.calls.size() == 1u);
}

BOOST_AUTO_TEST_CASE(every_way_of_calling_looks_handles_up) {
    auto host = of_sessions();
    // Imports "f" and calls it in each way that there is; "as_number" calls it as a function of a number.
    const code caller = module(
        {make_section(1, list({type({reference}, {i32}), type({i64}, {i32})})),
         make_section(2, list({imported("host", "f", bytes({0, 0}))})),
         make_section(3, list({bytes({0}), bytes({0}), bytes({0}), bytes({0}), bytes({0}), bytes({0}), bytes({1})})),
         make_section(4, list({bytes({function_type, 0, 1})})),
         make_section(
             7, list({exported("itself", 0, 0), exported("call", 0, 1), exported("call_indirect", 0, 2),
                      exported("call_ref", 0, 3), exported("return_call", 0, 4), exported("return_call_indirect", 0, 5),
                      exported("return_call_ref", 0, 6), exported("as_number", 0, 7)})),
         make_section(9, list({bytes({0, 0x41, 0, 0x0b, 1, 0})})),
         make_section(10, list({body(bytes({0x20, 0, 0x10, 0})), body(bytes({0x20, 0, 0x41, 0, 0x11, 0, 0})),
                                body(bytes({0x20, 0, 0xd2, 0, 0x14, 0})), body(bytes({0x20, 0, 0x12, 0})),
                                body(bytes({0x20, 0, 0x41, 0, 0x13, 0, 0})), body(bytes({0x20, 0, 0xd2, 0, 0x15, 0})),
                                body(bytes({0x20, 0, 0x41, 0, 0x11, 1, 0}))}))});
    const auto& first = instance_of(host.store, caller);
    host.store.define("host", "f", *first.find("itself"));  // what one guest exports, another one imports
    const auto& second = instance_of(host.store, caller);
    session s, gone, elsewhere;
    text words;
    auto other = small_store();
    const auto good = shared(host.store, s), stale = shared(host.store, gone), foreign = shared(other, elsewhere);
    const auto wrong = handle<session>::from_bits(shared(host.store, words).bits());
    host.store.revoke(stale);
    for (const wasm::instance* const guest : {&first, &second})
        for (const char* const way : {"itself", "call", "call_indirect", "call_ref", "return_call",
                                      "return_call_indirect", "return_call_ref"}) {
            const auto run = function_of<std::int32_t(handle<session>)>(*guest, way);
            const int before = s.uses;
            BOOST_TEST_CONTEXT(way) {
                BOOST_TEST(*run(good) == before + 1);
                BOOST_TEST((trap_of(run(wrong)) == trap_code::handle_type_mismatch));
                BOOST_TEST((trap_of(run(stale)) == trap_code::invalid_handle));
                BOOST_TEST((trap_of(run(foreign)) == trap_code::invalid_handle));
                BOOST_TEST(s.uses == before + 1);
            }
        }
    const auto as_number = function_of<std::int32_t(std::uint64_t)>(first, "as_number");
    BOOST_TEST((trap_of(as_number(good.bits())) == trap_code::indirect_call_type_mismatch));
    BOOST_TEST(host.calls.size() == 14u);
    BOOST_TEST((gone.uses == 0 && elsewhere.uses == 0));
    BOOST_TEST(!host.store.instantiate(compiled(relay({i64}, {i32}))));
}

BOOST_AUTO_TEST_CASE(handles_in_exceptions_go_stale) {
    closing host;
    // "keep" throws its argument, and keeps the exception; "again" throws that, and uses what was in it.
    constexpr int exception_type = 0x69;
    const auto& guest = instance_of(
        host.store, module({make_section(1, list({type({reference}, {i32}), type({reference}, {}), type({}, {i32}),
                                                  type({}, {reference, exception_type})})),
                            make_section(2, list({imported("host", "use", bytes({0, 0}))})),
                            make_section(3, list({bytes({1}), bytes({2})})), make_section(13, list({bytes({0, 1})})),
                            make_section(6, list({bytes({exception_type, 1, 0xd0, exception_type, 0x0b})})),
                            make_section(7, list({exported("keep", 0, 1), exported("again", 0, 2)})),
                            make_section(10, list({body(bytes({0x02, 3, 0x1f, 0x40, 1, 1, 0, 0, 0x20, 0, 0x08, 0, 0x0b,
                                                               0x00, 0x0b, 0x24, 0, 0x1a})),
                                                   body(bytes({0x02, reference, 0x1f, 0x40, 1, 0, 0, 0, 0x23, 0, 0x0a,
                                                               0x0b, 0x00, 0x0b, 0x10, 0}))}))}));
    session s, other;
    const auto which = shared(host.store, s);
    BOOST_TEST(function_of<void(handle<session>)>(guest, "keep")(which).has_value());
    const auto again = function_of<std::int32_t()>(guest, "again");
    BOOST_TEST(*again() == 1);
    BOOST_TEST(host.store.revoke(which) == &s);
    BOOST_TEST((trap_of(again()) == trap_code::invalid_handle));
    const auto in_its_place = shared(host.store, other);
    BOOST_TEST((trap_of(again()) == trap_code::invalid_handle));
    BOOST_TEST((s.uses == 1 && other.uses == 0));
    BOOST_TEST(host.store.get(in_its_place) == &other);
}

BOOST_AUTO_TEST_CASE(handles_in_constants_and_segments_go_stale) {
    closing host;
    session s;
    const auto which = shared(host.store, s);
    host.store.define("host", "g",
                      host.store.make_global({wasm::external_reference, false}, wasm::constant_value::of(which)));
    // A table that starts with it, a global that is the same, and an element segment; each function uses one of them.
    const code uses = bytes({0x10, 0});
    const auto& guest = instance_of(
        host.store,
        module({make_section(1, list({type({reference}, {i32}), type({}, {i32})})),
                make_section(
                    2, list({imported("host", "use", bytes({0, 0})), imported("host", "g", bytes({3, reference, 0}))})),
                make_section(
                    3, list({bytes({1}), bytes({1}), bytes({1}), bytes({1}), bytes({1}), bytes({1}), bytes({1})})),
                make_section(4, list({bytes({0x40, 0, reference, 0, 4, 0x23, 0, 0x0b})})),
                make_section(6, list({bytes({reference, 0, 0x23, 0, 0x0b})})),
                make_section(7, list({exported("import", 0, 1), exported("global", 0, 2), exported("initial", 0, 3),
                                      exported("segment", 0, 4), exported("fill", 0, 5), exported("grow", 0, 6),
                                      exported("copy", 0, 7)})),
                make_section(9, list({bytes({5, reference, 1, 0x23, 0, 0x0b})})),
                make_section(
                    10, list({body(bytes({0x23, 0}) + uses), body(bytes({0x23, 1}) + uses),
                              body(bytes({0x41, 0, 0x25, 0}) + uses),
                              body(bytes({0x41, 1, 0x41, 0, 0x41, 1, 0xfc, 12, 0, 0, 0x41, 1, 0x25, 0}) + uses),
                              body(bytes({0x41, 0, 0x23, 0, 0x41, 4, 0xfc, 17, 0, 0x41, 3, 0x25, 0}) + uses),
                              body(bytes({0x23, 0, 0x41, 1, 0xfc, 15, 0, 0x25, 0}) + uses),
                              body(bytes({0x41, 2, 0x41, 0, 0x41, 1, 0xfc, 14, 0, 0, 0x41, 2, 0x25, 0}) + uses)}))}));
    const auto ends_all = [&](trap_code how) {
        for (const char* const way : {"import", "global", "initial", "segment", "fill", "grow", "copy"})
            BOOST_TEST_CONTEXT(way)
        BOOST_TEST((trap_of(function_of<std::int32_t()>(guest, way)()) == how));
    };
    ends_all(trap_code::none);
    BOOST_TEST(s.uses == 7);
    host.store.revoke(which);
    ends_all(trap_code::invalid_handle);
    BOOST_TEST(s.uses == 7);
}

BOOST_AUTO_TEST_CASE(references_and_numbers_do_not_become_one_another) {
    // A function of a reference, a number, a function and a condition, with all that it could go through.
    const auto of = [](const code& instructions) {
        return module(
            {make_section(
                 1, list({type({reference, i64, function_type, i32}, {}), type({reference}, {}), type({i64}, {})})),
             make_section(2,
                          list({imported("host", "object", bytes({0, 1})), imported("host", "number", bytes({0, 2}))})),
             make_section(3, list({bytes({0})})),
             make_section(4, list({bytes({reference, 0, 1}), bytes({function_type, 0, 1})})),
             make_section(5, list({bytes({0, 1})})), make_section(13, list({bytes({0, 1})})),
             make_section(6, list({bytes({reference, 1, 0xd0, reference, 0x0b})})),
             make_section(10, list({body(instructions)}))});
    };
    const struct {
        const char* what;
        code forged, honest;
    } attempts[] = {
        {"number as object", bytes({0x20, 1, 0x10, 0}), bytes({0x20, 0, 0x10, 0})},
        {"function as object", bytes({0x20, 2, 0x10, 0}), bytes({0xd0, reference, 0x10, 0})},
        {"object as number", bytes({0x20, 0, 0x10, 1}), bytes({0x20, 1, 0x10, 1})},
        {"object into memory", bytes({0x41, 0, 0x20, 0, 0x37, 3, 0}), bytes({0x41, 0, 0x20, 1, 0x37, 3, 0})},
        {"choice of objects as of numbers", bytes({0x20, 0, 0x20, 0, 0x20, 3, 0x1b, 0x1a}),
         bytes({0x20, 0, 0x20, 0, 0x20, 3, 0x1c, 1, reference, 0x1a})},
        {"choice of object and number", bytes({0x20, 0, 0x20, 1, 0x20, 3, 0x1c, 1, reference, 0x1a}),
         bytes({0x20, 1, 0x20, 1, 0x20, 3, 0x1b, 0x1a})},
        {"choice of objects in code that is never reached", bytes({0x00, 0x20, 0, 0x41, 0, 0x1b, 0x1a}),
         bytes({0x00, 0x20, 1, 0x41, 0, 0x1b, 0x1a})},
        {"number into the local of an object", bytes({0x20, 1, 0x21, 0}), bytes({0xd0, reference, 0x21, 0})},
        {"number into a table", bytes({0x41, 0, 0x20, 1, 0x26, 0}), bytes({0x41, 0, 0x20, 0, 0x26, 0})},
        {"number into all of a table", bytes({0x41, 0, 0x20, 1, 0x41, 1, 0xfc, 17, 0}),
         bytes({0x41, 0, 0x20, 0, 0x41, 1, 0xfc, 17, 0})},
        {"object into a table of functions", bytes({0x41, 0, 0x20, 0, 0x26, 1}), bytes({0x41, 0, 0x20, 2, 0x26, 1})},
        {"functions into a table of objects", bytes({0x41, 0, 0x41, 0, 0x41, 1, 0xfc, 14, 0, 1}),
         bytes({0x41, 0, 0x41, 0, 0x41, 1, 0xfc, 14, 0, 0})},
        {"number into a global", bytes({0x20, 1, 0x24, 0}), bytes({0x20, 0, 0x24, 0})},
        {"number into an exception", bytes({0x20, 1, 0x08, 0}), bytes({0x20, 0, 0x08, 0})},
        {"number out of a block", bytes({0x02, reference, 0x20, 1, 0x0b, 0x1a}),
         bytes({0x02, reference, 0x20, 0, 0x0b, 0x1a})},
        {"what is called is an object", bytes({0x20, 0, 0x20, 0, 0x14, 1}), bytes({0x20, 0, 0xd0, 1, 0x14, 1})},
        // There are no such instructions here; with them a guest could make references, and look into them.
        {"ref.eq", bytes({0x20, 0, 0x20, 0, 0xd3, 0x1a}), bytes({0x20, 0, 0xd1, 0x1a})},
        {"ref.i31", bytes({0x20, 3, 0xfb, 0x1c, 0x1a}), bytes({0x20, 3, 0x1a})},
        {"ref.test", bytes({0x20, 0, 0xfb, 0x14, 0x6c, 0x1a}), bytes({0x20, 0, 0x1a})},
        {"ref.cast", bytes({0x20, 0, 0xfb, 0x16, 0x6c, 0x1a}), bytes({0x20, 0, 0xd4, 0x1a})},
        {"any.convert_extern", bytes({0x20, 0, 0xfb, 0x1a, 0x1a}), bytes({0x20, 0, 0x1a})},
        {"extern.convert_any", bytes({0x20, 0, 0xfb, 0x1b, 0x10, 0}), bytes({0x20, 0, 0x10, 0})},
    };
    for (const auto& a : attempts) BOOST_TEST_CONTEXT(a.what) {
            BOOST_TEST(!wasm::compiled_module::compile(of(a.forged)));
            BOOST_TEST(wasm::compiled_module::compile(of(a.honest)).has_value());
        }
}

BOOST_AUTO_TEST_CASE(modules_do_not_import_what_belongs_to_another_store) {
    const auto types = [](int value) { return make_section(1, list({type({value}, {value}), type({value}, {})})); };
    const code exporting =
        module({types(i64), make_section(3, list({bytes({0})})), make_section(4, list({bytes({function_type, 0, 1})})),
                make_section(5, list({bytes({0, 1})})), make_section(13, list({bytes({0, 1})})),
                make_section(6, list({bytes({function_type, 0, 0xd2, 0, 0x0b})})),
                make_section(7, list({exported("f", 0, 0), exported("table", 1, 0), exported("memory", 2, 0),
                                      exported("global", 3, 0), exported("tag", 4, 0)})),
                make_section(10, list({body(bytes({0x20, 0}))}))});
    auto store = small_store(), other = small_store();
    const auto& guest = instance_of(other, exporting);
    other.define("host", guest);
    store.define("host", guest);
    // Equal numbers of types are other types there: what is a number in one store would be a reference in the other.
    for (const int value : {i64, reference})
        for (const auto& [title, kind] :
             {std::pair("f", bytes({0, 0})), std::pair("table", bytes({1, function_type, 0, 1})),
              std::pair("memory", bytes({2, 0, 1})), std::pair("global", bytes({3, function_type, 0})),
              std::pair("tag", bytes({4, 0, 1}))}) {
            const code importing = module({types(value), make_section(2, list({imported("host", title, kind)}))});
            const auto made = store.instantiate(compiled(importing));
            BOOST_TEST_CONTEXT(title) {
                BOOST_REQUIRE(!made);
                BOOST_TEST(made.error().reason == "what is offered belongs to another store");
                if (value == i64) BOOST_TEST(other.instantiate(compiled(importing)).has_value());
            }
        }
}

BOOST_AUTO_TEST_CASE(what_is_revoked_within_a_call_is_stale_in_what_goes_on) {
    closing host;
    session s, other;
    std::optional<handle<session>> in_its_place;
    trap_code within = trap_code::none;
    // While it is used, the host calls the guest, which closes it, and shares another session, which gets its slot.
    host.store.define_function<std::int32_t(handle<session>)>("again", "use", [&](handle<session> which) {
        if (!in_its_place) {
            within = trap_of(host.function<void(handle<session>)>("twice")(which));
            in_its_place = shared(host.store, other);
        }
        return host.store.get(which) != nullptr ? 1 : 0;
    });
    host.store.define("host", "use", *host.store.find("again", "use"));
    const auto& guest = instance_of(host.store, keeper);
    const auto ended = function_of<std::int32_t(handle<session>)>(guest, "reuse")(shared(host.store, s));
    BOOST_TEST((within == trap_code::invalid_handle));
    BOOST_REQUIRE(!ended);
    BOOST_TEST(ended.error().message() == "stale or foreign handle of a host object in reuse");
    BOOST_TEST(host.closed == 1);
    BOOST_TEST(host.store.get(*in_its_place) == &other);

    // What the guest has closed does not come back as its result either.
    const auto& returning = instance_of(
        host.store, module({make_section(1, list({type({reference}, {}), type({reference}, {reference})})),
                            make_section(2, list({imported("host", "close", bytes({0, 0}))})),
                            make_section(3, list({bytes({1})})), make_section(7, list({exported("run", 0, 1)})),
                            make_section(10, list({body(bytes({0x20, 0, 0x10, 0, 0x20, 0}))}))}));
    const auto as_pointer = function_of<session*(handle<session>)>(returning, "run");
    BOOST_TEST((trap_of(as_pointer(shared(host.store, s))) == trap_code::invalid_handle));
    BOOST_TEST(host.closed == 2);
}

BOOST_AUTO_TEST_SUITE_END()
