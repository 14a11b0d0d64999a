/// Which of C's scalars a C++ type is.
#pragma once

#include <type_traits>
#include <vitte/loader/ffi/kind.hpp>

namespace vitte::loader::ffi::detail {

__extension__ typedef _Complex float complex_float;
__extension__ typedef _Complex double complex_double;
__extension__ typedef _Complex long double complex_extended;

template <class T>
inline constexpr bool is_vector128 = false;
template <class T>
    requires(!std::is_class_v<T> && !std::is_union_v<T> && !std::is_pointer_v<T> && !std::is_array_v<T> &&
             sizeof(T) == 16 && requires(T v) { v[0]; })
inline constexpr bool is_vector128<T> = true;

/// The scalar that `T` is; `array` if it is none.
template <class T>
consteval kind scalar_kind_of() noexcept {
    if constexpr (std::is_enum_v<T>)
        return scalar_kind_of<std::underlying_type_t<T>>();
    else if constexpr (std::is_void_v<T>)
        return kind::nothing;
    else if constexpr (std::is_same_v<T, bool>)
        return kind::boolean;
    else if constexpr (std::is_integral_v<T> && sizeof(T) <= 8)
        return integer_of(sizeof(T), std::is_signed_v<T>);
    else if constexpr (std::is_same_v<T, float>)
        return kind::f32;
    else if constexpr (std::is_same_v<T, double>)
        return kind::f64;
    else if constexpr (std::is_same_v<T, long double>)
        return kind::long_double;
    else if constexpr (std::is_same_v<T, const char*>)
        return kind::string;
    else if constexpr (std::is_pointer_v<T> || std::is_reference_v<T> || std::is_null_pointer_v<T>)
        return kind::pointer;
    else if constexpr (std::is_same_v<T, complex_float>)
        return kind::complex_f32;
    else if constexpr (std::is_same_v<T, complex_double>)
        return kind::complex_f64;
    else if constexpr (std::is_same_v<T, complex_extended>)
        return kind::complex_long_double;
    else if constexpr (is_vector128<T>)
        return kind::vector128;
    else
        return kind::array;
}

}  // namespace vitte::loader::ffi::detail
