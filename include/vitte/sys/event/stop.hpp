/// Asking work to stop: a loop, or what a coroutine waits for. `stop_token.hpp` has `std::stop_token` ask.
#pragma once

#include <vitte/sys/event/await.hpp>
#include <vitte/sys/thread/mutex.hpp>

namespace vitte::sys {

template <platform P>
class basic_stop_waiter;

/// Somebody's wish that work stops, which is not taken back. All of it may be called from any thread. It ends after
/// those who wait for it.
template <platform P = native>
class basic_stop_request {
public:
    constexpr basic_stop_request() noexcept = default;
    basic_stop_request(const basic_stop_request&) = delete;
    basic_stop_request& operator=(const basic_stop_request&) = delete;

    void request_stop() noexcept {
        const scoped_lock hold(lock_);
        if (requested_.exchange(1) != 0) return;
        for (basic_stop_waiter<P>* one = waiting_; one != nullptr; one = one->next_) one->post();
    }
    bool stop_requested() const noexcept { return requested_.load_acquire() != 0; }

private:
    friend basic_stop_waiter<P>;

    basic_mutex<P> lock_;
    atomic_of<P, std::uint32_t> requested_{0};
    basic_stop_waiter<P>* waiting_ = nullptr;
};

/// Has a loop call when a stop is requested, from its beginning to its end, both in the loop's thread; at once if it
/// was requested before.
template <platform P = native>
class basic_stop_waiter {
public:
    basic_stop_waiter(basic_loop<P>& in, basic_stop_request<P>& of, loop_callback& then) noexcept
        : loop_(in), of_(of), then_(then) {
        const scoped_lock hold(of_.lock_);
        next_ = of_.waiting_;
        if (next_ != nullptr) next_->place_ = &next_;
        place_ = &of_.waiting_;
        of_.waiting_ = this;
        if (of_.stop_requested()) post();
    }
    basic_stop_waiter(const basic_stop_waiter&) = delete;
    basic_stop_waiter& operator=(const basic_stop_waiter&) = delete;
    ~basic_stop_waiter() {
        {
            const scoped_lock hold(of_.lock_);
            *place_ = next_;
            if (next_ != nullptr) next_->place_ = place_;
        }
        loop_.withdraw(then_);
    }

private:
    friend basic_stop_request<P>;
    void post() noexcept { loop_.post(then_); }

    basic_loop<P>& loop_;
    basic_stop_request<P>& of_;
    loop_callback& then_;
    basic_stop_waiter *next_ = nullptr, **place_ = nullptr;
};

/// Has `loop::run` return when a stop is requested, also if nothing else ever happens.
template <platform P = native>
class basic_loop_stopper : loop_callback {
public:
    basic_loop_stopper(basic_loop<P>& in, basic_stop_request<P>& of) noexcept
        : loop_callback([](loop_callback& self) noexcept { static_cast<basic_loop_stopper&>(self).loop_.stop(); }),
          loop_(in),
          waiter_(in, of, *this) {}

private:
    basic_loop<P>& loop_;
    basic_stop_waiter<P> waiter_;
};

/// Makes `co_await unless_stopped(loop, request, [&] { return stream.receive(room); })` go on with what the operation
/// that the function returns, anything to be awaited that gives a `result`, comes to; or with `errc::cancelled` when a
/// stop is requested first: then the operation is destroyed, which ends it.
template <platform P, class Make>
class [[nodiscard]] unless_stopped : loop_callback {
    using operation = std::invoke_result_t<Make&>;
    using returned = decltype(std::declval<operation&>().await_resume());

public:
    unless_stopped(basic_loop<P>& in, basic_stop_request<P>& by, Make make) noexcept
        : loop_callback([](loop_callback& self) noexcept { static_cast<unless_stopped&>(self).stop(); }),
          loop_(in),
          by_(by),
          make_(std::move(make)) {}

    bool await_ready() noexcept {
        if (by_.stop_requested()) return true;
        begun_.emplace(in_place_of{make_});
        return begun_->await_ready();
    }
    /// The stop is waited for first, since what is awaited may be over and this one gone when it returns.
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) noexcept {
        waiter_ = waiter;
        stop_.emplace(loop_, by_, static_cast<loop_callback&>(*this));
        using suspended = decltype(begun_->await_suspend(waiter));
        if constexpr (std::is_void_v<suspended>) {
            begun_->await_suspend(waiter);
            return std::noop_coroutine();
        } else if constexpr (std::is_same_v<suspended, bool>) {
            if (begun_->await_suspend(waiter)) return std::noop_coroutine();
            return waiter;
        } else {
            return begun_->await_suspend(waiter);
        }
    }
    returned await_resume() noexcept {
        stop_.reset();
        if (!begun_) return fail(errc::cancelled, "wait in loop");
        return begun_->await_resume();
    }

private:
    /// Is what the function returns, which cannot be moved.
    struct in_place_of {
        Make& make;
        operator operation() { return make(); }
    };
    void stop() noexcept {
        begun_.reset();
        waiter_.resume();
    }

    basic_loop<P>& loop_;
    basic_stop_request<P>& by_;
    Make make_;
    std::optional<operation> begun_;
    std::optional<basic_stop_waiter<P>> stop_;
    std::coroutine_handle<> waiter_;
};

using stop_request = basic_stop_request<>;
using stop_waiter = basic_stop_waiter<>;
using loop_stopper = basic_loop_stopper<>;

}  // namespace vitte::sys
