/// Addresses of sockets as Windows lays them out (ws2def.h, ws2ipdef.h, afunix.h).
#pragma once

#include <cstring>

#include <vitte/sys/platform/socket_types.hpp>
#include <vitte/sys/platform/win32/socket_api.hpp>

namespace vitte::sys::win32 {

constexpr std::uint16_t family_number(socket_family family) noexcept {
    constexpr std::uint16_t numbers[] = {2, 23, 1};
    return numbers[static_cast<unsigned>(family)];
}

/// One that calls take and fill.
struct native_address {
    struct of_any {
        std::uint16_t family;
    };
    struct of_v4 {
        std::uint16_t family, port;
        std::uint8_t address[4], zero[8];
    };
    struct of_v6 {
        std::uint16_t family, port;
        std::uint32_t flow;
        std::uint8_t address[16];
        std::uint32_t scope;
    };
    struct of_local {
        std::uint16_t family;
        char path[108];
    };

    union {
        of_any any;
        of_v4 v4;
        of_v6 v6;
        of_local local;
    };
    int size;

    native_address() noexcept : v6{}, size(sizeof local) {}
    explicit native_address(const socket_address& address) noexcept : v6{}, size(0) {
        if (address.is_ip()) set(address.ip());
        else set(address.local());
        any.family = family_number(address.family());
    }

    /// Abstract names are Linux's.
    bool is_known() const noexcept { return size != 0; }
    sockaddr* get() noexcept { return as<sockaddr>(&any); }
    const sockaddr* get() const noexcept { return as<const sockaddr>(&any); }

    socket_address value() const noexcept {
        if (any.family == family_number(socket_family::ipv4)) {
            ipv4_address made;
            std::memcpy(made.bytes, v4.address, sizeof v4.address);
            return ip_endpoint{made, swapped(v4.port)};
        }
        if (any.family == family_number(socket_family::ipv6)) {
            ipv6_address made;
            std::memcpy(made.bytes, v6.address, sizeof v6.address);
            made.scope = v6.scope;
            return ip_endpoint{made, swapped(v6.port)};
        }
        return local_value();
    }

private:
    static constexpr std::size_t path_at = offsetof(of_local, path);
    static_assert(sizeof(of_v4) == 16 && sizeof(of_v6) == 28);

    /// Between this machine's order of bytes and the network's.
    static constexpr std::uint16_t swapped(std::uint16_t port) noexcept {
        return static_cast<std::uint16_t>(port << 8 | port >> 8);
    }
    void set(const ip_endpoint& endpoint) noexcept {
        if (endpoint.address.is_v6()) {
            std::memcpy(v6.address, endpoint.address.v6().bytes, sizeof v6.address);
            v6.scope = endpoint.address.v6().scope;
            v6.port = swapped(endpoint.port);
            size = sizeof v6;
        } else {
            const ipv4_address address = endpoint.address.v4();
            std::memcpy(v4.address, address.bytes, sizeof v4.address);
            v4.port = swapped(endpoint.port);
            size = sizeof v4;
        }
    }
    void set(const unix_address& address) noexcept {
        const std::string_view name = address.name();
        if (address.is_abstract() || name.size() >= sizeof local.path) return;
        std::memset(local.path, 0, sizeof local.path);
        std::memcpy(local.path, name.data(), name.size());
        size = static_cast<int>(path_at + (name.empty() ? 0 : name.size() + 1));
    }
    socket_address local_value() const noexcept {
        const auto used = static_cast<std::size_t>(size);
        if (any.family != family_number(socket_family::local) || used <= path_at) return {};
        const std::size_t room = used - path_at < sizeof local.path ? used - path_at : sizeof local.path;
        std::string_view name(local.path, room);
        name = name.substr(0, name.find('\0'));
        return unix_address::at_path(name).value_or(unix_address());
    }
};

}  // namespace vitte::sys::win32
