/// The facet `sockets` of a simulation. Options other than those of addresses, buffers, linger and patience are kept
/// and change nothing; there are no packets for many receivers.
#pragma once

#include <vitte/sys/platform/simulated/world.hpp>

namespace vitte::sys::detail {

struct simulated_sockets {
    using handle = int;
    static constexpr handle invalid = -1;

    static result<handle> open(socket_family family, socket_kind kind) noexcept {
        if (kind == socket_kind::sequenced) return fail(errc::not_supported, "open socket");
        if (!net().has_handles(net().here())) return fail(errc::out_of_handles, "open socket");
        simulated_socket& made = net().add_socket(net().here().number, family, kind);
        made.local = unbound(family);
        return handle_of(made);
    }
    static result<void> open_pair(socket_kind kind, handle (&ends)[2]) noexcept {
        for (handle& end : ends) {
            VITTE_TRY(end, open(socket_family::local, kind));
        }
        simulated_socket &a = *find(ends[0]), &b = *find(ends[1]);
        join(a, b);
        if (kind == socket_kind::stream) simulated_connection::connect(a.stream, b.stream);
        return {};
    }

    static result<void> bind(handle h, const socket_address& wanted) noexcept {
        simulated_socket* const of = find(h);
        if (of == nullptr) return fail(errc::bad_handle, "bind");
        if (of->is_bound) return fail(errc::invalid_argument, "bind");
        if (wanted.family() != of->family) return fail(errc::invalid_argument, "bind");
        if (!wanted.is_ip()) return bind_local(*of, wanted.local());
        ip_endpoint at = meant(wanted.ip());
        if (!at.address.is_any() && net().host_of(of->host, at.address) != of->host)
            return fail(errc::no_such_address, "bind");
        if (at.port == 0) return bind_anywhere(*of, at.address);
        if (is_taken(*of, at)) return fail(errc::address_in_use, "bind");
        of->local = at;
        of->is_bound = true;
        return {};
    }
    static result<void> listen(handle h, int backlog) noexcept {
        simulated_socket* const of = find(h);
        if (of == nullptr) return fail(errc::bad_handle, "listen");
        if (of->kind != socket_kind::stream) return fail(errc::not_supported, "listen");
        if (of->has_peer || (!of->is_bound && !of->local.is_ip())) return fail(errc::invalid_argument, "listen");
        if (!of->is_bound) {
            VITTE_CHECK(bind_anywhere(*of, of->local.ip().address));
        }
        if (of->local.is_ip() && is_taken(*of, of->local.ip(), true)) return fail(errc::address_in_use, "listen");
        of->is_listening = true;
        of->backlog = 1 + static_cast<std::size_t>(backlog >= 0 && backlog < most_backlog ? backlog : most_backlog);
        return {};
    }
    static result<handle> accept(handle h, socket_address& peer) noexcept {
        simulated_socket* const of = find(h);
        if (of == nullptr) return fail(errc::bad_handle, "accept");
        if (!of->is_listening) return fail(errc::invalid_argument, "accept");
        if (of->waiting.empty()) return fail(errc::would_block, "accept");
        if (!net().has_handles(net().here())) return fail(errc::out_of_handles, "accept");
        simulated_socket& made = *net().find(of->waiting.front());
        of->waiting.pop_front();
        --of->unaccepted;
        made.listener = 0;
        peer = shown(made, made.peer);
        return handle_of(made);
    }
    static result<void> connect(handle h, const socket_address& to) noexcept {
        simulated_socket* const of = find(h);
        if (of == nullptr) return fail(errc::bad_handle, "connect");
        if (of->is_listening) return fail(errc::already_connected, "connect");
        if (to.family() != of->family) return fail(errc::invalid_argument, "connect");
        const bool is_stream = of->kind == socket_kind::stream;
        if (is_stream && of->stream.now() == phase::calling) return fail(errc::would_block, "connect");
        if (is_stream && of->is_asked) {
            of->is_asked = false;
            if (!of->stream.is_closed()) return {};
            return fail(of->stream.take_error().value_or(errc::disconnected), "connect");
        }
        if (is_stream && of->stream.now() != phase::idle) return fail(errc::already_connected, "connect");
        if (!to.is_ip()) return connect_local(*of, to.local());
        ip_endpoint place = meant(to.ip());
        const unsigned target = net().host_of(of->host, place.address);
        if (target == net().host_count()) return fail(errc::unreachable, "connect");
        if (place.address.is_any()) place.address = loopback(place.address.is_v6());
        VITTE_CHECK(bind_for(*of, place.address));
        of->peer = place;
        of->peer_host = target;
        of->has_peer = true;
        if (!is_stream) return {};
        of->is_asked = true;
        of->stream.call(net().now());
        net().flush(*of);
        return fail(errc::would_block, "connect");
    }

    static result<std::size_t> receive(handle h, std::byte* to, std::size_t size) noexcept {
        const io_slice slice{to, size};
        return receive_vector(h, &slice, 1);
    }
    static result<std::size_t> send(handle h, const std::byte* from, std::size_t size) noexcept {
        const io_slice slice{const_cast<std::byte*>(from), size};
        return send_vector(h, &slice, 1);
    }
    static result<std::size_t> receive_vector(handle h, const io_slice* slices, std::size_t count) noexcept {
        simulated_socket* const of = find(h);
        if (of == nullptr) return fail(errc::bad_handle, "receive");
        if (of->kind != socket_kind::stream) {
            VITTE_TRY(const auto message, take_message(*of));
            return scatter(message.bytes, slices, count);
        }
        if (of->is_listening) return fail(errc::not_connected, "receive");
        std::size_t all = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const auto got = of->stream.receive({slices[i].data, slices[i].size});
            if (!got && all == 0 && (slices[i].size != 0 || count == 1)) return got;
            all += got.value_or(0);
            if (got.value_or(0) < slices[i].size) break;
        }
        net().flush(*of);
        return all;
    }
    static result<std::size_t> send_vector(handle h, const io_slice* slices, std::size_t count) noexcept {
        simulated_socket* const of = find(h);
        if (of == nullptr) return fail(errc::bad_handle, "send");
        std::vector<std::byte> all;
        for (std::size_t i = 0; i < count; ++i) all.insert(all.end(), slices[i].data, slices[i].data + slices[i].size);
        if (of->kind != socket_kind::stream) {
            if (!of->has_peer) return fail(errc::not_connected, "send");
            VITTE_CHECK(send_message(*of, of->peer, all));
            return all.size();
        }
        if (of->is_listening) return fail(errc::not_connected, "send");
        const auto sent = of->stream.send(all, net().now());
        net().flush(*of);
        return sent;
    }
    static result<void> receive_from(handle h, datagram& message) noexcept {
        simulated_socket* const of = find(h);
        if (of == nullptr) return fail(errc::bad_handle, "receive");
        if (of->kind == socket_kind::stream) {
            VITTE_TRY(message.size, receive(h, message.data, message.size));
            return {};
        }
        VITTE_TRY(const auto came, take_message(*of));
        message.truncated = came.bytes.size() > message.size;
        const io_slice slice{message.data, message.size};
        message.size = scatter(came.bytes, &slice, 1);
        message.address = shown(*of, came.from);
        return {};
    }
    static result<void> send_to(handle h, const datagram& message) noexcept {
        simulated_socket* const of = find(h);
        if (of == nullptr) return fail(errc::bad_handle, "send");
        if (of->kind == socket_kind::stream) return fail(errc::already_connected, "send");
        if (message.address.family() != of->family) return fail(errc::invalid_argument, "send");
        const socket_address to =
            message.address.is_ip() ? socket_address(meant(message.address.ip())) : message.address;
        return send_message(*of, to, {message.data, message.size});
    }

    static result<void> shut_down(handle h, unsigned directions) noexcept {
        simulated_socket* const of = find(h);
        if (of == nullptr) return fail(errc::bad_handle, "shut down");
        if (of->kind != socket_kind::stream || of->is_listening) return fail(errc::not_connected, "shut down");
        of->is_asked = false;
        const auto done = of->stream.shut_down(directions, net().now());
        net().flush(*of);
        if (done) net().tell(*of, socket_readable | socket_writable | socket_hung_up);
        return done;
    }
    static result<socket_address> local_address(handle h) noexcept {
        const simulated_socket* const of = find(h);
        if (of == nullptr) return fail(errc::bad_handle, "local address");
        return shown(*of, of->local);
    }
    static result<socket_address> peer_address(handle h) noexcept {
        const simulated_socket* const of = find(h);
        if (of == nullptr) return fail(errc::bad_handle, "peer address");
        const bool is_open =
            of->kind != socket_kind::stream || (of->stream.now() == phase::open && !of->stream.is_closed());
        if (!of->has_peer || !is_open) return fail(errc::not_connected, "peer address");
        return shown(*of, of->peer);
    }
    static result<void> take_error(handle h) noexcept {
        simulated_socket* const of = find(h);
        if (of == nullptr) return fail(errc::bad_handle, "take error");
        const auto failed =
            of->kind == socket_kind::stream ? of->stream.take_error() : std::exchange(of->error, std::nullopt);
        if (failed) return fail(*failed, "connect");
        return {};
    }
    static result<int> option(handle h, socket_option which) noexcept {
        const simulated_socket* const of = find(h);
        if (of == nullptr) return fail(errc::bad_handle, "option");
        if (which == socket_option::receive_buffer) return static_cast<int>(of->stream.receive_buffer);
        if (which == socket_option::send_buffer) return static_cast<int>(of->stream.send_buffer);
        return of->option(which, which == socket_option::linger ? -1 : 0);
    }
    static result<void> set_option(handle h, socket_option which, int value) noexcept {
        simulated_socket* const of = find(h);
        if (of == nullptr) return fail(errc::bad_handle, "set option");
        constexpr int least_buffer = 4608;
        const auto bytes = static_cast<std::uint64_t>(value > least_buffer ? value : least_buffer);
        if (which == socket_option::receive_buffer) of->stream.receive_buffer = bytes;
        if (which == socket_option::send_buffer) of->stream.send_buffer = bytes;
        if (which == socket_option::user_timeout && value > 0) of->stream.patience = std::int64_t{value} * 1'000'000;
        of->options[which] = value;
        return {};
    }

    static result<unsigned> wait(handle h, unsigned events, std::int64_t until) noexcept {
        for (;;) {
            simulated_socket* const of = find(h);
            if (of == nullptr) return fail(errc::bad_handle, "wait");
            const unsigned ready = of->ready() & (events | socket_hung_up);
            if (ready != 0) return ready;
            if (until <= net().now()) return fail(errc::timed_out, "wait");
            net().threads().rest(&of->word, until);
        }
    }
    static result<void> close(handle h) noexcept {
        simulated_socket* const of = find(h);
        if (of == nullptr) return fail(errc::bad_handle, "close");
        net().tell(*of, socket_readable | socket_writable | socket_hung_up);
        for (const unsigned number : std::exchange(of->pollers, {})) net().unwatch(number, of->number);
        if (of->kind != socket_kind::stream || of->is_listening || !of->has_peer) {
            net().close_idle(*of);
        } else {
            of->stream.close(of->option(socket_option::linger, -1) == 0, net().now());
            net().flush(*of);
        }
        return {};
    }

    /// Also looks what has happened meanwhile: a call takes a moment.
    static simulated_network& net() noexcept {
        simulated_network& all = simulation::current().network;
        if (all.next() <= all.now()) all.happen();
        return all;
    }
    /// A socket of this host that is open; null if there is none of that number.
    static simulated_socket* find(handle h) noexcept {
        simulation::current().threads.pass(100);
        simulated_socket* const found = h < 0 ? nullptr : net().find(static_cast<unsigned>(h) - first_handle);
        if (found == nullptr || found->host != net().here().number) return nullptr;
        return found->has_handle() ? found : nullptr;
    }

private:
    using phase = simulated_connection::phase;
    static constexpr unsigned first_handle = 1u << 30;  ///< above those of files
    static constexpr std::size_t largest_message = 65'507;
    static constexpr int most_backlog = 4096;  ///< as in net.core.somaxconn

    static handle handle_of(const simulated_socket& of) noexcept {
        return static_cast<handle>(of.number + first_handle);
    }
    static ip_address loopback(bool v6) noexcept {
        return v6 ? ip_address(ipv6_address::loopback()) : ip_address(ipv4_address::loopback());
    }
    static socket_address unbound(socket_family family) noexcept {
        if (family == socket_family::local) return unix_address();
        return ip_endpoint{family == socket_family::ipv6 ? ip_address(ipv6_address::any()) : ip_address(), 0};
    }
    /// Addresses of IPv4 that are written as such of IPv6 (RFC 4291, 2.5.5.2), and back.
    static ip_endpoint meant(const ip_endpoint& at) noexcept {
        if (!at.address.is_v6() || !at.address.v6().is_mapped()) return at;
        return {at.address.v6().v4(), at.port};
    }
    static socket_address shown(const simulated_socket& of, const socket_address& at) noexcept {
        if (of.family != socket_family::ipv6 || !at.is_ip() || at.ip().address.is_v6()) return at;
        return ip_endpoint{ipv6_address::mapped(at.ip().address.v4()), at.ip().port};
    }

    /// Whether another socket keeps `of` from being bound to, or from listening at, an address.
    static bool is_taken(const simulated_socket& of, const ip_endpoint& at, bool to_listen = false) noexcept {
        const auto both = [&](const simulated_socket& other, socket_option which) {
            return of.option(which) != 0 && other.option(which) != 0;
        };
        return net().any_socket([&](const simulated_socket& other) {
            if (&other == &of || other.host != of.host || other.kind != of.kind || !other.is_bound) return false;
            if (!other.local.is_ip() || other.local.ip().port != at.port || both(other, socket_option::reuse_port))
                return false;
            const ip_address &a = at.address, &b = other.local.ip().address;
            const auto covers_v4 = [](const simulated_socket& s, const ip_address& place) {
                return place.is_v6() && place.is_any() && s.option(socket_option::only_v6) == 0;
            };
            const bool same_version = a.is_v6() == b.is_v6() || covers_v4(of, a) || covers_v4(other, b);
            if (!same_version || !(a == b || a.is_any() || b.is_any())) return false;
            if (to_listen) return other.is_listening;
            return other.is_listening || !both(other, socket_option::reuse_address);
        });
    }
    static result<void> bind_anywhere(simulated_socket& of, const ip_address& address) noexcept {
        constexpr unsigned first = 32'768, count = 28'232;  // as on Linux
        for (unsigned tried = 0; tried < count; ++tried) {
            const auto port = static_cast<std::uint16_t>(first + net().next_port(of.host) % count);
            if (is_taken(of, {address, port})) continue;
            of.local = ip_endpoint{address, port};
            of.is_bound = true;
            return {};
        }
        return fail(errc::address_in_use, "bind");
    }
    /// The address from which `to` is reached.
    static result<ip_address> source_for(const simulated_socket& of, const ip_address& to) noexcept {
        if (of.is_bound && !of.local.ip().address.is_any()) return of.local.ip().address;
        if (net().host_of(of.host, to) == of.host) return to;
        for (const ip_address& mine : net().here().addresses)
            if (mine.is_v6() == to.is_v6()) return mine;
        return fail(errc::unreachable, "connect");
    }
    static result<void> bind_for(simulated_socket& of, const ip_address& to) noexcept {
        VITTE_TRY(const ip_address from, source_for(of, to));
        if (!of.is_bound) return bind_anywhere(of, from);
        of.local = ip_endpoint{from, of.local.ip().port};
        return {};
    }
    static result<void> bind_local(simulated_socket& of, const unix_address& at) noexcept {
        if (at.is_unnamed()) return {};
        if (!at.is_abstract()) {
            simulated_file_system& disk = net().here().disk;
            const std::string path(at.name());
            const auto made = disk.open(simulated_file_system::current, path.c_str(), open_mode::create_new);
            if (!made)
                return fail(made.error().code == errc::already_exists ? errc::address_in_use : made.error().code,
                            "bind");
            disk.find(*made)->node->facts.kind = file_kind::other;
            of.inode = disk.find(*made)->node->facts.inode;
            static_cast<void>(disk.close(*made));
        } else if (find_local(at)) {
            return fail(errc::address_in_use, "bind");
        }
        of.local = at;
        of.is_bound = true;
        return {};
    }
    /// Who is bound there. `errc::not_found` if there is no such file, `errc::refused` if it is nobody's.
    static result<simulated_socket*> find_local(const unix_address& at) noexcept {
        std::uint64_t inode = 0;
        if (!at.is_abstract()) {
            const std::string path(at.name());
            VITTE_TRY(const auto info, net().here().disk.info(simulated_file_system::current, path.c_str(), true));
            inode = info.inode;
        }
        simulated_socket* const found = net().any_socket([&](const simulated_socket& s) {
            return s.host == net().here().number && s.is_bound && !s.local.is_ip() && s.has_handle() &&
                   (inode != 0 ? s.inode == inode : s.local.local() == at);
        });
        if (found == nullptr) return fail(errc::refused, "connect");
        return found;
    }
    static void join(simulated_socket& a, simulated_socket& b) noexcept {
        for (auto [one, other] : {std::pair(&a, &b), std::pair(&b, &a)}) {
            one->has_peer = true;
            one->peer = other->local;
            one->peer_host = other->host;
            one->peer_socket = other->number;
        }
    }
    static result<void> connect_local(simulated_socket& of, const unix_address& to) noexcept {
        VITTE_TRY(simulated_socket* const there, find_local(to));
        if (there->kind != of.kind) return fail(errc::invalid_argument, "connect");
        if (of.kind != socket_kind::stream) {
            of.has_peer = true;
            of.peer = to;
            of.peer_socket = there->number;
            return {};
        }
        if (!there->is_listening) return fail(errc::refused, "connect");
        if (there->unaccepted >= there->backlog) return fail(errc::would_block, "connect");
        simulated_socket& made = net().add_accepted(*there);
        made.local = there->local;
        join(of, made);
        simulated_connection::connect(of.stream, made.stream);
        net().can_be_accepted(made);
        return {};
    }

    static result<simulated_socket::message> take_message(simulated_socket& of) noexcept {
        if (const auto failed = std::exchange(of.error, std::nullopt)) return fail(*failed, "receive");
        if (of.messages.empty()) return fail(errc::would_block, "receive");
        simulated_socket::message taken = std::move(of.messages.front());
        of.messages.pop_front();
        of.message_bytes -= taken.bytes.size();
        return taken;
    }
    static result<void> send_message(simulated_socket& of, const socket_address& to,
                                     std::span<const std::byte> bytes) noexcept {
        if (const auto failed = std::exchange(of.error, std::nullopt)) return fail(*failed, "send");
        if (!to.is_ip()) return send_local(of, to, bytes);
        if (bytes.size() > largest_message) return fail(errc::too_large, "send");
        simulated_packet made;
        made.kind = simulated_packet::message;
        made.to = to.ip();
        made.to_host = net().host_of(of.host, made.to.address);
        if (made.to_host == net().host_count()) return fail(errc::unreachable, "send");
        if (made.to.address.is_any()) made.to.address = loopback(made.to.address.is_v6());
        if (!of.is_bound) {
            VITTE_CHECK(bind_anywhere(of, of.local.ip().address));
        }
        VITTE_TRY(const ip_address from, source_for(of, made.to.address));
        made.from = {from, of.local.ip().port};
        made.from_host = of.host;
        made.from_socket = of.number;
        made.bytes.assign(bytes.begin(), bytes.end());
        net().send(std::move(made));
        return {};
    }
    static result<void> send_local(simulated_socket& of, const socket_address& to,
                                   std::span<const std::byte> bytes) noexcept {
        simulated_socket* there =
            of.has_peer && of.peer_socket != 0 && to == of.peer ? net().find(of.peer_socket) : nullptr;
        if (there == nullptr) {
            if (to.local().is_unnamed()) return fail(errc::refused, "send");
            VITTE_TRY(there, find_local(to.local()));
        }
        if (there->kind != socket_kind::datagram) return fail(errc::invalid_argument, "send");
        if (bytes.size() > of.stream.send_buffer) return fail(errc::too_large, "send");
        if (!net().add_message(*there, of.local, bytes)) return fail(errc::would_block, "send");
        return {};
    }
    static std::size_t scatter(std::span<const std::byte> bytes, const io_slice* slices, std::size_t count) noexcept {
        std::size_t all = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t size = slices[i].size < bytes.size() - all ? slices[i].size : bytes.size() - all;
            if (size != 0) __builtin_memcpy(slices[i].data, bytes.data() + all, size);
            all += size;
        }
        return all;
    }
};

}  // namespace vitte::sys::detail
