/// The CPU's cycle counter: the cheapest clock there is, once it is calibrated.
#pragma once

#include <vitte/sys/time.hpp>

namespace vitte::sys {

/// Ticks at a constant rate since some moment (x86: invariant TSC; Arm: the generic timer; RISC-V: `time`). Not ordered
/// with the instructions around it. Without such a counter, nanoseconds of the monotonic clock.
inline std::uint64_t cycles() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    std::uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#elif defined(__riscv) && __riscv_xlen == 64
    std::uint64_t ticks;
    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks;
#else
    return static_cast<std::uint64_t>(monotonic_time());
#endif
}

/// Turns cycles into nanoseconds.
class cycle_clock {
public:
    /// Measures the rate against the monotonic clock for `nanoseconds`, at least until it has ticked; 10 ms give four to
    /// five digits.
    template <platform P = native>
    static cycle_clock calibrate(std::int64_t nanoseconds = 10'000'000) noexcept {
        const reading first = read<P>();
        reading last;
        do last = read<P>();
        while (last.count == first.count || last.time == first.time || last.time - first.time < nanoseconds);
        const double rate = static_cast<double>(last.time - first.time) / static_cast<double>(last.count - first.count);
        return cycle_clock(rate, first.count, first.time);
    }

    /// How many nanoseconds a cycle takes.
    double nanoseconds_per_cycle() const noexcept { return rate_; }
    /// The length of a difference of two counter values.
    double nanoseconds(std::uint64_t difference) const noexcept { return rate_ * static_cast<double>(difference); }
    /// About what `monotonic_time` says now; it drifts by what the calibration was off.
    std::int64_t now() const noexcept { return start_ + static_cast<std::int64_t>(nanoseconds(cycles() - first_)); }

private:
    struct reading {
        std::uint64_t count;
        std::int64_t time;
    };
    /// Both at about the same moment: of a few readings, the one that took least, since a thread may be put aside between the two.
    template <platform P>
    static reading read() noexcept {
        reading best{};
        for (std::int64_t i = 0, least = INT64_MAX; i < 3; ++i) {
            const std::int64_t before = monotonic_time<P>();
            const std::uint64_t count = cycles();
            const std::int64_t after = monotonic_time<P>();
            if (after - before >= least) continue;
            least = after - before;
            best = {count, before + least / 2};
        }
        return best;
    }

    cycle_clock(double rate, std::uint64_t first, std::int64_t start) noexcept
        : rate_(rate), first_(first), start_(start) {}
    double rate_;
    std::uint64_t first_;
    std::int64_t start_;
};

}  // namespace vitte::sys
