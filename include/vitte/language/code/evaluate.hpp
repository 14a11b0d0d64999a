/// Evaluates what is known at compile time: constants become their values, and assertions must hold.
#pragma once

#include <optional>
#include <vitte/language/code/arithmetic.hpp>
#include <vitte/language/code/ssa.hpp>
#include <vitte/language/diagnostic.hpp>

namespace vitte::language {

/// How much is computed at compile time, for a whole program.
struct evaluation_limits {
    std::uint64_t steps = 10'000'000;  ///< instructions
    unsigned depth = 200;              ///< calls inside of each other
};

namespace detail {

class evaluator {
public:
    evaluator(code& c, diagnostics& errors, evaluation_limits limits) : c_(c), errors_(errors), left_(limits) {}

    void all() {
        std::vector<bool> is_constant(c_.functions.size());
        for (std::size_t i = 0; i < c_.functions.size(); ++i) is_constant[i] = c_.functions[i].constant;
        for (function& f : c_.functions) {
            if (!f.constant && !f.assertion) continue;
            const auto value = call(f, {});
            if (value && f.assertion && value->front() == 0) errors_.error("V0503", f.where, c_.reasons[f.reason]);
            if (value && f.constant) settle(f, *value);
            if (!errors_.empty()) return;
        }
        for (function& f : c_.functions) replace_constants(f, is_constant);
    }

private:
    using bits = std::vector<std::uint64_t>;

    /// Makes a function that gives its value.
    static void settle(function& f, const bits& value) {
        f.types = f.gives;
        f.blocks.assign(1, {});
        basic_block& b = f.blocks[0];
        b.end.is = ending::way::give, b.end.where = f.where;
        for (value_id k = 0; k < value.size(); ++k) {
            instruction i;
            i.of = f.gives[k], i.value = value[k], i.to = k, i.where = f.where;
            b.code.push_back(i);
            b.end.values.push_back(k);
        }
    }
    void replace_constants(function& f, const std::vector<bool>& is_constant) {
        for (basic_block& b : f.blocks) {
            std::vector<instruction> all;
            for (const instruction& i : b.code) {
                if (i.op != opcode::call || !is_constant[i.callee()]) {
                    all.push_back(i);
                    continue;
                }
                for (instruction one : c_.functions[i.callee()].blocks[0].code) {
                    one.to += i.to, one.where = i.where;
                    all.push_back(one);
                }
            }
            b.code = std::move(all);
        }
    }

    std::nullopt_t wrong(span where, std::string_view why) {
        const bool in_library = where.begin <= core_library.size();
        errors_.error("V0504", in_library ? called_ : where,
                      "this cannot be evaluated at compile time: " + std::string(why));
        return std::nullopt;
    }
    std::optional<bits> call(const function& f, std::span<const std::uint64_t> arguments) {
        if (left_.depth == 0) return wrong(f.where, "too many calls inside of each other");
        --left_.depth;
        const auto made = run(f, arguments);
        ++left_.depth;
        return made;
    }
    std::optional<bits> run(const function& f, std::span<const std::uint64_t> arguments) {
        std::vector<std::uint64_t> values(f.types.size());
        std::copy(arguments.begin(), arguments.end(), values.begin());
        for (block_id at = 0;;) {
            const basic_block& b = f.blocks[at];
            for (const instruction& i : b.code)
                if (!step(f, i, values)) return std::nullopt;
            if (b.end.is == ending::way::give) {
                bits given;
                for (const value_id v : b.end.values) given.push_back(values[v]);
                return given;
            }
            if (b.end.is == ending::way::fail) return wrong(b.end.where, c_.reasons[b.end.reason]);
            if (left_.steps == 0) return wrong(b.end.where, "it takes too many steps");
            --left_.steps;
            const edge& out = b.end.to[b.end.is == ending::way::branch && values[b.end.value] == 0 ? 1 : 0];
            std::vector<std::uint64_t> passed;
            for (const value_id v : out.arguments) passed.push_back(values[v]);
            at = out.to;
            for (std::size_t k = 0; k < passed.size(); ++k) values[f.blocks[at].parameters[k]] = passed[k];
        }
    }
    bool step(const function& f, const instruction& i, std::vector<std::uint64_t>& values) {
        if (left_.steps == 0) return wrong(i.where, "it takes too many steps"), false;
        --left_.steps;
        if (i.op == opcode::machine) {
            if (intrinsics[i.callee()].name != "__heap")
                return wrong(i.where, "memory is there at run time only"), false;
            values[i.to] = ~std::uint32_t{0};  // all texts that are there are written in the program
            return true;
        }
        if (i.op == opcode::call) {
            if (!f.library) called_ = i.where;
            std::vector<std::uint64_t> arguments;
            for (const value_id v : f.operands(i)) arguments.push_back(values[v]);
            function& callee = c_.functions[i.callee()];
            const auto made = call(callee, arguments);
            if (made && callee.constant) settle(callee, *made);  // which is computed once
            if (made && i.to != no_value)
                std::copy(made->begin(), made->end(), values.begin() + static_cast<std::ptrdiff_t>(i.to));
            return made.has_value();
        }
        const computed made = compute(i, i.a == no_value ? 0 : values[i.a], i.b == no_value ? 0 : values[i.b]);
        if (made.why != failure::none) return wrong(i.where, failure_names[static_cast<std::size_t>(made.why)]), false;
        values[i.to] = made.value;
        return true;
    }

    code& c_;
    diagnostics& errors_;
    evaluation_limits left_;
    span called_;  // what the program has called last
};
}  // namespace detail

/// Computes constants and checks assertions; calls of constants become their values. What fails is reported.
inline code evaluate(code c, diagnostics& errors, evaluation_limits limits = {}) {
    detail::evaluator(c, errors, limits).all();
    return c;
}

}  // namespace vitte::language
