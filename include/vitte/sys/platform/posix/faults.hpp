/// Faults of memory accesses that are expected: code that may touch pages that are not there, and is left then.
#pragma once

#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <vitte/core/result.hpp>
#include <vitte/sys/platform/posix/earlier_handler.hpp>
#include <vitte/sys/platform/posix/error.hpp>

namespace vitte::sys::posix {

/// For Linux on x86_64, aarch64 and riscv64. Handlers of SIGSEGV and SIGBUS are the process's: those that were there
/// before are called for faults that are not expected. Functions may be called from any thread.
struct faults {
#if defined(__linux__) && defined(__LP64__) && (defined(__x86_64__) || defined(__aarch64__) || defined(__riscv))
    static constexpr bool supported = true;
#else
    static constexpr bool supported = false;
#endif

    /// What one thread expects while `run` runs; calls of `run` may nest.
    struct watch {
        bool (*expected)(void* context, const void* address) noexcept;  ///< called in the signal handler
        void* context;
        /// What the registers of the first, second and fourth integer argument held when it faulted.
        std::uintptr_t arguments[3];
        watch* outer;
#if defined(__x86_64__)
        void* resume[5];
#else
        jmp_buf resume;
#endif
    };

    /// Installs the handlers, in place of what handles these signals now. Doing so again does nothing, unless somebody
    /// has replaced them since. Not for several threads at once.
    static result<void> install() noexcept {
        VITTE_CHECK(install(SIGSEGV));
        return install(SIGBUS);
    }

    /// Calls `body(context)`; false if it was left because of a fault that `w` expects. Nothing is destroyed then.
    [[gnu::noinline]] static bool run(watch& w, void (*body)(void*), void* context) noexcept {
        w.outer = current();
        current() = &w;
#if defined(__x86_64__)
        if (__builtin_setjmp(w.resume) != 0) return left();  // a few instructions; Clang lacks it on other machines
#else
        if (_setjmp(w.resume) != 0) return left();
#endif
        body(context);
        current() = w.outer;
        return true;
    }

private:
    static bool left() noexcept {
        current() = current()->outer;
        return false;
    }
    /// What handled the signal before.
    static struct sigaction& before(int number) noexcept {
        static struct sigaction segv, bus;
        return number == SIGBUS ? bus : segv;
    }
    static result<void> install(int number) noexcept {
        struct sigaction now = {}, wanted = {};
        VITTE_CHECK(checked(::sigaction(number, nullptr, &now), "sigaction"));
        if ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == handle) return {};
        before(number) = now;
        wanted.sa_sigaction = handle;
        wanted.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
        return checked(::sigaction(number, &wanted, nullptr), "sigaction");
    }
    static handler_passed_to& passed() noexcept {
        static constinit thread_local handler_passed_to one;
        return one;
    }
    static watch*& current() noexcept {
        static constinit thread_local watch* one = nullptr;
        return one;
    }

    [[noreturn]] static void leave(watch& w, [[maybe_unused]] const ucontext_t& machine) {
#if defined(__linux__) && defined(__x86_64__)
        const auto& registers = machine.uc_mcontext.gregs;
        constexpr int from[] = {REG_RDI, REG_RSI, REG_RCX};
#elif defined(__linux__) && defined(__aarch64__)
        const auto& registers = machine.uc_mcontext.regs;
        constexpr int from[] = {0, 1, 3};
#elif defined(__linux__) && defined(__riscv)
        const auto& registers = machine.uc_mcontext.__gregs;
        constexpr int from[] = {10, 11, 13};  // a0, a1, a3
#else
        constexpr std::uintptr_t registers[1] = {};
        constexpr int from[] = {0, 0, 0};
#endif
        for (int i = 0; i < 3; ++i) w.arguments[i] = static_cast<std::uintptr_t>(registers[from[i]]);
#if defined(__x86_64__)
        __builtin_longjmp(w.resume, 1);
#else
        _longjmp(w.resume, 1);
#endif
    }
    static void handle(int number, siginfo_t* info, void* machine) {
        if constexpr (supported) {
            watch* const w = current();
            const bool fault = !was_sent(info->si_code);  // or there is no address
            if (w != nullptr && fault && w->expected(w->context, info->si_addr))
                leave(*w, *static_cast<ucontext_t*>(machine));
        }
        pass_on(before(number), number, info, machine, passed(), __builtin_frame_address(0));
    }
};

}  // namespace vitte::sys::posix
