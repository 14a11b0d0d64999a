// From the write of a module's new file to the first call of the new code, in the folder that is given, which has
// "hot.so": against the same watch with dlclose and dlopen by hand, which unmaps code that may run.
#include <dlfcn.h>

#include <cstdlib>
#include <string>
#include <vitte/loader/hot_reload.hpp>
#include <vitte/loader/loader.hpp>
#include <vitte/sys/fs/tree.hpp>
#include <vitte/sys/thread.hpp>
#include <vitte/sys/thread/event.hpp>

#include "row.hpp"

namespace {
using namespace vitte;
using version = unsigned();

[[noreturn]] void stop(const std::string& why) {
    std::fprintf(stderr, "hot_reload: %s\n", why.c_str());
    std::exit(1);
}

/// A module at a path that is its own, with a number that `hot_version` returns.
class changing_file {
public:
    changing_file(const std::string& folder, const char* name) : path(folder + "/" + name + "/module.so") {
        if (!sys::create_directories((folder + "/" + name).c_str())) stop("a folder cannot be made");
        auto read = sys::read((folder + "/hot.so").c_str());
        if (!read) stop("hot.so is missing");
        bytes_ = std::move(*read);
        const unsigned mark = 0x7e570001;
        const auto* const m = reinterpret_cast<const std::byte*>(&mark);
        const auto at = std::search(bytes_.bytes().begin(), bytes_.bytes().end(), m, m + sizeof mark);
        if (at == bytes_.bytes().end()) stop("hot.so has no number");
        number_ = &*at;
        change();
    }
    void change() {
        ++now;
        __builtin_memcpy(number_, &now, sizeof now);
        const std::string other = path + ".new";
        if (!sys::write(other.c_str(), bytes_.bytes()) ||
            !sys::directory::current().rename(other.c_str(), path.c_str()))
            stop("a file cannot be replaced");
    }

    const std::string path;
    unsigned now = 0;

private:
    sys::byte_buffer bytes_;
    std::byte* number_;
};

/// What passes from `change` until `waits`, in another thread, has called the new version.
template <class Wait>
double latency(changing_file& file, Wait&& waits) {
    std::int64_t end = 0;
    sys::event ready;
    auto waiter = sys::start_thread([&] {
        ready.set();
        if (waits() != file.now) stop("another version was called");
        end = sys::monotonic_time();
    });
    if (!waiter) stop("a thread cannot be started");
    ready.wait();
    sys::this_thread::sleep_until(sys::deadline::after(2'000'000));
    const std::int64_t begin = sys::monotonic_time();
    file.change();
    static_cast<void>(waiter->join());
    return static_cast<double>(end - begin);
}
}  // namespace

int main(int count, char** arguments) {
    if (count != 2) stop("usage: hot_reload FOLDER");
    changing_file ours_file(arguments[1], "ours"), peer_file(arguments[1], "peer");

    loader::module_loader loader;
    auto module = loader::hot_module::create(ours_file.path, loader::from_bytes(loader));
    if (!module) stop(module.error().message());
    const auto call = module->function<version>("hot_version");
    if (!call) stop(call.error().message());
    static_cast<void>(module->wait(sys::deadline::passed()));  // from now on it is watched
    const auto ours = [&] {
        return latency(ours_file, [&] {
            const auto done = module->wait();
            if (!done) stop(done.error().message());
            return *(*call)();
        });
    };

    auto watcher = sys::watcher::create();
    const std::string folder = peer_file.path.substr(0, peer_file.path.rfind('/'));
    if (!watcher || !watcher->add(folder.c_str(), false)) stop("the folder is not watched");
    void* library = dlopen(peer_file.path.c_str(), RTLD_NOW | RTLD_LOCAL);
    const auto peer = [&] {
        return latency(peer_file, [&] {
            bool changed = false;
            while (!changed) {
                const auto visit = [&](const sys::watch_event& e) { changed |= peer_file.path == e.path; };
                if (!watcher->wait(visit, sys::deadline::never(), 0)) stop("waiting failed");
            }
            dlclose(library);
            library = dlopen(peer_file.path.c_str(), RTLD_NOW | RTLD_LOCAL);
            if (library == nullptr) stop(dlerror());
            return reinterpret_cast<version*>(dlsym(library, "hot_version"))();
        });
    };
    bench::compare("hot reload: write of a file to first call", "watch + dlclose + dlopen", 1.2, 200, ours, peer);

    constexpr int times = 10'000'000;
    const auto plain = reinterpret_cast<version*>(dlsym(library, "hot_version"));
    volatile unsigned sink = 0;
    const auto through = [&] { return bench::nanoseconds([&] { sink = *(*call)(); }, times); };
    // What keeps a module mapped by hand: a count that callers take and give back.
    atomic<unsigned> inside{0};
    const auto counted = [&] {
        return bench::nanoseconds(
            [&] {
                inside.fetch_add_seq_cst(1);
                sink = plain();
                inside.fetch_sub_release(1);
            },
            times);
    };
    bench::compare("hot reload: a call", "a call within one count", 1.2, 10, through, counted);
}
