// What the kernel refuses to those who are confined, asked of the kernel itself, and what it grants the same attempts
// without a sandbox. Each attempt is made in a process of its own.
#include <arpa/inet.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <functional>
#include <vector>
#include <vitte/sys/fs/replace.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/platform/contract.hpp>
#include <vitte/sys/platform/traced.hpp>
#include <vitte/sys/platform/unsupported.hpp>
#include <vitte/sys/process.hpp>
#include <vitte/sys/sandbox.hpp>
#include <vitte/sys/thread.hpp>

#include "../support/confinement.hpp"
#include "../support/fixtures.hpp"
#include "../support/scratch.hpp"
#include "../support/text_files.hpp"

namespace {
static_assert(sandbox_facet<native::sandbox>);
static_assert(std::is_same_v<traced<native>::sandbox, native::sandbox>);

const ability confined_files{"a kernel that confines files (Landlock, ABI 3)",
                             [] { return enforces(sandbox_files | sandbox_truncation); }};
const ability confined_ports{"a kernel that confines TCP ports (Landlock, ABI 4)",
                             [] { return enforces(sandbox_tcp); }};
const ability confined_scopes{"a kernel that confines signals (Landlock, ABI 6)",
                              [] { return enforces(sandbox_signals | sandbox_abstract_sockets); }};
const ability filtered_calls{"a kernel that filters calls",
                             [] { return enforces(sandbox_privileges | sandbox_tracing); }};

/// A Linux whose Landlock is of that ABI.
template <int Abi>
struct older : native {
    struct sandbox : native::sandbox {
        static unsigned supported() noexcept {
            return native::sandbox::supported() & (linux_os::landlock_rules(Abi) | linux_os::filter_rules);
        }
    };
};

using attempts = std::vector<std::pair<const char*, std::function<std::string()>>>;
const char* const denied = "permission denied";

/// Those that did not end with `expected`, each in a process that entered `box`, if there is one.
std::string others_than(const std::string& expected, const attempts& all, const sandbox* box) {
    std::string others;
    for (const auto& [name, act] : all) {
        const std::string told = box != nullptr ? confined(*box, act) : in_child(act);
        if (told != expected) others += std::string(name) + ": " + told + "\n";
    }
    return others;
}

/// Folders "free", "shown" and "hidden", each with a "file" and a folder "below".
struct three_folders {
    const scratch folder;
    const directory free = made("free"), shown = made("shown"), hidden = made("hidden");
    sandbox box;

    three_folders() {
        BOOST_REQUIRE(box.allow(free, may_read | may_write).has_value());
        BOOST_REQUIRE(box.allow(SCRATCH "/shown", may_read).has_value());
        BOOST_REQUIRE(free.symbolic_link("../hidden/file", "way out").has_value());
    }
    static directory made(const char* name) {
        const auto top = directory::open(SCRATCH);
        BOOST_REQUIRE(top->create_directory(name).has_value());
        directory opened = std::move(*top->open_directory(name));
        put(opened, "file", name);
        BOOST_REQUIRE(opened.create_directory("below").has_value());
        return opened;
    }
};

std::string read_outcome(const char* path) { return outcome(read_text(path)); }
std::string truncated(const char* path) { return outcome(truncate(path, 0) == 0); }

/// Where programs and their libraries are.
void allow_programs(sandbox& box) {
    for (const char* const path : {"/usr", "/bin", "/lib", "/lib64", "/etc"})
        if (vitte::sys::stat(path)) BOOST_REQUIRE(box.allow(path, may_read | may_execute).has_value());
    BOOST_REQUIRE(box.allow("/dev/null", may_read | may_write).has_value());
}
const ability shell{"a shell", [] { return capture(command("sh").arguments({"-c", "exit 0"})).has_value(); }};

std::string said(const result<captured>& done) {
    if (!done) return std::string(done.error().operation) + ": " + message(done.error().code);
    if (done->status.signal != 0) return "signal " + std::to_string(done->status.signal);
    return std::to_string(done->status.code) + ": " + std::string(done->output_text());
}

/// Whether a process can be made with those flags of clone(2); it ends at once.
std::string cloned(int flags) {
    alignas(16) static std::byte stack[65536];
    return outcome(clone([](void*) { return 0; }, stack + sizeof stack, flags, nullptr) != -1);
}

/// With arguments that mean nothing: what forbids it did not look at them.
std::function<std::string()> call_without_sense(long number) {
    return [number] { return outcome(syscall(number, -1, -1, -1, -1, -1, -1) != -1); };
}

/// What the kernel would make of a call: those instructions of BPF that filters consist of.
std::uint32_t verdict(const linux_os::call_filter& filter, const seccomp_data& call) {
    std::uint32_t loaded = 0;
    for (const sock_filter* at = filter.program().data();; ++at) {
        bool taken = false;
        switch (at->code) {
            case BPF_LD | BPF_W | BPF_ABS:
                std::memcpy(&loaded, reinterpret_cast<const char*>(&call) + at->k, sizeof loaded);
                continue;
            case BPF_RET | BPF_K: return at->k;
            case BPF_JMP | BPF_JA: at += at->k; continue;
            case BPF_JMP | BPF_JEQ | BPF_K: taken = loaded == at->k; break;
            case BPF_JMP | BPF_JGE | BPF_K: taken = loaded >= at->k; break;
            case BPF_JMP | BPF_JSET | BPF_K: taken = (loaded & at->k) != 0; break;
            default: BOOST_FAIL("an instruction that no filter needs");
        }
        at += taken ? at->jt : at->jf;
    }
}
std::uint32_t verdict(unsigned rules, std::int64_t number, std::uint64_t first = 0, std::uint64_t second = 0,
                      std::uint64_t third = 0, std::uint64_t fourth = 0) {
    const seccomp_data call{static_cast<int>(number), linux_os::own_call_abi, 0, {first, second, third, fourth}};
    return verdict(linux_os::filter_of(rules), call);
}
constexpr std::uint32_t let_through = SECCOMP_RET_ALLOW, forbidden = SECCOMP_RET_ERRNO | EPERM,
                        unknown = SECCOMP_RET_ERRNO | ENOSYS;

}  // namespace

BOOST_AUTO_TEST_SUITE(sandbox_)

BOOST_AUTO_TEST_CASE(what_is_allowed_works, *needs(confined_files)) {
    const three_folders f;
    const attempts all{
        {"read", [] { return read_outcome(SCRATCH "/free/file"); }},
        {"read shown", [] { return read_outcome(SCRATCH "/shown/file"); }},
        {"list shown", [] { return outcome(directory::open(SCRATCH "/shown")->for_each([](auto&) { return true; })); }},
        {"write", [] { return outcome(vitte::sys::write(SCRATCH "/free/new", as_bytes("new"))); }},
        {"replace", [] { return outcome(vitte::sys::replace(SCRATCH "/free/file", as_bytes("other"))); }},
        {"truncate", [] { return truncated(SCRATCH "/free/file"); }},
        {"make folder", [&] { return outcome(f.free.create_directory("made")); }},
        {"link", [&] { return outcome(f.free.symbolic_link("file", "alias")); }},
        {"move to another folder", [&] { return outcome(f.free.rename("new", "below/moved")); }},
        {"remove", [&] { return outcome(f.free.remove("below/moved")); }},
        {"remove folder", [&] { return outcome(f.free.remove_directory("made")); }},
        {"facts", [] { return outcome(vitte::sys::stat(SCRATCH "/hidden/file")); }},
    };
    BOOST_TEST(others_than("done", all, &f.box) == "");
}

BOOST_AUTO_TEST_CASE(what_is_not_allowed_is_refused, *needs(confined_files)) {
    const three_folders f;
    const attempts reading{
        {"read hidden", [] { return read_outcome(SCRATCH "/hidden/file"); }},
        {"read by handle", [&] { return outcome(f.hidden.open_file("file")); }},
        {"read through link", [] { return read_outcome(SCRATCH "/free/way out"); }},
        {"read by way of ..", [] { return read_outcome(SCRATCH "/shown/../hidden/file"); }},
        {"list hidden", [] { return outcome(directory::open(SCRATCH "/hidden")); }},
        {"read root", [] { return outcome(directory::open("/")); }},
        {"write to open folder", [&] { return outcome(f.shown.open_file("file", open_mode::read_write)); }},
        {"truncate shown", [] { return truncated(SCRATCH "/shown/file"); }},
        {"make file", [&] { return outcome(f.shown.open_file("new", open_mode::create_new)); }},
        {"make folder", [&] { return outcome(f.shown.create_directory("made")); }},
        {"make link", [&] { return outcome(f.hidden.symbolic_link("file", "alias")); }},
        {"remove folder", [&] { return outcome(f.shown.remove_directory("below")); }},
        {"remove", [&] { return outcome(f.shown.remove("file")); }},
    };
    BOOST_TEST(others_than(denied, reading, &f.box) == "");
    BOOST_TEST(text_of(SCRATCH "/shown/file") == "shown");
    BOOST_TEST(others_than("done", reading, nullptr) == "");
}

BOOST_AUTO_TEST_CASE(nothing_is_moved_out_or_in, *needs(confined_files)) {
    const three_folders f;
    const auto in_box = [&](const directory& from, const directory& to) {
        return confined(f.box, [&] { return outcome(from.rename("file", to, "moved")); });
    };
    BOOST_TEST((in_box(f.shown, f.free) == denied && in_box(f.hidden, f.free) == denied));
    BOOST_TEST((in_box(f.free, f.shown) == denied && in_box(f.free, f.hidden) == denied));
    BOOST_TEST(confined(f.box, [&] { return outcome(f.hidden.link("file", f.free, "second")); }) ==
               message(errc::cross_device));
    BOOST_TEST(names_in(f.free).contains("file"));
    BOOST_TEST(in_child([&] { return outcome(f.shown.rename("file", f.free, "moved")); }) == "done");
}

BOOST_AUTO_TEST_CASE(devices_are_not_made, *needs(confined_files)) {
    const three_folders f;
    const auto make_null = [] { return outcome(mknod(SCRATCH "/free/null", S_IFCHR | 0666, makedev(1, 3)) == 0); };
    BOOST_TEST(confined(f.box, make_null) == denied);
    if (geteuid() == 0) BOOST_TEST(in_child(make_null) == "done");
}

BOOST_AUTO_TEST_CASE(single_files_are_allowed, *needs(confined_files)) {
    const three_folders f;
    sandbox box;
    BOOST_TEST((box.allow(SCRATCH "/hidden/file", may_read | may_write | may_execute).has_value()));
    BOOST_TEST(confined(box, [] { return read_outcome(SCRATCH "/hidden/file"); }) == "done");
    BOOST_TEST(confined(box, [] { return truncated(SCRATCH "/hidden/file"); }) == "done");
    BOOST_TEST(confined(box, [] { return read_outcome(SCRATCH "/shown/file"); }) == denied);
    BOOST_TEST((box.allow(SCRATCH "/nowhere", may_read).error().code == errc::not_found));
    BOOST_TEST(confined(sandbox().deny_files(), [] { return read_outcome(SCRATCH "/free/file"); }) == denied);
}

BOOST_AUTO_TEST_CASE(sandboxes_only_become_narrower, *needs(confined_files)) {
    const three_folders f;
    sandbox narrow, elsewhere;
    BOOST_TEST((narrow.allow(f.free, may_read).has_value() && elsewhere.allow(f.hidden, may_read).has_value()));
    const std::string told = confined(f.box, [&] {
        std::string all;
        const auto note = [&](const std::string& what) { all += what + "\n"; };
        note("shown " + read_outcome(SCRATCH "/shown/file"));
        note("narrow " + outcome(narrow.enter()));
        note("free " + read_outcome(SCRATCH "/free/file"));
        note("shown " + read_outcome(SCRATCH "/shown/file"));
        note("make " + outcome(f.free.open_file("new", open_mode::create_new)));
        note("elsewhere " + outcome(elsewhere.enter()));
        note("hidden " + read_outcome(SCRATCH "/hidden/file"));
        note("free " + read_outcome(SCRATCH "/free/file"));
        return all;
    });
    BOOST_TEST(told ==
               "shown done\nnarrow done\nfree done\nshown permission denied\nmake permission denied\nelsewhere done\n"
               "hidden permission denied\nfree permission denied\n");
}

// The instruction sets differ in numbers and in the order of arguments and of bytes.
BOOST_AUTO_TEST_CASE(filters_are_right_for_this_instruction_set) {
    const seccomp_data foreign{SYS_getpid, linux_os::own_call_abi ^ 1, 0, {}};
    BOOST_TEST(verdict(linux_os::filter_of(sandbox_sockets), foreign) == SECCOMP_RET_KILL_PROCESS);
    constexpr unsigned all = linux_os::filter_rules;
    for (const long call : {SYS_getpid, SYS_read, SYS_openat, SYS_exit_group, SYS_futex, SYS_seccomp, SYS_ioctl})
        BOOST_TEST(verdict(all, call, ~0ull, ~0ull) == let_through);
    const auto cloned = [](unsigned rules, std::uint64_t flags) {
        const bool second = linux_os::clone_flags_argument == 1;
        return verdict(rules, SYS_clone, second ? 0 : flags, second ? flags : 0);
    };
    constexpr std::uint64_t upper = 0xffff'ffff'0000'0000;
    BOOST_TEST((cloned(sandbox_processes, CLONE_THREAD | CLONE_VM) == let_through &&
                cloned(sandbox_processes, SIGCHLD) == forbidden && cloned(sandbox_processes, upper) == forbidden));
    BOOST_TEST((cloned(sandbox_privileges, SIGCHLD) == let_through &&
                cloned(sandbox_privileges, upper) == let_through &&
                cloned(sandbox_privileges, CLONE_NEWUSER | SIGCHLD) == forbidden));
    BOOST_TEST((verdict(sandbox_processes, 435) == unknown && verdict(sandbox_sockets, 435) == let_through));
    BOOST_TEST((verdict(sandbox_programs, SYS_execve) == forbidden &&
                verdict(sandbox_programs, SYS_execveat) == forbidden &&
                verdict(sandbox_privileges, SYS_execve) == let_through));
    BOOST_TEST(
        (verdict(sandbox_sockets, SYS_socket) == forbidden && verdict(sandbox_sockets, SYS_connect) == let_through));
    BOOST_TEST((verdict(sandbox_privileges, SYS_ioctl, 0, TIOCSTI) == forbidden &&
                verdict(sandbox_privileges, SYS_ioctl, 0, upper | TIOCSTI) == forbidden));
    BOOST_TEST((verdict(sandbox_signals, SYS_prlimit64, 0) == let_through &&
                verdict(sandbox_signals, SYS_prlimit64, 5) == forbidden &&
                verdict(sandbox_signals, SYS_prlimit64, upper) == let_through &&
                verdict(sandbox_privileges, SYS_prlimit64, 5) == let_through));
    BOOST_TEST((verdict(sandbox_signals, SYS_setpriority) == let_through &&
                verdict(sandbox_signals, SYS_setpriority, PRIO_USER) == forbidden &&
                verdict(sandbox_signals, SYS_setpriority, PRIO_PROCESS, 1) == forbidden));
    BOOST_TEST((verdict(sandbox_tcp, SYS_sendto, 3, 0, 1, MSG_NOSIGNAL) == let_through &&
                verdict(sandbox_tcp, SYS_sendto, 3, 0, 1, upper | MSG_FASTOPEN) == forbidden &&
                verdict(sandbox_tcp, SYS_sendmsg, 3, 0, MSG_FASTOPEN) == forbidden &&
                verdict(sandbox_tcp, SYS_sendmmsg, 3, 0, 1, MSG_FASTOPEN) == forbidden));
    BOOST_TEST((verdict(sandbox_tcp, SYS_listen) == let_through &&
                verdict(sandbox_tcp | linux_os::no_listening, SYS_listen) == forbidden));
    BOOST_TEST((verdict(0, 470) == unknown && verdict(0, 511) == unknown && verdict(0, 100'000) == unknown &&
                verdict(0, linux_os::file_setattr_call) == let_through));
    for (const std::uint32_t call : linux_os::privileged_calls)
        BOOST_TEST((verdict(sandbox_privileges, call) == forbidden && verdict(sandbox_programs, call) == let_through));
    for (const std::uint32_t call : linux_os::unfiltered_calls)
        BOOST_TEST(verdict(sandbox_programs, call) == forbidden);
}

BOOST_AUTO_TEST_CASE(processes_are_refused_and_threads_are_not, *needs(filtered_calls)) {
    sandbox box;
    box.deny_processes();
    const attempts all{
        {"fork",
         [] {
             const pid_t made = fork();
             if (made == 0) _exit(0);
             return outcome(made != -1);
         }},
        {"vfork",
         [] {
             const pid_t made = vfork();
             if (made == 0) _exit(0);
             return outcome(made != -1);
         }},
        {"clone", [] { return cloned(CLONE_VM | SIGCHLD); }},
        {"spawn",
         [] {
             return outcome(command(child_program()).arguments({"exit", "0"}).spawn());
         }},
    };
    BOOST_TEST(others_than(denied, all, &box) == "");
    BOOST_TEST(others_than("done", all, nullptr) == "");
    const auto become = [] {
        char* const arguments[] = {const_cast<char*>("child"), const_cast<char*>("exit"), nullptr};
        return outcome(execv(child_program(), arguments) == 0);
    };
    BOOST_TEST(confined(box, become) == denied);
    BOOST_TEST(in_child(become) == "");
    BOOST_TEST(confined(box, [] {
                   auto worker = start_thread([] { return 42; });
                   return worker ? std::to_string(*worker->join()) : outcome(worker);
               }) == "42");
}

BOOST_AUTO_TEST_CASE(sockets_are_refused, *needs(filtered_calls)) {
    int pair[2];
    const attempts all{
        {"TCP", [] { return outcome(socket(AF_INET, SOCK_STREAM, 0) != -1); }},
        {"UDP", [] { return outcome(socket(AF_INET, SOCK_DGRAM, 0) != -1); }},
        {"local", [] { return outcome(socket(AF_UNIX, SOCK_STREAM, 0) != -1); }},
        {"routes", [] { return outcome(socket(AF_NETLINK, SOCK_RAW, 0) != -1); }},
        {"pair", [&] { return outcome(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != -1); }},
    };
    sandbox box;
    box.deny_sockets();
    BOOST_TEST(others_than(denied, all, &box) == "");
    BOOST_TEST(others_than("done", all, nullptr) == "");
}

BOOST_AUTO_TEST_CASE(calls_of_privileged_programs_are_refused, *needs(filtered_calls)) {
    const attempts own{
        {"ptrace", [] { return outcome(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0); }},
        {"process_vm_readv",
         [] {
             char here = 'x', there = 0;
             const iovec to{&there, 1}, from{&here, 1};
             return outcome(process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 1);
         }},
    };
    const attempts senseless{
        {"ioctl TIOCSTI", [] { return outcome(ioctl(-1, TIOCSTI, "x") == 0); }},
        {"unshare", call_without_sense(SYS_unshare)},
        {"setns", call_without_sense(SYS_setns)},
        {"chroot", call_without_sense(SYS_chroot)},
        {"mount", call_without_sense(SYS_mount)},
        {"open_tree", call_without_sense(428)},
        {"mount_setattr", call_without_sense(442)},
        {"open_by_handle_at", call_without_sense(SYS_open_by_handle_at)},
        {"pidfd_getfd", call_without_sense(438)},
        {"bpf", call_without_sense(SYS_bpf)},
        {"perf_event_open", call_without_sense(SYS_perf_event_open)},
        {"userfaultfd", call_without_sense(SYS_userfaultfd)},
        {"keyctl", call_without_sense(SYS_keyctl)},
        {"kexec_load", call_without_sense(SYS_kexec_load)},
        {"io_uring_setup", call_without_sense(425)},
        {"io_uring_enter", call_without_sense(426)},
    };
    const sandbox box;
    BOOST_TEST((others_than(denied, own, &box) == "" && others_than(denied, senseless, &box) == ""));
    BOOST_TEST(others_than("done", own, nullptr) == "");
    BOOST_TEST(in_child(senseless[0].second) == "bad handle");
    BOOST_TEST(confined(box, [] { return cloned(CLONE_VM | CLONE_NEWUSER | SIGCHLD); }) == denied);
    // Without clone3(2), as on old kernels.
    BOOST_TEST(confined(box, [] { return outcome(command(child_program()).arguments({"exit", "0"}).spawn()); }) == "done");
    BOOST_TEST(confined(box, [] { return outcome(command("./no-such-program").spawn()); }) == "not found");
    BOOST_TEST(confined(box, [] {
                   std::signal(SIGUSR1, [](int) {});
                   std::signal(SIGPIPE, SIG_IGN);
                   auto p = command("sh").arguments({"-c", "kill -s PIPE $$; exit 5"}).spawn();
                   return p ? std::to_string(p->wait()->signal) : outcome(p);
               }) == std::to_string(SIGPIPE));
}

BOOST_AUTO_TEST_CASE(privileges_are_allowed_on_demand, *needs(filtered_calls)) {
    sandbox box;
    box.deny_sockets().allow_privileges();
    BOOST_TEST(confined(box, [] { return outcome(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0); }) == "done");
    BOOST_TEST(confined(box, call_without_sense(425)) == denied);  // io_uring makes sockets behind the filter's back
}

#if defined(__x86_64__)
/// getpid(2) as programs of 32 bits call it.
static std::string pid_by_interrupt() {
    long made = 20;
    asm volatile("int $0x80" : "+a"(made) : : "memory", "r8", "r9", "r10", "r11");
    return outcome(made == getpid());
}
const ability calls_of_32_bits{"calls of 32 bits",
                               [] { return filtered_calls.present() && in_child(pid_by_interrupt) == "done"; }};

BOOST_AUTO_TEST_CASE(calls_in_other_ways_do_not_pass, *needs(filtered_calls)) {
    const auto by_x32 = [] {
        errno = 0;
        return outcome(syscall(0x4000'0000 | SYS_getpid) != -1);
    };
    BOOST_TEST(confined(sandbox(), by_x32) == message(errc::not_supported));
    BOOST_TEST(confined(sandbox(), [] { return outcome(syscall(-1) != -1); }) == message(errc::not_supported));
}

BOOST_AUTO_TEST_CASE(calls_of_another_instruction_set_kill, *needs(calls_of_32_bits)) {
    BOOST_TEST(confined(sandbox(), pid_by_interrupt) == "signal " + std::to_string(SIGSYS));
}
#endif

BOOST_AUTO_TEST_CASE(ports_are_confined, *needs(confined_ports)) {
    const listener allowed, other;
    sandbox box;
    box.allow_tcp(allowed.port, may_connect);
    const auto connecting = [](std::uint16_t port) { return [=] { return listener::use(port, connect); }; };
    const auto binding = [] { return listener::use(0, bind); };
    BOOST_TEST((confined(box, connecting(allowed.port)) == "done" && confined(box, connecting(other.port)) == denied));
    BOOST_TEST((in_child(connecting(other.port)) == "done" && in_child(binding) == "done"));
    BOOST_TEST(confined(box, binding) == denied);
    BOOST_TEST(confined(sandbox().allow_tcp(0, may_bind), binding) == "done");
    BOOST_TEST(confined(sandbox().allow_tcp(allowed.port, 0), connecting(allowed.port)) == denied);
    BOOST_TEST(confined(sandbox().deny_tcp(), connecting(allowed.port)) == denied);
}

BOOST_AUTO_TEST_CASE(signals_and_abstract_sockets_stay_inside, *needs(confined_scopes)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "vitte-sandbox-%d", getpid());
    const auto* const address = reinterpret_cast<const sockaddr*>(&name);
    const int outside = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    BOOST_REQUIRE((bind(outside, address, sizeof name) == 0 && listen(outside, 1) == 0));
    const auto signal_parent = [] { return outcome(kill(getppid(), 0) == 0); };
    const auto reach = [&] { return outcome(connect(socket(AF_UNIX, SOCK_STREAM, 0), address, sizeof name) == 0); };
    BOOST_TEST((in_child(signal_parent) == "done" && in_child(reach) == "done"));
    BOOST_TEST(confined(sandbox().deny_signals(), signal_parent) == denied);
    BOOST_TEST(confined(sandbox().deny_signals(), [] { return outcome(kill(getpid(), 0) == 0); }) == "done");
    BOOST_TEST(confined(sandbox().deny_abstract_sockets(), reach) == denied);
    close(outside);
}

BOOST_AUTO_TEST_CASE(what_a_kernel_lacks_is_named, *needs(confined_files)) {
    const three_folders f;
    basic_sandbox<older<2>> box;
    BOOST_TEST(box.allow(SCRATCH "/free", may_read).has_value());
    BOOST_TEST(in_child([&] {
                   const auto refused = box.enter().error();
                   const bool free =
                       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 && text_of(SCRATCH "/hidden/file") != "";
                   return std::string(refused.operation) + ": " + message(refused.code) + (free ? ", free" : "");
               }) == "sandbox: truncation: not supported, free");
    // And it would do harm to be silent about that.
    BOOST_TEST(confined(
                   box, [] { return truncated(SCRATCH "/free/file"); }, enforce::what_it_can) == "done");
    BOOST_TEST(confined(
                   box, [] { return read_outcome(SCRATCH "/hidden/file"); }, enforce::what_it_can) == denied);
    const auto plan = box.plan(enforce::what_it_can);
    BOOST_TEST((plan->missing == sandbox_rules{sandbox_truncation | sandbox_device_control}));
    BOOST_TEST((plan->enforced == sandbox_rules{sandbox_files | sandbox_privileges | sandbox_tracing}));
    const auto name_without = []<int Abi>(older<Abi>*, auto asked) {
        basic_sandbox<older<Abi>> wanted;
        return std::string(asked(wanted).plan().error().operation);
    };
    static older<0>* const none = nullptr;
    static older<3>* const third = nullptr;
    static older<5>* const fifth = nullptr;
    BOOST_TEST(name_without(none, [](auto& b) -> auto& { return b.deny_files(); }) == "sandbox: files");
    BOOST_TEST(name_without(third, [](auto& b) -> auto& { return b.deny_files(); }) == "sandbox: device control");
    BOOST_TEST(name_without(third, [](auto& b) -> auto& { return b.deny_tcp(); }) == "sandbox: TCP ports");
    BOOST_TEST(name_without(fifth, [](auto& b) -> auto& { return b.deny_signals(); }) == "sandbox: signals");
}

BOOST_AUTO_TEST_CASE(a_platform_without_sandboxes_says_so) {
    basic_sandbox<unsupported_platform> box;
    BOOST_TEST((box.enter().error().code == errc::not_supported));
    BOOST_TEST(std::string(box.enter().error().operation) == "sandbox: privileges");
    BOOST_TEST(box.allow("folder", may_read).has_value());
    const auto report = box.enter(enforce::what_it_can);
    BOOST_TEST((report->enforced.empty() && report->missing.has(sandbox_files)));
    BOOST_TEST(supported_sandbox<unsupported_platform>().empty());
}

BOOST_AUTO_TEST_CASE(other_threads_are_not_forgotten, *needs(filtered_calls)) {
    const auto told = in_child([] {
        event go_on;
        auto other = start_thread([&] {
            go_on.wait();
            return outcome(socket(AF_INET, SOCK_DGRAM, 0) != -1);
        });
        sandbox box;
        const auto refused = box.deny_sockets().enter().error();
        std::string all = std::string(refused.operation) + ": " + message(refused.code);
        all += ", " + outcome(box.enter(enforce::all_or_fail, sandbox_scope::one_thread));
        all += ", " + outcome(socket(AF_INET, SOCK_DGRAM, 0) != -1);
        go_on.set();
        return all + ", " + *other->join();
    });
    BOOST_TEST(told == "sandbox: other threads: busy, done, permission denied, done");
}

BOOST_AUTO_TEST_CASE(children_are_confined_and_parents_are_not, *needs(confined_files) * needs(shell)) {
    three_folders f;
    allow_programs(f.box);
    const auto in_box = [&](command what) { return said(capture(what.error(stdio::null()).confine(f.box))); };
    BOOST_TEST(in_box(command("cat").argument(SCRATCH "/shown/file")) == "0: shown");
    BOOST_TEST(in_box(command("cat").argument(SCRATCH "/hidden/file")) == "1: ");
    BOOST_TEST(said(capture(command("cat").argument(SCRATCH "/hidden/file"))) == "0: hidden");
    BOOST_TEST(in_box(command("cat").arguments({"file", "../hidden/file"}).directory(SCRATCH "/shown")) == "1: shown");
    BOOST_TEST(in_box(command("sh").arguments({"-c", "echo x > " SCRATCH "/free/made && cat " SCRATCH "/free/made"})) ==
               "0: x\n");
    BOOST_TEST(in_box(command("sh").arguments({"-c", "(: > " SCRATCH "/shown/made) || echo refused"})) ==
               "0: refused\n");
    BOOST_TEST(in_box(command("sh").arguments({"-c", "grep NoNewPrivs /proc/$$/status || echo no"})) == "0: no\n");
    BOOST_TEST((prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0));
    BOOST_TEST(
        (text_of(SCRATCH "/hidden/file") == "hidden" && vitte::sys::write(SCRATCH "/shown/made", {}).has_value()));
}

BOOST_AUTO_TEST_CASE(children_have_no_children, *needs(filtered_calls) * needs(shell)) {
    sandbox box;
    box.deny_processes();
    const auto script = [](const char* text) { return command("sh").arguments({"-c", text}).error(stdio::null()); };
    const char* const with_child = "(echo child); echo parent";
    BOOST_TEST(said(capture(script(with_child))) == "0: child\nparent\n");
    BOOST_TEST(said(capture(script(with_child).confine(box))).find("child") == std::string::npos);
    BOOST_TEST(said(capture(script("echo alone").confine(box))) == "0: alone\n");
    BOOST_TEST(said(capture(script("exec sh -c 'exit 7'").confine(box))) == "7: ");
}

BOOST_AUTO_TEST_CASE(failures_of_children_tell_the_step, *needs(confined_files) * needs(shell)) {
    const auto start = [](const auto& box, enforce how) {
        return command("/bin/sh").arguments({"-c", "exit 3"}).confine(box, how).spawn();
    };
    const three_folders f;
    const auto refused = start(f.box, enforce::all_or_fail).error();
    BOOST_TEST((std::string(refused.operation) == "execve" && refused.code == errc::permission_denied));
    sandbox box;
    allow_programs(box);
    BOOST_TEST(start(box, enforce::all_or_fail)->wait()->code == 3);
    basic_sandbox<older<0>> files;
    const auto missing = basic_command<older<0>>("/bin/sh").confine(files.deny_files()).spawn().error();
    BOOST_TEST((std::string(missing.operation) == "sandbox: files" && missing.code == errc::not_supported));
    BOOST_TEST(basic_command<older<0>>("/bin/sh")
                   .arguments({"-c", "exit 4"})
                   .confine(files, enforce::what_it_can)
                   .spawn()
                   ->wait()
                   ->code == 4);
    const auto told = in_child([&] {
        for (int depth = 0; depth < 16; ++depth)
            if (!box.enter()) return std::string("too early");
        const auto failed = start(box, enforce::all_or_fail).error();
        return std::string(failed.operation) + ": " + message(failed.code);
    });
    BOOST_TEST(told == "landlock_restrict_self: too large");
}

BOOST_AUTO_TEST_SUITE_END()
