// WebAssembly against native code, and what stops it: wasm KERNELS.WASM WAITS.WASM, of the files in bench/wasm. The
// kernels are also linked in.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vitte/loader/wasm/wasi.hpp>

#include "row.hpp"

extern "C" {
using kernel_function = std::uint32_t(std::uint32_t);
kernel_function fib, sieve, matmul, nbody, mandelbrot, sha256, quicksort, crc32, hash_map, tokenizer, indirect,
    copy_fill, bytecode;
}

namespace {
namespace wasm = vitte::loader::wasm;

[[noreturn]] void stop(const std::string& why) {
    std::fprintf(stderr, "wasm: %s\n", why.c_str());
    std::exit(1);
}
std::string content(const char* path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) stop(std::string("cannot read ") + path);
    return {std::istreambuf_iterator<char>(in), {}};
}
wasm::compiled_module compiled(const std::string& bytes, const wasm::compile_options& options = {}) {
    auto made = wasm::compiled_module::compile(std::as_bytes(std::span(bytes)), options);
    if (!made) stop(std::string(made.error().reading) + ": " + made.error().reason);
    return *made;
}

struct kernel {
    const char* name;
    std::uint32_t (*native)(std::uint32_t);
    std::uint32_t count;
    double goal;  ///< what another interpreter, wasm3, takes of the native time
};
constexpr kernel kernels[] = {
    {"fib", fib, 27, 12.4},
    {"sieve", sieve, 4, 12.2},
    {"matmul", matmul, 8, 13.4},
    {"nbody", nbody, 10000, 11.5},
    {"mandelbrot", mandelbrot, 6, 3.2},
    {"sha256", sha256, 3000, 13.9},
    {"quicksort", quicksort, 2, 4.4},
    {"crc32", crc32, 20, 4.0},
    {"hash_map", hash_map, 8, 3.4},
    {"tokenizer", tokenizer, 6000, 13.7},
    {"indirect", indirect, 1000000, 4.1},
    {"copy_fill", copy_fill, 300, 1.7},
    {"bytecode", bytecode, 5000, 13.2},
};

double time_of(auto&& work) {
    double best = 1e18;
    for (int i = 0; i < 7; ++i) best = std::min(best, bench::nanoseconds(work));
    return best;
}

/// (import "host" "touch" (func (param externref))) (func (export "run") (param externref i32) (loop (call 0 (local.get
/// 0)) (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))))
const std::string toucher(
    "\0asm\1\0\0\0\1\12\2\140\1\157\0\140\2\157\177\0\2\16\1\4host\5touch\0\0\3\2\1\1\7\7\1\3run\0\1"
    "\12\24\1\22\0\3\100\40\0\20\0\40\1\101\1\153\42\1\15\0\13\13",
    71);

constexpr int calls = 100000;

/// What it takes to look up an object of the host.
void call_with_handle(wasm::store& store, const std::string& how) {
    std::uint32_t object = 0;
    store.define_function<void(std::uint32_t&)>("host", "touch", [](std::uint32_t& touched) { ++touched; });
    const auto made = store.instantiate(compiled(toucher));
    const auto shared = store.share(object);
    if (!made || !shared) stop("no handle");
    const auto run = (*made)->function<void(wasm::handle<std::uint32_t>, std::int32_t)>("run");
    if (!run) stop(run.error().message());
    const double time = time_of([&] { static_cast<void>((*run)(*shared, calls)); });
    if (object == 0 || object % calls != 0) stop("the object was not touched");
    bench::row((how + "call of a host function with a handle").c_str(), time / calls, 1, "a nanosecond", 16);
}
}  // namespace

/// Runs all kernels and tells the geometric mean of their times over the native ones.
void compare_kernels(const std::string& module, bool guarded) {
    wasm::store_limits limits;
    limits.guard_memories = guarded;
    wasm::compile_options options;
    options.checked_memory = !guarded;
    auto store = wasm::store::create(limits);
    if (!store) stop("no store");
    store->define_function<void()>("host", "nothing", [] {});
    auto made = store->instantiate(compiled(module, options));
    if (!made) stop(made.error().message());
    const std::string how = guarded ? "wasm, guarded: " : "wasm, checked: ";
    double logarithms = 0;
    for (const kernel& k : kernels) {
        const auto run = (*made)->function<std::uint32_t(std::uint32_t)>(k.name);
        if (!run) stop(run.error().message());
        std::uint32_t ours = 0, theirs = 0;
        const double mine = time_of([&] { ours = *(*run)(k.count); }),
                     peer = time_of([&] { theirs = k.native(k.count); });
        if (ours != theirs)
            stop(std::string(k.name) + " gave " + std::to_string(ours) + ", not " + std::to_string(theirs));
        bench::row((how + k.name).c_str(), mine, peer, "gcc -O2", k.goal);
        logarithms += std::log(mine / peer);
    }
    bench::row((how + "geometric mean").c_str(), std::exp(logarithms / std::size(kernels)), 1, "gcc -O2", 5.5);
    const auto empty = (*made)->function<void()>("empty");
    const auto call_host = (*made)->function<void(std::uint32_t)>("call_host");
    if (!empty || !call_host) stop("no export");
    const auto call_all = [&] {
        for (int i = 0; i < calls; ++i) static_cast<void>((*empty)());
    };
    bench::row((how + "call of an empty function").c_str(), time_of(call_all) / calls, 1, "a nanosecond", 13);
    bench::row((how + "call of a host function").c_str(),
               time_of([&] { static_cast<void>((*call_host)(calls)); }) / calls, 1, "a nanosecond", 12);
    if (!guarded) call_with_handle(*store, how);
}

/// How many nanoseconds after its deadline `call` returns, which runs a guest in `store`. The deadline is 20 ms from
/// now, and 0.1 ms more in each round.
double beyond_deadline(wasm::store& store, int round, const std::string& name, auto call) {
    const auto until = vitte::sys::deadline::after(20'000'000 + round * 100'000);
    store.set_deadline(until);
    if (call() != wasm::trap_code::timed_out) stop(name + " ended otherwise");
    return static_cast<double>(vitte::sys::monotonic_time() - until.monotonic());
}
constexpr int rounds = 20;

/// How long a guest goes on after its deadline, at most, whatever it does.
void end_the_endless(const std::string& module) {
    wasm::compile_options options;
    options.interruptible = true;
    double longest = 0;
    for (const char* const name :
         {"endless_loop", "endless_fills", "endless_recursion", "endless_growth", "endless_calls"})
        for (int round = 0; round < rounds; ++round) {
            auto store = wasm::store::create({.memory_pages = 16384});
            if (!store) stop("no store");
            store->define_function<void()>("host", "nothing", [] {});
            auto made = store->instantiate(compiled(module, options));
            if (!made) stop(made.error().message());
            const auto call = [&] {
                return std::string(name) == "endless_recursion"
                           ? (*(*made)->function<std::uint32_t(std::uint32_t)>(name))(0).error().code
                           : (*(*made)->function<void()>(name))().error().code;
            };
            longest = std::max(longest, beyond_deadline(*store, round, name, call));
        }
    bench::row("wasm: time that a guest takes beyond its deadline", longest, 1e6, "a millisecond", 20);
}

/// The same for guests that wait: for input from a pipe, a socket or a terminal, and for the other end of a FIFO.
void end_those_that_wait(const std::string& module) {
    int ends[2], sockets[2];
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
    char folder[] = "/tmp/vitte-bench-XXXXXX";
    if (::pipe(ends) != 0 || ::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0 || terminal == -1 ||
        ::grantpt(terminal) != 0 || ::unlockpt(terminal) != 0 || ::mkdtemp(folder) == nullptr)
        stop("no streams");
    const int user = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY);
    const std::string fifo = std::string(folder) + "/fifo";
    if (user == -1 || ::mkfifo(fifo.c_str(), 0600) != 0) stop("no terminal or FIFO");
    double longest = 0;
    for (const int input : {ends[0], sockets[0], user})
        for (const char* const name : {"reading", "polling", "opening"})
            for (int round = 0; round < rounds; ++round) {
                auto store = wasm::store::create();
                wasm::wasi::context world;
                if (!store || !world.add_folder(folder, "/")) stop("no store");
                world.set_stream(vitte::sys::standard_stream::input, vitte::sys::file(::dup(input)));
                world.offer(*store);
                auto made = store->instantiate(compiled(module));
                if (!made) stop(made.error().message());
                const auto run = *(*made)->function<void()>(name);
                longest = std::max(longest, beyond_deadline(*store, round, name, [&] { return run().error().code; }));
            }
    bench::row("wasm: time that a guest waits beyond its deadline", longest, 1e6, "a millisecond", 20);
    ::unlink(fifo.c_str());
    ::rmdir(folder);
}

int main(int argc, char** argv) {
    if (argc != 3) stop("usage: wasm KERNELS.WASM WAITS.WASM");
    const std::string module = content(argv[1]);
    compare_kernels(module, false);
    if (wasm::store::guards()) compare_kernels(module, true);
    end_the_endless(module);
    end_those_that_wait(content(argv[2]));
}
