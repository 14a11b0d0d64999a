/// Which programs Windows would not start itself but have read by cmd.exe.
#pragma once

namespace vitte::sys::win32 {

/// Whether the file at `path` is a batch file, by its name: `.bat` or `.cmd` in any case. Dots and spaces at the end
/// are not a part of names, and what follows a colon is a stream of the file.
constexpr bool is_batch_file(const wchar_t* path) noexcept {
    const auto ends_with = [&](const wchar_t* end, const wchar_t* suffix) {
        if (end - path < 4) return false;
        for (int i = 0; i < 4; ++i)
            if (end[i - 4] != suffix[i] && (suffix[i] == L'.' || end[i - 4] != suffix[i] - (L'a' - L'A'))) return false;
        return true;
    };
    const wchar_t* end = path;
    for (const wchar_t* c = path;; ++c) {
        if ((*c == 0 || *c == L':') && (ends_with(end, L".bat") || ends_with(end, L".cmd"))) return true;
        if (*c == 0) return false;
        if (*c != L'.' && *c != L' ') end = c + 1;
    }
}

}  // namespace vitte::sys::win32
