// What is known about files beside their content: times, rights, attributes, holes, room; and files without a name.
#include <cstring>

#include <vitte/sys/fs.hpp>
#include <vitte/sys/fs/attributes.hpp>
#include <vitte/sys/fs/temporary.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/process/current.hpp>
#include <vitte/sys/time.hpp>

#include "../support/scratch.hpp"
#include "../support/text_files.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <sys/stat.h>
#endif
#if defined(__linux__)
#include <sys/statvfs.h>
#include <sys/xattr.h>
#endif

namespace {
using namespace vitte::sys;
using vitte::errc;

file open_new(const char* path) {
    auto made = file::open(path, open_mode::create_both);
    BOOST_REQUIRE(made.has_value());
    return std::move(*made);
}

const ability modes{"POSIX permission bits", [] {
    const scratch folder;
    return open_new(SCRATCH "/x").set_mode(0600).has_value();
}};
const ability attributes{"extended attributes here", [] {
    const scratch folder;
    return set_attribute(open_new(SCRATCH "/x"), "user.vitte", bytes("x")).has_value();
}};
const ability holes{"holes in files here, and word of them", [] {
    const scratch folder;
    const file f = open_new(SCRATCH "/x");
    std::uint64_t data = 0;
    const auto count = [&](std::uint64_t, std::uint64_t size) { return data += size, vitte::result<void>(); };
    return f.write_at(bytes("x"), 50'000'000) && f.info()->allocated != 0 && f.info()->allocated < 1'000'000 &&
           for_each_data(f, count) && data < 1'000'000;
}};
/// The native platform, where what is not kept goes to a folder that is told relative to the current one.
struct led : native {
    struct directories : native::directories {
        static vitte::result<std::size_t> temporary_folder(char* to, std::size_t size) noexcept {
            BOOST_REQUIRE(size >= sizeof SCRATCH);
            std::memcpy(to, SCRATCH, sizeof SCRATCH);
            return sizeof SCRATCH - 1;
        }
    };
};
const ability room{"a count of the room on disks", [] { return directory::current().space().has_value(); }};
}  // namespace

BOOST_AUTO_TEST_SUITE(metadata)

BOOST_AUTO_TEST_CASE(times_are_told_and_set) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    const std::int64_t before = wall_time() - 2'000'000'000;
    put(*d, "x");
    const auto fresh = d->info("x");
    BOOST_TEST((fresh->modified > before && fresh->modified < wall_time() + 2'000'000'000));
    BOOST_TEST((fresh->created == no_time || fresh->created > before));
    BOOST_TEST((fresh->changed == no_time || fresh->changed > before));
#if defined(__wasi__)
    constexpr std::int64_t old = 1'000'000'000'000'000'000, step = 5'000'000'000;  // hosts count in seconds
#else
    constexpr std::int64_t old = 1'000'000'000'123'456'700, step = 100;
#endif
    constexpr std::int64_t older = -5'000'000'000;
    BOOST_TEST(d->set_times("x", old, old).has_value());
    BOOST_TEST((d->info("x")->modified == old && d->info("x")->accessed == old));
    const auto f = file::open(SCRATCH "/x", open_mode::read_write);
    BOOST_TEST(f->set_times(no_time, old + step).has_value());
    BOOST_TEST((f->info()->modified == old + step && f->info()->accessed == old));
    if (f->set_times(no_time, older))
        BOOST_TEST((f->info()->modified == older || f->info()->modified > 0));  // not everywhere
}

#if defined(__unix__) || defined(__APPLE__)
BOOST_AUTO_TEST_CASE(times_beyond_those_that_are_counted_are_the_first_or_the_last) {
    const scratch folder;
    const file f = open_new(SCRATCH "/x");
    constexpr std::int64_t first = no_time + 1, last = INT64_MAX;
    for (const std::int64_t seconds : {9'624'960'000, -11'676'096'000}) {  // in 2275 and 1600
        timespec wanted[2]{};
        for (timespec& one : wanted) one.tv_sec = static_cast<decltype(one.tv_sec)>(seconds);
        struct stat facts;
        BOOST_REQUIRE((::futimens(f.native_handle(), wanted) == 0 && ::fstat(f.native_handle(), &facts) == 0));
#if defined(__APPLE__)
        const timespec& modified = facts.st_mtimespec;
#else
        const timespec& modified = facts.st_mtim;
#endif
        if (modified.tv_sec != seconds) continue;  // neither the file system nor `time_t` need know it
        BOOST_TEST((f.info()->modified == (seconds > 0 ? last : first) && f.info()->accessed == f.info()->modified));
    }
    BOOST_TEST(f.set_times(first, last).has_value());
    BOOST_TEST((f.info()->accessed <= 0 && f.info()->modified > 2'000'000'000'000'000'000));
    constexpr std::int64_t beyond = std::int64_t{1} << 31;
    static_assert(posix::saturated<std::int32_t>(beyond) == INT32_MAX && posix::saturated<std::int64_t>(beyond) == beyond);
    static_assert(posix::saturated<std::int32_t>(-beyond - 1) == INT32_MIN && posix::saturated<std::int32_t>(-5) == -5);
}
#endif

BOOST_AUTO_TEST_CASE(rights_are_told_and_set, *needs(modes)) {
    const scratch folder;
    const file f = open_new(SCRATCH "/x");
    const auto d = directory::open(SCRATCH);
    for (const std::uint32_t mode : {0600u, 0755u, 0444u}) {
        BOOST_TEST(f.set_mode(mode).has_value());
        BOOST_TEST(f.info()->mode == mode);
        BOOST_TEST(d->set_mode("x", mode ^ 0111).has_value());
        BOOST_TEST(d->info("x")->mode == (mode ^ 0111));
    }
    const auto facts = f.info();
    BOOST_TEST(f.set_owner(facts->owner, ~0u).has_value());
    BOOST_TEST(d->set_owner("x", ~0u, facts->group).has_value());
    BOOST_TEST((f.info()->owner == facts->owner && f.info()->group == facts->group));
}

#if defined(__linux__)
BOOST_AUTO_TEST_CASE(what_replaces_a_link_is_for_its_owner_alone, *needs(modes)) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    BOOST_REQUIRE((open_new(SCRATCH "/secret").set_mode(0600) && d->symbolic_link("secret", "link")));
    BOOST_TEST(replace(SCRATCH "/link", as_bytes("new")).has_value());
    const auto made = d->info("link");
    BOOST_TEST((made->kind == file_kind::regular && (made->mode & 0777) == 0600));
}

BOOST_AUTO_TEST_CASE(ways_to_folders_that_may_not_be_written_are_made, *needs(modes)) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    for (const char* path : {SCRATCH "/a/b/c", SCRATCH "/x//y/z//"})
        BOOST_TEST(create_directories(path, 0555).has_value());
    for (const char* path : {"a", "a/b", "x", "x/y"}) BOOST_TEST((d->info(path)->mode & 0700) == 0700u);
    for (const char* path : {"a/b/c", "x/y/z"}) BOOST_TEST((d->info(path)->mode & 0700) == 0500u);
}

BOOST_AUTO_TEST_CASE(ways_are_made_whatever_the_mask_takes_away, *needs(modes)) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    const auto made_with = [&](::mode_t mask, const char* path) {
        const ::mode_t before = ::umask(mask);
        const auto made = create_directories(path);
        ::umask(before);
        return made;
    };
    BOOST_TEST(made_with(0300, SCRATCH "/a/b/c").has_value());
    BOOST_TEST(made_with(0777, SCRATCH "/x/y/z").has_value());
    for (const char* path : {"a", "a/b"}) BOOST_TEST((d->info(path)->mode & 0777) == 0777u);
    for (const char* path : {"x", "x/y"}) BOOST_TEST((d->info(path)->mode & 0777) == 0300u);
    BOOST_TEST((d->info("a/b/c")->mode & 0777) == 0477u);
    BOOST_TEST((d->info("x/y/z")->mode & 0777) == 0u);
    for (const char* path : {"a/b/c", "x/y/z", "x/y", "x"}) BOOST_TEST(d->set_mode(path, 0700).has_value());
}

BOOST_AUTO_TEST_CASE(facts_are_those_of_stat, *needs(own_kernel)) {
    for (const char* path : {"/", "/etc/passwd", "/dev/null", "/proc/self/stat", "."}) {
        struct stat s;
        BOOST_REQUIRE(::stat(path, &s) == 0);
        const auto facts = vitte::sys::stat(path);
        BOOST_TEST(facts->inode == s.st_ino);
        BOOST_TEST(facts->device == s.st_dev);
        BOOST_TEST(facts->links == s.st_nlink);
        BOOST_TEST((facts->owner == s.st_uid && facts->group == s.st_gid && facts->mode == (s.st_mode & 07777u)));
        BOOST_TEST(facts->allocated == static_cast<std::uint64_t>(s.st_blocks) * 512);
    }
    struct statvfs v;
    BOOST_REQUIRE(::statvfs(".", &v) == 0);
    BOOST_TEST(directory::current().space()->total == std::uint64_t{v.f_frsize} * v.f_blocks);
}
#endif

BOOST_AUTO_TEST_CASE(attributes_are_kept, *needs(attributes)) {
    const scratch folder;
    const file f = open_new(SCRATCH "/x");
    BOOST_TEST(set_attribute(f, "user.one", bytes("first")).has_value());
    BOOST_TEST(set_attribute(f, "user.two", bytes("")).has_value());
    BOOST_TEST(set_attribute(f, "user.one", bytes("again")).has_value());
    std::byte value[10];
    BOOST_TEST(*attribute(f, "user.one", value) == 5u);
    BOOST_TEST(std::memcmp(value, "again", 5) == 0);
    BOOST_TEST(*attribute(f, "user.one", {}) == 5u);
    BOOST_TEST(*attribute(f, "user.two", value) == 0u);
    BOOST_TEST((attribute(f, "user.one", std::span(value, 2)).error().code == errc::too_large));
    BOOST_TEST((attribute(f, "user.three", value).error().code == errc::not_found));
    std::set<std::string> names;
    BOOST_TEST(for_each_attribute(f, [&](const char* name) { names.insert(name); }).has_value());
    BOOST_TEST((names.contains("user.one") && names.contains("user.two")));
    BOOST_TEST(remove_attribute(f, "user.one").has_value());
    BOOST_TEST((remove_attribute(f, "user.one").error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(holes_are_found_made_and_copied, *needs(holes)) {
    const scratch folder;
    const file f = open_new(SCRATCH "/x");
    const std::string block(65'536, 'b');
    BOOST_TEST((f.write_at(bytes(block), 0) && f.write_at(bytes(block), 40'000'000) && f.resize(80'000'000)));
    std::uint64_t data = 0, last = 0;
    const auto count = [&](std::uint64_t offset, std::uint64_t size) -> vitte::result<void> {
        BOOST_TEST((offset >= last && size > 0));
        last = offset + size;
        data += size;
        return {};
    };
    BOOST_TEST(for_each_data(f, count).has_value());
    BOOST_TEST((data >= 2 * block.size() && data < 1'000'000));
    BOOST_TEST(copy(SCRATCH "/x", SCRATCH "/y").has_value());
    BOOST_TEST(vitte::sys::stat(SCRATCH "/y")->allocated < 1'000'000u);
    BOOST_TEST((text_of(SCRATCH "/y") == text_of(SCRATCH "/x")));

    const file hole = open_new(SCRATCH "/hole");
    BOOST_TEST((hole.resize(30'000'000) && copy(SCRATCH "/hole", SCRATCH "/hole too")));
    const auto facts = vitte::sys::stat(SCRATCH "/hole too");
    BOOST_TEST((facts->size == 30'000'000u && facts->allocated < 1'000'000u));

    const std::uint64_t before = f.info()->allocated;
    const auto punched = punch_hole(f, 0, block.size());
    if (!punched) BOOST_TEST((punched.error().code == errc::not_supported));
    if (punched) BOOST_TEST((f.info()->allocated < before && f.info()->size == 80'000'000u));
    std::byte first{1};
    BOOST_TEST(*f.read_at(std::span(&first, 1), 0) == 1u);
    BOOST_TEST((first == (punched ? std::byte{0} : std::byte{'b'})));
}

BOOST_AUTO_TEST_CASE(ranges_are_copied_between_files) {
    const scratch folder;
    const file a = open_new(SCRATCH "/a"), b = open_new(SCRATCH "/b");
    std::string text;
    for (int i = 0; text.size() < 300'000; ++i) text += std::to_string(i);
    BOOST_TEST((a.write_at(bytes(text), 0) && b.write_at(bytes("0123456789"), 0)));
    BOOST_TEST(*copy_range(a, 1000, b, 5, 250'000) == 250'000u);
    BOOST_TEST((text_of(SCRATCH "/b") == "01234" + text.substr(1000, 250'000)));
    BOOST_TEST(*copy_range(a, text.size() - 10, b, 0, 1000) == 10u);
    BOOST_TEST(*copy_range(a, text.size() + 10, b, 0, 1000) == 0u);
    BOOST_TEST(b.info()->size == 250'005u);
}

BOOST_AUTO_TEST_CASE(room_is_counted, *needs(room)) {
    const auto space = directory::current().space();
    BOOST_TEST((space->total >= space->free && space->free >= space->available && space->total > 0));
    BOOST_TEST((directory::current().space("no-such-folder").error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(temporary_files_leave_nothing_unless_they_are_kept) {
    const scratch folder;
    {
        auto temporary = temporary_file::create_in(std::move(*directory::open(SCRATCH)));
        BOOST_REQUIRE(temporary.has_value());
        BOOST_TEST(temporary->file().write(bytes("kept")).has_value());
        const auto d = directory::open(SCRATCH);
        BOOST_TEST(temporary->keep(*d, "name").has_value());
        auto second = temporary_file::create_in(std::move(*directory::open(SCRATCH)));
        BOOST_TEST((second->keep(*d, "name").error().code == errc::already_exists));
    }
    BOOST_TEST(text_of(SCRATCH "/name") == "kept");
    BOOST_TEST((names_in(*directory::open(SCRATCH)) == std::set<std::string>{"name"}));
}

BOOST_AUTO_TEST_CASE(temporary_folders_are_gone_with_what_is_in_them) {
    std::string path;
    {
        const auto temporary = temporary_directory::create();
        if (!temporary) BOOST_TEST_REQUIRE((temporary.error().code == errc::not_found));  // a system without any
        if (!temporary) return;
        path = temporary->path();
        const auto d = temporary->open();
        put(*d, "file");
        BOOST_TEST(d->create_directory("folder").has_value());
        BOOST_TEST((names_in(*d) == std::set<std::string>{"file", "folder"}));
    }
    BOOST_TEST((vitte::sys::stat(path.c_str()).error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(temporary_folders_stay_wherever_the_process_goes) {
    const scratch folder;
    const auto top = directory::open(SCRATCH), start = directory::open(".");
    BOOST_REQUIRE((top->create_directory("elsewhere") && top->create_directory("elsewhere/" SCRATCH)));
    if (!this_process::set_directory(*start)) return;
    {
        const auto temporary = basic_temporary_directory<led>::create();
        BOOST_REQUIRE(temporary.has_value());
        BOOST_TEST(names_in(*top).size() == 2u);
        const std::string name = std::string(temporary->path()).substr(std::string(temporary->path()).size() - 25);
        BOOST_TEST(top->create_directory(("elsewhere/" SCRATCH "/" + name).c_str()).has_value());
        BOOST_TEST(this_process::set_directory(*top->open_directory("elsewhere")).has_value());
        put(*directory::open(temporary->path()), "file");
    }
    BOOST_TEST(this_process::set_directory(*start).has_value());
    BOOST_TEST((names_in(*top) == std::set<std::string>{"elsewhere"}));
    BOOST_TEST(names_in(*top->open_directory("elsewhere/" SCRATCH)).size() == 1u);
}

BOOST_AUTO_TEST_CASE(texts_are_utf8) {
    const scratch folder;
    BOOST_TEST(write(SCRATCH "/text", as_bytes("\xef\xbb\xbfgr\xc3\xbc")).has_value());
    BOOST_TEST(append(SCRATCH "/text", as_bytes("n\n")).has_value());
    BOOST_TEST(*read_text(SCRATCH "/text") == "gr\xc3\xbcn\n");
    BOOST_TEST(write(SCRATCH "/text", as_bytes("short")).has_value());
    BOOST_TEST(*read_text(SCRATCH "/text") == "short");
    BOOST_TEST(append(SCRATCH "/new", as_bytes("\xff")).has_value());
    BOOST_TEST((read_text(SCRATCH "/new").error().code == errc::malformed));
    BOOST_TEST((write(SCRATCH, as_bytes("x")).error().code == errc::is_a_directory));
}

BOOST_AUTO_TEST_SUITE_END()
