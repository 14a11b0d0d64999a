/// Procedure Call Standard for the Arm 64-bit Architecture, 6.8.2: x0 to x7, v0 to v7; the address of a result in x8.
/// Apple packs the stack by the types' own alignments and has all variable arguments there.
#pragma once

#include <vitte/loader/ffi/placement/plan.hpp>

namespace vitte::loader::ffi::detail {

template <bool Apple>
struct aapcs64 {
    static constexpr std::uint32_t word = 8;
    static constexpr abi_kind abi = Apple ? abi_kind::apple_arm64 : abi_kind::aapcs64;

    static void in_vectors(placer& p, const homogeneous& parts) noexcept {
        for (std::uint32_t i = 0; i < parts.count; ++i)
            p.in_vector(i * parts.base->size, parts.base->size, in_number(parts.base->size));
    }
    static void add(placer& p, const type& t, bool named) noexcept {
        const homogeneous parts = homogeneous_of(t, abi);
        const bool packed = Apple && named && (t.is_scalar() || parts.count != 0);
        const std::size_t slot = packed ? t.natural_alignment : t.natural_alignment >= 16 ? 16 : 8;
        const auto on_stack = [&] {
            p.align_stack(slot);
            p.on_stack(0, t.size, t.is_scalar() && !packed && t.size <= 8 ? in_register(t, abi) : of_size(t.size),
                       packed ? 1 : 8);
        };
        const bool everything_on_stack = Apple && !named;
        if (parts.count != 0) {
            if (!everything_on_stack && p.vectors + parts.count <= 8) return in_vectors(p, parts);
            if (!everything_on_stack) p.vectors = 8;
            return on_stack();
        }
        if (t.size > 16) {
            if (p.integers == 8 || everything_on_stack) p.align_stack(8);
            return p.by_address(t, everything_on_stack ? 0 : 8);
        }
        if (everything_on_stack) return on_stack();
        if (slot == 16 && !packed) p.integers = (p.integers + 1) & ~1u;
        if (p.integers + (t.size + 7) / 8 <= 8) {
            if (t.is_scalar()) return p.in_integer(0, t.size, in_register(t, abi));
            return p.in_integers(0, t.size);
        }
        p.integers = 8;
        on_stack();
    }
    static bool needs_memory(const type& t) noexcept { return t.size > 16 && homogeneous_of(t, abi).count == 0; }
    static void memory_result(placer& p) noexcept {
        p.made.result_in_memory = true;
        p.made.result_address_at = frame_layout::result_address;
    }
    static void result(placer& p, const type& t) noexcept {
        if (const homogeneous parts = homogeneous_of(t, abi); parts.count != 0) return in_vectors(p, parts);
        if (t.is_scalar()) return p.in_integer(0, t.size, in_register(t, abi));
        p.in_integers(0, t.size);
    }
};

}  // namespace vitte::loader::ffi::detail
