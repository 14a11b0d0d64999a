// vitte inspect, of a container: its entries, the module that it is, and who has signed it.
#include <cinttypes>
#include <vitte/loader/format/vitb.hpp>
#include <vitte/loader/manifest.hpp>

#include "inspect.hpp"

namespace {
namespace loader = vitte::loader;
namespace vitb = vitte::loader::vitb;
using loader::parse_error;

struct facts {
    vitb::container file;
    loader::manifest module;
    std::vector<loader::dependency> needs;
    loader::symbol_manifest symbols;
};

/// Reads an entry of JSON, if it is there.
template <class Read, class To>
inspected read(const vitb::container& file, vitb::kind kind, Read read_text, To& to) {
    const auto found = file.find(kind);
    if (!found) return {};
    VITTE_TRY(const auto text, vitb::content(*found, loader::most_of_manifest));
    auto made = read_text(text.text());
    if (!made)
        return loader::malformed("manifest in the container", "not as it must be", found->offset, made.error().code);
    to = std::move(*made);
    return {};
}
vitte::result<facts, parse_error> collect(std::span<const std::byte> bytes) {
    VITTE_TRY(const auto file, vitb::container::parse(bytes));
    facts made{file, {}, {}, {}};
    VITTE_CHECK(read(
        file, vitb::kind::meta, [](auto text) { return loader::manifest::read(text); }, made.module));
    VITTE_CHECK(read(
        file, vitb::kind::deps, [](auto text) { return loader::read_dependencies(text); }, made.needs));
    VITTE_CHECK(read(
        file, vitb::kind::symb, [](auto text) { return loader::symbol_manifest::read(text); }, made.symbols));
    return made;
}

std::string name_of(vitb::kind kind) {
    std::string text;
    for (int shift = 0; shift < 32; shift += 8)
        text += static_cast<char>(static_cast<std::uint32_t>(kind) >> shift & 0xff);
    return text;
}
const char* name_of(vitb::compression by) {
    return by == vitb::compression::deflate ? "deflate" : by == vitb::compression::lz4 ? "lz4" : "none";
}
bool is_whole(const vitb::entry& e) { return e.kind == vitb::kind::sign || vitte::crc32(e.stored) == e.crc; }
/// As minisign writes it.
std::string key_of(std::span<const std::byte> signature) {
    char text[17];
    std::snprintf(text, sizeof text, "%016" PRIX64,
                  vitte::load<std::uint64_t>(signature.data(), vitte::byte_order::little));
    return text;
}
template <class Visit>
void for_each_signature(const vitb::container& file, Visit visit) {
    for (auto left = file.signatures(); !left.empty(); left = left.subspan(vitb::signature_size))
        visit(left.first(vitb::signature_size));
}

void print(const facts& f, std::string_view path) {
    line("file", path);
    line("kind", "container, VITB version 2");
    if (!f.module.name.empty()) line("module", f.module.name + " " + f.module.version);
    if (!f.module.target.empty()) line("target", f.module.target);
    if (!f.module.entry.empty()) line("entry", f.module.entry);
    for (const std::string& c : f.module.capabilities) line("may", c);
    for (const loader::dependency& d : f.needs)
        line("needs", d.name + " " + d.range + (d.target.empty() ? "" : " on " + d.target) +
                          (d.optional ? ", optional" : "") + (d.lazy ? ", lazy" : ""));
    for (const vitb::entry& e : f.file) {
        std::string text = name_of(e.kind) + (e.label.empty() ? "" : " " + std::string(e.label)) + ": ";
        if (e.compression() != vitb::compression::none)
            text += std::to_string(e.packed.size()) + " bytes of " + name_of(e.compression()) + " for ";
        text += std::to_string(e.plain_size) + " bytes at " + std::to_string(e.offset);
        line("part", text + (is_whole(e) ? "" : ", damaged"));
    }
    for (const auto& s : f.symbols.exports) line("export", s.name + (s.signature.empty() ? "" : " " + s.signature));
    for (const auto& s : f.symbols.imports)
        line("import", s.module + ":" + s.symbol + (s.range.empty() ? "" : "@" + s.range) +
                           (s.signature.empty() ? "" : " " + s.signature));
    for_each_signature(f.file, [](auto s) { line("signed", "by key " + key_of(s)); });
}

void print_json(const facts& f, std::string_view path) {
    json_writer json;
    json.open('{').text("file", path).text("format", "VITB").text("kind", "container").number("version", 2);
    json.text("name", f.module.name).text("module_version", f.module.version);
    json.open('[', "needs");
    for (const loader::dependency& d : f.needs) json.open('{').text("name", d.name).text("range", d.range).close('}');
    json.close(']').open('[', "entries");
    for (const vitb::entry& e : f.file)
        json.open('{')
            .text("kind", name_of(e.kind))
            .text("label", e.label)
            .number("offset", e.offset)
            .number("stored", e.packed.size())
            .number("size", e.plain_size)
            .text("compression", name_of(e.compression()))
            .number("damaged", is_whole(e) ? 0 : 1)
            .close('}');
    json.close(']').open('[', "exports");
    for (const auto& s : f.symbols.exports) json.open('{').text("name", s.name).text("type", s.signature).close('}');
    json.close(']').open('[', "imports");
    for (const auto& s : f.symbols.imports)
        json.open('{')
            .text("module", s.module)
            .text("name", s.symbol)
            .text("range", s.range)
            .text("type", s.signature)
            .close('}');
    json.close(']').open('[', "signatures");
    for_each_signature(f.file, [&](auto s) { json.open('{').text("key", key_of(s)).close('}'); });
    json.close(']').close('}');
    std::putchar('\n');
}
}  // namespace

inspected inspect_vitb(std::span<const std::byte> bytes, std::string_view path, bool as_json) {
    const std::vector<std::byte> copy(bytes.begin(), bytes.end());  // nobody changes it meanwhile
    VITTE_TRY(const facts found, collect(copy));
    as_json ? print_json(found, path) : print(found, path);
    for (const vitb::entry& e : found.file)
        if (!is_whole(e)) return loader::malformed("entry of the container", "its checksum is wrong", e.offset);
    return {};
}
