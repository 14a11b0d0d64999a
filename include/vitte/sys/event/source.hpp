/// What a loop watches besides sockets: on most systems any descriptor, on Windows objects of the kernel, for which
/// threads of the system's pool wait.
#pragma once

#include <vitte/sys/event/loop.hpp>

namespace vitte::sys {

/// Has a loop watch an object of the kernel from `open` to `close` or its end, as `basic_handle_watcher` does a socket;
/// the object becomes ready by being signalled. Where a poller does not take such objects.
template <platform P>
class basic_object_watcher : loop_callback {
public:
    explicit basic_object_watcher(basic_loop<P>& in) noexcept
        : loop_callback([](loop_callback& self) noexcept { static_cast<basic_object_watcher&>(self).tell(); }),
          loop_(in) {}
    ~basic_object_watcher() { close(); }

    result<void> open(void* watched) noexcept {
        watched_ = watched;
        return {};
    }
    void close() noexcept {
        loop_callback* const waiter = then_;
        cancel_readable();
        abandon(waiter, is_told_of_end_);
        watched_ = nullptr;
    }
    bool is_open() const noexcept { return watched_ != nullptr; }

    /// Calls `then`, once, when the object is signalled. One at a time.
    result<void> when_readable(loop_callback& then) noexcept {
        VITTE_ASSERT(is_open() && then_ == nullptr);
        VITTE_CHECK(wait_.open(watched_, signalled, this));
        hold_readable(then);
        return {};
    }
    /// As `basic_handle_watcher::hold_readable`.
    void hold_readable(loop_callback& then) noexcept {
        then_ = &then;
        is_told_of_end_ = is_told_of_end(then);
    }
    void cancel_readable() noexcept {
        if (std::exchange(then_, nullptr) == nullptr) return;
        wait_.close();
        loop_.withdraw(*this);
    }

private:
    /// In a thread of the system.
    static void signalled(void* self) noexcept {
        auto& mine = *static_cast<basic_object_watcher*>(self);
        mine.loop_.post(mine);
    }
    void tell() noexcept {
        wait_.close();
        pass_on(*std::exchange(then_, nullptr));
    }

    basic_loop<P>& loop_;
    typename P::poller::object_wait wait_;
    void* watched_ = nullptr;
    loop_callback* then_ = nullptr;
    bool is_told_of_end_ = false;
};

namespace detail {

template <platform P>
struct event_source {
    using type = basic_handle_watcher<P>;
};
template <platform P>
    requires requires { typename P::poller::object_wait; }
struct event_source<P> {
    using type = basic_object_watcher<P>;
};

}  // namespace detail

/// Has a loop watch what is neither a socket nor a file: `when_readable`.
template <platform P>
using basic_event_source = typename detail::event_source<P>::type;

}  // namespace vitte::sys
