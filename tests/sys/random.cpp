#include <algorithm>
#include <vector>

#include <vitte/sys/random.hpp>

#include "../support/needs.hpp"

BOOST_AUTO_TEST_SUITE(random_, *needs(entropy))

BOOST_AUTO_TEST_CASE(fills_any_size_with_different_bytes) {
    for (const std::size_t size : {0u, 1u, 255u, 257u, 100'000u}) {
        std::vector<std::byte> bytes(size);
        BOOST_TEST(vitte::sys::fill_random(bytes).has_value());
        if (size < 1000) continue;
        std::vector<unsigned> seen(256);
        for (const std::byte b : bytes) ++seen[std::to_integer<std::size_t>(b)];
        BOOST_TEST(*std::min_element(seen.begin(), seen.end()) > size / 512);
        BOOST_TEST(*std::max_element(seen.begin(), seen.end()) < size / 128);
    }
}

BOOST_AUTO_TEST_CASE(two_generators_differ) {
    auto a = vitte::sys::seeded_generator(), b = vitte::sys::seeded_generator();
    BOOST_TEST((*a)() != (*b)());
}

BOOST_AUTO_TEST_SUITE_END()
