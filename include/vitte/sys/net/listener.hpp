/// Who waits for connections.
#pragma once

#include <vitte/sys/net/unix_connection.hpp>

namespace vitte::sys {

/// How a listener is made.
struct listen_options {
    int backlog = 4096;       ///< connections that may wait to be accepted; the system may allow fewer
    bool share_port = false;  ///< other listeners of this user may listen there as well, and the system deals out
    bool only_v6 = false;     ///< the address "::" takes no connections of IPv4, as it never does on some systems
};

/// A connection, and who is at its other end.
template <class Stream>
struct accepted {
    Stream stream;
    socket_address peer;
};

/// Accepts connections of one kind. Several threads may accept at once.
template <platform P, class Stream>
class basic_listener : public basic_socket<P> {
    using sockets = typename P::sockets;

public:
    using basic_socket<P>::basic_socket;

    /// The next connection. `errc::timed_out`; `errc::out_of_handles` leaves it waiting. One that ended meanwhile is
    /// passed over.
    result<accepted<Stream>> accept(deadline until = deadline::never()) const noexcept {
        return this->when_readable(until, [this] { return accept_one(); });
    }
    /// The same without waiting: `errc::would_block`.
    result<accepted<Stream>> try_accept() const noexcept {
        return retried([this] { return accept_one(); });
    }

private:
    /// One call of the system; `errc::interrupted` also for a connection that has ended meanwhile.
    result<accepted<Stream>> accept_one() const noexcept {
        socket_address peer;
        const auto made = sockets::accept(this->native_handle(), peer);
        if (made) return accepted<Stream>{Stream(*made), peer};
        if (made.error().code == errc::disconnected) return fail(errc::interrupted, "accept");
        return unexpected(made.error());
    }
};

template <platform P = native>
class basic_tcp_listener : public basic_listener<P, basic_tcp_stream<P>> {
    using sockets = typename P::sockets;

public:
    using basic_listener<P, basic_tcp_stream<P>>::basic_listener;

    /// Listens at `at`; port 0 is one that the system picks, which `local_address` tells. `errc::address_in_use`,
    /// `errc::no_such_address`.
    static result<basic_tcp_listener> listen(const ip_endpoint& at, const listen_options& options = {}) noexcept {
        const socket_address address(at);
        VITTE_TRY(const auto made, sockets::open(address.family(), socket_kind::stream));
        basic_tcp_listener listener(made);
        if constexpr (!requires { sockets::reuse_steals; }) {
            VITTE_CHECK(listener.set_option(socket_option::reuse_address));
        }
        if (options.share_port) {
            VITTE_CHECK(listener.set_option(socket_option::reuse_port));
        }
        if (at.address.is_v6()) {
            const auto set = listener.set_option(socket_option::only_v6, options.only_v6);
            if (!set && options.only_v6) return unexpected(set.error());
        }
        VITTE_CHECK(listener.set_option(socket_option::no_delay));  // which its connections inherit
        VITTE_CHECK(sockets::bind(made, address));
        VITTE_CHECK(sockets::listen(made, options.backlog));
        return listener;
    }
};

/// Of connections that are `basic_unix_stream` or `basic_unix_sequenced`.
template <platform P = native, class Connection = basic_unix_stream<P>>
class basic_unix_listener : public basic_listener<P, Connection> {
    using sockets = typename P::sockets;

public:
    using basic_listener<P, Connection>::basic_listener;

    /// Listens at `at`. A path that is there already is `errc::address_in_use`, also if nobody listens at it any more;
    /// who knows that removes it before. An address without a name is `errc::invalid_argument`.
    static result<basic_unix_listener> listen(const unix_address& at, const listen_options& options = {}) noexcept {
        if (at.is_unnamed()) return fail(errc::invalid_argument, "listen");  // Linux would pick a name
        VITTE_TRY(const auto made, sockets::open(socket_family::local, Connection::kind));
        basic_unix_listener listener(made);
        VITTE_CHECK(sockets::bind(made, at));
        VITTE_CHECK(sockets::listen(made, options.backlog));
        return listener;
    }
};

using tcp_listener = basic_tcp_listener<>;
using unix_listener = basic_unix_listener<>;
using unix_sequenced_listener = basic_unix_listener<native, unix_sequenced>;

}  // namespace vitte::sys
