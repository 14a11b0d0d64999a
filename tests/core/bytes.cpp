#include <boost/test/unit_test.hpp>

#include <array>
#include <cstring>

#include <vitte/core/bytes.hpp>

namespace {
using vitte::byte_order;
using vitte::byte_reader;
using vitte::errc;

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}
}  // namespace

BOOST_AUTO_TEST_SUITE(bytes)

BOOST_AUTO_TEST_CASE(reads_one_thing_after_the_other) {
    byte_reader r(bytes_of(std::string_view("\x01\x02\x03\x04name\0\xe5\x8e\x26rest", 16)), byte_order::big);
    BOOST_TEST(*r.read<std::uint16_t>() == 0x0102u);
    BOOST_TEST(*r.read<std::uint8_t>() == 3u);
    BOOST_TEST(*r.read<std::int8_t>() == 4);
    BOOST_TEST(*r.read_c_string() == "name");
    BOOST_TEST(*r.read_leb128<std::uint32_t>() == 624485u);
    BOOST_TEST(r.take(4)->size() == 4u);
    BOOST_TEST(r.at_end());
}

BOOST_AUTO_TEST_CASE(a_failed_read_moves_nothing) {
    byte_reader r(bytes_of("abc"));
    BOOST_TEST(*r.read<std::uint8_t>() == unsigned{'a'});
    BOOST_TEST((r.read<std::uint32_t>().error().code == errc::end_of_input));
    BOOST_TEST((r.take(3).error().code == errc::end_of_input));
    BOOST_TEST((r.take(SIZE_MAX).error().code == errc::end_of_input));
    BOOST_TEST((r.read_c_string().error().code == errc::malformed));
    BOOST_TEST((r.seek(4).error().code == errc::out_of_range));
    BOOST_TEST(r.position() == 1u);
    BOOST_TEST(r.seek(3).has_value());
    BOOST_TEST((r.read_c_string().error().code == errc::malformed));
    BOOST_TEST((r.read_leb128<int>().error().code == errc::end_of_input));
}

BOOST_AUTO_TEST_SUITE_END()
