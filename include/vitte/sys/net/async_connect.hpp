/// Connections of coroutines on a loop with hosts that have several addresses (RFC 8305, "Happy Eyeballs").
#pragma once

#include <vitte/sys/event/task.hpp>
#include <vitte/sys/net/connect_host.hpp>
#include <vitte/sys/net/name_resolver.hpp>

namespace vitte::sys {

namespace detail {

/// Attempts that a loop watches.
template <platform P>
class looped_attempts {
    using handle = typename P::sockets::handle;

public:
    explicit looped_attempts(basic_loop<P>& in) noexcept : loop_(in) {}

    result<void> add(handle attempt, std::size_t i) noexcept {
        one& made = all_[i].emplace(*this, i);
        VITTE_CHECK(made.watch.open(attempt));
        return made.watch.when_writable(made, made.operation);
    }
    void remove(handle, std::size_t i) noexcept { all_[i].reset(); }

    /// `co_await` gives the next one of which the system tells; `errc::timed_out`.
    auto next(deadline until) noexcept {
        auto attempt = [this]() -> result<std::size_t> {
            if (told_ == 0) return fail(errc::would_block, "connect");
            const auto i = static_cast<std::size_t>(__builtin_ctz(told_));
            told_ &= told_ - 1;
            return i;
        };
        return attempt_when_ready<P, decltype(attempt), looped_attempts>(loop_, *this, socket_readable, until, attempt);
    }
    result<void> when_readable(loop_callback& then) noexcept {
        then_ = &then;
        return {};
    }
    void cancel_readable() noexcept { then_ = nullptr; }

private:
    struct one : loop_callback {
        one(looped_attempts& all, std::size_t i) noexcept
            : loop_callback([](loop_callback& self) noexcept { static_cast<one&>(self).tell(); }),
              of(all),
              number(i),
              watch(all.loop_) {}
        void tell() noexcept {
            of.told_ |= std::uint32_t{1} << number;
            if (of.then_ != nullptr) pass_on(*std::exchange(of.then_, nullptr));
        }
        looped_attempts& of;
        const std::size_t number;
        loop_operation<P> operation{completion_kind::await_output, nullptr, 0};
        basic_handle_watcher<P> watch;
    };
    static_assert(host_addresses::most <= 32);

    basic_loop<P>& loop_;
    std::optional<one> all_[host_addresses::most];
    std::uint32_t told_ = 0;
    loop_callback* then_ = nullptr;
};

}  // namespace detail

/// `co_await` gives what `connect_host` returns, and others go on meanwhile. `host` stays where it is until then.
template <platform P>
task<result<basic_tcp_stream<P>>> connect_host(basic_loop<P>& in, basic_name_resolver<P>& by, std::string_view host,
                                               std::uint16_t port, deadline until = deadline::never()) {
    const auto found = co_await async_resolve<P>(in, by, host, until);
    if (!found) co_return unexpected(found.error());
    detail::looped_attempts<P> watch(in);
    detail::connection_race<P, detail::looped_attempts<P>> race(detail::by_turns(*found), port, watch);
    for (;;) {
        auto connected = race.start_next();
        if (connected || connected.error().code != errc::would_block) co_return connected;
        const deadline next = race.next_start(until);
        const auto told = co_await watch.next(next);
        if (!told && !(next < until && told.error().code == errc::timed_out)) co_return unexpected(told.error());
        if (told && (connected = race.take(*told))) co_return connected;
    }
}

}  // namespace vitte::sys
