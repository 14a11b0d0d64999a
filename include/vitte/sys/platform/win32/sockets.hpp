/// Sockets (Windows Sockets 2). Programs link ws2_32, too.
#pragma once

#include <climits>

#include <vitte/sys/platform/win32/clocks.hpp>
#include <vitte/sys/platform/win32/socket_address.hpp>
#include <vitte/sys/platform/win32/socket_library.hpp>

namespace vitte::sys::win32 {

/// Where Windows keeps an option (ws2def.h, ws2ipdef.h); `name` 0: it has nothing of the kind.
struct option_place {
    int level, name;
};
inline constexpr int of_socket = 0xffff, of_ip = 0, of_tcp = 6, of_ipv6 = 41;
inline constexpr option_place exclusive_use{of_socket, ~4};
inline constexpr option_place option_places[] = {
    exclusive_use,    // reuse_address: without it
    {of_socket, 4},   // reuse_port
    {of_socket, 32},  // broadcast
    {of_ipv6, 27},    // only_v6
    {of_tcp, 1},      // no_delay
    {0, 0},           // cork
    {of_socket, 8},   // keep_alive
    {of_tcp, 3},      // keep_alive_idle: Windows 10 1709, and so the next
    {of_tcp, 17},     // keep_alive_interval
    {of_tcp, 16},     // keep_alive_count: Windows 10 1703
    {of_tcp, 14},     // user_timeout
    {0, 0},           // defer_accept
    {of_tcp, 15},     // fast_open
    {of_socket, 0x80},    // linger
    {of_socket, 0x1002},  // receive_buffer
    {of_socket, 0x1001},  // send_buffer
    {of_ip, 4},           // hops
    {of_ipv6, 4},         // hops_v6
    {of_ip, 10},          // multicast_hops
    {of_ipv6, 10},        // multicast_hops_v6
    {of_ip, 11},          // multicast_loop
    {of_ipv6, 11},        // multicast_loop_v6
};
static_assert(sizeof option_places / sizeof *option_places ==
              1 + static_cast<unsigned>(socket_option::multicast_loop_v6));

struct sockets {
    using handle = std::uintptr_t;
    static constexpr handle invalid = ~handle{0};
    static constexpr std::size_t most_slices = 16;  ///< of one call
    /// Streams have their address for themselves, since others could take it away else; an address of theirs that may
    /// be reused is one that can be taken away.
    static constexpr bool reuse_steals = true;

    static result<handle> open(socket_family family, socket_kind kind) noexcept {
        handle made = created(family, kind);
        if (made == invalid && GetLastError() == sockets_asleep) {
            VITTE_CHECK(wake_sockets());
            made = created(family, kind);
        }
        if (made == invalid) return last_error("WSASocketW");
        const auto ready = prepare(made, family, kind);
        if (ready) return made;
        closesocket(made);
        return unexpected(ready.error());
    }
    static result<void> bind(handle socket, const socket_address& address) noexcept {
        const native_address to(address);
        if (!to.is_known()) return fail(errc::not_supported, "bind");
        return done(win32::bind(socket, to.get(), to.size), "bind");
    }
    static result<void> listen(handle socket, int backlog) noexcept {
        return done(win32::listen(socket, backlog), "listen");
    }
    static result<void> connect(handle socket, const socket_address& address) noexcept {
        const native_address to(address);
        if (!to.is_known()) return fail(errc::not_supported, "connect");
        return done(win32::connect(socket, to.get(), to.size), "connect");
    }
    /// It never blocks, as its listener; but it would be inherited.
    static result<handle> accept(handle socket, socket_address& peer) noexcept {
        constexpr unsigned long inherited = 1;
        native_address from;
        const handle made = win32::accept(socket, from.get(), &from.size);
        if (made == invalid) return last_error("accept");
        SetHandleInformation(reinterpret_cast<void*>(made), inherited, 0);
        peer = from.value();
        return made;
    }

    static result<std::size_t> receive(handle socket, std::byte* to, std::size_t size) noexcept {
        const int room = at_once(size);
        return received(win32::recv(socket, reinterpret_cast<char*>(to), room, 0), room, "recv");
    }
    static result<std::size_t> send(handle socket, const std::byte* from, std::size_t size) noexcept {
        return counted(win32::send(socket, reinterpret_cast<const char*>(from), at_once(size), 0), "send");
    }
    static result<std::size_t> receive_vector(handle socket, const io_slice* slices, std::size_t count) noexcept {
        buffers to(slices, count);
        unsigned long came = 0, flags = 0;
        const int outcome = WSARecv(socket, to.get(), to.count, &came, &flags, nullptr, nullptr);
        return received(outcome == 0 ? static_cast<int>(came) : -1, to.size, "WSARecv");
    }
    static result<std::size_t> send_vector(handle socket, const io_slice* slices, std::size_t count) noexcept {
        buffers from(slices, count);
        unsigned long went = 0;
        const int outcome = WSASend(socket, from.get(), from.count, &went, 0, nullptr, nullptr);
        return counted(outcome == 0 ? static_cast<int>(went) : -1, "WSASend");
    }
    static result<void> receive_from(handle socket, datagram& message) noexcept {
        native_address from;
        const int room = at_once(message.size);
        const int came = recvfrom(socket, reinterpret_cast<char*>(message.data), room, 0, from.get(), &from.size);
        message.truncated = came < 0 && GetLastError() == longer_than_room;
        VITTE_TRY(message.size, received(came, room, "recvfrom"));
        message.address = from.value();
        return {};
    }
    static result<void> send_to(handle socket, const datagram& message) noexcept {
        const native_address to(message.address);
        if (!to.is_known()) return fail(errc::not_supported, "sendto");
        const char* const data = reinterpret_cast<const char*>(message.data);
        return done(sendto(socket, data, at_once(message.size), 0, to.get(), to.size) < 0, "sendto");
    }

    static result<void> shut_down(handle socket, unsigned directions) noexcept {
        constexpr int how[] = {-1, 0, 1, 2};
        return done(shutdown(socket, how[directions & 3]), "shutdown");
    }
    static result<socket_address> local_address(handle socket) noexcept {
        constexpr unsigned long not_bound = 10022;
        native_address told;
        if (getsockname(socket, told.get(), &told.size) == 0) return told.value();
        if (GetLastError() == not_bound) return socket_address();
        return last_error("getsockname");
    }
    static result<socket_address> peer_address(handle socket) noexcept {
        native_address told;
        VITTE_CHECK(done(getpeername(socket, told.get(), &told.size), "getpeername"));
        return told.value();
    }
    static result<void> take_error(handle socket) noexcept {
        VITTE_TRY(const int number, number_of(socket, {of_socket, 0x1007}));
        if (number != 0) return failed(static_cast<unsigned long>(number), "connect");
        return {};
    }

    static bool is_stream(handle socket) noexcept {
        const auto kind = number_of(socket, {of_socket, 0x1008});
        return kind && *kind == 1;
    }
    static result<int> option(handle socket, socket_option option) noexcept {
        const option_place place = option_places[static_cast<unsigned>(option)];
        if (place.name == 0) return fail(errc::not_supported, "getsockopt");
        VITTE_TRY(const int number, number_of(socket, place));
        switch (option) {
            case socket_option::reuse_address: return number == 0;
            case socket_option::linger: return (number & 0xffff) == 0 ? -1 : number >> 16 & 0xffff;
            default: return number;
        }
    }
    /// Whom of several streams at one port Windows gives a connection to is not defined: they do not share any.
    static result<void> set_option(handle socket, socket_option option, int value) noexcept {
        const option_place place = option_places[static_cast<unsigned>(option)];
        const bool supported = place.name != 0 && (option != socket_option::reuse_port || !is_stream(socket));
        if (!supported) return fail(errc::not_supported, "setsockopt");
        return set_number(socket, place, wish(option, value));
    }
    static result<void> join_group(handle socket, const ip_address& group, unsigned link) noexcept {
        return change_group(socket, group, link, true);
    }
    static result<void> leave_group(handle socket, const ip_address& group, unsigned link) noexcept {
        return change_group(socket, group, link, false);
    }

    /// By select, since WSAPoll of Windows before 10 2004 does not tell that connecting has failed. Nothing but that is
    /// `socket_hung_up` here: a connection that is over is readable.
    static result<unsigned> wait(handle socket, unsigned events, std::int64_t until) noexcept {
        constexpr unsigned long timed_out = 10060;
        socket_set readable{(events & socket_readable) != 0, {socket}};
        socket_set writable{(events & socket_writable) != 0, {socket}}, refused{1, {socket}};
        const time_span limit = time_until(until);
        const int ready = vitte_select(0, &readable, &writable, &refused, until == INT64_MAX ? nullptr : &limit);
        if (ready < 0) return last_error("select");
        if (ready == 0) return unexpected(clocks::time_is_over(until, "select", timed_out));
        return (readable.count != 0 ? socket_readable : 0u) | (writable.count != 0 ? socket_writable : 0u) |
               (refused.count != 0 ? socket_hung_up : 0u);
    }
    static result<void> close(handle socket) noexcept { return done(closesocket(socket), "closesocket"); }

private:
    static constexpr unsigned long longer_than_room = 10040, receiving_ended = 10058;

    /// Pieces of memory as calls take them: so many as one call moves.
    struct buffers {
        socket_buffer all[most_slices];
        unsigned long count = 0;
        int size = 0;

        buffers(const io_slice* slices, std::size_t given) noexcept {
            for (; count < given && count < most_slices && size < INT_MAX; ++count) {
                const int part = at_once(slices[count].size), room = INT_MAX - size;
                const int taken = part < room ? part : room;
                all[count] = {static_cast<unsigned long>(taken), reinterpret_cast<char*>(slices[count].data)};
                size += taken;
            }
        }
        _WSABUF* get() noexcept { return as<_WSABUF>(all); }
    };

    static int at_once(std::size_t size) noexcept { return size < INT_MAX ? static_cast<int>(size) : INT_MAX; }
    static result<void> done(int outcome, const char* operation) noexcept { return checked(outcome == 0, operation); }
    static result<std::size_t> counted(int count, const char* operation) noexcept {
        if (count < 0) return last_error(operation);
        return static_cast<std::size_t>(count);
    }
    /// What of a message there is no room for is lost, and what was shut down is at its end.
    static result<std::size_t> received(int count, int room, const char* operation) noexcept {
        if (count < 0 && GetLastError() == longer_than_room) count = room;
        if (count < 0 && GetLastError() == receiving_ended) count = 0;
        return counted(count, operation);
    }

    static handle created(socket_family family, socket_kind kind) noexcept {
        constexpr int numbers[] = {1, 2, 5};
        constexpr unsigned long overlapped_use = 1, not_inherited = 0x80;
        return WSASocketW(family_number(family), numbers[static_cast<unsigned>(kind)], 0, nullptr, 0,
                          overlapped_use | not_inherited);
    }
    /// Makes it one that never blocks, and has no more than one stream of bytes: what is urgent (RFC 6093) comes in its
    /// order and not as an event.
    static result<void> prepare(handle socket, socket_family family, socket_kind kind) noexcept {
        constexpr option_place urgent_in_line{of_socket, 0x100};
        constexpr long never_blocks = static_cast<long>(0x8004667e);
        unsigned long on = 1;
        VITTE_CHECK(done(ioctlsocket(socket, never_blocks, &on), "ioctlsocket"));
        if (kind == socket_kind::datagram) ignore_refusals(socket);
        if (kind != socket_kind::stream || family == socket_family::local) return {};
        VITTE_CHECK(set_number(socket, urgent_in_line, 1));
        return set_number(socket, exclusive_use, 1);
    }
    /// Else a message that nobody took makes the next `receive` fail, whoever that message was for (SIO_UDP_CONNRESET,
    /// SIO_UDP_NETRESET). Where one of them is not known, there are no such failures.
    static void ignore_refusals(handle socket) noexcept {
        for (const unsigned long report : {0x9800000cul, 0x9800000ful}) {
            int off = 0;
            unsigned long told = 0;
            WSAIoctl(socket, report, &off, sizeof off, nullptr, 0, &told, nullptr, nullptr);
        }
    }

    static result<int> number_of(handle socket, option_place place) noexcept {
        int number = 0, size = sizeof number;
        char* const to = reinterpret_cast<char*>(&number);
        VITTE_CHECK(done(getsockopt(socket, place.level, place.name, to, &size), "getsockopt"));
        return number;
    }
    static result<void> set_number(handle socket, option_place place, int number) noexcept {
        const char* const from = reinterpret_cast<const char*>(&number);
        return done(setsockopt(socket, place.level, place.name, from, sizeof number), "setsockopt");
    }
    /// `value` as Windows takes it; of `linger`, two numbers of 16 bits: whether, and how long.
    static constexpr int wish(socket_option option, int value) noexcept {
        switch (option) {
            case socket_option::reuse_address: return value == 0;
            case socket_option::fast_open: return value != 0;
            case socket_option::linger: return value < 0 ? 0 : 1 | (value < 0x7fff ? value : 0x7fff) << 16;
            default: return value;
        }
    }
    static result<void> change_group(handle socket, const ip_address& group, unsigned link, bool join) noexcept {
        struct {
            std::uint8_t group[4], link[4];  // in the network's order
        } v4{};
        struct {
            std::uint8_t group[16];
            std::uint32_t link;
        } v6{};
        if (group.is_v6()) {
            std::memcpy(v6.group, group.v6().bytes, sizeof v6.group);
            v6.link = link;
            const char* const from = reinterpret_cast<const char*>(&v6);
            return done(setsockopt(socket, of_ipv6, join ? 12 : 13, from, sizeof v6), "setsockopt");
        }
        const ipv4_address address = group.v4();
        std::memcpy(v4.group, address.bytes, sizeof v4.group);
        for (unsigned i = 0; i < 4; ++i) v4.link[i] = static_cast<std::uint8_t>(link >> (24 - 8 * i));
        const char* const from = reinterpret_cast<const char*>(&v4);
        return done(setsockopt(socket, of_ip, join ? 12 : 13, from, sizeof v4), "setsockopt");
    }

    /// From now, not shorter.
    static time_span time_until(std::int64_t until) noexcept {
        constexpr std::int64_t most = 1'000'000'000'000'000;  // nanoseconds: eleven days
        const std::int64_t left = until - clocks::monotonic(), bounded = left < most ? left : most;
        const std::int64_t count = bounded > 0 ? (bounded - 1) / 1000 + 1 : 0;
        return {static_cast<long>(count / 1'000'000), static_cast<long>(count % 1'000'000)};
    }
};

}  // namespace vitte::sys::win32
