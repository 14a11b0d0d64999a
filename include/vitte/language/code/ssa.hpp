/// From code over variables to code over values, each of which is computed once. Blocks that several others lead to
/// have parameters.
#pragma once

#include <utility>
#include <vitte/language/code/code.hpp>
#include <vitte/language/diagnostic.hpp>

namespace vitte::language {
namespace detail {

/// Blocks that can be reached, each before those that it dominates (reverse postorder).
inline std::vector<block_id> reverse_postorder(const function& f) {
    std::vector<block_id> order;
    std::vector<std::uint8_t> seen(f.blocks.size());
    std::vector<std::pair<block_id, std::size_t>> open{{0, 0}};
    seen[0] = 1;
    while (!open.empty()) {
        auto& [at, next] = open.back();
        const auto& out = f.blocks[at].end.to;
        if (next == out.size()) {
            order.push_back(at);
            open.pop_back();
        } else if (const block_id to = out[out.size() - 1 - next++].to; !seen[to]) {
            seen[to] = 1;
            open.push_back({to, 0});
        }
    }
    return {order.rbegin(), order.rend()};
}

/// Takes away the blocks that cannot be reached, and numbers the others in reverse postorder.
inline void order_blocks(function& f) {
    const auto order = reverse_postorder(f);
    std::vector<block_id> number(f.blocks.size());
    std::vector<basic_block> blocks;
    for (std::size_t i = 0; i < order.size(); ++i) number[order[i]] = static_cast<block_id>(i);
    for (const block_id b : order) {
        blocks.push_back(std::move(f.blocks[b]));
        for (edge& out : blocks.back().end.to) out.to = number[out.to];
    }
    f.blocks = std::move(blocks);
}

/// The blocks that lead to each, a block twice if both its edges do.
inline std::vector<std::vector<block_id>> predecessors(const function& f) {
    std::vector<std::vector<block_id>> all(f.blocks.size());
    for (std::size_t b = 0; b < f.blocks.size(); ++b)
        for (const edge& out : f.blocks[b].end.to) all[out.to].push_back(static_cast<block_id>(b));
    return all;
}

/// What values are replaced by.
class replacements {
public:
    explicit replacements(std::size_t values) : by_(values, no_value) {}
    void replace(value_id v, value_id by) { by_[v] = by; }
    value_id of(value_id v) {
        value_id last = v;
        while (last != no_value && last < by_.size() && by_[last] != no_value) last = by_[last];
        while (v != last) v = std::exchange(by_[v], last);
        return last;
    }
    void apply(function& f) {
        for (basic_block& b : f.blocks) {
            for (instruction& i : b.code) for_each_operand(f, i, [this](value_id& v) { v = of(v); });
            for_each_operand(b.end, [this](value_id& v) { v = of(v); });
        }
    }

private:
    std::vector<value_id> by_;
};

/// Takes away parameters that are the same value whatever block leads to theirs.
inline void drop_parameters(function& f) {
    const auto leading = predecessors(f);
    for (bool changed = true; changed;) {
        changed = false;
        replacements with(f.types.size());
        for (std::size_t b = 0; b < f.blocks.size(); ++b) {
            auto& parameters = f.blocks[b].parameters;
            for (std::size_t k = parameters.size(); k-- > 0;) {
                value_id only = no_value;
                bool same = true;
                for (const block_id from : leading[b])
                    for (const edge& out : f.blocks[from].end.to) {
                        if (out.to != b) continue;
                        const value_id v = with.of(out.arguments[k]);
                        if (v == parameters[k] || v == only) continue;
                        same &= only == no_value;
                        only = v;
                    }
                if (!same || only == no_value) continue;
                with.replace(parameters[k], only);
                parameters.erase(parameters.begin() + static_cast<std::ptrdiff_t>(k));
                std::vector<edge*> outs;
                for (const block_id from : leading[b])
                    for (edge& out : f.blocks[from].end.to)
                        if (out.to == b && std::find(outs.begin(), outs.end(), &out) == outs.end())
                            outs.push_back(&out);
                for (edge* out : outs) out->arguments.erase(out->arguments.begin() + static_cast<std::ptrdiff_t>(k));
                changed = true;
            }
        }
        if (changed) with.apply(f);
    }
}

/// The values of variables at the ends of blocks: a hash table with open addressing.
class variable_values {
public:
    value_id find(block_id b, value_id variable) const noexcept { return slots_[place_of(key(b, variable))].value; }
    void set(block_id b, value_id variable, value_id value) {
        if (2 * (count_ + 1) > slots_.size()) grow();
        slot& s = slots_[place_of(key(b, variable))];
        count_ += s.value == no_value;
        s = {key(b, variable), value};
    }

private:
    struct slot {
        std::uint64_t key = 0;
        value_id value = no_value;
    };
    static std::uint64_t key(block_id b, value_id variable) noexcept { return std::uint64_t{b} << 32 | variable; }
    std::size_t place_of(std::uint64_t key) const noexcept {
        const std::size_t mask = slots_.size() - 1;
        auto at = static_cast<std::size_t>(key * 0x9e3779b97f4a7c15 >> 32) & mask;
        while (slots_[at].value != no_value && slots_[at].key != key) at = (at + 1) & mask;
        return at;
    }
    void grow() {
        const std::vector<slot> before = std::exchange(slots_, std::vector<slot>(2 * slots_.size()));
        for (const slot& s : before)
            if (s.value != no_value) slots_[place_of(s.key)] = s;
    }
    std::vector<slot> slots_ = std::vector<slot>(64);
    std::size_t count_ = 0;
};

/// After Braun and others, "Simple and Efficient Construction of Static Single Assignment Form" (2013), without
/// recursion: a block that several lead to gets a parameter for each variable that is read there, and arguments for it
/// when all is read.
class ssa_builder {
public:
    ssa_builder(function& f, std::size_t most) : f_(f), most_(most) {}
    std::size_t size() const noexcept { return pending_.size(); }
    bool is_too_large() const noexcept { return size() >= most_; }

    void all() {
        order_blocks(f_);
        leading_ = predecessors(f_);
        for (value_id v = 0; v < f_.parameters; ++v) now_.set(0, v, v);
        for (block_id b = 0; b < f_.blocks.size(); ++b) rename(b);
        for (std::size_t i = 0; i < pending_.size(); ++i) {
            if (is_too_large()) return;
            const auto [b, variable] = pending_[i];
            // An edge from a block is written once, whatever number of edges it has there.
            for (const block_id from : leading_[b]) {
                const value_id v = read(from, variable);
                for (edge& out : f_.blocks[from].end.to)
                    if (out.to == b && out.arguments.size() <= position_[i]) out.arguments.push_back(v);
            }
        }
        if (is_too_large()) return;
        f_.blocks[0].code.insert(f_.blocks[0].code.begin(), undefined_.begin(), undefined_.end());
        drop_parameters(f_);
    }

private:
    void rename(block_id b) {
        std::vector<instruction> kept;
        for (instruction i : f_.blocks[b].code) {
            for_each_operand(f_, i, [&](value_id& v) { v = read(b, v); });
            if (i.op == opcode::copy) {
                now_.set(b, i.to, i.a);
                continue;
            }
            for_each_result(i, [&](value_id v) {
                const type of = f_.types[v];
                now_.set(b, v, f_.add(of));
            });
            if (i.to != no_value) i.to = now_.find(b, i.to);
            kept.push_back(i);
        }
        f_.blocks[b].code = std::move(kept);
        for_each_operand(f_.blocks[b].end, [&](value_id& v) { v = read(b, v); });
    }
    value_id read(block_id b, value_id variable) {
        std::vector<block_id> passed;
        for (;;) {
            value_id v = now_.find(b, variable);
            if (v == no_value && leading_[b].size() == 1) {
                passed.push_back(b);
                b = leading_[b][0];
                continue;
            }
            if (v == no_value) v = leading_[b].empty() ? undefined(b, variable) : parameter(b, variable);
            for (const block_id p : passed) now_.set(p, variable, v);
            return v;
        }
    }
    value_id parameter(block_id b, value_id variable) {
        if (is_too_large()) return 0;  // nothing is made of the code
        const value_id v = f_.add(f_.types[variable]);
        now_.set(b, variable, v);
        pending_.push_back({b, variable});
        position_.push_back(f_.blocks[b].parameters.size());
        f_.blocks[b].parameters.push_back(v);
        return v;
    }
    /// Read on a way on which it is never written, and whose value nobody uses.
    value_id undefined(block_id b, value_id variable) {
        instruction i;
        i.of = f_.types[variable], i.to = f_.add(i.of);
        undefined_.push_back(i);
        return now_.set(b, variable, i.to), i.to;
    }

    function& f_;
    std::size_t most_;  // parameters
    std::vector<instruction> undefined_;
    std::vector<std::vector<block_id>> leading_;
    variable_values now_;
    std::vector<std::pair<block_id, value_id>> pending_;  // parameters without arguments
    std::vector<std::size_t> position_;
};
}  // namespace detail

/// Makes code over values of code over variables.
inline code ssa_of(code c, diagnostics& errors) {
    std::size_t left = code::most_values;
    for (function& f : c.functions) {
        if (f.blocks.empty()) continue;
        detail::ssa_builder builder(f, left);
        builder.all();
        if (builder.is_too_large()) {
            errors.error("V0505", f.where, "the code of the program becomes too large here").hint =
                "too many variables are used behind too many branches";
            return {};
        }
        left -= builder.size();
    }
    return c;
}

}  // namespace vitte::language
