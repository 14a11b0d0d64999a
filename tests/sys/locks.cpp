// Locks under many threads, more than there are CPUs: exclusion, no lost wake-up, deadlines.
#include <array>
#include <deque>
#include <mutex>
#include <shared_mutex>

#include "../support/needs.hpp"
#include "../support/together.hpp"

namespace {
using namespace vitte::sys;
using vitte::atomic;

static_assert(sizeof(mutex) == 4 && sizeof(condition_variable) == 4 && sizeof(counting_semaphore) == 4 &&
              sizeof(binary_semaphore) == 4);
static_assert(sizeof(latch) == 4 && sizeof(barrier) == 4 && sizeof(once) == 4 && sizeof(event) == 4 &&
              sizeof(parker) == 4);
static_assert(sizeof(shared_mutex) == 8);
static_assert(std::is_trivially_destructible_v<mutex> && std::is_trivially_destructible_v<condition_variable>);

constexpr unsigned rounds = 20'000;

/// Whether waiting that began at `start` ended after `wanted`, and not much later.
void check_delay(std::int64_t start, std::int64_t wanted) {
    const std::int64_t waited = monotonic_time() - start;
    BOOST_TEST(waited >= wanted);
    BOOST_TEST(waited < wanted + 500_ms);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(locks, *needs(threads))

BOOST_AUTO_TEST_CASE(a_lock_that_was_taken_alone_keeps_later_threads_out) {
    mutex lock;
    lock.lock();  // without atomic instructions, where the C library knows of no other thread
    BOOST_TEST(!lock.try_lock());
    BOOST_TEST(!lock.try_lock_until(deadline::after(1_ms)));
    atomic<unsigned> entered(0);
    auto other = start_thread([&] {
        const std::lock_guard guard(lock);
        return entered.load_acquire();
    });
    BOOST_REQUIRE(other);
    this_thread::sleep_until(deadline::after(5_ms));
    entered.store_release(1);
    lock.unlock();
    BOOST_TEST(*other->join() == 1);
    lock.lock();
    lock.unlock();
    BOOST_TEST(lock.try_lock());
}

BOOST_AUTO_TEST_CASE(a_mutex_excludes_and_loses_nobody) {
    mutex lock;
    std::uint64_t plain = 0;
    std::vector<unsigned> turns(crowd());
    together(crowd(), [&](unsigned i) {
        for (unsigned k = 0; k < rounds; ++k) {
            const std::lock_guard guard(lock);
            ++plain;
            ++turns[i];
        }
    });
    BOOST_TEST(plain == std::uint64_t{crowd()} * rounds);
    for (const unsigned t : turns) BOOST_TEST(t == rounds);
    BOOST_TEST(lock.try_lock());
    BOOST_TEST(!lock.try_lock());
    lock.unlock();
}

BOOST_AUTO_TEST_CASE(a_mutex_starves_nobody_for_long) {
    mutex lock;
    std::vector<unsigned> turns(crowd());
    const auto end = deadline::after(300_ms);
    together(crowd(), [&](unsigned i) {
        while (monotonic_time() < end.monotonic()) {
            const scoped_lock guard(lock);
            ++turns[i];
        }
    });
    for (const unsigned t : turns) BOOST_TEST(t > 0u);
}

BOOST_AUTO_TEST_CASE(a_mutex_waits_until_its_deadline) {
    mutex lock;
    lock.lock();
    auto other = start_thread([&] {
        const std::int64_t start = monotonic_time();
        const bool got = lock.try_lock_until(deadline::after(50_ms));
        return got ? std::int64_t{-1} : monotonic_time() - start;
    });
    const std::int64_t waited = *other->join();
    BOOST_TEST(waited >= 50_ms);
    BOOST_TEST(waited < 550_ms);
    lock.unlock();
    BOOST_TEST(lock.try_lock_until(deadline::passed()));
    lock.unlock();
}

BOOST_AUTO_TEST_CASE(deadlines_before_the_zero_of_the_clock_have_passed) {
    for (const std::int64_t long_ago : {std::int64_t{-1}, -3 * 3600 * 1_s, INT64_MIN}) {
        const deadline until = deadline::at(long_ago);
        BOOST_TEST((until <= deadline::passed()));
        mutex lock;
        lock.lock();
        BOOST_TEST(!*start_thread([&] { return lock.try_lock_until(until); })->join());
        event never_set;
        BOOST_TEST(!never_set.wait_until(until));
        this_thread::sleep_until(until);
    }
}

BOOST_AUTO_TEST_CASE(a_mutex_survives_deadlines_that_pass_while_it_is_handed_over) {
    mutex lock;
    std::uint64_t plain = 0, had = 0;
    atomic<std::uint64_t> counted{0};
    together(crowd(), [&](unsigned i) {
        for (unsigned k = 0; k < 3000; ++k) {
            if (i % 2 == 0 && !lock.try_lock_until(deadline::after(std::int64_t{k % 40} * 1_us))) continue;
            if (i % 2 != 0) lock.lock();
            ++plain;
            lock.unlock();
            counted.fetch_add_relaxed(1);
        }
    });
    had = counted.load_relaxed();
    BOOST_TEST(plain == had);
    BOOST_TEST(lock.try_lock());
}

BOOST_AUTO_TEST_CASE(a_shared_mutex_lets_readers_in_together_and_writers_alone) {
    shared_mutex lock;
    std::uint64_t a = 0, b = 0;
    atomic<std::uint32_t> torn{0}, readers{0}, together_seen{0};
    together(crowd(), [&](unsigned i) {
        for (unsigned k = 0; k < rounds / 4; ++k)
            if ((i + k) % 8 == 0) {
                const std::unique_lock guard(lock);
                ++a;
                ++b;
            } else {
                const std::shared_lock guard(lock);
                if (readers.fetch_add_relaxed(1) > 0) together_seen.store_relaxed(1);
                if (a != b) torn.store_relaxed(1);
                readers.fetch_sub(1);
            }
    });
    BOOST_TEST(torn.load_relaxed() == 0u);
    BOOST_TEST(a == b);
    lock.lock_shared();
    BOOST_TEST(lock.try_lock_shared());
    BOOST_TEST(!lock.try_lock());
    lock.unlock_shared();
    lock.unlock_shared();
    BOOST_TEST(lock.try_lock());
    BOOST_TEST(!lock.try_lock_shared());
    lock.unlock();
}

BOOST_AUTO_TEST_CASE(a_shared_mutex_survives_deadlines) {
    shared_mutex lock;
    std::uint64_t plain = 0;
    atomic<std::uint64_t> written{0};
    together(crowd(), [&](unsigned i) {
        for (unsigned k = 0; k < 3000; ++k) {
            const auto soon = deadline::after(std::int64_t{k % 40} * 1_us);
            if ((i + k) % 3 == 0) {
                if (!lock.try_lock_until(soon)) continue;
                ++plain;
                written.fetch_add_relaxed(1);
                lock.unlock();
            } else if ((i + k) % 3 == 1) {
                if (lock.try_lock_shared_until(soon)) lock.unlock_shared();
            } else if (i % 2 == 0) {
                lock.lock_shared();
                lock.unlock_shared();
            } else {
                lock.lock();
                ++plain;
                written.fetch_add_relaxed(1);
                lock.unlock();
            }
        }
    });
    BOOST_TEST(plain == written.load_relaxed());
    BOOST_TEST(lock.try_lock());
}

BOOST_AUTO_TEST_CASE(a_waiting_writer_keeps_new_readers_out) {
    shared_mutex lock;
    bool written = false;
    lock.lock_shared();
    auto writer = start_thread([&] {
        lock.lock();
        written = true;
        lock.unlock();
    });
    const auto end = deadline::after(5_s);
    bool kept_out = false;
    while (!kept_out && monotonic_time() < end.monotonic()) {
        kept_out = !lock.try_lock_shared();
        if (!kept_out) lock.unlock_shared();
    }
    BOOST_TEST(kept_out);
    lock.unlock_shared();
    lock.lock_shared();  // at once, but not before the writer
    BOOST_TEST(written);
    lock.unlock_shared();
    BOOST_TEST(writer->join().has_value());
    BOOST_TEST(lock.try_lock_shared());
}

BOOST_AUTO_TEST_CASE(a_condition_variable_passes_everything_through_a_queue) {
    mutex lock;
    condition_variable filled, emptied;
    std::deque<unsigned> queue;
    constexpr unsigned producers = 4, consumers = 5, each = 5000;
    std::uint64_t sum = 0;
    unsigned left = producers * each;
    together(producers + consumers, [&](unsigned i) {
        if (i < producers) {
            for (unsigned k = 1; k <= each; ++k) {
                std::unique_lock guard(lock);
                emptied.wait(guard, [&] { return queue.size() < 3; });
                queue.push_back(k);
                filled.notify_one();
            }
            return;
        }
        for (;;) {
            std::unique_lock guard(lock);
            filled.wait(guard, [&] { return !queue.empty() || left == 0; });
            if (queue.empty()) return;
            sum += queue.front();
            queue.pop_front();
            emptied.notify_one();
            if (--left == 0) filled.notify_all();
        }
    });
    BOOST_TEST(sum == std::uint64_t{producers} * each * (each + 1) / 2);
}

BOOST_AUTO_TEST_CASE(a_condition_variable_waits_until_its_deadline) {
    mutex lock;
    condition_variable changed;
    const scoped_lock guard(lock);
    const std::int64_t start = monotonic_time();
    BOOST_TEST(!changed.wait_until(lock, deadline::after(50_ms), [] { return false; }));
    check_delay(start, 50_ms);
    BOOST_TEST(!lock.try_lock());
}

BOOST_AUTO_TEST_CASE(notifying_all_wakes_all) {
    mutex lock;
    condition_variable changed;
    bool go = false;
    together(crowd(), [&](unsigned i) {
        std::unique_lock guard(lock);
        if (i != 0) return changed.wait(guard, [&] { return go; });
        go = true;
        changed.notify_all();
    });
    BOOST_TEST(go);
}

BOOST_AUTO_TEST_CASE(a_semaphore_neither_makes_nor_loses_permits) {
    counting_semaphore permits(3);
    atomic<std::uint32_t> inside{0}, most{0};
    together(crowd(), [&](unsigned i) {
        for (unsigned k = 0; k < rounds / 4; ++k) {
            if (i % 3 == 0 && !permits.try_acquire_until(deadline::after(std::int64_t{k % 30} * 1_us))) continue;
            if (i % 3 != 0) permits.acquire();
            const std::uint32_t now = inside.fetch_add_relaxed(1) + 1;
            if (now > most.load_relaxed()) most.store_relaxed(now);
            inside.fetch_sub(1);
            permits.release();
        }
    });
    BOOST_TEST(most.load_relaxed() <= 3u);
    for (int i = 0; i < 3; ++i) BOOST_TEST(permits.try_acquire());
    BOOST_TEST(!permits.try_acquire());
    const std::int64_t start = monotonic_time();
    BOOST_TEST(!permits.try_acquire_until(deadline::after(30_ms)));
    check_delay(start, 30_ms);
}

BOOST_AUTO_TEST_CASE(semaphores_play_ping_pong) {
    binary_semaphore ping(0), pong(0);
    unsigned heard = 0;
    together(2, [&](unsigned i) {
        for (unsigned k = 0; k < rounds; ++k)
            if (i == 0) {
                ping.release();
                pong.acquire();
            } else {
                ping.acquire();
                ++heard;
                pong.release();
            }
    });
    BOOST_TEST(heard == rounds);
}

BOOST_AUTO_TEST_CASE(many_permits_at_once_wake_as_many) {
    counting_semaphore permits(0);
    latch done(crowd() - 1);
    together(crowd(), [&](unsigned i) {
        if (i != 0) {
            permits.acquire();
            done.count_down();
            return;
        }
        permits.release(crowd() - 1);
        done.wait();
    });
    BOOST_TEST(!permits.try_acquire());
}

BOOST_AUTO_TEST_CASE(a_latch_opens_once_and_stays_open) {
    latch open(3);
    BOOST_TEST(!open.try_wait());
    BOOST_TEST(!open.wait_until(deadline::after(10_ms)));
    open.count_down(2);
    open.arrive_and_wait();
    BOOST_TEST(open.try_wait());
}

BOOST_AUTO_TEST_CASE(a_barrier_keeps_rounds_apart) {
    const unsigned count = crowd();
    barrier gate(count);
    std::vector<unsigned> at(count);
    atomic<std::uint32_t> wrong{0};
    together(count, [&](unsigned i) {
        for (unsigned round = 1; round <= 600; ++round) {  // more rounds than the number of the round has bits for
            at[i] = round;
            gate.arrive_and_wait();
            for (const unsigned other : at) wrong.fetch_add_relaxed(other != round);
            gate.arrive_and_wait();
        }
    });
    BOOST_TEST(wrong.load_relaxed() == 0u);
}

BOOST_AUTO_TEST_CASE(a_barrier_goes_on_without_those_who_drop_out) {
    barrier gate(2);
    const auto first = gate.arrive();
    BOOST_TEST(!gate.wait_until(first, deadline::after(10_ms)));
    gate.arrive_and_drop();
    gate.wait(first);
    gate.arrive_and_wait();
}

BOOST_AUTO_TEST_CASE(once_runs_once_and_all_wait_for_it) {
    for (int i = 0; i < 200; ++i) {
        once flag;
        unsigned runs = 0;
        atomic<std::uint32_t> early{0};
        together(6, [&](unsigned) {
            flag.call([&] {
                this_thread::yield();
                ++runs;
            });
            early.fetch_add_relaxed(runs != 1);
        });
        BOOST_TEST((runs == 1 && early.load_relaxed() == 0));
    }
    once flag;
    BOOST_CHECK_THROW(flag.call([] { throw 1; }), int);
    BOOST_TEST(!flag.done());
    flag.call([] {});
    BOOST_TEST(flag.done());
}

BOOST_AUTO_TEST_CASE(an_event_lets_everybody_through_while_it_is_set) {
    event go;
    unsigned value = 0;
    together(crowd(), [&](unsigned i) {
        if (i == 0) {
            value = 7;
            go.set();
            go.reset();
        } else if (i % 2 == 0) {
            static_cast<void>(go.wait_until(deadline::after(1_ms)));
        }
    });
    BOOST_TEST(!go.try_wait());
    auto sleeper = start_thread([&] { return go.wait_until(deadline::after(10_s)); });
    while (!sleeper->join_until(deadline::after(1_ms)).has_value()) {
        if (!sleeper->joinable()) break;
        go.set();  // whoever waits gets through, though it is reset at once
        go.reset();
    }
    BOOST_TEST(!sleeper->joinable());
}

BOOST_AUTO_TEST_CASE(a_parker_keeps_one_token) {
    parker p;
    p.unpark();
    p.unpark();
    p.park();
    BOOST_TEST(!p.park_until(deadline::after(10_ms)));
    unsigned sum = 0;
    atomic<std::uint32_t> flag{0};
    together(2, [&](unsigned i) {
        for (unsigned k = 1; k <= rounds; ++k)
            if (i == 0) {
                while (flag.load_relaxed() != 0) this_thread::yield();
                flag.store_release(1);
                p.unpark();
            } else {
                while (flag.load_acquire() != 1) p.park();
                ++sum;
                flag.store_release(0);
            }
    });
    BOOST_TEST(sum == rounds);
}

BOOST_AUTO_TEST_SUITE_END()
