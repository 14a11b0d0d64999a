// Writes JSON (RFC 8259) to stdout as it goes.
#pragma once

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vitte/core/utf8_character.hpp>

class json_writer {
public:
    json_writer& open(char bracket, std::string_view key = {}) {
        begin(key);
        std::putchar(bracket);
        first_ = true;
        return *this;
    }
    json_writer& close(char bracket) {
        std::putchar(bracket);
        first_ = false;
        return *this;
    }
    json_writer& text(std::string_view key, std::string_view value) {
        begin(key);
        quoted(value);
        return *this;
    }
    json_writer& number(std::string_view key, std::uint64_t value) {
        begin(key);
        std::printf("%" PRIu64, value);
        return *this;
    }

private:
    void begin(std::string_view key) {
        if (!first_) std::putchar(',');
        first_ = false;
        if (key.empty()) return;
        quoted(key);
        std::putchar(':');
    }
    /// What is no UTF-8 is told as U+FFFD, a byte each.
    static void quoted(std::string_view value) {
        std::putchar('"');
        while (!value.empty()) {
            const std::size_t length = vitte::utf8_character(value.data(), value.size());
            const char c = value.front();
            if (c == '"' || c == '\\') std::putchar('\\');
            if (length == 0)
                std::printf("\\ufffd");
            else if (static_cast<unsigned char>(c) < 0x20)
                std::printf("\\u%04x", static_cast<unsigned>(c));
            else
                std::printf("%.*s", static_cast<int>(length), value.data());
            value.remove_prefix(length == 0 ? 1 : length);
        }
        std::putchar('"');
    }

    bool first_ = true;
};
