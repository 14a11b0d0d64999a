/// ELF ABI s390x Supplement, "Parameter passing": r2 to r6; f0 f2 f4 f6, of which a short number fills the left half.
/// Structures of 1, 2, 4 or 8 bytes are passed as integers, one of a single number as that, all others by reference.
#pragma once

#include <vitte/loader/ffi/placement/plan.hpp>

namespace vitte::loader::ffi::detail {

struct s390x {
    static constexpr std::uint32_t word = 8;
    static constexpr abi_kind abi = abi_kind::s390x;

    /// Whatever the structures around it are aligned to, and so padded.
    static bool is_single_number(const type& t) noexcept {
        if (is_number(t.kind)) return true;
        return t.kind == kind::structure && t.fields.size() == 1 && is_single_number(*t.fields[0].of);
    }
    static void add(placer& p, const type& t, bool) noexcept {
        const bool fits = t.size == 1 || t.size == 2 || t.size == 4 || t.size == 8;
        if (!fits || is_complex(t.kind)) return p.by_address(t, 5);
        if (is_single_number(t)) {
            if (p.vectors < 4) return p.in_vector(0, t.size, of_size(t.size));
        } else if (p.integers < 5) {
            return p.in_integer(0, t.size, in_register(t, abi));
        }
        p.on_stack(0, t.size, in_register(t, abi), 8);
    }
    static bool needs_memory(const type& t) noexcept { return !t.is_scalar() || is_complex(t.kind) || t.size > 8; }
    static void memory_result(placer& p) noexcept { p.result_in_memory(); }
    static void result(placer& p, const type& t) noexcept {
        if (is_number(t.kind))
            p.in_vector(0, t.size, of_size(t.size));
        else
            p.in_integer(0, t.size, in_register(t, abi));
    }
};

}  // namespace vitte::loader::ffi::detail
