#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

#include <vitte/core/result.hpp>

namespace {
using vitte::errc;
using vitte::error;
using vitte::fail;
using vitte::result;

static_assert(std::is_trivially_copyable_v<result<int>>);
static_assert(std::is_trivially_destructible_v<result<void>>);
static_assert(!std::is_copy_constructible_v<result<std::unique_ptr<int>>>);
static_assert(std::is_nothrow_move_constructible_v<result<std::string>>);
static_assert(std::is_convertible_v<int, result<long>> && !std::is_convertible_v<int*, result<std::unique_ptr<int>>>);
static_assert(result<int>(4).transform([](int n) { return n + 1; }) == 5);
static_assert(result<int>(fail(errc::busy, "f")).error().code == errc::busy);

result<int> number(bool good) {
    if (good) return 3;
    return fail(errc::not_found, "number", 2);
}
result<std::unique_ptr<int>> boxed(bool good) {
    VITTE_TRY(const int n, number(good));
    return std::make_unique<int>(n);
}
result<void> checked(bool good) {
    VITTE_CHECK(boxed(good));
    return {};
}
}  // namespace

BOOST_AUTO_TEST_SUITE(result_)

BOOST_AUTO_TEST_CASE(holds_a_value_or_an_error) {
    BOOST_TEST(*number(true) == 3);
    BOOST_TEST((number(false).error() == error{errc::not_found, 2, "number"}));
    BOOST_TEST(number(false).value_or(9) == 9);
    BOOST_TEST((number(true).error_or(error{errc::busy, 0, ""}).code == errc::busy));
}

BOOST_AUTO_TEST_CASE(try_and_check_pass_errors_on) {
    BOOST_TEST(**boxed(true) == 3);
    BOOST_TEST(boxed(false).error().native == 2);
    BOOST_TEST(checked(true).has_value());
    BOOST_TEST(checked(false).error().native == 2);
}

BOOST_AUTO_TEST_CASE(assignment_changes_sides_and_destroys_the_old) {
    auto watched = std::make_shared<int>(1);
    result<std::shared_ptr<int>> r = watched;
    BOOST_TEST(watched.use_count() == 2);
    r = fail(errc::busy, "x");
    BOOST_TEST(watched.use_count() == 1);
    r = watched;
    result<std::shared_ptr<int>> copy = r;
    BOOST_TEST(watched.use_count() == 3);
    swap(copy, r);
    copy = copy = r;
    BOOST_TEST(**copy == 1);
    r.emplace(std::make_shared<int>(5));
    BOOST_TEST(**r == 5);
}

BOOST_AUTO_TEST_CASE(monadic_members) {
    const auto half = [](int n) -> result<int> {
        return n % 2 ? result<int>(fail(errc::out_of_range, "half")) : n / 2;
    };
    BOOST_TEST(*result<int>(8).and_then(half) == 4);
    BOOST_TEST((result<int>(7).and_then(half).error().code == errc::out_of_range));
    BOOST_TEST(*number(false).or_else([](error e) -> result<int> { return e.native; }) == 2);
    BOOST_TEST(*number(false).transform_error([](error e) { return e.native; }).or_else([](int n) {
        return result<int, int>(n);
    }) == 2);
    BOOST_TEST(*checked(true).transform([] { return 6; }) == 6);
    BOOST_TEST(checked(true).and_then([] { return checked(false); }).error().native == 2);
    int seen = 0;
    BOOST_TEST(number(true).transform([&](int n) { seen = n; }).has_value());
    BOOST_TEST(seen == 3);
    BOOST_TEST(*boxed(true).transform([](std::unique_ptr<int> p) { return *p; }) == 3);
    BOOST_TEST(*result<std::string>("abc").transform(&std::string::size) == 3u);
}

BOOST_AUTO_TEST_CASE(converts_between_results) {
    const result<long> wide = number(true);
    BOOST_TEST(*wide == 3);
    const result<std::string> text = result<const char*>("abc");
    BOOST_TEST(*text == "abc");
    const result<bool> truth = result<bool>(false);
    BOOST_TEST(truth.has_value());
    BOOST_TEST((result<int>(3) == result<long>(3)));
    BOOST_TEST(!(result<int>(3) == number(false)));
}

BOOST_AUTO_TEST_SUITE_END()
