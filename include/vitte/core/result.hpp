/// `vitte::result<T, E>`: a value or the reason why there is none. It has the interface of C++23 `std::expected`
/// ([expected.expected], [expected.void]) without exceptions: reading a value that is not there stops the program.
/// Missing are initializer lists, `swap` of `unexpected`, and `emplace` and assignment where a move may throw or does
/// not exist.
#pragma once

#include <new>
#include <type_traits>
#include <utility>

#include <vitte/core/assert.hpp>
#include <vitte/core/error.hpp>
#include <vitte/core/type_facts.hpp>

namespace vitte {

/// Tag: construct the value in place ([utility.inplace] counterpart for results).
using std::in_place;
using std::in_place_t;

/// Tag: construct the error in place ([expected.un.general] `unexpect`).
struct unexpect_t {
    explicit unexpect_t() = default;
};
inline constexpr unexpect_t unexpect{};

/// An error on its way into a `result` ([expected.unexpected]).
template <class E>
class unexpected {
public:
    constexpr explicit unexpected(const E& e) : error_(e) {}
    constexpr explicit unexpected(E&& e) : error_(std::move(e)) {}
    template <class... Args>
        requires detail::is_constructible<E, Args...>
    constexpr explicit unexpected(in_place_t, Args&&... args) : error_(std::forward<Args>(args)...) {}

    constexpr const E& error() const& noexcept { return error_; }
    constexpr E& error() & noexcept { return error_; }
    constexpr E&& error() && noexcept { return std::move(error_); }
    constexpr const E&& error() const&& noexcept { return std::move(error_); }

    template <class G>
    friend constexpr bool operator==(const unexpected& a, const unexpected<G>& b) {
        return a.error() == b.error();
    }

private:
    E error_;
};
template <class E>
unexpected(E) -> unexpected<E>;

/// A failed operation as a returnable value: `return fail(errc::not_found, "open", ENOENT);`
constexpr unexpected<error> fail(errc code, const char* operation, int native = 0) noexcept {
    return unexpected(error{code, native, operation});
}

template <class T, class E = error>
class result;

namespace detail {
struct unit {
    friend constexpr bool operator==(unit, unit) noexcept { return true; }
};
struct from_call_t {};
struct from_error_call_t {};

template <class T>
inline constexpr bool is_result = false;
template <class T, class E>
inline constexpr bool is_result<result<T, E>> = true;
template <class T>
inline constexpr bool is_unexpected = false;
template <class E>
inline constexpr bool is_unexpected<unexpected<E>> = true;

/// What a result of `T` holds and gives.
template <class T>
struct result_types {
    using stored = T;
    using lvalue = T&;
    using const_lvalue = const T&;
    using rvalue = T&&;
    using const_rvalue = const T&&;
};
template <class T>
    requires is_void<T>
struct result_types<T> {
    using stored = unit;
    using lvalue = T;
    using const_lvalue = T;
    using rvalue = T;
    using const_rvalue = T;
};

/// `std::invoke` for at most one argument, without `<functional>`.
template <class F, class... Args>
constexpr decltype(auto) invoke(F&& f, Args&&... args) {
    using plain = std::remove_cvref_t<F>;
    if constexpr (std::is_member_object_pointer_v<plain>) return ((std::forward<Args>(args).*f), ...);
    else if constexpr (std::is_member_function_pointer_v<plain>) return ((std::forward<Args>(args).*f)(), ...);
    else return std::forward<F>(f)(std::forward<Args>(args)...);
}
}  // namespace detail

/// A `T`, or an `E` that says why not. `T` may be `void` or any destructible object type, move-only handles included.
/// Distinct objects may be used from distinct threads; one object follows the rules of an `int`.
template <class T, class E>
class [[nodiscard]] result {
    static_assert(!detail::is_reference<T>, "use a pointer or a handle: std::expected has no reference form either");
    static_assert(std::is_object_v<E> && !detail::is_unexpected<E>);
    static constexpr bool is_void = detail::is_void<T>;
    using types = detail::result_types<T>;
    using stored = typename types::stored;
    using lvalue = typename types::lvalue;
    using const_lvalue = typename types::const_lvalue;
    using rvalue = typename types::rvalue;
    using const_rvalue = typename types::const_rvalue;
    template <class, class>
    friend class result;

    static constexpr bool is_copied =
        detail::is_constructible<stored, const stored&> && detail::is_constructible<E, const E&>;
    static constexpr bool is_copied_trivially =
        detail::is_trivially_constructible<stored, const stored&> && detail::is_trivially_constructible<E, const E&>;
    static constexpr bool is_moved = detail::is_constructible<stored, stored> && detail::is_constructible<E, E>;
    static constexpr bool is_moved_trivially =
        detail::is_trivially_constructible<stored, stored> && detail::is_trivially_constructible<E, E>;
    static constexpr bool never_throws =
        detail::is_nothrow_constructible<stored, stored> && detail::is_nothrow_constructible<E, E>;
    static constexpr bool is_destroyed_trivially =
        detail::is_trivially_destructible<stored> && detail::is_trivially_destructible<E>;
    static constexpr bool is_plain = detail::is_trivially_copyable<stored> && detail::is_trivially_copyable<E>;
    /// [expected.object.cons]/17: a `T` that can be made from the whole other result is not unwrapped.
    template <class U, class G>
    static constexpr bool swallows_result =
        !detail::is_same<std::remove_cv_t<T>, bool> &&
        (detail::is_constructible<stored, result<U, G>&> || detail::is_constructible<stored, const result<U, G>&> ||
         detail::is_constructible<stored, result<U, G>> || detail::is_convertible<result<U, G>&, stored>);

public:
    using value_type = T;
    using error_type = E;
    using unexpected_type = unexpected<E>;
    template <class U>
    using rebind = result<U, E>;

    constexpr result() noexcept(detail::is_nothrow_constructible<stored>)
        requires detail::is_constructible<stored>
        : value_(), has_value_(true) {}

    constexpr result(const result&)
        requires is_copied_trivially
    = default;
    constexpr result(const result& other)
        requires(is_copied && !is_copied_trivially)
        : nothing_(), has_value_(other.has_value_) {
        construct_from(other);
    }
    constexpr result(result&&)
        requires is_moved_trivially
    = default;
    constexpr result(result&& other) noexcept(never_throws)
        requires(is_moved && !is_moved_trivially)
        : nothing_(), has_value_(other.has_value_) {
        construct_from(std::move(other));
    }

    /// From a result of other types, each side convertible.
    template <class U, class G>
        requires(detail::is_void<U> == is_void && detail::is_constructible<E, const G&> &&
                 (is_void ||
                  (detail::is_constructible<stored, std::add_lvalue_reference_t<const U>> && !swallows_result<U, G>)))
    constexpr explicit(!(is_void || detail::is_convertible<const U&, T>) || !detail::is_convertible<const G&, E>)
        result(const result<U, G>& other)
        : nothing_(), has_value_(other.has_value_) {
        construct_from(other);
    }
    template <class U, class G>
        requires(detail::is_void<U> == is_void && detail::is_constructible<E, G> &&
                 (is_void ||
                  (detail::is_constructible<stored, std::add_rvalue_reference_t<U>> && !swallows_result<U, G>)))
    constexpr explicit(!(is_void || detail::is_convertible<U, T>) || !detail::is_convertible<G, E>)
        result(result<U, G>&& other)
        : nothing_(), has_value_(other.has_value_) {
        construct_from(std::move(other));
    }

    /// From anything that makes a `T`.
    template <class U = T>
        requires(!is_void && !detail::is_same<std::remove_cvref_t<U>, in_place_t> &&
                 !detail::is_same<std::remove_cvref_t<U>, result> && !detail::is_unexpected<std::remove_cvref_t<U>> &&
                 !(detail::is_same<std::remove_cv_t<T>, bool> && detail::is_result<std::remove_cvref_t<U>>) &&
                 detail::is_constructible<stored, U>)
    constexpr explicit(!detail::is_convertible<U, T>) result(U&& value)
        : value_(std::forward<U>(value)), has_value_(true) {}

    template <class G>
        requires detail::is_constructible<E, const G&>
    constexpr explicit(!detail::is_convertible<const G&, E>) result(const unexpected<G>& e)
        : error_(e.error()), has_value_(false) {}
    template <class G>
        requires detail::is_constructible<E, G>
    constexpr explicit(!detail::is_convertible<G, E>) result(unexpected<G>&& e)
        : error_(std::move(e).error()), has_value_(false) {}

    template <class... Args>
        requires detail::is_constructible<stored, Args...>
    constexpr explicit result(in_place_t, Args&&... args) : value_(std::forward<Args>(args)...), has_value_(true) {}
    template <class... Args>
        requires detail::is_constructible<E, Args...>
    constexpr explicit result(unexpect_t, Args&&... args) : error_(std::forward<Args>(args)...), has_value_(false) {}

    constexpr ~result()
        requires is_destroyed_trivially
    = default;
    constexpr ~result() { destroy(); }

    constexpr result& operator=(const result&)
        requires(is_plain && detail::is_assignable<stored, const stored&> && detail::is_assignable<E, const E&>)
    = default;
    constexpr result& operator=(const result& other)
        requires(!is_plain && is_copied && never_throws)
    {
        return *this = result(other);
    }
    constexpr result& operator=(result&&)
        requires(is_plain && detail::is_assignable<stored, stored> && detail::is_assignable<E, E>)
    = default;
    constexpr result& operator=(result&& other) noexcept
        requires(!is_plain && never_throws)
    {
        if (this != &other) {
            destroy();
            has_value_ = other.has_value_;
            construct_from(std::move(other));
        }
        return *this;
    }
    template <class U = T>
        requires(!is_void && !detail::is_same<std::remove_cvref_t<U>, result> &&
                 !detail::is_unexpected<std::remove_cvref_t<U>> && detail::is_constructible<stored, U>)
    constexpr result& operator=(U&& value) {
        return *this = result(in_place, std::forward<U>(value));
    }
    template <class G>
        requires detail::is_constructible<E, G>
    constexpr result& operator=(unexpected<G> e) {
        return *this = result(unexpect, std::move(e).error());
    }

    /// Replaces whatever is held by a value made of `args`, and returns it.
    template <class... Args>
        requires detail::is_nothrow_constructible<stored, Args...>
    constexpr lvalue emplace(Args&&... args) noexcept {
        *this = result(in_place, std::forward<Args>(args)...);
        if constexpr (!is_void) return value_;
    }

    constexpr void swap(result& other) noexcept
        requires never_throws
    {
        result held(std::move(other));
        other = std::move(*this);
        *this = std::move(held);
    }
    friend constexpr void swap(result& a, result& b) noexcept { a.swap(b); }

    constexpr bool has_value() const noexcept { return has_value_; }
    constexpr explicit operator bool() const noexcept { return has_value_; }

    /// The value. Stops the program if there is none: ask first.
    constexpr lvalue operator*() & noexcept { return static_cast<lvalue>(checked(*this)); }
    constexpr const_lvalue operator*() const& noexcept { return static_cast<const_lvalue>(checked(*this)); }
    constexpr rvalue operator*() && noexcept { return static_cast<rvalue>(checked(*this)); }
    constexpr const_rvalue operator*() const&& noexcept { return static_cast<const_rvalue>(checked(*this)); }
    constexpr lvalue value() & noexcept { return **this; }
    constexpr const_lvalue value() const& noexcept { return **this; }
    constexpr rvalue value() && noexcept { return *std::move(*this); }
    constexpr const_rvalue value() const&& noexcept { return *std::move(*this); }
    constexpr stored* operator->() noexcept
        requires(!is_void)
    {
        return &checked(*this);
    }
    constexpr const stored* operator->() const noexcept
        requires(!is_void)
    {
        return &checked(*this);
    }

    /// The error. Stops the program if there is none.
    constexpr E& error() & noexcept { return checked_error(*this); }
    constexpr const E& error() const& noexcept { return checked_error(*this); }
    constexpr E&& error() && noexcept { return std::move(checked_error(*this)); }
    constexpr const E&& error() const&& noexcept { return std::move(checked_error(*this)); }

    template <class U>
        requires(!is_void)
    constexpr stored value_or(U&& other) const& {
        return has_value_ ? value_ : static_cast<stored>(std::forward<U>(other));
    }
    template <class U>
        requires(!is_void)
    constexpr stored value_or(U&& other) && {
        return has_value_ ? std::move(value_) : static_cast<stored>(std::forward<U>(other));
    }
    template <class G = E>
    constexpr E error_or(G&& other) const& {
        return has_value_ ? static_cast<E>(std::forward<G>(other)) : error_;
    }
    template <class G = E>
    constexpr E error_or(G&& other) && {
        return has_value_ ? static_cast<E>(std::forward<G>(other)) : std::move(error_);
    }

    /// `f(value)`, which returns a result with the same error type; an error passes through.
    template <class F>
    constexpr auto and_then(F&& f) & { return and_then_of(*this, std::forward<F>(f)); }
    template <class F>
    constexpr auto and_then(F&& f) const& { return and_then_of(*this, std::forward<F>(f)); }
    template <class F>
    constexpr auto and_then(F&& f) && { return and_then_of(std::move(*this), std::forward<F>(f)); }
    template <class F>
    constexpr auto and_then(F&& f) const&& { return and_then_of(std::move(*this), std::forward<F>(f)); }

    /// `f(error)`, which returns a result with the same value type; a value passes through.
    template <class F>
    constexpr auto or_else(F&& f) & { return or_else_of(*this, std::forward<F>(f)); }
    template <class F>
    constexpr auto or_else(F&& f) const& { return or_else_of(*this, std::forward<F>(f)); }
    template <class F>
    constexpr auto or_else(F&& f) && { return or_else_of(std::move(*this), std::forward<F>(f)); }
    template <class F>
    constexpr auto or_else(F&& f) const&& { return or_else_of(std::move(*this), std::forward<F>(f)); }

    /// A result that holds `f(value)`, or the same error.
    template <class F>
    constexpr auto transform(F&& f) & { return transform_of(*this, std::forward<F>(f)); }
    template <class F>
    constexpr auto transform(F&& f) const& { return transform_of(*this, std::forward<F>(f)); }
    template <class F>
    constexpr auto transform(F&& f) && { return transform_of(std::move(*this), std::forward<F>(f)); }
    template <class F>
    constexpr auto transform(F&& f) const&& { return transform_of(std::move(*this), std::forward<F>(f)); }

    /// A result that holds the same value, or `f(error)`.
    template <class F>
    constexpr auto transform_error(F&& f) & { return transform_error_of(*this, std::forward<F>(f)); }
    template <class F>
    constexpr auto transform_error(F&& f) const& { return transform_error_of(*this, std::forward<F>(f)); }
    template <class F>
    constexpr auto transform_error(F&& f) && { return transform_error_of(std::move(*this), std::forward<F>(f)); }
    template <class F>
    constexpr auto transform_error(F&& f) const&& { return transform_error_of(std::move(*this), std::forward<F>(f)); }

    template <class U, class G>
    friend constexpr bool operator==(const result& a, const result<U, G>& b) {
        if (a.has_value() != b.has_value()) return false;
        if (!a.has_value()) return a.error() == b.error();
        if constexpr (is_void) return true;
        else return *a == *b;
    }
    template <class U>
        requires(!is_void && !detail::is_result<U> && !detail::is_unexpected<U>)
    friend constexpr bool operator==(const result& a, const U& b) {
        return a.has_value() && static_cast<bool>(*a == b);
    }
    template <class G>
    friend constexpr bool operator==(const result& a, const unexpected<G>& b) {
        return !a.has_value() && static_cast<bool>(a.error() == b.error());
    }

private:
    template <class F, class... Args>
    constexpr result(detail::from_call_t, F&& f, Args&&... args)
        : value_(detail::invoke(std::forward<F>(f), std::forward<Args>(args)...)), has_value_(true) {}
    template <class F, class Arg>
    constexpr result(detail::from_error_call_t, F&& f, Arg&& arg)
        : error_(detail::invoke(std::forward<F>(f), std::forward<Arg>(arg))), has_value_(false) {}

    template <class Self>
    static constexpr auto&& checked(Self& self) noexcept {
        VITTE_ASSERT(self.has_value_);
        return self.value_;
    }
    template <class Self>
    static constexpr auto&& checked_error(Self& self) noexcept {
        VITTE_ASSERT(!self.has_value_);
        return self.error_;
    }

    template <class Other>
    constexpr void construct_from(Other&& other) {
        if (has_value_)
            ::new (static_cast<void*>(__builtin_addressof(value_))) stored(std::forward<Other>(other).value_);
        else ::new (static_cast<void*>(__builtin_addressof(error_))) E(std::forward<Other>(other).error_);
    }
    constexpr void destroy() noexcept {
        if (has_value_) value_.~stored();
        else error_.~E();
    }

    /// Calls `f` with the value of `self`, or with nothing if this is a `result<void>`.
    template <class Self, class F>
    static constexpr decltype(auto) call(Self&& self, F&& f) {
        if constexpr (is_void) return detail::invoke(std::forward<F>(f));
        else return detail::invoke(std::forward<F>(f), std::forward<Self>(self).value_);
    }
    template <class Self, class F>
    static constexpr auto and_then_of(Self&& self, F&& f) {
        using next = std::remove_cvref_t<decltype(call(std::forward<Self>(self), std::forward<F>(f)))>;
        static_assert(detail::is_result<next> && detail::is_same<typename next::error_type, E>,
                      "and_then: the function must return a result with the same error type");
        if (self.has_value_) return next(call(std::forward<Self>(self), std::forward<F>(f)));
        return next(unexpect, std::forward<Self>(self).error_);
    }
    template <class Self, class F>
    static constexpr auto or_else_of(Self&& self, F&& f) {
        using next = std::remove_cvref_t<decltype(detail::invoke(std::forward<F>(f), std::forward<Self>(self).error_))>;
        static_assert(detail::is_result<next> && detail::is_same<typename next::value_type, T>,
                      "or_else: the function must return a result with the same value type");
        if (!self.has_value_) return next(detail::invoke(std::forward<F>(f), std::forward<Self>(self).error_));
        if constexpr (is_void) return next();
        else return next(in_place, std::forward<Self>(self).value_);
    }
    template <class Self, class F>
    static constexpr auto transform_of(Self&& self, F&& f) {
        using made = std::remove_cv_t<decltype(call(std::forward<Self>(self), std::forward<F>(f)))>;
        using next = result<made, E>;
        if (!self.has_value_) return next(unexpect, std::forward<Self>(self).error_);
        if constexpr (detail::is_void<made>) {
            call(std::forward<Self>(self), std::forward<F>(f));
            return next();
        } else if constexpr (is_void) {
            return next(detail::from_call_t{}, std::forward<F>(f));
        } else {
            return next(detail::from_call_t{}, std::forward<F>(f), std::forward<Self>(self).value_);
        }
    }
    template <class Self, class F>
    static constexpr auto transform_error_of(Self&& self, F&& f) {
        using made = std::remove_cv_t<decltype(detail::invoke(std::forward<F>(f), std::forward<Self>(self).error_))>;
        using next = result<T, made>;
        if (!self.has_value_)
            return next(detail::from_error_call_t{}, std::forward<F>(f), std::forward<Self>(self).error_);
        if constexpr (is_void) return next();
        else return next(in_place, std::forward<Self>(self).value_);
    }

    union {
        detail::unit nothing_;
        stored value_;
        E error_;
    };
    bool has_value_;
};

}  // namespace vitte

#define VITTE_DETAIL_JOIN_(a, b) a##b
#define VITTE_DETAIL_JOIN(a, b) VITTE_DETAIL_JOIN_(a, b)
#define VITTE_DETAIL_TRY(name, declaration, ...)                                  \
    auto&& name = (__VA_ARGS__);                                                  \
    if (!name.has_value()) [[unlikely]]                                           \
        return ::vitte::unexpected(std::forward<decltype(name)>(name).error());   \
    declaration = *std::forward<decltype(name)>(name)
#define VITTE_DETAIL_CHECK(name, ...)                              \
    if (auto&& name = (__VA_ARGS__); name.has_value()) [[likely]] { \
    } else                                                          \
        return ::vitte::unexpected(std::forward<decltype(name)>(name).error())

/// `VITTE_TRY(auto f, file::open(path));` declares `f` with the value, or returns the error from this function.
#define VITTE_TRY(declaration, ...) \
    VITTE_DETAIL_TRY(VITTE_DETAIL_JOIN(vitte_try_, __COUNTER__), declaration, __VA_ARGS__)
/// `VITTE_CHECK(f.close());` returns the error from this function, if there is one; a value is dropped. One statement.
#define VITTE_CHECK(...) VITTE_DETAIL_CHECK(VITTE_DETAIL_JOIN(vitte_check_, __COUNTER__), __VA_ARGS__)
