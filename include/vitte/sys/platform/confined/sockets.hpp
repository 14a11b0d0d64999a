/// Sockets of the networks that are granted, and names of hosts, if they are.
#pragma once

#include <vitte/sys/platform/confined/confinement.hpp>
#include <vitte/sys/platform/confined/passed_on.hpp>
#include <vitte/sys/platform/decorated.hpp>
#include <vitte/sys/platform/names.hpp>
#include <vitte/sys/platform/sockets.hpp>

/// A function of a socket that `confined` asks `question` about first, if the inner platform has it.
#define VITTE_DETAIL_ASKED(question, name)                                                             \
    template <class... Arguments>                                                                      \
        requires requires(handle h, Arguments&... given) { inner::name(h, given...); }                 \
    static auto name(handle socket, Arguments&&... given) noexcept {                                   \
        using returned = decltype(inner::name(socket, given...));                                      \
        if (const auto may = bounds::question(socket); !may) return returned(unexpected(may.error())); \
        return inner::name(socket, given...);                                                          \
    }

namespace vitte::sys {

/// Sockets: connected, bound and sent to only where that is granted. Local ones are connected in pairs or not at all,
/// since a path may lead to anybody, and no handles travel by them. A socket that was not bound here does not listen,
/// as it would everywhere, and one of messages that was neither bound nor connected does not receive. A socket of
/// others only receives, shuts down and closes. Sockets count apart from files, and bytes that are sent do not count.
template <class Inner, class Tag>
struct confined_sockets : detail::reuse_steals_mark<typename Inner::sockets> {
    using inner = typename Inner::sockets;
    using handle = typename inner::handle;
    using bounds = confinement<Inner, Tag>;
    using entry = detail::confined_handle<handle>;
    static constexpr handle invalid = inner::invalid;

    VITTE_DETAIL_ASKED(may_receive, receive)
    VITTE_DETAIL_ASKED(may_receive, receive_vector)
    VITTE_DETAIL_ASKED(may_receive, receive_from)
    VITTE_DETAIL_ASKED(may_receive, receive_batch)
    VITTE_DETAIL_ASKED(may_change_socket, send)
    VITTE_DETAIL_ASKED(may_change_socket, send_vector)
    VITTE_DETAIL_PASSED_ON(shut_down)
    VITTE_DETAIL_PASSED_ON(local_address)
    VITTE_DETAIL_PASSED_ON(peer_address)
    VITTE_DETAIL_PASSED_ON(take_error)
    VITTE_DETAIL_PASSED_ON(option)
    VITTE_DETAIL_ASKED(may_change_socket, set_option)
    VITTE_DETAIL_PASSED_ON(wait)
    VITTE_DETAIL_PASSED_ON(leave_group)

    static result<handle> open(socket_family family, socket_kind kind) noexcept {
        const entry made{.is_datagram = kind == socket_kind::datagram, .is_v6 = family == socket_family::ipv6};
        return bounds::socket_opened(made, [&] { return inner::open(family, kind); });
    }
    static result<void> open_pair(socket_kind kind, handle (&ends)[2]) noexcept
        requires requires(handle (&both)[2]) { inner::open_pair(kind, both); }
    {
        VITTE_TRY(ends[0], bounds::socket_opened(entry(), [&]() -> result<handle> {
                      VITTE_CHECK(inner::open_pair(kind, ends));
                      return ends[0];
                  }));
        const handle other = ends[1];
        const auto counted = bounds::socket_opened(entry(), [&]() -> result<handle> { return other; });
        if (counted) return {};
        static_cast<void>(close(ends[0]));
        static_cast<void>(inner::close(other));
        return unexpected(counted.error());
    }
    static result<void> bind(handle socket, const socket_address& address) noexcept {
        VITTE_CHECK(bounds::may_change_socket(socket));
        VITTE_CHECK(bounds::may_use(address, may_bind));
        VITTE_CHECK(inner::bind(socket, address));
        bounds::set_bound(socket, true);
        return {};
    }
    /// What the system says that a socket is bound to does not count: after an attempt to connect that failed, Linux
    /// still tells a port, and then listens at any.
    static result<void> listen(handle socket, int backlog) noexcept {
        VITTE_CHECK(bounds::may_listen(socket));
        return inner::listen(socket, backlog);
    }
    static result<handle> accept(handle socket, socket_address& peer) noexcept {
        VITTE_CHECK(bounds::may_listen(socket));
        return bounds::socket_opened(entry(), [&] { return inner::accept(socket, peer); });
    }
    static result<void> connect(handle socket, const socket_address& address) noexcept {
        VITTE_CHECK(bounds::may_change_socket(socket));
        VITTE_CHECK(bounds::may_use(address, may_connect));
        return bounds::socket_connected(socket, [&] { return inner::connect(socket, address); });
    }
    static result<void> send_to(handle socket, const datagram& message) noexcept {
        VITTE_CHECK(bounds::may_send_to(socket, message.address));
        return inner::send_to(socket, message);
    }
    /// As far as the first one that may not go.
    static result<std::size_t> send_batch(handle socket, const datagram* messages, std::size_t count) noexcept
        requires requires(handle h) { inner::send_batch(h, messages, count); }
    {
        std::size_t allowed = 0;
        result<void> may;
        while (allowed < count && (may = bounds::may_send_to(socket, messages[allowed].address))) ++allowed;
        if (allowed == 0 && !may) return unexpected(may.error());
        return inner::send_batch(socket, messages, allowed);
    }
    static result<void> join_group(handle socket, const ip_address& group, unsigned link) noexcept
        requires requires(handle h) { inner::join_group(h, group, link); }
    {
        VITTE_CHECK(bounds::may_change_socket(socket));
        VITTE_CHECK(bounds::may_use(ip_endpoint{group, 0}, may_bind));
        return inner::join_group(socket, group, link);
    }
    static result<void> close(handle socket) noexcept { return bounds::close_socket(socket); }
};

#undef VITTE_DETAIL_ASKED

/// Who asks for a name tells the network something: it has to be granted.
template <class Inner, class Tag>
struct confined_names {
    using bounds = confinement<Inner, Tag>;

    static result<std::size_t> resolve(const char* host, ip_address* to, std::size_t room) noexcept {
        if (!bounds::may(&bounds::capabilities::names)) return fail(errc::permission_denied, detail::rule::names);
        return Inner::names::resolve(host, to, room);
    }
};

namespace detail {

template <class Inner, class Tag>
struct add_confined_sockets {};
template <class Inner, class Tag>
    requires requires { typename Inner::sockets::handle; }
struct add_confined_sockets<Inner, Tag> {
    using sockets = confined_sockets<Inner, Tag>;
};
template <class Inner, class Tag>
struct add_confined_names {};
template <class Inner, class Tag>
    requires requires { typename Inner::names; }
struct add_confined_names<Inner, Tag> {
    using names = confined_names<Inner, Tag>;
};

}  // namespace detail

}  // namespace vitte::sys
