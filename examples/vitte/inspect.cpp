// vitte inspect: which format a file has, and what is wrong with it.
#include "inspect.hpp"

#include <vitte/loader/format/macho.hpp>
#include <vitte/loader/format/pe.hpp>
#include <vitte/loader/format/vitb/container.hpp>
#include <vitte/loader/format/wasm.hpp>
#include <vitte/sys/memory/mapping.hpp>

#include "command.hpp"
#include "inspect_wasm.hpp"

namespace {
namespace loader = vitte::loader;

constexpr const char* help = R"(usage: vitte inspect FILE [--json] [--disassemble]

Prints what an ELF, PE or Mach-O file or a COFF object is: kind, target, segments or sections, needed libraries,
exported and imported symbols with their versions, ordinals or libraries, and how many relocations of each type it has.
--json prints the same for programs: one object with the members file, format, kind, machine, bits, byte_order, exports,
imports, relocations, and what else the format has; a universal Mach-O file has one for each machine in slices.

Of a WebAssembly module: sections, exports and imports with their types, and who made it; as JSON the members file,
kind, producers, sections, functions, tables, memories, globals, tags (how many), exports, imports. --disassemble prints its
functions in the text format.

Of a container (.vitmod, .vitbc, .vitplug): the module that it is, what that needs, its parts, whether they are damaged,
and by which keys it is signed, which `vitte key` verifies; as JSON the members file, format, kind, version, name,
module_version, needs, entries, exports, imports, signatures.
)";

inspected inspect_any(std::span<const std::byte> bytes, const std::string& path, bool as_json) {
    const std::string_view start(reinterpret_cast<const char*>(bytes.data()), bytes.size() < 4 ? bytes.size() : 4);
    if (start == "\177ELF") return inspect_elf(bytes, path, as_json);
    if (loader::vitb::is_container(bytes)) return inspect_vitb(bytes, path, as_json);
    for (const std::string_view magic : {"\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe",
                                         "\xca\xfe\xba\xbe", "\xca\xfe\xba\xbf"})
        if (start == magic) return inspect_macho(bytes, path, as_json);
    if (const auto header = loader::pe::header::read(bytes); header || header.error().code != vitte::errc::not_found)
        return inspect_pe(bytes, path, as_json);
    return loader::malformed("file header", "neither an ELF, PE or Mach-O file nor a COFF object, WebAssembly module or container", 0);
}
}  // namespace

exit_code inspect(const arguments& given) {
    std::string path;
    bool as_json = false, disassembled = false;
    for (const std::string_view argument : given) {
        if (argument == "--help") return std::fputs(help, stdout), succeeded;
        if (argument == "--json")
            as_json = true;
        else if (argument == "--disassemble")
            disassembled = true;
        else if (argument.starts_with("--"))
            return complain(misused, "inspect: unknown option '" + std::string(argument) + "'",
                            suggestion(argument, {"--json", "--disassemble", "--help"}, "vitte inspect --help"));
        else if (!path.empty())
            return complain(misused, "inspect: more than one file is given", "vitte inspect FILE");
        else
            path = argument;
    }
    if (path.empty()) return complain(misused, "inspect: no file is given", "vitte inspect FILE");
    const auto mapped = vitte::sys::mapping::open(path.c_str());
    if (!mapped) return complain(failed, "inspect " + path + ": " + mapped.error().message(), "");
    if (vitte::loader::wasm::file::is_module(mapped->bytes()))
        return inspect_wasm(mapped->bytes(), path, disassembled ? inspect_form::functions
                                                   : as_json    ? inspect_form::json
                                                                : inspect_form::text);
    if (disassembled)
        return complain(failed, "inspect " + path + ": not a WebAssembly module", "only those are disassembled");
    const auto done = inspect_any(mapped->bytes(), path, as_json);
    if (!done)
        return complain(failed, "inspect " + path + ": " + done.error().message(),
                        "inspect reads objects, libraries, executables and containers");
    return succeeded;
}
