/// Addresses of hosts for loops: questions that do not keep the loop from going on.
#pragma once

#include <vitte/sys/event/await.hpp>
#include <vitte/sys/net/resolver.hpp>
#include <vitte/sys/thread/condition_variable.hpp>
#include <vitte/sys/thread/mutex.hpp>

namespace vitte::sys {

template <platform P>
class basic_async_query;

/// One thread that asks the system for addresses, one question after the other, for any number of loops. While the
/// system does not answer, which can take minutes, those that come later wait, too: who has many hosts has several of
/// these. Questions end before it. Its end does not wait for the system, which cannot be made to stop: the thread is
/// left alone then until it has its answer.
template <platform P = native>
class basic_name_resolver {
    static_assert(
        requires { typename P::names; }, "this platform cannot look for names");
    using query = basic_async_query<P>;

public:
    /// What starting a thread fails with.
    static result<basic_name_resolver> start() noexcept {
        auto* const made = new (std::nothrow) state;
        if (made == nullptr) return fail(errc::out_of_memory, "start resolver");
        // Resolvers of C libraries keep whole answers on the stack.
        auto worker = basic_thread<void, P>::start([made] { made->run(); }, {.stack_size = 512 * 1024});
        if (!worker) return delete made, unexpected(worker.error());
        return basic_name_resolver(made);
    }
    basic_name_resolver(basic_name_resolver&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    basic_name_resolver& operator=(basic_name_resolver&&) = delete;
    ~basic_name_resolver() {
        if (state_ != nullptr) state_->end();
    }

private:
    friend query;

    /// The thread's and this object's: who comes last frees it.
    struct state {
        basic_mutex<P> lock;
        basic_condition_variable<P> changed;
        query *first = nullptr, *last = nullptr;  ///< those that wait
        query* asked = nullptr;                   ///< the one that the system is asked for
        bool is_over = false, was_left = false;

        void run() noexcept {
            lock.lock();
            for (;;) {
                changed.wait(lock, [&] { return first != nullptr || is_over; });
                if (is_over) break;
                asked = std::exchange(first, first->next_);
                const detail::host_question question = asked->question_;
                lock.unlock();
                const auto answer = question.template answer<P>();
                lock.lock();
                if (asked != nullptr) std::exchange(asked, nullptr)->take(answer);
            }
            leave();
        }
        void end() noexcept {
            lock.lock();
            is_over = true;
            changed.notify_one();
            leave();
        }
        void leave() noexcept {
            const bool is_last = std::exchange(was_left, true);
            lock.unlock();
            if (is_last) delete this;
        }
        void add(query& one) noexcept {
            const scoped_lock hold(lock);
            one.next_ = nullptr;
            (first == nullptr ? first : last->next_) = &one;
            last = &one;
            changed.notify_one();
        }
        void remove(query& one) noexcept {
            const scoped_lock hold(lock);
            if (asked == &one) asked = nullptr;
            query* before = nullptr;
            for (query* at = first; at != nullptr; before = std::exchange(at, at->next_))
                if (at == &one) {
                    (before == nullptr ? first : before->next_) = one.next_;
                    if (last == &one) last = before;
                    return;
                }
        }
    };
    explicit basic_name_resolver(state* made) noexcept : state_(made) {}

    state* state_;
};

/// A question of a loop. It stays where it is, and is given up at its end.
template <platform P = native>
class basic_async_query : loop_callback {
public:
    basic_async_query(basic_loop<P>& in, basic_name_resolver<P>& by) noexcept
        : loop_callback([](loop_callback& self) noexcept { static_cast<basic_async_query&>(self).tell(); }),
          loop_(in),
          by_(by) {}
    basic_async_query(const basic_async_query&) = delete;
    basic_async_query& operator=(const basic_async_query&) = delete;
    ~basic_async_query() { cancel(); }

    /// Begins to look for `host`, and calls `then` when there is an answer, for which no other question waits. Fails as
    /// `basic_host_query::start`.
    result<void> start(std::string_view host, loop_callback& then) noexcept {
        VITTE_ASSERT(then_ == nullptr);
        VITTE_TRY(question_, detail::host_question::of(host));
        then_ = &then;
        answer_ = fail(errc::would_block, "resolve");
        if (host_addresses known; detail::is_address(host, known))
            take(known);
        else
            by_.state_->add(*this);
        return {};
    }
    /// What came of it, when `then` was called: as `basic_host_query::wait` returns.
    const result<host_addresses>& answer() const noexcept { return answer_; }
    /// Nobody is called any more.
    void cancel() noexcept {
        if (std::exchange(then_, nullptr) == nullptr) return;
        by_.state_->remove(*this);
        loop_.withdraw(*this);
    }

private:
    friend basic_name_resolver<P>;

    /// By the resolver's thread.
    void take(const result<host_addresses>& found) noexcept {
        answer_ = found;
        loop_.post(*this);
    }
    void tell() noexcept { pass_on(*std::exchange(then_, nullptr)); }

    basic_loop<P>& loop_;
    basic_name_resolver<P>& by_;
    detail::host_question question_{};
    basic_async_query* next_ = nullptr;
    loop_callback* then_ = nullptr;
    result<host_addresses> answer_ = fail(errc::would_block, "resolve");
};

/// Makes `co_await async_resolve(loop, resolver, host, until)` give what `resolve` returns. `host` stays where it is
/// until then.
template <platform P>
class [[nodiscard]] async_resolve : loop_callback {
public:
    async_resolve(basic_loop<P>& in, basic_name_resolver<P>& by, std::string_view host,
                  deadline until = deadline::never()) noexcept
        : loop_callback([](loop_callback& self) noexcept { static_cast<async_resolve&>(self).go_on(); }),
          loop_(in),
          query_(in, by),
          host_(host),
          until_(until),
          timer_(*this) {}
    ~async_resolve() { loop_.cancel(timer_); }

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiter) noexcept {
        waiter_ = waiter;
        begun_ = query_.start(host_, *this);
        if (begun_ && !until_.is_never()) loop_.start(timer_, until_);
        return begun_.has_value();
    }
    result<host_addresses> await_resume() noexcept {
        if (!begun_) return unexpected(begun_.error());
        if (!query_.answer() && query_.answer().error().code == errc::would_block)
            return fail(errc::timed_out, "resolve");
        return query_.answer();
    }

private:
    void go_on() noexcept {
        query_.cancel();
        loop_.cancel(timer_);
        waiter_.resume();
    }

    basic_loop<P>& loop_;
    basic_async_query<P> query_;
    const std::string_view host_;
    const deadline until_;
    loop_timer timer_;
    result<void> begun_;
    std::coroutine_handle<> waiter_;
};

using name_resolver = basic_name_resolver<>;
using async_query = basic_async_query<>;

}  // namespace vitte::sys
