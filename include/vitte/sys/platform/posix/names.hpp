/// Addresses of hosts by their names (getaddrinfo, POSIX.1-2017).
#pragma once

#include <sys/types.h>

#include <netdb.h>

#include <vitte/sys/platform/posix/error.hpp>
#include <vitte/sys/platform/posix/socket_address.hpp>

namespace vitte::sys::posix {

struct names {
    static result<std::size_t> resolve(const char* host, ip_address* to, std::size_t room) noexcept {
        addrinfo wish{};
        wish.ai_socktype = SOCK_STREAM;  // else each address is told for each kind
        addrinfo* found = nullptr;
        if (const int failed = ::getaddrinfo(host, nullptr, &wish, &found); failed != 0) return refused(failed);
        std::size_t count = 0;
        for (const addrinfo* one = found; one != nullptr && count < room; one = one->ai_next) {
            native_address address;
            if (one->ai_addrlen > sizeof address.local) continue;
            std::memcpy(&address.any, one->ai_addr, one->ai_addrlen);
            address.size = one->ai_addrlen;
            if (const socket_address value = address.value(); value.is_ip()) to[count++] = value.ip().address;
        }
        ::freeaddrinfo(found);
        return count;
    }

private:
    static unexpected<error> refused(int number) noexcept {
        switch (number) {
            case EAI_SYSTEM: return last_error("getaddrinfo");
            case EAI_MEMORY: return fail(errc::out_of_memory, "getaddrinfo");
            case EAI_AGAIN: return fail(errc::unreachable, "getaddrinfo: no answer");
            case EAI_FAIL: return fail(errc::io_error, "getaddrinfo");
            default: return fail(errc::not_found, "getaddrinfo");
        }
    }
};

}  // namespace vitte::sys::posix
