// vitte run: loads a module and calls one of its functions with arguments from the command line.
#include <vitte/loader/container.hpp>
#include <vitte/loader/loader.hpp>
#include <vitte/loader/signature_policy.hpp>
#include <vitte/loader/value_text.hpp>
#include <vitte/sys/memory/mapping.hpp>

#include "command.hpp"
#include "debug_files.hpp"
#include "host.hpp"
#include "program.hpp"

namespace {
namespace vitb = vitte::loader::vitb;
using vitte::loader::value;
using vitte::loader::value_type;

constexpr const char* help =
    R"(usage: vitte run FILE FUNCTION [ARGUMENT]... [--signature TYPE | --bindings FILE] [--linker own|os]
       vitte run PROGRAM.wasm [--dir HOST[::GUEST]]... [--env NAME=VALUE]... [--] [ARGUMENT]...
       vitte run PROGRAM.vit [PROCEDURE [ARGUMENT]...]
       vitte run CONTAINER [FUNCTION] [ARGUMENT]...

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

Of a container (.vitbc, .vitmod, .vitplug) its native part for this machine is loaded, or else its WebAssembly is run. Its
types of functions count, and without FUNCTION the one that it calls its entry.

  --policy FILE                runs only what the policy accepts, see vitte key trust; types of functions are not taken
                               from debug information then, which anybody may have written
  --name NAME                  the name that it must be signed as; otherwise one that its path ends with
  --dir HOST[::GUEST]          gives a program the folder HOST, which it calls GUEST (or HOST)
  --env NAME=VALUE             gives a program an environment variable
)";

struct request {
    std::string file, function, signature, bindings, linker = "own", policy, name;
    std::vector<std::string> arguments;
    const char* wanted_name() const { return name.empty() ? nullptr : name.c_str(); }
};

/// What the options make of a container.
struct opened_container {
    std::span<const std::byte> bytes = {};                   // empty: it is none
    std::vector<vitte::loader::exported_symbol> types = {};  // of its exports
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

/// What the function of the module at `path` is, as far as anybody knows it whom the options let say it.
vitte::result<std::string, debug_complaint> known_signature(const request& r, const opened_container& from,
                                                            const std::string& path) {
    std::string known;
    for (const auto& one : from.types)
        if (one.name == r.function) known = one.signature;
    if (known.empty() && from.bytes.empty() && (r.policy.empty() || !r.bindings.empty())) {
        VITTE_TRY(known, signature_of(path, r.function, r.bindings));
    }
    if (!known.empty()) return known;
    if (!r.bindings.empty())
        return vitte::unexpected(
            debug_complaint{"the bindings have no type of '" + r.function + "'", "--signature tells it"});
    known = "i64(";
    for (std::size_t i = 0; i < r.arguments.size(); ++i) known += i == 0 ? "i64" : ",i64";
    return known + ")";
}

exit_code call(request& r, const vitte::loader::signature_policy& policy, const opened_container& from = {}) {
#if defined(STATIC_HOST)
    if (r.linker == "os")
        return complain(misused, "run: the static build has no OS linker", "use --linker own, or the dynamic build");
    vitte::loader::module_loader loader;
    provide_libc(loader);
#else
    auto loader = r.linker == "os" ? vitte::loader::module_loader(vitte::loader::os_linker<>::link)
                                   : vitte::loader::module_loader();
#endif
    using vitte::loader::container_form;
    loader.add_format(vitte::loader::container_format(
        {.order = {r.linker == "os" ? container_form::os_native : container_form::native}}));
    loader.verify_all(std::ref(policy));  // which accepts all if there is none
    const vitte::loader::load_options options{.name = r.wanted_name()};
    auto loaded =
        from.bytes.empty() ? loader.load(r.file.c_str(), options) : loader.load(from.bytes, r.file.c_str(), options);
    if (!loaded)
        return complain(failed, "run: " + loaded.error().message(),
                        loaded.error().symbol.empty() ? "vitte inspect shows what the file is"
                                                      : "vitte inspect shows what the module imports");
    const auto function = loaded->symbol(r.function.c_str());
    if (!function)
        return complain(failed, "run: " + function.error().message(), "vitte inspect shows what the module exports");
    const bool is_told = !r.signature.empty();
    if (!is_told) {
        auto known = known_signature(r, from, loaded->path());
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

/// Whether the file begins as one whose bytes are read at once; false if it cannot be read.
bool is_wasm_or_container(const std::string& file) {
    const auto mapped = vitte::sys::mapping::open(file.c_str());
    return mapped && (vitte::loader::wasm::file::is_module(mapped->bytes()) || vitb::is_container(mapped->bytes()));
}

/// Calls `use(text)` with the text of an entry, if there is one; returns what is wrong.
template <class Use>
std::string with_text(const vitb::container& of, vitb::kind which, const char* name, Use use) {
    const auto entry = of.find(which);
    if (!entry) return {};
    const auto content = vitb::content(*entry, vitte::loader::most_of_manifest);
    if (!content) return std::string(name) + ": " + content.error().message().c_str();
    const auto used = use(content->text());
    return used ? std::string() : std::string(name) + ": " + used.error().message().c_str();
}

exit_code run_container(request& r, const vitte::loader::signature_policy& policy, program_request program,
                        std::span<const std::byte> bytes) {
    const auto refuse = [&](const std::string& why) {
        return complain(failed, "run: " + r.file + ": " + why, "vitte inspect shows what is in it");
    };
    const auto parts = vitb::container::parse(bytes);
    if (!parts) return refuse(parts.error().message().c_str());
    opened_container opened{bytes};
    std::string wrong = with_text(*parts, vitb::kind::meta, "META", [&](std::string_view text) {
        return vitte::loader::manifest::read(text).transform([&](auto&& says) { program.entry = says.entry; });
    });
    if (wrong.empty())
        wrong = with_text(*parts, vitb::kind::symb, "SYMB", [&](std::string_view text) {
            return vitte::loader::symbol_manifest::read(text).transform(
                [&](auto&& says) { opened.types = std::move(says.exports); });
        });
    if (!wrong.empty()) return refuse(wrong);
    using vitte::loader::target, vitte::loader::target_fit;
    const bool is_native = std::any_of(parts->begin(), parts->end(), [](const vitb::entry& e) {
        return e.kind == vitb::kind::natv && fits(target::read(e.label)) != target_fit::none;
    });
    if (!is_native) {
        const auto code = parts->find(vitb::kind::code);
        if (!code) return refuse("neither a native part for this machine nor WebAssembly is in it");
        const auto content = vitb::content(*code, std::uint64_t{1} << 30);
        if (!content) return refuse(std::string("CODE: ") + content.error().message().c_str());
        return run_module(content->span(), program);
    }
    r.function = program.words.empty() ? program.entry : program.words[0];
    if (r.function.empty())
        return complain(misused, "run: " + r.file + ": it has no entry, and no function is named",
                        "vitte run CONTAINER FUNCTION");
    if (!program.words.empty()) r.arguments.assign(program.words.begin() + 1, program.words.end());
    return call(r, policy, opened);
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
                 argument == "--dir" || argument == "--env" || argument == "--policy" || argument == "--name") {
            if (++i == given.size())
                return complain(misused, "run: " + std::string(argument) + " needs a value", "vitte run --help");
            if (argument == "--dir")
                folders.emplace_back(given[i]);
            else if (argument == "--env")
                variables.emplace_back(given[i]);
            else
                (argument == "--linker"     ? r.linker
                 : argument == "--bindings" ? r.bindings
                 : argument == "--policy"   ? r.policy
                 : argument == "--name"     ? r.name
                                            : r.signature) = given[i];
        } else
            return complain(
                misused, "run: unknown option '" + std::string(argument) + "'",
                suggestion(argument,
                           {"--signature", "--bindings", "--linker", "--dir", "--env", "--policy", "--name", "--help"},
                           "vitte run --help; arguments that begin with -- come after --"));
    }
    if (r.linker != "own" && r.linker != "os")
        return complain(misused, "run: there is no linker '" + r.linker + "'", "--linker own or --linker os");
    vitte::loader::signature_policy policy;
    if (!r.policy.empty()) {
        auto read = vitte::loader::signature_policy::read(r.policy.c_str());
        if (!read) return complain(failed, "run: " + r.policy + read.error().message(), "vitte key trust makes one");
        policy = std::move(*read);
    } else if (!r.name.empty()) {
        return complain(misused, "run: --name is of no use without a policy", "--policy FILE");
    }
    if (!words.empty() && (is_script(words[0]) || is_wasm_or_container(words[0]))) {
        r.file = words[0];
        const auto content = vitte::sys::read(r.file.c_str());
        if (!content) return complain(failed, "run: " + r.file + ": " + content.error().message().c_str(), "");
        const std::span<const std::byte> bytes = content->bytes();
        if (auto accepted = policy({bytes, r.file.c_str(), nullptr, r.wanted_name()}); !accepted) {
            accepted.error().module = r.file;
            return complain(failed, "run: " + accepted.error().message(), "vitte key verify tells the same");
        }
        program_request program{r.file, {words.begin() + 1, words.end()}, std::move(folders), std::move(variables)};
        if (vitb::is_container(bytes)) return run_container(r, policy, std::move(program), bytes);
        if (!is_script(r.file)) return run_module(bytes, program);
        return run_script({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, std::move(program));
    }
    if (words.size() < 2) return complain(misused, "run: a file and a function are needed", "vitte run FILE FUNCTION");
    r.file = words[0];
    r.function = words[1];
    r.arguments.assign(words.begin() + 2, words.end());
    return call(r, policy);
}
