/// Threads that are fibers: one runs at a time, and which one is a decision. Time passes when all of them sleep.
#pragma once

#include <algorithm>
#include <exception>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vitte/core/result.hpp>
#include <vitte/sys/platform/simulated/fiber.hpp>
#include <vitte/sys/platform/simulated/memory_model.hpp>
#include <vitte/sys/platform/types.hpp>

namespace vitte::sys {

/// What a simulation may do.
struct simulation_options {
    std::uint64_t seed = 1;                ///< of the numbers that `random` gives
    unsigned preemptions = ~0u;            ///< how often a thread is stopped that could go on, but for `yield`
    bool early_timeouts = false;           ///< deadlines pass also while others could run
    bool spurious_wakes = false;           ///< each wait may end once for no reason
    std::int64_t longest_wait = INT64_MAX;  ///< nanoseconds after which a wait on a word ends for no reason
    std::uint64_t most_steps = 1'000'000;  ///< after which threads are taken to go in circles
    std::uint64_t capacity = std::uint64_t{1} << 32;  ///< bytes of the disk
    unsigned most_handles = 1024;                     ///< that are open at a time
    unsigned cpus = 4;                                ///< what the platform says that there are
};

/// How a run of a simulation ended.
enum class simulation_end : unsigned char {
    finished,   ///< all threads have
    deadlock,   ///< those that are left wait for ever
    data_race,  ///< two threads touched a `watched` object without an order
    too_long,   ///< there were more steps than allowed
};

/// What happens in a simulation at points in time, and not by its threads.
class timed_events {
public:
    /// When the next one is due; the latest time there is if there is none.
    virtual std::int64_t next() const noexcept = 0;
    /// Makes those happen that are due.
    virtual void happen() = 0;

protected:
    ~timed_events() = default;
};

/// Runs the threads of a simulation.
class scheduler {
public:
    static constexpr unsigned most = memory_model::most;
    static constexpr std::int64_t never = INT64_MAX;

    scheduler(choices& from, const simulation_options& options) noexcept
        : from_(from), options_(options), memory_(from) {
        for (unsigned i = 0; i < options.cpus; ++i) threads_[0].affinity.add(i);
    }

    /// Runs `main` as the first thread until all threads have ended or none can go on. The latter are abandoned: what
    /// they own is not destroyed.
    simulation_end run(const std::function<void()>& main) {
        VITTE_ASSERT(!running() && fiber::supported);
        used_ = preempted_ = 0;
        end_ = simulation_end::finished;
        static_cast<void>(start([](void* opaque) { (*static_cast<const std::function<void()>*>(opaque))(); },
                                const_cast<void*>(static_cast<const void*>(&main))));
        go(threads_[0]);
        current_ = nullptr;
        if (failed_ != nullptr) std::rethrow_exception(std::exchange(failed_, nullptr));
        return end_;
    }
    /// Whether a thread of the simulation is what calls.
    bool running() const noexcept { return current_ != nullptr; }
    /// The number of the thread that runs; 0 also outside of a run.
    unsigned number() const noexcept { return running() ? static_cast<unsigned>(current_ - threads_) : 0; }

    /// In 146 years; what is later never comes.
    static constexpr std::int64_t end_of_time = INT64_MAX / 2;
    std::int64_t now() const noexcept { return now_; }
    /// Somebody works for so long.
    void pass(std::int64_t nanoseconds) noexcept {
        now_ += nanoseconds;
        worked_ += nanoseconds;
    }
    std::int64_t worked() const noexcept { return worked_; }
    memory_model& memory() noexcept { return memory_; }
    choices& decisions() noexcept { return from_; }
    /// What is asked about time besides the threads; one.
    void attach(timed_events& events) noexcept { events_ = &events; }

    /// Which threads end together: those of one number. A thread is of the group of who started it.
    unsigned group() const noexcept { return running() ? current_->group : group_outside_; }
    /// Calls `work` as if by a thread of `group`, while no other one goes on.
    template <class Work>
    void as_group(unsigned group, Work work) {
        unsigned& mine = running() ? current_->group : group_outside_;
        const unsigned before = std::exchange(mine, group);
        ++quiet_;
        work();
        --quiet_;
        mine = before;
    }
    /// Whether `as_group` is under way.
    bool is_quiet() const noexcept { return quiet_ != 0; }
    /// Ends the threads of `group` where they are: what they own is not destroyed. Does not return to one of them.
    void end_group(unsigned group) {
        for (thread& t : started()) {
            if (t.group != group || t.ended) continue;
            t.ended = t.released = true;
            t.blocked = false;
            t.waits_for = nullptr;
        }
        if (running() && current_->ended) reschedule();
    }

    /// Another thread may come first.
    void point() {
        if (!running() || is_quiet()) return;
        if (++steps_ > options_.most_steps) stop(simulation_end::too_long);
        reschedule();
    }
    void yield() {
        if (!running()) return;
        current_->yields = true;
        point();
        current_->yields = false;
    }
    /// Ends the run here and now.
    void stop(simulation_end why) {
        end_ = why;
        current_->self.switch_to(outside_);
    }

    /// Sleeps until `now()` is `until`, and outside of a run lets happen what does until then.
    void sleep(std::int64_t until) {
        if (until > now_ && running()) block(nullptr, until);
        while (now_ < until && now_ < end_of_time) {
            const std::int64_t next = next_event();
            if (now_ < next) now_ = std::min({next, until, end_of_time});
            if (next <= now_) events_->happen();
        }
    }
    /// Waits until `word` is woken or `until`, which the caller has to find out; outside of a run, until the next event.
    void rest(const std::uint32_t* word, std::int64_t until) {
        VITTE_ASSERT(running() || until != never || next_event() != never);
        if (!running()) return sleep(next_event() < until ? next_event() : until);
        block(word, until);
    }
    /// The `threads` facet's functions of the same names.
    result<void> wait(const std::uint32_t* word, std::uint32_t expected, std::int64_t until) {
        if (*word != expected) return fail(errc::would_block, "wait");
        if (until <= now_) return fail(errc::timed_out, "wait");
        if (!running()) {  // where nobody can wake it
            VITTE_ASSERT(until != never);
            now_ = std::min(until, end_of_time);
            return fail(errc::timed_out, "wait");
        }
        const bool cut_off = until - now_ > options_.longest_wait;
        current_->cut_off = cut_off;
        block(word, cut_off ? now_ + options_.longest_wait : until);
        current_->cut_off = false;
        if (current_->woken) return {};
        return fail(cut_off ? errc::interrupted : errc::timed_out, "wait");
    }
    bool wake_one(const std::uint32_t* word) {
        thread* sleepers[most];
        unsigned count = 0;
        for (thread& t : started())
            if (t.waits_for == word) sleepers[count++] = &t;
        if (count == 0) return false;
        wake(*sleepers[from_.choose(count)]);
        return true;
    }
    void wake_all(const std::uint32_t* word) {
        for (thread& t : started())
            if (t.waits_for == word) wake(t);
    }
    result<unsigned> start(void (*entry)(void*), void* argument) {
        unsigned free = 0;
        while (free < used_ && !(threads_[free].ended && threads_[free].released)) ++free;
        if (free == most) return fail(errc::would_block, "start thread");
        if (free == used_) ++used_;
        threads_[free].reset(entry, argument);
        threads_[free].affinity = threads_[number()].affinity;  // that of the thread that starts it
        threads_[free].group = group();
        threads_[free].self.prepare(&begin);
        if (running()) memory_.fork(number(), free);
        return free;
    }
    result<void> join(unsigned which) {
        if (which >= used_ || threads_[which].released) return fail(errc::bad_handle, "join thread");
        thread& other = threads_[which];
        if (!other.ended) {
            other.joiner = current_;
            block(nullptr, never);
        }
        other.released = true;
        memory_.join(number(), which);
        return {};
    }
    result<void> detach(unsigned which) {
        if (which >= used_ || threads_[which].released) return fail(errc::bad_handle, "detach thread");
        threads_[which].released = true;
        return {};
    }
    result<unsigned> create_key(void (*destroy)(void*)) {
        for (unsigned k = 0; k < most_keys; ++k)
            if (!keys_[k].used) {
                keys_[k] = {true, destroy};
                for (thread& t : threads_) t.values[k] = nullptr;
                return k;
            }
        return fail(errc::out_of_handles, "create key");
    }
    void delete_key(unsigned k) noexcept { keys_[k].used = false; }
    void*& value(unsigned k) noexcept { return threads_[number()].values[k]; }

    std::string& name() noexcept { return threads_[number()].name; }
    cpu_set& affinity() noexcept { return threads_[number()].affinity; }

private:
    static constexpr unsigned most_keys = 64;
    struct key {
        bool used = false;
        void (*destroy)(void*) = nullptr;
    };
    struct thread {
        fiber self;
        void (*entry)(void*) = nullptr;
        void* argument = nullptr;
        bool ended = false, released = false, yields = false;
        bool blocked = false, woken = false, woken_for_no_reason = false;
        bool cut_off = false, cut_off_early = false;  ///< a wait that is shorter than asked for; that it ended early
        const std::uint32_t* waits_for = nullptr;
        std::int64_t until = never;
        thread* joiner = nullptr;
        void* values[most_keys] = {};
        std::string name;
        cpu_set affinity;
        unsigned group = 0;

        void reset(void (*e)(void*), void* a) {
            entry = e;
            argument = a;
            ended = released = yields = blocked = woken = woken_for_no_reason = cut_off = cut_off_early = false;
            waits_for = nullptr;
            until = never;
            joiner = nullptr;
            for (void*& v : values) v = nullptr;
            name.clear();
        }
    };

    std::span<thread> started() noexcept { return {threads_, used_}; }

    static scheduler*& active() noexcept {
        static scheduler* one = nullptr;
        return one;
    }
    /// Where every thread begins and ends.
    static void begin() {
        fiber::arrive();
        scheduler& self = *active();
        thread& me = *self.current_;
        self.call(me);
        me.ended = true;
        if (me.joiner != nullptr) self.wake(*me.joiner);
        self.reschedule();
    }
    void call(thread& me) {
#if defined(__cpp_exceptions)
        try {
            me.entry(me.argument);
            destroy_values(me);
        } catch (...) {
            failed_ = std::current_exception();
            stop(simulation_end::finished);
        }
#else
        me.entry(me.argument);
        destroy_values(me);
#endif
    }
    /// Up to four times, as PTHREAD_DESTRUCTOR_ITERATIONS says.
    void destroy_values(thread& me) {
        bool again = true;
        for (int round = 0; round < 4 && again; ++round) {
            again = false;
            for (unsigned k = 0; k < most_keys; ++k) {
                void* const value = me.values[k];
                if (value == nullptr || !keys_[k].used || keys_[k].destroy == nullptr) continue;
                me.values[k] = nullptr;
                keys_[k].destroy(value);
                again = true;
            }
        }
    }

    void go(thread& first) {
        scheduler* const before = std::exchange(active(), this);
        current_ = &first;
        outside_.switch_to(first.self);
        active() = before;
    }
    void wake(thread& sleeper) noexcept {
        sleeper.blocked = false;
        sleeper.woken = true;
        sleeper.waits_for = nullptr;
    }
    void block(const std::uint32_t* word, std::int64_t until) {
        current_->blocked = true;
        current_->woken = false;
        current_->waits_for = word;
        current_->until = until < end_of_time ? until : never;
        reschedule();
    }

    /// Goes on with one of those that can, which may be this one.
    void reschedule() {
        thread* const next = choose();
        if (next == nullptr) return stop(end_of_all());
        if (next == current_) return;
        thread& before = *current_;
        current_ = next;
        before.self.switch_to(next->self);
    }
    simulation_end end_of_all() const noexcept {
        for (const thread& t : std::span(threads_, used_))
            if (!t.ended) return simulation_end::deadlock;
        return simulation_end::finished;
    }
    std::int64_t next_event() const noexcept { return events_ != nullptr ? events_->next() : never; }
    thread* choose() {
        if (next_event() <= now_) events_->happen();
        for (thread& t : started())
            if (t.blocked && t.until <= now_) pass_deadline(t);
        const bool can_stay = !current_->ended && !current_->blocked, stays = can_stay && !current_->yields;
        thread* ready[most];
        unsigned count = 0;
        if (stays) ready[count++] = current_;
        if (!stays || preempted_ < options_.preemptions) {
            for (thread& t : started())
                if (&t != current_ && !t.ended && !t.blocked) ready[count++] = &t;
            if (count == 0) return can_stay ? current_ : let_time_pass();
            for (thread& t : started())
                if (t.blocked && may_wake_early(t)) ready[count++] = &t;
        }
        thread* const taken = ready[from_.choose(count)];
        if (stays && taken != current_) ++preempted_;
        if (taken->blocked) end_wait(*taken);
        return taken;
    }
    bool may_wake_early(const thread& t) const noexcept {
        return may_pass_early(t) || may_wake_for_no_reason(t);
    }
    /// What is cut off would be asked for again: once is enough.
    bool may_pass_early(const thread& t) const noexcept {
        return options_.early_timeouts && t.until != never && !(t.cut_off && t.cut_off_early);
    }
    bool may_wake_for_no_reason(const thread& t) const noexcept {
        return options_.spurious_wakes && t.waits_for != nullptr && !t.woken_for_no_reason;
    }
    void end_wait(thread& t) noexcept {
        if (may_wake_for_no_reason(t) && (!may_pass_early(t) || from_.choose(2) != 0)) {
            t.woken_for_no_reason = true;
            return wake(t);
        }
        t.cut_off_early |= t.cut_off;
        pass_deadline(t);
    }
    void pass_deadline(thread& t) noexcept {
        wake(t);
        t.woken = false;
        if (now_ < t.until) now_ = t.until;
    }
    /// To the first deadline or event, if there is one, until a thread can go on.
    thread* let_time_pass() {
        while (end_of_all() != simulation_end::finished) {
            thread* first = nullptr;
            for (thread& t : started())
                if (t.blocked && t.until != never && (first == nullptr || t.until < first->until)) first = &t;
            const std::int64_t next = next_event();
            if (first != nullptr && first->until <= next) return pass_deadline(*first), first;
            if (next == never) break;
            if (++steps_ > options_.most_steps) stop(simulation_end::too_long);
            if (now_ < next) now_ = next;
            events_->happen();
            thread* ready[most];
            unsigned count = 0;
            for (thread& t : started())
                if (!t.ended && !t.blocked) ready[count++] = &t;
            if (count != 0) return ready[from_.choose(count)];
        }
        return nullptr;
    }

    choices& from_;
    const simulation_options options_;
    memory_model memory_;
    fiber outside_;
    thread threads_[most];
    key keys_[most_keys];
    timed_events* events_ = nullptr;
    unsigned used_ = 0, preempted_ = 0, group_outside_ = 0, quiet_ = 0;
    thread* current_ = nullptr;
    std::exception_ptr failed_;
    simulation_end end_ = simulation_end::finished;
    std::int64_t now_ = 1'000'000'000, worked_ = 0;
    std::uint64_t steps_ = 0;
};

}  // namespace vitte::sys
