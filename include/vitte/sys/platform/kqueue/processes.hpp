/// How the BSDs and macOS start children, without a copy of the parent (vfork(2)), and wait for them with a deadline
/// (kqueue(2)).
#pragma once

#include <sys/event.h>

#include <vitte/sys/platform/posix/processes.hpp>

namespace vitte::sys::kqueue_os {

struct process_system : posix::forking {
    static constexpr bool starts_at_once = true;  ///< `start` returns when the child's program has begun, or failed to

    static result<posix::child_handle> start(int (*run)(void*) noexcept, void* argument) noexcept {
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
#endif
        const pid_t made = ::vfork();
#if defined(__clang__)
#pragma clang diagnostic pop
#endif
        if (made == -1) return posix::last_error("vfork");
        if (made == 0) ::_exit(run(argument));
        return posix::child_handle{made};
    }
    static result<void> await_exit(posix::child_handle of, std::int64_t until) noexcept {
        if (until == INT64_MAX) return {};
        const int queue = posix::above_streams(::kqueue());
        if (queue == -1) return posix::last_error("kqueue");
        struct kevent asked, told;
        EV_SET(&asked, static_cast<std::uintptr_t>(of.id), EVFILT_PROC, EV_ADD | EV_ONESHOT, NOTE_EXIT, 0, 0);
        const std::int64_t left = until - posix::clocks::monotonic();
        const timespec patience = posix::time_pair::of(left > 0 ? left : 0);
        const int count = ::kevent(queue, &asked, 1, &told, 1, &patience);
        const int number = errno;
        ::close(queue);
        if (count == 0) return unexpected(posix::clocks::time_is_over(until, "kevent"));
        const int failed = count == -1 ? number : (told.flags & EV_ERROR) != 0 ? static_cast<int>(told.data) : 0;
        if (failed == 0 || failed == ESRCH) return {};  // which is said of what ended before, too
        return fail(posix::cause_of(failed), "kevent", failed);
    }
    /// A queue of its own, which is readable when there is something in it.
    static result<int> end_handle(posix::child_handle of) noexcept {
        const int queue = posix::above_streams(::kqueue());
        if (queue == -1) return posix::last_error("kqueue");
        struct kevent asked;
        EV_SET(&asked, static_cast<std::uintptr_t>(of.id), EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, 0);
        if (::kevent(queue, &asked, 1, nullptr, 0, nullptr) != -1) return queue;
        const auto failed = posix::last_error("kevent");
        ::close(queue);
        return failed;
    }
    static pid_t wait4(pid_t of, int* status, rusage* use) noexcept { return ::wait4(of, status, 0, use); }
};

}  // namespace vitte::sys::kqueue_os
