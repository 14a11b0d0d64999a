// vitte run: loads a module and calls one of its functions with arguments from the command line.
#include <cinttypes>

#include <vitte/loader/ffi.hpp>
#include <vitte/loader/loader.hpp>

#if defined(STATIC_HOST)
#include "../host_libc.hpp"
#endif
#include "command.hpp"
#include "numbers.hpp"
#include "program.hpp"

namespace {
using vitte::loader::value;
using vitte::loader::value_type;

constexpr const char* help = R"(usage: vitte run FILE FUNCTION [ARGUMENT]... [--signature TYPE] [--linker own|os]
       vitte run PROGRAM.wasm [--dir HOST[::GUEST]]... [--env NAME=VALUE]... [--] [ARGUMENT]...

Loads the module FILE and calls its exported FUNCTION, a C function, with the arguments; prints what it returns.

  --signature 'i64(i64,str)'   the types of the result and of the parameters: void, i8, u8, i16, u16, i32, u32, i64, u64,
                               f32, f64, ptr (a number) and str (a text). Without it, result and arguments are i64.
                               That the type is right cannot be checked: a wrong one may crash.
  --linker own|os              who links the module: vitte itself (the default), or the OS (not in the static build).
  --                           what follows are arguments, even if they begin with --

A WebAssembly module that exports _start is a WASI program: it is run with the arguments, and vitte ends with its exit
code, or 255 if that is higher. It sees no file but those below the folders that it is given. Of other modules a function is called; its type is
known.

  --dir HOST[::GUEST]          gives a program the folder HOST, which it calls GUEST (or HOST)
  --env NAME=VALUE             gives a program an environment variable
)";

struct request {
    std::string file, function, signature, linker = "own";
    std::vector<std::string> arguments;
};

bool parse_value(value_type type, const std::string& text, value& to) {
    if (type == value_type::string) return to = value::of(text.c_str()), true;
    if (type == value_type::f64) {
        double number = 0;
        const bool good = parse_real(text, number);
        return to = value::of(number), good;
    }
    if (type == value_type::f32) {
        float number = 0;
        const bool good = parse_real(text, number);
        return to = value::of(number), good;
    }
    parsed_integer number;
    if (!parse_integer(text, number)) return false;
    to = {type, number.bits};
    return vitte::loader::fits(type, number.bits, number.negative);
}

void print(const value& returned) {
    switch (returned.type) {
        case value_type::nothing: return;
        case value_type::f32: std::printf("%.9g\n", static_cast<double>(returned.as_float())); return;
        case value_type::f64: std::printf("%.17g\n", returned.as_double()); return;
        case value_type::string: std::printf("%s\n", returned.bits == 0 ? "(null)" : returned.as_string()); return;
        case value_type::pointer: std::printf("%#" PRIx64 "\n", returned.bits); return;
        case value_type::u8: case value_type::u16: case value_type::u32: case value_type::u64:
            std::printf("%" PRIu64 "\n", returned.bits); return;
        default: std::printf("%" PRId64 "\n", returned.as_signed());
    }
}

exit_code call(const request& r, const vitte::loader::signature& type, const std::vector<value>& values) {
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
    const auto returned = vitte::loader::call(*function, type, values);
    if (!returned) return complain(failed, "run: calling '" + r.function + "': " + message(returned.error().code), "");
    print(*returned);
    return succeeded;
}

exit_code call(request& r) {
    if (r.signature.empty()) {
        r.signature = "i64(";
        for (std::size_t i = 0; i < r.arguments.size(); ++i) r.signature += i == 0 ? "i64" : ",i64";
        r.signature += ")";
    }
    const auto type = vitte::loader::signature::parse(r.signature);
    if (!type)
        return complain(misused,
                        "run: signature '" + r.signature + "': " + type.error().reason + " at byte " +
                            std::to_string(type.error().offset),
                        "write it like 'i64(i64,str)'");
    const auto parameters = type->parameters();
    if (parameters.size() != r.arguments.size())
        return complain(misused,
                        "run: '" + r.function + "' takes " + std::to_string(parameters.size()) + " arguments, " +
                            std::to_string(r.arguments.size()) + " are given",
                        "--signature tells how many there are");
    std::vector<value> values(parameters.size());
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!parse_value(parameters[i], r.arguments[i], values[i]))
            return complain(misused,
                            "run: argument " + std::to_string(i + 1) + " '" + r.arguments[i] + "' is no " +
                                std::string(name_of(parameters[i])),
                            "--signature tells the types");
    return call(r, *type, values);
}
}  // namespace

exit_code run(const arguments& given) {
    request r;
    std::vector<std::string> words, folders, variables;
    bool options = true;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const std::string_view argument = given[i];
        if (!options || !argument.starts_with("--")) words.emplace_back(argument);
        else if (argument == "--") options = false;
        else if (argument == "--help") return std::fputs(help, stdout), succeeded;
        else if (argument == "--signature" || argument == "--linker" || argument == "--dir" || argument == "--env") {
            if (++i == given.size())
                return complain(misused, "run: " + std::string(argument) + " needs a value", "vitte run --help");
            if (argument == "--dir") folders.emplace_back(given[i]);
            else if (argument == "--env") variables.emplace_back(given[i]);
            else (argument == "--linker" ? r.linker : r.signature) = given[i];
        } else
            return complain(misused, "run: unknown option '" + std::string(argument) + "'",
                            suggestion(argument, {"--signature", "--linker", "--dir", "--env", "--help"},
                                       "vitte run --help; arguments that begin with -- come after --"));
    }
    if (!words.empty() && is_wasm(words[0]))
        return run_wasm({words[0], {words.begin() + 1, words.end()}, std::move(folders), std::move(variables)});
    if (words.size() < 2) return complain(misused, "run: a file and a function are needed", "vitte run FILE FUNCTION");
    if (r.linker != "own" && r.linker != "os")
        return complain(misused, "run: there is no linker '" + r.linker + "'", "--linker own or --linker os");
    r.file = words[0];
    r.function = words[1];
    r.arguments.assign(words.begin() + 2, words.end());
    return call(r);
}
