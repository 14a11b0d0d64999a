/// The third stage: gives each expression its type. Literals take the type that is wanted of them.
#pragma once

#include <bit>
#include <vitte/core/nearest_word.hpp>
#include <vitte/language/check/exhaustive.hpp>
#include <vitte/language/diagnostic.hpp>

namespace vitte::language {
namespace detail {

class checker {
public:
    checker(const sources& from, program& p, diagnostics& errors)
        : from_(from), p_(p), errors_(errors), state_(p.procedures.size()) {}

    void all() {
        for (std::uint32_t i = 0; i < p_.procedures.size(); ++i) check_procedure(i);
    }

private:
    using e = expression;
    enum class progress : std::uint8_t { open, begun, done };
    struct open_loop {
        type gives;  // what is wanted, or what the first `break` gave
        bool left;   // by some `break`
    };

    expression_node& at(expression_id id) noexcept { return p_.nodes[id]; }
    procedure& here() noexcept { return p_.procedures[in_]; }
    std::string quoted(type t) const { return '`' + p_.types.name(t) + '`'; }

    static std::string counted(std::size_t count, const char* what) {
        return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
    }

    void check_procedure(std::uint32_t index) {
        if (state_[index] != progress::open) return;
        state_[index] = progress::begun;
        const std::uint32_t before = std::exchange(in_, index);
        auto loops = std::exchange(loops_, {});
        procedure& p = here();
        if (p.external) check_external(p);
        if ((p.visible || p.name == "main") && !p.external) check_visible(p);
        if (p.body != 0) {
            const type body = check(p.body, p.gives);
            if (p.is == procedure::role::constant && p.gives == type::none) p.gives = body;
            if (p.is == procedure::role::ordinary && p.gives != type::unit && body == type::unit)
                no_give(p);
            else
                expect(p.body, p.gives, body);
        }
        for (const local& l : p.locals)
            if ((l.of == type::unit || l.of == type::never) && !l.name.empty() && l.name != "_")
                errors_.error("V0407", l.where, "a variable of " + quoted(l.of) + " has no value");
        state_[index] = progress::done;
        in_ = before;
        loops_ = std::move(loops);
    }
    /// Procedures of the host take numbers and texts, and give numbers. Reports other types.
    void check_external(const procedure& p) {
        const auto is_number_there = [](type t) { return !type_table::has(t); };
        for (const local& l : p.locals)
            if (!is_number_there(l.of)) errors_.error("V0411", l.where, "the host cannot take " + quoted(l.of));
        if (!is_number_there(p.gives) || p.gives == type::text)
            errors_.error("V0411", p.where, "the host cannot give " + quoted(p.gives));
    }
    /// The host knows no addresses of texts and lists.
    void check_visible(const procedure& p) {
        const auto has_text = [&](type t) {
            const auto slots = p_.types.slots(t);
            return std::any_of(slots.begin(), slots.end(), type_table::is_counted);
        };
        for (std::uint32_t i = 0; i < p.parameters; ++i)
            if (has_text(p.locals[i].of))
                errors_.error("V0411", p.locals[i].where, "the host cannot pass " + quoted(p.locals[i].of));
        if (has_text(p.gives)) errors_.error("V0411", p.where, "the host cannot take " + quoted(p.gives));
    }
    void no_give(const procedure& p) {
        const std::uint32_t end = at(p.body).where.end;
        errors_
            .error("V0402", {end - 1, end}, "the end of `" + p.name + "` is reached without `give`",
                   "a value of " + quoted(p.gives) + " is wanted")
            .notes = {{p.where, "declared here"}};
    }

    /// Reports if what is found is not what is wanted; `never` fits everything.
    bool expect(expression_id id, type wanted, type found) {
        if (wanted == type::none || found == type::none || found == type::never || wanted == found) return true;
        // The last of a block is what is wrong with it, and the side of a condition that is wrong.
        for (;;) {
            if (at(id).kind == e::block && at(id).count != 0 && (at(id).value & block_has_result) != 0)
                id = p_.operand(id, at(id).count - 1);
            else if (at(id).kind == e::if_ && at(p_.operand(id, 1)).wanted == found)
                id = p_.operand(id, 1);
            else
                break;
        }
        auto& d = errors_.error("V0401", at(id).where, "expected " + quoted(wanted) + ", found " + quoted(found));
        if (is_number(wanted) && is_number(found)) d.hint = "`as " + std::string(name_of(wanted)) + "` converts it";
        if (wanted == type::unit) d.hint = "`let _ = …` drops a value";
        return false;
    }
    /// Checks an expression that must have this type.
    type demand(expression_id id, type wanted) {
        const type found = check(id, wanted);
        return expect(id, wanted, found) ? (found == type::never ? found : wanted) : type::none;
    }
    type check(expression_id id, type wanted = type::none) {
        const type found = find(id, wanted);
        return at(id).wanted = found;
    }

    type find(expression_id id, type wanted) {
        const expression_node n = at(id);
        switch (n.kind) {
            case e::nothing: return type::unit;
            case e::error: return type::none;
            case e::integer: return integer(id, wanted, false);
            case e::floating: return n.wanted != type::none ? n.wanted : is_float(wanted) ? wanted : type::f64;
            case e::boolean: return type::boolean;
            case e::character: return type::character;
            case e::local: return here().locals[n.symbol].of;
            case e::constant: return constant(id);
            case e::call: return call(id);
            case e::intrinsic: return instruction(id);
            case e::text: return type::text;
            case e::method: return method(id);
            case e::tuple: return tuple(id, wanted);
            case e::construct: return construct(id);
            case e::list: return list(id, wanted);
            case e::index: return index(id);
            case e::length: return length(id), type::i64;
            case e::each_count:
            case e::each_item:
            case e::each_step: return each(id);
            case e::make_case: return make_case(id, wanted);
            case e::is_case: return is_case(id) ? type::boolean : type::none;
            case e::carried: return carried(id);
            case e::unmatched: return unmatched(id);
            case e::member: return member(id);
            case e::part: return part(id);
            case e::has_parts: return has_parts(id);
            case e::set_part: {
                const type to = check(p_.operand(id, 0));
                return demand(p_.operand(id, 1), to) == type::never ? type::never : type::unit;
            }
            case e::negate: return negate(id, wanted);
            case e::complement: return of_kind(id, check(p_.operand(id, 0), wanted), is_integer, "an integer");
            case e::invert: return demand(p_.operand(id, 0), type::boolean), type::boolean;
            case e::shift_left:
            case e::shift_right: return shift(id, wanted);
            case e::equal:
            case e::not_equal:
            case e::less:
            case e::less_equal:
            case e::greater:
            case e::greater_equal: return compare(id);
            case e::cast: return cast(id);
            case e::block: return block(id, wanted);
            case e::let: return let(id);
            case e::let_range: return let_range(id);
            case e::set: {
                const type to = here().locals[n.symbol].of;
                return demand(p_.operand(id, 0), to) == type::never ? type::never : type::unit;
            }
            case e::if_: return condition(id, wanted);
            case e::loop: return loop(id, wanted);
            case e::break_: return leave(id);
            case e::continue_:
            case e::fail: return type::never;
            case e::defer: return demand(p_.operand(id, 0), type::unit), type::unit;
            case e::give: return give(id);
            default: return arithmetic(id, wanted);
        }
    }

    type integer(expression_id id, type wanted, bool negative) {
        expression_node& n = at(id);
        const type of = n.wanted != type::none ? n.wanted : is_number(wanted) ? wanted : type::i64;
        if (is_float(of)) {
            n.kind = e::floating;
            n.value =
                std::bit_cast<std::uint64_t>(negative ? -static_cast<double>(n.value) : static_cast<double>(n.value));
            return of;
        }
        const std::uint64_t most = negative ? std::uint64_t{0} - lowest(of) : greatest(of);
        if (n.value > most) {
            const bool is_sign = is_signed(of);
            errors_.error(
                "V0403", n.where,
                std::string(negative ? "-" : "") + std::to_string(n.value) + " does not fit into " + quoted(of),
                "its values are " + (is_sign ? '-' + std::to_string(std::uint64_t{0} - lowest(of)) : "0") + " to " +
                    std::to_string(greatest(of)));
        }
        if (negative) n.value = std::uint64_t{0} - n.value;
        return of;
    }
    /// `-` and a number are a number, so that the lowest of a type can be written.
    type negate(expression_id id, type wanted) {
        const expression_id inside = p_.operand(id, 0);
        if (at(inside).kind != e::integer)
            return of_kind(
                id, check(inside, wanted), [](type t) { return is_signed(t) || is_float(t); }, "a number with a sign");
        const type of = integer(inside, wanted, true);
        const span where = at(id).where;
        at(id) = at(inside);
        at(id).where = where;
        return of;
    }
    /// A literal whose type depends on what is wanted, or what is computed of such.
    bool is_loose(expression_id id) const noexcept {
        const expression_node& n = p_.nodes[id];
        if (n.kind == e::integer || n.kind == e::floating) return n.wanted == type::none;
        const bool computes =
            (n.kind >= e::negate && n.kind <= e::complement) || (n.kind >= e::add && n.kind <= e::shift_right);
        return computes && is_loose(p_.operand(id, 0)) && (n.count == 1 || is_loose(p_.operand(id, 1)));
    }
    /// Both operands have one type: the wanted one, or that of the operand that is no literal.
    type pair(expression_id id, type wanted) {
        const expression_id left = p_.operand(id, 0), right = p_.operand(id, 1);
        const bool right_first = is_loose(left) && !is_loose(right);
        const expression_id first = right_first ? right : left, second = right_first ? left : right;
        const type of = check(first, is_number(wanted) ? wanted : type::none);
        const type other = check(second, of == type::never ? type::none : of);
        if (of == type::none || other == type::none) return type::none;
        if (of == type::never || other == type::never || of == other) return of == type::never ? other : of;
        errors_
            .error("V0404", at(id).name,
                   '`' + operator_of(at(id).kind) + "` needs two of one type, not " + quoted(at(left).wanted) +
                       " and " + quoted(at(right).wanted))
            .hint = is_number(of) && is_number(other) ? "`as` converts numbers" : "";
        return type::none;
    }
    static std::string operator_of(expression kind) {
        constexpr std::string_view all[] = {"-", "~",  "not", "+",  "-",  "*", "/",  "%", "&", "|",
                                            "^", "<<", ">>",  "==", "!=", "<", "<=", ">", ">="};
        return std::string(kind >= e::negate && kind <= e::greater_equal
                               ? all[static_cast<int>(kind) - static_cast<int>(e::negate)]
                               : "..");
    }
    template <class F>
    type of_kind(expression_id id, type found, F fits, const char* what) {
        if (found == type::none || found == type::never || fits(found)) return found;
        errors_.error("V0405", at(id).name,
                      '`' + operator_of(at(id).kind) + "` needs " + what + ", not " + quoted(found));
        return type::none;
    }
    type arithmetic(expression_id id, type wanted) {
        const e kind = at(id).kind;
        const bool bitwise = kind >= e::and_ && kind <= e::xor_;
        const type of = pair(id, wanted);
        if (bitwise)
            return of_kind(
                id, of, [](type t) { return is_integer(t) || t == type::boolean; }, "integers or `bool`");
        if (kind == e::remainder) return of_kind(id, of, is_integer, "integers");
        if (kind == e::add)
            return of_kind(
                id, of, [](type t) { return is_number(t) || t == type::text; }, "numbers or texts");
        return of_kind(id, of, is_number, "numbers");
    }
    type compare(expression_id id) {
        const type of = pair(id, type::none);
        const bool ordered = at(id).kind >= e::less;
        of_kind(
            id, of,
            [&](type t) {
                return is_number(t) || t == type::character || t == type::text ||
                       ((t == type::boolean || type_table::has(t)) && !ordered);
            },
            "numbers, characters or texts");
        return type::boolean;
    }
    type shift(expression_id id, type wanted) {
        const type of = of_kind(id, check(p_.operand(id, 0), wanted), is_integer, "integers");
        of_kind(id, check(p_.operand(id, 1), is_loose(p_.operand(id, 1)) ? of : type::none), is_integer, "integers");
        return of;
    }
    type cast(expression_id id) {
        const type to = at(id).wanted;
        const expression_id inside = p_.operand(id, 0);
        const type from = check(inside, is_loose(inside) && is_float(to) ? to : type::none);
        if (from == type::none || to == type::none || from == type::never) return to;
        const bool can = (is_number(from) && is_number(to)) || from == to ||
                         (is_integer(to) && (from == type::boolean || from == type::character)) ||
                         (to == type::character && is_integer(from)) ||
                         (to == type::text && (is_integer(from) || from == type::boolean || from == type::character));
        if (!can) errors_.error("V0408", at(id).where, quoted(from) + " cannot be converted to " + quoted(to));
        return to;
    }
    type constant(expression_id id) {
        const std::uint32_t of = at(id).symbol;
        if (state_[of] == progress::begun && p_.procedures[of].gives == type::none) {
            errors_.error("V0502", at(id).where, '`' + p_.procedures[of].name + "` depends on itself").notes = {
                {p_.procedures[of].where, "declared here"}};
            return type::none;
        }
        check_procedure(of);
        return p_.procedures[of].gives;
    }
    /// With the arguments from `first` on still to check.
    type call(expression_id id, std::uint32_t first = 0) {
        const procedure& callee = p_.procedures[at(id).symbol];
        const std::uint32_t count = at(id).count, parameters = callee.parameters;
        if (here().known && !callee.known)
            errors_.error("V0501", at(id).where, '`' + callee.name + "` cannot be called at compile time").notes = {
                {callee.where, "it is not a `const proc`"}};
        if (count != parameters)
            errors_
                .error("V0409", at(id).where,
                       '`' + callee.name + "` takes " + counted(parameters - first, "argument") + ", not " +
                           std::to_string(count - first))
                .notes = {{callee.where, "declared here"}};
        const type gives = callee.gives;
        bool ends = false;
        for (std::uint32_t i = first; i < count; ++i)
            ends |= demand(p_.operand(id, i),
                           i < parameters ? p_.procedures[at(id).symbol].locals[i].of : type::none) == type::never;
        return ends ? type::never : gives;
    }

    type instruction(expression_id id) {
        const intrinsic& i = intrinsics[at(id).symbol];
        for (std::uint32_t k = 0; k < at(id).count; ++k) demand(p_.operand(id, k), i.takes);
        return i.gives;
    }
    type method(expression_id id) {
        const expression_id self = p_.operand(id, 0);
        const type of = check(self);
        const std::string called(called_by(id));
        if (p_.types.is(of, type_table::kind::list)) return list_method(id, of, called);
        const auto found = p_.methods.find(std::pair(of, called));
        if (found == p_.methods.end() || !p_.procedures[found->second].has_self) {
            for (std::uint32_t i = 1; i < at(id).count; ++i) check(p_.operand(id, i));
            if (of == type::none || of == type::never) return of;
            auto& d = errors_.error(
                "V0412", at(id).name,
                quoted(of) + " has no procedure `" + called + "`" + (found == p_.methods.end() ? "" : " with `self`"));
            if (found == p_.methods.end())
                d.hint = similar(called, procedures_of(of));
            else
                d.hint = "`" + p_.procedures[found->second].name + "(…)` calls it";
            return type::none;
        }
        at(id).kind = e::call;
        at(id).symbol = found->second;
        if (p_.procedures[found->second].changes_self) must_change(self, called);
        return call(id, 1);
    }
    /// Reports if a procedure with `&mut self` is called on anything but a variable that was declared by `let mut`, or
    /// a part of one.
    void must_change(expression_id self, const std::string& called) {
        expression_id root = self;
        while (at(root).kind == e::member || at(root).kind == e::index) root = p_.operand(root, 0);
        const local* const variable = at(root).kind == e::local ? &here().locals[at(root).symbol] : nullptr;
        if (variable != nullptr && variable->changeable) return;
        auto& d = errors_.error("V0305", at(self).where,
                                '`' + called + "` changes what it is called on, which is no variable that changes");
        if (variable != nullptr && at(root).symbol >= here().parameters)
            d.hint = "`let mut " + variable->name + "` says that it does";
        else if (variable != nullptr && here().has_self && at(root).symbol == 0)
            d.hint = "`&mut self` says that it does";
    }

    // Forms and tuples
    std::string_view called_by(expression_id id) const noexcept { return from_.text(p_.nodes[id].name); }
    std::string similar(std::string_view name, const std::vector<std::string_view>& known) const {
        if (errors_.full()) return {};
        const std::string_view nearest = nearest_word(name, known);
        return nearest.empty() ? std::string() : "did you mean `" + std::string(nearest) + "`?";
    }
    std::vector<std::string_view> fields_of(type t) const {
        std::vector<std::string_view> all;
        if (type_table::has(t))
            for (const field& f : p_.types.at(t).fields) all.push_back(f.name);
        return all;
    }
    std::vector<std::string_view> procedures_of(type t) const {
        std::vector<std::string_view> all;
        for (auto found = p_.methods.lower_bound(std::pair(t, std::string()));
             found != p_.methods.end() && found->first.first == t; ++found)
            all.push_back(found->first.second);
        return all;
    }
    type tuple(expression_id id, type wanted) {
        const std::uint32_t count = at(id).count;
        const auto wants = fields_wanted(wanted, count);
        std::vector<type> parts;
        bool ends = false;
        for (std::uint32_t i = 0; i < count; ++i) {
            const expression_id one = p_.operand(id, i);
            parts.push_back(wants.empty() ? check(one) : demand(one, wants[i]));
            ends |= parts.back() == type::never;
            if (parts.back() == type::unit)
                errors_.error("V0407", at(one).where, "a part of a tuple has a value, not " + quoted(type::unit));
        }
        if (std::find(parts.begin(), parts.end(), type::none) != parts.end()) return type::none;
        if (ends) return type::never;
        const type made = p_.types.tuple(parts);
        if (p_.types.at(made).too_large)
            errors_.error("V0411", at(id).where,
                          quoted(made) + " has more than " + std::to_string(type_table::most_slots) + " values");
        return made;
    }
    std::vector<type> fields_wanted(type wanted, std::uint32_t count) const {
        std::vector<type> all;
        if (!type_table::has(wanted) || p_.types.at(wanted).fields.size() != count ||
            !p_.types.is(wanted, type_table::kind::tuple))
            return all;
        for (const field& f : p_.types.at(wanted).fields) all.push_back(f.of);
        return all;
    }
    type construct(expression_id id) {
        const type of = at(id).wanted;
        std::vector<expression_id> parts(p_.below(id).begin(), p_.below(id).end());
        std::vector<bool> given(p_.types.at(of).fields.size());
        bool ends = false;
        for (const expression_id part : parts) ends |= field_value(part, of, given) == type::never;
        std::string missing;
        for (std::uint32_t i = 0; i < given.size(); ++i) {
            const field f = p_.types.at(of).fields[i];
            if (!given[i] && f.initial == 0) missing += (missing.empty() ? "`" : ", `") + f.name + '`';
            if (!given[i] && f.initial != 0) parts.push_back(initial(id, i, f));
        }
        if (!missing.empty())
            errors_.error("V0413", at(id).where, quoted(of) + " needs " + missing, "not written here").notes = {
                {p_.types.at(of).where, "declared here"}};
        at(id).first = static_cast<std::uint32_t>(p_.operands.size());
        at(id).count = static_cast<std::uint32_t>(parts.size());
        p_.operands.insert(p_.operands.end(), parts.begin(), parts.end());
        return ends ? type::never : of;
    }
    type field_value(expression_id id, type in, std::vector<bool>& given) {
        const std::string_view called = called_by(id);
        const std::size_t index = p_.types.find_field(in, called);
        if (index == given.size()) {
            no_field(id, in);
            return check(p_.operand(id, 0));
        }
        if (given[index]) errors_.error("V0413", at(id).name, '`' + std::string(called) + "` is written twice");
        given[index] = true;
        at(id).symbol = static_cast<std::uint32_t>(index);
        return at(id).wanted = demand(p_.operand(id, 0), p_.types.at(in).fields[index].of);
    }
    /// The constant that a field has which is not written.
    expression_id initial(expression_id in, std::uint32_t index, const field& f) {
        const auto make = [&](e kind, std::uint32_t symbol, std::uint32_t count) {
            expression_node n;
            n.kind = kind, n.wanted = f.of, n.symbol = symbol, n.where = at(in).where;
            n.first = static_cast<std::uint32_t>(p_.operands.size()), n.count = count;
            p_.nodes.push_back(n);
            return static_cast<expression_id>(p_.nodes.size() - 1);
        };
        check_procedure(f.initial - 1);
        const expression_id value = make(e::constant, f.initial - 1, 0), made = make(e::field_value, index, 1);
        p_.operands.push_back(value);
        return made;
    }
    void no_field(expression_id id, type in) {
        if (in == type::none || in == type::never) return;
        errors_.error("V0412", at(id).name, quoted(in) + " has no field `" + std::string(called_by(id)) + '`').hint =
            similar(called_by(id), fields_of(in));
    }
    // Lists
    type list(expression_id id, type wanted) {
        const bool is_wanted = p_.types.is(wanted, type_table::kind::list);
        type of = is_wanted ? p_.types.element(wanted) : type::none;
        bool ends = false;
        for (std::uint32_t i = 0; i < at(id).count; ++i) {
            const expression_id one = p_.operand(id, i);
            const type found = of == type::none ? check(one) : demand(one, of);
            ends |= found == type::never;
            if (found == type::unit)
                errors_.error("V0407", at(one).where, "an element of a list has a value, not `unit`");
            if (of == type::none && found != type::never) of = found;
        }
        if (at(id).count == 0 && !is_wanted)
            errors_.error("V0418", at(id).where, "it is not known of what type this list is").hint =
                "`let name: [int] = []` says so";
        if (ends || of == type::none || of == type::unit) return ends ? type::never : type::none;
        return p_.types.list(of);
    }
    type index(expression_id id) {
        const type in = check(p_.operand(id, 0));
        const type which = check(p_.operand(id, 1));
        if (which != type::none && which != type::never && !is_integer(which))
            errors_.error("V0405", at(p_.operand(id, 1)).where, "an index is an integer, not " + quoted(which));
        if (p_.types.is(in, type_table::kind::list)) return p_.types.element(in);
        if (in != type::none && in != type::never)
            errors_.error("V0405", at(id).name, "only lists have elements, not " + quoted(in)).hint =
                in == type::text ? "`part(text, from, to)` and `for` take texts apart" : "";
        return type::none;
    }
    void length(expression_id id) {
        const type of = check(p_.operand(id, 0));
        if (of == type::none || of == type::never || of == type::text || p_.types.is(of, type_table::kind::list))
            return;
        errors_.error("V0405", at(p_.operand(id, 0)).where, "`len` needs a text or list, not " + quoted(of));
    }
    /// The types of the steps into which `for` over a text or list was taken apart: a position, or the element there.
    type each(expression_id id) {
        const type of = check(p_.operand(id, 0));
        if (at(id).count == 2) check(p_.operand(id, 1), type::u32);
        const bool is_list = p_.types.is(of, type_table::kind::list);
        if (!is_list && of != type::text && of != type::none && of != type::never)
            errors_.error("V0405", at(id).where, "`for` runs over ranges, texts and lists, not " + quoted(of));
        if (at(id).kind != e::each_item) return type::u32;
        return is_list ? p_.types.element(of) : of == type::text ? type::character : type::none;
    }
    type list_method(expression_id id, type of, const std::string& called) {
        const bool pushes = called == "push";
        const std::uint32_t wanted = pushes ? 1 : 0;
        if (!pushes && called != "pop") {
            errors_.error("V0412", at(id).name, quoted(of) + " has no procedure `" + called + '`').hint =
                similar(called, {"pop", "push"});
            return type::none;
        }
        if (at(id).count != wanted + 1)
            errors_.error(
                "V0409", at(id).where,
                '`' + called + "` takes " + counted(wanted, "argument") + ", not " + std::to_string(at(id).count - 1));
        must_change(p_.operand(id, 0), called);
        bool ends = false;
        for (std::uint32_t i = 1; i < at(id).count; ++i)
            ends |= demand(p_.operand(id, i), p_.types.element(of)) == type::never;
        at(id).kind = pushes ? e::push : e::pop;
        return ends ? type::never : pushes ? type::unit : p_.types.element(of);
    }

    // Picks
    /// The number of a case; the number of cases, which is reported, if the type has no such case.
    std::size_t case_of(expression_id id, type in) {
        const bool is_pick = p_.types.is(in, type_table::kind::pick);
        const std::size_t count = is_pick ? p_.types.at(in).fields.size() : 0;
        const std::size_t index = is_pick ? p_.types.find_field(in, called_by(id)) : 0;
        if (index == count && in != type::none && in != type::never)
            errors_.error("V0414", at(id).name, quoted(in) + " has no case `" + std::string(called_by(id)) + '`').hint =
                is_pick ? similar(called_by(id), fields_of(in)) : "";
        return index;
    }
    type make_case(expression_id id, type wanted) {
        const type of = at(id).wanted != type::none ? at(id).wanted : wanted;
        if (of == type::none) {
            errors_.error("V0414", at(id).name, '`' + std::string(called_by(id)) + "` is a case of several picks")
                .hint = "write the pick's name before it, and a point";
            return type::none;
        }
        const std::size_t index = case_of(id, of);
        if (!p_.types.is(of, type_table::kind::pick) || index == p_.types.at(of).fields.size()) {
            for (std::uint32_t i = 0; i < at(id).count; ++i) check(p_.operand(id, i));
            return type::none;
        }
        at(id).symbol = static_cast<std::uint32_t>(index);
        const type carries = p_.types.at(of).fields[index].of;
        const std::size_t count = p_.types.at(carries).fields.size();
        if (count != at(id).count)
            errors_
                .error("V0409", at(id).where,
                       '`' + std::string(called_by(id)) + "` carries " + counted(count, "value") + ", not " +
                           std::to_string(at(id).count))
                .notes = {{p_.types.at(of).fields[index].where, "declared here"}};
        bool ends = false;
        for (std::uint32_t i = 0; i < at(id).count; ++i)
            ends |=
                demand(p_.operand(id, i), i < count ? p_.types.at(carries).fields[i].of : type::none) == type::never;
        return ends ? type::never : of;
    }
    bool is_case(expression_id id) {
        const type in = check(p_.operand(id, 0));
        const std::size_t index = case_of(id, in);
        at(id).symbol = static_cast<std::uint32_t>(index);
        return p_.types.is(in, type_table::kind::pick) && index != p_.types.at(in).fields.size();
    }
    type carried(expression_id id) {
        if (!is_case(id)) return type::none;
        at(id).kind = e::member;
        return p_.types.at(at(p_.operand(id, 0)).wanted).fields[at(id).symbol].of;
    }
    /// Every value must have a case.
    type unmatched(expression_id id) {
        const type of = check(p_.operand(id, 0));
        at(id).kind = e::fail;
        at(id).value = 0;
        if (of == type::none || of == type::never) return type::never;
        exhaustive search(p_);
        const auto missing = search.missing(p_.matches[at(id).symbol], of);
        if (missing)
            errors_.error("V0415", at(id).name, "`match` does not handle `" + *missing + '`').hint =
                "a `case` for it, or `else`";
        else if (search.gave_up())
            errors_.error("V0415", at(id).name, "whether `match` handles every value takes too long to find out").hint =
                "an `else` makes it sure";
        return type::never;
    }
    type member(expression_id id) {
        const type in = check(p_.operand(id, 0));
        const bool has_fields = type_table::has(in) && !p_.types.is(in, type_table::kind::pick);
        const std::size_t index = has_fields ? p_.types.find_field(in, called_by(id)) : 0;
        if (!has_fields || index == p_.types.at(in).fields.size()) return no_field(id, in), type::none;
        at(id).symbol = static_cast<std::uint32_t>(index);
        return p_.types.at(in).fields[index].of;
    }
    /// Reports if a value does not have as many parts as the pattern that takes it apart.
    type has_parts(expression_id id) {
        const type of = check(p_.operand(id, 0));
        const bool is_case = p_.types.is(of, type_table::kind::form) && p_.types.at(of).where.end == 0;
        const std::size_t count = type_table::has(of) ? p_.types.at(of).fields.size() : 0;
        if (is_case && count != at(id).symbol)
            errors_.error(
                "V0409", at(id).where,
                quoted(of) + " carries " + counted(count, "value") + ", not " + std::to_string(at(id).symbol));
        else if (of != type::none && of != type::never && !is_case &&
                 !(p_.types.is(of, type_table::kind::tuple) && count == at(id).symbol))
            errors_.error("V0401", at(id).where,
                          "expected a tuple of " + std::to_string(at(id).symbol) + " parts, found " + quoted(of));
        at(id).kind = e::nothing;
        return type::unit;
    }
    type part(expression_id id) {
        const type in = check(p_.operand(id, 0));
        at(id).kind = e::member;
        if (!type_table::has(in) || at(id).symbol >= p_.types.at(in).fields.size()) return type::none;
        return p_.types.at(in).fields[at(id).symbol].of;
    }

    type block(expression_id id, type wanted) {
        const std::uint32_t count = at(id).count;
        bool ends = false;
        for (std::uint32_t i = 0; i < count; ++i) {
            const expression_id one = p_.operand(id, i);
            if (i + 1 == count && (at(id).value & block_has_result) != 0) {
                const type last = check(one, wanted);
                return ends ? type::never : last;
            }
            ends |= demand(one, type::unit) == type::never;
        }
        return ends ? type::never : type::unit;
    }
    type let(expression_id id) {
        local& l = here().locals[at(id).symbol];
        const type written = l.of;
        const type found = written == type::none ? check(p_.operand(id, 0)) : demand(p_.operand(id, 0), written);
        local& again = here().locals[at(id).symbol];
        if (written == type::none) again.of = found == type::never ? type::none : found;
        return found == type::never ? type::never : type::unit;
    }
    type let_range(expression_id id) {
        const type of = of_kind(id, pair(id, type::none), is_integer, "integers");
        here().locals[at(id).symbol].of = here().locals[at(id).symbol + 1].of = of == type::never ? type::none : of;
        return of == type::never ? of : type::unit;
    }
    type condition(expression_id id, type wanted) {
        const bool has_else = at(p_.operand(id, 2)).kind != e::nothing;
        const bool ends = demand(p_.operand(id, 0), type::boolean) == type::never;
        if (!has_else) return demand(p_.operand(id, 1), type::unit), ends ? type::never : type::unit;
        const expression_id then = p_.operand(id, 1), otherwise = p_.operand(id, 2);
        const type one = check(then, wanted);
        if (one == type::never) return check(otherwise, wanted);
        const type two = check(otherwise, wanted == type::none ? one : wanted);
        if (!expect(otherwise, one, two)) return type::none;
        return ends ? type::never : one;
    }
    type loop(expression_id id, type wanted) {
        loops_.push_back({wanted, false});
        demand(p_.operand(id, 0), type::unit);
        if (at(p_.operand(id, 1)).kind != e::nothing) demand(p_.operand(id, 1), type::unit);
        const open_loop done = loops_.back();
        loops_.pop_back();
        return !done.left ? type::never : done.gives == type::none ? type::unit : done.gives;
    }
    type leave(expression_id id) {
        const std::size_t which = loops_.size() - 1;
        const expression_id value = p_.operand(id, 0);
        const type wanted = loops_[which].gives;
        const type found = value == 0 ? type::unit : check(value, wanted);
        if (found == type::never) return found;
        if (!loops_[which].left && (wanted == type::none || value == 0))
            loops_[which].gives = found;
        else if (value == 0 ? wanted != type::unit : !expect(value, wanted, found)) {
            if (value == 0)
                errors_.error("V0401", at(id).where, "expected a value of " + quoted(wanted) + " after `break`");
        }
        loops_[which].left = true;
        return type::never;
    }
    type give(expression_id id) {
        const expression_id value = p_.operand(id, 0);
        const type wanted = here().gives;
        if (value != 0)
            demand(value, wanted);
        else if (wanted != type::unit)
            errors_.error("V0401", at(id).where, "expected a value of " + quoted(wanted) + " after `give`");
        return type::never;
    }

    const sources& from_;
    program& p_;
    diagnostics& errors_;
    std::vector<progress> state_;
    std::vector<open_loop> loops_;
    std::uint32_t in_ = 0;
};
}  // namespace detail

/// Gives each expression and variable of a program its type. What is wrong is reported.
inline program check(const sources& from, program p, diagnostics& errors) {
    detail::checker(from, p, errors).all();
    return p;
}

}  // namespace vitte::language
