// Calls of Windows that refuse what it refuses, over wine's.
#include "host.hpp"

namespace systems {

memory& known() {
    static constinit memory* all = nullptr;  // made before there is another thread, without a lock
    if (all == nullptr) all = new memory;
    return *all;
}

void* replace(const char* name, void* ours) {
    known();
    auto* const base = reinterpret_cast<std::byte*>(GetModuleHandleW(nullptr));
    const auto* const head =
        reinterpret_cast<IMAGE_NT_HEADERS*>(base + reinterpret_cast<IMAGE_DOS_HEADER*>(base)->e_lfanew);
    const auto& table = head->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
    void* real = nullptr;
    for (auto* from = reinterpret_cast<IMAGE_IMPORT_DESCRIPTOR*>(base + table.VirtualAddress); from->Name != 0; ++from) {
        auto* names = reinterpret_cast<IMAGE_THUNK_DATA*>(base + from->OriginalFirstThunk);
        auto* places = reinterpret_cast<void**>(base + from->FirstThunk);
        for (; names->u1.AddressOfData != 0; ++names, ++places) {
            const auto* const by_name = reinterpret_cast<IMAGE_IMPORT_BY_NAME*>(base + names->u1.AddressOfData);
            if (std::string(by_name->Name) != name) continue;
            DWORD before;
            VirtualProtect(places, sizeof *places, PAGE_READWRITE, &before);
            real = std::exchange(*places, ours);
            VirtualProtect(places, sizeof *places, before, &before);
        }
    }
    for (const wchar_t* library : {L"kernel32.dll", L"ntdll.dll"})
        if (real == nullptr) real = reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(library), name));
    return real;
}

namespace {

constexpr DWORD unseen = FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM;
constexpr ULONG for_backup = 0x4000;

UNICODE_STRING text_of(const std::wstring& path) {
    const auto size = static_cast<USHORT>(path.size() * sizeof(wchar_t));
    return {size, size, const_cast<wchar_t*>(path.c_str())};
}
/// As the kernel takes it; empty if it is no path.
std::wstring kernel_path(const wchar_t* path) {
    UNICODE_STRING made;
    if (!RtlDosPathNameToNtPathName_U(path, &made, nullptr, nullptr)) return {};
    std::wstring text(made.Buffer, made.Length / sizeof(wchar_t));
    RtlFreeUnicodeString(&made);
    return text;
}
/// Without the prefix for the kernel a path, when it is complete, is shorter than MAX_PATH.
bool too_long(const wchar_t* path) {
    if (std::wstring(path).starts_with(L"\\\\?\\")) return false;
    const bool is_long = GetFullPathNameW(path, 0, nullptr, nullptr) > MAX_PATH;
    if (is_long) SetLastError(ERROR_PATH_NOT_FOUND);
    return is_long;
}
bool is_mapped(file_id file) {
    for (const auto& [at, of] : known().views)
        if (of == file && file != 0) return true;
    return false;
}
/// Whether the file may not be overwritten, since it has attributes that `wanted` lacks.
bool keeps_unseen(HANDLE root, const std::wstring& path, DWORD wanted) {
    if (known().attributes.empty()) return false;
    const HANDLE file = look_at(root, path, 0);
    if (file == nullptr) return false;
    const auto set = known().attributes.find(id_of(file));
    const bool keeps = set != known().attributes.end() && (set->second & unseen & ~wanted) != 0;
    CloseHandle(file);
    return keeps;
}
void forget(file_id file) {
    if (file == 0) return;
    known().attributes.erase(file);
    known().links.erase(file);
}

NTSTATUS NTAPI create(HANDLE*, ACCESS_MASK, OBJECT_ATTRIBUTES*, IO_STATUS_BLOCK*, LARGE_INTEGER*, ULONG, ULONG, ULONG, ULONG,
                      void*, ULONG);
replaced nt_create("NtCreateFile", create);
NTSTATUS NTAPI create(HANDLE* made, ACCESS_MASK rights, OBJECT_ATTRIBUTES* what, IO_STATUS_BLOCK* done, LARGE_INTEGER* size,
                      ULONG with, ULONG share, ULONG how, ULONG options, void* more, ULONG more_size) {
    const std::lock_guard hold(known().lock);
    std::wstring path(what->ObjectName->Buffer, what->ObjectName->Length / sizeof(wchar_t));
    OBJECT_ATTRIBUTES followed = *what;
    const bool whole = (options & link_itself) == 0 && how != FILE_CREATE;
    if (const NTSTATUS refused = follow(followed.RootDirectory, path, whole); refused != 0) return refused;
    const bool overwrites = how == FILE_SUPERSEDE || how == FILE_OVERWRITE || how == FILE_OVERWRITE_IF;
    if (overwrites && keeps_unseen(followed.RootDirectory, path, with)) return status(0xc0000022);
    UNICODE_STRING name = text_of(path);
    followed.ObjectName = &name;
    const NTSTATUS ended =
        nt_create.real(made, rights, &followed, done, size, with, share, how, options, more, more_size);
    const bool nothing_is_known = known().attributes.empty() && known().links.empty();
    if (ended >= 0 && done->Information == FILE_CREATED && !nothing_is_known) forget(id_of(*made));
    return ended;
}

HANDLE WINAPI create_file(const wchar_t*, DWORD, DWORD, SECURITY_ATTRIBUTES*, DWORD, DWORD, HANDLE);
replaced win_create("CreateFileW", create_file);
HANDLE WINAPI create_file(const wchar_t* path, DWORD rights, DWORD share, SECURITY_ATTRIBUTES* security, DWORD how,
                          DWORD flags, HANDLE like) {
    const std::lock_guard hold(known().lock);
    if (too_long(path)) return INVALID_HANDLE_VALUE;
    std::wstring full = kernel_path(path);
    const std::wstring before = full;
    HANDLE root = nullptr;
    const bool whole = (flags & FILE_FLAG_OPEN_REPARSE_POINT) == 0 && how != CREATE_NEW;
    NTSTATUS refused = follow(root, full, whole);
    if (refused == 0 && (how == CREATE_ALWAYS || how == TRUNCATE_EXISTING) && keeps_unseen(nullptr, full, flags))
        refused = status(0xc0000022);
    if (refused != 0) return SetLastError(RtlNtStatusToDosError(refused)), INVALID_HANDLE_VALUE;
    if (full != before) full.replace(0, 4, L"\\\\?\\");
    SetLastError(0);
    const HANDLE made =
        win_create.real(full != before ? full.c_str() : path, rights, share, security, how, flags, like);
    const bool creates = how == CREATE_NEW || how == CREATE_ALWAYS || how == OPEN_ALWAYS;
    if (made != INVALID_HANDLE_VALUE && creates && GetLastError() == 0) forget(id_of(made)), SetLastError(0);
    return made;
}

BOOL WINAPI set_attributes(const wchar_t*, DWORD);
replaced win_set_attributes("SetFileAttributesW", set_attributes);
BOOL WINAPI set_attributes(const wchar_t* path, DWORD wanted) {
    const std::lock_guard hold(known().lock);
    const BOOL set = win_set_attributes.real(path, wanted);
    if (const HANDLE file = look_at(nullptr, kernel_path(path), 0)) {
        known().attributes[id_of(file)] = wanted;
        CloseHandle(file);
    }
    return set;
}

NTSTATUS NTAPI set_information(HANDLE, IO_STATUS_BLOCK*, void*, ULONG, FILE_INFORMATION_CLASS);
replaced nt_set_information("NtSetInformationFile", set_information);
NTSTATUS NTAPI set_information(HANDLE file, IO_STATUS_BLOCK* done, void* data, ULONG size, FILE_INFORMATION_CLASS what) {
    constexpr int rename = 10, link = 11, disposition = 13, posix_disposition = 64, posix_rename = 65, posix_link = 72;
    constexpr ULONG with_a_name = 24;
    const std::lock_guard hold(known().lock);
    if ((what == rename || what == link || what == posix_rename || what == posix_link) && size < with_a_name)
        return ++known().counted.wrong_sizes, status(0xc0000004);
    if (what != disposition && what != posix_disposition) {
        const NTSTATUS ended = nt_set_information.real(file, done, data, size, what);
        return note_name(file), ended;
    }
    const file_id id = id_of(file);
    const bool is_posix = what == posix_disposition;
    if (is_posix && GetEnvironmentVariableW(L"VITTE_WINDOWS_1607", nullptr, 0) != 0) return status(0xc0000003);
    if (!is_posix && is_mapped(id)) return status(0xc0000121);
    const NTSTATUS ended = nt_set_information.real(file, done, data, size, what);
    if (ended >= 0) forget(id), end_watches(id);
    return ended;
}

BOOL WINAPI delete_file(const wchar_t*);
replaced win_delete("DeleteFileW", delete_file);
BOOL WINAPI delete_file(const wchar_t* path) {
    const std::lock_guard hold(known().lock);
    if (too_long(path)) return FALSE;
    const HANDLE file = look_at(nullptr, kernel_path(path), link_itself);
    const file_id id = file != nullptr ? id_of(file) : 0;
    if (file != nullptr) CloseHandle(file);
    if (is_mapped(id)) return refuse(ERROR_ACCESS_DENIED);
    const BOOL deleted = win_delete.real(path);
    if (deleted) forget(id);
    return deleted;
}

BOOL WINAPI move_file(const wchar_t*, const wchar_t*, DWORD);
replaced win_move("MoveFileExW", move_file);
BOOL WINAPI move_file(const wchar_t* from, const wchar_t* to, DWORD flags) {
    return !too_long(from) && !too_long(to) && win_move.real(from, to, flags);
}

void* WINAPI map_view(HANDLE, DWORD, DWORD, DWORD, SIZE_T);
replaced win_map("MapViewOfFile", map_view);
HANDLE WINAPI create_section(HANDLE, SECURITY_ATTRIBUTES*, DWORD, DWORD, DWORD, const wchar_t*);
replaced win_create_section("CreateFileMappingW", create_section);
HANDLE WINAPI create_section(HANDLE file, SECURITY_ATTRIBUTES* security, DWORD rights, DWORD high, DWORD low,
                             const wchar_t* name) {
    const std::lock_guard hold(known().lock);
    const HANDLE made = win_create_section.real(file, security, rights, high, low, name);
    if (made != nullptr) known().sections[made] = id_of(file);
    return made;
}
void* WINAPI map_view(HANDLE section, DWORD rights, DWORD high, DWORD low, SIZE_T size) {
    const std::lock_guard hold(known().lock);
    void* const at = win_map.real(section, rights, high, low, size);
    const DWORD why = GetLastError();
    if (at != nullptr) known().views[at] = known().sections[section];
    SetLastError(why);
    return at;
}
BOOL WINAPI unmap_view(const void*);
replaced win_unmap("UnmapViewOfFile", unmap_view);
BOOL WINAPI unmap_view(const void* at) {
    const std::lock_guard hold(known().lock);
    known().views.erase(at);
    return win_unmap.real(at);
}
BOOL WINAPI flush_view(const void*, SIZE_T);
replaced win_flush_view("FlushViewOfFile", flush_view);
BOOL WINAPI flush_view(const void* at, SIZE_T size) {
    const std::lock_guard hold(known().lock);
    const auto view = known().views.upper_bound(at);
    if (view != known().views.begin()) known().unstored.insert(std::prev(view)->second);
    return win_flush_view.real(at, size);
}
BOOL WINAPI flush_file(HANDLE);
replaced win_flush_file("FlushFileBuffers", flush_file);
BOOL WINAPI flush_file(HANDLE file) {
    if (GetFileType(file) == FILE_TYPE_DISK && !may(file, FILE_WRITE_DATA | FILE_APPEND_DATA))
        return refuse(ERROR_ACCESS_DENIED);
    if (!win_flush_file.real(file)) return FALSE;
    const std::lock_guard hold(known().lock);
    known().unstored.erase(id_of(file));
    return TRUE;
}

BOOL WINAPI duplicate(HANDLE, HANDLE, HANDLE, HANDLE*, DWORD, BOOL, DWORD);
replaced win_duplicate("DuplicateHandle", duplicate);
BOOL WINAPI duplicate(HANDLE in, HANDLE from, HANDLE to, HANDLE* made, DWORD rights, BOOL inherited, DWORD options) {
    const std::lock_guard hold(known().lock);
    if (!win_duplicate.real(in, from, to, made, rights, inherited, options)) return FALSE;
    BY_HANDLE_FILE_INFORMATION about;
    const bool here = in == GetCurrentProcess() && to == in && (options & DUPLICATE_CLOSE_SOURCE) == 0;
    if (here && GetFileType(from) == FILE_TYPE_DISK && GetFileInformationByHandle(from, &about) &&
        (about.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
        known().duplicates[*made] = from;
    return TRUE;
}
BOOL WINAPI close(HANDLE);
replaced win_close("CloseHandle", close);
BOOL WINAPI close(HANDLE handle) {
    const std::lock_guard hold(known().lock);
    known().sections.erase(handle);
    known().duplicates.erase(handle);
    std::erase_if(known().duplicates, [&](const auto& one) { return one.second == handle; });
    known().watches.erase(handle);
    return win_close.real(handle);
}

DWORD_PTR WINAPI bind(HANDLE, DWORD_PTR);
replaced win_bind("SetThreadAffinityMask", bind);
DWORD_PTR WINAPI bind(HANDLE thread, DWORD_PTR mask) {
    const std::lock_guard hold(known().lock);
    ++known().counted.bound_threads;
    return win_bind.real(thread, mask);
}

DWORD WINAPI get_variable(const wchar_t*, wchar_t*, DWORD);
replaced win_get_variable("GetEnvironmentVariableW", get_variable);
DWORD WINAPI get_variable(const wchar_t* name, wchar_t* to, DWORD room) {
    constexpr DWORD length = 40'000;
    if (std::wstring(name) != L"VITTE_LONG_VARIABLE") return win_get_variable.real(name, to, room);
    if (room <= length) return length + 1;
    wmemset(to, L'x', length)[length] = 0;
    return length;
}

}  // namespace


HANDLE look_at(HANDLE root, const std::wstring& path, ULONG options) {
    UNICODE_STRING name = text_of(path);
    OBJECT_ATTRIBUTES what;
    InitializeObjectAttributes(&what, &name, OBJ_CASE_INSENSITIVE, root, nullptr);
    IO_STATUS_BLOCK done;
    HANDLE made = nullptr;
    const NTSTATUS ended = nt_create.real(&made, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &what, &done, nullptr, 0, 7, FILE_OPEN,
                                          FILE_SYNCHRONOUS_IO_NONALERT | for_backup | options, nullptr, 0);
    return ended >= 0 ? made : nullptr;
}
bool may(HANDLE file, ACCESS_MASK any) {
    ACCESS_MASK rights = 0;
    IO_STATUS_BLOCK done;
    const auto access_information = static_cast<FILE_INFORMATION_CLASS>(8);
    return NtQueryInformationFile(file, &done, &rights, sizeof rights, access_information) < 0 || (rights & any) != 0;
}
misuse misused() noexcept {
    const std::lock_guard hold(known().lock);
    misuse all = known().counted;
    all.unstored_views = static_cast<int>(known().unstored.size());
    return all;
}

}  // namespace systems
