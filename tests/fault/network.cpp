// The simulated network: what links do to packets, what hosts that lose power leave, and that a seed decides all of it.
#include <set>
#include <string>
#include <vitte/sys/event.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/net.hpp>
#include <vitte/sys/net/async.hpp>
#include <vitte/sys/platform/contract.hpp>

#include "../support/outcome.hpp"
#include "../support/stage.hpp"

namespace {
using namespace vitte;
using namespace vitte::sys;
using P = simulated;
using stream = basic_tcp_stream<P>;
using listener = basic_tcp_listener<P>;
using udp = basic_udp_socket<P>;

static_assert(sockets_facet<P::sockets> && names_facet<P::names> && poller_facet<P::poller>);

constexpr std::uint16_t port = 80;

std::int64_t now() { return simulation::current().threads.now(); }
deadline in(std::int64_t nanoseconds) { return deadline::after<P>(nanoseconds); }
ip_endpoint any(std::uint16_t at = port) { return {ipv4_address::any(), at}; }
ip_endpoint at(const simulated_host& host, std::uint16_t where = port) { return {host.addresses[0], where}; }

std::string text(std::span<const std::byte> some) { return {reinterpret_cast<const char*>(some.data()), some.size()}; }

/// Host 0, on which tests run, and two others.
struct world : simulation {
    explicit world(choices& from, const simulation_options& wanted = {}) : simulation(from, wanted) {
        network.usual = {.latency = 1'000'000};
    }
    simulated_host &home = network.host(0), &a = network.add_host("a"), &b = network.add_host("b");

    void play(const std::function<void()>& test) { BOOST_TEST((run(test) == simulation_end::finished)); }
};
/// A world of seed 1, and a test in it.
template <class Test>
void in_a_world(Test test) {
    seeded_choices seed(1);
    world w(seed);
    w.play([&] { test(w); });
}

/// Starts what accepts one connection after the other, and gives each to `serve`.
template <class Serve>
void serve_at(simulated_host& host, Serve serve) {
    BOOST_REQUIRE(host.start([serve] {
                          const auto door = listener::listen(any());
                          while (auto next = door->accept(in(3600_s))) serve(next->stream);
                      })
                      .has_value());
    static_cast<void>(P::clocks::sleep_until(now() + 1'000'000));
}
/// What sends back all that comes.
void echo(const stream& to) {
    std::byte room[4096];
    for (auto came = to.receive(room, in(3600_s)); came && *came != 0; came = to.receive(room, in(3600_s)))
        if (!to.send({room, *came}, in(3600_s))) return;
}
bool is_echoed(const stream& to, std::size_t size, std::int64_t patience = 3600_s) {
    std::vector<std::byte> said(size), heard(size);
    for (std::size_t i = 0; i < size; ++i) said[i] = static_cast<std::byte>(i * 7 + i / 251);
    std::size_t sent = 0, came = 0;
    while (came < size) {
        if (const auto went = to.try_send(std::span(said).subspan(sent)); sent < size && went) sent += *went;
        const auto more = to.try_receive(std::span(heard).subspan(came));
        if (more && *more == 0) return false;
        if (!more && more.error().code != errc::would_block) return false;
        if (more)
            came += *more;
        else if (!to.wait(socket_readable | (sent < size ? socket_writable : 0u), in(patience)))
            return false;
    }
    return said == heard;
}

/// Sends `count` numbered messages from a to b; the numbers that arrive, in their order.
std::vector<unsigned> messages(world& w, unsigned count) {
    std::vector<unsigned> came;
    const auto to = udp::bind({w.home.addresses[0], port}).value();
    const auto started = w.a.start([&w, count] {
        const auto from = udp::bind(any(0)).value();
        for (unsigned i = 0; i < count; ++i) {
            BOOST_TEST(from.send_to(std::as_bytes(std::span(&i, 1)), at(w.home)).has_value());
            static_cast<void>(P::clocks::sleep_until(now() + 100'000));
        }
    });
    BOOST_TEST(started.has_value());
    unsigned number = 0;
    while (to.receive(std::as_writable_bytes(std::span(&number, 1)), in(10_s))) came.push_back(number);
    return came;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(network)

BOOST_AUTO_TEST_CASE(a_message_takes_the_latency_of_its_link) {
    in_a_world([](world& w) {
        w.network.set_one_way(w.home, w.a, {.latency = 30'000'000});
        w.network.set_one_way(w.a, w.home, {.latency = 5'000'000});
        const auto mine = udp::bind(any()).value();
        std::int64_t heard = 0;
        BOOST_TEST(w.a.start([&] {
                          const auto theirs = udp::bind(any()).value();
                          std::byte one[1];
                          datagram came{one, 1, {}};
                          BOOST_TEST(theirs.receive_from(came).has_value());
                          heard = now();
                          BOOST_TEST((came.address == socket_address(at(w.home))));
                          BOOST_TEST(theirs.send_to(one, came.address).has_value());
                      })
                       .has_value());
        static_cast<void>(P::clocks::sleep_until(now() + 1'000'000));
        const std::int64_t began = now();
        std::byte one[1] = {};
        BOOST_TEST(mine.send_to(one, at(w.a)).has_value());
        BOOST_TEST(mine.receive(one).has_value());
        BOOST_TEST((heard - began >= 30'000'000 && heard - began < 30'100'000));
        BOOST_TEST((now() - heard >= 5'000'000 && now() - heard < 5'100'000));
    });
}

BOOST_AUTO_TEST_CASE(what_takes_for_ever_never_comes) {
    constexpr std::int64_t ever = INT64_MAX;
    for (const link_options& slow :
         {link_options{.latency = ever}, link_options{.jitter = ever, .reordering = 1},
          link_options{.latency = ever / 2, .jitter = ever, .duplication = 1},
          link_options{.bandwidth = 1, .queue = UINT64_MAX}, link_options{.latency = ever, .reordering = 1}})
        in_a_world([&](world& w) {
            w.network.set_link(w.home, w.a, slow);
            const auto mine = udp::bind(any()).value();
            const std::vector<std::byte> much(60'000);
            for (int i = 0; i < 100; ++i) BOOST_TEST(mine.send_to(much, at(w.a)).has_value());
            BOOST_TEST(why(stream::connect(at(w.a), in(3_s))) == "timed out");
            static_cast<void>(P::clocks::sleep_until(now() + 1'000'000'000'000));
        });
    seeded_choices seed(1);
    simulation alone(seed);
    const auto ended = alone.run([] { static_cast<void>(P::clocks::sleep_until(ever - 1)); });
    BOOST_TEST((ended == simulation_end::deadlock));
    BOOST_TEST(alone.network.now() < ever / 2);
}

BOOST_AUTO_TEST_CASE(a_megabyte_takes_a_second_where_a_second_carries_one) {
    in_a_world([](world& w) {
        w.network.set_link(w.home, w.a, {.latency = 1'000'000, .bandwidth = 1'000'000});
        std::int64_t began = 0, took = 0;
        serve_at(w.a, [&](const stream& from) {
            std::vector<std::byte> all(1'000'000);
            BOOST_TEST(from.receive_all(all).has_value());
            took = now() - began;
        });
        const auto to = stream::connect(at(w.a)).value();
        began = now();
        BOOST_TEST(to.send(std::vector<std::byte>(1'000'000)).has_value());
        BOOST_TEST(to.shut_down().has_value());
        std::byte one[1];
        BOOST_TEST(to.receive(one).value() == 0u);
        BOOST_TEST((took > 1'000'000'000 && took < 1'010'000'000));
        w.a.cut_power();
    });
}

BOOST_AUTO_TEST_CASE(messages_are_lost_doubled_and_overtaken_as_often_as_said) {
    in_a_world([](world& w) {
        const auto whole = messages(w, 1000);
        BOOST_TEST((whole.size() == 1000 && std::is_sorted(whole.begin(), whole.end())));
    });
    in_a_world([](world& w) {
        w.network.usual.jitter = 5'000'000;
        const auto late = messages(w, 1000);
        BOOST_TEST((late.size() == 1000 && std::is_sorted(late.begin(), late.end())));
    });
    in_a_world([](world& w) {
        w.network.usual.loss = 0.2;
        const auto some = messages(w, 5000);
        BOOST_TEST((some.size() > 3850 && some.size() < 4150 && std::is_sorted(some.begin(), some.end())));
    });
    in_a_world([](world& w) {
        w.network.usual.duplication = 0.1;
        const auto more = messages(w, 5000);
        BOOST_TEST((more.size() > 5400 && more.size() < 5600));
        BOOST_TEST(std::set<unsigned>(more.begin(), more.end()).size() == 5000u);
    });
    in_a_world([](world& w) {
        w.network.usual.reordering = 0.1;
        const auto mixed = messages(w, 1000);
        BOOST_TEST((mixed.size() == 1000 && !std::is_sorted(mixed.begin(), mixed.end())));
        BOOST_TEST(std::set<unsigned>(mixed.begin(), mixed.end()).size() == 1000u);
    });
}

BOOST_AUTO_TEST_CASE(streams_hide_what_happens_to_packets) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        seeded_choices from(seed);
        world w(from);
        w.play([&] {
            const link_options bad{.latency = 2'000'000,
                                   .jitter = 3'000'000,
                                   .loss = 0.1,
                                   .duplication = 0.1,
                                   .reordering = 0.2,
                                   .bandwidth = 10'000'000};
            w.network.set_link(w.home, w.a, bad);
            serve_at(w.a, echo);
            const std::int64_t began = now();
            const auto to = stream::connect(at(w.a)).value();
            BOOST_TEST(is_echoed(to, 300'000));
            BOOST_TEST(now() - began > 100'000'000);
            w.a.cut_power();
        });
    }
}

BOOST_AUTO_TEST_CASE(who_does_not_read_is_waited_for) {
    in_a_world([](world& w) {
        std::size_t came = 0;
        serve_at(w.a, [&](const stream& from) {
            static_cast<void>(P::clocks::sleep_until(now() + 10'000'000'000));
            std::byte room[10'000];
            for (auto more = from.receive(room); more && *more != 0; more = from.receive(room)) came += *more;
        });
        const auto to = stream::connect(at(w.a)).value();
        std::vector<std::byte> much(2 << 20);
        BOOST_TEST(why(to.send(much, in(1_s))) == "timed out");
        BOOST_TEST(why(to.try_send(much)) == "would block");
        const std::int64_t began = now();
        BOOST_TEST(to.send(much, in(60_s)).has_value());
        BOOST_TEST(now() - began > 8'000'000'000);
        BOOST_TEST(to.shut_down().has_value());
        std::byte one[1];
        BOOST_TEST(to.receive(one, in(60_s)).value() == 0u);
        BOOST_TEST(came > much.size());
        w.a.cut_power();
    });
}

BOOST_AUTO_TEST_CASE(connecting_fails_as_it_does_elsewhere) {
    in_a_world([](world& w) {
        BOOST_TEST(why(stream::connect(at(w.a), in(60_s))) == "connection refused");
        BOOST_TEST(why(stream::connect({ipv4_address{{192, 0, 2, 1}}, port}, in(60_s))) == "unreachable");
        w.network.cut(w.home, w.a);
        std::int64_t began = now();
        BOOST_TEST(why(stream::connect(at(w.a), in(5_s))) == "timed out");
        BOOST_TEST((now() - began >= 5'000'000'000 && now() - began < 5'100'000'000));
        began = now();
        BOOST_TEST(why(stream::connect(at(w.a))) == "timed out");  // by itself
        BOOST_TEST((now() - began > 60'000'000'000 && now() - began < 200'000'000'000));
        BOOST_TEST(why(listener::listen(at(w.a))) == "not an address of this machine");
        BOOST_TEST(w.network.open_handles(w.home) == 0u);
    });
}

BOOST_AUTO_TEST_CASE(a_short_partition_delays_and_a_long_one_ends_a_connection) {
    in_a_world([](world& w) {
        serve_at(w.a, echo);
        const auto to = stream::connect(at(w.a)).value();
        BOOST_TEST(is_echoed(to, 10));
        w.network.partition([&](unsigned host) { return host == w.a.number; });
        std::byte some[4] = {};
        BOOST_TEST(to.send(some).has_value());
        BOOST_TEST(why(to.receive(some, in(5_s))) == "timed out");
        w.network.heal();
        BOOST_TEST(to.receive_all(some, in(60_s)).has_value());
        w.network.cut(w.home, w.a);
        BOOST_TEST(to.send(some).has_value());
        const std::int64_t began = now();
        BOOST_TEST(why(to.receive(some)) == "timed out");
        BOOST_TEST((now() - began > 600'000'000'000 && now() - began < 1'800'000'000'000));
        w.network.heal();
        const auto other = stream::connect(at(w.a), in(60_s));
        BOOST_TEST(other.has_value());
        BOOST_TEST(other->set_option(socket_option::user_timeout, 3'000).has_value());
        w.network.cut(w.home, w.a);
        BOOST_TEST(other->send(some).has_value());
        BOOST_TEST(why(other->receive(some, in(10_s))) == "timed out");
        BOOST_TEST(why(other->send(some)) == "broken pipe");
        w.a.cut_power();
    });
}

BOOST_AUTO_TEST_CASE(what_is_cut_in_one_direction_still_hears) {
    in_a_world([](world& w) {
        w.network.cut_one_way(w.home, w.a);
        BOOST_TEST(messages(w, 10).size() == 10u);
        w.network.heal();
        w.network.cut_one_way(w.a, w.home);
        BOOST_TEST(messages(w, 10).size() == 0u);
        BOOST_TEST(why(stream::connect(at(w.a), in(1_s))) == "timed out");  // nobody hears the refusal
    });
}

BOOST_AUTO_TEST_CASE(connections_are_reset_on_demand) {
    in_a_world([](world& w) {
        std::string told;
        serve_at(w.a, [&](const stream& from) {
            std::byte one[1];
            told = why(from.receive(one));
        });
        const auto to = stream::connect(at(w.a)).value();
        static_cast<void>(P::clocks::sleep_until(now() + 10'000'000));
        w.network.reset_connections(w.a, w.home);
        BOOST_TEST((to.wait(socket_readable).value() & (socket_readable | socket_hung_up)) != 0u);
        std::byte one[1];
        BOOST_TEST(why(to.receive(one)) == "connection given up");
        BOOST_TEST(to.receive(one).value() == 0u);
        BOOST_TEST(why(to.send(one)) == "broken pipe");
        static_cast<void>(P::clocks::sleep_until(now() + 10'000'000));
        BOOST_TEST(told == "connection given up");
        w.a.cut_power();
    });
}

BOOST_AUTO_TEST_CASE(a_host_without_power_is_silent_and_forgets) {
    in_a_world([](world& w) {
        bool was_destroyed = false, went_on = false;
        auto held = std::shared_ptr<void>(nullptr, [&](void*) { was_destroyed = true; });
        BOOST_TEST(w.a.start([&went_on, held = std::move(held)] {
                          static_cast<void>(write<P>("/tmp/kept", as_bytes("kept")));
                          static_cast<void>(basic_file<P>::open("/tmp/kept", open_mode::update)->sync());
                          static_cast<void>(basic_directory<P>::open("/tmp")->sync());
                          static_cast<void>(write<P>("/tmp/lost", std::vector<std::byte>(100'000)));
                          const auto door = listener::listen(any()).value();
                          const auto one = door.accept().value();
                          static_cast<void>(P::clocks::sleep_until(INT64_MAX));
                          went_on = true;
                      })
                       .has_value());
        static_cast<void>(P::clocks::sleep_until(now() + 1'000'000));
        BOOST_TEST(!read<P>("/tmp/kept").has_value());  // it is on the other disk
        const auto to = stream::connect(at(w.a), in(1_s)).value();
        static_cast<void>(P::clocks::sleep_until(now() + 10'000'000));
        BOOST_TEST(w.network.open_handles(w.a) == 2u);
        w.a.cut_power();
        BOOST_TEST((w.a.is_off() && was_destroyed && w.network.open_handles(w.a) == 0));
        std::byte some[4] = {};
        BOOST_TEST(to.send(some).has_value());
        BOOST_TEST(why(to.receive(some, in(5_s))) == "timed out");
        BOOST_TEST(why(stream::connect(at(w.a), in(1_s))) == "timed out");
        std::string kept;
        BOOST_TEST(w.a.start([&] {
                          if (const auto content = read<P>("/tmp/kept")) kept = text(content->bytes());
                      })
                       .has_value());
        BOOST_TEST(why(to.receive(some, in(300_s))) == "connection given up");  // nobody knows of it any more
        BOOST_TEST((kept == "kept" && !went_on));
        BOOST_TEST(why(stream::connect(at(w.a), in(1_s))) == "connection refused");
    });
}

BOOST_AUTO_TEST_CASE(the_power_fails_in_the_middle_of_writing) {
    bool lost = false, kept = false;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        seeded_choices from(seed);
        world w(from);
        w.play([&] {
            unsigned steps = 0;
            w.a.cut_power_at(2);
            BOOST_TEST(w.a.start([&] {
                              const auto file = basic_file<P>::open("/tmp/file", open_mode::update).value();
                              ++steps;
                              static_cast<void>(file.write(as_bytes("x")));
                              ++steps;
                          })
                           .has_value());
            static_cast<void>(P::clocks::sleep_until(now() + 1'000'000));
            BOOST_TEST((steps == 1 && w.a.is_off() && !w.is_off()));
            BOOST_TEST(w.a.start([&] { (read<P>("/tmp/file") ? kept : lost) = true; }).has_value());
        });
    }
    BOOST_TEST((lost && kept));
}

BOOST_AUTO_TEST_CASE(names_are_found_fail_and_take_their_time) {
    in_a_world([](world& w) {
        BOOST_TEST(resolve<P>("a")->count == 2u);
        BOOST_TEST((resolve<P>("localhost")->addresses[0] == ipv6_address::loopback()));
        BOOST_TEST(why(resolve<P>("c")) == "not found");
        w.network.names["slow"] = {{w.a.addresses[0]}, std::nullopt, 3'000'000'000};
        w.network.names["dead"] = {{}, errc::unreachable, 0};
        BOOST_TEST(why(resolve<P>("slow", in(1_s))) == "timed out");
        BOOST_TEST((resolve<P>("slow", in(5_s))->addresses[0] == w.a.addresses[0]));
        BOOST_TEST(why(resolve<P>("dead")) == "unreachable");
        serve_at(w.a, echo);
        w.network.names["both"] = {{w.b.addresses[1], w.a.addresses[0]}, std::nullopt, 0};
        w.network.cut(w.home, w.b);
        const std::int64_t began = now();
        const auto to = connect_host<P>("both", port, in(60_s));
        BOOST_TEST((to && is_echoed(*to, 10)));
        BOOST_TEST((now() - began >= 250'000'000 && now() - began < 300'000'000));  // RFC 8305, 5
        w.a.cut_power();
    });
}

BOOST_AUTO_TEST_CASE(handles_run_out) {
    seeded_choices seed(1);
    simulation_options few;
    few.most_handles = 10;
    world w(seed, few);
    w.play([&] {
        const auto door = listener::listen(any()).value();
        std::vector<stream> all;
        for (;;) {
            auto next = stream::connect({ipv4_address::loopback(), port}, in(1_s));
            if (!next) {
                BOOST_TEST(why(next) == "out of handles");
                break;
            }
            all.push_back(std::move(*next));
        }
        BOOST_TEST(all.size() == 9u);
        BOOST_TEST(why(door.try_accept()) == "out of handles");
        BOOST_TEST(why(basic_poller<P>::create()) == "out of handles");
        all.pop_back();
        BOOST_TEST(door.try_accept().has_value());
    });
}

BOOST_AUTO_TEST_CASE(a_loop_serves_many_at_once) {
    seeded_choices seed(3);
    world w(seed);
    w.network.usual = {.latency = 1'000'000, .jitter = 1'000'000, .loss = 0.05};
    w.play([&] {
        struct server {
            basic_loop<P> loop;
            static task<> serve(basic_loop<P>& in_loop, stream from) {
                basic_async_stream<P, stream> one(in_loop, std::move(from));
                if (!one.open()) co_return;
                std::byte room[1000];
                for (;;) {
                    const auto came = co_await one.receive(room, in(3600_s));
                    if (!came || *came == 0 || !co_await one.send({room, *came}, in(3600_s))) co_return;
                }
            }
            static task<> listen(basic_loop<P>& in_loop) {
                basic_async_listener<P, listener> door(in_loop, listener::listen(any()).value());
                if (!door.open()) co_return;
                for (int i = 0; i < 40; ++i) spawn(serve(in_loop, std::move((co_await door.accept())->stream)));
            }
        };
        BOOST_TEST(w.a.start([] {
                          basic_loop<P> loop;
                          BOOST_TEST(loop.open().has_value());
                          spawn(server::listen(loop));
                          BOOST_TEST((loop.run(in(600_s)).error().code == errc::timed_out));
                      })
                       .has_value());
        static_cast<void>(P::clocks::sleep_until(now() + 1'000'000));
        std::vector<stream> all;
        for (int i = 0; i < 40; ++i) all.push_back(stream::connect(at(w.a), in(60_s)).value());
        for (const stream& one : all) BOOST_TEST(is_echoed(one, 5'000));
    });
}

BOOST_AUTO_TEST_CASE(a_seed_decides_the_whole_run) {
    const auto run = [](std::uint64_t seed) {
        seeded_choices from(seed);
        world w(from);
        w.network.usual = {.latency = 1'000'000, .jitter = 5'000'000, .loss = 0.1, .reordering = 0.1};
        w.play([&] {
            serve_at(w.a, echo);
            serve_at(w.b, echo);
            BOOST_TEST(w.b.start([&] { is_echoed(stream::connect(at(w.a), in(60_s)).value(), 5'000); }).has_value());
            BOOST_TEST(is_echoed(stream::connect(at(w.b), in(60_s)).value(), 5'000));
            static_cast<void>(P::clocks::sleep_until(now() + 60'000'000'000));
            w.a.cut_power();
            w.b.cut_power();
        });
        return w.digest();
    };
    std::set<std::uint64_t> runs;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        runs.insert(run(seed));
        BOOST_TEST(run(seed) == run(seed));
    }
    BOOST_TEST(runs.size() == 20u);
}

BOOST_AUTO_TEST_SUITE_END()
