/// Calls of C functions by plans: the arguments are bytes of types that are known only at run time.
#pragma once

#include <vitte/loader/ffi/machine.hpp>
#include <vitte/loader/ffi/placement.hpp>

namespace vitte::loader::ffi {

/// Whether there are plans for this machine.
inline constexpr bool can_call = native_abi != abi_kind::other;

namespace detail {

template <class Narrow>
[[gnu::always_inline]] inline void extend(std::byte* to, const std::byte* from) noexcept {
    Narrow narrow;
    __builtin_memcpy(&narrow, from, sizeof narrow);
    const auto word = static_cast<std::uintptr_t>(static_cast<std::intptr_t>(narrow));
    __builtin_memcpy(to, &word, sizeof word);
}

/// Puts the part of a value that begins at `from` into its place in a frame.
[[gnu::always_inline]] inline void put(const piece& p, std::byte* to, const std::byte* from) noexcept {
    switch (p.how) {
        case transfer::eight: __builtin_memcpy(to, from, 8); return;
        case transfer::i8: return extend<std::int8_t>(to, from);
        case transfer::u8: return extend<std::uint8_t>(to, from);
        case transfer::i16: return extend<std::int16_t>(to, from);
        case transfer::u16: return extend<std::uint16_t>(to, from);
        case transfer::i32: return extend<std::int32_t>(to, from);
        case transfer::u32: return extend<std::uint32_t>(to, from);
        case transfer::four: __builtin_memcpy(to, from, 4); return;
        case transfer::sixteen: __builtin_memcpy(to, from, 16); return;
        case transfer::boxed:
            __builtin_memcpy(to, from, 4);
            __builtin_memset(to + 4, 0xff, 4);
            return;
        case transfer::bytes:
        case transfer::address: break;
    }
    __builtin_memcpy(to, from, p.size);
}

/// Where the bytes of a value are that `put` has put to `at`.
[[gnu::always_inline]] inline std::byte* bytes_of(const piece& p, std::byte* at) noexcept {
    if constexpr (facts_of(native_abi).big_endian)
        if (p.how <= transfer::u32) return at + sizeof(std::uintptr_t) - p.size;
    return at;
}

/// Where the copies of a plan are that begin in `memory`.
[[gnu::always_inline]] inline std::byte* copies_in(std::byte* memory, const plan& by) noexcept {
    const std::uintptr_t mask = by.copies_alignment - std::uintptr_t{1};
    return memory + ((0 - reinterpret_cast<std::uintptr_t>(memory)) & mask);
}

/// Makes a stack that has no room for the `size` bytes that were just taken from it end in its guard page, and not in
/// what is beyond it: touches page after page, from the last that was in use on.
[[gnu::always_inline]] inline void probe(std::byte* taken, std::size_t size) noexcept {
    constexpr std::size_t page = 4096;
    while (size > page) {
        size -= page;
        *static_cast<volatile std::byte*>(taken + size) = std::byte{};
    }
}

}  // namespace detail

/// Calls the C function at `function` by a plan of `native_abi`. `arguments` has the address of every argument, of its
/// type; the result is written to `returned`, which has room for the type of the result, aligned as that; either may be
/// null if there is none. `errno` is as the function left it (Windows: the last error, too), and its exceptions pass.
/// That the plan is right is the caller's promise. Plans can be used by several threads at once.
[[gnu::noinline]] inline void call(const plan& by, const void* function, const void* const* arguments, void* returned) {
    const std::size_t size = frame_layout::stack + std::size_t{by.stack_size} + by.copies_size;
    auto* const frame = static_cast<std::byte*>(__builtin_alloca(size));
    detail::probe(frame, size);
    const piece* const end = by.arguments.end();
    for (const piece* p = by.arguments.begin(); p != end; ++p) {
        const auto* const from = static_cast<const std::byte*>(arguments[p->argument]) + p->from;
        if (p->how == transfer::address) [[unlikely]] {
            std::byte* const copy = detail::copies_in(frame + frame_layout::stack + by.stack_size, by) + p->copy;
            __builtin_memcpy(copy, from, p->size);
            __builtin_memcpy(frame + p->to, &copy, sizeof copy);
        } else {
            detail::put(*p, frame + p->to, from);
        }
    }
    if (by.result_in_memory) __builtin_memcpy(frame + by.result_address_at, &returned, sizeof returned);
    // Never so, but compilers would take it that nothing here throws.
    if (by.abi == abi_kind::other) [[unlikely]]
        return reinterpret_cast<void (*)()>(const_cast<void*>(function))();
    detail::invoke(by, function, frame);
    const piece* const last = by.results.end();
    for (const piece* p = by.results.begin(); p != last; ++p) {
        const std::byte* const from = detail::bytes_of(*p, frame + p->to);
        std::byte* const to = static_cast<std::byte*>(returned) + p->from;
        if (p->size == 8)
            __builtin_memcpy(to, from, 8);
        else if (p->size == 4)
            __builtin_memcpy(to, from, 4);
        else
            __builtin_memcpy(to, from, p->size);
    }
}

}  // namespace vitte::loader::ffi
