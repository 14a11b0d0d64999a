/// `toml::date_time`: the dates and times of TOML, with an offset from UTC or without.
#pragma once

#include <vitte/core/civil_time.hpp>
#include <vitte/core/json/document.hpp>

namespace vitte::toml {

/// A date, a time of day, or both (RFC 3339, 5.6). What it has not is as in 1970-01-01 00:00. Digits below nanoseconds
/// are dropped; a leap second (":60") is the second before it.
struct date_time {
    bool has_date = false, has_time = false;
    bool has_offset = false;  ///< otherwise it is a local one: no moment, and nobody knows where
    std::int16_t offset = 0;  ///< minutes east of UTC
    civil_time time = {};     ///< where it is told

    /// All of `text`: "1979-05-27T07:32:00-08:00", the same without an offset, "1979-05-27" or "07:32:00.5"; ' ' may
    /// stand for the 'T'. `errc::malformed` if it is none, or no such day is.
    static constexpr result<date_time> parse(std::string_view text) noexcept {
        vitte::detail::rfc3339_reader in{text};
        date_time made;
        made.has_date = text.size() > 4 && text[4] == '-';
        if (made.has_date) in.date(made.time);
        made.has_time = !made.has_date || in.accept('T') || in.accept(' ');
        std::uint32_t second = 0;
        if (made.has_time) second = in.time(made.time);
        made.has_offset = made.has_date && made.has_time && !in.rest.empty();
        if (made.has_offset) made.offset = static_cast<std::int16_t>(in.offset());
        made.time.second = static_cast<std::uint8_t>(second < 59 ? second : 59);
        if (in.failed || !in.rest.empty() || second > 60 || !vitte::detail::seconds_of(made.time, "date"))
            return fail(errc::malformed, "date or time");
        return made;
    }

    /// That of a value, which is a date or a time of TOML, or a string that has the text of one, as in JSON.
    static result<date_time, json::read_error> of(json::value from) noexcept {
        constexpr const char* expected = "a date or a time such as 1979-05-27T07:32:00Z";
        const bool is_string = from.kind() == json::kind::string;
        if (!is_string && from.kind() != json::kind::moment)
            return from.refuse(errc::invalid_argument, expected, json::name_of(from.kind()));
        const auto made = parse(is_string ? *from.get<std::string_view>() : from.moment_text());
        if (!made) return from.refuse(errc::malformed, expected, "another text");
        return *made;
    }

    /// Nanoseconds since 1970, as `sys::wall_time` counts. `errc::invalid_argument` without an offset,
    /// `errc::out_of_range` before 1677 or after 2262.
    constexpr result<std::int64_t> nanoseconds() const noexcept {
        if (!has_offset) return fail(errc::invalid_argument, "date without an offset");
        VITTE_TRY(const std::int64_t seconds, vitte::detail::seconds_of(time, "date"));
        return vitte::detail::nanoseconds_of(seconds - std::int64_t{offset} * 60, time.nanosecond, "date");
    }
    friend constexpr bool operator==(const date_time&, const date_time&) = default;
};

}  // namespace vitte::toml
