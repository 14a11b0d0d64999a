/// `deadline`: when waiting ends, as a point of the monotonic clock, so that interrupted and repeated waits do not add
/// up.
#pragma once

#include <cstdint>

#include <vitte/core/assert.hpp>
#include <vitte/sys/time.hpp>

namespace vitte::sys {

/// A point in time on the monotonic clock of a platform. Durations are nanoseconds; see `chrono.hpp` for `std::chrono`.
class deadline {
public:
    /// Waits for ever.
    static constexpr deadline never() noexcept { return deadline(INT64_MAX); }
    /// Does not wait at all.
    static constexpr deadline passed() noexcept { return deadline(0); }
    /// `nanoseconds` from now; at once if it is not positive.
    template <platform P = native>
    static deadline after(std::int64_t nanoseconds) noexcept {
        const std::int64_t now = monotonic_time<P>();
        if (nanoseconds <= 0) return deadline(now);
        return deadline(nanoseconds > INT64_MAX - now ? INT64_MAX : now + nanoseconds);
    }
    /// At a reading of `monotonic_time`; one before the clock's zero has passed.
    static constexpr deadline at(std::int64_t monotonic) noexcept { return deadline(monotonic < 0 ? 0 : monotonic); }

    constexpr std::int64_t monotonic() const noexcept { return at_; }
    constexpr bool is_never() const noexcept { return at_ == INT64_MAX; }
    friend constexpr auto operator<=>(deadline, deadline) = default;

private:
    constexpr explicit deadline(std::int64_t at) noexcept : at_(at) {}
    std::int64_t at_;
};

namespace detail {

consteval std::int64_t nanoseconds_of(unsigned long long n, std::int64_t unit) noexcept {
    VITTE_ASSERT(n <= static_cast<unsigned long long>(INT64_MAX / unit));
    return static_cast<std::int64_t>(n) * unit;
}

}  // namespace detail

/// A constant that is too large does not compile.
inline namespace literals {
consteval std::int64_t operator""_ns(unsigned long long n) noexcept { return detail::nanoseconds_of(n, 1); }
consteval std::int64_t operator""_us(unsigned long long n) noexcept { return detail::nanoseconds_of(n, 1'000); }
consteval std::int64_t operator""_ms(unsigned long long n) noexcept { return detail::nanoseconds_of(n, 1'000'000); }
consteval std::int64_t operator""_s(unsigned long long n) noexcept { return detail::nanoseconds_of(n, 1'000'000'000); }
}  // namespace literals

}  // namespace vitte::sys
