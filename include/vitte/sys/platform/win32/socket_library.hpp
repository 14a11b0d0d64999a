/// Windows Sockets as a library that sleeps until it is called.
#pragma once

#include <vitte/sys/platform/win32/error.hpp>
#include <vitte/sys/platform/win32/socket_api.hpp>

namespace vitte::sys::win32 {

/// WSANOTINITIALISED: what the first call of a process fails with, which is made again after `wake_sockets`.
inline constexpr unsigned long sockets_asleep = 10093;

/// Stays in force until the process ends: nobody knows when the last socket is gone. The library counts such calls, so
/// that threads may make them at once.
inline result<void> wake_sockets() noexcept {
    constexpr unsigned short version = 0x0202;
    socket_library about;
    const int number = WSAStartup(version, as<WSAData>(&about));
    if (number != 0) return failed(static_cast<unsigned long>(number), "WSAStartup");
    return {};
}

}  // namespace vitte::sys::win32
