/// Superinstructions: handlers that do what several instructions in a row do, and so save jumps. The code stays as it
/// is; only the first instruction's handler is another one, so that branches to the others still find them.
#pragma once

#include <algorithm>
#include <span>
#include <utility>
#include <vitte/loader/wasm/interpret/control.hpp>
#include <vitte/loader/wasm/interpret/memory.hpp>

namespace vitte::loader::wasm {

namespace ops {

/// In a sequence: `Op`, whose left or right operand is the result of the operation so many before it, not read from the
/// frame; 0 for one that `Op` finds itself.
template <class Op, unsigned Left, unsigned Right = 0>
struct after {};
/// What an operation left in the accumulators.
struct results {
    u64 r;
    double d;
    float s;

    template <class T>
    [[gnu::always_inline]] T value() const noexcept {
        if constexpr (std::is_same_v<T, float>)
            return s;
        else if constexpr (std::is_same_v<T, double>)
            return d;
        else
            return static_cast<T>(r);
    }
};
/// `Op` itself, and which results of others it uses. `step` does what it does in a sequence, and puts its own results
/// to `made` if the sequence `Remembers` any.
template <class Op>
struct alone {
    using type = Op;
    static constexpr unsigned left = 0, right = 0;

    template <bool Remembers>
    [[gnu::always_inline]] static handler step(registers& x, [[maybe_unused]] results* made) noexcept {
        handler other = nullptr;
        if constexpr (goes_on<Op>)
            Op::step(x);
        else
            other = Op::step(x);
        if constexpr (Remembers) *made = {x.r, x.d, x.s};
        return other;
    }
};
template <class Op, unsigned Left, unsigned Right>
struct alone<after<Op, Left, Right>> {
    using type = Op;
    static constexpr unsigned left = Left, right = Right;

    template <bool Remembers>
    [[gnu::always_inline]] static handler step(registers& x, results* made) noexcept {
        using T = typename Op::T;
        const T a = Left != 0 ? made[-static_cast<int>(Left)].value<T>() : Op::where::left(x),
                b = Right != 0 ? made[-static_cast<int>(Right)].value<T>() : Op::where::right(x);
        handler other = nullptr;
        if constexpr (goes_on<Op>)
            Op::step(x, a, b);
        else
            other = Op::step(x, a, b);
        *made = {x.r, x.d, x.s};
        return other;
    }
};
/// Whether `Op` uses the result of the operation `By` before it.
template <class Op, unsigned By>
inline constexpr bool uses = alone<Op>::left == By || alone<Op>::right == By;

/// Does what `Ops` do, one after the other, until one cannot go on.
template <class... Ops>
struct in_turn {
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        constexpr bool remembers = ((alone<Ops>::left + alone<Ops>::right != 0) || ...);
        results made[sizeof...(Ops)];
        results* next = made;
        handler other = nullptr;
        static_cast<void>((((other = alone<Ops>::template step<remembers>(x, next++)) == nullptr) && ...));
        return other;
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
    if (const handler other = First::step(x); other != nullptr) [[unlikely]] {
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
    if (const handler other = First::step(x); other != nullptr) return other(x);
    run_branch<Branch>(x);
}
#endif

namespace detail {
/// The handler that does what `Before` and then `Next` and `More` do, of which the last one may branch.
template <class... Before, class Next, class... More>
constexpr handler run_all(ops::in_turn<Before...>, Next, More... more) noexcept {
    if constexpr (sizeof...(More) != 0)
        return run_all(ops::in_turn<Before..., Next>(), more...);
    else if constexpr (ops::branching<Next>)
        return run_then_branch<ops::in_turn<Before...>, Next>;
    else
        return run<ops::in_turn<Before..., Next>>;
}
}  // namespace detail

/// An instruction of a sequence whose result others of it use without reading it from the frame: what their operands
/// must be. Operands are words of the code, counted from this instruction's first cell.
struct result_use {
    std::uint8_t instruction = 0;  ///< its place in the sequence
    std::uint8_t result = 0;       ///< the operand that names the result's place
    bool on_stack = false;         ///< it is a value on the operand stack that nobody else uses, and is not stored
    std::uint8_t same[3] = {};     ///< operands that are that place
    std::uint8_t other[7] = {};    ///< operands that are not
};

/// Instructions in a row, and the handler that does what they do.
struct sequence {
    static constexpr std::size_t longest = 8, most_uses = 3;

    handler made = nullptr;
    handler instructions[longest] = {};  ///< each by itself
    result_use uses[most_uses] = {};
    std::uint8_t length = 0, use_count = 0;

    /// Whether the code whose instructions begin at `starts` is this one, and its operands allow it. `handlers` are
    /// those of its instructions; the operand stack starts at `stack` in the frame.
    bool matches(const handler* handlers, const cell* code, const std::uint32_t* starts,
                 std::uint32_t stack) const noexcept {
        for (std::size_t i = 0; i < length; ++i)
            if (handlers[i] != instructions[i]) return false;
        for (std::size_t i = 0; i < use_count; ++i)
            if (!allows(uses[i], code + starts[uses[i].instruction], stack)) return false;
        return true;
    }

private:
    static bool allows(const result_use& use, const cell* at, std::uint32_t stack) noexcept {
        const auto word = [at](std::uint8_t i) { return at[i / 2].word[i % 2]; };
        const std::uint32_t place = word(use.result);
        if (use.on_stack && place < stack) return false;
        for (const std::uint8_t i : use.same)
            if (i != 0 && word(i) != place) return false;
        for (const std::uint8_t i : use.other)
            if (i != 0 && word(i) == place) return false;
        return true;
    }
};

namespace detail {
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
template <class Op>
constexpr handler run_alone() noexcept {
    if constexpr (ops::branching<Op>)
        return run_branch<Op>;
    else
        return run<Op>;
}

/// Which of `Next`, counted from 1, is the last one that uses the result of what stands before them; 0 for none.
template <class... Next>
constexpr unsigned last_use() noexcept {
    unsigned found = 0;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        ((found = ops::uses<Next, I + 1> ? static_cast<unsigned>(I) + 1 : found), ...);
    }(std::index_sequence_for<Next...>());
    return found;
}
/// Notes what the operands of `Next` and `More` must be: `Next` is `Index` instructions behind the one that `made` is
/// of, the last that uses its result is `Last` behind it.
template <unsigned Index, unsigned Last, class Next, class... More>
constexpr void add_operands(result_use& made, unsigned cell, unsigned same, unsigned other) noexcept {
    using op = typename ops::alone<Next>::type;
    const auto word = [cell](unsigned operand) { return static_cast<std::uint8_t>(2 * cell + 2 + operand); };
    if constexpr (ops::alone<Next>::left == Index) made.same[same++] = word(0);
    if constexpr (ops::alone<Next>::right == Index) made.same[same++] = word(1);
    if constexpr (Index < Last) {
        if constexpr (op::written >= 0) made.other[other++] = word(static_cast<unsigned>(op::written));
        add_operands<Index + 1, Last, More...>(made, cell + op::length, same, other);
    }
}
template <class First, class... Next>
constexpr void add_instructions(sequence& made) noexcept {
    using op = typename ops::alone<First>::type;
    constexpr unsigned last = last_use<Next...>();
    using stored = std::conditional_t<last != 0, typename storing<op>::type, op>;
    if constexpr (last != 0) {
        result_use& use = made.uses[made.use_count++];
        use.instruction = made.length;
        use.result = static_cast<std::uint8_t>(2 + stored::written);
        use.on_stack = !std::is_same_v<op, stored>;
        add_operands<1, last, Next...>(use, stored::length, 0, 0);
    }
    made.instructions[made.length++] = run_alone<stored>();
    if constexpr (sizeof...(Next) != 0) add_instructions<Next...>(made);
}
}  // namespace detail

/// What it takes to let `Ops`, of which the last one may branch, be one handler.
template <class... Ops>
constexpr sequence sequence_of() noexcept {
    static_assert(sizeof...(Ops) <= sequence::longest);
    sequence made;
    made.made = detail::run_all(ops::in_turn<>(), Ops()...);
    detail::add_instructions<Ops...>(made);
    return made;
}

/// Finds the sequences that code may begin with.
class sequence_index {
public:
    sequence_index() noexcept { std::fill_n(first_, size, none); }

    void add(std::span<const sequence> rows) noexcept {
        for (const sequence& row : rows) {
            VITTE_ASSERT(count_ < none);
            std::uint8_t& first = first_[slot(row.instructions[0], row.instructions[1])];
            next_[count_] = std::exchange(first, count_);
            rows_[count_++] = &row;
        }
    }
    /// Calls `visit` with each sequence that may begin with `first` and `second`.
    template <class Visit>
    void for_each(handler first, handler second, Visit visit) const {
        for (std::uint8_t i = first_[slot(first, second)]; i != none; i = next_[i]) visit(*rows_[i]);
    }

private:
    static constexpr std::size_t size = VITTE_WASM_SMALL ? 1 : 256;  // the same in all files of a program
    static constexpr std::uint8_t none = 0xff;
    static std::size_t slot(handler first, handler second) noexcept {
        const auto a = reinterpret_cast<std::uintptr_t>(first) >> 4, b = reinterpret_cast<std::uintptr_t>(second) >> 4;
        return static_cast<std::size_t>((a * 0x9e3779b1u ^ b * 0x85ebca6bu) >> 7) % size;
    }

    std::uint8_t first_[size], next_[size], count_ = 0;
    const sequence* rows_[size];
};

}  // namespace vitte::loader::wasm
