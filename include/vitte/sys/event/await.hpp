/// What coroutines on a loop wait for: sockets that are ready, and points in time. What waits lies in the coroutine's
/// frame, and is cancelled when that is destroyed. Closing what it waits for, or ending that, has it go on with
/// `errc::cancelled`.
#pragma once

#include <coroutine>
#include <new>
#include <vitte/sys/event/loop.hpp>
#include <vitte/sys/time/retry_pace.hpp>

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
/// until it is not `errc::would_block`; or with `errc::timed_out` at `until`. After `errc::interrupted` it is made
/// again too, when the others have had their turn if it was often so. An attempt that is ready and would block again
/// and again is made after pauses. Receiving from a handle that is drained is not attempted before it is ready. An
/// attempt that has an `operation`, a `loop_operation`, leaves that to the loop's completion ring, if there is one, and
/// looks at what has come of it; without being made before if `is_left_to_ring(many)`, for a ring that in this turn has
/// much to do or not.
template <platform P, class Attempt, class Watched = basic_handle_watcher<P>>
class [[nodiscard]] attempt_when_ready : loop_callback {
    using returned = std::invoke_result_t<Attempt&>;

public:
    /// Of `given` the attempt is made, where it stays.
    template <class... Given>
    attempt_when_ready(basic_loop<P>& in, Watched& watched, socket_event event, deadline until,
                       Given&&... given) noexcept
        : loop_callback([](loop_callback& self) noexcept { static_cast<attempt_when_ready&>(self).again(); },
                        [](loop_callback& self) noexcept { static_cast<attempt_when_ready&>(self).abandon(); }),
          reads_(event == socket_readable),
          loop_(in),
          watched_(watched),
          until_(until),
          attempt_{std::forward<Given>(given)...} {}
    ~attempt_when_ready() {
        if (waits_ || has_end_) stop();
        if (is_abandoned_) loop_.withdraw(*this);
    }

    [[gnu::always_inline]] bool await_ready() noexcept {
        if (leaves_to_ring() || is_drained()) return false;
        return (attempt() || has_ended()) && loop_.may_go_on();
    }
    [[gnu::always_inline]] bool await_suspend(std::coroutine_handle<> waiter) noexcept {
        waiter_ = waiter;
        if (was_interrupted()) return pause_until(deadline::passed()), true;
        if (done_) return start_timer(deadline::passed()), true;  // it waits a turn
        if (!wait()) return false;
        if (!until_.is_never()) start_timer(until_);
        return true;
    }
    returned await_resume() noexcept { return std::move(*done_); }

private:
    /// Is what an attempt returns, without a copy of it.
    struct what_comes_of {
        Attempt& attempt;
        [[gnu::always_inline]] operator returned() noexcept { return attempt(); }
    };
    struct end_of_waiting : loop_callback {
        explicit end_of_waiting(attempt_when_ready& waits) noexcept
            : loop_callback([](loop_callback& self) noexcept { static_cast<end_of_waiting&>(self).of.give_up(); }),
              of(waits),
              timer(*this) {}
        attempt_when_ready& of;
        loop_timer timer;
        detail::retry_pace<P> pace;
    };

    static constexpr bool has_operation = requires(Attempt& attempt) { attempt.operation; };

    bool leaves_to_ring() const noexcept {
        if constexpr (has_operation) return loop_.completes() && Attempt::is_left_to_ring(loop_.completes_many());
        return false;
    }
    bool is_drained() const noexcept {
        if constexpr (requires { watched_.is_drained(); }) return reads_ && watched_.is_drained();
        return false;
    }
    /// Whether that succeeds.
    bool attempt() noexcept {
        done_.emplace(what_comes_of{attempt_});
        return done_->has_value();
    }
    /// Attempts it, if that may help.
    bool need_not_wait() noexcept { return !is_drained() && (attempt() || has_ended()); }
    /// Whether what has failed is not to be attempted again in this turn, or when it is ready.
    [[gnu::noinline]] bool has_ended() noexcept {
        while (was_interrupted() && loop_.may_go_on()) done_.emplace(what_comes_of{attempt_});
        if (*done_ || done_->error().code != errc::would_block) return true;
        done_.reset();
        return false;
    }
    bool was_interrupted() const noexcept { return done_ && !*done_ && done_->error().code == errc::interrupted; }
    /// False if it cannot, which is what comes of it then.
    [[gnu::always_inline]] bool wait() noexcept {
        const auto asked = wait_for(*this);
        if (!asked) return done_.emplace(unexpected(asked.error())), false;
        return waits_ = true;
    }
    void again() noexcept {
        if (std::exchange(is_abandoned_, false)) return waiter_.resume();
        waits_ = false;
        if (std::exchange(pauses_, false)) loop_.cancel(end_.timer);
        const bool tries = !is_drained();
        if (tries && attempt() && !has_end_) return waiter_.resume();
        wait_or_resume(tries);
    }
    [[gnu::noinline]] void wait_or_resume(bool tried) noexcept {
        const bool ended = tried && (done_->has_value() || has_ended());
        if (tried && !ended && pauses()) return;
        if (!ended && wait()) {
            if (!until_.is_never() && !(has_end_ && end_.timer.pending())) start_timer(until_);
            return;
        }
        if (has_end_) stop();
        if (was_interrupted()) return pause_until(deadline::passed());
        waiter_.resume();
    }
    /// Whether it is attempted again after a pause, since it was ready often and could not go on.
    bool pauses() noexcept {
        const std::int64_t pause = end().pace.next_pause();
        if (pause == 0) return false;
        loop_.cancel(end_.timer);
        const deadline next = deadline::after<P>(pause);
        pause_until(next < until_ ? next : until_);
        return true;
    }
    /// It asks for nothing meanwhile, but has to learn that the watcher is closed.
    void pause_until(deadline when) noexcept {
        pauses_ = true;
        if constexpr (requires { watched_.hold_readable(*this); }) {
            hold();
            waits_ = true;
        }
        start_timer(when);
    }
    void hold() noexcept {
        if constexpr (can_write)
            if (!reads_) return watched_.hold_writable(*this);
        watched_.hold_readable(*this);
    }
    /// The watcher is closed and may be gone when the coroutine goes on.
    void abandon() noexcept {
        waits_ = false;
        if (has_end_) loop_.cancel(end_.timer);
        done_.emplace(fail(errc::cancelled, "wait in loop"));
        is_abandoned_ = true;
        loop_.post(*this);
    }
    /// The time has come to go on after a pause, or with a failure.
    void give_up() noexcept {
        if (pauses_ && until_ > deadline::after<P>(0)) {
            if (waits_) wait_no_more();
            return again();
        }
        stop();
        if constexpr (has_operation)
            if (attempt_.operation.is_done()) static_cast<void>(need_not_wait());
        if (!done_ || was_interrupted()) done_.emplace(fail(errc::timed_out, "wait in loop"));
        waiter_.resume();
    }
    [[gnu::noinline]] void start_timer(deadline when) noexcept { loop_.start(end().timer, when); }
    end_of_waiting& end() noexcept {
        if (!std::exchange(has_end_, true)) ::new (&end_) end_of_waiting(*this);
        return end_;
    }
    [[gnu::noinline]] void stop() noexcept {
        if (std::exchange(waits_, false)) wait_no_more();
        if (has_end_) loop_.cancel(end_.timer);
    }
    [[gnu::always_inline]] result<void> wait_for(loop_callback& then) noexcept {
        if constexpr (has_operation)
            if (loop_.completes())
                return reads_ ? watched_.when_readable(then, attempt_.operation)
                              : watched_.when_writable(then, attempt_.operation);
        if constexpr (can_write)
            if (!reads_) return watched_.when_writable(then);
        return watched_.when_readable(then);
    }
    void wait_no_more() noexcept {
        if constexpr (can_write)
            if (!reads_) return watched_.cancel_writable();
        watched_.cancel_readable();
    }
    static constexpr bool can_write = requires(Watched& w) { w.cancel_writable(); };

    // What is always used lies together: cold memory is what waiting costs when there are many.
    const bool reads_;
    bool waits_ = false, has_end_ = false, pauses_ = false, is_abandoned_ = false;
    std::coroutine_handle<> waiter_;
    basic_loop<P>& loop_;
    Watched& watched_;
    const deadline until_;
    std::optional<returned> done_;
    Attempt attempt_;
    union {
        end_of_waiting end_;
    };
};

}  // namespace vitte::sys
