// Paths as text, against std::filesystem, which writes them the native way.
#include <string>
#include <tuple>
#if !defined(_WIN32) && !defined(__wasi__)
#include <filesystem>
#endif

#include <boost/test/unit_test.hpp>

#include <vitte/core/xoshiro.hpp>
#include <vitte/sys/fs/path.hpp>

namespace {
using vitte::errc;
using vitte::sys::posix_path;
using vitte::sys::windows_path;

template <class Path>
std::string normal(Path path) {
    char text[200];
    return path.normalize(text) ? std::string(text) : "?";
}
}  // namespace

BOOST_AUTO_TEST_SUITE(path)

BOOST_AUTO_TEST_CASE(parts_are_views_of_the_text) {
    constexpr posix_path path = "/usr/lib/libz.so.1";
    static_assert(path.is_absolute() && path.root() == "/" && path.name() == "libz.so.1" && path.extension() == ".1");
    static_assert(path.stem() == "libz.so" && path.parent().text() == "/usr/lib" &&
                  path.parent().parent().parent().text() == "/");
    static_assert(posix_path("a").parent().empty() && posix_path("/").name().empty() &&
                  posix_path("/").parent().text() == "/");
    static_assert(posix_path(".profile").extension().empty() && posix_path("..").extension().empty() &&
                  posix_path("a.").extension() == ".");
    std::string names;
    for (const auto name : posix_path("//a///b/c/")) names += std::string(name) + ",";
    BOOST_TEST(names == "a,b,c,");
}

BOOST_AUTO_TEST_CASE(windows_has_drives_and_servers) {
    static_assert(windows_path("C:\\a/b.txt").is_absolute() && windows_path("C:\\a/b.txt").root() == "C:\\");
    static_assert(!windows_path("C:a").is_absolute() && windows_path("C:a").root() == "C:" &&
                  windows_path("C:a").name() == "a");
    static_assert(!windows_path("\\a").is_absolute() && windows_path("\\a").root() == "\\");
    static_assert(windows_path("\\\\server\\share\\a").root() == "\\\\server\\share\\" &&
                  windows_path("\\\\server\\share\\a").is_absolute());
    static_assert(windows_path("C:\\a\\b").parent().text() == "C:\\a" &&
                  windows_path("C:\\a").parent().text() == "C:\\");
    static_assert(!posix_path("C:\\a").is_absolute() && posix_path("C:\\a").name() == "C:\\a");
    BOOST_TEST(normal(windows_path("C:/a/./b\\..//c")) == "C:\\a\\c");
    char joined[30];
    for (const auto& [below, expected] :
         {std::pair("b", "C:\\a\\b"), {"\\b", "C:\\b"}, {"D:\\b", "D:\\b"}, {"D:b", "D:b"}}) {
        BOOST_TEST(windows_path("C:\\a").join(below, joined).has_value());
        BOOST_TEST(std::string(joined) == expected);
    }
    BOOST_TEST(normal(windows_path("C:..\\x")) == "C:..\\x");
    for (const auto& [base, below, expected] : {std::tuple("C:\\a", "C:b", "C:\\a\\b"),
                                                {"c:\\a\\", "C:b\\c", "c:\\a\\b\\c"},
                                                {"C:\\a", "C:", "C:\\a"},
                                                {"C:", "b", "C:b"},
                                                {"C:", "C:b", "C:b"},
                                                {"C:a", "C:b", "C:a\\b"},
                                                {"\\a", "C:b", "C:b"},
                                                {"C:\\a", "c:\\b", "c:\\b"},
                                                {"\\\\s\\h", "b", "\\\\s\\h\\b"},
                                                {"\\??\\C:", "b", "\\??\\C:\\b"},
                                                {"\\", "??\\C:\\b", "\\.\\??\\C:\\b"}}) {
        BOOST_TEST(windows_path(base).join(below, joined).has_value());
        BOOST_TEST(std::string(joined) == expected);
    }
    BOOST_TEST(normal(windows_path("//server/share/../a")) == "\\\\server\\share\\a");
}

// As CVE-2022-41722 and CVE-2023-45283 of others: what is left of a relative path names a drive.
BOOST_AUTO_TEST_CASE(no_name_becomes_a_drive_on_windows) {
    for (const auto& [path, expected] : {std::pair("a\\..\\C:\\b", ".\\C:\\b"),
                                         {"a/../c:b", ".\\c:b"},
                                         {"./c:/b", ".\\c:\\b"},
                                         {"x:/../s:./s:", "x:\\s:.\\s:"},
                                         {"1:/../s:./s:", ".\\s:.\\s:"},
                                         {"\\a\\..\\??\\C:\\b", "\\.\\??\\C:\\b"},
                                         {"\\??\\C:\\a\\..\\..\\b", "\\??\\C:\\b"},
                                         {"..\\c:", "..\\c:"}}) {
        BOOST_TEST(normal(windows_path(path)) == expected);
        BOOST_TEST(normal(windows_path(expected)) == expected);
    }
    char text[7];
    BOOST_TEST(windows_path("\\a\\c:\\b").relative_to("\\a", text).has_value());
    BOOST_TEST(std::string(text) == ".\\c:\\b");
    BOOST_TEST((windows_path("\\a\\c:\\bc").relative_to("\\a", text).error().code == errc::name_too_long));
    BOOST_TEST((windows_path("a\\..\\c:\\bc").normalize(text).error().code == errc::name_too_long));
    static_assert(windows_path("\\??\\C:\\a").root() == "\\??\\C:\\" && windows_path("\\??\\C:\\a").is_absolute());
    BOOST_TEST(normal(posix_path("a/../c:/b")) == "c:/b");
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
    char text[4];
    BOOST_TEST(*posix_path("abc").normalize(text) == 3u);
    BOOST_TEST((posix_path("abcd").normalize(text).error().code == errc::name_too_long));
    BOOST_TEST((posix_path("abcd/..").normalize(text).error().code == errc::name_too_long));
    BOOST_TEST((posix_path("abc").normalize({}).error().code == errc::name_too_long));
    BOOST_TEST((posix_path("ab").join("c", text).error().code == errc::name_too_long));
    BOOST_TEST((posix_path("/a").relative_to("b", text).error().code == errc::invalid_argument));
    for (const auto& [path, base, expected] : {std::tuple(".", "a", ".."), {"../a", "..", "a"}, {"..", "../b", ".."}}) {
        BOOST_TEST(posix_path(path).relative_to(base, text).has_value());
        BOOST_TEST(std::string(text) == expected);
    }
    BOOST_TEST((posix_path("a").relative_to("../b", text).error().code == errc::invalid_argument));
}

#if !defined(_WIN32) && !defined(__wasi__)
BOOST_AUTO_TEST_CASE(agrees_with_the_standard_library) {
    vitte::xoshiro256 random(7);
    const char* const pieces[] = {"a", "bc", ".", "..", "/", "//", ".x", "y.z", "...", "a.b.c"};
    for (int i = 0; i < 20'000; ++i) {
        std::string text, base;
        for (auto n = random.below(7); n-- != 0;)
            text += std::string(pieces[random.below(10)]) + (random.below(2) == 0 ? "/" : "");
        for (auto n = random.below(5); n-- != 0;)
            base += std::string(pieces[random.below(10)]) + (random.below(2) == 0 ? "/" : "");
        while (text.starts_with("//")) text.erase(0, 1);  // which an implementation may give a meaning of its own
        while (base.starts_with("//")) base.erase(0, 1);
        const std::filesystem::path standard(text), other(base);
        const posix_path path(text);
        BOOST_REQUIRE(path.is_absolute() == standard.is_absolute());
        BOOST_REQUIRE(path.name() == standard.filename().string());
        BOOST_REQUIRE_MESSAGE(path.extension() == standard.extension().string(), text);
        BOOST_REQUIRE(path.stem() == standard.stem().string());
        BOOST_REQUIRE_MESSAGE(path.parent().text() == standard.parent_path().string(), text);
        char joined[200];
        BOOST_REQUIRE(posix_path(base).join(text, joined).has_value());
        if (!text.empty()) BOOST_REQUIRE_MESSAGE(joined == (other / standard).string(), base + " " + text);
        std::string expected = standard.lexically_normal().string();
        if (expected.size() > 1 && expected.ends_with('/')) expected.pop_back();
        if (!text.empty())
            BOOST_REQUIRE_MESSAGE(normal(path) == expected, text + ": " + normal(path) + ", " + expected);

        const std::string here = normal(path), there = normal(posix_path(base));
        char way[200];
        const auto led = posix_path(here).relative_to(there, way);
        const auto relative = std::filesystem::path(here).lexically_relative(there == "." ? "" : there).string();
        if (led && here != "." && there != ".")
            BOOST_REQUIRE_MESSAGE(way == relative, here + " from " + there + ": " + way);
    }
}
#endif

BOOST_AUTO_TEST_SUITE_END()
