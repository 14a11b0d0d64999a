/// Readiness of many handles at once (kqueue(2)): a filter for each direction of a handle.
#pragma once

#include <sys/event.h>

#include <vitte/sys/platform/poller_types.hpp>
#include <vitte/sys/platform/posix/pipe_end.hpp>
#include <vitte/sys/platform/socket_types.hpp>

namespace vitte::sys::kqueue_os {

#if defined(__NetBSD__)
using record_count = std::size_t;  ///< what kevent(2) takes
#else
using record_count = int;
#endif

/// A change of a queue, which is answered by an event and not by what has happened meanwhile (EV_RECEIPT).
inline struct kevent change_of(int which, int filter, unsigned flags, std::uint64_t key = 0) noexcept {
    struct kevent made;
    EV_SET(&made, static_cast<std::uintptr_t>(which), static_cast<decltype(made.filter)>(filter),
           static_cast<decltype(made.flags)>(flags | EV_RECEIPT), 0, 0, 0);
    const auto bits = static_cast<std::uintptr_t>(key);
    static_assert(sizeof made.udata == sizeof bits);  // a pointer, or a number
    __builtin_memcpy(&made.udata, &bits, sizeof bits);
    return made;
}

#if defined(EVFILT_USER)
/// Wakes who waits.
class alarm {
public:
    result<void> open(int queue) noexcept { return tell(queue, EV_ADD | EV_CLEAR, 0); }
    void close() noexcept {}
    void ring(int queue) noexcept { static_cast<void>(tell(queue, 0, NOTE_TRIGGER)); }
    bool has_rung(const struct kevent& told) const noexcept { return told.filter == EVFILT_USER; }

private:
    static result<void> tell(int queue, unsigned flags, unsigned notes) noexcept {
        struct kevent asked;
        EV_SET(&asked, 0, EVFILT_USER, static_cast<decltype(asked.flags)>(flags), notes, 0, 0);
        return posix::checked(::kevent(queue, &asked, 1, nullptr, 0, nullptr), "kevent");
    }
};
#else
/// Wakes who waits, by a pipe: NetBSD 9 and OpenBSD have no events of the user.
class alarm {
public:
    result<void> open(int queue) noexcept {
        VITTE_CHECK(posix::open_pipe(ends_));
        for (const int end : ends_) ::fcntl(end, F_SETFL, O_NONBLOCK);
        struct kevent asked;
        EV_SET(&asked, static_cast<std::uintptr_t>(ends_[0]), EVFILT_READ, EV_ADD, 0, 0, 0);
        return posix::checked(::kevent(queue, &asked, 1, nullptr, 0, nullptr), "kevent");
    }
    void close() noexcept {
        for (int& end : ends_) {
            if (end != -1) ::close(end);
            end = -1;
        }
    }
    void ring(int) noexcept {
        const char byte = 0;
        static_cast<void>(!::write(ends_[1], &byte, 1));  // a full pipe rings already
    }
    bool has_rung(const struct kevent& told) const noexcept {
        if (told.ident != static_cast<std::uintptr_t>(ends_[0])) return false;
        char bytes[256];
        while (::read(ends_[0], bytes, sizeof bytes) == sizeof bytes) {}
        return true;
    }

private:
    int ends_[2] = {-1, -1};
};
#endif

class poller {
public:
    using handle = int;

    result<void> open() noexcept {
        queue_ = ::kqueue();
        if (queue_ == -1) return posix::last_error("kqueue");
        const auto opened = alarm_.open(queue_);
        if (!opened) close();
        return opened;
    }
    void close() noexcept {
        alarm_.close();
        if (queue_ != -1) ::close(queue_);
        queue_ = -1;
    }
    bool is_open() const noexcept { return queue_ != -1; }
    int native_handle() const noexcept { return queue_; }

    /// A handle that is watched already is changed, but not its trigger.
    result<void> add(handle which, unsigned interest, poll_trigger trigger, std::uint64_t key) noexcept {
        changes all;
        return apply(all.add(which, interest, trigger, key), key);
    }
    /// Filters keep the flags with which they were added: they are taken away and added again.
    result<void> change(handle which, unsigned interest, poll_trigger trigger, std::uint64_t key) noexcept {
        changes all;
        return apply(all.remove(which).add(which, interest, trigger, key), key);
    }
    result<void> remove(handle which) noexcept {
        changes all;
        return apply(all.remove(which), 0);
    }

    result<std::size_t> wait(readiness* to, std::size_t room, std::int64_t until) noexcept {
        struct kevent events[most_at_once];
        const std::int64_t left = until > 0 && until != INT64_MAX ? until - posix::clocks::monotonic() : 0;
        const timespec patience = posix::clocks::split(left > 0 ? left : 0);
        const record_count most = room < most_at_once ? static_cast<record_count>(room) : most_at_once;
        const int count = ::kevent(queue_, nullptr, 0, events, most, until == INT64_MAX ? nullptr : &patience);
        if (count == -1) return posix::last_error("kevent");
        if (count == 0) return unexpected(posix::clocks::time_is_over(until, "kevent"));
        std::size_t told = 0;
        record_count others = 0;
        for (int i = 0; i < count; ++i) {
            const struct kevent event = events[i];
            if (alarm_.has_rung(event)) continue;
            to[told++] = {key_of(event), events_of(event)};
            // The other direction is not told of any more, either.
            if ((event.flags & EV_ONESHOT) != 0)
                events[others++] = change_of(static_cast<int>(event.ident),
                                             event.filter == EVFILT_READ ? EVFILT_WRITE : EVFILT_READ, EV_DELETE);
        }
        if (others != 0) ::kevent(queue_, events, others, events, others, nullptr);
        return told;
    }
    void wake() noexcept { alarm_.ring(queue_); }

private:
    static constexpr record_count most_at_once = 64;

    /// What one call changes.
    struct changes {
        struct kevent all[4];
        record_count count = 0;

        changes& remove(int which) noexcept {
            all[count++] = change_of(which, EVFILT_READ, EV_DELETE);
            all[count++] = change_of(which, EVFILT_WRITE, EV_DELETE);
            return *this;
        }
        changes& add(int which, unsigned interest, poll_trigger trigger, std::uint64_t key) noexcept {
            constexpr unsigned triggers[] = {0, EV_CLEAR, EV_ONESHOT};
            const unsigned flags = EV_ADD | triggers[static_cast<unsigned>(trigger)];
            if ((interest & socket_readable) != 0) all[count++] = change_of(which, EVFILT_READ, flags, key);
            if ((interest & socket_writable) != 0) all[count++] = change_of(which, EVFILT_WRITE, flags, key);
            return *this;
        }
    };
    /// What is taken away may be gone already.
    result<void> apply(changes& wanted, std::uint64_t key) noexcept {
        if (static_cast<std::uintptr_t>(key) != key) return fail(errc::too_large, "kevent");
        struct kevent told[4];
        if (wanted.count == 0) return {};
        const int count = ::kevent(queue_, wanted.all, wanted.count, told, wanted.count, nullptr);
        if (count == -1) return posix::last_error("kevent");
        for (int i = 0; i < count; ++i)
            if (const int number = static_cast<int>(told[i].data); number != 0 && number != ENOENT)
                return fail(posix::cause_of(number), "kevent", number);
        return {};
    }
    static std::uint64_t key_of(const struct kevent& told) noexcept {
        std::uintptr_t bits;
        __builtin_memcpy(&bits, &told.udata, sizeof bits);
        return bits;
    }
    /// The end of what can be sent is the end of the connection, and so is an error.
    static unsigned events_of(const struct kevent& told) noexcept {
        const bool sends = told.filter == EVFILT_WRITE;
        const bool over = (told.flags & EV_EOF) != 0 && (sends || told.fflags != 0);
        return (sends ? socket_writable : socket_readable) | (over ? socket_hung_up : 0u);
    }

    int queue_ = -1;
    alarm alarm_;
};

}  // namespace vitte::sys::kqueue_os
