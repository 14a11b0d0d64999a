// What the implementations share.
#pragma once

#include <windows.h>
#include <winternl.h>

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "strict.hpp"

namespace systems {

/// Puts `ours` where the program's calls of `name` lead, and returns where they led.
void* replace(const char* name, void* ours);

/// A call of the system, and, from the program's start on, ours in its place.
template <class Function>
struct replaced {
    Function* real;
    replaced(const char* name, Function* ours)
        : real(reinterpret_cast<Function*>(replace(name, reinterpret_cast<void*>(ours)))) {}
};

/// The number of an open file; 0 of what is none. To ask for its volume, too, takes wine too long.
using file_id = ULONGLONG;
file_id id_of(HANDLE file);
/// Opens what is there for a look at its attributes, as `options` say; null if that is refused.
HANDLE look_at(HANDLE root, const std::wstring& path, ULONG options);
bool may(HANDLE file, ACCESS_MASK any);

template <class Result = BOOL>
Result refuse(DWORD error) {
    SetLastError(error);
    return Result{};
}

inline constexpr ULONG link_itself = 0x00200000;
constexpr NTSTATUS status(ULONG number) { return static_cast<NTSTATUS>(number); }

/// Of Windows, since those of the C++ library make calls that are replaced.
struct recursive_lock {
    CRITICAL_SECTION section;
    recursive_lock() { InitializeCriticalSection(&section); }
    void lock() { EnterCriticalSection(&section); }
    void unlock() { LeaveCriticalSection(&section); }
};

/// What is remembered of this process, from the first call to the last.
struct memory {
    recursive_lock lock;
    misuse counted;
    std::map<file_id, DWORD> attributes;                 ///< that were set: not every file system below keeps them
    struct link {
        std::vector<std::byte> data;  ///< as FSCTL_SET_REPARSE_POINT has it
        std::wstring name;            ///< without the folder
    };
    std::map<file_id, link> links;
    std::map<HANDLE, file_id> sections;
    std::map<const void*, file_id> views;
    std::set<file_id> unstored;                          ///< views of these were flushed
    std::map<HANDLE, HANDLE> duplicates;                 ///< of folders
    struct watch {
        file_id folder;
        OVERLAPPED* last;
        bool gone;
    };
    std::map<HANDLE, watch> watches;
};
memory& known();

/// Links that `path` goes through are put into it, the last one if `whole`: 0, or what the system says instead.
NTSTATUS follow(HANDLE& root, std::wstring& path, bool whole);
void note_name(HANDLE file);      ///< if it is a link
void end_watches(file_id of);  ///< a folder that is removed

}  // namespace systems
