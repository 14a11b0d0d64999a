/// Throwing and catching. Code that throws nothing pays nothing: each function has a table of what its `try_table`
/// blocks catch.
#pragma once

#include <vitte/loader/wasm/interpret/bulk.hpp>

namespace vitte::loader::wasm::ops {

/// Gives the exception a place that a reference can name; it lives as long as the store. Null if the limits do not
/// allow it.
inline const exception* keep_exception(execution& e) {
    const std::size_t bytes = sizeof(exception) + sizeof(exception*) + e.thrown.values.size();
    if (bytes > e.exception_bytes) return nullptr;
    e.exception_bytes -= bytes;
    e.kept.push_back(new exception(e.thrown));
    return e.kept.back();
}

/// Looks for who catches `execution.thrown`, from the instruction at `at` outwards up to where the host called. Gives
/// where to continue, with the frame and the instance in `execution`; the code that stops if nobody catches it.
[[gnu::noinline]] inline const cell* unwind(const cell* const at, std::byte* const thrower_frame,
                                            runtime* const thrower) {
    execution& e = *thrower->execution;
    runtime* in = thrower;
    std::byte* frame = thrower_frame;
    for (const cell* pc = at + 1; pc != stop_code;) {
        const body* const code = in->module->body_at(pc - 1);
        const auto position = static_cast<u32>(pc - code->entry);
        if (const trap_code stop = bulk::work(*in, 1 + code->clauses.size()); stop != trap_code::none) {
            trapped(stop, at, thrower_frame, thrower);
            return stop_code;
        }
        for (const catch_clause& c : code->clauses) {
            if (position <= c.begin || position > c.end) continue;
            if (c.tag != catch_clause::all && in->tags[c.tag] != e.thrown.tag) continue;
            std::byte* to = frame + c.values;
            if (c.tag != catch_clause::all) {
                if (!e.thrown.values.empty()) __builtin_memcpy(to, e.thrown.values.data(), e.thrown.values.size());
                to += e.thrown.values.size();
            }
            if (c.reference) {
                const exception* const kept = keep_exception(e);
                if (kept == nullptr) {
                    trapped(trap_code::out_of_memory, at, thrower_frame, thrower);
                    return stop_code;
                }
                put(to, to_reference(kept));
            }
            e.trap_frame = frame;
            e.trap_in = in;
            return code->entry + c.target;
        }
        const auto back = get<frame_link>(frame + code->link);
        pc = back.pc;
        frame = back.frame;
        in = back.in;
    }
    trapped(trap_code::uncaught_exception, at, thrower_frame, thrower);
    return stop_code;
}
[[gnu::always_inline]] inline void throw_on(registers& x) {
    x.pc = unwind(x.pc, x.frame, x.in);
    x.frame = x.in->execution->trap_frame;
    x.in = x.in->execution->trap_in;
    x.memory = x.in->memory_data;
}

[[gnu::noinline]] inline void make_exception(runtime* in, u32 tag, const std::byte* values, u32 count) {
    exception& made = in->execution->thrown;
    made.tag = in->tags[tag];
    made.values.clear();
    made.values.append(values, values + count);
}
/// Operands: where the values stand, their bytes, tag.
struct throw_tag {
    static void step(registers& x) {
        make_exception(x.in, word(x.pc, 2), x.frame + word(x.pc, 0), word(x.pc, 1));
        throw_on(x);
    }
};
/// Operand: reference.
struct throw_reference {
    static handler step(registers& x) {
        const auto* const thrown = from_reference<const exception>(get<reference>(x.frame + word(x.pc, 0)));
        if (thrown == nullptr) return stop_with(x, trap_code::null_exception_reference);
        x.in->execution->thrown = *thrown;
        throw_on(x);
        return nullptr;
    }
};

}  // namespace vitte::loader::wasm::ops
