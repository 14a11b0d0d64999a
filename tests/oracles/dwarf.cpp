// Our reader of debug information: `dump FILE` answers a line for each entry and for each of its attributes.
#include <dlfcn.h>

#include <cinttypes>
#include <fstream>
#include <iterator>
#include <memory>

#include <vitte/loader/format/dwarf.hpp>

#include "ask.hpp"

namespace {
namespace loader = vitte::loader;
namespace dwarf = loader::dwarf;
using bytes = std::vector<std::byte>;

bytes read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    const auto* const first = reinterpret_cast<const std::byte*>(text.data());
    return bytes(first, first + text.size());
}

/// By zlib.
struct unpacker {
    std::vector<std::unique_ptr<bytes>> kept;

    vitte::result<std::span<const std::byte>, loader::parse_error> operator()(const dwarf::compressed& packed) {
        using uncompress_type = int(unsigned char*, unsigned long*, const unsigned char*, unsigned long);
        static auto* const uncompress = reinterpret_cast<uncompress_type*>(dlsym(dlopen("libz.so.1", RTLD_NOW), "uncompress"));
        kept.push_back(std::make_unique<bytes>(static_cast<std::size_t>(packed.size)));
        unsigned long size = kept.back()->size();
        if (uncompress(reinterpret_cast<unsigned char*>(kept.back()->data()), &size,
                       reinterpret_cast<const unsigned char*>(packed.stored.data()), packed.stored.size()) != 0)
            return loader::malformed("compressed section", "is none", packed.offset);
        return std::span<const std::byte>(*kept.back());
    }
};

struct dump {
    const dwarf::sections& in;
    bool split;
    std::string text;

    void add(const char* format, auto... values) {
        char line[128];
        text.append(line, static_cast<std::size_t>(std::snprintf(line, sizeof line, format, values...)));
    }
    void add(dwarf::attribute name, const dwarf::value& v, const dwarf::unit& of) {
        add("A %x %x ", static_cast<unsigned>(name), static_cast<unsigned>(v.form));
        if (const auto shown = dwarf::text_in(v, of, in, nullptr)) text.append("s ").append(*shown);
        else if (const auto address = dwarf::address_in(v, of, in)) add("n %" PRIx64, *address);
        else if (const auto number = dwarf::constant_in(v)) add("n %" PRIx64, *number);
        else if (const auto reference = dwarf::reference_in(v, of)) add("n %" PRIx64, reference->number);
        else add("b %zu", v.bytes.size());
        text += '\n';
    }
    vitte::result<void, loader::parse_error> operator()(dwarf::unit of) {
        const auto kinds = dwarf::abbreviation_table::read(in.abbreviations, of.abbreviations_at);
        if (!kinds) return vitte::unexpected(kinds.error());
        VITTE_CHECK(dwarf::read_bases(of, *kinds, split));
        add("U %" PRIx64 " %u %u %" PRIx64 "\n", of.begin, of.version, of.address_size, of.end);
        dwarf::entry_reader entries(of, *kinds);
        for (;;) {
            VITTE_TRY(const bool more, entries.next());
            if (!more) return {};
            const dwarf::entry& at = entries.current();
            add("E %" PRIx64 " %x %" PRIu64 " %d %u\n", at.offset, static_cast<unsigned>(at.tag), at.kind->code, at.has_children, at.depth);
            VITTE_CHECK(entries.attributes([&](dwarf::attribute name, const dwarf::value& v) { add(name, v, of); }));
        }
    }
};

vitte::result<std::string, loader::parse_error> dumped(const std::string& path) {
    const bytes whole = read(path);
    VITTE_TRY(const loader::elf::file file, loader::elf::file::parse(whole));
    unpacker unpack;
    VITTE_TRY(const dwarf::sections in, dwarf::find_sections(file, unpack));
    dump made{in, path.ends_with(".dwo"), ""};
    VITTE_CHECK(dwarf::for_each_unit(in.info, in.form.order, false, made));
    VITTE_CHECK(dwarf::for_each_unit(in.types, in.form.order, true, made));
    return std::move(made.text);
}
}  // namespace

int main() {
    return oracle::answer_all([](const oracle::strings& asked) -> oracle::strings {
        const auto made = dumped(asked.at(1));
        if (made) return {*made};
        return {"failed: " + std::string(made.error().message().c_str())};
    });
}
