#include <boost/test/unit_test.hpp>

#include <vector>

#include <vitte/core/xoshiro.hpp>

BOOST_AUTO_TEST_SUITE(xoshiro)

BOOST_AUTO_TEST_CASE(the_sequence_of_the_reference) {  // state 1, 2, 3, 4, as other implementations test it
    vitte::xoshiro256 random({1, 2, 3, 4});
    for (const std::uint64_t expected : {41943041ull, 58720359ull, 3588806011781223ull, 3591011842654386ull,
                                         9228616714210784205ull, 9973669472204895162ull, 14011001112246962877ull,
                                         12406186145184390807ull, 15849039046786891736ull, 10450023813501588000ull})
        BOOST_TEST(random() == expected);
}

BOOST_AUTO_TEST_CASE(products_are_whole) {  // by Python
    constexpr std::uint64_t rows[][4] = {
        {0xffffffffffffffff, 0xffffffffffffffff, 0xfffffffffffffffe, 0x1},
        {0x0, 0x5, 0x0, 0x0},
        {0x100000000, 0x100000000, 0x1, 0x0},
        {0x4164d8399f767c45, 0x5bc8fbbcbde5c099, 0x17722ff37f452072, 0x91797a7145bd053d},
        {0xb0c11fdecb91ce37, 0xd76d4330f1446bea, 0x94bda26304f67721, 0xd065a5e892137b46}};
    for (const auto& [a, b, high, low] : rows) {
        const auto [h, l] = vitte::multiply(a, b);
        BOOST_TEST(h == high);
        BOOST_TEST(l == low);
    }
}

BOOST_AUTO_TEST_CASE(numbers_below_a_bound_are_spread_evenly) {
    vitte::xoshiro256 random(42);
    std::vector<unsigned> seen(10);
    for (int i = 0; i < 100'000; ++i) ++seen[static_cast<std::size_t>(random.below(10))];
    double chi_squared = 0;
    for (const unsigned count : seen) chi_squared += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
    BOOST_TEST(chi_squared < 27.9);  // 9 degrees of freedom: 0.1 %
    double least = 1, most = 0;
    for (int i = 0; i < 10'000; ++i) {
        const double u = random.unit();
        least = u < least ? u : least;
        most = u > most ? u : most;
    }
    BOOST_TEST((least >= 0 && least < 0.01 && most > 0.99 && most < 1));
}

BOOST_AUTO_TEST_SUITE_END()
