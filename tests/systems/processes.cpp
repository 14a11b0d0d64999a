// Processes, their limits, and signals.
#include <grp.h>

#include <string>

#include "every_process.hpp"
#include "host.hpp"

using namespace systems;

namespace {

/// A status as wait(2) puts it, with the system's signals.
void translate_status(int& status) {
    if (WIFSIGNALED(status)) status = (status & ~0x7f) | signal_of(WTERMSIG(status));
    else if (WIFSTOPPED(status)) status = (status & 0xff) | signal_of(WSTOPSIG(status)) << 8;
}

constexpr pair limits[] = {PAIR(RLIMIT_CPU), PAIR(RLIMIT_FSIZE), PAIR(RLIMIT_DATA), PAIR(RLIMIT_STACK), PAIR(RLIMIT_CORE),
                           PAIR(RLIMIT_MEMLOCK), PAIR(RLIMIT_NPROC), PAIR(RLIMIT_NOFILE),
#if defined(TARGET_RLIMIT_AS)
                           PAIR(RLIMIT_AS),
#endif
};
constexpr auto no_limit = static_cast<target_rlim_t>(TARGET_RLIM_INFINITY);
target_rlim_t target_limit(rlim_t host) { return host == RLIM_INFINITY ? no_limit : static_cast<target_rlim_t>(host); }
rlim_t host_limit(target_rlim_t target) {
    // What is negative, or too large for the system's type, is as much as can be.
    return target >= no_limit || static_cast<std::int64_t>(target) < 0 ? RLIM_INFINITY : static_cast<rlim_t>(target);
}

/// Handlers by the system's numbers; Linux calls `relay`.
void (*handlers[129])(int);
void relay(int number) {
    const int target = signal_of(number);
    if (handlers[target] != nullptr) handlers[target](target);
}
/// The same for those who want to know more. What Linux's call for one thread sends is as what others send.
void (*informed_handlers[129])(int, siginfo_t*, void*);
void informed_relay(int number, siginfo_t* about, void* machine) {
    const int target = signal_of(number);
    about->si_signo = target;
    about->si_code = about->si_code == SI_QUEUE ? TARGET_SI_QUEUE : about->si_code <= 0 ? TARGET_SI_USER : about->si_code;
    if (informed_handlers[target] != nullptr) informed_handlers[target](target, about, machine);
}

int host_mask_operation(int how) {
    static constexpr pair known[] = {PAIR(SIG_BLOCK), PAIR(SIG_UNBLOCK), PAIR(SIG_SETMASK)};
    return host_number(known, how).value_or(-1);
}

/// Whether not all of a process group are zombies.
bool has_living(pid_t group) {
    bool any = false;
    for_each_process([&](pid_t, char state, pid_t, pid_t its_group) {
        any = any || (its_group == group && state != 'Z');
    });
    return any;
}

}  // namespace

extern "C" {

pid_t target_fork() { return told(::fork()); }
int target_execve(const char* program, char* const* arguments, char* const* environment) {
    return told(::execve(program, arguments, environment));
}
pid_t target_setsid() { return told(::setsid()); }
int target_setpgid(pid_t process, pid_t group) { return told(::setpgid(process, group)); }
int target_setuid(uid_t user) { return told(::setuid(user)); }
int target_setgid(gid_t group) { return told(::setgid(group)); }
int target_getgroups(int count, gid_t* to) { return told(::getgroups(count, to)); }
int target_setgroups(int count, const gid_t* groups) {
    return count < 0 ? refuse(TARGET_EINVAL) : told(::setgroups(static_cast<std::size_t>(count), groups));
}
int target_kill(pid_t to, int number) {
    const auto host = number == 0 ? 0 : host_signal(number);
    if (!host) return refuse(TARGET_EINVAL);
    if (here.groups_of_zombies_refuse && to < -1 && ::kill(to, 0) == 0 && !has_living(-to)) return refuse(TARGET_EPERM);
    return told(::kill(to, *host));
}
int target_raise(int number) {
    const auto host = host_signal(number);
    return host ? ::raise(*host) : refuse(TARGET_EINVAL);
}
int target_pthread_kill(pthread_t to, int number) {
    const auto host = host_signal(number);
    return host ? ::pthread_kill(to, *host) : TARGET_EINVAL;
}

pid_t target_wait4(pid_t of, int* status, int options, struct target_rusage* use) {
    static constexpr pair known[] = {PAIR(WNOHANG), PAIR(WUNTRACED), PAIR(WCONTINUED)};
    const auto bits = host_bits(known, options);
    if (!bits) return refuse(TARGET_EINVAL);
    int told_status = 0;
    const pid_t ended = ::wait4(of, &told_status, *bits, reinterpret_cast<rusage*>(use));
    if (ended == -1) return told(-1);
    if (ended > 0) translate_status(told_status);
    if (status != nullptr) *status = told_status;
#if defined(TARGET_DARWIN)
    if (use != nullptr) use->ru_maxrss *= 1024;
#endif
    return ended;
}
pid_t target_waitpid(pid_t of, int* status, int options) { return target_wait4(of, status, options, nullptr); }
int target_waitid(int kind, id_t of, siginfo_t* about, int options) {
    static constexpr pair kinds[] = {PAIR(P_PID), PAIR(P_PGID), PAIR(P_ALL)};
    static constexpr pair known[] = {PAIR(WNOHANG), PAIR(WEXITED), PAIR(WNOWAIT), PAIR(WCONTINUED)};
    const auto host_kind = host_number(kinds, kind);
    const auto bits = host_bits(known, options);
    if (!bits || !host_kind) return refuse(TARGET_EINVAL);
    return told(::waitid(static_cast<idtype_t>(*host_kind), of, about, *bits));
}
int target_getrusage(int who, struct target_rusage* use) {
    const int done = ::getrusage(who, reinterpret_cast<rusage*>(use));
#if defined(TARGET_DARWIN)
    use->ru_maxrss *= 1024;
#endif
    return told(done);
}
int target_getrlimit(int what, struct target_rlimit* to) {
    const auto host = host_number(limits, what);
    if (!host) return refuse(TARGET_EINVAL);
    rlimit from{};
    if (::getrlimit(static_cast<__rlimit_resource_t>(*host), &from) == -1) return told(-1);
    *to = {target_limit(from.rlim_cur), target_limit(from.rlim_max)};
    return 0;
}
int target_setrlimit(int what, const struct target_rlimit* from) {
    const auto host = host_number(limits, what);
    if (!host) return refuse(TARGET_EINVAL);
    if (here.descriptors_are_limited && *host == RLIMIT_NOFILE && from->rlim_cur == no_limit) return refuse(TARGET_EINVAL);
    const rlimit wanted{host_limit(from->rlim_cur), host_limit(from->rlim_max)};
    return told(::setrlimit(static_cast<__rlimit_resource_t>(*host), &wanted));
}

int target_sigaction(int number, const struct sigaction* to, struct sigaction* before) {
    static constexpr pair known[] = {PAIR(SA_ONSTACK), PAIR(SA_RESTART), {static_cast<int>(SA_RESETHAND), TARGET_SA_RESETHAND}, PAIR(SA_NOCLDSTOP),
                                     PAIR(SA_NODEFER), PAIR(SA_NOCLDWAIT), PAIR(SA_SIGINFO)};
    const auto host = host_signal(number);
    if (!host) return refuse(TARGET_EINVAL);
    const auto handler = handlers[number];
    const auto informed_handler = informed_handlers[number];
    struct sigaction made {}, old{};
    if (to != nullptr) {
        const auto bits = host_bits(known, to->sa_flags);
        if (!bits) return refuse(TARGET_EINVAL);
        made = *to;
        made.sa_flags = *bits;
        if ((*bits & SA_SIGINFO) != 0 && to->sa_handler != SIG_DFL && to->sa_handler != SIG_IGN) {
            informed_handlers[number] = to->sa_sigaction;
            made.sa_sigaction = informed_relay;
        } else if (to->sa_handler != SIG_DFL && to->sa_handler != SIG_IGN) {
            handlers[number] = to->sa_handler;
            made.sa_handler = relay;
        }
    }
    if (::sigaction(*host, to != nullptr ? &made : nullptr, &old) == -1) return told(-1);
    if (before != nullptr) {
        *before = old;
        before->sa_flags = 0;
        for (const pair& flag : known)
            if ((old.sa_flags & flag.host) == flag.host) before->sa_flags |= flag.target;
        if (old.sa_handler == relay) before->sa_handler = handler;
        if (old.sa_sigaction == informed_relay) before->sa_sigaction = informed_handler;
    }
    return 0;
}
void (*target_signal(int number, void (*handler)(int)))(int) {
    struct sigaction made {}, before{};
    made.sa_handler = handler;
    made.sa_flags = TARGET_SA_RESTART;
    return target_sigaction(number, &made, &before) == -1 ? SIG_ERR : before.sa_handler;
}
int target_sigaddset(sigset_t* set, int number) {
    const auto host = host_signal(number);
    return host ? ::sigaddset(set, *host) : refuse(TARGET_EINVAL);
}
int target_sigdelset(sigset_t* set, int number) {
    const auto host = host_signal(number);
    return host ? ::sigdelset(set, *host) : refuse(TARGET_EINVAL);
}
int target_sigismember(const sigset_t* set, int number) {
    const auto host = host_signal(number);
    return host ? ::sigismember(set, *host) : refuse(TARGET_EINVAL);
}
/// With VITTE_PENDING_SIGNAL, that signal comes just before.
int target_sigprocmask(int how, const sigset_t* to, sigset_t* before) {
    if (const long pending = setting("VITTE_PENDING_SIGNAL", 0); pending != 0)
        ::kill(::getpid(), host_signal(static_cast<int>(pending)).value());
    return told(::sigprocmask(host_mask_operation(how), to, before));
}
int target_pthread_sigmask(int how, const sigset_t* to, sigset_t* before) {
    return ::pthread_sigmask(host_mask_operation(how), to, before);
}
int target_sigwait(const sigset_t* set, int* number) {
    const int failed = ::sigwait(set, number);
    if (failed == 0) *number = signal_of(*number);
    return failed;
}

}  // extern "C"
