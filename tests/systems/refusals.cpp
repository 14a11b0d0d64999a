// What only shows on other systems than Linux: refusals and limits that tests/systems/README.md lists.
#include <atomic>
#include <cstdlib>
#include <string>

#include <vitte/sys/event.hpp>
#include <vitte/sys/fs/copy.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/fs/watch.hpp>
#include <vitte/sys/memory.hpp>
#include <vitte/sys/net.hpp>
#include <vitte/sys/process.hpp>
#include <vitte/sys/process/capture.hpp>
#include <vitte/sys/thread.hpp>

#include "../support/scratch.hpp"

namespace {
using namespace vitte::sys;
using namespace vitte::sys::literals;
using vitte::errc;
using files = native::files;

/// A variable that the implementations of the calls look at.
struct with_setting {
    const char* name;
    with_setting(const char* what, const std::string& value) : name(what) { ::setenv(what, value.c_str(), 1); }
    ~with_setting() { ::unsetenv(name); }
};

int write_file(const char* path, const std::string& text) {
    BOOST_REQUIRE(write(path, bytes(text)).has_value());
    return *files::open(path, open_mode::read_write);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(refusals)

BOOST_AUTO_TEST_CASE(more_than_an_int_counts_is_transferred_in_parts) {
    const scratch folder;
    constexpr std::size_t huge = std::size_t{5} << 30;
    const auto room = region::reserve(huge);
    BOOST_REQUIRE((room && const_cast<region&>(*room).commit(0, 4096)));
    const int file = write_file(SCRATCH "/small", "text");
    std::byte* const at = const_cast<std::byte*>(room->data());
    BOOST_TEST(files::read(file, at, huge).value_or(0) == 4u);
    BOOST_TEST(files::read_at(file, at, huge, 0).value_or(0) == 4u);
    const io_slice slices[] = {{at, 2}, {at + 2, huge - 2}}, one[] = {{at, huge}};
    static_cast<void>(files::close(file));
    const int again = *files::open(SCRATCH "/small", open_mode::read);
    BOOST_TEST(files::read_vector(again, slices, 2).value_or(0) == 2u);
    BOOST_TEST(files::read_vector(again, one, 1).value_or(0) == 2u);
    static_cast<void>(files::close(again));
}

BOOST_AUTO_TEST_CASE(links_that_are_not_followed_are_known) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    BOOST_TEST((d->create_directory("real") && d->symbolic_link("real", "alias")));
    const auto as_folder = native::directories::open(AT_FDCWD, SCRATCH "/alias", false);
    BOOST_TEST((!as_folder && as_folder.error().code == errc::not_a_directory));
    const auto as_file = files::open(SCRATCH "/alias", open_options(open_mode::read, open_no_follow));
    BOOST_TEST((!as_file && as_file.error().code == errc::too_many_links));
}

#if defined(__FreeBSD__) || defined(__NetBSD__)
constexpr bool counts_to_the_end = true;  // absolute times, which are as far as ours
#else
constexpr bool counts_to_the_end = false;
#endif

BOOST_AUTO_TEST_CASE(waits_end_at_their_deadlines_and_not_before) {
    const with_setting short_sleeps("VITTE_LONGEST_SLEEP", "5000");  // microseconds
    const std::uint32_t word = 1;
    for (const std::int64_t time : {0_ms, 1_ms, 30_ms}) {
        const std::int64_t until = monotonic_time() + time;
        vitte::result<void> ended;
        do ended = native::threads::wait(&word, 1, until);
        while (ended || ended.error().code == errc::interrupted);
        BOOST_TEST((ended.error().code == errc::timed_out));
        BOOST_TEST(monotonic_time() >= until);
    }
    const std::int64_t far = monotonic_time() + 7'200'000'000'000;
    for (const std::int64_t until : {far, INT64_MAX - 1}) {  // more than the system counts
        if constexpr (counts_to_the_end) break;
        const auto ended = native::threads::wait(&word, 1, until);
        BOOST_TEST((ended || ended.error().code == errc::interrupted));
    }
    native::processes::pipe_end pipe, *const ends[] = {&pipe};
    const int other_end = *pipe.open(false);
    const auto heard = native::processes::pipe_end::wait_any(ends, 1, far);
    BOOST_TEST((!heard && heard.error().code == errc::interrupted));
    pipe.close();
    static_cast<void>(files::close(other_end));
    const auto past = native::threads::wait(&word, 1, 0);
    BOOST_TEST((!past && past.error().code == errc::timed_out));  // and does not spin
    mutex lock;
    lock.lock();
    std::atomic<bool> has_it = false;
    auto other = start_thread([&] {
        lock.lock();
        has_it = true;
        lock.unlock();
    });
    this_thread::sleep_until(deadline::after(30_ms));
    BOOST_TEST(!has_it.load());
    lock.unlock();
    BOOST_TEST(other->join().has_value());
}

BOOST_AUTO_TEST_CASE(names_of_threads_are_cut_off) {
    BOOST_TEST(native::threads::name(std::string(200, 'n').c_str()).has_value());
    static_cast<void>(native::threads::name("main"));
}

BOOST_AUTO_TEST_CASE(shared_memory_gets_a_short_name_or_a_reason) {
    const std::string name = "/a name that is longer than the thirty-one characters of some";
    const auto made = shared_memory::create(name.c_str(), 1);
    if (made) BOOST_TEST(shared_memory::remove(name.c_str()).has_value());
    else BOOST_TEST((made.error().code == errc::name_too_long));
}

BOOST_AUTO_TEST_CASE(errors_have_causes) {
    BOOST_TEST((posix::cause_of(ENOTSUP) == errc::not_supported && posix::cause_of(EOPNOTSUPP) == errc::not_supported));
    BOOST_TEST((posix::cause_of(ETIMEDOUT) == errc::timed_out && posix::cause_of(ELOOP) == errc::too_many_links));
#if defined(ENOATTR)
    BOOST_TEST((posix::cause_of(ENOATTR) == errc::not_found));
#endif
#if defined(EBADARCH)
    BOOST_TEST((posix::cause_of(EBADARCH) == errc::malformed && posix::cause_of(EBADMACHO) == errc::malformed));
#endif
}

#if defined(F_FULLFSYNC)
BOOST_AUTO_TEST_CASE(devices_that_fail_are_told_of) {
    const scratch folder;
    const int file = write_file(SCRATCH "/file", "x");
    const int place = *native::directories::open(AT_FDCWD, SCRATCH, true);
    for (const auto& [number, works] : {std::pair(EIO, false), {ENOSPC, false}, {ENOTSUP, true}, {ENOTTY, true}}) {
        const with_setting fails("VITTE_FULLFSYNC_ERROR", std::to_string(number));
        BOOST_TEST(files::sync(file).has_value() == works);
        BOOST_TEST(files::sync_data(file).has_value() == works);
        BOOST_TEST(native::directories::sync(place).has_value() == works);
    }
    static_cast<void>(files::close(file));
    static_cast<void>(files::close(place));
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_cloned_are_copied) {
    const with_setting none("VITTE_CLONES", "0");
    const scratch folder;
    const std::string content(3'000'000, 'c');
    BOOST_TEST(write(SCRATCH "/from", bytes(content)).has_value());
    BOOST_TEST(copy(SCRATCH "/from", SCRATCH "/to").has_value());
    BOOST_TEST((read_text(SCRATCH "/to") == content));
}
#endif

BOOST_AUTO_TEST_CASE(paths_and_arguments_may_have_too_little_room) {
    []<class R>(R*) {
        if constexpr (requires(char* to) { R::executable(to, 1u); }) {
            char room[3];
            const auto path = R::executable(room, sizeof room);
            BOOST_TEST((!path && path.error().code == errc::name_too_long));
            BOOST_TEST(R::arguments(room, sizeof room).value_or(0) == sizeof room);
        }
    }(static_cast<native::processes*>(nullptr));
}

BOOST_AUTO_TEST_CASE(waits_for_children_end_at_their_deadlines_whatever_the_queue_says) {
    auto p = command("sleep").argument("60").spawn();
    BOOST_REQUIRE(p.has_value());
    const std::int64_t begin = monotonic_time();
    {
        const with_setting fails("VITTE_EVFILT_PROC_ERROR", std::to_string(ENOMEM));
        const auto ended = p->wait_until(deadline::after(50_ms));
        BOOST_TEST((!ended && ended.error().code == errc::out_of_memory));
    }
    BOOST_TEST(monotonic_time() - begin < 30'000'000'000);
    static_cast<void>(p->kill());
    static_cast<void>(p->wait());
}

BOOST_AUTO_TEST_CASE(one_shots_that_are_changed_while_they_are_told_are_told_again) {
    const auto ends = unix_stream::pair();
    auto p = poller::create();
    BOOST_REQUIRE((ends && p));
    const auto a = ends->first.native_handle();
    const std::byte one[1]{};
    BOOST_TEST(ends->second.send(one).has_value());
    BOOST_TEST(p->add(a, 0, poll_trigger::one_shot, 0).has_value());
    const with_setting slow("VITTE_KEVENT_PAUSE", "20000");
    std::atomic<bool> changed = true;
    auto other = start_thread([&] {
        for (std::uint64_t i = 1; i < 6; ++i) {
            if (!p->change(a, socket_readable, poll_trigger::one_shot, 2 * i)) changed = false;
            this_thread::sleep_until(deadline::after(4_ms));
            if (!p->change(a, socket_writable, poll_trigger::one_shot, 2 * i + 1)) changed = false;
            this_thread::sleep_until(deadline::after(60_ms));
        }
    });
    readiness room[4];
    std::uint64_t last = 0;
    while (last != 11) {
        const auto ready = p->wait(room, deadline::after(2_s));
        BOOST_REQUIRE(ready.has_value());
        for (const readiness& told : *ready) {
            if (told.key % 2 != 0) BOOST_TEST(told.key == (last == 0 ? 3 : last + 2));
            if (told.key % 2 != 0) last = told.key;
        }
    }
    BOOST_TEST(other->join().has_value());
    BOOST_TEST(changed.load());
}

namespace {
volatile bool was_handled;
}

BOOST_AUTO_TEST_CASE(a_handle_that_is_refused_is_not_watched) {
    auto listener = tcp_listener::listen({vitte::ipv4_address::loopback(), 0}).value();
    const auto client = tcp_stream::connect(listener.local_address()->ip(), deadline::after(120_s)).value();
    const auto server = listener.accept(deadline::after(120_s)).value();
    BOOST_REQUIRE(client.send(bytes("x"), deadline::after(120_s)).has_value());
    auto watch = poller::create().value();
    for (const poll_trigger trigger : {poll_trigger::edge, poll_trigger::one_shot, poll_trigger::level}) {
        const with_setting refused("VITTE_EVFILT_WRITE_ERROR", std::to_string(ENOMEM));
        const auto added = watch.add(server.stream.native_handle(), socket_readable | socket_writable, trigger, 7);
        BOOST_TEST((!added && added.error().code == errc::out_of_memory));
        readiness room[4];
        const auto told = watch.wait(room, deadline::passed());
        BOOST_TEST((!told && told.error().code == errc::timed_out));
    }
}

BOOST_AUTO_TEST_CASE(no_handler_of_the_parent_runs_in_a_child) {
#if defined(_SIG_MAXSIG)
    constexpr int last = 90;  // one for real time
#else
    constexpr int last = SIGUSR2;
#endif
    for (const int number : {SIGHUP, SIGUSR1, last}) {
        ::signal(number, [](int) { was_handled = true; });
        was_handled = false;
        {
            const with_setting pending("VITTE_PENDING_SIGNAL", std::to_string(number));
            auto p = command("true").spawn();
            BOOST_REQUIRE(p.has_value());
            BOOST_TEST(p->wait()->signal == number);
        }
        BOOST_TEST(!was_handled);
        ::signal(number, SIG_DFL);
    }
}

#if defined(__APPLE__)
constexpr bool pipes_can_be_held = true;
#else
constexpr bool pipes_can_be_held = false;  // they are made and marked in one step
#endif

BOOST_AUTO_TEST_CASE(pipes_in_other_hands_keep_nobody_waiting) {
    const with_setting held("VITTE_PIPE_HOLDER", "60");
    const std::int64_t begin = monotonic_time();
    auto p = command("true").spawn();
    BOOST_TEST(p.has_value());
    BOOST_TEST(monotonic_time() - begin < 30'000'000'000);
    BOOST_TEST(p->wait()->succeeded());
    BOOST_TEST((command("./no-such-program").spawn().error().code == errc::not_found));
    if (!pipes_can_be_held) return;
    // Who holds the streams may still write to them: that is waited for, but not beyond the deadline.
    const with_setting held_longer("VITTE_PIPE_HOLDER", "60");
    const auto said = capture(command("echo").argument("text"), {.until = deadline::after(300_ms)});
    BOOST_TEST((said && said->end == capture_end::timed_out));
    ::setenv("VITTE_PIPE_HOLDER", "1", 1);
    const auto all = capture(command("echo").argument("text"));
    BOOST_TEST((all && all->succeeded() && all->output_text() == "text\n"));
}

BOOST_AUTO_TEST_CASE(files_that_are_cut_off_are_modified) {
    const scratch folder;
    BOOST_TEST(write(SCRATCH "/file", bytes("some text")).has_value());
    auto w = watcher::create();
    BOOST_REQUIRE((w && w->add(SCRATCH)));
    BOOST_TEST(file::open(SCRATCH "/file", open_mode::read_write)->resize(2).has_value());
    unsigned changes = 0;
    BOOST_TEST(w->wait([&](const watch_event& e) { changes |= e.changes; }, deadline::after(20'000_ms)).has_value());
    BOOST_TEST((changes & watch_modified) != 0u);
}

namespace {
using sockets = native::sockets;

deadline soon() { return deadline::after(120'000_ms); }

struct tcp_pair {
    tcp_listener listener = tcp_listener::listen({vitte::ipv4_address::loopback(), 0}).value();
    tcp_stream client = tcp_stream::connect(listener.local_address()->ip(), soon()).value();
    tcp_stream server = listener.accept(soon()).value().stream;
};

/// A connection of which the other side has thrown away all.
tcp_stream torn_down() {
    tcp_pair both;
    BOOST_TEST((both.server.set_option(socket_option::linger, 0) && both.server.close()));
    BOOST_TEST((both.client.wait(socket_readable, soon()).value() & socket_hung_up) != 0u);
    return std::move(both.client);
}
vitte::unix_address place(const char* name) { return vitte::unix_address::at_path(name).value(); }
}  // namespace

BOOST_AUTO_TEST_CASE(switches_of_sockets_are_told_as_ones) {
    const tcp_pair both;
    for (const auto which : {socket_option::reuse_address, socket_option::reuse_port, socket_option::no_delay, socket_option::cork,
                             socket_option::keep_alive}) {
        if (const auto set = both.client.set_option(which); !set) BOOST_TEST((set.error().code == errc::not_supported));
        else BOOST_TEST(both.client.option(which).value() == 1);
    }
    const auto udp = udp_socket::bind({vitte::ipv4_address::loopback(), 0}).value();
    for (const auto which : {socket_option::broadcast, socket_option::multicast_loop}) {
        BOOST_TEST(udp.set_option(which).has_value());
        BOOST_TEST(udp.option(which).value() == 1);
    }
}

BOOST_AUTO_TEST_CASE(sockets_never_block_and_are_not_inherited) {
    const tcp_pair both;
    const auto local = unix_stream::pair().value();
    int received = -1;
    std::byte one[1];
    std::size_t count = 1;
    const io_slice slice{one, 1};
    const int sent[] = {local.first.native_handle()};
    BOOST_TEST((sockets::send_handles(local.first.native_handle(), &slice, 1, sent, 1) &&
                sockets::receive_handles(local.second.native_handle(), &slice, 1, &received, count)));
    const unix_stream copy(received);
    for (const int each : {both.listener.native_handle(), both.client.native_handle(), both.server.native_handle(),
                           local.first.native_handle(), local.second.native_handle(), received}) {
        BOOST_TEST((::fcntl(each, F_GETFL) & O_NONBLOCK) != 0);
        BOOST_TEST((::fcntl(each, F_GETFD) & FD_CLOEXEC) != 0);
    }
}

BOOST_AUTO_TEST_CASE(what_is_over_is_not_connected_and_raises_no_signal) {
    const tcp_stream client = torn_down();
    const auto peer = client.peer_address();
    BOOST_TEST((!peer && peer.error().code == errc::not_connected));
    BOOST_TEST(!client.send(bytes("x"), soon()).has_value());  // which may tell what has happened, once
    const auto sent = client.send(bytes("x"), soon());
    BOOST_TEST((!sent && sent.error().code == errc::broken_pipe));
#if defined(__APPLE__)
    const with_setting torn("VITTE_SEND_ERROR", std::to_string(EPROTOTYPE));
    const auto meanwhile = client.send(bytes("x"), soon());
    BOOST_TEST((!meanwhile && meanwhile.error().code == errc::broken_pipe));
#endif
}

BOOST_AUTO_TEST_CASE(the_end_of_what_comes_is_told) {
    const tcp_pair both;
    BOOST_TEST(both.client.shut_down().has_value());
    BOOST_TEST(both.server.wait(socket_readable, soon()).has_value());
#if defined(__APPLE__)
    constexpr unsigned expected = socket_readable | socket_hung_up;
#else
    constexpr unsigned expected = socket_readable | socket_writable;
#endif
    BOOST_TEST(both.server.wait(socket_readable | socket_writable, soon()).value() == expected);
    BOOST_TEST(both.server.wait(socket_writable, soon()).value() == socket_writable);
    BOOST_TEST(both.server.send(bytes("still there"), soon()).has_value());
}

BOOST_AUTO_TEST_CASE(every_address_of_ipv6_can_be_listened_at) {
    const vitte::ip_endpoint any{vitte::ipv6_address::any(), 0};
    if (!tcp_listener::listen(any, {.only_v6 = true})) return;  // no IPv6 here
    BOOST_TEST(tcp_listener::listen(any).has_value());
}

BOOST_AUTO_TEST_CASE(messages_are_no_longer_than_what_they_are_sent_from) {
    const scratch folder;
    const auto mine = udp_socket::bind({vitte::ipv4_address::loopback(), 0}).value(),
               other = udp_socket::bind({vitte::ipv4_address::loopback(), 0}).value();
    const std::string longer(10'000, 'm');
    const auto there = other.local_address().value();
    BOOST_TEST((mine.send_to(bytes(longer), there, soon()).error().code == errc::too_large));
    BOOST_TEST(mine.set_option(socket_option::send_buffer, 20'000).has_value());
    BOOST_TEST(mine.send_to(bytes(longer), there, soon()).has_value());
    const auto server = unix_datagram::bind(place(SCRATCH "/in")).value(), client = unix_datagram::bind({}).value();
    BOOST_TEST((client.send_to(bytes(longer), place(SCRATCH "/in"), soon()).error().code == errc::too_large));
    vitte::result<void> sent;
    for (int i = 0; i < 10'000 && sent; ++i) sent = client.send_to(bytes("x"), place(SCRATCH "/in"), soon());
    BOOST_TEST((!sent && sent.error().code == errc::out_of_memory));  // and is not waited for
    BOOST_TEST(mine.connect(there).has_value());
    BOOST_TEST((mine.send_to(bytes("x"), there, soon()).error().code == errc::already_connected));
}

BOOST_AUTO_TEST_CASE(local_sockets_are_what_the_system_has) {
    const scratch folder;
    const auto both = unix_stream::pair().value();
    const auto told = both.first.credentials().value();
    BOOST_TEST((told.process == 0u && told.user == ::geteuid() && told.group == ::getegid()));
    BOOST_TEST(!both.first.local_address()->local().name().size());
    const auto tcp = sockets::open(socket_family::ipv4, socket_kind::stream).value();
    BOOST_TEST(!sockets::credentials(tcp).has_value());
    static_cast<void>(sockets::close(tcp));
    int ends[2];
    const auto sequenced = sockets::open_pair(socket_kind::sequenced, ends);
#if defined(__APPLE__)
    BOOST_TEST((!sequenced && sequenced.error().code == errc::not_supported));
#else
    BOOST_REQUIRE(sequenced.has_value());
    const unix_stream first(ends[0]), second(ends[1]);
#endif
    const auto longest = vitte::unix_address::at_path(std::string(103, 'p')).value();
    const auto listener = unix_listener::listen(longest);
    BOOST_TEST((listener && listener->local_address()->local() == longest));
    BOOST_TEST(remove_all(std::string(103, 'p').c_str()).has_value());
    const auto longer = vitte::unix_address::at_path(std::string(104, 'p')).value();
    BOOST_TEST((unix_listener::listen(longer).error().code == errc::name_too_long));
    const auto unnamed = vitte::unix_address::abstract("name").value();
    BOOST_TEST(!unix_listener::listen(unnamed).has_value());
}

BOOST_AUTO_TEST_CASE(groups_are_joined_at_interfaces_where_they_have_numbers) {
    const auto udp = udp_socket::bind({vitte::ipv4_address::any(), 0}).value();
    const vitte::ip_address group = vitte::ipv4_address{{239, 255, 7, 9}};
    const auto joined = udp.join(group, 1);  // the loopback
#if defined(__FreeBSD__) || defined(__APPLE__)
    BOOST_TEST((joined && udp.leave(group, 1)));
#else
    BOOST_TEST((!joined && joined.error().code == errc::not_supported));
#endif
}

BOOST_AUTO_TEST_SUITE_END()
