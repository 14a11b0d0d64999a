/// Calls of C functions whose types are known only at run time. Where types are known at compile time, use
/// `module::function`.
#pragma once

#include <bit>
#include <utility>

#include <vitte/loader/signature.hpp>

namespace vitte::loader {

/// An argument or a result. Integers are kept sign- or zero-extended to 64 bits, numbers as their bits.
struct value {
    value_type type = value_type::nothing;
    std::uint64_t bits = 0;

    static constexpr value of(std::int64_t v) noexcept { return {value_type::i64, static_cast<std::uint64_t>(v)}; }
    static constexpr value of(double v) noexcept { return {value_type::f64, std::bit_cast<std::uint64_t>(v)}; }
    static constexpr value of(float v) noexcept { return {value_type::f32, std::bit_cast<std::uint32_t>(v)}; }
    static value of(const void* v) noexcept { return {value_type::pointer, reinterpret_cast<std::uintptr_t>(v)}; }
    static value of(const char* v) noexcept { return {value_type::string, reinterpret_cast<std::uintptr_t>(v)}; }

    constexpr std::int64_t as_signed() const noexcept { return static_cast<std::int64_t>(bits); }
    constexpr double as_double() const noexcept { return std::bit_cast<double>(bits); }
    constexpr float as_float() const noexcept { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); }
    const char* as_string() const noexcept { return reinterpret_cast<const char*>(static_cast<std::uintptr_t>(bits)); }
};

namespace detail {

/// `value` cut to the size of `type` and extended again, as the callee would read it.
constexpr std::uint64_t narrowed(value_type type, std::uint64_t bits) noexcept {
    const auto extended = [](auto v) { return static_cast<std::uint64_t>(static_cast<std::int64_t>(v)); };
    switch (type) {
        case value_type::i8: return extended(static_cast<std::int8_t>(bits));
        case value_type::u8: return static_cast<std::uint8_t>(bits);
        case value_type::i16: return extended(static_cast<std::int16_t>(bits));
        case value_type::u16: return static_cast<std::uint16_t>(bits);
        case value_type::i32: return extended(static_cast<std::int32_t>(bits));
        case value_type::u32: case value_type::f32: return static_cast<std::uint32_t>(bits);
        default: return bits;
    }
}

}  // namespace detail

/// Whether the integer `bits`, below zero if `negative`, is one of `type`.
constexpr bool fits(value_type type, std::uint64_t bits, bool negative) noexcept {
    if (type == value_type::u64 || type == value_type::pointer) return !negative;
    if (type == value_type::i64) return negative == (static_cast<std::int64_t>(bits) < 0);
    return detail::narrowed(type, bits) == bits;
}

namespace detail {

#if defined(__x86_64__) && !defined(_WIN32)
inline constexpr std::size_t integer_registers = 6;  // psABI 3.2.3: rdi rsi rdx rcx r8 r9; xmm0 to xmm7
#elif defined(__aarch64__) && !defined(__APPLE__)
inline constexpr std::size_t integer_registers = 8;  // AAPCS64 6.8.2: x0 to x7; v0 to v7
#else
inline constexpr std::size_t integer_registers = 0;
#endif
inline constexpr std::size_t number_registers = 8;

/// The arguments where the callee looks for them: integers and numbers are counted apart, each has its own registers,
/// and what is left over stands on the stack in order, eight bytes each.
struct registers {
    std::uint64_t integers[8] = {};
    double numbers[number_registers] = {};
    std::uint64_t stack[signature::max_parameters] = {};

    registers(std::span<const value_type> types, std::span<const value> arguments) noexcept {
        std::size_t next_integer = 0, next_number = 0, next_stack = 0;
        for (std::size_t i = 0; i < types.size(); ++i) {
            const std::uint64_t bits = narrowed(types[i], arguments[i].bits);
            const bool number = types[i] == value_type::f32 || types[i] == value_type::f64;
            if (number && next_number < number_registers) numbers[next_number++] = std::bit_cast<double>(bits);
            else if (!number && next_integer < integer_registers) integers[next_integer++] = bits;
            else stack[next_stack++] = bits;
        }
    }
};

/// Fills every argument register and the stack, so that the callee finds what it wants; it ignores the rest. By
/// C++'s rules it has another type, which is what a sanitizer would say.
template <class Result, std::size_t... Integer, std::size_t... Stack>
__attribute__((no_sanitize("undefined"))) Result call_filled(const void* function, const registers& r,
                                                             std::index_sequence<Integer...>, std::index_sequence<Stack...>) {
    using word = std::uint64_t;
    using filled = Result (*)(decltype(Integer, word())..., double, double, double, double, double, double, double, double,
                              decltype(Stack, word())...);
    const auto& d = r.numbers;
    return reinterpret_cast<filled>(const_cast<void*>(function))(r.integers[Integer]..., d[0], d[1], d[2], d[3], d[4], d[5],
                                                                 d[6], d[7], r.stack[Stack]...);
}
template <class Result>
Result call_filled(const void* function, const registers& r) {
    return call_filled<Result>(function, r, std::make_index_sequence<integer_registers>(),
                               std::make_index_sequence<signature::max_parameters>());
}

}  // namespace detail

/// Calls the C function at `function`, whose type is `type`, with as many arguments as it has parameters; integers are
/// cut to their parameter's size. That `type` is right is the caller's promise. Fails with `errc::invalid_argument` if
/// the number of arguments or their kind (number or not) is wrong, `errc::not_supported` on machines without this ABI.
/// Not for functions with variable arguments.
inline result<value> call(const void* function, const signature& type, std::span<const value> arguments) {
    if (detail::integer_registers == 0) return fail(errc::not_supported, "call");
    if (arguments.size() != type.parameters().size()) return fail(errc::invalid_argument, "call");
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto number = [](value_type t) { return t == value_type::f32 ? 1 : t == value_type::f64 ? 2 : 0; };
        if (number(arguments[i].type) != number(type.parameters()[i])) return fail(errc::invalid_argument, "call");
    }
    const detail::registers filled(type.parameters(), arguments);
    const value_type returned = type.result_type();
    if (returned == value_type::f64) return value::of(detail::call_filled<double>(function, filled));
    if (returned == value_type::f32) return value::of(detail::call_filled<float>(function, filled));
    const auto bits = detail::call_filled<std::uint64_t>(function, filled);
    return value{returned, returned == value_type::nothing ? 0 : detail::narrowed(returned, bits)};
}

}  // namespace vitte::loader
