#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <vector>

#include <vitte/core/leb128.hpp>

namespace {
using vitte::decode_leb128;
using vitte::encode_leb128;
using vitte::errc;

std::vector<std::byte> raw(std::initializer_list<unsigned> values) {
    std::vector<std::byte> made;
    for (const unsigned v : values) made.push_back(static_cast<std::byte>(v));
    return made;
}
template <class T, unsigned Bits = 8 * sizeof(T)>
errc why(std::initializer_list<unsigned> values) {
    return decode_leb128<T, Bits>(raw(values)).error().code;
}
template <class T>
bool survives(T value) {
    std::byte place[10];
    const std::size_t length = encode_leb128(value, place);
    const auto back = decode_leb128<T>(std::span<const std::byte>(place, length));
    return back && back->value == value && back->length == length && length <= vitte::leb128_limit(8 * sizeof(T));
}
}  // namespace

BOOST_AUTO_TEST_SUITE(leb128)

BOOST_AUTO_TEST_CASE(decodes_the_examples_of_dwarf) {  // DWARF 5, tables 7.7 and 7.8 (figures C.1 and C.2)
    BOOST_TEST(decode_leb128<unsigned>(raw({2}))->value == 2u);
    BOOST_TEST(decode_leb128<unsigned>(raw({0x80, 1}))->value == 128u);
    BOOST_TEST(decode_leb128<unsigned>(raw({0xb9, 0x64}))->value == 12857u);
    BOOST_TEST(decode_leb128<int>(raw({0x7e}))->value == -2);
    BOOST_TEST(decode_leb128<int>(raw({0xff, 0}))->value == 127);
    BOOST_TEST(decode_leb128<int>(raw({0x81, 0x7f}))->value == -127);
    BOOST_TEST(decode_leb128<int>(raw({0x80, 0x7f}))->value == -128);
}

BOOST_AUTO_TEST_CASE(round_trips_every_magnitude) {
    for (unsigned bit = 0; bit < 64; ++bit)
        for (const std::uint64_t near :
             {(std::uint64_t{1} << bit) - 1, std::uint64_t{1} << bit, (std::uint64_t{1} << bit) + 1}) {
            BOOST_TEST(survives(near));
            BOOST_TEST(survives(static_cast<std::int64_t>(near)));
            BOOST_TEST(survives(static_cast<std::int64_t>(0 - near)));
            BOOST_TEST(survives(static_cast<std::uint32_t>(near)));
            BOOST_TEST(survives(static_cast<std::int32_t>(near)));
        }
    BOOST_TEST(survives(std::numeric_limits<std::int64_t>::min()));
    BOOST_TEST(survives(std::numeric_limits<std::uint64_t>::max()));
}

BOOST_AUTO_TEST_CASE(holds_to_the_limits_of_webassembly) {  // core specification 2.0, 5.2.2, notes on unused bits
    BOOST_TEST(decode_leb128<std::uint32_t>(raw({0x80, 0x80, 0x80, 0x80, 0}))->length == 5u);
    BOOST_TEST((why<std::uint32_t>({0x80, 0x80, 0x80, 0x80, 0x80, 0}) == errc::malformed));
    BOOST_TEST((why<std::uint32_t>({0x80, 0x80, 0x80, 0x80, 0x10}) == errc::malformed));
    BOOST_TEST((why<std::uint8_t>({0x83, 0x10}) == errc::malformed));
    BOOST_TEST((why<std::int8_t>({0x83, 0x3e}) == errc::malformed));
    BOOST_TEST((why<std::int8_t>({0xff, 0x7b}) == errc::malformed));
    BOOST_TEST(decode_leb128<std::int8_t>(raw({0xfe, 0x7f}))->value == -2);
    BOOST_TEST(decode_leb128<std::int32_t>(raw({0x80, 0x80, 0x80, 0x80, 0x78}))->value ==
               std::numeric_limits<std::int32_t>::min());
    BOOST_TEST(
        (decode_leb128<std::int64_t, 33>(raw({0x80, 0x80, 0x80, 0x80, 0x70}))->value == -(std::int64_t{1} << 32)));
    BOOST_TEST((why<std::int64_t, 33>({0x80, 0x80, 0x80, 0x80, 0x10}) == errc::malformed));
    BOOST_TEST((why<std::int32_t>({0x80}) == errc::end_of_input));
    BOOST_TEST((why<std::int32_t>({}) == errc::end_of_input));
}

BOOST_AUTO_TEST_SUITE_END()
