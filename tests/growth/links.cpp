// Objects, archives and libraries of many shapes for the linker: x86_64, as all machines are linked by the same code.
#include <memory>
#include <vitte/loader/loader.hpp>
#include <vitte/sys/fs/temporary.hpp>

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
using vitte::loader::link_input;
namespace elf = vitte::loader::elf;
namespace native = vitte::loader::native;

constexpr unsigned progbits = 1, symtab = 2, strtab = 3, rela = 4, nobits = 8, init_array = 14, group = 17;
constexpr unsigned writable = 1, alloc = 2, executable = 4, grouped = 0x200;

template <class T>
std::string packed(std::initializer_list<T> values) {
    return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

/// A relocatable object: section 1 has names, 2 the symbols, which have the same names.
class object_file {
public:
    std::size_t name(std::string_view text) {
        const std::size_t at = names_.size();
        names_ += text;
        names_ += '\0';
        return at;
    }
    unsigned section(std::size_t name, unsigned type, unsigned flags, std::string_view content, unsigned link = 0,
                     unsigned info = 0, unsigned entry = 0) {
        const std::size_t at = append(file_, content);
        sections_.push_back({name, type, flags, at, content.size(), link, info, entry});
        return static_cast<unsigned>(sections_.size() + 2);
    }
    /// More sections that say the same as the last one.
    void repeat_section(std::size_t times) {
        sections_.insert(sections_.end(), times, section_facts(sections_.back()));
    }
    /// Its number. `info` 0x10: global, 0: local.
    unsigned symbol(std::size_t name, unsigned section, unsigned info = 0x10, std::uint64_t value = 0,
                    std::uint64_t size = 0) {
        symbols_ += packed({static_cast<std::uint32_t>(name)}) + std::string{static_cast<char>(info), '\0'} +
                    packed({static_cast<std::uint16_t>(section)}) + packed({value, size});
        return static_cast<unsigned>(symbols_.size() / 24 - 1);
    }
    std::vector<std::byte> finished() {
        const std::size_t names = append(file_, names_), symbols = append(file_, symbols_), table = file_.bytes.size();
        const std::size_t count = sections_.size() + 3;
        file_.word(40, table).put16(62, 1).word(table + 32, count).word(table + 64 * count - 8, 0);
        put(table + 64, {0, strtab, 0, names, names_.size(), 0, 0, 0});
        put(table + 128, {0, symtab, 0, symbols, symbols_.size(), 1, 0, 24});
        for (std::size_t i = 0; i < sections_.size(); ++i) put(table + 64 * (i + 3), sections_[i]);
        return file_.bytes;
    }

private:
    struct section_facts {
        std::size_t name;
        unsigned type, flags;
        std::size_t offset, size;
        unsigned link, info, entry;
    };
    void put(std::size_t at, const section_facts& s) {
        file_.put32(at, s.name)
            .put32(at + 4, s.type)
            .word(at + 8, s.flags)
            .word(at + 24, s.offset)
            .word(at + 32, s.size);
        file_.put32(at + 40, s.link).put32(at + 44, s.info).word(at + 48, 1).word(at + 56, s.entry);
    }

    canvas file_ = elf_file(1);
    std::string names_ = std::string(1, '\0'), symbols_ = std::string(24, '\0');
    std::vector<section_facts> sections_;
};
/// A word of `.rela`: an address of 64 bits.
std::string address_of(unsigned symbol, std::uint64_t at) {
    return packed<std::uint64_t>({at, std::uint64_t{symbol} << 32 | 1, 0});
}

using files = std::vector<std::vector<std::byte>>;
/// Links `all`; what they lack is defined outside.
job linking(files all, bool accepted = true) {
    return [all = std::move(all), accepted] {
        static int outside = 0;
        auto scope = [](const native::symbol_name&, const char*, native::definition& found) {
            return found = {reinterpret_cast<std::uintptr_t>(&outside)}, true;
        };
        std::vector<link_input> inputs;
        for (const auto& file : all) inputs.push_back(link_input::bytes("x.o", file));
        return native::object::link<vitte::sys::native>(inputs, scope).has_value() == accepted;
    };
}

job link_symbols(std::size_t n) {
    object_file o;
    const unsigned data = o.section(o.name(".data"), progbits, writable | alloc, "12345678");
    for (std::size_t i = 0; i < n; ++i) o.symbol(o.name(digits(i)), data);
    return linking({o.finished()});
}
job link_common_symbols(std::size_t n) {
    object_file o;
    for (std::size_t i = 0; i < n; ++i) o.symbol(o.name(digits(i)), 0xfff2, 0x11, 8, 8);
    return linking({o.finished()});
}
job link_relocations(std::size_t n) {
    object_file o;
    std::string relocations;
    for (std::size_t i = n; i-- > 0;) relocations += address_of(o.symbol(o.name(digits(i)), 0), 8 * i);
    const unsigned data = o.section(o.name(".data"), progbits, writable | alloc, std::string(8 * n, '\0'));
    o.section(o.name(".rela.data"), rela, 0, relocations, 2, data, 24);
    return linking({o.finished()});
}
job link_sections(std::size_t n) {
    object_file o;
    for (std::size_t i = 0; i < n; ++i) {
        const unsigned made = o.section(o.name("named" + digits(i)), progbits, writable | alloc, "12345678");
        o.section(o.name(".rela"), rela, 0, address_of(o.symbol(0, made, 3), 0), 2, made, 24);
        o.section(o.name(".bss." + digits(i)), nobits, writable | alloc, "");
    }
    return linking({o.finished()});
}
job link_initializers(std::size_t n) {
    object_file o;
    for (std::size_t i = 0; i < n; ++i)
        o.section(o.name(".init_array." + digits(i).substr(3)), init_array, writable | alloc, std::string(8, '\0'));
    return linking({o.finished()});
}
job link_groups(std::size_t n) {
    object_file o;
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t name = o.name(digits(i));
        const unsigned member = o.section(name, progbits, alloc | executable | grouped, "\xc3");
        o.section(name, group, 0, packed({std::uint32_t{1}, std::uint32_t{member}}), 2, o.symbol(name, member, 0x22),
                  4);
    }
    const auto made = o.finished();
    return linking({made, made});
}
/// Groups that are none of COMDAT, with one list of members for all.
job link_groups_with_one_list(std::size_t n) {
    object_file o;
    const unsigned signature = o.symbol(o.name("signature"), 0xfff1);
    canvas words(wide, 4 * n);
    for (std::size_t i = 1; i < n; ++i) words.put32(4 * i, 3);
    o.section(o.name("group"), group, 0, text_of(words), 2, signature, 4);
    o.repeat_section(n - 1);
    return linking({o.finished()});
}
job link_symbols_of_one_long_name(std::size_t n) {
    object_file o;
    const unsigned data = o.section(o.name(".data"), progbits, writable | alloc, "12345678");
    const std::size_t name = o.name(std::string(24 * n, 'x'));
    for (std::size_t i = 0; i < n; ++i) o.symbol(name, data, 0);
    return linking({o.finished()}, false);
}
job link_sections_of_one_long_name(std::size_t n) {
    object_file o;
    const std::size_t name = o.name(std::string(64 * n, 'x'));
    for (std::size_t i = 0; i < n; ++i) o.section(name, progbits, writable | alloc, "12345678");
    return linking({o.finished()}, false);
}
job link_frames(std::size_t n) {
    object_file o;
    std::string records = packed<std::uint32_t>({12, 0, 0, 0}), relocations;
    const unsigned text = o.section(o.name(".text"), progbits, alloc | executable, "\xc3"),
                   symbol = o.symbol(0, text, 3);
    for (std::size_t i = 0; i < n; ++i) {
        const auto at = static_cast<std::uint32_t>(records.size());
        records += packed<std::uint32_t>({20, at + 4, 0, 0, 0, 0});
        relocations += address_of(symbol, at + 8);
    }
    const unsigned frames = o.section(o.name(".eh_frame"), progbits, alloc, records);
    o.section(o.name(".rela"), rela, 0, relocations, 2, frames, 24);
    return linking({o.finished()});
}
std::vector<std::byte> object_that_needs(std::size_t i) {
    object_file o;
    const unsigned data = o.section(o.name(".data"), progbits, writable | alloc, std::string(8, '\0'));
    o.symbol(o.name(digits(i)), data);
    o.section(o.name(".rela"), rela, 0, address_of(o.symbol(o.name(digits(i + 1)), 0), 0), 2, data, 24);
    return o.finished();
}
job link_objects(std::size_t n) {
    files all;
    for (std::size_t i = 0; i < n; ++i) all.push_back(object_that_needs(i));
    return linking(std::move(all));
}
/// Each member needs the one before it.
job link_members(std::size_t n) {
    canvas c(wide, 0);
    append(c, "!<arch>\n");
    for (std::size_t i = n; i-- > 1;) {
        const auto object = object_that_needs(i);
        std::string size = std::to_string(object.size());
        append(c, "a/" + std::string(46, ' ') + size + std::string(10 - size.size(), ' ') + "`\n");
        c.bytes.insert(c.bytes.end(), object.begin(), object.end());
        if (object.size() % 2 != 0) c.bytes.push_back({});
    }
    return linking({object_that_needs(0), c.bytes});
}

/// What debuggers get of an object whose debug information is in as many sections.
job debugger_copy(std::size_t n) {
    object_file o;
    for (std::size_t i = 0; i < n; ++i) {
        const unsigned made = o.section(o.name(".debug"), progbits, 0, "12345678");
        o.section(o.name(".rela"), rela, 0, address_of(o.symbol(0, 0xfff1), 0), 2, made, 24);
    }
    return [file = o.finished()] {
        return native::debugger::copy_for_debuggers(file, native::debugger::section_places{}).has_value();
    };
}

// Libraries

job loading(std::vector<std::byte> file, std::function<bool(vitte::loader::module&)> use = nullptr,
            std::size_t offered = 0) {
    return [file = std::move(file), use, offered] {
        vitte::loader::module_loader loader;
        static int outside = 0;
        for (std::size_t i = 0; i < offered; ++i) loader.provide_symbol(digits(i).c_str(), &outside);
        auto made = loader.load(std::span<const std::byte>(file), "x.so");
        if (!made) std::printf("%s\n", made.error().message().c_str());
        return made && (!use || use(*made));
    };
}

job load_imports(std::size_t n) {
    library l;
    const std::size_t symbols = l.symbol_table(n), relocations = l.room(24 * n), words = l.room(8 * n);
    for (std::size_t i = 0; i < n; ++i) {
        l.symbol(symbols, i + 1, l.name(digits(i)), false);
        const std::size_t at = relocations + 24 * i;
        l.file.word(at, words + 8 * i).word(at + 8, std::uint64_t{i + 1} << 32 | 1);
    }
    l.tag(7, relocations), l.tag(8, 24 * n), l.tag(9, 24);
    return loading(l.finished().bytes, nullptr, n);
}
job load_relative_relocations(std::size_t n) {
    library l;
    const std::size_t words = l.room(8 * n), relocations = l.room(24 * n), packed_ones = l.room(8 * n);
    for (std::size_t i = 0; i < n; ++i)
        l.file.word(relocations + 24 * i, words + 8 * i)
            .word(relocations + 24 * i + 8, 8)
            .word(packed_ones + 8 * i, words + 8 * i);
    l.tag(7, relocations), l.tag(8, 24 * n), l.tag(9, 24), l.tag(35, 8 * n), l.tag(36, packed_ones), l.tag(37, 8);
    return loading(l.finished().bytes);
}
/// One after the other in another segment.
job load_relocations_of_many_segments(std::size_t n) {
    library l(n);
    const std::size_t relocations = l.room(24 * n);
    for (std::size_t i = 0; i < n; ++i)
        l.file.word(relocations + 24 * i, l.address(i + 1)).word(relocations + 24 * i + 8, 8);
    l.tag(7, relocations), l.tag(8, 24 * n), l.tag(9, 24);
    return loading(l.finished().bytes);
}
/// All symbols but the last have another name with the same hash.
job load_hash_chain(std::size_t n) {
    library l;
    const std::size_t symbols = l.symbol_table(n), other = l.name(std::string(n, 'x')), wanted = l.name("wanted");
    for (std::size_t i = 1; i <= n; ++i) l.symbol(symbols, i, i == n ? wanted : other, true);
    l.one_bucket(n, elf::gnu_hash("wanted"));
    return loading(l.finished().bytes, [](vitte::loader::module& m) { return m.find("wanted") != nullptr; });
}
job load_versions(std::size_t n) {
    library l;
    l.versions(n, l.name("version"));
    return loading(l.finished().bytes);
}
job load_overlapping_versions(std::size_t n) {
    library l;
    l.overlapping_versions(n);
    return [file = l.finished().bytes] {
        return !vitte::loader::module_loader().load(std::span<const std::byte>(file), "x.so");
    };
}

/// Destructors of a module that has gone behind as many of another, which stay; each registers one more.
job unload_with_destructors(std::size_t n) {
    return [n] {
        using functions = native::exit_functions<vitte::sys::native>;
        static char going, staying;
        static std::size_t called;
        called = 0;
        const auto last = [](void*) { ++called; };
        const auto first = [](void*) {
            ++called;
            functions::add([](void*) { ++called; }, nullptr, &going);
            functions::add([](void*) { ++called; }, nullptr, &staying);
        };
        for (std::size_t i = 0; i < n; ++i) functions::add(first, nullptr, &going);
        for (std::size_t i = 0; i < n; ++i) functions::add(last, nullptr, &staying);
        functions::run(&going);
        const bool all = called == 2 * n;
        functions::run_within(reinterpret_cast<std::uintptr_t>(&staying), 1);
        return all && called == 4 * n;
    };
}

/// Addresses between small symbols that all lie in large ones.
job locate_addresses(std::size_t n) {
    return [n] {
        native::symbol_index index;
        const auto add = [&](std::size_t address, std::size_t size) {
            elf::symbol s{};
            s.info = 0x12, s.section = 1, s.size = size;
            index.add(s, address, "f");
        };
        for (std::size_t i = 0; i < n; ++i) add(i, 100 * n - 2 * i), add(16 * (i + n), 1);
        index.sort();
        for (std::size_t i = 0; i < n; ++i)
            if (const auto* const found = index.find(16 * (i + n) + 8); found == nullptr || found->size == 1)
                return false;
        return true;
    };
}

void put(const vitte::sys::temporary_directory& in, const std::string& name, const std::vector<std::byte>& content) {
    auto file = in.open()->open_file(name.c_str(), vitte::sys::open_mode::create_new);
    if (file) static_cast<void>(file->write(content));
}
/// Libraries of which each needs those that `needs(i)` says, and all look in their own folder.
template <class Needs>
job loading_many(std::size_t count, Needs needs) {
    auto in = std::make_shared<vitte::sys::temporary_directory>(*vitte::sys::temporary_directory::create());
    for (std::size_t i = 0; i < count; ++i) {
        library l;
        l.tag(14, l.name(digits(i)));
        l.tag(29, l.name("$ORIGIN"));
        for (const std::size_t other : needs(i)) l.tag(1, l.name(digits(other)));
        put(*in, digits(i), l.finished().bytes);
    }
    return [in] {
        vitte::loader::module_loader loader;
        return loader.load((std::string(in->path()) + "/" + digits(0)).c_str()).has_value();
    };
}
job load_chain(std::size_t n) {
    return loading_many(n, [n](std::size_t i) { return i + 1 < n ? std::vector{i + 1} : std::vector<std::size_t>(); });
}
job load_diamonds(std::size_t n) {
    return loading_many(n, [n](std::size_t i) {
        std::vector<std::size_t> made;
        for (std::size_t k = i + 1; k < n && k < i + 4; ++k) made.push_back(k);
        return made;
    });
}
/// A library that is not there is looked for in all folders of `path`.
job loading_by(const std::string& path) {
    library l;
    l.tag(29, l.name(path));
    l.tag(1, l.name("libmissing.so"));
    return [file = l.finished().bytes] {
        return !vitte::loader::module_loader().load(std::span<const std::byte>(file), "folder/x.so");
    };
}
job load_by_many_folders(std::size_t n) {
    std::string path;
    for (std::size_t i = 0; i < n; ++i) path += (i == 0 ? "/nowhere/" : ":/nowhere/") + digits(i);
    return loading_by(path);
}
job load_by_many_origins(std::size_t n) {
    std::string path;
    for (std::size_t i = 0; i < n; ++i) path += "$ORIGIN";
    return loading_by(path);
}
}  // namespace

std::span<const growth::shape> growth::links() {
    static constexpr shape all[] = {
        {"link symbols", 500, link_symbols},
        {"link common symbols", 500, link_common_symbols},
        {"link relocations", 500, link_relocations},
        {"link sections", 250, link_sections},
        {"link initializers", 500, link_initializers},
        {"link groups", 250, link_groups},
        {"link groups with one list", 500, link_groups_with_one_list},
        {"link symbols of one long name", 1000, link_symbols_of_one_long_name},
        {"link sections of one long name", 1000, link_sections_of_one_long_name},
        {"link frames", 500, link_frames},
        {"link objects", 50, link_objects},
        {"link members", 50, link_members},
        {"debugger copy", 250, debugger_copy},
        {"load imports", 500, load_imports},
        {"load relative relocations", 5000, load_relative_relocations},
        {"load relocations of many segments", 500, load_relocations_of_many_segments},
        {"load hash chain", 5000, load_hash_chain},
        {"load versions", 500, load_versions},
        {"load overlapping versions", 500, load_overlapping_versions},
        {"load chain", 20, load_chain},
        {"load diamonds", 20, load_diamonds},
        {"unload with destructors", 500, unload_with_destructors},
        {"locate addresses", 250, locate_addresses},
        {"load by many folders", 100, load_by_many_folders},
        {"load by many origins", 1000, load_by_many_origins},
    };
    return all;
}
