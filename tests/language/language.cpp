// The compiler of the Vitte language: programs with their results, wrong programs with what is said of them, and
// hostile texts.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <vitte/language/format.hpp>
#include <vitte/loader/loader.hpp>

#include "../support/fixtures.hpp"
#include "../support/needs.hpp"
#include "../support/stride.hpp"
#include "../support/text_files.hpp"
#include "../support/wasm_store.hpp"

namespace {
namespace language = vitte::language;
namespace wasm = vitte::loader::wasm;
using vitte::errc;
using vitte::loader::module_loader;

/// The .vit files of a folder beside this file, in order.
std::vector<std::string> files_in(const char* folder) {
    std::vector<std::string> all;
    const char* const vectors = std::getenv("VITTE_VECTORS");
    BOOST_REQUIRE(vectors != nullptr);
    for (const auto& entry : std::filesystem::directory_iterator(std::string(vectors) + "/../../language/" + folder))
        if (entry.path().extension() == ".vit") all.push_back(entry.path().string());
    std::sort(all.begin(), all.end());
    return all;
}
std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// What follows `mark` at the beginning of lines.
std::vector<std::string> marked_lines(const std::string& text, std::string_view mark) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string line = text.substr(at, end - at);
        if (line.starts_with(mark)) all.push_back(line.substr(mark.size()));
        at = end + 1;
    }
    return all;
}

struct compiled {
    std::optional<std::vector<std::byte>> module;
    std::string said;
};
compiled compile(const std::string& name, const std::string& text, bool optimise = true) {
    language::sources from;
    const auto file = from.add(name, text);
    BOOST_REQUIRE(file.has_value());
    language::diagnostics errors;
    compiled made{language::compile(from, *file, errors, {.optimise = optimise}), {}};
    made.said = render(from, errors);
    BOOST_TEST(made.module.has_value() == errors.empty());
    return made;
}

wasm::value read_value(wasm::value_type type, const std::string& text) {
    wasm::value made;
    made.type = type;
    if (type == wasm::f64)
        made.bits = wasm::constant_value::of(std::strtod(text.c_str(), nullptr));
    else if (type == wasm::f32)
        made.bits = wasm::constant_value::of(std::strtof(text.c_str(), nullptr));
    else if (type == wasm::i64)
        made.bits = wasm::constant_value::of(std::strtoull(text.c_str(), nullptr, 10));
    else
        made.bits = wasm::constant_value::of(static_cast<std::uint32_t>(std::strtoll(text.c_str(), nullptr, 10)));
    return made;
}
std::vector<std::string> words_of(const std::string& text, char between) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(between, at), text.size());
        all.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return all;
}

/// "f(1, 2) = 3", "f(1) traps why at file:line:column" or "f() ends".
void check_call(wasm::store& store, const wasm::instance& in, const std::string& expectation) {
    const std::size_t open = expectation.find('('), close = expectation.find(')');
    const auto* const found = in.find(expectation.substr(0, open));
    BOOST_REQUIRE_MESSAGE(found != nullptr, expectation);
    const auto& f = found->as<wasm::function>();
    std::vector<wasm::value> arguments;
    for (const std::string& word : words_of(expectation.substr(open + 1, close - open - 1), ','))
        arguments.push_back(read_value(f.description->parameters[arguments.size()], word));
    const auto given = store.invoke(f, arguments);
    const std::string rest = expectation.substr(std::min(close + 2, expectation.size()));
    if (rest.starts_with("traps ")) {
        BOOST_TEST((!given && given.error().message().find(rest.substr(6)) != std::string::npos),
                   expectation << ": " << (given ? "it did not trap" : given.error().message()));
        return;
    }
    BOOST_REQUIRE_MESSAGE(given.has_value(), expectation << ": " << (given ? "" : given.error().message()));
    BOOST_TEST(given->size() == (rest == "ends" ? 0u : 1u));
    if (given->empty()) return;
    const wasm::value& value = (*given)[0];
    const wasm::value wanted = read_value(value.type, rest.substr(2));
    const bool wide = value.type == wasm::i64 || value.type == wasm::f64;
    const std::uint64_t bits = wide ? value.as<std::uint64_t>() : value.as<std::uint32_t>();
    BOOST_TEST((bits == (wide ? wanted.as<std::uint64_t>() : wanted.as<std::uint32_t>())), expectation << ": " << bits);
}

/// Everything that a program has taken of its memory is free: the blocks in its lists make up what it has ever taken.
void check_memory(const wasm::instance& in) {
    const auto* const found = in.find("memory");
    if (found == nullptr) return;
    const auto& memory = found->as<wasm::memory>();
    const auto word = [&](std::uint32_t at) {
        BOOST_REQUIRE(at <= memory.size - 4);
        std::uint32_t value = 0;
        for (unsigned i = 4; i-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(memory.data[at + i]);
        return value;
    };
    std::map<std::uint32_t, std::uint32_t> blocks;
    for (std::uint32_t power = 4; power < 32; ++power)
        for (std::uint32_t at = word(64 + 4 * power); at != 0; at = word(at))
            BOOST_REQUIRE((blocks.try_emplace(at, std::uint32_t{1} << power).second));  // else it is there twice
    std::uint32_t end = blocks.empty() ? 0 : blocks.begin()->first;
    for (const auto& [at, size] : blocks) {
        BOOST_TEST(at == end);
        end += size;
    }
    BOOST_TEST(end == word(12));
}

std::string why(const vitte::result<vitte::loader::module, vitte::loader::load_error>& r) {
    return r ? "it was loaded" : r.error().message();
}

/// The text of a program, loaded from memory.
auto load(module_loader& loader, const std::string& text, const char* name = "script.vit") {
    return loader.load(std::as_bytes(std::span(text)), name);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(language_tests)

BOOST_AUTO_TEST_CASE(programs_do_what_they_say) {
    const auto files = files_in("programs");
    BOOST_TEST(files.size() >= 10u);
    for (const std::string& path : files)
        for (const bool optimise : {false, true}) {
            BOOST_TEST_CONTEXT(name_of(path) << (optimise ? ", optimised" : "")) {
                const std::string text = text_of(path);
                const compiled made = compile(name_of(path), text, optimise);
                BOOST_REQUIRE_MESSAGE(made.module.has_value(), made.said);
                auto store = wasm_test::new_store();
                wasm::instance& in = wasm_test::instance_of(store, *made.module);
                const auto calls = marked_lines(text, "//: ");
                BOOST_TEST(!calls.empty());
                bool has_trapped = false;  // which frees nothing
                for (const std::string& call : calls) {
                    check_call(store, in, call);
                    has_trapped |= call.find(" traps ") != std::string::npos;
                    if (!has_trapped) BOOST_TEST_CONTEXT(call) check_memory(in);
                }
                BOOST_TEST((compile(name_of(path), text, optimise).module == made.module));  // the same bytes
            }
        }
}

BOOST_AUTO_TEST_CASE(wrong_programs_are_refused_with_what_is_wrong_and_where) {
    const auto files = files_in("errors");
    BOOST_TEST(files.size() >= 20u);
    for (const std::string& path : files) {
        const std::string text = text_of(path);
        std::string wanted;
        for (const std::string& line : marked_lines(text, "//~ ")) wanted += line + '\n';
        std::string said = compile(name_of(path), text.substr(0, text.find("//~ "))).said;
        for (std::size_t at = 0; (at = said.find(" \n", at)) != std::string::npos;) said.erase(at, 1);
        BOOST_TEST(said == wanted, name_of(path) << " said:\n" << said);
    }
}

BOOST_AUTO_TEST_CASE(each_stage_has_a_text_form) {
    language::sources from;
    const auto file = from.add("a.vit", "pub proc f(x: int) -> int { if x > 1 { give x } give 1 }\n");
    language::diagnostics errors;
    const auto tree = language::parse(from, *file, errors);
    BOOST_TEST(to_text(from, tree) ==
               "file\n  procedure pub\n    name f\n    list\n      parameter\n        name x\n        type int\n    "
               "type int\n    block\n"
               "      statement\n        if\n          binary >\n            name x\n            literal 1\n          "
               "block\n            give\n"
               "              name x\n          nothing\n      give\n        literal 1\n");
    const auto checked = language::check(from, language::lower(from, tree, errors), errors);
    BOOST_TEST(to_text(checked, true) ==
               "pub proc f(x: int) -> int\n  block 0: never\n    if: unit\n      greater: bool\n        local x#0: "
               "int\n        integer 1: int\n"
               "      block 0: never\n        give: never\n          local x#0: int\n      nothing\n    give: never\n  "
               "    integer 1: int\n");
    const auto code =
        language::optimise(language::drop_uncalled(language::ssa_of(language::mir_of(checked, errors), errors)));
    BOOST_TEST(to_text(code) ==
               "pub proc f(%0: int) -> int\nb0:\n  %6: int = constant 1\n  %7: bool = greater %0, %6\n  branch %7 b1 "
               "b2\nb1:\n  give %0\n"
               "b2:\n  %8: int = constant 1\n  give %8\n");
    BOOST_TEST(errors.empty());
}

BOOST_AUTO_TEST_CASE(a_loader_compiles_scripts) {
    module_loader loader;
    loader.add_format(language::format());
    const auto m = load(loader, "pub proc gcd(a: int, b: int) -> int { if b == 0 { give a } give gcd(b, a % b) }");
    BOOST_REQUIRE_MESSAGE(m.has_value(), why(m));
    const auto gcd = m->function<std::int64_t(std::int64_t, std::int64_t)>("gcd");
    BOOST_REQUIRE(gcd.has_value());
    BOOST_TEST(*(*gcd)(1071, 462) == 21);
    BOOST_TEST(!m->function<int(int, int)>("gcd").has_value());  // another type

    const text_file script("script_on_disk.vit", "proc main() -> int { give 7 }\n");
    const auto from_disk = loader.load(script.path());
    BOOST_REQUIRE_MESSAGE(from_disk.has_value(), why(from_disk));
    BOOST_TEST(*(*from_disk->function<std::int64_t()>("main"))() == 7);
}

BOOST_AUTO_TEST_CASE(a_loader_says_what_is_wrong_with_a_script) {
    std::string reported;
    module_loader loader;
    language::format::options chosen;
    chosen.report = [&](const language::sources& from, const language::diagnostics& errors) {
        reported = render(from, errors);
    };
    loader.add_format(language::format(chosen));
    const auto wrong = load(loader, "pub proc f() -> int { give x }\npub proc g() -> int { give true }\n");
    BOOST_REQUIRE(!wrong.has_value());
    BOOST_TEST((wrong.error().code == errc::malformed));
    BOOST_TEST(why(wrong) == "script.vit: compiling: there is nothing called `x` here at 1:28");
    BOOST_TEST(reported.starts_with("script.vit:1:28: error[V0302]: there is nothing called `x` here\n"), reported);
    BOOST_TEST(!load(loader, "proc main() -> int { give 1 }", "script.txt").has_value());
    BOOST_TEST(load(loader, "// nothing\n").has_value());
}

BOOST_AUTO_TEST_CASE(a_script_calls_the_host_with_checked_types) {
    module_loader loader;
    int calls = 0;
    static int* counted = nullptr;
    counted = &calls;
    loader.provide("twice",
                   static_cast<std::int64_t (*)(std::int64_t)>([](std::int64_t x) { return ++*counted, 2 * x; }));
    loader.provide("odd", static_cast<int (*)(int)>([](int x) { return x; }));
    loader.add_format(language::format());
    const auto m = load(loader,
                        "extern \"C\" { proc twice(x: int) -> int; proc odd(x: i32) -> bool }\n"
                        "pub proc four(x: int) -> int { give twice(twice(x)) }\n"
                        "pub proc is_odd(x: i32) -> i32 { if odd(x) { give 1 } give 0 }\n");
    BOOST_REQUIRE_MESSAGE(m.has_value(), why(m));
    BOOST_TEST(*(*m->function<std::int64_t(std::int64_t)>("four"))(10) == 40);
    BOOST_TEST(calls == 2);
    BOOST_TEST(*(*m->function<int(int)>("is_odd"))(8) == 1);  // any number but 0 is true
    const auto other = load(loader, "extern C proc twice(x: i32) -> i32\npub proc f() -> i32 { give twice(1) }\n");
    BOOST_TEST(!other.has_value());
    const auto missing = load(loader, "extern C proc nowhere()\npub proc f() { nowhere() }\n");
    BOOST_TEST(why(missing).find("nowhere") != std::string::npos, why(missing));
}

BOOST_AUTO_TEST_CASE(a_script_gives_texts_to_the_host) {
    std::string heard;
    module_loader loader;
    language::format::options chosen;
    chosen.run.prepare = [&](wasm::store& s) {
        s.define_function<void(std::uint32_t, std::uint32_t)>(
            "env", "log", [&](wasm::caller from, std::uint32_t at, std::uint32_t size) {
                const auto bytes = from.memory().subspan(at, size);
                heard.append(reinterpret_cast<const char*>(bytes.data()), bytes.size()) += '|';
            });
    };
    loader.add_format(language::format(chosen));
    const auto m = load(loader,
                        "extern \"C\" proc log(text: string)\n"
                        "pub proc f(x: int) { log(\"\"); log(\"x is \" + (x as string)); log(\"wörld\") }\n");
    BOOST_REQUIRE_MESSAGE(m.has_value(), why(m));
    BOOST_TEST((*m->function<void(std::int64_t)>("f"))(-7).has_value());
    BOOST_TEST(heard == "|x is -7|wörld|");
}

BOOST_AUTO_TEST_CASE(a_trap_says_why_and_where_and_who_called) {
    module_loader loader;
    loader.add_format(language::format());
    const auto m = load(loader,
                        "proc inner(x: int) -> int {\n"
                        "    give 100 / x\n"
                        "}\n"
                        "pub proc outer(x: int) -> int { give inner(x) + 1 }\n");
    BOOST_REQUIRE_MESSAGE(m.has_value(), why(m));
    const auto given = (*m->function<std::int64_t(std::int64_t)>("outer"))(0);
    BOOST_REQUIRE(!given.has_value());
    BOOST_TEST(given.error().message() ==
               "unreachable in division by zero at script.vit:2:10, called by inner, called by outer");
}

BOOST_AUTO_TEST_CASE(a_script_that_does_not_end_runs_out_of_fuel) {
    module_loader loader;
    language::format::options chosen;
    chosen.run.compile.metered = true;
    chosen.run.prepare = [](wasm::store& s) { s.set_fuel(100'000); };
    loader.add_format(language::format(chosen));
    const auto m = load(loader, "pub proc f() { loop { } }");
    BOOST_REQUIRE_MESSAGE(m.has_value(), why(m));
    const auto given = (*m->function<void()>("f"))();
    BOOST_REQUIRE(!given.has_value());
    BOOST_TEST((given.error().code == vitte::loader::trap_code::out_of_fuel));
}

/// Each text ends with errors or a module, not with the stack.
BOOST_AUTO_TEST_CASE(hostile_texts_are_refused) {
    const auto repeated = [](std::string_view what, std::size_t times) {
        std::string text;
        for (std::size_t i = 0; i < times; ++i) text += what;
        return text;
    };
    constexpr std::size_t many = 30'000;
    const auto numbered = [](std::string_view line, int times) {  // `@` is a number, `<` the one before it
        std::string text;
        for (int i = 1; i <= times; ++i)
            for (const char c : line)
                text += c == '@' ? std::to_string(i) : c == '<' ? std::to_string(i - 1) : std::string(1, c);
        return text;
    };
    const std::string begin = "proc main() -> int { give ";
    for (const std::string& text :
         {begin + repeated("(", many),
          begin + repeated("-", many) + "1 }",
          begin + repeated("1+", many) + "1 }",
          begin + repeated("{", many),
          begin + repeated("if true {", many),
          begin + repeated("not ", many) + "true }",
          begin + repeated("f(", many) + repeated(")", many) + "}",
          repeated("}", many),
          repeated("proc ", many),
          repeated("extern C {", many),
          begin + "if a {} " + repeated("elif a {}", many) + "}",
          begin + repeated("9", many) + "}",
          repeated("\"", many),
          repeated("<<<", many),
          repeated("pub ", many),
          begin + repeated("loop {", many),
          begin + "1 " + repeated("as int ", many) + "}",
          "proc main(" + repeated("a: int,", many) + ") {}",
          begin + "x" + repeated(".a", many) + "}",
          "proc f(x: " + repeated("(", many),
          "proc main() { let " + repeated("(", many),
          repeated("form A {", many),
          repeated("impl A {", many),
          begin + repeated("A { a: ", many),
          numbered("form F< { x: F@ }\n", many / 10),
          "type F0 = int\n" + numbered("type F@ = (F<, F<)\n", 60) + "proc f(a: F60) {}",
          "form F0 { x: int, y: int }\n" + numbered("form F@ { x: F<, y: F< }\n", 60),
          numbered("type F< = F@\n", many / 10) + "proc f(a: F1) {}",
          begin + repeated("(1, ", many),
          begin + repeated("a.b(", many),
          begin + repeated("[", many),
          "proc f(x: " + repeated("[", many),
          begin + repeated("a[", many),
          begin + "a" + repeated("[0]", many) + "}",
          begin + repeated("[1, ", many),
          "proc f() { set a" + repeated("[0]", many) + " = 1 }",
          begin + repeated("match x { case ", many),
          begin + "match x { " + repeated("case 1 => 2, ", many) + "} }",
          begin + "match x { case " + repeated("(", many),
          begin + "x is " + repeated("A(", many),
          repeated("pick A { case ", many),
          "pick P { " + repeated("case A, ", many) + "}",
          "pick P { case A, case B }\nproc f(x: P) -> int { give match (" + repeated("x, ", 30) + "x) { " +
              numbered("case (" + repeated("_, ", 15) + "A, B, " + repeated("_, ", 13) + "_) => 1, ", 3) + "} }",
          "proc f(c: bool) { " + repeated("loop { defer { ", 12) +
              repeated(" } if c { break } if c { break } break }", 12) + "}",
          "proc g() {}\nproc f(c: bool) { " + repeated("defer { g() }\n", many / 10) +
              repeated("if c { give }\n", many / 10) + "}",
          "form E {}\nproc f(x: (" + repeated("E, ", many) + "E)) -> int { give match x { case (" +
              repeated("_, ", many) + "_) => 1 } }",
          stride == 1  // else it takes long until that is refused
              ? "pub proc f(c: bool) -> int { " + numbered("let a@ = 1\n", many / 15) +
                    repeated("if c {}\n", many / 15) + numbered("set a1 += a@\n", many / 15) + "give a1 }"
              : std::string("}"),
          "proc f() { " + numbered("let a@ = b@\n", many / 10) + "}",
          "const a = b\n" + repeated("\\", many),
          repeated("\xff", many),
          std::string("const a: int = b\nconst b: int = a\nproc main() -> int { give a }"),
          std::string("proc f\0() {}", 12),
          std::string("const proc f(x: int) -> int { give f(x) }\nconst a: int = f(1)\n"),
          std::string("const proc f() -> int { loop { } }\nconst a: int = f()\n")}) {
        const compiled made = compile("x.vit", text);
        BOOST_TEST(!made.module.has_value(), text.substr(0, 60));
        BOOST_TEST(made.said.size() < 1'000'000u);
    }
}

/// Lengths at which recursion or squares of lengths would be seen.
BOOST_AUTO_TEST_CASE(large_programs_compile) {
    std::string text = "pub proc f(x: int) -> int {\n    let y = x\n";
    for (int i = 0; i < 5'000; ++i) text += "    if y > " + std::to_string(i) + " { set y += 1 } else { set y -= 1 }\n";
    text += "    give y\n}\n";
    for (int i = 0; i < 2'000; ++i)
        text += "proc g" + std::to_string(i) + "(x: int) -> int { let a = x * 3\n give a + f(a) }\n";
    for (const bool optimise : {false, true}) {
        const compiled made = compile("large.vit", text, optimise);
        BOOST_REQUIRE_MESSAGE(made.module.has_value(), made.said.substr(0, 300));
        auto store = wasm_test::new_store();
        check_call(store, wasm_test::instance_of(store, *made.module), "f(7) = 5007");
    }
}

BOOST_AUTO_TEST_SUITE_END()
