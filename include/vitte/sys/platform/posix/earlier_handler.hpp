/// What handled a fault before somebody else did, and is to have what that one does not want.
#pragma once

#include <signal.h>

#include <cstdint>

namespace vitte::sys::posix {

/// Whether a process has sent a signal by a call, as the `si_code` of siginfo_t says.
inline bool was_sent(int code) noexcept {
#if defined(SI_TKILL)
    if (code == SI_TKILL) return true;
#endif
#if defined(SI_LWP)
    if (code == SI_LWP) return true;
#endif
    return code == SI_USER || code == SI_QUEUE;
}

/// Of a thread: that a handler from before runs, which may call who has called it. It may also have been left by a
/// jump, or do something wrong itself: then what comes is another signal, or stands where this one has stood.
struct handler_passed_to {
    const void* machine = nullptr;
    std::uintptr_t frame = 0;

    bool calls_back(const void* of, const void* from) const noexcept {
        return machine == of && reinterpret_cast<std::uintptr_t>(from) < frame;
    }
};

/// Calls a handler with what it wants to know.
inline void call_handler(const struct sigaction& of, int number, siginfo_t* info, void* machine) noexcept {
    if ((of.sa_flags & SA_SIGINFO) != 0)
        of.sa_sigaction(number, info, machine);
    else
        of.sa_handler(number);
}
/// Whether it is none, but the system's own.
inline bool is_handler(const struct sigaction& one, void (*own)(int)) noexcept {
    return (one.sa_flags & SA_SIGINFO) == 0 && one.sa_handler == own;
}

/// In a handler of `number` whose frame is `from`: calls the one from before, or has the fault end the program when it
/// happens again.
inline void pass_on(const struct sigaction& other, int number, siginfo_t* info, void* machine,
                    handler_passed_to& passed, const void* from) noexcept {
    const bool sent = was_sent(info->si_code), ignored = is_handler(other, SIG_IGN);
    if (ignored && sent) return;
    if (passed.calls_back(machine, from) || ignored || is_handler(other, SIG_DFL)) {
        ::signal(number, SIG_DFL);  // and it faults again
        if (sent) ::raise(number);
        return;
    }
    const handler_passed_to outer = passed;
    passed = {machine, reinterpret_cast<std::uintptr_t>(from)};
    call_handler(other, number, info, machine);
    passed = outer;
}

}  // namespace vitte::sys::posix
