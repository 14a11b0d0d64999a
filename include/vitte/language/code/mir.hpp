/// From a checked program to code over variables: expressions become instructions, and what goes elsewhere becomes
/// edges.
#pragma once

#include <bit>
#include <vitte/language/code/list_writer.hpp>
#include <vitte/language/diagnostic.hpp>

namespace vitte::language {
namespace detail {

/// A value of several scalars is that many variables, one behind the other; `emit` returns the first one. Texts are
/// counted: what `emit` returns is owned, and goes to a variable, a call, a whole that it is part of, or is released. A
/// variable is released where its block ends, or is left.
class mir_builder : mir_writer {
public:
    mir_builder(const program& p, const procedure& from, function& f, texts& data, list_procedures& lists,
                std::size_t most)
        : mir_writer(p, f, lists), from_(from), data_(data), most_(most) {}

    void all() {
        f_.blocks.resize(1);
        for (const local& l : from_.locals) places_.push_back(variables(l.of));
        for (std::uint32_t i = from_.changes_self; i < from_.parameters; ++i) own(i);
        const value_id result = emit(from_.body);
        give(result, p_.nodes[from_.body].where);
    }
    /// How much code was made: the number of values, operands and expressions.
    std::size_t size() const noexcept { return emitted_ + f_.types.size() + f_.arguments.size(); }

private:
    using e = expression;
    using mir_writer::call;
    using mir_writer::compute;
    using mir_writer::machine;
    struct open_loop {
        block_id next, after;
        value_id result;
        std::size_t owned;  // how many variables were there before
    };

    type type_of(expression_id id) const noexcept { return p_.nodes[id].wanted; }
    // Counts of owners
    bool is_counted(type of) const {
        const auto all = p_.types.slots(of);
        return std::any_of(all.begin(), all.end(), type_table::is_counted);
    }
    /// The variable is released where its block ends.
    void own(std::uint32_t local) {
        if (is_counted(from_.locals[local].of)) owned_.push_back({local, 0});
    }
    void retain(value_id first, type of, span where) {
        const auto all = p_.types.slots(of);
        for (std::uint32_t k = 0; first != no_value && k < all.size(); ++k) retain_slot(all[k], first + k, where);
    }
    void release(value_id first, type of, span where) {
        const auto all = p_.types.slots(of);
        for (std::uint32_t k = 0; first != no_value && k < all.size(); ++k) release_slot(all[k], first + k, where);
    }
    /// Releases the variables behind the first `kept` ones, which are made later, or not at all, in the next round.
    void release_from(std::size_t kept, span where) {
        for (std::size_t i = owned_.size(); i-- > kept;) {
            if (owned_[i].deferred != 0) {
                emit(owned_[i].deferred);
                continue;
            }
            if (owned_[i].value != no_value) {
                release(owned_[i].value, owned_[i].of, where);
                continue;
            }
            const std::uint32_t local = owned_[i].local;
            const value_id first = places_[local];
            const type of = from_.locals[local].of;
            release(first, of, where);
            const auto all = p_.types.slots(of);
            for (std::uint32_t k = 0; k < all.size(); ++k)
                if (type_table::is_counted(all[k])) copy_slot(first + k, constant(all[k], 0, where), where);
        }
    }
    void give(value_id value, span where) {
        release_from(0, where);
        finish(giving(value, where));
    }
    /// Emits an operand that waits for the ones behind it. One of those may leave, which releases it; after them
    /// `owned_` gets the size that it had before.
    value_id emit_waiting(expression_id id) {
        const value_id made = emit(id);
        wait(made, type_of(id));
        return made;
    }
    void wait(value_id value, type of) {
        if (value != no_value && is_counted(of)) owned_.push_back({0, 0, value, of});
    }
    /// A variable, or a part of one.
    bool is_place(expression_id id) const noexcept {
        while (p_.nodes[id].kind == e::member) id = p_.operand(id, 0);
        return p_.nodes[id].kind == e::local;
    }
    /// A value that is looked at and stays where it is; `done` ends that.
    struct looked_at {
        value_id first;
        bool own;
    };
    looked_at look(expression_id id) {
        if (is_place(id) && !is_of_nothing(id)) return {place(id), false};
        return {emit(id), true};
    }
    void done(looked_at value, expression_id id) {
        if (value.own) release(value.first, type_of(id), p_.nodes[id].where);
    }

    /// What the call gives: the value, and of a procedure that changes its `self` that, too.
    ending giving(value_id value, span where) {
        ending end{ending::way::give, no_value, {}, {}, 0, where};
        for (std::uint32_t k = 0; value != no_value && k < slots(from_.gives); ++k) end.values.push_back(value + k);
        for (std::uint32_t k = 0; from_.changes_self && k < slots(from_.locals[0].of); ++k)
            end.values.push_back(places_[0] + k);
        return end;
    }
    /// Ends the block; what follows in the text is never reached.
    void leave(ending end) {
        finish(std::move(end));
        at_ = new_block();
    }
    value_id emit(expression_id id) {
        ++emitted_;
        if (size() > most_) return no_value;  // nothing is made of the code
        if (is_of_nothing(id)) return emit_operands(id), no_value;
        const expression_node& n = p_.nodes[id];
        const auto operand = [&](std::size_t i) { return emit(p_.operand(id, i)); };
        switch (n.kind) {
            case e::nothing:
            case e::error: return no_value;
            case e::integer:
            case e::boolean:
            case e::character: return constant(n.wanted, n.value, n.where);
            case e::floating: {
                const double value = std::bit_cast<double>(n.value);
                const bool narrow = n.wanted == type::f32;
                return constant(n.wanted, narrow ? std::bit_cast<std::uint32_t>(static_cast<float>(value)) : n.value,
                                n.where);
            }
            case e::local: return copied(id);
            case e::list: return list(id);
            case e::index: return element(id);
            case e::length: {
                const looked_at of = look(p_.operand(id, 0));
                const value_id count =
                    machine("__load32", {add(as(type::u32, of.first, n.where), 4, n.where)}, n.where);
                done(of, p_.operand(id, 0));
                return convert(type::i64, type::u32, count, n.where);
            }
            case e::push: return push(id), no_value;
            case e::pop: return pop(id);
            case e::each_count:
            case e::each_item:
            case e::each_step: return each(id);
            case e::text: return constant(type::text, data_.address(p_.texts[n.symbol]), n.where);
            case e::intrinsic: return machine(id);
            case e::constant:
            case e::call: return call(id);
            case e::block: return block(id);
            case e::let: store(places_[n.symbol], p_.operand(id, 0)); return own(n.symbol), no_value;
            case e::set: {
                if (appends(id)) return append(id), no_value;
                const value_id value = operand(0);
                return assign(places_[n.symbol], value, from_.locals[n.symbol].of, n.where), no_value;
            }
            case e::set_part: {
                const value_id value = operand(1);
                return assign(p_.operand(id, 0), value, n.where), no_value;
            }
            case e::tuple:
            case e::construct: return whole(id);
            case e::field_value: return operand(0);
            case e::make_case: return make_case(id);
            case e::is_case: {
                const looked_at whole = look(p_.operand(id, 0));
                instruction i;
                i.op = opcode::equal, i.of = type::boolean, i.from = type::u32, i.where = n.where;
                i.a = whole.first, i.b = constant(type::u32, n.symbol, n.where);
                const value_id is = put(i);
                return done(whole, p_.operand(id, 0)), is;
            }
            case e::member: return is_place(id) ? copied(id) : member(id);
            case e::let_range: {
                const value_id from = operand(0), to = operand(1);
                copy(places_[n.symbol], from, type_of(p_.operand(id, 0)), n.where);
                return copy(places_[n.symbol + 1], to, type_of(p_.operand(id, 1)), n.where), no_value;
            }
            case e::if_: return condition(id);
            case e::loop: return loop(id);
            case e::defer: return owned_.push_back({0, p_.operand(id, 0)}), no_value;
            case e::break_:
                store(loops_.back().result, p_.operand(id, 0));
                release_from(loops_.back().owned, n.where);
                return leave({ending::way::jump, no_value, {}, {{loops_.back().after}}, 0, n.where}), no_value;
            case e::continue_:
                release_from(loops_.back().owned, n.where);
                return leave({ending::way::jump, no_value, {}, {{loops_.back().next}}, 0, n.where}), no_value;
            case e::give: {
                give(operand(0), n.where);
                return at_ = new_block(), no_value;
            }
            case e::fail:
                return leave({ending::way::fail, no_value, {}, {}, static_cast<std::uint32_t>(n.value), n.where}),
                       no_value;
            default: return is_of_texts(id) ? of_texts(id) : is_comparison(id) ? compare(id) : compute(id);
        }
    }
    /// It takes apart, or makes a whole of, what has no value since it goes elsewhere: it is never reached.
    bool is_of_nothing(expression_id id) const noexcept {
        const expression_node& n = p_.nodes[id];
        const bool has_parts =
            (n.kind >= e::method && n.kind <= e::member) || n.kind == e::part || n.kind == e::set_part;
        if (!has_parts || n.kind == e::field_value) return false;
        const auto is_nothing = [](type t) { return t == type::none || t == type::never; };
        return is_nothing(n.wanted) || (n.count != 0 && is_nothing(type_of(p_.operand(id, 0))));
    }
    void emit_operands(expression_id id) {
        const std::size_t before = owned_.size();
        for (const expression_id one : p_.below(id)) emit_waiting(one);
        owned_.resize(before);
    }
    void store(value_id to, expression_id from) { copy(to, emit(from), type_of(from), p_.nodes[from].where); }

    value_id copied(expression_id id) {
        const expression_node& n = p_.nodes[id];
        const value_id made = variables(n.wanted), from = place(id);
        copy(made, from, n.wanted, n.where);
        retain(made, n.wanted, n.where);
        return made;
    }
    /// `set x += e` of a text: `x` gives away what it has, so that it can grow in place. `e` does not look at it.
    bool appends(expression_id id) const noexcept {
        const expression_node& n = p_.nodes[id];
        const expression_id sum = p_.operand(id, 0);
        if (from_.locals[n.symbol].of != type::text || p_.nodes[sum].kind != e::add) return false;
        const expression_node& left = p_.nodes[p_.operand(sum, 0)];
        return left.kind == e::local && left.symbol == n.symbol && !mentions(p_.operand(sum, 1), n.symbol);
    }
    bool mentions(expression_id id, std::uint32_t local) const noexcept {
        const expression_node& n = p_.nodes[id];
        const bool has_local = n.kind == e::local || n.kind == e::set || n.kind == e::let;
        if (has_local && n.symbol == local) return true;
        const auto below = p_.below(id);
        return std::any_of(below.begin(), below.end(), [&](expression_id one) { return mentions(one, local); });
    }
    void append(expression_id id) {
        const expression_node& n = p_.nodes[id];
        const value_id x = places_[n.symbol], old = variables(type::text);
        const value_id more = emit(p_.operand(p_.operand(id, 0), 1));  // which may leave
        copy_slot(old, x, n.where);
        copy_slot(x, constant(type::text, 0, n.where), n.where);
        copy_slot(x, call_library("__concat", {old, more}, type::text, n.where), n.where);
    }
    void assign(value_id to, value_id from, type of, span where) {
        release(to, of, where);
        copy(to, from, of, where);
    }

    // Lists
    value_id convert(type to, type from, value_id v, span where) {
        if (to == from) return v;
        instruction i;
        i.op = opcode::convert, i.of = to, i.from = from, i.a = v, i.where = where;
        i.wraps = true;
        return put(i);
    }
    /// Where something is that changes: variables, or memory.
    struct spot {
        bool in_memory;
        value_id at;
        std::uint32_t offset = 0;  // in memory
    };
    /// Lists on the way to it get one owner.
    spot spot_of(expression_id id) {
        const expression_node n = p_.nodes[id];
        if (n.kind == e::local) return {false, places_[n.symbol]};
        const expression_id of = p_.operand(id, 0);
        const type in = type_of(of);
        const spot whole = spot_of(of);
        if (n.kind == e::member) {
            if (!whole.in_memory) return {false, whole.at + p_.types.offset(in, n.symbol)};
            return {true, whole.at, whole.offset + bytes_before(in, n.symbol)};
        }
        return {true, address(owned(whole, in, n.where), in, p_.operand(id, 1), n.where)};
    }
    std::uint32_t bytes_before(type in, std::size_t field) const {
        const auto all = p_.types.slots(in);
        std::uint32_t bytes = 0;
        for (std::uint32_t k = 0; k < p_.types.offset(in, field); ++k) bytes += type_table::size_of(all[k]);
        return bytes;
    }
    /// The address of a list after it was made its only owner.
    value_id owned(const spot& list, type of, span where) {
        const value_id before = list.in_memory ? load(of, add(list.at, list.offset, where), where) : list.at;
        const value_id address = as(type::u32, before, where);
        const value_id owners = machine("__load32", {address}, where);
        const value_id is_only =
            compute(opcode::equal, type::boolean, type::u32, owners, constant(type::u32, 1, where), where);
        const block_id shared = new_block(), after = new_block();
        branch(is_only, after, shared, where);
        at_ = shared;
        copy_slot(address, call_list(list_procedures::what::unique, of, {before}, type::u32, where), where);
        put_list(list, of, address, where);
        jump(after, where);
        at_ = after;
        return address;
    }
    void put_list(const spot& list, type of, value_id address, span where) {
        if (!list.in_memory) return copy_slot(list.at, address, where);
        mir_writer::store(of, add(list.at, list.offset, where), address, where);
    }
    /// The address of an element; ends the call if there is none.
    value_id address(value_id list, type in, expression_id index, span where) {
        const value_id which = emit(index);
        const type of = type_of(index);
        const value_id wide = as(type::u64, convert(is_signed(of) ? type::i64 : type::u64, of, which, where), where);
        const value_id count = machine("__load32", {add(list, 4, where)}, where);
        const block_id there = new_block(), not_there = new_block();
        branch(
            compute(opcode::less, type::boolean, type::u64, wide, convert(type::u64, type::u32, count, where), where),
            there, not_there, where);
        at_ = not_there;
        finish({ending::way::fail, no_value, {}, {}, reason_index_, where});
        at_ = there;
        return element_address(list, convert(type::u32, type::u64, wide, where), in, where);
    }
    value_id element_address(value_id list, value_id index, type in, span where) {
        const value_id size = constant(type::u32, p_.types.element_size(in), where);
        const value_id offset = compute(opcode::multiply, type::u32, type::u32, index, size, where);
        return add(compute(opcode::add, type::u32, type::u32, list, offset, where), 16, where);
    }
    value_id load_all(type of, value_id at, span where) {
        const value_id made = variables(of);
        std::uint32_t k = 0;
        each_slot(of, [&](type slot, std::uint32_t offset) {
            copy_slot(made + k++, load(slot, add(at, offset, where), where), where);
        });
        return made;
    }
    void store_all(type of, value_id at, value_id value, span where) {
        std::uint32_t k = 0;
        each_slot(of, [&](type slot, std::uint32_t offset) {
            mir_writer::store(slot, add(at, offset, where), value + k++, where);
        });
    }
    void assign(expression_id to, value_id value, span where) {
        const type of = type_of(to);
        const spot s = spot_of(to);
        if (!s.in_memory) return assign(s.at, value, of, where);
        const value_id at = add(s.at, s.offset, where);
        if (is_counted(of)) release(load_all(of, at, where), of, where);
        store_all(of, at, value, where);
    }
    value_id list(expression_id id) {
        const expression_node n = p_.nodes[id];
        if (n.count == 0) return constant(n.wanted, 0, n.where);
        const type of = p_.types.element(n.wanted);
        std::vector<value_id> elements;
        const std::size_t before = owned_.size();
        for (const expression_id one : p_.below(id)) elements.push_back(emit_waiting(one));
        owned_.resize(before);
        const std::uint32_t size = p_.types.element_size(n.wanted);
        const value_id count = constant(type::u32, n.count, n.where);
        const value_id made = call_library(
            "__new_list", {count, constant(type::u32, std::max<std::uint32_t>(size, 1), n.where)}, type::u32, n.where);
        for (std::uint32_t i = 0; i < n.count; ++i)
            store_all(of, add(made, 16 + i * size, n.where), elements[i], n.where);
        return as(n.wanted, made, n.where);
    }
    /// Whether it may change variables.
    bool may_change(expression_id id) const noexcept {
        const expression_node& n = p_.nodes[id];
        if (n.kind == e::set || n.kind == e::set_part || n.kind == e::push || n.kind == e::pop) return true;
        if (n.kind == e::defer || (n.kind == e::call && p_.procedures[n.symbol].changes_self)) return true;
        const auto below = p_.below(id);
        return std::any_of(below.begin(), below.end(), [&](expression_id one) { return may_change(one); });
    }
    value_id element(expression_id id) {
        const expression_node n = p_.nodes[id];
        const expression_id of = p_.operand(id, 0);
        const std::size_t before = owned_.size();
        const bool stays = !may_change(p_.operand(id, 1));
        const looked_at list = stays ? look(of) : looked_at{emit(of), true};
        if (list.own) wait(list.first, type_of(of));
        const value_id at = address(as(type::u32, list.first, n.where), type_of(of), p_.operand(id, 1), n.where);
        owned_.resize(before);
        const value_id made = load_all(n.wanted, at, n.where);
        retain(made, n.wanted, n.where);
        return done(list, of), made;
    }
    void push(expression_id id) {
        const expression_node n = p_.nodes[id];
        const expression_id to = p_.operand(id, 0);
        const type in = type_of(to), of = p_.types.element(in);
        const value_id value = emit(p_.operand(id, 1));
        const spot s = spot_of(to);
        const std::uint32_t size = std::max<std::uint32_t>(p_.types.element_size(in), 1);
        const value_id list =
            call_library("__room", {owned(s, in, n.where), constant(type::u32, size, n.where)}, type::u32, n.where);
        put_list(s, in, list, n.where);
        const value_id count = machine("__load32", {add(list, 4, n.where)}, n.where);
        store_all(of, element_address(list, count, in, n.where), value, n.where);
        machine("__store32", {add(list, 4, n.where), add(count, 1, n.where)}, n.where);
    }
    value_id pop(expression_id id) {
        const expression_node n = p_.nodes[id];
        const expression_id from = p_.operand(id, 0);
        const type in = type_of(from);
        const value_id list = owned(spot_of(from), in, n.where);
        const value_id count = machine("__load32", {add(list, 4, n.where)}, n.where);
        const block_id there = new_block(), empty = new_block();
        branch(count_is_not_zero(count, n.where), there, empty, n.where);
        at_ = empty;
        finish({ending::way::fail, no_value, {}, {}, reason_index_ + 1, n.where});
        at_ = there;
        const value_id left =
            compute(opcode::subtract, type::u32, type::u32, count, constant(type::u32, 1, n.where), n.where);
        machine("__store32", {add(list, 4, n.where), left}, n.where);
        return load_all(n.wanted, element_address(list, left, in, n.where), n.where);
    }
    value_id count_is_not_zero(value_id count, span where) {
        return compute(opcode::not_equal, type::boolean, type::u32, count, constant(type::u32, 0, where), where);
    }
    /// The steps of `for` over a text or list, which a hidden variable has: a position, or the element there.
    value_id each(expression_id id) {
        const expression_node n = p_.nodes[id];
        const type in = type_of(p_.operand(id, 0));
        const value_id whole = as(type::u32, place(p_.operand(id, 0)), n.where);
        if (n.kind == e::each_count) return machine("__load32", {add(whole, 4, n.where)}, n.where);
        const value_id position = place(p_.operand(id, 1));
        if (in == type::text) {
            const value_id text = copied(p_.operand(id, 0));
            const bool is_item = n.kind == e::each_item;
            return call_library(is_item ? "__char_at" : "__char_size", {text, position},
                                is_item ? type::character : type::u32, n.where);
        }
        if (n.kind == e::each_step) return constant(type::u32, 1, n.where);
        const value_id made = load_all(n.wanted, element_address(whole, position, in, n.where), n.where);
        return retain(made, n.wanted, n.where), made;
    }
    value_id machine(expression_id id) {
        const expression_node& n = p_.nodes[id];
        const intrinsic& what = intrinsics[n.symbol];
        if (what.name == "__peek") {
            const value_id made = variables(type::u32);
            return copy_slot(made, place(p_.operand(id, 0)), n.where), made;
        }
        std::vector<value_id> values;
        for (const expression_id a : p_.below(id)) values.push_back(emit(a));
        if (what.name == "__text") {
            const value_id made = variables(type::text);
            return copy_slot(made, values[0], n.where), made;
        }
        instruction i;
        i.op = opcode::machine, i.of = what.gives, i.value = n.symbol, i.where = n.where;
        i.first = static_cast<std::uint32_t>(f_.arguments.size());
        i.count = static_cast<std::uint32_t>(values.size());
        f_.arguments.insert(f_.arguments.end(), values.begin(), values.end());
        i.to = f_.add(p_.types.slots(what.gives));
        now().code.push_back(i);
        return i.to;
    }

    // Texts
    bool is_of_texts(expression_id id) const noexcept {
        const e kind = p_.nodes[id].kind;
        if (kind == e::cast) return p_.nodes[id].wanted == type::text;
        const bool has = kind == e::add || (kind >= e::equal && kind <= e::greater_equal);
        return has && type_of(p_.operand(id, 0)) == type::text;
    }
    value_id of_texts(expression_id id) {
        const expression_node& n = p_.nodes[id];
        const value_id a = emit(p_.operand(id, 0));
        if (n.kind == e::cast) return as_text(a, type_of(p_.operand(id, 0)), n.where);
        const std::size_t before = owned_.size();
        wait(a, type::text);
        const value_id b = emit(p_.operand(id, 1));
        owned_.resize(before);
        if (n.kind == e::add) return call_library("__concat", {a, b}, type::text, n.where);
        if (n.kind == e::equal || n.kind == e::not_equal) {
            const value_id same = call_library("__same", {a, b}, type::boolean, n.where);
            return n.kind == e::equal ? same
                                      : compute(opcode::invert, type::boolean, type::boolean, same, no_value, n.where);
        }
        const value_id order = call_library("__compare", {a, b}, type::i64, n.where);
        return compute(opcode_of(n.kind), type::boolean, type::i64, order, constant(type::i64, 0, n.where), n.where);
    }
    value_id as_text(value_id a, type from, span where) {
        if (from == type::text) return a;
        if (from == type::boolean) return call_library("__of_bool", {a}, type::text, where);
        if (from == type::character) return call_library("__of_char", {a}, type::text, where);
        const type wide = is_signed(from) ? type::i64 : type::u64;
        instruction i;
        i.op = opcode::convert, i.of = wide, i.from = from, i.a = a, i.where = where;
        const value_id value = from == wide ? a : put(i);
        if (wide == type::i64) return call_library("__of_int", {value}, type::text, where);
        return call_library("__of_digits", {value, constant(type::boolean, 0, where)}, type::text, where);
    }
    // Forms and tuples
    value_id member(expression_id id) {
        const expression_node& n = p_.nodes[id];
        const expression_id of = p_.operand(id, 0);
        const value_id whole = emit(of);
        if (whole == no_value || slots(n.wanted) == 0) return no_value;
        const value_id made = variables(n.wanted);
        copy(made, whole + p_.types.offset(type_of(of), n.symbol), n.wanted, n.where);
        retain(made, n.wanted, n.where);
        release(whole, type_of(of), n.where);
        return made;
    }
    /// The variables of a variable, or of a part of one.
    value_id place(expression_id id) const noexcept {
        const expression_node& n = p_.nodes[id];
        if (n.kind == e::local) return places_[n.symbol];
        const expression_id of = p_.operand(id, 0);
        return place(of) + p_.types.offset(type_of(of), n.symbol);
    }
    value_id whole(expression_id id) {
        const expression_node& n = p_.nodes[id];
        std::vector<value_id> parts;
        const std::size_t before = owned_.size();
        for (const expression_id part : p_.below(id)) parts.push_back(emit_waiting(part));
        owned_.resize(before);
        const value_id made = variables(n.wanted);
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const expression_node& part = p_.nodes[p_.operand(id, i)];
            copy(made + p_.types.offset(n.wanted, part.kind == e::field_value ? part.symbol : i), parts[i], part.wanted,
                 part.where);
        }
        return made;
    }
    value_id make_case(expression_id id) {
        const expression_node& n = p_.nodes[id];
        std::vector<value_id> parts;
        const std::size_t before = owned_.size();
        for (const expression_id part : p_.below(id)) parts.push_back(emit_waiting(part));
        owned_.resize(before);
        const auto types = p_.types.slots(n.wanted);
        const type carries = p_.types.at(n.wanted).fields[n.symbol].of;
        const std::uint32_t begin = p_.types.offset(n.wanted, n.symbol);
        const value_id made = variables(n.wanted);
        for (std::uint32_t k = 0; k < types.size(); ++k)
            copy_slot(made + k, constant(types[k], k == 0 ? n.symbol : 0, n.where), n.where);
        for (std::size_t i = 0; i < parts.size(); ++i)
            copy(made + begin + p_.types.offset(carries, i), parts[i], p_.types.at(carries).fields[i].of, n.where);
        return made;
    }
    bool is_comparison(expression_id id) const noexcept {
        const expression_node& n = p_.nodes[id];
        return (n.kind == e::equal || n.kind == e::not_equal) && type_table::has(type_of(p_.operand(id, 0)));
    }
    /// Equal if all scalars are.
    value_id compare(expression_id id) {
        const expression_node& n = p_.nodes[id];
        const std::size_t before = owned_.size();
        const value_id a = emit_waiting(p_.operand(id, 0)), b = emit(p_.operand(id, 1));
        owned_.resize(before);
        const auto types = p_.types.slots(type_of(p_.operand(id, 0)));
        value_id all = constant(type::boolean, 1, n.where);
        for (std::uint32_t k = 0; k < types.size(); ++k) {
            const value_id same = equal_slots(types[k], a + k, b + k, n.where);
            all = compute(opcode::and_, type::boolean, type::boolean, all, same, n.where);
        }
        return n.kind == e::equal ? all : compute(opcode::invert, type::boolean, type::boolean, all, no_value, n.where);
    }

    value_id compute(expression_id id) {
        const expression_node& n = p_.nodes[id];
        instruction i;
        i.op = n.kind == e::cast ? opcode::convert : opcode_of(n.kind);
        i.of = n.wanted;
        i.from = type_of(p_.operand(id, 0));
        i.where = n.where;
        i.a = emit(p_.operand(id, 0));
        if (n.count == 2) i.b = emit(p_.operand(id, 1));
        return put(i);
    }
    static opcode opcode_of(expression kind) noexcept {
        return static_cast<opcode>(static_cast<int>(opcode::negate) + static_cast<int>(kind) -
                                   static_cast<int>(e::negate));
    }
    value_id call(expression_id id) {
        const expression_node& n = p_.nodes[id];
        const procedure& callee = p_.procedures[n.symbol];
        std::vector<value_id> values, lent;
        const std::size_t before = owned_.size();
        for (const expression_id a : p_.below(id)) {
            const value_id first = emit_waiting(a);
            if (callee.external && type_of(a) == type::text)
                lent.push_back(first), pass_bytes(first, values, n.where);
            else
                for (std::uint32_t k = 0; first != no_value && k < slots(type_of(a)); ++k) values.push_back(first + k);
        }
        owned_.resize(before);
        std::vector<type> results = p_.types.slots(callee.gives);
        const std::size_t given = results.size();
        if (callee.changes_self) {
            const auto self = p_.types.slots(callee.locals[0].of);
            results.insert(results.end(), self.begin(), self.end());
        }
        instruction i;
        i.op = opcode::call, i.of = callee.gives, i.value = n.symbol, i.where = n.where;
        i.first = static_cast<std::uint32_t>(f_.arguments.size());
        i.count = static_cast<std::uint32_t>(values.size());
        i.to = f_.add(results), i.results = static_cast<std::uint32_t>(results.size());
        f_.arguments.insert(f_.arguments.end(), values.begin(), values.end());
        now().code.push_back(i);
        if (callee.changes_self && i.to != no_value)
            assign(p_.operand(id, 0), i.to + static_cast<value_id>(given), n.where);
        for (const value_id one : lent) release(one, type::text, n.where);
        if (callee.gives == type::never) leave({ending::way::fail, no_value, {}, {}, 0, n.where});
        return given == 0 ? no_value : i.to;
    }
    /// The host gets where the bytes of a text are, and how many.
    void pass_bytes(value_id text, std::vector<value_id>& to, span where) {
        const value_id at = variables(type::u32);
        copy_slot(at, text, where);
        instruction i;
        i.op = opcode::add, i.of = i.from = type::u32, i.a = at, i.b = constant(type::u32, 8, where), i.where = where;
        to.push_back(put(i));
        i.b = constant(type::u32, 4, where);
        const value_id size_at = put(i);
        instruction load;
        load.op = opcode::machine, load.of = type::u32, load.where = where;  // "__load32"
        load.first = static_cast<std::uint32_t>(f_.arguments.size()), load.count = 1;
        f_.arguments.push_back(size_at);
        to.push_back(put(load));
    }
    value_id block(expression_id id) {
        const std::uint64_t bits = p_.nodes[id].value;
        const std::size_t before = owned_.size();
        value_id last = no_value;
        for (const expression_id one : p_.below(id)) last = emit(one);
        if ((bits & block_is_open) == 0) {
            release_from(before, p_.nodes[id].where);
            owned_.resize(before);
        }
        return (bits & block_has_result) != 0 ? last : no_value;
    }
    value_id condition(expression_id id) {
        const expression_node& n = p_.nodes[id];
        const value_id when = emit(p_.operand(id, 0)), result = variables(n.wanted);
        const block_id then = new_block(), otherwise = new_block(), after = new_block();
        finish({ending::way::branch, when, {}, {{then}, {otherwise}}, 0, n.where});
        const std::pair<block_id, std::size_t> arms[] = {{then, 1}, {otherwise, 2}};
        for (const auto& [arm, i] : arms) {
            at_ = arm;
            store(result, p_.operand(id, i));
            jump(after, n.where);
        }
        at_ = after;
        return result;
    }
    value_id loop(expression_id id) {
        const expression_node& n = p_.nodes[id];
        const value_id result = variables(n.wanted);
        const block_id head = new_block(), next = new_block(), after = new_block();
        jump(head, n.where);
        loops_.push_back({next, after, result, owned_.size()});
        at_ = head;
        emit(p_.operand(id, 0));
        jump(next, n.where);
        at_ = next;
        emit(p_.operand(id, 1));
        jump(head, n.where);
        loops_.pop_back();
        at_ = after;
        return result;
    }

    const procedure& from_;
    std::vector<open_loop> loops_;
    std::vector<value_id> places_;  // the first variable of each local
    struct at_end {
        std::uint32_t local;
        expression_id deferred;     // or 0
        value_id value = no_value;  // of an operand that waits for others, or `no_value`
        type of = type::none;       // its type
    };
    /// Locals that are counted, and what is deferred, of all blocks that are open, and operands that wait for others.
    std::vector<at_end> owned_;
    texts& data_;
    std::size_t most_, emitted_ = 0;
    static constexpr std::uint32_t reason_index_ = 1;  // in `code::reasons`; the next one is that of `pop`
};
}  // namespace detail

/// Makes code of a program without errors. Function i is procedure i. Of a program that needs too much, nothing is
/// made.
inline code mir_of(const program& p, diagnostics& errors) {
    code made;
    made.reasons = p.reasons;
    std::size_t left = code::most_values;
    detail::texts data(made.data);
    detail::list_procedures lists(static_cast<std::uint32_t>(p.procedures.size()));
    for (const procedure& from : p.procedures) {
        function& f = made.functions.emplace_back();
        f.name = from.name, f.where = from.where, f.visible = from.visible, f.external = from.external,
        f.library = from.library, f.test = from.is_test;
        f.constant = from.is == procedure::role::constant, f.assertion = from.is == procedure::role::assertion;
        f.gives = p.types.slots(from.gives);
        if (from.changes_self) {
            const auto self = p.types.slots(from.locals[0].of);
            f.gives.insert(f.gives.end(), self.begin(), self.end());
        }
        if (!from.external)
            for (std::uint32_t i = 0; i < from.parameters; ++i) f.parameters += p.types.slot_count(from.locals[i].of);
        if (f.assertion)
            f.reason = static_cast<std::uint32_t>(made.reasons.size()), made.reasons.push_back(from.reason);
        if (from.external) {
            for (const local& l : from.locals)
                f.add(l.of == type::text ? std::vector<type>{type::u32, type::u32} : p.types.slots(l.of));
            f.parameters = static_cast<std::uint32_t>(f.types.size());
        } else {
            detail::mir_builder builder(p, from, f, data, lists, left);
            builder.all();
            if (builder.size() > left) {
                errors.error("V0505", from.where, "the code of the program becomes too large here").hint =
                    "each way out of a block does what is deferred, and a value is copied part by part";
                return {};
            }
            left -= builder.size();
        }
        if (from.library) f.wrap_all();
    }
    // One may need others.
    for (std::size_t i = 0; i < lists.all().size(); ++i) {
        const auto [kind, list] = lists.all()[i];
        detail::list_writer(p, made.functions.emplace_back(), lists).write(kind, list);
    }
    return made;
}

}  // namespace vitte::language
