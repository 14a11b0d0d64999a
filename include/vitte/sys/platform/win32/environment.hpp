/// Variables of the environment, in UTF-8.
#pragma once

#include <vitte/sys/platform/win32/wide.hpp>

namespace vitte::sys::win32 {

struct environment {
    static result<std::size_t> get(const char* name, char* to, std::size_t room) noexcept {
        constexpr unsigned long limit = 32'768;
        wchar_t wide_name[256], value[limit];
        if (widen(name, wide_name, 256) == 0) return last_error("convert name");
        SetLastError(0);
        const unsigned long length = GetEnvironmentVariableW(wide_name, value, limit);
        if (length == 0 && GetLastError() != 0) return last_error("GetEnvironmentVariableW");
        if (length >= limit) return fail(errc::too_large, "GetEnvironmentVariableW");  // a parent can make them
        value[length] = 0;
        const int size = WideCharToMultiByte(utf8, 0, value, -1, nullptr, 0, nullptr, nullptr);
        if (size > 0 && static_cast<std::size_t>(size) <= room)
            WideCharToMultiByte(utf8, 0, value, -1, to, size, nullptr, nullptr);
        return static_cast<std::size_t>(size > 0 ? size - 1 : 0);
    }
    /// Without those that begin with "=", which are cmd.exe's own.
    static void for_each(void (*visit)(void*, const char*), void* context) {
        wchar_t* const all = GetEnvironmentStringsW();
        if (all == nullptr) return;
        char entry[3 * 32'768];
        for (const wchar_t* at = all; *at != 0;) {
            std::size_t length = 0;
            while (at[length] != 0) ++length;
            if (*at != L'=' && narrow(at, length, entry, sizeof entry)) visit(context, entry);
            at += length + 1;
        }
        FreeEnvironmentStringsW(all);
    }
};

}  // namespace vitte::sys::win32
