// Other users look after every single call, while calls fail: nobody may read, write, run, run as somebody else or
// remove at any moment what he may not in the end. As root, as an ordinary user, and with umask 0. And others who may
// write into a folder lead nobody out of it.
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <set>
#include <vector>
#include <vitte/loader/loader.hpp>
#include <vitte/loader/native/link.hpp>
#include <vitte/sys/fs.hpp>
#include <vitte/sys/fs/attributes.hpp>
#include <vitte/sys/fs/contained.hpp>
#include <vitte/sys/fs/temporary.hpp>
#include <vitte/sys/platform/faulty.hpp>

#include "../support/needs.hpp"
#include "onlookers.hpp"

namespace privacy_test {  // with a name: what the linker has of a platform is declared elsewhere
using namespace vitte::sys;
using vitte::errc;
using vitte::result;

/// After every call of `Inner`.
template <platform Inner>
struct interruption {
    static inline std::function<void(const char* call)> after;

    template <class Call, class... Arguments>
    static auto around(const char* name, Call call, const Arguments&...) noexcept {
        if constexpr (std::is_void_v<decltype(call())>) {
            call();
            if (after) after(name);
        } else {
            auto returned = call();
            if (after) after(name);
            return returned;
        }
    }
};
/// The native platform without what takes long and shows nobody more: storing. It clones files as macOS does, if that
/// is asked for: the mode is that of the file, without set-user-ID, and the group that of the folder. The folder "/tmp"
/// is "d/tmp".
struct base : native {
    static inline bool clones = false;

    struct files : native::files {
        static result<handle> open(const char* path, const open_options& options) noexcept {
            const bool temporary = std::strncmp(path, "/tmp/", 5) == 0;
            return native::files::open(temporary ? ("d" + std::string(path)).c_str() : path, options);
        }
        static result<void> sync(handle) noexcept { return {}; }
        static result<void> clone_to(handle from, const char* path) noexcept {
            if (!clones) return vitte::fail(errc::not_supported, "clone");
            VITTE_TRY(const file_info facts, info(from));
            VITTE_TRY(const handle made, open(path, {open_mode::create_new, 0, 0}));
            VITTE_CHECK(set_mode(made, facts.mode & 0777));
            return close(made);
        }
    };
    struct directories : native::directories {
        static result<void> sync(handle) noexcept { return {}; }
    };
};
using stops = interruption<base>;
struct interrupted : decorated<base, stops> {};
}  // namespace privacy_test

namespace {
using namespace privacy_test;
using frail = faulty<interrupted>;
using injected = faults<interrupted>;

constexpr unsigned root = 0;
const std::string text(12, 'n');
std::span<const std::byte> content() { return std::as_bytes(std::span(text)); }

/// An entry of an access control list, as Linux keeps it (acl(5), linux/posix_acl_xattr.h).
struct list_entry {
    std::uint16_t tag, rights;
    std::uint32_t who;
};
using access_list = std::vector<list_entry>;
constexpr std::uint32_t nobody_named = ~0u;
access_list list_of(std::uint16_t owner, std::uint16_t for_named, std::uint16_t group, std::uint16_t mask,
                    std::uint16_t others) {
    return {{1, owner, nobody_named},
            {2, for_named, named},
            {4, group, nobody_named},
            {16, mask, nobody_named},
            {32, others, nobody_named}};
}
bool put_list(const char* path, const char* which, const access_list& list) {
    std::uint32_t whole[32] = {2};
    std::memcpy(whole + 1, list.data(), list.size() * sizeof list[0]);
    return setxattr(path, which, whole, 4 + list.size() * sizeof list[0], 0) == 0;
}

/// What is tried.
struct attempt {
    std::string name;
    std::function<void()> prepare;  // by root, in an empty folder of ours: "d"
    std::function<result<void>()> run;
    const char* limit = nullptr;  // what is new is no more open than this is before; without one, to nobody else
    const char* kept = nullptr;   // if it succeeds: what is as it was, to everybody
};

/// The file that is replaced or copied.
struct old_file {
    const char* what;
    unsigned owner, group;
    mode_t mode;
    access_list list = {};
    bool in_open_folder = false;  // whose list is inherited
};

void make_file(const char* path, unsigned owner, unsigned group, mode_t mode) {
    const int made = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (made == -1 || write(made, "old", 3) != 3) std::abort();
    close(made);
    if (chown(path, owner, group) != 0 && geteuid() == 0) std::abort();
    if (chmod(path, mode) != 0) std::abort();
}
void make_folder(const char* path, unsigned owner, mode_t mode) {
    if (mkdir(path, 0700) != 0 || (chown(path, owner, owner) != 0 && geteuid() == 0) || chmod(path, mode) != 0)
        std::abort();
}
void make(const old_file& what) {
    make_file("d/file", what.owner, what.group, what.mode);
    if (!what.list.empty() && !put_list("d/file", "system.posix_acl_access", what.list)) std::abort();
    if (what.in_open_folder && !put_list("d", "system.posix_acl_default", list_of(7, 7, 7, 7, 7))) std::abort();
}

/// Whether this platform sees lists, and the file system here has them.
template <class P = base>
bool has_lists() {
    if constexpr (requires(int h, std::byte* to) { P::files::attribute(h, "", to, std::size_t{}); }) {
        make_file("probe", geteuid(), getegid(), 0600);
        const bool has = put_list("probe", "system.posix_acl_access", list_of(6, 4, 4, 4, 0));
        unlink("probe");
        if (!has) std::printf("skipped: access control lists: the file system has none\n");
        return has;
    } else {
        return false;
    }
}

std::vector<old_file> old_files(unsigned me) {
    std::vector<old_file> all{
        {"a secret", me, me, 0600},
        {"a file for our group", me, me, 0640},
        {"a file for the club", me, club, 0660},
        {"a file for a group that we are not in", me, them, 0640},
        {"a file for all but the club", me, club, 0604},
        {"a file for all but a group that we are not in", me, them, 0604},
        {"a file for all", me, me, 0644},
        {"a tool of ours", me, me, 04755},
        {"a tool of the club's", me, club, 02755},
        {"a secret of theirs", them, them, 0600},
        {"a file of theirs for our group", them, me, 0640},
        {"a file of theirs for all", them, them, 0666},
        {"a tool of theirs", them, them, 06755},
        {"a tool of theirs for our group", them, me, 04750},
        {"a file of root's for its group", root, root, 0640},
    };
    if (!has_lists()) return all;
    const std::vector<old_file> with_lists{
        {"a file with a list for somebody", me, me, 0640, list_of(6, 4, 0, 4, 0)},
        {"a file with a list against somebody", me, me, 0644, list_of(6, 0, 4, 4, 4)},
        {"a file with a list that nobody reads", me, me, 0240, list_of(2, 4, 0, 4, 0)},
        {"a file with a list for a group that we are not in", me, them, 0640, list_of(6, 4, 0, 4, 0)},
        {"a file of theirs with a list", them, them, 0664, list_of(6, 6, 0, 6, 4)},
        {"a secret in an open folder", me, me, 0600, {}, true},
        {"a file for our group in an open folder", me, me, 0640, {}, true},
        {"a file with a list in an open folder", me, me, 0640, list_of(6, 4, 0, 4, 0), true},
    };
    all.insert(all.end(), with_lists.begin(), with_lists.end());
    return all;
}

/// A symbol at this place, as linked objects have them.
template <class P>
result<void> list_a_symbol() {
    namespace loader = vitte::loader;
    loader::elf::symbol symbol{};
    symbol.info = 0x12;  // a global function
    symbol.section = 1;
    symbol.size = 16;
    loader::native::symbol_index index;
    index.add(symbol, 0x1000, "f");
    index.sort();
    VITTE_TRY(const auto map, loader::native::perf_map<P>::open());
    return map.add(index);
}
const std::size_t listed = std::strlen("1000 10 f\n");

/// The file `name` in the folder that the environment variable `variable` tells.
byte_buffer built(const char* variable, const char* name) {
    const char* const folder = std::getenv(variable);
    if (folder == nullptr) std::abort();
    return std::move(*read((std::string(folder) + "/" + name).c_str()));
}
/// Loads or links, by `work(loader)`, with what the modules need.
template <class Work>
result<void> with_loader(Work work) {
    vitte::loader::basic_module_loader<frail> loader;
    loader.provide("host_event", static_cast<void (*)(const char*)>([](const char*) {}));
    loader.provide("host_twice", static_cast<int (*)(int)>([](int n) { return 2 * n; }));
    loader.provide("second", static_cast<int (*)()>([] { return 1; }));
    loader.provide("strlen", static_cast<std::size_t (*)(const char*)>(std::strlen));  // a static program exports none
    const auto made = work(loader);
    if (!made) return vitte::fail(made.error().code, "load module");
    return {};
}
constexpr bool links_modules = vitte::loader::native::machine::supported,
               links_objects = vitte::loader::native::object::supported;

/// Whether that fails because the system or the file system has no such thing.
bool lacks(const result<void>& done) { return done.error().code == errc::not_supported; }

/// What is done by `me`, whose umask is `mask`.
std::vector<attempt> attempts(unsigned me, mode_t mask) {
    std::vector<attempt> all;
    for (const old_file& old : old_files(me)) {
        const bool ours =
            me == root || (old.owner == me && (old.group == me || old.group == club) && (old.mode & 0400) != 0);
        all.push_back({std::string("replace ") + old.what, [=] { make(old); },
                       [] { return replace<frail>("d/file", content()); }, "d/file", ours ? "d/file" : nullptr});
        all.push_back({std::string("copy ") + old.what, [=] { make(old); },
                       [] { return copy<frail>("d/file", "d/copy"); }, "d/file"});
    }
    for (const old_file& old : {old_file{"a secret", me, me, 0600},
                                {"a file for the club", me, club, 0660},
                                {"a tool of theirs", them, them, 06755}})
        all.push_back({std::string("clone ") + old.what, [=] { make(old), base::clones = true; },
                       [] { return copy<frail>("d/file", "d/copy"); }, "d/file"});
    const auto for_all = [=] { make_file("d/limit", me, me, 0666 & ~mask); };
    const auto folder_for_all = [=] {
        make_folder("d/limit", me, 0777 & ~mask);
        make_folder("d/limit/below", me, 0777 & ~mask);
    };
    const auto temporary_folder = [=] { make_folder("d/tmp", root, 01777); };
    const auto secret = [=] { make_file("d/file", me, me, 0600); };
    all.push_back({"write a file", for_all, [] { return write<frail>("d/file", content()); }, "d/limit"});
    all.push_back({"replace nothing", for_all, [] { return replace<frail>("d/file", content()); }, "d/limit"});
    all.push_back({"write a secret again", secret, [] { return write<frail>("d/file", content()); }});
    all.push_back({"add to a secret", secret, [] { return append<frail>("d/file", content()); }});
    all.push_back({"write a new secret", [] {},
                   []() -> result<void> {
                       VITTE_TRY(auto made, basic_file<frail>::open("d/file", {open_mode::create_new, 0, 0600}));
                       VITTE_CHECK(made.write(content()));
                       return made.close();
                   }});
    all.push_back({"write a secret in pieces", secret, []() -> result<void> {
                       VITTE_TRY(auto made, basic_file<frail>::open("d/file", open_mode::update));
                       VITTE_CHECK(made.resize(0));
                       if (const auto room = made.allocate(0, text.size()); !room && !lacks(room)) return room;
                       VITTE_CHECK(made.write_at(content(), 3));
                       VITTE_CHECK(made.set_times(no_time, 1'000'000'000));
                       if (const auto named = set_attribute(made, "user.test", content()); !named && !lacks(named))
                           return named;
                       return made.sync();
                   }});
    all.push_back({"copy a part of a secret",
                   [=] {
                       secret();
                       make_file("d/limit", me, me, 0666 & ~mask);  // the new file is as any that is written
                   },
                   []() -> result<void> {
                       VITTE_TRY(const auto from, basic_file<frail>::open("d/file"));
                       VITTE_TRY(auto to, basic_file<frail>::open("d/part", open_mode::write));
                       VITTE_CHECK(copy_range(from, 0, to, 0, 2));
                       return to.close();
                   },
                   "d/limit"});
    all.push_back({"name a secret twice", secret, []() -> result<void> {
                       VITTE_TRY(const auto in, basic_directory<frail>::open("d"));
                       VITTE_CHECK(in.link("file", in, "second"));
                       VITTE_CHECK(in.rename("file", in, "third"));
                       VITTE_CHECK(in.remove("second"));
                       return in.sync();
                   }});
    all.push_back({"keep secrets within a contained folder", [] {},
                   []() -> result<void> {
                       VITTE_TRY(auto opened, basic_directory<frail>::open("d"));
                       const basic_contained_directory<frail> in(std::move(opened));
                       VITTE_CHECK(in.create_directory("below", 0700));
                       VITTE_TRY(auto made, in.open_file("below/../file", {open_mode::create_new, 0, 0600}));
                       VITTE_CHECK(made.write(content()));
                       return made.close();
                   }});
    all.push_back({"keep a temporary file", [] {},
                   []() -> result<void> {
                       VITTE_TRY(auto folder, basic_directory<frail>::open("d"));
                       VITTE_TRY(auto made, basic_temporary_file<frail>::create_in(std::move(folder)));
                       VITTE_CHECK(made.file().write(content()));
                       VITTE_TRY(const auto where, basic_directory<frail>::open("d"));
                       return made.keep(where, "kept");
                   }});
    all.push_back({"use temporary files", temporary_folder, []() -> result<void> {
                       VITTE_TRY(const auto folder, basic_temporary_directory<frail>::create());
                       VITTE_TRY(const auto inside, folder.open());
                       VITTE_TRY(const auto within, inside.open_file("file", open_mode::create_new));
                       VITTE_TRY(const auto file, basic_temporary_file<frail>::create());
                       VITTE_CHECK(file.file().write(content()));
                       return within.write(content());
                   }});
    all.push_back({"make secret folders", [] {}, [] { return create_directories<frail>("d/x/y/z", 0700); }});
    all.push_back(
        {"make folders", folder_for_all, [] { return create_directories<frail>("d/x/y/z"); }, "d/limit/below"});
    all.push_back({"remove a tree of secrets",
                   [=] {
                       make_folder("d/tree", me, 0700);
                       make_folder("d/tree/below", me, 0777);
                       make_file("d/tree/below/file", me, me, 0666);
                   },
                   [] { return remove_all<frail>("d/tree"); }});
    all.push_back({"list symbols for perf", temporary_folder, list_a_symbol<frail>});
    all.push_back({"list more symbols for perf", temporary_folder, []() -> result<void> {
                       VITTE_CHECK(list_a_symbol<frail>());
                       return list_a_symbol<frail>();
                   }});
    if constexpr (links_modules) {
        const auto there = std::make_shared<const byte_buffer>(built("VITTE_FIXTURES", "libcounter.so"));
        const auto module = [=] {
            temporary_folder();
            make_file("d/module.so", me, me, 0600);
            if (!write("d/module.so", there->bytes())) std::abort();
        };
        all.push_back({"load a module", module,
                       [] { return with_loader([](auto& loader) { return loader.load("d/module.so"); }); }, nullptr,
                       "d/module.so"});
        all.push_back({"load a module that is verified", module,
                       [] {
                           return with_loader([](auto& loader) {
                               return loader.load("d/module.so", {.verify = [](std::span<const std::byte> seen) {
                                                      return !seen.empty();
                                                  }});
                           });
                       },
                       nullptr, "d/module.so"});
        all.push_back({"load a module from memory", temporary_folder, [=] {
                           return with_loader([&](auto& loader) { return loader.load(there->bytes(), "module"); });
                       }});
    }
    if constexpr (links_objects) {
        const auto object = std::make_shared<const byte_buffer>(built("VITTE_LINKED", "member_first.o"));
        all.push_back({"link an object", temporary_folder, [=] {
                           const auto part = vitte::loader::link_input::bytes("object", object->bytes());
                           return with_loader([&](auto& loader) { return loader.link(std::span(&part, 1)); });
                       }});
    }
    return all;
}

/// Files in memory are faster; but nobody is seen to run what nobody may run there.
void use_fastest_folder() {
    struct statvfs facts;
    const bool runs = statvfs("/dev/shm", &facts) == 0 && (facts.f_flag & ST_NOEXEC) == 0;
    if (runs && ::access("/dev/shm", W_OK) == 0) setenv("TMPDIR", "/dev/shm", 0);
}
/// What `work()` returns in a process of its own, in a folder that everybody may go through, with this umask.
template <class Work>
bool on_stage(mode_t mask, Work work) {
    use_fastest_folder();
    const temporary_directory folder = std::move(*temporary_directory::create());
    BOOST_REQUIRE(chmod(folder.path(), 0777) == 0);
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        umask(mask);
        const bool done = chdir(folder.path()) == 0 && setenv("TMPDIR", "d/tmp", 1) == 0 && work();
        std::fflush(nullptr);
        _exit(done ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status == 0;
}
/// The folder "d", empty and ours, and then what `prepare` does, by root if we may become root.
template <class Prepare>
void set_up(const onlookers& others, Prepare prepare) {
    others.as_root([&] {
        const mode_t mask = umask(0);
        static_cast<void>(remove_all<base>("d"));
        make_folder("d", others.me(), 0755);
        base::clones = false;
        prepare();
        umask(mask);
    });
}

/// Tries all, under all faults.
class looked_after {
public:
    looked_after(unsigned me, mode_t mask) : all_(attempts(me, mask)), others_("d", me), me_(me), mask_(mask) {}

    bool run() {
        for (number_ = 0; number_ < all_.size(); ++number_) {
            const auto calls = calls_of(false), other_calls = calls_of(true);
            if (mask_ != 0) continue;  // with faults where most could go wrong
            fail_each(calls, false);
            if (other_calls != calls) fail_each(other_calls, true);
            try_once({.short_transfers = true});
        }
        std::printf("by user %u, umask %03o: %zu attempts, %zu runs, %zu looks\n", me_, static_cast<unsigned>(mask_),
                    all_.size(), runs_, looks_);
        return faults_ == 0;
    }

private:
    const attempt& what() const { return all_[number_]; }

    std::vector<std::string> calls_of(bool bare) {
        try_once({.bare = bare});
        std::vector<std::string> calls;
        for (std::uint64_t k = 1; k <= injected::count(); ++k) calls.emplace_back(injected::name(k));
        return calls;
    }
    void fail_each(const std::vector<std::string>& calls, bool bare) {
        for (auto call = calls.begin(); call != calls.end(); ++call) {
            const auto nth = static_cast<std::uint64_t>(std::count(calls.begin(), call + 1, *call));
            const std::set<errc> codes = telling(call->c_str());
            for (const errc code : codes)
                if (!bare || code != errc::not_supported)
                    try_once({.call = nth, .code = code, .name = call->c_str(), .bare = bare});
            try_once({.call = nth, .code = *codes.begin(), .name = call->c_str(), .bare = bare, .all_after = true});
        }
    }
    /// One failure is like another, but for those after which there are other ways. That calls are made again after an
    /// interruption, the sweep of faults sees, but for one that its scenarios do not make.
    static std::set<errc> telling(const char* call) {
        const std::span<const errc> possible = possible_errors(call);
        std::set<errc> chosen{possible.back()};
        for (const errc code : possible)
            if (code == errc::not_supported || code == errc::permission_denied ||
                std::strcmp(call, "files.set_owner") == 0)
                chosen.insert(code);
        return chosen;
    }
    void try_once(const fault& failing) {
        set_up(others_, what().prepare);
        before_ = others_.look();
        failing_ = failing;
        stops::after = [this](const char* call) {
            if (failing_.call == 0 || injected::fired() != 0) compare(call);
        };
        injected::arm(failing);
        const auto ended = what().run();
        stops::after = nullptr;
        ++runs_;
        const bool passes = failing.call == 0 || (failing.code == errc::interrupted && !failing.all_after);
        if (passes && !failing.bare) look_at_end(ended);
    }
    void compare(const char* call) {
        static constexpr sighting nothing{};
        ++looks_;
        const sighting* const limit = what().limit == nullptr ? &nothing : before_.at(what().limit);
        for (const sighting& s : others_.look()) {
            const sighting* const known = before_.same_as(s);
            for (std::size_t who = 0; who < most_people; ++who)
                if (people[who].user != me_) tell(call, s, who, s.beyond(known != nullptr ? *known : *limit, who));
        }
    }
    void tell(const char* call, const sighting& s, std::size_t who, unsigned more) {
        for (unsigned i = 0; i < std::size(right_names); ++i)
            if ((more >> i & 1) != 0)
                complain("after %s %s may %s %s, which is %04o %u:%u", call, people[who].name, right_names[i], s.path,
                         static_cast<unsigned>(s.mode & 07777), s.owner, s.group);
    }
    void look_at_end(const result<void>& ended) {
        const bool refused = !ended && ended.error().code == errc::permission_denied && me_ != root;
        if (!ended && (!refused || what().kept != nullptr))
            complain("%s: %s", ended.error().operation, message(ended.error().code));
        if (!ended || what().kept == nullptr) return;
        const sighting &old = *before_.at(what().kept), &now = *others_.look().at(what().kept);
        if (old.mode != now.mode || old.owner != now.owner || old.group != now.group)
            complain("%s is %04o %u:%u and no more %04o %u:%u", now.path, static_cast<unsigned>(now.mode & 07777),
                     now.owner, now.group, static_cast<unsigned>(old.mode & 07777), old.owner, old.group);
        for (std::size_t who = 0; who < most_people; ++who)
            if (people[who].user != me_ && old.beyond(now, who) != 0)
                complain("%s may do less to %s", people[who].name, now.path);
    }
    template <class... Arguments>
    void complain(const char* format, const Arguments&... arguments) {
        ++faults_;
        if (std::exchange(complained_, &what()) == &what()) return;  // one of each attempt says enough
        std::printf("by user %u, umask %03o: %s", me_, static_cast<unsigned>(mask_), what().name.c_str());
        if (failing_.call != 0)
            std::printf(", %s number %u fails (%s)%s", failing_.name, static_cast<unsigned>(failing_.call),
                        message(failing_.code), failing_.all_after ? " and all after it" : "");
        std::printf(": ");
        std::printf(format, arguments...);
        std::printf("\n");
    }

    std::vector<attempt> all_;  // reads fixtures, which only the user who built them may reach
    onlookers others_;
    unsigned me_;
    mode_t mask_;
    std::size_t number_ = 0;
    sightings before_;
    fault failing_;
    const attempt* complained_ = nullptr;
    std::size_t runs_ = 0, looks_ = 0, faults_ = 0;
};

bool nobody_sees_more(unsigned me, mode_t mask) {
    return on_stage(mask, [&] { return looked_after(me, mask).run(); });
}

/// They move what is in `folder` elsewhere, the innermost first, and leave links to what is ours.
void lead_astray(const std::string& folder, const std::string& ours) {
    static unsigned count = 0;
    DIR* const entries = opendir(folder.c_str());
    if (entries == nullptr) return;
    while (const dirent* const entry = readdir(entries)) {
        if (is_dots(entry->d_name) || entry->d_type == DT_LNK) continue;
        const std::string path = folder + "/" + entry->d_name, elsewhere = "d/trap/" + std::to_string(++count);
        const bool is_folder = entry->d_type == DT_DIR;
        if (is_folder) lead_astray(path, ours);
        if (rename(path.c_str(), elsewhere.c_str()) != 0) continue;
        if (symlink((is_folder ? ours : ours + "/kept").c_str(), path.c_str()) != 0) std::abort();
    }
    closedir(entries);
}

/// Whether what is ours is left as it is, whenever they do that while `what` is done to their folder.
bool leads_nobody_astray(const onlookers& others, const char* what, const std::function<result<void>()>& run) {
    const auto prepare = [&] {
        make_folder("d/ours", others.me(), 0755);
        make_file("d/ours/kept", others.me(), others.me(), 0644);
        make_folder("d/trap", others.me(), 0777);
        make_file("d/trap/kept", others.me(), others.me(), 0644);
        std::string path = "d/theirs";
        for (unsigned depth = 0; depth < 36; ++depth, path += "/a") make_folder(path.c_str(), them, 0777);
        for (const std::string& name : {path + "file", std::string("d/theirs/file"), std::string("d/theirs/a/file")})
            make_file(name.c_str(), them, them, 0666);
    };
    const auto is_kept = [](const char* folder) {
        const auto kept = basic_directory<base>::open(folder);
        const auto facts = kept->info("kept");
        return facts && facts->size == 3 && facts->mode == 0644;
    };
    char here[4096];
    if (getcwd(here, sizeof here) == nullptr) return false;
    const std::string ours = std::string(here) + "/d/ours";
    for (unsigned moment = 0, calls = 0; moment <= calls; moment += calls > 100 ? 9 : 1) {  // 0: before all
        set_up(others, prepare);
        const auto act_at = [&](unsigned now) {
            if (now == moment) others.as(them, them, [&] { lead_astray("d/theirs", ours); });
        };
        act_at(calls = 0);
        stops::after = [&](const char*) { act_at(++calls); };
        static_cast<void>(run());
        stops::after = nullptr;
        if (is_kept("d/ours") && is_kept("d/trap")) continue;
        std::printf("by user %u: %s: led astray after call %u\n", others.me(), what, moment);
        return false;
    }
    return true;
}

bool nobody_is_led_astray(unsigned me) {
    using platform = interrupted;
    const onlookers others("d", me);
    bool well = true;
    const auto attempt = [&](const char* what, const std::function<result<void>()>& run) {
        well = leads_nobody_astray(others, what, run) && well;
    };
    attempt("remove a tree", [] { return remove_all<platform>("d/theirs"); });
    attempt("remove what may be a link", [] { return remove_all<platform>("d/theirs/a//"); });
    attempt("replace", [] { return replace<platform>("d/theirs/file", content()); });
    attempt("copy to there", [] { return copy<platform>("d/ours/kept", "d/theirs/copy"); });
    attempt("use a temporary file", []() -> result<void> {
        VITTE_TRY(auto folder, basic_directory<platform>::open("d/theirs"));
        VITTE_TRY(auto made, basic_temporary_file<platform>::create_in(std::move(folder)));
        return made.file().write(content());
    });
    return well;
}

/// What others put at the name of a map before we make it, or while we do.
struct plant {
    const char* what;
    void (*put)(const char* path);
    bool by_root = false;  ///< as some kernels let nobody else do it
};
constexpr plant plants[] = {
    {"a link to our file", [](const char* path) { static_cast<void>(symlink("../ours/kept", path)); }},
    {"a link to no file", [](const char* path) { static_cast<void>(symlink("../ours/new", path)); }},
    {"a second name of our file", [](const char* path) { static_cast<void>(link("d/ours/kept", path)); }, true},
    {"their file",
     [](const char* path) {
         if (::access(path, F_OK) != 0) make_file(path, them, them, 0666);
     }},
    {"their FIFO",
     [](const char* path) {
         if (mkfifo(path, 0666) == 0) chmod(path, 0666);
     }},
    {"their folder", [](const char* path) { static_cast<void>(mkdir(path, 0777)); }},
};
bool size_is(const char* path, std::size_t size) {
    struct stat facts;
    return stat(path, &facts) == 0 && static_cast<std::size_t>(facts.st_size) == size;
}

/// Whether a map goes into a file that is ours alone or nowhere, whenever they do that.
bool no_map_goes_elsewhere(unsigned me) {
    const onlookers others("d", me);
    const std::string path = "d/tmp/perf-" + std::to_string(getpid()) + ".map";
    const auto prepare = [&] {
        make_folder("d/ours", me, 0755);
        make_file("d/ours/kept", me, me, 0644);
        make_folder("d/tmp", root, 01777);
    };
    bool well = true;
    for (const plant& p : plants)
        for (unsigned moment = 0, calls = 0; moment <= calls; ++moment) {  // 0: before all
            set_up(others, prepare);
            const auto act_at = [&](unsigned now) {
                if (now != moment) return;
                others.as(p.by_root ? root : them, p.by_root ? root : them, [&] { p.put(path.c_str()); });
            };
            act_at(calls = 0);
            stops::after = [&](const char*) { act_at(++calls); };
            const auto ended = list_a_symbol<interrupted>();
            stops::after = nullptr;
            struct stat now;
            bool good = false;
            others.as_root([&] {
                good = lstat(path.c_str(), &now) == 0 && size_is("d/ours/kept", 3) && ::access("d/ours/new", F_OK) != 0;
                const bool is_file = S_ISREG(now.st_mode),
                           is_ours = is_file && now.st_uid == me && (now.st_mode & 07777) == 0600;
                good =
                    good && (ended ? is_ours && size_is(path.c_str(), listed) : !is_file || size_is(path.c_str(), 3));
            });
            if (good) continue;
            std::printf("by user %u: %s is used after call %u\n", me, p.what, moment);
            well = false;
            break;
        }
    set_up(others, prepare);
    if (list_a_symbol<interrupted>() && list_a_symbol<interrupted>() && size_is(path.c_str(), 2 * listed)) return well;
    std::printf("by user %u: what was listed before is lost\n", me);
    return false;
}

const ability privilege{"the rights of root", [] { return geteuid() == 0; }};
}  // namespace

BOOST_AUTO_TEST_SUITE(privacy)

BOOST_AUTO_TEST_CASE(who_looks_sees_what_he_may) {
    const unsigned me = privilege.present() ? us : geteuid();
    BOOST_TEST(on_stage(022, [&] {
        onlookers others("d", me);
        set_up(others, [&] {
            make_file("d/secret", me, me, 0600);
            make_file("d/tool", me, me, 06755);
            make_folder("d/common", me, 0777);
            make_file("d/common/file", me, me, 0646);
            make_folder("d/temporary", me, 01777);
            make_file("d/temporary/file", me, me, 0604);
            make_folder("d/ours", me, 0700);
            make_file("d/ours/file", me, me, 0777);
        });
        const sightings& seen = others.look();
        const auto by_stranger = [&](const char* path, unsigned rights) {
            if (seen.at(path)->rights[0] == rights) return true;
            std::printf("a stranger may do %u to %s\n", seen.at(path)->rights[0], path);
            return false;
        };
        return by_stranger("d/secret", 0) && by_stranger("d/tool", reading | executing | as_owner | as_group) &&
               by_stranger("d/common", reading | writing | executing) &&
               by_stranger("d/common/file", reading | writing | removing) && by_stranger("d/temporary/file", reading) &&
               by_stranger("d/ours", 0) && by_stranger("d/ours/file", 0);
    }));
}

BOOST_AUTO_TEST_CASE(nobody_sees_more_of_what_root_does, *needs(privilege)) {
    for (const mode_t mask : {022u, 0u}) BOOST_TEST(nobody_sees_more(root, mask));
}

BOOST_AUTO_TEST_CASE(nobody_sees_more_of_what_a_user_does) {
    const unsigned me = privilege.present() ? us : geteuid();
    for (const mode_t mask : {022u, 0u}) BOOST_TEST(nobody_sees_more(me, mask));
}

BOOST_AUTO_TEST_CASE(who_may_change_a_folder_leads_nobody_astray, *needs(privilege)) {
    for (const unsigned me : {root, us}) BOOST_TEST(on_stage(022, [&] { return nobody_is_led_astray(me); }));
}

BOOST_AUTO_TEST_CASE(maps_for_perf_go_into_no_file_of_others, *needs(privilege)) {
    for (const unsigned me : {root, us}) BOOST_TEST(on_stage(022, [&] { return no_map_goes_elsewhere(me); }));
}

BOOST_AUTO_TEST_SUITE_END()
