/// Which C++ types can cross a call into or out of a module that is not native, and how: as 64 bits in the low part of
/// which the value stands.
#pragma once

#include <bit>
#include <type_traits>
#include <utility>
#include <vitte/loader/ffi/scalar_kind.hpp>
#include <vitte/loader/handle.hpp>
#include <vitte/loader/signature.hpp>

namespace vitte::loader {

namespace detail {

/// The type of the objects that a handle, pointer or reference names which is looked up in a table; else void.
template <class T>
struct referent : std::type_identity<void> {};
template <shareable T>
struct referent<T*> : std::type_identity<T> {};
template <shareable T>
struct referent<T&> : std::type_identity<T> {};
template <class T>
struct referent<handle<T>> : std::type_identity<T> {};
template <class T>
inline constexpr bool looked_up = !std::is_void_v<typename referent<T>::type>;

template <class T>
inline constexpr bool is_handle = false;
template <class T>
inline constexpr bool is_handle<handle<T>> = true;

/// What native modules have as a type, or as the types of a function.
template <class T>
struct native : std::type_identity<T> {};
template <class T>
struct native<unchecked<T>> : std::type_identity<T> {};
template <class T>
struct native<const T> : std::type_identity<const typename native<T>::type> {};
template <class R, class... Args>
struct native<R(Args...)> : std::type_identity<typename native<R>::type(typename native<Args>::type...)> {};
template <class R, class... Args>
struct native<R(Args...) noexcept>
    : std::type_identity<typename native<R>::type(typename native<Args>::type...) noexcept> {};
template <class T>
using native_t = typename native<T>::type;
template <class T>
inline constexpr bool is_unchecked = !std::is_function_v<T> && !std::is_same_v<T, native_t<T>>;

template <class T>
constexpr value_type type_that_crosses() noexcept {
    if constexpr (std::is_enum_v<T>) {
        return type_that_crosses<std::underlying_type_t<T>>();
    } else if constexpr (std::is_integral_v<T>) {
        return ffi::integer_of(sizeof(T), std::is_signed_v<T>);
    } else if constexpr (std::is_same_v<T, float>) {
        return value_type::f32;
    } else if constexpr (std::is_same_v<T, double>) {
        return value_type::f64;
    } else {
        return looked_up<T> || is_unchecked<T> ? value_type::pointer : value_type::nothing;
    }
}

/// Integers are extended as their type says, so that their low half has the value as one of 32 bits, too.
template <class T>
std::uint64_t to_bits(T value) noexcept {
    if constexpr (is_handle<T>)
        return value.bits();
    else if constexpr (is_unchecked<T>)
        return reinterpret_cast<std::uintptr_t>(static_cast<native_t<T>>(value));
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
    if constexpr (is_handle<T>)
        return T::from_bits(bits);
    else if constexpr (is_unchecked<T>)
        return reinterpret_cast<native_t<T>>(static_cast<std::uintptr_t>(bits));
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

/// C++ types that can go into modules that are not native, and come out: integers of up to 64 bits, `bool`,
/// enumerations, `float`, `double`, `handle` and `unchecked`. Native modules have them, too, but for handles;
/// `unchecked` is a pointer there. An enumeration has the value that the module gives: one that a module must not
/// choose freely has a type (`enum e : int`), since what other ones cannot name is undefined ([expr.static.cast]).
template <class T>
concept crosses = detail::type_that_crosses<std::remove_cv_t<T>>() != value_type::nothing &&
                  !std::is_pointer_v<T> && !std::is_reference_v<T>;

/// C++ types that what comes out of such a module can have: those that cross, and pointers and references to the
/// objects that its handles name. It is a trap if a handle names no object that is shared, or one of another type, and
/// if it is null and a reference is wanted.
template <class T>
concept arrives = crosses<T> || detail::looked_up<T>;

namespace detail {

/// Looks up what a `T` names, if it names an object: why it is no `T`, or the object in `found`.
template <arrives T>
trap_code look_up(const handle_table& objects, std::uint64_t bits, void*& found) noexcept {
    if constexpr (looked_up<T>) {
        using object = typename referent<T>::type;
        object* of_its_type;
        const trap_code code = objects.find(handle<object>::from_bits(bits), of_its_type);
        if (code != trap_code::none) return code;
        if (std::is_reference_v<T> && of_its_type == nullptr) return trap_code::null_reference;
        found = const_cast<std::remove_const_t<object>*>(of_its_type);
    }
    return trap_code::none;
}
/// The value that came as `bits`, for which `found` was looked up.
template <arrives T>
T arrived(std::uint64_t bits, void* found) noexcept {
    if constexpr (crosses<T>)
        return from_bits<T>(bits);
    else if constexpr (std::is_reference_v<T>)
        return *static_cast<std::remove_reference_t<T>*>(found);
    else
        return static_cast<T>(found);
}
/// Calls `callee` with what a module gives as arguments, 8 bytes each at `values`. Returns what it returns, or why it
/// was not called: an argument is not what its type says.
template <arrives... Args, class Callee>
trap_code receive(const handle_table& objects, [[maybe_unused]] const void* values, Callee&& callee) {
    const auto spread = [&]<std::size_t... I>(std::index_sequence<I...>) {
        std::uint64_t bits[sizeof...(Args) + 1];
        __builtin_memcpy(bits, values, 8 * sizeof...(Args));
        [[maybe_unused]] void* found[sizeof...(Args) + 1] = {};
        if constexpr ((looked_up<Args> || ...)) {
            trap_code code = trap_code::none;
            const bool all = (((code = look_up<Args>(objects, bits[I], found[I])) == trap_code::none) && ...);
            if (!all) return code;
        }
        return callee(arrived<Args>(bits[I], found[I])...);
    };
    return spread(std::index_sequence_for<Args...>());
}

}  // namespace detail

/// A host function whose type can cross, at run time.
struct typed_call {
    signature types;
    /// Calls the C++ function at `function` with the arguments at `values`, which has room for one at least, and leaves
    /// the result there. Handles are those of `objects`; returns why the function was not called, or did not return, or
    /// `none`. `reason` may get words for that.
    trap_code (*call)(const void* function, const handle_table& objects, std::uint64_t* values, std::string& reason);
};

/// Whether functions of a type can be those of any kind of module; if so, how they look and are called at run time.
template <class Signature>
struct crossing {
    static constexpr bool offerable = false, callable = false, names_handles = false;
};
template <class R, class... Args>
    requires(sizeof...(Args) <= signature::max_parameters)
struct crossing<R(Args...)> {
    /// Whether the host can offer such a function: what a module gives it must arrive, its result must cross.
    static constexpr bool offerable = (std::is_void_v<R> || crosses<R>) && (arrives<Args> && ...);
    /// Whether the host can call such a function of a module.
    static constexpr bool callable =
        (std::is_void_v<R> || (arrives<std::remove_cv_t<R>> && !std::is_reference_v<R>)) && (crosses<Args> && ...);
    /// Whether native modules can have no such function.
    static constexpr bool names_handles = (detail::is_handle<std::remove_cv_t<R>> || ... || detail::is_handle<Args>);
    static constexpr signature types{detail::type_that_crosses<std::remove_cv_t<R>>(),
                                     {detail::type_that_crosses<Args>()...}};

private:
    static trap_code call(const void* function, const handle_table& objects, std::uint64_t* values, std::string&) {
        const auto typed = reinterpret_cast<detail::native_t<R(Args...)>*>(const_cast<void*>(function));
        return detail::receive<Args...>(objects, values, [&](Args... arguments) {
            if constexpr (std::is_void_v<R>)
                typed(arguments...);
            else
                *values = detail::to_bits(static_cast<R>(typed(arguments...)));
            return trap_code::none;
        });
    }

public:
    /// Of one that is offerable.
    static constexpr typed_call erased{types, call};
};
template <class R, class... Args>
struct crossing<R(Args...) noexcept> : crossing<R(Args...)> {};

namespace detail {
/// How a function type of C++ looks in C, whether it crosses or not; null if it has too many parameters. `array` stands
/// for what is no scalar.
template <class Signature>
struct types_in_c {
    static constexpr const signature* address = nullptr;
};
template <class R, class... Args>
    requires(sizeof...(Args) <= signature::max_parameters)
struct types_in_c<R(Args...)> {
    static constexpr signature types{ffi::detail::scalar_kind_of<std::remove_cv_t<R>>(),
                                     {ffi::detail::scalar_kind_of<std::remove_cv_t<Args>>()...}};
    static constexpr const signature* address = &types;
};
template <class R, class... Args>
struct types_in_c<R(Args...) noexcept> : types_in_c<R(Args...)> {};
}  // namespace detail

}  // namespace vitte::loader
