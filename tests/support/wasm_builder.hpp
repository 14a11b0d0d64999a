// Writes WebAssembly modules by hand: sections of the binary format, with instructions as bytes.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>
#include <vitte/core/leb128.hpp>

namespace wasm_test {

using code = std::vector<std::byte>;

inline code unsigned_number(std::uint32_t value) {
    std::byte buffer[5];
    const std::size_t length = vitte::encode_leb128(value, buffer);
    return {buffer, buffer + length};
}
inline code signed_number(std::int64_t value) {
    std::byte buffer[10];
    const std::size_t length = vitte::encode_leb128(value, buffer);
    return {buffer, buffer + length};
}
inline code operator+(code a, const code& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}
inline code bytes(std::initializer_list<int> values) {
    code made;
    for (const int v : values) made.push_back(static_cast<std::byte>(v));
    return made;
}
inline code name(std::string_view text) {
    code made = unsigned_number(static_cast<std::uint32_t>(text.size()));
    for (const char c : text) made.push_back(static_cast<std::byte>(c));
    return made;
}
inline code list(std::initializer_list<code> entries) {
    code made = unsigned_number(static_cast<std::uint32_t>(entries.size()));
    for (const code& e : entries) made = std::move(made) + e;
    return made;
}
inline code make_section(int id, const code& content) {
    return bytes({id}) + unsigned_number(static_cast<std::uint32_t>(content.size())) + content;
}
inline code custom(std::string_view title, const code& content) { return make_section(0, name(title) + content); }
inline code module(std::initializer_list<code> sections) {
    code made = bytes({0, 'a', 's', 'm', 1, 0, 0, 0});
    for (const code& s : sections) made = std::move(made) + s;
    return made;
}

inline constexpr int i32 = 0x7f, i64 = 0x7e, f64 = 0x7c;
inline code type(std::initializer_list<int> parameters, std::initializer_list<int> results) {
    return bytes({0x60}) + unsigned_number(static_cast<std::uint32_t>(parameters.size())) + bytes(parameters) +
           unsigned_number(static_cast<std::uint32_t>(results.size())) + bytes(results);
}
/// A body without locals of its own; `instructions` lack the `end`.
inline code body(const code& instructions) {
    const code all = bytes({0}) + instructions + bytes({0x0b});
    return unsigned_number(static_cast<std::uint32_t>(all.size())) + all;
}
inline code exported(std::string_view title, int kind, std::uint32_t index) {
    return name(title) + bytes({kind}) + unsigned_number(index);
}
inline code imported(std::string_view from, std::string_view title, const code& description) {
    return name(from) + name(title) + description;
}
/// A name section that names functions from index 0.
inline code function_names(std::initializer_list<std::string_view> names) {
    code content = unsigned_number(static_cast<std::uint32_t>(names.size()));
    std::uint32_t i = 0;
    for (const std::string_view n : names) content = std::move(content) + unsigned_number(i++) + name(n);
    return custom("name", make_section(1, content));
}

}  // namespace wasm_test
