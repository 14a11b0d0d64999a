// vitte inspect, of Mach-O files and universal files.
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include <vitte/loader/format/macho.hpp>
#include <vitte/loader/format/macho/names.hpp>

#include "inspect.hpp"

namespace {
namespace macho = vitte::loader::macho;
using vitte::loader::parse_error;

struct named_export {
    std::string name;
    std::uint64_t address;
    std::string_view type;  // "regular", "thread_local", "absolute" or "reexport"
    bool weak;
    std::string from;  // of a reexport: library and name there
};

struct named_import {
    std::string_view name;
    std::string library;
    bool weak;  // it may be missing

    friend bool operator<(const named_import& a, const named_import& b) {
        return std::tie(a.name, a.library) < std::tie(b.name, b.library);
    }
};

struct facts {
    macho::header header;
    std::optional<macho::library> id;
    std::string uuid;
    std::vector<macho::build_version> platforms;
    std::vector<macho::segment> segments;
    std::vector<macho::library> libraries;
    std::vector<std::string_view> rpaths;
    std::vector<named_export> exports;
    std::vector<named_import> imports;
    std::map<std::string, std::uint64_t> relocations;  // count by name
    std::optional<std::uint64_t> entry;
    std::optional<macho::code_signature> signature;
};

std::string library_of(const facts& f, std::int32_t number) {
    switch (number) {
        case macho::library_self: return "this file";
        case macho::library_executable: return "the executable";
        case macho::library_flat: return "any library";
        case macho::library_weak: return "any library, weakly";
    }
    const auto index = static_cast<std::size_t>(number) - 1;
    return number > 0 && index < f.libraries.size() ? std::string(f.libraries[index].name)
                                                    : "library " + std::to_string(number);
}
std::string machine_of(macho::machine m) { return or_number(name_of(m), static_cast<std::uint64_t>(m)); }
std::string version_of(macho::version v) {
    return std::to_string(v.release()) + "." + std::to_string(v.update()) +
           (v.patch() == 0 ? "" : "." + std::to_string(v.patch()));
}

inspected collect_exports(facts& to, const macho::file& file) {
    VITTE_TRY(const auto trie, macho::export_trie::read(file));
    const std::uint64_t base = file.base();
    std::vector<char> buffer(1 << 20);
    return trie.for_each(buffer, [&](const macho::exported& e) {
        named_export made{
            std::string(e.name), e.absolute() ? e.address : base + e.address, "regular", e.weak_definition(), {}};
        if (e.reexported()) {
            made.type = "reexport", made.address = 0;
            made.from = library_of(to, static_cast<std::int32_t>(e.library)) +
                        (e.library_name.empty() ? "" : ": " + std::string(e.library_name));
        } else if (e.is_thread_local()) {
            made.type = "thread_local";
        } else if (e.absolute()) {
            made.type = "absolute";
        }
        to.exports.push_back(made);
    });
}

/// Imports of an image are what the dynamic linker is told to bind, whatever a stripped symbol table still has. What it
/// looks for in all libraries (weakly) is an import only if it is neither exported here nor bound to its library.
inspected collect_bindings(facts& to, const macho::file& file) {
    std::set<std::string_view> names;
    for (const named_export& e : to.exports) names.insert(e.name);
    VITTE_TRY(const auto fixups, macho::chained_fixups::read(file));
    for (std::size_t i = 0; i < fixups.import_count(); ++i) {
        VITTE_TRY(const macho::chained_import import, fixups.import(i));
        if (import.library == macho::library_weak && names.contains(import.name)) continue;
        to.imports.push_back({import.name, library_of(to, import.library), import.weak_import});
    }
    VITTE_CHECK(fixups.for_each([&](const macho::fixup& f) { ++to.relocations[f.bind ? "bind" : "rebase"]; }));
    VITTE_CHECK(macho::for_each_rebase(file, [&](std::uint64_t, unsigned) { ++to.relocations["rebase"]; }));
    std::set<named_import> bound;
    std::set<std::string_view> weak;
    VITTE_CHECK(macho::for_each_binding(file, [&](const macho::binding& b) {
        constexpr const char* kinds[] = {"bind", "weak bind", "lazy bind"};
        ++to.relocations[kinds[static_cast<std::size_t>(b.kind)]];
        if (b.kind == macho::binding_kind::weak) {
            weak.insert(b.name);
            return;
        }
        names.insert(b.name);
        const named_import import{b.name, library_of(to, b.library), b.weak_import};
        if (bound.insert(import).second) to.imports.push_back(import);
    }));
    for (const std::string_view name : weak)
        if (!names.contains(name)) to.imports.push_back({name, library_of(to, macho::library_weak), false});
    return {};
}

/// What objects tell, and images that no dynamic linker has to read: kernel extensions, and very old ones.
inspected collect_symbols(facts& to, const macho::file& file) {
    const bool two_level = (to.header.flags & macho::file_two_level) != 0;
    VITTE_TRY(const auto symbols, file.symbols());
    for (const macho::symbol symbol : symbols.entries) {
        if (!symbol.external()) continue;
        VITTE_TRY(const std::string_view name, symbols.name(symbol));
        if (!symbol.defined())
            to.imports.push_back({name, two_level ? library_of(to, symbol.library()) : "", symbol.weak_import()});
        else if (!symbol.private_external())
            to.exports.push_back({std::string(name), symbol.value, "regular", symbol.weak_definition(), {}});
    }
    for (const macho::segment& segment : to.segments)
        for (const macho::section section : segment.sections) {
            VITTE_TRY(const auto relocations, file.relocations(section));
            for (const macho::relocation r : relocations)
                ++to.relocations[or_number(macho::relocation_name(to.header.machine, r.type), r.type)];
        }
    return {};
}

vitte::result<facts, parse_error> collect(const vitte::loader::part& bytes) {
    VITTE_TRY(const macho::file file, macho::file::parse(bytes.bytes, bytes.offset));
    facts made;
    made.header = file.header();
    VITTE_TRY(made.id, file.id());
    VITTE_TRY(const auto uuid, file.uuid());
    made.uuid = hexadecimal(uuid);
    VITTE_CHECK(file.for_each_platform([&](const macho::build_version& b) { made.platforms.push_back(b); }));
    file.for_each_segment([&](const macho::segment& s) { made.segments.push_back(s); });
    VITTE_CHECK(file.for_each_needed([&](const macho::library& l) { made.libraries.push_back(l); }));
    VITTE_CHECK(file.for_each_rpath([&](std::string_view path) { made.rpaths.push_back(path); }));
    VITTE_TRY(made.entry, file.entry());
    VITTE_TRY(made.signature, macho::read_code_signature(file));
    for (const auto told : {macho::command::dyld_info, macho::command::dyld_info_only, macho::command::exports_trie,
                            macho::command::chained_fixups}) {
        if (!file.find(told)) continue;
        VITTE_CHECK(collect_exports(made, file));
        VITTE_CHECK(collect_bindings(made, file));
        return made;
    }
    VITTE_CHECK(collect_symbols(made, file));
    return made;
}

std::string access_of(const macho::segment& s) {
    return access_text((s.initial_protection & macho::segment_readable) != 0,
                       (s.initial_protection & macho::segment_writable) != 0,
                       (s.initial_protection & macho::segment_executable) != 0);
}
std::string_view kind_of(const macho::library& l) {
    switch (l.kind) {
        case macho::command::weak_needed: return "weak";
        case macho::command::reexported: return "reexported";
        case macho::command::upward_needed: return "upward";
        case macho::command::lazy_needed: return "lazy";
        default: return "regular";
    }
}
std::string versions_of(const macho::library& l) {
    return version_of(l.current) + ", compatible from " + version_of(l.compatible);
}
std::string signature_of(const macho::code_signature& s) {
    return std::string(s.identifier) + ", " + or_number(name_in(macho::signature_hashes, s.hash_type), s.hash_type) +
           (s.ad_hoc ? ", ad hoc" : "") + ", " + std::to_string(s.size) + " bytes, not verified";
}

void print_text(const facts& f) {
    line("kind", name_of(f.header.type));
    line("target", machine_of(f.header.machine) + ", " + description_of(f.header.form));
    if (f.id) line("name", std::string(f.id->name) + " " + versions_of(*f.id));
    if (!f.uuid.empty()) line("uuid", f.uuid);
    for (const macho::build_version& b : f.platforms)
        line("platform", std::string(name_of(b.platform)) + " " + version_of(b.minimum) + ", SDK " + version_of(b.sdk));
    if (f.entry) line("entry", hexadecimal(*f.entry));
    if (f.signature) line("signature", signature_of(*f.signature));
    for (const macho::library& l : f.libraries)
        line("needed", std::string(l.name) + " " + versions_of(l) +
                           (l.kind == macho::command::needed ? "" : " (" + std::string(kind_of(l)) + ")"));
    for (const std::string_view path : f.rpaths) line("rpath", path);
    std::printf("\nsegments (%zu)\n  %-29s %18s %12s %12s %-6s\n", f.segments.size(), "name", "address", "in file",
                "in memory", "access");
    for (const macho::segment& s : f.segments) {
        std::printf("  %-29s %#18" PRIx64 " %12" PRIu64 " %12" PRIu64 " %-6s\n", shown(s.name).c_str(), s.address,
                    s.file_size, s.memory_size, access_of(s).c_str());
        for (const macho::section section : s.sections)
            std::printf("    %-27s %#18" PRIx64 " %12" PRIu64 " %12" PRIu64 "\n",
                        shown(std::string(section.segment) + "," + std::string(section.name)).c_str(), section.address,
                        section.zero_fill() ? 0 : section.size, section.size);
    }
    std::printf("\nexports (%zu)\n", f.exports.size());
    for (const named_export& e : f.exports)
        std::printf("  %#18" PRIx64 " %-12s %s%s%s%s\n", e.address, e.type.data(), shown(e.name).c_str(),
                    e.weak ? " (weak)" : "", e.from.empty() ? "" : " -> ", shown(e.from).c_str());
    std::printf("\nimports (%zu)\n", f.imports.size());
    for (const named_import& i : f.imports)
        std::printf("  %s%s%s%s\n", shown(i.name).c_str(), i.library.empty() ? "" : " from ", shown(i.library).c_str(),
                    i.weak ? " (weak)" : "");
    std::printf("\nrelocations\n");
    for (const auto& [name, count] : f.relocations) std::printf("  %-32s %10" PRIu64 "\n", name.c_str(), count);
}

void print_library(json_writer& json, std::string_view key, const macho::library& l) {
    json.open('{', key).text("name", l.name);
    if (l.kind != macho::command::id) json.text("kind", kind_of(l));
    json.text("current", version_of(l.current)).text("compatible", version_of(l.compatible)).close('}');
}

void print_segments(json_writer& json, const facts& f) {
    json.open('[', "segments");
    for (const macho::segment& s : f.segments) {
        json.open('{')
            .text("name", s.name)
            .number("address", s.address)
            .number("memory_size", s.memory_size)
            .number("offset", s.offset)
            .number("file_size", s.file_size)
            .text("access", access_of(s))
            .open('[', "sections");
        for (const macho::section section : s.sections)
            json.open('{')
                .text("name", section.name)
                .text("segment", section.segment)
                .number("address", section.address)
                .number("size", section.size)
                .number("offset", section.offset)
                .close('}');
        json.close(']').close('}');
    }
    json.close(']');
}

/// All members of the JSON object but the file's name.
void print_json(json_writer& json, const facts& f) {
    json.text("format", "Mach-O").text("kind", name_of(f.header.type));
    print_target(json, machine_of(f.header.machine), f.header.form);
    if (f.id) print_library(json, "id", *f.id);
    json.text("uuid", f.uuid);
    if (f.entry) json.number("entry", *f.entry);
    if (f.signature)
        json.open('{', "code_signature")
            .text("identifier", f.signature->identifier)
            .text("hash", or_number(name_in(macho::signature_hashes, f.signature->hash_type), f.signature->hash_type))
            .number("flags", f.signature->flags)
            .number("size", f.signature->size)
            .close('}');
    json.open('[', "platforms");
    for (const macho::build_version& b : f.platforms)
        json.open('{')
            .text("platform", name_of(b.platform))
            .text("minimum", version_of(b.minimum))
            .text("sdk", version_of(b.sdk))
            .close('}');
    json.close(']').open('[', "needed");
    for (const macho::library& l : f.libraries) json.text({}, l.name);
    json.close(']').open('[', "libraries");
    for (const macho::library& l : f.libraries) print_library(json, {}, l);
    json.close(']').open('[', "rpaths");
    for (const std::string_view path : f.rpaths) json.text({}, path);
    json.close(']');
    print_segments(json, f);
    json.open('[', "exports");
    for (const named_export& e : f.exports)
        json.open('{')
            .text("name", e.name)
            .number("address", e.address)
            .text("type", e.type)
            .text("weak", e.weak ? "yes" : "no")
            .text("from", e.from)
            .close('}');
    json.close(']').open('[', "imports");
    for (const named_import& i : f.imports)
        json.open('{').text("name", i.name).text("library", i.library).text("weak", i.weak ? "yes" : "no").close('}');
    json.close(']').open('[', "relocations");
    for (const auto& [name, count] : f.relocations) json.open('{').text("name", name).number("count", count).close('}');
    json.close(']');
}

inspected inspect_universal(const macho::universal& file, std::string_view path, bool as_json) {
    std::vector<std::pair<macho::slice, facts>> all;
    for (const macho::slice s : file.slices()) {
        VITTE_TRY(const auto content, file.content(s));
        VITTE_TRY(facts found, collect(content));
        all.emplace_back(s, std::move(found));
    }
    json_writer json;
    if (as_json)
        json.open('{').text("file", path).text("format", "Mach-O").text("kind", "universal").open('[', "slices");
    else
        line("file", path), line("kind", "universal, of " + std::to_string(all.size()));
    for (const auto& [slice, found] : all) {
        if (as_json) {
            json.open('{').number("offset", slice.offset).number("size", slice.size);
            print_json(json, found);
            json.close('}');
        } else {
            std::printf("\nslice     %s, %" PRIu64 " bytes at %" PRIu64 "\n", machine_of(slice.machine).c_str(),
                        slice.size, slice.offset);
            print_text(found);
        }
    }
    if (as_json) json.close(']').close('}'), std::putchar('\n');
    return {};
}
}  // namespace

inspected inspect_macho(std::span<const std::byte> bytes, std::string_view path, bool as_json) {
    const auto several = macho::universal::parse(bytes);
    if (several) return inspect_universal(*several, path, as_json);
    if (several.error().code != vitte::errc::not_found || several.error().offset != 0)
        return vitte::unexpected(several.error());
    VITTE_TRY(const facts found, collect({bytes}));
    if (as_json) {
        json_writer json;
        json.open('{').text("file", path);
        print_json(json, found);
        json.close('}');
        std::putchar('\n');
    } else {
        line("file", path);
        print_text(found);
    }
    return {};
}
