// Numbers of the system and those of Linux.
#include <stdlib.h>

#include "host.hpp"

namespace systems {

int target_error(int host) {
    if (host <= ERANGE && host != EAGAIN) return host;  // the same since the seventh edition of Unix
    static constexpr pair known[] = {
        PAIR(EAGAIN), PAIR(EDEADLK), PAIR(EINPROGRESS), PAIR(EALREADY), PAIR(ENOTSOCK), PAIR(EMSGSIZE),
        PAIR(EOPNOTSUPP), PAIR(ETIMEDOUT), PAIR(ELOOP), PAIR(ENAMETOOLONG), PAIR(ENOTEMPTY), PAIR(EUSERS),
        PAIR(EDQUOT), PAIR(ESTALE), PAIR(ENOLCK), PAIR(ENOSYS), PAIR(EOVERFLOW), PAIR(ECANCELED), PAIR(EILSEQ),
        PAIR(EPROTO), PAIR(EDESTADDRREQ), PAIR(EPROTOTYPE), PAIR(ENOPROTOOPT), PAIR(EPROTONOSUPPORT), PAIR(ESOCKTNOSUPPORT),
        PAIR(EAFNOSUPPORT), PAIR(EADDRINUSE), PAIR(EADDRNOTAVAIL), PAIR(ENETDOWN), PAIR(ENETUNREACH), PAIR(ECONNABORTED),
        PAIR(ECONNRESET), PAIR(ENOBUFS), PAIR(EISCONN), PAIR(ENOTCONN), PAIR(ETOOMANYREFS), PAIR(ECONNREFUSED),
        PAIR(EHOSTDOWN), PAIR(EHOSTUNREACH),
#if defined(TARGET_ENOATTR)
        {ENODATA, TARGET_ENOATTR},
#endif
#if defined(TARGET_EOWNERDEAD)
        PAIR(EOWNERDEAD), PAIR(ENOTRECOVERABLE),
#endif
    };
    for (const pair& one : known)
        if (one.host == host) return one.target;
    abort();  // an error that has no number there
}

std::optional<int> host_open_flags(int target) {
    static constexpr pair known[] = {
        PAIR(O_CREAT), PAIR(O_EXCL), PAIR(O_TRUNC), PAIR(O_APPEND), PAIR(O_NONBLOCK), PAIR(O_NOFOLLOW),
        PAIR(O_CLOEXEC), PAIR(O_DIRECTORY), PAIR(O_NOCTTY), PAIR(O_SYNC),
#if defined(TARGET_O_DSYNC)
        PAIR(O_DSYNC),
#endif
#if defined(TARGET_O_DIRECT)
        PAIR(O_DIRECT),
#endif
#if defined(TARGET_O_EVTONLY)
        {O_RDONLY, TARGET_O_EVTONLY},
#endif
    };
    const int mode = target & TARGET_O_ACCMODE;
    if (mode == TARGET_O_ACCMODE) return std::nullopt;
    const auto bits = host_bits(known, target & ~TARGET_O_ACCMODE);
    if (!bits) return std::nullopt;
    return *bits | mode;  // O_RDONLY, O_WRONLY and O_RDWR are the same everywhere
}

std::optional<int> host_clock(int target) {
    static constexpr pair known[] = {
        PAIR(CLOCK_REALTIME), PAIR(CLOCK_MONOTONIC),
#if defined(TARGET_CLOCK_PROCESS_CPUTIME_ID)
        PAIR(CLOCK_PROCESS_CPUTIME_ID), PAIR(CLOCK_THREAD_CPUTIME_ID),
#endif
#if defined(TARGET_CLOCK_UPTIME)
        {CLOCK_MONOTONIC, TARGET_CLOCK_UPTIME},
#endif
#if defined(TARGET_CLOCK_BOOTTIME)
        {CLOCK_BOOTTIME, TARGET_CLOCK_BOOTTIME},
#endif
#if defined(TARGET_CLOCK_MONOTONIC_FAST)
        {CLOCK_MONOTONIC_COARSE, TARGET_CLOCK_MONOTONIC_FAST},
#endif
#if defined(TARGET_CLOCK_UPTIME_RAW)
        {CLOCK_MONOTONIC, TARGET_CLOCK_UPTIME_RAW},
        {CLOCK_MONOTONIC_COARSE, TARGET_CLOCK_UPTIME_RAW_APPROX},
        {CLOCK_BOOTTIME, TARGET_CLOCK_MONOTONIC_RAW},
#endif
    };
    return host_number(known, target);
}

namespace {
/// All of 1 to 31, so that none is lost; SIGEMT and SIGINFO are not raised by anything here.
constexpr pair signals[] = {
    PAIR(SIGHUP), PAIR(SIGINT), PAIR(SIGQUIT), PAIR(SIGILL), PAIR(SIGTRAP), PAIR(SIGABRT), PAIR(SIGFPE), PAIR(SIGKILL),
    PAIR(SIGBUS), PAIR(SIGSEGV), PAIR(SIGSYS), PAIR(SIGPIPE), PAIR(SIGALRM), PAIR(SIGTERM), PAIR(SIGURG), PAIR(SIGSTOP),
    PAIR(SIGTSTP), PAIR(SIGCONT), PAIR(SIGCHLD), PAIR(SIGTTIN), PAIR(SIGTTOU), PAIR(SIGIO), PAIR(SIGXCPU), PAIR(SIGXFSZ),
    PAIR(SIGVTALRM), PAIR(SIGPROF), PAIR(SIGWINCH), PAIR(SIGUSR1), PAIR(SIGUSR2),
    {SIGPWR, TARGET_SIGINFO}, {SIGSTKFLT, TARGET_SIGEMT},
};
}  // namespace

#if defined(TARGET__SIG_MAXSIG)
constexpr int first_for_real_time = 65;  // on DragonFly 35
std::optional<int> host_signal(int target) {
    const int host = target - first_for_real_time + SIGRTMIN;
    if (target >= first_for_real_time && host <= SIGRTMAX) return host;
    return host_number(signals, target);
}
#else
std::optional<int> host_signal(int target) { return host_number(signals, target); }
#endif

int signal_of(int host) {
    for (const pair& one : signals)
        if (one.host == host) return one.target;
#if defined(TARGET__SIG_MAXSIG)
    if (host >= SIGRTMIN) return host - SIGRTMIN + first_for_real_time;
#endif
    return host;
}

long setting(const char* variable, long usual) {
    const char* const text = ::getenv(variable);
    return text != nullptr ? ::atol(text) : usual;
}

}  // namespace systems
