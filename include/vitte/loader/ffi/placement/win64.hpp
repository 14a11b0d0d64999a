/// Microsoft's x64 calling convention: the n-th argument has the n-th of rcx rdx r8 r9 or of xmm0 to xmm3, behind which
/// is the stack; what is not 1, 2, 4 or 8 bytes is passed by reference.
#pragma once

#include <vitte/loader/ffi/placement/plan.hpp>

namespace vitte::loader::ffi::detail {

struct win64 {
    static constexpr std::uint32_t word = 8;

    static constexpr bool fits(const type& t) noexcept {
        return t.size == 1 || t.size == 2 || t.size == 4 || t.size == 8;
    }
    static void add(placer& p, const type& t, bool named) noexcept {
        if (!fits(t)) return p.by_address(t, 4);
        const transfer how = in_register(t, abi_kind::win64);
        if (p.integers == 4) return p.on_stack(0, t.size, how, 8);
        if (!is_number(t.kind)) return p.in_integer(0, t.size, how);
        p.vectors = p.integers;
        p.in_vector(0, t.size, in_number(t.size));
        if (named) return static_cast<void>(++p.integers);
        p.in_integer(0, t.size, how);
        p.again();
    }
    static bool needs_memory(const type& t) noexcept { return !fits(t) && t.kind != kind::vector128; }
    static void memory_result(placer& p) noexcept { p.result_in_memory(); }
    static void result(placer& p, const type& t) noexcept {
        if (is_number(t.kind) || t.kind == kind::vector128)
            p.in_vector(0, t.size, in_number(t.size));
        else
            p.in_integer(0, t.size, in_register(t, abi_kind::win64));
    }
};

}  // namespace vitte::loader::ffi::detail
