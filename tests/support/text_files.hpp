// Files for tests, through C's own functions, which exist wherever there are files at all.
#pragma once

#include <cstdio>
#include <string>

/// A file with `text`, gone with this object.
class text_file {
public:
    text_file(std::string path, const std::string& text) : path_(std::move(path)) {
        std::FILE* const file = std::fopen(path_.c_str(), "wb");
        if (file == nullptr) return;
        std::fwrite(text.data(), 1, text.size(), file);
        std::fclose(file);
    }
    text_file(const text_file&) = delete;
    text_file& operator=(const text_file&) = delete;
    ~text_file() { std::remove(path_.c_str()); }

    const char* path() const { return path_.c_str(); }

private:
    std::string path_;
};

/// What is in the file at `path`.
inline std::string text_of(const std::string& path) {
    std::string text;
    std::FILE* const file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) return text;
    char piece[4096];
    for (std::size_t got; (got = std::fread(piece, 1, sizeof piece, file)) != 0;) text.append(piece, got);
    std::fclose(file);
    return text;
}
