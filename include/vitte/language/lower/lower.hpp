/// The second stage: from the syntax tree to a program whose names are resolved. `while` and `for` become `loop`, `and`
/// and `or` become `if`, `x += e` becomes `x = x + e`, constants and assertions become procedures that are evaluated
/// while compiling.
#pragma once

#include <bit>
#include <unordered_map>
#include <vitte/core/nearest_word.hpp>
#include <vitte/language/diagnostic.hpp>
#include <vitte/language/lower/program.hpp>
#include <vitte/language/parse/literal.hpp>
#include <vitte/language/parse/syntax.hpp>

namespace vitte::language {
namespace detail {

constexpr expression binary_of(token op) noexcept {
    using e = expression;
    switch (op) {
        case token::plus:
        case token::add_set: return e::add;
        case token::minus:
        case token::sub_set: return e::subtract;
        case token::star:
        case token::mul_set: return e::multiply;
        case token::slash:
        case token::div_set: return e::divide;
        case token::percent:
        case token::rem_set: return e::remainder;
        case token::ampersand:
        case token::and_set: return e::and_;
        case token::bar:
        case token::or_set: return e::or_;
        case token::caret:
        case token::xor_set: return e::xor_;
        case token::shift_left:
        case token::shift_left_set: return e::shift_left;
        case token::shift_right:
        case token::shift_right_set: return e::shift_right;
        case token::equal: return e::equal;
        case token::not_equal: return e::not_equal;
        case token::less: return e::less;
        case token::less_equal: return e::less_equal;
        case token::greater: return e::greater;
        default: return e::greater_equal;
    }
}

class lowering {
public:
    lowering(const sources& from, const syntax_tree& tree, diagnostics& errors)
        : from_(from), tree_(tree), errors_(errors) {}

    program all() {
        made_.reasons = {"unreachable code was reached", "index out of range", "`pop` of an empty list"};
        for (const syntax_id id : tree_.below(tree_.root)) declare_type(id);
        for (const auto& [form, id] : forms_)
            made_.types.is(form, type_table::kind::pick) ? declare_cases(form, id) : declare_fields(form, id);
        lay_out();
        if (tree_.library != 0) {
            in_library_ = true;
            for (const syntax_id id : tree_.below(tree_.library)) declare(id);
            in_library_ = false;
        }
        for (const syntax_id id : tree_.below(tree_.root)) declare(id);
        for (std::size_t i = 0; i < items_.size(); ++i) define(static_cast<std::uint32_t>(i));
        return std::move(made_);
    }

private:
    using node = const syntax_node&;
    using list = std::initializer_list<expression_id>;
    struct item {
        syntax_id id;
        bool external;
        type self;
    };
    /// What the name of a type stands for; an alias is found out when it is asked for.
    struct named_type {
        span where;
        type of = type::none;
        syntax_id alias = 0;
        bool begun = false;
    };

    std::string_view text(span s) const noexcept { return from_.text(s); }
    std::string_view text_of(syntax_id id) const noexcept { return text(tree_.at(id).where); }

    // Types
    void declare_type(syntax_id id) {
        node n = tree_.at(id);
        if ((n.kind != syntax::form && n.kind != syntax::pick && n.kind != syntax::alias) ||
            tree_.child_at(id, 0).kind != syntax::name)
            return;
        const std::string_view called = text(n.name);
        const bool is_form = n.kind != syntax::alias;
        const auto kind = n.kind == syntax::pick ? type_table::kind::pick : type_table::kind::form;
        named_type made{n.name, is_form ? made_.types.add(kind, std::string(called), n.name) : type::none,
                        is_form ? 0 : tree_.child(id, 1)};
        if (is_form) forms_.push_back({made.of, id});
        const auto [at, is_new] = named_.try_emplace(called, made);
        if (type_called(called) != type::none)
            errors_.error("V0301", n.name, '`' + std::string(called) + "` is a type of the language");
        else if (!is_new)
            errors_.error("V0301", n.name, '`' + std::string(called) + "` is declared twice").notes = {
                {at->second.where, "it is declared here, too"}};
    }
    void declare_fields(type form, syntax_id id) {
        for (const syntax_id one : tree_.below(id)) {
            node n = tree_.at(one);
            if (n.kind != syntax::field) continue;
            field made{std::string(text(n.name)), n.name, type_of(tree_.child(one, 1)), 0};
            auto& all = made_.types.at(form).fields;
            if (const std::size_t before = made_.types.find_field(form, made.name); before != all.size())
                errors_.error("V0301", n.name, '`' + made.name + "` is declared twice").notes = {
                    {all[before].where, "it is declared here, too"}};
            made_.types.at(form).fields.push_back(std::move(made));
        }
    }
    /// Each case is a field, whose type has what it carries.
    void declare_cases(type pick, syntax_id id) {
        for (const syntax_id one : tree_.below(id)) {
            node n = tree_.at(one);
            if (n.kind != syntax::case_ || tree_.child_at(one, 0).kind != syntax::name) continue;
            const std::string called(text(n.name));
            if (const std::size_t before = made_.types.find_field(pick, called);
                before != made_.types.at(pick).fields.size())
                errors_.error("V0301", n.name, '`' + called + "` is declared twice").notes = {
                    {made_.types.at(pick).fields[before].where, "it is declared here, too"}};
            const type carries = made_.types.add(type_table::kind::form, made_.types.name(pick) + '.' + called, {});
            std::vector<field> parts;
            if (tree_.child(one, 1) != 0)
                for (const syntax_id part : tree_.below(tree_.child(one, 1))) {
                    if (tree_.at(part).kind != syntax::field) continue;
                    node name = tree_.child_at(part, 0);
                    const bool named = name.kind == syntax::name;
                    parts.push_back({named ? std::string(text(name.where)) : std::to_string(parts.size()),
                                     tree_.at(part).where, type_of(tree_.child(part, 1)), 0});
                }
            made_.types.at(carries).fields = std::move(parts);
            made_.types.at(pick).fields.push_back({called, n.name, carries, 0});
            cases_[text(n.name)].push_back(pick);
        }
    }
    /// Each after those that it contains.
    void lay_out() {
        std::vector<std::uint8_t> state(made_.types.size());
        for (std::size_t i = 0; i < state.size(); ++i) lay_out(i, state, 0);
    }
    void lay_out(std::size_t index, std::vector<std::uint8_t>& state, unsigned depth) {
        if (state[index] == 2) return;
        const type t = type_table::numbered(index);
        const span where = made_.types.at(t).where;
        if (state[index] == 1) {
            errors_.error("V0410", where, '`' + made_.types.name(t) + "` contains itself");
            return;
        }
        if (depth > 200) {
            errors_.error("V0202", where, "this is nested too deeply", "at most 200 levels");
            return;
        }
        if (made_.types.is(t, type_table::kind::list)) return made_.types.lay_out(t);
        state[index] = 1;
        for (std::size_t f = 0; f < made_.types.at(t).fields.size(); ++f)
            if (const type of = made_.types.at(t).fields[f].of; type_table::has(of))
                lay_out(type_table::index(of), state, depth + 1);
        state[index] = 2;
        made_.types.lay_out(t);
        if (made_.types.at(t).too_large && where.end != 0) too_large(where, t);
    }
    void too_large(span where, type t) {
        errors_.error(
            "V0411", where,
            '`' + made_.types.name(t) + "` has more than " + std::to_string(type_table::most_slots) + " values");
    }

    // Declarations
    void declare(syntax_id id) {
        node n = tree_.at(id);
        if (n.kind == syntax::form || n.kind == syntax::pick || n.kind == syntax::impl) declare_members(id);
        if (n.kind == syntax::external)
            for (const syntax_id one : tree_.below(id)) declare_one(one, true);
        if (n.kind == syntax::procedure || n.kind == syntax::constant || n.kind == syntax::assertion ||
            n.kind == syntax::test)
            declare_one(id, false);
    }
    std::string name_of_test(syntax_id id) {
        node n = tree_.at(id);
        const std::string name = reason_of(id, "");
        const auto [at, is_new] = tests_.try_emplace(name, n.where);
        if (!is_new)
            errors_.error("V0301", n.where, "there are two tests of this name").notes = {
                {at->second, "it is declared here, too"}};
        return name;
    }
    /// The procedures of a form, and values of its fields as constants.
    void declare_members(syntax_id id) {
        node called = tree_.child_at(id, 0);
        const auto found = named_.find(text(called.where));
        if (called.kind == syntax::error) return;
        if (found == named_.end() || !type_table::has(found->second.of) || found->second.alias != 0)
            return no_form(called.where, "form or pick");
        self_ = found->second.of;
        for (const syntax_id one : tree_.below(id)) {
            if (tree_.at(one).kind == syntax::procedure) declare_one(one, false);
            if (tree_.at(one).kind == syntax::field && tree_.child(one, 2) != 0) declare_initial(one);
        }
        self_ = type::none;
    }
    void declare_initial(syntax_id id) {
        node n = tree_.at(id);
        auto& all = made_.types.at(self_).fields;
        const std::size_t index = made_.types.find_field(self_, text(n.name));
        if (index == all.size()) return;
        procedure p;
        p.name = made_.types.name(self_) + '.' + all[index].name;
        p.where = n.name;
        p.known = true;
        p.is = procedure::role::constant;
        p.gives = all[index].of;
        made_.procedures.push_back(std::move(p));
        items_.push_back({id, false, self_});
        all[index].initial = static_cast<std::uint32_t>(made_.procedures.size());
    }
    void declare_one(syntax_id id, bool external) {
        node n = tree_.at(id);
        if (n.kind == syntax::error) return;
        procedure p;
        p.name = n.kind == syntax::assertion ? "static_assert" : std::string(text(n.name));
        p.where = n.name;
        p.visible = n.visible;
        p.external = external;
        p.library = in_library_;
        p.known = n.constant || n.kind == syntax::constant || n.kind == syntax::assertion;
        if (n.kind == syntax::test) p.is_test = true, p.name = "test " + name_of_test(tree_.child(id, 0));
        if (n.kind == syntax::constant) p.is = procedure::role::constant;
        if (n.kind == syntax::assertion) p.is = procedure::role::assertion, p.gives = type::boolean;
        if (self_ != type::none) {
            p.name = made_.types.name(self_) + '.' + p.name;
            p.visible = false;
            declare_method(p);
        } else if (n.kind != syntax::assertion && !p.is_test)
            declare_name(p);
        made_.procedures.push_back(std::move(p));
        items_.push_back({id, external, self_});
        if (n.kind == syntax::procedure) declare_types(made_.procedures.back(), id);
        if (n.kind == syntax::constant) made_.procedures.back().gives = type_of(tree_.child(id, 1));
    }
    void declare_name(const procedure& p) {
        if (in_library_)
            return static_cast<void>(
                made_.library.try_emplace(p.name, static_cast<std::uint32_t>(made_.procedures.size())));
        const auto [at, is_new] =
            globals_.try_emplace(text(p.where), static_cast<std::uint32_t>(made_.procedures.size()));
        if (is_new) return;
        errors_.error("V0301", p.where, '`' + p.name + "` is declared twice").notes = {
            {made_.procedures[at->second].where, "it is declared here, too"}};
    }
    void declare_method(const procedure& p) {
        const std::string called(text(p.where));
        const auto [at, is_new] =
            made_.methods.try_emplace({self_, called}, static_cast<std::uint32_t>(made_.procedures.size()));
        const auto& all = made_.types.at(self_).fields;
        const std::size_t same = made_.types.find_field(self_, called);
        if (is_new && same == all.size()) return;
        errors_.error("V0301", p.where, '`' + p.name + "` is declared twice").notes = {
            {is_new ? all[same].where : made_.procedures[at->second].where, "it is declared here, too"}};
    }
    void declare_self(procedure& p, syntax_id id) {
        node n = tree_.at(id);
        if (self_ == type::none || p.parameters != 0) {
            errors_.error(
                "V0307", n.where,
                self_ == type::none ? "`self` outside of a form's procedure" : "`self` is the first parameter");
            return;
        }
        p.locals.push_back({"self", n.where, self_, n.changeable, false});
        p.parameters = 1;
        p.has_self = true;
        p.changes_self = n.changeable;
    }
    void declare_types(procedure& p, syntax_id id) {
        for (const syntax_id parameter : tree_.below(tree_.child(id, 1))) {
            if (tree_.at(parameter).kind == syntax::self) declare_self(p, parameter);
            if (tree_.at(parameter).kind != syntax::parameter) continue;
            node name = tree_.child_at(parameter, 0);
            p.locals.push_back(
                {std::string(text(name.where)), name.where, type_of(tree_.child(parameter, 1)), false, false});
            ++p.parameters;
        }
        if (tree_.child_at(id, 2).kind != syntax::nothing) p.gives = type_of(tree_.child(id, 2));
    }
    type type_of(syntax_id id) {
        node n = tree_.at(id);
        if (n.kind == syntax::list_type) {
            const type of = type_of(tree_.child(id, 0));
            if (of == type::none) return of;
            if (of != type::unit && of != type::never) return made_.types.list(of);
            errors_.error("V0407", n.where, "an element of a list has a value, not `" + made_.types.name(of) + '`');
            return type::none;
        }
        if (n.kind == syntax::tuple_type) {
            std::vector<type> parts;
            for (const syntax_id part : tree_.below(id)) parts.push_back(type_of(part));
            if (std::find(parts.begin(), parts.end(), type::none) != parts.end()) return type::none;
            const type made = made_.types.tuple(parts);
            if (made_.types.at(made).too_large) too_large(n.where, made);
            return made;
        }
        if (n.kind != syntax::type_name) return type::none;
        if (text(n.where) == "Self" && self_ != type::none) return self_;
        const type found = type_called(text(n.where));
        if (found != type::none) return found;
        const auto named = named_.find(text(n.where));
        if (named != named_.end()) return resolve(named->second, n.where);
        errors_.error("V0303", n.where, "there is no type `" + std::string(text(n.where)) + '`').hint =
            similar(text(n.where), type_names_here());
        return type::none;
    }
    type resolve(named_type& name, span where) {
        if (name.alias == 0 && !name.begun) return name.of;
        if (name.begun || ++aliases_ > 100) {
            if (name.begun)
                errors_.error("V0410", where, '`' + std::string(text(where)) + "` stands for itself");
            else
                errors_.error("V0202", where, "this is nested too deeply", "at most 100 names stand for each other");
            return type::none;
        }
        name.begun = true;
        name.of = type_of(std::exchange(name.alias, 0));
        name.begun = false;
        --aliases_;
        return name.of;
    }
    /// The procedure or constant of a name: the program's, otherwise the library's, whose own means its own.
    const std::uint32_t* find_global(std::string_view name) const {
        const auto own = globals_.find(name);
        if (own != globals_.end() && !in_library_) return &own->second;
        const auto other = made_.library.find(name);
        return other == made_.library.end() || (!in_library_ && name.starts_with("__")) ? nullptr : &other->second;
    }
    void no_form(span where, std::string_view kind) {
        const std::string called(text(where));
        const bool is_other = named_.contains(called) || type_called(called) != type::none;
        auto& d = errors_.error("V0303", where,
                                is_other ? '`' + called + "` is no " + std::string(kind)
                                         : "there is no " + std::string(kind) + " `" + called + '`');
        if (!is_other) d.hint = similar(called, form_names());
    }
    std::vector<std::string_view> form_names() const {
        std::vector<std::string_view> known;
        if (errors_.full()) return known;
        for (const auto& [name, of] : named_) known.push_back(name);
        std::sort(known.begin(), known.end());
        return known;
    }
    std::vector<std::string_view> type_names_here() const {
        auto known = form_names();
        for (const type_name& t : type_names) known.push_back(t.name);
        return known;
    }
    void define(std::uint32_t index) {
        const syntax_id id = items_[index].id;
        node n = tree_.at(id);
        if (items_[index].external) return;
        in_ = index;
        in_library_ = here().library;
        self_ = items_[index].self;
        visible_.clear();
        undo_.clear();
        scope_ = 0;
        loops_.clear();
        if (n.kind == syntax::procedure) {
            for (std::uint32_t i = 0; i < made_.procedures[index].parameters; ++i) show(i);
            set_body(expression_of(tree_.child(id, 3)));
        } else if (n.kind == syntax::test) {
            set_body(expression_of(tree_.child(id, 1)));
        } else if (n.kind == syntax::constant || n.kind == syntax::field) {
            set_body(expression_of(tree_.child(id, 2)));
        } else {
            set_body(expression_of(tree_.child(id, 0)));
            made_.procedures[index].reason = reason_of(tree_.child(id, 1), "the assertion failed");
        }
    }
    void set_body(expression_id body) { made_.procedures[in_].body = body; }

    // Names
    procedure& here() noexcept { return made_.procedures[in_]; }
    std::uint32_t new_local(std::string name, span where, type of) {
        here().locals.push_back({std::move(name), where, of, false, false});
        return static_cast<std::uint32_t>(here().locals.size() - 1);
    }
    /// Lets what follows in this scope see a local.
    void show(std::uint32_t index) {
        const local& l = here().locals[index];
        if (l.name.empty() || l.name == "_") return;
        const auto [at, is_new] = visible_.try_emplace(text(l.where), index);
        if (!is_new && at->second >= scope_)
            errors_.error("V0301", l.where, '`' + l.name + "` is declared twice").notes = {
                {here().locals[at->second].where, "it is declared here, too"}};
        undo_.push_back({text(l.where), is_new ? none : at->second});
        at->second = index;
    }
    struct scope {
        std::size_t undo;
        std::uint32_t first;
    };
    scope open() {
        const scope before{undo_.size(), scope_};
        scope_ = static_cast<std::uint32_t>(here().locals.size());
        return before;
    }
    void close(scope before) {
        for (; undo_.size() > before.undo; undo_.pop_back()) {
            if (undo_.back().second == none)
                visible_.erase(undo_.back().first);
            else
                visible_[undo_.back().first] = undo_.back().second;
        }
        scope_ = before.first;
    }
    /// Names that can be seen here; of very many, some.
    std::vector<std::string_view> names(bool also_locals) const {
        constexpr std::size_t most = 1000;
        std::vector<std::string_view> all;
        if (errors_.full()) return all;
        if (also_locals)
            for (const auto& [name, index] : visible_) all.push_back(name);
        for (const procedure& p : made_.procedures)
            if (p.is != procedure::role::assertion && !p.name.starts_with("__") && all.size() < most)
                all.push_back(text(p.where));
        for (const auto& [name, picks] : cases_)
            if (all.size() < most) all.push_back(name);
        std::sort(all.begin(), all.end());
        return all;
    }
    std::string similar(std::string_view name, const std::vector<std::string_view>& known) const {
        if (errors_.full()) return {};
        const std::string_view nearest = nearest_word(name, known);
        return nearest.empty() ? std::string() : "did you mean `" + std::string(nearest) + "`?";
    }

    // Expressions
    expression_id make(expression kind, syntax_id of, list operands = {}, std::uint32_t symbol = 0,
                       std::uint64_t value = 0) {
        return make(kind, tree_.at(of), std::span(operands.begin(), operands.size()), symbol, value);
    }
    expression_id make(expression kind, node of, std::span<const expression_id> operands, std::uint32_t symbol = 0,
                       std::uint64_t value = 0) {
        made_.nodes.push_back({kind, type::none, symbol, static_cast<std::uint32_t>(made_.operands.size()),
                               static_cast<std::uint32_t>(operands.size()), of.where, of.name, value});
        made_.operands.insert(made_.operands.end(), operands.begin(), operands.end());
        return static_cast<expression_id>(made_.nodes.size() - 1);
    }
    expression_id wrong(syntax_id of) { return make(expression::error, of); }

    expression_id expression_of(syntax_id id) {
        node n = tree_.at(id);
        using e = expression;
        const auto of_child = [&](std::size_t i) { return expression_of(tree_.child(id, i)); };
        switch (n.kind) {
            case syntax::nothing: return 0;
            case syntax::literal: return literal(id);
            case syntax::name: return name(id);
            case syntax::binary: return binary(id);
            case syntax::unary: return unary(id);
            case syntax::call: return call(id);
            case syntax::member: {
                const type pick = pick_named(tree_.child(id, 0));
                return pick != type::none ? make_case(id, n.name, pick, {}) : make(e::member, id, {of_child(0)});
            }
            case syntax::tuple: {
                std::vector<expression_id> parts;
                for (const syntax_id part : tree_.below(id)) parts.push_back(expression_of(part));
                return make(e::tuple, n, parts);
            }
            case syntax::construct: return construct(id);
            case syntax::list_of: {
                std::vector<expression_id> elements;
                for (const syntax_id one : tree_.below(id)) elements.push_back(expression_of(one));
                return make(e::list, n, elements);
            }
            case syntax::index: {
                const expression_id of = of_child(0);
                return make(e::index, id, {of, index_of(id)});
            }
            case syntax::match: return match(id);
            case syntax::is: return is(id);
            case syntax::cast: {
                const expression_id made = make(e::cast, id, {of_child(0)});
                made_.nodes[made].wanted = type_of(tree_.child(id, 1));
                return made;
            }
            case syntax::statement: return of_child(0);
            case syntax::block: return block(id);
            case syntax::let: return let(id);
            case syntax::set: return set(id);
            case syntax::if_: {
                const expression_id when = of_child(0), then = of_child(1);
                return make(e::if_, id, {when, then, of_child(2)});
            }
            case syntax::while_: return while_loop(id);
            case syntax::for_: return for_loop(id);
            case syntax::loop: return loop(id, 0, true);
            case syntax::break_:
            case syntax::continue_: return leave(id);
            case syntax::defer: return defer(id);
            case syntax::give:
                if (in_defer_) errors_.error("V0306", n.name, "`give` in what a block does at its end");
                return make(e::give, id, {of_child(0)});
            case syntax::assert_: {
                const expression_id when = of_child(0);
                const expression_id otherwise = fail(id, reason_of(tree_.child(id, 1), "assertion failed"));
                return make(e::if_, id, {when, make(e::block, id), otherwise});
            }
            case syntax::panic: return fail(id, reason_of(tree_.child(id, 0), "panic"));
            case syntax::unreachable: return make(expression::fail, id);
            case syntax::range:
                errors_.error("V0203", n.where, "a range outside of `for` is not part of Vitte core yet");
                return wrong(id);
            default: return wrong(id);
        }
    }
    expression_id literal(syntax_id id) {
        node n = tree_.at(id);
        const std::string_view written = text(n.where);
        const std::string_view token = written.starts_with('(') ? text(n.name) : written;
        if (token == "true" || token == "false") return make(expression::boolean, id, {}, 0, token == "true");
        if (token.starts_with('"') || token.starts_with('r')) {
            auto value = read_string(token);
            if (!value) errors_.error("V0105", n.where, "this text has an escape that does not exist");
            made_.texts.push_back(value ? std::move(*value) : std::string());
            return make(expression::text, id, {}, static_cast<std::uint32_t>(made_.texts.size() - 1));
        }
        if (token.starts_with('\'')) {
            const auto value = read_character(token);
            if (!value) errors_.error("V0105", n.where, "this is not one character");
            return make(expression::character, id, {}, 0, value.value_or(0));
        }
        const integer_literal i = read_integer(token);
        if (i.wrong == nullptr && !is_float(i.of)) {
            const expression_id made = make(expression::integer, id, {}, 0, i.value);
            made_.nodes[made].wanted = i.of;
            return made;
        }
        const floating_literal f = read_floating(token);
        if (f.wrong || (token.starts_with("0x") || token.starts_with("0b") || token.starts_with("0o"))) {
            errors_.error("V0106", n.where, i.wrong == nullptr ? "this is not a number" : i.wrong);
            return wrong(id);
        }
        if (f.of == type::none && token.find_first_of(".eE") == std::string_view::npos) {
            errors_.error("V0106", n.where, i.wrong);
            return wrong(id);
        }
        const expression_id made = make(expression::floating, id, {}, 0, std::bit_cast<std::uint64_t>(f.value));
        made_.nodes[made].wanted = f.of;
        return made;
    }
    expression_id name(syntax_id id) {
        node n = tree_.at(id);
        if (const auto found = visible_.find(text(n.name)); found != visible_.end()) {
            here().locals[found->second].used = true;
            return make(expression::local, id, {}, found->second);
        }
        const auto* const found = find_global(text(n.name));
        if (found == nullptr && cases_.contains(text(n.name))) return make_case(id, n.name, type::none, {});
        if (found == nullptr) {
            errors_.error("V0302", n.name, "there is nothing called `" + std::string(text(n.name)) + "` here").hint =
                similar(text(n.name), names(true));
            return wrong(id);
        }
        if (made_.procedures[*found].is == procedure::role::constant) return make(expression::constant, id, {}, *found);
        errors_.error("V0203", n.where, "a procedure as a value is not part of Vitte core yet");
        return wrong(id);
    }
    expression_id binary(syntax_id id) {
        node n = tree_.at(id);
        const expression_id left = expression_of(tree_.child(id, 0)), right = expression_of(tree_.child(id, 1));
        if (n.op == token::word_and || n.op == token::logical_and)
            return make(expression::if_, id, {left, right, make(expression::boolean, id, {}, 0, 0)});
        if (n.op == token::word_or || n.op == token::logical_or) {
            const expression_id yes = make(expression::boolean, id, {}, 0, 1);
            return make(expression::if_, id, {left, yes, right});
        }
        return make(binary_of(n.op), id, {left, right});
    }
    expression_id unary(syntax_id id) {
        node n = tree_.at(id);
        const expression_id of = expression_of(tree_.child(id, 0));
        const expression kind = n.op == token::minus   ? expression::negate
                                : n.op == token::tilde ? expression::complement
                                                       : expression::invert;
        return make(kind, id, {of});
    }
    expression_id call(syntax_id id) {
        node callee = tree_.child_at(id, 0);
        std::vector<expression_id> arguments;
        for (const syntax_id a : tree_.below(tree_.child(id, 1))) arguments.push_back(expression_of(a));
        if (callee.kind == syntax::member) return method(id, std::move(arguments));
        if (callee.kind != syntax::name) {
            errors_.error("V0304", callee.where, "this is not a procedure");
            return wrong(id);
        }
        const auto hidden = visible_.find(text(callee.name));
        if (in_library_)
            for (std::uint32_t i = 0; i < std::size(intrinsics); ++i)
                if (intrinsics[i].name == text(callee.name))
                    return make(expression::intrinsic, tree_.at(id), arguments, i);
        const auto* const found = find_global(text(callee.name));
        if (hidden != visible_.end()) {
            errors_
                .error("V0304", callee.where, '`' + std::string(text(callee.name)) + "` is a variable, not a procedure")
                .notes = {{here().locals[hidden->second].where, "it is declared here"}};
            return wrong(id);
        }
        if (found == nullptr && cases_.contains(text(callee.name)))
            return make_case(id, callee.name, type::none, arguments);
        if (found == nullptr) {
            errors_.error("V0302", callee.name, "there is no procedure `" + std::string(text(callee.name)) + '`').hint =
                similar(text(callee.name), names(false));
            return wrong(id);
        }
        const procedure& meant = made_.procedures[*found];
        if (meant.library && meant.name == "len" && arguments.size() == 1)
            return make(expression::length, id, {arguments[0]});
        if (meant.is != procedure::role::ordinary) {
            errors_.error("V0304", callee.where,
                          '`' + std::string(text(callee.name)) + "` is a constant, not a procedure");
            return wrong(id);
        }
        return make(expression::call, tree_.at(id), arguments, *found);
    }

    /// `value.procedure(…)`, or `Form.procedure(…)` of a procedure without `self`.
    expression_id method(syntax_id id, std::vector<expression_id> arguments) {
        const syntax_id member = tree_.child(id, 0);
        node n = tree_.at(member);
        node of = tree_.child_at(member, 0);
        const auto form =
            of.kind == syntax::name && !visible_.contains(text(of.name)) ? named_.find(text(of.name)) : named_.end();
        if (form == named_.end()) {
            std::vector<expression_id> all;
            syntax_id root = tree_.child(member, 0);
            while (is_part(tree_.at(root).kind)) root = tree_.child(root, 0);
            if (tree_.at(root).kind == syntax::name) find_indexes(tree_.child(member, 0), all);  // it may change
            arguments.insert(arguments.begin(), expression_of(tree_.child(member, 0)));
            const expression_id made = make(expression::method, tree_.at(id), arguments);
            made_.nodes[made].name = n.name;
            if (all.empty()) return made;
            all.push_back(made);
            return make(expression::block, tree_.at(id), all, 0, block_has_result);
        }
        const type t = resolve(form->second, of.name);
        if (made_.types.is(t, type_table::kind::pick) &&
            made_.types.find_field(t, text(n.name)) != made_.types.at(t).fields.size())
            return make_case(id, n.name, t, arguments);
        const auto found = made_.methods.find(std::pair(t, std::string(text(n.name))));
        if (found == made_.methods.end()) {
            std::vector<std::string_view> known;
            if (made_.types.is(t, type_table::kind::pick))
                for (const field& f : made_.types.at(t).fields) known.push_back(f.name);
            for (auto one = made_.methods.lower_bound(std::pair(t, std::string()));
                 one != made_.methods.end() && one->first.first == t; ++one)
                known.push_back(one->first.second);
            errors_
                .error("V0302", n.name,
                       '`' + made_.types.name(t) + "` has nothing called `" + std::string(text(n.name)) + '`')
                .hint = similar(text(n.name), known);
            return wrong(id);
        }
        if (made_.procedures[found->second].has_self) {
            errors_.error("V0304", n.name, '`' + std::string(text(n.name)) + "` is called on a value").hint =
                "`value." + std::string(text(n.name)) + "(…)`";
            return wrong(id);
        }
        return make(expression::call, tree_.at(id), arguments, found->second);
    }
    expression_id construct(syntax_id id) {
        node n = tree_.at(id);
        node called = tree_.child_at(id, 0);
        const auto found = named_.find(text(called.name));
        const bool is_self = text(called.name) == "Self" && self_ != type::none;
        const type of = is_self ? self_ : found == named_.end() ? type::none : resolve(found->second, called.name);
        if (!made_.types.is(of, type_table::kind::form)) return no_form(called.name, "form"), wrong(id);
        std::vector<expression_id> parts;
        for (const syntax_id one : tree_.below(id).subspan(1))
            parts.push_back(make(expression::field_value, one, {expression_of(tree_.child(one, 0))}));
        const expression_id made = make(expression::construct, n, parts);
        made_.nodes[made].wanted = of;
        return made;
    }

    // Picks
    /// The pick that a name means, which no variable hides; `none` if it is no pick.
    type pick_named(syntax_id id) {
        node n = tree_.at(id);
        if (n.kind != syntax::name || visible_.contains(text(n.name))) return type::none;
        const auto found = named_.find(text(n.name));
        const type of = found == named_.end() ? type::none : resolve(found->second, n.name);
        return made_.types.is(of, type_table::kind::pick) ? of : type::none;
    }
    /// A case of `pick`, or of the only one that has such a case; otherwise of the one that is wanted.
    expression_id make_case(syntax_id id, span name, type pick, std::span<const expression_id> carries) {
        if (pick == type::none && cases_.at(text(name)).size() == 1) pick = cases_.at(text(name)).front();
        const expression_id made = make(expression::make_case, tree_.at(id), carries);
        made_.nodes[made].name = name;
        made_.nodes[made].wanted = pick;
        return made;
    }
    /// What a pattern is matched with: a variable, and the way to a part of it.
    struct subject {
        struct step {
            bool of_case;
            std::uint32_t part;
            span name;
        };
        std::uint32_t local;
        std::vector<step> way = {};
        subject then(step more) const {
            subject made = *this;
            return made.way.push_back(more), made;
        }
    };
    expression_id value_of(const subject& s, syntax_id at) {
        expression_id made = make(expression::local, at, {}, s.local);
        for (const auto& step : s.way) {
            made = make(step.of_case ? expression::carried : expression::part, at, {made}, step.part);
            made_.nodes[made].name = step.name;
        }
        return made;
    }
    /// What a `match` does first, and what it asks: the tests of a pattern, the variables that it makes, and itself for
    /// the types.
    struct tested {
        std::vector<expression_id> tests, lets;
        std::uint32_t pattern = 0;
    };
    void test(syntax_id id, const subject& of, tested& to) {
        node n = tree_.at(id);
        switch (n.kind) {
            case syntax::name:
                if (cases_.contains(text(n.where)) && text(n.where) != "_") return test_case(id, n.where, {}, of, to);
                return bind(id, of, to);
            case syntax::pattern_case:
                if (tree_.child(id, 0) != 0 && pick_named(tree_.child(id, 0)) == type::none) {
                    no_form(tree_.child_at(id, 0).where, "pick");
                }
                return test_case(
                    id, n.name,
                    tree_.child(id, 1) == 0 ? std::span<const syntax_id>() : tree_.below(tree_.child(id, 1)), of, to);
            case syntax::pattern: return test_parts(id, tree_.below(id), of, to);
            case syntax::pattern_value: {
                const expression_id value = expression_of(tree_.child(id, 0));
                match_pattern made{match_pattern::what::value};
                made.is_boolean = made_.nodes[value].kind == expression::boolean;
                made.value = made_.nodes[value].value;
                to.pattern = add(std::move(made));
                to.tests.push_back(make(expression::equal, id, {value_of(of, id), value}));
                return;
            }
            case syntax::pattern_range: {
                to.pattern = add({match_pattern::what::value});
                const expression_id low = expression_of(tree_.child(id, 0)), high = expression_of(tree_.child(id, 1));
                to.tests.push_back(make(expression::greater_equal, id, {value_of(of, id), low}));
                to.tests.push_back(make(n.op == token::dots ? expression::less : expression::less_equal, id,
                                        {value_of(of, id), high}));
                return;
            }
            default: return;
        }
    }
    std::uint32_t add(match_pattern p) {
        made_.patterns.push_back(std::move(p));
        return static_cast<std::uint32_t>(made_.patterns.size() - 1);
    }
    void bind(syntax_id id, const subject& of, tested& to) {
        node n = tree_.at(id);
        to.pattern = 0;
        if (text(n.where) == "_") return;
        const std::uint32_t made = new_local(std::string(text(n.where)), n.where, type::none);
        to.lets.push_back(make(expression::let, id, {value_of(of, id)}, made));
        show(made);
    }
    void test_case(syntax_id id, span name, std::span<const syntax_id> parts, const subject& of, tested& to) {
        const expression_id test = make(expression::is_case, id, {value_of(of, id)});
        made_.nodes[test].name = name;
        to.tests.push_back(test);
        match_pattern made{match_pattern::what::case_, std::string(text(name))};
        inside(id, parts, of.then({true, 0, name}), to, made);
        to.pattern = add(std::move(made));
    }
    void test_parts(syntax_id id, std::span<const syntax_id> parts, const subject& of, tested& to) {
        match_pattern made{match_pattern::what::parts};
        inside(id, parts, of, to, made);
        to.pattern = add(std::move(made));
    }
    void inside(syntax_id id, std::span<const syntax_id> parts, const subject& whole, tested& to, match_pattern& made) {
        to.lets.insert(to.lets.begin(), make(expression::has_parts, id, {value_of(whole, id)},
                                             static_cast<std::uint32_t>(parts.size())));
        for (std::uint32_t i = 0; i < parts.size(); ++i) {
            test(parts[i], whole.then({false, i, tree_.at(parts[i]).where}), to);
            made.inside.push_back(to.pattern);
        }
    }
    /// All of these, one after the other.
    expression_id all_of(syntax_id id, const std::vector<expression_id>& conditions) {
        if (conditions.empty()) return make(expression::boolean, id, {}, 0, 1);
        expression_id made = conditions.back();
        for (std::size_t i = conditions.size() - 1; i-- > 0;)
            made = make(expression::if_, id, {conditions[i], made, make(expression::boolean, id, {}, 0, 0)});
        return made;
    }
    /// What stands behind `=>` is a block of its own, which is where `defer` is done.
    expression_id arm_body(syntax_id id) {
        const expression_id body = expression_of(id);
        return tree_.at(id).kind == syntax::defer ? make(expression::block, id, {body}) : body;
    }
    /// The value goes to a hidden variable, and the arms become `if`s.
    expression_id match(syntax_id id) {
        constexpr std::size_t most = 200;
        const auto arms = tree_.below(id).subspan(1);
        const expression_id value = expression_of(tree_.child(id, 0));
        if (arms.size() > most) {
            errors_.error("V0202", tree_.at(id).name, "a `match` has at most " + std::to_string(most) + " cases");
            return wrong(id);
        }
        const scope before = open();
        const std::uint32_t whole = new_local("", tree_.child_at(id, 0).where, type::none);
        const expression_id first = make(expression::let, id, {value}, whole);
        const auto which = static_cast<std::uint32_t>(made_.matches.size());
        made_.matches.emplace_back();
        struct made_arm {
            syntax_id id;
            expression_id when, then;
        };
        std::vector<made_arm> made;
        expression_id otherwise = 0;
        for (std::size_t i = 0; i < arms.size(); ++i) {
            if (tree_.at(arms[i]).kind != syntax::arm) continue;
            const scope arm = open();
            tested t;
            const syntax_id pattern = tree_.child(arms[i], 0), guard = tree_.child(arms[i], 1);
            if (pattern == 0) {
                if (i + 1 != arms.size()) errors_.error("V0416", tree_.at(arms[i]).name, "`else` is the last case");
                otherwise = arm_body(tree_.child(arms[i], 2));
            } else {
                test(pattern, {whole}, t);
                if (guard == 0) made_.matches[which].push_back(t.pattern);
                // Variables are made before the condition is asked, and when all tests hold.
                t.lets.push_back(guard == 0 ? make(expression::boolean, arms[i], {}, 0, 1) : expression_of(guard));
                t.tests.push_back(
                    make(expression::block, tree_.at(arms[i]), t.lets, 0, block_has_result | block_is_open));
                const expression_id when = all_of(arms[i], t.tests);
                made.push_back({arms[i], when, arm_body(tree_.child(arms[i], 2))});
            }
            close(arm);
        }
        close(before);
        if (otherwise == 0)
            otherwise = make(expression::unmatched, id, {make(expression::local, id, {}, whole)}, which);
        for (std::size_t i = made.size(); i-- > 0;)
            otherwise = make(expression::if_, made[i].id, {made[i].when, made[i].then, otherwise});
        return make(expression::block, tree_.at(id), std::vector{first, otherwise}, 0, 1);
    }
    /// `e is p`: whether it is; `p` makes no variables.
    expression_id is(syntax_id id) {
        const expression_id value = expression_of(tree_.child(id, 0));
        const scope before = open();
        const std::uint32_t whole = new_local("", tree_.child_at(id, 0).where, type::none);
        const expression_id first = make(expression::let, id, {value}, whole);
        tested t;
        test(tree_.child(id, 1), {whole}, t);
        for (const expression_id one : t.lets)
            if (made_.nodes[one].kind == expression::let)
                errors_.error("V0417", made_.nodes[one].where, "`is` makes no variables").hint =
                    "`when e is p { … }` does";
        close(before);
        t.lets.push_back(make(expression::boolean, id, {}, 0, 1));
        t.tests.push_back(make(expression::block, tree_.at(id), t.lets, 0, block_has_result | block_is_open));
        return make(expression::block, tree_.at(id), std::vector{first, all_of(id, t.tests)}, 0, 1);
    }

    // Statements
    expression_id block(syntax_id id) {
        const scope before = open();
        std::vector<expression_id> all;
        bool has_result = false;
        const auto statements = tree_.below(id);
        for (const syntax_id s : statements) all.push_back(expression_of(s));
        if (!statements.empty()) has_result = tree_.at(statements.back()).kind == syntax::statement;
        close(before);
        return make(expression::block, tree_.at(id), all, 0, has_result);
    }
    expression_id let(syntax_id id) {
        node name = tree_.child_at(id, 0);
        const type of = type_of(tree_.child(id, 1));
        const expression_id value = expression_of(tree_.child(id, 2));
        if (name.kind == syntax::pattern) return let_parts(id, of, value);
        const std::uint32_t made = new_local(std::string(text(name.where)), name.where, of);
        here().locals[made].changeable = tree_.at(id).changeable;
        show(made);
        const expression_id result = make(expression::let, id, {value}, made);
        made_.nodes[result].wanted = of;
        return result;
    }
    /// A hidden variable has the whole; each name gets its part.
    expression_id let_parts(syntax_id id, type of, expression_id value) {
        const syntax_id pattern = tree_.child(id, 0);
        const std::uint32_t whole = new_local("", tree_.at(pattern).where, of);
        const expression_id first = make(expression::let, id, {value}, whole);
        made_.nodes[first].wanted = of;
        std::vector<expression_id> all{first};
        take_apart(pattern, whole, tree_.at(id).changeable, all);
        return make(expression::block, tree_.at(id), all, 0, block_is_open);
    }
    void take_apart(syntax_id pattern, std::uint32_t whole, bool changeable, std::vector<expression_id>& all) {
        const auto parts = tree_.below(pattern);
        const auto value = [&] { return make(expression::local, pattern, {}, whole); };
        all.push_back(make(expression::has_parts, pattern, {value()}, static_cast<std::uint32_t>(parts.size())));
        for (std::uint32_t i = 0; i < parts.size(); ++i) {
            node n = tree_.at(parts[i]);
            if (n.kind != syntax::pattern && n.kind != syntax::name) continue;
            const std::uint32_t made =
                new_local(n.kind == syntax::name ? std::string(text(n.where)) : "", n.where, type::none);
            here().locals[made].changeable = changeable;
            all.push_back(make(expression::let, parts[i], {make(expression::part, pattern, {value()}, i)}, made));
            if (n.kind == syntax::pattern)
                take_apart(parts[i], made, changeable, all);
            else
                show(made);
        }
    }
    expression_id set(syntax_id id) {
        node n = tree_.at(id);
        if (is_part(tree_.child_at(id, 0).kind)) return set_part(id);
        node place = tree_.child_at(id, 0);
        const expression_id value = expression_of(tree_.child(id, 1));
        const auto found = place.kind == syntax::name ? visible_.find(text(place.name)) : visible_.end();
        if (found == visible_.end()) {
            if (place.kind == syntax::error) return wrong(id);
            const bool unknown = place.kind == syntax::name && find_global(text(place.name)) == nullptr;
            if (unknown)
                name(tree_.child(id, 0));
            else
                errors_.error("V0305", place.where, "this cannot be set", "only variables can");
            return wrong(id);
        }
        const std::uint32_t to = found->second;
        if (!can_be_set(to, place.where)) return wrong(id);
        if (n.op == token::set_to) return make(expression::set, id, {value}, to);
        const expression_id old = make(expression::local, tree_.child(id, 0), {}, to);
        return make(expression::set, id, {make(binary_of(n.op), id, {old, value})}, to);
    }
    bool can_be_set(std::uint32_t to, span where) {
        const bool is_self = to == 0 && here().has_self;
        if (to >= here().parameters || (is_self && here().changes_self)) return true;
        errors_.error("V0305", where, "the parameter `" + here().locals[to].name + "` cannot be set").hint =
            is_self ? "`&mut self` is a `self` that changes"
                    : "copy it to a variable: `let copy = " + here().locals[to].name + '`';
        return false;
    }
    /// The index of a place is found once, before anything else: a hidden variable has it.
    expression_id index_of(syntax_id id) {
        const syntax_id which = tree_.child(id, 1);
        const auto known = indexes_.find(id);
        if (known != indexes_.end()) return make(expression::local, which, {}, known->second);
        return expression_of(which);
    }
    void find_indexes(syntax_id place, std::vector<expression_id>& to) {
        std::vector<syntax_id> all;
        for (; tree_.at(place).kind == syntax::member || tree_.at(place).kind == syntax::index;
             place = tree_.child(place, 0))
            if (tree_.at(place).kind == syntax::index) all.push_back(place);
        for (; !all.empty(); all.pop_back()) {
            const syntax_id which = tree_.child(all.back(), 1);
            const std::uint32_t made = new_local("", tree_.at(which).where, type::none);
            to.push_back(make(expression::let, which, {expression_of(which)}, made));
            indexes_.emplace(all.back(), made);
        }
    }
    static bool is_part(syntax kind) noexcept { return kind == syntax::member || kind == syntax::index; }
    /// `set a.b[i].c = …`
    expression_id set_part(syntax_id id) {
        node n = tree_.at(id);
        syntax_id root = tree_.child(id, 0);
        const span where = tree_.at(root).where;
        while (is_part(tree_.at(root).kind)) root = tree_.child(root, 0);
        std::vector<expression_id> all;
        find_indexes(tree_.child(id, 0), all);
        const expression_id value = expression_of(tree_.child(id, 1)), place = expression_of(tree_.child(id, 0));
        const auto found =
            tree_.at(root).kind == syntax::name ? visible_.find(text(tree_.at(root).name)) : visible_.end();
        if (found == visible_.end()) {
            if (tree_.at(root).kind != syntax::error)
                errors_.error("V0305", where, "this cannot be set", "only variables and their fields can");
            return wrong(id);
        }
        if (!can_be_set(found->second, where)) return wrong(id);
        expression_id made = value;
        if (n.op != token::set_to) made = make(binary_of(n.op), id, {expression_of(tree_.child(id, 0)), value});
        all.push_back(make(expression::set_part, id, {place, made}));
        return all.size() == 1 ? all[0] : make(expression::block, tree_.at(id), all);
    }
    expression_id while_loop(syntax_id id) {
        loops_.push_back(false);
        const expression_id when = expression_of(tree_.child(id, 0)), body = expression_of(tree_.child(id, 1));
        loops_.pop_back();
        const expression_id end = make(expression::break_, id, {0});
        return make(expression::loop, id, {make(expression::if_, id, {when, body, end}), 0});
    }
    expression_id loop(syntax_id id, std::size_t body, bool gives) {
        loops_.push_back(gives);
        const expression_id inside = expression_of(tree_.child(id, body));
        loops_.pop_back();
        return make(expression::loop, id, {inside, 0});
    }
    /// A hidden counter runs from the first value to the last one, and is copied to the loop's variable in each round.
    expression_id for_loop(syntax_id id) {
        const syntax_id over = tree_.child(id, 1), called = tree_.child(id, 0), body = tree_.child(id, 2);
        if (tree_.at(over).kind == syntax::error) return wrong(id);
        if (tree_.at(over).kind != syntax::range) return for_each(id);
        const bool with_last = tree_.at(over).op == token::dots_equal;
        const expression_id from = expression_of(tree_.child(over, 0)), to = expression_of(tree_.child(over, 1));
        const scope before = open();
        const std::uint32_t counter = new_local("", tree_.at(over).where, type::none);
        const std::uint32_t last = new_local("", tree_.at(over).where, type::none);
        const expression_id start = make(expression::let_range, over, {from, to}, counter);
        const auto value_of = [&](std::uint32_t of) { return make(expression::local, over, {}, of); };
        const std::uint32_t variable =
            new_local(std::string(text(tree_.at(called).where)), tree_.at(called).where, type::none);
        show(variable);
        const expression_id copy = make(expression::let, called, {value_of(counter)}, variable);
        loops_.push_back(false);
        const expression_id inside = expression_of(body);
        loops_.pop_back();
        close(before);
        const expression_id more =
            make(with_last ? expression::less_equal : expression::less, over, {value_of(counter), value_of(last)});
        const expression_id one = make(expression::integer, over, {}, 0, 1);
        expression_id next =
            make(expression::set, over, {make(expression::add, over, {value_of(counter), one})}, counter);
        if (with_last) {  // the last value may be the greatest of its type
            const expression_id is_last = make(expression::equal, over, {value_of(counter), value_of(last)});
            next = make(expression::if_, over, {is_last, make(expression::break_, over, {0}), next});
        }
        const expression_id round = make(expression::block, body, {copy, inside});
        const expression_id all = make(expression::if_, id, {more, round, make(expression::break_, over, {0})});
        return make(expression::block, id, {start, make(expression::loop, id, {all, next})});
    }
    /// Over the characters of a text or the elements of a list, which a hidden variable has, from a position that
    /// another one has.
    expression_id for_each(syntax_id id) {
        const syntax_id over = tree_.child(id, 1), called = tree_.child(id, 0), body = tree_.child(id, 2);
        if (made_.library.empty()) {
            errors_.error("V0203", tree_.at(over).where,
                          "`for` over anything but ranges, texts and lists is not part of Vitte core yet");
            return wrong(id);
        }
        const expression_id value = expression_of(over);
        const scope before = open();
        const std::uint32_t whole = new_local("", tree_.at(over).where, type::none);
        const std::uint32_t position = new_local("", tree_.at(over).where, type::u32);
        const std::uint32_t variable =
            new_local(std::string(text(tree_.at(called).where)), tree_.at(called).where, type::none);
        show(variable);
        const auto value_of = [&](std::uint32_t of) { return make(expression::local, over, {}, of); };
        const expression_id first = make(expression::let, over, {value}, whole);
        const expression_id start = make(expression::let, over, {make(expression::integer, over)}, position);
        const expression_id count = make(expression::each_count, over, {value_of(whole)});
        const expression_id more = make(expression::less, over, {value_of(position), count});
        const expression_id one = make(expression::each_item, over, {value_of(whole), value_of(position)});
        const expression_id copy = make(expression::let, called, {one}, variable);
        loops_.push_back(false);
        const expression_id inside = expression_of(body);
        loops_.pop_back();
        close(before);
        const expression_id step = make(expression::each_step, over, {value_of(whole), value_of(position)});
        const expression_id next =
            make(expression::set, over, {make(expression::add, over, {value_of(position), step})}, position);
        const expression_id round = make(expression::block, body, {copy, inside});
        const expression_id all = make(expression::if_, id, {more, round, make(expression::break_, over, {0})});
        return make(expression::block, id, {first, start, make(expression::loop, id, {all, next})});
    }
    expression_id leave(syntax_id id) {
        node n = tree_.at(id);
        const bool is_break = n.kind == syntax::break_;
        const expression_id value = is_break ? expression_of(tree_.child(id, 0)) : 0;
        if (loops_.empty()) {
            errors_.error("V0306", n.name, '`' + std::string(text(n.name)) + "` outside of a loop");
            return wrong(id);
        }
        if (value != 0 && !loops_.back()) {
            errors_.error("V0306", n.where, "only `loop` has a value",
                          "`while` and `for` may also end without `break`");
            return wrong(id);
        }
        return is_break ? make(expression::break_, id, {value}) : make(expression::continue_, id);
    }
    /// What it does leaves neither the procedure nor a loop around it.
    expression_id defer(syntax_id id) {
        const bool outer = std::exchange(in_defer_, true);
        auto loops = std::exchange(loops_, {});
        const expression_id body = expression_of(tree_.child(id, 0));
        loops_ = std::move(loops);
        in_defer_ = outer;
        return make(expression::defer, id, {body});
    }
    expression_id fail(syntax_id id, std::string reason) {
        made_.reasons.push_back(std::move(reason));
        return make(expression::fail, id, {}, 0, made_.reasons.size() - 1);
    }
    std::string reason_of(syntax_id id, const char* otherwise) {
        node n = tree_.at(id);
        if (n.kind != syntax::literal) return otherwise;
        const auto value = read_string(text(n.where));
        if (!value) errors_.error("V0105", n.where, "this text has an escape that does not exist");
        return value.value_or(otherwise);
    }

    static constexpr std::uint32_t none = ~std::uint32_t{0};
    const sources& from_;
    const syntax_tree& tree_;
    diagnostics& errors_;
    program made_;
    std::vector<item> items_;  // of each procedure
    std::unordered_map<std::string_view, std::uint32_t> globals_, visible_;
    std::vector<std::pair<std::string_view, std::uint32_t>> undo_;   // what names meant outside of the scopes
    std::unordered_map<std::string_view, named_type> named_;         // forms and aliases
    std::vector<std::pair<type, syntax_id>> forms_;                  // and picks
    std::unordered_map<std::string_view, std::vector<type>> cases_;  // the picks that have a case of a name
    std::unordered_map<syntax_id, std::uint32_t> indexes_;           // hidden variables of indexes of places
    std::map<std::string, span> tests_;
    bool in_library_ = false, in_defer_ = false;
    type self_ = type::none;   // whose procedures these are
    unsigned aliases_ = 0;     // that are being found out
    std::uint32_t scope_ = 0;  // the first local of the innermost scope
    std::uint32_t in_ = 0;     // the procedure
    std::vector<bool> loops_;  // that are open: whether `break` may give a value
};
}  // namespace detail

/// Resolves the names of a file. What is wrong is reported and becomes expressions `error`.
inline program lower(const sources& from, const syntax_tree& tree, diagnostics& errors) {
    return detail::lowering(from, tree, errors).all();
}

}  // namespace vitte::language
