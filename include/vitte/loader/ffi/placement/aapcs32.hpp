/// Procedure Call Standard for the Arm Architecture, variant with VFP registers, 6.5 and 7.1: r0 to r3, s0 to s15, of
/// which those that alignment left free are filled later. Functions with variable arguments use none of the latter.
#pragma once

#include <vitte/loader/ffi/placement/plan.hpp>

namespace vitte::loader::ffi::detail {

struct aapcs32 {
    static constexpr std::uint32_t word = 4;
    static constexpr abi_kind abi = abi_kind::aapcs32_hard;

    /// Puts `parts` into the first free registers that follow each other; false if there are none.
    static bool in_numbers(placer& p, const homogeneous& parts) noexcept {
        const auto each = static_cast<std::uint32_t>(parts.base->size / 4), all = each * parts.count;
        const std::uint32_t mask = (1u << all) - 1;
        for (std::uint32_t at = 0; at + all <= 16; at += each) {
            if ((p.taken >> at & mask) != 0) continue;
            p.taken |= mask << at;
            p.add(0, frame_layout::vectors + 4 * at, 4 * all, of_size(4 * all));
            return true;
        }
        p.taken = 0xffff;
        return false;
    }
    static homogeneous numbers_of(const placer& p, const type& t) noexcept {
        return p.made.variadic ? homogeneous{} : homogeneous_of(t, abi);
    }
    static void add(placer& p, const type& t, bool) noexcept {
        const std::size_t alignment = t.natural_alignment >= 8 ? 8 : 4;
        const transfer how = t.is_scalar() && t.size <= 4 ? in_register(t, abi) : of_size(t.size);
        const homogeneous parts = numbers_of(p, t);
        if (parts.count != 0 && in_numbers(p, parts)) return;
        if (parts.count == 0) {
            if (alignment == 8) p.integers = (p.integers + 1) & ~1u;
            const std::size_t free = p.integers < 4 ? 4 * (4 - p.integers) : 0;
            if (t.size <= free) {
                p.in_integer(0, t.size, how);
                p.integers += static_cast<std::uint32_t>((t.size + 3) / 4) - 1;
                return;
            }
            if (free != 0 && p.stack == 0) {
                p.in_integer(0, free, of_size(free));
                p.integers = 4;
                return p.on_stack(free, t.size - free, of_size(t.size - free), 4);
            }
            p.integers = 4;
        }
        p.align_stack(alignment);
        p.on_stack(0, t.size, how, 4);
    }
    static bool needs_memory(const placer& p, const type& t) noexcept {
        return (!t.is_scalar() || is_complex(t.kind)) && t.size > 4 && numbers_of(p, t).count == 0;
    }
    static void memory_result(placer& p) noexcept { p.result_in_memory(); }
    static void result(placer& p, const type& t) noexcept {
        if (const homogeneous parts = numbers_of(p, t); parts.count != 0)
            return static_cast<void>(in_numbers(p, parts));
        p.in_integer(0, t.size, t.is_scalar() && t.size <= 4 ? in_register(t, abi) : of_size(t.size));
    }
};

}  // namespace vitte::loader::ffi::detail
