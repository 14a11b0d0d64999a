/// Divides a source text into tokens.
#pragma once

#include <span>
#include <vector>
#include <vitte/core/utf8.hpp>
#include <vitte/language/diagnostic.hpp>
#include <vitte/language/parse/token.hpp>

namespace vitte::language {
namespace detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_word(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// The word's token; `identifier` if it is not reserved.
inline token word_of(std::string_view text) noexcept {
    constexpr auto first = static_cast<std::size_t>(token::word_and) - static_cast<std::size_t>(token::shift_left_set);
    constexpr std::size_t last = sizeof token_spellings / sizeof *token_spellings - 1;  // `public`
    if (text == token_spellings[last]) return token::word_pub;
    const auto* const begin = token_spellings + first;
    const auto* const end = token_spellings + last;
    const auto* const found = std::lower_bound(begin, end, text);
    if (found == end || *found != text) return token::identifier;
    return static_cast<token>(static_cast<std::size_t>(token::word_and) + static_cast<std::size_t>(found - begin));
}

class lexer {
public:
    lexer(std::string_view text, std::uint32_t begin, diagnostics& errors)
        : text_(text), begin_(begin), errors_(errors) {}

    std::vector<placed_token> all() {
        std::vector<placed_token> tokens;
        tokens.reserve(text_.size() / 4 + 1);
        do tokens.push_back(next());
        while (tokens.back().kind != token::end);
        return tokens;
    }

private:
    char peek(std::size_t ahead = 0) const noexcept { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    bool starts(std::string_view with) const noexcept { return text_.substr(at_).starts_with(with); }
    span since(std::size_t from) const noexcept {
        return {begin_ + static_cast<std::uint32_t>(from), begin_ + static_cast<std::uint32_t>(at_)};
    }

    placed_token next() {
        placed_token t;
        t.on_new_line = skip();
        const std::size_t from = at_;
        t.kind = at_ == text_.size() ? token::end : read(from);
        t.where = since(from);
        return t;
    }

    /// Passes white space and comments. True if there was the end of a line, or this is the beginning of the text.
    bool skip() {
        bool new_line = at_ == 0;
        if (at_ == 0 && starts("\xef\xbb\xbf")) at_ = 3;  // a byte order mark
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '\n') new_line = true;
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
                ++at_;
            else if (c == '#' ? !starts("#[") && !starts("#![") : starts("//") && !is_documentation())
                skip_line();
            else if (starts("/*"))
                new_line |= skip_comment("*/");
            else if (starts("<<<"))
                new_line |= skip_comment(">>>");
            else
                break;
        }
        return new_line;
    }
    bool is_documentation() const noexcept { return starts("///") && !starts("////"); }
    void skip_line() {
        const std::size_t from = at_;
        at_ = std::min(text_.find('\n', at_), text_.size());
        check_utf8(from);
    }
    bool skip_comment(std::string_view close) {
        const std::size_t from = at_, found = text_.find(close, at_ + close.size());
        at_ = found == std::string_view::npos ? text_.size() : found + close.size();
        if (found == std::string_view::npos)
            errors_.error("V0101", {since(from).begin, since(from).begin + 2}, "this comment has no end",
                          "\"" + std::string(close) + "\" is missing");
        check_utf8(from);
        return text_.substr(from, at_ - from).find('\n') != std::string_view::npos;
    }

    token read(std::size_t from) {
        const char c = peek();
        if (c == 'r' && peek(1) == '"') return ++at_, raw_string(from);
        if (c == 'b' && peek(1) == '"') return ++at_, quoted(from, '"', token::bytes);
        if (is_digit(c)) return number();
        if (is_word(c)) return word(from);
        if (starts("\"\"\"")) return long_string(from);
        if (c == '"') return quoted(from, '"', token::string);
        if (c == '\'') return quoted(from, '\'', token::character);
        if (is_documentation()) return skip_line(), token::documentation;
        for (auto kind = token::shift_left_set; kind != token::word_and;
             kind = static_cast<token>(static_cast<int>(kind) + 1))
            if (spelling(kind).front() == c && starts(spelling(kind))) return at_ += spelling(kind).size(), kind;
        return unknown(from);
    }
    token word(std::size_t from) {
        while (is_word(peek())) ++at_;
        return word_of(text_.substr(from, at_ - from));
    }
    /// With its suffix. What is wrong with it is told when its value is asked for.
    token number() {
        bool floating = false;
        const bool decimal = !starts("0x") && !starts("0b") && !starts("0o");
        const auto digits = [&] {
            while (is_word(peek())) {
                const bool exponent = decimal && (peek() == 'e' || peek() == 'E');
                const bool sign = exponent && (peek(1) == '-' || peek(1) == '+') && is_digit(peek(2));
                floating |= sign || (exponent && is_digit(peek(1)));
                at_ += sign ? 2 : 1;
            }
        };
        digits();
        if (decimal && peek() == '.' && is_digit(peek(1))) {
            floating = true;
            ++at_;
            digits();
        }
        const std::string_view end = text_.substr(0, at_);
        return floating || (decimal && (end.ends_with("f32") || end.ends_with("f64"))) ? token::floating
                                                                                       : token::integer;
    }
    token quoted(std::size_t from, char close, token kind) {
        for (++at_; at_ < text_.size() && peek() != close && peek() != '\n'; ++at_)
            if (peek() == '\\' && peek(1) != '\n' && at_ + 1 < text_.size()) ++at_;
        if (peek() != close)
            return unfinished(
                from, kind == token::character ? "this character has no end" : "this text has no end on its line");
        ++at_;
        return check_utf8(from), kind;
    }
    token raw_string(std::size_t from) {
        const std::size_t close = text_.find('"', at_ + 1), line = text_.find('\n', at_);
        at_ = std::min({close, line, text_.size()});
        if (close == std::string_view::npos || line < close)
            return unfinished(from, "this text has no end on its line");
        ++at_;
        return check_utf8(from), token::string;
    }
    token long_string(std::size_t from) {
        const std::size_t close = text_.find("\"\"\"", at_ + 3);
        at_ = close == std::string_view::npos ? text_.size() : close + 3;
        if (close == std::string_view::npos) return unfinished(from, "this text has no end");
        return check_utf8(from), token::string;
    }
    token unfinished(std::size_t from, const char* message) {
        const span all = since(from);
        errors_.error("V0102", {all.begin, std::min(all.end, all.begin + 3)}, message);
        return token::invalid;
    }
    token unknown(std::size_t from) {
        const std::string_view rest = text_.substr(at_);
        std::size_t size = 1;
        while (size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xc0) == 0x80) ++size;
        at_ += size;
        if (utf8_valid_prefix(std::as_bytes(std::span(rest.substr(0, size)))) == size)
            errors_.error("V0103", since(from),
                          "`" + std::string(rest.substr(0, size)) + "` is not part of the language",
                          "names are of ASCII letters, digits and `_`");
        else
            check_utf8(from);
        return token::invalid;
    }
    void check_utf8(std::size_t from) {
        const std::string_view seen = text_.substr(from, at_ - from);
        const std::size_t good = utf8_valid_prefix(std::as_bytes(std::span(seen)));
        if (good == seen.size()) return;
        const auto at = since(from).begin + static_cast<std::uint32_t>(good);
        errors_.error("V0104", {at, at + 1}, "this byte is not UTF-8");
    }

    std::string_view text_;
    std::uint32_t begin_;
    diagnostics& errors_;
    std::size_t at_ = 0;
};
}  // namespace detail

/// Returns the tokens of a text; the last one is `token::end`. What is none is reported.
inline std::vector<placed_token> tokens_of(const sources& from, std::uint32_t file, diagnostics& errors) {
    return detail::lexer(from.text(file), from.begin(file), errors).all();
}

}  // namespace vitte::language
