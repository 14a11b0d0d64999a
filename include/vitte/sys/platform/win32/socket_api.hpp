/// What we call of Windows Sockets 2 (ws2_32), declared as `api.hpp` does: without `<winsock2.h>`, which may come
/// before or after.
#pragma once

#include <vitte/sys/platform/win32/api.hpp>

struct sockaddr;
struct addrinfoW;
struct WSAData;
struct _WSABUF;
struct _WSAPROTOCOL_INFOW;

#define VITTE_WINAPI __declspec(dllimport)

namespace vitte::sys::win32 {

extern "C" {
VITTE_WINAPI int WSAStartup(unsigned short, WSAData*);
VITTE_WINAPI std::uintptr_t WSASocketW(int, int, int, _WSAPROTOCOL_INFOW*, unsigned, unsigned long);
VITTE_WINAPI int closesocket(std::uintptr_t);
VITTE_WINAPI int ioctlsocket(std::uintptr_t, long, unsigned long*);
VITTE_WINAPI int WSAIoctl(std::uintptr_t, unsigned long, void*, unsigned long, void*, unsigned long, unsigned long*,
                          _OVERLAPPED*, void (*)(unsigned long, unsigned long, _OVERLAPPED*, unsigned long));
VITTE_WINAPI int bind(std::uintptr_t, const sockaddr*, int);
VITTE_WINAPI int listen(std::uintptr_t, int);
VITTE_WINAPI std::uintptr_t accept(std::uintptr_t, sockaddr*, int*);
VITTE_WINAPI int connect(std::uintptr_t, const sockaddr*, int);
VITTE_WINAPI int shutdown(std::uintptr_t, int);
VITTE_WINAPI int getsockname(std::uintptr_t, sockaddr*, int*);
VITTE_WINAPI int getpeername(std::uintptr_t, sockaddr*, int*);
VITTE_WINAPI int getsockopt(std::uintptr_t, int, int, char*, int*);
VITTE_WINAPI int setsockopt(std::uintptr_t, int, int, const char*, int);
VITTE_WINAPI int recv(std::uintptr_t, char*, int, int);
VITTE_WINAPI int recvfrom(std::uintptr_t, char*, int, int, sockaddr*, int*);
VITTE_WINAPI int send(std::uintptr_t, const char*, int, int);
VITTE_WINAPI int sendto(std::uintptr_t, const char*, int, int, const sockaddr*, int);
VITTE_WINAPI int WSARecv(std::uintptr_t, _WSABUF*, unsigned long, unsigned long*, unsigned long*, _OVERLAPPED*,
                         void (*)(unsigned long, unsigned long, _OVERLAPPED*, unsigned long));
VITTE_WINAPI int WSASend(std::uintptr_t, _WSABUF*, unsigned long, unsigned long*, unsigned long, _OVERLAPPED*,
                         void (*)(unsigned long, unsigned long, _OVERLAPPED*, unsigned long));
VITTE_WINAPI int GetAddrInfoW(const wchar_t*, const wchar_t*, const addrinfoW*, addrinfoW**);
VITTE_WINAPI void FreeAddrInfoW(addrinfoW*);
}

#undef VITTE_WINAPI

struct socket_set {
    std::uint32_t count;
    std::uintptr_t sockets[1];
};
struct time_span {
    long seconds, microseconds;
};
struct socket_buffer {
    unsigned long size;
    char* data;
};
struct address_information {
    int flags, family, kind, protocol;
    std::size_t size;
    wchar_t* name;
    sockaddr* address;
    address_information* next;
};
struct socket_library {
    alignas(8) unsigned char about[408];
};

// Whose last parameter is const in the SDK and not in mingw-w64's.
extern "C" int vitte_select(int, socket_set*, socket_set*, socket_set*, const time_span*) __asm__("select");

}  // namespace vitte::sys::win32
