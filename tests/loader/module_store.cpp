// The store of modules: what comes out is what went in or nothing, whatever is done to its files; names cannot leave
// it; the least used goes first; and nothing of others is touched.
#include <algorithm>
#include <atomic>
#include <map>
#include <vector>
#include <vitte/loader/module_store.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/fs/walk.hpp>
#include <vitte/sys/thread.hpp>

#include "../support/outcome.hpp"
#include "../support/scratch.hpp"

#if __has_include(<sys/wait.h>) && (defined(__unix__) || defined(__APPLE__))
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#define VITTE_HAS_FORK
#endif

namespace {
using namespace vitte::loader;
using namespace vitte::sys;
using vitte::errc;
namespace loader_detail = vitte::loader::detail;

constexpr const char* place = SCRATCH "/store";
constexpr std::int64_t second = 1'000'000'000;

module_store opened(const store_limits& limits = {}) {
    auto made = module_store::open(place, limits);
    BOOST_REQUIRE(made.has_value());
    return std::move(*made);
}
std::string text_of(const vitte::result<byte_buffer>& got) {
    if (!got) return why(got);
    return {reinterpret_cast<const char*>(got->bytes().data()), got->size()};
}
content_hash hash_of(const std::string& text) { return vitte::blake3().update(bytes(text)).finish(); }
std::string path_of(const content_hash& hash) {
    const auto at = loader_detail::hash_place::of(hash);
    return std::string(place) + "/content/" + at.folder.c_str() + "/" + at.name.c_str();
}
std::string path_of(const std::string& name, const std::string& version) {
    return std::string(place) + "/names/" + loader_detail::folder_of_name(name).c_str() + "/" +
           loader_detail::file_of_version(version).c_str();
}
bool is_there(const std::string& path) { return directory::current().info(path.c_str()).has_value(); }
bool was_damaged(const std::string& path, const std::string& content) {
    return directory::current().remove(path.c_str()) && write(path.c_str(), bytes(content));
}
void date(const std::string& path, std::int64_t time) {
    BOOST_TEST_REQUIRE(directory::current().set_times(path.c_str(), time, time).has_value());
}
std::map<std::string, std::string> versions_of(const module_store& of, const std::string& name) {
    std::map<std::string, std::string> found;
    BOOST_TEST(of.versions(name, [&](const vitte::semver::version& v, const content_hash& hash) {
                     std::string text;
                     v.append_to(text);
                     found[text] = text_of(of.read(hash));
                 }).has_value());
    return found;
}
std::set<std::string> names_of(const module_store& of) {
    std::set<std::string> found;
    BOOST_TEST(of.names([&](std::string_view name) { found.emplace(name); }).has_value());
    return found;
}
using texts = std::map<std::string, std::string>;
}  // namespace

BOOST_AUTO_TEST_SUITE(module_store_)

BOOST_AUTO_TEST_CASE(content_is_found_by_its_hash, *needs(entropy)) {
    const scratch folder;
    const auto store = opened();
    BOOST_TEST(why(store.read(hash_of("abc"))) == "not found");
    const auto added = store.add(bytes("abc"));
    BOOST_TEST_REQUIRE(added.has_value());
    // The hash that b3sum tells.
    BOOST_TEST(loader_detail::text_of(*added).view() ==
               "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
    BOOST_TEST(read_text(SCRATCH "/store/content/64/37b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85")
                   .value_or("") == "abc");
    BOOST_TEST(text_of(store.read(*added)) == "abc");
    BOOST_TEST(text_of(store.read(*store.add(bytes("")))) == "");
    BOOST_TEST(text_of(opened().read(*added)) == "abc");
    const std::string large(300'000, 'l');
    BOOST_TEST((text_of(store.read(*store.add(bytes(large)))) == large));
}

BOOST_AUTO_TEST_CASE(what_was_read_does_not_change, *needs(entropy)) {
    const scratch folder;
    const auto store = opened();
    const auto hash = *store.add(bytes("good"));
    const auto got = store.read(hash);
    BOOST_TEST((was_damaged(path_of(hash), "evil")));
    BOOST_TEST(text_of(got) == "good");
}

BOOST_AUTO_TEST_CASE(versions_of_names, *needs(entropy)) {
    const scratch folder;
    const auto store = opened();
    BOOST_TEST(names_of(store).empty());
    BOOST_TEST(versions_of(store, "acme/image").empty());
    BOOST_TEST(store.add("acme/image", "1.2.3", bytes("old")).has_value());
    BOOST_TEST(store.add("acme/image", "2.0.0-RC.1+linux", bytes("new")).has_value());
    BOOST_TEST(store.add("acme/image", "2.0.0-rc.1", bytes("newer")).has_value());
    BOOST_TEST(store.add("other", "0.1.0", bytes("old")).has_value());
    BOOST_TEST((names_of(store) == std::set<std::string>{"acme/image", "other"}));
    BOOST_TEST(
        (versions_of(store, "acme/image") == texts{{"1.2.3", "old"}, {"2.0.0-RC.1", "new"}, {"2.0.0-rc.1", "newer"}}));
    BOOST_TEST(text_of(store.read("acme/image", "1.2.3")) == "old");
    BOOST_TEST(text_of(store.read("acme/image", "2.0.0-RC.1+windows")) == "new");
    BOOST_TEST((store.find("acme/image", "1.2.3") == hash_of("old")));
    BOOST_TEST((store.find("acme/image", "1.2.4").error().code == errc::not_found));
    BOOST_TEST((store.find("acme", "1.2.3").error().code == errc::not_found));
    BOOST_TEST(store.add("acme/image", "1.2.3", bytes("other")).has_value());
    BOOST_TEST(text_of(store.read("acme/image", "1.2.3")) == "other");
    BOOST_TEST(text_of(store.read("other", "0.1.0")) == "old");
    BOOST_TEST(store.remove("acme/image", "1.2.3").has_value());
    BOOST_TEST((store.remove("acme/image", "1.2.3").error().code == errc::not_found));
    BOOST_TEST((store.find("acme/image", "1.2.3").error().code == errc::not_found));
    BOOST_TEST(versions_of(store, "acme/image").size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_name_goes_while_its_versions_are_told, *needs(entropy)) {
    const scratch folder;
    const auto store = opened();
    BOOST_TEST(store.add("a", "1.0.0", bytes("x")).has_value());
    int told = 0;
    const auto listed = store.versions("a", [&](const vitte::semver::version&, const content_hash&) {
        ++told;
        BOOST_TEST((store.remove("a", "1.0.0") && store.collect()));
    });
    BOOST_TEST((listed && told == 1));
}

BOOST_AUTO_TEST_CASE(no_name_leaves_the_store, *needs(entropy)) {
    const scratch folder;
    const auto store = opened();
    const std::string long_name(129, 'n');
    for (const std::string& name :
         {std::string(""), std::string("."), std::string(".."), std::string("../x"), std::string("a/../b"),
          std::string("/a"), std::string("a/"), std::string("a//b"), std::string("a\\b"), std::string("c:x"),
          std::string("a::$data"), std::string("A"), std::string("a b"), std::string("a\0b", 3), std::string("a~1"),
          std::string("\xc3\xa4"), std::string("@a@"), std::string("a+b"), long_name}) {
        BOOST_TEST((store.add(name, "1.0.0", bytes("x")).error().code == errc::invalid_argument), name);
        BOOST_TEST((store.find(name, "1.0.0").error().code == errc::invalid_argument), name);
        BOOST_TEST((store.remove(name, "1.0.0").error().code == errc::invalid_argument), name);
    }
    const std::string long_version = "1.0.0-" + std::string(94, 'A'), too_long = long_version + "A";
    for (const char* version :
         {"", "1", "1.2", "v1.2.3", "1.2.3-", "1.2.3/..", "1.2.3-..", "../1.2.3", "01.2.3", "1.2.3 "})
        BOOST_TEST((store.add("a", version, bytes("x")).error().code == errc::malformed), version);
    BOOST_TEST((store.add("a", too_long, bytes("x")).error().code == errc::name_too_long));
    BOOST_TEST(!is_there(SCRATCH "/store/names"));

    // Devices of Windows and the like are names as others.
    const std::string longest(128, 'n');
    const std::vector<std::string> names{"con",   "nul.x", "aux/com1", "lpt1", "a.",   "...",   "a./b.",
                                         "conin", "-",     "_",        ".git", "prn.", "a/b/c", longest};
    for (const std::string& name : names)
        for (const std::string& version : {std::string("1.0.0-nul"), long_version})
            BOOST_TEST(store.add(name, version, bytes(name + version)).has_value(), name);
    for (const std::string& name : names)
        BOOST_TEST(
            (versions_of(store, name) == texts{{"1.0.0-nul", name + "1.0.0-nul"}, {long_version, name + long_version}}),
            name);
    BOOST_TEST((names_of(store) == std::set<std::string>(names.begin(), names.end())));
    BOOST_TEST((names_in(*directory::open(SCRATCH)) == std::set<std::string>{"store"}));
    BOOST_TEST((names_in(*directory::open(place)) == std::set<std::string>{"content", "names"}));
    // No two of them are one where capital letters are small ones.
    std::set<std::string> files;
    for (const char* version : {"1.0.0-RC", "1.0.0-rc", "1.0.0-Rc", "1.0.0-rC"}) {
        const auto file = loader_detail::file_of_version(version);
        BOOST_TEST(loader_detail::version_of_file(file.view()).view() == version);
        BOOST_TEST((file.view().find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos));
        BOOST_TEST(files.emplace(file.view()).second);
    }
}

BOOST_AUTO_TEST_CASE(damaged_content_is_never_seen, *needs(entropy)) {
    const scratch folder;
    const auto store = opened();
    const std::string good(5000, 'g');
    const auto hash = *store.add("a", "1.0.0", bytes(good));
    const std::string path = path_of(hash);
    std::string flipped = good;
    flipped[4321] = 'h';
    for (const std::string& bad : {flipped, good.substr(1), good + "g", std::string(), std::string(5000, '\0')}) {
        BOOST_TEST(was_damaged(path, bad));
        BOOST_TEST((store.read(hash).error().code == errc::not_found));
        BOOST_TEST(!is_there(path));
        BOOST_TEST((store.read("a", "1.0.0").error().code == errc::not_found));
        BOOST_TEST(versions_of(store, "a").empty());

        BOOST_TEST(was_damaged(path, bad) == false);  // it is gone
        BOOST_TEST(write(path.c_str(), bytes(bad)).has_value());
        BOOST_TEST(store.add(bytes(good)).has_value());  // which looks at what is there
        BOOST_TEST((text_of(store.read("a", "1.0.0")) == good));
    }
    BOOST_TEST(was_damaged(path, flipped));
    const auto report = store.verify();
    BOOST_TEST_REQUIRE(report.has_value());
    BOOST_TEST((report->damaged == 1u && report->dangling == 1u && report->entries == 0u));
    BOOST_TEST((!is_there(path) && !is_there(path_of("a", "1.0.0"))));
}

BOOST_AUTO_TEST_CASE(other_things_in_the_place_of_content, *needs(entropy)) {
    const scratch folder;
    const auto store = opened();
    const auto here = directory::current();
    const auto hash = *store.add("a", "1.0.0", bytes("good"));
    const std::string path = path_of(hash), record = path_of("a", "1.0.0");
    const auto survives = [&] {
        BOOST_TEST((store.read(hash).error().code == errc::not_found));
        BOOST_TEST(store.add("a", "1.0.0", bytes("good")).has_value());
        BOOST_TEST(text_of(store.read("a", "1.0.0")) == "good");
    };
    for (const std::string& at : {path, record}) {
        BOOST_TEST((here.remove(at.c_str()) && create_directories((at + "/full").c_str())));
        BOOST_TEST(why(store.read("a", "1.0.0")) == "not found");
        BOOST_TEST(store.add("a", "1.0.0", bytes("good")).has_value());
        BOOST_TEST(text_of(store.read("a", "1.0.0")) == "good");
    }
    // A link to a file with the right bytes is a link all the same.
    BOOST_TEST(write(SCRATCH "/outside", bytes("good")).has_value());
    BOOST_TEST(here.remove(path.c_str()).has_value());
    if (here.symbolic_link("../../../outside", path.c_str())) survives();
    // A second name of somebody's file: the name goes, the file stays.
    BOOST_TEST(write(SCRATCH "/outside", bytes("secret")).has_value());
    BOOST_TEST(here.remove(path.c_str()).has_value());
    if (here.link(SCRATCH "/outside", here, path.c_str())) survives();
    BOOST_TEST(read_text(SCRATCH "/outside").value_or("") == "secret");
#if defined(VITTE_HAS_FORK)
    for (const std::string& at : {path, record}) {
        if (is_there(at)) BOOST_TEST(here.remove(at.c_str()).has_value());
        if (::mkfifo(at.c_str(), 0666) != 0) continue;
        BOOST_TEST((store.read("a", "1.0.0").error().code == errc::not_found));  // and nobody waits for a writer
        BOOST_TEST(store.add("a", "1.0.0", bytes("good")).has_value());
        BOOST_TEST(text_of(store.read("a", "1.0.0")) == "good");
    }
#endif
}

BOOST_AUTO_TEST_CASE(no_link_leads_out, *needs(unfollowed_links)) {
    const scratch folder;
    const auto here = directory::current();
    BOOST_TEST(create_directories(SCRATCH "/outside").has_value());
    const auto hash = hash_of("good");
    const auto at = loader_detail::hash_place::of(hash);
    // What would be damaged content, an unfinished file and a name in a store.
    const std::string kept[] = {std::string(SCRATCH "/outside/") + at.name.c_str(),
                                SCRATCH "/outside/.0123456789abcdef01234567", SCRATCH "/outside/1.0.0"};
    for (const std::string& path : kept) {
        BOOST_TEST(write(path.c_str(), bytes("mine")).has_value());
        date(path, second);
    }
    const std::string of_content = std::string(place) + "/content/" + at.folder.c_str();
    const auto check = [&] {
        for (const std::string& path : kept) BOOST_TEST(read_text(path.c_str()).value_or("") == "mine");
        BOOST_TEST(names_in(*directory::open(SCRATCH "/outside")).size() == 3u);
    };
    const auto store = opened({.bytes = 1 << 20});
    for (const std::string& link : {std::string(place) + "/content", of_content, std::string(place) + "/names",
                                    std::string(place) + "/names/@a@"}) {
        BOOST_TEST(remove_all(place).has_value());
        BOOST_TEST(create_directories(path_view(link).parent().text() == place
                                          ? place
                                          : (std::string(path_view(link).parent().text())).c_str())
                       .has_value());
        BOOST_TEST(here.symbolic_link(
                           (std::string(link == of_content || link.ends_with("@") ? "../" : "") + "../outside").c_str(),
                           link.c_str())
                       .has_value());
        const auto again = opened({.bytes = 1 << 20});
        BOOST_TEST((again.read(hash).error().code == errc::not_found));
        BOOST_TEST((again.read("a", "1.0.0").error().code == errc::not_found));
        BOOST_TEST((again.collect(0).has_value() && again.verify().has_value()));
        check();
        BOOST_TEST(again.add("a", "1.0.0", bytes("good")).has_value());  // the link is gone
        BOOST_TEST(text_of(again.read("a", "1.0.0")) == "good");
        check();
    }
}

BOOST_AUTO_TEST_CASE(small_files_that_are_not_what_they_have_to_be, *needs(entropy)) {
    const scratch folder;
    const auto store = opened();
    BOOST_TEST(store.add("evil", "9.9.9", bytes("evil")).has_value());
    BOOST_TEST(store.add("good", "1.0.0", bytes("good")).has_value());
    const std::string evil = *read_text(path_of("evil", "9.9.9").c_str());
    const std::string good = *read_text(path_of("good", "1.0.0").c_str());
    BOOST_TEST(good == "vitte store 1\nname good\nversion 1.0.0\ncontent " +
                           std::string(loader_detail::text_of(hash_of("good")).view()) + "\n");
    std::vector<std::string> bad{evil, "", "x", good + "x", good + good, std::string(5000, 'x'), "\xff\xfe"};
    for (std::size_t cut = 0; cut < good.size(); cut += 7) bad.push_back(good.substr(0, cut));
    for (const char* word : {"store 1", "good\n", "1.0.0", "content", " "}) {
        std::string changed = good;
        bad.push_back(changed.replace(changed.find(word), 1, "X"));
    }
    for (const std::string& text : bad) {
        BOOST_TEST(was_damaged(path_of("good", "1.0.0"), text), text);
        BOOST_TEST((store.find("good", "1.0.0").error().code == errc::not_found), text);
        BOOST_TEST(versions_of(store, "good").empty());
        const auto report = store.verify();
        const bool dropped_before = text.size() > 512;  // it was never read
        BOOST_TEST((report && report->damaged == !dropped_before), text.substr(0, 500));
        BOOST_TEST(!is_there(path_of("good", "1.0.0")), text);
        BOOST_TEST(store.add("good", "1.0.0", bytes("good")).has_value());
    }
    BOOST_TEST(text_of(store.read("good", "1.0.0")) == "good");
    BOOST_TEST(text_of(store.read("evil", "9.9.9")) == "evil");
}

BOOST_AUTO_TEST_CASE(least_recently_used_goes_first, *needs(entropy)) {
    const scratch folder;
    const auto store = opened();
    const auto content = [](int i) { return std::string(10'000, static_cast<char>('a' + i)); };
    std::vector<content_hash> hashes;
    const std::int64_t now = native::clocks::wall();
    for (int i = 0; i < 10; ++i) {
        hashes.push_back(*store.add("m", std::to_string(i) + ".0.0", bytes(content(i))));
        date(path_of(hashes.back()), now - (100 - i) * 60 * second);
    }
    BOOST_TEST(store.read(hashes[0]).has_value());            // used now
    date(path_of(hashes[9]), now + (std::int64_t{1} << 60));  // nobody can have used that
    const std::uint64_t each = loader_detail::room_of(10'000);
    BOOST_TEST((each == 16'384u));
    const auto report = opened({.bytes = 5 * each}).collect();
    BOOST_TEST_REQUIRE(report.has_value());
    BOOST_TEST((report->entries == 5u && report->evicted == 5u && report->dangling == 5u && report->bytes == 5 * each));
    std::set<int> left;
    for (int i = 0; i < 10; ++i)
        if (store.read("m", std::to_string(i) + ".0.0")) left.insert(i);
    BOOST_TEST((left == std::set<int>{0, 5, 6, 7, 8}));
    BOOST_TEST(versions_of(store, "m").size() == 5u);
    BOOST_TEST((opened({.bytes = 0}).collect()->entries == 0u));
    BOOST_TEST(names_of(store).empty());
}

BOOST_AUTO_TEST_CASE(what_is_too_large_makes_no_room_for_itself, *needs(entropy)) {
    const scratch folder;
    const auto store = opened({.bytes = 1 << 20, .entry = 1 << 16});
    const auto hash = *store.add("a", "1.0.0", bytes("good"));
    date(path_of(hash), native::clocks::wall() - 60 * second);
    // Files of holes, used just now, whose sizes wrap around when they are added up.
    for (const char* text : {"1", "2", "3", "4"}) {
        const std::string path = path_of(hash_of(text));
        BOOST_TEST_REQUIRE(
            create_directories(std::string(path_view(path.c_str()).parent().text()).c_str()).has_value());
        const auto file = vitte::sys::file::open(path.c_str(), open_mode::create_new);
        BOOST_TEST_REQUIRE(file.has_value());
        if (!file->resize(std::uint64_t{1} << 62) && !file->resize(std::uint64_t{1} << 40)) return;
    }
    const auto report = store.collect();
    BOOST_TEST_REQUIRE(report.has_value());
    BOOST_TEST((report->entries == 1u && report->evicted == 0u && report->damaged == 4u));
    BOOST_TEST(text_of(store.read("a", "1.0.0")) == "good");
}

BOOST_AUTO_TEST_CASE(times_of_other_files_stay, *needs(entropy)) {
    const scratch folder;
    const auto here = directory::current();
    const auto store = opened();
    const auto hash = *store.add("a", "1.0.0", bytes("good"));
    BOOST_TEST(write(SCRATCH "/outside", bytes("good")).has_value());
    date(SCRATCH "/outside", second);
    const auto linked = [&] {
        BOOST_TEST(here.remove(path_of(hash).c_str()).has_value());
        return here.link(SCRATCH "/outside", here, path_of(hash).c_str()).has_value();
    };
    const auto stays = [&] { return here.info(SCRATCH "/outside")->modified == second; };
    if (!linked()) return;
    BOOST_TEST((text_of(store.read(hash)) == "good" && stays()));
    BOOST_TEST((store.verify() && stays()));
    BOOST_TEST((store.add("a", "1.0.0", bytes("good")) && stays()));
    BOOST_TEST(here.info(SCRATCH "/outside")->links == 1u);  // the store has a file of its own
    BOOST_TEST(text_of(store.read("a", "1.0.0")) == "good");
}

BOOST_AUTO_TEST_CASE(times_that_nobody_can_tell, *needs(entropy)) {
    const scratch folder;
    const auto store = opened({.bytes = 1 << 20});
    const auto hash = *store.add(bytes("good"));
    const std::string unfinished =
        std::string(path_view(path_of(hash).c_str()).parent().text()) + "/.0123456789abcdef01234567";
    for (const std::int64_t time : {INT64_MIN + 1, INT64_MAX}) {
        BOOST_TEST(write(unfinished.c_str(), bytes("x")).has_value());
        date(path_of(hash), time);
        date(unfinished, time);
#if defined(VITTE_HAS_FORK)
        if constexpr (sizeof(time_t) > 4) {  // what nanoseconds do not reach
            timespec far[2]{};
            far[0].tv_sec = far[1].tv_sec = time < 0 ? -(time_t{1} << 40) : (time_t{1} << 34) - 1;
            for (const std::string& path : {path_of(hash), unfinished})
                BOOST_TEST(::utimensat(AT_FDCWD, path.c_str(), far, 0) == 0);
        }
#endif
        const auto report = store.collect();
        BOOST_TEST((report && report->entries == 1u && report->abandoned == 1u));
        BOOST_TEST(text_of(store.read(hash)) == "good");
    }
}

#if defined(VITTE_HAS_FORK)
BOOST_AUTO_TEST_CASE(a_folder_of_somebody_else_stops_no_collector, *needs(own_kernel)) {
    const scratch folder;
    const auto store = opened({.bytes = 1 << 20});
    BOOST_TEST(store.add("a", "1.0.0", bytes("good")).has_value());
    for (const char* kind : {"content/00", "names/@closed@", "forms/00"})
        BOOST_TEST_REQUIRE((create_directories((std::string(place) + "/" + kind).c_str()) &&
                            directory::current().set_mode((std::string(place) + "/" + kind).c_str(), 0)));
    const bool is_root = ::geteuid() == 0;
    if (is_root) BOOST_TEST_REQUIRE(::seteuid(65534) == 0);
    const auto collected = store.collect(), verified = store.verify();
    if (is_root) BOOST_TEST_REQUIRE(::seteuid(0) == 0);
    BOOST_TEST((collected && collected->entries == 1u));
    BOOST_TEST((verified && verified->entries == 1u));
    for (const char* kind : {"content/00", "names/@closed@", "forms/00"})
        BOOST_TEST(directory::current().set_mode((std::string(place) + "/" + kind).c_str(), 0777).has_value());
}
#endif

BOOST_AUTO_TEST_CASE(a_store_keeps_to_its_limit, *needs(entropy)) {
    const scratch folder;
    const store_limits limits{.bytes = 200'000, .entry = 100'000};
    const auto store = opened(limits);
    for (int i = 0; i < 30; ++i) {
        const std::string content = std::to_string(i) + std::string(20'000, 'x');
        const auto hash = store.add(bytes(content));
        BOOST_TEST_REQUIRE(hash.has_value());
        BOOST_TEST((text_of(store.read(*hash)) == content));
        date(path_of(*hash), native::clocks::wall() - (100 - i) * second);
    }
    std::uint64_t count = 0;
    BOOST_TEST(module_store::open(place, {.bytes = UINT64_MAX})->verify()->bytes <= limits.bytes);
    for (int i = 0; i < 30; ++i) count += store.read(hash_of(std::to_string(i) + std::string(20'000, 'x'))).has_value();
    BOOST_TEST((count >= 4u && count <= limits.bytes / 20'000));
    BOOST_TEST((store.add(bytes(std::string(100'001, 'x'))).error().code == errc::too_large));
    BOOST_TEST((opened({.bytes = 8191}).add(bytes("x")).error().code == errc::too_large));
    // Nor is more than that read: the size of a file is whatever somebody wants.
    BOOST_TEST(
        (opened({.entry = 20'000}).read(hash_of("29" + std::string(20'000, 'x'))).error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(what_is_not_of_the_store_stays, *needs(entropy)) {
    const scratch folder;
    const auto store = opened({.bytes = 1 << 20});
    BOOST_TEST(store.add("a", "1.0.0", bytes("a")).has_value());
    const std::string fan = SCRATCH "/store/content/00";
    BOOST_TEST((create_directories(fan.c_str()) && create_directories(SCRATCH "/store/content/mine") &&
                create_directories(SCRATCH "/store/names/mine")));
    const std::string kept[] = {SCRATCH "/store/file",
                                fan + "/file",
                                SCRATCH "/store/content/file",
                                SCRATCH "/store/content/mine/file",
                                SCRATCH "/store/names/mine/1.0.0",
                                SCRATCH "/store/names/@a@/readme.txt"};
    for (const std::string& path : kept) BOOST_TEST(write(path.c_str(), bytes("x")).has_value(), path);
    const std::string old = fan + "/.0123456789abcdef01234567", fresh = fan + "/.0123456789abcdef01234568",
                      of_name = SCRATCH "/store/names/@a@/.0123456789abcdef01234569";
    for (const std::string& path : {old, fresh, of_name}) BOOST_TEST(write(path.c_str(), bytes("x")).has_value());
    for (const std::string& path : {old, of_name}) date(path, native::clocks::wall() - 2 * module_store::hour);
    auto report = store.collect();
    BOOST_TEST((report && report->abandoned == 2u && report->entries == 1u));
    BOOST_TEST((!is_there(old) && is_there(fresh) && !is_there(of_name)));
    report = store.collect(0);
    BOOST_TEST((report && report->abandoned == 1u && !is_there(fresh)));
    for (const std::string& path : kept) BOOST_TEST(is_there(path), path);
    BOOST_TEST(text_of(store.read("a", "1.0.0")) == "a");
    BOOST_TEST(versions_of(store, "a").size() == 1u);
    BOOST_TEST((names_of(store) == std::set<std::string>{"a"}));
}

BOOST_AUTO_TEST_CASE(forms_are_for_those_with_the_secret, *needs(entropy)) {
    const scratch folder;
    const auto store = opened();
    std::array<std::byte, 32> mine{}, others{};
    others[31] = std::byte{1};
    const form_key key{hash_of("source"), "vitte 1", "x86-64-v3"};
    BOOST_TEST((store.read_form(key, mine).error().code == errc::not_found));
    BOOST_TEST(store.add_form(key, bytes("compiled"), mine).has_value());
    BOOST_TEST(text_of(store.read_form(key, mine)) == "compiled");
    BOOST_TEST((store.read_form(key, others).error().code == errc::not_found));
    for (const form_key& other :
         {form_key{hash_of("other"), "vitte 1", "x86-64-v3"}, form_key{key.source, "vitte 2", "x86-64-v3"},
          form_key{key.source, "vitte 1", "x86-64"}, form_key{key.source, "vitte 1x", "86-64-v3"}})
        BOOST_TEST((store.read_form(other, mine).error().code == errc::not_found));
    // Who has no secret cannot have it give another content, nor that of another form.
    const form_key evil_key{hash_of("evil source"), "vitte 1", "x86-64-v3"};
    BOOST_TEST(store.add_form(evil_key, bytes("evil"), mine).has_value());
    std::vector<std::string> records;
    const auto forms = *directory::open(SCRATCH "/store/forms");
    for (const std::string& fan : names_in(forms))
        for (const std::string& name : names_in(*forms.open_directory(fan.c_str())))
            records.push_back(SCRATCH "/store/forms/" + fan + "/" + name);
    BOOST_TEST_REQUIRE(records.size() == 2u);
    const std::string first = *read_text(records[0].c_str()), second_one = *read_text(records[1].c_str());
    const std::size_t form = first.find("form "), content = first.find("content "), seal = first.find("seal ");
    const auto swapped = [&](std::size_t from, std::size_t to) {
        std::string made = first;
        return made.replace(from, to - from, second_one, from, to - from);
    };
    for (const std::string& text : {second_one, swapped(form, content), swapped(content, seal),
                                    swapped(seal, first.size()), swapped(content, first.size())}) {
        BOOST_TEST(was_damaged(records[0], text));
        const bool found = store.read_form(key, mine).has_value(), evil = store.read_form(evil_key, mine).has_value();
        BOOST_TEST(found + evil == 1);  // the other record is as it was
        const auto got = store.read_form(found ? key : evil_key, mine);
        BOOST_TEST(text_of(got) == (found ? "compiled" : "evil"));
    }
    BOOST_TEST(was_damaged(records[0], first));
    BOOST_TEST(
        (text_of(store.read_form(key, mine)) == "compiled" && text_of(store.read_form(evil_key, mine)) == "evil"));
    BOOST_TEST((store.verify()->damaged == 0u && store.verify()->entries == 2u));
    BOOST_TEST((opened({.bytes = 0}).collect()->dangling == 2u));
    BOOST_TEST((store.read_form(key, mine).error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(threads_share_a_store, *needs(threads)) {
    const scratch folder;
    const auto store = opened({.bytes = 100'000});
    constexpr int most = 15;
    const auto content = [](int i) { return std::to_string(i) + std::string(8000, 'c'); };
    const auto work = [&](int self) {
        bool well = true;
        for (int i = 0; i < most; ++i) {
            const int which = (i * 7 + self) % most;
            well = well &&
                   store.add("m" + std::to_string(which % 5), "1.0." + std::to_string(which), bytes(content(which)));
            const auto got = store.read(hash_of(content((which + 1) % most)));
            well = well && (got ? text_of(got) == content((which + 1) % most) : got.error().code == errc::not_found);
            if (i % 5 == self) well = well && store.collect().has_value();
        }
        return well;
    };
    bool well[3] = {};
    {
        auto one = start_thread([&] { well[1] = work(1); });
        auto two = start_thread([&] { well[2] = work(2); });
        well[0] = work(0);
        BOOST_TEST((one->join().has_value() && two->join().has_value()));
    }
    BOOST_TEST((well[0] && well[1] && well[2]));
    const auto report = store.verify();
    BOOST_TEST((report && report->damaged == 0u));
}

BOOST_AUTO_TEST_CASE(what_goes_while_it_is_looked_at_is_not_damaged, *needs(threads)) {
    const scratch folder;
    const auto store = opened({.bytes = 100'000});
    std::atomic<bool> is_done = false;
    auto other = start_thread([&] {
        for (int i = 0; i < 100; ++i) {
            const std::string name = "m" + std::to_string(i % 7), version = "1.0." + std::to_string(i % 20);
            static_cast<void>(store.add(name, version, bytes(version + std::string(8000, 'x'))));
            static_cast<void>(store.remove("m" + std::to_string((i + 3) % 7), version));
            static_cast<void>(store.collect());
        }
        is_done = true;
    });
    bool well = true;
    std::uint64_t damaged = 0;
    while (!is_done) {
        const auto report = store.verify();
        well = well && report;
        if (report) damaged += report->damaged;
    }
    BOOST_TEST((other->join() && well));
    BOOST_TEST(damaged == 0u);
}

#if defined(VITTE_HAS_FORK)
namespace {
constexpr int names_in_use = 6, versions_in_use = 8;
constexpr store_limits tight{.bytes = 400'000};
/// All that `version` of a name can ever be: one text, some larger than others.
std::string only_content(int name, int version) {
    std::string made;
    while (made.size() < std::size_t{1000} * static_cast<std::size_t>(1 + name * version))
        made += "m" + std::to_string(name) + "@1.0." + std::to_string(version) + " ";
    return made;
}
/// Writes, reads and collects until it is killed, or until it gets what nobody has written.
[[noreturn]] void live(std::uint32_t random) {
    const auto store = module_store::open(place, tight);
    if (!store) _exit(2);
    for (;;) {
        random = random * 1664525 + 1013904223;
        const int name = static_cast<int>(random >> 8) % names_in_use;
        const int version = static_cast<int>(random >> 16) % versions_in_use;
        const std::string module = "m" + std::to_string(name), number = "1.0." + std::to_string(version);
        const unsigned what = random >> 24;
        if (what < 100) {
            static_cast<void>(store->add(module, number, bytes(only_content(name, version))));
        } else if (what < 240) {
            const auto got = store->read(module, number);
            if (got ? text_of(got) != only_content(name, version) : got.error().code != errc::not_found) _exit(3);
        } else if (what < 248) {
            static_cast<void>(store->remove(module, number));
        } else if (what < 252) {
            if (!store->verify()) _exit(4);
        } else if (!store->collect()) {
            _exit(5);
        }
    }
}
/// Another byte in one of the contents.
void damage_one(unsigned which) {
    const auto all = directory::open(SCRATCH "/store/content");
    if (!all) return;
    for (const std::string& fan : names_in(*all)) {
        const auto in = all->open_directory(fan.c_str());
        if (!in || which-- % 7 != 0) continue;
        std::string name;
        static_cast<void>(in->for_each([&](const directory_entry& e) { return name = e.name, name[0] == '.'; }));
        if (name.empty() || name[0] == '.' || !in->set_mode(name.c_str(), 0644)) continue;
        if (const auto file = in->open_file(name.c_str(), open_mode::read_write))
            static_cast<void>(file->write_at(bytes("X"), which % 1000));
        return;
    }
}
}  // namespace

BOOST_AUTO_TEST_CASE(processes_that_are_killed, *needs(own_kernel)) {
    const scratch folder;
    opened();
    std::vector<pid_t> alive(16);
    std::uint32_t born = 1;
    const auto start = [&] {
        const pid_t child = ::fork();
        if (child == 0) live(born * 2654435761u);
        ++born;
        BOOST_TEST_REQUIRE(child > 0);
        return child;
    };
    const auto stop = [](pid_t child) {
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL),
                   "a process ended with " << WEXITSTATUS(status));
    };
    for (pid_t& child : alive) child = start();
    const auto until = deadline::after(3 * second);
    for (std::uint32_t i = 0; deadline::after(0) < until; ++i) {
        this_thread::sleep_until(deadline::after(5'000'000));
        pid_t& unlucky = alive[i * 7 % alive.size()];
        stop(unlucky);
        if (i % 4 == 0) damage_one(i);
        unlucky = start();
    }
    for (const pid_t child : alive) stop(child);

    const auto store = opened(tight);
    BOOST_TEST(store.verify().has_value());
    BOOST_TEST((store.verify()->damaged == 0u && store.verify()->dangling == 0u));
    const auto report = store.collect(0);
    BOOST_TEST_REQUIRE(report.has_value());
    BOOST_TEST((report->bytes <= tight.bytes && report->entries > 0u && store.collect(0)->abandoned == 0u));
    std::size_t unfinished = 0, versions = 0;
    BOOST_TEST(walk(place, [&](const walk_entry<native>& entry) {
                   unfinished += entry.name[0] == '.';
                   return walk_next::on;
               }).has_value());
    BOOST_TEST(unfinished == 0u);
    for (int name = 0; name < names_in_use; ++name)
        for (const auto& [version, content] : versions_of(store, "m" + std::to_string(name)))
            BOOST_TEST((++versions, content == only_content(name, std::stoi(version.substr(4)))));
    BOOST_TEST(versions > 0u);
    std::printf("module store: %u processes, %u abandoned files, %zu versions left\n", static_cast<unsigned>(born - 1),
                static_cast<unsigned>(report->abandoned), versions);
}
#endif

BOOST_AUTO_TEST_SUITE_END()
