/// `signal_reader`: signals as events that are read, and not as handlers that interrupt.
#pragma once

#include <utility>
#include <vitte/sys/platform/signals.hpp>
#include <vitte/sys/retry.hpp>
#include <vitte/sys/time/deadline.hpp>

namespace vitte::sys {

namespace detail {

template <platform P>
struct signals_of {
    static_assert(
        requires { typename P::signals; }, "this platform has no signals");
    using type = typename P::signals;
};

/// Signals that come one after the other.
template <class System>
class signal_queue {
public:
    signal_queue(signal_queue&& other) noexcept : system_(std::exchange(other.system_, {})) {}
    signal_queue& operator=(signal_queue&&) = delete;
    ~signal_queue() {
        if (system_.is_open()) system_.close();
    }

    /// One that came; `errc::would_block` if there is none.
    result<signal_info> try_read() noexcept {
        return retried([&] { return system_.read(); });
    }
    /// The next one; `errc::timed_out`.
    result<signal_info> read(deadline until = deadline::never()) noexcept {
        for (;;) {
            if (auto came = try_read(); came || came.error().code != errc::would_block) return came;
            VITTE_CHECK(retried([&] { return system_.wait(until.monotonic()); }));
        }
    }
    /// What a poller finds readable when there is one, or on Windows an event, which is signalled then.
    auto native_handle() const noexcept { return system_.native_handle(); }

protected:
    signal_queue() noexcept = default;

    System system_;
};

}  // namespace detail

/// From `open` to its end the signals that it was opened for do nothing but to be read here. On Linux they are blocked
/// in the thread that opens it, and in threads that it starts from then on: other threads must not be there yet, or
/// block them, too, since what reaches those acts as usual. The same thread ends it; what came and was not read then
/// acts as it did before. On other systems handlers catch the signals of all threads, and several readers of one signal
/// are each told. At most 32 of them exist at once there. On Windows the signals are those of consoles
/// (see `signal_kind`), and the system ends the program five seconds after a `hang_up` or `terminate`.
///
/// Children that `command` starts have no signal blocked and no handler. One reader is for one thread at a time.
template <platform P = native>
class basic_signal_reader : public detail::signal_queue<typename detail::signals_of<P>::type::reader> {
public:
    /// `errc::out_of_handles`; `errc::not_supported` for a signal that the OS does not have.
    static result<basic_signal_reader> open(signal_set which) noexcept {
        basic_signal_reader made;
        VITTE_CHECK(made.system_.open(which));
        return made;
    }

private:
    basic_signal_reader() noexcept = default;
};
using signal_reader = basic_signal_reader<>;

}  // namespace vitte::sys
