// What is told of folders that change.
#include <map>

#include <vitte/sys/fs/replace.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/fs/watch.hpp>
#include <vitte/sys/thread.hpp>

#include "../support/scratch.hpp"

namespace {
using namespace vitte::sys;
using namespace vitte::sys::literals;
using vitte::errc;
using changes = std::map<std::string, unsigned>;

#if defined(__linux__)
/// Linux, telling as little as the kernels of macOS and the BSDs do.
struct taciturn : native {
    struct watch_queue : native::watch_queue {
        static constexpr bool only_itself = true;
        vitte::result<bool> next(folder_change& to) noexcept {
            for (;;) {
                const auto more = native::watch_queue::next(to);
                if (!more || !*more) return more;
                if (*to.name != 0) to.changes = watch_modified;
                to.name = "";
                if (!std::exchange(to.watch_ended, false)) return true;
            }
        }
    };
};
#endif

#if !defined(_WIN32)
/// A file that changes all the time, also while it is told of. Gives up where a deadline is not kept.
struct restless : native {
    static inline int changes = 0, waits = 0;
    static inline std::uint32_t folder = 0;
    struct watch_queue : native::watch_queue {
        vitte::result<std::uint32_t> add(const char* path, bool whole_tree) noexcept {
            VITTE_TRY(folder, native::watch_queue::add(path, whole_tree));
            return folder;
        }
        vitte::result<bool> next(folder_change& to) noexcept {
            to = {};
            to.folder = folder;
            to.changes = watch_attributes;
            if (++changes > 1'000'000) return vitte::fail(errc::cancelled, "next");
            return true;
        }
        vitte::result<void> wait(std::int64_t) noexcept {
            if (++waits > 1'000) return vitte::fail(errc::cancelled, "wait");
            return {};
        }
    };
};
#endif

/// What is told until nothing is told any more; each path once.
template <class P>
changes told(basic_watcher<P>& w) {
    changes all;
    const auto waited = w.wait([&](const watch_event& e) { BOOST_TEST(all.emplace(e.path, e.changes & ~8u).second); },
                               deadline::after(2000_ms), 200_ms);
    BOOST_TEST((waited || waited.error().code == errc::timed_out));
    for (const auto& [path, what] : all) BOOST_TEST_MESSAGE(path << " " << what);
    return all;
}

template <class P = native>
basic_watcher<P> watching(const char* path, bool whole_tree = true) {
    auto made = basic_watcher<P>::create();
    BOOST_REQUIRE((made && made->add(path, whole_tree)));
    return std::move(*made);
}

/// Wine does not see what happens in folders that were below before.
const ability whole_trees{"word of all folders below", [] {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    BOOST_TEST(d->create_directory("a").has_value());
    watcher w = watching(SCRATCH);
    put(*d, "a/file");
    return told(w).contains(SCRATCH "/a/file");
}};
}  // namespace

BOOST_AUTO_TEST_SUITE(watch)

#if !defined(_WIN32)  // which watches no file alone
BOOST_AUTO_TEST_CASE(changes_without_end_do_not_put_off_a_deadline) {
    const scratch folder;
    put(*directory::open(SCRATCH), "file");
    auto w = watching<restless>(SCRATCH "/file");
    int told = 0;
    const auto waited = w.wait([&](const watch_event& e) { told += std::string(e.path) == SCRATCH "/file"; }, deadline::passed());
    BOOST_TEST((waited && told == 1));
}
#endif

BOOST_AUTO_TEST_CASE(files_are_created_modified_and_removed) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    put(*d, "old");
    put(*d, "going");
    watcher w = watching(SCRATCH);
    BOOST_TEST((w.wait([](const watch_event&) {}, deadline::after(50_ms)).error().code == errc::timed_out));
    put(*d, "new", "text");
    BOOST_TEST(append(SCRATCH "/old", as_bytes("more")).has_value());
    BOOST_TEST(d->remove("going").has_value());
    BOOST_TEST((told(w) == changes{{SCRATCH "/new", watch_created},
                                   {SCRATCH "/old", watch_modified},
                                   {SCRATCH "/going", watch_removed}}));
    BOOST_TEST(d->rename("new", "moved").has_value());
    BOOST_TEST((told(w) == changes{{SCRATCH "/new", watch_removed}, {SCRATCH "/moved", watch_created}}));
}

BOOST_AUTO_TEST_CASE(what_happens_quickly_is_told_once) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    put(*d, "file");
    watcher w = watching(SCRATCH);
    put(*d, "brief");
    BOOST_TEST(d->remove("brief").has_value());
    for (int i = 0; i < 100; ++i) BOOST_TEST(append(SCRATCH "/file", as_bytes("x")).has_value());
    BOOST_TEST((told(w) == changes{{SCRATCH "/file", watch_modified}}));
    BOOST_TEST(replace(SCRATCH "/file", as_bytes("again")).has_value());  // through a file with another name
    BOOST_TEST(replace(SCRATCH "/file", as_bytes("and again")).has_value());
    const changes replaced = told(w);
    BOOST_TEST((replaced.size() == 1 && (replaced.begin()->second & (watch_created | watch_modified)) != 0));
}

BOOST_AUTO_TEST_CASE(new_folders_are_watched_with_what_is_in_them, *needs(whole_trees)) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    BOOST_TEST((d->create_directory("a") && d->create_directory("a/b")));
    watcher w = watching(SCRATCH);
    put(*d, "a/b/deep");
    BOOST_TEST(create_directories(SCRATCH "/x/y/z").has_value());
    put(*d, "x/y/z/file");
    BOOST_TEST((told(w) == changes{{SCRATCH "/a/b/deep", watch_created},
                                   {SCRATCH "/x", watch_created},
                                   {SCRATCH "/x/y", watch_created},
                                   {SCRATCH "/x/y/z", watch_created},
                                   {SCRATCH "/x/y/z/file", watch_created}}));
    put(*d, "x/y/z/second");
    BOOST_TEST((told(w) == changes{{SCRATCH "/x/y/z/second", watch_created}}));
    BOOST_TEST(d->rename("x", "renamed").has_value());
    static_cast<void>(told(w));
    put(*d, "renamed/y/z/third");
    BOOST_TEST((told(w) == changes{{SCRATCH "/renamed/y/z/third", watch_created}}));
    BOOST_TEST(remove_all(SCRATCH "/a").has_value());
    const changes gone = told(w);
    BOOST_TEST((gone.at(SCRATCH "/a") == watch_removed && gone.at(SCRATCH "/a/b/deep") == watch_removed));
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_removed_does_not_silence_the_others) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    BOOST_TEST((d->create_directory("going") && d->create_directory("staying")));
    watcher w = watching(SCRATCH "/going", false);
    BOOST_TEST(w.add(SCRATCH "/staying", false).has_value());
    BOOST_TEST(d->remove_directory("going").has_value());
    static_cast<void>(told(w));
    put(*d, "staying/file");
    BOOST_TEST((told(w) == changes{{SCRATCH "/staying/file", watch_created}}));
}

BOOST_AUTO_TEST_CASE(one_level_is_enough_for_some) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    BOOST_TEST(d->create_directory("below").has_value());
    watcher w = watching(SCRATCH, false);
    put(*d, "below/unseen");
    put(*d, "seen");
    changes all = told(w);
    all.erase(SCRATCH "/below");  // whose times changed
    BOOST_TEST((all == changes{{SCRATCH "/seen", watch_created}}));
    auto nothing = watcher::create();
    BOOST_TEST((nothing->add("no-such-folder").error().code == errc::not_found));
}

#if defined(__linux__)
BOOST_AUTO_TEST_CASE(what_is_gone_is_told_and_nothing_else_is) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    BOOST_TEST((d->create_directory("in") && d->create_directory("in/d") && d->create_directory("in/e")));
    for (const char* name : {"in/old", "in/new", "in/e/lost"}) put(*d, name);
    watcher w = watching(SCRATCH "/in");
    BOOST_TEST((d->rename("in/new", "in/old") && d->remove("in/old")));
    BOOST_TEST((told(w) == changes{{SCRATCH "/in/new", watch_removed}, {SCRATCH "/in/old", watch_removed}}));
    put(*d, "in/d/file");
    BOOST_TEST(d->rename("in/d", "in/g").has_value());
    BOOST_TEST((told(w) == changes{{SCRATCH "/in/d", watch_removed},
                                   {SCRATCH "/in/g", watch_created},
                                   {SCRATCH "/in/g/file", watch_created}}));
    BOOST_TEST((d->rename("in/e", "out") && d->create_directory("in/e")));
    BOOST_TEST((told(w) == changes{{SCRATCH "/in/e", watch_removed | watch_created}}));
    put(*d, "out/unseen");
    put(*d, "in/e/seen");
    BOOST_TEST((told(w) == changes{{SCRATCH "/in/e/seen", watch_created}}));
}

BOOST_AUTO_TEST_CASE(folders_that_are_others_by_now_silence_nobody) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    BOOST_TEST((d->create_directory("y") && d->create_directory("z")));
    watcher w = watching(SCRATCH);
    BOOST_TEST((d->create_directory("x") && d->remove_directory("x") && d->symbolic_link("y", "x") && d->remove("x")));
    BOOST_TEST((d->create_directory("z/b") && d->remove_directory("z/b") && d->remove_directory("z")));
    put(*d, "z");
    static_cast<void>(told(w));
    put(*d, "y/file");
    BOOST_TEST((told(w) == changes{{SCRATCH "/y/file", watch_created}}));
    BOOST_TEST((d->create_directory("v") && d->remove("y/file") && d->rename("y", "v")));
    changes moved = told(w);
    moved.erase(SCRATCH "/y/file");  // which went before its folder did
    BOOST_TEST((moved == changes{{SCRATCH "/v", watch_created}, {SCRATCH "/y", watch_removed}}));
}

BOOST_AUTO_TEST_CASE(kernels_that_tell_little_are_asked) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    BOOST_TEST((d->create_directory("a") && d->create_directory("a/b")));
    put(*d, "a/old");
    put(*d, "a/going");
    auto w = watching<taciturn>(SCRATCH);
    put(*d, "a/b/deep");
    BOOST_TEST(
        (append(SCRATCH "/a/old", as_bytes("more")) && d->remove("a/going") && create_directories(SCRATCH "/x/y")));
    put(*d, "x/y/file");
    BOOST_TEST((told(w) == changes{{SCRATCH "/a/b/deep", watch_created},
                                   {SCRATCH "/a/going", watch_removed},
                                   {SCRATCH "/a/old", watch_modified},
                                   {SCRATCH "/x", watch_created},
                                   {SCRATCH "/x/y", watch_created},
                                   {SCRATCH "/x/y/file", watch_created}}));
    BOOST_TEST((append(SCRATCH "/x/y/file", as_bytes("more")) && replace(SCRATCH "/a/old", as_bytes("new"))));
    const changes second = told(w);
    BOOST_TEST(
        (second.size() == 2 && second.contains(SCRATCH "/x/y/file") && second.at(SCRATCH "/a/old") == watch_modified));
    BOOST_TEST(append(SCRATCH "/a/old", as_bytes("more")).has_value());
    BOOST_TEST((told(w) == changes{{SCRATCH "/a/old", watch_modified}}));
    BOOST_TEST(d->rename("x", "renamed").has_value());
    static_cast<void>(told(w));
    put(*d, "renamed/y/third");
    BOOST_TEST((told(w) == changes{{SCRATCH "/renamed/y/third", watch_created}}));
    auto shallow = watching<taciturn>(SCRATCH, false);
    put(*d, "a/b/unseen");
    put(*d, "seen");
    BOOST_TEST((told(shallow) == changes{{SCRATCH "/seen", watch_created}}));
}
#endif

BOOST_AUTO_TEST_CASE(too_much_is_told_as_such) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    watcher w = watching(SCRATCH);
#if defined(__linux__)
    const auto limit = read_text("/proc/sys/fs/inotify/max_queued_events");
    const int count = limit ? std::stoi(*limit) / 2 : 10'000;
#else
    const int count = 10'000;
#endif
    for (int i = 0; i < count; ++i) {  // at least two changes each
        const std::string name = "a name that takes some room " + std::to_string(i);
        put(*d, name.c_str());
        BOOST_REQUIRE(d->remove(name.c_str()).has_value());
    }
    BOOST_TEST(d->create_directory("late").has_value());
    constexpr bool loses = []<class W>(W*) {
        return !requires { W::only_itself; };  // others tell once of each that they watch
    }(static_cast<native::watch_queue*>(nullptr));
    const changes all = told(w);
    BOOST_TEST((loses ? all.contains("") : all == changes{{SCRATCH "/late", watch_created}}));
    put(*d, "late/seen again");
    BOOST_TEST((told(w) == changes{{SCRATCH "/late/seen again", watch_created}}));
}

BOOST_AUTO_TEST_SUITE_END()
