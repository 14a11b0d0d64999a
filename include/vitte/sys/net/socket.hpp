/// What all sockets are: a handle that is closed in the end, options, and waiting, so that every call has a deadline.
#pragma once

#include <span>
#include <utility>
#include <vitte/sys/platform/sockets.hpp>
#include <vitte/sys/retry.hpp>
#include <vitte/sys/time/retry_pace.hpp>

namespace vitte::sys {

template <platform P>
class basic_relay;

/// An open socket; closed by its destructor. Several threads may use it at once, as long as none of them closes it.
template <platform P = native>
class basic_socket {
    static_assert(
        requires { typename P::sockets; }, "this platform has no sockets");

protected:
    using sockets = typename P::sockets;

public:
    using platform_type = P;
    using native_handle_type = typename sockets::handle;

    /// Takes over an open handle that never blocks.
    explicit basic_socket(native_handle_type handle) noexcept : handle_(handle) {}
    basic_socket(basic_socket&& other) noexcept : handle_(std::exchange(other.handle_, sockets::invalid)) {}
    basic_socket& operator=(basic_socket&& other) noexcept {
        basic_socket moved(std::move(other));
        std::swap(handle_, moved.handle_);
        return *this;
    }
    ~basic_socket() { static_cast<void>(close()); }

    bool is_open() const noexcept { return handle_ != sockets::invalid; }
    native_handle_type native_handle() const noexcept { return handle_; }
    /// Gives the handle up without closing it.
    native_handle_type release() noexcept { return std::exchange(handle_, sockets::invalid); }
    /// Closing twice does nothing.
    result<void> close() noexcept {
        if (!is_open()) return {};
        return sockets::close(release());
    }

    /// What it is bound to.
    result<socket_address> local_address() const noexcept { return sockets::local_address(handle_); }
    result<int> option(socket_option which) const noexcept { return sockets::option(handle_, which); }
    result<void> set_option(socket_option which, int value = 1) const noexcept {
        return sockets::set_option(handle_, which, value);
    }
    /// Which bits of `socket_event` are true when one of `events` is, or `socket_hung_up`; `errc::timed_out`.
    result<unsigned> wait(unsigned events, deadline until = deadline::never()) const noexcept {
        return retried([&] { return sockets::wait(handle_, events, until.monotonic()); });
    }

protected:
    /// Returns the result of `call()`, which is called until it fails with neither `errc::would_block` nor
    /// `errc::interrupted`, at least once. Fails with `errc::timed_out` from `until` on.
    template <class Call>
    auto when(unsigned events, deadline until, Call call) const noexcept -> decltype(call()) {
        for (detail::retry_pace<P> pace;;) {
            auto done = call();
            // A new result of the value stays in registers, where a copy of the whole does not.
            if constexpr (std::is_void_v<typename decltype(done)::value_type>) {
                if (done) return {};
            } else {
                if (done) return *std::move(done);
            }
            VITTE_CHECK(try_again(done.error(), events, until, pace));
        }
    }
    template <class Call>
    auto when_readable(deadline until, Call call) const noexcept {
        return when(socket_readable, until, call);
    }
    template <class Call>
    auto when_writable(deadline until, Call call) const noexcept {
        return when(socket_writable, until, call);
    }

private:
    friend basic_relay<P>;

    /// Returns when what failed can be tried again, or why it cannot be.
    [[gnu::noinline, gnu::cold]] result<void> try_again(const error& failed, unsigned events, deadline until,
                                                        detail::retry_pace<P>& pace) const noexcept {
        if (failed.code == errc::interrupted) return pace.in_time(until, failed.operation);
        if (failed.code != errc::would_block) return unexpected(failed);
        VITTE_CHECK(pace.before_wait(until, failed.operation));
        VITTE_TRY([[maybe_unused]] const unsigned ready, wait(events, until));
        return {};
    }

    native_handle_type handle_;
};

}  // namespace vitte::sys
