#include <memory>
#include <string>

#include "../support/needs.hpp"
#include "../support/text_files.hpp"
#include "../support/together.hpp"

namespace {
using namespace vitte::sys;
using vitte::errc;

vitte::atomic<int> destroyed{0};
void note_destroyed(void* p) { destroyed.fetch_add_relaxed(*static_cast<int*>(p)); }
}  // namespace

BOOST_AUTO_TEST_SUITE(thread_, *needs(threads))

BOOST_AUTO_TEST_CASE(a_result_comes_back) {
    auto text = start_thread([] { return std::string(100, 'x'); });
    BOOST_TEST(*text->join() == std::string(100, 'x'));
    BOOST_TEST((text->join().error().code == errc::bad_handle));
    auto owned = start_thread([p = std::make_unique<int>(5)]() mutable { return std::move(p); });
    BOOST_TEST(**owned->join() == 5);
    auto nothing = start_thread([] {});
    BOOST_TEST(nothing->join().has_value());
}

BOOST_AUTO_TEST_CASE(joining_waits_until_its_deadline) {
    event go;
    auto t = start_thread([&] {
        go.wait();
        return 3;
    });
    BOOST_TEST((t->join_until(deadline::after(20_ms)).error().code == errc::timed_out));
    BOOST_TEST(t->joinable());
    go.set();
    BOOST_TEST(*t->join_until(deadline::after(10_s)) == 3);
}

BOOST_AUTO_TEST_CASE(joining_waits_for_what_a_thread_does_at_its_end) {
    static vitte::atomic<int> ended{0};
    struct slow {
        vitte::atomic<int>* said = nullptr;
        ~slow() {
            this_thread::sleep_until(deadline::after(50_ms));
            if (said != nullptr) said->store_relaxed(1);
        }
    };
    auto t = start_thread([] {
        thread_local slow last;
        last.said = &ended;
    });
    while (!t->join_until(deadline::after(1_ms))) BOOST_REQUIRE(t->joinable());
    BOOST_TEST(ended.load_relaxed() == 1);
}

BOOST_AUTO_TEST_CASE(who_waits_for_a_hundred_years_sleeps, *needs(cpu_clock)) {
    event go;
    auto t = start_thread([&] {
        const bool set = go.wait_until(deadline::after(std::int64_t{100} * 365 * 86'400 * 1_s));
        return set ? thread_cpu_time() : std::int64_t{-1};
    });
    this_thread::sleep_until(deadline::after(300_ms));
    go.set();
    const std::int64_t worked = *t->join();
    BOOST_TEST((worked >= 0 && worked < 100_ms));
}

BOOST_AUTO_TEST_CASE(a_dropped_handle_lets_the_thread_go_on) {
    const auto done = std::make_shared<event>();
    {
        auto t = start_thread([done] { done->set(); });
        BOOST_REQUIRE(t.has_value());
    }
    BOOST_TEST(done->wait_until(deadline::after(10_s)));
}

BOOST_AUTO_TEST_CASE(options_take_effect, *needs(affinity)) {
    cpu_set one;
    const cpu_set mine = *this_thread::affinity();
    for (unsigned cpu = 0; cpu < cpu_set::limit; ++cpu)
        if (mine.has(cpu) && one.size() == 0) one.add(cpu);
    struct facts {
        std::string name;
        cpu_set cpus;
        std::uint64_t id;
        unsigned concurrency;
    };
    auto t = start_thread(
        [] {
            return facts{text_of("/proc/thread-self/comm"), *this_thread::affinity(), this_thread::id(),
                         hardware_concurrency()};
        },
        {.name = "a-name-that-is-too-long", .stack_size = 1 << 20, .affinity = &one, .priority = thread_priority::low});
    const facts seen = *t->join();
#if defined(__linux__)
    if (!seen.name.empty()) BOOST_TEST(seen.name == "a-name-that-is-\n");
#endif
    BOOST_TEST((seen.cpus == one));
    BOOST_TEST(seen.concurrency == 1u);
    BOOST_TEST(seen.id != this_thread::id());
    BOOST_TEST(hardware_concurrency() <= mine.size());
}

BOOST_AUTO_TEST_CASE(a_thread_has_a_stack_of_the_size_asked_for) {
    constexpr std::size_t size = 8 << 20;
    auto t = start_thread(
        [] {
            volatile char deep[size - (1 << 20)];
            for (std::size_t i = sizeof deep; i > 0; i -= 1024) deep[i - 1] = 1;
            return static_cast<int>(deep[1023]);
        },
        {.stack_size = size});
    BOOST_TEST(*t->join() == 1);
    BOOST_TEST(hardware_concurrency() >= 1u);
}

BOOST_AUTO_TEST_CASE(each_thread_has_its_own_value_of_a_key) {
    auto key = thread_key::create(note_destroyed);
    BOOST_REQUIRE(key.has_value());
    int mine = 1;
    BOOST_TEST(key->set(&mine).has_value());
    together(5, [&](unsigned i) {
        static int others[5] = {10, 10, 10, 10, 10};
        VITTE_ASSERT(key->get() == nullptr);
        VITTE_ASSERT(key->set(&others[i]).has_value() && key->get() == &others[i]);
    });
    BOOST_TEST(key->get() == &mine);
    BOOST_TEST(key->set(nullptr).has_value());
    BOOST_TEST(destroyed.load_relaxed() == 50);
}


BOOST_AUTO_TEST_SUITE_END()
