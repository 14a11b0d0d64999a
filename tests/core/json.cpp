// JSON: what is one, what its values are, where it is wrong, and how it is written.
#include <cmath>
#include <sstream>
#include <string>
#include <vector>
#include <vitte/core/json.hpp>
#include <vitte/core/xoshiro.hpp>

#include "../support/fixtures.hpp"
#include "../support/stride.hpp"
#include "../support/text_files.hpp"

namespace {
namespace json = vitte::json;
using vitte::errc;

std::string why_not(const std::string& text, const json::read_options& options = {}) {
    const auto made = json::read(text, options);
    return made ? "read" : std::string(made.error().message());
}
std::string rewritten(json::value what, unsigned indent = 0) {
    json::growing_output made;
    json::writer to(made, indent);
    json::write(to, what);
    BOOST_REQUIRE(to.finish());
    return std::string(made.text());
}

/// The bytes that the folder's file tells of a case of JSONTestSuite.
std::string bytes_of(const std::string& told) {
    std::string made;
    for (std::size_t at = 0; at < told.size();) {
        const std::size_t end = std::min(told.find('+', at), told.size()), star = told.find('*', at);
        const bool repeats = star < end;
        const std::size_t count = repeats ? std::stoul(told.substr(at, star - at)) : 1;
        std::string unit;
        for (std::size_t i = repeats ? star + 1 : at; i < end; i += 2)
            unit += static_cast<char>(std::stoi(told.substr(i, 2), nullptr, 16));
        for (std::size_t i = 0; i < count; ++i) made += unit;
        at = end + 1;
    }
    return made;
}

/// What the standard leaves open and we take: numbers of any size, and 500 arrays in each other. All other such cases
/// have surrogates without their other half, bytes that are no UTF-8, or a byte order mark.
bool is_taken(const std::string& name) {
    if (name.starts_with("y_object_duplicated_key")) return false;
    return name.starts_with("y_") || name.starts_with("i_number_") || name == "i_structure_500_nested_arrays";
}
}  // namespace

BOOST_AUTO_TEST_SUITE(json_)

BOOST_AUTO_TEST_CASE(suite) {
    std::istringstream in(text_of(vectors("json.tsv")));
    int count = 0;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("#")) continue;
        const std::string name = line.substr(0, line.find('\t')), text = bytes_of(line.substr(name.size() + 1));
        ++count;
        const std::string told = why_not(text);
        BOOST_TEST((told == "read") == is_taken(name), name << ": " << told);
        if (name.starts_with("y_")) BOOST_TEST(why_not(text, {.repeated_names = true}) == "read", name);
    }
    BOOST_TEST(count == 318);
}

std::vector<json::value> elements_of(const json::value& array) {
    const auto elements = array.elements();
    BOOST_REQUIRE(elements);
    std::vector<json::value> all;
    for (const json::value one : *elements) all.push_back(one);
    return all;
}

BOOST_AUTO_TEST_CASE(values) {
    const std::string text = R"({"a": [1, -2, 0.5, "x\u0000\ud83d\ude00\n"], "b": {"c": null}, "d": true, "": []})";
    auto made = json::read(text);
    BOOST_REQUIRE(made);
    const json::document moved = std::move(*made);
    const json::value root = moved.root();
    BOOST_TEST((root.kind() == json::kind::object));
    BOOST_TEST(root.size() == 4u);
    std::string names;
    const auto members = root.members();
    BOOST_REQUIRE(members);
    for (const auto [name, value] : *members)
        names += std::string(name) + ":" + json::name_of(value.kind()) + " ";
    BOOST_TEST(names == "a:an array b:an object d:a boolean :an array ");
    const std::vector<json::value> all = elements_of(*root.member("a"));
    BOOST_REQUIRE(all.size() == 4u);
    BOOST_TEST(*all[0].get<int>() == 1);
    BOOST_TEST(*all[1].get<signed char>() == -2);
    BOOST_TEST(*all[1].get<double>() == -2.0);
    BOOST_TEST(*all[2].get<double>() == 0.5);
    BOOST_TEST(*all[3].get<std::string_view>() == std::string_view("x\0\xf0\x9f\x98\x80\n", 7));
    BOOST_TEST(root.find("b").find("c").is_null());
    BOOST_TEST(*root.get<bool>("d"));
    BOOST_TEST(!root.find("e"));
    BOOST_TEST(!all[0].find("a"));
    BOOST_TEST(root.find("").size() == 0u);
    BOOST_TEST(!json::document().root());
}

BOOST_AUTO_TEST_CASE(integers_are_exact) {
    const std::string text =
        "[18446744073709551615, -9223372036854775808, 18446744073709551616, -9223372036854775809, "
        "-0, 1.0, 1e2, 99999999999999999999, 127, 128, -1, 10000000000000000000, 123456789012345678901]";
    const auto made = json::read(text);
    BOOST_REQUIRE(made);
    const std::vector<json::value> all = elements_of(made->root());
    BOOST_TEST(*all[0].get<std::uint64_t>() == UINT64_MAX);
    BOOST_TEST((all[0].get<std::int64_t>().error().code == errc::out_of_range));
    BOOST_TEST(*all[1].get<std::int64_t>() == INT64_MIN);
    BOOST_TEST((all[1].get<std::uint64_t>().error().code == errc::out_of_range));
    BOOST_TEST((all[2].get<std::uint64_t>().error().code == errc::out_of_range));
    BOOST_TEST(all[2].number_text() == "18446744073709551616");
    BOOST_TEST(*all[2].get<double>() == 0x1p64);
    BOOST_TEST((all[3].get<std::int64_t>().error().code == errc::out_of_range));
    BOOST_TEST(std::signbit(*all[4].get<double>()));
    for (const int i : {5, 6})
        BOOST_TEST((all[static_cast<std::size_t>(i)].get<int>().error().code == errc::invalid_argument));
    BOOST_TEST(*all[6].get<double>() == 100.0);
    BOOST_TEST(*all[7].get<double>() == 1e20);
    BOOST_TEST(*all[8].get<signed char>() == 127);
    BOOST_TEST(!all[9].get<signed char>());
    BOOST_TEST(*all[9].get<unsigned char>() == 128);
    BOOST_TEST(!all[10].get<std::uint32_t>());
    BOOST_TEST(*all[11].get<std::uint64_t>() == 10'000'000'000'000'000'000u);
    BOOST_TEST(*all[12].get<double>() == 123456789012345678901.0);
    const auto huge = json::read("1e400");
    BOOST_REQUIRE(huge);
    BOOST_TEST((huge->root().get<double>().error().code == errc::out_of_range));
    BOOST_TEST(huge->root().number_text() == "1e400");
}

BOOST_AUTO_TEST_CASE(texts_that_are_none_tell_where) {
    BOOST_TEST(why_not("") == "a value is needed, found the end of the text, line 1 column 1");
    BOOST_TEST(why_not("[1,\n  2 3]") == "',' or ']' is needed, found '3', line 2 column 5");
    BOOST_TEST(why_not("{\"\xc3\xa4\xe2\x82\xac\" 1}") == "':' is needed, found '1', line 1 column 7");
    BOOST_TEST(why_not("{\"a\":1,}") == "a name in quotes is needed, found '}', line 1 column 8");
    BOOST_TEST(why_not("[1]]") == "the end of the text is needed, found ']', line 1 column 4");
    BOOST_TEST(why_not("\"a\tb\"") == "an escaped control character is needed, found '\\x09', line 1 column 3");
    BOOST_TEST(why_not("\"\xff\"") == "a character of UTF-8 is needed, found other bytes, line 1 column 2");
    BOOST_TEST(
        why_not("01") ==
        "no digit behind a leading 0: a point, an exponent or the number's end is needed, found '1', line 1 column 2");
    BOOST_TEST(why_not("[1.]") == "a digit is needed, found ']', line 1 column 4");
    BOOST_TEST(why_not("\xef\xbb\xbf[]") == "a value is needed, found a byte order mark, line 1 column 1");
    BOOST_TEST(why_not("\"\\x\"") == "one of \"\\/bfnrtu behind a backslash is needed, found 'x', line 1 column 3");
    BOOST_TEST(why_not("\"\\ud800x\"") == "the first half of a surrogate pair without the second, line 1 column 2");
    BOOST_TEST(why_not("[{\"a\": 1,\n\"b\": 2,\n\"a\": 3}]") == "a second member of this name, line 3 column 1");
    BOOST_TEST(why_not("{\"a\": 1, \"\\u0061\": 3}") == "a second member of this name, line 1 column 10");
}

BOOST_AUTO_TEST_CASE(values_that_are_wrong_tell_their_path) {
    const std::string text =
        "{\"dependencies\": [{}, {},\n {\"version\": [],\n  \"a b\": {\"\": \"x\"},\n \"n\": 300}]}";
    const auto made = json::read(text);
    BOOST_REQUIRE(made);
    const json::value second = *std::next(made->root().find("dependencies").elements()->begin(), 2);
    const auto message = [](const auto& failed) { return std::string(failed.error().message()); };
    BOOST_TEST(message(second.get<std::string_view>("version")) ==
               "dependencies[2].version: a string is needed, found an array, line 2 column 14");
    BOOST_TEST(message(second.find("a b").get<int>("")) ==
               "dependencies[2].\"a b\".\"\": an integer of 32 bits is needed, found a string, line 3 column 15");
    BOOST_TEST(message(second.get<unsigned char>("n")) ==
               "dependencies[2].n: a small integer that is not negative is needed, found a number outside its range, "
               "line 4 column 7");
    BOOST_TEST(message(second.member("name")) == "dependencies[2].name: no such member in the object, line 2 column 2");
    BOOST_TEST(message(made->root().get<bool>("b")) == "b: no such member in the object, line 1 column 1");
    BOOST_TEST(message(made->root().elements()) == "an array is needed, found an object, line 1 column 1");
    BOOST_TEST(message(second.find("version").members()) ==
               "dependencies[2].version: an object is needed, found an array, line 2 column 14");
    BOOST_TEST(std::string(second.find("n").refuse(errc::malformed, "an even number", "another").error().message()) ==
               "dependencies[2].n: an even number is needed, found another, line 4 column 7");
    std::string deep, end;
    for (int i = 0; i < 300; ++i) deep += "{\"inner\":", end += "}";
    deep += "1" + end;
    const auto long_one = json::read(deep);
    BOOST_REQUIRE(long_one);
    json::value innermost = long_one->root();
    while (innermost.kind() == json::kind::object) innermost = innermost.find("inner");
    const std::string told = message(innermost.get<bool>());
    BOOST_TEST(told.size() <= vitte::error_text::capacity);
    BOOST_TEST(told.ends_with(".inner.inner: a boolean is needed, found a number, line 1 column 2701"), told);
}

BOOST_AUTO_TEST_CASE(depth_is_bounded) {
    for (const std::string unit : {"[", "{\"a\":"}) {
        std::string text, end;
        for (int i = 0; i < 1000; ++i) {
            text += unit;
            end += unit == "[" ? "]" : "}";
        }
        BOOST_TEST(why_not(text + "1" + end) == "read");
        BOOST_TEST(why_not(unit + text + "1" + end) ==
                   "arrays and objects nested more deeply than allowed, line 1 column " +
                       std::to_string(text.size() + 1));
        BOOST_TEST(why_not("[[]]", {.depth = 1}) ==
                   "arrays and objects nested more deeply than allowed, line 1 column 2");
        BOOST_TEST(why_not("[]", {.depth = 1}) == "read");
        BOOST_TEST(why_not("1", {.depth = 0}) == "read");
    }
    constexpr std::size_t levels = 1'000'000 / (stride * stride);
    BOOST_TEST(why_not(std::string(levels, '[') + std::string(levels, ']'), {.depth = UINT32_MAX}) == "read");
}

BOOST_AUTO_TEST_CASE(names_are_there_once) {
    for (const int count : {2, 8, 9, 100, 3000}) {
        std::string text = "{";
        for (int i = 0; i < count; ++i) text += "\"name" + std::to_string(i) + "\": {\"name0\": [], \"name1\": {}}, ";
        BOOST_TEST(why_not(text + "\"other\": 1}") == "read");
        const std::string last = "\"name" + std::to_string(count / 2) + "\": 1}";
        BOOST_TEST(why_not(text + last) ==
                   "a second member of this name, line 1 column " + std::to_string(text.size() + 1));
        const std::string twice = text + last;
        const auto made = json::read(twice, {.repeated_names = true});
        BOOST_REQUIRE(made);
        BOOST_TEST(made->root().size() == static_cast<std::size_t>(count) + 1);
        BOOST_TEST((made->root().find("name" + std::to_string(count / 2)).kind() == json::kind::object));
    }
}

BOOST_AUTO_TEST_CASE(names_of_one_hash_take_no_quadratic_time) {
    constexpr std::size_t count = 4000, slots = 8192;
    std::string text = "{";
    std::size_t found = 0;
    for (int i = 0; found < count; ++i) {
        const std::string name = "x" + std::to_string(i);
        if ((json::detail::hash_of_name(name) & (slots - 1)) >= slots / 64) continue;
        text += (found++ == 0 ? "\"" : ",\"") + name + "\":1";
    }
    BOOST_TEST(why_not(text + "}") == "read");
    const std::string again = text.substr(1, text.find(':') - 1);
    BOOST_TEST(why_not(text + "," + again + ":2," + again + ":3}") ==
               "a second member of this name, line 1 column " + std::to_string(text.size() + 2));
}

BOOST_AUTO_TEST_CASE(a_document_is_read_again) {
    json::document document;
    const std::string first = R"(["\n", 1, 2, 3])", broken = R"(["\n\n\n\n\n\n", 1)",
                      second = R"({"a": "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t"})";
    BOOST_REQUIRE(document.read(first));
    BOOST_TEST(document.root().size() == 4u);
    BOOST_TEST(!document.read(broken));
    BOOST_TEST(!document.root());
    BOOST_REQUIRE(document.read(second));
    BOOST_TEST(document.root().get<std::string_view>("a")->size() == 20u);
}

BOOST_AUTO_TEST_CASE(written) {
    json::growing_output made;
    json::writer to(made);
    to.begin_object()
        .member("a", 1)
        .member("b", "x\"\\\n\x01\x7f\xc3\xa4")
        .member("c", std::string("s"))
        .name("d")
        .begin_array();
    to.value(-1.5).value(INT64_MIN).value(UINT64_MAX).value(true).null().begin_object().end_object().end_array();
    to.name("e").raw("1e400").end_object();
    BOOST_REQUIRE(to.finish());
    BOOST_TEST(made.text() ==
               "{\"a\":1,\"b\":\"x\\\"\\\\\\n\\u0001\x7f\xc3\xa4\",\"c\":\"s\",\"d\":[-1.5,-9223372036854775808,"
               "18446744073709551615,true,null,{}],\"e\":1e400}");
    const std::string text(made.text());
    const auto read = json::read(text);
    BOOST_REQUIRE(read);
    BOOST_TEST(rewritten(read->root()) == text);
    BOOST_TEST(rewritten(read->root().find("d"), 2) ==
               "[\n  -1.5,\n  -9223372036854775808,\n  18446744073709551615,\n  true,\n  null,\n  {}\n]");
    BOOST_TEST(rewritten(json::read("[]")->root(), 2) == "[]");
    BOOST_TEST(rewritten(json::read(R"({"a":[{"b":1}]})")->root(), 1) == "{\n \"a\": [\n  {\n   \"b\": 1\n  }\n ]\n}");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_told) {
    const auto code = [](auto write) {
        char room[10];
        json::fixed_output made(room);
        json::writer to(made);
        write(to);
        const auto done = to.finish();
        return done ? errc::unknown : done.error().code;
    };
    BOOST_TEST((code([](auto& to) { to.value("12345678"); }) == errc::unknown));
    BOOST_TEST((code([](auto& to) { to.value("123456789"); }) == errc::no_space));
    BOOST_TEST((code([](auto& to) { to.begin_array().value("123456789").value(1); }) == errc::no_space));
    BOOST_TEST((code([](auto& to) { to.value("\xff"); }) == errc::malformed));
    BOOST_TEST((code([](auto& to) { to.value(std::nan("")); }) == errc::out_of_range));
    BOOST_TEST((code([](auto& to) { to.value(-HUGE_VAL); }) == errc::out_of_range));
    json::growing_output made;
    json::writer deep(made);
    for (int i = 0; i < 2000; ++i) deep.begin_array();
    BOOST_TEST((deep.finish().error().code == errc::too_large));
}

BOOST_AUTO_TEST_CASE(random_values_come_back) {
    vitte::xoshiro256 random(5);
    for (int i = 0; i < 500; ++i) {
        json::growing_output made;
        json::writer to(made, i % 3 == 0 ? 3 : 0);
        std::string opened = "[";
        to.begin_array();
        for (int left = 100; !opened.empty(); --left) {
            if (left <= 0 || random.below(5) == 0) {
                opened.back() == '{' ? to.end_object() : to.end_array();
                opened.pop_back();
                continue;
            }
            if (opened.back() == '{') {
                std::string name = std::to_string(left);
                name += static_cast<char>(random.below(128));
                to.name(name);
            }
            switch (random.below(7)) {
                case 0: to.begin_array(), opened += '['; break;
                case 1: to.begin_object(), opened += '{'; break;
                case 2: to.value(random() >> random.below(64)); break;
                case 3: to.value(-static_cast<std::int64_t>(random() >> (1 + random.below(63)))); break;
                case 4:
                    to.value(static_cast<double>(random()) *
                             std::ldexp(1, static_cast<int>(random.below(1900)) - 1000));
                    break;
                case 5: to.null(); break;
                default: {
                    std::string text;
                    for (auto n = random.below(40); n-- != 0;) text += static_cast<char>(random.below(128));
                    to.value(text);
                }
            }
        }
        BOOST_REQUIRE(to.finish());
        const std::string text(made.text());
        const auto read = json::read(text);
        BOOST_REQUIRE_MESSAGE(read, text);
        BOOST_REQUIRE(rewritten(read->root(), i % 3 == 0 ? 3 : 0) == text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
