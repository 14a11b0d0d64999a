/// Text from outside as part of one line. Names in files and words of others may be anything; as they are, they could
/// end the line, move a terminal's cursor, or turn round what stands beside them.
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

/// The most bytes of a text that go into a line.
inline constexpr std::size_t longest_printed = 4096;

/// Appends `text` to a line, a `std::string` or the like: characters that do not stand in a line, and bytes that are no
/// UTF-8, as "\x0a", a byte each. Of more than `longest_printed` bytes those in the middle are left out, where "..."
/// stands then. Whether a backslash was one before cannot be seen.
template <class String, class Text>
constexpr void append_printable(String& line, const Text& text) {
    const char* const all = text.data();
    const auto append = [&](std::size_t from, std::size_t to) {
        detail::for_each_printed(all + from, to - from, [&](const auto& c) { line.append(c.data(), c.size()); });
    };
    if (text.size() <= longest_printed) return append(0, text.size());
    const auto is_inside = [&](std::size_t at) { return (static_cast<unsigned char>(all[at]) & 0xc0) == 0x80; };
    std::size_t head = longest_printed / 2, tail = text.size() - longest_printed / 2;
    for (int i = 0; i < 3 && is_inside(head); ++i) --head;
    for (int i = 0; i < 3 && is_inside(tail); ++i) ++tail;
    append(0, head);
    line.append("...", 3);
    append(tail, text.size());
}

}  // namespace vitte
