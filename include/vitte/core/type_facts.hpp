/// What the compiler knows about types, where `<type_traits>` costs too much: a class is instantiated for each question
/// there, and templates like `result` ask dozens for every type that they are made of.
#pragma once

namespace vitte::detail {

template <class A, class B>
inline constexpr bool is_same = __is_same(A, B);
template <class T>
inline constexpr bool is_void = __is_same(const volatile T, const volatile void);
template <class T>
inline constexpr bool is_reference = false;
template <class T>
inline constexpr bool is_reference<T&> = true;
template <class T>
inline constexpr bool is_reference<T&&> = true;

/// `std::is_constructible_v` and its kin, of types that can be destroyed.
template <class T, class... From>
inline constexpr bool is_constructible = __is_constructible(T, From...);
template <class T, class... From>
inline constexpr bool is_nothrow_constructible = __is_nothrow_constructible(T, From...);
template <class T, class From>
inline constexpr bool is_trivially_constructible = __is_trivially_constructible(T, From);
template <class T, class From>
inline constexpr bool is_assignable = __is_assignable(T&, From);
template <class T>
inline constexpr bool is_trivially_copyable = __is_trivially_copyable(T);
template <class T>
#if defined(__clang__)
inline constexpr bool is_trivially_destructible = __is_trivially_destructible(T);
#else
inline constexpr bool is_trivially_destructible = __has_trivial_destructor(T);
#endif
/// `std::is_convertible_v`, of what functions return and take.
template <class From, class To>
concept is_convertible = requires(void (&take)(To) noexcept, From&& from) { take(static_cast<From&&>(from)); };

}  // namespace vitte::detail
