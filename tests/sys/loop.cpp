// One thread that waits for many things.
#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <vitte/sys/event.hpp>
#include <vitte/sys/net.hpp>
#include <vitte/sys/net/async.hpp>
#include <vitte/sys/thread.hpp>

#include "../support/needs.hpp"

namespace {
using namespace vitte;
using namespace vitte::sys;

deadline soon() { return deadline::after(120_s); }
template <class Result>
std::string why(const Result& r) {
    return r ? "done" : message(r.error().code);
}
using work = loop_function<std::function<void()>>;

struct open_loop : loop {
    open_loop() { BOOST_REQUIRE(open().has_value()); }
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

private:
    void go_on() {
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
        waiting.await_suspend(std::noop_coroutine()).resume();
        BOOST_TEST(ended == 0);
    }
    BOOST_TEST(ended == 1);
    BOOST_REQUIRE(both.client.send(bytes("x"), soon()).has_value());
    BOOST_TEST(why(l.run(deadline::after(20_ms))) == "timed out");
    BOOST_TEST(ended == 1);
    { const task<> never_begun = wait(stream, ended); }
    BOOST_TEST(ended == 1);
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
