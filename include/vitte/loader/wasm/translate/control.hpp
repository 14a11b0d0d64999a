/// The translator's part about control: blocks, branches, calls and exceptions.
#pragma once

#include <vitte/loader/wasm/interpret/exceptions.hpp>
#include <vitte/loader/wasm/translate/translator.hpp>

namespace vitte::loader::wasm {

/// Takes the condition from the stack. A comparison that was made just now is not made there but by the branch.
inline translator::condition translator::take_condition() {
    const stack_value v = stack_.pop();
    if (v.is_accumulated() && code_.is_last(compare_) && branch_of(compare_opcode_, compare_form_, true) != nullptr) {
        const numeric_row& row = numeric_row_of(compare_opcode_);
        const bool wide = row.from == bank::int64 || row.from == bank::float64;
        condition made{compare_opcode_, compare_form_, {code_.operand(compare_, 0), code_.operand(compare_, 1)}, 0};
        if (wide && (compare_form_ == form::si || compare_form_ == form::ri)) made.wide = code_[compare_ + 2].bits;
        code_.remove_last();
        compare_ = label::none;
        return made;
    }
    constexpr std::uint32_t i32_ne = 0x47;
    if (v.is_constant()) {
        stack_value placed = v;
        return {i32_ne, form::si, {in_frame(placed), 0}, 0};
    }
    if (in_accumulator(v)) return {i32_ne, form::ri, {0, 0}, 0};
    return {i32_ne, form::si, {v.at(), 0}, 0};
}
/// Emits a branch that is taken if `c` is `sense`; gives the operand that its target belongs to.
inline std::uint32_t translator::emit_branch(const condition& c, bool sense) {
    const numeric_row& row = numeric_row_of(c.opcode);
    const bool turned = !sense && row.opposite != 0;
    const handler run = branch_of(turned ? row.opposite : c.opcode, c.shape, sense || turned);
    const bool wide = row.from == bank::int64 || row.from == bank::float64;
    const bool immediate = c.shape == form::si || c.shape == form::ri;
    const bool short_form = c.shape == form::rs || c.shape == form::sr || (c.shape == form::ri && !wide);
    const std::uint32_t at = code_.emit(run, short_form ? 2 : 3, {c.words[0], c.words[1]});
    if (immediate && wide) code_[at + 2].bits = c.wide;
    const unsigned operand = result_operand_of(row.from, c.shape);
    code_.set(at, operand, label::none);
    return 2 * at + 2 + operand;
}
inline void translator::emit_branch(const condition& c, bool sense, label& to) {
    const std::uint32_t word = emit_branch(c, sense);
    refer(to, (word - 2) / 2, word % 2);
}
/// Operand `operand` of the cells that start behind `at` is a branch to `to`.
inline void translator::refer(label& to, std::uint32_t at, unsigned operand) {
    const std::uint32_t holder = at + 1 + operand / 2;
    if (to.start != label::none) {
        code_.set(at, operand, to.start - holder);
    } else {
        code_.set(at, operand, to.branches);
        to.branches = 2 * holder + operand % 2;
    }
}
/// Lets the branch whose target stands in word `word` come here.
inline void translator::bind_branch(std::uint32_t word) {
    code_[word / 2].word[word % 2] = code_.position() - word / 2;
}
inline void translator::bind(std::uint32_t& branches) {
    while (branches != label::none) {
        const std::uint32_t before = code_[branches / 2].word[branches % 2];
        bind_branch(branches);
        branches = before;
    }
}

inline void translator::block(label& made, std::uint32_t parameters) {
    flush(0);
    made.height = stack_.size() - parameters;
    made.base = parameters != 0 ? stack_[made.height].place : stack_.next_place();
}
inline void translator::loop(label& made, std::uint32_t parameters) {
    flush(parameters);
    made.height = stack_.size() - parameters;
    made.base = parameters != 0 ? stack_[made.height].place : stack_.next_place();
    code_.barrier();
    made.start = code_.position();
    if (module_.options.interruptible) code_.emit(run<ops::poll>, ops::poll::length, {0});
    meter();
}
inline void translator::if_(label& made, std::uint32_t parameters) {
    const condition c = take_condition();
    flush(parameters);
    made.height = stack_.size() - parameters;
    made.base = parameters != 0 ? stack_[made.height].place : stack_.next_place();
    made.no_branch = emit_branch(c, false);
    meter();
}
inline void translator::else_(label& of, value_types parameters, value_types results, bool reachable) {
    if (reachable) {
        materialize(static_cast<std::uint32_t>(results.size()));
        refer(of, code_.emit(run<ops::jump>, 2, {0}), 0);
    }
    bind_branch(of.no_branch);
    of.no_branch = label::none;
    stack_.shrink(of.height);
    push_placed(parameters);
    stack_.set_clean();
    code_.barrier();
    meter();
}
inline void translator::end(label& of, value_types results, bool reachable, bool is_if) {
    if (of.first_clause != label::none) {
        for (std::uint32_t i = of.first_clause; i < waiting_.size(); ++i) {
            waiting_[i].end = code_.position() - function_->begin;
            function_->clauses.push_back(waiting_[i]);
        }
        waiting_.resize(of.first_clause);
    }
    if (of.is_function) {
        if (reachable) return_(results);
        return;
    }
    if (of.start != label::none) count_cells(of.start);
    const bool targeted = of.branches != label::none || of.no_branch != label::none;
    if (targeted && reachable) materialize(static_cast<std::uint32_t>(results.size()));
    if (is_if && of.no_branch != label::none) bind_branch(of.no_branch);
    bind(of.branches);
    if (targeted || !reachable) {
        stack_.shrink(of.height);
        push_placed(results);
        code_.barrier();
    }
    meter();
}

/// Whether values must be moved for a branch to `to`.
inline bool translator::needs_moves(const label& to, value_types values) {
    std::uint32_t place = to.base;
    for (std::uint32_t i = stack_.size() - static_cast<std::uint32_t>(values.size()); i < stack_.size(); ++i) {
        if (stack_[i].where != stack_value::kind::placed || stack_[i].place != place) return true;
        place += bytes_of(stack_[i].bank);
    }
    return false;
}
/// Values go to lower places, the lowest first, so that none is overwritten before it is moved.
inline void translator::emit_moves(const label& to, value_types values) {
    std::uint32_t place = to.base;
    for (std::uint32_t i = stack_.size() - static_cast<std::uint32_t>(values.size()); i < stack_.size(); ++i) {
        const stack_value& v = stack_[i];
        if (v.where != stack_value::kind::placed || v.place != place) move_to(v, place, true);
        place += bytes_of(v.bank);
    }
}
inline void translator::branch(label& to, value_types values) {
    if (to.is_function) return return_(values);
    emit_moves(to, values);
    refer(to, code_.emit(run<ops::jump>, 2, {0}), 0);
}
inline void translator::branch_if(const condition& c, label& to, value_types values) {
    if (!to.is_function && !needs_moves(to, values)) return emit_branch(c, true, to);
    const std::uint32_t skip = emit_branch(c, false);
    const auto state = code_.state();
    branch(to, values);
    bind_branch(skip);
    code_.restore(state);
}
inline void translator::branch_if(label& to, value_types values) { branch_if(take_condition(), to, values); }

template <class Targets>
void translator::branch_table(std::uint32_t count, Targets&& to) {
    stack_value index = stack_.pop();
    const bool here = in_accumulator(index);
    const std::uint32_t from = here ? 0 : in_frame(index);
    const std::uint32_t at =
        code_.emit(here ? run<ops::branch_table<ops::place::R>> : run<ops::branch_table<ops::place::S>>, 2 + count,
                   {from, count - 1});
    const auto state = code_.state();
    ++tables_;
    for (std::uint32_t i = 0; i < count && !full(); ++i) {
        auto [target, values] = to(i);
        const std::uint32_t entry = at + 2 + i;
        if (std::exchange(target->landing_of, tables_) != tables_) {
            target->landing = label::none;
            if (target->is_function || needs_moves(*target, values)) {
                target->landing = code_.position();
                code_.restore(state);
                branch(*target, values);
            }
        }
        if (target->landing != label::none)
            code_.set(entry - 1, 0, target->landing - entry);
        else
            refer(*target, entry - 1, 0);
    }
}
inline void translator::branch_on_null(label& to, value_types values) {
    constexpr std::uint32_t i64_eq = 0x51;
    settle(stack_.size() - 1, true);
    const stack_value v = stack_.pop();
    branch_if({i64_eq, form::si, {v.at(), 0}, 0}, to, values);
    stack_.push(stack_value::kind::placed, bank::int64);
}
inline void translator::branch_on_non_null(label& to, value_types values) {
    constexpr std::uint32_t i64_ne = 0x52;
    settle(stack_.size() - 1, true);
    branch_if({i64_ne, form::si, {stack_.top().at(), 0}, 0}, to, values);
    stack_.pop();
}

namespace detail {
inline constexpr handler return_places[4] = {run<ops::return_place<std::uint32_t>>,
                                             run<ops::return_place<std::uint64_t>>, run<ops::return_place<float>>,
                                             run<ops::return_place<double>>};
}  // namespace detail

/// The stack stays as it is: the code behind may be reached in another way.
inline void translator::return_(value_types results) {
    const std::uint32_t link = function_->link;
    if (results.empty()) {
        code_.emit(run<ops::return_nothing>, 2, {link});
    } else if (results.size() == 1 && results[0] != v128) {
        const stack_value& v = stack_.top();
        const auto i = static_cast<unsigned>(v.bank);
        if (v.is_constant()) code_.constant(v.bank, v.bits);
        if (!v.in_frame() || code_.mirrors(v.bank, v.at()))
            code_.emit(run<ops::return_nothing>, 2, {link});
        else
            code_.emit(detail::return_places[i], 2, {link, v.at()});
    } else {
        const std::uint32_t first = stack_.size() - static_cast<std::uint32_t>(results.size());
        for (std::uint32_t i = first; i < stack_.size(); ++i)
            if (stack_[i].where != stack_value::kind::placed) move_to(stack_[i], stack_[i].place, true);
        const std::uint32_t size = stack_.next_place() - stack_[first].place;
        count_bytes(size);
        code_.emit(run<ops::return_many>, 3, {link, stack_[first].place, size});
    }
}

/// Brings the arguments of a call to their places and takes them from the stack; gives the place of the first one. No
/// value is left in an accumulator.
inline std::uint32_t translator::arguments(const signature& type) {
    const auto count = static_cast<std::uint32_t>(type.parameters.size());
    materialize(count);
    release(bank::int64);
    release(bank::float32);
    release(bank::float64);
    stack_.shrink(stack_.size() - count);
    return stack_.next_place();
}
inline void translator::push_results(value_types results) {
    code_.forget_accumulators();
    if (results.size() == 1 && results[0] != v128)
        push_result(bank_of(results[0]), label::none, nullptr, 0);
    else
        push_placed(results);
}
inline void translator::call(std::uint32_t index) {
    const signature& type = module_.type_of_function(index);
    const std::uint32_t at = arguments(type);
    if (index < module_.imported_functions) {
        code_.emit(run<ops::call_import>, 2, {at, index});
    } else {
        const std::uint32_t made = code_.emit(run<ops::call>, 3, {at});
        code_[made + 2].pointer = &module_.bodies[index - module_.imported_functions];
    }
    push_results(type.results);
}
inline void translator::call_indirect(std::uint32_t type, std::uint32_t table) {
    stack_value index = stack_.pop();
    const bool wide = module_.tables[table].type.size.wide;
    // Arguments leave the accumulator alone unless the index is in it only by chance.
    const bool here = index.is_accumulated();
    const std::uint32_t from = here ? 0 : in_frame(index);
    const signature& callee = module_.types[type];
    const std::uint32_t at = arguments(callee);
    const handler handlers[2][2] = {
        {run<ops::call_indirect<std::uint32_t, ops::place::S>>, run<ops::call_indirect<std::uint32_t, ops::place::R>>},
        {run<ops::call_indirect<std::uint64_t, ops::place::S>>, run<ops::call_indirect<std::uint64_t, ops::place::R>>}};
    code_.emit(handlers[wide ? 1 : 0][here ? 1 : 0], 3, {at, from, table, type});
    push_results(callee.results);
}
inline void translator::call_reference(std::uint32_t type) {
    stack_value f = stack_.pop();
    const std::uint32_t from = in_frame(f);
    const std::uint32_t at = arguments(module_.types[type]);
    code_.emit(run<ops::call_reference<ops::place::S>>, 2, {at, from});
    push_results(module_.types[type].results);
}
namespace detail {
inline std::uint32_t bytes_of_all(const light_vector<value_type>& types) noexcept {
    std::uint32_t bytes = 0;
    for (const value_type t : types) bytes += bytes_of(t);
    return bytes;
}
}  // namespace detail
inline void translator::tail_call(std::uint32_t index) {
    const signature& type = module_.type_of_function(index);
    const std::uint32_t at = arguments(type);
    code_.emit(run<ops::tail_call>, 3, {at, detail::bytes_of_all(type.parameters), function_->link, index});
}
inline void translator::tail_call_indirect(std::uint32_t type, std::uint32_t table) {
    stack_value index = stack_.pop();
    const std::uint32_t from = in_frame(index);
    const signature& callee = module_.types[type];
    const std::uint32_t at = arguments(callee);
    code_.emit(module_.tables[table].type.size.wide ? run<ops::tail_call_indirect<std::uint64_t>>
                                                    : run<ops::tail_call_indirect<std::uint32_t>>,
               4, {at, detail::bytes_of_all(callee.parameters), function_->link, from, table, type});
}
inline void translator::tail_call_reference(std::uint32_t type) {
    stack_value f = stack_.pop();
    const std::uint32_t from = in_frame(f);
    const signature& callee = module_.types[type];
    const std::uint32_t at = arguments(callee);
    code_.emit(run<ops::tail_call_reference>, 3, {at, detail::bytes_of_all(callee.parameters), function_->link, from});
}

/// What is caught arrives behind the values below the block and goes from there to the clause's label: code for that
/// stands before the block, which jumps over it.
[[gnu::cold]] inline void translator::try_table(label& made, std::uint32_t parameters,
                                                std::span<const clause> clauses) {
    flush(parameters);
    made.height = stack_.size() - parameters;
    made.base = parameters != 0 ? stack_[made.height].place : stack_.next_place();
    made.first_clause = static_cast<std::uint32_t>(waiting_.size());
    if (clauses.empty()) return;
    const std::uint32_t over = code_.emit(run<ops::jump>, 2, {0});
    for (const clause& c : clauses) {
        if (full()) return;
        code_.barrier();
        catch_clause caught{0, 0, code_.position() - function_->begin, c.tag, stack_.next_place(), c.reference};
        const std::uint32_t height = stack_.size();
        push_placed(c.values);
        branch(*c.to, c.values);
        stack_.shrink(height);
        waiting_.push_back(caught);
    }
    bind_branch(2 * (over + 1));
    code_.barrier();
    for (std::uint32_t i = made.first_clause; i < waiting_.size(); ++i)
        waiting_[i].begin = code_.position() - function_->begin;
    meter();
}
inline void translator::throw_(std::uint32_t tag) {
    const signature& type = module_.type_of_tag(tag);
    const std::uint32_t at = arguments(type), size = detail::bytes_of_all(type.parameters);
    count_bytes(size);
    code_.emit(run<ops::throw_tag>, 3, {at, size, tag});
}
inline void translator::throw_reference() {
    stack_value v = stack_.pop();
    code_.emit(run<ops::throw_reference>, 2, {in_frame(v)});
}

}  // namespace vitte::loader::wasm
