/// Readiness of many sockets at once: for each the driver is asked once, and a completion port tells of all. Edges are
/// not to be had, since what is asked is answered by what is true.
#pragma once

#include <new>
#include <utility>

#include <vitte/core/atomic.hpp>
#include <vitte/core/growing_array.hpp>
#include <vitte/sys/platform/poller_types.hpp>
#include <vitte/sys/platform/win32/clocks.hpp>
#include <vitte/sys/platform/win32/socket_poll.hpp>

namespace vitte::sys::win32 {

/// Has a thread of the system's pool call when an object of the kernel is signalled.
class object_wait {
public:
    result<void> open(void* object, void (*call)(void*) noexcept, void* context) noexcept {
        constexpr unsigned long in_wait_thread = 4, once = 8, for_ever = 0xffffffff;
        call_ = call;
        context_ = context;
        return checked(RegisterWaitForSingleObject(&wait_, object, run, this, for_ever, in_wait_thread | once),
                       "RegisterWaitForSingleObject");
    }
    /// Waits for a call that is under way.
    void close() noexcept {
        if (wait_ != nullptr) UnregisterWaitEx(std::exchange(wait_, nullptr), reinterpret_cast<void*>(~std::uintptr_t{0}));
    }

private:
    static void run(void* self, unsigned char) {
        const auto& mine = *static_cast<object_wait*>(self);
        mine.call_(mine.context_);
    }

    void* wait_ = nullptr;
    void (*call_)(void*) noexcept = nullptr;
    void* context_ = nullptr;
};

class poller {
public:
    using handle = std::uintptr_t;
    using object_wait = win32::object_wait;

    result<void> open() noexcept {
        VITTE_CHECK(wake_sockets());
        table_ = new (std::nothrow) table;
        if (table_ == nullptr) return fail(errc::out_of_memory, "allocate");
        const auto opened = table_->open();
        if (!opened) close();
        return opened;
    }
    void close() noexcept {
        if (table_ == nullptr) return;
        table_->close();
        delete table_;
        table_ = nullptr;
    }
    bool is_open() const noexcept { return table_ != nullptr; }

    /// A handle that is watched already was closed since then, or it is changed.
    result<void> add(handle which, unsigned interest, poll_trigger trigger, std::uint64_t key) noexcept {
        VITTE_TRY(const wish asked, wish_for(which, interest, trigger, key));
        const locked hold(*table_);
        return table_->add(asked);
    }
    result<void> change(handle which, unsigned interest, poll_trigger trigger, std::uint64_t key) noexcept {
        VITTE_TRY(const wish asked, wish_for(which, interest, trigger, key));
        const locked hold(*table_);
        return table_->change(asked);
    }
    result<void> remove(handle which) noexcept {
        const locked hold(*table_);
        return table_->remove(which);
    }

    result<std::size_t> wait(readiness* to, std::size_t room, std::int64_t until) noexcept {
        table& all = *table_;
        VITTE_CHECK(all.ask_again());
        completion came[most_at_once];
        VITTE_TRY(const std::size_t count, all.completed(came, room < most_at_once ? room : most_at_once, until));
        const locked hold(all);
        std::size_t told = 0;
        bool woken = false;
        for (std::size_t i = 0; i < count; ++i)
            if (came[i].of == nullptr) woken = all.woken.exchange(false);
            else if (all.settle(*came[i].of, to[told])) ++told;
        if (told != 0 || woken) return told;
        return fail(errc::interrupted, "GetQueuedCompletionStatusEx");
    }
    void wake() noexcept {
        if (table_->woken.exchange(true)) return;
        if (PostQueuedCompletionStatus(table_->port, 0, 0, nullptr) == 0) table_->woken.exchange(false);
    }

private:
    static constexpr std::size_t most_at_once = 64;
    struct wish {
        handle which;
        void* base;
        unsigned interest;
        poll_trigger trigger;
        std::uint64_t key;
    };
    /// A wish on its way. Lives until the driver has answered, and as long as it is in a list.
    struct watched : wish {
        socket_poll poll;
        watched* next_told = nullptr;
        bool asked = false;   ///< the driver, which will answer
        bool told = false;    ///< since the last wait began, and so it is in the list of those
        bool wanted = true;
    };
    struct completion {
        std::uintptr_t key;
        watched* of;  ///< null: somebody has called `wake`
        std::uintptr_t status;
        std::uint32_t size;
    };
    struct table;
    struct locked {
        table& of;
        explicit locked(table& t) noexcept : of(t) { AcquireSRWLockExclusive(as<_RTL_SRWLOCK>(&of.lock)); }
        locked(locked&&) = delete;
        ~locked() { ReleaseSRWLockExclusive(as<_RTL_SRWLOCK>(&of.lock)); }
    };
    struct table {
        void* lock = nullptr;         ///< of all but what follows up to `woken`
        void *port = nullptr, *driver = nullptr;
        atomic<bool> woken{false};    ///< the port will tell or has told of it
        growing_array<watched*> all;  ///< ordered by handle
        watched* told = nullptr;      ///< by level, of which the driver is asked when the next wait begins
        std::size_t asked = 0;

        result<void> open() noexcept {
            port = CreateIoCompletionPort(reinterpret_cast<void*>(~std::uintptr_t{0}), nullptr, 0, 1);
            if (port == nullptr) return last_error("CreateIoCompletionPort");
            VITTE_TRY(driver, open_socket_driver(port));
            return {};
        }
        void close() noexcept {
            for (watched* const one : all) retire(one);
            while (told != nullptr) delete std::exchange(told, told->next_told);
            completion came[most_at_once];
            readiness none;
            while (asked != 0) {
                const auto count = completed(came, most_at_once, INT64_MAX);
                for (std::size_t i = 0; i < count.value_or(0); ++i)
                    if (came[i].of != nullptr) settle(*came[i].of, none);
            }
            if (driver != nullptr) CloseHandle(driver);
            if (port != nullptr) CloseHandle(port);
        }

        result<void> add(const wish& w) noexcept {
            VITTE_TRY(watched* made, begun(w));
            const std::size_t at = place_of(w.which);
            if (at == all.size() || all[at]->which != w.which) {
                const auto pushed = all.push_back(std::move(made));
                if (!pushed) return retire(made), pushed;
                made = all.back();
                for (std::size_t i = all.size() - 1; i > at; --i) all[i] = all[i - 1];
            } else retire(all[at]);
            all[at] = made;
            return {};
        }
        result<void> change(const wish& w) noexcept {
            const std::size_t at = place_of(w.which);
            if (at == all.size() || all[at]->which != w.which) return fail(errc::not_found, "change in poller");
            watched& one = *all[at];
            if (!one.asked) {
                static_cast<wish&>(one) = w;
                return one.told ? result<void>() : ask(one);
            }
            VITTE_TRY(watched* const made, begun(w));
            retire(std::exchange(all[at], made));
            return {};
        }
        result<void> remove(handle which) noexcept {
            const std::size_t at = place_of(which);
            if (at == all.size() || all[at]->which != which) return fail(errc::not_found, "remove from poller");
            retire(all[at]);
            take_out(at);
            return {};
        }

        /// For those that were told of. What was closed meanwhile is forgotten.
        result<void> ask_again() noexcept {
            const locked hold(*this);
            while (told != nullptr) {
                watched* const one = told;
                const auto begun = one->wanted ? ask(*one) : result<void>();
                if (!begun && begun.error().code == errc::out_of_memory) return begun;
                told = one->next_told;
                one->told = false;
                if (!begun) take_out(place_of(one->which));
                if (!begun || !one->wanted) delete one;
            }
            return {};
        }
        result<std::size_t> completed(completion* to, std::size_t room, std::int64_t until) const noexcept {
            constexpr unsigned long timed_out = 258;
            const unsigned long limit = until == INT64_MAX ? 0xffffffff
                                        : until <= 0       ? 0
                                                           : clocks::milliseconds(until - clocks::monotonic());
            unsigned long count = 0;
            if (GetQueuedCompletionStatusEx(port, as<_OVERLAPPED_ENTRY>(to), static_cast<unsigned long>(room), &count,
                                            limit, 0) != 0)
                return std::size_t{count};
            if (GetLastError() != timed_out) return last_error("GetQueuedCompletionStatusEx");
            return unexpected(clocks::time_is_over(until, "GetQueuedCompletionStatusEx", timed_out));
        }
        /// Of what the driver has answered; whether there is something to tell.
        bool settle(watched& one, readiness& to) noexcept {
            one.asked = false;
            --asked;
            if (!one.wanted) return delete &one, false;
            if (one.poll.is_closed() || !is_there(one.which)) {
                take_out(place_of(one.which));
                return delete &one, false;
            }
            to = {one.key, one.poll.events(one.interest)};
            if (to.events == 0 || one.trigger == poll_trigger::level) {
                one.told = true;
                one.next_told = std::exchange(told, &one);
            }
            return to.events != 0;
        }

    private:
        std::size_t place_of(handle which) const noexcept {
            return ordered_place(all, [which](const watched* one) { return one->which < which; });
        }
        void take_out(std::size_t at) noexcept {
            for (std::size_t i = at + 1; i < all.size(); ++i) all[i - 1] = all[i];
            all.pop_back();
        }
        result<watched*> begun(const wish& w) noexcept {
            auto* const made = new (std::nothrow) watched{w, {}};
            if (made == nullptr) return fail(errc::out_of_memory, "allocate");
            const auto begun = ask(*made);
            if (begun) return made;
            delete made;
            return unexpected(begun.error());
        }
        result<void> ask(watched& one) noexcept {
            VITTE_CHECK(one.poll.begin(driver, one.base, one.interest, &one));
            one.asked = true;
            ++asked;
            return {};
        }
        void retire(watched* one) noexcept {
            one->wanted = false;
            if (one->asked) one->poll.cancel(driver);
            else if (!one->told) delete one;
        }
    };

    static result<wish> wish_for(handle which, unsigned interest, poll_trigger trigger, std::uint64_t key) noexcept {
        if (trigger == poll_trigger::edge) return fail(errc::not_supported, "watch socket");
        VITTE_TRY(void* const base, base_socket(which));
        return wish{which, base, interest, trigger, key};
    }

    table* table_ = nullptr;
};

}  // namespace vitte::sys::win32
