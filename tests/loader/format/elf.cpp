#include <array>
#include <string>
#include <vector>

#include "../../support/fixtures.hpp"
#include "../../support/stride.hpp"
#include "../../support/text_files.hpp"
#include "../../support/walk_elf.hpp"

namespace {
namespace elf = vitte::loader::elf;
using vitte::byte_order;
using vitte::errc;

std::vector<std::byte> bytes_of(const char* name) {
    const std::string text = text_of(fixture(name));
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

/// Writes numbers of one class and byte order.
struct writer {
    elf::encoding form;
    std::vector<std::byte> out;

    template <class T>
    writer& number(T value) {
        const std::size_t at = out.size();
        out.resize(at + sizeof value);
        vitte::store(out.data() + at, value, form.order);
        return *this;
    }
    writer& half(unsigned value) { return number(static_cast<std::uint16_t>(value)); }
    writer& four(std::uint32_t value) { return number(value); }
    writer& word(std::uint64_t value) { return form.wide ? number(value) : four(static_cast<std::uint32_t>(value)); }
    writer& text(std::string_view value) {
        for (const char c : value) out.push_back(static_cast<std::byte>(c));
        return *this;
    }
};

/// A relocatable object with three sections: null, a symbol table with one symbol, and strings.
std::vector<std::byte> small_object(elf::encoding e) {
    const std::size_t header = 40 + 3 * e.word_size(), symbol_size = elf::symbol::size_in(e);
    const std::uint64_t symbols_at = header, strings_at = symbols_at + symbol_size, sections_at = strings_at + 16;
    writer w{e, {}};
    w.text(
         "\x7f"
         "ELF")
        .text(std::string{char(e.wide ? 2 : 1), char(e.order == byte_order::little ? 1 : 2), 1})
        .text(std::string(9, '\0'));
    w.half(1).half(8).four(1).word(0).word(0).word(sections_at).four(0);
    w.half(static_cast<unsigned>(header))
        .half(0)
        .half(0)
        .half(static_cast<unsigned>(elf::section::size_in(e)))
        .half(3)
        .half(2);
    if (e.wide) w.four(1).number(std::uint8_t{0x12}).number(std::uint8_t{2}).half(1).word(0x1234).word(7);
    else w.four(1).four(0x1234).four(7).number(std::uint8_t{0x12}).number(std::uint8_t{2}).half(1);
    w.text(std::string_view("\0thing\0names\0\0\0\0", 16));
    const auto section = [&](unsigned name, unsigned type, std::uint64_t at, std::uint64_t size, unsigned link,
                             std::uint64_t each) {
        w.four(name).four(type).word(0).word(0).word(at).word(size).four(link).four(0).word(1).word(each);
    };
    section(0, 0, 0, 0, 0, 0);
    section(1, 2, symbols_at, symbol_size, 2, symbol_size);
    section(7, 3, strings_at, 16, 0, 0);
    return w.out;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(elf_format)

BOOST_AUTO_TEST_CASE(reads_either_class_and_byte_order) {
    for (const bool wide : {false, true})
        for (const auto order : {byte_order::little, byte_order::big}) {
            const auto bytes = small_object({wide, order});
            const auto file = elf::file::parse(bytes);
            BOOST_REQUIRE_MESSAGE(file.has_value(), (file ? "" : file.error().reason));
            BOOST_TEST((file->header().type == elf::file_type::relocatable));
            BOOST_TEST((file->header().machine == elf::machine::mips));
            BOOST_REQUIRE(file->sections().size() == 3u);
            BOOST_TEST(*file->name(file->sections()[2]) == "names");
            const auto symbols = file->symbols(file->sections()[1]);
            BOOST_REQUIRE(symbols.has_value());
            const elf::symbol s = symbols->entries[0];
            BOOST_TEST(*symbols->name(s) == "thing");
            BOOST_TEST(s.value == 0x1234u);
            BOOST_TEST(s.size == 7u);
            BOOST_TEST((s.type() == elf::symbol_type::function && s.binding() == elf::symbol_binding::global));
            BOOST_TEST((s.visibility() == elf::symbol_visibility::hidden));
            BOOST_TEST((elf::dynamic_view::read(*file).error().code == errc::not_found));
        }
}

BOOST_AUTO_TEST_CASE(finds_symbols_of_a_shared_object) {
    const auto bytes = bytes_of("libcounter.so");
    const auto file = elf::file::parse(bytes);
    BOOST_REQUIRE(file.has_value());
    const auto dynamic = elf::dynamic_view::read(*file);
    BOOST_REQUIRE(dynamic.has_value());
    for (const char* name : {"counter_value", "counter_add", "greeting", "chosen"}) {
        const std::uint32_t index = dynamic->find(name);
        BOOST_REQUIRE(index != 0u);
        BOOST_TEST(*dynamic->symbols().name(dynamic->symbols().entries[index]) == name);
    }
    for (const char* name : {"host_twice", "no_such_symbol", ""}) BOOST_TEST(dynamic->find(name) == 0u);
}

BOOST_AUTO_TEST_CASE(errors_say_what_and_where) {
    auto bytes = small_object({true, byte_order::little});
    const auto error_of = [](std::span<const std::byte> b) { return elf::file::parse(b).error(); };
    BOOST_TEST(error_of({}).reason == "not an ELF file");
    BOOST_TEST((error_of(std::span(bytes).first(40)).code == errc::end_of_input));
    BOOST_TEST(error_of(std::span(bytes).first(40)).offset == 40u);
    BOOST_TEST((error_of(std::span(bytes).first(bytes.size() - 1)).reading == std::string("section header table")));
    bytes[58] = std::byte{63};
    BOOST_TEST(error_of(bytes).offset == 58u);
    bytes = small_object({true, byte_order::little});
    bytes[60] = std::byte{0xff}, bytes[61] = std::byte{0xfe};
    BOOST_TEST(error_of(bytes).reason == "reaches past the end of the file");
    bytes = small_object({true, byte_order::little});
    bytes[62] = std::byte{1};
    BOOST_TEST(error_of(bytes).reason == "the section of section names is not a string table");
}

BOOST_AUTO_TEST_CASE(every_truncation_and_every_flipped_bit_is_survived) {
    for (const char* name : {"libcounter.so", "libobjects.so"}) {
        auto bytes = bytes_of(name);
        BOOST_TEST(walk_elf(bytes) > 100u);
        for (std::size_t length = 0; length < bytes.size(); length += length < 2048 ? 1 : 31)
            walk_elf(std::span(bytes).first(length));
        for (std::size_t at = 0; at < bytes.size(); at += stride)
            for (const unsigned bit : {0u, 3u, 7u}) {
                bytes[at] ^= static_cast<std::byte>(1u << bit);
                walk_elf(bytes);
                bytes[at] ^= static_cast<std::byte>(1u << bit);
            }
    }
}

BOOST_AUTO_TEST_CASE(cyclic_hash_chains_end) {
    constexpr std::array<std::uint32_t, 6> cyclic{1, 3, 1, 0, 2, 1};  // one bucket; chain 1 -> 2 -> 1
    const auto word = [&](std::uint64_t i) { return cyclic[static_cast<std::size_t>(i)]; };
    const elf::sysv_hash_table<decltype(word)> table{word, cyclic.size()};
    BOOST_TEST(table.valid());
    unsigned asked = 0;
    BOOST_TEST(table.find(elf::sysv_hash("x"), 100, [&](std::uint32_t) { return ++asked, false; }) == 0u);
    BOOST_TEST(asked == 3u);
}

BOOST_AUTO_TEST_CASE(hash_functions_of_the_standards) {
    BOOST_TEST(elf::gnu_hash("") == 0x1505u);
    BOOST_TEST(elf::gnu_hash("printf") == 0x156b2bb8u);
    BOOST_TEST(elf::gnu_hash("flapenguin.me") == 0x8ae9f18eu);
    BOOST_TEST(elf::sysv_hash("printf") == 0x077905a6u);
    BOOST_TEST(elf::sysv_hash("syscall") == 0x0b09985cu);
}

BOOST_AUTO_TEST_SUITE_END()
