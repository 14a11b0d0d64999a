/// The procedures that release, copy and compare lists of one type.
#pragma once

#include <vitte/language/code/mir_writer.hpp>

namespace vitte::language::detail {

/// Writes the procedures of lists.
class list_writer : mir_writer {
public:
    using mir_writer::mir_writer;

    void write(list_procedures::what kind, type list) {
        list_ = list, element_ = p_.types.element(list), size_ = p_.types.element_size(list);
        f_.blocks.resize(1);
        f_.library = true;
        constexpr std::string_view names[] = {"release ", "own ", "compare "};
        f_.name = std::string(names[static_cast<std::size_t>(kind)]) + p_.types.name(list);
        f_.parameters = kind == list_procedures::what::equal ? 2 : 1;
        for (std::uint32_t i = 0; i < f_.parameters; ++i) f_.add(type::u32);
        if (kind == list_procedures::what::release)
            release();
        else if (kind == list_procedures::what::unique)
            unique();
        else
            equal();
    }

private:
    void give(std::vector<value_id> values) { finish({ending::way::give, no_value, std::move(values), {}, 0, where_}); }
    value_id compare(opcode op, value_id a, value_id b) { return compute(op, type::boolean, type::u32, a, b, where_); }
    value_id number(std::uint32_t value) { return constant(type::u32, value, where_); }
    value_id count_of(value_id list) { return machine("__load32", {add(list, 4, where_)}, where_); }
    /// Writes `body(address)` for each element of a list.
    template <class F>
    void for_each(value_id list, value_id count, F body) {
        const value_id i = f_.add(type::u32), at = f_.add(type::u32);
        copy_slot(i, number(0), where_);
        copy_slot(at, add(list, 16, where_), where_);
        const block_id head = new_block(), round = new_block(), after = new_block();
        jump(head, where_);
        at_ = head;
        branch(compare(opcode::less, i, count), round, after, where_);
        body(at);
        copy_slot(i, add(i, 1, where_), where_);
        copy_slot(at, add(at, size_, where_), where_);
        jump(head, where_);
        at_ = after;
    }
    /// Goes on where the list is on the heap; otherwise `otherwise` is given.
    void on_heap(value_id list, std::vector<value_id> otherwise) {
        const block_id no = new_block(), yes = new_block();
        branch(compare(opcode::less, list, machine("__heap", {}, where_)), no, yes, where_);
        give(std::move(otherwise));
        at_ = yes;
    }
    void release() {
        on_heap(0, {});
        const value_id owners = machine("__load32", {0}, where_);
        const block_id shared = new_block(), last = new_block();
        branch(compare(opcode::greater, owners, number(1)), shared, last, where_);
        machine("__store32", {0, compute(opcode::subtract, type::u32, type::u32, owners, number(1), where_)}, where_);
        give({});
        at_ = last;
        for_each(0, count_of(0), [&](value_id at) {
            each_slot(element_, [&](type slot, std::uint32_t offset) {
                if (type_table::is_counted(slot))
                    release_slot(slot, load(slot, add(at, offset, where_), where_), where_);
            });
        });
        call_library("__free_power", {0, machine("__load32", {add(0, 8, where_)}, where_)}, type::unit, where_);
        give({});
    }
    /// Gives a list that has one owner.
    void unique() {
        f_.gives = {type::u32};
        on_heap(0, {0});
        const block_id own = new_block(), shared = new_block();
        branch(compare(opcode::equal, machine("__load32", {0}, where_), number(1)), own, shared, where_);
        give({0});
        at_ = shared;
        const value_id count = count_of(0);
        const value_id made =
            call_library("__new_list", {count, number(std::max<std::uint32_t>(size_, 1))}, type::u32, where_);
        const value_id bytes = compute(opcode::multiply, type::u32, type::u32, count, number(size_), where_);
        machine("__copy", {add(made, 16, where_), add(0, 16, where_), bytes}, where_);
        for_each(made, count, [&](value_id at) {
            each_slot(element_, [&](type slot, std::uint32_t offset) {
                if (type_table::is_counted(slot))
                    retain_slot(slot, load(slot, add(at, offset, where_), where_), where_);
            });
        });
        release_slot(list_, as(list_, 0, where_), where_);
        give({made});
    }
    /// Of two lists that it owns.
    void equal() {
        f_.gives = {type::boolean};
        const value_id result = f_.add(type::boolean);
        const value_id count = count_of(0);
        copy_slot(result, compare(opcode::equal, count, count_of(1)), where_);
        const block_id look = new_block(), after = new_block();
        branch(result, look, after, where_);
        const value_id distance = compute(opcode::subtract, type::i64, type::i64, wide(1), wide(0), where_);
        for_each(0, count, [&](value_id at) {
            const value_id other = narrow(compute(opcode::add, type::i64, type::i64, wide(at), distance, where_));
            each_slot(element_, [&](type slot, std::uint32_t offset) {
                const value_id a = load(slot, add(at, offset, where_), where_),
                               b = load(slot, add(other, offset, where_), where_);
                retain_slot(slot, a, where_), retain_slot(slot, b, where_);
                copy_slot(result,
                          compute(opcode::and_, type::boolean, type::boolean, result, equal_slots(slot, a, b, where_),
                                  where_),
                          where_);
            });
        });
        jump(after, where_);
        at_ = after;
        for (const value_id one : {0u, 1u}) release_slot(list_, as(list_, one, where_), where_);
        give({result});
    }
    value_id convert(type to, type from, value_id v) {
        instruction i;
        i.op = opcode::convert, i.of = to, i.from = from, i.a = v, i.where = where_;
        return put(i);
    }
    value_id wide(value_id v) { return convert(type::i64, type::u32, v); }
    value_id narrow(value_id v) { return convert(type::u32, type::i64, v); }

    type list_ = type::none, element_ = type::none;
    std::uint32_t size_ = 0;
    span where_ = {};
};

}  // namespace vitte::language::detail
