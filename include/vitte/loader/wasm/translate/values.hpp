/// The translator's part about values: constants, locals, arithmetic and memory.
#pragma once

#include <vitte/loader/wasm/interpret/bulk.hpp>
#include <vitte/loader/wasm/translate/translator.hpp>

namespace vitte::loader::wasm {

inline void translator::start(body& function, value_types parameters, value_types locals) {
    function_ = &function;
    local_places_.clear();
    local_banks_.clear();
    std::uint32_t place = 0, after_parameters = 0;
    for (const value_type t : parameters) {
        local_places_.push_back(place);
        local_banks_.push_back(bank_of(t));
        place += bytes_of(t);
    }
    after_parameters = place;
    for (const value_type t : locals) {
        local_places_.push_back(place);
        local_banks_.push_back(bank_of(t));
        place += bytes_of(t);
    }
    function.link = place;
    function.begin = code_.position();
    stack_.start(place + link_bytes, place);
    waiting_.clear();
    code_.barrier();
    zeroed_ = place - after_parameters;
    if (zeroed_ <= 16)
        for (std::uint32_t at = after_parameters; at != place; at += 8) code_.constant_to_place(0, at);
    else
        code_.emit(run<ops::zero_locals>, 2, {after_parameters, zeroed_});
    poll_ = code_.position();
    if (module_.options.interruptible) code_.emit(run<ops::poll>, ops::poll::length, {0});
    meter_ = label::none;
    meter();
    count_bytes(zeroed_);
}
inline void translator::finish() {
    meter();
    count_cells(poll_, zeroed_ / execution::bytes_per_cell);
    const signature& type = module_.types[function_->type];
    std::uint32_t results = 0;
    for (const value_type t : type.results) results += bytes_of(t);
    stack_.reach(results);
    function_->frame_bytes = stack_.deepest();
    function_->end = code_.position();
    code_.fuse(function_->link + link_bytes);
}

/// Tells the poll at `at` that it stands for all code up to here, and for as much work as `more` cells.
inline void translator::count_cells(std::uint32_t at, std::uint32_t more) {
    if (module_.options.interruptible) code_.set(at, 0, code_.position() - at + more);
}
/// Ends the count of one straight piece of code and starts that of the next.
inline void translator::meter() {
    if (!module_.options.metered) return;
    if (meter_ != label::none) code_.set(meter_, 0, counted_);
    counted_ = 0;
    meter_ = code_.emit(run<ops::consume>, 2, {0});
}

/// Before the accumulator of `b` is overwritten: a value that is only there goes to its place.
inline void translator::release(bank b) {
    if (b == bank::vector) return;
    const std::uint32_t i = stack_.holder(accumulator_of(b));
    if (i != value_stack::none) settle(i, false);
}
/// Brings the value `i` to its place; a constant only if asked for.
inline void translator::settle(std::uint32_t i, bool constants) {
    stack_value& v = stack_[i];
    switch (v.where) {
        case stack_value::kind::placed: return;
        case stack_value::kind::constant:
            if (!constants) return;
            code_.constant_to_place(v.bits, v.place);
            break;
        case stack_value::kind::local: code_.copy(v.bank, v.at(), v.place); break;
        case stack_value::kind::accumulated: code_.store_accumulator(v.bank, v.place, true); break;
    }
    stack_.place(i);
}
/// Brings all values to their places but the constants below the topmost `parameters` ones: before code that is reached
/// in more than one way.
inline void translator::flush(std::uint32_t parameters) {
    const std::uint32_t constants_from = stack_.size() - parameters;
    std::uint32_t i = stack_.clean() < constants_from ? stack_.clean() : constants_from;
    for (; i < stack_.size(); ++i) settle(i, i >= constants_from);
    stack_.set_clean();
}
inline void translator::materialize(std::uint32_t count) {
    for (std::uint32_t i = stack_.size() - count; i < stack_.size(); ++i) settle(i, true);
}
/// Puts `v` at `to`. With `last_only`, an instruction is only changed for that if it is the last one.
inline void translator::move_to(const stack_value& v, std::uint32_t to, bool last_only) {
    switch (v.where) {
        case stack_value::kind::constant: return code_.constant_to_place(v.bits, to);
        case stack_value::kind::accumulated: return code_.store_accumulator(v.bank, to, !last_only);
        case stack_value::kind::placed:
        case stack_value::kind::local:
            if (v.at() != to) code_.copy(v.bank, v.at(), to);
    }
}
/// Before a local is written: values that are the local get copies of it.
inline void translator::preserve(std::uint32_t local) {
    for (std::uint32_t i; (i = stack_.pending(local)) != value_stack::none;) settle(i, false);
}
/// Whether an accumulator has the value, if only by chance.
inline bool translator::in_accumulator(const stack_value& v) const noexcept {
    return v.is_accumulated() || (v.in_frame() && code_.mirrors(v.bank, v.at()));
}
/// Where in the frame a value is that was popped just now.
inline std::uint32_t translator::in_frame(stack_value& v) {
    if (!v.in_frame()) {
        move_to(v, v.place, false);
        v.where = stack_value::kind::placed;
    }
    return v.at();
}

inline void translator::vector_constant(std::uint64_t low, std::uint64_t high) {
    const std::uint32_t at = code_.begin(run<ops::vector_constant>, 4);
    vitte::store(reinterpret_cast<std::byte*>(&code_[at + 2]), low, byte_order::little);
    vitte::store(reinterpret_cast<std::byte*>(&code_[at + 3]), high, byte_order::little);
    push_vector(at, 0);
}
/// The instruction at `at` writes a vector, to the place that operand `operand` names.
inline void translator::push_vector(std::uint32_t at, unsigned operand) {
    const std::uint32_t place = stack_.push(stack_value::kind::placed, bank::vector).place;
    code_.set(at, operand, place);
    code_.written(place);
    code_.written(place + 8);
    vector_at_ = at;
    vector_operand_ = operand;
}

inline void translator::local_set(std::uint32_t index) {
    const std::uint32_t local = local_places_[index];
    const stack_value v = stack_.pop();
    const bool by_vector = v.bank == bank::vector && v.where == stack_value::kind::placed &&
                           code_.is_last(vector_at_) && code_.operand(vector_at_, vector_operand_) == v.place;
    if (stack_.pending(local) != value_stack::none) {
        const emitter::producer made = v.bank == bank::vector ? emitter::producer{} : code_.last_producer(v.bank);
        if (v.is_accumulated() && made.kept != nullptr && code_.is_last(made.at)) {
            // The copies come first: then the instruction that made the value can write the local itself.
            cell saved[4];
            const std::uint32_t length = code_.position() - made.at;
            for (std::uint32_t i = 0; i < length; ++i) saved[i] = code_[made.at + i];
            code_.remove_last();
            preserve(local);
            code_.append_producer(v.bank, made, saved, length);
        } else {
            preserve(local);
        }
    }
    if (by_vector && code_.is_last(vector_at_)) {
        code_.set(vector_at_, vector_operand_, local);
        code_.written(local);
        vector_at_ = label::none;
        return;
    }
    move_to(v, local, true);
}

inline void translator::push_result(bank b, std::uint32_t at, handler kept, unsigned operand) {
    code_.produced(b, at, kept, operand);
    stack_.push(stack_value::kind::accumulated, b);
}

namespace detail {
/// Handlers by bank.
template <bool Kept>
inline constexpr handler global_gets[5] = {run<ops::global_get<std::uint32_t, Kept>>,
                                           run<ops::global_get<std::uint64_t, Kept>>, run<ops::global_get<float, Kept>>,
                                           run<ops::global_get<double, Kept>>,
                                           run<ops::global_get<ops::vector_bits, true>>};
template <ops::place A>
inline constexpr handler global_sets[4] = {run<ops::global_set<std::uint32_t, A>>,
                                           run<ops::global_set<std::uint64_t, A>>, run<ops::global_set<float, A>>,
                                           run<ops::global_set<double, A>>};
template <ops::place C, bool Kept>
inline constexpr handler selects[5] = {run<ops::select<std::uint32_t, C, Kept>>,
                                       run<ops::select<std::uint64_t, C, Kept>>, run<ops::select<float, C, Kept>>,
                                       run<ops::select<double, C, Kept>>, run<ops::select<ops::vector_bits, C, true>>};
}  // namespace detail

inline void translator::global_get(std::uint32_t index, value_type type) {
    const bank b = bank_of(type);
    const auto i = static_cast<unsigned>(b);
    release(b);
    const std::uint32_t at = code_.emit(detail::global_gets<false>[i], 2, { index });
    if (b == bank::vector)
        push_vector(at, 1);
    else
        push_result(b, at, detail::global_gets<true>[i], 1);
}
inline void translator::global_set(std::uint32_t index, value_type type) {
    stack_value v = stack_.pop();
    const auto i = static_cast<unsigned>(bank_of(type));
    if (type == v128)
        code_.emit(run<ops::global_set<ops::vector_bits, ops::place::S>>, 2, {index, in_frame(v)});
    else if (in_accumulator(v))
        code_.emit(detail::global_sets<ops::place::R>[i], 2, { index });
    else
        code_.emit(detail::global_sets<ops::place::S>[i], 2, { index, in_frame(v) });
}

inline void translator::select(value_type type) {
    stack_value c = stack_.pop(), b = stack_.pop(), a = stack_.pop();
    const bank kind = bank_of(type);
    const auto i = static_cast<unsigned>(kind);
    const std::uint32_t at_a = in_frame(a), at_b = in_frame(b);
    const bool here = in_accumulator(c);
    const std::uint32_t at_c = here ? 0 : in_frame(c);
    release(kind);
    const handler plain = here ? detail::selects<ops::place::R, false>[i] : detail::selects<ops::place::S, false>[i];
    const handler kept = here ? detail::selects<ops::place::R, true>[i] : detail::selects<ops::place::S, true>[i];
    const std::uint32_t at = code_.emit(plain, 3, {at_a, at_b, at_c, 0});
    if (kind == bank::vector)
        push_vector(at, 3);
    else
        push_result(kind, at, kept, 3);
}

inline translator::form translator::choose_form(const stack_value& a, const stack_value& b) const noexcept {
    const bool b_here = b.is_accumulated();
    const bool a_here = a.is_accumulated() || (!b_here && a.in_frame() && code_.mirrors(a.bank, a.at()));
    if (a_here) return b.is_constant() ? form::ri : form::rs;
    if (b.is_constant()) return form::si;
    return b_here || code_.mirrors(b.bank, b.at()) ? form::sr : form::ss;
}
/// Emits an instruction with two operands; its result or target is left open.
inline std::uint32_t translator::emit_form(const numeric_row& row, handler run, form f, const stack_value& a,
                                           const stack_value& b) {
    const bool wide = row.from == bank::int64 || row.from == bank::float64;
    const bool immediate = f == form::si || f == form::ri;
    const bool short_form = f == form::rs || f == form::sr || (f == form::ri && !wide);
    const std::uint32_t at = code_.begin(run, short_form ? 2 : 3);
    if (f == form::ss || f == form::si || f == form::sr) code_.set(at, 0, a.at());
    if (f == form::ss || f == form::rs) code_.set(at, 1, b.at());
    if (immediate && wide) code_[at + 2].bits = b.bits;
    if (immediate && !wide) code_.set(at, 1, static_cast<std::uint32_t>(b.bits));
    return at;
}
inline void translator::binary(std::uint32_t opcode, stack_value a, stack_value b) {
    const numeric_row& row = numeric_row_of(opcode);
    std::uint32_t used = opcode;
    if (a.is_constant() && !b.is_constant() && (row.exchangeable || row.swapped != 0)) {
        std::swap(a, b);
        if (row.swapped != 0) used = row.swapped;
    }
    if (a.is_constant()) {
        if (b.is_accumulated()) {
            in_frame(a);
        } else {
            release(row.from);
            code_.constant(row.from, a.bits);
            a.where = stack_value::kind::accumulated;
        }
    }
    form f = choose_form(a, b);
    const numeric_row& chosen = numeric_row_of(used);
    if (chosen.value[static_cast<std::size_t>(f)] == nullptr) in_frame(a), in_frame(b), f = form::ss;
    release(row.to);
    const auto i = static_cast<std::size_t>(f);
    const std::uint32_t at = emit_form(chosen, chosen.value[i], f, a, b);
    push_result(row.to, at, chosen.kept[i], result_operand_of(row.from, f));
    if (row.shape == shape::compare) {
        compare_ = at;
        compare_opcode_ = used;
        compare_form_ = f;
    }
}

inline void translator::numeric(std::uint32_t opcode) {
    constexpr std::uint32_t i32_eqz = 0x45, i64_eqz = 0x50, i32_eq = 0x46, i64_eq = 0x51;
    if (opcode == i32_eqz || opcode == i64_eqz) {
        const stack_value v = stack_.top();
        if (opcode == i32_eqz && v.is_accumulated() && code_.is_last(compare_) &&
            numeric_row_of(compare_opcode_).opposite != 0) {
            compare_opcode_ = numeric_row_of(compare_opcode_).opposite;
            const numeric_row& row = numeric_row_of(compare_opcode_);
            const auto i = static_cast<std::size_t>(compare_form_);
            code_[compare_].run = row.value[i];
            code_.produced(bank::int32, compare_, row.kept[i], result_operand_of(row.from, compare_form_));
            return;
        }
        constant(opcode == i32_eqz ? i32 : i64, 0);
        return numeric(opcode == i32_eqz ? i32_eq : i64_eq);
    }
    const numeric_row& row = numeric_row_of(opcode);
    if (row.shape != shape::unary) {
        const stack_value b = stack_.pop(), a = stack_.pop();
        return binary(opcode, a, b);
    }
    stack_value a = stack_.pop();
    const bool here = row.value[1] != nullptr && in_accumulator(a);
    const std::uint32_t from = here ? 0 : in_frame(a);
    release(row.to);
    const unsigned i = here ? 1 : 0;
    const std::uint32_t at = code_.emit(row.value[i], 2, {from});
    push_result(row.to, at, row.kept[i], here ? 0 : 1);
}

inline void translator::reference_to_function(std::uint32_t index) {
    release(bank::int64);
    push_result(bank::int64, code_.emit(run<ops::reference_to_function<false>>, 2, {index}),
                run<ops::reference_to_function<true>>, 1);
}
inline void translator::is_null() {
    constexpr std::uint32_t i64_eqz = 0x50;
    numeric(i64_eqz);
}
inline void translator::check_reference() {
    settle(stack_.size() - 1, true);
    code_.emit(run<ops::check_reference>, 2, {stack_.top().at()});
}

/// Whether the load or store of `row` may have all of its address in its offset.
inline bool translator::has_constant_address(const memory_row& row, const stack_value& address,
                                             std::uint64_t offset) noexcept {
    return address.is_constant() && static_cast<std::uint32_t>(address.bits) + offset <= UINT32_MAX &&
           row.run[static_cast<unsigned>(ops::address::constant)][0][1] != nullptr;
}
inline void translator::load(std::uint8_t opcode, std::uint32_t memory, std::uint64_t offset) {
    const memory_row& row = memory_rows[opcode - first_memory_opcode];
    constexpr value_type types[] = {i32, i64, f32, f64};
    if (memory != 0 || module_.memories[0].size.wide)
        return runtime_call(row.general, 1, types[static_cast<unsigned>(row.value)], memory,
                            static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(offset >> 32));
    stack_value a = stack_.pop();
    ops::address where = ops::address::S;
    if (has_constant_address(row, a, offset)) {
        where = ops::address::constant;
        offset += static_cast<std::uint32_t>(a.bits);
    } else if (in_accumulator(a)) {
        where = ops::address::R;
    } else {
        in_frame(a);
    }
    release(row.value);
    const handler(&handlers)[3][2] = row.run[static_cast<unsigned>(where)];
    const unsigned result = where == ops::address::S ? 2 : 0;
    const std::uint32_t at = code_.emit(handlers[0][checked()], where == ops::address::S ? 3 : 2,
                                        {where == ops::address::S ? a.at() : 0, static_cast<std::uint32_t>(offset)});
    push_result(row.value, at, handlers[1][checked()], result);
}
inline void translator::store(std::uint8_t opcode, std::uint32_t memory, std::uint64_t offset) {
    const memory_row& row = memory_rows[opcode - first_memory_opcode];
    if (memory != 0 || module_.memories[0].size.wide)
        return runtime_call(row.general, 2, unknown, memory, static_cast<std::uint32_t>(offset),
                            static_cast<std::uint32_t>(offset >> 32));
    stack_value v = stack_.pop(), a = stack_.pop();
    const bool integer = row.value == bank::int32 || row.value == bank::int64;
    const bool immediate = row.run[0][static_cast<unsigned>(ops::place::I)][1] != nullptr;
    ops::place value = ops::place::S;
    if (v.is_constant() && immediate &&
        (row.value == bank::int32 ||
         (integer && static_cast<std::int64_t>(v.bits) == static_cast<std::int32_t>(v.bits))))
        value = ops::place::I;
    else if (v.is_accumulated())
        value = ops::place::R;
    else
        in_frame(v);
    ops::address where = ops::address::S;
    if (has_constant_address(row, a, offset)) {
        where = ops::address::constant;
        offset += static_cast<std::uint32_t>(a.bits);
    } else if (a.is_accumulated() ||
               (a.in_frame() && code_.mirrors(bank::int32, a.at()) && !(integer && value == ops::place::R))) {
        where = ops::address::R;
    } else {
        in_frame(a);
    }
    if (value == ops::place::S && v.in_frame() && code_.mirrors(v.bank, v.at()) &&
        !(integer && where == ops::address::R && a.is_accumulated()))
        value = ops::place::R;
    const handler run = row.run[static_cast<unsigned>(where)][static_cast<unsigned>(value)][checked()];
    const std::uint32_t at = code_.emit(run, value == ops::place::R ? 2 : 3,
                                        {where == ops::address::S ? a.at() : 0, static_cast<std::uint32_t>(offset)});
    if (value == ops::place::S) code_.set(at, 2, v.at());
    if (value == ops::place::I) code_.set(at, 2, static_cast<std::uint32_t>(v.bits));
}

inline void translator::runtime_call(handler run, unsigned operands, value_type result, std::uint32_t a,
                                     std::uint32_t b, std::uint32_t c) {
    materialize(operands);
    const std::uint32_t place = operands != 0 ? stack_[stack_.size() - operands].place : stack_.next_place();
    stack_.shrink(stack_.size() - operands);
    code_.emit(run, 3, {place, a, b, c});
    if (result == unknown) return;
    code_.written(place);
    code_.written(place + 8);
    stack_.push(stack_value::kind::placed, bank_of(result));
}
inline void translator::vector(handler run, unsigned operands, value_type result,
                               std::span<const std::uint32_t> extra) {
    stack_value values[3];
    for (unsigned i = operands; i-- > 0;) values[i] = stack_.pop();
    std::uint32_t places[3] = {};
    for (unsigned i = 0; i < operands; ++i) places[i] = in_frame(values[i]);
    const auto words = static_cast<unsigned>(operands + 1 + extra.size());
    const std::uint32_t at = code_.begin(run, 1 + (words + 1) / 2);
    for (unsigned i = 0; i < operands; ++i) code_.set(at, i, places[i]);
    for (unsigned i = 0; i < extra.size(); ++i) code_.set(at, operands + 1 + i, extra[i]);
    if (result == unknown) return;
    if (result == v128) return push_vector(at, operands);
    const std::uint32_t place = stack_.push(stack_value::kind::placed, bank_of(result)).place;
    code_.set(at, operands, place);
    code_.written(place);
}

}  // namespace vitte::loader::wasm
