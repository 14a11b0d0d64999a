// Files of many shapes for each reader.
#include <vitte/loader/ffi/signature.hpp>
#include <vitte/loader/format/ar.hpp>
#include <vitte/loader/format/ld_cache.hpp>
#include <vitte/loader/format/wasm.hpp>

#include "../support/walk_elf.hpp"
#include "../support/walk_macho.hpp"
#include "../support/walk_pe.hpp"
#include "files.hpp"
#include "growth.hpp"

namespace {
using growth::append;
using growth::digits;
using growth::elf_file;
using growth::job;
using growth::library;
using growth::text_of;
using growth::wide;
using vitte::byte_order;
namespace ar = vitte::loader::ar;
namespace elf = vitte::loader::elf;
namespace macho = vitte::loader::macho;
namespace pe = vitte::loader::pe;

/// `count` names that end with a NUL, of nine bytes each.
std::string names(std::size_t count) {
    std::string made;
    for (std::size_t i = 0; i < count; ++i) made += digits(i) + '\0';
    return made;
}
/// A job that reads what `file` holds as `read` does, which says whether it went well.
template <class Read>
job reading(canvas file, Read read) {
    return [file = std::move(file), read] { return read(std::span<const std::byte>(file.bytes)); };
}

// ELF

void elf_section(canvas& c, std::size_t at, std::size_t name, unsigned type, std::size_t offset, std::size_t size,
                 unsigned link = 0, unsigned info = 0, std::size_t entry = 0, std::size_t flags = 0) {
    c.put32(at, name)
        .put32(at + 4, type)
        .word(at + 8, flags)
        .word(at + 24, offset)
        .word(at + 32, size)
        .put32(at + 40, link);
    c.put32(at + 44, info).word(at + 48, 1).word(at + 56, entry);
}
/// Appends the table of sections: the null section, which has their number, and what `put(at, index)` puts.
template <class Put>
void elf_sections(canvas& c, std::size_t count, std::size_t names_index, Put put) {
    const std::size_t at = c.bytes.size();
    c.bytes.resize(at + 64 * count);
    c.word(40, at).put16(62, 0xffff).word(at + 32, count).put32(at + 40, names_index);
    for (std::size_t i = 1; i < count; ++i) put(at + 64 * i, i);
}
bool read_elf(std::span<const std::byte> bytes) { return walk_elf(bytes) > bytes.size() / 100; }

job elf_with_sections(std::size_t n) {
    canvas c = elf_file(1);
    const std::string text = '\0' + names(n);
    const std::size_t at = append(c, text);
    elf_sections(c, n, 1, [&](std::size_t to, std::size_t i) {
        elf_section(c, to, 1 + 9 * i, i == 1 ? 3 : 1, at, i == 1 ? text.size() : 16);
    });
    return reading(std::move(c), read_elf);
}
job elf_with_symbols(std::size_t n) {
    canvas c = elf_file(1);
    const std::string text = names(n);
    const std::size_t strings = append(c, text), symbols = c.bytes.size();
    c.bytes.resize(symbols + 24 * n);
    for (std::size_t i = 0; i < n; ++i) c.put32(symbols + 24 * i, 9 * i).put16(symbols + 24 * i + 6, 1);
    elf_sections(c, 3, 1, [&](std::size_t to, std::size_t i) {
        i == 1 ? elf_section(c, to, 0, 3, strings, text.size()) : elf_section(c, to, 0, 2, symbols, 24 * n, 1, 0, 24);
    });
    return reading(std::move(c), read_elf);
}
job elf_with_relocations(std::size_t n) {
    canvas c = elf_file(1);
    const std::size_t at = c.bytes.size();
    c.bytes.resize(at + 24 * n);
    for (std::size_t i = 0; i < n; ++i) c.word(at + 24 * i, i).word(at + 24 * i + 8, 1);
    elf_sections(c, 2, 0, [&](std::size_t to, std::size_t) { elf_section(c, to, 0, 4, at, 24 * n, 0, 0, 24); });
    return reading(std::move(c), read_elf);
}
job elf_with_relative_relocations(std::size_t n) {
    canvas c = elf_file(1);
    const std::size_t at = c.bytes.size();
    c.bytes.resize(at + 8 * n);
    for (std::size_t i = 0; i < n; ++i) c.word(at + 8 * i, i % 2 == 0 ? 1024 * i : ~std::uint64_t{0});
    elf_sections(c, 2, 0, [&](std::size_t to, std::size_t) { elf_section(c, to, 0, 19, at, 8 * n, 0, 0, 8); });
    return reading(std::move(c), read_elf);
}
job elf_with_notes(std::size_t n) {
    canvas c = elf_file(1);
    const std::size_t at = c.bytes.size();
    c.bytes.resize(at + 20 * n);
    for (std::size_t i = 0; i < n; ++i) c.put32(at + 20 * i, 4).put32(at + 20 * i + 4, 4).text(at + 20 * i + 12, "abc");
    elf_sections(c, 2, 0, [&](std::size_t to, std::size_t) { elf_section(c, to, 0, 7, at, 20 * n); });
    return reading(std::move(c), [](std::span<const std::byte> bytes) {
        std::size_t seen = 0;
        return elf::file::parse(bytes)->for_each_note([&](const elf::note&) { ++seen; }).has_value() && seen > 100;
    });
}

/// The symbols 1 to `count`, all with the name `name`.
void same_symbols(library& of, std::size_t count, std::string_view name) {
    const std::size_t table = of.symbol_table(count), at = of.name(name);
    for (std::size_t i = 1; i <= count; ++i) of.symbol(table, i, at, true);
}
template <class Look>
bool read_dynamic(std::span<const std::byte> bytes, Look look) {
    const auto file = elf::file::parse(bytes);
    if (!file) return false;
    const auto dynamic = elf::dynamic_view::read(*file);
    return dynamic && look(*dynamic);
}

job elf_with_many_segments(std::size_t n) {
    canvas c = elf_file(3);
    c.word(32, 64).put16(56, static_cast<unsigned>(n));
    c.bytes.resize(64 + 56 * n);
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t at = 64 + 56 * i;
        c.put32(at, 1).put32(at + 4, 4).word(at + 8, 0).word(at + 16, 4096 * i).word(at + 32, 64).word(at + 40, 64);
        c.word(at + 48, 4096);
    }
    return reading(std::move(c), [](std::span<const std::byte> bytes) {
        const auto file = elf::file::parse(bytes);
        return file && file->at_address(4096 * (file->segments().size() - 1), 8, "").has_value();
    });
}
bool lacks_wanted(std::span<const std::byte> bytes) {
    return read_dynamic(bytes, [](const elf::dynamic_view& d) { return d.find("wanted") == 0; });
}
job elf_hash_chain_of_other_names(std::size_t n) {
    library made;
    same_symbols(made, n, std::string(n, 'x'));
    made.one_bucket(n, elf::gnu_hash("wanted"));
    return reading(made.finished(), lacks_wanted);
}
job elf_hash_chain_in_a_circle(std::size_t n) {
    library made;
    same_symbols(made, n, std::string(n, 'x'));
    const std::size_t at = made.room(12 + 4 * (n + 1));
    made.tag(4, at);
    made.file.put32(at, 1).put32(at + 4, n + 1).put32(at + 8, 1).put32(at + 12, 0);
    for (std::size_t i = 1; i <= n; ++i) made.file.put32(at + 12 + 4 * i, i % n + 1);
    return reading(made.finished(), lacks_wanted);
}
/// As many versions as symbols of one name.
template <class Look>
job elf_versions(std::size_t n, Look look) {
    library made;
    same_symbols(made, n, "wanted");
    made.one_bucket(n, elf::gnu_hash("wanted"));
    made.versions(n, 1);
    return reading(made.finished(), [look](std::span<const std::byte> bytes) { return read_dynamic(bytes, look); });
}
job elf_search_among_versions(std::size_t n) {
    return elf_versions(n, [](const elf::dynamic_view& d) { return d.find("wanted", "other") == 0; });
}
job elf_versions_of_all_symbols(std::size_t n) {
    return elf_versions(n, [n](const elf::dynamic_view& d) {
        const auto all = d.versions();
        std::size_t seen = 0;
        for (std::size_t i = 1; all && i <= n; ++i) seen += d.version_of(i, *all).name == "wanted";
        return seen == n;
    });
}
job elf_overlapping_versions(std::size_t n) {
    library made;
    made.overlapping_versions(n);
    return reading(made.finished(), [](std::span<const std::byte> bytes) {
        const auto file = elf::file::parse(bytes);
        return file && !elf::dynamic_view::read(*file);
    });
}
job elf_that_needs(std::size_t n, bool one_name) {
    library made;
    const std::size_t name = made.name(one_name ? std::string(n, 'x') : std::string());
    for (std::size_t i = 0; i < n; ++i) made.tag(1, one_name ? name : made.name(digits(i)));
    return reading(made.finished(), [one_name](std::span<const std::byte> bytes) {
        return read_dynamic(bytes, [&](const elf::dynamic_view& d) {
            std::size_t seen = 0;
            const bool all = d.for_each_needed([&](std::string_view name) { seen += name.size(); }).has_value();
            return seen > 1000 && all != one_name;
        });
    });
}
job elf_that_needs_many(std::size_t n) { return elf_that_needs(n, false); }
job elf_that_needs_one_long_name(std::size_t n) { return elf_that_needs(n, true); }

// PE and COFF

constexpr std::size_t pe_at = 64, pe_optional = pe_at + 24, pe_directories = pe_optional + 112, pe_content = 0x400;
constexpr std::size_t pe_delta = 0x1000 - pe_content;  // between addresses and places in the file

/// An image of one section, which begins at 0x400 and at address 0x1000.
canvas pe_image() {
    canvas c(wide, pe_content);
    c.text(0, "MZ")
        .put32(60, pe_at)
        .text(pe_at, "PE")
        .put16(pe_at + 4, 0x8664)
        .put16(pe_at + 6, 1)
        .put16(pe_at + 20, 112 + 128);
    c.put16(pe_at + 22, 0x2002)
        .put16(pe_optional, 0x20b)
        .put32(pe_optional + 32, 0x1000)
        .put32(pe_optional + 36, 0x200);
    return c.put32(pe_optional + 60, pe_content).put32(pe_directories - 4, 16);
}
void pe_direct(canvas& c, pe::directory to, std::size_t address, std::size_t size) {
    const std::size_t at = pe_directories + 8 * static_cast<std::size_t>(to);
    c.put32(at, address).put32(at + 4, size);
}
/// All that was appended is the section.
canvas pe_finished(canvas c) {
    const std::size_t at = pe_directories + 128, size = c.bytes.size() - pe_content;
    c.text(at, ".all").put32(at + 8, size).put32(at + 12, 0x1000).put32(at + 16, size).put32(at + 20, pe_content);
    return c;
}
bool read_pe(std::span<const std::byte> bytes) { return walk_pe(bytes) > bytes.size() / 100; }

/// `count` imports, each with a name of its own or all with one as long as there are imports.
job pe_with_imports(std::size_t n, bool one_name) {
    canvas c = pe_image();
    const std::size_t lookups = pe_content + 40, texts = lookups + 8 * (n + 1);
    c.bytes.resize(texts);
    pe_direct(c, pe::directory::imports, 0x1000, 40);
    c.put32(pe_content, lookups + pe_delta)
        .put32(pe_content + 12, texts + pe_delta)
        .put32(pe_content + 16, lookups + pe_delta);
    append(c, std::string_view("needed.dll\0\0", 12));
    for (std::size_t i = 0; i < n; ++i) c.word(lookups + 8 * i, texts + 12 + (one_name ? 0 : 12 * i) + pe_delta);
    if (one_name)
        append(c, std::string(2, '\0') + std::string(8 * n, 'x') + '\0');
    else
        for (std::size_t i = 0; i < n; ++i) append(c, std::string(2, '\0') + digits(i) + std::string(2, '\0'));
    return reading(pe_finished(std::move(c)), [one_name](std::span<const std::byte> bytes) {
        std::size_t seen = 0;
        const auto done =
            pe::for_each_import(*pe::file::parse(bytes), [&](const pe::imported& i) { seen += i.name.size(); });
        return done.has_value() != one_name && seen > 1000;
    });
}
job pe_with_many_imports(std::size_t n) { return pe_with_imports(n, false); }
job pe_with_imports_of_one_name(std::size_t n) { return pe_with_imports(n, true); }
/// Libraries that all have the same long table of imports.
job pe_libraries_with_one_table(std::size_t n) {
    canvas c = pe_image();
    const std::size_t lookups = pe_content + 20 * (n + 1), name = lookups + 8 * (n + 1);
    pe_direct(c, pe::directory::imports, 0x1000, 20 * (n + 1));
    c.bytes.resize(name);
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t at = pe_content + 20 * i;
        c.put32(at, lookups + pe_delta).put32(at + 12, name + pe_delta).put32(at + 16, lookups + pe_delta);
        c.word(lookups + 8 * i, std::uint64_t{1} << 63 | 1);
    }
    append(c, std::string_view("a.dll\0", 6));
    return reading(pe_finished(std::move(c)), [](std::span<const std::byte> bytes) {
        std::size_t seen = 0;
        return !pe::for_each_import(*pe::file::parse(bytes), [&](const pe::imported&) { ++seen; }) && seen > 100;
    });
}
job pe_with_exports(std::size_t n) {
    canvas c = pe_image();
    const std::size_t addresses = pe_content + 64, texts = addresses + 4 * n, ordinals = texts + 4 * n,
                      strings = ordinals + 2 * n;
    c.bytes.resize(strings);
    pe_direct(c, pe::directory::exports, 0x1000, 64);
    c.put32(pe_content + 12, strings + pe_delta)
        .put32(pe_content + 16, 1)
        .put32(pe_content + 20, n)
        .put32(pe_content + 24, n);
    c.put32(pe_content + 28, addresses + pe_delta)
        .put32(pe_content + 32, texts + pe_delta)
        .put32(pe_content + 36, ordinals + pe_delta);
    for (std::size_t i = 0; i < n; ++i)
        c.put32(addresses + 4 * i, 0x2000)
            .put32(texts + 4 * i, strings + 9 * i + pe_delta)
            .put16(ordinals + 2 * i, static_cast<unsigned>(i));
    append(c, names(n));
    return reading(pe_finished(std::move(c)), [](std::span<const std::byte> bytes) {
        const auto exports = pe::export_table::read(*pe::file::parse(bytes));
        std::size_t seen = 0;
        for (std::size_t i = 0; exports && i < exports->name_count(); ++i)
            if (const auto name = exports->name(i)) seen += exports->find(name->name).has_value();
        return seen > 100;
    });
}
job pe_with_base_relocations(std::size_t n) {
    canvas c = pe_image();
    pe_direct(c, pe::directory::base_relocations, 0x1000, 12 * n);
    for (std::size_t i = 0; i < n; ++i)
        c.put32(pe_content + 12 * i, 0x1000 * i)
            .put32(pe_content + 12 * i + 4, 12)
            .put32(pe_content + 12 * i + 8, 0xa008a010);
    return reading(pe_finished(std::move(c)), read_pe);
}
job pe_with_certificates(std::size_t n) {
    canvas c = pe_image();
    pe_direct(c, pe::directory::certificates, pe_content, 16 * n);
    for (std::size_t i = 0; i < n; ++i) c.put32(pe_content + 16 * i, 16).word(pe_content + 16 * i + 8, 0);
    return reading(pe_finished(std::move(c)), read_pe);
}
/// Sections with relocations and symbols with long names.
job coff_object(std::size_t n) {
    canvas c(wide, 20 + 40 * n + 10 * n + 18 * n);
    const std::size_t relocations = 20 + 40 * n, symbols = relocations + 10 * n;
    c.put16(0, 0x8664).put16(2, static_cast<unsigned>(n)).put32(8, symbols).put32(12, n);
    for (std::size_t i = 0; i < n; ++i) {
        c.text(20 + 40 * i, "/" + std::to_string(4 + 9 * (i % 100'000)))
            .put32(20 + 40 * i + 24, relocations + 10 * i)
            .put16(20 + 40 * i + 32, 1);
        c.put16(relocations + 10 * i + 8, 1).put32(symbols + 18 * i + 4, 4 + 9 * i).put8(symbols + 18 * i + 16, 2);
    }
    const std::string text = names(n);
    c.put32(c.bytes.size(), 4 + text.size());
    append(c, text);
    return reading(std::move(c), read_pe);
}

// Mach-O

/// A library with load commands, which go from byte 32 on, and what they point to behind them.
struct macho_library {
    canvas file{wide, 32};
    unsigned commands = 0;

    macho_library() { file.put32(0, 0xfeedfacf).put32(4, 0x01000007).put32(12, 6); }
    std::size_t command(unsigned type, std::size_t size) {
        const std::size_t at = file.bytes.size();
        file.bytes.resize(at + size);
        file.put32(at, type).put32(at + 4, size).put32(16, ++commands).put32(20, at + size - 32);
        return at;
    }
    std::size_t segment(std::string_view name, std::uint64_t address, std::uint64_t offset, std::uint64_t size) {
        const std::size_t at = command(0x19, 72);
        file.text(at + 8, name).word(at + 24, address).word(at + 32, size).word(at + 40, offset).word(at + 48, size);
        return at;
    }
    void point(std::size_t field, std::string_view content) {
        file.put32(field, append(file, content)).put32(field + 4, content.size());
    }
};
bool read_macho(std::span<const std::byte> bytes) { return walk_macho(bytes) > bytes.size() / 200; }

job macho_with_commands(std::size_t n) {
    macho_library made;
    for (std::size_t i = 0; i < n; ++i) {
        made.segment("__TEXT", 0x1000 * i, 0, 32);
        const std::size_t needed = made.command(0xc, 40);
        made.file.put32(needed + 8, 24).text(needed + 24, digits(i));
        const std::size_t path = made.command(0x8000001c, 24);
        made.file.put32(path + 8, 12).text(path + 12, digits(i));
    }
    return reading(std::move(made.file), read_macho);
}
job macho_with_symbols(std::size_t n) {
    macho_library made;
    const std::size_t at = made.command(2, 24), symbols = made.file.bytes.size();
    made.file.put32(at + 8, symbols).put32(at + 12, n);
    made.file.bytes.resize(symbols + 16 * n);
    for (std::size_t i = 0; i < n; ++i) made.file.put32(symbols + 16 * i, 9 * i);
    made.point(at + 16, names(n));
    return reading(std::move(made.file), read_macho);
}
std::string leb128(std::size_t value, std::size_t length) {
    std::string made;
    for (std::size_t i = 0; i < length; ++i, value >>= 7)
        made += static_cast<char>((value & 0x7f) | (i + 1 < length ? 0x80 : 0));
    return made;
}
/// A tree of `n` leaves, a power of two: each other node has two children, whose ways are a letter and a place each.
std::string trie_of_letters(std::size_t n) {
    constexpr std::size_t inner = 2 + 2 * 6, leaf = 4;  // bytes of a node
    std::string made;
    for (std::size_t i = 0; i < n - 1; ++i) {
        made += std::string("\0\2", 2);
        for (std::size_t k = 0; k < 2; ++k) {
            const std::size_t child = 2 * i + 1 + k;
            made += std::string(1, static_cast<char>('a' + k)) + '\0';
            made += leb128(child < n - 1 ? inner * child : inner * (n - 1) + leaf * (child - (n - 1)), 4);
        }
    }
    for (std::size_t i = 0; i < n; ++i) made += std::string("\2\0\x10\0", leaf);
    return made;
}
job macho_with_trie(const std::string& trie, bool accepted, bool every = false) {
    macho_library made;
    const std::size_t at = made.command(0x80000033, 16);
    made.point(at + 8, trie);
    return reading(std::move(made.file), [accepted, every](std::span<const std::byte> bytes) {
        const auto file = macho::file::parse(bytes);
        const auto read = macho::export_trie::read(*file);
        static char buffer[1 << 20];
        std::size_t seen = 1;
        const auto done =
            read->for_each(buffer, [&](const macho::exported& e) { seen += !every || read->find(e.name).has_value(); });
        return done.has_value() == accepted && seen > (every ? 100 : 0);
    });
}
job macho_exports(std::size_t n) { return macho_with_trie(trie_of_letters(n), true, true); }
/// Three nodes, of which each leads to the next one in 200 ways; `last` is what the third one leads to.
std::string trie_of_many_ways(const std::string& last) {
    std::string trie;
    constexpr std::size_t ways = 200, node = 2 + ways * 6;
    for (std::size_t k = 1; k <= 3; ++k) {
        trie += '\0' + std::string(1, static_cast<char>(ways));
        for (std::size_t i = 0; i < ways; ++i)
            trie += static_cast<char>('!' + i % 64) + std::string(1, '\0') + leb128(node * k, 4);
    }
    return trie + last;
}
job macho_exports_that_share_an_edge(std::size_t n) {
    const std::string edge = std::string("\0\1", 2) + std::string(n, 'x') + '\0';
    const std::size_t leaf = trie_of_many_ways(edge).size() + 4;
    return macho_with_trie(trie_of_many_ways(edge + leb128(leaf, 4) + std::string("\2\0\x10\0", 4)), false);
}
/// A symbol that is another library's, which calls it by a long name.
job macho_exports_that_share_a_name(std::size_t n) {
    return macho_with_trie(
        trie_of_many_ways(leb128(2 + n + 1, 4) + "\x08\x01" + std::string(n, 'x') + std::string(2, '\0')), false);
}
/// A name is looked for in a node that leads to itself, past an edge with a long text.
job macho_search_in_a_circle(std::size_t n) {
    macho_library made;
    const std::size_t at = made.command(0x80000033, 16);
    made.point(at + 8, std::string(1, '\0') + '\x02' + 'b' + std::string(n, 'x') + std::string(2, '\0') + 'a' +
                           std::string(2, '\0'));
    return reading(std::move(made.file), [name = std::string(n, 'a')](std::span<const std::byte> bytes) {
        return !macho::export_trie::read(*macho::file::parse(bytes))->find(name);
    });
}
/// Chained fixups of `segments` segments that have `pages` pages each, all told by one table.
job macho_fixups(std::size_t segments, std::size_t pages, unsigned first, bool accepted) {
    macho_library made;
    const std::size_t at = made.command(0x80000034, 16), commands = made.file.bytes.size();
    for (std::size_t i = 0; i < segments; ++i) made.segment("__DATA", 0, 0, 0);
    canvas fixups(wide, 28 + 4 + 4 * segments);
    fixups.put32(4, 28).put32(8, 28).put32(12, 28).put32(20, 1).put32(28, segments);
    const std::size_t starts = fixups.bytes.size();
    for (std::size_t i = 0; i < segments; ++i) fixups.put32(32 + 4 * i, starts - 28);
    fixups.put32(starts, 22 + 2 * pages)
        .put16(starts + 4, 0x1000)
        .put16(starts + 6, 2)
        .put16(starts + 20, static_cast<unsigned>(pages));
    for (std::size_t i = 0; i < pages; ++i) fixups.put16(starts + 22 + 2 * i, first);
    made.point(at + 8, text_of(fixups));
    const std::size_t data = append(made.file, std::string(first == 0xffff ? 0 : 0x1000 * pages, '\0'));
    for (std::size_t i = 0; i < segments; ++i)
        for (const std::size_t field : {32, 48})
            made.file.word(commands + 72 * i + field, made.file.bytes.size() - data);
    for (std::size_t i = 0; i < segments; ++i) made.file.word(commands + 72 * i + 40, data);
    return reading(std::move(made.file), [accepted](std::span<const std::byte> bytes) {
        const auto fixups = macho::chained_fixups::read(*macho::file::parse(bytes));
        return fixups && fixups->for_each([](const macho::fixup&) {}).has_value() == accepted;
    });
}
job macho_with_fixups(std::size_t n) { return macho_fixups(1, n, 0, true); }
job macho_segments_with_the_same_fixups(std::size_t n) { return macho_fixups(n, n, 0xffff, false); }
job macho_with_imports(std::size_t n) {
    macho_library made;
    const std::size_t at = made.command(0x80000034, 16);
    canvas fixups(wide, 32 + 4 * n);
    fixups.put32(4, 28).put32(8, 32).put32(12, fixups.bytes.size()).put32(16, n).put32(20, 1);
    for (std::size_t i = 0; i < n; ++i) fixups.put32(32 + 4 * i, (9 * i) << 9);
    append(fixups, names(n));
    made.point(at + 8, text_of(fixups));
    return reading(std::move(made.file), read_macho);
}
job macho_with_bindings(std::size_t n) {
    macho_library made;
    const std::size_t info = made.command(0x80000022, 48);
    made.segment("__DATA", 0, 0, 64);
    std::string bindings, rebases("\x11", 1);
    for (std::size_t i = 0; i < n; ++i) {
        bindings += "\x12\x40" + digits(i) + '\0' + std::string("\x51\x70\x08\x90", 4);
        rebases += "\x20\x08\x51";
    }
    made.point(info + 16, bindings);
    made.point(info + 8, rebases);
    return reading(std::move(made.file), read_macho);
}

// Archives

std::string member(std::string name, std::size_t size) {
    const auto filled = [](std::string text, std::size_t width) {
        return text + std::string(width - text.size(), ' ');
    };
    return filled(std::move(name), 16) + filled("0", 12) + filled("0", 6) + filled("0", 6) + filled("644", 8) +
           filled(std::to_string(size), 10) + "`\n";
}
job archive(const std::string& text) {
    canvas c(wide, 0);
    append(c, "!<arch>\n" + text);
    return reading(std::move(c), [](std::span<const std::byte> bytes) {
        const auto parsed = ar::archive::parse(bytes);
        std::size_t seen = 0;
        if (!parsed) return false;
        const bool all =
            parsed->for_each_member([&](const ar::member& m) { return seen += m.name.size(), true; }).has_value();
        return parsed->for_each_symbol([&](std::string_view name, std::uint64_t) { seen += name.size(); })
                   .has_value() &&
               (!all || seen > 1000);
    });
}
job archive_with_members(std::size_t n) {
    std::string text = member("//", 10 * n), rest;
    for (std::size_t i = 0; i < n; ++i) {
        text += digits(i) + "/\n";
        rest += member("/" + std::to_string(10 * i), 4) + "abcd";
    }
    return archive(text + rest);
}
job archive_members_with_one_long_name(std::size_t n) {
    std::string text = member("//", 32 * n) + std::string(32 * n, 'x');
    for (std::size_t i = 0; i < n; ++i) text += member("/0", 0);
    return archive(text);
}
job archive_with_index(std::size_t n) {
    canvas index({false, byte_order::big}, 4 + 4 * n);
    index.put32(0, n);
    for (std::size_t i = 1; i <= n; ++i) index.put32(4 * i, 8);
    return archive(member("/", 4 + 13 * n + n % 2) + std::string(text_of(index)) + names(n) + std::string(n % 2, '\0'));
}

// The cache of libraries

job cache_of_libraries(std::size_t n, bool one_name) {
    canvas c(wide, 48 + 24 * n);
    c.text(0, "glibc-ld.so.cache1.1").put32(20, n);
    const std::size_t strings = append(c, one_name ? std::string(16 * n, 'x') + '\0' : names(n));
    for (std::size_t i = 0; i < n; ++i)
        c.put32(48 + 24 * i, 0x0303)
            .put32(48 + 24 * i + 4, strings + (one_name ? 0 : 9 * i))
            .put32(48 + 24 * i + 8, strings);
    return reading(std::move(c), [](std::span<const std::byte> bytes) {
        const auto cache = vitte::loader::ld_cache::parse(bytes);
        return cache && !cache->find("wanted", elf::machine::x86_64, [](std::string_view) { return true; });
    });
}
job cache_with_names(std::size_t n) { return cache_of_libraries(n, false); }
job cache_with_one_long_name(std::size_t n) { return cache_of_libraries(n, true); }

// Types of C functions

/// `count` times `part` between `begin` and `end`.
job function_type(std::string text, std::string_view part, std::string_view end, std::size_t count) {
    while (count-- != 0) text += part;
    return [text = text.append(end)] {
        namespace ffi = vitte::loader::ffi;
        ffi::type_pool pool(std::size_t{1} << 30);
        const auto made = ffi::read_function_type(text, pool, ffi::abi_kind::win64);
        return made && ffi::write_text(*made, {}) > text.size() / 2;
    };
}
job function_with_parameters(std::size_t n) { return function_type("void(i8", ",f64", ")", n); }
job function_with_members(std::size_t n) { return function_type("void({i8", ",packed{u8,aligned(4){f64}}", "})", n); }
job function_with_deep_members(std::size_t n) {
    return function_type("void({{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{i8", ",f64", "}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}})", n);
}
}  // namespace

std::span<const growth::shape> growth::formats() {
    static constexpr shape all[] = {
        {"elf sections", 1000, elf_with_sections},
        {"elf symbols", 1000, elf_with_symbols},
        {"elf relocations", 1000, elf_with_relocations},
        {"elf relative relocations", 1000, elf_with_relative_relocations},
        {"elf notes", 1000, elf_with_notes},
        {"elf segments", 1000, elf_with_many_segments},
        {"elf hash chain of other names", 4000, elf_hash_chain_of_other_names},
        {"elf hash chain in a circle", 4000, elf_hash_chain_in_a_circle},
        {"elf search among versions", 500, elf_search_among_versions},
        {"elf versions of all symbols", 500, elf_versions_of_all_symbols},
        {"elf overlapping versions", 500, elf_overlapping_versions},
        {"elf needs many libraries", 1000, elf_that_needs_many},
        {"elf needs one long name", 4000, elf_that_needs_one_long_name},
        {"pe imports", 1000, pe_with_many_imports},
        {"pe imports of one long name", 1000, pe_with_imports_of_one_name},
        {"pe libraries with one table", 500, pe_libraries_with_one_table},
        {"pe exports", 1000, pe_with_exports},
        {"pe base relocations", 1000, pe_with_base_relocations},
        {"pe certificates", 1000, pe_with_certificates},
        {"coff sections and symbols", 1000, coff_object},
        {"macho commands", 500, macho_with_commands},
        {"macho symbols", 1000, macho_with_symbols},
        {"macho exports", 1024, macho_exports},
        {"macho exports that share an edge", 20'000, macho_exports_that_share_an_edge},
        {"macho exports that share a name", 20'000, macho_exports_that_share_a_name},
        {"macho search in a circle", 4000, macho_search_in_a_circle},
        {"macho fixups", 100, macho_with_fixups},
        {"macho segments with the same fixups", 500, macho_segments_with_the_same_fixups},
        {"macho imports", 1000, macho_with_imports},
        {"macho bindings", 1000, macho_with_bindings},
        {"archive members", 1000, archive_with_members},
        {"archive members with one long name", 1000, archive_members_with_one_long_name},
        {"archive index", 1000, archive_with_index},
        {"cache of libraries", 1000, cache_with_names},
        {"cache of libraries with one long name", 1000, cache_with_one_long_name},
        {"function with parameters", 1000, function_with_parameters},
        {"function with members", 1000, function_with_members},
        {"function with deep members", 1000, function_with_deep_members},
    };
    return all;
}
