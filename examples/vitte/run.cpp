// vitte run: loads a module and calls one of its functions with arguments from the command line.
#include <vitte/loader/loader.hpp>
#include <vitte/loader/value_text.hpp>

#include "command.hpp"
#include "debug_files.hpp"
#include "host.hpp"
#include "program.hpp"

namespace {
using vitte::loader::value;
using vitte::loader::value_type;

constexpr const char* help =
    R"(usage: vitte run FILE FUNCTION [ARGUMENT]... [--signature TYPE | --bindings FILE] [--linker own|os]
       vitte run PROGRAM.wasm [--dir HOST[::GUEST]]... [--env NAME=VALUE]... [--] [ARGUMENT]...
       vitte run PROGRAM.vit [PROCEDURE [ARGUMENT]...]

Loads the module FILE and calls its exported FUNCTION, a C function, with the arguments; prints what it returns.

  --signature 'i64(i64,str)'   the types of the result and of the parameters: void, i8, u8, i16, u16, i32, u32, i64, u64,
                               f32, f64, ptr (a number) and str (a text). That the type is right cannot be checked:
                               a wrong one may crash.
  --bindings FILE              knows the types of all functions; vitte bind --json has written it. Without either, debug
                               information of FILE does, and without that, result and arguments are i64.
  --linker own|os              who links the module: vitte itself (the default), or the OS (not in the static build).
  --                           what follows are arguments, even if they begin with --

A WebAssembly module that exports _start is a WASI program: it is run with the arguments, and vitte ends with its exit
code, or 255 if that is higher. It sees no file but those below the folders that it is given. Of other modules a function is called; its type is
known.

A Vitte program is compiled in memory. Its procedure main is called, and vitte ends with what that gives (255 if it is no
number from 0 to 255); or another procedure that is marked pub, whose result is printed.

  --dir HOST[::GUEST]          gives a program the folder HOST, which it calls GUEST (or HOST)
  --env NAME=VALUE             gives a program an environment variable
)";

struct request {
    std::string file, function, signature, bindings, linker = "own";
    std::vector<std::string> arguments;
};

/// The arguments as `type` has them; none if one cannot be.
bool parse_all(const request& r, const vitte::loader::signature& type, std::vector<value>& to) {
    const auto parameters = type.parameters();
    if (parameters.size() != r.arguments.size())
        return complain(misused,
                        "run: '" + r.function + "' takes " + std::to_string(parameters.size()) + " arguments, " +
                            std::to_string(r.arguments.size()) + " are given",
                        "it is " + r.signature),
               false;
    to.resize(parameters.size());
    for (std::size_t i = 0; i < to.size(); ++i)
        if (const auto read = vitte::loader::read_value(parameters[i], r.arguments[i]); read)
            to[i] = *read;
        else
            return complain(misused,
                            "run: argument " + std::to_string(i + 1) + " '" + r.arguments[i] + "' is no " +
                                std::string(name_of(parameters[i])),
                            "--signature tells the types"),
                   false;
    return true;
}

/// What the function of the module at `path` is, as far as anybody knows it.
vitte::result<std::string, debug_complaint> known_signature(const request& r, const std::string& path) {
    VITTE_TRY(std::string known, signature_of(path, r.function, r.bindings));
    if (!known.empty()) return known;
    if (!r.bindings.empty())
        return vitte::unexpected(
            debug_complaint{"the bindings have no type of '" + r.function + "'", "--signature tells it"});
    known = "i64(";
    for (std::size_t i = 0; i < r.arguments.size(); ++i) known += i == 0 ? "i64" : ",i64";
    return known + ")";
}

exit_code call(request& r) {
#if defined(STATIC_HOST)
    if (r.linker == "os")
        return complain(misused, "run: the static build has no OS linker", "use --linker own, or the dynamic build");
    vitte::loader::module_loader loader;
    provide_libc(loader);
#else
    auto loader = r.linker == "os" ? vitte::loader::module_loader(vitte::loader::os_linker<>::link)
                                   : vitte::loader::module_loader();
#endif
    auto loaded = loader.load(r.file.c_str());
    if (!loaded)
        return complain(failed, "run: " + loaded.error().message(),
                        loaded.error().symbol.empty() ? "vitte inspect shows what the file is"
                                                      : "vitte inspect shows what the module imports");
    const auto function = loaded->symbol(r.function.c_str());
    if (!function)
        return complain(failed, "run: " + function.error().message(), "vitte inspect shows what the module exports");
    const bool is_told = !r.signature.empty();
    if (!is_told) {
        auto known = known_signature(r, loaded->path());
        if (!known) return complain(failed, "run: " + known.error().what, known.error().hint);
        r.signature = std::move(*known);
    }
    const auto type = vitte::loader::signature::parse(r.signature);
    if (!type && !is_told)
        return complain(failed, "run: '" + r.function + "' is " + r.signature + ", which takes a program",
                        "vitte bind");
    if (!type)
        return complain(misused,
                        "run: signature '" + r.signature + "': " + type.error().reason + " at byte " +
                            std::to_string(type.error().offset),
                        "write it like 'i64(i64,str)'");
    std::vector<value> values;
    if (!parse_all(r, *type, values)) return misused;
    const auto returned = vitte::loader::call(*function, *type, values);
    if (!returned) return complain(failed, "run: calling '" + r.function + "': " + message(returned.error().code), "");
    if (type->result_type() != value_type::nothing) std::printf("%s\n", vitte::loader::write_value(*returned).c_str());
    return succeeded;
}
}  // namespace

exit_code run(const arguments& given) {
    request r;
    std::vector<std::string> words, folders, variables;
    bool options = true;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const std::string_view argument = given[i];
        if (!options || !argument.starts_with("--"))
            words.emplace_back(argument);
        else if (argument == "--")
            options = false;
        else if (argument == "--help")
            return std::fputs(help, stdout), succeeded;
        else if (argument == "--signature" || argument == "--bindings" || argument == "--linker" ||
                 argument == "--dir" || argument == "--env") {
            if (++i == given.size())
                return complain(misused, "run: " + std::string(argument) + " needs a value", "vitte run --help");
            if (argument == "--dir")
                folders.emplace_back(given[i]);
            else if (argument == "--env")
                variables.emplace_back(given[i]);
            else
                (argument == "--linker" ? r.linker : argument == "--bindings" ? r.bindings : r.signature) = given[i];
        } else
            return complain(misused, "run: unknown option '" + std::string(argument) + "'",
                            suggestion(argument, {"--signature", "--bindings", "--linker", "--dir", "--env", "--help"},
                                       "vitte run --help; arguments that begin with -- come after --"));
    }
    if (!words.empty() && (is_script(words[0]) || is_wasm(words[0]))) {
        program_request program{words[0], {words.begin() + 1, words.end()}, std::move(folders), std::move(variables)};
        return is_script(words[0]) ? run_script(std::move(program)) : run_wasm(program);
    }
    if (words.size() < 2) return complain(misused, "run: a file and a function are needed", "vitte run FILE FUNCTION");
    if (r.linker != "own" && r.linker != "os")
        return complain(misused, "run: there is no linker '" + r.linker + "'", "--linker own or --linker os");
    r.file = words[0];
    r.function = words[1];
    r.arguments.assign(words.begin() + 2, words.end());
    return call(r);
}
