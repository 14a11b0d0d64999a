/// What C types are, and how signatures spell them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vitte::loader::ffi {

/// What a type is. The kinds up to `vector128` are scalars: they are not made of other types. Those up to `string`
/// fit into 64 bits on every machine.
enum class kind : std::uint8_t {
    nothing,  ///< `void`
    i8,
    u8,
    i16,
    u16,
    i32,
    u32,
    i64,
    u64,
    f32,
    f64,
    pointer,
    string,       ///< a pointer to a text that ends with a NUL
    boolean,      ///< `_Bool`
    long_double,  ///< where it is no `double`; where it is one, it is `f64`
    complex_f32,
    complex_f64,
    complex_long_double,
    vector128,  ///< 128 bits that are passed as a vector is, whatever its elements are
    structure,
    union_,
    array,
};

namespace detail {
inline constexpr std::string_view kind_names[]{
    "void", "i8",  "u8",  "i16", "u16",  "i32",         "u32",         "i64",         "u64",
    "f32",  "f64", "ptr", "str", "bool", "long_double", "complex_f32", "complex_f64", "complex_long_double",
    "v128",
};
}  // namespace detail
inline constexpr std::size_t scalar_kinds = sizeof detail::kind_names / sizeof *detail::kind_names;

constexpr bool is_scalar(kind k) noexcept { return static_cast<std::size_t>(k) < scalar_kinds; }

/// The name of a scalar in signatures, such as "i32" or "ptr"; empty for what is none.
constexpr std::string_view name_of(kind k) noexcept {
    return is_scalar(k) ? detail::kind_names[static_cast<std::size_t>(k)] : std::string_view();
}

/// The scalar that signatures call `name`, or `array`, which has no name.
constexpr kind kind_named(std::string_view name) noexcept {
    for (std::size_t i = 0; i < scalar_kinds; ++i)
        if (name == detail::kind_names[i]) return static_cast<kind>(i);
    return kind::array;
}

/// The integer of `size` bytes, which are 1, 2, 4 or 8; `nothing` if there is none.
constexpr kind integer_of(std::size_t size, bool is_signed) noexcept {
    using enum kind;
    switch (size) {
        case 1: return is_signed ? i8 : u8;
        case 2: return is_signed ? i16 : u16;
        case 4: return is_signed ? i32 : u32;
        case 8: return is_signed ? i64 : u64;
        default: return nothing;
    }
}

}  // namespace vitte::loader::ffi
