// Writes bodies of functions that are valid by construction: every expression leaves one value of the type that is
// asked for, every statement none. They end: loops and functions count a global down, and trap at zero.
//
// Where the specification leaves bits of a NaN open, nothing may see them: what is stored, reinterpreted or goes into a
// vector is `exact`, that is made by instructions that only move bits, or has its NaNs replaced.
#pragma once

#include "plan.hpp"

namespace wasm_fuzz {

class body_writer {
public:
    /// Takes about `share` instructions, and none once `limit`, which all bodies share, has come to zero.
    body_writer(choices& by, const plan& of, const operations& known, std::int64_t share, std::int64_t& limit)
        : by_(by), plan_(of), known_(known), share_(share), limit_(limit) {}

    writer write(std::uint32_t function) {
        const signature& type = plan_.type_of(function);
        own_ = function;
        results_ = &type.results;
        locals_ = type.parameters;
        const auto parameters = locals_.size();
        favourite_ = any_type();
        for (std::uint32_t n = by_.below(8); n-- > 0;) locals_.push_back(any_type());
        first_index_ = local(wasm::i32), local(wasm::i32);
        spare_[0] = local(wasm::f32), spare_[1] = local(wasm::f64);
        if (plan_.allowed.simd) spare_[2] = local(wasm::v128);
        labels_.push_back(type.results);
        fuel();
        do statement();
        while (spend());
        values(type.results);
        out_.put(0x0b);

        writer whole;
        whole.number(locals_.size() - parameters);
        for (std::size_t i = parameters; i < locals_.size(); ++i) whole.number(1), put_type(whole, locals_[i]);
        whole.append(out_.bytes);
        return whole;
    }

private:
    static constexpr std::uint32_t most_depth = 10;
    static constexpr std::uint32_t add = 0x6a;
    bool spend() { return share_ > 0 && limit_ > 0 && (--share_, --limit_, true); }
    std::uint32_t local(value_type type) {
        locals_.push_back(type);
        return static_cast<std::uint32_t>(locals_.size() - 1);
    }
    value_type any_type() {
        if (favourite_ != wasm::unknown && by_.one_in(2)) return favourite_;
        const std::uint32_t n = by_.below(plan_.allowed.simd ? 10 : 9);
        return n < 4           ? wasm::i32
               : n < 6         ? wasm::i64
               : n == 6        ? wasm::f32
               : n == 7        ? wasm::f64
               : n == 9        ? wasm::v128
               : by_.one_in(2) ? wasm::function_reference
                               : wasm::external_reference;
    }
    static bool is_float(value_type t) { return t == wasm::f32 || t == wasm::f64; }

    // Instructions with their immediates
    void op(std::uint32_t code, std::uint64_t immediate) { out_.put(code), out_.number(immediate); }
    void op(std::uint32_t code) {
        if (code < 0x100) return out_.put(code);
        out_.put(code < 0x200 ? 0xfc : 0xfd);
        out_.number(code & 0xff);
    }
    void get(std::uint32_t index) { op(0x20, index); }
    void set(std::uint32_t index) { op(0x21, index); }
    void tee(std::uint32_t index) { op(0x22, index); }
    void i32_const(std::int32_t value) { out_.put(0x41), out_.signed_number(value); }
    void fuel() {
        const bool late = by_.one_in(4);
        if (!late) op(0x23, plan_.fuel), out_.put(0x45, 0x04, 0x40, 0x00, 0x0b);
        op(0x23, plan_.fuel), i32_const(1), out_.put(0x6b), op(0x24, plan_.fuel);
        if (late) op(0x23, plan_.fuel), i32_const(0), out_.put(0x48, 0x04, 0x40, 0x00, 0x0b);
    }

    // Constants and variables
    void constant(value_type type);
    template <class Half>
    void vector_constant(Half half) {
        op(0x200 + 12);
        out_.fixed(half(), 8), out_.fixed(half(), 8);
    }
    static constexpr std::uint32_t nothing = ~0u;
    template <class All, class Good>
    std::uint32_t pick(const All& all, Good good) {
        const auto n = static_cast<std::uint32_t>(all.size());
        for (std::uint32_t i = 0, at = n == 0 ? 0 : by_.below(n); i < n; ++i, at = at + 1 == n ? 0 : at + 1)
            if (good(at)) return at;
        return nothing;
    }
    /// A local of type `type`, but none that holds an index when it is to be written; nor the spare ones, whose NaNs
    /// may be any.
    std::uint32_t local_of(value_type type, bool written) {
        return pick(locals_, [&](std::uint32_t i) {
            const bool spare = i > first_index_ + 1, index = i >= first_index_ && !spare;
            return locals_[i] == type && !spare && !(written && index);
        });
    }
    std::uint32_t global_of(value_type type, bool written) {
        return pick(plan_.globals, [&](std::uint32_t i) {
            return plan_.globals[i].type == type && (!written || (plan_.globals[i].writable && i != plan_.fuel));
        });
    }
    void leaf(value_type type, bool exact = false);
    /// Takes a value from the stack.
    void consume(value_type type) {
        const std::uint32_t kind = by_.below(8), l = local_of(type, true), g = global_of(type, true);
        if (l != nothing && kind < 5) return set(l);
        if (g != nothing && kind == 5) return op(0x24, g);
        out_.put(0x1a);
    }
    void consume(const std::vector<value_type>& types) {
        for (std::size_t i = types.size(); i-- > 0;) consume(types[i]);
    }
    void values(const std::vector<value_type>& types) {
        for (const value_type t : types) by_.one_in(2) ? leaf(t) : expression(t);
    }

    // Expressions
    void expression(value_type type, bool exact = false);
    void exact_number(value_type type);
    void inner(value_type type);
    void query();
    void table_get(value_type type) {
        if (plan_.allowed.typed_references && by_.one_in(6)) return leaf(type), out_.put(0xd4);
        const std::uint32_t t = pick(plan_.tables, [&](std::uint32_t i) { return plan_.tables[i].element == type; });
        if (t == nothing) return leaf(type);
        slot(t), op(0x25, t);
    }
    /// An index into a table, mostly inside.
    void slot(std::uint32_t table) {
        const std::uint32_t kind = by_.below(16);
        if (kind == 0) return expression(wasm::i32);
        if (kind < 5) return expression(wasm::i32), i32_const(3), out_.put(0x71);
        i32_const(static_cast<std::int32_t>(by_.below(plan_.tables[table].least + (kind == 5 ? 2 : 0))));
    }
    void select(value_type type) {
        expression(type), by_.one_in(2) ? leaf(type) : expression(type), condition();
        if (!type.is_reference() && !by_.one_in(4)) return op(0x1b);
        out_.put(0x1c, 1), put_type(out_, type);
    }
    /// What comes in rows in real programs, and is made one instruction by the translator: each operation on the result
    /// of the one before and a local, a constant or an element.
    void chain(value_type type, std::uint32_t length);
    void element(value_type type) {
        if (by_.one_in(6) && !plan_.memories.empty()) return load_of(type);
        by_.one_in(8) ? expression(type) : leaf(type);
    }
    /// What a branch tests: comparisons above all.
    void condition();
    void operation(std::uint32_t code);
    void constant_one(value_type type) { out_.put(type == wasm::i32 ? 0x41 : 0x42, 1); }
    void vector_operation(std::uint32_t code);

    // Memory
    struct place {
        std::uint32_t memory;
        std::uint64_t offset;
    };
    std::uint32_t memory() { return by_.one_in(3) ? by_.below(static_cast<std::uint32_t>(plan_.memories.size())) : 0; }
    /// Makes an i32 on the stack an address of the memory.
    void widen(std::uint32_t memory) {
        if (plan_.memories[memory].wide) op(0xad);
    }
    /// Puts an address on the stack, mostly one that is inside with the offset that is returned.
    place address() {
        const std::uint32_t m = memory(), offset = narrow_address();
        widen(m);
        return {m, plan_.memories[m].wide && by_.one_in(200) ? by_.bits() : offset};
    }
    std::uint32_t narrow_address();
    void memory_argument(std::uint32_t size, const place& where);
    void load(std::uint32_t code) {
        const place where = address();
        op(code), memory_argument(wasm::memory_rows[code - wasm::first_memory_opcode].size, where);
    }
    void load_of(value_type type) {
        static constexpr std::uint8_t i32s[] = {0x28, 0x28, 0x28, 0x2c, 0x2d, 0x2d, 0x2e, 0x2f};
        static constexpr std::uint8_t i64s[] = {0x29, 0x29, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35};
        load(type == wasm::i32   ? by_.one_of(i32s)
             : type == wasm::i64 ? by_.one_of(i64s)
             : type == wasm::f32 ? 0x2a
                                 : 0x2b);
    }
    void store();
    void bulk_memory();
    void bulk_table();

    // Control
    void open(std::uint32_t code, value_type result) {
        out_.put(code), put_type(out_, result);
        labels_.push_back(code == 0x03 ? std::vector<value_type>{} : std::vector{result});
        if (code == 0x03) fuel();
    }
    void open(std::uint32_t code) {
        out_.put(code, 0x40);
        labels_.emplace_back();
        if (code == 0x03) fuel();
    }
    void close() {
        labels_.pop_back();
        out_.put(0x0b);
    }
    void block_of(value_type type) {
        open(by_.one_in(3) ? 0x03 : 0x02, type), statements(3), expression(type), close();
    }
    /// A block, loop or if of type `index`, with its parameters; leaves its results.
    void typed_block(std::uint32_t index);
    void typed_inside(const signature& type) {
        if (type.parameters == type.results && by_.one_in(2)) return statements(2);
        consume(type.parameters), statements(2), values(type.results);
    }
    void statements(std::uint32_t most) {
        for (std::uint32_t n = by_.below(most + 1); n-- > 0 && spend();) statement();
    }
    void statement() {
        if (depth_ >= most_depth) return;
        ++depth_;
        statement_inside();
        --depth_;
    }
    void statement_inside();
    /// Locals that get other locals or constants, several in a row.
    void copies();
    void index() {
        expression(wasm::i32), i32_const((1 << by_.below(13)) - 1), out_.put(0x71), set(first_index_ + by_.below(2));
    }
    void counted_loop();
    void typed_statement() {
        const std::uint32_t t = by_.below(static_cast<std::uint32_t>(plan_.types.size()));
        typed_block(t), consume(plan_.types[t].results);
    }
    /// A branch, return or tail call: nothing behind it is reached.
    void leave();
    std::uint32_t label() { return by_.below(static_cast<std::uint32_t>(labels_.size())); }
    void branch_if() {
        const std::uint32_t depth = label();
        const std::vector<value_type> types = labels_[labels_.size() - 1 - depth];
        values(types), condition(), op(0x0d, depth), consume(types);
    }
    void branch_table(std::uint32_t depth);
    void switch_() {
        const std::uint32_t cases = 1 + by_.below(3);
        for (std::uint32_t i = 0; i < cases; ++i) open(0x02);
        branch_table(by_.below(cases));
        for (std::uint32_t i = 0; i < cases; ++i) close(), statements(1);
    }
    /// Nothing but the catch clauses of `try_table` sees what is thrown, and the host.
    void throw_() {
        const std::uint32_t tag = by_.below(static_cast<std::uint32_t>(plan_.tags.size()));
        values(plan_.types[plan_.tags[tag].type].parameters), op(0x08, tag);
    }
    /// A `try_table` in a block that gets what is caught, with or without a reference to the exception.
    void try_();
    void branch_on_null();

    // Calls
    void call(std::uint32_t f, bool last);
    /// A function of a fitting type; seldom one that may call this one, so that not all fuel goes into recursion.
    template <class Fits>
    std::uint32_t callee(Fits fits) {
        const bool any = by_.one_in(6);
        return pick(plan_.functions, [&](std::uint32_t i) {
            return fits(plan_.type_of(i)) && (any || i > own_ || i < plan_.imported_functions);
        });
    }
    void call_statement() {
        const std::uint32_t f = callee([](const signature&) { return true; });
        if (f != nothing) call(f, false), consume(plan_.type_of(f).results);
    }
    void call_for(value_type type) {
        const std::uint32_t f =
            callee([&](const signature& t) { return t.results.size() == 1 && t.results[0] == type; });
        f == nothing ? leaf(type) : call(f, false);
    }

    choices& by_;
    const plan& plan_;
    const operations& known_;
    std::int64_t share_;
    std::int64_t& limit_;
    writer out_;
    std::uint32_t own_ = 0, depth_ = 0;
    const std::vector<value_type>* results_ = nullptr;
    value_type favourite_;  ///< most values are of this type, so that few functions do a bit of everything
    std::vector<value_type> locals_;
    std::uint32_t first_index_ = 0;  ///< of two locals that hold small numbers, for addresses
    std::uint32_t spare_[3] = {};    ///< locals to look at a number twice: f32, f64, v128
    std::vector<std::vector<value_type>> labels_;
};

}  // namespace wasm_fuzz

#include "bodies_control.hpp"
#include "bodies_values.hpp"
