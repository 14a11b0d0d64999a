/// How a process has ended, in words.
#pragma once

#include <csignal>
#include <string>

#include <vitte/sys/platform/process_types.hpp>

namespace vitte::loader {

/// The name of a signal of this system; null if it is none of those that end processes.
constexpr const char* signal_name(int number) noexcept {
    switch (number) {
#define VITTE_SIGNAL(name) \
    case name: return #name
        VITTE_SIGNAL(SIGABRT);
        VITTE_SIGNAL(SIGFPE);
        VITTE_SIGNAL(SIGILL);
        VITTE_SIGNAL(SIGINT);
        VITTE_SIGNAL(SIGSEGV);
        VITTE_SIGNAL(SIGTERM);
#if defined(SIGKILL)
        VITTE_SIGNAL(SIGALRM);
        VITTE_SIGNAL(SIGBUS);
        VITTE_SIGNAL(SIGHUP);
        VITTE_SIGNAL(SIGKILL);
        VITTE_SIGNAL(SIGPIPE);
        VITTE_SIGNAL(SIGQUIT);
        VITTE_SIGNAL(SIGSYS);
        VITTE_SIGNAL(SIGTRAP);
        VITTE_SIGNAL(SIGUSR1);
        VITTE_SIGNAL(SIGUSR2);
        VITTE_SIGNAL(SIGXCPU);
        VITTE_SIGNAL(SIGXFSZ);
#endif
#undef VITTE_SIGNAL
        default: return nullptr;
    }
}

/// "ended with code 3", or "was killed by signal 11 (SIGSEGV)".
inline std::string end_text(const sys::exit_status& status) {
    if (status.signal == 0) return "ended with code " + std::to_string(status.code);
    std::string text = "was killed by signal " + std::to_string(status.signal);
    if (const char* const name = signal_name(status.signal)) text += std::string(" (") + name + ")";
    return text;
}

}  // namespace vitte::loader
