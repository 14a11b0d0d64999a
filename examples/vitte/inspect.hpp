// What the parts of `vitte inspect` share: one for each format, which collects what a file says of itself, then prints
// it for people or as JSON.
#pragma once

#include <span>
#include <string>
#include <vector>
#include <vitte/loader/format/parse_error.hpp>
#include <vitte/loader/format/views.hpp>

#include "json.hpp"
#include "shown.hpp"

using inspected = vitte::result<void, vitte::loader::parse_error>;

inspected inspect_elf(std::span<const std::byte> bytes, std::string_view path, bool as_json);
inspected inspect_pe(std::span<const std::byte> bytes, std::string_view path, bool as_json);
inspected inspect_macho(std::span<const std::byte> bytes, std::string_view path, bool as_json);
inspected inspect_vitb(std::span<const std::byte> bytes, std::string_view path, bool as_json);

inline void line(const char* key, std::string_view value) { std::printf("%-9s %s\n", key, shown(value).c_str()); }
inline std::string or_number(std::string_view name, std::uint64_t number) {
    return name.empty() ? std::to_string(number) : std::string(name);
}
inline std::string hexadecimal(std::span<const std::byte> bytes) {
    std::string text;
    for (const std::byte b : bytes)
        for (const unsigned digit : {std::to_integer<unsigned>(b) >> 4, std::to_integer<unsigned>(b) & 15})
            text += "0123456789abcdef"[digit];
    return text;
}
inline std::string hexadecimal(std::uint64_t number) {
    char text[20];
    std::snprintf(text, sizeof text, "%#" PRIx64, number);
    return text;
}
inline std::string access_text(bool readable, bool writable, bool executable) {
    return std::string(readable ? "r" : "-") + (writable ? "w" : "-") + (executable ? "x" : "-");
}
inline std::string description_of(vitte::loader::encoding form) {
    return std::string(form.wide ? "64-bit, " : "32-bit, ") +
           (form.order == vitte::byte_order::little ? "little-endian" : "big-endian");
}
inline void print_target(json_writer& json, std::string_view machine, vitte::loader::encoding form) {
    json.text("machine", machine)
        .number("bits", form.wide ? 64 : 32)
        .text("byte_order", form.order == vitte::byte_order::little ? "little" : "big");
}
