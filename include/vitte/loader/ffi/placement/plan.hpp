/// Where the parts of a call's arguments and of its result are, as an ABI has them; see `placement.hpp`.
#pragma once

#include <vitte/core/growing_array.hpp>
#include <vitte/loader/ffi/type.hpp>

namespace vitte::loader::ffi {

/// The registers of a call in memory, the same for all ABIs: at these offsets begin the integer registers, one after
/// the other, the registers for numbers and vectors, each in 16 bytes, the register that has the address of the result
/// apart from them (x8 of AAPCS64), and what is on the stack. The x87 results stand behind four vector registers.
struct frame_layout {
    static constexpr std::uint32_t integers = 0, vectors = 64, x87 = 128, result_address = 192, stack = 208;
};

/// How a part of a value becomes the content of its place.
enum class transfer : std::uint8_t {
    i8,
    u8,
    i16,
    u16,
    i32,
    u32,  ///< extended to a whole integer register
    four,
    eight,
    sixteen,  ///< so many bytes as they are
    bytes,    ///< `piece::size` bytes as they are
    boxed,    ///< a `float` in a register for doubles, of which the other bits are ones (RISC-V)
    address,  ///< the address of a copy of the value
};

/// A part of an argument or of the result that stands in one place. Several that follow each other are one argument.
struct piece {
    std::uint32_t argument = 0;  ///< index of it; 0 for the result
    std::uint32_t from = 0;      ///< offset in the value
    std::uint32_t to = 0;        ///< offset in the frame
    std::uint32_t size = 0;      ///< bytes of the value
    std::uint32_t copy = 0;      ///< offset in the memory for copies, if one is needed for the argument
    transfer how = transfer::bytes;
    bool whole = false;  ///< it is all of the argument
    bool again = false;  ///< it stands already somewhere else (Win64's variadic numbers)
};

/// What is taken when all arguments of a plan have their places: where variable ones go on.
struct taken_places {
    std::uint32_t integers = 0, vectors = 0, numbers = 0;  ///< registers; `numbers` are AAPCS32's, a bit each
    std::size_t stack = 0;                                 ///< bytes
};

/// How one function is called. It does not refer to the types that it was made of.
struct plan {
    growing_array<piece> arguments;  ///< in order of the arguments
    growing_array<piece> results;    ///< none if the result is nothing, or in memory
    abi_kind abi = native_abi;
    std::uint32_t argument_count = 0;
    std::uint32_t stack_size = 0;  ///< bytes on the stack, a multiple of 16
    std::uint32_t stack_alignment = 16;
    /// Bytes that a callback's result, if it is not in memory, and copies of arguments behind it need; and what aligns
    /// them.
    std::uint32_t copies_size = 0;
    std::uint32_t copies_alignment = alignof(void*);
    std::uint32_t result_size = 0;        ///< of the result's type
    std::uint32_t result_address_at = 0;  ///< where in the frame the address of the result is, if it is in memory
    std::uint8_t vectors = 0;             ///< how many of the registers for numbers are used, at most
    std::uint8_t x87_results = 0;
    std::uint8_t wide_arguments = 0;  ///< 1 if an argument fills a whole vector register
    std::uint8_t wide_results = 0;    ///< the same of the result
    taken_places behind;
    bool result_in_memory = false;
    bool variadic = false;
};

namespace detail {

/// Visits the scalars of `of`, complex ones as two, with their offsets, until `visit` returns false; returns whether it
/// never did.
template <class Visit>
constexpr bool each_scalar(const type& of, std::size_t offset, Visit&& visit, abi_kind abi) {
    switch (of.kind) {
        case kind::structure:
        case kind::union_:
            for (const field& f : of.fields)
                if (!each_scalar(*f.of, offset + f.offset, visit, abi)) return false;
            return true;
        case kind::array:
            for (std::size_t i = 0; i < of.count; ++i)
                if (!each_scalar(*of.element, offset + i * of.element->size, visit, abi)) return false;
            return true;
        case kind::complex_f32:
        case kind::complex_f64:
        case kind::complex_long_double: {
            const type& part = scalar(of.kind == kind::complex_f32   ? kind::f32
                                      : of.kind == kind::complex_f64 ? kind::f64
                                                                     : kind::long_double,
                                      abi);
            return visit(part, offset) && visit(part, offset + part.size);
        }
        default: return visit(of, offset);
    }
}

constexpr bool is_number(kind k) noexcept { return k == kind::f32 || k == kind::f64; }
constexpr bool is_complex(kind k) noexcept {
    return k == kind::complex_f32 || k == kind::complex_f64 || k == kind::complex_long_double;
}

/// How `t`, not larger than an integer register, is in one.
constexpr transfer in_register(const type& t, abi_kind abi) noexcept {
    switch (t.kind) {
        case kind::i8: return transfer::i8;
        case kind::boolean:
        case kind::u8: return transfer::u8;
        case kind::i16: return transfer::i16;
        case kind::u16: return transfer::u16;
        case kind::i32: return transfer::i32;
        case kind::u32: return abi == abi_kind::riscv64_lp64d ? transfer::i32 : transfer::u32;
        default: break;
    }
    if (abi == abi_kind::s390x)  // what is shorter is right in its register
        return t.size == 1 ? transfer::u8 : t.size == 2 ? transfer::u16 : t.size == 4 ? transfer::u32 : transfer::eight;
    return t.size == 4 ? transfer::four : t.size == 8 ? transfer::eight : transfer::bytes;
}
constexpr transfer of_size(std::size_t size) noexcept {
    return size == 4 ? transfer::four : size == 8 ? transfer::eight : size == 16 ? transfer::sixteen : transfer::bytes;
}

/// The same for registers for numbers of 64-bit machines where the low bytes come first. Eight bytes are written at
/// least: a CPU waits when it loads more at once than was stored at once.
constexpr transfer in_number(std::size_t size) noexcept { return size == 4 ? transfer::u32 : of_size(size); }

/// The `float`s, `double`s, `long double`s or vectors that a value is made of, if they are up to four of one type and
/// nothing else (AAPCS64 5.9.5, AAPCS32 7.1.2.1). Not those if `count` is 0.
struct homogeneous {
    const type* base = nullptr;
    std::uint32_t count = 0;
};
/// How many of `base`, which is found by the first, are in `t`; -1 if there is anything else.
constexpr int count_of_base(const type& t, const type*& base, abi_kind abi) noexcept {
    int count = 0;
    if (t.is_record() || t.kind == kind::array) {
        if (t.kind == kind::array) {
            if (t.count == 0) return 0;
            const int each = count_of_base(*t.element, base, abi);
            count = each < 0 ? -1 : each * static_cast<int>(t.count);
        }
        for (const field& f : t.fields) {
            const int inside = count_of_base(*f.of, base, abi);
            if (inside < 0) return -1;
            count = t.kind == kind::structure ? count + inside : inside > count ? inside : count;
        }
        return count > 0 && static_cast<std::size_t>(count) * base->size == t.size ? count : -1;
    }
    each_scalar(
        t, 0,
        [&](const type& part, std::size_t) {
            if (base == nullptr) base = &part;
            const bool fits = is_number(part.kind) || part.kind == kind::long_double || part.kind == kind::vector128;
            if (!fits || part.kind != base->kind) return count = -1, false;
            return ++count, true;
        },
        abi);
    return count;
}
constexpr homogeneous homogeneous_of(const type& t, abi_kind abi) noexcept {
    if (t.size > 64) return {};
    homogeneous found;
    const int count = count_of_base(t, found.base, abi);
    if (count > 0 && count <= 4) found.count = static_cast<std::uint32_t>(count);
    return found;
}

/// A plan that is being made.
class placer {
public:
    placer(plan& to_make, std::uint32_t register_size) noexcept : made(to_make), word(register_size) {}

    taken_places places() const noexcept { return {integers, vectors, taken, stack}; }
    void go_on(const taken_places& behind) noexcept {
        integers = behind.integers, vectors = behind.vectors, taken = behind.numbers, stack = behind.stack;
    }

    plan& made;
    const std::uint32_t word;  ///< size of an integer register
    std::uint32_t argument = 0;
    std::uint32_t integers = 0, vectors = 0;  ///< registers that are taken
    std::uint32_t taken = 0;                  ///< VFP registers of AAPCS32, a bit each
    std::size_t stack = 0;                    ///< bytes that are taken
    bool for_result = false;
    bool failed = false;

    void add(std::size_t from, std::size_t to, std::size_t size, transfer how) noexcept {
        piece p;
        p.argument = argument;
        p.from = static_cast<std::uint32_t>(from);
        p.to = static_cast<std::uint32_t>(to);
        p.size = static_cast<std::uint32_t>(size);
        p.how = how;
        if (!(for_result ? made.results : made.arguments).push_back(std::move(p))) failed = true;
    }
    void in_integer(std::size_t from, std::size_t size, transfer how) noexcept {
        add(from, frame_layout::integers + word * integers++, size, how);
    }
    void in_vector(std::size_t from, std::size_t size, transfer how) noexcept {
        if (size == 16) (for_result ? made.wide_results : made.wide_arguments) = 1;
        add(from, frame_layout::vectors + 16 * vectors++, size, how);
    }
    /// The whole of `size` bytes, or what is left of them `from` on, in words.
    void in_integers(std::size_t from, std::size_t size) noexcept {
        for (std::size_t at = from; at < size; at += word) {
            const std::size_t part = size - at < word ? size - at : word;
            in_integer(at, part, of_size(part));
        }
    }
    void align_stack(std::size_t alignment) noexcept {
        stack = aligned_up(stack, alignment);
        if (alignment > made.stack_alignment) made.stack_alignment = static_cast<std::uint32_t>(alignment);
    }
    void on_stack(std::size_t from, std::size_t size, transfer how, std::size_t slot) noexcept {
        add(from, frame_layout::stack + stack, size, how);
        stack += how == transfer::address ? word : aligned_up(size, slot);
        if (stack > max_size) failed = true;
    }
    /// The address of a copy of `t` in the next integer register, of `limit`, or on the stack.
    void by_address(const type& t, std::uint32_t limit) noexcept {
        if (integers < limit)
            in_integer(0, t.size, transfer::address);
        else
            on_stack(0, t.size, transfer::address, word);
    }
    /// The piece that was added last is there for the second time.
    void again() noexcept {
        if (!failed) made.arguments.back().again = true;
    }
    /// The address of the result is in the next integer register.
    void result_in_memory() noexcept {
        made.result_in_memory = true;
        made.result_address_at = frame_layout::integers + word * integers++;
    }
};

}  // namespace detail
}  // namespace vitte::loader::ffi
