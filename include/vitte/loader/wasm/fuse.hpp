/// Superinstructions: handlers that do what several instructions in a row do, and so save jumps. The code stays as it
/// is; only the first instruction's handler is another one, so that branches to the others still find them.
#pragma once

#include <vitte/loader/wasm/interpret_control.hpp>
#include <vitte/loader/wasm/interpret_memory.hpp>

namespace vitte::loader::wasm {

namespace ops {
/// Does what `Ops` do, one after the other, until one cannot go on.
template <class... Ops>
struct in_turn {
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        handler other = nullptr;
        static_cast<void>((((other = step_of<Ops>(x)) == nullptr) && ...));
        return other;
    }
};
template <class Op>
concept branching = requires(const registers& x) { Op::taken(x); };
}  // namespace ops

#if VITTE_WASM_TAIL_CALLS
template <class First, class Branch>
void run_then_branch(const cell* pc, std::byte* frame, std::byte* memory, runtime* in, std::uint64_t r, double d,
                     float s) {
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

/// Which handler and what follows it make one handler. Empty at first: `sequences` fills it.
class fusion_table {
public:
    /// The most instructions that one handler does.
    static constexpr std::size_t longest = 8;

    /// Lets `First` and what follows, and what follows by itself, be one handler.
    template <class First, class... Next>
    void add() {
        static_assert(sizeof...(Next) < longest);
        if constexpr (sizeof...(Next) != 0) {
            put(run<First>, run_all<Next...>, run_all<First, Next...>);
            add<Next...>();
        }
    }
    /// The handler for `first`, of one instruction, and then `second`, of any number; null if there is none.
    handler find(handler first, handler second) const noexcept {
        for (std::size_t i = slot(first, second);; i = (i + 1) % size) {
            if (entries_[i].made == nullptr) return nullptr;
            if (entries_[i].first == first && entries_[i].second == second) return entries_[i].made;
        }
    }

private:
    static constexpr std::size_t size = VITTE_WASM_SMALL ? 1 : 4096;
    struct entry {
        handler first, second, made;
    };
    static std::size_t slot(handler first, handler second) noexcept {
        const auto a = reinterpret_cast<std::uintptr_t>(first) >> 4, b = reinterpret_cast<std::uintptr_t>(second) >> 4;
        return static_cast<std::size_t>((a * 0x9e3779b1u ^ b * 0x85ebca6bu) >> 7) % size;
    }
    void put(handler first, handler second, handler made) noexcept {
        std::size_t i = slot(first, second);
        while (entries_[i].made != nullptr && entries_[i].made != made) i = (i + 1) % size;
        entries_[i] = {first, second, made};
    }

    entry entries_[size] = {};
};

}  // namespace vitte::loader::wasm
