// Writes bodies of functions that are valid by construction: every expression leaves one value of the type that is asked
// for, every statement none. They end: loops and functions count a global down, and trap at zero.
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
        const std::uint32_t n = by_.below(plan_.allowed.simd ? 10 : 9);
        return n < 4 ? wasm::i32 : n < 6 ? wasm::i64 : n == 6 ? wasm::f32 : n == 7 ? wasm::f64 : n == 9 ? wasm::v128
                                 : by_.one_in(2) ? wasm::function_reference : wasm::external_reference;
    }
    value_type any_number() { return bank_types[by_.below(plan_.allowed.simd ? 5 : 4)]; }
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
    void constant(value_type type) {
        static constexpr std::uint64_t integers[] = {0,  1,          2,          4,          7,     8,         16,
                                                     31, 32,         63,         64,         127,   128,       255,
                                                     256, 0x7fff,    0x8000,     0xffff,     65536, 0x7fffffff, 0x80000000,
                                                     0xffffffff, 0x100000000, ~0ull >> 1, ~0ull << 63, ~0ull, ~1ull, ~0ull << 31};
        static constexpr std::uint32_t floats[] = {0,          0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000,
                                                   0x7fc00000, 0xffc00000, 0x7fa00001, 0x7fffffff, 1,          0x807fffff,
                                                   0x00800000, 0x7f7fffff, 0xff7fffff, 0x4f000000, 0xcf000000, 0x4f800000,
                                                   0x5f000000, 0xdf000000, 0x5f800000, 0x3f000000, 0xbf7fffff, 0x40490fdb};
        static constexpr std::uint64_t doubles[] = {
            0,                  1ull << 63,         0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000,
            0xfff0000000000000, 0x7ff8000000000000, 0xfff8000000000000, 0x7ff4000000000001, 0x7fffffffffffffff,
            1,                  0x800fffffffffffff, 0x0010000000000000, 0x7fefffffffffffff, 0x41e0000000000000,
            0xc1e0000000000000, 0xc1e0000000200000, 0x41dfffffffc00000, 0x41f0000000000000, 0x43e0000000000000,
            0xc3e0000000000000, 0x43f0000000000000, 0x3fe0000000000000, 0xbfefffffffffffff, 0x400921fb54442d18,
            0x36a0000000000000, 0x380fffffc0000000, 0x47efffffe0000000, 0x47effffff0000000};
        const auto integer = [&] { return by_.one_in(4) ? by_.bits() >> by_.below(64) : by_.one_of(integers); };
        if (type == wasm::i32)
            i32_const(by_.one_in(2) ? static_cast<std::int32_t>(by_.below(40)) : static_cast<std::int32_t>(integer()));
        else if (type == wasm::i64)
            out_.put(0x42), out_.signed_number(static_cast<std::int64_t>(integer()));
        else if (type == wasm::f32)
            out_.put(0x43), out_.fixed(by_.one_in(4) ? by_.bits() : by_.one_of(floats), 4);
        else if (type == wasm::f64)
            out_.put(0x44), out_.fixed(by_.one_in(4) ? by_.bits() : by_.one_of(doubles), 8);
        else if (type == wasm::v128)
            vector_constant([&] { return by_.one_in(2) ? by_.one_of(doubles) : integer(); });
        else if (type == wasm::function_reference && !by_.one_in(3))
            op(0xd2, by_.below(static_cast<std::uint32_t>(plan_.functions.size())));
        else
            out_.put(0xd0, static_cast<unsigned>(type.heap().code()));
    }
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
    /// A local of type `type`, but none that holds an index when it is to be written; nor the spare ones, whose NaNs may
    /// be any.
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
    void leaf(value_type type, bool exact = false) {
        if (!exact || !is_float(type)) {
            const std::uint32_t kind = by_.below(8), l = local_of(type, false), g = global_of(type, false);
            if (l != nothing && kind < 5) return get(l);
            if (g != nothing && kind == 5) return op(0x23, g);
        }
        constant(type);
    }
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
    void expression(value_type type, bool exact = false) {
        if (depth_ >= most_depth || !spend()) return leaf(type, exact);
        ++depth_;
        if (exact && is_float(type))
            exact_number(type);
        else
            inner(type);
        --depth_;
    }
    void exact_number(value_type type) {
        const bool wide = type == wasm::f64;
        switch (by_.below(6)) {
            case 0: return expression(wide ? wasm::i64 : wasm::i32), op(wide ? 0xbf : 0xbe);
            case 1: return expression(type, true), op((wide ? 0x99u : 0x8bu) + by_.below(2));
            case 2: return expression(type, true), expression(type, true), op(wide ? 0xa6 : 0x98);
            case 3: return leaf(type, true);
            case 4:
                if (!plan_.memories.empty()) return load(wide ? 0x2b : 0x2a);
                [[fallthrough]];
            default: {  // any number; a NaN becomes the canonical one
                expression(type);
                const std::uint32_t spare = spare_[wide ? 1 : 0];
                tee(spare);
                out_.put(wide ? 0x44 : 0x43), out_.fixed(wide ? 0x7ff8000000000000 : 0x7fc00000, wide ? 8 : 4);
                get(spare), get(spare), op(wide ? 0x61 : 0x5b), op(0x1b);
            }
        }
    }
    void inner(value_type type) {
        const std::uint32_t kind = by_.below(24);
        const bool number = !type.is_reference() && type != wasm::v128;
        if (kind < 5 && number) return chain(type, 1 + by_.below(3));
        switch (kind) {
            case 5: return leaf(type);
            case 6: return block_of(type);
            case 7:  // if
                condition();
                open(0x04, type), statements(2), expression(type);
                out_.put(0x05), statements(2);
                if (by_.one_in(6))
                    leave();
                else
                    expression(type);
                return close();
            case 8: return select(type);
            case 9: return call_for(type);
            case 10: {
                expression(type);
                if (const std::uint32_t l = local_of(type, true); l != nothing) tee(l);
                return;
            }
            case 11: return statement(), expression(type);
            case 12:
            case 13:
            case 14:
                if (number && !plan_.memories.empty()) return load_of(type);
                break;
            case 15: {  // a block of any type, whose last result is wanted
                const std::uint32_t t = pick(plan_.types, [&](std::uint32_t i) {
                    return !plan_.types[i].results.empty() && plan_.types[i].results.back() == type;
                });
                const std::uint32_t kept = local_of(type, true);
                if (t == nothing || kept == nothing) break;
                typed_block(t);
                set(kept);
                for (std::size_t i = plan_.types[t].results.size() - 1; i-- > 0;) consume(plan_.types[t].results[i]);
                return get(kept);
            }
            default: break;
        }
        if (type.is_reference()) return table_get(type);
        if (type == wasm::i32 && by_.one_in(8)) return query();
        operation(by_.one_of(known_.giving(type)));
    }
    void query() {
        const std::uint32_t kind = by_.below(5);
        if (kind < 2 && !plan_.memories.empty()) {
            const std::uint32_t m = memory();
            if (kind == 1) i32_const(static_cast<std::int32_t>(by_.below(3))), widen(m);
            op(kind == 1 ? 0x40 : 0x3f, m);
            if (plan_.memories[m].wide) op(0xa7);
            return;
        }
        if (kind >= 3 && !plan_.tables.empty()) {
            const std::uint32_t t = by_.below(static_cast<std::uint32_t>(plan_.tables.size()));
            if (kind == 3) return out_.put(0xfc), out_.number(16), out_.number(t);
            expression(plan_.tables[t].element), i32_const(static_cast<std::int32_t>(by_.below(4)));
            return out_.put(0xfc), out_.number(15), out_.number(t);
        }
        expression(by_.one_in(2) ? wasm::function_reference : wasm::external_reference);
        out_.put(0xd1);
    }
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
    void chain(value_type type, std::uint32_t length) {
        static constexpr std::uint8_t integer[] = {0, 0, 0, 1, 2, 7, 7, 8, 9, 10, 10, 11, 12, 13};
        static constexpr std::uint8_t real[] = {0, 0, 1, 2, 2};
        const bool floats = is_float(type);
        const std::uint32_t first = type == wasm::i32 ? 0x6a : type == wasm::i64 ? 0x7c : type == wasm::f32 ? 0x92 : 0xa0;
        if (length == 0) return by_.one_in(4) && !plan_.memories.empty() ? load_of(type) : leaf(type);
        const bool swapped = by_.one_in(3);
        if (swapped) element(type);
        chain(type, length - 1);
        if (!swapped) element(type);
        op(first + (floats ? by_.one_of(real) : by_.one_of(integer)));
        const std::uint32_t kept = by_.one_in(5) ? local_of(type, true) : nothing;
        if (kept != nothing) tee(kept);
    }
    void element(value_type type) {
        if (by_.one_in(6) && !plan_.memories.empty()) return load_of(type);
        by_.one_in(8) ? expression(type) : leaf(type);
    }
    /// What a branch tests: comparisons above all.
    void condition() {
        const std::uint32_t kind = by_.below(8);
        if (kind == 0) return expression(wasm::i32);
        if (kind == 1) return chain(wasm::i32, 1), i32_const(1 << by_.below(8)), out_.put(0x71);
        const value_type type = bank_types[kind < 6 ? 0 : by_.below(4)];
        const std::uint32_t first[] = {0x46, 0x51, 0x5b, 0x61};
        const auto bank = static_cast<std::size_t>(wasm::bank_of(type));
        by_.one_in(2) ? leaf(type) : by_.one_in(3) && !plan_.memories.empty() ? load_of(type) : chain(type, by_.below(3));
        by_.one_in(4) ? expression(type) : leaf(type);
        op(first[bank] + by_.below(bank < 2 ? 10 : 6));
        if (by_.one_in(5)) op(0x45);
    }
    void operation(std::uint32_t code) {
        if (code >= 0x200) return vector_operation(code);
        const wasm::numeric_row& row = wasm::numeric_rows[code];
        const value_type from = bank_types[static_cast<std::size_t>(row.from)];
        const std::string_view text = row.text;
        const bool truncates = code >= 0xa8 && code <= 0xb1 && code != 0xac && code != 0xad,
                   divides = text.find(".div_") != text.npos || text.find(".rem_") != text.npos;
        if (truncates && !by_.one_in(8)) {  // mostly of what fits
            expression(wasm::i32), op(from == wasm::f32 ? (by_.one_in(2) ? 0xb2 : 0xb3) : (by_.one_in(2) ? 0xb7 : 0xb8));
            if (text.ends_with("u")) op(from == wasm::f32 ? 0x8b : 0x99);
            return op(code);
        }
        expression(from, code == 0xbc || code == 0xbd);
        if (row.shape != wasm::shape::unary) expression(from, code == 0x98 || code == 0xa6);
        if (divides && !by_.one_in(8)) constant_one(from), op(from == wasm::i32 ? 0x72 : 0x84);
        op(code);
    }
    void constant_one(value_type type) { out_.put(type == wasm::i32 ? 0x41 : 0x42, 1); }

    void vector_operation(std::uint32_t code) {
        using enum wasm::vector_shape;
        const wasm::vector_row& row = wasm::vector_rows[code - 0x200];
        const value_type scalar = bank_types[static_cast<std::size_t>(row.scalar)];
        if (row.shape == constant) return this->constant(wasm::v128);
        if (row.shape == load || row.shape == load_lane) {
            if (!!plan_.memories.empty()) return leaf(wasm::v128);
            const place where = address();
            if (row.shape == load_lane) expression(wasm::v128);
            op(code), memory_argument(row.size, where);
            if (row.shape == load_lane) out_.put(by_.below(row.lanes));
            return;
        }
        if (row.shape == splat)
            expression(scalar, true);
        else
            expression(wasm::v128);
        if (row.shape == binary || row.shape == shuffle || row.shape == ternary) expression(wasm::v128);
        if (row.shape == ternary) expression(wasm::v128);
        if (row.shape == shift) expression(wasm::i32);
        if (row.shape == replace) expression(scalar, true);
        op(code);
        if (row.shape == extract || row.shape == replace) out_.put(by_.below(row.lanes));
        for (unsigned i = 0; row.shape == shuffle && i < 16; ++i) out_.put(by_.below(32));
        if (!gives_any_nan(row)) return;
        const bool wide = row.text[1] == '6';
        tee(spare_[2]);
        vector_constant([wide] { return wide ? 0x7ff8000000000000u : 0x7fc000007fc00000u; });
        get(spare_[2]), get(spare_[2]), op(0x200 + (wide ? 71 : 65)), op(0x200 + 82);
    }

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
    std::uint32_t narrow_address() {
        static constexpr std::uint32_t offsets[] = {0, 0, 0, 0, 1, 4, 8, 16, 100, 1024, 40000};
        const std::uint32_t kind = by_.below(16), index = first_index_ + by_.below(2);
        if (kind < 4) {
            const bool edge = by_.one_in(4);
            const std::uint32_t at = edge ? plan::memory_bytes - by_.below(20) : 8 * by_.below(40) + by_.below(2);
            const std::uint32_t offset = by_.one_in(2) ? by_.below(edge ? at : 64) : 0;
            i32_const(static_cast<std::int32_t>(edge ? at - offset : at));
            return offset;
        }
        if (kind < 12) {  // elements of arrays
            get(index);
            if (by_.one_in(2)) i32_const(1 + static_cast<std::int32_t>(by_.below(3))), out_.put(0x74);
            if (by_.one_in(4)) get(first_index_), out_.put(add);
            if (by_.one_in(2)) i32_const(static_cast<std::int32_t>(8 * by_.below(200))), out_.put(add);
        } else if (kind < 15) {
            expression(wasm::i32), i32_const((1 << by_.below(16)) - 1), out_.put(0x71);
        } else {
            by_.one_in(6) ? expression(wasm::i32) : get(index);
        }
        return by_.one_in(200) ? ~by_.below(16) : by_.one_of(offsets);
    }
    void memory_argument(std::uint32_t size, const place& where) {
        std::uint32_t alignment = 0;
        while (size >> (alignment + 1) != 0 && !by_.one_in(4)) ++alignment;
        out_.number(alignment | (where.memory != 0 ? 0x40 : 0));
        if (where.memory != 0) out_.number(where.memory);
        out_.number(where.offset);
    }
    void load(std::uint32_t code) {
        const place where = address();
        op(code), memory_argument(wasm::memory_rows[code - wasm::first_memory_opcode].size, where);
    }
    void load_of(value_type type) {
        static constexpr std::uint8_t i32s[] = {0x28, 0x28, 0x28, 0x2c, 0x2d, 0x2d, 0x2e, 0x2f};
        static constexpr std::uint8_t i64s[] = {0x29, 0x29, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35};
        load(type == wasm::i32 ? by_.one_of(i32s) : type == wasm::i64 ? by_.one_of(i64s) : type == wasm::f32 ? 0x2a : 0x2b);
    }
    void store() {
        if (plan_.allowed.simd && by_.one_in(8)) {
            const bool lane = by_.one_in(2);
            const std::uint32_t code = lane ? 88 + by_.below(4) : 11;
            const place where = address();
            expression(wasm::v128);
            op(0x200 + code), memory_argument(wasm::vector_rows[code].size, where);
            if (lane) out_.put(by_.below(wasm::vector_rows[code].lanes));
            return;
        }
        static constexpr std::uint8_t stores[] = {0x36, 0x36, 0x36, 0x37, 0x37, 0x38, 0x39, 0x39, 0x3a, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e};
        const std::uint32_t code = by_.one_of(stores);
        const place where = address();
        const wasm::memory_row& row = wasm::memory_rows[code - wasm::first_memory_opcode];
        const value_type type = bank_types[static_cast<std::size_t>(row.value)];
        if (!is_float(type) && by_.one_in(3))
            chain(type, 1 + by_.below(2));
        else
            by_.one_in(3) ? leaf(type, true) : expression(type, true);
        op(code), memory_argument(row.size, where);
    }
    void bulk_memory() {
        const std::uint32_t kind = by_.below(plan_.data_segments == 0 ? 2 : 4),
                            segment = by_.one_in(20) ? plan_.data_segments - 1 : 0;  // the first one is passive
        if (kind == 3 && by_.one_in(8)) return op(0x109), out_.number(segment);
        const auto small = [&](std::uint32_t most) {
            by_.one_in(12) ? expression(wasm::i32) : i32_const(static_cast<std::int32_t>(by_.below(most)));
        };
        const std::uint32_t to = memory(), from = memory();
        small(300), widen(to);
        if (kind == 0) return expression(wasm::i32), small(100), widen(to), op(0x10b), out_.number(to);
        small(kind == 1 ? 300 : 8);
        if (kind == 1) widen(from);
        small(kind == 1 ? 100 : 6);
        if (kind == 1 && plan_.memories[from].wide) widen(to);
        if (kind == 1) return op(0x10a), out_.number(to), out_.number(from);
        op(0x108), out_.number(segment), out_.number(to);
    }
    void bulk_table() {
        const std::uint32_t t = by_.below(static_cast<std::uint32_t>(plan_.tables.size())), kind = by_.below(5);
        const value_type element = plan_.tables[t].element;
        const auto small = [&] { i32_const(static_cast<std::int32_t>(by_.one_in(20) ? by_.below(20) : by_.below(3))); };
        if (kind == 0) return slot(t), expression(element), op(0x26, t);
        if (kind == 1) return small(), expression(element), small(), op(0x111), out_.number(t);
        const std::uint32_t from = pick(plan_.tables, [&](std::uint32_t i) { return plan_.tables[i].element == element; }),
                            first = by_.one_in(20) ? 0 : plan_.first_passive,
                            segment = pick(plan_.element_segments, [&](std::uint32_t i) {
                                return i >= first && plan_.element_segments[i] == element;
                            });
        if (kind == 4 && segment != nothing && by_.one_in(8)) return op(0x10d), out_.number(segment);
        small(), small(), small();
        if (kind == 2 || segment == nothing) return op(0x10e), out_.number(t), out_.number(from);
        op(0x10c), out_.number(segment), out_.number(t);
    }

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
    void block_of(value_type type) { open(by_.one_in(3) ? 0x03 : 0x02, type), statements(3), expression(type), close(); }
    /// A block, loop or if of type `index`, with its parameters; leaves its results.
    void typed_block(std::uint32_t index) {
        const signature& type = plan_.types[index];
        const std::uint32_t code = 0x02 + by_.below(3);
        values(type.parameters);
        if (code == 0x04) condition();
        out_.put(code), out_.signed_number(index);
        labels_.push_back(code == 0x03 ? type.parameters : type.results);
        if (code == 0x03) fuel();
        typed_inside(type);
        if (code == 0x04) out_.put(0x05), typed_inside(type);
        close();
    }
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
    void statement_inside() {
        switch (by_.below(24)) {
            case 0: return open(0x02), statements(4), close();
            case 1: return open(0x03), statements(4), close();
            case 2:
            case 3: {
                condition(), open(0x04), statements(3);
                if (by_.one_in(2)) out_.put(0x05), statements(3);
                return close();
            }
            case 4: return counted_loop();
            case 5: return typed_statement();
            case 6: return condition(), open(0x04), leave(), statements(1), close();
            case 7: return branch_if();
            case 8: return switch_();
            case 9:
            case 10: return call_statement();
            case 11:
                if (!plan_.memories.empty()) return bulk_memory();
                [[fallthrough]];
            case 12:
                if (!plan_.tables.empty()) return bulk_table();
                [[fallthrough]];
            case 13:
            case 14:
            case 15:
                if (!plan_.memories.empty()) return store();
                [[fallthrough]];
            case 16: return copies();
            case 17: return index();
            case 18:
                if (!plan_.tags.empty()) return try_();
                if (plan_.allowed.typed_references) return branch_on_null();
                [[fallthrough]];
            default: {
                const value_type type = any_type();
                return expression(type), consume(type);
            }
        }
    }
    /// Locals that get other locals or constants, several in a row.
    void copies() {
        for (std::uint32_t n = 1 + by_.below(4); n-- > 0;) {
            const value_type type = any_type();
            const std::uint32_t to = local_of(type, true);
            if (to != nothing) leaf(type), set(to);
        }
    }
    void index() {
        expression(wasm::i32), i32_const((1 << by_.below(13)) - 1), out_.put(0x71), set(first_index_ + by_.below(2));
    }
    void counted_loop() {
        const std::uint32_t i = first_index_ + by_.below(2);
        i32_const(static_cast<std::int32_t>(by_.below(4))), set(i);
        open(0x03), statements(4);
        get(i), i32_const(1 + static_cast<std::int32_t>(by_.below(2))), out_.put(add), tee(i);
        if (by_.one_in(8))
            get(first_index_);
        else
            i32_const(4 + static_cast<std::int32_t>(by_.below(12)));
        op(by_.one_in(2) ? 0x49 : by_.one_in(2) ? 0x48 : 0x47);
        op(0x0d, 0), close();
    }
    void typed_statement() {
        const std::uint32_t t = by_.below(static_cast<std::uint32_t>(plan_.types.size()));
        typed_block(t), consume(plan_.types[t].results);
    }
    /// A branch, return or tail call: nothing behind it is reached.
    void leave() {
        const std::uint32_t kind = by_.below(12);
        if (kind == 0 && by_.one_in(3)) return out_.put(0x00);
        if (kind < 3) return values(*results_), out_.put(0x0f);
        if (kind > 8 && !plan_.tags.empty()) return throw_();
        if (kind < 5 && plan_.allowed.tail_calls) {
            const std::uint32_t f = callee([&](const signature& type) { return type.results == *results_; });
            if (f != nothing) return call(f, true);
        }
        const std::uint32_t depth = label();
        if (kind == 5) return branch_table(depth);
        const std::vector<value_type> types = labels_[labels_.size() - 1 - depth];
        values(types), op(0x0c, depth);
    }
    std::uint32_t label() { return by_.below(static_cast<std::uint32_t>(labels_.size())); }
    void branch_if() {
        const std::uint32_t depth = label();
        const std::vector<value_type> types = labels_[labels_.size() - 1 - depth];
        values(types), condition(), op(0x0d, depth), consume(types);
    }
    void branch_table(std::uint32_t depth) {
        const std::vector<value_type> types = labels_[labels_.size() - 1 - depth];
        std::vector<std::uint32_t> same;
        for (std::uint32_t i = 0; i < labels_.size(); ++i)
            if (labels_[labels_.size() - 1 - i] == types) same.push_back(i);
        values(types);
        if (!plan_.memories.empty() && by_.one_in(2))
            load(0x2d);
        else
            expression(wasm::i32);
        const std::uint32_t count = by_.below(5);
        op(0x0e, count);
        for (std::uint32_t i = 0; i <= count; ++i) out_.number(by_.one_of(same));
    }
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
    void try_() {
        const std::uint32_t tag = by_.below(static_cast<std::uint32_t>(plan_.tags.size())), kind = by_.below(4);
        const plan::tag& t = plan_.tags[tag];
        const bool by_tag = kind < 2, reference = (kind & 1) != 0;
        std::vector<value_type> caught;
        if (by_tag) caught = plan_.types[t.type].parameters;
        if (reference) caught.push_back(wasm::exception_reference);
        open(0x02);
        if (by_tag)
            out_.put(0x02), out_.signed_number(reference ? t.caught_reference : t.caught);
        else
            out_.put(0x02, reference ? 0x69 : 0x40);
        labels_.push_back(caught);
        out_.put(0x1f, 0x40);
        const std::uint32_t outside = pick(labels_, [&](std::uint32_t i) { return labels_[labels_.size() - 1 - i].empty(); });
        const bool also = by_.one_in(3) && outside != nothing;  // everything else goes somewhere, too
        out_.put(also ? 2 : 1, kind);
        if (by_tag) out_.number(tag);
        out_.number(0);
        if (also) out_.put(2), out_.number(outside);
        labels_.emplace_back();
        statements(4);
        if (by_.one_in(2)) condition(), open(0x04), throw_(), close();
        close();
        for (const value_type c : caught) c == wasm::exception_reference ? out_.put(0xd0, 0x69) : leaf(c);
        close();
        if (reference) {
            caught.pop_back();
            out_.put(by_.one_in(2) ? 0x0a : 0x1a);
        }
        consume(caught);
        close();
    }
    void branch_on_null() {
        const std::uint32_t depth = label();
        std::vector<value_type> types = labels_[labels_.size() - 1 - depth];
        const bool on_null = types.empty() || !types.back().is_reference() || by_.one_in(2);
        const value_type tested = on_null ? by_.one_in(2) ? wasm::function_reference : wasm::external_reference : types.back();
        if (!on_null) types.pop_back();
        values(types), expression(tested), op(on_null ? 0xd5 : 0xd6, depth);
        if (on_null) consume(tested);
        consume(types);
    }

    // Calls
    void call(std::uint32_t f, bool last) {
        const signature& type = plan_.type_of(f);
        for (const value_type t : type.parameters) by_.one_in(3) ? expression(t) : leaf(t);
        if (plan_.allowed.typed_references && by_.one_in(4)) {
            const std::uint32_t type_index = plan_.functions[f];
            if (by_.one_in(4)) {  // perhaps null
                condition(), out_.put(0x04, 0x63), out_.signed_number(type_index);
                out_.put(0xd0), out_.signed_number(type_index), out_.put(0x05);
                op(0xd2, f), out_.put(0x0b);
            } else {
                op(0xd2, f);
            }
            return op(last ? 0x15 : 0x14, type_index);
        }
        const std::uint32_t t = plan_.tables.empty() ? nothing : 0;
        if (t != nothing && by_.one_in(3)) {
            const std::uint32_t at = pick(plan_.tables[t].functions, [&](std::uint32_t i) { return plan_.tables[t].functions[i] == f; });
            if (at != nothing) {
                if (by_.one_in(12))
                    slot(t);
                else
                    i32_const(static_cast<std::int32_t>(at));
                return out_.put(last ? 0x13 : 0x11), out_.number(plan_.functions[f]), out_.number(t);
            }
        }
        op(last ? 0x12 : 0x10, f);
    }
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
        const std::uint32_t f = callee([&](const signature& t) { return t.results.size() == 1 && t.results[0] == type; });
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
    std::vector<value_type> locals_;
    std::uint32_t first_index_ = 0;  ///< of two locals that hold small numbers, for addresses
    std::uint32_t spare_[3] = {};    ///< locals to look at a number twice: f32, f64, v128
    std::vector<std::vector<value_type>> labels_;
};

}  // namespace wasm_fuzz
