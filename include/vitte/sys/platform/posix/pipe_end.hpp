/// This process's end of a pipe to a child: it never blocks (poll(2)).
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <vitte/sys/platform/posix/clocks.hpp>
#include <vitte/sys/platform/posix/files.hpp>

namespace vitte::sys::posix {

/// A pipe that no child inherits by accident. POSIX before 2024 has no pipe2.
inline result<void> open_pipe(int (&ends)[2]) noexcept {
#if (defined(__linux__) && defined(_GNU_SOURCE)) || defined(__FreeBSD__) || defined(__NetBSD__) || \
    defined(__OpenBSD__) || defined(__DragonFly__)
    return above_streams(::pipe2(ends, O_CLOEXEC), ends, "pipe2");
#else
    VITTE_CHECK(above_streams(::pipe(ends), ends, "pipe"));
    for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
    return {};
#endif
}

/// Milliseconds for poll(2) until the monotonic clock is `until`: rounded up, -1 for ever.
inline int poll_timeout(std::int64_t until) noexcept {
    if (until == INT64_MAX) return -1;
    const std::int64_t left = until - clocks::monotonic();
    if (left <= 0) return 0;
    constexpr std::int64_t most = 1'000'000'000;
    return static_cast<int>(left / 1'000'000 < most ? (left + 999'999) / 1'000'000 : most);
}

/// Returns when there is something to be read; `errc::timed_out`, `errc::interrupted`.
inline result<void> wait_readable(int file, std::int64_t until) noexcept {
    pollfd asked{file, POLLIN, 0};
    const int ready = ::poll(&asked, 1, poll_timeout(until));
    if (ready == -1) return last_error("poll");
    if (ready == 0) return unexpected(clocks::time_is_over(until, "poll"));
    return {};
}

/// What `write()` returns. Where nobody reads any more it raises SIGPIPE for the thread, which is taken back.
template <class Write>
result<std::size_t> without_pipe_signal(Write write) noexcept {
    // The functions on sets of signals are macros on macOS, which have no namespace.
    sigset_t pipe_only, before, pending;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    ::sigpending(&pending);
    const bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    const result<std::size_t> written = write();
    if (!written && written.error().code == errc::broken_pipe && !was_pending) {
        int number;
        ::sigpending(&pending);
        if (sigismember(&pending, SIGPIPE) == 1) ::sigwait(&pipe_only, &number);
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return written;
}

class pipe_end {
public:
    using handle = int;

    /// Opens a pipe and returns the other end, for a child that reads from it or writes to it.
    result<int> open(bool child_reads) noexcept {
        int ends[2];
        VITTE_CHECK(open_pipe(ends));
        writes_ = child_reads;
        mine_ = ends[child_reads ? 1 : 0];
        ::fcntl(mine_, F_SETFL, O_NONBLOCK);
        return ends[child_reads ? 0 : 1];
    }
    bool is_open() const noexcept { return mine_ != -1; }
    int native_handle() const noexcept { return mine_; }
    void close() noexcept {
        if (mine_ != -1) ::close(mine_);
        mine_ = -1;
    }

    /// What is to be transferred next, in the direction of the pipe.
    void begin(std::byte* data, std::size_t size) noexcept {
        data_ = data;
        size_ = size;
    }
    void cancel() noexcept {}
    /// How much was transferred, 0 at the end of what a child writes; `errc::would_block` if nothing could be yet.
    result<std::size_t> finish() noexcept {
        return writes_ ? write_without_signal() : counted(::read(mine_, data_, size_), "read");
    }
    /// Returns when `finish` of one of them may have something; `errc::timed_out`, `errc::interrupted`.
    static result<void> wait_any(pipe_end* const* ends, std::size_t count, std::int64_t until) noexcept {
        pollfd asked[3];
        for (std::size_t i = 0; i < count; ++i)
            asked[i] = {ends[i]->mine_, static_cast<short>(ends[i]->writes_ ? POLLOUT : POLLIN), 0};
        const int ready = ::poll(asked, static_cast<nfds_t>(count), poll_timeout(until));
        if (ready == -1) return last_error("poll");
        if (ready == 0) return unexpected(clocks::time_is_over(until, "poll"));
        return {};
    }

private:
    result<std::size_t> write_without_signal() noexcept {
        return without_pipe_signal([this] { return counted(::write(mine_, data_, size_), "write"); });
    }

    int mine_ = -1;
    bool writes_ = false;
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace vitte::sys::posix
