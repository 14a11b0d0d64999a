// What the subcommands of `vitte` share: arguments, errors, exit codes.
#pragma once

#include <cstdio>
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

exit_code inspect(const arguments& given);
exit_code run(const arguments& given);
