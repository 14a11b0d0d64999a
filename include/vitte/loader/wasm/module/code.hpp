/// The internal code of WebAssembly functions: what the validator's pass leaves for the interpreter, and what a
/// compiler to machine code starts from.
///
/// A function is a row of cells of 8 bytes. An instruction is a cell with its handler, then cells with its operands,
/// mostly two numbers of 32 bits each. Operands name places in the function's frame by their byte offset. A frame has
/// the parameters, the other locals, the link to the caller, then the values on the operand stack, of which most never
/// get there: an operand is read where it is (a local, an immediate, an accumulator), and a result goes to an
/// accumulator and, where somebody else wants it, to its place as well. There is an accumulator for integers and
/// references, one for `f32` and one for `f64`. At labels all values are in their places. Branches are relative, so
/// that code can be moved, and shared by the instances of a module.
///
/// Another tier takes part at either end: as what the validator drives in place of the `translator`, or function by
/// function, as a handler that `body::entry` leads to: one that finds its frame, the instance and memory 0 in its
/// arguments, and leaves through the frame's link, may be any code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vitte/core/light_vector.hpp>
#include <vitte/loader/trap.hpp>

// Handlers end with a call of the next one where the compiler makes that a jump; elsewhere a loop calls them.
#if defined(__LP64__) && (defined(__x86_64__) || defined(__aarch64__) || defined(__riscv)) && \
    !defined(__SANITIZE_ADDRESS__)
#if defined(__clang__)
#if defined(__OPTIMIZE__) || !__has_feature(address_sanitizer)  // which loses arguments of jumps otherwise
#define VITTE_WASM_TAIL_CALLS 1
#define VITTE_WASM_TAIL_CALL [[clang::musttail]] return
#define VITTE_WASM_ASIDE [[gnu::noinline]]
#endif
#elif defined(__GNUC__) && defined(__OPTIMIZE__) && !defined(__SANITIZE_THREAD__)  // which counts returns
#define VITTE_WASM_TAIL_CALLS 1
#define VITTE_WASM_TAIL_CALL return
#define VITTE_WASM_ASIDE [[gnu::noipa]]
#if !defined(__OPTIMIZE_SIZE__)
#define VITTE_WASM_HANDLER [[gnu::optimize("O2")]]  // -O1 would make calls of them
#endif
#endif
#endif
#ifndef VITTE_WASM_HANDLER
#define VITTE_WASM_HANDLER
#endif
// A program for a small machine defines it as 1: no instructions on vectors, no superinstructions, no guarded memories,
// and fewer handlers for the same instruction.
#ifndef VITTE_WASM_SMALL
#define VITTE_WASM_SMALL 0
#endif
#ifndef VITTE_WASM_TAIL_CALLS
#define VITTE_WASM_TAIL_CALLS 0
#endif
// Superinstructions give speed for size and for time to compile: a program that is optimized for size, or not at all,
// has none, unless it defines this as 1.
#ifndef VITTE_WASM_SEQUENCES
#if VITTE_WASM_SMALL || defined(__OPTIMIZE_SIZE__) || !defined(__OPTIMIZE__)
#define VITTE_WASM_SEQUENCES 0
#else
#define VITTE_WASM_SEQUENCES 1
#endif
#endif
// So do handlers of the same instruction for operands at every place.
#if VITTE_WASM_SEQUENCES || (defined(__OPTIMIZE__) && !VITTE_WASM_SMALL)
#define VITTE_WASM_ALL_PLACES 1
#else
#define VITTE_WASM_ALL_PLACES 0
#endif
// Where accesses to memory may fault: `ops::pin` holds if the compiler puts nothing else between the access and what it
// pins, as it does without optimization and when it counts branches for a fuzzer.
#if defined(__has_feature)
#define VITTE_WASM_COUNTED __has_feature(coverage_sanitizer)
#else
#define VITTE_WASM_COUNTED 0
#endif
#if VITTE_WASM_TAIL_CALLS && !VITTE_WASM_SMALL && defined(__OPTIMIZE__) && !VITTE_WASM_COUNTED
#define VITTE_WASM_GUARDS 1
#else
#define VITTE_WASM_GUARDS 0
#endif
// The files of a program may be optimized differently, and have different handlers then: what is made of handlers has a
// name in this namespace, or names it, so that the linker does not take one file's for another's.
#if VITTE_WASM_GUARDS
#define VITTE_WASM_HANDLERS guarded_jumps
#elif VITTE_WASM_TAIL_CALLS
#define VITTE_WASM_HANDLERS jumps
#else
#define VITTE_WASM_HANDLERS calls
#endif

namespace vitte::loader::wasm {

/// What is said of vectors where they are not allowed.
inline constexpr const char* no_vectors =
    VITTE_WASM_SMALL ? "this build of the engine has no vectors" : "illegal opcode: vectors are not enabled";
inline constexpr errc no_vectors_code = VITTE_WASM_SMALL ? errc::not_supported : errc::malformed;

using loader::trap;
using loader::trap_code;
using loader::trap_frame;

struct runtime;
union cell;

inline namespace VITTE_WASM_HANDLERS {

/// What an instruction reads and changes; in registers of the machine where handlers call one another.
struct registers {
    const cell* pc;
    std::byte* frame;
    std::byte* memory;  ///< of memory 0
    runtime* in;
    std::uint64_t r;  ///< accumulator of integers and references
    double d;
    float s;
    const cell* start = nullptr;  ///< where `pc` was when the handler began
};

}  // namespace VITTE_WASM_HANDLERS

#if VITTE_WASM_TAIL_CALLS
using handler = void (*)(const cell*, std::byte*, std::byte*, runtime*, std::uint64_t, double, float);
#else
using handler = void (*)(registers&);
#endif

union cell {
    handler run;
    std::uint32_t word[2];
    std::uint64_t bits;
    const void* pointer;
};
static_assert(sizeof(cell) == 8);

/// Where a frame goes back to; it stands at `body::link` bytes in the frame.
struct frame_link {
    const cell* pc;
    std::byte* frame;
    runtime* in;
};
inline constexpr std::uint32_t link_bytes = 24;
static_assert(sizeof(frame_link) <= link_bytes);

/// Where an exception goes that is thrown between two cells of a function.
struct catch_clause {
    static constexpr std::uint32_t all = ~0u;

    std::uint32_t begin, end;  ///< cells from the start of its code; the return address of a call belongs to the call
    std::uint32_t target;
    std::uint32_t tag;     ///< index, or `all`
    std::uint32_t values;  ///< where the exception's values go in the frame
    bool reference;        ///< whether a reference to the exception follows them
};

/// A function of a module, once it is translated.
struct body {
    const cell* entry = nullptr;
    std::uint32_t frame_bytes = 0;  ///< the most that a frame takes
    std::uint32_t link = 0;
    std::uint32_t type = 0;   ///< index of its type
    std::uint32_t index = 0;  ///< of the function in its module
    std::uint32_t begin = 0;  ///< its first cell
    std::uint32_t end = 0;
    light_vector<catch_clause> clauses;  ///< inner ones first
};

}  // namespace vitte::loader::wasm
