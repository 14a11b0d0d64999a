#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <string>
#include <utility>

#include <vitte/sys/environment.hpp>

BOOST_AUTO_TEST_SUITE(environment)

BOOST_AUTO_TEST_CASE(variables_are_what_c_sees) {
    const char* const expected = std::getenv("VITTE_FIXTURES");
    BOOST_REQUIRE(expected != nullptr);
    char value[4096];
    const auto length = vitte::sys::environment("VITTE_FIXTURES", value);
    BOOST_REQUIRE(length.has_value());
    BOOST_TEST(value == std::string(expected));
    BOOST_TEST(*length == std::string(expected).size());
}

BOOST_AUTO_TEST_CASE(a_value_that_does_not_fit_tells_its_length) {
    char value[4] = "abc";
    BOOST_TEST(*vitte::sys::environment("VITTE_FIXTURES", value) == std::string(std::getenv("VITTE_FIXTURES")).size());
    BOOST_TEST(value == std::string("abc"));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_an_error) {
    char value[4];
    BOOST_TEST((vitte::sys::environment("VITTE_NO_SUCH_VARIABLE", value).error().code == vitte::errc::not_found));
}

BOOST_AUTO_TEST_CASE(names_have_characters_but_no_equals_sign) {
#if !defined(_WIN32)
    BOOST_REQUIRE(::setenv("VITTE_EQUALS", "a=b", 1) == 0);
#endif
    char value[100];
    for (const char* name : {"", "=", "=C:", "VITTE_EQUALS=", "VITTE_EQUALS=a", "VITTE_FIXTURES="})
        BOOST_TEST((vitte::sys::environment(name, value).error().code == vitte::errc::not_found));
}

#if defined(__GLIBC__)
BOOST_AUTO_TEST_CASE(entries_that_are_no_variables_are_passed_over) {
    char junk[] = "junk", nameless[] = "=C:=C:\\", variable[] = "A==b", empty[] = "";
    char* entries[] = {junk, nameless, variable, empty, nullptr};
    char** const before = std::exchange(environ, entries);
    std::string met;
    vitte::sys::for_each_variable([&](const char* entry) { met += entry; });
    environ = before;
    BOOST_TEST(met == "A==b");
}

BOOST_AUTO_TEST_CASE(an_environment_that_was_cleared_is_empty) {
    char** const before = std::exchange(environ, nullptr);  // as clearenv(3) leaves it
    unsigned count = 0;
    vitte::sys::for_each_variable([&](auto...) { ++count; });
    environ = before;
    BOOST_TEST(count == 0);
}
#endif

BOOST_AUTO_TEST_SUITE_END()
