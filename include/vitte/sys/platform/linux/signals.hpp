/// Signals that are blocked and read (signalfd(2)).
#pragma once

#include <sys/signalfd.h>

#include <vitte/sys/platform/posix/signals.hpp>

namespace vitte::sys::linux_os {

class signal_reader {
public:
    using handle = int;

    result<void> open(signal_set which) noexcept {
        sigset_t wanted;
        sigemptyset(&wanted);
        for (std::size_t kind = 0; kind < signal_kinds; ++kind)
            if (which.contains(static_cast<signal_kind>(kind))) sigaddset(&wanted, posix::signal_numbers[kind]);
        descriptor_ = posix::above_streams(::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
        if (descriptor_ == -1) return posix::last_error("signalfd");
        sigset_t before;
        ::pthread_sigmask(SIG_BLOCK, &wanted, &before);
        for (std::size_t kind = 0; kind < signal_kinds; ++kind)
            if (which.contains(static_cast<signal_kind>(kind)) && readers()[kind].count++ == 0)
                readers()[kind].was_blocked = sigismember(&before, posix::signal_numbers[kind]) == 1;
        which_ = which;
        return {};
    }
    /// What was blocked before, or is for another reader, stays blocked.
    void close() noexcept {
        if (descriptor_ == -1) return;
        sigset_t freed;
        sigemptyset(&freed);
        for (std::size_t kind = 0; kind < signal_kinds; ++kind)
            if (which_.contains(static_cast<signal_kind>(kind)) && --readers()[kind].count == 0 &&
                !readers()[kind].was_blocked)
                sigaddset(&freed, posix::signal_numbers[kind]);
        ::pthread_sigmask(SIG_UNBLOCK, &freed, nullptr);
        ::close(std::exchange(descriptor_, -1));
    }
    bool is_open() const noexcept { return descriptor_ != -1; }
    int native_handle() const noexcept { return descriptor_; }

    result<signal_info> read() noexcept {
        signalfd_siginfo came;
        VITTE_TRY(const std::size_t got, posix::counted(::read(descriptor_, &came, sizeof came), "read"));
        if (got != sizeof came) return fail(errc::io_error, "read");
        return posix::told_by(posix::kind_of(static_cast<int>(came.ssi_signo)), came.ssi_code,
                              static_cast<pid_t>(came.ssi_pid), came.ssi_uid);
    }
    result<void> wait(std::int64_t until) noexcept { return posix::wait_readable(descriptor_, until); }

private:
    struct readers_of {
        unsigned count;
        bool was_blocked;  ///< before the first of them
    };
    /// Of this thread, for each signal.
    static readers_of (&readers() noexcept)[signal_kinds] {
        static constinit thread_local readers_of all[signal_kinds] = {};
        return all;
    }

    int descriptor_ = -1;
    signal_set which_;
};

struct signals : posix::signals {
    using reader = signal_reader;
};

}  // namespace vitte::sys::linux_os
