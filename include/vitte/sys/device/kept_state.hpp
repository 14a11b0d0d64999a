/// What terminals and serial lines were like before they were changed, to be put back: at the end of a scope, and when
/// the process ends before that.
#pragma once

#include <utility>
#include <vitte/core/atomic.hpp>
#include <vitte/sys/platform/devices.hpp>
#include <vitte/sys/retry.hpp>
#include <vitte/sys/thread/mutex.hpp>

namespace vitte::sys {

namespace detail {

/// The changed ones of the process. Handlers of signals read it; what they call passes by platforms around others.
template <class Devices>
class changed_devices {
public:
    using handle = typename Devices::handle;
    using state = typename Devices::state;

    static constexpr std::uint32_t most = 16, none = most;

    static result<std::uint32_t> add(handle device, const state& before, const state& now) noexcept {
        const scoped_lock hold(lock_);
        std::uint32_t place = 0;
        while (place != most && slots_[place].order.load_relaxed() != 0) ++place;
        if (place == most) return fail(errc::out_of_handles, "change terminal");
        slots_[place].device = device;
        slots_[place].before = before;
        slots_[place].now = now;
        VITTE_CHECK(Devices::watch_ends(undo, redo));
        slots_[place].order.store_release(++last_);
        ++count_;
        return place;
    }
    static void remove(std::uint32_t place) noexcept {
        const scoped_lock hold(lock_);
        give_up(slots_[place]);
    }
    /// Leaves what it was like before to who changed the device since, and is removed; false if nobody did.
    static bool hand_over(std::uint32_t place) noexcept {
        const scoped_lock hold(lock_);
        slot& ours = slots_[place];
        std::uint32_t order = ours.order.load_relaxed();
        slot* later = next(order);
        while (later != nullptr && later->device != ours.device) later = next(order);
        if (later == nullptr) return false;
        later->order.store_release(0);  // a handler puts back what is in `ours` meanwhile
        later->before = ours.before;
        later->order.store_release(order);
        give_up(ours);
        return true;
    }
    static const state& before(std::uint32_t place) noexcept { return slots_[place].before; }

private:
    struct slot {
        atomic<std::uint32_t> order{0};  ///< in which they were changed; 0: it is free
        handle device;
        state before, now;
    };
    static void give_up(slot& one) noexcept {
        one.order.store_release(0);
        if (--count_ != 0) return;
        last_ = 0;
        Devices::unwatch_ends();
    }
    /// The first one behind the `order`th, which that becomes; null if there is none.
    static slot* next(std::uint32_t& order) noexcept {
        return find(order, [](std::uint32_t a, std::uint32_t b) { return a < b; });
    }
    /// The last one before it.
    static slot* previous(std::uint32_t& order) noexcept {
        return find(order, [](std::uint32_t a, std::uint32_t b) { return a > b; });
    }
    template <class ComesBefore>
    static slot* find(std::uint32_t& order, ComesBefore comes_before) noexcept {
        slot* found = nullptr;
        std::uint32_t best = 0;
        for (slot& each : slots_) {
            const std::uint32_t one = each.order.load_acquire();
            if (one == 0 || !comes_before(order, one) || (found != nullptr && !comes_before(one, best))) continue;
            found = &each;
            best = one;
        }
        order = best;
        return found;
    }
    static void undo() noexcept {
        std::uint32_t order = UINT32_MAX;
        while (const slot* const one = previous(order))
            if (Devices::may_restore(one->device)) static_cast<void>(Devices::set_state(one->device, one->before));
    }
    static void redo() noexcept {
        std::uint32_t order = 0;
        while (const slot* const one = next(order))
            if (Devices::may_restore(one->device)) static_cast<void>(Devices::set_state(one->device, one->now));
    }

    static inline constinit basic_mutex<native> lock_;
    static inline std::uint32_t count_ = 0, last_ = 0;
    static inline slot slots_[most];
};

}  // namespace detail

/// A terminal or serial line that is changed as long as this exists. It is put back by the destructor, when the program
/// ends by `exit` or by returning from `main`, and when a signal ends it that may be handled (on Windows: Ctrl-C and
/// its like, and exceptions that nobody handles); not by SIGKILL, signals of real time, `_exit` or TerminateProcess. As
/// long as one exists, the handlers of those signals are the process's: handlers from before are called with the
/// terminal put back, and if they return it is changed again; those who leave theirs by a jump install them later.
/// Handlers of signals that seldom end who handles them, as SIGALRM and SIGUSR1, are left alone. A process in the
/// background leaves the terminal alone when a signal ends it, one that is stopped leaves it as it is, and so does
/// `exec`. Of several of one handle the last to end puts back what the first one found. At most 16 at a time. For one
/// thread at a time.
template <platform P = native>
class basic_kept_state {
    using devices = typename P::devices;
    using changed = detail::changed_devices<typename devices::direct>;

public:
    using native_handle_type = typename devices::handle;
    using state = typename devices::state;

    /// Nothing is kept.
    basic_kept_state() noexcept = default;
    /// Keeps what `device`, which stays open as long as this exists, is like, and changes it to `change(now)`, a
    /// result.
    template <class Change>
    static result<basic_kept_state> keep(native_handle_type device, Change change) noexcept {
        VITTE_TRY(const state before, retried([&] { return devices::state_of(device); }));
        VITTE_TRY(const state wanted, change(before));
        basic_kept_state made;
        made.device_ = device;
        VITTE_TRY(made.place_, changed::add(device, before, wanted));
        VITTE_CHECK(retried([&] { return devices::set_state(device, wanted); }));
        return made;
    }
    basic_kept_state(basic_kept_state&& other) noexcept
        : device_(other.device_), place_(std::exchange(other.place_, changed::none)) {}
    basic_kept_state& operator=(basic_kept_state&& other) noexcept {
        basic_kept_state moved(std::move(other));
        std::swap(device_, moved.device_);
        std::swap(place_, moved.place_);
        return *this;
    }
    ~basic_kept_state() { static_cast<void>(restore()); }

    /// Puts it back now, to see whether that fails. Doing so again does nothing.
    result<void> restore() noexcept {
        const std::uint32_t place = std::exchange(place_, changed::none);
        if (place == changed::none || changed::hand_over(place)) return {};
        const auto restored = retried([&] { return devices::set_state(device_, changed::before(place)); });
        changed::remove(place);
        return restored;
    }

private:
    native_handle_type device_{};
    std::uint32_t place_ = changed::none;
};
using kept_state = basic_kept_state<>;

}  // namespace vitte::sys
