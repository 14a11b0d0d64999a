/// Procedures as graphs of basic blocks: over variables (MIR), then over values that are computed once (SSA).
#pragma once

#include <span>
#include <string>
#include <vector>
#include <vitte/language/lower/program.hpp>

namespace vitte::language {

enum class opcode : std::uint8_t {
    constant,  ///< `value`
    copy,      ///< a; only over variables
    call,      ///< `value`: index of the function; operands in `function::arguments`
    machine,   ///< `value`: index in `intrinsics`; operands in `function::arguments`
    negate,
    complement,
    invert,
    add,
    subtract,
    multiply,
    divide,
    remainder,
    and_,
    or_,
    xor_,
    shift_left,
    shift_right,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    convert,  ///< a, of type `from`
};

inline constexpr std::string_view opcode_names[] = {
    "constant",    "copy",     "call",      "machine",   "negate",     "complement", "not",           "add",
    "subtract",    "multiply", "divide",    "remainder", "and",        "or",         "xor",           "shift-left",
    "shift-right", "equal",    "not-equal", "less",      "less-equal", "greater",    "greater-equal", "convert"};
static_assert(sizeof opcode_names / sizeof *opcode_names == static_cast<std::size_t>(opcode::convert) + 1);

/// A variable or value of a function, by its index.
using value_id = std::uint32_t;
inline constexpr value_id no_value = ~value_id{0};
using block_id = std::uint32_t;

/// Computes a value. Arithmetic of integers fails where the result does not fit, a shift by more than its operand has
/// bits, and a conversion where the value does not exist in the other type.
struct instruction {
    opcode op = opcode::constant;
    type of = type::none;    ///< of the result
    type from = type::none;  ///< of the operands, where it is another
    value_id to = no_value, a = no_value, b = no_value;
    std::uint32_t results = 1;           ///< a call's: `to` and those behind it
    bool wraps = false;                  ///< the compiler's own arithmetic, which is in range
    std::uint32_t first = 0, count = 0;  ///< a call's operands
    std::uint64_t value = 0;             ///< integers with their sign extended, the bits of floating-point numbers
    span where;

    /// The index of the function or intrinsic that a call or machine instruction names.
    std::uint32_t callee() const noexcept { return static_cast<std::uint32_t>(value); }
};

/// Whether an instruction has its operands in `function::arguments`, and may do more than compute.
constexpr bool is_call(const instruction& i) noexcept { return i.op == opcode::call || i.op == opcode::machine; }

/// A way from one block to another. In SSA form `arguments` are the values of the parameters of the block that it
/// leads to.
struct edge {
    block_id to = 0;
    std::vector<value_id> arguments = {};
};

struct ending {
    enum class way : std::uint8_t { none, jump, branch, give, fail };
    way is = way::none;
    value_id value = no_value;          ///< the condition
    std::vector<value_id> values = {};  ///< what is given
    std::vector<edge> to = {};          ///< of a branch: where to go if the condition is true, and if it is false
    std::uint32_t reason = 0;           ///< index in `code::reasons`
    span where;
};

struct basic_block {
    std::vector<value_id> parameters;  ///< over values only
    std::vector<instruction> code;
    ending end;
};

struct function {
    std::string name;
    span where;
    bool visible = false, external = false, constant = false, assertion = false, library = false, test = false;
    std::uint32_t parameters = 0;  ///< the first of its values
    std::vector<type> gives;       ///< the types of its results
    std::vector<type> types;       ///< of its variables or values
    std::vector<value_id> arguments;
    std::vector<basic_block> blocks;  ///< the first is the entry; none of what the host provides
    std::uint32_t reason = 0;         ///< of an assertion

    value_id add(type of) {
        types.push_back(of);
        return static_cast<value_id>(types.size() - 1);
    }
    /// Adds several and returns the first one; no_value if there are none.
    value_id add(std::span<const type> all) {
        types.insert(types.end(), all.begin(), all.end());
        return all.empty() ? no_value : static_cast<value_id>(types.size() - all.size());
    }
    /// Arithmetic of the library is in range.
    void wrap_all() noexcept {
        for (auto& b : blocks)
            for (instruction& i : b.code) i.wraps = true;
    }
    std::span<value_id> operands(const instruction& i) noexcept { return {arguments.data() + i.first, i.count}; }
    std::span<const value_id> operands(const instruction& i) const noexcept {
        return {arguments.data() + i.first, i.count};
    }
};

struct code {
    std::vector<function> functions;
    std::vector<std::string> reasons;
    /// The bytes with which memory is filled from the address `data_begin` on; the heap follows.
    std::string data;
    static constexpr std::uint32_t data_begin = 1024;
    /// A program of which more is made is refused: each way out of a block does what is deferred, and a form is copied
    /// number by number.
    static constexpr std::size_t most_values = 2'000'000;
    std::uint32_t heap() const noexcept { return data_begin + static_cast<std::uint32_t>(data.size()); }
};

/// Calls `use` with a reference to each operand of an instruction.
template <class F>
void for_each_operand(function& f, instruction& i, F use) {
    if (i.a != no_value) use(i.a);
    if (i.b != no_value) use(i.b);
    for (value_id& v : f.operands(i)) use(v);
}
/// Calls `use` with each value that an instruction computes.
template <class F>
void for_each_result(const instruction& i, F use) {
    for (std::uint32_t k = 0; i.to != no_value && k < i.results; ++k) use(i.to + k);
}
template <class F>
void for_each_operand(ending& e, F use) {
    if (e.value != no_value) use(e.value);
    for (value_id& v : e.values) use(v);
    for (edge& out : e.to)
        for (value_id& v : out.arguments) use(v);
}

namespace detail {
inline std::string value_text(value_id v) { return '%' + std::to_string(v); }
inline void append_edge(std::string& to, const edge& e) {
    to += " b" + std::to_string(e.to);
    if (e.arguments.empty()) return;
    for (std::size_t i = 0; i < e.arguments.size(); ++i) to += (i == 0 ? "(" : ", ") + value_text(e.arguments[i]);
    to += ')';
}
inline void append_block(std::string& to, const code& c, const function& f, std::size_t index) {
    const basic_block& b = f.blocks[index];
    to += "b" + std::to_string(index);
    for (std::size_t i = 0; i < b.parameters.size(); ++i)
        to +=
            (i == 0 ? "(" : ", ") + value_text(b.parameters[i]) + ": " + std::string(name_of(f.types[b.parameters[i]]));
    to += b.parameters.empty() ? ":\n" : "):\n";
    for (const instruction& i : b.code) {
        to += "  ";
        for_each_result(i, [&](value_id v) {
            to += (v == i.to ? "" : ", ") + value_text(v) + ": " + std::string(name_of(f.types[v]));
        });
        if (i.to != no_value) to += " = ";
        to += opcode_names[static_cast<std::size_t>(i.op)];
        if (i.op == opcode::constant) to += ' ' + std::to_string(i.value);
        if (i.op == opcode::call) to += ' ' + c.functions[i.callee()].name;
        if (i.op == opcode::machine) (to += ' ') += intrinsics[i.callee()].name;
        if (i.a != no_value) to += ' ' + value_text(i.a);
        if (i.b != no_value) to += ", " + value_text(i.b);
        for (const value_id v : f.operands(i)) to += ' ' + value_text(v);
        to += '\n';
    }
    constexpr std::string_view ways[] = {"nothing", "jump", "branch", "give", "fail"};
    to += "  " + std::string(ways[static_cast<std::size_t>(b.end.is)]);
    if (b.end.value != no_value) to += ' ' + value_text(b.end.value);
    for (const value_id v : b.end.values) to += ' ' + value_text(v);
    for (const edge& e : b.end.to) append_edge(to, e);
    if (b.end.is == ending::way::fail) to += " \"" + c.reasons[b.end.reason] + '"';
    to += '\n';
}
}  // namespace detail

/// Returns the code as text, an instruction a line.
inline std::string to_text(const code& c) {
    std::string text;
    for (const function& f : c.functions) {
        if (f.library) continue;
        text += (f.external ? "extern " : f.visible ? "pub " : "") + std::string("proc ") + f.name + '(';
        for (std::uint32_t i = 0; i < f.parameters; ++i)
            text += (i == 0 ? "" : ", ") + detail::value_text(i) + ": " + std::string(name_of(f.types[i]));
        text += ") ->";
        for (const type t : f.gives) (text += ' ') += name_of(t);
        text += f.gives.empty() ? " unit\n" : "\n";
        for (std::size_t b = 0; b < f.blocks.size(); ++b) detail::append_block(text, c, f, b);
    }
    return text;
}

}  // namespace vitte::language
