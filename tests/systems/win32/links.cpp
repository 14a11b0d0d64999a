// Reparse points, which wine does not have: data by the numbers of files, which last as long as the process.
#include "host.hpp"

namespace systems {
namespace {

constexpr ULONG symbolic_link = 0xa000000c, junction = 0xa0000003;
constexpr ULONG set_point = 0x900a4, get_point = 0x900a8;

/// REPARSE_DATA_BUFFER, whose names begin at `data` in a junction and behind a relative link's flag otherwise.
struct point {
    ULONG tag;
    USHORT size, reserved, name_offset, name_size, print_offset, print_size;
    ULONG flags;
    wchar_t names[1];

    const wchar_t* start() const { return tag == junction ? reinterpret_cast<const wchar_t*>(&flags) : names; }
    std::size_t head() const { return tag == junction ? 8 : 12; }
    std::wstring name() const { return {start() + name_offset / 2, name_size / 2u}; }
    bool is_relative() const { return tag == symbolic_link && (flags & 1) != 0; }
    bool is_well_formed() const {
        if (tag != symbolic_link && tag != junction) return true;
        const bool within = head() + name_offset + name_size <= size && head() + print_offset + print_size <= size;
        const bool complete = within && name().starts_with(L"\\??\\");
        return within && (is_relative() ? !complete && !name().starts_with(L"\\\\") : complete);
    }
};
const point* point_of(file_id file) {
    const auto found = known().links.find(file);
    return found == known().links.end() ? nullptr : reinterpret_cast<const point*>(found->second.data.data());
}
/// Most paths have no name of a link in them, and looking at each folder takes long.
bool may_be_link(const std::wstring& path) {
    const std::wstring name = path.substr(path.rfind(L'\\') + 1);
    for (const auto& [id, link] : known().links)
        if (_wcsicmp(link.name.c_str(), name.c_str()) == 0) return true;
    return false;
}
const point* point_at(HANDLE root, const std::wstring& path) {
    const HANDLE file = may_be_link(path) ? look_at(root, path, link_itself) : nullptr;
    if (file == nullptr) return nullptr;
    const file_id id = id_of(file);
    CloseHandle(file);
    return point_of(id);
}
/// A complete path without "." and "..".
std::wstring plain(const std::wstring& path) {
    std::wstring made = path.substr(0, 6);  // \??\C:
    for (std::size_t at = made.size(); at < path.size();) {
        const std::size_t end = std::min(path.find(L'\\', at + 1), path.size());
        const std::wstring part = path.substr(at, end - at);
        if (part == L"\\..") made.resize(std::max(made.rfind(L'\\'), std::size_t{6}));
        else if (part != L"\\.") made += part;
        at = end;
    }
    return made;
}

thread_local bool impersonates_itself = false, may_link = false;

NTSTATUS NTAPI impersonate(int);
replaced nt_impersonate("RtlImpersonateSelf", impersonate);
NTSTATUS NTAPI impersonate(int) {
    impersonates_itself = true;
    return 0;
}
NTSTATUS NTAPI adjust(ULONG, BOOLEAN, BOOLEAN, BOOLEAN*);
replaced nt_adjust("RtlAdjustPrivilege", adjust);
NTSTATUS NTAPI adjust(ULONG privilege, BOOLEAN on, BOOLEAN of_thread, BOOLEAN* before) {
    constexpr ULONG create_links = 35;
    if (privilege != create_links) return nt_adjust.real(privilege, on, of_thread, before);
    if (of_thread && !impersonates_itself) return status(0xc000007c);
    *before = std::exchange(may_link, on != 0);
    return 0;
}
NTSTATUS NTAPI set_thread(HANDLE, int, void*, ULONG);
replaced nt_set_thread("NtSetInformationThread", set_thread);
NTSTATUS NTAPI set_thread(HANDLE thread, int what, void* data, ULONG size) {
    constexpr int impersonation = 5;
    if (what != impersonation) return nt_set_thread.real(thread, what, data, size);
    return impersonates_itself = may_link = false, 0;
}

BOOL set_link(HANDLE file, const void* data, DWORD size) {
    const auto* const made = static_cast<const point*>(data);
    BY_HANDLE_FILE_INFORMATION about;
    if (size < 8 || size != made->size + 8u || !made->is_well_formed()) return refuse(ERROR_INVALID_REPARSE_DATA);
    if (!may(file, FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES)) return refuse(ERROR_ACCESS_DENIED);
    if (made->tag == symbolic_link && !may_link) return refuse(ERROR_PRIVILEGE_NOT_HELD);
    if (!GetFileInformationByHandle(file, &about)) return FALSE;
    if (made->tag == junction && (about.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0) return refuse(ERROR_DIRECTORY);
    const auto* const bytes = static_cast<const std::byte*>(data);
    known().links[id_of(file)].data.assign(bytes, bytes + size);
    note_name(file);
    return TRUE;
}
BOOL WINAPI control(HANDLE, DWORD, void*, DWORD, void*, DWORD, DWORD*, OVERLAPPED*);
replaced win_control("DeviceIoControl", control);
BOOL WINAPI control(HANDLE file, DWORD code, void* in, DWORD in_size, void* out, DWORD room, DWORD* told, OVERLAPPED* at) {
    const std::lock_guard hold(known().lock);
    if (code == set_point) return set_link(file, in, in_size);
    if (code != get_point) return win_control.real(file, code, in, in_size, out, room, told, at);
    const point* const link = point_of(id_of(file));
    if (link == nullptr) return refuse(ERROR_NOT_A_REPARSE_POINT);
    *told = link->size + 8u;
    if (room < *told) return refuse(ERROR_MORE_DATA);
    memcpy(out, link, *told);
    return TRUE;
}

BOOL WINAPI get_information(HANDLE, BY_HANDLE_FILE_INFORMATION*);
replaced win_get_information("GetFileInformationByHandle", get_information);
BOOL WINAPI get_information(HANDLE file, BY_HANDLE_FILE_INFORMATION* to) {
    if (!win_get_information.real(file, to)) return FALSE;
    const std::lock_guard hold(known().lock);
    if (point_of(id_of(file)) != nullptr) to->dwFileAttributes |= FILE_ATTRIBUTE_REPARSE_POINT;
    return TRUE;
}
NTSTATUS NTAPI query(HANDLE, IO_STATUS_BLOCK*, void*, ULONG, int);
replaced nt_query("NtQueryInformationFile", query);
NTSTATUS NTAPI query(HANDLE file, IO_STATUS_BLOCK* done, void* to, ULONG size, int what) {
    constexpr int attribute_tag = 35;
    const NTSTATUS ended = nt_query.real(file, done, to, size, what);
    const std::lock_guard hold(known().lock);
    const point* const link = what == attribute_tag ? point_of(id_of(file)) : nullptr;
    if (ended < 0 || link == nullptr) return ended;
    static_cast<ULONG*>(to)[0] |= FILE_ATTRIBUTE_REPARSE_POINT;
    static_cast<ULONG*>(to)[1] = link->tag;
    return ended;
}
/// A listing belongs to the file object, which handles that were made of each other have in common.
NTSTATUS NTAPI list(HANDLE, HANDLE, void*, void*, IO_STATUS_BLOCK*, void*, ULONG, int, BOOLEAN, UNICODE_STRING*, BOOLEAN);
replaced nt_list("NtQueryDirectoryFile", list);
NTSTATUS NTAPI list(HANDLE folder, HANDLE event, void* call, void* with, IO_STATUS_BLOCK* done, void* to, ULONG size,
                    int what, BOOLEAN single, UNICODE_STRING* mask, BOOLEAN again) {
    constexpr int with_id = 37, attributes_at = 56, tag_at = 64, id_at = 96;
    const std::lock_guard hold(known().lock);
    const auto original = known().duplicates.find(folder);
    if (original != known().duplicates.end()) folder = original->second;
    const NTSTATUS ended = nt_list.real(folder, event, call, with, done, to, size, what, single, mask, again);
    if (ended < 0 || what != with_id) return ended;
    for (auto* entry = static_cast<std::byte*>(to);;) {
        if (const point* const link = point_of(*reinterpret_cast<ULONGLONG*>(entry + id_at))) {
            *reinterpret_cast<ULONG*>(entry + attributes_at) |= FILE_ATTRIBUTE_REPARSE_POINT;
            *reinterpret_cast<ULONG*>(entry + tag_at) = link->tag;
        }
        const ULONG next = *reinterpret_cast<ULONG*>(entry);
        if (next == 0) return ended;
        entry += next;
    }
}

}  // namespace

file_id id_of(HANDLE file) {
    constexpr int internal_information = 6;
    file_id number = 0;
    IO_STATUS_BLOCK done;
    const bool known = nt_query.real(file, &done, &number, sizeof number, internal_information) >= 0;
    return known ? number : 0;
}

void note_name(HANDLE file) {
    if (known().links.empty()) return;
    const auto link = known().links.find(id_of(file));
    if (link == known().links.end()) return;
    wchar_t path[32'768];
    const std::wstring whole(path, GetFinalPathNameByHandleW(file, path, 32'768, 0));
    link->second.name = whole.substr(whole.rfind(L'\\') + 1);
}

NTSTATUS follow(HANDLE& root, std::wstring& path, bool whole) {
    constexpr int most = 63;
    if (known().links.empty() || (root == nullptr && !path.starts_with(L"\\??\\"))) return 0;
    if (root != nullptr) {
        wchar_t base[32'768];
        const DWORD length = GetFinalPathNameByHandleW(root, base, 32'768, 0);
        path = L"\\??" + std::wstring(base, length).substr(3) + (path.empty() ? L"" : L"\\") + path;
    }
    root = nullptr;
    int links = 0;
    for (std::size_t end = path.find(L'\\', 4); end != std::wstring::npos;) {
        end = path.find(L'\\', end + 1);
        const point* const link = end != std::wstring::npos || whole ? point_at(nullptr, path.substr(0, end)) : nullptr;
        if (link == nullptr) continue;
        if (link->tag != symbolic_link && link->tag != junction) return status(0xc0000279);
        if (++links > most) return status(0xc0000280);
        const std::wstring rest = end == std::wstring::npos ? L"" : path.substr(end);
        const std::wstring folder = path.substr(0, path.rfind(L'\\', end == std::wstring::npos ? end : end - 1) + 1);
        path = plain(link->is_relative() && !link->name().starts_with(L"\\") ? folder + link->name() + rest : link->name() + rest);
        end = path.find(L'\\', 4);
    }
    return 0;
}

}  // namespace systems
