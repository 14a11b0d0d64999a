/// Descriptions of C types that are known only at run time: what a value of the type is made of, how large it is, where
/// its members stand; for this machine's ABI and for others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vitte/loader/ffi/abi.hpp>
#include <vitte/loader/ffi/kind.hpp>
#include <vitte/loader/format/parse_error.hpp>

namespace vitte::loader::ffi {

/// The greatest size of a type in bytes, the same for all ABIs on all machines.
inline constexpr std::size_t max_size = 0x7fffffff;
/// The greatest alignment that can be asked for.
inline constexpr std::size_t max_alignment = std::size_t{1} << 28;
/// How deep types are made of others: a structure of scalars has the depth 1. What walks through a type may recurse.
inline constexpr std::size_t max_depth = 32;
/// How many types a type is made of at most, counting one that is used twice twice; an array is made of its element's
/// and itself, whatever its length. What walks through a type takes no more steps.
inline constexpr std::size_t max_parts = 65536;

struct type;

/// A member of a structure or union.
struct field {
    const type* of = nullptr;
    std::size_t offset = 0;      ///< in bytes
    std::string_view name = {};  ///< may be empty; says nothing about the layout
    std::size_t aligned = 0;     ///< what `alignas` at the member asks for, 0 without

    constexpr std::size_t end() const noexcept;  ///< the offset behind it
};

/// How a structure or union is packed and aligned; 0 and false are what the ABI says.
struct packing {
    std::size_t pack = 0;     ///< `#pragma pack(n)`: members are aligned to at most so many bytes: 1, 2, 4, 8 or 16
    bool packed = false;      ///< `__attribute__((packed))`: members are only aligned to what `field::aligned` asks for
    std::size_t aligned = 0;  ///< `__attribute__((aligned(n)))`, `alignas(n)`: the whole is aligned to at least so much
};

/// A type of one ABI. It refers to the types and fields that it is made of, which live longer; it never changes, and
/// may be read from any thread.
struct type {
    ffi::kind kind = ffi::kind::nothing;
    std::uint8_t depth = 0;     ///< 0 for scalars
    std::uint32_t parts = 1;    ///< of how many types it is made, itself included
    std::size_t size = 0;       ///< `sizeof`; 0 for `nothing` and for arrays without elements
    std::size_t alignment = 1;  ///< `alignof`
    /// The alignment without `how.aligned`, which some ABIs pass arguments by (AAPCS64 5.9, "natural alignment").
    std::size_t natural_alignment = 1;
    std::span<const field> fields = {};  ///< of a structure, in order of their offsets, or union
    const type* element = nullptr;       ///< of an array
    std::size_t count = 0;               ///< of an array's elements
    packing how = {};                    ///< of a structure or union

    /// Whether values of both look the same and are passed the same way, whatever their members' names are and by
    /// which packing they came where they are.
    friend constexpr bool operator==(const type& a, const type& b) noexcept {
        if (a.kind != b.kind || a.size != b.size || a.alignment != b.alignment || a.parts != b.parts ||
            a.natural_alignment != b.natural_alignment || a.fields.size() != b.fields.size() || a.count != b.count)
            return false;
        for (std::size_t i = 0; i < a.fields.size(); ++i)
            if (a.fields[i].offset != b.fields[i].offset || !(*a.fields[i].of == *b.fields[i].of)) return false;
        return a.kind != ffi::kind::array || *a.element == *b.element;
    }

    constexpr bool is_scalar() const noexcept { return ffi::is_scalar(kind); }
    /// Whether it is a structure or union.
    constexpr bool is_record() const noexcept { return kind == ffi::kind::structure || kind == ffi::kind::union_; }
};

constexpr std::size_t field::end() const noexcept { return offset + of->size; }

/// The type of a C function. It refers to its types, which live longer.
struct function_type {
    abi_kind abi = native_abi;
    const type* result = nullptr;                  ///< never null but before it is set; `void` is `nothing`
    std::span<const type* const> parameters = {};  ///< neither `nothing` nor arrays
    bool variadic = false;                         ///< `...` stands behind the fixed parameters
    /// How many parameters stand before the `...`; those behind are the arguments of one call. All if not `variadic`.
    std::size_t fixed = 0;

    friend constexpr bool operator==(const function_type& a, const function_type& b) noexcept {
        if (a.abi != b.abi || a.variadic != b.variadic || a.fixed != b.fixed || !(*a.result == *b.result) ||
            a.parameters.size() != b.parameters.size())
            return false;
        for (std::size_t i = 0; i < a.parameters.size(); ++i)
            if (!(*a.parameters[i] == *b.parameters[i])) return false;
        return true;
    }
};

namespace detail {
template <abi_kind Abi>
struct scalars {
    type of[scalar_kinds];

    constexpr scalars() noexcept {
        constexpr abi_facts says = facts_of(Abi);
        const auto set = [this](kind k, std::size_t size, std::size_t alignment) {
            type& t = of[static_cast<std::size_t>(k)];
            t.kind = k;
            t.size = size;
            t.alignment = t.natural_alignment = alignment;
        };
        using enum kind;
        set(nothing, 0, 1);
        set(boolean, 1, 1), set(i8, 1, 1), set(u8, 1, 1);
        set(i16, 2, 2), set(u16, 2, 2);
        set(i32, 4, 4), set(u32, 4, 4), set(f32, 4, 4);
        set(i64, 8, says.align64), set(u64, 8, says.align64), set(f64, 8, says.align64);
        set(pointer, says.pointer, says.pointer), set(string, says.pointer, says.pointer);
        set(long_double, says.long_double_size, says.long_double_alignment);
        set(complex_f32, 8, 4), set(complex_f64, 16, says.align64);
        set(complex_long_double, 2u * says.long_double_size, says.long_double_alignment);
        set(vector128, 16, says.vector128_alignment);
    }
};
template <abi_kind Abi>
inline constexpr scalars<Abi> scalars_of{};

constexpr unexpected<parse_error> no_type(const char* reason, errc code = errc::invalid_argument) noexcept {
    return malformed("type", reason, 0, code);
}
}  // namespace detail

/// The scalar `k`, which is none of `structure`, `union_` and `array`. Where `long double` is a `double`, `long_double`
/// and `complex_long_double` give `f64` and `complex_f64`.
constexpr const type& scalar(kind k, abi_kind abi = native_abi) noexcept {
    if (facts_of(abi).long_double == long_double_format::binary64) {
        if (k == kind::long_double) k = kind::f64;
        if (k == kind::complex_long_double) k = kind::complex_f64;
    }
    const auto at = static_cast<std::size_t>(k);
    using enum abi_kind;
    switch (abi) {
        case sysv_x86_64: return detail::scalars_of<sysv_x86_64>.of[at];
        case win64: return detail::scalars_of<win64>.of[at];
        case win64_gnu: return detail::scalars_of<win64_gnu>.of[at];
        case aapcs64: return detail::scalars_of<aapcs64>.of[at];
        case apple_arm64: return detail::scalars_of<apple_arm64>.of[at];
        case aapcs32_hard: return detail::scalars_of<aapcs32_hard>.of[at];
        case riscv64_lp64d: return detail::scalars_of<riscv64_lp64d>.of[at];
        case s390x: return detail::scalars_of<s390x>.of[at];
        case other: break;
    }
    return detail::scalars_of<other>.of[at];
}

/// The array of `count` elements of type `element`, which must live as long as the array. With 0 elements it can only
/// be the last member of a structure (C's flexible array member). The error's offset is 0.
constexpr result<type, parse_error> array_of(const type& element, std::size_t count) noexcept {
    if (element.size == 0) return detail::no_type("an array's element has no size");
    if (count > max_size / element.size) return detail::no_type("larger than 2 GiB", errc::too_large);
    if (element.depth == max_depth) return detail::no_type("types are nested too deep", errc::too_large);
    if (element.parts >= max_parts) return detail::no_type("made of too many types", errc::too_large);
    type made;
    made.kind = kind::array;
    made.depth = static_cast<std::uint8_t>(element.depth + 1);
    made.parts = element.parts + 1;
    made.size = element.size * count;
    made.alignment = made.natural_alignment = element.alignment;
    made.element = &element;
    made.count = count;
    return made;
}

namespace detail {
constexpr bool is_alignment(std::size_t n) noexcept { return n <= max_alignment && (n & (n - 1)) == 0; }
constexpr std::size_t greater(std::size_t a, std::size_t b) noexcept { return a < b ? b : a; }
constexpr std::size_t aligned_up(std::size_t n, std::size_t alignment) noexcept {
    return (n + alignment - 1) & ~(alignment - 1);
}

/// The greatest alignment of what asks for one in `t`. Microsoft's compiler does not pack below that.
constexpr std::size_t asked_alignment(const type& t) noexcept {
    std::size_t asked = t.how.aligned == 0 ? 0 : t.alignment;
    if (t.kind == kind::array) asked = asked_alignment(*t.element);
    for (const field& f : t.fields) asked = greater(asked, greater(f.aligned, asked_alignment(*f.of)));
    return asked;
}

/// The alignment of a member whose record is packed like `how`.
constexpr std::size_t alignment_of(const field& member, const packing& how, abi_kind abi) noexcept {
    std::size_t least = member.aligned, alignment = how.packed ? 1 : member.of->alignment;
    if (abi == abi_kind::win64)
        least = greater(least, asked_alignment(*member.of));
    else
        alignment = greater(alignment, least);
    if (how.pack != 0 && how.pack < alignment) alignment = how.pack;
    return abi == abi_kind::win64 ? greater(alignment, least) : alignment;
}
}  // namespace detail

/// The structure (or union, if `what` says so) whose members are `members`. Gives them their offsets; they must live as
/// long as the type does, and their types be types of `abi`. Fails if they cannot be members or are none (C has no such
/// types, and the sizes that compilers give them differ between C and C++), if an alignment in `how` or of a member is
/// none, or if the type is beyond a limit. The error's offset is 0.
constexpr result<type, parse_error> record_of(kind what, std::span<field> members, abi_kind abi = native_abi,
                                              const packing& how = {}) noexcept {
    using detail::no_type;
    const bool overlaid = what == kind::union_;
    if (members.empty()) return no_type("a record without members: C and C++ disagree about its size");
    if (how.pack > 16 || !detail::is_alignment(how.pack)) return no_type("the packing is not 1, 2, 4, 8 or 16");
    if (!detail::is_alignment(how.aligned)) return no_type("the alignment is no power of two up to 2^28");
    type made;
    made.kind = what;
    made.how = how;
    std::size_t end = 0;
    for (field& f : members) {
        const type& t = *f.of;
        if (t.size == 0 && (t.kind == kind::nothing || overlaid || &f == members.data() || &f != &members.back()))
            return no_type(t.kind == kind::nothing
                               ? "a member cannot be void"
                               : "an array without elements can only be the last member of a structure with others");
        if (!detail::is_alignment(f.aligned)) return no_type("the alignment is no power of two up to 2^28");
        if (t.depth >= max_depth) return no_type("types are nested too deep", errc::too_large);
        if (t.parts > max_parts - made.parts) return no_type("made of too many types", errc::too_large);
        made.parts += t.parts;
        made.depth = t.depth < made.depth ? made.depth : static_cast<std::uint8_t>(t.depth + 1);

        const std::size_t alignment = detail::alignment_of(f, how, abi);
        f.offset = overlaid ? 0 : detail::aligned_up(end, alignment);
        if (f.offset > max_size || t.size > max_size - f.offset) return no_type("larger than 2 GiB", errc::too_large);
        end = detail::greater(end, f.end());
        made.natural_alignment = detail::greater(made.natural_alignment, alignment);
    }
    made.fields = members;
    made.alignment = detail::greater(made.natural_alignment, how.aligned);
    made.size = detail::aligned_up(end, made.alignment);
    if (made.size > max_size) return no_type("larger than 2 GiB", errc::too_large);
    return made;
}

}  // namespace vitte::loader::ffi
