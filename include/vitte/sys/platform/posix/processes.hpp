/// Child processes. `System` says how a child begins, how the rest of its descriptors are closed, and how to wait for
/// its end.
#pragma once

#include <dirent.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#if defined(VITTE_PLATFORM_POSIX)
#include <grp.h>  // where it is, it has `setgroups`, which other systems have in <unistd.h>
#endif

#include <vitte/sys/platform/posix/environment.hpp>
#include <vitte/sys/platform/posix/pipe_end.hpp>
#include <vitte/sys/platform/process_types.hpp>

namespace vitte::sys::posix {

/// A child; its number is its own until it is waited for.
struct child_handle {
    pid_t id = -1;
};

inline int number_of(process_signal signal) noexcept {
    constexpr int numbers[] = {SIGINT, SIGTERM, SIGKILL, SIGSTOP, SIGCONT};
    return numbers[static_cast<unsigned>(signal)];
}

/// What happens between the start of a child and that of its program. Memory may be the parent's, which waits
/// meanwhile: nothing is allocated and nothing changed, but `told` and `errno`.
template <class System>
struct child_start {
    const process_request<int>& request;
    const int descriptor_end;   ///< above all descriptors that were there when the child was asked for
    bool begins_clean = false;  ///< no signal is handled, and the parent sees what is in `told`
    int report = -1;            ///< a pipe to the parent that closes by itself when the program starts

    struct failure {
        const char* operation = nullptr;
        int number = 0;
    };
    failure told{};

    static int run(void* opaque) noexcept {
        child_start& self = *static_cast<child_start*>(opaque);
        const char* failed = self.prepare();
        if (failed == nullptr) {
            char** const environment = const_cast<char**>(self.request.environment);
            ::execve(self.request.program, const_cast<char**>(self.request.arguments),
                     environment != nullptr ? environment : ::environ);
            failed = "execve";
        }
        self.told = {failed, errno};
        if (self.report != -1) static_cast<void>(!::write(self.report, &self.told, sizeof self.told));
        return 127;
    }

private:
    /// The operation that failed, or null.
    const char* prepare() const noexcept {
        const bool takes_terminal = request.group == process_group::terminal;
        if ((request.group == process_group::session || takes_terminal) && ::setsid() == -1) return "setsid";
        if (request.group == process_group::own && ::setpgid(0, 0) == -1) return "setpgid";
        if (!place_streams()) return "place streams";
        if (takes_terminal && !take_terminal()) return "ioctl TIOCSCTTY";
        System::close_at_exec(3, descriptor_end);
        for (std::size_t i = 0; i < request.kept_count; ++i)
            if (::fcntl(request.kept[i], F_SETFD, 0) == -1) return "fcntl";
        for (std::size_t i = 0; i < request.limit_count; ++i)
            if (!set_limit(request.limits[i])) return "setrlimit";
        if (request.user != nullptr && !System::become(*request.user)) return "setuid";
        if (request.directory != nullptr && ::chdir(request.directory) == -1) return "chdir";
        if (!begins_clean) reset_handlers();
        begin_with_usual_signals();
        return confine();
    }
    const char* confine() const noexcept {
        if (request.confine == nullptr) return nullptr;
        const auto done = request.confine(request.confinement);
        if (done) return nullptr;
        errno = done.error().native;
        return done.error().operation;
    }
    static bool set_limit(const resource_limit& limit) noexcept {
#if defined(RLIMIT_NPROC)
        constexpr int processes = RLIMIT_NPROC;
#else
        constexpr int processes = -1;
#endif
#if defined(RLIMIT_AS)
        constexpr int address_space = RLIMIT_AS;
#else
        constexpr int address_space = RLIMIT_DATA;
#endif
        constexpr int numbers[] = {RLIMIT_CPU,  RLIMIT_FSIZE,  RLIMIT_DATA,   RLIMIT_STACK,
                                   RLIMIT_CORE, RLIMIT_NOFILE, address_space, processes};
        const auto amount = [](std::uint64_t n) { return n == unlimited ? RLIM_INFINITY : static_cast<rlim_t>(n); };
        const rlimit wanted{amount(limit.soft), amount(limit.hard)};
        const int number = numbers[static_cast<unsigned>(limit.what)];
        if (number == -1) return errno = ENOTSUP, false;
        return ::setrlimit(static_cast<decltype(RLIMIT_CPU)>(number), &wanted) == 0;
    }
    static bool take_terminal() noexcept {
#if defined(TIOCSCTTY)
        return ::ioctl(0, TIOCSCTTY, 0) == 0;
#else
        return errno = ENOTSUP, false;
#endif
    }
    /// Streams that the parent lacks lead to the null device. What is closed at exec is no stream of the parent, but a
    /// descriptor that another thread has just opened, which has its number for a moment.
    bool place_streams() const noexcept {
        int from[3];
        for (int i = 0; i < 3; ++i) {
            from[i] = request.streams[i];
            if ((request.inherited >> i & 1) != 0 && ::fcntl(i, F_GETFD) != 0 && !lead_to_nowhere(i)) return false;
            const bool in_the_way = from[i] >= 0 && from[i] < 3 && from[i] != i;
            if (in_the_way && (from[i] = ::fcntl(from[i], F_DUPFD_CLOEXEC, 3)) == -1) return false;
        }
        for (int i = 0; i < 3; ++i) {
            if (from[i] == i)
                ::fcntl(i, F_SETFD, 0);
            else if (from[i] == -1)
                ::close(i);
            else if (::dup2(from[i], i) == -1)
                return false;
        }
        return true;
    }
    static bool lead_to_nowhere(int stream) noexcept {
        const int made = ::open("/dev/null", O_RDWR);
        if (made == stream) return true;
        return made != -1 && ::dup2(made, stream) != -1 && ::close(made) == 0;
    }
    /// No handler of the parent may run here.
    static void reset_handlers() noexcept {
#if defined(_SIG_MAXSIG)  // of FreeBSD and DragonFly, whose NSIG is below the signals for real time
        constexpr int end = _SIG_MAXSIG + 1;
#elif defined(NSIG)
        constexpr int end = NSIG;
#else
        constexpr int end = 65;
#endif
        for (int number = 1; number < end; ++number) {
            struct sigaction now;
            if (::sigaction(number, nullptr, &now) == -1) continue;
            if (now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN) reset(number);
        }
    }
    /// The program begins with none blocked and SIGPIPE as usual.
    static void begin_with_usual_signals() noexcept {
        reset(SIGPIPE);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
    }
    static void reset(int number) noexcept {
        struct sigaction usual {};
        usual.sa_handler = SIG_DFL;
        ::sigaction(number, &usual, nullptr);
    }
};

template <class System>
struct processes {
    using child = child_handle;
    using pipe_end = posix::pipe_end;
    static constexpr const char* null_device = "/dev/null";
    static constexpr char list_separator = ':';  ///< of PATH
    static constexpr const char* suffix = "";    ///< of the names of programs

    static result<child> spawn(const process_request<int>& request) noexcept {
        child_start<System> start{request, System::descriptor_end()};
        if constexpr (requires { System::start_clean(start.run, &start); }) {
            start.begins_clean = true;
            if (const auto started = System::start_clean(start.run, &start)) return unless_told(start.told, *started);
            start.begins_clean = false;
        }
        return spawn_reporting(start);
    }
    static result<exit_status> wait(child of, std::int64_t until) noexcept {
        VITTE_CHECK(System::await_exit(of, until));
        int status = 0;
        rusage use{};
        const pid_t ended = System::wait4(of.id, &status, &use);
        if (ended == -1) return last_error("wait4");
        if (ended == 0) return fail(errc::interrupted, "wait4");
        exit_status made;
        if (WIFSIGNALED(status))
            made.signal = WTERMSIG(status);
        else
            made.code = WEXITSTATUS(status);
        made.use = translated(use);
        return made;
    }
    /// In turns of a day at most, since not all systems take any deadline.
    static result<void> await_end(child of, std::int64_t until) noexcept {
        const std::int64_t day = clocks::monotonic() + 86'400'000'000'000;
        const auto ended = System::await_exit(of, until < day ? until : day);
        if (!ended && ended.error().code == errc::timed_out && until > day)
            return fail(errc::interrupted, ended.error().operation);
        return ended;
    }
    static result<int> end_handle(child of) noexcept
        requires requires { System::end_handle(of); }
    {
        return System::end_handle(of);
    }
    static void close_end_handle(int handle) noexcept { ::close(handle); }
    static result<void> send(child to, process_signal signal) noexcept { return sent(to.id, 1, signal); }
    static result<void> send_group(child leader, process_signal signal) noexcept { return sent(leader.id, -1, signal); }
    static void close(child) noexcept {}
    static std::uint64_t id(child of) noexcept { return static_cast<std::uint64_t>(of.id); }
    static std::uint64_t own_id() noexcept { return static_cast<std::uint64_t>(::getpid()); }
    static resource_use own_use() noexcept {
        rusage use{};
        ::getrusage(RUSAGE_SELF, &use);
        return translated(use);
    }

private:
    /// Starts a child that says through a pipe what fails.
    static result<child> spawn_reporting(child_start<System>& start) noexcept {
        int ends[2];
        VITTE_CHECK(open_pipe(ends));
        start.report = ends[1];
        sigset_t all, before;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        const auto started = System::start(start.run, &start);
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        ::close(ends[1]);
        // Where pipes are not made and marked in one step, children of other threads may hold this one open, too.
        if constexpr (requires { System::starts_at_once; }) ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
        typename child_start<System>::failure told;
        ssize_t got = 0;
        if (started) do
                got = ::read(ends[0], &told, sizeof told);
            while (got == -1 && errno == EINTR);
        ::close(ends[0]);
        if (!started || got != static_cast<ssize_t>(sizeof told)) return started;
        return unless_told(told, *started);
    }
    /// The child, unless it failed to begin: then it is gone.
    static result<child> unless_told(const typename child_start<System>::failure& told, child made) noexcept {
        if (told.operation == nullptr) return made;
        while (::waitpid(made.id, nullptr, 0) == -1 && errno == EINTR) {
        }
        return fail(cause_of(told.number), told.operation, told.number);
    }
    /// To kill(2) numbers below 1 mean more than is meant here, and -1 means everybody.
    static result<void> sent(pid_t to, int sign, process_signal signal) noexcept {
        if (to < 1) return fail(errc::bad_handle, "kill");
        return checked(::kill(sign * to, number_of(signal)), "kill");
    }
    static resource_use translated(const rusage& use) noexcept {
        const auto time = [](const timeval& t) {
            return std::int64_t{t.tv_sec} * 1'000'000'000 + std::int64_t{t.tv_usec} * 1000;
        };
#if defined(__APPLE__)
        constexpr std::uint64_t unit = 1;
#else
        constexpr std::uint64_t unit = 1024;
#endif
        return {time(use.ru_utime), time(use.ru_stime), static_cast<std::uint64_t>(use.ru_maxrss) * unit};
    }
};

/// What POSIX has, which is `fork`: it takes as long as the parent is large.
struct forking {
    static result<child_handle> start(int (*run)(void*) noexcept, void* argument) noexcept {
        const pid_t made = ::fork();
        if (made == -1) return last_error("fork");
        if (made == 0) ::_exit(run(argument));
        return child_handle{made};
    }
    /// Returns true if this process has no supplementary group but `group`. Sets `errno` otherwise.
    static bool has_only(gid_t group) noexcept {
        gid_t found[1];
        const int count = ::getgroups(1, found);
        if (count == 0 || (count == 1 && found[0] == group)) return true;
        return errno = EPERM, false;
    }
#if !defined(__linux__) || defined(VITTE_PLATFORM_POSIX) || defined(VITTE_PLATFORM_HEADER)  // which has its own
    /// Changes user and group. Fails if supplementary groups would stay, or the right to become root.
    static bool become(const user_identity& user) noexcept {
        const auto group = static_cast<gid_t>(user.group);
        const bool changed =
            ::setgid(group) == 0 && leave_groups(&group) && ::setuid(static_cast<uid_t>(user.user)) == 0;
        if (!changed || user.user == 0 || ::setuid(0) != 0) return changed;
        return errno = EPERM, false;
    }
    /// Leaves all supplementary groups but this one. Where `setgroups`, which is not POSIX, is missing or not
    /// permitted, there must be no others.
    template <class Group>
    static bool leave_groups(const Group* group) noexcept {
        if constexpr (requires { setgroups(1, group); })
            if (setgroups(1, group) == 0) return true;
        return has_only(*group);
    }
    /// A number above those of all descriptors. The present limit says nothing of those that are older than it.
    static int descriptor_end() noexcept {
#if defined(F_MAXFD)  // NetBSD
        return ::fcntl(0, F_MAXFD) + 1;
#elif defined(__OpenBSD__)
        int number = 0;
        for (int left = ::getdtablecount(); left > 0 && number < most_descriptors(); ++number)
            if (::fcntl(number, F_GETFD) != -1) --left;
        return number;
#else
        const int listed = listed_end();
        return listed != 0 ? listed : most_descriptors();
#endif
    }
    /// Above the descriptors in the folder of them; 0 if there is none, or a wrong one, which the folder's own is not
    /// in.
    static int listed_end() noexcept {
        DIR* const folder = ::opendir("/dev/fd");
        if (folder == nullptr) return 0;
        int end = 0;
        bool itself = false;
        while (const dirent* const entry = ::readdir(folder)) {
            const int number = ::atoi(entry->d_name);
            itself = itself || number == dirfd(folder);  // a macro on NetBSD and macOS
            end = number < end ? end : number + 1;
        }
        ::closedir(folder);
        return itself ? end : 0;
    }
#endif
    static void close_at_exec(int first, int end) noexcept {
        for (int number = first; number < end; ++number) ::fcntl(number, F_SETFD, FD_CLOEXEC);
    }
    /// What processes are allowed at most.
    static int most_descriptors() noexcept {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        constexpr rlim_t most = 1 << 20;
        return static_cast<int>(limit.rlim_max < most ? limit.rlim_max : most);
    }
#if !defined(__OpenBSD__) || defined(VITTE_PLATFORM_POSIX)  // which had no waitid until 7.3
    /// Asks again every 2 ms.
    static result<void> await_exit(child_handle of, std::int64_t until) noexcept {
        siginfo_t about{};
        const int how = WEXITED | WNOWAIT | (until == INT64_MAX ? 0 : WNOHANG);
        if (::waitid(P_PID, static_cast<id_t>(of.id), &about, how) == -1) return last_error("waitid");
        if (about.si_pid != 0) return {};
        const std::int64_t now = clocks::monotonic();
        if (now >= until) return fail(errc::timed_out, "waitid");
        VITTE_CHECK(clocks::sleep_until(until - now < 2'000'000 ? until : now + 2'000'000));
        return fail(errc::interrupted, "waitid");
    }
#endif
    static pid_t wait4(pid_t of, int* status, rusage*) noexcept { return ::waitpid(of, status, WNOHANG); }
};

}  // namespace vitte::sys::posix
