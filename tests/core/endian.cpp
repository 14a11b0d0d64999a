#include <boost/test/unit_test.hpp>

#include <array>

#include <vitte/core/endian.hpp>

namespace {
using vitte::byte_order;
constexpr std::array<std::byte, 9> bytes{std::byte{0xff}, std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4},
                                         std::byte{5},    std::byte{6}, std::byte{7}, std::byte{0x88}};
static_assert(vitte::load<std::uint32_t>(bytes.data() + 1, byte_order::little) == 0x04030201);
static_assert(vitte::load<std::uint32_t>(bytes.data() + 1, byte_order::big) == 0x01020304);
}  // namespace

BOOST_AUTO_TEST_SUITE(endian)

BOOST_AUTO_TEST_CASE(loads_either_order_at_any_alignment) {
    BOOST_TEST(vitte::load<std::uint64_t>(bytes.data() + 1, byte_order::little) == 0x8807060504030201u);
    BOOST_TEST(vitte::load<std::uint64_t>(bytes.data() + 1, byte_order::big) == 0x0102030405060788u);
    BOOST_TEST(vitte::load<std::int16_t>(bytes.data() + 7, byte_order::little) == std::int16_t{-30713});
}

BOOST_AUTO_TEST_CASE(stores_what_it_loads) {
    std::array<std::byte, 5> place{};
    for (const auto order : {byte_order::little, byte_order::big}) {
        vitte::store<std::uint32_t>(place.data() + 1, 0xdeadbeef, order);
        BOOST_TEST(vitte::load<std::uint32_t>(place.data() + 1, order) == 0xdeadbeefu);
        BOOST_TEST((place[1] == (order == byte_order::big ? std::byte{0xde} : std::byte{0xef})));
    }
}

BOOST_AUTO_TEST_SUITE_END()
