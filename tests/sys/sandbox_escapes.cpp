// Ways out of sandboxes of Linux that are known, each tried by a running process: what a sandbox promises to stop, and
// what the running kernel cannot prevent, which is printed.
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/tcp.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <termios.h>

#include <array>
#include <cstring>
#include <vector>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/platform/linux/call_table.hpp>
#include <vitte/sys/process.hpp>

#include "../support/confinement.hpp"
#include "../support/fixtures.hpp"
#include "../support/scratch.hpp"

namespace {
/// What those who are confined are after: a process of the same user, with a secret at a place that they know, since
/// they are its relatives.
volatile int secret = 7;

struct victim {
    int ready[2] = {-1, -1};
    const pid_t id = pipe2(ready, O_CLOEXEC) == 0 ? fork() : -1;
    victim() {
        BOOST_REQUIRE(id != -1);
        char told;
        if (id == 0)
            for (close(ready[1]);;) pause();
        // Some libraries block all signals until `fork` has returned.
        close(ready[1]);
        BOOST_REQUIRE(read(ready[0], &told, 1) == 0);
        close(ready[0]);
    }
    ~victim() {
        kill(id, SIGKILL);
        waitpid(id, nullptr, 0);
    }
    std::string file(const char* name) const { return "/proc/" + std::to_string(id) + "/" + name; }
};

/// All that attempts are made on.
struct world {
    const victim other;
    const listener server;
    const int shared = shmget(IPC_PRIVATE, 4096, 0600), local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    world() {
        const sockaddr_un address = name();
        BOOST_REQUIRE((shared != -1 && local != -1));
        BOOST_REQUIRE(vitte::sys::write(SCRATCH "/hidden", as_bytes("hidden")).has_value());
        BOOST_REQUIRE((bind(local, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0));
        BOOST_REQUIRE(listen(local, 100) == 0);
    }
    ~world() {
        shmctl(shared, IPC_RMID, nullptr);
        close(local);
    }
    static sockaddr_un name() {
        sockaddr_un made{};
        made.sun_family = AF_UNIX;
        std::snprintf(made.sun_path, sizeof made.sun_path, "%s", SCRATCH "/socket");
        return made;
    }
};

constexpr unsigned all_rules = sandbox_files | sandbox_truncation | sandbox_tcp | sandbox_signals | sandbox_processes |
                               sandbox_programs | sandbox_sockets | sandbox_privileges | sandbox_tracing;

using attempt = std::string (*)(const world&);
struct way_out {
    const char* name;
    const char* source;
    unsigned rules;  ///< that promise to stop it; 0 if none does
    sandbox (*box)();
    attempt act;
    bool root_may = false;  ///< by a capability (here CAP_PERFMON), for which the kernel asks nobody else

    unsigned promised() const { return root_may && geteuid() == 0 ? 0 : rules; }
};

sandbox plain() { return {}; }
sandbox no_files() { return std::move(sandbox().deny_files()); }
sandbox no_tcp() { return std::move(sandbox().deny_tcp()); }
sandbox no_signals() { return std::move(sandbox().deny_signals()); }
sandbox no_processes() { return std::move(sandbox().deny_processes()); }
sandbox no_sockets() { return std::move(sandbox().deny_sockets()); }

std::string done(bool good) { return outcome(good); }
std::string opened(const std::string& path, int flags) {
    const int made = open(path.c_str(), flags | O_CLOEXEC);
    return done(made != -1);
}

/// Writes to the memory of the other process by a file of proc(5).
std::string overwrite(const world& w) {
    const int memory = open(w.other.file("mem").c_str(), O_RDWR | O_CLOEXEC);
    const int forged = 8;
    return done(memory != -1 &&
                pwrite(memory, &forged, sizeof forged, reinterpret_cast<off_t>(&secret)) == sizeof forged);
}
std::string read_memory(const world& w) {
    int seen = 0;
    const iovec to{&seen, sizeof seen}, from{const_cast<int*>(&secret), sizeof secret};
    return done(process_vm_readv(w.other.id, &to, 1, &from, 1, 0) == sizeof seen);
}
std::string attach(const world& w) { return done(ptrace(PTRACE_SEIZE, w.other.id, nullptr, nullptr) == 0); }
std::string take_handle(const world& w) {
    const long process = syscall(linux_os::pidfd_open_call, w.other.id, 0);
    return done(process != -1 && syscall(linux_os::pidfd_getfd_call, process, STDOUT_FILENO, 0) != -1);
}

/// Sends with a connection of its own, as one call (tcp(7), TCP Fast Open).
std::string send_fast(const world& w, long call) {
    sockaddr_in address = listener::at(w.server.port);
    const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char text[] = "x";
    iovec piece{text, 1};
    mmsghdr message{};
    message.msg_hdr.msg_name = &address;
    message.msg_hdr.msg_namelen = sizeof address;
    message.msg_hdr.msg_iov = &piece;
    message.msg_hdr.msg_iovlen = 1;
    if (call == SYS_sendto)
        return done(sendto(made, text, 1, MSG_FASTOPEN, reinterpret_cast<sockaddr*>(&address), sizeof address) == 1);
    if (call == SYS_sendmsg) return done(sendmsg(made, &message.msg_hdr, MSG_FASTOPEN) == 1);
    return done(sendmmsg(made, &message, 1, MSG_FASTOPEN) == 1);
}
std::string connect_by(const world& w, int family, int protocol) {
    const sockaddr_in address = listener::at(w.server.port);
    const int made = socket(family, SOCK_STREAM | SOCK_CLOEXEC, protocol);
    return done(made != -1 && connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}
std::string connect_later(const world& w) {
    const sockaddr_in address = listener::at(w.server.port);
    const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    return done(setsockopt(made, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on) == 0 &&
                connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

std::string signal_by_owner(const world& w) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[0], F_SETOWN, w.other.id) != 0 ||
        fcntl(ends[0], F_SETSIG, SIGCONT) != 0 || fcntl(ends[0], F_SETFL, O_ASYNC) != 0 || write(ends[1], "x", 1) != 1)
        return done(false);
    return "done";
}
std::string signal_by_handle(const world& w) {
    const long process = syscall(linux_os::pidfd_open_call, w.other.id, 0);
    return done(syscall(linux_os::pidfd_send_signal_call, process, 0, nullptr, 0) == 0);
}
std::string limit(const world& w) {
    const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
    return done(prlimit(w.other.id, RLIMIT_CPU, &all, nullptr) == 0);
}
std::string place(const world& w) {
    cpu_set_t all;
    std::memset(&all, 0xff, sizeof all);
    return done(sched_setaffinity(w.other.id, sizeof all, &all) == 0);
}
std::string schedule(const world& w) {
    const sched_param none{};
    return done(sched_setscheduler(w.other.id, SCHED_OTHER, &none) == 0);
}
std::string schedule_by_attributes(const world& w) {
    const std::array<std::uint32_t, 12> ordinary{48};
    return done(syscall(SYS_sched_setattr, w.other.id, ordinary.data(), 0) == 0);
}

std::string make_child(long flags) {
#if defined(__s390x__)
    const long made = syscall(SYS_clone, 0, flags, 0, 0, 0);
#else
    const long made = syscall(SYS_clone, flags, 0, 0, 0, 0);
#endif
    if (made == 0) _exit(0);
    return done(made != -1);
}
std::string make_child_by_memory() {
    std::array<std::uint64_t, 8> arguments{};
    arguments[4] = SIGCHLD;
    const long made = syscall(linux_os::clone3_call, arguments.data(), sizeof arguments);
    if (made == 0) _exit(0);
    return done(made != -1);
}
std::string execute_memory() {
    const int memory = memfd_create("program", MFD_CLOEXEC), source = open(child_program(), O_RDONLY | O_CLOEXEC);
    char piece[4096];
    for (ssize_t got; (got = read(source, piece, sizeof piece)) > 0;)
        if (write(memory, piece, static_cast<std::size_t>(got)) != got) return done(false);
    char program[] = "child", argument[] = "exit", code[] = "0";
    char* const arguments[] = {program, argument, code, nullptr};
    fexecve(memory, arguments, environ);
    return done(false);
}
std::string reach_path(const world&) {
    const sockaddr_un address = world::name();
    return done(connect(socket(AF_UNIX, SOCK_STREAM, 0), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                0);
}

const std::vector<way_out> ways{
    // Into other processes of the same user: proc(5), ptrace(2); CVE-2012-0056 was one by mem.
    {"write to /proc/PID/mem", "proc(5)", sandbox_tracing, plain, overwrite},
    {"read a process's environment", "proc(5)", sandbox_tracing, plain,
     [](const world& w) {
         char piece[16];
         return done(read(open(w.other.file("environ").c_str(), O_RDONLY | O_CLOEXEC), piece, sizeof piece) > 0);
     },
     true},
    {"open a process's handle again", "proc(5), CVE-2019-5736", sandbox_tracing, plain,
     [](const world& w) { return opened(w.other.file("fd/0"), O_RDONLY); }},
    {"look into a process's root", "proc(5)", sandbox_tracing, plain,
     [](const world& w) { return opened(w.other.file("root/proc"), O_RDONLY); }},
    {"read a process's memory", "process_vm_readv(2)", sandbox_privileges, plain, read_memory},
    {"attach to a process", "ptrace(2)", sandbox_privileges, plain, attach},
    {"take a process's handle", "pidfd_getfd(2)", sandbox_privileges, plain, take_handle},
    // Around TCP rules.
    {"connect by sendto", "tcp(7), TCP Fast Open", sandbox_tcp, no_tcp,
     [](const world& w) { return send_fast(w, SYS_sendto); }},
    {"connect by sendmsg", "tcp(7), TCP Fast Open", sandbox_tcp, no_tcp,
     [](const world& w) { return send_fast(w, SYS_sendmsg); }},
    {"connect by sendmmsg", "tcp(7), TCP Fast Open", sandbox_tcp, no_tcp,
     [](const world& w) { return send_fast(w, SYS_sendmmsg); }},
    {"connect at the first write", "tcp(7), TCP_FASTOPEN_CONNECT", sandbox_tcp, no_tcp, connect_later},
    {"connect by MPTCP", "landlock(7): only TCP is ruled", sandbox_tcp, no_tcp,
     [](const world& w) { return connect_by(w, AF_INET, 262); }},
    {"connect by SMC", "Linux Documentation/networking/smc-sysctl.rst", sandbox_tcp, no_tcp,
     [](const world& w) { return connect_by(w, 43, 0); }},
    {"a socket that becomes one of SMC", "Linux Documentation/networking/smc-sysctl.rst", sandbox_tcp, no_tcp,
     [](const world&) {
         return done(setsockopt(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), IPPROTO_TCP, TCP_ULP, "smc", 3) == 0);
     }},
    {"listen without a port", "tcp(7)", sandbox_tcp, no_tcp,
     [](const world&) { return done(listen(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 1) == 0); }},
    {"UDP past TCP rules", "landlock(7)", 0, no_tcp,
     [](const world& w) {
         const sockaddr_in address = listener::at(w.server.port);
         return done(sendto(socket(AF_INET, SOCK_DGRAM, 0), "x", 1, 0, reinterpret_cast<const sockaddr*>(&address),
                            sizeof address) == 1);
     }},
    // Signals, and what kills or stops like one.
    {"kill", "kill(2)", sandbox_signals, no_signals, [](const world& w) { return done(kill(w.other.id, 0) == 0); }},
    {"kill a thread", "tgkill(2)", sandbox_signals, no_signals,
     [](const world& w) { return done(syscall(SYS_tgkill, w.other.id, w.other.id, 0) == 0); }},
    {"signal by a process's handle", "pidfd_send_signal(2)", sandbox_signals, no_signals, signal_by_handle},
    {"limit of processor time", "prlimit(2)", sandbox_signals, no_signals, limit},
    {"priority", "setpriority(2)", sandbox_signals, no_signals,
     [](const world& w) { return done(setpriority(PRIO_PROCESS, static_cast<id_t>(w.other.id), 0) == 0); }},
    {"priority of a user", "setpriority(2)", sandbox_signals, no_signals,
     [](const world&) { return done(setpriority(PRIO_PGRP, 0, getpriority(PRIO_PGRP, 0)) == 0); }},
    {"priority of input and output", "ioprio_set(2)", sandbox_signals, no_signals,
     [](const world& w) { return done(syscall(SYS_ioprio_set, 1, w.other.id, 4 | 2 << 13) == 0); }},
    {"processors", "sched_setaffinity(2)", sandbox_signals, no_signals, place},
    {"scheduling", "sched_setscheduler(2)", sandbox_signals, no_signals, schedule},
    {"scheduling by attributes", "sched_setattr(2)", sandbox_signals, no_signals, schedule_by_attributes},
    {"moved memory", "migrate_pages(2)", sandbox_signals, no_signals,
     [](const world& w) {
         const unsigned long nodes = 1;
         return done(syscall(SYS_migrate_pages, w.other.id, 64, &nodes, &nodes) != -1);
     }},
    {"choice of whom to kill for memory", "proc(5), oom_score_adj", 0, no_signals,
     [](const world& w) { return opened(w.other.file("oom_score_adj"), O_WRONLY); }},
    // Around the filter.
    {"calls that the kernel makes later", "io_uring(7); docker and Android refuse it", sandbox_privileges, plain,
     [](const world&) {
         std::array<std::uint32_t, 30> parameters{};
         return done(syscall(linux_os::io_uring_setup_call, 1, parameters.data()) != -1);
     }},
    {"a user name space", "user_namespaces(7); half of the kernel's CVEs begin so", sandbox_privileges, plain,
     [](const world&) { return done(unshare(CLONE_NEWUSER) == 0); }},
    {"a child in a user name space", "clone(2)", sandbox_privileges, plain,
     [](const world&) { return make_child(CLONE_NEWUSER | SIGCHLD); }},
    {"keys of the user", "keyctl(2), CVE-2016-0728", sandbox_privileges, plain,
     [](const world&) { return done(syscall(SYS_keyctl, 0, -4, 0) != -1); }},
    {"page faults that wait", "userfaultfd(2)", sandbox_privileges, plain,
     [](const world&) { return done(syscall(SYS_userfaultfd, 1) != -1); }},
    {"programs in the kernel", "bpf(2), CVE-2020-8835", sandbox_privileges, plain,
     [](const world&) {
         const std::array<std::uint32_t, 32> array{2, 4, 4, 1};
         return done(syscall(SYS_bpf, 0, array.data(), sizeof array) != -1);
     }},
    {"files by their numbers", "open_by_handle_at(2), the \"shocker\" of 2014", sandbox_privileges, plain,
     [](const world&) {
         std::array<std::uint32_t, 34> handle{128};
         int mount = 0;
         return done(syscall(SYS_name_to_handle_at, AT_FDCWD, "/", handle.data(), &mount, 0) == 0);
     }},
    // Processes and programs.
    {"a child that shares memory", "clone(2)", sandbox_processes, no_processes,
     [](const world&) { return make_child(SIGCHLD); }},
    {"a child by flags in memory", "clone3(2)", sandbox_processes, no_processes,
     [](const world&) { return make_child_by_memory(); }},
    {"a program in memory, where programs are refused", "memfd_create(2)", sandbox_programs, no_processes,
     [](const world&) { return execute_memory(); }},
    {"a program in memory, where files are", "memfd_create(2)", 0, no_files,
     [](const world&) { return execute_memory(); }},
    // Files and sockets.
    {"a file by its name", "landlock(7)", sandbox_files, no_files,
     [](const world&) { return opened(SCRATCH "/hidden", O_RDONLY); }},
    {"a file emptied", "landlock(7)", sandbox_truncation, no_files,
     [](const world&) { return done(truncate(SCRATCH "/hidden", 6) == 0); }},
    {"facts of a file", "landlock(7)", 0, no_files,
     [](const world&) {
         struct stat facts;
         return done(stat(SCRATCH "/hidden", &facts) == 0);
     }},
    {"extended attributes of a file", "landlock(7)", 0, no_files,
     [](const world&) { return done(setxattr(SCRATCH "/hidden", "user.vitte", "x", 1, 0) == 0); }},
    {"mode of a file", "landlock(7)", 0, no_files,
     [](const world&) { return done(chmod(SCRATCH "/hidden", 0600) == 0); }},
    {"memory shared with the user's others", "shmat(2)", 0, no_files,
     [](const world& w) { return done(shmat(w.shared, nullptr, 0) != reinterpret_cast<void*>(-1)); }},
    {"a socket by its path", "landlock(7)", 0, no_files, reach_path},
    {"routes", "netlink(7)", sandbox_sockets, no_sockets,
     [](const world&) { return done(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) != -1); }},
};
/// Those that are promised to be closed, and are not; prints those that nobody promises to close.
std::string ways_left(const world& w) {
    std::string left;
    std::size_t stopped = 0;
    for (const way_out& way : ways) {
        if (!enforces(way.rules | sandbox_privileges)) {
            std::printf("not prevented by this kernel: %s (%s)\n", way.name, way.source);
            continue;
        }
        const auto act = [&] { return way.act(w); };
        const std::string free = in_child(act), told = confined(way.box(), act, enforce::what_it_can);
        const auto is_out = [](const std::string& said) {
            return said == "done" || said.empty();
        };  // another program is silent
        if (!is_out(free)) std::printf("impossible here without a sandbox, too: %s (%s)\n", way.name, way.source);
        if (is_out(told) && way.promised() != 0) left += std::string(way.name) + "\n";
        if (is_out(told) && way.promised() == 0) std::printf("not prevented: %s (%s)\n", way.name, way.source);
        stopped += is_out(free) && !is_out(told);
    }
    if (enforces(all_rules) && stopped < 20) left += "only " + std::to_string(stopped) + " were stopped\n";
    if (waitpid(w.other.id, nullptr, WNOHANG) != 0) left += "the other process is gone\n";
    return left;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(sandbox_escapes)

BOOST_AUTO_TEST_CASE(known_ways_out_are_closed, *needs(own_kernel)) {
    const scratch folder;
    const world w;
    BOOST_TEST(ways_left(w) == "");
    if (geteuid() != 0) return;
    BOOST_TEST(in_child([] {
                   char place[] = "/tmp/vitte-XXXXXX";
                   // The files of proc(5) of who was root stay root's until he allows dumps of himself again.
                   const bool changed = setpgid(0, 0) == 0 && setgroups(0, nullptr) == 0 && setgid(65534) == 0 &&
                                        setuid(65534) == 0 && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
                   if (!changed || mkdtemp(place) == nullptr || chdir(place) != 0) return std::string("still root");
                   const std::string left = create_directories(SCRATCH) ? ways_left(world()) : std::string("no folder");
                   static_cast<void>(remove_all(place));
                   return left;
               }) == "");
}

BOOST_AUTO_TEST_CASE(a_signal_for_the_owner_of_a_handle_is_not_sent, *needs(own_kernel)) {
    if (!enforces(sandbox_signals)) return;
    const scratch folder;
    const world w;
    kill(w.other.id, SIGSTOP);
    BOOST_REQUIRE(waitpid(w.other.id, nullptr, WUNTRACED) == w.other.id);
    confined(no_signals(), [&] { return signal_by_owner(w); });
    int status = 0;
    BOOST_TEST(waitpid(w.other.id, &status, WCONTINUED | WNOHANG) == 0);
    BOOST_TEST(in_child([&] { return signal_by_owner(w); }) == "done");
    BOOST_TEST((waitpid(w.other.id, &status, WCONTINUED) == w.other.id && WIFCONTINUED(status)));
}

namespace {
/// A terminal of its own session, in which a victim and somebody who may be confined run, each in its own group. Its
/// screen answers where the cursor is, as screens do.
struct session {
    const int screen = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    int terminal = -1;

    /// What becomes of the victim when `attack`, who gets the victim's number, is let loose at it in `box`.
    std::string fate(const sandbox* box, void (*attack)(const session&, pid_t)) {
        return in_child([&] {
            if (setsid() == -1 || grantpt(screen) != 0 || unlockpt(screen) != 0) return std::string("no session");
            terminal = open(ptsname(screen), O_RDWR | O_CLOEXEC);  // which it controls from now on
            signal(SIGTTOU, SIG_IGN);
            signal(SIGINT, SIG_DFL);  // shells ignore it for what they start in the background
            const victim other;
            setpgid(other.id, other.id);
            const std::string told = in_child([&] {
                if (setpgid(0, 0) != 0 || (box != nullptr && !box->enter())) return std::string("not confined");
                attack(*this, other.id);
                return std::string();
            });
            read_until('n');
            if (write(screen, "\033[1;1R", 6) != 6) return std::string("no answer");
            read_until('R');  // its echo, which is behind what the terminal sends
            siginfo_t end;
            kill(other.id, SIGKILL);
            if (waitid(P_PID, static_cast<id_t>(other.id), &end, WEXITED | WNOWAIT) != 0) return std::string("no end");
            return told + (end.si_status == SIGINT ? "interrupted" : "let alone");
        });
    }
    ~session() { close(screen); }

private:
    void read_until(char last) const {
        for (char next = 0; next != last;)
            if (read(screen, &next, 1) != 1) return;
    }
};
/// Has the terminal answer with what it takes for Ctrl-C.
void interrupt_by_terminal(const session& in, pid_t other) {
    termios settings;
    if (tcgetattr(in.terminal, &settings) != 0) return;
    settings.c_lflag |= ISIG;
    settings.c_cc[VINTR] = '\033';
    tcsetattr(in.terminal, TCSANOW, &settings);
    ioctl(in.terminal, TIOCSPGRP, &other);
    static_cast<void>(!write(in.terminal, "\033[6n", 4));
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_terminal_does_not_signal_for_who_is_confined, *needs(own_kernel)) {
    if (!enforces(sandbox_signals)) return;
    const sandbox box = no_signals();
    BOOST_TEST(session().fate(&box, interrupt_by_terminal) == "let alone");
    BOOST_TEST(session().fate(nullptr, interrupt_by_terminal) == "interrupted");
}

BOOST_AUTO_TEST_CASE(who_is_confined_shares_no_group_and_joins_none, *needs(own_kernel)) {
    if (!enforces(sandbox_signals)) return;
    const victim other;
    BOOST_REQUIRE(setpgid(other.id, other.id) == 0);
    const auto join = [&] { return done(setpgid(0, other.id) == 0); };
    BOOST_TEST(in_child(join) == "done");
    BOOST_TEST(confined(no_signals(), join) == "permission denied");
    const auto leads_its_group = [] { return done(getpgrp() == getpid()); };
    BOOST_TEST(confined(no_signals(), leads_its_group) == "done");
    BOOST_TEST(confined(plain(), [] { return done(getpgrp() != getpid()); }) == "done");
    const auto of_leader = [](const std::function<std::string()>& act) {  // which keeps its session
        return in_child([&] {
            if (setpgid(0, 0) != 0) return std::string("leads no group");
            return no_signals().enter() ? act() : std::string("not confined");
        });
    };
    BOOST_TEST((of_leader(join) == "permission denied" && of_leader(leads_its_group) == "done"));
    const sandbox box = no_signals();
    auto child = command("/bin/sleep").argument("60000").confine(box).spawn();
    BOOST_REQUIRE(child.has_value());
    BOOST_TEST(getsid(static_cast<pid_t>(child->id())) == static_cast<pid_t>(child->id()));
    BOOST_TEST(child->kill().has_value());
}

BOOST_AUTO_TEST_CASE(other_protocols_that_connect_by_tcp_are_refused_by_number, *needs(own_kernel)) {
    if (!enforces(sandbox_tcp)) return;
    for (const int protocol : {256, 262})  // SMC and MPTCP; whether this kernel has them does not matter
        BOOST_TEST(confined(no_tcp(), [=] { return done(socket(AF_INET, SOCK_STREAM, protocol) != -1); }) ==
                   "permission denied");
    BOOST_TEST(confined(no_tcp(), [] {
                   const int made = socket(AF_INET, SOCK_STREAM, 0);
                   return done(setsockopt(made, IPPROTO_TCP, TCP_ULP, "smc", 3) == 0);
               }) == "permission denied");
}

namespace {
/// A call that is refused for what it says, before it is looked whether there is somebody whom it reaches. Here there
/// is none, and the kernel has another reason to fail.
struct refused_call {
    const char* name;
    unsigned rule;
    sandbox (*box)();
    long call, first, second = 0, third = 0;
};
constexpr long nobody = 0x7fff'ffff, no_handle = -1;
const refused_call refused_calls[] = {
#if defined(SYS_fork)
    {"fork", sandbox_processes, no_processes, SYS_fork, 0},
#endif
    {"TIOCSTI", sandbox_privileges, plain, SYS_ioctl, no_handle, TIOCSTI},
    {"TIOCLINUX", sandbox_privileges, plain, SYS_ioctl, no_handle, TIOCLINUX},
    {"limits", sandbox_signals, no_signals, SYS_prlimit64, nobody, RLIMIT_CPU},
    {"priority", sandbox_signals, no_signals, SYS_setpriority, PRIO_PROCESS, nobody},
    {"priority of a group", sandbox_signals, no_signals, SYS_setpriority, PRIO_PGRP, nobody},
    {"priority of input and output", sandbox_signals, no_signals, SYS_ioprio_set, 1, nobody, 4 << 13},
    {"priority of input and output of one's group", sandbox_signals, no_signals, SYS_ioprio_set, 2, 0, 4 << 13},
    {"processors", sandbox_signals, no_signals, SYS_sched_setaffinity, nobody},
    {"scheduling by attributes", sandbox_signals, no_signals, SYS_sched_setattr, nobody},
    {"scheduling", sandbox_signals, no_signals, SYS_sched_setscheduler, nobody},
    {"scheduling by parameters", sandbox_signals, no_signals, SYS_sched_setparam, nobody},
    {"moved memory", sandbox_signals, no_signals, SYS_migrate_pages, nobody},
    {"moved pages", sandbox_signals, no_signals, SYS_move_pages, nobody},
    {"TIOCSPGRP", sandbox_signals, no_signals, SYS_ioctl, no_handle, TIOCSPGRP},
    {"TIOCSWINSZ", sandbox_signals, no_signals, SYS_ioctl, no_handle, TIOCSWINSZ},
    {"TIOCNOTTY", sandbox_signals, no_signals, SYS_ioctl, no_handle, TIOCNOTTY},
    {"TIOCVHANGUP", sandbox_signals, no_signals, SYS_ioctl, no_handle, TIOCVHANGUP},
    {"TIOCSIG", sandbox_signals, no_signals, SYS_ioctl, no_handle, _IOW('T', 0x36, int)},
    {"TIOCSETD", sandbox_signals, no_signals, SYS_ioctl, no_handle, TIOCSETD},
    {"TIOCSBRK", sandbox_signals, no_signals, SYS_ioctl, no_handle, TIOCSBRK},
    {"TIOCCBRK", sandbox_signals, no_signals, SYS_ioctl, no_handle, TIOCCBRK},
    {"TCSBRK", sandbox_signals, no_signals, SYS_ioctl, no_handle, TCSBRK},
    {"TCSBRKP", sandbox_signals, no_signals, SYS_ioctl, no_handle, TCSBRKP},
    {"TCXONC", sandbox_signals, no_signals, SYS_ioctl, no_handle, TCXONC},
    {"TCFLSH", sandbox_signals, no_signals, SYS_ioctl, no_handle, TCFLSH},
    {"TCSETS", sandbox_signals, no_signals, SYS_ioctl, no_handle, TCSETS},
    {"TCSETSW", sandbox_signals, no_signals, SYS_ioctl, no_handle, TCSETSW},
    {"TCSETSF", sandbox_signals, no_signals, SYS_ioctl, no_handle, TCSETSF},
    {"TCSETA", sandbox_signals, no_signals, SYS_ioctl, no_handle, TCSETA},
    {"TCSETAW", sandbox_signals, no_signals, SYS_ioctl, no_handle, TCSETAW},
    {"TCSETAF", sandbox_signals, no_signals, SYS_ioctl, no_handle, TCSETAF},
    {"TCSETS2", sandbox_signals, no_signals, SYS_ioctl, no_handle, _IOC(_IOC_WRITE, 'T', 0x2b, 44)},
    {"TCSETSW2", sandbox_signals, no_signals, SYS_ioctl, no_handle, _IOC(_IOC_WRITE, 'T', 0x2c, 44)},
    {"TCSETSF2", sandbox_signals, no_signals, SYS_ioctl, no_handle, _IOC(_IOC_WRITE, 'T', 0x2d, 44)},
    {"RDS", sandbox_tcp, no_tcp, SYS_socket, 21, SOCK_SEQPACKET},
    {"SMC", sandbox_tcp, no_tcp, SYS_socket, 43, SOCK_STREAM},
    {"SMC by its protocol", sandbox_tcp, no_tcp, SYS_socket, AF_INET, SOCK_STREAM, 256},
    {"MPTCP", sandbox_tcp, no_tcp, SYS_socket, AF_INET6, SOCK_STREAM, 262},
};
}  // namespace

BOOST_AUTO_TEST_CASE(calls_are_refused_for_what_they_say, *needs(own_kernel)) {
    for (const refused_call& c : refused_calls) {
        if (!enforces(c.rule)) continue;
        const auto act = [&] {
            const long made = syscall(c.call, c.first, c.second, c.third, 0, 0, 0);
            if (made == 0) _exit(0);
            return std::string(made == -1 && errno == EPERM ? "refused" : "let through");
        };
        BOOST_TEST_CONTEXT(c.name) {
            BOOST_TEST(confined(c.box(), act) == "refused");
            BOOST_TEST(in_child(act) != "refused");
        }
    }
}

namespace {
/// Has calls from number `first` on fail with EXDEV. What a filter that is entered later says of them comes first, so
/// that one sees whether it says anything, also where the kernel has no such calls.
bool mark_calls(std::uint32_t first) {
    sock_filter filter[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                            BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 1),
                            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
                            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    const sock_fprog program{std::size(filter), filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
}  // namespace

BOOST_AUTO_TEST_CASE(what_newer_kernels_add_does_not_exist, *needs(own_kernel)) {
    if (!enforces(sandbox_privileges)) return;
    constexpr long first = linux_os::file_setattr_call + 1;
    const auto calls_that_do_not_say = [](int error) {
        std::string others;
        for (long call = first; call < 600; ++call) {
            errno = 0;
            if (syscall(call, -1, -1, -1, -1, -1, -1) != -1 || errno != error) others += std::to_string(call) + " ";
        }
        return others;
    };
    BOOST_TEST(in_child([&] { return mark_calls(first) ? calls_that_do_not_say(EXDEV) : std::string("no filter"); }) ==
               "");
    BOOST_TEST(in_child([&] {
                   if (!mark_calls(first) || !sandbox().enter()) return std::string("no filter");
                   return calls_that_do_not_say(ENOSYS);
               }) == "");
}

BOOST_AUTO_TEST_CASE(what_is_allowed_stays_possible, *needs(own_kernel)) {
    if (!enforces(sandbox_tcp | sandbox_signals | sandbox_tracing)) return;
    const scratch folder;
    const world w;
    BOOST_REQUIRE((mkdir(SCRATCH "/one", 0755) == 0 && mkdir(SCRATCH "/two", 0755) == 0));
    BOOST_TEST(confined(sandbox(), [] {  // no rule of files: all of them are as they were
                   const int made = open(SCRATCH "/one/file", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
                   return done(made != -1 && rename(SCRATCH "/one/file", SCRATCH "/two/file") == 0 &&
                               link(SCRATCH "/two/file", SCRATCH "/one/again") == 0 &&
                               truncate(SCRATCH "/one/again", 0) == 0);
               }) == "done");
    BOOST_TEST(confined(sandbox(), [] { return opened("/proc/self/mem", O_RDWR); }) == "done");
    BOOST_TEST(confined(sandbox(), [] {
                   const pid_t child = fork();
                   if (child == 0)
                       for (;;) pause();
                   const bool good = opened("/proc/" + std::to_string(child) + "/mem", O_RDWR) == "done";
                   kill(child, SIGKILL);
                   return done(good);
               }) == "done");
    BOOST_TEST(confined(no_signals(), [] {
                   const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
                   cpu_set_t here;
                   return done(setrlimit(RLIMIT_CPU, &all) == 0 && setpriority(PRIO_PROCESS, 0, 0) == 0 &&
                               sched_getaffinity(0, sizeof here, &here) == 0 &&
                               sched_setaffinity(0, sizeof here, &here) == 0);
               }) == "done");
    sandbox ports;
    ports.allow_tcp(w.server.port, may_connect);
    BOOST_TEST(confined(ports, [&] { return listener::use(w.server.port, connect); }) == "done");
    BOOST_TEST(confined(ports, [&] { return send_fast(w, SYS_sendto); }) ==
               "permission denied");  // connects as it likes
    ports.allow_tcp(0, may_bind);
    BOOST_TEST(confined(ports, [] { return done(listen(socket(AF_INET, SOCK_STREAM, 0), 1) == 0); }) == "done");
    const auto look = [&] { return overwrite(w); };
    BOOST_TEST(confined(std::move(sandbox().allow_privileges()), look) == in_child(look));
}

BOOST_AUTO_TEST_SUITE_END()
