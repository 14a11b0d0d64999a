// The part of `body_writer` about values: constants, expressions, accesses to memory.
#pragma once

#include "bodies.hpp"

namespace wasm_fuzz {

inline void body_writer::constant(value_type type) {
    static constexpr std::uint64_t integers[] = {
        0,          1,          2,           4,          7,           8,      16,     31,         32,    63,
        64,         127,        128,         255,        256,         0x7fff, 0x8000, 0xffff,     65536, 0x7fffffff,
        0x80000000, 0xffffffff, 0x100000000, ~0ull >> 1, ~0ull << 63, ~0ull,  ~1ull,  ~0ull << 31};
    static constexpr std::uint32_t floats[] = {0,          0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000,
                                               0x7fc00000, 0xffc00000, 0x7fa00001, 0x7fffffff, 1,          0x807fffff,
                                               0x00800000, 0x7f7fffff, 0xff7fffff, 0x4f000000, 0xcf000000, 0x4f800000,
                                               0x5f000000, 0xdf000000, 0x5f800000, 0x3f000000, 0xbf7fffff, 0x40490fdb};
    static constexpr std::uint64_t doubles[] = {0,
                                                1ull << 63,
                                                0x3ff0000000000000,
                                                0xbff0000000000000,
                                                0x7ff0000000000000,
                                                0xfff0000000000000,
                                                0x7ff8000000000000,
                                                0xfff8000000000000,
                                                0x7ff4000000000001,
                                                0x7fffffffffffffff,
                                                1,
                                                0x800fffffffffffff,
                                                0x0010000000000000,
                                                0x7fefffffffffffff,
                                                0x41e0000000000000,
                                                0xc1e0000000000000,
                                                0xc1e0000000200000,
                                                0x41dfffffffc00000,
                                                0x41f0000000000000,
                                                0x43e0000000000000,
                                                0xc3e0000000000000,
                                                0x43f0000000000000,
                                                0x3fe0000000000000,
                                                0xbfefffffffffffff,
                                                0x400921fb54442d18,
                                                0x36a0000000000000,
                                                0x380fffffc0000000,
                                                0x47efffffe0000000,
                                                0x47effffff0000000};
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

inline void body_writer::leaf(value_type type, bool exact) {
    if (!exact || !is_float(type)) {
        const std::uint32_t kind = by_.below(8), l = local_of(type, false), g = global_of(type, false);
        if (l != nothing && kind < 5) return get(l);
        if (g != nothing && kind == 5) return op(0x23, g);
    }
    constant(type);
}

inline void body_writer::expression(value_type type, bool exact) {
    if (depth_ >= most_depth || !spend()) return leaf(type, exact);
    ++depth_;
    if (exact && is_float(type))
        exact_number(type);
    else
        inner(type);
    --depth_;
}

inline void body_writer::exact_number(value_type type) {
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

inline void body_writer::inner(value_type type) {
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
        case 16: expression(type); return by_.one_in(2) ? statement() : (expression(type), out_.put(0x1a));
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

inline void body_writer::query() {
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

inline void body_writer::chain(value_type type, std::uint32_t length) {
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

inline void body_writer::condition() {
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

inline void body_writer::operation(std::uint32_t code) {
    if (code >= 0x200) return vector_operation(code);
    const wasm::numeric_row& row = wasm::numeric_row_of(code);
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

inline void body_writer::vector_operation(std::uint32_t code) {
    using enum wasm::vector_shape;
    const wasm::vector_row& row = wasm::vector_rows[code - 0x200];
    const value_type scalar = bank_types[static_cast<std::size_t>(row.scalar)];
    if (row.shape == constant) return this->constant(wasm::v128);
    if (row.shape == load_whole || row.shape == load_lane) {
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

inline std::uint32_t body_writer::narrow_address() {
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

inline void body_writer::memory_argument(std::uint32_t size, const place& where) {
    std::uint32_t alignment = 0;
    while (size >> (alignment + 1) != 0 && !by_.one_in(4)) ++alignment;
    out_.number(alignment | (where.memory != 0 ? 0x40 : 0));
    if (where.memory != 0) out_.number(where.memory);
    out_.number(where.offset);
}

inline void body_writer::store() {
    if (plan_.allowed.simd && by_.one_in(8)) {
        const bool lane = by_.one_in(2);
        const std::uint32_t code = lane ? 88 + by_.below(4) : 11;
        const place where = address();
        expression(wasm::v128);
        op(0x200 + code), memory_argument(wasm::vector_rows[code].size, where);
        if (lane) out_.put(by_.below(wasm::vector_rows[code].lanes));
        return;
    }
    static constexpr std::uint8_t stores[] = {0x36, 0x36, 0x36, 0x37, 0x37, 0x38, 0x39,
                                              0x39, 0x3a, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e};
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

inline void body_writer::bulk_memory() {
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

inline void body_writer::bulk_table() {
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

}  // namespace wasm_fuzz
