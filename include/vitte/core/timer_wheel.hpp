/// `timer_wheel`: many timers, of which most are cancelled, each added and cancelled in constant time (Varghese, Lauck:
/// "Hashed and hierarchical timing wheels", 1987, scheme 7).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <vitte/core/assert.hpp>

namespace vitte {

/// What a timed thing derives from or contains. It must not move or end while it is pending.
class timer {
public:
    constexpr timer() noexcept = default;
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;

    bool pending() const noexcept { return next_ != nullptr; }
    /// The tick for which it was added last.
    std::uint64_t expiry() const noexcept { return expiry_; }

private:
    friend class timer_wheel;
    timer *next_ = nullptr, *previous_ = nullptr;
    std::uint64_t expiry_ = 0;
    std::uint16_t slot_ = 0;
};

/// Eleven wheels of 64 slots, each slot of a wheel as long as a turn of the wheel before it. What a tick is, the user
/// decides. Allocates nothing. For one thread at a time.
class timer_wheel {
public:
    constexpr explicit timer_wheel(std::uint64_t now = 0) noexcept : now_(now) {}
    timer_wheel(const timer_wheel&) = delete;
    timer_wheel& operator=(const timer_wheel&) = delete;

    std::uint64_t now() const noexcept { return now_; }
    bool empty() const noexcept { return wheels_ == 0 && !has_passed(); }

    /// Makes `t`, which must not be pending, fire at tick `expiry`, or at the next `advance` if that is not to come.
    void add(timer& t, std::uint64_t expiry) noexcept {
        VITTE_ASSERT(!t.pending());
        t.expiry_ = expiry;
        insert(t);
    }
    /// Stops `t`; nothing happens if it is not pending.
    void cancel(timer& t) noexcept {
        if (t.pending()) remove(t);
    }

    /// The tick until which nothing fires: the earliest expiry, or an earlier tick when a slot has to be sorted. The
    /// highest possible tick if there is no timer; `now()` if one's tick has come or passed.
    std::uint64_t next() const noexcept {
        if (has_passed()) return now_;
        if (wheels_ == 0) return ~std::uint64_t{0};
        return start_of(first_slot());
    }

    /// Moves to tick `now`, not before the present one, and calls `fire(timer&)` for each timer that expires until
    /// then, in the order of expiry, and of one tick in the order in which they were added. Those whose tick had passed
    /// when they were added come before all others, in the order in which they were added. `fire` may add and cancel
    /// timers; those it adds for `now()`, the tick of the one that fires, or before, fire at the next call. Returns how
    /// many fired.
    template <class Fire>
    std::size_t advance(std::uint64_t now, Fire&& fire) {
        VITTE_ASSERT(now >= now_);
        std::size_t fired = 0;
        move(overdue, due);
        for (;;) {
            for (; slots_[due] != nullptr; ++fired) {
                timer& t = *slots_[due]->next_;
                remove(t);
                fire(t);
            }
            if (wheels_ == 0) break;
            const unsigned slot = first_slot();
            const std::uint64_t start = start_of(slot);
            if (start > now) break;
            now_ = start;
            if (slot < wheel_size) move(slot, due);
            else sort(slot);
        }
        now_ = now;
        return fired;
    }

private:
    static constexpr unsigned wheel_bits = 6, wheel_size = 1u << wheel_bits, wheel_count = 11;
    /// Besides the wheels: those that fire in this `advance`, and those that were added too late.
    static constexpr unsigned due = wheel_count * wheel_size, overdue = due + 1;

    bool has_passed() const noexcept { return slots_[due] != nullptr || slots_[overdue] != nullptr; }

    /// The wheel of an expiry is that of the highest group of six bits in which it differs from the present tick:
    /// groups above agree, so a slot never holds two turns.
    void insert(timer& t, unsigned passed = overdue) noexcept {
        if (t.expiry_ <= now_) return append(t, passed);
        const unsigned wheel = (63u - static_cast<unsigned>(std::countl_zero(t.expiry_ ^ now_))) / wheel_bits;
        append(t, wheel * wheel_size + static_cast<unsigned>(t.expiry_ >> (wheel * wheel_bits) & (wheel_size - 1)));
    }
    void append(timer& t, unsigned slot) noexcept {
        timer*& last = slots_[slot];
        t.slot_ = static_cast<std::uint16_t>(slot);
        if (last == nullptr) {
            t.next_ = t.previous_ = &t;
            if (slot < due)
                occupied_[slot / wheel_size] |= std::uint64_t{1} << slot % wheel_size,
                    wheels_ |= 1u << slot / wheel_size;
        } else {
            t.next_ = last->next_;
            t.previous_ = last;
            last->next_ = t.next_->previous_ = &t;
        }
        last = &t;
    }
    void remove(timer& t) noexcept {
        timer*& last = slots_[t.slot_];
        if (t.next_ == &t) {
            last = nullptr;
            if (t.slot_ < due) vacate(t.slot_);
        } else {
            t.next_->previous_ = t.previous_;
            t.previous_->next_ = t.next_;
            if (last == &t) last = t.previous_;
        }
        t.next_ = nullptr;
    }
    void vacate(unsigned slot) noexcept {
        const unsigned wheel = slot / wheel_size;
        occupied_[wheel] &= ~(std::uint64_t{1} << slot % wheel_size);
        if (occupied_[wheel] == 0) wheels_ &= ~(1u << wheel);
    }

    /// The earliest slot: a turn of a lower wheel ends before the next slot of a higher one begins.
    unsigned first_slot() const noexcept {
        const auto wheel = static_cast<unsigned>(std::countr_zero(wheels_));
        return wheel * wheel_size + static_cast<unsigned>(std::countr_zero(occupied_[wheel]));
    }
    std::uint64_t start_of(unsigned slot) const noexcept {
        const unsigned shift = slot / wheel_size * wheel_bits;
        const std::uint64_t turn = shift + wheel_bits >= 64 ? 0 : now_ >> (shift + wheel_bits) << (shift + wheel_bits);
        return turn | std::uint64_t{slot % wheel_size} << shift;
    }

    void move(unsigned from, unsigned to) noexcept {
        while (slots_[from] != nullptr) {
            timer& t = *slots_[from]->next_;
            remove(t);
            append(t, to);
        }
    }
    /// Distributes a slot that has begun over lower wheels.
    void sort(unsigned slot) noexcept {
        while (slots_[slot] != nullptr) {
            timer& t = *slots_[slot]->next_;
            remove(t);
            insert(t, due);
        }
    }

    std::uint64_t now_;
    std::uint32_t wheels_ = 0;                    ///< which wheels hold timers
    std::uint64_t occupied_[wheel_count] = {};    ///< which of their slots do
    timer* slots_[overdue + 1] = {};              ///< the last timer of each slot, a ring
};

}  // namespace vitte
