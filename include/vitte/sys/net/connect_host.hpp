/// Connections with hosts that have several addresses: they are tried side by side, so that one that does not answer
/// costs a quarter of a second and not minutes (RFC 8305, "Happy Eyeballs").
#pragma once

#include <vitte/sys/event/poller.hpp>
#include <vitte/sys/net/resolver.hpp>
#include <vitte/sys/net/stream.hpp>

namespace vitte::sys {

namespace detail {

/// The addresses in the order of attempts: the first one stays, and then the versions take turns (RFC 8305, 4).
constexpr host_addresses by_turns(const host_addresses& sorted) noexcept {
    host_addresses made;
    std::size_t next[2] = {};  // of version 4 and of version 6
    const auto find = [&](bool v6) {
        std::size_t& at = next[v6];
        while (at < sorted.count && sorted.addresses[at].is_v6() != v6) ++at;
        return at < sorted.count;
    };
    for (bool v6 = sorted.count != 0 && sorted.addresses[0].is_v6(); made.count < sorted.count; v6 = !v6)
        if (find(v6)) made.addresses[made.count++] = sorted.addresses[next[v6]++];
    return made;
}

/// Attempts to connect that go on at once; whichever succeeds first ends the others. `Watch` has `add(handle, i)` tell
/// when attempt `i` has come to something, until `remove(handle, i)`.
template <platform P, class Watch>
class connection_race {
    using sockets = typename P::sockets;
    using stream = basic_tcp_stream<P>;

public:
    connection_race(const host_addresses& to, std::uint16_t port, Watch& watch) noexcept
        : to_(to), port_(port), watch_(watch) {}

    /// Starts what is to be started now. The connection, or the failure of all, or `errc::would_block`.
    result<stream> start_next() noexcept {
        constexpr std::int64_t delay = 250'000'000;  // RFC 8305, 5
        while (started_ < to_.count && (under_way_ == 0 || next_start_ <= deadline::after<P>(0))) {
            if (begin(started_++)) return std::move(attempts_[started_ - 1].socket);
            next_start_ = deadline::after<P>(delay);
        }
        if (under_way_ == 0) return unexpected(failure_);
        return fail(errc::would_block, "connect");
    }
    /// When there is something to start, if that is before `until`.
    deadline next_start(deadline until) const noexcept {
        return started_ < to_.count && next_start_ < until ? next_start_ : until;
    }
    /// The connection that attempt `i`, of which the system tells, has become; or `errc::would_block`: the next one is
    /// to be started.
    result<stream> take(std::size_t i) noexcept {
        if (ended(i)) return std::move(attempts_[i].socket);
        next_start_ = deadline::passed();  // one that failed is not waited for
        return fail(errc::would_block, "connect");
    }

private:
    /// Whether the attempt has succeeded at once.
    bool begin(std::size_t i) noexcept {
        const socket_address address(ip_endpoint{to_.addresses[i], port_});
        const auto made = sockets::open(address.family(), socket_kind::stream);
        if (!made) return failed(made.error());
        attempts_[i].socket = stream(*made);
        static_cast<void>(attempts_[i].socket->set_option(socket_option::no_delay));
        const auto connected = sockets::connect(*made, address);
        if (connected) return true;
        if (connected.error().code != errc::would_block && connected.error().code != errc::interrupted)
            return dropped(i, connected.error());
        const auto watched = watch_.add(*made, i);
        if (!watched) return dropped(i, watched.error());
        ++under_way_;
        return false;
    }
    /// Whether an attempt of which the system tells has succeeded.
    bool ended(std::size_t i) noexcept {
        const result<stream>& attempt = attempts_[i].socket;
        if (!attempt) return false;  // told of twice
        watch_.remove(attempt->native_handle(), i);
        --under_way_;
        const auto done = sockets::take_error(attempt->native_handle());
        return done || dropped(i, done.error());
    }
    bool dropped(std::size_t i, const error& why) noexcept {
        attempts_[i].socket = unexpected(why);
        return failed(why);
    }
    /// What has failed first is told if nothing succeeds.
    bool failed(const error& why) noexcept {
        if (*failure_.operation == '\0') failure_ = why;
        return false;
    }

    const host_addresses to_;
    const std::uint16_t port_;
    Watch& watch_;
    struct {
        result<stream> socket = fail(errc::would_block, "connect");
    } attempts_[host_addresses::most];
    std::size_t started_ = 0, under_way_ = 0;
    deadline next_start_ = deadline::passed();
    error failure_;
};

/// Attempts that a poller of their own watches.
template <platform P>
class polled_attempts {
public:
    explicit polled_attempts(basic_poller<P>&& poller) noexcept : poller_(std::move(poller)) {}

    result<void> add(typename P::sockets::handle attempt, std::size_t i) noexcept {
        return poller_.add(attempt, socket_writable, poll_trigger::one_shot, i);
    }
    void remove(typename P::sockets::handle attempt, std::size_t) noexcept {
        static_cast<void>(poller_.remove(attempt));
    }
    result<basic_tcp_stream<P>> run(const host_addresses& to, std::uint16_t port, deadline until) noexcept {
        connection_race<P, polled_attempts> race(to, port, *this);
        for (;;) {
            auto connected = race.start_next();
            if (connected || connected.error().code != errc::would_block) return connected;
            readiness ready[4];
            const deadline next = race.next_start(until);
            const auto told = poller_.wait(ready, next);
            if (!told && !(next < until && told.error().code == errc::timed_out)) return unexpected(told.error());
            for (const readiness& one : told ? *told : std::span<const readiness>())
                if ((connected = race.take(one.key))) return connected;
        }
    }

private:
    basic_poller<P> poller_;
};

}  // namespace detail

/// Connects with `host` (see `resolve`) at `port`: with whichever of its addresses answers first. `errc::not_found` if
/// there is no such host; if all addresses failed, why the first of them to fail did; `errc::timed_out`.
template <platform P = native>
result<basic_tcp_stream<P>> connect_host(std::string_view host, std::uint16_t port,
                                         deadline until = deadline::never()) noexcept {
    VITTE_TRY(const host_addresses found, resolve<P>(host, until));
    if (found.count == 1) return basic_tcp_stream<P>::connect({found.addresses[0], port}, until);
    VITTE_TRY(auto watch, basic_poller<P>::create());
    return detail::polled_attempts<P>(std::move(watch)).run(detail::by_turns(found), port, until);
}

}  // namespace vitte::sys
