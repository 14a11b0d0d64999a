// WASI preview 1 as a guest meets it.
#if defined(__unix__)
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include <map>
#include <vitte/sys/platform/faulty.hpp>
#include <vitte/sys/process/pipe.hpp>

#include "wasi_guest.hpp"

namespace {
/// A program whose `_start` is these instructions; function 0 is proc_exit.
code program(const code& instructions) {
    return module({make_section(1, list({type({i32}, {}), type({}, {})})),
                   make_section(2, list({imported("wasi_snapshot_preview1", "proc_exit", bytes({0, 0}))})),
                   make_section(3, list({bytes({1})})), make_section(7, list({exported("_start", 0, 1)})),
                   make_section(10, list({body(instructions)}))});
}
}  // namespace

BOOST_AUTO_TEST_CASE(arguments_and_environment_are_laid_out_as_the_specification_says) {
    guest g;
    g.world.add_argument("program");
    g.world.add_argument("über");
    g.world.add_variable("A=1");
    BOOST_TEST(g.call("args_sizes_get", {16, 20}) == success);
    BOOST_TEST((g.result() == 2 && g.get<std::uint32_t>(20) == 14));
    BOOST_TEST(g.call("args_get", {32, 100}) == success);
    BOOST_TEST(g.text(g.get<std::uint32_t>(32), 8) == std::string("program\0", 8));
    BOOST_TEST(g.text(g.get<std::uint32_t>(36), 6) == std::string("über\0", 6));
    BOOST_TEST(g.call("environ_sizes_get", {16, 20}) == success);
    BOOST_TEST((g.result() == 1 && g.get<std::uint32_t>(20) == 4));
    BOOST_TEST(g.call("environ_get", {32, 100}) == success);
    BOOST_TEST(g.text(g.get<std::uint32_t>(32), 4) == std::string("A=1\0", 4));
    BOOST_TEST(g.call("args_get", {65530, 100}) == fault);
    BOOST_TEST(g.call("args_get", {32, 65535}) == fault);
}

BOOST_AUTO_TEST_CASE(clocks_and_random_numbers) {
    guest g;
    for (const std::uint64_t id : {0u, 1u, 2u, 3u}) {
        BOOST_TEST(g.call("clock_res_get", {id, 16}) == success);
        BOOST_TEST(g.get<std::uint64_t>(16) > 0);
        BOOST_TEST(g.call("clock_time_get", {id, 1, 16}) == success);
    }
    BOOST_TEST(g.call("clock_time_get", {0, 1, 16}) == success);
    const auto wall = static_cast<std::int64_t>(g.get<std::uint64_t>(16));
    BOOST_TEST(std::abs(wall - vitte::sys::wall_time()) < 10'000'000'000);
    BOOST_TEST(g.call("clock_time_get", {4, 1, 16}) == inval);
    BOOST_TEST(g.call("clock_res_get", {1, 65529}) == fault);
    BOOST_TEST(g.call("random_get", {100, 64}) == success);
    BOOST_TEST(g.text(100, 64) != std::string(64, '\0'));
    BOOST_TEST(g.call("random_get", {65000, 600}) == fault);
    BOOST_TEST(g.call("random_get", {0xffffffff, 2}) == fault);
    BOOST_TEST(g.call("sched_yield", {}) == success);
}

BOOST_AUTO_TEST_CASE(files_are_written_read_and_told_of) {
    guest g;
    const std::uint32_t fd = g.opened("file", create | alone);
    BOOST_TEST(g.open("file", create | alone) == exist);
    BOOST_TEST((g.write(fd, "hello, world") == success && g.result() == 12));
    BOOST_TEST((g.seek(fd, -5, 1) == success && g.get<std::uint64_t>(16) == 7));
    BOOST_TEST(*g.read(fd, 100) == "world");
    BOOST_TEST(*g.read(fd, 100) == "");
    BOOST_TEST((g.call("fd_tell", {fd, 16}) == success && g.get<std::uint64_t>(16) == 12));
    BOOST_TEST((g.seek(fd, 3, 0) == success && g.seek(fd, -4, 1) == inval && g.seek(fd, 0, 3) == inval));
    BOOST_TEST((g.seek(fd, INT64_MAX, 1) == inval && g.seek(fd, -2, 2) == success && g.get<std::uint64_t>(16) == 10));

    // Two slices, the second one over the end of what there is.
    g.put<std::uint32_t>(1024, 9000), g.put<std::uint32_t>(1028, 4), g.put<std::uint32_t>(1032, 9100),
        g.put<std::uint32_t>(1036, 100);
    BOOST_TEST((g.call("fd_pread", {fd, 1024, 2, 2, 16}) == success && g.result() == 10));
    BOOST_TEST((g.text(9000, 4) == "llo," && g.text(9100, 6) == " world"));
    g.put_text(9000, "LLO!");
    BOOST_TEST((g.call("fd_pwrite", {fd, 1024, 1, 2, 16}) == success && g.result() == 4));
    BOOST_TEST((g.call("fd_tell", {fd, 16}) == success && g.get<std::uint64_t>(16) == 10));

    BOOST_TEST(g.call("fd_filestat_set_size", {fd, 8}) == success);
    BOOST_TEST(g.call("fd_filestat_set_times", {fd, 1'000'000'000, 2'000'000'000, 1 | 4}) == success);
    BOOST_TEST(g.call("fd_filestat_set_times", {fd, 1, 2, 1 | 2}) == inval);
    BOOST_TEST(g.call("fd_filestat_get", {fd, 64}) == success);
    BOOST_TEST((g.get<std::uint8_t>(64 + 16) == 4 && g.get<std::uint64_t>(64 + 24) == 1 &&
                g.get<std::uint64_t>(64 + 32) == 8));
    BOOST_TEST((g.get<std::uint64_t>(64 + 40) == 1'000'000'000 && g.get<std::uint64_t>(64 + 48) == 2'000'000'000));
    BOOST_TEST(g.call("path_filestat_get", {3, 1, 4096, g.put_text(4096, "file"), 200}) == success);
    BOOST_TEST(g.text(64, 64) == g.text(200, 64));
    BOOST_TEST((g.call("fd_sync", {fd}) == success && g.call("fd_datasync", {fd}) == success));
    BOOST_TEST((g.call("fd_advise", {fd, 0, 10, 5}) == success && g.call("fd_advise", {fd, 0, 10, 6}) == inval));
    BOOST_TEST(g.call("fd_allocate", {fd, 0, 0}) == inval);
    BOOST_TEST((g.call("fd_close", {fd}) == success && g.call("fd_close", {fd}) == badf &&
                g.call("fd_tell", {fd, 16}) == badf));

    const std::uint32_t appending = g.opened("file", 0, all_rights, 1);
    BOOST_TEST((g.write(appending, "++") == success && g.seek(appending, 0, 0) == success &&
                g.write(appending, "--") == success));
    BOOST_TEST((g.seek(appending, 0, 0) == success && *g.read(appending, 100) == "heLLO! w++--"));
    BOOST_TEST(g.call("fd_fdstat_set_flags", {appending, 0}) == success);
    BOOST_TEST((g.seek(appending, 0, 0) == success && g.write(appending, "H") == success &&
                g.seek(appending, 0, 0) == success));
    BOOST_TEST(*g.read(appending, 3) == "HeL");
    const std::uint32_t emptied = g.opened("file", emptying);
    BOOST_TEST(*g.read(emptied, 3) == "");
    BOOST_TEST((g.open("none") == noent && g.open("file", directory) == notdir && g.open("", create) == noent));
    BOOST_TEST((g.open("a\xff", create) == ilseq && g.open(std::string_view("a\0b", 3), create) == inval));
}

BOOST_AUTO_TEST_CASE(no_path_leads_out, *needs(unfollowed_links)) {
    guest g;
    BOOST_REQUIRE(g.on_path("path_create_directory", "below") == success);
    BOOST_REQUIRE(g.call("path_symlink", {4096, g.put_text(4096, "../.."), 3, 6144, g.put_text(6144, "below/up")}) ==
                  success);
    const auto host = vitte::sys::directory::open(g.folder.path);
    BOOST_REQUIRE((host && host->symbolic_link("/", "root")));
    for (const char* const out : {"..", "../x", "/etc/passwd", "below/../../x", "below/up/x", "root/etc/passwd", "/"}) {
        BOOST_TEST_CONTEXT(out) {
            BOOST_TEST(g.open(out, create) == perm);
            BOOST_TEST(g.open(out, directory) == perm);
            BOOST_TEST(g.on_path("path_create_directory", out) == perm);
            BOOST_TEST(g.on_path("path_unlink_file", out) == perm);
            BOOST_TEST(g.on_path("path_remove_directory", out) == perm);
            BOOST_TEST(g.call("path_filestat_get", {3, 1, 4096, g.put_text(4096, out), 16}) == perm);
            BOOST_TEST(g.call("path_filestat_set_times", {3, 1, 4096, g.put_text(4096, out), 0, 0, 2}) == perm);
            BOOST_TEST(g.call("path_readlink", {3, 4096, g.put_text(4096, out), 8192, 100, 16}) == perm);
            BOOST_TEST(g.call("path_symlink", {6144, g.put_text(6144, "x"), 3, 4096, g.put_text(4096, out)}) == perm);
            BOOST_TEST(g.call("path_rename", {3, 4096, g.put_text(4096, "below"), 3, 6144, g.put_text(6144, out)}) ==
                       perm);
            BOOST_TEST(g.call("path_rename", {3, 4096, g.put_text(4096, out), 3, 6144, g.put_text(6144, "x")}) == perm);
            BOOST_TEST(g.call("path_link", {3, 1, 4096, g.put_text(4096, out), 3, 6144, g.put_text(6144, "x")}) ==
                       perm);
        }
    }
    BOOST_TEST(g.call("path_symlink", {4096, g.put_text(4096, "/etc"), 3, 6144, g.put_text(6144, "l")}) == perm);
    BOOST_TEST(g.open("below/../below/./up/..", directory) == perm);
    // A folder below is not left, either.
    const std::uint32_t below = g.opened_folder("below/../below/.");
    BOOST_TEST(g.open("../x", create, all_rights, 1, 0, below) == perm);
}

BOOST_AUTO_TEST_CASE(names_are_linked_renamed_and_removed, *needs(unfollowed_links)) {
    guest g;
    BOOST_TEST(g.write(g.opened("a", create), "content") == success);
    BOOST_TEST(g.call("path_symlink", {4096, g.put_text(4096, "a"), 3, 6144, g.put_text(6144, "l")}) == success);
    BOOST_TEST(
        (g.call("path_readlink", {3, 4096, g.put_text(4096, "l"), 8192, 100, 16}) == success && g.result() == 1));
    BOOST_TEST(g.text(8192, 1) == "a");
    BOOST_TEST(g.call("path_readlink", {3, 4096, g.put_text(4096, "a"), 8192, 100, 16}) == inval);
    BOOST_TEST(
        (g.open("l", 0, all_rights, 0) == loop && g.open("l") == success && *g.read(g.result(), 100) == "content"));
    const auto kind = [&](std::uint64_t follow) {
        BOOST_TEST(g.call("path_filestat_get", {3, follow, 4096, g.put_text(4096, "l"), 64}) == success);
        return g.get<std::uint8_t>(64 + 16);
    };
    BOOST_TEST((kind(0) == 7 && kind(1) == 4));
    BOOST_TEST(g.call("path_link", {3, 0, 4096, g.put_text(4096, "a"), 3, 6144, g.put_text(6144, "b")}) == success);
    BOOST_TEST(g.call("path_rename", {3, 4096, g.put_text(4096, "b"), 3, 6144, g.put_text(6144, "c/")}) == notdir);
    BOOST_TEST(g.call("path_rename", {3, 4096, g.put_text(4096, "b"), 3, 6144, g.put_text(6144, "c")}) == success);
    BOOST_TEST((g.open("b") == noent && g.open("c") == success));
    BOOST_TEST(g.on_path("path_create_directory", "d") == success);
    BOOST_TEST(g.on_path("path_create_directory", "d") == exist);
    const auto below = g.opened("d/x", create);
    BOOST_TEST((g.write(below, "x") == success && g.call("fd_close", {below}) == success));  // some keep names till then
    BOOST_TEST(
        (g.on_path("path_remove_directory", "d") == notempty && g.on_path("path_remove_directory", "a") == notdir));
    BOOST_TEST((g.on_path("path_unlink_file", "d/x") == success && g.on_path("path_unlink_file", "a/") == notdir));
    BOOST_TEST((g.on_path("path_remove_directory", "d") == success && g.on_path("path_unlink_file", "l") == success));
    BOOST_TEST(g.call("path_filestat_set_times", {3, 1, 4096, g.put_text(4096, "a"), 0, 5'000'000'000, 4}) == success);
    BOOST_TEST(g.call("path_filestat_get", {3, 1, 4096, g.put_text(4096, "a"), 64}) == success);
    BOOST_TEST(g.get<std::uint64_t>(64 + 48) == 5'000'000'000);
}

BOOST_AUTO_TEST_CASE(rights_are_kept) {
    guest g;
    BOOST_TEST(g.write(g.opened("a", create), "x") == success);
    const std::uint32_t fd = g.opened("a", 0, may_read);
    BOOST_TEST((g.write(fd, "y") == notcapable && g.seek(fd, 0, 0) == notcapable && *g.read(fd, 1) == "x"));
    BOOST_TEST((g.call("fd_fdstat_get", {fd, 64}) == success && g.get<std::uint64_t>(64 + 8) == may_read));
    BOOST_TEST(g.call("fd_fdstat_set_rights", {fd, may_read | may_write, 0}) == notcapable);
    BOOST_TEST((g.call("fd_tell", {fd, 16}) == notcapable && g.seek(fd, 0, 1) == notcapable));
    const std::uint32_t seeking = g.opened("a", 0, may_seek), telling = g.opened("a", 0, may_tell);
    BOOST_TEST((g.call("fd_tell", {seeking, 16}) == success && g.seek(seeking, 0, 1) == success));
    BOOST_TEST((g.call("fd_tell", {telling, 16}) == success && g.seek(telling, 0, 1) == success));
    BOOST_TEST((g.seek(seeking, 1, 1) == success && g.seek(telling, 1, 1) == notcapable));
    BOOST_TEST((g.call("fd_close", {seeking}) == success && g.call("fd_close", {telling}) == success));
    BOOST_TEST((g.call("fd_fdstat_set_rights", {fd, 0, 0}) == success && !g.read(fd, 1)));
    BOOST_TEST((g.call("fd_prestat_get", {3, 16}) == success && g.get<std::uint32_t>(20) == 1));
    BOOST_TEST((g.call("fd_prestat_dir_name", {3, 100, 1}) == success && g.text(100, 1) == "/"));
    BOOST_TEST((g.call("fd_prestat_get", {fd, 16}) == badf && g.call("fd_prestat_get", {99, 16}) == badf));

    BOOST_REQUIRE(g.world.add_folder(g.folder.path, "/read", wasi::folder_use::read_only).has_value());
    constexpr std::uint32_t read_only = 6;  // behind the two files
    BOOST_TEST((g.call("fd_prestat_get", {read_only, 16}) == success && g.get<std::uint32_t>(20) == 5));
    BOOST_TEST((g.open("a", 0, may_read, 1, 0, read_only) == success && *g.read(g.result(), 9) == "x"));
    BOOST_TEST((g.open("a", 0, may_write, 1, 0, read_only) == notcapable &&
                g.open("n", create, may_read, 1, 0, read_only) == notcapable));
    BOOST_TEST((g.open("a", emptying, may_read, 1, 0, read_only) == notcapable));
    BOOST_TEST(g.call("path_unlink_file", {read_only, 4096, g.put_text(4096, "a")}) == notcapable);
    BOOST_TEST(g.call("path_create_directory", {read_only, 4096, g.put_text(4096, "d")}) == notcapable);
    BOOST_TEST(g.call("path_rename", {read_only, 4096, g.put_text(4096, "a"), 3, 6144, g.put_text(6144, "b")}) ==
               notcapable);
}

BOOST_AUTO_TEST_CASE(folders_are_opened_but_not_for_writing) {
    guest g;
    for (const std::uint64_t rights : {may_write, may_read | may_write, all_rights})
        BOOST_TEST((g.open_folder(".", rights) == isdir && g.open(".", 0, rights) == isdir));
    BOOST_TEST((g.open_folder("none", may_write) == noent && g.write(g.opened("a", create), "x") == success));
    BOOST_TEST(g.open_folder("a", may_write) == notdir);
    // What else means nothing for a folder is left out of its rights, and all that it has can be asked for.
    const auto rights_of = [&](std::uint32_t fd) {
        BOOST_TEST(g.call("fd_fdstat_get", {fd, 64}) == success);
        return g.get<std::uint64_t>(64 + 8);
    };
    BOOST_TEST((g.open_folder(".", may_read | may_seek) == success && rights_of(g.result()) == 0));
    const std::uint64_t all_of_it = rights_of(3);
    BOOST_TEST((g.open_folder(".", all_of_it) == success && rights_of(g.result()) == all_of_it));
    BOOST_TEST((g.open(".", 0, all_of_it) == success && rights_of(g.result()) == all_of_it));
}

BOOST_AUTO_TEST_CASE(folders_are_listed_in_pieces) {
    guest g;
    std::map<std::string, int> expected = {{".", 3}, {"..", 3}};
    for (int i = 0; i < 30; ++i) {
        const std::string title = "name" + std::to_string(i * i);
        BOOST_TEST(g.call("fd_close", {g.opened(title, create)}) == success);
        expected[title] = 4;
    }
    for (const std::uint32_t room : {64u, 100u, 4096u}) {
        std::map<std::string, int> found;
        std::uint64_t cookie = 0;
        for (bool more = true; more;) {
            BOOST_REQUIRE(g.call("fd_readdir", {3, 8192, room, cookie, 16}) == success);
            const std::uint32_t used = g.result();
            more = used == room;
            std::uint32_t at = 0;
            while (used - at >= 24) {
                const std::uint32_t length = g.get<std::uint32_t>(8192 + at + 16);
                if (length > used - at - 24) break;  // cut off
                cookie = g.get<std::uint64_t>(8192 + at);
                BOOST_TEST(g.get<std::uint64_t>(8192 + at + 8) != 0);
                found[g.text(8192 + at + 24, length)] = g.get<std::uint8_t>(8192 + at + 20);
                at += 24 + length;
            }
        }
        BOOST_TEST((found == expected));
    }
    BOOST_TEST(g.call("fd_readdir", {3, 8192, 100, 1'000'000, 16}) == success);
    BOOST_TEST(g.result() == 0);
    BOOST_TEST(g.call("fd_readdir", {0, 8192, 100, 0, 16}) == badf);
}

BOOST_AUTO_TEST_CASE(descriptors_are_renumbered) {
    guest g;
    const std::uint32_t a = g.opened("a", create), b = g.opened("b", create);
    BOOST_TEST(g.write(a, "of a") == success);
    BOOST_TEST(g.call("fd_renumber", {a, b}) == success);
    BOOST_TEST(
        (g.call("fd_tell", {a, 16}) == badf && g.call("fd_tell", {b, 16}) == success && g.get<std::uint64_t>(16) == 4));
    BOOST_TEST((g.call("fd_renumber", {b, b}) == success && g.call("fd_renumber", {99, b}) == badf &&
                g.call("fd_renumber", {b, 99}) == badf));
    BOOST_TEST(g.opened("c", create) == a);
}

BOOST_AUTO_TEST_CASE(there_are_no_sockets) {
    guest g;
    BOOST_TEST((g.call("sock_accept", {3, 0, 16}) == notsock && g.call("sock_recv", {3, 0, 0, 0, 16, 20}) == notsock));
    BOOST_TEST((g.call("sock_send", {3, 0, 0, 0, 16}) == notsock && g.call("sock_shutdown", {99, 0}) == badf));
    BOOST_TEST(g.call("proc_raise", {6}) == notsup);
}

namespace {
void subscribe_clock(auto& g, std::uint32_t at, std::uint64_t user, std::uint32_t clock, std::uint64_t timeout,
                     std::uint16_t flags) {
    g.put(at, user), g.put(at + 8, std::uint8_t{0}), g.put(at + 16, clock), g.put(at + 24, timeout),
        g.put(at + 40, flags);
}
void subscribe_descriptor(guest& g, std::uint32_t at, std::uint64_t user, std::uint8_t kind, std::uint32_t fd) {
    g.put(at, user), g.put(at + 8, kind), g.put(at + 16, fd);
}
}  // namespace

BOOST_AUTO_TEST_CASE(waiting_for_clocks_and_files) {
    guest g;
    constexpr std::uint32_t in = 2048, out = 3072;
    subscribe_clock(g, in, 7, 1, 20'000'000, 0);
    const std::int64_t before = vitte::sys::monotonic_time();
    BOOST_TEST((g.call("poll_oneoff", {in, out, 1, 16}) == success && g.result() == 1));
    BOOST_TEST(vitte::sys::monotonic_time() - before >= 20'000'000);
    BOOST_TEST((g.get<std::uint64_t>(out) == 7 && g.get<std::uint16_t>(out + 8) == success &&
                g.get<std::uint8_t>(out + 10) == 0));
    subscribe_clock(g, in, 7, 0, static_cast<std::uint64_t>(vitte::sys::wall_time() + 5'000'000), 1);
    BOOST_TEST((g.call("poll_oneoff", {in, out, 1, 16}) == success && g.result() == 1));
    subscribe_clock(g, in, 7, 2, 1, 0);
    BOOST_TEST((g.call("poll_oneoff", {in, out, 1, 16}) == success && g.get<std::uint16_t>(out + 8) == notsup));

    const std::uint32_t fd = g.opened("a", create);
    BOOST_TEST((g.write(fd, "12345") == success && g.seek(fd, 2, 0) == success));
    subscribe_clock(g, in, 1, 1, 60'000'000'000, 0);
    subscribe_descriptor(g, in + 48, 2, 1, fd);
    subscribe_descriptor(g, in + 96, 3, 2, 99);
    BOOST_TEST((g.call("poll_oneoff", {in, out, 3, 16}) == success && g.result() == 2));
    BOOST_TEST(
        (g.get<std::uint64_t>(out) == 2 && g.get<std::uint8_t>(out + 10) == 1 && g.get<std::uint64_t>(out + 16) == 3));
    BOOST_TEST((g.get<std::uint64_t>(out + 32) == 3 && g.get<std::uint16_t>(out + 40) == badf));
    BOOST_TEST(
        (g.call("poll_oneoff", {in, out, 0, 16}) == inval && g.call("poll_oneoff", {65500, out, 1, 16}) == fault));
    g.put<std::uint8_t>(in + 8, 3);
    BOOST_TEST(g.call("poll_oneoff", {in, out, 1, 16}) == inval);
    // Only what may be read is waited for to be read, and so with writing.
    const std::uint32_t read_only = g.opened("a", 0, may_poll | may_read);
    subscribe_descriptor(g, in, 4, 1, read_only);
    subscribe_descriptor(g, in + 48, 5, 2, read_only);
    BOOST_TEST((g.call("poll_oneoff", {in, out, 2, 16}) == success && g.result() == 2));
    BOOST_TEST((g.get<std::uint16_t>(out + 8) == success && g.get<std::uint16_t>(out + 40) == notcapable));
}

const ability waiting_for_streams{"a way to wait for streams", [] {
                                      return []<class P>(P*) {
                                          return requires { typename P::streams; };
                                      }(static_cast<vitte::sys::native*>(nullptr));
                                  }};

BOOST_AUTO_TEST_CASE(standard_streams_are_waited_for_and_read_as_they_come, *needs(waiting_for_streams)) {
    vitte::sys::native::processes::pipe_end end;
    auto other = end.open(true);
    BOOST_REQUIRE(other.has_value());
    guest g;
    g.world.set_stream(vitte::sys::standard_stream::input, vitte::sys::file(*other));
    constexpr std::uint32_t in = 2048, out = 3072;
    subscribe_descriptor(g, in, 1, 1, 0);
    subscribe_clock(g, in + 48, 2, 1, 10'000'000, 0);
    BOOST_TEST(
        (g.call("poll_oneoff", {in, out, 2, 16}) == success && g.result() == 1 && g.get<std::uint64_t>(out) == 2));
    std::byte line[] = {std::byte{'h'}, std::byte{'i'}};
    end.begin(line, sizeof line);
    BOOST_TEST(*end.finish() == 2u);
    BOOST_TEST(
        (g.call("poll_oneoff", {in, out, 2, 16}) == success && g.result() == 1 && g.get<std::uint64_t>(out) == 1));
    BOOST_TEST(*g.read(0, 100) == "hi");
    end.close();
    BOOST_TEST(*g.read(0, 100) == "");
    BOOST_TEST((g.write(0, "x") == notcapable && g.seek(0, 0, 0) == notcapable));
}

/// Why a guest stops that waits in the function `name`.
wasm::trap_code end_of_wait(guest& g, const char* name, std::initializer_list<std::uint32_t> numbers) {
    std::vector<wasm::value> arguments;
    for (const std::uint32_t a : numbers) arguments.push_back(value_of(wasm::i32, a));
    const auto before = vitte::sys::monotonic_time();
    const auto waited = g.store.invoke(g.made->find(name)->as<wasm::function>(), arguments);
    BOOST_TEST(vitte::sys::monotonic_time() - before < 30'000'000'000);
    return waited ? wasm::trap_code::none : waited.error().code;
}
/// The same of one that waits for a minute on its clock and, if it has a second subscription, on a stream.
wasm::trap_code end_of_poll(guest& g, std::uint32_t subscriptions) {
    constexpr std::uint32_t in = 2048, out = 3072;
    subscribe_clock(g, in, 1, 1, 60'000'000'000, 0);
    subscribe_descriptor(g, in + 48, 2, 1, 0);
    return end_of_wait(g, "poll_oneoff", {in, out, subscriptions, 16});
}
BOOST_AUTO_TEST_CASE(waits_end_when_somebody_interrupts, *needs(threads)) {
    guest g;
    vitte::sys::native::processes::pipe_end end;
    auto other = end.open(true);
    BOOST_REQUIRE(other.has_value());
    g.world.set_stream(vitte::sys::standard_stream::input, vitte::sys::file(*other));
    const auto interrupted = [&](auto wait) {
        auto interrupting = vitte::sys::start_thread([&] {
            vitte::sys::this_thread::sleep_until(vitte::sys::deadline::after(10'000'000));
            g.store.interrupt();
        });
        BOOST_REQUIRE(interrupting);
        BOOST_TEST((wait() == wasm::trap_code::interrupted));
        BOOST_TEST(interrupting->join().has_value());
    };
    interrupted([&] { return end_of_poll(g, 1); });
    if (waiting_for_streams.present()) {
        interrupted([&] { return end_of_poll(g, 2); });
        g.put<std::uint32_t>(1028, 10);  // bytes for the slice at 1024
        interrupted([&] { return end_of_wait(g, "fd_read", {0, 1024, 1, 16}); });
    }
    BOOST_TEST(g.call("random_get", {0, 4}) == success);
}
BOOST_AUTO_TEST_CASE(waits_end_at_the_stores_deadline) {
    guest g;
    for (int i = 0; i < 2; ++i) {
        g.store.set_deadline(vitte::sys::deadline::after(5'000'000));
        BOOST_TEST((end_of_poll(g, 1) == wasm::trap_code::timed_out));
    }
    g.store.set_deadline(vitte::sys::deadline::never());
    BOOST_TEST(g.call("random_get", {0, 4}) == success);
}

BOOST_AUTO_TEST_CASE(a_wait_that_is_cut_short_ends_its_own_call_alone) {
    guest g;
    g.store.define_function<void()>("host", "wait", [&] {
        g.store.set_deadline(vitte::sys::deadline::after(1'000'000));
        BOOST_TEST((end_of_poll(g, 1) == wasm::trap_code::timed_out));
        g.store.set_deadline(vitte::sys::deadline::never());
    });
    const code calling =
        module({make_section(1, list({type({}, {})})), make_section(2, list({imported("host", "wait", bytes({0, 0}))})),
                make_section(3, list({bytes({0})})), make_section(7, list({exported("call", 0, 1)})),
                make_section(10, list({body(bytes({0x10, 0}))}))});
    const auto outer = g.store.instantiate(*wasm::compiled_module::compile(calling));
    BOOST_REQUIRE(outer);
    BOOST_TEST((*(*outer)->function<void()>("call"))().has_value());
}

#if defined(__unix__) && !defined(__wasi__)
BOOST_AUTO_TEST_CASE(nobody_waits_for_the_other_end_of_a_fifo,
                     *needs(waiting_for_streams) * boost::unit_test::timeout(120)) {
    guest g;
    const std::string fifo = std::string(g.folder.path) + "/fifo";
    BOOST_REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    g.store.set_deadline(vitte::sys::deadline::after(500'000'000));
    // Only who reads and does not write would wait for others when he opens it.
    const std::uint32_t fd = g.opened("fifo", 0, may_read);
    g.put<std::uint32_t>(1028, 10);  // bytes for the slice at 1024
    BOOST_TEST((end_of_wait(g, "fd_read", {fd, 1024, 1, 16}) == wasm::trap_code::timed_out));
    g.store.set_deadline(vitte::sys::deadline::never());
    const int writer = open(fifo.c_str(), O_WRONLY);
    BOOST_TEST((writer != -1 && write(writer, "hi", 2) == 2 && close(writer) == 0));
    BOOST_TEST(*g.read(fd, 100) == "hi");
}

#if defined(__unix__)
BOOST_AUTO_TEST_CASE(streams_that_the_host_lacks_are_closed_for_a_guest) {
    guest g;
    const int before = ::dup(1);
    BOOST_REQUIRE((before != -1 && ::close(1) == 0));
    g.world.inherit_streams();
    const auto fd = g.opened("file", create | alone);
    const auto host = vitte::sys::file::open(SCRATCH "/of the host", vitte::sys::open_mode::create_both);
    const std::uint32_t lost = g.write(1, "lost"), kept = g.write(fd, "kept");
    BOOST_REQUIRE(::dup2(before, 1) == 1);
    ::close(before);
    BOOST_TEST((lost == badf && kept == success));
    BOOST_TEST((host->info()->size == 0 && g.seek(fd, 0, 1) == success && g.get<std::uint64_t>(16) == 4));
}
#endif

BOOST_AUTO_TEST_CASE(nobody_waits_for_the_reader_of_a_full_pipe, *needs(waiting_for_streams)) {
    guest g;
    int ends[2];
    BOOST_REQUIRE(pipe(ends) == 0);
    g.world.set_stream(vitte::sys::standard_stream::output, vitte::sys::file(ends[1]));
    g.put<std::uint32_t>(1024, 8192);
    g.put<std::uint32_t>(1028, 50'000);
    BOOST_TEST((g.call("fd_write", {1, 1024, 1, 16}) == success && g.result() == 50'000));
    g.store.set_deadline(vitte::sys::deadline::after(50'000'000));
    BOOST_TEST((end_of_wait(g, "fd_write", {1, 1024, 1, 16}) == wasm::trap_code::timed_out));
    g.store.set_deadline(vitte::sys::deadline::never());
    close(ends[0]);
}

BOOST_AUTO_TEST_CASE(nobody_waits_for_the_reader_of_a_full_terminal,
                     *needs(waiting_for_streams) * boost::unit_test::timeout(120)) {
    const int reader = posix_openpt(O_RDWR | O_NOCTTY);
    const bool made = reader != -1 && grantpt(reader) == 0 && unlockpt(reader) == 0;
    const int terminal = made ? open(ptsname(reader), O_RDWR | O_NOCTTY) : -1;
    if (terminal == -1) {
        BOOST_TEST_MESSAGE("skipped: there are no pseudo-terminals here");
        return;
    }
    guest g;
    g.world.set_stream(vitte::sys::standard_stream::output, vitte::sys::file(terminal));
    g.put<std::uint32_t>(1024, 8192);
    g.put<std::uint32_t>(1028, 50'000);
    for (std::uint32_t i = 0; i < 50'000; i += 2) g.put<std::uint16_t>(8192 + i, 0x0a0a);  // each becomes two bytes
    g.store.set_deadline(vitte::sys::deadline::after(500'000'000));
    wasm::trap_code end = wasm::trap_code::none;
    for (int i = 0; i < 100 && end == wasm::trap_code::none; ++i) end = end_of_wait(g, "fd_write", {1, 1024, 1, 16});
    BOOST_TEST((end == wasm::trap_code::timed_out));
    g.store.set_deadline(vitte::sys::deadline::never());
    close(reader);
}

namespace {
/// Notes until when somebody waits for streams.
struct noting : vitte::sys::native {
    struct streams : vitte::sys::native::streams {
        static inline std::int64_t last = 0;
        static auto wait(auto& asked, std::size_t count, std::int64_t until) {
            return vitte::sys::native::streams::wait(asked, count, last = until);
        }
    };
};
}  // namespace
BOOST_AUTO_TEST_CASE(no_wait_goes_beyond_the_deadline, *needs(waiting_for_streams)) {
    basic_guest<noting> g;
    vitte::sys::native::processes::pipe_end end;
    auto other = end.open(true);
    BOOST_REQUIRE(other.has_value());
    g.world.set_stream(vitte::sys::standard_stream::input, vitte::sys::basic_file<noting>(*other));
    const auto until = vitte::sys::deadline::after(5'000'000);
    g.store.set_deadline(until);
    const std::vector<wasm::value> arguments{value_of(wasm::i32, 0), value_of(wasm::i32, 1024), value_of(wasm::i32, 1),
                                             value_of(wasm::i32, 16)};
    const auto waited = g.store.invoke(g.made->find("fd_read")->as<wasm::function>(), arguments);
    BOOST_TEST((!waited && waited.error().code == wasm::trap_code::timed_out));
    BOOST_TEST(noting::streams::last <= until.monotonic());
}
#endif

BOOST_AUTO_TEST_CASE(work_for_a_guest_is_charged) {
    guest g;
    wasm::compile_options metered;
    metered.metered = true;
    g.made = *g.store.instantiate(*wasm::compiled_module::compile(every_function(), metered));
    const auto fuel_of = [&](const char* name, std::initializer_list<std::uint64_t> arguments) {
        g.store.set_fuel(1'000'000);
        BOOST_TEST(g.call(name, arguments) == success);
        return 1'000'000 - g.store.fuel();
    };
    const std::uint32_t fd = g.opened("file", create);
    const std::uint64_t page = fuel_of("random_get", {0, 65536});
    BOOST_TEST((page >= 1024 && page < 1100));
    for (std::uint32_t i = 0; i < 8192; ++i) g.put<std::uint32_t>(8 * i, 0), g.put<std::uint32_t>(8 * i + 4, 0);
    BOOST_TEST(fuel_of("fd_read", {fd, 0, 8192, 16}) >= 8192u);
    g.put<std::uint32_t>(1024, 0);
    g.put<std::uint32_t>(1028, 64'000);
    BOOST_TEST((fuel_of("fd_write", {fd, 1024, 1, 16}) >= 1000 && fuel_of("fd_pread", {fd, 1024, 1, 0, 16}) >= 1000));
    const auto size = g.put_text(4096, "file" + std::string(1000, 'x'));
    BOOST_TEST(g.call("path_create_directory", {3, 4096, 4}) == exist);
    g.store.set_fuel(1'000'000);
    BOOST_TEST((g.call("path_unlink_file", {3, 4096, size}) == nametoolong && g.store.fuel() <= 999'000));
    BOOST_TEST(fuel_of("fd_readdir", {3, 8192, 4096, 0, 16}) >= 500u);
    g.store.set_fuel(500);
    const std::vector<wasm::value> all{value_of(wasm::i32, 0), value_of(wasm::i32, 65536)};
    const auto& random = g.made->find("random_get")->as<wasm::function>();
    for (int i = 0; i < 2; ++i) {
        const auto ended = g.store.invoke(random, all);
        BOOST_TEST((!ended && ended.error().code == wasm::trap_code::out_of_fuel));
    }
    g.store.set_fuel(2000);
    BOOST_TEST(g.store.invoke(random, all).has_value());
}

BOOST_AUTO_TEST_CASE(programs_end_with_their_code) {
    wasi::context world;
    auto store = wasm::store::create();
    BOOST_REQUIRE(store.has_value());
    world.offer(*store);
    const auto run = [&](const code& instructions) {
        return world.run(**store->instantiate(compiled(program(instructions))));
    };
    BOOST_TEST(*run(bytes({0x41, 7, 0x10, 0})) == 7);
    BOOST_TEST(*run(bytes({0x01})) == 0);
    const auto trapped = run(bytes({0x00}));
    BOOST_TEST((!trapped && trapped.error().code == wasm::trap_code::unreachable));
    BOOST_TEST(*run(bytes({0x41, 9, 0x10, 0})) == 9);
    BOOST_TEST((world.exit_code() == std::optional<std::uint32_t>(9)));
    BOOST_TEST(!world.run(**store->instantiate(compiled(module({})))).has_value());  // it has no `_start`
    BOOST_TEST(!world.exit_code().has_value());
}

BOOST_AUTO_TEST_CASE(sizes_that_a_guest_invents_allocate_nothing) {
    guest g;
    const std::uint32_t fd = g.opened("a", create);
    for (const std::uint64_t size : {0x10000u, 0x7fffffffu, 0xffffffffu}) {
        BOOST_TEST(g.call("poll_oneoff", {0, 0, size, 16}) == inval);
        BOOST_TEST((g.call("fd_read", {fd, 0, size, 16}) == fault && g.call("fd_write", {fd, 0, size, 16}) == fault));
        BOOST_TEST((g.call("fd_readdir", {3, 0, size, 0, 16}) == (size == 0x10000 ? success : fault)));
        BOOST_TEST(
            (g.call("random_get", {1, size}) == fault && g.call("path_readlink", {3, 0, 1, 1, size, 16}) != success));
        BOOST_TEST((g.call("path_open", {3, 0, 0, size + 1, 0, 0, 0, 0, 16}) != success));
        BOOST_TEST((g.call("path_symlink", {0, size + 1, 3, 0, 1}) != success));
    }
    BOOST_TEST(g.call("path_unlink_file", {3, 0, 0x10001}) == nametoolong);
}
BOOST_AUTO_TEST_CASE(listings_have_a_limit) {
    guest g(20);
    for (const char* const name : {"a", "b", "c", "d", "e", "f", "g", "h", "i"})
        BOOST_TEST(g.call("fd_close", {g.opened(name, create)}) == success);
    const std::uint32_t again = g.opened_folder("."), more = g.opened_folder(".");
    const auto list = [&](std::uint32_t fd) { return g.call("fd_readdir", {fd, 8192, 4096, 0, 16}); };
    BOOST_TEST((list(3) == success && list(again) == nomem && list(3) == success));
    BOOST_TEST((g.call("fd_close", {again}) == success && list(more) == nomem));
    BOOST_TEST(g.on_path("path_unlink_file", "a") == success);
    BOOST_TEST((list(3) == success && list(more) == success));
}

BOOST_AUTO_TEST_CASE(no_argument_of_a_guest_is_trusted) {
    guest g;
    g.call("fd_close", {g.opened("a", create)});
    constexpr std::uint64_t values[] = {0,
                                        1,
                                        3,
                                        4,
                                        16,
                                        4096,
                                        65500,
                                        65535,
                                        65536,
                                        0x7fffffff,
                                        0x80000000,
                                        0xffffffff,
                                        0x7fffffffffffffff,
                                        0xffffffffffffffff};
    std::uint64_t state = 88172645463325252u;
    const auto next = [&] { return state ^= state << 13, state ^= state >> 7, state ^= state << 17; };
    std::size_t calls = 0;
    for (const described& f : functions) {
        const std::string_view title = f.name;
        if (title == "proc_exit" || title == "poll_oneoff") continue;  // which end, and may wait for ever
        const auto& callee = g.made->find(f.name)->as<wasm::function>();
        for (int round = 0; round < 400; ++round) {
            std::vector<wasm::value> arguments;
            for (const wasm::value_type t : callee.description->parameters)
                arguments.push_back(
                    value_of(t, arguments.empty() && next() % 2 == 0 ? 3 : values[next() % std::size(values)]));
            if (title == "fd_allocate" || title == "fd_filestat_set_size")
                arguments.back() = value_of(wasm::i64, next() % 100);
            BOOST_TEST_REQUIRE(g.store.invoke(callee, arguments).has_value());
            ++calls;
        }
    }
    BOOST_TEST(calls == 400 * (function_count - 2));
    // The world still works.
    BOOST_TEST(g.call("random_get", {0, 4}) == success);
}

namespace {
using frail = vitte::sys::faulty<vitte::sys::native>;
using frailty = vitte::sys::faults<vitte::sys::native>;

/// What a guest has done: whether it was told of a failure, and what it saw.
struct full_use {
    bool failed = false;
    std::string seen;

    explicit full_use(basic_guest<frail>& g) {
        constexpr std::uint32_t out = 3072;
        succeeds(g.on_path("path_create_directory", "d"));
        succeeds(g.open("d/file", create));
        const std::uint32_t fd = g.result();
        succeeds(g.write(fd, "hello"));
        see(g.result());
        succeeds(g.call("fd_sync", {fd}));
        succeeds(g.call("fd_filestat_set_size", {fd, 4}));
        succeeds(g.seek(fd, 1, 0));
        const auto read = g.read(fd, 100);
        succeeds(read ? 0 : 1);
        seen += read.value_or("");
        succeeds(g.call("fd_filestat_get", {fd, 64}));
        see(g.template get<std::uint32_t>(64 + 32));
        succeeds(g.call("fd_close", {fd}));
        succeeds(g.call("path_rename", {3, 4096, g.put_text(4096, "d/file"), 3, 6144, g.put_text(6144, "d/../kept")}));
        succeeds(g.call("path_filestat_get", {3, 1, 4096, g.put_text(4096, "kept"), 64}));
        see(g.template get<std::uint32_t>(64 + 32));
        succeeds(g.on_path("path_remove_directory", "d"));
        succeeds(g.call("fd_readdir", {3, 8192, 200, 0, 16}));
        see(g.result());
        succeeds(g.on_path("path_unlink_file", "kept"));
        succeeds(g.call("random_get", {0, 8}));
        subscribe_clock(g, 2048, 7, 1, 1000, 0);
        succeeds(g.call("poll_oneoff", {2048, out, 1, 16}));
        see(g.result());
    }

private:
    void succeeds(std::uint32_t status) {
        BOOST_TEST(status <= 76);
        failed = failed || status != 0;
    }
    void see(std::uint32_t number) { seen += std::to_string(number) + ' '; }
};
}  // namespace

BOOST_AUTO_TEST_CASE(what_fails_is_told_or_made_good) {
    const auto run = [](const vitte::sys::fault& what) {
        basic_guest<frail> g;
        frailty::arm(what);
        const full_use done(g);
        const std::uint64_t calls = frailty::count();
        std::vector<std::string> names;
        for (std::uint64_t k = 1; k <= calls; ++k) names.emplace_back(frailty::name(k));
        frailty::arm();
        return std::pair(done, names);
    };
    const auto [clean, names] = run({});
    BOOST_TEST(!clean.failed);
    BOOST_TEST(names.size() > 20);
    std::size_t told = 0;
    for (std::uint64_t k = 1; k <= names.size(); ++k)
        for (const vitte::errc code : vitte::sys::possible_errors(names[k - 1].c_str())) {
            const full_use done = run({.call = k, .code = code}).first;
            BOOST_TEST_CONTEXT(names[k - 1] << ": " << message(code))
            BOOST_TEST((done.failed || done.seen == clean.seen));
            if (done.failed) ++told;
        }
    BOOST_TEST(told > 50);
    // Bytes one at a time, and a system that lacks all that one may lack: nothing is told, for there is another way.
    BOOST_TEST(
        (!run({.short_transfers = true}).first.failed && run({.short_transfers = true}).first.seen == clean.seen));
    BOOST_TEST((!run({.bare = true}).first.failed && run({.bare = true}).first.seen == clean.seen));
}
