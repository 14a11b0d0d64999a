/// The values of literals.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vitte/core/decimal.hpp>
#include <vitte/core/utf8_character.hpp>
#include <vitte/language/type.hpp>

namespace vitte::language {

/// A number without its suffix, which names `of`.
struct integer_literal {
    std::uint64_t value = 0;
    type of = type::none;
    const char* wrong = nullptr;  ///< why it is none
};

namespace detail {
constexpr unsigned digit_of(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
    return 99;
}
/// Appends a Unicode scalar value as UTF-8.
inline void append_utf8(std::string& to, std::uint32_t c) {
    const unsigned more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    constexpr unsigned leads[] = {0, 0xc0, 0xe0, 0xf0};
    to += static_cast<char>(leads[more] | c >> (6 * more));
    for (unsigned i = more; i-- > 0;) to += static_cast<char>(0x80 | (c >> (6 * i) & 0x3f));
}

/// The character at the beginning of `text`, which is well-formed UTF-8, and its size.
inline std::pair<std::uint32_t, std::size_t> read_utf8(std::string_view text) noexcept {
    const std::size_t size = utf8_character(text.data(), text.size());
    std::uint32_t value = static_cast<unsigned char>(text[0]) & (size == 1 ? 0x7fu : 0xffu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3fu);
    return {value, size};
}
}  // namespace detail

/// Reads `123`, `0xff`, `1_000u8`. Any value of 64 bits is read; whether it fits its type is for the types to say.
constexpr integer_literal read_integer(std::string_view text) noexcept {
    integer_literal made;
    unsigned base = 10;
    if (text.size() > 1 && text[0] == '0') base = text[1] == 'x' ? 16 : text[1] == 'b' ? 2 : text[1] == 'o' ? 8 : 10;
    if (base != 10) text.remove_prefix(2);
    std::size_t digits = 0, i = 0;
    for (; i < text.size(); ++i) {
        if (text[i] == '_') continue;
        const unsigned digit = detail::digit_of(text[i]);
        if (digit >= base) break;
        ++digits;
        if (made.value > (~std::uint64_t{0} - digit) / base) made.wrong = "this number has more than 64 bits";
        made.value = made.value * base + digit;
    }
    if (digits == 0) made.wrong = "this number has no digits";
    if (i == text.size()) return made;
    made.of = type_called(text.substr(i));
    if (!is_number(made.of) && made.wrong == nullptr)
        made.wrong = "this number has a digit or suffix that does not exist";
    return made;
}

/// Appends the character that an escape stands for, and passes it; false if there is no such escape. `text` begins
/// behind the `\`.
inline bool read_escape(std::string_view& text, std::string& to) {
    if (text.empty()) return false;
    const char c = text.front();
    text.remove_prefix(1);
    constexpr std::string_view names = "nrt0\\'\"", values{"\n\r\t\0\\'\"", 7};
    if (const std::size_t i = names.find(c); i != std::string_view::npos) return to += values[i], true;
    const bool braces = c == 'u' && text.starts_with('{');
    const std::size_t size = c == 'x' ? 2 : braces ? text.find('}') : std::string_view::npos;
    if (size == std::string_view::npos || text.size() < size || size > 8) return false;
    std::uint32_t value = 0;
    for (const char digit : text.substr(braces ? 1 : 0, braces ? size - 1 : size)) {
        if (detail::digit_of(digit) > 15) return false;
        value = value * 16 + detail::digit_of(digit);
    }
    text.remove_prefix(braces ? size + 1 : size);
    if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000) || (braces && size == 1) || (!braces && value > 0x7f))
        return false;
    detail::append_utf8(to, value);
    return true;
}

/// Returns what a text token stands for, or nothing if it has an escape that does not exist.
inline std::optional<std::string> read_string(std::string_view token) {
    if (token.starts_with("\"\"\"")) return std::string(token.substr(3, token.size() - 6));
    if (token.starts_with('r')) return std::string(token.substr(2, token.size() - 3));
    std::string made;
    for (std::string_view rest = token.substr(1, token.size() - 2); !rest.empty();) {
        const char c = rest.front();
        rest.remove_prefix(1);
        if (c != '\\')
            made += c;
        else if (!read_escape(rest, made))
            return std::nullopt;
    }
    return made;
}

/// Returns the character that a token such as `'a'` or `'\n'` stands for, or nothing if it is not one character.
inline std::optional<std::uint32_t> read_character(std::string_view token) {
    const std::string_view inside = token.substr(1, token.size() - 2);
    const auto text = inside.starts_with('\\') ? read_string(token) : std::optional(std::string(inside));
    if (!text || text->empty()) return std::nullopt;
    const auto [value, size] = detail::read_utf8(*text);
    if (size != text->size()) return std::nullopt;
    return value;
}

/// A number with a point, an exponent or the suffix of a floating-point type.
struct floating_literal {
    double value = 0;
    type of = type::none;
    bool wrong = false;
};
inline floating_literal read_floating(std::string_view token) {
    floating_literal made;
    if (token.ends_with("f32") || token.ends_with("f64")) {
        made.of = token.ends_with("f32") ? type::f32 : type::f64;
        token.remove_suffix(3);
    }
    std::string digits;
    for (const char c : token) {
        if (c != '_') digits += c;
        made.wrong |= c != '_' && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-' && detail::digit_of(c) > 9;
    }
    made.wrong |= digits.ends_with('e') || digits.ends_with('E');
    if (!made.wrong) made.value = decimal_to_double(digits);
    return made;
}

}  // namespace vitte::language
