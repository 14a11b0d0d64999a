/// What is behind a handle of a simulated socket or poller.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vitte/sys/platform/poller_types.hpp>
#include <vitte/sys/platform/simulated/connection.hpp>

namespace vitte::sys {

/// Numbers are never used twice in a simulation, so that a handle that was closed is nobody's.
struct simulated_socket {
    struct message {
        socket_address from;
        std::vector<std::byte> bytes;
    };

    unsigned number = 0, host = 0;
    socket_family family = socket_family::ipv4;
    socket_kind kind = socket_kind::stream;
    bool is_bound = false, is_listening = false;
    socket_address local, peer;  ///< addresses of IPv4 as such, also of a socket of IPv6
    bool has_peer = false;
    bool is_asked = false;  ///< for the outcome of `connect`, by calling that once more
    unsigned peer_host = 0, peer_socket = 0;
    std::map<socket_option, int> options;

    simulated_connection stream;

    /// Of a listener: who has called, and those that can be accepted.
    std::set<unsigned> callers;
    std::deque<unsigned> waiting;
    std::size_t backlog = 0, unaccepted = 0;
    unsigned listener = 0;  ///< of one that was answered and is not accepted

    /// Of a datagram socket.
    std::deque<message> messages;
    std::size_t message_bytes = 0;
    std::optional<errc> error;
    std::uint64_t inode = 0;  ///< of the path that it is bound to

    std::vector<unsigned> pollers;   ///< that watch it
    std::uint32_t word = 0;          ///< what threads wait for
    std::int64_t timer = INT64_MAX;  ///< when the network looks at it next

    int option(socket_option which, int otherwise = 0) const noexcept {
        const auto found = options.find(which);
        return found == options.end() ? otherwise : found->second;
    }
    bool has_handle() const noexcept { return !stream.is_orphan() && listener == 0; }
    std::size_t receive_buffer() const noexcept { return static_cast<std::size_t>(stream.receive_buffer); }

    /// Bits of `socket_event` that are true.
    unsigned ready() const noexcept {
        if (is_listening) return waiting.empty() ? 0u : socket_readable;
        if (kind == socket_kind::stream) return stream.ready();
        return (messages.empty() && !error ? 0u : socket_readable) | socket_writable | (error ? socket_hung_up : 0u);
    }
};

/// What a poller watches (epoll(7)): candidates are looked at when somebody waits.
struct simulated_watches {
    struct watch {
        unsigned interest;
        poll_trigger trigger;
        std::uint64_t key;
        bool is_candidate = false, is_done = false;
    };
    unsigned host = 0;
    std::map<unsigned, watch> watched;
    std::deque<unsigned> candidates;
    bool is_woken = false;
    std::uint32_t word = 0;

    void suggest(unsigned socket, watch& of) {
        if (!std::exchange(of.is_candidate, true)) candidates.push_back(socket);
    }
    void forget(unsigned socket) {
        watched.erase(socket);
        std::erase(candidates, socket);
    }
};

}  // namespace vitte::sys
