// Archives that are written here byte by byte, in the three ways of writing them.
#include <string>
#include <vector>

#include <vitte/loader/format/ar.hpp>

#include <boost/test/unit_test.hpp>

namespace {
namespace ar = vitte::loader::ar;
using vitte::errc;

std::string header(std::string name, std::size_t size) {
    name.resize(16, ' ');
    std::string number = std::to_string(size);
    number.resize(10, ' ');
    return name + "0           0     0     644     " + number + "`\n";
}
std::string member(const std::string& name, const std::string& content) {
    return header(name, content.size()) + content + (content.size() % 2 != 0 ? "\n" : "");
}
std::string big_endian(std::uint64_t value, int bytes) {
    std::string text;
    for (int i = bytes; i-- > 0;) text.push_back(static_cast<char>(value >> (8 * i)));
    return text;
}
ar::bytes bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }
std::string text_of(ar::bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// "name=content" of each member.
std::vector<std::string> members(const std::string& archive) {
    std::vector<std::string> found;
    const auto parsed = ar::archive::parse(bytes_of(archive));
    BOOST_REQUIRE(parsed.has_value());
    BOOST_REQUIRE(parsed->for_each_member([&](const ar::member& m) {
        found.push_back(std::string(m.name) + "=" + text_of(m.content));
        return true;
    }));
    return found;
}
std::string reason_of(const std::string& archive) {
    const auto parsed = ar::archive::parse(bytes_of(archive));
    return parsed.has_value() ? "" : parsed.error().reason;
}

const std::string magic = "!<arch>\n";
constexpr auto per_element = boost::test_tools::per_element();
}  // namespace

BOOST_AUTO_TEST_SUITE(archives)

BOOST_AUTO_TEST_CASE(names_of_gnu_and_system_v) {
    const std::string longs = "a_name_that_is_long.o/\nanother_long_name.o/\n";
    const std::string archive = magic + member("//", longs) + member("short.o/", "one") + member("/0", "two!") +
                                member("/23", "three") + member("bsd.o", "");
    const std::vector<std::string> expected{"short.o=one", "a_name_that_is_long.o=two!", "another_long_name.o=three",
                                            "bsd.o="};
    BOOST_TEST(members(archive) == expected, per_element);
}

BOOST_AUTO_TEST_CASE(names_of_bsd) {
    using namespace std::string_literals;
    const std::string archive = magic + member("#1/20", "__.SYMDEF SORTED\0\0\0\0index"s) +
                                member("#1/12", "a_b_c_d.o\0\0\0content"s);
    const std::vector<std::string> expected{"a_b_c_d.o=content"};
    BOOST_TEST(members(archive) == expected, per_element);
}

BOOST_AUTO_TEST_CASE(the_index_names_members_by_their_offset) {
    for (const int word : {4, 8}) {
        using namespace std::string_literals;
        const std::string names = "first\0second\0"s;
        const std::size_t size = static_cast<std::size_t>(3 * word) + names.size(), at = 8 + 60 + size + size % 2;
        const std::string index = big_endian(2, word) + big_endian(at, word) + big_endian(at + 62, word) + names;
        const std::string archive =
            magic + member(word == 4 ? "/" : "/SYM64/", index) + member("a.o/", "11") + member("b.o/", "22");
        const auto parsed = ar::archive::parse(bytes_of(archive));
        BOOST_REQUIRE(parsed.has_value());
        BOOST_TEST(parsed->has_index());
        std::vector<std::string> found;
        BOOST_REQUIRE(parsed->for_each_symbol([&](std::string_view symbol, std::uint64_t offset) {
            const auto in = parsed->member_at(offset);
            found.push_back(std::string(symbol) + " in " + (in ? std::string(in->name) : "nothing"));
        }));
        const std::vector<std::string> expected{"first in a.o", "second in b.o"};
        BOOST_TEST(found == expected, per_element);
    }
}

BOOST_AUTO_TEST_CASE(an_index_that_lies_is_an_error) {
    const auto read = [](const std::string& index) {
        const std::string archive = magic + member("/", index);
        const auto parsed = ar::archive::parse(bytes_of(archive));
        return parsed.has_value() && parsed->for_each_symbol([](std::string_view, std::uint64_t) {}).has_value();
    };
    BOOST_TEST(read(""));
    BOOST_TEST(read(big_endian(0, 4)));
    BOOST_TEST(!read(big_endian(0xffffffff, 4)));
    BOOST_TEST(!read(big_endian(2, 4) + big_endian(0, 4)));
    BOOST_TEST(!read(big_endian(1, 4) + big_endian(0, 4) + "no end"));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said) {
    BOOST_TEST(reason_of("!<arch>") == "not an archive");
    BOOST_TEST(reason_of("\x7f" "ELF....") == "not an archive");
    BOOST_TEST(reason_of(magic + "a.o/") == "reaches past the end of the archive");
    BOOST_TEST(reason_of(magic + header("a.o/", 100)) == "reaches past the end of the archive");
    std::string changed = magic + member("a.o/", "1");
    changed[8 + 58] = 'x';
    BOOST_TEST(reason_of(changed) == "does not end as it must");
    changed = magic + member("a.o/", "1");
    changed[8 + 48] = 'x';
    BOOST_TEST(reason_of(changed) == "its size is not a number");
    BOOST_TEST(std::string(reason_of("!<thin>\n" + member("a.o/", ""))).find("thin") != std::string::npos);
    const std::string thin = "!<thin>\n";
    BOOST_TEST((ar::archive::parse(bytes_of(thin)).error().code == errc::not_supported));
    const std::string nameless = magic + member("/7", "1");
    const auto parsed = ar::archive::parse(bytes_of(nameless));
    BOOST_REQUIRE(parsed.has_value());
    BOOST_TEST(!parsed->for_each_member([](const ar::member&) { return true; }).has_value());
}

BOOST_AUTO_TEST_CASE(every_truncation_is_an_error_or_shorter) {
    const std::string whole = magic + member("//", "a_name_that_is_long.o/\n") + member("/0", "content");
    for (std::size_t length = 0; length <= whole.size(); ++length) {
        const std::string text = whole.substr(0, length);
        if (const auto parsed = ar::archive::parse(bytes_of(text)))
            static_cast<void>(parsed->for_each_member([](const ar::member&) { return true; }));
    }
}

BOOST_AUTO_TEST_SUITE_END()
