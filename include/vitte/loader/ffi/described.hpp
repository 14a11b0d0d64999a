/// Descriptions of C++'s own types, made at compile time: the same ones that texts give, see `signature.hpp`.
#pragma once

#include <type_traits>
#include <utility>
#include <vitte/loader/ffi/scalar_kind.hpp>
#include <vitte/loader/ffi/type.hpp>

namespace vitte::loader::ffi {

/// The members of a type that is `described`, all of them, in their order.
template <auto... Members>
struct members {};

/// What a class cannot say about itself. Needed for unions, for more than 12 members, for anonymous unions, and for
/// `alignas` at members (of the others, structured bindings tell the members' types):
///
///     template <>
///     struct vitte::loader::ffi::described<number> {
///         using members = ffi::members<&number::tag, &number::whole>;
///         static constexpr packing how{.packed = true};     // if it is not as the type's size and alignment tell
///         static constexpr std::size_t aligned[]{0, 16};    // what `alignas` at each member asks for, if any does
///     };
template <class T>
struct described {};

namespace detail {

template <class... T>
struct type_list {
    static constexpr std::size_t size = sizeof...(T);
};

/// Initializes the first thing in any member, so that as many of them as a class has members initialize it.
struct anything {
    template <class T>
    operator T() const noexcept;
};
template <class T, class... Initializers>
consteval std::size_t count_members() noexcept {
    if constexpr (sizeof...(Initializers) > 12 || !requires { T{{Initializers()}..., {anything()}}; })
        return sizeof...(Initializers);
    else
        return count_members<T, Initializers..., anything>();
}

template <class T>
constexpr auto bound_members([[maybe_unused]] T& of) noexcept {
    constexpr std::size_t count = count_members<T>();
    if constexpr (count == 1) {
        auto& [a] = of;
        return type_list<decltype(a)>();
    }
    if constexpr (count == 2) {
        auto& [a, b] = of;
        return type_list<decltype(a), decltype(b)>();
    }
    if constexpr (count == 3) {
        auto& [a, b, c] = of;
        return type_list<decltype(a), decltype(b), decltype(c)>();
    }
    if constexpr (count == 4) {
        auto& [a, b, c, d] = of;
        return type_list<decltype(a), decltype(b), decltype(c), decltype(d)>();
    }
    if constexpr (count == 5) {
        auto& [a, b, c, d, e] = of;
        return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e)>();
    }
    if constexpr (count == 6) {
        auto& [a, b, c, d, e, f] = of;
        return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f)>();
    }
    if constexpr (count == 7) {
        auto& [a, b, c, d, e, f, g] = of;
        return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g)>();
    }
    if constexpr (count == 8) {
        auto& [a, b, c, d, e, f, g, h] = of;
        return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g),
                         decltype(h)>();
    }
    if constexpr (count == 9) {
        auto& [a, b, c, d, e, f, g, h, i] = of;
        return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g),
                         decltype(h), decltype(i)>();
    }
    if constexpr (count == 10) {
        auto& [a, b, c, d, e, f, g, h, i, j] = of;
        return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g),
                         decltype(h), decltype(i), decltype(j)>();
    }
    if constexpr (count == 11) {
        auto& [a, b, c, d, e, f, g, h, i, j, k] = of;
        return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g),
                         decltype(h), decltype(i), decltype(j), decltype(k)>();
    }
    if constexpr (count == 12) {
        auto& [a, b, c, d, e, f, g, h, i, j, k, l] = of;
        return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g),
                         decltype(h), decltype(i), decltype(j), decltype(k), decltype(l)>();
    }
}

template <class Class, class Member>
std::type_identity<Member> member_type(Member Class::*);
template <auto... Members>
type_list<typename decltype(member_type(Members))::type...> listed_members(members<Members...>);

template <class T>
concept lists_its_members = requires { typename described<T>::members; };
template <class T>
constexpr auto members_of() noexcept {
    if constexpr (lists_its_members<T>)
        return decltype(listed_members(typename described<T>::members()))();
    else
        return decltype(bound_members(std::declval<T&>()))();
}

template <class T>
struct record_description;
template <class T>
inline constexpr record_description<T> description_of{};
}  // namespace detail

/// The description of `T` on this machine's ABI: of arithmetic types, enumerations, pointers, references (`ptr`;
/// `const char*` is `str`), arrays, GNU C's `_Complex` and vectors of 128 bits; of aggregates without bases that are
/// trivially copyable and have at most 12 members; and of what is `described`. Others do not compile, nor does what is
/// not laid out as C would lay it out. Members with `alignas` and bit-fields go unseen where they change neither the
/// size nor the alignment: do not describe bit-fields, and see `described`.
template <class T>
constexpr const type& type_of() noexcept;

namespace detail {
template <class T>
struct array_description;
template <class Element, std::size_t Count>
struct array_description<Element[Count]> {
    static constexpr type made = *array_of(type_of<Element>(), Count);
};

template <class T>
struct record_description {
    static_assert(std::is_trivially_copyable_v<T>, "C++ passes a class that is not trivially copyable by reference");
    static_assert(std::is_standard_layout_v<T>, "C has no such class");
    static_assert(lists_its_members<T> || std::is_aggregate_v<T>, "vitte::loader::ffi::described is needed");
    static_assert(lists_its_members<T> || !std::is_union_v<T>, "a union needs vitte::loader::ffi::described");

    static constexpr auto list = members_of<T>();
    field fields[list.size];
    type made;

    constexpr record_description() noexcept { lay_out(list); }

private:
    template <class... Members>
    constexpr void lay_out(type_list<Members...>) noexcept {
        std::size_t i = 0;
        ((fields[i++].of = &type_of<Members>()), ...);
        if constexpr (requires { described<T>::aligned; })
            for (i = 0; i < list.size; ++i) fields[i].aligned = described<T>::aligned[i];
        packing how;
        if constexpr (requires { described<T>::how; }) how = described<T>::how;
        constexpr kind what = std::is_union_v<T> ? kind::union_ : kind::structure;
        made = *record_of(what, fields, native_abi, how);
        if constexpr (requires { described<T>::how; }) return;
        if (alignof(T) < made.alignment) how.pack = alignof(T);
        if (alignof(T) > made.alignment) how.aligned = alignof(T);
        made = *record_of(what, fields, native_abi, how);
    }
};
}  // namespace detail

template <class T>
constexpr const type& type_of() noexcept {
    using plain = std::remove_cv_t<T>;
    if constexpr (detail::scalar_kind_of<plain>() != kind::array) {
        constexpr const type& made = scalar(detail::scalar_kind_of<plain>());
        if constexpr (!std::is_void_v<T> && !std::is_reference_v<T>)
            static_assert(made.size == sizeof(T) && made.alignment == alignof(T), "not as this machine's ABI has it");
        return made;
    } else if constexpr (std::is_array_v<plain>) {
        return detail::array_description<plain>::made;
    } else {
        static_assert(std::is_class_v<plain> || std::is_union_v<plain>, "C has no type like this one");
        constexpr const type& made = detail::description_of<plain>.made;
        static_assert(made.size == sizeof(T) && made.alignment == alignof(T),
                      "not laid out as its members' types say: vitte::loader::ffi::described can say more");
        return made;
    }
}

namespace detail {
template <class Function>
struct function_description;
template <class R, class... Args>
struct function_description<R(Args...)> {
    static constexpr const type* parameters[sizeof...(Args) + 1]{&type_of<Args>()...};
    static constexpr function_type of(bool variadic) noexcept {
        return {native_abi, &type_of<R>(), std::span(parameters).first(sizeof...(Args)), variadic, sizeof...(Args)};
    }
    static constexpr function_type made = of(false);
};
template <class R, class... Args>
struct function_description<R(Args..., ...)> {
    static constexpr function_type made = function_description<R(Args...)>::of(true);
};
template <class R, class... Args>
struct function_description<R(Args...) noexcept> : function_description<R(Args...)> {};
template <class R, class... Args>
struct function_description<R(Args..., ...) noexcept> : function_description<R(Args..., ...)> {};
}  // namespace detail

/// The description of a C++ function type, such as `function_type_of<int(const char*, double)>()`; see `type_of`.
template <class Function>
    requires std::is_function_v<Function>
constexpr const function_type& function_type_of() noexcept {
    return detail::function_description<Function>::made;
}

}  // namespace vitte::loader::ffi
