// vitte run, of a WebAssembly module: a WASI program with its arguments and folders, or one function of another module.
#include <algorithm>
#include <cinttypes>
#include <vitte/loader/ffi.hpp>
#include <vitte/loader/wasm/wasi.hpp>

#include "numbers.hpp"
#include "program.hpp"

namespace {
namespace wasm = vitte::loader::wasm;

wasm::store_limits limits() {
    wasm::store_limits made;
    made.stack_bytes = std::size_t{16} << 20;
    made.guard_memories = wasm::store::guards();
    return made;
}

exit_code refuse(const std::string& what, const char* hint = "") { return complain(failed, "run: " + what, hint); }

/// A number of the type that a parameter has; false if `text` is none.
bool parse(const std::string& text, wasm::value_type type, wasm::value& to) {
    to.type = type;
    if (type == wasm::f32 || type == wasm::f64) {
        float single = 0;
        double number = 0;
        const bool good = type == wasm::f32 ? parse_real(text, single) : parse_real(text, number);
        to.bits = type == wasm::f32 ? wasm::constant_value::of(single) : wasm::constant_value::of(number);
        return good;
    }
    parsed_integer number;
    if ((type != wasm::i32 && type != wasm::i64) || !parse_integer(text, number)) return false;
    using vitte::loader::fits, vitte::loader::value_type;
    if (type == wasm::i32)
        to.bits = wasm::constant_value::of(static_cast<std::uint32_t>(number.bits));
    else
        to.bits = wasm::constant_value::of(number.bits);
    return type == wasm::i64 || fits(value_type::i32, number.bits, number.negative) ||
           fits(value_type::u32, number.bits, number.negative);
}
void print(const wasm::value& v) {
    if (v.type == wasm::i32)
        std::printf("%" PRId32 "\n", v.as<std::int32_t>());
    else if (v.type == wasm::i64)
        std::printf("%" PRId64 "\n", v.as<std::int64_t>());
    else if (v.type == wasm::f32)
        std::printf("%.9g\n", static_cast<double>(v.as<float>()));
    else if (v.type == wasm::f64)
        std::printf("%.17g\n", v.as<double>());
    else
        std::printf("%#" PRIx64 "\n", v.as<std::uint64_t>());
}

exit_code call(wasm::store& store, const wasm::instance& in, const program_request& r) {
    const wasm::external* const found = r.words.empty() ? nullptr : in.find(r.words[0]);
    if (found == nullptr || found->kind != wasm::external_kind::function)
        return refuse(r.file + (r.words.empty() ? ": it is no program (there is no _start), and no function is named"
                                                : ": it exports no function '" + r.words[0] + "'"),
                      "vitte inspect shows what the module exports");
    const auto& f = found->as<wasm::function>();
    const auto& types = f.description->parameters;
    if (r.words.size() - 1 != types.size())
        return complain(misused,
                        "run: '" + r.words[0] + "' takes " + std::to_string(types.size()) + " arguments, " +
                            std::to_string(r.words.size() - 1) + " are given",
                        "vitte inspect shows its type");
    std::vector<wasm::value> values(types.size());
    for (std::size_t i = 0; i < types.size(); ++i)
        if (!parse(r.words[i + 1], types[i], values[i]))
            return complain(misused,
                            "run: argument " + std::to_string(i + 1) + " '" + r.words[i + 1] +
                                "' is no number of the parameter's type",
                            "vitte inspect shows the function's type");
    const auto returned = store.invoke(f, values);
    if (!returned) return refuse(r.file + ": " + returned.error().message());
    for (const wasm::value& v : *returned) print(v);
    return succeeded;
}

/// Calls each test, and tells which failed.
exit_code run_tests(wasm::store& store, const wasm::instance& in, const program_request& r) {
    std::size_t failures = 0;
    for (const std::string& name : r.words) {
        const auto given = store.invoke(in.find("test " + name)->as<wasm::function>(), {});
        if (given)
            std::printf("ok: %s\n", name.c_str());
        else
            std::printf("FAILED: %s: %s\n", name.c_str(), given.error().message().c_str());
        failures += !given;
    }
    std::printf("%s: %zu passed, %zu failed\n", r.file.c_str(), r.words.size() - failures, failures);
    return failures == 0 ? succeeded : failed;
}

/// What `main` of a Vitte program gives is the exit code.
exit_code run_main(wasm::store& store, const wasm::instance& in, const program_request& r) {
    const wasm::external* const found = in.find("main");
    if (found == nullptr)
        return refuse(r.file + ": it has no 'main', and no procedure is named",
                      "vitte run FILE.vit PROCEDURE calls a pub proc");
    const auto& f = found->as<wasm::function>();
    if (!f.description->parameters.empty())
        return refuse(r.file + ": 'main' has parameters", "vitte run FILE.vit main ARGUMENT... calls it");
    const auto given = store.invoke(f, {});
    if (!given) return refuse(r.file + ": " + given.error().message());
    if (given->empty()) return succeeded;
    const wasm::value& v = (*given)[0];
    const std::int64_t code = v.type == wasm::i32 ? v.as<std::int32_t>() : v.as<std::int64_t>();
    return static_cast<exit_code>(code < 0 || code > 255 ? 255 : code);
}

vitte::result<void, std::string> give(wasm::wasi::context& world, const program_request& r) {
    world.add_argument(r.file);
    for (const std::string& w : r.words) world.add_argument(w);
    for (const std::string& v : r.variables) world.add_variable(v);
    world.inherit_streams();
    for (const std::string& f : r.folders) {
        const std::size_t cut = f.find("::");
        const std::string host = f.substr(0, cut), guest = cut == std::string::npos ? f : f.substr(cut + 2);
        const auto added = world.add_folder(host.c_str(), guest);
        if (!added) return vitte::unexpected("folder " + host + ": " + message(added.error().code));
    }
    return {};
}
}  // namespace

exit_code run_module(std::span<const std::byte> bytes, const program_request& r) {
    const wasm::store_limits wanted = limits();
    wasm::compile_options options;
    options.checked_memory = !wanted.guard_memories;
    const auto module = wasm::compiled_module::compile(bytes, options);
    if (!module) return refuse(r.file + ": " + module.error().message());
    wasm::wasi::context world;
    const auto given = give(world, r);
    if (!given) return refuse(given.error(), "--dir HOST or --dir HOST::GUEST");
    auto store = wasm::store::create(wanted);
    if (!store) return refuse(std::string("stack: ") + message(store.error().code));
    world.offer(*store);
    const auto made = store->instantiate(*module, r.file);
    if (!made) return refuse(made.error().message(), "vitte inspect shows what the module imports");
    if (r.is_test) return run_tests(*store, **made, r);
    if ((*made)->find("_start") == nullptr) {
        if (r.is_script && r.words.empty()) return run_main(*store, **made, r);
        program_request asked = r;
        if (asked.words.empty() && !asked.entry.empty()) asked.words.push_back(asked.entry);
        return call(*store, **made, asked);
    }
    const auto ended = world.run(**made);
    if (!ended) return refuse(r.file + ": " + ended.error().message());
    return static_cast<exit_code>(std::min(*ended, std::uint32_t{255}));
}
