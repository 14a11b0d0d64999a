/// The networks that `confined` may use. Whoever calls holds the lock of the confinement.
#pragma once

#include <vitte/core/ip_endpoint.hpp>
#include <vitte/core/ip_network.hpp>
#include <vitte/sys/platform/confined/rules.hpp>
#include <vitte/sys/platform/sandbox_types.hpp>

namespace vitte::sys {

/// Ports from the first to the last. A port that the system picks when a socket is bound is 0.
struct port_range {
    std::uint16_t first = 0, last = 65535;
};

namespace detail {

class network_list {
public:
    static constexpr std::size_t most = 32;

    bool add(const ip_network& network, unsigned rights, port_range ports) noexcept {
        if (size_ == most) return false;
        entries_[size_++] = {network, rights, ports};
        return true;
    }
    /// An address of IPv4 in the form of IPv6 (RFC 4291, 2.5.5.2) is the former: packets go there. Who connects with
    /// the address of nobody reaches this machine at an address that was not asked for: nobody may.
    bool allows(const ip_endpoint& place, unsigned right) const noexcept {
        const ip_address address = place.address.unmapped();
        if (right == may_connect && address.is_any()) return false;
        for (std::size_t i = 0; i < size_; ++i) {
            const entry& one = entries_[i];
            if ((one.rights & right) != 0 && one.network.contains(address) && one.ports.first <= place.port &&
                place.port <= one.ports.last)
                return true;
        }
        return false;
    }
    void revoke_all() noexcept { size_ = 0; }

private:
    struct entry {
        ip_network network;
        unsigned rights;
        port_range ports;
    };
    entry entries_[most] = {};
    std::size_t size_ = 0;
};

}  // namespace detail

}  // namespace vitte::sys
