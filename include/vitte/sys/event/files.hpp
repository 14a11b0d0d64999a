/// Files that change, in a loop.
#pragma once

#include <vitte/sys/event/await.hpp>
#include <vitte/sys/event/source.hpp>
#include <vitte/sys/fs/watch.hpp>

namespace vitte::sys {

/// Has a loop tell when a `basic_watcher` of files has something, from `open` to `close` or its end. Both stay where
/// they are. On Windows, where each folder has an object of its own, it is asked for as often as is waited for quiet.
/// It allocates what `basic_watcher` does, to remember paths.
template <platform P = native>
class basic_file_watcher {
    static constexpr bool has_handle = requires(const basic_watcher<P>& w) { w.native_handle(); };

public:
    basic_file_watcher(basic_loop<P>& in, basic_watcher<P>& files) noexcept
        : loop_(in), files_(files), watch_(in), come_(*this) {}
    basic_file_watcher(const basic_file_watcher&) = delete;
    basic_file_watcher& operator=(const basic_file_watcher&) = delete;
    ~basic_file_watcher() { close(); }

    /// Before anything else.
    result<void> open() noexcept {
        if constexpr (has_handle) return watch_.open(files_.native_handle());
        return {};
    }
    void close() noexcept {
        loop_callback* const waiter = then_;
        cancel();
        watch_.close();
        come::abandon(waiter, is_told_of_end_);
    }

    /// Calls `visit(const watch_event&)` for each path that changed; `errc::would_block` if none did.
    template <class Visit>
    result<void> take(Visit visit) {
        auto told = files_.wait(std::move(visit), deadline::passed());
        if (!told && told.error().code == errc::timed_out) return fail(errc::would_block, "watch files");
        return told;
    }
    /// Calls `then`, once, `quiet` nanoseconds after something happened, so that what happens in quick succession is
    /// told once: after `errc::would_block` of `take`. One at a time.
    result<void> when_changed(loop_callback& then, std::int64_t quiet = 50'000'000) noexcept {
        hold_readable(then);
        quiet_ = quiet;
        if constexpr (has_handle) return watch_.when_readable(come_);
        wait_for_quiet();
        return {};
    }
    /// What waits is not called any more.
    void cancel() noexcept {
        if constexpr (has_handle)
            if (watch_.is_open()) watch_.cancel_readable();
        loop_.cancel(timer_);
        then_ = nullptr;
    }

    /// `co_await` gives what `take` returns when something has changed; `errc::timed_out`.
    template <class Visit>
    auto changes(Visit visit, deadline until = deadline::never()) noexcept {
        auto attempt = [this, visit] { return take(visit); };
        return attempt_when_ready<P, decltype(attempt), basic_file_watcher>(loop_, *this, socket_readable, until,
                                                                            std::move(attempt));
    }

private:
    template <platform, class, class>
    friend class attempt_when_ready;

    result<void> when_readable(loop_callback& then) noexcept { return when_changed(then); }
    void hold_readable(loop_callback& then) noexcept {
        then_ = &then;
        is_told_of_end_ = come::is_told_of_end(then);
    }
    void cancel_readable() noexcept { cancel(); }
    void wait_for_quiet() noexcept { loop_.start(timer_, deadline::after<P>(quiet_)); }

    struct come : loop_callback {
        explicit come(basic_file_watcher& w) noexcept
            : loop_callback([](loop_callback& self) noexcept { static_cast<come&>(self).of.wait_for_quiet(); }),
              of(w) {}
        basic_file_watcher& of;
        using loop_callback::abandon, loop_callback::is_told_of_end;
    };
    struct calm : loop_callback {
        explicit calm(basic_file_watcher& w) noexcept
            : loop_callback([](loop_callback& self) noexcept {
                  pass_on(*std::exchange(static_cast<calm&>(self).of.then_, nullptr));
              }),
              of(w) {}
        basic_file_watcher& of;
    };

    basic_loop<P>& loop_;
    basic_watcher<P>& files_;
    basic_event_source<P> watch_;
    come come_;
    calm calm_{*this};
    loop_timer timer_{calm_};
    loop_callback* then_ = nullptr;
    bool is_told_of_end_ = false;
    std::int64_t quiet_ = 0;
};
using file_watcher = basic_file_watcher<>;

}  // namespace vitte::sys
