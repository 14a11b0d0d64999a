/// Readiness of many handles at once (poll(2)), where there is nothing better: each wait costs as much as there are
/// handles, and edges are not to be had.
#pragma once

#include <pthread.h>

#include <new>

#include <vitte/core/atomic.hpp>
#include <vitte/core/growing_array.hpp>
#include <vitte/sys/platform/poller_types.hpp>
#include <vitte/sys/platform/posix/pipe_end.hpp>
#include <vitte/sys/platform/socket_types.hpp>

namespace vitte::sys::posix {

class poller {
public:
    using handle = int;

    result<void> open() noexcept {
        auto* const made = new (std::nothrow) table;
        if (made == nullptr) return fail(errc::out_of_memory, "allocate");
        const auto opened = open_pipe(made->alarm);
        if (!opened) return delete made, opened;
        for (const int end : made->alarm) ::fcntl(end, F_SETFL, O_NONBLOCK);
        table_ = made;
        return {};
    }
    void close() noexcept {
        if (table_ == nullptr) return;
        for (const int end : table_->alarm) ::close(end);
        delete table_;
        table_ = nullptr;
    }
    bool is_open() const noexcept { return table_ != nullptr; }

    /// A handle that is watched already was closed since then, or it is changed.
    result<void> add(handle which, unsigned interest, poll_trigger trigger, std::uint64_t key) noexcept {
        return table_->set({which, asks_for(interest), trigger, true, key}, true);
    }
    result<void> change(handle which, unsigned interest, poll_trigger trigger, std::uint64_t key) noexcept {
        return table_->set({which, asks_for(interest), trigger, true, key}, false);
    }
    result<void> remove(handle which) noexcept { return table_->remove(which); }

    result<std::size_t> wait(readiness* to, std::size_t room, std::int64_t until) noexcept {
        table& all = *table_;
        VITTE_CHECK(all.begin_to_wait());
        const int ready = ::poll(all.asked.begin(), static_cast<nfds_t>(all.asked.size()), poll_timeout(until));
        const auto failed = last_error("poll");
        const locked hold(all);
        const bool woken = all.end_to_wait();
        // What others have changed meanwhile is to be asked for first.
        const std::size_t told = ready > 0 && !all.changed ? all.collect(to, room) : 0;
        if (told != 0 || woken) return told;
        if (ready == -1) return failed;
        if (ready != 0) return fail(errc::interrupted, "poll");
        return unexpected(clocks::time_is_over(until, "poll"));
    }
    /// In handlers of signals, too.
    void wake() noexcept {
        table_->woken.exchange(1);
        table_->ring();
    }

private:
    struct watched {
        int which;
        short asks;
        poll_trigger trigger;
        bool armed;
        std::uint64_t key;
    };
    struct table;
    struct locked {
        table& of;
        explicit locked(table& t) noexcept : of(t) { ::pthread_mutex_lock(&of.lock); }
        locked(locked&&) = delete;
        ~locked() { ::pthread_mutex_unlock(&of.lock); }
    };
    struct table {
        pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;  ///< of all but `asked`, which is of who waits
        growing_array<watched> all;                        ///< ordered by handle
        growing_array<pollfd> asked;                       ///< the alarm and then `all`, unless that was changed
        std::size_t next = 0;                              ///< which is told of first
        int alarm[2];                                      ///< a pipe, with bytes in it if it rings
        bool changed = true, waiting = false;
        atomic<std::uint32_t> woken{0}, ringing{0};

        ~table() { ::pthread_mutex_destroy(&lock); }

        result<void> set(const watched& wish, bool is_new) noexcept {
            VITTE_CHECK(trigger_is_known(wish.trigger));
            VITTE_CHECK(checked(::fcntl(wish.which, F_GETFD), "fcntl"));
            const locked hold(*this);
            std::size_t at = place_of(wish.which);
            if (at == all.size() || all[at].which != wish.which) {
                if (!is_new) return fail(errc::not_found, "change in poller");
                watched last = wish;
                VITTE_CHECK(all.push_back(std::move(last)));
                for (std::size_t i = all.size() - 1; i > at; --i) all[i] = all[i - 1];
            }
            all[at] = wish;
            note_change();
            return {};
        }
        result<void> remove(int which) noexcept {
            const locked hold(*this);
            const std::size_t at = place_of(which);
            if (at == all.size() || all[at].which != which) return fail(errc::not_found, "remove from poller");
            for (std::size_t i = at + 1; i < all.size(); ++i) all[i - 1] = all[i];
            all.pop_back();
            note_change();
            return {};
        }

        result<void> begin_to_wait() noexcept {
            const locked hold(*this);
            if (changed) {
                while (asked.size() > all.size() + 1) asked.pop_back();
                while (asked.size() < all.size() + 1) {
                    VITTE_CHECK(asked.push_back({}));
                }
                asked[0] = {alarm[0], POLLIN, 0};
                for (std::size_t i = 0; i < all.size(); ++i)
                    asked[i + 1] = {all[i].armed ? all[i].which : -1, all[i].asks, 0};
                changed = false;
            }
            waiting = true;
            return {};
        }
        /// Whether somebody has woken who waits.
        bool end_to_wait() noexcept {
            waiting = false;
            // Who rings before the exchange is seen to have woken, and who rings after it writes once more.
            char bytes[16];
            if (asked[0].revents != 0)
                while (::read(alarm[0], bytes, sizeof bytes) == sizeof bytes) {
                }
            ringing.exchange(0);
            return woken.exchange(0) != 0;
        }
        /// Each in its turn, if there is not enough room.
        std::size_t collect(readiness* to, std::size_t room) noexcept {
            std::size_t told = 0;
            std::size_t i = next < all.size() ? next : 0;
            for (std::size_t left = all.size(); left != 0 && told != room; --left) {
                if (const short events = asked[i + 1].revents; events != 0) {
                    const bool is_gone = (events & POLLNVAL) != 0;  // nobody has removed it before it was closed
                    if (!is_gone) to[told++] = {all[i].key, events_of(events)};
                    if (is_gone || all[i].trigger == poll_trigger::one_shot) {
                        all[i].armed = false;
                        asked[i + 1].fd = -1;
                    }
                }
                i = i + 1 == all.size() ? 0 : i + 1;
            }
            next = i;
            return told;
        }
        void ring() noexcept {
            const char byte = 0;
            if (ringing.exchange(1) == 0) static_cast<void>(!::write(alarm[1], &byte, 1));
        }

    private:
        std::size_t place_of(int which) const noexcept {
            return ordered_place(all, [which](const watched& one) { return one.which < which; });
        }
        void note_change() noexcept {
            changed = true;
            if (waiting) ring();
        }
    };

    static constexpr short asks_for(unsigned interest) noexcept {
        return static_cast<short>(((interest & socket_readable) != 0 ? POLLIN : 0) |
                                  ((interest & socket_writable) != 0 ? POLLOUT : 0));
    }
    static constexpr unsigned events_of(short bits) noexcept {
        return ((bits & POLLIN) != 0 ? socket_readable : 0u) | ((bits & POLLOUT) != 0 ? socket_writable : 0u) |
               ((bits & (POLLHUP | POLLERR)) != 0 ? socket_hung_up : 0u);
    }
    static result<void> trigger_is_known(poll_trigger trigger) noexcept {
        if (trigger == poll_trigger::edge) return fail(errc::not_supported, "poll");
        return {};
    }

    table* table_ = nullptr;
};

}  // namespace vitte::sys::posix
