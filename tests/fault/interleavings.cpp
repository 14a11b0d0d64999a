// Locks under every order of their threads' steps that a simulation can make, with loads that give old values where the
// memory model allows it; and locks with planted bugs, which must be found.
#include <cstdio>
#include <vitte/sys/thread.hpp>

#include "../support/stage.hpp"

namespace {
using namespace vitte::sys;
using P = simulated;

/// Otherwise all orders of the larger ones take minutes.
bool optimized() {
#if defined(__OPTIMIZE__)
    return patient();
#else
    return false;
#endif
}

struct tally {
    std::size_t runs = 0, ended[4] = {};
    std::size_t bad() const { return runs - ended[0]; }
};

/// Threads of a simulation that do nothing but `work(i)`.
template <class Work>
void together(unsigned count, Work work) {
    struct part {
        Work* work;
        unsigned number;
    } parts[scheduler::most];
    unsigned handles[scheduler::most];
    scheduler& all = simulation::current().threads;
    for (unsigned i = 0; i < count; ++i) {
        parts[i] = {&work, i};
        handles[i] =
            *all.start([](void* p) { (*static_cast<part*>(p)->work)(static_cast<part*>(p)->number); }, &parts[i]);
    }
    for (unsigned i = 0; i < count; ++i) static_cast<void>(all.join(handles[i]));
}

/// All interleavings of `play`, which returns whether what it did came out right.
template <class Play>
tally every(const char* name, const simulation_options& options, Play play) {
    tally count;
    all_choices all;
    do {
        simulation world(all, options);
        bool right = false;
        const simulation_end end = world.run([&] { right = play(); });
        ++count.runs;
        ++count.ended[static_cast<unsigned>(end)];
        if (end == simulation_end::finished && !right) ++count.ended[3], --count.ended[0];
    } while (all.next());
    std::printf("%-40s %8zu interleavings, %zu bad\n", name, count.runs, count.bad());
    return count;
}
/// As many as there is patience for, each by a seed.
template <class Play>
tally some(const char* name, const simulation_options& options, unsigned seeds, Play play) {
    tally count;
    for (unsigned seed = 0; seed < seeds; ++seed) {
        seeded_choices from(seed);
        simulation world(from, options);
        bool right = false;
        const simulation_end end = world.run([&] { right = play(); });
        ++count.runs;
        ++count.ended[static_cast<unsigned>(end)];
        if (end == simulation_end::finished && !right) ++count.ended[3], --count.ended[0];
    }
    std::printf("%-40s %8zu seeds, %zu bad\n", name, count.runs, count.bad());
    return count;
}

template <class Mutex, unsigned Threads, int Rounds>
bool counts_under_a_lock() {
    Mutex mutex;
    watched<int> sum(0);
    together(Threads, [&](unsigned) {
        for (int i = 0; i < Rounds; ++i) {
            mutex.lock();
            sum.set(sum.get() + 1);
            mutex.unlock();
        }
    });
    return sum.get() == static_cast<int>(Threads) * Rounds;
}

template <unsigned Readers, unsigned Writers>
bool reads_and_writes() {
    basic_shared_mutex<P> mutex;
    watched<int> a(0), b(0);
    bool equal = true;
    together(Readers + Writers, [&](unsigned i) {
        if (i < Readers) {
            mutex.lock_shared();
            equal = equal && a.get() == b.get();
            mutex.unlock_shared();
        } else {
            mutex.lock();
            a.set(a.get() + 1);
            b.set(b.get() + 1);
            mutex.unlock();
        }
    });
    return equal && a.get() == static_cast<int>(Writers);
}

/// Producers give, consumers take; nobody waits for ever.
template <class Condition, unsigned Givers, unsigned Takers, bool All>
bool hands_over() {
    basic_mutex<P> mutex;
    Condition given;
    watched<int> there(0);
    int taken = 0;
    together(Givers + Takers, [&](unsigned i) {
        mutex.lock();
        if (i < Givers) {
            there.set(there.get() + static_cast<int>(Takers / Givers));
            if (All)
                given.notify_all();
            else
                given.notify_one();
        } else {
            given.wait(mutex, [&] { return there.get() > 0; });
            there.set(there.get() - 1);
            ++taken;
        }
        mutex.unlock();
    });
    return taken == static_cast<int>(Takers);
}

template <unsigned Threads>
bool permits() {
    basic_semaphore<P> semaphore(1);
    watched<int> sum(0);
    together(Threads, [&](unsigned) {
        semaphore.acquire();
        sum.set(sum.get() + 1);
        semaphore.release();
    });
    return sum.get() == static_cast<int>(Threads) && semaphore.try_acquire() && !semaphore.try_acquire();
}
bool permits_or_gives_up() {
    basic_semaphore<P> semaphore(0);
    int had = 0;
    together(2, [&](unsigned i) {
        if (i == 0)
            semaphore.release();
        else
            had += semaphore.try_acquire_until(deadline::after<P>(1000));
    });
    return had + (semaphore.try_acquire() ? 1 : 0) == 1;
}
bool waits_for_an_event() {
    basic_event<P> event;
    watched<int> value(0);
    int seen = 0;
    together(3, [&](unsigned i) {
        if (i == 0) {
            value.set(5);
            event.set();
        } else {
            event.wait();
            seen += value.get();
        }
    });
    return seen == 10;
}
/// One gives work and sets the event, the other resets the event and then looks for work.
template <class Event>
bool hears_of_work() {
    Event event(true);
    atomic_of<P, std::uint32_t> work(0);
    together(2, [&](unsigned i) {
        if (i == 0) {
            work.store_relaxed(1);
            event.set();
        } else {
            do {
                event.wait();
                event.reset();
            } while (work.load_relaxed() == 0);
        }
    });
    return true;
}
/// Who resets what another has reset hears of work as well.
template <class Event>
bool hears_of_work_after_another() {
    Event event(false);
    atomic_of<P, std::uint32_t> work(0), reset(0);
    bool right = true;
    together(3, [&](unsigned i) {
        if (i == 0) {
            work.store_relaxed(1);
            event.set();
        } else if (i == 1) {
            event.wait();
            event.reset();
            reset.store_relaxed(1);
        } else if (reset.load_relaxed() == 1) {
            event.reset();
            right = work.load_relaxed() == 1;
        }
    });
    return right;
}
bool calls_once() {
    basic_once<P> once;
    watched<int> value(0);
    int calls = 0;
    together(2, [&](unsigned) { once.call([&] { value.set(++calls); }), static_cast<void>(value.get()); });
    return calls == 1 && value.get() == 1;
}
bool parks() {
    basic_parker<P> parker;
    watched<int> value(0);
    bool seen = false;
    together(2, [&](unsigned i) {
        if (i == 0) {
            value.set(1);
            parker.unpark();
        } else {
            parker.park();
            seen = value.get() == 1;
        }
    });
    return seen;
}
bool meets_at_a_barrier() {
    basic_barrier<P> barrier(2);
    watched<int> parts[2];
    bool right = true;
    together(2, [&](unsigned i) {
        parts[i].set(static_cast<int>(i) + 1);
        barrier.arrive_and_wait();
        right = right && parts[1 - i].get() == 2 - static_cast<int>(i);
    });
    return right;
}
bool starts_and_joins() {
    watched<int> value(1);
    auto started = start_thread<P>([&] { return value.get() + 1; });
    return started && started->join().value_or(0) == 2;
}

// Who waits only until a deadline, or not at all, gets what he waits for or leaves everything as it is for the others.

deadline soon() { return deadline::after<P>(1000); }

bool locks_in_time() {
    basic_mutex<P> mutex;
    watched<int> sum(0);
    int had = 0;
    together(3, [&](unsigned i) {
        if (!mutex.try_lock_until(i == 2 ? deadline::passed() : soon())) return;
        sum.set(sum.get() + 1);
        mutex.unlock();
        ++had;
    });
    return sum.get() == had && mutex.try_lock();
}
bool reads_and_writes_in_time() {
    basic_shared_mutex<P> mutex;
    watched<int> value(0);
    int written = 0;
    together(3, [&](unsigned i) {
        if (i == 0 && mutex.try_lock_shared_until(soon())) {
            static_cast<void>(value.get());
            mutex.unlock_shared();
        } else if (i != 0 && mutex.try_lock_until(i == 2 ? deadline::passed() : soon())) {
            value.set(value.get() + 1);
            mutex.unlock();
            ++written;
        }
    });
    if (!mutex.try_lock_shared()) return false;
    mutex.unlock_shared();
    return value.get() == written && mutex.try_lock();
}
/// A writer whose time has passed keeps no reader out, though another reads all the time.
bool reads_beside_a_late_writer() {
    basic_shared_mutex<P> mutex;
    int readers = 0;
    mutex.lock_shared();
    together(2, [&](unsigned i) {
        if (i == 0) {
            if (mutex.try_lock_until(soon())) mutex.unlock();
        } else {
            mutex.lock_shared();
            ++readers;
            mutex.unlock_shared();
        }
    });
    const bool free = mutex.try_lock_shared();
    if (free) mutex.unlock_shared();
    mutex.unlock_shared();
    return readers == 1 && free && mutex.try_lock();
}
/// A reader that locks again at once, or another one, does not overtake a writer that waits.
template <unsigned Readers>
bool writes_before_later_readers() {
    basic_shared_mutex<P> mutex;
    watched<int> value(0);
    bool right = true;
    mutex.lock_shared();
    together(1 + Readers, [&](unsigned i) {
        if (i == 0) {
            mutex.lock();
            value.set(1);
            mutex.unlock();
        } else if (i == 1) {
            const bool writer_waits = !mutex.try_lock_shared();
            if (!writer_waits) mutex.unlock_shared();
            mutex.unlock_shared();
            mutex.lock_shared();
            right = !writer_waits || value.get() == 1;
            mutex.unlock_shared();
        } else {
            mutex.lock_shared();
            mutex.unlock_shared();
        }
    });
    return right && mutex.try_lock();
}
/// The wake-up of a writer whose time passes meanwhile is not lost for another one.
bool writes_after_a_late_writer() {
    basic_shared_mutex<P> mutex;
    int written = 0;
    mutex.lock_shared();
    together(3, [&](unsigned i) {
        if (i == 0) {
            if (mutex.try_lock_until(soon())) mutex.unlock();
        } else if (i == 1) {
            mutex.lock();
            ++written;
            mutex.unlock();
        } else {
            mutex.unlock_shared();
        }
    });
    return written == 1 && mutex.try_lock();
}
bool hears_in_time() {
    basic_mutex<P> mutex;
    basic_condition_variable<P> given;
    watched<int> there(0);
    bool had = false, seen = false;
    together(2, [&](unsigned i) {
        mutex.lock();
        if (i == 0) {
            there.set(1);
            given.notify_one();
        } else {
            had = given.wait_until(mutex, soon(), [&] { return there.get() == 1; });
            seen = there.get() == 1;
        }
        mutex.unlock();
    });
    return had == seen && mutex.try_lock();
}
bool sees_an_event_in_time() {
    basic_event<P> event;
    watched<int> value(0);
    bool right = true;
    together(2, [&](unsigned i) {
        if (i == 0) {
            value.set(1);
            event.set();
        } else if (event.wait_until(soon())) {
            right = value.get() == 1;
        }
    });
    return right && event.try_wait();
}
bool parks_in_time() {
    basic_parker<P> parker;
    watched<int> value(0);
    bool had = false, right = true;
    together(2, [&](unsigned i) {
        if (i == 0) {
            value.set(1);
            parker.unpark();
        } else if ((had = parker.park_until(soon()))) {
            right = value.get() == 1;
        }
    });
    return right && had != parker.park_until(deadline::passed());
}
bool joins_in_time() {
    watched<int> value(1);
    auto started = start_thread<P>([&] { return value.get() + 1; });
    const auto at_once = started->join_until(deadline::passed()), later = started->join_until(soon());
    return at_once || later || started->join().value_or(0) == 2;
}

// Systems end sleeps long before their deadlines, also endless ones: what waits goes on until its own deadline.

/// `give` after 7 ms, for which others wait by `take(deadline)`: until after it or for ever, and not so long. Whether
/// the former got it and the latter gave up, but not too early; who need not wait at all does not.
template <class Give, class Take>
bool keeps_to_deadlines(deadline patience, deadline impatience, bool early, Give give, Take take) {
    const std::int64_t start = monotonic_time<P>();
    bool right = true;
    const auto kept = [&](deadline until, bool may_get_it) {
        const bool had = take(until);
        right = right && (had ? may_get_it : monotonic_time<P>() >= until.monotonic() && (early || !may_get_it));
    };
    together(3, [&](unsigned i) {
        if (i == 0) {
            this_thread::sleep_until<P>(deadline::at(start + 7_ms));
            give();
        } else if (i == 1) {
            kept(patience, true);
        } else {
            kept(impatience, early);
        }
    });
    return right && take(deadline::passed());
}
/// All that can be waited for; each is there again for the next one when it was taken.
template <class Mutex = basic_mutex<P>>
bool with_mutex(auto kept) {
    Mutex mutex;
    mutex.lock();
    return kept([&] { mutex.unlock(); },
                [&](deadline until) { return mutex.try_lock_until(until) && (mutex.unlock(), true); });
}
template <bool Shared>
bool with_shared_mutex(auto kept) {
    basic_shared_mutex<P> mutex;
    if (Shared) mutex.lock();
    else mutex.lock_shared();
    return kept([&] { Shared ? mutex.unlock() : mutex.unlock_shared(); },
                [&](deadline until) {
                    const bool had = Shared ? mutex.try_lock_shared_until(until) : mutex.try_lock_until(until);
                    if (had) Shared ? mutex.unlock_shared() : mutex.unlock();
                    return had;
                });
}
bool with_semaphore(auto kept) {
    basic_semaphore<P> semaphore(0);
    return kept([&] { semaphore.release(); },
                [&](deadline until) { return semaphore.try_acquire_until(until) && (semaphore.release(), true); });
}
bool with_condition(auto kept) {
    basic_mutex<P> mutex;
    basic_condition_variable<P> changed;
    bool there = false;
    return kept(
        [&] {
            mutex.lock();
            there = true;
            mutex.unlock();
            changed.notify_all();
        },
        [&](deadline until) {
            mutex.lock();
            const bool had = changed.wait_until(mutex, until, [&] { return there; });
            mutex.unlock();
            return had;
        });
}
bool with_event(auto kept) {
    basic_event<P> event;
    return kept([&] { event.set(); }, [&](deadline until) { return event.wait_until(until); });
}
bool with_latch(auto kept) {
    basic_latch<P> latch(1);
    return kept([&] { latch.count_down(); }, [&](deadline until) { return latch.wait_until(until); });
}
bool with_barrier(auto kept) {
    basic_barrier<P> barrier(2);
    const std::uint32_t arrival = barrier.arrive();
    return kept([&] { static_cast<void>(barrier.arrive()); },
                [&](deadline until) { return barrier.wait_until(arrival, until); });
}
/// A parker and a thread have one who waits.
bool parks_to_its_deadline() {
    basic_parker<P> parker;
    const std::int64_t start = monotonic_time<P>();
    const auto is = [&](std::int64_t time) { return monotonic_time<P>() >= start + time; };
    bool right = true;
    together(2, [&](unsigned i) {
        if (i == 0) {
            this_thread::sleep_until<P>(deadline::at(start + 7_ms));
            parker.unpark();
        } else {
            right = !parker.park_until(deadline::passed()) && !is(3_ms) &&
                    !parker.park_until(deadline::at(start + 5_ms)) && is(5_ms) && !is(6_ms) &&
                    parker.park_until(deadline::at(start + 10_ms)) && is(7_ms) && !is(8_ms);
        }
    });
    return right;
}
bool joins_to_its_deadline() {
    const std::int64_t start = monotonic_time<P>();
    auto slow = start_thread<P>([&] { this_thread::sleep_until<P>(deadline::at(start + 7_ms)); });
    const auto is = [&](std::int64_t time) { return monotonic_time<P>() >= start + time; };
    const auto ended = [&](std::int64_t until) { return slow->join_until(deadline::at(until)).has_value(); };
    return !ended(0) && !is(3_ms) && !ended(start + 5_ms) && is(5_ms) && !is(6_ms) && ended(start + 10_ms) && is(7_ms);
}
bool calls_once_however_long_it_takes() {
    basic_once<P> once;
    int calls = 0;
    together(3, [&](unsigned) {
        once.call([&] {
            this_thread::sleep_until<P>(deadline::after<P>(7_ms));
            ++calls;
        });
        if (calls != 1) calls = 100;
    });
    return calls == 1;
}

/// Sleeps without saying so: unlocking does not wake it.
struct forgetful_mutex {
    detail::lock_word<P> word;
    void lock() {
        for (std::uint32_t seen = 0; !word.compare_exchange_strong_acquire(seen, 1); seen = 0)
            if (seen == 2 || word.compare_exchange_relaxed(seen, 2)) word.wait(2);
    }
    void unlock() {
        if (word.exchange_release(0) == 2) word.wake_one();
    }
};
/// Takes the end of any sleep for its deadline.
struct impatient_mutex {
    detail::lock_word<P> word;
    void lock() { static_cast<void>(try_lock_until(deadline::never())); }
    bool try_lock_until(deadline until) {
        while (word.exchange_acquire(2) != 0) {
            const std::int64_t before = monotonic_time<P>();
            if (!word.wait(2, until) || monotonic_time<P>() - before >= 3_ms) return false;
        }
        return true;
    }
    void unlock() {
        word.store_release(0);
        word.wake_one();
    }
};
/// Takes the lock without acquiring what its last owner wrote.
struct relaxed_mutex {
    detail::lock_word<P> word;
    void lock() {
        for (std::uint32_t seen = 0; !word.compare_exchange_relaxed(seen, 1); seen = 0) word.wait(1);
    }
    void unlock() {
        word.store_release(0);
        word.wake_one();
    }
};
/// Gives the lock back without releasing what it wrote.
struct unreleased_mutex {
    detail::lock_word<P> word;
    void lock() {
        for (std::uint32_t seen = 0; !word.compare_exchange_strong_acquire(seen, 1); seen = 0) word.wait(1);
    }
    void unlock() {
        word.store_relaxed(0);
        word.wake_one();
    }
};
/// Looks whether the lock is free, and takes it, in two steps.
struct two_step_mutex {
    detail::lock_word<P> word;
    void lock() {
        while (word.load_acquire() != 0) word.wait(1);
        word.store_relaxed(1);
    }
    void unlock() {
        word.store_release(0);
        word.wake_one();
    }
};
/// Unlocks before it looks at the turn: who notifies in between is missed.
struct late_condition {
    detail::lock_word<P> turn;
    template <class Lock, class Predicate>
    void wait(Lock& lock, Predicate satisfied) {
        while (!satisfied()) {
            lock.unlock();
            turn.wait(turn.load_relaxed());
            lock.lock();
        }
    }
    void notify_one() {
        turn.fetch_add_release(1);
        turn.wake_one();
    }
    void notify_all() {
        turn.fetch_add_release(1);
        turn.wake_all();
    }
};

/// Leaves an event alone that seems to be set: a `reset` that comes in between does not see what was written before.
struct hasty_event {
    detail::lock_word<P> word;
    explicit hasty_event(bool set) : word(set ? 1 : 0) {}
    void set() {
        if (word.load_relaxed() == 1) return;
        word.exchange_release(1);
        word.wake_all();
    }
    void reset() { word.exchange_acquire(0); }
    void wait() {
        while (word.load_acquire() == 0) word.wait(0);
    }
};
/// Resets without acquiring what was written before it was set.
struct unacquired_event : hasty_event {
    using hasty_event::hasty_event;
    void set() {
        word.exchange_release(1);
        word.wake_all();
    }
    void reset() { word.store_relaxed(0); }
};

/// Leaves an event alone that seems to be reset.
struct looking_event : hasty_event {
    using hasty_event::hasty_event;
    void reset() {
        if (word.load_acquire() != 0) hasty_event::reset();
    }
};

/// `other` is set before `flag`, and only a release and an acquire keep that order ("message passing").
template <bool Release, bool Acquire>
bool passes_a_message() {
    atomic_of<P, std::uint32_t> other(0), flag(0);
    bool right = true;
    together(2, [&](unsigned i) {
        if (i == 0) {
            other.store_relaxed(1);
            if (Release)
                flag.store_release(1);
            else
                flag.store_relaxed(1);
        } else if ((Acquire ? flag.load_acquire() : flag.load_relaxed()) == 1) {
            right = other.load_relaxed() == 1;
        }
    });
    return right;
}

simulation_options stops(unsigned most) { return {.preemptions = optimized() ? most : 1}; }

const simulation_options plain{}, two_stops{.preemptions = 2}, three_stops{.preemptions = 3};
const simulation_options unkind{.preemptions = 2, .early_timeouts = true, .spurious_wakes = true};
}  // namespace

BOOST_AUTO_TEST_SUITE(interleavings)

BOOST_AUTO_TEST_CASE(small_locks_are_right_in_every_order) {
    BOOST_TEST(every("mutex, 2 threads", plain, counts_under_a_lock<basic_mutex<P>, 2, 1>).bad() == 0u);
    BOOST_TEST(every("semaphore, 2 threads", plain, permits<2>).bad() == 0u);
    BOOST_TEST(every("semaphore with a deadline", {.early_timeouts = true}, permits_or_gives_up).bad() == 0u);
    BOOST_TEST(every("shared mutex, 1 reader, 1 writer", optimized() ? plain : two_stops, reads_and_writes<1, 1>).bad() ==
               0u);
    BOOST_TEST(
        (every("condition variable, 1 and 1", stops(5), hands_over<basic_condition_variable<P>, 1, 1, false>).bad() ==
         0));
    BOOST_TEST(every("event that announces work", plain, hears_of_work<basic_event<P>>).bad() == 0u);
    BOOST_TEST(every("event that another resets", two_stops, hears_of_work_after_another<basic_event<P>>).bad() == 0u);
    BOOST_TEST(every("once, 2 threads", plain, calls_once).bad() == 0u);
    BOOST_TEST(every("parker", plain, parks).bad() == 0u);
    BOOST_TEST(every("barrier, 2 threads", optimized() ? plain : two_stops, meets_at_a_barrier).bad() == 0u);
    BOOST_TEST(every("thread", two_stops, starts_and_joins).bad() == 0u);
}

BOOST_AUTO_TEST_CASE(larger_ones_are_right_with_few_preemptions) {
    BOOST_TEST(every("mutex, 3 threads", stops(3), counts_under_a_lock<basic_mutex<P>, 3, 1>).bad() == 0u);
    BOOST_TEST(every("mutex, 2 threads, 2 rounds", stops(3), counts_under_a_lock<basic_mutex<P>, 2, 2>).bad() == 0u);
    BOOST_TEST(every("semaphore, 3 threads", stops(2), permits<3>).bad() == 0u);
    BOOST_TEST(every("shared mutex, 2 readers, 1 writer", stops(2), reads_and_writes<2, 1>).bad() == 0u);
    BOOST_TEST(every("shared mutex, 1 reader, 2 writers", stops(2), reads_and_writes<1, 2>).bad() == 0u);
    BOOST_TEST(
        (every("condition variable, 1 and 2", {.preemptions = 1}, hands_over<basic_condition_variable<P>, 1, 2, true>)
             .bad() == 0));
    BOOST_TEST(every("shared mutex, a writer before a reader", stops(3), writes_before_later_readers<1>).bad() == 0u);
    BOOST_TEST(
        every("shared mutex, a writer, 2 readers", {.preemptions = 1}, writes_before_later_readers<2>).bad() == 0u);
    BOOST_TEST(every("event, 3 threads", stops(2), waits_for_an_event).bad() == 0u);
}

BOOST_AUTO_TEST_CASE(they_stay_right_when_sleepers_wake_for_no_reason) {
    BOOST_TEST(every("mutex, 2 threads", unkind, counts_under_a_lock<basic_mutex<P>, 2, 1>).bad() == 0u);
    BOOST_TEST(every("semaphore, 2 threads", unkind, permits<2>).bad() == 0u);
    BOOST_TEST(every("shared mutex, 1 reader, 1 writer", unkind, reads_and_writes<1, 1>).bad() == 0u);
    BOOST_TEST((
        every("condition variable, 1 and 1", unkind, hands_over<basic_condition_variable<P>, 1, 1, false>).bad() == 0));
    BOOST_TEST(every("parker", unkind, parks).bad() == 0u);
    simulation_options unkind_once = unkind;
    unkind_once.preemptions = 1;
    BOOST_TEST(every("event, 3 threads", unkind_once, waits_for_an_event).bad() == 0u);
    BOOST_TEST(every("event that announces work", unkind, hears_of_work<basic_event<P>>).bad() == 0u);
    BOOST_TEST(every("once, 2 threads", unkind, calls_once).bad() == 0u);
    BOOST_TEST(every("barrier, 2 threads", unkind, meets_at_a_barrier).bad() == 0u);
    BOOST_TEST(every("thread", unkind, starts_and_joins).bad() == 0u);
}

BOOST_AUTO_TEST_CASE(who_gives_up_leaves_all_in_order) {
    simulation_options hasty = unkind;
    hasty.preemptions = optimized() ? 2 : 1;
    BOOST_TEST(every("mutex, 3 threads, in time", hasty, locks_in_time).bad() == 0u);
    BOOST_TEST(every("shared mutex, 3 threads, in time", hasty, reads_and_writes_in_time).bad() == 0u);
    BOOST_TEST(every("shared mutex, a reader beside a late writer", hasty, reads_beside_a_late_writer).bad() == 0u);
    BOOST_TEST(every("shared mutex, a writer and a late one", hasty, writes_after_a_late_writer).bad() == 0u);
    BOOST_TEST(every("semaphore, in time", hasty, permits_or_gives_up).bad() == 0u);
    BOOST_TEST(every("condition variable, in time", hasty, hears_in_time).bad() == 0u);
    BOOST_TEST(every("event, in time", hasty, sees_an_event_in_time).bad() == 0u);
    BOOST_TEST(every("parker, in time", hasty, parks_in_time).bad() == 0u);
    BOOST_TEST(every("thread, in time", hasty, joins_in_time).bad() == 0u);
}

/// With sleeps of at most 3 ms, in every order; and with sleeps that end at any time, too.
template <class Play>
std::size_t impatient(const char* name, Play play) {
    std::size_t bad = 0;
    for (const bool early : {false, true}) {
        const simulation_options cut_off{.preemptions = early ? 0u : 1u, .early_timeouts = early, .longest_wait = 3_ms};
        for (const bool endless : {false, true})
            for (const bool not_at_all : {false, true}) {
                const auto all = [&] {
                    return play([&](auto give, auto take) {
                        const std::int64_t start = monotonic_time<P>();
                        return keeps_to_deadlines(endless ? deadline::never() : deadline::at(start + 10_ms),
                                                  not_at_all ? deadline::passed() : deadline::at(start + 5_ms), early,
                                                  give, take);
                    });
                };
                bad += every(name, cut_off, all).bad();
            }
    }
    return bad;
}

BOOST_AUTO_TEST_CASE(sleeps_that_are_cut_off_are_no_deadlines) {
    BOOST_TEST(impatient("mutex, short sleeps", [](auto k) { return with_mutex(k); }) == 0u);
    BOOST_TEST(impatient("readers, short sleeps", [](auto k) { return with_shared_mutex<true>(k); }) == 0u);
    BOOST_TEST(impatient("writers, short sleeps", [](auto k) { return with_shared_mutex<false>(k); }) == 0u);
    BOOST_TEST(impatient("semaphore, short sleeps", [](auto k) { return with_semaphore(k); }) == 0u);
    BOOST_TEST(impatient("condition variable, short sleeps", [](auto k) { return with_condition(k); }) == 0u);
    BOOST_TEST(impatient("event, short sleeps", [](auto k) { return with_event(k); }) == 0u);
    BOOST_TEST(impatient("latch, short sleeps", [](auto k) { return with_latch(k); }) == 0u);
    BOOST_TEST(impatient("barrier, short sleeps", [](auto k) { return with_barrier(k); }) == 0u);
    const simulation_options cut_off{.preemptions = 1, .longest_wait = 3_ms};
    BOOST_TEST(every("parker, short sleeps", cut_off, parks_to_its_deadline).bad() == 0u);
    BOOST_TEST(every("thread, short sleeps", cut_off, joins_to_its_deadline).bad() == 0u);
    BOOST_TEST(every("once, short sleeps", cut_off, calls_once_however_long_it_takes).bad() == 0u);
    const auto too_soon = [](auto k) { return with_mutex<impatient_mutex>(k); };
    BOOST_TEST(impatient("bug: the end of a sleep is a deadline", too_soon) > 0u);
}

BOOST_AUTO_TEST_CASE(crowds_are_right_by_many_seeds) {
    BOOST_TEST(some("mutex, 6 threads, 4 rounds", plain, 3000, counts_under_a_lock<basic_mutex<P>, 6, 4>).bad() == 0u);
    BOOST_TEST(some("shared mutex, 4 readers, 3 writers", plain, 3000, reads_and_writes<4, 3>).bad() == 0u);
    BOOST_TEST(some("semaphore, 6 threads", plain, 3000, permits<6>).bad() == 0u);
    BOOST_TEST(
        (some("condition variable, 2 and 4, all", plain, 3000, hands_over<basic_condition_variable<P>, 2, 4, true>)
             .bad() == 0));
    BOOST_TEST(
        (some("condition variable, 4 and 4, one", plain, 3000, hands_over<basic_condition_variable<P>, 4, 4, false>)
             .bad() == 0));
}

BOOST_AUTO_TEST_CASE(planted_bugs_are_found) {
    const auto lost = every("bug: a wake-up is lost", three_stops, counts_under_a_lock<forgetful_mutex, 3, 1>);
    BOOST_TEST(lost.ended[static_cast<unsigned>(simulation_end::deadlock)] > 0u);
    const auto relaxed = every("bug: locking does not acquire", plain, counts_under_a_lock<relaxed_mutex, 2, 1>);
    BOOST_TEST(relaxed.ended[static_cast<unsigned>(simulation_end::data_race)] > 0u);
    const auto unreleased =
        every("bug: unlocking does not release", plain, counts_under_a_lock<unreleased_mutex, 2, 1>);
    BOOST_TEST(unreleased.ended[static_cast<unsigned>(simulation_end::data_race)] > 0u);
    BOOST_TEST(every("bug: two steps", plain, counts_under_a_lock<two_step_mutex, 2, 1>).bad() > 0u);
    const auto late = every("bug: the turn is looked at too late", two_stops, hands_over<late_condition, 1, 1, false>);
    BOOST_TEST(late.ended[static_cast<unsigned>(simulation_end::deadlock)] > 0u);
    const auto hasty = every("bug: a set event is left alone", plain, hears_of_work<hasty_event>);
    BOOST_TEST(hasty.ended[static_cast<unsigned>(simulation_end::deadlock)] > 0u);
    const auto unacquired = every("bug: resetting does not acquire", plain, hears_of_work<unacquired_event>);
    BOOST_TEST(unacquired.ended[static_cast<unsigned>(simulation_end::deadlock)] > 0u);
    BOOST_TEST(every("bug: resetting looks first", two_stops, hears_of_work_after_another<looking_event>).bad() > 0u);
    BOOST_TEST((every("message with release and acquire", plain, passes_a_message<true, true>).bad() == 0));
    BOOST_TEST((every("bug: message without release", plain, passes_a_message<false, true>).bad() > 0));
    BOOST_TEST((every("bug: message without acquire", plain, passes_a_message<true, false>).bad() > 0));
}

BOOST_AUTO_TEST_CASE(the_same_seed_makes_the_same_run) {
    const auto digest = [](std::uint64_t seed) {
        seeded_choices from(seed);
        simulation world(from);
        static_cast<void>(world.run([] { static_cast<void>(counts_under_a_lock<basic_mutex<P>, 5, 3>()); }));
        return world.digest();
    };
    for (std::uint64_t seed = 0; seed < 20; ++seed) BOOST_TEST(digest(seed) == digest(seed));
    BOOST_TEST(digest(1) != digest(2));
}

BOOST_AUTO_TEST_CASE(time_passes_when_all_sleep) {
    seeded_choices from(1);
    simulation world(from);
    std::int64_t slept = 0;
    bool woken = true;
    const auto end = world.run([&] {
        const std::int64_t start = monotonic_time<P>();
        auto other = start_thread<P>([] { this_thread::sleep_until<P>(deadline::after<P>(3'600'000'000'000)); });
        basic_event<P> never_set;
        woken = never_set.wait_until(deadline::after<P>(60'000'000'000));
        static_cast<void>(other->join());
        slept = monotonic_time<P>() - start;
    });
    BOOST_TEST((end == simulation_end::finished && !woken));
    BOOST_TEST((slept >= 3'600'000'000'000 && slept < 3'601'000'000'000));
}

BOOST_AUTO_TEST_CASE(who_waits_for_ever_is_told_of) {
    seeded_choices from(1);
    simulation world(from);
    const auto end = world.run([] {
        basic_mutex<P> locks[2];
        together(2, [&](unsigned i) {
            locks[i].lock();
            this_thread::sleep_until<P>(deadline::after<P>(1000));
            locks[1 - i].lock();
        });
    });
    BOOST_TEST((end == simulation_end::deadlock));
    BOOST_TEST((world.run([] {
        for (;;) P::threads::yield();
    }) == simulation_end::too_long));
}

BOOST_AUTO_TEST_SUITE_END()
