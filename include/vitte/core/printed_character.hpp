/// What stands in a line for a character of a text from outside, see `printable.hpp`.
#pragma once

#include <cstddef>
#include <vitte/core/utf8_character.hpp>

namespace vitte {

namespace detail {

/// Whether a character stands in a line and changes nothing around it: not controls, ends of lines and paragraphs, or
/// marks and overrides of the direction of writing (Unicode 15, 23.1 and 23.2; annex 9, 2).
constexpr bool is_printable(char32_t c) noexcept {
    if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return false;
    return c != 0x61c && c != 0x200e && c != 0x200f && !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069);
}

/// What is printed for the first bytes of a text: a character as it is, or one byte as "\x1b".
class printed_character {
public:
    /// `size` is not 0.
    constexpr printed_character(const char* text, std::size_t size) noexcept : taken_(utf8_character(text, size)) {
        const auto byte = static_cast<unsigned char>(*text);
        if (taken_ != 0 && is_printable(code_point(text, taken_))) {
            for (; size_ < taken_; ++size_) text_[size_] = text[size_];
            return;
        }
        constexpr const char* digits = "0123456789abcdef";
        const char escape[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
        for (; size_ < 4; ++size_) text_[size_] = escape[size_];
        taken_ = 1;
    }
    constexpr const char* data() const noexcept { return text_; }
    constexpr std::size_t size() const noexcept { return size_; }
    /// How many bytes of the text it stands for.
    constexpr std::size_t taken() const noexcept { return taken_; }

private:
    static constexpr char32_t code_point(const char* text, std::size_t size) noexcept {
        const auto byte = [text](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
        if (size == 1) return byte(0);
        char32_t made = byte(0) & (0x7fu >> size);
        for (std::size_t i = 1; i < size; ++i) made = made << 6 | (byte(i) & 0x3f);
        return made;
    }

    char text_[4] = {};
    std::size_t size_ = 0, taken_;
};

/// Calls `visit` with what is printed, a character at a time.
template <class Visit>
constexpr void for_each_printed(const char* text, std::size_t size, Visit visit) {
    while (size != 0) {
        const printed_character c(text, size);
        visit(c);
        text += c.taken();
        size -= c.taken();
    }
}

}  // namespace detail

}  // namespace vitte
