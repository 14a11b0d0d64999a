/// Text from outside as part of one line. Names in files and words of others may be anything; as they are, they could
/// end the line, move a terminal's cursor, or turn round what stands beside them.
#pragma once

#include <vitte/core/printed_character.hpp>

namespace vitte {

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
