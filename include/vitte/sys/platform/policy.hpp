/// The concept that every template over a platform asks for; `contract.hpp` says what the facets have to offer.
#pragma once

#include <vitte/core/atomic.hpp>
#include <vitte/core/result.hpp>
#include <vitte/sys/platform/process_types.hpp>
#include <vitte/sys/platform/types.hpp>

/// Leaves a function with what the call returns, which platforms may lack: then with `errc::not_supported` and the name
/// of the operation.
#define VITTE_CALL_IF_PRESENT(operation, ...)                                       \
    if constexpr (requires { __VA_ARGS__; })                                        \
        return __VA_ARGS__;                                                         \
    else                                                                            \
        return ::vitte::fail(::vitte::errc::not_supported, operation)

namespace vitte::sys {

/// What every platform has. Other facets are asked for where they are used. That each facet keeps its contract is
/// checked by a test and not wherever a platform is named, which would make every user's compiler pay for it.
template <class P>
concept platform = requires {
    typename P::memory;
    typename P::files;
    typename P::clocks;
};

namespace detail {
template <class P, class T>
struct platform_atomic {
    using type = atomic<T>;
};
template <class P, class T>
    requires requires { typename P::template atomic<T>; }
struct platform_atomic<P, T> {
    using type = typename P::template atomic<T>;
};
}  // namespace detail

/// What the threads of a platform share without a lock: `vitte::atomic`, unless the platform has its own.
template <class P, class T>
using atomic_of = typename detail::platform_atomic<P, T>::type;

}  // namespace vitte::sys
