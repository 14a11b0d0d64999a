// Makes valid WebAssembly modules of decisions: the sections around `bodies.hpp`.
//
// Imports and exports tell their types by their names, so that any host can offer and call them: the function
// "f3:il>d" takes an i32 and an i64 and gives an f64 (letters: `letter_of`). Imported besides "h0:...", ... of "host"
// may be its "memory" (1 to 4 pages), "table" (6 to 20 functions) and "number" (a constant i32, 42). Functions that
// begin with n must not fail. Exported are, as far as there are any, "fuel", "memory0", "t0", "g0:i", ...
#pragma once

#include "bodies.hpp"
#include "generated.hpp"

namespace wasm_fuzz {

class generator {
public:
    generator(choices& by, const wasm::features& allowed, const operations& known) : by_(by), known_(known) {
        plan_.allowed = allowed;
    }
    /// Writes at most about `limit` instructions: what comes before is the same with every limit.
    generated make(std::int64_t limit) {
        decide();
        std::vector<writer> bodies;
        const std::int64_t all = by_.one_in(4) ? 100 + by_.below(1500) : 20 + by_.below(300);
        const auto own = static_cast<std::uint32_t>(plan_.functions.size()) - plan_.imported_functions;
        std::vector<call> calls = decide_calls();
        for (std::uint32_t i = 0; i < own; ++i)
            bodies.push_back(body_writer(by_, plan_, known_, all / own, limit).write(plan_.imported_functions + i));
        out_.put(0, 'a', 's', 'm', 1, 0, 0, 0);
        types(), imports();
        section(3, own, [&](writer& to, std::uint32_t i) { to.number(plan_.functions[plan_.imported_functions + i]); });
        const std::uint32_t skipped = plan_.imported_table ? 1 : 0;
        section(4, tables() - skipped, [&](writer& to, std::uint32_t i) {
            put_type(to, plan_.tables[i + skipped].element), to.put(1, plan_.tables[i + skipped].least, 20);
        });
        const std::uint32_t given = plan_.imported_memory ? 1 : 0;
        section(5, static_cast<std::uint32_t>(plan_.memories.size()) - given, [&](writer& to, std::uint32_t i) {
            const unsigned wide = plan_.memories[i + given].wide ? 4 : 0;
            by_.one_in(3) ? to.put(wide, 1) : to.put(wide | 1, 1, 1 + by_.below(4));
        });
        section(13, static_cast<std::uint32_t>(plan_.tags.size()),
                [&](writer& to, std::uint32_t i) { to.put(0), to.number(plan_.tags[i].type); });
        globals(), exports();
        if (start_ != plan::none) section_of(8, [&](writer& to) { to.number(start_); });
        elements();
        if (plan_.data_segments != 0) section_of(12, [&](writer& to) { to.number(plan_.data_segments); });
        section(10, own, [&](writer& to, std::uint32_t i) { to.sized(bodies[i]); });
        section(11, plan_.data_segments, [&](writer& to, std::uint32_t i) { data(to, i == 0 || by_.one_in(3)); });
        return {std::move(out_.bytes), std::move(calls)};
    }

private:
    std::uint32_t tables() const { return static_cast<std::uint32_t>(plan_.tables.size()); }
    value_type any_type(bool vectors) {
        static constexpr value_type all[] = {
            wasm::i32, wasm::i32, wasm::i64, wasm::f32, wasm::f64, wasm::function_reference, wasm::external_reference,
            wasm::i32, wasm::i64, wasm::f64, wasm::v128};
        return all[by_.below(vectors && plan_.allowed.simd ? 11 : 10)];
    }
    signature any_signature(bool vectors) {
        signature made;
        for (std::uint32_t n = by_.below(5); n-- > 0;) made.parameters.push_back(any_type(vectors));
        for (std::uint32_t n = by_.one_in(3) ? by_.below(5) : 1; n-- > 0;) made.results.push_back(any_type(vectors));
        return made;
    }
    /// Whether JavaScript cannot call it.
    static bool is_internal(const signature& type) { return text_of(type).find_first_of("v?") != std::string::npos; }
    std::uint32_t type_at(bool vectors) {
        for (;;) {
            const std::uint32_t at = by_.below(static_cast<std::uint32_t>(plan_.types.size()));
            if (vectors || !is_internal(plan_.types[at])) return at;
            if (by_.one_in(8)) return 0;
        }
    }

    void decide() {
        plan_.types.emplace_back();
        for (std::uint32_t n = 2 + by_.below(7); n-- > 0;)
            plan_.types.push_back(by_.one_in(8) ? plan_.types[type_at(true)] : any_signature(by_.one_in(4)));
        decide_tags();
        for (std::uint32_t n = by_.one_in(8) ? 0 : plan_.allowed.multiple_memories && by_.one_in(3) ? 3 : 1; n-- > 0;)
            plan_.memories.push_back({plan_.allowed.memory64 && by_.one_in(4)});
        plan_.imported_memory = !plan_.memories.empty() && !plan_.memories[0].wide && by_.one_in(6);
        plan_.imported_functions = by_.below(3);
        for (std::uint32_t i = 0; i < plan_.imported_functions; ++i) plan_.functions.push_back(type_at(false));
        for (std::uint32_t n = 1 + by_.below(5); n-- > 0;) plan_.functions.push_back(type_at(true));
        if (by_.one_in(2)) plan_.globals.push_back({wasm::i32, false, true});
        plan_.fuel = static_cast<std::uint32_t>(plan_.globals.size());
        plan_.globals.push_back({wasm::i32, true, false});
        for (std::uint32_t n = by_.below(6); n-- > 0;) plan_.globals.push_back({any_type(true), !by_.one_in(5), false});
        decide_tables();
        plan_.data_segments = plan_.memories.empty() ? 0 : by_.below(4);
        if (by_.one_in(6))
            for (std::uint32_t i = plan_.imported_functions; i < plan_.functions.size(); ++i)
                if (plan_.type_of(i) == signature{}) start_ = i;
    }
    void decide_tags() {
        if (!plan_.allowed.exceptions || by_.one_in(2)) return;
        const auto add = [&](signature type) {
            plan_.types.push_back(std::move(type));
            return static_cast<std::uint32_t>(plan_.types.size() - 1);
        };
        for (std::uint32_t n = 1 + by_.below(3); n-- > 0;) {
            signature given = any_signature(true), caught;
            given.results.clear();
            caught.results = given.parameters;
            plan::tag made{add(given), add(caught), 0};
            caught.results.push_back(wasm::exception_reference);
            made.caught_reference = add(caught);
            plan_.tags.push_back(made);
        }
    }
    void decide_tables() {
        plan_.imported_table = by_.one_in(6);
        const std::uint32_t most = by_.below(4);
        for (std::uint32_t i = plan_.imported_table || most != 0 ? 0 : 1; i < (most < 2 ? 1 : 2); ++i) {
            plan::table made{i == 0 || by_.one_in(2) ? wasm::function_reference : wasm::external_reference, 6, {}};
            if (i == 0) {
                first_element_ = by_.below(3);
                made.functions.assign(first_element_, plan::none);
                for (std::uint32_t k = 0; k < 4; ++k)
                    made.functions.push_back(by_.below(static_cast<std::uint32_t>(plan_.functions.size())));
            }
            plan_.tables.push_back(std::move(made));
        }
        // What the segments are is in `elements`: all functions declared, what fills table 0, and passive ones.
        plan_.element_segments.push_back(wasm::function_reference);
        if (!plan_.tables.empty()) plan_.element_segments.push_back(wasm::function_reference);
        plan_.first_passive = static_cast<std::uint32_t>(plan_.element_segments.size());
        for (std::uint32_t n = by_.below(3); n-- > 0;)
            plan_.element_segments.push_back(by_.one_in(3) ? wasm::external_reference : wasm::function_reference);
    }
    /// Decided before the bodies, so that a limit does not change them.
    std::vector<call> decide_calls() {
        static constexpr std::uint64_t interesting[] = {0,     1,          2,          3,          10,
                                                        ~0ull, 0x80000000, 0x7fffffff, 1ull << 63, ~0ull >> 1};
        static constexpr double reals[] = {0, -0.0, 1, -1.5, 1e10, -1e20, 5e-324, 1e300};
        std::vector<call> made;
        for (std::uint32_t round = 0; round < 3; ++round)
            for (std::uint32_t i = plan_.imported_functions; i < plan_.functions.size(); ++i) {
                if (is_internal(plan_.type_of(i))) continue;
                call& c = made.emplace_back(call{name_of_function(i), {}});
                for (const value_type t : plan_.type_of(i).parameters) {
                    const bool wild = by_.one_in(3);
                    const double real = by_.one_of(reals);
                    if (t.is_reference())
                        c.arguments.push_back(by_.below(4));
                    else if (t == wasm::f32)
                        c.arguments.push_back(wild ? by_.bits() >> 32
                                                   : std::bit_cast<std::uint32_t>(static_cast<float>(real)));
                    else if (t == wasm::f64)
                        c.arguments.push_back(wild ? by_.bits() : std::bit_cast<std::uint64_t>(real));
                    else
                        c.arguments.push_back(wild ? by_.bits() : by_.one_of(interesting));
                }
            }
        return made;
    }
    std::string name_of_function(std::uint32_t i) const {
        return "f" + std::to_string(i) + ":" + text_of(plan_.type_of(i));
    }

    // Sections
    template <class Fill>
    void section_of(std::uint32_t id, Fill fill) {
        writer content;
        fill(content);
        out_.put(id), out_.sized(content);
    }
    template <class Entry>
    void section(std::uint32_t id, std::uint32_t count, Entry entry) {
        if (count == 0) return;
        section_of(id, [&](writer& to) {
            to.number(count);
            for (std::uint32_t i = 0; i < count; ++i) entry(to, i);
        });
    }
    void types() {
        section(1, static_cast<std::uint32_t>(plan_.types.size()), [&](writer& to, std::uint32_t i) {
            to.put(0x60);
            for (const auto* list : {&plan_.types[i].parameters, &plan_.types[i].results}) {
                to.number(list->size());
                for (const value_type t : *list) put_type(to, t);
            }
        });
    }
    void imports() {
        const bool number = plan_.globals[0].imported;
        const std::uint32_t f = plan_.imported_functions;
        const bool others[] = {plan_.imported_table, plan_.imported_memory, number};
        std::uint32_t count = f;
        for (const bool there : others) count += there ? 1 : 0;
        if (count == 0) return;
        section_of(2, [&](writer& to) {
            to.number(count);
            for (std::uint32_t i = 0; i < f; ++i) {
                // With exceptions, what a host throws could be caught in node: it does not.
                const std::string kind = plan_.tags.empty() ? "h" : "n";
                to.name("host"), to.name(kind + std::to_string(i) + ":" + text_of(plan_.type_of(i)));
                to.put(0), to.number(plan_.functions[i]);
            }
            if (plan_.imported_table) to.name("host"), to.name("table"), to.put(1, 0x70, 1, 6, 20);
            if (plan_.imported_memory) to.name("host"), to.name("memory"), to.put(2, 1, 1, 4);
            if (number) to.name("host"), to.name("number"), to.put(3, 0x7f, 0);
        });
    }
    void constant(writer& to, value_type type) {
        const std::uint64_t bits = by_.bits();
        if (type == wasm::i32 && plan_.globals[0].imported && by_.one_in(4))
            to.put(0x23, 0);
        else if (type == wasm::i32 && plan_.allowed.extended_constants && by_.one_in(2))
            to.put(0x41), to.signed_number(static_cast<std::int32_t>(bits)), to.put(0x41, 3, 0x6a + by_.below(3));
        else if (type == wasm::i32)
            to.put(0x41), to.signed_number(static_cast<std::int32_t>(bits));
        else if (type == wasm::i64)
            to.put(0x42), to.signed_number(static_cast<std::int64_t>(bits));
        else if (type == wasm::f32)
            to.put(0x43), to.fixed(bits, 4);
        else if (type == wasm::f64)
            to.put(0x44), to.fixed(bits, 8);
        else if (type == wasm::v128)
            to.put(0xfd, 12), to.fixed(bits, 8), to.fixed(~bits, 8);
        else if (type == wasm::function_reference && by_.one_in(2))
            to.put(0xd2), to.number(by_.below(static_cast<std::uint32_t>(plan_.functions.size())));
        else
            to.put(0xd0, type == wasm::function_reference ? 0x70 : 0x6f);
        to.put(0x0b);
    }
    void globals() {
        const std::uint32_t skipped = plan_.globals[0].imported ? 1 : 0;
        section(6, static_cast<std::uint32_t>(plan_.globals.size()) - skipped, [&](writer& to, std::uint32_t i) {
            const plan::global& g = plan_.globals[i + skipped];
            put_type(to, g.type), to.put(g.writable ? 1 : 0);
            if (i + skipped == plan_.fuel)
                to.put(0x41), to.signed_number(100), to.put(0x0b);
            else
                constant(to, g.type);
        });
    }
    void exports() {
        writer content;
        std::uint32_t count = 0;
        const auto offer = [&](const std::string& name, unsigned kind, std::uint32_t index) {
            content.name(name), content.put(kind), content.number(index);
            ++count;
        };
        for (std::uint32_t i = plan_.imported_functions; i < plan_.functions.size(); ++i)
            if (!is_internal(plan_.type_of(i))) offer(name_of_function(i), 0, i);
        for (std::uint32_t i = 0; i < tables(); ++i) offer("t" + std::to_string(i), 1, i);
        for (std::uint32_t i = 0; i < plan_.memories.size(); ++i) offer("memory" + std::to_string(i), 2, i);
        offer("fuel", 3, plan_.fuel);
        for (std::uint32_t i = plan_.fuel + 1; i < plan_.globals.size(); ++i)
            if (plan_.globals[i].type != wasm::v128)
                offer("g" + std::to_string(i) + ":" + letter_of(plan_.globals[i].type), 3, i);
        section_of(7, [&](writer& to) { to.number(count), to.append(content.bytes); });
    }
    void elements() {
        section(9, static_cast<std::uint32_t>(plan_.element_segments.size()), [&](writer& to, std::uint32_t i) {
            if (i == 0) {  // declares all functions
                to.put(3, 0), to.number(plan_.functions.size());
                for (std::uint32_t f = 0; f < plan_.functions.size(); ++f) to.number(f);
            } else if (i == 1 && !plan_.tables.empty()) {
                const auto& slots = plan_.tables[0].functions;
                const bool expressions = by_.one_in(2);
                to.put(expressions ? 4 : 0, 0x41), to.number(by_.one_in(100) ? 19 : first_element_), to.put(0x0b);
                to.number(slots.size() - first_element_);
                for (std::size_t k = first_element_; k < slots.size(); ++k)
                    expressions ? (to.put(0xd2), to.number(slots[k]), to.put(0x0b)) : to.number(slots[k]);
            } else {
                to.put(5), put_type(to, plan_.element_segments[i]), to.put(4);
                for (unsigned k = 0; k < 4; ++k) constant(to, plan_.element_segments[i]);
            }
        });
    }
    void data(writer& to, bool passive) {
        to.put(passive ? 1 : 0);
        if (!passive) {
            to.put(plan_.memories[0].wide ? 0x42 : 0x41);
            to.signed_number(by_.one_in(60) ? plan::memory_bytes - by_.below(40) : by_.below(600));
            to.put(0x0b);
        }
        const std::uint32_t size = 8 + by_.below(60);
        to.number(size);
        for (std::uint32_t i = 0; i < size; ++i) to.put(by_.bits() & 0xff);
    }

    choices& by_;
    const operations& known_;
    plan plan_;
    writer out_;
    std::uint32_t start_ = plan::none, first_element_ = 0;
};

}  // namespace wasm_fuzz
