/// C++ callables as functions that modules import.
#pragma once

#include <vitte/loader/wasm/run/store.hpp>

namespace vitte::loader::wasm {

/// Who calls a host function: the memory of the instance, for what its numbers point to.
class caller {
public:
    explicit caller(runtime* in) noexcept : in_(in) {}
    /// The bytes of the caller's memory 0; empty if it has none, or if the host itself calls.
    std::span<std::byte> memory() const noexcept {
        if (in_ == nullptr || in_->memories.empty()) return {};
        return {in_->memory_data, static_cast<std::size_t>(in_->memory_size)};
    }
    runtime* instance() const noexcept { return in_; }

private:
    runtime* in_;
};

/// What a host function returns that cannot go on: the module traps with this reason.
struct host_failure {
    std::string reason;
};

namespace detail {
/// What a host function has as its context.
template <class Callable>
struct host_callable {
    Callable callable;
    const handle_table* objects;
};
/// Calls a `Callable` with arguments from the value stack: `R(Args...)` or `R(caller, Args...)`, where the callable's
/// own result may also be a `result<R, host_failure>`.
template <class Callable, class R, class... Args>
struct host_thunk {
    static constexpr bool wants_caller = std::is_invocable_v<Callable&, caller, Args...>;

    static trap_code call(const function& self, runtime* in, std::byte* values) {
        auto& to = *static_cast<host_callable<Callable>*>(self.context);
        return loader::detail::receive<Args...>(*to.objects, values, [&](Args... arguments) {
            return answer(to.callable, in, values, static_cast<Args>(arguments)...);
        });
    }
    static trap_code answer(Callable& callable, runtime* in, [[maybe_unused]] std::byte* values, Args... arguments) {
        const auto invoke = [&]() -> decltype(auto) {
            if constexpr (wants_caller)
                return callable(caller(in), arguments...);
            else
                return callable(arguments...);
        };
        using made = decltype(invoke());
        if constexpr (std::is_void_v<made>) {
            invoke();
        } else if constexpr (vitte::detail::is_result<std::remove_cvref_t<made>>) {
            auto answer = invoke();
            if (!answer) {
                if (in != nullptr) in->execution->reason = std::move(answer.error().reason);
                return trap_code::host;
            }
            if constexpr (!std::is_void_v<R>) put_value<R>(values, static_cast<R>(*answer));
        } else {
            put_value<R>(values, static_cast<R>(invoke()));
        }
        return trap_code::none;
    }
};
template <class Signature>
struct host_binder;
template <class R, class... Args>
struct host_binder<R(Args...)> {
    template <class Callable>
    static constexpr host_call thunk = host_thunk<Callable, R, Args...>::call;
};
}  // namespace detail

/// `define_function<std::int32_t(std::int32_t)>("env", "f", callable)`: the callable takes these arguments, or a
/// `caller` before them, and returns this result or a `result<R, host_failure>`. Objects of the host are parameters as
/// pointers, references or handles, and results as handles, see `share`. If it throws, the module traps with
/// `trap_code::host`, and with the exception's words if it is a `std::exception`; handlers of the module do not see it.
/// That holds for what `module_loader::provide` offers, too.
template <sys::platform P>
template <class Signature, class Callable>
void basic_store<P>::define_function(std::string_view module, std::string_view name, Callable&& callable) {
    static_assert(crossing<Signature>::offerable,
                  "what goes into a module is a number or a handle, or an unchecked pointer; see `crosses`, `arrives`");
    using stored = std::decay_t<Callable>;
    using kept = detail::host_callable<stored>;
    callables_.push_back({new kept{std::forward<Callable>(callable), &execution_->objects},
                          [](void* p) { delete static_cast<kept*>(p); }});
    define(module, name,
           make_function(detail::signature_of(crossing<Signature>::types),
                         detail::host_binder<Signature>::template thunk<stored>, callables_.back().get()));
}

}  // namespace vitte::loader::wasm
