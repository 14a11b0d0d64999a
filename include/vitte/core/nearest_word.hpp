/// The word that somebody probably meant.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace vitte {

/// The most bytes of a word that is compared.
inline constexpr std::size_t longest_word = 64;

/// How many bytes have to be added, removed, replaced or swapped with their neighbours to make `b` of `a`, both of at
/// most `longest_word`.
constexpr std::size_t edits_between(std::string_view a, std::string_view b) noexcept {
    std::size_t rows[3][longest_word + 1] = {};  // of the last beginnings of `a`, for each beginning of `b`
    for (std::size_t i = 0; i <= a.size(); ++i) {
        std::size_t* const now = rows[i % 3];
        const std::size_t* const before = rows[(i + 2) % 3];
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                now[j] = i + j;
                continue;
            }
            now[j] = std::min({before[j] + 1, now[j - 1] + 1, before[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = std::min(now[j], rows[(i + 1) % 3][j - 2] + 1);
        }
    }
    return rows[a.size() % 3][b.size()];
}

/// The first of the words in `known` that is nearest to `given`; empty if none has more in common with it than not.
template <class Words>
constexpr std::string_view nearest_word(std::string_view given, const Words& known) noexcept {
    std::string_view nearest;
    std::size_t least = longest_word;
    if (given.size() > longest_word) return nearest;
    for (const std::string_view word : known) {
        if (word.size() > longest_word) continue;
        const std::size_t distance = edits_between(given, word);
        if (distance >= least || distance > word.size() / 2) continue;
        least = distance;
        nearest = word;
    }
    return nearest;
}

}  // namespace vitte
