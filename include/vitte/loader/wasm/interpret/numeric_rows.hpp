/// Handlers of the instructions that compute numbers, made of the tables in `numeric_opcodes.hpp`.
#pragma once

#include <array>
#include <vitte/loader/wasm/interpret/bank.hpp>
#include <vitte/loader/wasm/interpret/dispatch.hpp>
#include <vitte/loader/wasm/interpret/numeric_opcodes.hpp>

namespace vitte::loader::wasm {

namespace ops {
using namespace numeric;

/// The places of two operands. A constant on the left is rare: it is loaded first.
enum class form : std::uint8_t { ss, si, sr, rs, ri };
inline constexpr std::size_t forms = 5;

/// Where the operands of an instruction with two inputs stand in its code.
template <class T, place A, place B>
struct layout {
    static constexpr bool wide = B == place::I && sizeof(T) == 8;
    /// The result's place, or a branch's target.
    static constexpr unsigned result = A == place::R ? 0 : B == place::R || wide ? 1 : 2;
    static constexpr unsigned length = wide || result == 2 ? 3 : 2;

    [[gnu::always_inline]] static T left(const registers& x) noexcept {
        if constexpr (A == place::R)
            return accumulator<T>(x);
        else
            return get<T>(x.frame + word(x.pc, 0));
    }
    [[gnu::always_inline]] static T right(const registers& x) noexcept {
        if constexpr (B == place::R)
            return accumulator<T>(x);
        else if constexpr (B == place::S)
            return get<T>(x.frame + word(x.pc, 1));
        else if constexpr (wide)
            return std::bit_cast<T>(x.pc[2].bits);
        else
            return std::bit_cast<T>(word(x.pc, 1));
    }
};
template <class T>
constexpr unsigned result_operand(form f) noexcept {
    switch (f) {
        case form::ss: return layout<T, place::S, place::S>::result;
        case form::si: return layout<T, place::S, place::I>::result;
        case form::sr: return layout<T, place::S, place::R>::result;
        case form::rs: return layout<T, place::R, place::S>::result;
        case form::ri: return layout<T, place::R, place::I>::result;
    }
    return 0;
}

/// `written` is the operand that names the place in the frame where the result goes, or -1.
template <class Op, place A, place B, bool Kept>
struct binary {
    using T = typename Op::operand;
    using where = layout<T, A, B>;
    static constexpr unsigned length = where::length;
    static constexpr int written = Kept ? static_cast<int>(where::result) : -1;
    using outcome = std::conditional_t<Op::traps, handler, void>;
    [[gnu::always_inline]] static outcome step(registers& x) noexcept {
        return step(x, where::left(x), where::right(x));
    }
    [[gnu::always_inline]] static outcome step(registers& x, T a, T b) noexcept {
        if constexpr (Op::traps)
            if (const trap_code code = Op::check(a, b); code != trap_code::none) [[unlikely]]
                return stop_with(x, code);
        set_result<Kept>(x, where::result, Op::apply(a, b));
        x.pc += where::length;
        if constexpr (Op::traps) return nullptr;
    }
};
template <class Op, place A, bool Kept>
struct unary {
    using T = typename Op::operand;
    [[gnu::always_inline]] static std::conditional_t<Op::traps, handler, void> step(registers& x) noexcept {
        const T a = layout<T, A, place::R>::left(x);
        if constexpr (Op::traps)
            if (const trap_code code = Op::check(a); code != trap_code::none) [[unlikely]]
                return stop_with(x, code);
        set_result<Kept>(x, A == place::R ? 0 : 1, Op::apply(a));
        x.pc += 2;
        if constexpr (Op::traps) return nullptr;
    }
};
/// Branches if the comparison gives `Sense`.
template <class Op, place A, place B, bool Sense>
struct compare_branch {
    using where = layout<typename Op::operand, A, B>;
    static constexpr unsigned length = where::length;
    [[gnu::always_inline]] static bool taken(const registers& x) noexcept {
        return (Op::apply(where::left(x), where::right(x)) != 0) == Sense;
    }
    [[gnu::always_inline]] static const cell* target(const cell* pc) noexcept {
        return branch_target(pc, where::result);
    }
};

#define VITTE_WASM_DEFINE(code, name, text, from, to, trap, ...)                                                \
    struct name {                                                                                               \
        using operand = from;                                                                                   \
        using made = to;                                                                                        \
        static constexpr bool traps = std::string_view(#trap) != "none";                                        \
        static trap_code check([[maybe_unused]] operand a) noexcept {                                           \
            constexpr auto none [[maybe_unused]] = trap_code::none;                                             \
            return trap;                                                                                        \
        }                                                                                                       \
        [[gnu::always_inline]] static made apply(operand a) noexcept { return static_cast<made>(__VA_ARGS__); } \
    };
VITTE_WASM_UNARY(VITTE_WASM_DEFINE)
#undef VITTE_WASM_DEFINE
#define VITTE_WASM_DEFINE(code, name, text, type, exchange, trap, ...)                                  \
    struct name {                                                                                       \
        using operand = type;                                                                           \
        using made = type;                                                                              \
        using T = type;                                                                                 \
        static constexpr bool traps = std::string_view(#trap) != "none";                                \
        static trap_code check([[maybe_unused]] operand a, [[maybe_unused]] operand b) noexcept {       \
            constexpr auto none [[maybe_unused]] = trap_code::none;                                     \
            return trap;                                                                                \
        }                                                                                               \
        [[gnu::always_inline]] static made apply(operand a, operand b) noexcept { return __VA_ARGS__; } \
    };
VITTE_WASM_BINARY(VITTE_WASM_DEFINE)
#undef VITTE_WASM_DEFINE
#define VITTE_WASM_DEFINE(code, name, text, type, swapped, opposite, ...)                                         \
    struct name {                                                                                                 \
        using operand = type;                                                                                     \
        using made = u32;                                                                                         \
        static constexpr bool traps = false;                                                                      \
        [[gnu::always_inline]] static made apply(operand a, operand b) noexcept { return (__VA_ARGS__) ? 1 : 0; } \
    };
VITTE_WASM_COMPARE(VITTE_WASM_DEFINE)
#undef VITTE_WASM_DEFINE

}  // namespace ops

/// Which operand is the result's place, or a branch's target, where the other two are of `b`.
constexpr unsigned result_operand_of(bank b, ops::form f) noexcept {
    return b == bank::int32 || b == bank::float32 ? ops::result_operand<std::uint32_t>(f)
                                                  : ops::result_operand<std::uint64_t>(f);
}

enum class shape : std::uint8_t { none, unary, binary, compare };

/// What the translator knows of an instruction that computes: its types and its handlers.
struct numeric_row {
    wasm::shape shape = shape::none;
    bank from = bank::int32, to = bank::int32;
    bool exchangeable = false;  ///< `a` and `b` may be exchanged
    std::uint8_t swapped = 0;   ///< of comparisons: the opcode with operands exchanged
    std::uint8_t opposite = 0;  ///< of comparisons of integers: the opcode that says no where this one says yes
    const char* text = nullptr;
    /// By form; unary: first place S, second R. Null where there is none: all have `ss` and S.
    handler value[ops::forms] = {};
    /// Those that also store the result; null where an instruction of its own does that.
    handler kept[ops::forms] = {};
};
/// Branches on a comparison, by form and by the outcome that branches: for integers, that is yes.
struct branch_row {
    handler run[ops::forms][2] = {};
};
inline constexpr std::uint32_t first_numeric_opcode = 0x45, numeric_opcodes = 0xc5 - first_numeric_opcode + 8,
                               first_compare_opcode = 0x46, compare_opcodes = 0x67 - first_compare_opcode;
constexpr bool is_numeric_opcode(std::uint32_t opcode) noexcept {
    return (opcode >= first_numeric_opcode && opcode <= 0xc4) || (opcode >= 0x100 && opcode <= 0x107);
}
/// The row of such an opcode.
constexpr std::uint32_t numeric_index(std::uint32_t opcode) noexcept {
    return opcode < 0x100 ? opcode - first_numeric_opcode : opcode - 0x100 + numeric_opcodes - 8;
}

namespace detail {
/// Whether the instruction is one that much of most programs is made of: it has all handlers then, others only those
/// that are worth their size.
constexpr bool is_frequent(std::uint32_t opcode) noexcept {
    const auto within = [opcode](std::uint32_t first, std::uint32_t last) { return opcode >= first && opcode <= last; };
    return within(0x6a, 0x6c) || within(0x71, 0x77) ||                  // i32.add to .mul, .and to .rotl
           within(0x7c, 0x7e) || within(0x83, 0x89) ||                  // the same of i64
           within(0x92, 0x95) || within(0xa0, 0xa3) ||                  // f32.add to .div, the same of f64
           opcode == 0xa7 || within(0xac, 0xad) || within(0xc0, 0xc1);  // between i32 and i64, i32.extend
}
/// Whether there is a handler of `Op` for these places.
template <class Op>
constexpr bool has_form(std::uint32_t opcode, ops::form f) noexcept {
    using ops::form, std::is_same_v;
    using T = typename Op::operand;
    if (f == form::ss || is_same_v<T, std::uint32_t>) return true;
    if (!VITTE_WASM_ALL_PLACES) return false;
    const bool compares_integers = opcode >= 0x51 && opcode <= 0x5a,
               compares_numbers = opcode >= 0x5b && opcode <= 0x66;
    return is_frequent(opcode) || compares_integers || f == form::ri || (compares_numbers && f == form::sr);
}

template <class Op, std::uint32_t Opcode>
constexpr numeric_row unary_row(const char* text) {
    using ops::place;
    numeric_row row;
    row.shape = shape::unary;
    row.from = bank_of<typename Op::operand>();
    row.to = bank_of<typename Op::made>();
    row.text = text;
    row.value[0] = run<ops::unary<Op, place::S, false>>;
    if constexpr (VITTE_WASM_ALL_PLACES) row.value[1] = run<ops::unary<Op, place::R, false>>;
    if constexpr (VITTE_WASM_ALL_PLACES && is_frequent(Opcode)) {
        row.kept[0] = run<ops::unary<Op, place::S, true>>;
        row.kept[1] = run<ops::unary<Op, place::R, true>>;
    }
    return row;
}
using all_forms = std::make_index_sequence<ops::forms>;
constexpr ops::place left_of(std::size_t f) noexcept {
    using enum ops::form;
    return ops::form(f) == rs || ops::form(f) == ri ? ops::place::R : ops::place::S;
}
constexpr ops::place right_of(std::size_t f) noexcept {
    using enum ops::form;
    if (ops::form(f) == sr) return ops::place::R;
    return ops::form(f) == si || ops::form(f) == ri ? ops::place::I : ops::place::S;
}
template <class Op, std::uint32_t Opcode, std::size_t F>
constexpr void add_form(numeric_row& row) {
    if constexpr (has_form<Op>(Opcode, ops::form(F)))
        row.value[F] = run<ops::binary<Op, left_of(F), right_of(F), false>>;
    if constexpr (VITTE_WASM_ALL_PLACES && is_frequent(Opcode))
        row.kept[F] = run<ops::binary<Op, left_of(F), right_of(F), true>>;
}
template <class Op, std::uint32_t Opcode>
constexpr numeric_row binary_row(shape kind, const char* text) {
    numeric_row row;
    row.shape = kind;
    row.from = bank_of<typename Op::operand>();
    row.to = bank_of<typename Op::made>();
    row.text = text;
    [&row]<std::size_t... F>(std::index_sequence<F...>) { (add_form<Op, Opcode, F>(row), ...); }(all_forms());
    return row;
}
/// A small build only branches on whether a number is zero.
template <class Op, std::uint32_t Opcode, bool HasOpposite, std::size_t F>
constexpr void add_branch(branch_row& row) {
    constexpr bool equality = Opcode == 0x46 || Opcode == 0x47 || Opcode == 0x51 || Opcode == 0x52;
    constexpr auto left = left_of(F), right = right_of(F);
    if constexpr (!VITTE_WASM_ALL_PLACES ? equality && right == ops::place::I : has_form<Op>(Opcode, ops::form(F))) {
        if constexpr (!HasOpposite) row.run[F][0] = run_branch<ops::compare_branch<Op, left, right, false>>;
        row.run[F][1] = run_branch<ops::compare_branch<Op, left, right, true>>;
    }
}
template <class Op, std::uint32_t Opcode, bool HasOpposite>
constexpr branch_row branches_of() {
    branch_row row;
    [&row]<std::size_t... F>(std::index_sequence<F...>) {
        (add_branch<Op, Opcode, HasOpposite, F>(row), ...);
    }(all_forms());
    return row;
}

constexpr std::array<numeric_row, numeric_opcodes> numeric_rows_of() {
    std::array<numeric_row, numeric_opcodes> rows;
#define VITTE_WASM_ROW(code, name, text, ...) rows[numeric_index(code)] = unary_row<ops::name, (code)>(text);
    VITTE_WASM_UNARY(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
#define VITTE_WASM_ROW(code, name, text, type, exchange, ...)                       \
    rows[numeric_index(code)] = binary_row<ops::name, (code)>(shape::binary, text); \
    rows[numeric_index(code)].exchangeable = exchange;
    VITTE_WASM_BINARY(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
#define VITTE_WASM_ROW(code, name, text, type, exchanged, negated, ...)              \
    rows[numeric_index(code)] = binary_row<ops::name, (code)>(shape::compare, text); \
    rows[numeric_index(code)].swapped = exchanged;                                   \
    rows[numeric_index(code)].opposite = negated;
    VITTE_WASM_COMPARE(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
    return rows;
}
constexpr std::array<branch_row, compare_opcodes> branch_rows_of() {
    std::array<branch_row, compare_opcodes> rows;
#define VITTE_WASM_ROW(code, name, text, type, swapped, opposite, ...) \
    rows[(code)-first_compare_opcode] = branches_of<ops::name, (code), (opposite) != 0>();
    VITTE_WASM_COMPARE(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
    return rows;
}
}  // namespace detail

inline namespace VITTE_WASM_HANDLERS {
/// By `numeric_index` of the opcode.
inline constexpr std::array<numeric_row, numeric_opcodes> numeric_rows = detail::numeric_rows_of();
/// By opcode, from `first_compare_opcode`; all null where it is no comparison of two.
inline constexpr std::array<branch_row, compare_opcodes> branch_rows = detail::branch_rows_of();
}  // namespace VITTE_WASM_HANDLERS

constexpr const numeric_row& numeric_row_of(std::uint32_t opcode) noexcept {
    return numeric_rows[numeric_index(opcode)];
}
/// The handler that branches if a comparison says `outcome`; null if there is none.
constexpr handler branch_of(std::uint32_t opcode, ops::form f, bool outcome) noexcept {
    return branch_rows[opcode - first_compare_opcode].run[static_cast<std::size_t>(f)][outcome ? 1 : 0];
}

}  // namespace vitte::loader::wasm
