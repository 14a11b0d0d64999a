#include <boost/test/unit_test.hpp>

#include <string>

#include "../../support/canvas.hpp"
#include "../../support/walk_macho.hpp"

namespace {
namespace macho = vitte::loader::macho;
using vitte::byte_order;
using vitte::errc;
using vitte::loader::encoding;
using strings = std::vector<std::string>;

constexpr encoding encodings[] = {
    {false, byte_order::little}, {false, byte_order::big}, {true, byte_order::little}, {true, byte_order::big}};
constexpr std::uint64_t base = 0x10000, data_address = 0x12000;

/// A file that grows: load commands behind the header, what they point to from 0x600 on.
struct builder {
    canvas file;
    std::size_t command_at, content_at = 0x600;
    unsigned commands = 0;

    builder(encoding e, unsigned machine, unsigned type) : file(e, 0x800), command_at(e.wide ? 32 : 28) {
        file.put32(0, e.wide ? 0xfeedfacf : 0xfeedface).put32(4, machine).put32(12, type);
    }
    /// Where the new command begins.
    std::size_t command(unsigned type, std::size_t size) {
        const std::size_t at = command_at, begin = file.form.wide ? 32 : 28;
        file.put32(at, type).put32(at + 4, size);
        command_at += size;
        file.put32(16, ++commands).put32(20, command_at - begin);
        return at;
    }
    /// A command whose text follows fields of `fixed` bytes.
    std::size_t with_text(unsigned type, std::size_t fixed, std::string_view text) {
        const std::size_t at = command(type, (fixed + text.size() + 8) & ~std::size_t{7});
        file.put32(at + 8, fixed).text(at + fixed, text);
        return at;
    }
    std::size_t content(std::string_view bytes) {
        const std::size_t at = content_at;
        file.text(at, bytes);
        content_at = (content_at + bytes.size() + 7) & ~std::size_t{7};
        return at;
    }
    void point(std::size_t field, std::string_view bytes) {
        file.put32(field, content(bytes)).put32(field + 4, bytes.size());
    }
    /// A segment of 0x200 bytes in the file with one section, which is all of it and has relocations.
    void segment(std::string_view name, std::uint64_t address, std::size_t offset, unsigned access,
                 std::size_t relocations = 0, unsigned count = 0) {
        const encoding e = file.form;
        const std::size_t w = e.word_size(), fixed = 24 + 4 * w + 16;
        const std::size_t at = command(e.wide ? 0x19 : 1, fixed + macho::section::size_in(e)), section = at + fixed;
        file.text(at + 8, name)
            .word(at + 24, address)
            .word(at + 24 + w, 0x200)
            .word(at + 24 + 2 * w, offset)
            .word(at + 24 + 3 * w, 0x200);
        file.put32(at + fixed - 16, 7).put32(at + fixed - 12, access).put32(at + fixed - 8, 1);
        file.text(section, "__things")
            .text(section + 16, name)
            .word(section + 32, address)
            .word(section + 32 + w, 0x200);
        file.put32(section + 32 + 2 * w, offset)
            .put32(section + 40 + 2 * w, relocations)
            .put32(section + 44 + 2 * w, count);
    }
};

/// What every linked file has, without what tells symbols.
builder library(encoding e) {
    builder b(e, e.wide ? 0x01000007 : 7, 6);
    b.segment("__TEXT", base, 0, 5);
    b.segment("__DATA", data_address, 0x400, 3);
    const std::size_t id = b.with_text(0xd, 24, "@rpath/own.dylib");
    b.file.put32(id + 16, 0x10203).put32(id + 20, 0x10000);
    b.with_text(0xc, 24, "/usr/lib/one.dylib");
    b.with_text(0x80000018, 24, "/usr/lib/two.dylib");
    b.with_text(0x8000001c, 12, "@loader_path/..");
    const std::size_t uuid = b.command(0x1b, 24), platform = b.command(0x32, 24), main = b.command(0x80000028, 24);
    b.file.text(uuid + 8, "0123456789abcdef");
    b.file.put32(platform + 8, 1).put32(platform + 12, 0xd0100).put32(platform + 16, 0xe0000);
    b.file.put(main + 8, std::uint64_t{0x30});
    return b;
}

/// LC_DYLD_INFO: two pointers that move, three that are bound in each way; a trie.
std::vector<std::byte> classic(encoding e) {
    builder b = library(e);
    const std::size_t info = b.command(0x80000022, 48);
    b.point(info + 8, std::string_view("\x11\x21\x08\x52\x00", 5));
    b.point(info + 16, std::string_view("\x12\x41_puts\0\x51\x71\x20\x90\x00", 12));
    b.point(info + 24, std::string_view("\x40_new\0\x51\x71\x28\xc0\x02\x08\x00", 13));
    b.point(info + 32, std::string_view("\x71\x40\x3e\x40_late\0\x90\x00", 12));
    std::string nodes(0x40, '\0');
    nodes.replace(0, 5, std::string_view("\0\x01_\0\x05", 5));
    nodes.replace(5, 16,
                  std::string_view("\0\x03"
                                   "add\0\x18re\0\x20s\0\x30",
                                   14));
    nodes.replace(0x18, 4, std::string_view("\x02\x04\x22\0", 4));        // _add: weak, at 0x22
    nodes.replace(0x20, 9, std::string_view("\x07\x08\x02_old\0\0", 9));  // _re: _old of library 2
    nodes.replace(0x30, 5, std::string_view("\x03\x10\x05\x06\0", 5));    // _s: code that calls its resolver
    b.point(info + 40, nodes);
    const std::size_t symbols = b.command(2, 24), stride = e.wide ? 16 : 12, table = b.content_at;
    b.file.put32(symbols + 8, table).put32(symbols + 12, 2);
    b.file.put32(table, 1).put8(table + 4, 0xf).put8(table + 5, 1).word(table + 8, base + 0x22);
    b.file.put32(table + stride, 6).put8(table + stride + 4, 1).put16(table + stride + 6, 0x240);
    b.content_at += 2 * stride;
    b.point(symbols + 16, std::string_view("\0_add\0_puts\0", 12));
    const std::size_t signature = b.command(0x1d, 16);
    canvas blob({false, byte_order::big}, 20 + 44 + 8);
    blob.put32(0, 0xfade0cc0).put32(4, 72).put32(8, 1).put32(16, 20).put32(20, 0xfade0c02).put32(24, 52).put32(32, 2);
    blob.put32(40, 44).put8(57, 2).text(64, "me.own");
    b.point(signature + 8, {reinterpret_cast<const char*>(blob.bytes.data()), blob.bytes.size()});
    return b.file.bytes;
}

/// LC_DYLD_CHAINED_FIXUPS: a bound pointer, one that moves, and a bound one, 8 bytes apart.
std::vector<std::byte> chained(encoding e) {
    builder b = library(e);
    const std::size_t command = b.command(0x80000034, 16), at = b.content_at;
    b.point(command + 8, std::string(0x80, '\0'));
    b.file.put32(at + 4, 32).put32(at + 8, 80).put32(at + 12, 88).put32(at + 16, 2).put32(at + 20, 1);
    b.file.put32(at + 32, 2).put32(at + 40, 16);  // segments; the second begins at 32 + 16
    b.file.put32(at + 48, 24)
        .put16(at + 52, 0x1000)
        .put16(at + 54, e.wide ? 6 : 3)
        .put16(at + 68, 1)
        .put16(at + 70, 0x10);
    b.file.put32(at + 80, 1 | 1 << 9).put32(at + 84, 0xfe | 1 << 8 | 7 << 9);
    b.file.text(at + 89, "_puts").text(at + 95, "_maybe");
    for (unsigned i = 0; i < 3; ++i) {
        const std::uint64_t next = i == 2 ? 0 : 2, import = i / 2, bind = i % 2 == 0;
        b.file.word(0x410 + 8 * i, e.wide ? bind << 63 | next << 51 | import : bind << 31 | next << 26 | import);
    }
    return b.file.bytes;
}

std::string text_of(const macho::version& v) {
    return std::to_string(v.release()) + "." + std::to_string(v.update()) + "." + std::to_string(v.patch());
}
const char* reason_of(std::span<const std::byte> bytes) {
    const auto file = macho::file::parse(bytes);
    return file ? "" : file.error().reason;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(macho_format)

BOOST_AUTO_TEST_CASE(reads_either_size_and_byte_order) {
    for (const encoding e : encodings) {
        const auto bytes = classic(e);
        const auto file = macho::file::parse(bytes);
        BOOST_REQUIRE_MESSAGE(file.has_value(), reason_of(bytes));
        BOOST_TEST((file->header().form.wide == e.wide && file->header().form.order == e.order));
        BOOST_TEST((file->header().type == macho::file_type::dynamic_library));
        BOOST_TEST(name_of(file->header().machine) == (e.wide ? "x86_64" : "i386"));
        strings found;
        file->for_each_segment([&](const macho::segment& s) {
            found.emplace_back(s.name);
            for (const macho::section section : s.sections)
                found.push_back(std::string(section.segment) + "," + std::string(section.name));
        });
        BOOST_TEST((found == strings{"__TEXT", "__TEXT,__things", "__DATA", "__DATA,__things"}));
        BOOST_TEST(**file->entry() == base + 0x30);
        const auto id = file->id();
        BOOST_REQUIRE((id && *id));
        BOOST_TEST((*id)->name == "@rpath/own.dylib");
        BOOST_TEST(text_of((*id)->current) == "1.2.3");
        found.clear();
        BOOST_TEST(file->for_each_needed([&](const macho::library& l) { found.emplace_back(l.name); }).has_value());
        BOOST_TEST(file->for_each_rpath([&](std::string_view path) { found.emplace_back(path); }).has_value());
        BOOST_TEST(file->for_each_platform([&](const macho::build_version& v) {
                           found.push_back(std::string(name_of(v.platform)) + " " + text_of(v.minimum) + " " +
                                           text_of(v.sdk));
                       })
                       .has_value());
        BOOST_TEST(
            (found == strings{"/usr/lib/one.dylib", "/usr/lib/two.dylib", "@loader_path/..", "macos 13.1.0 14.0.0"}));
        BOOST_TEST(std::to_integer<int>((*file->uuid())[15]) == 'f');
        const auto symbols = file->symbols();
        BOOST_REQUIRE((symbols && symbols->entries.size() == 2u));
        BOOST_TEST(*symbols->name(symbols->entries[0]) == "_add");
        BOOST_TEST((symbols->entries[0].external() && symbols->entries[0].defined() &&
                    symbols->entries[0].value == base + 0x22));
        BOOST_TEST((!symbols->entries[1].defined() && symbols->entries[1].weak_import() &&
                    symbols->entries[1].library() == 2));
        const auto signature = macho::read_code_signature(*file);
        BOOST_REQUIRE((signature && *signature));
        BOOST_TEST((*signature)->identifier == "me.own");
        BOOST_TEST(((*signature)->ad_hoc && (*signature)->hash_type == 2));
    }
}

BOOST_AUTO_TEST_CASE(bindings_and_rebases_are_programs) {
    for (const encoding e : encodings) {
        const auto bytes = classic(e);
        const auto file = macho::file::parse(bytes);
        strings found;
        const auto bound = macho::for_each_binding(*file, [&](const macho::binding& b) {
            found.push_back(std::string(b.name) + " " + std::to_string(static_cast<int>(b.kind)) + " " +
                            std::to_string(b.library) + " " + std::to_string(b.address - data_address) +
                            (b.weak_import ? " weak" : ""));
        });
        BOOST_REQUIRE_MESSAGE(bound.has_value(), (bound ? "" : bound.error().reason));
        const std::string second = std::to_string(0x28 + e.word_size() + 8);
        BOOST_TEST((found == strings{"_puts 0 2 32 weak", "_new 1 0 40", "_new 1 0 " + second, "_late 2 -2 64"}));
        std::vector<std::uint64_t> moved;
        BOOST_TEST(macho::for_each_rebase(*file, [&](std::uint64_t at, unsigned) {
                       moved.push_back(at - data_address);
                   }).has_value());
        BOOST_TEST((moved == std::vector<std::uint64_t>{8, 8 + e.word_size()}));
    }
}

BOOST_AUTO_TEST_CASE(exports_are_a_trie) {
    const auto bytes = classic({true, byte_order::little});
    const auto exports = macho::export_trie::read(*macho::file::parse(bytes));
    BOOST_REQUIRE((exports && !exports->empty()));
    char buffer[16];
    strings names;
    const auto done = exports->for_each(buffer, [&](const macho::exported& e) { names.emplace_back(e.name); });
    BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().reason));
    BOOST_TEST((names == strings{"_add", "_re", "_s"}));
    const auto add = exports->find("_add"), again = exports->find("_re"), resolved = exports->find("_s");
    BOOST_REQUIRE((add && again && resolved));
    BOOST_TEST((add->address == 0x22u && add->weak_definition()));
    BOOST_TEST((again->reexported() && again->library == 2u && again->library_name == "_old"));
    BOOST_TEST((resolved->has_resolver() && resolved->address == 5u && resolved->resolver == 6u));
    for (const char* name : {"", "_", "_ad", "_adds", "x"})
        BOOST_TEST((exports->find(name).error().code == errc::not_found));
    char small[3];
    BOOST_TEST((exports->for_each(small, [](const macho::exported&) {}).error().code == errc::name_too_long));
}

BOOST_AUTO_TEST_CASE(loops_in_a_trie_end) {
    builder b = library({true, byte_order::little});
    b.point(b.command(0x80000033, 16) + 8,
            std::string_view("\0\x01\0\0", 4));  // its only child is itself, with no text
    const auto exports = macho::export_trie::read(*macho::file::parse(b.file.bytes));
    char buffer[16];
    BOOST_TEST((exports->for_each(buffer, [](const macho::exported&) {}).error().reason ==
                std::string("the trie has a loop")));
    BOOST_TEST((exports->find("x").error().code == errc::not_found));
}

/// A file whose exports are `trie`.
std::vector<std::byte> exporting(std::string_view trie) {
    builder b = library({true, byte_order::little});
    b.point(b.command(0x80000033, 16) + 8, trie);
    return b.file.bytes;
}
/// A number of two bytes (LEB128).
std::string two_bytes(std::size_t number) {
    return {static_cast<char>((number & 0x7f) | 0x80), static_cast<char>(number >> 7)};
}

BOOST_AUTO_TEST_CASE(a_long_text_that_many_share_is_not_read_again_and_again) {
    constexpr std::size_t count = 200, nodes = 2 + 4 * count;
    const std::string long_text(1000, 'x');
    std::string branches{'\0', static_cast<char>(count)}, edges, libraries;
    for (std::size_t i = 0; i < count; ++i) {
        branches += std::string("a\0", 2) + two_bytes(nodes + 5 * i);
        edges +=
            "\x03\x02\x85\x05\x01";  // a symbol at 0x285, and one child; the text on the way to it goes on from here
        const std::size_t facts = 5 * (count - i) - 2 + long_text.size() + 1;
        libraries += two_bytes(facts) + "\x08\x01\x61";  // a symbol of library 1, whose name there goes on from here
    }
    const std::size_t leaf = nodes + edges.size() + long_text.size() + 3;
    const std::string of_edges = branches + edges + long_text + '\0' + two_bytes(leaf) + std::string("\0\0", 2),
                      of_libraries = branches + libraries + long_text + std::string("\0\0", 2),
                      in_a_circle = std::string("\0\2", 2) + long_text + std::string("\0\0a\0\0", 5);
    std::vector<char> buffer(10'000);
    const auto shared = [](const auto& done) {
        return !done && done.error().reason == std::string("many entries share a long one");
    };
    for (const std::string& trie : {of_edges, of_libraries}) {
        const auto bytes = exporting(trie);
        BOOST_TEST(shared(
            macho::export_trie::read(*macho::file::parse(bytes))->for_each(buffer, [](const macho::exported&) {})));
    }
    const auto bytes = exporting(in_a_circle);
    BOOST_TEST(shared(macho::export_trie::read(*macho::file::parse(bytes))->find(std::string(20, 'a'))));
}

BOOST_AUTO_TEST_CASE(fixups_are_chains) {
    for (const encoding e : encodings) {
        const auto bytes = chained(e);
        const auto file = macho::file::parse(bytes);
        BOOST_REQUIRE(file.has_value());
        const auto fixups = macho::chained_fixups::read(*file);
        BOOST_REQUIRE_MESSAGE(fixups.has_value(), (fixups ? "" : fixups.error().reason));
        BOOST_REQUIRE(fixups->import_count() == 2u);
        BOOST_TEST(
            (fixups->import(0)->name == "_puts" && fixups->import(0)->library == 1 && !fixups->import(0)->weak_import));
        BOOST_TEST((fixups->import(1)->name == "_maybe" && fixups->import(1)->library == -2 &&
                    fixups->import(1)->weak_import));
        strings found;
        const auto done = fixups->for_each([&](const macho::fixup& f) {
            found.push_back(std::to_string(f.address - data_address) + (f.bind ? " " + std::to_string(f.import) : ""));
        });
        BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().reason));
        BOOST_TEST((found == strings{"16 0", "24", "32 1"}));
    }
}

BOOST_AUTO_TEST_CASE(relocations_of_objects) {
    for (const encoding e : encodings) {
        builder b(e, e.wide ? 0x01000007 : 7, 1);
        b.segment("", 0, 0x200, 7, 0x600, 2);
        const bool little = e.order == byte_order::little;
        b.file.put32(0x600, 0x12)
            .put32(0x604, little ? 5u | 1u << 24 | 2u << 25 | 1u << 27 | 2u << 28
                                 : 5u << 8 | 1u << 7 | 2u << 5 | 1u << 4 | 2u);
        b.file.put32(0x608, 1u << 31 | 2u << 28 | 4u << 24 | 0x21).put32(0x60c, 0x44);
        const auto file = macho::file::parse(b.file.bytes);
        BOOST_REQUIRE_MESSAGE(file.has_value(), reason_of(b.file.bytes));
        file->for_each_segment([&](const macho::segment& s) {
            const auto all = file->relocations(s.sections[0]);
            BOOST_REQUIRE((all && all->size() == 2u));
            const macho::relocation first = (*all)[0], second = (*all)[1];
            BOOST_TEST((first.address == 0x12u && first.symbol == 5u && first.type == 2 && first.length == 2 &&
                        first.relative && first.external));
            BOOST_TEST(second.scattered == !e.wide);
            if (second.scattered)
                BOOST_TEST(
                    (second.address == 0x21u && second.type == 4 && second.length == 2 && second.symbol == 0x44u));
        });
    }
}

BOOST_AUTO_TEST_CASE(threads_of_old_programs_tell_the_entry_point) {
    constexpr struct {
        unsigned machine, at;
        bool wide;
    } kinds[] = {{7, 40, false}, {0x01000007, 128, true}, {12, 60, false}, {0x0100000c, 256, true}, {18, 0, false}};
    for (const auto& kind : kinds) {
        builder b({kind.wide, byte_order::little}, kind.machine, 2);
        const std::size_t thread = b.command(5, 16 + kind.at + 8);
        b.file.word(thread + 16 + kind.at, 0x4321);
        BOOST_TEST(**macho::file::parse(b.file.bytes)->entry() == 0x4321u);
    }
}

BOOST_AUTO_TEST_CASE(universal_files_have_slices) {
    const auto inner = classic({true, byte_order::little});
    for (const bool wide : {false, true}) {
        canvas c({wide, byte_order::big}, 0x1000 + inner.size());
        const std::size_t w = c.form.word_size();
        c.put32(0, wide ? 0xcafebabf : 0xcafebabe)
            .put32(4, 1)
            .put32(8, 0x01000007)
            .word(16, 0x1000)
            .word(16 + w, inner.size());
        std::copy(inner.begin(), inner.end(), c.bytes.begin() + 0x1000);
        const auto file = macho::universal::parse(c.bytes);
        BOOST_REQUIRE_MESSAGE(file.has_value(), (file ? "" : file.error().reason));
        BOOST_REQUIRE(file->slices().size() == 1u);
        BOOST_TEST((file->slices()[0].machine == macho::machine::x86_64));
        const auto content = file->content(file->slices()[0]);
        BOOST_TEST(content->offset == 0x1000u);
        BOOST_TEST(walk_macho(c.bytes) == walk_macho(inner) + 1);
        c.put8(0x1000 + 36, 3);  // a load command's size
        BOOST_TEST((macho::file::parse(content->bytes, content->offset).error().offset == 0x1000u + 36));
        c.word(16, 8);
        BOOST_TEST((macho::universal::parse(c.bytes).error().reason == std::string("a slice overlaps the header")));
        c.put32(4, 52);  // a class file of Java 8
        BOOST_TEST((macho::universal::parse(c.bytes).error().code == errc::not_found));
    }
    BOOST_TEST((macho::universal::parse(inner).error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(errors_say_what_and_where) {
    const auto bytes = classic({true, byte_order::little});
    BOOST_TEST(reason_of({}) == "not a Mach-O file");
    BOOST_TEST(reason_of(std::span(bytes).first(16)) == "reaches past the end of the file");
    BOOST_TEST((macho::file::parse(std::span(bytes).first(0x100)).error().reading == std::string("load commands")));
    const auto changed = [&](std::size_t at, unsigned value) {
        canvas c({true, byte_order::little}, 0);
        c.bytes = bytes;
        return c.put32(at, value).bytes;
    };
    BOOST_TEST(reason_of(changed(16, 1000)) == "lies outside the load commands");
    BOOST_TEST(reason_of(changed(36, 4)) == "an impossible size");
    BOOST_TEST((macho::file::parse(changed(36, 4)).error().offset == 36u));
    BOOST_TEST(reason_of(changed(32 + 64, 2)) == "its load command is too short for its sections");
    BOOST_TEST(reason_of(changed(32 + 72 + 40, 0x300)) == "lies outside its segment");
    BOOST_TEST(reason_of(changed(32 + 32, 0x100)) == "larger in the file than in memory");
}

BOOST_AUTO_TEST_CASE(every_truncation_and_every_flipped_bit_is_survived) {
    for (const encoding e : encodings)
        for (const auto& bytes : {classic(e), chained(e)}) {
            BOOST_TEST(walk_macho(bytes) > 40u);
            damage(bytes, walk_macho);
        }
}

BOOST_AUTO_TEST_SUITE_END()
