/// The words that the facet `signals` and what stands on it share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include <vitte/core/atomic.hpp>

namespace vitte::sys {

/// What a process is told from outside. Windows has the first four, of its consoles, and the others never come there.
enum class signal_kind : unsigned char {
    hang_up,        ///< the terminal is gone (SIGHUP); on Windows the console is closed (CTRL_CLOSE_EVENT)
    interrupt,      ///< Ctrl-C (SIGINT, CTRL_C_EVENT)
    quit,           ///< Ctrl-\ (SIGQUIT); on Windows Ctrl-Break (CTRL_BREAK_EVENT)
    terminate,      ///< end in your own way (SIGTERM); on Windows the user logs off or the machine goes down
    user_1,         ///< SIGUSR1
    user_2,         ///< SIGUSR2
    child,          ///< a child ended, stands still or goes on (SIGCHLD)
    broken_pipe,    ///< nobody reads what was written (SIGPIPE)
    alarm,          ///< SIGALRM
    window,         ///< the size of the terminal changed (SIGWINCH, of POSIX since 2024)
    terminal_stop,  ///< Ctrl-Z (SIGTSTP)
    resumed,        ///< goes on after it stood still (SIGCONT)
};
inline constexpr std::size_t signal_kinds = 12;

/// Some of the signals.
class signal_set {
public:
    constexpr signal_set() noexcept = default;
    constexpr signal_set(std::initializer_list<signal_kind> all) noexcept {
        for (const signal_kind one : all) add(one);
    }
    constexpr void add(signal_kind one) noexcept { bits_ |= bit(one); }
    constexpr void remove(signal_kind one) noexcept { bits_ &= ~bit(one); }
    constexpr bool contains(signal_kind one) const noexcept { return (bits_ & bit(one)) != 0; }
    constexpr bool empty() const noexcept { return bits_ == 0; }
    /// Bit `n` stands for the kind `n`.
    constexpr std::uint32_t bits() const noexcept { return bits_; }
    static constexpr signal_set of_bits(std::uint32_t bits) noexcept {
        signal_set made;
        made.bits_ = bits & ((1u << signal_kinds) - 1);
        return made;
    }
    friend constexpr bool operator==(const signal_set&, const signal_set&) noexcept = default;

private:
    static constexpr std::uint32_t bit(signal_kind one) noexcept { return 1u << static_cast<unsigned>(one); }

    std::uint32_t bits_ = 0;
};

/// A signal that came. What comes again before it was told is told once.
struct signal_info {
    signal_kind kind{};
    bool sender_known = false;
    std::uint64_t sender = 0;  ///< the process that sent it; of `signal_kind::child` the child
    std::uint32_t user = 0;    ///< whose that process is
};

/// What a thread may do wrong while it runs.
enum class fault_cause : unsigned char {
    memory,       ///< an access to memory that is not there, or not for that (SIGSEGV, EXCEPTION_ACCESS_VIOLATION)
    bus,          ///< one that is there and fails, as of a file that was cut off (SIGBUS, EXCEPTION_IN_PAGE_ERROR)
    arithmetic,   ///< a division by zero, or another exception of numbers (SIGFPE)
    instruction,  ///< what the processor does not know, or keeps for the system (SIGILL)
};
inline constexpr std::size_t fault_causes = 4;

struct fault_info {
    fault_cause cause{};
    const void* address = nullptr;  ///< what was accessed, or of the instruction, where the OS tells
    void* machine = nullptr;        ///< the state of the thread: `ucontext_t` of POSIX, `CONTEXT` of Windows
};

enum class fault_answer : unsigned char {
    pass_on,  ///< to who handled such faults before
    retry,    ///< the instruction, whose cause was removed, or what `machine` says by now
};

/// Somebody who handles faults of one cause. It is linked into a list of the process as long as it does.
struct fault_link {
    fault_cause cause{};
    fault_answer (*handle)(void* context, const fault_info& fault) noexcept = nullptr;
    void* context = nullptr;
    fault_link* before = nullptr;  ///< of the platform
};

/// Somebody who is told, in a handler of the signal and from any thread, that some child may have ended. It is linked
/// into a list of the process as long as it is.
struct child_link {
    void (*tell)(child_link&) noexcept = nullptr;
    atomic<child_link*> next{nullptr};  ///< of the platform
};

}  // namespace vitte::sys
