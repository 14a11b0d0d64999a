/// The first stage: from the text of a file to its syntax tree. A wrong statement is reported and left out; the rest is
/// read.
#pragma once

#include <vitte/language/parse/lexer.hpp>
#include <vitte/language/parse/syntax.hpp>

namespace vitte::language {
namespace detail {

/// How strongly binary operators bind; 0 is none.
constexpr int strength_of(token kind) noexcept {
    switch (kind) {
        case token::dots:
        case token::dots_equal: return 1;
        case token::word_or:
        case token::logical_or: return 2;
        case token::word_and:
        case token::logical_and: return 3;
        case token::equal:
        case token::not_equal: return 4;
        case token::less:
        case token::less_equal:
        case token::greater:
        case token::greater_equal: return 5;
        case token::bar: return 6;
        case token::caret: return 7;
        case token::ampersand: return 8;
        case token::shift_left:
        case token::shift_right: return 9;
        case token::plus:
        case token::minus: return 10;
        case token::star:
        case token::slash:
        case token::percent: return 11;
        case token::word_as:
        case token::word_is: return 12;
        default: return 0;
    }
}

/// Whether a program has texts but those that say why something fails.
inline bool uses_library(const sources& from, std::span<const placed_token> tokens) {
    constexpr std::string_view names[] = {"string", "str"};
    return std::any_of(tokens.begin(), tokens.end(), [&](const placed_token& t) {
        if (t.kind != token::identifier) return t.kind == token::string || t.kind == token::left_bracket;
        return std::find(std::begin(names), std::end(names), from.text(t.where)) != std::end(names);
    });
}

class parser {
public:
    parser(const sources& from, std::span<const placed_token> tokens, syntax_tree& tree, diagnostics& errors)
        : from_(from), tokens_(tokens), tree_(tree), errors_(errors) {}

    syntax_id file() {
        const std::size_t mark = stack_.size();
        while (!at(token::end)) {
            const std::size_t before = at_;
            if (const syntax_id made = item()) stack_.push_back(made);
            if (at_ == before) pass();  // what begins no item was reported
        }
        return close(syntax::file, mark, {tokens_.front().where.begin, here().end}, here());
    }

private:
    static constexpr std::uint16_t highest = 400;  // nodes one below the other, and what is nested while it is read

    const placed_token& now() const noexcept { return tokens_[at_]; }
    bool at(token kind) const noexcept { return now().kind == kind; }
    token after() const noexcept { return tokens_[std::min(at_ + 1, tokens_.size() - 1)].kind; }
    span here() const noexcept { return now().where; }
    span before() const noexcept { return tokens_[at_ == 0 ? 0 : at_ - 1].where; }
    /// Goes on to the next token; the end stays.
    void pass() noexcept { at_ += !at(token::end); }
    bool take(token kind) noexcept { return at(kind) && (pass(), true); }

    /// Makes a node of the children that were pushed since `mark`.
    syntax_id close(syntax kind, std::size_t mark, span where, span name, token op = token::end) {
        syntax_node n{kind, op, false, false, false, 0, where, name, static_cast<std::uint32_t>(tree_.children.size()),
                      0};
        for (std::size_t i = mark; i < stack_.size(); ++i) {
            n.height = std::max(n.height, tree_.at(stack_[i]).height);
            tree_.children.push_back(stack_[i]);
        }
        n.count = static_cast<std::uint32_t>(stack_.size() - mark);
        stack_.resize(mark);
        if (++n.height > highest) {
            too_deep(where);
            n.kind = syntax::error, n.count = 0, n.height = 1;
        }
        tree_.nodes.push_back(n);
        return static_cast<syntax_id>(tree_.nodes.size() - 1);
    }
    syntax_id make(syntax kind, span where, span name, std::initializer_list<syntax_id> children = {},
                   token op = token::end) {
        const std::size_t mark = stack_.size();
        stack_.insert(stack_.end(), children);
        return close(kind, mark, where, name, op);
    }
    syntax_id leaf(syntax kind) {
        pass();
        return make(kind, before(), before());
    }
    /// Reads something nested. What is nested too deeply is reported, and the rest of the file is passed.
    template <class F>
    syntax_id nested(span begin, F read) {
        if (depth_ >= highest) {
            too_deep(begin);
            at_ = tokens_.size() - 1;
            return make(syntax::error, begin, begin);
        }
        ++depth_;
        const syntax_id made = read();
        --depth_;
        return made;
    }
    void too_deep(span where) {
        errors_.error("V0202", where, "this is nested too deeply", "at most " + std::to_string(highest) + " levels");
    }

    syntax_id wrong(std::string_view expected) {
        if (!at(token::invalid))
            errors_.error("V0201", here(), "expected " + std::string(expected) + ", found " + found());
        return make(syntax::error, here(), here());
    }
    std::string found() const {
        const bool is_end = at(token::end);
        return is_end ? std::string(spelling(token::end)) : '`' + std::string(from_.text(here())) + '`';
    }
    bool expect(token kind, std::string_view where) {
        if (take(kind)) return true;
        wrong('`' + std::string(spelling(kind)) + "` " + std::string(where));
        return false;
    }
    syntax_id name(std::string_view expected) { return at(token::identifier) ? leaf(syntax::name) : wrong(expected); }

    /// Passes what is left of a statement that is wrong: to the end of its line or block.
    void skip_statement() {
        for (int depth = 0; !at(token::end); pass()) {
            if (depth == 0 && (at(token::right_brace) || (now().on_new_line && before().end != 0))) return;
            if (depth == 0 && take(token::semicolon)) return;
            depth += at(token::left_brace) - at(token::right_brace);
        }
    }
    void end_statement() {
        if (take(token::semicolon) || at(token::right_brace) || at(token::end) || now().on_new_line) return;
        wrong("the end of the statement");
        pass();
        skip_statement();
    }

    // Items
    syntax_id item() {
        const bool visible = take(token::word_pub);
        const span begin = here();
        if (at(token::word_proc) || (at(token::word_const) && after() == token::word_proc)) {
            const bool is_constant = take(token::word_const);
            const syntax_id made = procedure(begin, true);
            tree_.nodes[made].visible = visible;
            tree_.nodes[made].constant = is_constant;
            return made;
        }
        if (at(token::word_const)) return constant(begin);
        if (at(token::word_extern)) return external(begin);
        if (at(token::word_static_assert)) return static_assertion(begin);
        if (at(token::word_form) || at(token::word_pick)) return form(begin);
        if (at(token::word_impl)) return implementation(begin);
        if (at(token::word_type)) return alias(begin);
        if (at(token::word_test)) return test(begin);
        return no_item();
    }
    syntax_id no_item() {
        constexpr token planned[] = {token::word_space,   token::word_use,   token::word_pull,  token::word_export,
                                     token::word_flags,   token::word_bits,  token::word_trait, token::word_static,
                                     token::word_global,  token::word_entry, token::attribute,  token::attributes,
                                     token::documentation};
        if (take(token::semicolon) || take(token::documentation)) return 0;
        if (std::find(std::begin(planned), std::end(planned), now().kind) != std::end(planned))
            not_yet('`' + std::string(spelling(now().kind)) + '`');
        else
            wrong("a declaration");
        do pass();
        while (!at(token::end) && !begins_item());
        return 0;
    }
    bool begins_item() const noexcept {
        if (!now().on_new_line || from_.locate(here().begin).column != 1) return false;
        return at(token::word_proc) || at(token::word_pub) || at(token::word_const) || at(token::word_extern) ||
               at(token::word_static_assert) || at(token::word_form) || at(token::word_pick) || at(token::word_impl) ||
               at(token::word_type) || at(token::word_test);
    }
    void not_yet(std::string_view what) {
        errors_.error("V0203", here(), std::string(what) + " is not part of Vitte core yet");
    }
    syntax_id procedure(span begin, bool with_block) {
        pass();
        const syntax_id called = name("the name of the procedure");
        if (at(token::left_bracket) || at(token::less)) not_yet("a generic procedure");
        const syntax_id parameters = list("after the name of the procedure", [this] { return parameter(); });
        const syntax_id gives = take(token::arrow) ? type() : 0;
        const syntax_id body = with_block ? block("before the procedure's statements") : 0;
        return make(syntax::procedure, through(begin, before()), tree_.at(called).where,
                    {called, parameters, gives, body});
    }
    syntax_id test(span begin) {
        pass();
        const span name = here();
        const syntax_id called = at(token::string) ? leaf(syntax::literal) : wrong("the name of the test, a text");
        const syntax_id body = block("before the test's statements");
        return make(syntax::test, through(begin, before()), name, {called, body});
    }
    /// `form Name { field: T = value, proc … }`; a field ends with `,`, `;` or its line.
    syntax_id form(span begin) {
        const syntax kind = at(token::word_pick) ? syntax::pick : syntax::form;
        pass();
        return members(kind, begin, name(kind == syntax::pick ? "the name of the pick" : "the name of the form"));
    }
    syntax_id implementation(span begin) {
        pass();
        const syntax_id of = name("the name of the form");
        if (at(token::word_for)) not_yet("`impl` of a trait");
        return members(syntax::impl, begin, of);
    }
    syntax_id members(syntax kind, span begin, syntax_id called) {
        const std::size_t mark = stack_.size();
        stack_.push_back(called);
        if (at(token::left_bracket) || at(token::less)) not_yet("a generic type");
        if (expect(token::left_brace, "before what it has")) {
            while (!at(token::right_brace) && !at(token::end)) {
                const std::size_t from = at_;
                const bool visible = take(token::word_pub);
                if (take(token::comma) || take(token::semicolon) || take(token::documentation)) continue;
                const bool is_constant = at(token::word_const) && after() == token::word_proc && (pass(), true);
                if (at(token::word_proc)) {
                    const syntax_id made = procedure(here(), true);
                    tree_.nodes[made].visible = visible;
                    tree_.nodes[made].constant = is_constant;
                    stack_.push_back(made);
                } else if (kind == syntax::pick && take(token::word_case)) {
                    stack_.push_back(a_case());
                    if (!take(token::comma)) end_statement();
                } else if (kind == syntax::form && at(token::identifier)) {
                    stack_.push_back(a_field());
                    if (!take(token::comma)) end_statement();
                } else {
                    wrong(kind == syntax::form   ? "a field or `proc`"
                          : kind == syntax::pick ? "`case` or `proc`"
                                                 : "`proc`");
                    if (at_ == from) pass();
                    skip_statement();
                }
            }
            expect(token::right_brace, "at the end");
        }
        return close(kind, mark, through(begin, before()), tree_.at(called).where);
    }
    /// `case Name`, `case Name(x: T, y: T)` or `case Name(T)`.
    syntax_id a_case() {
        const span begin = here();
        const syntax_id called = name("the name of a case");
        const syntax_id carries = at(token::left_parenthesis) ? list("", [this] { return carried(); }) : 0;
        return make(syntax::case_, through(begin, before()), begin, {called, carries});
    }
    syntax_id carried() {
        const span begin = here();
        const bool named = at(token::identifier) && after() == token::colon;
        const syntax_id called = named ? leaf(syntax::name) : 0;
        if (named) pass();
        const syntax_id of = type();
        return make(syntax::field, through(begin, before()), begin, {called, of, 0});
    }
    syntax_id a_field() {
        const span begin = here();
        const syntax_id called = name("the name of a field");
        const syntax_id of = expect(token::colon, "and the type of the field") ? type() : 0;
        const syntax_id value = take(token::set_to) ? expression() : 0;
        return make(syntax::field, through(begin, before()), begin, {called, of, value});
    }
    syntax_id alias(span begin) {
        pass();
        const syntax_id called = name("the name of the type");
        const syntax_id of = expect(token::set_to, "and what it stands for") ? type() : 0;
        const syntax_id made = make(syntax::alias, through(begin, before()), tree_.at(called).where, {called, of});
        return end_statement(), made;
    }
    syntax_id parameter() {
        const span begin = here();
        const bool by_reference =
            at(token::ampersand) && (after() == token::word_self || after() == token::word_mut) && (pass(), true);
        const bool changeable = by_reference && take(token::word_mut);
        if (at(token::word_self)) {
            const syntax_id made = leaf(syntax::self);
            tree_.nodes[made].changeable = changeable;
            return made;
        }
        const syntax_id called = name("the name of a parameter");
        const syntax_id of = expect(token::colon, "and the type of the parameter") ? type() : 0;
        return make(syntax::parameter, through(begin, before()), begin, {called, of});
    }
    syntax_id constant(span begin) {
        pass();
        const syntax_id called = name("the name of the constant");
        const syntax_id of = take(token::colon) ? type() : 0;
        const syntax_id value = expect(token::set_to, "and the constant's value") ? expression() : 0;
        const syntax_id made =
            make(syntax::constant, through(begin, before()), tree_.at(called).where, {called, of, value});
        return end_statement(), made;
    }
    syntax_id static_assertion(span begin) {
        const syntax_id made = asserting(syntax::assertion, begin);
        return end_statement(), made;
    }
    /// `extern "C" { … }`, also `extern C`, or before a single procedure.
    syntax_id external(span begin) {
        pass();
        const bool known = from_.text(here()) == "\"C\"" || from_.text(here()) == "C";
        if (!known)
            wrong("`\"C\"` after `extern`");
        else
            pass();
        const std::size_t mark = stack_.size();
        if (at(token::word_proc)) {
            stack_.push_back(procedure(here(), false));
            end_statement();
        } else if (expect(token::left_brace, "before the procedures of the host")) {
            while (!at(token::right_brace) && !at(token::end)) {
                take(token::word_pub);
                if (at(token::word_proc))
                    stack_.push_back(procedure(here(), false));
                else
                    wrong("`proc`"), pass(), skip_statement();
                end_statement();
            }
            expect(token::right_brace, "after the procedures of the host");
        }
        return close(syntax::external, mark, through(begin, before()), begin);
    }
    syntax_id type() {
        if (at(token::identifier)) return leaf(syntax::type_name);
        if (at(token::left_parenthesis)) return tuple_type();
        if (at(token::left_bracket)) return list_type();
        if (at(token::question) || at(token::ampersand) || at(token::word_proc)) {
            not_yet("this type");
            return skip_type();
        }
        return wrong("a type");
    }
    syntax_id list_type() {
        const span begin = here();
        return nested(begin, [&] {
            pass();
            const syntax_id of = type();
            if (at(token::semicolon)) {
                not_yet("an array");
                while (!at(token::right_bracket) && !at(token::end) && !now().on_new_line) pass();
            }
            expect(token::right_bracket, "after the type of the list's elements");
            return make(syntax::list_type, through(begin, before()), begin, {of});
        });
    }
    syntax_id tuple_type() {
        const span begin = here();
        const syntax_id inside = nested(begin, [this] { return list("", [this] { return type(); }); });
        if (tree_.at(inside).kind == syntax::error) return inside;
        if (tree_.at(inside).count == 1) return tree_.child(inside, 0);
        tree_.nodes[inside].kind = tree_.at(inside).count == 0 ? syntax::error : syntax::tuple_type;
        if (tree_.at(inside).count == 0)
            errors_.error("V0201", begin, "a tuple has two types, or more", "`unit` is the type of nothing");
        return inside;
    }
    /// Passes what cannot be read: to a comma, the end of parentheses around it, a block, a value or the end of the
    /// line.
    syntax_id skip_type() {
        const span begin = here();
        for (int depth = 0; !at(token::end); pass()) {
            const bool closes = at(token::right_parenthesis) || at(token::right_bracket);
            if (depth == 0 &&
                (closes || at(token::comma) || at(token::left_brace) || at(token::right_brace) || at(token::set_to)))
                break;
            depth += at(token::left_parenthesis) + at(token::left_bracket) - closes;
            if (depth == 0 && tokens_[std::min(at_ + 1, tokens_.size() - 1)].on_new_line)
                return pass(), make(syntax::error, begin, begin);
        }
        return make(syntax::error, begin, begin);
    }
    /// `( element, … )`; a comma may follow the last one.
    template <class F>
    syntax_id list(std::string_view where, F element) {
        const std::size_t mark = stack_.size();
        const span begin = here();
        if (!expect(token::left_parenthesis, where)) return make(syntax::list, begin, begin);
        while (!at(token::right_parenthesis) && !at(token::end)) {
            const std::size_t before_it = at_;
            const syntax_id made = element();
            stack_.push_back(made);
            if (!take(token::comma) && !at(token::right_parenthesis)) {
                wrong("`,` or `)`");
                break;
            }
            if (at_ == before_it) break;
        }
        if (at(token::right_parenthesis)) pass();
        return close(syntax::list, mark, through(begin, before()), begin);
    }

    // Statements
    syntax_id block(std::string_view where) {
        const std::size_t mark = stack_.size();
        const span begin = here();
        if (depth_ >= highest) {
            too_deep(begin);
            at_ = tokens_.size() - 1;
        }
        if (!expect(token::left_brace, where)) return make(syntax::error, begin, begin);
        ++depth_;
        const bool inside = std::exchange(continues_, false), plain = std::exchange(no_block_, false);
        while (!at(token::right_brace) && !at(token::end)) {
            if (take(token::semicolon)) continue;
            const std::size_t from = at_;
            const std::size_t errors = errors_.reported();
            stack_.push_back(statement());
            if (errors_.reported() != errors || at_ == from) {
                if (at_ == from) pass();
                if (!(before().end != 0 && tokens_[at_ - 1].kind == token::right_brace)) skip_statement();
            } else if (!ends_with_block(stack_.back()))
                end_statement();
        }
        --depth_;
        continues_ = inside;
        no_block_ = plain;
        expect(token::right_brace, "at the end of the block");
        return close(syntax::block, mark, through(begin, before()), begin);
    }
    bool ends_with_block(syntax_id id) const noexcept {
        const syntax_node& n = tree_.at(id);
        if (n.kind == syntax::statement) return ends_with_block(tree_.child(id, 0));
        return n.kind == syntax::if_ || n.kind == syntax::match || n.kind == syntax::defer ||
               n.kind == syntax::while_ || n.kind == syntax::loop || n.kind == syntax::for_ || n.kind == syntax::block;
    }
    syntax_id statement() {
        const span begin = here();
        switch (now().kind) {
            case token::word_let: return let(begin);
            case token::word_set: return set(begin);
            case token::word_give: return with_value(syntax::give, begin);
            case token::word_while: return while_loop(begin);
            case token::word_for: return for_loop(begin);
            case token::word_assert: return asserting(syntax::assert_, begin);
            case token::word_when: return when(begin);
            case token::word_defer: {
                pass();
                const syntax_id body = block("before what is done at the end of the block");
                return make(syntax::defer, through(begin, before()), begin, {body});
            }
            case token::word_const:
            case token::word_try: {
                not_yet('`' + std::string(spelling(now().kind)) + "` in a procedure");
                return leaf(syntax::error);
            }
            default: break;
        }
        const syntax_id value = expression();
        return make(syntax::statement, tree_.at(value).where, begin, {value});
    }
    syntax_id let(span begin) {
        pass();
        const bool changeable = take(token::word_mut);
        const syntax_id called = pattern();
        const syntax_id of = take(token::colon) ? type() : 0;
        const syntax_id value = expect(token::set_to, "and the variable's value") ? expression() : 0;
        const syntax_id made = make(syntax::let, through(begin, before()), tree_.at(called).where, {called, of, value});
        tree_.nodes[made].changeable = changeable;
        return made;
    }
    /// A name, or `(pattern, pattern)`.
    syntax_id pattern() {
        if (!at(token::left_parenthesis)) return name("the name of the variable");
        const syntax_id made = nested(here(), [this] { return list("", [this] { return pattern(); }); });
        if (tree_.at(made).kind != syntax::error) tree_.nodes[made].kind = syntax::pattern;
        return made;
    }
    syntax_id set(span begin) {
        pass();
        const syntax_id place = operand();
        const bool is_set = at(token::set_to) || (now().kind >= token::add_set && now().kind <= token::xor_set) ||
                            at(token::shift_left_set) || at(token::shift_right_set);
        if (!is_set) return wrong("`=` or an operator such as `+=`");
        const token op = now().kind;
        const span name = here();
        pass();
        const syntax_id value = expression();
        return make(syntax::set, through(begin, before()), name, {place, value}, op);
    }
    /// A word and what may follow it on its line.
    syntax_id with_value(syntax kind, span begin) {
        pass();
        const bool none = now().on_new_line || at(token::semicolon) || at(token::right_brace) || at(token::end) ||
                          at(token::right_parenthesis) || at(token::comma);
        const syntax_id value = none ? 0 : expression();
        return make(kind, through(begin, before()), begin, {value});
    }
    syntax_id while_loop(span begin) {
        pass();
        const syntax_id condition = before_block();
        const syntax_id body = block("after the condition");
        return make(syntax::while_, through(begin, before()), begin, {condition, body});
    }
    syntax_id for_loop(span begin) {
        pass();
        const syntax_id called = name("the name of the loop's variable");
        if (!expect(token::word_in, "after the loop's variable")) return make(syntax::error, begin, begin);
        const syntax_id over = before_block();
        const syntax_id body = block("after what the loop runs over");
        return make(syntax::for_, through(begin, before()), tree_.at(called).where, {called, over, body});
    }
    syntax_id asserting(syntax kind, span begin) {
        pass();
        const bool parenthesized =
            kind == syntax::assertion && expect(token::left_parenthesis, "after `static_assert`");
        const bool inside = std::exchange(continues_, continues_ || parenthesized);
        const syntax_id condition = expression();
        const syntax_id text = take(token::comma) ? literal_text() : 0;
        continues_ = inside;
        if (parenthesized) expect(token::right_parenthesis, "after the condition");
        return make(kind, through(begin, before()), begin, {condition, text});
    }
    syntax_id literal_text() { return at(token::string) ? leaf(syntax::literal) : wrong("a text that says why"); }
    /// An expression that a block follows, which it does not begin.
    syntax_id before_block() {
        const bool plain = std::exchange(no_block_, true);
        const syntax_id made = expression();
        no_block_ = plain;
        return made;
    }

    // Expressions
    template <class F>
    auto inside_parentheses(F read) {
        const bool inside = std::exchange(continues_, true), plain = std::exchange(no_block_, false);
        const auto made = read();
        continues_ = inside;
        no_block_ = plain;
        return made;
    }
    syntax_id expression(int weakest = 1) {
        return nested(here(), [&] { return operators(operand(), weakest); });
    }
    syntax_id operators(syntax_id left, int weakest) {
        while (const int strength = strength_of(now().kind)) {
            if (strength < weakest || (now().on_new_line && !continues_)) break;
            const token op = now().kind;
            const span name = here();
            pass();
            const syntax_id right = op == token::word_as   ? type()
                                    : op == token::word_is ? match_pattern()
                                                           : expression(strength + 1);
            const syntax kind = op == token::word_as   ? syntax::cast
                                : op == token::word_is ? syntax::is
                                : strength == 1        ? syntax::range
                                                       : syntax::binary;
            left = make(kind, through(tree_.at(left).where, before()), name, {left, right},
                        strength == 12 ? token::end : op);
        }
        return left;
    }

    syntax_id operand() {
        const span begin = here();
        const token op = now().kind;
        if (op == token::minus || op == token::word_not || op == token::exclamation || op == token::tilde) {
            pass();
            const syntax_id of = nested(begin, [this] { return operand(); });
            return make(syntax::unary, through(begin, before()), begin, {of},
                        op == token::exclamation ? token::word_not : op);
        }
        syntax_id made = primary(begin);
        for (;;) {
            if (tree_.at(made).kind == syntax::error) return made;
            if (at(token::dot))
                made = member(made, begin);
            else if (at(token::left_bracket) && !now().on_new_line)
                made = index(made, begin);
            else if (at(token::left_parenthesis) && !now().on_new_line) {
                const syntax_id arguments =
                    inside_parentheses([this] { return list("", [this] { return expression(); }); });
                made = make(syntax::call, through(begin, before()), tree_.at(made).where, {made, arguments});
            } else
                return made;
        }
    }
    /// `.name`, `.0`, and `.0.1`, which looks like a number; also at the beginning of the next line.
    syntax_id member(syntax_id of, span begin) {
        pass();
        const span where = here();
        if (at(token::identifier) || at(token::integer))
            return pass(), make(syntax::member, through(begin, where), where, {of});
        const std::size_t point = at(token::floating) ? from_.text(where).find('.') : std::string_view::npos;
        if (point == std::string_view::npos) return wrong("the name of a field");
        pass();
        const auto middle = where.begin + static_cast<std::uint32_t>(point);
        const span first{where.begin, middle}, second{middle + 1, where.end};
        return make(syntax::member, through(begin, second), second,
                    {make(syntax::member, through(begin, first), first, {of})});
    }
    syntax_id index(syntax_id of, span begin) {
        const span name = here();
        const syntax_id which = inside_parentheses([&] {
            pass();
            const syntax_id made = expression();
            expect(token::right_bracket, "after the index");
            return made;
        });
        return make(syntax::index, through(begin, before()), name, {of, which});
    }
    /// `[a, b]`; a comma may follow the last one.
    syntax_id list_of(span begin) {
        const std::size_t mark = stack_.size();
        inside_parentheses([&] {
            pass();
            while (!at(token::right_bracket) && !at(token::end)) {
                stack_.push_back(expression());
                if (!take(token::comma)) break;
            }
            return expect(token::right_bracket, "after the elements");
        });
        return close(syntax::list_of, mark, through(begin, before()), begin);
    }
    /// `Name { field: value, field }`; a name alone stands for the variable that is called so.
    syntax_id construct(syntax_id called, span begin) {
        const std::size_t mark = stack_.size();
        stack_.push_back(called);
        inside_parentheses([&] {
            pass();
            while (!at(token::right_brace) && !at(token::end)) {
                const span where = here();
                const syntax_id field = name("the name of a field");
                const bool is_short =
                    tree_.at(field).kind == syntax::error || at(token::comma) || at(token::right_brace);
                const syntax_id value = is_short                                        ? field
                                        : expect(token::colon, "and the field's value") ? expression()
                                                                                        : 0;
                stack_.push_back(make(syntax::initial, through(where, before()), where, {value}));
                if (take(token::comma) || at(token::right_brace)) continue;
                wrong("`,` or `}`");
                for (int depth = 0; !at(token::end) && (depth != 0 || !at(token::right_brace)); pass())
                    depth += at(token::left_brace) - at(token::right_brace);
            }
            return take(token::right_brace);
        });
        return close(syntax::construct, mark, through(begin, before()), tree_.at(called).where);
    }
    syntax_id primary(span begin) {
        switch (now().kind) {
            case token::integer:
            case token::floating:
            case token::character:
            case token::word_true:
            case token::word_false:
            case token::string: return leaf(syntax::literal);
            case token::word_self: return leaf(syntax::name);
            case token::identifier: {
                const syntax_id called = leaf(syntax::name);
                const bool constructs = at(token::left_brace) && !no_block_ && !now().on_new_line;
                return constructs ? construct(called, begin) : called;
            }
            case token::left_parenthesis: return parenthesized(begin);
            case token::left_bracket: return list_of(begin);
            case token::left_brace: return no_block_ ? wrong("an expression") : block("");
            case token::word_if: return condition(begin);
            case token::word_match: return match(begin);
            case token::word_loop: return endless(begin);
            case token::word_break: return with_value(syntax::break_, begin);
            case token::word_continue: return leaf(syntax::continue_);
            case token::word_unreachable: return leaf(syntax::unreachable);
            case token::word_panic: {
                pass();
                const syntax_id text = literal_text();
                return make(syntax::panic, through(begin, before()), begin, {text});
            }
            case token::bytes:
            case token::word_null:
            case token::word_proc:
            case token::word_move:
            case token::word_try:
            case token::bar:
            case token::ampersand: {
                not_yet('`' + std::string(from_.text(begin)) + "` here");
                return leaf(syntax::error);
            }
            default: return wrong("an expression");
        }
    }
    syntax_id parenthesized(span begin) {
        return inside_parentheses([&] {
            pass();
            const std::size_t mark = stack_.size();
            stack_.push_back(expression());
            while (take(token::comma) && !at(token::right_parenthesis)) stack_.push_back(expression());
            const bool is_tuple = stack_.size() - mark > 1;
            expect(token::right_parenthesis, is_tuple ? "after the values" : "after the expression");
            if (is_tuple) return close(syntax::tuple, mark, through(begin, before()), begin);
            const syntax_id made = stack_.back();
            stack_.pop_back();
            tree_.nodes[made].where = through(begin, before());
            return made;
        });
    }
    syntax_id condition(span begin) {
        pass();
        return nested(begin, [&] {
            const syntax_id when = before_block();
            const syntax_id then = block("after the condition");
            syntax_id otherwise = 0;
            if (at(token::word_elif))
                otherwise = condition(here());
            else if (take(token::word_else))
                otherwise = at(token::word_if) ? condition(here()) : block("after `else`");
            return make(syntax::if_, through(begin, before()), begin, {when, then, otherwise});
        });
    }
    /// `match e { case p if c { … } case p => e; else … }`
    syntax_id match(span begin) {
        pass();
        return nested(begin, [&] { return cases(begin); });
    }
    syntax_id cases(span begin) {
        const std::size_t mark = stack_.size();
        stack_.push_back(before_block());
        if (expect(token::left_brace, "before the cases")) {
            while (!at(token::right_brace) && !at(token::end)) {
                const std::size_t from = at_;
                const std::size_t errors = errors_.reported();
                stack_.push_back(arm());
                if (errors_.reported() == errors && at_ != from) continue;
                if (at_ == from) pass();
                if (!(tokens_[at_ - 1].kind == token::right_brace)) skip_statement();
            }
            expect(token::right_brace, "after the cases");
        }
        return close(syntax::match, mark, through(begin, before()), begin);
    }
    syntax_id arm() {
        const span begin = here();
        syntax_id pattern = 0, guard = 0;
        if (!take(token::word_else)) {
            if (!expect(token::word_case, "or `else`")) return make(syntax::error, begin, begin);
            pattern = match_pattern();
            if (take(token::word_if)) guard = before_block();
        }
        const bool inside = std::exchange(continues_, false), plain = std::exchange(no_block_, false);
        syntax_id body;
        if (take(token::fat_arrow)) {
            body = statement();
            if (!ends_with_block(body) && !take(token::comma))
                end_statement();
            else
                take(token::semicolon);
        } else
            body = block("or `=>` after the pattern");
        continues_ = inside;
        no_block_ = plain;
        return make(syntax::arm, through(begin, before()), begin, {pattern, guard, body});
    }
    /// `when e is p { … } else { … }`: a `match` of one case.
    syntax_id when(span begin) {
        pass();
        const bool plain = std::exchange(no_block_, true);
        const syntax_id value = expression(13);
        no_block_ = plain;
        if (!expect(token::word_is, "and a pattern")) return make(syntax::error, begin, begin);
        const syntax_id pattern = match_pattern();
        const syntax_id then = block("after the pattern");
        const syntax_id first = make(syntax::arm, through(begin, before()), begin, {pattern, 0, then});
        const syntax_id otherwise =
            take(token::word_else) ? block("after `else`") : make(syntax::block, before(), before());
        const syntax_id second = make(syntax::arm, through(begin, before()), begin, {0, 0, otherwise});
        const syntax_id made = make(syntax::match, through(begin, before()), begin, {value, first, second});
        return make(syntax::statement, tree_.at(made).where, begin, {made});
    }
    syntax_id match_pattern() {
        const span begin = here();
        return nested(begin, [&] { return a_pattern(begin); });
    }
    syntax_id a_pattern(span begin) {
        const auto inner = [this] { return match_pattern(); };
        if (at(token::left_parenthesis)) {
            const syntax_id made = list("", inner);
            if (tree_.at(made).count == 1) return tree_.child(made, 0);
            tree_.nodes[made].kind = syntax::pattern;
            return made;
        }
        if (at(token::identifier)) {
            span called = here();
            const syntax_id first = leaf(syntax::name);
            const bool qualified = at(token::dot) && after() == token::identifier;
            const syntax_id of = qualified ? first : 0;
            if (qualified) pass(), called = here(), pass();
            if (!qualified && !at(token::left_parenthesis)) return first;
            const syntax_id inside = at(token::left_parenthesis) ? list("", inner) : 0;
            return make(syntax::pattern_case, through(begin, before()), called, {of, inside});
        }
        const syntax_id low = pattern_literal();
        if (!at(token::dots) && !at(token::dots_equal))
            return make(syntax::pattern_value, through(begin, before()), begin, {low});
        const token op = now().kind;
        pass();
        const syntax_id high = pattern_literal();
        return make(syntax::pattern_range, through(begin, before()), begin, {low, high}, op);
    }
    syntax_id pattern_literal() {
        const span begin = here();
        if (take(token::minus)) {
            const syntax_id of = at(token::integer) ? leaf(syntax::literal) : wrong("a number");
            return make(syntax::unary, through(begin, before()), begin, {of}, token::minus);
        }
        const bool known = at(token::integer) || at(token::character) || at(token::word_true) ||
                           at(token::word_false) || at(token::string);
        return known ? leaf(syntax::literal) : wrong("a pattern");
    }
    syntax_id endless(span begin) {
        pass();
        const syntax_id body = block("after `loop`");
        return make(syntax::loop, through(begin, before()), begin, {body});
    }

    const sources& from_;
    std::span<const placed_token> tokens_;
    syntax_tree& tree_;
    diagnostics& errors_;
    std::vector<syntax_id> stack_;  // children of nodes that are not made yet
    std::size_t at_ = 0;
    unsigned depth_ = 0;
    bool continues_ = false;  // inside of parentheses, where lines end nothing
    bool no_block_ = false;   // a block follows, which is not the expression's
};
}  // namespace detail

/// Reads a file. What is wrong is reported, and left out or a node `error`.
inline syntax_tree parse(const sources& from, std::uint32_t file, diagnostics& errors) {
    syntax_tree tree;
    tree.tokens = tokens_of(from, file, errors);
    tree.root = detail::parser(from, tree.tokens, tree, errors).file();
    if (detail::uses_library(from, tree.tokens)) {
        const auto tokens = tokens_of(from, 0, errors);
        tree.library = detail::parser(from, tokens, tree, errors).file();
    }
    return tree;
}

}  // namespace vitte::language
