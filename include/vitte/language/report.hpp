/// Diagnostics for people, with the lines of the source, and for programs, as JSON.
#pragma once

#include <string>
#include <string_view>
#include <vitte/core/json/writer.hpp>
#include <vitte/core/utf8.hpp>
#include <vitte/language/diagnostic.hpp>

namespace vitte::language {

/// How diagnostics look.
struct report_style {
    bool colours = false;  ///< escape sequences of ECMA-48: for terminals
};

namespace detail {
/// Escape sequences, or nothing.
struct report_colours {
    std::string_view strong, error, plain;
    explicit constexpr report_colours(report_style style) noexcept {
        if (style.colours) strong = "\33[1m", error = "\33[1;31m", plain = "\33[0m";
    }
};

/// Bytes that are no UTF-8 become U+FFFD.
inline std::string valid_utf8(std::string_view text) {
    std::string made;
    while (!text.empty()) {
        const std::size_t good = utf8_valid_prefix(std::as_bytes(std::span(text)));
        made += text.substr(0, good);
        text.remove_prefix(good);
        if (text.empty()) break;
        made += "\xef\xbf\xbd";
        text.remove_prefix(1);
    }
    return made;
}
/// Control characters become their pictures (U+2400 and so on), so that a text does nothing to a terminal.
inline std::string printable(std::string_view text) {
    std::string made;
    for (const char c : valid_utf8(text)) {
        const auto code = static_cast<unsigned char>(c);
        if ((code >= 0x20 && code != 0x7f) || c == '\t')
            made += c;
        else
            ((made += "\xe2\x90") += static_cast<char>(0x80 + (code == 0x7f ? 0x21 : code)));
    }
    return made;
}

inline std::string position_text(const sources& from, std::uint32_t position) {
    const location at = from.locate(position);
    return printable(at.file) + ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
}

/// What is shown of a line: all of it, or what is around `where`.
inline span shown_of(const sources& from, span where) {
    constexpr std::uint32_t most = 160, before = 40;
    span line = from.line_at(where.begin);
    if (line.end - line.begin <= most) return line;
    // Not in the middle of a character, where there are any.
    const std::string_view text = from.text(line);
    const auto to_character = [&](std::uint32_t at, std::uint32_t limit) {
        for (int i = 0; i < 3 && at < limit && !begins_character(text[at - line.begin]); ++i) ++at;
        return at;
    };
    const std::uint32_t begin =
        to_character(where.begin - std::min(where.begin - line.begin, before), std::min(where.begin, line.end));
    const std::uint32_t end = to_character(std::min(line.end, begin + most), line.end);
    return {begin, end};
}

/// The source line with carets below it, after a margin as wide as its number. Of a long line, what is around is shown.
inline void append_excerpt(std::string& to, const sources& from, span where, std::string_view label, std::size_t margin,
                           const report_colours& in) {
    const span line = from.line_at(where.begin), shown = shown_of(from, where);
    const std::string number = std::to_string(from.locate(where.begin).line);
    const std::string_view text = from.text(shown), dots_before = shown.begin == line.begin ? "" : "... ";
    const std::string empty(margin, ' ');
    to += empty + " |\n" + std::string(margin - number.size(), ' ') + number + " | ";
    (to += dots_before) += printable(text);
    if (shown.end != line.end) to += " ...";
    to += '\n' + empty + " | " + std::string(dots_before.size(), ' ');
    // Tabs stay tabs, so that the carets stand below what they mean.
    for (std::uint32_t i = shown.begin; i < where.begin && i < shown.end; ++i)
        if (const char c = text[i - shown.begin]; begins_character(c)) to += c == '\t' ? '\t' : ' ';
    std::size_t carets = 0;
    for (std::uint32_t i = where.begin; i < where.end && i < shown.end; ++i)
        carets += begins_character(text[i - shown.begin]);
    (to += in.error).append(carets == 0 ? 1 : carets, '^');
    if (!label.empty()) (to += ' ') += printable(label);
    (to += in.plain) += '\n';
}
}  // namespace detail

/// Returns a diagnostic as people read it: position, code and message, the source line with carets, further places, a
/// hint. Ends with the end of a line.
inline std::string render(const sources& from, const diagnostic& d, report_style style = {}) {
    const detail::report_colours in(style);
    std::size_t margin = std::to_string(from.locate(d.where.begin).line).size();
    for (const note& n : d.notes) margin = std::max(margin, std::to_string(from.locate(n.where.begin).line).size());
    std::string text(in.strong);
    ((text += detail::position_text(from, d.where.begin)) += ": ") += in.error;
    ((text += "error[") += d.code) += "]";
    (((text += in.plain) += in.strong) += ": ") += detail::printable(d.message);
    (text += in.plain) += '\n';
    detail::append_excerpt(text, from, d.where, d.label, margin, in);
    for (const note& n : d.notes) {
        text += std::string(margin, ' ') + " = " + detail::position_text(from, n.where.begin) + ": " +
                detail::printable(n.text) + '\n';
        detail::append_excerpt(text, from, n.where, {}, margin, in);
    }
    if (!d.hint.empty()) text += std::string(margin, ' ') + " = hint: " + detail::printable(d.hint) + '\n';
    return text;
}

/// Returns all diagnostics as people read them.
inline std::string render(const sources& from, const diagnostics& all, report_style style = {}) {
    std::string text;
    for (const diagnostic& d : all) text += render(from, d, style);
    return text;
}

namespace detail {
template <class Writer>
void write_place(Writer& to, const sources& from, span where) {
    const location begin = from.locate(where.begin), end = from.locate(where.end);
    to.member("file", std::string_view(valid_utf8(begin.file)))
        .member("line", begin.line)
        .member("column", begin.column);
    to.member("end_line", end.line).member("end_column", end.column);
}
}  // namespace detail

/// Returns diagnostics as a JSON array of objects with `code`, `message`, `label`, `file`, `line`, `column`,
/// `end_line`, `end_column`, `hint` and `notes`, whose objects have `message` and a place.
inline std::string render_json(const sources& from, const diagnostics& all) {
    json::growing_output text;
    json::writer to(text);
    to.begin_array();
    for (const diagnostic& d : all) {
        to.begin_object().member("code", d.code).member("message", std::string_view(detail::valid_utf8(d.message)));
        to.member("label", std::string_view(detail::valid_utf8(d.label)));
        detail::write_place(to, from, d.where);
        to.member("hint", std::string_view(detail::valid_utf8(d.hint))).name("notes").begin_array();
        for (const note& n : d.notes) {
            to.begin_object().member("message", std::string_view(detail::valid_utf8(n.text)));
            detail::write_place(to, from, n.where);
            to.end_object();
        }
        to.end_array().end_object();
    }
    to.end_array();
    return to.finish() ? std::string(text.text()) : std::string();  // without memory
}

}  // namespace vitte::language
