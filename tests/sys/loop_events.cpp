// What a loop waits for besides sockets: signals, children, files, wishes to stop, and addresses of hosts.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <vitte/sys/event/child.hpp>
#include <vitte/sys/event/signals.hpp>
#include <vitte/sys/event/stop.hpp>
#include <vitte/sys/event/stop_token.hpp>
#include <vitte/sys/net.hpp>
#include <vitte/sys/net/async.hpp>
#include <vitte/sys/net/async_connect.hpp>
#include <vitte/sys/process.hpp>
#include <vitte/sys/thread.hpp>
#if !defined(VITTE_PLATFORM_POSIX)  // which has no word of files
#include <vitte/sys/event/files.hpp>
#endif

#include "../support/child.hpp"
#include "../support/outcome.hpp"
#include "../support/scratch.hpp"

#if !defined(_WIN32)
#include <signal.h>
#include <unistd.h>
#endif

namespace {
using namespace vitte;
using namespace vitte::sys;
using namespace vitte::sys::literals;

deadline soon() { return deadline::after(120_s); }
void succeeds(const result<void>& done) { BOOST_TEST(done.has_value()); }
using work = loop_function<std::function<void()>>;

template <platform P = native>
struct open_loop : basic_loop<P> {
    open_loop() { BOOST_REQUIRE(this->open().has_value()); }
};

process started(std::initializer_list<std::string_view> arguments) {
    auto made = child(arguments).spawn();
    BOOST_REQUIRE(made.has_value());
    return std::move(*made);
}

struct tcp_pair {
    tcp_listener listener = tcp_listener::listen({ipv4_address::loopback(), 0}).value();
    tcp_stream client = tcp_stream::connect(listener.local_address()->ip(), soon()).value();
    tcp_stream server = listener.accept(soon()).value().stream;
};
}  // namespace

BOOST_AUTO_TEST_SUITE(loop_events)

BOOST_AUTO_TEST_CASE(what_is_posted_can_be_taken_back) {
    open_loop l;
    std::string told;
    work a([&] { told += "a"; }), b([&] { told += "b"; }), c([&] { told += "c"; }), d([&] { told += "d"; });
    for (work* const gone : {&a, &b, &c}) {
        told.clear();
        l.withdraw(*gone);
        l.post(a), l.post(b), l.post(c);
        l.withdraw(*gone);
        l.withdraw(*gone);
        BOOST_TEST(why(l.run(deadline::passed())) == "timed out");
        BOOST_TEST(told == (gone == &a ? "bc" : gone == &b ? "ac" : "ab"));
    }
    told.clear();
    work takes_back([&] { told += "-", l.withdraw(b), l.post(d), l.post(c), l.withdraw(d); });
    l.post(a), l.post(takes_back), l.post(b);
    BOOST_TEST(why(l.run(deadline::after(5_ms))) == "timed out");
    BOOST_TEST(told == "a-c");
    told.clear();
    l.post(a);
    l.withdraw(a);
    l.post(b);
    BOOST_TEST(why(l.run(deadline::after(5_ms))) == "timed out");
    BOOST_TEST(told == "b");
}

BOOST_AUTO_TEST_CASE(what_others_post_meanwhile_is_not_lost, *needs(threads)) {
    open_loop l;
    constexpr int count = 20'000;
    int called = 0, never = 0;
    std::vector<std::unique_ptr<work>> all;
    for (int i = 0; i < count; ++i)
        all.push_back(std::make_unique<work>([&] {
            if (++called == count) l.stop();
        }));
    work gone([&] { ++never; });
    auto other = start_thread([&] {
        for (auto& one : all) l.post(*one);
    });
    work again([&] {
        l.post(gone);
        l.withdraw(gone);
        if (called < count) l.post(again);
    });
    l.post(again);
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(other->join().has_value());
    BOOST_TEST(called == count);
    BOOST_TEST(never == 0);
    l.withdraw(again);
}

#if !defined(_WIN32)

BOOST_AUTO_TEST_CASE(signals_are_events, *needs(own_kernel)) {
    auto reader = signal_reader::open({signal_kind::user_1, signal_kind::user_2}).value();
    open_loop l;
    signal_watcher watch(l, reader);
    BOOST_REQUIRE(watch.open().has_value());
    std::string told;
    work again([&] {
        for (;;) {
            const auto came = reader.try_read();
            if (!came) {
                BOOST_TEST(why(came) == "would block");
                BOOST_TEST(watch.when_signalled(again).has_value());
                return;
            }
            told += came->kind == signal_kind::user_1 ? '1' : '2';
            if (told.size() == 3) return l.stop();
        }
    });
    l.post(again);
    auto killer = start_thread([&] {
        for (const int number : {SIGUSR1, SIGUSR2, SIGUSR1}) {
            this_thread::sleep_until(deadline::after(20_ms));
            ::kill(::getpid(), number);
        }
    });
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(killer->join().has_value());
    BOOST_TEST(told == "121");
}

BOOST_AUTO_TEST_CASE(coroutines_wait_for_signals_until_a_deadline, *needs(own_kernel)) {
    auto reader = signal_reader::open({signal_kind::user_1}).value();
    open_loop l;
    std::string told;
    spawn([](loop& in, signal_reader& from, std::string& heard) -> task<> {
        signal_watcher watch(in, from);
        BOOST_TEST(watch.open().has_value());
        heard += why(co_await watch.next(deadline::after(5_ms)));
        ::kill(::getpid(), SIGUSR1);
        const auto came = co_await watch.next(soon());
        heard +=
            came && came->kind == signal_kind::user_1 && came->sender == native::processes::own_id() ? ", done" : "?";
        in.stop();
    }(l, reader, told));
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(told == "timed out, done");
}

BOOST_AUTO_TEST_CASE(an_interruption_stops_a_loop, *needs(own_kernel)) {
    auto ctrl_c = interruption::create(second_interruption::is_told).value();
    open_loop l;
    stop_request end;
    const loop_stopper stopper(l, end);
    interruption_watcher watch(l, ctrl_c);
    BOOST_REQUIRE(watch.open().has_value());
    work stop([&] { end.request_stop(); });
    BOOST_TEST(why(ctrl_c.try_read()) == "would block");
    BOOST_REQUIRE(watch.when_signalled(stop).has_value());
    auto killer = start_thread([] { ::kill(::getpid(), SIGTERM); });
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(killer->join().has_value());
    BOOST_TEST((ctrl_c.stop_requested() && end.stop_requested()));
    BOOST_TEST((ctrl_c.try_read()->kind == signal_kind::terminate));
}

#endif

BOOST_AUTO_TEST_CASE(children_that_end_are_told_of) {
    open_loop l;
    auto quick = started({"exit", "7"}), killed = started({"sleep", "60000"});
    child_watcher first(l), second(l);
    BOOST_REQUIRE((first.open(quick) && second.open(killed)));
    std::string told;
    work ended([&] {
        const auto how = first.try_wait();
        if (!how) return succeeds(first.when_ended(ended));
        told += std::to_string(how->code);
        BOOST_TEST(killed.kill().has_value());
    });
    work died([&] {
        const auto how = second.try_wait();
        if (!how) return succeeds(second.when_ended(died));
        told += how->succeeded() ? "?" : "!";
        second.close();
        l.stop();
    });
    l.post(ended), l.post(died);
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(told == "7!");
    BOOST_TEST((quick.wait()->code == 7));
}

BOOST_AUTO_TEST_CASE(coroutines_wait_for_children_until_a_deadline) {
    open_loop l;
    auto slow = started({"sleep", "60000"}), gone = started({"exit", "0"});
    this_thread::sleep_until(deadline::after(50_ms));
    std::string told;
    spawn([](loop& in, process& of, process& over, std::string& heard) -> task<> {
        child_watcher late(in);
        BOOST_TEST(late.open(over).has_value());
        heard += why(co_await late.wait(soon()));
        heard += why(co_await late.wait(soon()));  // the same again
        child_watcher watch(in);
        BOOST_TEST(watch.open(of).has_value());
        heard += ", " + why(co_await watch.wait(deadline::after(10_ms)));
        static_cast<void>(of.kill());
        heard += ", " + why(co_await watch.wait(soon()));
        in.stop();
    }(l, slow, gone, told));
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(told == "donedone, timed out, done");
}

BOOST_AUTO_TEST_CASE(many_children_end_at_once, *needs(own_kernel)) {
#if defined(__linux__)
    constexpr std::size_t count = 200;
#else
    constexpr std::size_t count = 100;  // the queues of tests/systems take several descriptors each
#endif
    open_loop l;
    std::size_t ended = 0, right = 0;
    {
        std::vector<std::unique_ptr<process>> all;
        const auto wait = [&](process& of, std::size_t number) -> task<> {
            child_watcher watch(l);
            const auto opened = watch.open(of);
            BOOST_TEST(opened.has_value());
            const auto how = opened ? co_await watch.wait(soon()) : result<exit_status>(unexpected(opened.error()));
            right += how && how->code == static_cast<std::int64_t>(number % 100);
            if (++ended == count) l.stop();
        };
        for (std::size_t i = 0; i < count; ++i) {
            all.push_back(std::make_unique<process>(started({"exit", std::to_string(i % 100)})));
            spawn(wait(*all.back(), i));
        }
        BOOST_TEST(why(l.run(soon())) == "done");
    }
    BOOST_TEST(ended == count);
    BOOST_TEST(right == count);
}

#if !defined(_WIN32)

namespace {

std::atomic<unsigned> handled{0};

/// What a program has for its children, until the end of this.
struct handler_of_children {
    explicit handler_of_children(void (*handle)(int)) {
        struct sigaction ours {};
        ours.sa_handler = handle;
        ours.sa_flags = SA_RESTART;
        ::sigaction(SIGCHLD, &ours, &before);
    }
    ~handler_of_children() { ::sigaction(SIGCHLD, &before, nullptr); }
    static bool is_there(void (*handle)(int)) {
        struct sigaction now {};
        ::sigaction(SIGCHLD, nullptr, &now);
        return (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == handle;
    }
    struct sigaction before {};
};

/// The native platform without handles of children, so that SIGCHLD tells of them, and with a clock that stands.
struct told_by_signal : native {
    struct processes : native::processes {
        template <class Child>
        static int end_handle(Child) = delete;
    };
    struct clocks : native::clocks {
        static std::int64_t monotonic() noexcept { return 1'000'000'000; }
    };
};

/// Starts `count` children, each when the one before has ended, and counts those of which it is told how. In any thread.
task<> one_after_the_other(loop& in, int count, int& right) {
    for (int i = 0; i < count; ++i) {
        auto one = child({"exit", std::to_string(i)}).spawn();
        child_watcher watch(in);
        if (!one || !watch.open(*one)) break;
        const auto how = co_await watch.wait(soon());
        right += how && how->code == i;
    }
    in.stop();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_child_watcher_that_is_closed_in_a_pause_ends_what_waits_for_it) {
    open_loop<told_by_signal> l;
    auto sleeper = started({"sleep", "60000"});
    basic_process<told_by_signal> same(sleeper.native_handle(), false);
    std::string told;
    std::optional<basic_child_watcher<told_by_signal>> watch(std::in_place, l);
    BOOST_REQUIRE(watch->open(same).has_value());
    spawn([](auto& of, std::string& heard) -> task<> { heard = why(co_await of.wait()); }(*watch, told));
    work stop([&] { l.stop(); });
    const auto turn = [&] {
        l.post(stop);
        BOOST_TEST(why(l.run()) == "done");
    };
    for (int i = 0; i < 5; ++i) {  // of another child, as far as the watcher knows: from the third on it pauses
        ::raise(SIGCHLD);
        turn();
    }
    watch.reset();
    turn();
    BOOST_TEST(told == "cancelled");
    same.detach();
    BOOST_TEST((sleeper.kill() && sleeper.wait()));
}

BOOST_AUTO_TEST_CASE(who_handled_children_before_still_does) {
    const auto count = [](int) { ++handled; };
    const handler_of_children own(count);
    handled = 0;
    auto others = started({"exit", "9"});  // which nobody waits for meanwhile
    open_loop l;
    int right = 0;
    spawn(one_after_the_other(l, 50, right));
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(right == 50);
    BOOST_TEST(handled.load() >= 50u);
    BOOST_TEST(handler_of_children::is_there(count));
    BOOST_TEST((others.wait()->code == 9));
}

BOOST_AUTO_TEST_CASE(signals_of_children_may_be_read_meanwhile, *needs(own_kernel)) {
    const handler_of_children own(SIG_DFL);
    open_loop l;
    int right = 0;
    auto long_one = started({"sleep", "60000"});
    {
        child_watcher watch(l);
        BOOST_TEST(watch.open(long_one).has_value());
        auto reader = signal_reader::open({signal_kind::child}).value();
        spawn(one_after_the_other(l, 3, right));
        BOOST_TEST(why(l.run(soon())) == "done");
        BOOST_TEST((reader.read(soon())->kind == signal_kind::child));
    }
    BOOST_TEST(handler_of_children::is_there(SIG_DFL));
    spawn(one_after_the_other(l, 50, right));
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(right == 53);
    BOOST_TEST(handler_of_children::is_there(SIG_DFL));
    BOOST_TEST(long_one.kill().has_value());
    BOOST_TEST(long_one.wait().has_value());
}

BOOST_AUTO_TEST_CASE(loops_of_several_threads_have_children) {
    const handler_of_children own(SIG_DFL);
    int right[4] = {};
    const auto run = [](int& mine) {
        return start_thread([&mine] {
            loop l;
            if (!l.open()) return;
            spawn(one_after_the_other(l, 40, mine));
            static_cast<void>(l.run(soon()));
        });
    };
    auto first = run(right[0]), second = run(right[1]), third = run(right[2]), fourth = run(right[3]);
    for (auto* const one : {&first, &second, &third, &fourth}) BOOST_TEST((*one)->join().has_value());
    for (const int count : right) BOOST_TEST(count == 40);
    BOOST_TEST(handler_of_children::is_there(SIG_DFL));
}

BOOST_AUTO_TEST_CASE(children_are_asked_for_where_their_signal_does_not_come) {
    sigset_t children, before;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    ::pthread_sigmask(SIG_BLOCK, &children, &before);
    open_loop l;
    int right = 0;
    spawn(one_after_the_other(l, 1, right));
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(right == 1);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

#endif

#if !defined(VITTE_PLATFORM_POSIX)

BOOST_AUTO_TEST_CASE(files_that_change_are_told_of) {
    const scratch folder;
    const auto d = directory::open(SCRATCH).value();
    open_loop l;
    auto files = watcher::create().value();
    BOOST_REQUIRE(files.add(SCRATCH).has_value());
    file_watcher watch(l, files);
    BOOST_REQUIRE(watch.open().has_value());
    std::set<std::string> told;
    const auto note = [&](const watch_event& e) { told.insert(e.path); };
    BOOST_TEST(why(watch.take(note)) == "would block");
    work changed([&] {
        const auto taken = watch.take(note);
        if (told.contains(SCRATCH "/2") && told.contains(SCRATCH "/1")) return l.stop();
        BOOST_TEST((taken || taken.error().code == errc::would_block));
        BOOST_TEST(watch.when_changed(changed, 10_ms).has_value());
    });
    BOOST_REQUIRE(watch.when_changed(changed, 10_ms).has_value());
    work write([&] { put(d, "1"), put(d, "2"); });
    loop_timer later(write);
    l.start(later, deadline::after(20_ms));
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_REQUIRE(watch.when_changed(changed).has_value());
    watch.cancel();
    BOOST_TEST(why(l.run(deadline::after(60_ms))) == "timed out");
}

BOOST_AUTO_TEST_CASE(coroutines_wait_for_files_until_a_deadline) {
    const scratch folder;
    const auto d = directory::open(SCRATCH).value();
    open_loop l;
    auto files = watcher::create().value();
    BOOST_REQUIRE(files.add(SCRATCH).has_value());
    std::string told;
    spawn([](loop& in, watcher& from, const directory& where, std::string& heard) -> task<> {
        file_watcher watch(in, from);
        BOOST_TEST(watch.open().has_value());
        std::size_t count = 0;
        const auto note = [&](const watch_event&) { ++count; };
        heard += why(co_await watch.changes(note, deadline::after(10_ms)));
        put(where, "file");
        while (count == 0) {
            const auto came = co_await watch.changes(note, soon());
            if (!came) co_return in.stop();
        }
        heard += ", told";
        in.stop();
    }(l, files, d, told));
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(told == "timed out, told");
}

#endif

BOOST_AUTO_TEST_CASE(a_stop_ends_what_is_waited_for) {
    open_loop l;
    tcp_pair both;
    stop_request end;
    std::string told;
    const auto talk = [](loop& in, tcp_stream server, stop_request& by, std::string& heard, loop_timer& say) -> task<> {
        async_tcp_stream stream(in, std::move(server));
        BOOST_TEST(stream.open().has_value());
        std::byte room[10];
        const auto receive = [&] { return stream.receive(room, soon()); };
        heard += why(co_await unless_stopped(in, by, receive));
        heard += ", " + why(co_await unless_stopped(in, by, receive));
        heard += ", " + why(co_await unless_stopped(in, by, receive));
        in.start(say, deadline::after(10_ms));
        heard += ", " + why(co_await stream.receive(room, soon()));  // is free again
        in.stop();
    };
    const std::byte one[1] = {};
    work say([&] { BOOST_TEST(both.client.send(one, soon()).has_value()); });
    loop_timer last(say);
    spawn(talk(l, std::move(both.server), end, told, last));
    BOOST_REQUIRE(both.client.send(one, soon()).has_value());
    work ask([&] { end.request_stop(); });
    loop_timer later(ask);
    l.start(later, deadline::after(10_ms));
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(told == "done, cancelled, cancelled, done");
}

BOOST_AUTO_TEST_CASE(a_stop_ends_tasks_with_all_that_they_wait_for) {
    open_loop l;
    stop_request end;
    int gone = 0;
    std::string told;
    struct counted {
        int& n;
        ~counted() { ++n; }
    };
    const auto inner = [](loop& in, int& n) -> task<result<void>> {
        const counted here{n};
        co_await resume_at(in, soon());
        co_return result<void>();
    };
    const auto outer = [&](loop& in, stop_request& by, int& n) -> task<result<void>> {
        const counted here{n};
        co_return co_await unless_stopped(in, by, [&] { return inner(in, n); });  // of the same wish
    };
    spawn([](loop& in, stop_request& by, auto make, int& n, std::string& heard) -> task<> {
        heard = why(co_await unless_stopped(in, by, [&] { return make(in, by, n); }));
        in.stop();
    }(l, end, outer, gone, told));
    BOOST_TEST(gone == 0);
    work ask([&] { end.request_stop(); });
    l.post(ask);
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(told == "cancelled");
    BOOST_TEST(gone == 2);
}

BOOST_AUTO_TEST_CASE(who_waits_may_go_before_the_stop_comes, *needs(threads)) {
    open_loop l;
    for (int i = 0; i < 200; ++i) {
        stop_request end;
        int called = 0;
        work stopped([&] { ++called; });
        auto other = start_thread([&] { end.request_stop(); });
        {
            const stop_waiter waits(l, end, stopped);
            static_cast<void>(l.run(deadline::after(i % 3 == 0 ? 100_us : 0)));
        }
        const int before = called;
        BOOST_TEST(other->join().has_value());
        static_cast<void>(l.run(deadline::passed()));
        BOOST_TEST((called == before && called <= 1));
        const stop_waiter late(l, end, stopped);
        static_cast<void>(l.run(deadline::passed()));
        BOOST_TEST(called == before + 1);
    }
}

BOOST_AUTO_TEST_CASE(other_threads_stop_loops, *needs(threads)) {
    open_loop one, two;
    stop_request end;
    const loop_stopper first(one, end), second(two, end);
    auto runs = start_thread([&] { return why(two.run(soon())) == "done"; });
    auto asks = start_thread([&] { end.request_stop(), end.request_stop(); });
    BOOST_TEST(why(one.run(soon())) == "done");
    BOOST_TEST(asks->join().has_value());
    BOOST_TEST(runs->join().value());
}

#if defined(__cpp_lib_jthread)
BOOST_AUTO_TEST_CASE(stop_tokens_ask_too, *needs(threads)) {
    std::stop_source source;
    open_loop l;
    stop_request end;
    const loop_stopper stopper(l, end);
    {
        const stop_link link(source.get_token(), end);
        auto asks = start_thread([&] { source.request_stop(); });
        BOOST_TEST(why(l.run(soon())) == "done");
        BOOST_TEST(asks->join().has_value());
    }
    stop_request other;
    const stop_link late(source.get_token(), other);
    BOOST_TEST(other.stop_requested());
}
#endif

namespace {
/// Names of which the test decides when they are found, and what. "slow" and a number waits until it is let go.
struct known_names : native {
    struct names {
        static inline std::atomic<int> asked{0}, free{1'000'000};
        static result<std::size_t> resolve(const char* host, ip_address* to, std::size_t room) noexcept {
            const int number = ++asked;
            while (number > free) this_thread::sleep_until(deadline::after(1_ms));
            const std::string_view name = host;
            if (name == "nobody") return fail(errc::not_found, "resolve");
            if (name == "several" && room >= 3) {  // 127.0.0.2 to 4 refuse, where there are such addresses
                to[0] = ipv4_address{{127, 0, 0, 2}}, to[1] = ipv4_address{{127, 0, 0, 3}};
                to[2] = ipv4_address::loopback();
                return std::size_t{3};
            }
            to[0] = ipv4_address::loopback();
            return std::size_t{1};
        }
    };
    static void begin(int let_go) {
        names::asked = 0;
        names::free = let_go;
    }
    static void end() { names::free = 1'000'000; }
};
using named_loop = open_loop<known_names>;
using resolver = basic_name_resolver<known_names>;
}  // namespace

BOOST_AUTO_TEST_CASE(names_are_found_while_a_loop_goes_on, *needs(threads)) {
    known_names::begin(1'000'000);
    named_loop l;
    auto names = resolver::start().value();
    std::string told;
    basic_async_query<known_names> query(l, names);
    work found([&] {
        told += why(query.answer());
        if (told == "done") return succeeds(query.start("nobody", found));
        if (told == "donenot found") return succeeds(query.start("::1", found));
        BOOST_TEST(query.answer()->list()[0].is_v6());
        l.stop();
    });
    BOOST_TEST(why(query.start("", found)) == "invalid argument");
    BOOST_TEST(why(query.start(std::string(254, 'a'), found)) == "name too long");
    BOOST_TEST(query.start("here", found).has_value());
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(told == "donenot founddone");
}

BOOST_AUTO_TEST_CASE(questions_have_deadlines_and_are_given_up, *needs(threads)) {
    known_names::begin(0);
    named_loop l;
    auto names = resolver::start().value();
    std::string told;
    int calls = 0;
    work never([&] { ++calls; });
    {
        basic_async_query<known_names> asked(l, names), waits(l, names), last(l, names);
        BOOST_REQUIRE((asked.start("slow", never) && waits.start("slow", never) && last.start("slow", never)));
        spawn([](named_loop& in, resolver& by, std::string& heard) -> task<> {
            heard += why(co_await async_resolve(in, by, "slow", deadline::after(10_ms)));
            heard += ", " + why(co_await async_resolve(in, by, "", deadline::after(10_ms)));
            heard += ", " + why(co_await async_resolve(in, by, "127.0.0.1", soon()));
            basic_stop_request<known_names> end;
            end.request_stop();
            heard += ", " + why(co_await unless_stopped(in, end, [&] { return async_resolve(in, by, "slow"); }));
            in.stop();
        }(l, names, told));
        BOOST_TEST(why(l.run(soon())) == "done");
        last.cancel();
    }
    BOOST_TEST(told == "timed out, invalid argument, done, cancelled");
    known_names::end();
    work found([&] { l.stop(); });
    basic_async_query<known_names> again(l, names);
    BOOST_REQUIRE(again.start("slow", found).has_value());
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(calls == 0);
    BOOST_TEST(known_names::names::asked == 2);  // the one that was asked already, and the last
}

BOOST_AUTO_TEST_CASE(a_resolver_may_end_while_nobody_answers, *needs(threads)) {
    known_names::begin(0);
    {
        named_loop l;
        auto names = resolver::start().value();
        work never([] {});
        basic_async_query<known_names> asked(l, names);
        BOOST_REQUIRE(asked.start("slow", never).has_value());
        while (known_names::names::asked == 0) this_thread::sleep_until(deadline::after(1_ms));
    }
    known_names::end();
    { const auto idle = resolver::start().value(); }
    this_thread::sleep_until(deadline::after(20_ms));
}

BOOST_AUTO_TEST_CASE(hosts_are_connected_with_by_whichever_address_answers, *needs(threads)) {
    known_names::begin(1'000'000);
    named_loop l;
    auto names = resolver::start().value();
    auto listener = tcp_listener::listen({ipv4_address::loopback(), 0}).value();
    const std::uint16_t port = listener.local_address()->ip().port;
    std::string told;
    spawn([](named_loop& in, resolver& by, std::uint16_t to, std::string& heard) -> task<> {
        auto connected = co_await connect_host(in, by, "several", to, soon());
        heard += why(connected);
        if (connected) heard += connected->peer_address()->ip().port == to ? "!" : "?";
        heard += ", " + why(co_await connect_host(in, by, "nobody", to, soon()));
        basic_stop_request<known_names> end;
        end.request_stop();
        heard += ", " + why(co_await unless_stopped(in, end, [&] { return connect_host(in, by, "here", to); }));
        in.stop();
    }(l, names, port, told));
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(told == "done!, not found, cancelled");
    BOOST_TEST(listener.accept(soon()).has_value());
    static_cast<void>(listener.close());
    told.clear();
    spawn([](named_loop& in, resolver& by, std::uint16_t to, std::string& heard) -> task<> {
        heard += why(co_await connect_host(in, by, "several", to, soon()));
        in.stop();
    }(l, names, port, told));
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST((told == "connection refused" || told == "timed out" || told == "unreachable"));
}

BOOST_AUTO_TEST_SUITE_END()
