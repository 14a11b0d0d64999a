/// Windows 10 1607, Server 2016 and later, 64-bit, by GCC (mingw-w64) and Clang. Programs link kernel32,
/// synchronization, bcrypt and ntdll; those with sockets ws2_32, too.
#pragma once

#include <vitte/sys/platform/policy.hpp>
#include <vitte/sys/platform/win32/clocks.hpp>

#define VITTE_WIN32_PLATFORM

namespace vitte::sys {

namespace win32 {
// In headers of their names: a program pays for those that it needs.
struct memory;
struct files;
struct directories;
struct threads;
struct processes;
class watch_queue;
struct names;
struct sockets;
class poller;
struct devices;
struct signals;
struct random;
struct libraries;
struct environment;
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
    using devices = win32::devices;
    using signals = win32::signals;
    using environment = win32::environment;
    using libraries = win32::libraries;
    using random = win32::random;
};

}  // namespace vitte::sys
