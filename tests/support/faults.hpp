// Whether code touches memory that it must not touch.
#pragma once

#include "needs.hpp"

#if defined(_WIN32)
#include <windows.h>

/// Whether `f` ends a thread by an access violation.
template <class F>
bool faults(F f) {
    void* const handler = AddVectoredExceptionHandler(1, [](EXCEPTION_POINTERS* what) -> LONG {
        if (what->ExceptionRecord->ExceptionCode == EXCEPTION_ACCESS_VIOLATION) ExitThread(1);
        return EXCEPTION_CONTINUE_SEARCH;
    });
    const auto run = [](void* opaque) -> DWORD { return (*static_cast<F*>(opaque))(), 0; };
    const HANDLE thread = CreateThread(nullptr, 0, run, &f, 0, nullptr);
    WaitForSingleObject(thread, INFINITE);
    DWORD code = 0;
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    RemoveVectoredExceptionHandler(handler);
    return code == 1;
}

inline const ability page_rights{"rights of pages", [] { return true; }};

#elif __has_include(<sys/wait.h>) && (defined(__unix__) || defined(__APPLE__))
#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

/// Whether `f` kills a child process by a signal.
template <class F>
bool faults(F f) {
    const pid_t child = fork();
    if (child == 0) {
        std::signal(SIGSEGV, SIG_DFL);
        std::signal(SIGBUS, SIG_DFL);
        f();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) != 0;
}

inline const ability page_rights{"rights of pages", [] { return true; }};

#else

template <class F>
bool faults(F) {
    return false;
}

inline const ability page_rights{"rights of pages", [] { return false; }};

#endif
