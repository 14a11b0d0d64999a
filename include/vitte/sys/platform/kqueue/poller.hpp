/// Readiness of many handles at once (kqueue(2)): a filter for each direction of a handle. What is told once has a
/// queue of its own within the other one: of a handle that is ready in one direction the filter of the other direction
/// goes, too, before anybody can change them.
#pragma once

#include <pthread.h>
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
        while (::read(ends_[0], bytes, sizeof bytes) == sizeof bytes) {
        }
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
        queue_ = posix::above_streams(::kqueue());
        if (queue_ == -1) return posix::last_error("kqueue");
        const auto opened = alarm_.open(queue_);
        if (!opened) close();
        return opened;
    }
    void close() noexcept {
        alarm_.close();
        for (int* const one : {&queue_, &one_shots_}) {
            if (*one != -1) ::close(*one);
            *one = -1;
        }
    }
    bool is_open() const noexcept { return queue_ != -1; }
    int native_handle() const noexcept { return queue_; }

    /// A handle that is watched already is changed, but from level to edge and back not its trigger. One that is
    /// refused is not watched at all.
    result<void> add(handle which, unsigned interest, poll_trigger trigger, std::uint64_t key) noexcept {
        return set(changes(), which, interest, trigger, key);
    }
    /// Filters keep the flags with which they were added: they are taken away and added again.
    result<void> change(handle which, unsigned interest, poll_trigger trigger, std::uint64_t key) noexcept {
        return set(changes().remove(which), which, interest, trigger, key);
    }
    result<void> remove(handle which) noexcept {
        if (one_shots() != -1) {
            const locked hold;
            VITTE_CHECK(apply(one_shots(), changes().remove(which)));
        }
        return apply(queue_, changes().remove(which));
    }

    result<std::size_t> wait(readiness* to, std::size_t room, std::int64_t until) noexcept {
        struct kevent events[most_at_once];
        const std::int64_t left = until > 0 && until != INT64_MAX ? until - posix::clocks::monotonic() : 0;
        const timespec patience = posix::clocks::split(left > 0 ? left : 0);
        const record_count most = most_of(room);
        const int count = ::kevent(queue_, nullptr, 0, events, most, until == INT64_MAX ? nullptr : &patience);
        if (count == -1) return posix::last_error("kevent");
        if (count == 0) return unexpected(posix::clocks::time_is_over(until, "kevent"));
        std::size_t told = 0;
        bool woken = false, once = false;
        for (int i = 0; i < count; ++i) {
            const struct kevent& event = events[i];
            if (alarm_.has_rung(event))
                woken = true;
            else if (static_cast<int>(event.ident) == one_shots())
                once = true;
            else
                to[told++] = {key_of(event), events_of(event)};
        }
        if (once) told += take_one_shots(to + told, room - told, events);
        if (told == 0 && !woken) return fail(errc::interrupted, "kevent");
        return told;
    }
    void wake() noexcept { alarm_.ring(queue_); }

private:
    static constexpr record_count most_at_once = 64;

    struct locked {
        locked() noexcept { ::pthread_mutex_lock(&lock); }
        locked(locked&&) = delete;
        ~locked() { ::pthread_mutex_unlock(&lock); }
    };
    static constexpr record_count most_of(std::size_t room) noexcept {
        return room < most_at_once ? static_cast<record_count>(room) : most_at_once;
    }

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
    /// Their queue, or -1.
    int one_shots() const noexcept { return __atomic_load_n(&one_shots_, __ATOMIC_ACQUIRE); }
    /// A queue is readable when there is something in it.
    result<void> open_one_shots() noexcept {
        if (one_shots() != -1) return {};
        const int made = posix::above_streams(::kqueue());
        if (made == -1) return posix::last_error("kqueue");
        const auto watched = apply(queue_, changes().add(made, socket_readable, poll_trigger::level, 0));
        if (!watched) return ::close(made), watched;
        // There is nothing in it yet of which somebody who waits might be told.
        __atomic_store_n(&one_shots_, made, __ATOMIC_RELEASE);
        return {};
    }
    result<void> set(changes wanted, int which, unsigned interest, poll_trigger trigger, std::uint64_t key) noexcept {
        if (static_cast<std::uintptr_t>(key) != key) return fail(errc::too_large, "kevent");
        wanted.add(which, interest, trigger, key);
        const bool once = trigger == poll_trigger::one_shot;
        if (!once && one_shots() == -1) return all_or_none(queue_, wanted, which);
        const locked hold;
        VITTE_CHECK(open_one_shots());
        VITTE_CHECK(apply(once ? queue_ : one_shots(), changes().remove(which)));
        return all_or_none(once ? one_shots() : queue_, wanted, which);
    }
    /// If the filter of one direction is refused, that of the other one goes, too: its key may be of an object that
    /// ends.
    static result<void> all_or_none(int queue, const changes& wanted, int which) noexcept {
        const auto applied = apply(queue, wanted);
        if (!applied) static_cast<void>(apply(queue, changes().remove(which)));
        return applied;
    }
    /// Of what is told in one direction the other one is not told any more, either.
    std::size_t take_one_shots(readiness* to, std::size_t room, struct kevent* events) noexcept {
        const locked hold;
        const timespec at_once{};
        const int count = room == 0 ? 0 : ::kevent(one_shots(), nullptr, 0, events, most_of(room), &at_once);
        std::size_t told = 0;
        for (int i = 0; i < count; ++i) {
            const struct kevent event = events[i];
            to[told++] = {key_of(event), events_of(event)};
            events[i] = change_of(static_cast<int>(event.ident),
                                  event.filter == EVFILT_READ ? EVFILT_WRITE : EVFILT_READ, EV_DELETE);
        }
        const auto others = static_cast<record_count>(told);
        if (others != 0) ::kevent(one_shots(), events, others, events, others, nullptr);
        return told;
    }
    /// What is taken away may be gone already.
    static result<void> apply(int queue, const changes& wanted) noexcept {
        struct kevent told[4];
        if (wanted.count == 0) return {};
        const int count = ::kevent(queue, wanted.all, wanted.count, told, wanted.count, nullptr);
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
        const bool ends = (told.flags & EV_EOF) != 0, over = ends && (sends || told.fflags != 0);
        return (sends ? socket_writable : socket_readable) | (ends && !sends ? socket_ended : 0u) |
               (over ? socket_hung_up : 0u);
    }

    static inline pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;  ///< of the queues of one shots, and who they are

    int queue_ = -1, one_shots_ = -1;
    alarm alarm_;
};

}  // namespace vitte::sys::kqueue_os
