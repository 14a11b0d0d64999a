// vitte inspect, of a WebAssembly module: its sections, imports, exports and who made it; or its functions as text.
#include "inspect_wasm.hpp"

#include <map>
#include <vitte/loader/format/wasm/names.hpp>
#include <vitte/loader/wasm/disassemble.hpp>
#include <vitte/sys/memory/mapping.hpp>

#include "json.hpp"
#include "shown.hpp"

namespace {
namespace wasm = vitte::loader::wasm;
using vitte::loader::parse_error;

struct import_line {
    wasm::import_entry entry;
    std::string type;
};
struct export_line {
    wasm::export_entry entry;
    std::string type;
};
struct facts {
    wasm::file file;
    std::vector<std::string> types;
    std::vector<std::string> functions;  // the type of each
    std::uint32_t imported = 0;          // of them
    std::map<std::uint32_t, std::string> names;
    std::vector<import_line> imports;
    std::vector<export_line> exports;
    std::vector<std::string> producers;
    std::uint32_t tables = 0, memories = 0, globals = 0, tags = 0;
};

std::string text_of(const wasm::function_type& type) {
    std::string made;
    for (const auto& [word, list] : {std::pair{"param", &type.parameters}, std::pair{"result", &type.results}}) {
        if (list->size == 0) continue;
        (made += made.empty() ? "(" : " (") += word;
        list->for_each([&](wasm::value_type t) { made += ' ' + wasm::text_of(t); });
        made += ')';
    }
    return made;
}
std::string text_of(const wasm::limits& l) {
    return (l.wide ? "i64 " : "") + std::to_string(l.least) + (l.bounded ? ' ' + std::to_string(l.most) : "");
}
std::string text_of(const wasm::global_type& g) {
    return g.writable ? "(mut " + wasm::text_of(g.content) + ")" : wasm::text_of(g.content);
}
std::string type_in(const std::vector<std::string>& types, std::uint32_t index) {
    return index < types.size() ? types[index] : "(type " + std::to_string(index) + ")";
}

void add_import(facts& to, const wasm::import_entry& e) {
    std::string type;
    switch (e.kind) {
        case wasm::external_kind::function:
            type = type_in(to.types, e.type_index);
            to.functions.push_back(type);
            ++to.imported;
            break;
        case wasm::external_kind::table:
            type = text_of(e.table.size) + ' ' + wasm::text_of(e.table.element);
            ++to.tables;
            break;
        case wasm::external_kind::memory: type = text_of(e.memory.size), ++to.memories; break;
        case wasm::external_kind::global: type = text_of(e.global), ++to.globals; break;
        case wasm::external_kind::tag: type = type_in(to.types, e.type_index), ++to.tags;
    }
    to.imports.push_back({e, std::move(type)});
}

vitte::result<facts, parse_error> collect(std::span<const std::byte> bytes) {
    facts made;
    VITTE_TRY(made.file, wasm::file::parse(bytes));
    const wasm::file& file = made.file;
    VITTE_CHECK(file.for_each_type([&](const wasm::type_entry& t) { made.types.push_back(text_of(t.function)); }));
    VITTE_CHECK(file.for_each_import([&](const wasm::import_entry& e) { add_import(made, e); }));
    VITTE_CHECK(
        file.for_each_function([&](std::uint32_t type) { made.functions.push_back(type_in(made.types, type)); }));
    made.tables += file.count(wasm::section::table);
    made.memories += file.count(wasm::section::memory);
    made.globals += file.count(wasm::section::global);
    made.tags += file.count(wasm::section::tag);
    VITTE_CHECK(file.for_each_export([&](const wasm::export_entry& e) {
        made.exports.push_back({e, e.kind == wasm::external_kind::function ? type_in(made.functions, e.index) : ""});
    }));
    // What is only for people may be wrong without harm.
    static_cast<void>(
        wasm::for_each_function_name(file, [&](std::uint32_t i, std::string_view n) { made.names[i] = n; }));
    static_cast<void>(
        wasm::for_each_producer(file, [&](std::string_view field, std::string_view name, std::string_view version) {
            made.producers.push_back(std::string(field) + ": " + std::string(name) + ' ' + std::string(version));
        }));
    return made;
}

/// Calls `visit(name, offset, size, entries)` for each section, in the order of the file.
void for_each_section(const wasm::file& file, auto visit) {
    wasm::cursor in(file.whole().subspan(8), 8);
    while (!in.at_end()) {
        const std::uint8_t id = in.byte("section");
        const std::uint32_t size = in.u32("section");
        const std::uint64_t from = in.offset();
        wasm::cursor content = in.part(size, "section");
        const auto kind = static_cast<wasm::section>(id);
        const bool custom = kind == wasm::section::custom;
        const std::string name =
            custom ? "custom '" + std::string(content.name("custom section")) + "'" : wasm::name_of(kind);
        visit(name, from, size, custom || kind == wasm::section::start ? 0 : file.count(kind));
    }
}

std::string name_of(const facts& f, std::uint32_t function) {
    const auto found = f.names.find(function);
    if (found != f.names.end()) return found->second;
    for (const export_line& e : f.exports)
        if (e.entry.kind == wasm::external_kind::function && e.entry.index == function)
            return std::string(e.entry.name);
    return {};
}

void print_text(const facts& f, const std::string& path) {
    std::printf("%-9s %s\n%-9s WebAssembly module\n", "file", shown(path).c_str(), "kind");
    for (const std::string& p : f.producers) std::printf("%-9s %s\n", "made by", shown(p).c_str());
    std::printf("\nsections\n  %-30s %10s %10s %8s\n", "name", "offset", "size", "entries");
    for_each_section(f.file, [](const std::string& name, std::uint64_t offset, std::uint32_t size,
                                std::uint32_t entries) {
        std::printf("  %-30s %#10" PRIx64 " %10" PRIu32 " %8" PRIu32 "\n", shown(name).c_str(), offset, size, entries);
    });
    std::printf("\nexports (%zu)\n", f.exports.size());
    for (const export_line& e : f.exports)
        std::printf("  %-8s %6" PRIu32 " %s %s\n", wasm::name_of(e.entry.kind), e.entry.index,
                    shown(e.entry.name).c_str(), e.type.c_str());
    std::printf("\nimports (%zu)\n", f.imports.size());
    for (const import_line& i : f.imports)
        std::printf("  %-8s %s.%s %s\n", wasm::name_of(i.entry.kind), shown(i.entry.module).c_str(),
                    shown(i.entry.name).c_str(), i.type.c_str());
}

void print_json(const facts& f, const std::string& path) {
    json_writer json;
    json.open('{').text("file", path).text("kind", "WebAssembly module").open('[', "producers");
    for (const std::string& p : f.producers) json.text({}, p);
    json.close(']').open('[', "sections");
    for_each_section(f.file,
                     [&](const std::string& name, std::uint64_t offset, std::uint32_t size, std::uint32_t entries) {
                         json.open('{')
                             .text("name", name)
                             .number("offset", offset)
                             .number("size", size)
                             .number("entries", entries)
                             .close('}');
                     });
    json.close(']').number("functions", f.functions.size()).number("tables", f.tables).number("memories", f.memories);
    json.number("globals", f.globals).number("tags", f.tags).open('[', "exports");
    for (const export_line& e : f.exports)
        json.open('{')
            .text("name", e.entry.name)
            .text("kind", wasm::name_of(e.entry.kind))
            .number("index", e.entry.index)
            .text("type", e.type)
            .close('}');
    json.close(']').open('[', "imports");
    for (const import_line& i : f.imports)
        json.open('{')
            .text("module", i.entry.module)
            .text("name", i.entry.name)
            .text("kind", wasm::name_of(i.entry.kind))
            .text("type", i.type)
            .close('}');
    json.close(']').close('}');
    std::putchar('\n');
}

vitte::result<void, parse_error> print_functions(const facts& f) {
    std::uint32_t index = f.imported;
    vitte::result<void, parse_error> told;
    VITTE_CHECK(f.file.for_each_code([&](const wasm::code_entry& code) {
        if (!told) return;
        const std::string name = name_of(f, index), type = type_in(f.functions, index);
        std::printf("(func (;%" PRIu32 ";)%s%s%s%s\n", index, name.empty() ? "" : " $", shown(name).c_str(),
                    type.empty() ? "" : " ", type.c_str());
        told = wasm::disassemble(code, [](unsigned depth, const std::string& text) {
            std::printf("%*s%s\n", static_cast<int>(2 * depth + 2), "", text.c_str());
        });
        std::printf(")\n");
        ++index;
    }));
    return told;
}
}  // namespace

exit_code inspect_wasm(std::span<const std::byte> bytes, const std::string& path, inspect_form form) {
    const auto refuse = [&](const parse_error& e) {
        return complain(failed, "inspect " + path + ": " + e.message(), "");
    };
    const auto found = collect(bytes);
    if (!found) return refuse(found.error());
    if (form == inspect_form::functions) {
        const auto done = print_functions(*found);
        if (!done) return refuse(done.error());
    } else if (form == inspect_form::json)
        print_json(*found, path);
    else
        print_text(*found, path);
    return succeeded;
}
