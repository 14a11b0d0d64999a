// Configurations: what is taken, what is told of what is not, and files that change while they are followed.
#include <boost/test/unit_test.hpp>
#include <vitte/loader/configuration.hpp>
#include <vitte/loader/configuration/live.hpp>
#include <vitte/loader/configuration/selected.hpp>
#include <vitte/sys/fs/copy.hpp>
#include <vitte/sys/fs/replace.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/time/deadline.hpp>
#if !defined(VITTE_PLATFORM_POSIX)
#include <vitte/loader/configuration/events.hpp>
#endif

#if defined(__unix__) || defined(__APPLE__)
#include <sys/stat.h>
#endif

#include "../support/scratch.hpp"

namespace {
using namespace vitte::loader;
using vitte::errc;
using namespace vitte::sys::literals;
using enum configuration_change_kind;
using enum configuration_format;

option_schema schema(std::string_view text) {
    auto made = option_schema::read(text);
    BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? "" : std::string(made.error().message())));
    return std::move(*made);
}
std::string refused(std::string_view text) {
    const auto made = option_schema::read(text);
    return made ? "read" : std::string(made.error().message());
}
const option_schemas& known() {
    static const option_schemas all = [] {
        option_schemas made;
        made["acme/log"] = {};
        made["acme/image"] = schema(R"({
            "depth": {"type": "integer", "min": 1, "max": 9, "default": 5, "doc": "how deep"},
            "ratio": {"type": "number", "min": 0.5},
            "mode": {"type": "string", "choices": ["fast", "exact"]},
            "name": {"type": "string", "pattern": "*.png", "max": 8},
            "fine": {"type": "boolean"},
            "sizes": {"type": "list", "items": {"type": "integer", "min": 0}, "max": 2, "default": [1]},
            "cache": {"type": "table", "options": {"path": {"type": "string"}, "most": {"type": "integer", "default": 3}}}})");
        made["acme/key"] = schema(R"({"key": {"type": "string", "required": true, "min": 1}})");
        return made;
    }();
    return all;
}
configuration parsed(std::string_view text, configuration_format format = toml) {
    auto made = configuration::read(text, format, known(), "app.toml");
    BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message()));
    return std::move(*made);
}
std::string told(std::string_view text, configuration_format format = toml) {
    const auto made = configuration::read(text, format, known(), "app");
    return made ? "read" : made.error().message();
}
std::string image(const std::string& options) { return told("[modules.\"acme/image\".options]\n" + options); }
std::string allowed(const std::string& capabilities) {
    return told("[modules.\"acme/log\".capabilities]\n" + capabilities);
}

constexpr std::string_view defaults = R"({"depth":5,"sizes":[1],"cache":{"most":3}})";
}  // namespace

BOOST_AUTO_TEST_SUITE(configuration_)

BOOST_AUTO_TEST_CASE(toml_and_json_say_the_same) {
    const configuration a = parsed(R"([modules]
"acme/log" = false
[modules."acme/image"]
version = "^1.2"
options = {depth = 3, ratio = 2, sizes = [], cache.path = "/c", mode = "fast"}
[modules."acme/image".capabilities]
folders = ["/images", {path = "/tmp/out", name = "out", write = true}]
addresses = ["10.0.0.0/8:443", "[2001:db8::/32]:80", "192.0.2.1", "::1"]
variables = ["HOME"]
fuel = 1_000_000
memory = "16 MiB"
time = "250ms"
)");
    const configuration b = parsed(R"({"modules": {"acme/log": {"enabled": false}, "acme/image": {"version": "^1.2",
        "options": {"mode": "fast", "sizes": [], "ratio": 2.0, "cache": {"path": "/c"}, "depth": 3},
        "capabilities": {"time": "250 ms", "memory": 16777216, "fuel": 1000000, "variables": ["HOME"],
            "folders": [{"path": "/images"}, {"name": "out", "path": "/tmp/out", "write": true}],
            "addresses": ["10.0.0.0/8:443", "[2001:db8::/32]:80", "192.0.2.1/32", "[::1]"]}}}})",
                                   json);
    BOOST_TEST((a == b));
    BOOST_REQUIRE(a.modules.size() == 2u);
    BOOST_TEST(a.enabled("acme/image"));
    BOOST_TEST(!a.enabled("acme/log"));
    BOOST_TEST(!a.enabled("acme/key"));
    const module_configuration& made = a.modules[0];
    BOOST_TEST(made.options == R"({"depth":3,"ratio":2.0,"mode":"fast","sizes":[],"cache":{"path":"/c","most":3}})");
    const capability_set& may = made.capabilities;
    BOOST_REQUIRE(may.folders.size() == 2u);
    BOOST_TEST(may.folders[0].name == "/images");
    BOOST_TEST(!may.folders[0].writable);
    BOOST_TEST(may.folders[1].name == "out");
    BOOST_TEST(may.folders[1].writable);
    BOOST_REQUIRE(may.addresses.size() == 4u);
    BOOST_TEST(may.addresses[0].network.contains(*vitte::ip_address::parse("10.9.9.9")));
    BOOST_TEST(may.addresses[0].port == 443);
    BOOST_TEST(may.addresses[2].port == 0);
    BOOST_TEST(*may.fuel == 1'000'000u);
    BOOST_TEST(*may.memory == std::uint64_t{16} << 20);
    BOOST_TEST(*may.time == 250'000'000);
    BOOST_TEST(parsed("").modules.empty());
    BOOST_TEST(parsed("[modules]\n'acme/image' = true").modules[0].options == defaults);
}

BOOST_AUTO_TEST_CASE(options_are_checked) {
    const std::string value = "app:2:9: modules.\"acme/image\".options.";
    BOOST_TEST(image("depth = 9") == "read");
    BOOST_TEST(image("dpeth = 3") == value + "dpeth: no such option; did you mean \"depth\"?");
    BOOST_TEST(image("zzzzz = 3") == value + "zzzzz: no such option");
    BOOST_TEST(image("depth = 10") == value + "depth: an integer from 1 to 9 is needed, found 10");
    BOOST_TEST(image("depth = 1.0") == value + "depth: an integer is needed, found 1.0");
    BOOST_TEST(image("depth = 'x'") == value + "depth: an integer is needed, found \"x\"");
    BOOST_TEST(image("depth = {}") == value + "depth: an integer is needed, found an object");
    BOOST_TEST(image("ratio = 0.25") == value + "ratio: a number of at least 0.5 is needed, found 0.25");
    BOOST_TEST(image("ratio = nan") == value + "ratio: a finite number is needed, found nan");
    BOOST_TEST(image("mode  = 'fsat'") ==
               value + "mode: one of \"fast\", \"exact\" is needed, found \"fsat\"; did you mean \"fast\"?");
    BOOST_TEST(image("name  = 'a.gif'") == value + "name: a string that matches \"*.png\" is needed, found \"a.gif\"");
    BOOST_TEST(image("name  = 'abcde.png'") == value + "name: a length of at most 8 is needed, found 9 bytes");
    BOOST_TEST(image("fine  = 1") == value + "fine: a boolean is needed, found 1");
    BOOST_TEST(image("fine  = 1979-05-27") == value + "fine: a boolean is needed, found a date or a time");
    BOOST_TEST(image("sizes = [1, 2, 3]") == value + "sizes: a length of at most 2 is needed, found 3 items");
    BOOST_TEST(image("sizes = [1, -2]") ==
               "app:2:13: modules.\"acme/image\".options.sizes[1]: an integer of at least 0 is needed, found -2");
    BOOST_TEST(image("cache = {mots = 1}") ==
               "app:2:17: modules.\"acme/image\".options.cache.mots: no such option; did you mean \"most\"?");
    BOOST_TEST(told("[modules]\n'acme/key' = true") ==
               "app:2:14: modules.\"acme/key\": the option \"key\" is needed, found nothing");
    BOOST_TEST(told("[modules]\n'acme/key' = false") == "read");
    BOOST_TEST(told("[modules.'acme/key']\nenabled = false\noptions = {key = ''}") ==
               "app:3:18: modules.\"acme/key\".options.key: a length of at least 1 is needed, found 0 bytes");
    BOOST_TEST(told("[modules.'acme/log'.options]\nx = 1") ==
               "app:2:5: modules.\"acme/log\".options.x: no such option");
}

BOOST_AUTO_TEST_CASE(what_is_not_known_is_told) {
    BOOST_TEST(told("[module]") == "app:1:2: module: no such section; did you mean \"modules\"?");
    BOOST_TEST(told("[modules.'acme/imgae']") ==
               "app:1:10: modules.\"acme/imgae\": the program has no such module; did you mean \"acme/image\"?");
    BOOST_TEST(told("[modules.'acme/log']\nenable = true") ==
               "app:2:10: modules.\"acme/log\".enable: no such member of a module; did you mean \"enabled\"?");
    BOOST_TEST(told("[modules]\n'acme/log' = 1") == "app:2:14: modules.\"acme/log\": a table is needed, found 1");
    BOOST_TEST(told("[modules.'acme/log']\nversion = 'one'") ==
               "app:2:11: modules.\"acme/log\".version: a range of versions such as \"^1.2\" is needed, found \"one\"");
    BOOST_TEST(told("{\"modules\": {}, \"modules\": {}}", json) == "app:1:17: a second member of this name");
    BOOST_TEST(told("[1]", json) == "app:1:1: a table is needed, found an array");
    BOOST_TEST(told("a = [") == "app:1:6: a value is needed, found the end of the text");
}

BOOST_AUTO_TEST_CASE(capabilities_are_checked) {
    const std::string at = "app:2:8: modules.\"acme/log\".capabilities.";
    BOOST_TEST(allowed("feul = 1") == at + "feul: no such capability; did you mean \"fuel\"?");
    BOOST_TEST(allowed("fuel = -1") == at + "fuel: a number of instructions is needed, found -1");
    BOOST_TEST(allowed("time = 5") == at + "time: a time such as \"250 ms\" or \"2 s\" is needed, found 5");
    for (const char* time : {"", " s", "1", "1 parsec", "1  s", "9223372036854775808 us", "9223372037 s", "-1 s"})
        BOOST_TEST(allowed("time = '" + std::string(time) + "'").starts_with(at + "time: a time such as "), time);
    BOOST_TEST(allowed("time = '2 min'") == "read");
    BOOST_TEST(allowed("memory = '1 MB'").find("memory: a number of bytes, or a text such as") != std::string::npos);
    for (const char* address : {"", "x", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0:0", "10.0.0.0:65536", "10.0.0.0:",
                                "[::1", "[::1]80", "[::1]:", "::1]:80", "[10.0.0.1]x", "]:1", "[]:1", "10.0.0.1:1:1"})
        BOOST_TEST(
            allowed("addresses = ['" + std::string(address) + "']").find("an address such as") != std::string::npos,
            address);
    BOOST_TEST(allowed("folders = [{name = 'x'}]").find("the member \"path\" is needed, found nothing") !=
               std::string::npos);
    BOOST_TEST(allowed("folders = [\"a\\u0000b\"]").find("a path is needed, found one with a NUL") !=
               std::string::npos);
    BOOST_TEST(allowed("folders = '/'").find("a list is needed, found \"/\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(schemas_are_checked) {
    BOOST_TEST(refused(R"({"a": {"type": "integer", "min": 2, "max": 2, "default": 2}})") == "read");
    BOOST_TEST(refused(R"({"a": {"type": "integer", "default": "2"}})") ==
               "a.default: a value that the option may have is needed, found another one, line 1 column 38");
    BOOST_TEST(
        refused(R"({"a": {"type": "float"}})") ==
        "a.type: boolean, integer, number, string, list or table is needed, found another text, line 1 column 16");
    BOOST_TEST(refused(R"({"a": {"type": "boolean", "min": 1}})") ==
               "a.min: an option of this type has no such member, line 1 column 34");
    BOOST_TEST(
        refused(R"({"a": {"type": "integer", "min": 2, "max": 1}})").starts_with("a.max: a number that is not below"));
    BOOST_TEST(refused(R"({"a": {"type": "integer", "required": true, "default": 1}})").starts_with("a.default: "));
    BOOST_TEST(refused(R"({"a b": {"type": "integer"}})").starts_with("\"a b\": a name of at most 64 letters"));
    BOOST_TEST(refused(R"({"a": {"type": "list"}})").starts_with("a.items: no such member"));
    BOOST_TEST(refused(R"({"a": {"type": "list", "items": {"type": "integer", "default": 1}}})")
                   .starts_with("a.items.default: "));
    std::string deep = R"({"type": "integer"})";
    for (int i = 0; i < 16; ++i) deep = R"({"type": "list", "items": )" + deep + "}";
    BOOST_TEST(refused("{\"a\": " + deep + "}") == "read");
    BOOST_TEST(refused("{\"a\": {\"type\": \"list\", \"items\": " + deep + "}}")
                   .find("lists and tables nested more deeply than allowed") != std::string::npos);
    const auto matched = [](std::size_t size) {
        return refused(R"({"a": {"type": "string", "pattern": "*)" + std::string(size - 1, 'a') + R"(", "default": ")" +
                       std::string(size, 'a') + "\"}}");
    };
    BOOST_TEST(matched(128) == "read");
    BOOST_TEST(matched(129).starts_with("a.pattern: a pattern of at most 128 bytes"));
    // What is wrong with a default of a table, or with what it leaves out, is found when the schema is read.
    BOOST_TEST(
        refused(R"({"a": {"type": "table", "options": {"b": {"type": "string", "required": true}}, "default": {}}})")
            .starts_with("a.default: "));
}

/// Each default says that the next one is there many times.
BOOST_AUTO_TEST_CASE(defaults_do_not_multiply_without_end) {
    std::string options = R"({"type": "integer", "default": 1})", many = "[{}";
    for (int i = 0; i < 60; ++i) many += ",{}";
    many += "]";
    const auto around = [&] {
        return R"({"type": "list", "items": {"type": "table", "options": {"a": )" + options + "}}";
    };
    for (int i = 0; i < 8; ++i) options = around() + ", \"default\": " + many + "}";
    BOOST_TEST(refused("{\"a\": " + options + "}").find("longer than 1 MiB") != std::string::npos);
    // Nor does what a configuration says of one.
    option_schemas all;
    all["acme/log"] =
        schema(R"({"a": {"type": "list", "items": {"type": "table", "options": {"b": {"type": "string", "default": ")" +
               std::string(100'000, 'x') + "\"}}}}}");
    const auto made =
        configuration::read("[modules.'acme/log'.options]\na = [{},{},{},{},{},{},{},{},{},{},{}]", toml, all);
    BOOST_TEST_REQUIRE(!made.has_value());
    BOOST_TEST((made.error().code == errc::too_large), made.error().message());
}

BOOST_AUTO_TEST_CASE(differences) {
    const configuration a = parsed("[modules]\n'acme/image' = true\n'acme/log' = true");
    BOOST_TEST((changes_between(a, a) == std::vector<configuration_change>{}));
    BOOST_TEST((changes_between(configuration(), a) ==
                std::vector<configuration_change>{{"acme/image", switched_on}, {"acme/log", switched_on}}));
    const configuration b =
        parsed("[modules.'acme/image']\nversion = '1'\noptions = {depth = 6}\ncapabilities = {fuel = 1}");
    BOOST_TEST((changes_between(a, b) == std::vector<configuration_change>{{"acme/image", version},
                                                                           {"acme/image", options},
                                                                           {"acme/image", capabilities},
                                                                           {"acme/log", switched_off}}));
    const configuration same = parsed("[modules]\n'acme/log' = {}\n'acme/image' = {options = {depth = 5}}");
    BOOST_TEST((changes_between(a, same).empty()));
    const configuration off = parsed("[modules]\n'acme/log' = false\n'acme/image' = false");
    BOOST_TEST((changes_between(off, configuration()).empty()));
}

BOOST_AUTO_TEST_CASE(modules_are_selected) {
    static_assert(module_enabled<"acme/image">);
    BOOST_TEST(detail::is_selected("acme/image", "acme/log,acme/image"));
    BOOST_TEST(detail::is_selected("acme/image", "acme/*"));
    BOOST_TEST(!detail::is_selected("acme/image/png", "acme/*"));
    BOOST_TEST(detail::is_selected("acme/image/png", "acme/**"));
    BOOST_TEST(!detail::is_selected("acme/image", ""));
    BOOST_TEST(!detail::is_selected("acme/image", "acme/images,,image"));
}

struct followed {
    scratch folder;
    std::string path = SCRATCH "/app.toml";
    void write(std::string_view text) const {
        BOOST_REQUIRE(vitte::sys::write(path.c_str(), vitte::sys::as_bytes(text)).has_value());
    }
    void replace(std::string_view text) const {
        BOOST_REQUIRE(vitte::sys::replace(path.c_str(), vitte::sys::as_bytes(text)).has_value());
    }
};
/// What is told when the file is quiet, or "quiet" if nothing is.
std::string after_a_while(live_configuration& of) {
    for (int i = 0; i < 500; ++i) {
        const auto done = of.poll();
        if (!done) return done.error().message();
        if (!done->empty()) return (*done)[0].module + " " + std::to_string(static_cast<int>((*done)[0].kind));
        if (!of.settling()) return "quiet";
        static_cast<void>(vitte::sys::native::clocks::sleep_until(vitte::sys::deadline::after(5_ms).monotonic()));
    }
    return "never";
}

BOOST_AUTO_TEST_CASE(files_are_followed) {
    const followed file;
    BOOST_TEST(configuration::load(file.path.c_str(), known()).error().message().starts_with(file.path + ": "));
    BOOST_TEST(configuration::load(SCRATCH, known()).error().message().find("no regular file") != std::string::npos);
    file.write("[modules]\n'acme/log' = true\n");
    auto live = live_configuration::open(file.path, known(), 20_ms);
    BOOST_REQUIRE(live);
    BOOST_TEST(live->current().enabled("acme/log"));
    BOOST_TEST(after_a_while(*live) == "quiet");
    file.replace("[modules]\n'acme/log' = false\n");
    BOOST_TEST(after_a_while(*live) == "acme/log 1");
    BOOST_TEST(!live->current().enabled("acme/log"));
    // Half of a file, which is told of once.
    file.write("[modules]\n'acme/log' = tr");
    BOOST_TEST(after_a_while(*live) == file.path + ":2:14: a value is needed, found 't'");
    BOOST_TEST(after_a_while(*live) == "quiet");
    file.write("[modules]\n'acme/log' = true\n");
    BOOST_TEST(after_a_while(*live) == "acme/log 0");
    // Rewritten without a difference.
    file.replace("[modules]\n'acme/log' = {enabled = true}\n");
    BOOST_TEST(after_a_while(*live) == "quiet");
    BOOST_REQUIRE(vitte::sys::remove(file.path.c_str()).has_value());
    BOOST_TEST(after_a_while(*live).starts_with(file.path + ": "));
    BOOST_TEST(after_a_while(*live) == "quiet");
    BOOST_TEST(live->current().enabled("acme/log"));
    file.write("");
    BOOST_TEST(after_a_while(*live) == "acme/log 1");
    file.write(std::string(most_of_configuration + 1, '#'));
    BOOST_TEST(after_a_while(*live).find("more than 1 MiB") != std::string::npos);
}

#if defined(__unix__) || defined(__APPLE__)
/// Puts a FIFO in the place of a file when its facts have been told.
struct swapping : vitte::sys::native {
    struct files : vitte::sys::native::files {
        static vitte::result<vitte::sys::file_info> info(const char* path) noexcept {
            auto told = vitte::sys::native::files::info(path);
            static_cast<void>(vitte::sys::remove(path));
            BOOST_TEST(::mkfifo(path, 0600) == 0);
            return told;
        }
        using vitte::sys::native::files::info;
    };
};
BOOST_AUTO_TEST_CASE(what_becomes_a_fifo_holds_nobody_up) {
    const followed file;
    file.write("");
    const auto made = configuration::load<swapping>(file.path.c_str(), known());
    BOOST_TEST_REQUIRE(!made.has_value());
    BOOST_TEST(made.error().message().find("no regular file") != std::string::npos, made.error().message());
}
#endif

BOOST_AUTO_TEST_CASE(what_is_being_written_is_not_taken) {
    const followed file;
    file.write("");
    auto live = live_configuration::open(file.path, known(), 10'000_ms);
    BOOST_REQUIRE(live);
    for (const char* text : {"[modules]\n", "[modules]\n'acme/log' = true\n", "[modules]\n'acme/log' = true\n'acme"}) {
        file.write(text);
        const auto done = live->poll();
        BOOST_TEST((done && done->empty()));
        BOOST_TEST(live->settling());
    }
    BOOST_TEST(live->current().modules.empty());
}

#if !defined(VITTE_PLATFORM_POSIX)
BOOST_AUTO_TEST_CASE(a_loop_tells) {
    const followed file;
    file.write("");
    auto live = live_configuration::open(file.path, known(), 10_ms);
    BOOST_REQUIRE(live);
    vitte::sys::loop loop;
    BOOST_REQUIRE(loop.open());
    std::vector<std::string> heard;
    configuration_events* self = nullptr;
    configuration_events events(loop, *live, [&](const configuration_events::outcome& done) {
        heard.push_back(done ? (*done)[0].module : done.error().message());
        if (heard.size() == 1) file.replace("[modules]\n'acme/log' = 1\n");
        if (heard.size() == 2) file.replace("[modules]\n");
        if (heard.size() == 3) self->close(), loop.stop();
    });
    self = &events;
    BOOST_REQUIRE(events.open());
    file.write("[modules]\n'acme/log' = true\n");
    BOOST_REQUIRE(loop.run(vitte::sys::deadline::after(20'000_ms)));
    BOOST_REQUIRE(heard.size() == 3u);
    BOOST_TEST(heard[0] == "acme/log");
    BOOST_TEST(heard[1] == file.path + ":2:14: modules.\"acme/log\": a table is needed, found 1");
    BOOST_TEST(heard[2] == "acme/log");
    BOOST_TEST(live->current().modules.empty());
}
#endif

BOOST_AUTO_TEST_SUITE_END()
