/// The types of WebAssembly (core specification 3.0, 2.3 and 5.3) as numbers that fit a register.
#pragma once

#include <cstdint>
#include <vitte/core/assert.hpp>

namespace vitte::loader::wasm {

/// Abstract heap types, by their binary code (5.3.4).
enum class heap_code : std::uint8_t {
    array = 0x6a,
    structure = 0x6b,
    i31 = 0x6c,
    eq = 0x6d,
    any = 0x6e,
    external = 0x6f,
    function = 0x70,
    none = 0x71,
    no_external = 0x72,
    no_function = 0x73,
    exception = 0x69,
    no_exception = 0x74,
};

/// The index of a type, which has been compared with the number of types: below `limit`, or the program stops. So no
/// number can become an abstract heap type.
class type_index {
public:
    static constexpr std::uint32_t limit = 1u << 22;

    constexpr explicit type_index(std::uint32_t value) noexcept : value_(value) { VITTE_ASSERT(value < limit); }
    constexpr std::uint32_t value() const noexcept { return value_; }

private:
    std::uint32_t value_;
};

/// What a reference points to: an abstract heap type or the index of a defined type.
class heap_type {
public:
    constexpr heap_type(heap_code code) noexcept : bits_(abstract_bit | static_cast<std::uint32_t>(code)) {}
    constexpr heap_type(type_index index) noexcept : bits_(index.value()) {}
    static constexpr heap_type from_bits(std::uint32_t bits) noexcept { return heap_type(bits, 0); }

    constexpr bool is_defined() const noexcept { return (bits_ & abstract_bit) == 0; }
    constexpr std::uint32_t index() const noexcept { return bits_; }
    constexpr heap_code code() const noexcept { return static_cast<heap_code>(bits_ & 0xff); }
    constexpr std::uint32_t bits() const noexcept { return bits_; }
    friend constexpr bool operator==(heap_type, heap_type) noexcept = default;

private:
    static constexpr std::uint32_t abstract_bit = type_index::limit;
    constexpr heap_type(std::uint32_t bits, int) noexcept : bits_(bits) {}
    std::uint32_t bits_;
};

/// A value type: a number, a vector, or a reference that may be null or not. `unknown` is the type of values that
/// unreachable code takes from nowhere; it matches every type.
class value_type {
public:
    constexpr value_type() noexcept = default;
    static constexpr value_type of(std::uint8_t code) noexcept { return value_type(code); }
    static constexpr value_type reference(heap_type to, bool nullable) noexcept {
        return value_type((nullable ? nullable_code : non_null_code) | to.bits() << 8);
    }

    constexpr std::uint8_t code() const noexcept { return static_cast<std::uint8_t>(bits_); }
    constexpr bool is_reference() const noexcept { return code() == nullable_code || code() == non_null_code; }
    constexpr bool is_nullable() const noexcept { return code() == nullable_code; }
    /// Numbers, vectors and references that may be null have a zero, which locals start with.
    constexpr bool has_default() const noexcept { return code() != non_null_code; }
    constexpr heap_type heap() const noexcept { return heap_type::from_bits(bits_ >> 8); }
    constexpr std::uint32_t bits() const noexcept { return bits_; }
    friend constexpr bool operator==(value_type, value_type) noexcept = default;

private:
    static constexpr std::uint32_t nullable_code = 0x63, non_null_code = 0x64;
    constexpr explicit value_type(std::uint32_t bits) noexcept : bits_(bits) {}
    std::uint32_t bits_ = 0;
};

inline constexpr value_type unknown{};
inline constexpr value_type i32 = value_type::of(0x7f), i64 = value_type::of(0x7e), f32 = value_type::of(0x7d),
                            f64 = value_type::of(0x7c), v128 = value_type::of(0x7b);
inline constexpr value_type function_reference = value_type::reference(heap_code::function, true),
                            external_reference = value_type::reference(heap_code::external, true),
                            exception_reference = value_type::reference(heap_code::exception, true);

/// The proposals beyond Release 1.0 that a module may use. Those not listed are always there.
struct features {
    bool simd = true;
    bool tail_calls = true;
    bool multiple_memories = true;
    bool memory64 = true;
    bool extended_constants = true;
    bool typed_references = true;
    bool exceptions = true;
    bool relaxed_simd = true;

    /// Release 2.0.
    static constexpr features release_2() noexcept { return {true, false, false, false, false, false, false, false}; }
};

/// Sizes of a memory (in pages) or a table (in elements).
struct limits {
    std::uint64_t least = 0;
    std::uint64_t most = 0;  ///< valid if `bounded`
    bool bounded = false;
    bool wide = false;  ///< addresses are 64 bits
    bool shared = false;

    constexpr value_type address() const noexcept { return wide ? i64 : i32; }
};

struct memory_type {
    limits size;
};
struct table_type {
    value_type element;
    limits size;
};
struct global_type {
    value_type content;
    bool writable = false;
};

/// What is imported or exported (5.5.5).
enum class external_kind : std::uint8_t { function, table, memory, global, tag };

constexpr const char* name_of(external_kind kind) noexcept {
    constexpr const char* names[] = {"function", "table", "memory", "global", "tag"};
    return names[static_cast<unsigned>(kind)];
}

}  // namespace vitte::loader::wasm
