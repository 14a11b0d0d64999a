/// Libraries by the system's loader.
#pragma once

#include <vitte/sys/platform/win32/wide.hpp>

namespace vitte::sys::win32 {

struct libraries {
    using handle = HINSTANCE__*;

    /// A path with a folder finds its own libraries beside it; without, only the program's and the system's folders
    /// are searched. A missing library is an error here and not a dialogue box.
    static result<handle> open(const char* path) noexcept {
        HINSTANCE__* program = nullptr;
        if (path == nullptr && GetModuleHandleExW(0, nullptr, &program) != 0) return program;
        return with_path(path, [](const wchar_t* wide) -> result<handle> {
            constexpr unsigned long no_dialogues = 0x8001, beside_it = 0x100, default_folders = 0x1000;
            wchar_t full[1024];
            bool has_folder = false;
            for (const wchar_t* c = wide; *c != 0; ++c) has_folder = has_folder || *c == L'/' || *c == L'\\';
            const unsigned long length = has_folder ? GetFullPathNameW(wide, 1024, full, nullptr) : 0;
            const bool absolute = length > 0 && length < 1024;
            unsigned long before = 0;
            SetThreadErrorMode(no_dialogues, &before);
            const handle made =
                LoadLibraryExW(absolute ? full : wide, nullptr, default_folders | (absolute ? beside_it : 0));
            const auto refused = last_error("LoadLibraryExW");
            SetThreadErrorMode(before, nullptr);
            if (made == nullptr) return refused;
            return made;
        });
    }
    static result<void*> symbol(handle library, const char* name) noexcept {
        if (const auto found = GetProcAddress(library, name)) return reinterpret_cast<void*>(found);
        return last_error("GetProcAddress");
    }
    static result<void> close(handle library) noexcept { return checked(FreeLibrary(library), "FreeLibrary"); }
};

}  // namespace vitte::sys::win32
