// Each lock in the hands of one thread: what holds everywhere, also where there are no others.
#include <boost/test/unit_test.hpp>

#include <vitte/sys/thread.hpp>

namespace {
using namespace vitte::sys;

/// Calls `wait(deadline)` with 30 ms from now; it must say no, in time.
template <class Wait>
void check_gives_up(Wait wait) {
    const std::int64_t start = monotonic_time();
    BOOST_TEST(!wait(deadline::after(30_ms)));
    const std::int64_t waited = monotonic_time() - start;
    BOOST_TEST(waited >= 30_ms);
    BOOST_TEST(waited < 530_ms);
    BOOST_TEST(!wait(deadline::passed()));
}
}  // namespace

BOOST_AUTO_TEST_SUITE(uncontended)

BOOST_AUTO_TEST_CASE(a_mutex) {
    mutex lock;
    lock.lock();
    BOOST_TEST(!lock.try_lock());
    check_gives_up([&](deadline until) { return lock.try_lock_until(until); });
    lock.unlock();
    BOOST_TEST(lock.try_lock_until(deadline::passed()));
    lock.unlock();
}

BOOST_AUTO_TEST_CASE(a_shared_mutex) {
    shared_mutex lock;
    lock.lock_shared();
    BOOST_TEST(lock.try_lock_shared());
    BOOST_TEST(!lock.try_lock());
    check_gives_up([&](deadline until) { return lock.try_lock_until(until); });
    lock.unlock_shared();
    lock.unlock_shared();
    lock.lock();
    check_gives_up([&](deadline until) { return lock.try_lock_shared_until(until); });
    lock.unlock();
}

BOOST_AUTO_TEST_CASE(a_condition_variable) {
    mutex lock;
    condition_variable changed;
    lock.lock();
    check_gives_up([&](deadline until) { return changed.wait_until(lock, until, [] { return false; }); });
    changed.notify_all();
    BOOST_TEST(changed.wait_until(lock, deadline::passed(), [] { return true; }));
    lock.unlock();
}

BOOST_AUTO_TEST_CASE(semaphores) {
    counting_semaphore permits(2);
    permits.acquire();
    BOOST_TEST(permits.try_acquire());
    check_gives_up([&](deadline until) { return permits.try_acquire_until(until); });
    permits.release();
    BOOST_TEST(permits.try_acquire_until(deadline::passed()));
}

BOOST_AUTO_TEST_CASE(an_event_and_a_parker) {
    event happened;
    check_gives_up([&](deadline until) { return happened.wait_until(until); });
    happened.set();
    happened.wait();
    parker token;
    check_gives_up([&](deadline until) { return token.park_until(until); });
    token.unpark();
    token.park();
}

BOOST_AUTO_TEST_CASE(a_latch_a_barrier_and_once) {
    latch last(1);
    last.arrive_and_wait();
    BOOST_TEST(last.try_wait());
    once first;
    int calls = 0;
    for (int i = 0; i < 3; ++i) first.call([&] { ++calls; });
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(a_key_keeps_its_value) {
    auto key = thread_key::create();
    BOOST_REQUIRE(key.has_value());
    int value = 0;
    BOOST_TEST(key->get() == nullptr);
    BOOST_TEST(key->set(&value).has_value());
    BOOST_TEST(key->get() == &value);
    BOOST_TEST(key->set(nullptr).has_value());
}

BOOST_AUTO_TEST_CASE(sleeping_ends_at_the_deadline) {
    const std::int64_t start = monotonic_time();
    this_thread::sleep_until(deadline::after(30_ms));
    BOOST_TEST(monotonic_time() - start >= 30_ms);
}

BOOST_AUTO_TEST_SUITE_END()
