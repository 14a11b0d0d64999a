// Doubles as text and back, against the standard library's where it has them.
#include <boost/test/unit_test.hpp>
#include <charconv>
#include <cmath>
#include <string>
#include <vitte/core/decimal.hpp>
#include <vitte/core/xoshiro.hpp>

namespace {
using vitte::decimal_to_double;

std::string text_of(double value) {
    char room[vitte::longest_double];
    return std::string(room, vitte::write_double(room, value));
}
std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }

constexpr double infinite = std::numeric_limits<double>::infinity();
}  // namespace

BOOST_AUTO_TEST_SUITE(decimal)

BOOST_AUTO_TEST_CASE(reads_exactly) {
    static_assert(decimal_to_double("0.1") == 0.1 && decimal_to_double("-1e-3") == -1e-3);
    static_assert(decimal_to_double("123456789012345678901234567890") == 123456789012345678901234567890.0);
    BOOST_TEST(decimal_to_double("1.7976931348623157e308") == std::numeric_limits<double>::max());
    BOOST_TEST(decimal_to_double("1.7976931348623158e308") == std::numeric_limits<double>::max());
    BOOST_TEST(decimal_to_double("1.7976931348623159e308") == infinite);
    BOOST_TEST(decimal_to_double("-1e309") == -infinite);
    BOOST_TEST(decimal_to_double("5e-324") == std::numeric_limits<double>::denorm_min());
    BOOST_TEST(decimal_to_double("2.2250738585072011e-308") ==
               2.2250738585072011e-308);  // once an endless loop in Java
    BOOST_TEST(decimal_to_double("0e999999999999999999999") == 0);
    BOOST_TEST(bits_of(decimal_to_double("-0.000")) == bits_of(-0.0));
    const std::string zeros(100'000, '0');
    BOOST_TEST(decimal_to_double("0." + zeros + "15e100001") == 1.5);
    BOOST_TEST(decimal_to_double("15" + zeros + "e-100001") == 1.5);
}

BOOST_AUTO_TEST_CASE(what_is_halfway_goes_to_even_and_a_little_more_does_not) {
    // 2^53 + 1 lies between two doubles; so does half of the least one, which has 751 digits.
    BOOST_TEST(decimal_to_double("9007199254740993") == 9007199254740992.0);
    BOOST_TEST(decimal_to_double("9007199254740995") == 9007199254740996.0);
    const std::string many(1000, '0');
    BOOST_TEST(decimal_to_double("9007199254740993." + many + "1") == 9007199254740994.0);
    BOOST_TEST(decimal_to_double("9007199254740993." + many + "0") == 9007199254740992.0);
    std::string half = "1";  // 2^-1075 = 5^1075 / 10^1075
    for (int i = 0; i < 1075; ++i) {
        int carry = 0;
        for (auto digit = half.rbegin(); digit != half.rend(); ++digit) {
            const int product = 5 * (*digit - '0') + carry;
            *digit = static_cast<char>('0' + product % 10);
            carry = product / 10;
        }
        if (carry != 0) half.insert(half.begin(), static_cast<char>('0' + carry));
    }
    BOOST_TEST(half.size() == 752u);
    BOOST_TEST(decimal_to_double(half + "e-1075") == 0);
    BOOST_TEST(decimal_to_double(half + many + "1e-2076") == std::numeric_limits<double>::denorm_min());
    BOOST_TEST(decimal_to_double(half.substr(0, 751) + "4" + many + "e-2075") == 0);
}

BOOST_AUTO_TEST_CASE(writes_what_people_expect) {
    BOOST_TEST(text_of(0) == "0.0");
    BOOST_TEST(text_of(-0.0) == "-0.0");
    BOOST_TEST(text_of(1) == "1.0");
    BOOST_TEST(text_of(-1.5) == "-1.5");
    BOOST_TEST(text_of(0.1) == "0.1");
    BOOST_TEST(text_of(0.1 + 0.2) == "0.30000000000000004");
    BOOST_TEST(text_of(1e-5) == "0.00001");
    BOOST_TEST(text_of(1.5e-7) == "1.5e-7");
    BOOST_TEST(text_of(1e16) == "10000000000000000.0");
    BOOST_TEST(text_of(1e17) == "1e17");
    BOOST_TEST(text_of(1e23) == "1e23");
    BOOST_TEST(text_of(9007199254740993.0) == "9007199254740992.0");
    BOOST_TEST(text_of(5e-324) == "5e-324");
    BOOST_TEST(text_of(-1.7976931348623157e308) == "-1.7976931348623157e308");
    BOOST_TEST(text_of(2.2250738585072014e-308) == "2.2250738585072014e-308");
    BOOST_TEST(text_of(-1.2345678901234567e-300).size() <= vitte::longest_double);
}

BOOST_AUTO_TEST_CASE(all_that_is_written_is_read_again) {
    vitte::xoshiro256 random(7);
    for (int i = 0; i < 20'000; ++i) {
        std::uint64_t bits = random();
        if (i % 4 == 0) bits &= ~std::uint64_t{0} << random.below(53);  // those with few bits, and powers of 2
        const auto value = std::bit_cast<double>(bits);
        if (!std::isfinite(value)) continue;
        const std::string text = text_of(value);
        BOOST_REQUIRE_MESSAGE(bits_of(decimal_to_double(text)) == bits, text);
#if defined(__cpp_lib_to_chars)
        char room[64];
        const auto ended = std::to_chars(room, room + sizeof room, value, std::chars_format::scientific);
        const std::string_view digits(room, static_cast<std::size_t>(ended.ptr - room));
        std::string theirs, ours;
        for (const char c : digits.substr(0, digits.find('e')))
            if (c >= '0' && c <= '9') theirs += c;
        for (std::uint64_t rest = vitte::shortest_decimal(value).digits; rest != 0 || ours.empty(); rest /= 10)
            ours.insert(ours.begin(), static_cast<char>('0' + rest % 10));
        BOOST_REQUIRE_MESSAGE(ours == theirs, text);
#endif
    }
}

#if defined(__cpp_lib_to_chars)
BOOST_AUTO_TEST_CASE(reads_as_the_standard_library_does) {
    vitte::xoshiro256 random(8);
    for (int i = 0; i < 40'000; ++i) {
        std::string text;
        if (i % 4 == 0) {  // the middle between two doubles, or near it
            const auto low = std::bit_cast<double>(random() >> 2);
            char room[1200];
            const auto ended = std::to_chars(room, room + sizeof room, low, std::chars_format::scientific,
                                             16 + static_cast<int>(random.below(5)));
            text.assign(room, ended.ptr);
        } else {
            for (auto n = 1 + random.below(25); n-- != 0;) text += static_cast<char>('0' + random.below(10));
            text.insert(text.begin() + static_cast<std::ptrdiff_t>(random.below(text.size()) + 1), '.');
            text += "0e" + std::to_string(static_cast<int>(random.below(700)) - 360);
        }
        double theirs = 0;
        const auto ended = std::from_chars(text.data(), text.data() + text.size(), theirs);
        if (ended.ec != std::errc()) continue;  // beyond what doubles have, where libraries do not agree on the result
        BOOST_REQUIRE_MESSAGE(bits_of(decimal_to_double(text)) == bits_of(theirs), text);
    }
}
#endif

BOOST_AUTO_TEST_SUITE_END()
