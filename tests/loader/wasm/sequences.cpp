// Sequences of instructions that have a handler of their own compute what the instructions do: random functions, which
// are run here while they are written.
#include <bit>
#include <boost/test/unit_test.hpp>
#include <random>
#include <vitte/core/endian.hpp>
#include <vitte/loader/wasm/store.hpp>

#include "../../support/needs.hpp"
#include "../../support/wasm_builder.hpp"

namespace {
namespace wasm = vitte::loader::wasm;
using namespace wasm_test;
using u32 = std::uint32_t;

/// Statements on locals 0 to 3, integers, and 4 to 7, numbers, and on the first bytes of a memory, with what they do.
class random_statements {
public:
    explicit random_statements(u32 seed) : random_(seed) {}

    u32 integers[4] = {1, 2, 3, 4};
    double numbers[4] = {1, 2, 3, 4};
    code made;

    void add() {
        switch (pick(5)) {
            case 0:
            case 1:
            case 2: {
                const u32 value = integer(pick(4)), local = pick(3);
                if (pick(3) == 0) {
                    emit({0x22, local, 0x21, (local + 1) % 3});  // two locals at once
                    integers[(local + 1) % 3] = value;
                } else {
                    emit({0x21, local});
                }
                integers[local] = value;
                break;
            }
            case 3: {
                const u32 local = pick(4);
                const double value = number(pick(4));
                emit({0x21, 4 + local});
                numbers[local] = value;
                break;
            }
            default: {
                const u32 at = address(), offset = 8 * pick(4);
                const u32 value = integer(pick(3));
                const bool is_byte = pick(2) == 0;
                emit({is_byte ? 0x3au : 0x36u, 0, offset});
                if (is_byte)
                    memory_[at + offset] = static_cast<std::byte>(value);
                else
                    vitte::store(memory_ + at + offset, value, vitte::byte_order::little);
            }
        }
    }

private:
    u32 pick(u32 below) { return static_cast<u32>(random_() % below); }
    void emit(std::initializer_list<u32> bytes) {
        for (const u32 b : bytes) made.push_back(static_cast<std::byte>(b));
    }
    u32 constant() {
        const u32 value = pick(32);
        made = std::move(made) + bytes({0x41}) + signed_number(value);
        return value;
    }
    u32 local() {
        const u32 i = pick(3);
        emit({0x20, i});
        return integers[i];
    }
    /// Below 96: the last integer, which stays as it is, and a constant.
    u32 address() {
        emit({0x20, 3});
        if (pick(4) == 0) return integers[3];
        const u32 by = constant();
        emit({0x6a});
        return integers[3] + by;
    }
    u32 loaded() {
        const u32 at = address(), offset = 8 * pick(4);
        const bool is_byte = pick(2) == 0;
        emit({is_byte ? 0x2du : 0x28u, 0, offset});
        if (is_byte) return static_cast<u32>(memory_[at + offset]);
        return vitte::load<u32>(memory_ + at + offset, vitte::byte_order::little);
    }
    /// A local or what is in memory, turned or moved.
    u32 turned() {
        const u32 a = pick(3) == 0 ? loaded() : local(), by = constant();
        switch (pick(3)) {
            case 0: return emit({0x76}), a >> by;
            default: return emit({0x77}), std::rotl(a, static_cast<int>(by));
        }
    }
    u32 leaf() {
        switch (pick(4)) {
            case 0: return loaded();
            case 1: return local();
            default: return turned();
        }
    }
    u32 integer(u32 depth) {
        if (depth == 0) return leaf();
        const u32 a = integer(depth - 1), b = pick(4) == 0 ? constant() : leaf();
        switch (pick(6)) {
            case 0: return emit({0x71}), a & b;
            case 1: return emit({0x6c}), a * b;
            case 2:
            case 3: return emit({0x73}), a ^ b;
            default: return emit({0x6a}), a + b;
        }
    }
    double number_leaf() {
        if (pick(2) == 0) {
            const u32 at = address(), offset = 8 * pick(4);
            emit({0x2b, 0, offset});
            return std::bit_cast<double>(vitte::load<std::uint64_t>(memory_ + at + offset, vitte::byte_order::little));
        }
        const u32 local = pick(4);
        emit({0x20, 4 + local});
        return numbers[local];
    }
    double number(u32 depth) {
        if (depth == 0) return number_leaf();
        const bool leaf_first = pick(2) == 0;
        const double a = leaf_first ? number_leaf() : number(depth - 1),
                     b = leaf_first ? number(depth - 1) : number_leaf();
        switch (pick(4)) {
            case 0: return emit({0xa1}), a - b;
            case 1: return emit({0xa0}), a + b;
            default: return emit({0xa2}), a * b;
        }
    }

    std::mt19937 random_;
    std::byte memory_[256] = {};
};

void compare(u32 seed, bool checked) {
    random_statements statements(seed);
    for (int i = 0; i < 30; ++i) statements.add();
    code results;
    for (int i = 0; i < 8; ++i) results = std::move(results) + bytes({0x20, i});
    const auto types = {i32, i32, i32, i32, f64, f64, f64, f64};
    const code m = module({make_section(1, list({type(types, types)})), make_section(3, list({bytes({0})})),
                           make_section(5, list({bytes({0, 1})})), make_section(7, list({exported("run", 0, 0)})),
                           make_section(10, list({body(statements.made + results)}))});
    wasm::compile_options options;
    options.checked_memory = checked;
    wasm::store_limits limits;
    limits.guard_memories = !checked;
    limits.memory_pages = 1;
    auto store = wasm::store::create(limits);
    BOOST_REQUIRE(store);
    const auto compiled = wasm::compiled_module::compile(m, options);
    if (!compiled) BOOST_FAIL(compiled.error().reading << ": " << compiled.error().reason);
    auto instance = store->instantiate(*compiled);
    BOOST_REQUIRE(instance);
    std::vector<wasm::value> arguments(8);
    for (u32 i = 0; i < 4; ++i) {
        arguments[i].type = wasm::i32;
        wasm::ops::put(arguments[i].bits.bits, i + 1);
        arguments[4 + i].type = wasm::f64;
        wasm::ops::put(arguments[4 + i].bits.bits, i + 1.0);
    }
    const auto given = store->invoke((*instance)->find("run")->as<wasm::function>(), arguments);
    BOOST_REQUIRE(given);
    for (unsigned i = 0; i < 4; ++i) {
        BOOST_REQUIRE_MESSAGE((*given)[i].as<u32>() == statements.integers[i], "integer " << i << " of seed " << seed);
        const double d = (*given)[4 + i].as<double>(), expected = statements.numbers[i];
        BOOST_REQUIRE_MESSAGE((d == expected || (d != d && expected != expected)),
                              "number " << i << " of seed " << seed);
    }
}
}  // namespace

BOOST_AUTO_TEST_CASE(sequences_compute_what_their_instructions_do) {
    for (u32 seed = 0; seed < 3000; ++seed) compare(seed, true);
}
BOOST_AUTO_TEST_CASE(sequences_in_guarded_memory_do_the_same) {
    if (!wasm::store::guards()) {
        BOOST_TEST_MESSAGE("skipped: this platform does not guard memories");
        return;
    }
    // Emulators keep notes on all address space that was ever reserved.
    const u32 functions = own_kernel.present() ? 3000 : 20;
    for (u32 i = 0; i < functions; ++i) compare(3000 + i, false);
}
