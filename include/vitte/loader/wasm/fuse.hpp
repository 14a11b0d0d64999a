/// Superinstructions: handlers that do what several instructions in a row do, and so save jumps. The code stays as it
/// is; only the first instruction's handler is another one, so that branches to the others still find them.
#pragma once

#include <algorithm>
#include <vitte/loader/wasm/interpret_control.hpp>
#include <vitte/loader/wasm/interpret_memory.hpp>

namespace vitte::loader::wasm {

namespace ops {

/// In a sequence: `Op`, whose left or right operand is the result of the operation so many before it, not read from the
/// frame; 0 for one that `Op` finds itself.
template <class Op, unsigned Left, unsigned Right = 0>
struct after {};
/// `Op` itself, and which results of others it uses.
template <class Op>
struct alone {
    using type = Op;
    static constexpr unsigned left = 0, right = 0;
};
template <class Op, unsigned Left, unsigned Right>
struct alone<after<Op, Left, Right>> {
    using type = Op;
    static constexpr unsigned left = Left, right = Right;
};
/// Whether `Op` uses the result of the operation `By` before it.
template <class Op, unsigned By>
inline constexpr bool uses = alone<Op>::left == By || alone<Op>::right == By;

/// Does what `Ops` do, one after the other, until one cannot go on.
template <class... Ops>
class in_turn {
public:
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        return steps(x, std::index_sequence_for<Ops...>());
    }

private:
    struct results {
        u64 r;
        double d;
        float s;
    };
    static constexpr bool remembers = ((alone<Ops>::left + alone<Ops>::right != 0) || ...);

    template <std::size_t... I>
    [[gnu::always_inline]] static handler steps(registers& x, std::index_sequence<I...>) noexcept {
        results made[sizeof...(Ops)];
        handler other = nullptr;
        static_cast<void>((((other = one<Ops>(x, made + I)) == nullptr) && ...));
        return other;
    }
    template <class Op>
    [[gnu::always_inline]] static handler one(registers& x, [[maybe_unused]] results* made) noexcept {
        handler other;
        if constexpr (alone<Op>::left + alone<Op>::right == 0)
            other = step_of<Op>(x);
        else
            other = using_results(x, made, static_cast<Op*>(nullptr));
        if constexpr (remembers) *made = {x.r, x.d, x.s};
        return other;
    }
    template <class Op, unsigned Left, unsigned Right>
    [[gnu::always_inline]] static handler using_results(registers& x, const results* made,
                                                        after<Op, Left, Right>*) noexcept {
        using T = typename Op::T;
        const T a = Left != 0 ? value<T>(made[-static_cast<int>(Left)]) : Op::where::left(x),
                b = Right != 0 ? value<T>(made[-static_cast<int>(Right)]) : Op::where::right(x);
        return Op::step(x, a, b);
    }
    template <class T>
    [[gnu::always_inline]] static T value(const results& of) noexcept {
        if constexpr (std::is_same_v<T, float>)
            return of.s;
        else if constexpr (std::is_same_v<T, double>)
            return of.d;
        else
            return static_cast<T>(of.r);
    }
};
template <class Op>
concept branching = requires(const registers& x) { Op::taken(x); };
}  // namespace ops

#if VITTE_WASM_TAIL_CALLS
template <class First, class Branch>
VITTE_WASM_HANDLER void run_then_branch(const cell* pc, std::byte* frame, std::byte* memory, runtime* in,
                                        std::uint64_t r, double d, float s) {
    registers x{pc, frame, memory, in, r, d, s, pc};
    if (const handler other = step_of<First>(x); other != nullptr) [[unlikely]] {
        VITTE_WASM_GO(x, other);
    }
    if (Branch::taken(x)) {
        x.pc = Branch::target(x.pc);
        VITTE_WASM_NEXT(x);
    }
    x.pc += Branch::length;
    VITTE_WASM_NEXT(x);
}
#else
template <class First, class Branch>
void run_then_branch(registers& x) {
    if (const handler other = step_of<First>(x); other != nullptr) return other(x);
    run_branch<Branch>(x);
}
#endif

namespace detail {
template <class Before, class Next, class... More>
struct sequence;
template <class... Before, class Last>
struct sequence<ops::in_turn<Before...>, Last> {
    static constexpr handler made() noexcept {
        if constexpr (ops::branching<Last> && sizeof...(Before) == 0)
            return run_branch<Last>;
        else if constexpr (ops::branching<Last>)
            return run_then_branch<ops::in_turn<Before...>, Last>;
        else if constexpr (sizeof...(Before) == 0)
            return run<Last>;
        else
            return run<ops::in_turn<Before..., Last>>;
    }
};
template <class... Before, class Next, class... More>
    requires(sizeof...(More) != 0)
struct sequence<ops::in_turn<Before...>, Next, More...> : sequence<ops::in_turn<Before..., Next>, More...> {};
}  // namespace detail

/// The handler that does what `Ops` do, of which the last one may branch.
template <class... Ops>
inline constexpr handler run_all = detail::sequence<ops::in_turn<>, Ops...>::made();

/// What the operands of a sequence must be: words of its code, counted from its first cell.
struct sequence_operands {
    std::uint8_t given = 0;      ///< the place of the first operation's result, if later ones use it
    bool on_stack = false;       ///< it is a value on the operand stack that nobody else uses, and is not stored
    std::uint8_t same[3] = {};   ///< operands that are that place
    std::uint8_t other[7] = {};  ///< operands that are not
};

namespace detail {
/// `Op` as the `Index`-th of a sequence, without results from before the sequence.
template <class Op, std::size_t Index>
struct within {
    static constexpr unsigned left = ops::alone<Op>::left > Index ? 0 : ops::alone<Op>::left,
                              right = ops::alone<Op>::right > Index ? 0 : ops::alone<Op>::right;
    using type = std::conditional_t<left + right == 0, typename ops::alone<Op>::type,
                                    ops::after<typename ops::alone<Op>::type, left, right>>;
};
template <class Indices, class... Ops>
struct trimmed_sequence;
template <std::size_t... I, class... Ops>
struct trimmed_sequence<std::index_sequence<I...>, Ops...> {
    using type = ops::in_turn<typename within<Ops, I>::type...>;
};
template <class... Ops>
using trimmed = typename trimmed_sequence<std::index_sequence_for<Ops...>, Ops...>::type;
template <class... Ops>
constexpr handler run_of(ops::in_turn<Ops...>) noexcept {
    return run_all<Ops...>;
}

/// `Op` as code has it that stores its result.
template <class Op>
struct storing {
    using type = Op;
};
template <class Op, ops::place A, ops::place B>
struct storing<ops::binary<Op, A, B, false>> {
    using type = ops::binary<Op, A, B, true>;
};
template <class Memory, class T, ops::address A, bool Checked>
struct storing<ops::load_from<Memory, T, A, false, Checked>> {
    using type = ops::load_from<Memory, T, A, true, Checked>;
};

/// Which of `Next`, counted from 1, is the last one that uses the result of what stands before them; 0 for none.
template <class... Next>
constexpr unsigned last_use() noexcept {
    unsigned found = 0;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        ((found = ops::uses<Next, I + 1> ? static_cast<unsigned>(I) + 1 : found), ...);
    }(std::index_sequence_for<Next...>());
    return found;
}
template <unsigned Index, unsigned Last, class Op, class... More>
constexpr void add_operands(sequence_operands& made, unsigned cell, unsigned same, unsigned other) noexcept {
    const auto word = [cell](unsigned operand) { return static_cast<std::uint8_t>(2 * cell + 2 + operand); };
    if constexpr (ops::alone<Op>::left == Index) made.same[same++] = word(0);
    if constexpr (ops::alone<Op>::right == Index) made.same[same++] = word(1);
    if constexpr (Index < Last) {
        using op = typename ops::alone<Op>::type;
        if constexpr (op::written >= 0) made.other[other++] = word(static_cast<unsigned>(op::written));
        add_operands<Index + 1, Last, More...>(made, cell + op::length, same, other);
    }
}
}  // namespace detail

/// Which handler and what follows it make one handler. Empty at first: `sequences` fills it.
class fusion_table {
public:
    fusion_table() noexcept { std::fill_n(places_, size, none); }

    /// The most instructions that one handler does.
    static constexpr std::size_t longest = 8;

    /// Lets `First` and what follows, and what follows by itself, be one handler.
    template <class First, class... Next>
    void add() {
        static_assert(sizeof...(Next) < longest);
        if constexpr (sizeof...(Next) != 0) {
            constexpr unsigned last = detail::last_use<Next...>();
            using stored = typename detail::storing<First>::type;
            using first = std::conditional_t<last != 0, stored, First>;
            sequence_operands operands;
            if constexpr (last != 0) {
                operands.given = static_cast<std::uint8_t>(2 + stored::written);
                operands.on_stack = !std::is_same_v<First, stored>;
                detail::add_operands<1, last, Next...>(operands, stored::length, 0, 0);
            }
            using rest = detail::trimmed<Next...>;
            put({run<first>, detail::run_of(rest()), run_all<First, Next...>, operands});
            add_parts(rest());
        }
    }
    /// The handler for `first`, of one instruction, and then `second`, of any number, whose code is at `code`, in a
    /// function whose operand stack starts at `stack`; null if there is none.
    handler find(handler first, handler second, const cell* code, std::uint32_t stack) const noexcept {
        handler found = nullptr;
        for (std::size_t i = slot(first, second); places_[i] != none; i = (i + 1) % size) {
            const entry& e = entries_[places_[i]];
            if (e.first != first || e.second != second || !fits(e.operands, code, stack)) continue;
            found = e.made;
            if (e.operands.given != 0) break;
        }
        return found;
    }

private:
    static constexpr std::size_t size = VITTE_WASM_SEQUENCES ? 4096 : 1, most = size / 4 + 1;
    static constexpr std::uint16_t none = 0xffff;
    struct entry {
        handler first, second, made;
        sequence_operands operands;
    };
    template <class... Ops>
    void add_parts(ops::in_turn<Ops...>) {
        add<Ops...>();
    }
    static bool fits(const sequence_operands& operands, const cell* code, std::uint32_t stack) noexcept {
        if (operands.given == 0) return true;
        const auto word = [code](std::uint8_t at) { return code[at / 2].word[at % 2]; };
        const std::uint32_t place = word(operands.given);
        if (operands.on_stack && place < stack) return false;
        for (const std::uint8_t at : operands.same)
            if (at != 0 && word(at) != place) return false;
        for (const std::uint8_t at : operands.other)
            if (at != 0 && word(at) == place) return false;
        return true;
    }
    static std::size_t slot(handler first, handler second) noexcept {
        const auto a = reinterpret_cast<std::uintptr_t>(first) >> 4, b = reinterpret_cast<std::uintptr_t>(second) >> 4;
        return static_cast<std::size_t>((a * 0x9e3779b1u ^ b * 0x85ebca6bu) >> 7) % size;
    }
    void put(const entry& made) noexcept {
        std::size_t i = slot(made.first, made.second);
        for (; places_[i] != none; i = (i + 1) % size)
            if (entries_[places_[i]].made == made.made) return;
        VITTE_ASSERT(count_ < most);
        places_[i] = count_;
        entries_[count_++] = made;
    }

    std::uint16_t places_[size];  ///< in `entries_`: most that is looked for is not there
    std::uint16_t count_ = 0;
    entry entries_[most] = {};
};

}  // namespace vitte::loader::wasm
