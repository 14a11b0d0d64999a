// Handles under attack: hosts and guests that do what comes to them, in several stores at a time, with handles that are
// good, stale, foreign, of other types and made up. A map of what is shared says what has to become of each.
#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "../../support/stride.hpp"
#include "../../support/wasm_store.hpp"

namespace {
using namespace wasm_test;
using vitte::loader::detail::generations;
using wasm::handle;
using wasm::handle_table;
using wasm::trap_code;
using wasm::unchecked;

struct plain {
    int uses = 0;
};
struct titled {
    int name = 1;
};
struct counted {
    int count = 2;
};
struct both : titled, counted {};

/// Types that objects are shared as: each of these, at odd numbers `const`.
using types = std::tuple<plain, counted, both, std::uint64_t>;
constexpr std::size_t kinds = 2 * std::tuple_size_v<types>;
template <std::size_t Kind>
using of_kind = std::conditional_t<Kind % 2 == 0, std::tuple_element_t<Kind / 2, types>,
                                   const std::tuple_element_t<Kind / 2, types>>;
/// Calls `act` with the `std::type_identity` of the kind.
template <class Act>
void as_kind(std::size_t kind, Act&& act) {
    [&]<std::size_t... Kind>(std::index_sequence<Kind...>) {
        static_cast<void>(((Kind == kind && (act(std::type_identity<of_kind<Kind>>()), true)) || ...));
    }(std::make_index_sequence<kinds>());
}

/// How a host function takes an object.
enum form { by_pointer, by_reference, by_handle, forms };
template <class T, form Form>
using formed = std::conditional_t<Form == by_pointer, T*, std::conditional_t<Form == by_reference, T&, handle<T>>>;

/// All numbers that are not above `limit` are as likely.
struct choices {
    std::mt19937_64 random;
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random() % limit); }
    bool one_of(std::size_t n) { return below(n) == 0; }
};

/// What is shared, by the bits of handles, and what were handles once.
class model {
public:
    struct entry {
        std::size_t owner, kind;
        const void* object;
    };
    std::map<std::uint64_t, entry> live;

    /// False if these bits have named something before, or name nothing.
    bool add(std::uint64_t bits, entry made) {
        live.emplace(bits, made);
        known_.push_back(bits);
        return bits != 0 && ever_.insert(bits).second;
    }
    std::size_t count(std::size_t owner) const {
        return static_cast<std::size_t>(
            std::count_if(live.begin(), live.end(), [=](const auto& e) { return e.second.owner == owner; }));
    }
    trap_code find(std::size_t owner, std::size_t kind, form taken, std::uint64_t bits) const {
        if (bits == 0) return taken == by_reference ? trap_code::null_reference : trap_code::none;
        const auto found = live.find(bits);
        if (found == live.end() || found->second.owner != owner) return trap_code::invalid_handle;
        const std::size_t has = found->second.kind;
        return has == kind || (kind % 2 == 1 && has + 1 == kind) ? trap_code::none : trap_code::handle_type_mismatch;
    }
    /// What good bits name.
    const void* object(std::uint64_t bits) const {
        const auto found = live.find(bits);
        return found == live.end() ? nullptr : found->second.object;
    }
    /// Bits as attackers have them: handles of all ages and stores, and what is near them.
    std::uint64_t bits(choices& random) const {
        std::uint64_t a = random.random();
        if (!known_.empty() && !random.one_of(16)) {
            const std::size_t recent = std::min<std::size_t>(known_.size(), 40);
            a = known_[known_.size() - 1 - random.below(recent)];
        }
        const std::uint64_t b = known_.empty() ? a : known_[random.below(known_.size())];
        constexpr std::uint64_t one = 1, generation = one << handle_table::index_bits, index = generation - 1;
        switch (random.below(24)) {
            case 0: return 0;
            case 1: return a ^ one << random.below(64);
            case 2: return a + generation;
            case 3: return a - generation;
            case 4: return a + generation * generations::block;
            case 5: return (a & ~index) | (b & index);
            case 6: return a + 1;
            case 7: return a & ((one << 63) - 1);
            case 8: return random.random() >> random.below(64);
            case 9: return a & b;
            default: return a;
        }
    }

private:
    std::vector<std::uint64_t> known_;
    std::set<std::uint64_t> ever_;
};

/// Generations begin with the first one, and soon end if `end` is called: handles that were made before are those that
/// would come again. Stores that are there before go on as if nothing had been.
class other_generations {
public:
    other_generations() { generations::given.store_relaxed(0); }
    ~other_generations() { generations::given.store_relaxed(before_); }
    void end(std::size_t blocks) const { generations::given.store_relaxed(generations::blocks - blocks); }

private:
    std::size_t before_ = generations::given.load_relaxed();
};
bool all_given() { return generations::given.load_relaxed() == generations::blocks; }

/// Objects that are shared.
struct things {
    std::tuple<std::array<plain, 3>, std::array<counted, 3>, std::array<both, 3>, std::array<std::uint64_t, 3>> all;

    template <class T>
    T& any(choices& random) {
        using array = std::array<std::remove_const_t<T>, 3>;
        if constexpr (std::is_same_v<std::remove_const_t<T>, counted>)
            if (random.one_of(2)) return std::get<std::array<both, 3>>(all)[random.below(3)];
        return std::get<array>(all)[random.below(3)];
    }
};

/// Tables alone, which move into one another; `halfway` is called in between. Returns what differs from the model, or
/// nothing.
template <class Halfway>
std::string attack_tables(std::uint64_t seed, int steps, Halfway&& halfway) {
    choices random{std::mt19937_64(seed)};
    things objects;
    model known;
    std::array<handle_table, 3> tables;
    std::array<std::size_t, 3> limits{};
    std::string wrong;
    const auto compare = [&](bool good, const char* what) {
        if (!good && wrong.empty()) wrong = what;
    };
    const auto act = [&]<class T>(std::size_t kind, std::size_t at) {
        const auto named = handle<T>::from_bits(known.bits(random));
        switch (random.below(4)) {
            case 0: {
                T& object = objects.any<T>(random);
                const auto made = tables[at].add(object);
                compare(made.has_value() || known.count(at) >= limits[at] || all_given(), "refused");
                compare(!made || known.count(at) < limits[at], "more than the limit");
                if (made) compare(known.add(made->bits(), {at, kind, &object}), "the same handle again");
                break;
            }
            case 1: {
                const bool good = known.find(at, kind, by_pointer, named.bits()) == trap_code::none;
                compare(tables[at].remove(named) == (good ? known.object(named.bits()) : nullptr), "removed");
                if (good) known.live.erase(named.bits());
                break;
            }
            default: {
                T* found;
                const trap_code code = tables[at].find(named, found);
                compare(code == known.find(at, kind, by_pointer, named.bits()), "found as");
                compare(found == (code == trap_code::none ? known.object(named.bits()) : nullptr), "found");
            }
        }
    };
    for (int i = 0; i < steps && wrong.empty(); ++i) {
        if (i == steps / 2) halfway();
        const std::size_t at = random.below(3), kind = random.below(kinds), to = random.below(3);
        if (random.one_of(50)) tables[at].set_limit(limits[at] = random.below(12));
        if (random.one_of(200)) {
            tables[to] = std::move(tables[at]);
            limits[to] = std::exchange(limits[at], at == to ? limits[at] : 0);
            if (at != to) std::erase_if(known.live, [=](const auto& e) { return e.second.owner == to; });
            for (auto& e : known.live)
                if (e.second.owner == at) e.second.owner = to;
        }
        as_kind(kind, [&]<class T>(std::type_identity<T>) { act.template operator()<T>(kind, at); });
    }
    return wrong;
}

constexpr int reference = 0x6f, function_type = 0x70;
/// Imports "f", from a reference to a number, and gets its argument there in each way that there is. "keep" puts it at
/// a place of "table", from where "kept" uses it, and "set" into a global, from where "got" does; "same" returns it.
const code hostile = [] {
    const auto x = bytes({0x20, 0});
    return module(
        {make_section(1, list({type({reference}, {i32}), type({i32, reference}, {}), type({i32}, {i32}),
                               type({reference}, {}), type({}, {i32}), type({reference}, {reference})})),
         make_section(2, list({imported("host", "f", bytes({0, 0}))})),
         make_section(3, list({bytes({0}), bytes({0}), bytes({0}), bytes({0}), bytes({0}), bytes({0}), bytes({0}),
                               bytes({0}), bytes({0}), bytes({1}), bytes({2}), bytes({3}), bytes({4}), bytes({5})})),
         make_section(4, list({bytes({function_type, 0, 1}), bytes({reference, 0, 4})})),
         make_section(13, list({bytes({0, 3})})), make_section(6, list({bytes({reference, 1, 0xd0, reference, 0x0b})})),
         make_section(
             7, list({exported("itself", 0, 0), exported("call", 0, 1), exported("call_indirect", 0, 2),
                      exported("call_ref", 0, 3), exported("return_call", 0, 4), exported("return_call_indirect", 0, 5),
                      exported("return_call_ref", 0, 6), exported("thrown", 0, 7), exported("filled", 0, 8),
                      exported("twice", 0, 9), exported("keep", 0, 10), exported("kept", 0, 11), exported("set", 0, 12),
                      exported("got", 0, 13), exported("same", 0, 14), exported("table", 1, 1)})),
         make_section(9, list({bytes({0, 0x41, 0, 0x0b, 1, 0})})),
         make_section(10, list({body(x + bytes({0x10, 0})), body(x + bytes({0x41, 0, 0x11, 0, 0})),
                                body(x + bytes({0xd2, 0, 0x14, 0})), body(x + bytes({0x12, 0})),
                                body(x + bytes({0x41, 0, 0x13, 0, 0})), body(x + bytes({0xd2, 0, 0x15, 0})),
                                // Thrown and caught.
                                body(bytes({0x02, reference, 0x1f, 0x40, 1, 0, 0, 0}) + x +
                                     bytes({0x08, 0, 0x0b, 0x00, 0x0b, 0x10, 0})),
                                // From a table that is filled with it and copied, and chosen.
                                body(bytes({0x41, 0}) + x +
                                     bytes({0x41, 2, 0xfc, 17, 1, 0x41, 2, 0x41, 0, 0x41, 2, 0xfc, 14, 1, 1}) +
                                     bytes({0x41, 3, 0x25, 1}) + x + bytes({0x41, 1, 0x1c, 1, reference, 0x10, 0})),
                                body(x + bytes({0x10, 0, 0x1a}) + x + bytes({0x10, 0})),
                                body(bytes({0x20, 0, 0x20, 1, 0x26, 1})), body(x + bytes({0x25, 1, 0x10, 0})),
                                body(x + bytes({0x24, 0})), body(bytes({0x23, 0, 0x10, 0})), body(x)}))});
}();
/// Imports "many", of four references and a number, and "open", which returns a reference.
const code relaying = module(
    {make_section(1, list({type({reference, i64, reference, reference, reference}, {i32}), type({}, {reference})})),
     make_section(2, list({imported("host", "many", bytes({0, 0})), imported("host", "open", bytes({0, 1}))})),
     make_section(3, list({bytes({0}), bytes({1})})),
     make_section(7, list({exported("many", 0, 2), exported("open", 0, 3)})),
     make_section(
         10, list({body(bytes({0x20, 0, 0x20, 1, 0x20, 2, 0x20, 3, 0x20, 4, 0x10, 0})), body(bytes({0x10, 1}))}))});

/// Stores with guests that have a host function for each kind and form.
class world {
public:
    explicit world(std::uint64_t seed) : random_{std::mt19937_64(seed)} {
        for (std::size_t at = 0; at < sides_.size(); ++at) begin(at);
    }

    /// What differs from the model, or nothing; `halfway` is called in between.
    template <class Halfway>
    std::string attack(int steps, Halfway&& halfway) {
        for (int i = 0; i < steps && wrong_.empty(); ++i) {
            if (i == steps / 2) halfway();
            if (random_.one_of(300)) begin(random_.below(sides_.size()));
            step();
        }
        return wrong_;
    }

private:
    struct side {
        wasm::store store = new_store({.stack_bytes = 1 << 16, .shared_objects = 0});
        std::size_t limit = 0;
        std::array<wasm::instance*, kinds * forms> guests{};
        std::array<std::uint64_t, kinds * forms> in_global{};
        wasm::instance* relay = nullptr;
    };
    /// An argument that a host function is to get.
    struct argument {
        std::size_t kind;
        form taken;
        std::uint64_t bits;
    };
    /// A call of a guest, which is to call the host so many times.
    struct frame {
        std::size_t at;
        std::vector<argument> arguments;
        int uses;
        trap_code next;
    };

    void compare(bool good, const char* what) {
        if (!good && wrong_.empty()) wrong_ = what;
    }

    /// A new store, in the place of the one that is there.
    void begin(std::size_t at) {
        std::erase_if(known_.live, [=](const auto& e) { return e.second.owner == at; });
        side& s = sides_[at];
        s = side();
        s.store.execution().objects.set_limit(s.limit = 1 + random_.below(12));
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (begin_guest<I / forms, static_cast<form>(I % forms)>(at), ...);
        }(std::make_index_sequence<kinds * forms>());
        s.store.define_function<int(plain&, std::int64_t, handle<const counted>, both*, unchecked<void*>)>(
            "host", "many",
            [this, at](plain& a, std::int64_t number, handle<const counted> b, both* c, unchecked<void*> d) {
                compare(number == 77 && d == static_cast<void*>(this), "numbers beside references");
                return arrive(at, {&a, nullptr, c}, {0, b.bits(), 0});
            });
        s.store.define_function<handle<plain>()>("host", "open", [this] { return handle<plain>::from_bits(opened_); });
        s.relay = &made(s, relay_);
    }
    template <std::size_t Kind, form Form>
    void begin_guest(std::size_t at) {
        using T = of_kind<Kind>;
        side& s = sides_[at];
        s.store.define_function<int(formed<T, Form>)>("host", "f", [this, at](formed<T, Form> given) {
            if constexpr (Form == by_pointer) return arrive(at, {given}, {0});
            if constexpr (Form == by_reference) return arrive(at, {&given}, {0});
            if constexpr (Form == by_handle) return arrive(at, {nullptr}, {given.bits()});
        });
        s.guests[Kind * forms + Form] = &made(s, guest_);
    }
    static wasm::instance& made(side& in, const wasm::compiled_module& module) {
        auto instance = in.store.instantiate(module);
        BOOST_REQUIRE(instance);
        return **instance;
    }

    trap_code expected(const frame& f) const {
        for (const argument& a : f.arguments)
            if (const trap_code code = known_.find(f.at, a.kind, a.taken, a.bits); code != trap_code::none) return code;
        return trap_code::none;
    }
    /// In a host function: objects or handles have come where they were to, and other things happen.
    int arrive(std::size_t at, std::vector<const void*> objects, std::vector<std::uint64_t> handles) {
        if (frames_.empty()) return compare(false, "called by nobody"), 0;
        const std::size_t here = frames_.size() - 1;
        const frame& f = frames_[here];
        compare(f.at == at && f.next == trap_code::none && f.uses > 0, "called with what is no such object");
        for (std::size_t i = 0; i < objects.size() && wrong_.empty(); ++i) {
            const argument& a = f.arguments[i];
            if (a.taken == by_handle)
                compare(handles[i] == a.bits, "another handle");
            else
                compare(objects[i] == (a.bits == 0 ? nullptr : known_.object(a.bits)), "another object");
        }
        while (here < 3 && wrong_.empty() && !random_.one_of(3)) step();
        frame& after = frames_[here];
        after.next = --after.uses == 0 ? trap_code::none : expected(after);
        return 1;
    }
    /// Compares how `run` ends, which calls the host so often.
    template <class Run>
    void call(std::size_t at, std::vector<argument> arguments, int uses, Run&& run) {
        frames_.push_back({at, std::move(arguments), uses, trap_code::none});
        frames_.back().next = expected(frames_.back());
        const auto ended = run();
        const trap_code code = ended ? trap_code::none : ended.error().code;
        const frame f = std::move(frames_.back());
        frames_.pop_back();
        compare(code == f.next, "a call ended otherwise");
        compare(code != trap_code::none || f.uses == 0, "the host was not called");
    }

    void step() {
        const std::size_t at = random_.below(sides_.size()), kind = random_.below(kinds);
        const std::uint64_t bits = known_.bits(random_);
        switch (random_.below(10)) {
            case 0:
            case 1: return as_kind(kind, [&]<class T>(std::type_identity<T>) { share<T>(at, kind); });
            case 2: return as_kind(kind, [&]<class T>(std::type_identity<T>) { revoke<T>(at, kind, bits); });
            case 3: return as_kind(kind, [&]<class T>(std::type_identity<T>) { result_of<T>(at, kind, bits); });
            case 4: return keep(at, bits);
            case 5: return many(at);
            case 6: {
                auto elsewhere = std::move(sides_[at].store);
                sides_[at].store = std::move(elsewhere);
                return;
            }
            default: return use(at, kind, static_cast<form>(random_.below(forms)), bits);
        }
    }
    template <class T>
    void share(std::size_t at, std::size_t kind) {
        T& object = objects_.any<T>(random_);
        const auto made = sides_[at].store.share(object);
        const bool full = known_.count(at) >= sides_[at].limit;
        compare(made.has_value() ? !full : full || all_given(), "shared, or refused");
        if (made) compare(known_.add(made->bits(), {at, kind, &object}), "the same handle again");
    }
    template <class T>
    void revoke(std::size_t at, std::size_t kind, std::uint64_t bits) {
        wasm::store& store = sides_[at].store;
        const auto named = handle<T>::from_bits(bits);
        const bool good = known_.find(at, kind, by_pointer, bits) == trap_code::none;
        const void* const object = good ? known_.object(bits) : nullptr;
        compare(store.get(named) == object, "got");
        if (random_.one_of(3)) return;
        compare(store.revoke(named) == object, "revoked");
        if (good) known_.live.erase(bits);
    }
    /// A guest returns it, as a pointer and as a handle.
    template <class T>
    void result_of(std::size_t at, std::size_t kind, std::uint64_t bits) {
        const trap_code code = known_.find(at, kind, by_pointer, bits);
        const wasm::instance& guest = *sides_[at].guests[random_.below(kinds * forms)];
        const auto given = handle<titled>::from_bits(opened_ = bits);
        const bool by_host = random_.one_of(2);
        const auto pointer = by_host ? function_of<T*()>(*sides_[at].relay, "open")()
                                     : function_of<T*(handle<titled>)>(guest, "same")(given);
        compare(pointer ? code == trap_code::none && *pointer == known_.object(bits) : pointer.error().code == code,
                "a pointer as a result");
        const auto named = by_host ? function_of<handle<T>()>(*sides_[at].relay, "open")()
                                   : function_of<handle<T>(decltype(given))>(guest, "same")(given);
        compare(named ? code == trap_code::none && named->bits() == bits : named.error().code == code,
                "a handle as a result");
    }
    /// Guests keep it, and use it later; or the host puts it where they do.
    void keep(std::size_t at, std::uint64_t bits) {
        const std::size_t which = random_.below(kinds * forms);
        side& s = sides_[at];
        const wasm::instance& guest = *s.guests[which];
        const std::size_t kind = which / forms, place = random_.below(4);
        const form taken = static_cast<form>(which % forms);
        auto& table = guest.find("table")->as<wasm::table>();
        switch (random_.below(5)) {
            case 0: {
                const auto given = handle<both>::from_bits(bits);
                const auto put = function_of<void(int, handle<both>)>(guest, "keep")(static_cast<int>(place), given);
                return compare(put && table.elements[place] == bits, "kept");
            }
            case 1: table.elements[place] = bits; return;
            case 2:
                s.in_global[which] = bits;
                return compare(function_of<void(handle<both>)>(guest, "set")(handle<both>::from_bits(bits)).has_value(),
                               "set");
            case 3: return call(at, {{kind, taken, s.in_global[which]}}, 1, function_of<int()>(guest, "got"));
            default:
                return call(at, {{kind, taken, table.elements[place]}}, 1,
                            [&] { return function_of<int(int)>(guest, "kept")(static_cast<int>(place)); });
        }
    }
    void many(std::size_t at) {
        std::uint64_t bits[3];
        for (std::uint64_t& b : bits) b = known_.bits(random_);
        const auto run =
            function_of<int(handle<plain>, std::int64_t, handle<counted>, handle<const both>, unchecked<world*>)>(
                *sides_[at].relay, "many");
        call(at, {{0, by_reference, bits[0]}, {3, by_handle, bits[1]}, {4, by_pointer, bits[2]}}, 1, [&] {
            return run(handle<plain>::from_bits(bits[0]), 77, handle<counted>::from_bits(bits[1]),
                       handle<const both>::from_bits(bits[2]), this);
        });
    }
    void use(std::size_t at, std::size_t kind, form taken, std::uint64_t bits) {
        static constexpr const char* ways[] = {
            "itself",          "call",   "call_indirect", "call_ref", "return_call", "return_call_indirect",
            "return_call_ref", "thrown", "filled",        "twice"};
        const std::size_t way = random_.below(std::size(ways));
        const wasm::instance& guest = *sides_[at].guests[kind * forms + taken];
        call(at, {{kind, taken, bits}}, way + 1 == std::size(ways) ? 2 : 1, [&]() -> vitte::result<void, wasm::trap> {
            if (random_.one_of(2)) {
                VITTE_CHECK(function_of<int(handle<counted>)>(guest, ways[way])(handle<counted>::from_bits(bits)));
                return {};
            }
            const wasm::value given{wasm::external_reference, wasm::constant_value::of(bits)};
            VITTE_CHECK(sides_[at].store.invoke(guest.find(ways[way])->as<wasm::function>(), std::span(&given, 1)));
            return {};
        });
    }

    choices random_;
    things objects_;
    model known_;
    wasm::compiled_module guest_ = compiled(hostile), relay_ = compiled(relaying);
    std::array<side, 2> sides_;
    std::vector<frame> frames_;
    std::uint64_t opened_ = 0;
    std::string wrong_;
};

constexpr int steps = 20'000 / static_cast<int>(stride * stride);
constexpr std::size_t seeds = 30 / stride;
}  // namespace

BOOST_AUTO_TEST_SUITE(handle_attacks)

BOOST_AUTO_TEST_CASE(tables_know_what_is_theirs) {
    for (std::size_t seed = 1; seed <= seeds; ++seed)
        BOOST_TEST_CONTEXT("seed " << seed) BOOST_TEST(attack_tables(seed, steps, [] {}) == "");
}

BOOST_AUTO_TEST_CASE(tables_know_what_is_theirs_when_generations_end) {
    for (std::size_t seed = 1; seed <= seeds; ++seed) {
        const other_generations all;
        BOOST_TEST_CONTEXT("seed " << seed)
        BOOST_TEST(attack_tables(seed, steps, [&] { all.end(seed); }) == "");
    }
}

BOOST_AUTO_TEST_CASE(host_functions_get_what_is_shared_with_their_store) {
    for (std::size_t seed = 1; seed <= seeds; ++seed)
        BOOST_TEST_CONTEXT("seed " << seed) BOOST_TEST(world(seed).attack(steps, [] {}) == "");
}

BOOST_AUTO_TEST_CASE(host_functions_get_nothing_else_when_generations_end) {
    for (std::size_t seed = 1; seed <= seeds; ++seed) {
        const other_generations all;
        BOOST_TEST_CONTEXT("seed " << seed)
        BOOST_TEST(world(seed).attack(steps, [&] { all.end(seed); }) == "");
    }
}

BOOST_AUTO_TEST_SUITE_END()
