// Modules for clients who may do anything: over connections within this process.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <map>
#include <vitte/loader/serve.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/process.hpp>
#include <vitte/sys/thread/event.hpp>

#include "../support/outcome.hpp"
#include "../support/scratch.hpp"
#include "../support/wasm_builder.hpp"

namespace {
using namespace vitte;
using namespace vitte::loader;
using namespace wasm_test;
using wasm_test::module;
using method = service_method;
using client = service_client<sys::tcp_stream>;

sys::deadline soon() { return sys::deadline::after(20'000'000'000); }

/// Exports "add" (i32, i32), "spin", which never ends, "crash", and "f", which adds `number` to its i32.
code numbers(int number, std::string_view f = "f") {
    return module({make_section(1, list({type({i32, i32}, {i32}), type({}, {}), type({i32}, {i32})})),
                   make_section(3, list({bytes({0}), bytes({1}), bytes({1}), bytes({2})})),
                   make_section(5, list({bytes({0, 1})})),
                   make_section(7, list({exported("add", 0, 0), exported("spin", 0, 1), exported("crash", 0, 2),
                                         exported(f, 0, 3), exported("memory", 2, 0)})),
                   make_section(10, list({body(bytes({0x20, 0, 0x20, 1, 0x6a})),
                                          body(bytes({0x03, 0x40, 0x0c, 0, 0x0b})), body(bytes({0})),
                                          body(bytes({0x20, 0, 0x41}) + signed_number(number) + bytes({0x6a}))}))});
}
/// Exports "f", which calls the "f" of `from`, and "spin", which calls its "spin".
code caller(std::string_view from) {
    return module({make_section(1, list({type({i32}, {i32}), type({}, {})})),
                   make_section(2, list({imported(from, "f", bytes({0, 0})), imported(from, "spin", bytes({0, 1}))})),
                   make_section(3, list({bytes({0}), bytes({1})})),
                   make_section(7, list({exported("f", 0, 2), exported("spin", 0, 3)})),
                   make_section(10, list({body(bytes({0x20, 0, 0x10, 0})), body(bytes({0x10, 1}))}))});
}
/// Exports "f0" to "f29", and imports those of `from`, if there is one.
code needs_often(const std::string& from) {
    code imports = unsigned_number(from.empty() ? 0 : 30), exports = unsigned_number(30);
    for (int i = 0; i < 30; ++i) {
        const std::string name = "f" + std::to_string(i);
        if (!from.empty()) imports = imports + imported(from, name, bytes({0, 0}));
        exports = exports + exported(name, 0, from.empty() ? 0 : 30);
    }
    return module({make_section(1, list({type({i32}, {i32})})), make_section(2, imports),
                   make_section(3, list({bytes({0})})), make_section(7, exports),
                   make_section(10, list({body(from.empty() ? bytes({0x20, 0}) : bytes({0x20, 0, 0x10, 29}))}))});
}
/// Exports "f", which calls "wait" of the host.
code waiting() {
    return module({make_section(1, list({type({}, {})})),
                   make_section(2, list({imported("env", "wait", bytes({0, 0}))})), make_section(3, list({bytes({0})})),
                   make_section(7, list({exported("f", 0, 1)})), make_section(10, list({body(bytes({0x10, 0}))}))});
}

/// A service in a thread of its own, and whom it serves.
struct world {
    scratch folder;
    sys::loop loop;
    sys::tcp_listener door = sys::tcp_listener::listen({ipv4_address::loopback(), 0}).value();
    ip_endpoint place = door.local_address()->ip();
    std::optional<module_service> service;
    std::optional<sys::thread<>> thread;
    result<void> ran;

    explicit world(basic_service_options<sys::native> options = {}) {
        BOOST_REQUIRE(loop.open().has_value());
        service.emplace(loop, std::move(options));
        service->serve_all(std::move(door), [](const sys::tcp_stream&) { return true; });
        thread.emplace(sys::start_thread([this] { ran = service->run(); }).value());
    }
    ~world() {
        service->stop();
        BOOST_TEST(thread->join_until(soon()).has_value());
        BOOST_TEST(ran.has_value());
    }
    std::string path(const std::string& name) const { return std::string(folder.path) + "/" + name; }
    std::string file(const std::string& name, const code& content) const {
        BOOST_REQUIRE(sys::write(path(name).c_str(), content).has_value());
        return path(name);
    }
    sys::tcp_stream connect() const { return sys::tcp_stream::connect(place, soon()).value(); }
    client open() const {
        auto made = client::open(connect(), soon());
        BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
        return std::move(*made);
    }
};

/// What comes of a request: its JSON, or the code of why not.
std::string outcome(const result<service_message, service_error>& told) {
    if (!told) return "failed: " + told.error().message;
    const auto done = told->outcome();
    if (!done) return done.error().code;
    json::growing_output made;
    json::writer to(made);
    json::write(to, *done);
    return std::string(made.text());
}
std::string ask(client& by, service_request what) { return outcome(by.ask(std::move(what), soon())); }
service_request load(const std::string& path, const std::string& name = "") {
    return {.method = method::load, .path = path, .module = name};
}
service_request about(service_method what, const std::string& module, bool force = false) {
    return {.method = what, .module = module, .force = force};
}
service_request call(const std::string& module, const std::string& function, std::vector<std::string> arguments = {},
                     std::uint32_t timeout = 0) {
    return {.method = method::call,
            .module = module,
            .function = function,
            .arguments = std::move(arguments),
            .timeout = timeout};
}
std::string i32_value(int number) { return R"({"type":"i32","value":")" + std::to_string(number) + "\"}"; }
void says(const std::string& text, const std::string& part) {
    BOOST_TEST(text.find(part) != std::string::npos, text << " lacks: " << part);
}
/// Whether the other side has ended, whatever it sends before.
bool ends(const sys::tcp_stream& from) {
    std::byte room[4096];
    for (;;) {
        const auto came = from.receive(room, soon());
        if (!came) return came.error().code != errc::timed_out;
        if (*came == 0) return true;
    }
}
void raw(const sys::tcp_stream& to, std::string_view message) {
    std::string frame;
    append_frame(frame, message);
    BOOST_REQUIRE(to.send(sys::as_bytes(frame), soon()).has_value());
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_module_from_load_to_unload) {
    world w;
    client c = w.open();
    BOOST_TEST(ask(c, load(w.path("none.wasm"))) == "not found");
    BOOST_TEST(ask(c, load(w.file("half.wasm", bytes({0, 'a', 's', 'm', 1, 0})))) != "\"half\"");
    const std::string file = w.file("numbers.wasm", numbers(1));
    BOOST_TEST(ask(c, load(file)) == "\"numbers\"");
    BOOST_TEST(ask(c, load(file)) == "already exists");
    BOOST_TEST(ask(c, load(file, "a name")) == "invalid argument");
    BOOST_TEST(ask(c, load(file, "second")) == "\"second\"");
    BOOST_TEST(ask(c, call("numbers", "add", {"40", "0x2"})) == i32_value(42));
    BOOST_TEST(ask(c, call("numbers", "f", {"-5"})) == i32_value(-4));
    for (const char* const text : {"", "1.5", "2147483648", "x", " 1"})
        BOOST_TEST(ask(c, call("numbers", "f", {text})) != i32_value(1));
    BOOST_TEST(ask(c, call("numbers", "f")) == "invalid argument");
    BOOST_TEST(ask(c, call("numbers", "g")) == "not found");
    BOOST_TEST(ask(c, call("nobody", "f")) == "not found");
    auto wrong = call("numbers", "f", {"1"});
    for (const char* const type : {"i64(i64)", "i32(str)", "f32(i32)", "int(int)"}) {
        wrong.signature = type;
        BOOST_TEST(ask(c, wrong) == "invalid argument");
    }
    BOOST_TEST(ask(c, call("numbers", "crash")) == "trapped");
    const std::string all = ask(c, {.method = method::modules});
    says(all, R"({"name":"numbers","version":"","kind":"WebAssembly")");
    says(all, R"x({"name":"add","signature":"i32(i32, i32)"})x");
    says(all, R"("export_count":4,"memory":65536,"calls":3,"traps":1,"running":false,"needs":[])");
    BOOST_TEST(ask(c, about(method::unload, "numbers")) == "[\"numbers\"]");
    BOOST_TEST(ask(c, about(method::unload, "numbers")) == "not found");
    BOOST_TEST(ask(c, call("numbers", "f", {"1"})) == "not found");
    BOOST_TEST(ask(c, call("second", "f", {"1"})) == i32_value(2));
}

BOOST_AUTO_TEST_CASE(what_is_needed_stays_and_is_replaced_for_those_who_need_it) {
    world w;
    client c = w.open();
    const std::string base = w.file("base.wasm", numbers(10)), user = w.file("user.wasm", caller("base"));
    BOOST_TEST(ask(c, load(user)) == "not found");
    BOOST_TEST(ask(c, load(base)) == "\"base\"");
    BOOST_TEST(ask(c, load(user)) == "\"user\"");
    BOOST_TEST(ask(c, call("user", "f", {"1"})) == i32_value(11));
    says(ask(c, {.method = method::modules}), R"("needs":["base"])");
    const auto refused = c.ask(about(method::unload, "base"), soon());
    BOOST_TEST(outcome(refused) == "busy");
    says(refused->outcome().error().message, "needed by user");
    w.file("base.wasm", numbers(20));
    BOOST_TEST(ask(c, call("user", "f", {"1"})) == i32_value(11));
    BOOST_TEST(ask(c, about(method::reload, "base")) == "true");
    BOOST_TEST(ask(c, call("user", "f", {"1"})) == i32_value(21));
    // What others need must still be there, and nobody can need himself.
    for (const code& bad : {numbers(30, "g"), caller("user"), bytes({0})}) {
        w.file("base.wasm", bad);
        BOOST_TEST(ask(c, about(method::reload, "base")) != "true");
        BOOST_TEST(ask(c, call("user", "f", {"1"})) == i32_value(21));
    }
    BOOST_TEST(ask(c, about(method::unload, "base", true)) == R"(["user","base"])");
    BOOST_TEST(ask(c, {.method = method::modules}) == "[]");
}

BOOST_AUTO_TEST_CASE(a_long_call_holds_up_nobody_else_and_ends_with_its_client) {
    world w;
    client c = w.open();
    for (const char* const name : {"one", "two"}) BOOST_TEST(ask(c, load(w.file("n.wasm", numbers(1)), name)) != "");
    BOOST_TEST(ask(c, load(w.file("user.wasm", caller("one")))) == "\"user\"");
    BOOST_TEST(ask(c, call("one", "spin", {}, 50)) == "trapped");
    for (const char* const module : {"one", "user"}) {
        {
            client gone = w.open();
            for (int i = 0; i < 3; ++i) BOOST_REQUIRE(gone.send(call(module, "spin"), soon()).has_value());
            while (ask(c, {.method = method::modules}).find("\"running\":true") == std::string::npos) continue;
            BOOST_TEST(ask(c, call("two", "f", {"1"})) == i32_value(2));
            BOOST_REQUIRE(c.send(call("one", "f", {"5"}), soon()).has_value());
        }
        BOOST_TEST(outcome(c.next(soon())) == i32_value(6));
        for (int i = 0; i < 20; ++i) BOOST_TEST(ask(c, call(module, "f", {"1"})) == i32_value(2));
    }
}

/// Ways from one module to another multiply with each one between them.
BOOST_AUTO_TEST_CASE(modules_that_need_each_other_in_many_ways_are_looked_at_once) {
    world w;
    client c = w.open();
    for (int i = 0; i <= 12; ++i) {
        const std::string before = i == 0 ? "" : "m" + std::to_string(i - 1), name = "m" + std::to_string(i);
        BOOST_REQUIRE(ask(c, load(w.file("layer.wasm", needs_often(before)), name)) == '"' + name + '"');
    }
    BOOST_TEST(ask(c, call("m12", "f7", {"1"})) == i32_value(1));
    BOOST_TEST(ask(c, about(method::unload, "m0")) == "busy");
}

BOOST_AUTO_TEST_CASE(a_call_that_outlives_the_service_tells_nobody) {
    sys::event inside, leave, gone;
    static sys::event *entered, *left;
    entered = &inside, left = &leave;
    {
        basic_service_options<sys::native> options;
        const std::shared_ptr<void> last(&gone, [](void* event) { static_cast<sys::event*>(event)->set(); });
        options.modules.prepare = [last](module_loader& loader) {
            loader.provide(
                "wait", +[]() {
                    entered->set();
                    left->wait();
                });
        };
        const auto w = std::make_unique<world>(std::move(options));
        client c = w->open();
        BOOST_TEST(ask(c, load(w->file("m.wasm", waiting()))) == "\"m\"");
        BOOST_REQUIRE(c.send(call("m", "f"), soon()).has_value());
        inside.wait();
        client other = w->open();
        BOOST_TEST(ask(other, about(method::unload, "m")) == "[\"m\"]");
    }
    leave.set();
    gone.wait();
}

BOOST_AUTO_TEST_CASE(events_are_told_to_those_who_watch) {
    basic_service_options<sys::native> options;
    options.look_every = 10'000'000;
    world w(std::move(options));
    client c = w.open(), watching = w.open();
    BOOST_TEST(ask(watching, {.method = method::watch}) == "true");
    const auto next = [&] {
        const auto told = watching.next(soon());
        BOOST_REQUIRE(told.has_value());
        return std::string(told->root().get<std::string_view>("event").value_or("none")) + " " +
               std::string(told->root().get<std::string_view>("module").value_or("none"));
    };
    BOOST_TEST(ask(c, load(w.file("m.wasm", numbers(1)))) == "\"m\"");
    BOOST_TEST(next() == "loaded m");
    BOOST_TEST(ask(c, call("m", "crash")) == "trapped");
    BOOST_TEST(next() == "trapped m");
    w.file("m.wasm", bytes({0, 'a', 's'}));
    BOOST_TEST(next() == "not reloaded m");
    BOOST_TEST(ask(c, call("m", "f", {"1"})) == i32_value(2));
    w.file("m.wasm", numbers(1000));
    BOOST_TEST(next() == "reloaded m");
    BOOST_TEST(ask(c, call("m", "f", {"1"})) == i32_value(1001));
    BOOST_TEST(ask(c, about(method::unload, "m")) == "[\"m\"]");
    BOOST_TEST(next() == "unloaded m");
}

BOOST_AUTO_TEST_CASE(many_clients_at_once) {
    world w;
    client first = w.open();
    BOOST_TEST(ask(first, load(w.file("m.wasm", numbers(1)))) == "\"m\"");
    constexpr int count = 200, each = 20;
    std::vector<client> all;
    for (int i = 0; i < count; ++i) all.push_back(w.open());
    for (int k = 0; k < each; ++k)
        for (int i = 0; i < count; ++i)
            BOOST_REQUIRE(all[static_cast<std::size_t>(i)]
                              .send(call("m", "add", {std::to_string(i), std::to_string(k)}), soon())
                              .has_value());
    int right = 0;
    for (int i = 0; i < count; ++i) {
        if (i % 3 == 2) continue;  // who vanishes
        std::map<std::string, int> told;
        for (int k = 0; k < each; ++k) ++told[outcome(all[static_cast<std::size_t>(i)].next(soon()))];
        for (int k = 0; k < each; ++k) right += told[i32_value(i + k)];
    }
    BOOST_TEST(right == (count - count / 3) * each);
    all.clear();
    BOOST_TEST(ask(first, call("m", "f", {"1"})) == i32_value(2));
}

BOOST_AUTO_TEST_CASE(who_does_not_follow_the_protocol) {
    basic_service_options<sys::native> options;
    options.patience = 200'000'000;
    options.most_requests = 4;
    world w(std::move(options));
    client good = w.open();
    BOOST_TEST(ask(good, load(w.file("m.wasm", numbers(1)))) == "\"m\"");
    const auto hello = [&] {
        auto made = w.connect();
        raw(made, R"({"id": 1, "method": "hello", "version": 1})");
        return made;
    };
    for (const char* const text : {R"({"id": 1, "method": "modules"})", R"({"id": 1, "method": "hello", "version": 2})",
                                   "[]", "", "\xff", R"({"id": -1})"}) {
        const auto wrong = w.connect();
        raw(wrong, text);
        BOOST_TEST(ends(wrong));
    }
    for (const std::string& text : {std::string("\xff\xff\xff\xff"), std::string("\1\0\x10\0x", 5)}) {
        const auto too_long = hello();
        BOOST_REQUIRE(too_long.send(sys::as_bytes(text), soon()).has_value());
        BOOST_TEST(ends(too_long));
    }
    const auto silent = w.connect();  // without a hello, or with half a frame, only for a while
    BOOST_TEST(ends(silent));
    const auto half = hello();
    BOOST_REQUIRE(half.send(sys::as_bytes(std::string("\4\0\0\0{", 5)), soon()).has_value());
    BOOST_TEST(ends(half));
    const auto slow = hello();
    std::string drops;
    append_frame(drops, std::string(1000, ' '));
    bool is_over = false;
    for (std::size_t i = 0; i < drops.size() && !is_over; ++i) {
        std::byte room[64];
        is_over = !slow.send(sys::as_bytes(drops.substr(i, 1)), soon());
        const auto came =
            is_over ? result<std::size_t>(std::size_t{0}) : slow.receive(room, sys::deadline::after(20'000'000));
        is_over = came ? *came == 0 : came.error().code != errc::timed_out;
    }
    BOOST_TEST(is_over);
    // Mistakes in a message are told and go no further.
    const std::string deep = R"({"id": 9, "method": "call", "arguments": )" + std::string(50'000, '[');
    for (const std::string& text : {std::string("{"), deep, std::string(R"({"id": 9, "method": "fly"})"),
                                    std::string(R"({"id": 9, "method": "call", "arguments": [{}]})"),
                                    std::string(R"({"id": 9, "method": "load", "path": "\u0000"})"),
                                    std::string(R"({"id": 9, "method": "call", "timeout": -1})")}) {
        auto wrong = hello();
        raw(wrong, text);
        raw(wrong, R"({"id": 10, "method": "modules"})");
        std::string all;
        std::byte room[4096];
        while (all.find("\"id\":10") == std::string::npos) {
            const auto came = wrong.receive(room, soon());
            BOOST_REQUIRE((came && *came != 0));
            all.append(reinterpret_cast<const char*>(room), *came);
        }
        says(all, "\"error\"");
    }
    // Too many at once are refused, one by one.
    {
        client eager = w.open();
        for (int i = 0; i < 8; ++i) BOOST_REQUIRE(eager.send(call("m", "spin", {}, 300), soon()).has_value());
        int busy = 0;
        for (int i = 0; i < 8; ++i) busy += outcome(eager.next(soon())) == "busy";
        BOOST_TEST(busy == 4);
    }
    // Who asks on and on and does not read.
    {
        const auto deaf = hello();
        std::string frames;
        for (int i = 0; i < 1000; ++i) append_frame(frames, R"({"id": 3, "method": "modules"})");
        result<void> sent;
        for (int i = 0; i < 1000 && sent; ++i) sent = deaf.send(sys::as_bytes(frames), soon());
        BOOST_TEST(!sent);
    }
    BOOST_TEST(ask(good, call("m", "f", {"1"})) == i32_value(2));
}

BOOST_AUTO_TEST_CASE(garbage_on_a_connection) {
    world w;
    client good = w.open();
    BOOST_TEST(ask(good, load(w.file("m.wasm", numbers(1)))) == "\"m\"");
    std::uint32_t state = 1;
    const auto random = [&](std::uint32_t below) { return (state = state * 1664525 + 1013904223) / 65536 % below; };
    const std::string seed = R"({"id": 1, "method": "hello", "version": 1, "arguments": ["1", 2], "module": "m"})";
    for (int i = 0; i < 300; ++i) {
        const auto to = w.connect();
        std::string sent;
        append_frame(sent, R"({"id": 1, "method": "hello"})");
        for (std::uint32_t k = random(5); k != 0; --k) {
            std::string message = seed;
            for (std::uint32_t n = random(6); n != 0; --n)
                message[random(static_cast<std::uint32_t>(message.size()))] = static_cast<char>(random(256));
            append_frame(sent, message);
        }
        for (std::uint32_t n = random(3); n != 0; --n)
            sent[random(static_cast<std::uint32_t>(sent.size()))] = static_cast<char>(random(256));
        static_cast<void>(to.send(sys::as_bytes(sent), soon()));
    }
    BOOST_TEST(ask(good, call("m", "f", {"1"})) == i32_value(2));
}

namespace {
/// Unix sockets and locks of files; not where the tests run on another system's calls without them.
const ability unix_sockets{"Unix sockets", [] {
                               const scratch folder;
                               const auto at = unix_address::at_path(std::string(folder.path) + "/s");
                               return at && sys::unix_listener::listen(*at).has_value();
                           }};
}  // namespace

BOOST_AUTO_TEST_CASE(a_service_is_found_and_there_is_one, *needs(unix_sockets)) {
    BOOST_TEST(why(service_place::open("../up")) == "invalid argument");
    BOOST_TEST(why(service_place::open("")) == "invalid argument");
    const std::string name = "test-" + std::to_string(sys::this_thread::id());
    auto place = service_place::open(name), second = service_place::open(name);
    BOOST_REQUIRE_MESSAGE(place.has_value(), why(place));
    auto left = place->listen();
    BOOST_REQUIRE_MESSAGE(left.has_value(), why(left));
    BOOST_TEST(why(second->listen()) == "would block");
    auto connected = second->connect(soon());
    BOOST_REQUIRE_MESSAGE(connected.has_value(), why(connected));
    const auto accepted = left->accept(soon());
    BOOST_REQUIRE(accepted.has_value());
    BOOST_TEST(place->check(accepted->stream).has_value());
    const auto facts = sys::stat(place->socket_path().c_str());
    BOOST_TEST((!facts || facts->mode == 0 || facts->mode == 0600));
    // What is left is no service, and is replaced.
    const std::string path = place->socket_path();
    static_cast<void>(left->close());
    BOOST_TEST(!second->connect(soon()).has_value());
    place = fail(errc::unknown, "end");
    const auto again = second->listen();
    BOOST_TEST_REQUIRE(again.has_value(), why(again));
    BOOST_TEST(second->connect(soon()).has_value());
    const auto here = sys::directory::current();
    for (const std::string& one : {path, path.substr(0, path.rfind('.')) + ".lock"})
        BOOST_TEST(here.remove(one.c_str()).has_value());
}

#if !defined(_WIN32)
BOOST_AUTO_TEST_CASE(a_place_that_others_may_move_is_not_used, *needs(unix_sockets)) {
    const scratch folder;
    char room[4096];
    BOOST_REQUIRE(sys::this_process::directory(room).has_value());
    const std::string above = std::string(room) + "/" SCRATCH "/run";
    const auto here = sys::directory::current();
    BOOST_REQUIRE((here.create_directory(above.c_str(), 0700) && setenv("XDG_RUNTIME_DIR", above.c_str(), 1) == 0));
    const std::pair<std::uint32_t, std::string> all[] = {
        {0700, "done"}, {0755, "done"}, {0777, "permission denied"}, {0770, "permission denied"}, {01777, "done"}};
    for (const auto& [mode, expected] : all) {
        BOOST_REQUIRE(here.set_mode(above.c_str(), mode).has_value());
        BOOST_TEST(why(service_place::open("x")) == expected, mode);
    }
    BOOST_REQUIRE(here.set_mode(above.c_str(), 0700).has_value());
    unsetenv("XDG_RUNTIME_DIR");
}
#endif
