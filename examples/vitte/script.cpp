// vitte check, vitte emit, and vitte run of Vitte programs.
#include <vitte/language/compile.hpp>
#include <vitte/sys/device/terminal.hpp>
#include <vitte/sys/fs/replace.hpp>
#include <vitte/sys/fs/text.hpp>

#include "program.hpp"

namespace {
namespace language = vitte::language;

constexpr const char* check_help = R"(usage: vitte check PROGRAM.vit... [--json]

Reads Vitte programs and tells all that is wrong with them, on stderr. Exit code 1 if anything is.

  --json    as one line of JSON on stdout: an array of objects with code, message, label, file, line, column, end_line,
            end_column, hint, notes
)";
constexpr const char* test_help = R"(usage: vitte test PROGRAM.vit...

Runs what Vitte programs have as `test "name" { ... }`; one whose call is ended, by an assertion for instance, has failed. Exit
code 1 if any has.
)";
constexpr const char* emit_help = R"(usage: vitte emit PROGRAM.vit [--stage STAGE] [-o FILE] [--plain]

Compiles a Vitte program and writes what the compiler has made of it.

  --stage STAGE   parse: the syntax tree; hir: names resolved; types: the same with types; mir: the graph of blocks over variables;
                  ssa: over values, constants evaluated and optimised; wasm: the module (the default)
  -o FILE         into FILE; otherwise on stdout
  --plain         not optimised
)";

/// Adds the program `text` of `file` to `from`; false, and told, if that cannot be.
bool add(const char* command, const std::string& file, std::string_view text, language::sources& from) {
    const auto added = from.add(file, std::string(text));
    if (!added) complain(failed, std::string(command) + ": " + file + ": " + added.error().message(), "");
    return added.has_value();
}
/// Reads the program into `from`, as its last text.
bool read(const char* command, const std::string& file, language::sources& from) {
    const auto content = vitte::sys::read<>(file.c_str());
    if (!content)
        return complain(failed, std::string(command) + ": " + file + ": " + content.error().message(), ""), false;
    const auto bytes = content->bytes();
    return add(command, file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, from);
}
/// Tells all errors, if there are any.
exit_code tell(const language::sources& from, const language::diagnostics& errors) {
    if (errors.empty()) return succeeded;
    const auto stream = vitte::sys::native::files::standard(vitte::sys::standard_stream::error);
    const std::string text = render(from, errors, {.colours = vitte::sys::is_terminal(stream)});
    std::fwrite(text.data(), 1, text.size(), stderr);
    const std::size_t count = errors.size();
    return complain(
        failed, std::to_string(count) + (count == 1 ? " error" : " errors") + (count == errors.most ? ", or more" : ""),
        "");
}

/// What the compiler has after the stage, or nothing if there are errors or the stage does not exist.
std::string text_of(std::string_view stage, const language::sources& from, language::diagnostics& errors,
                    bool optimised) {
    const auto tree = language::parse(from, 1, errors);
    if (stage == "parse" || !errors.empty()) return to_text(from, tree);
    auto program = language::lower(from, tree, errors);
    if (stage == "hir" || !errors.empty()) return to_text(program);
    program = language::check(from, std::move(program), errors);
    if (stage == "types" || !errors.empty()) return to_text(program, true);
    auto code = language::mir_of(program, errors);
    if (stage == "mir" || !errors.empty()) return to_text(code);
    code = language::ssa_of(std::move(code), errors);
    if (!errors.empty()) return {};
    code = language::evaluate(std::move(code), errors);
    if (!errors.empty()) return {};
    code = language::drop_uncalled(std::move(code));
    if (optimised) code = language::optimise(std::move(code));
    if (stage == "ssa") return to_text(code);
    const auto module = language::generate(from, code);
    return {reinterpret_cast<const char*>(module.data()), module.size()};
}

exit_code write_out(const std::string& file, const std::string& text) {
    if (file.empty()) return std::fwrite(text.data(), 1, text.size(), stdout), succeeded;
    const auto written = vitte::sys::replace<>(file.c_str(), vitte::sys::as_bytes(text));
    return written ? succeeded : complain(failed, "emit: " + file + ": " + written.error().message(), "");
}
}  // namespace

bool is_script(const std::string& file) { return file.ends_with(".vit"); }

exit_code run_script(std::string_view text, program_request r) {
    language::sources from;
    language::diagnostics errors;
    if (!add("run", r.file, text, from)) return failed;
    const auto module = language::compile(from, 1, errors);
    if (!module) return tell(from, errors);
    r.is_script = true;
    return run_module(*module, r);
}

exit_code check(const arguments& given) {
    bool json = false;
    language::sources from;
    language::diagnostics errors;
    for (const std::string_view argument : given) {
        if (argument == "--help") return std::fputs(check_help, stdout), succeeded;
        if (argument == "--json")
            json = true;
        else if (argument.starts_with("--"))
            return complain(misused, "check: unknown option '" + std::string(argument) + "'",
                            suggestion(argument, {"--json", "--help"}, "vitte check --help"));
        else if (!read("check", std::string(argument), from))
            return failed;
    }
    if (from.size() == 1) return complain(misused, "check: a program is needed", "vitte check PROGRAM.vit");
    for (std::uint32_t i = 1; i < from.size(); ++i) {
        language::diagnostics found;
        static_cast<void>(language::compile(from, i, found));
        for (const auto& one : found) errors.add(one);
    }
    if (!json) return tell(from, errors);
    std::puts(render_json(from, errors).c_str());
    return errors.empty() ? succeeded : failed;
}

exit_code test(const arguments& given) {
    exit_code ended = succeeded;
    for (const std::string_view argument : given) {
        if (argument == "--help") return std::fputs(test_help, stdout), succeeded;
        if (argument.starts_with("--"))
            return complain(misused, "test: unknown option '" + std::string(argument) + "'", "vitte test --help");
        program_request r{std::string(argument), {}, {}, {}, true, true};
        language::sources from;
        language::diagnostics errors;
        if (!read("test", r.file, from)) return failed;
        const auto module = language::compile(from, 1, errors, {.tests = true});
        if (!module) return tell(from, errors);
        const auto tree = language::parse(from, 1, errors);
        for (const auto id : tree.below(tree.root))
            if (tree.at(id).kind == language::syntax::test)
                r.words.push_back(*language::read_string(from.text(tree.child_at(id, 0).where)));
        if (run_module(*module, r) != succeeded) ended = failed;
    }
    if (given.empty()) return complain(misused, "test: a program is needed", "vitte test PROGRAM.vit");
    return ended;
}

exit_code emit(const arguments& given) {
    const std::initializer_list<std::string_view> stages{"parse", "hir", "types", "mir", "ssa", "wasm"};
    std::string file, stage = "wasm", to;
    bool optimised = true;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const std::string_view argument = given[i];
        if (argument == "--help") return std::fputs(emit_help, stdout), succeeded;
        if (argument == "--plain")
            optimised = false;
        else if (argument == "--stage" || argument == "-o") {
            if (++i == given.size())
                return complain(misused, "emit: " + std::string(argument) + " needs a value", "vitte emit --help");
            (argument == "-o" ? to : stage) = given[i];
        } else if (argument.starts_with("-"))
            return complain(misused, "emit: unknown option '" + std::string(argument) + "'",
                            suggestion(argument, {"--stage", "--plain", "-o", "--help"}, "vitte emit --help"));
        else if (!file.empty())
            return complain(misused, "emit: one program at a time", "vitte emit PROGRAM.vit");
        else
            file = argument;
    }
    if (std::find(stages.begin(), stages.end(), stage) == stages.end())
        return complain(misused, "emit: there is no stage '" + stage + "'",
                        suggestion(stage, stages, "vitte emit --help lists them"));
    if (file.empty()) return complain(misused, "emit: a program is needed", "vitte emit PROGRAM.vit");
    language::sources from;
    language::diagnostics errors;
    if (!read("emit", file, from)) return failed;
    const std::string made = text_of(stage, from, errors, optimised);
    return errors.empty() ? write_out(to, made) : tell(from, errors);
}
