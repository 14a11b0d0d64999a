/// C functions with types that are known at run time, called with C++ values or turned into typed pointers.
#pragma once

#include <span>
#include <vitte/loader/ffi/call.hpp>
#include <vitte/loader/ffi/described.hpp>

namespace vitte::loader::ffi {

namespace detail {
constexpr bool is_address(const type& t) noexcept { return t.kind == kind::pointer || t.kind == kind::string; }
/// Whether a value of the one is passed as one of the other: equal types, and all addresses.
constexpr bool interchangeable(const type& a, const type& b) noexcept {
    return a == b || (is_address(a) && is_address(b));
}
}  // namespace detail

/// The function at `address` as a plain pointer, whose calls cost what C's do, if `type` is what `Function` is;
/// `errc::invalid_argument` if it is not. Texts (`str`) and other addresses may stand for each other. That `type` is
/// right is the caller's promise.
template <class Function>
    requires std::is_function_v<Function>
result<Function*> typed(const function_type& type, void* address) noexcept {
    const function_type& wanted = function_type_of<Function>();
    bool same = type.abi == native_abi && type.variadic == wanted.variadic && type.fixed == wanted.fixed &&
                type.parameters.size() == wanted.parameters.size() &&
                detail::interchangeable(*type.result, *wanted.result);
    for (std::size_t i = 0; same && i < wanted.parameters.size(); ++i)
        same = detail::interchangeable(*type.parameters[i], *wanted.parameters[i]);
    if (!same) return fail(errc::invalid_argument, "ffi typed");
    return reinterpret_cast<Function*>(address);
}

/// A C function that was prepared to be called often. It refers to the types of its parameters, which must live as
/// long. Several threads may call it at once.
class function {
public:
    /// The function at `address`; that it has the type is the caller's promise. Fails as `make_plan` does, and with
    /// `errc::not_supported` if the type is one of another ABI than this machine's.
    static result<function> prepare(const function_type& type, const void* address) noexcept {
        if (type.abi != native_abi) return fail(errc::not_supported, "ffi function");
        VITTE_TRY(plan by, make_plan(type));
        return function(std::move(by), type, address);
    }

    const function_type& type() const noexcept { return type_; }

    /// See `ffi::call`.
    void call(const void* const* arguments, void* returned) const { ffi::call(by_, address_, arguments, returned); }

    /// Calls it with values whose C++ types are those of the parameters (`type_of`), and returns a `Result`, which is
    /// that of the function; `errc::invalid_argument` if they are not, and nothing has been called.
    template <class Result = void, class... Args>
    result<Result> operator()(Args... arguments) const {
        const ffi::type* const given[sizeof...(Args) + 1] = {&type_of<Args>()...};
        bool same =
            sizeof...(Args) == type_.parameters.size() && detail::interchangeable(*type_.result, type_of<Result>());
        for (std::size_t i = 0; same && i < sizeof...(Args); ++i)
            same = detail::interchangeable(*type_.parameters[i], *given[i]);
        if (!same) return fail(errc::invalid_argument, "ffi call");
        const void* const addresses[sizeof...(Args) + 1] = {&arguments...};
        if constexpr (std::is_void_v<Result>) {
            call(addresses, nullptr);
            return {};
        } else {
            Result returned{};
            call(addresses, &returned);
            return returned;
        }
    }

private:
    function(plan&& by, const function_type& type, const void* address) noexcept
        : by_(std::move(by)), type_(type), address_(address) {}

    plan by_;
    function_type type_;
    const void* address_;
};

}  // namespace vitte::loader::ffi
