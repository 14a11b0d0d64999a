"""Checks that programs start on the oldest Windows that is supported: what the tests import of its libraries must have been there.

usage: imports.py BUILD RESULTS

BUILD is a folder of tests for Windows. `IMPORTS` has what our headers and these tests call. What a program without them imports
comes with the compiler.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / 'support'))
import results

TOOLS = 'x86_64-w64-mingw32-'
# In Windows 10 1607, by their pages in "Minimum supported client" of learn.microsoft.com.
IMPORTS = {
    'api-ms-win-core-synch-l1-2-0.dll': '''
        AcquireSRWLockExclusive CreateEventA CreateEventW CreateWaitableTimerExW EnterCriticalSection
        InitializeCriticalSection LeaveCriticalSection ReleaseSRWLockExclusive ResetEvent SetEvent SetWaitableTimer
        Sleep WaitForSingleObject WaitOnAddress WakeByAddressAll WakeByAddressSingle
    ''',
    'bcrypt.dll': '''
        BCryptGenRandom
    ''',
    'kernel32.dll': '''
        AddVectoredExceptionHandler AllocConsole AssignProcessToJobObject CancelIoEx ClearCommBreak ClearCommError
        CreateFileMappingW CreateFileW CreateIoCompletionPort CreateJobObjectW CreateNamedPipeW CreateProcessA
        CreateProcessW CreateThread DebugBreak DeleteFileA DeleteFileW DeleteProcThreadAttributeList DeviceIoControl
        EscapeCommFunction ExitThread FlsAlloc FlsFree FlsGetValue FlsSetValue FlushFileBuffers FlushInstructionCache
        FlushViewOfFile FreeConsole FreeEnvironmentStringsW FreeLibrary GenerateConsoleCtrlEvent
        GetActiveProcessorCount GetCommModemStatus GetCommState GetCommTimeouts GetCommandLineW GetConsoleMode
        GetConsoleScreenBufferInfo GetCurrentDirectoryW GetEnvironmentStringsW GetEnvironmentVariableW
        GetExitCodeProcess GetExitCodeThread GetFileInformationByHandle GetFileType GetFinalPathNameByHandleW
        GetFullPathNameW GetLargePageMinimum GetModuleFileNameW GetModuleHandleA GetModuleHandleExW
        GetNumberOfConsoleInputEvents GetOverlappedResult GetProcessHeap GetProcessTimes GetQueuedCompletionStatusEx
        GetStdHandle GetSystemInfo GetSystemTimePreciseAsFileTime GetTempPathW GetThreadTimes HeapAlloc HeapFree
        InitializeProcThreadAttributeList K32GetMappedFileNameW K32GetProcessMemoryInfo LoadLibraryA LoadLibraryExW
        LockFileEx MapViewOfFile MoveFileExW PostQueuedCompletionStatus PurgeComm QueryPerformanceCounter
        QueryPerformanceFrequency ReadConsoleInputW ReadConsoleW ReadDirectoryChangesW ReadFile
        RegisterWaitForSingleObject RemoveVectoredExceptionHandler SetCommBreak SetCommMask SetCommState
        SetCommTimeouts SetConsoleCtrlHandler SetConsoleMode SetConsoleTextAttribute SetCurrentDirectoryW SetEndOfFile
        SetEnvironmentVariableW SetFileAttributesW SetFilePointer SetFileTime SetHandleInformation
        SetInformationJobObject SetThreadAffinityMask SetThreadErrorMode SetUnhandledExceptionFilter SwitchToThread
        TerminateJobObject TerminateProcess UnlockFileEx UnmapViewOfFile UnregisterWaitEx UpdateProcThreadAttribute
        VirtualAlloc VirtualFree VirtualLock VirtualUnlock WaitCommEvent WriteFile __C_specific_handler
    ''',
    'ntdll.dll': '''
        NtCancelIoFileEx NtCreateFile NtDeviceIoControlFile NtQueryDirectoryFile NtQueryInformationFile
        NtQueryInformationThread NtQueryVolumeInformationFile NtSetInformationFile NtSetInformationThread
        RtlAdjustPrivilege RtlDosPathNameToNtPathName_U RtlFreeUnicodeString RtlImpersonateSelf RtlNtStatusToDosError
    ''',
    'ws2_32.dll': '''
        FreeAddrInfoW GetAddrInfoW WSAIoctl WSARecv WSASend WSASocketW WSAStartup accept bind closesocket
        connect getpeername getsockname getsockopt ioctlsocket listen recv recvfrom select send sendto
        setsockopt shutdown
    ''',
}


def imports_of(program):
    """(library, function) of each import."""
    told = subprocess.run([f'{TOOLS}objdump', '-p', program], check=True, capture_output=True, text=True).stdout
    found, library = set(), ''
    for line in told.splitlines():
        if named := re.search(r'DLL Name: (\S+)', line):
            library = named[1].lower()
        elif function := re.match(r'\t[0-9a-f]+\t +\d+  (\S+)', line):
            found.add((library, function[1]))
    return found


def of_compiler():
    """What comes with threads, streams and exceptions."""
    with tempfile.TemporaryDirectory() as folder:
        program = f'{folder}/empty.exe'
        subprocess.run([f'{TOOLS}g++-posix', '-std=c++20', '-static', '-x', 'c++', '-', '-o', program], check=True, text=True,
                       input='#include <iostream>\n#include <thread>\nint main() { std::thread([] { std::cout << 1; }).join(); }')
        return imports_of(program)


def main(build, known):
    checked = results.Results('systems/imports')
    programs = sorted(pathlib.Path(build, 'tests').glob('*.exe'))
    checked.check(programs, f'{build} has tests')
    there = of_compiler() | {(library, name) for library, names in IMPORTS.items() for name in names.split()}
    imported = {(*one, program.name) for program in programs if program.name != 'child.exe' for one in imports_of(program)
                if one[0] != 'msvcrt.dll'}  # which is older
    for library, name in sorted({one[:2] for one in imported}):
        by = [program for of, what, program in sorted(imported) if (of, what) == (library, name)]
        checked.check((library, name) in there, f'{name} of {library}, which {by[0]} imports, is in the table')
    checked.append_to(known)


main(*sys.argv[1:3])
