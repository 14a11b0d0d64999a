// vitte inspect, of PE images and COFF objects.
#include <map>
#include <optional>

#include <vitte/loader/format/pe.hpp>
#include <vitte/loader/format/pe/names.hpp>

#include "inspect.hpp"

namespace {
namespace pe = vitte::loader::pe;
using vitte::loader::name_in;
using vitte::loader::parse_error;

struct named_section {
    pe::section section;
    std::string_view name;
};

struct named_export {
    pe::exported exported;
    std::string_view name;
};

struct named_symbol {
    pe::symbol symbol;
    std::string_view name;
};

struct certificate_fact {
    std::uint16_t type;
    std::uint64_t size;
};

struct facts {
    pe::header header;
    pe::image_header image;
    std::string kind;
    std::string_view name;
    std::vector<named_section> sections;
    std::vector<pe::needed_library> needed;
    std::vector<named_export> exports;                   // of an image
    std::vector<pe::imported> imports;                   // of an image
    std::vector<named_symbol> defined, undefined;        // of an object
    std::map<std::uint32_t, std::uint64_t> relocations;  // count by type
    std::optional<pe::code_view> pdb;
    std::optional<pe::tls_directory> tls;
    std::vector<certificate_fact> certificates;
    bool managed = false;
};

/// Every name of every ordinal, and the ordinals without a name, by ordinal.
inspected collect_exports(facts& to, const pe::file& file) {
    if (!file.find(pe::directory::exports)) return {};
    VITTE_TRY(const auto table, pe::export_table::read(file));
    to.name = table.library();
    std::multimap<std::uint32_t, std::string_view> names;
    for (std::size_t i = 0; i < table.name_count(); ++i) {
        VITTE_TRY(const pe::export_name found, table.name(i));
        names.emplace(found.index, found.name);
    }
    for (std::size_t i = 0; i < table.size(); ++i) {
        VITTE_TRY(const pe::exported found, table.at(i));
        const auto [begin, end] = names.equal_range(static_cast<std::uint32_t>(i));
        for (auto name = begin; name != end; ++name) to.exports.push_back({found, name->second});
        if (begin == end && found.address != 0) to.exports.push_back({found, {}});
    }
    return {};
}

inspected collect_image(facts& to, const pe::file& file) {
    to.kind = (to.header.characteristics & pe::file_dynamic_library) != 0 ? "dynamic library" : "executable";
    VITTE_CHECK(collect_exports(to, file));
    VITTE_CHECK(pe::for_each_needed(file, [&](const pe::needed_library& library) { to.needed.push_back(library); }));
    VITTE_CHECK(pe::for_each_import(file, [&](const pe::imported& import) { to.imports.push_back(import); }));
    VITTE_CHECK(pe::for_each_base_relocation(file, [&](std::uint32_t, unsigned type) { ++to.relocations[type]; }));
    VITTE_TRY(to.pdb, pe::read_code_view(file));
    VITTE_TRY(to.tls, pe::read_tls(file));
    VITTE_CHECK(pe::for_each_certificate(file, [&](const pe::certificate& found) {
        to.certificates.push_back({found.type, found.content.bytes.size()});
    }));
    to.managed = file.find(pe::directory::clr_header).has_value();
    return {};
}

inspected collect_object(facts& to, const pe::file& file) {
    to.kind = "object";
    inspected done;
    file.for_each_symbol([&](const pe::symbol& symbol, std::size_t) {
        if (!done || !symbol.external()) return;
        if (const auto name = file.name(symbol))
            (symbol.defined() ? to.defined : to.undefined).push_back({symbol, *name});
        else
            done = vitte::unexpected(name.error());
    });
    VITTE_CHECK(done);
    for (const named_section& s : to.sections) {
        VITTE_TRY(const auto relocations, file.relocations(s.section));
        for (const pe::relocation r : relocations) ++to.relocations[r.type];
    }
    return {};
}

vitte::result<facts, parse_error> collect(std::span<const std::byte> bytes) {
    VITTE_TRY(const pe::file file, pe::file::parse(bytes));
    facts made;
    made.header = file.header();
    made.image = file.image();
    for (const pe::section s : file.sections()) {
        VITTE_TRY(const std::string_view name, file.name(s));
        made.sections.push_back({s, name});
    }
    VITTE_CHECK(made.header.image ? collect_image(made, file) : collect_object(made, file));
    return made;
}

vitte::loader::encoding form_of(const facts& f) {
    if (f.header.image) return f.image.form;
    return {name_of(f.header.machine).ends_with("64") || f.header.machine == pe::machine::arm64ec ||
                f.header.machine == pe::machine::arm64x,
            vitte::byte_order::little};
}
std::string access_of(const pe::section& s) {
    return access_text((s.flags & pe::section_readable) != 0, (s.flags & pe::section_writable) != 0,
                       (s.flags & pe::section_executable) != 0);
}
std::string relocation_of(const facts& f, std::uint32_t type) {
    return or_number(f.header.image ? name_in(pe::base_relocations, type) : pe::relocation_name(f.header.machine, type),
                     type);
}
std::string section_of(const pe::symbol& s, const facts& f) {
    if (s.section == pe::section_undefined) return "common";
    if (s.section == pe::section_absolute) return "absolute";
    const auto index = static_cast<std::size_t>(s.section) - 1;
    return s.section > 0 && index < f.sections.size() ? std::string(f.sections[index].name) : "unknown";
}
std::vector<std::string_view> characteristics_of(const facts& f) {
    std::vector<std::string_view> names;
    for (const auto& entry : pe::dll_characteristics)
        if ((f.image.dll_characteristics & entry.number) != 0) names.push_back(entry.name);
    return names;
}
/// As it is written elsewhere: the first three parts are numbers.
std::string guid_of(const pe::code_view& c) {
    const vitte::loader::encoding e;
    const std::byte* const at = c.guid.data();
    char text[40];
    std::snprintf(text, sizeof text, "%08X-%04X-%04X-", e.u32(at), e.u16(at + 4), e.u16(at + 6));
    std::string rest = hexadecimal(c.guid.subspan(8));
    for (char& digit : rest)
        if (digit >= 'a') digit = static_cast<char>(digit - 'a' + 'A');
    return text + rest.insert(4, 1, '-');
}

void print_image(const facts& f) {
    line("subsystem", or_number(name_in(pe::subsystems, f.image.subsystem), f.image.subsystem) + " " +
                          std::to_string(f.image.subsystem_major) + "." + std::to_string(f.image.subsystem_minor));
    line("base", hexadecimal(f.image.base) + ", " + std::to_string(f.image.image_size) + " bytes");
    line("entry", hexadecimal(std::uint64_t{f.image.entry}));
    std::string flags;
    for (const std::string_view name : characteristics_of(f)) flags += (flags.empty() ? "" : " ") + std::string(name);
    if (!flags.empty()) line("flags", flags);
    if (f.managed) line("managed", "yes: it has a CLR header");
    if (f.tls) line("tls", std::to_string(f.tls->data_end - f.tls->data_begin + f.tls->zeros) + " bytes");
    if (f.pdb) line("pdb", std::string(f.pdb->path) + " " + guid_of(*f.pdb) + " " + std::to_string(f.pdb->age));
    for (const certificate_fact& c : f.certificates)
        line("signature", (c.type == 2 ? "Authenticode, " : "of type " + std::to_string(c.type) + ", ") +
                              std::to_string(c.size) + " bytes, not verified");
    for (const pe::needed_library& library : f.needed)
        line("needed", std::string(library.name) + (library.delayed ? " (delayed)" : ""));
}

void print_text(const facts& f, std::string_view path) {
    line("file", path);
    line("kind", f.kind + (f.header.image ? "" : f.header.big ? " (COFF, bigobj)" : " (COFF)"));
    line("target", std::string(name_of(f.header.machine)) + ", " + description_of(form_of(f)));
    if (!f.name.empty()) line("name", f.name);
    if (f.header.image) print_image(f);
    std::printf("\nsections (%zu)\n  %-13s %10s %10s %10s %-6s\n", f.sections.size(), "name", "address", "in file",
                "in memory", "access");
    for (const named_section& s : f.sections)
        std::printf("  %-13s %#10" PRIx32 " %10" PRIu32 " %10" PRIu32 " %-6s\n", shown(s.name).c_str(),
                    s.section.address, s.section.file_size, s.section.memory_size, access_of(s.section).c_str());
    std::printf("\nexports (%zu)\n", f.exports.size() + f.defined.size());
    for (const named_export& e : f.exports) {
        const std::string forwarder = e.exported.forwarder.empty() ? "" : " -> " + std::string(e.exported.forwarder);
        std::printf("  %#10" PRIx32 " @%-5" PRIu32 " %s%s\n", e.exported.address, e.exported.ordinal,
                    shown(e.name).c_str(), shown(forwarder).c_str());
    }
    for (const named_symbol& s : f.defined)
        std::printf("  %#10" PRIx32 " %-10s %s\n", s.symbol.value, shown(section_of(s.symbol, f)).c_str(),
                    shown(s.name).c_str());
    std::printf("\nimports (%zu)\n", f.imports.size() + f.undefined.size());
    for (const pe::imported& i : f.imports)
        std::printf("  %s from %s%s\n",
                    i.name.empty() ? ("@" + std::to_string(i.ordinal)).c_str() : shown(i.name).c_str(),
                    shown(i.library.name).c_str(), i.library.delayed ? " (delayed)" : "");
    for (const named_symbol& s : f.undefined)
        std::printf("  %s%s\n", shown(s.name).c_str(),
                    s.symbol.storage == pe::storage_class::weak_external ? " (weak)" : "");
    std::printf("\nrelocations\n");
    for (const auto& [type, count] : f.relocations)
        std::printf("  %-30s %10" PRIu64 "\n", relocation_of(f, type).c_str(), count);
}

void print_image(json_writer& json, const facts& f) {
    json.text("subsystem", or_number(name_in(pe::subsystems, f.image.subsystem), f.image.subsystem))
        .number("base", f.image.base)
        .number("image_size", f.image.image_size)
        .number("entry", f.image.entry)
        .text("managed", f.managed ? "yes" : "no")
        .open('[', "dll_characteristics");
    for (const std::string_view name : characteristics_of(f)) json.text({}, name);
    json.close(']');
    if (f.tls)
        json.open('{', "tls")
            .number("data_begin", f.tls->data_begin)
            .number("data_end", f.tls->data_end)
            .number("index", f.tls->index)
            .number("callbacks", f.tls->callbacks)
            .number("zeros", f.tls->zeros)
            .close('}');
    if (f.pdb)
        json.open('{', "pdb")
            .text("path", f.pdb->path)
            .text("guid", guid_of(*f.pdb))
            .number("age", f.pdb->age)
            .close('}');
    json.open('[', "certificates");
    for (const certificate_fact& c : f.certificates)
        json.open('{').number("type", c.type).number("size", c.size).close('}');
    json.close(']');
    for (const bool delayed : {false, true}) {
        json.open('[', delayed ? "delay_needed" : "needed");
        for (const pe::needed_library& library : f.needed)
            if (library.delayed == delayed) json.text({}, library.name);
        json.close(']');
    }
}

void print_json(const facts& f, std::string_view path) {
    json_writer json;
    json.open('{').text("file", path).text("format", f.header.image ? "PE" : "COFF").text("kind", f.kind);
    print_target(json, name_of(f.header.machine), form_of(f));
    json.text("name", f.name);
    if (f.header.image) print_image(json, f);
    json.open('[', "sections");
    for (const named_section& s : f.sections)
        json.open('{')
            .text("name", s.name)
            .number("address", s.section.address)
            .number("memory_size", s.section.memory_size)
            .number("offset", s.section.offset)
            .number("file_size", s.section.file_size)
            .text("access", access_of(s.section))
            .close('}');
    json.close(']').open('[', "exports");
    for (const named_export& e : f.exports)
        json.open('{')
            .text("name", e.name)
            .number("ordinal", e.exported.ordinal)
            .number("address", e.exported.address)
            .text("forwarder", e.exported.forwarder)
            .close('}');
    for (const named_symbol& s : f.defined)
        json.open('{')
            .text("name", s.name)
            .number("value", s.symbol.value)
            .text("section", section_of(s.symbol, f))
            .close('}');
    json.close(']').open('[', "imports");
    for (const pe::imported& i : f.imports) {
        json.open('{').text("library", i.library.name).text("delayed", i.library.delayed ? "yes" : "no");
        (i.name.empty() ? json.number("ordinal", i.ordinal) : json.text("name", i.name).number("hint", i.ordinal))
            .close('}');
    }
    for (const named_symbol& s : f.undefined)
        json.open('{')
            .text("name", s.name)
            .text("weak", s.symbol.storage == pe::storage_class::weak_external ? "yes" : "no")
            .close('}');
    json.close(']').open('[', "relocations");
    for (const auto& [type, count] : f.relocations)
        json.open('{').number("type", type).text("name", relocation_of(f, type)).number("count", count).close('}');
    json.close(']').close('}');
    std::putchar('\n');
}
}  // namespace

inspected inspect_pe(std::span<const std::byte> bytes, std::string_view path, bool as_json) {
    VITTE_TRY(const facts found, collect(bytes));
    as_json ? print_json(found, path) : print_text(found, path);
    return {};
}
