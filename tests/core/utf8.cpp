// UTF-8: every sequence of up to four bytes, counted against what Unicode has.
#include <array>

#include <boost/test/unit_test.hpp>

#include <vitte/core/utf8.hpp>

namespace {
using vitte::utf8_valid_prefix;

template <class... Byte>
std::size_t prefix(Byte... bytes) {
    const std::array<std::byte, sizeof...(bytes)> text{static_cast<std::byte>(bytes)...};
    return utf8_valid_prefix(text);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(utf8)

BOOST_AUTO_TEST_CASE(exactly_the_characters_of_unicode_are_well_formed) {
    long ones = 0, twos = 0, threes = 0, fours = 0;
    for (int a = 0; a < 256; ++a) {
        ones += prefix(a) == 1;
        for (int b = 0; b < 256; ++b) {
            twos += a >= 0x80 && prefix(a, b) == 2;
            for (int c = 0; a >= 0x80 && c < 256; ++c) {
                threes += prefix(a, b, c) == 3 && prefix(a) == 0 && prefix(a, b) == 0;
                if (a < 0xf0) continue;
                for (int d = 0x7f; d < 0xc1; ++d) fours += prefix(a, b, c, d) == 4;
            }
        }
    }
    BOOST_TEST(ones == 0x80);
    BOOST_TEST(twos == 0x800 - 0x80);
    BOOST_TEST(threes == 0x10000 - 0x800 - 0x800);  // without surrogates
    BOOST_TEST(fours == 0x110000 - 0x10000);
}

BOOST_AUTO_TEST_CASE(the_first_bad_byte_is_found_anywhere) {
    for (std::size_t size = 1; size < 40; ++size)
        for (std::size_t at = 0; at < size; ++at) {
            std::byte text[40];
            for (auto& b : text) b = std::byte{'x'};
            text[at] = std::byte{0xff};
            BOOST_TEST(utf8_valid_prefix(std::span(text, size)) == at);
            BOOST_TEST(utf8_valid_prefix(std::span(text, at)) == at);
        }
}

BOOST_AUTO_TEST_SUITE_END()
