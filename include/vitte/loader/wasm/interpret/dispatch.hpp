/// How one instruction of internal code leads to the next, and how instructions find their operands.
#pragma once

#include <vitte/core/endian.hpp>
#include <vitte/loader/wasm/interpret/runtime.hpp>

namespace vitte::loader::wasm {

/// Whether `Op::step` has no other way than to go on.
template <class Op>
inline constexpr bool goes_on = std::is_void_v<decltype(Op::step(std::declval<registers&>()))>;

/// Makes a handler of `Op::step(registers&)`, which moves `pc` to the next instruction. A step that cannot go on, or
/// only by a call of C++, gives the handler that goes on in its place: then handlers need no room on the stack for what
/// is rare. (All of this is instantiated a thousand times over: each template less that a handler is made of is seen in
/// the time that a program takes to compile.)
#if VITTE_WASM_TAIL_CALLS
#define VITTE_WASM_GO(x, to) VITTE_WASM_TAIL_CALL(to)((x).pc, (x).frame, (x).memory, (x).in, (x).r, (x).d, (x).s)
#define VITTE_WASM_NEXT(x) VITTE_WASM_GO(x, (x).pc->run)
template <class Op>
VITTE_WASM_HANDLER void run(const cell* pc, std::byte* frame, std::byte* memory, runtime* in, std::uint64_t r, double d,
                            float s) {
    registers x{pc, frame, memory, in, r, d, s, pc};
    if constexpr (goes_on<Op>) {
        Op::step(x);
    } else if (const handler other = Op::step(x); other != nullptr) [[unlikely]] {
        VITTE_WASM_GO(x, other);
    }
    VITTE_WASM_NEXT(x);
}
/// What steps give where they go on by a call of C++.
template <class Op>
VITTE_WASM_ASIDE VITTE_WASM_HANDLER void run_aside(const cell* pc, std::byte* frame, std::byte* memory, runtime* in,
                                                   std::uint64_t r, double d, float s) {
    VITTE_WASM_TAIL_CALL run<Op>(pc, frame, memory, in, r, d, s);
}
/// Makes a handler of `Op::taken(registers&)`, which tells whether to branch. Either way has a jump of its own, which
/// the machine predicts better than one for both.
template <class Op>
VITTE_WASM_HANDLER void run_branch(const cell* pc, std::byte* frame, std::byte* memory, runtime* in, std::uint64_t r,
                                   double d, float s) {
    registers x{pc, frame, memory, in, r, d, s, pc};
    if (Op::taken(x)) {
        x.pc = Op::target(x.pc);
        VITTE_WASM_NEXT(x);
    }
    x.pc += Op::length;
    VITTE_WASM_NEXT(x);
}
#else
template <class Op>
void run(registers& x) {
    if constexpr (goes_on<Op>)
        Op::step(x);
    else if (const handler other = Op::step(x); other != nullptr)
        other(x);
}
template <class Op>
void run_aside(registers& x) {
    run<Op>(x);
}
template <class Op>
void run_branch(registers& x) {
    x.pc = Op::taken(x) ? Op::target(x.pc) : x.pc + Op::length;
}
#endif

namespace ops {

/// Leaves the interpreter.
struct stop {
#if VITTE_WASM_TAIL_CALLS
    static void handler(const cell*, std::byte*, std::byte*, runtime* in, std::uint64_t r, double d, float s) {
        in->execution->r = r;
        in->execution->d = d;
        in->execution->s = s;
    }
#else
    static void handler(registers&) {}
#endif
};
inline namespace VITTE_WASM_HANDLERS {
inline constexpr cell stop_code[1] = {cell{.run = stop::handler}};
}

/// Notes where and why code stops.
[[gnu::cold, gnu::noinline]] inline void trapped(trap_code code, const cell* pc, std::byte* frame,
                                                 runtime* in) noexcept {
    execution& e = *in->execution;
    e.trap = code;
    e.trap_pc = pc;
    e.trap_frame = frame;
    e.trap_in = in;
}
/// Goes on for a step that traps; the integer accumulator has the reason.
struct stop_trapped {
#if VITTE_WASM_TAIL_CALLS
    VITTE_WASM_ASIDE static void handler(const cell* pc, std::byte* frame, std::byte*, runtime* in, std::uint64_t r,
                                         double, float) {
        trapped(static_cast<trap_code>(r), pc, frame, in);
    }
#else
    static void handler(registers& x) {
        trapped(static_cast<trap_code>(x.r), x.pc, x.frame, x.in);
        x.pc = stop_code;
    }
#endif
};
/// What a step gives that traps.
[[nodiscard, gnu::always_inline]] inline handler stop_with(registers& x, trap_code code) noexcept {
    x.r = static_cast<std::uint64_t>(code);
    return stop_trapped::handler;
}

/// The `i`-th operand of 32 bits of the instruction at `pc`.
[[gnu::always_inline]] inline std::uint32_t word(const cell* pc, unsigned i) noexcept {
    return pc[1 + i / 2].word[i % 2];
}
/// Where a branch goes whose offset is the `i`-th operand: it counts from the cell that holds it.
[[gnu::always_inline]] inline const cell* branch_target(const cell* pc, unsigned i) noexcept {
    return pc + 1 + i / 2 + static_cast<std::int32_t>(word(pc, i));
}

/// The place of a value has 8 bytes, whose low half, on hosts of either byte order, is that of a value of 4 bytes.
template <class T>
inline constexpr std::size_t offset_in_place = sizeof(T) == 4 && byte_order::native == byte_order::big ? 4 : 0;
template <class T>
[[gnu::always_inline]] inline T get(const std::byte* at) noexcept {
    T value;
    __builtin_memcpy(&value, at + offset_in_place<T>, sizeof value);
    return value;
}
template <class T>
[[gnu::always_inline]] inline void put(std::byte* at, T value) noexcept {
    __builtin_memcpy(at + offset_in_place<T>, &value, sizeof value);
}

/// The accumulator for a type.
template <class T>
[[gnu::always_inline]] inline T accumulator(const registers& x) noexcept {
    if constexpr (std::is_same_v<T, float>)
        return x.s;
    else if constexpr (std::is_same_v<T, double>)
        return x.d;
    else
        return static_cast<T>(x.r);
}
template <class T>
[[gnu::always_inline]] inline void set_accumulator(registers& x, T value) noexcept {
    if constexpr (std::is_same_v<T, float>)
        x.s = value;
    else if constexpr (std::is_same_v<T, double>)
        x.d = value;
    else
        x.r = value;
}

/// Where an operand is read: a place in the frame (S), the accumulator (R), or the code itself (I).
enum class place : std::uint8_t { S, I, R };

/// Stores a result: in the accumulator and, if `Kept`, at the place that operand `i` names.
template <bool Kept, class T>
[[gnu::always_inline]] inline void set_result(registers& x, unsigned i, T value) noexcept {
    set_accumulator<T>(x, value);
    if constexpr (Kept) put(x.frame + word(x.pc, i), value);
}

}  // namespace ops
}  // namespace vitte::loader::wasm
