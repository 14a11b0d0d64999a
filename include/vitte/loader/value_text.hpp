/// Values of functions whose types are known only at run time, as people write and read them: on command lines, in
/// messages.
#pragma once

#include <cctype>
#include <cerrno>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vitte/loader/ffi.hpp>

namespace vitte::loader {

/// An integer between the least of 64 bits with a sign and the most of 64 bits without.
struct integer_text {
    std::uint64_t bits = 0;
    bool negative = false;

    /// Decimal, octal behind 0 or hexadecimal behind 0x: all of `text`, without spaces. `errc::malformed` if it is
    /// none, or too large.
    static result<integer_text> read(const std::string& text) noexcept {
        const bool minus = text.starts_with('-');
        const char* const digits = text.c_str() + (minus || text.starts_with('+'));
        if (std::isdigit(static_cast<unsigned char>(*digits)) == 0) return fail(errc::malformed, "read integer");
        char* end = nullptr;
        errno = 0;
        const std::uint64_t size = std::strtoull(digits, &end, 0);
        if (end != text.c_str() + text.size() || errno != 0 || (minus && size > std::uint64_t{1} << 63))
            return fail(errc::malformed, "read integer");
        return integer_text{minus ? 0 - size : size, minus && size != 0};
    }
};

/// The nearest number that a `T` has, of all of `text`; `errc::malformed` if it is none, or beyond all that are finite.
template <class T>
result<T> read_real(const std::string& text) noexcept {
    char* end = nullptr;
    T made = 0;
    errno = 0;
    if (text.empty() || std::isspace(static_cast<unsigned char>(text[0])) != 0)
        return fail(errc::malformed, "read number");
    if constexpr (sizeof(T) == sizeof(float))
        made = std::strtof(text.c_str(), &end);
    else
        made = std::strtod(text.c_str(), &end);
    if (end != text.c_str() + text.size() || (errno == ERANGE && std::isinf(made)))
        return fail(errc::malformed, "read number");
    return made;
}

/// What `text` is as an argument of the type `type`; of `value_type::string` it points to `text`. `errc::malformed` if
/// it is no such number, `errc::out_of_range` if the type does not have it.
inline result<value> read_value(value_type type, const std::string& text) noexcept {
    if (type == value_type::string) return value::of(text.c_str());
    if (type == value_type::f64) return read_real<double>(text).transform([](double v) { return value::of(v); });
    if (type == value_type::f32) return read_real<float>(text).transform([](float v) { return value::of(v); });
    VITTE_TRY(const integer_text number, integer_text::read(text));
    if (!fits(type, number.bits, number.negative)) return fail(errc::out_of_range, "read integer");
    return value{type, number.bits};
}

/// The value as a text that `read_value` reads again, pointers in hexadecimal; empty for `void`, "(null)" for a text
/// that is none.
inline std::string write_value(const value& what) {
    char made[40] = "";
    const auto write = [&](const char* form, auto number) { std::snprintf(made, sizeof made, form, number); };
    using enum value_type;
    switch (what.type) {
        case nothing: break;
        case f32: write("%.9g", static_cast<double>(what.as_float())); break;
        case f64: write("%.17g", what.as_double()); break;
        case string: return what.bits == 0 ? "(null)" : what.as_string();
        case pointer: write("%#" PRIx64, what.bits); break;
        case u8:
        case u16:
        case u32:
        case u64: write("%" PRIu64, what.bits); break;
        default: write("%" PRId64, what.as_signed());
    }
    return made;
}

}  // namespace vitte::loader
