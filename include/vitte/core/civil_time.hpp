/// Dates and times of day in UTC, and RFC 3339 text, from and to nanoseconds since 1970: pure arithmetic, no time
/// zones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include <vitte/core/result.hpp>

namespace vitte {

/// A moment in the proleptic Gregorian calendar. Every member is in its range; there are no leap seconds.
struct civil_time {
    std::int32_t year = 1970;
    std::uint8_t month = 1, day = 1;                 ///< from 1
    std::uint8_t hour = 0, minute = 0, second = 0;
    std::uint32_t nanosecond = 0;

    friend constexpr bool operator==(const civil_time&, const civil_time&) = default;
};

/// Days from 1970-01-01 to a date, by eras of 400 years that begin in March, so that a leap day ends its year.
constexpr std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) noexcept {
    year -= month <= 2;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const auto year_of_era = static_cast<unsigned>(year - era * 400);
    const unsigned day_of_year = (153 * (month + (month > 2 ? -3u : 9u)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

constexpr unsigned days_in_month(std::int64_t year, unsigned month) noexcept {
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (month == 2) return leap ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// The moment `nanoseconds` after 1970-01-01 00:00 UTC, as `sys::wall_time` counts.
constexpr civil_time to_civil(std::int64_t nanoseconds) noexcept {
    constexpr std::int64_t day_length = 86'400'000'000'000;
    std::int64_t days = nanoseconds / day_length, rest = nanoseconds % day_length;
    if (rest < 0) rest += day_length, --days;
    days += 719468;
    const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    const auto day_of_era = static_cast<unsigned>(days - era * 146097);
    const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const unsigned from_march = (5 * day_of_year + 2) / 153, month = from_march < 10 ? from_march + 3 : from_march - 9;
    civil_time made;
    made.year = static_cast<std::int32_t>(year_of_era + era * 400 + (month <= 2 ? 1 : 0));
    made.month = static_cast<std::uint8_t>(month);
    made.day = static_cast<std::uint8_t>(day_of_year - (153 * from_march + 2) / 5 + 1);
    made.hour = static_cast<std::uint8_t>(rest / 3'600'000'000'000);
    made.minute = static_cast<std::uint8_t>(rest / 60'000'000'000 % 60);
    made.second = static_cast<std::uint8_t>(rest / 1'000'000'000 % 60);
    made.nanosecond = static_cast<std::uint32_t>(rest % 1'000'000'000);
    return made;
}

namespace detail {
/// Seconds since 1970, if every member of `t` is in its range.
constexpr result<std::int64_t> seconds_of(const civil_time& t, const char* operation) noexcept {
    if (t.month < 1 || t.month > 12 || t.day < 1 || t.day > days_in_month(t.year, t.month) || t.hour > 23 ||
        t.minute > 59 || t.second > 59 || t.nanosecond > 999'999'999)
        return fail(errc::invalid_argument, operation);
    return days_from_civil(t.year, t.month, t.day) * 86'400 + t.hour * 3'600 + t.minute * 60 + t.second;
}
/// A number of seconds and a part of one, if 64 bits hold the sum.
constexpr result<std::int64_t> nanoseconds_of(std::int64_t seconds, std::uint32_t nanosecond,
                                              const char* operation) noexcept {
    // Counted from the second that is nearer to zero, so that no step overflows before the sum would.
    const std::int64_t whole = seconds < 0 ? seconds + 1 : seconds;
    const std::int64_t part = seconds < 0 ? std::int64_t{nanosecond} - 1'000'000'000 : std::int64_t{nanosecond};
    std::int64_t product = 0, sum = 0;
    if (__builtin_mul_overflow(whole, std::int64_t{1'000'000'000}, &product) ||
        __builtin_add_overflow(product, part, &sum))
        return fail(errc::out_of_range, operation);
    return sum;
}
/// The parts of a text of RFC 3339, from its beginning on; what is not there is kept in `failed`.
struct rfc3339_reader {
    std::string_view rest;
    bool failed = false;

    constexpr bool accept(char wanted) noexcept {
        if (rest.empty() || (rest[0] != wanted && rest[0] != wanted + ('a' - 'A') * (wanted >= 'A' && wanted <= 'Z')))
            return false;
        rest.remove_prefix(1);
        return true;
    }
    constexpr bool digit() const noexcept { return !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; }
    constexpr std::uint32_t number(unsigned width, char after = 0) noexcept {
        std::uint32_t value = 0;
        for (unsigned i = 0; i < width; ++i) {
            if (!digit()) return failed = true, 0;
            value = value * 10 + static_cast<std::uint32_t>(rest[0] - '0');
            rest.remove_prefix(1);
        }
        if (after != 0 && !accept(after)) failed = true;
        return value;
    }
    /// "2026-11-21"; only how it is written is looked at.
    constexpr void date(civil_time& t) noexcept {
        t.year = static_cast<std::int32_t>(number(4, '-'));
        t.month = static_cast<std::uint8_t>(number(2, '-'));
        t.day = static_cast<std::uint8_t>(number(2));
    }
    /// "07:30:00.123"; likewise. Returns the second, which may be a leap second.
    constexpr std::uint32_t time(civil_time& t) noexcept {
        t.hour = static_cast<std::uint8_t>(number(2, ':'));
        t.minute = static_cast<std::uint8_t>(number(2, ':'));
        const std::uint32_t second = number(2);
        if (accept('.')) t.nanosecond = fraction();
        return second;
    }
    constexpr std::uint32_t fraction() noexcept {
        if (!digit()) failed = true;
        std::uint32_t value = 0;
        for (std::uint32_t weight = 100'000'000; digit(); weight /= 10, rest.remove_prefix(1))
            value += weight * static_cast<std::uint32_t>(rest[0] - '0');
        return value;
    }
    /// Minutes east of UTC.
    constexpr std::int64_t offset() noexcept {
        if (accept('Z')) return 0;
        const bool east = accept('+');
        if (!east && !accept('-')) return failed = true, 0;
        const std::int64_t hours = number(2, ':'), minutes = number(2);
        if (hours > 23 || minutes > 59) failed = true;
        return east ? hours * 60 + minutes : -(hours * 60 + minutes);
    }
};
}  // namespace detail

/// The inverse of `to_civil`. `errc::invalid_argument` if a member is out of its range, `errc::out_of_range` before
/// 1677 or after 2262, where 64 bits of nanoseconds end.
constexpr result<std::int64_t> from_civil(const civil_time& t) noexcept {
    VITTE_TRY(const std::int64_t seconds, detail::seconds_of(t, "civil time"));
    return detail::nanoseconds_of(seconds, t.nanosecond, "civil time");
}

/// Text like `2026-11-21T07:30:00.123456789Z` (RFC 3339, section 5.6).
class rfc3339 {
public:
    static constexpr std::size_t max_size = 30;

    /// Writes `t`, whose year is from 0 to 9999, to `to`, which holds `max_size` characters, with `digits` digits after
    /// the second; returns the text.
    static constexpr std::string_view format(const civil_time& t, std::span<char, max_size> to,
                                             unsigned digits = 0) noexcept {
        VITTE_ASSERT(t.year >= 0 && t.year <= 9999 && digits <= 9);
        char* at = to.data();
        const auto number = [&](std::uint32_t value, unsigned width, char after) {
            for (unsigned i = width; i-- > 0; value /= 10) at[i] = static_cast<char>('0' + value % 10);
            at += width;
            *at++ = after;
        };
        number(static_cast<std::uint32_t>(t.year), 4, '-');
        number(t.month, 2, '-');
        number(t.day, 2, 'T');
        number(t.hour, 2, ':');
        number(t.minute, 2, ':');
        number(t.second, 2, digits == 0 ? 'Z' : '.');
        if (digits > 0) {
            std::uint32_t fraction = t.nanosecond;
            for (unsigned i = digits; i < 9; ++i) fraction /= 10;
            number(fraction, digits, 'Z');
        }
        return {to.data(), static_cast<std::size_t>(at - to.data())};
    }

    /// Nanoseconds since 1970 for `text` with any offset from UTC. Digits below nanoseconds are dropped; a leap second
    /// (":60") is the second after it. `errc::malformed` or `errc::out_of_range`.
    static constexpr result<std::int64_t> parse(std::string_view text) noexcept {
        detail::rfc3339_reader in{text};
        civil_time t;
        in.date(t);
        if (!in.accept('T')) in.failed = true;
        const std::uint32_t second = in.time(t);
        const std::int64_t offset = in.offset();
        if (in.failed || !in.rest.empty() || second > 60) return fail(errc::malformed, "RFC 3339");
        const bool leap = second == 60;
        t.second = static_cast<std::uint8_t>(leap ? 59 : second);
        const auto local = detail::seconds_of(t, "RFC 3339");
        if (!local) return fail(errc::malformed, "RFC 3339");
        return detail::nanoseconds_of(*local + (leap ? 1 : 0) - offset * 60, t.nanosecond, "RFC 3339");
    }
};

}  // namespace vitte
