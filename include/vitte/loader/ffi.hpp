/// Calls of C functions whose types are known only at run time. Where types are known at compile time, use
/// `module::function`.
#pragma once

#include <bit>
#include <vitte/loader/ffi/call.hpp>
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
        case value_type::u32:
        case value_type::f32: return static_cast<std::uint32_t>(bits);
        case value_type::pointer:
        case value_type::string: return static_cast<std::uintptr_t>(bits);
        default: return bits;
    }
}

/// Where the `size` low bytes of `bits` are.
inline void* low_bytes(std::uint64_t& bits, std::size_t size) noexcept {
    auto* const first = reinterpret_cast<std::byte*>(&bits);
    return std::endian::native == std::endian::big ? first + sizeof bits - size : first;
}

}  // namespace detail

/// Whether the integer `bits`, below zero if `negative`, is one of `type`. Addresses are integers without a sign;
/// `f32`, `f64` and `void` have none.
constexpr bool fits(value_type type, std::uint64_t bits, bool negative) noexcept {
    if (type == value_type::nothing || type == value_type::f32 || type == value_type::f64) return false;
    const bool is_signed =
        type == value_type::i8 || type == value_type::i16 || type == value_type::i32 || type == value_type::i64;
    if (detail::narrowed(type, bits) != bits) return false;
    return is_signed ? negative == (static_cast<std::int64_t>(bits) < 0) : !negative;
}

/// Calls the C function at `function`, whose type is `type`, with as many arguments as it has parameters; integers are
/// cut to their parameter's size. That `type` is right is the caller's promise. Fails with `errc::invalid_argument` if
/// the number of arguments or their kind (`f32`, `f64` or neither) is wrong, `errc::not_supported` on machines whose
/// ABI is not known, `errc::out_of_memory`. Not for functions with variable arguments: see `ffi::call`, which also
/// calls more than once by what is found out here.
inline result<value> call(const void* function, const signature& type, std::span<const value> arguments) {
    const std::size_t count = type.parameters().size();
    if (arguments.size() != count) return fail(errc::invalid_argument, "call");
    for (std::size_t i = 0; i < count; ++i) {
        const auto number = [](value_type t) { return t == value_type::f32 ? 1 : t == value_type::f64 ? 2 : 0; };
        if (number(arguments[i].type) != number(type.parameters()[i])) return fail(errc::invalid_argument, "call");
    }
    const ffi::type* types[signature::max_parameters];
    const void* addresses[signature::max_parameters];
    std::uint64_t bits[signature::max_parameters];
    for (std::size_t i = 0; i < count; ++i) {
        types[i] = &ffi::scalar(type.parameters()[i]);
        bits[i] = arguments[i].bits;
        addresses[i] = detail::low_bytes(bits[i], types[i]->size);
    }
    VITTE_TRY(const ffi::plan plan,
              ffi::make_plan({ffi::native_abi, &ffi::scalar(type.result_type()), {types, count}, false, count}));
    value returned{type.result_type()};
    ffi::call(plan, function, addresses, detail::low_bytes(returned.bits, plan.result_size));
    returned.bits = detail::narrowed(returned.type, returned.bits);
    return returned;
}

}  // namespace vitte::loader
