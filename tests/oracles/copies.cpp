// Answers of ours about trees of files: `copy FROM TO`, which copies a tree as `cp -a` does, `walk FOLDER LINKS`.
#include <algorithm>

#include <vitte/sys/fs/copy.hpp>
#include <vitte/sys/fs/walk.hpp>

#include "ask.hpp"

namespace {
using namespace vitte::sys;

/// Makes `to` what `from` is, of which `facts` are known.
vitte::result<void> copy_one(const file_info& facts, const char* from, const char* to) {
    const auto here = directory::current();
    char text[4096];
    switch (facts.kind) {
        case file_kind::directory: return here.create_directory(to, 0700);
        case file_kind::symbolic_link: {
            VITTE_TRY(const std::size_t length, here.read_link(from, text));
            text[length] = 0;
            return here.symbolic_link(text, to);
        }
        default: return copy(from, to);
    }
}
/// Modes and times, once everything is there.
vitte::result<void> date_one(const file_info& facts, const char* to) {
    const auto here = directory::current();
    if (facts.kind != file_kind::symbolic_link) VITTE_CHECK(here.set_mode(to, facts.mode & 07777));
    return here.set_times(to, facts.accessed, facts.modified);
}
vitte::result<void> copy_tree(const std::string& from, const std::string& to) {
    std::vector<std::pair<std::string, file_info>> all;
    vitte::result<void> done;
    VITTE_TRY(const file_info top, directory::current().info(from.c_str()));
    VITTE_CHECK(copy_one(top, from.c_str(), to.c_str()));
    all.emplace_back("", top);
    VITTE_CHECK(walk(from.c_str(), [&](const walk_entry<native>& entry) {
        const auto facts = entry.where.info(entry.name);
        const std::string below = entry.path + from.size();
        done = entry.failed != nullptr ? vitte::unexpected(*entry.failed)
               : facts ? copy_one(*facts, entry.path, (to + below).c_str()) : vitte::unexpected(facts.error());
        if (done) all.emplace_back(below, *facts);
        return done ? walk_next::on : walk_next::stop;
    }));
    VITTE_CHECK(done);
    for (auto at = all.rbegin(); at != all.rend(); ++at) VITTE_CHECK(date_one(at->second, (to + at->first).c_str()));
    return {};
}

oracle::strings walked(const std::string& folder, links follow) {
    oracle::strings met;
    const auto done = walk(folder.c_str(), [&](const walk_entry<native>& entry) {
        constexpr const char* kinds[] = {"other", "file", "folder", "link"};
        const int kind = entry.kind == file_kind::regular         ? 1
                         : entry.kind == file_kind::directory     ? 2
                         : entry.kind == file_kind::symbolic_link ? 3
                                                                  : 0;
        const std::string what = entry.failed != nullptr ? "failed" : kinds[kind];
        met.push_back(what + " " + std::to_string(entry.depth) + " " + entry.path);
        return walk_next::on;
    }, {.follow = follow});
    std::sort(met.begin(), met.end());
    if (!done) met.emplace_back(vitte::message(done.error().code));
    return met;
}
}  // namespace

int main() {
    return oracle::answer_all([](const oracle::strings& asked) -> oracle::strings {
        if (asked[0] == "walk") return walked(asked[1], links{asked[2] == "followed"});
        const auto done = copy_tree(asked[1], asked[2]);
        return {done ? "copied" : vitte::message(done.error().code)};
    });
}
