/// Sockets that carry messages, each whole or not at all: of UDP (RFC 768), and between processes of this machine.
#pragma once

#include <vitte/sys/net/connecting.hpp>

namespace vitte::sys {

/// Sends and receives messages. Several threads may do so at once.
template <platform P = native>
class basic_datagram_socket : public basic_socket<P> {
    using base = basic_socket<P>;
    using typename base::sockets;

public:
    using base::base;

    /// The only address that it sends to and receives from, from now on. On most systems `send` then tells of messages
    /// that nobody took (`errc::refused`).
    result<void> connect(const socket_address& to) const noexcept {
        return retried([&] { return sockets::connect(this->native_handle(), to); });
    }

    /// Sends one message; nothing tells whether it arrives. `errc::timed_out`; `errc::too_large`, on some systems from
    /// 9 KiB on, or 2 KiB between processes of this machine, unless `socket_option::send_buffer` is larger;
    /// `errc::out_of_memory` where a system does not wait for who receives it.
    result<void> send_to(std::span<const std::byte> from, const socket_address& to,
                         deadline until = deadline::never()) const noexcept {
        return this->when_writable(until, [&] { return try_send_to(from, to); });
    }
    /// The same without waiting: `errc::would_block`, and `errc::interrupted`; so do the other `try_…`.
    result<void> try_send_to(std::span<const std::byte> from, const socket_address& to) const noexcept {
        const datagram message{const_cast<std::byte*>(from.data()), from.size(), to};
        return sockets::send_to(this->native_handle(), message);
    }
    /// To the address that it is connected with; `errc::not_connected`.
    result<void> send(std::span<const std::byte> from, deadline until = deadline::never()) const noexcept {
        return this->when_writable(until, [&] { return try_send(from); });
    }
    result<void> try_send(std::span<const std::byte> from) const noexcept {
        VITTE_CHECK(sockets::send(this->native_handle(), from.data(), from.size()));
        return {};
    }
    /// The next message, in `message.data`, `message.size` bytes at most; of a longer one the rest is lost.
    result<void> receive_from(datagram& message, deadline until = deadline::never()) const noexcept {
        return this->when_readable(until, [&] { return try_receive_from(message); });
    }
    result<void> try_receive_from(datagram& message) const noexcept {
        return sockets::receive_from(this->native_handle(), message);
    }
    /// The next message, without its sender; its size, or of a longer one that of `to`.
    result<std::size_t> receive(std::span<std::byte> to, deadline until = deadline::never()) const noexcept {
        return this->when_readable(until, [&] { return try_receive(to); });
    }
    result<std::size_t> try_receive(std::span<std::byte> to) const noexcept {
        return sockets::receive(this->native_handle(), to.data(), to.size());
    }

    /// Sends messages in their order; how many went, at least one. The first that fails ends it, and its error is told
    /// when it is sent again.
    result<std::size_t> send_batch(std::span<const datagram> messages, deadline until = deadline::never()) const noexcept {
        return this->when_writable(until, [&] { return try_send_batch(messages); });
    }
    result<std::size_t> try_send_batch(std::span<const datagram> messages) const noexcept {
        if (messages.empty()) return std::size_t{0};
        if constexpr (requires { sockets::send_batch(this->native_handle(), messages.data(), messages.size()); }) {
            return sockets::send_batch(this->native_handle(), messages.data(), messages.size());
        } else {
            VITTE_CHECK(sockets::send_to(this->native_handle(), messages[0]));
            return std::size_t{1};
        }
    }
    /// Those messages that are there, at least one; how many.
    result<std::size_t> receive_batch(std::span<datagram> messages, deadline until = deadline::never()) const noexcept {
        return this->when_readable(until, [&] { return try_receive_batch(messages); });
    }
    result<std::size_t> try_receive_batch(std::span<datagram> messages) const noexcept {
        if (messages.empty()) return std::size_t{0};
        if constexpr (requires { sockets::receive_batch(this->native_handle(), messages.data(), messages.size()); }) {
            return sockets::receive_batch(this->native_handle(), messages.data(), messages.size());
        } else {
            VITTE_CHECK(try_receive_from(messages[0]));
            return std::size_t{1};
        }
    }
    /// Who it is connected with; `errc::not_connected`.
    result<socket_address> peer_address() const noexcept { return sockets::peer_address(this->native_handle()); }
};

template <platform P = native>
class basic_udp_socket : public basic_datagram_socket<P> {
    using sockets = typename P::sockets;

public:
    using basic_datagram_socket<P>::basic_datagram_socket;

    /// Bound to `at`; port 0 is one that the system picks.
    static result<basic_udp_socket> bind(const ip_endpoint& at, bool share_port = false) noexcept {
        const socket_address address(at);
        VITTE_TRY(const auto made, sockets::open(address.family(), socket_kind::datagram));
        basic_udp_socket socket(made);
        if (share_port) {
            VITTE_CHECK(socket.set_option(socket_option::reuse_port));
        }
        VITTE_CHECK(sockets::bind(made, address));
        return socket;
    }
    /// Sends `from` as messages of `segment` bytes each, of which the last may be shorter, to `to`; returns how many
    /// bytes went, whole messages and at least one. Where the system cuts them itself (UDP_SEGMENT), one call takes up
    /// to 64.
    result<std::size_t> send_segments(std::span<const std::byte> from, std::uint16_t segment, const socket_address& to,
                                      deadline until = deadline::never()) const noexcept {
        constexpr std::size_t most = 64, most_bytes = 65507;  // of a message of IPv4
        if (segment == 0) return fail(errc::invalid_argument, "send segments");
        const std::size_t by_size = most_bytes / segment, count = by_size < most ? by_size : most;
        if (from.size() > count * segment && count != 0) from = from.first(count * segment);
        if constexpr (requires(datagram one) { sockets::send_segments(this->native_handle(), one, segment); }) {
            const datagram all{const_cast<std::byte*>(from.data()), from.size(), to};
            const auto went =
                this->when_writable(until, [&] { return sockets::send_segments(this->native_handle(), all, segment); });
            // Some systems and devices cannot, and no segment is longer than what the network takes at once.
            if (went || (went.error().code != errc::invalid_argument && went.error().code != errc::io_error &&
                         went.error().code != errc::not_supported && went.error().code != errc::too_large))
                return went;
        }
        const std::size_t first = from.size() < segment ? from.size() : segment;
        VITTE_CHECK(this->send_to(from.first(first), to, until));
        return first;
    }
    /// Receives what is sent to `group`, at the interface of that number; 0 is one that the system picks.
    result<void> join(const ip_address& group, unsigned link = 0) const noexcept {
        VITTE_CALL_IF_PRESENT("join", sockets::join_group(this->native_handle(), group, link));
    }
    result<void> leave(const ip_address& group, unsigned link = 0) const noexcept {
        VITTE_CALL_IF_PRESENT("leave", sockets::leave_group(this->native_handle(), group, link));
    }
};

template <platform P = native>
class basic_unix_datagram : public basic_datagram_socket<P> {
    using sockets = typename P::sockets;

public:
    using basic_datagram_socket<P>::basic_datagram_socket;

    /// Bound to `at`; an unnamed one can only send.
    static result<basic_unix_datagram> bind(const unix_address& at) noexcept {
        VITTE_TRY(const auto made, sockets::open(socket_family::local, socket_kind::datagram));
        basic_unix_datagram socket(made);
        if (!at.is_unnamed()) {
            VITTE_CHECK(sockets::bind(made, at));
        }
        return socket;
    }
};

using udp_socket = basic_udp_socket<>;
using unix_datagram = basic_unix_datagram<>;

}  // namespace vitte::sys
