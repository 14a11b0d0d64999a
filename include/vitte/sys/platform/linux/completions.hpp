/// Operations that the kernel carries out and tells of when they are completed (io_uring(7)), for Linux 6.1 and later.
/// Constants and structures are the kernel's own, since the headers of some systems know fewer of them.
#pragma once

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vitte/sys/platform/completion_types.hpp>
#include <vitte/sys/platform/linux/call_numbers.hpp>
#include <vitte/sys/platform/posix/clocks.hpp>
#include <vitte/sys/platform/posix/descriptor.hpp>
#include <vitte/sys/platform/posix/socket_address.hpp>

namespace vitte::sys::linux_os {

/// Layouts and numbers of <linux/io_uring.h>.
namespace uring {

struct offsets {
    std::uint32_t head, tail, mask, entries, fifth, sixth, seventh, reserved;
    std::uint64_t address;
};
struct parameters {
    std::uint32_t submissions, completions, flags, cpu, idle, features, workers, reserved[3];
    offsets submission, completion;
};
struct submission {
    std::uint8_t operation, flags;
    std::uint16_t priority;
    std::int32_t handle;
    std::uint64_t offset, address;
    std::uint32_t size, options;
    std::uint64_t key, rest[3];
};
struct completion {
    std::uint64_t key;
    std::int32_t outcome;
    std::uint32_t flags;
};
struct wait_arguments {
    std::uint64_t signals;
    std::uint32_t signals_size, reserved;
    std::uint64_t time;
};

inline constexpr std::uint32_t setup_completions_size = 1 << 3, setup_submit_all = 1 << 7, setup_coop_taskrun = 1 << 8,
                               setup_single_issuer = 1 << 12, setup_defer_taskrun = 1 << 13;
inline constexpr std::uint32_t enter_get_events = 1 << 0, enter_extended = 1 << 3;
inline constexpr std::uint32_t more_to_receive = 1 << 2;
inline constexpr std::uint32_t cancel_all = 1 << 0, cancel_any = 1 << 2;
inline constexpr std::uint8_t poll_add = 6, send_message = 9, receive_message = 10, op_accept = 13, async_cancel = 14,
                              op_send = 26, op_receive = 27;
inline constexpr std::uint16_t poll_first = 1;
inline constexpr off_t submissions_offset = 0x10000000;

}  // namespace uring

/// What stays where it is while a message, or who has connected, is under way.
class envelope {
public:
    std::byte* data() noexcept { return reinterpret_cast<std::byte*>(this); }
    /// The address is what comes.
    void address_later() noexcept { address_.size = sizeof address_.local; }
    /// A message to be sent, or else received.
    void hold(const datagram& message, bool is_sent) noexcept {
        if (is_sent)
            address_ = posix::native_address(message.address);
        else
            address_later();
        slice_ = {message.data, message.size};
        header_ = {};
        header_.msg_name = &address_.any;
        header_.msg_namelen = address_.size;
        header_.msg_iov = &slice_;
        header_.msg_iovlen = 1;
    }
    socket_address address() const noexcept {
        posix::native_address came = address_;
        if (header_.msg_iovlen != 0) came.size = header_.msg_namelen;
        return came.value();
    }
    /// The handle of an accepted connection, which comes of the completion as `number`.
    static result<int> accepted(std::size_t number) noexcept {
        const int made = posix::above_streams(static_cast<int>(number));
        if (made == -1) return posix::last_error("accept");
        return made;
    }
    bool truncated() const noexcept { return (header_.msg_flags & MSG_TRUNC) != 0; }

private:
    friend class completions;

    posix::native_address address_;
    msghdr header_{};
    iovec slice_{};
};

/// A ring of the thread that opens it: the kernel refuses all others, and works for it while it waits. It stays where
/// it is. No child inherits it.
class completions {
public:
    using handle = int;
    using envelope = linux_os::envelope;

    result<void> open(std::uint32_t entries) noexcept {
        uring::parameters made{};
        made.flags = uring::setup_completions_size | uring::setup_submit_all | uring::setup_coop_taskrun |
                     uring::setup_single_issuer | uring::setup_defer_taskrun;
        made.completions = 8 * entries;
        queue_ = posix::above_streams(static_cast<int>(::syscall(io_uring_setup_call, entries, &made)));
        if (queue_ == -1) return posix::last_error("io_uring_setup");
        const std::size_t of_submissions = made.submission.seventh + made.submissions * sizeof(std::uint32_t);
        const std::size_t of_completions = made.completion.sixth + made.completions * sizeof(uring::completion);
        rings_ = map(of_submissions > of_completions ? of_submissions : of_completions, 0);
        asked_ = map(made.submissions * sizeof(uring::submission), uring::submissions_offset);
        if (rings_.at == nullptr || asked_.at == nullptr) {
            const auto failed = posix::last_error("mmap io_uring");
            close();
            return failed;
        }
        submitted_ = word(made.submission.head), submission_end_ = word(made.submission.tail);
        seen_ = word(made.completion.head), completion_end_ = word(made.completion.tail);
        submission_mask_ = made.submissions - 1, completion_mask_ = made.completions - 1;
        told_ = reinterpret_cast<const uring::completion*>(rings_.at + made.completion.sixth);
        for (std::uint32_t i = 0; i < made.submissions; ++i) word(made.submission.seventh)[i] = i;
        return {};
    }
    void close() noexcept {
        for (mapping* const one : {&rings_, &asked_}) {
            if (one->at != nullptr) ::munmap(one->at, one->size);
            *one = {};
        }
        if (queue_ != -1) ::close(queue_);
        queue_ = -1;
    }
    bool is_open() const noexcept { return queue_ != -1; }

    result<void> submit(const completion_request<handle>& wanted) noexcept {
        const std::uint32_t end = *submission_end_;
        if (end - __atomic_load_n(submitted_, __ATOMIC_ACQUIRE) > submission_mask_)
            return fail(errc::would_block, "io_uring");
        auto& to = reinterpret_cast<uring::submission*>(asked_.at)[end & submission_mask_];
        to = {};
        to.handle = wanted.handle;
        to.key = wanted.key;
        to.address = reinterpret_cast<std::uintptr_t>(wanted.data);
        to.size = static_cast<std::uint32_t>(wanted.size < most_at_once ? wanted.size : most_at_once);
        switch (wanted.kind) {
            case completion_kind::receive:
                to.operation = uring::op_receive;
                to.priority = wanted.waits_first ? uring::poll_first : 0;
                break;
            case completion_kind::send:
                to.operation = uring::op_send;
                to.options = MSG_NOSIGNAL | MSG_WAITALL;
                break;
            case completion_kind::receive_message:
            case completion_kind::send_message: {
                const bool sends = wanted.kind == completion_kind::send_message;
                to.operation = sends ? uring::send_message : uring::receive_message;
                to.priority = wanted.waits_first ? uring::poll_first : 0;
                to.address = reinterpret_cast<std::uintptr_t>(&envelope_at(wanted.data).header_);
                to.size = 1;
                to.options = sends ? MSG_NOSIGNAL : 0;
                break;
            }
            case completion_kind::accept:
                to.operation = uring::op_accept;
                to.address = reinterpret_cast<std::uintptr_t>(&envelope_at(wanted.data).address_.any);
                to.offset = reinterpret_cast<std::uintptr_t>(&envelope_at(wanted.data).address_.size);
                to.size = 0;
                to.options = SOCK_NONBLOCK | SOCK_CLOEXEC;
                break;
            case completion_kind::await_input:
            case completion_kind::await_output: {
                const std::uint32_t events = wanted.kind == completion_kind::await_input ? POLLIN : POLLOUT;
                to.operation = uring::poll_add;
                to.options = events << (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 16 : 0);
                to.size = 0;
                break;
            }
            case completion_kind::cancel:
                to.operation = uring::async_cancel;
                to.handle = -1;
                to.address = wanted.target;
                break;
            case completion_kind::cancel_all:
                to.operation = uring::async_cancel;
                to.handle = -1;
                to.options = uring::cancel_all | uring::cancel_any;
                break;
        }
        __atomic_store_n(submission_end_, end + 1, __ATOMIC_RELEASE);
        return {};
    }
    result<std::size_t> wait(completion* to, std::size_t room, std::int64_t until) noexcept {
        const long entered = enter(until);
        const int number = errno;
        const std::uint32_t first = *seen_, end = __atomic_load_n(completion_end_, __ATOMIC_ACQUIRE);
        const std::size_t count = end - first < room ? end - first : room;
        for (std::size_t i = 0; i < count; ++i) {
            const uring::completion& one = told_[(first + i) & completion_mask_];
            to[i] = {one.key, outcome_of(one.outcome), (one.flags & uring::more_to_receive) != 0};
        }
        __atomic_store_n(seen_, first + static_cast<std::uint32_t>(count), __ATOMIC_RELEASE);
        if (count != 0) return count;
        if (entered == -1 && number != ETIME) return fail(posix::cause_of(number), "io_uring_enter", number);
        return unexpected(posix::clocks::time_is_over(until, "io_uring_enter"));
    }

private:
    struct mapping {
        std::byte* at = nullptr;
        std::size_t size = 0;
    };
    static constexpr std::size_t most_at_once = 1 << 30;

    static envelope& envelope_at(std::byte* data) noexcept { return *reinterpret_cast<envelope*>(data); }
    mapping map(std::size_t size, off_t offset) const noexcept {
        void* const made = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, queue_, offset);
        if (made == MAP_FAILED) return {};
        ::madvise(made, size, MADV_DONTFORK);
        return {static_cast<std::byte*>(made), size};
    }
    std::uint32_t* word(std::uint32_t offset) const noexcept {
        return reinterpret_cast<std::uint32_t*>(rings_.at + offset);
    }
    /// Hands in what was submitted, and waits for one to be completed.
    long enter(std::int64_t until) const noexcept {
        const std::uint32_t added = *submission_end_ - __atomic_load_n(submitted_, __ATOMIC_ACQUIRE);
        const unsigned least = until <= 0 ? 0 : 1;
        if (least == 0 || until == INT64_MAX)
            return ::syscall(io_uring_enter_call, queue_, added, least, uring::enter_get_events, nullptr, 0);
        const std::int64_t rest = until - posix::clocks::monotonic(), left = rest > 0 ? rest : 0;
        const std::int64_t patience[] = {left / 1'000'000'000, left % 1'000'000'000};  // __kernel_timespec
        const uring::wait_arguments with{0, 0, 0, reinterpret_cast<std::uintptr_t>(patience)};
        return ::syscall(io_uring_enter_call, queue_, added, least, uring::enter_get_events | uring::enter_extended,
                         &with, sizeof with);
    }
    static result<std::size_t> outcome_of(std::int32_t told) noexcept {
        if (told >= 0) return static_cast<std::size_t>(told);
        return fail(told == -ECANCELED ? errc::would_block : posix::cause_of(-told), "io_uring", -told);
    }

    int queue_ = -1;
    mapping rings_, asked_;
    std::uint32_t *submitted_ = nullptr, *submission_end_ = nullptr, *seen_ = nullptr, *completion_end_ = nullptr;
    std::uint32_t submission_mask_ = 0, completion_mask_ = 0;
    const uring::completion* told_ = nullptr;
};

}  // namespace vitte::sys::linux_os
