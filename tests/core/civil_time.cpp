#include <boost/test/unit_test.hpp>

#include <ctime>
#include <random>
#include <string>

#include <vitte/core/civil_time.hpp>

namespace {
using vitte::civil_time;
using vitte::errc;
using vitte::rfc3339;

std::string text(std::int64_t ns, unsigned digits = 0) {
    char place[rfc3339::max_size];
    return std::string(rfc3339::format(vitte::to_civil(ns), place, digits));
}
constexpr std::int64_t second = 1'000'000'000;
static_assert(vitte::days_from_civil(2000, 3, 1) == 11017);
}  // namespace

BOOST_AUTO_TEST_SUITE(civil_time_)

BOOST_AUTO_TEST_CASE(agrees_with_the_c_library) {
    std::mt19937_64 random(3);
    for (int i = 0; i < 20000; ++i) {
        const auto ns = static_cast<std::int64_t>(random());
        const civil_time ours = vitte::to_civil(ns);
        const auto seconds = static_cast<std::time_t>(ns / second - (ns % second < 0));
        if (seconds != ns / second - (ns % second < 0)) continue;  // 32 bits
        const std::tm* const there = std::gmtime(&seconds);
        if (there == nullptr) continue;  // before 1970, on Windows
        const std::tm theirs = *there;
        const bool same = ours.year == theirs.tm_year + 1900 && ours.month == theirs.tm_mon + 1 &&
                          ours.day == theirs.tm_mday && ours.hour == theirs.tm_hour && ours.minute == theirs.tm_min &&
                          ours.second == theirs.tm_sec;
        BOOST_TEST(same, ns);
        BOOST_TEST(*vitte::from_civil(ours) == ns);
    }
    for (const std::int64_t edge : {INT64_MIN, INT64_MAX, std::int64_t{0}, std::int64_t{-1}})
        BOOST_TEST(*vitte::from_civil(vitte::to_civil(edge)) == edge);
}

BOOST_AUTO_TEST_CASE(writes_rfc_3339) {
    BOOST_TEST(text(0) == "1970-01-01T00:00:00Z");
    BOOST_TEST(text(-1, 9) == "1969-12-31T23:59:59.999999999Z");
    BOOST_TEST(text(951'782'400 * second + 120'000'000, 3) == "2000-02-29T00:00:00.120Z");
}

BOOST_AUTO_TEST_CASE(reads_the_examples_of_rfc_3339) {  // section 5.8
    BOOST_TEST(*rfc3339::parse("1985-04-12T23:20:50.52Z") == 482196050 * second + 520'000'000);
    BOOST_TEST(*rfc3339::parse("1996-12-19T16:39:57-08:00") == *rfc3339::parse("1996-12-20T00:39:57Z"));
    BOOST_TEST(*rfc3339::parse("1990-12-31T23:59:60Z") == *rfc3339::parse("1991-01-01T00:00:00Z"));
    BOOST_TEST(*rfc3339::parse("1990-12-31T15:59:60-08:00") == *rfc3339::parse("1990-12-31T23:59:60z"));
    BOOST_TEST(*rfc3339::parse("1937-01-01T12:00:27.87+00:20") == *rfc3339::parse("1937-01-01t11:40:27.870000000999Z"));
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_time) {
    for (const char* bad :
         {"", "1985", "1985-04-12", "1985-04-12T23:20:50", "1985-4-12T23:20:50Z", "1985-13-12T23:20:50Z",
          "1985-02-29T00:00:00Z", "1985-04-12T24:20:50Z", "1985-04-12T23:60:50Z", "1985-04-12T23:20:61Z",
          "1985-04-12T23:20:50.Z", "1985-04-12T23:20:50+0800", "1985-04-12T23:20:50+24:00", "1985-04-12T23:20:50Zx",
          "1985-04-12 23:20:50Z", "+985-04-12T23:20:50Z"})
        BOOST_TEST((rfc3339::parse(bad).error().code == errc::malformed), bad);
    BOOST_TEST((rfc3339::parse("9999-01-01T00:00:00Z").error().code == errc::out_of_range));
    BOOST_TEST(*rfc3339::parse("2262-04-12T10:23:24+23:00") == 9223327404 * second);  // only at this offset
    BOOST_TEST((vitte::from_civil({2026, 2, 30}).error().code == errc::invalid_argument));
    BOOST_TEST((vitte::from_civil({3000, 1, 1}).error().code == errc::out_of_range));
}

BOOST_AUTO_TEST_CASE(round_trips_as_text) {
    std::mt19937_64 random(4);
    for (int i = 0; i < 2000; ++i) {
        const auto ns = static_cast<std::int64_t>(random());
        BOOST_TEST(*rfc3339::parse(text(ns, 9)) == ns);
    }
}

BOOST_AUTO_TEST_SUITE_END()
