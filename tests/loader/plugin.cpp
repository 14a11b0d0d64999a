// Plugins: what they say of themselves, in which order they start, what they may do; native ones and guests.
#include <boost/test/unit_test.hpp>
#include <vitte/loader/container.hpp>
#include <vitte/loader/format/vitb/writer.hpp>
#include <vitte/loader/plugin/webassembly.hpp>
#include <vitte/sys/fs/text.hpp>

#include "../support/fixtures.hpp"
#include "../support/needs.hpp"
#include "../support/scratch.hpp"
#include "../support/wasm_builder.hpp"

namespace {
using namespace vitte;
using namespace wasm_test;
namespace vitb = loader::vitb;
using loader::plugin;
using loader::plugin_host;
using loader::plugin_state;

void says(const std::string& text, const std::string& part) {
    BOOST_TEST(text.find(part) != std::string::npos, text << " lacks: " << part);
}
template <class Result>
std::string why(const Result& r) {
    return r.has_value() ? "it did not fail" : r.error().message();
}

std::string described(const std::string& name, const std::string& more = "", const std::string& abi = "1") {
    return R"({"name": ")" + name + R"(", "version": "1.0.0", "abi": )" + abi + more + "}";
}
std::string needs_service(const std::string& name, const std::string& more = "") {
    return R"({"service": ")" + name + R"(", "version": 1)" + more + "}";
}
std::string needing(const std::string& service) { return R"(, "needs": [)" + needs_service(service) + "]"; }
std::string providing(const std::string& service) { return R"(, "provides": [)" + needs_service(service) + "]"; }

/// A WebAssembly plugin of a few instructions. Its imports are functions 0 to 5; its memory has `data` at 16.
struct guest {
    enum function { log, write, get_service, call_service, register_service, later };
    std::string text;
    code init = number(0);
    code execute = bytes({0x20, 0, 0x20, 1, 0x10, write});
    std::string data = "";
    code serve = bytes({0x20, 1, 0x20, 2, 0x10, write});
    int room = 1024;
    code allocate = {};  ///< before it says where there is room

    static code number(std::int64_t value) { return bytes({0x41}) + signed_number(value); }
    static code call(function f, std::initializer_list<std::int64_t> arguments) {
        code made;
        for (const std::int64_t a : arguments) made = std::move(made) + number(a);
        return made + bytes({0x10, f});
    }
    code bytes_of() const {
        const code all = name(text);  // with its length before it
        const code said(all.end() - static_cast<std::ptrdiff_t>(text.size()), all.end());
        return module(
            {make_section(
                 1, list({type({i32}, {i32}), type({i32, i32}, {i32}), type({}, {}), type({}, {i32}), type({i32}, {}),
                          type({i32, i32, i32}, {i32}), type({i32, i32, i32}, {}), type({i32, i32, i32, i32}, {i32})})),
             make_section(2, list({imported("vitte", "log", bytes({0, 6})), imported("vitte", "write", bytes({0, 1})),
                                   imported("vitte", "get_service", bytes({0, 5})),
                                   imported("vitte", "call_service", bytes({0, 5})),
                                   imported("vitte", "register_service", bytes({0, 7})),
                                   imported("vitte", "of_a_later_host", bytes({0, 3}))})),
             make_section(3, bytes({8, 0, 1, 2, 3, 1, 0, 4, 5})), make_section(5, bytes({1, 0, 1})),
             make_section(7, list({exported("memory", 2, 0), exported("vitte_plugin_init", 0, 6),
                                   exported("vitte_plugin_execute", 0, 7), exported("vitte_plugin_shutdown", 0, 8),
                                   exported("vitte_plugin_save", 0, 9), exported("vitte_plugin_restore", 0, 10),
                                   exported("vitte_plugin_allocate", 0, 11), exported("vitte_plugin_release", 0, 12),
                                   exported("vitte_plugin_serve", 0, 13)})),
             make_section(10, list({body(init), body(execute), body({}), body(number(0)), body(number(0)),
                                    body(allocate + number(room)), body({}), body(serve)})),
             make_section(11, list({bytes({0, 0x41, 16, 0x0b}) + name(data)})), custom("vitte.plugin", said)});
    }
};

struct world {
    scratch folder;
    std::vector<std::string> log;
    plugin_host host;

    explicit world(loader::plugin_host_options options = {}, loader::webassembly_limits limits = {}) : host(options) {
        host.loader().add_format(loader::container_format());
        loader::run_webassembly(host, limits);
        host.log_to([this](const plugin& from, int, std::string_view text) {
            log.push_back(from.name() + ": " + std::string(text));
        });
    }
    std::string path(const std::string& file) const { return std::string(folder.path) + "/" + file; }
    void put(const std::string& file, std::span<const std::byte> content) const {
        BOOST_REQUIRE(sys::write(path(file).c_str(), content).has_value());
    }
    plugin& add(const std::string& file, const guest& what) {
        put(file, what.bytes_of());
        auto made = host.add(path(file).c_str());
        BOOST_REQUIRE_MESSAGE(made.has_value(), why(made));
        return **made;
    }
    std::string order() const {
        std::string text;
        for (const std::string& line : log) text += line.substr(0, line.find(':')) + " ";
        return text;
    }
};
/// Tells when it starts.
guest telling(const std::string& text) {
    guest made{text};
    made.init = guest::call(guest::log, {1, 16, 7}) + made.init;
    made.data = "started";
    return made;
}
/// The same, and registers the service at `name`.
guest serving(const std::string& text, const std::string& name, int version = 1) {
    return {text,
            guest::call(guest::log, {1, 16, 1}) +
                guest::call(guest::register_service, {16, static_cast<std::int64_t>(name.size()), version, 7}),
            guest{}.execute, name};
}

BOOST_AUTO_TEST_CASE(what_plugins_say_is_checked) {
    using loader::plugin_description;
    const auto good = plugin_description::read(
        R"({"name": "acme/a", "version": "1.2.0-x", "abi": 1, "more": [[]], "needs": [{"service": "acme/clock", "version": 2},
            {"plugin": "acme/b", "range": "^1.2", "optional": true}], "provides": [{"service": "acme/c", "version": 1}],
            "options": { "port" : {"type": "integer"} }})");
    BOOST_REQUIRE(good.has_value());
    BOOST_TEST(good->needs.size() == 2u);
    BOOST_TEST(good->needs[0].title() == "the service acme/clock 2");
    BOOST_TEST(good->needs[1].title() == "the plugin acme/b ^1.2");
    BOOST_TEST(good->needs[1].optional);
    BOOST_TEST(good->provides[0].title() == "acme/c 1");
    BOOST_TEST(good->options == R"({"port":{"type":"integer"}})");
    const std::string deep(30'000, '[');
    for (const std::string& text :
         {std::string(),
          std::string("[]"),
          std::string("{}"),
          described("acme/a").substr(1),
          described("Acme"),
          described("../a"),
          described("a\\u0000b"),
          described("acme/a", "", "-1"),
          described("acme/a", "", "\"1\""),
          described("acme/a", "", "4294967296"),
          described("acme/a", R"(, "name": "acme/b")"),
          described("acme/a", R"(, "\u006eame": "acme/b")"),
          described("acme/a", R"(, "needs": {})"),
          described("acme/a", R"(, "needs": [1])"),
          described("acme/a", R"(, "needs": [{"service": "x"}])"),
          described("acme/a", R"(, "needs": [{"plugin": "x", "range": "nonsense"}])"),
          described("acme/a", R"(, "needs": [{"plugin": "x"}, {"plugin": "x"}])"),
          described("acme/a", R"(, "provides": [{"service": "x/", "version": 1}])"),
          described("acme/a", R"(, "provides": [)" + needs_service("x") + "," + needs_service("x") + "]"),
          described("acme/a", R"(, "options": 1)"),
          described("acme/a", ", \"more\": " + deep),
          described("acme/a") + std::string(1, '\0') + "x"})
        BOOST_TEST(!plugin_description::read(text).has_value(), text.substr(0, 200));
}

BOOST_AUTO_TEST_CASE(texts_are_found_in_files) {
    guest g{described("acme/a")};
    BOOST_TEST(loader::plugin_text(g.bytes_of()).value() == g.text);
    g.text += std::string(20, '\0');
    BOOST_TEST(loader::plugin_text(g.bytes_of()).value() == described("acme/a"));
    const auto refused = [&](const code& bytes, errc code, const char* reason) {
        const auto text = loader::plugin_text(bytes);
        BOOST_REQUIRE(!text.has_value());
        BOOST_TEST((text.error().code == code));
        says(text.error().message(), reason);
    };
    refused(g.bytes_of() + custom("vitte.plugin", bytes({'{', '}'})), errc::malformed, "several texts");
    g.text = std::string(70'000, ' ');
    refused(g.bytes_of(), errc::too_large, "64 KiB");
    g.text = std::string(20, '\0');
    refused(g.bytes_of(), errc::malformed, "empty");
    refused(module({}), errc::not_found, "does not say that it is a plugin");
    refused(bytes({'x'}), errc::not_found, "neither an image");
    refused({}, errc::not_found, "neither an image");
    const code whole = guest{described("acme/a")}.bytes_of();
    for (std::size_t size = 0; size < whole.size(); ++size)
        BOOST_TEST(!loader::describe_plugin(std::span(whole).first(size)).has_value());
}

BOOST_AUTO_TEST_CASE(containers_say_the_same_twice) {
    const auto packed = [](const std::string& plug, const char* meta, vitb::compression by) {
        vitb::writer to;
        const code wasm = guest{"x"}.bytes_of();
        BOOST_REQUIRE(to.add(vitb::kind::meta, sys::as_bytes(meta)).has_value());
        BOOST_REQUIRE(to.add(vitb::kind::plug, sys::as_bytes(plug), by).has_value());
        BOOST_REQUIRE(to.add(vitb::kind::code, wasm).has_value());
        return to.finish().value();
    };
    const std::string text = described("acme/packed");
    const auto good = packed(text, R"({"name": "acme/packed", "version": "1.0.0"})", vitb::compression::deflate);
    BOOST_TEST(loader::describe_plugin(good.span()).value().name == "acme/packed");
    const auto other = packed(text, R"({"name": "acme/other", "version": "1.0.0"})", vitb::compression::none);
    says(why(loader::describe_plugin(other.span())),
         "META says that it is acme/other 1.0.0, and PLUG acme/packed 1.0.0");

    world w;
    w.put("packed.vitplug", good.span());
    w.put("other.vitplug", other.span());
    BOOST_REQUIRE(w.host.find(w.folder.path).has_value());
    BOOST_TEST(w.host.refused().size() == 1u);
    BOOST_REQUIRE_MESSAGE(w.host.start().has_value(), why(w.host.start()));
    BOOST_TEST(w.host.find_plugin("acme/packed")->execute("text").value() == "text");
}

BOOST_AUTO_TEST_CASE(plugins_start_after_what_they_need) {
    world w;
    w.add("a.wasm", telling(described("a", needing("s/c"))));
    w.add("b.wasm", telling(described("b", R"(, "needs": [{"plugin": "a", "range": "^1"}, )" +
                                               needs_service("s/none", R"(, "optional": true)") + "]")));
    w.add("c.wasm", serving(described("c", providing("s/c")), "s/c"));
    BOOST_REQUIRE(w.host.start().has_value());
    BOOST_TEST(w.order() == "c a b ");
    w.host.stop(*w.host.find_plugin("a"));
    BOOST_TEST((w.host.find_plugin("b")->state() == plugin_state::stopped));
    BOOST_TEST((w.host.find_plugin("c")->state() == plugin_state::running));
    BOOST_TEST(w.host.find_plugin("a")->execute("text").error().message().ends_with("the plugin returned -10"));
    BOOST_REQUIRE(w.host.start().has_value());
    BOOST_TEST(w.order() == "c a b a b ");
}

BOOST_AUTO_TEST_CASE(what_is_missing_and_circles_are_named) {
    world w;
    w.add("a.wasm", telling(described("a", needing("s/b") + providing("s/a"))));
    w.add("b.wasm", telling(described("b", needing("s/a") + providing("s/b"))));
    w.add("c.wasm", telling(described("c", needing("s/a"))));
    w.add("d.wasm", telling(described("d", needing("s/none"))));
    w.add("e.wasm", telling(described("e", R"(, "needs": [{"plugin": "f", "range": "^2"}])")));
    w.add("f.wasm", telling(described("f", providing("s/f"))));
    w.add("g.wasm", telling(described("g", needing("s/f"))));
    w.add("h.wasm", telling(described("h", R"(, "needs": [)" + needs_service("s/i", R"(, "optional": true)") + "]" +
                                               providing("s/h"))));
    w.add("i.wasm", telling(described("i", needing("s/h") + providing("s/i"))));
    BOOST_TEST(!w.host.start().has_value());
    const auto problem = [&](const char* name) { return w.host.find_plugin(name)->problem().message(); };
    says(problem("a"), "in a circle: a (" + w.path("a.wasm") + ") needs the service s/b 1 of b (" + w.path("b.wasm") +
                           ") needs the service s/a 1 of a");
    says(problem("c"), "it needs the service s/a 1 of a (" + w.path("a.wasm") + "), which has not started");
    says(problem("d"), "it needs the service s/none 1, which nobody provides");
    says(problem("e"), "it needs the plugin f ^2, which nobody provides");
    says(problem("g"), "which has not registered it");
    BOOST_TEST(w.order() == "f h ");  // what is optional holds up nobody
}

BOOST_AUTO_TEST_CASE(services_are_those_that_were_told) {
    struct attempt {
        const char *provides, *name;
        int version;
        int status;
    };
    for (const attempt& a : {attempt{"s/a", "s/a", 1, 0},
                             {"s/a", "s/a", 2, VITTE_PERMISSION_DENIED},
                             {"s/a", "s/b", 1, VITTE_PERMISSION_DENIED},
                             {"s/a", "../a", 1, VITTE_INVALID_ARGUMENT},
                             {"s/a", "", 1, VITTE_INVALID_ARGUMENT}}) {
        world w;
        plugin& made = w.add("a.wasm", serving(described("a", providing(a.provides)), a.name, a.version));
        BOOST_TEST(w.host.start().has_value() == (a.status == 0));
        if (a.status != 0) says(made.problem().message(), "returned " + std::to_string(a.status));
    }
    // Twice, and after `init`.
    world w;
    const code again = guest::call(guest::register_service, {16, 3, 1, 7});
    guest g = serving(described("a", providing("s/a")), "s/a");
    g.init = again + bytes({0x1a}) + again;
    plugin& twice = w.add("a.wasm", g);
    BOOST_TEST(!w.host.start().has_value());
    says(twice.problem().message(), "returned " + std::to_string(VITTE_ALREADY_EXISTS));
    g.text = described("b", providing("s/b"));
    g.data = "s/b";
    g.init = guest::number(0);
    g.execute = again;
    plugin& late = w.add("b.wasm", g);
    BOOST_TEST(!w.host.start().has_value());
    BOOST_TEST((late.execute("x").error().code == errc::permission_denied));
    // Another one that says that it provides the same.
    w.put("c.wasm", telling(described("c", providing("s/a"))).bytes_of());
    says(why(w.host.add(w.path("c.wasm").c_str())), "the service s/a 1 is that of a");
}

struct echo {
    static constexpr const char* name = "acme/echo";
    static constexpr std::uint32_t version = 1;
    vitte_service head;
    int (*twice)(void* state, int number);
};
const echo echoing{
    {sizeof(echo), 0, nullptr,
     [](void*, const void* input, std::size_t size, vitte_output* to) { return to->write(to->context, input, size); }},
    [](void*, int number) { return 2 * number; }};

struct larger_echo {
    static constexpr const char* name = "acme/echo";
    static constexpr std::uint32_t version = 1;
    vitte_service head;
    int (*twice)(void* state, int number);
    int (*later)(void* state);
};

BOOST_AUTO_TEST_CASE(services_have_types) {
    plugin_host host;
    BOOST_TEST((host.find_service<echo>().error().code == errc::not_found));
    BOOST_REQUIRE(host.provide(echoing).has_value());
    BOOST_TEST((host.provide(echoing).error().code == errc::already_exists));
    BOOST_TEST((host.provide("No Name", 1, echoing.head).error().code == errc::invalid_argument));
    const vitte_service small{4, 0, nullptr, nullptr};
    BOOST_TEST((host.provide("acme/small", 1, small).error().code == errc::invalid_argument));
    BOOST_TEST(host.find_service<echo>()->call(&echo::twice, 21) == 42);
    BOOST_TEST((host.find_service<larger_echo>().error().code == errc::not_supported));
}

struct served {
    static constexpr const char* name = "s/b";
    static constexpr std::uint32_t version = 1;
    vitte_service head;
};

BOOST_AUTO_TEST_CASE(guests_reach_the_services_of_others) {
    world w;
    BOOST_REQUIRE(w.host.provide(echoing).has_value());
    // In `init` it finds no service of one that has not started, and none that it has not told of.
    guest early{
        described("a", R"(, "needs": [)" + needs_service("s/b", R"(, "optional": true)") + "]" + providing("s/a")),
        guest::call(guest::get_service, {16, 3, 1}) + guest::call(guest::get_service, {19, 9, 1}) + bytes({0x6a}),
        bytes({0x20, 0, 0x20, 1, 0x10, guest::write}), "s/bacme/echo"};
    plugin& a = w.add("a.wasm", early);
    guest b = serving(described("b", R"(, "needs": [)" + needs_service("s/a", R"(, "optional": true)") + "," +
                                         needs_service("acme/echo") + "]" + providing("s/b")),
                      "s/bacme/echo");
    b.init = guest::call(guest::register_service, {16, 3, 1, 7});
    // Calls the service with its input, and returns what that returned.
    b.execute = guest::call(guest::get_service, {19, 9, 1}) + bytes({0x20, 0, 0x20, 1, 0x10, guest::call_service});
    plugin& calling = w.add("b.wasm", b);
    BOOST_REQUIRE_MESSAGE(w.host.start().has_value(), a.problem().message() + calling.problem().message());
    BOOST_TEST(calling.execute("text").has_value());
    // The host calls the guest's.
    const auto found = w.host.find_service<served>();
    BOOST_REQUIRE(found.has_value());
    std::string got;
    vitte_output to{sizeof to, 0, &got, [](void* in, const void* bytes, std::size_t size) {
                        static_cast<std::string*>(in)->append(static_cast<const char*>(bytes), size);
                        return std::int32_t{0};
                    }};
    BOOST_TEST((*found)->head.call((*found)->head.state, "abc", 3, &to) == 0);
    BOOST_TEST(got == "abc");
    w.host.stop();
    BOOST_TEST((w.host.find_service<served>().error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(guests_that_misbehave_are_stopped_alone) {
    world w({}, {.memory_pages = 4, .fuel = 1'000'000, .time = 200'000'000});
    plugin& good = w.add("good.wasm", telling(described("good")));
    struct mischief {
        const char* what;
        code body;
        const char* said;
    };
    const code loop = bytes({0x03, 0x40, 0x0c, 0, 0x0b, 0x41, 0});
    const mischief all[] = {
        {"unreachable", bytes({0x00}), "unreachable"},
        {"loop", loop, "fuel"},
        {"address", bytes({0x41, 0x7f, 0x28, 2, 0}), "out of bounds"},
        {"write", guest::call(guest::write, {60'000, 10'000}), "out of bounds"},
        {"write far", guest::call(guest::write, {-1, 10}), "out of bounds"},
        {"log", guest::call(guest::log, {1, -8, 100}) + guest::number(0), "out of bounds"},
        {"service", guest::call(guest::get_service, {65'530, 100, 1}), "out of bounds"},
        // It grows until it cannot, and then gives up.
        {"memory", bytes({0x03, 0x40, 0x41, 1, 0x40, 0, 0x41, 0x7f, 0x47, 0x0d, 0, 0x0b, 0x00}), "unreachable"},
    };
    std::vector<plugin*> added;
    for (const mischief& m : all) {
        guest g{described("bad-" + std::to_string(added.size())), guest::number(0), m.body};
        added.push_back(&w.add("bad" + std::to_string(added.size()) + ".wasm", g));
    }
    BOOST_REQUIRE(w.host.start().has_value());
    for (std::size_t i = 0; i < added.size(); ++i) {
        BOOST_TEST_CONTEXT(all[i].what) {
            const auto done = added[i]->execute("text");
            BOOST_REQUIRE(!done.has_value());
            says(done.error().message(), all[i].said);
            says(done.error().message(), w.path("bad" + std::to_string(i) + ".wasm"));
            BOOST_TEST((added[i]->state() == plugin_state::failed));
            BOOST_TEST(!added[i]->execute("again").has_value());
            BOOST_TEST(good.execute("still here").value() == "still here");
        }
    }
    // They can be started again.
    BOOST_REQUIRE(w.host.start().has_value());
    BOOST_TEST((added[0]->state() == plugin_state::running));

    world timed({}, {.time = 30'000'000});
    plugin& slow = timed.add("slow.wasm", {described("slow"), guest::number(0), loop});
    plugin& never = timed.add("never.wasm", {described("never"), loop});
    guest elsewhere{described("wrong")};
    elsewhere.room = -8;
    plugin& wrong = timed.add("wrong.wasm", elsewhere);
    BOOST_TEST(!timed.host.start().has_value());
    says(never.problem().message(), "time limit reached");
    says(why(slow.execute("text")), "time limit reached");
    says(why(wrong.execute("text")), "memory that the module does not have");
}

BOOST_AUTO_TEST_CASE(guests_do_not_call_each_other_for_ever) {
    world w;
    for (const std::string self : {"a", "b"}) {
        const std::string other = self == "a" ? "s/b" : "s/a";
        guest g{described(
            self, R"(, "needs": [)" + needs_service(other, R"(, "optional": true)") + "]" + providing("s/" + self))};
        g.data = other + "s/" + self;
        g.init = guest::call(guest::register_service, {19, 3, 1, 7});
        g.serve = g.execute = guest::call(guest::get_service, {16, 3, 1}) + guest::number(0) + guest::number(0) +
                              bytes({0x10, guest::call_service});
        w.add(self + ".wasm", g);
    }
    BOOST_REQUIRE(w.host.start().has_value());
    BOOST_TEST((w.host.find_plugin("a")->execute("x").error().code == errc::too_large));
    BOOST_TEST((w.host.find_plugin("b")->state() == plugin_state::running));
}

BOOST_AUTO_TEST_CASE(a_call_of_the_host_takes_what_it_may_once) {
    world w({}, {.fuel = 1'000'000});
    // Counts its first parameter down from 130,000.
    const code count =
        guest::number(130'000) + bytes({0x21, 0, 0x03, 0x40, 0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b});
    guest g{described("a"), guest::number(0), count + guest::number(0)};
    plugin& once = w.add("a.wasm", g);
    g.text = described("b");
    g.allocate = count;
    plugin& twice = w.add("b.wasm", g);
    BOOST_REQUIRE(w.host.start().has_value());
    for (int i = 0; i < 3; ++i) BOOST_TEST(once.execute("text").has_value());
    says(why(twice.execute("text")), "fuel");
}

BOOST_AUTO_TEST_CASE(what_is_kept_for_guests_is_bounded) {
    world w({.most_kept = 100'000});
    for (const std::string self : {"a", "b"}) {
        const std::string other = self == "a" ? "s/b" : "s/a";
        guest g{described(
            self, R"(, "needs": [)" + needs_service(other, R"(, "optional": true)") + "]" + providing("s/" + self))};
        g.data = other + "s/" + self;
        g.init = guest::call(guest::register_service, {19, 3, 1, 7});
        g.execute = guest::call(guest::get_service, {16, 3, 1}) + guest::number(0) + guest::number(0) +
                    bytes({0x10, guest::call_service});
        // Tells that it could write, and goes on.
        g.serve = guest::call(guest::write, {0, 30'000}) + bytes({0x45, 0x04, 0x40}) +
                  guest::call(guest::log, {1, 16, 1}) + bytes({0x0b}) + g.execute;
        w.add(self + ".wasm", g);
    }
    BOOST_REQUIRE(w.host.start().has_value());
    for (int i = 0; i < 2; ++i) {
        w.log.clear();
        BOOST_TEST(!w.host.find_plugin("a")->execute("x").has_value());
        BOOST_TEST(w.log.size() == 3u);
    }
    // What one has not taken is another one's to keep when it has been called again.
    BOOST_TEST((w.host.find_plugin("b")->state() == plugin_state::running));
}

BOOST_AUTO_TEST_CASE(guests_log_so_much_and_no_more) {
    world w({}, {.memory_pages = 1});
    guest g{described("a"), guest::number(0),
            bytes({0x03, 0x40}) + guest::call(guest::log, {1, 0, 60'000}) + bytes({0x0c, 0, 0x0b}) + guest::number(0)};
    plugin& made = w.add("a.wasm", g);
    BOOST_REQUIRE(w.host.start().has_value());
    says(why(made.execute("x")), "logged");
    std::size_t all = 0;
    for (const std::string& line : w.log) all += line.size();
    BOOST_TEST((all > 1000 && all < 2'000'000));
    BOOST_REQUIRE(w.host.start().has_value());
    w.log.clear();
    says(why(made.execute("x")), "logged");
    BOOST_TEST(!w.log.empty());
}

BOOST_AUTO_TEST_CASE(nobody_has_a_service_of_one_that_does_not_start) {
    world w;
    static world* here;
    static std::optional<loader::service<served>> kept;
    here = &w;
    kept.reset();
    const vitte_service spying{sizeof(vitte_service), 0, nullptr, [](void*, const void*, std::size_t, vitte_output*) {
                                   if (auto found = here->host.find_service<served>()) kept.emplace(*found);
                                   return std::int32_t{0};
                               }};
    BOOST_REQUIRE(w.host.provide("acme/echo", 1, spying).has_value());
    guest g{described("a", R"(, "needs": [)" + needs_service("acme/echo") + "]" + providing("s/b")),
            guest::call(guest::register_service, {16, 3, 1, 7}) + bytes({0x1a}) +
                guest::call(guest::get_service, {19, 9, 1}) + guest::number(0) + guest::number(0) +
                bytes({0x10, guest::call_service, 0x1a}) + guest::number(5)};
    g.data = "s/bacme/echo";
    w.add("a.wasm", g);
    for (int i = 0; i < 2; ++i) {
        const auto before = kept;
        BOOST_TEST(!w.host.start().has_value());
        if (before) BOOST_TEST((*before)->head.call((*before)->head.state, nullptr, 0, nullptr) == VITTE_STOPPED);
    }
    BOOST_TEST(!kept.has_value());
}

BOOST_AUTO_TEST_CASE(functions_of_later_hosts_are_not_supported) {
    world w;
    plugin& made = w.add("a.wasm", {described("a"), guest::number(0), bytes({0x10, guest::later})});
    BOOST_REQUIRE(w.host.start().has_value());
    BOOST_TEST((made.execute("").error().code == errc::not_supported));
}

BOOST_AUTO_TEST_CASE(folders_are_looked_through) {
    world w;
    const auto top = sys::directory::open(w.folder.path);
    BOOST_REQUIRE((top && top->create_directory("below") && top->create_directory("folder.wasm")));
    w.put("below/a.wasm", telling(described("a")).bytes_of());
    w.put("b.wasm", telling(described("a")).bytes_of());
    w.put("c.wasm", telling(described("c", "", "2")).bytes_of());
    w.put("d.wasm", module({}));
    w.put("e.txt", telling(described("e")).bytes_of());
    w.put("f.vitplug", bytes({'x'}));
    w.put("g.wasm", {});
    static_cast<void>(top->symbolic_link("b.wasm", "link.wasm"));
    BOOST_REQUIRE(w.host.find(w.folder.path).has_value());
    BOOST_TEST(w.host.plugins().size() == 1u);
    BOOST_TEST(w.host.refused().size() == 3u);
    std::string all;
    for (const auto& e : w.host.refused()) all += e.message() + "\n";
    says(all, "below/a.wasm: adding: there is a plugin a: " + w.path("b.wasm"));
    says(all, "it is compiled for ABI 2 of plugins, and the host has ABI 1");
    says(all, "f.vitplug: reading: it is neither");
    BOOST_TEST(!w.host.add(w.path("folder.wasm").c_str()).has_value());
    BOOST_TEST((w.host.add(w.path("none.wasm").c_str()).error().code == errc::not_found));
    BOOST_TEST(!w.host.find(w.path("none").c_str()).has_value());
}

BOOST_AUTO_TEST_CASE(what_was_described_is_what_starts) {
    world w;
    plugin& made = w.add("a.wasm", telling(described("a")));
    w.put("a.wasm", telling(described("a", R"(, "provides": [])")).bytes_of());
    BOOST_TEST(!w.host.start().has_value());
    says(made.problem().message(), "it says something else of itself than when it was found");
    w.put("a.wasm", telling(described("a")).bytes_of());
    BOOST_TEST(w.host.start().has_value());
    w.host.stop();
    int asked = 0;
    w.host.loader().verify_all([&](const loader::file_to_verify& file) {
        ++asked;
        return file.bytes.size() == 0;
    });
    BOOST_TEST(!w.host.start().has_value());
    BOOST_TEST(asked == 1);
    BOOST_TEST((made.problem().code == errc::permission_denied));
}

/// The plugins in examples/plugins/, as they are made here, and those that a script has made: VITTE_PLUGINS has paths
/// with ':' between them.
const ability own_linker{"a linker of ours for native plugins", [] { return loader::native::machine::supported; }};

std::vector<std::string> tallies() {
    std::vector<std::string> all;
    for (const char* name : {"libtally_c.so", "libtally_cpp.so", "tally.wasm", "libtally_c.dll", "libtally_cpp.dll"})
        if ((loader::native::machine::supported || std::string_view(name).ends_with(".wasm")) &&
            sys::stat(fixture(name).c_str()))
            all.push_back(fixture(name));
    if (const char* more = std::getenv("VITTE_PLUGINS")) {
        for (std::string_view rest = more; !rest.empty();) {
            const std::string_view one = rest.substr(0, rest.find(':'));
            all.emplace_back(one);
            rest.remove_prefix(std::min(rest.size(), one.size() + 1));
        }
    }
    BOOST_TEST(!all.empty());
    return all;
}

struct tally {
    static constexpr const char* name = "acme/tally";
    static constexpr std::uint32_t version = 1;
    vitte_service head;
};

BOOST_AUTO_TEST_CASE(conformance) {
    for (const std::string& path : tallies()) {
        // As it is, with a host that has one function less than the plugin knows, and with one that has some more.
        for (const int more : {0, -1, 3}) {
            BOOST_TEST_CONTEXT(path << ", " << more << " functions more") {
                loader::plugin_host_options options;
                options.functions += static_cast<std::uint32_t>(more);
                world w(options);
                BOOST_REQUIRE(w.host.provide(echoing).has_value());
                auto added = w.host.add(path.c_str(), R"({"a": 1})");
                BOOST_REQUIRE_MESSAGE(added.has_value(), why(added));
                plugin& made = **added;
                BOOST_TEST(made.name() == "acme/tally");
                BOOST_TEST(made.description().version == "1.0.0");
                BOOST_TEST((made.state() == plugin_state::known));
                BOOST_TEST(made.module() == nullptr);
                BOOST_REQUIRE_MESSAGE(w.host.start().has_value(), made.problem().message());
                BOOST_TEST(made.execute("plain Text!").value() == "PLAIN TEXT!");
                const auto nothing = made.execute("");
                BOOST_REQUIRE(!nothing.has_value());
                BOOST_TEST((nothing.error().code == errc::invalid_argument));
                says(nothing.error().message(), "there is nothing to count");
                BOOST_TEST(made.execute("echo").value() == "echo");
                const auto given = made.execute("options");
                if (more < 0)
                    BOOST_TEST((given.error().code == errc::not_supported));
                else
                    BOOST_TEST(given.value() == R"({"a": 1})");
                const std::string count("\x0b\0\0\0\0\0\0\0", 8), other("\x05\1\0\0\0\0\0\0", 8);
                BOOST_TEST(made.save().value() == count);
                BOOST_TEST((made.restore("short").error().code == errc::invalid_argument));
                BOOST_TEST(made.restore(other).has_value());
                BOOST_TEST(made.execute("x").value() == "X");
                const auto service = w.host.find_service<tally>();
                BOOST_REQUIRE(service.has_value());
                std::string told;
                vitte_output to{sizeof to, 0, &told, [](void* in, const void* bytes, std::size_t size) {
                                    static_cast<std::string*>(in)->append(static_cast<const char*>(bytes), size);
                                    return std::int32_t{0};
                                }};
                BOOST_TEST((*service)->head.call(service->state(), nullptr, 0, &to) == 0);
                BOOST_TEST(told == std::string("\x06\1\0\0\0\0\0\0", 8));
                const std::string large(100'000, 'x');
                BOOST_TEST(made.execute(large).value().size() == large.size());
                w.host.stop();
                BOOST_TEST((made.state() == plugin_state::stopped));
                const std::vector<std::string> log{"acme/tally: started", "acme/tally: ended"};
                BOOST_TEST(w.log == log);
                BOOST_TEST((made.execute("x").error().code == errc::bad_handle));
                BOOST_REQUIRE(w.host.start().has_value());
                BOOST_TEST(made.save().value() == std::string(8, '\0'));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(text_and_table_agree, *needs(own_linker)) {
    for (const std::string& path : tallies()) {
        if (path.ends_with(".wasm")) continue;  // it has no table
        const auto whole = sys::read(path.c_str());
        BOOST_REQUIRE(whole.has_value());
        std::string content(reinterpret_cast<const char*>(whole->bytes().data()), whole->size());
        for (const auto& [from, to, said] :
             {std::array{R"("version": "1.0.0", "abi")", R"("version": "1.0.1", "abi")", "its text acme/tally 1.0.1"},
              {R"("optional": true}],)", R"("optional":false}],)", "needs other things"}}) {
            const std::size_t at = content.find(from);
            BOOST_REQUIRE(at != std::string::npos);
            std::string changed = content;
            changed.replace(at, std::strlen(from), to);
            world w;
            BOOST_REQUIRE(w.host.provide(echoing).has_value());
            w.put("changed.so", bytes(changed));
            auto made = w.host.add(w.path("changed.so").c_str());
            BOOST_REQUIRE_MESSAGE(made.has_value(), why(made));
            BOOST_TEST(!w.host.start().has_value());
            says((*made)->problem().message(), said);
        }
    }
}
}  // namespace
