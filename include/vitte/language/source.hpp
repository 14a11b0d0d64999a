/// The texts of a compilation, and positions in them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <vitte/core/result.hpp>
#include <vitte/language/library/core.hpp>

namespace vitte::language {

/// A half-open range of positions. The texts of a compilation lie one after the other, so that a position names its
/// text, too.
struct span {
    std::uint32_t begin = 0, end = 0;
};

/// Returns the span from the beginning of `a` to the end of `b`.
constexpr span through(span a, span b) noexcept { return {a.begin, b.end}; }

/// A position for people. Lines and columns begin with 1; a column counts Unicode characters.
struct location {
    std::string_view file;
    std::uint32_t line = 0, column = 0;
};

/// The source texts of a compilation; the library is the first one, number 0. Not thread-safe while texts are added.
class sources {
public:
    sources() { static_cast<void>(add("core.vit", std::string(core_library))); }

    /// Limit of all texts together, in bytes.
    static constexpr std::size_t most = std::size_t{1} << 28;

    /// Adds the text of the file `name` and returns its number. Fails with `errc::too_large` beyond `most`.
    result<std::uint32_t> add(std::string name, std::string text) {
        const std::size_t begin = files_.empty() ? 0 : files_.back().begin + files_.back().text.size() + 1;
        if (text.size() > most || begin > most - text.size()) return fail(errc::too_large, "adding a source text");
        files_.push_back({std::move(name), std::move(text), static_cast<std::uint32_t>(begin), {}});
        file& f = files_.back();
        f.lines.push_back(f.begin);
        for (std::size_t i = 0; i < f.text.size(); ++i)
            if (f.text[i] == '\n') f.lines.push_back(f.begin + static_cast<std::uint32_t>(i) + 1);
        return static_cast<std::uint32_t>(files_.size() - 1);
    }

    std::size_t size() const noexcept { return files_.size(); }
    std::string_view name(std::uint32_t number) const noexcept { return files_[number].name; }
    std::string_view text(std::uint32_t number) const noexcept { return files_[number].text; }
    /// Position of the first byte of a text.
    std::uint32_t begin(std::uint32_t number) const noexcept { return files_[number].begin; }

    std::string_view text(span s) const noexcept {
        const file& f = file_at(s.begin);
        return std::string_view(f.text).substr(s.begin - f.begin, s.end - s.begin);
    }

    location locate(std::uint32_t position) const noexcept {
        const file& f = file_at(position);
        const std::size_t line = line_index(f, position);
        std::uint32_t column = 1;
        for (std::uint32_t i = f.lines[line]; i < position; ++i)
            column += (static_cast<unsigned char>(f.text[i - f.begin]) & 0xc0) != 0x80;
        return {f.name, static_cast<std::uint32_t>(line + 1), column};
    }

    /// The line that has `position`, without its end.
    span line_at(std::uint32_t position) const noexcept {
        const file& f = file_at(position);
        const std::size_t line = line_index(f, position);
        const auto last = static_cast<std::uint32_t>(f.begin + f.text.size());
        std::uint32_t end = line + 1 < f.lines.size() ? f.lines[line + 1] - 1 : last;
        if (end > f.lines[line] && f.text[end - 1 - f.begin] == '\r') --end;
        return {f.lines[line], end};
    }

private:
    struct file {
        std::string name, text;
        std::uint32_t begin;
        std::vector<std::uint32_t> lines;  // where each begins
    };
    const file& file_at(std::uint32_t position) const noexcept {
        const auto after = std::upper_bound(files_.begin(), files_.end(), position,
                                            [](std::uint32_t p, const file& f) { return p < f.begin; });
        return *(after - 1);
    }
    static std::size_t line_index(const file& f, std::uint32_t position) noexcept {
        return static_cast<std::size_t>(std::upper_bound(f.lines.begin(), f.lines.end(), position) - f.lines.begin()) -
               1;
    }
    std::vector<file> files_;
};

}  // namespace vitte::language
