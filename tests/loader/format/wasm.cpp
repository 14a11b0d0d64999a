#include <boost/test/unit_test.hpp>
#include <vector>
#include <vitte/loader/format/wasm.hpp>

#include "../../support/wasm_builder.hpp"

namespace {
namespace wasm = vitte::loader::wasm;
using namespace wasm_test;
using vitte::errc;

struct failure {
    errc code;
    std::uint64_t offset;
};
failure failure_of(const code& module_bytes) {
    const auto parsed = wasm::file::parse(module_bytes);
    BOOST_REQUIRE(!parsed);
    return {parsed.error().code, parsed.error().offset};
}

const code small = module({
    make_section(1, list({type({i32, i32}, {i32}), type({}, {})})),
    make_section(2, list({imported("env", "log", bytes({0, 1}))})),
    make_section(3, list({unsigned_number(0)})),
    make_section(5, list({bytes({1, 1, 2})})),
    make_section(6, list({bytes({i32, 1, 0x41, 7, 0x0b})})),
    make_section(7, list({exported("add", 0, 1), exported("memory", 2, 0)})),
    make_section(10, list({body(bytes({0x20, 0, 0x20, 1, 0x6a}))})),
    make_section(11, list({bytes({0, 0x41, 8, 0x0b, 3, 'a', 'b', 'c'})})),
    custom("name", make_section(0, name("small")) + make_section(1, list({bytes({1}) + name("add")}))),
    custom("producers", list({name("language") + list({name("C") + name("17")})})),
});
}  // namespace

BOOST_AUTO_TEST_CASE(sections_are_found_in_any_module) {
    const auto parsed = wasm::file::parse(small);
    BOOST_REQUIRE(parsed);
    BOOST_TEST(wasm::file::is_module(small));
    BOOST_TEST(parsed->has(wasm::section::code));
    BOOST_TEST(!parsed->has(wasm::section::table));
    BOOST_TEST(parsed->count(wasm::section::type) == 2u);
    std::vector<std::string_view> seen;
    BOOST_TEST(parsed->for_each_import([&](const wasm::import_entry& i) { seen.push_back(i.name); }).has_value());
    BOOST_TEST(parsed->for_each_export([&](const wasm::export_entry& e) { seen.push_back(e.name); }).has_value());
    BOOST_TEST((seen == std::vector<std::string_view>{"log", "add", "memory"}));
    std::size_t parameters = 0;
    BOOST_TEST(parsed->for_each_type([&](const wasm::type_entry& t) { parameters += t.function.parameters.size; })
                   .has_value());
    BOOST_TEST(parameters == 2u);
    BOOST_TEST(parsed
                   ->for_each_memory([&](const wasm::memory_type& m) {
                       BOOST_TEST(m.size.least == 1u);
                       BOOST_TEST(m.size.most == 2u);
                   })
                   .has_value());
    BOOST_TEST(
        parsed->for_each_data([&](const wasm::data_entry& d) { BOOST_TEST(d.content.size() == 3u); }).has_value());
    BOOST_TEST(
        parsed->for_each_code([&](const wasm::code_entry& c) { BOOST_TEST(c.body.remaining() == 7u); }).has_value());
}

BOOST_AUTO_TEST_CASE(custom_sections_tell_names_and_producers) {
    const auto parsed = wasm::file::parse(small);
    BOOST_REQUIRE(parsed);
    BOOST_TEST(wasm::module_name(*parsed) == "small");
    std::string_view function, producer;
    BOOST_TEST(wasm::for_each_function_name(*parsed, [&](std::uint32_t index, std::string_view n) {
                   BOOST_TEST(index == 1u);
                   function = n;
               }).has_value());
    BOOST_TEST(wasm::for_each_producer(*parsed, [&](std::string_view, std::string_view n, std::string_view) {
                   producer = n;
               }).has_value());
    BOOST_TEST(function == "add");
    BOOST_TEST(producer == "C");
}

BOOST_AUTO_TEST_CASE(what_does_not_follow_the_format_is_told_with_its_offset) {
    BOOST_TEST(failure_of(bytes({0, 'a', 's'})).offset == 0u);
    BOOST_TEST((failure_of(bytes({0, 'a', 's', 'm'})).code == errc::end_of_input));
    BOOST_TEST(failure_of(bytes({0, 'a', 's', 'm', 2, 0, 0, 0})).offset == 4u);
    BOOST_TEST(failure_of(module({make_section(14, {})})).offset == 8u);
    BOOST_TEST(failure_of(module({make_section(3, list({})), make_section(1, list({}))})).offset == 11u);
    BOOST_TEST(failure_of(module({make_section(1, list({})), make_section(1, list({}))})).offset == 11u);
    BOOST_TEST((failure_of(module({bytes({1, 5, 0})})).code == errc::end_of_input));
    BOOST_TEST((failure_of(module({make_section(0, bytes({1, 0xff}))})).code == errc::malformed));
}

BOOST_AUTO_TEST_CASE(numbers_may_be_padded_but_not_too_long) {
    const auto types = [](const code& count) { return module({make_section(1, count)}); };
    const auto ok = [](const code& m) {
        const auto parsed = wasm::file::parse(m);
        return parsed && parsed->for_each_type([](const auto&) {}).has_value();
    };
    BOOST_TEST(ok(types(bytes({0x80, 0x80, 0x80, 0x80, 0x00}))));
    BOOST_TEST(!ok(types(bytes({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}))));
    BOOST_TEST(!ok(types(bytes({0x80, 0x80, 0x80, 0x80, 0x70}))));
    BOOST_TEST(!ok(types(bytes({0xff, 0xff, 0xff, 0xff, 0x0f}))));
}

BOOST_AUTO_TEST_CASE(left_over_bytes_are_refused) {
    const code too_long = module({make_section(1, list({type({}, {})}) + bytes({0}))});
    const auto parsed = wasm::file::parse(too_long);
    BOOST_REQUIRE(parsed);
    const auto read = parsed->for_each_type([](const auto&) {});
    BOOST_REQUIRE(!read);
    BOOST_TEST(read.error().offset == too_long.size() - 1);
}
