/// Children that end, in a loop.
#pragma once

#include <vitte/sys/event/await.hpp>
#include <vitte/sys/event/source.hpp>
#include <vitte/sys/platform/signals.hpp>
#include <vitte/sys/process/process.hpp>

namespace vitte::sys {

namespace detail {

/// Has a loop call when a child may have ended, for those of whom no handle tells. What a handler of signals does is of
/// a platform without others around it.
template <platform P>
class child_news : loop_callback, child_link {
    static constexpr bool has_links = requires(child_link& link) { P::signals::add_child_link(link); };

public:
    explicit child_news(basic_loop<P>& in) noexcept
        : loop_callback([](loop_callback& self) noexcept { static_cast<child_news&>(self).call(); }),
          child_link{[](child_link& self) noexcept { static_cast<child_news&>(self).come(); }},
          loop_(in) {}

    void open() noexcept {
        is_open_ = true;
        if constexpr (has_links) is_linked_ = P::signals::add_child_link(*this).has_value();
    }
    void close() noexcept {
        if (!std::exchange(is_open_, false)) return;
        loop_callback* const waiter = then_;
        cancel();
        abandon(waiter, is_told_of_end_);
        if constexpr (has_links)
            if (std::exchange(is_linked_, false)) P::signals::remove_child_link(*this);
        loop_.withdraw(*this);
        state_.exchange(came);
    }
    bool is_open() const noexcept { return is_open_; }

    /// Before it is asked whether a child has ended: of an end before that nothing is told.
    void look() noexcept { become({quiet, quiet, waiting, posted}); }
    /// As `basic_handle_watcher::hold_readable`.
    void hold(loop_callback& then) noexcept {
        then_ = &then;
        is_told_of_end_ = is_told_of_end(then);
    }
    void when_come(loop_callback& then) noexcept {
        hold(then);
        if (become({waiting, posted, waiting, posted}) == came) loop_.post(*this);
        loop_.start(again_.timer, deadline::after<P>(is_linked_ ? long_pause : pause));
    }
    void cancel() noexcept {
        then_ = nullptr;
        become({quiet, came, quiet, posted});
        loop_.cancel(again_.timer);
    }

private:
    enum state : std::uint32_t {
        quiet,
        came,     ///< and nobody waits
        waiting,  ///< somebody does
        posted,
    };
    static constexpr std::int64_t pause = 5'000'000, long_pause = 1'000'000'000;

    struct again : loop_callback {
        explicit again(child_news& n) noexcept
            : loop_callback([](loop_callback& self) noexcept { static_cast<again&>(self).of.come(); }),
              of(n),
              timer(*this) {}
        child_news& of;
        loop_timer timer;
    };

    /// What it was; from each state it goes to one.
    std::uint32_t become(const state (&after)[4]) noexcept {
        std::uint32_t seen = state_.load_relaxed();
        while (!state_.compare_exchange_acq_rel(seen, after[seen])) {
        }
        return seen;
    }
    void come() noexcept {
        if (become({came, came, posted, posted}) == waiting) loop_.post(*this);
    }
    void call() noexcept {
        loop_.cancel(again_.timer);
        state_.exchange(quiet);
        if (then_ != nullptr) pass_on(*std::exchange(then_, nullptr));
    }

    basic_loop<P>& loop_;
    loop_callback* then_ = nullptr;
    again again_{*this};
    bool is_open_ = false, is_linked_ = false, is_told_of_end_ = false;
    atomic_of<P, std::uint32_t> state_{came};
};

}  // namespace detail

/// Has a loop tell when a child has ended, from `open` to `close` or its end. Both stay where they are. With nothing
/// but POSIX, and before Linux 5.3, nobody tells of one child: as long as there are such watchers SIGCHLD is handled,
/// by who handled it before, too, and when it comes each child is asked for. Who has taken it over or blocked it in all
/// threads since has them asked for once a second.
template <platform P = native>
class basic_child_watcher {
    using processes = typename P::processes;
    using child = typename processes::child;
    static constexpr bool has_handles = requires(child c) { processes::end_handle(c); };

public:
    explicit basic_child_watcher(basic_loop<P>& in) noexcept : loop_(in), watch_(in), news_(in) {}
    basic_child_watcher(const basic_child_watcher&) = delete;
    basic_child_watcher& operator=(const basic_child_watcher&) = delete;
    ~basic_child_watcher() { close(); }

    /// `of` was not waited for. `errc::out_of_handles`.
    result<void> open(basic_process<P>& of) noexcept {
        VITTE_ASSERT(of_ == nullptr);
        if constexpr (has_handles) {
            const auto handle = processes::end_handle(of.native_handle());
            if (!handle && !may_ask(handle.error().code)) return unexpected(handle.error());
            if (handle) {
                const auto watched = watch_.open(*handle);
                if (!watched) return processes::close_end_handle(*handle), watched;
                handle_ = *handle;
            }
        }
        if (!watch_.is_open()) news_.open();
        of_ = &of;
        return {};
    }
    void close() noexcept {
        if (of_ == nullptr) return;
        if constexpr (has_handles)
            if (watch_.is_open()) {
                watch_.close();
                processes::close_end_handle(handle_);
            }
        news_.close();
        of_ = nullptr;
    }

    /// How it ended; `errc::would_block` if it did not.
    result<exit_status> try_wait() noexcept {
        if (news_.is_open()) news_.look();
        auto ended = of_->wait_until(deadline::passed());
        if (!ended && ended.error().code == errc::timed_out) return fail(errc::would_block, "wait for process");
        return ended;
    }
    /// Calls `then`, once, when `try_wait` may tell how it ended, which it does not now: after `errc::would_block`. One
    /// at a time.
    result<void> when_ended(loop_callback& then) noexcept { return when_readable(then); }
    /// What waits is not called any more.
    void cancel() noexcept { cancel_readable(); }

    /// `co_await` gives what `basic_process::wait_until` returns.
    auto wait(deadline until = deadline::never()) noexcept {
        auto attempt = [this] { return try_wait(); };
        return attempt_when_ready<P, decltype(attempt), basic_child_watcher>(loop_, *this, socket_readable, until,
                                                                             attempt);
    }

private:
    template <platform, class, class>
    friend class attempt_when_ready;
    /// The kernel does not know how, or the child is gone by now.
    static constexpr bool may_ask(errc refused) noexcept {
        return refused == errc::not_supported || refused == errc::not_found || refused == errc::permission_denied;
    }
    result<void> when_readable(loop_callback& then) noexcept {
        if (watch_.is_open()) return watch_.when_readable(then);
        news_.when_come(then);
        return {};
    }
    void hold_readable(loop_callback& then) noexcept {
        watch_.is_open() ? watch_.hold_readable(then) : news_.hold(then);
    }
    void cancel_readable() noexcept {
        if (watch_.is_open()) watch_.cancel_readable();
        if (news_.is_open()) news_.cancel();
    }

    basic_loop<P>& loop_;
    basic_process<P>* of_ = nullptr;
    basic_event_source<P> watch_;
    detail::child_news<P> news_;
    decltype([] {
        if constexpr (has_handles)
            return typename decltype(processes::end_handle(child{}))::value_type{};
        else
            return 0;
    }()) handle_{};
};
using child_watcher = basic_child_watcher<>;

}  // namespace vitte::sys
