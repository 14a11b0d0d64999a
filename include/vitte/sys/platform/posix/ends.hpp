/// The ways in which a process ends: `exit`, and signals that nobody else handles.
#pragma once

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <vitte/sys/platform/posix/error.hpp>

namespace vitte::sys::posix {

/// Has something put back before the process ends. Handlers of signals are the process's: those that were there before
/// are called, too, and a signal that is ignored stays so. For one thread at a time.
class ends {
public:
    using action = void (*)() noexcept;

    /// `undo` is called at `exit` and in handlers of signals that end the process; if a handler from before returns, so
    /// that it goes on, then `redo`.
    static result<void> watch(action undo, action redo) noexcept {
        if (undo_ == nullptr && ::atexit(at_exit) != 0) return fail(errc::out_of_memory, "atexit");
        process_ = ::getpid();
        undo_ = undo;
        redo_ = redo;
        for (unsigned i = 0; i < count; ++i) VITTE_CHECK(install(i));
        return {};
    }
    /// Gives the signals back, but for those that somebody else has taken meanwhile.
    static void unwatch() noexcept {
        struct sigaction now;
        for (unsigned i = 0; i < count; ++i)
            if (::sigaction(numbers[i], nullptr, &now) == 0 && is_ours(now))
                ::sigaction(numbers[i], &before_[i], nullptr);
    }

private:
    /// Those in front mostly end what handles them. Others are left alone where they are handled.
    static constexpr int numbers[] = {
        SIGHUP,    SIGINT,  SIGQUIT, SIGTERM, SIGABRT, SIGILL,  SIGFPE,  SIGBUS,  SIGSEGV,
        SIGSYS,    SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ, SIGTRAP,
#if defined(SIGVTALRM)
        SIGVTALRM,
#endif
#if defined(SIGPROF)
        SIGPROF,
#endif
#if defined(SIGEMT)
        SIGEMT,
#endif
#if defined(SIGSTKFLT)
        SIGSTKFLT,
#endif
#if defined(__linux__)  // others ignore them
        SIGIO,     SIGPWR,
#endif
    };
    static constexpr unsigned count = sizeof numbers / sizeof *numbers, mostly_end = 10;

#if defined(SA_ONSTACK)
    static constexpr unsigned on_stack = SA_ONSTACK;
#else
    static constexpr unsigned on_stack = 0;
#endif

    static bool is_ours(const struct sigaction& action) noexcept {
        return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == handle;
    }
    static result<void> install(unsigned i) noexcept {
        struct sigaction now;
        VITTE_CHECK(checked(::sigaction(numbers[i], nullptr, &now), "sigaction"));
        const bool informed = (now.sa_flags & SA_SIGINFO) != 0;
        const bool handled = informed || now.sa_handler != SIG_DFL;
        if (is_ours(now) || (!informed && now.sa_handler == SIG_IGN) || (handled && i >= mostly_end)) return {};
        before_[i] = now;
        now.sa_sigaction = handle;
        now.sa_flags = static_cast<int>((static_cast<unsigned>(now.sa_flags) | SA_SIGINFO | on_stack) &
                                        ~static_cast<unsigned>(SA_RESETHAND));
        sigaddset(&now.sa_mask, SIGTTOU);
        return checked(::sigaction(numbers[i], &now, nullptr), "sigaction");
    }
    /// Not in a copy of the process.
    static void at_exit() {
        if (process_ == ::getpid()) undo_();
    }
    /// Bits of those whose handlers from before run: should one call this one, it is asked no more.
    static unsigned& passing_on() noexcept {
        static constinit thread_local unsigned those = 0;
        return those;
    }
    static void handle(int number, siginfo_t* info, void* machine) {
        const int kept = errno;
        at_exit();
        unsigned i = 0;
        while (numbers[i] != number) ++i;
        const struct sigaction& other = before_[i];
        const bool informed = (other.sa_flags & SA_SIGINFO) != 0;
        if ((passing_on() >> i & 1) == 0 && (informed || other.sa_handler != SIG_DFL)) {
            passing_on() |= 1u << i;
            informed ? other.sa_sigaction(number, info, machine) : other.sa_handler(number);
            passing_on() &= ~(1u << i);
            struct sigaction now;
            const bool goes_on = ::sigaction(number, nullptr, &now) == 0 && now.sa_handler != SIG_DFL;
            if (goes_on && process_ == ::getpid()) redo_();
        } else {
            ::signal(number, SIG_DFL);
            ::raise(number);  // which comes when this returns
        }
        errno = kept;
    }

    static inline constinit action undo_ = nullptr, redo_ = nullptr;
    static inline struct sigaction before_[count];
    static inline pid_t process_ = 0;
};

}  // namespace vitte::sys::posix
