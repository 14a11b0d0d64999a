// What the subcommands of `vitte` share: arguments, errors, exit codes.
#pragma once

#include <cstdio>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>
#include <vitte/core/nearest_word.hpp>

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

/// A hint that names the word of `known` that was probably meant, or `otherwise`.
inline std::string suggestion(std::string_view given, std::initializer_list<std::string_view> known,
                              std::string_view otherwise) {
    const std::string_view nearest = vitte::nearest_word(given, known);
    return nearest.empty() ? std::string(otherwise) : "did you mean '" + std::string(nearest) + "'?";
}

exit_code inspect(const arguments& given);
exit_code key(const arguments& given);
exit_code run(const arguments& given);
exit_code check(const arguments& given);
exit_code emit(const arguments& given);
exit_code test(const arguments& given);
exit_code pack(const arguments& given);
exit_code unpack(const arguments& given);
exit_code bind(const arguments& given);
exit_code resolve(const arguments& given);
exit_code store(const arguments& given);
exit_code serve(const arguments& given);
/// Has the server do `command`.
exit_code ask_server(std::string_view command, const arguments& given);
