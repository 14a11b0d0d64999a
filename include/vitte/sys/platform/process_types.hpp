/// What platforms and everything above them say about processes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vitte/core/result.hpp>

namespace vitte::sys {

/// CPU time in nanoseconds, and memory in bytes; 0 for what the OS does not tell.
struct resource_use {
    std::int64_t user_time = 0;
    std::int64_t system_time = 0;
    std::uint64_t peak_memory = 0;  ///< the most that was resident at a time
};

/// How a process ended, and what it took.
struct exit_status {
    std::int64_t code = 0;  ///< what it returned: 0 to 255 on POSIX, 32 bits on Windows
    int signal = 0;         ///< the number of the signal that ended it instead, on POSIX; or 0
    resource_use use;
    constexpr bool succeeded() const noexcept { return code == 0 && signal == 0; }
};

/// What a process is asked to do. Windows knows `kill` only, which is what all of them do there.
enum class process_signal : unsigned char {
    interrupt,  ///< as by Ctrl-C (SIGINT)
    terminate,  ///< to end in its own way (SIGTERM)
    kill,       ///< to end at once (SIGKILL)
    suspend,    ///< to stand still (SIGSTOP)
    resume,     ///< to go on (SIGCONT)
};

/// Who gets what a terminal or `kill(-group)` sends.
enum class process_group : unsigned char {
    same,      ///< that of this process
    own,       ///< its own, which it leads
    session,   ///< its own session without a terminal, and group (setsid)
    terminal,  ///< the same, and its standard input is its terminal
};

/// What a process may use (setrlimit).
enum class resource : unsigned char {
    cpu_seconds,
    file_size,      ///< bytes of a file that it writes
    data,           ///< bytes of its heap
    stack,          ///< bytes
    core_size,      ///< bytes of a core file
    open_files,     ///< a number above its largest descriptor
    address_space,  ///< bytes
    processes,      ///< of its user
};
inline constexpr std::uint64_t unlimited = UINT64_MAX;

struct resource_limit {
    resource what;
    std::uint64_t soft, hard;
};

/// What the list of all processes says of one.
struct process_entry {
    enum class state : unsigned char { runs, suspended, ended };

    std::uint64_t id, parent, group;
    std::uint64_t started;  ///< when, in units of the OS: with it, `id` stays its own after its end
    state is;
};

/// Numbers of a user and a group.
struct user_identity {
    std::uint32_t user, group;
};

/// A program to be started. Texts are UTF-8 and end with a NUL, lists with a null pointer.
template <class Handle>
struct process_request {
    const char* program;              ///< a path; not searched
    const char* const* arguments;     ///< beginning with the name that the program is told
    const char* const* environment;   ///< "NAME=value"; null for that of this process
    const char* directory = nullptr;  ///< where it begins; null for that of this process
    Handle streams[3];                ///< its standard input, output and error
    unsigned inherited = 0;           ///< a bit for each of these that is the one of this process, if it has that
    const Handle* kept = nullptr;     ///< more that it gets, under the same numbers; all others are closed
    std::size_t kept_count = 0;
    process_group group = process_group::same;
    const resource_limit* limits = nullptr;
    std::size_t limit_count = 0;
    const user_identity* user = nullptr;
    void* console = nullptr;  ///< on Windows the pseudo-console that it gets instead of streams
    /// Called in the child with `confinement` before its program starts, last of all; it may not allocate. A failure is
    /// that of starting it.
    result<void> (*confine)(const void* confinement) noexcept = nullptr;
    const void* confinement = nullptr;
};

}  // namespace vitte::sys
