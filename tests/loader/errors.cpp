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

namespace {
/// An error all of whose texts are `text`, and what stands there once it is printed.
load_error load_error_of(const std::string& text) {
    load_error why;
    for (std::string* const part : {&why.module, &why.action, &why.symbol, &why.version, &why.library, &why.reason,
                                    &why.references, &why.searched})
        *part = text;
    return why;
}
trap trap_of(const std::string& text) { return {trap_code::host, text, {{text, 1, text}, {text, 2, text}}}; }
}  // namespace

BOOST_AUTO_TEST_CASE(a_message_is_one_line_whatever_names_are) {
    using namespace std::string_literals;
    const std::string hostile = "a\nb\x1b[2J\xff\u202e\0c\u00e4"s,
                      shown = "a\\x0ab\\x1b[2J\\xff\\xe2\\x80\\xae\\x00c\u00e4";
    BOOST_TEST(load_error_of(hostile).message() == load_error_of(shown).message());
    BOOST_TEST(trap_of(hostile).message() == trap_of(shown).message());
    BOOST_TEST(printed(trap_of(hostile)) == shown + " in " + shown + ", called by " + shown);
    const parse_error malformed_name{vitte::errc::malformed, "a\nb", "\x1b", 3};
    BOOST_TEST(printed(malformed_name) == "a\\x0ab: \\x1b at byte 3");
}

BOOST_AUTO_TEST_CASE(a_message_is_short_however_long_names_are) {
    std::string many;
    while (many.size() < 60'000) many += "\u20ac";
    for (const std::string& text : {many + "z", "a" + many, "ab" + many, std::string(60'000, '\x80')}) {
        const std::string loading = load_error_of(text).message(), trapping = trap_of(text).message();
        constexpr std::size_t most = 4 * vitte::longest_printed + 40;
        BOOST_TEST((loading.size() < 8 * most && loading.find("...") != std::string::npos));
        BOOST_TEST((trapping.size() < 3 * most && trapping.find("...") != std::string::npos));
        if (text[0] != '\x80') BOOST_TEST(loading.find('\\') == std::string::npos);  // no character was cut
    }
    const std::string just(vitte::longest_printed, 'y');
    BOOST_TEST(load_error_of(just).message().find("...") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(traps_are_printed_with_their_functions) {
    trap why;
    why.code = trap_code::unreachable;
    why.frames.push_back({"guest", 3, "checked"});
    BOOST_TEST(printed(why) == "unreachable in checked");
}

BOOST_AUTO_TEST_SUITE_END()
