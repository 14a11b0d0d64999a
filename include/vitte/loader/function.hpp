/// `function`: an exported function of a module of any kind, with its C++ type.
#pragma once

#include <memory>
#include <vitte/core/result.hpp>
#include <vitte/loader/crossing.hpp>
#include <vitte/loader/trap.hpp>

namespace vitte::loader {

namespace detail {
/// What a back end knows of a function.
struct function_entry {
    void* target = nullptr;  ///< the function's address, if `enter` is null
    void* context = nullptr;
    /// Calls `target`, with arguments and result as `typed_call` has them; returns why it did not return, or null.
    std::unique_ptr<trap> (*enter)(void* context, void* target, std::uint64_t* values) = nullptr;
    const handle_table* objects = nullptr;  ///< of the module's store, if `enter` is not null
};

template <class Signature>
inline constexpr bool is_plain_signature = false;
template <class R, class... Args>
inline constexpr bool is_plain_signature<R(Args...)> = !std::is_reference_v<R>;
}  // namespace detail

/// The function types that `function` can have: without variable arguments, and what they return is no reference. For
/// others there is `module::function_pointer`.
template <class Signature>
concept plain_signature = detail::is_plain_signature<Signature>;

/// `function<R(Args...)>`, as `module::function` finds it. Copies are the same function. It may be called until the
/// module is unloaded: of a native module from any thread that the function itself allows, of another one from one
/// thread at a time, in which nothing else of the module runs.
///
/// In native modules that is an indirect call behind the test of a pointer, or without one for types that cannot cross.
template <plain_signature Signature>
class function;
template <class R, class... Args>
class function<R(Args...)> {
public:
    explicit function(const detail::function_entry& entry) noexcept : entry_(entry) {}

    /// Calls it; fails with the trap that stopped it. A native function never fails.
    result<R, trap> operator()(Args... arguments) const {
        using types = crossing<R(Args...)>;
        if constexpr (types::names_handles) {
            return enter(arguments...);
        } else {
            if constexpr (types::callable)
                if (entry_.enter != nullptr) [[unlikely]]
                    return enter(arguments...);
            const auto native = reinterpret_cast<detail::native_t<R(Args...)>*>(entry_.target);
            if constexpr (std::is_void_v<R>) {
                native(static_cast<Args&&>(arguments)...);
                return {};
            } else {
                return static_cast<R>(native(static_cast<Args&&>(arguments)...));
            }
        }
    }

private:
    [[gnu::noinline]] result<R, trap> enter(Args... arguments) const {
        std::uint64_t values[sizeof...(Args) + 1] = {detail::to_bits(arguments)...};
        if (const auto stopped = entry_.enter(entry_.context, entry_.target, values))
            return unexpected(std::move(*stopped));
        if constexpr (std::is_void_v<R>) {
            return {};
        } else {
            using plain = std::remove_cv_t<R>;
            void* found = nullptr;
            if constexpr (detail::looked_up<plain>) {  // no native module has objects
                const trap_code code = detail::look_up<plain>(*entry_.objects, *values, found);
                if (code != trap_code::none) return unexpected(trap{code, {}, {}});
            }
            return detail::arrived<plain>(*values, found);
        }
    }

    detail::function_entry entry_;
};

}  // namespace vitte::loader
