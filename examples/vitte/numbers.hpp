// Numbers on the command line: all of a text, without spaces, and in range.
#pragma once

#include <string>
#include <vitte/loader/value_text.hpp>

using parsed_integer = vitte::loader::integer_text;
/// False if `text` is none, or too large.
inline bool parse_integer(const std::string& text, parsed_integer& to) {
    const auto read = parsed_integer::read(text);
    if (read) to = *read;
    return read.has_value();
}
/// False if `text` is none, or beyond all that are finite.
template <class T>
bool parse_real(const std::string& text, T& to) {
    const auto read = vitte::loader::read_real<T>(text);
    if (read) to = *read;
    return read.has_value();
}
