/// The validator's part about control: blocks, branches and calls.
#pragma once

#include <vitte/loader/wasm/validate/validator.hpp>

namespace vitte::loader::wasm {

template <class Sink>
result<void, parse_error> function_validator<Sink>::validate(const code_entry& code, std::uint32_t index, body& made) {
    in_ = code.body;
    at_ = in_.offset();
    stack_.clear();
    controls_.clear();
    singles_.clear();
    initializations_.clear();
    const signature& type = module_.types[made.type];
    locals_ = type.parameters;
    read_locals(locals_);
    VITTE_CHECK(in_.status());
    made.index = index;
    const auto parameters = static_cast<std::uint32_t>(type.parameters.size());
    initialized_.assign(locals_.size(), true);
    for (std::size_t i = parameters; i < locals_.size(); ++i)
        if (!locals_[i].has_default()) initialized_[i] = false;
    sink_.start(made, type.parameters, value_types(locals_).subspan(parameters));
    control outer{};
    outer.kind = construct::function;
    outer.live = true;
    outer.target.is_function = true;
    outer.results = type.results;
    controls_.push_back(outer);
    while (!controls_.empty() && in_.ok()) {
        at_ = in_.offset();
        reading_ = "function body";
        sink_.count();
        instruction(in_.byte("instruction"));
        if (sink_.full()) [[unlikely]]
            refuse("more code than the engine allows", errc::too_large);
    }
    if (in_.ok() && !in_.at_end()) in_.refuse("function body", "junk after last expression: section size mismatch");
    VITTE_CHECK(in_.status());
    sink_.finish();
    return {};
}

template <class Sink>
void function_validator<Sink>::read_locals(light_vector<value_type>& all) {
    const std::uint32_t groups = in_.count("locals");
    std::uint64_t total = all.size();
    for (std::uint32_t i = 0; i < groups && in_.ok(); ++i) {
        const std::uint64_t from = in_.offset();
        const std::uint32_t count = in_.u32("locals");
        const value_type type = read_value_type(in_, "locals");
        check_type(type);
        total += count;
        if (total > UINT32_MAX) return in_.refuse("locals", "too many locals", from);
        if (total <= module_.options.limits.locals) all.resize(all.size() + count, type);
    }
    all_locals_ += total;
    if (total > module_.options.limits.locals || all_locals_ > module_.options.limits.all_locals)
        in_.refuse("locals", "more locals than the engine allows", in_.offset(), errc::too_large);
}

template <class Sink>
bool function_validator<Sink>::read_block_type(value_types& parameters, value_types& results) {
    const std::uint8_t code = in_.byte("block type");
    if (code == 0x40) return true;
    if (code >= 0x63 && code < 0x80) {
        const value_type type = read_value_type(in_, code, "block type");
        check_type(type);
        results = value_types(&singles_.emplace_back(type), 1);
        return in_.ok();
    }
    in_.back(1);
    const std::int64_t index = in_.s33("block type");
    if (index < 0) return in_.refuse("block type", "malformed block type"), false;
    if (!in_.ok() || !require(static_cast<std::uint64_t>(index) < module_.types.size(), "unknown type")) return false;
    const signature& type = module_.types[static_cast<std::size_t>(index)];
    parameters = type.parameters;
    results = type.results;
    return true;
}
template <class Sink>
void function_validator<Sink>::enter(construct kind, value_types parameters, value_types results) {
    control made{};
    made.kind = kind;
    made.live = live();
    made.parameters = parameters;
    made.results = results;
    made.initialized = static_cast<std::uint32_t>(initializations_.size());
    made.height = static_cast<std::uint32_t>(stack_.size());
    push(parameters);
    controls_.push_back(made);
    if (controls_.size() > module_.options.limits.nesting) [[unlikely]]
        refuse("more nested blocks than the engine allows", errc::too_large);
}
template <class Sink>
void function_validator<Sink>::open(construct kind) {
    value_types parameters, results;
    if (!read_block_type(parameters, results)) return;
    if (kind == construct::if_) pop(i32);
    pop(parameters);
    enter(kind, parameters, results);
    if (!live()) return;
    const auto count = static_cast<std::uint32_t>(parameters.size());
    label& target = controls_.back().target;
    if (kind == construct::block)
        sink_.block(target, count);
    else if (kind == construct::loop)
        sink_.loop(target, count);
    else
        sink_.if_(target, count);
}
template <class Sink>
[[gnu::cold]] void function_validator<Sink>::try_table() {
    value_types parameters, results;
    if (!read_block_type(parameters, results)) return;
    pop(parameters);
    if (controls_.size() == controls_.capacity()) controls_.reserve(2 * controls_.size());  // labels stay in place
    light_vector<typename Sink::clause> clauses;
    const std::uint32_t count = in_.count("catch clauses");
    for (std::uint32_t i = 0; i < count && in_.ok(); ++i) {
        const std::uint8_t kind = in_.byte("catch clause");
        if (kind > 3) return in_.refuse("catch clause", "malformed catch clause");
        typename Sink::clause made{catch_clause::all, (kind & 1) != 0, nullptr, {}};
        light_vector<value_type> values;
        if (kind < 2) {
            made.tag = index_in(module_.tags, "tag index", "unknown tag");
            if (!in_.ok()) return;
            values = module_.type_of_tag(made.tag).parameters;
        }
        if (made.reference) values.push_back(value_type::reference(heap_code::exception, false));
        control& target = label_at(in_.u32("label"));
        const value_types wanted = target.branch_types();
        bool fits = wanted.size() == values.size();
        for (std::size_t k = 0; fits && k < values.size(); ++k) fits = module_.matches(values[k], wanted[k]);
        require(fits, "type mismatch");
        made.to = &target.target;
        made.values = wanted;
        clauses.push_back(made);
    }
    if (!in_.ok()) return;
    enter(construct::try_table, parameters, results);
    if (live()) sink_.try_table(controls_.back().target, static_cast<std::uint32_t>(parameters.size()), clauses);
}
template <class Sink>
void function_validator<Sink>::else_() {
    control& of = controls_.back();
    if (of.kind != construct::if_) return refuse("else without if", errc::malformed);
    const bool reachable = live();
    pop(of.results);
    if (stack_.size() != of.height) mismatch();
    if (!in_.ok()) return;
    if (of.live) sink_.else_(of.target, of.parameters, of.results, reachable);
    of.kind = construct::else_;
    of.unreachable = false;
    while (initializations_.size() > of.initialized) {
        initialized_[initializations_.back()] = false;
        initializations_.pop_back();
    }
    push(of.parameters);
}
template <class Sink>
void function_validator<Sink>::end() {
    control& of = controls_.back();
    const bool reachable = live();
    pop(of.results);
    if (stack_.size() != of.height) mismatch();
    if (of.kind == construct::if_) {
        bool same = of.parameters.size() == of.results.size();
        for (std::size_t i = 0; same && i < of.results.size(); ++i)
            same = module_.matches(of.parameters[i], of.results[i]);
        require(same, "type mismatch: an if without else gives what it takes");
    }
    if (!in_.ok()) return;
    if (of.live) sink_.end(of.target, of.results, reachable, of.kind == construct::if_);
    while (initializations_.size() > of.initialized) {
        initialized_[initializations_.back()] = false;
        initializations_.pop_back();
    }
    const value_types results = of.results;
    controls_.pop_back();
    if (!controls_.empty()) push(results);
}

template <class Sink>
void function_validator<Sink>::branches(std::uint8_t opcode) {
    control& target = label_at(in_.u32("label"));
    value_types types = target.branch_types();
    if (!in_.ok()) return;
    switch (opcode) {
        case 0x0c:  // br
            pop(types);
            if (live()) sink_.branch(target.target, types);
            return make_unreachable();
        case 0x0d:  // br_if
            pop(i32);
            pop(types);
            push(types);
            if (live()) sink_.branch_if(target.target, types);
            return;
        case 0xd5: {  // br_on_null
            require_feature(module_.options.allowed.typed_references);
            const value_type found = pop_reference();
            pop(types);
            push(types);
            if (live()) sink_.branch_on_null(target.target, types);
            return push(found == unknown ? unknown : value_type::reference(found.heap(), false));
        }
        default: {  // br_on_non_null
            require_feature(module_.options.allowed.typed_references);
            if (!require(!types.empty() && types.back().is_reference(), "type mismatch")) return;
            const value_type found = pop_reference();
            if (found != unknown)
                push(value_type::reference(found.heap(), false));
            else
                push(types.back());
            pop(types);
            push(types);
            if (live()) sink_.branch_on_non_null(target.target, types);
            pop();
        }
    }
}
template <class Sink>
void function_validator<Sink>::branch_table() {
    pop(i32);
    const std::uint32_t count = in_.count("br_table");
    light_vector<control*> targets;
    for (std::uint32_t i = 0; i <= count && in_.ok(); ++i) targets.push_back(&label_at(in_.u32("label")));
    if (!in_.ok()) return;
    const std::size_t arity = targets.back()->branch_types().size();
    ++tables_;
    for (control* const t : targets) {
        if (std::exchange(t->table, tables_) == tables_) continue;
        if (!require(t->branch_types().size() == arity, "type mismatch")) return;
        peek(t->branch_types());
    }
    if (live())
        sink_.branch_table(count + 1,
                           [&](std::uint32_t i) { return std::pair(&targets[i]->target, targets[i]->branch_types()); });
    make_unreachable();
}

template <class Sink>
void function_validator<Sink>::calls(std::uint8_t opcode) {
    const bool tail = opcode == 0x12 || opcode == 0x13 || opcode == 0x15, by_table = opcode == 0x11 || opcode == 0x13,
               by_reference = opcode == 0x14 || opcode == 0x15;
    if (tail) require_feature(module_.options.allowed.tail_calls);
    if (by_reference) require_feature(module_.options.allowed.typed_references);
    std::uint32_t index, table = 0;
    const signature* type = nullptr;
    if (by_table || by_reference) {
        index = index_in(module_.types, "type index", "unknown type");
        const table_entry* const t = by_table ? table_index(table) : nullptr;
        if (!in_.ok()) return;
        if (t != nullptr) {
            require(module_.matches(t->type.element, function_reference), "type mismatch");
            pop(t->type.size.address());
        } else {
            pop(value_type::reference(type_index(index), true));
        }
        type = &module_.types[index];
    } else {
        index = index_in(module_.functions, "function index", "unknown function");
        if (!in_.ok()) return;
        type = &module_.type_of_function(index);
    }
    pop(value_types(type->parameters));
    if (tail) {
        const value_types own = controls_.front().results;
        bool same = own.size() == type->results.size();
        for (std::size_t i = 0; same && i < own.size(); ++i) same = module_.matches(type->results[i], own[i]);
        require(same, "type mismatch");
    }
    if (live()) {
        switch (opcode) {
            case 0x10: sink_.call(index); break;
            case 0x11: sink_.call_indirect(index, table); break;
            case 0x12: sink_.tail_call(index); break;
            case 0x13: sink_.tail_call_indirect(index, table); break;
            case 0x14: sink_.call_reference(index); break;
            default: sink_.tail_call_reference(index);
        }
    }
    if (tail)
        make_unreachable();
    else
        push(value_types(type->results));
}

template <class Sink>
void function_validator<Sink>::instruction(std::uint8_t opcode) {
    if (opcode >= 0x45 && opcode <= 0xc4) return numeric(opcode);
    if (opcode >= first_memory_opcode && opcode <= last_memory_opcode) return memory_access(opcode);
    const features& allowed = module_.options.allowed;
    switch (opcode) {
        case 0x00:
            if (live()) sink_.unreachable();
            return make_unreachable();
        case 0x01: return;
        case 0x02: return open(construct::block);
        case 0x03: return open(construct::loop);
        case 0x04: return open(construct::if_);
        case 0x05: return else_();
        case 0x08: {
            require_feature(allowed.exceptions);
            const std::uint32_t tag = index_in(module_.tags, "tag index", "unknown tag");
            if (!in_.ok()) return;
            pop(value_types(module_.type_of_tag(tag).parameters));
            if (live()) sink_.throw_(tag);
            return make_unreachable();
        }
        case 0x0a:
            require_feature(allowed.exceptions);
            pop(exception_reference);
            if (live()) sink_.throw_reference();
            return make_unreachable();
        case 0x0b: return end();
        case 0x0c:
        case 0x0d:
        case 0xd5:
        case 0xd6: return branches(opcode);
        case 0x0e: return branch_table();
        case 0x0f:
            pop(controls_.front().results);
            if (live()) sink_.return_(controls_.front().results);
            return make_unreachable();
        case 0x10:
        case 0x11:
        case 0x12:
        case 0x13:
        case 0x14:
        case 0x15: return calls(opcode);
        case 0x1a:
            pop();
            if (live()) sink_.drop();
            return;
        case 0x1b: return select(false);
        case 0x1c: return select(true);
        case 0x1f: require_feature(allowed.exceptions); return try_table();
        case 0x20:
        case 0x21:
        case 0x22:
        case 0x23:
        case 0x24:
        case 0x25:
        case 0x26: return variables(opcode);
        case 0x3f:
        case 0x40:
        case 0x41:
        case 0x42:
        case 0x43:
        case 0x44: return references(opcode);
        case 0xd0:
        case 0xd1:
        case 0xd2:
        case 0xd4: return references(opcode);
        case 0xfc: return extended(in_.u32("instruction"));
        case 0xfd:
            if (!allowed.simd) return refuse(no_vectors, no_vectors_code);
            if constexpr (!VITTE_WASM_SMALL) vector(in_.u32("instruction"));
            return;
        case 0x06:
        case 0x07:
        case 0x09:
        case 0x18:
        case 0x19: return refuse("exception handling of before Release 3.0 is not supported", errc::not_supported);
        case 0xd3:
        case 0xfb: return refuse("garbage collection is not supported", errc::not_supported);
        case 0xfe: return refuse("threads are not supported", errc::not_supported);
        default: return refuse("illegal opcode", errc::malformed);
    }
}

}  // namespace vitte::loader::wasm
