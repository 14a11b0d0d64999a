// What pollers tell of handles that are ready, and when.
#if !defined(_WIN32)
#include <fcntl.h>
#include <sys/resource.h>
#endif

#include <algorithm>
#include <map>
#include <set>

#include <vitte/sys/event.hpp>
#include <vitte/sys/net.hpp>
#include <vitte/sys/platform/contract.hpp>
#include <vitte/sys/thread.hpp>

#include "../support/needs.hpp"
#include "../support/together.hpp"

namespace {
using namespace vitte::sys;
using namespace vitte::sys::literals;
using vitte::errc;

static_assert(poller_facet<native::poller>);
static_assert(std::is_nothrow_move_constructible_v<poller> && !std::is_copy_constructible_v<poller>);

deadline soon() { return deadline::after(120_s); }

#if defined(_WIN32)
// It has no pairs, and what one end of a connection does reaches the other one a little later.
constexpr bool at_once = false;
using stream = tcp_stream;
vitte::result<std::pair<stream, stream>> connected() {
    VITTE_TRY(const auto listener, tcp_listener::listen({vitte::ipv4_address::loopback(), 0}));
    VITTE_TRY(auto first, stream::connect(listener.local_address()->ip(), soon()));
    VITTE_TRY(auto second, listener.accept(soon()));
    return std::pair(std::move(first), std::move(second.stream));
}
#else
constexpr bool at_once = true;
using stream = unix_stream;
vitte::result<std::pair<stream, stream>> connected() { return stream::pair(); }
#endif

const ability edges{"edges", [] {
    const auto ends = connected();
    auto made = poller::create();
    return made && made->add(ends->first.native_handle(), socket_readable, poll_trigger::edge, 1).has_value();
}};

poller made() {
    auto made = poller::create();
    BOOST_REQUIRE(made.has_value());
    return std::move(*made);
}
/// Two sockets that are connected with each other.
struct pair_of_sockets {
    stream a, b;
    pair_of_sockets() : pair_of_sockets(connected()) {}

private:
    explicit pair_of_sockets(vitte::result<std::pair<stream, stream>> made)
        : a(std::move(made->first)), b(std::move(made->second)) {}
};
void say(const stream& to, std::size_t size = 1) {
    const std::vector<std::byte> some(size);
    BOOST_REQUIRE(to.send(some, soon()).has_value());
}
std::size_t hear(const stream& from) {
    std::byte some[100];
    return from.try_receive(some).value_or(0);
}
/// What is ready now, by key; each once.
std::map<std::uint64_t, unsigned> told(poller& p, deadline until = deadline::passed()) {
    readiness room[16];
    std::map<std::uint64_t, unsigned> all;
    const auto ready = p.wait(room, until);
    if (!ready) BOOST_TEST((ready.error().code == errc::timed_out));
    else for (const readiness& one : *ready) all[one.key] |= one.events;
    return all;
}
using tale = std::map<std::uint64_t, unsigned>;
/// Whether all that is ready, and nothing else: now, or soon.
bool tells(poller& p, const tale& all) {
    const deadline until = at_once ? deadline::passed() : soon();
    tale ready = told(p, until);
    while (!at_once && ready != all && deadline::after(0) < until)
        for (const auto& [key, events] : told(p, until)) ready[key] |= events;
    return ready == all;
}

/// As `together`, of functions that tell what went wrong in them, or null.
template <class Work>
void rightly_together(unsigned count, Work work) {
    std::vector<const char*> wrong(count);
    together(count, [&](unsigned i) { wrong[i] = work(i); });
    for (const char* const what : wrong) BOOST_TEST(what == nullptr, what);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(poller_)

BOOST_AUTO_TEST_CASE(by_level_it_is_told_as_long_as_it_is_true) {
    const pair_of_sockets ends;
    poller p = made();
    BOOST_TEST(p.add(ends.a.native_handle(), socket_readable, poll_trigger::level, 7).has_value());
    BOOST_TEST((told(p) == tale{}));
    say(ends.b);
    BOOST_TEST((told(p, deadline::never()) == tale{{7, socket_readable}}));
    BOOST_TEST(tells(p, tale{{7, socket_readable}}));
    BOOST_TEST(hear(ends.a) == 1u);
    BOOST_TEST((told(p) == tale{}));
}

BOOST_AUTO_TEST_CASE(by_edge_it_is_told_once_for_each_time, *needs(edges)) {
    const pair_of_sockets ends;
    poller p = made();
    BOOST_TEST(p.add(ends.a.native_handle(), socket_readable, poll_trigger::edge, 7).has_value());
    BOOST_TEST((told(p) == tale{}));
    say(ends.b);
    BOOST_TEST(tells(p, tale{{7, socket_readable}}));
    BOOST_TEST((told(p) == tale{}));
    say(ends.b);
    BOOST_TEST(tells(p, tale{{7, socket_readable}}));
    BOOST_TEST(p.change(ends.a.native_handle(), socket_readable, poll_trigger::edge, 8).has_value());
    BOOST_TEST(tells(p, tale{{8, socket_readable}}));
    BOOST_TEST((told(p) == tale{}));
}

BOOST_AUTO_TEST_CASE(by_edge_the_end_is_told_with_the_last_bytes, *needs(edges)) {
    const pair_of_sockets ends;
    poller p = made();
    BOOST_TEST(p.add(ends.a.native_handle(), socket_readable, poll_trigger::edge, 7).has_value());
    say(ends.b);
    BOOST_TEST(ends.b.shut_down().has_value());
    BOOST_TEST(tells(p, tale{{7, socket_readable | socket_ended}}));
    BOOST_TEST(p.change(ends.a.native_handle(), socket_readable, poll_trigger::edge, 8).has_value());
    BOOST_TEST(tells(p, tale{{8, socket_readable | socket_ended}}));
}

BOOST_AUTO_TEST_CASE(one_shot_is_told_once_until_it_is_changed) {
    const pair_of_sockets ends;
    const auto a = ends.a.native_handle();
    poller p = made();
    BOOST_TEST(p.add(a, socket_readable, poll_trigger::one_shot, 7).has_value());
    say(ends.b);
    BOOST_TEST(tells(p, tale{{7, socket_readable}}));
    BOOST_TEST((told(p) == tale{}));
    say(ends.b);
    BOOST_TEST((told(p) == tale{}));
    BOOST_TEST(p.change(a, socket_readable, poll_trigger::one_shot, 8).has_value());
    BOOST_TEST(tells(p, tale{{8, socket_readable}}));
    BOOST_TEST((told(p) == tale{}));
    BOOST_TEST(p.change(a, socket_readable, poll_trigger::level, 9).has_value());
    BOOST_TEST(tells(p, tale{{9, socket_readable}}));
    BOOST_TEST(tells(p, tale{{9, socket_readable}}));
}

BOOST_AUTO_TEST_CASE(one_shot_is_about_both_directions) {
    const pair_of_sockets ends;
    const auto a = ends.a.native_handle();
    poller p = made();
    BOOST_TEST(p.add(a, socket_readable | socket_writable, poll_trigger::one_shot, 7).has_value());
    BOOST_TEST(tells(p, tale{{7, socket_writable}}));
    say(ends.b);
    BOOST_TEST(ends.a.wait(socket_readable, soon()).has_value());
    BOOST_TEST((told(p) == tale{}));
    BOOST_TEST(p.change(a, socket_readable | socket_writable, poll_trigger::one_shot, 7).has_value());
    BOOST_TEST(tells(p, tale{{7, socket_readable | socket_writable}}));
    BOOST_TEST((told(p) == tale{}));
    BOOST_TEST(p.remove(a).has_value());
    BOOST_TEST(p.add(a, socket_readable | socket_writable, poll_trigger::one_shot, 7).has_value());
    readiness one[1];  // in which there may be no room for both
    BOOST_TEST(p.wait(one).has_value());
    BOOST_TEST((told(p) == tale{}));
}

BOOST_AUTO_TEST_CASE(room_is_told_of_when_there_is_some) {
    const pair_of_sockets ends;
    const auto a = ends.a.native_handle();
    poller p = made();
    BOOST_TEST(p.add(a, socket_writable, poll_trigger::level, 1).has_value());
    BOOST_TEST(tells(p, tale{{1, socket_writable}}));
    std::vector<std::byte> much(1 << 16);
    do
        while (ends.a.try_send(much)) {}
    while (!at_once && told(p) != tale{});
    BOOST_TEST((told(p) == tale{}));
    while (ends.b.try_receive(much)) {}
    BOOST_TEST(tells(p, tale{{1, socket_writable}}));
    BOOST_TEST(p.change(a, socket_readable, poll_trigger::level, 2).has_value());
    BOOST_TEST((told(p) == tale{}));
    say(ends.b);
    BOOST_TEST(tells(p, tale{{2, socket_readable}}));
    BOOST_TEST(p.change(a, socket_readable | socket_writable, poll_trigger::level, 3).has_value());
    BOOST_TEST(tells(p, tale{{3, socket_readable | socket_writable}}));
}

BOOST_AUTO_TEST_CASE(the_end_can_be_read) {
    pair_of_sockets ends;
    poller p = made();
    BOOST_TEST(p.add(ends.a.native_handle(), socket_readable, poll_trigger::level, 7).has_value());
    BOOST_TEST(ends.b.shut_down().has_value());
    auto ready = told(p, soon());
    BOOST_TEST((ready[7] & (socket_readable | socket_hung_up)) == +socket_readable);
    BOOST_TEST(ends.b.close().has_value());
    ready = told(p, soon());
    BOOST_TEST((ready[7] & socket_readable) != 0u);
    static_cast<void>(ends.a.try_send(std::vector<std::byte>(1)));  // by which a connection learns of it
    BOOST_TEST(p.change(ends.a.native_handle(), socket_readable | socket_writable, poll_trigger::level, 8).has_value());
    const deadline until = soon();
    do ready = told(p, until);
    while ((ready[8] & socket_hung_up) == 0 && deadline::after(0) < until);
    BOOST_TEST((ready[8] & (socket_readable | socket_hung_up)) == (socket_readable | socket_hung_up));
}

BOOST_AUTO_TEST_CASE(a_listener_and_who_connects_are_told_of) {
    const auto listener = tcp_listener::listen({vitte::ipv4_address::loopback(), 0});
    BOOST_REQUIRE(listener.has_value());
    poller p = made();
    BOOST_TEST(p.add(listener->native_handle(), socket_readable, poll_trigger::level, 1).has_value());
    BOOST_TEST((told(p) == tale{}));
    const auto client = tcp_stream::connect(listener->local_address()->ip(), soon());
    BOOST_REQUIRE(client.has_value());
    BOOST_TEST((told(p, soon()) == tale{{1, socket_readable}}));
    BOOST_TEST(listener->accept(soon()).has_value());
    BOOST_TEST((told(p) == tale{}));
}

BOOST_AUTO_TEST_CASE(a_wait_ends_at_its_deadline_and_not_before) {
    poller p = made();
    readiness room[1];
    BOOST_TEST((p.wait(room, deadline::passed()).error().code == errc::timed_out));
    for (const std::int64_t patience : {0_ns, 1_ns, 300_us, 20_ms}) {
        const deadline until = deadline::after(patience);
        BOOST_TEST((p.wait(room, until).error().code == errc::timed_out));
        BOOST_TEST((deadline::after(0) >= until));
    }
}

BOOST_AUTO_TEST_CASE(what_is_removed_is_not_told_of) {
    const pair_of_sockets first, second;
    poller p = made();
    BOOST_TEST(p.add(first.a.native_handle(), socket_readable, poll_trigger::level, 1).has_value());
    BOOST_TEST(p.add(second.a.native_handle(), socket_readable, poll_trigger::level, 2).has_value());
    say(first.b);
    say(second.b);
    BOOST_TEST(tells(p, tale{{1, socket_readable}, {2, socket_readable}}));
    BOOST_TEST(p.remove(first.a.native_handle()).has_value());
    BOOST_TEST(tells(p, tale{{2, socket_readable}}));
    BOOST_TEST(p.remove(second.a.native_handle()).has_value());
    BOOST_TEST((told(p) == tale{}));
    BOOST_TEST(p.add(first.a.native_handle(), socket_readable, poll_trigger::level, 3).has_value());
    BOOST_TEST(tells(p, tale{{3, socket_readable}}));
}

BOOST_AUTO_TEST_CASE(what_is_closed_is_not_told_of) {
    pair_of_sockets ends;
    poller p = made();
    const auto a = ends.a.native_handle();
    BOOST_TEST(p.add(a, socket_readable, poll_trigger::level, 1).has_value());
    say(ends.b);
    BOOST_TEST(ends.a.close().has_value());
    BOOST_TEST((told(p) == tale{}));
    BOOST_TEST(!p.add(a, socket_readable, poll_trigger::level, 1).has_value());
    BOOST_TEST((told(p) == tale{}));
}

BOOST_AUTO_TEST_CASE(a_handle_that_comes_again_is_another_one) {
    poller p = made();
    for (std::uint64_t key = 0; key < 20; ++key) {
        const pair_of_sockets ends;  // mostly with the numbers of those before
        BOOST_TEST(p.add(ends.a.native_handle(), socket_readable, poll_trigger::level, key).has_value());
        if (key % 2 != 0) say(ends.b);
        if (key % 4 == 3) BOOST_TEST(tells(p, tale{{key, socket_readable}}));
    }
    BOOST_TEST((told(p) == tale{}));
}

BOOST_AUTO_TEST_CASE(keys_are_any_number_but_one) {
    const pair_of_sockets ends;
    poller p = made();
    const auto a = ends.a.native_handle();
    BOOST_TEST((p.add(a, socket_readable, poll_trigger::level, reserved_key).error().code == errc::invalid_argument));
    const auto changed = p.change(a, socket_readable, poll_trigger::level, reserved_key);
    BOOST_TEST((changed.error().code == errc::invalid_argument));
    say(ends.b);
    for (const std::uint64_t key : {std::uint64_t{0}, std::uint64_t{UINT32_MAX}, UINT64_MAX - 1}) {
        const auto added = p.add(a, socket_readable, poll_trigger::level, key);
        if (!added) BOOST_TEST((added.error().code == errc::too_large && sizeof(void*) < 8 && key > UINT32_MAX));
        if (!added) continue;
        BOOST_TEST(tells(p, tale{{key, socket_readable}}));
        BOOST_TEST(p.remove(a).has_value());
    }
}

BOOST_AUTO_TEST_CASE(it_refuses_what_is_no_handle) {
    poller p = made();
    for (const auto trigger : {poll_trigger::level, poll_trigger::one_shot})
        BOOST_TEST((p.add(-1, socket_readable, trigger, 1).error().code == errc::bad_handle));
    BOOST_TEST((told(p) == tale{}));
    poller empty = std::move(p);
    p = std::move(empty);
    BOOST_TEST((told(p) == tale{}));
}

BOOST_AUTO_TEST_CASE(a_wake_before_a_wait_is_not_lost_and_ends_one) {
    poller p = made();
    for (int i = 0; i < 1000; ++i) p.wake();
    readiness room[4];
    const auto woken = p.wait(room);
    BOOST_TEST((woken && woken->empty()));
    BOOST_TEST((p.wait(room, deadline::passed()).error().code == errc::timed_out));
    p.wake();
    BOOST_TEST(p.wait(room).has_value());
    BOOST_TEST((p.wait(room, deadline::passed()).error().code == errc::timed_out));
}

BOOST_AUTO_TEST_CASE(a_wake_does_not_hide_what_is_ready) {
    const pair_of_sockets ends;
    poller p = made();
    BOOST_TEST(p.add(ends.a.native_handle(), socket_readable, poll_trigger::level, 1).has_value());
    say(ends.b);
    p.wake();
    readiness one[1];  // too small for both
    std::size_t empty = 0, full = 0;
    for (int i = 0; i < 4; ++i) {
        const auto ready = p.wait(one, at_once ? deadline::passed() : soon());
        BOOST_REQUIRE(ready.has_value());
        ++(ready->empty() ? empty : full);
    }
    BOOST_TEST(full >= 3u);
    BOOST_TEST(empty <= 1u);
}

BOOST_AUTO_TEST_CASE(each_wake_is_answered, *needs(threads)) {
    poller p = made();
    vitte::atomic<std::uint32_t> asked{0}, answered{0};
    constexpr std::uint32_t rounds = 2000;
    const auto wait = [&]() -> const char* {
        readiness room[1];
        while (answered.load_acquire() != rounds) {
            if (!p.wait(room, soon())) return "a wake was lost";
            answered.store_release(asked.load_acquire());
        }
        return nullptr;
    };
    const auto wake = [&]() -> const char* {
        for (std::uint32_t i = 1; i <= rounds; ++i) {
            asked.store_release(i);
            p.wake();
            while (i % 2 == 0 && answered.load_acquire() != i) this_thread::yield();
        }
        return nullptr;
    };
    rightly_together(2, [&](unsigned which) { return which == 0 ? wait() : wake(); });
    BOOST_TEST(answered.load_acquire() == rounds);
}

BOOST_AUTO_TEST_CASE(what_others_change_counts_for_who_waits, *needs(threads)) {
    const pair_of_sockets ends;
    poller p = made();
    const auto a = ends.a.native_handle();
    const auto wait = [&]() -> const char* {
        readiness room[1];
        for (std::uint64_t key = 0; key < 100;) {
            const auto ready = p.wait(room, soon());
            if (!ready) return "a change was lost";
            if (ready->empty()) continue;
            if (ready->front().key != key) return "another key";
            if (!p.change(a, socket_readable, poll_trigger::one_shot, ++key)) return "not changed";
        }
        return nullptr;
    };
    say(ends.b);
    rightly_together(2, [&](unsigned which) {
        if (which == 0) return wait();
        return p.add(a, socket_readable, poll_trigger::one_shot, 0) ? nullptr : "not added";
    });
}

BOOST_AUTO_TEST_CASE(handles_come_and_go_while_somebody_waits, *needs(threads)) {
    poller p = made();
    vitte::atomic<std::uint32_t> ended{0};
    constexpr unsigned others = 3;
    const auto wait = [&]() -> const char* {
        readiness room[8];
        while (ended.load_acquire() != others)
            if (!p.wait(room, soon())) return "a wake was lost";
        return nullptr;
    };
    const auto come_and_go = [&](unsigned which) -> const char* {
        const std::byte one[1]{};
        bool done = true;
        for (int i = 0; i < 200; ++i) {
            const auto ends = connected();
            const auto a = ends->first.native_handle();
            const auto trigger = i % 2 == 0 ? poll_trigger::level : poll_trigger::one_shot;
            done = done && p.add(a, socket_readable, trigger, which) && ends->second.send(one) &&
                   p.change(a, socket_readable | socket_writable, poll_trigger::level, which) && p.remove(a);
        }
        ended.fetch_add_release(1);
        p.wake();
        return done ? nullptr : "refused";
    };
    rightly_together(1 + others, [&](unsigned which) { return which == 0 ? wait() : come_and_go(which); });
}

BOOST_AUTO_TEST_CASE(all_are_told_of_though_there_is_room_for_few) {
    constexpr std::size_t count = 40;
    std::vector<pair_of_sockets> all(count);
    poller p = made();
    for (std::size_t i = 0; i < count; ++i) {
        BOOST_TEST(p.add(all[i].a.native_handle(), socket_readable, poll_trigger::level, i).has_value());
        say(all[i].b);
    }
    std::set<std::uint64_t> keys;
    readiness room[8];
    for (std::size_t full = 0; full < 2 * count / 8 && keys.size() < count;) {
        const auto ready = p.wait(room, at_once ? deadline::passed() : soon());
        BOOST_REQUIRE(ready.has_value());
        for (const readiness& one : *ready) keys.insert(one.key);
        full += at_once || ready->size() == std::size(room);
    }
    BOOST_TEST(keys.size() == count);
}

namespace {
#if defined(_WIN32)  // which has no limit, but connections take their time
constexpr std::size_t many = 500;  // pairs
const ability many_handles{"1,000 handles", [] { return true; }};
#else
constexpr std::size_t many = 5000;
/// As far as the system lets us.
void raise_limit() {
    rlimit now{};
    BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &now) == 0);
    now.rlim_cur = std::min<rlim_t>(now.rlim_max, 2 * many + 100);
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &now) == 0);
}
const ability many_handles{"10,000 handles", [] {
    raise_limit();
    rlimit now{};
    ::getrlimit(RLIMIT_NOFILE, &now);
    return now.rlim_cur >= static_cast<rlim_t>(2 * many + 50);
}};
#endif
}  // namespace

BOOST_AUTO_TEST_CASE(it_takes_many_handles, *needs(many_handles)) {
    std::vector<pair_of_sockets> all(many);
    poller p = made();
    for (std::size_t i = 0; i < many; ++i) {
        BOOST_REQUIRE(p.add(all[i].a.native_handle(), socket_readable, poll_trigger::level, 2 * i).has_value());
        BOOST_REQUIRE(p.add(all[i].b.native_handle(), socket_readable, poll_trigger::one_shot, 2 * i + 1).has_value());
    }
    BOOST_TEST((told(p) == tale{}));
    const std::size_t some[] = {0, 17, many / 2, many - 1};
    for (const std::size_t i : some) say(all[i].a), say(all[i].b);
    std::map<std::uint64_t, int> seen;
    std::vector<readiness> room(100);
    const auto are_seen = [&] {
        return std::ranges::all_of(some, [&](std::size_t i) { return seen[2 * i] >= 2 && seen[2 * i + 1] != 0; });
    };
    for (std::size_t rounds = 0; at_once ? rounds < 2 : !are_seen(); ++rounds) {
        const auto ready = p.wait(room, soon());
        BOOST_REQUIRE(ready.has_value());
        for (const readiness& one : *ready) ++seen[one.key];
    }
    for (const std::size_t i : some) BOOST_TEST((seen[2 * i] >= 2 && seen[2 * i + 1] == 1));
    BOOST_TEST(seen.size() == 8u);
    for (std::size_t i = 0; i < many; ++i) BOOST_REQUIRE(p.remove(all[i].a.native_handle()).has_value());
    BOOST_TEST((told(p) == tale{}));
}

#if !defined(_WIN32)
BOOST_AUTO_TEST_CASE(it_says_when_handles_have_run_out) {
    const auto open_below = [](int limit) {
        int count = 0;
        for (int i = 0; i < limit; ++i) count += ::fcntl(i, F_GETFD) != -1;
        return count;
    };
    rlimit before{};
    BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const pair_of_sockets ends;
    poller p = made();
    BOOST_TEST(p.add(ends.a.native_handle(), socket_readable, poll_trigger::level, 1).has_value());
    const int first = ::dup(0);  // that is free
    ::close(first);
    for (const int more : {20, 21, 22, 23}) {  // a poller may need several
        const auto open_before = open_below(first + more);
        std::vector<poller> others;
        rlimit few = before;
        few.rlim_cur = static_cast<rlim_t>(first + more);
        BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
        auto refused = poller::create();
        for (; refused; refused = poller::create()) others.push_back(std::move(*refused));
        BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
        BOOST_TEST((refused.error().code == errc::out_of_handles));
        BOOST_TEST(!others.empty());
        others.clear();
        BOOST_TEST(open_below(first + more) == open_before);
    }
    say(ends.b);
    BOOST_TEST(tells(p, tale{{1, socket_readable}}));
}
#endif

BOOST_AUTO_TEST_SUITE_END()
