// Folders and trees, with awkward names, links in loops, depths beyond PATH_MAX, and somebody who interferes.
#include <vitte/core/xoshiro.hpp>
#include <vitte/sys/fs/directory.hpp>
#include <vitte/sys/fs/replace.hpp>
#include <vitte/sys/process/current.hpp>

#include "../support/faults.hpp"
#include "../support/scratch.hpp"
#include "../support/text_files.hpp"

namespace {
using namespace vitte::sys;
using vitte::errc;

/// The native platform, where somebody removes the tree at the `call`th opening of a folder: before or after it.
struct outrun : native {
    struct directories : native::directories {
        static inline int call = 0;
        static inline bool before = false;
        static vitte::result<handle> open(handle in, const char* path, bool follow) noexcept {
            const bool now = --call == 0;
            if (now && before) static_cast<void>(remove_all(SCRATCH "/tree"));
            auto opened = native::directories::open(in, path, follow);
            if (now && !before) static_cast<void>(remove_all(SCRATCH "/tree"));
            return opened;
        }
    };
};

bool has_own_name(const char* path) {
    return vitte::sys::detail::ends_with_own_name(path_view(std::string_view(path, vitte::sys::detail::length_of_names(path))));
}
static_assert(vitte::sys::detail::ends_with_own_name(posix_path("d/...")));
static_assert(vitte::sys::detail::ends_with_own_name(windows_path("d\\. a")));
static_assert(vitte::sys::detail::ends_with_own_name(windows_path("C:a")));
static_assert(!vitte::sys::detail::ends_with_own_name(windows_path("d\\...")));
static_assert(!vitte::sys::detail::ends_with_own_name(windows_path("d/.. ")));
static_assert(!vitte::sys::detail::ends_with_own_name(windows_path("d\\ ")));
static_assert(!vitte::sys::detail::ends_with_own_name(windows_path("C:..")));
static_assert(!vitte::sys::detail::ends_with_own_name(windows_path("C:")));
static_assert(!vitte::sys::detail::ends_with_own_name(windows_path("\\\\server\\share")));
}  // namespace

BOOST_AUTO_TEST_SUITE(directory_)

BOOST_AUTO_TEST_CASE(names_are_met_made_moved_and_removed) {
    const scratch folder;
    const auto d = directory::open(folder.path);
    BOOST_REQUIRE(d.has_value());
    put(*d, "a");
    put(*d, "b", "second");
    BOOST_TEST(d->create_directory("c").has_value());
    BOOST_TEST((d->create_directory("c").error().code == errc::already_exists));
    BOOST_TEST((names_in(*d) == std::set<std::string>{"a", "b", "c"}));
    BOOST_TEST((names_in(*d) == std::set<std::string>{"a", "b", "c"}));
    BOOST_TEST((d->info("c")->kind == file_kind::directory));
    BOOST_TEST(d->info("b")->size == 6u);
    BOOST_TEST((d->remove("no").error().code == errc::not_found));
    BOOST_TEST((d->remove_directory("a").error().code == errc::not_a_directory));
    BOOST_TEST(!d->remove("c").has_value());

    BOOST_TEST((d->rename("a", "b", rename_mode::keep).error().code == errc::already_exists));
    BOOST_TEST(d->rename("a", "d", rename_mode::keep).has_value());
    BOOST_TEST(d->rename("d", "b").has_value());
    BOOST_TEST(d->info("b")->size == 1u);
    const auto c = d->open_directory("c");
    BOOST_TEST(d->rename("b", *c, "moved").has_value());
    BOOST_TEST((d->remove_directory("c").error().code == errc::not_empty));
    BOOST_TEST((names_in(*c) == std::set<std::string>{"moved"}));
    BOOST_TEST(d->sync().has_value());
}

BOOST_AUTO_TEST_CASE(names_change_places) {
    const scratch folder;
    const auto d = directory::open(folder.path);
    put(*d, "one", "1");
    put(*d, "two", "22");
    const auto exchanged = d->rename("one", "two", rename_mode::exchange);
    BOOST_TEST((exchanged || exchanged.error().code == errc::not_supported));
    BOOST_TEST(d->info("one")->size == (exchanged ? 2u : 1u));
}

BOOST_AUTO_TEST_CASE(links_are_followed_only_on_demand, *needs(unfollowed_links)) {
    const scratch folder;
    const auto d = directory::open(folder.path);
    put(*d, "file", "text");
    BOOST_TEST(d->create_directory("real").has_value());
    BOOST_TEST(d->symbolic_link("real", "alias").has_value());
    BOOST_TEST(d->symbolic_link("loop", "loop").has_value());
    BOOST_TEST((d->info("alias")->kind == file_kind::symbolic_link));
    BOOST_TEST((d->info("alias", links::followed)->kind == file_kind::directory));
    BOOST_TEST((d->open_directory("alias").error().code == errc::not_a_directory));
    BOOST_TEST(d->open_directory("alias", links::followed).has_value());
    BOOST_TEST((d->open_file("loop").error().code == errc::too_many_links));
    char text[10];
    BOOST_TEST(*d->read_link("alias", text) == 4u);
    BOOST_TEST(std::string(text, 4) == "real");
    BOOST_TEST((d->read_link("alias", std::span(text, 4)).error().code == errc::name_too_long));
    if (d->link("file", *d, "other name")) BOOST_TEST(d->info("file")->inode == d->info("other name")->inode);
    BOOST_TEST((d->open_file("alias", {open_mode::read, open_no_follow}).error().code == errc::too_many_links));
}

BOOST_AUTO_TEST_CASE(names_may_be_anything) {
    const scratch folder;
    const auto d = directory::open(folder.path);
    const std::set<std::string> names{"new\nline",           " ",   "-rf",          "\xff\xfe",
                                      std::string(255, 'n'), "...", "quote\"'`$(x)"};
    std::set<std::string> made;
    for (const auto& name : names)
        if (d->open_file(name.c_str(), open_mode::create_new)) made.insert(name);
    BOOST_TEST(made.size() >= 3u);  // some file systems know Unicode only, and Windows more
    BOOST_TEST((names_in(*d) == made));
    BOOST_TEST(
        (d->open_file(std::string(256, 'n').c_str(), open_mode::create_new).error().code == errc::name_too_long));
}

BOOST_AUTO_TEST_CASE(many_entries_are_all_met) {
    const scratch folder;
    const auto d = directory::open(folder.path);
    for (int i = 0; i < 3000; ++i) put(*d, ("a name that takes some room " + std::to_string(i)).c_str());
    BOOST_TEST(names_in(*d).size() == 3000u);
    std::size_t seen = 0;
    BOOST_TEST(d->for_each([&](const directory_entry&) { return ++seen < 10; }).has_value());
    BOOST_TEST(seen == 10u);
}

BOOST_AUTO_TEST_CASE(a_folder_is_listed_by_many_at_a_time) {
    const scratch folder;
    const auto d = directory::open(folder.path);
    const std::string long_name(100, 'n');  // so that the OS tells of some at a time
    for (int i = 0; i < 300; ++i) put(*d, (std::to_string(i) + long_name).c_str());
    std::size_t outer = 0, inner = 0;
    BOOST_TEST(d->for_each([&](const directory_entry&) {
                    return ++outer != 5 || d->for_each([&](const directory_entry&) { return ++inner, true; }).has_value();
                }).has_value());
    BOOST_TEST((outer == 300 && inner == 300));
}

BOOST_AUTO_TEST_CASE(ways_are_made) {
    const scratch folder;
    BOOST_TEST(create_directories(SCRATCH "/a/b/c").has_value());
    BOOST_TEST(create_directories(SCRATCH "/a/b/c").has_value());
    BOOST_TEST(create_directories(SCRATCH "/a//b/d/").has_value());
    put(*directory::open(folder.path), "file");
    const auto refused = create_directories(SCRATCH "/file/x");
    BOOST_TEST(
        (refused.error().code == errc::not_a_directory || refused.error().code == errc::not_found));  // on Windows
    BOOST_TEST((create_directories(SCRATCH "/file").error().code == errc::not_a_directory));
}

BOOST_AUTO_TEST_CASE(trees_deeper_than_any_path_are_removed) {
    const scratch folder;
    auto at = directory::open(folder.path);
    const std::string name(100, 'd');
#if defined(__wasi__) || defined(_WIN32)
    constexpr int depth = 30;  // hosts of WASI, and wine, make whole paths of ours
#else
    constexpr int depth = 300;  // 30,000 characters
#endif
    for (int i = 0; i < depth; ++i) {
        put(*at, "file");
        BOOST_REQUIRE(at->create_directory(name.c_str()).has_value());
        BOOST_REQUIRE(at->create_directory("empty").has_value());
        at = at->open_directory(name.c_str());
        BOOST_REQUIRE(at.has_value());
    }
    at = directory::open(".");
    BOOST_TEST(remove_all(folder.path).has_value());
    BOOST_TEST((at->info(folder.path).error().code == errc::not_found));
    BOOST_TEST(remove_all(folder.path).has_value());
}

BOOST_AUTO_TEST_CASE(removing_a_tree_leaves_what_links_point_to, *needs(unfollowed_links)) {
    const scratch folder;
    const auto d = directory::open(folder.path);
    BOOST_TEST((d->create_directory("outside") && d->create_directory("tree") && d->create_directory("tree/below")));
    put(*d, "outside/precious");
    BOOST_TEST((d->symbolic_link("../outside", "tree/link") && d->symbolic_link("../../outside", "tree/below/link")));
    BOOST_TEST(remove_all(SCRATCH "/tree").has_value());
    BOOST_TEST((names_in(*d) == std::set<std::string>{"outside"}));
    BOOST_TEST(d->info("outside/precious").has_value());
    BOOST_TEST(d->symbolic_link("outside", "link").has_value());
    BOOST_TEST(remove_all(SCRATCH "/link").has_value());
    for (const char* path : {SCRATCH "/link/", SCRATCH "/link//"}) {
        BOOST_TEST(d->symbolic_link("outside", "link").has_value());
        BOOST_TEST(remove_all(path).has_value());
        BOOST_TEST((d->info("link").error().code == errc::not_found));
    }
    BOOST_TEST(d->info("outside/precious").has_value());
}

BOOST_AUTO_TEST_CASE(names_may_be_short_where_paths_are_long) {
    const scratch folder;
    char here[4096];
    const auto length = this_process::directory(here);
    constexpr std::size_t wanted = 240;
    if (!length || *length + sizeof SCRATCH + 2 > wanted) return;
    const std::string deep = SCRATCH "/" + std::string(wanted - *length - sizeof SCRATCH - 1, 'd'), name(60, 'n');
    const auto start = directory::open(".");
    BOOST_REQUIRE(start->create_directory(deep.c_str()).has_value());
    if (!this_process::set_directory(*directory::open(deep.c_str()))) return;
    const auto made = file::open(name.c_str(), open_mode::create_new);
    const auto facts = vitte::sys::stat(name.c_str());
    const auto missing = vitte::sys::stat(std::string(59, 'n').c_str());
    const auto found = native::files::info(("../" + deep.substr(sizeof SCRATCH) + "/" + name).c_str());
    const auto removed = native::files::remove(name.c_str());
    BOOST_TEST(this_process::set_directory(*start).has_value());
    BOOST_TEST((made && facts && found && removed));
    BOOST_TEST((missing.error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(nothing_is_what_is_to_be_left) {
    const scratch folder;
    const auto d = directory::open(folder.path);
    put(*d, "file");
    for (const char* path : {SCRATCH "/file/x", SCRATCH "/file/x/", SCRATCH "/no", SCRATCH "/no/x"})
        BOOST_TEST(remove_all(path).has_value());
    BOOST_TEST((names_in(*d) == std::set<std::string>{"file"}));
}

BOOST_AUTO_TEST_CASE(a_tree_is_not_removed_by_a_path_that_ends_with_dots) {
    const scratch folder;
    const auto d = directory::open(folder.path);
    BOOST_TEST((d->create_directory("d") && d->create_directory("d/below")));
    put(*d, "d/file");
    for (const char* path :
         {SCRATCH "/d/.", SCRATCH "/d/./", SCRATCH "/d/./.", SCRATCH "/d/below/..//", SCRATCH "/d/.."}) {
        const auto removed = remove_all(path);
        BOOST_TEST((!removed && removed.error().code == errc::invalid_argument), path);
    }
    for (const char* path : {SCRATCH "/no/.", SCRATCH "/no/.."})
        BOOST_TEST((remove_all(path).error().code == errc::invalid_argument));
    BOOST_TEST((names_in(*d) == std::set<std::string>{"d"}));
    BOOST_TEST((names_in(*d->open_directory("d")) == std::set<std::string>{"below", "file"}));
#if !defined(_WIN32)  // which takes points away at the end of names
    for (const char* name : {"...", ".d", "d.", "..d"}) {
        BOOST_TEST(d->create_directory(name).has_value());
        BOOST_TEST(remove_all((SCRATCH "/" + std::string(name)).c_str()).has_value());
    }
    BOOST_TEST((names_in(*d) == std::set<std::string>{"d"}));
#endif
    // Not tried with this program's own folders.
    for (const char* path : {"/", "//", ".", "..", "./", "a/.."}) BOOST_TEST(!has_own_name(path), path);
    for (const char* path : {"", "a", "a/", "/a"}) BOOST_TEST(has_own_name(path), path);
}

BOOST_AUTO_TEST_CASE(somebody_else_removes_it_first) {
    const scratch folder;
    const auto d = directory::open(folder.path);
    for (const bool before : {true, false})
        for (int call = 1; call <= 8; ++call) {
            BOOST_REQUIRE((create_directories(SCRATCH "/tree/a/b") && create_directories(SCRATCH "/tree/c")));
            put(*d, "tree/a/b/file");
            outrun::directories::call = call;
            outrun::directories::before = before;
            const auto removed = remove_all<outrun>(SCRATCH "/tree");
            BOOST_TEST(removed.has_value(), before << " " << call << " " << (removed ? "" : message(removed.error().code)));
            BOOST_TEST((d->info("tree").error().code == errc::not_found));
        }
    for (const bool before : {true, false}) {
        put(*d, "tree");
        outrun::directories::call = 1;
        outrun::directories::before = before;
        BOOST_TEST(remove_all<outrun>(SCRATCH "/tree").has_value());
    }
}

BOOST_AUTO_TEST_CASE(folders_that_become_links_lead_nowhere, *needs(threads) * needs(unfollowed_links)) {
    const scratch folder;
    const auto d = directory::open(folder.path);
    BOOST_REQUIRE((d->create_directory("outside") && d->symbolic_link("../outside", "swap")));
    if (!d->rename("swap", "outside", rename_mode::exchange)) return;  // nothing changes places
    BOOST_REQUIRE(d->rename("swap", "outside", rename_mode::exchange).has_value());
    for (int i = 0; i < 50; ++i) put(*d, ("outside/precious" + std::to_string(i)).c_str());
    vitte::atomic<int> over{0};
    auto swapper = start_thread([&] {  // a folder and a link to another change places, over and over
        while (over.load_acquire() == 0) static_cast<void>(d->rename("swap", "tree/target", rename_mode::exchange));
    });
    for (int round = 0; round < 300; ++round) {
        static_cast<void>(create_directories(SCRATCH "/tree/target"));
        const auto target = d->open_directory("tree/target");
        if (target)
            for (int i = 0; i < 5; ++i)
                static_cast<void>(target->open_file(std::to_string(i).c_str(), open_mode::create_new));
        static_cast<void>(remove_all(SCRATCH "/tree"));
    }
    over.store_release(1);
    BOOST_TEST(swapper->join().has_value());
    BOOST_TEST(names_in(*d->open_directory("outside")).size() == 50u);
}

BOOST_AUTO_TEST_CASE(a_replaced_file_is_whole) {
    const scratch folder;
    const std::string path = std::string(folder.path) + "/file", content(300'000, 'n');
    BOOST_TEST(replace(path.c_str(), bytes("old")).has_value());
    BOOST_TEST(text_of(path) == "old");
    const std::uint32_t mode = vitte::sys::stat(path.c_str())->mode;
    BOOST_TEST(replace(path.c_str(), bytes(content)).has_value());
    BOOST_TEST((text_of(path) == content));
    BOOST_TEST(vitte::sys::stat(path.c_str())->mode == mode);
    BOOST_TEST((names_in(*directory::open(folder.path)) == std::set<std::string>{"file"}));
    BOOST_TEST((replace("no-such-folder/file", bytes("x")).error().code == errc::not_found));
    BOOST_TEST((replace(SCRATCH "/", bytes("x")).error().code == errc::is_a_directory));
    BOOST_TEST(create_directories(SCRATCH "/folder").has_value());
    BOOST_TEST(!replace(SCRATCH "/folder", bytes("x")).has_value());
    BOOST_TEST((names_in(*directory::open(folder.path)) == std::set<std::string>{"file", "folder"}));
}

#if !defined(__wasi__) && (defined(__unix__) || defined(__APPLE__))
BOOST_AUTO_TEST_CASE(a_file_survives_whoever_is_killed_while_replacing_it) {
    const scratch folder;
    const std::string path = std::string(folder.path) + "/file",
                      versions[] = {std::string(50'000, 'a'), std::string(70'000, 'b')};
    BOOST_REQUIRE(replace(path.c_str(), bytes(versions[0])).has_value());
    vitte::xoshiro256 random(5);
    for (int round = 0; round < 500; ++round) {
        const pid_t child = fork();
        if (child == 0)
            for (int i = round;; ++i) static_cast<void>(replace(path.c_str(), bytes(versions[i % 2])));
        this_thread::sleep_until(deadline::after(static_cast<std::int64_t>(random.below(400'000))));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        const std::string now = text_of(path);
        BOOST_REQUIRE((now == versions[0] || now == versions[1]));
    }
}
#endif

BOOST_AUTO_TEST_SUITE_END()
