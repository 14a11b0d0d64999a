// A call of a plugin in a child process, against as many bytes that are written to a child by hand and come back.
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vitte/loader/plugin/child.hpp>
#include <vitte/loader/plugin/child_main.hpp>

#include "row.hpp"

namespace {
/// Reads and writes, one of each on either side.
class raw_child {
public:
    raw_child() {
        if (pipe2(there_, O_CLOEXEC) != 0 || pipe2(back_, O_CLOEXEC) != 0) std::abort();
        child_ = fork();
        if (child_ != 0) {
            close(there_[0]), close(back_[1]);
            return;
        }
        close(there_[1]), close(back_[0]);
        static char room[1 << 20];
        for (ssize_t got; (got = read(there_[0], room, sizeof room)) > 0;)
            if (write(back_[1], room, static_cast<std::size_t>(got)) != got) break;
        _exit(0);
    }
    ~raw_child() {
        close(there_[1]), close(back_[0]);
        waitpid(child_, nullptr, 0);
    }
    void call(const char* from, std::size_t size) {
        static char room[1 << 20];
        if (write(there_[1], from, size) != static_cast<ssize_t>(size)) std::abort();
        for (std::size_t done = 0; done < size;) {
            const ssize_t got = read(back_[0], room, sizeof room);
            if (got <= 0) std::abort();
            done += static_cast<std::size_t>(got);
        }
    }

private:
    int there_[2], back_[2];
    pid_t child_;
};
}  // namespace

int main(int count, char** arguments) {
    if (const auto ended = vitte::loader::plugin_child_main(count, arguments)) return *ended;
    auto plugin = vitte::loader::plugin_child::start(arguments[1]);
    if (!plugin) return std::fprintf(stderr, "%s\n", plugin.error().message().c_str()), 1;
    raw_child raw;
    static char input[65536] = "=";
    for (const auto& [claim, size] : {std::pair("plugin in a child: a call of 16 bytes", std::size_t{16}),
                                      std::pair("plugin in a child: a call of 4,000 bytes", std::size_t{4'000})}) {
        const std::span<const std::byte> body(reinterpret_cast<const std::byte*>(input), size);
        constexpr int times = 2'000;
        bench::compare(claim, "pipes by hand", 1.2, 25,
                       [&] { return bench::nanoseconds([&] { if (!plugin->execute(body)) std::abort(); }, times); },
                       [&] { return bench::nanoseconds([&] { raw.call(input, size); }, times); });
    }
}
