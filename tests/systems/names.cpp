// Addresses of hosts.
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "host.hpp"

#include "include/layout/socket.hpp"

using namespace systems;

namespace {

/// With the address, which is behind it.
struct found_address {
    target_addrinfo about;
    target_sockaddr_in6 address;  // the longer one
};

target_addrinfo* made_of(const addrinfo& from, target_addrinfo* next) {
    auto* const made = new found_address{};
    auto* const address = reinterpret_cast<target_sockaddr*>(&made->address);
    std::memcpy(address, from.ai_addr, from.ai_addrlen);  // behind the family they are the same everywhere
    address->sa_len = static_cast<std::uint8_t>(from.ai_addrlen);
    address->sa_family = from.ai_family == AF_INET ? TARGET_AF_INET : TARGET_AF_INET6;
    made->about.ai_family = address->sa_family;
    made->about.ai_socktype = from.ai_socktype;
    made->about.ai_addrlen = from.ai_addrlen;
    made->about.ai_addr = address;
    made->about.ai_next = next;
    return &made->about;
}

target_addrinfo* all_of(const addrinfo* from) {
    if (from == nullptr) return nullptr;
    target_addrinfo* const rest = all_of(from->ai_next);
    return from->ai_family == AF_INET || from->ai_family == AF_INET6 ? made_of(*from, rest) : rest;
}

}  // namespace

extern "C" {

int target_getaddrinfo(const char* host, const char* service, const target_addrinfo* wish, target_addrinfo** found) {
    static constexpr pair known[] = {PAIR(EAI_AGAIN), PAIR(EAI_FAIL), PAIR(EAI_MEMORY), PAIR(EAI_SYSTEM)};
    addrinfo host_wish{}, *all = nullptr;
    host_wish.ai_socktype = wish->ai_socktype;  // SOCK_STREAM and so on are the same everywhere
    const int failed = ::getaddrinfo(host, service, &host_wish, &all);
    for (const pair& one : known)
        if (one.host == failed) return failed == EAI_SYSTEM ? errno = target_error(errno), one.target : one.target;
    if (failed != 0) return TARGET_EAI_NONAME;
    *found = all_of(all);
    ::freeaddrinfo(all);
    return 0;
}
void target_freeaddrinfo(target_addrinfo* all) {
    while (all != nullptr) {
        target_addrinfo* const next = all->ai_next;
        delete reinterpret_cast<found_address*>(all);
        all = next;
    }
}

}  // extern "C"
