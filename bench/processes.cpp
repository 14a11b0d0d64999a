// Starting a small program and waiting for it, from a parent that uses a gigabyte.
#include <cstdlib>
#include <string>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vitte/sys/memory.hpp>
#include <vitte/sys/process.hpp>

#include "row.hpp"

#if __has_include(<uv.h>)
#include <uv.h>
#endif

namespace {
using bench::nanoseconds;
namespace sys = vitte::sys;

constexpr int times = 50;

void with_posix_spawn() {
    char name[] = "true";
    char* arguments[] = {name, nullptr};
    pid_t child;
    posix_spawn(&child, "/bin/true", nullptr, nullptr, arguments, environ);
    waitpid(child, nullptr, 0);
}

/// With nothing that a child should be spared: the least that it takes.
void with_vfork() {
    char name[] = "true";
    char* arguments[] = {name, nullptr};
    const pid_t child = vfork();
    if (child == 0) {
        execve("/bin/true", arguments, environ);
        _exit(127);
    }
    waitpid(child, nullptr, 0);
}

#if __has_include(<uv.h>)
void with_libuv() {
    char name[] = "true";
    char* arguments[] = {name, nullptr};
    uv_loop_t* const loop = uv_default_loop();
    uv_process_options_t options{};
    options.file = "/bin/true";
    options.args = arguments;
    options.exit_cb = [](uv_process_t* process, std::int64_t, int) {
        uv_close(reinterpret_cast<uv_handle_t*>(process), nullptr);
    };
    uv_process_t process;
    uv_spawn(loop, &process, &options);
    uv_run(loop, UV_RUN_DEFAULT);
}
#endif
}  // namespace

int main() {
    auto memory = sys::region::reserve(std::size_t{1} << 30);
    if (!memory || !memory->commit(0, memory->size(), sys::access::read_write)) return 1;
    for (std::size_t at = 0; at < memory->size(); at += 4096) memory->data()[at] = std::byte{1};

    const sys::command command("/bin/true");
    const auto ours = [&] {
        return nanoseconds([&] {
            auto child = command.spawn();
            if (!child || !child->wait()) std::exit(1);
        }, times);
    };
    bench::compare("process: spawn and wait, 1 GiB parent", "posix_spawn", 0.95, 21, ours,
                   [] { return nanoseconds(with_posix_spawn, times); });
    bench::compare("process: spawn and wait, 1 GiB parent", "vfork", 1.05, 21, ours,
                   [] { return nanoseconds(with_vfork, times); });
#if __has_include(<uv.h>)
    bench::compare("process: spawn and wait, 1 GiB parent", "libuv", 1.00, 21, ours,
                   [] { return nanoseconds(with_libuv, times); });
#else
    bench::missing("process: spawn and wait, 1 GiB parent", "libuv", ours(), 1.00);
#endif
}
