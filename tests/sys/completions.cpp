// What a completion ring does for a loop, besides all that tests/sys/loop.cpp has it do.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <vitte/sys/event.hpp>
#include <vitte/sys/event/completion_ring.hpp>
#include <vitte/sys/net.hpp>
#include <vitte/sys/net/async.hpp>
#include <vitte/sys/platform/confined.hpp>
#include <vitte/sys/platform/contract.hpp>
#include <vitte/sys/platform/faulty.hpp>
#include <vitte/sys/platform/traced.hpp>

#include "../support/needs.hpp"
#include "../support/outcome.hpp"

#if defined(__linux__) && !defined(VITTE_PLATFORM_POSIX) && __has_include(<linux/io_uring.h>)
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#endif

namespace {
using namespace vitte;
using namespace vitte::sys;

template <platform P>
using stream_of = basic_async_stream<P, basic_unix_stream<P>>;

deadline soon() { return deadline::after(120_s); }
std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

const ability rings{"completion rings", [] {
                        loop l;
                        completion_ring ring(l);
                        return l.open() && ring.open();
                    }};

template <platform P>
struct ring_loop : basic_loop<P> {
    ring_loop() {
        BOOST_REQUIRE(this->open().has_value());
        opened = ring.open();
    }
    basic_completion_ring<P> ring{*this};
    result<void> opened;
};

/// Receives once, and tells what.
template <platform P>
task<> hear(stream_of<P>& from, std::span<std::byte> room, std::string& told, deadline until = deadline::never()) {
    const auto came = co_await from.receive(room, until);
    told += came ? std::string(reinterpret_cast<const char*>(room.data()), *came) : why(came);
}
/// A coroutine that has begun and that the test ends when it likes.
template <class T>
task<T> begun(task<T> waits) {
    waits.await_suspend(std::noop_coroutine());
    return waits;
}
/// Runs until so much was told.
void run_until(loop& l, const std::string& told, std::size_t size) {
    for (const deadline end = soon(); told.size() < size && deadline::after(0) < end;)
        static_cast<void>(l.run(deadline::after(1_ms)));
}
/// Sends back what comes, to the end.
template <platform P>
task<> echo(stream_of<P>& with, basic_loop<P>& in, std::size_t& left) {
    std::byte room[100];
    for (;;) {
        const auto came = co_await with.receive(room, soon());
        if (!came || *came == 0) break;
        if (!co_await with.send(std::span(room).first(*came), soon())) break;
    }
    if (--left == 0) in.stop();
}
/// Whether `count` pairs, each of them `times` times, get back what they send.
template <platform P>
bool all_are_echoed(basic_loop<P>& in, std::size_t count, std::size_t times) {
    std::vector<std::unique_ptr<stream_of<P>>> here;
    std::vector<unix_stream> there;
    std::size_t left = count, right = 0;
    for (std::size_t i = 0; i < count; ++i) {
        auto pair = unix_stream::pair().value();
        here.push_back(std::make_unique<stream_of<P>>(in, basic_unix_stream<P>(pair.first.release())));
        if (!here.back()->open()) return false;
        there.push_back(std::move(pair.second));
        spawn(echo<P>(*here.back(), in, left));
    }
    for (std::size_t round = 0; round < times; ++round) {
        for (std::size_t i = 0; i < count; ++i)
            if (!there[i].send(bytes(std::to_string(i * round)), soon())) return false;
        static_cast<void>(in.run(deadline::after(1_ms)));
    }
    for (unix_stream& end : there)
        if (!end.shut_down()) return false;
    for (const deadline end = soon(); left != 0 && deadline::after(0) < end;) static_cast<void>(in.run(end));
    for (std::size_t i = 0; i < count; ++i) {
        std::string all, heard;
        for (std::size_t round = 0; round < times; ++round) all += std::to_string(i * round);
        heard.resize(all.size());
        const auto came = there[i].receive_all(std::as_writable_bytes(std::span(heard)), soon());
        right += came && heard == all;
    }
    return left == 0 && right == count;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(completions)

BOOST_AUTO_TEST_CASE(a_loop_goes_on_where_there_is_no_ring) {
    ring_loop<native> l;
    BOOST_TEST(l.opened.has_value() == l.ring.is_open());
    BOOST_TEST(l.completes() == l.ring.is_open());
    BOOST_TEST(all_are_echoed<native>(l, 10, 3));
}

BOOST_AUTO_TEST_CASE(opened_again_and_closed_before_its_end, *needs(rings)) {
    ring_loop<native> l;
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(all_are_echoed<native>(l, 5, 2));
        l.ring.close();
        BOOST_TEST(!l.completes());
        BOOST_TEST(all_are_echoed<native>(l, 5, 2));
        BOOST_REQUIRE(l.ring.open().has_value());
    }
}

BOOST_AUTO_TEST_CASE(what_came_after_the_ring_received_is_found_without_it, *needs(rings)) {
    ring_loop<native> l;
    l.ring.close();
    auto [here, there] = unix_stream::pair().value();
    auto [first_here, first_there] = unix_stream::pair().value();
    auto [idle_here, idle_there] = unix_stream::pair().value();
    stream_of<native> stream(l, std::move(here)), first(l, std::move(first_here)), idle(l, std::move(idle_here));
    BOOST_REQUIRE((stream.open() && first.open() && idle.open()));
    BOOST_REQUIRE(l.ring.open().has_value());
    std::string told, none;
    std::byte room[10], other_room[10];
    // The poller tells of the second message before the first one, which the ring has received by then, is given out.
    const auto driver = [&]() -> task<> {
        std::byte one[1];
        static_cast<void>(co_await first.receive(one));
        BOOST_REQUIRE(there.send(bytes("1"), soon()).has_value());
        const auto waits = begun(hear<native>(stream, room, told));
        static_cast<void>(begun(hear<native>(idle, other_room, none)));  // its end waits for the ring
        BOOST_REQUIRE(there.send(bytes("2"), soon()).has_value());
        while (told.empty()) co_await resume_at(l, deadline::passed());
    };
    const auto drives = begun(driver());
    BOOST_REQUIRE(first_there.send(bytes("x"), soon()).has_value());
    run_until(l, told, 1);
    BOOST_TEST(told == "1");
    l.ring.close();
    const auto waits = begun(hear<native>(stream, room, told, soon()));
    run_until(l, told, 2);
    BOOST_TEST(told == "12");
}

BOOST_AUTO_TEST_CASE(what_a_destroyed_coroutine_waited_for_is_still_there, *needs(rings)) {
    ring_loop<native> l;
    auto [here, there] = unix_stream::pair().value();
    stream_of<native> stream(l, std::move(here));
    BOOST_REQUIRE(stream.open().has_value());
    for (const bool submitted : {false, true}) {
        std::string told;
        auto room = std::make_unique<std::byte[]>(100);  // which a sanitizer watches
        {
            const auto waits = begun(hear<native>(stream, {room.get(), 100}, told));
            if (submitted) BOOST_TEST(why(l.run(deadline::after(1_ms))) == "timed out");
        }
        room.reset();
        BOOST_REQUIRE(there.send(bytes("kept"), soon()).has_value());
        BOOST_TEST(why(l.run(deadline::after(5_ms))) == "timed out");
        BOOST_TEST(told == "");
        std::byte now[10];
        const auto waits = begun(hear<native>(stream, now, told));
        run_until(l, told, 4);
        BOOST_TEST(told == "kept");
    }
}

BOOST_AUTO_TEST_CASE(what_came_in_time_is_not_lost_to_a_deadline, *needs(rings)) {
    ring_loop<native> l;
    auto [here, there] = unix_stream::pair().value();
    stream_of<native> stream(l, std::move(here));
    BOOST_REQUIRE(stream.open().has_value());
    std::string told;
    std::byte room[10];
    for (int i = 0; i < 3; ++i) {
        const auto waits = begun(hear<native>(stream, room, told, deadline::after(1_ms)));
        run_until(l, told, told.size() + 1);
        BOOST_REQUIRE(there.send(bytes("|x|"), soon()).has_value());
        const auto late = begun(hear<native>(stream, room, told, deadline::passed()));
        run_until(l, told, told.size() + 1);
    }
    BOOST_TEST(told == "timed out|x|timed out|x|timed out|x|");
}

BOOST_AUTO_TEST_CASE(a_socket_that_is_closed_ends_for_its_other_side, *needs(rings)) {
    ring_loop<native> l;
    auto [here, there] = unix_stream::pair().value();
    stream_of<native> stream(l, std::move(here));
    BOOST_REQUIRE(stream.open().has_value());
    std::string told;
    std::byte room[10], other[10];
    const auto waits = begun(hear<native>(stream, room, told));
    BOOST_TEST(why(l.run(deadline::after(1_ms))) == "timed out");
    BOOST_REQUIRE(stream.close().has_value());
    const auto came = there.receive(other, soon());
    BOOST_TEST((came && *came == 0));
    BOOST_TEST(why(l.run(deadline::after(1_ms))) == "timed out");
    BOOST_TEST(told == "cancelled");  // as without a ring
}

BOOST_AUTO_TEST_CASE(closing_the_ring_cancels_what_is_under_way, *needs(rings)) {
    ring_loop<native> l;
    auto [here, there] = unix_stream::pair().value();
    stream_of<native> stream(l, std::move(here));
    BOOST_REQUIRE(stream.open().has_value());
    std::string told;
    std::byte room[10] = {};
    {
        const auto waits = begun(hear<native>(stream, room, told));
        BOOST_TEST(why(l.run(deadline::after(1_ms))) == "timed out");
        l.ring.close();
        BOOST_REQUIRE(there.send(bytes("x"), soon()).has_value());
        BOOST_TEST(why(l.run(deadline::after(1_ms))) == "timed out");
        BOOST_TEST(std::exchange(told, "") == "cancelled");
    }
    BOOST_TEST((room[0] == std::byte{0}));
    const auto waits = begun(hear<native>(stream, room, told));
    BOOST_TEST(told == "x");  // at once, without a ring
}

BOOST_AUTO_TEST_CASE(more_than_there_is_room_for_is_done_at_once, *needs(rings)) {
    ring_loop<native> l;
    BOOST_TEST(all_are_echoed<native>(l, 1000, 3));
}

namespace {
struct rings_tag;
using watched = traced<native, rings_tag>;
}  // namespace

BOOST_AUTO_TEST_CASE(many_operations_take_one_call, *needs(rings)) {
    using calls = trace<native, rings_tag>;
    ring_loop<watched> l;
    BOOST_REQUIRE(l.opened.has_value());
    calls::clear();
    constexpr std::size_t count = 64, times = 5;
    BOOST_TEST(all_are_echoed<watched>(l, count, times));
    BOOST_REQUIRE(calls::count() == calls::size());
    std::size_t made = 0;
    for (std::size_t i = 0; i < calls::size(); ++i) {
        const std::string_view name = calls::at(i).name;
        made += name == "completions.wait" || name == "sockets.receive" || name == "sockets.send" ||
                name.starts_with("poller.");
    }
    BOOST_TEST(made < count * times);  // where two for each would be needed
}

namespace {
using frail = faulty<native, rings_tag>;
using injected = faults<native, rings_tag>;

template <platform P>
using listener_of = basic_async_listener<P, basic_tcp_listener<P>>;
template <platform P>
using udp_of = basic_async_datagram_socket<P, basic_udp_socket<P>>;
constexpr ip_endpoint any_port{ipv4_address::loopback(), 0};

/// Accepts `count` connections one after the other; how many of them tell whose they are.
template <platform P>
task<> accept_from(listener_of<P>& from, basic_loop<P>& in, std::size_t count, std::size_t& right) {
    for (std::size_t i = 0; i < count; ++i) {
        const auto came = co_await from.accept(soon());
        if (!came) break;
        const auto peer = came->stream.peer_address();
        right += peer && *peer == came->peer;
    }
    in.stop();
}
/// Sends back each message to who has sent it.
template <platform P>
task<> answer(udp_of<P>& by, std::size_t& left, basic_loop<P>& in) {
    std::byte room[5];
    for (;;) {
        datagram message{room, sizeof room, {}};
        if (!co_await by.receive_from(message, soon())) break;
        const std::size_t size = message.truncated ? 0 : message.size;
        if (!co_await by.send_to(std::span(room).first(size), message.address, soon())) break;
        if (--left == 0) break;
    }
    in.stop();
}
/// Whether many connections are accepted, and many messages answered, the one that is too long by an empty one.
template <platform P>
bool all_are_served(basic_loop<P>& in) {
    constexpr std::size_t count = 20;
    listener_of<P> listener(in, basic_tcp_listener<P>::listen(any_port).value());
    if (!listener.open()) return false;
    std::size_t right = 0;
    const auto accepts = begun(accept_from<P>(listener, in, count, right));
    static_cast<void>(in.run(deadline::after(1_ms)));
    const auto at = listener.socket().local_address();
    std::vector<tcp_stream> clients;
    for (std::size_t i = 0; i < count; ++i) {
        auto made = tcp_stream::connect(at->ip(), soon());
        if (!made) return false;
        clients.push_back(std::move(*made));
        if (i % 4 == 0) static_cast<void>(in.run(deadline::after(1_ms)));
    }
    if (right != count && !in.run(soon())) return false;

    udp_of<P> served(in, basic_udp_socket<P>::bind(any_port).value());
    if (!served.open()) return false;
    const socket_address to = *served.socket().local_address();
    std::size_t left = count, answered = 0;
    const auto answers = begun(answer<P>(served, left, in));
    const auto client = udp_socket::bind(any_port).value();
    for (std::size_t i = 0; i < count; ++i) {
        const std::string text = i % 5 == 4 ? "too long" : "n " + std::to_string(i);
        if (!client.send_to(bytes(text), to, soon())) return false;
        if (i % 3 == 0) static_cast<void>(in.run(deadline::after(1_ms)));
    }
    for (const deadline end = soon(); left != 0 && deadline::after(0) < end;) static_cast<void>(in.run(end));
    for (std::size_t i = 0; i < count; ++i) {
        std::byte room[10];
        datagram message{room, sizeof room, {}};
        if (!client.receive_from(message, soon())) return false;
        const std::string text = i % 5 == 4 ? "" : "n " + std::to_string(i);
        answered +=
            text == std::string_view(reinterpret_cast<const char*>(room), message.size) && message.address == to;
    }
    return right == count && answered == count;
}
}  // namespace

BOOST_AUTO_TEST_CASE(connections_and_messages_are_as_without_a_ring) {
    for (const bool with : {false, true}) {
        ring_loop<native> l;
        if (!with) l.ring.close();
        BOOST_TEST(all_are_served<native>(l));
    }
}

BOOST_AUTO_TEST_CASE(what_waits_for_connections_and_messages_needs_no_poller, *needs(rings)) {
    using calls = trace<native, rings_tag>;
    ring_loop<watched> l;
    BOOST_REQUIRE(l.opened.has_value());
    calls::clear();
    BOOST_TEST(all_are_served<watched>(l));
    BOOST_REQUIRE(calls::count() == calls::size());
    std::size_t added = 0, accepted = 0, received = 0;
    for (std::size_t i = 0; i < calls::size(); ++i) {
        const traced_call& one = calls::at(i);
        added += one.name == std::string_view("poller.add");
        accepted += one.name == std::string_view("sockets.accept") && !one.failed;
        received += one.name == std::string_view("sockets.receive_from") && !one.failed;
    }
    BOOST_TEST(added == 0u);
    BOOST_TEST((accepted < 20 && received < 20));  // the ring has done the others
}

BOOST_AUTO_TEST_CASE(a_connection_that_nobody_waits_for_any_more_is_not_kept, *needs(rings)) {
    ring_loop<native> l;
    auto [first_here, first_there] = unix_stream::pair().value();
    stream_of<native> first(l, std::move(first_here));
    listener_of<native> listener(l, tcp_listener::listen(any_port).value());
    BOOST_REQUIRE((first.open() && listener.open()));
    const ip_endpoint at = listener.socket().local_address()->ip();
    std::size_t right = 0;
    bool over = false;
    // It ends in the turn in which the ring has accepted.
    const auto driver = [&]() -> task<> {
        std::byte one[1];
        std::optional<task<>> accepts(begun(accept_from<native>(listener, l, 1, right)));
        static_cast<void>(co_await first.receive(one));
        accepts.reset();
        over = true;
    };
    const auto drives = begun(driver());
    BOOST_TEST(why(l.run(deadline::after(1_ms))) == "timed out");
    BOOST_REQUIRE(first_there.send(bytes("x"), soon()).has_value());
    auto client = tcp_stream::connect(at, soon()).value();
    static_cast<void>(l.run(deadline::after(5_ms)));
    BOOST_TEST((over && right == 0));
    // Closed by the time that it was accepted for nobody, or it waits for who accepts next.
    const auto accepts = begun(accept_from<native>(listener, l, 1, right));
    static_cast<void>(l.run(deadline::after(5_ms)));
    std::byte room[1];
    const auto came = client.receive(room, soon());
    BOOST_TEST((right == 1 || (came && *came == 0)));
}

BOOST_AUTO_TEST_CASE(calls_of_the_ring_that_fail_lose_neither_connections_nor_messages, *needs(rings)) {
    for (const char* const name : {"completions.submit", "completions.wait"})
        for (const errc code : possible_errors(name))
            for (const std::uint64_t call : {1u, 2u, 3u, 5u, 8u}) {
                ring_loop<frail> l;
                BOOST_REQUIRE(l.opened.has_value());
                injected::arm({.call = call, .code = code, .times = 4, .name = name});
                BOOST_TEST(all_are_served<frail>(l));
                injected::arm();
            }
}

BOOST_AUTO_TEST_CASE(a_kernel_that_refuses_leaves_the_loop_as_it_is) {
    for (const errc code : possible_errors("completions.open")) {
        injected::arm({.call = 1, .code = code, .name = "completions.open"});
        ring_loop<frail> l;
        if (rings.present()) BOOST_TEST(why(l.opened) == message(code));
        BOOST_TEST(!l.completes());
        BOOST_TEST(all_are_echoed<frail>(l, 10, 3));
        BOOST_TEST(why(l.run(deadline::passed())) == "timed out");
    }
    injected::arm();
}

BOOST_AUTO_TEST_CASE(calls_of_the_ring_that_fail_lose_nothing, *needs(rings)) {
    for (const char* const name : {"completions.submit", "completions.wait"})
        for (const errc code : possible_errors(name))
            for (const std::uint64_t call : {1u, 2u, 3u, 5u, 8u}) {
                ring_loop<frail> l;
                BOOST_REQUIRE(l.opened.has_value());
                injected::arm({.call = call, .code = code, .times = 4, .name = name});
                BOOST_TEST(all_are_echoed<frail>(l, 20, 3));
                BOOST_TEST(injected::fired() != 0);
                injected::arm();
            }
}

namespace {
/// Asks for far more than the ring can tell of, and takes it one by one.
template <class P>
void overflow() {
    if constexpr (requires { typename P::completions::handle; }) {
        typename P::completions ring;
        BOOST_REQUIRE(ring.open(4).has_value());
        const auto [here, there] = unix_stream::pair().value();
        BOOST_REQUIRE(there.send(bytes("x"), soon()).has_value());
        constexpr std::uint64_t count = 5000;
        std::vector<int> times(count);
        std::size_t told = 0;
        const auto take = [&](deadline until) {
            completion one[1];
            const auto came = ring.wait(one, 1, until.monotonic());
            if (!came) return;
            BOOST_REQUIRE((*came == 1 && one[0].key < count && one[0].outcome.has_value()));
            ++times[one[0].key];
            ++told;
        };
        for (std::uint64_t i = 0; i < count; ++i) {
            const completion_request<int> wanted{
                .kind = completion_kind::await_input, .handle = here.native_handle(), .key = i};
            if (!ring.submit(wanted)) {
                take(deadline::passed());
                BOOST_REQUIRE(ring.submit(wanted).has_value());
            }
        }
        BOOST_TEST(told < count / 2);
        while (told < count && deadline::after(0) < soon()) take(soon());
        BOOST_TEST(std::count(times.begin(), times.end(), 1) == static_cast<std::ptrdiff_t>(count));
        completion none[1];
        BOOST_TEST(why(ring.wait(none, 1, deadline::passed().monotonic())) == "timed out");
        ring.close();
    }
}
template <class P>
constexpr bool has_ring = requires { typename P::completions; };
}  // namespace

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_told_later, *needs(rings)) { overflow<native>(); }

#if defined(IORING_SETUP_DEFER_TASKRUN)
BOOST_AUTO_TEST_CASE(layouts_and_numbers_are_those_of_the_kernels_header) {
    namespace ours = linux_os::uring;
    static_assert(sizeof(ours::parameters) == sizeof(io_uring_params));
    static_assert(offsetof(ours::parameters, flags) == offsetof(io_uring_params, flags));
    static_assert(offsetof(ours::parameters, submission) == offsetof(io_uring_params, sq_off));
    static_assert(offsetof(ours::parameters, completion) == offsetof(io_uring_params, cq_off));
    static_assert(offsetof(ours::offsets, seventh) == offsetof(io_sqring_offsets, array));
    static_assert(offsetof(ours::offsets, sixth) == offsetof(io_cqring_offsets, cqes));
    static_assert(sizeof(ours::submission) == sizeof(io_uring_sqe));
    static_assert(offsetof(ours::submission, priority) == offsetof(io_uring_sqe, ioprio));
    static_assert(offsetof(ours::submission, handle) == offsetof(io_uring_sqe, fd));
    static_assert(offsetof(ours::submission, address) == offsetof(io_uring_sqe, addr));
    static_assert(offsetof(ours::submission, size) == offsetof(io_uring_sqe, len));
    static_assert(offsetof(ours::submission, options) == offsetof(io_uring_sqe, msg_flags));
    static_assert(offsetof(ours::submission, options) == offsetof(io_uring_sqe, poll32_events));
    static_assert(offsetof(ours::submission, options) == offsetof(io_uring_sqe, cancel_flags));
    static_assert(offsetof(ours::submission, key) == offsetof(io_uring_sqe, user_data));
    static_assert(sizeof(ours::completion) == sizeof(io_uring_cqe));
    static_assert(offsetof(ours::completion, outcome) == offsetof(io_uring_cqe, res));
    static_assert(sizeof(ours::wait_arguments) == sizeof(io_uring_getevents_arg));
    static_assert(offsetof(ours::wait_arguments, time) == offsetof(io_uring_getevents_arg, ts));
    static_assert(ours::setup_completions_size == IORING_SETUP_CQSIZE);
    static_assert(ours::setup_submit_all == IORING_SETUP_SUBMIT_ALL);
    static_assert(ours::setup_coop_taskrun == IORING_SETUP_COOP_TASKRUN);
    static_assert(ours::setup_single_issuer == IORING_SETUP_SINGLE_ISSUER);
    static_assert(ours::setup_defer_taskrun == IORING_SETUP_DEFER_TASKRUN);
    static_assert(ours::enter_get_events == IORING_ENTER_GETEVENTS);
    static_assert(ours::enter_extended == IORING_ENTER_EXT_ARG);
    static_assert(ours::more_to_receive == IORING_CQE_F_SOCK_NONEMPTY);
    static_assert(ours::cancel_all == IORING_ASYNC_CANCEL_ALL);
    static_assert(ours::cancel_any == IORING_ASYNC_CANCEL_ANY);
    static_assert(ours::poll_first == IORING_RECVSEND_POLL_FIRST);
    static_assert(ours::submissions_offset == IORING_OFF_SQES);
    static_assert(ours::poll_add == IORING_OP_POLL_ADD && ours::async_cancel == IORING_OP_ASYNC_CANCEL);
    static_assert(ours::op_send == IORING_OP_SEND && ours::op_receive == IORING_OP_RECV);
    static_assert(ours::send_message == IORING_OP_SENDMSG && ours::receive_message == IORING_OP_RECVMSG);
    static_assert(ours::op_accept == IORING_OP_ACCEPT &&
                  offsetof(ours::submission, offset) == offsetof(io_uring_sqe, addr2));
    static_assert(offsetof(ours::submission, options) == offsetof(io_uring_sqe, accept_flags));
    static_assert(linux_os::io_uring_setup_call == __NR_io_uring_setup);
    static_assert(linux_os::io_uring_enter_call == __NR_io_uring_enter);
    static_assert(completions_facet<native::completions>);
    BOOST_TEST(true);
}
#endif

#if defined(SECCOMP_RET_ERRNO)
namespace {
/// What becomes of a copy of this process that runs `body`.
template <class Body>
int in_a_copy(Body body) {
    const pid_t made = ::fork();
    BOOST_REQUIRE(made != -1);
    if (made == 0) {
        ::alarm(60);
        ::_exit(body());
    }
    int status = 0;
    ::waitpid(made, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}
/// From now on the kernel refuses to work for rings, in a way that it has itself when it has none.
bool forbid_rings(int error_number) {
    sock_filter steps[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                           {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<std::uint32_t>(__NR_io_uring_enter)},
                           {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error_number)},
                           {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    const sock_fprog program{4, steps};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_ring_that_may_not_be_waited_for_is_not_opened, *needs(rings)) {
    for (const int number : {EPERM, ENOSYS})
        BOOST_TEST(in_a_copy([=] {
                       loop l;
                       completion_ring ring(l);
                       if (!l.open() || !forbid_rings(number)) return 1;
                       if (ring.open() || ring.is_open() || l.completes()) return 2;
                       return all_are_echoed<native>(l, 3, 2) ? 0 : 3;
                   }) == 0);
}

BOOST_AUTO_TEST_CASE(a_ring_that_is_forbidden_later_ends_all_the_same, *needs(rings)) {
    for (const bool ring_ends_first : {true, false})
        BOOST_TEST(in_a_copy([=] {
                       ring_loop<native> l;
                       auto [here, there] = unix_stream::pair().value();
                       stream_of<native> stream(l, std::move(here));
                       if (!stream.open()) return 1;
                       std::byte room[10];
                       std::string never, told;
                       {
                           const auto waits = begun(hear<native>(stream, room, never));
                           static_cast<void>(l.run(deadline::after(1_ms)));
                           if (!forbid_rings(EPERM)) return 2;
                           if (why(l.run(deadline::after(1_ms))) != message(errc::permission_denied)) return 3;
                           if (ring_ends_first) l.ring.close();
                       }
                       l.ring.close();
                       const auto waits = begun(hear<native>(stream, room, told, soon()));
                       if (!there.send(bytes("heard"), soon())) return 4;
                       run_until(l, told, 5);
                       return told == "heard" && never.empty() ? 0 : 5;
                   }) == 0);
}
#endif

BOOST_AUTO_TEST_CASE(a_confined_platform_has_none) {
    static_assert(!has_ring<confined<native>>);  // what a ring does passes by all bounds
    BOOST_TEST(!has_ring<confined<native>>);
}

BOOST_AUTO_TEST_SUITE_END()
