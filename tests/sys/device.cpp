// Terminals, pseudo-terminals, serial lines, block devices, and requests to devices.
#if !defined(_WIN32)
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#endif
#if defined(__linux__) && !defined(VITTE_PLATFORM_POSIX) && defined(__x86_64__)
#define REFUSES_REQUESTS
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include <cstring>
#include <string>
#include <vitte/sys/device.hpp>
#include <vitte/sys/platform/contract.hpp>
#include <vitte/sys/process.hpp>

#include "../support/fixtures.hpp"
#include "../support/needs.hpp"
#include "../support/outcome.hpp"
#include "../support/played_device.hpp"
#include "../support/scratch.hpp"

namespace {
using namespace vitte::sys;
using namespace vitte::sys::literals;
using vitte::errc;

static_assert(devices_facet<native::devices, native::files::handle>);
static_assert(std::is_nothrow_move_constructible_v<serial_port> && !std::is_copy_constructible_v<serial_port>);
static_assert(std::is_nothrow_move_constructible_v<kept_state> && !std::is_copy_constructible_v<kept_state>);

// Requests take what they say and nothing else.
using none = control_request<1, control_direction::none>;
using number = control_request<2, control_direction::value>;
using tells = control_request<3, control_direction::reads, unsigned>;
using told = control_request<4, control_direction::writes, unsigned>;
using both = control_request<5, control_direction::both, unsigned>;
template <class Request, class... Arguments>
constexpr bool takes =
    requires(native::files::handle h, Arguments&... arguments) { control(h, Request{}, arguments...); };
static_assert(takes<none> && !takes<none, unsigned> && !takes<number> && takes<number, unsigned>);
static_assert(takes<tells> && !takes<tells, unsigned> && takes<told, unsigned> && takes<told, const unsigned>);
static_assert(!takes<told> && !takes<told, int> && !takes<told, unsigned short> && !takes<told, unsigned*>);
static_assert(takes<both, unsigned> && !takes<both, const unsigned> && !takes<both, int> && !takes<both>);

deadline soon() { return deadline::after(120_s); }

const ability pseudo_terminals{"pseudo-terminals", [] { return pseudo_terminal::open({24, 80}).has_value(); }};

pseudo_terminal opened(const terminal_size& size = {24, 80}) {
    auto made = pseudo_terminal::open(size);
    BOOST_REQUIRE(made.has_value());
    return std::move(*made);
}
/// What comes until `end` has, or the end.
std::string read_until(pseudo_terminal& from, std::string_view end) {
    std::string text;
    std::byte room[256];
    while (end.empty() || text.find(end) == std::string::npos) {
        const auto came = from.read(room, soon());
        if (!came) BOOST_TEST_MESSAGE(came.error().message().c_str());
        if (!came || *came == 0) break;
        text.append(reinterpret_cast<const char*>(room), *came);
    }
    return text;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(device)

BOOST_AUTO_TEST_CASE(requests_say_which_way_they_go) {
    const auto handle = native::files::standard(standard_stream::input);
    played::devices::begin([](void* argument) {
        *static_cast<unsigned*>(argument) += 7;
        return 3;
    });
    BOOST_TEST(control<played>(handle, tells{}).value_or(0) == 7u);
    BOOST_TEST((played::devices::asked == 3 && played::devices::in == 0 && played::devices::out == sizeof(unsigned)));
    unsigned value = 5;
    BOOST_TEST(control<played>(handle, both{}, value).value_or(0) == 3);
    BOOST_TEST((value == 12 && played::devices::in == sizeof(unsigned) && played::devices::out == sizeof(unsigned)));
    played::devices::begin([](void* argument) { return argument == reinterpret_cast<void*>(9) ? 1 : 0; });
    BOOST_TEST(control<played>(handle, number{}, 9).value_or(0) == 1);
    played::devices::begin(nullptr);
    played::devices::interruptions = 3;
    BOOST_TEST(control<played>(handle, none{}).has_value());
    BOOST_TEST(played::devices::calls == 4u);
}

BOOST_AUTO_TEST_CASE(what_is_no_device_says_so) {
    const scratch folder;
    BOOST_REQUIRE(write(SCRATCH "/file", bytes("text")).has_value());
    const auto file = vitte::sys::file::open(SCRATCH "/file", open_mode::read_write);
    BOOST_REQUIRE(file.has_value());
    const auto handle = file->native_handle();
    BOOST_TEST(!is_terminal(handle));
    BOOST_TEST(!terminal(handle, handle).is_one());
    BOOST_TEST(!terminal(handle, handle).size().has_value());
    BOOST_TEST(!terminal(handle, handle).raw().has_value());
    BOOST_TEST(!terminal(handle, handle).silent().has_value());
    BOOST_TEST(!storage(*file).has_value());
    BOOST_TEST(!serial_port::open(SCRATCH "/file").has_value());
    BOOST_TEST((serial_port::open(SCRATCH "/none").error().code == errc::not_found));
    BOOST_TEST((storage(SCRATCH "/none").error().code == errc::not_found));
#if !defined(_WIN32)
    BOOST_TEST((terminal(handle, handle).raw().error().code == errc::not_supported));
    BOOST_TEST((storage(*file).error().code == errc::not_supported));
    BOOST_TEST((terminal(-1, -1).size().error().code == errc::bad_handle));
#endif
}

#if !defined(_WIN32)

/// What a copy of this process ends with, by `exit`, before the framework's own things are destroyed, which it does not
/// outlive: it is registered before all else and so comes last.
int copy_ends_with = -1;
[[maybe_unused]] const int at_end = std::atexit([] {
    if (copy_ends_with != -1) ::_exit(copy_ends_with);
});

namespace {
/// What the C library says of it, which our code for Linux does not ask.
termios told_of(int handle) {
    termios now;
    std::memset(&now, 0, sizeof now);
    BOOST_REQUIRE(::tcgetattr(handle, &now) == 0);
    return now;
}
bool same(const termios& a, const termios& b) {
    return a.c_iflag == b.c_iflag && a.c_oflag == b.c_oflag && a.c_cflag == b.c_cflag && a.c_lflag == b.c_lflag &&
           std::memcmp(a.c_cc, b.c_cc, sizeof a.c_cc) == 0 && ::cfgetospeed(&a) == ::cfgetospeed(&b);
}
bool is_raw(const termios& t) { return (t.c_lflag & (ICANON | ECHO | ISIG)) == 0 && (t.c_oflag & OPOST) == 0; }
/// What stty(1) says; "" if there is none.
std::string stty(int handle) {
    const auto said = capture(command("stty").argument("-a").input(stdio::to(handle)), {.until = soon()});
    std::string text = said && said->succeeded() ? " " + std::string(said->output_text()) : "";
    for (char& c : text) c = c == '\n' ? ' ' : c;
    return text;
}
bool says(const std::string& text, std::initializer_list<const char*> words) {
    for (const char* word : words)
        if (text.find(word) == std::string::npos) return BOOST_TEST_MESSAGE(word << " is not in " << text), false;
    return true;
}
speed_t find_speed(unsigned speed) { return speed == 115200 ? B115200 : speed == 9600 ? B9600 : B300; }
/// How a copy of this process ends that does `work`.
template <class Work>
int status_of(Work work) {
    const pid_t child = ::fork();
    if (child == 0) {
        work();
        ::_exit(99);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) == -1 && errno == EINTR) {
    }
    return status;
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_terminal_has_a_size, *needs(pseudo_terminals)) {
    auto pty = opened({30, 100, 800, 600});
    const terminal one(pty.peer(), pty.peer());
    BOOST_TEST(one.is_one());
    BOOST_TEST((one.size().value_or(terminal_size{}) == terminal_size{30, 100, 800, 600}));
    if (const auto said = stty(pty.peer()); !said.empty()) BOOST_TEST(says(said, {"rows 30", "columns 100"}));
    BOOST_TEST(one.resize({40, 120}).has_value());
    BOOST_TEST((terminal(pty.native_handle(), pty.native_handle()).size().value_or(terminal_size{}) ==
                terminal_size{40, 120}));
    BOOST_TEST(pty.resize({2, 3}).has_value());
    BOOST_TEST((one.size().value_or(terminal_size{}) == terminal_size{2, 3}));
    BOOST_TEST((pty.resize({70'000, 3}).error().code == errc::out_of_range));
}

BOOST_AUTO_TEST_CASE(raw_and_silent_end_with_their_scopes, *needs(pseudo_terminals)) {
    auto pty = opened();
    terminal one(pty.peer(), pty.peer());
    const termios before = told_of(pty.peer());
    BOOST_TEST(!is_raw(before));
    {
        auto raw = one.raw();
        if (!raw) BOOST_FAIL(raw.error().message().c_str());
        BOOST_TEST(is_raw(told_of(pty.peer())));
        if (const auto said = stty(pty.peer()); !said.empty())
            BOOST_TEST(
                says(said, {" -icanon", " -echo ", " -isig", " -opost", " -icrnl", " -ixon", " cs8", "min = 1"}));
        const terminal_scope moved = std::move(*raw);
        BOOST_TEST(is_raw(told_of(pty.peer())));
    }
    BOOST_TEST(same(told_of(pty.peer()), before));
    {
        const auto silent = one.silent();
        BOOST_REQUIRE(silent.has_value());
        const termios now = told_of(pty.peer());
        BOOST_TEST(((now.c_lflag & ECHO) == 0 && (now.c_lflag & ICANON) != 0 && (now.c_lflag & ISIG) != 0));
        const auto raw = one.raw();
        BOOST_TEST(is_raw(told_of(pty.peer())));
    }
    BOOST_TEST(same(told_of(pty.peer()), before));
    auto raw = one.raw();
    BOOST_TEST(raw->restore().has_value());
    BOOST_TEST(same(told_of(pty.peer()), before));
    BOOST_TEST(raw->restore().has_value());
}

#if defined(REFUSES_REQUESTS)
BOOST_AUTO_TEST_CASE(terminals_can_be_set_where_the_kernel_knows_no_termios2, *needs(pseudo_terminals)) {
    auto pty = opened();
    const termios before = told_of(pty.peer());
    const int status = status_of([&] {
        constexpr unsigned get = 0x802c542a, set = 0x402c542b;  // TCGETS2 and TCSETS2
        sock_filter code[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                              BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
                              BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args) + 8),
                              BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, get, 2, 0),
                              BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, set, 1, 0),
                              BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
                              BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY)};
        const sock_fprog filter{sizeof code / sizeof *code, code};
        if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
            ::_exit(98);
        {
            const auto raw = terminal(pty.peer(), pty.peer()).raw();
            if (!raw || !is_raw(told_of(pty.peer()))) ::_exit(1);
        }
        if (!same(told_of(pty.peer()), before)) ::_exit(2);
        {
            const auto silent = terminal(pty.peer(), pty.peer()).silent();
            if (!silent || (told_of(pty.peer()).c_lflag & ECHO) != 0) ::_exit(3);
        }
        const auto now = native::devices::state_of(pty.peer());
        if (!now || native::devices::settings_of(*now)->speed != 38400) ::_exit(4);
        const auto fast = native::devices::with_settings(*now, {.speed = 115200});
        if (!fast || !native::devices::set_state(pty.peer(), *fast)) ::_exit(5);
        const termios then = told_of(pty.peer());
        if (::cfgetospeed(&then) != B115200) ::_exit(6);
        // One without a name cannot be said.
        const auto odd = native::devices::with_settings(*now, {.speed = 12345});
        if (!odd || native::devices::set_state(pty.peer(), *odd)) ::_exit(7);
        ::_exit(native::devices::set_state(pty.peer(), *now) ? 0 : 8);
    });
    BOOST_TEST(status == 0);
    BOOST_TEST(same(told_of(pty.peer()), before));
}
#endif

BOOST_AUTO_TEST_CASE(not_more_than_sixteen_are_kept, *needs(pseudo_terminals)) {
    auto pty = opened();
    const termios before = told_of(pty.peer());
    {
        std::vector<terminal_scope> scopes;
        for (int i = 0; i < 16; ++i) scopes.push_back(*terminal(pty.peer(), pty.peer()).raw());
        BOOST_TEST((terminal(pty.peer(), pty.peer()).raw().error().code == errc::out_of_handles));
        while (!scopes.empty()) scopes.pop_back();
    }
    BOOST_TEST(same(told_of(pty.peer()), before));
    BOOST_TEST(terminal(pty.peer(), pty.peer()).raw().has_value());
}

BOOST_AUTO_TEST_CASE(scopes_end_in_any_order, *needs(pseudo_terminals)) {
    auto pty = opened();
    const termios before = told_of(pty.peer());
    const terminal there(pty.peer(), pty.peer());
    terminal_scope last = there.raw().value();
    for (int i = 0; i < 40; ++i) {  // one begins before the other one ends
        auto next = there.silent();
        BOOST_REQUIRE(next.has_value());
        last = std::move(*next);
        BOOST_TEST(is_raw(told_of(pty.peer())));
    }
    BOOST_TEST(last.restore().has_value());
    BOOST_TEST(same(told_of(pty.peer()), before));
    terminal_scope three[3];
    for (terminal_scope& one : three) one = there.raw().value();
    for (const int i : {1, 0, 2}) {
        BOOST_TEST(is_raw(told_of(pty.peer())));
        BOOST_TEST(three[i].restore().has_value());
    }
    BOOST_TEST(same(told_of(pty.peer()), before));
}

BOOST_AUTO_TEST_CASE(bytes_pass_a_raw_terminal_as_they_are, *needs(pseudo_terminals)) {
    auto pty = opened();
    terminal one(pty.peer(), pty.peer());
    const auto raw = one.raw();
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    BOOST_TEST(pty.write(bytes(all), soon()).has_value());
    std::string came;
    std::byte room[300];
    while (came.size() < all.size()) {
        const auto some = one.read(room, soon());
        BOOST_REQUIRE((some && *some != 0));
        came.append(reinterpret_cast<const char*>(room), *some);
    }
    BOOST_TEST((came == all));
    BOOST_TEST((one.read(room, deadline::after(1_ms)).error().code == errc::timed_out));
    BOOST_TEST((one.read(room, deadline::passed()).error().code == errc::timed_out));
    BOOST_TEST((pty.read(room, deadline::after(1_ms)).error().code == errc::timed_out));  // there was no echo
}

BOOST_AUTO_TEST_CASE(passwords_are_not_shown, *needs(pseudo_terminals)) {
    auto pty = opened();
    terminal one(pty.peer(), pty.peer());
    const auto silent = one.silent();
    BOOST_TEST(pty.write(bytes("secret\n"), soon()).has_value());
    std::byte room[100];
    BOOST_TEST(one.read(room, soon()).value_or(0) == 7u);
    BOOST_TEST((pty.read(room, deadline::after(1_ms)).error().code == errc::timed_out));
}

BOOST_AUTO_TEST_CASE(writing_to_who_does_not_read_has_a_deadline, *needs(pseudo_terminals)) {
    auto pty = opened();
    const auto raw = terminal(pty.peer(), pty.peer()).raw();
    const std::string much(1'000'000, 'x');
    BOOST_TEST((pty.write(bytes(much), deadline::after(20_ms)).error().code == errc::timed_out));
}

BOOST_AUTO_TEST_CASE(a_process_that_ends_puts_its_terminal_back, *needs(pseudo_terminals)) {
    auto pty = opened();
    const termios before = told_of(pty.peer());
    for (int number = 1; number < 32; ++number) {  // all but those of real time
        const auto of_signal = [=](int then) {
            return status_of([=] {
                const rlimit no_core{};
                ::setrlimit(RLIMIT_CORE, &no_core);
                ::signal(number, SIG_DFL);  // the framework's own are not asked
                ::raise(number);
                ::_exit(then);
            });
        };
        if (number == SIGKILL || number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU)
            continue;
#if !defined(__linux__)
        if (number == SIGIO || number == 29) continue;  // SIGIO, SIGINFO: nobody ends by them, but over Linux's calls
#endif
        if (of_signal(5) == 5 << 8) continue;  // ends nobody
        BOOST_TEST_CONTEXT("signal " << number) {
            const int status = status_of([&] {
                const rlimit no_core{};
                ::setrlimit(RLIMIT_CORE, &no_core);
                ::signal(number, SIG_DFL);
                const auto outer = terminal(pty.peer(), pty.peer()).silent();
                auto ended = terminal(pty.peer(), pty.peer()).silent();
                const auto raw = terminal(pty.peer(), pty.peer()).raw();
                static_cast<void>(ended->restore());
                if (!is_raw(told_of(pty.peer()))) ::_exit(1);
                ::raise(number);
            });
            BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == number));
            BOOST_TEST(same(told_of(pty.peer()), before));
        }
    }
    const int ended = status_of([&] {
        static const auto raw = terminal(pty.peer(), pty.peer()).raw();
        static const auto silent = terminal(pty.peer(), pty.peer()).silent();
        copy_ends_with = is_raw(told_of(pty.peer())) ? 7 : 8;
        std::exit(0);
    });
    BOOST_TEST(ended == 7 << 8);
    BOOST_TEST(same(told_of(pty.peer()), before));
    const int killed = status_of([&] {
        const auto raw = terminal(pty.peer(), pty.peer()).raw();
        ::raise(SIGKILL);
    });
    BOOST_TEST((WIFSIGNALED(killed) && is_raw(told_of(pty.peer()))));
}

BOOST_AUTO_TEST_CASE(handlers_from_before_are_called, *needs(pseudo_terminals)) {
    auto pty = opened();
    const termios before = told_of(pty.peer());
    static int seen = 0, terminal_then = 0;
    terminal_then = pty.peer();
    struct sigaction mine {
    }, old_term{}, old_hup{}, now{};
    mine.sa_handler = [](int) {
        termios then;
        ::tcgetattr(terminal_then, &then);
        seen = is_raw(then) ? 1 : 2;
    };
    ::sigaction(SIGTERM, &mine, &old_term);
    mine.sa_handler = SIG_IGN;
    ::sigaction(SIGHUP, &mine, &old_hup);
    {
        const auto raw = terminal(pty.peer(), pty.peer()).raw();
        ::raise(SIGTERM);
        BOOST_TEST(seen == 2);                    // it saw the terminal as it was,
        BOOST_TEST(is_raw(told_of(pty.peer())));  // and this goes on
        ::raise(SIGHUP);
        BOOST_TEST(is_raw(told_of(pty.peer())));
    }
    BOOST_TEST(same(told_of(pty.peer()), before));
    ::sigaction(SIGTERM, &old_term, &now);
    BOOST_TEST((now.sa_handler != SIG_DFL && (now.sa_flags & SA_SIGINFO) == 0));  // is its own again
    ::sigaction(SIGHUP, &old_hup, &now);
    BOOST_TEST((now.sa_handler == SIG_IGN));
}

BOOST_AUTO_TEST_CASE(handlers_may_end_the_process_themselves, *needs(pseudo_terminals)) {
    auto pty = opened();
    const termios before = told_of(pty.peer());
    const int status = status_of([&] {
        ::signal(SIGTERM, [](int number) {
            ::signal(number, SIG_DFL);
            ::raise(number);  // which comes when this returns
        });
        const auto raw = terminal(pty.peer(), pty.peer()).raw();
        ::raise(SIGTERM);
    });
    BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM));
    BOOST_TEST(same(told_of(pty.peer()), before));
}

BOOST_AUTO_TEST_CASE(handlers_that_call_each_other_come_to_an_end, *needs(pseudo_terminals)) {
    auto pty = opened();
    const termios before = told_of(pty.peer());
    const int status = status_of([&] {
        static struct sigaction first {};
        struct sigaction mine {};
        ::signal(SIGTERM, SIG_DFL);
        auto raw = terminal(pty.peer(), pty.peer()).raw();
        mine.sa_sigaction = [](int number, siginfo_t* info, void* machine) {
            first.sa_sigaction(number, info, machine);
        };
        mine.sa_flags = SA_SIGINFO;
        ::sigaction(SIGTERM, &mine, &first);
        const auto again = terminal(pty.peer(), pty.peer()).raw();
        ::raise(SIGTERM);
    });
    BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM));
    BOOST_TEST(same(told_of(pty.peer()), before));
}

BOOST_AUTO_TEST_CASE(a_copy_of_the_process_leaves_the_terminal_alone, *needs(pseudo_terminals)) {
    auto pty = opened();
    const auto raw = terminal(pty.peer(), pty.peer()).raw();
    const int status = status_of([] { ::raise(SIGTERM); });
    BOOST_TEST((WIFSIGNALED(status) && is_raw(told_of(pty.peer()))));
}

BOOST_AUTO_TEST_CASE(a_child_lives_in_a_terminal, *needs(pseudo_terminals)) {
    auto pty = opened({33, 44});
    auto child = command("sh")
                     .arguments({"-c",
                                 "test -t 0 && test -t 1 && test -t 2 && echo all; stty size; echo own >/dev/tty;"
                                 "read line; echo \"<$line>\""})
                     .terminal(pty)
                     .spawn();
    BOOST_REQUIRE(child.has_value());
    pty.close_peer();
    const std::string begin = read_until(pty, "own");
    BOOST_TEST(begin.find("all\r\n") != std::string::npos);
    BOOST_TEST(begin.find("33 44\r\n") != std::string::npos);
    BOOST_TEST(pty.write(bytes("typed\n"), soon()).has_value());
    BOOST_TEST(read_until(pty, "").find("<typed>") != std::string::npos);
    BOOST_TEST(child->wait_until(soon())->succeeded());
    std::byte room[10];
    BOOST_TEST(pty.read(room, soon()).value_or(1) == 0u);
}

BOOST_AUTO_TEST_CASE(keys_and_sizes_are_signals_to_a_child, *needs(pseudo_terminals)) {
    auto pty = opened();
    auto child = command("sh")
                     .arguments({"-c",
                                 "trap 'stty size' WINCH; trap 'exit 5' INT; echo ready;"
                                 "while :; do sleep 0.05; done"})
                     .terminal(pty)
                     .spawn();
    BOOST_REQUIRE(child.has_value());
    pty.close_peer();
    BOOST_TEST(read_until(pty, "ready").find("ready") != std::string::npos);
    BOOST_TEST(pty.resize({17, 71}).has_value());
    BOOST_TEST(read_until(pty, "17 71").find("17 71") != std::string::npos);
    BOOST_TEST(pty.write(bytes("\x03"), soon()).has_value());
    const auto ended = child->wait_until(soon());
    BOOST_TEST((ended && ended->code == 5));
}

BOOST_AUTO_TEST_CASE(closing_hangs_up, *needs(pseudo_terminals)) {
    auto pty = opened();
    auto child = command("sh").arguments({"-c", "echo ready; exec sleep 100"}).terminal(pty).spawn();
    BOOST_REQUIRE(child.has_value());
    pty.close_peer();
    read_until(pty, "ready");
    { const auto gone = std::move(pty); }
    const auto ended = child->wait_until(soon());
    BOOST_TEST((ended && ended->signal == SIGHUP));
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_no_terminal_is_none_of_a_child) {
    const auto child = command("true").input(stdio::null()).group(process_group::terminal).spawn();
    BOOST_TEST((!child && child.error().code == errc::not_supported));
}

BOOST_AUTO_TEST_CASE(without_descriptors_there_is_no_terminal, *needs(pseudo_terminals)) {
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    std::vector<file> open;
    rlimit few = before;
    few.rlim_cur = 40;
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    while (auto one = file::open("/dev/null")) open.push_back(std::move(*one));
    for (int left = 0; left < 2; ++left) {
        const auto made = pseudo_terminal::open({24, 80});
        BOOST_TEST((!made && made.error().code == errc::out_of_handles));
        open.pop_back();
    }
    BOOST_TEST(pseudo_terminal::open({24, 80}).has_value());
    ::setrlimit(RLIMIT_NOFILE, &before);
}

namespace {
/// A serial line's two ends: the path of one, and the other.
struct line {
    pseudo_terminal pty = opened();
    std::string path = ::ptsname(pty.native_handle());
};
const ability lines_with_paths{"paths of pseudo-terminals", [] {
                                   const auto pty = pseudo_terminal::open({24, 80});
                                   return pseudo_terminals.present() && pty && ::ptsname(pty->native_handle()) != nullptr &&
                                          file::open(::ptsname(pty->native_handle())).has_value();
                               }};
}  // namespace

BOOST_AUTO_TEST_CASE(a_serial_line_is_set_and_put_back, *needs(lines_with_paths)) {
    line far_end;
    const int peer = far_end.pty.peer();
    const termios before = told_of(peer);
    const serial_settings wanted[] = {
        {115200, 7, 2, serial_parity::odd, serial_flow::software},
        {9600, 8, 1, serial_parity::none, serial_flow::none},
        {300, 5, 1, serial_parity::even, serial_flow::none},
    };
    {
        auto port = serial_port::open(far_end.path.c_str());
        BOOST_REQUIRE(port.has_value());
        BOOST_TEST(is_raw(told_of(peer)));
        for (const serial_settings& one : wanted) {
            BOOST_TEST(port->set(one).has_value());
            termios now = told_of(peer);
            BOOST_TEST(::cfgetospeed(&now) == find_speed(one.speed));
            // The kernel takes what a pseudo-terminal can: eight bits without parity.
            const auto is = port->settings();
            BOOST_TEST((is && is->speed == one.speed && is->stop_bits == one.stop_bits && is->flow == one.flow));
        }
        BOOST_TEST(port->set({19200, 8, 2, serial_parity::none, serial_flow::software}).has_value());
        if (const auto said = stty(peer); !said.empty())
            BOOST_TEST(says(said, {"speed 19200 baud", " cstopb", " ixon", " ixoff", " clocal", " cread", " cs8"}));
        BOOST_TEST((port->set({9600, 9}).error().code == errc::invalid_argument));
        BOOST_TEST((port->set({9600, 8, 3}).error().code == errc::invalid_argument));
        BOOST_TEST(!port->set({0}).has_value());
        BOOST_TEST(port->close().has_value());
        BOOST_TEST(port->close().has_value());
    }
    BOOST_TEST(same(told_of(peer), before));
}

BOOST_AUTO_TEST_CASE(settings_survive_their_way_through_the_state) {
    native::devices::state blank{};
    for (const unsigned bits : {5u, 6u, 7u, 8u})
        for (const unsigned stops : {1u, 2u})
            for (const auto parity : {serial_parity::none, serial_parity::odd, serial_parity::even, serial_parity::mark,
                                      serial_parity::space})
                for (const auto flow : {serial_flow::none, serial_flow::hardware, serial_flow::software}) {
                    const serial_settings one{57600, static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(stops),
                                              parity, flow};
                    const auto made = native::devices::with_settings(blank, one);
                    if (!made && made.error().code == errc::not_supported) continue;
                    BOOST_REQUIRE(made.has_value());
                    BOOST_TEST((native::devices::settings_of(*made).value_or(serial_settings{}) == one));
                }
}

BOOST_AUTO_TEST_CASE(serial_lines_transfer_in_time, *needs(lines_with_paths)) {
    line far_end;
    const auto port = serial_port::open(far_end.path.c_str(), {115200});
    BOOST_REQUIRE(port.has_value());
    std::byte room[4];
    BOOST_TEST((port->read(room, deadline::after(1_ms)).error().code == errc::timed_out));
    BOOST_TEST(far_end.pty.write(bytes("ab\r\x03"), soon()).has_value());
    BOOST_TEST(port->read_all(room, soon()).has_value());
    BOOST_TEST(std::memcmp(room, "ab\r\x03", 4) == 0);
    BOOST_TEST(port->write(bytes("said\n"), soon()).has_value());
    BOOST_TEST(read_until(far_end.pty, "said\n") == "said\n");
    BOOST_TEST(port->drain(soon()).has_value());
    BOOST_TEST(far_end.pty.write(bytes("lost"), soon()).has_value());
    BOOST_TEST(port->flush(queue_input).has_value());
    BOOST_TEST((port->read(room, deadline::after(1_ms)).error().code == errc::timed_out));
    const std::string much(1'000'000, 'x');
    BOOST_TEST((port->write(bytes(much), deadline::after(20_ms)).error().code == errc::timed_out));
    BOOST_TEST(port->flush().has_value());
    BOOST_TEST((port->set_lines(line_carrier, true).error().code == errc::invalid_argument));
    const auto lines = port->lines();
    BOOST_TEST((lines || lines.error().code == errc::not_supported));
    const auto sent = port->send_break(1_ms);
    BOOST_TEST((sent || sent.error().code == errc::not_supported), why(sent));  // qemu's emulation has none
    { const auto gone = std::move(far_end.pty); }
    const auto end = port->read(room, soon());
    BOOST_TEST((end ? *end == 0 : end.error().code == errc::io_error));
}

BOOST_AUTO_TEST_CASE(any_speed_is_good_on_linux, *needs(lines_with_paths)) {
#if defined(BOTHER) || (defined(__linux__) && !defined(VITTE_PLATFORM_POSIX) && defined(__x86_64__))
    line far_end;
    auto port = serial_port::open(far_end.path.c_str(), {250'000});
    BOOST_REQUIRE(port.has_value());
    BOOST_TEST(port->settings()->speed == 250'000u);
    BOOST_TEST(port->set({31'250}).has_value());
    BOOST_TEST(port->settings()->speed == 31'250u);
#endif
}

namespace {
/// A file that looks like a disk; "" if this system, or this user, makes none.
std::string loop_device() {
    const std::string made = SCRATCH "/disk";
    const auto image = file::open(made.c_str(), open_mode::create_new);
    if (!image || !image->resize(5 * 1024 * 1024 + 512)) return "";
    const auto said = capture(command("losetup").arguments({"--show", "-f", made}), {.until = soon()});
    if (!said || !said->succeeded()) return "";
    return std::string(said->output_text().substr(0, said->output_text().find('\n')));
}
void detach(const std::string& disk) {
    static_cast<void>(capture(command("losetup").arguments({"-d", disk}), {.until = soon()}));
}
const ability disks{"disks that are made of files", [] {
                        const scratch folder;
                        const std::string disk = loop_device();
                        if (disk.empty() || !storage(disk.c_str())) return false;
                        detach(disk);
                        return true;
                    }};
/// What blockdev(8) says.
std::uint64_t blockdev(const char* what, const std::string& disk) {
    const auto said = capture(command("blockdev").arguments({what, disk}), {.until = soon()});
    return said ? std::strtoull(std::string(said->output_text()).c_str(), nullptr, 10) : 0;
}
}  // namespace

BOOST_AUTO_TEST_CASE(disks_have_a_size_and_sectors, *needs(disks)) {
    const scratch folder;
    const std::string disk = loop_device();
    BOOST_REQUIRE(!disk.empty());
    const auto told = storage(disk.c_str());
    BOOST_REQUIRE(told.has_value());
    BOOST_TEST(told->total == 5u * 1024 * 1024 + 512);
    BOOST_TEST(told->total == blockdev("--getsize64", disk));
    BOOST_TEST(told->logical_sector == blockdev("--getss", disk));
    BOOST_TEST(told->physical_sector == blockdev("--getpbsz", disk));
    detach(disk);
}

#else  // _WIN32

namespace {
const ability consoles{"consoles", [] { return terminal::standard().is_one(); }};

/// Wine 8 has consoles on which nothing is drawn.
const ability drawn_consoles{"consoles that others draw", [] {
                                 auto pty = pseudo_terminal::open({24, 80});
                                 if (!pty) return false;
                                 auto child = command(child_program()).arguments({"name"}).terminal(*pty).spawn();
                                 std::byte room[10];
                                 return child && pty->read(room, soon()).value_or(0) != 0;
                             }};

}  // namespace

BOOST_AUTO_TEST_CASE(a_pseudo_console_has_a_size_and_ends, *needs(pseudo_terminals)) {
    BOOST_TEST((pseudo_terminal::open({40'000, 80}).error().code == errc::out_of_range));
    auto pty = opened({20, 50});
    const auto resized = pty.resize({30, 60});
    BOOST_TEST((resized || resized.error().code == errc::not_supported));
    pty.close_peer();
    BOOST_TEST(pty.console() == nullptr);
}

BOOST_AUTO_TEST_CASE(a_child_draws_on_a_console, *needs(drawn_consoles)) {
    auto pty = opened({20, 50});
    auto child = command(child_program()).arguments({"echo-lines"}).terminal(pty).spawn();
    BOOST_REQUIRE(child.has_value());
    BOOST_TEST(pty.write(bytes("typed\r"), soon()).has_value());
    BOOST_TEST(read_until(pty, "typed").find("typed") != std::string::npos);
    BOOST_TEST(pty.resize({30, 60}).has_value());
    BOOST_TEST(child->kill().has_value());
    BOOST_TEST(child->wait_until(soon()).has_value());
    pty.close_peer();
    read_until(pty, "");
}

BOOST_AUTO_TEST_CASE(a_console_is_put_back, *needs(consoles)) {
    auto one = terminal::standard();
    const auto input = native::files::standard(standard_stream::input);
    const auto before = native::devices::state_of(input);
    BOOST_REQUIRE((before && one.size() && one.size()->rows != 0));
    {
        const auto raw = one.raw();
        if (raw)
            BOOST_TEST(native::devices::state_of(input)->mode != before->mode);
        else
            BOOST_TEST((raw.error().code == errc::not_supported));
        std::byte room[8];
        BOOST_TEST((one.read(room, deadline::after(1_ms)).error().code == errc::timed_out));
    }
    BOOST_TEST(native::devices::state_of(input)->mode == before->mode);
}

#endif

BOOST_AUTO_TEST_SUITE_END()
