/// Signals in a loop.
#pragma once

#include <vitte/sys/event/await.hpp>
#include <vitte/sys/event/source.hpp>
#include <vitte/sys/signal/interruption.hpp>
#include <vitte/sys/signal/reader.hpp>

namespace vitte::sys {

/// Has a loop tell when a reader of signals, or an interruption, has something. Both stay where they are.
template <platform P = native, class Reader = basic_signal_reader<P>>
class basic_signal_watcher {
public:
    basic_signal_watcher(basic_loop<P>& in, Reader& from) noexcept : loop_(in), from_(from), watch_(in) {}

    /// Before anything else.
    result<void> open() noexcept { return watch_.open(from_.native_handle()); }
    void close() noexcept { watch_.close(); }

    /// Calls `then`, once, when `try_read` of the reader may have something, which it has not now: after
    /// `errc::would_block`. One at a time.
    result<void> when_signalled(loop_callback& then) noexcept { return watch_.when_readable(then); }
    /// What waits is not called any more.
    void cancel() noexcept { watch_.cancel_readable(); }

    /// `co_await` gives the next signal, as `read` of the reader.
    auto next(deadline until = deadline::never()) noexcept {
        auto attempt = [this] { return from_.try_read(); };
        return attempt_when_ready<P, decltype(attempt), basic_event_source<P>>(loop_, watch_, socket_readable, until,
                                                                               attempt);
    }

private:
    basic_loop<P>& loop_;
    Reader& from_;
    basic_event_source<P> watch_;
};
using signal_watcher = basic_signal_watcher<>;
using interruption_watcher = basic_signal_watcher<native, interruption>;

}  // namespace vitte::sys
