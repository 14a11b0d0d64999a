/// Sockets (POSIX.1-2017, 2.10). Each is opened so that it never blocks.
#pragma once

#include <netinet/tcp.h>
#include <sys/types.h>
#include <unistd.h>

#include <vitte/sys/platform/posix/pipe_end.hpp>
#include <vitte/sys/platform/posix/socket_address.hpp>

namespace vitte::sys::posix {

/// Where a system keeps an option; `name` -1: it has nothing of the kind.
struct option_place {
    int level, name;
};
inline constexpr option_place option_places[] = {
    {SOL_SOCKET, SO_REUSEADDR},
#if defined(SO_REUSEPORT_LB)  // FreeBSD deals out for this one only
    {SOL_SOCKET, SO_REUSEPORT_LB},
#elif defined(SO_REUSEPORT)
    {SOL_SOCKET, SO_REUSEPORT},
#else
    {0, -1},
#endif
    {SOL_SOCKET, SO_BROADCAST},
    {IPPROTO_IPV6, IPV6_V6ONLY},
    {IPPROTO_TCP, TCP_NODELAY},
#if defined(TCP_CORK)
    {IPPROTO_TCP, TCP_CORK},
#elif defined(TCP_NOPUSH)
    {IPPROTO_TCP, TCP_NOPUSH},
#else
    {0, -1},
#endif
    {SOL_SOCKET, SO_KEEPALIVE},
#if defined(TCP_KEEPIDLE)
    {IPPROTO_TCP, TCP_KEEPIDLE},
#elif defined(TCP_KEEPALIVE)
    {IPPROTO_TCP, TCP_KEEPALIVE},
#else
    {0, -1},
#endif
#if defined(TCP_KEEPINTVL)
    {IPPROTO_TCP, TCP_KEEPINTVL},
#else
    {0, -1},
#endif
#if defined(TCP_KEEPCNT)
    {IPPROTO_TCP, TCP_KEEPCNT},
#else
    {0, -1},
#endif
#if defined(TCP_USER_TIMEOUT)
    {IPPROTO_TCP, TCP_USER_TIMEOUT},
#else
    {0, -1},
#endif
#if defined(TCP_DEFER_ACCEPT)
    {IPPROTO_TCP, TCP_DEFER_ACCEPT},
#else
    {0, -1},
#endif
#if defined(TCP_FASTOPEN)
    {IPPROTO_TCP, TCP_FASTOPEN},
#else
    {0, -1},
#endif
#if defined(SO_LINGER_SEC)  // macOS, whose SO_LINGER counts ticks of its clock
    {SOL_SOCKET, SO_LINGER_SEC},
#else
    {SOL_SOCKET, SO_LINGER},
#endif
    {SOL_SOCKET, SO_RCVBUF},
    {SOL_SOCKET, SO_SNDBUF},
    {IPPROTO_IP, IP_TTL},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS},
    {IPPROTO_IP, IP_MULTICAST_TTL},
    {IPPROTO_IPV6, IPV6_MULTICAST_HOPS},
    {IPPROTO_IP, IP_MULTICAST_LOOP},
    {IPPROTO_IPV6, IPV6_MULTICAST_LOOP},
};
static_assert(sizeof option_places / sizeof *option_places ==
              1 + static_cast<unsigned>(socket_option::multicast_loop_v6));

/// Most systems take bytes there (ip(4)).
constexpr bool takes_a_byte(socket_option option) noexcept {
    return option == socket_option::multicast_hops || option == socket_option::multicast_loop;
}

/// Those of which some systems tell another number than 1 when they are on.
constexpr bool is_switch(socket_option option) noexcept {
    return option <= socket_option::keep_alive || option == socket_option::multicast_loop ||
           option == socket_option::multicast_loop_v6;
}

// macOS 11 passes over MSG_NOSIGNAL, which newer headers of it have.
#if defined(MSG_NOSIGNAL) && !defined(__APPLE__)
inline constexpr int no_signal = MSG_NOSIGNAL;
#else
inline constexpr int no_signal = 0;  // SO_NOSIGPIPE
#endif
#if defined(SOCK_NONBLOCK) && defined(SOCK_CLOEXEC)
inline constexpr int quiet = SOCK_NONBLOCK | SOCK_CLOEXEC;
#else
inline constexpr int quiet = 0;
#endif
#if defined(MSG_CMSG_CLOEXEC)
inline constexpr int handles_stay_here = MSG_CMSG_CLOEXEC;
#else
inline constexpr int handles_stay_here = 0;
#endif

/// Makes a new socket one that never blocks, raises no signal and is not inherited, where that takes further calls.
inline int quieted(int made, bool in_one_call) noexcept {
    if (made == -1) return made;
    if (!in_one_call) {
        ::fcntl(made, F_SETFD, FD_CLOEXEC);
        ::fcntl(made, F_SETFL, O_NONBLOCK);
    }
#if defined(SO_NOSIGPIPE)
    if (no_signal != 0) return made;
    const int on = 1;
    ::setsockopt(made, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    return made;
}

struct sockets {
    using handle = int;
    static constexpr handle invalid = -1;
    static constexpr std::size_t most_slices = 16, most_handles = 64;

    static result<handle> open(socket_family family, socket_kind kind) noexcept {
        const int made = above_streams(::socket(family_number(family), number(kind) | quiet, 0));
        return opened(quieted(made, quiet != 0), "socket");
    }
    static result<void> open_pair(socket_kind kind, handle (&ends)[2]) noexcept {
        VITTE_CHECK(above_streams(::socketpair(AF_UNIX, number(kind) | quiet, 0, ends), ends, "socketpair"));
        for (const handle end : ends) quieted(end, quiet != 0);
        return {};
    }
    static result<void> bind(handle socket, const socket_address& address) noexcept {
        const native_address to(address);
        if (!to.fits()) return fail(errc::name_too_long, "bind");
        return checked(::bind(socket, &to.any, to.size), "bind");
    }
    static result<void> listen(handle socket, int backlog) noexcept {
        return checked(::listen(socket, backlog), "listen");
    }
    static result<void> connect(handle socket, const socket_address& address) noexcept {
        const native_address to(address);
        if (!to.fits()) return fail(errc::name_too_long, "connect");
        return checked(::connect(socket, &to.any, to.size), "connect");
    }
    static result<handle> accept(handle socket, socket_address& peer) noexcept {
        native_address from;
#if (defined(__linux__) && defined(_GNU_SOURCE)) || defined(__FreeBSD__) || defined(__NetBSD__) || \
    defined(__OpenBSD__) || defined(__DragonFly__)
        const int made = above_streams(::accept4(socket, &from.any, &from.size, quiet));
#else
        const int made = quieted(above_streams(::accept(socket, &from.any, &from.size)), false);
#endif
        if (made != -1) peer = from.value();
        return opened(made, "accept");
    }

    static result<std::size_t> receive(handle socket, std::byte* to, std::size_t size) noexcept {
        return counted(::recv(socket, to, at_once(size), 0), "recv");
    }
    static result<std::size_t> send(handle socket, const std::byte* from, std::size_t size) noexcept {
        return sent(::send(socket, from, at_once(size), no_signal), "send");
    }
    static result<std::size_t> receive_vector(handle socket, const io_slice* slices, std::size_t count) noexcept {
        msghdr message = of_slices(slices, count);
        return counted(::recvmsg(socket, &message, 0), "recvmsg");
    }
    static result<std::size_t> send_vector(handle socket, const io_slice* slices, std::size_t count) noexcept {
        const msghdr message = of_slices(slices, count);
        return sent(::sendmsg(socket, &message, no_signal), "sendmsg");
    }
    static result<void> receive_from(handle socket, datagram& message) noexcept {
        native_address from;
        io_slice slice{message.data, message.size};
        msghdr header = of_slices(&slice, 1);
        header.msg_name = &from.any;
        header.msg_namelen = from.size;
        VITTE_TRY(message.size, counted(::recvmsg(socket, &header, 0), "recvmsg"));
        from.size = header.msg_namelen;
        message.address = from.value();
        message.truncated = (header.msg_flags & MSG_TRUNC) != 0;
        return {};
    }
    static result<void> send_to(handle socket, const datagram& message) noexcept {
        const native_address to(message.address);
        if (!to.fits()) return fail(errc::name_too_long, "sendto");
        return dropped(counted(::sendto(socket, message.data, message.size, no_signal, &to.any, to.size), "sendto"));
    }
    /// With their first byte; a stream may take only a part of the bytes, and all of the handles.
    static result<std::size_t> send_handles(handle socket, const io_slice* slices, std::size_t count,
                                            const int* handles, std::size_t handle_count) noexcept {
        if (handle_count == 0 || handle_count > most_handles) return fail(errc::invalid_argument, "sendmsg");
        control_room room;
        msghdr message = of_slices(slices, count);
        message.msg_control = room.bytes;
        message.msg_controllen = static_cast<decltype(message.msg_controllen)>(CMSG_SPACE(handle_count * sizeof(int)));
        cmsghdr* const part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = static_cast<decltype(part->cmsg_len)>(CMSG_LEN(handle_count * sizeof(int)));
        std::memcpy(CMSG_DATA(part), handles, handle_count * sizeof(int));
        return sent(::sendmsg(socket, &message, no_signal), "sendmsg");
    }
    /// Handles for which there is no room are closed: `errc::too_large`, and so are the others then.
    static result<std::size_t> receive_handles(handle socket, const io_slice* slices, std::size_t count, int* handles,
                                               std::size_t& handle_count) noexcept {
        control_room room;
        msghdr message = of_slices(slices, count);
        message.msg_control = room.bytes;
        message.msg_controllen = sizeof room.bytes;
        VITTE_TRY(const std::size_t size, counted(::recvmsg(socket, &message, handles_stay_here), "recvmsg"));
        bool fits = (message.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) == 0;
        std::size_t kept = 0;
        for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
            if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
            const std::size_t came = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (std::size_t i = 0; i < came; ++i) {
                int one;
                std::memcpy(&one, CMSG_DATA(part) + i * sizeof one, sizeof one);
                one = above_streams(one);
                if (handles_stay_here == 0) ::fcntl(one, F_SETFD, FD_CLOEXEC);
                if (kept < handle_count && one != -1) {
                    handles[kept++] = one;
                } else {
                    ::close(one);
                    fits = false;
                }
            }
        }
        if (!fits)
            while (kept != 0) ::close(handles[--kept]);
        handle_count = kept;
        if (!fits) return fail(errc::too_large, "recvmsg");
        return size;
    }

    static result<void> shut_down(handle socket, unsigned directions) noexcept {
        constexpr int how[] = {-1, SHUT_RD, SHUT_WR, SHUT_RDWR};
        return checked(::shutdown(socket, how[directions & 3]), "shutdown");
    }
    static result<socket_address> local_address(handle socket) noexcept {
        native_address told;
        VITTE_CHECK(checked(::getsockname(socket, &told.any, &told.size), "getsockname"));
        return told.value();
    }
    static result<socket_address> peer_address(handle socket) noexcept {
        native_address told;
        if (::getpeername(socket, &told.any, &told.size) == 0) return told.value();
        if (errno == EINVAL) return fail(errc::not_connected, "getpeername", EINVAL);  // it was shut down
        return last_error("getpeername");
    }
    static result<void> take_error(handle socket) noexcept {
        int number = 0;
        socklen_t size = sizeof number;
        VITTE_CHECK(checked(::getsockopt(socket, SOL_SOCKET, SO_ERROR, &number, &size), "getsockopt"));
        if (number != 0) return fail(cause_of(number), "connect", number);
        return {};
    }

    static bool is_stream(handle socket) noexcept {
        int told = 0;
        socklen_t size = sizeof told;
        return ::getsockopt(socket, SOL_SOCKET, SO_TYPE, &told, &size) == 0 && told == SOCK_STREAM;
    }
    static result<int> option(handle socket, socket_option option) noexcept {
        const option_place place = option_places[static_cast<unsigned>(option)];
        if (place.name == -1) return fail(errc::not_supported, "getsockopt");
        option_value told(option);
        VITTE_CHECK(checked(::getsockopt(socket, place.level, place.name, told.at, &told.size), "getsockopt"));
        if (option == socket_option::linger) return told.wait.l_onoff != 0 ? told.wait.l_linger : -1;
        const int number = takes_a_byte(option) ? told.byte : told.number;
        return is_switch(option) ? number != 0 : number;
    }
    static result<void> set_option(handle socket, socket_option option, int value) noexcept {
        const option_place place = option_places[static_cast<unsigned>(option)];
        if (place.name == -1) return fail(errc::not_supported, "setsockopt");
        option_value wish(option);
        wish.wait.l_onoff = value >= 0;
        wish.wait.l_linger = value >= 0 ? value : 0;
        wish.byte = static_cast<unsigned char>(value);
        wish.number = value;
        return checked(::setsockopt(socket, place.level, place.name, wish.at, wish.size), "setsockopt");
    }
    static result<void> join_group(handle socket, const ip_address& group, unsigned interface) noexcept {
        return change_group(socket, group, interface, true);
    }
    static result<void> leave_group(handle socket, const ip_address& group, unsigned interface) noexcept {
        return change_group(socket, group, interface, false);
    }

    static result<unsigned> wait(handle socket, unsigned events, std::int64_t until) noexcept {
        if (socket < 0) return fail(errc::bad_handle, "poll", EBADF);  // which it passes over
        const int asks =
            ((events & socket_readable) != 0 ? POLLIN : 0) | ((events & socket_writable) != 0 ? POLLOUT : 0);
        pollfd asked{socket, static_cast<short>(asks), 0};
        const int ready = ::poll(&asked, 1, poll_timeout(until));
        if (ready == -1) return last_error("poll");
        if (ready == 0) return unexpected(clocks::time_is_over(until, "poll"));
        if ((asked.revents & POLLNVAL) != 0) return fail(errc::bad_handle, "poll", EBADF);
        return ((asked.revents & POLLIN) != 0 ? socket_readable : 0u) |
               ((asked.revents & POLLOUT) != 0 ? socket_writable : 0u) |
               ((asked.revents & (POLLHUP | POLLERR)) != 0 ? socket_hung_up : 0u);
    }
    static result<void> close(handle socket) noexcept { return checked(::close(socket), "close"); }

protected:
    /// What an option is: mostly a number.
    struct option_value {
        linger wait{};
        unsigned char byte = 0;
        int number = 0;
        void* at;
        socklen_t size;

        explicit option_value(socket_option option) noexcept : at(&number), size(sizeof number) {
            if (option == socket_option::linger) at = &wait, size = sizeof wait;
            if (takes_a_byte(option)) at = &byte, size = sizeof byte;
        }
        option_value(const option_value&) = delete;
    };
    /// Room for handles that come with a message, at a place where its header may be.
    struct control_room {
        alignas(cmsghdr) unsigned char bytes[CMSG_SPACE(most_handles * sizeof(int))] = {};
    };

    static constexpr int number(socket_kind kind) noexcept {
        constexpr int numbers[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
        return numbers[static_cast<unsigned>(kind)];
    }
    static result<handle> opened(int made, const char* operation) noexcept {
        if (made == -1) return last_error(operation);
        return made;
    }
    static result<std::size_t> sent(ssize_t count, const char* operation) noexcept {
#if defined(__APPLE__)  // which says so of a connection that is just being torn down
        if (count == -1 && errno == EPROTOTYPE) return fail(errc::broken_pipe, operation, EPROTOTYPE);
#endif
        return counted(count, operation);
    }
    static result<void> dropped(const result<std::size_t>& count) noexcept {
        if (!count) return unexpected(count.error());
        return {};
    }
    static msghdr of_slices(const io_slice* slices, std::size_t count) noexcept {
        msghdr made{};
        made.msg_iov = reinterpret_cast<iovec*>(const_cast<io_slice*>(slices));
        made.msg_iovlen = static_cast<decltype(made.msg_iovlen)>(count);
        return made;
    }

private:
    static result<void> change_group(handle socket, const ip_address& group, unsigned interface, bool join) noexcept {
        if (group.is_v6()) {
            ipv6_mreq wish{};
            std::memcpy(&wish.ipv6mr_multiaddr, group.v6().bytes, 16);
            wish.ipv6mr_interface = interface;
            const int name = join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP;
            return checked(::setsockopt(socket, IPPROTO_IPV6, name, &wish, sizeof wish), "setsockopt");
        }
#if defined(__linux__) && !defined(_GNU_SOURCE)
        return fail(errc::not_supported, "setsockopt");  // POSIX itself has none
#else
#if defined(__linux__) || defined(__FreeBSD__) || defined(__APPLE__)
        ip_mreqn wish{};
        wish.imr_ifindex = static_cast<int>(interface);
#else
        ip_mreq wish{};
        if (interface != 0) return fail(errc::not_supported, "setsockopt");
#endif
        const ipv4_address address = group.v4();
        std::memcpy(&wish.imr_multiaddr, address.bytes, 4);
        const int name = join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP;
        return checked(::setsockopt(socket, IPPROTO_IP, name, &wish, sizeof wish), "setsockopt");
#endif
    }
};

}  // namespace vitte::sys::posix
