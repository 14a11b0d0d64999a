// Caches of libraries that are written here byte by byte.
#include <string>
#include <vector>

#include <vitte/loader/format/ld_cache.hpp>

#include <boost/test/unit_test.hpp>

namespace {
using vitte::loader::ld_cache;
namespace elf = vitte::loader::elf;
using strings = std::vector<std::string>;

constexpr std::uint32_t x86_64 = 0x0303, aarch64 = 0x0a03;

struct library {
    std::uint32_t kind;
    std::string name, path;
    std::uint32_t cpu_level = 0;
};

std::string number(std::uint32_t value) {
    std::string text(sizeof value, '\0');
    vitte::store(reinterpret_cast<std::byte*>(text.data()), value, vitte::byte_order::native);
    return text;
}
/// A header of 48 bytes, entries of 24, then the strings, which are found from the beginning of the file.
std::string cache(const std::vector<library>& libraries) {
    std::string entries, texts;
    const auto put = [&](const std::string& text) {
        const std::size_t at = 48 + 24 * libraries.size() + texts.size();
        texts += text + '\0';
        return number(static_cast<std::uint32_t>(at));
    };
    for (const library& l : libraries) {
        entries += number(l.kind);
        entries += put(l.name);
        entries += put(l.path);
        entries += number(0) + number(0) + number(l.cpu_level);
    }
    const auto count = static_cast<std::uint32_t>(libraries.size()), size = static_cast<std::uint32_t>(texts.size());
    std::string header = "glibc-ld.so.cache1.1" + number(count) + number(size);
    header.resize(48, '\0');
    return header + entries + texts;
}
auto parse(const std::string& text) { return ld_cache::parse(std::as_bytes(std::span(text))); }

strings paths(const std::string& text, std::string_view name, elf::machine machine = elf::machine::x86_64,
              std::size_t most = 100) {
    strings found;
    const auto parsed = parse(text);
    BOOST_REQUIRE(parsed.has_value());
    const bool taken = parsed->find(name, machine, [&](std::string_view path) {
        found.emplace_back(path);
        return found.size() == most;
    });
    BOOST_TEST(taken == (found.size() == most));
    return found;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(ld_cache_)

BOOST_AUTO_TEST_CASE(a_name_stands_for_the_files_of_its_machine) {
    const std::string text = cache({{x86_64, "libz.so.1", "/lib/libz.so.1"},
                                    {aarch64, "libz.so.1", "/lib64/libz.so.1"},
                                    {x86_64, "libz.so.1", "/opt/libz.so.1"},
                                    {x86_64, "libz.so.10", "/lib/libz.so.10"}});
    BOOST_TEST((paths(text, "libz.so.1") == strings{"/lib/libz.so.1", "/opt/libz.so.1"}));
    BOOST_TEST((paths(text, "libz.so.1", elf::machine::x86_64, 1) == strings{"/lib/libz.so.1"}));
    BOOST_TEST((paths(text, "libz.so.1", elf::machine::aarch64) == strings{"/lib64/libz.so.1"}));
    BOOST_TEST(paths(text, "libz.so.1", elf::machine::arm).empty());
    BOOST_TEST(paths(text, "libz.so").empty());
    BOOST_TEST(parse(text)->size() == 4u);
}

BOOST_AUTO_TEST_CASE(files_for_newer_cpus_are_left_out) {
    const std::string text = cache({{x86_64, "liba.so", "/lib/v3/liba.so", 3}, {x86_64, "liba.so", "/lib/liba.so"}});
    BOOST_TEST((paths(text, "liba.so") == strings{"/lib/liba.so"}));
}

BOOST_AUTO_TEST_CASE(what_is_not_a_cache_is_refused) {
    const std::string whole = cache({{x86_64, "liba.so", "/lib/liba.so"}});
    for (std::size_t size = 0; size < 48 + 24; ++size) BOOST_TEST(!parse(whole.substr(0, size)).has_value());
    const std::string old = "ld.so-1.7.0" + whole.substr(11), cut = whole.substr(0, 48 + 20);
    BOOST_TEST(parse(old).error().reason == "it does not begin with glibc-ld.so.cache1.1");
    BOOST_TEST(parse(cut).error().reason == "its entries are not all inside it");
    BOOST_TEST(parse(cut).error().offset == 20u);
}

BOOST_AUTO_TEST_CASE(names_and_paths_that_are_outside_are_nobodys) {
    const std::string whole = cache({{x86_64, "liba.so", "/lib/liba.so"}});
    BOOST_TEST(paths(whole.substr(0, whole.size() - 1), "liba.so").empty());  // the path has no end
    std::string far = whole;
    far.replace(48 + 8, 4, number(0xffff'fff0));
    BOOST_TEST(paths(far, "liba.so").empty());
    far = whole;
    far.replace(48 + 4, 4, number(static_cast<std::uint32_t>(whole.size())));
    for (const char* const name : {"", "liba.so"}) BOOST_TEST(paths(far, name).empty());
}

BOOST_AUTO_TEST_SUITE_END()
