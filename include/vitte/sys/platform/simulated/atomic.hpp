/// What the threads of a simulation share: atomic objects whose loads may give old values, and plain data that is
/// watched for accesses without an order.
#pragma once

#include <vitte/core/atomic.hpp>
#include <vitte/sys/platform/simulated/world.hpp>

namespace vitte::sys {

/// `vitte::atomic`, where another thread may come in between before each operation. Compare-exchange sees the newest
/// value and does not fail for no reason.
template <lock_free T>
class simulated_atomic {
public:
    constexpr simulated_atomic() noexcept { begin(); }
    constexpr explicit simulated_atomic(T value) noexcept : value_(value) { begin(); }
    simulated_atomic(const simulated_atomic&) = delete;
    simulated_atomic& operator=(const simulated_atomic&) = delete;

    T load_relaxed() const noexcept { return load(false); }
    T load_acquire() const noexcept { return load(true); }
    void store_relaxed(T value) noexcept { store(value, false); }
    void store_release(T value) noexcept { store(value, true); }

    T exchange_relaxed(T value) noexcept {
        return change([=](T) { return value; }, false, false);
    }
    T exchange_acquire(T value) noexcept {
        return change([=](T) { return value; }, true, false);
    }
    T exchange_release(T value) noexcept {
        return change([=](T) { return value; }, false, true);
    }
    T exchange(T value) noexcept {
        return change([=](T) { return value; }, true, true);
    }

    bool compare_exchange_relaxed(T& expected, T wanted) noexcept { return compare(expected, wanted, false, false); }
    bool compare_exchange_acquire(T& expected, T wanted) noexcept { return compare(expected, wanted, true, false); }
    bool compare_exchange_release(T& expected, T wanted) noexcept { return compare(expected, wanted, false, true); }
    bool compare_exchange_acq_rel(T& expected, T wanted) noexcept { return compare(expected, wanted, true, true); }
    bool compare_exchange_strong_acquire(T& expected, T wanted) noexcept {
        return compare(expected, wanted, true, false);
    }

    T fetch_add_relaxed(T by) noexcept { return add(by, false, false); }
    T fetch_add_release(T by) noexcept { return add(by, false, true); }
    T fetch_sub_release(T by) noexcept { return add(static_cast<T>(0 - by), false, true); }
    T fetch_sub(T by) noexcept { return add(static_cast<T>(0 - by), true, true); }

    const T* address() const noexcept { return &value_; }

private:
    constexpr void begin() noexcept {
        if (!std::is_constant_evaluated() && simulation::exists())
            simulation::current().threads.memory().forget(&value_);
    }
    static simulation* world() noexcept {
        if (!simulation::exists() || !simulation::current().threads.running()) return nullptr;
        simulation::current().threads.point();
        return &simulation::current();
    }
    T load(bool acquire) const noexcept {
        simulation* const in = world();
        if (in == nullptr) return value_;
        return from_bits(in->threads.memory().load(in->threads.number(), &value_, bits(value_), acquire));
    }
    void store(T value, bool release) noexcept {
        if (simulation* const in = world())
            in->threads.memory().store(in->threads.number(), &value_, bits(value_), bits(value), release);
        value_ = value;
    }
    template <class Change>
    T change(Change changed, bool acquire, bool release) noexcept {
        simulation* const in = world();
        const T before = value_, after = changed(before);
        if (in != nullptr) {
            memory_model& memory = in->threads.memory();
            memory.exchange(in->threads.number(), &value_, bits(before), bits(after), acquire, release);
        }
        value_ = after;
        return before;
    }
    T add(T by, bool acquire, bool release) noexcept {
        return change([by](T before) { return static_cast<T>(before + by); }, acquire, release);
    }
    bool compare(T& expected, T wanted, bool acquire, bool release) noexcept {
        simulation* const in = world();
        if (value_ != expected) return expected = value_, false;
        if (in != nullptr)
            in->threads.memory().exchange(in->threads.number(), &value_, bits(value_), bits(wanted), acquire, release);
        value_ = wanted;
        return true;
    }
    static std::uint64_t bits(T value) noexcept {
        std::uint64_t made = 0;
        __builtin_memcpy(&made, &value, sizeof value);
        return made;
    }
    static T from_bits(std::uint64_t made) noexcept {
        T value;
        __builtin_memcpy(&value, &made, sizeof value);
        return value;
    }

    T value_{};
};

/// Plain data that threads of a simulation share: a run in which two of them use it, one to write, and nothing puts one
/// before the other, ends with `simulation_end::data_race`.
template <class T>
class watched {
public:
    watched() = default;
    explicit watched(T value) : value_(std::move(value)) {}
    const T& get() const {
        if (const auto in = world(); in && !in->memory().read(in->number(), accesses_)) stop();
        return value_;
    }
    void set(T value) {
        if (const auto in = world(); in && !in->memory().write(in->number(), accesses_)) stop();
        value_ = std::move(value);
    }

private:
    static scheduler* world() {
        if (!simulation::exists() || !simulation::current().threads.running()) return nullptr;
        simulation::current().threads.point();
        return &simulation::current().threads;
    }
    static void stop() { simulation::current().report_race(); }

    T value_{};
    mutable memory_model::accesses accesses_;
};

}  // namespace vitte::sys
