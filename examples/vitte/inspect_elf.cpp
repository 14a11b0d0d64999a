// vitte inspect, of ELF files.
#include <map>

#include <vitte/loader/format/elf.hpp>
#include <vitte/loader/format/elf/names.hpp>

#include "inspect.hpp"

namespace {
namespace elf = vitte::loader::elf;
using vitte::loader::parse_error;

struct named_symbol {
    elf::symbol symbol;
    std::string_view name;
    elf::symbol_version version;
};

struct facts {
    elf::header header;
    std::string_view kind;
    std::vector<elf::segment> segments;
    std::string_view soname;
    std::string build_id;
    std::vector<std::string_view> needed;
    std::vector<named_symbol> exports, imports;
    std::map<std::uint32_t, std::uint64_t> relocations;  // count by type
    std::uint64_t packed = 0;                            // RELR
};

vitte::result<void, parse_error> add_symbol(facts& to, const elf::symbol_view& from, const elf::symbol& symbol,
                                            const elf::symbol_version& version) {
    if (symbol.binding() == elf::symbol_binding::local) return {};
    VITTE_TRY(const std::string_view name, from.name(symbol));
    (symbol.defined() ? to.exports : to.imports).push_back({symbol, name, version});
    return {};
}

vitte::result<void, parse_error> collect_dynamic(facts& to, const elf::file& file) {
    VITTE_TRY(const auto dynamic, elf::dynamic_view::read(file));
    constexpr std::uint64_t position_independent_executable = 0x08000000;  // DF_1_PIE
    if ((dynamic.value(elf::tag::flags_1).value_or(0) & position_independent_executable) != 0)
        to.kind = "position-independent executable";
    VITTE_TRY(to.soname, dynamic.string(elf::tag::soname));
    VITTE_CHECK(dynamic.for_each_needed([&](std::string_view name) { to.needed.push_back(name); }));
    const elf::symbol_view& symbols = dynamic.symbols();
    VITTE_TRY(const auto versions, dynamic.versions());
    for (std::size_t i = 0; i < symbols.entries.size(); ++i) {
        VITTE_CHECK(add_symbol(to, symbols, symbols.entries[i], dynamic.version_of(i, versions)));
    }
    for (const auto* all : {&dynamic.relocations(), &dynamic.plt_relocations()})
        for (const elf::relocation r : *all) ++to.relocations[r.type];
    to.packed = dynamic.relative_relocations().size();
    return {};
}

/// Objects and static executables have no dynamic table; their sections tell.
vitte::result<void, parse_error> collect_sections(facts& to, const elf::file& file) {
    for (const elf::section s : file.sections()) {
        if (s.type == elf::section_type::symbols) {
            VITTE_TRY(const auto symbols, file.symbols(s));
            for (const elf::symbol symbol : symbols.entries) {
                VITTE_CHECK(add_symbol(to, symbols, symbol, {}));
            }
        } else if (s.type == elf::section_type::relocations || s.type == elf::section_type::relocations_with_addend) {
            VITTE_TRY(const auto relocations, file.relocations(s));
            for (const elf::relocation r : relocations) ++to.relocations[r.type];
        }
    }
    return {};
}

vitte::result<facts, parse_error> collect(std::span<const std::byte> bytes) {
    VITTE_TRY(const elf::file file, elf::file::parse(bytes));
    facts made;
    made.header = file.header();
    made.kind = name_of(made.header.type);
    made.segments.assign(file.segments().begin(), file.segments().end());
    VITTE_TRY(const auto id, file.build_id());
    made.build_id = hexadecimal(id);
    if (file.find(elf::segment_type::dynamic)) {
        VITTE_CHECK(collect_dynamic(made, file));
    } else {
        VITTE_CHECK(collect_sections(made, file));
    }
    return made;
}

std::string machine_of(const elf::header& h) {
    return or_number(name_of(h.machine, h.form.wide), static_cast<std::uint64_t>(h.machine));
}
std::string relocation_of(const elf::header& h, std::uint32_t type) {
    return or_number(type == 0 ? "NONE" : elf::relocation_name(h.machine, type), type);
}
std::string full_name(const named_symbol& s) {
    if (s.version.name.empty()) return std::string(s.name);
    return std::string(s.name) + (s.version.hidden || !s.symbol.defined() ? "@" : "@@") + std::string(s.version.name);
}
std::string access_of(const elf::segment& s) {
    return access_text((s.flags & elf::segment_readable) != 0, (s.flags & elf::segment_writable) != 0,
                       (s.flags & elf::segment_executable) != 0);
}

void print_text(const facts& f, std::string_view path) {
    line("file", path);
    line("kind", f.kind);
    line("target", machine_of(f.header) + ", " + description_of(f.header.form));
    if (!f.soname.empty()) line("soname", f.soname);
    if (!f.build_id.empty()) line("build id", f.build_id);
    for (const std::string_view name : f.needed) line("needed", name);
    if (!f.segments.empty())
        std::printf("\nsegments (%zu)\n  %-13s %16s %12s %12s %-6s %8s\n", f.segments.size(), "type", "address",
                    "in file", "in memory", "access", "align");
    for (const elf::segment& s : f.segments) {
        const std::string type = name_of(s.type) == "unknown" ? std::to_string(static_cast<std::uint32_t>(s.type))
                                                              : std::string(name_of(s.type));
        std::printf("  %-13s %#16" PRIx64 " %12" PRIu64 " %12" PRIu64 " %-6s %#8" PRIx64 "\n", type.c_str(), s.address,
                    s.file_size, s.memory_size, access_of(s).c_str(), s.alignment);
    }
    std::printf("\nexports (%zu)\n", f.exports.size());
    for (const named_symbol& s : f.exports)
        std::printf("  %#16" PRIx64 " %8" PRIu64 " %-7s %-7s %s\n", s.symbol.value, s.symbol.size,
                    name_of(s.symbol.type()).data(), name_of(s.symbol.binding()).data(), shown(full_name(s)).c_str());
    std::printf("\nimports (%zu)\n", f.imports.size());
    for (const named_symbol& s : f.imports) {
        const std::string from = s.version.library.empty() ? "" : " from " + std::string(s.version.library);
        std::printf("  %-7s %-7s %s%s\n", name_of(s.symbol.type()).data(), name_of(s.symbol.binding()).data(),
                    shown(full_name(s)).c_str(), shown(from).c_str());
    }
    std::printf("\nrelocations\n");
    for (const auto& [type, count] : f.relocations)
        std::printf("  %-26s %10" PRIu64 "\n", relocation_of(f.header, type).c_str(), count);
    if (f.packed != 0) std::printf("  %-26s %10" PRIu64 "\n", "RELR", f.packed);
}

void print_symbols(json_writer& json, const char* key, const std::vector<named_symbol>& symbols) {
    json.open('[', key);
    for (const named_symbol& s : symbols) {
        json.open('{').text("name", s.name).text("version", s.version.name);
        if (s.symbol.defined())
            json.text("default", s.version.hidden ? "no" : "yes")
                .number("value", s.symbol.value)
                .number("size", s.symbol.size);
        else json.text("library", s.version.library);
        json.text("type", name_of(s.symbol.type())).text("binding", name_of(s.symbol.binding()));
        json.text("visibility", name_of(s.symbol.visibility())).close('}');
    }
    json.close(']');
}

void print_json(const facts& f, std::string_view path) {
    json_writer json;
    json.open('{').text("file", path).text("format", "ELF").text("kind", f.kind);
    print_target(json, machine_of(f.header), f.header.form);
    json.text("soname", f.soname).text("build_id", f.build_id).open('[', "needed");
    for (const std::string_view name : f.needed) json.text({}, name);
    json.close(']').open('[', "segments");
    for (const elf::segment& s : f.segments)
        json.open('{').text("type", name_of(s.type)).number("offset", s.offset).number("address", s.address)
            .number("file_size", s.file_size).number("memory_size", s.memory_size).text("access", access_of(s))
            .number("alignment", s.alignment).close('}');
    json.close(']');
    print_symbols(json, "exports", f.exports);
    print_symbols(json, "imports", f.imports);
    json.open('[', "relocations");
    for (const auto& [type, count] : f.relocations)
        json.open('{')
            .number("type", type)
            .text("name", relocation_of(f.header, type))
            .number("count", count)
            .close('}');
    json.close(']').number("relr", f.packed).close('}');
    std::putchar('\n');
}
}  // namespace

vitte::result<void, parse_error> inspect_elf(std::span<const std::byte> bytes, std::string_view path, bool as_json) {
    VITTE_TRY(const facts found, collect(bytes));
    as_json ? print_json(found, path) : print_text(found, path);
    return {};
}
