// Patterns, against fnmatch(3) of glibc.
#include <string>

#include <boost/test/unit_test.hpp>

#include <vitte/core/glob.hpp>
#include <vitte/core/xoshiro.hpp>

#if defined(__GLIBC__)
#include <fnmatch.h>
#endif

namespace {
using vitte::glob_match;
using vitte::glob_match_path;
}  // namespace

BOOST_AUTO_TEST_SUITE(glob)

BOOST_AUTO_TEST_CASE(wildcards_stand_for_characters) {
    static_assert(glob_match("*.txt", "a.txt") && glob_match("*", "") && glob_match("a*b*c", "aXbXbc") &&
                  !glob_match("a*b", "abc"));
    static_assert(glob_match("?", "\xc3\xa4") && !glob_match("??", "\xc3\xa4") && glob_match("??", "\xc3\xc3"));
    static_assert(glob_match("[a-c]x", "bx") && !glob_match("[!a-c]x", "bx") && glob_match("[^a]", "b") &&
                  glob_match("[]]", "]"));
    static_assert(glob_match("[\xc3\xa4-\xc3\xb6]", "\xc3\xa5") && !glob_match("[a-z]", "\xc3\xa5"));
    static_assert(glob_match("[a", "[a") && glob_match("\\*", "*") && !glob_match("\\*", "x") &&
                  glob_match("[\\]]", "]"));
}

BOOST_AUTO_TEST_CASE(hidden_names_are_asked_for) {
    static_assert(!glob_match("*", ".a") && !glob_match("?a", ".a") && !glob_match("[.]a", ".a") &&
                  glob_match(".*", ".a"));
}

BOOST_AUTO_TEST_CASE(two_stars_stand_for_folders) {
    const auto whole = [](const char* pattern, const char* path) { return glob_match_path(pattern, path).whole; };
    const auto prefix = [](const char* pattern, const char* path) { return glob_match_path(pattern, path).prefix; };
    BOOST_TEST((whole("**/*.c", "x.c") && whole("**/*.c", "a/b/x.c") && !whole("**/*.c", "a/b/x.h")));
    BOOST_TEST((whole("a/**/b", "a/b") && whole("a/**/b", "a/x/y/b") && !whole("a/**/b", "x/b")));
    BOOST_TEST((whole("a/**", "a") && whole("a/**", "a/b/c") && !whole("a/*", "a/b/c") && !whole("**", ".git/x")));
    BOOST_TEST((prefix("a/*/c", "a") && prefix("a/*/c", "a/b") && !prefix("a/*/c", "b") && !prefix("a/*/c", "a/b/c")));
    BOOST_TEST((whole("a//*/", "a/b") && whole("a/b", "a//b/") && whole("//a", "a") && prefix("a//b", "a")));
    BOOST_TEST((prefix("**/c", "x") && !prefix("**/c", ".git") && prefix("a/**/b/c", "a/x/b")));
}

BOOST_AUTO_TEST_CASE(some_patterns_describe_only_folders) {
    const auto folder = [](const char* pattern, const char* path) {
        const auto match = glob_match_path(pattern, path);
        return match.whole && match.only_folder;
    };
    const auto file = [](const char* pattern, const char* path) {
        const auto match = glob_match_path(pattern, path);
        return match.whole && !match.only_folder;
    };
    BOOST_TEST((folder("a/", "a") && folder("**/", "a/b") && file("a", "a") && file("*/b", "a/b")));
    BOOST_TEST((folder("a/**", "a") && folder("*/**/**", "a") && file("a/**", "a/b") && file("a/**/**", "a/b/c")));
    BOOST_TEST((file("**/a/**", "a/a") && folder("**/a/**", "a") && file("**", "a") && folder("**", "")));
}

BOOST_AUTO_TEST_CASE(many_stars_take_no_exponential_time) {
    std::string pattern, name(2000, 'a');
    for (int i = 0; i < 500; ++i) pattern += "*a";
    BOOST_TEST(!glob_match(pattern + "b", name));
    BOOST_TEST(glob_match(pattern, name));
    std::string folders, path;
    for (int i = 0; i < 31; ++i) folders += "**/a/";
    for (int i = 0; i < 1000; ++i) path += "a/";
    BOOST_TEST((glob_match_path(folders + "b", path + "b").whole && !glob_match_path(folders + "b", path + "c").whole));
    BOOST_TEST((glob_match_path(folders + "a", path + "a").whole && glob_match_path(folders + "a", path + "c").prefix));
    BOOST_TEST(!glob_match_path(folders + "**/a", path).prefix);
}

#if defined(__GLIBC__)
BOOST_AUTO_TEST_CASE(agrees_with_fnmatch) {
    vitte::xoshiro256 random(3);
    const std::string alphabet = "abc.*?[]!-\\";
    int matched = 0;
    for (int i = 0; i < 300'000; ++i) {
        std::string pattern, name;
        for (auto n = random.below(7); n-- != 0;) pattern += alphabet[random.below(alphabet.size())];
        for (auto n = random.below(5); n-- != 0;) name += "abc.]"[random.below(5)];
        // Shells and libraries do not agree on sets that do not end, stray backslashes, ranges that are none, and dots
        // in sets.
        const std::size_t set = pattern.find('[');
        if (pattern.ends_with('\\') ||
            (set != std::string::npos && pattern.find_first_of("\\[-", set + 1) != std::string::npos))
            continue;
        if (set != std::string::npos && pattern.find(']', set + 2) == std::string::npos) continue;
        const bool expected = fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD | FNM_PATHNAME) == 0;
        matched += expected;
        BOOST_REQUIRE_MESSAGE(glob_match(pattern, name) == expected, pattern + " " + name);
    }
    BOOST_TEST(matched > 1000);
}
#endif

BOOST_AUTO_TEST_SUITE_END()
