#include <boost/test/unit_test.hpp>

#include <string_view>

#include <vitte/core/crc32.hpp>

namespace {
std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}
constexpr std::array<std::byte, 3> at_compile_time{};
static_assert(vitte::crc32(at_compile_time) == 0xff41d912);
}  // namespace

BOOST_AUTO_TEST_SUITE(crc32)

BOOST_AUTO_TEST_CASE(known_checksums) {
    BOOST_TEST(vitte::crc32({}) == 0u);
    BOOST_TEST(vitte::crc32(bytes_of("123456789")) == 0xCBF43926u);  // the check value of the CRC catalogue
    BOOST_TEST(vitte::crc32(bytes_of("The quick brown fox jumps over the lazy dog")) == 0x414FA339u);
}

BOOST_AUTO_TEST_CASE(continues_at_any_place) {
    const auto whole = bytes_of("The quick brown fox jumps over the lazy dog");
    for (std::size_t i = 0; i <= whole.size(); ++i)
        BOOST_TEST(vitte::crc32(whole.subspan(i), vitte::crc32(whole.first(i))) == 0x414FA339u);
}

BOOST_AUTO_TEST_SUITE_END()
