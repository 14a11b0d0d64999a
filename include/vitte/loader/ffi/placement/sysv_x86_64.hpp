/// System V psABI, AMD64 supplement, 3.2.3: rdi rsi rdx rcx r8 r9, xmm0 to xmm7; results in rax rdx, xmm0 xmm1, st0
/// st1.
#pragma once

#include <vitte/loader/ffi/placement/plan.hpp>

namespace vitte::loader::ffi::detail {

struct sysv_x86_64 {
    static constexpr std::uint32_t word = 8;

    enum class part : std::uint8_t { none, integer, sse, sse_up, x87, x87_up, memory };

    struct classes {
        part of[2] = {part::none, part::none};

        constexpr void merge(std::size_t eightbyte, part with) noexcept {
            part& now = of[eightbyte];
            if (now == with || with == part::none) return;
            if (now == part::none)
                now = with;
            else if (now == part::memory || with == part::memory)
                now = part::memory;
            else if (now == part::integer || with == part::integer)
                now = part::integer;
            else if (now == part::x87 || now == part::x87_up || with == part::x87 || with == part::x87_up)
                now = part::memory;
            else
                now = part::sse;
        }
        constexpr bool in_memory() const noexcept { return of[0] == part::memory; }
        constexpr unsigned count(part wanted) const noexcept {
            return static_cast<unsigned>(of[0] == wanted) + static_cast<unsigned>(of[1] == wanted);
        }
    };
    static constexpr classes memory{{part::memory, part::memory}};

    static constexpr classes classify_scalar(const type& t, std::size_t offset) noexcept {
        classes found;
        const bool aligned = each_scalar(
            t, offset,
            [&](const type& s, std::size_t at) {
                switch (s.kind) {
                    case kind::f32:
                    case kind::f64: found.merge(at / 8, part::sse); break;
                    case kind::long_double: found.merge(0, part::x87), found.merge(1, part::x87_up); break;
                    case kind::vector128: found.merge(0, part::sse), found.merge(1, part::sse_up); break;
                    default: found.merge(at / 8, part::integer);
                }
                return at % s.alignment == 0;
            },
            abi_kind::sysv_x86_64);
        return aligned ? found : memory;
    }
    /// Member by member, each as a whole first: merging is not associative. In a union of `long double` and `{float,
    /// int}`, the number meets an integer class.
    static constexpr classes classify(const type& t, std::size_t offset = 0) noexcept {
        if (t.size > 16) return memory;
        if (t.is_scalar()) return classify_scalar(t, offset);
        classes found;
        const auto merge = [&found](const classes& member) {
            found.merge(0, member.of[0]), found.merge(1, member.of[1]);
        };
        for (const field& f : t.fields) merge(classify(*f.of, offset + f.offset));
        for (std::size_t i = 0; i < t.count; ++i) merge(classify(*t.element, offset + i * t.element->size));
        if (found.of[0] == part::memory || found.of[1] == part::memory) return memory;
        if (found.of[1] == part::x87_up && found.of[0] != part::x87) return memory;
        if (found.of[1] == part::sse_up && found.of[0] != part::sse) found.of[1] = part::sse;
        return found;
    }

    static void in_registers(placer& p, const type& t, const classes& found) noexcept {
        if (t.is_scalar() && found.of[0] == part::integer)
            return p.in_integer(0, t.size, in_register(t, abi_kind::sysv_x86_64));
        if (found.of[1] == part::sse_up) return p.in_vector(0, 16, transfer::sixteen);
        for (std::size_t i = 0; i < 2; ++i) {
            const std::size_t size = t.size - 8 * i < 8 ? t.size - 8 * i : 8;
            if (found.of[i] == part::integer) p.in_integer(8 * i, size, of_size(size));
            if (found.of[i] == part::sse) p.in_vector(8 * i, size, in_number(size));
        }
    }
    static void add(placer& p, const type& t, bool) noexcept {
        const classes found = classify(t);
        const unsigned integers = found.count(part::integer), vectors = found.count(part::sse);
        if (!found.in_memory() && found.of[0] != part::x87 && p.integers + integers <= 6 && p.vectors + vectors <= 8)
            return in_registers(p, t, found);
        p.align_stack(t.alignment > 8 ? t.alignment : 8);
        p.on_stack(
            0, t.size,
            t.is_scalar() && found.of[0] == part::integer ? in_register(t, abi_kind::sysv_x86_64) : of_size(t.size), 8);
    }
    static bool needs_memory(const type& t) noexcept {
        return t.kind != kind::complex_long_double && classify(t).in_memory();
    }
    static void memory_result(placer& p) noexcept { p.result_in_memory(); }
    static void result(placer& p, const type& t) noexcept {
        constexpr std::size_t significant = 10;  // bytes of an x87 number
        const classes found = classify(t);
        if (t.kind != kind::complex_long_double && found.of[0] != part::x87) return in_registers(p, t, found);
        for (std::size_t i = 0; i < t.size / 16; ++i, ++p.made.x87_results)
            p.add(16 * i, frame_layout::x87 + 16 * i, significant, transfer::bytes);
    }
};

}  // namespace vitte::loader::ffi::detail
