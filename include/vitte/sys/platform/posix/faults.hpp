/// Faults of memory accesses that are expected: code that may touch pages that are not there, and is left then.
#pragma once

#include <signal.h>
#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <vitte/core/result.hpp>
#include <vitte/sys/platform/posix/error.hpp>

namespace vitte::sys::posix {

/// For Linux on x86_64, with GCC and Clang. Handlers of SIGSEGV and SIGBUS are the process's: those that were there are
/// called for faults that are not expected.
struct faults {
#if defined(__linux__) && defined(__x86_64__)
    static constexpr bool supported = true;
#else
    static constexpr bool supported = false;
#endif

    /// One thread's expectation, from `run` on; inner ones come first.
    struct watch {
        bool (*expected)(void* context, const void* address) noexcept;  ///< runs in the signal handler
        void* context;
        /// What the registers of the first, second and fourth integer argument held when it faulted.
        std::uintptr_t arguments[3];
        watch* outer;
        void* resume[5];
    };

    /// Installs the handlers, in place of what handles these signals now. Doing so again does nothing.
    static result<void> install() noexcept {
        state& s = shared();
        if (__atomic_exchange_n(&s.installed, true, __ATOMIC_ACQ_REL)) return {};
        struct sigaction wanted = {};
        wanted.sa_sigaction = handle;
        wanted.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
        VITTE_CHECK(checked(::sigaction(SIGSEGV, &wanted, &s.before_segv), "sigaction"));
        return checked(::sigaction(SIGBUS, &wanted, &s.before_bus), "sigaction");
    }

    /// Calls `body(context)`; false if it was left because of a fault that `w` expects. Nothing is destroyed then.
    [[gnu::noinline]] static bool run(watch& w, void (*body)(void*), void* context) noexcept {
        w.outer = current();
        current() = &w;
        if (__builtin_setjmp(w.resume) != 0) {
            current() = current()->outer;
            return false;
        }
        body(context);
        current() = w.outer;
        return true;
    }

private:
    struct state {
        bool installed;
        struct sigaction before_segv, before_bus;
    };
    static state& shared() noexcept {
        static constinit state one{};
        return one;
    }
    static watch*& current() noexcept {
        static constinit thread_local watch* one = nullptr;
        return one;
    }

    static void handle(int number, siginfo_t* info, void* machine) {
        watch* const w = current();
        if (w != nullptr && w->expected(w->context, info->si_addr)) {
#if defined(__x86_64__) && defined(__linux__)
            const auto& registers = static_cast<const ucontext_t*>(machine)->uc_mcontext.gregs;
            w->arguments[0] = static_cast<std::uintptr_t>(registers[REG_RDI]);
            w->arguments[1] = static_cast<std::uintptr_t>(registers[REG_RSI]);
            w->arguments[2] = static_cast<std::uintptr_t>(registers[REG_RCX]);
#endif
            __builtin_longjmp(w->resume, 1);
        }
        const struct sigaction& before = number == SIGBUS ? shared().before_bus : shared().before_segv;
        if ((before.sa_flags & SA_SIGINFO) != 0)
            before.sa_sigaction(number, info, machine);
        else if (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN)
            ::signal(number, SIG_DFL);  // faults again
        else
            before.sa_handler(number);
    }
};

}  // namespace vitte::sys::posix
