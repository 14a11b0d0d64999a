/// `loop`: one thread that waits for many things: sockets that are ready, timers, and work that other threads hand in.
/// What it calls are objects of its user's, so that it allocates nothing.
#pragma once

#include <optional>

#include <vitte/core/timer_wheel.hpp>
#include <vitte/sys/event/poller.hpp>
#include <vitte/sys/platform/sockets.hpp>

namespace vitte::sys {

/// What a loop calls. It is handed in to one place at a time, called once for that, and neither moves nor ends before.
class loop_callback {
public:
    using function = void (*)(loop_callback&) noexcept;
    constexpr explicit loop_callback(function called) noexcept : called_(called) {}
    loop_callback(const loop_callback&) = delete;
    loop_callback& operator=(const loop_callback&) = delete;

private:
    template <platform P>
    friend class basic_loop;
    template <platform P>
    friend class basic_handle_watcher;

    void call() noexcept { called_(*this); }

    function called_;
    loop_callback* next_ = nullptr;
};

/// Calls its function, of a derived class or with what it captures, which needs no more room than itself.
template <class Function>
class loop_function : public loop_callback {
public:
    explicit loop_function(Function wanted) noexcept
        : loop_callback([](loop_callback& self) noexcept { static_cast<loop_function&>(self).wanted_(); }),
          wanted_(std::move(wanted)) {}

private:
    Function wanted_;
};

/// Calls a callback when its time has come. It neither moves nor ends while it is pending.
class loop_timer : public timer {
public:
    constexpr explicit loop_timer(loop_callback& called) noexcept : called_(called) {}

private:
    template <platform P>
    friend class basic_loop;
    loop_callback& called_;
};

template <platform P>
class basic_handle_watcher;

/// Everything is done by the thread that calls `run`, but for `post` and `stop`, which any thread may call. Before it
/// ends, nothing may be watched by it any more; what is handed in and not called yet is forgotten.
template <platform P = native>
class basic_loop {
public:
    basic_loop() noexcept = default;
    basic_loop(const basic_loop&) = delete;
    basic_loop& operator=(const basic_loop&) = delete;

    /// Before anything else. `errc::out_of_handles`.
    result<void> open() noexcept {
        VITTE_TRY(auto made, basic_poller<P>::create());
        poller_.emplace(std::move(made));
        static_cast<void>(timers_.advance(tick(monotonic_time<P>()), [](timer&) {}));
        return {};
    }

    /// Calls what there is to be called until somebody calls `stop`, or `until`: then `errc::timed_out`.
    result<void> run(deadline until = deadline::never()) noexcept {
        for (;;) {
            if (stop_.load_relaxed() != 0 && stop_.exchange_acquire(0) != 0) return {};
            VITTE_CHECK(turn(until));
            if (!until.is_never() && until <= deadline::after<P>(0)) return fail(errc::timed_out, "run loop");
        }
    }
    /// Has `run` return when it has called what it is about to, or at once the next time.
    void stop() noexcept {
        static_cast<void>(stop_.exchange_release(1));
        poller_->wake();
    }

    /// Calls `work` soon, after what was posted before by the same thread. From the loop's own thread, too: then after
    /// what is ready already.
    void post(loop_callback& work) noexcept {
        loop_callback* first = posted_.load_relaxed();
        do {
            work.next_ = first == asleep() ? nullptr : first;
        } while (!posted_.compare_exchange_release(first, &work));
        if (first == asleep()) poller_->wake();
    }

    /// Has `what`, which is not pending, call at `when`, rounded up to microseconds.
    void start(loop_timer& what, deadline when) noexcept {
        const std::int64_t at = when.monotonic();
        timers_.add(what, at == INT64_MAX ? UINT64_MAX : tick(at) + (at % 1000 != 0));
    }
    /// Nothing happens if it is not pending.
    void cancel(loop_timer& what) noexcept { timers_.cancel(what); }

    /// Whether something that finds one thing after the other ready may go on with the next, or should post the rest,
    /// so that others have their turn.
    bool may_go_on() noexcept { return in_a_row_ != 0 && in_a_row_-- != 0; }

private:
    friend basic_handle_watcher<P>;
    using watcher = basic_handle_watcher<P>;
    static constexpr std::size_t at_once = 256;
    static constexpr unsigned most_in_a_row = 256;

    static std::uint64_t tick(std::int64_t monotonic) noexcept { return static_cast<std::uint64_t>(monotonic) / 1000; }
    /// Stands in the place of posted work while the loop waits: who finds it wakes the loop.
    loop_callback* asleep() noexcept { return &asleep_; }

    /// Calls what was posted, what has expired and what is ready, and waits if there is nothing of the kind.
    result<void> turn(deadline until) noexcept {
        in_a_row_ = most_in_a_row;
        const bool any = call_posted();
        static_cast<void>(timers_.advance(tick(monotonic_time<P>()),
                                          [](timer& due) { static_cast<loop_timer&>(due).called_.call(); }));
        loop_callback* none = nullptr;
        const bool idle = !any && posted_.compare_exchange_acq_rel(none, asleep());
        const deadline timer_end = next_timer();
        const auto told = poller_->wait(ready_, !idle ? deadline::passed() : timer_end < until ? timer_end : until);
        if (told)
            call_ready(told->size());
        else if (told.error().code != errc::timed_out)
            return unexpected(told.error());
        return {};
    }
    deadline next_timer() const noexcept {
        const std::uint64_t next = timers_.next();
        return next >= INT64_MAX / 1000 ? deadline::never() : deadline::at(static_cast<std::int64_t>(next * 1000));
    }
    /// In the order in which it was posted; what that posts waits for the next turn.
    bool call_posted() noexcept {
        if (posted_.load_relaxed() == nullptr) return false;
        loop_callback *last = posted_.exchange_acquire(nullptr), *first = nullptr;
        if (last == asleep()) return false;
        while (last != nullptr) {
            loop_callback* const before = last->next_;
            last->next_ = std::exchange(first, last);
            last = before;
        }
        while (first != nullptr) std::exchange(first, first->next_)->call();
        return true;
    }
    void call_ready(std::size_t count) noexcept {
        for (current_ = 0, ready_count_ = count; current_ < ready_count_; ++current_)
            if (readiness& one = ready_[current_]; one.key != 0) watcher::of_key(one.key).tell(one);
        ready_count_ = 0;
    }
    /// What is about to be told of a watcher that is gone is not told.
    void forget(std::uint64_t key) noexcept {
        for (std::size_t i = current_; i < ready_count_; ++i)
            if (ready_[i].key == key) ready_[i].key = 0;
    }

    std::optional<basic_poller<P>> poller_;
    timer_wheel timers_;
    loop_callback asleep_{nullptr};
    atomic_of<P, loop_callback*> posted_{nullptr};
    atomic_of<P, std::uint32_t> stop_{0};  // not every machine has atomic bytes
    readiness ready_[at_once];
    std::size_t current_ = 0, ready_count_ = 0;
    unsigned in_a_row_ = most_in_a_row;
};

/// Has a loop watch a socket, or another handle that never blocks, from `open` to `close` or its end. It stays where it
/// is. The handle is closed after that.
template <platform P = native>
class basic_handle_watcher {
public:
    using handle = typename P::sockets::handle;

    explicit basic_handle_watcher(basic_loop<P>& in) noexcept : loop_(in) {}
    basic_handle_watcher(const basic_handle_watcher&) = delete;
    basic_handle_watcher& operator=(const basic_handle_watcher&) = delete;
    ~basic_handle_watcher() { close(); }

    result<void> open(handle watched) noexcept {
        VITTE_ASSERT(!is_open_);
        constexpr unsigned both = socket_readable | socket_writable;
        auto added = loop_.poller_->add(watched, both, poll_trigger::edge, key());
        has_edges_ = added || added.error().code != errc::not_supported;
        if (!has_edges_) added = loop_.poller_->add(watched, 0, poll_trigger::one_shot, key());
        VITTE_CHECK(added);
        interest_ = has_edges_ ? both : 0;
        watched_ = watched;
        is_open_ = true;
        return {};
    }
    /// What waits is forgotten.
    void close() noexcept {
        if (!std::exchange(is_open_, false)) return;
        static_cast<void>(loop_.poller_->remove(watched_));
        loop_.forget(key());
        reader_ = writer_ = nullptr;
    }
    bool is_open() const noexcept { return is_open_; }

    /// Calls `then`, once, when receiving may have something, which it has not now: after `errc::would_block`. One at a
    /// time.
    result<void> when_readable(loop_callback& then) noexcept { return await(reader_, then); }
    /// The same for sending, and for the end of connecting.
    result<void> when_writable(loop_callback& then) noexcept { return await(writer_, then); }
    /// What waits is not called any more.
    void cancel_readable() noexcept { reader_ = nullptr; }
    void cancel_writable() noexcept { writer_ = nullptr; }

private:
    friend basic_loop<P>;

    std::uint64_t key() const noexcept { return reinterpret_cast<std::uintptr_t>(this); }
    static basic_handle_watcher& of_key(std::uint64_t key) noexcept {
        return *reinterpret_cast<basic_handle_watcher*>(static_cast<std::uintptr_t>(key));
    }
    result<void> await(loop_callback*& place, loop_callback& then) noexcept {
        VITTE_ASSERT(is_open_ && place == nullptr);
        place = &then;
        return ask();
    }
    /// Without edges the poller has to be told what is waited for.
    result<void> ask() noexcept {
        const unsigned wanted =
            (reader_ != nullptr ? socket_readable : 0u) | (writer_ != nullptr ? socket_writable : 0u);
        if ((wanted & ~interest_) == 0) return {};
        VITTE_CHECK(loop_.poller_->change(watched_, wanted, poll_trigger::one_shot, key()));
        interest_ = wanted;
        return {};
    }
    /// A callback may close and end this watcher, which clears the key of what is told.
    void tell(const readiness& told) noexcept {
        const unsigned events = told.events;
        if (!has_edges_) interest_ = 0;
        if ((events & (socket_readable | socket_hung_up)) != 0 && reader_ != nullptr)
            std::exchange(reader_, nullptr)->call();
        if (told.key == 0) return;
        if ((events & (socket_writable | socket_hung_up)) != 0 && writer_ != nullptr)
            std::exchange(writer_, nullptr)->call();
        if (told.key == 0) return;
        static_cast<void>(ask());
    }

    basic_loop<P>& loop_;
    handle watched_ = P::sockets::invalid;
    loop_callback *reader_ = nullptr, *writer_ = nullptr;
    unsigned interest_ = 0;
    bool has_edges_ = false, is_open_ = false;
};

using loop = basic_loop<>;
using handle_watcher = basic_handle_watcher<>;

}  // namespace vitte::sys
