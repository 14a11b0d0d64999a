// The Vitte language: from a text to its first call, and kernels in Vitte against the same in C and in Lua:
// language KERNELS.VIT KERNELS.WASM KERNELS.LUA, of the files in bench/language.
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vitte/language/compile.hpp>
#include <vitte/loader/wasm/store.hpp>
#if __has_include(<lua.hpp>)
#include <lua.hpp>
#endif

#include "row.hpp"

namespace {
namespace language = vitte::language;
namespace wasm = vitte::loader::wasm;
using bytes = std::vector<std::byte>;

[[noreturn]] void stop(const std::string& why) {
    std::fprintf(stderr, "language: %s\n", why.c_str());
    std::exit(1);
}
std::string content(const char* path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) stop(std::string("cannot read ") + path);
    return {std::istreambuf_iterator<char>(in), {}};
}
bytes compiled(const std::string& text) {
    language::sources from;
    language::diagnostics errors;
    const auto module = language::compile(from, *from.add("bench.vit", text), errors);
    if (!module) stop(render(from, errors));
    return *module;
}

/// An instance of a module.
class running {
public:
    explicit running(std::span<const std::byte> module) {
        auto code = wasm::compiled_module::compile(module, {.checked_memory = !wasm::store::guards()});
        auto store =
            wasm::store::create({.stack_bytes = std::size_t{16} << 20, .guard_memories = wasm::store::guards()});
        if (!code || !store) stop("no module or store");
        store_ = std::make_unique<wasm::store>(std::move(*store));
        const auto made = store_->instantiate(*code);
        if (!made) stop(made.error().message());
        in_ = *made;
    }
    std::int64_t call(const char* name, std::int64_t argument) {
        wasm::value given;
        given.type = wasm::i64;
        given.bits = wasm::constant_value::of(static_cast<std::uint64_t>(argument));
        const auto result = store_->invoke(in_->find(name)->as<wasm::function>(), {&given, 1});
        if (!result) stop(result.error().message());
        return (*result)[0].as<std::int64_t>();
    }

private:
    std::unique_ptr<wasm::store> store_;
    wasm::instance* in_;
};

struct kernel {
    const char* name;
    std::int64_t argument;
};
constexpr kernel kernels[] = {{"fib", 24}, {"collatz", 3000}, {"sieve", 100000}, {"mandelbrot", 60}, {"join", 20000}};

#if defined(LUA_VERSION)
class lua {
public:
    explicit lua(const std::string& text) : state_(luaL_newstate()) {
        luaL_openlibs(state_);
        if (luaL_dostring(state_, text.c_str())) stop(lua_tostring(state_, -1));
    }
    ~lua() { lua_close(state_); }
    lua(const lua&) = delete;
    lua& operator=(const lua&) = delete;
    std::int64_t call(const char* name, std::int64_t argument) {
        lua_getglobal(state_, name);
        lua_pushinteger(state_, argument);
        lua_call(state_, 1, 1);
        const auto result = static_cast<std::int64_t>(lua_tonumber(state_, -1));
        return lua_pop(state_, 1), result;
    }

private:
    lua_State* state_;
};
#endif

/// As many lines as are asked for, of procedures that do a little of everything.
std::string lines(int wanted) {
    std::string text;
    for (int i = 0; i < wanted / 10; ++i)
        text += "pub proc f" + std::to_string(i) +
                "(x: int, y: int) -> int {\n    let total = x\n    for i in 0..y {\n"
                "        if i % 3 == 0 { set total += i * x } else { set total -= i }\n    }\n    let mut l = [x, y]\n"
                "    l.push(total)\n    let text = \"abc\" + (total as string)\n    give l[2] + len(text)\n}\n";
    return text + "pub proc first(x: int) -> int { give f0(x, x) }\n";
}
double time_of(auto&& work) {
    double best = 1e18;
    for (int i = 0; i < 15; ++i) best = std::min(best, bench::nanoseconds(work));
    return best;
}
}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) stop("usage: language KERNELS.VIT KERNELS.WASM KERNELS.LUA");
    const std::string small = lines(200), large = lines(10'000);
    bench::row("200 lines: text to first call", time_of([&] { running(compiled(small)).call("first", 3); }), 2e6,
               "2 ms", 1);
    bench::row("10,000 lines: text to module", time_of([&] { compiled(large); }), 600e6, "600 ms", 1);

    running ours(compiled(content(argv[1])));
    const std::string c = content(argv[2]);
    running peer(std::as_bytes(std::span(c)));
    double product = 1;
    for (const kernel& k : kernels) {
        if (ours.call(k.name, k.argument) != peer.call(k.name, k.argument))
            stop(std::string(k.name) + ": another result than C");
        const double mine = time_of([&] { ours.call(k.name, k.argument); });
        const double theirs = time_of([&] { peer.call(k.name, k.argument); });
        product *= mine / theirs;
        bench::row((std::string(k.name) + " against C").c_str(), mine, theirs, "clang -O2, same engine", 1.4);
    }
    const double mean = std::pow(product, 1.0 / std::size(kernels));
    bench::row("kernels against C, geometric mean", mean, 1, "clang -O2, same engine", 1.4);
#if defined(LUA_VERSION)
    lua other(content(argv[3]));
    for (const kernel& k : kernels) {
        if (ours.call(k.name, k.argument) != other.call(k.name, k.argument))
            stop(std::string(k.name) + ": another result than Lua");
        bench::row((std::string(k.name) + " against Lua").c_str(), time_of([&] { ours.call(k.name, k.argument); }),
                   time_of([&] { other.call(k.name, k.argument); }), LUA_RELEASE, 1);
    }
#else
    bench::missing("kernels against Lua", "Lua 5.4", 0, 1);
#endif
}
