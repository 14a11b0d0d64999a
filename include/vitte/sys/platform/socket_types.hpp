/// The words that the facet `sockets` and what stands on it share.
#pragma once

#include <vitte/core/ip_endpoint.hpp>
#include <vitte/core/unix_address.hpp>
#include <vitte/sys/platform/types.hpp>

namespace vitte::sys {

enum class socket_family : unsigned char { ipv4, ipv6, local };
enum class socket_kind : unsigned char {
    stream,
    datagram,
    sequenced,  ///< whole messages in order, as a connection (SOCK_SEQPACKET)
};

/// What a socket can be bound to or connected with.
class socket_address {
public:
    constexpr socket_address() noexcept : family_(socket_family::local), local_() {}  ///< of a socket that is not bound
    constexpr socket_address(const ip_endpoint& endpoint) noexcept
        : family_(endpoint.address.is_v6() ? socket_family::ipv6 : socket_family::ipv4), ip_(endpoint) {}
    constexpr socket_address(const unix_address& address) noexcept : family_(socket_family::local), local_(address) {}

    constexpr socket_family family() const noexcept { return family_; }
    constexpr bool is_ip() const noexcept { return family_ != socket_family::local; }
    constexpr const ip_endpoint& ip() const noexcept {
        VITTE_ASSERT(is_ip());
        return ip_;
    }
    constexpr const unix_address& local() const noexcept {
        VITTE_ASSERT(!is_ip());
        return local_;
    }

    friend constexpr bool operator==(const socket_address& a, const socket_address& b) noexcept {
        return a.family_ == b.family_ && (a.is_ip() ? a.ip_ == b.ip_ : a.local_ == b.local_);
    }

private:
    socket_family family_;
    union {
        ip_endpoint ip_;
        unix_address local_;
    };
};

/// A direction of a connection; bits.
enum socket_direction : unsigned { socket_receives = 1, socket_sends = 2 };

/// What has happened to a socket that was waited for; bits, those of Linux, which need not be translated there.
enum socket_event : unsigned {
    socket_readable = 1,  ///< there is something to be received, a connection to be accepted, or the end
    socket_writable = 4,  ///< there is room for what is sent, or connecting has ended
    socket_hung_up = 16,  ///< neither direction is left, or it has failed; told also if nobody asked. On macOS it is
                          ///< told instead of `socket_writable` when the other side sends no more
    socket_ended = 8192,  ///< the other side sends no more; told with `socket_readable` by pollers that have edges
};

/// What can be set of a socket, a number each: 0 or 1 where nothing else is said.
enum class socket_option : unsigned char {
    reuse_address,       ///< an address may be bound to although connections of its last owner are not quite over
    reuse_port,          ///< several sockets share an address; the system deals out what comes
    broadcast,
    only_v6,             ///< a socket of IPv6 takes nothing from IPv4
    no_delay,            ///< TCP: small pieces are sent at once (RFC 896 not applied)
    cork,                ///< TCP: only full packets are sent until it is 0 again
    keep_alive,          ///< TCP: asks whether the other side is there when nothing comes
    keep_alive_idle,     ///< seconds until it asks first
    keep_alive_interval, ///< seconds between two times
    keep_alive_count,    ///< how often without an answer
    user_timeout,        ///< TCP: milliseconds that what was sent may be without an answer (RFC 5482)
    defer_accept,        ///< TCP: seconds until a connection that sends nothing is accepted
    fast_open,           ///< TCP: how many may send data with their first packet (RFC 7413)
    linger,              ///< seconds that closing waits for what was sent; 0: it is thrown away; -1: goes on behind it
    receive_buffer,      ///< bytes; some systems set and tell twice as many
    send_buffer,
    hops,                ///< of IPv4: how many routers may pass a packet on
    hops_v6,             ///< of IPv6
    multicast_hops,
    multicast_hops_v6,
    multicast_loop,      ///< this machine gets what it sends
    multicast_loop_v6,
};

/// A message of a datagram socket, and who has sent it or gets it.
struct datagram {
    std::byte* data;
    std::size_t size;         ///< room; of a message that was received, how long it is
    socket_address address;
    bool truncated = false;   ///< it was longer than the room for it
};

/// Who is at the other end of a local connection, as he was when it began.
struct peer_credentials {
    std::uint64_t process = 0;  ///< 0 where the system does not tell
    std::uint32_t user = 0, group = 0;
};

}  // namespace vitte::sys
