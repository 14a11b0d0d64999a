/// C function pointers that carry state: C code calls something of ours by a type that is known only at run time.
#pragma once

#include <vitte/loader/ffi/call.hpp>
#include <vitte/loader/ffi/described.hpp>
#include <vitte/loader/ffi/entries.hpp>

namespace vitte::loader::ffi {

class variable_arguments;

namespace detail {
/// Whether it is called as `callable(arguments, variable, returned)`.
template <class Callable>
concept takes_variable_arguments = std::is_invocable_v<Callable&, const void* const*, variable_arguments&, void*>;
}  // namespace detail

/// A C function pointer that is good as long as this lives. Moving it does not change the pointer. Any thread may call
/// it, also one that C made, and several at once if the callable allows that; the last call must have ended when it is
/// destroyed. A C++ exception that leaves the callable ends the program by `std::terminate`: C code that is between
/// cannot be left.
class callback {
public:
    callback() noexcept = default;
    callback(callback&& other) noexcept : made_(std::exchange(other.made_, nullptr)) {}
    callback& operator=(callback&& other) noexcept {
        callback moved(std::move(other));
        std::swap(made_, moved.made_);
        return *this;
    }
    ~callback() {
        if (made_ != nullptr) made_->destroy(made_);
    }

    /// For C; null if this is empty or was moved from.
    void* address() const noexcept { return made_ == nullptr ? nullptr : made_->address; }
    /// The same as a function of type `Function`, such as `int(const void*, const void*)`.
    template <class Function>
    Function* as() const noexcept {
        return reinterpret_cast<Function*>(address());
    }

private:
    template <class Callable>
    friend result<callback> make_callback(const function_type& type, Callable callable) noexcept;

    struct state : detail::callback_head {
        plan by;
        void* address = nullptr;
        void (*destroy)(state*) noexcept = nullptr;
    };
    template <class Callable>
    struct state_of : state {
        Callable callable;
        explicit state_of(Callable&& c) noexcept : callable(std::move(c)) {}
    };

    explicit callback(state* made) noexcept : made_(made) {}
    state* made_ = nullptr;
};

namespace detail {

[[gnu::always_inline]] inline std::byte* place_of(const piece& p, std::byte* frame, std::byte* stack) noexcept {
    return bytes_of(p, p.to >= frame_layout::stack ? stack + (p.to - frame_layout::stack) : frame + p.to);
}

/// Finds each argument; those that stand in several places, or not aligned as they are in memory, are put into `copies`.
[[gnu::always_inline]] inline void gather(const plan& by, std::byte* frame, std::byte* stack, std::byte* copies,
                                          const void** arguments) noexcept {
    const piece* const end = by.arguments.end();
    for (const piece* p = by.arguments.begin(); p != end; ++p) {
        std::byte* at = place_of(*p, frame, stack);
        if (p->how == transfer::address) __builtin_memcpy(&at, at, sizeof(void*));
        if (p->whole) {
            arguments[p->argument] = at;
        } else if (!p->again) {
            arguments[p->argument] = copies + p->copy;
            __builtin_memcpy(copies + p->copy + p->from, at, p->size);
        }
    }
}

}  // namespace detail

/// What a C caller has passed behind the fixed arguments of a call, read one after the other, as by C's `va_arg`: as
/// many as there are and of which types, the fixed ones must tell. Ends with the call.
class variable_arguments {
public:
    /// Writes the next one, of type `of`, to `to`. `errc::invalid_argument` for what C does not pass there (`float`
    /// comes as `double`, what is shorter than `int` as `int`), `errc::not_supported` for vectors where there is no
    /// way; `errc::too_large` behind what a call can have, `errc::out_of_memory`.
    result<void> next(const type& of, void* to) noexcept {
        constexpr const char* operation = "ffi variable argument";
        const bool promoted =
            of.kind == kind::f32 || of.kind == kind::boolean || (of.kind >= kind::i8 && of.kind <= kind::u16);
        if (promoted || of.kind == kind::nothing) return fail(errc::invalid_argument, operation);
        VITTE_CHECK(detail::check_passed(of, native_abi));
        VITTE_CHECK(detail::by_abi(native_abi, [&]<class Abi>() { return detail::place_next<Abi>(by_, of); }));
        for (const piece& p : by_.arguments) {
            if (p.again) continue;
            const std::byte* from = detail::place_of(p, frame_, stack_);
            if (p.how == transfer::address) __builtin_memcpy(&from, static_cast<const void*>(from), sizeof from);
            __builtin_memcpy(static_cast<std::byte*>(to) + p.from, from, p.size);
        }
        return {};
    }
    /// The same as a value of C++ whose type the ffi describes.
    template <class T>
        requires(std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>)
    result<T> next() noexcept {
        T made{};
        VITTE_CHECK(next(type_of<T>(), &made));
        return made;
    }

    variable_arguments(const variable_arguments&) = delete;
    variable_arguments& operator=(const variable_arguments&) = delete;

    /// For `make_callback`.
    variable_arguments(const plan& fixed, std::byte* frame, std::byte* stack) noexcept : frame_(frame), stack_(stack) {
        by_.abi = fixed.abi;
        by_.variadic = true;
        by_.behind = fixed.behind;
    }

private:
    plan by_;
    std::byte *frame_, *stack_;
};

namespace detail {

/// Calls `callable` with what is in a frame, and puts the result there.
template <class Callable>
[[gnu::always_inline]] inline std::uintptr_t answer(const plan& by, std::byte* frame, std::byte* stack,
                                                    Callable& callable) {
    constexpr std::size_t address = sizeof(void*);
    const std::size_t arguments_size = (by.argument_count * address + 15) & ~std::size_t{15};
    const std::size_t size = arguments_size + by.copies_size;
    auto* const memory = static_cast<std::byte*>(__builtin_alloca(size));
    probe(memory, size);
    auto* const arguments = reinterpret_cast<const void**>(memory);
    std::byte* const copies = copies_in(memory + arguments_size, by);
    gather(by, frame, stack, copies, arguments);
    void* returned = copies;
    if (by.result_in_memory) __builtin_memcpy(&returned, frame + by.result_address_at, address);
    if constexpr (takes_variable_arguments<Callable>) {
        variable_arguments rest(by, frame, stack);
        callable(static_cast<const void* const*>(arguments), rest, returned);
    } else {
        callable(static_cast<const void* const*>(arguments), returned);
    }
    if (by.result_in_memory) __builtin_memcpy(frame, &returned, address);
    const piece* const last = by.results.end();
    for (const piece* p = by.results.begin(); p != last; ++p)
        put(*p, frame + p->to, static_cast<const std::byte*>(returned) + p->from);
    return by.x87_results | static_cast<std::uintptr_t>(by.wide_results) << 8;
}

}  // namespace detail

/// Makes a C function of type `type` that calls `callable(arguments, returned)`: `const void* const* arguments` has the
/// address of every argument, of its type, and `void* returned` has room for the result, which must be written.
/// Arguments are copies that are the callable's until it returns. Of a type with `...` it is called as
/// `callable(arguments, variable_arguments& variable, returned)`; types behind the `...` are those of one call, and
/// cannot be told here. Nothing refers to `type` afterwards. Fails with `errc::not_supported` where there is no way,
/// and if the callable takes variable arguments and the type has none, or the other way round; `errc::invalid_argument`
/// if there are types behind the `...`; `errc::out_of_memory`; or as `make_plan` does. Any thread may make and destroy
/// callbacks.
template <class Callable>
result<callback> make_callback(const function_type& type, Callable callable) noexcept {
    constexpr const char* operation = "make callback";
    if (!can_call || type.variadic != detail::takes_variable_arguments<Callable> || type.abi != native_abi)
        return fail(errc::not_supported, operation);
    if (type.fixed != type.parameters.size()) return fail(errc::invalid_argument, operation);
    VITTE_TRY(plan by, make_plan(type));
    using state = callback::state_of<Callable>;
    auto* const made = new (std::nothrow) state(std::move(callable));
    if (made == nullptr) return fail(errc::out_of_memory, operation);
    made->by = std::move(by);
    made->vectors = type.variadic ? 1 : made->by.vectors;
    made->run = [](detail::callback_head* self, std::byte* frame, std::byte* stack) noexcept {
        auto* const s = static_cast<state*>(self);
        return detail::answer(s->by, frame, stack, s->callable);
    };
    made->destroy = [](callback::state* self) noexcept {
        if (self->address != nullptr) detail::entries::give_back(self->address);
        delete static_cast<state*>(self);
    };
    callback owner(made);
    VITTE_TRY(made->address, detail::entries::take(*made));
    return owner;
}

}  // namespace vitte::loader::ffi
