/// Arguments as the one line that Windows gives to programs, and back ("Parsing C command-line arguments").
#pragma once

#include <vitte/sys/platform/win32/wide.hpp>

namespace vitte::sys::win32 {

/// A line that grows, with an end.
class command_line {
public:
    static constexpr std::size_t limit = 32'767;

    /// Begins with what the program is called. There, backslashes are nothing special, and a quote cannot stand: a name
    /// with one is `errc::invalid_argument`. No file has such a name.
    result<void> begin(const char* name) noexcept {
        wchar_t wide[limit];
        if (widen(name, wide, static_cast<int>(limit)) == 0) return last_error("convert argument");
        put(L'"');
        for (const wchar_t* c = wide; *c != 0; ++c) {
            if (*c == L'"') return fail(errc::invalid_argument, "quote in the name of a program");
            put(*c);
        }
        put(L'"');
        return end();
    }
    /// Adds one argument, quoted if need be: 2n backslashes before a quote are n, and 2n + 1 are n and the quote
    /// itself.
    result<void> add(const char* argument) noexcept {
        wchar_t wide[limit];
        if (widen(argument, wide, static_cast<int>(limit)) == 0) return last_error("convert argument");
        put(L' ');
        const bool quoted = *wide == 0 || has_special(wide);
        if (quoted) put(L'"');
        std::size_t backslashes = 0;
        for (const wchar_t* c = wide; *c != 0; ++c) {
            if (*c == L'"') put(L'\\', backslashes + 1);
            backslashes = *c == L'\\' ? backslashes + 1 : 0;
            put(*c);
        }
        if (quoted) {
            put(L'\\', backslashes);
            put(L'"');
        }
        return end();
    }
    wchar_t* text() noexcept { return text_; }

private:
    static bool has_special(const wchar_t* text) noexcept {
        for (; *text != 0; ++text)
            if (*text == L' ' || *text == L'\t' || *text == L'"' || *text == L'\n' || *text == L'\v') return true;
        return false;
    }
    result<void> end() noexcept {
        if (size_ >= limit) return fail(errc::too_large, "command line");
        text_[size_] = 0;
        return {};
    }
    void put(wchar_t c, std::size_t count = 1) noexcept {
        for (; count != 0; --count, ++size_)
            if (size_ < limit) text_[size_] = c;
    }

    std::size_t size_ = 0;
    wchar_t text_[limit + 1] = {};
};

/// Splits the line of this process: each argument in UTF-8 with a NUL, as much as there is room for.
inline std::size_t split_command_line(const wchar_t* line, char* to, std::size_t room) noexcept {
    wchar_t argument[command_line::limit + 1];
    std::size_t used = 0;
    for (bool program = true; *line != 0; program = false) {
        std::size_t length = 0;
        bool quoted = false;
        for (; *line != 0 && (quoted || (*line != L' ' && *line != L'\t')); ++line) {
            std::size_t backslashes = 0;
            while (!program && line[backslashes] == L'\\') ++backslashes;
            if (backslashes != 0) {
                const bool before_quote = line[backslashes] == L'"';
                for (std::size_t i = 0; i < (before_quote ? backslashes / 2 : backslashes); ++i)
                    argument[length++] = L'\\';
                line += backslashes - 1;
                if (before_quote && backslashes % 2 == 1) argument[length++] = *++line;
            } else if (*line == L'"') {
                if (quoted && !program && line[1] == L'"') argument[length++] = *++line;
                else quoted = !quoted;
            } else {
                argument[length++] = *line;
            }
        }
        const auto size = narrow(argument, length, to + used, room - used);
        if (!size) return room;
        used += *size + 1;
        while (*line == L' ' || *line == L'\t') ++line;
    }
    return used;
}

}  // namespace vitte::sys::win32
