/// Tokens of Vitte: words, numbers, texts and punctuation of a source text.
#pragma once

#include <cstdint>
#include <string_view>
#include <vitte/language/source.hpp>

namespace vitte::language {

enum class token : std::uint8_t {
    end,
    invalid,  ///< has been reported
    identifier,
    integer,
    floating,
    character,
    string,
    bytes,
    documentation,  ///< `///` and its line
    // Punctuation, longer ones first where one begins with the other
    shift_left_set,
    shift_right_set,
    dots_equal,
    dots_three,
    attributes,
    add_set,
    sub_set,
    mul_set,
    div_set,
    rem_set,
    and_set,
    or_set,
    xor_set,
    arrow,
    fat_arrow,
    equal,
    not_equal,
    less_equal,
    greater_equal,
    shift_left,
    shift_right,
    logical_and,
    logical_or,
    dots,
    otherwise,
    path,
    attribute,
    left_parenthesis,
    right_parenthesis,
    left_bracket,
    right_bracket,
    left_brace,
    right_brace,
    comma,
    semicolon,
    colon,
    dot,
    set_to,
    less,
    greater,
    plus,
    minus,
    star,
    slash,
    percent,
    ampersand,
    bar,
    caret,
    tilde,
    exclamation,
    question,
    at,
    // Words
    word_and,
    word_as,
    word_assert,
    word_bits,
    word_borrow,
    word_break,
    word_case,
    word_const,
    word_continue,
    word_defer,
    word_elif,
    word_else,
    word_entry,
    word_export,
    word_extern,
    word_false,
    word_flags,
    word_for,
    word_form,
    word_give,
    word_global,
    word_if,
    word_impl,
    word_in,
    word_is,
    word_let,
    word_loop,
    word_match,
    word_move,
    word_mut,
    word_not,
    word_null,
    word_or,
    word_owned,
    word_panic,
    word_pick,
    word_proc,
    word_pub,
    word_pull,
    word_self,
    word_set,
    word_space,
    word_static,
    word_static_assert,
    word_test,
    word_trait,
    word_true,
    word_try,
    word_type,
    word_unreachable,
    word_use,
    word_when,
    word_where,
    word_while,
    word_public,  // is taken for `pub`
};

/// How tokens from `shift_left_set` to the end are written.
inline constexpr std::string_view token_spellings[] = {
    "<<=",    ">>=",    "..=",    "...",   "#![",      "+=",          "-=",     "*=",
    "/=",     "%=",     "&=",     "|=",    "^=",       "->",          "=>",     "==",
    "!=",     "<=",     ">=",     "<<",    ">>",       "&&",          "||",     "..",
    "??",     "::",     "#[",     "(",     ")",        "[",           "]",      "{",
    "}",      ",",      ";",      ":",     ".",        "=",           "<",      ">",
    "+",      "-",      "*",      "/",     "%",        "&",           "|",      "^",
    "~",      "!",      "?",      "@",     "and",      "as",          "assert", "bits",
    "borrow", "break",  "case",   "const", "continue", "defer",       "elif",   "else",
    "entry",  "export", "extern", "false", "flags",    "for",         "form",   "give",
    "global", "if",     "impl",   "in",    "is",       "let",         "loop",   "match",
    "move",   "mut",    "not",    "null",  "or",       "owned",       "panic",  "pick",
    "proc",   "pub",    "pull",   "self",  "set",      "space",       "static", "static_assert",
    "test",   "trait",  "true",   "try",   "type",     "unreachable", "use",    "when",
    "where",  "while",  "public"};
static_assert(sizeof token_spellings / sizeof *token_spellings ==
              static_cast<std::size_t>(token::word_public) - static_cast<std::size_t>(token::shift_left_set) + 1);

/// Returns how a kind of token is written, or what it is: "`+=`", "a number", "the end of the file".
inline std::string_view spelling(token kind) noexcept {
    switch (kind) {
        case token::end: return "the end of the file";
        case token::invalid: return "an invalid token";
        case token::identifier: return "a name";
        case token::integer:
        case token::floating: return "a number";
        case token::character: return "a character";
        case token::string: return "a text";
        case token::bytes: return "bytes";
        case token::documentation: return "a comment for documentation";
        default:
            return token_spellings[static_cast<std::size_t>(kind) - static_cast<std::size_t>(token::shift_left_set)];
    }
}

/// A token and where it is. What lies between it and the one before are white space and comments, so that all tokens
/// and the text make up the text again.
struct placed_token {
    token kind = token::end;
    bool on_new_line = false;  ///< the first of its line
    span where;
};

}  // namespace vitte::language
