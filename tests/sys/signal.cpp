// What a process is told from outside: signals that are read, ignored, and ask to end; and faults that are handled.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>
#include <vitte/sys/event/poller.hpp>
#include <vitte/sys/event/signals.hpp>
#include <vitte/sys/event/task.hpp>
#include <vitte/sys/fs.hpp>
#include <vitte/sys/memory.hpp>
#include <vitte/sys/net.hpp>
#include <vitte/sys/process.hpp>
#include <vitte/sys/signal.hpp>
#include <vitte/sys/thread.hpp>

#include "../support/child.hpp"
#include "../support/outcome.hpp"
#include "../support/scratch.hpp"

#if defined(_WIN32)
#include <windows.h>
#else
#include <fcntl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#endif

namespace {
using namespace vitte;
using namespace vitte::sys;
using namespace vitte::sys::literals;

deadline soon() { return deadline::after(120_s); }

static_assert(signal_set{signal_kind::interrupt, signal_kind::child}.contains(signal_kind::child));
static_assert(!signal_set{signal_kind::interrupt}.contains(signal_kind::hang_up) && signal_set{}.empty());
static_assert(signal_set::of_bits(2) == signal_set{signal_kind::interrupt});
}  // namespace

BOOST_AUTO_TEST_SUITE(signals)

#if !defined(_WIN32)

namespace {
/// Sends a signal to this process as `kill` of the shell does; the number of the process that did.
std::uint64_t kill_by_another(const char* name, int times = 1) {
    const std::string script =
        "i=0; while [ $i -lt " + std::to_string(times) + " ]; do kill -" + name + " $PPID; i=$((i+1)); done";
    auto shell = command("sh").arguments({"-c", script}).spawn();
    BOOST_REQUIRE(shell.has_value());
    const std::uint64_t id = shell->id();
    BOOST_TEST(shell->wait()->succeeded());
    return id;
}
std::atomic<int> handled{0};
void count_it(int) { ++handled; }
/// Handles a signal as programs do that know nothing of us.
struct counted {
    explicit counted(int which, int flags = 0) : number(which) {
        struct sigaction ours = {};
        ours.sa_handler = count_it;
        ours.sa_flags = flags;
        handled = 0;
        ::sigaction(number, &ours, &before);
    }
    counted(const counted&) = delete;
    ~counted() { ::sigaction(number, &before, nullptr); }
    const int number;
    struct sigaction before = {};
};
/// What becomes of a copy of this process that runs `body`: its status, or minus the signal that ended it.
template <class Body>
int in_a_copy(Body body) {
    const pid_t made = ::fork();
    BOOST_REQUIRE(made != -1);
    if (made == 0) {
        for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTERM}) ::signal(number, SIG_DFL);
        ::alarm(60);
        ::_exit(body());
    }
    int status = 0;
    while (::waitpid(made, &status, 0) == -1 && errno == EINTR) {
    }
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}
}  // namespace

BOOST_AUTO_TEST_CASE(signals_of_other_processes_are_read_and_tell_who_sent_them, *needs(own_kernel)) {
    auto reader = signal_reader::open({signal_kind::user_1, signal_kind::hang_up}).value();
    BOOST_TEST(why(reader.try_read()) == "would block");
    BOOST_TEST(why(reader.read(deadline::after(5_ms))) == "timed out");
    const std::uint64_t sender = kill_by_another("USR1");
    const auto came = reader.read(soon());
    BOOST_REQUIRE(came.has_value());
    BOOST_TEST((came->kind == signal_kind::user_1));
    BOOST_TEST(came->sender_known);
    BOOST_TEST(came->sender == sender);
    BOOST_TEST(came->user == ::getuid());
    kill_by_another("HUP");
    BOOST_TEST((reader.read(soon())->kind == signal_kind::hang_up));
    BOOST_TEST(why(reader.try_read()) == "would block");
}

BOOST_AUTO_TEST_CASE(every_kind_of_signal_is_read) {
    constexpr int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGWINCH, SIGTSTP};
    constexpr signal_kind kinds[] = {signal_kind::hang_up,      signal_kind::interrupt, signal_kind::quit,
                                     signal_kind::terminate,    signal_kind::user_1,    signal_kind::user_2,
                                     signal_kind::broken_pipe,  signal_kind::alarm,     signal_kind::window,
                                     signal_kind::terminal_stop};
    signal_set all;
    for (const signal_kind kind : kinds) all.add(kind);
    auto reader = signal_reader::open(all).value();
    for (std::size_t i = 0; i < std::size(numbers); ++i) {
        ::kill(::getpid(), numbers[i]);
        const auto came = reader.read(soon());
        BOOST_TEST((came && came->kind == kinds[i]));
    }
    BOOST_TEST(why(reader.try_read()) == "would block");
}

BOOST_AUTO_TEST_CASE(children_that_end_are_told_with_their_number) {
    auto reader = signal_reader::open({signal_kind::child}).value();
    auto started = child({"exit", "3"}).spawn();
    BOOST_REQUIRE(started.has_value());
    const auto came = reader.read(soon());
    BOOST_REQUIRE(came.has_value());
    BOOST_TEST((came->kind == signal_kind::child && came->sender == started->id()));
    BOOST_TEST(started->wait()->code == 3);
}

BOOST_AUTO_TEST_CASE(of_a_flood_each_kind_is_told, *needs(own_kernel)) {
    auto reader = signal_reader::open({signal_kind::user_1, signal_kind::user_2, signal_kind::terminate}).value();
    kill_by_another("USR1", 20'000);
    kill_by_another("USR2", 500);
    kill_by_another("TERM");
    std::set<signal_kind> told;
    for (auto came = reader.read(soon()); came; came = reader.try_read()) told.insert(came->kind);
    BOOST_TEST(told.size() == 3u);
    kill_by_another("USR1");  // and it goes on afterwards
    BOOST_TEST((reader.read(soon())->kind == signal_kind::user_1));
    BOOST_TEST(why(reader.try_read()) == "would block");
}

BOOST_AUTO_TEST_CASE(after_its_end_signals_act_as_before) {
    const counted mine(SIGUSR1);
    sigset_t before, after;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
    {
        auto reader = signal_reader::open({signal_kind::user_1}).value();
        ::raise(SIGUSR1);
        BOOST_TEST((reader.read(soon())->kind == signal_kind::user_1));
        BOOST_TEST(handled == 0);
        auto moved = std::move(reader);
        ::raise(SIGUSR1);
        BOOST_TEST(moved.read(soon()).has_value());
    }
    ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
    for (int number = 1; number < 32; ++number) BOOST_TEST(sigismember(&before, number) == sigismember(&after, number));
    ::raise(SIGUSR1);
    BOOST_TEST(handled == 1);
}

BOOST_AUTO_TEST_CASE(what_was_blocked_before_stays_so) {
    sigset_t one, before, after;
    sigemptyset(&one);
    sigaddset(&one, SIGUSR2);
    ::pthread_sigmask(SIG_BLOCK, &one, &before);
    { const auto reader = signal_reader::open({signal_kind::user_2, signal_kind::user_1}).value(); }
    ::pthread_sigmask(SIG_SETMASK, &before, &after);
    BOOST_TEST(sigismember(&after, SIGUSR2) == 1);
    BOOST_TEST(sigismember(&after, SIGUSR1) == 0);
}

BOOST_AUTO_TEST_CASE(readers_of_one_signal_end_in_any_order) {
    counted ours(SIGUSR1);
    for (const bool first_ends_first : {true, false}) {
        std::optional<signal_reader> first, second;
        first.emplace(signal_reader::open({signal_kind::user_1, signal_kind::alarm}).value());
        second.emplace(signal_reader::open({signal_kind::user_1}).value());
        (first_ends_first ? first : second).reset();
        ::raise(SIGUSR1);
        BOOST_TEST(handled == 0);
        BOOST_TEST((first_ends_first ? second : first)->try_read().has_value());
        first.reset(), second.reset();
        ::raise(SIGUSR1);
        BOOST_TEST(handled == 1);
        handled = 0;
    }
}

BOOST_AUTO_TEST_CASE(what_ends_in_another_order_swallows_nothing) {
    const auto after_both = [](bool handles) {
        return in_a_copy([=] {
            const counted ours(SIGTERM);
            if (!handles) ::signal(SIGTERM, SIG_DFL);
            std::optional<interruption> caught(interruption::create(second_interruption::is_told).value());
            std::optional<ignored_signal> ignored(ignored_signal::create(signal_kind::terminate).value());
            caught.reset();
            ::raise(SIGTERM);
            ignored.reset();  // and puts the handler of what is gone back
            ::raise(SIGTERM);
            ::raise(SIGTERM);
            return handled.load();
        });
    };
    BOOST_TEST(after_both(true) == 2);
    BOOST_TEST(after_both(false) == -SIGTERM);
}

#if defined(__linux__)  // others have no such timers
BOOST_AUTO_TEST_CASE(timers_are_nobodys_signals, *needs(own_kernel)) {
    auto caught = interruption::create(second_interruption::is_told).value();
    timer_t made[2];
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGTERM;
    for (timer_t& one : made) BOOST_REQUIRE(::timer_create(CLOCK_MONOTONIC, &event, &one) == 0);
    const itimerspec at_once{{}, {0, 1}};
    ::timer_settime(made[1], 0, &at_once, nullptr);  // whose number is in the place of a process's
    const auto came = caught.read(soon());
    BOOST_TEST((came && came->kind == signal_kind::terminate && !came->sender_known));
    for (const timer_t one : made) ::timer_delete(one);
}
#endif

BOOST_AUTO_TEST_CASE(readers_come_and_go_in_a_storm, *needs(threads)) {
    std::atomic<bool> ends{false};
    std::vector<std::thread> others;
    auto always = interruption::create(second_interruption::is_told).value();
    for (int i = 0; i < 3; ++i)
        others.emplace_back([&] {
            while (!ends) {
                const auto once = interruption::create(second_interruption::is_told);
                if (once) ::kill(::getpid(), SIGTERM);
            }
        });
    for (int i = 0; i < 300; ++i) BOOST_REQUIRE(always.read(soon()).has_value());
    ends = true;
    for (std::thread& one : others) one.join();
    BOOST_TEST(always.stop_requested());
}

BOOST_AUTO_TEST_CASE(children_inherit_nothing_of_it, *needs(own_kernel)) {
    auto reader = signal_reader::open({signal_kind::user_1, signal_kind::terminate}).value();
    auto ctrl_c = interruption::create().value();
    const ignored_signal quiet = ignored_signal::create(signal_kind::broken_pipe).value();
    for (const auto& [name, number] : {std::pair{"USR1", SIGUSR1}, std::pair{"TERM", SIGTERM}, std::pair{"INT", SIGINT},
                                       std::pair{"PIPE", SIGPIPE}}) {
        const auto ended = command("sh")
                               .arguments({"-c", std::string("kill -") + name + " $$; echo alive"})
                               .output(stdio::null())
                               .spawn()
                               ->wait();
        BOOST_TEST(ended->signal == number);
    }
    BOOST_TEST(why(reader.try_read()) == "would block");
    BOOST_TEST(!ctrl_c.stop_requested());
}

BOOST_AUTO_TEST_CASE(copies_of_a_process_do_not_speak_for_it, *needs(own_kernel)) {
    auto ctrl_c = interruption::create(second_interruption::is_told).value();
    BOOST_TEST(in_a_copy([] { return ::raise(SIGINT); }) <= 0);
    BOOST_TEST(!ctrl_c.stop_requested());
    BOOST_TEST(why(ctrl_c.try_read()) == "would block");
}

BOOST_AUTO_TEST_CASE(a_signal_is_ignored_for_a_while) {
    const counted mine(SIGUSR1);
    {
        const auto quiet = ignored_signal::create(signal_kind::user_1).value();
        const auto twice = ignored_signal::create(signal_kind::user_1).value();
        ::raise(SIGUSR1);
    }
    BOOST_TEST(handled == 0);
    ::raise(SIGUSR1);
    BOOST_TEST(handled == 1);
    BOOST_TEST(why(ignored_signal::create(signal_kind::child)) == "invalid argument");
    const auto quiet = ignored_signal::create(signal_kind::broken_pipe).value();
    int ends[2];
    BOOST_REQUIRE(::pipe(ends) == 0);
    ::close(ends[0]);
    BOOST_TEST((::write(ends[1], "x", 1) == -1 && errno == EPIPE));
    ::close(ends[1]);
}

BOOST_AUTO_TEST_CASE(a_second_interruption_ends_the_program, *needs(own_kernel)) {
    const auto told_once = [](int first, int second) {
        return in_a_copy([=] {
            auto ctrl_c = interruption::create();
            if (!ctrl_c || ctrl_c->stop_requested()) return 1;
            ::raise(first);
            if (!ctrl_c->stop_requested() || !ctrl_c->read(soon())) return 2;
            ::raise(second);
            return 3;
        });
    };
    BOOST_TEST(told_once(SIGINT, SIGINT) == -SIGINT);
    BOOST_TEST(told_once(SIGINT, SIGTERM) == -SIGTERM);
    BOOST_TEST(told_once(SIGTERM, SIGINT) == -SIGINT);
    BOOST_TEST(told_once(SIGHUP, SIGHUP) == -SIGHUP);
    BOOST_TEST(in_a_copy([] {
                   auto ctrl_c = interruption::create(second_interruption::is_told);
                   for (int i = 0; i < 3; ++i) {
                       ::raise(SIGINT);
                       const auto came = ctrl_c->read(soon());
                       if (!came || came->kind != signal_kind::interrupt) return 1;
                   }
                   return 0;
               }) == 0);
    BOOST_TEST(in_a_copy([] {
                   { const auto ctrl_c = interruption::create(); }
                   ::raise(SIGINT);
                   return 0;
               }) == -SIGINT);
}

BOOST_AUTO_TEST_CASE(a_second_interruption_is_still_told_to_those_who_want_it, *needs(own_kernel)) {
    BOOST_TEST(in_a_copy([] {
                   auto once = interruption::create(), always = interruption::create(second_interruption::is_told);
                   for (int i = 0; i < 3; ++i) {
                       ::raise(SIGINT);
                       if (!always->read(soon())) return 1;
                   }
                   if (!once->read(soon()) || once->try_read()) return 2;
                   { const auto gone = std::move(*always); }
                   ::raise(SIGINT);
                   return 3;
               }) == -SIGINT);
}

BOOST_AUTO_TEST_CASE(what_was_ignored_does_not_interrupt, *needs(own_kernel)) {
    BOOST_TEST(in_a_copy([] {
                   ::signal(SIGHUP, SIG_IGN);  // as nohup(1) does
                   auto ctrl_c = interruption::create();
                   ::raise(SIGHUP);
                   if (ctrl_c->stop_requested()) return 1;
                   ::raise(SIGTERM);
                   return ctrl_c->stop_requested() ? 0 : 2;
               }) == 0);
}

BOOST_AUTO_TEST_CASE(ctrl_c_at_a_terminal_interrupts, *needs(own_kernel)) {
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
    BOOST_REQUIRE((terminal != -1 && ::grantpt(terminal) == 0 && ::unlockpt(terminal) == 0));
    const std::string name = ::ptsname(terminal);
    int ready[2];
    BOOST_REQUIRE(::pipe(ready) == 0);
    const pid_t made = ::fork();
    BOOST_REQUIRE(made != -1);
    if (made == 0) {
        ::alarm(60);
        ::setsid();
        const int mine = ::open(name.c_str(), O_RDWR);
#if defined(TIOCSCTTY)
        ::ioctl(mine, TIOCSCTTY, 0);
#endif
        auto ctrl_c = interruption::create();
        const bool told = mine != -1 && ctrl_c && ::write(ready[1], "x", 1) == 1;
        const auto came = told ? ctrl_c->read(soon()) : fail(errc::unknown, "");
        ::_exit(came && came->kind == signal_kind::interrupt && !came->sender_known ? 0 : 1);
    }
    char byte;
    ::close(ready[1]);
    BOOST_REQUIRE(::read(ready[0], &byte, 1) == 1);
    BOOST_TEST(::write(terminal, "\x03", 1) == 1);
    int status = 0;
    while (::waitpid(made, &status, 0) == -1 && errno == EINTR) {
    }
    BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 0));
    ::close(terminal);
    ::close(ready[0]);
}

BOOST_AUTO_TEST_CASE(calls_that_wait_go_on_after_signals, *needs(threads)) {
    const counted mine(SIGUSR2);  // without SA_RESTART
    const pthread_t me = ::pthread_self();
    std::atomic<bool> over{false};
    auto nuisance = start_thread([&] {
        while (!over) {
            ::pthread_kill(me, SIGUSR2);
            this_thread::sleep_until(deadline::after(200_us));
        }
    });
    const auto lasts = [](auto call) {
        const std::int64_t began = monotonic_time();
        call(deadline::after(15_ms));
        return monotonic_time() - began >= 15_ms;
    };
    auto reader = signal_reader::open({signal_kind::user_1}).value();
    auto listener = tcp_listener::listen({ipv4_address::loopback(), 0}).value();
    auto client = tcp_stream::connect(listener.local_address()->ip(), soon()).value();
    auto waits = poller::create().value();
    auto slow = child({"sleep", "20000"}).spawn().value();
    mutex lock;
    condition_variable changed;
    std::byte room[1];
    readiness ready[1];
    BOOST_TEST(lasts([&](deadline until) { BOOST_TEST(why(reader.read(until)) == "timed out"); }));
    BOOST_TEST(lasts([&](deadline until) { BOOST_TEST(why(client.receive(room, until)) == "timed out"); }));
    BOOST_TEST(lasts([&](deadline until) { BOOST_TEST(why(waits.wait(ready, until)) == "timed out"); }));
    BOOST_TEST(lasts([&](deadline until) { BOOST_TEST(why(slow.wait_until(until)) == "timed out"); }));
    BOOST_TEST(lasts([&](deadline until) { this_thread::sleep_until(until); }));
    BOOST_TEST(lasts([&](deadline until) {
        const scoped_lock hold(lock);
        while (changed.wait_until(lock, until)) {
        }
    }));
    auto server = listener.accept(soon()).value();
    BOOST_TEST(why(server.stream.send(std::vector<std::byte>(1), soon())) == "done");
    BOOST_TEST(why(client.receive(room, soon())) == "done");
    over = true;
    BOOST_TEST(nuisance->join().has_value());
    BOOST_TEST(handled > 0);
}

BOOST_AUTO_TEST_CASE(many_readers_and_none_of_them_stays) {
    for (int round = 0; round < 3; ++round) {
        std::vector<signal_reader> all;
        for (int i = 0; i < 32; ++i) {
            auto made = signal_reader::open({signal_kind::user_1});
            BOOST_REQUIRE(made.has_value());
            all.push_back(std::move(*made));
        }
        ::raise(SIGUSR1);
        std::size_t told = 0;
        for (signal_reader& one : all) told += one.try_read().has_value();
        BOOST_TEST(told >= 1u);  // by one on Linux, by all elsewhere
        while (!all.empty()) all.pop_back();
    }
}

BOOST_AUTO_TEST_CASE(interruptions_are_caught_in_any_thread, *needs(threads)) {
    auto ctrl_c = interruption::create(second_interruption::is_told).value();
    for (int i = 0; i < 50; ++i) {
        auto other = start_thread([] { ::raise(SIGINT); });
        BOOST_TEST(ctrl_c.read(soon()).has_value());
        BOOST_TEST(other->join().has_value());
    }
    const counted mine(SIGTERM);
    std::atomic<bool> over{false};
    auto flood = start_thread([&] {
        while (!over) ::kill(::getpid(), SIGTERM);
    });
    for (int i = 0; i < 300; ++i) {  // which end while handlers run in other threads
        const interruption other = interruption::create(second_interruption::is_told).value();
        ::raise(SIGTERM);
        BOOST_REQUIRE(other.stop_requested());
    }
    over = true;
    BOOST_TEST(flood->join().has_value());
}

#endif

namespace {
/// A page that is made usable by who handles its faults.
struct page {
    region room = region::reserve(native::memory::page_size()).value();
    int faults = 0;
    fault_answer answer(const fault_info& fault) noexcept {
        if (fault.address < room.data() || fault.address >= room.data() + room.size()) return fault_answer::pass_on;
        ++faults;
        return room.commit(0, room.size()) ? fault_answer::retry : fault_answer::pass_on;
    }
    void touch() { *static_cast<volatile std::byte*>(room.data()) = std::byte{1}; }
};
}  // namespace

#if !defined(__has_feature)
#define __has_feature(x) 0
#endif
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || defined(__SANITIZE_ADDRESS__)
constexpr bool faults_are_watched = true;
#else
constexpr bool faults_are_watched = false;
#endif
const ability own_faults{"faults that nobody else handles", [] { return !faults_are_watched && own_kernel.present(); }};

BOOST_AUTO_TEST_CASE(causes_of_faults_are_removed, *needs(own_faults)) {
    page one, two;
    fault_handler first([&](const fault_info& f) noexcept { return one.answer(f); });
    fault_handler second([&](const fault_info& f) noexcept { return two.answer(f); });
    const auto both = [&](fault_cause cause) { return first.open(cause) && second.open(cause); };
#if defined(__APPLE__) && !defined(__GLIBC__)  // the stand-in of macOS faults as Linux does
    constexpr fault_cause touched = fault_cause::bus;
#else
    constexpr fault_cause touched = fault_cause::memory;
#endif
    BOOST_REQUIRE(both(touched));
    one.touch(), two.touch(), one.touch();
    BOOST_TEST(one.faults == 1);
    BOOST_TEST(two.faults == 1);
    first.close();  // in the order in which they were opened
    page three;
    fault_handler last([&](const fault_info& f) noexcept { return three.answer(f); });
    BOOST_REQUIRE(last.open(touched).has_value());
    second.close();
    three.touch();
    BOOST_TEST(three.faults == 1);
}

#if !defined(_WIN32)

namespace {
std::atomic<int> older{0};
page* older_page = nullptr;
void handle_older(int, siginfo_t* info, void*) {
    ++older;
    if (older_page->answer({fault_cause::memory, info->si_addr, nullptr}) != fault_answer::retry) ::_exit(77);
}
}  // namespace

BOOST_AUTO_TEST_CASE(faults_go_on_to_who_handled_them_before, *needs(own_faults)) {
    page one;
    older_page = &one;
    struct sigaction mine = {}, before = {};
    mine.sa_sigaction = handle_older;
    mine.sa_flags = SA_SIGINFO;
    ::sigaction(SIGSEGV, &mine, &before);
    int asked = 0;
    {
        fault_handler nothing([&](const fault_info&) noexcept { return ++asked, fault_answer::pass_on; });
        fault_handler nor_this([&](const fault_info&) noexcept { return ++asked, fault_answer::pass_on; });
        BOOST_REQUIRE((nothing.open(fault_cause::memory) && nor_this.open(fault_cause::memory)));
        one.touch();
    }
    BOOST_TEST(asked == 2);
    BOOST_TEST(older == 1);
    struct sigaction now = {};
    ::sigaction(SIGSEGV, nullptr, &now);
    BOOST_TEST((now.sa_sigaction == handle_older));
    ::sigaction(SIGSEGV, &before, nullptr);
    BOOST_TEST(in_a_copy([&] {
                   int times = 0;
                   fault_handler nothing([&](const fault_info&) noexcept { return ++times, fault_answer::pass_on; });
                   if (!nothing.open(fault_cause::memory)) return 1;
                   page other;
                   other.touch();
                   return 2;
               }) == -SIGSEGV);
}

namespace {
[[gnu::noinline]] int use_up_the_stack(int depth) {
    volatile char much[4096];
    much[0] = static_cast<char>(depth);
    return depth == 1'000'000'000 ? 0 : use_up_the_stack(depth + 1) + much[0];
}
}  // namespace

namespace {
sigjmp_buf out_of_handler;
std::atomic<int> jumps{0};
void leave_by_a_jump(int) {
    ++jumps;
    siglongjmp(out_of_handler, 1);
}
[[noreturn]] void end_with_9(int) { ::_exit(9); }
constexpr auto passes_on = [](const fault_info&) noexcept { return fault_answer::pass_on; };
void access_nothing() { *reinterpret_cast<volatile char*>(std::uintptr_t{64}) = 1; }
}  // namespace

BOOST_AUTO_TEST_CASE(handlers_from_before_may_leave_by_a_jump, *needs(own_faults)) {
    BOOST_TEST(in_a_copy([] {
                   struct sigaction theirs = {};
                   theirs.sa_handler = leave_by_a_jump;
                   ::sigaction(SIGSEGV, &theirs, nullptr);
                   static volatile int asked = 0, round = 0;
                   fault_handler nothing([](const fault_info&) noexcept {
                       asked = asked + 1;
                       return fault_answer::pass_on;
                   });
                   if (!nothing.open(fault_cause::memory)) return 1;
                   for (round = 0; round < 5; round = round + 1)
                       if (sigsetjmp(out_of_handler, 1) == 0) access_nothing();
                   return asked * 10 + jumps;
               }) == 55);
}

BOOST_AUTO_TEST_CASE(what_others_have_sent_is_no_fault_and_ends_the_program_too, *needs(own_faults)) {
    for (const fault_cause cause : {fault_cause::memory, fault_cause::arithmetic}) {
        const int number = cause == fault_cause::memory ? SIGSEGV : SIGFPE;
        BOOST_TEST(in_a_copy([=] {
                       fault_handler nothing(passes_on);
                       if (!nothing.open(cause)) return 1;
                       ::kill(::getpid(), number);
                       return 2;
                   }) == -number);
        BOOST_TEST(in_a_copy([=] {
                       ::signal(number, SIG_IGN);
                       fault_handler nothing(passes_on);
                       if (!nothing.open(cause)) return 1;
                       ::kill(::getpid(), number);
                       ::raise(number);
                       return 2;
                   }) == 2);
        BOOST_TEST(in_a_copy([=] {
                       fault_handler report([](const fault_info& fault) noexcept -> fault_answer {
                           ::_exit(fault.address == nullptr ? 3 : 4);
                       });
                       if (!report.open(cause)) return 1;
                       ::kill(::getpid(), number);
                       return 2;
                   }) == 3);
    }
}

BOOST_AUTO_TEST_CASE(who_opens_after_a_takeover_is_asked_first, *needs(own_faults)) {
    BOOST_TEST(in_a_copy([] {
                   fault_handler report([](const fault_info&) noexcept -> fault_answer { ::_exit(3); });
                   if (!report.open(fault_cause::memory)) return 1;
                   ::signal(SIGSEGV, end_with_9);
                   report.close();
                   if (!report.open(fault_cause::memory)) return 2;
                   access_nothing();
                   return 4;
               }) == 3);
}

BOOST_AUTO_TEST_CASE(handlers_that_fault_end_the_program, *needs(own_faults)) {
    const auto faults_again = [](const fault_info&) noexcept {
        access_nothing();
        return fault_answer::retry;
    };
    BOOST_TEST(in_a_copy([=] {
                   const auto stack = fault_stack::create(1);  // gives as much as there has to be
                   fault_handler worse(faults_again);
                   if (!stack || !worse.open(fault_cause::memory)) return 1;
                   access_nothing();
                   return 2;
               }) == -SIGSEGV);
}

BOOST_AUTO_TEST_CASE(a_stack_that_is_used_up_is_a_fault_too, *needs(own_faults)) {
    BOOST_TEST(in_a_copy([] {
                   const auto stack = fault_stack::create();
                   fault_handler report([](const fault_info&) noexcept -> fault_answer { ::_exit(42); });
                   if (!stack || !report.open(fault_cause::memory)) return 1;
                   return use_up_the_stack(0);
               }) == 42);
}

BOOST_AUTO_TEST_CASE(faults_of_other_kinds_are_told, *needs(own_faults)) {
    const scratch folder;
    BOOST_REQUIRE(write(SCRATCH "/file", bytes("x")).has_value());
    BOOST_TEST(in_a_copy([] {
                   const auto whole = mapping::open(SCRATCH "/file");
                   fault_handler report([&](const fault_info& fault) noexcept -> fault_answer {
                       ::_exit(fault.address == whole->bytes().data() ? 43 : 44);
                   });
                   const auto file = sys::file::open(SCRATCH "/file", open_mode::read_write);
                   if (!whole || !report.open(fault_cause::bus) || !file || !file->resize(0)) return 1;
                   return static_cast<int>(*static_cast<const volatile std::byte*>(whole->bytes().data()));
               }) == 43);
    BOOST_TEST(in_a_copy([] {
                   fault_handler report([](const fault_info&) noexcept -> fault_answer { ::_exit(45); });
                   if (!report.open(fault_cause::instruction)) return 1;
                   __builtin_trap();
                   return 2;
               }) == 45);
    BOOST_TEST(in_a_copy([] {
                   fault_handler report([](const fault_info&) noexcept -> fault_answer { ::_exit(46); });
                   if (!report.open(fault_cause::arithmetic)) return 1;
                   ::raise(SIGFPE);
                   return 2;
               }) == 46);
}

#else

namespace {
bool press_ctrl_c() { return ::GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0) != 0; }
/// One of its own, so that nobody else is told.
const ability console{"a console", [] {
                          ::FreeConsole();
                          if (::AllocConsole() == 0) return false;
                          ::SetConsoleCtrlHandler(nullptr,
                                                  FALSE);  // whoever has started this may not want to hear of it
                          auto reader = signal_reader::open({signal_kind::interrupt}).value();
                          return press_ctrl_c() && reader.read(soon()).has_value();
                      }};
}  // namespace

BOOST_AUTO_TEST_CASE(events_of_consoles_are_read, *needs(console)) {
    auto reader = signal_reader::open({signal_kind::interrupt, signal_kind::quit}).value();
    auto other = signal_reader::open({signal_kind::interrupt}).value();
    auto third = signal_reader::open({signal_kind::quit}).value();
    BOOST_TEST(why(reader.try_read()) == "would block");
    BOOST_TEST(why(reader.read(deadline::after(5_ms))) == "timed out");
    BOOST_REQUIRE(press_ctrl_c());
    const auto came = reader.read(soon());
    BOOST_TEST((came && came->kind == signal_kind::interrupt && !came->sender_known));
    BOOST_TEST((other.read(soon())->kind == signal_kind::interrupt));
    BOOST_TEST(why(reader.try_read()) == "would block");
    BOOST_TEST(why(other.try_read()) == "would block");
    BOOST_TEST(why(third.try_read()) == "would block");
    if (::GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0) == 0) return;  // as in wine
    BOOST_TEST((third.read(soon())->kind == signal_kind::quit));
    BOOST_TEST((reader.read(soon())->kind == signal_kind::quit));
}

BOOST_AUTO_TEST_CASE(ctrl_c_interrupts, *needs(console)) {
    auto ctrl_c = interruption::create(second_interruption::is_told).value();
    auto once = interruption::create().value();
    BOOST_TEST(!ctrl_c.stop_requested());
    for (int i = 0; i < 2; ++i) {
        BOOST_REQUIRE(press_ctrl_c());
        BOOST_TEST((ctrl_c.read(soon())->kind == signal_kind::interrupt));
    }
    BOOST_TEST((ctrl_c.stop_requested() && once.stop_requested()));
    BOOST_TEST(once.try_read().has_value());
    BOOST_TEST(why(once.try_read()) == "would block");  // the second one it has passed on
}

BOOST_AUTO_TEST_CASE(a_loop_is_told_of_ctrl_c, *needs(console)) {
    auto ctrl_c = interruption::create(second_interruption::is_told).value();
    loop l;
    BOOST_REQUIRE(l.open().has_value());
    std::string told;
    spawn([](loop& in, interruption& from, std::string& heard) -> task<> {
        interruption_watcher watch(in, from);
        BOOST_TEST(watch.open().has_value());
        heard += why(co_await watch.next(deadline::after(5_ms)));
        for (int i = 0; i < 2; ++i) {
            BOOST_TEST(press_ctrl_c());
            heard += ", " + why(co_await watch.next(soon()));
        }
        in.stop();
    }(l, ctrl_c, told));
    BOOST_TEST(why(l.run(soon())) == "done");
    BOOST_TEST(told == "timed out, done, done");
}

BOOST_AUTO_TEST_CASE(an_event_is_ignored_for_a_while, *needs(console)) {
    BOOST_TEST(ignored_signal::create(signal_kind::broken_pipe).has_value());  // which never comes
    {
        const auto quiet = ignored_signal::create(signal_kind::interrupt).value();
        BOOST_TEST(native::signals::is_ignored(signal_kind::interrupt));
        BOOST_REQUIRE(press_ctrl_c());
        this_thread::sleep_until(deadline::after(300_ms));  // and the program goes on
    }
    BOOST_TEST(!native::signals::is_ignored(signal_kind::interrupt));
}

#endif

BOOST_AUTO_TEST_SUITE_END()
