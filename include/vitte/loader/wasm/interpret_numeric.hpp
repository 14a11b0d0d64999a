/// Handlers of the instructions that compute numbers, made of the tables in `opcodes.hpp`.
#pragma once

#include <array>
#include <vitte/loader/wasm/bank.hpp>
#include <vitte/loader/wasm/dispatch.hpp>
#include <vitte/loader/wasm/opcodes.hpp>

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
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        return step(x, where::left(x), where::right(x));
    }
    [[gnu::always_inline]] static handler step(registers& x, T a, T b) noexcept {
        if constexpr (Op::traps)
            if (const trap_code code = Op::check(a, b); code != trap_code::none) [[unlikely]]
                return stop_with(x, code);
        set_result<Kept>(x, where::result, Op::apply(a, b));
        x.pc += where::length;
        return nullptr;
    }
};
template <class Op, place A, bool Kept>
struct unary {
    using T = typename Op::operand;
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        const T a = layout<T, A, place::R>::left(x);
        if constexpr (Op::traps)
            if (const trap_code code = Op::check(a); code != trap_code::none) [[unlikely]]
                return stop_with(x, code);
        set_result<Kept>(x, A == place::R ? 0 : 1, Op::apply(a));
        x.pc += 2;
        return nullptr;
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
    /// By form; unary: first place S, second R. A small build has only what is used most, and places for all else.
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
template <class Op>
constexpr numeric_row unary_row(const char* text) {
    using ops::place;
    return {shape::unary,
            bank_of<typename Op::operand>(),
            bank_of<typename Op::made>(),
            false,
            0,
            0,
            text,
            {run<ops::unary<Op, place::S, false>>, run_if_large<ops::unary<Op, place::R, false>>()},
            {run_if_large<ops::unary<Op, place::S, true>>(), run_if_large<ops::unary<Op, place::R, true>>()}};
}
/// `add(form, place, place)` for each form.
template <class Add>
constexpr void for_each_form(Add add) {
    using ops::form, ops::place;
    using S = std::integral_constant<place, place::S>;
    using R = std::integral_constant<place, place::R>;
    using I = std::integral_constant<place, place::I>;
    add(form::ss, S(), S());
    add(form::si, S(), I());
    add(form::sr, S(), R());
    add(form::rs, R(), S());
    add(form::ri, R(), I());
}
template <class Op>
constexpr void add_forms(numeric_row& row) {
    for_each_form([&row](ops::form f, auto a, auto b) {
        constexpr bool always =
            std::is_same_v<typename Op::operand, std::uint32_t> || (a() == ops::place::S && b() == ops::place::S);
        const auto i = static_cast<std::size_t>(f);
        row.value[i] =
            always ? run<ops::binary<Op, a(), b(), false>> : run_if_large<ops::binary<Op, a(), b(), false>>();
        row.kept[i] = run_if_large<ops::binary<Op, a(), b(), true>>();
    });
}
/// A small build only branches on whether a number is zero.
template <class Op, std::uint32_t Opcode, bool HasOpposite>
constexpr void add_branches(branch_row& row) {
    [[maybe_unused]] constexpr bool equality = Opcode == 0x46 || Opcode == 0x47 || Opcode == 0x51 || Opcode == 0x52;
    for_each_form([&row](ops::form f, auto a, auto b) {
        if constexpr (!VITTE_WASM_SMALL || (equality && b() == ops::place::I)) {
            if constexpr (!HasOpposite)
                row.run[static_cast<std::size_t>(f)][0] = run_branch<ops::compare_branch<Op, a(), b(), false>>;
            row.run[static_cast<std::size_t>(f)][1] = run_branch<ops::compare_branch<Op, a(), b(), true>>;
        }
    });
}

constexpr std::array<numeric_row, numeric_opcodes> numeric_rows_of() {
    std::array<numeric_row, numeric_opcodes> rows;
#define VITTE_WASM_ROW(code, name, text, ...) rows[numeric_index(code)] = unary_row<ops::name>(text);
    VITTE_WASM_UNARY(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
#define VITTE_WASM_ROW(code, name, text, type, exchange, ...)            \
    rows[numeric_index(code)] = {shape::binary,                          \
                                 bank_of<typename ops::name::operand>(), \
                                 bank_of<typename ops::name::made>(),    \
                                 exchange,                               \
                                 0,                                      \
                                 0,                                      \
                                 text,                                   \
                                 {},                                     \
                                 {}};                                    \
    add_forms<ops::name>(rows[numeric_index(code)]);
    VITTE_WASM_BINARY(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
#define VITTE_WASM_ROW(code, name, text, type, swapped, opposite, ...)                                                \
    rows[numeric_index(code)] = {                                                                                     \
        shape::compare, bank_of<typename ops::name::operand>(), bank::int32, false, swapped, opposite, text, {}, {}}; \
    add_forms<ops::name>(rows[numeric_index(code)]);
    VITTE_WASM_COMPARE(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
    return rows;
}
constexpr std::array<branch_row, compare_opcodes> branch_rows_of() {
    std::array<branch_row, compare_opcodes> rows;
#define VITTE_WASM_ROW(code, name, text, type, swapped, opposite, ...) \
    add_branches<ops::name, (code), (opposite) != 0>(rows[(code)-first_compare_opcode]);
    VITTE_WASM_COMPARE(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
    return rows;
}
}  // namespace detail

/// By `numeric_index` of the opcode.
inline constexpr std::array<numeric_row, numeric_opcodes> numeric_rows = detail::numeric_rows_of();
/// By opcode, from `first_compare_opcode`; all null where it is no comparison of two.
inline constexpr std::array<branch_row, compare_opcodes> branch_rows = detail::branch_rows_of();

constexpr const numeric_row& numeric_row_of(std::uint32_t opcode) noexcept {
    return numeric_rows[numeric_index(opcode)];
}
/// The handler that branches if a comparison says `outcome`; null if there is none.
constexpr handler branch_of(std::uint32_t opcode, ops::form f, bool outcome) noexcept {
    return branch_rows[opcode - first_compare_opcode].run[static_cast<std::size_t>(f)][outcome ? 1 : 0];
}

}  // namespace vitte::loader::wasm
