// Folders that are watched and then removed.
#include "host.hpp"

namespace systems {
namespace {

BOOL WINAPI watch(HANDLE, void*, DWORD, BOOL, DWORD, DWORD*, OVERLAPPED*, LPOVERLAPPED_COMPLETION_ROUTINE);
replaced win_watch("ReadDirectoryChangesW", watch);
BOOL WINAPI watch(HANDLE folder, void* to, DWORD room, BOOL tree, DWORD what, DWORD* told, OVERLAPPED* at,
                  LPOVERLAPPED_COMPLETION_ROUTINE call) {
    const std::lock_guard hold(known().lock);
    auto& watched = known().watches[folder];
    watched = {id_of(folder), at, watched.gone};
    if (!watched.gone) return win_watch.real(folder, to, room, tree, what, told, at, call);
    at->Internal = STATUS_PENDING;
    ResetEvent(at->hEvent);
    return refuse(ERROR_ACCESS_DENIED);
}
BOOL WINAPI ended(HANDLE, OVERLAPPED*, DWORD*, BOOL);
replaced win_ended("GetOverlappedResult", ended);
BOOL WINAPI ended(HANDLE of, OVERLAPPED* at, DWORD* size, BOOL waits) {
    if (win_ended.real(of, at, size, waits)) return TRUE;
    const DWORD why = GetLastError();
    const std::lock_guard hold(known().lock);
    const auto watched = known().watches.find(of);
    const bool gone = watched != known().watches.end() && watched->second.gone && why == ERROR_OPERATION_ABORTED;
    return refuse(gone ? ERROR_ACCESS_DENIED : why);
}

}  // namespace

void end_watches(file_id of) {
    for (auto& [handle, watched] : known().watches) {
        if (watched.folder != of || watched.gone) continue;
        watched.gone = true;
        CancelIoEx(handle, watched.last);
    }
}

}  // namespace systems
