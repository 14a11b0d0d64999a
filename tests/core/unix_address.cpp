// Addresses of sockets of this machine, and their texts.
#include <boost/test/unit_test.hpp>

#include <string>

#include <vitte/core/unix_address.hpp>

using vitte::errc;
using vitte::unix_address;

BOOST_AUTO_TEST_SUITE(unix_addresses)

static_assert(unix_address::parse("/run/x")->name() == "/run/x");
static_assert(unix_address::parse("@x")->is_abstract());
static_assert(unix_address().is_unnamed());

BOOST_AUTO_TEST_CASE(texts_are_read_and_written) {
    char room[unix_address::max_size];
    for (const std::string text : {"/run/service", "socket", "@name", "@", "@a b\xff"}) {
        const auto made = unix_address::parse(text);
        BOOST_REQUIRE(made.has_value());
        BOOST_TEST(made->write(room) == text);
        BOOST_TEST(made->is_abstract() == text.starts_with('@'));
        BOOST_TEST(!made->is_unnamed());
    }
    BOOST_TEST(unix_address().write(room) == "");
}

BOOST_AUTO_TEST_CASE(abstract_names_are_any_bytes_and_paths_are_not) {
    const std::string_view with_nul("a\0b", 3);
    BOOST_TEST(unix_address::abstract(with_nul)->name() == with_nul);
    BOOST_TEST((unix_address::at_path(with_nul).error().code == errc::invalid_argument));
    BOOST_TEST((unix_address::at_path("").error().code == errc::invalid_argument));
    BOOST_TEST((unix_address::abstract("x").value() != unix_address::at_path("x").value()));
    BOOST_TEST((unix_address::abstract("").value() != unix_address()));
}

BOOST_AUTO_TEST_CASE(a_path_does_not_pass_for_an_abstract_name) {
    char room[unix_address::max_size];
    const auto path = unix_address::at_path("@service").value();
    BOOST_TEST(path.name() == "@service");
    BOOST_TEST(path.write(room) == "./@service");
    BOOST_TEST(!unix_address::parse(path.write(room))->is_abstract());
    const std::string longest = "@" + std::string(unix_address::most - 1, 'n');
    BOOST_TEST(unix_address::at_path(longest)->write(room) == "./" + longest);
}

BOOST_AUTO_TEST_CASE(the_longest_fits_and_one_more_does_not) {
    const std::string longest(unix_address::most, 'n');
    char room[unix_address::max_size];
    BOOST_TEST(unix_address::abstract(longest.substr(1))->write(room) == "@" + longest.substr(1));
    BOOST_TEST(unix_address::at_path(longest)->write(room) == longest);
    BOOST_TEST((unix_address::abstract(longest).error().code == errc::name_too_long));
    BOOST_TEST((unix_address::parse("/" + longest).error().code == errc::name_too_long));
}

BOOST_AUTO_TEST_SUITE_END()
