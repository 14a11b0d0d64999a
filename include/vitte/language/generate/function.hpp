/// Instructions of WebAssembly for the code of one function.
#pragma once

#include <map>
#include <vitte/language/code/arithmetic.hpp>
#include <vitte/language/generate/bytes.hpp>
#include <vitte/language/generate/structure.hpp>

namespace vitte::language::detail {

constexpr unsigned wasm_type(type t) noexcept {
    if (is_float(t)) return t == type::f32 ? wasm_code::f32 : wasm_code::f64;
    return bits_of(t) == 64 ? wasm_code::i64 : wasm_code::i32;
}

/// Functions that do nothing but trap, and whose names say why and where: whoever shows the calls of a trap shows that.
class trap_functions {
public:
    trap_functions(const sources& from, std::uint32_t first) : from_(from), first_(first) {}

    std::uint32_t of(std::string_view why, span where) {
        const auto [found, is_new] =
            numbers_.try_emplace({where.begin, why}, first_ + static_cast<std::uint32_t>(all_.size()));
        if (is_new) all_.push_back(found->first);
        return found->second;
    }
    std::size_t size() const noexcept { return all_.size(); }
    std::string name(std::size_t i) const {
        const auto& [position, why] = all_[i];
        const location at = from_.locate(position);
        return std::string(why) + " at " + std::string(at.file) + ':' + std::to_string(at.line) + ':' +
               std::to_string(at.column);
    }

private:
    const sources& from_;
    std::uint32_t first_;
    using trap = std::pair<std::uint32_t, std::string_view>;  // where and why
    std::map<trap, std::uint32_t> numbers_;
    std::vector<trap> all_;
};

class function_writer {
public:
    /// `number_of` says what number a function of the code has in the module; `helper` is the number of the function
    /// that knows whether the product of two `i64` does not fit, and the next one knows that of two `u64`.
    function_writer(const function& f, const code& of, const std::vector<std::uint32_t>& number_of,
                    trap_functions& traps, std::uint32_t helper)
        : f_(f),
          code_(of),
          number_of_(number_of),
          traps_(traps),
          helper_(helper),
          made_(f.types.size()),
          left_(f.types.size()),
          home_(f.types.size(), none),
          place_(f.types.size(), none),
          pending_(f.types.size()),
          shape_(f) {}

    wasm_bytes all() {
        count_uses();
        for (value_id p = 0; p < f_.parameters; ++p) {
            place_[p] = p;
            locals_.push_back(wasm_type(f_.types[p]));
        }
        if (f_.visible)
            for (value_id p = 0; p < f_.parameters; ++p) accept(p, f_.types[p], f_.where);
        walk();
        op(wasm_code::unreachable);
        op(wasm_code::end);
        wasm_bytes whole;
        append_locals(whole);
        whole.append(out_);
        return whole;
    }

private:
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    using list = std::initializer_list<unsigned>;

    // What is written
    void op(unsigned code) { out_.byte(code); }
    void op(unsigned code, std::uint64_t operand) { out_.byte(code), out_.number(operand); }
    void ops(list codes) {
        for (const unsigned c : codes) op(c);
    }
    void i32(std::int32_t value) { out_.byte(wasm_code::i32_const), out_.signed_number(value); }
    void i64(std::int64_t value) { out_.byte(wasm_code::i64_const), out_.signed_number(value); }
    void get(std::uint32_t local) { op(wasm_code::local_get, local); }
    static unsigned compare(unsigned type, unsigned which) noexcept {
        return (type == wasm_code::i64 ? wasm_code::i64_eq : wasm_code::i32_eq) + which;
    }
    static unsigned arithmetic(unsigned type, unsigned which) noexcept {
        return (type == wasm_code::i64 ? wasm_code::i64_add : wasm_code::i32_add) + which;
    }
    void constant_of(unsigned type, std::uint64_t value) {
        type == wasm_code::i64 ? i64(static_cast<std::int64_t>(value)) : i32(static_cast<std::int32_t>(value));
    }
    void constant(type t, std::uint64_t value) {
        if (!is_float(t)) return constant_of(wasm_type(t), value);
        op(t == type::f32 ? wasm_code::f32_const : wasm_code::f64_const);
        out_.fixed(value, t == type::f32 ? 4 : 8);
    }
    /// Traps if what was written last is not 0.
    void trap_if(std::string_view why, span where) {
        ops({wasm_code::if_, wasm_code::no_type});
        trap(why, where);
        op(wasm_code::end);
    }
    void trap(std::string_view why, span where) {
        op(wasm_code::call, traps_.of(why, where));
        op(wasm_code::unreachable);
    }
    void trap_if(failure why, span where) { trap_if(failure_names[static_cast<std::size_t>(why)], where); }

    // Where values are
    void count_uses() {
        for (block_id b = 0; b < f_.blocks.size(); ++b) {
            const auto use = [&](value_id v) {
                ++left_[v];
                if (home_[v] != b) crosses(v);
            };
            for (const value_id p : f_.blocks[b].parameters) home_[p] = none - 1;
            for (const instruction& i : f_.blocks[b].code) {
                if (i.a != no_value) use(i.a);
                if (i.b != no_value) use(i.b);
                for (const value_id v : f_.operands(i)) use(v);
                for_each_result(i, [&](value_id v) { home_[v] = b, made_[v] = &i; });
            }
            if (f_.blocks[b].end.value != no_value) use(f_.blocks[b].end.value);
            for (const value_id v : f_.blocks[b].end.values) use(v);
            for (const edge& e : f_.blocks[b].end.to)
                for (const value_id v : e.arguments) use(v);
        }
    }
    void crosses(value_id v) { home_[v] = none - 1; }
    std::uint32_t new_local(unsigned type) {
        locals_.push_back(type);
        return static_cast<std::uint32_t>(locals_.size() - 1);
    }
    std::vector<std::uint32_t>& free_of(unsigned type) noexcept { return free_[wasm_code::i32 - type]; }
    std::uint32_t take_local(unsigned type) {
        auto& free = free_of(type);
        if (free.empty()) return new_local(type);
        const std::uint32_t local = free.back();
        return free.pop_back(), local;
    }
    /// A local for a moment: give it back by `done`.
    std::uint32_t moment(unsigned type) { return take_local(type); }
    void done(std::uint32_t local) { free_of(locals_[local]).push_back(local); }

    bool is_constant(value_id v) const noexcept { return made_[v] != nullptr && made_[v]->op == opcode::constant; }
    std::uint32_t place_of(value_id v) {
        if (place_[v] == none)
            place_[v] = home_[v] < none - 1 ? take_local(wasm_type(f_.types[v])) : new_local(wasm_type(f_.types[v]));
        return place_[v];
    }
    /// Writes a value once of the times that it is used.
    void use(value_id v) {
        --left_[v];
        if (is_constant(v)) return constant(f_.types[v], made_[v]->value);
        if (pending_[v]) return pending_[v] = false, write(*made_[v]);
        get(place_of(v));
        if (left_[v] == 0 && home_[v] < none - 1) done(place_[v]);
    }
    /// Whether it may be written where it is used: nothing can fail, and it is used once in its block.
    bool can_wait(const instruction& i) const noexcept {
        return !is_call(i) && !may_fail(i) && left_[i.to] == 1 && home_[i.to] < none - 1;
    }
    /// An operand that is needed several times: in a local, or constant.
    struct again {
        std::uint32_t local = none;
        value_id of = no_value;
        bool own = false;
    };
    again keep(value_id v) {
        if (is_constant(v)) return --left_[v], again{none, v, false};
        if (pending_[v]) {
            use(v);
            const std::uint32_t local = moment(wasm_type(f_.types[v]));
            op(wasm_code::local_set, local);
            return {local, v, true};
        }
        return {place_of(v), v, false};
    }
    void get(const again& a) { a.local == none ? constant(f_.types[a.of], made_[a.of]->value) : get(a.local); }
    void drop(const again& a) {
        if (a.own) return done(a.local);
        if (a.local != none && --left_[a.of] == 0 && home_[a.of] < none - 1) done(a.local);
    }

    // Instructions
    void write_block(const basic_block& b) {
        for (const instruction& i : b.code) {
            if (i.op == opcode::constant) continue;
            if (i.to != no_value && !is_call(i) && !may_fail(i) && left_[i.to] == 0) {
                forget(i);
                continue;
            }
            if (i.to != no_value && can_wait(i)) {
                pending_[i.to] = true;
                continue;
            }
            write(i);
            for (std::uint32_t k = i.to == no_value ? 0 : i.results; k-- > 0;) {
                if (left_[i.to + k] == 0)
                    op(0x1a);  // drop
                else
                    op(wasm_code::local_set, place_of(i.to + k));
            }
        }
    }
    /// Its operands are not used.
    void forget(const instruction& i) {
        for (const value_id v : {i.a, i.b}) {
            if (v == no_value) continue;
            if (--left_[v] == 0 && pending_[v])
                pending_[v] = false, forget(*made_[v]);
            else if (left_[v] == 0 && place_[v] != none && home_[v] < none - 1 && !is_constant(v))
                done(place_[v]);
        }
    }
    void write(const instruction& i) {
        if (i.op == opcode::call) return write_call(i);
        if (i.op == opcode::machine) return write_machine(i);
        if (i.op == opcode::convert) return write_conversion(i);
        if (is_float(i.from)) return write_float(i);
        const unsigned type = wasm_type(i.from);
        switch (i.op) {
            case opcode::invert: return use(i.a), op(wasm_code::i32_eqz);
            case opcode::complement:
                return use(i.a), constant_of(type, ~std::uint64_t{0}), op(arithmetic(type, wasm_code::xor_)),
                       normalize(i.of);
            case opcode::negate: return write_negation(i);
            case opcode::add:
            case opcode::subtract:
            case opcode::multiply: return write_checked(i);
            case opcode::divide:
            case opcode::remainder: return write_division(i);
            case opcode::shift_left:
            case opcode::shift_right: return write_shift(i);
            case opcode::and_:
            case opcode::or_:
            case opcode::xor_:
                use(i.a), use(i.b);
                return op(arithmetic(
                    type, wasm_code::and_ + static_cast<unsigned>(i.op) - static_cast<unsigned>(opcode::and_)));
            default: use(i.a), use(i.b);
        }
        op(compare(type, comparison(i.op, is_signed(i.from))));
    }
    static unsigned comparison(opcode which, bool is_sign) noexcept {
        using namespace wasm_code;
        switch (which) {
            case opcode::equal: return eq;
            case opcode::not_equal: return ne;
            case opcode::less: return is_sign ? lt_s : lt_u;
            case opcode::less_equal: return is_sign ? le_s : le_u;
            case opcode::greater: return is_sign ? gt_s : gt_u;
            default: return is_sign ? ge_s : ge_u;
        }
    }
    void write_float(const instruction& i) {
        const bool wide = i.from == type::f64;
        use(i.a);
        if (i.op == opcode::negate) return op(wide ? wasm_code::f64_neg : wasm_code::f32_neg);
        use(i.b);
        if (i.op <= opcode::divide)
            return op((wide ? wasm_code::f64_add : wasm_code::f32_add) + static_cast<unsigned>(i.op) -
                      static_cast<unsigned>(opcode::add));
        constexpr unsigned order[] = {0, 1, 2, 4, 3, 5};  // eq, ne, lt, le, gt, ge among eq, ne, lt, gt, le, ge
        op((wide ? wasm_code::f64_eq : wasm_code::f32_eq) +
           order[static_cast<unsigned>(i.op) - static_cast<unsigned>(opcode::equal)]);
    }
    /// Makes of the low bits of an i32 a value of its type.
    void normalize(type t) {
        if (t == type::i8) op(wasm_code::i32_extend8);
        if (t == type::i16) op(wasm_code::i32_extend16);
        if (t == type::u8 || t == type::u16)
            i32(t == type::u8 ? 0xff : 0xffff), op(arithmetic(wasm_code::i32, wasm_code::and_));
    }
    static bool is_narrow(type t) noexcept { return bits_of(t) < 32; }

    void write_checked(const instruction& i) {
        if (i.wraps) {
            use(i.a), use(i.b);
            op(arithmetic(wasm_type(i.of), static_cast<unsigned>(i.op) - static_cast<unsigned>(opcode::add)));
            return normalize(i.of);
        }
        if (i.op == opcode::multiply && !is_narrow(i.of))
            return bits_of(i.of) == 64 ? write_product(i) : write_wide_product(i);
        const unsigned type = wasm_type(i.of);
        const again a = keep(i.a), b = keep(i.b);
        const std::uint32_t r = moment(type);
        get(a), get(b);
        op(arithmetic(type, static_cast<unsigned>(i.op) - static_cast<unsigned>(opcode::add)));
        op(wasm_code::local_tee, r);
        if (is_narrow(i.of)) {
            normalize(i.of);
            get(r), op(compare(type, wasm_code::ne));
        } else if (!is_signed(i.of)) {  // a + b < a, a - b > a
            get(a), op(compare(type, i.op == opcode::add ? wasm_code::lt_u : wasm_code::gt_u));
        } else {
            write_sign_check(i, type, a, b, r);
        }
        trap_if(failure::overflow, i.where);
        get(r);
        done(r), drop(a), drop(b);
    }
    /// The result is written. It overflows if its sign is not what those of the operands make it.
    void write_sign_check(const instruction& i, unsigned type, const again& a, const again& b, std::uint32_t r) {
        const bool adds = i.op == opcode::add;
        if (b.local == none) {
            const bool negative = static_cast<std::int64_t>(made_[b.of]->value) < 0;
            return get(a), op(compare(type, negative == adds ? wasm_code::gt_s : wasm_code::lt_s));
        }
        get(a), op(arithmetic(type, wasm_code::xor_));
        adds ? get(r) : get(a);
        get(b), op(arithmetic(type, wasm_code::xor_)), op(arithmetic(type, wasm_code::and_));
        constant_of(type, 0), op(compare(type, wasm_code::lt_s));
    }
    /// Of 32 bits: by 64.
    void write_wide_product(const instruction& i) {
        const bool is_sign = is_signed(i.of);
        const unsigned extend = is_sign ? wasm_code::i64_extend_s : wasm_code::i64_extend_u;
        use(i.a), op(extend), use(i.b), op(extend);
        op(arithmetic(wasm_code::i64, wasm_code::mul));
        const std::uint32_t r = moment(wasm_code::i64);
        op(wasm_code::local_tee, r);
        ops({wasm_code::i32_wrap, extend});
        get(r), op(compare(wasm_code::i64, wasm_code::ne));
        trap_if(failure::overflow, i.where);
        get(r), op(wasm_code::i32_wrap);
        done(r);
    }
    /// Of 64 bits: what is small cannot overflow, of the rest a helper knows.
    void write_product(const instruction& i) {
        const again a = keep(i.a), b = keep(i.b);
        const bool is_sign = is_signed(i.of);
        const auto part = [&](const again& x) {
            get(x);
            if (is_sign) i64(std::int64_t{1} << 31), op(arithmetic(wasm_code::i64, wasm_code::add));
        };
        part(a), part(b);
        op(arithmetic(wasm_code::i64, wasm_code::or_));
        i64(32), op(arithmetic(wasm_code::i64, wasm_code::shr_u)), i64(0), op(compare(wasm_code::i64, wasm_code::ne));
        ops({wasm_code::if_, wasm_code::no_type});
        get(a), get(b);
        op(wasm_code::call, helper_ + (is_sign ? 0 : 1));
        trap_if(failure::overflow, i.where);
        op(wasm_code::end);
        get(a), get(b), op(arithmetic(wasm_code::i64, wasm_code::mul));
        drop(a), drop(b);
    }
    void write_negation(const instruction& i) {
        const unsigned type = wasm_type(i.of);
        const again a = keep(i.a);
        get(a), constant_of(type, lowest(i.of)), op(compare(type, wasm_code::eq));
        trap_if(failure::overflow, i.where);
        constant_of(type, 0), get(a), op(arithmetic(type, wasm_code::sub));
        drop(a);
    }
    void write_division(const instruction& i) {
        const unsigned type = wasm_type(i.of);
        const again a = keep(i.a), b = keep(i.b);
        const bool known = b.local == none, is_sign = is_signed(i.of), divides = i.op == opcode::divide;
        const std::uint64_t by = known ? made_[b.of]->value : 0;
        if (by == 0)
            get(b), op(type == wasm_code::i64 ? wasm_code::i64_eqz : wasm_code::i32_eqz),
                trap_if(failure::division_by_zero, i.where);
        if (is_sign && divides && (!known || by == ~std::uint64_t{0})) {
            get(b), constant_of(type, ~std::uint64_t{0}), op(compare(type, wasm_code::eq));
            get(a), constant_of(type, lowest(i.of)), op(compare(type, wasm_code::eq));
            op(arithmetic(wasm_code::i32, wasm_code::and_));
            trap_if(failure::overflow, i.where);
        }
        get(a), get(b);
        op(arithmetic(type, (divides ? wasm_code::div_s : wasm_code::rem_s) + (is_sign ? 0 : 1)));
        drop(a), drop(b);
    }
    void write_shift(const instruction& i) {
        const unsigned type = wasm_type(i.of), by_type = wasm_type(f_.types[i.b]);
        const again a = keep(i.a), b = keep(i.b);
        if (b.local != none || made_[b.of]->value >= bits_of(i.of))
            get(b), constant_of(by_type, bits_of(i.of)), op(compare(by_type, wasm_code::ge_u)),
                trap_if(failure::shift, i.where);
        get(a), get(b);
        if (type != by_type) op(type == wasm_code::i64 ? wasm_code::i64_extend_u : wasm_code::i32_wrap);
        const bool left = i.op == opcode::shift_left;
        op(arithmetic(type, left ? wasm_code::shl : is_signed(i.of) ? wasm_code::shr_s : wasm_code::shr_u));
        if (left) normalize(i.of);
        drop(a), drop(b);
    }
    void write_machine(const instruction& i) {
        for (const value_id v : f_.operands(i)) use(v);
        switch (i.callee()) {
            case 0: return ops({wasm_code::i32_load, 2, 0});
            case 1: return ops({wasm_code::i32_load8_u, 0, 0});
            case 2: return ops({wasm_code::i32_store, 2, 0});
            case 3: return ops({wasm_code::i32_store8, 0, 0});
            case 4: return ops({wasm_code::prefix, 10, 0, 0});  // memory.copy
            case 5: return ops({wasm_code::memory_size, 0});
            case 6: return ops({wasm_code::memory_grow, 0});
            case 10: return ops({wasm_code::i64_load, 2, 0});
            case 11: return ops({wasm_code::i64_store, 2, 0});
            case 12: return ops({wasm_code::f32_load, 2, 0});
            case 13: return ops({wasm_code::f32_store, 2, 0});
            case 14: return ops({wasm_code::f64_load, 2, 0});
            case 15: return ops({wasm_code::f64_store, 2, 0});
            case 16: return op(wasm_code::i32_clz);
            default: return i32(static_cast<std::int32_t>(code_.heap()));
        }
    }
    void write_call(const instruction& i) {
        for (const value_id v : f_.operands(i)) use(v);
        const function& callee = code_.functions[i.callee()];
        op(wasm_code::call, number_of_[i.callee()]);
        if (!callee.external || i.to == no_value || (!is_narrow(i.of) && i.of != type::character)) return;
        const std::uint32_t r = moment(wasm_code::i32);
        op(wasm_code::local_set, r);
        accept(r, i.of, i.where);
        get(r), done(r);
    }
    /// What comes from the host becomes a value of its type: the host may give any 32 bits.
    void accept(std::uint32_t local, type t, span where) {
        if (!is_narrow(t) && t != type::character) return;
        get(local);
        if (t == type::character) return check_character(local, where);
        if (t == type::boolean)
            i32(0), op(compare(wasm_code::i32, wasm_code::ne));
        else
            normalize(t);
        op(wasm_code::local_set, local);
    }
    /// Traps if what is written and in `local` is no Unicode scalar value.
    void check_character(std::uint32_t local, span where) {
        i32(0x10ffff), op(compare(wasm_code::i32, wasm_code::gt_u));
        get(local), i32(0xd800), op(arithmetic(wasm_code::i32, wasm_code::sub)), i32(0x800),
            op(compare(wasm_code::i32, wasm_code::lt_u));
        op(arithmetic(wasm_code::i32, wasm_code::or_));
        trap_if("this is not a character", where);
    }

    // Conversions
    void write_conversion(const instruction& i) {
        use(i.a);
        if (is_float(i.from)) return from_float(i);
        const bool wide = bits_of(i.from) == 64;
        if (is_float(i.of)) {
            const unsigned first = i.of == type::f32 ? wasm_code::f32_convert_i32_s : wasm_code::f64_convert_i32_s;
            return op(first + (wide ? 2 : 0) + (is_signed(i.from) ? 0 : 1));
        }
        const unsigned to = wasm_type(i.of),
                       extend = is_signed(i.from) ? wasm_code::i64_extend_s : wasm_code::i64_extend_u;
        if (may_fail(i)) {
            const std::uint32_t value = moment(wasm_code::i64);
            if (!wide) op(extend);
            op(wasm_code::local_tee, value);
            check_range(i, value);
            get(value), done(value);
            if (to == wasm_code::i32) op(wasm_code::i32_wrap);
        } else if (wide && to == wasm_code::i32) {
            op(wasm_code::i32_wrap);
            normalize(i.of);
        } else if (!wide && to == wasm_code::i64) {
            op(extend);
        }
    }
    /// Traps if what is written and in `value` does not exist in the other type.
    void check_range(const instruction& i, std::uint32_t value) {
        const bool negative = is_signed(i.from);
        if (i.of == type::character) {
            i64(0x10ffff), op(compare(wasm_code::i64, wasm_code::gt_u));
            get(value), i64(0xd800), op(arithmetic(wasm_code::i64, wasm_code::sub)), i64(0x800),
                op(compare(wasm_code::i64, wasm_code::lt_u));
            op(arithmetic(wasm_code::i32, wasm_code::or_));
        } else if (is_signed(i.of) && negative) {  // from a wider one
            constant_of(wasm_code::i64, lowest(i.of)), op(compare(wasm_code::i64, wasm_code::lt_s));
            get(value), constant_of(wasm_code::i64, greatest(i.of)), op(compare(wasm_code::i64, wasm_code::gt_s));
            op(arithmetic(wasm_code::i32, wasm_code::or_));
        } else if (i.of == type::u64) {
            i64(0), op(compare(wasm_code::i64, wasm_code::lt_s));
        } else {  // negative numbers are large ones
            constant_of(wasm_code::i64, greatest(i.of)), op(compare(wasm_code::i64, wasm_code::gt_u));
        }
        trap_if(failure::conversion, i.where);
    }
    void from_float(const instruction& i) {
        if (is_float(i.of)) {
            if (i.from != i.of) op(i.of == type::f32 ? wasm_code::f32_demote : wasm_code::f64_promote);
            return;
        }
        if (i.from == type::f32) op(wasm_code::f64_promote);
        const std::uint32_t value = moment(wasm_code::f64);
        op(wasm_code::local_tee, value);
        const double end = std::ldexp(1.0, static_cast<int>(bits_of(i.of)) - (is_signed(i.of) ? 1 : 0));
        constant(type::f64, bits_of_float(end)), op(wasm_code::f64_lt);
        const bool exact = bits_of(i.of) == 64 && is_signed(i.of);  // there is no f64 between -2^63 - 1 and -2^63
        get(value), constant(type::f64, bits_of_float(exact ? -end : is_signed(i.of) ? -end - 1 : -1.0));
        op(exact ? wasm_code::f64_ge : wasm_code::f64_gt);
        ops({arithmetic(wasm_code::i32, wasm_code::and_), wasm_code::i32_eqz});
        trap_if(failure::conversion, i.where);
        get(value), done(value);
        const bool wide = bits_of(i.of) == 64;
        op((wide ? wasm_code::i64_trunc_f64_s : wasm_code::i32_trunc_f64_s) + (is_signed(i.of) ? 0 : 1));
    }

    // Control flow: Ramsey, "Beyond Relooper" (2022), with a list of what is left to do instead of recursion.
    struct task {
        enum { tree, within, flow, otherwise, close } what;
        block_id block = 0;
        std::size_t which = 0;  // of its merges, or of its edges
    };
    void walk() {
        tasks_.push_back({task::tree, 0});
        while (!tasks_.empty()) {
            const task t = tasks_.back();
            tasks_.pop_back();
            switch (t.what) {
                case task::tree: begin_tree(t.block); break;
                case task::within: within(t.block, t.which); break;
                case task::flow: flow(t.block, f_.blocks[t.block].end.to[t.which]); break;
                case task::otherwise: op(wasm_code::else_); break;
                case task::close: op(wasm_code::end); frames_.pop_back();
            }
        }
    }
    void begin_tree(block_id b) {
        if (shape_.is_loop[b]) {
            ops({wasm_code::loop, wasm_code::no_type});
            frames_.push_back({b, true});
            tasks_.push_back({task::close});
        }
        tasks_.push_back({task::within, b});
    }
    void within(block_id b, std::size_t which) {
        if (which < shape_.merges[b].size()) {
            const block_id after = shape_.merges[b][which];
            ops({wasm_code::block, wasm_code::no_type});
            frames_.push_back({after, false});
            tasks_.push_back({task::tree, after});
            tasks_.push_back({task::close});
            tasks_.push_back({task::within, b, which + 1});
            return;
        }
        const basic_block& now = f_.blocks[b];
        write_block(now);
        if (now.end.is == ending::way::give) {
            for (const value_id v : now.end.values) use(v);
            op(wasm_code::give);
        } else if (now.end.is == ending::way::fail) {
            trap(code_.reasons[now.end.reason], now.end.where);
        } else if (now.end.is == ending::way::jump) {
            tasks_.push_back({task::flow, b, 0});
        } else {
            use(now.end.value);
            ops({wasm_code::if_, wasm_code::no_type});
            frames_.push_back({none, false});
            tasks_.insert(tasks_.end(), {{task::close}, {task::flow, b, 1}, {task::otherwise}, {task::flow, b, 0}});
        }
    }
    void flow(block_id from, const edge& out) {
        for (const value_id v : out.arguments) use(v);
        for (std::size_t k = out.arguments.size(); k-- > 0;)
            op(wasm_code::local_set, place_of(f_.blocks[out.to].parameters[k]));
        if (out.to > from && !shape_.is_merge[out.to]) return begin_tree(out.to);
        std::size_t depth = 0;
        while (frames_[frames_.size() - 1 - depth].of != out.to ||
               frames_[frames_.size() - 1 - depth].loop != (out.to <= from))
            ++depth;
        op(wasm_code::br, depth);
    }
    void append_locals(wasm_bytes& to) const {
        std::vector<std::pair<unsigned, std::uint32_t>> runs;
        for (std::size_t i = f_.parameters; i < locals_.size(); ++i) {
            if (runs.empty() || runs.back().first != locals_[i]) runs.push_back({locals_[i], 0});
            ++runs.back().second;
        }
        to.number(runs.size());
        for (const auto& [type, count] : runs) to.number(count), to.byte(type);
    }

    struct frame {
        block_id of;
        bool loop;
    };
    const function& f_;
    const code& code_;
    const std::vector<std::uint32_t>& number_of_;
    trap_functions& traps_;
    std::uint32_t helper_;
    std::vector<const instruction*> made_;  // what computes each value
    std::vector<std::uint32_t> left_;       // uses that are not written yet
    std::vector<block_id> home_;            // the block that has all of its uses
    std::vector<std::uint32_t> place_;      // its local
    std::vector<bool> pending_;             // is written where it is used
    structure shape_;
    std::vector<unsigned> locals_;  // their types
    std::vector<std::uint32_t> free_[4];
    std::vector<task> tasks_;
    std::vector<frame> frames_;
    wasm_bytes out_;
};

}  // namespace vitte::language::detail
