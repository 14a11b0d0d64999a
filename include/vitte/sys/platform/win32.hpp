/// Windows 10 1607, Server 2016 and later, 64-bit, by GCC (mingw-w64) and Clang. Programs link kernel32,
/// synchronization, bcrypt and ntdll; those with sockets ws2_32, too.
#pragma once

#include <vitte/sys/platform/policy.hpp>
#include <vitte/sys/platform/win32/clocks.hpp>
#include <vitte/sys/platform/win32/directories.hpp>
#include <vitte/sys/platform/win32/files.hpp>
#include <vitte/sys/platform/win32/memory.hpp>
#include <vitte/sys/platform/win32/processes.hpp>
#include <vitte/sys/platform/win32/threads.hpp>
#include <vitte/sys/platform/win32/watch_queue.hpp>

namespace vitte::sys {

namespace win32 {
// In headers of their names, which few programs need.
class poller;
struct names;
struct sockets;
}

struct win32_platform {
    using memory = win32::memory;
    using files = win32::files;
    using directories = win32::directories;
    using clocks = win32::clocks;
    using threads = win32::threads;
    using processes = win32::processes;
    using watch_queue = win32::watch_queue;
    using names = win32::names;
    using sockets = win32::sockets;
    using poller = win32::poller;

    struct random {
        static result<std::size_t> fill(std::byte* to, std::size_t size) noexcept {
            constexpr unsigned long system_preferred = 2;
            const unsigned long some = size < 0x10000000 ? static_cast<unsigned long>(size) : 0x10000000;
            const long failure =
                win32::BCryptGenRandom(nullptr, reinterpret_cast<unsigned char*>(to), some, system_preferred);
            if (failure < 0) return fail(errc::io_error, "BCryptGenRandom", static_cast<int>(failure));
            return std::size_t{some};
        }
    };

    struct libraries {
        using handle = HINSTANCE__*;

        /// A path with a folder finds its own libraries beside it; without, only the program's and the system's folders
        /// are searched. A missing library is an error here and not a dialogue box.
        static result<handle> open(const char* path) noexcept {
            HINSTANCE__* program = nullptr;
            if (path == nullptr && win32::GetModuleHandleExW(0, nullptr, &program) != 0) return program;
            return win32::with_path(path, [](const wchar_t* wide) -> result<handle> {
                constexpr unsigned long no_dialogues = 0x8001, beside_it = 0x100, default_folders = 0x1000;
                wchar_t full[1024];
                bool has_folder = false;
                for (const wchar_t* c = wide; *c != 0; ++c) has_folder = has_folder || *c == L'/' || *c == L'\\';
                const unsigned long length = has_folder ? win32::GetFullPathNameW(wide, 1024, full, nullptr) : 0;
                const bool absolute = length > 0 && length < 1024;
                unsigned long before = 0;
                win32::SetThreadErrorMode(no_dialogues, &before);
                const handle made = win32::LoadLibraryExW(absolute ? full : wide, nullptr,
                                                          default_folders | (absolute ? beside_it : 0));
                const auto refused = win32::last_error("LoadLibraryExW");
                win32::SetThreadErrorMode(before, nullptr);
                if (made == nullptr) return refused;
                return made;
            });
        }
        static result<void*> symbol(handle library, const char* name) noexcept {
            if (const auto found = win32::GetProcAddress(library, name)) return reinterpret_cast<void*>(found);
            return win32::last_error("GetProcAddress");
        }
        static result<void> close(handle library) noexcept {
            return win32::checked(win32::FreeLibrary(library), "FreeLibrary");
        }
    };

    struct environment {
        static result<std::size_t> get(const char* name, char* to, std::size_t room) noexcept {
            constexpr unsigned long limit = 32'768;
            wchar_t wide_name[256], value[limit];
            if (win32::widen(name, wide_name, 256) == 0) return win32::last_error("convert name");
            win32::SetLastError(0);
            const unsigned long length = win32::GetEnvironmentVariableW(wide_name, value, limit);
            if (length == 0 && win32::GetLastError() != 0) return win32::last_error("GetEnvironmentVariableW");
            if (length >= limit) return fail(errc::too_large, "GetEnvironmentVariableW");  // a parent can make them
            value[length] = 0;
            const int size = win32::WideCharToMultiByte(win32::utf8, 0, value, -1, nullptr, 0, nullptr, nullptr);
            if (size > 0 && static_cast<std::size_t>(size) <= room)
                win32::WideCharToMultiByte(win32::utf8, 0, value, -1, to, size, nullptr, nullptr);
            return static_cast<std::size_t>(size > 0 ? size - 1 : 0);
        }
        /// Without those that begin with "=", which are cmd.exe's own.
        static void for_each(void (*visit)(void*, const char*), void* context) {
            wchar_t* const all = win32::GetEnvironmentStringsW();
            if (all == nullptr) return;
            char entry[3 * 32'768];
            for (const wchar_t* at = all; *at != 0;) {
                std::size_t length = 0;
                while (at[length] != 0) ++length;
                if (*at != L'=' && win32::narrow(at, length, entry, sizeof entry)) visit(context, entry);
                at += length + 1;
            }
            win32::FreeEnvironmentStringsW(all);
        }
    };
};

}  // namespace vitte::sys
