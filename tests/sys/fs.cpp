#if defined(__unix__) || defined(__APPLE__)
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vitte/sys/net.hpp>
#endif

#include <algorithm>
#include <cstring>
#include <string>

#include <vitte/sys/fs.hpp>

#include "../support/needs.hpp"
#include "../support/text_files.hpp"

namespace {
using vitte::errc;
namespace sys = vitte::sys;

std::string text(const sys::byte_buffer& b) { return {reinterpret_cast<const char*>(b.bytes().data()), b.size()}; }

/// The native platform, but each read gives one byte, and every second one is interrupted first.
struct reluctant : sys::native {
    struct files : sys::native::files {
        static inline int calls = 0;
        static vitte::result<std::size_t> read(handle h, std::byte* to, std::size_t) noexcept {
            if (++calls % 2 == 0) return vitte::fail(errc::interrupted, "read");
            return sys::native::files::read(h, to, 1);
        }
    };
};

/// The native platform, whose files tell nothing of themselves.
struct sizeless : sys::native {
    struct files : sys::native::files {
        using sys::native::files::info;
        static vitte::result<sys::file_info> info(handle) noexcept { return vitte::fail(errc::io_error, "info"); }
    };
};

/// The native platform without its ways to copy.
struct plain : sys::native {
    struct files : sys::native::files {
        static void copy_some(handle, handle, std::size_t) = delete;
        static void clone(handle, handle) = delete;
        static void clone_to(handle, const char*) = delete;
    };
};

/// The native platform on a disk that is full after 100,000 bytes.
struct full : plain {
    struct files : plain::files {
        static inline std::size_t left = 100'000;
        static vitte::result<std::size_t> write(handle h, const std::byte* from, std::size_t size) noexcept {
            if (left == 0) return vitte::fail(errc::no_space, "write");
            const std::size_t some = size < left ? size : left;
            left -= some;
            return plain::files::write(h, from, some);
        }
    };
};

/// The native platform, whose files take nothing and give no reason.
struct idle : sys::native {
    struct files : sys::native::files {
        static vitte::result<std::size_t> write(handle, const std::byte*, std::size_t) noexcept { return 0; }
    };
};

const ability folders{"folders", [] { return sys::stat(".") && sys::stat(".")->kind == sys::file_kind::directory; }};
const ability resizing{"resizing of files", [] {
    const text_file file("fs-resizing.txt", "x");
    return sys::file::open(file.path(), sys::open_mode::read_write)->resize(1).has_value();
}};
/// Semihosting knows no transfers at an offset.
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
constexpr bool keeps_position = false;
#else
constexpr bool keeps_position = true;
#endif
const ability procfs{"/proc", [] { return sys::stat("/proc/cpuinfo").has_value(); }};
}  // namespace

BOOST_AUTO_TEST_SUITE(fs)

BOOST_AUTO_TEST_CASE(reads_whole_files) {
    const text_file file("fs-test.txt", "hello");
    BOOST_TEST(text(*sys::read(file.path())) == "hello");
    BOOST_TEST(text(*sys::read<reluctant>(file.path())) == "hello");
    BOOST_TEST(sys::stat(file.path())->size == 5u);
    std::string content;
    for (const std::size_t size : {0, 1, 4095, 4096, 4097, 8192, 100'000}) {
        while (content.size() < size) content += static_cast<char>('a' + content.size() % 23);
        const text_file sized("fs-sized.txt", content);
        BOOST_TEST((text(*sys::read(sized.path())) == content && text(*sys::read<reluctant>(sized.path())) == content));
    }
}

BOOST_AUTO_TEST_CASE(small_files_are_not_asked_for_their_size) {
    const text_file small("fs-small.txt", "hello"), large("fs-large.txt", std::string(4096, 'x'));
    BOOST_TEST(text(*sys::read<sizeless>(small.path())) == "hello");
    BOOST_TEST((sys::read<sizeless>(large.path()).error().code == errc::io_error));
}

BOOST_AUTO_TEST_CASE(reads_files_that_tell_no_size, *needs(procfs)) {
    const auto got = sys::read("/proc/cpuinfo");
    BOOST_TEST(got->size() > 100u);
    BOOST_TEST(text(*got).substr(0, 100) == text_of("/proc/cpuinfo").substr(0, 100));
}

BOOST_AUTO_TEST_CASE(files_that_take_nothing_are_not_tried_for_ever) {
    const text_file file("fs-idle.txt", "x");
    const std::byte one[1] = {};
    BOOST_TEST((sys::write<idle>(file.path(), one).error().code == errc::io_error));
}

BOOST_AUTO_TEST_CASE(failures_name_the_call_and_the_cause) {
    const auto absent = sys::read("no-such-file");
    BOOST_TEST((absent.error().code == errc::not_found));
    BOOST_TEST(absent.error().native == ENOENT);  // 2 on Windows as well
    BOOST_TEST(*absent.error().operation != 0);
}

BOOST_AUTO_TEST_CASE(folders_are_no_files, *needs(folders)) {
    BOOST_TEST((sys::stat(".")->kind == sys::file_kind::directory));
    BOOST_TEST((sys::read(".").error().code == errc::is_a_directory));
}

BOOST_AUTO_TEST_CASE(names_are_utf8_and_paths_may_be_long) {
    const std::string name = "gr\xc3\xb6\xc3\x9f" "e-\xe6\x96\x87\xe4\xbb\xb6.txt";
    std::string path = name;
    while (path.size() < 400) path.insert(0, "./");
    {
        auto file = sys::file::open(path.c_str(), sys::open_mode::create_new);
        BOOST_REQUIRE(file.has_value());
        BOOST_TEST(file->write(std::as_bytes(std::span("long", 4))).has_value());
    }
    BOOST_TEST(text(*sys::read(name.c_str())) == "long");
    BOOST_TEST(sys::stat(path.c_str())->size == 4u);
#if defined(_WIN32)
    BOOST_TEST((sys::read("\xff\xfe.txt").error().code == errc::invalid_argument));
    _wremove(L"gr\u00f6\u00dfe-\u6587\u4ef6.txt");
#else
    std::remove(name.c_str());
#endif
}

#if defined(_WIN32)
extern "C" __declspec(dllimport) int SetFileAttributesW(const wchar_t*, unsigned long);

BOOST_AUTO_TEST_CASE(hidden_files_are_overwritten) {
    const text_file hidden("fs-hidden.txt", "longer");
    constexpr unsigned long hidden_attribute = 2, normal = 0x80;
    const auto here = sys::directory::open(".");
    for (const unsigned flags : {0u, unsigned{sys::open_append}}) {
        for (const bool beneath : {false, true}) {
            BOOST_REQUIRE(SetFileAttributesW(L"fs-hidden.txt", hidden_attribute) != 0);
            const sys::open_options how(sys::open_mode::write, flags);
            auto file = beneath ? here->open_file(hidden.path(), how) : sys::file::open(hidden.path(), how);
            BOOST_REQUIRE(file.has_value());
            BOOST_TEST(file->write(std::as_bytes(std::span("new", 3))).has_value());
            BOOST_TEST(file->close().has_value());
            BOOST_TEST(text_of(hidden.path()) == "new");
        }
    }
    SetFileAttributesW(L"fs-hidden.txt", normal);
}

BOOST_AUTO_TEST_CASE(guarded_files_stay_as_they_are) {
    const text_file made("fs-guarded.txt", "kept");
    const auto here = sys::directory::open(".");
    const sys::open_options guarded(sys::open_mode::read, sys::open_guarded);
    for (const bool beneath : {false, true}) {
        const auto file = beneath ? here->open_file(made.path(), guarded) : sys::file::open(made.path(), guarded);
        BOOST_REQUIRE(file.has_value());
        for (const auto mode : {sys::open_mode::write, sys::open_mode::read_write, sys::open_mode::update})
            BOOST_TEST((sys::file::open(made.path(), mode).error().code == errc::busy));
        BOOST_TEST((here->remove(made.path()).error().code == errc::busy));
        BOOST_TEST((here->rename(made.path(), "fs-moved.txt").error().code == errc::busy));
        BOOST_TEST(text(*sys::read(made.path())) == "kept");
    }
    // Who can write already would go on.
    const auto writer = sys::file::open(made.path(), sys::open_mode::read_write);
    BOOST_REQUIRE(writer.has_value());
    BOOST_TEST((sys::file::open(made.path(), guarded).error().code == errc::busy));
    BOOST_TEST((here->open_file(made.path(), guarded).error().code == errc::busy));
}

BOOST_AUTO_TEST_CASE(long_paths_have_a_prefix_for_the_kernel) {
    const std::string tail(300, 'n');
    const auto prefix_of = [](const std::string& path) {
        std::string seen;
        static_cast<void>(sys::win32::with_path(path.c_str(), [&](const wchar_t* wide) -> vitte::result<void> {
            for (int i = 0; i < 12 && wide[i] != 0; ++i) seen += static_cast<char>(wide[i]);
            return {};
        }));
        return seen;
    };
    BOOST_TEST(prefix_of("C:/folder/" + tail) == "\\\\?\\C:\\folde");
    BOOST_TEST(prefix_of("//server/share/" + tail) == "\\\\?\\UNC\\serv");
    BOOST_TEST(prefix_of("\\\\?\\C:\\folder\\" + tail) == "\\\\?\\C:\\folde");
    BOOST_TEST((sys::win32::cause_of(193) == errc::malformed));  // ERROR_BAD_EXE_FORMAT
}
#endif

BOOST_AUTO_TEST_CASE(copies_are_new_files_with_the_same_content) {
    std::string content;
    for (int i = 0; content.size() < 400'000; ++i) content += std::to_string(i);
    const text_file from("fs-copy-from.txt", content);
    for (const auto copy : {sys::copy<>, sys::copy<plain>}) {
        BOOST_TEST(copy(from.path(), "fs-copy-to.txt").has_value());
        BOOST_TEST((text_of("fs-copy-to.txt") == content));
        BOOST_TEST(sys::stat("fs-copy-to.txt")->mode == sys::stat(from.path())->mode);
        BOOST_TEST((copy(from.path(), "fs-copy-to.txt").error().code == errc::already_exists));
        BOOST_TEST(sys::remove("fs-copy-to.txt").has_value());
        BOOST_TEST((sys::remove("fs-copy-to.txt").error().code == errc::not_found));
        BOOST_TEST((copy("fs-no-such.txt", "fs-copy-to.txt").error().code == errc::not_found));
    }
    const text_file empty("fs-copy-empty.txt", "");
    BOOST_TEST(sys::copy(empty.path(), "fs-copy-to.txt").has_value());
    BOOST_TEST(sys::stat("fs-copy-to.txt")->size == 0u);
    BOOST_TEST(sys::remove("fs-copy-to.txt").has_value());
}

#if defined(__unix__) || defined(__APPLE__)
BOOST_AUTO_TEST_CASE(copies_of_fifos_sockets_and_devices_are_refused) {
    std::remove("fs-fifo");
    BOOST_REQUIRE(::mkfifo("fs-fifo", 0600) == 0);
    std::remove("fs-socket");
    const auto socket = sys::unix_datagram::bind(vitte::unix_address::at_path("fs-socket").value());
    BOOST_REQUIRE(socket.has_value());
    for (const char* const from : {"fs-fifo", "fs-socket", "/dev/null", "/dev/zero"}) {
        const auto copied = sys::copy(from, "fs-copy-to.txt");
        BOOST_TEST((!copied && copied.error().code == errc::invalid_argument), from);
        BOOST_TEST((sys::stat("fs-copy-to.txt").error().code == errc::not_found));
    }
    BOOST_TEST((sys::copy(".", "fs-copy-to.txt").error().code == errc::is_a_directory));
    for (const char* const made : {"fs-fifo", "fs-socket"}) std::remove(made);
}
#endif

BOOST_AUTO_TEST_CASE(a_copy_that_fails_leaves_nothing) {
    const text_file from("fs-copy-from.txt", std::string(300'000, 'x'));
    BOOST_TEST((sys::copy<full>(from.path(), "fs-copy-to.txt").error().code == errc::no_space));
    BOOST_TEST((sys::stat("fs-copy-to.txt").error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(what_tells_no_size_is_copied_too, *needs(procfs)) {
    BOOST_TEST(sys::copy("/proc/cpuinfo", "fs-copy-to.txt").has_value());
    BOOST_TEST(text_of("fs-copy-to.txt").substr(0, 100) == text_of("/proc/cpuinfo").substr(0, 100));
    BOOST_TEST(sys::remove("fs-copy-to.txt").has_value());
    const char* const of_a_page = "/sys/kernel/mm/transparent_hugepage/enabled";  // which says so, and takes no room
    if (!sys::stat(of_a_page)) return;
    BOOST_TEST(sys::copy(of_a_page, "fs-copy-to.txt").has_value());
    BOOST_TEST(text_of("fs-copy-to.txt") == text_of(of_a_page));
    BOOST_TEST(sys::remove("fs-copy-to.txt").has_value());
}

BOOST_AUTO_TEST_CASE(modes_decide_what_happens_to_what_is_there) {
    const text_file file("fs-modes.txt", "0123456789");
    const auto put = [&](const sys::open_options& how, const char* text) {
        auto opened = sys::file::open(file.path(), how);
        BOOST_REQUIRE(opened.has_value());
        BOOST_TEST(opened->write(std::as_bytes(std::span(text, std::strlen(text)))).has_value());
    };
    put(sys::open_mode::read_write, "ab");
    BOOST_TEST(text_of(file.path()) == "ab23456789");
    put(sys::open_mode::update, "cde");
    BOOST_TEST(text_of(file.path()) == "cde3456789");
    put({sys::open_mode::update, sys::open_append}, "!");
    BOOST_TEST(text_of(file.path()) == "cde3456789!");
    put(sys::open_mode::write, "new");
    BOOST_TEST(text_of(file.path()) == "new");
    BOOST_TEST((sys::file::open("fs-no-such.txt", sys::open_mode::read_write).error().code == errc::not_found));
    put({sys::open_mode::update, 0}, "x");
    {
        auto made = sys::file::open("fs-updated.txt", sys::open_mode::update);
        BOOST_TEST(made.has_value());
    }
    BOOST_TEST(sys::stat("fs-updated.txt")->size == 0u);
    BOOST_TEST(sys::remove("fs-updated.txt").has_value());
}

BOOST_AUTO_TEST_CASE(transfers_at_an_offset_leave_the_position) {
    const text_file file("fs-offset.txt", "0123456789");
    const auto opened = sys::file::open(file.path(), sys::open_mode::read_write);
    std::byte one[1], two[2];
    BOOST_TEST(*opened->read(two) == 2u);
    BOOST_TEST(opened->write_at(std::as_bytes(std::span("XY", 2)), 7).has_value());
    BOOST_TEST(*opened->read_at(two, 6) == 2u);
    BOOST_TEST((two[0] == std::byte{'6'} && two[1] == std::byte{'X'}));
    if (keeps_position) {
        BOOST_TEST(*opened->read(one) == 1u);
        BOOST_TEST((one[0] == std::byte{'2'}));
    }
    BOOST_TEST(*opened->read_at(two, 9) == 1u);
    BOOST_TEST(*opened->read_at(two, 100) == 0u);
    BOOST_TEST(text_of(file.path()) == "0123456XY9");
}

BOOST_AUTO_TEST_CASE(vectors_are_written_and_read_in_order) {
    std::string pieces[40], read_back[40], expected;
    sys::io_slice out[40], in[40];
    for (std::size_t i = 0; i < 40; ++i) {
        pieces[i] = std::string(i * 37 % 100, static_cast<char>('a' + i % 26));
        expected += pieces[i];
        read_back[39 - i].resize(i * 37 % 100);
    }
    const auto slice = [](std::string& s) { return sys::io_slice{reinterpret_cast<std::byte*>(s.data()), s.size()}; };
    for (std::size_t i = 0; i < 40; ++i) out[i] = slice(pieces[i]), in[i] = slice(read_back[i]);
    const text_file file("fs-vector.txt", "");
    BOOST_TEST(sys::file::open(file.path(), sys::open_mode::write)->write_vector(out).has_value());
    BOOST_TEST(text_of(file.path()) == expected);
    BOOST_TEST(*sys::file::open(file.path())->read_vector(in) == expected.size());
    std::string together;
    for (const std::string& s : read_back) together += s;
    BOOST_TEST(together == expected);
}

BOOST_AUTO_TEST_CASE(files_are_cut_continued_and_stored, *needs(resizing)) {
    const text_file file("fs-size.txt", "0123456789");
    const auto opened = sys::file::open(file.path(), sys::open_mode::read_write);
    BOOST_TEST(opened->resize(3).has_value());
    BOOST_TEST(opened->resize(5).has_value());
    BOOST_TEST(opened->sync().has_value());
    BOOST_TEST(opened->sync_data().has_value());
    BOOST_TEST(text_of(file.path()) == std::string("012\0\0", 5));
    if (opened->allocate(0, 100'000)) BOOST_TEST(sys::stat(file.path())->size == 100'000u);
    BOOST_TEST(!sys::file::open(file.path())->resize(1).has_value());
}

#if !defined(__wasi__) && (defined(__unix__) || defined(__APPLE__) || defined(_WIN32))
BOOST_AUTO_TEST_CASE(one_has_the_lock_or_several_share_it) {
    const text_file file("fs-lock.txt", "x");
    const auto a = sys::file::open(file.path(), sys::open_mode::read_write),
               b = sys::file::open(file.path(), sys::open_mode::read_write);
    BOOST_TEST(a->lock().has_value());
    BOOST_TEST((b->try_lock().error().code == errc::would_block));
    BOOST_TEST((b->try_lock(sys::file_lock::shared).error().code == errc::would_block));
    const std::int64_t start = sys::monotonic_time();
    BOOST_TEST((b->lock_until(sys::deadline::after(40'000'000)).error().code == errc::timed_out));
    BOOST_TEST(sys::monotonic_time() - start >= 40'000'000);
    BOOST_TEST(a->unlock().has_value());
    BOOST_TEST(a->try_lock(sys::file_lock::shared).has_value());
    BOOST_TEST(b->try_lock(sys::file_lock::shared).has_value());
    BOOST_TEST(b->unlock().has_value());
    auto other = sys::start_thread([&] { return b->lock_until(sys::deadline::after(10'000'000'000)).has_value(); });
    BOOST_TEST(a->unlock().has_value());
    if (other) BOOST_TEST(*other->join());
}
#endif

BOOST_AUTO_TEST_CASE(standard_output_is_a_stream) {
    BOOST_TEST(sys::print("").has_value());
    BOOST_TEST(sys::print("checked by the eye\n").has_value());
}

#if defined(__linux__)
BOOST_AUTO_TEST_CASE(who_has_no_standard_output_is_told) {
    const int before = ::dup(1);
    BOOST_REQUIRE((before != -1 && ::close(1) == 0));
    const auto printed = sys::print("x");
    BOOST_REQUIRE(::dup2(before, 1) == 1);
    ::close(before);
    BOOST_TEST((printed.error().code == vitte::errc::bad_handle));
}
#endif

#if defined(__unix__) || defined(__APPLE__)
BOOST_AUTO_TEST_CASE(files_do_not_take_the_place_of_closed_streams) {
    const pid_t id = ::fork();
    BOOST_REQUIRE(id != -1);
    if (id == 0) {
        const auto stays_behind = [](const auto& opened) { return opened && opened->native_handle() > 2; };
        for (const int stream : {0, 1, 2}) ::close(stream);
        const auto made = sys::file::open("fs-streams.txt", sys::open_mode::create_both);
        const auto folder = sys::directory::open(".");
        const auto below = folder ? folder->open_file("fs-streams.txt") : sys::file::open(".");
        const bool lost = !sys::print("x") && !sys::print("x", sys::standard_stream::error);
        const bool behind = stays_behind(made) && stays_behind(folder) && stays_behind(below);
        ::_exit(behind && lost && made->info()->size == 0 ? 0 : 1);
    }
    int status = -1;
    BOOST_TEST((::waitpid(id, &status, 0) == id && status == 0));
    std::remove("fs-streams.txt");
}
#endif

BOOST_AUTO_TEST_CASE(writes_and_creates_exclusively) {
    {
        auto f = sys::file::open("fs-new.txt", sys::open_mode::create_new);
        BOOST_REQUIRE(f.has_value());
        BOOST_TEST(f->write(std::as_bytes(std::span("abc", 3))).has_value());
        BOOST_TEST(f->close().has_value());
    }
    BOOST_TEST((sys::file::open("fs-new.txt", sys::open_mode::create_new).error().code == errc::already_exists));
    BOOST_TEST((sys::stat("fs-new.txt")->kind == sys::file_kind::regular));
    std::byte two[2];
    BOOST_TEST(*sys::file::open("fs-new.txt")->read_at(two, 1) == 2u);
    BOOST_TEST((two[0] == std::byte{'b'} && two[1] == std::byte{'c'}));
    std::remove("fs-new.txt");
}

BOOST_AUTO_TEST_CASE(writes_may_go_past_the_cache_and_wait_for_the_device) {
    struct cleaner {
        ~cleaner() { std::remove("fs-direct.txt"); }
    } clean;
    alignas(4096) static std::byte block[4096];
    block[0] = std::byte{'d'};
    for (const unsigned flag : {sys::open_direct, sys::open_durable}) {
        const auto f = sys::file::open("fs-direct.txt", {sys::open_mode::update, flag});
        if (!f) {  // of WASI, tmpfs and others
            BOOST_TEST((f.error().code == errc::not_supported || f.error().code == errc::invalid_argument));
            continue;
        }
        BOOST_TEST(f->write_at(block, 4096).has_value());
        std::byte back[1];
        BOOST_TEST((*sys::file::open("fs-direct.txt")->read_at(back, 4096) == 1 && back[0] == block[0]));
#if defined(__linux__)
        const std::string info = "/proc/self/fdinfo/" + std::to_string(f->native_handle());
        const std::string text = text_of(info);
        if (own_kernel.present()) {
            const unsigned long bits = std::stoul(text.substr(text.find("flags:") + 6), nullptr, 8);
            BOOST_TEST((bits & (flag == sys::open_direct ? O_DIRECT : O_DSYNC)) != 0u);
        }
#endif
    }
}

BOOST_AUTO_TEST_SUITE_END()
