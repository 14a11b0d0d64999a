/// Which C++ types can cross a call into or out of a module that is not native, and how: as 64 bits in the low part of
/// which the value stands.
#pragma once

#include <bit>
#include <type_traits>
#include <utility>
#include <vitte/loader/signature.hpp>

namespace vitte::loader {

namespace detail {

template <class T>
constexpr value_type type_that_crosses() noexcept {
    if constexpr (std::is_enum_v<T>) {
        return type_that_crosses<std::underlying_type_t<T>>();
    } else if constexpr (std::is_integral_v<T>) {
        using enum value_type;
        constexpr value_type signed_ones[] = {i8, i16, i32, i64, nothing},
                             unsigned_ones[] = {u8, u16, u32, u64, nothing};
        constexpr auto width = static_cast<std::size_t>(std::countr_zero(sizeof(T)));
        return std::is_signed_v<T> ? signed_ones[width] : unsigned_ones[width];
    } else if constexpr (std::is_same_v<T, float>) {
        return value_type::f32;
    } else if constexpr (std::is_same_v<T, double>) {
        return value_type::f64;
    } else {
        return std::is_pointer_v<T> ? value_type::pointer : value_type::nothing;
    }
}

/// Integers are extended as their type says, so that their low half has the value as one of 32 bits, too.
template <class T>
std::uint64_t to_bits(T value) noexcept {
    if constexpr (std::is_pointer_v<T>)
        return reinterpret_cast<std::uintptr_t>(value);
    else if constexpr (std::is_same_v<T, float>)
        return std::bit_cast<std::uint32_t>(value);
    else if constexpr (std::is_same_v<T, double>)
        return std::bit_cast<std::uint64_t>(value);
    else
        return static_cast<std::uint64_t>(value);
}
/// Of integers below 64 bits, what is above them is ignored.
template <class T>
T from_bits(std::uint64_t bits) noexcept {
    if constexpr (std::is_pointer_v<T>)
        return reinterpret_cast<T>(static_cast<std::uintptr_t>(bits));
    else if constexpr (std::is_same_v<T, float>)
        return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    else if constexpr (std::is_same_v<T, double>)
        return std::bit_cast<double>(bits);
    else if constexpr (std::is_same_v<T, bool>)
        return static_cast<std::uint32_t>(bits) != 0;
    else
        return static_cast<T>(bits);
}

}  // namespace detail

/// C++ types that can be parameters and results of functions of any kind of module: integers of up to 64 bits, `bool`,
/// enumerations, `float`, `double` and pointers.
template <class T>
concept crosses = detail::type_that_crosses<std::remove_cv_t<T>>() != value_type::nothing;

/// A function type that can cross, at run time.
struct typed_call {
    signature types;
    /// Calls the C++ function at `function` with the arguments at `values`, which has room for one at least, and leaves
    /// the result there.
    void (*call)(const void* function, std::uint64_t* values);
};

/// Whether functions of a type can be those of any kind of module; if so, how they look and are called at run time.
template <class Signature>
struct crossing {
    static constexpr bool possible = false;
};
template <class R, crosses... Args>
    requires((std::is_void_v<R> || crosses<R>) && sizeof...(Args) <= signature::max_parameters)
struct crossing<R(Args...)> {
    static constexpr bool possible = true;
    static constexpr signature types{detail::type_that_crosses<std::remove_cv_t<R>>(),
                                     {detail::type_that_crosses<Args>()...}};

private:
    static void call(const void* function, std::uint64_t* values) {
        const auto spread = [&]<std::size_t... I>(std::index_sequence<I...>) {
            const auto typed = reinterpret_cast<R (*)(Args...)>(const_cast<void*>(function));
            if constexpr (std::is_void_v<R>)
                typed(detail::from_bits<Args>(values[I])...);
            else
                *values = detail::to_bits(typed(detail::from_bits<Args>(values[I])...));
        };
        spread(std::index_sequence_for<Args...>());
    }

public:
    static constexpr typed_call erased{types, call};
};
template <class R, class... Args>
struct crossing<R(Args...) noexcept> : crossing<R(Args...)> {};

}  // namespace vitte::loader
