/// Contract checks: a broken precondition stops the program, in every build type. Bad *input* never ends up here; it
/// is reported through `vitte::result`.
#pragma once

namespace vitte {

/// What a failed `VITTE_ASSERT` knows about itself.
struct assertion {
    const char* condition;
    const char* file;
    int line;
};

namespace detail {
/// The last call of a program whose contract was broken. Not inlined, so that a debugger stops at a named frame and
/// the hot path pays one predictable branch.
[[noreturn, gnu::noinline, gnu::cold]] inline void assertion_failed([[maybe_unused]] const assertion& what) {
    __builtin_trap();
}
}  // namespace detail
}  // namespace vitte

/// Stops the program if `condition` is false. Evaluates `condition` exactly once, in debug and release builds alike.
#define VITTE_ASSERT(...)                                                                               \
    (__builtin_expect(static_cast<bool>(__VA_ARGS__), 1)                                                \
         ? static_cast<void>(0)                                                                         \
         : ::vitte::detail::assertion_failed(::vitte::assertion{#__VA_ARGS__, __FILE__, __LINE__}))
