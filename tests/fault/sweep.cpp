// Every call of a scenario fails in every way that its manual allows, once and from then on, and crashes. Whatever
// happens: no handle, mapping or thread is left, nothing is closed twice, an error names the operation, what is said to
// be done is done, files are old or new and nothing between, and trying again works.
// VITTE_REPLAY="scenario|call|name|code|times|short|kind" runs one of them.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <vitte/loader/loader.hpp>
#include <vitte/loader/wasm/format.hpp>
#include <vitte/sys/event/poller.hpp>
#include <vitte/sys/fs/watch.hpp>
#include <vitte/sys/net.hpp>
#include <vitte/sys/process.hpp>

#include "../support/fixtures.hpp"
#include "../support/wasm_builder.hpp"
#include "scenarios.hpp"

// Allocations of this program, by -Wl,--wrap.
namespace {
long allocations_left = -1;  // until one fails; -1: none does
std::size_t allocations = 0;
bool all_after = false;  // and those after it
bool allocation_fails() {
    ++allocations;
    if (allocations_left == -2) return true;
    if (allocations_left < 0 || allocations_left-- != 0) return false;
    return allocations_left = all_after ? -2 : -1, true;
}
}  // namespace
#if defined(VITTE_WRAPPED)
extern "C" {
void* __real_malloc(std::size_t);
void* __real_realloc(void*, std::size_t);
void* __real__Znwm(std::size_t);
void* __real__ZnwmRKSt9nothrow_t(std::size_t, const std::nothrow_t&);
void* __wrap_malloc(std::size_t n) { return allocation_fails() ? nullptr : __real_malloc(n); }
void* __wrap_realloc(void* p, std::size_t n) { return allocation_fails() ? nullptr : __real_realloc(p, n); }
void* __wrap__Znwm(std::size_t n) {
    if (allocation_fails()) throw std::bad_alloc();
    return __real__Znwm(n);
}
void* __wrap__ZnwmRKSt9nothrow_t(std::size_t n, const std::nothrow_t& t) {
    return allocation_fails() ? nullptr : __real__ZnwmRKSt9nothrow_t(n, t);
}
}
#endif

namespace {
using namespace vitte::sys;
using vitte::errc;
using base = native;
using set = scenarios<base>;
using frail = set::frail;
using injected = set::injected;
using books = ledger<base>;

const std::string much = [] {  // no part of which is like another
    std::string text;
    for (int i = 0; text.size() < 70'000; ++i) text += std::to_string(i) + " ";
    return text;
}();

/// A static program has an OS's linker that loads nothing, or none.
template <class P>
bool loads_libraries() {
#if defined(VITTE_PLAIN_LIBRARY)
    if constexpr (requires { typename P::libraries; })
        return basic_library<P>::open(fixture(VITTE_PLAIN_LIBRARY).c_str()).has_value();
#endif
    return false;
}

/// Half a minute, which none of it takes.
deadline soon() { return deadline::after(30'000'000'000); }

/// Over a connection: something in one piece, something in two, and the end; and nothing, in time.
vitte::result<void> talk() {
    VITTE_TRY(const auto listener, basic_tcp_listener<frail>::listen({vitte::ipv4_address::loopback(), 0}));
    VITTE_TRY(const socket_address at, listener.local_address());
    VITTE_TRY(const auto client, basic_tcp_stream<frail>::connect(at.ip(), soon()));
    VITTE_TRY(const auto server, listener.accept(soon()));
    std::byte heard[10];
    VITTE_CHECK(client.send(bytes("hello"), soon()));
    VITTE_CHECK(server.stream.receive_all(std::span(heard).first(5), soon()));
    io_slice slices[] = {{heard, 2}, {heard + 2, 3}};
    VITTE_CHECK(client.send_vector(slices, soon()));
    VITTE_CHECK(client.shut_down());
    io_slice places[] = {{heard + 5, 2}, {heard + 7, 1}};
    VITTE_TRY(const std::size_t came, server.stream.receive_vector(places, soon()));
    VITTE_CHECK(server.stream.receive_all(std::span(heard).subspan(5 + came), soon()));
    VITTE_TRY(const std::size_t after, server.stream.receive(heard, soon()));
    const auto nothing = client.receive(std::span(heard).first(1), deadline::after(100'000));
    if (nothing) return vitte::fail(errc::unknown, "heard something");
    if (nothing.error().code != errc::timed_out) return vitte::unexpected(nothing.error());
    set::found_text.assign(reinterpret_cast<const char*>(heard), sizeof heard);
    set::found_count = after;
    return {};
}

/// Messages to oneself.
vitte::result<void> send_messages() {
    VITTE_TRY(const auto socket, basic_udp_socket<frail>::bind({vitte::ipv4_address::loopback(), 0}));
    VITTE_TRY(const socket_address self, socket.local_address());
    VITTE_CHECK(socket.send_to(bytes("hello"), self, soon()));
    std::byte heard[10];
    datagram message{heard, sizeof heard, {}};
    VITTE_CHECK(socket.receive_from(message, soon()));
    if (message.address == self) set::found_text.assign(reinterpret_cast<const char*>(heard), message.size);
    return {};
}

/// What is told of one of two sockets, once and then as often as one asks.
vitte::result<void> wait_for_sockets() {
    VITTE_TRY(auto poller, basic_poller<frail>::create());
    VITTE_TRY(const auto ends, basic_unix_stream<frail>::pair());
    const auto watched = ends.first.native_handle();
    VITTE_CHECK(poller.add(watched, socket_readable, poll_trigger::one_shot, 1));
    VITTE_CHECK(ends.second.send(bytes("x"), soon()));
    readiness room[4];
    VITTE_TRY(const auto first, poller.wait(room, soon()));
    set::found_count = first.empty() ? 0 : first[0].key;
    VITTE_CHECK(poller.change(watched, socket_readable, poll_trigger::level, 2));
    VITTE_TRY(const auto second, poller.wait(room, soon()));
    set::found_count += second.empty() ? 0 : second[0].key;
    VITTE_CHECK(poller.remove(watched));
    poller.wake();
    VITTE_TRY(const auto third, poller.wait(room, soon()));
    set::found_count += third.size();
    return {};
}

/// What only a real OS has.
template <class P = base>
std::vector<scenario> all_scenarios() {
    auto all = set::all();
    all.push_back({"read what tells no size", set::nothing,
                   []() -> vitte::result<void> {
                       VITTE_TRY(const auto content, read<frail>("/proc/cpuinfo"));
                       set::found_count = content.size();
                       return {};
                   },
                   [] { return set::found_count != 0; }, set::anything});
    all.push_back({"capture a program", set::nothing,
                   []() -> vitte::result<void> {
                       auto what = basic_command<frail>("/bin/sh");
                       what.arguments({"-c", "cat; echo error >&2"});
                       VITTE_TRY(const auto done, capture(what, {.input = bytes(much)}));
                       set::found_text = done.output_text();
                       return done.succeeded() && done.error_text() == "error\n" ? vitte::result<void>()
                                                                                 : vitte::fail(errc::unknown, "said");
                   },
                   [] { return set::found_text == much; }, set::anything});
    all.push_back({"talk over a connection", set::nothing, talk,
                   [] { return set::found_text == "hellohello" && set::found_count == 0; }, set::anything});
    all.push_back({"send messages", set::nothing, send_messages, [] { return set::found_text == "hello"; },
                   set::anything});
    all.push_back({"wait for sockets", set::nothing, wait_for_sockets, [] { return set::found_count == 3; },
                   set::anything});
    if constexpr (requires { typename P::watch_queue; })
        all.push_back({"watch a folder", set::tree,
                       []() -> vitte::result<void> {
                           set::found_count = 0;
                           static_cast<void>(remove_all<base>(SCRATCH "/new"));
                           VITTE_TRY(auto watcher, basic_watcher<faulty<audited<P>>>::create());
                           VITTE_CHECK(watcher.add(SCRATCH, true));
                           VITTE_CHECK(create_directories<base>(SCRATCH "/new/below"));
                           return watcher.wait([](const watch_event&) { ++set::found_count; },
                                               deadline::after(2'000'000'000), 0);
                       },
                       [] { return set::found_count != 0; }, set::anything});
    if constexpr (vitte::loader::native::machine::supported)
        all.push_back({"load and unload a module", set::nothing,
                       []() -> vitte::result<void> {
                           vitte::loader::basic_module_loader<frail> loader;
                           loader.provide("host_event", static_cast<void (*)(const char*)>([](const char*) {}));
                           loader.provide("host_twice", static_cast<int (*)(int)>([](int n) { return 2 * n; }));
                           loader.provide("strlen", static_cast<std::size_t (*)(const char*)>(std::strlen));
                           auto made = loader.load(fixture("libcounter.so").c_str());
                           static std::string why;
                           if (!made) return vitte::fail(made.error().code, (why = made.error().message()).c_str());
                           auto roomy = loader.load(fixture("libroomy.so").c_str());
                           if (!roomy) return vitte::fail(roomy.error().code, (why = roomy.error().message()).c_str());
                           set::found_count =
                               static_cast<std::size_t>((*made->function_pointer<int()>("counter_value"))() +
                                                        (*roomy->function_pointer<int(int)>("last_of_room"))(1));
                           return {};
                       },
                       [] { return set::found_count == 43; }, set::anything});
    if constexpr (vitte::loader::native::machine::supported)
        all.push_back(
            {"load modules from memory", set::nothing,
             []() -> vitte::result<void> {
                 vitte::loader::basic_module_loader<frail> loader;
                 loader.provide("host_event", static_cast<void (*)(const char*)>([](const char*) {}));
                 static std::string why;
                 auto roomy = loader.load(fixture("libroomy.so").c_str(),
                                          {.verify = [](std::span<const std::byte> seen) { return !seen.empty(); }});
                 if (!roomy) return vitte::fail(roomy.error().code, (why = roomy.error().message()).c_str());
                 auto c = loader.load(fixture("parts/deep/libpart_c.so").c_str(), {.lazy = true, .global = true});
                 if (!c) return vitte::fail(c.error().code, (why = c.error().message()).c_str());
                 set::found_count =
                     static_cast<std::size_t>((*c->template function_pointer<int()>("c_value"))() +
                                              (*roomy->template function_pointer<int(int)>("last_of_room"))(1));
                 return {};
             },
             [] { return set::found_count == 2; }, set::anything});
    all.push_back({"load a WebAssembly module",
                   [] {  // (func (export "f") (result i32) (i32.const 43))
                       using namespace wasm_test;
                       const code made = module({make_section(1, list({type({}, {i32})})),
                                                 make_section(3, list({wasm_test::bytes({0})})),
                                                 make_section(7, list({exported("f", 0, 0)})),
                                                 make_section(10, list({body(wasm_test::bytes({0x41, 43}))}))});
                       set::file_with({reinterpret_cast<const char*>(made.data()), made.size()});
                   },
                   []() -> vitte::result<void> {
                       vitte::loader::basic_module_loader<frail> loader;
                       loader.add_format(vitte::loader::wasm::basic_format<frail>());
                       auto made = loader.load(
                           SCRATCH "/file", {.verify = [](std::span<const std::byte> seen) { return !seen.empty(); }});
                       static std::string why;
                       if (!made) return vitte::fail(made.error().code, (why = made.error().message()).c_str());
                       set::found_count = static_cast<std::size_t>(*(*made->template function<int()>("f"))());
                       return {};
                   },
                   [] { return set::found_count == 43; }, set::anything});
    if (loads_libraries<P>())
        all.push_back({"load a library of the OS's", set::nothing,
                       []() -> vitte::result<void> {
                           VITTE_TRY(auto library,
                                     basic_library<faulty<audited<P>>>::open(fixture(VITTE_PLAIN_LIBRARY).c_str()));
                           VITTE_TRY(void* const found, library.symbol("plain_twice"));
                           set::found_count = found != nullptr;
                           return {};
                       },
                       [] { return set::found_count == 1; }, set::anything});
    return all;
}

std::size_t entries_of(const char* folder) {
    std::size_t count = 0;
    static_cast<void>(directory::open(folder)->for_each([&](const directory_entry&) { return ++count, true; }));
    return count;
}

struct tally {
    std::size_t points = 0, runs = 0, crashes = 0;
    std::set<std::pair<std::string, errc>> fired;
};

std::string replay_line(const scenario& s, const fault& what) {
    char line[300];
    std::snprintf(line, sizeof line, "VITTE_REPLAY='%s|%llu|%s|%u|%llu|%d|%u|%u|%llu'", s.name,
                  static_cast<unsigned long long>(what.call), what.name == nullptr ? "" : what.name,
                  static_cast<unsigned>(what.code), static_cast<unsigned long long>(what.times),
                  what.short_transfers + 2 * what.early_wakes + 4 * what.bare + 8 * what.all_after,
                  static_cast<unsigned>(what.kind), what.one_in, static_cast<unsigned long long>(what.seed));
    return line;
}

/// Whether systems may lack this call.
bool survives_without(const char* call) {
    const auto codes = possible_errors(call);
    return std::find(codes.begin(), codes.end(), errc::not_supported) != codes.end();
}
/// Whether the call is made again, which for ever would never end.
bool passes(const std::string& call, errc code) {
    const bool waits = call != "threads.start" && call != "processes.spawn";
    return code == errc::interrupted || (code == errc::would_block && waits) ||
           (code == errc::disconnected && call == "sockets.accept");
}
/// Whether all may be done though this call has failed: there is another way, or it is a destructor's.
bool survivable(const scenario& s, const std::string& call, errc code) {
    static const std::set<std::string> other_ways{"files.close",        "files.clone",     "files.copy_some",
                                                  "files.copy_some_at", "files.find_data", "directories.open_unnamed",
                                                  "sockets.close",      "sockets.peer_address"};
    const std::string_view name = s.name;
    const bool by_destructor =
        name == "use temporary files" &&
        (call.starts_with("listing.") || call == "directories.open" || call.starts_with("directories.remove"));
    const bool by_linker = name == "load and unload a module" || name == "load modules from memory";
    const bool not_needed =
        (name == "make folders" && call == "directories.create") ||
        (name == "watch a folder" && call == "watch_queue.add" && code == errc::not_found) ||
        (name == "watch a folder" && code == errc::permission_denied) ||
        (name == "use temporary files" && call == "directories.current_path" && code == errc::permission_denied) ||
        (by_linker && (call.starts_with("libraries.") || call == "directories.current_path"));
    return passes(call, code) || code == errc::would_block || code == errc::not_supported ||
           other_ways.contains(call) || by_destructor || not_needed;
}

/// Runs `s` with `what`, and looks at what is left. A success is expected if `must_succeed`.
void try_once(const scenario& s, const fault& what, tally& count, bool must_succeed = false, long allocation = -1) {
    set::begin(s);
    const std::size_t handles = entries_of("/proc/self/fd");
    const int views = books::views, threads = books::threads, wrong = books::wrong_closes;
    const std::string call = what.name == nullptr ? "" : what.name;
    vitte::result<void> ended;
    injected::arm(what);
    allocations_left = allocation;
    try {
        ended = s.run();
    } catch (const std::bad_alloc&) {
        ended = vitte::fail(errc::out_of_memory, "operator new");
    }
    const bool fired = injected::fired() != 0 || (allocation >= 0 && allocations_left < 0);
    allocations_left = -1;
    injected::arm();
    ++count.runs;
    if (fired && what.kind == fault_kind::failure && what.name != nullptr) count.fired.emplace(call, what.code);
    BOOST_TEST_CONTEXT(replay_line(s, what) << " " << message(what.code) << ", allocation " << allocation) {
        BOOST_TEST(entries_of("/proc/self/fd") == handles);
        BOOST_TEST(books::views == views);
        BOOST_TEST(books::threads == threads);
        BOOST_TEST(books::wrong_closes == wrong);
        BOOST_TEST(s.harmless());
        if (ended) BOOST_TEST(s.done());
        if (!ended) BOOST_TEST(*ended.error().operation != 0);
        if (!ended) BOOST_TEST((fired || what.bare));
        if (must_succeed) BOOST_TEST(ended.has_value());
        if (!ended && !call.empty() && !what.all_after && what.kind == fault_kind::failure) {
            BOOST_TEST((ended.error().code == what.code), message(ended.error().code) << " is told");
            BOOST_TEST(std::strstr(ended.error().operation, what.name) != nullptr,
                       ended.error().operation << " is told");
        }
        if (!ended && allocation >= 0)
            BOOST_TEST((ended.error().code == errc::out_of_memory), message(ended.error().code) << " is told");
        const bool failed = fired && what.kind == fault_kind::failure && !call.empty();
        if (failed && !survivable(s, call, what.code)) BOOST_TEST(!ended.has_value());
        if (call == "files.close" && s.close == what.call) BOOST_TEST(!ended.has_value());
        const bool one_failure = what.times == 1 && !what.all_after && what.one_in == 0;
        if (!ended && s.tidy && one_failure)
            BOOST_TEST((names_in(*directory::open(SCRATCH)) == std::set<std::string>{"file"}));
        if (ended || s.done()) return;
        set::make_room();
        const auto again = s.run();
        BOOST_TEST((again && s.done()));
    }
}

/// A child runs `s` and ends at the call without a word.
void crash_once(const scenario& s, const fault& what, tally& count) {
    set::begin(s);
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        injected::arm(what);
        _exit(s.run() ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ++count.crashes;
    BOOST_TEST_CONTEXT(replay_line(s, what)) {
        const std::string_view call = what.name;  // some are made only if others are slow
        const bool made_for_sure = !call.starts_with("threads.") && !call.starts_with("pipe.") &&
                                   !call.starts_with("sockets.wait") && !call.starts_with("sockets.receive");
        BOOST_TEST((WIFEXITED(status) && (WEXITSTATUS(status) == fault::crash_status || !made_for_sure)));
        BOOST_TEST(s.harmless());
        set::make_room();
        const auto again = s.run();
        BOOST_TEST((again && s.done()));
    }
}

/// The names of the calls of a run in which nothing fails.
std::vector<std::string> calls_of(const scenario& s, bool bare = false) {
    set::begin(s);
    BOOST_TEST_CONTEXT(s.name) BOOST_REQUIRE(s.run().has_value());  // some calls are made only once in a program
    set::begin(s);
    injected::arm({.bare = bare});
    BOOST_TEST_CONTEXT(s.name) BOOST_REQUIRE((s.run() && s.done()));
    std::vector<std::string> calls;
    for (std::uint64_t k = 1; k <= injected::count(); ++k) calls.emplace_back(injected::name(k));
    return calls;
}

/// Which calls are worth to fail: in long runs the first two and the last that come between the same neighbours.
std::vector<std::size_t> telling(const std::vector<std::string>& calls) {
    std::map<std::string, std::vector<std::size_t>> alike;
    for (std::size_t k = 0; k < calls.size(); ++k)
        alike[(k == 0 ? "" : calls[k - 1]) + calls[k] + (k + 1 == calls.size() ? "" : calls[k + 1])].push_back(k);
    std::vector<std::size_t> all;
    for (auto& [where, ks] : alike) {
        if (calls.size() > 100 && ks.size() > 3) ks = {ks[0], ks[1], ks.back()};
        all.insert(all.end(), ks.begin(), ks.end());
    }
    return all;
}

void print_coverage(const std::set<std::pair<std::string, errc>>& fired) {
    std::map<std::string, std::string> rows;
    for (const auto& [call, code] : fired) rows[call] += (rows[call].empty() ? "" : ", ") + std::string(message(code));
    for (const auto& [call, codes] : rows) std::printf("  %-26s %s\n", call.c_str(), codes.c_str());
}

/// Whether the tests run on a system without this call.
template <class P>
bool is_lacking(std::string_view call) {
    using handle = typename P::files::handle;
    const bool watches = requires { typename P::watch_queue; }, loads = loads_libraries<P>();
    const bool is_linux = requires(handle h) { P::directories::open_beneath(h, "", true); };
    static const std::set<std::string_view> of_linux{"directories.open_to_search",
                                                     "directories.open_unnamed",
                                                     "directories.give_name",
                                                     "directories.open_beneath",
                                                     "directories.open_file_beneath",
                                                     "files.clone",
                                                     "files.copy_some",
                                                     "files.copy_some_at",
                                                     "files.attribute",
                                                     "files.set_attribute",
                                                     "files.remove_attribute"};
    const bool elsewhere = call == "files.set_owner";  // privacy.cpp: only root has files of others to replace
    return elsewhere || call == "files.clone_to" || (!watches && call.starts_with("watch_queue.")) ||
           (!loads && call.starts_with("libraries.")) || (!is_linux && of_linux.contains(call));
}
}  // namespace

/// Whoever would take away more than his own temporary files takes away those of the scenario, which is seen.
struct own_temporary_folder {
    own_temporary_folder() { setenv("TMPDIR", SCRATCH, 1); }
};
BOOST_TEST_GLOBAL_FIXTURE(own_temporary_folder);

BOOST_AUTO_TEST_SUITE(fault_sweep)

BOOST_AUTO_TEST_CASE(nothing_is_lost_when_any_call_fails, *needs(own_kernel)) {
    const scratch folder;
    tally count;
    const auto all = all_scenarios();
    for (const scenario& s : all) {
        const auto calls = calls_of(s);
        for (const std::size_t k : telling(calls)) {
            const char* const name = calls[k].c_str();
            const auto until = calls.begin() + static_cast<std::ptrdiff_t>(k) + 1;
            const auto nth = static_cast<std::uint64_t>(std::count(calls.begin(), until, calls[k]));
            for (const errc code : possible_errors(name)) {
                ++count.points;
                const bool again = passes(calls[k], code);
                try_once(s, {nth, code, 1, false, name}, count, again);
                try_once(s, {nth, code, again ? 5 : fault::for_ever, false, name}, count, again);
                try_once(s, {nth, code, 1, true, name}, count, again);
                try_once(s, {.call = nth, .code = code, .name = name, .all_after = true}, count);
            }
            const bool moves = calls[k].starts_with("files.write") || calls[k].starts_with("files.copy_some");
            if (moves) try_once(s, {.call = nth, .name = name, .kind = fault_kind::nothing}, count);
            crash_once(s, {.call = nth, .name = name, .kind = fault_kind::crash}, count);
        }
        try_once(s, {.short_transfers = true, .early_wakes = true}, count, true);
        try_once(s, {.bare = true}, count, true);
        const auto other_calls = calls_of(s, true);
        for (const std::size_t k : other_calls == calls ? std::vector<std::size_t>() : telling(other_calls))
            for (const errc code : possible_errors(other_calls[k].c_str())) {
                const char* const name = other_calls[k].c_str();
                const auto nth = static_cast<std::uint64_t>(
                    std::count(other_calls.begin(), other_calls.begin() + static_cast<std::ptrdiff_t>(k) + 1, name));
                const bool lacking = survives_without(name);
                if (!lacking) try_once(s, {.call = nth, .code = code, .name = name, .bare = true}, count);
            }
    }
    std::printf("fault sweep: %zu scenarios, %zu points, %zu runs, %zu crashes, %zu pairs of call and error:\n",
                all.size(), count.points, count.runs, count.crashes, count.fired.size());
    print_coverage(count.fired);
    for (const call_errors& row : all_possible_errors())
        for (const errc code : row.possible())
            if (!is_lacking<base>(row.call))
                BOOST_TEST(count.fired.contains({row.call, code}),
                           row.call << ": " << message(code) << " did not happen");
}

BOOST_AUTO_TEST_CASE(nothing_is_lost_when_calls_fail_by_chance, *needs(own_kernel)) {
    const scratch folder;
    tally count;
    for (const scenario& s : all_scenarios())
        for (std::uint64_t seed = 0; seed < 60; ++seed)
            try_once(s,
                     {.short_transfers = seed % 3 == 0, .one_in = static_cast<unsigned>(2 + seed % 20), .seed = seed},
                     count);
    BOOST_TEST(count.runs > 1000u);
}

#if defined(VITTE_WRAPPED)
BOOST_AUTO_TEST_CASE(nothing_is_lost_when_memory_runs_out, *needs(own_kernel)) {
    const scratch folder;
    tally count;
    for (const scenario& s : all_scenarios()) {
        set::begin(s);
        allocations = 0;
        BOOST_REQUIRE(s.run().has_value());
        for (std::size_t k = 0, most = allocations; k < most; ++k)
            for (const bool lasting : {false, true}) {
                all_after = lasting;
                try_once(s, {}, count, false, static_cast<long>(k));
            }
    }
    std::printf("fault sweep: %zu allocations failed\n", count.runs);
    BOOST_TEST(count.runs > 50u);
}
#endif

/// What a failing run has printed.
BOOST_AUTO_TEST_CASE(one_is_played_again, *needs(own_kernel)) {
    const char* const line = std::getenv("VITTE_REPLAY");
    if (line == nullptr) return;
    const scratch folder;
    char scenario_name[64], name[64] = "";
    unsigned code = 0, bits = 0, kind = 0, one_in = 0;
    unsigned long long call = 0, times = 1, seed = 0;
    const char* const rest = std::strchr(line, '|');
    BOOST_REQUIRE(rest != nullptr);
    std::snprintf(scenario_name, sizeof scenario_name, "%.*s", static_cast<int>(rest - line), line);
    if (std::sscanf(rest, "|%llu|%63[^|]|%u|%llu|%u|%u|%u|%llu", &call, name, &code, &times, &bits, &kind, &one_in,
                    &seed) < 2)
        BOOST_REQUIRE(
            std::sscanf(rest, "|%llu||%u|%llu|%u|%u|%u|%llu", &call, &code, &times, &bits, &kind, &one_in, &seed) > 2);
    tally count;
    for (const scenario& s : all_scenarios())
        if (std::strcmp(s.name, scenario_name) == 0)
            try_once(s,
                     {.call = call,
                      .code = static_cast<errc>(code),
                      .times = times,
                      .short_transfers = (bits & 1) != 0,
                      .name = *name == 0 ? nullptr : name,
                      .kind = static_cast<fault_kind>(kind),
                      .early_wakes = (bits & 2) != 0,
                      .bare = (bits & 4) != 0,
                      .all_after = (bits & 8) != 0,
                      .one_in = one_in,
                      .seed = seed},
                     count);
    BOOST_TEST(count.runs == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
