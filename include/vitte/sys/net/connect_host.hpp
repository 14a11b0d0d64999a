/// Connections with hosts that have several addresses: they are tried side by side, so that one that does not answer
/// costs a quarter of a second and not minutes (RFC 8305, "Happy Eyeballs").
#pragma once

#include <optional>

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

/// Attempts to connect that go on at once; whichever succeeds first ends the others.
template <platform P>
class connection_race {
    using sockets = typename P::sockets;
    using stream = basic_tcp_stream<P>;

public:
    connection_race(const host_addresses& to, std::uint16_t port, basic_poller<P>&& watch) noexcept
        : to_(to), port_(port), watch_(std::move(watch)) {}

    result<stream> run(deadline until) noexcept {
        constexpr std::int64_t delay = 250'000'000;  // RFC 8305, 5
        deadline next_start = deadline::passed();
        for (;;) {
            if (started_ < to_.count && (under_way_ == 0 || next_start <= deadline::after<P>(0))) {
                if (begin(started_++)) return std::move(*attempts_[started_ - 1]);
                next_start = deadline::after<P>(delay);
                continue;
            }
            if (under_way_ == 0) return unexpected(failure_);
            const bool may_start = started_ < to_.count && next_start < until;
            readiness ready[4];
            const auto told = watch_.wait(ready, may_start ? next_start : until);
            if (!told && !(may_start && told.error().code == errc::timed_out)) return unexpected(told.error());
            for (const readiness& one : told ? *told : std::span<const readiness>())
                if (ended(one.key))
                    return std::move(*attempts_[one.key]);
                else
                    next_start = deadline::passed();  // one that failed is not waited for
        }
    }

private:
    /// Whether the attempt has succeeded at once.
    bool begin(std::size_t i) noexcept {
        const socket_address address(ip_endpoint{to_.addresses[i], port_});
        const auto made = sockets::open(address.family(), socket_kind::stream);
        if (!made) return failed(made.error());
        stream& attempt = attempts_[i].emplace(*made);
        static_cast<void>(attempt.set_option(socket_option::no_delay));
        const auto connected = sockets::connect(*made, address);
        if (connected) return true;
        if (connected.error().code != errc::would_block && connected.error().code != errc::interrupted)
            return dropped(i, connected.error());
        const auto watched = watch_.add(*made, socket_writable, poll_trigger::one_shot, i);
        if (!watched) return dropped(i, watched.error());
        ++under_way_;
        return false;
    }
    /// Whether an attempt of which the system tells has succeeded.
    bool ended(std::size_t i) noexcept {
        if (!attempts_[i]) return false;  // told of twice
        if (const auto done = sockets::take_error(attempts_[i]->native_handle()); !done) {
            static_cast<void>(watch_.remove(attempts_[i]->native_handle()));
            --under_way_;
            return dropped(i, done.error());
        }
        return true;
    }
    bool dropped(std::size_t i, const error& why) noexcept {
        attempts_[i].reset();
        return failed(why);
    }
    /// What has failed first is told if nothing succeeds.
    bool failed(const error& why) noexcept {
        if (*failure_.operation == '\0') failure_ = why;
        return false;
    }

    const host_addresses to_;
    const std::uint16_t port_;
    basic_poller<P> watch_;
    std::optional<stream> attempts_[host_addresses::most];
    std::size_t started_ = 0, under_way_ = 0;
    error failure_;
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
    detail::connection_race<P> race(detail::by_turns(found), port, std::move(watch));
    return race.run(until);
}

}  // namespace vitte::sys
