#include <boost/test/unit_test.hpp>

#include <sstream>
#include <string>

#include <vitte/loader/error_output.hpp>

namespace {
using namespace vitte::loader;

template <class Error>
std::string printed(const Error& why) {
    std::ostringstream to;
    to << why;
    return to.str();
}
}  // namespace

BOOST_AUTO_TEST_SUITE(loader_errors)

BOOST_AUTO_TEST_CASE(what_is_malformed_is_told_with_its_place) {
    const parse_error why = malformed("section header", "beyond the end of the file", 64).error();
    BOOST_TEST(printed(why) == "section header: beyond the end of the file at byte 64");
    const parse_error far = malformed("name", "too long", ~std::uint64_t{0}).error();
    BOOST_TEST(std::string(far.message()) == "name: too long at byte 18446744073709551615");
}

BOOST_AUTO_TEST_CASE(codes_of_the_system_have_names) {
    load_error why;
    why.module = "a.so";
    why.action = "mapping";
    why.code = vitte::errc::permission_denied;
    why.native = 1;  // EPERM; on Windows ERROR_INVALID_FUNCTION
    BOOST_TEST(printed(why) == std::string("a.so: mapping: permission denied (") + vitte::native_name(1) + ")");
    why.native = 88'888;
    BOOST_TEST(why.message() == "a.so: mapping: permission denied (native code 88888)");
}

BOOST_AUTO_TEST_CASE(traps_are_printed_with_their_functions) {
    trap why;
    why.code = trap_code::unreachable;
    why.frames.push_back({"guest", 3, "checked"});
    BOOST_TEST(printed(why) == "unreachable in checked");
}

BOOST_AUTO_TEST_SUITE_END()
