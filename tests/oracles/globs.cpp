// Answers of ours about patterns: `name PATTERN NAME`, `files FOLDER PATTERN`.
#include <unistd.h>

#include <vitte/core/glob.hpp>
#include <vitte/sys/fs/glob.hpp>

#include "ask.hpp"

namespace {
oracle::strings files(const std::string& folder, const std::string& pattern) {
    if (chdir(folder.c_str()) != 0) return {"no such folder"};
    oracle::strings found{"found"};
    const auto done = vitte::sys::glob(pattern.c_str(), [&](const char* path) { found.emplace_back(path); });
    return done ? found : oracle::strings{vitte::message(done.error().code)};
}
}  // namespace

int main() {
    return oracle::answer_all([](const oracle::strings& asked) -> oracle::strings {
        if (asked[0] == "name") return {vitte::glob_match(asked[1], asked[2]) ? "yes" : "no"};
        return files(asked[1], asked[2]);
    });
}
