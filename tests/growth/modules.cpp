// WebAssembly modules of many shapes: read, validated, translated and instantiated.
#include <vitte/loader/wasm/disassemble.hpp>
#include <vitte/loader/wasm/store.hpp>

#include "../support/wasm_builder.hpp"
#include "growth.hpp"

namespace {
using namespace wasm_test;
using growth::digits;
using growth::job;
namespace wasm = vitte::loader::wasm;

template <class T>
void add(code& to, const T& more) {
    to.insert(to.end(), more.begin(), more.end());
}
code repeated(std::size_t times, const code& what) {
    code made;
    for (std::size_t i = 0; i < times; ++i) add(made, what);
    return made;
}
/// A list of `count` entries, each as `entry(index)` says.
template <class Entry>
code listed(std::size_t count, Entry entry) {
    code made = unsigned_number(static_cast<std::uint32_t>(count));
    for (std::size_t i = 0; i < count; ++i) add(made, entry(static_cast<std::uint32_t>(i)));
    return made;
}
code number(std::size_t value) { return unsigned_number(static_cast<std::uint32_t>(value)); }
std::string long_name(std::size_t i) { return std::string(100, 'n') + digits(i); }

job compiling(code module, bool accepted = true, const wasm::compile_options& options = {}) {
    return [module = std::move(module), accepted, options] {
        return wasm::compiled_module::compile(module, options).has_value() == accepted;
    };
}
/// What is compiled and instantiated, as often as is said.
job instantiating(const code& module, int times = 1) {
    return [compiled = wasm::compiled_module::compile(module), times] {
        auto store = wasm::store::create();
        if (!compiled || !store) return false;
        for (int i = 0; i < times; ++i)
            if (!store->instantiate(*compiled)) return false;
        return true;
    };
}

// Sections

const code no_type = make_section(1, list({type({}, {})}));

code with_functions(std::size_t n) {
    return module({no_type, make_section(3, listed(n, [](auto) { return bytes({0}); })),
                   make_section(10, listed(n, [](auto) { return body(bytes({0x01})); }))});
}
job functions(std::size_t n) { return compiling(with_functions(n)); }
job instances_of_functions(std::size_t n) { return instantiating(with_functions(n)); }
/// Types that differ in the last of many parameters.
code alike(std::uint32_t i) {
    code parameters;
    for (int k = 0; k < 40; ++k)
        parameters.push_back(static_cast<std::byte>(k < 20 || (i >> (k - 20) & 1) != 0 ? i32 : i64));
    return bytes({0x60, 40}) + parameters + bytes({0});
}
job types(std::size_t n) { return compiling(module({make_section(1, listed(n, alike))})); }
job recursion_group(std::size_t n) {
    return compiling(module({make_section(1, bytes({1, 0x4e}) + listed(n, [](auto i) {
                                                 return bytes({0x60, 1, 0x63}) + signed_number(i) + bytes({0});
                                             }))}));
}
job recursion_groups(std::size_t n) {
    return compiling(module(
        {make_section(1, listed(n, [](auto i) {
                          return bytes({0x4e, 2, 0x60, 1, 0x63}) + signed_number(2 * i + 1) + bytes({0, 0x60, 0, 0});
                      }))}));
}
job imports(std::size_t n) {
    return compiling(module({no_type, make_section(2, listed(n, [](auto i) {
                                                       return imported(long_name(i), long_name(i), bytes({0, 0}));
                                                   }))}));
}
job instances_of_imports(std::size_t n) {
    const code user = module({no_type, make_section(2, listed(n, [](auto i) {
                                                        return imported("env", long_name(i), bytes({0, 0}));
                                                    }))});
    return [n, compiled = wasm::compiled_module::compile(user)] {
        auto store = wasm::store::create();
        if (!compiled || !store) return false;
        for (std::size_t i = 0; i < n; ++i) store->define_function<void()>("env", long_name(i), [] {});
        return store->instantiate(*compiled).has_value();
    };
}
code with_exports(std::size_t n) {
    return module({no_type, make_section(3, list({bytes({0})})),
                   make_section(7, listed(n, [](auto i) { return exported(long_name(i), 0, 0); })),
                   make_section(10, list({body({})}))});
}
job exports(std::size_t n) { return compiling(with_exports(n)); }
job instances_of_exports(std::size_t n) { return instantiating(with_exports(n)); }
code with_globals(std::size_t n) {
    return module({make_section(
        6, listed(n, [](auto i) {
            return i == 0 ? bytes({i32, 0, 0x41, 0, 0x0b}) : bytes({i32, 0, 0x23}) + number(i - 1) + bytes({0x0b});
        }))});
}
job globals(std::size_t n) { return compiling(with_globals(n)); }
job instances_of_globals(std::size_t n) { return instantiating(with_globals(n)); }
code with_constants(std::size_t n) {
    return module({make_section(
        6, list({bytes({i32, 0}) + repeated(n, bytes({0x41, 1})) + repeated(n - 1, bytes({0x6a})) + bytes({0x0b})}))});
}
job constants(std::size_t n) { return compiling(with_constants(n)); }
job instances_of_constants(std::size_t n) { return instantiating(with_constants(n)); }
code with_tables(std::size_t n) {
    return module({make_section(4, listed(n, [](auto) { return bytes({0x70, 0, 1}); }))});
}
job tables(std::size_t n) { return compiling(with_tables(n)); }
job instances_of_tables(std::size_t n) { return instantiating(with_tables(n)); }
job tags(std::size_t n) {
    return compiling(module({no_type, make_section(13, listed(n, [](auto) { return bytes({0, 0}); }))}));
}
code with_data(std::size_t n) {
    return module(
        {make_section(5, list({bytes({0, 1})})), make_section(11, listed(n, [](auto) {
                                                                  return bytes({0, 0x41, 0, 0x0b, 2, 'a', 'b'});
                                                              }))});
}
job data(std::size_t n) { return compiling(with_data(n)); }
job instances_of_data(std::size_t n) { return instantiating(with_data(n)); }
code with_elements(std::size_t segments, std::size_t each, bool expressions) {
    return module(
        {no_type, make_section(3, list({bytes({0})})), make_section(4, list({bytes({0x70, 0}) + number(each)})),
         make_section(9, listed(segments,
                                [&](auto) {
                                    return bytes({expressions ? 4 : 0, 0x41, 0, 0x0b}) + listed(each, [&](auto) {
                                               return expressions ? bytes({0xd2, 0, 0x0b}) : bytes({0});
                                           });
                                })),
         make_section(10, list({body({})}))});
}
job element_segments(std::size_t n) { return compiling(with_elements(n, 1, false)); }
job elements(std::size_t n) { return compiling(with_elements(1, n, false)); }
job element_expressions(std::size_t n) { return compiling(with_elements(1, n, true)); }
job instances_of_elements(std::size_t n) { return instantiating(with_elements(n, 1, true)); }
job names(std::size_t n) {
    const code all = listed(n, [](auto i) { return number(i) + name(long_name(i)); });
    return compiling(with_functions(n) + custom("name", make_section(1, all)));
}
job custom_sections(std::size_t n) {
    code made = module({});
    for (std::size_t i = 0; i < n; ++i) add(made, custom("other", bytes({1, 2, 3})));
    return compiling(made + custom("name", {}));
}
job many_instances(std::size_t n) { return instantiating(with_functions(10), static_cast<int>(n)); }

// Bodies

/// The type 0 is () -> (), 1 is () -> (i32), 2 is (i32) -> (i32), 3 is (i32 x100) -> (i32 x100), 4 is (i32) -> ().
/// Function 0 is the body, of type 0, and functions 1 to 4 have the types 1 to 4. There are two i32, an i64, an f64 and
/// a vector as locals, a memory, a table, a global, and a tag of type 4.
code with_body(const code& instructions, const code& locals = bytes({4, 2, 0x7f, 1, 0x7e, 1, 0x7c, 1, 0x7b})) {
    const code hundred = number(100) + code(100, std::byte{i32});
    const code all = locals + instructions + bytes({0x0b});
    const code trap = body(bytes({0}));
    return module({make_section(1, list({type({}, {}), type({}, {i32}), type({i32}, {i32}),
                                         bytes({0x60}) + hundred + hundred, type({i32}, {})})),
                   make_section(3, list({bytes({0}), bytes({1}), bytes({2}), bytes({3}), bytes({4})})),
                   make_section(4, list({bytes({0x70, 0, 1})})), make_section(5, list({bytes({0, 1})})),
                   make_section(13, list({bytes({0, 4})})), make_section(6, list({bytes({i32, 1, 0x41, 0, 0x0b})})),
                   make_section(9, list({bytes({3, 0, 1, 0})})),
                   make_section(10, list({number(all.size()) + all, trap, trap, trap, trap}))});
}
job translating(const code& instructions) { return compiling(with_body(instructions)); }
/// `begin` as often as `end`, and `middle` between them.
job nested(std::size_t n, const code& begin, const code& end, const code& middle = {}) {
    return translating(repeated(n, begin) + middle + repeated(n, end));
}
job nested_blocks(std::size_t n) { return nested(n, bytes({0x02, 0x40}), bytes({0x0b})); }
job nested_loops(std::size_t n) { return nested(n, bytes({0x03, 0x40}), bytes({0x0b})); }
job nested_blocks_with_values(std::size_t n) { return nested(n, bytes({0x41, 1, 0x02, 2}), bytes({0x0b, 0x1a})); }
job nested_ifs(std::size_t n) { return nested(n, bytes({0x20, 0, 0x04, 0x40}), bytes({0x05, 0x0b})); }
job nested_catches(std::size_t n) { return nested(n, bytes({0x1f, 0x40, 1, 2, 0}), bytes({0x0b})); }
/// Each but the innermost is also a block that its values come to.
job nested_catches_of_values(std::size_t n) {
    return nested(n, bytes({0x02, 0x7f, 0x1f, 0x40, 1, 0, 0, 0}), bytes({0x0b, 0x41, 0, 0x0b, 0x1a}));
}
job blocks(std::size_t n) { return translating(repeated(n, bytes({0x02, 0x40, 0x20, 0, 0x0d, 0, 0x0b}))); }
job loops(std::size_t n) { return translating(repeated(n, bytes({0x03, 0x40, 0x20, 0, 0x0d, 0, 0x0b}))); }
job ifs(std::size_t n) {
    return translating(repeated(n, bytes({0x20, 0, 0x04, 0x7f, 0x41, 1, 0x05, 0x41, 2, 0x0b, 0x21, 0})));
}
job catches(std::size_t n) {
    return translating(repeated(n, bytes({0x02, 0x7f, 0x1f, 0x40, 1, 0, 0, 0, 0x0b, 0x41, 0, 0x0b, 0x1a})));
}
job clauses(std::size_t n) {
    return translating(bytes({0x02, 0x40, 0x1f, 0x40}) + number(n) + repeated(n, bytes({2, 0})) + bytes({0x0b, 0x0b}));
}
job branches_out(std::size_t n) {
    return nested(n, bytes({0x02, 0x40}), bytes({0x0b}), repeated(n, bytes({0x20, 0, 0x0d}) + number(n - 1)));
}
/// Each of them with a value to be moved.
job branches_with_values(std::size_t n) {
    return translating(bytes({0x41, 0, 0x02, 0x7f}) + repeated(n, bytes({0x41, 1, 0x20, 0, 0x0d, 0})) +
                       bytes({0x41, 1, 0x0c, 0, 0x0b, 0x1a, 0x1a}));
}
job branch_tables(std::size_t n) { return translating(repeated(n, bytes({0x02, 0x40, 0x20, 0, 0x0e, 1, 0, 0, 0x0b}))); }
job wide_branch_table(std::size_t n) {
    return translating(bytes({0x02, 0x40, 0x02, 0x40, 0x20, 0, 0x0e}) + number(n - 1) + repeated(n / 2, bytes({0, 1})) +
                       bytes({0x0b, 0x0b}));
}
job branch_table_out_of_blocks(std::size_t n) {
    code targets = bytes({0x20, 0, 0x0e}) + number(n - 1);
    for (std::size_t i = 0; i < n; ++i) add(targets, number(i));
    return nested(n, bytes({0x02, 0x40}), bytes({0x0b}), targets);
}
/// A table whose targets take turns, with as many values as entries.
job branch_table_of_values(std::size_t n) {
    const code values = number(n) + code(n, std::byte{i32});
    const code instructions = bytes({0x02, 1, 0x02, 1}) + repeated(n, bytes({0x41, 0})) + bytes({0x20, 0, 0x0e}) +
                              number(n - 1) + repeated(n / 2, bytes({0, 1})) + bytes({0x0b, 0x00, 0x0b, 0x00});
    const code all = bytes({1, 1, 0x7f}) + instructions + bytes({0x0b});
    return compiling(module({make_section(1, list({type({}, {}), bytes({0x60, 0}) + values})),
                             make_section(3, list({bytes({0})})), make_section(10, list({number(all.size()) + all}))}));
}
job unreachable_code(std::size_t n) {
    return translating(bytes({0x00}) +
                       repeated(n, bytes({0x02, 0x7f, 0x00, 0x6a, 0x1b, 0x0d, 0, 0x0b, 0x45, 0x04, 0x40, 0x05, 0x0b})));
}
job selects(std::size_t n) {
    return translating(bytes({0x41, 1}) + repeated(n, bytes({0x41, 2, 0x20, 0, 0x1b})) + bytes({0x1a}));
}
job additions(std::size_t n) { return translating(repeated(n, bytes({0x20, 0, 0x41, 1, 0x6a, 0x21, 0}))); }
job piled_additions(std::size_t n) {
    return translating(repeated(n, bytes({0x20, 0})) + repeated(n - 1, bytes({0x6a})) + bytes({0x1a}));
}
job piled_constants(std::size_t n) { return translating(repeated(n, bytes({0x41, 7})) + repeated(n, bytes({0x1a}))); }
job constants_below_blocks(std::size_t n) {
    return translating(repeated(n, bytes({0x41, 7})) + repeated(n, bytes({0x02, 0x40, 0x0b})) +
                       repeated(n, bytes({0x1a})));
}
job one_local_read_and_written(std::size_t n) {
    return translating(repeated(n, bytes({0x20, 0, 0x20, 0, 0x41, 1, 0x6a, 0x21, 0})) + repeated(n, bytes({0x1a})));
}
/// Locals that are read, then covered by constants, then written.
job covered_locals(std::size_t n) {
    code instructions;
    for (std::size_t i = 0; i < n; ++i) add(instructions, bytes({0x20}) + number(i));
    add(instructions, repeated(n, bytes({0x41, 7})));
    for (std::size_t i = 0; i < n; ++i) add(instructions, bytes({0x41, 7, 0x21}) + number(i));
    add(instructions, repeated(2 * n, bytes({0x1a})));
    return compiling(with_body(instructions, bytes({1}) + number(n) + bytes({i32})));
}
job locals(std::size_t n) { return compiling(with_body({}, number(n) + repeated(n, bytes({1, 0x7f})))); }
/// Locals without a default, which are set within a block and are not any more behind it.
job locals_without_default(std::size_t n) {
    code instructions;
    for (std::size_t i = 0; i < n; ++i)
        add(instructions,
            bytes({0x02, 0x40, 0xd2, 0, 0x21}) + number(i) + bytes({0x20}) + number(i) + bytes({0x1a, 0x0b}));
    return compiling(with_body(instructions, bytes({1}) + number(n) + bytes({0x64, 0x70})));
}
job loads_and_stores(std::size_t n) {
    return translating(repeated(n, bytes({0x20, 0, 0x20, 1, 0x28, 2, 4, 0x36, 2, 8})));
}
job bulk_operations(std::size_t n) { return translating(repeated(n, bytes({0x20, 0, 0x20, 0, 0x20, 0, 0xfc, 11, 0}))); }
job calls(std::size_t n) { return translating(repeated(n, bytes({0x20, 0, 0x10, 2, 0x21, 0}))); }
job calls_of_many_values(std::size_t n) {
    return translating(repeated(100, bytes({0x41, 1})) + repeated(n, bytes({0x10, 3})) + repeated(100, bytes({0x1a})));
}
job calls_by_table(std::size_t n) { return translating(repeated(n, bytes({0x20, 0, 0x20, 0, 0x11, 2, 0, 0x21, 0}))); }
job vectors(std::size_t n) { return translating(repeated(n, bytes({0x20, 4, 0x20, 4, 0xfd, 0xae, 1, 0x21, 4}))); }
job many_of_everything(std::size_t n) {
    wasm::compile_options options;
    options.metered = options.interruptible = true;
    return compiling(with_body(repeated(n, bytes({0x03, 0x40, 0x23, 0, 0x24, 0, 0x20, 2, 0xa7, 0x04, 0x40, 0x0c, 1,
                                                  0x0b, 0x20, 3, 0xaa, 0x1a, 0x0b}))),
                     true, options);
}
job large_signature(std::size_t n) {
    const code values = number(n) + code(n, std::byte{i32}),
               all = bytes({0}) + repeated(n, bytes({0x41, 1})) + bytes({0x10, 0, 0x0b});
    return compiling(module({make_section(1, list({bytes({0x60}) + values + values})),
                             make_section(3, list({bytes({0})})), make_section(10, list({number(all.size()) + all}))}));
}
job disassembly(std::size_t n) {
    return [module = with_body(repeated(n, bytes({0x02, 0x40, 0x20, 0, 0x41, 1, 0x6a, 0x0d, 0, 0x0b})))] {
        std::size_t seen = 0;
        const auto done = wasm::file::parse(module)->for_each_code([&](const wasm::code_entry& code) {
            static_cast<void>(wasm::disassemble(code, [&](unsigned, const std::string& line) { seen += line.size(); }));
        });
        return done && seen > 1000;
    };
}
job producers(std::size_t n) {
    const code all = listed(n, [](auto i) { return name(digits(i)) + list({name("a") + name("1")}); });
    return [module = module({custom("producers", all)}), n] {
        std::size_t seen = 0;
        const auto count = [&](const auto&...) { ++seen; };
        return wasm::for_each_producer(*wasm::file::parse(module), count) && seen == n;
    };
}
}  // namespace

std::span<const growth::shape> growth::modules() {
    static constexpr shape all[] = {
        {"wasm functions", 500, functions},
        {"wasm instances of functions", 500, instances_of_functions},
        {"wasm types", 500, types},
        {"wasm recursion group", 500, recursion_group},
        {"wasm recursion groups", 500, recursion_groups},
        {"wasm imports", 500, imports},
        {"wasm instances of imports", 250, instances_of_imports},
        {"wasm exports", 250, exports},
        {"wasm instances of exports", 250, instances_of_exports},
        {"wasm globals", 500, globals},
        {"wasm instances of globals", 500, instances_of_globals},
        {"wasm constants", 1000, constants},
        {"wasm instances of constants", 1000, instances_of_constants},
        {"wasm tables", 1000, tables},
        {"wasm instances of tables", 500, instances_of_tables},
        {"wasm tags", 1000, tags},
        {"wasm data", 500, data},
        {"wasm instances of data", 500, instances_of_data},
        {"wasm element segments", 500, element_segments},
        {"wasm elements", 1000, elements},
        {"wasm element expressions", 1000, element_expressions},
        {"wasm instances of elements", 250, instances_of_elements},
        {"wasm names", 500, names},
        {"wasm custom sections", 1000, custom_sections},
        {"wasm many instances", 50, many_instances},
        {"wasm nested blocks", 1000, nested_blocks},
        {"wasm nested loops", 1000, nested_loops},
        {"wasm nested blocks with values", 1000, nested_blocks_with_values},
        {"wasm nested ifs", 500, nested_ifs},
        {"wasm nested catches", 1000, nested_catches},
        {"wasm nested catches of values", 1000, nested_catches_of_values},
        {"wasm blocks", 500, blocks},
        {"wasm loops", 500, loops},
        {"wasm ifs", 500, ifs},
        {"wasm catches", 500, catches},
        {"wasm clauses", 1000, clauses},
        {"wasm branches out", 500, branches_out},
        {"wasm branches with values", 500, branches_with_values},
        {"wasm branch tables", 500, branch_tables},
        {"wasm wide branch table", 2000, wide_branch_table},
        {"wasm branch table out of blocks", 500, branch_table_out_of_blocks},
        {"wasm branch table of values", 200, branch_table_of_values},
        {"wasm unreachable code", 500, unreachable_code},
        {"wasm selects", 500, selects},
        {"wasm additions", 500, additions},
        {"wasm piled additions", 1000, piled_additions},
        {"wasm piled constants", 1000, piled_constants},
        {"wasm constants below blocks", 1000, constants_below_blocks},
        {"wasm one local read and written", 500, one_local_read_and_written},
        {"wasm covered locals", 500, covered_locals},
        {"wasm locals", 1000, locals},
        {"wasm locals without default", 500, locals_without_default},
        {"wasm loads and stores", 500, loads_and_stores},
        {"wasm bulk operations", 500, bulk_operations},
        {"wasm calls", 500, calls},
        {"wasm calls of many values", 50, calls_of_many_values},
        {"wasm calls by table", 500, calls_by_table},
        {"wasm vectors", 500, vectors},
        {"wasm disassembly", 250, disassembly},
        {"wasm producers", 500, producers},
        {"wasm many of everything", 250, many_of_everything},
        {"wasm large signature", 200, large_signature},
    };
    return all;
}
