/// Sockets for coroutines on a loop: `co_await stream.receive(room)` is `receive` that lets others go on meanwhile.
#pragma once

#include <vitte/sys/event/await.hpp>
#include <vitte/sys/event/task.hpp>
#include <vitte/sys/net/listener.hpp>

namespace vitte::sys {

/// A socket that a loop watches. It stays where it is. Of each direction one operation goes on at a time.
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
        return attempt_when_ready<P, Attempt>(loop_, watch_, event, until, std::move(attempt));
    }

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
        return this->when(socket_readable, until, [this, to] { return this->socket().try_receive(to); });
    }
    /// As `basic_stream::send`.
    auto send(std::span<const std::byte> from, deadline until = deadline::never()) noexcept {
        return this->when(socket_writable, until, [this, from]() mutable -> result<void> {
            while (!from.empty()) {
                VITTE_TRY(const std::size_t went, this->socket().try_send(from));
                from = from.subspan(went);
            }
            return {};
        });
    }
    /// As `basic_stream::send_file`. The file stays where it is, too.
    auto send_file(const basic_file<P>& from, std::uint64_t offset, std::uint64_t size,
                   deadline until = deadline::never()) noexcept {
        std::uint64_t sent = 0;
        return this->when(socket_writable, until, [=, this, &from]() mutable -> result<std::uint64_t> {
            while (sent < size) {
                VITTE_TRY(const std::size_t went, this->socket().try_send_file(from, offset + sent, size - sent));
                if (went == 0) break;
                sent += went;
            }
            return sent;
        });
    }
};

template <platform P, class Listener>
class basic_async_listener : public basic_async_socket<P, Listener> {
public:
    using basic_async_socket<P, Listener>::basic_async_socket;

    /// As `basic_listener::accept`.
    auto accept(deadline until = deadline::never()) noexcept {
        return this->when(socket_readable, until, [this] { return this->socket().try_accept(); });
    }
};

using async_tcp_stream = basic_async_stream<native, tcp_stream>;
using async_tcp_listener = basic_async_listener<native, tcp_listener>;
using async_unix_stream = basic_async_stream<native, unix_stream>;
using async_unix_listener = basic_async_listener<native, unix_listener>;

}  // namespace vitte::sys
