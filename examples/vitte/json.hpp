// Writes JSON (RFC 8259) to stdout as it goes.
#pragma once

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <string_view>

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
    /// Bytes from 0x80 on are passed through: names in object files are UTF-8.
    static void quoted(std::string_view value) {
        std::putchar('"');
        for (const char c : value) {
            if (c == '"' || c == '\\') std::putchar('\\');
            if (static_cast<unsigned char>(c) < 0x20) std::printf("\\u%04x", static_cast<unsigned>(c));
            else std::putchar(c);
        }
        std::putchar('"');
    }

    bool first_ = true;
};
