/// How the C ABIs pass arguments and results, for this machine and for others: a signature is made into a plan once,
/// which calls and callbacks follow.
#pragma once

#include <vitte/loader/ffi/placement/aapcs32.hpp>
#include <vitte/loader/ffi/placement/aapcs64.hpp>
#include <vitte/loader/ffi/placement/riscv64.hpp>
#include <vitte/loader/ffi/placement/s390x.hpp>
#include <vitte/loader/ffi/placement/sysv_x86_64.hpp>
#include <vitte/loader/ffi/placement/win64.hpp>

namespace vitte::loader::ffi {

/// How many bytes the arguments of a call take at most that are not in registers: they all are on the caller's stack.
inline constexpr std::size_t max_frame = std::size_t{1} << 18;

namespace detail {

template <class Abi>
bool in_memory(const placer& p, const type& t) noexcept {
    if constexpr (requires { Abi::needs_memory(p, t); })
        return Abi::needs_memory(p, t);
    else
        return Abi::needs_memory(t);
}

/// What C code surely aligns the value to that stands at `p`, or whose address does: to what `max_align_t` is, or less.
constexpr std::size_t alignment_of(const piece& p, abi_kind abi) noexcept {
    const std::size_t most = facts_of(abi).max_alignment, bits = p.how == transfer::address ? most : p.to | most;
    return bits & (0 - bits);
}

/// Gives every argument that is not in one place that is aligned for it, or by reference, room for a copy.
inline bool assign_copies(plan& made, const function_type& of) noexcept {
    std::size_t room = made.result_in_memory ? 0 : of.result->size, most = made.copies_alignment;
    if (room != 0) most = greater(most, of.result->alignment);
    const std::size_t count = made.arguments.size();
    for (std::size_t i = 0, end; i < count; i = end) {
        piece& first = made.arguments[i];
        const type& t = *of.parameters[first.argument];
        for (end = i; end < count && made.arguments[end].argument == first.argument;) ++end;
        const std::size_t parts = end - i - (end - i > 1 && made.arguments[end - 1].again ? 1 : 0);
        first.whole = parts == 1 && t.alignment <= alignment_of(first, made.abi);
        if (first.whole && first.how != transfer::address) continue;
        room = aligned_up(room, t.alignment);
        most = greater(most, t.alignment);
        for (std::size_t at = i; at < end; ++at) made.arguments[at].copy = static_cast<std::uint32_t>(room);
        room += t.size;
        if (room > max_size) return false;
    }
    made.copies_alignment = static_cast<std::uint32_t>(most);
    made.copies_size = static_cast<std::uint32_t>(room + (most - alignof(void*)));
    return true;
}

template <class Abi>
result<void> place(plan& made, const function_type& of) noexcept {
    constexpr const char* operation = "ffi plan";
    placer results(made, Abi::word), arguments(made, Abi::word);
    results.for_result = true;
    if (of.result->kind != kind::nothing) {
        if (in_memory<Abi>(results, *of.result))
            Abi::memory_result(arguments);
        else
            Abi::result(results, *of.result);
    }
    for (const type* const t : of.parameters) {
        Abi::add(arguments, *t, !of.variadic || arguments.argument < of.fixed);
        ++arguments.argument;
        if (arguments.failed) break;
    }
    if (results.failed || arguments.failed) return fail(errc::out_of_memory, operation);
    made.behind = arguments.places();
    made.stack_size = static_cast<std::uint32_t>(aligned_up(arguments.stack, 16));
    made.vectors = static_cast<std::uint8_t>(arguments.taken != 0 ? 8 : arguments.vectors);
    if (!assign_copies(made, of) || arguments.stack + made.copies_size > max_frame) return fail(errc::too_large, operation);
    return {};
}

/// Gives one more variable argument its places, which are all that `made` has then.
template <class Abi>
result<void> place_next(plan& made, const type& of) noexcept {
    while (made.arguments.size() != 0) made.arguments.pop_back();
    placer next(made, Abi::word);
    next.go_on(made.behind);
    Abi::add(next, of, false);
    if (next.failed) return fail(errc::out_of_memory, "ffi variable argument");
    if (next.stack > max_frame) return fail(errc::too_large, "ffi variable argument");
    made.behind = next.places();
    return {};
}

/// Whether `t` is, or is made of, a type of which `is` holds.
template <class Is>
bool any_of(const type& t, Is is) noexcept {
    for (const field& f : t.fields)
        if (any_of(*f.of, is)) return true;
    return is(t) || (t.kind == kind::array && any_of(*t.element, is));
}

/// Whether values of `t` are passed in a known way, or it is nothing.
inline result<void> check_passed(const type& t, abi_kind abi) noexcept {
    constexpr const char* operation = "ffi plan";
    if (t.kind == kind::array || (t.size == 0 && t.kind != kind::nothing)) return fail(errc::invalid_argument, operation);
    const auto is_unknown = [&](const type& part) {
        return (part.kind == kind::vector128 && abi == abi_kind::s390x) || (part.kind == kind::array && part.count == 0);
    };
    if (any_of(t, is_unknown)) return fail(errc::not_supported, operation);
    return {};
}

/// Calls `visit` with the placement of `abi`; `errc::not_supported` if it has no known way.
template <class Visit>
result<void> by_abi(abi_kind abi, Visit&& visit) noexcept {
    switch (abi) {
        case abi_kind::sysv_x86_64: return visit.template operator()<sysv_x86_64>();
        case abi_kind::win64:
        case abi_kind::win64_gnu: return visit.template operator()<win64>();
        case abi_kind::aapcs64: return visit.template operator()<aapcs64<false>>();
        case abi_kind::apple_arm64: return visit.template operator()<aapcs64<true>>();
        case abi_kind::aapcs32_hard: return visit.template operator()<aapcs32>();
        case abi_kind::riscv64_lp64d: return visit.template operator()<riscv64>();
        case abi_kind::s390x: return visit.template operator()<s390x>();
        case abi_kind::other: break;
    }
    return fail(errc::not_supported, "ffi plan");
}

}  // namespace detail

/// The plan for functions of type `of`. Fails with `errc::invalid_argument` if something in it has no size that must
/// have one, or is a bare array; `errc::not_supported` for ABIs that have no known way, and for what two compilers pass
/// differently: structures with a flexible array member (GCC and clang), and vectors on s390x, which go through vector
/// registers in code for z13 and later, and by reference in older code; `errc::too_large` beyond `max_frame` or 65536
/// parameters; `errc::out_of_memory`.
inline result<plan> make_plan(const function_type& of) noexcept {
    constexpr const char* operation = "ffi plan";
    if (of.parameters.size() > 65536) return fail(errc::too_large, operation);
    VITTE_CHECK(detail::check_passed(*of.result, of.abi));
    for (const type* const t : of.parameters) {
        if (t->kind == kind::nothing) return fail(errc::invalid_argument, operation);
        VITTE_CHECK(detail::check_passed(*t, of.abi));
    }
    plan made;
    made.abi = of.abi;
    made.argument_count = static_cast<std::uint32_t>(of.parameters.size());
    made.result_size = static_cast<std::uint32_t>(of.result->size);
    made.variadic = of.variadic;
    const auto placed = detail::by_abi(of.abi, [&]<class Abi>() { return detail::place<Abi>(made, of); });
    VITTE_CHECK(placed);
    return made;
}

}  // namespace vitte::loader::ffi
