// Elements come, move and go as often as they should.
#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

#include <vitte/core/growing_array.hpp>

BOOST_AUTO_TEST_SUITE(growing_array)

BOOST_AUTO_TEST_CASE(elements_stay_when_it_grows) {
    vitte::growing_array<std::unique_ptr<int>> all;
    for (int i = 0; i < 100; ++i) BOOST_REQUIRE(all.push_back(std::make_unique<int>(i)));
    for (int i = 0; i < 100; ++i) BOOST_TEST(*all[static_cast<std::size_t>(i)] == i);
    auto moved = std::move(all);
    BOOST_TEST(all.size() == 0u);
    BOOST_TEST(*moved.back() == 99);
    moved.pop_back();
    BOOST_TEST(moved.size() == 99u);
}

BOOST_AUTO_TEST_CASE(an_element_of_its_own_may_be_added) {
    const auto text = [] { return std::string("a text that is too long for the object itself"); };
    vitte::growing_array<std::string> all;
    for (int i = 0; i < 2; ++i) BOOST_REQUIRE(all.push_back(text()));  // so that it grows by one of its own
    for (int i = 0; i < 20; ++i) {
        BOOST_REQUIRE(all.push_back(std::move(all[all.size() - 1])));  // which is still an element, but has been moved
        BOOST_TEST(all.back() == text());
        BOOST_TEST(all[all.size() - 2] == "");
        BOOST_REQUIRE(all.push_back(text()));
    }
}

BOOST_AUTO_TEST_SUITE_END()
