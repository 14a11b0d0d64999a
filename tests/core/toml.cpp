// TOML: what is one, what its values are, where it is wrong, and that it is read as JSON is.
#include <cmath>
#include <map>
#include <sstream>
#include <string>
#include <vitte/core/json.hpp>
#include <vitte/core/toml.hpp>

#include "../support/fixtures.hpp"
#include "../support/stride.hpp"
#include "../support/text_files.hpp"

namespace {
namespace json = vitte::json;
namespace toml = vitte::toml;
using vitte::errc;

std::string why_not(const std::string& text, const json::read_options& options = {}) {
    const auto made = toml::read(text, options);
    return made ? "read" : std::string(made.error().message());
}
std::string as_json(const std::string& text) {
    const auto made = toml::read(text);
    if (!made) return made.error().message();
    json::growing_output written;
    json::writer to(written);
    json::write(to, made->root());
    const auto done = to.finish();
    return done ? std::string(written.text()) : std::string(done.error().message());
}

std::string unescaped(const std::string& told) {
    std::string made;
    for (std::size_t i = 0; i < told.size(); ++i) {
        if (told[i] != '\\') {
            made += told[i];
            continue;
        }
        const char c = told[++i];
        made += c == 'n' ? '\n' : c == 'x' ? static_cast<char>(std::stoi(told.substr(i + 1, 2), nullptr, 16)) : c;
        if (c == 'x') i += 2;
    }
    return made;
}

std::string two_digits(int n, char before = 0) {
    std::string made;
    if (before != 0) made += before;
    return made + static_cast<char>('0' + n / 10) + static_cast<char>('0' + n % 10);
}
std::string shown(const toml::date_time& t) {
    std::string made;
    if (t.has_date) {
        made = two_digits(t.time.year / 100) + two_digits(t.time.year % 100) + two_digits(t.time.month, '-') +
               two_digits(t.time.day, '-');
        if (t.has_time) made += 'T';
    }
    if (t.has_time) {
        made += two_digits(t.time.hour) + two_digits(t.time.minute, ':') + two_digits(t.time.second, ':');
        if (t.time.nanosecond != 0) {
            std::string fraction = std::to_string(1'000'000'000 + t.time.nanosecond);
            fraction[0] = '.';
            made += fraction.substr(0, fraction.find_last_not_of('0') + 1);
        }
    }
    if (!t.has_offset) return made;
    if (t.offset == 0) return made + 'Z';
    const int minutes = std::abs(t.offset);
    return made + two_digits(minutes / 60, t.offset < 0 ? '-' : '+') + two_digits(minutes % 60, ':');
}
/// As the vectors have it.
std::string shown(json::value what) {
    std::string made;
    switch (what.kind()) {
        case json::kind::null: return "null";
        case json::kind::boolean: return *what.get<bool>() ? "true" : "false";
        case json::kind::string: return '"' + std::string(*what.get<std::string_view>()) + '"';
        case json::kind::moment: return '@' + shown(*toml::date_time::of(what));
        case json::kind::number: {
            if (const auto integer = what.get<std::int64_t>()) return std::to_string(*integer);
            const double number = *what.get<double>();
            if (std::isnan(number)) return "#nan";
            for (int i = 60; i >= 0; i -= 4) made += "0123456789abcdef"[std::bit_cast<std::uint64_t>(number) >> i & 15];
            return '#' + made;
        }
        case json::kind::array: {
            const auto elements = what.elements();
            for (const json::value one : *elements) made += (made.empty() ? "" : ",") + shown(one);
            return '[' + made + ']';
        }
        case json::kind::object: {
            std::map<std::string, json::value> sorted;
            const auto members = what.members();
            for (const auto [name, value] : *members) sorted.emplace(name, value);
            for (const auto& [name, value] : sorted)
                made += (made.empty() ? "\"" : ",\"") + name + "\":" + shown(value);
            return '{' + made + '}';
        }
    }
    return made;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(toml_)

BOOST_AUTO_TEST_CASE(suite) {
    std::istringstream in(text_of(vectors("toml.tsv")));
    int valid = 0, invalid = 0;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("#")) continue;
        const std::size_t first = line.find('\t'), second = line.find('\t', first + 1);
        const std::string name = line.substr(0, first);
        const std::string text = unescaped(line.substr(first + 1, second - first - 1));
        const auto made = toml::read(text);
        if (second == line.npos) {
            ++invalid;
            BOOST_TEST(!made, name);
            if (!made) BOOST_TEST(made.error().offset <= text.size(), name);
            continue;
        }
        ++valid;
        BOOST_TEST_REQUIRE(made.has_value(), name << ": " << why_not(text));
        BOOST_TEST(shown(made->root()) == unescaped(line.substr(second + 1)), name);
    }
    BOOST_TEST(valid == 210);
    BOOST_TEST(invalid == 499);
}

BOOST_AUTO_TEST_CASE(is_read_as_json_is) {
    BOOST_TEST(as_json("name = 'a'\nlist = [1, 2.5, -3]\n[table]\ninner.x = 0x1_F\nat = 1979-05-27 07:32:00Z\n"
                       "[[many]]\na = true\n[[many]]\n[many.below]\n[table.more]\n") ==
               R"({"name":"a","list":[1,2.5,-3],"table":{"inner":{"x":31},"at":"1979-05-27 07:32:00Z","more":{}},)"
               R"("many":[{"a":true},{"below":{}}]})");
    BOOST_TEST(as_json("") == "{}");
    BOOST_TEST(as_json("b = {x = [], y = {}, 'a.b' = 1}\nc = [[{}], []]") ==
               R"({"b":{"x":[],"y":{},"a.b":1},"c":[[{}],[]]})");
    const std::string text = "a = 1\nb.c = [true]\n[d]\ne = 300\nf = 1_000\ng = 1e3\nh = nan\n";
    const auto made = toml::read(text);
    BOOST_REQUIRE(made);
    const json::value root = made->root();
    BOOST_TEST(*root.get<int>("a") == 1);
    BOOST_TEST(root.find("b").find("c").size() == 1u);
    const auto message = [](const auto& failed) { return std::string(failed.error().message()); };
    BOOST_TEST(
        message(root.find("d").get<unsigned char>("e")) ==
        "d.e: a small integer that is not negative is needed, found a number outside its range, line 4 column 5");
    BOOST_TEST(root.find("d").find("f").number_text() == "1_000");
    BOOST_TEST(*root.find("d").get<int>("f") == 1000);
    BOOST_TEST(message(root.find("d").get<int>("g")) ==
               "d.g: an integer of 32 bits is needed, found a number with a point or an exponent, line 6 column 5");
    BOOST_TEST((root.find("d").get<int>("h").error().code == errc::invalid_argument));
    BOOST_TEST(message(root.find("b").get<int>()) ==
               "b: an integer of 32 bits is needed, found an object, line 2 column 1");
    BOOST_TEST(message(root.find("d").get<int>("i")) == "d.i: no such member in the object, line 3 column 2");
}

BOOST_AUTO_TEST_CASE(dates_and_times) {
    const std::string text =
        "a = 1979-05-27T00:32:00.999999-07:00\nb = 07:32:00\nc = 'x'\nd = '1979-05-27'\n"
        "e = 1990-12-31 23:59:60Z\n";
    const auto made = toml::read(text);
    BOOST_REQUIRE(made);
    const json::value root = made->root();
    BOOST_TEST((root.find("a").kind() == json::kind::moment));
    BOOST_TEST(*toml::date_time::of(root.find("a"))->nanoseconds() ==
               *vitte::rfc3339::parse("1979-05-27T07:32:00.999999Z"));
    BOOST_TEST((toml::date_time::of(root.find("b"))->nanoseconds().error().code == errc::invalid_argument));
    BOOST_TEST(std::string(toml::date_time::of(root.find("c")).error().message()) ==
               "c: a date or a time such as 1979-05-27T07:32:00Z is needed, found another text, line 3 column 5");
    BOOST_TEST(shown(*toml::date_time::of(root.find("d"))) == "1979-05-27");
    BOOST_TEST(shown(*toml::date_time::of(root.find("e"))) == "1990-12-31T23:59:59Z");
    BOOST_TEST((root.get<std::string_view>("a").error().code == errc::invalid_argument));
    BOOST_TEST(!toml::date_time::of(root));
}

BOOST_AUTO_TEST_CASE(texts_that_are_none_tell_where) {
    BOOST_TEST(why_not("a = 1\na = 2") == "a second member of this name, line 2 column 1");
    BOOST_TEST(why_not("[a]\n[b]\n[a]") == "a table or key that is there, line 3 column 2");
    BOOST_TEST(why_not("a = {}\n[a.b]") == "a value that ended on its line, line 2 column 2");
    BOOST_TEST(why_not("a = \xc3\xa4") == "a value is needed, found '\xc3\xa4', line 1 column 5");
    BOOST_TEST(why_not("a = [1, 2\nb = 3") == "',' or ']' is needed, found 'b', line 2 column 1");
    BOOST_TEST(why_not("a = 9223372036854775808") ==
               "an integer of 64 bits is needed, found one outside their range, line 1 column 5");
    BOOST_TEST(why_not("a = 0xffffffffffffffffff") ==
               "an integer of 64 bits is needed, found one outside their range, line 1 column 5");
    BOOST_TEST(as_json("a = -9223372036854775808") == R"({"a":-9223372036854775808})");
    BOOST_TEST(why_not("a = -1e4_00") ==
               "a float that a double can hold is needed, found a greater one, line 1 column 5");
    BOOST_TEST(why_not("a = \"\"\"x\"\"\"\"\"\"") == "more than five quotes, line 1 column 9");
    BOOST_TEST(why_not("a = 1 b = 2") == "the end of the line is needed, found 'b', line 1 column 7");
    BOOST_TEST(why_not("a = 1979-02-29") == "a date or a time is needed, found another text, line 1 column 5");
}

BOOST_AUTO_TEST_CASE(depth_is_bounded) {
    const std::string too_deep = "arrays and tables nested more deeply than allowed, line 1 column ";
    const auto deep = [](const char* unit, const char* end, int count) {
        std::string text, ends;
        for (int i = 0; i < count; ++i) text += unit, ends += end;
        return text + "a" + ends;
    };
    for (const std::string& text :
         {"[" + deep("a.", "", 4) + "]", deep("a.", "", 5) + " = 1", "[[" + deep("a.", "", 3) + "]]",
          "a = " + std::string(5, '[') + std::string(5, ']')}) {
        BOOST_TEST(why_not(text, {.depth = 6}) == "read", text);
        BOOST_TEST(why_not(text, {.depth = 5}).starts_with(too_deep), text);
    }
    constexpr int levels = 200'000 / (stride * stride);
    BOOST_TEST(why_not("a = " + std::string(levels, '[') + std::string(levels, ']'), {.depth = UINT32_MAX}) == "read");
    BOOST_TEST(why_not(deep("a.", "", levels) + " = 1\n[" + deep("b.", "", levels) + "]", {.depth = UINT32_MAX}) ==
               "read");
    BOOST_TEST(why_not(deep("a={", "}", levels).replace(3 * levels, 1, "a=1"), {.depth = UINT32_MAX}) == "read");
}

BOOST_AUTO_TEST_CASE(many_names_take_no_quadratic_time) {
    constexpr int count = 30'000 / (stride * stride);
    std::string text;
    for (int i = 0; i < count; ++i)
        text += "a.b" + std::to_string(i) + ".c = 1\n\"" + std::string(static_cast<std::size_t>(i) % 20, 'x') +
                std::to_string(i) + "\" = 2\n";
    for (int i = 0; i < count; ++i) text += "[t.x" + std::to_string(i) + "]\n[[u.y]]\n";
    const auto made = toml::read(text);
    BOOST_REQUIRE(made);
    BOOST_TEST(made->root().size() == count + 3u);
    BOOST_TEST(made->root().find("a").size() == static_cast<std::size_t>(count));
    BOOST_TEST(made->root().find("u").find("y").size() == static_cast<std::size_t>(count));
    BOOST_TEST(why_not(text + "[t.x7]").starts_with("a table or key that is there, line "));
}

BOOST_AUTO_TEST_CASE(names_that_begin_alike_are_others) {
    BOOST_TEST(as_json("\"\" = 0\n\"\\u0000\" = 1\n\"\\u0000\\u0000\" = 2\na = 3\naa = 4\nab = 5\n\"a\\u0000\" = 6") ==
               R"({"":0,"\u0000":1,"\u0000\u0000":2,"a":3,"aa":4,"ab":5,"a\u0000":6})");
    BOOST_TEST(why_not("\"\\u0000\" = 1\n\"\\U00000000\" = 1") == "a second member of this name, line 2 column 1");
    BOOST_TEST(why_not("a = 1\n\"\\u0061\" = 1") == "a second member of this name, line 2 column 1");
}

BOOST_AUTO_TEST_SUITE_END()
