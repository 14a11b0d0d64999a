// That simulated sockets and pollers do what Linux's do: the same scenes on both, and the same long sequences of random
// calls, of which everything that is told must be the same.
#include <cstdio>
#include <string>
#include <vitte/core/xoshiro.hpp>
#include <vitte/sys/event.hpp>
#include <vitte/sys/net.hpp>
#include <vitte/sys/platform/contract.hpp>
#include <vitte/sys/platform/traced.hpp>

#include "../support/outcome.hpp"
#include "../support/scratch.hpp"
#include "../support/stage.hpp"

namespace {
using namespace vitte;
using namespace vitte::sys;

using platforms =
    std::conditional_t<fiber::supported, std::tuple<native, simulated, traced<simulated>>, std::tuple<native>>;

std::string said(unsigned events) {
    return std::string((events & socket_readable) != 0 ? "r" : "") + ((events & socket_writable) != 0 ? "w" : "") +
           ((events & socket_hung_up) != 0 ? "h" : "");
}

template <class P>
struct tests_of {
    using sockets = typename P::sockets;
    using handle = typename sockets::handle;
    using stream = basic_tcp_stream<P>;
    using listener = basic_tcp_listener<P>;
    using local_stream = basic_unix_stream<P>;
    using udp = basic_udp_socket<P>;

    static deadline soon() { return deadline::after<P>(120_s); }
    static deadline now() { return deadline::after<P>(20_ms); }
    static ip_endpoint loopback(std::uint16_t port = 0) { return {ipv4_address::loopback(), port}; }
    static std::string events_of(const basic_socket<P>& s) {
        const auto told = s.wait(socket_readable | socket_writable, now());
        return told ? said(*told) : why(told);
    }
    static std::string all_of(const basic_stream<P>& from) {
        std::string told;
        std::byte piece[100];
        for (;;) {
            const auto came = from.receive(piece, soon());
            if (!came) return told + "(" + why(came) + ")";
            if (*came == 0) return told;
            told.append(reinterpret_cast<const char*>(piece), *came);
        }
    }
    struct pair_of_ends {
        listener door = listener::listen(loopback()).value();
        stream client = stream::connect(door.local_address()->ip(), soon()).value();
        stream server = door.accept(soon()).value().stream;
    };

    static void streams() {
        pair_of_ends both;
        BOOST_TEST((both.client.peer_address().value() == both.door.local_address().value()));
        BOOST_TEST((both.server.peer_address().value() == both.client.local_address().value()));
        BOOST_TEST(events_of(both.client) == "w");
        BOOST_TEST(both.client.send(bytes("question"), soon()).has_value());
        BOOST_TEST(both.server.wait(socket_readable, soon()).has_value());
        BOOST_TEST(events_of(both.server) == "rw");
        BOOST_TEST(both.client.shut_down().has_value());
        BOOST_TEST(all_of(both.server) == "question");
        BOOST_TEST(events_of(both.server) == "rw");
        BOOST_TEST(why(both.client.try_send(bytes("x"))) == "broken pipe");
        BOOST_TEST(both.server.send(bytes("answer"), soon()).has_value());
        BOOST_TEST(both.server.shut_down().has_value());
        BOOST_TEST(all_of(both.client) == "answer");
        BOOST_TEST(both.client.wait(socket_hung_up, soon()).has_value());
        BOOST_TEST(events_of(both.client) == "rwh");
        BOOST_TEST(why(both.client.shut_down(socket_receives)) == why(both.server.shut_down(socket_receives)));
    }
    static void torn_down() {
        for (const bool unread : {false, true}) {
            pair_of_ends both;
            if (unread) BOOST_TEST(both.client.send(bytes("unread"), soon()).has_value());
            if (unread)
                BOOST_TEST(both.server.wait(socket_readable, soon()).has_value());
            else
                BOOST_TEST(both.server.set_option(socket_option::linger, 0).has_value());
            BOOST_TEST(both.server.close().has_value());
            BOOST_TEST(both.client.wait(socket_readable, soon()).has_value());
            BOOST_TEST(events_of(both.client) == "rwh");
            BOOST_TEST(all_of(both.client) == "(connection given up)");
            BOOST_TEST(all_of(both.client) == "");
            BOOST_TEST(why(both.client.try_send(bytes("x"))) == "broken pipe");
            BOOST_TEST(why(both.client.peer_address()) == "not connected");
        }
        pair_of_ends both;
        BOOST_TEST(both.server.close().has_value());
        BOOST_TEST(all_of(both.client) == "");
        BOOST_TEST(events_of(both.client) == "rw");
        BOOST_TEST(both.client.send(bytes("too late"), soon()).has_value());
        BOOST_TEST(both.client.wait(socket_hung_up, soon()).has_value());
        BOOST_TEST(why(both.client.try_send(bytes("x"))) == "broken pipe");
    }
    static void refused_and_taken() {
        const auto door = listener::listen(loopback()).value();
        const ip_endpoint place = door.local_address()->ip();
        BOOST_TEST(why(listener::listen(place)) == "address in use");
        BOOST_TEST(why(listener::listen({ipv4_address{{192, 0, 2, 1}}, 0})) == "not an address of this machine");
        BOOST_TEST(why(udp::bind(place)) == "done");
        BOOST_TEST(events_of(door) == "timed out");
        BOOST_TEST(why(door.try_accept()) == "would block");
        const auto idle = stream(sockets::open(socket_family::ipv4, socket_kind::stream).value());
        std::byte one[1] = {};
        BOOST_TEST(events_of(idle) == "wh");
        BOOST_TEST(why(idle.try_receive(one)) == "not connected");
        BOOST_TEST(why(idle.try_send(one)) == "broken pipe");
        BOOST_TEST(why(idle.peer_address()) == "not connected");
        BOOST_TEST(why(idle.shut_down()) == "not connected");
        BOOST_TEST((idle.local_address()->ip() == ip_endpoint()));
        BOOST_TEST(why(sockets::connect(idle.native_handle(), place)) == "would block");
        BOOST_TEST(idle.wait(socket_writable, soon()).has_value());
        BOOST_TEST(sockets::take_error(idle.native_handle()).has_value());
        BOOST_TEST(events_of(door) == "r");
        const auto deserted = listener::listen(loopback())->local_address()->ip();
        const auto lost = stream(sockets::open(socket_family::ipv4, socket_kind::stream).value());
        BOOST_TEST(why(sockets::connect(lost.native_handle(), deserted)) == "would block");
        BOOST_TEST(lost.wait(socket_writable, soon()).has_value());
        BOOST_TEST(events_of(lost) == "rwh");
        BOOST_TEST(why(sockets::take_error(lost.native_handle())) == "connection refused");
        BOOST_TEST(sockets::take_error(lost.native_handle()).has_value());
    }
    static void both_versions() {
        const auto door = listener::listen({ipv6_address::any(), 0});
        BOOST_REQUIRE(door.has_value());
        const std::uint16_t port = door->local_address()->ip().port;
        const auto client = stream::connect(loopback(port), soon()).value();
        const auto server = door->accept(soon()).value();
        BOOST_TEST(server.peer.ip().address.v6().is_mapped());
        BOOST_TEST((server.peer.ip().address.v6().v4() == ipv4_address::loopback()));
        BOOST_TEST(client.send(bytes("x"), soon()).has_value());
        std::byte one[1];
        BOOST_TEST(server.stream.receive(one, soon()).value() == 1u);
        BOOST_TEST(stream::connect({ipv6_address::loopback(), port}, soon()).has_value());
        BOOST_TEST(stream::connect({ipv6_address::mapped(ipv4_address::loopback()), port}, soon()).has_value());
        BOOST_TEST(why(listener::listen({ipv4_address::any(), port})) == "address in use");
        const auto only = listener::listen({ipv6_address::any(), 0}, {.only_v6 = true}).value();
        BOOST_TEST(why(stream::connect(loopback(only.local_address()->ip().port), soon())) == "connection refused");
    }
    static void messages() {
        const auto a = udp::bind(loopback()).value(), b = udp::bind(loopback()).value();
        std::byte room[8];
        BOOST_TEST(a.send_to(bytes("0123456789"), *b.local_address(), soon()).has_value());
        BOOST_TEST(a.send_to(bytes(""), *b.local_address(), soon()).has_value());
        datagram came{room, sizeof room, {}};
        BOOST_TEST(b.receive_from(came, soon()).has_value());
        BOOST_TEST((came.size == 8 && came.truncated && came.address == *a.local_address()));
        BOOST_TEST(b.receive(room, soon()).value() == 0u);
        BOOST_TEST(why(b.receive(room, now())) == "timed out");
        BOOST_TEST(why(a.send(room, soon())) == "not connected");
        BOOST_TEST(why(a.send_to(std::vector<std::byte>(65'508), *b.local_address(), soon())) == "too large");
        BOOST_TEST(a.send_to(std::vector<std::byte>(65'507), *b.local_address(), soon()).has_value());
        BOOST_TEST(b.receive(room, soon()).value() == 8u);
        BOOST_TEST(a.connect(*b.local_address()).has_value());
        const auto c = udp::bind(loopback()).value();
        BOOST_TEST(c.send_to(bytes("unheard"), *a.local_address(), soon()).has_value());
        BOOST_TEST(why(a.receive(room, now())) == "timed out");
        const auto deserted = *udp::bind(loopback())->local_address();
        BOOST_TEST(c.connect(deserted).has_value());
        BOOST_TEST(c.send(bytes("x"), soon()).has_value());
        BOOST_TEST(c.wait(socket_readable, soon()).has_value());
        BOOST_TEST(why(c.receive(room, soon())) == "connection refused");
        BOOST_TEST(why(c.receive(room, now())) == "timed out");
    }
    static void local_addresses() {
        const auto place = unix_address::at_path(SCRATCH "/door").value();
        BOOST_TEST(why(local_stream::connect(place, soon())) == "not found");
        {
            const auto door = basic_unix_listener<P>::listen(place).value();
            BOOST_TEST(why(basic_unix_listener<P>::listen(place)) == "address in use");
            const auto client = local_stream::connect(place, soon()).value();
            const auto server = door.accept(soon()).value();
            BOOST_TEST((*client.peer_address() == socket_address(place) && server.peer == socket_address()));
            BOOST_TEST(client.send(bytes("x"), soon()).has_value());
            BOOST_TEST(events_of(server.stream) == "rw");
        }
        BOOST_TEST(why(local_stream::connect(place, soon())) == "connection refused");
        BOOST_TEST(why(basic_unix_listener<P>::listen(place)) == "address in use");
        BOOST_TEST(P::files::remove(SCRATCH "/door").has_value());
        const auto abstract = unix_address::abstract("vitte conformance").value();
        BOOST_TEST(why(local_stream::connect(abstract, soon())) == "connection refused");
        const auto door = basic_unix_listener<P>::listen(abstract).value();
        BOOST_TEST(why(basic_unix_listener<P>::listen(abstract)) == "address in use");
        BOOST_TEST(local_stream::connect(abstract, soon()).has_value());
    }

    /// What random calls on three pairs of local streams and a poller tell, one line each.
    static std::string sequence(std::uint64_t seed) {
        xoshiro256 random(seed);
        std::string told;
        auto p = basic_poller<P>::create().value();
        std::vector<local_stream> ends;
        for (int i = 0; i < 3; ++i) {
            auto made = local_stream::pair().value();
            ends.push_back(std::move(made.first));
            ends.push_back(std::move(made.second));
        }
        std::byte room[64] = {};
        bool was_shut[6] = {};
        for (int step = 0; step < 200; ++step) {
            const auto i = static_cast<std::size_t>(random.below(ends.size()));
            const local_stream& one = ends[i];
            const auto h = one.native_handle();
            const auto trigger = static_cast<poll_trigger>(random.below(3));
            // Linux tells of room in a local stream each time that a piece was read, also if there was enough before.
            const auto interest = static_cast<unsigned>(random.below(trigger == poll_trigger::edge ? 2 : 4));
            const auto size = static_cast<std::size_t>(random.below(sizeof room));
            const std::span<std::byte> piece(room, 1 + size);
            std::string line;
            const auto counted = [](const result<std::size_t>& r) { return r ? std::to_string(*r) : why(r); };
            switch (random.below(14)) {
                case 0: line = "add " + why(p.add(h, interest, trigger, i)); break;
                case 1: line = "change " + why(p.change(h, interest, trigger, i)); break;
                case 2: line = random.below(4) == 0 ? "remove " + why(p.remove(h)) : ""; break;
                case 3: {  // once, since each further time is told of
                    const auto directions = static_cast<unsigned>(random.below(20));
                    if (directions - 1 < 3 && !std::exchange(was_shut[i], true))
                        line = "shut " + why(one.shut_down(directions));
                    break;
                }
                case 4:
                    if (random.below(20) == 0 && !was_shut[i]) line = "close " + why(ends[i].close());
                    break;
                case 5: p.wake(), line = "wake"; break;
                case 6:
                case 7:
                case 8: line = "send " + counted(one.try_send(piece)); break;
                case 9:
                case 10: line = "receive " + counted(one.try_receive(piece)); break;
                case 11: {
                    const auto events = one.wait(socket_readable | socket_writable, deadline::passed());
                    line = "ready " + (events ? said(*events) : why(events));
                    break;
                }
                default: line = "wait " + ready_of(p); break;
            }
            told += std::to_string(step) + " " + std::to_string(i) + " " + line + "\n";
        }
        return told;
    }
    static handle new_stream() {
        const handle made = sockets::open(socket_family::ipv4, socket_kind::stream).value();
        BOOST_REQUIRE(sockets::set_option(made, socket_option::no_delay, 1).has_value());  // or bytes wait for answers
        return made;
    }
    /// What random calls on a listener and up to six ends of connections tell, with half close, resets, refusals and
    /// closing with unread bytes among them. `pause` is between two calls.
    static std::string connections(std::uint64_t seed, std::int64_t pause) {
        xoshiro256 random(seed);
        std::string told;
        auto p = basic_poller<P>::create().value();
        const auto door = listener::listen(loopback()).value();
        const socket_address place = *door.local_address();
        const stream bound(new_stream());
        BOOST_REQUIRE(sockets::bind(bound.native_handle(), loopback()).has_value());
        const socket_address nobody = *bound.local_address();
        struct end {
            stream of;
            bool is_connected = false;  // or was; an idle one that is shut down remembers that
        };
        std::vector<std::optional<end>> ends(6);
        std::byte room[64] = {};
        for (int step = 0; step < 300; ++step) {
            const auto i = static_cast<std::size_t>(random.below(ends.size()));
            const auto action = random.below(24), dice = random.below(12);
            const std::span<std::byte> piece(room, static_cast<std::size_t>(random.below(sizeof room)));
            const auto trigger = dice % 2 == 0 ? poll_trigger::level : poll_trigger::one_shot;
            const auto interest = static_cast<unsigned>(random.below(4));
            const auto counted = [](const result<std::size_t>& r) { return r ? std::to_string(*r) : why(r); };
            const auto ready = [](const auto& s) {
                const auto events = s.wait(socket_readable | socket_writable, deadline::passed());
                return events ? said(*events) : why(events);
            };
            std::string line;
            if (!ends[i]) {
                if (action < 8) {
                    ends[i].emplace(stream(new_stream()), action < 7);
                    if (action < 7)
                        line =
                            "connect " + why(sockets::connect(ends[i]->of.native_handle(), dice == 0 ? nobody : place));
                } else if (action < 14) {
                    auto came = door.try_accept();
                    line = "accept " + why(came);
                    if (came) ends[i].emplace(std::move(came->stream), true);
                } else {
                    line = "door " + ready(door);
                }
            } else {
                const stream& one = ends[i]->of;
                const auto h = one.native_handle();
                switch (action) {
                    case 0:
                    case 1:
                    case 2: line = "send " + counted(one.try_send(piece)); break;
                    case 3:
                    case 4:
                    case 5: line = "receive " + counted(one.try_receive(piece)); break;
                    case 6:
                        if (one.peer_address())
                            line = "shut " + why(one.shut_down(1 + static_cast<unsigned>(dice) % 3));
                        break;
                    case 7:
                        if (dice >= 4) break;
                        line = "close " + why(ends[i]->of.close());
                        ends[i].reset();
                        break;
                    case 8:
                        if (dice < 3) line = "linger " + why(one.set_option(socket_option::linger, 0));
                        break;
                    case 9: line = "error " + why(sockets::take_error(h)); break;
                    case 10: line = "peer " + why(one.peer_address()); break;
                    case 11: {
                        if (dice >= 3 || !ends[i]->is_connected) break;
                        const auto again = sockets::connect(h, place);
                        line = "again " + why(again);
                        if (!again && again.error().code != errc::already_connected) ends[i].reset();
                        break;
                    }
                    case 12:
                    case 13: line = "add " + why(p.add(h, interest, trigger, i)); break;
                    case 14: line = "change " + why(p.change(h, interest, trigger, i)); break;
                    case 15:
                        if (dice < 3) line = "remove " + why(p.remove(h));
                        break;
                    case 16:
                    case 17:
                    case 18: line = "ready " + ready(one); break;
                    default: line = "wait " + ready_of(p); break;
                }
            }
            told += std::to_string(step) + " " + std::to_string(i) + " " + line + "\n";
            if (pause != 0) static_cast<void>(P::clocks::sleep_until(P::clocks::monotonic() + pause));
        }
        return told;
    }
    static void full_backlogs() {
        for (const int backlog : {0, 1, 5, -1}) {
            const stream door(new_stream());
            BOOST_REQUIRE(sockets::bind(door.native_handle(), loopback()).has_value());
            BOOST_REQUIRE(sockets::listen(door.native_handle(), backlog).has_value());
            std::vector<stream> callers;
            int connected = 0, local = 0;
            for (int i = 0; i < 9; ++i) {
                callers.emplace_back(new_stream());
                BOOST_TEST(why(sockets::connect(callers.back().native_handle(), *door.local_address())) ==
                           "would block");
                connected += callers.back().wait(socket_writable, now()).has_value();
            }
            BOOST_TEST(connected == (backlog < 0 ? 9 : backlog + 1));
            const socket_address place = unix_address::abstract("vitte backlog").value();
            const local_stream gate(sockets::open(socket_family::local, socket_kind::stream).value());
            BOOST_REQUIRE(sockets::bind(gate.native_handle(), place).has_value());
            BOOST_REQUIRE(sockets::listen(gate.native_handle(), backlog).has_value());
            std::vector<local_stream> calling;
            for (int i = 0; i < 9; ++i) {
                calling.emplace_back(sockets::open(socket_family::local, socket_kind::stream).value());
                local += sockets::connect(calling.back().native_handle(), place).has_value();
            }
            BOOST_TEST(local == connected);
        }
    }
    /// What was reset before it was accepted is accepted all the same.
    static void reset_while_it_waits() {
        const auto door = listener::listen(loopback()).value();
        auto client = stream::connect(door.local_address()->ip(), soon()).value();
        BOOST_TEST(door.wait(socket_readable, soon()).has_value());
        BOOST_TEST(client.set_option(socket_option::linger, 0).has_value());
        BOOST_TEST(client.close().has_value());
        const auto came = door.accept(soon());
        BOOST_REQUIRE(came.has_value());
        BOOST_TEST(came->stream.wait(socket_readable, soon()).has_value());
        BOOST_TEST(all_of(came->stream) == "(connection given up)");
        BOOST_TEST(why(door.try_accept()) == "would block");
    }
    /// Who waits for room alone is told of the end, too.
    static void ends_are_told_to_all() {
        pair_of_ends both;
        auto p = basic_poller<P>::create().value();
        BOOST_TEST(p.add(both.server.native_handle(), 0, poll_trigger::one_shot, 1).has_value());
        BOOST_TEST(both.server.shut_down(socket_sends).has_value());
        readiness room[2];
        BOOST_TEST(why(p.wait(room, now())) == "timed out");
        BOOST_TEST(both.client.shut_down(socket_sends).has_value());
        const auto ready = p.wait(room, soon());
        BOOST_TEST((ready && ready->size() == 1 && (*ready)[0].events == socket_hung_up));
        BOOST_TEST(why(both.server.peer_address()) == "not connected");
        BOOST_TEST(why(both.server.shut_down(socket_sends)) == "not connected");
    }
    /// What is ready, in the order of keys.
    static std::string ready_of(basic_poller<P>& p) {
        readiness room[16];
        const auto ready = p.wait(room, deadline::passed());
        if (!ready) return why(ready);
        std::vector<std::string> each;
        for (const readiness& one : *ready) each.push_back(std::to_string(one.key) + said(one.events) + " ");
        std::sort(each.begin(), each.end());
        std::string all;
        for (const std::string& one : each) all += one;
        return all;
    }
};
}  // namespace

BOOST_AUTO_TEST_SUITE(socket_conformance)

#define VITTE_CONFORMS(name)                            \
    BOOST_AUTO_TEST_CASE_TEMPLATE(name, P, platforms) { \
        on_stage<P>([] { tests_of<P>::name(); });       \
    }
VITTE_CONFORMS(streams)
VITTE_CONFORMS(torn_down)
VITTE_CONFORMS(refused_and_taken)
VITTE_CONFORMS(both_versions)
VITTE_CONFORMS(messages)
VITTE_CONFORMS(local_addresses)
VITTE_CONFORMS(full_backlogs)
VITTE_CONFORMS(reset_while_it_waits)
VITTE_CONFORMS(ends_are_told_to_all)

namespace {
void must_be_the_same(std::uint64_t seed, const std::string& told, const std::string& simulated_told) {
    std::size_t same = 0;
    while (same < told.size() && told[same] == simulated_told[same]) ++same;
    const std::size_t line = told.rfind('\n', same) + 1;
    BOOST_TEST_CONTEXT("seed " << seed << "\nLinux:     " << told.substr(line, told.find('\n', line) - line)
                               << "\nsimulated: "
                               << simulated_told.substr(line, simulated_told.find('\n', line) - line))
    BOOST_REQUIRE((told == simulated_told));
}
}  // namespace

BOOST_AUTO_TEST_CASE(random_calls_tell_the_same) {
    if constexpr (fiber::supported) {
        for (std::uint64_t seed = 0; seed < 600; ++seed) {
            std::string simulated_told;
            on_stage<simulated>([&] { simulated_told = tests_of<simulated>::sequence(seed); });
            must_be_the_same(seed, tests_of<native>::sequence(seed), simulated_told);
        }
    }
}

BOOST_AUTO_TEST_CASE(random_calls_of_connections_tell_the_same) {
    if constexpr (fiber::supported) {
        for (std::uint64_t seed = 0, count = patient() ? 400 : 100; seed < count; ++seed) {
            // A kernel that is busy delivers a little later.
            std::string told, simulated_told;
            for (const std::int64_t pause : {0, 1'000'000, 10'000'000}) {
                on_stage<simulated>([&] { simulated_told = tests_of<simulated>::connections(seed, pause); });
                told = tests_of<native>::connections(seed, pause);
                if (told == simulated_told) break;
            }
            must_be_the_same(seed, told, simulated_told);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
