// Containers that are written here byte by byte, those that the writer makes, and damaged ones.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>
#include <vector>
#include <vitte/loader/format/vitb.hpp>
#include <vitte/loader/format/vitb/writer.hpp>

#include "../../support/hex.hpp"
#include "../../support/stride.hpp"

namespace {
using namespace vitte::loader::vitb;
using vitte::errc, vitte::loader::parse_error;
using bytes = std::vector<std::byte>;

std::string text_of(std::span<const std::byte> of) { return {reinterpret_cast<const char*>(of.data()), of.size()}; }
std::string number(std::uint64_t value, int size) {
    std::string text;
    for (int i = 0; i < size; ++i) text.push_back(static_cast<char>(value >> (8 * i) & 0xff));
    return text;
}
std::string filled(std::string text) {
    text.resize((text.size() + 15) / 16 * 16);
    return text;
}
std::string labelled(const std::string& label, const std::string& content) {
    return filled(number(label.size(), 2) + label) + content;
}

/// A row as it is to be written: what is not set is made to fit.
struct row {
    std::string kind, stored;
    std::uint64_t flags = 0, plain = UINT64_MAX, offset = UINT64_MAX, crc = UINT64_MAX, size = UINT64_MAX, zero = 0;
};
std::string head(std::uint64_t table, unsigned version = 2, unsigned flags = 0) {
    return "VITB" + number(version, 2) + number(flags, 2) + number(table, 8);
}
std::string text_of_row(const row& r, std::uint64_t offset) {
    const auto or_else = [](std::uint64_t value, std::uint64_t other) { return value == UINT64_MAX ? other : value; };
    const std::uint64_t size = or_else(r.size, r.stored.size());
    return r.kind + number(r.flags, 4) + number(or_else(r.offset, offset), 8) + number(size, 8) +
           number(or_else(r.plain, size), 8) + number(or_else(r.crc, vitte::crc32(bytes_of(r.stored))), 4) +
           number(r.zero, 4);
}
/// A container of `rows`; one of signatures has them as what is stored.
std::string made_of(const std::vector<row>& rows) {
    std::string body, table = number(rows.size(), 4), signatures;
    for (const row& r : rows)
        if (r.kind != "SIGN") {
            table += text_of_row(r, 16 + body.size());
            body += filled(r.stored);
        } else {
            table += std::string("SIGN");
        }
    const std::uint64_t table_at = 16 + body.size();
    // The row of signatures is known when the size of the table is.
    for (const row& r : rows)
        if (r.kind == "SIGN") {
            const std::uint64_t end = table_at + 4 + 40 * rows.size();
            row known = r;
            known.stored.clear();
            if (known.crc == UINT64_MAX) known.crc = 0;
            signatures = std::string((16 - end % 16) % 16, '\0') + r.stored;
            table.replace(table.find("SIGN"), 4, text_of_row(known, (end + 15) / 16 * 16));
        }
    return head(table_at) + body + table + signatures;
}
/// "KIND label=content" of each entry, or what is wrong.
std::vector<std::string> entries(std::span<const std::byte> file) {
    const auto parsed = container::parse(file);
    if (!parsed) return {std::string(parsed.error().reason)};
    std::vector<std::string> found;
    for (const entry& e : *parsed) {
        std::string name = number(static_cast<std::uint32_t>(e.kind), 4);
        if (!e.label.empty()) name += " " + std::string(e.label);
        const auto inside = content(e, 1 << 20);
        found.push_back(name + (inside ? "=" + text_of(*inside) : ": " + std::string(inside.error().reason)));
    }
    return found;
}
std::vector<std::string> entries(const std::string& file) { return entries(bytes_of(file)); }
/// What is wrong with one, or nothing.
std::string flaw(const std::string& file) {
    const auto parsed = container::parse(bytes_of(file));
    return parsed ? "" : parsed.error().reason;
}
std::string flaw(const std::vector<row>& rows) { return flaw(made_of(rows)); }

const std::string meta = R"({"name": "acme/image", "version": "1.2.3"})";
const std::string signature(signature_size, 's');
std::string long_text() {
    std::string text;
    for (int i = 0; i < 200; ++i) text += "line " + std::to_string(i % 7) + "\n";
    return text;
}
/// Of every way to hold an entry.
std::string small_container() {
    static const std::string repeated = long_text();
    writer w;
    BOOST_REQUIRE(w.add(kind::meta, bytes_of(meta)));
    BOOST_REQUIRE(w.add(kind::natv, bytes_of("an image"), compression::none, "x86_64-linux-gnu"));
    BOOST_REQUIRE(w.add(kind::scpt, bytes_of(repeated), compression::lz4, "lua"));
    BOOST_REQUIRE(w.add(kind::data, bytes_of(repeated), compression::deflate, "a/b.txt"));
    BOOST_REQUIRE(w.add(kind::data, bytes_of(""), compression::deflate, "a/a.txt"));
    const auto made = w.finish();
    BOOST_REQUIRE(made.has_value());
    return text_of(*made);
}
std::string signed_container(const std::string& file) {
    const auto parsed = container::parse(bytes_of(file));
    BOOST_REQUIRE(parsed.has_value());
    const auto made = signable(*parsed);
    BOOST_REQUIRE(made.has_value());
    return text_of(*made) + signature;
}
constexpr auto per_element = boost::test_tools::per_element();
using strings = std::vector<std::string>;
}  // namespace

BOOST_AUTO_TEST_SUITE(vitb)

BOOST_AUTO_TEST_CASE(a_container_by_hand_is_read) {
    const std::string file = made_of({{"CODE", std::string("\0asm", 4)},
                                      {"DATA", labelled("a", "one")},
                                      {"DATA", labelled("b", std::string(17, 'x'))},
                                      {"META", meta, critical_flag},
                                      {"NATV", labelled("aarch64-linux-gnu", "image")},
                                      {"SIGN", signature + signature},
                                      {"SYMB", ""},
                                      {"what", "who knows"}});
    const strings expected{"CODE=" + std::string("\0asm", 4),
                           "DATA a=one",
                           "DATA b=xxxxxxxxxxxxxxxxx",
                           "META=" + meta,
                           "NATV aarch64-linux-gnu=image",
                           "SIGN=" + signature + signature,
                           "SYMB=",
                           "what=who knows"};
    BOOST_TEST(entries(file) == expected, per_element);
    const auto parsed = container::parse(bytes_of(file));
    BOOST_REQUIRE(parsed.has_value());
    BOOST_TEST(parsed->size() == 8u);
    BOOST_TEST(text_of(parsed->signatures()) == signature + signature);
    BOOST_TEST(text_of(parsed->signed_part()) == file.substr(0, file.size() - 2 * signature_size));
    BOOST_TEST(parsed->signed_part().size() % 16 == 0u);
    BOOST_TEST(text_of(parsed->find(kind::data)->packed) == "one");
    BOOST_TEST(parsed->find(kind::data, "b")->packed.size() == 17u);
    BOOST_TEST(!parsed->find(kind::data, "c").has_value());
    BOOST_TEST(!parsed->find(kind::deps).has_value());
    for (const entry& e : *parsed) BOOST_TEST(e.offset % 16 == 0u);
    BOOST_TEST((reinterpret_cast<std::uintptr_t>(parsed->find(kind::natv)->packed.data()) -
                reinterpret_cast<std::uintptr_t>(parsed->bytes().data())) %
                   16 ==
               0u);

    BOOST_TEST(entries(made_of({})) == strings(), per_element);
    BOOST_TEST(is_container(bytes_of("VITB")));
    BOOST_TEST(!is_container(bytes_of("VIT")));
    BOOST_TEST(!is_container(bytes_of("VITA")));
}

BOOST_AUTO_TEST_CASE(the_writer_writes_the_same_bytes) {
    const std::string by_hand = made_of({{"CODE", "code", critical_flag},
                                         {"DATA", labelled("a", "one"), critical_flag},
                                         {"DATA", labelled("\xc3\xa4", ""), critical_flag},
                                         {"META", meta, critical_flag}});
    const std::pair<kind, std::string> parts[] = {
        {kind::meta, ""}, {kind::data, "\xc3\xa4"}, {kind::data, "a"}, {kind::code, ""}};
    const auto content_of = [](kind k, const std::string& label) {
        return k == kind::meta   ? bytes_of(meta)
               : k == kind::code ? bytes_of("code")
                                 : bytes_of(label == "a" ? "one" : "");
    };
    for (unsigned order = 0; order < 4; ++order) {
        writer w;
        for (unsigned i = 0; i < 4; ++i) {
            const auto& [k, label] = parts[i ^ order];
            BOOST_REQUIRE(w.add(k, content_of(k, label), compression::none, label));
        }
        const auto made = w.finish();
        BOOST_REQUIRE(made.has_value());
        BOOST_TEST(text_of(*made) == by_hand);
    }
    BOOST_TEST(text_of(*writer().finish()) == made_of({}));
}

BOOST_AUTO_TEST_CASE(the_writer_refuses_what_the_reader_would) {
    writer w;
    const auto code = [&](kind k, std::string_view label) {
        return w.add(k, {}, compression::none, label).error().code;
    };
    BOOST_REQUIRE(w.add(kind::meta, {}));
    BOOST_REQUIRE(w.add(kind::data, {}, compression::none, std::string_view("a\\b c")));
    BOOST_TEST((code(kind::meta, "") == errc::already_exists));
    BOOST_TEST((code(kind::data, "a\\b c") == errc::already_exists));
    BOOST_TEST((code(kind::code, "x") == errc::invalid_argument));
    BOOST_TEST((code(kind::sign, "") == errc::invalid_argument));
    BOOST_TEST((code(kind{0x61626364}, "x") == errc::invalid_argument));
    const std::string most(most_of_label, 'x');
    for (const std::string& label : strings{"", most + "x", "a\nb", "\xff", "\xe2\x80\xae", std::string("\0", 1)})
        BOOST_TEST((code(kind::natv, label) == errc::invalid_argument), label);
    BOOST_REQUIRE(w.add(kind::natv, bytes_of("image"), compression::lz4, most));
    const auto made = w.finish();
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST(entries(*made) == (strings{"DATA a\\b c=", "META=", "NATV " + most + "=image"}), per_element);
}

BOOST_AUTO_TEST_CASE(kinds_of_others_are_written_so_that_they_may_be_skipped) {
    const auto what = static_cast<kind>(vitte::loader::vitb::detail::four_bytes("what"));
    const std::string text = long_text();
    writer w;
    BOOST_REQUIRE(w.add(what, bytes_of(text), compression::deflate));
    BOOST_REQUIRE(w.add(kind::meta, bytes_of(meta)));
    BOOST_TEST((w.add(what, {}).error().code == errc::already_exists));
    const auto made = w.finish();
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST(entries(*made) == (strings{"META=" + meta, "what=" + text}), per_element);
    const auto parsed = container::parse(*made);
    BOOST_TEST(parsed->find(what)->flags == deflate_flag);
    BOOST_TEST(parsed->find(kind::meta)->flags == critical_flag);
}

BOOST_AUTO_TEST_CASE(compression_comes_back) {
    const std::string file = small_container();
    const strings expected{"DATA a/a.txt=", "DATA a/b.txt=" + long_text(), "META=" + meta,
                           "NATV x86_64-linux-gnu=an image", "SCPT lua=" + long_text()};
    BOOST_TEST(entries(file) == expected, per_element);
    BOOST_TEST(file.size() < 700u);
    const auto parsed = container::parse(bytes_of(file));
    const entry packed = *parsed->find(kind::data, "a/b.txt"), plain = *parsed->find(kind::natv);
    BOOST_TEST((packed.compression() == compression::deflate));
    BOOST_TEST((parsed->find(kind::scpt)->compression() == compression::lz4));
    BOOST_TEST((parsed->find(kind::data, "a/a.txt")->compression() == compression::none));
    BOOST_TEST(packed.plain_size == long_text().size());
    // Within a bound, and in the caller's memory.
    BOOST_TEST((content(packed, packed.plain_size - 1).error().code == errc::too_large));
    BOOST_TEST(content(packed, packed.plain_size).has_value());
    BOOST_TEST((content(plain, 7).error().code == errc::too_large));
    bytes room(long_text().size() + 1);
    BOOST_TEST(text_of(*content(packed, room)) == long_text());
    BOOST_TEST((content(packed, std::span(room).first(room.size() - 2)).error().code == errc::too_large));
    BOOST_TEST(content(plain, std::span<std::byte>())->data() == plain.packed.data());
    // What it does not make smaller is stored.
    const auto noise = pattern(251);
    for (const auto by : {compression::deflate, compression::lz4}) {
        writer w;
        BOOST_REQUIRE(w.add(kind::code, noise, by));
        const auto made = w.finish();
        BOOST_REQUIRE(made.has_value());
        BOOST_TEST((container::parse(*made)->find(kind::code)->compression() == compression::none));
        BOOST_TEST(entries(*made).front() == "CODE=" + text_of(noise));
    }
}

BOOST_AUTO_TEST_CASE(signatures_are_appended_and_change_nothing_before_them) {
    const std::string file = small_container(), once = signed_container(file);
    const auto parsed = container::parse(bytes_of(once));
    BOOST_REQUIRE(parsed.has_value());
    BOOST_TEST(text_of(parsed->signatures()) == signature);
    BOOST_TEST(parsed->size() == 6u);
    strings all = entries(once), expected = entries(file);
    expected.push_back("SIGN=" + signature);
    std::sort(expected.begin(), expected.end());
    BOOST_TEST(all == expected, per_element);
    // The second one's place is as the first one's.
    BOOST_TEST(text_of(*signable(*parsed)) == text_of(parsed->signed_part()));
    const std::string more = once + signature;
    const auto twice = container::parse(bytes_of(more));
    BOOST_REQUIRE(twice.has_value());
    BOOST_TEST(text_of(twice->signed_part()) == text_of(parsed->signed_part()));
    BOOST_TEST(twice->signatures().size() == 2 * signature_size);
    // Entries behind it in the table, none at all, and the whole file where there are none.
    const std::string with_symbols = made_of({{"META", meta}, {"SYMB", "{}"}});
    BOOST_TEST(entries(signed_container(with_symbols)) == (strings{"META=" + meta, "SIGN=" + signature, "SYMB={}"}),
               per_element);
    BOOST_TEST(entries(signed_container(made_of({}))) == strings{"SIGN=" + signature}, per_element);
    BOOST_TEST(container::parse(bytes_of(file))->signed_part().size() == file.size());
    BOOST_TEST(container::parse(bytes_of(file))->signatures().empty());
    // They are whole, and there is one at least.
    for (const std::string& wrong : {std::string(), signature.substr(1), signature + "x"})
        BOOST_TEST(flaw({{"SIGN", wrong}}) == "the last one is not whole");
    for (const row& wrong :
         {row{"SIGN", signature, 0, 0, UINT64_MAX, 1}, row{"SIGN", signature, 0, 1, UINT64_MAX, 0, 0},
          row{"SIGN", signature, 0, 0, UINT64_MAX, 0, 1}})
        BOOST_TEST(flaw(std::vector{wrong}) == "signatures with a size or a checksum");
    BOOST_TEST(flaw({{"SIGN", signature, deflate_flag}}) == "unknown flags");
    BOOST_TEST(flaw({{"SIGN", signature, 0, 0, 48}}) == "a part does not begin where the last one ends");
    std::string nonzero = made_of({{"SIGN", signature}});
    nonzero[61] = 1;
    BOOST_TEST(flaw(nonzero) == "a byte between its parts is not 0");
}

BOOST_AUTO_TEST_CASE(headers_that_are_wrong) {
    const auto with = [](std::size_t at, const std::string& text) {
        return made_of({{"META", meta}}).replace(at, text.size(), text);
    };
    BOOST_TEST(flaw("") == "not a container");
    BOOST_TEST(flaw(with(0, "VITC")) == "not a container");
    for (const unsigned version : {0u, 1u, 3u, 0x0200u}) {
        BOOST_TEST(flaw(with(4, number(version, 2))) == "another version than 2");
    }
    BOOST_TEST((container::parse(bytes_of(with(4, number(3, 2)))).error().code == errc::not_supported));
    BOOST_TEST(flaw(with(6, number(1, 2))) == "unknown flags");
    for (const std::uint64_t place :
         {std::uint64_t{0}, std::uint64_t{15}, std::uint64_t{17}, UINT64_MAX, UINT64_MAX - 3})
        BOOST_TEST(flaw(with(8, number(place, 8))) == "the table is not where it can be");
    for (const std::uint64_t place : {std::uint64_t{1} << 32, std::uint64_t{1} << 63, UINT64_MAX - 15})
        BOOST_TEST(flaw(with(8, number(place, 8))) == "the file ends too early");
    const std::string file = made_of({{"META", meta}});
    for (const std::uint32_t count : {std::uint32_t{2}, std::uint32_t{0x40000000}, std::uint32_t{UINT32_MAX}})
        BOOST_TEST(flaw(with(file.size() - 44, number(count, 4))) == "the file ends too early");
    BOOST_TEST(flaw(with(file.size() - 44, number(0, 4))) == "a part does not begin where the last one ends");
    BOOST_TEST(flaw(file + "x") == "bytes follow that are no part of the container");
}

BOOST_AUTO_TEST_CASE(entries_that_are_wrong) {
    const std::string six(16, 'x');
    // They overlap each other, the header and the table; sums wrap around.
    BOOST_TEST(flaw({{"CODE", six}, {"META", six, 0, UINT64_MAX, 16}}) == "overlaps what is before it");
    BOOST_TEST(flaw({{"META", six, 0, UINT64_MAX, 0}}) == "overlaps what is before it");
    BOOST_TEST(flaw({{"META", six, 0, 17, UINT64_MAX, UINT64_MAX, 17}}) == "overlaps the table of contents");
    for (const std::uint64_t size : {UINT64_MAX - 1, UINT64_MAX - 15, UINT64_MAX - 16, std::uint64_t{1} << 63})
        BOOST_TEST(flaw({{"META", six, 0, size, UINT64_MAX, UINT64_MAX, size}}) == "overlaps the table of contents");
    for (const std::uint64_t offset : {UINT64_MAX - 15, std::uint64_t{17}, std::uint64_t{32}, std::uint64_t{1} << 63})
        BOOST_TEST(flaw({{"META", six, 0, UINT64_MAX, offset}}) == "a part does not begin where the last one ends");
    // Bytes that belong to nothing.
    BOOST_TEST(flaw({{"META", six, 0, 0, UINT64_MAX, UINT64_MAX, 0}}) ==
               "a part does not begin where the last one ends");
    BOOST_TEST(flaw({{"META", six, 0, 15, UINT64_MAX, UINT64_MAX, 15}}) == "a byte between its parts is not 0");
    // Their order, and how many there are.
    BOOST_TEST(flaw({{"META", ""}, {"CODE", ""}}) == "not in the order of kinds");
    for (const char* single : {"META", "DEPS", "CODE", "SYMB", "PLUG"})
        BOOST_TEST(flaw({{single, ""}, {single, ""}}) == "there can be only one of its kind");
    BOOST_TEST(flaw({{"SIGN", signature}, {"SIGN", ""}}) != "");
    BOOST_TEST(flaw({{"what", ""}, {"what", ""}}) == "");
    for (const char* several : {"NATV", "SCPT", "DATA", "DBUG"}) {
        BOOST_TEST(flaw({{several, labelled("a", "")}, {several, labelled("b", "")}}) == "");
        BOOST_TEST(flaw({{several, labelled("b", "")}, {several, labelled("a", "")}}) == "not in the order of labels");
        BOOST_TEST(flaw({{several, labelled("a", "1")}, {several, labelled("a", "2")}}) ==
                   "there is another one of its kind with this label");
    }
    // Kinds, flags and the last field.
    BOOST_TEST(flaw({{"what", "", critical_flag}}) == "its kind is not known, but must be to read the file");
    BOOST_TEST(flaw({{"meta", "", critical_flag}}) == "its kind is not known, but must be to read the file");
    for (unsigned bit = 2; bit < 31; ++bit) BOOST_TEST(flaw({{"META", "", 1u << bit}}) == "unknown flags");
    BOOST_TEST(flaw({{"META", six, deflate_flag | lz4_flag, 100}}) == "compressed in two ways at once");
    BOOST_TEST(flaw({{"META", "", 0, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, 1}}) == "its last field is not 0");
    // Labels.
    for (const std::string& text :
         {std::string(), std::string("\1"), number(15, 2) + "x", filled(number(15, 2) + "x").substr(0, 31)}) {
        BOOST_TEST(flaw({{"NATV", text}}) == "ends inside its label", hex(bytes_of(text)));
    }
    BOOST_TEST(flaw({{"NATV", number(0xffff, 2) + std::string(64, 'x')}}) == "ends inside its label");
    for (const std::string& label : {std::string(), std::string("\n"), std::string("\x80"), std::string(1025, 'x')})
        BOOST_TEST(flaw({{"NATV", labelled(label, "")}}) == "not a text for a line");
    BOOST_TEST(flaw({{"NATV", number(1, 2) + "x" + std::string(12, '\0') + "y"}}) ==
               "a byte between its parts is not 0");
    // Damage.
    BOOST_TEST(entries(made_of({{"META", meta, 0, UINT64_MAX, UINT64_MAX, 1}})).front() ==
               "META: its checksum is wrong");
}

BOOST_AUTO_TEST_CASE(sizes_that_lie_and_bombs) {
    const std::string plain = long_text();
    for (const auto by : {compression::deflate, compression::lz4}) {
        bytes packed(plain.size());
        const std::size_t size = by == compression::deflate ? *vitte::deflate(bytes_of(plain), packed)
                                                            : *vitte::lz4_compress(bytes_of(plain), packed);
        const std::string stored = text_of(std::span(packed).first(size));
        const auto said = [&](std::uint64_t size_said, unsigned flags) {
            return entries(made_of({{"META", stored, flags, size_said}})).front();
        };
        const auto flag = static_cast<unsigned>(by), other = flag ^ 3;
        BOOST_TEST(said(plain.size(), flag) == "META=" + plain);
        BOOST_TEST(said(plain.size() + 1, flag) == "META: another size than the table says");
        BOOST_TEST(said(plain.size() - 1, flag) == "META: it becomes larger than allowed");
        BOOST_TEST(said(plain.size(), other).starts_with("META: "));
        BOOST_TEST(said(plain.size(), 0) == "not compressed, but with another size before that");
        // No memory is asked for what cannot be.
        for (const std::uint64_t most : {std::uint64_t{1} << 40, UINT64_MAX - 1})
            BOOST_TEST(said(most, flag) == "its size cannot be that of what is compressed there");
        BOOST_TEST(said(size, flag) == "its size cannot be that of what is compressed there");
        BOOST_TEST(said(0, flag) == "its size cannot be that of what is compressed there");
    }
    // A thousandfold is not decompressed further than allowed.
    const std::string zeros(1 << 18, '\0');
    writer w;
    BOOST_REQUIRE(w.add(kind::code, bytes_of(zeros), compression::deflate));
    BOOST_REQUIRE(w.add(kind::data, bytes_of(zeros), compression::lz4, "z"));
    const auto made = w.finish();
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST(made->size() < 6000u);
    const auto parsed = container::parse(*made);
    BOOST_REQUIRE(parsed.has_value());
    for (const entry& e : *parsed) {
        BOOST_TEST((content(e, zeros.size() - 1).error().code == errc::too_large));
        BOOST_TEST(content(e, zeros.size())->text() == zeros);
    }
    bytes room(5000, std::byte{0x55});
    BOOST_TEST((content((*parsed)[0], std::span(room).first(4096)).error().code == errc::too_large));
    BOOST_TEST(std::all_of(room.begin() + 4096, room.end(), [](std::byte b) { return b == std::byte{0x55}; }));
}

BOOST_AUTO_TEST_CASE(a_label_may_not_be_smaller_than_its_entry) {
    BOOST_TEST(flaw({{"NATV", labelled("a", ""), 0, 15}}) == "smaller than its label");
    const std::string file = made_of({{"NATV", labelled("a", ""), 0, 16}});
    BOOST_TEST(flaw(file) == "");
}

// A file that ends early is an error wherever it ends, but for one that ends behind a whole signature.
BOOST_AUTO_TEST_CASE(every_truncation_is_found) {
    const std::string plain = small_container(), file = signed_container(plain) + signature;
    for (std::size_t size = 0; size < plain.size(); ++size) {
        // A copy, so that sanitizers see its end.
        const bytes cut = vector_of(plain.substr(0, size));
        BOOST_TEST(!container::parse(cut).has_value(), size);
    }
    const std::size_t with_one = file.size() - signature_size;
    for (std::size_t size = 0; size < file.size(); ++size) {
        const bytes cut = vector_of(file.substr(0, size));
        BOOST_TEST(container::parse(cut).has_value() == (size == with_one), size);
    }
}

// A damaged bit is an error, or is one of the flag for kinds that are not known, which they all are, or of a signature.
BOOST_AUTO_TEST_CASE(every_flipped_bit_is_found) {
    const std::string file = signed_container(small_container());
    const strings whole = entries(file);
    const std::size_t signed_size = file.size() - signature_size;
    std::size_t silent = 0;
    for (std::size_t at = 0; at < file.size(); at += at < file.size() - 400 ? stride : 1)
        for (unsigned bit = 0; bit < 8; ++bit) {
            bytes damaged = vector_of(file);
            damaged[at] ^= static_cast<std::byte>(1u << bit);
            const strings found = entries(damaged);
            if (at >= signed_size) {
                BOOST_TEST(found.size() == whole.size());
                continue;
            }
            const bool is_error =
                found.size() != whole.size() || std::any_of(found.begin(), found.end(), [&](const std::string& e) {
                    return std::find(whole.begin(), whole.end(), e) == whole.end();
                });
            if (!is_error) ++silent;
            if (is_error && found.size() == whole.size())
                for (std::size_t i = 0; i < found.size(); ++i)
                    BOOST_TEST((found[i] == whole[i] || found[i].find(": ") != std::string::npos), at);
            if (is_error && found.size() != whole.size()) BOOST_TEST(found.size() == 1u);
        }
    // The flag of each of the entries.
    BOOST_TEST(silent == whole.size());
}

BOOST_AUTO_TEST_SUITE_END()
