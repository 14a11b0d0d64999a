/// What we call of the Windows API, declared as in the SDK but without `<windows.h>`, whose macros would rename what
/// programs call `min`, `ERROR` or `interface`. Whoever includes that as well, before or after, gets the same
/// functions. Structures are ours, with the SDK's layout; the functions take the SDK's types by name.
#pragma once

#include <cstddef>
#include <cstdint>

struct _SYSTEM_INFO;
struct _MEMORY_BASIC_INFORMATION;
struct _SECURITY_ATTRIBUTES;
struct _OVERLAPPED;
struct _OVERLAPPED_ENTRY;
struct _RTL_SRWLOCK;
struct _BY_HANDLE_FILE_INFORMATION;
struct _FILETIME;
union _LARGE_INTEGER;
struct HINSTANCE__;
struct _STARTUPINFOW;
struct _PROCESS_INFORMATION;
struct _PROC_THREAD_ATTRIBUTE_LIST;
struct _PROCESS_MEMORY_COUNTERS;
struct _CONSOLE_SCREEN_BUFFER_INFO;
struct _INPUT_RECORD;
struct _EXCEPTION_POINTERS;
struct _DCB;
struct _COMMTIMEOUTS;
struct _COMSTAT;

#define VITTE_WINAPI __declspec(dllimport)
#if defined(__i386__)
#error "vitte::sys: 32-bit Windows is not supported; callbacks have another calling convention there"
#endif

namespace vitte::sys::win32 {

using handle = void*;

extern "C" {
VITTE_WINAPI unsigned long GetLastError();
VITTE_WINAPI void SetLastError(unsigned long);
VITTE_WINAPI int CloseHandle(void*);

// memory
VITTE_WINAPI void GetSystemInfo(_SYSTEM_INFO*);
VITTE_WINAPI void* VirtualAlloc(void*, std::size_t, unsigned long, unsigned long);
VITTE_WINAPI int VirtualFree(void*, std::size_t, unsigned long);
VITTE_WINAPI int VirtualProtect(void*, std::size_t, unsigned long, unsigned long*);
VITTE_WINAPI std::size_t VirtualQuery(const void*, _MEMORY_BASIC_INFORMATION*, std::size_t);
VITTE_WINAPI int VirtualLock(void*, std::size_t);
VITTE_WINAPI int VirtualUnlock(void*, std::size_t);
VITTE_WINAPI void* CreateFileMappingW(void*, _SECURITY_ATTRIBUTES*, unsigned long, unsigned long, unsigned long,
                                      const wchar_t*);
VITTE_WINAPI void* MapViewOfFile(void*, unsigned long, unsigned long, unsigned long, std::size_t);
VITTE_WINAPI int UnmapViewOfFile(const void*);
VITTE_WINAPI int FlushViewOfFile(const void*, std::size_t);
VITTE_WINAPI unsigned long K32GetMappedFileNameW(void*, void*, wchar_t*, unsigned long);
VITTE_WINAPI int FlushInstructionCache(void*, const void*, std::size_t);
VITTE_WINAPI std::size_t GetLargePageMinimum();
VITTE_WINAPI void* GetCurrentProcess();

// files
VITTE_WINAPI void* CreateFileW(const wchar_t*, unsigned long, unsigned long, _SECURITY_ATTRIBUTES*, unsigned long,
                               unsigned long, void*);
VITTE_WINAPI int ReadFile(void*, void*, unsigned long, unsigned long*, _OVERLAPPED*);
VITTE_WINAPI int WriteFile(void*, const void*, unsigned long, unsigned long*, _OVERLAPPED*);
VITTE_WINAPI unsigned long SetFilePointer(void*, long, long*, unsigned long);
VITTE_WINAPI int SetEndOfFile(void*);
VITTE_WINAPI int FlushFileBuffers(void*);
VITTE_WINAPI int LockFileEx(void*, unsigned long, unsigned long, unsigned long, unsigned long, _OVERLAPPED*);
VITTE_WINAPI int UnlockFileEx(void*, unsigned long, unsigned long, unsigned long, _OVERLAPPED*);
VITTE_WINAPI int GetFileInformationByHandle(void*, _BY_HANDLE_FILE_INFORMATION*);
VITTE_WINAPI unsigned long GetFileType(void*);
VITTE_WINAPI int DeleteFileW(const wchar_t*);
VITTE_WINAPI int MoveFileExW(const wchar_t*, const wchar_t*, unsigned long);
VITTE_WINAPI unsigned long GetTempPathW(unsigned long, wchar_t*);
VITTE_WINAPI unsigned long GetFullPathNameW(const wchar_t*, unsigned long, wchar_t*, wchar_t**);
VITTE_WINAPI void* GetStdHandle(unsigned long);
VITTE_WINAPI int MultiByteToWideChar(unsigned, unsigned long, const char*, int, wchar_t*, int);
VITTE_WINAPI int WideCharToMultiByte(unsigned, unsigned long, const wchar_t*, int, char*, int, const char*, int*);
VITTE_WINAPI int SetFileTime(void*, const _FILETIME*, const _FILETIME*, const _FILETIME*);
VITTE_WINAPI unsigned long GetFinalPathNameByHandleW(void*, wchar_t*, unsigned long, unsigned long);
VITTE_WINAPI unsigned long GetCurrentDirectoryW(unsigned long, wchar_t*);
VITTE_WINAPI int SetCurrentDirectoryW(const wchar_t*);
VITTE_WINAPI int DeviceIoControl(void*, unsigned long, void*, unsigned long, void*, unsigned long, unsigned long*,
                                 _OVERLAPPED*);
VITTE_WINAPI int ReadDirectoryChangesW(void*, void*, unsigned long, int, unsigned long, unsigned long*, _OVERLAPPED*,
                                       void (*)(unsigned long, unsigned long, _OVERLAPPED*));
VITTE_WINAPI int CancelIoEx(void*, _OVERLAPPED*);
VITTE_WINAPI int GetOverlappedResult(void*, _OVERLAPPED*, unsigned long*, int);
VITTE_WINAPI void* CreateIoCompletionPort(void*, void*, std::uintptr_t, unsigned long);
VITTE_WINAPI int GetQueuedCompletionStatusEx(void*, _OVERLAPPED_ENTRY*, unsigned long, unsigned long*, unsigned long,
                                             int);
VITTE_WINAPI int PostQueuedCompletionStatus(void*, unsigned long, std::uintptr_t, _OVERLAPPED*);
VITTE_WINAPI void* CreateNamedPipeW(const wchar_t*, unsigned long, unsigned long, unsigned long, unsigned long,
                                    unsigned long, unsigned long, _SECURITY_ATTRIBUTES*);
VITTE_WINAPI wchar_t* GetEnvironmentStringsW();
VITTE_WINAPI int FreeEnvironmentStringsW(wchar_t*);
VITTE_WINAPI unsigned long GetEnvironmentVariableW(const wchar_t*, wchar_t*, unsigned long);

// time
VITTE_WINAPI int QueryPerformanceCounter(_LARGE_INTEGER*);
VITTE_WINAPI int QueryPerformanceFrequency(_LARGE_INTEGER*);
VITTE_WINAPI void GetSystemTimePreciseAsFileTime(_FILETIME*);
VITTE_WINAPI int GetProcessTimes(void*, _FILETIME*, _FILETIME*, _FILETIME*, _FILETIME*);
VITTE_WINAPI int GetThreadTimes(void*, _FILETIME*, _FILETIME*, _FILETIME*, _FILETIME*);
VITTE_WINAPI void* CreateWaitableTimerExW(_SECURITY_ATTRIBUTES*, const wchar_t*, unsigned long, unsigned long);
VITTE_WINAPI int SetWaitableTimer(void*, const _LARGE_INTEGER*, long, void (*)(void*, unsigned long, unsigned long),
                                  void*, int);
VITTE_WINAPI void Sleep(unsigned long);

// threads
VITTE_WINAPI void* CreateThread(_SECURITY_ATTRIBUTES*, std::size_t, unsigned long (*)(void*), void*, unsigned long,
                                unsigned long*);
VITTE_WINAPI unsigned long WaitForSingleObject(void*, unsigned long);
VITTE_WINAPI void* GetCurrentThread();
VITTE_WINAPI unsigned long GetCurrentThreadId();
VITTE_WINAPI unsigned long GetCurrentProcessId();
VITTE_WINAPI int SwitchToThread();
VITTE_WINAPI int GetProcessAffinityMask(void*, std::uintptr_t*, std::uintptr_t*);
VITTE_WINAPI unsigned long GetActiveProcessorCount(unsigned short);
VITTE_WINAPI std::uintptr_t SetThreadAffinityMask(void*, std::uintptr_t);
VITTE_WINAPI int SetThreadPriority(void*, int);
VITTE_WINAPI unsigned long FlsAlloc(void (*)(void*));
VITTE_WINAPI int FlsFree(unsigned long);
VITTE_WINAPI void* FlsGetValue(unsigned long);
VITTE_WINAPI int FlsSetValue(unsigned long, void*);
VITTE_WINAPI int WaitOnAddress(volatile void*, void*, std::size_t, unsigned long);
VITTE_WINAPI void WakeByAddressSingle(void*);
VITTE_WINAPI void WakeByAddressAll(void*);
VITTE_WINAPI void AcquireSRWLockExclusive(_RTL_SRWLOCK*);
VITTE_WINAPI void ReleaseSRWLockExclusive(_RTL_SRWLOCK*);

// processes
VITTE_WINAPI int CreateProcessW(const wchar_t*, wchar_t*, _SECURITY_ATTRIBUTES*, _SECURITY_ATTRIBUTES*, int,
                                unsigned long, void*, const wchar_t*, _STARTUPINFOW*, _PROCESS_INFORMATION*);
VITTE_WINAPI int InitializeProcThreadAttributeList(_PROC_THREAD_ATTRIBUTE_LIST*, unsigned long, unsigned long,
                                                   std::size_t*);
VITTE_WINAPI int UpdateProcThreadAttribute(_PROC_THREAD_ATTRIBUTE_LIST*, unsigned long, std::uintptr_t, void*,
                                           std::size_t, void*, std::size_t*);
VITTE_WINAPI void DeleteProcThreadAttributeList(_PROC_THREAD_ATTRIBUTE_LIST*);
VITTE_WINAPI int DuplicateHandle(void*, void*, void*, void**, unsigned long, int, unsigned long);
VITTE_WINAPI int SetHandleInformation(void*, unsigned long, unsigned long);
VITTE_WINAPI void* CreateJobObjectW(_SECURITY_ATTRIBUTES*, const wchar_t*);
VITTE_WINAPI int AssignProcessToJobObject(void*, void*);
VITTE_WINAPI int TerminateJobObject(void*, unsigned);
VITTE_WINAPI int TerminateProcess(void*, unsigned);
VITTE_WINAPI int GetExitCodeProcess(void*, unsigned long*);
VITTE_WINAPI unsigned long ResumeThread(void*);
VITTE_WINAPI void* CreateEventW(_SECURITY_ATTRIBUTES*, int, int, const wchar_t*);
VITTE_WINAPI unsigned long WaitForMultipleObjects(unsigned long, void* const*, int, unsigned long);
VITTE_WINAPI int K32GetProcessMemoryInfo(void*, _PROCESS_MEMORY_COUNTERS*, unsigned long);
VITTE_WINAPI wchar_t* GetCommandLineW();
VITTE_WINAPI unsigned long GetModuleFileNameW(HINSTANCE__*, wchar_t*, unsigned long);
VITTE_WINAPI void* GetProcessHeap();
VITTE_WINAPI void* HeapAlloc(void*, unsigned long, std::size_t);
VITTE_WINAPI int HeapFree(void*, unsigned long, void*);

// consoles and serial lines
VITTE_WINAPI int GetConsoleMode(void*, unsigned long*);
VITTE_WINAPI int SetConsoleMode(void*, unsigned long);
VITTE_WINAPI int GetNumberOfConsoleInputEvents(void*, unsigned long*);
VITTE_WINAPI int GetConsoleScreenBufferInfo(void*, _CONSOLE_SCREEN_BUFFER_INFO*);
VITTE_WINAPI int ReadConsoleInputW(void*, _INPUT_RECORD*, unsigned long, unsigned long*);
VITTE_WINAPI int SetConsoleCtrlHandler(int (*)(unsigned long), int);
VITTE_WINAPI long (*SetUnhandledExceptionFilter(long (*)(_EXCEPTION_POINTERS*)))(_EXCEPTION_POINTERS*);
VITTE_WINAPI int GetCommState(void*, _DCB*);
VITTE_WINAPI int SetCommState(void*, _DCB*);
VITTE_WINAPI int GetCommTimeouts(void*, _COMMTIMEOUTS*);
VITTE_WINAPI int SetCommTimeouts(void*, _COMMTIMEOUTS*);
VITTE_WINAPI int SetCommMask(void*, unsigned long);
VITTE_WINAPI int WaitCommEvent(void*, unsigned long*, _OVERLAPPED*);
VITTE_WINAPI int PurgeComm(void*, unsigned long);
VITTE_WINAPI int SetCommBreak(void*);
VITTE_WINAPI int ClearCommBreak(void*);
VITTE_WINAPI int EscapeCommFunction(void*, unsigned long);
VITTE_WINAPI int GetCommModemStatus(void*, unsigned long*);
VITTE_WINAPI int ClearCommError(void*, unsigned long*, _COMSTAT*);
// signals
VITTE_WINAPI int SetEvent(void*);
VITTE_WINAPI int ResetEvent(void*);
VITTE_WINAPI int RegisterWaitForSingleObject(void**, void*, void (*)(void*, unsigned char), void*, unsigned long,
                                             unsigned long);
VITTE_WINAPI int UnregisterWaitEx(void*, void*);
VITTE_WINAPI void* AddVectoredExceptionHandler(unsigned long, long (*)(_EXCEPTION_POINTERS*));
VITTE_WINAPI unsigned long RemoveVectoredExceptionHandler(void*);

// libraries and random numbers
VITTE_WINAPI HINSTANCE__* LoadLibraryExW(const wchar_t*, void*, unsigned long);
VITTE_WINAPI long long (*GetProcAddress(HINSTANCE__*, const char*))();
VITTE_WINAPI int FreeLibrary(HINSTANCE__*);
VITTE_WINAPI int GetModuleHandleExW(unsigned long, const wchar_t*, HINSTANCE__**);
VITTE_WINAPI int SetThreadErrorMode(unsigned long, unsigned long*);
VITTE_WINAPI long BCryptGenRandom(void*, unsigned char*, unsigned long, unsigned long);
}

#undef VITTE_WINAPI

struct unicode_text {
    std::uint16_t size, room;  ///< bytes
    wchar_t* text;
};
struct object_attributes {
    std::uint32_t length;
    void* root;
    unicode_text* name;
    std::uint32_t attributes;
    void *descriptor, *quality;
};
struct io_status {
    std::uintptr_t status, information;
};

// What the SDK declares with enumerations, which cannot be named here: the same functions under names of ours.
extern "C" {
int vitte_read_console(void*, void*, unsigned long, unsigned long*, void*) __asm__("ReadConsoleW");
int vitte_set_job_information(void*, int, void*, unsigned long) __asm__("SetInformationJobObject");
long vitte_nt_create_file(void**, std::uint32_t, object_attributes*, io_status*, std::int64_t*, std::uint32_t,
                          std::uint32_t, std::uint32_t, std::uint32_t, void*, std::uint32_t) __asm__("NtCreateFile");
long vitte_nt_set_information(void*, io_status*, void*, std::uint32_t, int) __asm__("NtSetInformationFile");
long vitte_nt_query_information(void*, io_status*, void*, std::uint32_t, int) __asm__("NtQueryInformationFile");
long vitte_nt_set_thread(void*, int, const void*, std::uint32_t) __asm__("NtSetInformationThread");
long vitte_impersonate_self(int) __asm__("RtlImpersonateSelf");
long vitte_adjust_privilege(std::uint32_t, unsigned char, unsigned char, unsigned char*) __asm__("RtlAdjustPrivilege");
long vitte_nt_query_thread(void*, int, void*, std::uint32_t, std::uint32_t*) __asm__("NtQueryInformationThread");
long vitte_nt_query_volume(void*, io_status*, void*, std::uint32_t, int) __asm__("NtQueryVolumeInformationFile");
long vitte_nt_query_directory(void*, void*, void*, void*, io_status*, void*, std::uint32_t, int, unsigned char,
                              unicode_text*, unsigned char) __asm__("NtQueryDirectoryFile");
long vitte_nt_control_device(void*, void*, void*, void*, io_status*, std::uint32_t, void*, std::uint32_t, void*,
                             std::uint32_t) __asm__("NtDeviceIoControlFile");
long vitte_nt_cancel(void*, io_status*, io_status*) __asm__("NtCancelIoFileEx");
unsigned long vitte_nt_status_to_error(long) __asm__("RtlNtStatusToDosError");
}

struct system_info {
    std::uint32_t architecture, page_size;
    void *first_address, *last_address;
    std::uintptr_t processors;
    std::uint32_t processor_count, processor_type, granularity;
    std::uint16_t level, revision;
};
struct memory_information {
    void *base, *allocation;
    std::uint32_t first_rights;
    std::uint16_t partition;
    std::size_t size;
    std::uint32_t state, rights, type;
};
struct overlapped {
    std::uintptr_t internal, internal_high;
    std::uint32_t offset_low, offset_high;
    void* event;
};
struct file_time {
    std::uint32_t low, high;
    /// Of 100 ns; since 1601 if it is a date.
    std::int64_t ticks() const noexcept { return static_cast<std::int64_t>((std::uint64_t{high} << 32) | low); }
    /// Nanoseconds; the first or the last moment that these can tell for what is before or behind it.
    std::int64_t since_1970() const noexcept {
        constexpr std::int64_t of_1970 = 116'444'736'000'000'000, most = INT64_MAX / 100;
        if (ticks() > of_1970 + most) return INT64_MAX;
        if (ticks() < of_1970 - most) return INT64_MIN + 1;
        return (ticks() - of_1970) * 100;
    }
};
/// `nanoseconds` since 1970 as such a date.
inline file_time file_time_of(std::int64_t nanoseconds) noexcept {
    const auto ticks = static_cast<std::uint64_t>(nanoseconds / 100 + 116'444'736'000'000'000);
    return {static_cast<std::uint32_t>(ticks), static_cast<std::uint32_t>(ticks >> 32)};
}
struct file_information {
    std::uint32_t attributes;
    file_time created, accessed, written;
    std::uint32_t volume, size_high, size_low, links, index_high, index_low;
};

/// One of the structures above as the SDK calls it.
template <class Sdk, class Ours>
Sdk* as(Ours* ours) noexcept {
    return reinterpret_cast<Sdk*>(ours);
}

}  // namespace vitte::sys::win32
