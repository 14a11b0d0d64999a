/// Makes code over values smaller: computes what is constant, follows branches that are decided, drops what nobody uses
/// and what nobody calls.
#pragma once

#include <vitte/language/code/arithmetic.hpp>
#include <vitte/language/code/ssa.hpp>

namespace vitte::language {
namespace detail {

class optimiser {
public:
    explicit optimiser(function& f) : f_(f) {}

    void all() {
        for (int rounds = 0; rounds < 8 && fold(); ++rounds) {
            order_blocks(f_);
            drop_parameters(f_);
        }
        merge_blocks();
        drop_unused();
    }

private:
    /// Computes what has constant operands; true if a branch was decided.
    bool fold() {
        std::vector<const instruction*> made(f_.types.size());
        bool decided = false;
        for (basic_block& b : f_.blocks) {
            for (instruction& i : b.code) {
                const instruction* const x = i.a == no_value ? nullptr : made[i.a];
                const instruction* const y = i.b == no_value ? nullptr : made[i.b];
                const bool known = !is_call(i) && i.op != opcode::constant && (i.a == no_value || x != nullptr) &&
                                   (i.b == no_value || y != nullptr);
                if (known) {
                    const computed value = compute(i, x != nullptr ? x->value : 0, y != nullptr ? y->value : 0);
                    if (value.why == failure::none)
                        i.op = opcode::constant, i.value = value.value, i.a = i.b = no_value;
                }
                if (i.op == opcode::constant && i.to != no_value) made[i.to] = &i;
            }
            if (b.end.is != ending::way::branch) continue;
            const instruction* const when = made[b.end.value];
            if (when == nullptr) continue;
            b.end.to = {b.end.to[when->value != 0 ? 0 : 1]};
            b.end.is = ending::way::jump;
            b.end.value = no_value;
            decided = true;
        }
        return decided;
    }
    /// Appends a block to the only one that leads to it.
    void merge_blocks() {
        const auto leading = predecessors(f_);
        std::vector<block_id> into(f_.blocks.size());
        for (block_id b = 0; b < f_.blocks.size(); ++b) into[b] = b;
        replacements with(f_.types.size());
        for (block_id b = 1; b < f_.blocks.size(); ++b) {
            if (leading[b].size() != 1) continue;
            const block_id to = into[leading[b][0]];
            basic_block& before = f_.blocks[to];
            if (before.end.is != ending::way::jump) continue;
            for (std::size_t k = 0; k < f_.blocks[b].parameters.size(); ++k)
                with.replace(f_.blocks[b].parameters[k], before.end.to[0].arguments[k]);
            before.code.insert(before.code.end(), f_.blocks[b].code.begin(), f_.blocks[b].code.end());
            before.end = std::move(f_.blocks[b].end);
            f_.blocks[b].end = {};
            into[b] = to;
        }
        with.apply(f_);
        order_blocks(f_);
    }
    void drop_unused() {
        std::vector<std::uint32_t> uses(f_.types.size());
        for (basic_block& b : f_.blocks) {
            for (instruction& i : b.code) for_each_operand(f_, i, [&](value_id& v) { ++uses[v]; });
            for_each_operand(b.end, [&](value_id& v) { ++uses[v]; });
        }
        for (std::size_t b = f_.blocks.size(); b-- > 0;) {
            auto& all = f_.blocks[b].code;
            for (std::size_t k = all.size(); k-- > 0;) {
                if (may_fail(all[k]) || all[k].to == no_value || uses[all[k].to] != 0) continue;
                for_each_operand(f_, all[k], [&](value_id& v) { --uses[v]; });
                all[k].to = no_value;
            }
            std::erase_if(all, [](const instruction& i) { return i.to == no_value && !may_fail(i); });
        }
    }
    function& f_;
};

/// Takes away functions that nobody can call.
inline void drop_uncalled(code& c, bool with_constants) {
    std::vector<std::uint32_t> open;
    std::vector<bool> called(c.functions.size());
    const auto call = [&](std::size_t f) {
        if (called[f]) return;
        called[f] = true;
        open.push_back(static_cast<std::uint32_t>(f));
    };
    for (std::size_t f = 0; f < c.functions.size(); ++f)
        if (const function& one = c.functions[f];
            one.visible || one.name == "main" || (with_constants && (one.constant || one.assertion)))
            call(f);
    while (!open.empty()) {
        const function& f = c.functions[open.back()];
        open.pop_back();
        for (const basic_block& b : f.blocks)
            for (const instruction& i : b.code)
                if (i.op == opcode::call) call(i.callee());
    }
    std::vector<std::uint64_t> number(c.functions.size());
    std::vector<function> kept;
    for (std::size_t f = 0; f < c.functions.size(); ++f) {
        if (!called[f]) continue;
        number[f] = kept.size();
        kept.push_back(std::move(c.functions[f]));
    }
    c.functions = std::move(kept);
    for (function& f : c.functions)
        for (basic_block& b : f.blocks)
            for (instruction& i : b.code)
                if (i.op == opcode::call) i.value = number[i.callee()];
}
}  // namespace detail

/// Takes away functions that nobody can call; before constants are evaluated, `with_constants` keeps these and
/// assertions.
inline code drop_uncalled(code c, bool with_constants = false) {
    detail::drop_uncalled(c, with_constants);
    return c;
}

/// Makes code smaller and faster that does the same.
inline code optimise(code c) {
    for (function& f : c.functions)
        if (!f.blocks.empty()) detail::optimiser(f).all();
    return c;
}

}  // namespace vitte::language
