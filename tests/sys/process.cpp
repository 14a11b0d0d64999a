// Processes that are real: a helper program (support/child.c) everywhere, and the shell where there is one.
#include <cstdlib>
#include <string>

#include <vitte/sys/fs/copy.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/platform/win32/batch_file.hpp>
#include <vitte/sys/process.hpp>
#include <vitte/sys/thread.hpp>

#include "../support/scratch.hpp"
#include "../support/child.hpp"
#include "../support/text_files.hpp"

#if !defined(_WIN32)
#include <grp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include <csignal>
#endif

namespace {
using namespace vitte::sys;
using namespace vitte::sys::literals;
using vitte::errc;

std::string said(command what) {
    const auto done = capture(what.error(stdio::merge()));
    return done && done->succeeded() ? std::string(done->output_text()) : "failed";
}

/// The native platform, whose pipes take a byte at any time.
struct steady : native {
    struct processes : native::processes {
        struct pipe_end {
            std::size_t taken = 0;
            static bool is_open() noexcept { return true; }
            static void close() noexcept {}
            static void cancel() noexcept {}
            static void begin(std::byte*, std::size_t) noexcept {}
            vitte::result<std::size_t> finish() noexcept { return ++taken, std::size_t{1}; }
            static vitte::result<void> wait_any(pipe_end* const*, std::size_t, std::int64_t) noexcept { return {}; }
        };
    };
};

const ability shell{"a shell", [] { return capture(command("sh").arguments({"-c", "exit 0"})).has_value(); }};
#if !defined(_WIN32)
const ability privilege{"the rights of root", [] { return geteuid() == 0; }};

/// The native platform, whose clock jumps ahead in a wait for output, when `arrived` returns true.
struct late : native {
    static inline bool (*arrived)() = nullptr;
    static inline bool is_late = false;
    static inline volatile std::sig_atomic_t has_child_ended = 0;
    struct clocks : native::clocks {
        static std::int64_t ahead() noexcept { return is_late ? 120'000'000'000'000 : 0; }
        static std::int64_t monotonic() noexcept { return native::clocks::monotonic() + ahead(); }
        static vitte::result<void> sleep_until(std::int64_t point) noexcept {
            return native::clocks::sleep_until(point - ahead());
        }
    };
    struct processes : native::processes {
        struct pipe_end : native::processes::pipe_end {
            static vitte::result<void> wait_any(pipe_end* const*, std::size_t, std::int64_t) noexcept {
                while (!arrived()) this_thread::sleep_until(deadline::after(1_ms));
                is_late = true;
                return {};
            }
        };
    };
};

/// The native platform, which counts what is done to a group, other than asking whether there is somebody, after its
/// leader was waited for.
struct watched : native {
    struct processes : native::processes {
        static inline bool waited = false;
        static inline int late = 0;
        static vitte::result<exit_status> wait(child of, std::int64_t until) noexcept {
            auto ended = native::processes::wait(of, until);
            waited = waited || ended.has_value();
            return ended;
        }
        static vitte::result<void> send_group(child leader, process_signal signal) noexcept {
            late += waited && (lists_natively || signal != process_signal::resume);
            return native::processes::send_group(leader, signal);
        }
        static constexpr bool lists_natively = vitte::sys::detail::lists_processes<native::processes>;
    };
};

/// Returns true if `act`, in a child of this program, does.
template <class Act>
bool succeeds_apart(Act act) {
    const pid_t id = fork();
    if (id == 0) _exit(act() ? 0 : 1);
    int status = -1;
    return waitpid(id, &status, 0) == id && status == 0;
}

command sh(std::string_view script) { return command("sh").arguments({"-c", script}); }

constexpr bool lists = vitte::sys::detail::lists_processes<native::processes>;
constexpr bool tells_writers = []<class R>(R*) {
    return requires(std::uint64_t* to) { R::writers(typename R::pipe_end::handle{}, to, 1); };
}(static_cast<native::processes*>(nullptr));
#endif
}  // namespace

BOOST_AUTO_TEST_SUITE(process_)

BOOST_AUTO_TEST_CASE(arguments_arrive_as_they_are) {
    BOOST_TEST(said(child({"arguments"})) == "");
    const std::string_view awkward[] = {"",
                                        " ",
                                        "a b",
                                        "\"",
                                        "\\",
                                        "a\\",
                                        "a b\\",
                                        "\\\"",
                                        "a\\\\\"b",
                                        "'",
                                        "$HOME",
                                        "`x`",
                                        "*",
                                        "%PATH%",
                                        "new\nline",
                                        "-x",
                                        "gr\xc3\xbc\xc3\x9f",
                                        "\t",
                                        "^&|<>",
                                        "\\\\server\\share\\"};
    command all = child({"arguments"});
    std::string expected;
    for (const auto text : awkward) {
        all.argument(text);
        expected += "[" + std::string(text) + "]\n";
        BOOST_TEST(said(child({"arguments", text, "last"})) == "[" + std::string(text) + "]\n[last]\n");
    }
    BOOST_TEST(said(all) == expected);
}

BOOST_AUTO_TEST_CASE(the_program_is_told_another_name, *needs(own_kernel)) {
    for (const std::string name : {"another", "an other", "\\ends with\\", "a\\ \\b", "\\", "tab\t"})
        BOOST_TEST(said(child({"name"}).called(name)) == name);
    const command quoted = child({"name"}).called("a\" b \"c");
#if defined(_WIN32)
    const auto spawned = quoted.spawn();  // runtimes would make arguments of it
    BOOST_TEST((!spawned && spawned.error().code == errc::invalid_argument));
#else
    BOOST_TEST(said(quoted) == "a\" b \"c");
#endif
}

BOOST_AUTO_TEST_CASE(batch_files_are_known_by_their_names) {
    for (const wchar_t* const path : {L"x.bat", L"x.BaT", L"x.cmd", L"C:\\x y\\x.CMD", L"x.bat.", L"x.bat ",
                                      L"x.cmd. . ", L"x.bat::$DATA", L"C:x.bat:s", L"x.bat .:s", L"x.exe.bat", L".bat"})
        BOOST_TEST(win32::is_batch_file(path), std::string(path, path + std::char_traits<wchar_t>::length(path)));
    for (const wchar_t* const path :
         {L"", L"bat", L"x.exe", L"x.bat.exe", L"x.bat\\x.exe", L"x.batch", L"xbat", L"C:x", L"x .bat_"})
        BOOST_TEST(!win32::is_batch_file(path));
}

#if defined(_WIN32)
BOOST_AUTO_TEST_CASE(batch_files_are_not_started, *needs(own_kernel)) {
    const scratch folder;
    for (const char* const file : {SCRATCH "/x.bat", SCRATCH "/x.cmd"})
        BOOST_TEST(write(file, as_bytes("@echo %1\r\n")).has_value());
    for (const std::string name :
         {"x.bat", "x.BaT", "x.cmd", "x.bat.", "x.bat ", "x.cmd. . ", "x.bat::$DATA", "x.bat\\.", "x.bat\\y\\.."}) {
        const auto done = capture(command(SCRATCH "\\" + name).argument("a"));
        BOOST_TEST((!done && done.error().code == errc::not_supported), name);
    }
}
#endif

BOOST_AUTO_TEST_CASE(codes_are_told) {
    for (const int code : {0, 1, 42, 255}) {
        auto p = child({"exit", std::to_string(code)}).spawn();
        BOOST_REQUIRE(p.has_value());
        BOOST_TEST(p->wait()->code == code);
        BOOST_TEST(p->wait()->code == code);
        BOOST_TEST((p->kill().error().code == errc::not_found));
    }
}

BOOST_AUTO_TEST_CASE(nobody_knows_how_one_ends_that_was_detached) {
    auto p = child({"exit", "7"}).spawn();
    BOOST_REQUIRE(p.has_value());
    [[maybe_unused]] const std::uint64_t id = p->id();
    p->detach();
    BOOST_TEST((p->wait().error().code == errc::not_found));
    BOOST_TEST((p->wait_until(deadline::passed()).error().code == errc::not_found));
    BOOST_TEST((p->stop(deadline::passed()).error().code == errc::not_found));
#if !defined(_WIN32)
    BOOST_TEST(waitpid(static_cast<pid_t>(id), nullptr, 0) == static_cast<pid_t>(id));
#endif
    auto waited = child({"exit", "7"}).spawn();
    BOOST_REQUIRE((waited && waited->wait()));
    waited->detach();
    BOOST_TEST(waited->wait()->code == 7);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_started_is_an_error_with_its_cause) {
    const scratch folder;
    BOOST_TEST((command("no-such-program-anywhere").spawn().error().code == errc::not_found));
    BOOST_TEST((command("./no-such-program").spawn().error().code == errc::not_found));
    using namespace std::string_view_literals;
    for (const command& wrong :
         {command(""), command("a\0b"sv), child({"arguments", "a\0b"sv}), child({}).set("A=B", ""),
          child({}).set("", "x"), child({}).set("A", "\0"sv), child({}).directory("a\0"sv)})
        BOOST_TEST((wrong.spawn().error().code == errc::invalid_argument));
    BOOST_TEST(write(SCRATCH "/text", as_bytes("no program")).has_value());
    BOOST_TEST(!command(SCRATCH "/text").spawn().has_value());
    const auto lost = child({"exit", "0"}).directory(SCRATCH "/no-such-folder").spawn();
    BOOST_TEST((lost.error().code == errc::not_found || lost.error().code == errc::not_a_directory));
#if !defined(_WIN32)
    BOOST_TEST(std::string(lost.error().operation) == "chdir");
    BOOST_TEST((command(SCRATCH "/text").spawn().error().code == errc::permission_denied));
    BOOST_TEST(directory::current().set_mode(SCRATCH "/text", 0755).has_value());
    const auto refused = command(SCRATCH "/text").spawn();
    BOOST_TEST((refused.error().code == errc::malformed && refused.error().native == ENOEXEC));
    BOOST_TEST(std::string(refused.error().operation) == "execve");
    errno = 0;
    BOOST_TEST((waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD));  // and no zombie is left
#endif
}

BOOST_AUTO_TEST_CASE(the_environment_is_as_it_is_said_to_be) {
    BOOST_TEST(said(child({"variable", "VITTE_TEST_A"})) == "(none)");
    BOOST_TEST(said(child({"variable", "VITTE_TEST_A"}).set("VITTE_TEST_A", "one").set("VITTE_TEST_A", "two = 2")) ==
               "two = 2");
    BOOST_TEST(said(child({"variable", "VITTE_TEST_A"}).set("VITTE_TEST_A", "one").unset("VITTE_TEST_A")) == "(none)");
    BOOST_TEST(said(child({"variable", "PATH"})) == std::getenv("PATH"));
    BOOST_TEST(said(child({"variable", "PATH"}).unset("PATH")) == "(none)");
    BOOST_TEST(said(child({"variable", "VITTE_TEST_A"})
                        .set("VITTE_TEST_B", "x")
                        .clear_environment()
                        .set("VITTE_TEST_A", "\xc3\xa4")) == "\xc3\xa4");
    BOOST_TEST(said(child({"variable", "VITTE_CHILD_ONLY"}).clear_environment()) == "(none)");
}

BOOST_AUTO_TEST_CASE(children_begin_where_they_are_told) {
    const scratch folder;
    char here[4096], there[4096];
    BOOST_REQUIRE((canonical(".", here) && canonical(SCRATCH, there)));
    BOOST_TEST(said(child({"folder"})) == here);
    BOOST_TEST(said(child({"folder"}).directory(SCRATCH)) == there);
    char mine[4096];
    BOOST_TEST((this_process::directory(mine).has_value() && std::string(mine) == here));
    BOOST_TEST((this_process::directory({}).error().code == errc::name_too_long));
}

BOOST_AUTO_TEST_CASE(streams_lead_where_they_are_told) {
    const scratch folder;
    {
        const auto from = file::open(SCRATCH "/in", open_mode::create_both),
                   to = file::open(SCRATCH "/out", open_mode::create_new);
        BOOST_TEST((from->write_at(bytes("through files"), 0) && to));
        auto p = child({"copy"}).input(stdio::file(*from)).output(stdio::file(*to)).spawn();
        BOOST_TEST(p->wait()->succeeded());
    }
    BOOST_TEST(text_of(SCRATCH "/out") == "through files");
    BOOST_TEST(said(child({"copy"}).input(stdio::null())) == "");
    const auto merged = capture(child({"talk", "8192"}).error(stdio::merge()));
    BOOST_TEST((merged->output.size() == 16384u && merged->error.size() == 0u));
    const auto dropped = capture(child({"talk", "8192"}).output(stdio::null()));
    BOOST_TEST((dropped->output.size() == 0u && dropped->error.size() == 8192u));
}

BOOST_AUTO_TEST_CASE(captures_do_not_wait_for_each_other) {
    const auto loud = capture(child({"talk", "3000000"}));
    BOOST_TEST((loud->succeeded() && loud->output.size() == 3'002'368u && loud->error.size() == 3'002'368u));
    BOOST_TEST((loud->output_text().find_first_not_of('o') == std::string::npos &&
                loud->error_text().find_first_not_of('e') == std::string::npos));
    std::string much;
    while (much.size() < 2'000'000) much += std::to_string(much.size()) + "\n";
    const auto echoed = capture(child({"copy"}), {.input = bytes(much)});
    BOOST_TEST((echoed->output_text() == much));
    const auto deaf = capture(child({"exit", "3"}), {.input = bytes(much)});  // it reads nothing of it
    BOOST_TEST((deaf.has_value() && deaf->status.code == 3));
}

BOOST_AUTO_TEST_CASE(captures_end_at_their_limits) {
    const auto slow = capture(child({"sleep", "60000"}), {.until = deadline::after(200_ms)});
    BOOST_TEST((slow->end == capture_end::timed_out && !slow->succeeded() && !slow->status.succeeded()));
    const auto loud = capture(child({"talk", "100000000"}), {.limit = 100'000});
    BOOST_TEST(
        (loud->end == capture_end::too_large && loud->output.size() <= 100'000u && loud->error.size() <= 100'000u));
    BOOST_TEST(loud->output.size() + loud->error.size() > 100'000u);
    const auto whole = capture(child({"talk", "8192"}), {.limit = SIZE_MAX});
    BOOST_TEST((whole->succeeded() && whole->output.size() == 8192u && whole->error.size() == 8192u));
}

BOOST_AUTO_TEST_CASE(pipes_carry_a_conversation) {
    auto p = child({"echo-lines"}).input(stdio::pipe()).output(stdio::pipe()).spawn();
    BOOST_REQUIRE(p.has_value());
    std::byte answer[100];
    BOOST_TEST((p->output().read(answer, deadline::after(20_ms)).error().code == errc::timed_out));
    for (const std::string line : {"first\n", "second\n", "third\n"}) {
        BOOST_TEST(p->input().write(bytes(line)).has_value());
        std::string heard;
        while (heard.size() < line.size()) {
            const auto got = p->output().read(answer);
            BOOST_REQUIRE((got && *got != 0));
            heard.append(reinterpret_cast<const char*>(answer), *got);
        }
        BOOST_TEST(heard == line);
    }
    p->input().close();
    BOOST_TEST(*p->output().read(answer) == 0u);
    BOOST_TEST(p->wait()->succeeded());
    BOOST_TEST((p->input().write(bytes("x")).error().code == errc::bad_handle));
}

BOOST_AUTO_TEST_CASE(writing_ends_at_its_deadline_also_if_somebody_reads) {
    for (const deadline until : {deadline::passed(), deadline::never()}) {
        basic_pipe<steady> to;
        to.native_end().taken = 0;
        const auto written = to.write(bytes(std::string(100, 'x')), until);
        const bool in_time = until == deadline::never();
        BOOST_TEST((in_time ? written.has_value() : written.error().code == errc::timed_out));
        BOOST_TEST(to.native_end().taken == (in_time ? 100u : 1u));
    }
}

BOOST_AUTO_TEST_CASE(nobody_reads_any_more) {
    auto p = child({"exit", "0"}).input(stdio::pipe()).spawn();
    BOOST_TEST(p->wait()->succeeded());
    const std::string much(1'000'000, 'x');
    BOOST_TEST((p->input().write(bytes(much)).error().code == errc::broken_pipe));  // and no signal kills this program
}

BOOST_AUTO_TEST_CASE(waits_have_deadlines_and_children_are_ended) {
    auto p = child({"sleep", "60000"}).spawn();
    const std::int64_t begin = monotonic_time();
    BOOST_TEST((p->wait_until(deadline::after(50_ms)).error().code == errc::timed_out));
    BOOST_TEST(monotonic_time() - begin >= 50'000'000);
    BOOST_TEST((p->wait_until(deadline::passed()).error().code == errc::timed_out));
    BOOST_TEST(p->kill().has_value());
    BOOST_TEST(!p->wait()->succeeded());
    auto q = child({"sleep", "60000"}).group(process_group::own).spawn();
    BOOST_TEST(!q->stop(deadline::after(10'000_ms))->succeeded());
    BOOST_TEST(monotonic_time() - begin < 30'000'000'000);
    { const auto forgotten = child({"sleep", "60000"}).spawn(); }
    BOOST_TEST(monotonic_time() - begin < 30'000'000'000);
}

BOOST_AUTO_TEST_CASE(this_process_is_known) {
    BOOST_TEST(this_process::id() != 0u);
    char path[4096];
    const auto length = this_process::executable(path);
    if (length) BOOST_TEST((std::string(path).size() == *length && vitte::sys::stat(path)->kind == file_kind::regular));
    const errc refused = length ? errc::name_too_long : errc::not_supported;
    if (!length) BOOST_TEST((length.error().code == refused));
    BOOST_TEST((this_process::executable({}).error().code == refused));
    const auto& suite = boost::unit_test::framework::master_test_suite();
    std::vector<std::string> mine;
    const auto told = this_process::for_each_argument([&](const char* text) { mine.emplace_back(text); });
    if (told)
        BOOST_TEST(
            (mine.size() >= static_cast<std::size_t>(suite.argc) && mine[0].find("process") != std::string::npos));
    const resource_use before = this_process::use();
    for (const std::int64_t end = monotonic_time() + 60'000'000; monotonic_time() < end;) {}
    BOOST_TEST(
        (this_process::use().user_time > before.user_time || this_process::use().system_time > before.system_time));
    BOOST_TEST((before.peak_memory == 0 || before.peak_memory > 100'000));
    bool met = false;
    for_each_variable([&](const char* entry) { met = met || std::string(entry).starts_with("PATH="); });
    BOOST_TEST(met);
}

BOOST_AUTO_TEST_CASE(a_dry_run_does_the_same_in_a_shell, *needs(shell)) {
    const scratch folder;
    BOOST_TEST(command("a b").arguments({"plain-1.x", "", "it's", "$x;"}).shell_line() ==
               "'a b' plain-1.x '' 'it'\\''s' '$x;'");
    BOOST_TEST((write(SCRATCH "/here=there", as_bytes("#!/bin/sh\npwd\necho $1\n")) &&
                directory::current().set_mode(SCRATCH "/here=there", 0755)));
    const command lines[] = {
        command("printf").arguments({"%s|", "a b", "it's", "\"", "\\", "$HOME", "", "new\nline", "*"}),
        command("sh")
            .arguments({"-c", "echo $A-$B-$C-${PATH:+path}; pwd"})
            .set("A", "1 2")
            .set("B", "x")
            .unset("B")
            .set("C", "old")
            .set("C", "'"),
        command("/bin/pwd").directory(SCRATCH),
        command("./" SCRATCH "/here=there").directory(SCRATCH).argument("x=y"),
        command("/usr/bin/env").clear_environment().set("ONLY", "this one"),
        command("sh").arguments({"-c", "echo to error >&2; echo out"}).error(stdio::merge()).input(stdio::null()),
    };
    for (const command& line : lines) {
        const auto direct = capture(line), indirect = capture(command("sh").arguments({"-c", line.shell_line()}));
        BOOST_TEST((direct.has_value() && direct->status.code == 0));
        BOOST_TEST_CONTEXT(line.shell_line()) BOOST_TEST(direct->output_text() == indirect->output_text());
    }
}

#if defined(__linux__) && !defined(VITTE_PLATFORM_POSIX)
BOOST_AUTO_TEST_CASE(a_program_that_was_removed_has_no_path, *needs(own_kernel)) {
    char path[4096];
    BOOST_REQUIRE(this_process::executable(path).has_value());
    if (const char* const part = std::getenv("VITTE_PART")) {  // of the copies that are run below
        BOOST_TEST((std::string(path).ends_with(" (deleted)") && vitte::sys::stat(path).has_value()));
        if (part != std::string("removed")) return;
        BOOST_TEST(directory::current().remove(path).has_value());
        BOOST_TEST((this_process::executable(path).error().code == errc::not_found));
        return;
    }
    const scratch folder;
    const char* const name = SCRATCH "/copy (deleted)";
    BOOST_REQUIRE((copy(path, name) && directory::current().set_mode(name, 0755)));
    for (const char* const part : {"kept", "removed"}) {
        const auto done = capture(command(name)
                                      .argument("--run_test=process_/a_program_that_was_removed_has_no_path")
                                      .set("VITTE_PART", part));
        BOOST_REQUIRE(done.has_value());
        BOOST_TEST(done->succeeded(), part << ": " << done->error_text());
    }
}
#endif

#if !defined(_WIN32)
/// A script that says `text`, its arguments and where it is.
void put_script(const std::string& path, const std::string& text, unsigned rights = 0755) {
    static_cast<void>(write(path.c_str(), as_bytes("#!/bin/sh\necho " + text + " \"$@\"; pwd\n")));
    static_cast<void>(directory::current().set_mode(path.c_str(), rights));
}

BOOST_AUTO_TEST_CASE(a_dry_run_reads_names_as_they_are, *needs(shell)) {
    const scratch folder;
    char here[4096];
    BOOST_REQUIRE(canonical(SCRATCH, here));
    const std::string in = here, search = std::getenv("PATH");
    for (const char* const name : {"/-", "/-P", "/cd", "/cd/-P"})
        BOOST_TEST(directory::current().create_directory((SCRATCH + std::string(name)).c_str()).has_value());
    const char* const names[] = {"echo", "if", "=", "a=b", "-x", "!", "{", "%1", "%x=y", "+", "+x"};
    for (const char* const name : names)
        put_script(in + "/" + name, "mine");
    BOOST_TEST(directory::current().symbolic_link("cd/-P", SCRATCH "/link").has_value());
    const auto same = [&](command what) {
        const std::string line = what.shell_line();
        const auto direct = capture(what);
        for (const char* const shell : {"sh", "bash"}) {
            const auto indirect =
                capture(command(shell).arguments({"-c", line}).set("CDPATH", in + "/cd").set("OLDPWD", "/"));
            if (!indirect && shell[0] == 'b') continue;  // which is not everywhere
            BOOST_TEST_CONTEXT(shell << " -c " << line) {
                BOOST_TEST((direct && direct->succeeded()));
                BOOST_TEST(direct->output_text() == indirect->output_text());
            }
        }
    };
    const auto before = directory::open(".");
    BOOST_REQUIRE((before && chdir(here) == 0));
    for (const char* const name : {"-", "-P", "cd", "link/.."}) same(command("/bin/pwd").directory(name));
    BOOST_TEST(this_process::set_directory(*before).has_value());
    setenv("PATH", (in + ":" + search).c_str(), 1);
    for (const char* const name : names) {
        same(command(name));
        same(command(name).argument("a=b"));
        same(command(name).argument("a=b").set("VITTE_TEST_A", "1").directory("/"));
        same(command(name).argument("-x").set("-A", "1").unset("-B"));
    }
    setenv("PATH", search.c_str(), 1);
    put_script(in + "/only-here", "mine");
    setenv("PATH", (search + ":" + in).c_str(), 1);
    same(command("only-here").set("PATH", "/bin:/usr/bin"));
    same(command("only-here").unset("PATH").set("PATH", "/bin:/usr/bin").directory("/"));
    setenv("PATH", search.c_str(), 1);
}

BOOST_AUTO_TEST_CASE(programs_are_found_in_any_path, *needs(shell)) {
    const scratch folder;
    char here[4096];
    BOOST_REQUIRE(canonical(SCRATCH, here));
    const std::string in = here, search = std::getenv("PATH");
    for (const char* const name : {"/a", "/b"})
        BOOST_TEST(directory::current().create_directory((SCRATCH + std::string(name)).c_str()).has_value());
    put_script(in + "/b/vitte-mine", "found");
    setenv("PATH", (search + ":" + std::string(40'000, 'x') + ":" + in + "/b").c_str(), 1);
    BOOST_TEST(said(command("vitte-mine")).starts_with("found"));
    setenv("PATH", (in + "/a:" + in + "/b:" + search).c_str(), 1);
    // What may not be executed is not the program if there is another, and neither is what lacks its interpreter.
    put_script(in + "/a/vitte-mine", "wrong", 0644);
    BOOST_TEST(said(command("vitte-mine")).starts_with("found"));
    BOOST_TEST(write(SCRATCH "/a/vitte-mine", as_bytes("#!/no/such/interpreter\n")).has_value());
    BOOST_TEST(directory::current().set_mode(SCRATCH "/a/vitte-mine", 0755).has_value());
    BOOST_TEST(said(command("vitte-mine")).starts_with("found"));
    if (geteuid() != 0) {
        put_script(in + "/a/vitte-mine", "wrong", 0601);
        BOOST_TEST(said(command("vitte-mine")).starts_with("found"));
        put_script(in + "/a/vitte-other", "wrong", 0601);
        BOOST_TEST((command("vitte-other").spawn().error().code == errc::permission_denied));
    }
    setenv("PATH", search.c_str(), 1);
}

BOOST_AUTO_TEST_CASE(programs_of_others_are_passed_over, *needs(privilege)) {
    const scratch folder;
    char here[4096];
    BOOST_REQUIRE(canonical(SCRATCH, here));
    const std::string in = here, search = std::getenv("PATH");
    BOOST_TEST(directory::current().set_mode(SCRATCH, 0755).has_value());
    put_script(in + "/sh", "wrong", 0700);
    setenv("PATH", (in + ":" + search).c_str(), 1);
    const auto told = said(sh("echo found").user(65534, 65534));
    setenv("PATH", search.c_str(), 1);
    BOOST_TEST(told == "found\n");
}

BOOST_AUTO_TEST_CASE(only_named_descriptors_are_inherited, *needs(shell)) {
    const scratch folder;
    const int leaked = open("/dev/null", O_RDONLY), wanted = open("/dev/null", O_RDONLY);  // neither is closed by exec
    BOOST_REQUIRE((leaked > 2 && wanted > 2 && dup2(leaked, 100) == 100));
    const std::string script =
        "for i in 3 4 5 6 7 8 9 100 " + std::to_string(wanted) + "; do (true <&$i) 2>/dev/null && echo $i; done; true";
    BOOST_TEST(said(sh(script)) == "");
    BOOST_TEST(said(sh(script).keep(wanted)).find(std::to_string(wanted)) == 0u);
    for (const int number : {leaked, wanted, 100}) close(number);
}

BOOST_AUTO_TEST_CASE(streams_that_a_parent_lacks_lead_to_nowhere, *needs(shell)) {
    const std::string script = "cat; echo error >&2 && echo said";
    for (const auto lead : {&command::output, &command::error})
        BOOST_TEST(succeeds_apart([&] {
            for (const int stream : {0, 1, 2}) close(stream);
            auto p = (sh(script + (lead == &command::error ? " >&2" : "")).*lead)(stdio::pipe()).spawn();
            auto& from = lead == &command::output ? p->output() : p->error();
            std::string heard;
            std::byte some[100];
            for (std::size_t got = 1; p && got != 0;) {
                got = from.read(some).value_or(0);
                heard.append(reinterpret_cast<const char*>(some), got);
            }
            return p && p->wait()->succeeded() && heard == (lead == &command::output ? "said\n" : "error\nsaid\n");
        }));
    BOOST_TEST(succeeds_apart([&] {
        for (const int stream : {0, 1, 2}) close(stream);
        auto p = sh(script).error(stdio::merge()).spawn();
        return p && p->wait()->succeeded();
    }));
}

BOOST_AUTO_TEST_CASE(what_is_closed_at_exec_is_no_stream_of_a_child, *needs(shell)) {
    BOOST_TEST(succeeds_apart([] {
        for (const int stream : {0, 2}) close(stream);
        const int foreign = open("/", O_RDONLY | O_CLOEXEC);  // as another thread may do it
        auto p = sh("cat && echo error >&2").spawn();
        return foreign == 0 && p && p->wait()->succeeded() && fcntl(foreign, F_GETFD) == FD_CLOEXEC;
    }));
}

BOOST_AUTO_TEST_CASE(limits_do_not_let_descriptors_through, *needs(shell)) {
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    const rlimit all{before.rlim_max, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &all);
    const int file = open("/dev/null", O_RDONLY), far = before.rlim_max > 70'000 ? 70'000 : 200;
    BOOST_REQUIRE((dup2(file, 100) == 100 && dup2(file, far) == far));
    const auto inherited = [far] {
        const std::string number = std::to_string(far);
        return sh("for i in 100 " + number + "; do (true <&$i) 2>/dev/null && echo $i; done; true");
    };
    const rlimit few{50, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
    BOOST_TEST(said(inherited()) == "");
    setrlimit(RLIMIT_NOFILE, &all);
    BOOST_TEST(said(inherited().limit(resource::open_files, 50, 50)) == "");
    setrlimit(RLIMIT_NOFILE, &before);
    for (const int number : {file, 100, far}) close(number);
}

BOOST_AUTO_TEST_CASE(signals_are_as_a_program_expects_them, *needs(shell)) {
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    const auto old = std::signal(SIGPIPE, SIG_IGN);
    static volatile int handled = 0;
    std::signal(SIGUSR1, [](int) { handled = handled + 1; });
    for (const auto& [number, name] : {std::pair(SIGTERM, "TERM"), {SIGPIPE, "PIPE"}, {SIGUSR1, "USR1"}}) {
        auto p = sh(std::string("kill -s ") + name + " $$; sleep 1; exit 5").spawn();
        BOOST_TEST(p->wait()->signal == number);
    }
    std::signal(SIGUSR1, SIG_DFL);
    std::signal(SIGPIPE, old);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    BOOST_TEST(handled == 0);
}

BOOST_AUTO_TEST_CASE(groups_sessions_and_limits_are_set, *needs(shell)) {
    auto own = sh("sleep 60").group(process_group::own).spawn();
    BOOST_TEST(getpgid(static_cast<pid_t>(own->id())) == static_cast<pid_t>(own->id()));
    auto session = sh("sleep 60").group(process_group::session).spawn();
    BOOST_TEST(getsid(static_cast<pid_t>(session->id())) == static_cast<pid_t>(session->id()));
    auto same = sh("sleep 60").spawn();
    BOOST_TEST(getpgid(static_cast<pid_t>(same->id())) == getpgrp());
    BOOST_TEST(said(sh("ulimit -n; ulimit -c").limit(resource::open_files, 77, 99).limit(resource::core_size, 0, 0)) ==
               "77\n0\n");
    auto spinning = sh("while :; do :; done").limit(resource::cpu_seconds, 1, 1).spawn();
    const auto ended = spinning->wait_until(deadline::after(60'000_ms));
    BOOST_TEST((ended->signal == SIGXCPU || ended->signal == SIGKILL));
    if (ended->use.user_time != 0) BOOST_TEST(ended->use.user_time + ended->use.system_time > 500'000'000);
}

BOOST_AUTO_TEST_CASE(children_run_as_somebody_else, *needs(privilege)) {
    gid_t before[64];
    const int groups = getgroups(64, before);
    const gid_t roots[] = {7, 8};
    BOOST_REQUIRE((groups >= 0 && setgroups(2, roots) == 0));
    const auto told = said(command("id").argument("-u").user(65534, 65534));
    BOOST_TEST(told == "65534\n");
    BOOST_TEST(said(command("id").argument("-G").user(65534, 65533)) == "65533\n");
    BOOST_TEST(setgroups(static_cast<std::size_t>(groups), before) == 0);
    const scratch folder;
    BOOST_TEST(directory::current().set_mode(SCRATCH, 0700).has_value());
    const auto refused = command("/bin/pwd").directory(SCRATCH).user(65534, 65534).spawn();
    BOOST_TEST((refused.error().code == errc::permission_denied));
    BOOST_TEST(geteuid() == 0u);  // and this process is who it was
}

BOOST_AUTO_TEST_CASE(a_user_without_privilege_keeps_no_supplementary_groups, *needs(privilege)) {
    const auto starts_in = [](std::initializer_list<gid_t> groups) {
        return succeeds_apart([groups] {
            if (setgroups(groups.size(), groups.begin()) != 0 || setgid(65534) != 0 || setuid(65534) != 0) return false;
            const auto spawned = command("/bin/sh").arguments({"-c", "exit 0"}).user(65534, 65534).spawn();
            return spawned ? groups.size() < 2 : groups.size() == 2 && spawned.error().code == errc::permission_denied;
        });
    };
    BOOST_TEST(starts_in({}));
    BOOST_TEST(starts_in({65534}));
    BOOST_TEST(starts_in({7, 8}));
}

#if defined(__linux__)
/// Makes this process user 65534 with the ambient capabilities CAP_DAC_OVERRIDE, CAP_SETGID and CAP_SETUID.
bool become_a_service() {
    constexpr std::uint32_t rights = 1u << 1 | 1u << 6 | 1u << 7;
    struct {
        std::uint32_t version = 0x20080522;
        int process = 0;
    } header;
    const std::uint32_t sets[6] = {rights, rights, rights};
    const gid_t groups[] = {7, 8};
    bool done = prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && setgroups(2, groups) == 0 && setgid(65534) == 0 &&
                setuid(65534) == 0 && syscall(SYS_capset, &header, sets) == 0;
    for (const unsigned long right : {1ul, 6ul, 7ul})
        done = done && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, right, 0, 0) == 0;
    return done;
}

BOOST_AUTO_TEST_CASE(a_user_has_none_of_the_capabilities_of_its_parent, *needs(own_kernel) * needs(privilege) * needs(shell)) {
    const scratch folder;
    BOOST_TEST(directory::current().set_mode(SCRATCH, 0700).has_value());
    for (const std::uint32_t user : {65534u, 65533u}) {
        BOOST_TEST(succeeds_apart([user] {
            if (!become_a_service()) return false;
            const auto told = capture(sh("grep -E '^(Uid|Groups|Cap(Inh|Prm|Eff|Amb)):' /proc/self/status | tr '\\n\\t' '  '")
                                          .user(user, 65533));
            if (!told) return told.error().code == errc::permission_denied;  // where nothing drops capabilities
            const std::string id = std::to_string(user), none = "0000000000000000 ";
            return told->output_text() == "Uid: " + id + " " + id + " " + id + " " + id + " Groups: 65533  CapInh: " + none +
                                              "CapPrm: " + none + "CapEff: " + none + "CapAmb: " + none;
        }));
        BOOST_TEST(succeeds_apart([user] {  // nor while it begins
            if (!become_a_service()) return false;
            const auto refused = command("/bin/pwd").directory(SCRATCH).user(user, 65533).spawn();
            return !refused && refused.error().code == errc::permission_denied;
        }));
    }
}
#endif

/// A script with the seconds that its children sleep in place of NAP: those of other runs of this test sleep for others.
std::string with_nap(std::string script) {
    const std::string nap = std::to_string(6'000'000 + getpid());
    for (std::size_t at; (at = script.find("NAP")) != script.npos;) script.replace(at, 3, nap);
    return script;
}
/// Whether so many sleep for that time, soon.
bool come_to_sleep(int count) {
    // What grep itself is told to look for is longer.
    const std::string script = with_nap("grep -lxz 'NAP\\?' /proc/[0-9]*/cmdline 2>/dev/null | wc -l"), expected = std::to_string(count) + "\n";
    for (const deadline end = deadline::after(60'000_ms); deadline::after(0) < end; this_thread::sleep_until(deadline::after(20_ms)))
        if (said(sh(script)) == expected) return true;
    return false;
}

BOOST_AUTO_TEST_CASE(whole_trees_are_killed, *needs(shell)) {
    const scratch folder;
    // A child with a grandchild in a group of its own, if the system can, and one that ignores what it can ignore.
    auto p = sh(with_nap("trap '' TERM; (trap '' TERM; sleep NAP & sleep NAP) & setsid sleep NAP & sleep NAP")).group(process_group::own).spawn();
    BOOST_TEST(come_to_sleep(4));
    BOOST_TEST(p->stop(deadline::after(100_ms))->signal == SIGKILL);
    BOOST_TEST((!lists || come_to_sleep(0)));
    static_cast<void>(said(sh(with_nap("pkill -9 -f '^sleep NAP'"))));
}

bool says(process& one, std::string_view expected) {
    std::string heard;
    for (std::byte some[100]; heard.size() < expected.size();) {
        const auto got = one.output().read(some, deadline::after(60'000_ms));
        if (!got || *got == 0) return false;
        heard.append(reinterpret_cast<const char*>(some), *got);
    }
    return heard == expected;
}

BOOST_AUTO_TEST_CASE(who_outlives_a_leader_that_is_stopped_is_killed, *needs(shell)) {
    for (const process_group group : {process_group::own, process_group::same}) {
        if (group == process_group::same && !lists) continue;
        auto p = sh(with_nap("(trap '' TERM; echo ready; exec sleep NAP) & trap 'exit 3' TERM; echo ready; while :; do wait; done"))
                     .group(group).output(stdio::pipe()).spawn();
        BOOST_REQUIRE(says(*p, "ready\nready\n"));
        const auto ended = p->stop(deadline::after(300_ms));
        BOOST_TEST((ended->code == 3 || ended->signal == SIGKILL));  // on a busy machine it does not come to its end
        BOOST_TEST(come_to_sleep(0));
    }
}

BOOST_AUTO_TEST_CASE(groups_whose_leaders_were_waited_for_are_left_alone, *needs(shell)) {
    // Their numbers may be those of others by then.
    for (const char* const script : {"exec sleep 60000", "trap 'exit 3' TERM; while :; do sleep 0.1; done"}) {
        for (const auto patience : {60'000_ms, 0_ms}) {
            if (patience == 0_ms && !lists) continue;  // there may be somebody left
            auto p = basic_command<watched>("sh")
                         .arguments({"-c", script})
                         .output(basic_stdio<watched>::null())
                         .error(basic_stdio<watched>::null())
                         .group(process_group::own)
                         .spawn();
            BOOST_REQUIRE(p.has_value());
            watched::processes::waited = false;
            watched::processes::late = 0;
            BOOST_TEST(p->stop(deadline::after(patience)).has_value());
            BOOST_TEST((watched::processes::waited && watched::processes::late == 0));
        }
    }
}

BOOST_AUTO_TEST_CASE(who_outlives_a_leader_that_is_stopped_may_end_in_its_own_way, *needs(shell)) {
    const scratch folder;
    auto p = sh("(trap 'sleep 1; echo tidy > " SCRATCH "/end; exit' TERM; echo ready; while :; do sleep 0.1; done) & "
                "trap 'exit 3' TERM; echo ready; while :; do wait; done")
                 .group(process_group::own).output(stdio::pipe()).spawn();
    BOOST_REQUIRE(says(*p, "ready\nready\n"));
    BOOST_TEST(p->stop(deadline::after(60'000_ms))->code == 3);
    BOOST_TEST(text_of(SCRATCH "/end") == "tidy\n");
}

BOOST_AUTO_TEST_CASE(captures_keep_what_was_said_before_the_deadline, *needs(shell)) {
    const scratch folder;
    const auto said_at_the_deadline = [](const char* script, bool (*arrived)()) {
        late::arrived = arrived;
        late::is_late = false;
        late::has_child_ended = 0;
        return capture(basic_command<late>("sh").arguments({"-c", script}).group(process_group::own),
                       {.until = deadline::after(60'000'000_ms)});
    };
    const auto before = std::signal(SIGCHLD, [](int) { late::has_child_ended = 1; });
    const auto has_ended = [] { return late::has_child_ended != 0; };
    const auto ended = said_at_the_deadline("head -c 40000 /dev/zero; exit 3", has_ended);
    BOOST_TEST((ended && ended->end == capture_end::exited && ended->status.code == 3));
    BOOST_TEST(ended->output.size() == 40'000u);
    const auto stays = said_at_the_deadline("head -c 40000 /dev/zero; : > " SCRATCH "/said; exec sleep 60000",
                                            [] { return ::access(SCRATCH "/said", F_OK) == 0; });
    BOOST_TEST((stays && stays->end == capture_end::timed_out && !stays->status.succeeded()));
    BOOST_TEST(stays->output.size() == 40'000u);
    const auto leaves = said_at_the_deadline("head -c 40000 /dev/zero; sleep 60000 & exit 3", has_ended);
    std::signal(SIGCHLD, before);
    BOOST_TEST((leaves && leaves->end == capture_end::timed_out && leaves->status.code == 3));
    BOOST_TEST(leaves->output.size() == 40'000u);
}

BOOST_AUTO_TEST_CASE(captures_keep_the_output_of_children_whose_status_is_lost) {
    const auto before = std::signal(SIGCHLD, SIG_IGN);
    const auto lost = capture(child({"talk", "8192"}));
    const auto slow = capture(child({"sleep", "60000"}), {.until = deadline::passed()});
    std::signal(SIGCHLD, before);
    BOOST_TEST((lost && lost->end == capture_end::status_lost && !lost->succeeded() && lost->status.code == -1));
    BOOST_TEST((lost->output.size() == 8192u && lost->error.size() == 8192u));
    BOOST_TEST((slow && slow->end == capture_end::timed_out && !slow->status.succeeded()));
}

BOOST_AUTO_TEST_CASE(captures_kill_who_has_their_output, *needs(shell)) {
    const auto slow = capture(sh(with_nap("(sleep NAP &); (setsid sleep NAP >/dev/null &); setsid sh -c 'echo said; sleep NAP & exec sleep NAP' & ")),
                              {.until = deadline::after(1'000_ms)});
    BOOST_TEST((slow->end == capture_end::timed_out));
    BOOST_TEST((!tells_writers || come_to_sleep(0)));
    static_cast<void>(said(sh(with_nap("pkill -9 -f '^sleep NAP'"))));
}
#endif

BOOST_AUTO_TEST_SUITE_END()
