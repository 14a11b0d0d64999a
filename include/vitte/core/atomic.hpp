/// `vitte::atomic`: what `std::atomic` does for integers and pointers ([atomics.types.generic]), at a fraction of the
/// cost of including it. The memory order is part of each name.
#pragma once

#include <type_traits>

namespace vitte {

/// Whether objects of so many bytes are read and written whole without a lock. ARMv6-M has no instructions for more
/// than that; there the platform for bare metal makes critical sections of one word.
template <class T>
concept lock_free = std::is_trivially_copyable_v<T> &&
#if defined(__ARM_ARCH_6M__)
                    sizeof(T) == 4;
#else
                    __atomic_always_lock_free(sizeof(T), nullptr);
#endif

/// An object that threads may read and write at once. It is lock-free or does not compile. Not copyable.
template <lock_free T>
class atomic {
public:
    constexpr atomic() noexcept = default;
    constexpr explicit atomic(T value) noexcept : value_(value) {}
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    T load_relaxed() const noexcept { return __atomic_load_n(&value_, __ATOMIC_RELAXED); }
    T load_acquire() const noexcept { return __atomic_load_n(&value_, __ATOMIC_ACQUIRE); }
    void store_relaxed(T value) noexcept { __atomic_store_n(&value_, value, __ATOMIC_RELAXED); }
    void store_release(T value) noexcept { __atomic_store_n(&value_, value, __ATOMIC_RELEASE); }

    /// In one order with all others of these that all threads agree on: for a thread that writes one object and then looks
    /// at a second one, while another writes the second and looks at the first.
    T load_seq_cst() const noexcept { return __atomic_load_n(&value_, __ATOMIC_SEQ_CST); }
    T exchange_seq_cst(T value) noexcept { return __atomic_exchange_n(&value_, value, __ATOMIC_SEQ_CST); }
    T fetch_add_seq_cst(T by) noexcept { return __atomic_fetch_add(&value_, by, __ATOMIC_SEQ_CST); }
    bool compare_exchange_strong_seq_cst(T& expected, T wanted) noexcept {
        return __atomic_compare_exchange_n(&value_, &expected, wanted, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
    }

    T exchange_acquire(T value) noexcept { return __atomic_exchange_n(&value_, value, __ATOMIC_ACQUIRE); }
    T exchange_release(T value) noexcept { return __atomic_exchange_n(&value_, value, __ATOMIC_RELEASE); }
    T exchange(T value) noexcept { return __atomic_exchange_n(&value_, value, __ATOMIC_ACQ_REL); }

    /// Stores `wanted` if the value is `expected`, and else tells the value in `expected`. The weak forms may fail for
    /// no reason, which suits loops.
    bool compare_exchange_relaxed(T& expected, T wanted) noexcept {
        return __atomic_compare_exchange_n(&value_, &expected, wanted, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    }
    bool compare_exchange_acquire(T& expected, T wanted) noexcept {
        return __atomic_compare_exchange_n(&value_, &expected, wanted, true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
    }
    bool compare_exchange_release(T& expected, T wanted) noexcept {
        return __atomic_compare_exchange_n(&value_, &expected, wanted, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
    }
    bool compare_exchange_acq_rel(T& expected, T wanted) noexcept {
        return __atomic_compare_exchange_n(&value_, &expected, wanted, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    }
    bool compare_exchange_strong_acquire(T& expected, T wanted) noexcept {
        return __atomic_compare_exchange_n(&value_, &expected, wanted, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
    }

    T fetch_add_relaxed(T by) noexcept { return __atomic_fetch_add(&value_, by, __ATOMIC_RELAXED); }
    T fetch_add_release(T by) noexcept { return __atomic_fetch_add(&value_, by, __ATOMIC_RELEASE); }
    T fetch_sub_release(T by) noexcept { return __atomic_fetch_sub(&value_, by, __ATOMIC_RELEASE); }
    /// Releases what was written before and acquires what the other threads released: for the last one of many.
    T fetch_sub(T by) noexcept { return __atomic_fetch_sub(&value_, by, __ATOMIC_ACQ_REL); }

    /// The object itself, for the OS to wait on.
    const T* address() const noexcept { return &value_; }

private:
    alignas(sizeof(T)) T value_{};  // i386 aligns eight bytes to four, but reads and writes them whole only at eight
};

}  // namespace vitte
