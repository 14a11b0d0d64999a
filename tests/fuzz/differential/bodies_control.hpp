// The part of `body_writer` about control: statements, branches, exceptions and calls.
#pragma once

#include "bodies.hpp"

namespace wasm_fuzz {

inline void body_writer::typed_block(std::uint32_t index) {
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

inline void body_writer::statement_inside() {
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

inline void body_writer::copies() {
    for (std::uint32_t n = 1 + by_.below(4); n-- > 0;) {
        const value_type type = any_type();
        const std::uint32_t to = local_of(type, true);
        if (to != nothing) leaf(type), set(to);
    }
}

inline void body_writer::counted_loop() {
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

inline void body_writer::leave() {
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

inline void body_writer::branch_table(std::uint32_t depth) {
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

inline void body_writer::try_() {
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
    const std::uint32_t outside =
        pick(labels_, [&](std::uint32_t i) { return labels_[labels_.size() - 1 - i].empty(); });
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

inline void body_writer::branch_on_null() {
    const std::uint32_t depth = label();
    std::vector<value_type> types = labels_[labels_.size() - 1 - depth];
    const bool on_null = types.empty() || !types.back().is_reference() || by_.one_in(2);
    const value_type tested =
        on_null ? by_.one_in(2) ? wasm::function_reference : wasm::external_reference : types.back();
    if (!on_null) types.pop_back();
    values(types), expression(tested), op(on_null ? 0xd5 : 0xd6, depth);
    if (on_null) consume(tested);
    consume(types);
}

inline void body_writer::call(std::uint32_t f, bool last) {
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
        const std::uint32_t at =
            pick(plan_.tables[t].functions, [&](std::uint32_t i) { return plan_.tables[t].functions[i] == f; });
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

}  // namespace wasm_fuzz
