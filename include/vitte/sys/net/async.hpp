/// Sockets for coroutines on a loop: `co_await stream.receive(room)` is `receive` that lets others go on meanwhile.
#pragma once

#include <vitte/sys/event/await.hpp>
#include <vitte/sys/event/task.hpp>
#include <vitte/sys/net/datagram_socket.hpp>
#include <vitte/sys/net/listener.hpp>
#include <vitte/sys/platform/completions.hpp>

namespace vitte::sys {

namespace detail {

template <platform P>
struct envelope_of {
    using type = no_envelope;
};
template <platform P>
    requires requires { typename P::completions::envelope; }
struct envelope_of<P> {
    using type = typename P::completions::envelope;
};

}  // namespace detail

/// A socket that a loop watches. It stays where it is. Of each direction one operation goes on at a time. An operation
/// that waits when the socket is closed or destroyed fails with `errc::cancelled`, in the loop's next turn.
template <platform P, class Socket>
class basic_async_socket {
public:
    basic_async_socket(basic_loop<P>& in, Socket&& from) noexcept : loop_(in), socket_(std::move(from)), watch_(in) {}

    /// Before anything else.
    result<void> open() noexcept { return watch_.open(socket_.native_handle()); }
    result<void> close() noexcept {
        watch_.close();
        return socket_.close();
    }
    const Socket& socket() const noexcept { return socket_; }

protected:
    template <class Attempt>
    auto when(socket_event event, deadline until, Attempt attempt) noexcept {
        return when_made<Attempt>(event, until, std::move(attempt));
    }
    template <class Attempt, class... Given>
    auto when_made(socket_event event, deadline until, Given&&... given) noexcept {
        return attempt_when_ready<P, Attempt>(loop_, watch_, event, until, std::forward<Given>(given)...);
    }
    void drained() noexcept { watch_.drained(); }
    bool completes() const noexcept { return loop_.completes(); }

private:
    basic_loop<P>& loop_;
    Socket socket_;
    basic_handle_watcher<P> watch_;
};

/// A connection. What is sent and received stays where it is until the operation has ended.
template <platform P, class Stream>
class basic_async_stream : public basic_async_socket<P, Stream> {
public:
    using basic_async_socket<P, Stream>::basic_async_socket;

    /// As `basic_stream::receive`.
    auto receive(std::span<std::byte> to, deadline until = deadline::never()) noexcept {
        return this->template when_made<receive_attempt>(socket_readable, until, *this, to);
    }
    /// As `basic_stream::send`.
    auto send(std::span<const std::byte> from, deadline until = deadline::never()) noexcept {
        return this->template when_made<send_attempt>(socket_writable, until, *this, from);
    }
    /// As `basic_stream::send_file`. The file stays where it is, too.
    auto send_file(const basic_file<P>& from, std::uint64_t offset, std::uint64_t size,
                   deadline until = deadline::never()) noexcept {
        return this->template when_made<send_file_attempt>(socket_writable, until, *this, from, offset, size);
    }

private:
    /// A part of what is sent, so that who takes it as fast as it goes does not hold up the others.
    static constexpr std::size_t at_once(std::uint64_t size) noexcept {
        constexpr std::uint64_t most = 256 * 1024;
        return static_cast<std::size_t>(size < most ? size : most);
    }

    struct receive_attempt {
        receive_attempt(basic_async_stream& stream, std::span<std::byte> to) noexcept
            : from(stream), operation(completion_kind::receive, to.data(), to.size()) {}
        basic_async_stream& from;
        loop_operation<P> operation;
        static constexpr bool is_left_to_ring(bool) noexcept { return true; }

        [[gnu::always_inline]] result<std::size_t> operator()() noexcept {
            if (operation.is_done()) return look_at_ring();
            return receive();
        }

    private:
        [[gnu::always_inline]] result<std::size_t> receive() noexcept {
            const auto came = from.socket().try_receive({operation.data, operation.size});
            if (!came) return unexpected(came.error());
            if (*came < operation.size) from.drained();
            return *came;
        }
        [[gnu::noinline]] result<std::size_t> look_at_ring() noexcept {
            const auto done = operation.outcome("recv");
            if (done && !operation.more()) from.drained();
            if (done || done.error().code != errc::would_block) return done;
            return receive();
        }
    };
    struct send_attempt {
        send_attempt(basic_async_stream& stream, std::span<const std::byte> from) noexcept
            : to(stream), operation(completion_kind::send, const_cast<std::byte*>(from.data()), from.size()) {}
        basic_async_stream& to;
        loop_operation<P> operation;
        /// To send at once what little there is costs less than another turn.
        static constexpr bool is_left_to_ring(bool many) noexcept { return many; }

        [[gnu::always_inline]] result<void> operator()() noexcept {
            if (operation.size == 0) return {};
            const auto went = operation.is_done() ? operation.outcome("send")
                                                  : to.socket().try_send({operation.data, at_once(operation.size)});
            if (!went) return unexpected(went.error());
            operation.data += *went;
            operation.size -= *went;
            if (operation.size != 0) return fail(errc::interrupted, "send");
            return {};
        }
    };
    /// A ring would have other threads do it: it waits only.
    struct send_file_attempt {
        send_file_attempt(basic_async_stream& stream, const basic_file<P>& source, std::uint64_t begin,
                          std::uint64_t count) noexcept
            : to(stream), from(source), offset(begin), size(count) {}
        basic_async_stream& to;
        const basic_file<P>& from;
        const std::uint64_t offset, size;
        std::uint64_t sent = 0;
        loop_operation<P> operation{completion_kind::await_output, nullptr, 0};
        static constexpr bool is_left_to_ring(bool) noexcept { return false; }

        result<std::uint64_t> operator()() noexcept {
            if (operation.is_done()) static_cast<void>(operation.outcome("poll"));
            if (sent == size) return sent;
            VITTE_TRY(const std::size_t went, to.socket().try_send_file(from, offset + sent, at_once(size - sent)));
            sent += went;
            if (went != 0 && sent < size) return fail(errc::interrupted, "send file");
            return sent;
        }
    };
};

template <platform P, class Listener>
class basic_async_listener : public basic_async_socket<P, Listener> {
public:
    using basic_async_socket<P, Listener>::basic_async_socket;

    /// As `basic_listener::accept`.
    auto accept(deadline until = deadline::never()) noexcept {
        return this->template when_made<accept_attempt>(socket_readable, until, *this);
    }

private:
    struct accept_attempt {
        explicit accept_attempt(basic_async_listener& listener) noexcept : from(listener) {}
        accept_attempt(const accept_attempt&) = delete;
        accept_attempt& operator=(const accept_attempt&) = delete;
        /// What the ring has accepted for somebody who does not wait any more is closed.
        ~accept_attempt() {
            if (operation.is_done()) static_cast<void>(taken());
        }
        basic_async_listener& from;
        typename detail::envelope_of<P>::type peer;
        loop_operation<P> operation{completion_kind::accept, peer.data(), 0};
        static constexpr bool is_left_to_ring(bool many) noexcept { return many; }

        auto operator()() noexcept {
            if (operation.is_done()) {
                auto done = taken();
                if (done || !may_go_on(done.error().code)) return done;
            }
            auto came = from.socket().try_accept();
            peer.address_later();
            return came;
        }

    private:
        using connection = std::remove_cvref_t<decltype(*std::declval<const Listener&>().try_accept())>;

        result<connection> taken() noexcept {
            VITTE_TRY(const std::size_t number, operation.outcome("accept"));
            if constexpr (requires { peer.accepted(number); }) {
                VITTE_TRY(const auto made, peer.accepted(number));
                return connection{decltype(connection::stream)(made), peer.address()};
            } else {
                using handle = typename P::sockets::handle;
                return connection{decltype(connection::stream)(static_cast<handle>(number)), peer.address()};
            }
        }
        static constexpr bool may_go_on(errc code) noexcept {
            return code == errc::would_block || code == errc::disconnected || code == errc::interrupted;
        }
    };
};

/// What carries messages. They stay where they are until the operation has ended.
template <platform P, class Socket>
class basic_async_datagram_socket : public basic_async_socket<P, Socket> {
public:
    using basic_async_socket<P, Socket>::basic_async_socket;

    /// As `basic_datagram_socket::send_to`.
    auto send_to(std::span<const std::byte> from, const socket_address& to,
                 deadline until = deadline::never()) noexcept {
        const datagram message{const_cast<std::byte*>(from.data()), from.size(), to};
        return this->template when_made<send_attempt>(socket_writable, until, *this, message);
    }
    /// As `basic_datagram_socket::receive_from`.
    auto receive_from(datagram& message, deadline until = deadline::never()) noexcept {
        return this->template when_made<receive_attempt>(socket_readable, until, *this, message);
    }
    /// As `basic_datagram_socket::send_batch`.
    auto send_batch(std::span<const datagram> messages, deadline until = deadline::never()) noexcept {
        return this->when(socket_writable, until, [=, this] { return this->socket().try_send_batch(messages); });
    }
    /// As `basic_datagram_socket::receive_batch`.
    auto receive_batch(std::span<datagram> messages, deadline until = deadline::never()) noexcept {
        return this->when(socket_readable, until, [=, this] { return this->socket().try_receive_batch(messages); });
    }

private:
    template <class Message>
    struct message_attempt {
        message_attempt(basic_async_datagram_socket& of, Message& one, completion_kind kind) noexcept
            : socket(of), message(one), operation(kind, held.data(), 0) {
            if (socket.completes()) hold();
        }
        basic_async_datagram_socket& socket;
        Message message;
        typename detail::envelope_of<P>::type held;
        loop_operation<P> operation;
        static constexpr bool is_left_to_ring(bool many) noexcept { return many; }

    protected:
        void hold() noexcept { held.hold(message, operation.kind == completion_kind::send_message); }
        /// What the ring has not done is attempted, and left to it if that would wait.
        template <class Attempt>
        result<void> unless_done(Attempt attempt) noexcept {
            const auto done = attempt();
            if (!done && done.error().code == errc::would_block && socket.completes()) {
                hold();
                if (operation.kind == completion_kind::receive_message) socket.drained();
            }
            return done;
        }
    };
    struct send_attempt : message_attempt<const datagram> {
        send_attempt(basic_async_datagram_socket& by, const datagram& one) noexcept
            : message_attempt<const datagram>(by, one, completion_kind::send_message) {}

        result<void> operator()() noexcept {
            if (this->operation.is_done()) {
                const auto done = this->operation.outcome("sendmsg");
                if (done) return {};
                if (done.error().code != errc::would_block) return unexpected(done.error());
            }
            return this->unless_done([this] {
                return this->socket.socket().try_send_to({this->message.data, this->message.size},
                                                         this->message.address);
            });
        }
    };
    struct receive_attempt : message_attempt<datagram&> {
        receive_attempt(basic_async_datagram_socket& by, datagram& one) noexcept
            : message_attempt<datagram&>(by, one, completion_kind::receive_message) {}

        result<void> operator()() noexcept {
            if (this->operation.is_done()) {
                const auto done = this->operation.outcome("recvmsg");
                if (done) return take(*done);
                if (done.error().code != errc::would_block) return unexpected(done.error());
            }
            return this->unless_done([this] { return this->socket.socket().try_receive_from(this->message); });
        }

    private:
        result<void> take(std::size_t size) noexcept {
            this->message.truncated = this->held.truncated();
            this->message.size = size;
            this->message.address = this->held.address();
            return {};
        }
    };
};

using async_tcp_stream = basic_async_stream<native, tcp_stream>;
using async_tcp_listener = basic_async_listener<native, tcp_listener>;
using async_unix_stream = basic_async_stream<native, unix_stream>;
using async_unix_listener = basic_async_listener<native, unix_listener>;
using async_udp_socket = basic_async_datagram_socket<native, udp_socket>;
using async_unix_datagram = basic_async_datagram_socket<native, unix_datagram>;

}  // namespace vitte::sys
