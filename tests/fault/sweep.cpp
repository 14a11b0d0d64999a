// Every call of a scenario fails in every way that its manual allows, once and from then on. Whatever happens: no
// handle is left open, an error names the operation, what is said to be done is done, files are old or new and nothing
// between, and trying again works.
#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <vitte/sys/fs.hpp>
#include <vitte/sys/fs/glob.hpp>
#include <vitte/sys/fs/temporary.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/memory.hpp>
#include <vitte/sys/platform/faulty.hpp>
#include <vitte/sys/process.hpp>

#include "../support/scratch.hpp"
#include "../support/text_files.hpp"

namespace {
using namespace vitte::sys;
using vitte::errc;
using vitte::result;
using frail = faulty<native>;
using injected = faults<native>;

/// What is tried, and what is true before it, after it, and whatever happens.
struct scenario {
    const char* name;
    void (*prepare)();
    result<void> (*run)();
    bool (*done)();      ///< whether all of it has happened
    bool (*harmless)();  ///< whether nothing is lost, done or not
};

std::size_t open_handles() {
    std::size_t count = 0;
    static_cast<void>(
        directory::open("/proc/self/fd")->for_each([&](const directory_entry&) { return ++count, true; }));
    return count;
}
std::set<std::string> files_in_scratch() { return names_in(*directory::open(SCRATCH)); }

const std::string old_text(5000, 'o'), new_text(300'000, 'n');
std::string found_text;
std::size_t found_count;

void old_file() { BOOST_REQUIRE(write(SCRATCH "/file", bytes(old_text)).has_value()); }
void tree() {
    BOOST_REQUIRE((create_directories(SCRATCH "/tree/a/b") && create_directories(SCRATCH "/tree/c")));
    for (const char* name : {"tree/1", "tree/a/2", "tree/a/b/3", "tree/c/4"}) put(*directory::open(SCRATCH), name);
}
bool anything() { return true; }

const scenario scenarios[] = {
    {"read a file", old_file,
     []() -> result<void> {
         VITTE_TRY(found_text, read_text<frail>(SCRATCH "/file"));
         return {};
     },
     [] { return found_text == old_text; }, anything},
    {"replace a file", old_file, [] { return replace<frail>(SCRATCH "/file", bytes(new_text)); },
     [] { return text_of(SCRATCH "/file") == new_text; },
     [] { return text_of(SCRATCH "/file") == old_text || text_of(SCRATCH "/file") == new_text; }},
    {"copy a file", old_file, [] { return copy<frail>(SCRATCH "/file", SCRATCH "/copy"); },
     [] { return text_of(SCRATCH "/copy") == old_text; }, [] { return text_of(SCRATCH "/file") == old_text; }},
    {"copy a file with holes",
     [] {
         const auto made = file::open(SCRATCH "/file", open_mode::create_new);
         BOOST_REQUIRE((made->write_at(bytes(old_text), 1'000'000) && made->resize(2'000'000)));
     },
     [] { return copy<frail>(SCRATCH "/file", SCRATCH "/copy"); },
     [] { return text_of(SCRATCH "/copy") == text_of(SCRATCH "/file"); }, anything},
    {"add to a file", old_file, [] { return append<frail>(SCRATCH "/file", bytes(new_text)); },
     [] { return text_of(SCRATCH "/file").ends_with(new_text); },
     [] { return text_of(SCRATCH "/file").starts_with(old_text); }},
    {"make folders", [] {}, [] { return create_directories<frail>(SCRATCH "/x/y/z"); },
     [] { return vitte::sys::stat(SCRATCH "/x/y/z").has_value(); }, anything},
    {"remove a tree", tree, [] { return remove_all<frail>(SCRATCH "/tree"); },
     [] { return files_in_scratch().empty(); }, anything},
    {"walk a tree", tree,
     []() -> result<void> {
         found_count = 0;
         vitte::error failed;
         bool any = false;
         VITTE_CHECK(walk<frail>(SCRATCH "/tree", [&](const walk_entry<frail>& entry) {
             if (entry.failed != nullptr)
                 failed = *entry.failed, any = true;
             else
                 ++found_count;
             return walk_next::on;
         }));
         return any ? result<void>(vitte::unexpected(failed)) : result<void>();
     },
     [] { return found_count == 7; }, anything},
    {"keep a temporary file", old_file,
     []() -> result<void> {
         VITTE_TRY(auto folder, basic_directory<frail>::open(SCRATCH));
         VITTE_TRY(auto made, basic_temporary_file<frail>::create_in(std::move(folder)));
         VITTE_CHECK(made.file().write(bytes(new_text)));
         VITTE_TRY(const auto where, basic_directory<frail>::open(SCRATCH));
         return made.keep(where, "kept");
     },
     [] { return text_of(SCRATCH "/kept") == new_text; }, [] { return text_of(SCRATCH "/file") == old_text; }},
    {"find the canonical path", tree,
     []() -> result<void> {
         char text[4096];
         VITTE_TRY(const std::size_t size, canonical<frail>(SCRATCH "/tree/../tree/a", text));
         found_text.assign(text, size);
         return {};
     },
     [] { return found_text.ends_with(SCRATCH "/tree/a"); }, anything},
    {"capture a program", [] {},
     []() -> result<void> {
         auto what = basic_command<frail>("/bin/sh");
         what.arguments({"-c", "cat; echo error >&2"});
         VITTE_TRY(const auto done, capture(what, {.input = bytes(old_text)}));
         found_text = done.output_text();
         return done.succeeded() && done.error_text() == "error\n" ? result<void>()
                                                                   : vitte::fail(errc::unknown, "said");
     },
     [] { return found_text == old_text; }, anything},
};

struct tally {
    std::size_t points = 0, runs = 0;
    std::set<std::pair<std::string, errc>> fired;
};

void try_once(const scenario& s, const fault& what, tally& count) {
    BOOST_REQUIRE((remove_all(SCRATCH) && create_directories(SCRATCH)));
    s.prepare();
    found_text.clear();
    found_count = 0;
    const std::size_t handles = open_handles();
    injected::arm(what);
    const auto ended = s.run();
    const bool fired = injected::fired() != 0;
    const std::string call = what.name;
    injected::arm();
    ++count.runs;
    if (fired) count.fired.emplace(call, what.code);
    BOOST_TEST_CONTEXT(s.name << ": call " << what.call << ", " << call << ": " << message(what.code) << ", times "
                              << what.times << (what.short_transfers ? ", short transfers" : "")) {
        BOOST_TEST(open_handles() == handles);
        BOOST_TEST(s.harmless());
        if (ended) BOOST_TEST(s.done());
        if (!ended) BOOST_TEST(*ended.error().operation != 0);
        if (!ended) BOOST_TEST(fired);
        if (ended || s.done()) return;
        static_cast<void>(remove_all(SCRATCH "/copy"));  // which a copy does not replace
        const auto again = s.run();
        BOOST_TEST((again && s.done()));
    }
}
}  // namespace

BOOST_AUTO_TEST_SUITE(fault_sweep)

BOOST_AUTO_TEST_CASE(nothing_is_lost_when_any_call_fails, *needs(own_kernel)) {
    const scratch folder;
    tally count;
    std::set<std::pair<std::string, errc>> wanted;
    for (const scenario& s : scenarios) {
        BOOST_REQUIRE((remove_all(SCRATCH) && create_directories(SCRATCH)));
        s.prepare();
        injected::arm();
        BOOST_TEST_CONTEXT(s.name) BOOST_REQUIRE((s.run() && s.done()));
        std::vector<std::string> calls;
        for (std::uint64_t k = 1; k <= injected::count(); ++k) calls.emplace_back(injected::name(k));
        for (std::size_t k = 0; k < calls.size(); ++k) {
            const char* const name = calls[k].c_str();
            const auto until = calls.begin() + static_cast<std::ptrdiff_t>(k) + 1;
            const auto nth = static_cast<std::uint64_t>(std::count(calls.begin(), until, calls[k]));
            for (const errc code : possible_errors(name)) {
                ++count.points;
                wanted.emplace(calls[k], code);
                // What is interrupted for ever, or never ready, waits for ever.
                const bool passes = code == errc::interrupted || code == errc::would_block;
                try_once(s, {nth, code, 1, false, name}, count);
                try_once(s, {nth, code, passes ? 5 : fault::for_ever, false, name}, count);
                try_once(s, {nth, code, 1, true, name}, count);
            }
        }
    }
    for (const auto& [call, code] : wanted)
        BOOST_TEST_CONTEXT(call << " " << message(code)) BOOST_TEST(count.fired.contains({call, code}));
    std::printf("fault sweep: %zu scenarios, %zu points, %zu runs, %zu pairs of call and error\n", std::size(scenarios),
                count.points, count.runs, count.fired.size());
}

BOOST_AUTO_TEST_SUITE_END()
