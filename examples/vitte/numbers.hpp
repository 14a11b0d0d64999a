// Numbers on the command line: all of a text, without spaces, and in range.
#pragma once

#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

/// An integer between the least of 64 bits with a sign and the most of 64 bits without.
struct parsed_integer {
    std::uint64_t bits = 0;
    bool negative = false;
};
/// Decimal, octal behind 0 or hexadecimal behind 0x; false if `text` is none, or too large.
inline bool parse_integer(const std::string& text, parsed_integer& to) {
    const bool minus = text.starts_with('-');
    const char* const digits = text.c_str() + (minus || text.starts_with('+'));
    if (std::isdigit(static_cast<unsigned char>(*digits)) == 0) return false;
    char* end = nullptr;
    errno = 0;
    const std::uint64_t size = std::strtoull(digits, &end, 0);
    if (*end != 0 || errno != 0 || (minus && size > std::uint64_t{1} << 63)) return false;
    to = {minus ? 0 - size : size, minus && size != 0};
    return true;
}
/// The nearest number that a `T` has; false if `text` is none, or beyond all that are finite.
template <class T>
bool parse_real(const std::string& text, T& to) {
    if (text.empty() || std::isspace(static_cast<unsigned char>(text[0])) != 0) return false;
    char* end = nullptr;
    errno = 0;
    if constexpr (sizeof(T) == sizeof(float)) to = std::strtof(text.c_str(), &end);
    else to = std::strtod(text.c_str(), &end);
    return *end == 0 && !(errno == ERANGE && std::isinf(to));
}
