/// What coroutines on a loop wait for: sockets that are ready, and points in time. What waits lies in the coroutine's
/// frame, and is cancelled when that is destroyed.
#pragma once

#include <coroutine>

#include <vitte/sys/event/loop.hpp>

namespace vitte::sys {

/// Makes `co_await resume_at(loop, when)` go on at `when`.
template <platform P>
class [[nodiscard]] resume_at : loop_callback {
public:
    resume_at(basic_loop<P>& in, deadline when) noexcept
        : loop_callback([](loop_callback& self) noexcept { static_cast<resume_at&>(self).waiter_.resume(); }),
          loop_(in),
          timer_(*this),
          when_(when) {}
    ~resume_at() { loop_.cancel(timer_); }

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept {
        waiter_ = waiter;
        loop_.start(timer_, when_);
    }
    void await_resume() const noexcept {}

private:
    basic_loop<P>& loop_;
    loop_timer timer_;
    const deadline when_;
    std::coroutine_handle<> waiter_;
};

/// Makes `co_await` go on with what `attempt()` returns, which is made at once, and again whenever `watched` is ready,
/// until it is not `errc::would_block`; or with `errc::timed_out` at `until`.
template <platform P, class Attempt>
class [[nodiscard]] attempt_when_ready : loop_callback {
    using returned = std::invoke_result_t<Attempt&>;

public:
    attempt_when_ready(basic_loop<P>& in, basic_handle_watcher<P>& watched, socket_event event, deadline until,
                       Attempt attempt) noexcept
        : loop_callback([](loop_callback& self) noexcept { static_cast<attempt_when_ready&>(self).again(); }),
          loop_(in),
          watched_(watched),
          reads_(event == socket_readable),
          until_(until),
          attempt_(std::move(attempt)),
          too_late_(*this),
          timer_(too_late_) {}
    ~attempt_when_ready() { stop(); }

    bool await_ready() noexcept { return !must_wait() && loop_.may_go_on(); }
    bool await_suspend(std::coroutine_handle<> waiter) noexcept {
        waiter_ = waiter;
        const bool has_result = !would_block();  // for which it waits a turn
        if (!has_result && !wait()) return false;
        if (has_result || !until_.is_never()) loop_.start(timer_, has_result ? deadline::passed() : until_);
        return true;
    }
    returned await_resume() noexcept { return std::move(*done_); }

private:
    struct late : loop_callback {
        explicit late(attempt_when_ready& of) noexcept
            : loop_callback([](loop_callback& self) noexcept { static_cast<late&>(self).of_.give_up(); }), of_(of) {}
        attempt_when_ready& of_;
    };

    bool must_wait() noexcept {
        do done_.emplace(attempt_());
        while (!*done_ && done_->error().code == errc::interrupted);
        return would_block();
    }
    bool would_block() const noexcept { return !*done_ && done_->error().code == errc::would_block; }
    /// False if it cannot, which is what comes of it then.
    bool wait() noexcept {
        const auto asked = reads_ ? watched_.when_readable(*this) : watched_.when_writable(*this);
        waits_ = asked.has_value();
        if (!asked) done_.emplace(unexpected(asked.error()));
        return waits_;
    }
    void again() noexcept {
        waits_ = false;
        if (must_wait() && wait()) return;
        stop();
        waiter_.resume();
    }
    void give_up() noexcept {
        if (would_block()) done_.emplace(fail(errc::timed_out, "wait for a socket"));
        stop();
        waiter_.resume();
    }
    void stop() noexcept {
        if (std::exchange(waits_, false)) reads_ ? watched_.cancel_readable() : watched_.cancel_writable();
        loop_.cancel(timer_);
    }

    basic_loop<P>& loop_;
    basic_handle_watcher<P>& watched_;
    const bool reads_;
    bool waits_ = false;
    const deadline until_;
    Attempt attempt_;
    std::optional<returned> done_;
    late too_late_;
    loop_timer timer_;
    std::coroutine_handle<> waiter_;
};

}  // namespace vitte::sys
