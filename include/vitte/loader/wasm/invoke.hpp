/// Calls into WebAssembly, and what is told when they trap.
#pragma once

#include <span>
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
    if (index < module.function_names.size() && !module.function_names[index].empty())
        return module.function_names[index];
    for (const export_description& x : module.exports)
        if (x.kind == external_kind::function && x.index == index) return x.name;
    return {};
}

/// Describes the trap that `run_function` has told of, and lets the execution go on.
[[gnu::cold, gnu::noinline]] inline trap take_trap(execution& e) {
    constexpr std::size_t most_frames = 64;
    trap made;
    made.code = std::exchange(e.trap, trap_code::none);
    made.reason = std::exchange(e.reason, std::string());
    if (made.code == trap_code::interrupted || made.code == trap_code::timed_out) {
        e.stop.store_relaxed(0);
        e.limit.store_relaxed(e.end);
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

/// The type in WebAssembly of a C++ type; `unknown` if there is none.
template <class T>
constexpr value_type type_of() noexcept {
    if constexpr (std::is_same_v<T, float>)
        return f32;
    else if constexpr (std::is_same_v<T, double>)
        return f64;
    else if constexpr (std::is_pointer_v<T>)
        return external_reference;
    else if constexpr (std::is_integral_v<T> && sizeof(T) == 4)
        return i32;
    else if constexpr (std::is_integral_v<T> && sizeof(T) == 8)
        return i64;
    else
        return unknown;
}
/// C++ types that are values of WebAssembly: integers of 32 or 64 bits, floating-point numbers, and pointers, which are
/// external references.
template <class T>
concept wasm_value = type_of<T>() != unknown;
template <class R>
concept wasm_result = std::is_void_v<R> || wasm_value<R>;

template <class T>
void put_value(std::byte* at, T v) noexcept {
    if constexpr (std::is_pointer_v<T>)
        ops::put(at, to_reference(v));
    else
        ops::put(at, v);
}
template <class T>
T get_value(const std::byte* at) noexcept {
    if constexpr (std::is_pointer_v<T>)
        return from_reference<std::remove_pointer_t<T>>(ops::get<reference>(at));
    else
        return ops::get<T>(at);
}

template <class Signature>
struct cpp_signature;
template <class R, class... Args>
struct cpp_signature<R(Args...)> {
    static signature make() {
        signature made;
        made.parameters = {type_of<Args>()...};
        if constexpr (!std::is_void_v<R>) made.results = {type_of<R>()};
        return made;
    }
};

}  // namespace detail

/// An exported function whose C++ type has been checked. It may be called as long as its store is there, from the
/// thread that uses the store.
template <class Signature>
class typed_function;
template <detail::wasm_result R, detail::wasm_value... Args>
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
        else if constexpr (std::is_pointer_v<R>)
            return from_reference<std::remove_pointer_t<R>>(e.r);
        else
            return static_cast<R>(e.r);
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
    const auto& types = f.description->results;
    if (types.size() == 1 && types[0] != v128) {
        switch (bank_of(types[0])) {
            case bank::int32: ops::put(frame, static_cast<std::uint32_t>(e.r)); break;
            case bank::float32: ops::put(frame, e.s); break;
            case bank::float64: ops::put(frame, e.d); break;
            default: ops::put(frame, e.r);
        }
    }
    std::vector<value> made;
    at = frame;
    for (const value_type t : types) {
        value v{t, {}};
        __builtin_memcpy(v.bits.bits, at, bytes_of(t));
        made.push_back(v);
        at += bytes_of(t);
    }
    return made;
}

}  // namespace vitte::loader::wasm
