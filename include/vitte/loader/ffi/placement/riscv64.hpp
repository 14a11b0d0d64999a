/// RISC-V ELF psABI, "Hardware Floating-point Calling Convention", LP64D: a0 to a7, fa0 to fa7. Structures of one or
/// two numbers, or of a number and an integer, are passed as these; what is larger than two registers, by reference.
/// Vectors of 128 bits go through two integer registers, also where the CPU has vector registers.
#pragma once

#include <vitte/loader/ffi/placement/plan.hpp>

namespace vitte::loader::ffi::detail {

struct riscv64 {
    static constexpr std::uint32_t word = 8;
    static constexpr abi_kind abi = abi_kind::riscv64_lp64d;

    struct member {
        const type* of = nullptr;
        std::size_t offset = 0;
    };
    /// The one or two scalars of `t`, one of them at least a number; `count` is 0 if it is anything else. To GCC and
    /// clang addresses are no integers here.
    struct flattened {
        member of[2];
        unsigned count = 0, numbers = 0;
    };
    static bool has_union(const type& t) noexcept {
        if (t.kind == kind::array) return has_union(*t.element);
        for (const field& f : t.fields)
            if (has_union(*f.of)) return true;
        return t.kind == kind::union_;
    }
    static flattened flatten(const type& t) noexcept {
        if (has_union(t)) return {};
        flattened found;
        const bool few = each_scalar(
            t, 0,
            [&](const type& s, std::size_t offset) {
                const bool is_address = s.kind == kind::pointer || s.kind == kind::string;
                if (found.count == 2 || s.size > 8 || is_address) return false;
                found.of[found.count++] = {&s, offset};
                found.numbers += static_cast<unsigned>(is_number(s.kind));
                return true;
            },
            abi);
        return few && found.numbers != 0 ? found : flattened{};
    }
    static void in_register_of_kind(placer& p, const member& m) noexcept {
        if (!is_number(m.of->kind))
            p.in_integer(m.offset, m.of->size, in_register(*m.of, abi));
        else
            p.in_vector(m.offset, m.of->size, m.of->size == 4 ? transfer::boxed : transfer::eight);
    }
    static void in_registers(placer& p, const flattened& parts) noexcept {
        for (unsigned i = 0; i < parts.count; ++i) in_register_of_kind(p, parts.of[i]);
    }
    static void add(placer& p, const type& t, bool named) noexcept {
        if (named) {
            const flattened parts = flatten(t);
            if (parts.count != 0 && p.vectors + parts.numbers <= 8 && p.integers + parts.count - parts.numbers <= 8)
                return in_registers(p, parts);
        }
        if (t.size > 16) return p.by_address(t, 8);
        const bool doubled = t.alignment >= 16;
        if (doubled && !named) p.integers = (p.integers + 1) & ~1u;
        const transfer how = t.size <= 8 && t.is_scalar() ? in_register(t, abi) : of_size(t.size);
        if (p.integers >= 8) {
            p.align_stack(doubled ? 16 : 8);
            return p.on_stack(0, t.size, how, 8);
        }
        if (t.size <= 8) return p.in_integer(0, t.size, how);
        p.in_integer(0, 8, transfer::eight);
        const std::size_t left = t.size - 8;
        if (p.integers < 8)
            p.in_integer(8, left, of_size(left));
        else
            p.on_stack(8, left, of_size(left), 8);
    }
    static bool needs_memory(const type& t) noexcept { return t.size > 16 && flatten(t).count == 0; }
    static void memory_result(placer& p) noexcept { p.result_in_memory(); }
    static void result(placer& p, const type& t) noexcept { add(p, t, true); }
};

}  // namespace vitte::loader::ffi::detail
