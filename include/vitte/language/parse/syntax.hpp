/// The syntax tree: what was written, before names mean anything.
#pragma once

#include <span>
#include <string>
#include <vector>
#include <vitte/language/parse/token.hpp>

namespace vitte::language {

/// Kinds of nodes, and their children. A child that is not written is a node `nothing`.
enum class syntax : std::uint8_t {
    nothing,
    error,       ///< was reported
    file,        ///< items
    procedure,   ///< name, parameters, type, block; `visible` if it is marked `pub`, `constant` if it is a `const proc`
    external,    ///< procedures without blocks, which the host provides
    constant,    ///< name, type, value
    assertion,   ///< condition, text: `static_assert`
    form,        ///< name, then fields and procedures
    pick,        ///< name, then cases and procedures
    case_,       ///< name, list of fields
    impl,        ///< name, then procedures
    alias,       ///< name, type
    field,       ///< name, type, value
    test,        ///< text, block
    list,        ///< what stands between parentheses
    parameter,   ///< name, type
    self,        ///< a parameter; `changeable` if it is `&mut self`
    name,        ///< the token
    type_name,   ///< the token
    list_type,   ///< type
    tuple_type,  ///< types
    block,       ///< statements
    let,         ///< name or `pattern`, type, value; `changeable` if it is `let mut`
    pattern,     ///< names and patterns: `(a, (b, _))`
    pattern_case,   ///< patterns of what it carries; its name is the case's
    pattern_value,  ///< literal
    pattern_range,  ///< literal, literal; `op`
    match,          ///< value, arms
    arm,            ///< pattern or `nothing` for `else`, condition, block or statement
    is,             ///< value, pattern
    set,            ///< place, value; `op` is the operator of `+=` and others, or `token::set_to`
    give,           ///< value
    if_,            ///< condition, block, else: a block or another `if_`
    while_,         ///< condition, block
    loop,           ///< block
    for_,           ///< name, value, block
    break_,         ///< value
    continue_,
    assert_,  ///< condition, text
    panic,    ///< text
    unreachable,
    defer,      ///< block
    statement,  ///< an expression that stands alone
    literal,    ///< the token
    binary,     ///< left, right; `op`
    unary,      ///< operand; `op`
    cast,       ///< value, type
    range,      ///< from, to; `op`
    call,       ///< callee, list
    member,     ///< value; its name is the field's
    tuple,      ///< values
    construct,  ///< name, then `initial` ones: `Point { x: 1 }`
    list_of,    ///< values: `[1, 2]`
    index,      ///< list, index
    initial,    ///< value; its name is the field's
};

/// Names of the kinds in printed trees.
inline constexpr std::string_view syntax_names[] = {
    "nothing",       "error",         "file",      "procedure", "external",
    "constant",      "static_assert", "form",      "pick",      "case",
    "impl",          "alias",         "field",     "test",      "list",
    "parameter",     "self",          "name",      "type",      "list-type",
    "tuple-type",    "block",         "let",       "pattern",   "pattern-case",
    "pattern-value", "pattern-range", "match",     "arm",       "is",
    "set",           "give",          "if",        "while",     "loop",
    "for",           "break",         "continue",  "assert",    "panic",
    "unreachable",   "defer",         "statement", "literal",   "binary",
    "unary",         "cast",          "range",     "call",      "member",
    "tuple",         "construct",     "list-of",   "index",     "initial"};
static_assert(sizeof syntax_names / sizeof *syntax_names == static_cast<std::size_t>(syntax::initial) + 1);

/// Index of a node in its tree; 0 is the node `nothing`.
using syntax_id = std::uint32_t;

struct syntax_node {
    syntax kind = syntax::nothing;
    token op = token::end;  ///< the operator
    bool visible = false, constant = false, changeable = false;
    std::uint16_t height = 0;            ///< of the tree below
    span where;                          ///< of the whole
    span name;                           ///< of the token that says most: the word, the operator, the name
    std::uint32_t first = 0, count = 0;  ///< of its children in `syntax_tree::children`
};

/// The tree of one file.
struct syntax_tree {
    std::vector<placed_token> tokens;
    std::vector<syntax_node> nodes{1};
    std::vector<syntax_id> children;
    syntax_id root = 0;
    syntax_id library = 0;  ///< the root of the library, if the program uses it

    const syntax_node& at(syntax_id id) const noexcept { return nodes[id]; }
    std::span<const syntax_id> below(syntax_id id) const noexcept {
        return {children.data() + nodes[id].first, nodes[id].count};
    }
    syntax_id child(syntax_id id, std::size_t i) const noexcept { return children[nodes[id].first + i]; }
    const syntax_node& child_at(syntax_id id, std::size_t i) const noexcept { return nodes[child(id, i)]; }
};

namespace detail {
inline void append_tree(std::string& to, const sources& from, const syntax_tree& tree, syntax_id id,
                        std::size_t indent) {
    const syntax_node& n = tree.at(id);
    to.append(indent, ' ');
    to += syntax_names[static_cast<std::size_t>(n.kind)];
    for (const auto& [is, word] : {std::pair(n.visible, " pub"), {n.constant, " const"}, {n.changeable, " mut"}})
        if (is) to += word;
    if (n.op != token::end) (to += ' ') += spelling(n.op);
    const bool named =
        n.count == 0 || n.kind == syntax::member || n.kind == syntax::initial || n.kind == syntax::pattern_case;
    if (named && n.kind != syntax::nothing) (to += ' ') += from.text(n.name);
    to += '\n';
    for (const syntax_id child : tree.below(id)) append_tree(to, from, tree, child, indent + 2);
}
}  // namespace detail

/// Returns the tree as text, a node a line, children indented by two more.
inline std::string to_text(const sources& from, const syntax_tree& tree) {
    std::string text;
    detail::append_tree(text, from, tree, tree.root, 0);
    return text;
}

}  // namespace vitte::language
