/// Readiness of many handles at once (epoll(7)).
#pragma once

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include <vitte/sys/platform/linux/call_numbers.hpp>
#include <vitte/sys/platform/poller_types.hpp>
#include <vitte/sys/platform/posix/pipe_end.hpp>
#include <vitte/sys/platform/socket_types.hpp>

namespace vitte::sys::linux_os {

class poller {
public:
    using handle = int;

    result<void> open() noexcept {
        queue_ = posix::above_streams(::epoll_create1(EPOLL_CLOEXEC));
        if (queue_ == -1) return posix::last_error("epoll_create1");
        wake_ = posix::above_streams(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
        // Each write is an edge, so that nobody has to read.
        const auto opened =
            wake_ == -1 ? posix::last_error("eventfd") : control(EPOLL_CTL_ADD, wake_, EPOLLIN | EPOLLET, reserved_key);
        if (!opened) close();
        return opened;
    }
    void close() noexcept {
        if (wake_ != -1) ::close(wake_);
        if (queue_ != -1) ::close(queue_);
        wake_ = queue_ = -1;
    }
    bool is_open() const noexcept { return queue_ != -1; }
    int native_handle() const noexcept { return queue_; }

    result<void> add(handle which, unsigned interest, poll_trigger trigger, std::uint64_t key) noexcept {
        return control(EPOLL_CTL_ADD, which, wanted(interest, trigger), key);
    }
    result<void> change(handle which, unsigned interest, poll_trigger trigger, std::uint64_t key) noexcept {
        return control(EPOLL_CTL_MOD, which, wanted(interest, trigger), key);
    }
    result<void> remove(handle which) noexcept { return control(EPOLL_CTL_DEL, which, 0, 0); }

    result<std::size_t> wait(readiness* to, std::size_t room, std::int64_t until) noexcept {
        // The kernel's records are no larger. They come to the end of the array, and none is written over before it is
        // read.
        static_assert(sizeof(epoll_event) <= sizeof(readiness));
        const std::size_t most = room < most_at_once ? room : most_at_once;
        std::byte* const records = reinterpret_cast<std::byte*>(to) + most * (sizeof(readiness) - sizeof(epoll_event));
        const int count = wait_for(reinterpret_cast<epoll_event*>(records), static_cast<int>(most), until);
        if (count == -1) return posix::last_error("epoll_wait");
        if (count == 0) return unexpected(posix::clocks::time_is_over(until, "epoll_wait"));
        std::size_t told = 0;
        for (int i = 0; i < count; ++i) {
            epoll_event record;
            __builtin_memcpy(&record, records + static_cast<std::size_t>(i) * sizeof record, sizeof record);
            if (record.data.u64 != reserved_key) to[told++] = {record.data.u64, events_of(record.events)};
        }
        return told;
    }
    void wake() noexcept {
        const std::uint64_t one = 1;
        static_cast<void>(!::write(wake_, &one, sizeof one));
    }

private:
    static constexpr std::size_t most_at_once = 1 << 20;

    static constexpr std::uint32_t wanted(unsigned interest, poll_trigger trigger) noexcept {
        constexpr std::uint32_t triggers[] = {0, EPOLLET, EPOLLONESHOT};
        return ((interest & socket_readable) != 0 ? static_cast<std::uint32_t>(EPOLLIN | EPOLLRDHUP) : 0) |
               ((interest & socket_writable) != 0 ? static_cast<std::uint32_t>(EPOLLOUT) : 0) |
               triggers[static_cast<unsigned>(trigger)];
    }
    static constexpr unsigned events_of(std::uint32_t bits) noexcept {
        return ((bits & EPOLLIN) != 0 ? socket_readable : 0u) | ((bits & EPOLLOUT) != 0 ? socket_writable : 0u) |
               ((bits & (EPOLLHUP | EPOLLERR)) != 0 ? socket_hung_up : 0u) |
               ((bits & EPOLLRDHUP) != 0 ? socket_ended : 0u);
    }
    result<void> control(int operation, int which, std::uint32_t events, std::uint64_t key) noexcept {
        epoll_event asked{};
        asked.events = events;
        asked.data.u64 = key;
        return posix::checked(::epoll_ctl(queue_, operation, which, &asked), "epoll_ctl");
    }
    /// With nanoseconds since Linux 5.11.
    int wait_for(epoll_event* to, int room, std::int64_t until) const noexcept {
        if (until <= 0 || until == INT64_MAX) return ::epoll_wait(queue_, to, room, until <= 0 ? 0 : -1);
        const std::int64_t rest = until - posix::clocks::monotonic(), left = rest > 0 ? rest : 0;
        const std::int64_t patience[] = {left / 1'000'000'000, left % 1'000'000'000};  // __kernel_timespec
        const long count = ::syscall(epoll_pwait2_call, queue_, to, room, patience, nullptr, 0);
        if (count != -1 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(count);
        return ::epoll_wait(queue_, to, room, posix::poll_timeout(until));
    }

    int queue_ = -1, wake_ = -1;
};

}  // namespace vitte::sys::linux_os
