// Versions, their order, and ranges: what semver.org and Cargo's documentation say. npm's meaning is compared with
// npm's own in tests/oracles/versions.py.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>
#include <vitte/core/semver.hpp>

namespace {
using namespace vitte::semver;

constexpr version of(std::string_view text) { return *version::parse(text); }
constexpr bool is_version(std::string_view text) { return version::parse(text).has_value(); }

bool has(const char* range, const char* v, dialect language) {
    const auto set = read_range(range, language);
    BOOST_REQUIRE_MESSAGE(set, range);
    return set->contains(of(v));
}
bool npm(const char* range, const char* v) { return has(range, v, dialect::npm); }
bool cargo(const char* range, const char* v) { return has(range, v, dialect::cargo); }
bool is_range(const char* range, dialect language) { return read_range(range, language).has_value(); }
}  // namespace

BOOST_AUTO_TEST_SUITE(semver_)

BOOST_AUTO_TEST_CASE(versions_are_read_strictly) {
    static_assert(of("1.20.300").minor == 20 && of("1.2.3-a.b+c.d").prerelease == "a.b" &&
                  of("1.2.3-a+c").build == "c");
    static_assert(is_version("0.0.0") && is_version("1.0.0--") && is_version("1.0.0-0A.is.legal") &&
                  is_version("1.0.0+001"));
    static_assert(is_version("18446744073709551615.0.0") && !is_version("18446744073709551616.0.0"));
    for (const char* text : {"",           "1",         "1.2",       "1.2.3.4", "v1.2.3",         "=1.2.3", " 1.2.3",
                             "1.2.3 ",     "01.2.3",    "1.02.3",    "1.2.03",  "1.2.3-",         "1.2.3+", "1.2.3-01",
                             "1.2.3-a..b", "1.2.3-a_b", "1.2.3+a+b", "1.2.-3",  "1.2.3-\xc3\xa4", "a.b.c",  "1.2.3-a.",
                             "+1.2.3",     "1..3"})
        BOOST_TEST(!is_version(text), text);
    std::string text;
    of("1.2.3-a.b+c.d").append_to(text);
    BOOST_TEST(text == "1.2.3-a.b+c.d");
}

BOOST_AUTO_TEST_CASE(precedence_is_that_of_the_standard) {
    const char* ascending[] = {"0.9.9",       "1.0.0-0",       "1.0.0-1",
                               "1.0.0-9",     "1.0.0-10",      "1.0.0--",
                               "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
                               "1.0.0-beta",  "1.0.0-beta.2",  "1.0.0-beta.11",
                               "1.0.0-rc.1",  "1.0.0",         "1.0.1",
                               "1.1.0",       "2.0.0",         "2.1.0",
                               "2.1.1",       "10.0.0",        "18446744073709551615.0.0"};
    for (const char* const& a : ascending)
        for (const char* const& b : ascending) BOOST_TEST(((of(a) <=> of(b)) == (&a <=> &b)), a << " " << b);
    static_assert(of("1.0.0+a") == of("1.0.0+b") && of("1.0.0-a+x") < of("1.0.0"));
}

BOOST_AUTO_TEST_CASE(ranges_of_cargo) {
    // Those of "Specifying Dependencies" in the Cargo Book.
    struct fact {
        const char *range, *least, *below, *last, *above;
    };
    const fact facts[] = {
        {"1.2.3", "1.2.3", "1.2.2", "1.99.0", "2.0.0"},
        {"^1.2.3", "1.2.3", "1.2.2", "1.99.0", "2.0.0"},
        {"1.2", "1.2.0", "1.1.9", "1.99.0", "2.0.0"},
        {"1", "1.0.0", "0.9.9", "1.99.0", "2.0.0"},
        {"0.2.3", "0.2.3", "0.2.2", "0.2.99", "0.3.0"},
        {"0.2", "0.2.0", "0.1.9", "0.2.99", "0.3.0"},
        {"0.0.3", "0.0.3", "0.0.2", "0.0.3", "0.0.4"},
        {"0.0", "0.0.0", nullptr, "0.0.99", "0.1.0"},
        {"0", "0.0.0", nullptr, "0.99.0", "1.0.0"},
        {"~1.2.3", "1.2.3", "1.2.2", "1.2.99", "1.3.0"},
        {"~1.2", "1.2.0", "1.1.9", "1.2.99", "1.3.0"},
        {"~1", "1.0.0", "0.9.9", "1.99.0", "2.0.0"},
        {"*", "0.0.0", nullptr, "99.0.0", nullptr},
        {"1.*", "1.0.0", "0.9.9", "1.99.0", "2.0.0"},
        {"1.2.*", "1.2.0", "1.1.9", "1.2.99", "1.3.0"},
        {">= 1.2.0", "1.2.0", "1.1.9", "9.0.0", nullptr},
        {"> 1", "2.0.0", "1.99.0", "9.0.0", nullptr},
        {"< 2", "0.0.0", nullptr, "1.99.0", "2.0.0"},
        {"= 1.2.3", "1.2.3", "1.2.2", "1.2.3", "1.2.4"},
        {"=1.2", "1.2.0", "1.1.9", "1.2.9", "1.3.0"},
        {">= 1.2, < 1.5", "1.2.0", "1.1.9", "1.4.9", "1.5.0"},
        {"<=1.2", "0.0.0", nullptr, "1.2.9", "1.3.0"},
        {">1.2.3", "1.2.4", "1.2.3", "9.0.0", nullptr},
        {"<=1.2.3", "0.0.1", nullptr, "1.2.3", "1.2.4"},
    };
    for (const fact& f : facts) {
        BOOST_TEST(cargo(f.range, f.least), f.range);
        BOOST_TEST(cargo(f.range, f.last), f.range);
        if (f.below != nullptr) BOOST_TEST(!cargo(f.range, f.below), f.range);
        if (f.above != nullptr) BOOST_TEST(!cargo(f.range, f.above), f.range);
    }
    for (const char* text : {"",     " ",   "1,",    ",1",    "1 2",    "1 || 2", "1 - 2", "v1",      "~>1",   "*, 1",
                             "1, *", "*.1", "1.*.2", "1.2-a", "1.2.3-", "01",     ">",     "1.2.3.4", "1.2+b", "a"})
        BOOST_TEST(!is_range(text, dialect::cargo), text);
}

BOOST_AUTO_TEST_CASE(prereleases_come_only_when_named) {
    for (const auto& one : {npm, cargo}) {
        BOOST_TEST(!one("*", "1.0.0-a"));
        BOOST_TEST(!one("^1.0.0", "1.2.0-a"));
        BOOST_TEST(one("^1.0.0-a", "1.0.0-b"));
        BOOST_TEST(!one("^1.0.0-b", "1.0.0-a"));
        BOOST_TEST(!one("^1.0.0-a", "1.0.1-a"));
        BOOST_TEST(one("^1.0.0-a", "1.0.1"));
        BOOST_TEST(!one("^1.0.0-a", "2.0.0-a"));
        BOOST_TEST(one("<2.0.0-rc", "2.0.0-beta"));
        BOOST_TEST(!one("<2.0.0", "2.0.0-beta"));
        BOOST_TEST(one("=1.0.0-a+b", "1.0.0-a+c"));
    }
    // Where npm's and Cargo's differ.
    BOOST_TEST(cargo(">1.2, <1.3.0-rc", "1.3.0-a"));
    BOOST_TEST(!npm(">1.2 <1.3.0-rc", "1.3.0-a"));
    BOOST_TEST(cargo("1.2.3", "1.3.0"));
    BOOST_TEST(!npm("1.2.3", "1.3.0"));
    BOOST_TEST(npm("1.2", "1.2.9"));
    BOOST_TEST(!npm("1.2", "1.3.0"));
    BOOST_TEST(npm("1 - 2.1", "2.1.9"));
    BOOST_TEST(npm("", "1.0.0"));
    BOOST_TEST(npm("<1 || >= 3", "3.0.0"));
    BOOST_TEST(!is_range("1, 2", dialect::npm));
    BOOST_TEST(!is_range("1 - 2 3", dialect::npm));
}

BOOST_AUTO_TEST_CASE(ends_of_what_numbers_hold) {
    constexpr const char* last = "18446744073709551615.18446744073709551615.18446744073709551615";
    const std::string greater = std::string(">") + last, up_to = std::string("<=") + last,
                      caret = std::string("^") + last;
    BOOST_TEST(read_range(greater, dialect::npm)->is_empty());
    BOOST_TEST(npm(up_to.c_str(), last));
    BOOST_TEST(npm(caret.c_str(), last));
    BOOST_TEST(npm("~1.18446744073709551615.18446744073709551615", "1.18446744073709551615.18446744073709551615"));
    BOOST_TEST(!npm("~1.18446744073709551615.18446744073709551615", "2.0.0"));
}

BOOST_AUTO_TEST_CASE(sets_know_when_nothing_is_left) {
    const auto set = [](const char* range) { return *read_range(range, dialect::npm); };
    BOOST_TEST(intersection(set("^1"), set("^2"))->is_empty());
    BOOST_TEST(!intersection(set(">=1"), set("^2"))->is_empty());
    BOOST_TEST(set(">1.2.3 <1.2.4").is_empty());
    BOOST_TEST(set(">1.0.0-a <1.0.0-a.0").is_empty());
    BOOST_TEST(!set(">1.0.0-a <1.0.0-a.0.0").is_empty());
    BOOST_TEST(set("<0.0.0-0").is_empty());
    BOOST_TEST(difference(set("~1.2"), set("^1"))->is_empty());
    BOOST_TEST(!difference(set("^1"), set("~1.2"))->is_empty());
    BOOST_TEST(!complement(set("*")).is_empty());
    BOOST_TEST(complement(version_set::all()).is_empty());
    BOOST_TEST(difference(*set_union(set("<1"), set(">=1")), version_set::every_release())->is_empty());
}

BOOST_AUTO_TEST_SUITE_END()
