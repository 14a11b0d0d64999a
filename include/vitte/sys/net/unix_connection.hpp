/// Connections between processes of this machine (unix(7)), which carry bytes or messages, and handles with them.
#pragma once

#include <vitte/sys/net/stream.hpp>
#include <vitte/sys/platform/files.hpp>

namespace vitte::sys {

/// What `basic_unix_stream` and `basic_unix_sequenced` share: `Connection`, one of them, is a `Transfer`.
template <platform P, class Connection, class Transfer, socket_kind Kind>
class basic_unix_connection : public Transfer {
    using sockets = typename P::sockets;

public:
    using Transfer::Transfer;
    static constexpr socket_kind kind = Kind;

    /// Connects with `to`. `errc::not_found` if nothing is there, `errc::refused` if nobody listens.
    static result<Connection> connect(const unix_address& to, deadline until = deadline::never()) noexcept {
        VITTE_TRY(const auto made, sockets::open(socket_family::local, kind));
        Connection connection(made);
        VITTE_CHECK(detail::connect_until<P>(connection, to, until));
        return connection;
    }
    /// Two that are connected with each other.
    static result<std::pair<Connection, Connection>> pair() noexcept {
        if constexpr (requires(typename sockets::handle(&ends)[2]) { sockets::open_pair(kind, ends); }) {
            typename sockets::handle ends[2];
            VITTE_CHECK(sockets::open_pair(kind, ends));
            return std::pair(Connection(ends[0]), Connection(ends[1]));
        } else {
            return fail(errc::not_supported, "pair of sockets");
        }
    }

    /// Who is at the other end.
    result<peer_credentials> credentials() const noexcept {
        VITTE_CALL_IF_PRESENT("credentials", sockets::credentials(this->native_handle()));
    }
    /// Sends `from`, at least a byte, and with it copies of `handles`, up to 64 that the other side can use as its own.
    /// Without a byte they would be lost: `errc::invalid_argument`.
    result<void> send_handles(std::span<const std::byte> from, std::span<const typename P::files::handle> handles,
                              deadline until = deadline::never()) const noexcept {
        if constexpr (requires(io_slice slice) {
                          sockets::send_handles(this->native_handle(), &slice, 1, handles.data(), handles.size());
                      }) {
            if (from.empty()) return fail(errc::invalid_argument, "send handles");
            const io_slice slice{const_cast<std::byte*>(from.data()), from.size()};
            VITTE_TRY(const std::size_t went, this->when_writable(until, [&] {
                return sockets::send_handles(this->native_handle(), &slice, 1, handles.data(), handles.size());
            }));
            if (went == from.size()) return {};
            return this->send(from.subspan(went), until);
        } else {
            return fail(errc::not_supported, "send handles");
        }
    }
    /// As `receive`, and the handles that came with what was received: they belong to who calls, and `handles` is cut
    /// to them. `errc::too_large` if there are more than it has room for, or `to` for a message: then all of them are
    /// closed.
    result<std::size_t> receive_handles(std::span<std::byte> to, std::span<typename P::files::handle>& handles,
                                        deadline until = deadline::never()) const noexcept {
        std::size_t count = handles.size();
        if constexpr (requires(io_slice slice) {
                          sockets::receive_handles(this->native_handle(), &slice, 1, handles.data(), count);
                      }) {
            const io_slice slice{to.data(), to.size()};
            VITTE_TRY(const std::size_t came, this->when_readable(until, [&] {
                count = handles.size();
                return sockets::receive_handles(this->native_handle(), &slice, 1, handles.data(), count);
            }));
            handles = handles.first(count);
            return came;
        } else {
            return fail(errc::not_supported, "receive handles");
        }
    }
};

/// A connection that carries bytes.
template <platform P = native>
class basic_unix_stream : public basic_unix_connection<P, basic_unix_stream<P>, basic_stream<P>, socket_kind::stream> {
public:
    using basic_unix_connection<P, basic_unix_stream, basic_stream<P>, socket_kind::stream>::basic_unix_connection;
};

/// How messages go by a connection: each whole and in order.
template <platform P>
class basic_sequence : public basic_socket<P> {
    using base = basic_socket<P>;
    using typename base::sockets;

public:
    using base::base;

    /// Sends one message of at least a byte. `errc::too_large` if it does not fit into `socket_option::send_buffer`;
    /// `errc::timed_out`, `errc::broken_pipe`.
    result<void> send(std::span<const std::byte> from, deadline until = deadline::never()) const noexcept {
        if (from.empty()) return fail(errc::invalid_argument, "send an empty message");  // it would look like the end
        VITTE_TRY([[maybe_unused]] const std::size_t went, this->when_writable(until, [&] {
            return sockets::send(this->native_handle(), from.data(), from.size());
        }));
        return {};
    }
    /// The next message; its size, 0 at the end of the connection. `errc::too_large` if it was longer than `to`: the
    /// rest of it is lost. `errc::timed_out`, `errc::disconnected`.
    result<std::size_t> receive(std::span<std::byte> to, deadline until = deadline::never()) const noexcept {
        datagram message{to.data(), to.size(), {}};
        VITTE_CHECK(this->when_readable(until, [&] {
            message.size = to.size();
            return sockets::receive_from(this->native_handle(), message);
        }));
        if (message.truncated) return fail(errc::too_large, "receive a message");
        return message.size;
    }
    /// Ends bits of `socket_direction`, as of a stream.
    result<void> shut_down(unsigned directions = socket_sends) const noexcept {
        return sockets::shut_down(this->native_handle(), directions);
    }
};

/// A connection that carries messages (SOCK_SEQPACKET). `errc::not_supported` on macOS and Windows.
template <platform P = native>
class basic_unix_sequenced
    : public basic_unix_connection<P, basic_unix_sequenced<P>, basic_sequence<P>, socket_kind::sequenced> {
public:
    using basic_unix_connection<P, basic_unix_sequenced, basic_sequence<P>,
                                socket_kind::sequenced>::basic_unix_connection;
};

using unix_stream = basic_unix_stream<>;
using unix_sequenced = basic_unix_sequenced<>;

}  // namespace vitte::sys
