/// `simulated_network`: hosts, the links between them, and what is under way there.
#pragma once

#include <algorithm>
#include <vitte/sys/platform/simulated/host.hpp>
#include <vitte/sys/platform/simulated/link.hpp>
#include <vitte/sys/platform/simulated/socket.hpp>

namespace vitte::sys {

/// What is known of a name.
struct name_answer {
    std::vector<ip_address> addresses;
    std::optional<errc> failure;  ///< what asking fails with instead
    std::int64_t takes = 0;       ///< nanoseconds until it is told
};

/// Part of a simulation: `world.network`. Each host has an address of each version, 10.0.0.N and fd00::N, where N is 1
/// for host 0, and is known by its name; links are as `usual` says until `set_link`.
class simulated_network final : timed_events {
public:
    simulated_network(scheduler& threads, const simulation_options& options) : threads_(threads), options_(options) {
        threads.attach(*this);
        add_host("localhost");
    }
    simulated_network(const simulated_network&) = delete;
    ~simulated_network() = default;

    /// One more host, without a program; `simulated_host::start`.
    simulated_host& add_host(std::string_view name) {
        const auto number = static_cast<unsigned>(hosts_.size());
        VITTE_ASSERT(number < 255);
        auto& made = *hosts_.emplace_back(std::make_unique<simulated_host>(number, name, threads_, options_));
        const auto last = static_cast<std::uint8_t>(number + 1);
        made.addresses = {ipv4_address{{10, 0, 0, last}}, ipv6_address::of_groups({0xfd00, 0, 0, 0, 0, 0, 0, last})};
        made.set_when_off([this](simulated_host& off) { lose_sockets(off.number); });
        if (number != 0) names[made.name] = {made.addresses, std::nullopt, 0};
        return made;
    }
    simulated_host& host(unsigned number) noexcept { return *hosts_[number]; }
    unsigned host_count() const noexcept { return static_cast<unsigned>(hosts_.size()); }

    link_options usual;                                     ///< of links that were not used or set yet
    std::map<std::string, name_answer, std::less<>> names;  ///< names of hosts

    /// What the link is like from now on, in both directions or in one.
    void set_link(const simulated_host& a, const simulated_host& b, const link_options& options) {
        set_one_way(a, b, options);
        set_one_way(b, a, options);
    }
    void set_one_way(const simulated_host& from, const simulated_host& to, const link_options& options) {
        link(from.number, to.number).options = options;
    }
    /// Nothing arrives any more, what is under way neither; `heal` ends that for all links.
    void cut(const simulated_host& a, const simulated_host& b) {
        cut_one_way(a, b);
        cut_one_way(b, a);
    }
    void cut_one_way(const simulated_host& from, const simulated_host& to) {
        link(from.number, to.number).is_cut = true;
    }
    /// Cuts all links between hosts of which `is_here(number)` says another thing.
    template <class IsHere>
    void partition(IsHere is_here) {
        for (unsigned a = 0; a < host_count(); ++a)
            for (unsigned b = 0; b < host_count(); ++b)
                if (a != b && is_here(a) != is_here(b)) link(a, b).is_cut = true;
    }
    void heal() noexcept {
        for (auto& [ends, one] : links_) one.is_cut = false;
    }
    /// Breaks the connections between two hosts: both sides find them reset.
    void reset_connections(const simulated_host& a, const simulated_host& b) {
        for (unsigned number = 1; number < sockets_.size(); ++number) {
            simulated_socket* const s = find(number);
            const bool between = s != nullptr && s->has_peer &&
                                 ((s->host == a.number && s->peer_host == b.number) ||
                                  (s->host == b.number && s->peer_host == a.number));
            if (!between || s->stream.now() != simulated_connection::phase::open) continue;
            tell(*s, s->stream.fail_with(errc::disconnected));
            flush(*s);
        }
    }
    /// How many packets were sent, and how many of them arrived, where some arrive twice.
    std::uint64_t sent() const noexcept { return sent_; }
    std::uint64_t arrived() const noexcept { return arrived_; }
    /// A number made of all that arrived so far, and when.
    std::uint64_t digest() const noexcept { return digest_; }
    /// Sockets and pollers that programs of `of` have not closed.
    std::size_t open_handles(const simulated_host& of) const noexcept {
        std::size_t count = 0;
        for (const auto& s : sockets_) count += s != nullptr && s->host == of.number && s->has_handle();
        for (const auto& p : pollers_) count += p != nullptr && p->host == of.number;
        return count;
    }

    // What follows is for the facets.

    scheduler& threads() noexcept { return threads_; }
    simulated_host& here() noexcept { return *hosts_[threads_.group()]; }
    std::int64_t now() const noexcept { return threads_.now(); }
    bool has_handles(simulated_host& host) const noexcept {
        return host.disk.open_handles() + open_handles(host) < options_.most_handles;
    }

    simulated_socket& add_socket(unsigned host, socket_family family, socket_kind kind) {
        auto& made = *sockets_.emplace_back(std::make_unique<simulated_socket>());
        made.number = static_cast<unsigned>(sockets_.size() - 1);
        made.host = host;
        made.family = family;
        made.kind = kind;
        return made;
    }
    /// Null if there is none any more.
    simulated_socket* find(unsigned number) noexcept {
        return number < sockets_.size() ? sockets_[number].get() : nullptr;
    }
    unsigned add_poller() {
        pollers_.emplace_back(std::make_unique<simulated_watches>())->host = threads_.group();
        return static_cast<unsigned>(pollers_.size() - 1);
    }
    simulated_watches* find_poller(unsigned number) noexcept {
        return number < pollers_.size() && pollers_[number] && pollers_[number]->host == threads_.group()
                   ? pollers_[number].get()
                   : nullptr;
    }
    void remove_poller(unsigned number) noexcept {
        for (const auto& [socket, one] : pollers_[number]->watched) std::erase(find(socket)->pollers, number);
        threads_.wake_all(&pollers_[number]->word);
        pollers_[number].reset();
    }

    /// A socket of which `wanted` is true; null if there is none.
    template <class Wanted>
    simulated_socket* any_socket(Wanted wanted) noexcept {
        for (const auto& one : sockets_)
            if (one != nullptr && wanted(*one)) return one.get();
        return nullptr;
    }
    unsigned next_port(unsigned host) noexcept { return ports_[host]++; }
    void unwatch(unsigned by, unsigned socket) noexcept { pollers_[by]->forget(socket); }
    /// Closes what has no connection. Those that nobody has accepted are reset.
    void close_idle(simulated_socket& of) {
        for (unsigned number = 1; number < sockets_.size(); ++number) {
            simulated_socket* const one = find(number);
            if (one == nullptr || one->listener != of.number) continue;
            one->listener = 0;
            one->stream.close(true, now());
            flush(*one);
        }
        forget(of);
    }

    /// Who is bound there and takes what is sent to it: at that address itself, or else at any.
    template <class Wanted>
    simulated_socket* bound(unsigned host, const ip_endpoint& to, Wanted wanted) noexcept {
        simulated_socket* found = nullptr;
        for (const auto& one : sockets_) {
            if (one == nullptr || one->host != host || !one->is_bound || !one->local.is_ip() || !wanted(*one)) continue;
            const ip_endpoint& at = one->local.ip();
            if (at.port != to.port) continue;
            if (at.address == to.address) return one.get();
            const bool any = at.address.is_any() && (at.address.is_v6() == to.address.is_v6() ||
                                                     (at.address.is_v6() && one->option(socket_option::only_v6) == 0));
            if (any && found == nullptr) found = one.get();
        }
        return found;
    }
    /// Of which host an address is, as seen from `from`; of nobody's, `host_count()`.
    unsigned host_of(unsigned from, const ip_address& address) const noexcept {
        if (address.is_loopback() || address.is_any()) return from;
        for (const auto& one : hosts_)
            if (std::ranges::find(one->addresses, address) != one->addresses.end()) return one->number;
        return static_cast<unsigned>(hosts_.size());
    }

    /// A connection that waits to be accepted, with the options of its listener.
    simulated_socket& add_accepted(simulated_socket& listener) {
        ++listener.unaccepted;
        simulated_socket& made = add_socket(listener.host, listener.family, listener.kind);
        made.options = listener.options;
        made.stream.send_buffer = listener.stream.send_buffer;
        made.stream.receive_buffer = listener.stream.receive_buffer;
        made.stream.patience = listener.stream.patience;
        made.is_bound = made.has_peer = true;
        made.listener = listener.number;
        return made;
    }
    void can_be_accepted(simulated_socket& made) {
        simulated_socket* const listener = find(made.listener);
        if (listener == nullptr) return;
        listener->waiting.push_back(made.number);
        tell(*listener, socket_readable);
    }
    /// False if there is no room for it.
    bool add_message(simulated_socket& to, const socket_address& from, std::span<const std::byte> bytes) {
        if (to.message_bytes + bytes.size() > to.receive_buffer()) return false;
        to.message_bytes += bytes.size();
        to.messages.push_back({from, {bytes.begin(), bytes.end()}});
        tell(to, socket_readable);
        return true;
    }

    void send(simulated_packet&& packet) {
        ++sent_;
        if (packet.from_host == packet.to_host) return add_event(now(), 0, std::move(packet));
        std::int64_t at[2];
        const unsigned count =
            link(packet.from_host, packet.to_host).send(packet.bytes.size(), now(), threads_.decisions(), at);
        if (count == 2) add_event(at[1], 0, simulated_packet(packet));
        if (count != 0) add_event(at[0], 0, std::move(packet));
    }
    /// Sends what a connection has to send, and forgets it if it is over and nobody has a handle of it.
    void flush(simulated_socket& of) {
        for (simulated_packet& packet : of.stream.take_packets()) {
            packet.from_host = of.host;
            packet.to_host = of.peer_host;
            packet.from_socket = of.number;
            packet.to_socket = of.peer_socket;
            if (of.local.is_ip()) packet.from = of.local.ip(), packet.to = of.peer.ip();
            send(std::move(packet));
        }
        if (of.stream.due() < of.timer) add_event(of.timer = of.stream.due(), of.number, {});
        const bool is_over = of.stream.now() == simulated_connection::phase::over;
        if (is_over && (of.stream.is_orphan() || (of.listener != 0 && !can_accept(of)))) forget(of);
    }
    /// Whether it waits to be accepted, as it also does when it is over by then.
    bool can_accept(const simulated_socket& of) noexcept {
        const simulated_socket* const listener = find(of.listener);
        return listener != nullptr && std::ranges::find(listener->waiting, of.number) != listener->waiting.end();
    }
    /// Something of `events` is new: who waits for it looks at it.
    void tell(simulated_socket& of, unsigned events) {
        if (events == 0) return;
        threads_.wake_all(&of.word);
        for (const unsigned number : of.pollers) {
            simulated_watches& by = *pollers_[number];
            auto& watch = by.watched.find(of.number)->second;
            if (watch.is_done || ((watch.interest | socket_hung_up) & events) == 0) continue;
            by.suggest(of.number, watch);
            threads_.wake_all(&by.word);
        }
    }
    void forget(simulated_socket& of) {
        tell(of, socket_hung_up);
        for (const unsigned number : of.pollers) pollers_[number]->forget(of.number);
        if (simulated_socket* const listener = of.listener != 0 ? find(of.listener) : nullptr) {
            --listener->unaccepted;
            std::erase(listener->waiting, of.number);
        }
        sockets_[of.number].reset();
    }

    std::int64_t next() const noexcept override { return events_.empty() ? INT64_MAX : events_.front().at; }
    void happen() override {
        while (next() <= now()) {
            std::pop_heap(events_.begin(), events_.end(), later);
            const event due = std::move(events_.back());
            events_.pop_back();
            if (due.timer != 0)
                expire(due.timer);
            else
                deliver(*due.packet);
        }
    }

private:
    struct event {
        std::int64_t at;
        std::uint64_t order;
        unsigned timer;  ///< a socket, or 0
        std::unique_ptr<simulated_packet> packet;
    };
    static bool later(const event& a, const event& b) noexcept {
        return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
    void add_event(std::int64_t at, unsigned timer, simulated_packet&& packet) {
        if (at >= scheduler::end_of_time) return;
        auto what = timer != 0 ? nullptr : std::make_unique<simulated_packet>(std::move(packet));
        events_.push_back({at, ++order_, timer, std::move(what)});
        std::push_heap(events_.begin(), events_.end(), later);
    }
    simulated_link& link(unsigned from, unsigned to) {
        const auto [found, is_new] = links_.try_emplace({from, to});
        if (is_new) found->second.options = usual;
        return found->second;
    }
    void note(std::uint64_t fact) noexcept {
        for (; fact != 0; fact >>= 8) digest_ = (digest_ ^ (fact & 0xff)) * 0x100000001b3;  // FNV-1a
    }

    void lose_sockets(unsigned host) {
        for (auto& s : sockets_)
            if (s != nullptr && s->host == host) s.reset();
        for (auto& p : pollers_)
            if (p != nullptr && p->host == host) p.reset();
    }
    void expire(unsigned number) {
        simulated_socket* const of = find(number);
        if (of == nullptr) return;
        of->timer = INT64_MAX;
        tell(*of, of->stream.expire(now()));
        flush(*of);
    }

    void deliver(simulated_packet& packet) {
        const bool from_outside = packet.from_host != packet.to_host;
        if (host(packet.to_host).is_off() && packet.to_host != 0) return;
        if (from_outside && link(packet.from_host, packet.to_host).is_cut) return;
        ++arrived_;
        note(static_cast<std::uint64_t>(now()));
        note((static_cast<std::uint64_t>(packet.kind) << 60) + (packet.bytes.size() << 24) + packet.from_socket);
        switch (packet.kind) {
            case simulated_packet::message: return take_message(packet);
            case simulated_packet::call: return take_call(packet);
            default: break;
        }
        simulated_socket* const to = find(packet.to_socket);
        bool is_there = to != nullptr && to->host == packet.to_host;
        if (packet.kind == simulated_packet::no_socket) {
            if (!is_there || !to->has_peer) return;
            to->error = errc::refused;
            return tell(*to, socket_readable | socket_writable | socket_hung_up);
        }
        // What is late may be of another connection of the same caller.
        const bool is_called = is_there && to->stream.now() == simulated_connection::phase::calling;
        is_there = is_there && (is_called || to->peer_socket == packet.from_socket);
        if (!is_there || to->stream.now() == simulated_connection::phase::over) {
            const simulated_socket* const from = find(packet.from_socket);  // a local one has been told
            if (packet.kind != simulated_packet::reset && (from == nullptr || !from->stream.is_local))
                reply(packet, simulated_packet::reset);
            return;
        }
        const auto before = to->stream.now();
        if (packet.kind == simulated_packet::answer) to->peer_socket = packet.from_socket;
        tell(*to, to->stream.arrived(packet, now()));
        if (before == simulated_connection::phase::answering && to->stream.now() == simulated_connection::phase::open)
            can_be_accepted(*to);
        flush(*to);
    }
    void reply(const simulated_packet& to, simulated_packet::kinds kind) {
        simulated_packet made;
        made.kind = kind;
        made.from_host = to.to_host;
        made.to_host = to.from_host;
        made.from_socket = to.to_socket;
        made.to_socket = to.from_socket;
        send(std::move(made));
    }
    void take_message(simulated_packet& packet) {
        simulated_socket* const to = bound(packet.to_host, packet.to, [&](const simulated_socket& s) {
            return s.kind == socket_kind::datagram && (!s.has_peer || s.peer.ip() == packet.from);
        });
        if (to == nullptr) return reply(packet, simulated_packet::no_socket);
        add_message(*to, packet.from, packet.bytes);
    }
    void take_call(const simulated_packet& packet) {
        simulated_socket* const listener =
            bound(packet.to_host, packet.to, [](const simulated_socket& s) { return s.is_listening; });
        if (listener == nullptr) return reply(packet, simulated_packet::reset);
        if (listener->unaccepted >= listener->backlog || !listener->callers.insert(packet.from_socket).second) return;
        simulated_socket& made = add_accepted(*listener);
        made.local = packet.to;
        made.peer = packet.from;
        made.peer_host = packet.from_host;
        made.peer_socket = packet.from_socket;
        made.stream.answer(packet, now());
        flush(made);
    }

    scheduler& threads_;
    const simulation_options options_;
    std::vector<std::unique_ptr<simulated_host>> hosts_;
    std::map<std::pair<unsigned, unsigned>, simulated_link> links_;
    std::vector<std::unique_ptr<simulated_socket>> sockets_ = std::vector<std::unique_ptr<simulated_socket>>(1);
    std::vector<std::unique_ptr<simulated_watches>> pollers_;
    std::vector<event> events_;
    std::map<unsigned, unsigned> ports_;  ///< how many each host has given out
    std::uint64_t order_ = 0, sent_ = 0, arrived_ = 0, digest_ = 0xcbf29ce484222325;
};

}  // namespace vitte::sys
