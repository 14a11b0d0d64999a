/// `loop`: one thread that waits for many things: sockets that are ready, timers, and work that other threads hand in.
/// What it calls are objects of its user's, so that it allocates nothing.
#pragma once

#include <optional>
#include <vitte/core/timer_wheel.hpp>
#include <vitte/sys/event/poller.hpp>
#include <vitte/sys/platform/completion_types.hpp>
#include <vitte/sys/platform/sockets.hpp>

namespace vitte::sys {

/// What a loop calls. It is handed in to one place at a time, called once for that, and neither moves nor ends before.
class loop_callback {
public:
    using function = void (*)(loop_callback&) noexcept;
    /// A watcher that is closed while the callback waits calls `abandoned`, if there is one; else it forgets the
    /// callback.
    constexpr explicit loop_callback(function called, function abandoned = nullptr) noexcept
        : called_(called), abandoned_(abandoned) {}
    loop_callback(const loop_callback&) = delete;
    loop_callback& operator=(const loop_callback&) = delete;

protected:
    /// For those who are called in the place of another one.
    static void pass_on(loop_callback& to) noexcept { to.call(); }
    /// For watchers that are closed while a callback waits: whether that is to be told of it, asked when it begins to
    /// wait, since one that is not may have ended by then; and telling it.
    static bool is_told_of_end(const loop_callback& waiter) noexcept { return waiter.abandoned_ != nullptr; }
    static void abandon(loop_callback* waiter, bool is_told) noexcept {
        if (waiter != nullptr && is_told) waiter->abandoned_(*waiter);
    }

private:
    template <platform P>
    friend class basic_loop;
    template <platform P>
    friend class basic_handle_watcher;
    template <platform P>
    friend class basic_completion_ring;

    void call() noexcept { called_(*this); }

    const function called_, abandoned_;  ///< the latter may be null
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
template <platform P>
class loop_operation;

/// What a direction of a socket waits for: somebody to call, and what a completion ring does meanwhile.
template <platform P>
struct loop_wait {
    loop_callback* waiter = nullptr;
    loop_operation<P>* by = nullptr;
    bool is_told_of_end = false;  ///< as `loop_callback` says of `waiter`
};

/// Receiving or sending that a completion ring does, if there is one. It neither moves nor ends, nor does its memory,
/// while somebody waits for it.
template <platform P>
class loop_operation {
    enum class state : unsigned char { idle, under_way, done };
    state state_ = state::idle;

public:
    loop_operation(completion_kind k, std::byte* d, std::size_t n) noexcept : kind(k), data(d), size(n) {}

    const completion_kind kind;
    bool waits_first = false;  ///< as in `completion_request`
    std::byte* data;
    std::size_t size;

    /// Whether the ring has done it, until `outcome` is asked for.
    bool is_done() const noexcept { return state_ == state::done; }
    /// What the call `operation` would have returned; `errc::would_block` if it was cancelled.
    result<std::size_t> outcome(const char* operation) noexcept {
        state_ = state::idle;
        if (failed_) return fail(code_, operation, native_);
        return count_;
    }
    /// Whether there was more to receive then.
    bool more() const noexcept { return more_; }

private:
    template <platform Q>
    friend class basic_completion_ring;

    bool more_, failed_;
    errc code_;
    int native_;
    std::size_t count_;
    loop_operation* next_;
    loop_wait<P>* place_;
};

/// What completes operations for a loop: `event/completion_ring.hpp`.
template <platform P>
class loop_completions {
public:
    loop_completions() noexcept = default;
    loop_completions(const loop_completions&) = delete;
    loop_completions& operator=(const loop_completions&) = delete;

    /// Does `what`, and calls who waits in `place` then. False if it cannot.
    virtual bool begin(loop_operation<P>& what, typename P::sockets::handle with, loop_wait<P>& place) noexcept = 0;
    /// Returns when what was begun has ended, and calls nobody.
    virtual void cancel(loop_operation<P>& what) noexcept = 0;
    /// Calls who waits for what is completed, for which it waits; whether the loop's poller may have something.
    virtual result<bool> wait(deadline until) noexcept = 0;

    bool many = false;  ///< were completed in this turn

protected:
    ~loop_completions() = default;
};

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

    /// Calls what there is to be called until somebody calls `stop`, or `until`: then `errc::timed_out`, when what was
    /// due by then has been called. Not within itself: nothing that it calls runs it.
    result<void> run(deadline until = deadline::never()) noexcept {
        VITTE_ASSERT(!runs_);
        runs_ = true;
        const auto ended = run_until(until);
        runs_ = false;
        return ended;
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

    /// Takes back what was posted and not called yet, if it was. For the loop's own thread, when nobody posts it.
    void withdraw(loop_callback& work) noexcept {
        for (loop_callback** at = &due_; *at != nullptr; at = &(*at)->next_)
            if (*at == &work) return static_cast<void>(*at = work.next_);
        loop_callback* first = posted_.load_acquire();
        while (first == &work) {
            if (posted_.compare_exchange_acquire(first, work.next_)) return;
            first = posted_.load_acquire();  // what failed has not acquired it
        }
        // Who posts looks at the first one alone.
        for (; first != nullptr; first = first->next_)
            if (first->next_ == &work) return static_cast<void>(first->next_ = work.next_);
    }

    /// Has `what`, which is not pending, call at `when`, rounded up to microseconds.
    void start(loop_timer& what, deadline when) noexcept { timers_.add(what, tick_from(when)); }
    /// Nothing happens if it is not pending.
    void cancel(loop_timer& what) noexcept { timers_.cancel(what); }

    /// Whether something that finds one thing after the other ready may go on with the next, or should post the rest,
    /// so that others have their turn.
    bool may_go_on() noexcept { return in_a_row_ != 0 && in_a_row_-- != 0; }
    /// Whether a completion ring is open for it, and in this turn has much to do.
    bool completes() const noexcept { return completions_ != nullptr; }
    bool completes_many() const noexcept { return completes() && completions_->many; }

private:
    friend basic_handle_watcher<P>;
    template <platform Q>
    friend class basic_completion_ring;
    using watcher = basic_handle_watcher<P>;
    static constexpr std::size_t at_once = 256;
    static constexpr unsigned most_in_a_row = 256;

    static std::uint64_t tick(std::int64_t monotonic) noexcept { return static_cast<std::uint64_t>(monotonic) / 1000; }
    /// The first that is not before it.
    static std::uint64_t tick_from(deadline when) noexcept {
        const std::int64_t at = when.monotonic();
        return when.is_never() ? UINT64_MAX : tick(at) + (at % 1000 != 0);
    }
    /// Stands in the place of posted work while the loop waits: who finds it wakes the loop.
    loop_callback* asleep() noexcept { return &asleep_; }

    result<void> run_until(deadline until) noexcept {
        for (;;) {
            if (stop_.load_relaxed() != 0 && stop_.exchange_acquire(0) != 0) return {};
            const bool is_over = !until.is_never() && tick_from(until) <= tick(monotonic_time<P>());
            VITTE_CHECK(turn(until));
            if (is_over) return fail(errc::timed_out, "run loop");
        }
    }
    /// Calls what was posted, what has expired and what is ready, and waits if there is nothing of the kind.
    result<void> turn(deadline until) noexcept {
        in_a_row_ = most_in_a_row;
        const bool any = call_posted();
        if (!timers_.empty())
            static_cast<void>(timers_.advance(tick(monotonic_time<P>()),
                                              [](timer& due) { static_cast<loop_timer&>(due).called_.call(); }));
        loop_callback* none = nullptr;
        const bool idle = !any && posted_.compare_exchange_acq_rel(none, asleep());
        const deadline timer_end = next_timer();
        const auto told = wait(!idle ? deadline::passed() : timer_end < until ? timer_end : until);
        if (idle) wake_up();
        if (told)
            call_ready(told->size());
        else if (told.error().code != errc::timed_out)
            return unexpected(told.error());
        return {};
    }
    /// What is called now and posts need not wake the loop.
    void wake_up() noexcept {
        loop_callback* first = posted_.load_relaxed();
        if (first == asleep()) static_cast<void>(posted_.compare_exchange_acquire(first, nullptr));
    }
    result<std::span<const readiness>> wait(deadline until) noexcept {
        if (completes()) {
            VITTE_TRY(const bool any, completions_->wait(until));
            if (!any) return std::span<const readiness>();
            until = deadline::passed();
        }
        return poller_->wait(ready_, until);
    }
    deadline next_timer() const noexcept {
        const std::uint64_t next = timers_.next();
        return next >= INT64_MAX / 1000 ? deadline::never() : deadline::at(static_cast<std::int64_t>(next * 1000));
    }
    /// In the order in which it was posted; what that posts waits for the next turn.
    bool call_posted() noexcept {
        if (posted_.load_relaxed() == nullptr) return false;
        loop_callback* last = posted_.exchange_acquire(nullptr);
        while (last != nullptr) {
            loop_callback* const before = last->next_;
            last->next_ = std::exchange(due_, last);
            last = before;
        }
        while (due_ != nullptr) std::exchange(due_, due_->next_)->call();
        return true;
    }
    void call_ready(std::size_t count) noexcept {
        for (current_ = 0, ready_count_ = count; current_ < ready_count_; ++current_) {
            prefetch_next();
            if (readiness& one = ready_[current_]; one.key != 0) watcher::of_key(one.key).tell(one);
        }
        ready_count_ = 0;
    }
    /// Among many sockets, what the next one needs is in no cache: it comes while the system works for this one.
    void prefetch_next() const noexcept {
        const auto key = [this](std::size_t i) { return i < ready_count_ ? ready_[i].key : 0; };
        if (const auto later = key(current_ + 2); later != 0) __builtin_prefetch(&watcher::of_key(later).reader_);
        if (const auto next = key(current_ + 1); next != 0) watcher::of_key(next).prefetch_waiter();
    }
    /// What is about to be told of a watcher that is gone is not told.
    void forget(std::uint64_t key) noexcept {
        for (std::size_t i = current_; i < ready_count_; ++i)
            if (ready_[i].key == key) ready_[i].key = 0;
    }

    std::optional<basic_poller<P>> poller_;
    loop_completions<P>* completions_ = nullptr;
    timer_wheel timers_;
    loop_callback asleep_{nullptr};
    atomic_of<P, loop_callback*> posted_{nullptr};
    loop_callback* due_ = nullptr;         ///< what was posted and is called in this turn
    atomic_of<P, std::uint32_t> stop_{0};  // not every machine has atomic bytes
    readiness ready_[at_once];
    std::size_t current_ = 0, ready_count_ = 0;
    bool runs_ = false;
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
        watched_ = watched;
        interest_ = 0;
        is_drained_ = false;
        // Where a ring receives and sends, most sockets need no poller.
        if (!loop_.completes()) {
            VITTE_CHECK(add());
        }
        is_open_ = true;
        return {};
    }
    /// Callbacks that wait are forgotten, and not called any more; coroutines that wait go on in the next turn, with
    /// `errc::cancelled`.
    void close() noexcept {
        if (!std::exchange(is_open_, false)) return;
        for (loop_wait<P>* const place : {&reader_, &writer_}) {
            const loop_wait<P> waited = *place;
            cancel(*place);
            loop_callback::abandon(waited.waiter, waited.is_told_of_end);
        }
        if (std::exchange(is_added_, false)) static_cast<void>(loop_.poller_->remove(watched_));
        loop_.forget(key());
    }
    bool is_open() const noexcept { return is_open_; }

    /// Calls `then`, once, when receiving may have something, which it has not now: after `errc::would_block`, or of a
    /// stream also after less came than there was room for. One at a time.
    [[gnu::always_inline]] result<void> when_readable(loop_callback& then) noexcept { return await(reader_, then); }
    /// The same, but where the loop has a completion ring, that does `by`, and `then` is called when it is done.
    /// Nothing need have been tried.
    result<void> when_readable(loop_callback& then, loop_operation<P>& by) noexcept {
        by.waits_first = loop_.completes() && std::exchange(is_drained_, false);
        return complete(reader_, then, by);
    }
    /// The same for sending, and for the end of connecting.
    result<void> when_writable(loop_callback& then) noexcept { return await(writer_, then); }
    result<void> when_writable(loop_callback& then, loop_operation<P>& by) noexcept {
        return complete(writer_, then, by);
    }
    /// Keeps `then`, whose attempt goes on later by itself, for `close`; it may be called before.
    void hold_readable(loop_callback& then) noexcept { put(reader_, then); }
    void hold_writable(loop_callback& then) noexcept { put(writer_, then); }
    /// What waits is not called any more. What a ring has done by then is done.
    void cancel_readable() noexcept { cancel(reader_); }
    void cancel_writable() noexcept { cancel(writer_); }

    /// Notes that a stream had less than there was room for, so that what comes next will be told.
    void drained() noexcept {
        // What the poller told while a ring received is not told again unless it is asked.
        if (loop_.completes()) interest_ &= ~socket_readable;
        is_drained_ = loop_.completes() || !has_edges_ || (interest_ & socket_readable) != 0;
    }
    /// Whether nothing has come since: who receives may wait at once.
    bool is_drained() const noexcept { return is_drained_; }

private:
    friend basic_loop<P>;
    static constexpr unsigned both = socket_readable | socket_writable;

    poll_trigger trigger() const noexcept { return has_edges_ ? poll_trigger::edge : poll_trigger::one_shot; }
    std::uint64_t key() const noexcept { return reinterpret_cast<std::uintptr_t>(this); }
    static basic_handle_watcher& of_key(std::uint64_t key) noexcept {
        return *reinterpret_cast<basic_handle_watcher*>(static_cast<std::uintptr_t>(key));
    }
    result<void> add() noexcept {
        auto added = loop_.poller_->add(watched_, both, poll_trigger::edge, key());
        has_edges_ = added || added.error().code != errc::not_supported;
        if (!has_edges_) added = loop_.poller_->add(watched_, 0, poll_trigger::one_shot, key());
        VITTE_CHECK(added);
        interest_ = has_edges_ ? both : 0;
        is_added_ = true;
        return {};
    }
    [[gnu::always_inline]] static void put(loop_wait<P>& place, loop_callback& then) noexcept {
        place.waiter = &then;
        place.is_told_of_end = loop_callback::is_told_of_end(then);
    }
    [[gnu::always_inline]] result<void> await(loop_wait<P>& place, loop_callback& then) noexcept {
        VITTE_ASSERT(is_open_ && place.waiter == nullptr);
        put(place, then);
        if (interest_ == both) return {};
        const auto asked = add_and_ask();
        if (!asked) place.waiter = nullptr;
        return asked;
    }
    result<void> complete(loop_wait<P>& place, loop_callback& then, loop_operation<P>& by) noexcept {
        VITTE_ASSERT(is_open_ && place.waiter == nullptr);
        if (loop_.completes()) {
            if (loop_.completions_->begin(by, watched_, place)) {
                put(place, then);
                place.by = &by;
                return {};
            }
            interest_ = 0;  // nothing was tried, so that what is true already has to be told once more
        }
        return await(place, then);
    }
    void cancel(loop_wait<P>& place) noexcept {
        if (place.by != nullptr && loop_.completes()) loop_.completions_->cancel(*place.by);
        place = {};
    }
    /// Not what a ring does.
    static bool waits(const loop_wait<P>& place) noexcept { return place.waiter != nullptr && place.by == nullptr; }
    /// Whether this watcher is still there then.
    static bool outlives(loop_wait<P>& place, const readiness& told) noexcept {
        if (!waits(place)) return true;
        std::exchange(place.waiter, nullptr)->call();
        return told.key != 0;
    }
    [[gnu::noinline]] result<void> add_and_ask() noexcept {
        if (!is_added_) {
            VITTE_CHECK(add());
        }
        return ask();
    }
    /// Without edges the poller has to be told what is waited for; with them only after the last one.
    result<void> ask() noexcept {
        unsigned wanted = (waits(reader_) ? socket_readable : 0u) | (waits(writer_) ? socket_writable : 0u);
        if ((wanted & ~interest_) == 0) return {};
        if (has_edges_) wanted = both;
        VITTE_CHECK(loop_.poller_->change(watched_, wanted, trigger(), key()));
        interest_ = wanted;
        return {};
    }
    void prefetch_waiter() const noexcept {
        const auto* const waiter = reinterpret_cast<const std::byte*>(reader_.waiter);
        if (waiter == nullptr) return;
        __builtin_prefetch(waiter);
        __builtin_prefetch(waiter + 64);
    }
    /// A callback may close and end this watcher, which clears the key of what is told.
    void tell(const readiness& told) noexcept {
        const unsigned events = told.events;
        if (!has_edges_) interest_ = 0;
        const bool may_receive = (events & (socket_readable | socket_hung_up)) != 0;
        if (may_receive) is_drained_ = false;
        if ((events & socket_readable) != 0 && (events & (socket_ended | socket_hung_up)) != 0)
            interest_ &= ~socket_readable;
        if (may_receive && !outlives(reader_, told)) return;
        if ((events & (socket_writable | socket_hung_up)) != 0 && !outlives(writer_, told)) return;
        if (interest_ != both) static_cast<void>(ask());
    }

    basic_loop<P>& loop_;
    handle watched_ = P::sockets::invalid;
    loop_wait<P> reader_, writer_;
    unsigned interest_ = 0;
    bool has_edges_ = false, is_open_ = false, is_added_ = false, is_drained_ = false;
};

using loop = basic_loop<>;
using handle_watcher = basic_handle_watcher<>;

}  // namespace vitte::sys
