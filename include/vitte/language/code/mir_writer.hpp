/// Writes instructions over variables, among them those that reach memory and count the owners of texts and lists.
#pragma once

#include <map>
#include <vitte/language/code/code.hpp>
#include <vitte/language/lower/program.hpp>

namespace vitte::language::detail {

/// The texts that a program has in memory at the beginning.
class texts {
public:
    explicit texts(std::string& to) : to_(to) {}

    std::uint32_t address(const std::string& text) {
        if (text.empty()) return 0;
        const auto [at, is_new] = known_.try_emplace(text, code::data_begin + static_cast<std::uint32_t>(to_.size()));
        if (is_new) {
            put(0);
            put(static_cast<std::uint32_t>(text.size()));
            to_ += text;
            to_.resize((to_.size() + 3) / 4 * 4);
        }
        return at->second;
    }

private:
    void put(std::uint32_t word) {
        for (int i = 0; i < 4; ++i) to_ += static_cast<char>(word >> (8 * i));
    }
    std::string& to_;
    std::map<std::string, std::uint32_t> known_;
};

/// Procedures that count and compare lists of one type, which are made when one is needed.
class list_procedures {
public:
    enum class what : std::uint8_t { release, unique, equal };
    explicit list_procedures(std::uint32_t first) : first_(first) {}

    /// The number of the function.
    std::uint32_t of(what kind, type list) {
        const auto [found, is_new] = known_.try_emplace({kind, list}, first_ + static_cast<std::uint32_t>(all_.size()));
        if (is_new) all_.push_back(found->first);
        return found->second;
    }
    const std::vector<std::pair<what, type>>& all() const noexcept { return all_; }

private:
    std::uint32_t first_;
    std::map<std::pair<what, type>, std::uint32_t> known_;
    std::vector<std::pair<what, type>> all_;
};

/// Writes instructions over variables. A value of several scalars is that many variables, one behind the other, of
/// which the first one is named.
class mir_writer {
public:
    mir_writer(const program& p, function& f, list_procedures& lists) : p_(p), f_(f), lists_(lists) {}

protected:
    basic_block& now() noexcept { return f_.blocks[at_]; }
    block_id new_block() {
        f_.blocks.emplace_back();
        return static_cast<block_id>(f_.blocks.size() - 1);
    }
    void finish(ending end) {
        if (now().end.is == ending::way::none) now().end = std::move(end);
    }
    void jump(block_id to, span where) { finish({ending::way::jump, no_value, {}, {{to}}, 0, where}); }
    /// Ends the block by a choice, and goes on in the first one.
    void branch(value_id when, block_id then, block_id otherwise, span where) {
        finish({ending::way::branch, when, {}, {{then}, {otherwise}}, 0, where});
        at_ = then;
    }
    value_id variables(type of) { return f_.add(p_.types.slots(of)); }
    std::uint32_t slots(type of) const noexcept { return p_.types.slot_count(of); }
    value_id put(instruction i) {
        i.to = f_.add(i.of);
        now().code.push_back(i);
        return i.to;
    }
    void copy(value_id to, value_id from, type of, span where) {
        for (std::uint32_t k = 0; to != no_value && from != no_value && k < slots(of); ++k)
            copy_slot(to + k, from + k, where);
    }
    void copy_slot(value_id to, value_id from, span where) {
        instruction i;
        i.op = opcode::copy, i.of = f_.types[to], i.to = to, i.a = from, i.where = where;
        now().code.push_back(i);
    }
    /// The same bits as a value of another type.
    value_id as(type of, value_id from, span where) {
        const value_id made = f_.add(of);
        return copy_slot(made, from, where), made;
    }
    value_id constant(type of, std::uint64_t value, span where) {
        instruction i;
        i.of = of, i.value = value, i.where = where;
        return put(i);
    }
    /// Computes of two values of type `from`.
    value_id compute(opcode op, type of, type from, value_id a, value_id b, span where) {
        instruction i;
        i.op = op, i.of = of, i.from = from, i.a = a, i.b = b, i.where = where, i.wraps = true;
        return put(i);
    }
    value_id add(value_id a, std::uint32_t b, span where) {
        return b == 0 ? a : compute(opcode::add, type::u32, type::u32, a, constant(type::u32, b, where), where);
    }
    value_id call(opcode op, std::uint64_t what, std::initializer_list<value_id> values, type gives, span where) {
        instruction i;
        i.op = op, i.of = gives, i.value = what, i.where = where;
        i.first = static_cast<std::uint32_t>(f_.arguments.size());
        i.count = static_cast<std::uint32_t>(values.size());
        f_.arguments.insert(f_.arguments.end(), values);
        i.to = variables(gives), i.results = slots(gives);
        now().code.push_back(i);
        return i.to;
    }
    value_id call_library(std::string_view name, std::initializer_list<value_id> values, type gives, span where) {
        return call(opcode::call, p_.library.find(name)->second, values, gives, where);
    }
    value_id call_list(list_procedures::what kind, type list, std::initializer_list<value_id> values, type gives,
                       span where) {
        return call(opcode::call, lists_.of(kind, list), values, gives, where);
    }
    value_id machine(std::string_view name, std::initializer_list<value_id> values, span where) {
        const std::uint32_t which = intrinsic_called(name);
        return call(opcode::machine, which, values, intrinsics[which].gives, where);
    }
    value_id load(type slot, value_id at, span where) {
        if (slot == type::f32) return machine("__load_f32", {at}, where);
        if (slot == type::f64) return machine("__load_f64", {at}, where);
        return as(slot, machine(type_table::size_of(slot) == 8 ? "__load64" : "__load32", {at}, where), where);
    }
    void store(type slot, value_id at, value_id value, span where) {
        const bool wide = type_table::size_of(slot) == 8;
        machine(slot == type::f32   ? "__store_f32"
                : slot == type::f64 ? "__store_f64"
                : wide              ? "__store64"
                                    : "__store32",
                {at, value}, where);
    }
    /// Calls `use(type, offset)` for each scalar of an element.
    template <class F>
    void each_slot(type of, F use) const {
        std::uint32_t offset = 0;
        for (const type slot : p_.types.slots(of)) use(slot, offset), offset += type_table::size_of(slot);
    }

    // Counts of owners
    void retain_slot(type slot, value_id value, span where) {
        if (type_table::is_counted(slot)) call_library("__retain", {value}, type::unit, where);
    }
    void release_slot(type slot, value_id value, span where) {
        if (slot == type::text)
            call_library("__release", {value}, type::unit, where);
        else if (type_table::has(slot))
            call_list(list_procedures::what::release, slot, {value}, type::unit, where);
    }
    value_id equal_slots(type slot, value_id a, value_id b, span where) {
        if (slot == type::text) return call_library("__same", {a, b}, type::boolean, where);
        if (type_table::has(slot)) return call_list(list_procedures::what::equal, slot, {a, b}, type::boolean, where);
        return compute(opcode::equal, type::boolean, slot, a, b, where);
    }

    const program& p_;
    function& f_;
    list_procedures& lists_;
    block_id at_ = 0;
};

}  // namespace vitte::language::detail
