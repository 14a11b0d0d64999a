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
        case value_type::pointer: case value_type::string: return static_cast<std::uintptr_t>(bits);
        default: return bits;
    }
}

}  // namespace detail

/// Whether the integer `bits`, below zero if `negative`, is one of `type`. Addresses are integers without a sign;
/// `f32`, `f64` and `void` have none.
constexpr bool fits(value_type type, std::uint64_t bits, bool negative) noexcept {
    if (type == value_type::nothing || type == value_type::f32 || type == value_type::f64) return false;
    const bool is_signed = type == value_type::i8 || type == value_type::i16 || type == value_type::i32 ||
                           type == value_type::i64;
    if (detail::narrowed(type, bits) != bits) return false;
    return is_signed ? negative == (static_cast<std::int64_t>(bits) < 0) : !negative;
}

namespace detail {

/// Where a machine's C ABI has arguments: so many integer registers, so many for numbers, and words on the stack.
/// Of `position_is_shared`, the n-th argument has the n-th register of either kind.
struct common_abi {
    using word = std::uint64_t;
    static constexpr std::size_t number_registers = 8;
    static constexpr bool supported = true, position_is_shared = false, numbers_overflow_into_integers = false;

    /// A number as a register for doubles holds it, and an integer as one for integers does.
    static constexpr std::uint64_t in_number_register(value_type, std::uint64_t bits) noexcept { return bits; }
    static constexpr std::uint64_t in_integer_register(value_type, std::uint64_t bits) noexcept { return bits; }
};

#if defined(__x86_64__) && defined(_WIN32)
struct abi : common_abi {  // x64 calling convention: rcx rdx r8 r9, or xmm0 to xmm3
    static constexpr std::size_t integer_registers = 4, number_registers = 4;
    static constexpr bool position_is_shared = true;
};
#elif defined(__x86_64__) && defined(__LP64__)
struct abi : common_abi {  // psABI 3.2.3: rdi rsi rdx rcx r8 r9; xmm0 to xmm7
    static constexpr std::size_t integer_registers = 6;
};
#elif defined(__aarch64__) && !defined(__APPLE__)
struct abi : common_abi {  // AAPCS64 6.8.2: x0 to x7; v0 to v7
    static constexpr std::size_t integer_registers = 8;
};
#elif defined(__riscv) && __riscv_xlen == 64 && defined(__riscv_float_abi_double)
struct abi : common_abi {  // RISC-V ABIs, "Hardware Floating-point Calling Convention": a0 to a7; fa0 to fa7
    static constexpr std::size_t integer_registers = 8;
    static constexpr bool numbers_overflow_into_integers = true;
    static constexpr std::uint64_t in_number_register(value_type type, std::uint64_t bits) noexcept {
        return type == value_type::f32 ? bits | 0xffffffff00000000 : bits;
    }
    /// 32 bits are sign-extended, whatever their type.
    static constexpr std::uint64_t in_integer_register(value_type type, std::uint64_t bits) noexcept {
        return type == value_type::u32 ? static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(bits)})
                                       : bits;
    }
};
#elif defined(__s390x__)
struct abi : common_abi {  // s390x ABI, "Parameter passing": r2 to r6; f0 f2 f4 f6, of which a short number fills the
                           // left half
    static constexpr std::size_t integer_registers = 5, number_registers = 4;
    static constexpr std::uint64_t in_number_register(value_type type, std::uint64_t bits) noexcept {
        return type == value_type::f32 ? bits << 32 : bits;
    }
};
#elif defined(__arm__) && defined(__ARM_PCS_VFP)
struct abi : common_abi {  // AAPCS32 6.4 and 7.1.2: r0 to r3; s0 to s15, which are d0 to d7
    using word = std::uint32_t;
    static constexpr std::size_t integer_registers = 4;
};
#else
struct abi : common_abi {
    static constexpr std::size_t integer_registers = 1;
    static constexpr bool supported = false;
};
#endif

constexpr bool is_number(value_type type) noexcept { return type == value_type::f32 || type == value_type::f64; }

/// The arguments where the callee looks for them. Integers and numbers are counted apart, unless positions are shared;
/// what is left over stands on the stack in order, a word each.
template <class Abi>
struct registers {
    typename Abi::word integers[Abi::integer_registers] = {};
    double numbers[Abi::number_registers] = {};
    typename Abi::word stack[signature::max_parameters * 8 / sizeof(typename Abi::word)] = {};
    unsigned number_positions = 0;  ///< bit n: the n-th argument is a number

    registers(std::span<const value_type> types, std::span<const value> values) noexcept {
        for (std::size_t i = 0; i < types.size(); ++i) {
            const std::uint64_t bits = narrowed(types[i], values[i].bits);
            if constexpr (sizeof(typename Abi::word) == 4) add_narrow(types[i], bits);
            else if constexpr (Abi::position_is_shared) add_shared(types[i], bits, i);
            else add(types[i], bits);
        }
    }

private:
    void add(value_type type, std::uint64_t bits) noexcept {
        const bool number = is_number(type);
        if (number && next_number_ < Abi::number_registers)
            numbers[next_number_++] = std::bit_cast<double>(Abi::in_number_register(type, bits));
        else if ((!number || Abi::numbers_overflow_into_integers) && next_integer_ < Abi::integer_registers)
            integers[next_integer_++] = static_cast<typename Abi::word>(Abi::in_integer_register(type, bits));
        else stack[next_stack_++] = static_cast<typename Abi::word>(Abi::in_integer_register(type, bits));
    }
    void add_shared(value_type type, std::uint64_t bits, std::size_t position) noexcept {
        if (position >= Abi::integer_registers) {
            stack[next_stack_++] = static_cast<typename Abi::word>(bits);
        } else if (is_number(type)) {
            number_positions |= 1u << position;
            numbers[position] = std::bit_cast<double>(bits);
        } else {
            integers[position] = static_cast<typename Abi::word>(bits);
        }
    }
    /// Eight bytes are two words at an even place. Short numbers fill the halves of registers that were left free,
    /// until one number had to go to the stack.
    void add_narrow(value_type type, std::uint64_t bits) noexcept {
        const std::size_t words = type == value_type::f64 || type == value_type::i64 || type == value_type::u64 ? 2 : 1;
        if (is_number(type) && add_to_numbers(bits, words)) return;
        if (!is_number(type)) {
            const std::size_t at = (next_integer_ + words - 1) & ~(words - 1);
            next_integer_ = at + words;
            if (next_integer_ <= Abi::integer_registers) return put(integers + at, bits, words);
            next_integer_ = Abi::integer_registers;
        }
        next_stack_ = (next_stack_ + words - 1) & ~(words - 1);
        put(stack + next_stack_, bits, words);
        next_stack_ += words;
    }
    bool add_to_numbers(std::uint64_t bits, std::size_t words) noexcept {
        const unsigned mask = words == 2 ? 3 : 1;
        for (std::size_t at = 0; at < 2 * Abi::number_registers; at += words) {
            if ((taken_ >> at & mask) != 0) continue;
            taken_ |= mask << at;
            __builtin_memcpy(reinterpret_cast<std::byte*>(numbers) + 4 * at, &bits, 4 * words);
            return true;
        }
        taken_ = ~0u;
        return false;
    }
    static void put(typename Abi::word* to, std::uint64_t bits, std::size_t words) noexcept {
        __builtin_memcpy(to, &bits, words * sizeof *to);
    }

    std::size_t next_integer_ = 0, next_number_ = 0, next_stack_ = 0;
    unsigned taken_ = 0;  ///< of the single-precision registers
};

/// Fills every argument register and the stack, so that the callee finds what it wants; it ignores the rest. By
/// C++'s rules it has another type, which is what a sanitizer would say.
template <class Result, class Abi, std::size_t... Integer, std::size_t... Number, std::size_t... Stack>
__attribute__((no_sanitize("undefined"))) Result call_filled(const void* function, const registers<Abi>& r,
                                                             std::index_sequence<Integer...>,
                                                             std::index_sequence<Number...>,
                                                             std::index_sequence<Stack...>) {
    using word = typename Abi::word;
    using filled = Result (*)(decltype(Integer, word())..., decltype(Number, double())..., decltype(Stack, word())...);
    return reinterpret_cast<filled>(const_cast<void*>(function))(r.integers[Integer]..., r.numbers[Number]...,
                                                                 r.stack[Stack]...);
}

/// The same where each of four positions is either an integer or a number.
template <class Result, unsigned Numbers, class Abi, std::size_t... Stack>
__attribute__((no_sanitize("undefined"))) Result call_shared(const void* function, const registers<Abi>& r,
                                                             std::index_sequence<Stack...> stack) {
    if constexpr (Numbers < 15)
        if (r.number_positions != Numbers) return call_shared<Result, Numbers + 1>(function, r, stack);
    using word = typename Abi::word;
    const auto at = [&]<unsigned Position>(std::integral_constant<unsigned, Position>) {
        if constexpr ((Numbers >> Position & 1) != 0) return r.numbers[Position];
        else return r.integers[Position];
    };
    const auto call = [&](auto a, auto b, auto c, auto d) {
        using filled = Result (*)(decltype(a), decltype(b), decltype(c), decltype(d), decltype(Stack, word())...);
        return reinterpret_cast<filled>(const_cast<void*>(function))(a, b, c, d, r.stack[Stack]...);
    };
    return call(at(std::integral_constant<unsigned, 0>()), at(std::integral_constant<unsigned, 1>()),
                at(std::integral_constant<unsigned, 2>()), at(std::integral_constant<unsigned, 3>()));
}

template <class Result, class Abi>
Result call_filled(const void* function, const registers<Abi>& r) {
    constexpr auto stack = std::make_index_sequence<sizeof r.stack / sizeof *r.stack>();
    if constexpr (Abi::position_is_shared) return call_shared<Result, 0>(function, r, stack);
    else
        return call_filled<Result>(function, r, std::make_index_sequence<Abi::integer_registers>(),
                                   std::make_index_sequence<Abi::number_registers>(), stack);
}

}  // namespace detail

/// Calls the C function at `function`, whose type is `type`, with as many arguments as it has parameters; integers are
/// cut to their parameter's size. That `type` is right is the caller's promise. Fails with `errc::invalid_argument` if
/// the number of arguments or their kind (`f32`, `f64` or neither) is wrong, `errc::not_supported` on machines without
/// this ABI. Not for functions with variable arguments.
inline result<value> call(const void* function, const signature& type, std::span<const value> arguments) {
    if (!detail::abi::supported) return fail(errc::not_supported, "call");
    if (arguments.size() != type.parameters().size()) return fail(errc::invalid_argument, "call");
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto number = [](value_type t) { return t == value_type::f32 ? 1 : t == value_type::f64 ? 2 : 0; };
        if (number(arguments[i].type) != number(type.parameters()[i])) return fail(errc::invalid_argument, "call");
    }
    const detail::registers<detail::abi> filled(type.parameters(), arguments);
    const value_type returned = type.result_type();
    if (returned == value_type::f64) return value::of(detail::call_filled<double>(function, filled));
    if (returned == value_type::f32) return value::of(detail::call_filled<float>(function, filled));
    const auto bits = detail::call_filled<std::uint64_t>(function, filled);
    return value{returned, returned == value_type::nothing ? 0 : detail::narrowed(returned, bits)};
}

}  // namespace vitte::loader
