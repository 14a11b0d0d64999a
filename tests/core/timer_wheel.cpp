// The wheel against a sorted map, with random adds, cancels and advances.
#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <vector>

#include <vitte/core/timer_wheel.hpp>

namespace {
using vitte::timer;
using vitte::timer_wheel;

struct job : timer {
    std::uint64_t when = 0;
};
}  // namespace

BOOST_AUTO_TEST_SUITE(timer_wheel_)

BOOST_AUTO_TEST_CASE(fires_in_order_at_its_tick) {
    timer_wheel wheel(100);
    job a, b, c;
    wheel.add(c, 5000);
    wheel.add(a, 101);
    wheel.add(b, 101);
    BOOST_TEST(wheel.next() == 101u);
    std::vector<timer*> fired;
    const auto fire = [&](timer& t) { fired.push_back(&t); };
    BOOST_TEST(wheel.advance(100, fire) == 0u);
    BOOST_TEST(wheel.advance(4999, fire) == 2u);
    BOOST_TEST(wheel.advance(5000, fire) == 1u);
    const std::vector<timer*> expected{&a, &b, &c};
    BOOST_TEST((fired == expected));
    BOOST_TEST(wheel.empty());
    BOOST_TEST(wheel.next() == ~std::uint64_t{0});
}

BOOST_AUTO_TEST_CASE(the_past_fires_at_the_next_advance) {
    timer_wheel wheel(100);
    job late;
    wheel.add(late, 5);
    BOOST_TEST(wheel.next() == 100u);
    unsigned fired = 0;
    const auto again = [&](timer& t) {
        if (++fired < 10) wheel.add(t, 7);
    };
    BOOST_TEST(wheel.advance(100, again) == 1u);
    BOOST_TEST(wheel.advance(100, again) == 1u);
    wheel.cancel(late);
    BOOST_TEST(wheel.advance(200, again) == 0u);
}

BOOST_AUTO_TEST_CASE(the_past_comes_first_as_it_was_added) {
    timer_wheel wheel(100);
    job due, late, later;
    wheel.add(due, 101);
    wheel.add(later, 50);
    wheel.add(late, 5);
    std::vector<timer*> fired;
    BOOST_TEST(wheel.advance(101, [&](timer& t) { fired.push_back(&t); }) == 3u);
    const std::vector<timer*> expected{&later, &late, &due};
    BOOST_TEST((fired == expected));
}

BOOST_AUTO_TEST_CASE(timers_of_one_tick_fire_as_they_were_added) {
    timer_wheel wheel;
    job far, near, nearest;
    wheel.add(far, 5000);
    wheel.advance(4990, [](timer&) {});
    wheel.add(near, 5000);
    wheel.advance(4999, [](timer&) {});
    wheel.add(nearest, 5000);
    std::vector<timer*> fired;
    wheel.advance(6000, [&](timer& t) { fired.push_back(&t); });
    const std::vector<timer*> expected{&far, &near, &nearest};
    BOOST_TEST((fired == expected));
}

BOOST_AUTO_TEST_CASE(a_timer_may_cancel_others_that_are_due) {
    timer_wheel wheel;
    job a, b;
    wheel.add(a, 3);
    wheel.add(b, 3);
    BOOST_TEST(wheel.advance(10, [&](timer&) { wheel.cancel(a), wheel.cancel(b); }) == 1u);
    BOOST_TEST(!b.pending());
}

BOOST_AUTO_TEST_CASE(a_timer_sees_those_that_fire_after_it) {
    timer_wheel wheel;
    job a, b, late, later;
    wheel.add(a, 3);
    wheel.add(b, 3);
    std::vector<std::uint64_t> next;
    const auto look = [&](timer&) { next.push_back(wheel.empty() ? 1000 : wheel.next()); };
    wheel.advance(10, look);
    wheel.add(later, 20);
    wheel.add(late, 10);
    wheel.add(a, 7);
    wheel.advance(20, look);
    const std::vector<std::uint64_t> expected{3, 1000, 10, 20, 1000};
    BOOST_TEST((next == expected));
}

BOOST_AUTO_TEST_CASE(the_ends_of_time) {
    timer_wheel wheel(~std::uint64_t{0} - 1);
    job last;
    wheel.add(last, ~std::uint64_t{0});
    BOOST_TEST(wheel.advance(~std::uint64_t{0}, [](timer&) {}) == 1u);
    timer_wheel fresh;
    fresh.add(last, ~std::uint64_t{0});
    BOOST_TEST(fresh.advance(~std::uint64_t{0} - 1, [](timer&) {}) == 0u);
    BOOST_TEST(fresh.advance(~std::uint64_t{0}, [](timer&) {}) == 1u);
}

BOOST_AUTO_TEST_CASE(agrees_with_a_sorted_map) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 40; ++round) {
        const std::uint64_t start = random() >> (random() % 40 + 2);
        timer_wheel wheel(start);
        std::multimap<std::uint64_t, job*> model;
        std::vector<job> jobs(200);
        std::uint64_t now = start;
        const auto forget = [&](job& j) {
            for (auto [at, end] = model.equal_range(j.when); at != end; ++at)
                if (at->second == &j) return void(model.erase(at));
        };
        for (int step = 0; step < 2000; ++step) {
            job& j = jobs[static_cast<std::size_t>(random() % jobs.size())];
            const auto action = random() % 8;
            if (action < 4) {
                if (j.pending()) continue;
                j.when = now + (random() >> (random() % 63 + 1)) % 1'000'000'000'000;
                wheel.add(j, j.when);
                model.emplace(j.when, &j);
            } else if (action < 6) {
                if (j.pending()) forget(j);
                wheel.cancel(j);
            } else {
                now += random() >> (random() % 50 + 14);
                std::uint64_t before = 0;
                wheel.advance(now, [&](timer& t) {
                    auto& fired = static_cast<job&>(t);
                    BOOST_REQUIRE(fired.when <= now);
                    BOOST_REQUIRE(fired.when >= before);
                    before = fired.when;
                    forget(fired);
                });
                BOOST_REQUIRE((model.empty() || model.begin()->first > now));
                BOOST_REQUIRE(wheel.empty() == model.empty());
                if (!model.empty()) BOOST_REQUIRE(wheel.next() <= model.begin()->first);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
