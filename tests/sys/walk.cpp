// Walks, patterns and canonical paths, against std::filesystem and glob(3) where they are.
#include <algorithm>
#include <map>
#include <vector>

#include <vitte/sys/fs/canonical.hpp>
#include <vitte/sys/fs/glob.hpp>
#include <vitte/sys/fs/parallel_walk.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/fs/walk.hpp>
#include <vitte/sys/platform/faulty.hpp>

#include "../support/scratch.hpp"

#if defined(__linux__)
#include <filesystem>
#include <glob.h>
#include <unistd.h>
#endif

namespace {
using namespace vitte::sys;
using vitte::errc;
using entry = walk_entry<native>;

/// tree/{a/{x.c,y.h,deep/{z.c}},b/{.hidden/{h.c},x.c},empty,top.c}
void plant() {
    const auto d = directory::open(SCRATCH);
    for (const char* name : {"a", "a/deep", "b", "b/.hidden", "empty"})
        BOOST_REQUIRE(d->create_directory(name).has_value());
    for (const char* name : {"a/x.c", "a/y.h", "a/deep/z.c", "b/.hidden/h.c", "b/x.c", "top.c"}) put(*d, name);
}

std::vector<std::string> globbed(const char* pattern) {
    std::vector<std::string> paths;
    BOOST_TEST(glob(pattern, [&](const char* path) { paths.emplace_back(path); }).has_value());
    return paths;
}

/// What a walk tells of its visits, in order: the paths, those that failed a second time with "!".
class visits {
public:
    walk_next add(const char* path, bool failed) {
        const std::lock_guard hold(mutex_);
        paths_.push_back(path + std::string(failed ? "!" : ""));
        return walk_next::on;
    }
    std::vector<std::string> sorted() const {
        auto all = paths_;
        std::sort(all.begin(), all.end());
        return all;
    }

private:
    mutex mutex_;
    std::vector<std::string> paths_;
};

template <platform P = native>
std::vector<std::string> walked(const walk_options& options = {}) {
    visits all;
    BOOST_TEST(walk<P>(SCRATCH, [&](const walk_entry<P>& e) { return all.add(e.path, e.failed != nullptr); }, options)
                   .has_value());
    return all.sorted();
}
std::vector<std::string> walked_by(unsigned threads, const walk_options& options = {}) {
    visits all;
    const auto visit = [&](const entry& e) {
        const auto facts = e.where.info(e.name);
        const bool is_right = facts && (options.follow == links::followed || facts->kind == e.kind);
        return all.add((e.path + std::string(is_right ? "" : "?")).c_str(), e.failed != nullptr);
    };
    BOOST_TEST(parallel_walk(SCRATCH, visit, options, threads).has_value());
    return all.sorted();
}

/// Folders in folders, `width` in each.
void plant_folders(const directory& in, int depth, int width) {
    for (int i = 0; i < width; ++i) {
        const std::string name = "f" + std::to_string(i);
        BOOST_REQUIRE(in.create_directory(name.c_str()).has_value());
        put(in, (name + ".c").c_str());
        if (depth > 1) plant_folders(*in.open_directory(name.c_str()), depth - 1, width);
    }
}

const ability processes_own_folder{"a current folder", [] {
    char text[4096];
    return native::directories::current_path(text, sizeof text).has_value();
}};
#if defined(__linux__)
const ability bound{"a user whom rights bind", [] { return ::geteuid() != 0; }};
#endif
}  // namespace

BOOST_AUTO_TEST_SUITE(walk_)

BOOST_AUTO_TEST_CASE(everything_is_met_once_and_folders_before_what_is_in_them) {
    const scratch folder;
    plant();
    std::map<std::string, std::size_t> met;
    BOOST_TEST(walk(SCRATCH, [&](const entry& e) {
        BOOST_TEST((e.failed == nullptr));
        const std::string path = e.path;
        BOOST_TEST(path.substr(path.size() - std::string(e.name).size()) == e.name);
        BOOST_TEST(e.depth == static_cast<std::size_t>(std::count(path.begin(), path.end(), '/')));
        if (e.depth > 1) BOOST_TEST(met.contains(path.substr(0, path.rfind('/'))));
        BOOST_TEST((e.kind == (e.where.info(e.name)->kind)));
        BOOST_TEST(met.emplace(path, e.depth).second);
        return walk_next::on;
    }).has_value());
    BOOST_TEST(met.size() == 11u);
    BOOST_TEST((met.contains(SCRATCH "/b/.hidden/h.c") && met.contains(SCRATCH "/empty")));
}

BOOST_AUTO_TEST_CASE(walks_are_cut_short) {
    const scratch folder;
    plant();
    std::set<std::string> met;
    const auto collect = [&](const entry& e) {
        return met.insert(e.name), std::string(e.name) == "a" ? walk_next::skip : walk_next::on;
    };
    BOOST_TEST(walk(SCRATCH, collect).has_value());
    BOOST_TEST((met == std::set<std::string>{"a", "b", ".hidden", "h.c", "x.c", "empty", "top.c"}));
    met.clear();
#if defined(__wasi__)
    const char* const top = SCRATCH;  // hosts find nothing behind a slash at the end
#else
    const char* const top = SCRATCH "/";
#endif
    BOOST_TEST(walk(top, [&](const entry& e) { return met.insert(e.path), walk_next::on; }, {.depth = 1}).has_value());
    BOOST_TEST((met == std::set<std::string>{SCRATCH "/a", SCRATCH "/b", SCRATCH "/empty", SCRATCH "/top.c"}));
    int count = 0;
    BOOST_TEST(walk(SCRATCH, [&](const entry&) { return ++count == 3 ? walk_next::stop : walk_next::on; }).has_value());
    BOOST_TEST(count == 3);
    BOOST_TEST((walk("no-such-folder", collect).error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(links_are_followed_on_demand_and_never_in_circles, *needs(unfollowed_links)) {
    const scratch folder;
    plant();
    const auto d = directory::open(SCRATCH);
    BOOST_REQUIRE((d->symbolic_link("../a", "b/to-a") && d->symbolic_link("..", "a/back") &&
                   d->symbolic_link("nowhere", "dangling")));
    std::set<std::string> met, failed;
    const auto collect = [&](const entry& e) {
        (e.failed != nullptr ? failed : met).insert(e.path);
        if (e.failed != nullptr) BOOST_TEST((e.failed->code == errc::too_many_links));
        return walk_next::on;
    };
    BOOST_TEST(walk(SCRATCH, collect).has_value());
    BOOST_TEST((met.size() == 14u && failed.empty() && !met.contains(SCRATCH "/b/to-a/x.c")));
    met.clear();
    BOOST_TEST(walk(SCRATCH, collect, {.follow = links::followed}).has_value());
    BOOST_TEST((met.contains(SCRATCH "/b/to-a/deep/z.c") && met.contains(SCRATCH "/dangling")));
    BOOST_TEST((failed == std::set<std::string>{SCRATCH "/a/back", SCRATCH "/b/to-a/back"}));
}

BOOST_AUTO_TEST_CASE(folders_far_below_are_met) {
    const scratch folder;
    auto at = directory::open(SCRATCH);
    const std::string name(100, 'd');
#if defined(__wasi__) || defined(_WIN32)
    constexpr std::size_t depth = 30;  // hosts of WASI, and wine, make whole paths of ours
#else
    constexpr std::size_t depth = 300;
#endif
    for (std::size_t i = 0; i < depth; ++i) {
        BOOST_REQUIRE((at->create_directory(name.c_str()) && at->create_directory("side")));
        at = at->open_directory(name.c_str());
    }
    put(*at, "bottom");
    at = directory::open(".");
    std::size_t met = 0, deepest = 0;
    BOOST_TEST(walk(SCRATCH, [&](const entry& e) {
        ++met;
        if (std::string(e.name) == "bottom") deepest = std::string(e.path).size();
        return e.failed == nullptr ? walk_next::on : walk_next::stop;
    }).has_value());
    BOOST_TEST(met == 2 * depth + 1);
    BOOST_TEST(deepest == std::string(SCRATCH).size() + depth * 101 + 7);
}

BOOST_AUTO_TEST_CASE(several_threads_meet_what_one_meets) {
    const scratch folder;
    plant_folders(*directory::open(SCRATCH), 4, 4);
    const auto expected = walked();
    BOOST_TEST(expected.size() == 680u);
    for (const unsigned threads : {0u, 1u, 2u, 3u, 8u}) BOOST_TEST((walked_by(threads) == expected));
    BOOST_TEST((walked_by(3, {.depth = 2}) == walked({.depth = 2})));
    BOOST_TEST((parallel_walk("no-such-folder", [](const entry&) { return walk_next::on; }).error().code ==
                errc::not_found));
}

BOOST_AUTO_TEST_CASE(several_threads_are_cut_short) {
    const scratch folder;
    plant_folders(*directory::open(SCRATCH), 4, 4);
    for (int round = 0; round < 20; ++round) {
        vitte::atomic<std::uint32_t> count{0};
        const auto visit = [&](const entry&) {
            return count.fetch_add_relaxed(1) == 9 ? walk_next::stop : walk_next::on;
        };
        BOOST_TEST(parallel_walk(SCRATCH, visit, {}, 3).has_value());
        BOOST_TEST((count.load_relaxed() >= 10 && count.load_relaxed() <= 680));
    }
    visits all;
    const auto skip = [&](const entry& e) {
        static_cast<void>(all.add(e.path, false));
        return std::string(e.name) == "f0" ? walk_next::skip : walk_next::on;
    };
    BOOST_TEST(parallel_walk(SCRATCH, skip, {}, 3).has_value());
    const auto met = all.sorted();
    BOOST_TEST(met.size() == 8 + 3 * 8 + 9 * 8 + 27 * 8u);
}

BOOST_AUTO_TEST_CASE(several_threads_follow_links_and_never_in_circles, *needs(unfollowed_links)) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    plant_folders(*d, 3, 3);
    BOOST_REQUIRE((d->symbolic_link("..", "f0/back") && d->symbolic_link("../../f1", "f0/f1/other") &&
                   d->symbolic_link("../../f0", "f1/f2/first") && d->symbolic_link("nowhere", "f2/dangling")));
    const auto expected = walked({.follow = links::followed});
    for (int round = 0; round < 10; ++round) BOOST_TEST((walked_by(3, {.follow = links::followed}) == expected));
    BOOST_TEST((walked_by(3) == walked()));
}

#if defined(__linux__)
BOOST_AUTO_TEST_CASE(several_threads_survive_failures) {
    using frail = faulty<native>;
    const scratch folder;
    plant_folders(*directory::open(SCRATCH), 3, 3);
    const auto expected = walked();
    const auto failing = [&](const char* name, errc code, unsigned call) {
        visits all;
        const auto visit = [&](const walk_entry<frail>& e) { return all.add(e.path, e.failed != nullptr); };
        faults<native>::arm({.call = call, .code = code, .name = name});
        const auto done = parallel_walk<frail>(SCRATCH, visit, {}, 3);
        const bool fired = faults<native>::fired() != 0;
        faults<native>::arm();
        const auto met = all.sorted();
        BOOST_TEST((std::adjacent_find(met.begin(), met.end()) == met.end()));
        const bool told = std::any_of(met.begin(), met.end(), [](const auto& path) { return path.back() == '!'; });
        BOOST_TEST((!done || told || met == expected));
        return fired;
    };
    unsigned fired = 0;
    for (const auto& row : all_possible_errors())
        for (const errc code : row.possible())
            for (unsigned call = 1; failing(row.call, code, call) && call < 100; call += 1 + call / 4) ++fired;
    BOOST_TEST(fired > 20u);
}
#endif

BOOST_AUTO_TEST_CASE(patterns_find_files_in_order) {
    const scratch folder;
    plant();
    BOOST_TEST((globbed(SCRATCH "/*.c") == std::vector<std::string>{SCRATCH "/top.c"}));
    BOOST_TEST((globbed(SCRATCH "/*/x.c") == std::vector<std::string>{SCRATCH "/a/x.c", SCRATCH "/b/x.c"}));
    BOOST_TEST((globbed(SCRATCH "/**/*.c") ==
                std::vector<std::string>{SCRATCH "/a/deep/z.c", SCRATCH "/a/x.c", SCRATCH "/b/x.c", SCRATCH "/top.c"}));
    BOOST_TEST((globbed(SCRATCH "/b/.*/*") == std::vector<std::string>{SCRATCH "/b/.hidden/h.c"}));
    BOOST_TEST((globbed(SCRATCH "/a/y.h") == std::vector<std::string>{SCRATCH "/a/y.h"}));
    BOOST_TEST((globbed(SCRATCH "/nothing/*").empty() && globbed(SCRATCH "/[").empty()));
    BOOST_TEST((globbed("*.d/top.c") == std::vector<std::string>{SCRATCH "/top.c"}));
}

BOOST_AUTO_TEST_CASE(patterns_mean_what_they_mean_to_shells) {
    const scratch folder;
    plant();
    const auto below = [](const std::string& pattern) {
        std::string all;
        for (const std::string& path : globbed((SCRATCH "/" + pattern).c_str()))
            all += path.substr(sizeof SCRATCH - 1) + " ";
        return all;
    };
    BOOST_TEST(below("a//*.c") == "/a//x.c ");
    BOOST_TEST(below("[a]//*.c") == "/a/x.c ");
    BOOST_TEST(below("*/") == "/a/ /b/ /empty/ ");
    BOOST_TEST(below("a/") == "/a/ ");
    BOOST_TEST(below("top.c/") == "");
    BOOST_TEST(below("a/**") == "/a /a/deep /a/deep/z.c /a/x.c /a/y.h ");
    BOOST_TEST(below("[a]/**") == below("a/**"));
    BOOST_TEST(below("**/") == "/ /a/ /a/deep/ /b/ /empty/ ");
    BOOST_TEST(below("t*/**") == "");
    BOOST_TEST(below("a/*/../y.h") == "/a/deep/../y.h ");
    BOOST_TEST(below("*/./x.c") == "/a/./x.c /b/./x.c ");
    BOOST_TEST(below("a/*/..") == "/a/deep/.. ");
    BOOST_TEST(below("a/../top.c") == "/a/../top.c ");
    BOOST_TEST((globbed(".") == std::vector<std::string>{"."}));
    BOOST_TEST((globbed("**/./" SCRATCH "/t*") == std::vector<std::string>{"./" SCRATCH "/top.c"}));
    BOOST_TEST(globbed("").empty());
}

#if defined(__linux__)
BOOST_AUTO_TEST_CASE(agrees_with_the_standard_library_and_glob, *needs(own_kernel)) {
    std::set<std::string> mine, standard;
    BOOST_TEST(walk("/usr/include", [&](const entry& e) { return mine.insert(e.path), walk_next::on; }).has_value());
    for (const auto& e : std::filesystem::recursive_directory_iterator("/usr/include"))
        standard.insert(e.path().string());
    BOOST_TEST(mine.size() > 100u);
    BOOST_TEST((mine == standard));
    for (const char* pattern :
         {"/usr/include/*.h", "/usr/include/l*/*[hl].h", "/u?r/in*/sys/[!a-m]*", "/usr/include/stdio.h"}) {
        glob_t found{};
        BOOST_TEST((::glob(pattern, GLOB_NOSORT, nullptr, &found) == 0 || found.gl_pathc == 0));
        std::vector<std::string> expected(found.gl_pathv, found.gl_pathv + found.gl_pathc);
        std::sort(expected.begin(), expected.end());
        globfree(&found);
        BOOST_TEST((globbed(pattern) == expected));
    }
}
#endif

BOOST_AUTO_TEST_CASE(paths_have_one_canonical_form, *needs(processes_own_folder)) {
    const scratch folder;
    plant();
    char here[4096], text[4096];
    const auto base = canonical(".", here);
    BOOST_REQUIRE(base.has_value());
    const auto slashes = [](std::string path) { return std::replace(path.begin(), path.end(), '\\', '/'), path; };
    const auto form = [&](const char* path) { return canonical(path, text) ? slashes(text) : std::string("?"); };
    const std::string top = (std::string(here) == "/" ? "" : slashes(here)) + std::string("/" SCRATCH);
    BOOST_TEST(form(SCRATCH "/a//../b/./x.c") == top + "/b/x.c");
    if (own_kernel.present()) BOOST_TEST(form((top + "/a/deep/..").c_str()) == top + "/a");
    BOOST_TEST((form("/").ends_with('/') && form("/..") == form("/")));
    BOOST_TEST((canonical(SCRATCH "/no/such", text).error().code == errc::not_found));
    BOOST_TEST((canonical("", text).error().code == errc::not_found));
    for (const char* path : {SCRATCH, ".", "/.."})
        for (const std::size_t room : {0, 1}) {
            const auto told = canonical(path, std::span(text, room));
            BOOST_TEST((told.error().code == errc::name_too_long), path << " " << room);
        }
    BOOST_TEST((canonical(".", {}).error().code == errc::name_too_long));
    const auto d = directory::open(SCRATCH);
    if (!d->symbolic_link("a/deep", "link")) return;
    BOOST_TEST(d->symbolic_link("loop", "loop").has_value());
#if defined(_WIN32)  // where ".." takes the name before it away, also that of a link
    BOOST_TEST(form(SCRATCH "/link/..") == top);
#else
    BOOST_TEST(form(SCRATCH "/link/..") == top + "/a");
    if (d->symbolic_link("../link/../x.c", "b/way")) BOOST_TEST(form(SCRATCH "/b/way") == top + "/a/x.c");
#endif
    BOOST_TEST((canonical(SCRATCH "/loop", text).error().code == errc::too_many_links));
}

#if defined(__linux__)
#if !defined(VITTE_PLATFORM_POSIX)
BOOST_AUTO_TEST_CASE(folders_on_the_way_need_not_be_read, *needs(own_kernel) * needs(bound)) {
    const scratch folder;
    plant();
    const auto d = directory::open(SCRATCH);
    char direct[4096], text[4096];
    BOOST_REQUIRE(canonical(SCRATCH "/a/deep", direct).has_value());
    BOOST_REQUIRE(d->set_mode("a", 0111).has_value());
    const auto told = canonical(SCRATCH "/a/deep/../deep", text);
    BOOST_TEST(d->set_mode("a", 0755).has_value());
    BOOST_REQUIRE(told.has_value());
    BOOST_TEST(std::string(text) == direct);
}
#endif

BOOST_AUTO_TEST_CASE(agrees_with_realpath_on_the_system, *needs(own_kernel)) {
    char text[4096];
    for (const char* path :
         {"/proc/self", "/usr/lib/../lib", "/bin/sh", "/lib/x86_64-linux-gnu", "/dev/stdin/..", "/etc/os-release"}) {
        char* const expected = realpath(path, nullptr);
        const auto mine = canonical(path, text);
        BOOST_TEST(mine.has_value() == (expected != nullptr));
        if (expected != nullptr) BOOST_TEST(std::string(text) == expected);
        std::free(expected);
    }
}
#endif

BOOST_AUTO_TEST_SUITE_END()
