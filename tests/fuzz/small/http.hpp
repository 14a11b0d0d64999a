// No request makes the server of the examples read outside it, answer what another reader takes for
// the beginning of a longer one, or send what is not in the file.
#pragma once

#define main http_server_main
#include "../../../examples/http_server.cpp"
#undef main

#include "../require.hpp"

namespace {

/// Whether somebody who takes any control character for the end of a line, or for nothing, finds a body announced.
bool announces_a_body(std::string_view head) {
    std::string line;
    for (const char c : head) {
        const bool ends = c == '\r' || c == '\n';
        if (!ends && static_cast<unsigned char>(c) > ' ') line += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
        if (!ends) continue;
        if (line.starts_with("transfer-encoding:") ||
            (line.starts_with("content-length:") && line != "content-length:0"))
            return true;
        line.clear();
    }
    return false;
}

}  // namespace

inline void fuzz_http(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto end = text.find("\r\n\r\n"); end != text.npos) {
        const std::string_view head = text.substr(0, end + 2);
        if (const auto asked = parsed(head)) {
            require(!announces_a_body(head) && head.starts_with(asked->method) && asked->target.starts_with('/'));
            const std::string path = path_of(asked->target);
            require(path.find('\0') == path.npos && path.size() <= asked->target.size() + sizeof "index.html");
        }
    }
    for (const std::uint64_t whole : {std::uint64_t{0}, std::uint64_t{size}, ~std::uint64_t{0}}) {
        const part wanted = part_of(text, whole).value_or(part{0, whole});
        require(wanted.first <= whole && wanted.size <= whole - wanted.first);
    }
}
