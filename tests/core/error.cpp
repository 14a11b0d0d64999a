#include <boost/test/unit_test.hpp>
#include <limits>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>
#include <vitte/core/error_output.hpp>
#include <vitte/core/result.hpp>
#include <vitte/core/std_error.hpp>
#include <vitte/core/utf8.hpp>

#if defined(_WIN32)
#include <vitte/sys/platform/win32/error.hpp>
#define NO_FILE 2, "ERROR_FILE_NOT_FOUND"
#else
#include <cerrno>
#include <vitte/sys/platform/posix/error.hpp>
#define NO_FILE ENOENT, "ENOENT"
#endif

namespace {
using vitte::errc;
using vitte::error;

static_assert(std::is_trivially_copyable_v<error> && std::is_aggregate_v<error>);
static_assert(error{errc::busy, 0, "lock"}.message().size() == 10);

const struct {
    int number;
    const char* name;
} no_file{NO_FILE};

std::string said(const error& why, const char* what = "") { return std::string(why.message(what)); }
}  // namespace

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(a_message_tells_operation_path_cause_and_name_of_the_code) {
    const error why{errc::not_found, no_file.number, "open"};
    BOOST_TEST(said(why) == std::string("open: not found (") + no_file.name + ")");
    BOOST_TEST(said(why, "settings.json") == std::string("open settings.json: not found (") + no_file.name + ")");
    BOOST_TEST(said({errc::end_of_input, 0, "read header"}) == "read header: unexpected end of input");
    BOOST_TEST(said({errc::unknown, 77'777, "ioctl"}) == "ioctl: unknown error (native code 77777)");
    BOOST_TEST(said({errc::unknown, -5, "call"}) == "call: unknown error (native code -5)");
    BOOST_TEST(said({errc::unknown, std::numeric_limits<int>::min(), "call"}) ==
               "call: unknown error (native code " + std::to_string(std::numeric_limits<int>::min()) + ")");
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_loses_the_beginning_of_its_path) {
    const error why{errc::not_found, no_file.number, "open"};
    const std::string long_path = std::string(5000, 'y') + "/last", told = said(why, long_path.c_str());
    const std::string end = std::string("/last: not found (") + no_file.name + ")";
    BOOST_TEST(told.size() == vitte::error_text::capacity);
    BOOST_TEST(told.starts_with("open ...yyy"));
    BOOST_TEST(told.ends_with(end));
}

BOOST_AUTO_TEST_CASE(a_message_goes_into_any_room) {
    const error why{errc::not_found, no_file.number, "open"};
    const std::string whole = said(why, "a/b");
    for (std::size_t room = 0; room <= whole.size() + 3; ++room) {
        std::vector<char> characters(room + 1, '#');
        const std::size_t used = why.write_message(std::span(characters.data(), room), "a/b");
        BOOST_TEST(used == (room < whole.size() ? room : whole.size()));
        BOOST_TEST(characters[used] == '#');
        if (room >= whole.size()) BOOST_TEST(std::string_view(characters.data(), used) == whole);
    }
}

BOOST_AUTO_TEST_CASE(a_message_is_one_line_of_well_formed_characters) {
    const error why{errc::busy, 0, "open"};
    BOOST_TEST(said(why, "a\nb\r\tc\x7f") == "open a\\x0ab\\x0d\\x09c\\x7f: busy");
    BOOST_TEST(said(why, "\x1b[2Jx") == "open \\x1b[2Jx: busy");
    BOOST_TEST(said(why, "C:\\a \u00e4\u20ac\U0001f600") == "open C:\\a \u00e4\u20ac\U0001f600: busy");
    BOOST_TEST(said(why, "\xff\xc3") == "open \\xff\\xc3: busy");                       // no UTF-8
    BOOST_TEST(said(why, "\xc2\x85\u2028") == "open \\xc2\\x85\\xe2\\x80\\xa8: busy");  // ends of lines of Unicode
    BOOST_TEST(said(why, "\u202ea\u2066") == "open \\xe2\\x80\\xaea\\xe2\\x81\\xa6: busy");
}

BOOST_AUTO_TEST_CASE(no_character_of_a_message_is_cut) {
    const error why{errc::busy, 0, "open"};
    std::string path;
    for (int i = 0; i < 200; ++i) path += "\u20ac\n\U0001f600\xff";
    for (std::size_t skipped = 0; skipped < 24; ++skipped) {
        const std::string told = said(why, path.substr(skipped * path.size() / 200 / 24).c_str());
        BOOST_TEST((told.size() <= vitte::error_text::capacity && told.size() > vitte::error_text::capacity - 4));
        BOOST_TEST((told.starts_with("open ...") && told.ends_with("\U0001f600\\xff: busy")));
    }
    for (std::size_t room = 0; room < 40; ++room) {
        std::string to(room, '#');
        to.resize(why.write_message(to, "\u20ac\n\U0001f600"));
        BOOST_TEST(vitte::utf8_valid_prefix(std::as_bytes(std::span(to))) == to.size());
        const std::size_t escape = to.find('\\');
        BOOST_TEST((escape == std::string::npos || to.compare(escape, 4, "\\x0a") == 0));
    }
}

BOOST_AUTO_TEST_CASE(streams_and_strings_take_messages) {
    const error why{errc::timed_out, 0, "lock"};
    std::ostringstream to;
    to << why << '|' << why.message("a") << '|' << errc::busy;
    BOOST_TEST(to.str() == "lock: timed out|lock a: timed out|busy");
    const std::string_view view = why.message();
    BOOST_TEST(view.size() == 15);
    BOOST_TEST(std::string("save: ") + why.message() == "save: lock: timed out");
#if defined(__cpp_lib_format)
    BOOST_TEST(std::format("{:>18}", why) == "   lock: timed out");
#endif
}

BOOST_AUTO_TEST_CASE(causes_are_codes_of_the_standard) {
    const std::error_code code = errc::not_found;
    BOOST_TEST((code == std::errc::no_such_file_or_directory && code == std::errc::no_such_process));
    BOOST_TEST((code != std::errc::file_exists && code.category().name() == std::string_view("vitte")));
    BOOST_TEST(code.message() == "not found");
    for (int i = 0; i <= static_cast<int>(errc::out_of_range); ++i) {
        const auto cause = static_cast<errc>(i);
        const std::error_code made = cause;
        BOOST_TEST(static_cast<bool>(made));  // 0 would be success
        BOOST_TEST(made.message() == vitte::message(cause));
        BOOST_TEST((vitte::from_error_code(made, "f").code == cause));
    }
}

BOOST_AUTO_TEST_CASE(errors_of_the_system_keep_their_codes) {
    const error why{errc::not_found, no_file.number, "open"};
    const std::error_code made = vitte::to_error_code(why);
    BOOST_TEST((made.category() == std::system_category() && made.value() == no_file.number));
    BOOST_TEST((made == std::errc::no_such_file_or_directory));
    BOOST_TEST((vitte::from_error_code(made, "open") == why));
    const error other = vitte::from_error_code(std::make_error_code(std::errc::permission_denied), "bind");
    BOOST_TEST((other == error{errc::permission_denied, 0, ""} && other.operation == std::string_view("bind")));
    BOOST_TEST((vitte::to_error_code({errc::malformed, 0, "parse"}) == errc::malformed));
}

BOOST_AUTO_TEST_CASE(all_codes_of_the_system_come_back_as_they_are) {
#if defined(_WIN32)
    using vitte::sys::win32::cause_of;
    BOOST_TEST((cause_of(10035) == errc::would_block && cause_of(10037) == errc::would_block));
#else
    using vitte::sys::posix::cause_of;
    BOOST_TEST((cause_of(EDQUOT) == errc::no_space));
#endif
    for (int number = 1; number < 12'000; ++number) {
        const error why{cause_of(number), number, "f"}, back = vitte::from_error_code(vitte::to_error_code(why), "f");
        BOOST_TEST(back.native == number);
        if (why.code != errc::unknown) BOOST_TEST((back == why), why.message());
    }
}

#if defined(__cpp_lib_expected)
BOOST_AUTO_TEST_CASE(results_become_what_the_standard_has) {
    const vitte::result<int> three = 3, none = vitte::fail(errc::busy, "f");
    BOOST_TEST(*vitte::to_expected(three) == 3);
    BOOST_TEST((vitte::to_expected(none).error().code == errc::busy));
    BOOST_TEST((vitte::from_expected(vitte::to_expected(three)) == three &&
                vitte::from_expected(vitte::to_expected(none)) == none));
    BOOST_TEST(vitte::to_expected(vitte::result<void>()).has_value());
}
#endif

BOOST_AUTO_TEST_SUITE_END()
