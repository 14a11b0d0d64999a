// vitte bind: a header of C++ from a library's debug information, or from its own header.
#include <vitte/loader/bind/compare.hpp>
#include <vitte/loader/bind/write_description.hpp>
#include <vitte/loader/bind/write_header.hpp>

#include "command.hpp"
#include "debug_files.hpp"
#include "header_files.hpp"
#include "shown.hpp"

namespace {
namespace bind_to = vitte::loader::bind;

constexpr const char* help = R"(usage: vitte bind LIBRARY [-o HEADER] [--namespace NAME] [--debug FILE]
       vitte bind HEADER.h [LIBRARY] [-o HEADER] [--namespace NAME] [-- OPTION...]
       vitte bind --json LIBRARY | HEADER.h [LIBRARY] [-o FILE] ...
       vitte bind --check OLD NEW [-- OPTION...]

Writes a C++ header from LIBRARY, a shared object for ELF systems with debug information: its types, a struct with its
functions, which is bound at run time: functions::of(module), and one with its variables. Those that an older library
does not have are null.

A C header that clang reads tells the same, and macros that are numbers or texts, too. Of the header count it itself
and those in the folder beside it that is called like it; with LIBRARY as a file, what that exports, wherever it is
declared. LIBRARY may also be only a name.

  -o HEADER           where the header goes; without it, to stdout
  --namespace NAME    the namespace of all that is in it; without it, made from the library's name
  --json              a description of the same in JSON, which vitte run --bindings takes, too
  --debug FILE        where the debug information is, if it is neither in LIBRARY nor where Debian has it
  --check OLD NEW     tells what has changed for programs between two versions of a library: functions that are gone or
                      have another signature, sizes and places in structures, values; 1 if programs may fail now. One
                      of them may be a header, which is compared with what the other one exports
  -- OPTION...        options for clang, such as -I FOLDER or -include stdio.h
)";

bool is_header(std::string_view path) { return path.ends_with(".h"); }

/// "libpng16.so.16" is "png16", and so is "png16.h".
std::string name_space_of(std::string_view path) {
    std::string_view name = path.substr(path.rfind('/') + 1);
    if (name.starts_with("lib")) name.remove_prefix(3);
    name = name.substr(0, std::min(name.find(".so"), is_header(name) ? name.size() - 2 : name.size()));
    const std::string made = bind_to::detail::safe_name(name);
    return made.empty() ? "library" : made;
}

bool write(const std::string& path, const std::string& text) {
    if (path.empty()) return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    std::FILE* const to = std::fopen(path.c_str(), "wb");
    if (to == nullptr) return false;
    const bool written = std::fwrite(text.data(), 1, text.size(), to) == text.size();
    return std::fclose(to) == 0 && written;
}

exit_code written(const std::string& path, const std::string& text) {
    if (!write(path, text)) return complain(failed, "bind: " + shown(path) + " could not be written", "");
    return succeeded;
}

exit_code check(const std::string& before, const std::string& after, const std::vector<std::string_view>& options) {
    bind_to::library made[2];
    for (int i = 0; i < 2; ++i) {
        const std::string& path = i == 0 ? before : after;
        const std::string& other = i == 0 ? after : before;
        auto read = is_header(path) ? declared_library_of(path, is_header(other) ? std::string() : other, options)
                                    : library_of(path, {});
        if (!read) return complain(failed, "bind " + shown(path) + ": " + read.error().what, read.error().hint);
        made[i] = std::move(*read);
    }
    bool breaks = false;
    for (const bind_to::change& c : bind_to::compare(made[0], made[1])) {
        std::printf("%s %s\n", c.breaks ? "breaks" : "extends", shown(c.text).c_str());
        breaks = breaks || c.breaks;
    }
    return breaks ? failed : succeeded;
}
}  // namespace

exit_code bind(const arguments& given) {
    std::string header, name_space, debug;
    std::vector<std::string> paths;
    std::vector<std::string_view> options;
    bool checks = false, as_json = false;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const std::string_view argument = given[i];
        if (argument == "--help") return std::fputs(help, stdout), succeeded;
        if (argument == "-o" || argument == "--namespace" || argument == "--debug") {
            if (++i == given.size())
                return complain(misused, "bind: " + std::string(argument) + " needs a value", "vitte bind --help");
            (argument == "-o" ? header : argument == "--debug" ? debug : name_space) = given[i];
        } else if (argument == "--") {
            options.assign(given.begin() + static_cast<std::ptrdiff_t>(i) + 1, given.end());
            break;
        } else if (argument == "--check")
            checks = true;
        else if (argument == "--json")
            as_json = true;
        else if (argument.starts_with("-"))
            return complain(misused, "bind: unknown option '" + std::string(argument) + "'",
                            suggestion(argument, {"-o", "--namespace", "--json", "--debug", "--check", "--help"},
                                       "vitte bind --help"));
        else
            paths.emplace_back(argument);
    }
    const bool from_header = !paths.empty() && is_header(paths[0]);
    if (checks ? paths.size() != 2 : paths.empty() || paths.size() > (from_header ? 2u : 1u))
        return complain(misused, checks ? "bind: --check takes two libraries" : "bind: one library must be given",
                        "vitte bind --help");
    if (from_header && !debug.empty())
        return complain(misused, "bind: of a header there is no debug information", "leave --debug out");
    if (checks) return check(paths[0], paths[1], options);
    const std::string& path = paths[0];
    const auto made = from_header ? declared_library_of(path, paths.size() == 2 ? paths[1] : std::string(), options)
                                  : library_of(path, debug);
    if (!made) return complain(failed, "bind " + shown(path) + ": " + made.error().what, made.error().hint);
    if (as_json) {
        vitte::json::growing_output text;
        if (const auto done = bind_to::write_description(*made, text); !done)
            return complain(failed, "bind " + shown(path) + ": " + done.error().message(), "");
        return written(header, std::string(text.text()) + '\n');
    }
    if (name_space.empty()) name_space = name_space_of(made->name.empty() ? std::string_view(path) : made->name);
    if (name_space != bind_to::detail::safe_name(name_space))
        return complain(misused, "bind: '" + name_space + "' is no name of a namespace", "letters, digits and _");
    const std::string source = made->name.empty() ? path.substr(path.rfind('/') + 1) : made->name;
    return written(header, bind_to::header_of(*made, name_space, source));
}
