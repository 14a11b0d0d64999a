// A folder that paths do not leave, whatever links say.
#include <vitte/sys/fs/contained.hpp>

#include "../support/scratch.hpp"

namespace {
using namespace vitte::sys;
using vitte::errc;

contained_directory open(const char* path) { return contained_directory(std::move(*directory::open(path))); }
bool leads_out(const auto& done) {
    return !done && done.error().code == errc::permission_denied && done.error().native == 0;
}
}  // namespace

BOOST_AUTO_TEST_CASE(what_leads_out_is_refused, *needs(unfollowed_links)) {
    const scratch folder;
    const contained_directory d = open(folder.path);
    BOOST_REQUIRE((d.create_directory("a") && d.create_directory("a/b")));
    put(d.unbounded(), "file");
    BOOST_REQUIRE((d.symbolic_link("/", "root") && d.symbolic_link("../../..", "a/up") &&
                   d.symbolic_link("../../file", "a/b/fine")));
    for (const char* const out : {"..", "a/../..", "/", "root", "a/up", "root/tmp", "a/b/../../../x"}) {
        BOOST_TEST_CONTEXT(out) {
            BOOST_TEST(leads_out(d.open_directory(out, links::followed)));
            BOOST_TEST(leads_out(d.info(out, links::followed)));
            BOOST_TEST(leads_out(d.set_times(out, 0, 0, links::followed)));
        }
    }
    for (const char* const out : {"../x", "/x", "root/x", "a/up/x"}) {
        BOOST_TEST_CONTEXT(out) {
            BOOST_TEST(leads_out(d.open_file(out, open_mode::update)));
            BOOST_TEST(leads_out(d.create_directory(out)));
            BOOST_TEST(leads_out(d.remove(out)));
            BOOST_TEST(leads_out(d.remove_directory(out)));
            BOOST_TEST(leads_out(d.rename("file", d, out)));
            BOOST_TEST(leads_out(d.rename(out, d, "y")));
            BOOST_TEST(leads_out(d.link("file", links::not_followed, d, out)));
            BOOST_TEST(leads_out(d.symbolic_link("x", out)));
        }
    }
    BOOST_TEST(d.open_file("a/b/fine").has_value());
    BOOST_TEST(d.open_file("a/b/../../a/./b/fine").has_value());
    const auto below = d.open_directory("a", links::not_followed);
    BOOST_REQUIRE(below.has_value());
    BOOST_TEST(leads_out(below->open_file("b/fine")));
    BOOST_TEST(leads_out(below->info("..", links::followed)));
}

BOOST_AUTO_TEST_CASE(names_change_within_and_between_folders, *needs(unfollowed_links)) {
    const scratch folder;
    const contained_directory d = open(folder.path);
    BOOST_REQUIRE((d.create_directory("a") && d.create_directory("b")));
    {  // Windows before 10 1709, and wine, keep the names of what is open
        const auto a = d.open_directory("a", links::not_followed), b = d.open_directory("b", links::not_followed);
        BOOST_REQUIRE((a && b));
        put(a->unbounded(), "file");
        BOOST_TEST(a->rename("file", *b, "moved").has_value());
        BOOST_TEST(b->symbolic_link("moved", "link").has_value());
        BOOST_TEST(b->link("link", links::followed, *a, "again").has_value());
        BOOST_TEST(d.info("a/again", links::followed)->same_file(*d.info("b/moved", links::followed)));
        BOOST_TEST((d.info("b/link", links::not_followed)->kind == file_kind::symbolic_link));
        char text[3];
        BOOST_TEST(*d.read_link("b/link", text) == 3u);
        BOOST_TEST(std::string(text, 3) == "mov");
        BOOST_TEST(d.set_times("b/link", 1'000'000'000, 2'000'000'000, links::followed).has_value());
        BOOST_TEST(d.info("a/again", links::followed)->modified == 2'000'000'000);
    }
    BOOST_TEST((d.remove_directory("b").error().code == errc::not_empty));
    BOOST_TEST((d.remove("b/moved/").error().code == errc::not_a_directory));
    BOOST_TEST((d.remove("b/link") && d.remove("b/moved") && d.remove_directory("b")));
    BOOST_TEST((d.open_directory("b", links::followed).error().code == errc::not_found));
}
