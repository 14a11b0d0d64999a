/// What a library offers, for programs that are to call it: its functions and variables, and the types that they need.
/// `collect.hpp` makes it from debug information, `declarations.hpp` from a header; `write_header.hpp`,
/// `write_description.hpp` and `compare.hpp` use it. This is no format's reader: it says what several files mean
/// together, and it owns its memory.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>
#include <vitte/loader/format/dwarf/constants.hpp>

namespace vitte::loader::bind {

/// An index of `library::types`.
using type_id = std::uint32_t;
inline constexpr type_id no_value = 0;  ///< `void`

enum class type_kind : std::uint8_t {
    nothing,  ///< `void`
    base,     ///< a number, a character or a truth value
    pointer,  ///< to `target`; references of C++, too
    array,    ///< `count` of `target`
    vector,   ///< of the machine's registers: `size` bytes of `target`
    structure,
    union_,
    enumeration,  ///< of the base type `target`
    alias,        ///< a `typedef`
    function,     ///< returns `target`; its parameters are `members`
    constant,     ///< `const`
    changing,     ///< `volatile`
    unknown,      ///< what has no counterpart in C, or is nested too deeply
};

/// A member of a structure or union, or a parameter.
struct member {
    std::string name;  ///< empty if it has none
    type_id type = no_value;
    std::uint64_t bit_offset = 0;  ///< from the start of the structure
    std::uint32_t bit_size = 0;    ///< of a bit-field; 0 of others
    std::uint32_t alignment = 0;   ///< in bytes, if it was asked for
};

struct enumerator {
    std::string name;
    std::int64_t value;  ///< of an unsigned enumeration its bits
};

struct type {
    type_kind kind = type_kind::nothing;
    std::string name;  ///< as in the source; empty if it has none
    type_id target = no_value;
    std::uint64_t size = 0;       ///< in bytes
    std::uint64_t count = 0;      ///< of elements; 0 where the array's end is open
    std::uint32_t alignment = 0;  ///< in bytes, if it was asked for
    dwarf::base_encoding encoding = dwarf::base_encoding::unknown;
    bool complete = true;       ///< false for what is only declared
    bool variadic = false;      ///< of a function: variable arguments follow
    bool unprototyped = false;  ///< of a function: its parameters were not declared
    std::vector<member> members;
    std::vector<enumerator> enumerators;
};

/// A function or variable that the library exports.
struct symbol {
    std::string name;
    type_id type = no_value;  ///< `no_value` if nobody knows it
};

/// A macro of a header that stands for a number or a text.
struct constant {
    std::string name;
    type_id type = no_value;                                 ///< a base type; of a text, nothing
    std::variant<std::uint64_t, double, std::string> value;  ///< an integer's bits
};

/// Names that stand only in a comment, and why.
struct remark {
    std::string what;
    std::vector<std::string> names;
};

struct library {
    std::string name;  ///< DT_SONAME, or empty
    std::uint8_t address_size = 8;
    bool splits_alignment = false;    ///< i386: in structures, 8 bytes are aligned to 4
    bool from_header = false;         ///< not from debug information
    std::vector<bind::type> types;    ///< the first is `void`
    std::vector<symbol> functions;    ///< by name
    std::vector<symbol> variables;    ///< by name
    std::vector<constant> constants;  ///< in the order of the header
    std::vector<remark> remarks;

    const bind::type& operator[](type_id id) const noexcept { return types[id]; }
};

}  // namespace vitte::loader::bind
