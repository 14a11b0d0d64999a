/// Handlers of what moves values and control: copies, constants, globals, branches, calls and returns.
#pragma once

#include <exception>
#include <vitte/loader/wasm/interpret/numeric_rows.hpp>
#include <vitte/loader/wasm/interpret/work.hpp>

namespace vitte::loader::wasm::ops {

/// A vector, 16 bytes as they stand in memory.
struct vector_bits {
    std::uint64_t half[2];
};

/// Operands: from, to.
template <class T>
struct copy {
    static constexpr unsigned length = 2;
    static constexpr int written = 1;
    [[gnu::always_inline]] static void step(registers& x) noexcept {
        put(x.frame + word(x.pc, 1), get<T>(x.frame + word(x.pc, 0)));
        x.pc += length;
    }
};
/// Operands: to; the value in the second cell.
struct constant_to_place {
    static constexpr unsigned length = 3;
    static constexpr int written = 0;
    [[gnu::always_inline]] static void step(registers& x) noexcept {
        put(x.frame + word(x.pc, 0), x.pc[2].bits);
        x.pc += length;
    }
};
struct vector_constant {
    [[gnu::always_inline]] static void step(registers& x) noexcept {
        put(x.frame + word(x.pc, 0), vector_bits{{x.pc[2].bits, x.pc[3].bits}});
        x.pc += 4;
    }
};
template <class T>
struct constant {
    [[gnu::always_inline]] static void step(registers& x) noexcept {
        set_accumulator<T>(x, std::bit_cast<T>(static_cast<bits_of_size<T>>(x.pc[2].bits)));
        x.pc += 3;
    }
    template <class U>
    using bits_of_size = std::conditional_t<sizeof(U) == 4, u32, u64>;
};
/// Operand: from.
template <class T>
struct fetch {
    [[gnu::always_inline]] static void step(registers& x) noexcept {
        set_accumulator<T>(x, get<T>(x.frame + word(x.pc, 0)));
        x.pc += 2;
    }
};
/// Operand: to.
template <class T>
struct keep {
    [[gnu::always_inline]] static void step(registers& x) noexcept {
        put(x.frame + word(x.pc, 0), accumulator<T>(x));
        x.pc += 2;
    }
};
/// Operands: index, to.
template <class T, bool Kept>
struct global_get {
    [[gnu::always_inline]] static void step(registers& x) noexcept {
        const T value = get<T>(x.in->globals[word(x.pc, 0)]);
        if constexpr (sizeof(T) == 16)
            put(x.frame + word(x.pc, 1), value);
        else
            set_result<Kept>(x, 1, value);
        x.pc += 2;
    }
};
/// Operands: index, from.
template <class T, place A>
struct global_set {
    [[gnu::always_inline]] static void step(registers& x) noexcept {
        T value;
        if constexpr (A == place::R)
            value = accumulator<T>(x);
        else
            value = get<T>(x.frame + word(x.pc, 1));
        put(x.in->globals[word(x.pc, 0)], value);
        x.pc += 2;
    }
};
/// Operands: a, b, condition, to.
template <class T, place C, bool Kept>
struct select {
    [[gnu::always_inline]] static void step(registers& x) noexcept {
        u32 condition;
        if constexpr (C == place::R)
            condition = accumulator<u32>(x);
        else
            condition = get<u32>(x.frame + word(x.pc, 2));
        const T value = get<T>(x.frame + word(x.pc, condition != 0 ? 0 : 1));
        if constexpr (sizeof(T) == 16)
            put(x.frame + word(x.pc, 3), value);
        else
            set_result<Kept>(x, 3, value);
        x.pc += 3;
    }
};
/// Operands: from, bytes: the locals that are no parameters.
struct zero_locals {
    [[gnu::always_inline]] static void step(registers& x) noexcept {
        std::byte* at = x.frame + word(x.pc, 0);
        std::byte* const end = at + word(x.pc, 1);
        for (; at != end; at += 8) put(at, std::uint64_t{0});
        x.pc += 2;
    }
};
struct unreachable {
    [[gnu::always_inline]] static handler step(registers& x) noexcept { return stop_with(x, trap_code::unreachable); }
};

struct jump {
    [[gnu::always_inline]] static void step(registers& x) noexcept { x.pc = branch_target(x.pc, 0); }
};
/// Operands: index, number of targets before the default one, targets.
template <place A>
struct branch_table {
    [[gnu::always_inline]] static void step(registers& x) noexcept {
        u32 index;
        if constexpr (A == place::R)
            index = accumulator<u32>(x);
        else
            index = get<u32>(x.frame + word(x.pc, 0));
        const u32 last = word(x.pc, 1);
        const cell* const at = x.pc + 2 + (index < last ? index : last);
        x.pc = at + static_cast<std::int32_t>(at->word[0]);
    }
};

/// Charges fuel. Operand: how much.
struct consume {
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        execution& e = *x.in->execution;
        const u32 cost = word(x.pc, 0);
        if (e.fuel < cost) [[unlikely]] {
            e.fuel = 0;
            return stop_with(x, trap_code::out_of_fuel);
        }
        e.fuel -= cost;
        x.pc += 2;
        return nullptr;
    }
};

struct poll_now {
    static handler step(registers& x) noexcept {
        if (const trap_code code = polled(*x.in->execution); code != trap_code::none) return stop_with(x, code);
        x.pc += 2;
        return nullptr;
    }
};
/// At the start of a function and of each round of a loop. Operand: the most cells executed before the next one.
struct poll {
    static constexpr unsigned length = 2;
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        execution& e = *x.in->execution;
        const u32 cells = word(x.pc, 0);
        if (e.polls <= cells) [[unlikely]]
            return run_aside<poll_now>;
        e.polls -= cells;
        x.pc += length;
        return nullptr;
    }
};
struct refuse {
    static handler step(registers& x) noexcept { return stop_with(x, refused(*x.in->execution)); }
};

/// The link field by field: as one object it would be moved in pieces that the machine cannot forward.
[[gnu::always_inline]] inline void put_link(const registers& x, std::byte* at) noexcept {
    put(at + offsetof(frame_link, pc), x.pc);
    put(at + offsetof(frame_link, frame), x.frame);
    put(at + offsetof(frame_link, in), x.in);
}
[[gnu::always_inline]] inline void leave_by(registers& x, const std::byte* link) noexcept {
    x.pc = get<const cell*>(link + offsetof(frame_link, pc));
    x.frame = get<std::byte*>(link + offsetof(frame_link, frame));
    x.in = get<runtime*>(link + offsetof(frame_link, in));
    x.memory = x.in->memory_data;
}

/// Whether a frame of `code` may start at `frame`.
[[gnu::always_inline]] inline bool has_room(const runtime* in, const std::byte* frame, const body& code) noexcept {
    return frame + code.frame_bytes <= in->execution->limit.load_relaxed();
}
/// Starts `code`, whose first cell is at `entry`, at `frame`; it goes back to what is `length` cells behind the
/// instruction.
[[gnu::always_inline]] inline void enter(registers& x, const body& code, const cell* entry, std::byte* frame,
                                         unsigned length) noexcept {
    x.pc += length;
    put_link(x, frame + code.link);
    x.frame = frame;
    x.pc = entry;
}
#if defined(__cpp_exceptions)
/// The trap of a host function that has thrown what is being handled.
[[gnu::cold, gnu::noinline]] inline trap_code thrown_by_host(execution& e) noexcept {
    try {
        try {
            throw;
        } catch (const std::exception& thrown) {
            const char* const words = thrown.what();
            e.reason = words != nullptr ? words : "";
        } catch (...) {
            e.reason = "the host function has thrown what is no std::exception";
        }
    } catch (...) {
        e.reason.clear();  // there is no memory for the words
    }
    return trap_code::host;
}
#endif
/// What a host function says, and a trap if it throws: nothing can be unwound through the interpreter.
inline trap_code answer_of_host(execution& e, const function& f, runtime* in, std::byte* values) noexcept {
#if defined(__cpp_exceptions)
    try {
        return f.host(f, in, values);
    } catch (...) {
        return thrown_by_host(e);
    }
#else
    static_cast<void>(e);
    return f.host(f, in, values);
#endif
}
/// Calls a host function, called by `in` or by the host (null), whose arguments stand at `values` and stay there while
/// it calls guests.
inline trap_code call_in_place(execution& e, const function& f, runtime* in, std::byte* values) noexcept {
    if (values + f.value_bytes > e.limit.load_relaxed()) return refused(e);
    std::byte* const top = std::exchange(e.top, values + f.value_bytes);
    const bool in_host = std::exchange(e.in_host, true);
    const trap_code code = answer_of_host(e, f, in, values);
    e.in_host = in_host;
    e.top = top;
    return code;
}
/// The same for a guest. The result, if it is one, is then in every accumulator. It may have taken any time.
[[gnu::noinline]] inline trap_code call_host(const function& f, runtime* in, std::byte* values) noexcept {
    execution& e = *in->execution;
    const trap_code code = call_in_place(e, f, in, values);
    const bool bounded = e.is_asked_to_stop() || e.deadline != INT64_MAX;
    return code == trap_code::none && bounded ? polled(e) : code;
}
/// Calls the host function that the integer accumulator has. Operand 0: where the arguments stand.
template <unsigned Length>
struct call_host_function {
    static handler step(registers& x) noexcept {
        std::byte* const values = x.frame + word(x.pc, 0);
        const trap_code code = call_host(*from_reference<const function>(x.r), x.in, values);
        if (code != trap_code::none) [[unlikely]]
            return stop_with(x, code);
        x.memory = x.in->memory_data;
        x.r = get<u64>(values);
        x.d = get<double>(values);
        x.s = get<float>(values);
        x.pc += Length;
        return nullptr;
    }
};
/// Calls `f` by an instruction of `Length` cells, whose operand 0 is where the arguments stand.
template <unsigned Length>
[[gnu::always_inline]] inline handler call_function(registers& x, const function& f) noexcept {
    if (f.code == nullptr) {
        x.r = to_reference(&f);
        return run_aside<call_host_function<Length>>;
    }
    std::byte* const frame = x.frame + word(x.pc, 0);
    if (!has_room(x.in, frame, *f.code)) [[unlikely]]
        return run_aside<refuse>;
    enter(x, *f.code, f.entry, frame, Length);
    x.in = f.in;
    x.memory = f.in->memory_data;
    return nullptr;
}
/// Operands: where the arguments stand, their bytes, the link. The frame stays whole until the host function that the
/// integer accumulator has has returned: it may trap.
struct tail_call_host_function {
    static handler step(registers& x) noexcept {
        const auto& f = *from_reference<const function>(x.r);
        std::byte* const frame = x.frame;
        const trap_code code = call_host(f, x.in, frame + word(x.pc, 0));
        if (code != trap_code::none) [[unlikely]]
            return stop_with(x, code);
        const u32 from = word(x.pc, 0);
        leave_by(x, frame + word(x.pc, 2));
        __builtin_memmove(frame, frame + from, f.value_bytes);
        x.r = get<u64>(frame);
        x.d = get<double>(frame);
        x.s = get<float>(frame);
        return nullptr;
    }
};
/// Leaves the frame for a call of `f`. Operands: where the arguments stand, their bytes, the link.
[[gnu::always_inline]] inline handler tail_call_function(registers& x, const function& f) noexcept {
    if (f.code == nullptr) {
        x.r = to_reference(&f);
        return run_aside<tail_call_host_function>;
    }
    if (!has_room(x.in, x.frame, *f.code)) [[unlikely]]
        return run_aside<refuse>;
    const auto back = get<frame_link>(x.frame + word(x.pc, 2));
    __builtin_memmove(x.frame, x.frame + word(x.pc, 0), word(x.pc, 1));
    put(x.frame + f.code->link, back);
    x.in = f.in;
    x.memory = f.in->memory_data;
    x.pc = f.entry;
    return nullptr;
}

/// Operands: where the arguments stand; then the function's body.
struct call {
    static constexpr unsigned length = 3;
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        const body& code = *static_cast<const body*>(x.pc[2].pointer);
        std::byte* const frame = x.frame + word(x.pc, 0);
        if (!has_room(x.in, frame, code)) [[unlikely]]
            return run_aside<refuse>;
        enter(x, code, code.entry, frame, length);
        return nullptr;
    }
};
/// Operands: where the arguments stand, index.
struct call_import {
    static constexpr unsigned length = 2;
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        return call_function<length>(x, *x.in->functions[word(x.pc, 1)]);
    }
};
/// The function that a table has at `index`, if it is of the type with index `type`.
[[gnu::always_inline]] inline trap_code find_function(const registers& x, u64 index, u32 table_index, u32 type,
                                                      const function*& found) noexcept {
    const table& t = *x.in->tables[table_index];
    if (index >= t.elements.size()) [[unlikely]]
        return trap_code::undefined_element;
    found = from_reference<const function>(t.elements[static_cast<std::size_t>(index)]);
    if (found == nullptr) [[unlikely]]
        return trap_code::uninitialized_element;
    return found->type == x.in->types[type] ? trap_code::none : trap_code::indirect_call_type_mismatch;
}
template <class Index, place A>
[[gnu::always_inline]] inline u64 table_index(const registers& x, unsigned operand) noexcept {
    if constexpr (A == place::R)
        return accumulator<Index>(x);
    else
        return get<Index>(x.frame + word(x.pc, operand));
}
/// Operands: where the arguments stand, index in the table, table, type. For all functions, also those that cannot be
/// called.
template <class Index, place A>
struct call_any_indirect {
    static constexpr unsigned length = 3;
    static handler step(registers& x) noexcept {
        const function* f;
        const trap_code code = find_function(x, table_index<Index, A>(x, 1), word(x.pc, 2), word(x.pc, 3), f);
        if (code != trap_code::none) [[unlikely]]
            return stop_with(x, code);
        return call_function<length>(x, *f);
    }
};
template <class Index, place A>
struct call_indirect {
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        const reference_list& elements = x.in->tables[word(x.pc, 2)]->elements;
        const u64 index = table_index<Index, A>(x, 1);
        if (index < elements.size()) [[likely]] {
            const auto* const f = from_reference<const function>(elements[static_cast<std::size_t>(index)]);
            std::byte* const frame = x.frame + word(x.pc, 0);
            if (f != nullptr && f->type == x.in->types[word(x.pc, 3)] && f->code != nullptr &&
                has_room(x.in, frame, *f->code)) [[likely]] {
                enter(x, *f->code, f->entry, frame, call_any_indirect<Index, A>::length);
                x.in = f->in;
                x.memory = f->in->memory_data;
                return nullptr;
            }
        }
        x.memory = x.in->memory_data;  // so that it is not kept
        return run_aside<call_any_indirect<Index, A>>;
    }
};
/// Operands: where the arguments stand, reference.
template <place A>
struct call_reference {
    static constexpr unsigned length = 2;
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        const auto* const f = from_reference<const function>(table_index<u64, A>(x, 1));
        if (f == nullptr) [[unlikely]]
            return stop_with(x, trap_code::null_function_reference);
        return call_function<length>(x, *f);
    }
};
/// Operands: where the arguments stand, their bytes, the link, index.
struct tail_call {
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        return tail_call_function(x, *x.in->functions[word(x.pc, 3)]);
    }
};
/// Operands: where the arguments stand, their bytes, the link, index in the table, table, type.
template <class Index>
struct tail_call_indirect {
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        const function* f;
        const trap_code code = find_function(x, table_index<Index, place::S>(x, 3), word(x.pc, 4), word(x.pc, 5), f);
        if (code != trap_code::none) [[unlikely]]
            return stop_with(x, code);
        return tail_call_function(x, *f);
    }
};
/// Operands: where the arguments stand, their bytes, the link, reference.
struct tail_call_reference {
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        const auto* const f = from_reference<const function>(table_index<u64, place::S>(x, 3));
        if (f == nullptr) [[unlikely]]
            return stop_with(x, trap_code::null_function_reference);
        return tail_call_function(x, *f);
    }
};

/// Operands: the link.
struct return_nothing {
    [[gnu::always_inline]] static void step(registers& x) noexcept { leave_by(x, x.frame + word(x.pc, 0)); }
};
/// Operands: the link, from.
template <class T>
struct return_place {
    [[gnu::always_inline]] static void step(registers& x) noexcept {
        set_accumulator<T>(x, get<T>(x.frame + word(x.pc, 1)));
        leave_by(x, x.frame + word(x.pc, 0));
    }
};
/// Results that no accumulator holds go to the start of the frame. Operands: the link, from, bytes.
struct return_many {
    [[gnu::always_inline]] static void step(registers& x) noexcept {
        std::byte* const frame = x.frame;
        const u32 from = word(x.pc, 1), bytes = word(x.pc, 2);
        leave_by(x, frame + word(x.pc, 0));
        __builtin_memmove(frame, frame + from, bytes);
    }
};

/// Operands: index, to.
template <bool Kept>
struct reference_to_function {
    [[gnu::always_inline]] static void step(registers& x) noexcept {
        set_result<Kept>(x, 1, to_reference(x.in->functions[word(x.pc, 0)]));
        x.pc += 2;
    }
};
/// Operand: the reference.
struct check_reference {
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        if (get<u64>(x.frame + word(x.pc, 0)) == 0) [[unlikely]]
            return stop_with(x, trap_code::null_reference);
        x.pc += 2;
        return nullptr;
    }
};

/// An instruction that is a call of C++: operands: where its values stand, then three numbers.
template <trap_code (*Function)(runtime& in, std::byte* frame, std::byte* values, const u32* numbers) noexcept>
struct runtime_call {
    static constexpr unsigned length = 3;
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        if (const trap_code code = called(x.in, x.frame, x.pc); code != trap_code::none) [[unlikely]]
            return stop_with(x, code);
        x.memory = x.in->memory_data;
        x.pc += length;
        return nullptr;
    }
    [[gnu::noinline]] static trap_code called(runtime* in, std::byte* frame, const cell* pc) noexcept {
        const u32 numbers[3] = {word(pc, 1), word(pc, 2), word(pc, 3)};
        return Function(*in, frame, frame + word(pc, 0), numbers);
    }
};

}  // namespace vitte::loader::wasm::ops
