// Plugins in child processes: what they do there is seen by the host as answers and failures, and by nobody else.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <dirent.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vitte/core/address_sanitizer.hpp>
#include <vitte/loader/plugin/child.hpp>
#include <vitte/loader/plugin/child_main.hpp>
#include <vitte/sys/fs/directory.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/fs/tree.hpp>

#include "../support/fixtures.hpp"
#include "../support/needs.hpp"
#include "../support/scratch.hpp"

namespace {
using namespace vitte::loader;
using namespace vitte::sys::literals;
using vitte::errc;
using vitte::result;
namespace sys = vitte::sys;
using sys::deadline;

/// This program is its own children, before the framework's `main` begins.
const int as_child = [] {
    std::vector<std::string> texts;
    if (!sys::this_process::for_each_argument([&](const char* text) { texts.emplace_back(text); })) return 0;
    std::vector<const char*> arguments;
    for (const std::string& text : texts) arguments.push_back(text.c_str());
    module_loader loader;
#if !defined(__GLIBC__)
    if (texts.size() == 5) {  // It is static: it has what it uses itself, and of the rest what is named here.
        static_cast<void>(loader.provide_program());
        const auto link_in = [&](const char* name, auto* of) { loader.provide_symbol(name, reinterpret_cast<void*>(of)); };
        link_in("socket", socket), link_in("fork", fork), link_in("execv", execv), link_in("getppid", getppid);
        link_in("kill", kill), link_in("raise", raise), link_in("pause", pause), link_in("signal", std::signal);
        link_in("memfd_create", memfd_create), link_in("strtol", std::strtol), link_in("strerror", std::strerror);
    }
#endif
    const auto ended = plugin_child_main(static_cast<int>(arguments.size()), arguments.data(), loader);
    if (ended) _exit(*ended);  // LeakSanitizer looks into processes, which the sandbox refuses
    return 0;
}();

std::string text(std::span<const std::byte> of) { return {reinterpret_cast<const char*>(of.data()), of.size()}; }

const std::string reaching = fixture("libreaching.so");
std::string helper() { return child_program(); }

plugin_child_options usual() {
    plugin_child_options made;
    made.unenforced = sys::enforce::what_it_can;
    made.waits = {1, 1, 1};
#if defined(VITTE_ADDRESS_SANITIZER)
    made.memory = sys::unlimited;  // its shadow is as large as the address space
#endif
    return made;
}
plugin_child begun(plugin_child_options options = usual(), const std::string& path = reaching) {
    auto made = plugin_child::start(path.c_str(), std::move(options));
    BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message()));
    return std::move(*made);
}
/// What the plugin says to `input`, or why it did not.
std::string said(plugin_child& plugin, std::string_view input, deadline until = deadline::after(20_s)) {
    const auto done = plugin.execute(bytes(std::string(input)), until);
    return done ? text(*done) : "failed: " + done.error().message();
}
template <class T>
errc code(const result<T, load_error>& done) {
    return done ? errc::unknown : done.error().code;
}
bool ends_with(const std::string& whole, std::string_view end) { return std::string_view(whole).ends_with(end); }
bool has(const std::string& whole, std::string_view part) { return whole.find(part) != std::string::npos; }

std::size_t open_handles() {
    std::size_t count = 0;
    DIR* const folder = opendir("/proc/self/fd");
    while (readdir(folder) != nullptr) ++count;
    closedir(folder);
    return count;
}
bool has_children() { return waitpid(-1, nullptr, WNOHANG) != -1; }
/// Nothing is left of the children when a case ends.
struct tidy {
    const std::size_t handles = open_handles();
    ~tidy() {
        BOOST_TEST(open_handles() == handles);
        BOOST_TEST(!has_children());
    }
};
bool refuses(const plugin_child& plugin, unsigned rule) { return plugin.confinement().enforced.has(static_cast<vitte::sys::sandbox_rule>(rule)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(plugin_child_, *needs(own_kernel))

BOOST_AUTO_TEST_CASE(it_is_called_as_in_the_process) {
    const tidy after;
    auto options = usual();
    options.settings = "{\"rate\": 3}";
    std::vector<std::string> lines;
    options.log = [&](std::int32_t level, std::string_view line) {
        lines.push_back(std::to_string(level) + " " + std::string(line));
    };
    auto plugin = begun(options);
    BOOST_TEST((plugin.is_running() && plugin.id() != 0 && plugin.id() != sys::this_process::id()));
    BOOST_TEST(said(plugin, "=hello") == "hello");
    BOOST_TEST(said(plugin, "=") == "");
    BOOST_TEST(said(plugin, "?") == "{\"rate\": 3}");
    for (const std::size_t size : {4078u, 4079u, 4080u, 4081u, 65'536u, 5'000'000u}) {
        const std::string large = "=" + std::string(size, 'x');
        BOOST_TEST((said(plugin, large) == large.substr(1)));
    }
    const auto refused = plugin.execute(bytes("!not\nthis"));
    BOOST_TEST((code(refused) == errc::invalid_argument));
    BOOST_TEST(refused.error().message() == reaching + ": calling the plugin: not\\x0athis");
    BOOST_TEST((code(plugin.execute({})) == errc::invalid_argument));
    BOOST_TEST(plugin.starts() == 1u);

    BOOST_TEST(said(plugin, "Lone\x1b[2J line") == "");
    BOOST_TEST(said(plugin, "L" + std::string(5000, 'l')) == "");
    BOOST_REQUIRE((lines.size() == 2 && lines[0] == "2 one\\x1b[2J line" && lines[1] == "2 " + std::string(4096, 'l')));
    BOOST_TEST(plugin.stop().has_value());
    BOOST_TEST((lines.size() == 3 && lines[2] == "1 shut down"));
    BOOST_TEST((code(plugin.execute({})) == errc::cancelled && plugin.stop().has_value()));
}

BOOST_AUTO_TEST_CASE(its_state_survives_its_death) {
    const tidy after;
    auto plugin = begun();
    for (int i = 0; i < 3; ++i) said(plugin, "+");
    const auto saved = plugin.save();
    BOOST_REQUIRE((saved && text(*saved) == std::string("\3\0\0\0", 4)));
    BOOST_TEST(said(plugin, "+") == std::string("\4\0\0\0", 4));
    BOOST_TEST((code(plugin.execute(bytes("E7"))) == errc::disconnected && !plugin.is_running()));
    BOOST_TEST(said(plugin, "+") == std::string("\4\0\0\0", 4));
    BOOST_TEST(plugin.starts() == 2u);
    BOOST_TEST(plugin.restore(bytes(std::string("\x10\0\0\0", 4))).has_value());
    BOOST_TEST((code(plugin.restore(bytes("?"))) == errc::invalid_argument));
    said(plugin, "S9");
    BOOST_TEST(said(plugin, "+") == std::string("\x11\0\0\0", 4));
    plugin.forget_state();
    said(plugin, "S9");
    BOOST_TEST(said(plugin, "+") == std::string("\1\0\0\0", 4));

    auto options = usual();
    options.keeps_state = false;
    auto forgetful = begun(options);
    said(forgetful, "+");
    BOOST_TEST(forgetful.save().has_value());
    said(forgetful, "S9");
    BOOST_TEST(said(forgetful, "+") == std::string("\1\0\0\0", 4));
}

BOOST_AUTO_TEST_CASE(how_it_died_is_told) {
    const tidy after;
    auto plugin = begun();
    const auto death = [&](std::string_view input) { return said(plugin, input); };
    const std::string before = "failed: " + reaching + ": calling the plugin: its process ";
    BOOST_TEST(death("E7") == before + "ended with code 7");
    BOOST_TEST(death("E0") == before + "ended with code 0");
    const auto by = [&](int number, const char* name) {
        const std::string n = std::to_string(number);
        BOOST_TEST(death("S" + n) == before + "was killed by signal " + n + " (" + name + ")");
    };
    by(SIGSEGV, "SIGSEGV"), by(SIGKILL, "SIGKILL"), by(SIGABRT, "SIGABRT"), by(SIGXCPU, "SIGXCPU"), by(SIGSYS, "SIGSYS");
    BOOST_TEST(death("S" + std::to_string(SIGRTMIN + 3)) == before + "was killed by signal " + std::to_string(SIGRTMIN + 3));
    const auto begin = sys::monotonic_time();
    BOOST_TEST(death("C") == before + "closed its pipes, and was killed");
    BOOST_TEST(said(plugin, "8", deadline::after(50_ms)) == before + "did not answer in time, and was killed");
    BOOST_TEST((code(plugin.execute(bytes("9"), deadline::after(50_ms))) == errc::timed_out));
    BOOST_TEST((code(plugin.execute(bytes("9"), deadline::passed())) == errc::timed_out));
    BOOST_TEST(sys::monotonic_time() - begin < 30_s);
    // Somebody else kills it between two calls.
    BOOST_TEST(said(plugin, "=on") == "on");
    kill(static_cast<pid_t>(plugin.id()), SIGTERM);
    BOOST_TEST(said(plugin, "=on") == before + "was killed by signal 15 (SIGTERM)");
    BOOST_TEST(said(plugin, "=on") == "on");
}

BOOST_AUTO_TEST_CASE(what_it_takes_is_bounded) {
    const tidy after;
    auto options = usual();
    options.cpu_seconds = 1;
    options.most_reply = 1000;
    options.most_log = 100'000;
    int lines = 0;
    options.log = [&](std::int32_t, std::string_view) { ++lines; };
#if !defined(VITTE_ADDRESS_SANITIZER)
    options.memory = 200'000'000;
#endif
    auto plugin = begun(options);
#if defined(VITTE_ADDRESS_SANITIZER)
    BOOST_TEST_MESSAGE("skipped: memory without an end, which the sanitizer does not let be limited");
#else
    BOOST_TEST((code(plugin.execute(bytes("m"))) == errc::out_of_memory && plugin.is_running()));
#endif
    BOOST_TEST(ends_with(said(plugin, "F"), std::to_string(SIGXFSZ) + " (SIGXFSZ)"));
    BOOST_TEST(said(plugin, "=" + std::string(1000, 'x')).size() == 1000u);
    BOOST_TEST((code(plugin.execute(bytes("=" + std::string(1001, 'x')))) == errc::too_large && plugin.is_running()));
    BOOST_TEST(ends_with(said(plugin, "M"), "its process said too much, and was killed"));
    BOOST_TEST((lines > 100 && lines < 200));
    const std::string end = said(plugin, "9");
    BOOST_TEST((ends_with(end, "(SIGXCPU)") || ends_with(end, "(SIGKILL)")), end);
}

BOOST_AUTO_TEST_CASE(it_reaches_what_it_was_given_and_nothing_else) {
    const tidy after;
    const scratch folder;
    namespace fs = sys;
    BOOST_REQUIRE((fs::create_directories(SCRATCH "/given") && fs::write(SCRATCH "/given/file", bytes("x")) &&
                   fs::write(SCRATCH "/secret", bytes("x"))));
    char here[4096];
    BOOST_REQUIRE(sys::this_process::directory(here).has_value());
    const std::string at = std::string(here) + "/" SCRATCH;
    auto options = usual();
    options.folders = {{SCRATCH "/given", sys::may_read}};
    BOOST_REQUIRE(setenv("VITTE_SECRET", "1", 1) == 0);
    const int left_open = open("/etc/passwd", O_RDONLY);  // and not marked to be closed
    auto plugin = begun(options);
    // Its streams, its two pipes.
    BOOST_TEST(said(plugin, "h") == "null null null pipe pipe ");
    BOOST_TEST(said(plugin, "e") == "none");
    BOOST_TEST(said(plugin, "t") != "done");
    BOOST_TEST(said(plugin, "r" + at + "/given/file") == "done");
    close(left_open);
    const std::string refused = "Permission denied", forbidden = "Operation not permitted";
    if (refuses(plugin, sys::sandbox_files)) {
        BOOST_TEST(said(plugin, "w" + at + "/given/file") == refused);
        for (const std::string& path : {at + "/secret", std::string("/etc/passwd"), at + "/given/../secret",
                                       std::string("/proc/self/maps"), std::string("/proc/self/exe")})
            BOOST_TEST(said(plugin, "r" + path) == refused, path);
        BOOST_TEST(said(plugin, "w" + at + "/new") == refused);
    }
    if (refuses(plugin, sys::sandbox_sockets)) BOOST_TEST((said(plugin, "s") == forbidden && said(plugin, "u") == forbidden));
    if (refuses(plugin, sys::sandbox_processes)) BOOST_TEST(said(plugin, "f") == forbidden);
    if (refuses(plugin, sys::sandbox_programs)) BOOST_TEST(said(plugin, "x/bin/true") == forbidden);
    if (refuses(plugin, sys::sandbox_signals)) BOOST_TEST(said(plugin, "k") == forbidden);
    BOOST_TEST(plugin.is_running());

    // The folder is the one that it was, for later children, too.
    BOOST_REQUIRE(rename((at + "/given").c_str(), (at + "/moved").c_str()) == 0);
    BOOST_REQUIRE((fs::create_directories(SCRATCH "/given") && fs::write(SCRATCH "/given/other", bytes("x"))));
    said(plugin, "S9");
    BOOST_TEST(said(plugin, "r" + at + "/moved/file") == "done");
    if (refuses(plugin, sys::sandbox_files)) BOOST_TEST(said(plugin, "r" + at + "/given/other") == refused);

    options.folders = {{SCRATCH "/nowhere", sys::may_read}};
    BOOST_TEST((code(plugin_child::start(reaching.c_str(), options)) == errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_sandbox_that_cannot_be_is_a_failure_unless_it_may_be_missing) {
    const tidy after;
    auto options = usual();
    options.unenforced = sys::enforce::all_or_fail;
    const auto plugin = plugin_child::start(reaching.c_str(), options);
    const unsigned all = sys::sandbox_files | sys::sandbox_truncation | sys::sandbox_device_control | sys::sandbox_tcp |
                         sys::sandbox_signals | sys::sandbox_abstract_sockets | sys::sandbox_processes |
                         sys::sandbox_programs | sys::sandbox_sockets | sys::sandbox_privileges | sys::sandbox_tracing;
    const bool supported = (sys::supported_sandbox().bits & all) == all;
    BOOST_TEST(plugin.has_value() == supported);
    if (plugin) BOOST_TEST((plugin->confinement().enforced.bits == all && plugin->confinement().missing.empty()));
    if (!plugin) BOOST_TEST((plugin.error().code == errc::not_supported && has(plugin.error().message(), "sandbox: ")));
}

BOOST_AUTO_TEST_CASE(what_was_verified_is_what_each_child_loads) {
    const tidy after;
    const scratch folder;
    const auto file = sys::read(reaching.c_str());
    BOOST_REQUIRE((file && sys::write(SCRATCH "/plugin.so", file->bytes())));
    auto options = usual();
    int asked = 0;
    options.verify = [&](const file_to_verify& what) {
        ++asked;
        return what.bytes.size() == file->size() && std::ranges::equal(what.bytes, file->bytes());
    };
    auto plugin = begun(options, SCRATCH "/plugin.so");
    BOOST_REQUIRE(sys::write(SCRATCH "/plugin.so", bytes("something else")).has_value());
    said(plugin, "S9");
    BOOST_TEST(said(plugin, "=on") == "on");
    BOOST_TEST((asked == 1 && plugin.starts() == 2));
    const auto refused = plugin_child::start(SCRATCH "/plugin.so", options);
    BOOST_TEST((code(refused) == errc::permission_denied && refused.error().module == SCRATCH "/plugin.so"));
}

BOOST_AUTO_TEST_CASE(what_is_no_plugin_does_not_start) {
    const tidy after;
    const scratch folder;
    const auto failure = [&](const std::string& path, plugin_child_options options = usual()) {
        const auto made = plugin_child::start(path.c_str(), std::move(options));
        return made ? "started" : made.error().message();
    };
    BOOST_REQUIRE(sys::write(SCRATCH "/text", bytes("no module")).has_value());
    BOOST_TEST(has(failure(SCRATCH "/none"), "not found"));
    BOOST_TEST(has(failure(SCRATCH "/text"), "loading it into its process"));
    BOOST_TEST(failure(fixture("libthread_local.so")) ==
               fixture("libthread_local.so") + ": loading it into its process: looking up symbol 'vitte_plugin': the module does not export it");
    auto options = usual();
    options.program = SCRATCH "/none";
    BOOST_TEST(has(failure(reaching, options), "not found"));
    options.program = "/bin/true";
    BOOST_TEST(has(failure(reaching, options), "its process ended with code 0"));
    BOOST_TEST((!plugin_child_main(0, nullptr)));
    const char* few[] = {"program", plugin_child_word, "3"};
    BOOST_TEST((!plugin_child_main(3, few)));
    const char* wrong[] = {"program", plugin_child_word, "3", "4x", "5"};
    BOOST_TEST((plugin_child_main(5, wrong) == 2));
}

BOOST_AUTO_TEST_CASE(deaths_are_ever_further_apart) {
    restart_backoff pure({100, 1000, 5000});
    std::vector<std::int64_t> waits;
    std::int64_t now = 0;
    for (int i = 0; i < 6; ++i) {
        pure.started(now);
        pure.died(now += 10);
        waits.push_back(pure.next_start() - now);
        now = pure.next_start();
    }
    BOOST_TEST((waits == std::vector<std::int64_t>{100, 200, 400, 800, 1000, 1000}));
    pure.started(now);
    pure.died(now + 5000);
    BOOST_TEST(pure.next_start() == now + 5100);
    restart_backoff late({1, INT64_MAX, 0});
    late.died(INT64_MAX - 1);
    BOOST_TEST(late.next_start() == INT64_MAX);

    const tidy after;
    auto options = usual();
    options.waits = {300_ms, 3600_s, 3600_s};
    auto plugin = begun(options);
    said(plugin, "E1");
    const auto refused = plugin.execute(bytes("=on"));
    BOOST_TEST((code(refused) == errc::busy && has(refused.error().message(), "ended with code 1; it is not started again for ")));
    const auto next = plugin.next_start();
    sys::this_thread::sleep_until(deadline::at(next));
    BOOST_TEST(said(plugin, "=on") == "on");
    said(plugin, "E1");
    BOOST_TEST(plugin.next_start() >= next + 600_ms);
}

BOOST_AUTO_TEST_CASE(a_child_that_speaks_wrongly_is_ended) {
    const tidy after;
    const auto header = [](frame_kind kind, std::uint32_t call, std::int32_t status, std::uint32_t size) {
        const auto made = frame_header(kind, call, status, size);
        return text(made);
    };
    auto plugin = begun();
    const auto forged = [&](const std::string& frames) {
        said(plugin, "=");  // the first call is the start's, the second this one's
        const auto done = plugin.execute(bytes("Y" + frames), deadline::after(20_s));
        const std::string told = done ? "answered: " + text(*done) : done.error().reason;
        if (plugin.is_running()) {  // and does nothing any more
            kill(static_cast<pid_t>(plugin.id()), SIGKILL);
            said(plugin, "=");
        }
        return told;
    };
    const std::string wrong = "its process broke the protocol, and was killed";
    BOOST_TEST(forged(header(frame_kind::reply, 3, 0, 2) + "ok") == "answered: ok");  // it is its own answer
    BOOST_TEST(forged(header(frame_kind::reply, 99, 0, 0)) == wrong);
    BOOST_TEST(forged(header(frame_kind::reply, 2, 0, 0)) == wrong);
    BOOST_TEST(forged(header(frame_kind::reply, 4, 0, 0)) == wrong);
    BOOST_TEST(forged(header(frame_kind::reply, 3, 1, 0)) == wrong);
    BOOST_TEST(forged(header(frame_kind::ready, 3, 0, 8) + std::string(8, '\xff')) == wrong);
    BOOST_TEST(forged(header(frame_kind::failed, 3, 1, 0)) == wrong);
    BOOST_TEST(forged(header(frame_kind::execute, 3, 0, 0)) == wrong);
    BOOST_TEST(forged(header(frame_kind{77}, 3, 0, 0)) == wrong);
    BOOST_TEST(forged(header(frame_kind::log, 3, 0, 0)) == wrong);
    BOOST_TEST(forged(header(frame_kind::log, 0, 0, 4097)) == wrong);
    BOOST_TEST(forged(header(frame_kind::reply, 3, 0, 0xffff'ffff)) == wrong);
    BOOST_TEST(forged(std::string(16, '\0')) == wrong);
    BOOST_TEST(forged(std::string(100'000, '\xff')) == wrong);
    BOOST_TEST(forged(header(frame_kind::reply, 3, -2, 0)) == "it failed with status -2");
    BOOST_TEST(forged(header(frame_kind::reply, 3, INT32_MIN, 1) + "\x1b").size() == 1u);
    BOOST_TEST((code(plugin.execute(bytes("Zx"))) == errc::malformed));
    std::string lines;
    for (int i = 0; i < 1000; ++i) lines += header(frame_kind::log, 0, 9, 0);
    BOOST_TEST((code(plugin.execute(bytes("Z" + lines))) == errc::too_large));
    // Half a frame, and then nothing, or the end.
    said(plugin, "=");
    BOOST_TEST((code(plugin.execute(bytes("Y" + header(frame_kind::reply, 3, 0, 1000) + "half"), deadline::after(100_ms))) == errc::timed_out));
    // What it says when nobody asks is no answer to the next call.
    said(plugin, "=");
    said(plugin, "X" + header(frame_kind::reply, 3, 0, 0) + header(frame_kind::reply, 4, 0, 0));
    BOOST_TEST(has(said(plugin, "=on"), "its process answered what nobody asked, and was killed"));
}

BOOST_AUTO_TEST_CASE(a_program_that_is_no_child_is_ended) {
    const tidy after;
    const auto hex = [](const std::string& of) {
        std::string made;
        for (const char c : of) {
            char digits[3];
            std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(c));
            made += digits;
        }
        return made;
    };
    const auto frame = [](frame_kind kind, std::uint32_t call, std::int32_t status, const std::string& body) {
        return text(frame_header(kind, call, status, static_cast<std::uint32_t>(body.size()))) + body;
    };
    const std::string ready = frame(frame_kind::ready, 1, 0, std::string(8, '\0')), reply = frame(frame_kind::reply, 1, 0, "");
    const auto begin = [&](const std::string& answers, bool ends = false) {
        auto options = usual();
        options.program = helper();
        options.settings = hex(answers) + (ends ? "." : "");
        options.patience = 300_ms;
        return plugin_child::start(reaching.c_str(), std::move(options));
    };
    const auto why = [&](const std::string& answers, bool ends = false) {
        const auto made = begin(answers, ends);
        return made ? "started" : made.error().reason;
    };
    BOOST_TEST(why("") == "its process did not answer in time, and was killed");
    BOOST_TEST(why("", true) == "its process ended with code 3");
    BOOST_TEST(why(ready) == "its process did not answer in time, and was killed");
    BOOST_TEST(why(ready.substr(0, 20), true) == "its process ended with code 3");
    BOOST_TEST(why(reply) == "its process said nothing of its sandbox, and was killed");
    for (const std::string& answers : {ready + ready, frame(frame_kind::ready, 1, 0, "short"), frame(frame_kind::ready, 2, 0, std::string(8, '\0')),
                                       frame(frame_kind::ready, 1, 0, std::string(9, '\0')), ready.substr(0, 20) + ready})
        BOOST_TEST(has(why(answers), "broke the protocol"));
    BOOST_TEST(why(frame(frame_kind::failed, 1, 4, "no\x1b")) == "no\x1b");  // `message` is what is printed
    BOOST_TEST((code(begin(frame(frame_kind::failed, 1, 9999, ""))) == errc::unknown));
    BOOST_TEST((code(begin(frame(frame_kind::failed, 1, static_cast<int>(errc::no_space), ""))) == errc::no_space));

    // It never reads.
    auto deaf = begin(ready + reply);
    BOOST_REQUIRE(deaf.has_value());
    const std::string large(1'000'000, 'x');
    BOOST_TEST((code(deaf->execute(bytes(large), deadline::after(100_ms))) == errc::timed_out));
    // It closes nothing and says nothing when it is to stop.
    auto stubborn = begin(ready + reply);
    BOOST_REQUIRE(stubborn.has_value());
    BOOST_TEST((code(stubborn->stop()) == errc::timed_out && !stubborn->is_running()));
}

BOOST_AUTO_TEST_CASE(plugins_of_several_threads_do_not_know_of_each_other) {
    const tidy after;
    std::atomic<int> good = 0;
    const auto work = [&] {
        auto plugin = plugin_child::start(reaching.c_str(), usual());
        for (int i = 0; plugin && i < 20; ++i) good += said(*plugin, i % 7 == 6 ? "S9" : "=on") == "on";
    };
    std::thread other(work);
    work();
    other.join();
    BOOST_TEST(good == 2 * 18);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(frames_come_in_pieces_of_any_size) {
    const std::string body(9000, 'b');
    const std::string stream = text(frame_header(frame_kind::log, 0, 2, 3)) + "abc" +
                               text(frame_header(frame_kind::reply, 7, -1, 9000)) + body +
                               text(frame_header(frame_kind::reply, 8, 0, 0));
    for (const std::size_t piece : {1u, 2u, 15u, 16u, 17u, 100u, 4096u, 100'000u}) {
        frame_reader reader(frame_reader::sender::child, 9000);
        std::vector<frame> frames;
        for (std::size_t at = 0; at < stream.size();) {
            const auto room = reader.room();
            BOOST_REQUIRE((room && !room->empty()));
            const std::size_t size = std::min({piece, room->size(), stream.size() - at});
            std::memcpy(room->data(), stream.data() + at, size);
            reader.added(size);
            at += size;
            frame next;
            for (result<bool> more = true; more && *more;) {
                more = reader.next(next);
                BOOST_REQUIRE(more.has_value());
                if (!*more) continue;
                frames.push_back(next);
                const std::string expected = frames.size() == 1 ? "abc" : frames.size() == 2 ? body : "";
                BOOST_TEST((text(next.body) == expected));
            }
        }
        BOOST_REQUIRE((frames.size() == 3 && !reader.is_within()));
        BOOST_TEST((frames[0].kind == frame_kind::log && frames[0].status == 2 && frames[1].call == 7 &&
                    frames[1].status == -1 && frames[2].call == 8));
    }
    // No bytes of the body have come: nothing was allocated for them.
    frame_reader reader(frame_reader::sender::child, 9000);
    frame next;
    const auto header = frame_header(frame_kind::reply, 1, 0, 9001);
    std::ranges::copy(header, reader.room()->begin());
    reader.added(header.size());
    BOOST_TEST((reader.next(next).error().code == errc::too_large && reader.next(next).error().code == errc::too_large));
}

BOOST_AUTO_TEST_CASE(what_a_child_is_told_is_read_as_it_was_written) {
    child_start told;
    told.flags = 3;
    told.most_reply = 77;
    told.folders = {{5, 1}, {UINT64_MAX, 6}};
    told.name = "plugin";
    told.options = "{}";
    const auto written = told.written();
    const auto read = child_start::read(written);
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST((read->flags == 3 && read->most_reply == 77 && read->name == "plugin" && read->options == "{}"));
    BOOST_TEST((read->folders.size() == 2 && read->folders[1].handle == UINT64_MAX && read->folders[1].rights == 6));
    const std::size_t needed = written.size() - told.options.size();
    for (std::size_t size = 0; size < written.size(); ++size)
        BOOST_TEST(child_start::read(std::span(written).first(size)).has_value() == (size >= needed));
}
