#include <boost/test/unit_test.hpp>

#include <string>

#include "../../support/canvas.hpp"
#include "../../support/walk_pe.hpp"

namespace {
namespace pe = vitte::loader::pe;
using vitte::byte_order;
using vitte::errc;
using vitte::loader::encoding;
using vitte::loader::parse_error;
using strings = std::vector<std::string>;

constexpr std::size_t pe_at = 64, optional_at = pe_at + 24, contents = 0x400;
constexpr std::size_t delta = 0x1000 - contents;  // between addresses and places in the file

std::size_t directories_at(bool wide) { return optional_at + (wide ? 112 : 96); }

/// The headers of a library with one section of 0x400 bytes at address 0x1000.
canvas headers(bool wide) {
    canvas c({wide, byte_order::little}, 2 * contents);
    c.text(0, "MZ").put32(60, pe_at).text(pe_at, "PE");
    c.put16(pe_at + 4, wide ? 0x8664 : 0x14c).put16(pe_at + 6, 1).put16(pe_at + 22, 0x2002);
    const std::size_t optional_size = (wide ? 112 : 96) + 16 * 8;
    c.put16(pe_at + 20, static_cast<unsigned>(optional_size)).put16(optional_at, wide ? 0x20b : 0x10b);
    c.put32(optional_at + 16, 0x1234).word(optional_at + (wide ? 24 : 28), 0x10000);
    c.put32(optional_at + 32, 0x1000).put32(optional_at + 36, 0x200).put32(optional_at + 56, 0x2000);
    c.put32(optional_at + 60, contents).put16(optional_at + 68, 3).put16(optional_at + 70, 0x140);
    c.put32(directories_at(wide) - 4, 16);
    const std::size_t section = optional_at + optional_size;
    c.text(section, ".all").put32(section + 8, 0x400).put32(section + 12, 0x1000).put32(section + 16, 0x400);
    return c.put32(section + 20, contents).put32(section + 36, 0xe0000020);
}

void direct(canvas& c, pe::directory to, std::size_t address, std::size_t size) {
    const std::size_t at = directories_at(c.form.wide) + 8 * static_cast<std::size_t>(to);
    c.put32(at, address).put32(at + 4, size);
}

/// Three ordinals from 5 on: a function, none, a forwarder; two names.
void add_exports(canvas& c) {
    direct(c, pe::directory::exports, 0x1000, 0x100);
    const std::size_t at = contents;
    c.put32(at + 12, 0x1080).put32(at + 16, 5).put32(at + 20, 3).put32(at + 24, 2);
    c.put32(at + 28, 0x1040).put32(at + 32, 0x1050).put32(at + 36, 0x1060);
    c.put32(at + 0x40, 0x1300).put32(at + 0x48, 0x10c0).put32(at + 0x50, 0x1090).put32(at + 0x54, 0x10a0);
    c.put16(at + 0x60, 2).put16(at + 0x62, 0);
    c.text(at + 0x80, "own.dll").text(at + 0x90, "alpha").text(at + 0xa0, "beta").text(at + 0xc0, "other.gamma");
}

/// One name and one ordinal of one library, and one name that is delayed.
void add_imports(canvas& c) {
    const std::size_t w = c.form.word_size(), at = contents;
    direct(c, pe::directory::imports, 0x1100, 40);
    c.put32(at + 0x100, 0x1200).put32(at + 0x10c, 0x1170).put32(at + 0x110, 0x1150);
    c.text(at + 0x170, "needed.dll")
        .put16(at + 0x180, 3)
        .text(at + 0x182, "open")
        .put16(at + 0x190, 4)
        .text(at + 0x192, "close");
    c.word(at + 0x200, 0x1180).word(at + 0x200 + w, (std::uint64_t{1} << (8 * w - 1)) | 7);
    direct(c, pe::directory::delay_imports, 0x1220, 64);
    c.put32(at + 0x220, 1).put32(at + 0x224, 0x1280).put32(at + 0x22c, 0x1300).put32(at + 0x230, 0x1290);
    c.text(at + 0x280, "late.dll").word(at + 0x290, 0x1190);
}

void add_rest(canvas& c) {
    const std::size_t w = c.form.word_size(), at = contents;
    direct(c, pe::directory::base_relocations, 0x12b0, 12);
    c.put32(at + 0x2b0, 0x1000).put32(at + 0x2b4, 12).put16(at + 0x2b8, 10 << 12 | 8);
    direct(c, pe::directory::debug, 0x12c0, 28);
    c.put32(at + 0x2cc, 2).put32(at + 0x2d0, 30).put32(at + 0x2d4, 0x12e0).put32(at + 0x2d8, at + 0x2e0);
    c.text(at + 0x2e0, "RSDS").put32(at + 0x2f4, 2).text(at + 0x2f8, "a.pdb");
    direct(c, pe::directory::tls, 0x1310, 4 * w + 8);
    c.word(at + 0x310, 0x11000).word(at + 0x310 + w, 0x11010).put32(at + 0x310 + 4 * w, 8);
    direct(c, pe::directory::certificates, c.bytes.size(), 16);
    c.put32(2 * contents, 16).put16(2 * contents + 4, 0x200).put16(2 * contents + 6, 2).put32(2 * contents + 12, 0);
}

std::vector<std::byte> whole_image(bool wide) {
    canvas c = headers(wide);
    add_exports(c), add_imports(c), add_rest(c);
    return c.bytes;
}

/// An object with a section, two relocations, and a symbol with an auxiliary record before one with a long name.
std::vector<std::byte> object(bool big) {
    canvas c({true, byte_order::little}, 0);
    const std::size_t header = big ? 56 : 20, stride = big ? 20 : 18;
    const std::size_t relocations = header + 40, symbols = relocations + 20, names = symbols + 3 * stride;
    if (big) {
        c.put16(2, 0xffff).put16(4, 2).put16(6, 0xaa64).put32(44, 1).put32(48, symbols).put32(52, 3);
        for (std::size_t i = 0; i < 16; ++i) c.put8(12 + i, pe::detail::big_object_id[i]);
    } else {
        c.put16(0, 0xaa64).put16(2, 1).put32(8, symbols).put32(12, 3);
    }
    c.text(header, "/4").put32(header + 24, relocations).put16(header + 32, 2).put32(header + 36, 0x60000020);
    c.put32(relocations, 0x10).put32(relocations + 4, 2).put16(relocations + 8, 3);
    c.put32(relocations + 10, 0x20).put32(relocations + 14, 2).put16(relocations + 18, 4);
    const auto symbol = [&](std::size_t at, unsigned section, unsigned storage, unsigned auxiliary) {
        if (big)
            c.put32(at + 12, section);
        else
            c.put16(at + 12, section);
        c.put8(at + stride - 2, storage).put8(at + stride - 1, auxiliary);
    };
    c.text(symbols, "eight888");
    symbol(symbols, 1, 3, 1);
    c.text(symbols + stride, "not a symbol").put32(symbols + 2 * stride + 4, 15);
    symbol(symbols + 2 * stride, 0, 2, 0);
    c.put32(names, 31).text(names + 4, ".long$name").text(names + 15, "a_long_name_too").put8(names + 30, 0);
    return c.bytes;
}

const char* reason_of(std::span<const std::byte> bytes) {
    const auto file = pe::file::parse(bytes);
    return file ? "" : file.error().reason;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(pe_format)

BOOST_AUTO_TEST_CASE(reads_images_of_both_sizes) {
    for (const bool wide : {false, true}) {
        const auto bytes = whole_image(wide);
        const auto file = pe::file::parse(bytes);
        BOOST_REQUIRE_MESSAGE(file.has_value(), reason_of(bytes));
        BOOST_TEST(file->header().image);
        BOOST_TEST((file->header().machine == (wide ? pe::machine::x86_64 : pe::machine::i386)));
        BOOST_TEST(file->image().form.wide == wide);
        BOOST_TEST(file->image().entry == 0x1234u);
        BOOST_TEST(file->image().base == 0x10000u);
        BOOST_TEST(file->image().subsystem == 3u);
        BOOST_REQUIRE(file->sections().size() == 1u);
        BOOST_TEST(*file->name(file->sections()[0]) == ".all");
        BOOST_TEST(file->content(file->sections()[0])->offset == contents);
        BOOST_TEST(file->from(0x1010, "here")->offset == 0x1010 - delta);
        BOOST_TEST((file->from(0x3000, "here").error().reason ==
                    std::string("its address is in no section's part of the file")));
    }
}

BOOST_AUTO_TEST_CASE(exports_have_ordinals_names_and_forwarders) {
    const auto bytes = whole_image(true);
    const auto exports = pe::export_table::read(*pe::file::parse(bytes));
    BOOST_REQUIRE(exports.has_value());
    BOOST_TEST(exports->library() == "own.dll");
    BOOST_REQUIRE(exports->size() == 3u);
    BOOST_TEST(exports->at(0)->address == 0x1300u);
    BOOST_TEST(exports->at(0)->forwarder == "");
    BOOST_TEST(exports->at(1)->address == 0u);
    BOOST_TEST(exports->name(0)->name == "alpha");
    const auto alpha = exports->find("alpha"), beta = exports->find("beta");
    BOOST_REQUIRE((alpha && beta));
    BOOST_TEST(alpha->ordinal == 7u);
    BOOST_TEST(alpha->forwarder == "other.gamma");
    BOOST_TEST(beta->ordinal == 5u);
    for (const char* name : {"", "aaa", "alph", "gamma"})
        BOOST_TEST((exports->find(name).error().code == errc::not_found));
    const auto bare = headers(true).bytes;
    BOOST_TEST((pe::export_table::read(*pe::file::parse(bare)).error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(imports_are_by_name_by_ordinal_and_delayed) {
    for (const bool wide : {false, true}) {
        const auto bytes = whole_image(wide);
        const auto file = pe::file::parse(bytes);
        strings found;
        const auto done = pe::for_each_import(*file, [&](const pe::imported& i) {
            found.push_back(std::string(i.library.name) + (i.library.delayed ? "? " : " ") + std::string(i.name) + " " +
                            std::to_string(i.ordinal));
        });
        BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().reason));
        BOOST_TEST((found == strings{"needed.dll open 3", "needed.dll  7", "late.dll? close 4"}));
    }
}

BOOST_AUTO_TEST_CASE(old_delayed_imports_have_absolute_addresses) {
    canvas c = headers(false);
    add_imports(c);
    c.put32(contents + 0x220, 0);
    for (const std::size_t at : {0x224u, 0x22cu, 0x230u}) {
        const auto relative = c.form.u32(c.bytes.data() + contents + at);
        c.put32(contents + at, std::uint64_t{relative} + 0x10000);
    }
    strings found;
    const auto done =
        pe::for_each_import(*pe::file::parse(c.bytes), [&](const pe::imported& i) { found.emplace_back(i.name); });
    BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().reason));
    BOOST_TEST((found == strings{"open", "", "close"}));
}

BOOST_AUTO_TEST_CASE(many_imports_of_one_long_name_are_refused) {
    canvas c = headers(false);
    direct(c, pe::directory::imports, 0x1100, 40);
    c.put32(contents + 0x100, 0x1200).put32(contents + 0x10c, 0x1170).put32(contents + 0x110, 0x1150);
    c.text(contents + 0x170, "needed.dll").text(contents + 0x1a2, std::string(0x5d, 'n'));
    for (std::size_t at = 0x200; at < 0x3f0; at += 4) c.put32(contents + at, 0x11a0);
    std::size_t read = 0;
    const auto done =
        pe::for_each_import(*pe::file::parse(c.bytes), [&](const pe::imported& i) { read += i.name.size(); });
    BOOST_REQUIRE(!done.has_value());
    BOOST_TEST(done.error().reading == std::string("name of an import"));
    BOOST_TEST((read > c.bytes.size() && read <= 4 * c.bytes.size()));
}

BOOST_AUTO_TEST_CASE(relocations_debug_storage_and_certificates) {
    const auto bytes = whole_image(false);
    const auto file = pe::file::parse(bytes);
    std::vector<std::pair<std::uint32_t, unsigned>> relocations;
    BOOST_REQUIRE(pe::for_each_base_relocation(*file, [&](std::uint32_t at, unsigned type) {
                      relocations.emplace_back(at, type);
                  }).has_value());
    BOOST_TEST((relocations == decltype(relocations){{0x1008, 10}, {0x1000, 0}}));
    const auto pdb = pe::read_code_view(*file);
    BOOST_REQUIRE((pdb && *pdb));
    BOOST_TEST((*pdb)->path == "a.pdb");
    BOOST_TEST((*pdb)->age == 2u);
    BOOST_TEST((*pdb)->guid.size() == 16u);
    const auto tls = pe::read_tls(*file);
    BOOST_REQUIRE((tls && *tls));
    BOOST_TEST((*tls)->data_end - (*tls)->data_begin == 16u);
    BOOST_TEST((*tls)->zeros == 8u);
    std::size_t certificates = 0;
    BOOST_REQUIRE(pe::for_each_certificate(*file, [&](const pe::certificate& found) {
                      certificates += found.type == 2 && found.content.offset == 2 * contents + 8 &&
                                      found.content.bytes.size() == 8;
                  }).has_value());
    BOOST_TEST(certificates == 1u);
}

BOOST_AUTO_TEST_CASE(reads_objects_of_both_kinds) {
    for (const bool big : {false, true}) {
        const auto bytes = object(big);
        const auto file = pe::file::parse(bytes);
        BOOST_REQUIRE_MESSAGE(file.has_value(), reason_of(bytes));
        BOOST_TEST(
            (!file->header().image && file->header().big == big && file->header().machine == pe::machine::aarch64));
        const pe::section section = file->sections()[0];
        BOOST_TEST(*file->name(section) == ".long$name");
        const auto relocations = file->relocations(section);
        BOOST_REQUIRE((relocations && relocations->size() == 2u));
        BOOST_TEST((*relocations)[1].address == 0x20u);
        BOOST_TEST(relocation_name(file->header().machine, (*relocations)[0].type) == "IMAGE_REL_ARM64_BRANCH26");
        strings names;
        file->for_each_symbol([&](const pe::symbol& s, std::size_t index) {
            names.push_back(std::to_string(index) + " " + std::string(*file->name(s)) +
                            (s.external() ? " external" : "") + (s.defined() ? " defined" : ""));
        });
        BOOST_TEST((names == strings{"0 eight888 defined", "2 a_long_name_too external"}));
    }
}

BOOST_AUTO_TEST_CASE(more_relocations_than_a_header_can_count) {
    auto bytes = object(false);
    canvas c({true, byte_order::little}, 0);
    c.bytes = bytes;
    c.put16(20 + 32, 0xffff).put32(20 + 36, 0x61000020).put32(60, 2);
    const auto file = pe::file::parse(c.bytes);
    const auto relocations = file->relocations(file->sections()[0]);
    BOOST_REQUIRE((relocations && relocations->size() == 1u));
    BOOST_TEST((*relocations)[0].address == 0x20u);
    c.put32(60, 0);
    BOOST_TEST(!file->relocations(file->sections()[0]).has_value());
}

BOOST_AUTO_TEST_CASE(errors_say_what_and_where) {
    const auto bytes = whole_image(true);
    BOOST_TEST(reason_of({}) == "neither a PE image nor a COFF object");
    BOOST_TEST(reason_of(std::span(bytes).first(pe_at)) == "reaches past the end of the file");
    BOOST_TEST((pe::file::parse(std::span(bytes).first(2 * contents - 1)).error().code == errc::end_of_input));
    const auto changed = [&](std::size_t at, unsigned value) {
        canvas c({true, byte_order::little}, 0);
        c.bytes = bytes;
        return c.put16(at, value).bytes;
    };
    BOOST_TEST(reason_of(changed(pe_at, 0x454e)) == "a DOS program, not a PE image");
    BOOST_TEST(reason_of(changed(pe_at + 4, 0x9999)) == "an unknown machine");
    BOOST_TEST(reason_of(changed(pe_at + 20, 0)) == "an image without one");
    BOOST_TEST(reason_of(changed(optional_at, 0x107)) == "neither PE32 nor PE32+");
    BOOST_TEST((pe::file::parse(changed(optional_at, 0x107)).error().offset == optional_at));
    BOOST_TEST(reason_of(changed(optional_at + 32, 3)) == "the alignment of sections is not a power of two");
    BOOST_TEST(reason_of(changed(optional_at + 240 + 16, 0x500)) == "a section reaches past the end of the file");
    auto import_object = object(true);
    import_object[4] = std::byte{0};
    BOOST_TEST((pe::file::parse(import_object).error().code == errc::not_supported));
}

BOOST_AUTO_TEST_CASE(tables_without_an_end_do_not_take_forever) {
    canvas c = headers(true);
    add_imports(c);
    for (std::size_t at = 0x100; at < 0x3ec; at += 20)  // all share one table, which fills the rest of the section
        c.put32(contents + at, 0x1000).put32(contents + at + 12, 0x1170).put32(contents + at + 16, 0x1000);
    for (std::size_t at = 0; at < 0xf8; at += 8) c.put(contents + at, (std::uint64_t{1} << 63) | 1);
    c.put(contents + 0xf8, std::uint64_t{0});
    std::size_t seen = 0;
    const auto done = pe::for_each_import(*pe::file::parse(c.bytes), [&](const pe::imported&) { ++seen; });
    BOOST_TEST(!done.has_value());
    BOOST_TEST(seen <= c.bytes.size() / 8);
}

BOOST_AUTO_TEST_CASE(every_truncation_and_every_flipped_bit_is_survived) {
    for (const auto& bytes : {whole_image(false), whole_image(true), object(false), object(true)}) {
        BOOST_TEST(walk_pe(bytes) > 4u);
        damage(bytes, walk_pe);
    }
}

BOOST_AUTO_TEST_SUITE_END()
