/// `json::read_error`: what is wrong with a text, or with what a program wanted of it, and where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vitte/core/result.hpp>

namespace vitte::json {

/// Line and column count from 1, the column in characters of UTF-8.
struct read_error {
    errc code = errc::malformed;
    const char* expected = "";  ///< such as "a string"; empty if `found` says all
    const char* found = "";     ///< such as "a number"
    char character[8] = "";     ///< what stands there, if a character is what was found
    std::size_t offset = 0;     ///< in bytes from the start of the text
    std::uint32_t line = 1, column = 1;
    error_text path{[](char*, std::size_t) { return std::size_t{0}; }};  ///< such as "dependencies[2].version"

    /// An error at byte `offset` of `text`.
    [[gnu::cold]] constexpr read_error(errc why, const char* what_expected, const char* what_found,
                                       std::string_view text, std::size_t at) noexcept
        : code(why), expected(what_expected), found(what_found), offset(at) {
        for (const char c : text.substr(0, at)) {
            if (c == '\n')
                ++line, column = 1;
            else
                column += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
        }
    }

    /// One line without a full stop: "dependencies[2].version: a string is needed, found a number, line 3 column 9".
    [[gnu::cold]] constexpr error_text message() const noexcept {
        return error_text([this](char* to, std::size_t room) {
            const bool is_character = character[0] != 0, needs = expected[0] != 0;
            const vitte::detail::digits line_number(line), column_number(column);
            const char* const texts[] = {
                path.c_str(), path.size() != 0 ? ": " : "", expected,   needs ? " is needed, found " : "",
                found,        is_character ? "'" : "",      character,  is_character ? "'" : "",
                ", line ",    line_number.c_str(),          " column ", column_number.c_str()};
            return vitte::detail::write_texts(to, room, texts, 0);
        });
    }
};

}  // namespace vitte::json
