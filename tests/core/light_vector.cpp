#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vitte/core/light_vector.hpp>

namespace {
using vitte::light_vector;

template <class T>
void check_as_a_vector(const T& a, const T& b) {
    light_vector<T> v;
    BOOST_TEST(v.empty());
    for (int i = 0; i < 100; ++i) v.push_back(v.size() % 2 == 0 || v.empty() ? a : b);
    v.push_back(v.front());  // an element, when there may be no room
    BOOST_TEST(v.size() == 101u);
    for (std::size_t i = 0; i < v.size(); ++i) BOOST_TEST((v[i] == (i % 2 == 0 ? a : b)));

    light_vector<T> copy = v;
    BOOST_TEST((copy == v));
    copy.back() = b;
    BOOST_TEST(!(copy == v));
    copy.pop_back();
    BOOST_TEST(!(copy == v));
    const light_vector<T> moved = std::move(copy);
    BOOST_TEST(moved.size() == 100u);
    BOOST_TEST(copy.empty());
    copy = moved;
    copy.append(v.data(), v.data() + 3);
    BOOST_TEST(copy.size() == 103u);
    BOOST_TEST((copy[100] == a && copy[101] == b && copy.back() == a));
    copy.resize(2);
    copy.resize(4);
    BOOST_TEST((copy[1] == b && copy[2] == T() && copy[3] == T()));
    copy.assign(3, b);
    BOOST_TEST((copy == light_vector<T>{b, b, b}));
    copy.reserve(50);
    BOOST_TEST(copy.capacity() >= 50u);
    BOOST_TEST((copy == light_vector<T>(3, b)));
    erase_if(v, [&](const T& one) { return one == a; });
    BOOST_TEST((v == light_vector<T>(50, b)));
}

/// Of what asks for more than `operator new` gives unasked.
struct alignas(64) line {
    int number = 0;
    bool operator==(const line&) const = default;
};
}  // namespace

BOOST_AUTO_TEST_CASE(is_as_the_standards_vector) {
    check_as_a_vector<int>(1, 2);
    check_as_a_vector<std::string>("short", "so long that it is not in the object itself");
    check_as_a_vector<line>({1}, {2});
    light_vector<line> lines(3);
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(lines.data()) % 64 == 0u);
}

BOOST_AUTO_TEST_CASE(holds_what_can_only_be_moved) {
    auto held = std::make_shared<int>(7);
    {
        light_vector<std::unique_ptr<std::shared_ptr<int>>> v;
        for (int i = 0; i < 20; ++i) v.push_back(std::make_unique<std::shared_ptr<int>>(held));
        BOOST_TEST(held.use_count() == 21);
        v.resize(5);
        BOOST_TEST(held.use_count() == 6);
        v.clear();
        BOOST_TEST(held.use_count() == 1);
        v.push_back(std::make_unique<std::shared_ptr<int>>(held));
    }
    BOOST_TEST(held.use_count() == 1);
}
