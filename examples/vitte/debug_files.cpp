#include "debug_files.hpp"

#include <deque>
#include <map>
#include <memory>
#include <vitte/core/inflate.hpp>
#include <vitte/core/json.hpp>
#include <vitte/loader/bind/collect.hpp>
#include <vitte/loader/bind/type_text.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/memory/mapping.hpp>

#include "inspect.hpp"

namespace {
namespace bind_to = vitte::loader::bind;
namespace dwarf = vitte::loader::dwarf;
namespace elf = vitte::loader::elf;
using vitte::loader::parse_error;
template <class T>
using complained = vitte::result<T, debug_complaint>;

/// Files that stay as long as somebody reads them, with what was compressed in them.
class debug_files {
public:
    complained<elf::file> open(const std::string& path) {
        auto mapped = vitte::sys::mapping::open(path.c_str());
        if (!mapped) return unfit(path, mapped.error().message());
        mapped_.push_back(std::move(*mapped));
        const auto file = elf::file::parse(mapped_.back().bytes());
        if (!file) return unfit(path, file.error().message(), "vitte bind reads libraries for ELF systems");
        return *file;
    }
    vitte::result<dwarf::sections, parse_error> sections_of(const elf::file& of) {
        return dwarf::find_sections(of, [this](const dwarf::compressed& packed) { return decompress(packed); });
    }
    static vitte::unexpected<debug_complaint> unfit(const std::string& path, const std::string& what,
                                                    const std::string& hint = {}) {
        return vitte::unexpected(debug_complaint{path.empty() ? what : shown(path) + ": " + what, hint});
    }

private:
    vitte::result<std::span<const std::byte>, parse_error> decompress(const dwarf::compressed& packed) {
        constexpr const char* what = "compressed section";
        constexpr std::uint64_t most = 1040;  // one byte never becomes more
        if (packed.how != dwarf::compressed::method::zlib)
            return vitte::loader::malformed(what, "is not made by zlib", packed.offset, vitte::errc::not_supported);
        if (packed.size / most > packed.stored.size())
            return vitte::loader::malformed(what, "says that it is larger than it can be", packed.offset);
        unpacked_.emplace_back(static_cast<std::size_t>(packed.size));
        const auto size = vitte::inflate(packed.stored, unpacked_.back(), vitte::deflate_wrapper::zlib);
        if (!size) return vitte::loader::malformed(what, size.error().reason, packed.offset, size.error().code);
        return std::span<const std::byte>(unpacked_.back()).first(*size);
    }

    std::deque<std::vector<std::byte>> unpacked_;
    std::deque<vitte::sys::mapping> mapped_;
};

std::string folder_of(const std::string& path) {
    const std::size_t end = path.rfind('/');
    return end == path.npos ? "." : path.substr(0, end);
}

/// Debian has it in a file that is called after the build id.
std::string by_build_id(std::span<const std::byte> id) {
    const std::string digits = hexadecimal(id);
    if (digits.size() < 4) return {};
    return "/usr/lib/debug/.build-id/" + digits.substr(0, 2) + "/" + digits.substr(2) + ".debug";
}

bool has_debug(const elf::file& of) {
    const auto found = dwarf::find_sections(of, [](const dwarf::compressed& packed) {
        return vitte::result<std::span<const std::byte>, parse_error>(packed.stored.first(0));
    });
    return found || found.error().code != vitte::errc::not_found;
}

/// The file of dwz with what several libraries have in common; its place is told from where the first file is.
complained<elf::file> open_supplementary(debug_files& files, const dwarf::debug_link& link, const std::string& from) {
    const std::string name(link.name);
    auto found = files.open(name.starts_with('/') ? name : folder_of(from) + "/" + name);
    if (!found) found = files.open(by_build_id(link.build_id));
    if (!found) return found;
    const auto id = found->build_id();
    if (id && !std::equal(id->begin(), id->end(), link.build_id.begin(), link.build_id.end()))
        return debug_files::unfit(name, "belongs to another build", "install the debug packages of one version");
    return found;
}

/// Those of the packages beside the library, and of the files where the compiler has put them; what is not there adds
/// nothing. Returns how many units have been found.
complained<std::size_t> read_split(debug_files& files, const dwarf::sections& own,
                                   const std::vector<std::string>& places, bind_to::debug_entries& to) {
    std::map<std::uint64_t, const bind_to::skeleton*> wanted;
    const std::vector<bind_to::skeleton> all = to.skeletons();
    for (const bind_to::skeleton& s : all) wanted.emplace(s.id, &s);
    std::size_t found = 0;
    const auto add_unit = [&](dwarf::sections in, const bind_to::skeleton& of) {
        in.addresses = own.addresses;
        ++found;
        return to.add(in, nullptr, &of);
    };
    for (const std::string& place : places) {
        const auto package = files.open(place + ".dwp");
        if (!package) continue;
        const auto read = [&]() -> vitte::result<void, parse_error> {
            VITTE_TRY(const dwarf::sections in, files.sections_of(*package));
            VITTE_CHECK(
                dwarf::for_each_packed_unit(in, in.unit_index, [&](std::uint64_t id, const dwarf::sections& unit) {
                    const auto of = wanted.find(id);
                    if (of == wanted.end()) return vitte::result<void, parse_error>();
                    const bind_to::skeleton& skeleton = *of->second;
                    wanted.erase(of);
                    return add_unit(unit, skeleton);
                }));
            if (in.type_index.bytes.empty()) return {};
            constexpr bind_to::skeleton of_types;
            return dwarf::for_each_packed_unit(in, in.type_index, [&](std::uint64_t, const dwarf::sections& unit) {
                return to.add(unit, nullptr, &of_types);
            });
        }();
        if (!read) return debug_files::unfit(place + ".dwp", read.error().message());
    }
    for (const auto& [id, of] : wanted) {
        const std::string name(of->file), folder(of->folder);
        auto file = files.open(name.starts_with('/') ? name : folder + "/" + name);
        for (std::size_t i = 0; !file && i < places.size(); ++i) file = files.open(folder_of(places[i]) + "/" + name);
        if (!file) continue;
        const auto in = files.sections_of(*file);
        if (!in) return debug_files::unfit(name, in.error().message());
        if (const auto read = add_unit(*in, *of); !read) return debug_files::unfit(name, read.error().message());
    }
    return found;
}

complained<void> read_entries(debug_files& files, const elf::file& of, const elf::file* supplementary,
                              const std::vector<std::string>& places, bind_to::debug_entries& to) {
    dwarf::sections own;
    const auto read = [&]() -> vitte::result<void, parse_error> {
        VITTE_TRY(own, files.sections_of(of));
        if (supplementary == nullptr) return to.add(own, nullptr);
        VITTE_TRY(const dwarf::sections common, files.sections_of(*supplementary));
        return to.add(own, &common);
    }();
    if (!read)
        return files.unfit(
            places[0], read.error().message(),
            read.error().code == vitte::errc::not_found ? "compile it with -g, or name a file with --debug" : "");
    if (to.skeletons().empty()) return {};
    const std::string first(to.skeletons()[0].file);
    VITTE_TRY(const std::size_t found, read_split(files, own, places, to));
    if (found == 0)
        return files.unfit(first, "not found, and no package of it",
                           "keep the .dwo files of the build, or a .dwp file beside the library");
    return {};
}

/// Of the function `name` in a text of JSON; empty if it is not there, or has none.
vitte::result<std::string, vitte::json::read_error> described_signature(std::string_view text, std::string_view name) {
    VITTE_TRY(const auto description, vitte::json::read(text));
    VITTE_TRY(const auto functions, description.root().member("functions"));
    VITTE_TRY(const auto all, functions.elements());
    for (const vitte::json::value& f : all) {
        VITTE_TRY(const auto its_name, f.get<std::string_view>("name"));
        if (its_name != name) continue;
        if (!f.find("type")) break;
        VITTE_TRY(const auto its_type, f.get<std::string_view>("type"));
        return std::string(its_type);
    }
    return std::string();
}
}  // namespace

complained<bind_to::library> library_of(const std::string& path, const std::string& debug) {
    debug_files files;
    VITTE_TRY(const elf::file library, files.open(path));
    std::string from = debug.empty() ? path : debug;
    const auto id = library.build_id();
    if (debug.empty() && !has_debug(library) && id && id->size() > 1) from = by_build_id(*id);
    auto described = from == path ? complained<elf::file>(library) : files.open(from);
    if (!described && debug.empty())
        return files.unfit({}, "there is no debug information",
                           "install the library's -dbgsym package, or name a file with --debug");
    if (!described) return vitte::unexpected(described.error());
    const auto link = dwarf::supplementary_link(*described);
    if (!link) return files.unfit(from, link.error().message());
    complained<elf::file> common = library;
    if (!link->name.empty()) {
        common = open_supplementary(files, *link, from);
        if (!common) return vitte::unexpected(common.error());
    }
    bind_to::debug_entries entries;
    VITTE_CHECK(read_entries(files, *described, link->name.empty() ? nullptr : &*common, {from, path}, entries));
    entries.finish();
    auto made = bind_to::collect(library, entries);
    if (!made) return files.unfit({}, made.error().message());
    return std::move(*made);
}

complained<std::string> signature_of(const std::string& path, const std::string& function,
                                     const std::string& description) {
    if (description.empty()) {
        const auto made = library_of(path, {});
        if (!made) return std::string();
        for (const bind_to::symbol& f : made->functions)
            if (f.name == function) return bind_to::signature_text(*made, f);
        return std::string();
    }
    const auto unfit = [&](const auto& error) {
        return vitte::unexpected(debug_complaint{shown(description) + ": " + error.message(), {}});
    };
    const auto text = vitte::sys::read_text(description.c_str());
    if (!text) return unfit(text.error());
    auto found = described_signature(*text, function);
    if (!found) return unfit(found.error());
    return std::move(*found);
}
