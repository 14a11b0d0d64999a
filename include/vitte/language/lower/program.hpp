/// The program after lowering: names are resolved, and of several ways to write a thing one is left.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>
#include <vitte/language/source.hpp>
#include <vitte/language/type.hpp>

namespace vitte::language {

/// Kinds of expressions, and their operands. Statements are expressions of type `unit`; one that goes elsewhere is of
/// type `never`.
enum class expression : std::uint8_t {
    nothing,
    error,        ///< was reported
    integer,      ///< `value`; `wanted` if it has a suffix
    floating,     ///< `value`: the bits of an f64
    boolean,      ///< `value`
    character,    ///< `value`
    local,        ///< `symbol`: index in its procedure's locals
    constant,     ///< `symbol`: index of the procedure that computes it
    call,         ///< arguments; `symbol`: index of a procedure
    intrinsic,    ///< arguments; `symbol`: index in `intrinsics`; of the library only
    text,         ///< `symbol`: index in `program::texts`
    method,       ///< value and arguments; `name`: of the procedure; a `call` after checking
    tuple,        ///< values
    list,         ///< elements
    index,        ///< list, index
    length,       ///< text or list
    push,         ///< list that changes, element
    pop,          ///< list that changes
    each_count,   ///< text or list, of which `for` runs over the characters or elements: how far its position goes,
    each_item,    ///< what is at a position,
    each_step,    ///< and how far the next one is
    make_case,    ///< what it carries; `name`: of the case; `wanted`: the pick, if it is known; `symbol` is its number
                  ///< after checking
    is_case,      ///< value; `name`: of the case, which is number `symbol` after checking
    carried,      ///< value; `name`: of the case, whose values it gives; a `member` after checking
    construct,    ///< `field_value`s; `wanted`: the form
    field_value,  ///< value; `name`: of the field, which is number `symbol` after checking
    member,       ///< value; `name`: of the field, which is number `symbol` after checking
    part,         ///< value; `symbol`: of which part; a `member` after checking
    has_parts,    ///< value; `symbol`: how many parts it must have; `nothing` after checking
    negate,
    complement,
    invert,  ///< `-`, `~`, `not`
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
    cast,       ///< value; `wanted`
    block,      ///< all but the last are statements; `value` has bits of `block_bits`
    let,        ///< value; `symbol`: a local; `wanted` if its type is written
    let_range,  ///< from, to; `symbol`: a local for each, the second one behind it, which have one type
    set,        ///< value; `symbol`: a local
    set_part,   ///< members of a local, value
    if_,        ///< condition, then, else or `nothing`
    loop,       ///< body, and what is done before the next round or `nothing`; `break_` gives its result
    break_,     ///< value or `nothing`
    continue_,
    defer,      ///< what is done where the block ends or is left
    give,       ///< value or `nothing`
    unmatched,  ///< value; `symbol`: index in `program::matches`; is reached if there is no case; a `fail` after
                ///< checking
    fail,       ///< `value`: index in `program::reasons`: ends the call as a trap
};

/// Bits of a block's `value`.
enum block_bits : std::uint64_t {
    block_has_result = 1,  ///< its last expression is its value
    block_is_open = 2,     ///< its variables are those of the block around it
};

/// Names of the kinds in printed programs.
inline constexpr std::string_view expression_names[] = {
    "nothing",    "error",       "integer",    "float",     "bool",      "char",       "local",      "constant",
    "call",       "intrinsic",   "text",       "method",    "tuple",     "list",       "index",      "length",
    "push",       "pop",         "each-count", "each-item", "each-step", "make-case",  "is-case",    "carried",
    "construct",  "field",       "member",     "part",      "has-parts", "negate",     "complement", "not",
    "add",        "subtract",    "multiply",   "divide",    "remainder", "and",        "or",         "xor",
    "shift-left", "shift-right", "equal",      "not-equal", "less",      "less-equal", "greater",    "greater-equal",
    "cast",       "block",       "let",        "let-range", "set",       "set-part",   "if",         "loop",
    "break",      "continue",    "defer",      "give",      "unmatched", "fail"};
static_assert(sizeof expression_names / sizeof *expression_names == static_cast<std::size_t>(expression::fail) + 1);

/// Index of an expression in its program; 0 is `nothing`.
using expression_id = std::uint32_t;

struct expression_node {
    expression kind = expression::nothing;
    type wanted = type::none;  ///< what the source says; after checking the type of the expression
    std::uint32_t symbol = 0;
    std::uint32_t first = 0, count = 0;  ///< of its operands in `program::operands`
    span where;
    span name;  ///< of the token that says most
    std::uint64_t value = 0;
};

/// A parameter or variable.
struct local {
    std::string name;
    span where;
    type of = type::none;     ///< what is written; after checking what it is
    bool changeable = false;  ///< it is declared by `let mut`
    bool used = false;
};

struct procedure {
    enum class role : std::uint8_t { ordinary, constant, assertion };

    std::string name;
    span where;  ///< of the name
    role is = role::ordinary;
    bool visible = false, external = false;
    bool known = false;  ///< may be called at compile time
    bool is_test = false;
    bool library = false;          ///< of the library
    bool has_self = false;         ///< its first parameter is the value that it is called on,
    bool changes_self = false;     ///< which gets what `self` is in the end
    std::uint32_t parameters = 0;  ///< the first of its locals
    std::vector<local> locals;
    type gives = type::unit;  ///< `none` for a constant whose type is not written
    expression_id body = 0;
    std::string reason = {};  ///< of an assertion
};

/// An instruction of the machine, which the library calls like a procedure.
struct intrinsic {
    std::string_view name;
    std::uint32_t parameters;
    type takes, gives;
};
inline constexpr intrinsic intrinsics[] = {
    {"__load32", 1, type::u32, type::u32},       {"__load8", 1, type::u32, type::u32},
    {"__store32", 2, type::u32, type::unit},     {"__store8", 2, type::u32, type::unit},
    {"__copy", 3, type::u32, type::unit},        {"__pages", 0, type::u32, type::u32},
    {"__grow", 1, type::u32, type::u32},         {"__heap", 0, type::u32, type::u32},
    {"__peek", 1, type::text, type::u32},        {"__text", 1, type::u32, type::text},
    {"__load64", 1, type::u32, type::u64},       {"__store64", 2, type::u32, type::unit},
    {"__load_f32", 1, type::u32, type::f32},     {"__store_f32", 2, type::u32, type::unit},
    {"__load_f64", 1, type::u32, type::f64},     {"__store_f64", 2, type::u32, type::unit},
    {"__leading_zeros", 1, type::u32, type::u32}};
/// The index of an intrinsic.
constexpr std::uint32_t intrinsic_called(std::string_view name) noexcept {
    std::uint32_t i = 0;
    while (intrinsics[i].name != name) ++i;
    return i;
}

/// What a case of a `match` looks for.
struct match_pattern {
    enum class what : std::uint8_t { anything, value, case_, parts };
    what is = what::anything;
    std::string name = {};    ///< of a case
    std::uint64_t value = 0;  ///< of `true` and `false`; of others it does not count
    bool is_boolean = false;
    std::vector<std::uint32_t> inside = {};  ///< indexes in `program::patterns`
};

struct program {
    std::vector<procedure> procedures;
    std::vector<expression_node> nodes{1};
    std::vector<expression_id> operands;
    std::vector<std::string> reasons;  ///< why calls fail
    type_table types;
    std::vector<std::string> texts;  ///< that are written in the program
    /// The procedures of the library, by name; none if the program does not use it.
    std::map<std::string, std::uint32_t, std::less<>> library;
    std::vector<match_pattern> patterns{1};           ///< the first is `anything`
    std::vector<std::vector<std::uint32_t>> matches;  ///< the patterns of each `match` that have no condition
    std::map<std::pair<type, std::string>, std::uint32_t, std::less<>> methods;  ///< procedures of forms

    std::span<const expression_id> below(expression_id id) const noexcept {
        return {operands.data() + nodes[id].first, nodes[id].count};
    }
    expression_id operand(expression_id id, std::size_t i) const noexcept { return operands[nodes[id].first + i]; }
};

namespace detail {
inline void append_expression(std::string& to, const program& p, const procedure& in, expression_id id,
                              std::size_t indent, bool types) {
    const expression_node& n = p.nodes[id];
    using e = expression;
    to.append(indent, ' ');
    to += expression_names[static_cast<std::size_t>(n.kind)];
    if (n.kind == e::local || n.kind == e::let || n.kind == e::let_range || n.kind == e::set)
        to += ' ' + in.locals[n.symbol].name + '#' + std::to_string(n.symbol);
    if (n.kind == e::call || n.kind == e::constant) to += ' ' + p.procedures[n.symbol].name;
    if (n.kind == e::integer || n.kind == e::floating || n.kind == e::boolean || n.kind == e::character ||
        n.kind == e::block)
        to += ' ' + std::to_string(n.value);
    if (n.kind == e::fail) to += " \"" + p.reasons[static_cast<std::size_t>(n.value)] + '"';
    if (n.kind != e::nothing && (types || n.wanted != type::none)) (to += ": ") += p.types.name(n.wanted);
    to += '\n';
    for (const expression_id child : p.below(id)) append_expression(to, p, in, child, indent + 2, types);
}
}  // namespace detail

/// Returns the program as text, an expression a line; with the type of each if it is a checked one.
inline std::string to_text(const program& p, bool types = false) {
    std::string text;
    for (const procedure& x : p.procedures) {
        text += x.external ? "extern " : x.visible ? "pub " : "";
        text += x.is == procedure::role::constant    ? "constant "
                : x.is == procedure::role::assertion ? "static_assert "
                                                     : "proc ";
        text += x.name + '(';
        for (std::uint32_t i = 0; i < x.parameters; ++i)
            text += (i == 0 ? "" : ", ") + x.locals[i].name + ": " + p.types.name(x.locals[i].of);
        text += ") -> " + p.types.name(x.gives) + '\n';
        if (x.body != 0) detail::append_expression(text, p, x, x.body, 2, types);
    }
    return text;
}

}  // namespace vitte::language
