/// Addresses of sockets as POSIX lays them out (POSIX.1-2017, <netinet/in.h> and <sys/un.h>).
#pragma once

#include <sys/types.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <bit>
#include <cstddef>
#include <cstring>

#include <vitte/sys/platform/socket_types.hpp>

namespace vitte::sys::posix {

constexpr int family_number(socket_family family) noexcept {
    constexpr int numbers[] = {AF_INET, AF_INET6, AF_UNIX};
    return numbers[static_cast<unsigned>(family)];
}

/// One that calls take and fill.
struct native_address {
    union {
        sockaddr any;
        sockaddr_in v4;
        sockaddr_in6 v6;
        sockaddr_un local;
    };
    socklen_t size;

    native_address() noexcept : v6{}, size(sizeof local) { any.sa_family = AF_UNSPEC; }
    /// One that does not fit is not to be used.
    explicit native_address(const socket_address& address) noexcept : v6{}, size(0) {
        if (address.is_ip()) set(address.ip());
        else set(address.local());
        any.sa_family = static_cast<sa_family_t>(family_number(address.family()));
        set_length(any);
    }

    /// BSDs have room for less than Linux.
    bool fits() const noexcept { return takes_all || size != 0; }
    socket_address value() const noexcept {
        if (any.sa_family == AF_INET && size >= sizeof v4) {
            ipv4_address made;
            std::memcpy(made.bytes, &v4.sin_addr, 4);
            return ip_endpoint{made, order(v4.sin_port)};
        }
        if (any.sa_family == AF_INET6 && size >= sizeof v6) {
            ipv6_address made;
            std::memcpy(made.bytes, &v6.sin6_addr, 16);
            made.scope = v6.sin6_scope_id;
            return ip_endpoint{made, order(v6.sin6_port)};
        }
        return local_value();
    }

private:
    static constexpr std::size_t path_at = offsetof(sockaddr_un, sun_path);
#if defined(__linux__)
    static constexpr bool takes_all = true;  ///< a path that fills all the room needs no NUL (unix(7))
#else
    static constexpr bool takes_all = false;
#endif
    static_assert(!takes_all || sizeof(sockaddr_un::sun_path) == unix_address::most);

    /// Between this machine's order of bytes and the network's.
    static constexpr std::uint16_t order(std::uint16_t port) noexcept {
        return std::endian::native == std::endian::big ? port : static_cast<std::uint16_t>(port << 8 | port >> 8);
    }
    /// Which BSDs have in it, too.
    template <class Address>
    void set_length(Address& address) const noexcept {
        if constexpr (requires { address.sa_len; }) address.sa_len = static_cast<std::uint8_t>(size);
    }
    void set(const ip_endpoint& endpoint) noexcept {
        if (endpoint.address.is_v6()) {
            std::memcpy(&v6.sin6_addr, endpoint.address.v6().bytes, 16);
            v6.sin6_scope_id = endpoint.address.v6().scope;
            v6.sin6_port = order(endpoint.port);
            size = sizeof v6;
        } else {
            const ipv4_address address = endpoint.address.v4();
            std::memcpy(&v4.sin_addr, address.bytes, 4);
            v4.sin_port = order(endpoint.port);
            size = sizeof v4;
        }
    }
    void set(const unix_address& address) noexcept {
        const std::string_view name = address.name();
        constexpr std::size_t room = sizeof local.sun_path;
        // A path ends with a NUL; an abstract name begins with one, and all that follows belongs to it.
        if (name.size() + !takes_all > room) return;
        std::memset(local.sun_path, 0, room);
        std::memcpy(local.sun_path + address.is_abstract(), name.data(), name.size());
        const std::size_t used = address.is_unnamed() ? 0 : name.size() + 1;
        size = static_cast<socklen_t>(path_at + (used < room ? used : room));
    }
    socket_address local_value() const noexcept {
        if (any.sa_family != AF_UNIX || size <= path_at) return {};
        const std::size_t room = size - path_at < sizeof local.sun_path ? size - path_at : sizeof local.sun_path;
        std::string_view name(local.sun_path, room);
#if defined(__linux__)
        if (name[0] == '\0') return unix_address::abstract(name.substr(1)).value_or(unix_address());
#endif
        name = name.substr(0, name.find('\0'));
        return unix_address::at_path(name).value_or(unix_address());
    }
};

}  // namespace vitte::sys::posix
