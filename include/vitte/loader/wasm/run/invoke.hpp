/// Calls into WebAssembly, and what is told when they trap.
#pragma once

#include <optional>
#include <span>
#include <vector>
#include <vitte/loader/crossing.hpp>
#include <vitte/loader/wasm/interpret/bank.hpp>
#include <vitte/loader/wasm/run/constant_expression.hpp>

namespace vitte::loader::wasm {

/// A value and its type. An external reference is the bits of a `handle`, `constant_value::of(handle)`, and read as
/// one, `as<handle<T>>()`; what other numbers mean is the host's business, and those below 2^63 are no handle's.
struct value {
    value_type type;
    constant_value bits;

    template <class T>
        requires(!std::is_pointer_v<T>)
    T as() const noexcept {
        return bits.as<T>();
    }
};

namespace detail {

/// Runs `f`, whose arguments stand at the start of `frame`. Its results stand there then, or, if there is one that is
/// no vector, in the execution's accumulators. False if it trapped.
bool run_function(execution& e, const function& f, std::byte* frame) noexcept;
/// Runs the code of `f` until it leaves the interpreter.
void interpret(execution& e, const function& f, std::byte* frame) noexcept;
/// Describes the trap that `run_function` has told of, and lets the execution go on.
trap take_trap(execution& e);

/// What a type that crosses is in WebAssembly, as in C's ABI but for handles and pointers, which are external
/// references; `unknown` for `nothing`.
constexpr value_type type_of(loader::value_type type) noexcept {
    using enum loader::value_type;
    switch (type) {
        case nothing: return unknown;
        case i64:
        case u64: return wasm::i64;
        case f32: return wasm::f32;
        case f64: return wasm::f64;
        case pointer:
        case string: return external_reference;
        default: return wasm::i32;
    }
}
inline signature signature_of(const loader::signature& types) {
    signature made;
    for (const loader::value_type t : types.parameters()) made.parameters.push_back(type_of(t));
    if (types.result_type() != loader::value_type::nothing) made.results.push_back(type_of(types.result_type()));
    return made;
}

/// The same for a type of numbers only; nothing for others, and for those that are too long.
inline std::optional<loader::signature> numbers_of(const signature& types) {
    constexpr std::size_t most = loader::signature::max_parameters;
    if (types.parameters.size() > most || types.results.size() > 1) return std::nullopt;
    const auto number = [](value_type t) {
        using enum loader::value_type;
        return t == wasm::i32 ? i32 : t == wasm::i64 ? i64 : t == wasm::f32 ? f32 : t == wasm::f64 ? f64 : nothing;
    };
    loader::value_type parameters[most];
    for (std::size_t i = 0; i < types.parameters.size(); ++i)
        if ((parameters[i] = number(types.parameters[i])) == loader::value_type::nothing) return std::nullopt;
    auto result = loader::value_type::nothing;
    if (!types.results.empty() && (result = number(types.results[0])) == loader::value_type::nothing)
        return std::nullopt;
    return loader::signature(result, std::span<const loader::value_type>(parameters, types.parameters.size()));
}

template <class T>
void put_value(std::byte* at, T v) noexcept {
    ops::put(at, loader::detail::to_bits(v));
}

/// Puts what `run_function` has left in the accumulators at the start of `frame`, where other results stand already.
inline void settle(const execution& e, const light_vector<value_type>& results, std::byte* frame) noexcept {
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
    requires(crossing<R(Args...)>::callable)
class typed_function<R(Args...)> {
public:
    typed_function(execution& e, const function& f) noexcept : execution_(&e), function_(&f) {}

    /// Calls it; fails with the trap that stopped it, or if what it returns is not the handle that `R` wants.
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
        else if constexpr (std::is_same_v<plain, float>)
            return e.s;
        else if constexpr (std::is_same_v<plain, double>)
            return e.d;
        else
            return arrived(e);
    }

private:
    using plain = std::remove_cv_t<R>;

    static result<R, trap> arrived(execution& e) {
        void* found = nullptr;
        e.trap = loader::detail::look_up<plain>(e.objects, e.r, found);
        if (e.trap == trap_code::none) [[likely]]
            return loader::detail::arrived<plain>(e.r, found);
        e.trap_pc = nullptr;
        return unexpected(detail::take_trap(e));
    }

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
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::uint32_t size = bytes_of(f.description->parameters[i]);
        VITTE_ASSERT(bytes_of(arguments[i].type) == size);
        __builtin_memcpy(at, arguments[i].bits.bits, size);
        at += size;
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
