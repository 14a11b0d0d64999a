/// `trap`: why a call into a module did not return, and where it stopped. Only modules that are not native trap.
#pragma once

#include <cstdint>
#include <string>
#include <vector>
#include <vitte/core/error.hpp>
#include <vitte/core/printable.hpp>

namespace vitte::loader {

/// The reasons for a trap, in the words of the test suite of WebAssembly's core specification where it has some.
enum class trap_code : std::uint8_t {
    none,
    unreachable,
    memory_out_of_bounds,
    table_out_of_bounds,
    undefined_element,
    uninitialized_element,
    indirect_call_type_mismatch,
    integer_overflow,
    integer_divide_by_zero,
    invalid_conversion,
    null_reference,
    null_function_reference,
    null_exception_reference,
    uncaught_exception,
    call_stack_exhausted,
    out_of_fuel,
    interrupted,
    timed_out,
    out_of_memory,
    handle_type_mismatch,  ///< a reference to an object of the host that has another type than is asked for
    invalid_handle,        ///< a reference to an object that is not shared any more, or not by this store
    host,                  ///< a host function failed; the trap tells its own words
};

constexpr const char* message(trap_code code) noexcept {
    constexpr const char* texts[] = {
        "no trap",
        "unreachable",
        "out of bounds memory access",
        "out of bounds table access",
        "undefined element",
        "uninitialized element",
        "indirect call type mismatch",
        "integer overflow",
        "integer divide by zero",
        "invalid conversion to integer",
        "null reference",
        "null function reference",
        "null exception reference",
        "uncaught exception",
        "call stack exhausted",
        "all fuel consumed",
        "interrupted",
        "time limit reached",
        "out of memory",
        "host object of another type",
        "stale or foreign handle of a host object",
        "the host function failed",
    };
    return texts[static_cast<unsigned>(code)];
}

/// A function that was running, innermost first.
struct trap_frame {
    std::string module;
    std::uint32_t function = 0;  ///< index in its module
    std::string name;            ///< of the name section or the export, as it stands there; may be empty
};

/// A call that did not return.
struct trap {
    trap_code code = trap_code::none;
    std::string reason;
    std::vector<trap_frame> frames;

    /// One line: the reason, then the functions from the innermost one, each as `append_printable` has it.
    [[gnu::cold]] std::string message() const {
        std::string text;
        append_printable(text, reason.empty() ? loader::message(code) : reason);
        const char* before = " in ";
        for (const trap_frame& f : frames) {
            text += before;
            append_printable(text, f.name.empty() ? "function " + std::to_string(f.function) : f.name);
            before = ", called by ";
        }
        return text;
    }
};

}  // namespace vitte::loader
