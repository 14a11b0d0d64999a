// One thread that waits for many things.
#include <boost/test/tree/traverse.hpp>
#include <boost/test/tree/visitor.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#if defined(__linux__) && !defined(VITTE_PLATFORM_POSIX)
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <vitte/sys/event.hpp>
#include <vitte/sys/event/completion_ring.hpp>
#include <vitte/sys/net.hpp>
#include <vitte/sys/net/async.hpp>
#include <vitte/sys/platform/faulty.hpp>
#include <vitte/sys/platform/traced.hpp>
#include <vitte/sys/thread.hpp>

#include "../support/needs.hpp"
#include "../support/outcome.hpp"

namespace {
using namespace vitte;
using namespace vitte::sys;

deadline soon() { return deadline::after(120_s); }
using work = loop_function<std::function<void()>>;

bool over_a_ring = false;
/// By readiness, or, in the suite that repeats all this, by completions where the kernel lets it.
struct open_loop : loop {
    open_loop() {
        BOOST_REQUIRE(open().has_value());
        if (over_a_ring) static_cast<void>(ring_.open());
    }

private:
    completion_ring ring_{*this};
};

struct tcp_pair {
    tcp_listener listener = tcp_listener::listen({ipv4_address::loopback(), 0}).value();
    tcp_stream client = tcp_stream::connect(listener.local_address()->ip(), soon()).value();
    tcp_stream server = listener.accept(soon()).value().stream;
};

/// How many of `count` connections, open at once, get back what they send.
std::size_t echoed(const ip_endpoint& place, std::size_t count, std::size_t size) {
    std::vector<tcp_stream> streams;
    std::vector<std::byte> sent(size), came(size);
    std::size_t right = 0;
    for (std::size_t i = 0; i < count; ++i) streams.push_back(tcp_stream::connect(place, soon()).value());
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t k = 0; k < size; ++k) sent[k] = static_cast<std::byte>(i + k);
        const bool went = streams[i].send(sent, soon()) && streams[i].receive_all(came, soon());
        right += went && came == sent;
    }
    return right;
}

/// Sends back what comes, by a loop, until the other side ends.
class echo {
public:
    echo(loop& in, tcp_stream&& stream, std::size_t& ended) : stream_(std::move(stream)), watch_(in), ended_(ended) {
        BOOST_REQUIRE(watch_.open(stream_.native_handle()).has_value());
        go_on();
    }
    unsigned calls() const { return calls_; }

private:
    void go_on() {
        ++calls_;
        for (;;) {
            while (!left_.empty()) {
                const auto went = stream_.try_send(left_);
                if (!went) return wait(went.error(), watch_.when_writable(again_));
                left_ = left_.subspan(*went);
            }
            const auto came = stream_.try_receive(room_);
            if (!came) return wait(came.error(), watch_.when_readable(again_));
            if (*came == 0) return end();
            left_ = std::span<const std::byte>(room_, *came);
        }
    }
    static void wait(const error& why, const result<void>& waits) {
        BOOST_TEST((why.code == errc::would_block && waits.has_value()));
    }
    void end() {
        watch_.close();
        static_cast<void>(stream_.close());
        ++ended_;
    }

    work again_{[this] { go_on(); }};
    tcp_stream stream_;
    handle_watcher watch_;
    std::size_t& ended_;
    unsigned calls_ = 0;
    std::byte room_[1000];
    std::span<const std::byte> left_;
};
}  // namespace

BOOST_AUTO_TEST_SUITE(loops)

BOOST_AUTO_TEST_CASE(it_runs_until_it_is_stopped_or_its_time_has_come) {
    open_loop l;
    const std::int64_t began = monotonic_time();
    BOOST_TEST(why(l.run(deadline::after(20_ms))) == "timed out");
    BOOST_TEST(monotonic_time() - began >= 20_ms);
    BOOST_TEST(why(l.run(deadline::passed())) == "timed out");
    l.stop();
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(why(l.run(deadline::passed())) == "timed out");  // a stop counts once
}

BOOST_AUTO_TEST_CASE(what_is_posted_is_called_in_order_and_later_work_later) {
    open_loop l;
    std::string told;
    work last([&] { told += "d", l.stop(); });
    work a([&] { told += "a", l.post(last); }), b([&] { told += "b"; }), c([&] { told += "c"; });
    l.post(a), l.post(b), l.post(c);
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(told == "abcd");
    l.post(b);
    BOOST_TEST(why(l.run(deadline::passed())) == "timed out");
    BOOST_TEST(told == "abcdb");
}

BOOST_AUTO_TEST_CASE(work_that_never_ends_does_not_hold_up_the_rest) {
    open_loop l;
    tcp_pair both;
    handle_watcher watch(l);
    BOOST_REQUIRE(watch.open(both.client.native_handle()).has_value());
    int rounds = 0;
    bool heard = false, rang = false;
    work busy([&] { ++rounds, l.post(busy); });
    const auto end_if_both = [&] {
        if (heard && rang) l.stop();
    };
    work hear([&] { heard = true, end_if_both(); }), ring([&] { rang = true, end_if_both(); });
    loop_timer timer(ring);
    l.start(timer, deadline::after(1_ms));
    l.post(busy);
    std::byte one[1] = {};
    BOOST_TEST(why(both.client.try_receive(one)) == "would block");
    BOOST_REQUIRE(watch.when_readable(hear).has_value());
    BOOST_REQUIRE(both.server.send(one, soon()).has_value());
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(rounds > 0);
    BOOST_TEST(why(l.run(deadline::after(5_ms))) == "timed out");  // nor its deadline
}

BOOST_AUTO_TEST_CASE(timers_call_in_their_order_and_not_before_their_time) {
    open_loop l;
    std::string told;
    const std::int64_t began = monotonic_time();
    work a([&] {
        told += "a";
        if (told == "abca") l.stop();
    });
    work b([&] { told += "b"; }), never([&] { told += "!"; });
    loop_timer first(a), second(b), cancelled(never), far(never);
    work c([&] {
        told += "c";
        BOOST_TEST(monotonic_time() - began >= 30_ms);
        l.stop();
    });
    loop_timer third(c);
    l.start(third, deadline::at(began + 30_ms));
    l.start(second, deadline::at(began + 20_ms));
    l.start(first, deadline::passed());
    l.start(cancelled, deadline::at(began + 5_ms));
    l.start(far, deadline::never());
    l.cancel(cancelled);
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(told == "abc");
    BOOST_TEST((far.pending() && !first.pending()));
    l.cancel(far);
    l.start(first, deadline::after(1_ms));
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(told == "abca");
}

BOOST_AUTO_TEST_CASE(what_is_due_when_its_time_is_over_is_called) {
    open_loop l;
    int calls = 0;
    work call([&] { ++calls; });
    loop_timer due(call);
    for (int i = 0; i < 50; ++i) {
        const deadline until = deadline::after(100_us + i * 1_us);
        l.start(due, until);
        BOOST_TEST(why(l.run(until)) == "timed out");
        BOOST_TEST(!due.pending());
    }
    BOOST_TEST(calls == 50);
}

BOOST_AUTO_TEST_CASE(other_threads_post, *needs(threads)) {
    open_loop l;
    constexpr int threads = 4, each = 2000;
    struct item : loop_callback {
        item() : loop_callback([](loop_callback& c) noexcept { static_cast<item&>(c).called(); }) {}
        void called() {
            ordered = ordered && *last < number;
            *last = number;
            if (++*count == threads * each) in->stop();
        }
        int number = 0, *last = nullptr, *count = nullptr;
        bool ordered = true;
        loop* in = nullptr;
    };
    std::vector<std::unique_ptr<item[]>> all;
    int last[threads], count = 0;
    std::vector<thread<>> posters;
    for (int t = 0; t < threads; ++t) {
        last[t] = -1;
        all.push_back(std::make_unique<item[]>(each));
        for (int i = 0; i < each; ++i) {
            item& one = all.back()[static_cast<std::size_t>(i)];
            one.number = i, one.last = &last[t], one.count = &count, one.in = &l;
        }
        posters.push_back(std::move(*start_thread([&l, items = all.back().get()] {
            for (int i = 0; i < each; ++i) {
                l.post(items[i]);
                if (i % 64 == 0) this_thread::sleep_until(deadline::after(100_us));
            }
        })));
    }
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(count == threads * each);
    for (auto& poster : posters) BOOST_TEST(poster.join().has_value());
    for (const auto& items : all)
        for (int i = 0; i < each; ++i) BOOST_REQUIRE(items[static_cast<std::size_t>(i)].ordered);
}

BOOST_AUTO_TEST_CASE(another_thread_stops_it, *needs(threads)) {
    open_loop l;
    for (int i = 0; i < 50; ++i) {
        auto other = start_thread([&] { l.stop(); });
        BOOST_REQUIRE(why(l.run(soon())) == "done");
        BOOST_REQUIRE(other->join().has_value());
    }
}

BOOST_AUTO_TEST_CASE(many_connections_are_served_by_one_thread, *needs(threads)) {
    open_loop l;
    constexpr std::size_t count = 100, size = 50'000;
    auto listener = tcp_listener::listen({ipv4_address::loopback(), 0}).value();
    const ip_endpoint place = listener.local_address()->ip();
    std::size_t right = 0;
    auto clients = start_thread([&] {
        right = echoed(place, count, size);
    });
    BOOST_REQUIRE(clients.has_value());
    std::vector<std::unique_ptr<echo>> all;
    std::size_t ended = 0;
    handle_watcher watch(l);
    BOOST_REQUIRE(watch.open(listener.native_handle()).has_value());
    work accepting([&] {
        while (auto next = listener.try_accept())
            all.push_back(std::make_unique<echo>(l, std::move(next->stream), ended));
        if (all.size() < count) BOOST_REQUIRE(watch.when_readable(accepting).has_value());
    });
    l.post(accepting);
    for (const deadline end = soon(); ended < count && deadline::after(0) < end;)
        static_cast<void>(l.run(deadline::after(20_ms)));
    BOOST_TEST(ended == count);
    BOOST_TEST(clients->join().has_value());
    BOOST_TEST(right == count);
}

#if defined(__linux__) && !defined(VITTE_PLATFORM_POSIX)
namespace {
constexpr std::size_t ten_thousand = 10'000;
const ability many_handles{"10,100 handles for a process", [] {
                               rlimit most{};
                               if (getrlimit(RLIMIT_NOFILE, &most) != 0) return false;
                               most.rlim_cur = most.rlim_max;
                               return setrlimit(RLIMIT_NOFILE, &most) == 0 && most.rlim_max >= ten_thousand + 100;
                           }};

/// Whether each of them, all open at once, gets back its number, and one of them also much more.
bool ten_thousand_are_answered(const ip_endpoint& place) {
    std::vector<tcp_stream> streams;
    while (streams.size() < ten_thousand) streams.push_back(tcp_stream::connect(place, soon()).value());
    const auto sent = [&](std::size_t i) {
        return streams[i].send(std::as_bytes(std::span(&i, 1)), soon()).has_value();
    };
    const auto came_back = [&](std::size_t i) {
        std::size_t told = 0;
        return streams[i].receive_all(std::as_writable_bytes(std::span(&told, 1)), soon()) && told == i;
    };
    bool right = true;
    for (std::size_t i = 0; i < streams.size(); ++i) right = right && sent(i);
    for (std::size_t i = 0; i < streams.size(); ++i) right = right && came_back(i);
    for (int i = 0; i < 1000; ++i) right = right && sent(0) && came_back(0);
    return right;
}
}  // namespace

BOOST_AUTO_TEST_CASE(ten_thousand_connections_are_held_by_one_loop, *needs(own_kernel) * needs(many_handles)) {
    open_loop l;
    auto listener = tcp_listener::listen({ipv4_address::loopback(), 0}).value();
    const ip_endpoint place = listener.local_address()->ip();
    const pid_t clients = fork();  // since a process has not handles enough for both ends
    BOOST_REQUIRE(clients != -1);
    if (clients == 0) _exit(ten_thousand_are_answered(place) ? 0 : 1);
    std::vector<std::unique_ptr<echo>> all;
    std::size_t ended = 0;
    handle_watcher watch(l);
    BOOST_REQUIRE(watch.open(listener.native_handle()).has_value());
    work accepting([&] {
        while (auto next = listener.try_accept())
            all.push_back(std::make_unique<echo>(l, std::move(next->stream), ended));
        BOOST_REQUIRE(watch.when_readable(accepting).has_value());
    });
    l.post(accepting);
    for (const deadline end = deadline::after(100_s); ended < ten_thousand && deadline::after(0) < end;)
        static_cast<void>(l.run(deadline::after(20_ms)));
    int status = -1;
    BOOST_TEST(waitpid(clients, &status, ended == ten_thousand ? 0 : WNOHANG) == clients);
    BOOST_TEST(status == 0);
    BOOST_TEST(all.size() == ten_thousand);
    BOOST_TEST(ended == ten_thousand);
    // Of each there was a beginning, a number and an end, which may have been told of as they had come already.
    std::size_t busy = 0, idle_calls = 0;
    for (const auto& one : all) one->calls() > 6 ? ++busy : idle_calls += one->calls();
    BOOST_TEST(busy == 1u);
    BOOST_TEST(idle_calls <= 4 * ten_thousand);
}
#endif

BOOST_AUTO_TEST_CASE(what_is_gone_is_not_called_of_what_was_ready_with_it) {
    open_loop l;
    tcp_pair one, two;
    auto first = std::make_unique<handle_watcher>(l), second = std::make_unique<handle_watcher>(l);
    BOOST_REQUIRE((first->open(one.client.native_handle()) && second->open(two.client.native_handle())));
    std::byte byte[1] = {};
    BOOST_TEST(why(one.client.try_receive(byte)) == "would block");
    BOOST_TEST(why(two.client.try_receive(byte)) == "would block");
    BOOST_TEST(why(l.run(deadline::passed())) == "timed out");  // both are writable
    int calls = 0;
    work end([&] { ++calls, first.reset(), second.reset(), l.stop(); });
    work end_too([&] { ++calls, first.reset(), second.reset(), l.stop(); });
    BOOST_REQUIRE((first->when_readable(end) && second->when_readable(end_too)));
    BOOST_REQUIRE((one.server.send(byte, soon()) && two.server.send(byte, soon())));
    static_cast<void>(one.client.wait(socket_readable, soon()));
    static_cast<void>(two.client.wait(socket_readable, soon()));
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(who_received_less_than_there_was_room_for_may_wait_and_is_told_of_the_end) {
    open_loop l;
    tcp_pair both;
    handle_watcher watch(l);
    std::byte room[100] = {};
    BOOST_REQUIRE(both.server.send({room, 10}, soon()).has_value());
    BOOST_REQUIRE(both.client.wait(socket_readable, soon()).has_value());
    BOOST_REQUIRE(watch.open(both.client.native_handle()).has_value());
    std::string told;
    work hear([&] {
        const auto came = both.client.try_receive(room);
        BOOST_REQUIRE(came.has_value());
        told += std::to_string(*came) + " ";
        if (*came == 0) return l.stop();
        BOOST_TEST(watch.when_readable(hear).has_value());
        if (*came == 10) BOOST_TEST((both.server.send({room, 20}, soon()) && both.server.shut_down()));
    });
    BOOST_REQUIRE(watch.when_readable(hear).has_value());
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(told == "10 20 0 ");
}

BOOST_AUTO_TEST_CASE(who_posts_in_a_callback_wakes_nobody) {
    using remembers = traced<native>;
    basic_loop<remembers> l;
    BOOST_REQUIRE(l.open().has_value());
    tcp_pair both;
    basic_handle_watcher<remembers> watch(l);
    BOOST_REQUIRE(watch.open(both.client.native_handle()).has_value());
    std::size_t wakes = 0;
    work posted([&] {
        for (std::size_t i = 0; i < trace<native>::size(); ++i)
            wakes += trace<native>::at(i).name == std::string_view("poller.wake");
        l.stop();
    });
    work hear([&] {
        trace<native>::clear();
        l.post(posted);
    });
    std::byte byte[1] = {};
    BOOST_TEST(why(both.client.try_receive(byte)) == "would block");
    BOOST_REQUIRE(watch.when_readable(hear).has_value());
    BOOST_REQUIRE(both.server.send(byte, soon()).has_value());
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(wakes == 0u);
}

BOOST_AUTO_TEST_CASE(who_could_not_be_watched_for_can_be_again) {
    using frail = faulty<native, struct for_a_loop>;
    basic_loop<frail> l;
    BOOST_REQUIRE(l.open().has_value());
    tcp_pair both;
    basic_handle_watcher<frail> watch(l);
    BOOST_REQUIRE(watch.open(both.client.native_handle()).has_value());
    BOOST_REQUIRE(both.server.shut_down().has_value());
    int calls = 0;
    work hear([&] { ++calls, l.stop(); });
    BOOST_REQUIRE(watch.when_readable(hear).has_value());
    BOOST_TEST(why(l.run(deadline::after<frail>(20_s))) == "done");
    // After the end the poller has to be asked once more.
    faults<native, for_a_loop>::arm(
        {.call = 1, .code = errc::out_of_memory, .times = fault::for_ever, .name = "poller.change"});
    const std::string refused = why(watch.when_readable(hear));
    faults<native, for_a_loop>::arm();
    BOOST_TEST((refused == "out of memory"));
    BOOST_REQUIRE(watch.when_readable(hear).has_value());
    BOOST_TEST(why(l.run(deadline::after<frail>(20_s))) == "done");
    BOOST_TEST(calls == 2);
}

BOOST_AUTO_TEST_CASE(a_peer_that_is_gone_wakes_both_directions) {
    open_loop l;
    tcp_pair both;
    handle_watcher watch(l);
    BOOST_REQUIRE(watch.open(both.client.native_handle()).has_value());
    std::byte room[1000] = {};
    while (both.client.try_send(room)) {
    }
    BOOST_TEST(why(both.client.try_receive(room)) == "would block");
    static_cast<void>(l.run(deadline::passed()));
    int calls = 0;
    work reads([&] {
        if (++calls == 2) l.stop();
    }),
        writes([&] {
            if (++calls == 2) l.stop();
        });
    BOOST_REQUIRE((watch.when_readable(reads) && watch.when_writable(writes)));
    static_cast<void>(both.server.set_option(socket_option::linger, 0));
    static_cast<void>(both.server.close());
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(calls == 2);
}

BOOST_AUTO_TEST_CASE(waiting_can_be_cancelled_and_begun_again) {
    open_loop l;
    tcp_pair both;
    handle_watcher watch(l);
    BOOST_REQUIRE(watch.open(both.client.native_handle()).has_value());
    int old_calls = 0, calls = 0;
    work old([&] { ++old_calls; }), now([&] { ++calls, l.stop(); });
    std::byte one[1] = {};
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(why(both.client.try_receive(one)) == "would block");
        BOOST_REQUIRE(watch.when_readable(old).has_value());
        watch.cancel_readable();
        BOOST_REQUIRE(watch.when_readable(now).has_value());
        BOOST_REQUIRE(both.server.send(one, soon()).has_value());
        BOOST_TEST(why(l.run(soon())) == "done");
        BOOST_TEST(why(both.client.receive(one, soon())) == "done");
    }
    BOOST_TEST(old_calls == 0);
    BOOST_TEST(calls == 3);
}

namespace {
task<std::string> all_of(async_tcp_stream& from, deadline until) {
    std::string told;
    std::byte room[100];
    for (;;) {
        const auto came = co_await from.receive(room, until);
        if (!came) co_return told + "(" + message(came.error().code) + ")";
        if (*came == 0) co_return told;
        told.append(reinterpret_cast<const char*>(room), *came);
    }
}
task<> echo_of(loop& in, tcp_stream stream) {
    async_tcp_stream from(in, std::move(stream));
    BOOST_TEST(from.open().has_value());
    std::byte room[5000];
    for (;;) {
        const auto came = co_await from.receive(room, soon());
        if (!came || *came == 0) co_return;
        const auto went = co_await from.send({room, *came}, soon());
        if (!went) co_return;
    }
}
std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }
}  // namespace

BOOST_AUTO_TEST_CASE(coroutines_wait_for_each_other_and_for_sockets) {
    open_loop l;
    tcp_pair both;
    std::string told;
    const auto talk = [](loop& in, tcp_stream server, std::string& heard) -> task<> {
        async_tcp_stream stream(in, std::move(server));
        BOOST_TEST(stream.open().has_value());
        heard = co_await all_of(stream, soon());
        in.stop();
    };
    spawn(talk(l, std::move(both.server), told));
    BOOST_TEST(told == "");
    std::string sent;
    for (int i = 0; i < 500; ++i) sent += std::to_string(i);
    BOOST_REQUIRE((both.client.send(bytes(sent), soon()) && both.client.shut_down()));
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(told == sent);
}

BOOST_AUTO_TEST_CASE(what_coroutines_wait_for_has_a_deadline) {
    open_loop l;
    tcp_pair both;
    std::string told;
    const auto talk = [](loop& in, tcp_stream server, std::string& heard) -> task<> {
        async_tcp_stream stream(in, std::move(server));
        BOOST_TEST(stream.open().has_value());
        heard = co_await all_of(stream, deadline::after(100_ms));
        std::vector<std::byte> much(64 << 20);
        heard += why(co_await stream.send(much, deadline::after(20_ms)));
        const std::int64_t began = monotonic_time();
        co_await resume_at(in, deadline::after(20_ms));
        BOOST_TEST(monotonic_time() - began >= 20_ms);
        heard += why(co_await stream.receive({}, deadline::passed()));
        in.stop();
    };
    BOOST_REQUIRE(both.client.send(bytes("early "), soon()).has_value());
    spawn(talk(l, std::move(both.server), told));
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(told.starts_with("early (timed out)timed out"));
}

BOOST_AUTO_TEST_CASE(a_coroutine_that_is_destroyed_waits_no_more) {
    open_loop l;
    tcp_pair both;
    async_tcp_stream stream(l, std::move(both.server));
    BOOST_REQUIRE(stream.open().has_value());
    int ended = 0;
    struct counted {
        int& n;
        ~counted() { ++n; }
    };
    const auto wait = [](async_tcp_stream& from, int& n) -> task<> {
        const counted here{n};
        std::byte room[1];
        static_cast<void>(co_await from.receive(room, deadline::after(1_ms)));
        n += 100;
    };
    {
        task<> waiting = wait(stream, ended);
        BOOST_TEST(waiting.await_ready() == false);
        waiting.await_suspend(std::noop_coroutine());
        BOOST_TEST(ended == 0);
    }
    BOOST_TEST(ended == 1);
    BOOST_REQUIRE(both.client.send(bytes("x"), soon()).has_value());
    BOOST_TEST(why(l.run(deadline::after(20_ms))) == "timed out");
    BOOST_TEST(ended == 1);
    { const task<> never_begun = wait(stream, ended); }
    BOOST_TEST(ended == 1);
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_closed_or_destroyed_ends_what_waits_for_it) {
    open_loop l;
    std::string told;
    const auto wait = [&](async_tcp_stream& from, deadline until) -> task<> {
        std::byte room[1];
        told += why(co_await from.receive(room, until)) + " ";
    };
    const auto fill = [&](async_tcp_stream& to, deadline until) -> task<> {
        const std::vector<std::byte> much(64 << 20);
        told += why(co_await to.send(much, until)) + " ";
    };
    for (const deadline until : {deadline::never(), deadline::after(1_ms)}) {
        for (const bool closes : {true, false}) {
            tcp_pair both;
            std::optional<async_tcp_stream> stream;
            stream.emplace(l, std::move(both.server));
            BOOST_REQUIRE(stream->open().has_value());
            spawn(wait(*stream, until));
            spawn(fill(*stream, until));
            if (closes) BOOST_TEST(stream->close().has_value());
            stream.reset();
            BOOST_TEST(told == "");  // nobody goes on within `close`
            BOOST_TEST(why(l.run(deadline::after(20_ms))) == "timed out");
            BOOST_TEST(std::exchange(told, "") == "cancelled cancelled ");
        }
    }
    tcp_pair both;
    std::optional<async_tcp_stream> stream;
    stream.emplace(l, std::move(both.server));
    BOOST_REQUIRE(stream->open().has_value());
    {
        task<> waiting = wait(*stream, soon());
        waiting.await_suspend(std::noop_coroutine());
        stream.reset();
    }
    BOOST_TEST(why(l.run(deadline::after(20_ms))) == "timed out");
    BOOST_TEST(told == "");
}

BOOST_AUTO_TEST_CASE(who_always_finds_something_lets_others_have_their_turn) {
    open_loop l;
    tcp_pair both;
    BOOST_REQUIRE(both.client.shut_down().has_value());
    bool done = false;
    int rounds = 0;
    const auto greedy = [](loop& in, tcp_stream from, const bool& end, int& n) -> task<> {
        async_tcp_stream stream(in, std::move(from));
        BOOST_TEST(stream.open().has_value());
        std::byte room[1];
        while (!end) n += (co_await stream.receive(room, soon())).has_value();  // the end, again and again
        in.stop();
    };
    work end([&] { done = true; });
    loop_timer timer(end);
    l.start(timer, deadline::after(10_ms));
    spawn(greedy(l, std::move(both.server), done, rounds));
    BOOST_TEST(!done);
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST((done && rounds > 0));
}

BOOST_AUTO_TEST_CASE(tasks_that_end_at_once_take_no_stack) {
    constexpr int count = 1'000'000;
    int ended = 0;
    const auto one = [](int n) -> task<int> { co_return n; };
    const auto all = [&]() -> task<> {
        for (int i = 0; i < count; ++i) ended += co_await one(1);
    };
    spawn(all());
    BOOST_TEST(ended == count);
}

namespace {
/// The other side takes what is sent as fast as it comes, a byte at a time.
struct greedy_peer : native {
    struct sockets : native::sockets {
        static result<std::size_t> send(handle, const std::byte*, std::size_t size) noexcept {
            return std::min<std::size_t>(size, 1);
        }
    };
};
}  // namespace

BOOST_AUTO_TEST_CASE(who_takes_all_that_is_sent_lets_others_have_their_turn) {
    basic_loop<greedy_peer> l;
    BOOST_REQUIRE(l.open().has_value());
    tcp_pair both;
    basic_async_stream<greedy_peer, basic_tcp_stream<greedy_peer>> stream(
        l, basic_tcp_stream<greedy_peer>(both.server.release()));
    BOOST_REQUIRE(stream.open().has_value());
    std::string told;
    work other([&] { told += "other "; });
    const auto send = [&]() -> task<> {
        const std::vector<std::byte> much(10'000);
        told += why(co_await stream.send(much, soon())) + " ";
        l.stop();
    };
    l.post(other);
    spawn(send());
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(told == "other done ");
}

namespace {
/// Waits that end at once, for attempts that never get further.
struct always_ready {
    loop& in;
    loop_callback* waiter = nullptr;
    int asked = 0;
    result<void> when_readable(loop_callback& then) noexcept {
        ++asked;
        in.post(then);
        waiter = &then;
        return {};
    }
    void cancel_readable() noexcept { in.withdraw(*waiter); }
};
template <errc Code>
struct fails_with {
    result<void> operator()() noexcept { return fail(Code, "attempt"); }
};
template <errc Code>
std::string outcome_of_attempts(always_ready& watched, deadline until) {
    std::string told;
    const auto wait = [&]() -> task<> {
        told = why(co_await attempt_when_ready<native, fails_with<Code>, always_ready>(watched.in, watched, socket_readable, until));
        watched.in.stop();
    };
    spawn(wait());
    BOOST_TEST(why(watched.in.run(soon())) == "done");
    return told;
}
}  // namespace

BOOST_AUTO_TEST_CASE(attempts_without_end_stop_at_their_deadline) {
    open_loop l;
    always_ready watched{l};
    BOOST_TEST(outcome_of_attempts<errc::interrupted>(watched, deadline::passed()) == "timed out");
    BOOST_TEST(outcome_of_attempts<errc::interrupted>(watched, deadline::after(20_ms)) == "timed out");
    BOOST_TEST(outcome_of_attempts<errc::would_block>(watched, deadline::after(1_s)) == "timed out");
    BOOST_TEST(watched.asked < 10'000);  // at first without a pause, and after every wait that took longer
}

BOOST_AUTO_TEST_CASE(an_answer_takes_one_call_to_receive_and_one_to_send) {
    using remembers = traced<native>;
    using stream_type = basic_tcp_stream<remembers>;
    basic_loop<remembers> l;
    BOOST_REQUIRE(l.open().has_value());
    tcp_pair both;
    const auto answer = [](basic_loop<remembers>& in, stream_type from) -> task<> {
        basic_async_stream<remembers, stream_type> stream(in, std::move(from));
        BOOST_TEST(stream.open().has_value());
        std::byte room[100];
        for (auto came = co_await stream.receive(room); came && *came != 0; came = co_await stream.receive(room))
            BOOST_TEST((co_await stream.send({room, *came})).has_value());
    };
    const auto calls_of = [](std::string_view name) {
        int count = 0;
        for (std::size_t i = 0; i < trace<native>::size(); ++i) count += trace<native>::at(i).name == name;
        return count;
    };
    spawn(answer(l, stream_type(both.server.release())));
    for (int i = 0; i < 10; ++i) {
        trace<native>::clear();
        std::byte message[10] = {};
        BOOST_REQUIRE(both.client.send(message, soon()).has_value());
        for (const deadline end = soon(); !both.client.try_receive(message) && deadline::after(0) < end;)
            static_cast<void>(l.run(deadline::after(1_ms)));
        BOOST_TEST(calls_of("sockets.receive") == 1);
        BOOST_TEST(calls_of("sockets.send") == 1);
    }
    BOOST_REQUIRE(both.client.close().has_value());
    static_cast<void>(l.run(deadline::after(20_ms)));
}

BOOST_AUTO_TEST_CASE(messages_are_answered_by_coroutines) {
    open_loop l;
    auto server = udp_socket::bind({ipv4_address::loopback(), 0}).value();
    auto client = udp_socket::bind({ipv4_address::loopback(), 0}).value();
    BOOST_REQUIRE(client.connect(server.local_address().value()).has_value());
    const auto answer = [](loop& in, udp_socket from) -> task<> {
        async_udp_socket socket(in, std::move(from));
        BOOST_TEST(socket.open().has_value());
        std::byte room[2][100];
        datagram one{room[0], sizeof room[0], {}};
        BOOST_TEST((co_await socket.receive_from(one, soon())).has_value());
        BOOST_TEST((co_await socket.send_to({one.data, one.size}, one.address, soon())).has_value());
        datagram two[] = {{room[0], sizeof room[0], {}}, {room[1], sizeof room[1], {}}};
        for (std::size_t i = 0; i < 2;) {
            const auto came = co_await socket.receive_batch(std::span(two).subspan(i), soon());
            if (!came) co_return in.stop();
            i += *came;
        }
        for (std::size_t i = 0; i < 2;) {
            const auto went = co_await socket.send_batch(std::span(two).subspan(i), soon());
            if (!went) co_return in.stop();
            i += *went;
        }
        const auto late = co_await socket.receive_from(one, deadline::after(1_ms));
        BOOST_TEST(why(late) == "timed out");
        in.stop();
    };
    spawn(answer(l, std::move(server)));
    BOOST_REQUIRE(client.send(bytes("a"), soon()).has_value());
    std::byte room[10];
    while (client.try_receive(room).value_or(0) != 1) static_cast<void>(l.run(deadline::after(1_ms)));
    BOOST_REQUIRE((client.try_send(bytes("bb")) && client.try_send(bytes("ccc"))));
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(client.receive(room, soon()).value_or(0) == 2u);
    BOOST_TEST(client.receive(room, soon()).value_or(0) == 3u);
    BOOST_TEST(why(client.try_receive(room)) == "would block");
}

BOOST_AUTO_TEST_CASE(a_loop_without_handles_serves_who_is_there_and_loses_nobody) {
    using frail = faulty<native, struct for_accepting>;
    using stream = basic_tcp_stream<frail>;
    using door = basic_async_listener<frail, basic_tcp_listener<frail>>;
    basic_loop<frail> l;
    BOOST_REQUIRE(l.open().has_value());
    auto listener = basic_tcp_listener<frail>::listen({ipv4_address::loopback(), 0}).value();
    const ip_endpoint place = listener.local_address()->ip();
    auto first = tcp_stream::connect(place, soon()).value(), second = tcp_stream::connect(place, soon()).value();
    std::string seen;
    const auto answer = [](basic_loop<frail>& in, stream from) -> task<> {
        basic_async_stream<frail, stream> with(in, std::move(from));
        BOOST_TEST(with.open().has_value());
        std::byte room[1];
        while ((co_await with.receive(room)).value_or(0) != 0) static_cast<void>(co_await with.send(room));
    };
    const auto serve = [&](basic_tcp_listener<frail> from) -> task<> {
        door entry(l, std::move(from));
        BOOST_TEST(entry.open().has_value());
        for (int count = 0; count < 2;) {
            auto next = co_await entry.accept();
            seen += next ? 'a' : next.error().code == errc::out_of_handles ? 'o' : '?';
            if (next) {
                spawn(answer(l, std::move(next->stream)));
                ++count;
            } else {
                co_await resume_at(l, deadline::after<frail>(5_ms));
            }
        }
    };
    const auto talks = [&](const tcp_stream& with) {
        const std::byte sent[] = {std::byte(seen.size())};
        std::byte room[1] = {};
        BOOST_TEST(with.send(sent).has_value());
        for (const deadline end = soon(); !with.try_receive(room) && deadline::after(0) < end;)
            static_cast<void>(l.run(deadline::after<frail>(1_ms)));
        return room[0] == sent[0];
    };
    faults<native, for_accepting>::arm(
        {.call = 2, .code = errc::out_of_handles, .times = fault::for_ever, .name = "sockets.accept"});
    spawn(serve(std::move(listener)));
    for (const deadline end = soon(); seen.size() < 4 && deadline::after(0) < end;) BOOST_REQUIRE(talks(first));
    BOOST_TEST(seen.find_first_not_of('o', 1) == seen.npos);
    faults<native, for_accepting>::arm();
    BOOST_TEST(talks(second));
    BOOST_TEST(talks(first));
    BOOST_TEST(seen.front() == 'a');
    BOOST_TEST(seen.find_first_not_of('o', 1) == seen.size() - 1);
    BOOST_TEST(seen.back() == 'a');
    BOOST_TEST((first.close() && second.close()));
    static_cast<void>(l.run(deadline::after<frail>(200_ms)));  // the connections' ends
}

BOOST_AUTO_TEST_CASE(coroutines_serve_many_connections, *needs(threads)) {
    open_loop l;
    constexpr std::size_t count = 100, size = 30'000;
    auto listener = tcp_listener::listen({ipv4_address::loopback(), 0}).value();
    const ip_endpoint place = listener.local_address()->ip();
    std::size_t right = 0;
    auto clients = start_thread([&] {
        right = echoed(place, count, size);
        l.stop();
    });
    BOOST_REQUIRE(clients.has_value());
    const auto serve = [](loop& in, tcp_listener from, std::size_t times) -> task<> {
        async_tcp_listener door(in, std::move(from));
        BOOST_TEST(door.open().has_value());
        while (times-- != 0) {
            auto next = co_await door.accept(soon());
            if (!next) co_return;
            spawn(echo_of(in, std::move(next->stream)));
        }
    };
    spawn(serve(l, std::move(listener), count));
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(clients->join().has_value());
    BOOST_TEST(right == count);
    static_cast<void>(l.run(deadline::after(200_ms)));  // the connections' ends
}

BOOST_AUTO_TEST_SUITE_END()

namespace {
/// Registers every case of `loops` once more, over a ring.
struct again : boost::unit_test::test_tree_visitor {
    again() {
        auto& master = boost::unit_test::framework::master_test_suite();
        boost::unit_test::traverse_test_tree(master.get("loops"), *this, true);
        master.add(all);
    }
    void visit(const boost::unit_test::test_case& one) override {
        auto* const made = boost::unit_test::make_test_case(
            [run = one.p_test_func.get()] {
                over_a_ring = true;
                run();
                over_a_ring = false;
            },
            one.p_name.get(), one.p_file_name, one.p_line_num);
        all->add(made);
    }
    boost::unit_test::test_suite* const all = BOOST_TEST_SUITE("loops_over_a_ring");
};
const again registered;
}  // namespace
