// Answers of ours about paths as text: STYLE (posix or windows) and `parts PATH`, `normalize PATH`, `join PATH BELOW`,
// `relative PATH BASE`.
#include <vitte/sys/fs/path.hpp>

#include "ask.hpp"

namespace {
using vitte::sys::basic_path_view;
using vitte::sys::path_style;

template <class Write>
oracle::strings written(Write write) {
    char text[512];
    const auto size = write(std::span(text));
    return size ? oracle::strings{std::string(text, *size)} : oracle::strings{"", vitte::message(size.error().code)};
}

template <path_style Style>
oracle::strings answer(const oracle::strings& asked) {
    using path_view = basic_path_view<Style>;
    const path_view path(asked[2]);
    if (asked[1] == "parts") {
        oracle::strings all{std::string(path.root()),      path.is_absolute() ? "absolute" : "relative",
                            std::string(path.name()),      std::string(path.stem()),
                            std::string(path.extension()), std::string(path.parent().text())};
        for (const std::string_view name : path) all.emplace_back(name);
        return all;
    }
    if (asked[1] == "normalize") return written([&](std::span<char> to) { return path.normalize(to); });
    const path_view other(asked[3]);
    if (asked[1] == "join") return written([&](std::span<char> to) { return path.join(other, to); });
    return written([&](std::span<char> to) { return path.relative_to(other, to); });
}
}  // namespace

int main() {
    return oracle::answer_all([](const oracle::strings& asked) {
        return asked[0] == "windows" ? answer<path_style::windows>(asked) : answer<path_style::posix>(asked);
    });
}
