/// Calls into WebAssembly, and what is told when they trap.
#pragma once

#include <span>
#include <vitte/loader/crossing.hpp>
#include <vitte/loader/wasm/constant_expression.hpp>
#include <vitte/loader/wasm/interpret_control.hpp>
#include <vitte/loader/wasm/value_stack.hpp>

namespace vitte::loader::wasm {

/// A value and its type.
struct value {
    value_type type;
    constant_value bits;

    template <class T>
    T as() const noexcept {
        return bits.as<T>();
    }
};

namespace detail {

/// Runs the code of `f` until it leaves the interpreter.
inline void interpret([[maybe_unused]] execution& e, const function& f, std::byte* frame) noexcept {
#if VITTE_WASM_TAIL_CALLS
    f.entry->run(f.entry, frame, f.in->memory_data, f.in, 0, 0, 0);
#else
    registers x{f.entry, frame, f.in->memory_data, f.in, 0, 0, 0};
    while (x.pc != ops::stop_code) x.pc->run(x);
    e.r = x.r;
    e.d = x.d;
    e.s = x.s;
#endif
}

/// Runs `f`, whose arguments stand at the start of `frame`. Its results stand there then, or, if there is one that is
/// no vector, in the execution's accumulators. False if it trapped.
inline bool run_function(execution& e, const function& f, std::byte* frame) noexcept {
    if (e.depth == e.most_depth) {
        e.trap = trap_code::call_stack_exhausted;
        e.trap_pc = nullptr;
        return false;
    }
    if (f.code == nullptr) {
        ++e.depth;
        const trap_code code =
            frame + f.value_bytes > e.limit.load_relaxed() ? ops::refused(e) : f.host(f, nullptr, frame);
        --e.depth;
        if (code != trap_code::none) {
            e.trap = code;
            e.trap_pc = nullptr;
            return false;
        }
        e.r = ops::get<std::uint64_t>(frame);
        e.d = ops::get<double>(frame);
        e.s = ops::get<float>(frame);
        return true;
    }
    if (frame + f.code->frame_bytes > e.limit.load_relaxed()) [[unlikely]] {
        e.trap = ops::refused(e);
        e.trap_pc = nullptr;
        return false;
    }
    ops::put(frame + f.code->link, frame_link{ops::stop_code, frame, f.in});
    ++e.depth;
    const bool in_host = e.in_host;
    e.in_host = false;
    if (e.enter != nullptr)
        e.enter(e, f, frame);
    else
        interpret(e, f, frame);
    e.in_host = in_host;
    --e.depth;
    return e.trap == trap_code::none;
}

inline std::string function_name(const module_data& module, std::uint32_t index) {
    constexpr std::size_t most = 256;  // many frames may have the same name
    if (index < module.function_names.size() && !module.function_names[index].empty())
        return module.function_names[index].substr(0, most);
    for (const export_description& x : module.exports)
        if (x.kind == external_kind::function && x.index == index) return x.name.substr(0, most);
    return {};
}

/// Describes the trap that `run_function` has told of, and lets the execution go on.
[[gnu::cold, gnu::noinline]] inline trap take_trap(execution& e) {
    constexpr std::size_t most_frames = 64;
    trap made;
    made.code = std::exchange(e.trap, trap_code::none);
    made.reason = std::exchange(e.reason, std::string());
    if (made.code == trap_code::interrupted || made.code == trap_code::timed_out) {
        e.limit.store_relaxed(e.end);
        e.stop.store_release(0);
    }
    const cell* pc = std::exchange(e.trap_pc, nullptr);
    const std::byte* frame = e.trap_frame;
    const runtime* in = e.trap_in;
    while (pc != nullptr && pc != ops::stop_code && made.frames.size() < most_frames) {
        const body* const code = in->module->body_at(pc);
        if (code == nullptr) break;
        made.frames.push_back({in->name, code->index, function_name(*in->module, code->index)});
        const auto back = ops::get<frame_link>(frame + code->link);
        pc = back.pc == ops::stop_code ? nullptr : back.pc - 1;
        frame = back.frame;
        in = back.in;
    }
    return made;
}

/// What a type that crosses is in WebAssembly, as in C's ABI but for pointers, which are external references; `unknown`
/// for `nothing`.
constexpr value_type type_of(loader::value_type type) noexcept {
    using enum loader::value_type;
    switch (type) {
        case nothing: return unknown;
        case i64: case u64: return wasm::i64;
        case f32: return wasm::f32;
        case f64: return wasm::f64;
        case pointer: case string: return external_reference;
        default: return wasm::i32;
    }
}
inline signature signature_of(const loader::signature& types) {
    signature made;
    for (const loader::value_type t : types.parameters()) made.parameters.push_back(type_of(t));
    if (types.result_type() != loader::value_type::nothing) made.results.push_back(type_of(types.result_type()));
    return made;
}

template <class T>
void put_value(std::byte* at, T v) noexcept {
    ops::put(at, loader::detail::to_bits(v));
}
template <class T>
T get_value(const std::byte* at) noexcept {
    return loader::detail::from_bits<T>(ops::get<std::uint64_t>(at));
}

/// Puts what `run_function` has left in the accumulators at the start of `frame`, where other results stand already.
inline void settle(const execution& e, const std::vector<value_type>& results, std::byte* frame) noexcept {
    if (results.size() != 1 || results[0] == v128) return;
    switch (bank_of(results[0])) {
        case bank::float32: ops::put(frame, e.s); break;
        case bank::float64: ops::put(frame, e.d); break;
        default: ops::put(frame, e.r);
    }
}

}  // namespace detail

/// An exported function whose C++ type has been checked. It may be called as long as its store is there, from the
/// thread that uses the store.
template <class Signature>
class typed_function;
template <class R, class... Args>
    requires(crossing<R(Args...)>::possible)
class typed_function<R(Args...)> {
public:
    typed_function(execution& e, const function& f) noexcept : execution_(&e), function_(&f) {}

    /// Calls it; fails with the trap that stopped it.
    result<R, trap> operator()(Args... arguments) const {
        execution& e = *execution_;
        std::byte* const frame = e.top;
        if (frame + 8 * (sizeof...(Args) + 1) > e.end) [[unlikely]] {
            e.trap = trap_code::call_stack_exhausted;
            return unexpected(detail::take_trap(e));
        }
        std::byte* at = frame;
        ((detail::put_value(at, arguments), at += 8), ...);
        if (!detail::run_function(e, *function_, frame)) [[unlikely]]
            return unexpected(detail::take_trap(e));
        if constexpr (std::is_void_v<R>)
            return {};
        else if constexpr (std::is_same_v<R, float>)
            return e.s;
        else if constexpr (std::is_same_v<R, double>)
            return e.d;
        else
            return loader::detail::from_bits<R>(e.r);
    }

private:
    execution* execution_;
    const function* function_;
};

/// Calls `f` with values whose types must be those of its parameters.
inline result<std::vector<value>, trap> invoke(execution& e, const function& f, std::span<const value> arguments) {
    std::byte* const frame = e.top;
    std::uint32_t taken = 0;
    for (const value_type t : f.description->parameters) taken += bytes_of(t);
    VITTE_ASSERT(arguments.size() == f.description->parameters.size());
    if (frame + taken + 16 > e.end) {
        e.trap = trap_code::call_stack_exhausted;
        return unexpected(detail::take_trap(e));
    }
    std::byte* at = frame;
    for (const value& v : arguments) {
        __builtin_memcpy(at, v.bits.bits, bytes_of(v.type));
        at += bytes_of(v.type);
    }
    if (!detail::run_function(e, f, frame)) return unexpected(detail::take_trap(e));
    detail::settle(e, f.description->results, frame);
    std::vector<value> made;
    at = frame;
    for (const value_type t : f.description->results) {
        value v{t, {}};
        __builtin_memcpy(v.bits.bits, at, bytes_of(t));
        made.push_back(v);
        at += bytes_of(t);
    }
    return made;
}

}  // namespace vitte::loader::wasm
