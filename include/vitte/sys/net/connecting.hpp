/// How a socket gets its other end.
#pragma once

#include <vitte/sys/net/socket.hpp>

namespace vitte::sys::detail {

/// Connects `socket` with `address`. What happens when `until` comes first is `errc::timed_out`, and the socket is of
/// no use any more.
template <platform P>
result<void> connect_until(const basic_socket<P>& socket, const socket_address& address, deadline until) noexcept {
    using sockets = typename P::sockets;
    // A connection that a signal interrupts goes on being made. A local one whose listener has no room for it is not
    // being made at all: it is tried again.
    for (retry_pace<P> pace;;) {
        const auto begun = sockets::connect(socket.native_handle(), address);
        if (begun) return begun;
        if (begun.error().code == errc::already_connected) return {};
        if (begun.error().code != errc::would_block && begun.error().code != errc::interrupted) return begun;
        VITTE_TRY([[maybe_unused]] const unsigned ready, socket.wait(socket_writable, until));
        VITTE_CHECK(sockets::take_error(socket.native_handle()));
        if (sockets::peer_address(socket.native_handle())) return {};
        VITTE_CHECK(pace.sleep_before_retry(until, "connect"));
    }
}

}  // namespace vitte::sys::detail
