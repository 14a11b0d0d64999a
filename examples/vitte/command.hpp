// What the subcommands of `vitte` share: arguments, errors, exit codes.
#pragma once

#include <algorithm>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

/// Documented in `vitte --help`.
enum exit_code : int { succeeded = 0, failed = 1, misused = 2 };

using arguments = std::vector<std::string_view>;

/// One line on stderr: what was done, to what, what is wrong, and what to do.
inline exit_code complain(exit_code code, std::string_view what, std::string_view hint) {
    const auto length = [](std::string_view s) { return static_cast<int>(s.size()); };
    std::fprintf(stderr, "vitte: %.*s", length(what), what.data());
    if (!hint.empty()) std::fprintf(stderr, " (hint: %.*s)", length(hint), hint.data());
    std::fputc('\n', stderr);
    return code;
}

/// How many characters have to be added, removed, replaced or swapped with their neighbours to make `b` of `a`.
inline std::size_t edits_between(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> best(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i)
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                best[i][j] = i + j;
                continue;
            }
            best[i][j] =
                std::min({best[i - 1][j] + 1, best[i][j - 1] + 1, best[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best[i][j] = std::min(best[i][j], best[i - 2][j - 2] + 1);
        }
    return best[a.size()][b.size()];
}
/// A hint that names the word of `known` that was probably meant, or `otherwise`.
inline std::string suggestion(std::string_view given, std::initializer_list<std::string_view> known,
                              std::string_view otherwise) {
    const auto distance = [given](std::string_view word) { return edits_between(given, word); };
    const auto nearest = std::min_element(
        known.begin(), known.end(), [&](std::string_view a, std::string_view b) { return distance(a) < distance(b); });
    const bool is_near = given.size() < 64 && distance(*nearest) <= nearest->size() / 2;
    return is_near ? "did you mean '" + std::string(*nearest) + "'?" : std::string(otherwise);
}

exit_code inspect(const arguments& given);
exit_code run(const arguments& given);
