// What the system refuses: a disk that is full, one that may only be read, and a user who may not. Nothing is lost.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include <vitte/sys/fs.hpp>
#include <vitte/sys/fs/glob.hpp>
#include <vitte/sys/fs/temporary.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/fs/walk.hpp>
#include <vitte/sys/fs/watch.hpp>

#include "../support/scratch.hpp"
#include "../support/text_files.hpp"

namespace {
using namespace vitte::sys;
using vitte::errc;

/// A file system of 256 KiB.
struct small_disk {
    const scratch folder;
    const bool mounted = mount("vitte-test", SCRATCH, "tmpfs", 0, "size=256k") == 0;
    ~small_disk() {
        if (mounted) umount2(SCRATCH, MNT_DETACH);
    }
    static bool may_only_be_read() {
        return mount("vitte-test", SCRATCH, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=256k") == 0;
    }
};

const ability mounting{"the right to mount", [] { return small_disk().mounted; }};
const ability privilege{"the rights of root", [] { return geteuid() == 0; }};

/// What `work` returns in a process of somebody else.
template <class Work>
bool as_nobody(Work work) {
    const pid_t child = fork();
    if (child == 0) _exit(setgid(65534) == 0 && setuid(65534) == 0 && work() ? 0 : 1);
    int status = -1;
    waitpid(child, &status, 0);
    return status == 0;
}

/// The native platform, which remembers the rights that files were made with.
struct noting : native {
    static inline std::uint32_t made = 0;
    static vitte::result<int> noted(vitte::result<int> opened, const open_options& options) {
        if (opened && options.mode == open_mode::create_new) made |= native::files::info(*opened)->mode;
        return opened;
    }
    struct files : native::files {
        static vitte::result<handle> open(const char* path, const open_options& options) {
            return noted(native::files::open(path, options), options);
        }
    };
    struct directories : native::directories {
        static vitte::result<handle> open_file(handle in, const char* path, const open_options& options) {
            return noted(native::directories::open_file(in, path, options), options);
        }
    };
};

/// The native platform, on a disk that does not store folders.
struct unsynced : native {
    struct directories : native::directories {
        static vitte::result<void> sync(handle) noexcept { return vitte::fail(errc::io_error, "fsync"); }
    };
};

template <class Result>
bool denied(const Result& done) {
    return !done && done.error().code == errc::permission_denied && *done.error().operation != 0;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(refusals)

BOOST_AUTO_TEST_CASE(a_full_disk_loses_nothing, *needs(mounting)) {
    const small_disk disk;
    const std::string half(150'000, 'h');
    BOOST_TEST(write(SCRATCH "/file", bytes(half)).has_value());
    BOOST_TEST((replace(SCRATCH "/file", bytes(half)).error().code == errc::no_space));
    BOOST_TEST((text_of(SCRATCH "/file") == half));
    BOOST_TEST((copy(SCRATCH "/file", SCRATCH "/copy").error().code == errc::no_space));
    BOOST_TEST((append(SCRATCH "/file", bytes(half)).error().code == errc::no_space));
    BOOST_TEST(text_of(SCRATCH "/file").starts_with(half));
    BOOST_TEST((names_in(*directory::open(SCRATCH)) == std::set<std::string>{"file"}));
    auto temporary = temporary_file::create_in(std::move(*directory::open(SCRATCH)));
    BOOST_TEST((temporary->file().allocate(0, 1'000'000).error().code == errc::no_space));
    BOOST_TEST(directory::open(SCRATCH)->space()->total == 262'144u);
}

BOOST_AUTO_TEST_CASE(what_may_only_be_read_stays_as_it_is, *needs(mounting)) {
    const small_disk disk;
    BOOST_TEST((write(SCRATCH "/file", as_bytes("kept")) && create_directories(SCRATCH "/folder")));
    BOOST_REQUIRE(disk.may_only_be_read());
    const auto d = directory::open(SCRATCH);
    BOOST_TEST(denied(write(SCRATCH "/file", as_bytes("lost"))));
    BOOST_TEST(denied(replace(SCRATCH "/file", as_bytes("lost"))));
    BOOST_TEST((denied(d->remove("file")) && denied(d->rename("file", "other")) && denied(d->create_directory("new"))));
    BOOST_TEST((denied(d->set_times("file", 0, 0)) && denied(d->set_mode("file", 0)) &&
                denied(copy(SCRATCH "/file", SCRATCH "/copy"))));
    BOOST_TEST((denied(remove_all(SCRATCH "/folder")) && denied(create_directories(SCRATCH "/folder/below"))));
    BOOST_TEST(create_directories(SCRATCH "/folder").has_value());
    BOOST_TEST(*read_text(SCRATCH "/file") == "kept");
}

BOOST_AUTO_TEST_CASE(who_may_not_is_told_so, *needs(privilege)) {
    const temporary_directory folder = std::move(*temporary_directory::create());
    const auto d = folder.open();
    BOOST_TEST((d->create_directory("secret") && d->create_directory("open") && d->create_directory("open/kept")));
    put(*d, "secret/file");
    put(*d, "open/file");
    BOOST_TEST((d->set_mode(".", 0755) && d->set_mode("secret", 0700) && d->set_mode("open", 0755) &&
                d->set_mode("open/file", 0600)));
    BOOST_TEST((d->create_directory("everybody's") && d->set_mode("everybody's", 0777)));
    BOOST_TEST(as_nobody([&] { return denied(d->open_file("open/file")) && denied(d->open_file("secret/file")); }));
    BOOST_TEST(as_nobody([&] {
        return denied(d->remove("open/file")) && denied(d->set_mode("open/file", 0777)) &&
               denied(d->set_owner("open/file", 65534, 65534));
    }));
    const std::string top = folder.path();
    BOOST_TEST(as_nobody([&] { return denied(remove_all((top + "/open").c_str())); }));
    BOOST_TEST(as_nobody([&] { return denied(replace((top + "/open/file").c_str(), as_bytes("x"))); }));
    BOOST_TEST(as_nobody([&] { return replace((top + "/everybody's/file").c_str(), as_bytes("x")).has_value(); }));
    BOOST_TEST(as_nobody([&] {
        std::set<std::string> met, failed;
        const bool walked = walk(top.c_str(), [&](const walk_entry<native>& e) {
            (e.failed != nullptr ? failed : met).insert(e.path + top.size());
            return e.failed == nullptr || e.failed->code == errc::permission_denied ? walk_next::on : walk_next::stop;
        }).has_value();
        return walked && failed == std::set<std::string>{"/secret"} && met.contains("/secret") &&
               met.contains("/open/kept") && met.size() == 6;
    }));
    BOOST_TEST(d->info("open/kept").has_value());
    BOOST_TEST(as_nobody([&] {
        int found = 0;
        for (const char* pattern : {"/secret/*", "/secret/file", "/*/file"})
            if (!glob((top + pattern).c_str(), [&](const char*) { ++found; })) return false;
        return found == 2;  // in the two others
    }));
    BOOST_TEST(as_nobody([&] {  // who may not read a folder of his own removes it if it is empty
        const std::string own = top + "/everybody's/own";
        return create_directories(own.c_str(), 0) && remove_all(own.c_str());
    }));
    BOOST_TEST(as_nobody([&] {
        const std::string way = top + "/everybody's/a/b/c";
        return create_directories(way.c_str(), 0555) && remove_all((top + "/everybody's/a").c_str());
    }));
}

#if !defined(VITTE_PLATFORM_POSIX)  // which watches nothing
BOOST_AUTO_TEST_CASE(folders_that_may_not_be_read_do_not_end_a_watch, *needs(privilege)) {
    const temporary_directory folder = std::move(*temporary_directory::create());
    const auto d = folder.open();
    BOOST_TEST(d->set_mode(".", 0777).has_value());
    BOOST_TEST(as_nobody([&] {
        static_cast<void>(d->create_directory("closed", 0));
        auto w = watcher::create();
        if (!w || !w->add(folder.path())) return false;
        std::set<std::string> told;
        const auto tell = [&] {
            return w->wait([&](const watch_event& e) { told.insert(e.path + std::strlen(folder.path())); }).has_value();
        };
        if (!d->create_directory("shut", 0) || !d->create_directory("open") || !tell()) return false;
        if (told != std::set<std::string>{"/shut", "/open"}) return false;
        if (!d->set_mode("closed", 0700) || !d->create_directory("closed/below") || !tell()) return false;
        return told.contains("/closed/below") && d->create_directory("closed/below/more") && tell() &&
               told.contains("/closed/below/more");
    }));
}
#endif

BOOST_AUTO_TEST_CASE(what_is_replaced_is_whole_where_its_folder_cannot_be_stored) {
    const scratch folder;
    BOOST_TEST(replace(SCRATCH "/file", bytes("old")).has_value());
    BOOST_TEST((replace<unsynced>(SCRATCH "/file", bytes("new")).error().code == errc::io_error));
    BOOST_TEST(*read_text(SCRATCH "/file") == "new");
    BOOST_TEST((names_in(*directory::open(SCRATCH)) == std::set<std::string>{"file"}));
}

BOOST_AUTO_TEST_CASE(what_is_written_is_never_for_more_than_it_was, *needs(privilege)) {
    const temporary_directory folder = std::move(*temporary_directory::create());
    const auto d = folder.open();
    const std::string top = folder.path(), secret = top + "/secret", tool = top + "/tool", theirs = top + "/theirs";
    const mode_t mask = umask(0);
    for (const auto& [name, mode] : {std::pair(&secret, 0640u), {&tool, 04755u}, {&theirs, 06775u}}) {
        BOOST_TEST(write(name->c_str(), bytes("old")).has_value());
        BOOST_TEST(chown(name->c_str(), 65534, name == &theirs ? 0 : 65534) == 0);
        BOOST_TEST(chmod(name->c_str(), mode) == 0);
    }
    const auto facts = [](const std::string& name) { return vitte::sys::stat(name.c_str()).value(); };
    // By root: owner and group stay, and so what only they make harmless.
    for (const std::string* name : {&secret, &tool}) {
        const file_info before = facts(*name);
        BOOST_TEST(replace<noting>(name->c_str(), bytes("new")).has_value());
        const file_info after = facts(*name);
        BOOST_TEST((after.mode == before.mode && after.owner == 65534u && after.group == 65534u));
        BOOST_TEST(copy<noting>(name->c_str(), (*name + ".copy").c_str()).has_value());
        const file_info copied = facts(*name + ".copy");
        BOOST_TEST((copied.mode == (before.mode & 0777) && copied.owner == 0u));
    }
    BOOST_TEST(noting::made == 0600u);  // whoever watches the folder could not open them before
    // By somebody who may not give them away: nobody gets more.
    BOOST_TEST(d->set_mode(".", 0777).has_value());
    BOOST_TEST(as_nobody([&] { return replace(theirs.c_str(), bytes("new")).has_value(); }));
    const file_info after = facts(theirs);
    BOOST_TEST((after.owner == 65534u && after.group == 65534u && after.mode == 0755u));
    BOOST_TEST(write((top + "/roots").c_str(), bytes("old")).has_value());
    BOOST_TEST(chmod((top + "/roots").c_str(), 0640) == 0);
    BOOST_TEST(as_nobody([&] { return replace((top + "/roots").c_str(), bytes("new")).has_value(); }));
    BOOST_TEST(facts(top + "/roots").mode == 0600u);
    umask(mask);
}

BOOST_AUTO_TEST_SUITE_END()
