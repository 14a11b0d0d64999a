// Paths and patterns of many shapes, for what follows paths by hand, and for what compares names.
#include <memory>
#include <vitte/core/glob.hpp>
#include <vitte/sys/fs/canonical.hpp>
#include <vitte/sys/fs/contained.hpp>
#include <vitte/sys/fs/glob.hpp>
#include <vitte/sys/fs/temporary.hpp>
#include <vitte/sys/fs/watch.hpp>

#include "growth.hpp"

namespace {
using growth::digits;
using growth::job;
using namespace vitte::sys;

std::string repeated(std::size_t times, std::string_view text) {
    std::string made;
    for (std::size_t i = 0; i < times; ++i) made += text;
    return made;
}

/// A folder, with a folder "d" in it, that is gone with the last who holds it.
using folder = std::shared_ptr<temporary_directory>;
folder empty_folder() {
    auto made = std::make_shared<temporary_directory>(*temporary_directory::create());
    static_cast<void>(made->open()->create_directory("d"));
    return made;
}
/// "0" in `where` leads to "1", and so on, each by way of `way`; the last one is a folder.
folder links_in(const std::string& where, std::size_t count, const std::string& way) {
    folder made = empty_folder();
    const directory in = *made->open();
    for (std::size_t i = 0; i < count; ++i)
        static_cast<void>(in.symbolic_link((way + digits(i + 1)).c_str(), (where + digits(i)).c_str()));
    static_cast<void>(in.create_directory((where + digits(count)).c_str()));
    return made;
}

job canonical_path(folder in, const std::string& path) {
    return [in, path = in->path() + ("/" + path)] {
        char to[8192];
        return canonical(path.c_str(), to).has_value();
    };
}
job canonical_ups(std::size_t n) { return canonical_path(empty_folder(), repeated(n, "d/../")); }
job canonical_links(std::size_t n) { return canonical_path(links_in("", n, ""), digits(0)); }
job canonical_long_links(std::size_t n) { return canonical_path(links_in("", 8, repeated(n, "./")), digits(0)); }

job contained_path(folder in, const std::string& path) {
    return [in, path] {
        const contained_directory d(*in->open());
        return d.open_directory(path.c_str(), links::followed) && d.info(path.c_str(), links::followed);
    };
}
job contained_ups(std::size_t n) { return contained_path(empty_folder(), repeated(n, "d/../")); }
job contained_links(std::size_t n) { return contained_path(links_in("d/", n, ""), "d/" + digits(0)); }
job contained_links_on_the_way(std::size_t n) {
    return contained_path(links_in("d/", n, "../d/"), "d/" + digits(0) + "/.");
}
job contained_long_links(std::size_t n) { return contained_path(links_in("", 8, repeated(n, "./")), digits(0)); }

job matching(const std::string& pattern, const std::string& name, bool matches) {
    return [=] { return vitte::glob_match(pattern, name) == matches; };
}
job glob_long_name(std::size_t n) { return matching("*a*a*a*b", std::string(n, 'a'), false); }
job glob_many_stars(std::size_t n) { return matching(repeated(n, "*a") + "*b", std::string(2 * n, 'a'), false); }
job glob_plain_letters(std::size_t n) { return matching(std::string(n, 'a'), std::string(n, 'a'), true); }
job glob_escaped_letters(std::size_t n) { return matching(repeated(n, "\\a"), std::string(n, 'a'), true); }
job glob_sets(std::size_t n) { return matching(repeated(n, "[a-z]"), std::string(n, 'a'), true); }
job glob_long_set(std::size_t n) { return matching("*[" + std::string(n, 'b') + "]", std::string(100, 'a'), false); }
job glob_sets_without_end(std::size_t n) { return matching(std::string(n, '['), std::string(n, '['), true); }
job glob_sets_without_end_behind_a_star(std::size_t n) {
    return matching("*" + std::string(n, '[') + "\\]", std::string(250, '['), false);
}
job glob_long_pattern(std::size_t n) {
    return matching("*" + std::string(n, 'a') + "b", std::string(5000, 'a'), false);
}
job glob_sets_behind_a_star(std::size_t n) {
    return matching("*" + repeated(n, "[!b]") + "b", std::string(2000, 'a'), false);
}
job glob_sets_without_end_behind_stars(std::size_t n) {
    return matching(repeated(n, "*[a"), repeated(n, "[a"), true);
}
job glob_separators(std::size_t n) {
    return [pattern = "a" + std::string(n, '/') + "*", path = "a" + std::string(n, '/') + "b"] {
        return vitte::glob_match_path(pattern, path).whole;
    };
}
job glob_deep_path(std::size_t n) {
    return [path = repeated(n, "a/") + "a"] { return !vitte::glob_match_path("**/a/**/a/**/a/**/b", path).whole; };
}
job glob_many_folders(std::size_t n) {
    return [pattern = repeated(n, "**/") + "b", path = repeated(50, "a/")] {
        return !vitte::glob_match_path(pattern, path).whole;
    };
}
job glob_files(std::size_t n) {
    folder in = empty_folder();
    for (std::size_t i = 0; i < n; ++i) static_cast<void>(in->open()->create_directory(("d/" + digits(i)).c_str()));
    return [in, n] {
        std::size_t seen = 0;
        return glob((std::string(in->path()) + "/**/*").c_str(), [&](const char*) { ++seen; }) && seen == n + 1;
    };
}
/// Below `n` folders "d/…", of which each has a folder "x".
job globbed_in_folders(std::size_t n, const char* pattern) {
    folder in = empty_folder();
    for (std::size_t i = 0; i < n; ++i)
        static_cast<void>(create_directories((std::string(in->path()) + "/d/" + digits(i) + "/x").c_str()));
    return [in, n, pattern = std::string(in->path()) + pattern] {
        std::size_t seen = 0;
        return glob(pattern.c_str(), [&](const char*) { ++seen; }) && seen == n;
    };
}
job glob_name_in_folders(std::size_t n) { return globbed_in_folders(n, "/d/*/x"); }
job glob_dots_in_folders(std::size_t n) { return globbed_in_folders(n, "/d/*/./x/.."); }
job glob_folders_only(std::size_t n) { return globbed_in_folders(n, "/d//*/"); }
job glob_long_pattern_of_files(std::size_t n) {
    return [in = empty_folder(), n] {
        bool seen = false;
        const std::string pattern = in->path() + repeated(n, "/") + "*";
        return glob(pattern.c_str(), [&](const char*) { seen = true; }) && seen;
    };
}

/// A folder that is watched.
struct watched {
    folder in = empty_folder();
    watcher changes = std::move(*watcher::create());
    directory top = std::move(*in->open());
    watched() { static_cast<void>(changes.add(in->path())); }
    /// How many paths changed; all has happened already.
    std::size_t told() {
        std::size_t count = 0;
        return changes.wait([&](const watch_event&) { ++count; }, deadline::after(1'000'000), 0) ? count : 0;
    }
};
/// `act(folder, i)` for each number, and what is told then.
template <class Act>
std::size_t told_of_each(watched& w, std::size_t n, Act act) {
    for (std::size_t i = 0; i < n; ++i) static_cast<void>(act(w.top, "d/" + digits(i)));
    return w.told();
}
vitte::result<void> make(const directory& in, const std::string& path) { return in.create_directory(path.c_str()); }
vitte::result<void> take_away(const directory& in, const std::string& path) {
    return in.remove_directory(path.c_str());
}
job watch_folders(std::size_t n) {
    return [w = std::make_shared<watched>(), n] {
        return told_of_each(*w, n, make) == n && told_of_each(*w, n, take_away) == n;
    };
}
job watch_files(std::size_t n) {
    const auto write = [](const directory& in, const std::string& path) {
        return in.open_file(path.c_str(), open_mode::write);
    };
    const auto erase = [](const directory& in, const std::string& path) { return in.remove(path.c_str()); };
    return [=, w = std::make_shared<watched>()] {
        return told_of_each(*w, n, write) == n && told_of_each(*w, n, erase) == n;
    };
}
job watch_a_moved_tree(std::size_t n) {
    const auto w = std::make_shared<watched>();
    told_of_each(*w, n, make);
    return [w, n] {
        const bool there = w->top.rename("d", "e") && w->told() == n + 2;
        return there && w->top.rename("e", "d") && w->told() == n + 2;
    };
}
}  // namespace

std::span<const growth::shape> growth::paths() {
    static constexpr shape all[] = {
        {"canonical ups", 100, canonical_ups},
        {"canonical links", 10, canonical_links},
        {"canonical long links", 400, canonical_long_links},
        {"contained ups", 100, contained_ups},
        {"contained links", 10, contained_links},
        {"contained links on the way", 10, contained_links_on_the_way},
        {"contained long links", 50, contained_long_links},
        {"glob long name", 1000, glob_long_name},
        {"glob many stars", 1000, glob_many_stars},
        {"glob plain letters", 1000, glob_plain_letters},
        {"glob escaped letters", 1000, glob_escaped_letters},
        {"glob sets", 1000, glob_sets},
        {"glob long set", 1000, glob_long_set},
        {"glob sets without end", 1000, glob_sets_without_end},
        {"glob sets without end behind a star", 50, glob_sets_without_end_behind_a_star},
        {"glob long pattern", 100, glob_long_pattern},
        {"glob sets behind a star", 50, glob_sets_behind_a_star},
        {"glob sets without end behind stars", 1000, glob_sets_without_end_behind_stars},
        {"glob separators", 1000, glob_separators},
        {"glob deep path", 1000, glob_deep_path},
        {"glob many folders", 15, glob_many_folders},
        {"glob files", 50, glob_files},
        {"glob name in folders", 50, glob_name_in_folders},
        {"glob dots in folders", 50, glob_dots_in_folders},
        {"glob folders only", 50, glob_folders_only},
        {"glob long pattern of files", 1000, glob_long_pattern_of_files},
        {"watch folders", 50, watch_folders},
        {"watch files", 50, watch_files},
        {"watch a moved tree", 50, watch_a_moved_tree},
    };
    return all;
}
