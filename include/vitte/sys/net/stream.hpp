/// Connections that carry bytes in order, of TCP (RFC 9293) or others.
#pragma once

#include <vitte/sys/net/connecting.hpp>
#include <vitte/sys/slices.hpp>

namespace vitte::sys {

template <platform P>
class basic_file;

/// One end of a connection. One thread may receive while another one sends.
template <platform P = native>
class basic_stream : public basic_socket<P> {
    using base = basic_socket<P>;
    using typename base::sockets;

public:
    using base::base;

    /// What is there of what the other side has sent, at least a byte; 0 at the end of it. `errc::timed_out`,
    /// `errc::disconnected`.
    result<std::size_t> receive(std::span<std::byte> to, deadline until = deadline::never()) const noexcept {
        return this->when_readable(until, [&] { return try_receive(to); });
    }
    /// The same without waiting: `errc::would_block`, and `errc::interrupted`.
    result<std::size_t> try_receive(std::span<std::byte> to) const noexcept {
        return sockets::receive(this->native_handle(), to.data(), to.size());
    }
    /// Fills `to`. `errc::end_of_input` if the other side ends before; what came by then is in `to` and gone.
    result<void> receive_all(std::span<std::byte> to, deadline until = deadline::never()) const noexcept {
        for (detail::retry_pace<P> pace; !to.empty();) {
            VITTE_CHECK(pace.in_time(until, "receive"));
            VITTE_TRY(const std::size_t came, receive(to, until));
            if (came == 0) return fail(errc::end_of_input, "receive");
            to = to.subspan(came);
        }
        return {};
    }
    /// What is there, in the first 16 pieces of memory in their order.
    result<std::size_t> receive_vector(std::span<const io_slice> to,
                                       deadline until = deadline::never()) const noexcept {
        const auto some = to.first(to.size() < detail::most_slices ? to.size() : detail::most_slices);
        return this->when_readable(
            until, [&] { return sockets::receive_vector(this->native_handle(), some.data(), some.size()); });
    }

    /// Sends all of `from`, which is then with the system and not yet with the other side. After a failure it is not
    /// known how much went. `errc::timed_out`, `errc::broken_pipe`, `errc::disconnected`.
    result<void> send(std::span<const std::byte> from, deadline until = deadline::never()) const noexcept {
        for (detail::retry_pace<P> pace; !from.empty();) {
            VITTE_CHECK(pace.in_time(until, "send"));
            VITTE_TRY(const std::size_t went, this->when_writable(until, [&] { return try_send(from); }));
            from = from.subspan(went);
        }
        return {};
    }
    /// As much as there is room for, without waiting: `errc::would_block`, and `errc::interrupted`.
    result<std::size_t> try_send(std::span<const std::byte> from) const noexcept {
        return sockets::send(this->native_handle(), from.data(), from.size());
    }
    /// Sends all slices in their order; they are changed meanwhile.
    result<void> send_vector(std::span<io_slice> from, deadline until = deadline::never()) const noexcept {
        detail::retry_pace<P> pace;
        for (auto now = detail::next_slices(from); !now.empty(); now = detail::next_slices(from)) {
            VITTE_CHECK(pace.in_time(until, "send"));
            VITTE_TRY(const std::size_t went, this->when_writable(until, [&] {
                return sockets::send_vector(this->native_handle(), now.data(), now.size());
            }));
            detail::drop_front(from, went);
        }
        return {};
    }
    /// Sends up to `size` bytes of `from`, beginning at `offset`, inside the kernel where it can; returns how many:
    /// fewer if the file ends before.
    result<std::uint64_t> send_file(const basic_file<P>& from, std::uint64_t offset, std::uint64_t size,
                                    deadline until = deadline::never()) const noexcept {
        std::uint64_t sent = 0;
        for (detail::retry_pace<P> pace; sent < size;) {
            VITTE_CHECK(pace.in_time(until, "send file"));
            VITTE_TRY(const std::size_t went,
                      this->when_writable(until, [&] { return try_send_file(from, offset + sent, size - sent); }));
            if (went == 0) break;
            sent += went;
        }
        return sent;
    }
    /// As many of them as there is room for, without waiting; 0 at the end of the file. `errc::would_block`, and
    /// `errc::interrupted`.
    result<std::size_t> try_send_file(const basic_file<P>& from, std::uint64_t offset,
                                      std::uint64_t size) const noexcept {
        constexpr std::uint64_t at_once = 1 << 30;
        const auto wanted = static_cast<std::size_t>(size < at_once ? size : at_once);
        if constexpr (requires { sockets::send_file(this->native_handle(), from.native_handle(), offset, wanted); }) {
            const auto went = sockets::send_file(this->native_handle(), from.native_handle(), offset, wanted);
            if (went || went.error().code != errc::invalid_argument) return went;  // else a file without pages
        }
        std::byte piece[16384];
        VITTE_TRY(const std::size_t read, from.read_at({piece, wanted < sizeof piece ? wanted : sizeof piece}, offset));
        if (read == 0) return read;
        return try_send({piece, read});
    }

    /// Ends bits of `socket_direction`. The other side gets what was sent before, and then the end; this one can go on
    /// receiving.
    result<void> shut_down(unsigned directions = socket_sends) const noexcept {
        return sockets::shut_down(this->native_handle(), directions);
    }
    /// Who is at the other end; `errc::not_connected`.
    result<socket_address> peer_address() const noexcept { return sockets::peer_address(this->native_handle()); }
};

/// A connection of TCP. Small pieces are sent at once: who sends many of them puts them together, or sets
/// `socket_option::no_delay` to 0.
template <platform P = native>
class basic_tcp_stream : public basic_stream<P> {
public:
    using basic_stream<P>::basic_stream;

    /// Connects with `to`. `errc::refused`, `errc::unreachable`, `errc::timed_out` at `until`, or when the system gives
    /// up, after minutes.
    static result<basic_tcp_stream> connect(const ip_endpoint& to, deadline until = deadline::never()) noexcept {
        const socket_address address(to);
        VITTE_TRY(const auto made, P::sockets::open(address.family(), socket_kind::stream));
        basic_tcp_stream stream(made);
        VITTE_CHECK(stream.set_option(socket_option::no_delay));
        VITTE_CHECK(detail::connect_until<P>(stream, address, until));
        return stream;
    }
};

using tcp_stream = basic_tcp_stream<>;

}  // namespace vitte::sys
