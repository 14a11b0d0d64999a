// What modules say of themselves: read, refused with the place that is wrong, and written as it is read.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vitte/loader/manifest.hpp>

namespace {
using namespace vitte;
using loader::manifest;
using loader::module_reference;
using loader::symbol_manifest;
using loader::symbol_reference;

template <class Read>
std::string refused(std::string_view text, Read read) {
    const auto made = read(text);
    return made ? "" : std::string(made.error().message().c_str());
}
std::string meta_refused(std::string_view text) {
    return refused(text, [](std::string_view t) { return manifest::read(t); });
}
std::string deps_refused(std::string_view text) {
    return refused(text, [](std::string_view t) { return loader::read_dependencies(t); });
}
std::string symb_refused(std::string_view text) {
    return refused(text, [](std::string_view t) { return symbol_manifest::read(t); });
}
template <class Reference>
std::string reference_refused(std::string_view text) {
    return refused(text, [](std::string_view t) { return Reference::read(t); });
}
constexpr const char* a_name =
    "a module's name (lower-case letters, digits, - _ . and / between parts) is needed, found another text";
}  // namespace

BOOST_AUTO_TEST_SUITE(manifests)

BOOST_AUTO_TEST_CASE(names_are_relative_paths_that_every_system_has) {
    for (const char* const good : {"a", "acme/image", "wasi_snapshot_preview1", "a.b-c_9/x/y", "...", "a/..."})
        BOOST_TEST(loader::is_module_name(good), good);
    for (const char* const bad : {"", "/", "a/", "/a", "a//b", ".", "..", "a/..", "../a", "a/./b", "A", "a b", "a:b",
                                  "a@1", "a\\b", "\xc3\xa4", "a\n"})
        BOOST_TEST(!loader::is_module_name(bad), bad);
    BOOST_TEST(!loader::is_module_name(std::string_view("a\0b", 3)));
    BOOST_TEST(loader::is_module_name(std::string(128, 'a')));
    BOOST_TEST(!loader::is_module_name(std::string(129, 'a')));
}

BOOST_AUTO_TEST_CASE(references_name_a_module_its_versions_and_a_symbol) {
    BOOST_TEST((*module_reference::read("acme/image") == module_reference{"acme/image"}));
    BOOST_TEST((*module_reference::read("acme/image@^1.2 || 3") == module_reference{"acme/image", "^1.2 || 3"}));
    BOOST_TEST((*symbol_reference::read("a:f") == symbol_reference{{"a"}, "f"}));
    BOOST_TEST(
        (*symbol_reference::read("acme/image:resize@^1.2") == symbol_reference{{"acme/image", "^1.2"}, "resize"}));
    BOOST_TEST((*symbol_reference::read("a:std::f@2@1.x") == symbol_reference{{"a", "1.x"}, "std::f@2"}));

    const auto no_module = [](const char* t) { return reference_refused<module_reference>(t); };
    BOOST_TEST(no_module("Acme") == "module reference: this is not the name of a module at byte 0");
    BOOST_TEST(no_module("a@") == "module reference: a range of versions is missing behind the '@' at byte 2");
    BOOST_TEST(no_module("a@one") == "module reference: this is not a range of versions at byte 2");
    const auto no_symbol = [](const char* t) { return reference_refused<symbol_reference>(t); };
    BOOST_TEST(no_symbol("a@1") == "symbol reference: a ':' is missing between module and symbol at byte 3");
    BOOST_TEST(no_symbol("a@1:f") == "symbol reference: this is not the name of a module at byte 0");
    BOOST_TEST(no_symbol("a:") == "symbol reference: the name of a symbol is missing at byte 2");
    BOOST_TEST(no_symbol("a:@1") == "symbol reference: the name of a symbol is missing at byte 2");
    BOOST_TEST(no_symbol("a:f@") == "symbol reference: a range of versions is missing behind the '@' at byte 4");
    BOOST_TEST(no_symbol("a:f@g") == "symbol reference: this is not a range of versions at byte 4");
}

BOOST_AUTO_TEST_CASE(a_manifest_says_who_a_module_is) {
    const auto made = manifest::read(R"({"version": "1.2.3-rc.1+5", "name": "acme/image", "entry": "main", "new": [{}],
        "capabilities": ["files", "net"], "target": "x86_64-linux-gnu", "description": "Pictures", "license": "MIT"})");
    BOOST_REQUIRE(made);
    const manifest expected{"acme/image", "1.2.3-rc.1+5", "x86_64-linux-gnu", "main", {"files", "net"},
                            "Pictures",   "MIT"};
    BOOST_TEST((*made == expected));
    BOOST_TEST((*manifest::read(R"({"name":"a","version":"0.0.0"})") == manifest{"a", "0.0.0"}));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_manifest_is_said_with_its_place) {
    BOOST_TEST(meta_refused("[]") == "an object is needed, found an array, line 1 column 1");
    BOOST_TEST(meta_refused("{}") == "name: no such member in the object, line 1 column 1");
    BOOST_TEST(meta_refused("{\"name\": 1}") == "name: a string is needed, found a number, line 1 column 10");
    BOOST_TEST(meta_refused("{\"name\": \"A\"}") == std::string("name: ") + a_name + ", line 1 column 10");
    BOOST_TEST(meta_refused("{\"name\": \"a\"}") == "version: no such member in the object, line 1 column 1");
    BOOST_TEST(meta_refused("{\"name\": \"a\",\n \"version\": \"1.2\"}") ==
               "version: a version such as \"1.2.3\" is needed, found another text, line 2 column 13");
    const auto with = [](const std::string& more) {
        return meta_refused("{\"name\": \"a\", \"version\": \"1.0.0\",\n" + more + "}");
    };
    BOOST_TEST(with("\"target\": null") == "target: a string is needed, found null, line 2 column 11");
    BOOST_TEST(with("\"entry\": \"\"") ==
               "entry: the name of a symbol is needed, found an empty one, line 2 column 10");
    BOOST_TEST(with("\"entry\": \"a\\u0000\"") ==
               "entry: the name of a symbol is needed, found one with a NUL, line 2 column 10");
    BOOST_TEST(with("\"capabilities\": \"net\"") ==
               "capabilities: an array is needed, found a string, line 2 column 17");
    BOOST_TEST(with("\"capabilities\": [\"net\", 7]") ==
               "capabilities[1]: a string is needed, found a number, line 2 column 25");
    BOOST_TEST(with("\"options\": {\"a\": {\"type\": \"bool\"}}")
                   .starts_with("options.a.type: boolean, integer, number, string, list or table is needed"));
    BOOST_TEST(with("\"name\": \"b\"").ends_with(", line 2 column 1"));
    BOOST_TEST(meta_refused("{\"name\": \"a\" \"version\"").ends_with(", line 1 column 14"));
    BOOST_TEST(meta_refused("") != "");
}

BOOST_AUTO_TEST_CASE(dependencies_are_names_and_ranges) {
    const auto made = loader::read_dependencies(R"([{"name": "b", "range": "^1.2 || 3"}, {"range": "*", "name": "c",
        "optional": true, "lazy": true, "target": "x86_64-linux*", "more": 1}, {"name": "b", "range": "4"}])");
    BOOST_REQUIRE(made);
    const std::vector<loader::dependency> expected{
        {"b", "^1.2 || 3"}, {"c", "*", true, true, "x86_64-linux*"}, {"b", "4"}};
    BOOST_TEST((*made == expected));
    BOOST_TEST(loader::read_dependencies("[]")->empty());

    BOOST_TEST(deps_refused("{}") == "an array is needed, found an object, line 1 column 1");
    BOOST_TEST(deps_refused("[1]") == "[0]: an object is needed, found a number, line 1 column 2");
    BOOST_TEST(deps_refused("[{\"name\": \"b\"}]") == "[0].range: no such member in the object, line 1 column 2");
    BOOST_TEST(deps_refused("[{\"name\": \"../b\", \"range\": \"1\"}]") ==
               std::string("[0].name: ") + a_name + ", line 1 column 11");
    BOOST_TEST(deps_refused("[{\"name\": \"b\", \"range\": \"newest\"}]") ==
               "[0].range: a range of versions such as \"^1.2\" is needed, found another text, line 1 column 25");
    BOOST_TEST(deps_refused("[{\"name\": \"b\", \"range\": \"1\", \"lazy\": 1}]") ==
               "[0].lazy: a boolean is needed, found a number, line 1 column 38");
}

BOOST_AUTO_TEST_CASE(symbols_are_given_and_taken) {
    const auto made =
        symbol_manifest::read(R"json({"exports": [{"name": "f", "signature": "i32(i32, i32)", "doc": "Adds."},
        {"name": "g"}], "imports": [{"module": "b", "symbol": "h", "range": "^1", "signature": "void()"},
        {"module": "b", "symbol": "h"}]
})json");
    BOOST_REQUIRE(made);
    const symbol_manifest expected{{{"f", "i32(i32, i32)", "Adds."}, {"g"}}, {{"b", "h", "^1", "void()"}, {"b", "h"}}};
    BOOST_TEST((*made == expected));
    BOOST_TEST((*symbol_manifest::read("{}") == symbol_manifest{}));

    BOOST_TEST(symb_refused("[]") == "an object is needed, found an array, line 1 column 1");
    BOOST_TEST(symb_refused("{\"exports\": {}}") == "exports: an array is needed, found an object, line 1 column 13");
    BOOST_TEST(symb_refused("{\"exports\": [{}]}") ==
               "exports[0].name: no such member in the object, line 1 column 14");
    BOOST_TEST(symb_refused("{\"exports\": [{\"name\": \"f\"}, {\"name\": \"g\"}, {\"name\": \"f\"}]}") ==
               "exports[2].name: another name for each export is needed, found one a second time, line 1 column 53");
    BOOST_TEST(symb_refused("{\"imports\": [{\"module\": \"b\"}]}") ==
               "imports[0].symbol: no such member in the object, line 1 column 14");
    BOOST_TEST(
        symb_refused("{\"imports\": [{\"module\": \"b\", \"symbol\": \"f\", \"range\": \"?\"}]}") ==
        "imports[0].range: a range of versions such as \"^1.2\" is needed, found another text, line 1 column 54");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_as_the_same) {
    const manifest who{"acme/image", "1.2.3", "x86_64-linux-gnu", "main", {"files"}, "\"Pictures\"\n", "MIT"};
    const auto text = who.write();
    BOOST_REQUIRE(text);
    BOOST_TEST(*text == R"({
  "name": "acme/image",
  "version": "1.2.3",
  "target": "x86_64-linux-gnu",
  "entry": "main",
  "capabilities": [
    "files"
  ],
  "description": "\"Pictures\"\n",
  "license": "MIT"
}
)");
    BOOST_TEST((*manifest::read(*text) == who));
    manifest with_options = who;
    with_options.options = R"({"depth":{"type":"integer","max":9}})";
    BOOST_TEST((*manifest::read(*with_options.write()) == with_options));
    with_options.options = R"({"depth":{"type":"integer","maximum":9}})";
    BOOST_TEST(!with_options.write());
    with_options.options = R"({},"name":"other")";
    BOOST_TEST(!with_options.write());

    const std::vector<loader::dependency> needs{{"b", "^1", true, true, "*-linux*"}, {"a", "*"}};
    BOOST_TEST((*loader::read_dependencies(*loader::write_dependencies(needs)) == needs));
    BOOST_TEST(*loader::write_dependencies({}) == "[]\n");

    const symbol_manifest symbols{{{"f", "i32()", "Twice."}, {"e"}}, {{"b", "g", "1.x", "void(ptr)"}, {"a", "g"}}};
    BOOST_TEST((*symbol_manifest::read(*symbols.write()) == symbols));
    BOOST_TEST(*symbol_manifest{}.write() == "{}\n");
}

BOOST_AUTO_TEST_CASE(what_would_not_be_read_is_not_written) {
    BOOST_TEST(manifest({"a", "1"}).write().error().message().c_str() ==
               "version: a version such as \"1.2.3\" is needed, found another text, line 3 column 14");
    BOOST_TEST(manifest({"a", "1.0.0", "\xff"}).write().error().message().c_str() ==
               "UTF-8 is needed, found other bytes, line 1 column 1");
    const loader::dependency no_range[] = {{"b", "^"}};
    BOOST_TEST((loader::write_dependencies(no_range).error().code == errc::malformed));
    BOOST_TEST((symbol_manifest{{{"f"}, {"f"}}}.write().error().code == errc::malformed));
}

BOOST_AUTO_TEST_SUITE_END()
