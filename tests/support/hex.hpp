// Bytes as hexadecimal digits, and bytes to compute with.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

inline std::string hex(std::span<const std::byte> bytes) {
    std::string text;
    for (const std::byte b : bytes)
        for (const unsigned digit : {std::to_integer<unsigned>(b) >> 4, std::to_integer<unsigned>(b) & 15})
            text += "0123456789abcdef"[digit];
    return text;
}
/// The inverse, of an even number of lower-case digits.
inline std::vector<std::byte> unhex(std::string_view digits) {
    std::vector<std::byte> made;
    const auto value = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        made.push_back(static_cast<std::byte>(value(digits[i]) << 4 | value(digits[i + 1])));
    return made;
}
inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}
/// A copy of them.
inline std::vector<std::byte> vector_of(std::string_view text) {
    const auto bytes = bytes_of(text);
    return {bytes.begin(), bytes.end()};
}
/// 0, 1, 2 … 250, 0 …
inline std::vector<std::byte> pattern(std::size_t length) {
    std::vector<std::byte> made(length);
    for (std::size_t i = 0; i < length; ++i) made[i] = static_cast<std::byte>(i % 251);
    return made;
}
